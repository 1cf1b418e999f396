/* SPDX-License-Identifier: BSD-2-Clause */
/* An interface on which instances speak; see router.h. */
#include "core/vrrp/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/vrrp/ah.h"

/* Logged at most this often for each interface. */
#define DROP_BURST 5
#define DROP_PERIOD (60 * USEC_PER_SEC)

static void log_drop(struct link *l, enum vrrp_drop drop, const struct vrrp_packet *p)
{
	char from[ADDR_STRLEN];
	unsigned swallowed;

	if (!log_limit_ok(&l->drops, DROP_BURST, DROP_PERIOD, &swallowed))
		return;
	log_warning("%s: dropped a VRRP packet from %s for VRID %u: %s (%u more were not logged)",
	    l->name, addr_format(&p->source, from), p->vrid, vrrp_drop_name(drop), swallowed);
}

/*
 * The router's own counters (RFC 6527), which have no instance.  ours: the VRID is that of one; of any other packet,
 * whatever else is wrong with it, that is what counts.
 */
static void count_router(struct router *r, enum vrrp_drop drop, bool ours)
{
	if (drop == VRRP_DROP_CHECKSUM)
		r->checksum_errors++;
	else if (drop == VRRP_DROP_VERSION)
		r->version_errors++;
	else if (!ours)
		r->vrid_errors++;
}

/*
 * The instance's last protocol error (RFC 6527) and authentication error (RFC 2787).  A packet for a VRID
 * that is not ours is nobody's error: other virtual routers may share the network.
 */
static void note_error(struct vrrp_counters *c, enum vrrp_drop drop)
{
	if (drop == VRRP_DROP_TTL)
		c->protocol_error = PROTOCOL_ERROR_TTL;
	else if (drop == VRRP_DROP_VERSION)
		c->protocol_error = PROTOCOL_ERROR_VERSION;
	else if (drop == VRRP_DROP_CHECKSUM)
		c->protocol_error = PROTOCOL_ERROR_CHECKSUM;
	else if (drop == VRRP_DROP_AUTH_TYPE)
		c->auth_error = AUTH_ERROR_TYPE;
	else if (drop == VRRP_DROP_AUTH_MISMATCH)
		c->auth_error = AUTH_ERROR_MISMATCH;
	else if (drop == VRRP_DROP_AUTH || drop == VRRP_DROP_REPLAY)
		c->auth_error = AUTH_ERROR_FAILURE;
}

/* What RFC 9568 section 7.1 wants logged though the packet counts. */
static void log_notes(struct virtual *v, const struct vrrp_packet *p, unsigned notes)
{
	char from[ADDR_STRLEN];
	unsigned swallowed;

	if (!notes || !log_limit_ok(&v->notes, 1, DROP_PERIOD, &swallowed))
		return;
	addr_format(&p->source, from);
	if (notes & VRRP_NOTE_OWNER)
		log_warning("%s: %s says that it is the address owner, too", v->row->name, from);
	if (notes & VRRP_NOTE_ADDRESSES)
		log_warning("%s: %s advertises other addresses than are configured here",
		    v->row->name, from);
	if (notes & VRRP_NOTE_INTERVAL)
		log_warning("%s: %s advertises every %.2f s, here %.2f s are configured",
		    v->row->name, from, (double)p->interval / 1e6,
		    (double)v->fsm.config.interval / 1e6);
}

static void notice(
    struct virtual *v, const struct vrrp_packet *p, enum vrrp_drop drop, unsigned notes)
{
	if (notes & VRRP_NOTE_INTERVAL)
		notice_error(v, p, VRRP_DROP_INTERVAL);
	if (notes & VRRP_NOTE_ADDRESSES)
		notice_error(v, p, VRRP_DROP_ADDRESSES);
	if (drop && !(drop == VRRP_DROP_ADDRESSES && notes & VRRP_NOTE_ADDRESSES))
		notice_error(v, p, drop);
	/* The address owner of version 2 does not look at what others say. */
	if (drop == VRRP_DROP_OWNER && v->fsm.state == VRRP_MASTER &&
	    p->priority != VRRP_PRIORITY_STOP)
		notice_second_master(v, p, false, clock_now());
}

/* All routers of a virtual router count on together: who takes over begins above what it heard last. */
static enum vrrp_drop check_replay(struct virtual *v, const struct vrrp_packet *p)
{
	if (p->sequence <= v->sequence)
		return VRRP_DROP_REPLAY;
	v->sequence = p->sequence;
	return VRRP_PASS;
}

static enum vrrp_drop judge(struct port *port, const struct vrrp_packet *p, enum vrrp_drop drop)
{
	struct virtual *v = port->by_vrid[p->vrid];
	struct vrrp_counters *c;
	unsigned notes = 0;

