/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net-snmp's library within the event loop: its start, its log, its sockets.
 *
 * It never reads files of the administrator's other programs, loads no MIB modules and uses no signals.
 */
#ifndef DIRECTOR_AGENT_SNMP_H
#define DIRECTOR_AGENT_SNMP_H

#include <event2/event.h>
#include "agent/trap.h"

/* What the process is among SNMP entities. */
struct snmplib_role {
	void (*set_up)(void); /* the library's settings, before its start */
	void (*start)(void);
	/* Takes a message of the library that is not for the log alone; false: it is logged.  May be NULL. */
	bool (*take_log)(int priority, const char *text, int len);
};

/* Once per process.  dir: where the library looks for its files, and may write. */
void snmplib_start(struct event_base *base, const char *dir, const struct snmplib_role *role);
/* After a call that may have opened or closed a socket of the library. */
void snmplib_watch(void);
void snmplib_stop(void);
/* Appends snmpTrapOID.0 and the notification's variables to a PDU. */
struct snmp_pdu;
void snmplib_add_trap(struct snmp_pdu *pdu, const struct trap *t);

#endif
