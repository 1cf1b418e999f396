/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tracking does to a priority: keepalived's arithmetic, as functions without state.
 *
 * An item that is tracked is up or down and has a weight.  A positive weight is added while the item is
 * up, a negative one while it is down; weight 0 makes the item a reason for fault while it is down.
 * `reverse` subtracts instead of adding, and with weight 0 exchanges up and down.
 */
#ifndef VRRP_TRACK_H
#define VRRP_TRACK_H

#include <stdbool.h>
#include <stdint.h>
#include "core/model/schema.h"

struct track_effect {
	int32_t contribution; /* to the priority */
	bool fault;
};

/* An item whose state is not known yet does nothing. */
struct track_effect track_effect(enum track_state state, int32_t weight, bool reverse);
/*
 * A file with a value: weight 0 makes any value but 0 a reason for fault (`reverse`: 0 is one); else the product
 * of both, negated by `reverse`, is added, at most 253, and is a reason for fault instead at -254 or less.
 */
struct track_effect track_file_effect(int32_t value, int32_t weight, bool reverse);

/* A virtual server, down with a sorry server too: its real servers do not serve; and a pool. */
enum track_state track_virtual_server_state(enum virtual_state state);
enum track_state track_pool_state(enum server_state state);

/*
 * The priority that is advertised: base (1..255) and all contributions, within 1..254.  The address owner's
 * is always 255 (RFC 9568 section 5.2.4).
 */
uint8_t track_priority(uint32_t base, int64_t contributions);

#endif
