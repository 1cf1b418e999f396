/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Object identifiers, and rows' keys as SNMP indexes (RFC 2578 section 7.7).
 *
 * An index is made of the key columns in order: a number is one arc, a name its length and then its
 * bytes (no IMPLIED), an address its type, its length and then its bytes (InetAddressType and
 * InetAddress, RFC 4001).  The order of the stores' rows is the order of these indexes.
 */
#ifndef DIRECTOR_AGENT_OID_H
#define DIRECTOR_AGENT_OID_H

#include <stdbool.h>
#include <stddef.h>
#include "core/model/row.h"

/* One arc; as wide as net-snmp's oid.  On the wire it has 32 bits. */
typedef unsigned long arc;

/* Arcs of an object identifier at most (RFC 2578 section 3.5). */
#define OID_MAX 128

/* Lexicographic order: negative, 0 or positive. */
int oid_cmp(const arc *a, size_t na, const arc *b, size_t nb);
bool oid_starts_with(const arc *a, size_t na, const arc *prefix, size_t nprefix);
/* Reads "1.3.6.1"; returns the number of arcs, 0 if it is malformed or longer than OID_MAX. */
size_t oid_parse(const char *text, arc to[OID_MAX]);

/* The index of a row: returns its length.  A table without keys (scalars) has the index 0. */
size_t index_encode(const struct row *r, arc to[OID_MAX]);
/*
 * Reads an index into the key columns of r.  False if no row of the table can have it: a length that does
 * not fit, an arc that is no byte, a number out of its range.
 */
bool index_decode(struct row *r, const arc *index, size_t len);

#endif
