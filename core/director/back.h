/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going back: what was set before is wished for again, as a plan like any other.
 *
 * It is used by a rollback to a generation, by SNMP's UNDO, by a change that nobody confirmed, and for
 * reverting to the file.  Rows that somebody made since then go, rows that were destroyed are made
 * again; of a row that the file has no more, only the memory of what was set changes.
 */
#ifndef DIRECTOR_BACK_H
#define DIRECTOR_BACK_H

#include "core/director/plan.h"

/* What was set after this generation is undone; what the file changed stays. */
void back_to_generation(struct plan *p, const struct history *h, uint32_t generation);
/* One transaction alone. */
void back_before_set(struct plan *p, const struct changeset *c);
/*
 * Nothing is set any more: "all", or one row, "TABLE KEY" with the key as row_key_format() has it.
 * REFUSAL_NONE, or why not, in words too.
 */
enum refusal_kind back_to_file(struct plan *p, const char *what, char why[WHY_SIZE]);

#endif
