/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of standard.h: the standard modules' objects, and the rows in their order.  For standard*.c
 * and their tests.
 */
#ifndef DIRECTOR_AGENT_STANDARD_OBJECT_H
#define DIRECTOR_AGENT_STANDARD_OBJECT_H

#include "agent/standard.h"

/* What an instance of an object stands for. */
enum standard_kind {
	STANDARD_SCALAR,
	STANDARD_INSTANCE, /* a virtual router */
	STANDARD_ADDRESS,  /* one of its addresses */
};

/* A row of a standard table. */
struct standard_row {
	uint32_t ifindex;
	struct vrrp_instance *instance;
	const struct vrrp_statistics *statistics; /* never NULL */
	struct vrrp_address *address;		  /* of STANDARD_ADDRESS */
	uint32_t addresses, active;		  /* of STANDARD_INSTANCE: how many */
};

struct standard_list {
	struct standard_row *rows;
	size_t n, room;
};

#define STANDARD_ARCS 5	      /* of an object, below the module's root */
#define STANDARD_INDEX_MAX 20 /* ifIndex, VRID, type, length and 16 octets */

struct standard_object;

/* What a value is made from. */
struct standard_source {
	const struct view *view;
	const struct standard_row *row; /* NULL: a scalar */
	const struct standard_object *object;
};

/* What a SET does with a value: standard_set.c. */
enum standard_write {
	WRITE_NEVER,
	WRITE_NUMBER,
	WRITE_CENTISECONDS,
	WRITE_SECONDS,
	WRITE_TRUTH,
	WRITE_ADDRESS,
	WRITE_KEY,
	WRITE_NOTHING, /* the only value that there is */
	WRITE_STATUS,
};

struct standard_object {
	enum standard_mib mib;
	enum standard_kind kind;
	const char *label; /* in the RFC */
	enum smi_type type;
	enum table_id table; /* the column that it shows, for those conversions that use one */
	int column;
	void (*get)(const struct standard_source *from, struct value *to);
	enum standard_write write;
	int32_t min, max; /* that may be written: values, or octets */
	arc name[STANDARD_ARCS];
	size_t len;
};

/* All objects of a module in the order of their names. */
const struct standard_object *standard_objects(enum standard_mib m, size_t *n);
/* NULL if there is none. */
const struct standard_object *standard_object_named(const char *label);
/* The object that a name is an instance of, or NULL. */
const struct standard_object *standard_object_find(
    enum standard_mib m, const arc *name, size_t len);

/* The rows, brought up to date. */
const struct standard_list *standard_rows(
    struct standard *s, enum standard_mib m, enum standard_kind kind);
size_t standard_index(
    enum standard_mib m, enum standard_kind kind, const struct standard_row *r, arc to[OID_MAX]);
/* The row with this index, or NULL. */
const struct standard_row *standard_row_at(
    struct standard *s, enum standard_mib m, enum standard_kind kind, const arc *index, size_t len);
/* The instance's row, or NULL. */
const struct standard_row *standard_row_of(struct standard *s, const struct vrrp_instance *i);
enum standard_mib standard_mib_of(const struct vrrp_instance *i);
uint8_t standard_family_of(const struct vrrp_instance *i);
/* Is it one of the associated addresses of the RFCs? */
bool standard_has_address(const struct vrrp_instance *i, const struct vrrp_address *a);
/* Does vrrpv3OperationsRowStatus or vrrpOperRowStatus read as active? */
bool standard_active(const struct vrrp_instance *i);
/* May it be active: has it what the RFC wants? */
bool standard_complete(const struct vrrp_instance *i, uint32_t active_addresses);

#endif
