/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes of the configuration: every one is a plan (plan.h), whoever asks for it.
 *
 * A change over SNMP or by directorctl is applied to the stores, then written to the datastore, and only
 * when the disk has it are the processes told and the requester answered; if the disk refuses, the stores
 * are put back.  Until then no other change begins: it waits, so that what is taken back is what was
 * there.  A disk that does not answer within two seconds has refused, too: what it may do with the change
 * later, it is told at once to undo then.  A reload reads the file, puts what was set over it, and
 * applies the difference to what runs.
 *
 * Going back is a change like any other: what was set before (history.h) is wished for again.  A change that is
 * to be confirmed leaves a note in the datastore, in its own transaction, so that it is undone also by a
 * director that was killed or lost its power before anybody confirmed.
 */
#include "core/director/hub.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/director/back.h"

#define TRIM_AFTER (5 * USEC_PER_SEC)
#define TRIM_MANY 1000 /* values in one transaction */
#define FILE_LINES 200 /* of one reading of the file that the history has at most */

/* What a request asks for besides rows: columns of the table `control`. */
struct asked {
	bool lock, confirm, rollback, revert;
	int32_t lock_value;
	uint32_t seconds, generation;
	const char *what; /* as long as the request's rows */
};

struct commit {
	struct hub *hub;
	struct peer *peer; /* NULL: it is gone meanwhile, or there was none */
	uint32_t id;
	struct plan *plan;
	struct changeset *changes;
	struct asked asked;
	uint64_t syncs; /* hub->syncs when it was applied */
	bool withdrawn; /* it was refused while the disk had it */
};

static const struct refusal done = {.kind = REFUSAL_NONE, .column = -1};

static struct refusal refusal_of(enum refusal_kind kind, const char *reason)
{
	struct refusal r = {.kind = kind, .column = -1};

	snprintf(r.reason, sizeof(r.reason), "%s", reason);
	return r;
}

/* ------------------------------------------------------------------------- the history */

static struct row *line_of(const struct changeset *c, size_t i)
{
	const struct delta *d = &c->list[i];
	const struct table *t = table_find(d->table);
	const struct column *column = t ? table_column(t, d->column) : NULL;
	bool secret = column && column->secret;
	struct config_change *r = ROW_NEW(config_change);

	r->generation = c->generation;
	r->number = (uint32_t)i + 1;
	r->time = c->time;
	r->origin = c->origin;
	row_set_textf(&r->subject, "%.64s%s%.180s", d->table, *d->key ? " " : "", d->key);
	row_set_text(&r->object, d->column);
	row_set_textf(&r->old_value, "%.255s", secret ? "" : d->old_value);
	row_set_textf(&r->new_value, "%.255s", secret ? "" : d->new_value);
	return &r->row;
}

static struct row **line_list(size_t n)
{
	struct row **list = calloc(n + 1, sizeof(struct row *));

	if (!list)
		abort();
	return list;
}

/* A history of a hundred thousand lines is read by nobody, and would be in memory here and in the agent. */
static size_t count_lines(const struct changeset *c)
{
	return c->n > HISTORY_LINES ? HISTORY_LINES : c->n;
}

static struct row *last_line_of(const struct changeset *c)
{
	size_t shown = HISTORY_LINES - 1;
	struct config_change *r = (struct config_change *)line_of(c, shown);

	row_set_text(&r->subject, "system");
	row_set_text(&r->object, "");
	row_set_text(&r->old_value, "");
	row_set_textf(&r->new_value, "%zu more values than are shown were changed", c->n - shown);
	return &r->row;
}

static void hide_changes(const struct changeset *c, void *arg)
{
	struct hub *h = arg;
	struct config_change *key = ROW_NEW(config_change);
	struct row **lines = line_list(count_lines(c)), *r;
	size_t n = 0;

	key->generation = c->generation;
	for (r = store_at_or_after(h->store, &key->row);
	     n < count_lines(c) && r && ((struct config_change *)r)->generation == c->generation;
	     r = store_next(r))
		lines[n++] = r;
	hub_removed_all(h, lines, n);
	free(lines);
	row_free(&key->row);
}

static void tell_oldest(struct hub *h)
{
	uint32_t oldest = STAILQ_EMPTY(&h->history.sets) ? h->system->generation : h->history.first;

	if (h->control->rollback == oldest)
		return;
	h->control->rollback = oldest;
	hub_changed(h, &h->control->row, COLUMN(control, rollback));
}

