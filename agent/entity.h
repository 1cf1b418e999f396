/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SNMP entity (RFC 3411) that the agent is part of, of which there are two kinds: snmpd is it, with the
 * agent as its AgentX subagent (master.h), or the agent is it alone (standalone.h).  Either brings
 * requests to the handler of requests.h and takes notifications.
 */
#ifndef DIRECTOR_AGENT_ENTITY_H
#define DIRECTOR_AGENT_ENTITY_H

#include <event2/event.h>
#include "agent/trap.h"

struct entity_ops {
	/* Requests come, notifications can be sent.  uptime_zero: when sysUpTime was 0. */
	void (*up)(usec_t uptime_zero, void *arg);
	void (*down)(void *arg);
	/*
	 * The notification that was sent is done with.  ok: it was taken; else this one was refused or given up.
	 * Not called when the entity goes down before: then it must be sent again.
	 */
	void (*notified)(bool ok, void *arg);
	/* What keeps managers away, for people: "ok", or a reason. */
	void (*state)(const char *text, void *arg);
	/* A target did not acknowledge a notification, and is not asked again. */
	void (*lost)(void *arg);
	/* What it runs with is settled at its start, and has changed: a new process is wanted. */
	void (*again)(void *arg);
};

struct entity_settings {
	struct event_base *base;
	const char *dir; /* where it may keep files */
	int passing;	 /* where sockets come from (core/base/listen.h), or -1 */
	const struct entity_ops *ops;
	void *arg;
};

struct entity;

struct entity_type {
	/* Starts the library, which works only once per process.  Objects are registered after it. */
	struct entity *(*open)(const struct entity_settings *settings, const struct system *sys);
	/* At once after that, and when the configuration has changed. */
	void (*configure)(struct entity *e, const struct system *sys);
	void (*close)(struct entity *e);
	bool (*is_up)(const struct entity *e);
	/*
	 * Names the process that takes notifications, so that it can be told from the next one; "" where that is
	 * not known: not connected, not on this host, or itself.
	 */
	void (*identity)(const struct entity *e, char *buf, size_t size);
	/* One at a time: false while one is under way, or when it is down. */
	bool (*notify)(struct entity *e, const struct trap *t);
};

/* The file with communities and users when the agent is the entity. */
const char *entity_config_file(const struct system *sys);

extern const struct entity_type entity_agentx, entity_standalone;

#endif
