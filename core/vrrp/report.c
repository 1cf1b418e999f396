/* SPDX-License-Identifier: BSD-2-Clause */
/* What the hub is told: states, reasons, counters, events; see router.h. */
#include "core/vrrp/router.h"

#include <stdlib.h>
#include <string.h>

/* Assigns a column and adds it to `mask` if that changes it. */
#define SET(t, r, column, value)                                                                   \
	do {                                                                                       \
		if ((r)->column != (value)) {                                                      \
			(r)->column = (value);                                                     \
			mask |= COLUMN(t, column);                                                 \
		}                                                                                  \
	} while (0)

#define SET_TEXT(t, r, column, value)                                                              \
	do {                                                                                       \
		if (strcmp((r)->column, (value)) != 0) {                                           \
			row_set_text(&(r)->column, (value));                                       \
			mask |= COLUMN(t, column);                                                 \
		}                                                                                  \
	} while (0)

#define SET_ADDR(t, r, column, value)                                                              \
	do {                                                                                       \
		if (!addr_equal(&(r)->column, (value))) {                                          \
			(r)->column = *(value);                                                    \
			mask |= COLUMN(t, column);                                                 \
		}                                                                                  \
	} while (0)

static const char *word(enum vrrp_state s)
{
	return enum_word(&enumeration_vrrp_state, (int32_t)s);
}

/* ----------------------------------------------------------------- transitions */

void report_transition(struct virtual *v, enum vrrp_state old)
{
	struct transition *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->old = old;
	t->new = v->fsm.state;
	memcpy(t->reason, v->fsm.reason, sizeof(t->reason));
	TAILQ_INSERT_TAIL(&v->transitions, t, entry);
	v->report_due = true;
}

/*
 * A process that was started again goes through initialize once more, and takes up where it was:
 * that is no transition of the virtual router.
 */
static bool is_news(const struct virtual *v, const struct transition *t)
{
	return t->new != v->row->state;
}

static void tell_transition(struct virtual *v, const struct transition *t)
{
	struct vrrp_instance *row = v->row;
	column_mask mask = 0;
	const char *old = word(row->state);

	if (!is_news(v, t)) {
		log_info("%s is %s: %s", row->name, word(t->new), t->reason);
		return;
	}
	SET(vrrp_instance, row, state, t->new);
	SET(vrrp_instance, row, transitions, row->transitions + 1);
	SET(vrrp_instance, row, last_change, v->fsm.since);
	SET_TEXT(vrrp_instance, row, reason, t->reason);
	if (t->new == VRRP_MASTER)
		SET(vrrp_instance, row, became_master, row->became_master + 1);
	engine_report(v->router->engine, &row->row, mask);
	engine_event(v->router->engine, EVENT_VRRP_STATE, &row->row, old, word(t->new), t->reason);
	log_notice("%s: %s -> %s: %s", row->name, old, word(t->new), t->reason);
}

void report_transitions(struct virtual *v)
{
	struct transition *t;

	while ((t = TAILQ_FIRST(&v->transitions))) {
		TAILQ_REMOVE(&v->transitions, t, entry);
		tell_transition(v, t);
		free(t);
	}
}

/* ---------------------------------------------------------------------- states */

static void report_instance(struct virtual *v)
{
	const struct vrrp_fsm *f = &v->fsm;
	struct vrrp_instance *row = v->row;
	column_mask mask = 0;

	SET_TEXT(vrrp_instance, row, reason, f->reason);
	SET_ADDR(vrrp_instance, row, master_address, &f->master);
	SET(vrrp_instance, row, master_priority, f->master_priority);
	SET_ADDR(vrrp_instance, row, primary_address, &f->primary);
	SET(vrrp_instance, row, effective_priority, f->config.priority);
	if (row->last_change == 0)
		SET(vrrp_instance, row, last_change, f->since);
	engine_report(v->router->engine, &row->row, mask);
}

/* A group's state is that of its members, which change together. */
static void report_group(struct router *r, struct sync_group *row)
{
	const struct vrrp_group *g = row->row.user;
	const struct vrrp_fsm *f = g ? TAILQ_FIRST(&g->members) : NULL, *m;
	enum vrrp_state state = f ? f->state : VRRP_INITIALIZE;
	column_mask mask = 0;
	uint32_t members = 0;

	for (m = f; m; m = TAILQ_NEXT(m, in_group))
		members++;
	if (row->state != state) {
		SET(sync_group, row, transitions, row->transitions + 1);
		SET(sync_group, row, last_change, f ? f->since : clock_now());
	}
	SET(sync_group, row, state, state);
	SET_TEXT(sync_group, row, reason, f ? f->reason : "it has no members");
	SET(sync_group, row, members, members);
	engine_report(r->engine, &row->row, mask);
}