/* Takes c. */
static void remember(struct hub *h, struct changeset *c)
{
	size_t n = count_lines(c);
	struct row **lines = line_list(n);

	for (size_t i = 0; i < n; i++)
		lines[i] = c->n > n && i == n - 1 ? last_line_of(c) : line_of(c, i);
	hub_added_all(h, lines, n);
	free(lines);
	history_add(&h->history, c, hide_changes, h);
	tell_oldest(h);
}

static void remember_stored(struct changeset *c, void *arg)
{
	struct hub *h = arg;

	h->system->generation = c->generation;
	remember(h, c);
}

/* ---------------------------------------------------------------------- a new generation */

static size_t count_rows(const struct changeset *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += i == 0 || strcmp(c->list[i].key, c->list[i - 1].key) != 0 ||
		     strcmp(c->list[i].table, c->list[i - 1].table) != 0;
	return n;
}

/* The configuration has changed: told, counted, and logged.  Takes c. */
static void changed(struct hub *h, const struct txn *running, const struct txn *parked,
    struct changeset *c, size_t rows)
{
	char reason[200], generation[32];

	peers_send_txn(h, running, parked);
	listen_configure(h);
	notice_removed(h, running);
	kept_removed(h, running);
	h->system->generation = c->generation;
	h->system->config_changed = clock_now();
	hub_changed(
	    h, &h->system->row, COLUMN(system, generation) | COLUMN(system, config_changed));
	snprintf(reason, sizeof(reason), "%zu %s changed by %s", rows, rows == 1 ? "row" : "rows",
	    change_origin_words(c->origin));
	snprintf(generation, sizeof(generation), "%u", c->generation);
	log_notice("configuration: %s", reason);
	if (c->n > TRIM_MANY)
		h->trim = clock_now() + TRIM_AFTER;
	remember(h, c);
	if (!h->ready_told)
		return; /* the start is no change that anybody must be woken for */
	event_add_log(h, EVENT_CONFIG_CHANGED, &h->system->row, "", generation, reason);
}

static const char *requester(const struct peer *p)
{
	return p && p->bit == P_AGENT ? "SNMP" : "directorctl";
}

/* -------------------------------------------------------------------------- confirming */

static void show_confirm(struct hub *h)
{
	usec_t now = clock_now();
	uint32_t left = 0;

	if (h->unconfirmed && h->confirm_deadline > now)
		left = (uint32_t)((h->confirm_deadline - now + USEC_PER_SEC - 1) / USEC_PER_SEC);
	if (h->control->confirm_timeout == left)
		return;
	h->control->confirm_timeout = left;
	hub_changed(h, &h->control->row, COLUMN(control, confirm_timeout));
}

void commit_tick(struct hub *h)
{
	show_confirm(h);
}

static void confirm_note(struct job *j, const struct commit *c)
{
	if (!c->asked.confirm)
		return;
	if (!c->asked.seconds)
		job_forget_number(j, "unconfirmed");
	else if (!c->hub->unconfirmed)
		job_number(j, "unconfirmed", c->hub->system->generation);
}

static void confirm_begin_or_end(struct hub *h, const struct asked *a, uint32_t before)
{
	struct timeval tv = {.tv_sec = (time_t)a->seconds};

	if (!a->confirm)
		return;
	if (a->seconds) {
		if (!h->unconfirmed)
			h->confirm_generation = before;
		h->unconfirmed = true;
		h->confirm_deadline = clock_now() + a->seconds * USEC_PER_SEC;
		event_add(h->confirm_timer, &tv);
	} else {
		h->unconfirmed = false;
		event_del(h->confirm_timer);
	}
	show_confirm(h);
}

/* ---------------------------------------------------------------------- one commit */

static void delta_to_memory(struct hub *h, const struct delta *d)
{
	overrides_put(h->overrides, d->table, d->key, d->column, d->is_set ? d->new_value : NULL);
	if (d->is_set && !d->was_set)
		overrides_set_base(h->overrides, d->table, d->key, d->column, d->old_value);
}

/* What is set in a column of the row that d is about, or NULL. */
static const char *set_word(const struct hub *h, const struct delta *d, const char *column)
{
	const struct table *t = table_find(d->table);
	const struct column *c = t ? table_column(t, column) : NULL;
	char why[WHY_SIZE];
	struct row *key;
	const char *word = NULL;

	if (!c)
		return NULL;
	key = row_new(t);
	if (row_key_parse(key, d->key, why))
		word = overrides_get(h->overrides, key, c);
	row_free(key);
	return word;
}

