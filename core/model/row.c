/* SPDX-License-Identifier: BSD-2-Clause */
/* See row.h: rows, and their columns as values. */
#include "core/model/row.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct row *templates[TABLE_COUNT];

static bool is_text(const struct column *c)
{
	return c->type == TYPE_NAME || c->type == TYPE_TEXT;
}

/* An ENUM without a default begins with its first word, so that it is always one of them. */
static void set_default(struct row *r, const struct column *c)
{
	char why[WHY_SIZE];

	if (is_text(c))
		*(const char **)COLUMN_PTR(r, c) = str_get(c->def ? c->def : "");
	else if (c->def && !column_parse(r, c, c->def, why))
		abort(); /* the schema contradicts itself; test_model runs through all of it */
	else if (c->type == TYPE_ENUM && !c->def)
		column_set_number(r, c, c->words->words[0].number);
}

static struct row *make_template(const struct table *t)
{
	struct row *r = calloc(1, t->size);

	if (!r)
		abort();
	r->table = t;
	for (size_t i = 0; i < t->ncolumns; i++)
		set_default(r, &t->columns[i]);
	return r;
}

static void share_texts(struct row *r)
{
	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];

		if (is_text(c))
			str_share(*(const char **)COLUMN_PTR(r, c));
	}
}

struct row *row_copy(const struct row *from)
{
	struct row *r = malloc(from->table->size);

	if (!r)
		abort();
	memcpy(r, from, from->table->size);
	memset(&r->node, 0, sizeof(r->node));
	r->user = NULL;
	r->marked = 0;
	r->mark = 0;
	share_texts(r);
	return r;
}

struct row *row_new(const struct table *t)
{
	if (!templates[t->id])
		templates[t->id] = make_template(t);
	return row_copy(templates[t->id]);
}

void row_free(struct row *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];

		if (is_text(c))
			str_free(*(const char **)COLUMN_PTR(r, c));
	}
	free(r);
}

void row_copy_columns(struct row *to, const struct row *from, column_mask columns)
{
	for (size_t i = 0; i < to->table->ncolumns; i++) {
		const struct column *c = &to->table->columns[i];

		if (!(columns >> i & 1))
			continue;
		if (is_text(c))
			row_set_text(COLUMN_PTR(to, c), *(const char **)COLUMN_PTR(from, c));
		else
			memcpy(COLUMN_PTR(to, c), COLUMN_PTR(from, c), c->size);
	}
}

column_mask row_diff(const struct row *a, const struct row *b)
{
	column_mask m = 0;

	for (size_t i = 0; i < a->table->ncolumns; i++) {
		const struct column *c = &a->table->columns[i];

		if (memcmp(COLUMN_PTR(a, c), COLUMN_PTR(b, c), c->size) != 0)
			m |= (column_mask)1 << i;
	}
	return m;
}

static int name_cmp(const char *a, const char *b)
{
	size_t la, lb;

	if (a == b)
		return 0; /* shared strings: the same pointer is the same text */
	la = strlen(a);
	lb = strlen(b);
	return la != lb ? (la < lb ? -1 : 1) : memcmp(a, b, la);
}

static int key_column_cmp(const struct row *a, const struct row *b, const struct column *c)
{
	uint64_t x, y;

	if (is_text(c))
		return name_cmp(*(const char **)COLUMN_PTR(a, c), *(const char **)COLUMN_PTR(b, c));
	if (c->type == TYPE_ADDR)
		return addr_cmp(COLUMN_PTR(a, c), COLUMN_PTR(b, c));
	x = column_unsigned(a, c);
	y = column_unsigned(b, c);
	return x < y ? -1 : x > y;
}

int row_key_cmp(const struct row *a, const struct row *b)
{
	for (size_t i = 0; i < a->table->keys; i++) {
		int d = key_column_cmp(a, b, &a->table->columns[i]);

		if (d)
			return d;
	}
	return 0;
}

void row_set_text(const char **column, const char *text)
{
	const char *old = *column;

	*column = str_get(text);
	str_free(old);
}

void row_set_textf(const char **column, const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	row_set_text(column, buf);
}

uint64_t column_unsigned(const struct row *r, const struct column *c)
{
	const void *p = COLUMN_PTR(r, c);

	switch (c->type) {
	case TYPE_BOOL:
		return *(const bool *)p;
	case TYPE_ENUM:
		return c->size == 1 ? *(const uint8_t *)p : *(const uint16_t *)p;
	case TYPE_INT:
		return (uint64_t)(int64_t) * (const int32_t *)p;
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT32:
		return *(const uint32_t *)p;
	case TYPE_COUNT:
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
		return *(const uint64_t *)p;
	case TYPE_NAME:
	case TYPE_TEXT:
	case TYPE_ADDR:
	case TYPE_VIEW:
		break;
	}
	return 0;
}

int64_t column_number(const struct row *r, const struct column *c)
{
	return (int64_t)column_unsigned(r, c);
}

void column_set_number(struct row *r, const struct column *c, int64_t v)
{
	void *p = COLUMN_PTR(r, c);

	switch (c->type) {
	case TYPE_BOOL:
		*(bool *)p = v != 0;
		break;
	case TYPE_ENUM:
		if (c->size == 1)
			*(uint8_t *)p = (uint8_t)v;
		else
			*(uint16_t *)p = (uint16_t)v;
		break;
	case TYPE_INT:
		*(int32_t *)p = (int32_t)v;
		break;
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT32:
		*(uint32_t *)p = (uint32_t)v;
		break;
	case TYPE_COUNT:
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
		*(uint64_t *)p = (uint64_t)v;
		break;
	case TYPE_NAME:
	case TYPE_TEXT:
	case TYPE_ADDR:
	case TYPE_VIEW:
		break;
	}
}

const char *column_text(const struct row *r, const struct column *c)
{
	return is_text(c) ? *(const char **)COLUMN_PTR(r, c) : "";
}

int64_t column_min(const struct column *c)
{
	return c->type == TYPE_NAME && c->min == 0 && !c->optional ? 1 : c->min;
}

int64_t column_max(const struct column *c)
{
	if (c->max)
		return c->max;
	switch (c->type) {
	case TYPE_NAME:
		return 60;
	case TYPE_TEXT:
		return 255;
	case TYPE_BOOL:
		return 1;
	case TYPE_INT:
	case TYPE_ENUM:
		return INT32_MAX;
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT32:
		return UINT32_MAX;
	case TYPE_COUNT:
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_ADDR:
	case TYPE_VIEW:
		break;
	}
	return INT64_MAX;
}

const struct column *column_shown(const struct table *t, const struct column *c)
{
	return c->type == TYPE_VIEW ? table_column(t, c->of) : c;
}

bool column_is_default(const struct row *r, const struct column *c)
{
	if (!templates[r->table->id])
		row_free(row_new(r->table));
	return memcmp(COLUMN_PTR(r, c), COLUMN_PTR(templates[r->table->id], c), c->size) == 0;
}
