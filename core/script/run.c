/* SPDX-License-Identifier: BSD-2-Clause */
/* See run.h. */
#include "core/script/run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/base/log.h"

#define KILL_AFTER (2 * USEC_PER_SEC) /* SIGTERM */
#define MAX_GROUPS 256

struct run {
	TAILQ_ENTRY(run) entry;
	struct run_loop *loop;
	pid_t pid;
	usec_t started, timeout;
	struct event *timer;
	bool timed_out;
	enum run_rest rest;
	run_done done; /* NULL: nobody wants to know any more */
	void *arg;
};

struct run_loop {
	struct event_base *base;
	struct event *child;
	TAILQ_HEAD(, run) runs;
};

/* ------------------------------------------------------------------------- users */

bool run_user_find(struct run_user *u, const char *user, const char *group, char why[100])
{
	const struct passwd *pw = getpwnam(*user ? user : "keepalived_script");
	const struct group *gr = *group ? getgrnam(group) : NULL;

	if (!pw && !*user)
		pw = getpwnam("nobody");
	if (!pw) {
		snprintf(why, 100, "there is no user %.60s", *user ? user : "nobody");
		return false;
	}
	if (*group && !gr) {
		snprintf(why, 100, "there is no group %.60s", group);
		return false;
	}
	u->uid = pw->pw_uid;
	u->gid = gr ? gr->gr_gid : pw->pw_gid;
	snprintf(u->name, sizeof(u->name), "%s", pw->pw_name);
	return true;
}

static bool others_write(const char *path, char why[100])
{
	struct stat st;

	if (stat(path, &st) < 0) {
		snprintf(why, 100, "%.60s: %.30s", path, strerror(errno));
		return true;
	}
	/* In a folder with the sticky bit others cannot replace what is root's. */
	if (st.st_uid == 0 && !(st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX)) &&
	    !(st.st_mode & S_IWGRP && st.st_gid != 0 && !(st.st_mode & S_ISVTX)))
		return false;
	snprintf(why, 100, "others than root can write %.70s", path);
	return true;
}

bool run_is_safe(const char *path, char why[100])
{
	char full[PATH_MAX], *slash;

	if (!realpath(path, full)) {
		snprintf(why, 100, "%.60s: %.30s", path, strerror(errno));
		return false;
	}
	while (!others_write(*full ? full : "/", why)) {
		slash = strrchr(full, '/');
		if (!slash || !*full)
			return true;
		*slash = '\0';
	}
	return false;
}

/* ------------------------------------------------------------------- in the new process */

struct start {
	char *const *argv;
	const struct run_user *user;
	gid_t groups[MAX_GROUPS];
	int ngroups;
};

static void become(const struct start *s)
{
	if (geteuid() == 0 && (setgroups((size_t)s->ngroups, s->groups) < 0 ||
				  setresgid(s->user->gid, s->user->gid, s->user->gid) < 0 ||
				  setresuid(s->user->uid, s->user->uid, s->user->uid) < 0))
		_exit(126);
}

/* Only what may be called between fork() and execve(). */
static _Noreturn void in_child(const struct start *s)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t none;
	int null;

	setpgid(0, 0);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	close_range(3, ~0U, 0);
	become(s);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* without the process script nobody would end it */
	execvp(s->argv[0], s->argv);
	_exit(errno == ENOENT ? 127 : 126);
}

/* ------------------------------------------------------------------------- runs */

static void forget(struct run *r)
{
	TAILQ_REMOVE(&r->loop->runs, r, entry);
	event_free(r->timer);
	free(r);
}

static void on_timeout(int fd, short what, void *arg)
{
	struct run *r = arg;
	struct timeval tv = usec_to_timeval(KILL_AFTER);

	(void)fd;
	(void)what;
	kill(-r->pid, r->timed_out ? SIGKILL : SIGTERM);
	r->timed_out = true;
	event_add(r->timer, &tv);
}

static void describe(struct run_result *result, const struct run *r, int status)
{
	size_t size = sizeof(result->text);

	result->ok = !r->timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (r->timed_out)
		snprintf(result->text, size, "no end within %g s", (double)r->timeout / 1e6);
	else if (WIFSIGNALED(status))
		snprintf(result->text, size, "killed by signal %d (%.60s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)
		snprintf(result->text, size, "exit status %d (it cannot be run%s)",
		    WEXITSTATUS(status), WEXITSTATUS(status) == 127 ? ", or is not there" : "");
	else
		snprintf(result->text, size, "exit status %d", WEXITSTATUS(status));
}

static void ended(struct run *r, int status)
{
	struct run_result result = {
	    .timed_out = r->timed_out, .duration = clock_now() - r->started};
	run_done done = r->done;
	void *arg = r->arg;

	if (r->timed_out || r->rest == RUN_KILL_REST)
		kill(-r->pid,
		    SIGKILL); /* the group's number is not given anew while it has members */
	describe(&result, r, status);
	forget(r);
	if (done)
		done(&result, arg);
}

static void on_child(int fd, short what, void *arg)
{
	struct run_loop *l = arg;
	struct run *r = TAILQ_FIRST(&l->runs);
	int status;

	(void)fd;
	(void)what;
	while (r) {
		if (waitpid(r->pid, &status, WNOHANG) != r->pid) {
			r = TAILQ_NEXT(r, entry);
			continue;
		}
		ended(r, status);
		r = TAILQ_FIRST(&l->runs); /* done() may have changed the list */
	}
}

struct run_loop *run_loop_new(struct event_base *base)
{
	struct run_loop *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->base = base;
	TAILQ_INIT(&l->runs);
	l->child = evsignal_new(base, SIGCHLD, on_child, l);
	event_add(l->child, NULL);
	return l;
}

void run_loop_free(struct run_loop *l)
{
	struct run *r;

	while ((r = TAILQ_FIRST(&l->runs))) {
		kill(-r->pid, SIGKILL);
		forget(r);
	}
	event_free(l->child);
	free(l);
}

struct run *run_start(struct run_loop *l, char *const *argv, const struct run_user *u,
    usec_t timeout, enum run_rest rest, run_done done, void *arg)
{
	struct start s = {.argv = argv, .user = u, .ngroups = MAX_GROUPS};
	struct timeval tv = usec_to_timeval(timeout);
	struct run *r;
	pid_t pid;

	if (getgrouplist(u->name, u->gid, s.groups, &s.ngroups) < 0)
		s.ngroups = MAX_GROUPS;
	pid = fork();
	if (pid == 0)
		in_child(&s);
	if (pid < 0)
		return NULL;
	setpgid(pid, pid); /* whoever is first */
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	r->loop = l;
	r->pid = pid;
	r->started = clock_now();
	r->timeout = timeout;
	r->rest = rest;
	r->done = done;
	r->arg = arg;
	r->timer = evtimer_new(l->base, on_timeout, r);
	if (timeout)
		event_add(r->timer, &tv);
	TAILQ_INSERT_TAIL(&l->runs, r, entry);
	return r;
}

void run_stop(struct run *r)
{
	if (!r->timed_out)
		on_timeout(-1, EV_TIMEOUT, r);
}

void run_cancel(struct run *r)
{
	r->done = NULL; /* it is still to be reaped */
	r->timed_out = true;
	kill(-r->pid, SIGKILL);
}
