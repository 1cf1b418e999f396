/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker as an engine (core/model/engine.h): rows in, probes out, states
 * and events back to the hub.
 *
 * Each row of `real_server` has a server with a verdict, each row of `check`
 * a plan, and each pair of them that belong together a watch, which asks in
 * its time and has a row of `check_result`.  A transaction touches only what
 * it names: other watches keep their state and their place in the interval.
 */
#ifndef CHECK_MONITOR_H
#define CHECK_MONITOR_H

#include "core/model/engine.h"

/* For struct engine_program; what they do is said there. */
void *monitor_start(struct engine *e);
void monitor_finish(void *monitor);
void monitor_changed(struct engine *e, const struct change *c, size_t n, bool sync, void *monitor);
void monitor_stop(struct engine *e, bool clean, void *monitor);

#endif
