/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces with virtual MAC addresses (RFC 9568 section 7.3); see router.h.
 *
 * The addresses of a virtual router are on a macvlan on the instance's
 * interface that has the virtual MAC address: the kernel answers ARP requests
 * and neighbour solicitations with it, announcements and advertisements are
 * sent from it, and hosts do not notice which router has it.  The interface is
 * there as long as the instance is, so that a takeover is the setting of
 * addresses as without it.  Addresses on other interfaces can have more of them
 * there (use_vmac_addr), which take part in no VRRP.
 *
 * The macvlan of a master is private: the kernel gives it, and not the interface below,
 * what comes in with its own MAC address as the source: the advertisements of
 * a peer that has the same virtual MAC address.  So a socket on it receives
 * just these, and the interface's socket all others; none is received twice.
 *
 * A router that is not master must discard all other frames to the virtual MAC
 * address (RFC 9568 section 6.4.2): a switch that does not know the address floods
 * them, and a host that forwards would send each packet for the second time.  So
 * the macvlan is deaf then: of mode source, without a source, in which it takes just
 * those advertisements.  A takeover makes it private with the same message to the
 * kernel that sets its addresses.
 *
 * The interface below must not answer for the addresses on the macvlan
 * (arp_ignore), nor name them in its own ARP requests (arp_announce): hosts
 * would learn its MAC address.  What it had before is written into the
 * macvlan's alias, which also tells a later process that the macvlan was made
 * by an earlier one, and put back with the last macvlan.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/vrrp/ah.h"
#include "core/vrrp/router.h"

#define PARENT_IGNORE 1	  /* answers for addresses that are on it only */
#define PARENT_ANNOUNCE 2 /* names addresses that are on it only */

/* ------------------------------------------------------------------- messages */

static struct nl_msg *message(int type, int flags, int index, unsigned set)
{
	struct ifinfomsg info = {.ifi_index = index, .ifi_flags = set, .ifi_change = set};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (!msg || nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) < 0)
		abort();
	return msg;
}

static struct nlattr *nest(struct nl_msg *msg, int type)
{
	struct nlattr *a = nla_nest_start(msg, type);

	if (!a)
		abort();
	return a;
}

static struct nl_msg *creation(const struct vmac *m, const struct kernel_interface *parent)
{
	struct nl_msg *msg = message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	struct nlattr *info, *data;

	nla_put_string(msg, IFLA_IFNAME, m->name);
	nla_put_u32(msg, IFLA_LINK, (uint32_t)parent->index);
	nla_put(msg, IFLA_ADDRESS, VMAC_LEN, m->mac);
	info = nest(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "macvlan");
	data = nest(msg, IFLA_INFO_DATA);
	nla_put_u32(msg, IFLA_MACVLAN_MODE, MACVLAN_MODE_SOURCE); /* deaf, until it is master */
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return msg;
}

/*
 * It answers for its own addresses only, whatever the way back is; one that is removed takes no other one
 * along.  No IPv6 address is made from the virtual MAC address: two routers would have the same (RFC 9568
 * section 7.4).
 */
static struct nl_msg *settings(const struct kernel_interface *i, const char *alias)
{
	struct nl_msg *msg = message(RTM_NEWLINK, 0, i->index, 0);
	struct nlattr *all = nest(msg, IFLA_AF_SPEC), *family = nest(msg, AF_INET);
	struct nlattr *conf = nest(msg, IFLA_INET_CONF);

