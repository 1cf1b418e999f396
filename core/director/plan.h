/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request means for the rows: RowStatus (RFC 2579), and which rows are in effect.
 *
 * A row is in effect when its status is active and the row that it belongs to is in effect: a pool out of
 * service takes its real servers with it, whatever their own status, and they come back with it.  The
 * hub keeps two stores: `running` has the rows in effect, which are validated as a whole and which the
 * processes get; `parked` has the others, of which only the single values are checked, since a row that
 * a manager builds piece by piece need not be right before it is active.
 *
 * (Weighed against it: one store, a flag in each row, and every rule and every process passing over the
 * rows that do not count.  Each rule that forgets to is a bug; moving rows costs only the change.)
 *
 * A plan takes wishes, one or more a row and in any order, and finds what they mean together: rows made,
 * changed, moved between the stores, destroyed with what belongs to them; and what is to be remembered
 * as set, by which it can be taken back.
 */
#ifndef DIRECTOR_PLAN_H
#define DIRECTOR_PLAN_H

#include "core/director/history.h"
#include "core/director/overrides.h"
#include "core/model/txn.h"

struct plan;

/* The stores and the overrides must live as long as the plan. */
struct plan *plan_new(
    struct store *running, struct store *parked, const struct overrides *overrides);
void plan_free(struct plan *p);

/*
 * row has the key, and in the columns of `mask` the values that are wanted; row_status may ask for
 * createAndGo, createAndWait and destroy, `storage` for volatile or nonVolatile.  Columns of `unset` lose
 * what was set: they are as in the file again, or have the schema's default.
 */
void plan_wish(struct plan *p, const struct row *row, column_mask mask, column_mask unset);
void plan_destroy(struct plan *p, const struct row *key);
/* The wishes say all: what belongs to a row that becomes nonVolatile does not become so with it. */
void plan_exact(struct plan *p);

/* The row as it is, in either store; NULL: there is none. */
struct row *plan_find(const struct plan *p, const struct row *key);
const struct overrides *plan_overrides(const struct plan *p);
/* A change of what is set in a row that is not there: of the memory only. */
void plan_absent(struct plan *p, const struct delta *d);

/* False with *why: both stores are as they were. */
bool plan_apply(struct plan *p, struct refusal *why);
void plan_undo(struct plan *p);

/* Of an applied plan: the changes of both stores, and what is remembered (appended to c). */
const struct txn *plan_running(const struct plan *p);
const struct txn *plan_parked(const struct plan *p);
void plan_changes(const struct plan *p, struct changeset *c);
/* The rows (their keys) of which a failover was asked, and for how long; 0: its end. */
void plan_each_failover(
    const struct plan *p, void (*fn)(const struct row *r, usec_t time, void *arg), void *arg);

#endif
