/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers: what each of them is told, and what they say.
 *
 * A peer that reads too slowly loses its queue, never ours: it is marked, and gets everything anew when
 * it has read what the socket still held.  Changes that come before that are part of it.
 */
#include "core/director/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"

/* What may wait for a peer on top of a sync. */
#define QUEUE_LIMIT ((size_t)32 * 1024 * 1024)

column_mask peer_columns(const struct peer *p, const struct table *t)
{
	if (p->bit == P_AGENT || p->bit == P_CTL)
		return ~(column_mask)0 >> (COLUMNS_MAX - t->ncolumns);
	if (!(t->readers & p->bit))
		return t->watchers & p->bit ? table_shared(t) : 0;
	return table_mask(t, CLASS_CONFIG) | table_owned(t, p->bit) | table_shared(t);
}

static column_mask without_views(const struct table *t, column_mask mask)
{
	return mask & ~table_mask(t, CLASS_VIEW) & ~table_mask(t, CLASS_KEY);
}

static void overflow(struct peer *p)
{
	if (p->resync)
		return;
	log_warning("%s reads too slowly; it will be sent everything anew", p->name);
	p->resync = true;
	channel_drop_queue(p->ch);
}

/* Who shows rows to people sees those that are not in effect too. */
static bool sees_parked(const struct peer *p)
{
	return p->bit == P_AGENT || p->bit == P_CTL;
}

static void sync_rows(const struct peer *p, struct group_writer *g, const struct store *s)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		column_mask mask = peer_columns(p, &tables[t]);

		if (!mask)
			continue;
		for (struct row *r = store_first(s, t); r; r = store_next(r))
			group_row(g, r, ROW_SET, without_views(&tables[t], mask));
	}
}

static void send_sync(struct peer *p)
{
	struct group_writer g;

	p->resync = false;
	p->hub->syncs++;
	channel_set_limit(p->ch, SIZE_MAX);
	group_begin(&g, p->ch, GROUP_SYNC);
	sync_rows(p, &g, p->hub->store);
	if (sees_parked(p))
		sync_rows(p, &g, p->hub->parked);
	group_end(&g, true);
	channel_set_limit(p->ch, channel_queued(p->ch) + QUEUE_LIMIT);
}

/* A requester waits, and reads: it is told all that its request changed before the answer. */
void peer_limit(struct peer *p, bool on)
{
	channel_set_limit(p->ch, on ? channel_queued(p->ch) + QUEUE_LIMIT : SIZE_MAX);
}

void peers_resync(struct hub *h)
{
	struct peer *p;

	TAILQ_FOREACH (p, &h->peers, entry)
		if (p->bit && !p->resync)
			send_sync(p);
}

static void drained(struct channel *ch, void *arg)
{
	struct peer *p = arg;

	(void)ch;
	channel_set_limit(p->ch, QUEUE_LIMIT);
	if (p->resync)
		send_sync(p);
}

static bool listens(const struct peer *p, const struct table *t)
{
	return p->bit && !p->resync && peer_columns(p, t);
}

/* ------------------------------------------------------------------ changes of rows */

static void send_one(struct peer *p, const struct row *r, enum row_op op, column_mask mask)
{
	struct group_writer g;

	if (!listens(p, r->table))
		return;
	mask = without_views(r->table, mask & peer_columns(p, r->table));
	if (op == ROW_SET && !mask)
		return;
	group_begin(&g, p->ch, GROUP_STATE);
	group_row(&g, r, op, mask);
	if (!group_end(&g, false))
		overflow(p);
}

static void send_all(struct hub *h, const struct row *r, enum row_op op, column_mask mask)
{
	struct peer *p;

	TAILQ_FOREACH (p, &h->peers, entry)
		send_one(p, r, op, mask);
}

void hub_changed(struct hub *h, struct row *r, column_mask mask)
{
	send_all(h, r, ROW_SET, mask);
}

void hub_added(struct hub *h, struct row *r)
{
	if (store_insert(h->store, r))
		abort();
	send_all(h, r, ROW_SET, ~(column_mask)0);
}

/* Rows of one table as one group: a peer that cannot take it is sent everything anew, once. */
static void send_many(struct hub *h, struct row *const *rows, size_t n, enum row_op op)
{
	const struct table *t = rows[0]->table;
	struct group_writer g;
	struct peer *p;

	TAILQ_FOREACH (p, &h->peers, entry) {
		if (!listens(p, t))
			continue;
		group_begin(&g, p->ch, GROUP_STATE);
		for (size_t i = 0; i < n; i++)
			group_row(&g, rows[i], op,
			    op == ROW_SET ? without_views(t, peer_columns(p, t)) : 0);
		if (!group_end(&g, false))
			overflow(p);
	}
}

void hub_added_all(struct hub *h, struct row *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (store_insert(h->store, rows[i]))
			abort();
	if (n)
		send_many(h, rows, n, ROW_SET);
}

