/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet.h. */
#include "core/vrrp/packet.h"

#include <netinet/ip.h>
#include <string.h>
#include "core/base/wire.h"
#include "core/vrrp/ah.h"

#define HEADER_LEN 8
#define TYPE_ADVERTISEMENT 1
#define WIRE_AUTH_NONE 0
#define WIRE_AUTH_PASS 1
#define WIRE_AUTH_HEADER 2 /* RFC 2338's IP authentication header: ah.h */

const char *vrrp_drop_name(enum vrrp_drop drop)
{
	static const char *const name[VRRP_DROP_REASONS] = {
	    [VRRP_PASS] = "none",
	    [VRRP_DROP_TTL] = "TTL",
	    [VRRP_DROP_VERSION] = "version",
	    [VRRP_DROP_TYPE] = "type",
	    [VRRP_DROP_LENGTH] = "length",
	    [VRRP_DROP_COUNT] = "no address",
	    [VRRP_DROP_CHECKSUM] = "checksum",
	    [VRRP_DROP_VRID] = "unknown VRID",
	    [VRRP_DROP_OWN] = "own packet",
	    [VRRP_DROP_OWNER] = "address owner here",
	    [VRRP_DROP_AUTH] = "authentication",
	    [VRRP_DROP_AUTH_TYPE] = "unknown authentication type",
	    [VRRP_DROP_AUTH_MISMATCH] = "another authentication type",
	    [VRRP_DROP_INTERVAL] = "advertisement interval",
	    [VRRP_DROP_ADDRESSES] = "address list",
	    [VRRP_DROP_LINK_LOCAL] = "first address is not link-local",
	    [VRRP_DROP_DESTINATION] = "destination",
	    [VRRP_DROP_REPLAY] = "sequence number",
	    [VRRP_DROP_FOREIGN] = "not VRRP",
	    [VRRP_DROP_SOURCE] = "source is no unicast peer",
	};

	return drop < VRRP_DROP_REASONS ? name[drop] : "?";
}

struct addr vrrp_packet_group(enum addr_family family)
{
	static const uint8_t v4[4] = {224, 0, 0, 18};
	static const uint8_t v6[16] = {0xff, 0x02, [15] = 0x12};

	return family == ADDR_IPV6 ? addr_from_bytes(v6, sizeof(v6))
				   : addr_from_bytes(v4, sizeof(v4));
}

struct addr vrrp_packet_group_of(const struct vrrp_config *c)
{
	return addr_is_set(&c->group) ? c->group : vrrp_packet_group(c->family);
}

