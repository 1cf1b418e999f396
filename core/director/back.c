/* SPDX-License-Identifier: BSD-2-Clause */
/* See back.h. */
#include "core/director/back.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"

/* What was set before, collected: consecutive values of one row become wishes. */
struct going_back {
	struct plan *plan;
	struct wanted {
		const struct delta *delta;
		const char *value;
	} * list;
	size_t n, size;
};

static void collect(const struct delta *d, const char *value, void *arg)
{
	struct going_back *b = arg;

	if (b->n == b->size) {
		b->size = b->size ? 2 * b->size : 64;
		b->list = reallocarray(b->list, b->size, sizeof(*b->list));
		if (!b->list)
			abort();
	}
	b->list[b->n++] = (struct wanted){d, value};
}

/* A value of a row that is not there, or will be gone: remembered for when it is. */
static void value_of_absent(
    struct going_back *b, const struct row *key, const struct wanted *w, bool gone)
{
	const struct column *c = table_column(key->table, w->delta->column);
	const char *now = c && !gone ? overrides_get(plan_overrides(b->plan), key, c) : NULL;
	struct delta d = *w->delta;

	d.old_value = now ? now : "";
	d.new_value = w->value ? w->value : "";
	d.was_set = now != NULL;
	d.is_set = w->value != NULL;
	plan_absent(b->plan, &d);
}

static void wish_value(struct going_back *b, struct row *key, bool there, const struct wanted *w)
{
	const struct column *c = table_column(key->table, w->delta->column);
	char why[WHY_SIZE];
	column_mask bit;

	if (!c || !column_writable(c))
		return;
	bit = (column_mask)1 << (c - key->table->columns);
	if (!w->value) {
		plan_wish(b->plan, key, 0, bit);
		return;
	}
	if (!column_parse(key, c, w->value, why)) {
		log_warning("going back: %s %s, %s: %s", w->delta->table, w->delta->key,
		    w->delta->column, why);
		return;
	}
	if (c == table_status(key->table) && !there)
		column_set_number(key, c,
		    column_number(key, c) == STATUS_ACTIVE ? STATUS_CREATE_AND_GO
							   : STATUS_CREATE_AND_WAIT);
	plan_wish(b->plan, key, bit, 0);
}

static void wish_row(struct going_back *b, const struct wanted *list, size_t n)
{
	const struct table *t = table_find(list[0].delta->table);
	const struct wanted *storage = NULL;
	char why[WHY_SIZE];
	struct row *key, *now;
	bool gone;

	if (!t)
		return;
	key = row_new(t);
	if (row_key_parse(key, list[0].delta->key, why)) {
		now = plan_find(b->plan, key);
		for (size_t i = 0; i < n; i++)
			if (strcmp(list[i].delta->column, "storage") == 0)
				storage = &list[i];
		gone = storage && !storage->value && now && now->origin != STORAGE_PERMANENT;
		if (gone)
			plan_destroy(b->plan, key);
		if (gone || (!now && !(storage && storage->value)))
			for (size_t i = 0; i < n; i++)
				value_of_absent(b, key, &list[i], gone);
		else
			for (size_t i = 0; i < n; i++)
				wish_value(b, key, now != NULL, &list[i]);
	}
	row_free(key);
}

static void wish_collected(struct going_back *b)
{
	plan_exact(b->plan);
	for (size_t i = 0, n; i < b->n; i += n) {
		const struct delta *d = b->list[i].delta;

		for (n = 1; i + n < b->n && strcmp(d->key, b->list[i + n].delta->key) == 0 &&
			    strcmp(d->table, b->list[i + n].delta->table) == 0;
		     n++)
			;
		wish_row(b, &b->list[i], n);
	}
	free(b->list);
	b->list = NULL;
}

void back_to_generation(struct plan *p, const struct history *h, uint32_t generation)
{
	struct going_back b = {.plan = p};

	history_before(h, generation, collect, &b);
	wish_collected(&b);
}

void back_before_set(struct plan *p, const struct changeset *c)
{
	struct going_back b = {.plan = p};

	history_before_set(c, collect, &b);
	wish_collected(&b);
}

/* All that is set, or all of one row. */
struct reverting {
	const char *table, *key; /* NULL: all */
	struct changeset *values;
};

static void revert_value(
    const char *table, const char *key, const char *column, const char *value, void *arg)
{
	struct reverting *r = arg;

	if (r->table && (strcmp(table, r->table) != 0 || strcmp(key, r->key) != 0))
		return;
	changeset_add(r->values, &(struct delta){.table = table,
				     .key = key,
				     .column = column,
				     .old_value = value,
				     .new_value = "",
				     .was_set = true});
}

/* The row that is named, as the overrides know it. */
static bool parse_row(
    const char *what, const char **table, char key[KEY_TEXT_SIZE], char why[WHY_SIZE])
{
	size_t n = strcspn(what, " ");
	const struct table *t;
	char name[64] = "";
	struct row *row;
	bool ok;

	if (n < sizeof(name))
		memcpy(name, what, n);
	t = table_find(name);
	snprintf(why, WHY_SIZE, "is neither 'all' nor a row's name");
	if (!t)
		return false;
	row = row_new(t);
	ok = t->scalar || row_key_parse(row, what + n, why);
	*table = t->name;
	row_key_format(row, key);
	row_free(row);
	return ok;
}

enum refusal_kind back_to_file(struct plan *p, const char *what, char why[WHY_SIZE])
{
	struct going_back b = {.plan = p};
	char key[KEY_TEXT_SIZE];
	struct reverting r = {.key = key, .values = NULL};
	size_t n;

	if (strcmp(what, "all") != 0 && !parse_row(what, &r.table, key, why))
		return REFUSAL_VALUE;
	r.values = changeset_new(ORIGIN_UNDO);
	overrides_each(plan_overrides(p), revert_value, &r);
	n = r.values->n;
	for (size_t i = 0; i < n; i++)
		collect(&r.values->list[i], NULL, &b);
	wish_collected(&b);
	changeset_free(r.values);
	snprintf(why, WHY_SIZE, "nothing was set in this row");
	return n || !r.table ? REFUSAL_NONE : REFUSAL_INCONSISTENT;
}
