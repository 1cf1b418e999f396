/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other routers that speak for an instance's virtual router: the configured unicast peers, heard or
 * not, and up to OTHERS more; see router.h.
 *
 * A packet leaves a note in memory that is there already; rows are made from the notes once a second.
 * Whoever can send packets decides how many addresses they come from, so a packet that is dropped takes
 * no place from one that was not, and the one that was heard last longest ago gives way.
 */
#include "core/vrrp/router.h"

#include <stdlib.h>

#define OTHERS 16 /* neighbours that are no configured peers */

struct neighbour {
	struct addr address; /* unset: free */
	bool peer;
	bool old_checksum;
	uint8_t priority, version, ttl;
	enum vrrp_error error;
	usec_t interval, heard;
	usec_t version3_until; /* it is silent in version 3 if it says nothing in it until then */
	uint64_t adverts, zero, dropped;
	struct vrrp_neighbour
	    *row; /* as told last; perhaps of the one that was here before, or NULL */
};

static struct neighbour *find(const struct virtual *v, const struct addr *address)
{
	for (size_t k = 0; k < v->nneighbours; k++)
		if (addr_equal(&v->neighbours[k].address, address))
			return &v->neighbours[k];
	return NULL;
}

/* A free place; without one, and if it counts, that of the stranger who was heard longest ago. */
static struct neighbour *place(const struct virtual *v, bool counts)
{
	struct neighbour *oldest = NULL;

	for (size_t k = 0; k < v->nneighbours; k++) {
		struct neighbour *n = &v->neighbours[k];

		if (!addr_is_set(&n->address))
			return n;
		if (!n->peer && (!oldest || n->heard < oldest->heard))
			oldest = n;
	}
	return counts ? oldest : NULL;
}

static struct neighbour *take(const struct virtual *v, const struct addr *address, bool counts)
{
	struct neighbour *n = find(v, address);

	if (n)
		return n;
	n = place(v, counts);
	if (n)
		*n = (struct neighbour){
		    .address = *address, .error = VRRP_ERROR_NONE, .row = n->row};
	return n;
}

void neighbour_heard(struct virtual *v, const struct vrrp_packet *p, enum vrrp_drop drop)
{
	struct neighbour *n;

	if (drop == VRRP_DROP_OWN || !addr_is_set(&p->source) ||
	    !(n = take(v, &p->source, drop == VRRP_PASS)))
		return;
	n->ttl = p->ttl;
	n->version = p->version;
	if (drop) {
		n->dropped++;
		n->error = notice_error_of(drop);
		return;
	}
	n->priority = p->priority;
	n->interval = p->interval;
	n->heard = clock_now();
	n->adverts++;
	n->zero += p->priority == VRRP_PRIORITY_STOP;
	n->old_checksum = p->old_checksum;
	if (p->version == 3)
		n->version3_until = n->heard + vrrp_fsm_down_interval(&v->fsm.config, p->interval);
}

bool neighbour_speaks_version3(const struct virtual *v, const struct addr *address, usec_t now)
{
	const struct neighbour *n = find(v, address);

	return n && now < n->version3_until;
}

bool neighbour_old_checksum(const struct virtual *v, const struct addr *address)
{
	const struct neighbour *n = find(v, address);

	return n && n->old_checksum;
}

/* ------------------------------------------------------------------------ rows */

static enum neighbour_state state_of(const struct virtual *v, const struct neighbour *n, usec_t now)
{
	if (n->heard == 0)
		return NEIGHBOUR_UNHEARD;
	if (n->priority == VRRP_PRIORITY_STOP)
		return NEIGHBOUR_RESIGNED;
	return now - n->heard > vrrp_fsm_down_interval(&v->fsm.config, n->interval)
		   ? NEIGHBOUR_SILENT
		   : NEIGHBOUR_MASTER;
}

static void write_row(struct neighbour *n, enum neighbour_state state)
{
	struct vrrp_neighbour *row = n->row;

	row->state = state;
	row->priority = n->priority;
	row->version = n->version;
	row->interval = n->interval;
	row->heard = n->heard;
	row->ttl = n->ttl;
	row->adverts_received = n->adverts;
	row->zero_received = n->zero;
	row->dropped = n->dropped;
	row->error = n->error;
	row->configured = n->peer;
}

