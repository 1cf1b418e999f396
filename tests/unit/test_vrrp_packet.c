/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VRRP codec.  The golden packets were recorded from keepalived 2.2.7; the
 * message-only checksum (RFC 9568) is what Cisco and Juniper send.  Each rung
 * of the receive ladder is tested with a packet that is right but for it.
 */
#include <netinet/ip.h>
#include <string.h>
#include "core/base/wire.h"
#include "core/vrrp/ah.h"
#include "core/vrrp/packet.h"
#include "tests/unit/unit.h"

/* 10.9.0.1 -> 224.0.0.18, VRID 7, priority 200, PASS "secret", 1 s, two addresses. */
static const uint8_t gold_v2_pass[] = {0x45, 0xc0, 0x00, 0x2c, 0x00, 0x01, 0x00, 0x00, 0xff, 0x70,
    0xd0, 0x84, 0x0a, 0x09, 0x00, 0x01, 0xe0, 0x00, 0x00, 0x12, 0x21, 0x07, 0xc8, 0x02, 0x01, 0x01,
    0xc4, 0xcd, 0x0a, 0x09, 0x00, 0x64, 0x0a, 0x09, 0x00, 0x65, 0x73, 0x65, 0x63, 0x72, 0x65, 0x74,
    0x00, 0x00};
/* VRID 9, priority 100, no authentication, 10.9.0.120. */
static const uint8_t gold_v2[] = {0x45, 0xc0, 0x00, 0x28, 0x00, 0x01, 0x00, 0x00, 0xff, 0x70, 0xd0,
    0x88, 0x0a, 0x09, 0x00, 0x01, 0xe0, 0x00, 0x00, 0x12, 0x21, 0x09, 0x64, 0x01, 0x00, 0x01, 0x70,
    0x73, 0x0a, 0x09, 0x00, 0x78, 0, 0, 0, 0, 0, 0, 0, 0};
/* VRID 8, priority 150, 50 cs, 10.9.0.110, checksum with the pseudo-header. */
static const uint8_t gold_v3[] = {0x45, 0xc0, 0x00, 0x20, 0x00, 0x05, 0x00, 0x00, 0xff, 0x70, 0xd0,
    0x8c, 0x0a, 0x09, 0x00, 0x01, 0xe0, 0x00, 0x00, 0x12, 0x31, 0x08, 0x96, 0x01, 0x00, 0x32, 0x43,
    0xb4, 0x0a, 0x09, 0x00, 0x6e};
/* The same with priority 0. */
static const uint8_t gold_v3_stop[] = {0x45, 0xc0, 0x00, 0x20, 0x00, 0x0e, 0x00, 0x00, 0xff, 0x70,
    0xd0, 0x83, 0x0a, 0x09, 0x00, 0x01, 0xe0, 0x00, 0x00, 0x12, 0x31, 0x08, 0x00, 0x01, 0x00, 0x32,
    0xd9, 0xb4, 0x0a, 0x09, 0x00, 0x6e};

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

/* The settings that belong to a golden packet's VRID. */
static struct vrrp_config config_of(uint8_t vrid, struct addr *list)
{
	struct vrrp_config c = {.family = ADDR_IPV4,
	    .vrid = vrid,
	    .version = 2,
	    .interval = USEC_PER_SEC,
	    .preempt = true,
	    .auth_type = VRRP_AUTH_NONE,
	    .checksum = VRRP_CHECKSUM_PSEUDO_HEADER,
	    .addresses = list,
	    .naddresses = 1};

	switch (vrid) {
	case 7:
		c.priority = 200;
		c.auth_type = VRRP_AUTH_PASS;
		memcpy(c.auth_data, "secret", 6);
		c.naddresses = 2;
		list[0] = address("10.9.0.100");
		list[1] = address("10.9.0.101");
		break;
	case 8:
		c.priority = 150;
		c.version = 3;
		c.interval = 50 * USEC_PER_CSEC;
		list[0] = address("10.9.0.110");
		break;
	default:
		c.priority = 100;
		list[0] = address("10.9.0.120");
	}
	return c;
}

