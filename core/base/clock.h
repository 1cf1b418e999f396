/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time.  Durations and instants are whole microseconds.  Instants are on
 * CLOCK_BOOTTIME, which neither a clock step nor a suspended machine disturbs,
 * and which is the same for all processes and across their restarts; wall
 * time is for people and for the event log only.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

typedef uint64_t usec_t;

#define USEC_PER_SEC ((usec_t)1000000)
#define USEC_PER_CSEC ((usec_t)10000)
#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_NEVER UINT64_MAX

usec_t clock_now(void);	 /* CLOCK_BOOTTIME */
usec_t clock_wall(void); /* CLOCK_REALTIME, since 1970 */
struct timeval usec_to_timeval(usec_t t);

#endif
