/* SPDX-License-Identifier: BSD-2-Clause */
/* When a link's change counts (core/vrrp/debounce.h), to the microsecond. */
#include "core/vrrp/debounce.h"
#include "tests/unit/unit.h"

#define SEC USEC_PER_SEC

static const struct debounce_delays delays = {.down = 2 * SEC, .up = 5 * SEC};
static struct debounce d;

static void begin(bool up)
{
	d = (struct debounce){0};
	ck_assert_int_eq(debounce_see(&d, up, &delays, 100 * SEC), DEBOUNCE_COUNTS);
	ck_assert_int_eq(d.up, up);
	ck_assert_uint_eq(debounce_due(&d, &delays), USEC_NEVER);
}

static void see(bool up, usec_t at, enum debounce_change change, bool counts)
{
	ck_assert_int_eq(debounce_see(&d, up, &delays, at), change);
	ck_assert_int_eq(d.up, counts);
	ck_assert_int_eq(d.seen, up);
}

START_TEST(test_first)
{
	begin(true);
	begin(false);
	see(false, 200 * SEC, DEBOUNCE_NOTHING, false);
}
END_TEST

START_TEST(test_down)
{
	begin(true);
	see(false, 200 * SEC, DEBOUNCE_NOTHING, true);
	ck_assert_uint_eq(debounce_due(&d, &delays), 202 * SEC);
	see(false, 202 * SEC - 1, DEBOUNCE_NOTHING, true);
	see(false, 202 * SEC, DEBOUNCE_COUNTS, false);
	ck_assert_uint_eq(debounce_due(&d, &delays), USEC_NEVER);
	see(false, 300 * SEC, DEBOUNCE_NOTHING, false);
}
END_TEST

START_TEST(test_up)
{
	begin(false);
	see(true, 200 * SEC, DEBOUNCE_NOTHING, false);
	see(true, 205 * SEC - 1, DEBOUNCE_NOTHING, false);
	see(true, 205 * SEC, DEBOUNCE_COUNTS, true);
}
END_TEST

/* Each time anew: five times 1.9 s are no 2 s. */
START_TEST(test_bounce)
{
	usec_t t = 200 * SEC;

	begin(true);
	for (int k = 0; k < 5; k++, t += 2 * SEC) {
		see(false, t, DEBOUNCE_NOTHING, true);
		see(true, t + 2 * SEC - 100000, DEBOUNCE_IGNORED, true);
		ck_assert_uint_eq(debounce_due(&d, &delays), USEC_NEVER);
	}
	see(false, t, DEBOUNCE_NOTHING, true);
	see(false, t + 2 * SEC, DEBOUNCE_COUNTS, false);
}
END_TEST

START_TEST(test_none)
{
	static const struct debounce_delays none = {0, 0};

	begin(true);
	ck_assert_int_eq(debounce_see(&d, false, &none, 200 * SEC), DEBOUNCE_COUNTS);
	ck_assert(!d.up);
	ck_assert_int_eq(debounce_see(&d, true, &none, 200 * SEC), DEBOUNCE_COUNTS);
	ck_assert(d.up);
}
END_TEST

/* A delay that is changed while it runs. */
START_TEST(test_changed)
{
	static const struct debounce_delays less = {.down = SEC, .up = 5 * SEC};

	begin(true);
	see(false, 200 * SEC, DEBOUNCE_NOTHING, true);
	ck_assert_uint_eq(debounce_due(&d, &less), 201 * SEC);
	ck_assert_int_eq(debounce_see(&d, false, &less, 201 * SEC), DEBOUNCE_COUNTS);
	ck_assert(!d.up);
}
END_TEST

/* Debian's keepalived 2.2.7 has 3.992188 s for an interval of 2 s. */
START_TEST(test_longest)
{
	ck_assert_uint_eq(debounce_longest_down(2 * SEC), 3992188);
	ck_assert_uint_eq(debounce_longest_down(10000), 19961);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
	    test_first, test_down, test_up, test_bounce, test_none, test_changed, test_longest};
	Suite *s = suite_create("debounce");
	TCase *tc = tcase_create("debounce");

	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
