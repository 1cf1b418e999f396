/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent: rows on one side, managers on the other, through snmpd or directly (entity.h).
 *
 * It needs an event loop, a store that somebody keeps up to date, and somebody who does transactions;
 * main.c has the hub for that, the tests have themselves.
 */
#ifndef DIRECTOR_AGENT_AGENT_H
#define DIRECTOR_AGENT_AGENT_H

#include <event2/event.h>
#include "agent/set.h"

struct agent;

struct agent_settings {
	struct event_base *base;
	struct store *store;
	const struct set_hub *hub; /* must live as long as the agent */
	const char *dir;	   /* where it may keep files; */
	const char *run_dir;	   /* and those that are void after the next boot of the machine */
	int passing; /* where sockets to listen on come from (core/base/listen.h), or -1 */
	/* The agent has changed columns of its own (schema: P_AGENT) in the store. */
	void (*report)(struct row *r, column_mask columns, void *arg);
	/* The configuration has changed so that only another process can follow it. */
	void (*again)(void *arg);
	void *arg;
};

/* One per process; never NULL. */
struct agent *agent_new(const struct agent_settings *settings);
void agent_free(struct agent *a);
/* Rows of the store have changed.  At the first call there is a configuration: it begins to work. */
void agent_changed(struct agent *a);
/*
 * Before an end that was asked for: calls done() when what there is to notify was taken by snmpd or
 * by the managers, when there is no snmpd, or after a second at most; perhaps at once.  A notification whose
 * answer nobody waits for would be sent again by the next agent.
 */
void agent_drain(struct agent *a, void (*done)(void *arg), void *arg);

#endif
