/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime of the processes, against a hub that does what a test says.  The engine under test is that
 * of `lvs`; both ends share its event loop.
 */
#include "core/model/engine.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/model/message.h"
#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

/* What the hub heard, as words: "set real_server web 10.0.0.1 80 effective_weight=3". */
#define HEARD 200
static struct hub {
	struct channel *ch;
	struct group_reader in;
	char heard[HEARD][700];
	unsigned n, groups, hellos;
	uint64_t pong;
	struct store *rows; /* what it knows by now */
	bool quiet;	    /* only keep rows */
} hub;

/* What the engine told its program. */
static struct {
	struct engine *e;
	char seen[HEARD][700];
	unsigned n, calls;
	bool sync;
	unsigned stops, orphans;
	bool clean;
	struct row *report_removed; /* misbehave: report this row while it is removed */
} program;

static void words_of_columns(char *buf, size_t size, const struct row *r, column_mask mask)
{
	char text[COLUMN_TEXT_SIZE];
	size_t n = strlen(buf);

	for (size_t i = r->table->keys; i < r->table->ncolumns; i++)
		if (mask >> i & 1)
			n +=
			    (size_t)snprintf(buf + n, size - n, " %s=%s", r->table->columns[i].name,
				column_format(r, &r->table->columns[i], text));
}

static void hub_heard(const char *what, const struct row *r, column_mask mask)
{
	char text[ROW_TEXT_SIZE];
	char *line;

	if (hub.quiet)
		return;
	ck_assert_uint_lt(hub.n, HEARD);
	line = hub.heard[hub.n++];
	snprintf(
	    line, sizeof(hub.heard[0]), "%s%s%s", what, r ? " " : "", r ? row_format(r, text) : "");
	if (r)
		words_of_columns(line, sizeof(hub.heard[0]), r, mask);
}

static void hub_keeps(struct group_item *i)
{
	struct row *there = store_find(hub.rows, i->row);

	if (i->op == ROW_DELETE) {
		if (there)
			store_remove(hub.rows, there);
		row_free(there);
	} else if (there) {
		row_copy_columns(there, i->row, i->mask);
	} else {
		store_insert(hub.rows, i->row);
		i->row = NULL;
	}
}

static void hub_group(void)
{
	hub.groups++;
	for (size_t i = 0; i < hub.in.n; i++) {
		struct group_item *item = &hub.in.items[i];

		hub_heard(item->op == ROW_SET ? "set" : "delete", item->row, item->mask);
		hub_keeps(item);
	}
	group_reset(&hub.in);
}

static void hub_event(struct wire *w)
{
	char old_state[64], new_state[64], reason[300], line[500];
	uint32_t kind = wire_get_h32(w);
	struct row *r = message_get_key(w);

	ck_assert_ptr_nonnull(r);
	wire_get_str(w, old_state, sizeof(old_state));
	wire_get_str(w, new_state, sizeof(new_state));
	wire_get_str(w, reason, sizeof(reason));
	ck_assert(wire_done(w) && event_info_find((enum event_kind)kind));
	snprintf(line, sizeof(line), "event %s>%s %s:", old_state, new_state, reason);
	hub_heard(line, r, 0);
	row_free(r);
}

static void hub_hello(struct wire *w)
{
	char name[32];

	ck_assert_uint_eq(wire_get_h32(w), schema_fingerprint());
	ck_assert_uint_eq(wire_get_h32(w), P_LVS);
	ck_assert_uint_eq(wire_get_h32(w), getpid());
	wire_get_str(w, name, sizeof(name));
	ck_assert(wire_done(w));
	ck_assert_str_eq(name, "lvs");
	hub.hellos++;
}

