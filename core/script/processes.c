/* SPDX-License-Identifier: BSD-2-Clause */
/* See processes.h. */
#include "core/script/processes.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/script/census.h"

struct processes {
	struct engine *engine;
	struct census *census;
};

/* A row that is tracked; row.user of its row. */
struct tracked {
	struct processes *processes;
	struct track_process *row;
	struct census_item *item;
	struct process_verdict verdict;
	struct event *due;
};

static void report(const struct tracked *t, column_mask mask)
{
	if (mask)
		engine_report(t->processes->engine, &t->row->row, mask);
}

/* What is to be awaited, if the state is not another one yet. */
static void wait_for_due(struct tracked *t)
{
	usec_t now = clock_now();
	struct timeval tv;

	if (!t->verdict.due) {
		event_del(t->due);
		return;
	}
	tv = usec_to_timeval(t->verdict.due > now ? t->verdict.due - now : 0);
	event_add(t->due, &tv);
}

static void set_status(struct tracked *t)
{
	struct track_process *row = t->row;

	if (row->status == t->verdict.state)
		return; /* as an earlier process had found */
	row->transitions += row->status != TRACK_STATE_UNKNOWN;
	row->status = t->verdict.state;
	row->last_change = clock_now();
	log_notice("track_process %s is %s: %u processes", row->name,
	    enum_word(&enumeration_track_state, (int32_t)row->status), t->verdict.count);
	report(t, table_owned(row->row.table, P_SCRIPT));
}

static void on_due(int fd, short what, void *arg)
{
	struct tracked *t = arg;

	(void)fd;
	(void)what;
	if (process_verdict_due(&t->verdict, t->row))
		set_status(t);
}

static void set_reason(struct tracked *t)
{
	const char *why = census_why(t->processes->census);

	if (strcmp(t->row->reason, why) == 0)
		return;
	row_set_text(&t->row->reason, why);
	if (*why)
		log_info("track_process %s: %s; /proc is read instead", t->row->name, why);
	report(t, COLUMN(track_process, reason));
}

static void on_counted(void *user, uint32_t count, enum process_cause cause)
{
	struct tracked *t = user;

	set_reason(t);
	t->row->processes = count;
	report(t, COLUMN(track_process, processes));
	if (process_verdict_take(&t->verdict, t->row, count, cause, clock_now()))
		set_status(t);
	wait_for_due(t);
}

/* ---------------------------------------------------------------------------- rows */

/* The first number decides at once, also after a restart of this process. */
static void begin(struct processes *p, struct track_process *row)
{
	struct tracked *t = calloc(1, sizeof(*t));
	struct process_spec spec;

	if (!t)
		abort();
	t->processes = p;
	t->row = row;
	t->due = evtimer_new(engine_base(p->engine), on_due, t);
	t->verdict.state = TRACK_STATE_UNKNOWN;
	process_spec_set(&spec, row);
	t->item = census_add(p->census, &spec, t);
	row->row.user = t;
}

static void end(struct track_process *row)
{
	struct tracked *t = row->row.user;

	if (!t)
		return;
	census_remove(t->item);
	event_free(t->due);
	free(t);
	row->row.user = NULL;
}

/* Other limits or another command: from anew, at once. */
static bool is_remade(const struct change *c)
{
	return c->row->table->id == TABLE_track_process &&
	       (c->kind == CHANGE_REMOVED || (c->kind == CHANGE_MODIFIED && c->before));
}

void processes_changed(struct processes *p, const struct change *c, size_t n)
{
	bool any = false;

	for (size_t k = 0; k < n; k++) {
		if (!is_remade(&c[k]))
			continue;
		any = any || c[k].row->user;
		end((struct track_process *)c[k].row);
	}
	STORE_FOREACH (track_process, row, engine_store(p->engine)) {
		bool wanted = store_tracker(engine_store(p->engine), TRACK_PROCESS, row->name);

		if (wanted == (row->row.user != NULL))
			continue;
		any = true;
		if (wanted)
			begin(p, row);
		else
			end(row);
	}
	if (any)
		census_take(p->census);
}

struct processes *processes_new(struct engine *e)
{
	struct processes *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->engine = e;
	p->census = census_new(engine_base(e), on_counted);
	return p;
}

void processes_free(struct processes *p)
{
	STORE_FOREACH (track_process, row, engine_store(p->engine))
		end(row);
	census_free(p->census);
	free(p);
}
