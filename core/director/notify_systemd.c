/* SPDX-License-Identifier: BSD-2-Clause */
/* Readiness and watchdog for systemd. */
#include <systemd/sd-daemon.h>
#include "core/director/hub.h"

void notify_state(const char *state)
{
	sd_notify(0, state);
}

usec_t notify_watchdog(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec / 2 : 0;
}
