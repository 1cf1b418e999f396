/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker as an engine: rows in, states and events out.  The test is the
 * hub: it has the other end of the channel on the same event base, sends rows,
 * and keeps what is reported in a store of its own.  Real servers are ports of
 * loopback that listen or do not.
 */
#include "core/check/monitor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/check/probe.h"
#include "core/model/message.h"
#include "tests/unit/unit.h"

#define MSEC USEC_PER_MSEC

/* ---- the hub */

struct told {
	enum event_kind kind;
	char subject[KEY_TEXT_SIZE], old[32], new[32], reason[256];
};

static struct {
	struct engine *engine;
	void *monitor;
	struct channel *ch;
	struct store *store;
	struct group_reader in;
	struct group_writer out;
	struct told events[200];
	unsigned n_events, ready, deleted;
	bool (*until)(void);
	usec_t deadline;
	struct event *poll;
} hub;

static void take_group(void)
{
	for (size_t i = 0; i < hub.in.n; i++) {
		struct group_item *item = &hub.in.items[i];
		struct row *there = store_find(hub.store, item->row);

		if (item->op == ROW_DELETE) {
			ck_assert_ptr_nonnull(there);
			store_remove(hub.store, there);
			row_free(there);
			hub.deleted++;
		} else if (there) {
			row_copy_columns(there, item->row, item->mask);
		} else {
			store_insert(hub.store, item->row);
			item->row = NULL;
		}
	}
	group_reset(&hub.in);
}

static void take_event(struct wire *w)
{
	struct told *t = &hub.events[hub.n_events++];
	struct row *subject, *known;

	ck_assert_uint_lt(hub.n_events, 200);
	t->kind = (enum event_kind)wire_get_h32(w);
	subject = message_get_key(w);
	ck_assert_ptr_nonnull(subject);
	row_key_format(subject, t->subject);
	wire_get_str(w, t->old, sizeof(t->old));
	wire_get_str(w, t->new, sizeof(t->new));
	wire_get_str(w, t->reason, sizeof(t->reason));
	ck_assert(wire_done(w));
	/* Others act on the state, and their events must follow this one: so it comes before the state. */
	known = store_find(hub.store, subject);
	if (known && known->table->id == TABLE_real_server)
		ck_assert_str_ne(enum_word(&enumeration_server_state,
				     (int32_t)((struct real_server *)known)->state),
		    t->new);
	row_free(subject);
}

static void packet(struct channel *ch, uint32_t type, struct wire *w, void *arg)
{
	(void)ch;
	(void)arg;
	switch ((enum message)type) {
	case MSG_BEGIN:
		ck_assert(group_read_begin(&hub.in, w));
		break;
	case MSG_ROWS:
		ck_assert(group_read_rows(&hub.in, w));
		break;
	case MSG_END:
		take_group();
		break;
	case MSG_EVENT:
		take_event(w);
		break;
	case MSG_READY:
		hub.ready++;
		break;
	case MSG_HELLO:
	case MSG_LOG:
		break;
	case MSG_STOP:
	case MSG_PING:
	case MSG_PONG:
	case MSG_REQUEST:
	case MSG_REPLY:
		ck_abort_msg("message of type %u", type);
	}
}

static void closed(struct channel *ch, const char *why, void *arg)
{
	(void)ch;
	(void)arg;
	ck_abort_msg("closed: %s", why);
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if ((hub.until && hub.until()) || clock_now() >= hub.deadline)
		event_base_loopbreak(engine_base(hub.engine));
}

static const struct engine_program program = {.name = "check",
    .process = P_CHECK,
    .start = monitor_start,
    .finish = monitor_finish,
    .ops = {.changed = monitor_changed, .stop = monitor_stop}};

