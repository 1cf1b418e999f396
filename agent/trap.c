/* SPDX-License-Identifier: BSD-2-Clause */
/* See trap.h. */
#include "agent/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/base/log.h"

static void add(struct trap *t, const struct view *v, const struct object *o, const struct row *r)
{
	struct trap_var *var = &t->vars[t->nvars++];

	memcpy(var->name, o->name, o->len * sizeof(*o->name));
	var->len = o->len + index_encode(r, var->name + o->len);
	get_value(v, o, r, &var->value);
}

static void add_event_column(
    struct trap *t, const struct view *v, const struct event_log *e, const char *column)
{
	const struct table *table = &tables[TABLE_event_log];

	add(t, v, object_of(table, table_column(table, column), PART_VALUE), &e->row);
}

/* The state is the one of the event, not what it has become since; only what the event does not tell is the row's. */
static void add_subject(
    struct trap *t, const struct view *v, const struct event_log *e, const struct event_info *info)
{
	const struct table *table = &tables[info->table];
	const struct column *c = table_column(table, info->column);
	struct row *subject = row_new(table);
	const struct row *now;
	char why[WHY_SIZE];

	t->subject = subject;
	if (!table->scalar && !row_key_parse(subject, e->subject, why)) {
		log_warning("event %" PRIu32 ": '%s' names no %s: %s", e->sequence, e->subject,
		    table->name, why);
		return;
	}
	if (!*e->new_state || !column_parse(subject, c, e->new_state, why)) {
		now = store_find(v->store, subject);
		if (!now)
			return;
		row_copy_columns(subject, now, (column_mask)1 << (c - table->columns));
	}
	add(t, v, object_of(table, c, PART_VALUE), subject);
}

bool trap_build(struct trap *t, const struct view *v, const struct event_log *e)
{
	const struct event_info *info = event_info_find(e->kind);

	memset(t, 0, sizeof(*t));
	if (!info)
		return false;
	t->kind[0] = tables[info->table].module;
	t->kind[2] = info->kind;
	add_event_column(t, v, e, "time");
	add_event_column(t, v, e, "subject");
	add_event_column(t, v, e, "old_state");
	add_event_column(t, v, e, "new_state");
	add_event_column(t, v, e, "reason");
	add_subject(t, v, e, info);
	return true;
}

void trap_clear(struct trap *t)
{
	row_free(t->subject);
	t->subject = NULL;
}

/*
 * The file says the sequence number and the time of the last event that was taken.  The time tells when
 * the event log was begun anew or lost its end (a datastore that was removed, a power failure): then a
 * sequence number means another event than it did.
 */
struct outbox {
	char path[PATH_MAX];
	uint32_t sequence;
	usec_t time;
	bool save_failed;
};

struct outbox *outbox_new(const char *dir)
{
	struct outbox *o = calloc(1, sizeof(*o));
	FILE *f;

	if (!o)
		abort();
	snprintf(o->path, sizeof(o->path), "%s/notified", dir);
	f = fopen(o->path, "re");
	if (!f) {
		if (errno != ENOENT)
			log_error("%s: %s", o->path, strerror(errno));
		return o;
	}
	if (fscanf(f, "%" SCNu32 " %" SCNu64, &o->sequence, &o->time) != 2) {
		log_error("%s does not say which event was sent last; all are sent", o->path);
		o->sequence = 0;
		o->time = 0;
	}
	fclose(f);
	return o;
}

void outbox_free(struct outbox *o)
{
	free(o);
}

static bool save(const struct outbox *o)
{
	char temporary[PATH_MAX + 8], text[64];
	int n, fd;
	bool ok;

	snprintf(temporary, sizeof(temporary), "%s.new", o->path);
	n = snprintf(text, sizeof(text), "%" PRIu32 " %" PRIu64 "\n", o->sequence, o->time);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write(fd, text, (size_t)n) == n;
	return close(fd) == 0 && ok && rename(temporary, o->path) == 0;
}

void outbox_taken(struct outbox *o, const struct event_log *e)
{
	bool failed;

	o->sequence = e->sequence;
	o->time = e->time;
	failed = !save(o);
	if (failed && !o->save_failed)
		log_error("%s: %s; notifications may be sent again after a restart", o->path,
		    strerror(errno));
	o->save_failed = failed;
}

static struct event_log *at_or_after(const struct store *s, uint32_t sequence)
{
	struct event_log *key = ROW_NEW(event_log), *found;

	key->sequence = sequence;
	found = (struct event_log *)store_at_or_after(s, &key->row);
	row_free(&key->row);
	return found;
}

/* Is the log another one than that of the last event that was taken? */
static bool log_changed(const struct outbox *o, const struct store *s)
{
	const struct event_log *e;

	if (!o->sequence || store_count(s, TABLE_event_log) == 0)
		return false;
	e = at_or_after(s, o->sequence);
	if (!e)
		return true;
	return e->sequence == o->sequence && e->time != o->time;
}

/* Goes on behind the last event that is not newer than the last one that was taken. */
static void find_place(struct outbox *o, const struct store *s)
{
	uint32_t sequence = 0;

	STORE_FOREACH (event_log, e, s)
		if (e->time <= o->time)
			sequence = e->sequence;
	log_warning(
	    "the event log was replaced; notifications go on after event %" PRIu32, sequence);
	o->sequence = sequence;
	if (!sequence)
		o->time = 0;
	else
		o->time = at_or_after(s, sequence)->time;
}

const struct event_log *outbox_next(struct outbox *o, const struct store *s)
{
	const struct event_log *e;

	if (log_changed(o, s))
		find_place(o, s);
	if (o->sequence == UINT32_MAX)
		return NULL;
	e = at_or_after(s, o->sequence + 1);
	if (e && o->sequence && e->sequence != o->sequence + 1) {
		log_warning("events %" PRIu32 " to %" PRIu32
			    " left the log before they could be sent as notifications",
		    o->sequence + 1, e->sequence - 1);
		o->sequence = e->sequence - 1; /* said once */
		o->time = 0;
	}
	return e;
}
