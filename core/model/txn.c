/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See txn.h.  Each operation holds the row that is wanted and, once applied, what it replaced: the old
 * values of a changed row, or the row that was taken out.  A row that is made is itself the one that was wanted, since
 * a hundred thousand copies would be in memory for nothing.  Undo walks backwards and swaps.
 */
#include "core/model/txn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "core/model/validate.h"

struct op {
	RB_ENTRY(op) node;
	struct row *wanted; /* key and values; owned, unless it is `row` */
	struct row *saved; /* applied: the old values of a changed row, or the removed row; owned */
	struct row *row;   /* applied: the row in the store */
	column_mask mask, changed;
	bool destroy, create, applied;
	bool parked; /* not in effect: what is missing may be missing */
};

RB_HEAD(ops, op);

static int op_cmp(const struct op *a, const struct op *b)
{
	if (a->wanted->table != b->wanted->table)
		return a->wanted->table < b->wanted->table ? -1 : 1;
	return row_key_cmp(a->wanted, b->wanted);
}

RB_GENERATE_INTERNAL(ops, op, node, op_cmp, static __attribute__((unused)))

/*
 * Operations come many at a time, and lie apart from the rows: these stay when the transaction is gone, and small holes
 * between them would never be given back.
 */
#define SOME_OPS 256
struct some_ops {
	SLIST_ENTRY(some_ops) entry;
	size_t n, size;
	struct op list[];
};

struct txn {
	struct ops ops;
	SLIST_HEAD(, some_ops) memory;
	struct txn_change *changes;
	size_t nchanges, nops;
};

struct txn *txn_new(void)
{
	struct txn *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	RB_INIT(&t->ops);
	SLIST_INIT(&t->memory);
	return t;
}

static void forget_changes(struct txn *t)
{
	free(t->changes);
	t->changes = NULL;
	t->nchanges = 0;
}

void txn_free(struct txn *t)
{
	struct some_ops *some;
	struct op *o;

	if (!t)
		return;
	while ((o = RB_MIN(ops, &t->ops))) {
		RB_REMOVE(ops, &t->ops, o);
		if (o->wanted != o->row)
			row_free(o->wanted);
		row_free(o->saved);
	}
	while ((some = SLIST_FIRST(&t->memory))) {
		SLIST_REMOVE_HEAD(&t->memory, entry);
		free(some);
	}
	forget_changes(t);
	free(t);
}

static struct op *find(const struct txn *t, const struct row *key)
{
	struct op want = {.wanted = (struct row *)(uintptr_t)key};

	return RB_FIND(ops, (struct ops *)(uintptr_t)&t->ops, &want);
}

/* Zeroed; the first few are few. */
static struct op *op_memory(struct txn *t)
{
	struct some_ops *some = SLIST_FIRST(&t->memory);

	if (!some || some->n == some->size) {
		size_t size = !some ? 1 : some->size < SOME_OPS ? 4 * some->size : SOME_OPS;

		some = calloc(1, sizeof(*some) + size * sizeof(some->list[0]));
		if (!some)
			abort();
		some->size = size;
		SLIST_INSERT_HEAD(&t->memory, some, entry);
	}
	return &some->list[some->n++];
}

/* Takes r. */
static struct op *new_op(struct txn *t, struct row *r)
{
	struct op *o = op_memory(t);

	o->wanted = r;
	RB_INSERT(ops, &t->ops, o);
	t->nops++;
	return o;
}

void txn_take(struct txn *t, struct row *r, column_mask mask, bool create)
{
	struct op *o = find(t, r);

	if (o) {
		row_copy_columns(o->wanted, r, mask);
		o->wanted->origin = r->origin;
		row_free(r);
	} else {
		o = new_op(t, r);
	}
	o->mask |= mask;
	o->create |= create;
	o->destroy = false;
}

void txn_set(struct txn *t, const struct row *r, column_mask mask, bool create)
{
	txn_take(t, row_copy(r), mask, create);
}

void txn_delete(struct txn *t, const struct row *key)
{
	struct op *o = find(t, key);

	o = o ? o : new_op(t, row_copy(key));
	o->destroy = true;
	o->mask = 0;
}

bool txn_empty(const struct txn *t)
{
	return t->nops == 0;
}

static bool has_config(const struct table *t)
{
	return t->config || t->scalar;
}

void txn_difference(struct txn *t, const struct store *from, const struct store *to)
{
	for (int id = 0; id < TABLE_COUNT; id++) {
		struct row *a = store_first(from, id), *b = store_first(to, id);
		column_mask config = table_mask(&tables[id], CLASS_CONFIG);

		if (!has_config(&tables[id]))
			continue;
		while (a || b) {
			int d = !a ? 1 : !b ? -1 : row_key_cmp(a, b);

			if (d > 0) {
				txn_set(t, b, config, true);
			} else if (d < 0) {
				if (!tables[id].scalar)
					txn_delete(t, a);
			} else if ((row_diff(a, b) & config) || a->origin != b->origin) {
				txn_set(t, b, row_diff(a, b) & config, false);
			}
			a = d <= 0 ? store_next(a) : a;
			b = d >= 0 ? store_next(b) : b;
		}
	}
}

static bool refuse(struct refusal *why, enum refusal_kind kind, const struct row *r, int column,
    const char *reason)
{
	*why = (struct refusal){.kind = kind, .table = r->table, .column = column};
	row_format(r, why->row);
	snprintf(why->reason, sizeof(why->reason), "%s", reason);
	return false;
}