/* Sets the checksum of a datagram's message so that only what the test changed is wrong. */
static void fix_checksum(uint8_t *datagram, size_t len, bool pseudo)
{
	size_t header = (datagram[0] & 15) * 4u, mlen = len - header;
	uint8_t *m = datagram + header;
	uint32_t sum = 0;

	m[6] = m[7] = 0;
	for (size_t k = 0; k < mlen; k++)
		sum += (uint32_t)m[k] << (k % 2 ? 0 : 8);
	if (pseudo) {
		for (size_t k = 12; k < 20; k++)
			sum += (uint32_t)datagram[k] << (k % 2 ? 0 : 8);
		sum += 112 + (uint32_t)mlen;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	m[6] = (uint8_t)(~sum >> 8);
	m[7] = (uint8_t)~sum;
}

static enum vrrp_drop parse_changed(
    const uint8_t *gold, size_t len, size_t at, uint8_t value, struct vrrp_packet *p)
{
	static uint8_t buf[256];

	memcpy(buf, gold, len);
	buf[at] = value;
	fix_checksum(buf, len, buf[20] >> 4 == 3);
	return vrrp_packet_parse_ipv4(p, buf, len);
}

START_TEST(test_parse_gold)
{
	struct vrrp_packet p;
	struct addr from = address("10.9.0.1");

	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, gold_v2_pass, sizeof(gold_v2_pass)), VRRP_PASS);
	ck_assert_uint_eq(p.version, 2);
	ck_assert_uint_eq(p.vrid, 7);
	ck_assert_uint_eq(p.priority, 200);
	ck_assert_uint_eq(p.auth_type, 1);
	ck_assert_uint_eq(p.count, 2);
	ck_assert_uint_eq(p.interval, 1000000);
	ck_assert(addr_equal(&p.source, &from));
	ck_assert_mem_eq(p.addresses, "\x0a\x09\x00\x64\x0a\x09\x00\x65", 8);
	ck_assert_mem_eq(p.auth, "secret\0\0", 8);

	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, gold_v3, sizeof(gold_v3)), VRRP_PASS);
	ck_assert_uint_eq(p.version, 3);
	ck_assert_uint_eq(p.vrid, 8);
	ck_assert_uint_eq(p.priority, 150);
	ck_assert_uint_eq(p.interval, 500000);
	ck_assert_int_eq(p.checksum, VRRP_CHECKSUM_PSEUDO_HEADER);

	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, gold_v3_stop, sizeof(gold_v3_stop)), VRRP_PASS);
	ck_assert_uint_eq(p.priority, 0);
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, gold_v2, sizeof(gold_v2)), VRRP_PASS);
	ck_assert_uint_eq(p.auth_type, 0);
}
END_TEST

/* What we build is what keepalived builds, byte for byte. */
START_TEST(test_build_gold)
{
	static const struct {
		const uint8_t *gold;
		size_t len;
		uint8_t vrid;
		bool stop;
	} cases[] = {
	    {gold_v2_pass, sizeof(gold_v2_pass), 7, false},
	    {gold_v2, sizeof(gold_v2), 9, false},
	    {gold_v3, sizeof(gold_v3), 8, false},
	    {gold_v3_stop, sizeof(gold_v3_stop), 8, true},
	};
	struct addr list[2], from = address("10.9.0.1"), to = vrrp_packet_group(ADDR_IPV4);
	struct vrrp_config c = config_of(cases[_i].vrid, list);
	uint8_t buf[VRRP_PACKET_MAX];
	size_t len;

	len = vrrp_packet_build(buf, sizeof(buf), &c, cases[_i].stop ? 0 : c.priority, &from, &to);
	ck_assert_uint_eq(len, cases[_i].len - 20);
	ck_assert_mem_eq(buf, cases[_i].gold + 20, len);
}
END_TEST

START_TEST(test_build_message_checksum)
{
	struct addr list[2], from = address("10.9.0.1"), to = vrrp_packet_group(ADDR_IPV4);
	struct vrrp_config c = config_of(8, list);
	struct vrrp_packet p;
	uint8_t buf[64];
	size_t len;

	c.checksum = VRRP_CHECKSUM_MESSAGE;
	len = vrrp_packet_build(buf, sizeof(buf), &c, 150, &from, &to);
	ck_assert_uint_eq(len, 12);
	/* 3108 + 9601 + 0032 + 0a09 + 006e = d1b2 */
	ck_assert_mem_eq(buf + 6, "\x2e\x4d", 2);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_PASS);
	ck_assert_int_eq(p.checksum, VRRP_CHECKSUM_MESSAGE);
}
END_TEST

/* Two groups may be heard on one interface: what is in the other one is of another virtual router. */
START_TEST(test_group)
{
	struct addr list[2], from = address("10.9.0.1"), own = address("10.9.0.2"),
			     to = vrrp_packet_group(ADDR_IPV4);
	struct vrrp_config c = config_of(7, list);
	struct vrrp_packet p;
	uint8_t buf[64];
	unsigned notes;
	size_t len = vrrp_packet_build(buf, sizeof(buf), &c, 200, &from, &to);

	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_PASS);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	c.group = address("224.0.0.77");
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_DESTINATION);
	to = vrrp_packet_group_of(&c);
	ck_assert(addr_equal(&to, &c.group));
	len = vrrp_packet_build(buf, sizeof(buf), &c, 200, &from, &to);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 254), VRRP_DROP_TTL);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_PASS);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	c.group = addr_any(ADDR_NONE);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_DESTINATION);
}
END_TEST