static void hub_packet(struct channel *ch, uint32_t type, struct wire *w, void *arg)
{
	(void)ch;
	(void)arg;
	switch ((enum message)type) {
	case MSG_HELLO:
		ck_assert_uint_eq(hub.n, 0);
		hub_hello(w);
		break;
	case MSG_BEGIN:
		ck_assert(!hub.in.open && group_read_begin(&hub.in, w));
		ck_assert_int_eq(
		    hub.in.group, hub.in.group == GROUP_EDIT ? GROUP_EDIT : GROUP_STATE);
		break;
	case MSG_ROWS:
		ck_assert(group_read_rows(&hub.in, w));
		break;
	case MSG_END:
		hub_group();
		break;
	case MSG_EVENT:
		ck_assert(!hub.in.open);
		hub_event(w);
		break;
	case MSG_READY:
		hub_heard("ready", NULL, 0);
		break;
	case MSG_PONG:
		hub.pong = wire_get_h64(w);
		break;
	case MSG_REQUEST:
		hub_heard("request", NULL, 0);
		break;
	case MSG_LOG:
	case MSG_STOP:
	case MSG_PING:
	case MSG_REPLY:
		ck_abort_msg("the engine sent a message of type %u", type);
	}
}

static void hub_closed(struct channel *ch, const char *why, void *arg)
{
	(void)why;
	(void)arg;
	channel_free(ch);
	hub.ch = NULL;
}

/* -------------------------------------------------------------------- the program */

static void changed(struct engine *e, const struct change *c, size_t n, bool sync, void *arg)
{
	static const char *const words[] = {"added", "modified", "removed"};
	char text[ROW_TEXT_SIZE];

	ck_assert_ptr_eq(arg, &program);
	program.calls++;
	program.sync = sync;
	for (; n; n--, c++) {
		char *line = program.seen[program.n++];

		ck_assert_uint_lt(program.n, HEARD);
		snprintf(line, sizeof(program.seen[0]), "%s %s", words[c->kind],
		    row_format(c->row, text));
		if (c->kind == CHANGE_MODIFIED)
			words_of_columns(line, sizeof(program.seen[0]), c->row, c->mask);
		if (c->before) {
			strcat(line, " was");
			words_of_columns(line, sizeof(program.seen[0]), c->before, c->mask);
		}
		ck_assert(c->kind == CHANGE_MODIFIED || (!c->before && !c->mask));
		if (c->kind == CHANGE_REMOVED)
			ck_assert_ptr_ne(store_find(engine_store(e), c->row), c->row);
		else
			ck_assert_ptr_eq(store_find(engine_store(e), c->row), c->row);
		if (c->row == program.report_removed)
			engine_report(e, c->row, ~(column_mask)0);
	}
}

static void stop(struct engine *e, bool clean, void *arg)
{
	(void)arg;
	program.stops++;
	program.clean = clean;
	engine_exit(e, clean ? 5 : 6);
}

static void orphaned(struct engine *e, void *arg)
{
	(void)arg;
	program.orphans++;
	engine_exit(e, 7);
}

static struct engine_program lvs = {
    .name = "lvs", .process = P_LVS, .ops = {changed, stop, orphaned}};

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(engine_base(program.e), EVLOOP_NONBLOCK);
}

static void forget(void)
{
	hub.n = hub.groups = program.n = program.calls = 0;
}

static void setup(void)
{
	static const struct channel_ops ops = {hub_packet, hub_closed, NULL};
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	program.e = engine_open(&lvs, fds[0]);
	hub.ch = channel_new(engine_base(program.e), fds[1], &ops, NULL);
	hub.rows = store_new();
	event_base_loopexit(
	    engine_base(program.e), NULL); /* sets arg, handles HELLO, and comes back */
	engine_run(program.e, &program);
	turn();
	ck_assert_uint_eq(hub.hellos, 1);
	ck_assert_uint_eq(program.calls, 0);
}

static void teardown(void)
{
	channel_free(hub.ch);
	group_reset(&hub.in);
	store_free(hub.rows);
	engine_close(program.e);
}

/* ---------------------------------------------------------------- what the hub sends */

static struct real_server *server(const char *address, int32_t weight)
{
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, "web");
	ck_assert(addr_parse(&rs->address, address));
	rs->port = 80;
	rs->weight = weight;
	return rs;
}

static struct destination *destination(uint32_t port)
{
	struct destination *d = ROW_NEW(destination);

	row_set_text(&d->virtual_server, "www");
	ck_assert(addr_parse(&d->service_address, "192.0.2.1"));
	ck_assert(addr_parse(&d->address, "10.0.0.1"));
	d->port = port;
	return d;
}

