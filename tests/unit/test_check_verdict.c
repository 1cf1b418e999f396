/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts: rounds, retries, pacing, and the state of a real server, to the microsecond. */
#include "core/check/verdict.h"

#include <stdio.h>
#include <string.h>
#include "core/model/row.h"
#include "tests/unit/unit.h"

#define SEC USEC_PER_SEC
#define MSEC USEC_PER_MSEC
/* Not a multiple of any interval used here. */
#define T0 (1000 * SEC + 123457)

/* What came out, and in which order. */
static struct {
	unsigned results, result_changes, server_calls, server_changes, firsts;
	enum server_state old;
	unsigned stability_calls;
	char why[VERDICT_REASON_MAX];
} seen;

static void on_result(struct verdict *v, bool changed)
{
	(void)v;
	seen.results++;
	seen.result_changes += changed;
}

static void on_server(struct verdict_server *of, enum server_state old, bool first)
{
	seen.server_calls++;
	seen.firsts += first;
	seen.server_changes += !first && old != of->row->state;
	seen.old = old;
}

static void on_stability(struct verdict_server *of, enum stability old, const char *reason)
{
	ck_assert_int_ne(old, of->row->stability);
	seen.stability_calls++;
	snprintf(seen.why, sizeof(seen.why), "%s", reason);
}

static const struct verdict_ops ops = {
    .result = on_result, .server = on_server, .stability = on_stability};

static const struct verdict_rules plain = {
    .interval = 10 * SEC, .retry_delay = 1 * SEC, .retries = 0, .rise = 1, .fall = 1};

static struct verdict_pool pool = {.ops = &ops};
static struct store *rows;
static struct verdict_server s; /* of each test */

static void open_store(void)
{
	rows = store_new();
}

static void close_store(void)
{
	verdict_server_fini(&s);
	store_free(rows);
}

static struct real_server *server_row(void)
{
	struct real_server *r = ROW_NEW(real_server);

	r->port = (uint32_t)store_count(rows, TABLE_real_server);
	ck_assert_ptr_null(store_insert(rows, &r->row));
	return r;
}

static void server(bool start_down)
{
	memset(&seen, 0, sizeof(seen));
	pool.start_down = start_down;
	verdict_server_fini(&s);
	verdict_server_init(&s, &pool, server_row());
}

/* A server that another process knew. */
static void server_known(enum server_state state, usec_t last_change, uint32_t transitions,
    const char *reason, enum stability stability)
{
	struct real_server *r = server_row();

	r->state = state;
	r->last_change = last_change;
	r->transitions = transitions;
	row_set_text(&r->reason, reason);
	r->stability = stability;
	memset(&seen, 0, sizeof(seen));
	verdict_server_fini(&s);
	verdict_server_init(&s, &pool, r);
}

static struct check_result *check_row(const char *name)
{
	struct check_result *r = ROW_NEW(check_result);

	row_set_text(&r->check, name);
	r->port = (uint32_t)store_count(rows, TABLE_check_result); /* several may have one name */
	ck_assert_ptr_null(store_insert(rows, &r->row));
	return r;
}

static void check(
    struct verdict *v, const char *name, const struct verdict_rules *rules, uint32_t place)
{
	verdict_init(v, &s, check_row(name), rules, place);
}

/* A server with one check that is about to start. */
static void single(struct verdict *v, const struct verdict_rules *rules)
{
	server(false);
	check(v, "web", rules, 0);
	verdict_server_settle(&s, T0);
	verdict_soon(v, T0, 0);
}

static void result(struct verdict *v, usec_t now, enum probe_outcome outcome, const char *reason)
{
	struct probe_result r = {.outcome = outcome, .latency = 5 * MSEC};

	snprintf(r.reason, sizeof(r.reason), "%s", reason);
	verdict_result(v, now, &r);
}

