/* SPDX-License-Identifier: BSD-2-Clause */
/* See vrrp.h and router.h. */
#include "core/vrrp/vrrp.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/vrrp/linkbeat.h"
#include "core/vrrp/lock.h"
#include "core/vrrp/router.h"

#define REALTIME_PRIORITY 10
/* So many instances with something due are acted for before the next ones take over. */
#define ACT_MANY 32
/* The hub is told when nothing was done for so long, but at the latest... */
#define TELL_CALM (5 * USEC_PER_MSEC)
#define TELL_LATEST (50 * USEC_PER_MSEC)
/* ...and then for so long at a time, before packets and timers have their turn. */
#define TELL_SHARE 200 /* microseconds */
#define HANDOVER_PATIENCE USEC_PER_SEC
/* How long the process goes on without a hub. */
#define ORPHAN_TIME (30 * USEC_PER_SEC)

/* Opened before the privileges are dropped, used after. */
static struct record *prepared_record;
/* What memory the process gets is not locked by itself: the limit of it counts. */
static bool lock_again;

/* ------------------------------------------------------------------------ work */

void router_wake(struct router *r)
{
	event_active(r->act, EV_TIMEOUT, 0);
}

/* Routes may need the addresses; their turn comes only when one may be due. */
static void act_routes(struct router *r)
{
	if (!r->routes_due)
		return;
	r->routes_due = false;
	routing_act(r->routing);
}

static void tell_after(struct router *r, usec_t delay)
{
	struct timeval tv = usec_to_timeval(delay);

	event_add(r->tell, &tv);
}

/* Later, but not later and later. */
static void tell_soon(struct router *r)
{
	usec_t now = clock_now();

	if (!r->tell_due)
		r->tell_due = now;
	if (now - r->tell_due < TELL_LATEST)
		tell_after(r, TELL_CALM);
}

/* Reports cost many times what a takeover does, so they come in small portions. */
static void on_tell(int fd, short what, void *arg)
{
	struct router *r = arg;

	(void)fd;
	(void)what;
	if (!report_states(r, clock_now() + TELL_SHARE)) {
		tell_after(r, 0);
		return;
	}
	r->tell_due = 0;
	routing_report(r->routing);
}

static void tell_all(struct router *r)
{
	event_del(r->tell);
	report_states(r, USEC_NEVER);
	r->tell_due = 0;
	routing_report(r->routing);
}

/* All events at hand have been handled: addresses, routes, then announcements; reports later. */
static void router_act(struct router *r)
{
	struct virtual *v;

	r->due = 0;
	kernel_refresh(r->kernel);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_act_addresses(v);
	if (!kernel_flush(r->kernel))
		TAILQ_FOREACH (v, &r->virtuals, entry)
			virtual_ask_again(v);
	act_routes(r);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_act_announce(v);
	announcer_flush(r->announcer);
	tell_soon(r);
}

void router_act_many(struct router *r)
{
	if (r->due >= ACT_MANY)
		router_act(r);
}

static void on_act(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	router_act(arg);
}

/* All instances of a port have the same source, which it takes a look at all addresses to find. */
static void evaluate_all(struct router *r)
{
	struct virtual *v;
	struct link *l;

	TAILQ_FOREACH (l, &r->links, entry)
		link_find_primaries(l);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_evaluate(v);
	TAILQ_FOREACH (l, &r->links, entry)
		link_forget_primaries(l);
}

static bool is_wanted(const char *interface, const struct addr *address, void *arg)
{
	const struct router *r = arg;
	const struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry)
		if (virtual_has(v, interface, address))
			return true;
	return false;
}

static void refresh_links(struct router *r)
{
	struct link *l;

	TAILQ_FOREACH (l, &r->links, entry)
		link_refresh(l);
}

void router_links_changed(struct router *r)
{
	refresh_links(r);
	evaluate_all(r);
	router_wake(r);
}

