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

_Static_assert(sizeof(((struct record_transition *)0)->reason) == VRRP_REASON_SIZE, "reason");

/* For the next process, if this one is killed before it can tell. */
static void keep_transition(const struct virtual *v, const struct transition *t)
{
	struct record_transition kept = {.at = t->at,
	    .old_state = (uint8_t)t->old,
	    .new_state = (uint8_t)t->new,
	    .master_reason = (uint8_t)t->master_reason,
	    .priority = t->priority};

	memcpy(kept.reason, t->reason, sizeof(kept.reason));
	record_transition(v->router->record, v->slot, &kept);
}

/*
 * What an earlier process could not tell any more.  The row says when the last change was of which the hub
 * knows; one that has never changed is a new one, whatever the record has of another one before it.
 */
static void adopt_transitions(struct virtual *v)
{
	struct record_transition kept[TRANSITIONS_MAX / 2];
	unsigned n = v->row->last_change ? record_transitions(v->router->record, v->slot,
					       v->row->last_change, kept, TRANSITIONS_MAX / 2)
					 : 0;
	enum vrrp_state last = v->row->state;

	for (unsigned k = 0; k < n; k++) {
		struct transition *t = &v->transitions[v->ntransitions];

		if (kept[k].new_state == last) /* of a process that took up where it was: no news */
			continue;
		last = (enum vrrp_state)kept[k].new_state;
		v->ntransitions++;
		*t = (struct transition){.old = (enum vrrp_state)kept[k].old_state,
		    .new = (enum vrrp_state)kept[k].new_state,
		    .at = kept[k].at,
		    .master_reason = (enum vrrp_master_reason)kept[k].master_reason,
		    .priority = kept[k].priority};
		memcpy(t->reason, kept[k].reason, sizeof(t->reason));
	}
}

/* In the path of a takeover: nothing is allocated. */
void report_transition(struct virtual *v, enum vrrp_state old)
{
	struct transition *t = &v->transitions[v->ntransitions];

	if (v->ntransitions == TRANSITIONS_MAX)
		t--;
	else
		v->ntransitions++;
	*t = (struct transition){.old = old,
	    .new = v->fsm.state,
	    .at = v->fsm.since,
	    .master_reason = v->fsm.master_reason,
	    .priority = v->fsm.config.priority};
	memcpy(t->reason, v->fsm.reason, sizeof(t->reason));
	keep_transition(v, t);
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

static bool takes_part(enum vrrp_state s)
{
	return s == VRRP_BACKUP || s == VRRP_MASTER;
}

/* RFC 6527 counts from when the virtual router left initialize; fault is no state of the RFC's. */
static column_mask note_operation(const struct virtual *v, const struct transition *t)
{
	struct vrrp_instance *row = v->row;
	column_mask mask = 0;

	if (!takes_part(t->new))
		SET(vrrp_instance, row, operational_since, 0);
	else if (!takes_part(row->state) || row->operational_since == 0)
		SET(vrrp_instance, row, operational_since, t->at);
	if (t->new == VRRP_MASTER && t->master_reason != MASTER_REASON_NONE)
		SET(vrrp_instance, row, new_master_reason, t->master_reason);
	return mask;
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
	transition_add(v, row->state, t);
	mask |= note_operation(v, t);
	SET(vrrp_instance, row, state, t->new);
	SET(vrrp_instance, row, transitions, row->transitions + 1);
	SET(vrrp_instance, row, last_change, t->at);
	SET_TEXT(vrrp_instance, row, reason, t->reason);
	SET(vrrp_instance, row, effective_priority, t->priority); /* in one report with the state */
	if (t->new == VRRP_MASTER)
		SET(vrrp_instance, row, became_master, row->became_master + 1);
	engine_report(v->router->engine, &row->row, mask);
	engine_event(v->router->engine, EVENT_VRRP_STATE, &row->row, old, word(t->new), t->reason);
	log_notice("%s: %s -> %s: %s", row->name, old, word(t->new), t->reason);
}

void report_transitions(struct virtual *v)
{
	for (unsigned k = 0; k < v->ntransitions; k++)
		tell_transition(v, &v->transitions[k]);
	v->ntransitions = 0;
}

/* ---------------------------------------------------------------------- states */

static enum vrrp_failover failover_state(const struct virtual *v)
{
	usec_t now = clock_now();
	enum vrrp_failover is = vrrp_fsm_aside(&v->fsm, now);

	return is == FAILOVER_NONE && v->failover_until > now ? FAILOVER_ENDED : is;
}

/* The MAC address of the interface that its addresses are on. */
static void report_mac(struct virtual *v, column_mask *all)
{
	struct vrrp_instance *row = v->row;
	column_mask mask = 0;
	const struct kernel_interface *i =
	    row->use_vmac ? kernel_interface_of(v->router->kernel, v->vmac_index)
			  : kernel_interface(v->router->kernel, row->interface);
	char text[18] = "";

	if (i && i->has_mac)
		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", i->mac[0], i->mac[1],
		    i->mac[2], i->mac[3], i->mac[4], i->mac[5]);
	SET_TEXT(vrrp_instance, row, vmac_address, text);
	SET_TEXT(vrrp_instance, row, vmac_interface, row->use_vmac && i ? i->name : "");
	SET_TEXT(vrrp_instance, row, vmac_error, v->vmac_error);
	*all |= mask;
}

