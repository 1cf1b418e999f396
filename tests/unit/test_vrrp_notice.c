/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hub is told of second masters and bad packets, and how seldom.  The process around it is this
 * test: it has no hub, no sockets and no state machine that runs.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/vrrp/router.h"
#include "tests/unit/unit.h"

#define MSEC USEC_PER_MSEC

static struct router router;
static struct virtual v;
static unsigned wakes, reports, events;
static char last[600]; /* "KIND OLD NEW: REASON" */

void router_wake(struct router *r)
{
	ck_assert_ptr_eq(r, &router);
	wakes++;
}

void engine_report(struct engine *e, struct row *r, column_mask columns)
{
	(void)e;
	ck_assert_ptr_eq(r, &v.row->row);
	ck_assert(!(columns & ~table_owned(r->table, P_VRRP)));
	reports++;
}

void engine_event(struct engine *e, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason)
{
	(void)e;
	ck_assert_ptr_eq(subject, &v.row->row);
	snprintf(last, sizeof(last), "%s %s %s: %s",
	    enum_word(&enumeration_event_kind, (int32_t)kind), old_state, new_state, reason);
	events++;
}

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

static void setup(void)
{
	log_init("test", (enum log_level)0);
	memset(&router, 0, sizeof(router));
	memset(&v, 0, sizeof(v));
	TAILQ_INIT(&router.virtuals);
	TAILQ_INSERT_TAIL(&router.virtuals, &v, entry);
	v.router = &router;
	v.row = ROW_NEW(vrrp_instance);
	row_set_text(&v.row->name, "VI_1");
	v.fsm.state = VRRP_MASTER;
	v.fsm.config = (struct vrrp_config){.version = 3, .priority = 100, .interval = 10 * MSEC};
	wakes = reports = events = 0;
	last[0] = '\0';
	notice_adopt(&v);
}

static void teardown(void)
{
	row_free(&v.row->row);
}

static struct vrrp_packet packet(const char *from, uint8_t priority)
{
	return (struct vrrp_packet){
	    .version = 3, .priority = priority, .interval = 10 * MSEC, .source = address(from)};
}

static void hear(const char *from, uint8_t priority, bool yields)
{
	struct vrrp_packet p = packet(from, priority);

	notice_second_master(&v, &p, yields, clock_now());
}

static void told(const char *text)
{
	ck_assert_str_eq(last, text);
	last[0] = '\0';
}

START_TEST(test_conflict)
{
	struct addr three = address("10.0.0.3");

	hear("10.0.0.3", 90, false);
	ck_assert_uint_eq(wakes, 1);
	ck_assert(v.report_due);
	ck_assert_uint_eq(events, 0); /* not in the way of the packet */
	notice_report(&v);
	told("secondMaster none conflict: 10.0.0.3 is master, too, with priority 90, ours is 100; "
	     "this router wins");
	ck_assert_int_eq(v.row->second_master, SECOND_MASTER_CONFLICT);
	ck_assert(addr_equal(&v.row->second_address, &three));
	ck_assert_uint_eq(v.row->second_priority, 90);
	notice_check(&router); /* it is not over */
	told("");
	usleep(60000); /* more than 3 x 10 ms and the skew */
	notice_check(&router);
	told("secondMaster conflict none: 10.0.0.3 is not heard as master any more");
	ck_assert_int_eq(v.row->second_master, SECOND_MASTER_NONE);
	notice_check(&router);
	told("");
	hear("10.0.0.1", 100, false); /* another one */
	notice_report(&v);
	told("secondMaster none conflict: 10.0.0.1 is master, too, with the same priority 100; "
	     "this router wins: the higher address counts");
}
END_TEST

/* Whoever sends what: one conflict, one event, and one report a second. */
START_TEST(test_flood)
{
	char from[ADDR_STRLEN];

	for (unsigned i = 0; i < 10000; i++) {
		snprintf(from, sizeof(from), "10.0.%u.%u", i / 250, i % 250 + 1);
		hear(from, (uint8_t)(1 + i % 99), false);
		notice_report(&v);
	}
	ck_assert_uint_eq(events, 1);
	ck_assert_uint_eq(reports, 1);
	ck_assert_uint_eq(wakes, 1);
	notice_check(&router);
	ck_assert_uint_eq(events, 1);
	ck_assert_uint_eq(reports, 2); /* who it is now */
	ck_assert_uint_eq(v.row->second_priority, v.second.priority);
}
END_TEST

START_TEST(test_yields)
{
	hear("10.0.0.3", 150, true);
	v.fsm.state = VRRP_BACKUP;
	notice_report(&v);
	told("secondMaster none yielded: 10.0.0.3 is master, too, with priority 150, ours is 100; "
	     "it wins");
	notice_check(&router);
	notice_report(&v);
	told("");
	ck_assert_int_eq(v.row->second_master, SECOND_MASTER_YIELDED);
	v.fsm.state = VRRP_MASTER; /* again: that was then */
	notice_report(&v);
	told("");
	ck_assert_int_eq(v.row->second_master, SECOND_MASTER_NONE);
	hear("10.0.0.3", 90, false);
	notice_report(&v);
	hear("10.0.0.3", 150, true); /* it wins in the end */
	v.fsm.state = VRRP_BACKUP;
	notice_report(&v);
	told("secondMaster conflict yielded: 10.0.0.3 is master, too, with priority 150, ours is "
	     "100; it wins");
}
END_TEST

