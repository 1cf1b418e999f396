/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The codec of VRRP advertisements: version 2 (RFC 3768, with the simple text
 * authentication of RFC 2338) and version 3 (RFC 9568; RFC 5798 for the IPv4
 * checksum with a pseudo-header), over IPv4 and, for version 3, IPv6.
 *
 * Receiving is a ladder in two parts, so that a packet is judged by itself
 * before it is known whom it is for: vrrp_packet_parse() needs no instance,
 * vrrp_packet_check() holds it against one.  Each rung has its own reason, in
 * the order of RFC 9568 section 7.1, and the reasons index counters.
 *
 * Nothing is copied: a parsed packet points into the buffer that it came in.
 */
#ifndef VRRP_PACKET_H
#define VRRP_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/addr.h"
#include "core/base/clock.h"
#include "core/vrrp/config.h"

#define VRRP_IP_PROTOCOL 112
#define VRRP_TTL 255
/* v3 over IPv6 with 255 addresses */
#define VRRP_PACKET_MAX (8 + VRRP_MAX_ADDRESSES * 16)

enum vrrp_drop {
	VRRP_PASS = 0,	   /* not dropped */
	VRRP_DROP_TTL,	   /* not 255: it was forwarded; unicast: not in the peer's range */
	VRRP_DROP_VERSION, /* neither 2 nor 3, or not the instance's */
	VRRP_DROP_TYPE,	   /* not an advertisement */
	VRRP_DROP_LENGTH,  /* shorter than its own count says, or no IP packet at all */
	VRRP_DROP_COUNT,   /* v3: no address (erratum 8299) */
	VRRP_DROP_CHECKSUM,
	VRRP_DROP_VRID,		 /* not configured on the interface */
	VRRP_DROP_OWN,		 /* we sent it: it came back */
	VRRP_DROP_OWNER,	 /* v2: the address owner listens to nobody */
	VRRP_DROP_AUTH,		 /* the password is another one */
	VRRP_DROP_AUTH_TYPE,	 /* no such authentication type */
	VRRP_DROP_AUTH_MISMATCH, /* not the authentication type that is configured */
	VRRP_DROP_INTERVAL,	 /* v2: not ours; v3: 0 */
	VRRP_DROP_ADDRESSES,	 /* other addresses than ours, and we are strict about it */
	VRRP_DROP_LINK_LOCAL, /* IPv6: the first address is not link-local, as ours is (erratum 8300) */
	VRRP_DROP_DESTINATION, /* multicast where we are unicast or the other way round; another group */
	VRRP_DROP_SOURCE,  /* unicast from somebody who is no peer, and we are strict about it */
	VRRP_DROP_REPLAY,  /* authentication header: its sequence number is no new one */
	VRRP_DROP_FOREIGN, /* authentication header of another protocol: nobody's error */
	VRRP_DROP_REASONS
};

/* A packet that is not dropped may still differ in what is worth a counter. */
enum vrrp_note {
	VRRP_NOTE_INTERVAL = 1,	 /* v3: another interval than ours */
	VRRP_NOTE_ADDRESSES = 2, /* other addresses than ours */
	VRRP_NOTE_OWNER = 4,	 /* we are the address owner, and so is the sender */
};

struct vrrp_packet {
	uint8_t version;
	uint8_t vrid; /* valid also when the packet was dropped; 0 if there was none */
	uint8_t priority;
	uint8_t auth_type; /* v2: as sent */
	uint8_t count;
	usec_t interval;
	struct addr source, destination;
	const uint8_t *addresses;    /* count of them, 4 or 16 octets each */
	const uint8_t *auth;	     /* v2: VRRP_AUTH_LEN octets */
	enum vrrp_checksum checksum; /* the form that was right */
	bool old_checksum;	     /* unicast: it is that of a multicast packet */
	bool unicast;
	uint32_t sequence;    /* of its authentication header */
	const uint8_t *ah;    /* the whole IPv4 packet if it has one, or NULL */
	size_t ah_at, ah_len; /* where in it the header is; the packet's length */
	uint8_t ttl;
};

/* "checksum", "authentication": for logs. */
const char *vrrp_drop_name(enum vrrp_drop drop);

/*
 * Judges a VRRP message (what follows the IP header) by itself.  len: octets up to the end of the
 * IP packet; ttl: TTL or hop limit of the IP header, which must be 255 if the destination is a
 * multicast address.  source and destination are of one family.
 */
enum vrrp_drop vrrp_packet_parse(struct vrrp_packet *p, const void *message, size_t len,
    const struct addr *source, const struct addr *destination, uint8_t ttl);

/*
 * The same for an IPv4 packet as a raw socket gives it, with its header (options are skipped).
 * Octets behind the header's total length are ignored.
 */
enum vrrp_drop vrrp_packet_parse_ipv4(struct vrrp_packet *p, const void *datagram, size_t len);

/* Holds a parsed packet against an instance.  own: our source address.  *notes: enum vrrp_note. */
enum vrrp_drop vrrp_packet_check(const struct vrrp_packet *p, const struct vrrp_config *c,
    const struct addr *own, unsigned *notes);

/*
 * Writes the advertisement of an instance, without an IP header, into buf.  destination: what the
 * checksum covers.  priority:
 * VRRP_PRIORITY_STOP or the instance's.  Returns its length; 0 if size is too small.
 */
size_t vrrp_packet_build(void *buf, size_t size, const struct vrrp_config *c, uint8_t priority,
    const struct addr *source, const struct addr *destination);

/* The same instance in version 2: for RFC 9568 section 8.4. */
struct vrrp_config vrrp_packet_version2(const struct vrrp_config *c);

/* The peer with this address; NULL if there is none. */
const struct vrrp_peer_config *vrrp_packet_peer(
    const struct vrrp_config *c, const struct addr *address);

/* 224.0.0.18 or ff02::12. */
struct addr vrrp_packet_group(enum addr_family family);
/* The instance's. */
struct addr vrrp_packet_group_of(const struct vrrp_config *c);

#endif
