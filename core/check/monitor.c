/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See monitor.h.
 *
 * Ownership: a row's `user` points to what is made from it: pool -> farm,
 * real_server -> server, check -> course, check_result -> watch.  A group of
 * changes is taken in this order: what goes (checks, servers, pools), what
 * comes (pools, servers, checks), what differs; then the states that follow
 * are derived, once for each server that was touched, and the first probes
 * scheduled.
 */
#include "core/check/monitor.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/check/watch.h"

/* A pool, with what belongs to it. */
struct farm {
	struct verdict_pool common; /* first: its servers have it of here */
	struct monitor *monitor;
	struct pool *row;
	bool leaving; /* the row is not in the store any more */
	LIST_HEAD(, server) servers;
	LIST_HEAD(, course) wide;    /* for each server */
	LIST_HEAD(, course) waiting; /* for one that is not there */
};

struct server {
	struct verdict_server
	    verdict; /* first: a verdict is a server's; its checks are watches' verdicts */
	LIST_ENTRY(server) link;
	TAILQ_ENTRY(server) touched_entry;
	bool touched;
};

/* A plan, and who follows it. */
struct course {
	LIST_ENTRY(course) link; /* of the farm's lists, if listed */
	bool listed;
	struct farm *farm;
	struct check *row;
	struct plan plan;
	struct watch_list watches;
};

struct monitor {
	struct engine *engine;
	struct watch_desk desk;
	TAILQ_HEAD(, server) touched;
	bool ready;
};