static void report_instance(struct virtual *v)
{
	const struct vrrp_fsm *f = &v->fsm;
	struct vrrp_instance *row = v->row;
	column_mask mask = 0;
	char words[100];

	SET_TEXT(vrrp_instance, row, reason,
	    !f->started && row->enabled && tracking_waits(v)
		? "waits for the first result of what it tracks"
		: f->reason);
	SET_ADDR(vrrp_instance, row, master_address, &f->master);
	SET(vrrp_instance, row, master_priority, f->master_priority);
	SET_ADDR(vrrp_instance, row, primary_address, &f->primary);
	SET(vrrp_instance, row, failover_state, failover_state(v));
	SET_TEXT(vrrp_instance, row, faults, vrrp_faults_words(f->faults, words, sizeof(words)));
	SET(vrrp_instance, row, effective_priority, f->config.priority);
	SET_TEXT(vrrp_instance, row, priority_reason, v->priority_reason);
	report_mac(v, &mask);
	if (row->last_change == 0)
		SET(vrrp_instance, row, last_change, f->since);
	if (row->operational_since == 0 && takes_part(f->state))
		SET(vrrp_instance, row, operational_since, f->since);
	engine_report(v->router->engine, &row->row, mask);
}

/* Told at once, because an event may follow that is about them. */
static void report_last_errors(struct virtual *v)
{
	const struct vrrp_counters *c = &v->fsm.counters;
	struct vrrp_statistics *row = v->statistics;
	column_mask mask = 0;

	SET(vrrp_statistics, row, protocol_error, c->protocol_error);
	SET(vrrp_statistics, row, auth_error, c->auth_error);
	engine_report(v->router->engine, &row->row, mask);
}

/*
 * A group's state is that of its members, which change together; as the hub was told it, because what was
 * no news of an instance (see is_news()) is none of its group.
 */
static enum vrrp_state group_state(const struct vrrp_fsm *first)
{
	const struct virtual *v = first ? first->user : NULL;

	return v ? v->row->state : VRRP_INITIALIZE;
}

static void report_group(struct router *r, struct sync_group *row)
{
	const struct vrrp_group *g = row->row.user;
	const struct vrrp_fsm *f = g ? TAILQ_FIRST(&g->members) : NULL, *m;
	enum vrrp_state old = row->state, state = group_state(f);
	column_mask mask = 0;
	uint32_t members = 0;

	for (m = f; m; m = TAILQ_NEXT(m, in_group))
		members++;
	if (old != state) {
		SET(sync_group, row, transitions, row->transitions + 1);
		SET(sync_group, row, last_change, f ? f->since : clock_now());
	}
	SET(sync_group, row, state, state);
	SET_TEXT(sync_group, row, reason, f ? f->reason : "it has no members");
	SET(sync_group, row, members, members);
	engine_report(r->engine, &row->row, mask);
	if (old == state)
		return;
	engine_event(r->engine, EVENT_GROUP_STATE, &row->row, word(old), word(state), row->reason);
	log_notice("group %s: %s -> %s: %s", row->name, word(old), word(state), row->reason);
}

