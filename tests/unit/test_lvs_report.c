/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * States and counters as rows, with the engine's runtime and a hub that only listens: what is told,
 * and that nothing is told twice.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/lvs/desired.h"
#include "core/lvs/report.h"
#include "core/lvs/states.h"
#include "core/lvs/wanted.h"
#include "core/model/message.h"
#include "tests/unit/unit.h"

static struct engine *e;
static struct store *s;
static int hub;
static struct virtual_server *vs;
static struct virtual_service *vsvc;
static struct real_server *servers[2];
static struct server_memory memories[2];
static struct ipvs_table want, have;

static struct addr addr(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(&a, text), "%s", text);
	return a;
}

static void ignore(struct engine *en, const struct change *c, size_t n, bool sync, void *arg)
{
	(void)en, (void)c, (void)n, (void)sync, (void)arg;
}

static const struct engine_program program = {
    .name = "lvs", .process = P_LVS, .ops = {.changed = ignore}};

static void make_rows(void)
{
	struct pool *pool = ROW_NEW(pool);

	row_set_text(&pool->name, "web");
	store_insert(s, &pool->row);
	for (unsigned i = 0; i < 2; i++) {
		struct real_server *rs = servers[i] = ROW_NEW(real_server);

		row_set_text(&rs->pool, "web");
		rs->address = addr(i ? "10.0.0.2" : "10.0.0.1");
		rs->port = 80;
		rs->weight = 10;
		rs->state = SERVER_UP;
		rs->row.user = &memories[i];
		store_insert(s, &rs->row);
	}
	vs = ROW_NEW(virtual_server);
	row_set_text(&vs->name, "www");
	row_set_text(&vs->pool, "web");
	store_insert(s, &vs->row);
	vsvc = ROW_NEW(virtual_service);
	row_set_text(&vsvc->virtual_server, "www");
	vsvc->protocol = SERVICE_TCP;
	vsvc->address = addr("192.0.2.1");
	vsvc->port = 80;
	store_insert(s, &vsvc->row);
}

static void setup(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	hub = fds[1];
	e = engine_open(&program, fds[0]);
	s = engine_store(e);
	memset(memories, 0, sizeof(memories));
	make_rows();
}

static void teardown(void)
{
	ipvs_table_clear(&want);
	ipvs_table_clear(&have);
	engine_close(e);
	close(hub);
}

/* The events that the hub got since the last call, as "old>new "; everything else is read over. */
static const char *events(void)
{
	static char text[200];
	char packet[CHANNEL_MAX], old[64], new[64];
	ssize_t n;

	text[0] = '\0';
	event_base_loop(engine_base(e), EVLOOP_NONBLOCK);
	while ((n = recv(hub, packet, sizeof(packet), 0)) > 0) {
		struct wire w = wire_reader(packet, (size_t)n);
		struct row *subject;
		char line[160];

		if (wire_get_h32(&w) != MSG_EVENT)
			continue;
		wire_get_h32(&w);
		ck_assert_uint_eq(wire_get_h32(&w), EVENT_VIRTUAL_SERVER_STATE);
		subject = message_get_key(&w);
		ck_assert_ptr_nonnull(subject);
		ck_assert_str_eq(((struct virtual_server *)subject)->name, "www");
		row_free(subject);
		wire_get_str(&w, old, sizeof(old));
		wire_get_str(&w, new, sizeof(new));
		ck_assert(!w.error);
		snprintf(line, sizeof(line), "%s>%s ", old, new);
		strncat(text, line, sizeof(text) - strlen(text) - 1);
	}
	return text;
}

/* -------------------------------------------------------------------------- states */

static void judge(void)
{
	struct quorum q = quorum_count(s, vs->pool);

	states_evaluate(e, vs, &q);
}

START_TEST(test_start_up_is_no_news)
{
	judge();
	ck_assert_int_eq(vs->state, VIRTUAL_UP);
	ck_assert_uint_eq(vs->transitions, 0);
	ck_assert_uint_eq(vs->weight_up, 20);
	ck_assert_uint_eq(vs->servers_up, 2);
	ck_assert_uint_ne(vs->last_change, 0);
	ck_assert_str_ne(vs->reason, "");
	ck_assert_str_eq(events(), "");
}
END_TEST

