/* SPDX-License-Identifier: BSD-2-Clause */
/* See inherit.h.  The rules are keepalived's. */
#include "core/config/inherit.h"

#define PRIORITY_OWNER 255
#define PERSISTENCE_DEFAULT 360 /* s */
#define HTTP_RETRY_DELAY (3 * USEC_PER_SEC)

/* A master without a priority owns the addresses, and an owner without a state is the master. */
static void inherit_instance(struct vrrp_instance *i, column_mask given, uint32_t vrrp_version)
{
	if (!(given & COLUMN(vrrp_instance, version)))
		i->version = vrrp_version;
	if (!(given & COLUMN(vrrp_instance, priority)) && i->initial_state == VRRP_INITIAL_MASTER)
		i->priority = PRIORITY_OWNER;
	if (!(given & COLUMN(vrrp_instance, initial_state)) && i->priority == PRIORITY_OWNER)
		i->initial_state = VRRP_INITIAL_MASTER;
}

static void inherit_check(struct check *c, column_mask given)
{
	if (!(given & COLUMN(check, retry_delay)) && c->type != CHECK_TCP)
		c->retry_delay = HTTP_RETRY_DELAY;
}

static void inherit_virtual_server(struct virtual_server *vs, column_mask given)
{
	if (!(given & COLUMN(virtual_server, persistence_timeout)) && vs->persistence_prefix)
		vs->persistence_timeout = PERSISTENCE_DEFAULT;
}

void inherit(struct row *r, column_mask given, uint32_t vrrp_version)
{
	if (r->table == &tables[TABLE_vrrp_instance])
		inherit_instance((struct vrrp_instance *)r, given, vrrp_version);
	else if (r->table == &tables[TABLE_check])
		inherit_check((struct check *)r, given);
	else if (r->table == &tables[TABLE_virtual_server])
		inherit_virtual_server((struct virtual_server *)r, given);
}

column_mask inherit_columns(const struct table *t)
{
	if (t == &tables[TABLE_vrrp_instance])
		return COLUMN(vrrp_instance, version) | COLUMN(vrrp_instance, priority) |
		       COLUMN(vrrp_instance, initial_state);
	if (t == &tables[TABLE_check])
		return COLUMN(check, retry_delay);
	if (t == &tables[TABLE_virtual_server])
		return COLUMN(virtual_server, persistence_timeout);
	return 0;
}