/* A checker that has just been started. */
static void engine_up(void)
{
	static const struct channel_ops ops = {packet, closed, NULL};
	struct timeval often = {.tv_usec = 2000};
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	hub.engine = engine_open(&program, fds[0]);
	hub.monitor = monitor_start(hub.engine);
	ck_assert_ptr_nonnull(hub.monitor);
	hub.ch = channel_new(engine_base(hub.engine), fds[1], &ops, NULL);
	hub.poll = event_new(engine_base(hub.engine), -1, EV_PERSIST, on_poll, NULL);
	event_add(hub.poll, &often);
}

static void engine_down(void)
{
	event_free(hub.poll);
	channel_free(hub.ch);
	monitor_finish(hub.monitor);
	engine_close(hub.engine);
}

/* Runs until it holds; false if it does not in the time. */
static bool run(bool (*until)(void), unsigned ms)
{
	hub.until = until;
	hub.deadline = clock_now() + ms * MSEC;
	engine_run(hub.engine, hub.monitor);
	return until && until();
}

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	log_init("check", LOG_LEVEL_ERROR);
	hub.store = store_new();
	engine_up();
}

static void teardown(void)
{
	engine_down();
	store_free(hub.store);
}

/* ---- rows */

#define ALL(r) (table_mask((r)->table, CLASS_CONFIG) | table_mask((r)->table, CLASS_STATE))

/* Puts a row into the hub's store and the group; only what is in mask is sent if it is there. */
static void put(struct row *r)
{
	struct row *there = store_find(hub.store, r);

	if (there) {
		row_copy_columns(there, r, table_mask(r->table, CLASS_CONFIG));
		row_free(r);
		r = there;
		group_row(&hub.out, r, ROW_SET, table_mask(r->table, CLASS_CONFIG));
		return;
	}
	store_insert(hub.store, r);
	group_row(&hub.out, r, ROW_SET, ALL(r));
}

static void drop(struct row *key)
{
	struct row *there = store_find(hub.store, key);

	ck_assert_ptr_nonnull(there);
	group_row(&hub.out, there, ROW_DELETE, 0);
	store_remove(hub.store, there);
	row_free(there);
	row_free(key);
}

static struct row *pool(const char *name, bool start_down)
{
	struct pool *p = ROW_NEW(pool);

	row_set_text(&p->name, name);
	p->start_down = start_down;
	return &p->row;
}

static struct real_server *server(const char *pool_name, uint16_t port)
{
	struct real_server *s = ROW_NEW(real_server);

	row_set_text(&s->pool, pool_name);
	ck_assert(addr_parse(&s->address, "127.0.0.1"));
	s->port = port;
	return s;
}

static struct check *check(const char *pool_name, const char *name)
{
	struct check *c = ROW_NEW(check);

	row_set_text(&c->pool, pool_name);
	row_set_text(&c->name, name);
	c->interval = 50 * MSEC;
	c->timeout = 500 * MSEC;
	c->retries = 1;
	c->retry_delay = 20 * MSEC;
	c->warmup = 0;
	return c;
}

static struct real_server *known_server(uint16_t port)
{
	struct real_server *key = server("web", port);
	struct row *r = store_find(hub.store, &key->row);

	row_free(&key->row);
	ck_assert_ptr_nonnull(r);
	return (struct real_server *)r;
}

static struct check_result *known_result(uint16_t port, const char *name)
{
	struct check_result *key = ROW_NEW(check_result);
	struct row *r;

	row_set_text(&key->pool, "web");
	row_set_text(&key->check, name);
	ck_assert(addr_parse(&key->address, "127.0.0.1"));
	key->port = port;
	r = store_find(hub.store, &key->row);
	row_free(&key->row);
	return (struct check_result *)r;
}

static void begin(enum group group)
{
	group_begin(&hub.out, hub.ch, group);
}

static void end(void)
{
	ck_assert(group_end(&hub.out, true));
}

