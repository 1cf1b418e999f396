/* SPDX-License-Identifier: BSD-2-Clause */
/* See command.h. */
#include "core/ctl/command.h"

#include <unistd.h>
#include "core/ctl/diff.h"
#include "core/ctl/history.h"
#include "core/ctl/status.h"

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

/* ------------------------------------------------------------------------- history */

static void history(struct session *s)
{
	const struct options *o = s->options;
	struct history_choice choice = {o->generation, o->last};
	bool ok = (o->json ? history_json : history_text)(s->out, &s->style, s->store, &choice);

	if (!ok)
		fprintf(s->err, "directorctl: the history has no generation %u\n", o->generation);
	session_end(s, ok ? CTL_OK : CTL_REFUSED);
}

const struct session_ops command_history = {history, NULL};

/* -------------------------------------------------------------------- diff and export */

static void ignore_warning(const char *text, void *arg)
{
	(void)text;
	(void)arg;
}

static void begin_diff(struct session *s, const struct system *sys, bool modified)
{
	const struct options *o = s->options;

	if (o->json) {
		fputs("{\n  \"file\": ", s->out);
		json_string(s->out, sys->config_file);
		fprintf(s->out, ",\n  \"file_modified\": %s,\n  \"differences\": ",
		    modified ? "true" : "false");
	} else if (modified) {
		fprintf(s->out,
		    "# %s was modified after directord read it: what differs may be due to that\n",
		    sys->config_file);
	}
}

static int compare(struct session *s, const struct system *sys, struct config *c)
{
	const struct options *o = s->options;
	size_t n;

	begin_diff(s, sys, config_modified(c) != sys->file_modified);
	if (!o->json)
		return diff_text(s->out, config_store(c), s->store) ? CTL_DIFFERENT : CTL_OK;
	n = diff_json(s->out, config_store(c), s->store, 2);
	fputs("\n}\n", s->out);
	return n ? CTL_DIFFERENT : CTL_OK;
}

static void diff(struct session *s)
{
	const struct system *sys = (const struct system *)store_first(s->store, TABLE_system);
	struct config_error error;
	struct config *c =
	    config_read_as(sys->config_file, sys->config_id, &error, ignore_warning, NULL);

	if (c) {
		session_end(s, compare(s, sys, c));
	} else {
		fprintf(s->err,
		    "directorctl: %s\n"
		    "directorctl: the file is not valid now; what runs is what was read "
		    "before\n",
		    error.text);
		session_end(s, CTL_TROUBLE);
	}
	config_free(c);
}

const struct session_ops command_diff = {diff, NULL};

static void export_file(struct session *s)
{
	const struct options *o = s->options;

	session_end(s, export_text(s->out, &s->style, s->store, o->secrets) ? CTL_OK : CTL_REFUSED);
}

const struct session_ops command_export = {export_file, NULL};

/* -------------------------------------------------------------------------- reload */

static void reload(struct session *s)
{
	static const struct edits none;
	struct refusal r;

	if (engine_call(s->engine, REQUEST_RELOAD, NULL, 0, COMMAND_TIMEOUT, &r))
		session_end(s, CTL_OK);
	else
		session_end(s, command_refused(s, &none, &r));
}

const struct session_ops command_reload = {reload, NULL};
