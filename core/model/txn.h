/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction: changes of configuration rows that are applied to a store as one, or not at all.
 *
 * The changes are made in the store at once, what was there is remembered, and then validated whole;
 * whatever is wrong, everything is put back.  So the cost is that of the change, not of the
 * configuration.  After txn_apply() the transaction knows what changed (for the engines) and can be
 * taken back (for SNMP's UNDO) as long as nothing else changed the same rows.
 */
#ifndef MODEL_TXN_H
#define MODEL_TXN_H

#include "core/model/engine.h"

struct txn;

struct txn *txn_new(void);
void txn_free(struct txn *t);

/*
 * Adds a change: the row with r's key is to have r's values in the columns of mask; it is made (with
 * r's values and origin) if it is not there and `create`.  r stays the caller's.  A later change of the
 * same row adds to the earlier.
 */
void txn_set(struct txn *t, const struct row *r, column_mask mask, bool create);
/* The same with a row that the transaction takes over, in place of a copy. */
void txn_take(struct txn *t, struct row *r, column_mask mask, bool create);
void txn_delete(struct txn *t, const struct row *key);
/* All that makes the configuration of `to` out of that of `from`. */
void txn_difference(struct txn *t, const struct store *from, const struct store *to);
bool txn_empty(const struct txn *t);

/* Applies and validates.  False with *why: the store is as it was. */
bool txn_apply(struct txn *t, struct store *s, struct refusal *why);
/*
 * The same for rows that are not in effect: each column that is named must be in its range, but what is
 * missing may be missing, and nothing is compared with other rows.
 */
bool txn_apply_parked(struct txn *t, struct store *s, struct refusal *why);
/* Takes an applied transaction back; it can be applied again. */
void txn_undo(struct txn *t, struct store *s);

/* What an applied transaction changed: row is in the store; removed rows are owned by the transaction. */
struct txn_change {
	enum change_kind kind;
	struct row *row;
	column_mask mask;
};
/* An applied transaction's row as it was before; NULL if it was not there, or is not named. */
const struct row *txn_before(const struct txn *t, const struct row *key);
size_t txn_changes(const struct txn *t);
const struct txn_change *txn_change(const struct txn *t, size_t i);

#endif
