/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes, rules and static addresses as messages: what the kernel would know them by, and next hops. */
#include "core/vrrp/rtmessage.h"

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include "core/model/nexthop.h"
#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

static _Alignas(struct nlmsghdr) uint8_t buf[RTMESSAGE_MAX];
static char why[100];

static int index_of(const char *interface, void *arg)
{
	(void)arg;
	return strcmp(interface, "lan") == 0 ? 7 : 0;
}

static uint32_t table_of(const char *vrf, void *arg)
{
	(void)arg;
	return strcmp(vrf, "red") == 0 ? 4711 : 0;
}

static const struct rtlookup lookup = {.index = index_of, .table = table_of};

static size_t build(const struct row *r, bool add)
{
	*why = '\0';
	return rtmessage_build(r, add, &lookup, buf, why, sizeof(why));
}

static struct vrrp_route *route(const char *destination, uint32_t length)
{
	struct vrrp_route *t = ROW_NEW(vrrp_route);

	ck_assert(addr_parse(&t->destination, destination));
	t->prefix_length = length;
	t->table_id = 300;
	return t;
}

/* A message of ours is read as what it was made from, whatever the row. */
START_TEST(test_identity)
{
	static const enum table_id list[] = {
	    TABLE_vrrp_route, TABLE_vrrp_rule, TABLE_static_address};
	struct dice d = {3};

	for (int n = 0; n < 3000; n++) {
		struct row *r = row_new(&tables[list[n % 3]]);
		struct rtidentity made, told;

		dice_columns(
		    &d, r, table_mask(r->table, CLASS_KEY) | table_mask(r->table, CLASS_CONFIG));
		if (list[n % 3] == TABLE_vrrp_route) {
			struct vrrp_route *t = (struct vrrp_route *)r;

			row_set_text(&t->nexthops, "");
			row_set_text(&t->interface, "lan");
			row_set_text(&t->vrf, dice_below(&d, 2) ? "red" : "");
			if (t->destination.family == ADDR_IPV6 && !t->metric)
				t->metric = 1;
			t->prefix_length = 1 + dice_below(&d, 32);
		} else if (list[n % 3] == TABLE_vrrp_rule) {
			struct vrrp_rule *u = (struct vrrp_rule *)r;

			u->source_length = addr_is_set(&u->source) ? 1 : 0;
			u->destination_length = addr_is_set(&u->destination) ? 8 : 0;
			u->source_port_last = u->source_port_first;
			u->destination_port_last = u->destination_port_first;
		} else {
			row_set_text(&((struct static_address *)r)->interface, "lan");
		}
		ck_assert_msg(build(r, true), "%s", why);
		made = rtmessage_identify(r, &lookup);
		ck_assert(rtmessage_parse((struct nlmsghdr *)buf, &told));
		ck_assert(rtmessage_same(&made, &told));
		/* and what removes it names the same, but for what addresses are not removed by */
		ck_assert(build(r, false));
		ck_assert(rtmessage_parse((struct nlmsghdr *)buf, &told));
		told.protocol = made.protocol;
		ck_assert(rtmessage_same(&made, &told));
		told.priority++;
		ck_assert(!rtmessage_same(&made, &told));
		row_free(r);
	}
}
END_TEST

