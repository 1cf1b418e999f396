/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which real servers count as up, whether a virtual server has its quorum, and whether a pool is up.
 *
 * A real server is up or down as its checks say.  Without a verdict (state
 * unknown) the last one that is known counts: the one before, or what the
 * kernel's table told when this process started (desired.h); without that too
 * it counts as up, unless its pool starts down.
 *
 * The quorum has hysteresis, as in keepalived: it is gained when the weight of
 * the real servers that are up reaches quorum + hysteresis, and lost when that
 * falls below quorum - hysteresis, or to nothing.  A server that is drained or
 * disabled has no weight here.  The memory between two evaluations is
 * the row's own state column, which survives the process.
 *
 * Functions of rows alone; nothing here knows the kernel or the clock.
 */
#ifndef LVS_QUORUM_H
#define LVS_QUORUM_H

#include "core/model/row.h"

/* What is kept of a real server besides its row, in row.user; without it nothing is known. */
struct server_memory {
	enum server_state
	    known; /* the last verdict, or what the kernel told; SERVER_UNKNOWN: none */
	struct quorum_share {
		bool counted, up, waiting; /* counted: the server is in its pool's count */
		uint16_t weight;
	} share;
	int32_t weight; /* while reporting: the greatest in the kernel's table, -1: not there */
	uint32_t active, inactive; /* while reporting: sums over the virtual services */
};

/* for (struct real_server *rs; ...) over a pool's real servers, in order. */
#define POOL_FOREACH_SERVER(rs, store, name)                                                       \
	for (struct real_server *rs = store_first_server((store), (name));                         \
	     rs && rs->pool == (name); rs = (struct real_server *)store_next(&rs->row))

/* The same over those at one address. */
#define POOL_FOREACH_SERVER_AT(rs, store, name, at)                                                \
	for (struct real_server *rs = pool_server_at((store), (name), (at));                       \
	     rs && rs->pool == (name) && addr_equal(&rs->address, (at));                           \
	     rs = (struct real_server *)store_next(&rs->row))
/* The first server of a pool, which is a shared string, at an address or behind it; or another row, or NULL. */
struct real_server *pool_server_at(
    const struct store *s, const char *pool, const struct addr *address);

/* Does the server count as up?  Its administrative state has no part in this. */
bool server_is_up(const struct real_server *rs, bool start_down);

struct quorum {
	uint64_t weight_up;  /* of the enabled servers that are up */
	uint32_t servers_up; /* not disabled, and up */
	uint32_t servers;    /* in the pool */
	uint32_t
	    waiting; /* enabled servers that are only down because no check has seen them yet */
};

struct quorum quorum_count(const struct store *s, const char *pool);
/*
 * A count that is kept while servers change, with each server's share in its memory: before a server changes or goes
 * its share is taken out, then it is put in again.  Both do nothing if that is so already.
 */
void quorum_put(struct quorum *q, const struct real_server *rs, bool start_down);
void quorum_take(struct quorum *q, const struct real_server *rs);

#define QUORUM_REASON_SIZE 128
/*
 * The state that follows from vs->state and the count.  VIRTUAL_UNKNOWN follows only from itself, while
 * servers are waited for and the quorum is not there yet.  Writes why.
 */
enum virtual_state quorum_next(
    const struct virtual_server *vs, const struct quorum *q, char reason[QUORUM_REASON_SIZE]);
/* The same for a pool by itself, which is up while any weight is. */
enum server_state quorum_of_pool(const struct pool *p, const struct quorum *q);

#endif
