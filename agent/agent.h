/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent: rows on one side, the AgentX master agent on the other.
 *
 * It needs an event loop, a store that somebody keeps up to date, and somebody who does transactions;
 * main.c has the hub for that, the tests have themselves.
 */
#ifndef DIRECTOR_AGENT_AGENT_H
#define DIRECTOR_AGENT_AGENT_H

#include <event2/event.h>
#include "agent/set.h"

struct agent;

/* dir: where it may keep files.  hub must live as long as the agent.  One per process; never NULL. */
struct agent *agent_new(
    struct event_base *base, struct store *store, const struct set_hub *hub, const char *dir);
void agent_free(struct agent *a);
/* Who is told when the agent has changed system.agentx_state in the store. */
void agent_watch(struct agent *a, void (*watcher)(void *arg), void *arg);
/* Rows of the store have changed.  At the first call there is a configuration. */
void agent_changed(struct agent *a);
/*
 * Before an end that was asked for: calls done() when what there is to notify was taken by the master
 * agent, when there is no master, or after a second at most; perhaps at once.  A notification whose
 * answer nobody waits for would be sent again by the next agent.
 */
void agent_drain(struct agent *a, void (*done)(void *arg), void *arg);

#endif
