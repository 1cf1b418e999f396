/* SPDX-License-Identifier: BSD-2-Clause */
/* See throttle.h. */
#include "agent/throttle.h"

#include <string.h>

#define MINUTE (60 * USEC_PER_SEC)

static bool is_known(const struct event_log *e)
{
	return (unsigned)e->kind < THROTTLE_KINDS;
}

bool throttle_passes(const struct throttle *t, const struct store *s, const struct event_log *e)
{
	const struct notification *n = store_notification(s, e->kind);

	if (!n || !is_known(e))
		return true;
	if (!n->enabled)
		return false;
	return !n->limit || t->kinds[e->kind].minute != e->time / MINUTE ||
	       t->kinds[e->kind].passed < n->limit;
}

void throttle_count(struct throttle *t, const struct event_log *e)
{
	uint64_t minute = e->time / MINUTE;

	if (!is_known(e))
		return;
	if (t->kinds[e->kind].minute != minute)
		t->kinds[e->kind].passed = 0;
	t->kinds[e->kind].minute = minute;
	t->kinds[e->kind].passed++;
}

void throttle_replay(struct throttle *t, const struct store *s, uint32_t last)
{
	memset(t, 0, sizeof(*t));
	STORE_FOREACH (event_log, e, s)
		if (e->sequence <= last && throttle_passes(t, s, e))
			throttle_count(t, e);
}
