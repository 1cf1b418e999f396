/* SPDX-License-Identifier: BSD-2-Clause */
/* See lvs.h. */
#include "core/lvs/lvs.h"

#include <stdlib.h>
#include <sys/resource.h>
#include "core/base/log.h"
#include "core/lvs/desired.h"
#include "core/lvs/kernel.h"
#include "core/lvs/quorum.h"
#include "core/lvs/report.h"
#include "core/lvs/states.h"
#include "core/lvs/sync.h"

/* The counters are read this often, or so rarely that it takes one part in COST of a CPU. */
#define LEAST_INTERVAL USEC_PER_SEC
#define COST 50
/* While the kernel cannot be reached. */
#define LEAST_RETRY USEC_PER_SEC
#define MOST_RETRY (60 * USEC_PER_SEC)

struct lvs {
	struct engine *engine;
	struct kernel *kernel;
	struct sync *sync;
	struct wanted *wanted; /* of the rows, unless it is due */
	struct event *soon, *timer;
	bool synced;  /* the rows are here */
	bool adopted; /* the kernel's table was read for the first time */
	bool ready;
	bool stopping; /* what is removed must not be made again by what is still on its way */
	size_t conflicts;
	usec_t compared; /* when want was last compared with a fresh dump */
	usec_t cpu;	 /* that this process has used, at the last reading */
	usec_t retry;	 /* the next pause, while the kernel cannot be reached */
};

/* ------------------------------------------------------------------------- timing */

static usec_t from_timeval(struct timeval t)
{
	return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_usec;
}

static usec_t cpu_used(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return from_timeval(u.ru_utime) + from_timeval(u.ru_stime);
}

static usec_t between(usec_t v, usec_t least, usec_t most)
{
	return v < least ? least : v > most ? most : v;
}

/* What the last turn cost, sending the rows included, decides when the next one is. */
static usec_t next_reading(struct lvs *l)
{
	usec_t used = cpu_used(), cost = used - l->cpu;

	l->cpu = used;
	return between(
	    cost * COST, LEAST_INTERVAL, store_system(engine_store(l->engine))->lvs_interval);
}

static usec_t next_retry(struct lvs *l)
{
	usec_t now = l->retry;

	l->retry = between(2 * l->retry, LEAST_RETRY, MOST_RETRY);
	return now;
}

static void set_timer(struct lvs *l)
{
	struct timeval tv;

	if (kernel_is_reached(l->kernel))
		l->retry = LEAST_RETRY;
	tv = usec_to_timeval(kernel_is_reached(l->kernel) ? next_reading(l) : next_retry(l));
	event_add(l->timer, &tv);
}

/* --------------------------------------------------------------------------- work */

static void evaluate_pool(struct pool *p, const struct quorum *q, void *arg)
{
	states_evaluate_pool(arg, p, q);
}

static void evaluate_state(struct virtual_server *vs, const struct quorum *q, void *arg)
{
	states_evaluate(arg, vs, q);
}

/* Rows to states and to the wanted table. */
static enum wanted_news evaluate(struct lvs *l)
{
	const struct store *s = engine_store(l->engine);
	enum wanted_news news;
	size_t conflicts;

	wanted_each_due(
	    l->wanted, s, &(struct wanted_states){evaluate_pool, evaluate_state, l->engine});
	news = wanted_build(l->wanted, s);
	conflicts = wanted_conflicts(l->wanted);
	if (conflicts && conflicts != l->conflicts)
		log_error("%zu virtual services belong to two virtual servers", conflicts);
	l->conflicts = conflicts;
	return news;
}

/* The first sight of the kernel's table: what it tells stands until the checks know better. */
static void adopt(struct lvs *l)
{
	struct store *s = engine_store(l->engine);

	l->adopted = true;
	wanted_note_all(l->wanted);
	STORE_FOREACH (virtual_server, vs, s) {
		if (desired_learn(s, vs, kernel_view(l->kernel)))
			states_adopted(vs);
	}
	evaluate(l);
	report_tables(l->engine, wanted_table(l->wanted), kernel_view(l->kernel), true);
}

static bool reach(struct lvs *l)
{
	if (!kernel_refresh(l->kernel))
		return false;
	l->compared = 0; /* whatever it was before, it is to be compared */
	if (!l->adopted)
		adopt(l);
	return true;
}

static void tell(struct lvs *l, size_t drift)
{
	report_kernel(l->engine, kernel_state(l->kernel), drift);
	if (!l->ready)
		engine_ready(l->engine);
	l->ready = true;
}

static void report_all(struct lvs *l)
{
	report_tables(l->engine, wanted_table(l->wanted), kernel_view(l->kernel), false);
}

static void apply_all(struct lvs *l)
{
	if (kernel_is_reached(l->kernel))
		kernel_bring_to(l->kernel, wanted_table(l->wanted), false);
	report_all(l);
}

