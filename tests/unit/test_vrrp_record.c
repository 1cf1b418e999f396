/* SPDX-License-Identifier: BSD-2-Clause */
/* What survives the process vrrp: the record of masters, and the lock that one hands to the next. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/vrrp/lock.h"
#include "core/vrrp/record.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/test_vrrp_record.XXXXXX";

static void make_dir(void)
{
	if (!mkdtemp(dir))
		abort();
}

static void remove_dir(void)
{
	static const char *const names[] = {"lock", "masters", ""};
	char path[100];

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[k]);
		if (remove(path) < 0 && k == 2)
			fprintf(stderr, "%s is left\n", path);
	}
}

static struct record *again(struct record *r)
{
	record_close(r);
	r = record_open(dir, geteuid(), getegid());
	ck_assert_ptr_nonnull(r);
	return r;
}

START_TEST(test_record)
{
	struct record_key a = {.interface = "eth0", .family = 1, .vrid = 1};
	struct record_key b = {.interface = "eth0", .family = 1, .vrid = 2};
	struct record_slot *slot;
	struct record *r = again(NULL);
	usec_t spoke = 77;

	slot = record_find(r, &a, &spoke);
	ck_assert_ptr_nonnull(slot);
	ck_assert_uint_eq(spoke, 0);
	record_set(slot, 123456);
	slot = record_find(r, &b, &spoke);
	ck_assert_uint_eq(spoke, 0);
	record_set(slot, 99);
	r = again(r); /* as after a kill: nothing was closed properly, the pages are the kernel's */
	record_find(r, &a, &spoke);
	ck_assert_uint_eq(spoke, 123456);
	slot = record_find(r, &b, &spoke);
	ck_assert_uint_eq(spoke, 99);
	record_set(slot, 0);
	r = again(r);
	slot = record_find(r, &b, &spoke);
	ck_assert_uint_eq(spoke, 0);
	record_set(slot, 5);
	record_forget(slot);
	record_find(r, &b, &spoke);
	ck_assert_uint_eq(spoke, 0);
	ck_assert_int_eq(record_promoted(r)[RECORD_PROMOTED - 1], 0);
	record_promoted(r)[RECORD_PROMOTED - 1] = 7;
	r = again(r);
	ck_assert_int_eq(record_promoted(r)[RECORD_PROMOTED - 1], 7);
	record_remove(r); /* a clean stop */
	r = again(r);
	ck_assert_int_eq(record_promoted(r)[RECORD_PROMOTED - 1], 0);
	record_find(r, &a, &spoke);
	ck_assert_uint_eq(spoke, 0);
	record_remove(r);
	record_close(r);
}
END_TEST

static void changes(struct record *r, const struct record_slot *slot, usec_t at, const char *why)
{
	struct record_transition t = {.at = at, .old_state = 2, .new_state = 3, .priority = 100};

	strcpy(t.reason, why);
	record_transition(r, slot, &t);
}

/* The next process finds what the hub does not know yet, in order; and the newest of too many. */
START_TEST(test_record_transitions)
{
	struct record_key a = {.interface = "eth0", .family = 1, .vrid = 1};
	struct record_key b = {.interface = "eth0", .family = 1, .vrid = 2};
	struct record_transition list[4];
	struct record *r = again(NULL);
	struct record_slot *slot, *other;
	usec_t spoke;

	slot = record_find(r, &a, &spoke);
	other = record_find(r, &b, &spoke);
	ck_assert_uint_eq(record_transitions(r, slot, 0, list, 4), 0);
	changes(r, slot, 10, "ten");
	changes(r, other, 11, "other");
	changes(r, slot, 12, "twelve");
	changes(r, slot, 14, "fourteen");
	r = again(r);
	slot = record_find(r, &a, &spoke);
	other = record_find(r, &b, &spoke);
	ck_assert_uint_eq(record_transitions(r, slot, 10, list, 4), 2);
	ck_assert_str_eq(list[0].reason, "twelve");
	ck_assert_str_eq(list[1].reason, "fourteen");
	ck_assert_uint_eq(list[1].at, 14);
	ck_assert_uint_eq(list[1].old_state, 2);
	ck_assert_uint_eq(list[1].new_state, 3);
	ck_assert_uint_eq(list[1].priority, 100);
	ck_assert_uint_eq(record_transitions(r, slot, 14, list, 4), 0);
	ck_assert_uint_eq(record_transitions(r, slot, 0, list, 2), 2);
	ck_assert_str_eq(list[0].reason, "twelve");
	for (usec_t k = 0; k < 2000; k++)
		changes(r, other, 100 + k, "many");
	ck_assert_uint_eq(record_transitions(r, slot, 0, list, 4), 0);
	ck_assert_uint_eq(record_transitions(r, other, 0, list, 4), 4);
	ck_assert_uint_eq(list[3].at, 2099);
	ck_assert_uint_eq(list[0].at, 2096);
	record_transition(NULL, NULL, &list[0]); /* works without */
	ck_assert_uint_eq(record_transitions(NULL, NULL, 0, list, 4), 0);
	record_remove(r);
	record_close(r);
}
END_TEST