/* All that the hub knows, as after a restart of the process. */
static void sync_all(void)
{
	begin(GROUP_SYNC);
	for (int t = 0; t < TABLE_COUNT; t++)
		for (struct row *r = store_first(hub.store, (enum table_id)t); r; r = store_next(r))
			if (tables[t].readers & P_CHECK)
				group_row(&hub.out, r, ROW_SET, ALL(r));
	end();
}

/* ---- ports */

static int port_fd[2];
static uint16_t port[2];

static int listen_at(uint16_t *p)
{
	struct sockaddr_storage ss;
	struct addr a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t len;

	addr_parse(&a, "127.0.0.1");
	len = addr_to_sockaddr(&a, *p, &ss);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, len), 0);
	ck_assert_int_eq(listen(fd, 4096), 0);
	len = sizeof(ss);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	ck_assert(addr_from_sockaddr(&a, p, (struct sockaddr *)&ss));
	return fd;
}

/* Below the range of ports that clients get, so that nobody else takes one that is closed. */
static void ports_open(void)
{
	for (unsigned i = 0; i < 2; i++) {
		port[i] = (uint16_t)(20000 + (unsigned)getpid() % 5000 * 2 + i);
		port_fd[i] = listen_at(&port[i]);
	}
}

static void port_close(unsigned i)
{
	close(port_fd[i]);
}

static void port_open(unsigned i)
{
	port_fd[i] = listen_at(&port[i]);
}

/* ---- conditions */

static bool first_up(void)
{
	return known_server(port[0])->state == SERVER_UP;
}

static bool first_down(void)
{
	return known_server(port[0])->state == SERVER_DOWN;
}

static bool second_down(void)
{
	return known_server(port[1])->state == SERVER_DOWN;
}

static bool second_up(void)
{
	return known_server(port[1])->state == SERVER_UP;
}

static bool both_checked(void)
{
	struct check_result *a = known_result(port[0], "tcp"), *b = known_result(port[1], "tcp");

	return a && b && a->state != CHECK_STATE_UNKNOWN && b->state != CHECK_STATE_UNKNOWN;
}

static const char *second_reason_wanted;

static bool second_reason(void)
{
	struct check_result *r = known_result(port[1], "web");

	return r && strcmp(r->reason, second_reason_wanted) == 0;
}

/* Pool web: two servers, one TCP check for both; the second server is closed. */
static void usual(bool start_down)
{
	ports_open();
	port_close(1);
	begin(GROUP_SYNC);
	put(pool("web", start_down));
	put(&server("web", port[0])->row);
	put(&server("web", port[1])->row);
	put(&check("web", "tcp")->row);
	end();
	ck_assert(run(both_checked, 3000));
	run(NULL, 10);
}

/* ---- tests */

START_TEST(test_states)
{
	struct pool *p;

	usual(false);
	p = store_pool(hub.store, "web");
	ck_assert_int_eq(event_base_get_npriorities(engine_base(hub.engine)), PROBE_PRIORITIES);
	ck_assert_uint_eq(hub.ready, 1);
	ck_assert_int_eq(known_server(port[0])->state, SERVER_UP);
	ck_assert_str_eq(known_server(port[0])->reason, "its check succeeds");
	ck_assert_int_eq(known_server(port[1])->state, SERVER_DOWN);
	ck_assert_str_eq(known_server(port[1])->reason, "tcp: connection refused");
	ck_assert_uint_eq(known_server(port[1])->transitions, 1);
	ck_assert_uint_gt(known_server(port[1])->last_change, 0);
	ck_assert_uint_eq(p->servers, 2);
	ck_assert_uint_eq(p->servers_up, 1);
	ck_assert_int_eq(known_result(port[0], "tcp")->state, CHECK_STATE_UP);
	ck_assert_uint_ge(known_result(port[1], "tcp")->failures, 2);
	/* One event: the server that was taken for up is down. */
	ck_assert_uint_eq(hub.n_events, 1);
	ck_assert_int_eq(hub.events[0].kind, EVENT_REAL_SERVER_STATE);
	ck_assert_str_eq(hub.events[0].old, "up");
	ck_assert_str_eq(hub.events[0].new, "down");
	ck_assert_str_eq(hub.events[0].reason, "tcp: connection refused");
	/* It comes back. */
	port_open(1);
	ck_assert(run(second_up, 3000));
	run(NULL, 10);
	ck_assert_uint_eq(p->servers_up, 2);
	ck_assert_uint_eq(hub.n_events, 2);
	ck_assert_str_eq(hub.events[1].new, "up");
}
END_TEST

