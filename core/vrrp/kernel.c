/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel.h. */
#include "core/vrrp/kernel.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/vrrp/netlink.h"

#define ADDRESS_PROTOCOL 112 /* IFA_PROTO: VRRP's IP protocol number */
#define WATCH_BUFFER (1024 * 1024)
#define BATCH_MAX                                                                                  \
	(96 * 1024)	/* bytes of one send: a thousand addresses; less if the socket takes less */
#define MESSAGE_MAX 256 /* more than a change of one address needs */
#define ANSWER_MAX 32768	 /* the longest datagram that the kernel sends */
#define CALM (5 * USEC_PER_MSEC) /* between our own change of addresses and changed() */
#define DUMP_TRIES 5
#define MTU_IPV4 68

struct kernel {
	struct nl_sock *watch;	/* notifications */
	struct nl_sock *ask;	/* dumps, blocking: the kernel answers at once */
	struct nl_sock *change; /* batches */
	struct event *readable, *calm;
	void (*changed)(void *arg);
	void *arg;
	bool different; /* the picture, since changed() was called */
	bool renamed;
	bool urgent; /* not only its addresses */
	unsigned eras;
	TAILQ_HEAD(, kernel_interface) interfaces;
	TAILQ_HEAD(, kernel_address) spare; /* for the picture */
	size_t nspare, reserved;
	_Alignas(struct nlmsghdr) uint8_t batch[BATCH_MAX];
	size_t batch_len, batch_size;
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

bool kernel_renamed(struct kernel *k)
{
	bool renamed = k->renamed;

	k->renamed = false;
	return renamed;
}

const struct kernel_interface *kernel_interface(const struct kernel *k, const char *name)
{
	const struct kernel_interface *i;

	TAILQ_FOREACH (i, &k->interfaces, entry)
		if (strcmp(i->name, name) == 0)
			return i;
	return NULL;
}

const struct kernel_interface *kernel_interface_of(const struct kernel *k, int index)
{
	return by_index(k, index);
}

const struct kernel_interface *kernel_next(const struct kernel *k, const struct kernel_interface *i)
{
	return i ? TAILQ_NEXT(i, entry) : TAILQ_FIRST(&k->interfaces);
}

/* FNV-1a of the address. */
static unsigned chain_of(const struct addr *address)
{
	uint32_t h = 2166136261u;

	for (size_t k = 0; k < addr_len(address); k++)
		h = (h ^ address->bytes[k]) * 16777619u;
	return (h ^ h >> 16) % KERNEL_CHAINS;
}

static struct kernel_address *find_address(
    const struct kernel_interface *i, const struct addr *address)
{
	struct kernel_address *a = i->chains[chain_of(address)];

	while (a && !addr_equal(&a->address, address))
		a = a->chain;
	return a;
}

static void insert_address(struct kernel_interface *i, struct kernel_address *a)
{
	struct kernel_address **chain = &i->chains[chain_of(&a->address)];

	TAILQ_INSERT_TAIL(&i->addresses, a, entry);
	a->chain = *chain;
	*chain = a;
}

static void remove_address(struct kernel_interface *i, struct kernel_address *a)
{
	struct kernel_address **at = &i->chains[chain_of(&a->address)];

	TAILQ_REMOVE(&i->addresses, a, entry);
	while (*at != a)
		at = &(*at)->chain;
	*at = a->chain;
}

const struct kernel_address *kernel_address(
    const struct kernel_interface *i, const struct addr *address)
{
	return find_address(i, address);
}

static void put_spare(struct kernel *k, struct kernel_address *a)
{
	TAILQ_INSERT_HEAD(&k->spare, a, entry);
	k->nspare++;
}

static struct kernel_address *take_spare(struct kernel *k)
{
	struct kernel_address *a = TAILQ_FIRST(&k->spare);

	if (!a)
		return NULL;
	TAILQ_REMOVE(&k->spare, a, entry);
	k->nspare--;
	return a;
}

static struct kernel_address *new_address(void)
{
	struct kernel_address *a = malloc(sizeof(*a));

