/* SPDX-License-Identifier: BSD-2-Clause */
/* See command.h. */
#include "core/ctl/command.h"

#include <string.h>
#include <unistd.h>
#include "core/ctl/status.h"

/* A reload reads files and names; a commit waits for the disk. */
#define CALL_TIMEOUT (60 * USEC_PER_SEC)

/* ------------------------------------------------------------------ status and show */

static void report(struct session *s)
{
	const struct options *o = s->options;

	(o->json ? o->json_text : o->text)(s->out, &s->style, s->store);
	session_end(s, CTL_OK);
}

const struct session_ops command_report = {report, NULL};

static void show(struct session *s)
{
	const struct options *o = s->options;

	if (o->json) {
		show_json(s->out, &s->style, s->store, &o->selection, 0);
		fputc('\n', s->out);
	} else {
		show_text(s->out, &s->style, s->store, &o->selection);
	}
	session_end(s, CTL_OK);
}

const struct session_ops command_show = {show, NULL};

/* -------------------------------------------------------------------------- events */

/* While following, JSON is one object a line: an array would never end. */
static void print_event(struct session *s, const struct event_log *e)
{
	const struct options *o = s->options;

	if (o->json) {
		show_json_row(s->out, &s->style, &e->row, 0, false);
		fputc('\n', s->out);
	} else {
		event_text(s->out, &s->style, e);
	}
	s->last_event = e->sequence;
}

/* Nobody reads any more: no error, and nothing to say. */
static void flush_events(struct session *s)
{
	if (fflush(s->out) == 0 && !ferror(s->out))
		return;
	s->lost = false;
	session_end(s, CTL_OK);
}

static uint32_t newest(const struct session *s)
{
	return ((struct system *)store_first(s->store, TABLE_system))->event_last;
}

/* The last ones at first; after a restart of directord those that were not printed yet. */
static void follow_from(struct session *s)
{
	const struct options *o = s->options;
	size_t skip = store_count(s->store, TABLE_event_log);
	uint32_t after = s->last_event;

	skip = after == 0 && skip > o->last ? skip - o->last : 0;
	if (newest(s) < after)
		after = 0; /* the log began anew */
	STORE_FOREACH (event_log, e, s->store) {
		if (skip)
			skip--;
		else if (e->sequence > after)
			print_event(s, e);
	}
	if (s->last_event < newest(s) || newest(s) < s->last_event)
		s->last_event = newest(s);
	flush_events(s);
}

static void events(struct session *s)
{
	const struct options *o = s->options;

	if (o->follow) {
		follow_from(s);
		return;
	}
	(o->json ? events_json : events_text)(s->out, &s->style, s->store, o->last);
	session_end(s, CTL_OK);
}

static void more_events(struct session *s, const struct change *c, size_t n)
{
	bool any = false;

	for (; n; n--, c++) {
		if (c->kind != CHANGE_ADDED || c->row->table->id != TABLE_event_log)
			continue;
		print_event(s, (struct event_log *)c->row);
		any = true;
	}
	if (any)
		flush_events(s);
}

const struct session_ops command_events = {events, more_events};

int command_follow(struct session *s, const struct options *o)
{
	int status, fd = session_connect(o->state_dir, s->err);
	FILE *quiet;

	if (fd < 0)
		return CTL_NO_CONNECTION;
	quiet = fopen("/dev/null", "w");
	for (;;) {
		status = session_run(s, fd);
		if (!s->lost)
			break;
		if (s->synced)
			fprintf(s->err, "directorctl: directord is gone; waiting for it\n");
		else
			sleep(1); /* it starts, or stops */
		s->again = true;
		while ((fd = session_connect(o->state_dir, quiet ? quiet : s->err)) < 0)
			sleep(1);
	}
	if (quiet)
		fclose(quiet);
	return status;
}

/* ------------------------------------------------------------------- reload and set */

static int refused(struct session *s, const struct refusal *r)
{
	fputs("directorctl: refused: ", s->err);
	if (*r->row)
		fprintf(s->err, "%s: ", r->row);
	if (r->table && r->column >= 0)
		fprintf(s->err, "%s: ", r->table->columns[r->column].name);
	fprintf(s->err, "%s\n", r->reason);
	return CTL_REFUSED;
}

