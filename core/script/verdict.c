/* SPDX-License-Identifier: BSD-2-Clause */
/* See verdict.h. */
#include "core/script/verdict.h"

bool script_verdict_take(struct script_verdict *v, bool ok, uint32_t rise, uint32_t fall)
{
	enum track_state result = ok ? TRACK_STATE_UP : TRACK_STATE_DOWN;

	if (v->state == result) {
		v->against = 0;
		return false;
	}
	v->against++;
	if (v->state != TRACK_STATE_UNKNOWN && v->against < (ok ? rise : fall))
		return false;
	v->state = result;
	v->against = 0;
	return true;
}
