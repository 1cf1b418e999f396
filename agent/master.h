/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The connection to the AgentX master agent (RFC 2741): found, opened, registered, kept, found again.
 *
 * The library's calls for that wait for the master's answer.  Here nothing does, but for opening a
 * session, and that only after the master has shown that it answers; see master.c.
 */
#ifndef DIRECTOR_AGENT_MASTER_H
#define DIRECTOR_AGENT_MASTER_H

#include <event2/event.h>
#include "agent/trap.h"

struct master;

struct master_ops {
	/* Registered: requests come, notifications can be sent.  uptime_zero: when sysUpTime was 0. */
	void (*up)(usec_t uptime_zero, void *arg);
	void (*down)(void *arg);
	/*
	 * The notification that was sent has an answer.  ok: the master took it; else it refused this one.
	 * Not called when the connection is lost before: then it must be sent again.
	 */
	void (*notified)(bool ok, void *arg);
	/* What the connection is like, for people: "ok", or why there is none. */
	void (*state)(const char *text, void *arg);
};

/* After snmplib_start(); one per process. */
struct master *master_new(struct event_base *base, const struct master_ops *ops, void *arg);
void master_free(struct master *m);
/*
 * Where the master agent listens: a path, unix:PATH, or tcp:ADDRESS:PORT (numeric); "" is net-snmp's
 * default.  Connects, at once if it is another place than before.
 */
void master_connect(struct master *m, const char *where);
bool master_is_up(const struct master *m);
/* One at a time: false while one is under way, or when the connection is down. */
bool master_notify(struct master *m, const struct trap *t);

#endif