	if (!a)
		abort();
	return a;
}

void kernel_reserve(struct kernel *k, size_t n)
{
	k->reserved = n;
	while (k->nspare < n)
		put_spare(k, new_address());
}

static void drop_address(struct kernel *k, struct kernel_interface *i, struct kernel_address *a)
{
	remove_address(i, a);
	if (k->nspare < k->reserved)
		put_spare(k, a);
	else
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
	k->different = k->urgent = true;
}

static struct kernel_interface *make_interface(struct kernel *k, int index)
{
	struct kernel_interface *i = calloc(1, sizeof(*i));

	if (!i)
		abort();
	i->index = index;
	i->era[0] = i->era[1] = ++k->eras;
	TAILQ_INIT(&i->addresses);
	TAILQ_INSERT_TAIL(&k->interfaces, i, entry);
	k->different = k->urgent = true;
	return i;
}

static void read_settings(struct kernel_interface *i, struct nlattr *families)
{
	struct nlattr *af[AF_INET + 1], *inet[IFLA_INET_MAX + 1];
	const uint32_t *conf;

	if (!families || nla_parse_nested(af, AF_INET, families, NULL) < 0 || !af[AF_INET] ||
	    nla_parse_nested(inet, IFLA_INET_MAX, af[AF_INET], NULL) < 0 || !inet[IFLA_INET_CONF] ||
	    nla_len(inet[IFLA_INET_CONF]) < IPV4_DEVCONF_PROMOTE_SECONDARIES * 4)
		return; /* the last one of those below */
	conf = nla_data(inet[IFLA_INET_CONF]);
	i->arp_ignore = conf[IPV4_DEVCONF_ARP_IGNORE - 1];
	i->arp_announce = conf[IPV4_DEVCONF_ARP_ANNOUNCE - 1];
	i->promote_secondaries = conf[IPV4_DEVCONF_PROMOTE_SECONDARIES - 1];
}

static uint32_t get_vrf_table(struct nlattr *about)
{
	struct nlattr *data[IFLA_VRF_MAX + 1];

	if (!about || nla_parse_nested(data, IFLA_VRF_MAX, about, NULL) < 0 ||
	    !data[IFLA_VRF_TABLE])
		return 0;
	return nla_get_u32(data[IFLA_VRF_TABLE]);
}

static void read_kind(struct kernel_interface *i, struct nlattr *about)
{
	struct nlattr *info[IFLA_INFO_MAX + 1], *data[IFLA_MACVLAN_MAX + 1];
	uint32_t mode;

	i->is_vmac = i->deaf = i->is_vrf = false;
	if (!about || nla_parse_nested(info, IFLA_INFO_MAX, about, NULL) < 0 ||
	    !info[IFLA_INFO_KIND])
		return;
	i->is_vrf = strcmp(nla_get_string(info[IFLA_INFO_KIND]), "vrf") == 0;
	if (i->is_vrf)
		i->vrf_table = get_vrf_table(info[IFLA_INFO_DATA]);
	if (strcmp(nla_get_string(info[IFLA_INFO_KIND]), "macvlan") != 0 || !info[IFLA_INFO_DATA] ||
	    nla_parse_nested(data, IFLA_MACVLAN_MAX, info[IFLA_INFO_DATA], NULL) < 0)
		return;
	mode = data[IFLA_MACVLAN_MODE] ? nla_get_u32(data[IFLA_MACVLAN_MODE]) : 0;
	i->deaf =
	    mode == MACVLAN_MODE_SOURCE &&
	    (!data[IFLA_MACVLAN_MACADDR_COUNT] || !nla_get_u32(data[IFLA_MACVLAN_MACADDR_COUNT]));
	i->is_vmac = mode == MACVLAN_MODE_PRIVATE || i->deaf;
}

/* What counts for virtual MAC addresses. */
static void read_more(struct kernel_interface *i, struct nlattr **attr)
{
	read_settings(i, attr[IFLA_AF_SPEC]);
	read_kind(i, attr[IFLA_LINKINFO]);
	i->parent = attr[IFLA_LINK] ? (int)nla_get_u32(attr[IFLA_LINK]) : 0;
	i->master = attr[IFLA_MASTER] ? (int)nla_get_u32(attr[IFLA_MASTER]) : 0;
	i->has_alias = attr[IFLA_IFALIAS] && nla_len(attr[IFLA_IFALIAS]) > 1;
	i->made_here = i->has_alias && sscanf(nla_get_string(attr[IFLA_IFALIAS]), KERNEL_ALIAS,
					   &i->parent_ignore, &i->parent_announce) == 2;
}

/*
 * The kernel takes IPv4 or IPv6 off an interface whose MTU is too small for it, with addresses and groups, and
 * makes it anew when it is not any more.  It tells of the MTU first, and may not have done it yet.
 */
static void set_mtu(struct kernel *k, struct kernel_interface *i, uint32_t mtu)
{
	uint32_t least = mtu < i->mtu ? mtu : i->mtu;

	if (mtu == i->mtu)
		return;
	if (least < MTU_IPV4)
		i->era[0] = ++k->eras;
	if (least < KERNEL_MTU_IPV6)
		i->era[1] = ++k->eras;
	i->mtu = mtu;
	k->different = k->urgent = true;
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
	if (*was.name && strcmp(i->name, was.name) != 0)
		k->renamed = true;
	i->has_mac = info->ifi_type == ARPHRD_ETHER && attr[IFLA_ADDRESS] &&
		     nla_len(attr[IFLA_ADDRESS]) == KERNEL_MAC_LEN;
	if (i->has_mac)
		memcpy(i->mac, nla_data(attr[IFLA_ADDRESS]), KERNEL_MAC_LEN);
	read_more(i, attr);
	if (attr[IFLA_MTU])
		set_mtu(k, i, nla_get_u32(attr[IFLA_MTU]));
	if (i->flags != was.flags || i->master != was.master || i->has_mac != was.has_mac ||
	    strcmp(i->name, was.name) != 0 || memcmp(i->mac, was.mac, KERNEL_MAC_LEN) != 0)
		k->different = k->urgent = true;
	else if (i->is_vmac != was.is_vmac || i->deaf != was.deaf)
		k->different = true; /* as a rule our own doing, at a takeover */
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
	uint32_t flags = attr[IFA_FLAGS] ? nla_get_u32(attr[IFA_FLAGS]) : m->ifa_flags;
	struct kernel_address now = {.address = *address,
	    .prefix_length = m->ifa_prefixlen,
	    .secondary = flags & IFA_F_SECONDARY,
	    .tentative = flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) && !(flags & IFA_F_OPTIMISTIC),
	    .ours = attr[IFA_PROTO] && nla_get_u8(attr[IFA_PROTO]) == ADDRESS_PROTOCOL};

