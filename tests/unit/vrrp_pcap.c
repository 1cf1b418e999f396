/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vrrp-pcap: writes advertisements that packet.c and ah.c build as a capture file, for vrrp_tshark.test.  With
 * `wrong`, each has one bit of its checksum changed; with `message`, those of version 3 over IPv4 have RFC 9568's
 * form of it.
 */
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <string.h>
#include "core/vrrp/ah.h"
#include "core/vrrp/packet.h"

#define LINKTYPE_RAW 101 /* an IP packet without a link's header */
#define MANY 20

static struct addr list[VRRP_MAX_ADDRESSES];
static struct addr list6[3];

/* In the order of the lines that vrrp_tshark.test expects. */
static const struct {
	struct vrrp_config config;
	uint8_t priority;
} adverts[] = {
    {{.version = 2, .vrid = 1, .interval = USEC_PER_SEC, .naddresses = 1}, 100},
    {{.version = 2,
	 .vrid = 2,
	 .interval = 10 * USEC_PER_SEC,
	 .naddresses = 2,
	 .auth_type = VRRP_AUTH_PASS,
	 .auth_data = "s3cret"},
	200},
    {{.version = 2,
	 .vrid = 3,
	 .interval = USEC_PER_SEC,
	 .naddresses = 1,
	 .auth_type = VRRP_AUTH_AH,
	 .auth_data = "s3cret"},
	150},
    {{.version = 2, .vrid = 255, .interval = 255 * USEC_PER_SEC, .naddresses = MANY}, 0},
    {{.version = 3,
	 .vrid = 5,
	 .interval = USEC_PER_CSEC,
	 .naddresses = 1,
	 .checksum = VRRP_CHECKSUM_PSEUDO_HEADER},
	254},
    {{.version = 3,
	 .vrid = 6,
	 .interval = 4095 * USEC_PER_CSEC,
	 .naddresses = VRRP_MAX_ADDRESSES,
	 .checksum = VRRP_CHECKSUM_PSEUDO_HEADER},
	255},
    {{.version = 3, .family = ADDR_IPV6, .vrid = 7, .interval = USEC_PER_SEC, .naddresses = 1},
	100},
    {{.version = 3, .family = ADDR_IPV6, .vrid = 8, .interval = USEC_PER_SEC / 2, .naddresses = 3},
	0},
};

static void fill(void)
{
	for (unsigned k = 0; k < VRRP_MAX_ADDRESSES; k++)
		list[k] = addr_from_bytes((uint8_t[]){10, 0, 1, (uint8_t)k}, 4);
	addr_parse(&list6[0], "fe80::100");
	addr_parse(&list6[1], "2001:db8::100");
	addr_parse(&list6[2], "2001:db8::101");
}

static size_t put_ipv4(uint8_t *packet, size_t size, const struct vrrp_config *c, uint8_t priority,
    const struct addr *from)
{
	struct addr to = vrrp_packet_group(ADDR_IPV4);
	struct iphdr ip = {
	    .version = 4, .ihl = 5, .tos = 0xc0, .ttl = VRRP_TTL, .protocol = VRRP_IP_PROTOCOL};
	size_t len =
	    vrrp_packet_build(packet + sizeof(ip), size - sizeof(ip), c, priority, from, &to);

	if (c->auth_type == VRRP_AUTH_AH) {
		struct vrrp_ah_route route = {*from, to, VRRP_TTL};
		uint8_t message[VRRP_PACKET_MAX];

		memcpy(message, packet + sizeof(ip), len);
		return vrrp_ah_build(packet, size, &route, c->auth_data, 77, message, len);
	}
	memcpy(&ip.saddr, from->bytes, 4);
	memcpy(&ip.daddr, to.bytes, 4);
	ip.tot_len = htons((uint16_t)(sizeof(ip) + len));
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip) + len;
}

static size_t put_ipv6(uint8_t *packet, size_t size, const struct vrrp_config *c, uint8_t priority,
    const struct addr *from)
{
	struct addr to = vrrp_packet_group(ADDR_IPV6);
	struct ip6_hdr ip = {0};
	size_t len =
	    vrrp_packet_build(packet + sizeof(ip), size - sizeof(ip), c, priority, from, &to);

	ip.ip6_vfc = 6 << 4;
	ip.ip6_plen = htons((uint16_t)len);
	ip.ip6_nxt = VRRP_IP_PROTOCOL;
	ip.ip6_hlim = VRRP_TTL;
	memcpy(&ip.ip6_src, from->bytes, 16);
	memcpy(&ip.ip6_dst, to.bytes, 16);
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip) + len;
}

static void put32(uint32_t value)
{
	fwrite(&value, sizeof(value), 1, stdout);
}

static void put_packet(unsigned n, bool wrong, bool message)
{
	struct vrrp_config c = adverts[n].config;
	uint8_t packet[VRRP_AH_OVERHEAD + VRRP_PACKET_MAX];
	struct addr from;
	size_t len, header = c.family == ADDR_IPV6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr);

	if (message)
		c.checksum = VRRP_CHECKSUM_MESSAGE;
	addr_parse(&from, c.family == ADDR_IPV6 ? "fe80::1" : "10.0.0.1");
	c.addresses = c.family == ADDR_IPV6 ? list6 : list;
	len = (c.family == ADDR_IPV6 ? put_ipv6 : put_ipv4)(
	    packet, sizeof(packet), &c, adverts[n].priority, &from);
	if (c.auth_type == VRRP_AUTH_AH)
		header += VRRP_AH_LEN;
	packet[header + 7] ^= wrong;
	put32(n); /* seconds */
	put32(0);
	put32((uint32_t)len);
	put32((uint32_t)len);
	fwrite(packet, len, 1, stdout);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	fill();
	put32(0xa1b2c3d4);
	put32(2 | 4 << 16); /* version 2.4 */
	put32(0);
	put32(0);
	put32(65535);
	put32(LINKTYPE_RAW);
	for (unsigned n = 0; n < sizeof(adverts) / sizeof(adverts[0]); n++)
		put_packet(n, strcmp(mode, "wrong") == 0, strcmp(mode, "message") == 0);
	return fflush(stdout) ? 1 : 0;
}