static bool is_volatile(const char *storage)
{
	return storage && strcmp(storage, "volatile") == 0;
}

struct rewriting {
	struct job *job;
	const struct delta *row;
};

static void rewrite_value(
    const char *table, const char *key, const char *column, const char *value, void *arg)
{
	const struct rewriting *w = arg;

	if (strcmp(table, w->row->table) == 0 && strcmp(key, w->row->key) == 0)
		job_override(w->job, table, key, column, value);
}

/*
 * The changes of one row, list[0..n), which the memory does not have yet; back: the other way.
 * Volatile rows are not the disk's.
 */
static void row_to_job(struct hub *h, struct job *j, const struct delta *list, size_t n, bool back)
{
	const char *before = set_word(h, &list[0], "storage"), *after = before;

	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].column, "storage") == 0)
			after = list[i].is_set ? list[i].new_value : NULL;
	if (is_volatile(back ? before : after)) {
		job_forget_row(j, list[0].table, list[0].key);
		return;
	}
	if (is_volatile(back ? after : before)) /* all of it, and then what changes */
		overrides_each(h->overrides, rewrite_value, &(struct rewriting){j, &list[0]});
	for (size_t i = 0; i < n; i++) {
		const struct delta *d = &list[i];
		bool set = back ? d->was_set : d->is_set;

		job_override(j, d->table, d->key, d->column,
		    !set   ? NULL
		    : back ? d->old_value
			   : d->new_value);
	}
}

/* The rows of one changeset, one after the other: the number of changes of the first one. */
static size_t of_one_row(const struct delta *list, size_t n)
{
	size_t k = 1;

	while (k < n && strcmp(list[0].key, list[k].key) == 0 &&
	       strcmp(list[0].table, list[k].table) == 0)
		k++;
	return k;
}

static void changes_to_job(struct hub *h, struct job *j, const struct changeset *c, bool back)
{
	for (size_t i = 0, n; i < c->n; i += n) {
		n = of_one_row(&c->list[i], c->n - i);
		row_to_job(h, j, &c->list[i], n, back);
	}
}

static void history_to_job(struct hub *h, struct job *j, const struct changeset *c)
{
	if (!c->n)
		return;
	job_history(j, c);
	job_number(j, "generation", c->generation);
	if (!STAILQ_EMPTY(&h->history.sets))
		job_prune_history(j, STAILQ_FIRST(&h->history.sets)->generation);
}

static void commit_free(struct commit *c)
{
	plan_free(c->plan);
	changeset_free(c->changes);
	str_free(c->asked.what);
	free(c);
}

static void reload_now(struct hub *h, struct peer *p, uint32_t id);
static void run_waiting(struct hub *h);

static void in_effect(struct commit *c)
{
	struct hub *h = c->hub;
	uint32_t before = h->system->generation;
	size_t rows = count_rows(c->changes);

	if (c->peer)
		c->peer->committed = c->changes->n ? c->changes->generation : 0;
	for (size_t i = 0; i < c->changes->n; i++)
		delta_to_memory(h, &c->changes->list[i]);
	if (c->changes->n) {
		changed(h, plan_running(c->plan), plan_parked(c->plan), c->changes, rows);
		c->changes = NULL;
	}
	plan_each_failover(c->plan, failover_set, h);
	confirm_begin_or_end(h, &c->asked, before);
	if (c->asked.lock) {
		h->control->advisory_lock =
		    h->control->advisory_lock == INT32_MAX ? 0 : h->control->advisory_lock + 1;
		hub_changed(h, &h->control->row, COLUMN(control, advisory_lock));
	}
	if (c->asked.revert) {
		row_set_text(&h->control->revert, c->asked.what);
		hub_changed(h, &h->control->row, COLUMN(control, revert));
	}
}

/* What waited for the end of the last one. */
static void next_change(struct hub *h)
{
	if (h->reload_wanted)
		reload_now(h, NULL, 0);
	run_waiting(h);
}

/* The disk refused; the stores are put back. */
static void not_in_effect(struct commit *c)
{
	static const struct timeval again = {.tv_sec = 10};
	struct hub *h = c->hub;

	plan_undo(c->plan);
	if (h->syncs != c->syncs)
		peers_resync(h); /* somebody was told what is not so now */
	if (h->unconfirmed && !event_pending(h->confirm_timer, EV_TIMEOUT, NULL))
		event_add(h->confirm_timer, &again);
}

