/* SPDX-License-Identifier: BSD-2-Clause */
/* What tracking does to a priority (core/vrrp/track.h), as keepalived counts. */
#include "core/vrrp/track.h"
#include "tests/unit/unit.h"

struct example {
	enum track_state state;
	int32_t weight;
	bool reverse;
	int32_t contribution;
	bool fault;
};

static const struct example examples[] = {
    {TRACK_STATE_UP, 0, false, 0, false},
    {TRACK_STATE_DOWN, 0, false, 0, true},
    {TRACK_STATE_UP, 0, true, 0, true},
    {TRACK_STATE_DOWN, 0, true, 0, false},
    {TRACK_STATE_UP, 20, false, 20, false},
    {TRACK_STATE_DOWN, 20, false, 0, false},
    {TRACK_STATE_UP, -20, false, 0, false},
    {TRACK_STATE_DOWN, -20, false, -20, false},
    {TRACK_STATE_UP, 20, true, -20, false},
    {TRACK_STATE_DOWN, 20, true, 0, false},
    {TRACK_STATE_UP, -20, true, 0, false},
    {TRACK_STATE_DOWN, -20, true, 20, false},
    {TRACK_STATE_UNKNOWN, 0, false, 0, false},
    {TRACK_STATE_UNKNOWN, 0, true, 0, false},
    {TRACK_STATE_UNKNOWN, -20, false, 0, false},
    {TRACK_STATE_UNKNOWN, 20, false, 0, false},
};

START_TEST(test_effect)
{
	const struct example *x = &examples[_i];
	struct track_effect e = track_effect(x->state, x->weight, x->reverse);

	ck_assert_int_eq(e.contribution, x->contribution);
	ck_assert_int_eq(e.fault, x->fault);
}
END_TEST

static const struct {
	int32_t value, weight;
	bool reverse;
	int32_t contribution;
	bool fault;
} files[] = {
    {0, 0, false, 0, false},
    {1, 0, false, 0, true},
    {-1, 0, false, 0, true},
    {0, 0, true, 0, true},
    {5, 0, true, 0, false},
    {7, 1, false, 7, false},
    {7, -3, false, -21, false},
    {7, -3, true, 21, false},
    {253, 1, false, 253, false},
    {254, 1, false, 253, false},
    {INT32_MAX, 254, false, 253, false},
    {-253, 1, false, -253, false},
    {-254, 1, false, 0, true},
    {254, 1, true, 0, true},
    {127, -2, false, 0, true},
    {INT32_MIN, 254, false, 0, true},
    {INT32_MIN, -254, false, 253, false},
};

START_TEST(test_file)
{
	struct track_effect e =
	    track_file_effect(files[_i].value, files[_i].weight, files[_i].reverse);

	ck_assert_int_eq(e.contribution, files[_i].contribution);
	ck_assert_int_eq(e.fault, files[_i].fault);
}
END_TEST

START_TEST(test_service)
{
	ck_assert_int_eq(track_virtual_server_state(VIRTUAL_UNKNOWN), TRACK_STATE_UNKNOWN);
	ck_assert_int_eq(track_virtual_server_state(VIRTUAL_UP), TRACK_STATE_UP);
	ck_assert_int_eq(track_virtual_server_state(VIRTUAL_DOWN), TRACK_STATE_DOWN);
	ck_assert_int_eq(track_virtual_server_state(VIRTUAL_SORRY), TRACK_STATE_DOWN);
	ck_assert_int_eq(track_pool_state(SERVER_UNKNOWN), TRACK_STATE_UNKNOWN);
	ck_assert_int_eq(track_pool_state(SERVER_UP), TRACK_STATE_UP);
	ck_assert_int_eq(track_pool_state(SERVER_DOWN), TRACK_STATE_DOWN);
}
END_TEST

START_TEST(test_priority)
{
	ck_assert_uint_eq(track_priority(100, 0), 100);
	ck_assert_uint_eq(track_priority(100, -20), 80);
	ck_assert_uint_eq(track_priority(100, 154), 254);
	ck_assert_uint_eq(track_priority(100, 155), 254); /* 255 is the owner's alone */
	ck_assert_uint_eq(track_priority(100, -99), 1);
	ck_assert_uint_eq(track_priority(100, -100), 1); /* 0 is to resign */
	ck_assert_uint_eq(track_priority(1, INT64_C(-2147483648) * 8), 1);
	ck_assert_uint_eq(track_priority(254, INT64_C(2147483647) * 8), 254);
	ck_assert_uint_eq(track_priority(255, -100), 255);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_track");
	TCase *t = tcase_create("track");

	tcase_add_loop_test(t, test_effect, 0, sizeof(examples) / sizeof(*examples));
	tcase_add_loop_test(t, test_file, 0, sizeof(files) / sizeof(*files));
	tcase_add_test(t, test_service);
	tcase_add_test(t, test_priority);
	suite_add_tcase(s, t);
	return unit_run(s);
}
