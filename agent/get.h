/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET and GETNEXT on a store (RFC 3416 section 4.2), without an SNMP library.
 *
 * OIDs are relative to the project's root.  Each step is O(log n) in the rows of a table and exact for
 * every OID: too short, too long, malformed, out of range.
 */
#ifndef DIRECTOR_AGENT_GET_H
#define DIRECTOR_AGENT_GET_H

#include "agent/object.h"

/* Types of values; the numbers are the BER tags, and so net-snmp's and AgentX's. */
enum smi_type {
	SMI_INTEGER = 0x02,
	SMI_OCTETS = 0x04,
	SMI_IPADDRESS = 0x40, /* only of the standard modules */
	SMI_COUNTER32 = 0x41,
	SMI_GAUGE32 = 0x42, /* also Unsigned32 */
	SMI_TIMETICKS = 0x43,
	SMI_COUNTER64 = 0x46,
};

struct value {
	enum smi_type type;
	int64_t number;	   /* of all but those that follow */
	uint64_t counter;  /* of SMI_COUNTER64 */
	const void *bytes; /* of SMI_OCTETS and SMI_IPADDRESS: into the row, or into space[] */
	size_t len;
	char space[48];
};

/* What is looked at: the rows, and when sysUpTime was 0 (on CLOCK_BOOTTIME). */
struct view {
	struct store *store;
	usec_t uptime_zero;
};

/* The value that an object has in a row; valid while the row and v are unchanged. */
void get_value(const struct view *v, const struct object *o, const struct row *r, struct value *to);

enum get_result { GET_OK, GET_NO_OBJECT, GET_NO_INSTANCE };
enum get_result get_exact(const struct view *v, const arc *name, size_t len, struct value *to);
/*
 * The first instance after name (or at it, if inclusive).  False at the end.
 * found[] may be name[].
 */
bool get_next(const struct view *v, const arc *name, size_t len, bool inclusive, arc found[OID_MAX],
    size_t *found_len, struct value *to);

/* sysUpTime at that moment (RFC 2579, TimeStamp): 0 before the agent's start, and for never. */
uint32_t get_time_stamp(const struct view *v, usec_t when);
/* The moment that a column of time has; counters of what is out of effect began with the last configuration. */
usec_t get_when(const struct view *v, const struct row *r, const struct column *c);

/* The row of an object whose index is exactly this one, or NULL. */
struct row *get_row(const struct view *v, const struct object *o, const arc *index, size_t len);

#endif
