/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an IPv4 or IPv6 packet on the VRRP socket, multicast or unicast, with an authentication header or not,
 * as they are and with their checksum put right, to the state machines of a backup, a master and an address owner.  What is accepted can be built again
 * and means the same; a state machine has its addresses exactly while it is master, and at most one
 * timer that lies in the past.
 */
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include "core/vrrp/ah.h"
#include "core/vrrp/fsm.h"
#include "tests/fuzz/fuzz.h"

#define NOW (1000 * USEC_PER_SEC)

/* By family. */
static const struct addr vips[] = {
    {ADDR_IPV4, {10, 0, 0, 100}}, {ADDR_IPV6, {0xfe, 0x80, [15] = 100}}};
static const struct addr owns[] = {{ADDR_IPV4, {10, 0, 0, 2}}, {ADDR_IPV6, {0xfe, 0x80, [15] = 2}}};

static const struct addr *own_of(uint8_t family)
{
	return &owns[family == ADDR_IPV6];
}

static void advert(struct vrrp_fsm *i, uint8_t priority)
{
	uint8_t buf[VRRP_PACKET_MAX];
	struct addr group = vrrp_packet_group(i->config.family);

	if (!vrrp_packet_build(
		buf, sizeof(buf), &i->config, priority, own_of(i->config.family), &group))
		abort();
}

static void add(struct vrrp_fsm *i)
{
	*(bool *)i->user = true;
}

static void take(struct vrrp_fsm *i)
{
	*(bool *)i->user = false;
}

static void announce(struct vrrp_fsm *i)
{
	if (!*(bool *)i->user)
		abort();
}

static void timer(struct vrrp_fsm *i, usec_t at)
{
	if (at < NOW && i->state != VRRP_BACKUP)
		abort();
}

static void changed(struct vrrp_fsm *i, enum vrrp_state old)
{
	if (i->state == old || !i->reason[0])
		abort();
}

static void updated(struct vrrp_fsm *i)
{
	if (!i->reason[0])
		abort();
}

static void second_master(struct vrrp_fsm *i, const struct vrrp_packet *p, bool yields, usec_t now)
{
	(void)now;
	if (i->state != VRRP_MASTER || !p->priority || (yields && !p->source.family))
		abort();
}

static const struct vrrp_outputs outputs = {
    advert, add, take, announce, announce, timer, changed, updated, second_master};

static enum vrrp_auth auth_of(const struct vrrp_packet *p)
{
	if (p->version != 2)
		return VRRP_AUTH_NONE;
	return p->auth_type == 1   ? VRRP_AUTH_PASS
	       : p->auth_type == 2 ? VRRP_AUTH_AH
				   : VRRP_AUTH_NONE;
}

static void to_fsm(const struct vrrp_packet *p, uint8_t priority, bool resume)
{
	struct vrrp_peer_config peer = {p->source, 0, 255};
	struct vrrp_config c = {.name = "fuzz",
	    .family = p->source.family,
	    .version = p->version,
	    .vrid = p->vrid,
	    .priority = priority,
	    .interval = p->version == 2 ? p->interval : USEC_PER_SEC,
	    .preempt = p->vrid & 1,
	    .preempt_delay = p->vrid & 2 ? USEC_PER_SEC : 0,
	    .auth_type = auth_of(p),
	    .auth_data = "s3cret",
	    .checksum = VRRP_CHECKSUM_PSEUDO_HEADER,
	    .peers = &peer,
	    .npeers = p->unicast,
	    .garp_repeat = 2,
	    .garp_lower_repeat = 2,
	    .garp_refresh_repeat = 1,
	    .addresses = &vips[p->source.family == ADDR_IPV6],
	    .naddresses = 1};
	struct vrrp_fsm i;
	bool has = false;
	unsigned notes;

	if (p->version == 2 && c.auth_type == VRRP_AUTH_PASS)
		memcpy(c.auth_data, p->auth, VRRP_AUTH_LEN);
	if (vrrp_packet_check(p, &c, own_of(c.family), &notes))
		return;
	vrrp_fsm_init(&i, &c, &outputs, &has);
	i.primary = *own_of(c.family);
	vrrp_fsm_start(&i, NOW, resume);
	vrrp_fsm_receive(&i, p, NOW);
	vrrp_fsm_timer(&i, NOW);
	vrrp_fsm_receive(&i, p, NOW + 60 * USEC_PER_SEC);
	vrrp_fsm_timer(&i, NOW + 120 * USEC_PER_SEC);
	vrrp_fsm_timer(&i, NOW + 240 * USEC_PER_SEC);
	if (has != (i.state == VRRP_MASTER))
		abort();
	vrrp_fsm_stop(&i, NOW + 240 * USEC_PER_SEC, "done");
	if (has)
		abort();
}

