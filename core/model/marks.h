/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks on rows: columns that are still to be told or written, in the order in which the rows were marked.  A row has
 * one mark, however often it changes; so there are never more marks than rows.
 *
 * They are not kept in the rows, of which most have none: a row knows the place of its mark (row.marked), in one list
 * of its process.  Rows are borrowed; one that is freed must have no mark.
 */
#ifndef MODEL_MARKS_H
#define MODEL_MARKS_H

#include "core/model/schema.h"

struct mark {
	struct row *row; /* NULL: taken away */
	column_mask columns;
};

/* Zeroed: no marks. */
struct marks {
	struct mark *list;
	uint32_t first, end, room; /* what is used of the list: [first, end) */
	uint32_t count;
};

/* Frees the list; no row must be used with it any more. */
void marks_clear(struct marks *m);
bool marks_are_empty(const struct marks *m);
/* Adds columns to the row's mark; at the end of the list if it has none. */
void marks_add(struct marks *m, struct row *r, column_mask columns);
/* The columns of the row's mark; 0: it has none. */
column_mask marks_of(const struct marks *m, const struct row *r);
/* Takes the row's mark away, if it has one, and returns its columns. */
column_mask marks_take(struct marks *m, struct row *r);
/* The row that was marked first, or NULL. */
struct row *marks_first(struct marks *m);

#endif
