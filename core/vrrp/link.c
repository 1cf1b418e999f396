/* SPDX-License-Identifier: BSD-2-Clause */
/* An interface on which instances speak; see router.h. */
#include "core/vrrp/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* The router's own counters (RFC 6527), which have no instance. */
static void count_router(struct router *r, enum vrrp_drop drop)
{
	if (drop == VRRP_DROP_CHECKSUM)
		r->checksum_errors++;
	else if (drop == VRRP_DROP_VERSION)
		r->version_errors++;
	else if (drop == VRRP_DROP_VRID)
		r->vrid_errors++;
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

static enum vrrp_drop judge(struct link *l, const struct vrrp_packet *p, enum vrrp_drop drop)
{
	struct virtual *v = l->by_vrid[p->vrid];
	struct vrrp_counters *c;
	unsigned notes;

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
	c->dropped[drop]++;
	return drop;
}

static void receive(const void *datagram, size_t len, void *arg)
{
	struct link *l = arg;
	struct vrrp_packet p;
	enum vrrp_drop drop = judge(l, &p, vrrp_packet_parse_ipv4(&p, datagram, len));

	if (drop) {
		count_router(l->router, drop);
		log_drop(l, drop, &p);
		return;
	}
	virtual_receive(l->by_vrid[p.vrid], &p);
}

static void open_socket(struct link *l)
{
	l->io = vrrp_io_open(l->router->base, l->name, l->index, receive, l);
	if (!l->io)
		log_error("cannot open a socket on interface %s: %s", l->name, strerror(errno));
}

static unsigned faults_of(const struct link *l, const struct kernel_interface *i)
{
	if (!i)
		return VRRP_FAULT_NO_INTERFACE;
	if (!(i->flags & IFF_UP))
		return VRRP_FAULT_DOWN;
	if (!(i->flags & IFF_RUNNING))
		return VRRP_FAULT_NO_CARRIER;
	return l->io ? 0 : VRRP_FAULT_SOCKET;
}

void link_refresh(struct link *l)
{
	const struct kernel_interface *i = kernel_interface(l->router->kernel, l->name);
	int index = i ? i->index : 0;

	if (index != l->index) {
		/* another interface of this name: the old socket belongs to the old one */
		vrrp_io_close(l->io);
		l->io = NULL;
		l->index = index;
	}
	if (index && !l->io)
		open_socket(l);
	l->faults = faults_of(l, i);
}

struct link *link_get(struct router *r, const char *name)
{
	struct link *l;

	TAILQ_FOREACH (l, &r->links, entry)
		if (strcmp(l->name, name) == 0)
			break;
	if (!l) {
		l = calloc(1, sizeof(*l));
		if (!l)
			abort();
		l->router = r;
		strncpy(l->name, name, sizeof(l->name) - 1);
		TAILQ_INSERT_TAIL(&r->links, l, entry);
		link_refresh(l);
	}
	l->users++;
	return l;
}

void link_put(struct link *l)
{
	if (--l->users)
		return;
	TAILQ_REMOVE(&l->router->links, l, entry);
	vrrp_io_close(l->io);
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

struct addr link_primary(const struct link *l)
{
	const struct kernel_interface *i = kernel_interface(l->router->kernel, l->name);
	const struct kernel_address *a;

	if (!i)
		return addr_any(ADDR_NONE);
	TAILQ_FOREACH (a, &i->addresses, entry)
		if (a->address.family == ADDR_IPV4 && !a->secondary && !a->ours &&
		    !is_vip(l->router, l->name, &a->address))
			return a->address;
	return addr_any(ADDR_NONE);
}
