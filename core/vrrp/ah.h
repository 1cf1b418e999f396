/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IP authentication header of version 2 over IPv4 (RFC 2338 section 5.3.6; RFC 2402, RFC 2403), in the
 * form that keepalived speaks: HMAC-MD5 cut to 96 bits with the password of 8 octets as its key; the SPI is the
 * source address; what routers change in the IP header counts as zero, of unicast packets the TTL, too.
 *
 * Whether a sequence number was seen before is the caller's business.
 */
#ifndef VRRP_AH_H
#define VRRP_AH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/addr.h"

#define VRRP_AH_PROTOCOL 51
#define VRRP_AH_KEY_LEN 8
#define VRRP_AH_LEN 24			    /* octets of the header */
#define VRRP_AH_OVERHEAD (20 + VRRP_AH_LEN) /* with the IP header that vrrp_ah_build() writes */

/* What the IP header says of a packet that is sent. */
struct vrrp_ah_route {
	struct addr source, destination; /* IPv4 */
	uint8_t ttl;
};

/*
 * Writes IP header, authentication header and the VRRP message into buf.  The kernel fills in the IP
 * checksum.  Returns the packet's length; 0 if size is too small.
 */
size_t vrrp_ah_build(void *buf, size_t size, const struct vrrp_ah_route *route,
    const uint8_t key[VRRP_AH_KEY_LEN], uint32_t sequence, const void *message, size_t len);

/*
 * Reads the authentication header at `at` in an IPv4 packet of len octets.  False if there is none of
 * this form, or what follows it is not VRRP.
 */
bool vrrp_ah_parse(const void *packet, size_t len, size_t at, uint32_t *sequence);

/* Is the packet's authentication, of which vrrp_ah_parse() said that it is there, right? */
bool vrrp_ah_verify(const void *packet, size_t len, size_t at, const uint8_t key[VRRP_AH_KEY_LEN]);

/* RFC 2104 with MD5, for keys of up to 64 octets.  The data is in two parts. */
void vrrp_ah_hmac(uint8_t digest[16], const void *key, size_t key_len, const void *a, size_t a_len,
    const void *b, size_t b_len);

#endif