	if (!drop && !v)
		drop = VRRP_DROP_VRID;
	if (!v)
		return drop;
	c = &v->fsm.counters;
	if (!drop) {
		drop = vrrp_packet_check(p, &v->fsm.config, &v->fsm.primary, &notes);
		c->interval_notes += notes & VRRP_NOTE_INTERVAL ? 1 : 0;
		c->address_notes += notes & VRRP_NOTE_ADDRESSES ? 1 : 0;
		log_notes(v, p, notes);
	}
	if (!drop && p->ah)
		drop = check_replay(v, p);
	c->dropped[drop]++;
	neighbour_heard(v, p, drop);
	note_error(c, drop);
	notice(v, p, drop, notes);
	return drop;
}

static enum vrrp_drop parse(struct vrrp_packet *p, const struct vrrp_datagram *d)
{
	if (d->source.family == ADDR_IPV6)
		return vrrp_packet_parse(p, d->data, d->len, &d->source, &d->destination, d->ttl);
	return vrrp_packet_parse_ipv4(p, d->data, d->len);
}

/* What the sender says in version 3, too (RFC 9568 section 8.4). */
static bool is_copy(const struct virtual *v, const struct vrrp_packet *p)
{
	return v && v->fsm.config.also_v2 && p->version == 2 &&
	       neighbour_speaks_version3(v, &p->source, clock_now());
}

static void receive(const struct vrrp_datagram *d, void *arg)
{
	struct port *port = arg;
	struct vrrp_packet p;
	enum vrrp_drop drop = parse(&p, d);

	if (drop == VRRP_DROP_FOREIGN || (!drop && is_copy(port->by_vrid[p.vrid], &p)))
		return;
	drop = judge(port, &p, drop);
	if (drop) {
		count_router(port->link->router, drop, port->by_vrid[p.vrid] != NULL);
		log_drop(port->link, drop, &p);
		return;
	}
	virtual_receive(port->by_vrid[p.vrid], &p);
}

struct vrrp_io *port_open(
    struct port *p, const char *interface, int index, int protocol, const uint8_t *only_from)
{
	struct vrrp_io *io = vrrp_io_open(
	    p->link->router->base, p->family, protocol, interface, index, only_from, receive, p);

	if (!io)
		log_error("cannot open a socket for %s on interface %s: %s",
		    p->family == ADDR_IPV6 ? "IPv6" : "IPv4", interface, strerror(errno));
	return io;
}

/* ------------------------------------------------------------ multicast groups */

static void join(struct port *p, struct port_group *g)
{
	char text[ADDR_STRLEN];

	g->joined = p->io && vrrp_io_join(p->io, &g->address) &&
		    (!p->ah || vrrp_io_join(p->ah, &g->address));
	if (p->io && !g->joined)
		log_error("cannot join the multicast group %s on interface %s: %s",
		    addr_format(&g->address, text), p->link->name, strerror(errno));
}

static void join_all(struct port *p)
{
	for (size_t k = 0; k < p->ngroups; k++)
		join(p, &p->groups[k]);
}

static struct port_group *find_group(const struct port *p, const struct addr *group)
{
	for (size_t k = 0; k < p->ngroups; k++)
		if (addr_equal(&p->groups[k].address, group))
			return &p->groups[k];
	return NULL;
}

void port_join(struct port *p, const struct addr *group)
{
	struct port_group *g = find_group(p, group);

	if (!g) {
		p->groups = realloc(p->groups, (p->ngroups + 1) * sizeof(*p->groups));
		if (!p->groups)
			abort();
		g = &p->groups[p->ngroups++];
		*g = (struct port_group){.address = *group};
		join(p, g);
	}
	g->users++;
}

void port_leave(struct port *p, const struct addr *group)
{
	struct port_group *g = find_group(p, group);

	if (!g || --g->users)
		return;
	if (p->io && g->joined)
		vrrp_io_leave(p->io, group);
	if (p->ah && g->joined)
		vrrp_io_leave(p->ah, group);
	*g = p->groups[--p->ngroups];
	if (p->ngroups)
		return;
	free(p->groups);
	p->groups = NULL;
}

bool port_hears(const struct port *p, const struct addr *group)
{
	const struct port_group *g = find_group(p, group);

	return g && g->joined;
}

static unsigned faults_of(const struct port *p, const struct kernel_interface *i)
{
	unsigned flags;

	if (!i)
		return VRRP_FAULT_NO_INTERFACE;
	flags = watch_flags(p->link->router, i);
	if (!(flags & IFF_UP))
		return VRRP_FAULT_DOWN;
	if (!(flags & IFF_RUNNING))
		return VRRP_FAULT_NO_CARRIER;
	return p->io && (p->ah || !p->wants_ah) ? 0 : VRRP_FAULT_SOCKET;
}

