/* SPDX-License-Identifier: BSD-2-Clause */
/* See quorum.h. */
#include "core/lvs/quorum.h"

#include <inttypes.h>
#include <stdio.h>

struct real_server *pool_server_at(
    const struct store *s, const char *pool, const struct addr *address)
{
	struct real_server *key = ROW_NEW(real_server);
	struct row *found;

	row_set_text(&key->pool, pool);
	key->address = *address;
	found = store_at_or_after(s, &key->row);
	row_free(&key->row);
	return (struct real_server *)found;
}

bool server_is_up(const struct real_server *rs, bool start_down)
{
	const struct server_memory *m = rs->row.user;
	enum server_state state = rs->state;

	if (state == SERVER_UNKNOWN && m)
		state = m->known;
	switch (state) {
	case SERVER_UP:
		return true;
	case SERVER_DOWN:
		return false;
	case SERVER_UNKNOWN:
		break;
	}
	return !start_down;
}

static struct quorum_share share_of(const struct real_server *rs, bool start_down)
{
	bool up = server_is_up(rs, start_down), enabled = rs->admin_state == ADMIN_ENABLED;

	return (struct quorum_share){.counted = true,
	    .up = up && rs->admin_state != ADMIN_DISABLED,
	    .weight = up && enabled ? (uint16_t)rs->weight : 0,
	    .waiting = enabled && !up && rs->state == SERVER_UNKNOWN && server_is_up(rs, false)};
}

static void add_share(struct quorum *q, const struct quorum_share *share)
{
	q->servers++;
	q->servers_up += share->up;
	q->weight_up += share->weight;
	q->waiting += share->waiting;
}

struct quorum quorum_count(const struct store *s, const char *pool)
{
	const struct pool *p = store_pool(s, pool);
	struct quorum q = {.servers = 0};

	POOL_FOREACH_SERVER (rs, s, pool) {
		struct quorum_share share = share_of(rs, p && p->start_down);

		add_share(&q, &share);
	}
	return q;
}

void quorum_put(struct quorum *q, const struct real_server *rs, bool start_down)
{
	struct server_memory *m = rs->row.user;

	if (m->share.counted)
		return;
	m->share = share_of(rs, start_down);
	add_share(q, &m->share);
}

void quorum_take(struct quorum *q, const struct real_server *rs)
{
	struct server_memory *m = rs->row.user;

	if (!m->share.counted)
		return;
	q->servers--;
	q->servers_up -= m->share.up;
	q->weight_up -= m->share.weight;
	q->waiting -= m->share.waiting;
	m->share.counted = false;
}

/* The weight that it takes to be up, given the state before; never 0. */
static uint64_t needed(const struct virtual_server *vs)
{
	switch (vs->state) {
	case VIRTUAL_UP:
		return vs->quorum > vs->hysteresis ? vs->quorum - vs->hysteresis : 1;
	case VIRTUAL_DOWN:
	case VIRTUAL_SORRY:
		return (uint64_t)vs->quorum + vs->hysteresis;
	case VIRTUAL_UNKNOWN:
		break;
	}
	return vs->quorum;
}

enum virtual_state quorum_next(
    const struct virtual_server *vs, const struct quorum *q, char reason[QUORUM_REASON_SIZE])
{
	uint64_t threshold = needed(vs);
	bool sorry = addr_is_set(&vs->sorry_address);

	snprintf(reason, QUORUM_REASON_SIZE,
	    "weight %" PRIu64 " is up on %" PRIu32 " of %" PRIu32 " real servers, %" PRIu64
	    " is needed%s",
	    q->weight_up, q->servers_up, q->servers, threshold,
	    q->weight_up >= threshold ? ""
	    : q->waiting	      ? "; checks are not done yet"
	    : sorry		      ? "; the sorry server serves"
				      : "");
	if (q->weight_up >= threshold)
		return VIRTUAL_UP;
	if (vs->state == VIRTUAL_UNKNOWN && q->waiting)
		return VIRTUAL_UNKNOWN;
	return sorry ? VIRTUAL_SORRY : VIRTUAL_DOWN;
}

enum server_state quorum_of_pool(const struct pool *p, const struct quorum *q)
{
	if (q->weight_up)
		return SERVER_UP;
	return p->state == SERVER_UNKNOWN && q->waiting ? SERVER_UNKNOWN : SERVER_DOWN;
}