static void kernel_changed(void *arg)
{
	struct router *r = arg;
	struct virtual *v;
	bool renamed = kernel_renamed(r->kernel);

	watch_refresh(r);
	refresh_links(r);
	if (renamed)
		vmac_sweep(r, false);
	vmac_make(r);
	promote_make(r, false);
	evaluate_all(r);
	/* an interface takes our addresses along when it gets another name */
	if (renamed)
		kernel_sweep(r->kernel, is_wanted, r);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_check_addresses(v);
	routing_interfaces_changed(r->routing);
	router_wake(r);
}

static bool is_master(const struct vrrp_instance *instance, void *arg)
{
	const struct virtual *v = instance->row.user;

	(void)arg;
	return v && v->fsm.state == VRRP_MASTER;
}

static int interface_index(const char *interface, void *arg)
{
	struct router *r = arg;
	const struct kernel_interface *i = kernel_interface(r->kernel, interface);

	return i ? i->index : 0;
}

static uint32_t vrf_table(const char *vrf, void *arg)
{
	struct router *r = arg;
	const struct kernel_interface *i = kernel_interface(r->kernel, vrf);

	return i && i->is_vrf ? i->vrf_table : 0;
}

static void report_route(struct row *row, column_mask columns, void *arg)
{
	struct router *r = arg;

	engine_report(r->engine, row, columns);
}

static const struct routing_ops routing_ops = {
    .is_master = is_master, .index = interface_index, .table = vrf_table, .report = report_route};

static void on_counters(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	report_counters(arg);
	notice_check(arg);
	if (watch_refresh(arg)) /* a master may advertise more often than before */
		router_links_changed(arg);
}

/* ------------------------------------------------------------------------ rows */

static void retire(struct virtual *v, const char *why)
{
	virtual_stop(v, why);
	report_transitions(v);
	report_forget(v);
	if (v->row->row.user == v)
		v->row->row.user = NULL;
	virtual_free(v);
}

/* Instances whose rows are gone, or describe another virtual router now. */
static void remove_instances(struct router *r, const struct change *c, size_t n)
{
	struct virtual *v, *next;

	for (size_t k = 0; k < n; k++)
		if (c[k].kind == CHANGE_REMOVED && c[k].row->table->id == TABLE_vrrp_instance &&
		    c[k].row->user)
			retire(c[k].row->user, "it was removed from the configuration");
	for (v = TAILQ_FIRST(&r->virtuals); v; v = next) {
		next = TAILQ_NEXT(v, entry);
		if (!virtual_is(v, v->row))
			retire(v, "its interface, VRID or version was changed");
	}
}

static void make_groups(struct router *r)
{
	STORE_FOREACH (sync_group, row, engine_store(r->engine)) {
		struct vrrp_group *g = row->row.user;

		if (g)
			continue;
		g = calloc(1, sizeof(*g));
		if (!g)
			abort();
		vrrp_group_init(g, row->name);
		row->row.user = g;
	}
}

/* After the instances have been configured: their rows name these groups no longer. */
static void remove_groups(const struct change *c, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (c[k].kind == CHANGE_REMOVED && c[k].row->table->id == TABLE_sync_group)
			free(c[k].row->user);
}

static void remove_watches(const struct change *c, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (c[k].kind == CHANGE_REMOVED && c[k].row->table->id == TABLE_vrrp_interface)
			watch_free(c[k].row);
}

static void make_instances(struct router *r)
{
	STORE_FOREACH (vrrp_instance, row, engine_store(r->engine))
		if (!row->row.user)
			virtual_new(r, row);
}

static void hand_over(struct router *r)
{
	struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_failover(v);
}

/* ------------------------------------------------------------------- accept mode */

static bool refuses(const struct virtual *v)
{
	return !v->row->accept && v->fsm.config.priority != VRRP_PRIORITY_OWNER;
}

static void report_filter(void *arg)
{
	struct router *r = arg;
	struct system *system = store_system(engine_store(r->engine));
	struct virtual *v;

	if (strcmp(system->vrrp_filter_state, filter_state(r->filter)) != 0) {
		row_set_text(&system->vrrp_filter_state, filter_state(r->filter));
		engine_report(r->engine, &system->row, COLUMN(system, vrrp_filter_state));
	}
	TAILQ_FOREACH (v, &r->virtuals, entry) {
		bool refusing = refuses(v) && filter_active(r->filter);

		if (v->row->refusing == refusing)
			continue;
		v->row->refusing = refusing;
		engine_report(r->engine, &v->row->row, COLUMN(vrrp_instance, refusing));
	}
}