	if (!a) {
		a = take_spare(k);
		if (!a)
			a = new_address();
		*a = (struct kernel_address){.address = *address};
		insert_address(i, a);
		k->different = true;
	}
	if (a->secondary != now.secondary || a->tentative != now.tentative ||
	    a->prefix_length != now.prefix_length)
		k->different = true;
	now.entry = a->entry;
	now.chain = a->chain;
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

static void got(struct kernel *k, struct nlmsghdr *h)
{
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		got_link(k, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		got_address(k, h);
		break;
	}
}

static int got_message(struct nl_msg *msg, void *arg)
{
	got(arg, nlmsg_hdr(msg));
	return NL_OK;
}

/* ---------------------------------------------------------- reading it whole */

static int dump(struct kernel *k, int type)
{
	struct rtgenmsg any = {.rtgen_family = AF_UNSPEC};
	int err = nl_send_simple(k->ask, type, NLM_F_DUMP, &any, sizeof(any));

	return err < 0 ? err : nl_recvmsgs_default(k->ask);
}

const char *kernel_request(struct kernel *k, struct nl_msg *msg)
{
	int err;

	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	err = nl_send_auto(k->ask, msg);
	nlmsg_free(msg);
	if (err >= 0)
		err = nl_wait_for_ack(k->ask);
	return err < 0 ? nl_geterror(err) : NULL;
}

const char *kernel_set_ipv4(struct kernel *k, int index, int setting, uint32_t value)
{
	struct ifinfomsg info = {.ifi_index = index};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct nlattr *all, *family, *conf;

	if (!msg || nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) < 0 ||
	    !(all = nla_nest_start(msg, IFLA_AF_SPEC)) ||
	    !(family = nla_nest_start(msg, AF_INET)) ||
	    !(conf = nla_nest_start(msg, IFLA_INET_CONF)) || nla_put_u32(msg, setting, value) < 0)
		abort();
	nla_nest_end(msg, conf);
	nla_nest_end(msg, family);
	nla_nest_end(msg, all);
	return kernel_request(k, msg);
}

