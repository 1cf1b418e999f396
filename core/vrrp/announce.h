/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Announcements: who has the virtual addresses now.  IPv4: gratuitous ARP
 * (arp.h); IPv6: unsolicited neighbour advertisements (nd.h).  How to write one
 * is theirs; when they are sent is the same for both.
 *
 * What is queued is sent with one system call, or, where a least distance is
 * set for an interface, one packet after the other.
 */
#ifndef VRRP_ANNOUNCE_H
#define VRRP_ANNOUNCE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/addr.h"
#include "core/base/clock.h"
#include "core/vrrp/kernel.h"

struct announcer;

/* Counters of whom the announcements are for. */
struct announce_count {
	uint64_t *sent;
	uint64_t *errors;
};

/* The least time to the announcement before of the same family, on the interface or of the group. */
struct announce_pace {
	usec_t interval; /* 0: none */
	uint32_t group;	 /* 0: the interface's own */
};

/* NULL, after logging, if there is no packet socket (needs CAP_NET_RAW). */
struct announcer *announcer_new(struct event_base *base);
void announcer_free(struct announcer *a);
/*
 * So many announcements may be queued at a time, on so many interfaces: what they need is there, so that nothing
 * is allocated while many instances take over.  More are allocated when they come.
 */
void announcer_reserve(struct announcer *a, size_t announcements, size_t interfaces);
/*
 * Queues one announcement of an address on an interface with a MAC address.  The counters must live until
 * announcer_cancel() is called with the same `sent`.
 */
void announcer_queue(struct announcer *a, const struct kernel_interface *i,
    const struct addr *address, struct announce_pace pace, struct announce_count count);
/* Forgets what is queued for these counters.  True if there was something. */
bool announcer_cancel(struct announcer *a, const uint64_t *sent);
/* Sends what is due. */
void announcer_flush(struct announcer *a);

#endif
