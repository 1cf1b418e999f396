/* SPDX-License-Identifier: BSD-2-Clause */
/* See plan.h. */
#include "core/director/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/model/belong.h"

/* A row that the request names, or that goes with one that it names. */
struct target {
	RB_ENTRY(target) node;
	struct row *key;  /* with the values that are wanted; owned */
	struct row *now;  /* in one of the stores, or NULL */
	struct row *then; /* as it is to be, or NULL; owned; a transaction's once there is one */
	column_mask set, unset;
	bool named;   /* by the request */
	bool destroy; /* wanted */
	bool was_running, running;
	bool judged;
	bool lives; /* `then` was given to a transaction, which made or changed the row */
};

RB_HEAD(targets, target);

struct plan {
	struct store *running, *parked;
	const struct overrides *overrides;
	struct targets targets;
	struct txn *on_running, *on_parked;
	struct changeset *absent;
	bool exact;
};

static int target_cmp(const struct target *a, const struct target *b)
{
	const struct table *x = a->key->table, *y = b->key->table;

	if (belong_level(x) != belong_level(y))
		return belong_level(x) < belong_level(y) ? -1 : 1;
	if (x != y)
		return x->id < y->id ? -1 : 1;
	return row_key_cmp(a->key, b->key);
}

RB_GENERATE_INTERNAL(targets, target, node, target_cmp, static __attribute__((unused)))

struct plan *plan_new(
    struct store *running, struct store *parked, const struct overrides *overrides)
{
	struct plan *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->running = running;
	p->parked = parked;
	p->overrides = overrides;
	RB_INIT(&p->targets);
	p->absent = changeset_new(ORIGIN_UNDO);
	return p;
}

static void forget_txns(struct plan *p)
{
	txn_free(p->on_running);
	txn_free(p->on_parked);
	p->on_running = p->on_parked = NULL;
}

void plan_free(struct plan *p)
{
	struct target *t;

	if (!p)
		return;
	while ((t = RB_MIN(targets, &p->targets))) {
		RB_REMOVE(targets, &p->targets, t);
		row_free(t->key);
		row_free(t->then);
		free(t);
	}
	forget_txns(p);
	changeset_free(p->absent);
	free(p);
}

static struct target *find(const struct plan *p, const struct row *key)
{
	struct target want = {.key = (struct row *)(uintptr_t)key};

	return RB_FIND(targets, (struct targets *)(uintptr_t)&p->targets, &want);
}

struct row *plan_find(const struct plan *p, const struct row *key)
{
	struct row *r = store_find(p->running, key);

	return r ? r : store_find(p->parked, key);
}

const struct overrides *plan_overrides(const struct plan *p)
{
	return p->overrides;
}

void plan_exact(struct plan *p)
{
	p->exact = true;
}

void plan_absent(struct plan *p, const struct delta *d)
{
	if (d->was_set != d->is_set || strcmp(d->old_value, d->new_value) != 0)
		changeset_add(p->absent, d);
}

static struct target *target_of(struct plan *p, const struct row *key)
{
	struct target *t = find(p, key);

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	t->key = row_copy(key);
	t->now = plan_find(p, key);
	t->was_running = store_find(p->running, key) != NULL;
	RB_INSERT(targets, &p->targets, t);
	return t;
}

void plan_wish(struct plan *p, const struct row *row, column_mask mask, column_mask unset)
{
	struct target *t = target_of(p, row);

	row_copy_columns(t->key, row, mask);
	t->set |= mask;
	t->unset = (t->unset & ~mask) | unset;
	t->named = true;
}

void plan_destroy(struct plan *p, const struct row *key)
{
	struct target *t = target_of(p, key);

	t->destroy = true;
	t->named = true;
}

