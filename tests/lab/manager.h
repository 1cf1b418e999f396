/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A manager in C, for tests that send more requests than snmpset can: SNMPv2c, one request at a time, and
 * none is ever sent twice.  manager.c has the session, and each of the others what one command does.
 */
#ifndef TESTS_LAB_MANAGER_H
#define TESTS_LAB_MANAGER_H

#include "agent/netsnmp.h"

#include <stdbool.h>
#include "agent/object.h"
#include "tests/unit/random_row.h"

struct manager {
	void *session;
	oid root[OID_MAX];
	size_t root_len;
};

void manager_open(struct manager *m, const char *address, double timeout);
void manager_close(struct manager *m);

/* The name of a row's column, below the project's root. */
struct name {
	oid arcs[MAX_OID_LEN];
	size_t len;
};
struct name manager_name(
    const struct manager *m, const struct row *key, const char *column, enum object_part part);
/* Of the column as such, without a row: where a walk begins. */
struct name manager_column(const struct manager *m, enum table_id t, const char *column);

void manager_add_number(netsnmp_pdu *pdu, const struct name *n, u_char type, long value);
void manager_add_text(netsnmp_pdu *pdu, const struct name *n, const char *text);
void manager_add_null(netsnmp_pdu *pdu, const struct name *n);

/*
 * Sends the request and waits: its error status, or -1 if there was no answer.  *answer may be asked for
 * and is the caller's (snmp_free_pdu), NULL without one.
 */
int manager_send(struct manager *m, netsnmp_pdu *pdu, netsnmp_pdu **answer);
/* A number of one object; false if it is not there. */
bool manager_get(struct manager *m, const struct name *n, long *value);

/* The commands; each returns the exit status. */
int storm(struct manager *m, int argc, char **argv);
int monkey(struct manager *m, int argc, char **argv);
int columns(struct manager *m, int argc, char **argv);
int dump(struct manager *m, int argc, char **argv);
int make(struct manager *m, int argc, char **argv);
int weigh(struct manager *m, int argc, char **argv);

#endif
