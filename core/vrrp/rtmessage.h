/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of routes, rules and static addresses as messages of rtnetlink, and what the kernel tells of its own
 * as what they are known by.  Only memory: no sockets here.
 *
 * What this program sets has the protocol number 18 (RTPROT_KEEPALIVED; IFA_PROTO for addresses), unless the
 * row says another.
 */
#ifndef VRRP_RTMESSAGE_H
#define VRRP_RTMESSAGE_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/model/row.h"

#define RTMESSAGE_PROTOCOL 18
#define RTMESSAGE_MAX 1024

/* What interfaces are in the kernel. */
struct rtlookup {
	int (*index)(const char *interface, void *arg); /* or 0 */
	uint32_t (*table)(
	    const char *vrf, void *arg); /* a VRF's routing table; 0: there is none of the name */
	void *arg;
};

/*
 * What the kernel knows an entry by.  Two entries with the same identity are one to the kernel, or (routes)
 * alternatives of which the first counts.  Plain data without padding that matters: compare with
 * rtmessage_same().
 */
struct rtidentity {
	enum table_id table; /* of the row: vrrp_route, vrrp_rule or static_address */
	uint8_t family;	     /* AF_INET, AF_INET6 */
	uint8_t protocol;
	uint8_t length; /* of destination */
	uint8_t tos;
	struct addr destination; /* or the static address */
	uint32_t table_id;	 /* static addresses: the interface's index */
	uint32_t priority;
	/* rules only */
	uint8_t source_length, action, ip_protocol, l3mdev;
	bool inverted;
	struct addr source;
	uint32_t mark, mark_mask, target;
	int32_t suppress_length;
	uint16_t sport[2], dport[2];
	char iif[IFNAMSIZ], oif[IFNAMSIZ];
};

bool rtmessage_same(const struct rtidentity *a, const struct rtidentity *b);

/*
 * Writes the message that adds or removes what the row says, with the header's type and length; flags,
 * sequence and port are the sender's.  Returns its length, or 0 with the reason in words: an interface or a
 * VRF is not there.  buf must be aligned for a struct nlmsghdr.
 */
size_t rtmessage_build(const struct row *r, bool add, const struct rtlookup *l,
    uint8_t buf[RTMESSAGE_MAX], char *why, size_t size);
/* What it is known by; of a static address the index is 0 if the interface is not there, and so
 * is the table of a VRF's route. */
struct rtidentity rtmessage_identify(const struct row *r, const struct rtlookup *l);
/* The same of a message of the kernel about a route, rule or address.  False if it is about none that counts. */
bool rtmessage_parse(const struct nlmsghdr *h, struct rtidentity *id);

#endif
