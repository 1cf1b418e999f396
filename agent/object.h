/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SNMP objects of the schema: one for each column that a manager can read, two for an address.
 *
 * Below the project's root:
 *	MODULE.1.TABLE.1.COLUMN.index	a column of a table
 *	MODULE.1.TABLE.COLUMN.0		a scalar
 *	MODULE.0.KIND			a notification
 *	MODULE.2...			conformance
 */
#ifndef DIRECTOR_AGENT_OBJECT_H
#define DIRECTOR_AGENT_OBJECT_H

#include "agent/oid.h"

enum object_part {
	PART_VALUE,	 /* all of the column */
	PART_ADDR_TYPE,	 /* of an address: InetAddressType */
	PART_ADDR_BYTES, /* of an address: InetAddress */
};

#define OBJECT_ARCS 5 /* at most, below the root */

struct object {
	const struct table *table;
	const struct column *column;
	const struct column *shown; /* the column that holds the value: another one for a VIEW */
	enum object_part part;
	arc name[OBJECT_ARCS]; /* below the root, without the index */
	size_t len;
};

/* All objects in the order of their names.  Made at the first call. */
const struct object *object_all(size_t *n);
/* The object that an OID below the root is an instance of, or NULL. */
const struct object *object_find(const arc *name, size_t len);
/* The first object whose instances are not all before name: where GETNEXT begins.  NULL: none. */
const struct object *object_at_or_after(const arc *name, size_t len);
/* The object of a column, or NULL (keys are in the index only). */
const struct object *object_of(
    const struct table *t, const struct column *c, enum object_part part);

/* Names as the MIB has them. */
#define OBJECT_NAME_SIZE 65
/* drctRealServerWeight; for the parts of an address drctRealServerAddressType and ...Address. */
char *object_name(const struct table *t, const struct column *c, enum object_part part,
    char buf[OBJECT_NAME_SIZE]);
/* A word of an enumeration as an SMI identifier: "pseudo-header" is pseudoHeader, "1.0" is v10. */
char *object_word(const char *word, char buf[OBJECT_NAME_SIZE]);

/* The project's root, from configure. */
size_t object_root(arc to[OID_MAX]);

#endif
