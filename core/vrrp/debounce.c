/* SPDX-License-Identifier: BSD-2-Clause */
/* See debounce.h. */
#include "core/vrrp/debounce.h"

static void settle(struct debounce *d)
{
	d->up = d->seen;
	d->since = 0;
}

enum debounce_change debounce_see(
    struct debounce *d, bool up, const struct debounce_delays *delays, usec_t now)
{
	if (!d->known) {
		*d = (struct debounce){.known = true, .up = up, .seen = up};
		return DEBOUNCE_COUNTS;
	}
	if (up != d->seen) {
		d->seen = up;
		if (up == d->up) {
			d->since = 0;
			return DEBOUNCE_IGNORED;
		}
		d->since = now;
	}
	if (d->seen == d->up)
		return DEBOUNCE_NOTHING;
	if (now < debounce_due(d, delays))
		return DEBOUNCE_NOTHING;
	settle(d);
	return DEBOUNCE_COUNTS;
}

usec_t debounce_due(const struct debounce *d, const struct debounce_delays *delays)
{
	if (!d->known || d->seen == d->up)
		return USEC_NEVER;
	return d->since + (d->seen ? delays->up : delays->down);
}

usec_t debounce_longest_down(usec_t interval)
{
	return 2 * interval - interval / 256;
}