/* RFC 9568 section 8.4: both versions at once. */
START_TEST(test_both_versions)
{
	struct addr list[2], from = address("10.9.0.1"), own = address("10.9.0.2"),
			     to = vrrp_packet_group(ADDR_IPV4);
	struct vrrp_config c = config_of(7, list), two;
	struct vrrp_packet p;
	uint8_t buf[64];
	unsigned notes;
	size_t len;

	c.version = 3;
	c.auth_type = VRRP_AUTH_NONE;
	c.interval = USEC_PER_SEC / 10;
	two = vrrp_packet_version2(&c);
	ck_assert_uint_eq(two.version, 2);
	ck_assert_uint_eq(two.interval, USEC_PER_SEC);
	len = vrrp_packet_build(buf, sizeof(buf), &two, 200, &from, &to);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_PASS);
	ck_assert_uint_eq(p.version, 2);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_VERSION);
	c.also_v2 = true;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, 0);   /* a second is what the tenth is told as */
	p.interval = 2 * USEC_PER_SEC; /* the master's counts, as in version 3 */
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, VRRP_NOTE_INTERVAL);
	p.auth_type = 1;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_AUTH_MISMATCH);
	c.interval = 2500 * USEC_PER_MSEC;
	two = vrrp_packet_version2(&c);
	ck_assert_uint_eq(two.interval, 3 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_build_no_room)
{
	struct addr list[2], from = address("10.9.0.1"), to = vrrp_packet_group(ADDR_IPV4);
	struct vrrp_config c = config_of(7, list);
	uint8_t buf[24];

	for (size_t size = 0; size < 24; size++)
		ck_assert_uint_eq(vrrp_packet_build(buf, size, &c, 200, &from, &to), 0);
	ck_assert_uint_eq(vrrp_packet_build(buf, 24, &c, 200, &from, &to), 24);
}
END_TEST

START_TEST(test_ipv6)
{
	struct addr list[2] = {address("fe80::1"), address("2001:db8::1")};
	struct addr from = address("fe80::2"), to = vrrp_packet_group(ADDR_IPV6),
		    own = address("fe80::3");
	struct vrrp_config c = {.family = ADDR_IPV6,
	    .version = 3,
	    .vrid = 1,
	    .priority = 100,
	    .interval = USEC_PER_SEC,
	    .addresses = list,
	    .naddresses = 2};
	struct vrrp_packet p;
	uint8_t buf[64];
	unsigned notes;
	size_t len;

	ck_assert(addr_is_multicast(&to));
	len = vrrp_packet_build(buf, sizeof(buf), &c, 100, &from, &to);
	ck_assert_uint_eq(len, 8 + 32);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_PASS);
	ck_assert_int_eq(p.checksum, VRRP_CHECKSUM_PSEUDO_HEADER);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, 0);
	/* IPv6 has no message-only form: another sender changes the checksum. */
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &own, &to, 255), VRRP_DROP_CHECKSUM);

	list[0] = address("2001:db8::2");
	len = vrrp_packet_build(buf, sizeof(buf), &c, 100, &from, &to);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_PASS);
	/* the same is configured here: then it is what the administrator wants */
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	list[0] = address("fe80::1");
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_LINK_LOCAL);

	c.version = 2; /* there is no version 2 over IPv6 */
	len = vrrp_packet_build(buf, sizeof(buf), &c, 100, &from, &to);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_DROP_VERSION);
}
END_TEST

/* ---------------------------------------------------------- the authentication header */

START_TEST(test_hmac)
{
	/* RFC 2202 section 2, cases 2 and 1; the data in two parts */
	static const uint8_t jefe[16] = {0x75, 0x0c, 0x78, 0x3e, 0x6a, 0xb0, 0xb5, 0x03, 0xea, 0xa8,
	    0x6e, 0x31, 0x0a, 0x5d, 0xb7, 0x38};
	static const uint8_t hi[16] = {0x92, 0x94, 0x72, 0x7a, 0x36, 0x38, 0xbb, 0x1c, 0x13, 0xf4,
	    0x8e, 0xf8, 0x15, 0x8b, 0xfc, 0x9d};
	uint8_t digest[16], key[16];

	vrrp_ah_hmac(digest, "Jefe", 4, "what do ya want ", 16, "for nothing?", 12);
	ck_assert_mem_eq(digest, jefe, sizeof(jefe));
	memset(key, 0x0b, sizeof(key));
	vrrp_ah_hmac(digest, key, sizeof(key), "Hi There", 8, "", 0);
	ck_assert_mem_eq(digest, hi, sizeof(hi));
}
END_TEST

/* A packet of VRID 9 with an authentication header, as it arrives.  Returns its length. */
static size_t build_ah(uint8_t *packet, size_t size, const struct vrrp_config *c, const char *to)
{
	struct vrrp_ah_route route = {address("10.9.0.1"), address(to), 255};
	uint8_t message[64];
	size_t len =
	    vrrp_packet_build(message, sizeof(message), c, 100, &route.source, &route.destination);

	return vrrp_ah_build(packet, size, &route, c->auth_data, 0x01020304, message, len);
}

