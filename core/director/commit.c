/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes of the configuration: every one is a transaction (txn.h), whoever asks for it.
 *
 * A change over SNMP or by directorctl is applied to the store, then written to the datastore, and only
 * when the disk has it are the processes told and the requester answered; if the disk refuses, the store
 * is put back.  Until then no other change begins: it waits, so that what is taken back is what was
 * there.  A reload reads the file, puts the values that were set over it, and
 * applies the difference to what runs.
 */
#include "core/director/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/director/overrides.h"

struct commit {
	struct hub *hub;
	struct peer *peer; /* NULL: it is gone meanwhile */
	uint32_t id;
	struct txn *txn;
	struct txn *inverse;	   /* what would take it back */
	struct overrides *before;  /* what was set until then, for the columns that it changes */
	struct overrides *restore; /* it takes another back: what was set before that one */
	struct job *job;	   /* while it is being made */
	uint64_t syncs;		   /* hub->syncs when it was applied */
};

static const struct refusal done = {.kind = REFUSAL_NONE, .column = -1};

static struct refusal refusal_of(enum refusal_kind kind, const char *reason)
{
	struct refusal r = {.kind = kind, .column = -1};

	snprintf(r.reason, sizeof(r.reason), "%s", reason);
	return r;
}

/* The configuration has changed: counted, told, and logged. */
static void changed(struct hub *h, const struct txn *t, const char *who)
{
	char reason[200], generation[32];

	peers_send_txn(h, t);
	kept_removed(h, t);
	h->system->generation++;
	h->system->config_changed = clock_now();
	hub_changed(
	    h, &h->system->row, COLUMN(system, generation) | COLUMN(system, config_changed));
	snprintf(reason, sizeof(reason), "%zu %s changed by %s", txn_changes(t),
	    txn_changes(t) == 1 ? "row" : "rows", who);
	snprintf(generation, sizeof(generation), "%u", h->system->generation);
	log_notice("configuration: %s", reason);
	if (!h->ready_told)
		return; /* the start is no change that anybody must be woken for */
	event_add_log(h, EVENT_CONFIG_CHANGED, &h->system->row, "", generation, reason);
}

static const char *requester(const struct peer *p)
{
	return p && p->bit == P_AGENT ? "SNMP" : "directorctl";
}

/* ---------------------------------------------------------------------- one commit */

/* A column that a transaction names, whether its value differs from before or not. */
typedef void (*each_column)(const struct row *wanted, const struct column *c, void *arg);

struct each {
	each_column call;
	void *arg;
};

static void each_row(const struct row *wanted, column_mask mask, void *arg)
{
	const struct each *e = arg;

	for (size_t n = 0; n < wanted->table->ncolumns; n++)
		if (mask >> n & 1)
			e->call(wanted, &wanted->table->columns[n], e->arg);
}

static void for_each_wanted(const struct txn *t, each_column call, void *arg)
{
	struct each e = {call, arg};

	txn_each_wanted(t, each_row, &e);
}

/*
 * The value that is to win over the file from now on: the row's, or, when a commit is taken back, the one
 * that was set before it (NULL: none).
 */
static const char *override_value(const struct commit *c, const struct row *r,
    const struct column *col, char text[COLUMN_TEXT_SIZE])
{
	return c->restore ? overrides_get(c->restore, r, col) : column_format(r, col, text);
}

static void override_to_job(const struct row *r, const struct column *col, void *arg)
{
	struct commit *c = arg;
	char text[COLUMN_TEXT_SIZE];

	job_override(c->job, r, col, override_value(c, r, col, text));
}

static void override_to_memory(const struct row *r, const struct column *col, void *arg)
{
	struct commit *c = arg;
	char text[COLUMN_TEXT_SIZE], key[KEY_TEXT_SIZE];

	overrides_put(c->hub->overrides, r->table->name, row_key_format(r, key), col->name,
	    override_value(c, r, col, text));
}

