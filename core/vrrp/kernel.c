/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel.h. */
#include "core/vrrp/kernel.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"

#define ADDRESS_PROTOCOL 112 /* IFA_PROTO: VRRP's IP protocol number */
#define WATCH_BUFFER (1024 * 1024)
#define BATCH_MAX 16384 /* bytes of one send; the kernel takes far more */
#define DUMP_TRIES 5

struct kernel {
	struct nl_sock *watch;	/* notifications */
	struct nl_sock *ask;	/* dumps, blocking: the kernel answers at once */
	struct nl_sock *change; /* batches */
	struct event *readable;
	void (*changed)(void *arg);
	void *arg;
	bool different; /* the picture, since changed() was called */
	TAILQ_HEAD(, kernel_interface) interfaces;
	uint8_t batch[BATCH_MAX];
	size_t batch_len;
	uint32_t sequence;
	bool failed;
};

/* -------------------------------------------------------------- the picture */

static struct kernel_interface *by_index(const struct kernel *k, int index)
{
	struct kernel_interface *i;

	TAILQ_FOREACH (i, &k->interfaces, entry)
		if (i->index == index)
			return i;
	return NULL;
}

const struct kernel_interface *kernel_interface(const struct kernel *k, const char *name)
{
	const struct kernel_interface *i;

	TAILQ_FOREACH (i, &k->interfaces, entry)
		if (strcmp(i->name, name) == 0)
			return i;
	return NULL;
}

static struct kernel_address *find_address(
    const struct kernel_interface *i, const struct addr *address)
{
	struct kernel_address *a;

	TAILQ_FOREACH (a, &i->addresses, entry)
		if (addr_equal(&a->address, address))
			return a;
	return NULL;
}

const struct kernel_address *kernel_address(
    const struct kernel_interface *i, const struct addr *address)
{
	return find_address(i, address);
}

static void drop_address(struct kernel *k, struct kernel_interface *i, struct kernel_address *a)
{
	TAILQ_REMOVE(&i->addresses, a, entry);
	free(a);
	k->different = true;
}

static void drop_interface(struct kernel *k, struct kernel_interface *i)
{
	struct kernel_address *a;

	while ((a = TAILQ_FIRST(&i->addresses)))
		drop_address(k, i, a);
	TAILQ_REMOVE(&k->interfaces, i, entry);
	free(i);
	k->different = true;
}

static struct kernel_interface *make_interface(struct kernel *k, int index)
{
	struct kernel_interface *i = calloc(1, sizeof(*i));

	if (!i)
		abort();
	i->index = index;
	TAILQ_INIT(&i->addresses);
	TAILQ_INSERT_TAIL(&k->interfaces, i, entry);
	k->different = true;
	return i;
}

static void set_link(struct kernel *k, const struct ifinfomsg *info, struct nlattr **attr)
{
	struct kernel_interface *i = by_index(k, info->ifi_index), was;

	if (!i)
		i = make_interface(k, info->ifi_index);
	was = *i;
	i->stale = false;
	i->flags = info->ifi_flags;
	if (attr[IFLA_IFNAME])
		nla_strlcpy(i->name, attr[IFLA_IFNAME], sizeof(i->name));
	i->has_mac = info->ifi_type == ARPHRD_ETHER && attr[IFLA_ADDRESS] &&
		     nla_len(attr[IFLA_ADDRESS]) == KERNEL_MAC_LEN;
	if (i->has_mac)
		memcpy(i->mac, nla_data(attr[IFLA_ADDRESS]), KERNEL_MAC_LEN);
	if (i->flags != was.flags || i->has_mac != was.has_mac || strcmp(i->name, was.name) != 0 ||
	    memcmp(i->mac, was.mac, KERNEL_MAC_LEN) != 0)
		k->different = true;
}

