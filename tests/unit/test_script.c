/* SPDX-License-Identifier: BSD-2-Clause */
/* How scripts are run (core/script/): words, users, ends, and from results to a state. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/words.h"
#include "core/script/files.h"
#include "core/script/notify.h"
#include "core/script/queue.h"
#include "core/script/run.h"
#include "core/script/verdict.h"
#include "tests/unit/unit.h"

static void splits(const char *text, const char *joined)
{
	char **words = words_split(text), buf[256] = "";

	ck_assert_msg(words != NULL, "%s", text);
	for (char **w = words; *w; w++) {
		strcat(buf, *w);
		strcat(buf, "|");
	}
	ck_assert_str_eq(buf, joined);
	free(words);
}

START_TEST(test_command)
{
	char text[40] = "";

	splits("/bin/x", "/bin/x|");
	splits("  /bin/x  a\tb ", "/bin/x|a|b|");
	splits("/bin/x 'a b' \"c 'd\" e''f ''", "/bin/x|a b|c 'd|ef||");
	splits("sh -c 'exit $(cat /x)'", "sh|-c|exit $(cat /x)|");
	splits("x a\\ b \"\\\"\" '\\'", "x|a b|\"|\\|");
	splits("x \\", "x|\\|");
	ck_assert_ptr_null(words_split(""));
	ck_assert_ptr_null(words_split("  "));
	ck_assert_ptr_null(words_split("''"));
	ck_assert_ptr_null(words_split("x 'a"));
	ck_assert_ptr_null(words_split("x \"a"));
	ck_assert(words_add(text, sizeof(text), "/a b"));
	ck_assert(words_add(text, sizeof(text), ""));
	ck_assert(words_add(text, sizeof(text), "'\"\\\t"));
	splits(text, "/a b||'\"\\\t|");
	ck_assert(!words_add(text, strlen(text) + 4, "x"));
}
END_TEST

static const char *course(
    struct script_verdict v, const char *results, uint32_t rise, uint32_t fall)
{
	static char states[32];
	size_t n = 0;

	for (; results[n]; n++) {
		enum track_state old = v.state;
		bool changed = script_verdict_take(&v, results[n] == '+', rise, fall);

		ck_assert_int_eq(changed, old != v.state);
		states[n] = v.state == TRACK_STATE_UP ? 'U' : 'D';
	}
	states[n] = '\0';
	return states;
}

START_TEST(test_verdict)
{
	const struct script_verdict unknown = {TRACK_STATE_UNKNOWN, 0},
				    down = {TRACK_STATE_DOWN, 0};

	ck_assert_str_eq(course(unknown, "+-+-", 1, 1), "UDUD");
	ck_assert_str_eq(course(unknown, "+--+---", 3, 3), "UUUUUUD");
	ck_assert_str_eq(course(unknown, "-++-+++", 3, 3), "DDDDDDU");
	ck_assert_str_eq(course(down, "++", 2, 1), "DU"); /* init_fail */
}
END_TEST

static struct run_result last;
static unsigned ends;

static void on_done(const struct run_result *r, void *arg)
{
	last = *r;
	ends++;
	event_base_loopbreak(arg);
}

static enum run_rest run_rest = RUN_KILL_REST;

static void run(const char *command, usec_t timeout)
{
	struct event_base *base = event_base_new();
	struct run_loop *l = run_loop_new(base);
	char **words = words_split(command), why[100];
	struct run_user u;

	ends = 0;
	ck_assert(run_user_find(&u, "root", "", why));
	u.uid = geteuid();
	u.gid = getegid();
	ck_assert_ptr_nonnull(run_start(l, words, &u, timeout, run_rest, on_done, base));
	event_base_dispatch(base);
	ck_assert_uint_eq(ends, 1);
	free(words);
	run_loop_free(l);
	event_base_free(base);
}

START_TEST(test_run)
{
	run("true", USEC_PER_SEC * 10);
	ck_assert(last.ok && !last.timed_out);
	ck_assert_str_eq(last.text, "exit status 0");
	run("sh -c 'exit 3'", USEC_PER_SEC * 10);
	ck_assert(!last.ok);
	ck_assert_str_eq(last.text, "exit status 3");
	run("sh -c 'kill -9 $$'", USEC_PER_SEC * 10);
	ck_assert_str_eq(last.text, "killed by signal 9 (Killed)");
	run("/nonexistent/x", USEC_PER_SEC * 10);
	ck_assert_str_eq(last.text, "exit status 127 (it cannot be run, or is not there)");
	run("/etc/passwd", USEC_PER_SEC * 10);
	ck_assert_str_eq(last.text, "exit status 126 (it cannot be run)");
}
END_TEST