START_TEST(test_record_full)
{
	struct record *r = again(NULL);
	struct record_slot *slot;
	usec_t spoke;
	unsigned n = 0;

	for (; n < 2000; n++) {
		struct record_key k = {.family = 1, .vrid = (uint8_t)(1 + n % 255)};

		snprintf(k.interface, sizeof(k.interface), "eth%u", n / 255);
		slot = record_find(r, &k, &spoke);
		if (!slot)
			break;
		record_set(slot, n + 1);
	}
	ck_assert_uint_eq(n, 1024);
	record_set(NULL, 1); /* works without */
	record_forget(NULL);
	record_remove(r);
	record_close(r);
}
END_TEST

START_TEST(test_record_nowhere)
{
	struct record_key k = {.interface = "eth0", .family = 1, .vrid = 1};
	usec_t spoke = 1;

	ck_assert_ptr_null(record_open("/nonexistent", geteuid(), getegid()));
	ck_assert_ptr_null(record_find(NULL, &k, &spoke));
	ck_assert_ptr_null(record_promoted(NULL));
	ck_assert_uint_eq(spoke, 0);
	record_remove(NULL);
	record_close(NULL);
}
END_TEST

/* A file system without room: the first store into a page that it cannot have would be a SIGBUS. */
START_TEST(test_record_no_room)
{
	struct record_key k = {.interface = "eth0", .family = 1, .vrid = 1};
	usec_t spoke = 1;

	if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return; /* only who may mount can see it */
	ck_assert_int_eq(mount("none", dir, "tmpfs", 0, "size=4k"), 0);
	ck_assert_ptr_null(record_open(dir, geteuid(), getegid()));
	ck_assert_ptr_null(record_find(NULL, &k, &spoke));
}
END_TEST

static volatile sig_atomic_t asked;

static void on_leave(int sig)
{
	(void)sig;
	asked = 1;
}

/* A process that holds the lock: leaves when it is asked, or does not. */
static pid_t holder(const char *where, bool obedient)
{
	int ready[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		signal(LOCK_SIGNAL_LEAVE, obedient ? on_leave : SIG_IGN);
		if (lock_take(where, USEC_PER_SEC) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		while (!asked)
			usleep(1000);
		_exit(7);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void check_held(const char *where)
{
	char path[100];
	int other;

	snprintf(path, sizeof(path), "%s/lock", where);
	other = open(path, O_RDWR);
	ck_assert_int_ge(other, 0);
	ck_assert_int_ne(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
}

START_TEST(test_lock)
{
	int fd, status;
	pid_t pid;

	pid = holder(dir, _i == 0);
	fd = lock_take(dir, _i == 0 ? 5 * USEC_PER_SEC : 100 * USEC_PER_MSEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (_i == 0)
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	else
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	check_held(dir);
	close(fd);
	/* nobody has it: at once, whoever's number stands in it */
	fd = lock_take(dir, 0);
	ck_assert_int_ge(fd, 0);
	check_held(dir);
	close(fd);
	ck_assert_int_eq(lock_take("/nonexistent", 0), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_record");
	TCase *tc = tcase_create("record");
	int status;

	make_dir();
	tcase_add_test(tc, test_record);
	tcase_add_test(tc, test_record_transitions);
	tcase_add_test(tc, test_record_full);
	tcase_add_test(tc, test_record_nowhere);
	tcase_add_test(tc, test_record_no_room);
	tcase_add_loop_test(tc, test_lock, 0, 2);
	suite_add_tcase(s, tc);
	status = unit_run(s);
	remove_dir();
	return status;
}
