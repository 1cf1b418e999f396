/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unsolicited neighbour advertisements (RFC 4861 sections 4.4 and 7.2.6, RFC
 * 9568 section 8.2.2): from the address itself to all nodes (ff02::1), with the
 * flags router and override, and the target's link-layer address.
 */
#ifndef VRRP_ND_H
#define VRRP_ND_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/addr.h"

#define VRRP_ND_LEN 86 /* octets of the frame */

/* Writes the Ethernet frame that announces an IPv6 address at a MAC address of 6 octets. */
void vrrp_nd_build(uint8_t frame[VRRP_ND_LEN], const uint8_t *mac, const struct addr *address);

#endif
