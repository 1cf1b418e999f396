/* SPDX-License-Identifier: BSD-2-Clause */
/* See history.h. */
#include "core/director/history.h"

#include <stdlib.h>
#include <string.h>

struct changeset *changeset_new(enum change_origin origin)
{
	struct changeset *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->origin = origin;
	c->time = clock_wall();
	return c;
}

void changeset_free(struct changeset *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		str_free(c->list[i].table);
		str_free(c->list[i].key);
		str_free(c->list[i].column);
		str_free(c->list[i].old_value);
		str_free(c->list[i].new_value);
	}
	free(c->list);
	free(c);
}

void changeset_add(struct changeset *c, const struct delta *d)
{
	if (c->n == c->size) {
		c->size = c->size ? 2 * c->size : 8;
		c->list = reallocarray(c->list, c->size, sizeof(*c->list));
		if (!c->list)
			abort();
	}
	c->list[c->n++] = (struct delta){.table = str_get(d->table),
	    .key = str_get(d->key),
	    .column = str_get(d->column),
	    .old_value = str_get(d->old_value),
	    .new_value = str_get(d->new_value),
	    .was_set = d->was_set,
	    .is_set = d->is_set};
}

void changeset_complete(struct changeset *c)
{
	struct delta *list = c->n ? reallocarray(c->list, c->n, sizeof(*list)) : NULL;

	if (!list)
		return;
	c->list = list;
	c->size = c->n;
}

void history_init(struct history *h)
{
	STAILQ_INIT(&h->sets);
	h->lines = 0;
	h->first = 0;
}

static void drop_first(struct history *h)
{
	struct changeset *c = STAILQ_FIRST(&h->sets);

	STAILQ_REMOVE_HEAD(&h->sets, entry);
	h->lines -= c->n;
	h->first = c->generation;
	changeset_free(c);
}

void history_clear(struct history *h)
{
	while (!STAILQ_EMPTY(&h->sets))
		drop_first(h);
}

void history_add(struct history *h, struct changeset *c,
    void (*dropped)(const struct changeset *c, void *arg), void *arg)
{
	if (STAILQ_EMPTY(&h->sets))
		h->first = c->generation - 1;
	STAILQ_INSERT_TAIL(&h->sets, c, entry);
	h->lines += c->n;
	/* one without lines, as at each start, takes no room from another */
	while (c->n && h->lines > HISTORY_LINES && STAILQ_FIRST(&h->sets) != c) {
		if (dropped)
			dropped(STAILQ_FIRST(&h->sets), arg);
		drop_first(h);
	}
}

/* By value, and each value's changes in the order in which they were made. */
struct placed {
	const struct delta *delta;
	size_t place;
};

static int same_value(const struct delta *a, const struct delta *b)
{
	int d = strcmp(a->table, b->table);

	d = d ? d : strcmp(a->key, b->key);
	return d ? d : strcmp(a->column, b->column);
}

static int placed_cmp(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int d = same_value(x->delta, y->delta);

	return d ? d : (x->place < y->place ? -1 : x->place > y->place);
}

static void each_oldest(struct placed *list, size_t n, history_each each, void *arg)
{
	if (n)
		qsort(list, n, sizeof(*list), placed_cmp);
	for (size_t i = 0; i < n; i++) {
		const struct delta *d = list[i].delta;

		if (i == 0 || same_value(list[i - 1].delta, d) != 0)
			each(d, d->was_set ? d->old_value : NULL, arg);
	}
	free(list);
}

static bool same_row(const struct delta *a, const struct delta *b)
{
	return strcmp(a->table, b->table) == 0 && strcmp(a->key, b->key) == 0;
}

/* Of each value the last change is left. */
static size_t keep_newest(struct placed *list, size_t n)
{
	size_t m = 0;

	if (n)
		qsort(list, n, sizeof(*list), placed_cmp);
	for (size_t i = 0; i < n; i++)
		if (i + 1 == n || same_value(list[i].delta, list[i + 1].delta) != 0)
			list[m++] = list[i];
	return m;
}

static bool is_volatile(const struct placed *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(row[i].delta->column, "storage") == 0)
			return row[i].delta->is_set &&
			       strcmp(row[i].delta->new_value, "volatile") == 0;
	return false;
}

static size_t collect(const struct changeset *c, struct placed *list, size_t n)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!c->list[i].was_set && !c->list[i].is_set)
			continue; /* the file's */
		list[n] = (struct placed){&c->list[i], n};
		n++;
	}
	return n;
}

static struct placed *places(size_t n)
{
	struct placed *list = calloc(n + 1, sizeof(*list));

	if (!list)
		abort();
	return list;
}

void history_before(const struct history *h, uint32_t generation, history_each each, void *arg)
{
	struct placed *list = places(h->lines);
	const struct changeset *c;
	size_t n = 0;

	STAILQ_FOREACH (c, &h->sets, entry)
		if (c->generation > generation)
			n = collect(c, list, n);
	each_oldest(list, n, each, arg);
}

void history_before_set(const struct changeset *c, history_each each, void *arg)
{
	struct placed *list = places(c->n);

	each_oldest(list, collect(c, list, 0), each, arg);
}

void history_lost(const struct history *h, struct changeset *lost)
{
	struct placed *list = places(h->lines);
	const struct changeset *c;
	size_t n = 0;

	STAILQ_FOREACH (c, &h->sets, entry)
		n = collect(c, list, n);
	n = keep_newest(list, n);
	for (size_t i = 0, k; i < n; i += k) {
		for (k = 1; i + k < n && same_row(list[i].delta, list[i + k].delta);)
			k++;
		for (size_t v = i; is_volatile(&list[i], k) && v < i + k; v++) {
			const struct delta *d = list[v].delta;

			if (d->is_set)
				changeset_add(lost, &(struct delta){.table = d->table,
							.key = d->key,
							.column = d->column,
							.old_value = d->new_value,
							.new_value = "",
							.was_set = true});
		}
	}
	free(list);
}
