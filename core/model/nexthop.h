/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The several next hops of a route (vrrp_route.nexthops), as ip(8) and keepalived write them:
 *
 *   nexthop via 192.0.2.1 dev eth0 weight 2 nexthop via 192.0.2.2 onlink
 *
 * Used by the rules (is it one?) and by the process that sets the route.
 */
#ifndef MODEL_NEXTHOP_H
#define MODEL_NEXTHOP_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/addr.h"

#define NEXTHOPS_MAX 16 /* more do not fit into the column */

struct nexthop {
	struct addr gateway;	  /* may be unset: then there is an interface */
	char interface[IFNAMSIZ]; /* may be empty */
	unsigned weight;	  /* 1..256 */
	bool onlink;
};

/*
 * Reads text, which has at least one next hop.  Returns their number, or 0 with a reason in words in
 * why[size].
 */
size_t nexthops_parse(const char *text, struct nexthop list[NEXTHOPS_MAX], char *why, size_t size);

#endif