START_TEST(test_start_down)
{
	usual(true);
	ck_assert(run(first_up, 3000));
	ck_assert_int_eq(known_server(port[1])->state, SERVER_DOWN);
	ck_assert_uint_eq(hub.n_events, 2);
	ck_assert_str_eq(hub.events[0].old, "unknown");
	ck_assert_str_eq(hub.events[1].old, "unknown");
}
END_TEST

START_TEST(test_counters_arrive)
{
	struct check_result *r;
	uint64_t before;

	usual(false);
	run(NULL, 300);
	r = known_result(port[0], "tcp");
	before = r->successes;
	run(NULL, 1000);
	/* 20 rounds a second, reported ten times a second. */
	ck_assert_uint_ge(r->successes, before + 15);
	ck_assert_uint_le(r->successes, before + 25);
	ck_assert_uint_eq(r->consecutive, r->successes);
	ck_assert_uint_gt(r->latency, 0);
	ck_assert_uint_lt(clock_now() - r->last_time, 300 * MSEC);
	ck_assert_uint_eq(hub.n_events, 1);
}
END_TEST

/* Changes that do not concern a check leave it alone. */
START_TEST(test_untouched)
{
	struct real_server *changed;
	uint64_t before;

	usual(false);
	run(NULL, 200);
	before = known_result(port[0], "tcp")->successes;
	for (unsigned i = 0; i < 20; i++) {
		changed = server("web", port[0]);
		changed->weight = (int32_t)(10 + i);
		begin(GROUP_CHANGE);
		put(&changed->row);
		end();
		run(NULL, 20);
	}
	run(NULL, 150);
	/* Were it started anew by each change, it would never have been its turn. */
	ck_assert_uint_ge(known_result(port[0], "tcp")->successes, before + 7);
	ck_assert_int_eq(known_server(port[1])->state, SERVER_DOWN);
	ck_assert_uint_eq(hub.n_events, 1);
}
END_TEST

/* A reload gives the check another type and another name to ask for: the failed server stays failed. */
START_TEST(test_modified)
{
	struct check *c;

	usual(false);
	c = check("web", "tcp");
	c->timeout = 300 * MSEC;
	c->interval = 30 * MSEC;
	c->retries = 0;
	begin(GROUP_CHANGE);
	put(&c->row);
	end();
	run(NULL, 300);
	ck_assert_int_eq(known_server(port[0])->state, SERVER_UP);
	ck_assert_int_eq(known_server(port[1])->state, SERVER_DOWN);
	ck_assert_uint_eq(hub.n_events, 1);
	/* The new rules hold: one failure is enough, at once. */
	port_close(0);
	ck_assert(run(first_down, 1000));
	ck_assert_uint_eq(known_result(port[0], "tcp")->failures, 1);
}
END_TEST

/* It takes as many as the row says to fall, and to rise. */
START_TEST(test_rise_and_fall)
{
	struct check_result *r;
	struct check *c;

	usual(false);
	c = check("web", "tcp");
	c->retries = 0;
	c->rise = 5;
	c->fall = 4;
	begin(GROUP_CHANGE);
	put(&c->row);
	end();
	run(NULL, 20);
	port_open(1);
	ck_assert(run(second_up, 2000));
	r = known_result(port[1], "tcp");
	ck_assert_uint_eq(r->consecutive, 5);
	port_close(1);
	ck_assert(run(second_down, 2000));
	ck_assert_uint_eq(r->consecutive, 4);
}
END_TEST

