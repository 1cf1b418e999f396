/* SPDX-License-Identifier: BSD-2-Clause */
/* See track.h. */
#include "core/vrrp/track.h"

#include "core/vrrp/config.h"

struct track_effect track_effect(enum track_state state, int32_t weight, bool reverse)
{
	struct track_effect e = {0, false};
	bool up = state == TRACK_STATE_UP;

	if (state == TRACK_STATE_UNKNOWN)
		return e;
	if (weight == 0)
		e.fault = up == reverse;
	else if (up == (weight > 0))
		e.contribution = reverse ? -weight : weight;
	return e;
}

struct track_effect track_file_effect(int32_t value, int32_t weight, bool reverse)
{
	struct track_effect e = {0, false};
	int64_t product = (int64_t)value * weight * (reverse ? -1 : 1);

	if (weight == 0)
		e.fault = (value != 0) != reverse;
	else if (product <= -254)
		e.fault = true;
	else
		e.contribution = product > 253 ? 253 : (int32_t)product;
	return e;
}

enum track_state track_virtual_server_state(enum virtual_state state)
{
	switch (state) {
	case VIRTUAL_UP:
		return TRACK_STATE_UP;
	case VIRTUAL_DOWN:
	case VIRTUAL_SORRY:
		return TRACK_STATE_DOWN;
	case VIRTUAL_UNKNOWN:
		break;
	}
	return TRACK_STATE_UNKNOWN;
}

enum track_state track_pool_state(enum server_state state)
{
	switch (state) {
	case SERVER_UP:
		return TRACK_STATE_UP;
	case SERVER_DOWN:
		return TRACK_STATE_DOWN;
	case SERVER_UNKNOWN:
		break;
	}
	return TRACK_STATE_UNKNOWN;
}

uint8_t track_priority(uint32_t base, int64_t contributions)
{
	int64_t sum = (int64_t)base + contributions;

	if (base == VRRP_PRIORITY_OWNER)
		return VRRP_PRIORITY_OWNER;
	if (sum < 1)
		return 1;
	return sum >= VRRP_PRIORITY_OWNER ? VRRP_PRIORITY_OWNER - 1 : (uint8_t)sum;
}