/* Two jobs end with this: the change, and what undoes it. */
static void taken_back(const char *error, void *arg)
{
	struct commit *c = arg;
	struct hub *h = c->hub;

	if (error)
		log_error("datastore: a change that was refused may be in effect after the next "
			  "start: %s",
		    error);
	hub_datastore_state(h, error);
	commit_free(c);
}

/*
 * The disk has the change, and nobody waits for it any more: behind it in the queue is then what undoes it,
 * so that what was refused is not found by the next start either.
 */
static void withdraw(struct commit *c)
{
	struct hub *h = c->hub;
	struct job *j = job_new(taken_back, c);

	c->withdrawn = true;
	c->peer = NULL;
	h->commit = NULL;
	not_in_effect(c);
	changes_to_job(h, j, c->changes, true);
	job_forget_history(j, c->changes->generation);
	job_number(j, "generation", h->system->generation);
	if (c->asked.confirm && h->unconfirmed)
		job_number(j, "unconfirmed", h->confirm_generation);
	else if (c->asked.confirm)
		job_forget_number(j, "unconfirmed");
	datastore_submit(h->datastore, j);
	next_change(h);
}

static void stored(const char *error, void *arg)
{
	struct commit *c = arg;
	struct hub *h = c->hub;
	struct refusal r = done;

	if (c->withdrawn)
		return;
	h->commit = NULL;
	if (error) {
		r = refusal_of(REFUSAL_STORE, error);
		not_in_effect(c);
	} else {
		if (c->peer)
			peer_limit(c->peer, false);
		in_effect(c);
		if (c->peer)
			peer_limit(c->peer, true);
	}
	hub_datastore_state(h, error);
	if (c->peer)
		peer_reply(c->peer, c->id, &r);
	commit_free(c);
	next_change(h);
}

/* Applies and sends to the disk.  Takes the plan. */
static bool start_commit(struct hub *h, struct peer *p, uint32_t id, struct plan *plan,
    const struct asked *asked, enum change_origin origin, struct refusal *why)
{
	struct commit *c = calloc(1, sizeof(*c));
	struct job *j;

	if (!c)
		abort();
	*c = (struct commit){.hub = h, .peer = p, .id = id, .plan = plan, .asked = *asked};
	c->asked.what = str_get(asked->what ? asked->what : "");
	c->changes = changeset_new(origin);
	c->changes->generation = h->system->generation + 1;
	c->syncs = h->syncs;
	if (!plan_apply(plan, why)) {
		commit_free(c);
		return false;
	}
	plan_changes(plan, c->changes);
	changeset_complete(c->changes);
	h->commit = c;
	j = job_new(stored, c);
	changes_to_job(h, j, c->changes, false);
	history_to_job(h, j, c->changes);
	confirm_note(j, c);
	datastore_submit(h->datastore, j);
	return true;
}

void commit_disk_hangs(struct hub *h)
{
	const struct refusal r = refusal_of(REFUSAL_STORE, DISK_HANGS);
	struct commit *c = h->commit;

	if (!c)
		return;
	if (c->peer)
		peer_reply(c->peer, c->id, &r);
	withdraw(c);
}

void commit_peer_gone(struct hub *h, struct peer *p)
{
	if (h->commit && h->commit->peer == p)
		h->commit->peer = NULL;
	commit_release(p);
}

static bool refuse_control(
    struct refusal *why, enum refusal_kind kind, int column, const char *reason)
{
	*why = refusal_of(kind, reason);
	why->table = &tables[TABLE_control];
	why->column = column;
	snprintf(why->row, sizeof(why->row), "%s", why->table->name);
	return false;
}

/* ---------------------------------------------------------------------- the requests */

/* May the request change these columns? */
static bool may_edit(const struct group_item *i, struct refusal *why)
{
	const struct table *t = i->row->table;
	int column = -1;

	*why = refusal_of(REFUSAL_READONLY, "rows of this table are made by directord");
	if (t->config || t->scalar) {
		for (int n = 0; n < t->ncolumns && column < 0; n++)
			if (i->mask >> n & 1 && !column_writable(&t->columns[n]))
				column = n;
		if (column < 0 && (t->config || i->op == ROW_SET))
			return true;
		*why = refusal_of(REFUSAL_READONLY, "the column cannot be set");
	}
	why->table = t;
	why->column = column;
	row_format(i->row, why->row);
	return false;
}

