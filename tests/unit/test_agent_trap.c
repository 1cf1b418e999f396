/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: what they carry, which are sent at all, and which after a restart, a gap or a new event log. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include "agent/throttle.h"
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

#define SERVER "3.97.32.98.1.4.10.0.0.1.80"

START_TEST(test_real_server)
{
	struct view v = {store, 0};
	struct trap t;

	ck_assert(
	    trap_build(&t, &v, event(7, EVENT_REAL_SERVER_STATE, "\"a b\" 10.0.0.1 80", "down")));
	ck_assert_uint_eq(t.kind[0], MODULE_LVS);
	ck_assert_uint_eq(t.kind[1], 0);
	ck_assert_uint_eq(t.kind[2], EVENT_REAL_SERVER_STATE);
	ck_assert_uint_eq(t.nvars, 10);
	is_name(&t.vars[0], "event_log", "number", "7");
	ck_assert_int_eq(t.vars[0].value.type, SMI_GAUGE32);
	ck_assert_int_eq(t.vars[0].value.number, 7);
	is_name(&t.vars[1], "event_log", "time", "7");
	is_name(&t.vars[2], "event_log", "subject", "7");
	is_text(&t.vars[2], "\"a b\" 10.0.0.1 80");
	is_name(&t.vars[3], "event_log", "old_state", "7");
	is_text(&t.vars[3], "before");
	is_name(&t.vars[4], "event_log", "new_state", "7");
	is_text(&t.vars[4], "down");
	is_name(&t.vars[5], "event_log", "reason", "7");
	is_text(&t.vars[5], "because");
	/* The row need not exist any more. */
	is_name(&t.vars[6], "real_server", "state", SERVER);
	ck_assert_int_eq(t.vars[6].value.type, SMI_INTEGER);
	ck_assert_int_eq(t.vars[6].value.number, SERVER_DOWN);
	is_name(&t.vars[7], "real_server", "label", SERVER);
	is_text(&t.vars[7], "10.0.0.1");
	is_name(&t.vars[8], "real_server", "port_label", SERVER);
	ck_assert_int_eq(t.vars[8].value.number, 80);
	is_name(&t.vars[9], "real_server", "pool_label", SERVER);
	is_text(&t.vars[9], "a b");
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
	ck_assert(addr_parse(&now->master_address, "10.0.0.3"));
	now->effective_priority = 100;
	store_insert(store, &now->row);
	ck_assert(trap_build(&t, &v, event(9, EVENT_VRRP_STATE, "VI_1", "master")));
	ck_assert_uint_eq(t.kind[0], MODULE_VRRP);
	ck_assert_uint_eq(t.nvars, 12);
	is_name(&t.vars[6], "vrrp_instance", "state", "4.86.73.95.49");
	ck_assert_int_eq(t.vars[6].value.number, VRRP_MASTER);
	is_name(&t.vars[7], "vrrp_instance", "label", "4.86.73.95.49");
	is_text(&t.vars[7], "VI_1");
	/* The rest is what it is now; an address is two objects. */
	ck_assert_uint_eq(t.vars[8].name[t.vars[8].len - 6], 29);
	ck_assert_int_eq(t.vars[8].value.number, 1);
	ck_assert_uint_eq(t.vars[9].name[t.vars[9].len - 6], 30);
	ck_assert_uint_eq(t.vars[9].value.len, 4);
	is_name(&t.vars[10], "vrrp_instance", "master_label", "4.86.73.95.49");
	is_text(&t.vars[10], "10.0.0.3");
	is_name(&t.vars[11], "vrrp_instance", "effective_priority", "4.86.73.95.49");
	ck_assert_int_eq(t.vars[11].value.number, 100);
	trap_clear(&t);
}
END_TEST