/* Another check in the place of the one that failed does not bring the server back. */
START_TEST(test_replaced)
{
	usual(false);
	begin(GROUP_CHANGE);
	drop(&check("web", "tcp")->row);
	put(&check("web", "web")->row);
	end();
	run(NULL, 5);
	ck_assert_int_eq(known_server(port[1])->state, SERVER_DOWN);
	ck_assert_uint_eq(hub.n_events, 1);
	run(NULL, 300);
	ck_assert_ptr_null(known_result(port[0], "tcp"));
	ck_assert_ptr_null(known_result(port[1], "tcp"));
	ck_assert_uint_eq(hub.deleted, 2);
	ck_assert_int_eq(known_result(port[1], "web")->state, CHECK_STATE_DOWN);
	ck_assert_uint_eq(hub.n_events, 1);
	port_open(1);
	ck_assert(run(second_up, 1000));
}
END_TEST

START_TEST(test_disabled)
{
	struct real_server *s;
	uint64_t before;

	usual(false);
	s = server("web", port[0]);
	s->admin_state = ADMIN_DISABLED;
	begin(GROUP_CHANGE);
	put(&s->row);
	end();
	run(NULL, 150);
	ck_assert_int_eq(known_server(port[0])->state, SERVER_UNKNOWN);
	ck_assert_str_eq(
	    known_server(port[0])->reason, "disabled by the administrator: not checked");
	ck_assert_uint_eq(store_pool(hub.store, "web")->servers_up, 0);
	before = known_result(port[0], "tcp")->successes;
	run(NULL, 300);
	ck_assert_uint_eq(known_result(port[0], "tcp")->successes, before);
	/* Draining servers are checked. */
	s = server("web", port[0]);
	s->admin_state = ADMIN_DRAIN;
	begin(GROUP_CHANGE);
	put(&s->row);
	end();
	run(NULL, 400);
	ck_assert_int_eq(known_server(port[0])->state, SERVER_UP);
	ck_assert_uint_gt(known_result(port[0], "tcp")->successes, before);
}
END_TEST

START_TEST(test_removed)
{
	usual(false);
	begin(GROUP_CHANGE);
	drop(&server("web", port[1])->row);
	end();
	run(NULL, 200);
	ck_assert_ptr_null(known_result(port[1], "tcp"));
	ck_assert_ptr_nonnull(known_result(port[0], "tcp"));
	ck_assert_uint_eq(store_pool(hub.store, "web")->servers, 1);
	ck_assert_uint_eq(store_pool(hub.store, "web")->servers_up, 1);
	/* And with all that belongs to it. */
	begin(GROUP_CHANGE);
	drop(&check("web", "tcp")->row);
	drop(&server("web", port[0])->row);
	drop(pool("web", false));
	end();
	run(NULL, 200);
	ck_assert_uint_eq(store_count(hub.store, TABLE_check_result), 0);
}
END_TEST

/* A check for one server of the pool, which may not be there yet, or no longer. */
START_TEST(test_one_server)
{
	struct check *c;

	usual(false);
	c = check("web", "web");
	ck_assert(addr_parse(&c->server_address, "127.0.0.1"));
	c->server_port = port[1];
	begin(GROUP_CHANGE);
	drop(&server("web", port[1])->row);
	put(&c->row);
	end();
	run(NULL, 100);
	ck_assert_ptr_null(known_result(port[0], "web"));
	ck_assert_ptr_null(known_result(port[1], "web"));
	begin(GROUP_CHANGE);
	put(&server("web", port[1])->row);
	end();
	ck_assert(run(second_down, 1000));
	ck_assert_ptr_null(known_result(port[0], "web"));
	ck_assert_ptr_nonnull(known_result(port[1], "web"));
	ck_assert_ptr_nonnull(known_result(port[1], "tcp"));
	/* The server goes and comes again: the check finds it again. */
	begin(GROUP_CHANGE);
	drop(&server("web", port[1])->row);
	end();
	run(NULL, 50);
	begin(GROUP_CHANGE);
	put(&server("web", port[1])->row);
	end();
	ck_assert(run(second_down, 1000));
	ck_assert_ptr_nonnull(known_result(port[1], "web"));
	/* The check is for the other one from now on. */
	c = check("web", "web");
	ck_assert(addr_parse(&c->server_address, "127.0.0.1"));
	c->server_port = port[0];
	begin(GROUP_CHANGE);
	put(&c->row);
	end();
	run(NULL, 100);
	ck_assert_ptr_null(known_result(port[1], "web"));
	ck_assert_ptr_nonnull(known_result(port[0], "web"));
}
END_TEST

