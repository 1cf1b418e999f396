/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agenda: what is to be done at which time, for so many things that an event of libevent for each would be most
 * of what they take.  A heap with one timer; the caller's struct has an item of four bytes.
 */
#ifndef CHECK_AGENDA_H
#define CHECK_AGENDA_H

#include "core/check/probe.h"

struct agenda;

/* Zeroed: it is not on the agenda. */
struct agenda_item {
	uint32_t place; /* in the heap, from 1 */
};

/* An item's time has come; it is off the agenda.  Items may be set in here. */
typedef void (*agenda_due)(struct agenda_item *item, void *arg);

/* The timer has that priority in the base, which is borrowed.  NULL without memory. */
struct agenda *agenda_new(
    struct event_base *base, enum probe_priority prio, agenda_due due, void *arg);
/* Its items are not on it any more. */
void agenda_free(struct agenda *a);
/* Puts an item on the agenda, or moves it; when: of clock_now().  USEC_NEVER: takes it off.  O(log n). */
void agenda_set(struct agenda *a, struct agenda_item *item, usec_t when);

#endif