/* What it said can be said again. */
static void build_again(const struct vrrp_packet *p, const struct addr *to)
{
	size_t each = addr_len(&p->source);
	struct addr list[VRRP_MAX_ADDRESSES];
	struct vrrp_config c = {.family = p->source.family,
	    .version = p->version,
	    .vrid = p->vrid,
	    .interval = p->interval,
	    .auth_type = auth_of(p),
	    .checksum = p->checksum,
	    .addresses = list,
	    .naddresses = p->count};
	struct vrrp_packet again;
	uint8_t buf[VRRP_PACKET_MAX];
	size_t len;

	for (unsigned k = 0; k < p->count; k++)
		list[k] = addr_from_bytes(p->addresses + each * k, each);
	if (c.auth_type == VRRP_AUTH_PASS && p->version == 2)
		memcpy(c.auth_data, p->auth, VRRP_AUTH_LEN);
	len = vrrp_packet_build(buf, sizeof(buf), &c, p->priority, &p->source, to);
	if (vrrp_packet_parse(&again, buf, len, &p->source, to, VRRP_TTL) != VRRP_PASS ||
	    again.priority != p->priority || again.interval != p->interval ||
	    again.count != p->count || memcmp(again.addresses, p->addresses, each * p->count) != 0)
		abort();
}

/* As the socket of each family gives it. */
static enum vrrp_drop parse(
    struct vrrp_packet *p, const uint8_t *bytes, size_t len, struct addr *to)
{
	struct ip6_hdr ip;
	struct addr from;

	if (len < sizeof(ip) || bytes[0] >> 4 != 6) {
		if (len >= sizeof(struct iphdr))
			*to = addr_from_bytes(bytes + 16, 4);
		return vrrp_packet_parse_ipv4(p, bytes, len);
	}
	memcpy(&ip, bytes, sizeof(ip));
	from = addr_from_bytes(&ip.ip6_src, 16);
	*to = addr_from_bytes(&ip.ip6_dst, 16);
	return vrrp_packet_parse(p, bytes + sizeof(ip), len - sizeof(ip), &from, to, ip.ip6_hlim);
}

static void receive(const uint8_t *bytes, size_t len)
{
	struct vrrp_packet p;
	struct addr to;

	if (parse(&p, bytes, len, &to) != VRRP_PASS)
		return;
	if (!p.old_checksum)
		build_again(&p, &to);
	to_fsm(&p, 100, false);
	to_fsm(&p, 100, true);
	to_fsm(&p, 255, false);
}

/* So that most inputs get past the checksum. */
static void put_right(uint8_t *b, size_t len)
{
	bool ipv6 = b[0] >> 4 == 6;
	size_t header = ipv6 ? 40 : (b[0] & 15u) * 4, total = ipv6 ? len : (size_t)b[2] << 8 | b[3];
	uint32_t sum = 0;

	if (!ipv6 && b[9] == VRRP_AH_PROTOCOL)
		header += VRRP_AH_LEN;
	if (total > len || total < header + 8)
		return;
	for (size_t k = 8; ipv6 && k < 40; k++)
		sum += (uint32_t)b[k] << (k % 2 ? 0 : 8);
	if (ipv6)
		sum += VRRP_IP_PROTOCOL + (uint32_t)(total - header);
	b[header + 6] = b[header + 7] = 0;
	for (size_t k = header; k < total; k++)
		sum += (uint32_t)b[k] << ((k - header) % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	b[header + 6] = (uint8_t)(~sum >> 8);
	b[header + 7] = (uint8_t)~sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t *copy;

	receive(bytes, len);
	if (len < 28)
		return 0;
	copy = malloc(len);
	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	put_right(copy, len);
	receive(copy, len);
	free(copy);
	return 0;
}

size_t fuzz_seed(unsigned n, uint8_t *buf, size_t size)
{
	static struct addr list[VRRP_MAX_ADDRESSES];
	struct vrrp_config c = {.version = n & 1 ? 2 : 3,
	    .vrid = (uint8_t)n,
	    .interval = USEC_PER_SEC,
	    .auth_type = n & 2 ? VRRP_AUTH_PASS : VRRP_AUTH_NONE,
	    .checksum = VRRP_CHECKSUM_MESSAGE,
	    .addresses = list,
	    .naddresses = n & 4 ? VRRP_MAX_ADDRESSES : 1};
	static const uint8_t priorities[] = {0, 1, 99, 100, 101, 254, 255};
	struct addr group = vrrp_packet_group(ADDR_IPV4), from = {ADDR_IPV4, {10, 0, 0, 3}};
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = VRRP_TTL, .protocol = VRRP_IP_PROTOCOL};
	size_t len;

	if (n >= 8 * sizeof(priorities) || size < sizeof(ip))
		return 0;
	for (unsigned k = 0; k < VRRP_MAX_ADDRESSES; k++)
		list[k] = (struct addr){ADDR_IPV4, {10, 0, 0, (uint8_t)(100 + k)}};
	len = vrrp_packet_build(
	    buf + sizeof(ip), size - sizeof(ip), &c, priorities[n / 8], &from, &group);
	memcpy(&ip.saddr, from.bytes, 4);
	memcpy(&ip.daddr, group.bytes, 4);
	ip.tot_len = htons((uint16_t)(sizeof(ip) + len));
	memcpy(buf, &ip, sizeof(ip));
	return sizeof(ip) + len;
}
