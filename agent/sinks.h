/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The targets of notifications that a configuration file names (trapsink, trap2sink, informsink,
 * trapsess), when the agent is the SNMP engine itself.
 *
 * The library would send to all of them and forget: it tells neither whether an inform was acknowledged
 * nor keeps an order, and it waits, in one call, for a version 3 target that it does not know yet.
 * So the sessions that it makes from the file are taken over (SNMPD_CALLBACK_REGISTER_NOTIFICATIONS)
 * and written to from here, without waiting.
 */
#ifndef DIRECTOR_AGENT_SINKS_H
#define DIRECTOR_AGENT_SINKS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct sinks;
struct snmp_pdu;

struct sinks_ops {
	/* The notification was sent, and acknowledged where that is wanted; !ok: a target gave no answer. */
	void (*done)(bool ok, void *arg);
	/* An inform was given up. */
	void (*lost)(void *arg);
};

/* One per process, before the library reads the file.  Never NULL. */
struct sinks *sinks_new(struct event_base *base, const struct sinks_ops *ops, void *arg);
/* After the file was read. */
void sinks_begin(struct sinks *s);
void sinks_free(struct sinks *s);
/*
 * Sends a notification, as an SNMPv2-Trap-PDU with all its variables, to all targets, and frees it.  done()
 * follows, from the event loop; before that no other one may be sent.
 *
 * An inform is repeated as its target's line in the file says.  A target that has not answered then is not
 * waited for any more: it is sent one notification at a time, and is one like the others again when it
 * acknowledges.
 */
void sinks_send(struct sinks *s, struct snmp_pdu *pdu);

#endif
