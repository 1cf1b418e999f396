/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that make nftables refuse packets to virtual addresses; the kernel's part is in the lab. */
#include "core/vrrp/filter.h"

#include <string.h>
#include "tests/unit/unit.h"

static struct filter_address at(const char *address, const char *interface)
{
	struct filter_address a = {.interface = ""};

	ck_assert(addr_parse(&a.address, address));
	strcpy(a.interface, interface);
	return a;
}

START_TEST(test_none)
{
	char *text = filter_commands(NULL, 0);

	ck_assert_str_eq(text, "add table inet directord\ndelete table inet directord\n");
	free(text);
}
END_TEST

/* Made anew as one transaction; neighbour discovery comes before everything. */
START_TEST(test_commands)
{
	struct filter_address list[] = {at("10.0.0.1", "lan"), at("10.0.0.2", "lan"),
	    at("2001:db8::1", "lan"), at("fe80::1", "a\"b"), at("fe80::1", "lan")};
	char *text = filter_commands(list, 5);

	ck_assert_str_eq(text,
	    "add table inet directord\ndelete table inet directord\n"
	    "table inet directord {\n"
	    " set ipv4 {\n  type ipv4_addr\n  elements = { 10.0.0.1, 10.0.0.2 }\n }\n"
	    " set ipv6 {\n  type ipv6_addr\n  elements = { 2001:db8::1 }\n }\n"
	    " set link_local {\n  type ifname . ipv6_addr\n  elements = { \"lan\" . fe80::1 }\n }\n"
	    " chain input {\n"
	    "  type filter hook input priority -1; policy accept;\n"
	    "  icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	    "  ip daddr @ipv4 counter drop\n"
	    "  ip6 daddr @ipv6 counter drop\n"
	    "  iifname . ip6 daddr @link_local counter drop\n"
	    " }\n}\n");
	free(text);
	text = filter_commands(list, 2);
	ck_assert_ptr_nonnull(strstr(text, " set ipv6 {\n  type ipv6_addr\n }\n"));
	free(text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_none, test_commands};
	Suite *s = suite_create("filter");
	TCase *tc = tcase_create("filter");

	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