	nla_put_u32(msg, IPV4_DEVCONF_ARP_IGNORE, 1);
	nla_put_u32(msg, IPV4_DEVCONF_RP_FILTER, 0);
	nla_put_u32(msg, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
	nla_nest_end(msg, conf);
	nla_nest_end(msg, family);
	family = nest(msg, AF_INET6);
	nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(msg, family);
	nla_nest_end(msg, all);
	nla_put_string(msg, IFLA_IFALIAS, alias);
	return msg;
}

static const char *set_parent(struct kernel *k, int index, uint32_t ignore, uint32_t announce)
{
	const char *why = kernel_set_ipv4(k, index, IPV4_DEVCONF_ARP_IGNORE, ignore);

	return why ? why : kernel_set_ipv4(k, index, IPV4_DEVCONF_ARP_ANNOUNCE, announce);
}

/* What no message can set.  Without IPv6 in the kernel there is nothing to set. */
static void set_ipv6(const char *name, const char *setting, const char *value)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, setting);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		log_warning("cannot set %s of %s: %s", setting, name, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* --------------------------------------------------------------------- parents */

/* Another one that was made here on the same interface. */
static const struct kernel_interface *sibling(
    const struct kernel *k, int parent, const struct kernel_interface *but)
{
	for (const struct kernel_interface *i = NULL; (i = kernel_next(k, i));)
		if (i != but && i->made_here && i->parent == parent)
			return i;
	return NULL;
}

static struct vmac_parent *find_parent(const struct router *r, int index)
{
	struct vmac_parent *p;

	TAILQ_FOREACH (p, &r->vmac_parents, entry)
		if (p->index == index)
			return p;
	return NULL;
}

/*
 * As it was before the first macvlan on it: the macvlans say so, and this is kept for when somebody else removes the
 * last one.
 */
static const struct vmac_parent *know_parent(
    struct router *r, const struct kernel_interface *parent)
{
	const struct kernel_interface *other = sibling(r->kernel, parent->index, NULL);
	struct vmac_parent *p = find_parent(r, parent->index);

	if (p && !other)
		return p;
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			abort();
		p->index = parent->index;
		TAILQ_INSERT_TAIL(&r->vmac_parents, p, entry);
	}
	if (!other)
		kernel_reread(r->kernel, parent->index);
	p->arp_ignore = other ? other->parent_ignore : parent->arp_ignore;
	p->arp_announce = other ? other->parent_announce : parent->arp_announce;
	return p;
}

static const char *prepare_parent(struct kernel *k, const struct kernel_interface *parent)
{
	uint32_t ignore = parent->arp_ignore ? parent->arp_ignore : PARENT_IGNORE;

	if (parent->arp_ignore == ignore && parent->arp_announce == PARENT_ANNOUNCE)
		return NULL;
	return set_parent(k, parent->index, ignore, PARENT_ANNOUNCE);
}

/* What somebody else has set meanwhile stays. */
static void put_back(struct kernel *k, int index, uint32_t ignore, uint32_t announce)
{
	const struct kernel_interface *parent = kernel_interface_of(k, index);
	const char *why;

	if (!parent)
		return;
	kernel_reread(k, index);
	if (parent->arp_ignore != PARENT_IGNORE)
		ignore = parent->arp_ignore;
	if (parent->arp_announce != PARENT_ANNOUNCE)
		announce = parent->arp_announce;
	why = set_parent(k, index, ignore, announce);
	if (why)
		log_warning(
		    "cannot put back arp_ignore and arp_announce of %s: %s", parent->name, why);
}

/* With the last macvlan. */
static void restore_parent(struct kernel *k, const struct kernel_interface *gone)
{
	if (!sibling(k, gone->parent, gone))
		put_back(k, gone->parent, gone->parent_ignore, gone->parent_announce);
}

static void forget_parent(struct router *r, struct vmac_parent *p)
{
	TAILQ_REMOVE(&r->vmac_parents, p, entry);
	free(p);
}

/* Somebody else removed the last one, or this process did, which has put everything back. */
static void restore_parents(struct router *r)
{
	struct vmac_parent *p, *next;

	for (p = TAILQ_FIRST(&r->vmac_parents); p; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (sibling(r->kernel, p->index, NULL))
			continue;
		put_back(r->kernel, p->index, p->arp_ignore, p->arp_announce);
		forget_parent(r, p);
	}
}

void vmac_free(struct router *r)
{
	struct vmac_parent *p;

	while ((p = TAILQ_FIRST(&r->vmac_parents)))
		forget_parent(r, p);
}

/* ------------------------------------------------------------------ interfaces */

/* The picture is brought up to date, if i was removed: it is freed. */
static bool remove_interface(struct kernel *k, const struct kernel_interface *i)
{
	const char *why = kernel_request(k, message(RTM_DELLINK, 0, i->index, 0));

	if (why) {
		log_error("cannot remove the interface %s: %s", i->name, why);
		return false;
	}
	restore_parent(k, i);
	kernel_refresh(k);
	return true;
}

static bool is_as_wanted(
    const struct vmac *m, const struct kernel_interface *i, const struct kernel_interface *parent)
{
	return i->is_vmac && i->parent == parent->index && i->has_mac &&
	       memcmp(i->mac, m->mac, VMAC_LEN) == 0;
}

