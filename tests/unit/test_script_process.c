/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that are tracked (core/script/): which are meant, what their number says, and how they are counted. */
#include <event2/event.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/script/census.h"
#include "core/script/connector.h"
#include "core/script/process.h"
#include "core/model/row.h"
#include "tests/unit/unit.h"

/* ---------------------------------------------------------------------------- specs */

struct match {
	const char *process;
	enum param_match match;
	bool full;
	const char *comm, *cmdline; /* | for NUL */
	bool matches;
};

static const struct match matching[] = {
    {"haproxy", PARAM_MATCH_NONE, false, "haproxy", "/usr/sbin/haproxy|-f|x|", true},
    {"haproxy", PARAM_MATCH_NONE, false, "haproxy2", "haproxy|", false},
    {"haproxy", PARAM_MATCH_NONE, true, "haproxy", "/usr/sbin/haproxy|-f|x|", false},
    {"/usr/sbin/haproxy", PARAM_MATCH_NONE, true, "x", "/usr/sbin/haproxy|-f|x|", true},
    {"/usr/sbin/haproxy", PARAM_MATCH_NONE, true, "x", "/usr/sbin/haproxy|", true},
    {"/a b", PARAM_MATCH_NONE, true, "x", "/a|b|", true},
    {"'/a b'", PARAM_MATCH_NONE, true, "x", "/a b|", true},
    /* parameters make it the command */
    {"/x -f y", PARAM_MATCH_NONE, false, "x", "/x|-f|y|", true},
    {"/x -f y", PARAM_MATCH_NONE, false, "x", "/x|-f|yz|", false},
    {"/x -f y", PARAM_MATCH_NONE, false, "x", "/x|-f|y|z|", false},
    {"/x -f y", PARAM_MATCH_NONE, false, "x", "/x|-f|", false},
    {"/x -f y", PARAM_MATCH_PARTIAL, false, "x", "/x|-f|y|z|", true},
    {"/x -f y", PARAM_MATCH_PARTIAL, false, "x", "/x|-f|y|", true},
    {"/x -f y", PARAM_MATCH_PARTIAL, false, "x", "/x|-f|yz|", false},
    {"/x -f y", PARAM_MATCH_INITIAL, false, "x", "/x|-f|yz|", true},
    {"/x -f y", PARAM_MATCH_INITIAL, false, "x", "/x|-f|y|z|", true},
    {"/x -f y", PARAM_MATCH_INITIAL, false, "x", "/x|-f|", false},
    {"/x -f y", PARAM_MATCH_INITIAL, false, "x", "/x|-g|y|", false},
    /* none, if param_match has no value */
    {"/x", PARAM_MATCH_EXACT, false, "x", "/x|", true},
    {"/x", PARAM_MATCH_EXACT, false, "x", "/x|-f|", false},
    {"/x", PARAM_MATCH_PARTIAL, false, "x", "/x|-f|", true},
    {"/x", PARAM_MATCH_INITIAL, false, "x", "/x|-f|", true},
    /* the kernel's own have no command */
    {"kthreadd", PARAM_MATCH_NONE, false, "kthreadd", "", true},
    {"kthreadd", PARAM_MATCH_NONE, true, "kthreadd", "", false},
    {"''", PARAM_MATCH_NONE, true, "x", "", false},
};

START_TEST(test_match)
{
	const struct match *m = &matching[_i];
	struct track_process *row = ROW_NEW(track_process);
	struct process_spec spec;
	char cmdline[100];
	size_t len = strlen(m->cmdline);

	row_set_text(&row->process, m->process);
	row->param_match = m->match;
	row->full_command = m->full;
	process_spec_set(&spec, row);
	strcpy(cmdline, m->cmdline);
	for (char *p = cmdline; (p = strchr(p, '|'));)
		*p++ = '\0';
	ck_assert_msg(process_matches(&spec, m->comm, cmdline, len) == m->matches, "%s: %s",
	    m->process, m->cmdline);
	row_free(&row->row);
}
END_TEST

/* -------------------------------------------------------------------------- verdict */

#define S USEC_PER_SEC

struct step {
	usec_t at;
	uint32_t count; /* LATER: none, it may be due */
	enum process_cause cause;
	enum track_state state;
};
#define LATER 1000000