/* The process dies and is started again: nobody hears of it. */
START_TEST(test_restart)
{
	uint64_t before;

	usual(false);
	run(NULL, 300);
	before = known_result(port[0], "tcp")->successes;
	for (unsigned i = 0; i < 3; i++) {
		engine_down();
		engine_up();
		sync_all();
		run(NULL, 200);
		ck_assert_uint_eq(hub.n_events, 1);
		ck_assert_int_eq(known_server(port[0])->state, SERVER_UP);
		ck_assert_int_eq(known_server(port[1])->state, SERVER_DOWN);
		ck_assert_uint_eq(known_server(port[1])->transitions, 1);
		ck_assert_uint_eq(store_pool(hub.store, "web")->servers, 2);
		ck_assert_uint_eq(store_pool(hub.store, "web")->servers_up, 1);
	}
	ck_assert_uint_gt(known_result(port[0], "tcp")->successes, before);
	/* What changed in the meantime is found, and told once. */
	engine_down();
	port_close(0);
	engine_up();
	sync_all();
	ck_assert(run(first_down, 1000));
	run(NULL, 100);
	ck_assert_uint_eq(hub.n_events, 2);
	ck_assert_str_eq(hub.events[1].old, "up");
	ck_assert_str_eq(hub.events[1].new, "down");
}
END_TEST

static bool second_steady(void)
{
	return known_server(port[1])->stability == STABILITY_STEADY;
}

/* Too many changes: told once, kept over a restart of the process, and told when it is over. */
START_TEST(test_flapping)
{
	struct pool *p;
	unsigned before;

	usual(false);
	p = (struct pool *)pool("web", false);
	p->flap_changes = 3;
	p->flap_window = 3 * USEC_PER_SEC;
	begin(GROUP_CHANGE);
	put(&p->row);
	end();
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(known_server(port[1])->stability,
		    i < 2 ? STABILITY_STEADY : STABILITY_FLAPPING);
		port_open(1);
		ck_assert(run(second_up, 3000));
		port_close(1);
		ck_assert(run(second_down, 3000));
		run(NULL, 10);
	}
	before = hub.n_events;
	ck_assert_uint_eq(before, 8); /* 7 changes, and that these are too many */
	ck_assert_int_eq(hub.events[4].kind, EVENT_FLAPPING);
	ck_assert_str_eq(hub.events[4].old, "steady");
	ck_assert_str_eq(hub.events[4].new, "flapping");
	ck_assert_str_eq(hub.events[4].reason, "4 changes within 3 s");
	ck_assert_str_eq(hub.events[4].subject, hub.events[3].subject);
	engine_down();
	engine_up();
	sync_all();
	run(NULL, 200);
	ck_assert_uint_eq(hub.n_events, before);
	ck_assert_int_eq(known_server(port[1])->stability, STABILITY_FLAPPING);
	ck_assert(run(second_steady, 6000));
	ck_assert_uint_eq(hub.n_events, before + 1);
	ck_assert_int_eq(hub.events[before].kind, EVENT_FLAPPING);
	ck_assert_str_eq(hub.events[before].new, "steady");
}
END_TEST

