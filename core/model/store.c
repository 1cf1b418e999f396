/* SPDX-License-Identifier: BSD-2-Clause */
/* The store of row.h: one red-black tree a table. */
#include "core/model/row.h"

#include <stdlib.h>

RB_HEAD(row_tree, row);
/* Not RB_GENERATE_STATIC(): it needs a word that only libbsd's overlay headers define. */
RB_GENERATE_INTERNAL(row_tree, row, node, row_key_cmp, static __attribute__((unused)))

struct store {
	struct row_tree trees[TABLE_COUNT];
	size_t counts[TABLE_COUNT];
};

struct store *store_new(void)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	for (size_t i = 0; i < TABLE_COUNT; i++)
		RB_INIT(&s->trees[i]);
	return s;
}

void store_free(struct store *s)
{
	struct row *r;

	if (!s)
		return;
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		while ((r = RB_MIN(row_tree, &s->trees[i]))) {
			RB_REMOVE(row_tree, &s->trees[i], r);
			row_free(r);
		}
	}
	free(s);
}

struct row *store_find(const struct store *s, const struct row *key)
{
	return RB_FIND(row_tree, (struct row_tree *)(uintptr_t)&s->trees[key->table->id],
	    (struct row *)(uintptr_t)key);
}

struct row *store_insert(struct store *s, struct row *r)
{
	struct row *there = RB_INSERT(row_tree, &s->trees[r->table->id], r);

	if (!there)
		s->counts[r->table->id]++;
	return there;
}

void store_remove(struct store *s, struct row *r)
{
	RB_REMOVE(row_tree, &s->trees[r->table->id], r);
	s->counts[r->table->id]--;
}

size_t store_count(const struct store *s, enum table_id t)
{
	return s->counts[t];
}

struct row *store_first(const struct store *s, enum table_id t)
{
	return RB_MIN(row_tree, (struct row_tree *)(uintptr_t)&s->trees[t]);
}

struct row *store_next(const struct row *r)
{
	return RB_NEXT(row_tree, NULL, (struct row *)(uintptr_t)r);
}

struct row *store_at_or_after(const struct store *s, const struct row *key)
{
	return RB_NFIND(row_tree, (struct row_tree *)(uintptr_t)&s->trees[key->table->id],
	    (struct row *)(uintptr_t)key);
}

struct row *store_search(const struct store *s, enum table_id t,
    bool (*before)(const struct row *r, const void *arg), const void *arg)
{
	struct row *found = NULL;

	for (struct row *r = RB_ROOT(&s->trees[t]); r;) {
		if (before(r, arg)) {
			r = RB_RIGHT(r, node);
		} else {
			found = r;
			r = RB_LEFT(r, node);
		}
	}
	return found;
}

/* Finds the row of a table whose whole key is one name. */
static struct row *find_named(const struct store *s, enum table_id t, const char *name)
{
	struct row *key = row_new(&tables[t]), *found;

	row_set_text(COLUMN_PTR(key, &tables[t].columns[0]), name);
	found = store_find(s, key);
	row_free(key);
	return found;
}

struct pool *store_pool(const struct store *s, const char *name)
{
	return (struct pool *)find_named(s, TABLE_pool, name);
}

struct virtual_server *store_virtual_server(const struct store *s, const char *name)
{
	return (struct virtual_server *)find_named(s, TABLE_virtual_server, name);
}

struct vrrp_instance *store_vrrp_instance(const struct store *s, const char *name)
{
	return (struct vrrp_instance *)find_named(s, TABLE_vrrp_instance, name);
}

struct sync_group *store_sync_group(const struct store *s, const char *name)
{
	return (struct sync_group *)find_named(s, TABLE_sync_group, name);
}

struct system *store_system(struct store *s)
{
	struct row *r = store_first(s, TABLE_system);

	if (!r) {
		r = row_new(&tables[TABLE_system]);
		store_insert(s, r);
	}
	return (struct system *)r;
}

/* The first row of a table whose first key column is the name. */
static struct row *first_of(const struct store *s, enum table_id t, const char *name)
{
	struct row *key = row_new(&tables[t]), *found;
	const struct column *c = &tables[t].columns[0];

	for (size_t i = 0; i < tables[t].keys; i++)
		if (tables[t].columns[i].type == TYPE_ENUM)
			column_set_number(key, &tables[t].columns[i], 0); /* before every word */
	row_set_text(COLUMN_PTR(key, c), name);
	found = store_at_or_after(s, key);
	if (found && column_text(found, c) != column_text(key, c))
		found = NULL;
	row_free(key);
	return found;
}

struct real_server *store_first_server(const struct store *s, const char *pool)
{
	return (struct real_server *)first_of(s, TABLE_real_server, pool);
}

struct virtual_service *store_first_service(const struct store *s, const char *virtual_server)
{
	return (struct virtual_service *)first_of(s, TABLE_virtual_service, virtual_server);
}
