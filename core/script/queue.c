/* SPDX-License-Identifier: BSD-2-Clause */
/* See queue.h. */
#include "core/script/queue.h"

#include <stdlib.h>
#include <string.h>

struct queue_owner {
	TAILQ_ENTRY(queue_owner) entry;
	TAILQ_HEAD(, queue_item) items; /* never empty */
	char *name;
};

struct queue {
	TAILQ_HEAD(, queue_owner) owners; /* whose turn it is comes first */
	unsigned running, most, count;
};

struct queue *queue_new(unsigned most_running)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		abort();
	TAILQ_INIT(&q->owners);
	q->most = most_running;
	return q;
}

void queue_free(struct queue *q)
{
	free(q);
}

static struct queue_owner *find_owner(struct queue *q, const char *name)
{
	struct queue_owner *o;

	TAILQ_FOREACH (o, &q->owners, entry)
		if (strcmp(o->name, name) == 0)
			return o;
	o = calloc(1, sizeof(*o));
	if (!o || !(o->name = strdup(name)))
		abort();
	TAILQ_INIT(&o->items);
	TAILQ_INSERT_TAIL(&q->owners, o, entry);
	return o;
}

void queue_add(struct queue *q, const char *owner, struct queue_item *item)
{
	item->owner = find_owner(q, owner);
	item->running = false;
	TAILQ_INSERT_TAIL(&item->owner->items, item, entry);
	q->count++;
}

struct queue_item *queue_next(struct queue *q)
{
	struct queue_owner *o;

	if (q->running >= q->most)
		return NULL;
	TAILQ_FOREACH (o, &q->owners, entry) {
		struct queue_item *first = TAILQ_FIRST(&o->items);

		if (first->running)
			continue;
		first->running = true;
		q->running++;
		return first;
	}
	return NULL;
}

void queue_remove(struct queue *q, struct queue_item *item)
{
	struct queue_owner *o = item->owner;

	TAILQ_REMOVE(&o->items, item, entry);
	TAILQ_REMOVE(&q->owners, o, entry);
	q->running -= item->running;
	q->count--;
	item->owner = NULL;
	if (!TAILQ_EMPTY(&o->items)) {
		TAILQ_INSERT_TAIL(&q->owners, o, entry);
		return;
	}
	free(o->name);
	free(o);
}

struct queue_item *queue_any(struct queue *q)
{
	struct queue_owner *o = TAILQ_FIRST(&q->owners);

	return o ? TAILQ_FIRST(&o->items) : NULL;
}

unsigned queue_count(const struct queue *q)
{
	return q->count;
}
