/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows with random values, for tests of everything that has to work for each table and each column of
 * the schema.  The numbers are the same in each run, so that a failure can be seen again.
 */
#ifndef TESTS_UNIT_RANDOM_ROW_H
#define TESTS_UNIT_RANDOM_ROW_H

#include <stdlib.h>
#include <string.h>
#include "core/model/row.h"

struct dice {
	uint64_t state;
};

static inline uint32_t dice_next(struct dice *d)
{
	d->state = d->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(d->state >> 33) ^ (uint32_t)(d->state >> 11 & 1);
}

/* 0 .. n-1 */
static inline uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)((uint64_t)(dice_next(d) & 0x7fffffff) * n >> 31);
}

/* A number between two, often one of them. */
static inline int64_t dice_number(struct dice *d, int64_t min, int64_t max)
{
	uint64_t span = (uint64_t)max - (uint64_t)min;
	uint64_t r = (uint64_t)dice_next(d) << 32 ^ dice_next(d);

	switch (dice_below(d, 4)) {
	case 0:
		return min;
	case 1:
		return max;
	case 2:
		return min + (int64_t)(span ? r % (span < 5 ? span : 5) : 0);
	}
	return min + (int64_t)(span == UINT64_MAX ? r : r % (span + 1));
}

static inline struct addr dice_addr(struct dice *d, bool none)
{
	uint8_t bytes[16];
	size_t len = dice_below(d, 2) ? 4 : 16;

	if (none && dice_below(d, 4) == 0)
		return (struct addr){ADDR_NONE, {0}};
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = dice_below(d, 3) ? (uint8_t)dice_below(d, 3) : (uint8_t)dice_next(d);
	return addr_from_bytes(bytes, len);
}

/* A text of min to max characters, most often a short one, that a key or a file must quote at times. */
static inline void dice_text(struct dice *d, char *buf, int64_t min, int64_t max)
{
	static const char letters[] = "abzA09 \"\\-_.:#{}!$@~'=^%/\xc3\xa4";
	int64_t top = dice_below(d, 4) ? (max < min + 3 ? max : min + 3) : max;
	size_t n = (size_t)dice_number(d, min, top);

	for (size_t i = 0; i < n; i++)
		buf[i] = letters[dice_below(d, sizeof(letters) - 1)];
	buf[n] = '\0';
}

static inline int32_t dice_word(struct dice *d, const struct enumeration *e)
{
	uint32_t n = 0;

	while (e->words[n].word)
		n++;
	return e->words[dice_below(d, n)].number;
}

/* Gives the columns of mask random values within their ranges. */
static inline void dice_columns(struct dice *d, struct row *r, column_mask mask)
{
	char text[512];

	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];

		if (!(mask >> i & 1) || c == table_status(r->table)) /* rows of a file are active */
			continue;
		switch (c->type) {
		case TYPE_NAME:
		case TYPE_TEXT:
			dice_text(d, text, column_min(c), column_max(c));
			row_set_text(COLUMN_PTR(r, c), text);
			break;
		case TYPE_ENUM:
			column_set_number(r, c, dice_word(d, c->words));
			break;
		case TYPE_ADDR:
			*(struct addr *)COLUMN_PTR(r, c) = dice_addr(d, c->class != CLASS_KEY);
			break;
		case TYPE_BOOL:
		case TYPE_INT:
		case TYPE_UINT:
		case TYPE_GAUGE:
		case TYPE_COUNT:
		case TYPE_COUNT32:
		case TYPE_USEC:
		case TYPE_WHEN:
		case TYPE_WALL:
			column_set_number(r, c, dice_number(d, column_min(c), column_max(c)));
			break;
		case TYPE_VIEW:
			break;
		}
	}
}

static inline column_mask dice_mask(struct dice *d)
{
	uint64_t low = (uint64_t)dice_next(d) << 32 | dice_next(d);

	return ((column_mask)((uint64_t)dice_next(d) << 32 | dice_next(d)) << 64) | low;
}

static inline column_mask all_columns(const struct table *t)
{
	return t->ncolumns < COLUMNS_MAX ? ((column_mask)1 << t->ncolumns) - 1 : ~(column_mask)0;
}

static inline struct row *dice_row(struct dice *d, const struct table *t)
{
	struct row *r = row_new(t);

	dice_columns(d, r, all_columns(t));
	return r;
}

#endif