static bool refuse(struct refusal *why, enum refusal_kind kind, const struct row *r,
    const struct column *c, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static bool refuse(struct refusal *why, enum refusal_kind kind, const struct row *r,
    const struct column *c, const char *fmt, ...)
{
	va_list ap;

	*why = (struct refusal){.kind = kind, .table = r->table};
	why->column = c ? (int)(c - r->table->columns) : -1;
	row_format(r, why->row);
	va_start(ap, fmt);
	vsnprintf(why->reason, sizeof(why->reason), fmt, ap);
	va_end(ap);
	return false;
}

static column_mask bit_of(const struct table *t, const struct column *c)
{
	return c ? (column_mask)1 << (c - t->columns) : 0;
}

/* ------------------------------------------------------------------ one row's status */

static enum row_status status_of(const struct row *r)
{
	const struct column *c = table_status(r->table);

	return c ? (enum row_status)column_number(r, c) : STATUS_ACTIVE;
}

static const struct column *missing(const struct row *r)
{
	for (size_t i = 0; i < r->table->ncolumns; i++)
		if (r->table->columns[i].required && column_is_default(r, &r->table->columns[i]))
			return &r->table->columns[i];
	return NULL;
}

static void set_status(struct row *r, bool active)
{
	enum row_status s = active	 ? STATUS_ACTIVE
			    : missing(r) ? STATUS_NOT_READY
					 : STATUS_NOT_IN_SERVICE;

	column_set_number(r, table_status(r->table), s);
}

/* The values that the request wants in t->then, all but row_status and storage. */
static void take_values(const struct plan *p, struct target *t)
{
	const struct table *table = t->key->table;
	column_mask values = table_mask(table, CLASS_CONFIG);
	char why[WHY_SIZE];
	struct row *fresh = row_new(table);

	values &= ~bit_of(table, table_status(table));
	row_copy_columns(t->then, t->key, t->set & values);
	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct column *c = &table->columns[i];
		const char *base;

		if (!(t->unset & values & bit_of(table, c)) ||
		    !overrides_get(p->overrides, t->key, c))
			continue; /* what was never set is as it is */
		base = overrides_base(p->overrides, t->key, c);
		if (t->then->origin != STORAGE_PERMANENT || !base ||
		    !column_parse(t->then, c, base, why))
			row_copy_columns(t->then, fresh, bit_of(table, c));
	}
	row_free(fresh);
}

static bool take_storage(struct target *t, struct refusal *why)
{
	const struct table *table = t->key->table;
	const struct column *c = table_column(table, "storage");
	int64_t wanted;

	if (!c || !(t->set & bit_of(table, c)))
		return true;
	wanted = column_number(t->key, c);
	if (t->then->origin == STORAGE_PERMANENT && wanted != STORAGE_PERMANENT)
		return refuse(why, REFUSAL_INCONSISTENT, t->key, c,
		    "the row comes from the file: its storage is permanent");
	if (t->then->origin != STORAGE_PERMANENT && wanted != STORAGE_VOLATILE &&
	    wanted != STORAGE_NONVOLATILE)
		return refuse(why, REFUSAL_VALUE, t->key, c,
		    "a row that is not of the file is volatile or nonVolatile");
	t->then->origin = (uint8_t)wanted;
	return true;
}

/* What the status column asks for (RFC 2579, RowStatus); the row does not exist. */
static bool judge_new(struct target *t, enum row_status wanted, struct refusal *why)
{
	const struct column *c = table_status(t->key->table);

	if (t->destroy || wanted == STATUS_DESTROY)
		return true; /* it is gone already */
	if (wanted == STATUS_ACTIVE || wanted == STATUS_NOT_IN_SERVICE)
		return refuse(why, REFUSAL_INCONSISTENT, t->key, c, "there is no such row");
	if (wanted != STATUS_CREATE_AND_GO && wanted != STATUS_CREATE_AND_WAIT)
		return refuse(why, REFUSAL_NAME, t->key, NULL,
		    "there is no such row, and the request does not make it");
	if (table_is_of_file(t->key->table))
		return refuse(why, REFUSAL_VALUE, t->key, &t->key->table->columns[0],
		    "only the file can make such a row: it says what is run, read or written");
	t->then = row_new(t->key->table);
	row_copy_columns(t->then, t->key, table_mask(t->key->table, CLASS_KEY));
	t->then->origin = STORAGE_NONVOLATILE;
	return true;
}

static bool judge_there(struct target *t, enum row_status wanted, struct refusal *why)
{
	const struct column *c = table_status(t->key->table);

	if (wanted == STATUS_CREATE_AND_GO || wanted == STATUS_CREATE_AND_WAIT)
		return refuse(why, REFUSAL_INCONSISTENT, t->key, c, "the row exists already");
	if (wanted == STATUS_DESTROY || t->destroy) {
		if (t->now->origin != STORAGE_PERMANENT)
			return true;
		return refuse(why, REFUSAL_INCONSISTENT, t->key, c,
		    "the row comes from the file and cannot be destroyed; it can be taken out of "
		    "service");
	}
	t->then = row_copy(t->now);
	return true;
}

