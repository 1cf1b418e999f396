/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gratuitous ARP (RFC 9568 section 8.1.2, with errata 7947 and 7949): a request
 * for the address by itself, as keepalived sends it.
 */
#ifndef VRRP_ARP_H
#define VRRP_ARP_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/addr.h"

#define VRRP_ARP_LEN 42 /* octets of the frame */

/* Writes the Ethernet frame that announces an IPv4 address at a MAC address of 6 octets. */
void vrrp_arp_build(uint8_t frame[VRRP_ARP_LEN], const uint8_t *mac, const struct addr *address);

#endif
