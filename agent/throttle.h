/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which events are sent as notifications, by the table `notification`: kinds that are switched off are
 * not, nor more of a kind than its limit.
 *
 * The limit counts the minutes of the clock in which the events happened, not those in which they are
 * sent: what waited for the master agent is not a burst.  So what is let through depends on the event log
 * alone, and an agent that was started again comes to the same (throttle_replay()).
 */
#ifndef DIRECTOR_AGENT_THROTTLE_H
#define DIRECTOR_AGENT_THROTTLE_H

#include "core/model/row.h"

#define THROTTLE_KINDS 32 /* more than the largest number of an event kind */

struct throttle {
	struct {
		uint64_t minute;
		uint32_t passed;
	} kinds[THROTTLE_KINDS];
};

/* May the event be sent?  Asking changes nothing. */
bool throttle_passes(const struct throttle *t, const struct store *s, const struct event_log *e);
/* It was. */
void throttle_count(struct throttle *t, const struct event_log *e);
/* Counts what an earlier agent sent: all events up to this sequence number. */
void throttle_replay(struct throttle *t, const struct store *s, uint32_t last);

#endif