static void goes(struct track_process *limits, const struct step *steps, size_t n)
{
	struct process_verdict v = {.state = TRACK_STATE_UNKNOWN};

	for (size_t k = 0; k < n; k++) {
		const struct step *s = &steps[k];
		enum track_state old = v.state;
		bool changed = false;

		if (v.due && v.due <= s->at)
			changed = process_verdict_due(&v, limits);
		if (s->count != LATER)
			changed |= process_verdict_take(&v, limits, s->count, s->cause, s->at);
		ck_assert_msg(v.state == s->state, "step %zu: state %d", k, v.state);
		ck_assert_int_eq(changed, old != v.state);
	}
	row_free(&limits->row);
}
#define GOES(limits, ...)                                                                          \
	do {                                                                                       \
		static const struct step steps[] = {__VA_ARGS__};                                  \
		goes(limits, steps, sizeof(steps) / sizeof(*steps));                               \
	} while (0)

static struct track_process *limits_of(
    uint32_t quorum, uint32_t quorum_max, usec_t fork_delay, usec_t terminate_delay)
{
	struct track_process *p = ROW_NEW(track_process);

	p->quorum = quorum;
	p->quorum_max = quorum_max;
	p->fork_delay = fork_delay;
	p->terminate_delay = terminate_delay;
	return p;
}

#define UP TRACK_STATE_UP
#define DOWN TRACK_STATE_DOWN

START_TEST(test_quorum)
{
	GOES(limits_of(1, 65535, 0, 0), {0, 0, PROCESS_CHANGED, DOWN}, {1, 1, PROCESS_CHANGED, UP},
	    {2, 100000, PROCESS_FORKED, UP}, {3, 0, PROCESS_ENDED, DOWN});
	GOES(limits_of(2, 3, 0, 0), {0, 1, PROCESS_CHANGED, DOWN}, {1, 2, PROCESS_FORKED, UP},
	    {2, 3, PROCESS_FORKED, UP}, {3, 4, PROCESS_FORKED, DOWN}, {4, 3, PROCESS_ENDED, UP},
	    {5, 1, PROCESS_ENDED, DOWN}, {6, 4, PROCESS_CHANGED, DOWN});
	/* none must run */
	GOES(limits_of(1, 0, 0, 0), {0, 0, PROCESS_CHANGED, UP}, {1, 1, PROCESS_CHANGED, DOWN},
	    {2, 0, PROCESS_ENDED, UP});
}
END_TEST

START_TEST(test_delays)
{
	/* the first number decides at once; another program does too */
	GOES(limits_of(1, 65535, 2 * S, 3 * S), {0, 1, PROCESS_FORKED, UP},
	    {1 * S, 0, PROCESS_ENDED, UP}, {4 * S - 1, LATER, 0, UP}, {4 * S, LATER, 0, DOWN},
	    {5 * S, 1, PROCESS_CHANGED, UP}, {6 * S, 0, PROCESS_CHANGED, DOWN},
	    {7 * S, 1, PROCESS_FORKED, DOWN}, {9 * S - 1, LATER, 0, DOWN}, {9 * S, LATER, 0, UP});
	/* it is there again in time: nothing was */
	GOES(limits_of(1, 65535, 0, 3 * S), {0, 1, PROCESS_CHANGED, UP},
	    {1 * S, 0, PROCESS_ENDED, UP}, {2 * S, 1, PROCESS_CHANGED, UP}, {9 * S, LATER, 0, UP},
	    {10 * S, 0, PROCESS_ENDED, UP}, {11 * S, 1, PROCESS_FORKED, UP},
	    {19 * S, LATER, 0, UP});
	/* one too many, until it is another program or has ended */
	GOES(limits_of(1, 1, S, 0), {0, 1, PROCESS_CHANGED, UP}, {1 * S, 2, PROCESS_FORKED, UP},
	    {1 * S + 10, 1, PROCESS_CHANGED, UP}, {5 * S, LATER, 0, UP},
	    {6 * S, 2, PROCESS_FORKED, UP}, {6 * S + 10, 1, PROCESS_ENDED, UP},
	    {9 * S, LATER, 0, UP}, {10 * S, 2, PROCESS_FORKED, UP}, {11 * S, LATER, 0, DOWN});
	/* more of the same while it is awaited does not make it later */
	GOES(limits_of(2, 65535, 0, 2 * S), {0, 2, PROCESS_CHANGED, UP},
	    {1 * S, 1, PROCESS_ENDED, UP}, {2 * S, 0, PROCESS_ENDED, UP}, {3 * S, LATER, 0, DOWN});
}
END_TEST