static void got_link(struct kernel *k, struct nlmsghdr *h)
{
	const struct ifinfomsg *info = nlmsg_data(h);
	struct nlattr *attr[IFLA_MAX + 1];
	struct kernel_interface *i;

	/* A bridge tells about its ports in the same group, as another family. */
	if (nlmsg_parse(h, sizeof(*info), attr, IFLA_MAX, NULL) < 0 ||
	    info->ifi_family != AF_UNSPEC)
		return;
	if (h->nlmsg_type == RTM_NEWLINK) {
		set_link(k, info, attr);
		return;
	}
	i = by_index(k, info->ifi_index);
	if (i)
		drop_interface(k, i);
}

static void set_address(struct kernel *k, struct kernel_interface *i, const struct addr *address,
    const struct ifaddrmsg *m, struct nlattr **attr)
{
	struct kernel_address *a = find_address(i, address);
	struct kernel_address now = {.address = *address,
	    .prefix_length = m->ifa_prefixlen,
	    .secondary = m->ifa_flags & IFA_F_SECONDARY,
	    .ours = attr[IFA_PROTO] && nla_get_u8(attr[IFA_PROTO]) == ADDRESS_PROTOCOL};

	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			abort();
		TAILQ_INSERT_TAIL(&i->addresses, a, entry);
		k->different = true;
	}
	if (a->secondary != now.secondary || a->prefix_length != now.prefix_length)
		k->different = true;
	now.entry = a->entry;
	*a = now;
}

static void got_address(struct kernel *k, struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = nlmsg_data(h);
	struct nlattr *attr[IFA_MAX + 1], *which;
	struct kernel_interface *i;
	struct kernel_address *a;
	struct addr address;

	if (nlmsg_parse(h, sizeof(*m), attr, IFA_MAX, NULL) < 0)
		return;
	which = attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS];
	i = by_index(k, (int)m->ifa_index);
	if (!which || !i)
		return;
	address = addr_from_bytes(nla_data(which), (size_t)nla_len(which));
	if (!addr_is_set(&address))
		return;
	if (h->nlmsg_type == RTM_NEWADDR)
		set_address(k, i, &address, m, attr);
	else if ((a = find_address(i, &address)))
		drop_address(k, i, a);
}

static int got_message(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		got_link(arg, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		got_address(arg, h);
		break;
	}
	return NL_OK;
}

/* ---------------------------------------------------------- reading it whole */

static int dump(struct kernel *k, int type)
{
	struct rtgenmsg any = {.rtgen_family = AF_UNSPEC};
	int err = nl_send_simple(k->ask, type, NLM_F_DUMP, &any, sizeof(any));

	return err < 0 ? err : nl_recvmsgs_default(k->ask);
}

static void mark_stale(struct kernel *k)
{
	struct kernel_interface *i;
	struct kernel_address *a;

	TAILQ_FOREACH (i, &k->interfaces, entry) {
		i->stale = true;
		TAILQ_FOREACH (a, &i->addresses, entry)
			a->stale = true;
	}
}

static void drop_stale(struct kernel *k)
{
	struct kernel_interface *i, *next_i;
	struct kernel_address *a, *next_a;

	for (i = TAILQ_FIRST(&k->interfaces); i; i = next_i) {
		next_i = TAILQ_NEXT(i, entry);
		if (i->stale) {
			drop_interface(k, i);
			continue;
		}
		for (a = TAILQ_FIRST(&i->addresses); a; a = next_a) {
			next_a = TAILQ_NEXT(a, entry);
			if (a->stale)
				drop_address(k, i, a);
		}
	}
}

/* A dump that was interrupted by a change (NLM_F_DUMP_INTR) is not consistent: again. */
static bool read_all(struct kernel *k)
{
	int err = -NLE_DUMP_INTR;

	for (int n = 0; n < DUMP_TRIES && err == -NLE_DUMP_INTR; n++) {
		mark_stale(k);
		err = dump(k, RTM_GETLINK);
		if (err >= 0)
			err = dump(k, RTM_GETADDR);
	}
	if (err < 0 && err != -NLE_DUMP_INTR) {
		log_error("cannot read the kernel's interfaces: %s", nl_geterror(err));
		return false;
	}
	if (err >= 0)
		drop_stale(k);
	return true;
}

