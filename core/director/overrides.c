/* SPDX-License-Identifier: BSD-2-Clause */
/* See overrides.h. */
#include "core/director/overrides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/model/txn.h"

struct value {
	RB_ENTRY(value) node;
	const char *table, *key, *column, *text; /* shared strings */
};

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

/* False with a reason if the value does not fit. */
static bool apply_one(const struct value *v, struct store *s, char why[WHY_SIZE])
{
	const struct table *t = table_find(v->table);
	const struct column *c = t ? table_column(t, v->column) : NULL;
	struct refusal refusal = {.kind = REFUSAL_NONE};
	struct txn *txn;
	struct row *r;
	bool ok;

	snprintf(why, WHY_SIZE, "this version has no such column");
	if (!c || c->class != CLASS_CONFIG)
		return false;
	txn = txn_new();
	r = row_new(t);
	ok = row_key_parse(r, v->key, why) && column_parse(r, c, v->text, why);
	if (ok) {
		txn_set(txn, r, (column_mask)1 << (c - t->columns), false);
		ok = txn_apply(txn, s, &refusal);
		if (!ok)
			snprintf(why, WHY_SIZE, "%.200s", refusal.reason);
	}
	row_free(r);
	txn_free(txn);
	return ok;
}

void overrides_apply(const struct overrides *o, struct store *s,
    void (*skipped)(const char *text, void *arg), void *arg)
{
	struct value *v;
	char why[WHY_SIZE], text[800];

	RB_FOREACH (v, values, (struct values *)(uintptr_t)&o->values) {
		if (apply_one(v, s, why))
			continue;
		snprintf(text, sizeof(text), "%s %s: %s = %s, set earlier, has no effect: %s",
		    v->table, v->key, v->column, v->text, why);
		skipped(text, arg);
	}
}
