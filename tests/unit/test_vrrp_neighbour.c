/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who else speaks for a virtual router: that their number is bounded, who gives way to whom, and that the
 * rows follow.  The process around it is this test: it has a store, but no hub, sockets or state machine
 * that runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/vrrp/router.h"
#include "tests/unit/unit.h"

#define OTHERS 16

static struct router router;
static struct virtual v;
static struct store *store;
static struct vrrp_peer_config peers[2];
static unsigned reports;

struct store *engine_store(struct engine *e)
{
	(void)e;
	return store;
}

void engine_report(struct engine *e, struct row *r, column_mask columns)
{
	(void)e;
	ck_assert(!(columns & ~table_owned(r->table, P_VRRP)));
	reports++;
}

void engine_add(struct engine *e, struct row *r)
{
	(void)e;
	ck_assert_ptr_null(store_insert(store, r));
}

void engine_remove(struct engine *e, struct row *r)
{
	(void)e;
	store_remove(store, r);
	row_free(r);
}

/* What notice.c has besides the names of errors is not used here. */
void router_wake(struct router *r)
{
	ck_abort_msg("woken: %p", (void *)r);
}

void engine_event(struct engine *e, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason)
{
	(void)e;
	(void)subject;
	ck_abort_msg("event %d: %s %s %s", (int)kind, old_state, new_state, reason);
}

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

static void setup(void)
{
	memset(&router, 0, sizeof(router));
	memset(&v, 0, sizeof(v));
	store = store_new();
	v.router = &router;
	v.row = ROW_NEW(vrrp_instance);
	row_set_text(&v.row->name, "VI_1");
	v.fsm.config =
	    (struct vrrp_config){.version = 3, .priority = 100, .interval = USEC_PER_SEC};
	reports = 0;
}

static void teardown(void)
{
	free(v.neighbours);
	row_free(&v.row->row);
	store_free(store);
}

static void hear(const char *from, uint8_t priority, enum vrrp_drop drop)
{
	struct vrrp_packet p = {.version = 3,
	    .priority = priority,
	    .interval = USEC_PER_SEC,
	    .ttl = 255,
	    .source = address(from)};

	neighbour_heard(&v, &p, drop);
}

static void hear_many(int first, int n, enum vrrp_drop drop)
{
	char from[32];

	for (int k = first; k < first + n; k++) {
		snprintf(from, sizeof(from), "10.0.1.%d", k);
		hear(from, 50, drop);
	}
}

static const struct vrrp_neighbour *row(const char *from)
{
	struct vrrp_neighbour *key = ROW_NEW(vrrp_neighbour);
	struct row *r;

	row_set_text(&key->instance, "VI_1");
	key->address = address(from);
	r = store_find(store, &key->row);
	row_free(&key->row);
	return (const struct vrrp_neighbour *)r;
}

static size_t rows(void)
{
	return store_count(store, TABLE_vrrp_neighbour);
}

/* RFC 9568 section 8.4: its version 2 counts for nothing as long as it is heard in version 3. */
START_TEST(test_both_versions)
{
	struct addr a = address("10.0.0.2"), b = address("10.0.0.3");
	struct vrrp_packet two = {
	    .version = 2, .priority = 100, .interval = USEC_PER_SEC, .ttl = 255, .source = b};
	usec_t now;

	neighbour_configure(&v);
	neighbour_heard(&v, &two, VRRP_PASS);
	ck_assert(!neighbour_speaks_version3(&v, &b, clock_now()));
	hear("10.0.0.2", 150, VRRP_DROP_CHECKSUM);
	ck_assert(!neighbour_speaks_version3(&v, &a, clock_now()));
	hear("10.0.0.2", 150, VRRP_PASS);
	now = clock_now();
	ck_assert(neighbour_speaks_version3(&v, &a, now));
	ck_assert(neighbour_speaks_version3(&v, &a, now + 3 * USEC_PER_SEC));
	ck_assert(!neighbour_speaks_version3(&v, &a, now + 4 * USEC_PER_SEC));
	ck_assert(!neighbour_speaks_version3(&v, &b, now));
}
END_TEST

