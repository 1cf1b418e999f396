/* SPDX-License-Identifier: BSD-2-Clause */
/* See marks.h: a list that is shifted to its beginning, and grows if that is not enough, when its end is reached. */
#include "core/model/marks.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST 64
#define ROOM_KEPT 1024

void marks_clear(struct marks *m)
{
	free(m->list);
	memset(m, 0, sizeof(*m));
}

bool marks_are_empty(const struct marks *m)
{
	return m->count == 0;
}

static void shift(struct marks *m)
{
	uint32_t end = 0;

	for (uint32_t i = m->first; i < m->end; i++) {
		if (!m->list[i].row)
			continue;
		m->list[end++] = m->list[i];
		m->list[i].row->marked = end;
	}
	m->first = 0;
	m->end = end;
}

/* No more than half of the list is in use afterwards, so that one mark costs O(1) whatever comes and goes. */
static void make_room(struct marks *m)
{
	shift(m);
	if (m->room >= 2 * m->count + ROOM_LEAST)
		return;
	m->room = 4 * m->count + ROOM_LEAST;
	m->list = reallocarray(m->list, m->room, sizeof(*m->list));
	if (!m->list)
		abort();
}

void marks_add(struct marks *m, struct row *r, column_mask columns)
{
	if (r->marked) {
		m->list[r->marked - 1].columns |= columns;
		return;
	}
	if (m->end == m->room)
		make_room(m);
	m->list[m->end++] = (struct mark){r, columns};
	r->marked = m->end;
	m->count++;
}

column_mask marks_of(const struct marks *m, const struct row *r)
{
	return r->marked ? m->list[r->marked - 1].columns : 0;
}

/* A list that was long for once is not kept. */
static void now_empty(struct marks *m)
{
	m->first = m->end = 0;
	if (m->room > ROOM_KEPT)
		marks_clear(m);
}

column_mask marks_take(struct marks *m, struct row *r)
{
	column_mask columns = marks_of(m, r);

	if (!r->marked)
		return 0;
	m->list[r->marked - 1].row = NULL;
	r->marked = 0;
	if (--m->count == 0)
		now_empty(m);
	return columns;
}

struct row *marks_first(struct marks *m)
{
	if (!m->count)
		return NULL;
	while (!m->list[m->first].row)
		m->first++;
	return m->list[m->first].row;
}