static void *make(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

static struct farm *farm_of(const struct verdict_server *v)
{
	return (struct farm *)(uintptr_t)v->pool;
}

static struct server *server_of(const struct watch *w)
{
	return (struct server *)w->verdict.server;
}

/* for (v = ...; ...) over the verdicts of a server's watches */
#define FOREACH_CHECK(v, s) LIST_FOREACH (v, &(s)->verdict.checks, link)

/* States, outward */

static void on_result(struct verdict *v, bool changed)
{
	watch_result(watch_of(v), changed);
}

static void report_pool(const struct farm *f, column_mask columns)
{
	if (!f->leaving)
		engine_report(f->monitor->engine, &f->row->row, columns);
}

static void count_up(const struct farm *f, enum server_state old, enum server_state state)
{
	if ((old == SERVER_UP) == (state == SERVER_UP))
		return;
	f->row->servers_up += state == SERVER_UP ? 1u : -1u;
	report_pool(f, COLUMN(pool, servers_up));
}

static void tell(const struct verdict_server *v, enum server_state old)
{
	const char *was = enum_word(&enumeration_server_state, (int32_t)old);
	const char *is = enum_word(&enumeration_server_state, (int32_t)v->row->state);
	char key[KEY_TEXT_SIZE];

	engine_event(farm_of(v)->monitor->engine, EVENT_REAL_SERVER_STATE, &v->row->row, was, is,
	    v->row->reason);
	log_notice("real server %s is %s (was %s): %s", row_key_format(&v->row->row, key), is, was,
	    v->row->reason);
}

static void on_server(struct verdict_server *v, enum server_state old, bool first)
{
	count_up(farm_of(v), first ? SERVER_UNKNOWN : old, v->row->state);
	/* The event first: others act on the state, and what they do is logged after its cause. */
	if (!first && old != v->row->state)
		tell(v, old);
	engine_report(farm_of(v)->monitor->engine, &v->row->row,
	    COLUMN(real_server, state) | COLUMN(real_server, last_change) |
		COLUMN(real_server, transitions) | COLUMN(real_server, reason));
}

static void on_stability(struct verdict_server *v, enum stability old, const char *reason)
{
	struct engine *e = farm_of(v)->monitor->engine;
	const char *was = enum_word(&enumeration_stability, (int32_t)old);
	const char *is = enum_word(&enumeration_stability, (int32_t)v->row->stability);
	char key[KEY_TEXT_SIZE];

	engine_event(e, EVENT_FLAPPING, &v->row->row, was, is, reason);
	log_notice("real server %s is %s: %s", row_key_format(&v->row->row, key), is, reason);
	engine_report(e, &v->row->row, COLUMN(real_server, stability));
}

static const struct verdict_ops verdict_ops = {
    .result = on_result, .server = on_server, .stability = on_stability};

static void touch(struct server *s)
{
	if (s->touched)
		return;
	s->touched = true;
	TAILQ_INSERT_TAIL(&farm_of(&s->verdict)->monitor->touched, s, touched_entry);
}

static void untouch(struct server *s)
{
	if (s->touched)
		TAILQ_REMOVE(&farm_of(&s->verdict)->monitor->touched, s, touched_entry);
	s->touched = false;
}

/* Derives the states of the servers that were touched, and schedules their watches that are to begin. */
static void settle_touched(struct monitor *m)
{
	unsigned together = m->desk.starting;
	usec_t now = clock_now();
	struct verdict *v;
	struct server *s;

	while ((s = TAILQ_FIRST(&m->touched))) {
		untouch(s);
		verdict_server_settle(&s->verdict, now);
		FOREACH_CHECK(v, s)
		watch_start(watch_of(v), together);
	}
}

/* Watches: each server with each course that is for it */

static void watch_begin(struct watch *w)
{
	watch_soon(w);
	touch(server_of(w));
}

static void watch_add(struct server *s, struct course *c)
{
	struct watch *w = watch_new(&farm_of(&s->verdict)->monitor->desk, &c->plan, &s->verdict);

	LIST_INSERT_HEAD(&c->watches, w, of_plan);
	touch(s);
	if (!s->verdict.disabled)
		watch_begin(w);
}

static void watch_remove(struct watch *w, bool with_row)
{
	LIST_REMOVE(w, of_plan);
	watch_free(w, with_row);
}

/* Courses */

static void course_list(struct course *c)
{
	if (plan_is_wide(&c->plan))
		LIST_INSERT_HEAD(&c->farm->wide, c, link);
	else
		LIST_INSERT_HEAD(&c->farm->waiting, c, link);
	c->listed = true;
}

static void course_unlist(struct course *c)
{
	if (c->listed)
		LIST_REMOVE(c, link);
	c->listed = false;
}

static struct server *server_find(struct monitor *m, const struct check *row)
{
	struct real_server *key = ROW_NEW(real_server);
	struct row *found;

	row_set_text(&key->pool, row->pool);
	key->address = row->server_address;
	key->port = row->server_port;
	found = store_find(engine_store(m->engine), &key->row);
	row_free(&key->row);
	return found ? found->user : NULL;
}

/* Finds the servers of a new course, or of one for others than before. */
static void course_spread(struct monitor *m, struct course *c)
{
	struct server *s;

	if (plan_is_wide(&c->plan)) {
		LIST_FOREACH (s, &c->farm->servers, link)
			watch_add(s, c);
		course_list(c);
		return;
	}
	s = server_find(m, c->row);
	if (s)
		watch_add(s, c);
	else
		course_list(c);
}

static void course_withdraw(struct course *c, bool with_rows)
{
	struct watch *w;

	course_unlist(c);
	while ((w = LIST_FIRST(&c->watches))) {
		touch(server_of(w));
		watch_remove(w, with_rows);
	}
}

static void log_fault(const struct course *c)
{
	char key[KEY_TEXT_SIZE];

	if (c->plan.fault[0])
		log_error("check %s cannot be made: %s", row_key_format(&c->row->row, key),
		    c->plan.fault);
}

static void course_add(struct monitor *m, const struct change *change)
{
	struct course *c = make(sizeof(*c));

	c->row = (struct check *)change->row;
	c->row->row.user = c;
	c->farm = store_pool(engine_store(m->engine), c->row->pool)->row.user;
	plan_init(&c->plan, c->row);
	log_fault(c);
	course_spread(m, c);
}

static void course_free(struct course *c, bool with_rows)
{
	course_withdraw(c, with_rows);
	plan_fini(&c->plan);
	free(c);
}

static void course_remove(struct monitor *m, const struct change *change)
{
	(void)m;
	course_free(change->row->user, true);
}

/* Other questions: the answers to the old ones are of no use any more. */
static void course_ask_again(struct course *c)
{
	struct watch *w;

	LIST_FOREACH (w, &c->watches, of_plan)
		watch_pause(w);
	plan_update(&c->plan);
	log_fault(c);
	LIST_FOREACH (w, &c->watches, of_plan) {
		if (!w->verdict.server->disabled)
			watch_begin(w);
	}
}

static void course_modify(struct monitor *m, const struct change *change)
{
	struct course *c = change->row->user;
	struct verdict_rules old = plan_update_rules(&c->plan);
	struct watch *w;

	if (change->mask & PLAN_SCOPE_COLUMNS) {
		course_withdraw(c, true);
		plan_update(&c->plan);
		course_spread(m, c);
		return;
	}
	if (change->mask & PLAN_PROBE_COLUMNS)
		course_ask_again(c);
	if (change->mask & PLAN_RULE_COLUMNS)
		LIST_FOREACH (w, &c->watches, of_plan)
			watch_new_rules(w, &old);
}

/* Servers */

static void server_find_courses(struct server *s)
{
	struct farm *f = farm_of(&s->verdict);
	struct course *c, *next;

	LIST_FOREACH (c, &f->wide, link)
		watch_add(s, c);
	LIST_FOREACH_SAFE(c, &f->waiting, link, next)
	{
		if (!plan_is_for(&c->plan, s->verdict.row))
			continue;
		course_unlist(c);
		watch_add(s, c);
	}
}

static void count_server(const struct farm *f, int by)
{
	f->row->servers += (uint32_t)by;
	report_pool(f, COLUMN(pool, servers));
}

static void server_add(struct monitor *m, const struct change *change)
{
	struct server *s = make(sizeof(*s));
	struct real_server *row = (struct real_server *)change->row;
	struct farm *f = store_pool(engine_store(m->engine), row->pool)->row.user;

	row->row.user = s;
	LIST_INSERT_HEAD(&f->servers, s, link);
	verdict_server_init(&s->verdict, &f->common, row);
	s->verdict.disabled = row->admin_state == ADMIN_DISABLED;
	count_server(f, 1);
	count_up(f, SERVER_UNKNOWN, row->state);
	server_find_courses(s);
	touch(s);
}

static void server_free(struct server *s, bool with_rows)
{
	struct verdict *v;

	while ((v = LIST_FIRST(&s->verdict.checks))) {
		struct course *c = watch_of(v)->plan->row->row.user;

		watch_remove(watch_of(v), with_rows);
		if (!plan_is_wide(&c->plan) && !c->listed)
			course_list(c);
	}
	untouch(s);
	LIST_REMOVE(s, link);
	verdict_server_fini(&s->verdict);
	free(s);
}

static void server_remove(struct monitor *m, const struct change *change)
{
	struct server *s = change->row->user;
	struct farm *f = farm_of(&s->verdict);

	(void)m;
	count_server(f, -1);
	count_up(f, s->verdict.row->state, SERVER_UNKNOWN);
	server_free(s, true);
}

static void server_enable(struct server *s, bool enable)
{
	struct verdict *v;

	if (s->verdict.disabled == !enable)
		return;
	s->verdict.disabled = !enable;
	FOREACH_CHECK(v, s)
	{
		if (enable)
			watch_begin(watch_of(v));
		else
			watch_pause(watch_of(v));
	}
	touch(s);
}

static void server_modify(struct monitor *m, const struct change *change)
{
	struct server *s = change->row->user;
	struct verdict *v;

	(void)m;
	if (change->mask & COLUMN(real_server, admin_state))
		server_enable(s, s->verdict.row->admin_state != ADMIN_DISABLED);
	if (!(change->mask & COLUMN(real_server, virtual_host)) || s->verdict.disabled)
		return;
	FOREACH_CHECK(v, s)
	{
		const struct plan *p = watch_of(v)->plan;

		if (p->http && !p->row->virtual_host[0])
			watch_begin(watch_of(v));
	}
}

/* Pools */

static void farm_settings(struct farm *f)
{
	f->common.start_down = f->row->start_down;
	f->common.flaps = (struct verdict_flaps){f->row->flap_changes, f->row->flap_window};
}

static void farm_add(struct monitor *m, const struct change *change)
{
	struct farm *f = make(sizeof(*f));

	f->monitor = m;
	f->row = (struct pool *)change->row;
	f->row->row.user = f;
	f->common.ops = &verdict_ops;
	farm_settings(f);
	/* After a restart they come back; they are counted anew. */
	f->row->servers = f->row->servers_up = 0;
	engine_report(m->engine, &f->row->row, COLUMN(pool, servers) | COLUMN(pool, servers_up));
}

static void farm_leave(struct monitor *m, const struct change *change)
{
	struct farm *f = change->row->user;

	(void)m;
	f->leaving = true;
}

/* Its servers and checks are gone before it: they refer to it. */
static void farm_remove(struct monitor *m, const struct change *change)
{
	(void)m;
	free(change->row->user);
}

static void farm_modify(struct monitor *m, const struct change *change)
{
	struct farm *f = change->row->user;
	struct server *s;

	(void)m;
	farm_settings(f);
	if (change->mask & (COLUMN(pool, flap_changes) | COLUMN(pool, flap_window)))
		LIST_FOREACH (s, &f->servers, link)
			touch(s);
}

/* The engine */

typedef void (*handler)(struct monitor *m, const struct change *change);

static void each(struct monitor *m, const struct change *c, size_t n, enum change_kind kind,
    enum table_id table, handler f)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].kind == kind && c[i].row->table->id == table)
			f(m, &c[i]);
}

