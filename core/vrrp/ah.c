/* SPDX-License-Identifier: BSD-2-Clause */
/* See ah.h. */
#include "core/vrrp/ah.h"

#include <md5.h>
#include <netinet/ip.h>
#include <string.h>
#include "core/base/wire.h"

#define VRRP_PROTOCOL 112
#define PAYLOAD_LEN (VRRP_AH_LEN / 4 - 2) /* RFC 2402 section 2.2 */
#define ICV_AT 12
#define ICV_LEN 12
#define BLOCK 64
#define HEADER_MAX 60

void vrrp_ah_hmac(uint8_t digest[16], const void *key, size_t key_len, const void *a, size_t a_len,
    const void *b, size_t b_len)
{
	uint8_t pad[BLOCK] = {0}, inner[16];
	MD5_CTX m;

	memcpy(pad, key, key_len);
	for (int k = 0; k < BLOCK; k++)
		pad[k] ^= 0x36;
	MD5Init(&m);
	MD5Update(&m, pad, BLOCK);
	MD5Update(&m, a, a_len);
	MD5Update(&m, b, b_len);
	MD5Final(inner, &m);
	for (int k = 0; k < BLOCK; k++)
		pad[k] ^= 0x36 ^ 0x5c;
	MD5Init(&m);
	MD5Update(&m, pad, BLOCK);
	MD5Update(&m, inner, sizeof(inner));
	MD5Final(digest, &m);
}

/* Over the whole packet, with zeros where it may change on its way and where the result stands. */
static void compute(uint8_t digest[16], const void *packet, size_t len, size_t at,
    const uint8_t key[VRRP_AH_KEY_LEN])
{
	uint8_t head[HEADER_MAX + VRRP_AH_LEN];
	struct addr destination;
	struct iphdr ip;

	memcpy(head, packet, at + VRRP_AH_LEN);
	memcpy(&ip, head, sizeof(ip));
	destination = addr_from_bytes(&ip.daddr, 4);
	ip.tos = 0;
	ip.frag_off = 0;
	ip.check = 0;
	if (!addr_is_multicast(&destination))
		ip.ttl = 0;
	memcpy(head, &ip, sizeof(ip));
	memset(head + at + ICV_AT, 0, ICV_LEN);
	vrrp_ah_hmac(digest, key, VRRP_AH_KEY_LEN, head, at + VRRP_AH_LEN,
	    (const uint8_t *)packet + at + VRRP_AH_LEN, len - at - VRRP_AH_LEN);
}

size_t vrrp_ah_build(void *buf, size_t size, const struct vrrp_ah_route *route,
    const uint8_t key[VRRP_AH_KEY_LEN], uint32_t sequence, const void *message, size_t len)
{
	struct wire w = wire_writer(buf, size);
	static const uint8_t blank[ICV_LEN];
	struct iphdr ip = {.version = 4,
	    .ihl = sizeof(ip) / 4,
	    .tos = IPTOS_PREC_INTERNETCONTROL,
	    .tot_len = htons((uint16_t)(VRRP_AH_OVERHEAD + len)),
	    .id = htons((uint16_t)(sequence % 0xffff + 1)), /* of 0 the kernel makes another */
	    .ttl = route->ttl,
	    .protocol = VRRP_AH_PROTOCOL};
	uint8_t digest[16];

	memcpy(&ip.saddr, route->source.bytes, 4);
	memcpy(&ip.daddr, route->destination.bytes, 4);
	wire_put_bytes(&w, &ip, sizeof(ip));
	wire_put_u8(&w, VRRP_PROTOCOL);
	wire_put_u8(&w, PAYLOAD_LEN);
	wire_put_be16(&w, 0);
	wire_put_bytes(&w, route->source.bytes, 4); /* the SPI */
	wire_put_be32(&w, sequence);
	wire_put_bytes(&w, blank, ICV_LEN);
	wire_put_bytes(&w, message, len);
	if (w.error)
		return 0;
	compute(digest, buf, VRRP_AH_OVERHEAD + len, sizeof(ip), key);
	memcpy((uint8_t *)buf + sizeof(ip) + ICV_AT, digest, ICV_LEN);
	return VRRP_AH_OVERHEAD + len;
}

bool vrrp_ah_parse(const void *packet, size_t len, size_t at, uint32_t *sequence)
{
	struct wire w = wire_reader(packet, len);
	uint8_t next, payload_len;

	wire_get_bytes(&w, at);
	next = wire_get_u8(&w);
	payload_len = wire_get_u8(&w);
	wire_get_be16(&w);
	wire_get_be32(&w);
	*sequence = wire_get_be32(&w);
	wire_get_bytes(&w, ICV_LEN);
	return !w.error && next == VRRP_PROTOCOL && payload_len == PAYLOAD_LEN;
}

bool vrrp_ah_verify(const void *packet, size_t len, size_t at, const uint8_t key[VRRP_AH_KEY_LEN])
{
	const uint8_t *bytes = packet, *icv = bytes + at + ICV_AT;
	uint8_t digest[16], differ = 0;

	compute(digest, packet, len, at, key);
	for (int k = 0; k < ICV_LEN; k++) /* in the same time wherever they differ */
		differ |= digest[k] ^ icv[k];
	/* the SPI is the source address */
	return differ == 0 && memcmp(bytes + at + 4, bytes + offsetof(struct iphdr, saddr), 4) == 0;
}