START_TEST(test_ah)
{
	struct addr list[1], own = address("10.9.0.2");
	struct vrrp_config c = config_of(9, list);
	struct vrrp_packet p;
	uint8_t packet[128], changed[128];
	unsigned notes;
	size_t len;

	c.auth_type = VRRP_AUTH_AH;
	memcpy(c.auth_data, "s3cret", 6);
	len = build_ah(packet, sizeof(packet), &c, "224.0.0.18");
	ck_assert_uint_eq(len, 20 + VRRP_AH_LEN + 8 + 4 + VRRP_AUTH_LEN);
	ck_assert_uint_eq(build_ah(changed, len - 1, &c, "224.0.0.18"), 0);
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, packet, len), VRRP_PASS);
	ck_assert_uint_eq(p.sequence, 0x01020304);
	ck_assert_uint_eq(p.auth_type, 2);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);

	/* what routers change does not count, anything else does */
	for (size_t at = 0; at < len; at++) {
		bool mutable = at == 1 || at == 6 || at == 7 || at == 10 || at == 11;
		enum vrrp_drop drop;

		memcpy(changed, packet, len);
		changed[at] ^= 1;
		drop = vrrp_packet_parse_ipv4(&p, changed, len);
		if (!drop)
			drop = vrrp_packet_check(&p, &c, &own, &notes);
		ck_assert_msg(
		    (drop == VRRP_PASS) == mutable, "octet %zu: %s", at, vrrp_drop_name(drop));
	}
	for (size_t n = 0; n < len; n++)
		ck_assert_int_ne(vrrp_packet_parse_ipv4(&p, packet, n), VRRP_PASS);
	/* what is authenticated is TCP */
	memcpy(changed, packet, len);
	changed[20] = 6;
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, changed, len), VRRP_DROP_FOREIGN);

	/* another password, no header, another type */
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, packet, len), VRRP_PASS);
	c.auth_data[7]++;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_AUTH);
	c.auth_type = VRRP_AUTH_NONE;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_AUTH_MISMATCH);
	c.auth_type = VRRP_AUTH_AH;
	ck_assert_int_eq(parse_changed(gold_v2, sizeof(gold_v2), 24, 2, &p), VRRP_PASS);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_AUTH_MISMATCH);

	/* the TTL counts unless the packet is unicast */
	len = build_ah(packet, sizeof(packet), &c, "10.9.0.2");
	packet[8] = 250;
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, packet, len), VRRP_PASS);
	ck_assert(vrrp_ah_verify(packet, len, 20, c.auth_data));
}
END_TEST

/* -------------------------------------------------------------------------- unicast */

/* A packet of version 3 from one router to another; covers: the destination in its checksum. */
static enum vrrp_drop unicast(struct vrrp_packet *p, const struct vrrp_config *c, const char *from,
    const char *covers, uint8_t ttl)
{
	static uint8_t buf[64];
	struct addr source = address(from), to = address("10.0.0.1"), covered = address(covers);
	size_t len = vrrp_packet_build(buf, sizeof(buf), c, 100, &source, &covered);

	return vrrp_packet_parse(p, buf, len, &source, &to, ttl);
}

START_TEST(test_unicast)
{
	struct addr list[1] = {address("10.0.0.100")}, own = address("10.0.0.1");
	struct vrrp_peer_config peers[2] = {
	    {address("10.0.0.2"), 255, 255}, {address("10.9.0.2"), 250, 254}};
	struct vrrp_config c = {.family = ADDR_IPV4,
	    .version = 3,
	    .vrid = 1,
	    .priority = 100,
	    .interval = USEC_PER_SEC,
	    .checksum = VRRP_CHECKSUM_PSEUDO_HEADER,
	    .peers = peers,
	    .npeers = 2,
	    .unicast_checksum = UNICAST_CHECKSUM_DETECT,
	    .addresses = list,
	    .naddresses = 1};
	struct vrrp_packet p;
	unsigned notes;

	ck_assert_ptr_eq(vrrp_packet_peer(&c, &peers[1].address), &peers[1]);
	ck_assert_ptr_null(vrrp_packet_peer(&c, &own));

	/* whatever its TTL, a unicast packet may be right by itself */
	ck_assert_int_eq(unicast(&p, &c, "10.0.0.2", "10.0.0.1", 255), VRRP_PASS);
	ck_assert(p.unicast && !p.old_checksum);
	ck_assert_uint_eq(p.ttl, 255);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	ck_assert_int_eq(unicast(&p, &c, "10.0.0.2", "10.0.0.1", 254), VRRP_PASS);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_TTL);

	/* the range is the peer's */
	for (unsigned ttl = 249; ttl <= 255; ttl++) {
		bool right = ttl >= 250 && ttl <= 254;

		ck_assert_int_eq(unicast(&p, &c, "10.9.0.2", "10.0.0.1", (uint8_t)ttl), VRRP_PASS);
		ck_assert_int_eq(
		    vrrp_packet_check(&p, &c, &own, &notes), right ? VRRP_PASS : VRRP_DROP_TTL);
	}

	/* somebody else counts unless it is said that he does not */
	ck_assert_int_eq(unicast(&p, &c, "10.0.0.3", "10.0.0.1", 1), VRRP_PASS);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	c.check_source = true;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_SOURCE);

	/* the checksum of keepalived before 2.0 */
	ck_assert_int_eq(unicast(&p, &c, "10.0.0.2", "224.0.0.18", 255), VRRP_PASS);
	ck_assert(p.old_checksum);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	c.unicast_checksum = UNICAST_CHECKSUM_PEER;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_CHECKSUM);
	ck_assert_int_eq(unicast(&p, &c, "10.0.0.2", "10.0.0.9", 255), VRRP_DROP_CHECKSUM);

	/* unicast to a multicast instance, and the other way round */
	ck_assert_int_eq(unicast(&p, &c, "10.0.0.2", "10.0.0.1", 255), VRRP_PASS);
	c.npeers = 0;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_DESTINATION);
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, gold_v3, sizeof(gold_v3)), VRRP_PASS);
	ck_assert(!p.unicast);
	c.npeers = 2;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_DESTINATION);
}
END_TEST