/* There is one answer: the interface, or why not.  One more (NLM_F_ACK) would be taken for that of the next request. */
void kernel_reread(struct kernel *k, int index)
{
	struct ifinfomsg info = {.ifi_index = index};

	if (nl_send_simple(k->ask, RTM_GETLINK, 0, &info, sizeof(info)) >= 0)
		nl_recvmsgs_default(k->ask);
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
	k->different = k->urgent = false;
	event_del(k->calm);
	k->changed(k->arg);
}

/*
 * Each change is a datagram of its own, hundreds after a takeover: libnl would ask twice and allocate
 * for each.  False if some were lost.  The kernel says so once, before it gives those that it had taken, and
 * drops all others until these have been read; so they are, and what they say may be true no more.
 */
static bool read_notifications(struct kernel *k)
{
	static uint8_t buf[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool whole = true;
	ssize_t n;

	while ((n = recv(nl_socket_get_fd(k->watch), buf, sizeof(buf), MSG_DONTWAIT)) > 0 ||
	       (n < 0 && (errno == ENOBUFS || errno == EINTR))) {
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		int left = (int)n;

		if (n < 0)
			whole = whole && errno != ENOBUFS;
		for (; n > 0 && nlmsg_ok(h, left); h = nlmsg_next(h, &left))
			got(k, h);
	}
	return whole && errno == EAGAIN;
}

static void drain(struct kernel *k)
{
	struct kernel_interface *i;

	if (read_notifications(k))
		return;
	log_info("notifications about interfaces were lost; reading all of them");
	read_all(k);
	TAILQ_FOREACH (i, &k->interfaces, entry)
		i->era[0] = i->era[1] = ++k->eras;
	k->different = k->urgent = true;
}

static void on_readable(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	drain(arg);
	tell(arg);
}

static void on_calm(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell(arg);
}

/*
 * The kernel queues a notification before it answers the change, so nothing is missing.  What are most
 * likely our own addresses is looked at when a takeover of many is over.
 */
void kernel_refresh(struct kernel *k)
{
	struct timeval tv = usec_to_timeval(CALM);

	drain(k);
	if (k->urgent)
		event_active(k->readable, EV_READ, 0);
	else if (k->different && !event_pending(k->calm, EV_TIMEOUT, NULL))
		event_add(k->calm, &tv);
}

/* ------------------------------------------------------------------ changes */

/* Writes an attribute into the batch, where a takeover allocates nothing. */
static void put(struct kernel *k, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (struct nlattr *)(void *)(k->batch + k->batch_len);

	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy((uint8_t *)a + NLA_HDRLEN, data, len);
	memset((uint8_t *)a + a->nla_len, 0, NLA_ALIGN(a->nla_len) - a->nla_len);
	k->batch_len += NLA_ALIGN(a->nla_len);
}

/*
 * An IPv6 address is usable at once: whether it is unique VRRP decides, and an address whose
 * detection failed while two were master would never be usable.  A single address is no source of
 * what the director sends by itself, unless a lifetime is given.  Both as keepalived does.
 */
static void put_flags(struct kernel *k, const struct kernel_vip *vip)
{
	bool ipv6 = vip->address.family == ADDR_IPV6;
	uint32_t flags =
	    (ipv6 ? IFA_F_NODAD : 0) | (vip->no_prefix_route ? IFA_F_NOPREFIXROUTE : 0);
	struct ifa_cacheinfo lifetime = {
	    .ifa_prefered = ipv6 && vip->prefix_length == 128 ? 0 : UINT32_MAX,
	    .ifa_valid = UINT32_MAX};

	if (vip->has_lifetime)
		lifetime.ifa_prefered = vip->preferred_lifetime;
	if (flags)
		put(k, IFA_FLAGS, &flags, sizeof(flags));
	if (lifetime.ifa_prefered != UINT32_MAX)
		put(k, IFA_CACHEINFO, &lifetime, sizeof(lifetime));
}

static void put_settings(struct kernel *k, const struct kernel_vip *vip)
{
	uint8_t protocol = ADDRESS_PROTOCOL;

	if (addr_is_set(&vip->broadcast))
		put(k, IFA_BROADCAST, vip->broadcast.bytes, addr_len(&vip->address));
	if (vip->label[0])
		put(k, IFA_LABEL, vip->label, strlen(vip->label) + 1);
	put(k, IFA_PROTO, &protocol, sizeof(protocol));
	put_flags(k, vip);
}

static struct nlattr *begin_nest(struct kernel *k, uint16_t type)
{
	struct nlattr *a = (struct nlattr *)(void *)(k->batch + k->batch_len);

	put(k, type, NULL, 0);
	return a;
}

static void end_nest(const struct kernel *k, struct nlattr *a)
{
	a->nla_len = (uint16_t)(k->batch + k->batch_len - (const uint8_t *)a);
}

static struct nlmsghdr *begin(
    struct kernel *k, uint16_t type, uint16_t flags, const void *family_header, size_t len)
{
	struct nlmsghdr *h;

	if (k->batch_len + MESSAGE_MAX > k->batch_size)
		kernel_flush(k);
	h = (struct nlmsghdr *)(void *)(k->batch + k->batch_len);
	*h = (struct nlmsghdr){.nlmsg_type = type,
	    .nlmsg_flags = flags | NLM_F_REQUEST,
	    .nlmsg_seq = ++k->sequence,
	    .nlmsg_pid = nl_socket_get_local_port(k->change)};
	memcpy(nlmsg_data(h), family_header, len);
	k->batch_len += NLMSG_SPACE(len);
	return h;
}

static void end(const struct kernel *k, struct nlmsghdr *h)
{
	h->nlmsg_len = (uint32_t)(k->batch + k->batch_len - (const uint8_t *)h);
}

static void queue(struct kernel *k, uint16_t type, uint16_t flags, const struct kernel_vip *vip)
{
	struct ifaddrmsg m = {.ifa_family = (uint8_t)addr_af(&vip->address),
	    .ifa_prefixlen = vip->prefix_length,
	    .ifa_scope = vip->scope,
	    .ifa_index = (unsigned)vip->index};
	struct nlmsghdr *h = begin(k, type, flags, &m, sizeof(m));

	put(k, IFA_LOCAL, vip->address.bytes, addr_len(&vip->address));
	put(k, IFA_ADDRESS, vip->address.bytes, addr_len(&vip->address));
	if (type == RTM_NEWADDR)
		put_settings(k, vip);
	end(k, h);
}

void kernel_add(struct kernel *k, const struct kernel_vip *vip)
{
	queue(k, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, vip);
}

void kernel_remove(struct kernel *k, const struct kernel_vip *vip)
{
	queue(k, RTM_DELADDR, 0, vip);
}

void kernel_set_deaf(struct kernel *k, int index, bool deaf)
{
	uint32_t mode = deaf ? MACVLAN_MODE_SOURCE : MACVLAN_MODE_PRIVATE;
	struct ifinfomsg m = {.ifi_index = index};
	struct nlmsghdr *h = begin(k, RTM_NEWLINK, 0, &m, sizeof(m));
	struct nlattr *info = begin_nest(k, IFLA_LINKINFO), *data;

	put(k, IFLA_INFO_KIND, "macvlan", strlen("macvlan"));
	data = begin_nest(k, IFLA_INFO_DATA);
	put(k, IFLA_MACVLAN_MODE, &mode, sizeof(mode));
	end_nest(k, data);
	end_nest(k, info);
	end(k, h);
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

static void complain_of_address(struct nlmsghdr *h, int error)
{
	char text[ADDR_STRLEN] = "?", name[IF_NAMESIZE] = "?";
	const struct ifaddrmsg *m = nlmsg_data(h);
	const struct nlattr *local = nlmsg_find_attr(h, sizeof(*m), IFA_LOCAL);
	struct addr address = addr_from_bytes(nla_data(local), (size_t)nla_len(local));

	addr_format(&address, text);
	if_indextoname(m->ifa_index, name);
	log_error("cannot %s %s %s interface %s: %s",
	    h->nlmsg_type == RTM_NEWADDR ? "set" : "remove", text,
	    h->nlmsg_type == RTM_NEWADDR ? "on" : "from", name, strerror(error));
}

static void complain_of_link(struct nlmsghdr *h, int error)
{
	const struct ifinfomsg *m = nlmsg_data(h);
	char name[IF_NAMESIZE] = "?";

	if_indextoname((unsigned)m->ifi_index, name);
	log_error("cannot change what %s receives: %s", name, strerror(error));
}

/* The request that failed is in the batch still: find it for the message. */
static void complain(struct kernel *k, const struct nlmsgerr *e)
{
	static struct log_limit limit;
	struct nlmsghdr *h = (struct nlmsghdr *)k->batch;
	unsigned swallowed;
	int left = (int)k->batch_len;

	while (nlmsg_ok(h, left) && h->nlmsg_seq != e->msg.nlmsg_seq)
		h = nlmsg_next(h, &left);
	if (!nlmsg_ok(h, left) || !log_limit_ok(&limit, 20, 10 * USEC_PER_SEC, &swallowed))
		return;
	if (h->nlmsg_type == RTM_NEWLINK)
		complain_of_link(h, -e->error);
	else
		complain_of_address(h, -e->error);
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
	}
	ok = !k->failed;
	k->failed = false;
	return ok;
}

/* ------------------------------------------------------------------- set up */

/* What is longer than its buffer, the kernel refuses (EMSGSIZE). */
static size_t largest_send(struct nl_sock *s)
{
	int size = 0;
	socklen_t len = sizeof(size);

	nl_socket_set_buffer_size(s, 0, BATCH_MAX);
	if (getsockopt(nl_socket_get_fd(s), SOL_SOCKET, SO_SNDBUF, &size, &len) < 0 ||
	    size < 2 * MESSAGE_MAX)
		return 2 * MESSAGE_MAX;
	size -= 32; /* the kernel's own share: af_netlink.c */
	return size < BATCH_MAX ? (size_t)size : BATCH_MAX;
}

static bool open_all(struct kernel *k)
{
	k->watch = netlink_open(NETLINK_ROUTE, got_message, k);
	k->ask = netlink_open(NETLINK_ROUTE, got_message, k);
	k->change = netlink_open(NETLINK_ROUTE, got_message, k);
	if (!k->watch || !k->ask || !k->change) {
		log_error("cannot open a netlink socket: %s", strerror(errno));
		return false;
	}
	nl_socket_set_nonblocking(k->watch);
	nl_socket_set_buffer_size(k->watch, WATCH_BUFFER, 0);
	nl_socket_set_nonblocking(k->change);
	k->batch_size = largest_send(k->change);
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
	TAILQ_INIT(&k->spare);
	k->changed = changed;
	k->arg = arg;
	if (!open_all(k)) {
		kernel_free(k);
		return NULL;
	}
	k->different = k->urgent = false;
	k->calm = evtimer_new(base, on_calm, k);
	k->readable =
	    event_new(base, nl_socket_get_fd(k->watch), EV_READ | EV_PERSIST, on_readable, k);
	event_add(k->readable, NULL);
	return k;
}

void kernel_free(struct kernel *k)
{
	struct kernel_interface *i;
	struct kernel_address *a;

	if (!k)
		return;
	while ((i = TAILQ_FIRST(&k->interfaces)))
		drop_interface(k, i);
	while ((a = take_spare(k)))
		free(a);
	if (k->readable)
		event_free(k->readable);
	if (k->calm)
		event_free(k->calm);
	nl_socket_free(k->watch);
	nl_socket_free(k->ask);
	nl_socket_free(k->change);
	free(k);
}