static struct group_writer out;

/* Takes r; NULL is allowed. */
static void send_row(struct row *r, enum row_op op)
{
	if (r)
		group_row(&out, r, op, all_columns(r->table) & ~table_mask(r->table, CLASS_KEY));
	row_free(r);
}

static void send_end(void)
{
	ck_assert(group_end(&out, true));
	turn();
}

static void send_group(enum group group, struct row *a, struct row *b)
{
	group_begin(&out, hub.ch, group);
	send_row(a, ROW_SET);
	send_row(b, ROW_SET);
	send_end();
}

static void send_delete(struct row *r)
{
	group_begin(&out, hub.ch, GROUP_CHANGE);
	send_row(r, ROW_DELETE);
	send_end();
}

static struct real_server *find(const char *address)
{
	struct real_server *key = server(address, 0), *found;

	found = (struct real_server *)store_find(engine_store(program.e), &key->row);
	row_free(&key->row);
	return found;
}

#define SAW(i, text) ck_assert_str_eq(program.seen[i], text)
#define HEARS(i, text) ck_assert_str_eq(hub.heard[i], text)

/* ------------------------------------------------------------------- from the hub */

START_TEST(test_sync)
{
	struct real_server *rs = server("10.0.0.1", 5);
	struct destination *d = destination(80);

	rs->effective_weight = 5; /* what this process reported before it died */
	d->connections = 1000;
	send_group(GROUP_SYNC, &rs->row, &d->row);
	ck_assert_uint_eq(program.calls, 1);
	ck_assert(program.sync);
	ck_assert_uint_eq(program.n, 2);
	SAW(0, "added real_server web 10.0.0.1 80");
	SAW(1, "added destination www tcp 192.0.2.1 0 10.0.0.1 80");
	ck_assert_int_eq(find("10.0.0.1")->effective_weight, 5);
	ck_assert_uint_eq(
	    ((struct destination *)store_first(engine_store(program.e), TABLE_destination))
		->connections,
	    1000);
	ck_assert_uint_eq(hub.n, 0);
}
END_TEST

START_TEST(test_sync_empty)
{
	send_group(GROUP_SYNC, NULL, NULL);
	ck_assert_uint_eq(program.calls, 1);
	ck_assert(program.sync && program.n == 0);
	ck_assert_uint_eq(store_count(engine_store(program.e), TABLE_system), 1);
}
END_TEST

START_TEST(test_change)
{
	struct real_server *rs = server("10.0.0.1", 9), *other;

	send_group(GROUP_SYNC, &server("10.0.0.1", 5)->row, NULL);
	forget();
	rs->admin_state = ADMIN_DRAIN;
	send_group(GROUP_CHANGE, &rs->row, &server("10.0.0.2", 1)->row);
	ck_assert_uint_eq(program.calls, 1);
	ck_assert(!program.sync);
	SAW(0, "modified real_server web 10.0.0.1 80 weight=9 admin_state=drain was weight=5 "
	       "admin_state=enabled");
	SAW(1, "added real_server web 10.0.0.2 80");
	other = server("10.0.0.2", 1);
	other->state = SERVER_UP; /* of another process: no configuration, so nothing of before */
	forget();
	send_group(GROUP_STATE, &other->row, NULL);
	SAW(0, "modified real_server web 10.0.0.2 80 state=up");
	forget();
	send_delete(&server("10.0.0.2", 1)->row);
	SAW(0, "removed real_server web 10.0.0.2 80");
	forget();
	send_delete(&server("10.0.0.2", 1)->row);
	ck_assert_uint_eq(program.calls, 0);
	ck_assert_uint_eq(store_count(engine_store(program.e), TABLE_real_server), 1);
}
END_TEST

START_TEST(test_change_nothing)
{
	send_group(GROUP_SYNC, &server("10.0.0.1", 5)->row, NULL);
	forget();
	send_group(GROUP_CHANGE, &server("10.0.0.1", 5)->row, NULL);
	send_group(GROUP_CHANGE, NULL, NULL);
	ck_assert_uint_eq(program.calls, 0);
}
END_TEST

