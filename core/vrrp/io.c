/* SPDX-License-Identifier: BSD-2-Clause */
/* See io.h. */
#include "core/vrrp/io.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/vrrp/ah.h"
#include "core/vrrp/packet.h"

#define BATCH 32 /* packets of one system call */
#define DATAGRAM_MAX (60 + VRRP_PACKET_MAX)
/* 255 instances, all at once, and then some: the kernel counts some 2 KB for each packet. */
#define RECEIVE_BUFFER (2 * 1024 * 1024)
#define STRANGERS_MAX 10000
#define PRIORITY_CONTROL 7 /* TC_PRIO_CONTROL */

struct vrrp_io {
	int fd;
	enum addr_family family;
	int index;
	struct event *readable;
	vrrp_io_receive receive;
	void *arg;
};

/* What the kernel says of an IPv6 packet besides its content, or is told of one. */
union ancillary {
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* ------------------------------------------------------------------- the socket */

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool member(int fd, const struct addr *group, int index, bool join)
{
	struct ip_mreqn four = {.imr_ifindex = index};
	struct ipv6_mreq six = {.ipv6mr_interface = (unsigned)index};

	if (group->family == ADDR_IPV6) {
		memcpy(&six.ipv6mr_multiaddr, group->bytes, 16);
		return setsockopt(fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &six,
			   sizeof(six)) == 0;
	}
	memcpy(&four.imr_multiaddr, group->bytes, 4);
	return setsockopt(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &four,
		   sizeof(four)) == 0;
}

static bool prepare_ipv4(int fd, int index)
{
	struct addr group = vrrp_packet_group(ADDR_IPV4);
	struct ip_mreqn m = {.imr_ifindex = index};

	/* A source address that the interface has just lost, or never had (mcast_src_ip). */
	set(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
	return member(fd, &group, index, true) &&
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)) == 0 &&
	       set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
	       set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) &&
	       set(fd, IPPROTO_IP, IP_MULTICAST_TTL, VRRP_TTL) &&
	       set(fd, IPPROTO_IP, IP_TTL, VRRP_TTL) &&
	       set(fd, IPPROTO_IP, IP_TOS, IPTOS_PREC_INTERNETCONTROL) &&
	       set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

/* The checksum is the codec's: it counts an error that the kernel (IPV6_CHECKSUM) would hide. */
static bool prepare_ipv6(int fd, int index)
{
	struct addr group = vrrp_packet_group(ADDR_IPV6);

	set(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
	return member(fd, &group, index, true) && set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index) &&
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) &&
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) &&
	       set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, VRRP_TTL) &&
	       set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, VRRP_TTL) &&
	       set(fd, IPPROTO_IPV6, IPV6_TCLASS, IPTOS_PREC_INTERNETCONTROL) &&
	       set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT) &&
	       set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) &&
	       set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static bool prepare(int fd, enum addr_family family, const char *interface, int index)
{
	if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	set(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY_CONTROL);
	return setsockopt(
		   fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) == 0 &&
	       (family == ADDR_IPV6 ? prepare_ipv6(fd, index) : prepare_ipv4(fd, index));
}

/*
 * What came in before the socket was bound to its interface may be of any other.  It is little, and nobody waits for
 * it; the limit is for floods.
 */
static void forget_strangers(int fd)
{
	char octet;

	for (int n = 0; n < STRANGERS_MAX && recv(fd, &octet, 1, MSG_DONTWAIT) >= 0; n++)
		;
}

/* The kernel still knows the Ethernet header; a packet without one (length 0 is loaded) does not match. */
static bool receive_only_from(int fd, const uint8_t mac[6])
{
	const uint32_t high =
	    (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
	const uint32_t low = (uint32_t)mac[4] << 8 | mac[5];
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_LL_OFF + 6),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 3),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_LL_OFF + 10),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

/* -------------------------------------------------------------------- receiving */

static void read_control(struct vrrp_datagram *d, struct msghdr *m)
{
	struct in6_pktinfo info;
	int ttl;

	addr_from_sockaddr(&d->source, NULL, m->msg_name);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_HOPLIMIT) {
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
			d->ttl = (uint8_t)ttl;
		} else if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			d->destination = addr_from_ipv6(&info.ipi6_addr);
		}
	}
}