static bool differs(const struct neighbour *n, enum neighbour_state state)
{
	const struct vrrp_neighbour *row = n->row;

	return row->state != state || row->heard != n->heard || row->dropped != n->dropped ||
	       row->adverts_received != n->adverts || row->configured != n->peer;
}

static void report(struct virtual *v, struct neighbour *n, usec_t now)
{
	struct engine *e = v->router->engine;
	enum neighbour_state state = state_of(v, n, now);

	if (n->row) {
		if (!differs(n, state))
			return;
		write_row(n, state);
		engine_report(e, &n->row->row, table_mask(n->row->row.table, CLASS_STATE));
		return;
	}
	n->row = ROW_NEW(vrrp_neighbour);
	row_set_text(&n->row->instance, v->row->name);
	n->row->address = n->address;
	write_row(n, state);
	engine_add(e, &n->row->row);
}

static void drop_row(struct virtual *v, struct neighbour *n)
{
	if (n->row)
		engine_remove(v->router->engine, &n->row->row);
	n->row = NULL;
}

void neighbour_report(struct virtual *v)
{
	usec_t now = clock_now();

	/* first, because an address may have another place now */
	for (size_t k = 0; k < v->nneighbours; k++) {
		struct neighbour *n = &v->neighbours[k];

		if (n->row && !addr_equal(&n->row->address, &n->address))
			drop_row(v, n);
	}
	for (size_t k = 0; k < v->nneighbours; k++)
		if (addr_is_set(&v->neighbours[k].address))
			report(v, &v->neighbours[k], now);
}

/* ------------------------------------------------------------------------ places */

static struct neighbour read_row(struct vrrp_neighbour *row)
{
	return (struct neighbour){.address = row->address,
	    .priority = (uint8_t)row->priority,
	    .version = (uint8_t)row->version,
	    .ttl = (uint8_t)row->ttl,
	    .error = row->error,
	    .interval = row->interval,
	    .heard = row->heard,
	    .adverts = row->adverts_received,
	    .zero = row->zero_received,
	    .dropped = row->dropped,
	    .row = row};
}

/* What an earlier process reported. */
static void adopt(struct virtual *v)
{
	size_t n = 0;

	STORE_FOREACH_OF(vrrp_neighbour, row, engine_store(v->router->engine), v->row->name)
	if (n < v->nneighbours)
		v->neighbours[n++] = read_row(row);
}

static bool is_peer(const struct vrrp_config *c, const struct addr *address)
{
	return vrrp_packet_peer(c, address) != NULL;
}

/* A peer that is one no longer goes if it was never heard. */
static void mark_peers(struct virtual *v, const struct vrrp_config *c)
{
	for (size_t k = 0; k < v->nneighbours; k++) {
		struct neighbour *n = &v->neighbours[k];
		bool was = n->peer;

		n->peer = is_peer(c, &n->address);
		if (was && !n->peer && n->heard == 0)
			n->address = addr_any(ADDR_NONE);
	}
	for (unsigned k = 0; k < c->npeers; k++) {
		struct neighbour *n = take(v, &c->peers[k].address, true);

		if (n)
			n->peer = true;
	}
}

void neighbour_configure(struct virtual *v)
{
	const struct vrrp_config *c = &v->fsm.config;
	size_t want = c->npeers + OTHERS;
	bool first = !v->neighbours;

	if (want > v->nneighbours) {
		v->neighbours = realloc(v->neighbours, want * sizeof(*v->neighbours));
		if (!v->neighbours)
			abort();
		for (size_t k = v->nneighbours; k < want; k++)
			v->neighbours[k] = (struct neighbour){0};
		v->nneighbours = want;
	}
	if (first)
		adopt(v);
	mark_peers(v, c);
}

void neighbour_forget(struct virtual *v)
{
	for (size_t k = 0; k < v->nneighbours; k++)
		drop_row(v, &v->neighbours[k]);
}
