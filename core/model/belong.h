/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which row belongs to which: a real server to its pool, a check to its pool and perhaps to one real server of
 * it.  A row is in effect when its status is active and what it belongs to is in effect.
 */
#ifndef MODEL_BELONG_H
#define MODEL_BELONG_H

#include "core/model/row.h"

/* Rows of a table belong to rows of a lower level: 0, 1, 2. */
int belong_level(const struct table *t);
/*
 * The row that r belongs to, as a key that the caller frees.  which 0: what it cannot be without; 1: a further
 * one.  NULL: there is none.
 */
struct row *belong_key(const struct row *r, int which);
/* all has the rows in effect and those that are not.  *why: the row whose status is in the way, if false. */
bool belong_in_effect(const struct store *all, const struct row *r, const struct row **why);

#endif