void hub_removed(struct hub *h, struct row *r)
{
	send_all(h, r, ROW_DELETE, 0);
	store_remove(h->store, r);
	row_free(r);
}

void hub_removed_all(struct hub *h, struct row *const *rows, size_t n)
{
	if (n)
		send_many(h, rows, n, ROW_DELETE);
	for (size_t i = 0; i < n; i++) {
		store_remove(h->store, rows[i]);
		row_free(rows[i]);
	}
}

/* `other` has the rows that left this store without being gone for p; NULL: those are gone for it. */
static void send_changes(
    const struct peer *p, struct group_writer *g, const struct txn *t, const struct store *other)
{
	for (size_t i = 0; i < txn_changes(t); i++) {
		const struct txn_change *c = txn_change(t, i);
		const struct table *table = c->row->table;
		column_mask mask = peer_columns(p, table);
		column_mask what = c->kind == CHANGE_ADDED ? mask : mask & c->mask;

		if (!mask || (c->kind == CHANGE_REMOVED && other && store_find(other, c->row)))
			continue;
		if (c->kind == CHANGE_MODIFIED && !what)
			continue; /* nothing that a watcher is told */
		group_row(g, c->row, c->kind == CHANGE_REMOVED ? ROW_DELETE : ROW_SET,
		    without_views(table, what));
	}
}

void peers_send_txn(struct hub *h, const struct txn *running, const struct txn *parked)
{
	struct group_writer g;
	struct peer *p;

	TAILQ_FOREACH (p, &h->peers, entry) {
		bool all = sees_parked(p);

		if (!p->bit || p->resync)
			continue;
		group_begin(&g, p->ch, GROUP_CHANGE);
		send_changes(p, &g, running, all ? h->parked : NULL);
		if (all)
			send_changes(p, &g, parked, h->store);
		if (!group_end(&g, false))
			overflow(p);
	}
}

/* --------------------------------------------------------------- what a process reports */

/*
 * Applies a row that a process reports.  A row of a configuration table that is not there any more was
 * removed while the report was on its way: that is normal.  Returns what differs from before.
 */
static column_mask apply_report(struct peer *p, struct group_item *i, struct row **r)
{
	const struct table *t = i->row->table;
	column_mask mask = i->mask & table_owned(t, p->bit);

	*r = store_find(p->hub->store, i->row);
	if (!*r && !t->config && !t->scalar && t->owner == p->bit) {
		*r = i->row;
		i->row = NULL;
		store_insert(p->hub->store, *r);
		return mask;
	}
	if (!*r)
		return 0;
	mask &= row_diff(*r, i->row);
	notice_reported(p->hub, *r, i->row, mask);
	row_copy_columns(*r, i->row, mask);
	kept_changed(p->hub, *r, mask);
	return mask;
}

struct report {
	struct row *row;
	column_mask mask; /* 0: to be removed */
};

static void forward(struct peer *from, const struct report *list, size_t n)
{
	struct group_writer g;
	struct peer *p;

	TAILQ_FOREACH (p, &from->hub->peers, entry) {
		if (p == from || !p->bit || p->resync)
			continue;
		group_begin(&g, p->ch, GROUP_STATE);
		for (size_t i = 0; i < n; i++) {
			const struct table *t = list[i].row->table;
			column_mask mask = without_views(t, list[i].mask & peer_columns(p, t));

			if (list[i].mask ? mask != 0 : peer_columns(p, t) != 0)
				group_row(
				    &g, list[i].row, list[i].mask ? ROW_SET : ROW_DELETE, mask);
		}
		if (!group_end(&g, false))
			overflow(p);
	}
}