/* Only the columns that were sent count. */
START_TEST(test_change_mask)
{
	struct real_server *rs = server("10.0.0.1", 7);

	send_group(GROUP_SYNC, &server("10.0.0.1", 5)->row, NULL);
	forget();
	rs->on_failure = ON_FAILURE_WEIGHT_ZERO;
	group_begin(&out, hub.ch, GROUP_CHANGE);
	group_row(&out, &rs->row, ROW_SET, COLUMN(real_server, on_failure));
	row_free(&rs->row);
	send_end();
	SAW(0, "modified real_server web 10.0.0.1 80 on_failure=weight0 was on_failure=remove");
	ck_assert_int_eq(find("10.0.0.1")->weight, 5);
}
END_TEST

START_TEST(test_not_before_end)
{
	group_begin(&out, hub.ch, GROUP_SYNC);
	for (int i = 0; i < 2000; i++) {
		struct destination *d = destination((uint32_t)i);

		row_set_text(&d->virtual_server, "a name that makes the packets many");
		send_row(&d->row, ROW_SET);
	}
	turn();
	ck_assert_uint_eq(program.calls, 0);
	ck_assert_uint_eq(store_count(engine_store(program.e), TABLE_destination), 0);
}
END_TEST

START_TEST(test_sweep)
{
	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, &server("10.0.0.2", 1)->row);
	send_group(GROUP_CHANGE, &server("10.0.0.3", 1)->row, &server("10.0.0.4", 1)->row);
	engine_add(program.e, &destination(80)->row);
	turn();
	forget();
	send_group(GROUP_SYNC, &server("10.0.0.2", 1)->row, &server("10.0.0.4", 2)->row);
	ck_assert_uint_eq(program.calls, 1);
	SAW(0, "modified real_server web 10.0.0.4 80 weight=2 was weight=1");
	SAW(1, "removed real_server web 10.0.0.1 80");
	SAW(2, "removed real_server web 10.0.0.3 80");
	ck_assert_uint_eq(program.n, 3);
	/* rows of an own table are this process' to remove, and `system` is always there */
	ck_assert_uint_eq(store_count(engine_store(program.e), TABLE_destination), 1);
	ck_assert_uint_eq(store_count(engine_store(program.e), TABLE_system), 1);
}
END_TEST

/* A row that was sent again without a difference before is swept like any other. */
START_TEST(test_sweep_after_no_change)
{
	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, NULL);
	send_group(GROUP_CHANGE, &server("10.0.0.1", 1)->row, NULL);
	send_group(GROUP_SYNC, NULL, NULL);
	ck_assert_uint_eq(store_count(engine_store(program.e), TABLE_real_server), 0);
}
END_TEST

/* A scalar's row is there from the start: what a predecessor counted comes with the first sync, and only then. */
START_TEST(test_sync_scalar)
{
	struct system *s = store_system(engine_store(program.e)), *sent = ROW_NEW(system);

	sent->lvs_drift = 7;
	send_group(GROUP_SYNC, &sent->row, NULL);
	ck_assert_uint_eq(s->lvs_drift, 7);
	s->lvs_drift++;
	engine_report(program.e, &s->row, COLUMN(system, lvs_drift));
	forget();
	sent = ROW_NEW(system);
	sent->lvs_drift = 7;
	send_group(GROUP_SYNC, &sent->row, NULL);
	ck_assert_uint_eq(s->lvs_drift, 8);
}
END_TEST

/* What was counted before the first sync is not forgotten. */
START_TEST(test_sync_scalar_reported)
{
	struct system *s = store_system(engine_store(program.e)), *sent = ROW_NEW(system);

	s->lvs_drift = 1;
	engine_report(program.e, &s->row, COLUMN(system, lvs_drift));
	sent->lvs_drift = 7;
	send_group(GROUP_SYNC, &sent->row, NULL);
	ck_assert_uint_eq(s->lvs_drift, 1);
}
END_TEST

