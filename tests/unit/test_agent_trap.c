/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: what they carry, and which are sent after a restart, a gap or a new event log. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include "agent/trap.h"
#include "core/base/log.h"
#include "tests/unit/unit.h"

static struct store *store;
static char dir[PATH_MAX];

static void setup(void)
{
	log_init("test", LOG_LEVEL_ERROR);
	store = store_new();
	snprintf(dir, sizeof(dir), "%s/trap.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/notified", dir);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing else is left there */
	store_free(store);
}

static struct event_log *event(
    uint32_t sequence, enum event_kind kind, const char *subject, const char *new_state)
{
	struct event_log *e = ROW_NEW(event_log);

	e->sequence = sequence;
	e->time = sequence * USEC_PER_SEC;
	e->kind = kind;
	row_set_text(&e->subject, subject);
	row_set_text(&e->old_state, "before");
	row_set_text(&e->new_state, new_state);
	row_set_text(&e->reason, "because");
	ck_assert_ptr_null(store_insert(store, &e->row));
	return e;
}

static void drop(uint32_t sequence)
{
	STORE_FOREACH_SAFE (event_log, e, next, store) {
		if (e->sequence == sequence) {
			store_remove(store, &e->row);
			row_free(&e->row);
		}
	}
}

static void is_name(
    const struct trap_var *v, const char *table, const char *column, const char *rest)
{
	const struct table *t = table_find(table);
	const struct object *o = object_of(t, table_column(t, column), PART_VALUE);
	arc index[OID_MAX];
	size_t n = oid_parse(rest, index);

	ck_assert_uint_eq(v->len, o->len + n);
	ck_assert_int_eq(oid_cmp(v->name, o->len, o->name, o->len), 0);
	ck_assert_int_eq(oid_cmp(v->name + o->len, n, index, n), 0);
}

static void is_text(const struct trap_var *v, const char *text)
{
	ck_assert_int_eq(v->value.type, SMI_OCTETS);
	ck_assert_uint_eq(v->value.len, strlen(text));
	ck_assert(memcmp(v->value.bytes, text, v->value.len) == 0);
}

START_TEST(test_real_server)
{
	struct view v = {store, 0};
	struct trap t;

	ck_assert(
	    trap_build(&t, &v, event(7, EVENT_REAL_SERVER_STATE, "\"a b\" 10.0.0.1 80", "down")));
	ck_assert_uint_eq(t.kind[0], MODULE_LVS);
	ck_assert_uint_eq(t.kind[1], 0);
	ck_assert_uint_eq(t.kind[2], EVENT_REAL_SERVER_STATE);
	ck_assert_uint_eq(t.nvars, 6);
	is_name(&t.vars[0], "event_log", "time", "7");
	is_name(&t.vars[1], "event_log", "subject", "7");
	is_text(&t.vars[1], "\"a b\" 10.0.0.1 80");
	is_name(&t.vars[2], "event_log", "old_state", "7");
	is_text(&t.vars[2], "before");
	is_name(&t.vars[3], "event_log", "new_state", "7");
	is_text(&t.vars[3], "down");
	is_name(&t.vars[4], "event_log", "reason", "7");
	is_text(&t.vars[4], "because");
	/* The row need not exist any more. */
	is_name(&t.vars[5], "real_server", "state", "3.97.32.98.1.4.10.0.0.1.80");
	ck_assert_int_eq(t.vars[5].value.type, SMI_INTEGER);
	ck_assert_int_eq(t.vars[5].value.number, SERVER_DOWN);
	trap_clear(&t);
}
END_TEST

START_TEST(test_vrrp)
{
	struct view v = {store, 0};
	struct vrrp_instance *now = ROW_NEW(vrrp_instance);
	struct trap t;

	row_set_text(&now->name, "VI_1");
	now->state = VRRP_BACKUP; /* it has changed again: the event still tells its own */
	store_insert(store, &now->row);
	ck_assert(trap_build(&t, &v, event(9, EVENT_VRRP_STATE, "VI_1", "master")));
	ck_assert_uint_eq(t.kind[0], MODULE_VRRP);
	is_name(&t.vars[5], "vrrp_instance", "state", "4.86.73.95.49");
	ck_assert_int_eq(t.vars[5].value.number, VRRP_MASTER);
	trap_clear(&t);
}
END_TEST

START_TEST(test_scalar)
{
	struct view v = {store, 0};
	struct trap t;

	store_system(store)->generation = 12;
	ck_assert(trap_build(&t, &v, event(1, EVENT_CONFIG_CHANGED, "", "")));
	ck_assert_uint_eq(t.kind[0], MODULE_SYSTEM);
	is_name(&t.vars[5], "system", "generation", "0");
	ck_assert_int_eq(t.vars[5].value.type, SMI_COUNTER32);
	ck_assert_int_eq(t.vars[5].value.number, 12);
	trap_clear(&t);
}
END_TEST

