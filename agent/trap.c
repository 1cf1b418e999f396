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

static void add_column(
    struct trap *t, const struct view *v, const struct row *r, const struct column *c)
{
	if (c->type == TYPE_ADDR) {
		add(t, v, object_of(r->table, c, PART_ADDR_TYPE), r);
		add(t, v, object_of(r->table, c, PART_ADDR_BYTES), r);
	} else {
		add(t, v, object_of(r->table, c, PART_VALUE), r);
	}
}

static void copy_column(struct row *to, const struct row *from, const struct column *c)
{
	row_copy_columns(to, from, (column_mask)1 << (c - to->table->columns));
}

/* The other columns are what they are now; where the row is gone, what they are in a new one. */
static void add_more(struct trap *t, const struct view *v, struct row *subject,
    const struct row *now, const struct event_info *info)
{
	for (size_t i = 0; i < EVENT_MORE && info->more[i]; i++) {
		const struct column *c = table_column(subject->table, info->more[i]);
		const struct column *shown = column_shown(subject->table, c);

		if (now && shown->class != CLASS_KEY)
			copy_column(subject, now, shown);
		add_column(t, v, subject, c);
	}
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
	now = store_find(v->store, subject);
	if (!*e->new_state || !column_parse(subject, c, e->new_state, why)) {
		if (!now)
			return;
		copy_column(subject, now, c);
	}
	add_column(t, v, subject, c);
	add_more(t, v, subject, now, info);
}

bool trap_build(struct trap *t, const struct view *v, const struct event_log *e)
{
	const struct event_info *info = event_info_find(e->kind);

	memset(t, 0, sizeof(*t));
	if (!info)
		return false;
	t->kind[0] = tables[info->table].module;
	t->kind[2] = info->kind;
	for (size_t i = 0; event_columns[i]; i++)
		add_column(t, v, &e->row, table_column(e->row.table, event_columns[i]));
	add_subject(t, v, e, info);
	return true;
}

void trap_clear(struct trap *t)
{
	row_free(t->subject);
	t->subject = NULL;
}

size_t trap_root(const struct trap *t, arc to[OID_MAX])
{
	return t->standard_len ? 0 : object_root(to);
}

size_t trap_name(const struct trap *t, arc to[OID_MAX])
{
	size_t n = object_root(to);

	if (t->standard_len) {
		memcpy(to, t->standard, t->standard_len * sizeof(*to));
		return t->standard_len;
	}
	memcpy(to + n, t->kind, sizeof(t->kind));
	return n + sizeof(t->kind) / sizeof(*t->kind);
}

/*
 * The file says the sequence number and the time of the last event that was taken, and which later one is
 * half taken: our own notification of it, but not the standard one.  The time tells when
 * the event log was begun anew or lost its end (a datastore that was removed, a power failure): then a
 * sequence number means another event than it did.
 *
 * A second line says which event was handed over after that, not answered yet, and to which master agent.
 * What was written to a master it reads, even if this process dies before the answer; so the event counts
 * as taken if the next process finds the same master.
 */
struct outbox {
	char path[PATH_MAX];
	uint32_t sequence;
	usec_t time;
	uint32_t own;	 /* the later event of which our own notification was taken; 0: none */
	uint32_t handed; /* 0: none */
	usec_t handed_time;
	bool handed_half; /* it is our own notification, and a standard one follows */
	char master[OUTBOX_MASTER_SIZE];
	bool found; /* there was a file */
	bool dirty; /* not saved yet */
	bool save_failed;
};

static void load(struct outbox *o, FILE *f)
{
	char line[200];
	int half;

	if (!fgets(line, sizeof(line), f) ||
	    sscanf(line, "%" SCNu32 " %" SCNu64 " %" SCNu32, &o->sequence, &o->time, &o->own) < 2) {
		log_error("%s does not say which event was sent last; all are sent", o->path);
		o->sequence = 0;
		o->time = 0;
		return;
	}
	if (fgets(line, sizeof(line), f) && sscanf(line, "%" SCNu32 " %" SCNu64 " %63s %d",
						&o->handed, &o->handed_time, o->master, &half) == 4)
		o->handed_half = half != 0;
	else
		o->handed = 0;
}

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
	o->found = true;
	load(o, f);
	fclose(f);
	return o;
}

void outbox_free(struct outbox *o)
{
	free(o);
}

static bool write_file(const struct outbox *o)
{
	char temporary[PATH_MAX + 8], text[200];
	int n, fd;
	bool ok;

	snprintf(temporary, sizeof(temporary), "%s.new", o->path);
	n = snprintf(text, sizeof(text), "%" PRIu32 " %" PRIu64 " %" PRIu32 "\n", o->sequence,
	    o->time, o->own);
	if (o->handed)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%" PRIu32 " %" PRIu64 " %s %d\n",
		    o->handed, o->handed_time, o->master, o->handed_half);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write(fd, text, (size_t)n) == n;
	return close(fd) == 0 && ok && rename(temporary, o->path) == 0;
}

void outbox_save(struct outbox *o)
{
	bool failed;

	if (!o->dirty)
		return;
	failed = !write_file(o);
	if (failed && !o->save_failed)
		log_error("%s: %s; notifications may be sent again after a restart", o->path,
		    strerror(errno));
	o->save_failed = failed;
	o->dirty = failed;
}

void outbox_taken(struct outbox *o, const struct event_log *e)
{
	o->sequence = e->sequence;
	o->time = e->time;
	o->own = 0;
	o->handed = 0;
	o->dirty = true;
}

void outbox_taken_own(struct outbox *o, const struct event_log *e)
{
	o->own = e->sequence;
	o->handed = 0;
	o->dirty = true;
}

bool outbox_is_own_taken(const struct outbox *o, const struct event_log *e)
{
	return o->own == e->sequence;
}

void outbox_handed(struct outbox *o, const struct event_log *e, bool half, const char *master)
{
	if (!*master)
		return;
	o->handed = e->sequence;
	o->handed_time = e->time;
	o->handed_half = half;
	snprintf(o->master, sizeof(o->master), "%s", master);
	o->dirty = true;
	outbox_save(o);
}

void outbox_connected(struct outbox *o, const char *master)
{
	if (!o->handed)
		return;
	if (*master && strcmp(o->master, master) == 0) {
		if (o->handed_half) {
			o->own = o->handed;
		} else {
			o->sequence = o->handed;
			o->time = o->handed_time;
			o->own = 0;
		}
	}
	o->handed = 0;
	o->dirty = true;
}

void outbox_returned(struct outbox *o)
{
	o->dirty |= o->handed != 0;
	o->handed = 0;
	outbox_save(o);
}

uint32_t outbox_last(const struct outbox *o)
{
	return o->sequence;
}

static struct event_log *at_or_after(const struct store *s, uint32_t sequence)
{
	struct event_log *key = ROW_NEW(event_log), *found;

	key->sequence = sequence;
	found = (struct event_log *)store_at_or_after(s, &key->row);
	row_free(&key->row);
	return found;
}

void outbox_begin(struct outbox *o, struct store *s)
{
	uint32_t last = store_system(s)->event_notified;
	const struct event_log *e = last && !o->found ? at_or_after(s, last) : NULL;

	if (e && e->sequence == last)
		outbox_taken(o, e);
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
	o->own = 0;
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