/* Runs the try that is due; it takes `takes`.  Returns when it began. */
static usec_t run(struct verdict *v, usec_t takes, enum probe_outcome outcome)
{
	usec_t at = v->due;

	ck_assert(at != USEC_NEVER);
	verdict_started(v, at);
	ck_assert(v->running && v->due == USEC_NEVER);
	result(v, at + takes, outcome,
	    outcome == PROBE_SUCCESS   ? "connected"
	    : outcome == PROBE_FAILURE ? "connection refused"
				       : "too many open files");
	ck_assert(!v->running);
	return at;
}

START_TEST(test_no_drift)
{
	struct verdict v;
	usec_t offset, last;

	server(false);
	check(&v, "web", &plain, 0x40000000);
	verdict_soon(&v, T0, 2 * SEC);
	ck_assert_uint_eq(v.due, T0 + 500 * MSEC);
	last = run(&v, 3 * MSEC, PROBE_SUCCESS);
	/* A quarter of the interval is its place, for ever. */
	offset = 10 * SEC / 4;
	ck_assert_uint_eq(v.due % (10 * SEC), offset);
	ck_assert_uint_ge(v.due - last, 5 * SEC);
	ck_assert_uint_lt(v.due - last, 15 * SEC);
	last = run(&v, 1, PROBE_SUCCESS);
	for (unsigned i = 0; i < 1000; i++) {
		usec_t at = run(&v, (i * 37) % 4999 * MSEC, PROBE_SUCCESS);

		ck_assert_uint_eq(at, last + 10 * SEC);
		last = at;
	}
}
END_TEST

START_TEST(test_late_start)
{
	struct verdict v;
	usec_t place;

	single(&v, &plain);
	run(&v, 0, PROBE_SUCCESS);
	place = v.due;
	/* Begun 3 s late: the next one is not. */
	verdict_started(&v, place + 3 * SEC);
	result(&v, place + 3 * SEC + 1, PROBE_SUCCESS, "");
	ck_assert_uint_eq(v.due, place + 10 * SEC);
	/* Begun 7 s late: the next place is too near, it is left out. */
	verdict_started(&v, place + 17 * SEC);
	result(&v, place + 17 * SEC + 1, PROBE_SUCCESS, "");
	ck_assert_uint_eq(v.due, place + 30 * SEC);
	/* Hours late (the machine slept): one try, not hundreds. */
	verdict_started(&v, place + 7203 * SEC);
	result(&v, place + 7203 * SEC + 1, PROBE_SUCCESS, "");
	ck_assert_uint_eq(v.due, place + 7210 * SEC);
}
END_TEST

/* A process that was stopped for a minute does not ask all at once when it goes on. */
START_TEST(test_after_a_stop)
{
	static struct verdict v[1000];
	unsigned per_second[10] = {0};
	usec_t now = T0 + 60 * SEC;

	server(false);
	for (unsigned i = 0; i < 1000; i++) {
		check(&v[i], "x", &plain, verdict_place(i));
		verdict_soon(&v[i], T0, 10 * SEC);
		ck_assert(verdict_ready(&v[i], v[i].due));
		ck_assert(verdict_ready(&v[i], v[i].due + 4 * SEC));
		ck_assert(!verdict_ready(&v[i], now));
		ck_assert_uint_gt(v[i].due, now);
		ck_assert_uint_lt(v[i].due, now + 10 * SEC);
		per_second[(v[i].due - now) / SEC]++;
		ck_assert(verdict_ready(&v[i], v[i].due));
	}
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_le(per_second[i], 103);
}
END_TEST

/* A retry is not put off, and neither is what is late by less than anybody could notice. */
START_TEST(test_late_but_made)
{
	struct verdict_rules rules = plain;
	struct verdict v;

	rules.retries = 1;
	single(&v, &rules);
	run(&v, 0, PROBE_FAILURE);
	ck_assert(verdict_ready(&v, v.due + 3600 * SEC));
	rules.interval = 20 * MSEC;
	single(&v, &rules);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert(verdict_ready(&v, v.due + 90 * MSEC));
	ck_assert(!verdict_ready(&v, v.due + 101 * MSEC));
}
END_TEST

