/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The standard MIB modules of VRRP, over the same rows as our own: VRRPV3-MIB (RFC 6527) has the instances
 * of version 3, VRRP-MIB (RFC 2787) those of version 2, as keepalived shows them.
 *
 * Their tables are indexed by interface (ifIndex), VRID and address, not by the instance's name.  So the
 * rows have a second order here, made anew when rows or interfaces have changed.  An instance whose
 * interface does not exist has no ifIndex, and so no row here; DIRECTOR-VRRP-MIB shows it in any case.
 *
 * The state fault, which is not the RFCs', is initialize.  Addresses that are not advertised (excluded, or
 * of the other family) are not associated addresses of the RFCs.
 */
#ifndef DIRECTOR_AGENT_STANDARD_H
#define DIRECTOR_AGENT_STANDARD_H

#include <net/if.h>
#include "agent/get.h"

enum standard_mib { STANDARD_VRRP, STANDARD_VRRPV3 };
#define STANDARD_MIBS 2

/* How interfaces are known: as if_nametoindex() and if_indextoname() have it. */
struct standard_links {
	unsigned (*index_of)(const char *name);
	char *(*name_of)(unsigned index, char name[IF_NAMESIZE]);
};

struct standard;

/* links NULL: the system's.  view must live as long.  Never NULL. */
struct standard *standard_new(const struct view *view, const struct standard_links *links);
void standard_free(struct standard *s);
/* Rows have come, gone or changed: to be called before the next request. */
void standard_changed(struct standard *s);

/* mib-2 207 or mib-2 68. */
size_t standard_root(enum standard_mib m, arc to[OID_MAX]);

/* As get_exact() and get_next(); names are relative to the module's root. */
enum get_result standard_get(
    struct standard *s, enum standard_mib m, const arc *name, size_t len, struct value *to);
bool standard_next(struct standard *s, enum standard_mib m, const arc *name, size_t len,
    bool inclusive, arc found[OID_MAX], size_t *found_len, struct value *to);

#endif