START_TEST(test_lost_and_gained)
{
	usec_t before;

	judge();
	before = vs->last_change;
	servers[0]->state = SERVER_DOWN;
	judge();
	ck_assert_str_eq(events(), "");
	ck_assert_uint_eq(vs->weight_up, 10);
	ck_assert_uint_eq(vs->last_change, before);
	servers[1]->state = SERVER_DOWN;
	judge();
	judge();
	ck_assert_str_eq(events(), "up>down ");
	vs->sorry_address = addr("10.0.0.99");
	judge();
	ck_assert_str_eq(events(), "down>sorry ");
	servers[1]->state = SERVER_UP;
	judge();
	ck_assert_str_eq(events(), "sorry>up ");
	ck_assert_uint_eq(vs->transitions, 3);
	ck_assert_uint_gt(vs->last_change, before);
}
END_TEST

START_TEST(test_fresh_start_without_quorum)
{
	servers[0]->state = servers[1]->state = SERVER_DOWN;
	judge();
	ck_assert_str_eq(events(), "unknown>down ");
	ck_assert_uint_eq(vs->transitions, 0);
}
END_TEST

/* The manager was told by the process before this one. */
START_TEST(test_adopted_without_quorum)
{
	servers[0]->state = servers[1]->state = SERVER_DOWN;
	states_adopted(vs);
	judge();
	ck_assert_int_eq(vs->state, VIRTUAL_DOWN);
	ck_assert_str_eq(events(), "");
	servers[0]->state = SERVER_UP;
	judge();
	ck_assert_str_eq(events(), "down>up ");
}
END_TEST

START_TEST(test_stop)
{
	judge();
	states_stop(e);
	ck_assert_str_eq(events(), "");
	vs->stop_down = true;
	states_stop(e);
	states_stop(e);
	ck_assert_str_eq(events(), "up>down ");
}
END_TEST

/* ------------------------------------------------------------------------ counters */

static struct ipvs_stats stats(uint64_t n)
{
	return (struct ipvs_stats){n, n + 1, n + 2, n + 3, n + 4, 5, 6, 7, 1000, 2000};
}

/* The kernel has what is wanted, with counters of n. */
static void kernel(uint64_t n)
{
	struct ipvs_table now = {.n_services = 0};

	judge();
	desired_build(s, &want);
	for (size_t i = 0; i < want.n_services; i++) {
		struct ipvs_service *to = ipvs_table_add_service(&now, &want.services[i]);

		to->stats = stats(10 * n);
		for (size_t j = 0; j < want.services[i].count; j++) {
			const struct ipvs_dest *d = &want.dests[want.services[i].first + j];
			struct ipvs_dest *h = ipvs_table_add_dest(&now, d);

			h->stats = stats(n);
			h->active = 3;
			h->inactive = 4;
		}
	}
	ipvs_table_carry_users(&now, &have);
	ipvs_table_clear(&have);
	have = now;
}

static struct destination *dest_of(unsigned i)
{
	STORE_FOREACH (destination, d, s) {
		if (addr_equal(&d->address, &servers[i]->address))
			return d;
	}
	return NULL;
}

