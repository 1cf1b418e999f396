/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running programs of the administrator's: as a user, in a process group of its own, with an end.
 *
 * A run that lasts too long is asked to end (SIGTERM to its group), and killed two seconds later.  When the
 * program ends, what it left behind in its group is killed, too, unless it is to be left.
 */
#ifndef SCRIPT_RUN_H
#define SCRIPT_RUN_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>
#include "core/base/clock.h"

struct run;
struct run_loop;

struct run_user {
	uid_t uid;
	gid_t gid;
	char name[64];
};

/* What becomes of processes that a program has left in its group when it ends. */
enum run_rest { RUN_KILL_REST, RUN_LEAVE_REST };

struct run_result {
	bool ok; /* it ended with exit status 0, in time */
	bool timed_out;
	usec_t duration;
	char text[100]; /* "exit status 1", "killed by signal 9 (Killed)", "no answer in 2 s" */
};

typedef void (*run_done)(const struct run_result *r, void *arg);

/*
 * The user that a program runs as: `user`, or keepalived_script, or nobody; its own group, or `group`.
 * Empty names count as none.  False, with the reason, if there is no such user or group.
 */
bool run_user_find(struct run_user *u, const char *user, const char *group, char why[100]);

/*
 * May root run the file?  False if somebody else than root could write it or a folder on its way, with
 * what it was.
 */
bool run_is_safe(const char *path, char why[100]);

/* One for a process: it takes SIGCHLD. */
struct run_loop *run_loop_new(struct event_base *base);
/* Kills what runs, and forgets it. */
void run_loop_free(struct run_loop *l);

/*
 * Starts a program.  argv[0] without a slash is looked for in PATH.  done() is called from the event loop
 * when it has ended; not after run_cancel().  timeout 0: it may run for ever.  NULL, with errno, if no process could be made.
 */
struct run *run_start(struct run_loop *l, char *const *argv, const struct run_user *u,
    usec_t timeout, enum run_rest rest, run_done done, void *arg);
/* Asks it to end as if its time were over; done() is called then. */
void run_stop(struct run *r);
/* Kills it and its group, and forgets it. */
void run_cancel(struct run *r);

#endif
