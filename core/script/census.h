/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts processes: the kernel's events (connector.h) keep the numbers right, and /proc tells them at first,
 * when events were lost, and from time to time, because nobody knows what else goes wrong.  Without
 * events, /proc is all there is, and read often.
 *
 * Who has ended does not count, though nobody waited for it yet.
 */
#ifndef SCRIPT_CENSUS_H
#define SCRIPT_CENSUS_H

#include <event2/event.h>
#include "core/script/process.h"

struct census;
struct census_item;

/* counted: the number of an item is another one, or its first one. */
struct census *census_new(
    struct event_base *base, void (*counted)(void *user, uint32_t count, enum process_cause cause));
void census_free(struct census *c); /* and its items */
/* Processes to be counted; by the next census_take().  The specification is copied. */
struct census_item *census_add(struct census *c, const struct process_spec *s, void *user);
void census_remove(struct census_item *i);
/* Counts all, now. */
void census_take(struct census *c);
/* Why the kernel does not tell of processes; "" if it does. */
const char *census_why(const struct census *c);
/* It never does: for tests. */
void census_without_events(struct census *c);

#endif