/* It has the settings of its IPv6 no more: an MTU that was too small has taken them, and would come back without. */
static bool lost_ipv6(const struct kernel_interface *i, const struct kernel_interface *parent)
{
	return i->mtu < KERNEL_MTU_IPV6 && parent->mtu >= KERNEL_MTU_IPV6;
}

/* The kernel lets a macvlan's MTU fall with its interface's, but not rise. */
static const char *follow_mtu(
    struct kernel *k, const struct kernel_interface *i, const struct kernel_interface *parent)
{
	struct nl_msg *msg;

	if (i->mtu == parent->mtu)
		return NULL;
	msg = message(RTM_NEWLINK, 0, i->index, 0);
	nla_put_u32(msg, IFLA_MTU, parent->mtu);
	return kernel_request(k, msg);
}

/* This program was killed before it could say that it made it. */
static bool is_unfinished(
    const struct vmac *m, const struct kernel_interface *i, const struct kernel_interface *parent)
{
	return !i->has_alias && !(i->flags & IFF_UP) && TAILQ_EMPTY(&i->addresses) &&
	       is_as_wanted(m, i, parent);
}

/* The master of an interface in a VRF has the same addresses' routes. */
static const char *join_vrf(
    struct kernel *k, const struct kernel_interface *i, const struct kernel_interface *parent)
{
	const struct kernel_interface *vrf = kernel_interface_of(k, parent->master);
	int index = vrf && vrf->is_vrf ? vrf->index : 0;
	struct nl_msg *msg;

	if (i->master == index)
		return NULL;
	msg = message(RTM_NEWLINK, 0, i->index, 0);
	nla_put_u32(msg, IFLA_MASTER, (uint32_t)index);
	return kernel_request(k, msg);
}

static const char *set_up(
    struct router *r, const struct kernel_interface *i, const struct kernel_interface *parent)
{
	const struct vmac_parent *p = know_parent(r, parent);
	struct kernel *k = r->kernel;
	char alias[256];
	const char *why;

	snprintf(alias, sizeof(alias), KERNEL_ALIAS, p->arp_ignore, p->arp_announce);
	why = kernel_request(k, settings(i, alias));
	if (!why)
		why = prepare_parent(k, parent);
	set_ipv6(i->name, "accept_ra", "0");
	set_ipv6(i->name, "autoconf", "0");
	if (!why)
		why = join_vrf(k, i, parent);
	return why ? why : kernel_request(k, message(RTM_NEWLINK, 0, i->index, IFF_UP));
}

/*
 * The way back to a peer or a client is through the interface, and not through the macvlan on which it is heard.
 * The setting of all interfaces is above that of the macvlan: with it, both routers would be master.
 */
static bool is_filtered(const struct vmac *m)
{
	int fd = open("/proc/sys/net/ipv4/conf/all/rp_filter", O_RDONLY | O_CLOEXEC);
	char value = '0';

	if (fd < 0)
		return false;
	if (read(fd, &value, 1) != 1)
		value = '0';
	close(fd);
	return value != '0' && !m->ipv6;
}

/* The picture is brought up to date after each step, because the next one looks at it. */
static const char *make_once(
    struct router *r, const struct vmac *m, const struct kernel_interface *parent)
{
	struct kernel *k = r->kernel;
	const struct kernel_interface *i = kernel_interface(k, m->name);
	const char *why = NULL;

	if (i && i->made_here && (!is_as_wanted(m, i, parent) || lost_ipv6(i, parent))) {
		remove_interface(k, i);
		i = kernel_interface(k, m->name);
	}
	if (!i && is_filtered(m))
		return "peers would not be heard on it unless net.ipv4.conf.all.rp_filter is 0";
	if (!i) {
		why = kernel_request(k, creation(m, parent));
		kernel_refresh(k);
		i = kernel_interface(k, m->name);
	} else if (!i->made_here && !is_unfinished(m, i, parent)) {
		return "there is an interface of this name that directord did not make";
	}
	if (!why && i && (!i->made_here || !(i->flags & IFF_UP))) {
		why = set_up(r, i, parent);
		kernel_refresh(k);
	} else if (!why && i) {
		why = join_vrf(k, i, parent);
		if (!why)
			why = follow_mtu(k, i, parent);
	}
	return i ? why : why ? why : "it has vanished";
}

