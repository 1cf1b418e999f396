/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What waits to be told: items with owners (an instance, a server).  Those of one owner come in the order in
 * which they were added, the next when the one before it has ended; owners do not wait for each other, but
 * for a place among those that run.
 */
#ifndef SCRIPT_QUEUE_H
#define SCRIPT_QUEUE_H

#include <stdbool.h>
#include <sys/queue.h>

struct queue;
struct queue_owner;

/* Part of whatever waits. */
struct queue_item {
	TAILQ_ENTRY(queue_item) entry;
	struct queue_owner *owner;
	bool running;
	void *arg; /* the caller's */
};

struct queue *queue_new(unsigned most_running);
/* The items are the caller's: none may be in it. */
void queue_free(struct queue *q);
void queue_add(struct queue *q, const char *owner, struct queue_item *item);
/* The next one that may begin, which runs from now on; NULL: none. */
struct queue_item *queue_next(struct queue *q);
/* It has ended, or is not to be told any more. */
void queue_remove(struct queue *q, struct queue_item *item);
/* One of those that are there, whichever it is; NULL: there is none. */
struct queue_item *queue_any(struct queue *q);
unsigned queue_count(const struct queue *q);

#endif