START_TEST(test_longer_than_interval)
{
	struct verdict_rules rules = plain;
	struct verdict v;
	usec_t end = 0;

	rules.interval = 1 * SEC;
	single(&v, &rules);
	run(&v, 0, PROBE_SUCCESS);
	for (unsigned i = 0; i < 20; i++) {
		usec_t at = run(&v, 5 * SEC + 1, PROBE_FAILURE);

		ck_assert_uint_ge(at, end);
		ck_assert_uint_eq(at % SEC, 0);
		end = at + 5 * SEC + 1;
		ck_assert_uint_eq(v.due, at + 6 * SEC);
	}
}
END_TEST

START_TEST(test_retries)
{
	struct verdict_rules rules = plain;
	struct verdict v;
	usec_t at;

	rules.retries = 2;
	single(&v, &rules);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	/* Two failures, then a success: nothing happened. */
	at = run(&v, 200 * MSEC, PROBE_FAILURE);
	ck_assert_uint_eq(v.due, at + 200 * MSEC + 1 * SEC);
	run(&v, 0, PROBE_FAILURE);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_uint_eq(v.due, at + 10 * SEC);
	ck_assert_uint_eq(seen.server_changes, 0);
	/* Three failures are the verdict, at the third. */
	at = run(&v, 0, PROBE_FAILURE);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
	ck_assert_uint_eq(run(&v, 300 * MSEC, PROBE_FAILURE), at + 2 * SEC);
	ck_assert_int_eq(v.row->state, CHECK_STATE_DOWN);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_uint_eq(s.row->last_change, at + 2 * SEC + 300 * MSEC);
	ck_assert_uint_eq(seen.server_changes, 1);
	/* A down check is not retried. */
	ck_assert_uint_eq(v.due, at + 10 * SEC);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_uint_eq(v.due, at + 20 * SEC);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(s.row->transitions, 2);
	ck_assert_uint_eq(v.row->successes, 3);
	ck_assert_uint_eq(v.row->failures, 6);
	ck_assert_uint_eq(v.row->consecutive, 1);
}
END_TEST

START_TEST(test_rise_and_fall)
{
	struct verdict_rules rules = plain;
	struct verdict v;
	usec_t at;

	rules.rise = 3;
	rules.fall = 2;
	rules.retries = 1;
	single(&v, &rules);
	/* The first verdict is the first round's. */
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
	/* Two rounds of two tries. */
	at = run(&v, 0, PROBE_FAILURE);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
	ck_assert_uint_eq(v.due, at + 10 * SEC);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_int_eq(v.row->state, CHECK_STATE_DOWN);
	/* A failure between successes starts the count again. */
	run(&v, 0, PROBE_SUCCESS);
	run(&v, 0, PROBE_SUCCESS);
	run(&v, 0, PROBE_FAILURE);
	run(&v, 0, PROBE_SUCCESS);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_int_eq(v.row->state, CHECK_STATE_DOWN);
	ck_assert_str_eq(s.row->reason, "web: connection refused");
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
	/* A success between failed rounds, too. */
	run(&v, 0, PROBE_FAILURE);
	run(&v, 0, PROBE_FAILURE);
	run(&v, 0, PROBE_SUCCESS);
	run(&v, 0, PROBE_FAILURE);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
	ck_assert_uint_eq(seen.server_changes, 2);
}
END_TEST

START_TEST(test_first_verdict)
{
	struct verdict_rules rules = plain;
	struct verdict v;

	rules.fall = 5;
	rules.retries = 1;
	single(&v, &rules);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(seen.firsts, 1);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UNKNOWN);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_int_eq(v.row->state, CHECK_STATE_DOWN);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_int_eq(seen.old, SERVER_UP);
	ck_assert_uint_eq(seen.server_changes, 1);
}
END_TEST

START_TEST(test_start_up)
{
	struct verdict v;

	single(&v, &plain);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_str_eq(s.row->reason, "1 of 1 checks not made yet");
	ck_assert_uint_eq(s.row->last_change, T0);
	ck_assert_uint_eq(seen.server_calls, 1);
	run(&v, 0, PROBE_SUCCESS);
	/* The reason is another one, the state is not. */
	ck_assert_str_eq(s.row->reason, "its check succeeds");
	ck_assert_uint_eq(seen.server_calls, 2);
	ck_assert_uint_eq(seen.server_changes, 0);
	ck_assert_uint_eq(s.row->last_change, T0);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_uint_eq(seen.server_calls, 2);
	ck_assert_uint_eq(seen.results, 2);
	ck_assert_uint_eq(seen.result_changes, 1);
}
END_TEST

