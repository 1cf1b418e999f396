/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net-snmp's library within the event loop: its start, its log, its sockets.
 *
 * It is used as an AgentX subagent without configuration files, MIB files, persistent state and signals.
 */
#ifndef DIRECTOR_AGENT_SNMP_H
#define DIRECTOR_AGENT_SNMP_H

#include <event2/event.h>

/* Once per process.  dir: where the library looks for what it need not find, and may write. */
void snmplib_start(struct event_base *base, const char *dir);
/* After a call that may have opened or closed a socket of the library. */
void snmplib_watch(void);
void snmplib_stop(void);

#endif