static void reports(struct peer *p)
{
	struct report *list = calloc(p->in.n + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		abort();
	for (size_t i = 0; i < p->in.n; i++) {
		struct group_item *item = &p->in.items[i];
		const struct table *t = item->row->table;

		if (item->op == ROW_DELETE) {
			if (!t->config && t->owner == p->bit &&
			    (list[n].row = store_find(p->hub->store, item->row)))
				store_remove(p->hub->store, list[n++].row);
			continue;
		}
		list[n].mask = apply_report(p, item, &list[n].row);
		if (list[n].mask)
			n++;
	}
	forward(p, list, n);
	for (size_t i = 0; i < n; i++)
		if (!list[i].mask)
			row_free(list[i].row);
		else if (list[i].row->table->id == TABLE_notice)
			notice_done(p->hub, list[i].row);
	free(list);
}

/* ---------------------------------------------------------------------------- messages */

static bool hello(struct peer *p, struct wire *w)
{
	uint32_t fingerprint = wire_get_h32(w), bit = wire_get_h32(w);
	char name[64];

	wire_get_h32(w); /* its pid, which we know */
	wire_get_str(w, name, sizeof(name));
	if (!wire_done(w) || p->bit)
		return false;
	if (fingerprint != schema_fingerprint()) {
		log_error("%s is of a different build than directord", name);
		return false;
	}
	if (!p->child && bit != P_CTL)
		return false; /* whoever comes over the control socket is no process of ours */
	p->bit = bit;
	send_sync(p);
	return true;
}

static bool end_of_group(struct peer *p)
{
	if (!p->in.open)
		return false;
	if (p->in.group == GROUP_EDIT) {
		p->in.open = false; /* its rows wait for the request */
		return true;
	}
	if (p->in.group != GROUP_STATE || !p->child)
		return false;
	reports(p);
	group_reset(&p->in);
	return true;
}

static bool log_message(struct peer *p, struct wire *w)
{
	char line[1024];
	uint8_t level = wire_get_u8(w);

	wire_get_str(w, line, sizeof(line));
	if (!wire_done(w) || !p->child)
		return false;
	log_line(level, p->name, line);
	return true;
}

static bool event_message(struct peer *p, struct wire *w)
{
	char old_state[64], new_state[64], reason[512];
	uint32_t kind = wire_get_h32(w);
	struct row *subject = message_get_key(w);

	wire_get_str(w, old_state, sizeof(old_state));
	wire_get_str(w, new_state, sizeof(new_state));
	wire_get_str(w, reason, sizeof(reason));
	if (!wire_done(w) || !p->child || !enum_has(&enumeration_event_kind, (int32_t)kind)) {
		row_free(subject);
		return false;
	}
	event_add_log(p->hub, (enum event_kind)kind, subject, old_state, new_state, reason);
	row_free(subject);
	return true;
}

static bool request(struct peer *p, struct wire *w)
{
	uint32_t id = wire_get_h32(w);
	uint8_t kind = wire_get_u8(w);

	if (!wire_done(w) || kind < REQUEST_RELOAD || kind > REQUEST_RELEASE || p->in.open)
		return false;
	if (p->bit != P_AGENT && p->bit != P_CTL)
		return false;
	if (commit_request(p, id, (enum request_kind)kind))
		group_reset(&p->in);
	return true;
}

void peer_reply(struct peer *p, uint32_t id, const struct refusal *r)
{
	struct wire *w = channel_begin(p->ch, MSG_REPLY);

	wire_put_h32(w, id);
	message_put_refusal(w, r);
	channel_send(p->ch);
}

static bool dispatch(struct peer *p, enum message type, struct wire *w)
{
	if (type != MSG_HELLO && !p->bit)
		return false;
	switch (type) {
	case MSG_HELLO:
		return hello(p, w);
	case MSG_BEGIN:
		p->waiting = 0; /* it does not wait for an answer any more */
		group_reset(&p->in);
		return group_read_begin(&p->in, w);
	case MSG_ROWS:
		return group_read_rows(&p->in, w);
	case MSG_END:
		return wire_done(w) && end_of_group(p);
	case MSG_EVENT:
		return event_message(p, w);
	case MSG_LOG:
		return log_message(p, w);
	case MSG_READY:
		if (p->child)
			child_ready(p->child);
		return wire_done(w) && p->child;
	case MSG_PONG:
		if (p->child)
			child_pong(p->child);
		return true;
	case MSG_REQUEST:
		return request(p, w);
	case MSG_STOP:
	case MSG_PING:
	case MSG_REPLY:
		break;
	}
	return false;
}

static void closed(struct channel *ch, const char *why, void *arg)
{
	struct peer *p = arg;

	(void)ch;
	log_debug("%s: %s", p->name, why);
	if (p->child)
		child_lost(p->child);
	peer_free(p);
}

static void packet(struct channel *ch, uint32_t type, struct wire *w, void *arg)
{
	struct peer *p = arg;

	if (dispatch(p, (enum message)type, w))
		return;
	log_error(
	    "%s sent a malformed or unexpected message of type %u; it is cut off", p->name, type);
	closed(ch, "protocol error", p);
}

struct peer *peer_new(struct hub *h, int fd, struct child *child)
{
	static const struct channel_ops ops = {packet, closed, drained};
	struct peer *p = calloc(1, sizeof(*p));
	struct wire *w;

	if (!p)
		abort();
	p->hub = h;
	p->child = child;
	p->name = "directorctl";
	p->ch = channel_new(h->base, fd, &ops, p);
	channel_set_limit(p->ch, QUEUE_LIMIT);
	TAILQ_INSERT_TAIL(&h->peers, p, entry);
	w = channel_begin(p->ch, MSG_HELLO);
	wire_put_h32(w, schema_fingerprint());
	channel_send(p->ch);
	return p;
}

void peer_free(struct peer *p)
{
	commit_peer_gone(p->hub, p);
	TAILQ_REMOVE(&p->hub->peers, p, entry);
	group_reset(&p->in);
	channel_free(p->ch);
	free(p);
}
