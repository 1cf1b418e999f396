/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event log.
 *
 * An event is written to the datastore first and told to the agent then, so that a notification that a
 * manager has seen is in the log after a power failure too.  Events that come while the disk is busy wait
 * for one common transaction.  A disk that fails or hangs (datastore_hangs()) only costs the
 * record: the events are told all the same, since a lost trap is worse than a lost line of history.
 *
 * The log keeps the newest events; those that the agent has not sent as notifications yet it keeps for
 * longer, so that a burst or a manager's long absence costs none, but not without a bound.
 */
#include "core/director/hub.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"

#define KEPT 10000	  /* events in the log */
#define KEPT_UNSENT 50000 /* and as many while they were not sent */
#define PRUNE_EVERY 500	  /* on disk */
#define PRUNE_AT_ONCE 100 /* in memory, with each new event */

struct waiting {
	STAILQ_ENTRY(waiting) entry;
	struct row *row;     /* NULL once it was told */
	struct row *subject; /* its key */
};
STAILQ_HEAD(waiting_list, waiting);

struct pending_events {
	uint32_t last;
	uint32_t first_stored;	     /* what is before it was taken from the disk */
	struct waiting_list fresh;   /* not given to the datastore yet */
	struct waiting_list writing; /* in the job that is on its way */
	bool busy;
};

static void tell_range(struct hub *h)
{
	struct row *first = store_first(h->store, TABLE_event_log);

	h->system->event_first = first ? ((struct event_log *)first)->sequence : 0;
	h->system->event_last = h->events->last;
	hub_changed(h, &h->system->row, COLUMN(system, event_first) | COLUMN(system, event_last));
}

static bool may_go(const struct hub *h, const struct event_log *e)
{
	size_t n = store_count(h->store, TABLE_event_log);

	return n > KEPT_UNSENT || (n > KEPT && e->sequence <= h->system->event_notified);
}

static void prune(struct hub *h)
{
	struct row *first;

	for (int i = 0; i < PRUNE_AT_ONCE; i++) {
		first = store_first(h->store, TABLE_event_log);
		if (!first || !may_go(h, (struct event_log *)first))
			return;
		hub_removed(h, first);
	}
}

/* The disk follows, some at a time. */
static void prune_stored(struct hub *h, struct job *j)
{
	struct pending_events *e = h->events;
	const struct row *first = store_first(h->store, TABLE_event_log);
	uint32_t sequence = first ? ((const struct event_log *)first)->sequence : 0;

	if (sequence < e->first_stored + PRUNE_EVERY)
		return;
	job_prune_events(j, sequence);
	e->first_stored = sequence;
}

static void tell(struct hub *h, struct waiting *w)
{
	if (!w->row)
		return;
	hub_added(h, w->row);
	w->row = NULL;
	prune(h);
}

static void tell_all(struct hub *h, struct waiting_list *list)
{
	struct waiting *w;

	STAILQ_FOREACH (w, list, entry)
		tell(h, w);
	tell_range(h);
}

static void empty(struct waiting_list *list)
{
	struct waiting *w;

	while ((w = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, entry);
		row_free(w->row);
		row_free(w->subject);
		free(w);
	}
}

static void submit(struct hub *h);

/*
 * The event and the state that it tells of, where that is one that is kept (kept.c), in one transaction:
 * else a kill between the two would have it told again after the restart.
 */
static void write_event(struct job *j, const struct waiting *w)
{
	const struct event_log *e = (const struct event_log *)w->row;
	const struct event_info *info = event_info_find(e->kind);
	const struct column *state = table_column(w->subject->table, info->column);

	job_event(j, w->row);
	if (state->kept)
		job_state(j, w->subject, state, e->new_state);
}

static void written(const char *error, void *arg)
{
	struct hub *h = arg;
	struct pending_events *e = h->events;

	e->busy = false;
	tell_all(h, &e->writing);
	empty(&e->writing);
	hub_datastore_state(h, error);
	submit(h);
}

static void submit(struct hub *h)
{
	struct pending_events *e = h->events;
	struct waiting *w;
	struct job *j;

	if (e->busy || STAILQ_EMPTY(&e->fresh))
		return;
	j = job_new(written, h);
	STAILQ_CONCAT(&e->writing, &e->fresh);
	STAILQ_FOREACH (w, &e->writing, entry)
		if (w->row)
			write_event(j, w);
	prune_stored(h, j);
	e->busy = true;
	datastore_submit(h->datastore, j);
}

void events_disk_hangs(struct hub *h)
{
	tell_all(h, &h->events->writing);
	tell_all(h, &h->events->fresh);
}

void event_add_log(struct hub *h, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason)
{
	struct event_log *e = ROW_NEW(event_log);
	struct waiting *w = calloc(1, sizeof(*w));
	char key[KEY_TEXT_SIZE];

	if (!w)
		abort();
	e->sequence = ++h->events->last;
	e->time = clock_wall();
	e->kind = kind;
	row_set_text(&e->subject, row_key_format(subject, key));
	row_set_text(&e->old_state, old_state);
	row_set_text(&e->new_state, new_state);
	row_set_text(&e->reason, reason);
	w->row = &e->row;
	w->subject = row_copy(subject);
	STAILQ_INSERT_TAIL(&h->events->fresh, w, entry);
	submit(h);
	if (datastore_hangs(h->datastore)) {
		tell(h, w);
		tell_range(h);
	}
}

static void remember(struct row *r, void *arg)
{
	struct hub *h = arg;

	h->events->last = ((struct event_log *)r)->sequence;
	if (store_insert(h->store, r))
		row_free(r);
}

void events_open(struct hub *h)
{
	struct pending_events *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	STAILQ_INIT(&e->fresh);
	STAILQ_INIT(&e->writing);
	h->events = e;
	datastore_events(h->datastore, KEPT_UNSENT, remember, h);
	tell_range(h);
}

void events_close(struct hub *h)
{
	empty(&h->events->fresh);
	empty(&h->events->writing);
	free(h->events);
}