static bool check_lock(const struct hub *h, const struct asked *a, struct refusal *why)
{
	return !a->lock || a->lock_value == h->control->advisory_lock ||
	       refuse_control(why, REFUSAL_INCONSISTENT, COL_control_advisory_lock,
		   "another manager has changed the lock meanwhile");
}

static void ask(struct asked *a, const struct group_item *i)
{
	const struct control *c = (const struct control *)i->row;

	if (i->mask & COLUMN(control, advisory_lock)) {
		a->lock = true;
		a->lock_value = c->advisory_lock;
	}
	if (i->mask & COLUMN(control, confirm_timeout)) {
		a->confirm = true;
		a->seconds = c->confirm_timeout;
	}
	if (i->mask & COLUMN(control, rollback)) {
		a->rollback = true;
		a->generation = c->rollback;
	}
	if (i->mask & COLUMN(control, revert)) {
		a->revert = true;
		a->what = c->revert;
	}
}

static bool wish_actions(
    struct hub *h, struct plan *p, const struct asked *a, bool rows, struct refusal *why)
{
	int column = a->rollback ? COL_control_rollback : COL_control_revert;
	enum refusal_kind kind;
	char reason[WHY_SIZE];

	if (!a->rollback && !a->revert)
		return true;
	if (rows || (a->rollback && a->revert))
		return refuse_control(why, REFUSAL_INCONSISTENT, column,
		    "is not possible together with other changes");
	if (a->revert) {
		kind = back_to_file(p, a->what, reason);
		return kind == REFUSAL_NONE ||
		       refuse_control(why, kind, COL_control_revert, reason);
	}
	if (a->generation < h->control->rollback || a->generation > h->system->generation)
		return refuse_control(why, REFUSAL_INCONSISTENT, COL_control_rollback,
		    a->generation > h->system->generation ? "there is no such generation yet"
							  : "the history does not go back so far");
	back_to_generation(p, &h->history, a->generation);
	return true;
}

/* The plan of a request, not applied; NULL with *why. */
static struct plan *plan_of(
    struct hub *h, const struct group_reader *in, struct asked *a, struct refusal *why)
{
	struct plan *p = plan_new(h->store, h->parked, h->overrides);
	bool rows = false, ok = true;

	*a = (struct asked){.what = NULL};
	for (size_t i = 0; i < in->n && ok; i++) {
		const struct group_item *item = &in->items[i];

		ok = may_edit(item, why);
		if (ok && item->row->table->id == TABLE_control) {
			ask(a, item);
			continue;
		}
		rows = true;
		if (ok && item->op == ROW_DELETE)
			plan_destroy(p, item->row);
		else if (ok)
			plan_wish(p, item->row, item->mask, 0);
	}
	if (ok && check_lock(h, a, why) && wish_actions(h, p, a, rows, why))
		return p;
	plan_free(p);
	return NULL;
}

static void log_refusal(const struct peer *p, const struct refusal *why)
{
	const char *column =
	    why->table && why->column >= 0 ? why->table->columns[why->column].name : "";

	log_info("%s: refused: %s%s%s%s%s", requester(p), why->row, *column ? ", " : "", column,
	    *why->row ? ": " : "", why->reason);
}

static bool prepare(struct peer *p, struct refusal *why)
{
	struct hub *h = p->hub;
	struct asked asked;
	struct plan *plan = plan_of(h, &p->in, &asked, why);
	bool ok = plan && plan_apply(plan, why);

	if (ok)
		plan_undo(plan);
	else
		log_refusal(p, why);
	plan_free(plan);
	group_reset(&p->prepared);
	p->is_prepared = ok;
	if (ok) {
		p->prepared = p->in; /* with the rows */
		p->in = (struct group_reader){.open = false};
	}
	return ok;
}

/* Others may have changed something since it was prepared: it is planned again. */
static bool commit_prepared(struct peer *p, uint32_t id, struct refusal *why)
{
	enum change_origin origin = p->bit == P_AGENT ? ORIGIN_SNMP : ORIGIN_CONTROL;
	struct asked asked;
	struct plan *plan;
	const char *what;
	bool later;

	*why = refusal_of(REFUSAL_INCONSISTENT, "nothing was prepared");
	if (!p->is_prepared)
		return false;
	p->is_prepared = false;
	plan = plan_of(p->hub, &p->prepared, &asked, why);
	asked.what = what = str_get(asked.what ? asked.what : "");
	group_reset(&p->prepared); /* before its rows are there once more */
	later = plan && start_commit(p->hub, p, id, plan, &asked, origin, why);
	str_free(what);
	return later;
}

