/* SPDX-License-Identifier: BSD-2-Clause */
/* See wanted.h. */
#include "core/lvs/wanted.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "core/lvs/desired.h"

/* A pool with the virtual servers that use it. */
struct unit {
	RB_ENTRY(unit) node;
	TAILQ_ENTRY(unit) due_entry;
	LIST_HEAD(, user) users;
	const char *pool;      /* a shared string, compared as a pointer; so is user.name */
	struct ipvs_key *keys; /* the services that the table has of it */
	size_t n_keys, room;
	bool due;
};

/* A virtual server. */
struct user {
	RB_ENTRY(user) node;
	LIST_ENTRY(user) entry;
	const char *name;
	struct unit *unit;
};

RB_HEAD(units, unit);
RB_HEAD(users, user);

struct wanted {
	struct ipvs_table table;
	struct units units;
	struct users users;
	TAILQ_HEAD(, unit) due;
	struct wanted_part part;
	const char **pools;
	size_t conflicts;
	bool all;
};

static int pointer_cmp(const void *a, const void *b)
{
	return (uintptr_t)a < (uintptr_t)b ? -1 : (uintptr_t)a > (uintptr_t)b;
}

static int unit_cmp(const struct unit *a, const struct unit *b)
{
	return pointer_cmp(a->pool, b->pool);
}

static int user_cmp(const struct user *a, const struct user *b)
{
	return pointer_cmp(a->name, b->name);
}

RB_GENERATE_INTERNAL(units, unit, node, unit_cmp, static __attribute__((unused)))
RB_GENERATE_INTERNAL(users, user, node, user_cmp, static __attribute__((unused)))

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (!p)
		abort();
	return p;
}

struct wanted *wanted_new(void)
{
	struct wanted *w = zeroed(1, sizeof(*w));

	RB_INIT(&w->units);
	RB_INIT(&w->users);
	TAILQ_INIT(&w->due);
	w->all = true;
	return w;
}

static void forget_part(struct wanted *w)
{
	ipvs_table_clear(&w->part.table);
	free(w->part.gone);
	for (size_t i = 0; i < w->part.n_pools; i++)
		str_free(w->pools[i]);
	free(w->pools);
	w->pools = NULL;
	memset(&w->part, 0, sizeof(w->part));
}

static void unit_free(struct wanted *w, struct unit *u)
{
	if (u->due)
		TAILQ_REMOVE(&w->due, u, due_entry);
	RB_REMOVE(units, &w->units, u);
	str_free(u->pool);
	free(u->keys);
	free(u);
}

static void user_free(struct wanted *w, struct user *v)
{
	LIST_REMOVE(v, entry);
	RB_REMOVE(users, &w->users, v);
	str_free(v->name);
	free(v);
}

void wanted_free(struct wanted *w)
{
	struct unit *u;
	struct user *v;

	while ((v = RB_MIN(users, &w->users)))
		user_free(w, v);
	while ((u = RB_MIN(units, &w->units)))
		unit_free(w, u);
	forget_part(w);
	ipvs_table_clear(&w->table);
	free(w);
}

/* ------------------------------------------------------------------------ what is due */

static struct unit *find_unit(struct wanted *w, const char *pool)
{
	struct unit key = {.pool = pool};

	return RB_FIND(units, &w->units, &key);
}

static struct user *find_user(struct wanted *w, const char *name)
{
	struct user key = {.name = name};

	return RB_FIND(users, &w->users, &key);
}

static void mark(struct wanted *w, struct unit *u)
{
	if (u->due)
		return;
	u->due = true;
	TAILQ_INSERT_TAIL(&w->due, u, due_entry);
}

static struct unit *get_unit(struct wanted *w, const char *pool)
{
	struct unit *u = find_unit(w, pool);

	if (u)
		return u;
	u = zeroed(1, sizeof(*u));
	u->pool = str_share(pool);
	LIST_INIT(&u->users);
	RB_INSERT(units, &w->units, u);
	return u;
}

static struct user *new_user(struct wanted *w, const char *name)
{
	struct user *v = zeroed(1, sizeof(*v));

	v->name = str_share(name);
	RB_INSERT(users, &w->users, v);
	return v;
}

static void note_virtual_server(
    struct wanted *w, const struct virtual_server *vs, enum change_kind kind)
{
	struct user *v = find_user(w, vs->name);

	if (v)
		mark(w, v->unit);
	if (kind == CHANGE_REMOVED) {
		if (v)
			user_free(w, v);
		return;
	}
	if (v && v->unit->pool == vs->pool)
		return;
	if (v)
		LIST_REMOVE(v, entry);
	else
		v = new_user(w, vs->name);
	v->unit = get_unit(w, vs->pool);
	LIST_INSERT_HEAD(&v->unit->users, v, entry);
	mark(w, v->unit);
}

void wanted_note(struct wanted *w, const struct change *c)
{
	const struct user *v;

	switch (c->row->table->id) {
	case TABLE_pool:
		mark(w, get_unit(w, ((const struct pool *)c->row)->name));
		break;
	case TABLE_real_server:
		mark(w, get_unit(w, ((const struct real_server *)c->row)->pool));
		break;
	case TABLE_virtual_server:
		note_virtual_server(w, (const struct virtual_server *)c->row, c->kind);
		break;
	case TABLE_virtual_service:
		v = find_user(w, ((const struct virtual_service *)c->row)->virtual_server);
		if (v) /* else its virtual server comes or goes with it, and says so itself */
			mark(w, v->unit);
		break;
	}
}

void wanted_note_all(struct wanted *w)
{
	w->all = true;
}

