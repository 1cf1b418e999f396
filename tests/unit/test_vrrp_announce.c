/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames that announce an address, octet by octet.
 */
#include <string.h>
#include "core/vrrp/arp.h"
#include "core/vrrp/nd.h"
#include "tests/unit/unit.h"

static const uint8_t mac[6] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

START_TEST(test_arp)
{
	static const uint8_t want[VRRP_ARP_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x11,
	    0x22, 0x33, 0x44, 0x55, 0x08, 0x06, /* Ethernet */
	    0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 192, 0, 2,
	    1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 192, 0, 2, 1};
	struct addr a = address("192.0.2.1");
	uint8_t frame[VRRP_ARP_LEN];

	vrrp_arp_build(frame, mac, &a);
	ck_assert_mem_eq(frame, want, sizeof(want));
}
END_TEST

START_TEST(test_neighbour)
{
	static const uint8_t want[VRRP_ND_LEN] = {0x33, 0x33, 0, 0, 0, 1, 0x02, 0x11, 0x22, 0x33,
	    0x44, 0x55, 0x86, 0xdd,	      /* Ethernet */
	    0x60, 0, 0, 0, 0, 32, 0x3a, 0xff, /* IPv6, ICMPv6, hop limit 255 */
	    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* from the address */
	    0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,	/* to all nodes */
	    136, 0, 0, 0, 0xa0, 0, 0, 0, /* router, override; not solicited */
	    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* the target */
	    2, 1, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
	struct addr a = address("2001:db8::1");
	uint8_t frame[VRRP_ND_LEN], blank[VRRP_ND_LEN];
	uint32_t sum = 32 + 58;

	vrrp_nd_build(frame, mac, &a);
	memcpy(blank, frame, sizeof(blank));
	blank[56] = blank[57] = 0; /* the checksum */
	ck_assert_mem_eq(blank, want, sizeof(want));
	/* with it, what it covers adds up to all ones (RFC 1071) */
	for (size_t k = 22; k < VRRP_ND_LEN; k += 2)
		sum += (uint32_t)frame[k] << 8 | frame[k + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ck_assert_uint_eq(sum, 0xffff);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("announce");
	TCase *tc = tcase_create("announce");

	tcase_add_test(tc, test_arp);
	tcase_add_test(tc, test_neighbour);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
