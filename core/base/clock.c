/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock.h. */
#include "core/base/clock.h"

#include <time.h>

static usec_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

usec_t clock_now(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

usec_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

struct timeval usec_to_timeval(usec_t t)
{
	return (struct timeval){
	    .tv_sec = (time_t)(t / USEC_PER_SEC), .tv_usec = (suseconds_t)(t % USEC_PER_SEC)};
}
