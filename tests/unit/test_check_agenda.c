/* SPDX-License-Identifier: BSD-2-Clause */
/* The agenda: whatever was set, moved and taken off, what is due comes once, in order, and not before its time. */
#include "core/check/agenda.h"

#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

#define N 500

static struct event_base *base;
static struct agenda *a;
static struct agenda_item items[N];
static usec_t when[N]; /* USEC_NEVER: it is not on the agenda */
static unsigned done;
static usec_t last;
static bool again; /* items that came are set again, to a time that has come */

static void on_due(struct agenda_item *item, void *arg)
{
	size_t i = (size_t)(item - items);

	ck_assert_ptr_eq(arg, items);
	ck_assert_uint_lt(i, N);
	ck_assert_uint_eq(item->place, 0);
	ck_assert_uint_ne(when[i], USEC_NEVER);
	ck_assert_uint_le(when[i], clock_now());
	ck_assert(again || last <= when[i]);
	last = when[i];
	when[i] = USEC_NEVER;
	done++;
	if (again) {
		when[i] = 0;
		agenda_set(a, item, 0);
	}
}

static void open_agenda(void)
{
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	a = agenda_new(base, PROBE_PRIO_START, on_due, items);
	ck_assert_ptr_nonnull(a);
	for (size_t i = 0; i < N; i++)
		when[i] = USEC_NEVER;
}

static void close_agenda(void)
{
	agenda_free(a);
	event_base_free(base);
}

static void set(size_t i, usec_t t)
{
	when[i] = t;
	agenda_set(a, &items[i], t);
}

static unsigned on_agenda(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < N; i++) {
		n += when[i] != USEC_NEVER;
		ck_assert_int_eq(items[i].place != 0, when[i] != USEC_NEVER);
	}
	return n;
}

START_TEST(test_order)
{
	struct dice d = {(uint64_t)_i};
	usec_t now = clock_now();
	unsigned n;

	for (unsigned k = 0; k < 5000; k++) {
		size_t i = dice_below(&d, N);

		if (dice_below(&d, 4) == 0)
			set(i, USEC_NEVER);
		else
			set(i, now - 1000 + dice_below(&d, 30000));
	}
	n = on_agenda();
	ck_assert_uint_gt(n, N / 2);
	event_base_dispatch(base); /* ends when nothing is due any more */
	ck_assert_uint_eq(done, n);
	ck_assert_uint_eq(on_agenda(), 0);
}
END_TEST

/* What comes may set what it likes, itself too; the loop still has its turn. */
START_TEST(test_again)
{
	again = true;
	for (size_t i = 0; i < 10; i++)
		set(i, 0);
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(done, 10);
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(done, 20);
	again = false;
	event_base_dispatch(base);
	ck_assert_uint_eq(done, 30);
}
END_TEST

static void stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	event_base_loopbreak(base);
}

/* An earlier time is not waited for the later one; what is taken off does not come. */
START_TEST(test_moved)
{
	struct timeval soon = {.tv_usec = 50000};

	set(0, clock_now() + 3600 * USEC_PER_SEC);
	set(1, clock_now() + 10000);
	set(1, USEC_NEVER);
	set(2, clock_now() + 3600 * USEC_PER_SEC);
	set(2, clock_now() + 10000);
	event_base_once(base, -1, EV_TIMEOUT, stop, NULL, &soon);
	event_base_dispatch(base);
	ck_assert_uint_eq(done, 1);
	ck_assert_uint_eq(when[2], USEC_NEVER);
	set(0, USEC_NEVER);
	event_base_dispatch(base);
	ck_assert_uint_eq(done, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agenda");
	TCase *tc = tcase_create("agenda");

	tcase_add_checked_fixture(tc, open_agenda, close_agenda);
	tcase_add_loop_test(tc, test_order, 0, 20);
	tcase_add_test(tc, test_again);
	tcase_add_test(tc, test_moved);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
