/* SPDX-License-Identifier: BSD-2-Clause */
/* See inherit.h.  The rules are keepalived's. */
#include "core/config/inherit.h"

#define PRIORITY_OWNER 255
#define PERSISTENCE_DEFAULT 360 /* s */
#define HTTP_RETRY_DELAY (3 * USEC_PER_SEC)

/* In strict mode, these do not come from global_defs. */
static const column_mask strict_columns =
    COLUMN(vrrp_instance, accept) | COLUMN(vrrp_instance, garp_lower_repeat) |
    COLUMN(vrrp_instance, lower_prio_no_advert) | COLUMN(vrrp_instance, higher_prio_send_advert);

static void inherit_strict(struct vrrp_instance *i, column_mask given)
{
	if (!(given & COLUMN(vrrp_instance, accept)))
		i->accept = i->priority == PRIORITY_OWNER;
	if (!(given & COLUMN(vrrp_instance, garp_lower_repeat)))
		i->garp_lower_repeat = 0;
	if (!(given & COLUMN(vrrp_instance, lower_prio_no_advert)))
		i->lower_prio_no_advert = true;
}

column_mask inherit_global(const struct vrrp_instance *i)
{
	return i->strict_mode ? ~strict_columns : ~(column_mask)0;
}

/*
 * IPv6 needs version 3.  A master without a priority owns the addresses, and an owner without a state is the
 * master.
 */
static void inherit_instance(struct vrrp_instance *i, column_mask given, uint32_t vrrp_version)
{
	if (!(given & COLUMN(vrrp_instance, version)))
		i->version = i->family == INET_IPV6 ? 3 : vrrp_version;
	if (!(given & COLUMN(vrrp_instance, priority)) && i->initial_state == VRRP_INITIAL_MASTER)
		i->priority = PRIORITY_OWNER;
	if (!(given & COLUMN(vrrp_instance, initial_state)) && i->priority == PRIORITY_OWNER)
		i->initial_state = VRRP_INITIAL_MASTER;
	if (i->strict_mode)
		inherit_strict(i, given);
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

static void inherit_notification(struct notification *n, column_mask given)
{
	const struct event_info *i = event_info_find(n->kind);

	if (!(given & COLUMN(notification, limit)) && i)
		n->limit = i->limit;
}

void inherit(struct row *r, column_mask given, uint32_t vrrp_version)
{
	if (r->table == &tables[TABLE_vrrp_instance])
		inherit_instance((struct vrrp_instance *)r, given, vrrp_version);
	else if (r->table == &tables[TABLE_check])
		inherit_check((struct check *)r, given);
	else if (r->table == &tables[TABLE_virtual_server])
		inherit_virtual_server((struct virtual_server *)r, given);
	else if (r->table == &tables[TABLE_notification])
		inherit_notification((struct notification *)r, given);
}

column_mask inherit_columns(const struct table *t)
{
	if (t == &tables[TABLE_vrrp_instance])
		return COLUMN(vrrp_instance, version) | COLUMN(vrrp_instance, priority) |
		       COLUMN(vrrp_instance, initial_state) | strict_columns;
	if (t == &tables[TABLE_check])
		return COLUMN(check, retry_delay);
	if (t == &tables[TABLE_virtual_server])
		return COLUMN(virtual_server, persistence_timeout);
	if (t == &tables[TABLE_notification])
		return COLUMN(notification, limit);
	return 0;
}

bool inherit_is_strict(const struct vrrp_peer *p)
{
	return p->min_ttl > 0 || p->max_ttl < 255;
}