void report_states(struct router *r)
{
	struct virtual *v;
	bool any = false;

	TAILQ_FOREACH (v, &r->virtuals, entry) {
		if (!v->report_due)
			continue;
		v->report_due = false;
		any = true;
		report_transitions(v);
		report_instance(v);
	}
	if (!any)
		return;
	STORE_FOREACH (sync_group, g, engine_store(r->engine))
		report_group(r, g);
}

/* -------------------------------------------------------------------- counters */

static void report_statistics(struct virtual *v)
{
	const struct vrrp_counters *c = &v->fsm.counters;
	const uint64_t *dropped = c->dropped;
	struct vrrp_statistics *row = v->statistics;
	column_mask mask = 0;

	SET(vrrp_statistics, row, adverts_received, c->received);
	SET(vrrp_statistics, row, adverts_sent, c->sent);
	SET(vrrp_statistics, row, zero_received, c->zero_received);
	SET(vrrp_statistics, row, zero_sent, c->zero_sent);
	SET(vrrp_statistics, row, ttl_errors, dropped[VRRP_DROP_TTL]);
	SET(vrrp_statistics, row, length_errors,
	    dropped[VRRP_DROP_LENGTH] + dropped[VRRP_DROP_COUNT]);
	SET(vrrp_statistics, row, type_errors, dropped[VRRP_DROP_TYPE]);
	SET(vrrp_statistics, row, version_errors, dropped[VRRP_DROP_VERSION]);
	SET(vrrp_statistics, row, checksum_errors, dropped[VRRP_DROP_CHECKSUM]);
	SET(vrrp_statistics, row, auth_errors, dropped[VRRP_DROP_AUTH]);
	SET(vrrp_statistics, row, address_list_errors,
	    c->address_notes + dropped[VRRP_DROP_LINK_LOCAL]);
	SET(vrrp_statistics, row, interval_errors, c->interval_notes + dropped[VRRP_DROP_INTERVAL]);
	SET(vrrp_statistics, row, owner_drops, dropped[VRRP_DROP_OWNER]);
	SET(vrrp_statistics, row, lower_received, c->lower_received);
	SET(vrrp_statistics, row, announcements, c->announcements);
	SET(vrrp_statistics, row, send_errors, c->send_errors);
	SET(vrrp_statistics, row, stalls, c->stalls);
	engine_report(v->router->engine, &row->row, mask);
}

void report_counters(struct router *r)
{
	struct system *row = store_system(engine_store(r->engine));
	column_mask mask = 0;
	struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry)
		report_statistics(v);
	SET(system, row, vrrp_checksum_errors, r->checksum_errors);
	SET(system, row, vrrp_version_errors, r->version_errors);
	SET(system, row, vrrp_vrid_errors, r->vrid_errors);
	engine_report(r->engine, &row->row, mask);
}

static void adopt_counters(struct vrrp_counters *c, const struct vrrp_statistics *row)
{
	c->received = row->adverts_received;
	c->sent = row->adverts_sent;
	c->zero_received = row->zero_received;
	c->zero_sent = row->zero_sent;
	c->dropped[VRRP_DROP_TTL] = row->ttl_errors;
	c->dropped[VRRP_DROP_LENGTH] = row->length_errors;
	c->dropped[VRRP_DROP_TYPE] = row->type_errors;
	c->dropped[VRRP_DROP_VERSION] = row->version_errors;
	c->dropped[VRRP_DROP_CHECKSUM] = row->checksum_errors;
	c->dropped[VRRP_DROP_AUTH] = row->auth_errors;
	c->address_notes = row->address_list_errors;
	c->interval_notes = row->interval_errors;
	c->dropped[VRRP_DROP_OWNER] = row->owner_drops;
	c->lower_received = row->lower_received;
	c->announcements = row->announcements;
	c->send_errors = row->send_errors;
	c->stalls = row->stalls;
}

void report_adopt(struct virtual *v)
{
	struct vrrp_statistics *key = ROW_NEW(vrrp_statistics);
	struct engine *e = v->router->engine;

	row_set_text(&key->instance, v->row->name);
	v->statistics = (struct vrrp_statistics *)store_find(engine_store(e), &key->row);
	v->report_due = true;
	if (v->statistics) {
		row_free(&key->row);
		adopt_counters(&v->fsm.counters, v->statistics);
		return;
	}
	key->discontinuity = clock_now();
	v->statistics = key;
	engine_add(e, &key->row);
}

void report_forget(struct virtual *v)
{
	engine_remove(v->router->engine, &v->statistics->row);
	v->statistics = NULL;
}
