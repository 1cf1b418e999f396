/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SET of the standard modules: what their variables mean for our rows, as part of a request's set (set.h), so
 * that variables of our own modules and of the standard ones are one transaction.
 *
 * The RFCs have rules of their own, which are judged when the whole request is known, whatever the order of
 * its variables:
 *
 *   VRRPV3-MIB	A row is complete, and may be active, with a primary address and an associated address that
 *		is active (a row of the file needs no primary address).  notInService is administratively down.
 *   VRRP-MIB	While a row is active only vrrpOperAdminState may be changed; it may be `up' only then, and must
 *		be `down' with the state initialize before the row stops being active.  A new row is down.
 *   Both	Associated addresses change only while the virtual router is in initialize, or when the request
 *		takes it out of service.  The last active one of an active row stays.
 *
 * A row that is made here gets an instance name of its interface and VRID: lan-51, lan-51-v3, lan-51-ipv6.
 */
#ifndef DIRECTOR_AGENT_STANDARD_SET_H
#define DIRECTOR_AGENT_STANDARD_SET_H

#include "agent/set.h"
#include "agent/standard.h"

struct standard_set;

/* One for each request; s and set must live as long. */
struct standard_set *standard_set_new(struct standard *s, struct set *set);
void standard_set_free(struct standard_set *r); /* NULL is allowed */
/* The next variable, at this place in the request, counted from 0; its name is relative to the module's root. */
enum set_status standard_set_add(
    struct standard_set *r, enum standard_mib m, size_t at, const struct set_var *v);
/* Before set_prepare(): all variables are there.  *var is the one to blame for an error. */
enum set_status standard_set_finish(struct standard_set *r, size_t *var);

#endif