/* ------------------------------------------------------------------------ connector */

static char heard[200];

static void hear(const struct connector_event *e, void *arg)
{
	(void)arg;
	snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%d:%d:%d:%s:%d ",
	    (int)e->kind, (int)e->pid, (int)e->parent, e->name, e->error);
}

static size_t message(char *buf, struct proc_event p, uint32_t ack, uint32_t idx)
{
	struct nlmsghdr h = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(sizeof(struct cn_msg) + sizeof(p)),
	    .nlmsg_type = NLMSG_DONE};
	struct cn_msg m = {.id = {idx, CN_VAL_PROC}, .ack = ack, .len = sizeof(p)};

	memset(buf, 0, NLMSG_ALIGN(h.nlmsg_len));
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + NLMSG_HDRLEN, &m, sizeof(m));
	memcpy(buf + NLMSG_HDRLEN + sizeof(m), &p, sizeof(p));
	return NLMSG_ALIGN(h.nlmsg_len);
}

START_TEST(test_parse)
{
	struct proc_event fork_ = {.what = PROC_EVENT_FORK}, thread = fork_,
			  name = {.what = PROC_EVENT_COMM}, end = {.what = PROC_EVENT_EXIT},
			  answer = {.what = PROC_EVENT_NONE};
	char buf[1000];
	size_t n = 0;

	fork_.event_data.fork.parent_tgid = 5;
	fork_.event_data.fork.child_pid = fork_.event_data.fork.child_tgid = 7;
	thread.event_data.fork.parent_tgid = thread.event_data.fork.child_tgid = 7;
	thread.event_data.fork.child_pid = 8;
	name.event_data.comm.process_pid = name.event_data.comm.process_tgid = 7;
	memset(name.event_data.comm.comm, 'x', sizeof(name.event_data.comm.comm));
	end.event_data.exit.process_pid = end.event_data.exit.process_tgid = 7;
	answer.event_data.ack.err = 1;
	n += message(buf + n, fork_, 0, CN_IDX_PROC);
	n += message(buf + n, thread, 0, CN_IDX_PROC);
	n += message(buf + n, name, 0, CN_IDX_PROC);
	n += message(buf + n, end, 0, CN_IDX_PROC + 1); /* another connector's */
	n += message(buf + n, answer, (uint32_t)getpid() + 2, CN_IDX_PROC); /* somebody else's */
	n += message(buf + n, answer, (uint32_t)getpid() + 1, CN_IDX_PROC);
	n += message(buf + n, end, 0, CN_IDX_PROC);
	connector_parse(buf, n, hear, NULL);
	ck_assert_str_eq(heard, "1:7:5::0 3:7:0:xxxxxxxxxxxxxxx:0 0:0:0::1 4:7:0::0 ");
	/* cut anywhere, it is read as far as it goes */
	for (size_t cut = 0; cut < n; cut++) {
		char *part = malloc(cut + 1);

		memcpy(part, buf, cut);
		connector_parse(part, cut, hear, NULL);
		free(part);
	}
}
END_TEST

/* --------------------------------------------------------------------------- census */

static struct event_base *base;
static uint32_t number;
static enum process_cause cause;

static void on_counted(void *user, uint32_t count, enum process_cause c)
{
	(void)user;
	number = count;
	cause = c;
}

/* Until the number is that; a minute at most. */
static void becomes(uint32_t want)
{
	struct timeval tick = {0, 20000};

	for (int k = 0; k < 3000 && number != want; k++) {
		event_base_loopexit(base, &tick);
		event_base_dispatch(base);
	}
	ck_assert_uint_eq(number, want);
}