START_TEST(test_values)
{
	struct destination *d;

	kernel(100);
	report_tables(e, &want, &have, false);
	ck_assert(vsvc->installed);
	ck_assert_uint_eq(vsvc->connections, 1000);
	ck_assert_uint_eq(vsvc->packets_in, 1001);
	ck_assert_uint_eq(vsvc->packets_out, 1002);
	ck_assert_uint_eq(vsvc->bytes_in, 1003);
	ck_assert_uint_eq(vsvc->bytes_out, 1004);
	ck_assert_uint_eq(vsvc->connection_rate, 5);
	ck_assert_uint_eq(vsvc->packet_rate_in, 6);
	ck_assert_uint_eq(vsvc->packet_rate_out, 7);
	ck_assert_uint_eq(vsvc->bit_rate_in, 8);
	ck_assert_uint_eq(vsvc->bit_rate_out, 16);
	ck_assert_uint_eq(store_count(s, TABLE_destination), 2);
	d = dest_of(1);
	ck_assert_str_eq(d->virtual_server, "www");
	ck_assert_int_eq(d->protocol, SERVICE_TCP);
	ck_assert_uint_eq(d->service_port, 80);
	ck_assert_int_eq(d->weight, 10);
	ck_assert_int_eq(d->forwarding, FORWARDING_NAT);
	ck_assert_uint_eq(d->connections, 100);
	ck_assert_uint_eq(d->bytes_out, 104);
	ck_assert_uint_eq(d->active_connections, 3);
	ck_assert_uint_eq(d->inactive_connections, 4);
	ck_assert_int_eq(servers[1]->effective_weight, 10);
	ck_assert_uint_eq(servers[1]->active_connections, 3);
	ck_assert_uint_eq(servers[1]->inactive_connections, 4);
}
END_TEST

START_TEST(test_only_changes)
{
	struct destination *d;

	kernel(100);
	report_tables(e, &want, &have, false);
	events();
	kernel(100);
	report_tables(e, &want, &have, false);
	d = dest_of(0);
	ck_assert_uint_eq(engine_reported(e, &vsvc->row), 0);
	ck_assert_uint_eq(engine_reported(e, &d->row), 0);
	ck_assert_uint_eq(engine_reported(e, &servers[0]->row), 0);
	ipvs_table_find_dest(&have, have.services, &servers[0]->address, 80)->stats.bytes_in++;
	report_tables(e, &want, &have, false);
	ck_assert_uint_eq(engine_reported(e, &d->row), COLUMN(destination, bytes_in));
	ck_assert_uint_eq(engine_reported(e, &vsvc->row), 0);
	ck_assert_uint_eq(engine_reported(e, &dest_of(1)->row), 0);
}
END_TEST

START_TEST(test_discontinuity)
{
	kernel(100);
	report_tables(e, &want, &have, true);
	ck_assert_uint_eq(vsvc->discontinuity, 0);
	ck_assert_uint_eq(dest_of(0)->discontinuity, 0);
	kernel(200);
	report_tables(e, &want, &have, false);
	ck_assert_uint_eq(vsvc->discontinuity, 0);
	ck_assert_uint_eq(dest_of(0)->discontinuity, 0);
	kernel(50); /* zeroed, or made again */
	report_tables(e, &want, &have, false);
	ck_assert_uint_ne(vsvc->discontinuity, 0);
	ck_assert_uint_ne(dest_of(0)->discontinuity, 0);
	ck_assert_uint_eq(vsvc->connections, 500);
}
END_TEST

START_TEST(test_new_entries)
{
	kernel(0);
	report_tables(e, &want, &have, false);
	ck_assert_uint_ne(vsvc->discontinuity, 0);
	ck_assert_uint_ne(dest_of(0)->discontinuity, 0);
}
END_TEST

/* Rows come and go with the kernel's entries. */
START_TEST(test_removed)
{
	struct ipvs_table nothing = {.n_services = 0};

	kernel(100);
	report_tables(e, &want, &have, false);
	servers[0]->admin_state = ADMIN_DISABLED;
	kernel(100);
	report_tables(e, &want, &have, false);
	ck_assert_ptr_null(dest_of(0));
	ck_assert_ptr_nonnull(dest_of(1));
	ck_assert_int_eq(servers[0]->effective_weight, -1);
	ck_assert_uint_eq(servers[0]->active_connections, 0);
	ck_assert_int_eq(servers[1]->effective_weight, 10);
	report_tables(e, &want, &nothing, false);
	ck_assert_uint_eq(store_count(s, TABLE_destination), 0);
	ck_assert(!vsvc->installed);
	ck_assert_uint_eq(vsvc->connections, 1000); /* where they ended */
	ck_assert_uint_eq(vsvc->connection_rate, 0);
	ck_assert_int_eq(servers[1]->effective_weight, -1);
}
END_TEST