/* ----------------------------------------------------------------- watching */

static void tell(struct kernel *k)
{
	if (!k->different)
		return;
	k->different = false;
	k->changed(k->arg);
}

static void drain(struct kernel *k)
{
	int err;

	do {
		err = nl_recvmsgs_default(k->watch);
	} while (err >= 0);
	if (err == -NLE_AGAIN)
		return;
	/* ENOBUFS */
	log_info(
	    "notifications about interfaces were lost (%s); reading all of them", nl_geterror(err));
	read_all(k);
}

static void on_readable(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	drain(arg);
	tell(arg);
}

/* The kernel queues a notification before it answers the change, so nothing is missing. */
void kernel_refresh(struct kernel *k)
{
	drain(k);
	if (k->different)
		event_active(k->readable, EV_READ, 0);
}

/* ------------------------------------------------------------------ changes */

static void queue(struct kernel *k, int type, int flags, const struct kernel_vip *vip)
{
	struct ifaddrmsg m = {.ifa_family = (uint8_t)addr_af(&vip->address),
	    .ifa_prefixlen = vip->prefix_length,
	    .ifa_scope = vip->scope,
	    .ifa_index = (unsigned)vip->index};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags | NLM_F_REQUEST);
	struct nlmsghdr *h;
	int len = (int)addr_len(&vip->address);

	if (!msg || nlmsg_append(msg, &m, sizeof(m), NLMSG_ALIGNTO) < 0)
		abort();
	nla_put(msg, IFA_LOCAL, len, vip->address.bytes);
	nla_put(msg, IFA_ADDRESS, len, vip->address.bytes);
	if (type == RTM_NEWADDR) {
		if (addr_is_set(&vip->broadcast))
			nla_put(msg, IFA_BROADCAST, len, vip->broadcast.bytes);
		if (vip->label[0])
			nla_put_string(msg, IFA_LABEL, vip->label);
		nla_put_u8(msg, IFA_PROTO, ADDRESS_PROTOCOL);
	}
	h = nlmsg_hdr(msg);
	h->nlmsg_seq = ++k->sequence;
	h->nlmsg_pid = nl_socket_get_local_port(k->change);
	if (k->batch_len + NLMSG_ALIGN(h->nlmsg_len) > BATCH_MAX)
		kernel_flush(k);
	memcpy(k->batch + k->batch_len, h, h->nlmsg_len);
	k->batch_len += NLMSG_ALIGN(h->nlmsg_len);
	nlmsg_free(msg);
}

void kernel_add(struct kernel *k, const struct kernel_vip *vip)
{
	queue(k, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, vip);
}

void kernel_remove(struct kernel *k, const struct kernel_vip *vip)
{
	queue(k, RTM_DELADDR, 0, vip);
}

void kernel_sweep(struct kernel *k,
    bool (*wanted)(const char *interface, const struct addr *address, void *arg), void *arg)
{
	const struct kernel_interface *i;
	const struct kernel_address *a;
	char text[ADDR_STRLEN];

	TAILQ_FOREACH (i, &k->interfaces, entry) {
		TAILQ_FOREACH (a, &i->addresses, entry) {
			struct kernel_vip vip = {.index = i->index,
			    .address = a->address,
			    .prefix_length = a->prefix_length};

			if (!a->ours || wanted(i->name, &a->address, arg))
				continue;
			log_notice("removes %s from %s: it is configured no more",
			    addr_format(&a->address, text), i->name);
			kernel_remove(k, &vip);
		}
	}
}