/* A state that comes back from the hub is older than the one here. */
START_TEST(test_own_state_is_newer)
{
	struct real_server *stale = server("10.0.0.1", 1), *rs;

	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, NULL);
	rs = find("10.0.0.1");
	rs->effective_weight = 77;
	engine_report(program.e, &rs->row, COLUMN(real_server, effective_weight));
	forget();
	stale->effective_weight = 5;
	send_group(GROUP_STATE, &stale->row, NULL);
	ck_assert_int_eq(rs->effective_weight, 77);
	ck_assert_uint_eq(program.calls, 0);
	HEARS(0, "set real_server web 10.0.0.1 80 effective_weight=77");
}
END_TEST

START_TEST(test_delete_and_add)
{
	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, NULL);
	forget();
	group_begin(&out, hub.ch, GROUP_CHANGE);
	send_row(&server("10.0.0.1", 0)->row, ROW_DELETE);
	send_row(&server("10.0.0.1", 8)->row, ROW_SET);
	send_end();
	ck_assert_uint_eq(program.calls, 1);
	ck_assert_int_eq(find("10.0.0.1")->weight, 8);
}
END_TEST

START_TEST(test_storage_follows)
{
	struct real_server *rs = server("10.0.0.1", 1);

	rs->row.origin = STORAGE_PERMANENT;
	send_group(GROUP_SYNC, &rs->row, NULL);
	ck_assert_uint_eq(find("10.0.0.1")->row.origin, STORAGE_PERMANENT);
}
END_TEST

/* ---------------------------------------------------------------------- to the hub */

START_TEST(test_report)
{
	struct real_server *rs;

	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, NULL);
	rs = find("10.0.0.1");
	for (int i = 1; i <= 1000; i++) {
		rs->effective_weight = i;
		engine_report(program.e, &rs->row, COLUMN(real_server, effective_weight));
	}
	rs->active_connections = 3;
	engine_report(program.e, &rs->row,
	    COLUMN(real_server, active_connections) | COLUMN(real_server, state) |
		COLUMN(real_server, weight));
	turn();
	ck_assert_uint_eq(hub.n, 1);
	ck_assert_uint_eq(hub.groups, 1);
	HEARS(0, "set real_server web 10.0.0.1 80 effective_weight=1000 active_connections=3");
	forget();
	engine_report(program.e, &rs->row, COLUMN(real_server, state)); /* not ours */
	engine_report(program.e, &rs->row, 0);
	turn();
	ck_assert_uint_eq(hub.n, 0);
}
END_TEST

START_TEST(test_report_scalar)
{
	struct system *s = store_system(engine_store(program.e));

	s->lvs_drift = 3;
	engine_report(program.e, &s->row, COLUMN(system, lvs_drift));
	turn();
	HEARS(0, "set system lvs_drift=3");
}
END_TEST

START_TEST(test_own_rows)
{
	struct destination *d = destination(80);

	engine_add(program.e, &d->row);
	d->connections = 5; /* before it was sent: the newest value goes */
	turn();
	ck_assert_uint_eq(hub.n, 1);
	ck_assert_ptr_nonnull(
	    strstr(hub.heard[0], "set destination www tcp 192.0.2.1 0 10.0.0.1 80 weight=0"));
	ck_assert_ptr_nonnull(strstr(hub.heard[0], "connections=5"));
	forget();
	engine_report(program.e, &d->row, COLUMN(destination, connections));
	engine_remove(program.e, &d->row);
	turn();
	ck_assert_uint_eq(hub.n, 1);
	HEARS(0, "delete destination www tcp 192.0.2.1 0 10.0.0.1 80");
	ck_assert_uint_eq(store_count(engine_store(program.e), TABLE_destination), 0);
	ck_assert_uint_eq(store_count(hub.rows, TABLE_destination), 0);
}
END_TEST