/* Before the addresses are set. */
static void set_filter(struct router *r)
{
	struct filter_address *list = NULL;
	const struct virtual *v;
	size_t n = 0, at = 0;

	TAILQ_FOREACH (v, &r->virtuals, entry)
		n += refuses(v) ? v->nvips : 0;
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		abort();
	TAILQ_FOREACH (v, &r->virtuals, entry) {
		for (size_t k = 0; refuses(v) && k < v->nvips; k++) {
			list[at].address = v->vips[k].kernel.address;
			memcpy(list[at++].interface, v->vips[k].interface, IFNAMSIZ);
		}
	}
	filter_set(r->filter, list, n);
	free(list);
	report_filter(r);
}

/* A takeover of all, with all their addresses, allocates nothing. */
static void reserve(struct router *r)
{
	const struct virtual *v;
	size_t addresses = 0, instances = 0;

	TAILQ_FOREACH (v, &r->virtuals, entry) {
		addresses += v->nvips;
		instances++;
	}
	kernel_reserve(r->kernel, addresses);
	announcer_reserve(r->announcer, addresses, instances);
}

/* What came with the configuration, if the limit permits; what is locked stays so. */
static void lock_more(void)
{
	static bool told;

	if (!lock_again || mlockall(MCL_CURRENT) == 0 || told)
		return;
	told = true;
	log_info("what memory it got with its configuration is not locked: %s", strerror(errno));
}

/* Brings everything to what the rows say; what they say already is not touched. */
static void apply(struct router *r, const struct change *c, size_t n, bool first)
{
	struct virtual *v;

	promote_make(r, true);
	remove_instances(r, c, n);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_shed(v);
	kernel_flush(r->kernel);
	kernel_refresh(r->kernel);
	make_groups(r);
	remove_watches(c, n);
	watch_configure(r);
	make_instances(r);
	refresh_links(r);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		vmac_collect(v);
	vmac_make(r);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_configure(v);
	remove_groups(c, n);
	reserve(r);
	set_filter(r);
	routing_configure(r->routing, engine_store(r->engine), first);
	r->routes_due = true;
	if (first)
		kernel_sweep(r->kernel, is_wanted, r);
	evaluate_all(r); /* which addresses are virtual is known for all now */
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_start(v);
	hand_over(r);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_check_addresses(v);
	if (watch_refresh(r)) /* how long a link may be down depends on the instances */
		router_links_changed(r);
	vmac_sweep(r, false);
	promote_make(r, false);	 /* of what was made just now */
	kernel_flush(r->kernel); /* what is removed is removed with it */
	promote_sweep(r, false);
	lock_more();
}

/* ------------------------------------------------------------------- lifecycle */

static void on_startup(int fd, short what, void *arg)
{
	struct router *r = arg;
	struct virtual *v;

	(void)fd;
	(void)what;
	r->running = true;
	TAILQ_FOREACH (v, &r->virtuals, entry)
		virtual_start(v);
}

/* The first rows are here: from now on this is the process that acts. */
static void begin(struct router *r)
{
	struct timeval tv = usec_to_timeval(COUNTERS_PERIOD);
	const struct system *s = store_system(engine_store(r->engine));
	usec_t up = clock_now(),
	       boot = s->vrrp_delay_after_boot > up ? s->vrrp_delay_after_boot - up : 0;
	usec_t delay = boot > s->vrrp_startup_delay ? boot : s->vrrp_startup_delay;

	r->begun = true;
	r->lock = lock_take(engine_run_dir(r->engine), HANDOVER_PATIENCE);
	kernel_refresh(r->kernel);
	event_add(r->counters, &tv);
	r->running = delay == 0;
	if (r->running)
		return;
	log_info("waits for %.3f s before it takes part", (double)delay / 1e6);
	tv = usec_to_timeval(delay);
	event_add(r->startup, &tv);
}