START_TEST(test_not_master_any_more)
{
	hear("10.0.0.3", 90, false);
	notice_report(&v);
	v.fsm.state = VRRP_FAULT;
	notice_check(&router);
	told("secondMaster conflict none: this router is not master any more");
}
END_TEST

/* Again and again: some are told, and never an end without a beginning. */
START_TEST(test_often)
{
	for (unsigned i = 0; i < 100; i++) {
		v.fsm.state = VRRP_MASTER;
		hear("10.0.0.3", 90, false);
		notice_report(&v);
		v.fsm.state = VRRP_BACKUP;
		notice_check(&router);
	}
	ck_assert_uint_eq(events, 2 * 5);
	told("secondMaster conflict none: this router is not master any more");
}
END_TEST

/* A process that was started again in a conflict: it goes on, or ends, and is not told anew. */
START_TEST(test_adopted)
{
	v.row->second_master = SECOND_MASTER_CONFLICT;
	v.row->second_address = address("10.0.0.3");
	v.row->second_priority = 90;
	notice_adopt(&v);
	hear("10.0.0.3", 90, false);
	notice_report(&v);
	told("");
	usleep(60000);
	notice_check(&router);
	told("secondMaster conflict none: 10.0.0.3 is not heard as master any more");
}
END_TEST

START_TEST(test_errors)
{
	struct vrrp_packet p = packet("10.0.0.9", 100);
	struct addr nine = address("10.0.0.9");

	for (unsigned i = 0; i < 1000; i++) {
		notice_error(&v, &p, VRRP_DROP_CHECKSUM);
		notice_error(&v, &p, VRRP_DROP_OWN); /* is none */
	}
	ck_assert_uint_eq(wakes, 1);
	ck_assert_uint_eq(events, 0);
	notice_report(&v);
	told("protocolError  checksum: a packet from 10.0.0.9: its checksum is wrong");
	ck_assert_int_eq(v.row->protocol_error, VRRP_ERROR_CHECKSUM);
	ck_assert(addr_equal(&v.row->error_source, &nine));
	notice_error(&v, &p, VRRP_DROP_TTL); /* another reason has a limit of its own */
	notice_report(&v);
	told("protocolError  ttl: a packet from 10.0.0.9: its TTL or hop limit is not the one "
	     "expected");
	v.errors[VRRP_ERROR_CHECKSUM].limit.since -= 61 * USEC_PER_SEC;
	notice_error(&v, &p, VRRP_DROP_CHECKSUM);
	notice_report(&v);
	told(
	    "protocolError  checksum: a packet from 10.0.0.9: its checksum is wrong; 999 more such "
	    "packets since this was told last");
	ck_assert_uint_eq(events, 3);
}
END_TEST

/* Each reason that vrrp_statistics counts has an error with its text. */
START_TEST(test_each_error)
{
	struct vrrp_packet p = packet("10.0.0.9", 100);
	bool seen[VRRP_ERRORS] = {false};

	for (int drop = 0; drop < VRRP_DROP_REASONS; drop++) {
		memset(v.errors, 0, sizeof(v.errors));
		notice_error(&v, &p, (enum vrrp_drop)drop);
		for (int e = 0; e < VRRP_ERRORS; e++)
			seen[e] |= v.errors[e].due;
		notice_report(&v);
		if (*last)
			ck_assert_ptr_nonnull(strstr(last, ": it"));
		last[0] = '\0';
	}
	for (int e = VRRP_ERROR_TTL; e < VRRP_ERRORS; e++)
		ck_assert_msg(seen[e], "%s", enum_word(&enumeration_vrrp_error, e));
	ck_assert(!seen[VRRP_ERROR_NONE]);
}
END_TEST

/* Many instances together have a limit, too. */
START_TEST(test_all_instances)
{
	struct vrrp_packet p = packet("10.0.0.9", 100);

	for (unsigned i = 0; i < 200; i++) {
		memset(v.errors, 0, sizeof(v.errors)); /* as another instance has them */
		notice_error(&v, &p, VRRP_DROP_TTL);
		notice_report(&v);
	}
	ck_assert_uint_eq(events, 60);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_notice");
	TCase *tc = tcase_create("notice");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_conflict);
	tcase_add_test(tc, test_flood);
	tcase_add_test(tc, test_yields);
	tcase_add_test(tc, test_not_master_any_more);
	tcase_add_test(tc, test_often);
	tcase_add_test(tc, test_adopted);
	tcase_add_test(tc, test_errors);
	tcase_add_test(tc, test_each_error);
	tcase_add_test(tc, test_all_instances);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