static bool check_columns(const struct op *o, struct refusal *why)
{
	char reason[WHY_SIZE];

	for (size_t i = 0; i < o->wanted->table->ncolumns; i++) {
		const struct column *c = &o->wanted->table->columns[i];

		if (!(o->mask >> i & 1) && c->class != CLASS_KEY)
			continue;
		if (o->parked && c->required && column_is_default(o->wanted, c))
			continue;
		if (c->class == CLASS_STATE || c->class == CLASS_VIEW)
			return refuse(
			    why, REFUSAL_READONLY, o->wanted, (int)i, "is not configuration");
		if (!column_check(o->wanted, c, reason))
			return refuse(why, REFUSAL_VALUE, o->wanted, (int)i, reason);
	}
	return true;
}

/* A row's origin is also a column that managers see, where the table has it. */
static void set_origin(struct row *r, uint8_t origin)
{
	const struct column *c = table_column(r->table, "storage");

	r->origin = origin;
	if (c)
		column_set_number(r, c, origin);
}

static column_mask storage_bit(const struct table *t)
{
	const struct column *c = table_column(t, "storage");

	return c ? (column_mask)1 << (c - t->columns) : 0;
}

static bool apply_delete(struct op *o, struct store *s, struct refusal *why)
{
	o->row = store_find(s, o->wanted);
	if (!o->row)
		return refuse(why, REFUSAL_NAME, o->wanted, -1, "there is no such row");
	store_remove(s, o->row);
	o->saved = o->row;
	return true;
}

/* Of a row that is made, nothing is known yet. */
static void forget_state(struct row *r)
{
	struct row *fresh = row_new(r->table);

	row_copy_columns(r, fresh, table_mask(r->table, CLASS_STATE));
	row_free(fresh);
}

static bool apply_set(struct op *o, struct store *s, struct refusal *why)
{
	uint8_t origin = o->wanted->origin;

	o->row = store_find(s, o->wanted);
	if (!o->row && !o->create)
		return refuse(why, REFUSAL_NAME, o->wanted, -1, "there is no such row");
	if (!o->row) {
		o->row = o->wanted;
		forget_state(o->row);
		set_origin(o->row, origin);
		store_insert(s, o->row);
		o->changed = table_mask(o->row->table, CLASS_CONFIG);
		return true;
	}
	o->changed = row_diff(o->row, o->wanted) & o->mask;
	o->saved = row_copy(o->row);
	row_copy_columns(o->row, o->wanted, o->changed);
	if (origin && origin != o->row->origin) {
		set_origin(o->row, origin);
		o->changed |= storage_bit(o->row->table);
	}
	return true;
}

static void undo(struct op *o, struct store *s)
{
	if (!o->applied)
		return;
	o->applied = false;
	if (o->destroy) {
		store_insert(s, o->saved);
		o->saved = NULL;
	} else if (o->saved) {
		row_copy_columns(o->row, o->saved, o->changed);
		set_origin(o->row, o->saved->origin);
		row_free(o->saved);
		o->saved = NULL;
	} else {
		store_remove(s, o->row);
	}
	o->row = NULL;
}

static bool apply(struct op *o, struct store *s, struct refusal *why)
{
	if (!check_columns(o, why))
		return false;
	if (!(o->destroy ? apply_delete(o, s, why) : apply_set(o, s, why)))
		return false;
	o->applied = true;
	return true;
}

static void list_changes(struct txn *t)
{
	struct op *o;

	t->changes = calloc(t->nops + 1, sizeof(*t->changes));
	if (!t->changes)
		abort();
	RB_FOREACH (o, ops, &t->ops) {
		struct txn_change *c = &t->changes[t->nchanges];

		c->row = o->row;
		c->kind = o->destroy ? CHANGE_REMOVED : o->saved ? CHANGE_MODIFIED : CHANGE_ADDED;
		c->mask = o->changed;
		if (c->kind != CHANGE_MODIFIED || c->mask || o->saved->origin != o->row->origin)
			t->nchanges++;
	}
}

static bool valid(const struct txn *t, const struct store *s, struct refusal *why)
{
	struct row **touched = calloc(2 * t->nchanges + 1, sizeof(*touched));
	struct row **removed = touched + t->nchanges;
	size_t nt = 0, nr = 0;
	bool ok;

	if (!touched)
		abort();
	for (size_t i = 0; i < t->nchanges; i++) {
		if (t->changes[i].kind == CHANGE_REMOVED)
			removed[nr++] = t->changes[i].row;
		else
			touched[nt++] = t->changes[i].row;
	}
	ok = validate(s, touched, nt, removed, nr, why);
	free(touched);
	return ok;
}

static bool apply_all(struct txn *t, struct store *s, bool parked, struct refusal *why)
{
	struct op *o;

	forget_changes(t);
	RB_FOREACH (o, ops, &t->ops) {
		o->parked = parked;
		if (!apply(o, s, why)) {
			txn_undo(t, s);
			return false;
		}
	}
	list_changes(t);
	return true;
}

bool txn_apply(struct txn *t, struct store *s, struct refusal *why)
{
	if (!apply_all(t, s, false, why))
		return false;
	if (valid(t, s, why))
		return true;
	txn_undo(t, s);
	return false;
}

bool txn_apply_parked(struct txn *t, struct store *s, struct refusal *why)
{
	return apply_all(t, s, true, why);
}

void txn_undo(struct txn *t, struct store *s)
{
	struct op *o;

	RB_FOREACH_REVERSE (o, ops, &t->ops)
		undo(o, s);
	forget_changes(t);
}

size_t txn_changes(const struct txn *t)
{
	return t->nchanges;
}

const struct txn_change *txn_change(const struct txn *t, size_t i)
{
	return &t->changes[i];
}

const struct row *txn_before(const struct txn *t, const struct row *key)
{
	const struct op *o = find(t, key);

	return o ? o->saved : NULL;
}