/* Each kind has all that the MIB says, also when the row is gone, and fits. */
START_TEST(test_each_kind)
{
	struct view v = {store, 0};

	store_system(store);
	for (const struct event_info *i = event_infos; i->mib; i++) {
		const struct table *table = &tables[i->table];
		const struct column *c = table_column(table, i->column);
		const char *word = c->words ? c->words->words[1].word : "7";
		const char *subject = i->table == TABLE_real_server   ? "web 10.0.0.1 80"
				      : i->table == TABLE_sync_daemon ? "master"
				      : table->scalar		      ? ""
								      : "x";
		size_t n = 0, want = 1;
		struct trap t;

		while (event_columns[n])
			n++;
		for (size_t k = 0; k < EVENT_MORE && i->more[k]; k++)
			want += table_column(table, i->more[k])->type == TYPE_ADDR ? 2 : 1;
		ck_assert(trap_build(&t, &v, event(100 + i->kind, i->kind, subject, word)));
		ck_assert_msg(t.nvars == n + want, "%s: %zu", i->mib, t.nvars);
		if (c->words)
			ck_assert_int_eq(t.vars[n].value.number, c->words->words[1].number);
		trap_clear(&t);
	}
}
END_TEST

START_TEST(test_scalar)
{
	struct view v = {store, 0};
	struct trap t;

	store_system(store)->generation = 12;
	ck_assert(trap_build(&t, &v, event(1, EVENT_CONFIG_CHANGED, "", "")));
	ck_assert_uint_eq(t.kind[0], MODULE_SYSTEM);
	is_name(&t.vars[6], "system", "generation", "0");
	ck_assert_int_eq(t.vars[6].value.type, SMI_COUNTER32);
	ck_assert_int_eq(t.vars[6].value.number, 12);
	trap_clear(&t);
}
END_TEST