START_TEST(test_start_down)
{
	struct verdict a, b;

	server(true);
	check(&a, "a", &plain, 0);
	check(&b, "b", &plain, 0);
	verdict_server_settle(&s, T0);
	ck_assert_int_eq(s.row->state, SERVER_UNKNOWN);
	ck_assert_uint_eq(seen.firsts, 1);
	verdict_soon(&a, T0, 0);
	verdict_soon(&b, T0, 0);
	run(&a, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UNKNOWN);
	ck_assert_str_eq(s.row->reason, "waiting for the first result of b");
	run(&b, 1 * MSEC, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(s.row->last_change, T0 + 1 * MSEC);
	ck_assert_str_eq(s.row->reason, "all its 2 checks succeed");
	ck_assert_int_eq(seen.old, SERVER_UNKNOWN);
	ck_assert_uint_eq(seen.server_changes, 1);
	ck_assert_uint_eq(s.row->transitions, 0);
}
END_TEST

START_TEST(test_start_down_and_fails)
{
	struct verdict a, b;

	server(true);
	check(&a, "a", &plain, 0);
	check(&b, "b", &plain, 0);
	verdict_server_settle(&s, T0);
	verdict_soon(&a, T0, 0);
	verdict_soon(&b, T0, 0);
	run(&a, 0, PROBE_FAILURE);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	run(&a, 0, PROBE_SUCCESS);
	/* b has not spoken yet; the server stays what it was found to be. */
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_str_eq(s.row->reason, "waiting for the first result of b");
	run(&b, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
}
END_TEST

START_TEST(test_no_checks)
{

	server(true);
	verdict_server_settle(&s, T0);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_str_eq(s.row->reason, "no checks");
	verdict_server_settle(&s, T0 + 1);
	ck_assert_uint_eq(seen.server_calls, 1);
}
END_TEST

START_TEST(test_all_must_succeed)
{
	struct verdict v[3];
	static const char *const names[] = {"tcp", "web", "db"};

	server(false);
	for (unsigned i = 0; i < 3; i++) {
		check(&v[i], names[i], &plain, verdict_place(i));
		verdict_soon(&v[i], T0, 0);
	}
	verdict_server_settle(&s, T0);
	run(&v[0], 0, PROBE_SUCCESS);
	ck_assert_str_eq(s.row->reason, "2 of 3 checks not made yet");
	run(&v[1], 0, PROBE_FAILURE);
	ck_assert_str_eq(s.row->reason, "web: connection refused");
	run(&v[0], 0, PROBE_FAILURE);
	ck_assert_str_eq(s.row->reason, "web: connection refused (and 1 more)");
	run(&v[1], 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_str_eq(s.row->reason, "tcp: connection refused");
	run(&v[0], 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	run(&v[2], 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(seen.server_changes, 2);
	ck_assert_uint_eq(s.row->transitions, 2);
}
END_TEST

START_TEST(test_new_check_of_failed_server)
{
	struct verdict old, new;

	single(&old, &plain);
	run(&old, 0, PROBE_FAILURE);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	/* A reload puts another check in its place. */
	verdict_fini(&old);
	check(&new, "better", &plain, 0);
	verdict_server_settle(&s, T0 + SEC);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_uint_eq(seen.server_changes, 1);
	verdict_soon(&new, T0 + SEC, 0);
	run(&new, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(seen.server_changes, 2);
}
END_TEST

START_TEST(test_new_check_of_working_server)
{
	struct verdict a, b;

	server(true);
	check(&a, "a", &plain, 0);
	verdict_server_settle(&s, T0);
	verdict_soon(&a, T0, 0);
	run(&a, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	/* It starts down, but it is up: a new check does not take it out of service. */
	check(&b, "b", &plain, 0);
	verdict_server_settle(&s, T0 + SEC);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	verdict_soon(&b, T0 + SEC, 0);
	run(&b, 0, PROBE_FAILURE);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	/* The last check goes: nothing is wrong with it any more. */
	verdict_fini(&b);
	verdict_server_settle(&s, T0 + 2 * SEC);
	ck_assert_int_eq(s.row->state, SERVER_UP);
}
END_TEST

START_TEST(test_disabled)
{
	struct verdict v;

	single(&v, &plain);
	run(&v, 0, PROBE_FAILURE);
	s.disabled = true;
	verdict_pause(&v);
	verdict_server_settle(&s, T0 + 20 * SEC);
	ck_assert_int_eq(s.row->state, SERVER_UNKNOWN);
	ck_assert_uint_eq(v.due, USEC_NEVER);
	/* Back in service: what was known of it still holds. */
	s.disabled = false;
	verdict_server_settle(&s, T0 + 30 * SEC);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_str_eq(s.row->reason, "web: connection refused");
	verdict_soon(&v, T0 + 30 * SEC, 1 * SEC);
	ck_assert_uint_eq(v.due, T0 + 30 * SEC);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(s.row->transitions, 2);
}
END_TEST

START_TEST(test_restored)
{
	struct check_result *known = check_row("web");
	struct verdict v;

	known->state = CHECK_STATE_DOWN;
	row_set_text(&known->reason, "no answer in 5 s");
	known->failures = 7;
	known->successes = 90;
	known->consecutive = 4;
	known->last_time = T0 - SEC;
	server_known(SERVER_DOWN, T0 - 4 * SEC, 3, "web: no answer in 5 s", STABILITY_STEADY);
	verdict_init(&v, &s, known, &plain, 0);
	verdict_server_settle(&s, T0);
	/* It is what it was: nobody is told anything. */
	ck_assert_uint_eq(seen.server_calls, 0);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_uint_eq(s.row->last_change, T0 - 4 * SEC);
	verdict_soon(&v, T0, 0);
	run(&v, 0, PROBE_FAILURE);
	ck_assert_uint_eq(seen.server_changes, 0);
	ck_assert_uint_eq(v.row->failures, 8);
	ck_assert_uint_eq(v.row->consecutive, 5);
	run(&v, 0, PROBE_SUCCESS);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(s.row->transitions, 4);
	ck_assert_uint_eq(v.row->successes, 91);
}
END_TEST

START_TEST(test_restored_without_results)
{
	struct verdict v;

	server_known(SERVER_DOWN, T0 - 4 * SEC, 3, "web: no answer in 5 s", STABILITY_STEADY);
	check(&v, "web", &plain, 0);
	verdict_server_settle(&s, T0);
	ck_assert_int_eq(s.row->state, SERVER_DOWN);
	ck_assert_uint_eq(seen.server_changes, 0);
}
END_TEST

START_TEST(test_our_own_errors)
{
	struct verdict v;

	single(&v, &plain);
	run(&v, 0, PROBE_SUCCESS);
	seen.server_calls = 0;
	for (unsigned i = 0; i < 10; i++)
		run(&v, 0, PROBE_ERROR);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
	ck_assert_int_eq(s.row->state, SERVER_UP);
	ck_assert_uint_eq(seen.server_calls, 0);
	ck_assert_uint_eq(v.row->failures, 0);
	ck_assert_uint_eq(v.row->successes, 1);
	ck_assert_str_eq(v.row->reason, "too many open files");
	ck_assert(v.due != USEC_NEVER);
}
END_TEST

START_TEST(test_other_rules)
{
	struct verdict_rules rules = plain, old = plain;
	struct verdict v;
	usec_t at, due;

	single(&v, &rules);
	run(&v, 0, PROBE_SUCCESS);
	/* Only the retries differ: the next try stays where it is. */
	due = v.due;
	rules.retries = 3;
	verdict_rules_changed(&v, &old, T0 + SEC);
	old = rules;
	ck_assert_uint_eq(v.due, due);
	/* A shorter interval holds at once. */
	rules.interval = 2 * SEC;
	verdict_rules_changed(&v, &old, T0 + SEC);
	old = rules;
	ck_assert_uint_ge(v.due, T0 + SEC);
	ck_assert_uint_lt(v.due, T0 + 3 * SEC);
	ck_assert_uint_eq(v.due % (2 * SEC), 0);
	/* In a round: the retry comes no later than the new delay. */
	at = run(&v, 0, PROBE_FAILURE);
	rules.retry_delay = 100 * MSEC;
	verdict_rules_changed(&v, &old, at + 50 * MSEC);
	old = rules;
	ck_assert_uint_eq(v.due, at + 150 * MSEC);
	/* While it runs nothing is scheduled. */
	verdict_started(&v, v.due);
	rules.interval = 5 * SEC;
	verdict_rules_changed(&v, &old, at + 200 * MSEC);
	old = rules;
	ck_assert_uint_eq(v.due, USEC_NEVER);
	ck_assert_int_eq(v.row->state, CHECK_STATE_UP);
}
END_TEST

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* No two of n checks are nearer than a third of their share, none is left alone for three shares. */
START_TEST(test_places)
{
	static uint32_t places[10000];
	static const unsigned sizes[] = {2, 3, 10, 77, 1000, 10000};

	for (unsigned k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
		unsigned n = sizes[k];
		uint32_t share = (uint32_t)(((uint64_t)1 << 32) / n);

		for (unsigned i = 0; i < n; i++)
			places[i] = verdict_place(4711 + i);
		qsort(places, n, sizeof(*places), by_value);
		for (unsigned i = 0; i < n; i++) {
			uint32_t gap = places[(i + 1) % n] - places[i];

			ck_assert_uint_gt(gap, share / 3);
			ck_assert_uint_lt(gap, (uint64_t)share * 3);
		}
	}
}
END_TEST

START_TEST(test_first_round)
{
	static struct verdict v[2000];
	unsigned per_ms[2000] = {0};

	ck_assert_uint_eq(verdict_window(1, 60 * SEC), 1 * MSEC);
	ck_assert_uint_eq(verdict_window(2000, 60 * SEC), 2 * SEC);
	ck_assert_uint_eq(verdict_window(10000, 1 * SEC), 1 * SEC);
	server(false);
	for (unsigned i = 0; i < 2000; i++) {
		check(&v[i], "x", &plain, verdict_place(i));
		verdict_soon(&v[i], T0, verdict_window(2000, plain.interval));
		ck_assert_uint_ge(v[i].due, T0);
		ck_assert_uint_lt(v[i].due, T0 + 2 * SEC);
		ck_assert_uint_le(++per_ms[(v[i].due - T0) / MSEC], 3);
	}
}
END_TEST

/* One check that alternates: a change each 10 s, at the place of its interval. */
static void alternate(struct verdict *v, unsigned times)
{
	while (times--)
		run(v, 0, v->row->state == CHECK_STATE_UP ? PROBE_FAILURE : PROBE_SUCCESS);
}

static void steady_until(struct verdict *v, usec_t t)
{
	while (v->due < t)
		run(v, 0, v->row->state == CHECK_STATE_UP ? PROBE_SUCCESS : PROBE_FAILURE);
}

START_TEST(test_flapping)
{
	struct verdict v;
	usec_t last;

	single(&v, &plain);
	pool.flaps = (struct verdict_flaps){4, 100 * SEC};
	run(&v, 0, PROBE_SUCCESS);
	alternate(&v, 4);
	ck_assert_int_eq(s.row->stability, STABILITY_STEADY); /* as often as it may */
	last = v.due;
	alternate(&v, 1);
	ck_assert_int_eq(s.row->stability, STABILITY_FLAPPING);
	ck_assert_uint_eq(seen.stability_calls, 1);
	ck_assert_str_eq(seen.why, "5 changes within 100 s");
	alternate(&v, 40); /* more than are remembered */
	ck_assert_int_eq(s.row->stability, STABILITY_FLAPPING);
	ck_assert_uint_eq(seen.stability_calls, 1); /* told once */
	last += 400 * SEC;
	/* Changes at last, last - 10 s and last - 20 s are one more than half of what it may. */
	steady_until(&v, last + 75 * SEC);
	ck_assert_int_eq(s.row->stability, STABILITY_FLAPPING);
	steady_until(&v, last + 85 * SEC);
	ck_assert_int_eq(s.row->stability, STABILITY_STEADY);
	ck_assert_uint_eq(seen.stability_calls, 2);
	ck_assert_str_eq(seen.why, "2 changes within 100 s");
	ck_assert_uint_eq(s.row->transitions, 45);
}
END_TEST

START_TEST(test_not_flapping)
{
	struct verdict v;

	single(&v, &plain);
	run(&v, 0, PROBE_SUCCESS);
	pool.flaps = (struct verdict_flaps){0, 100 * SEC}; /* switched off */
	alternate(&v, 50);
	pool.flaps = (struct verdict_flaps){4, 35 * SEC}; /* no more than four fall into that */
	alternate(&v, 50);
	ck_assert_uint_eq(seen.stability_calls, 0);
	pool.flaps.changes = 3;
	alternate(&v, 1);
	ck_assert_int_eq(s.row->stability, STABILITY_FLAPPING);
	s.disabled = true;
	verdict_server_settle(&s, v.due);
	ck_assert_int_eq(s.row->stability, STABILITY_STEADY);
	s.disabled = false;
	verdict_server_settle(&s, v.due); /* what was before does not count */
	ck_assert_int_eq(s.row->stability, STABILITY_STEADY);
}
END_TEST

/* After a restart of the process it is what it was, for as long as if it had changed just then. */
START_TEST(test_flapping_restored)
{
	struct verdict v;

	pool.flaps = (struct verdict_flaps){15, 100 * SEC};
	server_known(SERVER_UP, T0 - 30 * SEC, 17, "its check succeeds", STABILITY_FLAPPING);
	ck_assert_uint_eq(s.row->transitions, 17);
	check(&v, "web", &plain, 0);
	v.row->state = CHECK_STATE_UP;
	verdict_server_settle(&s, T0);
	verdict_soon(&v, T0, 0);
	steady_until(&v, T0 + 65 * SEC);
	ck_assert_int_eq(s.row->stability, STABILITY_FLAPPING);
	ck_assert_uint_eq(seen.stability_calls, 0);
	steady_until(&v, T0 + 85 * SEC);
	ck_assert_int_eq(s.row->stability, STABILITY_STEADY);
	ck_assert_str_eq(seen.why, "0 changes within 100 s");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tc = tcase_create("verdict");

	tcase_add_checked_fixture(tc, open_store, close_store);
	tcase_add_test(tc, test_no_drift);
	tcase_add_test(tc, test_late_start);
	tcase_add_test(tc, test_after_a_stop);
	tcase_add_test(tc, test_late_but_made);
	tcase_add_test(tc, test_longer_than_interval);
	tcase_add_test(tc, test_retries);
	tcase_add_test(tc, test_rise_and_fall);
	tcase_add_test(tc, test_first_verdict);
	tcase_add_test(tc, test_start_up);
	tcase_add_test(tc, test_start_down);
	tcase_add_test(tc, test_start_down_and_fails);
	tcase_add_test(tc, test_no_checks);
	tcase_add_test(tc, test_all_must_succeed);
	tcase_add_test(tc, test_new_check_of_failed_server);
	tcase_add_test(tc, test_new_check_of_working_server);
	tcase_add_test(tc, test_disabled);
	tcase_add_test(tc, test_restored);
	tcase_add_test(tc, test_restored_without_results);
	tcase_add_test(tc, test_our_own_errors);
	tcase_add_test(tc, test_other_rules);
	tcase_add_test(tc, test_places);
	tcase_add_test(tc, test_first_round);
	tcase_add_test(tc, test_flapping);
	tcase_add_test(tc, test_not_flapping);
	tcase_add_test(tc, test_flapping_restored);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
