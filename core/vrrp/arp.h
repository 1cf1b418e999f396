/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Announcements for IPv4: gratuitous ARP (RFC 9568 section 8.1.2, with errata
 * 7947 and 7949).  A request for the address by itself, as keepalived sends it.
 *
 * What is queued is sent with one system call, or, where a least distance is
 * set for an interface, one packet after the other.
 */
#ifndef VRRP_ARP_H
#define VRRP_ARP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/addr.h"
#include "core/base/clock.h"
#include "core/vrrp/kernel.h"

struct vrrp_arp;

/* Counters of whom the announcements are for. */
struct vrrp_arp_count {
	uint64_t *sent;
	uint64_t *errors;
};

/* NULL, after logging, if there is no packet socket (needs CAP_NET_RAW). */
struct vrrp_arp *vrrp_arp_new(struct event_base *base);
void vrrp_arp_free(struct vrrp_arp *a);
/*
 * Queues one announcement of an IPv4 address on an interface with a MAC address.  interval: the least
 * time to the interface's announcement before.  The counters must live until vrrp_arp_cancel() is
 * called with the same `sent`.
 */
void vrrp_arp_queue(struct vrrp_arp *a, const struct kernel_interface *i,
    const struct addr *address, usec_t interval, struct vrrp_arp_count count);
/* Forgets what is queued for these counters. */
void vrrp_arp_cancel(struct vrrp_arp *a, const uint64_t *sent);
/* Sends what is due. */
void vrrp_arp_flush(struct vrrp_arp *a);

#endif
