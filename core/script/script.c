/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See script.h.  vrrp_script: each script that is tracked is run at its interval; the next run does not
 * begin before the last one has ended.  What is to be told is notify.c's business.
 */
#include "core/script/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/base/words.h"
#include "core/script/files.h"
#include "core/script/notify.h"
#include "core/script/processes.h"
#include "core/script/run.h"
#include "core/script/verdict.h"
#include "core/script/who.h"

struct runner {
	struct engine *engine;
	struct run_loop *loop;
	struct files *files;
	struct processes *processes;
	struct teller *teller;
	bool clean; /* it is the end of the director */
	bool begun; /* the first rows are here */
};

/* A script that is tracked; row.user of its row. */
struct job {
	struct runner *runner;
	struct script *row;
	struct script_verdict verdict;
	struct event *due;
	struct run *run; /* NULL: it does not run now */
	usec_t last;	 /* when it was started last */
};

/* ------------------------------------------------------------------------ results */

/* Without a timeout of its own, a run may last for an interval. */
static usec_t timeout_of(const struct script *s)
{
	return s->timeout ? s->timeout : s->interval;
}

static void schedule(struct job *j, usec_t now)
{
	usec_t next = j->last + j->row->interval;
	struct timeval tv = usec_to_timeval(next > now ? next - now : 0);

	event_add(j->due, &tv);
}

static void tell(struct job *j, const char *text)
{
	struct script *s = j->row;

	s->status = j->verdict.state;
	s->last_change = clock_now();
	s->transitions++;
	log_notice("script %s is %s: %s", s->name,
	    enum_word(&enumeration_track_state, (int32_t)s->status), text);
}

static void count(struct script *s, const struct run_result *r)
{
	s->runs++;
	s->failures += !r->ok;
	s->timeouts += r->timed_out;
	s->last_run = clock_now();
	s->last_duration = r->duration;
	row_set_text(&s->last_result, r->text);
}

static void take(struct job *j, const struct run_result *r)
{
	struct script *s = j->row;

	count(s, r);
	if (script_verdict_take(&j->verdict, r->ok, s->rise, s->fall))
		tell(j, r->text);
	engine_report(j->runner->engine, &s->row, table_owned(s->row.table, P_SCRIPT));
	schedule(j, clock_now());
}

static void on_done(const struct run_result *r, void *arg)
{
	struct job *j = arg;

	j->run = NULL;
	take(j, r);
}

/* It counts as failed: whatever it was to find out is not known to be well. */
static void cannot_run(struct job *j, const char *why)
{
	struct run_result r = {.ok = false};

	snprintf(r.text, sizeof(r.text), "%s", why);
	if (strcmp(j->row->last_result, r.text) != 0)
		log_error("script %s cannot be run: %s", j->row->name, why);
	take(j, &r);
}

/* ---------------------------------------------------------------------------- runs */

static void start_run(struct job *j)
{
	char **argv = words_split(j->row->command),
	     why[100] = "the command has no words, or an open quote";
	struct run_user u;

	j->last = clock_now();
	if (!argv ||
	    !who_may_run(j->runner->engine, j->row->user, j->row->user_group, argv[0], &u, why)) {
		free(argv);
		cannot_run(j, why);
		return;
	}
	j->run =
	    run_start(j->runner->loop, argv, &u, timeout_of(j->row), RUN_KILL_REST, on_done, j);
	snprintf(why, sizeof(why), "no process: %.60s", strerror(errno));
	free(argv);
	if (!j->run)
		cannot_run(j, why);
}

static void on_due(int fd, short what, void *arg)
{
	struct job *j = arg;

	(void)fd;
	(void)what;
	if (!j->run)
		start_run(j);
}

/* ---------------------------------------------------------------------------- jobs */

static void job_free(struct job *j)
{
	if (j->run)
		run_cancel(j->run);
	event_free(j->due);
	free(j);
}

/* What an earlier process found still holds. */
static void job_new(struct runner *r, struct script *row)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	j->runner = r;
	j->row = row;
	j->due = evtimer_new(engine_base(r->engine), on_due, j);
	j->verdict.state = row->status;
	row->row.user = j;
	if (row->status == TRACK_STATE_UNKNOWN && row->init_fail) {
		j->verdict.state = TRACK_STATE_DOWN;
		tell(j, "not run yet, and init_fail is set");
		engine_report(r->engine, &row->row, table_owned(row->row.table, P_SCRIPT));
	}
	start_run(j);
}

/* Another command, user or interval: from anew, with the state as it was. */
static void remake(const struct change *c)
{
	struct job *j = c->row->user;

	if (!j || c->row->table->id != TABLE_script)
		return;
	if (c->kind == CHANGE_MODIFIED && !c->before)
		return;
	job_free(j);
	c->row->user = NULL;
}

static void changed(struct engine *e, const struct change *c, size_t n, bool sync, void *arg)
{
	struct runner *r = arg;

	if (!r->begun && !sync)
		return; /* the whole comes first */
	for (size_t k = 0; k < n; k++)
		remake(&c[k]);
	STORE_FOREACH (script, s, engine_store(e)) {
		bool wanted = store_tracker(engine_store(e), TRACK_SCRIPT, s->name);

		if (wanted && !s->row.user) {
			job_new(r, s);
		} else if (!wanted && s->row.user) {
			job_free(s->row.user);
			s->row.user = NULL;
		}
	}
	files_changed(r->files, c, n);
	processes_changed(r->processes, c, n);
	teller_changed(r->teller, c, n);
	if (!r->begun)
		engine_ready(e);
	r->begun = true;
}

static void stop(struct engine *e, bool clean, void *arg)
{
	struct runner *r = arg;

	r->clean = clean;
	if (clean)
		teller_stop(r->teller);
	else
		engine_exit(e, 0);
}

static void finish(void *arg)
{
	struct runner *r = arg;

	STORE_FOREACH (script, s, engine_store(r->engine)) {
		if (s->row.user)
			job_free(s->row.user);
		s->row.user = NULL;
	}
	files_free(r->files);
	processes_free(r->processes);
	teller_free(r->teller, r->clean);
	run_loop_free(r->loop);
	free(r);
}

static void *start(struct engine *e)
{
	struct runner *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->engine = e;
	r->loop = run_loop_new(engine_base(e));
	r->files = files_new(e);
	r->processes = processes_new(e);
	r->teller = teller_new(e, r->loop);
	return r;
}

const struct engine_program script_program = {
    .name = "script",
    .process = P_SCRIPT,
    .root = true,
    .start = start,
    .finish = finish,
    .ops = {.changed = changed, .stop = stop},
};