/* What differs, and nothing else; if that is not enough, all. */
static void apply_part(struct lvs *l)
{
	const struct wanted_part *part = wanted_part(l->wanted);
	struct report_part before;

	report_before(&before, part, kernel_view(l->kernel));
	if (!kernel_is_reached(l->kernel) || kernel_bring_part(l->kernel, &part->ipvs)) {
		report_part(l->engine, &before, part, kernel_view(l->kernel));
		return;
	}
	report_forget(&before);
	apply_all(l);
}

/* Rows have changed. */
static void apply(struct lvs *l)
{
	enum wanted_news news;

	if (!l->ready) {
		reach(l);
		set_timer(l);
	}
	news = evaluate(l);
	if (!l->ready || news == WANTED_WHOLE)
		apply_all(l);
	else if (news == WANTED_PART)
		apply_part(l);
	wanted_part_done(l->wanted);
	tell(l, sync_run(l->sync, kernel_connection(l->kernel)));
}

static bool is_due(const struct lvs *l)
{
	usec_t interval = store_system(engine_store(l->engine))->lvs_interval;

	return clock_now() - l->compared >= interval;
}

/* It is time to read the kernel's table. */
static void read_kernel(struct lvs *l)
{
	bool was_reached = kernel_is_reached(l->kernel);
	bool reached = was_reached ? kernel_refresh(l->kernel) : reach(l);
	bool changed = wanted_is_due(l->wanted);
	size_t drift = 0;

	evaluate(l);
	if (reached && (changed || is_due(l))) {
		/* after a time without a view nobody can say who changed what */
		drift =
		    kernel_bring_to(l->kernel, wanted_table(l->wanted), was_reached && !changed);
		l->compared = clock_now();
	}
	drift += sync_run(l->sync, kernel_connection(l->kernel));
	report_all(l);
	tell(l, drift);
}

static void on_soon(int fd, short what, void *arg)
{
	struct lvs *l = arg;

	(void)fd;
	(void)what;
	if (l->synced && !l->stopping)
		apply(l);
}

static void on_timer(int fd, short what, void *arg)
{
	struct lvs *l = arg;

	(void)fd;
	(void)what;
	read_kernel(l);
	set_timer(l);
}

/* --------------------------------------------------------------------------- rows */

static void remember(struct real_server *rs)
{
	struct server_memory *m = rs->row.user;

	if (!m) {
		m = rs->row.user = calloc(1, sizeof(*m));
		if (!m)
			abort();
		m->known = SERVER_UNKNOWN;
	}
	if (rs->admin_state == ADMIN_DISABLED)
		m->known = SERVER_UNKNOWN; /* nobody looks at it: what it was is of no use later */
	else if (rs->state != SERVER_UNKNOWN)
		m->known = rs->state;
}

static void note_change(struct lvs *l, const struct change *c)
{
	bool server = c->row->table->id == TABLE_real_server;

	if (server && c->kind != CHANGE_REMOVED)
		remember((struct real_server *)c->row);
	wanted_note(l->wanted, c);
	if (server && c->kind == CHANGE_REMOVED) {
		free(c->row->user);
		c->row->user = NULL;
	}
}

static void changed(struct engine *e, const struct change *c, size_t n, bool sync, void *arg)
{
	struct lvs *l = arg;

	(void)e;
	for (size_t i = 0; i < n; i++)
		note_change(l, &c[i]);
	l->synced |= sync;
	if (sync)
		wanted_note_all(l->wanted);
	/* Behind what the loop has still to read, so that a burst of groups is one difference. */
	event_active(l->soon, EV_TIMEOUT, 0);
}

/* --------------------------------------------------------------------------- life */

static void *start(struct engine *e)
{
	struct lvs *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->engine = e;
	l->kernel = kernel_new(engine_run_dir(e));
	l->wanted = wanted_new();
	l->sync = sync_new(e, engine_run_dir(e));
	l->retry = LEAST_RETRY;
	l->soon = event_new(engine_base(e), -1, 0, on_soon, l);
	l->timer = event_new(engine_base(e), -1, 0, on_timer, l);
	if (!l->soon || !l->timer)
		abort();
	return l;
}

static void finish(void *arg)
{
	struct lvs *l = arg;

	event_free(l->soon);
	event_free(l->timer);
	sync_free(l->sync);
	kernel_free(l->kernel);
	wanted_free(l->wanted);
	STORE_FOREACH (real_server, rs, engine_store(l->engine))
		free(rs->row.user);
	free(l);
}

static void stop(struct engine *e, bool clean, void *arg)
{
	struct lvs *l = arg;

	l->stopping = true;
	event_del(l->timer);
	if (clean) {
		states_stop(e);
		sync_withdraw(l->sync, kernel_connection(l->kernel));
		kernel_withdraw(l->kernel);
	}
	engine_exit(e, 0);
}

static const cap_value_t capabilities[] = {CAP_NET_ADMIN};

const struct engine_program lvs_program = {
    .name = "lvs",
    .process = P_LVS,
    .caps = capabilities,
    .ncaps = 1,
    .start = start,
    .finish = finish,
    .ops = {.changed = changed, .stop = stop},
};