/* Events, reports and removals arrive in the order in which they were made. */
START_TEST(test_order)
{
	struct real_server *a, *b;
	struct destination *d = destination(80);

	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, &server("10.0.0.2", 1)->row);
	engine_add(program.e, &d->row);
	turn();
	forget();
	a = find("10.0.0.1");
	b = find("10.0.0.2");
	a->effective_weight = 1;
	engine_report(program.e, &a->row, COLUMN(real_server, effective_weight));
	engine_event(program.e, EVENT_REAL_SERVER_STATE, &a->row, "down", "up", "one");
	engine_event(program.e, EVENT_REAL_SERVER_STATE, &b->row, "up", "down", "two");
	b->effective_weight = 2;
	engine_report(program.e, &b->row, COLUMN(real_server, effective_weight));
	engine_remove(program.e, &d->row);
	a->effective_weight = 3;
	engine_report(program.e, &a->row, COLUMN(real_server, effective_weight));
	engine_ready(program.e);
	turn();
	ck_assert_uint_eq(hub.n, 7);
	HEARS(0, "set real_server web 10.0.0.1 80 effective_weight=1");
	HEARS(1, "event down>up one: real_server web 10.0.0.1 80");
	HEARS(2, "event up>down two: real_server web 10.0.0.2 80");
	HEARS(3, "set real_server web 10.0.0.2 80 effective_weight=2");
	HEARS(4, "delete destination www tcp 192.0.2.1 0 10.0.0.1 80");
	HEARS(5, "set real_server web 10.0.0.1 80 effective_weight=3");
	HEARS(6, "ready");
}
END_TEST

START_TEST(test_removed_before_report)
{
	struct real_server *rs;

	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, NULL);
	rs = find("10.0.0.1");
	group_begin(&out, hub.ch, GROUP_CHANGE); /* on its way when the report is made */
	send_row(&server("10.0.0.1", 0)->row, ROW_DELETE);
	ck_assert(group_end(&out, true));
	engine_report(program.e, &rs->row, COLUMN(real_server, effective_weight));
	turn();
	ck_assert_ptr_null(find("10.0.0.1"));
}
END_TEST

/* A program that reports a row which is being removed does harm to nobody. */
START_TEST(test_report_of_removed)
{
	send_group(GROUP_SYNC, &server("10.0.0.1", 1)->row, &server("10.0.0.2", 1)->row);
	program.report_removed = &find("10.0.0.1")->row;
	forget();
	send_delete(&server("10.0.0.1", 0)->row);
	engine_report(program.e, &find("10.0.0.2")->row, COLUMN(real_server, effective_weight));
	turn();
	ck_assert_uint_eq(hub.n, 1);
	HEARS(0, "set real_server web 10.0.0.2 80 effective_weight=-1");
}
END_TEST

/*
 * The hub stands still while 5,000 rows change a hundred times: what waits is bounded by the rows, and when it
 * reads again it gets the newest of each.
 */
START_TEST(test_slow_hub)
{
	enum { ROWS = 5000 };
	static struct destination *rows[ROWS];
	struct event_base *base = engine_base(program.e);
	struct channel *ch = hub.ch;
	static const struct channel_ops ops = {hub_packet, hub_closed, NULL};
	int fd = dup(channel_fd(ch));

	channel_free(ch); /* not closed: the other descriptor is there, but nobody reads */
	hub.quiet = true;
	for (int i = 0; i < ROWS; i++)
		engine_add(program.e, &(rows[i] = destination((uint32_t)i))->row);
	for (uint64_t round = 1; round <= 100; round++) {
		for (int i = 0; i < ROWS; i++) {
			rows[i]->connections = round * 100000 + (uint64_t)i;
			engine_report(program.e, &rows[i]->row, COLUMN(destination, connections));
		}
		turn();
	}
	hub.ch = channel_new(base, fd, &ops, NULL);
	for (int i = 0; i < 100; i++)
		turn();
	ck_assert_uint_eq(store_count(hub.rows, TABLE_destination), ROWS);
	for (int i = 0; i < ROWS; i++) {
		struct row *r = store_find(hub.rows, &rows[i]->row);

		ck_assert_uint_eq(((struct destination *)r)->connections, rows[i]->connections);
	}
	ck_assert_uint_lt(hub.groups, 300);
}
END_TEST

START_TEST(test_ping)
{
	wire_put_h64(channel_begin(hub.ch, MSG_PING), 4711);
	channel_send(hub.ch);
	turn();
	ck_assert_uint_eq(hub.pong, 4711);
}
END_TEST

/* ----------------------------------------------------------------------- start, stop */

