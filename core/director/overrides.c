/* SPDX-License-Identifier: BSD-2-Clause */
/* See overrides.h. */
#include "core/director/overrides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/director/plan.h"

struct value {
	RB_ENTRY(value) node;
	const char *table, *key, *column, *text; /* shared strings */
	const char *base;			 /* the file's, or NULL */
};

void overrides_free(struct override *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].table);
		free(list[i].key);
		free(list[i].column);
		free(list[i].value);
	}
	free(list);
}

RB_HEAD(values, value);

static int value_cmp(const struct value *a, const struct value *b)
{
	int d = strcmp(a->table, b->table);

	d = d ? d : strcmp(a->key, b->key);
	return d ? d : strcmp(a->column, b->column);
}

RB_GENERATE_INTERNAL(values, value, node, value_cmp, static __attribute__((unused)))

struct overrides {
	struct values values;
};

struct overrides *overrides_new(void)
{
	struct overrides *o = calloc(1, sizeof(*o));

	if (!o)
		abort();
	RB_INIT(&o->values);
	return o;
}

static void drop(struct overrides *o, struct value *v)
{
	RB_REMOVE(values, &o->values, v);
	str_free(v->table);
	str_free(v->key);
	str_free(v->column);
	str_free(v->text);
	if (v->base)
		str_free(v->base);
	free(v);
}

void overrides_delete(struct overrides *o)
{
	struct value *v;

	if (!o)
		return;
	while ((v = RB_MIN(values, &o->values)))
		drop(o, v);
	free(o);
}

static struct value *find(
    const struct overrides *o, const char *table, const char *key, const char *column)
{
	struct value want = {.table = table, .key = key, .column = column};

	return RB_FIND(values, (struct values *)(uintptr_t)&o->values, &want);
}

void overrides_put(
    struct overrides *o, const char *table, const char *key, const char *column, const char *value)
{
	struct value *v = find(o, table, key, column);

	if (!value) {
		if (v)
			drop(o, v);
		return;
	}
	if (v) {
		row_set_text(&v->text, value);
		return;
	}
	v = calloc(1, sizeof(*v));
	if (!v)
		abort();
	v->table = str_get(table);
	v->key = str_get(key);
	v->column = str_get(column);
	v->text = str_get(value);
	RB_INSERT(values, &o->values, v);
}

const char *overrides_get(const struct overrides *o, const struct row *r, const struct column *c)
{
	char key[KEY_TEXT_SIZE];
	struct value *v = find(o, r->table->name, row_key_format(r, key), c->name);

	return v ? v->text : NULL;
}

const char *overrides_base(const struct overrides *o, const struct row *r, const struct column *c)
{
	char key[KEY_TEXT_SIZE];
	struct value *v = find(o, r->table->name, row_key_format(r, key), c->name);

	return v ? v->base : NULL;
}

void overrides_set_base(
    struct overrides *o, const char *table, const char *key, const char *column, const char *base)
{
	struct value *v = find(o, table, key, column);

	if (!v)
		return;
	if (v->base)
		str_free(v->base);
	v->base = base ? str_get(base) : NULL;
}

void overrides_each(const struct overrides *o,
    void (*each)(
	const char *table, const char *key, const char *column, const char *value, void *arg),
    void *arg)
{
	struct value *v;

	RB_FOREACH (v, values, (struct values *)(uintptr_t)&o->values)
		each(v->table, v->key, v->column, v->text, arg);
}

/* ------------------------------------------------------------------- over the file's rows */

/* The values of one row, from `first` up to and without `end`, as a wish. */
struct layered {
	struct value *first, *end;
	struct row *row;
	column_mask mask;
	bool dropped;
};

struct layering {
	struct overrides *o;
	struct store *running, *parked;
	void (*skipped)(const char *text, void *arg);
	void *arg;
};

static void tell_skipped(const struct layering *l, const struct value *v, const char *why)
{
	char text[800];

	snprintf(text, sizeof(text), "%s %s: %s = %s, set earlier, has no effect: %s", v->table,
	    v->key, v->column, v->text, why);
	l->skipped(text, l->arg);
}

static void skip_row(const struct layering *l, struct layered *r, const char *why)
{
	for (struct value *v = r->first; v != r->end; v = RB_NEXT(values, , v))
		tell_skipped(l, v, why);
	r->dropped = true;
}

/* Remembers what the file says, for the way back; a value that does not parse is left out. */
static void take_value(
    const struct layering *l, struct layered *r, struct value *v, const struct row *there)
{
	const struct column *c = table_column(r->row->table, v->column);
	char why[WHY_SIZE] = "this version has no such column", text[COLUMN_TEXT_SIZE];

	if (v->base)
		str_free(v->base);
	v->base = there && c ? str_get(column_format(there, c, text)) : NULL;
	if (there && c && strcmp(c->name, "storage") == 0)
		return; /* the file has the row meanwhile */
	if (!c || !column_writable(c) || !column_parse(r->row, c, v->text, why))
		tell_skipped(l, v, why);
	else
		r->mask |= (column_mask)1 << (c - r->row->table->columns);
}