/* Somebody may remove it meanwhile: the picture has it still, and the kernel does not. */
static const char *make(
    struct router *r, const struct vmac *m, const struct kernel_interface *parent)
{
	const char *why = make_once(r, m, parent);

	return why && !kernel_interface(r->kernel, m->name) ? make_once(r, m, parent) : why;
}

/* ---------------------------------------------------------------- the instance */

void vmac_forget(struct virtual *v)
{
	vrrp_io_close(v->vmac_io);
	vrrp_io_close(v->vmac_ah);
	v->vmac_io = v->vmac_ah = NULL;
	v->vmac_index = 0;
}

static void join(struct vrrp_io *io, const struct virtual *v)
{
	char text[ADDR_STRLEN];

	if (io && addr_is_set(&v->group) && !vrrp_io_join(io, &v->group))
		log_error("%s: cannot join the multicast group %s with the virtual MAC address: %s",
		    v->row->name, addr_format(&v->group, text), strerror(errno));
}

void vmac_group(struct virtual *v, const struct addr *old)
{
	struct vrrp_io *list[] = {v->vmac_io, v->vmac_ah};

	for (int k = 0; k < 2; k++) {
		join(list[k], v);
		if (list[k] && addr_is_set(old))
			vrrp_io_leave(list[k], old);
	}
}

static struct vrrp_io *open_socket(
    const struct virtual *v, const struct kernel_interface *i, int protocol)
{
	struct vrrp_io *io = port_open(v->port, i->name, i->index, protocol, i->mac);

	join(io, v);
	return io;
}

static void open_sockets(struct virtual *v, const struct kernel_interface *i)
{
	unsigned era = i->era[v->port->family - ADDR_IPV4];

	if (v->vmac_index != i->index) {
		vmac_forget(v);
	} else if (v->vmac_era != era) {
		port_rejoin(v->port, &v->vmac_io, &v->group);
		port_rejoin(v->port, &v->vmac_ah, &v->group);
	}
	v->vmac_era = era;
	if (!v->vmac_io)
		v->vmac_io = open_socket(v, i, VRRP_IP_PROTOCOL);
	if (!v->vmac_ah && v->row->auth_type == VRRP_AUTH_AH)
		v->vmac_ah = open_socket(v, i, VRRP_AH_PROTOCOL);
	v->vmac_index = v->vmac_io ? i->index : 0;
}

/* name: of the interface that cannot be there; NULL: all are. */
static void set_error(struct virtual *v, const char *name, const char *why)
{
	char text[sizeof(v->vmac_error)] = "";

	if (name)
		snprintf(text, sizeof(text), "cannot have the interface %s: %s", name, why);
	if (strcmp(text, v->vmac_error) == 0)
		return;
	memcpy(v->vmac_error, text, sizeof(text));
	v->report_due = true;
	if (name)
		log_error("%s: %s", v->row->name, text);
}

static bool is_wanted(const struct virtual *v)
{
	return v->row->use_vmac && v->row->enabled;
}

/* NULL, or why the instance's own is not there; it cannot be while its interface is not there. */
static const char *make_own(struct virtual *v, const struct vmac *m)
{
	struct kernel *k = v->router->kernel;
	const struct kernel_interface *parent = kernel_interface(k, m->parent), *i;
	int before = v->vmac_index;
	const char *why = NULL;

	if (is_wanted(v) && parent)
		why = make(v->router, m, parent);
	i = kernel_interface(k, m->name);
	if (is_wanted(v) && parent && !why && i) {
		open_sockets(v, i);
		why = v->vmac_io ? NULL : "it has no socket";
	} else if (v->row->enabled) { /* one that was disabled resigns first */
		vmac_forget(v);
	}
	v->report_due = v->report_due || v->vmac_index != before;
	return why;
}

/* NULL, or why it is not there, though its interface is. */
static const char *make_other(struct virtual *v, struct vmac_other *p)
{
	struct kernel *k = v->router->kernel;
	const struct kernel_interface *parent = kernel_interface(k, p->is.parent), *i;
	const char *why = NULL;

	if (!v->row->enabled)
		return NULL;
	if (parent)
		why = make(v->router, &p->is, parent);
	i = parent && !why ? kernel_interface(k, p->is.name) : NULL;
	p->index = i ? i->index : 0;
	return why;
}