static const struct changeset *find_set(const struct hub *h, uint32_t generation)
{
	const struct changeset *c;

	STAILQ_FOREACH (c, &h->history.sets, entry)
		if (c->generation == generation)
			return c;
	return NULL;
}

/* True: the reply comes when it is done; else *why, which may say that nothing had to be done. */
static bool undo_committed(struct peer *p, uint32_t id, struct refusal *why)
{
	struct hub *h = p->hub;
	const struct changeset *c = find_set(h, p->committed);
	static const struct asked nothing;
	struct plan *plan;

	*why = done;
	if (!p->committed)
		return false; /* it changed nothing */
	p->committed = 0;
	*why = refusal_of(REFUSAL_INCONSISTENT, "the history does not have it any more");
	if (!c)
		return false;
	plan = plan_new(h->store, h->parked, h->overrides);
	back_before_set(plan, c);
	return start_commit(h, p, id, plan, &nothing, ORIGIN_UNDO, why);
}

/* Nobody confirmed in time. */
static void unconfirmed(int fd, short what, void *arg)
{
	static const struct timeval soon = {.tv_usec = 50000};
	const struct asked end = {.confirm = true, .seconds = 0};
	struct hub *h = arg;
	struct refusal why;
	struct plan *plan;

	(void)fd;
	(void)what;
	if (h->commit || datastore_hangs(h->datastore)) {
		event_add(h->confirm_timer, &soon);
		return;
	}
	log_warning("configuration: not confirmed in time; going back to generation %" PRIu32,
	    h->confirm_generation);
	plan = plan_new(h->store, h->parked, h->overrides);
	back_to_generation(plan, &h->history, h->confirm_generation);
	if (start_commit(h, NULL, 0, plan, &end, ORIGIN_UNDO, &why))
		return;
	log_error("configuration: cannot go back: %s: %s", why.row, why.reason);
	confirm_begin_or_end(h, &end, 0);
}

void commit_release(struct peer *p)
{
	if (p->hub->commit && p->hub->commit->peer == p) /* it has waited long enough */
		withdraw(p->hub->commit);
	group_reset(&p->prepared);
	p->is_prepared = false;
	p->committed = 0;
}

bool commit_request(struct peer *p, uint32_t id, enum request_kind kind)
{
	struct refusal why = done;
	bool later = false;

	p->waiting = 0;
	if (p->hub->commit && kind != REQUEST_RELEASE) {
		p->waiting = kind;
		p->waiting_id = id;
		return false;
	}
	switch (kind) {
	case REQUEST_RELOAD:
		reload_now(p->hub, p, id);
		return true;
	case REQUEST_PREPARE:
		if (datastore_hangs(p->hub->datastore))
			why = refusal_of(REFUSAL_BUSY, DISK_HANGS);
		else if (prepare(p, &why))
			why = done;
		break;
	case REQUEST_COMMIT:
		later = commit_prepared(p, id, &why);
		break;
	case REQUEST_UNDO:
		later = undo_committed(p, id, &why);
		break;
	case REQUEST_RELEASE:
		commit_release(p);
		break;
	}
	if (!later)
		peer_reply(p, id, &why);
	return true;
}

/* Requests that came while the disk was busy, until one of them makes it busy again. */
static void run_waiting(struct hub *h)
{
	struct peer *p;

	TAILQ_FOREACH (p, &h->peers, entry)
		if (p->waiting && !h->commit && commit_request(p, p->waiting_id, p->waiting))
			group_reset(&p->in);
}

/* ------------------------------------------------------------------------ the file */

static void warn(const char *text, void *arg)
{
	(void)arg;
	log_warning("%s", text);
}

/* The file's rows with what was set over them; false with *error. */
static bool read_merged(struct hub *h, struct store **running, struct store **parked,
    usec_t *modified, struct config_error *error)
{
	struct config *c = config_read_as(h->options.file, h->options.config_id, error, warn, NULL);

	if (!c)
		return false;
	*modified = config_modified(c);
	*running = config_take_store(c);
	*parked = store_new();
	config_free(c);
	store_system(*running);
	overrides_apply(h->overrides, *running, *parked, warn, NULL);
	return true;
}