/* An action of VRRP: only where there is somebody who can do it. */
static bool judge_failover(const struct target *t, struct refusal *why)
{
	const struct column *c = table_column(t->key->table, "failover");
	const struct vrrp_instance *i = (const struct vrrp_instance *)t->now;

	if (!c || !(t->set & bit_of(t->key->table, c)) || column_number(t->key, c) == 0)
		return true;
	if (!t->now || !t->was_running || !t->then || status_of(t->then) != STATUS_ACTIVE)
		return refuse(why, REFUSAL_INCONSISTENT, t->key, c, "the row is not in effect");
	if (t->key->table->id != TABLE_vrrp_instance)
		return true;
	if (*i->sync_group)
		return refuse(why, REFUSAL_INCONSISTENT, t->key, c,
		    "it belongs to the synchronization group %s, which hands over as a whole",
		    i->sync_group);
	if (i->priority == 255)
		return refuse(why, REFUSAL_INCONSISTENT, t->key, c,
		    "it is the address owner: its addresses are the interface's own");
	return true;
}

/* What becomes of a row by itself: t->then. */
static bool judge(const struct plan *p, struct target *t, struct refusal *why)
{
	const struct table *table = t->key->table;
	const struct column *c = table_status(table);
	enum row_status wanted = 0; /* nothing is said */
	bool active, whole;

	if (t->judged)
		return true;
	t->judged = true;
	if (c && (t->set & bit_of(table, c)))
		wanted = status_of(t->key);
	if (t->unset & bit_of(table, c))
		wanted = STATUS_ACTIVE; /* the file cannot say anything else */
	if (wanted == STATUS_NOT_READY)
		return refuse(why, REFUSAL_VALUE, t->key, c, "cannot be asked for");
	if (!(t->now ? judge_there(t, wanted, why) : judge_new(t, wanted, why)) ||
	    !judge_failover(t, why))
		return false;
	if (!t->then)
		return true;
	active = wanted ? wanted == STATUS_ACTIVE || wanted == STATUS_CREATE_AND_GO
			: status_of(t->then) == STATUS_ACTIVE;
	take_values(p, t);
	if (!take_storage(t, why))
		return false;
	if (c)
		set_status(t->then, active);
	/* RFC 2579: active, and notInService where it was notReady, say that all is there */
	whole = active ? wanted != 0
		       : wanted == STATUS_NOT_IN_SERVICE && t->now &&
			     status_of(t->now) == STATUS_NOT_READY;
	if (c && whole && missing(t->then))
		return refuse(why, REFUSAL_INCONSISTENT, t->key, missing(t->then), "is missing");
	return true;
}

/* ------------------------------------------------------------- rows that belong together */

static bool becomes_volatile(const struct target *t)
{
	return t->now && t->then && t->now->origin != STORAGE_VOLATILE &&
	       t->then->origin == STORAGE_VOLATILE;
}

/* Going back asks for each row's storage by itself. */
static bool becomes_kept(const struct plan *p, const struct target *t)
{
	return !p->exact && t->now && t->then && t->now->origin == STORAGE_VOLATILE &&
	       t->then->origin == STORAGE_NONVOLATILE;
}

/*
 * What belongs to a volatile row would be left alone at the next start: it is volatile too, by itself, or when the
 * row that it belongs to becomes so.  With that it is kept again: nobody would see that only half of them are.
 */
static bool judge_storage(const struct plan *p, struct target *t, struct refusal *why)
{
	const struct column *c = table_column(t->key->table, "storage");
	column_mask bit = bit_of(t->key->table, c);
	bool is_volatile = t->then->origin == STORAGE_VOLATILE, lost = false, kept = false;

	for (int i = 0; i < 2; i++) {
		struct row *key = belong_key(t->then, i);
		const struct target *above = key ? find(p, key) : NULL;
		const struct row *r = above ? above->then : key ? plan_find(p, key) : NULL;

		lost |= r && r->origin == STORAGE_VOLATILE;
		kept |= above && becomes_kept(p, above);
		row_free(key);
	}
	if (lost == is_volatile || (!lost && !kept))
		return true;
	if (t->set & bit)
		return !lost || refuse(why, REFUSAL_INCONSISTENT, t->key, c,
				    "what it belongs to is volatile, and so is the row");
	t->then->origin = lost ? STORAGE_VOLATILE : STORAGE_NONVOLATILE;
	t->set |= bit;
	return true;
}

enum parent_state { PARENT_NONE, PARENT_PARKED, PARENT_RUNNING };

static enum parent_state state_of_parent(const struct plan *p, const struct row *key)
{
	const struct target *t = find(p, key);

	if (t)
		return !t->then ? PARENT_NONE : t->running ? PARENT_RUNNING : PARENT_PARKED;
	if (store_find(p->running, key))
		return PARENT_RUNNING;
	return store_find(p->parked, key) ? PARENT_PARKED : PARENT_NONE;
}

