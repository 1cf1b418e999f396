/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is healthy: from single results to the state of a check, and from the
 * states of its checks to the state of a real server.  Free of I/O and of the
 * clock: times come in as arguments, and what follows goes out through
 * callbacks, so that tests decide both.
 *
 * A check runs in rounds, one an interval.  A round succeeds when a try of it
 * does; it fails when the first try and all its retries fail.  `fall` failed
 * rounds in a row make an up check down, `rise` successful ones a down check
 * up.  A check that never had a verdict takes the first round's.  A down
 * check is not retried: it will be asked again soon enough.
 *
 * Pacing: each check has its own place in the interval, and its rounds begin
 * at that place of every interval, however long a round takes: it neither
 * drifts nor bunches.  Places come from verdict_place(), which spreads any
 * number of checks evenly.  Only the first try comes earlier, within the
 * window that the caller gives.
 *
 * A real server is up when all its checks are.  One without checks is up.  A
 * check without a verdict counts as success, unless the pool starts down
 * (then the server is unknown until each check has a verdict) or the server
 * is down (a new or changed check does not bring a failed server back; its
 * success does).
 *
 * A server that changes between up and down too often is flapping: more than `flaps.changes` times within
 * `flaps.window`.  It is steady again when it did so no more than half as often.  This is looked at with
 * each result, so it needs no timer.
 *
 * What is found stands in the rows, `check_result` and `real_server`, and only there: what they say at the
 * beginning is what was found before, by another process or under other rules.
 *
 * Ownership: the caller owns all structs; a server links the verdicts of its
 * checks.  Rows, rules and what servers share are borrowed.  Callbacks must not
 * free what they are called for.
 */
#ifndef CHECK_VERDICT_H
#define CHECK_VERDICT_H

#include <bsd/sys/queue.h>
#include "core/check/probe.h"
#include "core/model/schema.h"

struct verdict_server;

struct verdict_rules {
	usec_t interval;    /* > 0 */
	usec_t retry_delay; /* from a failure to the retry */
	unsigned retries;
	unsigned rise, fall; /* rounds in a row, >= 1 */
};

#define VERDICT_FLAPS_MAX 15

struct verdict_flaps {
	unsigned changes; /* 0: never flapping; at most VERDICT_FLAPS_MAX */
	usec_t window;
};

struct verdict {
	LIST_ENTRY(verdict) link;
	struct verdict_server *server;
	struct check_result *row;
	const struct verdict_rules *rules;
	const char *failure; /* reason of the last one; shared (str.h) */
	usec_t due;	     /* of the next try; USEC_NEVER: running, or not scheduled */
	usec_t started;	     /* the try that runs or ran last */
	uint32_t place;	     /* in the interval, as a fraction of 2^32 */
	uint16_t tries,
	    streak;	/* failed tries in this round; rounds in a row that contradict the state */
	bool assume_up; /* counts as success while there is no verdict */
	bool running;
	bool succeeded; /* the last try */
};

LIST_HEAD(verdict_list, verdict);

#define VERDICT_REASON_MAX 256

struct verdict_ops {
	/* A result was taken in; changed: and it changed the state. Before server(). */
	void (*result)(struct verdict *v, bool changed);
	/*
	 * The server's state or reason is another one.  old == the row's state: only the reason.  first:
	 * it is the initial state, nothing happened.
	 */
	void (*server)(struct verdict_server *s, enum server_state old, bool first);
	/* The server is flapping, or is not any more.  After server(). */
	void (*stability)(struct verdict_server *s, enum stability old, const char *reason);
};

/* What the servers of a pool have in common; it may change at any time (settle them afterwards). */
struct verdict_pool {
	const struct verdict_ops *ops;
	bool start_down; /* alpha */
	struct verdict_flaps flaps;
};

struct verdict_changes;

struct verdict_server {
	const struct verdict_pool *pool;
	struct real_server *row;
	struct verdict_list checks;
	struct verdict_changes *changes; /* when it changed; NULL: it never did */
	bool disabled;			 /* by the administrator */
	bool settled;			 /* has had its initial state */
};

/* The n-th of places in the interval: any consecutive ones lie far apart and spread evenly. */
uint32_t verdict_place(uint32_t n);
/* In how much time the first tries of n checks that start together are made: 1 ms each. */
usec_t verdict_window(unsigned n, usec_t interval);

/*
 * Without checks, and not disabled.  The row's state is what it was before this process started (unknown: nothing is
 * known); one that was flapping stays so for a window, whoever counted its changes.
 */
void verdict_server_init(
    struct verdict_server *s, const struct verdict_pool *pool, struct real_server *row);
/* Its checks are gone before. */
void verdict_server_fini(struct verdict_server *s);
/* Derives the state again, after checks were added or removed or a flag was changed. */
void verdict_server_settle(struct verdict_server *s, usec_t now);

/* Adds a check, not scheduled, to a server (settle it afterwards). */
void verdict_init(struct verdict *v, struct verdict_server *s, struct check_result *row,
    const struct verdict_rules *rules, uint32_t place);
/* Takes it from its server (settle it afterwards). */
void verdict_fini(struct verdict *v);
/* The next try comes within window from now; a round under way is forgotten, the state is kept. */
void verdict_soon(struct verdict *v, usec_t now, usec_t window);
/* No further try. A running one's result must not be given any more. */
void verdict_pause(struct verdict *v);
/* The rules, that were `old`, are others; the state and the round stay, the next try is where the new rules put it. */
void verdict_rules_changed(struct verdict *v, const struct verdict_rules *old, usec_t now);
/*
 * The time that was due has come: may the try be made?  If it is far too late, because the process
 * did not run for a while, the answer is no and the try is put off to the check's next place:
 * others are as late, and all together would be a burst.
 */
bool verdict_ready(struct verdict *v, usec_t now);
/* The try that was due runs now. */
void verdict_started(struct verdict *v, usec_t now);
/* And ends now. */
void verdict_result(struct verdict *v, usec_t now, const struct probe_result *r);

#endif