static void set_result(struct hub *h, const char *result)
{
	row_set_textf(&h->system->reload_result, "%s", result);
	hub_changed(h, &h->system->row, COLUMN(system, reload_result));
}

static void set_modified(struct hub *h, usec_t modified)
{
	h->system->file_modified = modified;
	hub_changed(h, &h->system->row, COLUMN(system, file_modified));
}

/* What a reading of the file changed, for people: nobody set it, so nothing goes back to it. */
static void file_line(struct changeset *out, const struct txn *t, const struct row *row,
    const struct column *c, bool before, bool after)
{
	char key[KEY_TEXT_SIZE], old_text[COLUMN_TEXT_SIZE], new_text[COLUMN_TEXT_SIZE];
	const struct row *was = txn_before(t, row);

	changeset_add(out, &(struct delta){.table = row->table->name,
			       .key = row_key_format(row, key),
			       .column = c->name,
			       .old_value = before && was ? column_format(was, c, old_text) : "",
			       .new_value = after ? column_format(row, c, new_text) : ""});
}

static void file_lines(struct changeset *out, const struct txn *t)
{
	for (size_t i = 0; i < txn_changes(t) && out->n < FILE_LINES; i++) {
		const struct txn_change *c = txn_change(t, i);
		const struct table *table = c->row->table;

		if (c->kind != CHANGE_MODIFIED) {
			const struct column *status = table_status(table);

			if (status)
				file_line(out, t, c->row, status, c->kind == CHANGE_REMOVED,
				    c->kind == CHANGE_ADDED);
			continue;
		}
		for (size_t n = 0; n < table->ncolumns; n++)
			if (c->mask >> n & 1)
				file_line(out, t, c->row, &table->columns[n], true, true);
	}
	if (out->n >= FILE_LINES)
		changeset_add(
		    out, &(struct delta){.table = "system",
			     .key = "",
			     .column = "",
			     .old_value = "",
			     .new_value = "the file changed more than the history keeps"});
}

static void file_in_effect(struct hub *h, const struct txn *running, const struct txn *parked)
{
	struct changeset *c = changeset_new(ORIGIN_FILE);
	size_t rows = txn_changes(running);
	struct job *j;

	c->generation = h->system->generation + 1;
	if (h->ready_told) /* at the start, all of the file is new, and nothing has changed */
		file_lines(c, running);
	else
		c->generation = h->system->generation ? h->system->generation : 1;
	if (c->n) {
		j = job_new(NULL, NULL);
		history_to_job(h, j, c);
		datastore_submit(h->datastore, j);
	}
	changed(h, running, parked, c, rows);
}

static bool apply_file(struct hub *h, struct refusal *why)
{
	struct config_error error;
	struct store *running, *parked;
	struct txn *t, *tp;
	usec_t modified;
	bool ok;

	if (!read_merged(h, &running, &parked, &modified, &error)) {
		*why = refusal_of(REFUSAL_INCONSISTENT, error.text);
		return false;
	}
	t = txn_new();
	tp = txn_new();
	txn_difference(t, h->store, running);
	txn_difference(tp, h->parked, parked);
	ok = txn_apply_parked(tp, h->parked, why);
	if (ok && !txn_apply(t, h->store, why)) {
		txn_undo(tp, h->parked);
		ok = false;
	}
	if (ok && (txn_changes(t) || txn_changes(tp)))
		file_in_effect(h, t, tp);
	h->trim = clock_now() + TRIM_AFTER;
	if (ok) {
		overrides_forget_volatile(h->overrides, h->store, h->parked);
		set_modified(h, modified);
	}
	txn_free(t);
	txn_free(tp);
	store_free(running);
	store_free(parked);
	return ok;
}

static void reload_now(struct hub *h, struct peer *p, uint32_t id)
{
	struct refusal why = done;

	h->reload_wanted = false;
	notify_state("RELOADING=1");
	if (apply_file(h, &why)) {
		log_info("%s was read", h->options.file);
		notice_file_read(h);
		listen_reload(h);
		set_result(h, "ok");
	} else {
		log_error("the configuration stays as it is: %s", why.reason);
		set_result(h, why.reason);
	}
	notify_state("READY=1");
	if (p)
		peer_reply(p, id, &why);
}

void commit_reload(struct hub *h)
{
	h->reload_wanted = true;
	if (!h->commit)
		reload_now(h, NULL, 0);
}

/* ------------------------------------------------------------------------- the start */

