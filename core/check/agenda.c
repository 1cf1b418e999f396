/* SPDX-License-Identifier: BSD-2-Clause */
/* See agenda.h: a binary heap in an array; the entry at place p is before those at 2p and 2p + 1. */
#include "core/check/agenda.h"

#include <stdlib.h>

#define ROOM_LEAST 64

struct entry {
	usec_t when;
	struct agenda_item *item;
};

struct agenda {
	struct entry *heap; /* from 1 */
	uint32_t n, room;
	struct event_base *base;
	struct event *timer;
	usec_t armed; /* what the timer is set to */
	agenda_due due;
	void *arg;
	bool running; /* the timer is set afterwards */
};

static void on_timer(evutil_socket_t fd, short what, void *arg);

struct agenda *agenda_new(
    struct event_base *base, enum probe_priority prio, agenda_due due, void *arg)
{
	struct agenda *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	*a = (struct agenda){.base = base, .armed = USEC_NEVER, .due = due, .arg = arg};
	a->timer = evtimer_new(base, on_timer, a);
	if (!a->timer) {
		free(a);
		return NULL;
	}
	probe_priority(base, a->timer, prio);
	return a;
}

void agenda_free(struct agenda *a)
{
	event_free(a->timer);
	free(a->heap);
	free(a);
}

/* The heap */

static void put(struct agenda *a, uint32_t place, struct entry e)
{
	a->heap[place] = e;
	e.item->place = place;
}

/* Puts an entry to the free place, or to where it belongs above it. */
static void rise(struct agenda *a, uint32_t place, struct entry e)
{
	while (place > 1 && e.when < a->heap[place / 2].when) {
		put(a, place, a->heap[place / 2]);
		place /= 2;
	}
	put(a, place, e);
}

/* The same, below it. */
static void sink(struct agenda *a, uint32_t place, struct entry e)
{
	for (uint32_t below = 2 * place; below <= a->n; below = 2 * place) {
		if (below < a->n && a->heap[below + 1].when < a->heap[below].when)
			below++;
		if (e.when <= a->heap[below].when)
			break;
		put(a, place, a->heap[below]);
		place = below;
	}
	put(a, place, e);
}

static void settle(struct agenda *a, uint32_t place, struct entry e)
{
	if (place > 1 && e.when < a->heap[place / 2].when)
		rise(a, place, e);
	else
		sink(a, place, e);
}

static void take_out(struct agenda *a, struct agenda_item *item)
{
	uint32_t place = item->place;
	struct entry last = a->heap[a->n--];

	item->place = 0;
	if (last.item != item)
		settle(a, place, last);
}

static void make_room(struct agenda *a)
{
	if (a->n + 1 < a->room)
		return;
	a->room = a->room ? 2 * a->room : ROOM_LEAST;
	a->heap = reallocarray(a->heap, a->room, sizeof(*a->heap));
	if (!a->heap)
		abort();
}

/* The timer */

static void arm(struct agenda *a)
{
	usec_t first = a->n ? a->heap[1].when : USEC_NEVER, now;
	struct timeval tv;

	if (a->running || first == a->armed)
		return;
	a->armed = first;
	if (first == USEC_NEVER) {
		evtimer_del(a->timer);
		return;
	}
	now = clock_now();
	tv = usec_to_timeval(first > now ? first - now : 0);
	evtimer_add(a->timer, &tv);
}

/* What is set to a time that has come already is for the next turn of the loop. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct agenda *a = arg;
	usec_t now = clock_now();

	(void)fd;
	(void)what;
	a->running = true;
	for (uint32_t most = a->n; most && a->n && a->heap[1].when <= now; most--) {
		struct agenda_item *item = a->heap[1].item;

		take_out(a, item);
		a->due(item, a->arg);
	}
	a->running = false;
	a->armed = USEC_NEVER;
	arm(a);
}

void agenda_set(struct agenda *a, struct agenda_item *item, usec_t when)
{
	struct entry e = {when, item};

	if (when == USEC_NEVER) {
		if (item->place)
			take_out(a, item);
	} else if (item->place) {
		settle(a, item->place, e);
	} else {
		make_room(a);
		rise(a, ++a->n, e);
	}
	arm(a);
}
