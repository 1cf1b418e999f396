/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime of every process but the hub: the connection to it.
 *
 * The process gets the rows of the tables that it reads (schema: .readers) into a store of its own,
 * in groups that are applied whole: a `sync` first (everything there is; what is not in it is
 * removed), then changes.  After each group ops->changed() is called once with all that differs.
 * After a restart of the process, the sync also brings back the STATE columns and the rows that the
 * process reported before it died.
 *
 * It reports by writing STATE columns of its rows in the store and naming them with engine_report();
 * many reports of a row become one message.  Nothing here blocks; a slow hub delays only the reports.
 *
 * Usage: main() is `return engine_main(argc, argv, &program);`.
 */
#ifndef MODEL_ENGINE_H
#define MODEL_ENGINE_H

#include <event2/event.h>
#include <sys/capability.h>
#include "core/model/row.h"

struct engine;

enum change_kind { CHANGE_ADDED, CHANGE_MODIFIED, CHANGE_REMOVED };

struct change {
	enum change_kind kind;
	/* In the store; CHANGE_REMOVED: no longer, and freed after the call. */
	struct row *row;
	/* CHANGE_MODIFIED of configuration: the row as it was (user is NULL).  Else NULL. */
	const struct row *before;
	column_mask mask; /* CHANGE_MODIFIED: columns that differ */
};

struct engine_ops {
	/* A group was applied.  sync: it was a whole resynchronization (n may be 0). */
	void (*changed)(struct engine *e, const struct change *c, size_t n, bool sync, void *arg);
	/*
	 * Finish.  clean: the director stops for good (VRRP: priority 0, addresses removed; LVS: services
	 * removed); else leave the kernel as it is, another process adopts it.  Call engine_exit() when done.
	 */
	void (*stop)(struct engine *e, bool clean, void *arg);
	/* The hub is gone.  NULL: the process exits and leaves the kernel as it is. */
	void (*orphaned)(struct engine *e, void *arg);
};

struct engine_program {
	const char
	    *name; /* "vrrp": for the log, the table `process`, and the user directord-vrrp */
	enum process_bit process;
	bool
	    root; /* stays root, with what the hub left of its capabilities: it starts programs as other users */
	const cap_value_t *caps; /* kept after the change of user */
	int ncaps;
	/* As root, before the privileges are dropped; may be NULL.  Nonzero: the process exits with it. */
	int (*prepare)(const char *run_dir, uid_t uid, gid_t gid);
	/* Makes the engine's own state; *arg is given to ops.  NULL on failure (after logging). */
	void *(*start)(struct engine *e);
	void (*finish)(void *arg); /* frees it; for leak checkers; may be NULL */
	struct engine_ops ops;
};

/* Runs the process until it is told to stop.  Returns the exit status. */
int engine_main(int argc, char **argv, const struct engine_program *p);

/*
 * The parts of engine_main(), for a program that is not a process of directord (directorctl) and for
 * tests: the connection over a socket that is handed over, the event loop, and the end of both.  Only
 * name, process and ops of the program are used.
 */
struct engine *engine_open(const struct engine_program *p, int fd);
int engine_run(struct engine *e, void *arg);
void engine_close(struct engine *e);

struct event_base *engine_base(struct engine *e);
struct store *engine_store(struct engine *e);
/* A folder for this process' own files on the disk, writable after the change of user: STATE_DIR/run/NAME. */
const char *engine_state_dir(struct engine *e);
/* The same for files that are void after the next boot: in memory, where there is a place (base/rundir.h). */
const char *engine_run_dir(struct engine *e);

/* Where the hub passes sockets to this process (core/base/listen.h); -1: it does not. */
int engine_passing(struct engine *e);

/* The process does its job now (first configuration applied); the hub and systemd are told. */
void engine_ready(struct engine *e);
/* Reports columns of a row that is in the store.  Only columns that the schema gives this process. */
void engine_report(struct engine *e, struct row *r, column_mask columns);
/* Columns of a row that are reported and not sent yet. */
column_mask engine_reported(const struct engine *e, const struct row *r);
/* Puts a row of a table that this process owns into the store and reports all of it.  Takes r; there must be none with its key. */
void engine_add(struct engine *e, struct row *r);
/* Removes and frees a row of an own table and tells the hub. */
void engine_remove(struct engine *e, struct row *r);
/*
 * An event (schema: EVENT) about the row `subject`, which may be of any table; states are words of its
 * state column, "" if there is none.  Kept in order; sent before reports that were made later and after
 * those made earlier.
 */
void engine_event(struct engine *e, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason);
/*
 * The exit status of a process that wants to be started anew, because what it runs with is settled when it
 * starts: the hub does that at once, and nobody is alarmed.
 */
#define ENGINE_EXIT_AGAIN 75
/* Sends what is queued (at most a second) and ends engine_main(). */
void engine_exit(struct engine *e, int status);

/* ---- Requests to the hub (agent, directorctl). */

enum request_kind {
	REQUEST_RELOAD = 1, /* read the file again */
	REQUEST_PREPARE, /* check a transaction (rows follow); nothing is kept but that it may come */
	REQUEST_COMMIT,	 /* store and apply the transaction that was prepared */
	REQUEST_UNDO,	 /* take back the last committed one of this requester */
	REQUEST_RELEASE, /* forget prepared and committed ones */
};

/* Why a transaction was refused, in terms of its rows. */
enum refusal_kind {
	REFUSAL_NONE,
	REFUSAL_VALUE,	      /* a value is out of range: SNMP wrongValue; a key: noCreation */
	REFUSAL_INCONSISTENT, /* it contradicts other rows: inconsistentValue */
	REFUSAL_NAME,	      /* there is no such row, or it cannot be made: inconsistentName */
	REFUSAL_READONLY,     /* notWritable */
	REFUSAL_STORE,	      /* the datastore did not take it: commitFailed */
	REFUSAL_BUSY,	      /* try again: resourceUnavailable */
};

struct refusal {
	enum refusal_kind kind;
	const struct table *table; /* NULL: not about a row */
	int column;		   /* its place in the table; -1: the row as a whole */
	char row[ROW_TEXT_SIZE];   /* "real_server web 10.0.0.1 80" */
	char reason[1024];
};

/* One row of a transaction: columns in mask are to have the values that row has. */
struct edit {
	struct row *row;
	column_mask mask;
	bool destroy;
};

/*
 * Sends a request and waits for the answer, at most timeout (rows that arrive meanwhile are applied
 * afterwards by the event loop).  True if it was done; else *r tells why.
 */
bool engine_call(struct engine *e, enum request_kind kind, const struct edit *edits, size_t n,
    usec_t timeout, struct refusal *r);
/* Applies the rows that came while a call waited, now: they are those that the call changed. */
void engine_catch_up(struct engine *e);

#endif
