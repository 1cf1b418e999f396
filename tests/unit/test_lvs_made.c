/* SPDX-License-Identifier: BSD-2-Clause */
/* The services that we have made, across our own death; and keys as text, which its file has. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/lvs/made.h"
#include "tests/unit/unit.h"

static char dir[80];
static char path[100];

static void setup(void)
{
	unit_folder(dir);
	snprintf(path, sizeof(path), "%s/services", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static struct ipvs_key key(const char *text)
{
	struct ipvs_key k;

	ck_assert_msg(ipvs_key_parse(&k, text), "%s was refused", text);
	return k;
}

START_TEST(test_key_text)
{
	static const char *const good[] = {"tcp 192.0.2.1:80", "udp 192.0.2.1:0",
	    "sctp [2001:db8::1]:65535", "fwmark 1 inet", "fwmark 4294967295 inet6", "tcp [::]:1"};
	static const char *const bad[] = {"", "tcp", "tcp 192.0.2.1", "tcp 192.0.2.1:80 ",
	    "tcp 2001:db8::1:80", "tcp [192.0.2.1]:80x", "icmp 192.0.2.1:80", "fwmark 0 inet",
	    "fwmark 1", "fwmark 1 inet7", "fwmark 1 inet x", "tcp 192.0.2.256:80"};
	char buf[IPVS_KEY_STRLEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct ipvs_key k = key(good[i]);

		ck_assert_str_eq(ipvs_key_format(&k, buf), good[i]);
		for (size_t j = 0; j < i; j++) {
			struct ipvs_key l = key(good[j]);

			ck_assert_int_ne(ipvs_key_cmp(&k, &l), 0);
			ck_assert_int_eq(ipvs_key_cmp(&k, &l) < 0, ipvs_key_cmp(&l, &k) > 0);
		}
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ipvs_key k;

		ck_assert_msg(!ipvs_key_parse(&k, bad[i]), "'%s' was taken", bad[i]);
	}
}
END_TEST

START_TEST(test_survives)
{
	struct ipvs_key a = key("tcp 192.0.2.1:80"), b = key("fwmark 7 inet6"),
			c = key("udp [2001:db8::1]:53");
	struct made *m = made_open(dir);

	ck_assert(!made_has(m, &a));
	made_add(m, &a);
	made_add(m, &a);
	made_add(m, &b);
	made_add(m, &c);
	made_remove(m, &b);
	made_remove(m, &b);
	made_close(m); /* a kill does no more: each line is out at once */
	m = made_open(dir);
	ck_assert_uint_eq(made_count(m), 2);
	ck_assert(made_has(m, &a));
	ck_assert(!made_has(m, &b));
	ck_assert(made_has(m, &c));
	made_close(m);
	m = made_open(dir); /* the rewritten one too */
	ck_assert_uint_eq(made_count(m), 2);
	made_close(m);
}
END_TEST

START_TEST(test_written_before_close)
{
	struct ipvs_key a = key("tcp 192.0.2.1:80");
	struct made *m = made_open(dir), *other;

	made_add(m, &a);
	other = made_open(dir); /* as after a kill -9 */
	ck_assert(made_has(other, &a));
	made_close(other);
	made_close(m);
}
END_TEST

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* What is cut short or damaged is not believed; the rest is. */
START_TEST(test_damaged)
{
	struct ipvs_key a = key("tcp 192.0.2.1:443"), b = key("tcp 192.0.2.1:8"),
			c = key("tcp 192.0.2.1:80");
	struct made *m = made_open(dir);

	made_add(m, &a);
	made_close(m);
	append("nonsense\n\n+\n-fwmark\n+tcp 192.0.2.1:80"); /* of 8080 */
	m = made_open(dir);
	ck_assert_uint_eq(made_count(m), 1);
	ck_assert(made_has(m, &a));
	ck_assert(!made_has(m, &b));
	ck_assert(!made_has(m, &c));
	made_close(m);
}
END_TEST

/* After a boot, or in another network namespace, the list is about nothing. */
START_TEST(test_other_boot)
{
	struct ipvs_key a = key("tcp 192.0.2.1:80");
	struct made *m = made_open(dir);
	FILE *f;

	made_add(m, &a);
	made_close(m);
	f = fopen(path, "w");
	fputs("boot 00000000-0000-0000-0000-000000000000 net 1\n+tcp 192.0.2.1:80\n", f);
	fclose(f);
	m = made_open(dir);
	ck_assert_uint_eq(made_count(m), 0);
	made_close(m);
}
END_TEST

START_TEST(test_compacts)
{
	struct ipvs_key a = key("tcp 192.0.2.1:80"), b = key("tcp 192.0.2.1:81");
	struct made *m = made_open(dir);
	FILE *f;

	made_add(m, &b);
	for (int i = 0; i < 10000; i++) {
		made_add(m, &a);
		made_remove(m, &a);
	}
	f = fopen(path, "r");
	fseek(f, 0, SEEK_END);
	ck_assert_int_lt(ftell(f), 200000);
	fclose(f);
	made_close(m);
	m = made_open(dir);
	ck_assert_uint_eq(made_count(m), 1);
	ck_assert(made_has(m, &b));
	made_close(m);
}
END_TEST

static bool swallow(enum log_level level, const char *process, const char *line, void *arg)
{
	(void)process;
	(void)line;
	*(int *)arg += level == LOG_LEVEL_WARNING;
	return true;
}

START_TEST(test_no_folder)
{
	struct ipvs_key a = key("tcp 192.0.2.1:80");
	int warnings = 0;
	struct made *m;

	log_set_sink(swallow, &warnings);
	m = made_open("/nonexistent/folder");
	ck_assert_int_eq(warnings, 1);
	made_add(m, &a);
	ck_assert(made_has(m, &a));
	ck_assert_int_eq(warnings, 1);
	made_close(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lvs_made");
	TCase *tc = tcase_create("made");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_key_text);
	tcase_add_test(tc, test_survives);
	tcase_add_test(tc, test_written_before_close);
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_other_boot);
	tcase_add_test(tc, test_compacts);
	tcase_add_test(tc, test_no_folder);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