/* Also with what it started, and though it does not listen to SIGTERM. */
START_TEST(test_timeout)
{
	run("sh -c 'sleep 30 & sleep 30'", USEC_PER_SEC / 10);
	ck_assert(!last.ok && last.timed_out);
	ck_assert_str_eq(last.text, "no end within 0.1 s");
	ck_assert_uint_lt(last.duration, USEC_PER_SEC);
	run("sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'", USEC_PER_SEC / 10);
	ck_assert(last.timed_out);
	ck_assert_uint_ge(last.duration, 2 * USEC_PER_SEC);
	ck_assert_uint_lt(last.duration, 4 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_user)
{
	struct run_user u;
	char why[100];

	ck_assert(run_user_find(&u, "", "", why));
	ck_assert_uint_ne(u.uid, 0);
	if (!getpwnam("keepalived_script"))
		ck_assert_str_eq(u.name, "nobody");
	ck_assert(run_user_find(&u, "nobody", "root", why));
	ck_assert_uint_eq(u.gid, 0);
	ck_assert(!run_user_find(&u, "no-such-user", "", why));
	ck_assert_str_eq(why, "there is no user no-such-user");
	ck_assert(!run_user_find(&u, "root", "no-such-group", why));
	ck_assert_str_eq(why, "there is no group no-such-group");
}
END_TEST

START_TEST(test_safe)
{
	char path[] = "/tmp/directord-script-XXXXXX", why[100];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert(run_is_safe("/bin/sh", why));
	if (geteuid() == 0) {
		fchmod(fd, 0755);
		ck_assert_msg(run_is_safe(path, why), "%s", why); /* /tmp is sticky */
		fchmod(fd, 0757);
		ck_assert(!run_is_safe(path, why));
		ck_assert_ptr_nonnull(strstr(why, "others than root can write /tmp/directord"));
		fchmod(fd, 0755);
		ck_assert_int_eq(fchown(fd, 65534, 0), 0);
		ck_assert(!run_is_safe(path, why));
	}
	close(fd);
	unlink(path);
	ck_assert(!run_is_safe("/nonexistent/x", why));
	ck_assert_str_eq(why, "/nonexistent/x: No such file or directory");
}
END_TEST

/* ------------------------------------------------------------------- track_file */

static void holds(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(test_file_value)
{
	static const struct {
		const char *text;
		enum files_read got;
		int32_t value;
	} cases[] = {
	    {"7\n", FILES_READ_VALUE, 7},
	    {" -12 is what it is", FILES_READ_VALUE, -12},
	    {"0x10", FILES_READ_VALUE, 16},
	    {"x", FILES_READ_VALUE, 0},
	    {"\n", FILES_READ_VALUE, 0},
	    {"", FILES_READ_EMPTY, 0},
	    {"-2147483648", FILES_READ_VALUE, INT32_MIN},
	    {"2147483648", FILES_READ_INVALID, 0},
	    {"99999999999999999999", FILES_READ_INVALID, 0},
	};
	char path[] = "/tmp/directord-script-XXXXXX", why[100];
	int fd = mkstemp(path);
	int32_t value;

	close(fd);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		holds(path, cases[i].text);
		ck_assert_int_eq(files_read(path, &value, why), cases[i].got);
		ck_assert_int_eq(value, cases[i].value);
		ck_assert_int_eq(*why != '\0', cases[i].got == FILES_READ_INVALID);
	}
	unlink(path);
	ck_assert_int_eq(files_read(path, &value, why), FILES_READ_NOTHING);
	ck_assert_str_eq(why, "No such file or directory");
	ck_assert_int_eq(files_read("/dev/zero", &value, why), FILES_READ_NOTHING);
	ck_assert_str_eq(why, "is no regular file");
}
END_TEST

START_TEST(test_file_init)
{
	char folder[] = "/tmp/directord-script-XXXXXX", path[64], link[64], why[100];
	int32_t value;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f", folder);
	snprintf(link, sizeof(link), "%s/l", folder);
	ck_assert(files_init(path, -5, false, why));
	files_read(path, &value, why);
	ck_assert_int_eq(value, -5);
	ck_assert(files_init(path, 6, false, why)); /* it is there */
	files_read(path, &value, why);
	ck_assert_int_eq(value, -5);
	ck_assert(files_init(path, 6, true, why));
	files_read(path, &value, why);
	ck_assert_int_eq(value, 6);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert(!files_init(link, 7, true, why)); /* where else it might lead */
	ck_assert(!files_init(folder, 7, true, why));
	ck_assert_str_eq(why, "is no regular file");
	unlink(path);
	ck_assert(files_init(link, 7, false, why)); /* the link is there, and leads nowhere */
	ck_assert_int_lt(access(path, F_OK), 0);
	unlink(link);
	rmdir(folder);
	ck_assert(!files_init(path, 7, true, why));
	ck_assert_str_eq(why, "No such file or directory");
}
END_TEST

/* What a program leaves behind is left if it is to be, but not when its time is over. */
START_TEST(test_rest)
{
	static const enum run_rest rests[] = {RUN_KILL_REST, RUN_LEAVE_REST};
	char command[200], path[] = "/tmp/directord-rest-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(command, sizeof(command), "sh -c '(sleep 0.3; rm %s) & :'", path);
	for (size_t i = 0; i < 2; i++) {
		run_rest = rests[i];
		run(command, 0);
		ck_assert(last.ok);
		for (int k = 0; k < (i ? 100 : 10) && access(path, F_OK) == 0; k++)
			usleep(100000);
		ck_assert_int_eq(access(path, F_OK), i ? -1 : 0);
	}
}
END_TEST

static void tells(struct notice *n, const char *joined)
{
	char **words = notify_words(n), buf[256] = "";

	ck_assert_ptr_nonnull(words);
	for (char **w = words; *w; w++) {
		strcat(buf, *w);
		strcat(buf, "|");
	}
	ck_assert_str_eq(buf, joined);
	free(words);
}

START_TEST(test_notify_words)
{
	struct notice *n = ROW_NEW(notice);

	n->owner_kind = NOTIFY_INSTANCE;
	n->event = NOTIFY_MASTER;
	n->priority = 254;
	row_set_text(&n->owner, "VI 1");
	row_set_text(&n->word, "MASTER");
	row_set_text(&n->command, "/x 'a b' \"\"");
	tells(n, "/x|a b||");
	n->event = NOTIFY_ANY;
	tells(n, "/x|a b||INSTANCE|VI 1|MASTER|254|");
	n->owner_kind = NOTIFY_GROUP;
	n->priority = 0;
	tells(n, "/x|a b||GROUP|VI 1|MASTER|0|");
	row_set_text(&n->command, "'");
	ck_assert_ptr_null(notify_words(n));
	row_free(&n->row);
}
END_TEST

static void add(struct queue *q, const char *owner, struct queue_item *item, char *name)
{
	item->arg = name;
	queue_add(q, owner, item);
}

/* What begins now, in this order. */
static void begins(struct queue *q, const char *names)
{
	char buf[32] = "";
	struct queue_item *i;

	while ((i = queue_next(q)))
		strcat(buf, i->arg);
	ck_assert_str_eq(buf, names);
}

START_TEST(test_queue)
{
	char names[][2] = {"a", "b", "c", "x", "y", "z"};
	struct queue_item i[6];
	struct queue *q = queue_new(3);

	ck_assert_ptr_null(queue_any(q));
	for (int k = 0; k < 3; k++)
		add(q, "A", &i[k], names[k]);
	add(q, "X", &i[3], names[3]);
	add(q, "Y", &i[4], names[4]);
	add(q, "Z", &i[5], names[5]);
	begins(
	    q, "axy"); /* no more than three, and none of an owner whose last one has not ended */
	queue_remove(q, &i[3]);
	begins(q, "z");
	queue_remove(q, &i[1]); /* it is not to be told any more */
	begins(q, "");
	queue_remove(q, &i[0]);
	begins(q, "c");
	queue_remove(q, &i[4]);
	queue_remove(q, &i[5]);
	ck_assert_uint_eq(queue_count(q), 1);
	ck_assert_ptr_eq(queue_any(q), &i[2]);
	queue_remove(q, &i[2]);
	add(q, "A", &i[0], names[0]);
	begins(q, "a");
	queue_remove(q, &i[0]);
	ck_assert_uint_eq(queue_count(q), 0);
	queue_free(q);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_command, test_verdict, test_run, test_timeout, test_user,
	    test_safe, test_file_value, test_file_init, test_rest, test_notify_words, test_queue};
	Suite *s = suite_create("script");
	TCase *tc = tcase_create("script");

	tcase_set_timeout(tc, 30);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