static void make_all(struct virtual *v)
{
	struct vmac own = vmac_own(v->row);
	const char *first = NULL, *why = NULL;

	if (v->row->use_vmac || v->vmac_index)
		why = make_own(v, &own);
	if (why)
		first = own.name;
	for (size_t k = 0; k < v->nothers; k++) {
		const char *problem = make_other(v, &v->others[k]);

		if (problem && !first) {
			first = v->others[k].is.name;
			why = problem;
		}
	}
	set_error(v, first, why);
}

void vmac_make(struct router *r)
{
	struct virtual *v;

	if (r->resigned)
		return;
	TAILQ_FOREACH (v, &r->virtuals, entry)
		if (v->row->use_vmac || v->vmac_index || v->nothers || *v->vmac_error)
			make_all(v);
}

static struct vmac_other *find_other(struct vmac_other *others, size_t n, const char *name)
{
	for (size_t k = 0; k < n; k++)
		if (strcmp(others[k].is.name, name) == 0)
			return &others[k];
	return NULL;
}

void vmac_collect(struct virtual *v)
{
	const struct store *s = engine_store(v->router->engine);
	struct vmac_other *list, *old;
	size_t n = 0;
	struct vmac m;

	STORE_FOREACH_OF(vrrp_address, a, s, v->row->name)
	n += vmac_more(v->row, a, &m);
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		abort();
	n = 0;
	STORE_FOREACH_OF(vrrp_address, a, s, v->row->name)
	{
		if (!vmac_more(v->row, a, &m) || find_other(list, n, m.name))
			continue;
		old = find_other(v->others, v->nothers, m.name);
		list[n++] = (struct vmac_other){.is = m, .index = old ? old->index : 0};
	}
	free(v->others);
	v->others = list;
	v->nothers = n;
}

bool vmac_lacks(const struct virtual *v)
{
	return *v->vmac_error || (v->row->use_vmac && !v->vmac_index);
}

static bool has_owner(const struct router *r, const struct kernel_interface *i)
{
	const struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry) {
		if (is_wanted(v) && v->vmac_index == i->index)
			return true;
		for (size_t k = 0; k < v->nothers && v->row->enabled; k++)
			if (v->others[k].index == i->index)
				return true;
	}
	return false;
}

static const struct kernel_interface *find_unwanted(const struct router *r, bool all)
{
	for (const struct kernel_interface *i = NULL; (i = kernel_next(r->kernel, i));)
		if (i->made_here && (all || !has_owner(r, i)))
			return i;
	return NULL;
}

void vmac_sweep(struct router *r, bool all)
{
	const struct kernel_interface *i;
	struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry)
		if (all || !is_wanted(v))
			vmac_forget(v);
	do
		i = find_unwanted(r, all);
	while (i && remove_interface(r->kernel, i));
	restore_parents(r);
}

static bool hears_right(const struct virtual *v, int index)
{
	const struct kernel_interface *i =
	    index ? kernel_interface_of(v->router->kernel, index) : NULL;

	return !i || !i->is_vmac || i->deaf == (v->fsm.state != VRRP_MASTER);
}

bool vmac_hears_right(const struct virtual *v)
{
	for (size_t k = 0; k < v->nothers; k++)
		if (!hears_right(v, v->others[k].index))
			return false;
	return hears_right(v, v->vmac_index);
}

static void hear(struct virtual *v, int index)
{
	if (!hears_right(v, index))
		kernel_set_deaf(v->router->kernel, index, v->fsm.state != VRRP_MASTER);
}

void vmac_hear(struct virtual *v)
{
	hear(v, v->vmac_index);
	for (size_t k = 0; k < v->nothers; k++)
		hear(v, v->others[k].index);
}

static bool speaks_below(const struct virtual *v)
{
	return v->row->vmac_xmit_base || v->fsm.config.npeers > 0;
}

int vmac_sender_index(const struct virtual *v)
{
	return v->vmac_index && !speaks_below(v) ? v->vmac_index : v->port->link->index;
}

struct vrrp_io *vmac_sender(const struct virtual *v, bool ah)
{
	struct vrrp_io *own = ah ? v->vmac_ah : v->vmac_io;

	if (own && !speaks_below(v))
		return own;
	return ah ? v->port->ah : v->port->io;
}
