/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes and rules when notifications about them are lost: the real kernel, in a network namespace of the test's own.
 * Skipped where namespaces are not to be had.
 */
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/vrrp/routing.h"
#include "core/vrrp/rtmessage.h"
#include "tests/unit/unit.h"

#define FLOOD 4000 /* notifications: several times what a socket holds */

static struct event_base *base;
static struct store *store;
static struct routing *routing;
static unsigned reports;
static int somebody = -1; /* a socket of another program */

static bool is_master(const struct vrrp_instance *instance, void *arg)
{
	(void)instance;
	(void)arg;
	return false;
}

static int index_of(const char *interface, void *arg)
{
	(void)arg;
	return strcmp(interface, "lo") == 0;
}

static uint32_t table_of(const char *vrf, void *arg)
{
	(void)vrf;
	(void)arg;
	return 0;
}

static void report(struct row *r, column_mask columns, void *arg)
{
	(void)r;
	(void)columns;
	(void)arg;
	reports++;
}

static const struct routing_ops ops = {
    .is_master = is_master, .index = index_of, .table = table_of, .report = report};
static const struct rtlookup lookup = {.index = index_of, .table = table_of};

/* A static one that goes nowhere. */
static struct vrrp_route *new_route(unsigned n, bool track, uint32_t protocol)
{
	struct vrrp_route *t = ROW_NEW(vrrp_route);
	uint8_t bytes[4] = {10, (uint8_t)(n >> 8), (uint8_t)n, 0};

	t->destination = addr_from_bytes(bytes, 4);
	t->prefix_length = 24;
	t->table_id = 254;
	t->type = ROUTE_BLACKHOLE;
	t->protocol = protocol;
	t->track = track;
	return t;
}

static struct vrrp_route *put_route(unsigned n, bool track, uint32_t protocol)
{
	struct vrrp_route *t = new_route(n, track, protocol);

	store_insert(store, &t->row);
	return t;
}

static struct vrrp_rule *put_rule(unsigned priority, bool track)
{
	struct vrrp_rule *u = ROW_NEW(vrrp_rule);

	u->family = INET_IPV4;
	u->priority = priority;
	u->number = 1;
	u->table_id = 254;
	u->track = track;
	store_insert(store, &u->row);
	return u;
}

/* Somebody else adds or removes what the row says: 0, or the kernel's error. */
static int change(const struct row *r, bool add)
{
	_Alignas(struct nlmsghdr) uint8_t buf[RTMESSAGE_MAX], answer[4096];
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)buf;
	const struct nlmsgerr *e = NLMSG_DATA((struct nlmsghdr *)(void *)answer);
	char why[100];
	size_t len = rtmessage_build(r, add, &lookup, buf, why, sizeof(why));

	ck_assert_uint_gt(len, 0);
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE : 0);
	ck_assert_int_eq(send(somebody, buf, len, 0), (ssize_t)len);
	ck_assert_int_gt(recv(somebody, answer, sizeof(answer), 0), 0);
	return -e->error;
}

static bool is_there(const struct row *r)
{
	bool there = change(r, false) == 0;

	if (there)
		ck_assert_int_eq(change(r, true), 0);
	return there;
}

static void flood(void)
{
	struct vrrp_route *t = new_route(60000, true, RTMESSAGE_PROTOCOL);

	for (unsigned n = 0; n < FLOOD; n++) {
		ck_assert_int_eq(change(&t->row, true), 0);
		ck_assert_int_eq(change(&t->row, false), 0);
	}
	row_free(&t->row);
}

static bool stop_waiting;

static void on_time(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	stop_waiting = true;
}

/* Until the row says so; a slow machine may take its time. */
static void wait_for(const bool *present, bool value)
{
	struct timeval tv = {.tv_sec = 30};
	struct event *late = evtimer_new(base, on_time, NULL);

	stop_waiting = false;
	event_add(late, &tv);
	while (*present != value && !stop_waiting)
		event_base_loop(base, EVLOOP_ONCE);
	event_free(late);
	ck_assert(*present == value);
}

static void begin(void)
{
	routing_configure(routing, store, true);
	routing_act(routing);
	routing_report(routing);
}

static void setup(void)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	base = event_base_new();
	store = store_new();
	routing = routing_new(base, &ops, NULL);
	somebody = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ck_assert(routing && somebody >= 0);
	ck_assert_int_eq(connect(somebody, (struct sockaddr *)&kernel, sizeof(kernel)), 0);
}

static void teardown(void)
{
	routing_stop(routing);
	routing_free(routing);
	store_free(store);
	close(somebody);
	event_base_free(base);
}

/* Without a loss: what the other test's helpers do is seen. */
START_TEST(test_followed)
{
	const struct vrrp_route *tracked = put_route(1, true, 18),
				*untracked = put_route(2, false, 18);
	const struct vrrp_rule *rule = put_rule(100, false);

	begin();
	ck_assert(tracked->present && untracked->present && rule->present);
	ck_assert_int_eq(change(&tracked->row, false), 0);
	ck_assert_int_eq(change(&untracked->row, false), 0);
	ck_assert_int_eq(change(&rule->row, false), 0);
	wait_for(&untracked->present, false);
	wait_for(&rule->present, false);
	wait_for(&tracked->present, true);
	ck_assert(is_there(&tracked->row));
	ck_assert(!is_there(&untracked->row));
}
END_TEST

/* What is not tracked is not set again, and so it is looked for; what is tracked is, whether it is gone or not. */
START_TEST(test_overrun)
{
	const struct vrrp_route *tracked = put_route(1, true, 18), *gone = put_route(2, false, 18),
				*stays = put_route(3, false, 18), *other = put_route(4, false, 77),
				*other_stays = put_route(5, false, 78);
	const struct vrrp_rule *rule = put_rule(100, false), *rule_stays = put_rule(101, false);

	begin();
	ck_assert(other->present && other_stays->present);
	flood();
	ck_assert_int_eq(change(&tracked->row, false), 0);
	ck_assert_int_eq(change(&gone->row, false), 0);
	ck_assert_int_eq(change(&other->row, false), 0);
	ck_assert_int_eq(change(&rule->row, false), 0);
	wait_for(&gone->present, false);
	wait_for(&other->present, false);
	wait_for(&rule->present, false);
	wait_for(&tracked->present, true);
	ck_assert(is_there(&tracked->row));
	ck_assert(!is_there(&gone->row));
	ck_assert(stays->present && other_stays->present && rule_stays->present);
	ck_assert_uint_gt(reports, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_routing");
	TCase *tc = tcase_create("overrun");

	if (!unit_network())
		return 0;
	log_init("test", LOG_LEVEL_ERROR);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_followed);
	tcase_add_test(tc, test_overrun);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
