/* SPDX-License-Identifier: BSD-2-Clause */
/* See wanted.h. */
#include "core/lvs/wanted.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "core/lvs/desired.h"

/* At more addresses of a pool than so many at once it is not worth while to look at each. */
#define FEW 32

/* A pool with the virtual servers that use it. */
struct unit {
	RB_ENTRY(unit) node;
	TAILQ_ENTRY(unit) due_entry;
	LIST_HEAD(, user) users;
	const char *pool;      /* a shared string, compared as a pointer; so is user.name */
	struct ipvs_key *keys; /* the services that the table has of it */
	size_t n_keys, room;
	struct quorum count; /* of the pool's servers, but for those that have changed */
	bool counted;	     /* else they are to be counted anew */
	bool due;
	bool whole;		/* due as a whole; else only its servers at some addresses */
	struct addr *addresses; /* room for FEW, while it is due */
	size_t n_addresses;
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
	struct ipvs_key *gone; /* of the part; so are the next two */
	struct addr *addresses;
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

void wanted_part_done(struct wanted *w)
{
	ipvs_table_clear(&w->part.ipvs.table);
	free(w->gone);
	free(w->addresses);
	for (size_t i = 0; i < w->part.n_pools; i++)
		str_free(w->pools[i]);
	free(w->pools);
	w->gone = NULL;
	w->addresses = NULL;
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
	free(u->addresses);
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
	wanted_part_done(w);
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

static void mark_whole(struct wanted *w, struct unit *u)
{
	mark(w, u);
	u->whole = true;
}

static void mark_server(struct wanted *w, struct unit *u, const struct real_server *rs)
{
	mark(w, u);
	quorum_take(&u->count, rs);
	if (u->n_addresses && addr_equal(&u->addresses[u->n_addresses - 1], &rs->address))
		return;
	if (!u->addresses)
		u->addresses = zeroed(FEW, sizeof(*u->addresses));
	if (u->n_addresses == FEW)
		u->whole = true;
	else
		u->addresses[u->n_addresses++] = rs->address;
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
		mark_whole(w, v->unit);
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
	mark_whole(w, v->unit);
}

void wanted_note(struct wanted *w, const struct change *c)
{
	const struct user *v;
	struct unit *u;

	switch (c->row->table->id) {
	case TABLE_pool:
		u = get_unit(w, ((const struct pool *)c->row)->name);
		u->counted = false; /* whether its servers start down */
		mark_whole(w, u);
		break;
	case TABLE_real_server:
		u = get_unit(w, ((const struct real_server *)c->row)->pool);
		mark_server(w, u, (const struct real_server *)c->row);
		break;
	case TABLE_virtual_server:
		note_virtual_server(w, (const struct virtual_server *)c->row, c->kind);
		break;
	case TABLE_virtual_service:
		v = find_user(w, ((const struct virtual_service *)c->row)->virtual_server);
		if (v) /* else its virtual server comes or goes with it, and says so itself */
			mark_whole(w, v->unit);
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

/* --------------------------------------------------------------------------- states */

static void count_all(struct unit *u, const struct store *s, bool start_down)
{
	POOL_FOREACH_SERVER (rs, s, u->pool) {
		((struct server_memory *)rs->row.user)->share.counted = false;
		quorum_put(&u->count, rs, start_down);
	}
}

static void count_due(struct unit *u, const struct store *s, bool start_down)
{
	for (size_t i = 0; i < u->n_addresses; i++)
		POOL_FOREACH_SERVER_AT(rs, s, u->pool, &u->addresses[i])
	quorum_put(&u->count, rs, start_down);
}

/* The servers that have changed are counted again. */
static void count(struct unit *u, const struct store *s, const struct pool *p)
{
	bool start_down = p && p->start_down;

	if (u->counted && u->n_addresses < FEW) {
		count_due(u, s, start_down);
		return;
	}
	memset(&u->count, 0, sizeof(u->count));
	count_all(u, s, start_down);
	u->counted = true;
}

static void evaluate_unit(
    struct unit *u, const struct store *s, const struct wanted_states *evaluate)
{
	struct pool *p = store_pool(s, u->pool);
	struct user *v;

	count(u, s, p);
	if (p)
		evaluate->pool(p, &u->count, evaluate->arg);
	LIST_FOREACH (v, &u->users, entry) {
		struct virtual_server *vs = store_virtual_server(s, v->name);
		enum virtual_state before = vs ? vs->state : VIRTUAL_UNKNOWN;

		if (!vs)
			continue;
		evaluate->virtual_server(vs, &u->count, evaluate->arg);
		if (vs->state != before)
			u->whole = true;
	}
}

void wanted_each_due(struct wanted *w, const struct store *s, const struct wanted_states *evaluate)
{
	struct unit *u;

	if (w->all) {
		STORE_FOREACH (pool, p, s)
			mark_whole(w, get_unit(w, p->name));
		RB_FOREACH (u, units, &w->units) {
			u->counted = false;
			mark_whole(w, u);
		}
	}
	TAILQ_FOREACH (u, &w->due, due_entry)
		evaluate_unit(u, s, evaluate);
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
		u->due = u->whole = false;
		free(u->addresses);
		u->addresses = NULL;
		u->n_addresses = 0;
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
			if (!vs)
				continue;
			if (w->addresses)
				desired_add_at(s, vs, w->addresses, w->part.ipvs.n_addresses,
				    &w->part.ipvs.table);
			else
				desired_add(s, vs, &w->part.ipvs.table);
		}
	}
	ipvs_table_sort(&w->part.ipvs.table);
}

/* No service of the part is there twice, or another pool's. */
static bool part_is_unique(struct wanted *w, const struct ipvs_key *old, size_t n)
{
	if (ipvs_table_unique(&w->part.ipvs.table))
		return false;
	for (size_t i = 0; i < w->part.ipvs.table.n_services; i++) {
		const struct ipvs_key *key = &w->part.ipvs.table.services[i].key;

		if (!is_among(key, old, n) && ipvs_table_find(&w->table, key))
			return false;
	}
	return true;
}

static bool build_services(struct wanted *w, const struct store *s)
{
	struct ipvs_part *part = &w->part.ipvs;
	struct unit *u;
	size_t n;

	w->gone = old_keys(w, &n);
	make_part(w, s);
	if (!part_is_unique(w, w->gone, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ipvs_table_find(&part->table, &w->gone[i]))
			w->gone[part->n_gone++] = w->gone[i];
	part->gone = w->gone;
	ipvs_table_replace(&w->table, part);
	TAILQ_FOREACH (u, &w->due, due_entry)
		note_keys(u, s);
	return true;
}

static int address_order(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

/* The addresses of the units that are due, if none is due as a whole. */
static bool find_addresses(struct wanted *w)
{
	size_t n = 0, kept = 0;
	struct addr *list;
	struct unit *u;

	TAILQ_FOREACH (u, &w->due, due_entry) {
		if (u->whole)
			return false;
		n += u->n_addresses;
	}
	list = w->addresses = zeroed(n, sizeof(*list));
	n = 0;
	TAILQ_FOREACH (u, &w->due, due_entry) {
		for (size_t i = 0; i < u->n_addresses; i++)
			list[n++] = u->addresses[i];
	}
	qsort(list, n, sizeof(*list), address_order);
	for (size_t i = 0; i < n; i++)
		if (!kept || !addr_equal(&list[kept - 1], &list[i]))
			list[kept++] = list[i];
	w->part.ipvs.addresses = list;
	w->part.ipvs.n_addresses = kept;
	return true;
}

static void build_addresses(struct wanted *w, const struct store *s)
{
	make_part(w, s);
	ipvs_table_unique(&w->part.ipvs.table); /* two servers may be one destination */
	ipvs_table_replace(&w->table, &w->part.ipvs);
}

static bool build_part(struct wanted *w, const struct store *s)
{
	if (find_addresses(w))
		build_addresses(w, s);
	else if (!build_services(w, s))
		return false;
	done(w);
	return true;
}

enum wanted_news wanted_build(struct wanted *w, const struct store *s)
{
	wanted_part_done(w);
	if (!wanted_is_due(w))
		return WANTED_SAME;
	/* of two that have the same service, one is chosen among all */
	if (!w->all && !w->conflicts && build_part(w, s))
		return WANTED_PART;
	wanted_part_done(w);
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
