/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the results of a script to its state, as keepalived counts: the first result decides at once; later
 * `fall` failures in a row bring it down and `rise` successes up.  One that begins as failed (init_fail)
 * needs all of `rise`.
 */
#ifndef SCRIPT_VERDICT_H
#define SCRIPT_VERDICT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/model/schema.h"

struct script_verdict {
	enum track_state state;
	uint32_t against; /* results in a row that speak against the state */
};

/* Returns true if the state is another one now. */
bool script_verdict_take(struct script_verdict *v, bool ok, uint32_t rise, uint32_t fall);

#endif