bool wanted_is_due(const struct wanted *w)
{
	return w->all || !TAILQ_EMPTY(&w->due);
}

void wanted_each_due(struct wanted *w, const struct store *s,
    void (*pool)(struct pool *p, void *arg),
    void (*virtual_server)(struct virtual_server *vs, void *arg), void *arg)
{
	struct virtual_server *vs;
	struct unit *u;
	struct user *v;
	struct pool *p;

	if (w->all) {
		STORE_FOREACH (pool, each, s)
			pool(each, arg);
		STORE_FOREACH (virtual_server, each, s)
			virtual_server(each, arg);
		return;
	}
	TAILQ_FOREACH (u, &w->due, due_entry) {
		p = store_pool(s, u->pool);
		if (p)
			pool(p, arg);
		LIST_FOREACH (v, &u->users, entry) {
			vs = store_virtual_server(s, v->name);
			if (vs)
				virtual_server(vs, arg);
		}
	}
}

/* --------------------------------------------------------------------------- building */

static void add_key(struct unit *u, const struct virtual_service *vsvc)
{
	if (u->n_keys == u->room) {
		u->room = u->room ? 2 * u->room : 2;
		u->keys = reallocarray(u->keys, u->room, sizeof(*u->keys));
		if (!u->keys)
			abort();
	}
	u->keys[u->n_keys++] = desired_key(vsvc);
}

static void note_keys(struct unit *u, const struct store *s)
{
	struct user *v;

	u->n_keys = 0;
	LIST_FOREACH (v, &u->users, entry)
		STORE_FOREACH_OF(virtual_service, vsvc, s, v->name)
	add_key(u, vsvc);
}

/* Units that are done; those without users are in no table, and made again when something of them changes. */
static void done(struct wanted *w)
{
	struct unit *u;

	while ((u = TAILQ_FIRST(&w->due))) {
		TAILQ_REMOVE(&w->due, u, due_entry);
		u->due = false;
		if (LIST_EMPTY(&u->users))
			unit_free(w, u);
	}
}

static void build_whole(struct wanted *w, const struct store *s)
{
	struct unit *u;

	w->conflicts = desired_build(s, &w->table);
	RB_FOREACH (u, units, &w->units)
		note_keys(u, s);
	done(w);
	w->all = false;
}

static int key_order(const void *a, const void *b)
{
	return ipvs_key_cmp(a, b);
}

static bool is_among(const struct ipvs_key *key, const struct ipvs_key *list, size_t n)
{
	return n && bsearch(key, list, n, sizeof(*list), key_order);
}

/* What the units that are due had in the table. */
static struct ipvs_key *old_keys(const struct wanted *w, size_t *n)
{
	struct ipvs_key *list;
	const struct unit *u;
	size_t count = 0;

	TAILQ_FOREACH (u, &w->due, due_entry)
		count += u->n_keys;
	list = zeroed(count, sizeof(*list));
	*n = 0;
	TAILQ_FOREACH (u, &w->due, due_entry) {
		for (size_t i = 0; i < u->n_keys; i++)
			list[(*n)++] = u->keys[i];
	}
	if (*n)
		qsort(list, *n, sizeof(*list), key_order);
	return list;
}

static void make_part(struct wanted *w, const struct store *s)
{
	const struct virtual_server *vs;
	const struct unit *u;
	const struct user *v;
	size_t n = 0;

	TAILQ_FOREACH (u, &w->due, due_entry)
		n++;
	w->pools = zeroed(n, sizeof(*w->pools));
	w->part.pools = w->pools;
	TAILQ_FOREACH (u, &w->due, due_entry) {
		w->pools[w->part.n_pools++] = str_share(u->pool);
		LIST_FOREACH (v, &u->users, entry) {
			vs = store_virtual_server(s, v->name);
			if (vs)
				desired_add(s, vs, &w->part.table);
		}
	}
	ipvs_table_sort(&w->part.table);
}

/* No service of the part is there twice, or another pool's. */
static bool part_is_unique(struct wanted *w, const struct ipvs_key *old, size_t n)
{
	if (ipvs_table_unique(&w->part.table))
		return false;
	for (size_t i = 0; i < w->part.table.n_services; i++) {
		const struct ipvs_key *key = &w->part.table.services[i].key;

		if (!is_among(key, old, n) && ipvs_table_find(&w->table, key))
			return false;
	}
	return true;
}

static bool build_part(struct wanted *w, const struct store *s)
{
	size_t n;
	struct ipvs_key *old = old_keys(w, &n);
	struct unit *u;

	make_part(w, s);
	if (!part_is_unique(w, old, n)) {
		free(old);
		return false;
	}
	w->part.gone = old;
	for (size_t i = 0; i < n; i++)
		if (!ipvs_table_find(&w->part.table, &old[i]))
			old[w->part.n_gone++] = old[i];
	ipvs_table_replace(&w->table, old, w->part.n_gone, &w->part.table);
	TAILQ_FOREACH (u, &w->due, due_entry)
		note_keys(u, s);
	done(w);
	return true;
}

enum wanted_news wanted_build(struct wanted *w, const struct store *s)
{
	forget_part(w);
	if (!wanted_is_due(w))
		return WANTED_SAME;
	/* of two that have the same service, one is chosen among all */
	if (!w->all && !w->conflicts && build_part(w, s))
		return WANTED_PART;
	forget_part(w);
	build_whole(w, s);
	return WANTED_WHOLE;
}

const struct ipvs_table *wanted_table(const struct wanted *w)
{
	return &w->table;
}

const struct wanted_part *wanted_part(const struct wanted *w)
{
	return &w->part;
}

size_t wanted_conflicts(const struct wanted *w)
{
	return w->conflicts;
}
