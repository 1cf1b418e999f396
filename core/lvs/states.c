/* SPDX-License-Identifier: BSD-2-Clause */
/* See states.h. */
#include "core/lvs/states.h"

#include <string.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/lvs/quorum.h"

/* row.user of a virtual server: NULL or this. */
static char adopted;

void states_adopted(struct virtual_server *vs)
{
	vs->row.user = &adopted;
}

static const char *word(enum virtual_state state)
{
	return enum_word(&enumeration_virtual_state, (int32_t)state);
}

static bool is_news(const struct virtual_server *vs, enum virtual_state old)
{
	return old != VIRTUAL_UNKNOWN || (vs->state != VIRTUAL_UP && vs->row.user != &adopted);
}

/* The one place where a virtual server's state is set. */
static void set_state(
    struct engine *e, struct virtual_server *vs, enum virtual_state state, const char *reason)
{
	enum virtual_state old = vs->state;

	vs->state = state;
	vs->last_change = clock_now();
	vs->transitions += old != VIRTUAL_UNKNOWN;
	row_set_text(&vs->reason, reason);
	engine_report(e, &vs->row,
	    COLUMN(virtual_server, state) | COLUMN(virtual_server, last_change) |
		COLUMN(virtual_server, transitions) | COLUMN(virtual_server, reason));
	if (!is_news(vs, old))
		return;
	log_notice("virtual server %s: %s -> %s: %s", vs->name, word(old), word(state), reason);
	engine_event(e, EVENT_VIRTUAL_SERVER_STATE, &vs->row, word(old), word(state), reason);
}

static void set_numbers(struct engine *e, struct virtual_server *vs, const struct quorum *q)
{
	uint32_t weight = q->weight_up < UINT32_MAX ? (uint32_t)q->weight_up : UINT32_MAX;
	column_mask mask = 0;

	if (vs->weight_up != weight)
		mask |= COLUMN(virtual_server, weight_up);
	if (vs->servers_up != q->servers_up)
		mask |= COLUMN(virtual_server, servers_up);
	vs->weight_up = weight;
	vs->servers_up = q->servers_up;
	if (mask)
		engine_report(e, &vs->row, mask);
}

static void set_reason(struct engine *e, struct virtual_server *vs, const char *reason)
{
	if (strcmp(vs->reason, reason) == 0)
		return;
	row_set_text(&vs->reason, reason);
	engine_report(e, &vs->row, COLUMN(virtual_server, reason));
}

void states_evaluate_pool(struct engine *e, struct pool *p, const struct quorum *q)
{
	enum server_state old = p->state, next = quorum_of_pool(p, q);

	if (next == old)
		return;
	p->state = next;
	p->last_change = clock_now();
	p->transitions += old != SERVER_UNKNOWN;
	log_info("pool %s: %s -> %s", p->name, enum_word(&enumeration_server_state, (int32_t)old),
	    enum_word(&enumeration_server_state, (int32_t)next));
	engine_report(e, &p->row, table_owned(p->row.table, P_LVS));
}

void states_evaluate(struct engine *e, struct virtual_server *vs, const struct quorum *q)
{
	char reason[QUORUM_REASON_SIZE];
	enum virtual_state next = quorum_next(vs, q, reason);

	set_numbers(e, vs, q);
	if (next != vs->state)
		set_state(e, vs, next, reason);
	else
		set_reason(e, vs, reason);
}

void states_stop(struct engine *e)
{
	STORE_FOREACH (virtual_server, vs, engine_store(e)) {
		if (vs->stop_down && vs->state != VIRTUAL_DOWN)
			set_state(e, vs, VIRTUAL_DOWN, "directord stops");
	}
}