struct undoing {
	struct hub *hub;
	struct changeset *changes;
};

static void put_back(const struct delta *d, const char *value, void *arg)
{
	struct undoing *u = arg;
	struct delta back = *d;

	overrides_put(u->hub->overrides, d->table, d->key, d->column, value);
	back.old_value = d->new_value;
	back.was_set = d->is_set;
	back.new_value = d->old_value;
	back.is_set = value != NULL;
	changeset_add(u->changes, &back);
}

/* Directord ended before a change was confirmed: it is undone before anything is in effect. */
static void undo_unconfirmed(struct hub *h)
{
	struct undoing u = {.hub = h};
	uint32_t generation;
	struct job *j;

	if (!datastore_number(h->datastore, "unconfirmed", &generation))
		return;
	log_warning("configuration: what was set after generation %" PRIu32
		    " was not confirmed, and is undone",
	    generation);
	u.changes = changeset_new(ORIGIN_UNDO);
	u.changes->generation = h->system->generation + 1;
	history_before(&h->history, generation, put_back, &u);
	j = job_new(NULL, NULL);
	changes_to_job(h, j, u.changes, false);
	history_to_job(h, j, u.changes);
	job_forget_number(j, "unconfirmed");
	datastore_submit(h->datastore, j);
	h->system->generation = u.changes->generation;
	remember(h, u.changes);
}

/* A row that was volatile and is the file's since has values on the disk, and no storage. */
static bool was_kept(const struct hub *h, const struct delta *list, size_t n)
{
	if (is_volatile(set_word(h, &list[0], "storage")))
		return false;
	for (size_t i = 0; i < n; i++)
		if (set_word(h, &list[i], list[i].column))
			return true;
	return false;
}

static struct changeset *lost_rows(const struct hub *h)
{
	struct changeset *all = changeset_new(ORIGIN_UNDO), *c = changeset_new(ORIGIN_UNDO);

	history_lost(&h->history, all);
	for (size_t i = 0, n; i < all->n; i += n) {
		n = of_one_row(&all->list[i], all->n - i);
		for (size_t k = i; !was_kept(h, &all->list[i], n) && k < i + n; k++)
			changeset_add(c, &all->list[k]);
	}
	changeset_free(all);
	return c;
}

/*
 * Volatile rows are gone since directord ended: that is a change like another one, so that a rollback knows what they
 * were.
 */
static void tell_lost(struct hub *h)
{
	struct changeset *c = lost_rows(h);
	struct job *j;

	if (!c->n) {
		changeset_free(c);
		return;
	}
	c->generation = h->system->generation + 1;
	for (size_t i = 0; i < c->n; i++)
		delta_to_memory(h, &c->list[i]);
	j = job_new(NULL, NULL);
	changes_to_job(h, j, c, false);
	history_to_job(h, j, c);
	datastore_submit(h->datastore, j);
	h->system->generation = c->generation;
	remember(h, c);
}

static void read_datastore(struct hub *h)
{
	struct override *list;
	uint32_t generation = 0;
	size_t n;

	h->overrides = overrides_new();
	history_init(&h->history);
	if (datastore_overrides(h->datastore, &list, &n))
		for (size_t i = 0; i < n; i++)
			overrides_put(h->overrides, list[i].table, list[i].key, list[i].column,
			    list[i].value);
	else
		log_error("datastore: %s; what was set over SNMP is not in effect",
		    datastore_trouble(h->datastore));
	overrides_free(list, n);
	datastore_history(h->datastore, remember_stored, h);
	if (datastore_number(h->datastore, "generation", &generation) &&
	    generation > h->system->generation)
		h->system->generation = generation;
	tell_lost(h);
	undo_unconfirmed(h);
	tell_lost(h); /* what is volatile again */
}

bool commit_first(struct hub *h)
{
	struct refusal why;

	h->control = (struct control *)store_scalar(h->store, TABLE_control);
	h->confirm_timer = evtimer_new(h->base, unconfirmed, h);
	if (!h->confirm_timer)
		abort();
	read_datastore(h);
	if (!apply_file(h, &why)) {
		log_error("%s", why.reason);
		return false;
	}
	tell_oldest(h);
	set_result(h, "ok");
	return true;
}

void commit_close(struct hub *h)
{
	if (h->confirm_timer)
		event_free(h->confirm_timer);
	if (!h->overrides)
		return;
	overrides_delete(h->overrides);
	history_clear(&h->history);
}
