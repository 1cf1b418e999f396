/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes and rules of policy routing that an instance has while it is master, and static routes, rules and
 * addresses, which are there as long as this process: the kernel is brought to what the rows say.
 *
 * Adding what is there already changes nothing, so what is wanted is simply added again whenever it may have
 * gone: after a notification that it was removed, after any change of interfaces and addresses, and each
 * second while something could not be set.  The kernel's tables are read at the start, to remove what an earlier
 * process left and nobody wants, and when notifications were lost and something is not tracked, which is not set
 * again: otherwise a host with a million routes costs no more than any other.
 *
 * What cannot be set is said in the row (present, reason) and in the log, and holds nothing up.
 */
#ifndef VRRP_ROUTING_H
#define VRRP_ROUTING_H

#include <event2/event.h>
#include <stdbool.h>
#include "core/model/row.h"

struct routing;

struct routing_ops {
	/* Is the instance master here? */
	bool (*is_master)(const struct vrrp_instance *instance, void *arg);
	/* As in struct rtlookup. */
	int (*index)(const char *interface, void *arg);
	uint32_t (*table)(const char *vrf, void *arg);
	/* Columns of a row have changed. */
	void (*report)(struct row *r, column_mask columns, void *arg);
};

/* NULL, after logging, if the kernel cannot be reached. */
struct routing *routing_new(struct event_base *base, const struct routing_ops *ops, void *arg);
void routing_free(struct routing *g);

/*
 * The rows have changed.  What is not in them any more is removed now; the rest is done by routing_act().
 * first: looks for what an earlier process left.  Refers to the store's rows, and uses
 * their `user`, until it is called again.
 */
void routing_configure(struct routing *g, const struct store *s, bool first);
/* An instance may have become master, or not be it any more: sets and removes, in one batch. */
void routing_act(struct routing *g);
/* Says what has changed since it was called last. */
void routing_report(struct routing *g);
/* Interfaces or addresses have changed: what is wanted is added again, a little later. */
void routing_interfaces_changed(struct routing *g);
/* For good: removes all. */
void routing_stop(struct routing *g);

#endif
