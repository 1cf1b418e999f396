/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must hold between rows and between columns: references, uniqueness, and the rules of the field
 * (a version 2 instance advertises in whole seconds, LVS-DR keeps the port, ...).
 * The ranges of single columns are the schema's.
 */
#ifndef MODEL_VALIDATE_H
#define MODEL_VALIDATE_H

#include "core/model/engine.h"

/*
 * Checks configuration rows after a change: `touched` are in the store (added or modified), `removed`
 * are not in it any more.  Whatever depends on them is checked too.  The cost grows with the number of
 * rows named, not with the store, except for rules that need a whole table when it was touched
 * (uniqueness; those tables are small) - never for real_server and check.
 * False with *why (kind, table, row, column, reason) at the first thing that is wrong.
 */
bool validate(const struct store *s, struct row *const *touched, size_t ntouched,
    struct row *const *removed, size_t nremoved, struct refusal *why);
/* All of a store: what a file must pass. */
bool validate_all(const struct store *s, struct refusal *why);

#endif