bool port_rejoin(const struct port *p, struct vrrp_io **io, const struct addr *more)
{
	struct addr rfc = vrrp_packet_group(p->family);
	const struct addr *groups[] = {&rfc, more};

	for (int k = 0; *io && k < 2; k++) {
		if (!groups[k] || !addr_is_set(groups[k]))
			continue;
		vrrp_io_leave(*io, groups[k]);
		if (vrrp_io_join(*io, groups[k]))
			continue;
		vrrp_io_close(*io);
		*io = NULL;
	}
	return *io;
}

/* join_all() does the rest. */
static void rejoin(struct port *p, struct vrrp_io **io)
{
	if (!port_rejoin(p, io, NULL))
		return;
	for (size_t k = 0; k < p->ngroups; k++)
		vrrp_io_leave(*io, &p->groups[k].address);
}

static void refresh(struct port *p, const struct kernel_interface *i)
{
	bool open = p->users && p->link->index;
	unsigned era = i ? i->era[p->family - ADDR_IPV4] : p->era;

	if (era != p->era) {
		p->era = era;
		rejoin(p, &p->io);
		rejoin(p, &p->ah);
	}
	if (open && !p->io)
		p->io = port_open(p, p->link->name, p->link->index, VRRP_IP_PROTOCOL, NULL);
	if (open && p->wants_ah && !p->ah)
		p->ah = port_open(p, p->link->name, p->link->index, VRRP_AH_PROTOCOL, NULL);
	join_all(p);
	p->faults = faults_of(p, i);
}

static void close_socket(struct port *p)
{
	vrrp_io_close(p->io);
	vrrp_io_close(p->ah);
	p->io = p->ah = NULL;
}

void link_refresh(struct link *l)
{
	const struct kernel_interface *i = kernel_interface(l->router->kernel, l->name);
	int index = i ? i->index : 0;

	if (index != l->index) {
		/* another interface of this name: the old sockets belong to the old one */
		close_socket(&l->ports[0]);
		close_socket(&l->ports[1]);
		l->index = index;
	}
	refresh(&l->ports[0], i);
	refresh(&l->ports[1], i);
}

static struct link *link_new(struct router *r, const char *name)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->router = r;
	strncpy(l->name, name, sizeof(l->name) - 1);
	l->ports[0] = (struct port){.link = l, .family = ADDR_IPV4};
	l->ports[1] = (struct port){.link = l, .family = ADDR_IPV6};
	TAILQ_INSERT_TAIL(&r->links, l, entry);
	return l;
}

struct port *port_get(struct router *r, const char *interface, enum addr_family family)
{
	struct link *l;
	struct port *p;

	TAILQ_FOREACH (l, &r->links, entry)
		if (strcmp(l->name, interface) == 0)
			break;
	if (!l)
		l = link_new(r, interface);
	p = &l->ports[family - ADDR_IPV4];
	p->users++;
	l->users++;
	link_refresh(l);
	return p;
}

void port_want_ah(struct port *p)
{
	p->wants_ah = true;
	link_refresh(p->link);
}

void port_put(struct port *p)
{
	struct link *l = p->link;

	if (--p->users == 0) {
		close_socket(p);
		p->wants_ah = false;
	}
	if (--l->users)
		return;
	TAILQ_REMOVE(&l->router->links, l, entry);
	free(l);
}

/* The addresses of an address owner are the interface's own. */
static bool is_vip(const struct router *r, const char *interface, const struct addr *a)
{
	const struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry)
		if (v->fsm.config.priority != VRRP_PRIORITY_OWNER && virtual_has(v, interface, a))
			return true;
	return false;
}

static bool may_speak(const struct port *p, const struct kernel_address *a, bool far)
{
	if (a->address.family != p->family || a->ours ||
	    is_vip(p->link->router, p->link->name, &a->address))
		return false;
	if (p->family == ADDR_IPV4)
		return !a->secondary;
	return !a->tentative && addr_is_link_local(&a->address) == !far;
}

static const struct kernel_address *find_primary(const struct port *p, bool far)
{
	const struct kernel_interface *i = kernel_interface(p->link->router->kernel, p->link->name);
	const struct kernel_address *a;

	if (!i)
		return NULL;
	TAILQ_FOREACH (a, &i->addresses, entry)
		if (may_speak(p, a, far))
			return a;
	return NULL;
}

struct addr port_primary(const struct port *p, bool far)
{
	const struct kernel_address *a;

	if (p->primaries_known)
		return p->primary[far];
	a = find_primary(p, far);
	if (!a && far)
		a = find_primary(p, false);
	return a ? a->address : addr_any(ADDR_NONE);
}

void link_find_primaries(struct link *l)
{
	for (int k = 0; k < 2; k++) {
		struct port *p = &l->ports[k];

		if (p->users == 0)
			continue;
		p->primary[false] = port_primary(p, false);
		p->primary[true] = port_primary(p, true);
		p->primaries_known = true;
	}
}

void link_forget_primaries(struct link *l)
{
	l->ports[0].primaries_known = l->ports[1].primaries_known = false;
}
