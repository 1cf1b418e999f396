/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * track_process: the rows, of which those that are tracked are counted (census.h) and judged (process.h).
 */
#ifndef SCRIPT_PROCESSES_H
#define SCRIPT_PROCESSES_H

#include "core/model/engine.h"

struct processes;
struct processes *processes_new(struct engine *e);
void processes_free(struct processes *p);
/* Rows have changed: takes over those of track_process that are tracked, and counts the new ones at once. */
void processes_changed(struct processes *p, const struct change *c, size_t n);

#endif
