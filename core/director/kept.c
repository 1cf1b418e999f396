/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State that outlives a restart of everything (schema: .kept): which real servers are down, since when,
 * how often.  Without it, the checks would begin with the assumption that all is well, and clients
 * would be sent to servers that are known to be dead.
 *
 * Changed rows are written at once, and those that change while the disk is busy in one job after that;
 * the state itself is written with its event already (events.c).  The marks (core/model/marks.h) on rows of the
 * hub's store are for that alone.
 *
 * Which event was notified last outlives the machine's restart, too, as the event log does.
 */
#include "core/director/hub.h"

#include <stdlib.h>
#include "core/base/log.h"

#define NOTIFIED "notified"

/* What is at hand now is read first, so that many changes of one moment are one job. */
static const struct timeval soon;

static void stored(const char *error, void *arg)
{
	struct hub *h = arg;

	h->keeping = false;
	hub_datastore_state(h, error);
	if (!marks_are_empty(&h->kept_marks))
		event_add(h->keep, &soon);
}

static column_mask columns_kept(const struct table *t)
{
	return t->id == TABLE_system ? COLUMN(system, event_notified) : table_kept(t);
}

static void keep_row(struct job *j, struct row *r, column_mask columns)
{
	char text[COLUMN_TEXT_SIZE];

	if (r->table->id == TABLE_system) {
		job_number(j, NOTIFIED, ((struct system *)r)->event_notified);
		return;
	}
	for (size_t i = 0; i < r->table->ncolumns; i++)
		if (columns >> i & 1)
			job_state(j, r, &r->table->columns[i],
			    column_format(r, &r->table->columns[i], text));
}

static void keep_now(int fd, short what, void *arg)
{
	struct hub *h = arg;
	struct job *j;
	struct row *r;

	(void)fd;
	(void)what;
	if (h->keeping || marks_are_empty(&h->kept_marks))
		return;
	j = job_new(stored, h);
	while ((r = marks_first(&h->kept_marks)))
		keep_row(j, r, marks_take(&h->kept_marks, r));
	h->keeping = true;
	datastore_submit(h->datastore, j);
}

void kept_changed(struct hub *h, struct row *r, column_mask mask)
{
	mask &= columns_kept(r->table);
	if (!mask)
		return;
	marks_add(&h->kept_marks, r, mask);
	if (!h->keeping && !event_pending(h->keep, EV_TIMEOUT, NULL))
		event_add(h->keep, &soon);
}

void kept_removed(struct hub *h, const struct txn *t)
{
	struct job *j = NULL;

	for (size_t i = 0; i < txn_changes(t); i++) {
		struct row *r = txn_change(t, i)->row;

		if (txn_change(t, i)->kind != CHANGE_REMOVED || !table_kept(r->table))
			continue;
		marks_take(&h->kept_marks, r);
		j = j ? j : job_new(NULL, NULL);
		job_state(j, r, NULL, NULL);
	}
	if (j)
		datastore_submit(h->datastore, j);
}

static void restore(struct hub *h, const struct override *v)
{
	const struct table *t = table_find(v->table);
	const struct column *c = t ? table_column(t, v->column) : NULL;
	char why[WHY_SIZE];
	struct row *key, *there;

	if (!c || !c->kept)
		return;
	key = row_new(t);
	there = row_key_parse(key, v->key, why) ? store_find(h->store, key) : NULL;
	if (there && !column_parse(there, c, v->value, why))
		log_debug("kept state %s %s %s: %s", v->table, v->key, v->column, why);
	row_free(key);
}

void kept_open(struct hub *h)
{
	struct override *list;
	size_t n;

	h->keep = event_new(h->base, -1, 0, keep_now, h);
	datastore_number(h->datastore, NOTIFIED, &h->system->event_notified);
	if (datastore_states(h->datastore, &list, &n))
		for (size_t i = 0; i < n; i++)
			restore(h, &list[i]);
	overrides_free(list, n);
}

void kept_close(struct hub *h)
{
	if (!h->keep)
		return;
	h->keeping = false;
	keep_now(-1, 0, h);
	marks_clear(&h->kept_marks);
	event_free(h->keep);
}
