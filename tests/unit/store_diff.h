/* SPDX-License-Identifier: BSD-2-Clause */
/* Do two stores have the same configuration?  And are the rows in effect those that must be? */
#ifndef TESTS_UNIT_STORE_DIFF_H
#define TESTS_UNIT_STORE_DIFF_H

#include <stdio.h>
#include "core/model/row.h"

#define STORE_DIFF_SIZE (2 * ROW_TEXT_SIZE + 100)

/* The next row from r on that is compared: all, or only those that outlive a restart. */
static inline const struct row *store_diff_next(const struct row *r, bool lasting)
{
	while (r && lasting && r->origin == STORAGE_VOLATILE)
		r = store_next(r);
	return r;
}

static inline bool row_differs(const struct row *x, const struct row *y, char text[STORE_DIFF_SIZE])
{
	column_mask differ = row_diff(x, y) & table_mask(x->table, CLASS_CONFIG);
	char name[ROW_TEXT_SIZE], other[ROW_TEXT_SIZE];

	snprintf(text, STORE_DIFF_SIZE, "%s and %s: columns %llx, storage %d and %d",
	    row_format(x, name), row_format(y, other), (unsigned long long)differ, x->origin,
	    y->origin);
	return row_key_cmp(x, y) != 0 || differ || x->origin != y->origin;
}

/* Rows, values and origins of the configuration; text: the first row that differs. */
static inline bool store_differs(
    const struct store *a, const struct store *b, bool lasting, char text[STORE_DIFF_SIZE])
{
	for (enum table_id t = 0; t < TABLE_COUNT; t++) {
		const struct row *x, *y;

		if (!tables[t].config && !tables[t].scalar)
			continue;
		x = store_diff_next(store_first(a, t), lasting);
		y = store_diff_next(store_first(b, t), lasting);
		while (x && y) {
			if (row_differs(x, y, text))
				return true;
			x = store_diff_next(store_next(x), lasting);
			y = store_diff_next(store_next(y), lasting);
		}
		if (x || y) {
			char name[ROW_TEXT_SIZE];

			snprintf(text, STORE_DIFF_SIZE, "%s: only in the %s",
			    row_format(x ? x : y, name), x ? "first" : "second");
			return true;
		}
	}
	return false;
}

static inline struct store *store_copy(const struct store *s)
{
	struct store *to = store_new();

	for (enum table_id t = 0; t < TABLE_COUNT; t++) {
		for (struct row *r = store_first(s, t); r; r = store_next(r)) {
			struct row *c = row_copy(r);

			c->origin = r->origin;
			store_insert(to, c);
		}
	}
	return to;
}

#endif