static void reload(struct session *s)
{
	struct refusal r;

	if (engine_call(s->engine, REQUEST_RELOAD, NULL, 0, CALL_TIMEOUT, &r))
		session_end(s, CTL_OK);
	else
		session_end(s, refused(s, &r));
}

const struct session_ops command_reload = {reload, NULL};

static void say_changes(FILE *out, const struct row *old, const struct row *new, column_mask mask)
{
	char title[ROW_TEXT_SIZE], a[COLUMN_TEXT_SIZE], b[COLUMN_TEXT_SIZE];

	for (size_t i = 0; i < new->table->ncolumns; i++) {
		const struct column *c = &new->table->columns[i];

		if (mask >> i & 1)
			fprintf(out, "%s: %s: %s -> %s\n", row_format(new, title), c->name,
			    old ? column_format(old, c, a) : "", column_format(new, c, b));
	}
}

static void set(struct session *s)
{
	const struct options *o = s->options;
	const struct row *there = store_find(s->store, o->row);
	struct row *old = there ? row_copy(there) : NULL;
	struct edit edit = {.row = o->row, .mask = o->mask};
	struct refusal r, ignored;
	bool ok = engine_call(s->engine, REQUEST_PREPARE, &edit, 1, CALL_TIMEOUT, &r) &&
		  engine_call(s->engine, REQUEST_COMMIT, NULL, 0, CALL_TIMEOUT, &r);

	engine_call(s->engine, REQUEST_RELEASE, NULL, 0, CALL_TIMEOUT, &ignored);
	if (ok)
		say_changes(s->out, old, o->row, o->mask);
	row_free(old);
	session_end(s, ok ? CTL_OK : refused(s, &r));
}

const struct session_ops command_set = {set, NULL};

/* The column that an argument assigns to; NULL if it is no assignment to one of the table's. */
static const struct column *assigned(const struct table *t, const char *arg)
{
	const char *equals = strchr(arg, '=');
	char name[64];

	if (!equals || equals - arg >= (int)sizeof(name))
		return NULL;
	memcpy(name, arg, (size_t)(equals - arg));
	name[equals - arg] = '\0';
	return table_column(t, name);
}

/* The words of a key may be one argument or several. */
static bool set_key(struct row *r, char **argv, int argc, char why[WHY_SIZE])
{
	char key[2 * KEY_TEXT_SIZE];
	size_t n = 0;

	key[0] = '\0';
	for (int i = 0; i < argc && n < sizeof(key); i++)
		n += (size_t)snprintf(key + n, sizeof(key) - n, "%s%s", i ? " " : "", argv[i]);
	return row_key_parse(r, key, why);
}

static bool set_values(struct options *o, char **argv, int argc, FILE *err)
{
	char why[WHY_SIZE], title[ROW_TEXT_SIZE];

	for (int i = 0; i < argc; i++) {
		const struct column *c = assigned(o->row->table, argv[i]);

		if (!column_parse(o->row, c, strchr(argv[i], '=') + 1, why)) {
			fprintf(err, "directorctl: refused: %s: %s: %s\n",
			    row_format(o->row, title), c->name, why);
			return false;
		}
		o->mask |= (column_mask)1 << (c - o->row->table->columns);
	}
	return true;
}

bool command_set_parse(struct options *o, char **argv, int argc, FILE *err, int *status)
{
	const struct table *t = argc ? show_table_find(argv[0]) : NULL;
	int values = argc;
	char why[WHY_SIZE];

	*status = CTL_USAGE;
	if (!t) {
		fprintf(err, "directorctl: there is no table '%s'\n", argc ? argv[0] : "");
		return false;
	}
	while (values > 1 && assigned(t, argv[values - 1]))
		values--;
	if (values == argc) {
		fprintf(err, "directorctl: '%s' is not COLUMN=VALUE with a column of %s\n",
		    argv[argc - 1], t->name);
		return false;
	}
	o->row = row_new(t);
	if (!set_key(o->row, argv + 1, values - 1, why)) {
		fprintf(err, "directorctl: %s: %s\n", t->name, why);
		return false;
	}
	*status = CTL_REFUSED;
	return set_values(o, argv + values, argc - values, err);
}
