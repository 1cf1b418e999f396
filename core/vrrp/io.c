/* SPDX-License-Identifier: BSD-2-Clause */
/* See io.h. */
#include "core/vrrp/io.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/vrrp/packet.h"

#define BATCH 32 /* packets of one system call */
#define DATAGRAM_MAX (60 + VRRP_PACKET_MAX)
/* 255 instances, all at once, and then some: the kernel counts some 2 KB for each packet. */
#define RECEIVE_BUFFER (2 * 1024 * 1024)
#define PRIORITY_CONTROL 7 /* TC_PRIO_CONTROL */

struct vrrp_io {
	int fd;
	int index;
	struct event *readable;
	vrrp_io_receive receive;
	void *arg;
};

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool join(int fd, int index)
{
	struct addr group = vrrp_packet_group(ADDR_IPV4);
	struct ip_mreqn m = {.imr_ifindex = index};

	memcpy(&m.imr_multiaddr, group.bytes, 4);
	return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)) == 0 &&
	       setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)) == 0;
}

static bool prepare(int fd, const char *interface, int index)
{
	if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	set(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY_CONTROL);
	/* A source address that the interface has just lost, or never had (mcast_src_ip). */
	set(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
	return setsockopt(
		   fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) == 0 &&
	       join(fd, index) && set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
	       set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) &&
	       set(fd, IPPROTO_IP, IP_MULTICAST_TTL, VRRP_TTL) &&
	       set(fd, IPPROTO_IP, IP_TTL, VRRP_TTL) &&
	       set(fd, IPPROTO_IP, IP_TOS, IPTOS_PREC_INTERNETCONTROL) &&
	       set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

/* One batch each time; the event loop comes back if there is more. */
static void on_readable(int fd, short what, void *arg)
{
	static uint8_t buf[BATCH][DATAGRAM_MAX];
	struct vrrp_io *io = arg;
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	int n;

	(void)what;
	memset(m, 0, sizeof(m));
	for (int k = 0; k < BATCH; k++) {
		v[k] = (struct iovec){buf[k], DATAGRAM_MAX};
		m[k].msg_hdr.msg_iov = &v[k];
		m[k].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
	for (int k = 0; k < n; k++)
		io->receive(buf[k], m[k].msg_len, io->arg);
}

struct vrrp_io *vrrp_io_open(
    struct event_base *base, const char *interface, int index, vrrp_io_receive receive, void *arg)
{
	struct vrrp_io *io;
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, VRRP_IP_PROTOCOL);
	int saved;

	if (fd < 0)
		return NULL;
	if (!prepare(fd, interface, index)) {
		saved = errno;
		close(fd);
		errno = saved;
		return NULL;
	}
	io = calloc(1, sizeof(*io));
	if (!io)
		abort();
	*io = (struct vrrp_io){.fd = fd, .index = index, .receive = receive, .arg = arg};
	io->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, io);
	event_add(io->readable, NULL);
	return io;
}

void vrrp_io_close(struct vrrp_io *io)
{
	if (!io)
		return;
	event_free(io->readable);
	close(io->fd);
	free(io);
}

bool vrrp_io_send(struct vrrp_io *io, const struct addr *source, const void *message, size_t len)
{
	struct addr group = vrrp_packet_group(ADDR_IPV4);
	struct sockaddr_storage to;
	struct iovec v = {(void *)(uintptr_t)message, len};
	union {
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} control = {{0}};
	struct in_pktinfo info = {.ipi_ifindex = io->index};
	struct msghdr m = {.msg_name = &to,
	    .msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	m.msg_namelen = addr_to_sockaddr(&group, 0, &to);
	memcpy(&info.ipi_spec_dst, source->bytes, 4);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return sendmsg(io->fd, &m, MSG_DONTWAIT) == (ssize_t)len;
}