/* A row that a SET made says createAndGo or createAndWait again. */
static bool make_again(struct layered *r)
{
	const struct column *status = table_status(r->row->table);
	const struct column *storage = table_column(r->row->table, "storage");
	bool active;

	if (!status || !storage || !(r->mask >> (storage - r->row->table->columns) & 1))
		return false;
	active = column_number(r->row, status) == STATUS_ACTIVE;
	column_set_number(r->row, status, active ? STATUS_CREATE_AND_GO : STATUS_CREATE_AND_WAIT);
	r->mask |= (column_mask)1 << (status - r->row->table->columns);
	return true;
}

/* The storage that a SET gave a row is volatile; [first, end) are the row's values. */
static bool is_volatile(const struct value *first, const struct value *end)
{
	for (const struct value *v = first; v != end;
	     v = RB_NEXT(values, , (struct value *)(uintptr_t)v))
		if (strcmp(v->column, "storage") == 0)
			return strcmp(v->text, "volatile") == 0;
	return false;
}

static void layer_row(const struct layering *l, struct layered *r)
{
	const struct table *t = table_find(r->first->table);
	const struct row *there;
	char why[WHY_SIZE];

	if (!t) {
		skip_row(l, r, "this version has no such table");
		return;
	}
	r->row = row_new(t);
	if (!row_key_parse(r->row, r->first->key, why)) {
		skip_row(l, r, why);
		return;
	}
	there = store_find(l->running, r->row);
	if (there && is_volatile(r->first, r->end)) {
		r->dropped = true; /* see overrides_forget_volatile() */
		return;
	}
	for (struct value *v = r->first; v != r->end; v = RB_NEXT(values, , v))
		take_value(l, r, v, there);
	if (!there && !make_again(r))
		skip_row(l, r, "there is no such row");
}

/* Behind the last value of the same row. */
static struct value *end_of_row(struct value *first)
{
	struct value *v = first;

	while (v && strcmp(v->table, first->table) == 0 && strcmp(v->key, first->key) == 0)
		v = RB_NEXT(values, , v);
	return v;
}

static struct layered *layer_all(const struct layering *l, size_t *n)
{
	struct layered *list = NULL;
	struct value *v = RB_MIN(values, &l->o->values);
	size_t size = 0;

	*n = 0;
	while (v) {
		struct layered r = {.first = v, .end = end_of_row(v)};

		v = r.end;
		layer_row(l, &r);
		if (*n == size) {
			size = size ? 2 * size : 64;
			list = reallocarray(list, size, sizeof(*list));
			if (!list)
				abort();
		}
		list[(*n)++] = r;
	}
	return list;
}

static bool apply_rows(
    const struct layering *l, const struct layered *list, size_t n, struct refusal *why)
{
	struct plan *p = plan_new(l->running, l->parked, l->o);
	bool ok;

	for (size_t i = 0; i < n; i++)
		if (!list[i].dropped)
			plan_wish(p, list[i].row, list[i].mask, 0);
	ok = plan_apply(p, why);
	plan_free(p);
	return ok;
}

/* The row that the refusal names, if it is one of these. */
static struct layered *blamed(struct layered *list, size_t n, const struct refusal *why)
{
	char text[ROW_TEXT_SIZE];

	for (size_t i = 0; i < n; i++)
		if (!list[i].dropped && strcmp(row_format(list[i].row, text), why->row) == 0)
			return &list[i];
	return NULL;
}

#define TRIES 50

/*
 * All of it at once, since rows need each other.  What is refused is left out, and the rest tried again; if it
 * cannot be told what is wrong, or too much is, each row is tried by itself.
 */
void overrides_apply(struct overrides *o, struct store *running, struct store *parked,
    void (*skipped)(const char *text, void *arg), void *arg)
{
	struct layering l = {o, running, parked, skipped, arg};
	struct refusal why;
	struct layered *wrong = NULL;
	size_t n;
	struct layered *list = layer_all(&l, &n);
	bool ok = false;

	for (int i = 0; i < TRIES && !ok; i++) {
		ok = apply_rows(&l, list, n, &why);
		wrong = ok ? NULL : blamed(list, n, &why);
		if (!ok && !wrong)
			break;
		if (wrong)
			skip_row(&l, wrong, why.reason);
	}
	for (size_t i = 0; i < n && !ok; i++)
		if (!list[i].dropped && !apply_rows(&l, &list[i], 1, &why))
			skip_row(&l, &list[i], why.reason);
	for (size_t i = 0; i < n; i++)
		row_free(list[i].row);
	free(list);
}

/* Is the row that has this value one of the file? */
static bool is_of_file(
    const struct value *v, const struct store *running, const struct store *parked)
{
	const struct table *t = table_find(v->table);
	const struct row *there = NULL;
	char why[WHY_SIZE];
	struct row *key;

	if (!t)
		return false;
	key = row_new(t);
	if (row_key_parse(key, v->key, why)) {
		there = store_find(running, key);
		there = there ? there : store_find(parked, key);
	}
	row_free(key);
	return there && there->origin == STORAGE_PERMANENT;
}

void overrides_forget_volatile(
    struct overrides *o, const struct store *running, const struct store *parked)
{
	struct value *v = RB_MIN(values, &o->values), *next;

	while (v) {
		struct value *end = end_of_row(v);
		bool drop_it = is_volatile(v, end) && is_of_file(v, running, parked);

		for (; v != end; v = next) {
			next = RB_NEXT(values, , v);
			if (drop_it)
				drop(o, v);
		}
	}
}
