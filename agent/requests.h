/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one handler for all objects: net-snmp's requests on one side, get.h, standard.h and set.h on the other.
 */
#ifndef DIRECTOR_AGENT_REQUESTS_H
#define DIRECTOR_AGENT_REQUESTS_H

#include "agent/set.h"
#include "agent/standard.h"

/* Told when a SET has come to its end; from inside of the library's calls. */
struct requests_idle {
	void (*idle)(void *arg);
	void *arg;
};

/* After snmplib_start() and before a session is open.  All but idle must live as long as the process. */
void requests_register(const struct view *view, const struct set_hub *hub,
    struct standard *standard, const struct requests_idle *idle);
/* Is a SET under way, to which the manager has no answer yet? */
bool requests_in_set(void);

/* The subtrees that the agent has: the project's own, and those of the standard modules. */
#define REQUESTS_SUBTREES (1 + STANDARD_MIBS)
const char *requests_subtree(size_t i, arc root[OID_MAX], size_t *len);

#endif
