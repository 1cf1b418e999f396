/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses: text, bytes, sockets and the order of SNMP indexes. */
#include "core/base/addr.h"
#include "tests/unit/unit.h"

static struct addr parsed(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(&a, text), "%s was refused", text);
	return a;
}

START_TEST(test_text)
{
	static const char *const same[] = {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1",
	    "2001:db8::1:0:0:1", "fe80::1", "ff02::12"};
	char buf[ADDR_STRLEN];

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		struct addr a = parsed(same[i]);

		ck_assert_str_eq(addr_format(&a, buf), same[i]);
	}
}
END_TEST

START_TEST(test_refused)
{
	static const char *const bad[] = {"", " ", "1", "1.2.3", "1.2.3.256", "1.2.3.4 ",
	    " 1.2.3.4", "1.2.3.4/24", "01.2.3.4x", ":", ":::", "2001:db8::1::2", "fe80::1%eth0",
	    "localhost"};
	struct addr before = parsed("192.0.2.7"), a = before;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!addr_parse(&a, bad[i]), "'%s' was taken", bad[i]);
	ck_assert(addr_equal(&a, &before));
}
END_TEST

START_TEST(test_order)
{
	static const char *const rising[] = {"0.0.0.0", "9.0.0.1", "10.0.0.0", "127.255.0.0",
	    "128.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::", "fe80::1"};
	const size_t n = sizeof(rising) / sizeof(*rising);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			struct addr a = parsed(rising[i]), b = parsed(rising[j]);
			int c = addr_cmp(&a, &b);

			ck_assert_int_eq((c > 0) - (c < 0), (i > j) - (i < j));
			ck_assert_int_eq(addr_equal(&a, &b), i == j);
		}
}
END_TEST

START_TEST(test_none)
{
	struct addr none = addr_from_bytes("abc", 3);
	char buf[ADDR_STRLEN] = "x";
	struct sockaddr_storage ss;

	ck_assert(!addr_is_set(&none));
	ck_assert_uint_eq(addr_len(&none), 0);
	ck_assert_str_eq(addr_format(&none, buf), "");
	ck_assert_uint_eq(addr_to_sockaddr(&none, 80, &ss), 0);
	ck_assert(!addr_is_any(&none));
}
END_TEST

START_TEST(test_kinds)
{
	struct addr a;

	a = addr_any(ADDR_IPV4);
	ck_assert(addr_is_any(&a));
	a = addr_any(ADDR_IPV6);
	ck_assert(addr_is_any(&a));
	a = parsed("224.0.0.18");
	ck_assert(addr_is_multicast(&a) && !addr_is_any(&a));
	a = parsed("ff02::12");
	ck_assert(addr_is_multicast(&a) && !addr_is_link_local(&a));
	a = parsed("febf::1");
	ck_assert(addr_is_link_local(&a));
	a = parsed("fec0::1");
	ck_assert(!addr_is_link_local(&a));
	a = parsed("169.254.0.1");
	ck_assert(!addr_is_link_local(&a) && !addr_is_multicast(&a));
}
END_TEST

START_TEST(test_sockets)
{
	static const char *const texts[] = {"192.0.2.1", "2001:db8::1"};

	for (size_t i = 0; i < 2; i++) {
		struct addr a = parsed(texts[i]), b;
		struct sockaddr_storage ss;
		uint16_t port = 0;

		ck_assert_uint_gt(addr_to_sockaddr(&a, 8080, &ss), 0);
		ck_assert(addr_from_sockaddr(&b, &port, (struct sockaddr *)&ss));
		ck_assert(addr_equal(&a, &b));
		ck_assert_uint_eq(port, 8080);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addr");
	TCase *tc = tcase_create("addr");

	tcase_add_test(tc, test_text);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_kinds);
	tcase_add_test(tc, test_sockets);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
