/* SPDX-License-Identifier: BSD-2-Clause */
/* The one handler for all objects: net-snmp's requests on one side, get.h and set.h on the other. */
#ifndef DIRECTOR_AGENT_REQUESTS_H
#define DIRECTOR_AGENT_REQUESTS_H

#include "agent/set.h"

/* After snmplib_start() and before a session is open.  view and hub must live as long as the process. */
void requests_register(const struct view *view, const struct set_hub *hub);

#endif