/* Where another process' system row says so, the counters go on. */
static void adopt_system(struct router *r)
{
	const struct system *row = store_system(engine_store(r->engine));

	r->checksum_errors = row->vrrp_checksum_errors;
	r->version_errors = row->vrrp_version_errors;
	r->vrid_errors = row->vrrp_vrid_errors;
	r->discontinuity = row->vrrp_discontinuity ? row->vrrp_discontinuity : clock_now();
}

/* What was asked of an instance or a group, whose configuration is as it was. */
static bool is_failover(const struct change *c)
{
	if (c->kind != CHANGE_MODIFIED)
		return false;
	return (c->row->table->id == TABLE_vrrp_instance &&
		   c->mask & COLUMN(vrrp_instance, failover_until)) ||
	       (c->row->table->id == TABLE_sync_group &&
		   c->mask & COLUMN(sync_group, failover_until));
}

static bool is_ours(const struct change *c)
{
	switch (c->row->table->id) {
	case TABLE_vrrp_instance:
	case TABLE_vrrp_address:
	case TABLE_vrrp_peer:
	case TABLE_sync_group:
	case TABLE_vrrp_route:
	case TABLE_vrrp_rule:
	case TABLE_static_address:
	case TABLE_vrrp_interface:
	case TABLE_vrrp_track:
	case TABLE_sync_group_track:
	case TABLE_script:
	case TABLE_track_file:
	case TABLE_track_process:
		return c->kind != CHANGE_MODIFIED || c->before;
	case TABLE_virtual_server:
	case TABLE_pool: /* many, of which few are tracked */
		return c->kind == CHANGE_REMOVED && c->row->user;
	}
	return false;
}

static void follow_news(struct router *r, const struct change *c, size_t n)
{
	struct virtual *v;
	bool any = false;

	for (size_t k = 0; k < n; k++)
		any = any || tracking_is_news(&c[k]);
	if (!any)
		return;
	TAILQ_FOREACH (v, &r->virtuals, entry) {
		tracking_evaluate(v);
		virtual_start(v);
	}
	router_act(r);
}

static bool any_ours(const struct change *c, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (is_ours(&c[k]))
			return true;
	return false;
}

static bool any_failover(const struct change *c, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (is_failover(&c[k]))
			return true;
	return false;
}

static void changed(struct engine *e, const struct change *c, size_t n, bool sync, void *arg)
{
	struct router *r = arg;
	bool first = !r->begun;

	if (!first && !sync && any_failover(c, n))
		hand_over(r);
	if (first && !sync)
		return; /* the whole comes first */
	if (!first && !any_ours(c, n)) {
		follow_news(r, c, n);
		return;
	}
	if (first) {
		begin(r);
		adopt_system(r);
	}
	apply(r, c, n, first);
	router_act(r);
	if (!first)
		return;
	tell_all(r);
	engine_ready(e);
}

static void resign(struct router *r, const char *why)
{
	struct virtual *v;

	log_info("stops: %s", why);
	TAILQ_FOREACH (v, &r->virtuals, entry)
		vrrp_fsm_stop(&v->fsm, clock_now(), why);
	router_act(r);
	routing_stop(r->routing);
	r->resigned = true;
	vmac_sweep(r, true);
	promote_sweep(r, true);
	filter_set(r->filter, NULL, 0);
	tell_all(r);
	report_counters(r);
	record_remove(r->record);
	engine_exit(r->engine, 0);
}

static void stop(struct engine *e, bool clean, void *arg)
{
	if (clean)
		resign(arg, "directord stops");
	else
		engine_exit(e, 0); /* another process takes over what is there */
}

static void orphaned(struct engine *e, void *arg)
{
	struct router *r = arg;
	struct timeval tv = usec_to_timeval(ORPHAN_TIME);

	(void)e;
	log_warning("directord is gone; goes on for %u s until another one takes over",
	    (unsigned)(ORPHAN_TIME / USEC_PER_SEC));
	event_add(r->orphan, &tv);
}

static void on_orphan(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	resign(arg, "directord did not come back");
}