/* Results of checks that went while this process was not there. */
static void sweep_results(struct monitor *m)
{
	STORE_FOREACH_SAFE (check_result, r, next, engine_store(m->engine)) {
		if (!r->row.user)
			engine_remove(m->engine, &r->row);
	}
}

void monitor_changed(struct engine *e, const struct change *c, size_t n, bool sync, void *monitor)
{
	struct monitor *m = monitor;

	each(m, c, n, CHANGE_REMOVED, TABLE_pool, farm_leave);
	each(m, c, n, CHANGE_REMOVED, TABLE_check, course_remove);
	each(m, c, n, CHANGE_REMOVED, TABLE_real_server, server_remove);
	each(m, c, n, CHANGE_REMOVED, TABLE_pool, farm_remove);
	each(m, c, n, CHANGE_ADDED, TABLE_pool, farm_add);
	each(m, c, n, CHANGE_ADDED, TABLE_real_server, server_add);
	each(m, c, n, CHANGE_ADDED, TABLE_check, course_add);
	each(m, c, n, CHANGE_MODIFIED, TABLE_pool, farm_modify);
	each(m, c, n, CHANGE_MODIFIED, TABLE_real_server, server_modify);
	each(m, c, n, CHANGE_MODIFIED, TABLE_check, course_modify);
	if (sync)
		sweep_results(m);
	settle_touched(m);
	if (sync && !m->ready) {
		m->ready = true;
		engine_ready(e);
	}
}

void *monitor_start(struct engine *e)
{
	struct monitor *m = make(sizeof(*m));

	m->engine = e;
	TAILQ_INIT(&m->touched);
	if (event_base_priority_init(engine_base(e), PROBE_PRIORITIES) < 0)
		log_warning("the event loop has no priorities: answers may be taken late");
	if (watch_desk_init(&m->desk, e))
		return m;
	log_error("out of memory");
	watch_desk_fini(&m->desk);
	free(m);
	return NULL;
}

void monitor_finish(void *monitor)
{
	struct monitor *m = monitor;
	struct store *store = engine_store(m->engine);

	STORE_FOREACH (check, c, store)
		course_free(c->row.user, false);
	STORE_FOREACH (real_server, s, store)
		server_free(s->row.user, false);
	STORE_FOREACH (pool, p, store)
		free(p->row.user);
	watch_desk_fini(&m->desk);
	free(m);
}

void monitor_stop(struct engine *e, bool clean, void *monitor)
{
	(void)clean;
	(void)monitor;
	engine_exit(e, 0);
}
