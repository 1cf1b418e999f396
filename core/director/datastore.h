/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datastore: what SNMP and directorctl changed, and the event log, in SQLite under the state
 * directory.
 *
 * Two designs were weighed: SQLite called from the hub's event loop, and a thread of its own.  A disk
 * may hang for seconds, and the hub carries verdicts from the checks to IPVS: so the disk has a thread,
 * jobs go to it through a queue, and what became of them comes back as events of the loop.
 * Each job is one SQLite transaction, synchronous=FULL: when it is reported as done, it survives a
 * power failure.  Values are kept as text by names of table, row, and column, so that they outlive
 * changes of the schema.
 */
#ifndef DIRECTOR_DATASTORE_H
#define DIRECTOR_DATASTORE_H

#include <event2/event.h>
#include <stdbool.h>
#include "core/director/overrides.h"
#include "core/model/row.h"

struct datastore;

/*
 * Opens (makes) DIR/directord.db.  Never NULL: a datastore that cannot be used says so in
 * datastore_trouble() and refuses every job.  One that cannot be written, because the disk is full, says
 * so too, but is read, and each job is tried.
 */
struct datastore *datastore_open(struct event_base *base, const char *dir);
/* Finishes the jobs that are queued (at most two seconds) and closes. */
void datastore_close(struct datastore *d);
/* NULL, or what is wrong, in words. */
const char *datastore_trouble(const struct datastore *d);

/* Reading happens once, at start, before any job. */
/* All values that win over the file; false if they cannot be read.  Free with overrides_free(). */
bool datastore_overrides(struct datastore *d, struct override **list, size_t *n);
/* The state that was kept since the machine was started; none after that. */
bool datastore_states(struct datastore *d, struct override **list, size_t *n);
/* The history of the configuration, oldest first; each changeset is the callee's. */
struct changeset;
bool datastore_history(struct datastore *d, void (*got)(struct changeset *c, void *arg), void *arg);
/* A number that is kept under a name; false if there is none. */
bool datastore_number(struct datastore *d, const char *name, uint32_t *value);
/* The newest events, oldest first, at most `limit`, as rows of the table event; each is the caller's. */
bool datastore_events(
    struct datastore *d, size_t limit, void (*got)(struct row *event, void *arg), void *arg);

/*
 * A job under construction, then queued.  done(NULL or the error in words, arg) is called from the event loop.
 */
struct job;
struct job *job_new(void (*done)(const char *error, void *arg), void *arg);
/* Remembers a column's value of a row; value NULL: the file's is good again. */
void job_override(
    struct job *j, const char *table, const char *key, const char *column, const char *value);
/* Forgets all values of a row. */
void job_forget_row(struct job *j, const char *table, const char *key);
/* Adds a transaction to the history; forgets those before a generation. */
void job_history(struct job *j, const struct changeset *c);
void job_prune_history(struct job *j, uint32_t before);
/* Forgets one. */
void job_forget_history(struct job *j, uint32_t generation);
/* Keeps a number under a name, or forgets it. */
void job_number(struct job *j, const char *name, uint32_t value);
void job_forget_number(struct job *j, const char *name);
/* Keeps a STATE column's value for the next start; value NULL: forgets all of the row's. */
void job_state(struct job *j, const struct row *r, const struct column *c, const char *value);
void job_event(struct job *j, const struct row *event);
/* Forgets events before this sequence number. */
void job_prune_events(struct job *j, uint32_t before);
void datastore_submit(struct datastore *d, struct job *j);

/*
 * hangs(arg) is called from the event loop when a job takes longer than `patience`, and again each time that
 * it has taken as long once more.
 */
void datastore_watch(struct datastore *d, usec_t patience, void (*hangs)(void *arg), void *arg);
/* Whether it was called since a job ended. */
bool datastore_hangs(const struct datastore *d);

#endif