static pid_t spawn(const char *path, const char *name)
{
	pid_t pid = fork();
	sigset_t set;
	int sig;

	if (pid)
		return pid;
	alarm(100); /* if a test fails */
	if (path) {
		execl(path, path, "1000", (char *)NULL);
		_exit(1);
	}
	/* takes the name when it is told to, then has a child; both are a group */
	setpgid(0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwait(&set, &sig);
	prctl(PR_SET_NAME, name);
	sigwait(&set, &sig);
	if (fork() == 0) {
		alarm(100);
		sigwait(&set, &sig);
	}
	sigwait(&set, &sig);
	_exit(0);
}

static void add(struct census *c, const char *process)
{
	struct track_process *row = ROW_NEW(track_process);
	struct process_spec spec;

	row_set_text(&row->process, process);
	process_spec_set(&spec, row);
	census_add(c, &spec, NULL);
	row_free(&row->row);
}

/* Does the kernel tell this process of others?  Not everybody may know. */
static bool events_come(struct census *c)
{
	if (*census_why(c))
		fprintf(stderr, "%s\n", census_why(c));
	return !*census_why(c);
}

static void finish(struct census *c, const char *folder)
{
	char path[100];

	census_free(c);
	event_base_free(base);
	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/p%d", folder, (int)getpid());
	unlink(path);
	rmdir(folder);
}

/* _i: without events, as where the kernel tells nothing. */
START_TEST(test_program)
{
	char folder[] = "/tmp/directord-process-XXXXXX", path[64], process[100];
	struct census *c;
	bool events;
	pid_t pid;

	base = event_base_new();
	c = census_new(base, on_counted);
	if (_i)
		census_without_events(c);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/p%d", folder, (int)getpid());
	ck_assert_int_eq(symlink("/bin/sleep", path), 0);
	snprintf(process, sizeof(process), "%s 1000", path);
	number = 99;
	pid = spawn(path, NULL);
	add(c, strrchr(path, '/') + 1);
	census_take(c);
	becomes(1); /* it may be on its way still */
	events = events_come(c);
	ck_assert(!_i || !events);
	kill(pid, SIGKILL);
	becomes(0); /* before anybody waited for it */
	ck_assert_int_eq(cause, PROCESS_ENDED);
	waitpid(pid, NULL, 0);
	pid = spawn(path, NULL);
	becomes(1);
	ck_assert_int_eq(cause, events ? PROCESS_CHANGED : PROCESS_FORKED);
	/* another item, with parameters, beside it */
	add(c, process);
	number = 99;
	census_take(c);
	ck_assert_uint_eq(number, 1);
	kill(pid, SIGKILL);
	becomes(0);
	waitpid(pid, NULL, 0);
	finish(c, folder);
}
END_TEST

START_TEST(test_name)
{
	struct census *c;
	char name[16], quoted[40];
	pid_t pid;
	bool events;

	base = event_base_new();
	c = census_new(base, on_counted);
	if (_i)
		census_without_events(c);
	snprintf(name, sizeof(name), "n%d ) Z", (int)getpid());
	pid = spawn(NULL, name);
	number = 99;
	snprintf(quoted, sizeof(quoted), "'%s'", name);
	add(c, quoted);
	census_take(c);
	ck_assert_uint_eq(number, 0);
	events = events_come(c);
	kill(pid, SIGUSR1);
	becomes(1);
	ck_assert_int_eq(cause, events ? PROCESS_CHANGED : PROCESS_FORKED);
	kill(pid, SIGUSR1);
	becomes(2);
	ck_assert_int_eq(cause, PROCESS_FORKED);
	kill(pid, SIGKILL);
	becomes(1);
	ck_assert_int_eq(cause, PROCESS_ENDED);
	kill(-pid, SIGKILL);
	becomes(0);
	waitpid(pid, NULL, 0);
	finish(c, NULL);
}
END_TEST

/* More events than the socket holds, while nobody reads. */
START_TEST(test_overrun)
{
	char folder[] = "/tmp/directord-process-XXXXXX", path[64];
	struct census *c;
	pid_t pid;

	base = event_base_new();
	c = census_new(base, on_counted);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/p%d", folder, (int)getpid());
	ck_assert_int_eq(symlink("/bin/sleep", path), 0);
	number = 99;
	add(c, strrchr(path, '/') + 1);
	census_take(c);
	ck_assert_uint_eq(number, 0);
	for (int k = 0; events_come(c) && k < 3000; k++) {
		pid = fork();
		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	pid = spawn(path, NULL);
	/* its start is among what is lost */
	usleep(300000);
	becomes(1);
	kill(pid, SIGKILL);
	becomes(0);
	waitpid(pid, NULL, 0);
	finish(c, folder);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("script_process");
	TCase *tc = tcase_create("process");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_match, 0, sizeof(matching) / sizeof(*matching));
	tcase_add_test(tc, test_quorum);
	tcase_add_test(tc, test_delays);
	tcase_add_test(tc, test_parse);
	tcase_add_loop_test(tc, test_program, 0, 2);
	tcase_add_loop_test(tc, test_name, 0, 2);
	tcase_add_test(tc, test_overrun);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
