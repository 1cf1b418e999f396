/* SPDX-License-Identifier: BSD-2-Clause */
/* See watch.h. */
#include "core/check/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "core/base/log.h"

#define REPORT_PERIOD (100 * USEC_PER_MSEC)
#define REPORT_ROWS 100 /* each period */
#define SPARE_FILES 64	/* descriptors that are not for probes */
#define FULL_DELAY (50 * USEC_PER_MSEC)

/* The desk */

static void on_reporter(evutil_socket_t fd, short what, void *arg);
static void on_due(struct agenda_item *item, void *arg);

static unsigned probes_allowed(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur < 2 * SPARE_FILES)
		return SPARE_FILES;
	return files.rlim_cur > INT32_MAX ? INT32_MAX : (unsigned)files.rlim_cur - SPARE_FILES;
}

bool watch_desk_init(struct watch_desk *d, struct engine *e)
{
	memset(d, 0, sizeof(*d));
	TAILQ_INIT(&d->reports);
	d->engine = e;
	d->max_probes = probes_allowed();
	d->probes = probe_loop_new(engine_base(e));
	d->agenda = agenda_new(engine_base(e), PROBE_PRIO_START, on_due, d);
	d->reporter = event_new(engine_base(e), -1, 0, on_reporter, d);
	return d->probes && d->agenda && d->reporter;
}

void watch_desk_fini(struct watch_desk *d)
{
	if (d->reporter)
		event_free(d->reporter);
	if (d->probes)
		probe_loop_free(d->probes);
	if (d->agenda)
		agenda_free(d->agenda);
}

static void report(struct watch *w)
{
	engine_report(w->desk->engine, &w->verdict.row->row, ~(column_mask)0);
	if (w->reporting)
		TAILQ_REMOVE(&w->desk->reports, w, report_entry);
	w->reporting = false;
}

static void wait_for_reporter(struct watch_desk *d)
{
	struct timeval period = usec_to_timeval(REPORT_PERIOD);

	if (!TAILQ_EMPTY(&d->reports) && !event_pending(d->reporter, EV_TIMEOUT, NULL))
		event_add(d->reporter, &period);
}

static void on_reporter(evutil_socket_t fd, short what, void *arg)
{
	struct watch_desk *d = arg;
	unsigned n = REPORT_ROWS;

	(void)fd;
	(void)what;
	while (n-- && !TAILQ_EMPTY(&d->reports))
		report(TAILQ_FIRST(&d->reports));
	wait_for_reporter(d);
}

static void report_in_turn(struct watch *w)
{
	if (w->reporting)
		return;
	w->reporting = true;
	TAILQ_INSERT_TAIL(&w->desk->reports, w, report_entry);
	wait_for_reporter(w->desk);
}

/* Probing */

static void arm(struct watch *w)
{
	agenda_set(w->desk->agenda, &w->next, w->verdict.due);
}

static void log_own_error(const struct watch *w, const char *reason)
{
	static struct log_limit limit;
	unsigned suppressed;
	char key[KEY_TEXT_SIZE];

	if (log_limit_ok(&limit, 5, 60 * USEC_PER_SEC, &suppressed))
		log_warning("%s cannot be checked: %s (%u such messages were left out)",
		    row_key_format(&w->verdict.row->row, key), reason, suppressed);
}

static void take(struct watch *w, const struct probe_result *r)
{
	usec_t now = clock_now();

	if (r->outcome == PROBE_ERROR)
		log_own_error(w, r->reason);
	verdict_result(&w->verdict, now, r);
	arm(w);
}

static void on_done(const struct probe_result *r, void *arg)
{
	struct watch *w = arg;

	w->probe = NULL;
	take(w, r);
}

static void not_asked(struct watch *w, const char *reason)
{
	struct probe_result r = {.outcome = PROBE_ERROR};

	snprintf(r.reason, sizeof(r.reason), "not checked: %s", reason);
	take(w, &r);
}

static void ask(struct watch *w)
{
	struct probe_spec spec;
	const char *fault = plan_spec(w->plan, w->verdict.server->row, &spec);

	verdict_started(&w->verdict, clock_now());
	if (!fault) {
		w->probe = probe_start(w->desk->probes, &spec, on_done, w);
		fault = w->probe ? NULL : "out of memory";
	}
	if (fault)
		not_asked(w, fault);
}

static void on_due(struct agenda_item *item, void *arg)
{
	struct watch *w = (struct watch *)((char *)item - offsetof(struct watch, next));
	struct watch_desk *d = arg;
	usec_t now = clock_now();

	if (!verdict_ready(&w->verdict, now))
		arm(w);
	else if (probe_loop_running(d->probes) >= d->max_probes)
		agenda_set(d->agenda, item, now + FULL_DELAY);
	else
		ask(w);
}

static void drop_probe(struct watch *w)
{
	if (w->probe)
		probe_cancel(w->probe);
	w->probe = NULL;
}

static void not_starting(struct watch *w)
{
	if (!w->starting)
		return;
	w->starting = false;
	w->desk->starting--;
}

void watch_soon(struct watch *w)
{
	watch_pause(w);
	w->starting = true;
	w->desk->starting++;
}

void watch_pause(struct watch *w)
{
	not_starting(w);
	drop_probe(w);
	verdict_pause(&w->verdict);
	arm(w);
}

static usec_t window(const struct watch *w, unsigned n)
{
	const struct check *c = w->plan->row;

	return c->warmup ? c->warmup : verdict_window(n, c->interval);
}

void watch_start(struct watch *w, unsigned together)
{
	if (!w->starting)
		return;
	not_starting(w);
	verdict_soon(&w->verdict, clock_now(), window(w, together));
	arm(w);
}

void watch_new_rules(struct watch *w, const struct verdict_rules *old)
{
	verdict_rules_changed(&w->verdict, old, clock_now());
	if (!w->verdict.running)
		arm(w);
}

/* The row */

static struct check_result *result_row(
    struct engine *e, const struct plan *plan, const struct real_server *server)
{
	struct check_result *r = ROW_NEW(check_result);
	struct row *known;

	row_set_text(&r->pool, server->pool);
	row_set_text(&r->check, plan->row->name);
	r->address = server->address;
	r->port = server->port;
	known = store_find(engine_store(e), &r->row);
	if (known) {
		row_free(&r->row);
		return (struct check_result *)known;
	}
	engine_add(e, &r->row);
	return r;
}

void watch_result(struct watch *w, bool changed)
{
	if (changed)
		report(w);
	else
		report_in_turn(w);
}

struct watch *watch_of(struct verdict *v)
{
	return (struct watch *)v;
}

struct watch *watch_new(struct watch_desk *d, const struct plan *plan, struct verdict_server *vs)
{
	struct watch *w = calloc(1, sizeof(*w));
	struct check_result *r = result_row(d->engine, plan, vs->row);

	if (!w)
		abort();
	w->desk = d;
	w->plan = plan;
	r->row.user = w;
	verdict_init(&w->verdict, vs, r, &plan->rules, verdict_place(d->places++));
	return w;
}

void watch_free(struct watch *w, bool remove)
{
	struct row *row = &w->verdict.row->row;

	watch_pause(w);
	verdict_fini(&w->verdict);
	if (w->reporting)
		TAILQ_REMOVE(&w->desk->reports, w, report_entry);
	if (remove)
		engine_remove(w->desk->engine, row);
	free(w);
}