START_TEST(test_told)
{
	neighbour_configure(&v);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), 0);

	hear("10.0.0.2", 150, VRRP_PASS);
	hear("10.0.0.2", 150, VRRP_DROP_CHECKSUM);
	hear("10.0.0.3", 90, VRRP_PASS);
	hear("10.0.0.3", 0, VRRP_PASS);
	hear("10.0.0.1", 100, VRRP_DROP_OWN);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), 2);
	ck_assert_int_eq(row("10.0.0.2")->state, NEIGHBOUR_MASTER);
	ck_assert_uint_eq(row("10.0.0.2")->priority, 150);
	ck_assert_uint_eq(row("10.0.0.2")->adverts_received, 1);
	ck_assert_uint_eq(row("10.0.0.2")->dropped, 1);
	ck_assert_int_eq(row("10.0.0.2")->error, VRRP_ERROR_CHECKSUM);
	ck_assert_int_eq(row("10.0.0.3")->state, NEIGHBOUR_RESIGNED);
	ck_assert_uint_eq(row("10.0.0.3")->zero_received, 1);

	/* what has not changed is not told again */
	reports = 0;
	neighbour_report(&v);
	ck_assert_uint_eq(reports, 0);
	hear("10.0.0.2", 160, VRRP_PASS);
	neighbour_report(&v);
	ck_assert_uint_eq(reports, 1);
	ck_assert_uint_eq(row("10.0.0.2")->priority, 160);

	neighbour_forget(&v);
	ck_assert_uint_eq(rows(), 0);
}
END_TEST

START_TEST(test_bounded)
{
	neighbour_configure(&v);
	hear_many(1, OTHERS, VRRP_PASS);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), OTHERS);

	/* what is dropped takes no place; what counts takes that of the oldest */
	hear_many(101, 100, VRRP_DROP_CHECKSUM);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), OTHERS);
	ck_assert_ptr_null(row("10.0.1.101"));
	hear("10.0.0.2", 150, VRRP_PASS);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), OTHERS);
	ck_assert_ptr_null(row("10.0.1.1"));
	ck_assert_ptr_nonnull(row("10.0.1.2"));
	ck_assert_uint_eq(row("10.0.0.2")->adverts_received, 1);
	hear_many(1, 100, VRRP_PASS);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), OTHERS);
	ck_assert_ptr_nonnull(row("10.0.1.100"));
}
END_TEST

START_TEST(test_peers)
{
	peers[0].address = address("10.0.0.2");
	peers[1].address = address("10.0.0.3");
	v.fsm.config.peers = peers;
	v.fsm.config.npeers = 2;
	neighbour_configure(&v);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), 2);
	ck_assert_int_eq(row("10.0.0.2")->state, NEIGHBOUR_UNHEARD);
	ck_assert(row("10.0.0.2")->configured);

	/* whoever else speaks, a peer keeps its place */
	hear_many(1, 100, VRRP_PASS);
	hear("10.0.0.3", 90, VRRP_PASS);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), 2 + OTHERS);
	ck_assert_int_eq(row("10.0.0.2")->state, NEIGHBOUR_UNHEARD);
	ck_assert(!row("10.0.1.100")->configured);

	/* peers no longer: the one that was never heard goes */
	v.fsm.config.npeers = 0;
	neighbour_configure(&v);
	neighbour_report(&v);
	ck_assert_ptr_null(row("10.0.0.2"));
	ck_assert(!row("10.0.0.3")->configured);
}
END_TEST

/* A process that was started again goes on from what the one before it told. */
START_TEST(test_adopted)
{
	neighbour_configure(&v);
	hear("10.0.0.2", 150, VRRP_PASS);
	hear("10.0.0.2", 150, VRRP_DROP_TTL);
	neighbour_report(&v);
	free(v.neighbours);
	v.neighbours = NULL;
	v.nneighbours = 0;
	neighbour_configure(&v);
	hear("10.0.0.2", 140, VRRP_PASS);
	neighbour_report(&v);
	ck_assert_uint_eq(rows(), 1);
	ck_assert_uint_eq(row("10.0.0.2")->adverts_received, 2);
	ck_assert_uint_eq(row("10.0.0.2")->dropped, 1);
	ck_assert_uint_eq(row("10.0.0.2")->priority, 140);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("neighbour");
	TCase *tc = tcase_create("neighbour");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_told);
	tcase_add_test(tc, test_bounded);
	tcase_add_test(tc, test_peers);
	tcase_add_test(tc, test_adopted);
	tcase_add_test(tc, test_both_versions);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