/* RFC 1071, not yet folded: sums can be added. */
static uint32_t sum16(const void *data, size_t len)
{
	struct wire w = wire_reader(data, len);
	uint32_t sum = 0;

	while (wire_left(&w) >= 2)
		sum += wire_get_be16(&w);
	if (wire_left(&w))
		sum += (uint32_t)wire_get_u8(&w) << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* RFC 5798 section 5.2.8 for IPv4, RFC 8200 section 8.1 for IPv6: the same sum. */
static uint32_t pseudo_header(const struct addr *source, const struct addr *destination, size_t len)
{
	return sum16(source->bytes, addr_len(source)) +
	       sum16(destination->bytes, addr_len(destination)) + VRRP_IP_PROTOCOL + (uint32_t)len;
}

/* Keepalived before version 2.0 covers the multicast group's address also in unicast packets. */
static enum vrrp_drop check_sum(struct vrrp_packet *p, const void *message, size_t len,
    const struct addr *source, const struct addr *destination)
{
	struct addr group = vrrp_packet_group(ADDR_IPV4);
	uint32_t sum = sum16(message, len);

	p->checksum = VRRP_CHECKSUM_MESSAGE;
	if (source->family == ADDR_IPV4 && fold(sum) == 0xffff)
		return VRRP_PASS;
	if (p->version == 2)
		return VRRP_DROP_CHECKSUM;
	p->checksum = VRRP_CHECKSUM_PSEUDO_HEADER;
	if (fold(sum + pseudo_header(source, destination, len)) == 0xffff)
		return VRRP_PASS;
	p->old_checksum = p->unicast && source->family == ADDR_IPV4 &&
			  fold(sum + pseudo_header(source, &group, len)) == 0xffff;
	return p->old_checksum ? VRRP_PASS : VRRP_DROP_CHECKSUM;
}

/* Reads the fixed part.  Fields that are not there stay 0, so the VRID survives an error. */
static uint8_t read_header(struct wire *w, struct vrrp_packet *p)
{
	uint8_t type = wire_get_u8(w);

	p->version = type >> 4;
	p->vrid = wire_get_u8(w);
	p->priority = wire_get_u8(w);
	p->count = wire_get_u8(w);
	if (p->version == 2) {
		p->auth_type = wire_get_u8(w);
		p->interval = wire_get_u8(w) * USEC_PER_SEC;
	} else {
		p->interval = (wire_get_be16(w) & 0x0fff) * USEC_PER_CSEC;
	}
	wire_get_be16(w);
	return type & 0x0f;
}

enum vrrp_drop vrrp_packet_parse(struct vrrp_packet *p, const void *message, size_t len,
    const struct addr *source, const struct addr *destination, uint8_t ttl)
{
	struct wire w = wire_reader(message, len);
	uint8_t type;

	memset(p, 0, sizeof(*p));
	p->source = *source;
	p->destination = *destination;
	p->unicast = !addr_is_multicast(destination);
	p->ttl = ttl;
	type = read_header(&w, p);
	if (!p->unicast && ttl != VRRP_TTL)
		return VRRP_DROP_TTL;
	if (len < 1)
		return VRRP_DROP_LENGTH;
	if (p->version != 3 && (p->version != 2 || source->family != ADDR_IPV4))
		return VRRP_DROP_VERSION;
	if (type != TYPE_ADVERTISEMENT)
		return VRRP_DROP_TYPE;
	p->addresses = wire_get_bytes(&w, p->count * addr_len(source));
	if (p->version == 2)
		p->auth = wire_get_bytes(&w, VRRP_AUTH_LEN);
	if (w.error)
		return VRRP_DROP_LENGTH;
	if (p->version == 3 && p->count == 0)
		return VRRP_DROP_COUNT;
	return check_sum(p, message, len, source, destination);
}

/* at: where the authentication header begins; total: the packet's length. */
static enum vrrp_drop parse_ah(
    struct vrrp_packet *p, const uint8_t *packet, size_t at, size_t total, const struct iphdr *ip)
{
	struct addr source = addr_from_bytes(&ip->saddr, 4);
	struct addr destination = addr_from_bytes(&ip->daddr, 4);
	size_t message = at + VRRP_AH_LEN;
	enum vrrp_drop drop;
	uint32_t sequence;

	if (at < total && packet[at] != VRRP_IP_PROTOCOL)
		return VRRP_DROP_FOREIGN;
	if (!vrrp_ah_parse(packet, total, at, &sequence)) {
		p->source = source;
		return VRRP_DROP_LENGTH;
	}
	drop =
	    vrrp_packet_parse(p, packet + message, total - message, &source, &destination, ip->ttl);
	p->sequence = sequence;
	p->ah = packet;
	p->ah_at = at;
	p->ah_len = total;
	return drop;
}

enum vrrp_drop vrrp_packet_parse_ipv4(struct vrrp_packet *p, const void *datagram, size_t len)
{
	struct iphdr ip;
	struct addr source, destination;
	size_t header, total;

	memset(p, 0, sizeof(*p));
	if (len < sizeof(ip))
		return VRRP_DROP_LENGTH;
	memcpy(&ip, datagram, sizeof(ip));
	header = ip.ihl * (size_t)4;
	total = ntohs(ip.tot_len);
	if (ip.version != 4 || header < sizeof(ip) || total < header || total > len)
		return VRRP_DROP_LENGTH;
	source = addr_from_bytes(&ip.saddr, 4);
	destination = addr_from_bytes(&ip.daddr, 4);
	if (ip.protocol == VRRP_AH_PROTOCOL)
		return parse_ah(p, datagram, header, total, &ip);
	return vrrp_packet_parse(
	    p, (const uint8_t *)datagram + header, total - header, &source, &destination, ip.ttl);
}

static uint8_t wire_auth(const struct vrrp_config *c)
{
	switch (c->auth_type) {
	case VRRP_AUTH_PASS:
		return WIRE_AUTH_PASS;
	case VRRP_AUTH_AH:
		return WIRE_AUTH_HEADER;
	case VRRP_AUTH_NONE:
		break;
	}
	return WIRE_AUTH_NONE;
}

static enum vrrp_drop check_auth(const struct vrrp_packet *p, const struct vrrp_config *c)
{
	uint8_t want = wire_auth(c);

	if (p->version != 2)
		return p->ah ? VRRP_DROP_AUTH_MISMATCH : VRRP_PASS;
	if (p->auth_type > WIRE_AUTH_HEADER)
		return VRRP_DROP_AUTH_TYPE;
	if (p->auth_type != want || (want == WIRE_AUTH_HEADER) != (p->ah != NULL))
		return VRRP_DROP_AUTH_MISMATCH;
	if (want == WIRE_AUTH_HEADER && !vrrp_ah_verify(p->ah, p->ah_len, p->ah_at, c->auth_data))
		return VRRP_DROP_AUTH;
	/* The data of type 0 is to be ignored. */
	if (want == WIRE_AUTH_PASS && memcmp(p->auth, c->auth_data, VRRP_AUTH_LEN) != 0)
		return VRRP_DROP_AUTH;
	return VRRP_PASS;
}

/* In any order: RFC 3768 and 9568 compare sets. */
static bool has_address(const struct vrrp_packet *p, const struct addr *a)
{
	size_t len = addr_len(a);

	for (unsigned k = 0; k < p->count; k++)
		if (memcmp(p->addresses + k * len, a->bytes, len) == 0)
			return true;
	return false;
}

static bool same_addresses(const struct vrrp_packet *p, const struct vrrp_config *c)
{
	size_t len = addr_len(&p->source);

	if (p->count != c->naddresses)
		return false;
	for (unsigned k = 0; k < p->count; k++) /* the usual case: same order */
		if (memcmp(p->addresses + k * len, c->addresses[k].bytes, len) != 0)
			goto sets;
	return true;
sets:
	for (unsigned k = 0; k < c->naddresses; k++)
		if (!has_address(p, &c->addresses[k]))
			return false;
	return true;
}

/* In whole seconds, and never more often than it is. */
static usec_t version2_interval(const struct vrrp_config *c)
{
	return (c->interval + USEC_PER_SEC - 1) / USEC_PER_SEC * USEC_PER_SEC;
}

struct vrrp_config vrrp_packet_version2(const struct vrrp_config *c)
{
	struct vrrp_config two = *c;

	two.version = 2;
	two.interval = version2_interval(c);
	return two;
}

static enum vrrp_drop check_interval(
    const struct vrrp_packet *p, const struct vrrp_config *c, unsigned *notes)
{
	if (p->interval == 0)
		return VRRP_DROP_INTERVAL;
	if (p->interval == (p->version == c->version ? c->interval : version2_interval(c)))
		return VRRP_PASS;
	if (c->version == 2)
		return VRRP_DROP_INTERVAL;
	*notes |= VRRP_NOTE_INTERVAL;
	return VRRP_PASS;
}

static bool starts_link_local(const uint8_t *addresses)
{
	struct addr first = addr_from_bytes(addresses, 16);

	return addr_is_link_local(&first);
}

/*
 * Erratum 8300, unless the administrator has left the link-local address out here, too: such
 * configurations are common with keepalived.
 */
static bool lacks_link_local(const struct vrrp_packet *p, const struct vrrp_config *c)
{
	return p->source.family == ADDR_IPV6 && !starts_link_local(p->addresses) &&
	       c->naddresses > 0 && addr_is_link_local(&c->addresses[0]);
}

static enum vrrp_drop check_addresses(
    const struct vrrp_packet *p, const struct vrrp_config *c, unsigned *notes)
{
	if (!same_addresses(p, c)) {
		*notes |= VRRP_NOTE_ADDRESSES;
		if (c->strict_addresses && p->priority != VRRP_PRIORITY_OWNER)
			return VRRP_DROP_ADDRESSES;
	}
	return lacks_link_local(p, c) ? VRRP_DROP_LINK_LOCAL : VRRP_PASS;
}

const struct vrrp_peer_config *vrrp_packet_peer(
    const struct vrrp_config *c, const struct addr *address)
{
	for (unsigned k = 0; k < c->npeers; k++)
		if (addr_equal(&c->peers[k].address, address))
			return &c->peers[k];
	return NULL;
}

static enum vrrp_drop check_destination(const struct vrrp_packet *p, const struct vrrp_config *c)
{
	const struct vrrp_peer_config *peer;
	struct addr group = vrrp_packet_group_of(c);

	if (p->unicast != (c->npeers > 0))
		return VRRP_DROP_DESTINATION;
	if (!p->unicast)
		return addr_equal(&p->destination, &group) ? VRRP_PASS : VRRP_DROP_DESTINATION;
	peer = vrrp_packet_peer(c, &p->source);
	if (!peer && c->check_source)
		return VRRP_DROP_SOURCE;
	if (peer && (p->ttl < peer->min_ttl || p->ttl > peer->max_ttl))
		return VRRP_DROP_TTL;
	return p->old_checksum && c->unicast_checksum == UNICAST_CHECKSUM_PEER ? VRRP_DROP_CHECKSUM
									       : VRRP_PASS;
}

enum vrrp_drop vrrp_packet_check(const struct vrrp_packet *p, const struct vrrp_config *c,
    const struct addr *own, unsigned *notes)
{
	enum vrrp_drop drop;

	*notes = 0;
	if (p->version != c->version && !(p->version == 2 && c->also_v2))
		return VRRP_DROP_VERSION;
	if (addr_equal(&p->source, own))
		return VRRP_DROP_OWN;
	drop = check_destination(p, c);
	if (drop)
		return drop;
	if (c->priority == VRRP_PRIORITY_OWNER) {
		/* Erratum 8298: in v3 two owners must find each other. */
		if (p->version == 2)
			return VRRP_DROP_OWNER;
		if (p->priority == VRRP_PRIORITY_OWNER)
			*notes |= VRRP_NOTE_OWNER;
	}
	drop = check_auth(p, c);
	if (!drop)
		drop = check_interval(p, c, notes);
	if (!drop)
		drop = check_addresses(p, c, notes);
	return drop;
}

static void put_auth(struct wire *w, const struct vrrp_config *c)
{
	static const uint8_t none[VRRP_AUTH_LEN];

	wire_put_bytes(w, c->auth_type == VRRP_AUTH_PASS ? c->auth_data : none, VRRP_AUTH_LEN);
}

static void put_header(struct wire *w, const struct vrrp_config *c, uint8_t priority)
{
	wire_put_u8(w, (uint8_t)(c->version << 4 | TYPE_ADVERTISEMENT));
	wire_put_u8(w, c->vrid);
	wire_put_u8(w, priority);
	wire_put_u8(w, c->naddresses);
	if (c->version == 2) {
		wire_put_u8(w, wire_auth(c));
		wire_put_u8(w, (uint8_t)(c->interval / USEC_PER_SEC));
	} else {
		wire_put_be16(w, (uint16_t)(c->interval / USEC_PER_CSEC) & 0x0fff);
	}
	wire_put_be16(w, 0);
}

static bool wants_pseudo_header(const struct vrrp_config *c, const struct addr *source)
{
	return c->version == 3 &&
	       (source->family == ADDR_IPV6 || c->checksum == VRRP_CHECKSUM_PSEUDO_HEADER);
}

size_t vrrp_packet_build(void *buf, size_t size, const struct vrrp_config *c, uint8_t priority,
    const struct addr *source, const struct addr *destination)
{
	struct wire w = wire_writer(buf, size);
	uint32_t sum;
	size_t len;

	put_header(&w, c, priority);
	for (unsigned k = 0; k < c->naddresses; k++)
		wire_put_bytes(&w, c->addresses[k].bytes, addr_len(source));
	if (c->version == 2)
		put_auth(&w, c);
	if (w.error)
		return 0;
	len = wire_used(&w);
	sum = sum16(buf, len);
	if (wants_pseudo_header(c, source))
		sum += pseudo_header(source, destination, len);
	w = wire_writer((uint8_t *)buf + HEADER_LEN - 2, 2);
	wire_put_be16(&w, (uint16_t)~fold(sum));
	return len;
}