/* ------------------------------------------------- the ladder, without an instance */

START_TEST(test_drop_ttl)
{
	struct vrrp_packet p;

	ck_assert_int_eq(parse_changed(gold_v2, sizeof(gold_v2), 8, 254, &p), VRRP_DROP_TTL);
	ck_assert_uint_eq(p.vrid, 9); /* known, so that the instance can count it */
	ck_assert_int_eq(parse_changed(gold_v3, sizeof(gold_v3), 8, 1, &p), VRRP_DROP_TTL);
}
END_TEST

START_TEST(test_drop_version_type)
{
	struct vrrp_packet p;

	ck_assert_int_eq(parse_changed(gold_v3, sizeof(gold_v3), 20, 0x11, &p), VRRP_DROP_VERSION);
	ck_assert_int_eq(parse_changed(gold_v3, sizeof(gold_v3), 20, 0x41, &p), VRRP_DROP_VERSION);
	ck_assert_int_eq(parse_changed(gold_v3, sizeof(gold_v3), 20, 0x32, &p), VRRP_DROP_TYPE);
	ck_assert_int_eq(parse_changed(gold_v2, sizeof(gold_v2), 20, 0x20, &p), VRRP_DROP_TYPE);
}
END_TEST

START_TEST(test_drop_length)
{
	struct vrrp_packet p;
	uint8_t buf[sizeof(gold_v2_pass) + 8];

	/* Each truncation, with a header that says so and without. */
	for (size_t len = 0; len < sizeof(gold_v2_pass); len++) {
		memcpy(buf, gold_v2_pass, len);
		ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, len), VRRP_DROP_LENGTH);
		if (len < 21)
			continue;
		buf[2] = 0;
		buf[3] = (uint8_t)len;
		ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, len), VRRP_DROP_LENGTH);
	}
	/* A count that says more than there is; v2 without its trailer. */
	ck_assert_int_eq(parse_changed(gold_v3, sizeof(gold_v3), 23, 2, &p), VRRP_DROP_LENGTH);
	ck_assert_int_eq(parse_changed(gold_v2, sizeof(gold_v2), 23, 2, &p), VRRP_DROP_LENGTH);
	/* Nonsense in the IP header. */
	ck_assert_int_eq(parse_changed(gold_v2, sizeof(gold_v2), 0, 0x44, &p), VRRP_DROP_LENGTH);
	ck_assert_int_eq(parse_changed(gold_v2, sizeof(gold_v2), 0, 0x65, &p), VRRP_DROP_LENGTH);
	ck_assert_int_eq(parse_changed(gold_v2, sizeof(gold_v2), 3, 16, &p), VRRP_DROP_LENGTH);
}
END_TEST

/* More than the count says is not an error (the RFCs say "greater than or equal"). */
START_TEST(test_longer)
{
	struct vrrp_packet p;
	uint8_t buf[sizeof(gold_v3) + 8];

	memset(buf, 0, sizeof(buf));
	memcpy(buf, gold_v3, sizeof(gold_v3));
	/* Behind the IP packet: padding of the link. */
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, sizeof(buf)), VRRP_PASS);
	/* Inside of it. */
	buf[3] = sizeof(buf);
	fix_checksum(buf, sizeof(buf), true);
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, sizeof(buf)), VRRP_PASS);
	ck_assert_uint_eq(p.count, 1);
}
END_TEST

START_TEST(test_ip_options)
{
	struct vrrp_packet p;
	uint8_t buf[sizeof(gold_v2) + 4];

	memcpy(buf, gold_v2, 20);
	memcpy(buf + 20, "\x94\x04\x00\x00", 4); /* router alert */
	memcpy(buf + 24, gold_v2 + 20, sizeof(gold_v2) - 20);
	buf[0] = 0x46;
	buf[3] = sizeof(buf);
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, sizeof(buf)), VRRP_PASS);
	ck_assert_uint_eq(p.vrid, 9);
	ck_assert_uint_eq(p.priority, 100);
}
END_TEST

START_TEST(test_drop_count)
{
	static const uint8_t v3[] = {0x45, 0, 0, 28, 0, 0, 0, 0, 255, 112, 0, 0, 10, 9, 0, 1, 224,
	    0, 0, 18, 0x31, 8, 100, 0, 0, 100, 0, 0};
	struct vrrp_packet p;

	ck_assert_int_eq(parse_changed(v3, sizeof(v3), 22, 100, &p), VRRP_DROP_COUNT);
}
END_TEST