static int run_after(enum message type, uint8_t clean)
{
	wire_put_u8(channel_begin(hub.ch, type), clean);
	channel_send(hub.ch);
	return engine_run(program.e, &program);
}

START_TEST(test_stop)
{
	ck_assert_int_eq(run_after(MSG_STOP, 1), 5);
	ck_assert(program.stops == 1 && program.clean);
	ck_assert_int_eq(run_after(MSG_STOP, 0), 6);
	ck_assert(program.stops == 2 && !program.clean);
}
END_TEST

START_TEST(test_orphaned)
{
	channel_free(hub.ch);
	hub.ch = NULL;
	ck_assert_int_eq(engine_run(program.e, &program), 7);
	ck_assert_uint_eq(program.orphans, 1);
	/* the program goes on for a while: nothing of this has a hub to go to */
	engine_add(program.e, &destination(1)->row);
	engine_event(program.e, EVENT_CONFIG_CHANGED,
	    store_first(engine_store(program.e), TABLE_system), "", "", "");
	engine_ready(program.e);
	engine_remove(program.e, store_first(engine_store(program.e), TABLE_destination));
	turn();
}
END_TEST

START_TEST(test_orphan_exits)
{
	lvs.ops.orphaned = NULL;
	channel_free(hub.ch);
	hub.ch = NULL;
	ck_assert_int_eq(engine_run(program.e, &program), 0);
}
END_TEST

/* Reports and events that were made last still reach the hub. */
START_TEST(test_last_words)
{
	engine_add(program.e, &destination(9)->row);
	engine_event(program.e, EVENT_CONFIG_CHANGED,
	    store_first(engine_store(program.e), TABLE_system), "a", "b", "c");
	engine_add(program.e, &destination(10)->row);
	engine_close(program.e);
	program.e = NULL;
	ck_assert_uint_eq(hub.n, 0);
}
END_TEST

static void last_words_end(void)
{
	uint32_t packet[CHANNEL_MAX / 4];
	unsigned ends = 0, events = 0;

	while (recv(channel_fd(hub.ch), packet, sizeof(packet), MSG_DONTWAIT) > 0) {
		ends += packet[0] == MSG_END;
		events += packet[0] == MSG_EVENT;
	}
	ck_assert_uint_eq(ends, 2);
	ck_assert_uint_eq(events, 1);
	store_free(hub.rows);
}

START_TEST(test_malformed)
{
	static const struct {
		uint32_t type;
		uint8_t body[3];
		size_t len;
	} bad[] = {{MSG_BEGIN, {9}, 1}, {MSG_ROWS, {0}, 1}, {MSG_END, {0}, 0}, {MSG_STOP, {0}, 0},
	    {MSG_PING, {1}, 1}, {MSG_EVENT, {0}, 0}, {MSG_HELLO, {0}, 3}, {MSG_REQUEST, {0}, 0},
	    {0, {0}, 0}, {4711, {0}, 0}};

	ck_assert_uint_lt(_i, sizeof(bad) / sizeof(*bad));
	wire_put_bytes(channel_begin(hub.ch, bad[_i].type), bad[_i].body, bad[_i].len);
	channel_send(hub.ch);
	turn(); /* exits with 1 */
}
END_TEST

/* ------------------------------------------------------------------------- requests */

static void reply(uint32_t id, const struct refusal *r)
{
	struct wire *w = channel_begin(hub.ch, MSG_REPLY);

	wire_put_h32(w, id);
	message_put_refusal(w, r);
	ck_assert(channel_send(hub.ch));
}

static const struct refusal done = {.kind = REFUSAL_NONE, .column = -1};

