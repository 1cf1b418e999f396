/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the kernel has no IPVS, or does not let us: said once, tried again, and nothing else suffers.
 * (What it does when it can is tests/lab/t_lvs_*.sh's business.)
 */
#include <string.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/lvs/kernel.h"
#include "tests/unit/unit.h"

static int errors;

static bool listen_in(enum log_level level, const char *process, const char *line, void *arg)
{
	(void)process, (void)line, (void)arg;
	errors += level == LOG_LEVEL_ERROR;
	return true;
}

START_TEST(test_unreached)
{
	struct ipvs_table want = {.n_services = 0};
	struct ipvs_service service = {.key = {.fwmark = 1, .addr = {ADDR_IPV4, {0}}}};
	struct kernel *k;

	/* Each test is a process of its own, so nothing is taken from the others. */
	if (geteuid() == 0)
		ck_assert_int_eq(setuid(65534), 0);
	log_set_sink(listen_in, NULL);
	k = kernel_new("/nonexistent");
	ipvs_table_add_service(&want, &service);
	for (int i = 0; i < 3; i++) {
		ck_assert(!kernel_refresh(k));
		ck_assert(!kernel_is_reached(k));
		ck_assert_str_ne(kernel_state(k), "");
		ck_assert_str_ne(kernel_state(k), "ok");
		ck_assert_uint_eq(kernel_view(k)->n_services, 0);
		ck_assert_uint_eq(kernel_bring_to(k, &want, true), 0);
	}
	ck_assert_int_eq(errors, 1);
	kernel_withdraw(k);
	ipvs_table_clear(&want);
	kernel_free(k);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lvs_kernel");
	TCase *tc = tcase_create("kernel");

	tcase_add_test(tc, test_unreached);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