static void on_leave(int fd, short what, void *arg)
{
	struct router *r = arg;

	(void)fd;
	(void)what;
	log_info("leaves everything to another process");
	engine_exit(r->engine, 0);
}

static void on_terminate(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	resign(arg, "terminated by a signal");
}

static void make_events(struct router *r)
{
	r->act = event_new(r->base, -1, 0, on_act, r);
	r->counters = event_new(r->base, -1, EV_PERSIST, on_counters, r);
	r->tell = evtimer_new(r->base, on_tell, r);
	r->startup = evtimer_new(r->base, on_startup, r);
	r->orphan = evtimer_new(r->base, on_orphan, r);
	r->leave = evsignal_new(r->base, LOCK_SIGNAL_LEAVE, on_leave, r);
	r->terminate = evsignal_new(r->base, SIGTERM, on_terminate, r);
	event_add(r->leave, NULL);
	event_add(r->terminate, NULL);
}

static void finish(void *arg)
{
	struct router *r = arg;
	struct virtual *v;

	while ((v = TAILQ_FIRST(&r->virtuals)))
		virtual_free(v);
	vmac_free(r);
	STORE_FOREACH (vrrp_interface, i, engine_store(r->engine))
		watch_free(&i->row);
	STORE_FOREACH (sync_group, g, engine_store(r->engine)) {
		free(g->row.user);
		g->row.user = NULL;
	}
	event_free(r->act);
	event_free(r->tell);
	event_free(r->counters);
	event_free(r->startup);
	event_free(r->orphan);
	event_free(r->leave);
	event_free(r->terminate);
	announcer_free(r->announcer);
	routing_free(r->routing);
	filter_free(r->filter);
	linkbeat_free(r->linkbeat);
	kernel_free(r->kernel);
	record_close(r->record);
	if (r->lock >= 0)
		close(r->lock);
	free(r);
}

static void *start(struct engine *e)
{
	struct router *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->engine = e;
	r->base = engine_base(e);
	r->lock = -1;
	r->record = prepared_record;
	TAILQ_INIT(&r->virtuals);
	TAILQ_INIT(&r->links);
	TAILQ_INIT(&r->vmac_parents);
	make_events(r);
	r->kernel = kernel_new(r->base, kernel_changed, r);
	r->announcer = announcer_new(r->base);
	r->routing = routing_new(r->base, &routing_ops, r);
	r->filter = filter_new(r->base, engine_run_dir(e));
	filter_watch(r->filter, report_filter, r);
	if (r->kernel && r->announcer && r->routing)
		return r;
	finish(r);
	return NULL;
}

/* --------------------------------------------------------------------- prepare */

/* Where the system does not permit it, everything works all the same, a little less surely. */
static void become_realtime(void)
{
	struct sched_param p = {.sched_priority = REALTIME_PRIORITY};

	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p) == 0)
		return;
	log_info("no real-time priority: %s", strerror(errno));
	if (setpriority(PRIO_PROCESS, 0, -20) < 0)
		log_info("no raised priority either: %s", strerror(errno));
}

/*
 * Future mappings are locked only where the limit does not count: otherwise, after the change of
 * user, the process would run out of memory when it reaches it.
 */
static void lock_memory(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int what = MCL_CURRENT;

	if (setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0)
		what |= MCL_FUTURE;
	else
		log_info("what memory it gets later is not locked: %s", strerror(errno));
	lock_again = !(what & MCL_FUTURE);
	if (mlockall(what) < 0)
		log_info("memory is not locked: %s", strerror(errno));
}

static int prepare(const char *run_dir, uid_t uid, gid_t gid)
{
	prepared_record = record_open(run_dir, uid, gid);
	become_realtime();
	lock_memory();
	return 0;
}

static const cap_value_t caps[] = {CAP_NET_ADMIN, CAP_NET_RAW};

const struct engine_program vrrp_program = {
    .name = "vrrp",
    .process = P_VRRP,
    .caps = caps,
    .ncaps = sizeof(caps) / sizeof(caps[0]),
    .prepare = prepare,
    .start = start,
    .finish = finish,
    .ops = {.changed = changed, .stop = stop, .orphaned = orphaned},
};