START_TEST(test_call)
{
	struct real_server *rs = server("10.0.0.1", 9);
	struct edit edit = {.row = &rs->row, .mask = COLUMN(real_server, weight)};
	struct refusal no = {.kind = REFUSAL_VALUE,
			   .table = rs->row.table,
			   .column = 4,
			   .reason = "too heavy"},
		       got;

	reply(1, &done);
	ck_assert(engine_call(program.e, REQUEST_PREPARE, &edit, 1, USEC_PER_SEC, &got));
	reply(2, &no);
	ck_assert(!engine_call(program.e, REQUEST_COMMIT, NULL, 0, USEC_PER_SEC, &got));
	ck_assert(got.kind == REFUSAL_VALUE && got.table == no.table && got.column == 4);
	ck_assert_str_eq(got.reason, "too heavy");
	turn();
	ck_assert_uint_eq(hub.n, 3);
	HEARS(0, "set real_server web 10.0.0.1 80 weight=9");
	HEARS(1, "request");
	HEARS(2, "request");
	row_free(&rs->row);
}
END_TEST

START_TEST(test_call_timeout)
{
	struct refusal got;
	usec_t start = clock_now();

	ck_assert(!engine_call(program.e, REQUEST_RELOAD, NULL, 0, 100 * USEC_PER_MSEC, &got));
	ck_assert_uint_ge(clock_now() - start, 100 * USEC_PER_MSEC);
	ck_assert(got.kind == REFUSAL_BUSY && *got.reason);
	reply(1, &(struct refusal){.kind = REFUSAL_VALUE,
		     .column = -1}); /* too late: it is no answer to the next one */
	reply(3, &done);
	ck_assert(engine_call(program.e, REQUEST_RELOAD, NULL, 0, USEC_PER_SEC, &got));
	turn();
}
END_TEST

START_TEST(test_call_rows_meanwhile)
{
	struct refusal got;

	group_begin(&out, hub.ch, GROUP_SYNC);
	send_row(&server("10.0.0.1", 1)->row, ROW_SET);
	group_end(&out, true);
	reply(1, &done);
	ck_assert(engine_call(program.e, REQUEST_RELOAD, NULL, 0, USEC_PER_SEC, &got));
	ck_assert_uint_eq(program.calls, 0);
	turn();
	ck_assert_uint_eq(program.calls, 1);
	SAW(0, "added real_server web 10.0.0.1 80");
}
END_TEST

START_TEST(test_call_without_hub)
{
	struct refusal got;
	usec_t start = clock_now();

	channel_free(hub.ch);
	hub.ch = NULL;
	ck_assert(!engine_call(program.e, REQUEST_RELOAD, NULL, 0, 5 * USEC_PER_SEC, &got));
	turn();
	ck_assert(!engine_call(program.e, REQUEST_RELOAD, NULL, 0, 5 * USEC_PER_SEC, &got));
	ck_assert_uint_lt(clock_now() - start, USEC_PER_SEC);
	ck_assert_int_eq(got.kind, REFUSAL_BUSY);
}
END_TEST

static void add(Suite *s, const char *name, const TTest *const *tests)
{
	TCase *tc = tcase_create(name);

	for (; *tests; tests++)
		tcase_add_test(tc, *tests);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("engine");
	TCase *bad = tcase_create("malformed"), *last = tcase_create("last words");

	signal(SIGPIPE, SIG_IGN);
	add(s, "from the hub",
	    (const TTest *const[]){test_sync, test_sync_empty, test_sync_scalar,
		test_sync_scalar_reported, test_change, test_change_nothing, test_change_mask,
		test_not_before_end, test_sweep, test_sweep_after_no_change,
		test_own_state_is_newer, test_delete_and_add, test_storage_follows, NULL});
	add(s, "to the hub",
	    (const TTest *const[]){test_report, test_report_scalar, test_own_rows, test_order,
		test_removed_before_report, test_report_of_removed, test_slow_hub, test_ping,
		NULL});
	add(s, "start and stop",
	    (const TTest *const[]){test_stop, test_orphaned, test_orphan_exits, NULL});
	add(s, "request",
	    (const TTest *const[]){test_call, test_call_timeout, test_call_rows_meanwhile,
		test_call_without_hub, NULL});
	tcase_add_checked_fixture(last, setup, last_words_end);
	tcase_add_test(last, test_last_words);
	suite_add_tcase(s, last);
	tcase_add_checked_fixture(bad, setup, NULL);
	tcase_add_loop_exit_test(bad, test_malformed, 1, 0, 10);
	suite_add_tcase(s, bad);
	return unit_run(s);
}