START_TEST(test_route)
{
	struct vrrp_route *t = route("10.1.0.0", 16);
	const struct rtmsg *m = nlmsg_data((struct nlmsghdr *)buf);
	struct nlattr *attr[RTA_MAX + 1], *metric[RTAX_MAX + 1];

	row_set_text(&t->interface, "lan");
	t->mtu = 1400;
	t->mtu_lock = true;
	ck_assert_uint_gt(build(&t->row, true), 0);
	ck_assert_int_eq(((struct nlmsghdr *)buf)->nlmsg_type, RTM_NEWROUTE);
	ck_assert_int_eq(m->rtm_scope, RT_SCOPE_LINK);
	ck_assert_int_eq(m->rtm_protocol, 18);
	ck_assert_int_eq(m->rtm_table, RT_TABLE_COMPAT);
	nlmsg_parse((struct nlmsghdr *)buf, sizeof(*m), attr, RTA_MAX, NULL);
	ck_assert_uint_eq(nla_get_u32(attr[RTA_TABLE]), 300);
	ck_assert_uint_eq(nla_get_u32(attr[RTA_OIF]), 7);
	ck_assert_ptr_null(attr[RTA_GATEWAY]);
	nla_parse_nested(metric, RTAX_MAX, attr[RTA_METRICS], NULL);
	ck_assert_uint_eq(nla_get_u32(metric[RTAX_MTU]), 1400);
	ck_assert_uint_eq(nla_get_u32(metric[RTAX_LOCK]), 1u << RTAX_MTU);
	ck_assert_ptr_null(metric[RTAX_WINDOW]);
	/* a next hop of the other family, which makes the destination one that is not on the link */
	ck_assert(addr_parse(&t->gateway, "fe80::1"));
	ck_assert_uint_gt(build(&t->row, true), 0);
	ck_assert_int_eq(m->rtm_scope, RT_SCOPE_UNIVERSE);
	nlmsg_parse((struct nlmsghdr *)buf, sizeof(*m), attr, RTA_MAX, NULL);
	ck_assert_ptr_null(attr[RTA_GATEWAY]);
	ck_assert_int_eq(nla_len(attr[RTA_VIA]), 18);
	ck_assert_int_eq(nla_get_u16(attr[RTA_VIA]), AF_INET6);
	/* its removal does not depend on metrics, source and scope */
	ck_assert_uint_gt(build(&t->row, false), 0);
	ck_assert_int_eq(m->rtm_scope, RT_SCOPE_NOWHERE);
	nlmsg_parse((struct nlmsghdr *)buf, sizeof(*m), attr, RTA_MAX, NULL);
	ck_assert_ptr_null(attr[RTA_METRICS]);
	row_set_text(&t->vrf, "red");
	ck_assert_uint_gt(build(&t->row, false), 0);
	nlmsg_parse((struct nlmsghdr *)buf, sizeof(*m), attr, RTA_MAX, NULL);
	ck_assert_uint_eq(nla_get_u32(attr[RTA_TABLE]), 4711);
	ck_assert_int_eq(m->rtm_table, RT_TABLE_COMPAT);
	row_set_text(&t->vrf, "blue");
	ck_assert_uint_eq(build(&t->row, true), 0);
	ck_assert_str_eq(why, "there is no VRF blue");
	row_set_text(&t->vrf, "");
	row_set_text(&t->interface, "srv");
	ck_assert_uint_eq(build(&t->row, true), 0);
	ck_assert_str_eq(why, "there is no interface srv");
	row_free(&t->row);
}
END_TEST

START_TEST(test_multipath)
{
	struct vrrp_route *t = route("10.1.0.0", 16);
	const struct rtnexthop *h;
	struct nlattr *attr[RTA_MAX + 1];

	row_set_text(&t->nexthops, "nexthop via 10.0.0.1 weight 256 nexthop dev lan onlink");
	ck_assert_uint_gt(build(&t->row, true), 0);
	nlmsg_parse((struct nlmsghdr *)buf, sizeof(struct rtmsg), attr, RTA_MAX, NULL);
	h = nla_data(attr[RTA_MULTIPATH]);
	ck_assert_int_eq(h->rtnh_hops, 255);
	ck_assert_int_eq(h->rtnh_ifindex, 0);
	ck_assert_int_eq(h->rtnh_len, 16);
	h = (const struct rtnexthop *)((const uint8_t *)h + RTNH_ALIGN(h->rtnh_len));
	ck_assert_int_eq(h->rtnh_hops, 0);
	ck_assert_int_eq(h->rtnh_ifindex, 7);
	ck_assert_int_eq(h->rtnh_flags, RTNH_F_ONLINK);
	row_set_text(&t->nexthops, "nexthop dev srv");
	ck_assert_uint_eq(build(&t->row, true), 0);
	ck_assert_str_eq(why, "there is no interface srv");
	row_free(&t->row);
}
END_TEST

START_TEST(test_nexthops)
{
	static const char *const bad[][2] = {
	    {"", "there is no next hop"},
	    {"via 10.0.0.1", "'via': a next hop begins with 'nexthop'"},
	    {"nexthop", "a next hop has neither an address nor an interface"},
	    {"nexthop nexthop dev a", "a next hop has neither an address nor an interface"},
	    {"nexthop via x", "'x' is not an address"},
	    {"nexthop via", "'via' needs a value"},
	    {"nexthop dev a weight 257", "'257' is no weight of 1 to 256"},
	    {"nexthop dev a weight 0", "'0' is no weight of 1 to 256"},
	    {"nexthop dev abcdefghijklmnop", "'abcdefghijklmnop' is no name of an interface"},
	    {"nexthop dev a bla", "'bla' is nothing that a next hop has"},
	};
	struct nexthop list[NEXTHOPS_MAX];
	char many[400] = "";

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_uint_eq(nexthops_parse(bad[i][0], list, why, sizeof(why)), 0);
		ck_assert_str_eq(why, bad[i][1]);
	}
	for (int i = 0; i <= NEXTHOPS_MAX; i++)
		strcat(many, "nexthop dev a ");
	ck_assert_uint_eq(nexthops_parse(many, list, why, sizeof(why)), 0);
	ck_assert_str_eq(why, "there are more than 16 next hops");
	ck_assert_uint_eq(nexthops_parse(many + 14, list, why, sizeof(why)), NEXTHOPS_MAX);
	ck_assert_uint_eq(list[15].weight, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_identity, test_route, test_multipath, test_nexthops};
	Suite *s = suite_create("rtmessage");
	TCase *tc = tcase_create("rtmessage");

	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
