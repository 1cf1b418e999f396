/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The history of the configuration: what each transaction changed, when and for whom.
 *
 * A change knows the value before and after, and whether each was one that somebody had set (and that wins
 * over the file) or not.  So undoing is the same for all who want it (SNMP's UNDO, a rollback, a confirmed
 * commit that nobody confirmed): the oldest change of each value tells what it was.  What came from the
 * file was set by nobody, and is left alone.
 */
#ifndef DIRECTOR_HISTORY_H
#define DIRECTOR_HISTORY_H

#include <sys/queue.h>
#include "core/model/row.h"

/*
 * Lines of the history that are kept; whole transactions, the last one however long it is.  Of one transaction no more
 * than these are shown.
 */
#define HISTORY_LINES 5000

struct delta {
	const char *table, *key, *column;  /* shared strings, as all of these */
	const char *old_value, *new_value; /* "": there was, or is, no such row */
	bool was_set, is_set;
};

struct changeset {
	STAILQ_ENTRY(changeset) entry;
	uint32_t generation;
	usec_t time; /* of the wall clock */
	enum change_origin origin;
	struct delta *list;
	size_t n, size;
};

struct changeset *changeset_new(enum change_origin origin);
void changeset_free(struct changeset *c); /* NULL is allowed */
/* Copies the strings. */
void changeset_add(struct changeset *c, const struct delta *d);
/* No more are added: gives back the room for them. */
void changeset_complete(struct changeset *c);

struct history {
	STAILQ_HEAD(changesets, changeset) sets; /* oldest first */
	size_t lines;
	uint32_t first; /* the oldest generation that can be gone back to */
};

void history_init(struct history *h);
void history_clear(struct history *h);
/* Takes c, whose generation must be above all there.  dropped(c) is called before an old one is freed. */
void history_add(struct history *h, struct changeset *c,
    void (*dropped)(const struct changeset *c, void *arg), void *arg);
/*
 * What was set before all changes of a generation above `generation`: calls each() once for every value of
 * which something was set before or since; value NULL: nothing was.  One set alone: history_before_set().
 */
typedef void (*history_each)(const struct delta *oldest, const char *value, void *arg);
void history_before(const struct history *h, uint32_t generation, history_each each, void *arg);
void history_before_set(const struct changeset *c, history_each each, void *arg);
/* What was set in rows that were volatile at last, and that ended with the process: added as unset. */
void history_lost(const struct history *h, struct changeset *lost);

#endif
