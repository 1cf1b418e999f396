/* SPDX-License-Identifier: BSD-2-Clause */
/* See report.h. */
#include "core/lvs/report.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/clock.h"
#include "core/lvs/quorum.h"

/* Assigns a column and adds it to `mask` if that changes it. */
#define SET(t, r, column, value)                                                                   \
	do {                                                                                       \
		if ((r)->column != (value)) {                                                      \
			(r)->column = (value);                                                     \
			mask |= COLUMN(t, column);                                                 \
		}                                                                                  \
	} while (0)

/* Where both tables have counters with the same names. */
#define SET_COUNTERS(t, r, s)                                                                      \
	do {                                                                                       \
		SET(t, r, connections, (s)->connections);                                          \
		SET(t, r, packets_in, (s)->packets_in);                                            \
		SET(t, r, packets_out, (s)->packets_out);                                          \
		SET(t, r, bytes_in, (s)->bytes_in);                                                \
		SET(t, r, bytes_out, (s)->bytes_out);                                              \
	} while (0)

#define HAS_FALLEN(r, s)                                                                           \
	((s)->connections < (r)->connections || (s)->packets_in < (r)->packets_in ||               \
	    (s)->packets_out < (r)->packets_out || (s)->bytes_in < (r)->bytes_in ||                \
	    (s)->bytes_out < (r)->bytes_out)

struct report {
	struct engine *engine;
	usec_t now;
	bool adopting;
	uint8_t mark; /* of destination rows that were seen this time */
	size_t seen;
};

