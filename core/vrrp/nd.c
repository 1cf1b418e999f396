/* SPDX-License-Identifier: BSD-2-Clause */
/* See nd.h. */
#include "core/vrrp/nd.h"

#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <string.h>
#include "core/base/wire.h"

#define HOP_LIMIT 255 /* RFC 4861 section 7.1.2 */

struct frame {
	struct ether_header ether;
	struct ip6_hdr ip;
	struct nd_neighbor_advert na;
	struct nd_opt_hdr option;
	uint8_t mac[ETH_ALEN];
} __attribute__((packed));

_Static_assert(sizeof(struct frame) == VRRP_ND_LEN, "the frame has no padding");

#define MESSAGE_LEN (VRRP_ND_LEN - sizeof(struct ether_header) - sizeof(struct ip6_hdr))

/* RFC 4443 section 2.3: over addresses, length, next header and message. */
static uint16_t checksum(const struct frame *f)
{
	struct wire w = wire_reader(&f->ip.ip6_src, 2 * 16 + MESSAGE_LEN);
	uint32_t sum = MESSAGE_LEN + IPPROTO_ICMPV6;

	while (wire_left(&w) >= 2)
		sum += wire_get_be16(&w);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

void vrrp_nd_build(uint8_t frame[VRRP_ND_LEN], const uint8_t *mac, const struct addr *address)
{
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
	static const uint8_t all_nodes_mac[ETH_ALEN] = {0x33, 0x33, [5] = 1};
	struct frame f = {.ether.ether_type = htons(ETHERTYPE_IPV6)};

	memcpy(f.ether.ether_dhost, all_nodes_mac, ETH_ALEN);
	memcpy(f.ether.ether_shost, mac, ETH_ALEN);
	f.ip.ip6_flow = htonl(6u << 28);
	f.ip.ip6_plen = htons(MESSAGE_LEN);
	f.ip.ip6_nxt = IPPROTO_ICMPV6;
	f.ip.ip6_hlim = HOP_LIMIT;
	memcpy(&f.ip.ip6_src, address->bytes, 16);
	memcpy(&f.ip.ip6_dst, all_nodes, 16);
	f.na.nd_na_type = ND_NEIGHBOR_ADVERT;
	f.na.nd_na_flags_reserved = ND_NA_FLAG_ROUTER | ND_NA_FLAG_OVERRIDE;
	memcpy(&f.na.nd_na_target, address->bytes, 16);
	f.option.nd_opt_type = ND_OPT_TARGET_LINKADDR;
	f.option.nd_opt_len = 1;
	memcpy(f.mac, mac, ETH_ALEN);
	f.na.nd_na_cksum = checksum(&f);
	memcpy(frame, &f, sizeof(f));
}