/* After a restart the hub brings the rows back: they go on. */
START_TEST(test_restored)
{
	struct destination *d = ROW_NEW(destination);

	row_set_text(&d->virtual_server, "www");
	d->protocol = SERVICE_TCP;
	d->service_address = vsvc->address;
	d->service_port = 80;
	d->address = servers[0]->address;
	d->port = 80;
	d->connections = 90;
	d->discontinuity = 12345;
	store_insert(s, &d->row);
	vsvc->installed = true;
	vsvc->discontinuity = 54321;
	kernel(100);
	report_tables(e, &want, &have, true);
	ck_assert_ptr_eq(dest_of(0), d);
	ck_assert_uint_eq(d->connections, 100);
	ck_assert_uint_eq(d->discontinuity, 12345);
	ck_assert_uint_eq(vsvc->discontinuity, 54321);
	ck_assert_uint_eq(store_count(s, TABLE_destination), 2);
}
END_TEST

/* One real server in two virtual services: connections add up. */
START_TEST(test_sums)
{
	struct virtual_service *second = ROW_NEW(virtual_service);

	row_set_text(&second->virtual_server, "www");
	second->protocol = SERVICE_FWMARK;
	second->address = addr("0.0.0.0");
	second->port = 4000000000u;
	store_insert(s, &second->row);
	kernel(100);
	ipvs_table_find_dest(&have, &have.services[1], &servers[0]->address, 80)->weight = 3;
	report_tables(e, &want, &have, false);
	ck_assert_int_eq(servers[0]->effective_weight, 10);
	ck_assert_uint_eq(store_count(s, TABLE_destination), 4);
	ck_assert_uint_eq(servers[0]->active_connections, 6);
	ck_assert_uint_eq(servers[0]->inactive_connections, 8);
	ck_assert(second->installed);
}
END_TEST

/* Hundreds of reports: the marks of the sweep wrap around without taking a row with them. */
START_TEST(test_many_reports)
{
	for (int i = 0; i < 600; i++) {
		servers[i % 2]->admin_state = i % 3 ? ADMIN_ENABLED : ADMIN_DISABLED;
		kernel((uint64_t)i);
		report_tables(e, &want, &have, false);
		ck_assert_uint_eq(store_count(s, TABLE_destination), want.services[0].count);
		events();
	}
}
END_TEST

START_TEST(test_scalars)
{
	struct system *sys = store_system(s);

	report_kernel(e, "ok", 0);
	ck_assert_str_eq(sys->lvs_state, "ok");
	report_kernel(e, "ok", 3);
	report_kernel(e, "ok", 2);
	ck_assert_uint_eq(sys->lvs_drift, 5);
	events();
	report_kernel(e, "ok", 0);
	ck_assert_uint_eq(engine_reported(e, &sys->row), 0);
	report_kernel(e, "the kernel has no IPVS", 0);
	ck_assert_uint_eq(engine_reported(e, &sys->row), COLUMN(system, lvs_state));
}
END_TEST

/* ---------------------------------------------------------------------------- parts */

static uint32_t seed;

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void second_service(struct wanted *w)
{
	struct virtual_service *v = ROW_NEW(virtual_service);
	struct change c = {.kind = CHANGE_ADDED, .row = &v->row};
	struct row *there;

	row_set_text(&v->virtual_server, "www");
	v->protocol = SERVICE_TCP;
	v->address = addr("192.0.2.2");
	v->port = 80;
	there = store_find(s, &v->row);
	if (there) {
		store_remove(s, there);
		c = (struct change){.kind = CHANGE_REMOVED, .row = there};
	} else {
		store_insert(s, &v->row);
	}
	wanted_note(w, &c);
	row_free(there ? there : NULL);
	if (there)
		row_free(&v->row);
}

static void change_anything(struct wanted *w)
{
	struct real_server *rs = servers[dice(2)];
	struct change c = {.kind = CHANGE_MODIFIED, .row = &rs->row};

	switch (dice(4)) {
	case 0:
		second_service(w);
		return;
	case 1:
		rs->admin_state = (enum admin_state)(ADMIN_ENABLED + (int)dice(3));
		break;
	case 2:
		rs->state = (enum server_state)(SERVER_UP + (int)dice(2));
		break;
	default:
		rs->weight = (int32_t)dice(5);
		break;
	}
	wanted_note(w, &c);
}

