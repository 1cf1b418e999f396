/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The history of each instance: its last changes of state, as rows; see router.h.  The rows are in the
 * hub, too, so that they outlive this process.
 */
#include "core/vrrp/router.h"

#define KEPT 16

static struct row *oldest(const struct virtual *v)
{
	return store_first_of(engine_store(v->router->engine), TABLE_vrrp_transition, v->row->name);
}

void transition_add(struct virtual *v, enum vrrp_state old, const struct transition *t)
{
	struct row *first = oldest(v);
	struct vrrp_transition *last = NULL, *row;
	unsigned n = 0;

	for (struct row *r = first; r; r = store_next_of(r)) {
		last = (struct vrrp_transition *)r;
		n++;
	}
	row = ROW_NEW(vrrp_transition);
	row_set_text(&row->instance, v->row->name);
	row->number = last ? last->number + 1 : 1;
	row->time = clock_wall() - (clock_now() - t->at);
	row->old_state = old;
	row->new_state = t->new;
	row_set_text(&row->reason, t->reason);
	if (n >= KEPT)
		engine_remove(v->router->engine, first);
	engine_add(v->router->engine, &row->row);
}

void transitions_forget(struct virtual *v)
{
	struct row *row;

	while ((row = oldest(v)))
		engine_remove(v->router->engine, row);
}
