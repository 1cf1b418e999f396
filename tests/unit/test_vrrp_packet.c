/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VRRP codec.  The golden packets were recorded from keepalived 2.2.7; the
 * message-only checksum (RFC 9568) is what Cisco and Juniper send.  Each rung
 * of the receive ladder is tested with a packet that is right but for it.
 */
#include <netinet/ip.h>
#include <string.h>
#include "core/base/wire.h"
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
	ck_assert_int_eq(vrrp_packet_check(&p, &c, &own, &notes), VRRP_DROP_LINK_LOCAL);

	c.version = 2; /* there is no version 2 over IPv6 */
	len = vrrp_packet_build(buf, sizeof(buf), &c, 100, &from, &to);
	ck_assert_int_eq(vrrp_packet_parse(&p, buf, len, &from, &to, 255), VRRP_DROP_VERSION);
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
	ck_assert_int_eq(
	    check_changed(gold_v2_pass, sizeof(gold_v2_pass), 0, 0x45, &c, &notes), VRRP_DROP_AUTH);
	c = config_of(7, list);
	for (unsigned type = 0; type < 256; type++)
		ck_assert_int_eq(check_changed(gold_v2_pass, sizeof(gold_v2_pass), 24,
				     (uint8_t)type, &c, &notes),
		    type == 1 ? VRRP_PASS : VRRP_DROP_AUTH);
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
	tcase_add_test(tc, test_ipv6);
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
	tcase_add_test(tc, test_names);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