/* Is the row in effect?  It must have what it belongs to, in effect or not. */
static bool judge_effect(const struct plan *p, struct target *t, struct refusal *why)
{
	t->running = t->then && status_of(t->then) == STATUS_ACTIVE;
	if (t->then && !judge_storage(p, t, why))
		return false;
	for (int i = 0; t->then && i < 2; i++) {
		struct row *key = belong_key(t->then, i);
		enum parent_state s;
		char text[ROW_TEXT_SIZE];

		if (!key)
			continue;
		s = state_of_parent(p, key);
		row_format(key, text);
		row_free(key);
		if (s == PARENT_NONE && i == 0)
			return refuse(why, REFUSAL_NAME, t->key, &t->key->table->columns[0],
			    "there is no %s", text);
		if (s == PARENT_PARKED)
			t->running = false;
	}
	return true;
}

static bool belongs_to(const struct row *r, const struct row *parent)
{
	bool it = false;

	for (int i = 0; i < 2 && !it; i++) {
		struct row *key = belong_key(r, i);

		it = key && key->table == parent->table && row_key_cmp(key, parent) == 0;
		row_free(key);
	}
	return it;
}

static void add_children(
    struct plan *p, const struct store *s, const struct table *table, const struct target *parent)
{
	const char *name = column_text(parent->key, &parent->key->table->columns[0]);

	for (struct row *r = store_first_of(s, table->id, name); r; r = store_next_of(r))
		if (belongs_to(r, parent->key))
			target_of(p, r)->destroy |= !parent->then;
}

/* What belongs to a row that goes, comes into effect or out of it, or gets another storage, does so with it. */
static void take_children(struct plan *p, const struct target *t)
{
	if (!t->now)
		return;
	if (t->then && t->running == t->was_running && !becomes_volatile(t) && !becomes_kept(p, t))
		return;
	if (t->key->table->columns[0].type != TYPE_NAME)
		return; /* nothing belongs to a row without a name */
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		if (belong_level(&tables[i]) <= belong_level(t->key->table))
			continue;
		add_children(p, p->running, &tables[i], t);
		add_children(p, p->parked, &tables[i], t);
	}
}

static bool judge_all(struct plan *p, struct refusal *why)
{
	struct target *t;

	/* what is added on the way is of a later level */
	RB_FOREACH (t, targets, &p->targets) {
		if (t->named && t->destroy && t->set &&
		    !(t->set & bit_of(t->key->table, table_status(t->key->table))))
			return refuse(why, REFUSAL_INCONSISTENT, t->key, NULL,
			    "the request destroys what the row belongs to");
		if (!judge(p, t, why) || !judge_effect(p, t, why))
			return false;
		take_children(p, t);
	}
	return true;
}

/* ------------------------------------------------------------------------- the stores */

static void emit(struct plan *p, struct target *t)
{
	struct txn *from = t->was_running ? p->on_running : p->on_parked;
	struct txn *to = t->running ? p->on_running : p->on_parked;
	column_mask mask = table_mask(t->key->table, CLASS_CONFIG);
	bool stays = t->now && t->then && t->was_running == t->running;

	if (stays)
		mask &= row_diff(t->now, t->then);
	else if (t->now)
		txn_delete(from, t->key);
	t->lives = t->then != NULL;
	if (t->then)
		txn_take(to, t->then, mask, !stays);
	t->then = NULL;
	t->judged = false;
}

/* As it is to be, where the plan is applied: in one of the stores, or NULL. */
static const struct row *row_then(const struct plan *p, const struct target *t)
{
	return t->lives ? plan_find(p, t->key) : NULL;
}

/* The rows in effect were validated alone: for them, what is out of effect is not there.  Its manager sees it. */
static void explain(const struct plan *p, struct refusal *why)
{
	const struct column *c =
	    why->table && why->column >= 0 ? &why->table->columns[why->column] : NULL;
	const char *text = strchr(why->row, ' '), *name = "";
	char unused[WHY_SIZE];
	struct row *key;

	if (!c || !c->ref || !text)
		return;
	key = row_new(why->table);
	if (row_key_parse(key, text + 1, unused)) {
		const struct target *t = find(p, key);
		const struct row *r =
		    t && t->set & bit_of(why->table, c) ? t->key : plan_find(p, key);

		name = r ? column_text(r, c) : "";
	}
	if (*name && store_named(p->parked, table_find(c->ref)->id, name))
		snprintf(
		    why->reason, sizeof(why->reason), "the %s '%s' is not in effect", c->ref, name);
	row_free(key);
}

