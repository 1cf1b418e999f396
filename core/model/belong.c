/* SPDX-License-Identifier: BSD-2-Clause */
/* See belong.h. */
#include "core/model/belong.h"

int belong_level(const struct table *t)
{
	switch ((enum table_id)t->id) {
	case TABLE_check:
		return 2;
	case TABLE_real_server:
	case TABLE_virtual_service:
	case TABLE_vrrp_address:
	case TABLE_vrrp_peer:
	case TABLE_vrrp_route:
	case TABLE_vrrp_rule:
	case TABLE_vrrp_track:
	case TABLE_sync_group_track:
		return 1;
	default: /* of all tables only these belong to others */
		return 0;
	}
}

static struct row *server_of_check(const struct row *r)
{
	const struct check *c = (const struct check *)r;
	struct real_server *rs;

	if (r->table->id != TABLE_check || !addr_is_set(&c->server_address))
		return NULL;
	rs = ROW_NEW(real_server);
	row_set_text(&rs->pool, c->pool);
	rs->address = c->server_address;
	rs->port = c->server_port;
	return &rs->row;
}

struct row *belong_key(const struct row *r, int which)
{
	struct row *key;

	if (which == 1)
		return server_of_check(r);
	if (belong_level(r->table) == 0 || !*column_text(r, &r->table->columns[0]))
		return NULL;
	key = row_new(table_find(r->table->columns[0].ref));
	row_set_text(
	    COLUMN_PTR(key, &key->table->columns[0]), column_text(r, &r->table->columns[0]));
	return key;
}

bool belong_in_effect(const struct store *all, const struct row *r, const struct row **why)
{
	const struct column *status = table_status(r->table);

	*why = r;
	if (status && column_number(r, status) != STATUS_ACTIVE)
		return false;
	for (int i = 0; i < 2; i++) {
		struct row *key = belong_key(r, i);
		const struct row *parent = key ? store_find(all, key) : NULL;

		row_free(key);
		if (parent && !belong_in_effect(all, parent, why))
			return false;
	}
	return true;
}