START_TEST(test_drop_checksum)
{
	struct vrrp_packet p;
	uint8_t buf[64];

	for (size_t k = 20; k < sizeof(gold_v3); k++) {
		memcpy(buf, gold_v3, sizeof(gold_v3));
		buf[k] ^= k == 20 || k == 23 ? 0 : 0x40; /* version, type and count come first */
		ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, sizeof(gold_v3)),
		    k == 20 || k == 23 ? VRRP_PASS : VRRP_DROP_CHECKSUM);
	}
	/* The password is covered, too. */
	memcpy(buf, gold_v2_pass, sizeof(gold_v2_pass));
	buf[sizeof(gold_v2_pass) - 1] = 1;
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, sizeof(gold_v2_pass)), VRRP_DROP_CHECKSUM);
	/* Version 2 has no pseudo-header. */
	memcpy(buf, gold_v2, sizeof(gold_v2));
	fix_checksum(buf, sizeof(gold_v2), true);
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, sizeof(gold_v2)), VRRP_DROP_CHECKSUM);
	/* Version 3: both forms. */
	memcpy(buf, gold_v3, sizeof(gold_v3));
	fix_checksum(buf, sizeof(gold_v3), false);
	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, buf, sizeof(gold_v3)), VRRP_PASS);
	ck_assert_int_eq(p.checksum, VRRP_CHECKSUM_MESSAGE);
}
END_TEST

START_TEST(test_reserved_ignored)
{
	struct vrrp_packet p;

	ck_assert_int_eq(parse_changed(gold_v3, sizeof(gold_v3), 24, 0xf0, &p), VRRP_PASS);
	ck_assert_uint_eq(p.interval, 500000);
}
END_TEST

/* ---------------------------------------------------- the ladder, with an instance */

static enum vrrp_drop check_changed(const uint8_t *gold, size_t len, size_t at, uint8_t value,
    const struct vrrp_config *c, unsigned *notes)
{
	struct addr own = address("10.9.0.2");
	struct vrrp_packet p;

	ck_assert_int_eq(parse_changed(gold, len, at, value, &p), VRRP_PASS);
	return vrrp_packet_check(&p, c, &own, notes);
}