/* The check was deleted while the process was away: its results go. */
START_TEST(test_restart_without_check)
{
	struct check *key;
	struct row *r;

	usual(false);
	engine_down();
	key = check("web", "tcp");
	r = store_find(hub.store, &key->row);
	store_remove(hub.store, r);
	row_free(r);
	row_free(&key->row);
	engine_up();
	sync_all();
	run(NULL, 100);
	ck_assert_uint_eq(store_count(hub.store, TABLE_check_result), 0);
	ck_assert_int_eq(known_server(port[1])->state, SERVER_UP);
	ck_assert_str_eq(known_server(port[1])->reason, "no checks");
}
END_TEST

/* What we cannot ask says nothing about the server. */
START_TEST(test_faults)
{
	struct check *c;

	usual(false);
	port_open(1);
	ck_assert(run(second_up, 1000));
	c = check("web", "web");
	c->type = CHECK_HTTP;
	row_set_text(&c->pattern, "a(b");
	log_init("check", (enum log_level)0);
	begin(GROUP_CHANGE);
	put(&c->row);
	end();
	second_reason_wanted = "not checked: pattern, character 4: missing closing parenthesis";
	ck_assert(run(second_reason, 1000));
	ck_assert_int_eq(known_server(port[1])->state, SERVER_UP);
	c = check("web", "web");
	c->type = CHECK_HTTP;
	ck_assert(addr_parse(&c->bind_address, "192.0.2.99"));
	begin(GROUP_CHANGE);
	put(&c->row);
	end();
	second_reason_wanted = "source address: no such local address, or no local port left";
	ck_assert(run(second_reason, 1000));
	ck_assert_int_eq(known_server(port[1])->state, SERVER_UP);
	ck_assert_uint_eq(known_result(port[1], "web")->failures, 0);
	ck_assert_int_eq(known_result(port[1], "web")->state, CHECK_STATE_UNKNOWN);
}
END_TEST

/* Many rows at once: each is checked, and no faster than the window allows. */
START_TEST(test_many)
{
	enum { N = 300 };
	unsigned up = 0;

	ports_open();
	begin(GROUP_SYNC);
	put(pool("web", false));
	for (uint16_t i = 0; i < N; i++) {
		struct real_server *s = server("web", port[0]);

		s->address.bytes[2] = (uint8_t)(i / 200);
		s->address.bytes[3] = (uint8_t)(1 + i % 200);
		put(&s->row);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct check *c;
		char name[20];

		snprintf(name, sizeof(name), "c%u", i);
		c = check("web", name);
		c->interval = 500 * MSEC;
		ck_assert(addr_parse(&c->connect_address, "127.0.0.1"));
		put(&c->row);
	}
	end();
	run(NULL, 2500);
	STORE_FOREACH (check_result, r, hub.store) {
		ck_assert_int_eq(r->state, CHECK_STATE_UP);
		ck_assert_uint_le(r->successes, 6);
		up++;
	}
	ck_assert_uint_eq(up, 3 * N);
	ck_assert_uint_eq(store_pool(hub.store, "web")->servers_up, N);
	ck_assert_uint_eq(hub.n_events, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("monitor");
	TCase *tc = tcase_create("monitor");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_states);
	tcase_add_test(tc, test_start_down);
	tcase_add_test(tc, test_counters_arrive);
	tcase_add_test(tc, test_untouched);
	tcase_add_test(tc, test_modified);
	tcase_add_test(tc, test_rise_and_fall);
	tcase_add_test(tc, test_replaced);
	tcase_add_test(tc, test_disabled);
	tcase_add_test(tc, test_removed);
	tcase_add_test(tc, test_one_server);
	tcase_add_test(tc, test_restart);
	tcase_add_test(tc, test_flapping);
	tcase_add_test(tc, test_restart_without_check);
	tcase_add_test(tc, test_faults);
	tcase_add_test(tc, test_many);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
