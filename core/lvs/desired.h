/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the rows to the table that the kernel should have.
 *
 *   enabled, up      its weight
 *   drain, up        weight 0: connections stay, no new ones
 *   disabled         not there
 *   down             not there; weight 0 if on_failure says so - but not for UDP, whose conversations
 *                    have no end: they would stay with the dead server for ever
 *   quorum lost      the sorry server has weight 1, and servers that are still up weight 0, so that
 *                    their connections go on.  (keepalived removes them, which cuts the connections;
 *                    we do that only for schedulers that would go on choosing a server of weight 0.)
 *                    Without a sorry server those that are up go on serving, as in keepalived.
 *
 * Ports: with LVS-NAT the real server's, or the virtual service's if that is 0.  LVS-DR and LVS-Tun
 * cannot change a packet's port: it always is the virtual service's.
 *
 * Functions of rows; nothing here talks to the kernel.
 */
#ifndef LVS_DESIRED_H
#define LVS_DESIRED_H

#include "core/lvs/quorum.h"
#include "core/lvs/table.h"

/* The identity in the kernel of a virtual service. */
struct ipvs_key desired_key(const struct virtual_service *vsvc);

/*
 * Fills *t (cleared before) with what all virtual servers' rows and states ask for, sorted and unique.  A
 * service's user is its struct virtual_service, a destination's its struct real_server (NULL: sorry
 * server).  Returns the number of virtual services dropped because two virtual servers have them.
 */
size_t desired_build(const struct store *s, struct ipvs_table *t);

/* Adds what one virtual server asks for to the end of *t, which is to be sorted then. */
void desired_add(const struct store *s, const struct virtual_server *vs, struct ipvs_table *t);
/* The same with the destinations at these addresses alone. */
void desired_add_at(const struct store *s, const struct virtual_server *vs,
    const struct addr *addresses, size_t n, struct ipvs_table *t);

/*
 * At start, before any verdict: what the kernel's table tells of the real servers (row.user of them must
 * be set).  One that is in a virtual server's table with a weight was up; one that is missing from it, or
 * has no weight, was down.  Where the kernel has no such service, nothing is known.  True if the kernel
 * had a service of vs.
 */
bool desired_learn(
    const struct store *s, const struct virtual_server *vs, const struct ipvs_table *have);

#endif