/* Never lost because of a part of it that cannot be told. */
START_TEST(test_strange)
{
	struct view v = {store, 0};
	struct trap t;

	ck_assert(trap_build(&t, &v, event(1, EVENT_VRRP_STATE, "too many words", "master")));
	ck_assert_uint_eq(t.nvars, 6);
	trap_clear(&t);
	ck_assert(trap_build(&t, &v, event(2, EVENT_VRRP_STATE, "VI_9", "no such word")));
	ck_assert_uint_eq(t.nvars, 6);
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
	outbox_save(o);
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

/* An event with two notifications, and a restart between them. */
START_TEST(test_half)
{
	struct outbox *o = outbox_new(dir);

	events(1, 2);
	ck_assert(!outbox_is_own_taken(o, outbox_next(o, store)));
	outbox_taken_own(o, outbox_next(o, store));
	outbox_save(o);
	outbox_free(o);
	o = outbox_new(dir);
	ck_assert_uint_eq(next(o), 1);
	ck_assert(outbox_is_own_taken(o, outbox_next(o, store)));
	ck_assert_uint_eq(take(o), 1);
	ck_assert_uint_eq(next(o), 2);
	ck_assert(!outbox_is_own_taken(o, outbox_next(o, store)));
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

/* The agent died after it had written the notification, and before it was answered. */
START_TEST(test_handed)
{
	struct outbox *o = outbox_new(dir);

	events(1, 9);
	ck_assert_uint_eq(take(o), 1);
	outbox_handed(o, outbox_next(o, store), false, "100:7");
	ck_assert_uint_eq(next(o), 2); /* no answer yet */
	outbox_free(o);

	o = outbox_new(dir);
	outbox_connected(o, "100:7"); /* the same master: it has read it */
	ck_assert_uint_eq(next(o), 3);
	outbox_handed(o, outbox_next(o, store), false, "100:7");
	outbox_free(o);

	o = outbox_new(dir);
	outbox_connected(o, "101:9"); /* another one: nobody knows */
	ck_assert_uint_eq(next(o), 3);
	outbox_handed(o, outbox_next(o, store), false, "101:9");
	outbox_returned(o); /* the connection broke while this process lived: again */
	ck_assert_uint_eq(next(o), 3);
	outbox_free(o);

	o = outbox_new(dir);
	outbox_connected(o, "101:9");
	ck_assert_uint_eq(take(o), 3);
	outbox_handed(o, outbox_next(o, store), false, ""); /* a master that is not known */
	outbox_free(o);

	o = outbox_new(dir);
	outbox_connected(o, "");
	ck_assert_uint_eq(take(o), 4);
	/* our own notification of an event that has a standard one too: half of it is told */
	outbox_handed(o, outbox_next(o, store), true, "101:9");
	outbox_free(o);

	o = outbox_new(dir);
	outbox_connected(o, "101:9");
	ck_assert_uint_eq(next(o), 5);
	ck_assert(outbox_is_own_taken(o, outbox_next(o, store)));
	outbox_handed(o, outbox_next(o, store), false, "101:9");
	outbox_free(o);

	o = outbox_new(dir);
	outbox_connected(o, "101:9");
	ck_assert_uint_eq(next(o), 6);
	ck_assert(!outbox_is_own_taken(o, outbox_next(o, store)));
	outbox_free(o);
}
END_TEST

/* ---- What is sent at all. */

static struct notification *settings(enum event_kind kind, bool enabled, uint32_t limit)
{
	struct notification *n;

	store_notifications(store);
	n = store_notification(store, kind);
	n->enabled = enabled;
	n->limit = limit;
	return n;
}

/* Sends what passes of the events from..to; how many that is. */
static unsigned send_all(struct throttle *t, uint32_t from, uint32_t to)
{
	unsigned sent = 0;

	STORE_FOREACH (event_log, e, store) {
		if (e->sequence < from || e->sequence > to || !throttle_passes(t, store, e))
			continue;
		throttle_count(t, e);
		sent++;
	}
	return sent;
}

START_TEST(test_defaults)
{
	store_notifications(store);
	for (const struct event_info *i = event_infos; i->mib; i++) {
		const struct notification *n = store_notification(store, i->kind);

		ck_assert(n->enabled);
		ck_assert_uint_eq(n->limit, i->kind == EVENT_PROTOCOL_ERROR ? 10 : 0);
		ck_assert_uint_lt((unsigned)i->kind, THROTTLE_KINDS);
	}
}
END_TEST

START_TEST(test_switched_off)
{
	struct throttle t = {0};

	events(1, 50);
	event(51, EVENT_CONFIG_CHANGED, "", "1");
	ck_assert_uint_eq(send_all(&t, 1, 51), 51); /* without the rows, too */
	settings(EVENT_VRRP_STATE, false, 0);
	ck_assert_uint_eq(send_all(&t, 1, 51), 1);
}
END_TEST

/* An event a second, 120 of them: numbers 60 to 119 are the second minute. */
START_TEST(test_limit)
{
	struct throttle t = {0}, again;

	events(1, 130);
	settings(EVENT_VRRP_STATE, true, 5);
	ck_assert_uint_eq(send_all(&t, 1, 30), 5);
	ck_assert_uint_eq(send_all(&t, 31, 59), 0);
	ck_assert_uint_eq(send_all(&t, 60, 62), 3);
	/* An agent that was started again comes to the same. */
	throttle_replay(&again, store, 62);
	ck_assert_uint_eq(send_all(&again, 63, 119), 2);
	ck_assert_uint_eq(send_all(&t, 63, 119), 2);
	ck_assert_uint_eq(send_all(&t, 120, 130), 5);
	/* Others have their own. */
	event(131, EVENT_REAL_SERVER_STATE, "web 10.0.0.1 80", "up");
	ck_assert_uint_eq(send_all(&t, 131, 131), 1);
}
END_TEST

/* Asking is not sending: what comes back is asked for again. */
START_TEST(test_asking)
{
	struct throttle t = {0};
	const struct event_log *e;

	settings(EVENT_VRRP_STATE, true, 1);
	e = event(1, EVENT_VRRP_STATE, "VI_1", "master");
	ck_assert(throttle_passes(&t, store, e));
	ck_assert(throttle_passes(&t, store, e));
	throttle_count(&t, e);
	ck_assert(!throttle_passes(&t, store, event(2, EVENT_VRRP_STATE, "VI_1", "backup")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_trap");
	TCase *tc = tcase_create("trap");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_real_server);
	tcase_add_test(tc, test_vrrp);
	tcase_add_test(tc, test_each_kind);
	tcase_add_test(tc, test_scalar);
	tcase_add_test(tc, test_strange);
	tcase_add_test(tc, test_outbox);
	tcase_add_test(tc, test_half);
	tcase_add_test(tc, test_gap);
	tcase_add_test(tc, test_new_log);
	tcase_add_test(tc, test_lost_end);
	tcase_add_test(tc, test_damaged_file);
	tcase_add_test(tc, test_handed);
	tcase_add_test(tc, test_defaults);
	tcase_add_test(tc, test_switched_off);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_asking);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