static void remember_override(const struct row *r, const struct column *col, void *arg)
{
	struct commit *c = arg;
	char key[KEY_TEXT_SIZE];

	overrides_put(c->before, r->table->name, row_key_format(r, key), col->name,
	    overrides_get(c->hub->overrides, r, col));
}

static void commit_free(struct commit *c)
{
	txn_free(c->txn);
	txn_free(c->inverse);
	overrides_delete(c->before);
	overrides_delete(c->restore);
	free(c);
}

/* The requester may take it back until it says that it will not. */
static void hand_over(struct commit *c)
{
	struct peer *p = c->peer;

	txn_free(p->committed);
	overrides_delete(p->before);
	p->committed = c->inverse;
	p->before = c->before;
	c->inverse = NULL;
	c->before = NULL;
}

static void reload_now(struct hub *h, struct peer *p, uint32_t id);
static void run_waiting(struct hub *h);

static void stored(const char *error, void *arg)
{
	struct commit *c = arg;
	struct hub *h = c->hub;
	struct refusal r = done;

	h->commit = NULL;
	if (error) {
		r = refusal_of(REFUSAL_STORE, error);
		txn_undo(c->txn, h->store);
		if (h->syncs != c->syncs)
			peers_resync(h); /* somebody was told what is not so now */
	} else {
		for_each_wanted(c->txn, override_to_memory, c);
		if (txn_changes(c->txn))
			changed(h, c->txn, requester(c->peer));
	}
	hub_datastore_state(h, error);
	if (c->peer) {
		peer_reply(c->peer, c->id, &r);
		if (!error)
			hand_over(c);
	}
	commit_free(c);
	if (h->reload_wanted)
		reload_now(h, NULL, 0);
	run_waiting(h);
}

/* A transaction that sets the columns that t is about to change to what they are now. */
static struct txn *inverse_of(struct hub *h, const struct group_reader *in)
{
	struct txn *t = txn_new();

	for (size_t i = 0; i < in->n; i++) {
		struct row *there = store_find(h->store, in->items[i].row);

		if (there)
			txn_set(t, there, in->items[i].mask, false);
	}
	return t;
}

/* Applies and sends to the disk; the transaction is the commit's in any case. */
static bool start_commit(struct peer *p, uint32_t id, struct txn *t, struct txn *inverse,
    struct overrides *restore, struct refusal *why)
{
	struct hub *h = p->hub;
	struct commit *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	*c = (struct commit){.hub = h, .peer = p, .id = id, .txn = t, .inverse = inverse};
	c->restore = restore;
	c->before = overrides_new();
	c->syncs = h->syncs;
	if (!txn_apply(t, h->store, why)) {
		commit_free(c);
		return false;
	}
	h->commit = c;
	c->job = job_new(stored, c);
	for_each_wanted(t, remember_override, c);
	for_each_wanted(t, override_to_job, c);
	datastore_submit(h->datastore, c->job);
	return true;
}

void commit_peer_gone(struct hub *h, struct peer *p)
{
	if (h->commit && h->commit->peer == p)
		h->commit->peer = NULL;
	commit_release(p);
}

/* ---------------------------------------------------------------------- the requests */

static bool may_edit(const struct group_item *i, struct refusal *why)
{
	const struct table *t = i->row->table;
	const struct column *c = t->columns;
	int column = -1;

	*why = refusal_of(REFUSAL_READONLY, "rows are made and removed in the file");
	if (i->op == ROW_SET && (t->config || t->scalar)) {
		for (int n = 0; n < t->ncolumns && column < 0; n++)
			if (i->mask >> n & 1 && !(c[n].class == CLASS_CONFIG && c[n].set))
				column = n;
		if (column < 0)
			return true;
		*why = refusal_of(REFUSAL_READONLY, "the column cannot be set");
	}
	why->table = t;
	why->column = column;
	row_format(i->row, why->row);
	return false;
}

