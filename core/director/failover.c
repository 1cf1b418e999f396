/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mastership that was handed over for a time: the hub knows until when, also across restarts of
 * everything; what is done about it is the business of vrrp.
 */
#include "core/director/hub.h"

#include "core/base/log.h"

static usec_t left(usec_t until, usec_t now)
{
	return until > now ? until - now : 0;
}

/* until: 0, or when it is over.  Instances and groups have the same two columns. */
static void tell(struct hub *h, struct row *r, usec_t *until, usec_t *shown, usec_t new_until)
{
	const struct table *t = r->table;
	/* whole seconds, so that it is told once a second */
	usec_t whole =
	    (left(new_until, clock_now()) + USEC_PER_SEC - 1) / USEC_PER_SEC * USEC_PER_SEC;
	column_mask mask = 0;

	if (*until != new_until)
		mask |= (column_mask)1 << (table_column(t, "failover_until") - t->columns);
	if (*shown != whole)
		mask |= (column_mask)1 << (table_column(t, "failover") - t->columns);
	*until = new_until;
	*shown = whole;
	if (!mask)
		return;
	hub_changed(h, r, mask);
	kept_changed(h, r, mask);
}

static void set(struct hub *h, struct row *r, usec_t until)
{
	if (r->table->id == TABLE_vrrp_instance) {
		struct vrrp_instance *i = (struct vrrp_instance *)r;

		tell(h, r, &i->failover_until, &i->failover, until);
	} else {
		struct sync_group *g = (struct sync_group *)r;

		tell(h, r, &g->failover_until, &g->failover, until);
	}
}

void failover_set(const struct row *key, usec_t time, void *arg)
{
	struct hub *h = arg;
	struct row *r = store_find(h->store, key);
	char text[ROW_TEXT_SIZE];

	if (!r)
		return;
	if (time)
		log_notice("%s: hands over for %u s", row_format(r, text),
		    (unsigned)(time / USEC_PER_SEC));
	else
		log_notice("%s: hands over no more", row_format(r, text));
	set(h, r, time ? clock_now() + time : 0);
}

void failover_tick(struct hub *h)
{
	usec_t now = clock_now();

	STORE_FOREACH (vrrp_instance, i, h->store)
		if (i->failover_until || i->failover)
			set(h, &i->row, left(i->failover_until, now) ? i->failover_until : 0);
	STORE_FOREACH (sync_group, g, h->store)
		if (g->failover_until || g->failover)
			set(h, &g->row, left(g->failover_until, now) ? g->failover_until : 0);
}