static uint32_t gauge(uint64_t v)
{
	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

static uint32_t kilobits(uint64_t bytes)
{
	return gauge(bytes * 8 / 1000);
}

/* --------------------------------------------------------------- virtual services */

static column_mask set_rates(struct virtual_service *r, const struct ipvs_stats *s)
{
	column_mask mask = 0;

	SET(virtual_service, r, connection_rate, gauge(s->connection_rate));
	SET(virtual_service, r, packet_rate_in, gauge(s->packet_rate_in));
	SET(virtual_service, r, packet_rate_out, gauge(s->packet_rate_out));
	SET(virtual_service, r, bit_rate_in, kilobits(s->byte_rate_in));
	SET(virtual_service, r, bit_rate_out, kilobits(s->byte_rate_out));
	return mask;
}

/* Without an entry in the kernel the counters stay where they ended. */
static void report_service(
    const struct report *rep, struct virtual_service *r, const struct ipvs_service *have)
{
	static const struct ipvs_stats nothing;
	column_mask mask = 0;

	if (have) {
		bool is_new = !r->installed && !rep->adopting;

		if (is_new || HAS_FALLEN(r, &have->stats))
			SET(virtual_service, r, discontinuity, rep->now);
		SET_COUNTERS(virtual_service, r, &have->stats);
	}
	SET(virtual_service, r, installed, have != NULL);
	mask |= set_rates(r, have ? &have->stats : &nothing);
	if (mask)
		engine_report(rep->engine, &r->row, mask);
}

/* ------------------------------------------------------------------- destinations */

static enum forwarding forwarding(uint8_t kernel)
{
	switch ((enum ipvs_forward)kernel) {
	case IPVS_FORWARD_TUN:
		return FORWARDING_TUN;
	case IPVS_FORWARD_DR:
		return FORWARDING_DR;
	case IPVS_FORWARD_NAT:
	case IPVS_FORWARD_LOCAL:
		break;
	}
	return FORWARDING_NAT;
}

static column_mask set_dest(struct destination *r, const struct ipvs_dest *d)
{
	column_mask mask = 0;

	SET(destination, r, weight, d->weight);
	SET(destination, r, forwarding, forwarding(d->forward));
	SET(destination, r, active_connections, d->active);
	SET(destination, r, inactive_connections, d->inactive);
	SET(destination, r, persistent_connections, d->persistent);
	SET_COUNTERS(destination, r, &d->stats);
	return mask;
}

static struct destination *dest_row(const struct virtual_service *vsvc, const struct ipvs_dest *d)
{
	struct destination *r = ROW_NEW(destination);

	row_set_text(&r->virtual_server, vsvc->virtual_server);
	r->protocol = vsvc->protocol;
	r->service_address = vsvc->address;
	r->service_port = vsvc->port;
	r->address = d->addr;
	r->port = d->port;
	return r;
}

/* A destination that has no row at hand: one from before a restart of this process, or a new one. */
static struct destination *dest_attach(
    const struct report *rep, const struct virtual_service *vsvc, const struct ipvs_dest *d)
{
	struct destination *r = dest_row(vsvc, d);
	struct row *there = store_find(engine_store(rep->engine), &r->row);

	if (there) {
		row_free(&r->row);
		return (struct destination *)there;
	}
	set_dest(r, d);
	r->discontinuity = rep->adopting ? 0 : rep->now;
	engine_add(rep->engine, &r->row);
	return r;
}

static void report_dest(struct report *rep, const struct virtual_service *vsvc, struct ipvs_dest *d)
{
	struct destination *r = d->user;
	column_mask mask = 0;

	if (!r)
		r = dest_attach(rep, vsvc, d);
	d->user = r;
	r->row.mark = rep->mark;
	rep->seen++;
	if (HAS_FALLEN(r, &d->stats))
		SET(destination, r, discontinuity, rep->now);
	mask |= set_dest(r, d);
	if (mask)
		engine_report(rep->engine, &r->row, mask);
}

/* Rows of destinations that the kernel does not have any more. */
static void sweep(struct report *rep)
{
	struct store *s = engine_store(rep->engine);

	if (rep->seen == store_count(s, TABLE_destination))
		return;
	STORE_FOREACH_SAFE (destination, r, next, s) {
		if (r->row.mark != rep->mark)
			engine_remove(rep->engine, &r->row);
	}
}

/* ------------------------------------------------------------------- real servers */

static void server_begin(const struct real_server *rs)
{
	struct server_memory *m = rs->row.user;

	m->weight = -1;
	m->active = m->inactive = 0;
}

static void server_add(struct real_server *rs, const struct ipvs_dest *d)
{
	struct server_memory *m = rs->row.user;

	if (d->weight > m->weight)
		m->weight = d->weight;
	m->active = gauge((uint64_t)m->active + d->active);
	m->inactive = gauge((uint64_t)m->inactive + d->inactive);
}

static void server_end(struct engine *e, struct real_server *rs)
{
	const struct server_memory *m = rs->row.user;
	column_mask mask = 0;

	SET(real_server, rs, effective_weight, m->weight);
	SET(real_server, rs, active_connections, m->active);
	SET(real_server, rs, inactive_connections, m->inactive);
	if (mask)
		engine_report(e, &rs->row, mask);
}

/* ------------------------------------------------------------------------- tables */

/* Destinations of a service that both have; `want` knows the real servers. */
static void report_dests(struct report *rep, const struct ipvs_table *want,
    const struct ipvs_service *ws, struct ipvs_table *have, const struct ipvs_service *hs,
    struct ipvs_range range)
{
	const struct ipvs_dest *w = ipvs_dests(want, ws), *end = ipvs_dests_end(want, ws);

	for (size_t i = 0; i < range.n; i++) {
		struct ipvs_dest *h = &have->dests[hs->first + range.at + i];

		report_dest(rep, ws->user, h);
		while (w < end && ipvs_dest_cmp(w, h) < 0)
			w++;
		if (w < end && ipvs_dest_cmp(w, h) == 0 && w->user)
			server_add(w->user, h);
	}
}

/* Rows that are not seen are removed, so an old number never comes to mean the new one. */
static uint8_t mark;

void report_tables(
    struct engine *e, const struct ipvs_table *want, struct ipvs_table *have, bool adopting)
{
	struct report rep = {.engine = e, .now = clock_now(), .adopting = adopting};
	struct store *s = engine_store(e);
	const struct ipvs_service *h = have->services, *end = ipvs_services_end(have);

	mark = mark == UINT8_MAX ? 1 : mark + 1;
	rep.mark = mark;
	STORE_FOREACH (real_server, rs, s)
		server_begin(rs);
	for (size_t i = 0; i < want->n_services; i++) {
		const struct ipvs_service *w = &want->services[i];
		bool same;

		while (h < end && ipvs_key_cmp(&h->key, &w->key) < 0)
			h++;
		same = h < end && ipvs_key_cmp(&h->key, &w->key) == 0;
		report_service(&rep, w->user, same ? h : NULL);
		if (same)
			report_dests(&rep, want, w, have, h, (struct ipvs_range){0, h->count});
	}
	sweep(&rep);
	STORE_FOREACH (real_server, rs, s)
		server_end(e, rs);
}

/* A row without mark was not seen; all others keep the mark that they have. */
void report_before(
    struct report_part *r, const struct wanted_part *part, const struct ipvs_table *have)
{
	struct ipvs_table was = {.n_services = 0};

	ipvs_table_pick(&was, have, &part->ipvs);
	r->n = 0;
	r->rows = calloc(was.n_dests + 1, sizeof(*r->rows));
	if (!r->rows)
		abort();
	for (size_t i = 0; i < was.n_dests; i++) {
		if (!was.dests[i].user)
			continue; /* of a service that is not ours */
		r->rows[r->n] = was.dests[i].user;
		r->rows[r->n++]->mark = 0;
	}
	ipvs_table_clear(&was);
}

static void begin(struct engine *e, struct real_server *rs)
{
	(void)e;
	server_begin(rs);
}

/* The real servers that the part is about. */
static void each_server(struct engine *e, const struct wanted_part *part,
    void (*call)(struct engine *e, struct real_server *rs))
{
	const struct store *s = engine_store(e);

	for (size_t i = 0; i < part->n_pools; i++) {
		if (!part->ipvs.addresses)
			POOL_FOREACH_SERVER (rs, s, part->pools[i])
				call(e, rs);
		for (size_t k = 0; k < part->ipvs.n_addresses; k++)
			POOL_FOREACH_SERVER_AT(rs, s, part->pools[i], &part->ipvs.addresses[k])
		call(e, rs);
	}
}

static void report_part_dests(struct report *rep, const struct ipvs_part *part,
    const struct ipvs_service *w, struct ipvs_table *have, const struct ipvs_service *h)
{
	if (!part->addresses)
		report_dests(rep, &part->table, w, have, h, (struct ipvs_range){0, h->count});
	for (size_t i = 0; i < part->n_addresses; i++)
		report_dests(
		    rep, &part->table, w, have, h, ipvs_dests_at(have, h, &part->addresses[i]));
}

void report_part(struct engine *e, struct report_part *r, const struct wanted_part *part,
    struct ipvs_table *have)
{
	struct report rep = {.engine = e, .now = clock_now(), .mark = mark};
	const struct ipvs_table *want = &part->ipvs.table;

	each_server(e, part, begin);
	for (size_t i = 0; i < want->n_services; i++) {
		const struct ipvs_service *w = &want->services[i];
		const struct ipvs_service *h = ipvs_table_find(have, &w->key);

		report_service(&rep, w->user, h);
		if (h)
			report_part_dests(&rep, &part->ipvs, w, have, h);
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i]->mark != mark)
			engine_remove(e, r->rows[i]);
	each_server(e, part, server_end);
	report_forget(r);
}

void report_forget(struct report_part *r)
{
	free(r->rows);
	r->rows = NULL;
}

void report_kernel(struct engine *e, const char *state, size_t drift)
{
	struct system *sys = store_system(engine_store(e));
	column_mask mask = 0;

	if (drift)
		mask |= COLUMN(system, lvs_drift);
	sys->lvs_drift += drift;
	if (strcmp(sys->lvs_state, state) != 0)
		mask |= COLUMN(system, lvs_state);
	row_set_text(&sys->lvs_state, state);
	if (mask)
		engine_report(e, &sys->row, mask);
}