static bool prepare(struct peer *p, struct refusal *why)
{
	struct txn *t = txn_new();
	bool ok = true;

	for (size_t i = 0; i < p->in.n && ok; i++) {
		p->in.items[i].row->origin = 0; /* stays what it is */
		ok = may_edit(&p->in.items[i], why);
		if (ok)
			txn_set(t, p->in.items[i].row, p->in.items[i].mask, false);
	}
	ok = ok && txn_apply(t, p->hub->store, why);
	if (!ok) {
		const char *column =
		    why->table && why->column >= 0 ? why->table->columns[why->column].name : "";

		log_info("%s: refused: %s%s%s: %s", requester(p), why->row, *column ? ", " : "",
		    column, why->reason);
		txn_free(t);
		return false;
	}
	txn_undo(t, p->hub->store);
	txn_free(p->prepared);
	txn_free(p->inverse);
	p->prepared = t;
	p->inverse = inverse_of(p->hub, &p->in);
	return true;
}

static bool commit_prepared(struct peer *p, uint32_t id, struct refusal *why)
{
	struct txn *t = p->prepared, *inverse = p->inverse;

	*why = refusal_of(REFUSAL_INCONSISTENT, "nothing was prepared");
	p->prepared = p->inverse = NULL;
	return t && start_commit(p, id, t, inverse, NULL, why);
}

static bool undo_committed(struct peer *p, uint32_t id, struct refusal *why)
{
	struct txn *t = p->committed;
	struct overrides *before = p->before;

	*why = refusal_of(REFUSAL_INCONSISTENT, "nothing was committed");
	p->committed = NULL;
	p->before = NULL;
	return t && start_commit(p, id, t, NULL, before, why);
}

void commit_release(struct peer *p)
{
	txn_free(p->prepared);
	txn_free(p->inverse);
	txn_free(p->committed);
	overrides_delete(p->before);
	p->prepared = p->inverse = p->committed = NULL;
	p->before = NULL;
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
		if (prepare(p, &why))
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

/* The file's rows with what was set over them; NULL with *error. */
static struct store *read_merged(struct hub *h, struct config_error *error)
{
	struct config *c = config_read(h->options.file, error, warn, NULL);
	struct store *s;

	if (!c)
		return NULL;
	s = config_take_store(c);
	config_free(c);
	store_system(s);
	overrides_apply(h->overrides, s, warn, NULL);
	return s;
}

static void set_result(struct hub *h, const char *result)
{
	row_set_textf(&h->system->reload_result, "%s", result);
	hub_changed(h, &h->system->row, COLUMN(system, reload_result));
}

static bool apply_file(struct hub *h, struct refusal *why)
{
	struct config_error error;
	struct store *s = read_merged(h, &error);
	struct txn *t;
	bool ok;

	if (!s) {
		*why = refusal_of(REFUSAL_INCONSISTENT, error.text);
		return false;
	}
	t = txn_new();
	txn_difference(t, h->store, s);
	ok = txn_apply(t, h->store, why);
	if (ok && txn_changes(t))
		changed(h, t, "the file");
	txn_free(t);
	store_free(s);
	return ok;
}

static void reload_now(struct hub *h, struct peer *p, uint32_t id)
{
	struct refusal why = done;

	h->reload_wanted = false;
	notify_state("RELOADING=1");
	if (apply_file(h, &why)) {
		log_info("%s was read", h->options.file);
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

bool commit_first(struct hub *h)
{
	struct override *list;
	struct refusal why;
	size_t n;

	h->overrides = overrides_new();
	if (datastore_overrides(h->datastore, &list, &n))
		for (size_t i = 0; i < n; i++)
			overrides_put(h->overrides, list[i].table, list[i].key, list[i].column,
			    list[i].value);
	else
		log_error("datastore: %s; what was set over SNMP is not in effect",
		    datastore_trouble(h->datastore));
	overrides_free(list, n);
	if (!apply_file(h, &why)) {
		log_error("%s", why.reason);
		return false;
	}
	set_result(h, "ok");
	return true;
}