static bool anything_dirty(void)
{
	for (int t = 0; t < TABLE_COUNT; t++)
		for (struct row *r = store_first(s, t); r; r = store_next(r))
			if (engine_reported(e, r))
				return true;
	return false;
}

static void evaluate_pool(struct pool *p, const struct quorum *q, void *arg)
{
	states_evaluate_pool(arg, p, q);
}

static void evaluate(struct virtual_server *v, const struct quorum *q, void *arg)
{
	states_evaluate(arg, v, q);
}

/* What the kernel has of the part: counters that only a row's own history can tell from another's. */
static void kernel_part(const struct wanted_part *part)
{
	const struct ipvs_table *table = &part->ipvs.table;
	struct ipvs_table was = {.n_services = 0};
	struct ipvs_part now = part->ipvs;

	memset(&now.table, 0, sizeof(now.table));
	ipvs_table_pick(&was, &have, &part->ipvs);
	for (size_t i = 0; i < table->n_services; i++)
		ipvs_table_copy_service(&now.table, table, &table->services[i]);
	for (size_t i = 0; i < now.table.n_dests; i++) {
		now.table.dests[i].stats = stats(dice(1000));
		now.table.dests[i].active = dice(10);
	}
	ipvs_table_carry_users(&now.table, &was);
	ipvs_table_replace(&have, &now);
	ipvs_table_clear(&was);
	ipvs_table_clear(&now.table);
}

/* After a part was reported, a report of the whole has nothing to say. */
START_TEST(test_part_random)
{
	struct wanted *w = wanted_new();
	struct change c = {.kind = CHANGE_ADDED, .row = &vs->row};
	size_t parts = 0, few = 0, rows;

	seed = (uint32_t)_i;
	kernel(100);
	wanted_note(w, &c);
	wanted_build(w, s);
	report_tables(e, &want, &have, false);
	for (int round = 0; round < 300; round++) {
		const struct wanted_part *part = wanted_part(w);
		struct report_part before;

		change_anything(w);
		wanted_each_due(w, s, &(struct wanted_states){evaluate_pool, evaluate, e});
		ck_assert_int_eq(wanted_build(w, s), WANTED_PART);
		parts++;
		few += part->ipvs.addresses != NULL;
		report_before(&before, part, &have);
		kernel_part(part);
		report_part(e, &before, part, &have);
		events();
		ck_assert(!anything_dirty());
		rows = store_count(s, TABLE_destination);
		if (dice(2))
			continue; /* several parts, and then all */
		report_tables(e, wanted_table(w), &have, false);
		ck_assert(!anything_dirty());
		ck_assert_uint_eq(store_count(s, TABLE_destination), rows);
	}
	ck_assert_uint_eq(parts, 300);
	ck_assert_uint_gt(few, 30);
	ck_assert_uint_lt(few, 270);
	wanted_free(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lvs_report");
	TCase *states = tcase_create("states"), *counters = tcase_create("counters");

	log_init("test", LOG_LEVEL_ERROR);

	tcase_add_checked_fixture(states, setup, teardown);
	tcase_add_test(states, test_start_up_is_no_news);
	tcase_add_test(states, test_lost_and_gained);
	tcase_add_test(states, test_fresh_start_without_quorum);
	tcase_add_test(states, test_adopted_without_quorum);
	tcase_add_test(states, test_stop);
	tcase_add_checked_fixture(counters, setup, teardown);
	tcase_add_test(counters, test_values);
	tcase_add_test(counters, test_only_changes);
	tcase_add_test(counters, test_discontinuity);
	tcase_add_test(counters, test_new_entries);
	tcase_add_test(counters, test_removed);
	tcase_add_test(counters, test_restored);
	tcase_add_test(counters, test_sums);
	tcase_add_test(counters, test_many_reports);
	tcase_add_test(counters, test_scalars);
	tcase_add_loop_test(counters, test_part_random, 0, 5);
	suite_add_tcase(suite, states);
	suite_add_tcase(suite, counters);
	return unit_run(suite);
}
