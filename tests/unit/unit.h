/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every unit test's main() does.  One program per file under test; each
 * libcheck test is one line of TAP, so that the build's summary counts tests,
 * not programs.  Each test runs in a process of its own (CK_FORK=no while
 * debugging), so a crash is a failure of that test alone.
 *
 *	int main(void)
 *	{
 *		Suite *s = suite_create("addr");
 *		TCase *tc = tcase_create("parse");
 *		tcase_add_test(tc, test_parse);
 *		suite_add_tcase(s, tc);
 *		return unit_run(s);
 *	}
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes the suite over.  Returns main()'s exit status. */
static inline int unit_run(Suite *s)
{
	SRunner *sr = srunner_create(s);
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * Makes a folder for a test's files and writes its path, short enough for sockets.  A test that
 * passes removes it; it is in $TMPDIR, which make check removes however the tests end.
 */
static inline void unit_folder(char path[static 80])
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(path, 80, "%s/unit.XXXXXX", tmp ? tmp : "/tmp");

	ck_assert_msg(n > 0 && n < 80, "TMPDIR is too long: %s", tmp);
	ck_assert_msg(mkdtemp(path), "%s: no folder", path);
}

/* Goes into a network of its own.  False, after a plan that skips all tests: there cannot be one. */
static inline bool unit_network(void)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return true;
	printf("1..0 # SKIP no network namespace: %s\n", strerror(errno));
	return false;
}

#endif
