/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a link's change counts: keepalived's interface_up_down_delays, as functions without clock and kernel.
 *
 * What is seen of a link counts when it has been so for the delay; what goes back before that never happened.
 * How a link is when it is seen first counts at once.
 */
#ifndef VRRP_DEBOUNCE_H
#define VRRP_DEBOUNCE_H

#include <stdbool.h>
#include "core/base/clock.h"

struct debounce_delays {
	usec_t down, up; /* 0: it counts at once */
};

/* All zero: nothing was seen yet. */
struct debounce {
	bool known;
	bool up;      /* what counts */
	bool seen;    /* what was seen last */
	usec_t since; /* when it began to differ from what counts */
};

enum debounce_change {
	DEBOUNCE_NOTHING,
	DEBOUNCE_COUNTS,  /* d->up is another one now, or is known now */
	DEBOUNCE_IGNORED, /* the link is again what it counted as all the time */
};

/* The link was looked at; also to be called when debounce_due() has come. */
enum debounce_change debounce_see(
    struct debounce *d, bool up, const struct debounce_delays *delays, usec_t now);
/* When what is seen now will count; USEC_NEVER: it does. */
usec_t debounce_due(const struct debounce *d, const struct debounce_delays *delays);

/*
 * The longest delay of "down" for an interface on which somebody advertises at this interval: a backup that
 * hears nothing any more must be at fault before it would take over, which may be two intervals and a skew
 * from now, as the last advertisement may be one interval old.  keepalived's limit.
 */
usec_t debounce_longest_down(usec_t interval);

#endif
