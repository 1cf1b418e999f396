/* SPDX-License-Identifier: BSD-2-Clause */
/* See arp.h. */
#include "core/vrrp/arp.h"

#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <string.h>

struct frame {
	struct ether_header ether;
	struct ether_arp arp;
} __attribute__((packed));

_Static_assert(sizeof(struct frame) == VRRP_ARP_LEN, "the frame has no padding");

void vrrp_arp_build(uint8_t frame[VRRP_ARP_LEN], const uint8_t *mac, const struct addr *address)
{
	struct frame f;

	memset(f.ether.ether_dhost, 0xff, ETH_ALEN);
	memcpy(f.ether.ether_shost, mac, ETH_ALEN);
	f.ether.ether_type = htons(ETHERTYPE_ARP);
	f.arp.arp_hrd = htons(ARPHRD_ETHER);
	f.arp.arp_pro = htons(ETHERTYPE_IP);
	f.arp.arp_hln = ETH_ALEN;
	f.arp.arp_pln = 4;
	f.arp.arp_op = htons(ARPOP_REQUEST);
	memcpy(f.arp.arp_sha, mac, ETH_ALEN);
	memcpy(f.arp.arp_spa, address->bytes, 4);
	memset(f.arp.arp_tha, 0xff, ETH_ALEN);
	memcpy(f.arp.arp_tpa, address->bytes, 4);
	memcpy(frame, &f, sizeof(f));
}
