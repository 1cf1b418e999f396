/* SPDX-License-Identifier: BSD-2-Clause */
/* net-snmp's headers, without those of their names that are also ours.  To be included first. */
#ifndef DIRECTOR_AGENT_NETSNMP_H
#define DIRECTOR_AGENT_NETSNMP_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/large_fd_set.h>

#undef TYPE_GAUGE

#endif
