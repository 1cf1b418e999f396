/* SPDX-License-Identifier: BSD-2-Clause */
/* The store of row.h: one red-black tree a table. */
#include "core/model/row.h"

#include <stdlib.h>
#include <string.h>

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

struct row *store_named(const struct store *s, enum table_id t, const char *name)
{
	struct row *key = row_new(&tables[t]), *found;

	row_set_text(COLUMN_PTR(key, &tables[t].columns[0]), name);
	found = store_find(s, key);
	row_free(key);
	return found;
}

struct pool *store_pool(const struct store *s, const char *name)
{
	return (struct pool *)store_named(s, TABLE_pool, name);
}

struct virtual_server *store_virtual_server(const struct store *s, const char *name)
{
	return (struct virtual_server *)store_named(s, TABLE_virtual_server, name);
}

struct vrrp_instance *store_vrrp_instance(const struct store *s, const char *name)
{
	return (struct vrrp_instance *)store_named(s, TABLE_vrrp_instance, name);
}

struct sync_group *store_sync_group(const struct store *s, const char *name)
{
	return (struct sync_group *)store_named(s, TABLE_sync_group, name);
}

struct script *store_script(const struct store *s, const char *name)
{
	return (struct script *)store_named(s, TABLE_script, name);
}

struct vrrp_interface *store_vrrp_interface(const struct store *s, const char *name)
{
	return (struct vrrp_interface *)store_named(s, TABLE_vrrp_interface, name);
}

struct track_file *store_track_file(const struct store *s, const char *name)
{
	return (struct track_file *)store_named(s, TABLE_track_file, name);
}

int track_table(enum track_kind kind)
{
	switch (kind) {
	case TRACK_INTERFACE:
		return -1;
	case TRACK_SCRIPT:
		return TABLE_script;
	case TRACK_FILE:
		return TABLE_track_file;
	case TRACK_VIRTUAL_SERVER:
		return TABLE_virtual_server;
	case TRACK_POOL:
		return TABLE_pool;
	case TRACK_PROCESS:
		return TABLE_track_process;
	}
	return -1;
}

bool track_has_weight(enum track_kind kind)
{
	return kind == TRACK_SCRIPT || kind == TRACK_FILE || kind == TRACK_PROCESS;
}

const char *track_keyword(enum track_kind kind)
{
	switch (kind) {
	case TRACK_INTERFACE:
		return "track_interface";
	case TRACK_SCRIPT:
		return "track_script";
	case TRACK_FILE:
		return "track_file";
	case TRACK_VIRTUAL_SERVER:
		return "track_virtual_server";
	case TRACK_POOL:
		return "track_pool";
	case TRACK_PROCESS:
		return "track_process";
	}
	return "";
}

struct row *store_tracker(const struct store *s, enum track_kind kind, const char *name)
{
	static const enum table_id trackers[] = {TABLE_vrrp_track, TABLE_sync_group_track};

	for (size_t k = 0; k < sizeof(trackers) / sizeof(*trackers); k++)
		for (struct row *r = store_first(s, trackers[k]); r; r = store_next(r))
			if (column_number(r, &r->table->columns[COL_vrrp_track_kind]) == kind &&
			    strcmp(column_text(r, &r->table->columns[COL_vrrp_track_tracked]),
				name) == 0)
				return r;
	return NULL;
}

struct row *store_scalar(struct store *s, enum table_id t)
{
	struct row *r = store_first(s, t);

	if (!r) {
		r = row_new(&tables[t]);
		store_insert(s, r);
	}
	return r;
}

struct system *store_system(struct store *s)
{
	return (struct system *)store_scalar(s, TABLE_system);
}

struct notification *store_notification(const struct store *s, enum event_kind kind)
{
	struct notification *key = ROW_NEW(notification);
	struct row *found;

	key->kind = kind;
	found = store_find(s, &key->row);
	row_free(&key->row);
	return (struct notification *)found;
}

void store_notifications(struct store *s)
{
	for (const struct event_info *i = event_infos; i->mib; i++) {
		struct notification *n;

		if (store_notification(s, i->kind))
			continue;
		n = ROW_NEW(notification);
		n->kind = i->kind;
		n->limit = i->limit;
		store_insert(s, &n->row);
	}
}

const struct addr notify_no_address = {.family = ADDR_IPV4};

struct notify_script *store_notify_script(const struct store *s, enum notify_owner kind,
    const char *owner, const struct addr *address, uint32_t port, enum notify_event event)
{
	struct notify_script *key = ROW_NEW(notify_script);
	struct row *found;

	key->owner_kind = kind;
	row_set_text(&key->owner, owner);
	key->address = address ? *address : notify_no_address;
	key->port = port;
	key->event = event;
	found = store_find(s, &key->row);
	row_free(&key->row);
	return (struct notify_script *)found;
}

struct row *store_first_of(const struct store *s, enum table_id t, const char *name)
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

struct row *store_next_of(const struct row *r)
{
	const struct column *c = &r->table->columns[0];
	struct row *next = store_next(r);

	return next && column_text(next, c) == column_text(r, c) ? next : NULL;
}

struct real_server *store_first_server(const struct store *s, const char *pool)
{
	return (struct real_server *)store_first_of(s, TABLE_real_server, pool);
}

struct virtual_service *store_first_service(const struct store *s, const char *virtual_server)
{
	return (struct virtual_service *)store_first_of(s, TABLE_virtual_service, virtual_server);
}