/* The request that failed is in the batch still: find it for the message. */
static void complain(struct kernel *k, const struct nlmsgerr *e)
{
	static struct log_limit limit;
	struct nlmsghdr *h = (struct nlmsghdr *)k->batch;
	char text[ADDR_STRLEN] = "?", name[IF_NAMESIZE] = "?";
	const struct ifaddrmsg *m;
	const struct nlattr *local;
	struct addr address;
	unsigned swallowed;
	int left = (int)k->batch_len;

	while (nlmsg_ok(h, left) && h->nlmsg_seq != e->msg.nlmsg_seq)
		h = nlmsg_next(h, &left);
	if (!nlmsg_ok(h, left) || !log_limit_ok(&limit, 20, 10 * USEC_PER_SEC, &swallowed))
		return;
	m = nlmsg_data(h);
	local = nlmsg_find_attr(h, sizeof(*m), IFA_LOCAL);
	address = addr_from_bytes(nla_data(local), (size_t)nla_len(local));
	addr_format(&address, text);
	if_indextoname(m->ifa_index, name);
	log_error("cannot %s %s %s interface %s: %s",
	    h->nlmsg_type == RTM_NEWADDR ? "set" : "remove", text,
	    h->nlmsg_type == RTM_NEWADDR ? "on" : "from", name, strerror(-e->error));
}

/* An address that is there already, or gone already, is what was asked for. */
static bool is_failure(int error)
{
	return error && error != -EEXIST && error != -EADDRNOTAVAIL && error != -ENODEV;
}

/* The kernel has answered when send() returns; only failures are answered. */
static void read_answers(struct kernel *k)
{
	uint8_t buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n;

	while ((n = recv(nl_socket_get_fd(k->change), buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		int left = (int)n;

		for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = nlmsg_data(h);

			if (h->nlmsg_type != NLMSG_ERROR || !is_failure(e->error))
				continue;
			k->failed = true;
			complain(k, e);
		}
	}
}

bool kernel_flush(struct kernel *k)
{
	bool ok;

	if (k->batch_len) {
		if (nl_sendto(k->change, k->batch, k->batch_len) < 0) {
			log_error("cannot change addresses: %s", strerror(errno));
			k->failed = true;
		}
		read_answers(k);
		k->batch_len = 0;
		kernel_refresh(k);
	}
	ok = !k->failed;
	k->failed = false;
	return ok;
}

/* ------------------------------------------------------------------- set up */

static struct nl_sock *open_socket(struct kernel *k)
{
	struct nl_sock *s = nl_socket_alloc();

	if (!s)
		abort();
	nl_socket_disable_seq_check(s);
	nl_socket_disable_auto_ack(s);
	nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, got_message, k);
	if (nl_connect(s, NETLINK_ROUTE) < 0) {
		log_error("cannot open a netlink socket: %s", strerror(errno));
		nl_socket_free(s);
		return NULL;
	}
	return s;
}

static bool open_all(struct kernel *k)
{
	k->watch = open_socket(k);
	k->ask = open_socket(k);
	k->change = open_socket(k);
	if (!k->watch || !k->ask || !k->change)
		return false;
	nl_socket_set_nonblocking(k->watch);
	nl_socket_set_buffer_size(k->watch, WATCH_BUFFER, 0);
	nl_socket_set_nonblocking(k->change);
	if (nl_socket_add_memberships(
		k->watch, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0) < 0) {
		log_error("cannot watch the kernel's interfaces");
		return false;
	}
	return read_all(k);
}

struct kernel *kernel_new(struct event_base *base, void (*changed)(void *arg), void *arg)
{
	struct kernel *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	TAILQ_INIT(&k->interfaces);
	k->changed = changed;
	k->arg = arg;
	if (!open_all(k)) {
		kernel_free(k);
		return NULL;
	}
	k->different = false;
	k->readable =
	    event_new(base, nl_socket_get_fd(k->watch), EV_READ | EV_PERSIST, on_readable, k);
	event_add(k->readable, NULL);
	return k;
}

void kernel_free(struct kernel *k)
{
	struct kernel_interface *i;

	if (!k)
		return;
	while ((i = TAILQ_FIRST(&k->interfaces)))
		drop_interface(k, i);
	if (k->readable)
		event_free(k->readable);
	nl_socket_free(k->watch);
	nl_socket_free(k->ask);
	nl_socket_free(k->change);
	free(k);
}