bool plan_apply(struct plan *p, struct refusal *why)
{
	struct target *t;

	*why = (struct refusal){.kind = REFUSAL_NONE, .column = -1};
	if (!judge_all(p, why))
		return false;
	forget_txns(p);
	p->on_running = txn_new();
	p->on_parked = txn_new();
	RB_FOREACH (t, targets, &p->targets)
		emit(p, t);
	if (!txn_apply_parked(p->on_parked, p->parked, why))
		return false;
	if (txn_apply(p->on_running, p->running, why))
		return true;
	explain(p, why);
	txn_undo(p->on_parked, p->parked);
	return false;
}

void plan_undo(struct plan *p)
{
	txn_undo(p->on_running, p->running);
	txn_undo(p->on_parked, p->parked);
}

const struct txn *plan_running(const struct plan *p)
{
	return p->on_running;
}

const struct txn *plan_parked(const struct plan *p)
{
	return p->on_parked;
}

void plan_each_failover(
    const struct plan *p, void (*fn)(const struct row *r, usec_t time, void *arg), void *arg)
{
	struct target *t;

	RB_FOREACH (t, targets, (struct targets *)(uintptr_t)&p->targets) {
		const struct column *c = table_column(t->key->table, "failover");

		if (c && t->lives && t->set & bit_of(t->key->table, c))
			fn(t->key, (usec_t)column_number(t->key, c), arg);
	}
}

/* ------------------------------------------------------------------ what is remembered */

/* The value as it is remembered: a status is what was asked for, not what the row can be. */
static const char *set_text(const struct row *r, const struct column *c, char buf[COLUMN_TEXT_SIZE])
{
	if (c->words == &enumeration_storage)
		return enum_word(c->words, r->origin);
	if (c == table_status(r->table))
		return status_of(r) == STATUS_ACTIVE ? "active" : "notInService";
	return column_format(r, c, buf);
}

/*
 * Says the value that the row is made?  Then it is news also where somebody had set the same for a row that could not
 * be made again when the file was read: its pool was gone.
 */
static bool made_by(const struct target *t, const struct column *c, bool set)
{
	return set && t->lives && !t->now &&
	       (c == table_status(t->key->table) || c->words == &enumeration_storage);
}

/* The row as it was: its copy in the transaction that moved or removed it, or what undo would put back. */
static void add_delta(const struct plan *p, struct changeset *out, const struct target *t,
    const struct row *before, const struct row *then, const struct column *c, bool set)
{
	char key[KEY_TEXT_SIZE], old_text[COLUMN_TEXT_SIZE], new_text[COLUMN_TEXT_SIZE];
	const char *was = made_by(t, c, set) ? NULL : overrides_get(p->overrides, t->key, c);
	struct delta d = {.table = t->key->table->name, .column = c->name};

	d.key = row_key_format(t->key, key);
	d.was_set = was != NULL;
	d.is_set = set;
	d.old_value = was ? was : before ? set_text(before, c, old_text) : "";
	d.new_value = then ? set_text(then, c, new_text) : "";
	if (d.was_set != d.is_set || (d.is_set && strcmp(d.old_value, d.new_value) != 0))
		changeset_add(out, &d);
}

void plan_changes(const struct plan *p, struct changeset *out)
{
	struct target *t;

	RB_FOREACH (t, targets, (struct targets *)(uintptr_t)&p->targets) {
		const struct table *table = t->key->table;
		const struct row *before =
		    txn_before(t->was_running ? p->on_running : p->on_parked, t->key);
		const struct row *then = row_then(p, t);
		column_mask set = t->set;

		if (then && !t->now) /* a row that was made says so by these */
			set |= bit_of(table, table_status(table)) |
			       bit_of(table, table_column(table, "storage"));
		if (then && then->origin == STORAGE_PERMANENT)
			set &= ~bit_of(table, table_column(table, "storage"));
		if (!then)
			set = 0;
		set &= ~bit_of(table, table_column(table, "failover")); /* an action is no value */
		for (size_t i = 0; i < table->ncolumns; i++) {
			const struct column *c = &table->columns[i];
			bool wanted = set >> i & 1;

			/* a new row has nothing that was set before, when the file had it */
			if (wanted || !then || !t->now || t->unset >> i & 1)
				add_delta(p, out, t, before, then, c, wanted);
		}
	}
	for (size_t i = 0; i < p->absent->n; i++)
		changeset_add(out, &p->absent->list[i]);
}