/* Never lost because of a part of it that cannot be told. */
START_TEST(test_strange)
{
	struct view v = {store, 0};
	struct trap t;

	ck_assert(trap_build(&t, &v, event(1, EVENT_VRRP_STATE, "too many words", "master")));
	ck_assert_uint_eq(t.nvars, 5);
	trap_clear(&t);
	ck_assert(trap_build(&t, &v, event(2, EVENT_VRRP_STATE, "VI_9", "no such word")));
	ck_assert_uint_eq(t.nvars, 5);
	trap_clear(&t);
	ck_assert(!trap_build(&t, &v, event(3, (enum event_kind)99, "VI_9", "master")));
	trap_clear(&t);
}
END_TEST

static uint32_t next(struct outbox *o)
{
	const struct event_log *e = outbox_next(o, store);

	return e ? e->sequence : 0;
}

static uint32_t take(struct outbox *o)
{
	const struct event_log *e = outbox_next(o, store);
	uint32_t sequence = e ? e->sequence : 0;

	if (e)
		outbox_taken(o, e);
	return sequence;
}

static void events(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++)
		event(i, EVENT_VRRP_STATE, "VI_1", "master");
}

START_TEST(test_outbox)
{
	struct outbox *o = outbox_new(dir);

	ck_assert_uint_eq(next(o), 0);
	events(1, 3);
	ck_assert_uint_eq(take(o), 1);
	ck_assert_uint_eq(next(o), 2); /* not taken yet: again */
	ck_assert_uint_eq(take(o), 2);
	outbox_free(o);
	o = outbox_new(dir); /* a restart */
	ck_assert_uint_eq(take(o), 3);
	ck_assert_uint_eq(next(o), 0);
	events(4, 4);
	ck_assert_uint_eq(take(o), 4);
	outbox_free(o);
}
END_TEST

START_TEST(test_gap)
{
	struct outbox *o = outbox_new(dir);

	events(1, 9);
	ck_assert_uint_eq(take(o), 1);
	for (uint32_t i = 1; i <= 5; i++)
		drop(i);
	ck_assert_uint_eq(take(o), 6);
	drop(6); /* the log keeps less than what was sent */
	ck_assert_uint_eq(take(o), 7);
	outbox_free(o);
}
END_TEST

/* A datastore that was removed: event 1 is another one than before, and is sent. */
START_TEST(test_new_log)
{
	struct outbox *o = outbox_new(dir);

	events(5, 6);
	ck_assert_uint_eq(take(o), 5);
	ck_assert_uint_eq(take(o), 6);
	drop(5);
	drop(6);
	ck_assert_uint_eq(next(o), 0);
	events(1, 2);
	STORE_FOREACH (event_log, e, store)
		e->time += 100 * USEC_PER_SEC;
	ck_assert_uint_eq(take(o), 1);
	ck_assert_uint_eq(take(o), 2);
	ck_assert_uint_eq(next(o), 0);
	outbox_free(o);
}
END_TEST

/* A log that lost its end (power failure): its numbers are used again, and nothing old is sent. */
START_TEST(test_lost_end)
{
	struct outbox *o = outbox_new(dir);
	struct event_log *again;

	events(1, 3);
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_uint_eq(take(o), i);
	drop(3);
	again = event(3, EVENT_VRRP_STATE, "VI_1", "backup");
	again->time += 50 * USEC_PER_SEC;
	ck_assert_uint_eq(take(o), 3);
	ck_assert_uint_eq(next(o), 0);
	outbox_free(o);
}
END_TEST

START_TEST(test_damaged_file)
{
	struct outbox *o;
	char path[PATH_MAX + 16];
	FILE *f;

	snprintf(path, sizeof(path), "%s/notified", dir);
	f = fopen(path, "w");
	fputs("what\n", f);
	fclose(f);
	log_init("test", (enum log_level)0);
	o = outbox_new(dir);
	events(1, 1);
	ck_assert_uint_eq(take(o), 1);
	outbox_free(o);
	o = outbox_new(dir);
	ck_assert_uint_eq(next(o), 0);
	outbox_free(o);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_trap");
	TCase *tc = tcase_create("trap");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_real_server);
	tcase_add_test(tc, test_vrrp);
	tcase_add_test(tc, test_scalar);
	tcase_add_test(tc, test_strange);
	tcase_add_test(tc, test_outbox);
	tcase_add_test(tc, test_gap);
	tcase_add_test(tc, test_new_log);
	tcase_add_test(tc, test_lost_end);
	tcase_add_test(tc, test_damaged_file);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