bool report_states(struct router *r, usec_t until)
{
	struct virtual *v;
	bool any = false;

	TAILQ_FOREACH (v, &r->virtuals, entry) {
		if (!v->report_due)
			continue;
		if (any && clock_now() >= until)
			return false;
		v->report_due = false;
		any = r->groups_due = true;
		report_transitions(v);
		report_instance(v);
		report_last_errors(v);
		notice_report(v);
	}
	if (r->groups_due)
		STORE_FOREACH (sync_group, g, engine_store(r->engine))
			report_group(r, g);
	r->groups_due = false;
	return true;
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
	SET(vrrp_statistics, row, auth_type_errors, dropped[VRRP_DROP_AUTH_TYPE]);
	SET(vrrp_statistics, row, auth_mismatches, dropped[VRRP_DROP_AUTH_MISMATCH]);
	SET(vrrp_statistics, row, auth_failures, dropped[VRRP_DROP_AUTH]);
	SET(vrrp_statistics, row, auth_errors,
	    dropped[VRRP_DROP_AUTH_TYPE] + dropped[VRRP_DROP_AUTH_MISMATCH] +
		dropped[VRRP_DROP_AUTH] + dropped[VRRP_DROP_REPLAY]);
	SET(vrrp_statistics, row, replay_errors, dropped[VRRP_DROP_REPLAY]);
	SET(vrrp_statistics, row, address_list_errors,
	    c->address_notes + dropped[VRRP_DROP_LINK_LOCAL]);
	SET(vrrp_statistics, row, interval_errors, c->interval_notes + dropped[VRRP_DROP_INTERVAL]);
	SET(vrrp_statistics, row, destination_errors, dropped[VRRP_DROP_DESTINATION]);
	SET(vrrp_statistics, row, source_errors, dropped[VRRP_DROP_SOURCE]);
	SET(vrrp_statistics, row, owner_drops, dropped[VRRP_DROP_OWNER]);
	SET(vrrp_statistics, row, own_drops, dropped[VRRP_DROP_OWN]);
	SET(vrrp_statistics, row, lower_received, c->lower_received);
	SET(vrrp_statistics, row, announcements, c->announcements);
	SET(vrrp_statistics, row, send_errors, c->send_errors);
	SET(vrrp_statistics, row, stalls, c->stalls);
	SET(vrrp_statistics, row, stalled, c->stalled / USEC_PER_MSEC);
	SET(vrrp_statistics, row, longest_stall, (uint32_t)(c->longest_stall / USEC_PER_MSEC));
	SET(vrrp_statistics, row, refresh, COUNTERS_PERIOD);
	engine_report(v->router->engine, &row->row, mask);
	report_last_errors(v);
}

void report_counters(struct router *r)
{
	struct system *row = store_system(engine_store(r->engine));
	column_mask mask = 0;
	struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry) {
		report_statistics(v);
		neighbour_report(v);
	}
	SET(system, row, vrrp_checksum_errors, r->checksum_errors);
	SET(system, row, vrrp_version_errors, r->version_errors);
	SET(system, row, vrrp_vrid_errors, r->vrid_errors);
	SET(system, row, vrrp_discontinuity, r->discontinuity);
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
	c->dropped[VRRP_DROP_AUTH_TYPE] = row->auth_type_errors;
	c->dropped[VRRP_DROP_AUTH_MISMATCH] = row->auth_mismatches;
	c->dropped[VRRP_DROP_AUTH] = row->auth_failures;
	c->dropped[VRRP_DROP_REPLAY] = row->replay_errors;
	c->address_notes = row->address_list_errors;
	c->interval_notes = row->interval_errors;
	c->dropped[VRRP_DROP_DESTINATION] = row->destination_errors;
	c->dropped[VRRP_DROP_SOURCE] = row->source_errors;
	c->dropped[VRRP_DROP_OWNER] = row->owner_drops;
	c->dropped[VRRP_DROP_OWN] = row->own_drops;
	c->lower_received = row->lower_received;
	c->announcements = row->announcements;
	c->send_errors = row->send_errors;
	c->stalls = row->stalls;
	c->stalled = row->stalled * USEC_PER_MSEC;
	c->longest_stall = row->longest_stall * USEC_PER_MSEC;
	c->protocol_error = row->protocol_error;
	c->auth_error = row->auth_error;
}

void report_adopt(struct virtual *v)
{
	struct vrrp_statistics *key = ROW_NEW(vrrp_statistics);
	struct engine *e = v->router->engine;

	row_set_text(&key->instance, v->row->name);
	v->statistics = (struct vrrp_statistics *)store_find(engine_store(e), &key->row);
	v->report_due = true;
	adopt_transitions(v);
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
	neighbour_forget(v);
	transitions_forget(v);
	engine_remove(v->router->engine, &v->statistics->row);
	v->statistics = NULL;
}
