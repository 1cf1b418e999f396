/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The difference between what the kernel should have and what it has.
 *
 * Both tables are sorted and walked together.  The result is the least number
 * of operations that makes one into the other, and it never removes an entry
 * in order to make it again: what exists is changed in place, so that its
 * connections and counters go on.
 *
 * Whose is a service?  One that is wanted is ours, whoever made it (a director
 * before us, a person with ipvsadm, keepalived): it is adopted and changed to
 * what is wanted, destinations included.  One that is not wanted is removed
 * only if we have made or adopted it before, which the caller knows (made.h);
 * others belong to somebody else (a container engine, a person) and are left
 * alone.
 *
 * Order of the operations: first what gives clients something (services, and
 * destinations added or changed), then destinations removed, then services
 * removed.  A service thus is never without destinations on its way from one
 * set of them to another.
 */
#ifndef LVS_RECONCILE_H
#define LVS_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/lvs/ipvs.h"

struct ipvs_ops {
	struct ipvs_op *ops; /* they borrow from the two tables */
	size_t n, room;
	size_t foreign; /* services that are not wanted and not ours */
};

/* Whether a service that is not wanted is ours to remove. */
typedef bool (*reconcile_ours)(const struct ipvs_key *key, void *arg);

/*
 * Fills *out (zeroed, or used before) with what makes `have` into `want`.  Both tables must be sorted
 * and without duplicates, and must stay unchanged while the operations are used.
 */
void reconcile(const struct ipvs_table *want, const struct ipvs_table *have, reconcile_ours ours,
    void *arg, struct ipvs_ops *out);
/*
 * What the kernel has after those operations have all succeeded: *out (zeroed) is want with have's
 * counters and connections, and the services of others.  It is sorted; the caller clears it.
 */
void reconcile_settle(const struct ipvs_table *want, const struct ipvs_table *have,
    reconcile_ours ours, void *arg, struct ipvs_table *out);
/* Frees the list and zeroes it. */
void reconcile_clear(struct ipvs_ops *ops);

#endif