START_TEST(test_check_pass)
{
	struct addr list[2];
	struct vrrp_config c7 = config_of(7, list);
	unsigned notes = 77;

	ck_assert_int_eq(
	    check_changed(gold_v2_pass, sizeof(gold_v2_pass), 0, 0x45, &c7, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, 0);
	/* The same addresses in another order. */
	list[1] = list[0];
	list[0] = address("10.9.0.101");
	ck_assert_int_eq(
	    check_changed(gold_v2_pass, sizeof(gold_v2_pass), 0, 0x45, &c7, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, 0);
}
END_TEST

START_TEST(test_check_version)
{
	struct addr list[2];
	struct vrrp_config c = config_of(8, list);
	unsigned notes;

	c.version = 2;
	ck_assert_int_eq(
	    check_changed(gold_v3, sizeof(gold_v3), 0, 0x45, &c, &notes), VRRP_DROP_VERSION);
}
END_TEST

START_TEST(test_check_own)
{
	struct addr list[2], own = address("10.9.0.1");
	struct vrrp_config c = config_of(8, list);
	struct vrrp_packet p;
	unsigned notes;

	ck_assert_int_eq(vrrp_packet_parse_ipv4(&p, gold_v3, sizeof(gold_v3)), VRRP_PASS);
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_OWN);
}
END_TEST

START_TEST(test_check_owner)
{
	struct addr list[2];
	struct vrrp_config c9 = config_of(9, list);
	unsigned notes;

	c9.priority = 255;
	ck_assert_int_eq(
	    check_changed(gold_v2, sizeof(gold_v2), 0, 0x45, &c9, &notes), VRRP_DROP_OWNER);
	ck_assert_int_eq(
	    check_changed(gold_v2, sizeof(gold_v2), 22, 255, &c9, &notes), VRRP_DROP_OWNER);

	struct vrrp_config c8 = config_of(8, list);

	c8.priority = 255;
	ck_assert_int_eq(check_changed(gold_v3, sizeof(gold_v3), 22, 255, &c8, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, VRRP_NOTE_OWNER);
	ck_assert_int_eq(check_changed(gold_v3, sizeof(gold_v3), 22, 100, &c8, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, 0);
}
END_TEST

START_TEST(test_check_auth)
{
	struct addr list[2];
	struct vrrp_config c = config_of(7, list);
	unsigned notes;

	c.auth_data[7] = 'x';
	ck_assert_int_eq(
	    check_changed(gold_v2_pass, sizeof(gold_v2_pass), 0, 0x45, &c, &notes), VRRP_DROP_AUTH);
	c = config_of(7, list);
	c.auth_type = VRRP_AUTH_NONE;
	ck_assert_int_eq(check_changed(gold_v2_pass, sizeof(gold_v2_pass), 0, 0x45, &c, &notes),
	    VRRP_DROP_AUTH_MISMATCH);
	c = config_of(7, list);
	for (unsigned type = 0; type < 256; type++)
		ck_assert_int_eq(check_changed(gold_v2_pass, sizeof(gold_v2_pass), 24,
				     (uint8_t)type, &c, &notes),
		    type == 1	? VRRP_PASS
		    : type <= 2 ? VRRP_DROP_AUTH_MISMATCH
				: VRRP_DROP_AUTH_TYPE);
	/* Type 0: whatever the data is. */
	c = config_of(9, list);
	ck_assert_int_eq(
	    check_changed(gold_v2, sizeof(gold_v2), sizeof(gold_v2) - 1, 0x77, &c, &notes),
	    VRRP_PASS);
	/* Version 3 has none, whatever is configured. */
	c = config_of(8, list);
	c.auth_type = VRRP_AUTH_PASS;
	ck_assert_int_eq(check_changed(gold_v3, sizeof(gold_v3), 0, 0x45, &c, &notes), VRRP_PASS);
}
END_TEST

START_TEST(test_check_interval)
{
	struct addr list[2];
	struct vrrp_config c = config_of(9, list);
	unsigned notes;

	ck_assert_int_eq(
	    check_changed(gold_v2, sizeof(gold_v2), 25, 2, &c, &notes), VRRP_DROP_INTERVAL);
	ck_assert_int_eq(
	    check_changed(gold_v2, sizeof(gold_v2), 25, 0, &c, &notes), VRRP_DROP_INTERVAL);
	c = config_of(8, list);
	ck_assert_int_eq(check_changed(gold_v3, sizeof(gold_v3), 25, 100, &c, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, VRRP_NOTE_INTERVAL);
	ck_assert_int_eq(
	    check_changed(gold_v3, sizeof(gold_v3), 25, 0, &c, &notes), VRRP_DROP_INTERVAL);
}
END_TEST

START_TEST(test_check_addresses)
{
	struct addr list[2];
	struct vrrp_config c = config_of(9, list);
	unsigned notes;

	/* Counted, not dropped: that makes two masters while addresses are being changed. */
	ck_assert_int_eq(check_changed(gold_v2, sizeof(gold_v2), 31, 0x79, &c, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, VRRP_NOTE_ADDRESSES);
	c.strict_addresses = true;
	ck_assert_int_eq(
	    check_changed(gold_v2, sizeof(gold_v2), 31, 0x79, &c, &notes), VRRP_DROP_ADDRESSES);
	ck_assert_int_eq(check_changed(gold_v2, sizeof(gold_v2), 0, 0x45, &c, &notes), VRRP_PASS);
	/* RFC 3768 section 7.1: not from the address owner. */
	{
		uint8_t owner[sizeof(gold_v2)];

		memcpy(owner, gold_v2, sizeof(owner));
		owner[22] = 255;
		ck_assert_int_eq(
		    check_changed(owner, sizeof(owner), 31, 0x79, &c, &notes), VRRP_PASS);
		ck_assert_uint_eq(notes, VRRP_NOTE_ADDRESSES);
	}
	/* One address of two, and twice the same one. */
	c = config_of(7, list);
	ck_assert_int_eq(
	    check_changed(gold_v2_pass, sizeof(gold_v2_pass), 35, 0x64, &c, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, VRRP_NOTE_ADDRESSES);
	c.naddresses = 1;
	ck_assert_int_eq(
	    check_changed(gold_v2_pass, sizeof(gold_v2_pass), 0, 0x45, &c, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, VRRP_NOTE_ADDRESSES);
}
END_TEST

/* --------------------------------------------------------------- captured packets */

/* Of the fuzzer's corpus: what keepalived 2.2.7 sent, and what packet.c builds (vrrp_pcap.c). */
static const struct {
	const char *file;
	uint8_t version, vrid, priority, count;
	enum vrrp_auth auth;
	bool unicast;
} captured[] = {
    {"keepalived-v2", 2, 26, 124, 1, VRRP_AUTH_NONE, false},
    {"keepalived-v2-resigns", 2, 26, 0, 1, VRRP_AUTH_NONE, false},
    {"keepalived-v2-pass", 2, 23, 122, 2, VRRP_AUTH_PASS, false},
    {"keepalived-v2-pass-resigns", 2, 23, 0, 2, VRRP_AUTH_PASS, false},
    {"keepalived-v2-ah", 2, 22, 121, 1, VRRP_AUTH_AH, false},
    {"keepalived-v2-ah-resigns", 2, 22, 0, 1, VRRP_AUTH_AH, false},
    {"keepalived-v3", 3, 25, 124, 1, VRRP_AUTH_NONE, false},
    {"keepalived-v3-resigns", 3, 25, 0, 1, VRRP_AUTH_NONE, false},
    {"keepalived-v3-unicast", 3, 21, 120, 1, VRRP_AUTH_NONE, true},
    {"keepalived-v3-unicast-resigns", 3, 21, 0, 1, VRRP_AUTH_NONE, true},
    {"keepalived-v3-ipv6", 3, 24, 123, 2, VRRP_AUTH_NONE, false},
    {"keepalived-v3-ipv6-resigns", 3, 24, 0, 2, VRRP_AUTH_NONE, false},
    {"v2", 2, 1, 100, 1, VRRP_AUTH_NONE, false},
    {"v2-pass", 2, 2, 200, 2, VRRP_AUTH_PASS, false},
    {"v2-ah", 2, 3, 150, 1, VRRP_AUTH_AH, false},
    {"v2-many-resigns", 2, 255, 0, 20, VRRP_AUTH_NONE, false},
    {"v3", 3, 5, 254, 1, VRRP_AUTH_NONE, false},
    {"v3-255-owner", 3, 6, 255, 255, VRRP_AUTH_NONE, false},
    {"v3-ipv6", 3, 7, 100, 1, VRRP_AUTH_NONE, false},
    {"v3-ipv6-resigns", 3, 8, 0, 3, VRRP_AUTH_NONE, false},
};

static size_t read_captured(const char *file, uint8_t *buf, size_t size)
{
	const char *src = getenv("SRC");
	char path[1024];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/vrrp/%s", src ? src : ".", file);
	f = fopen(path, "rb");
	ck_assert_msg(f, "%s", path);
	len = fread(buf, 1, size, f);
	fclose(f);
	return len;
}

static enum vrrp_drop parse_captured(struct vrrp_packet *p, const uint8_t *packet, size_t len)
{
	struct addr from, to;

	if (packet[0] >> 4 == 4)
		return vrrp_packet_parse_ipv4(p, packet, len);
	from = addr_from_bytes(packet + 8, 16);
	to = addr_from_bytes(packet + 24, 16);
	return vrrp_packet_parse(p, packet + 40, len - 40, &from, &to, packet[7]);
}

/* An instance that is configured as the sender's takes it. */
START_TEST(test_captured)
{
	static uint8_t packet[1500];
	static struct addr list[VRRP_MAX_ADDRESSES];
	struct addr own = address("10.9.0.77");
	size_t len = read_captured(captured[_i].file, packet, sizeof(packet)), each;
	struct vrrp_packet p;
	struct vrrp_peer_config peer;
	struct vrrp_config c = {.version = captured[_i].version,
	    .vrid = captured[_i].vrid,
	    .priority = 100,
	    .auth_type = captured[_i].auth,
	    .auth_data = "s3cret",
	    .strict_addresses = true,
	    .addresses = list,
	    .naddresses = captured[_i].count,
	    .peers = &peer,
	    .npeers = captured[_i].unicast};
	unsigned notes;

	ck_assert_int_eq(parse_captured(&p, packet, len), VRRP_PASS);
	ck_assert_uint_eq(p.version, captured[_i].version);
	ck_assert_uint_eq(p.vrid, captured[_i].vrid);
	ck_assert_uint_eq(p.priority, captured[_i].priority);
	ck_assert_uint_eq(p.count, captured[_i].count);
	ck_assert(p.unicast == captured[_i].unicast);
	peer = (struct vrrp_peer_config){p.source, 255, 255};
	each = addr_len(&p.source);
	for (unsigned k = 0; k < p.count; k++)
		list[k] = addr_from_bytes(p.addresses + k * each, each);
	c.family = p.source.family;
	c.interval = p.interval;
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_PASS);
	ck_assert_uint_eq(notes, 0);
	c.auth_data[0] = 'S';
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes),
	    captured[_i].auth == VRRP_AUTH_NONE ? VRRP_PASS : VRRP_DROP_AUTH);
}
END_TEST

START_TEST(test_names)
{
	for (int d = 0; d < VRRP_DROP_REASONS; d++)
		ck_assert_ptr_nonnull(vrrp_drop_name((enum vrrp_drop)d));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_packet");
	TCase *tc = tcase_create("packet");

	tcase_add_test(tc, test_parse_gold);
	tcase_add_loop_test(tc, test_build_gold, 0, 4);
	tcase_add_test(tc, test_build_message_checksum);
	tcase_add_test(tc, test_build_no_room);
	tcase_add_test(tc, test_group);
	tcase_add_test(tc, test_both_versions);
	tcase_add_test(tc, test_ipv6);
	tcase_add_test(tc, test_hmac);
	tcase_add_test(tc, test_ah);
	tcase_add_test(tc, test_unicast);
	tcase_add_test(tc, test_drop_ttl);
	tcase_add_test(tc, test_drop_version_type);
	tcase_add_test(tc, test_drop_length);
	tcase_add_test(tc, test_longer);
	tcase_add_test(tc, test_ip_options);
	tcase_add_test(tc, test_drop_count);
	tcase_add_test(tc, test_drop_checksum);
	tcase_add_test(tc, test_reserved_ignored);
	tcase_add_test(tc, test_check_pass);
	tcase_add_test(tc, test_check_version);
	tcase_add_test(tc, test_check_own);
	tcase_add_test(tc, test_check_owner);
	tcase_add_test(tc, test_check_auth);
	tcase_add_test(tc, test_check_interval);
	tcase_add_test(tc, test_check_addresses);
	tcase_add_loop_test(tc, test_captured, 0, (int)(sizeof(captured) / sizeof(captured[0])));
	tcase_add_test(tc, test_names);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