/* One batch each time; the event loop comes back if there is more. */
static void on_readable(int fd, short what, void *arg)
{
	static uint8_t buf[BATCH][DATAGRAM_MAX];
	static struct sockaddr_storage from[BATCH];
	static union ancillary control[BATCH];
	struct vrrp_io *io = arg;
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	int n;

	(void)what;
	memset(m, 0, sizeof(m));
	for (int k = 0; k < BATCH; k++) {
		v[k] = (struct iovec){buf[k], sizeof(buf[k])};
		m[k].msg_hdr = (struct msghdr){.msg_name = &from[k],
		    .msg_namelen = sizeof(from[k]),
		    .msg_iov = &v[k],
		    .msg_iovlen = 1,
		    .msg_control = control[k].bytes,
		    .msg_controllen = sizeof(control[k].bytes)};
	}
	n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
	for (int k = 0; k < n; k++) {
		struct vrrp_datagram d = {.data = buf[k], .len = m[k].msg_len};

		if (io->family == ADDR_IPV6)
			read_control(&d, &m[k].msg_hdr);
		io->receive(&d, io->arg);
	}
}

struct vrrp_io *vrrp_io_open(struct event_base *base, enum addr_family family, int protocol,
    const char *interface, int index, const uint8_t *only_from, vrrp_io_receive receive, void *arg)
{
	struct vrrp_io *io;
	int fd = socket(family == ADDR_IPV6 ? AF_INET6 : AF_INET,
	    SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int saved;

	if (fd < 0)
		return NULL;
	if ((only_from && !receive_only_from(fd, only_from)) ||
	    !prepare(fd, family, interface, index) ||
	    (protocol == VRRP_AH_PROTOCOL && !set(fd, IPPROTO_IP, IP_HDRINCL, 1))) {
		saved = errno;
		close(fd);
		errno = saved;
		return NULL;
	}
	forget_strangers(fd);
	io = calloc(1, sizeof(*io));
	if (!io)
		abort();
	*io = (struct vrrp_io){
	    .fd = fd, .family = family, .index = index, .receive = receive, .arg = arg};
	io->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, io);
	event_add(io->readable, NULL);
	return io;
}

bool vrrp_io_join(struct vrrp_io *io, const struct addr *group)
{
	return member(io->fd, group, io->index, true) || errno == EADDRINUSE;
}

void vrrp_io_leave(struct vrrp_io *io, const struct addr *group)
{
	member(io->fd, group, io->index, false);
}

void vrrp_io_close(struct vrrp_io *io)
{
	if (!io)
		return;
	event_free(io->readable);
	close(io->fd);
	free(io);
}

/* ---------------------------------------------------------------------- sending */

static void put_control(struct msghdr *m, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)m->msg_control + m->msg_controllen);

	*c = (struct cmsghdr){CMSG_LEN(len), level, type};
	memcpy(CMSG_DATA(c), data, len);
	m->msg_controllen += CMSG_SPACE(len);
}

/* The interface, the source address and the TTL. */
static void write_control(
    const struct vrrp_io *io, const struct addr *source, int ttl, struct msghdr *m)
{
	struct in_pktinfo ipv4 = {.ipi_ifindex = io->index};
	struct in6_pktinfo ipv6 = {.ipi6_ifindex = (unsigned)io->index};

	m->msg_controllen = 0;
	if (io->family == ADDR_IPV6) {
		memcpy(&ipv6.ipi6_addr, source->bytes, 16);
		put_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof(ipv6));
		put_control(m, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
	} else {
		memcpy(&ipv4.ipi_spec_dst, source->bytes, 4);
		put_control(m, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof(ipv4));
		put_control(m, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	}
}

bool vrrp_io_send(struct vrrp_io *io, const struct addr *source, const struct addr *destination,
    uint8_t ttl, const void *message, size_t len)
{
	struct sockaddr_storage to;
	struct iovec v = {(void *)(uintptr_t)message, len};
	union ancillary control = {{0}};
	struct msghdr m = {
	    .msg_name = &to, .msg_iov = &v, .msg_iovlen = 1, .msg_control = control.bytes};

	m.msg_namelen = addr_to_sockaddr(destination, 0, &to);
	if (addr_is_link_local(destination))
		((struct sockaddr_in6 *)&to)->sin6_scope_id = (uint32_t)io->index;
	write_control(io, source, ttl, &m);
	return sendmsg(io->fd, &m, MSG_DONTWAIT) == (ssize_t)len;
}

bool vrrp_io_send_packet(
    struct vrrp_io *io, const struct addr *destination, const void *packet, size_t len)
{
	struct sockaddr_storage to;
	socklen_t size = addr_to_sockaddr(destination, 0, &to);

	return sendto(io->fd, packet, len, MSG_DONTWAIT, (struct sockaddr *)&to, size) ==
	       (ssize_t)len;
}
