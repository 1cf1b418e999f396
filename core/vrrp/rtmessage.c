/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtmessage.h. */
#include "core/vrrp/rtmessage.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include "core/model/nexthop.h"

#define TABLE_BYTE 256	    /* tables from here on are in an attribute only */
#define IPV6_METRIC 1024    /* the kernel's, of a route that has none */
#define NO_SUPPRESSION (-1) /* the kernel's, and the schema's */

/* A message that is being written; one that does not fit is a mistake of this file. */
struct builder {
	uint8_t *buf;
	size_t len;
	const struct rtlookup *lookup;
	char *why;
	size_t size;
};

/* ------------------------------------------------------------------------ writing */

static void *reserve(struct builder *b, size_t len)
{
	void *p = b->buf + b->len;

	b->len += NLMSG_ALIGN(len);
	if (b->len > RTMESSAGE_MAX)
		abort();
	memset(p, 0, NLMSG_ALIGN(len));
	return p;
}

static void put(struct builder *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = reserve(b, NLA_HDRLEN + len);

	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy((uint8_t *)a + NLA_HDRLEN, data, len);
}

static void put_u32(struct builder *b, uint16_t type, uint32_t v)
{
	put(b, type, &v, sizeof(v));
}

static void put_addr(struct builder *b, uint16_t type, const struct addr *a)
{
	put(b, type, a->bytes, addr_len(a));
}

static void put_text(struct builder *b, uint16_t type, const char *text)
{
	if (*text)
		put(b, type, text, strlen(text) + 1);
}

static size_t begin_nest(struct builder *b, uint16_t type)
{
	size_t at = b->len;
	struct nlattr *a = reserve(b, NLA_HDRLEN);

	a->nla_type = type;
	return at;
}

static void end_nest(struct builder *b, size_t at)
{
	((struct nlattr *)(void *)(b->buf + at))->nla_len = (uint16_t)(b->len - at);
}

static bool put_interface(struct builder *b, uint16_t type, const char *name)
{
	int index = b->lookup->index(name, b->lookup->arg);

	if (!index) {
		snprintf(b->why, b->size, "there is no interface %s", name);
		return false;
	}
	put_u32(b, type, (uint32_t)index);
	return true;
}

/* ------------------------------------------------------------------------- routes */

/* The next hop may be of the other family: RTA_VIA. */
static void put_gateway(struct builder *b, uint8_t family, const struct addr *gateway)
{
	struct {
		uint16_t family;
		uint8_t bytes[16];
	} via = {.family = (uint16_t)addr_af(gateway)};

	if (addr_af(gateway) == family) {
		put_addr(b, RTA_GATEWAY, gateway);
		return;
	}
	memcpy(via.bytes, gateway->bytes, addr_len(gateway));
	put(b, RTA_VIA, &via, sizeof(via.family) + addr_len(gateway));
}

static bool put_nexthop(struct builder *b, uint8_t family, const struct nexthop *h)
{
	size_t at = b->len;
	struct rtnexthop *n = reserve(b, sizeof(*n));

	n->rtnh_hops = (uint8_t)(h->weight - 1);
	n->rtnh_flags = h->onlink ? RTNH_F_ONLINK : 0;
	if (*h->interface) {
		n->rtnh_ifindex = b->lookup->index(h->interface, b->lookup->arg);
		if (!n->rtnh_ifindex) {
			snprintf(b->why, b->size, "there is no interface %s", h->interface);
			return false;
		}
	}
	if (addr_is_set(&h->gateway))
		put_gateway(b, family, &h->gateway);
	n->rtnh_len = (uint16_t)(b->len - at);
	return true;
}

static bool put_nexthops(struct builder *b, const struct vrrp_route *t, uint8_t family)
{
	struct nexthop list[NEXTHOPS_MAX];
	size_t n = nexthops_parse(t->nexthops, list, b->why, b->size);
	size_t at = begin_nest(b, RTA_MULTIPATH);
	bool ok = n > 0;

	for (size_t i = 0; ok && i < n; i++)
		ok = put_nexthop(b, family, &list[i]);
	end_nest(b, at);
	return ok;
}

static void put_metrics(struct builder *b, const struct vrrp_route *t)
{
	const struct {
		uint16_t type;
		uint32_t value;
	} list[] = {
	    {RTAX_LOCK, t->mtu_lock ? 1u << RTAX_MTU : 0},
	    {RTAX_MTU, t->mtu},
	    {RTAX_ADVMSS, t->advertised_mss},
	    {RTAX_WINDOW, t->window},
	    {RTAX_HOPLIMIT, t->hop_limit},
	    {RTAX_INITCWND, t->initial_cwnd},
	    {RTAX_INITRWND, t->initial_rwnd},
	    {RTAX_QUICKACK, t->quick_ack},
	};
	size_t at = b->len, empty;

	begin_nest(b, RTA_METRICS);
	empty = b->len;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (list[i].value)
			put_u32(b, list[i].type, list[i].value);
	if (b->len == empty)
		b->len = at;
	else
		end_nest(b, at);
}

/* As ip(8) does it. */
static uint8_t scope_of(const struct vrrp_route *t)
{
	if (t->scope >= 0)
		return (uint8_t)t->scope;
	if (t->type == ROUTE_LOCAL)
		return RT_SCOPE_HOST;
	return t->type == ROUTE_UNICAST && !addr_is_set(&t->gateway) && !*t->nexthops
		   ? RT_SCOPE_LINK
		   : RT_SCOPE_UNIVERSE;
}

static uint32_t table_of(const struct vrrp_route *t, const struct rtlookup *l)
{
	return *t->vrf ? l->table(t->vrf, l->arg) : t->table_id;
}

static bool build_route(struct builder *b, const struct vrrp_route *t, bool add)
{
	struct rtmsg *m = reserve(b, sizeof(*m));
	uint32_t table = table_of(t, b->lookup);

	if (!table) {
		snprintf(b->why, b->size, "there is no VRF %s", t->vrf);
		return false;
	}

	*m = (struct rtmsg){.rtm_family = (uint8_t)addr_af(&t->destination),
	    .rtm_dst_len = (uint8_t)t->prefix_length,
	    .rtm_tos = (uint8_t)t->tos,
	    .rtm_table = table < TABLE_BYTE ? (uint8_t)table : RT_TABLE_COMPAT,
	    .rtm_protocol = (uint8_t)t->protocol,
	    .rtm_scope = add ? scope_of(t) : RT_SCOPE_NOWHERE,
	    .rtm_type = (uint8_t)t->type,
	    .rtm_flags = t->onlink ? RTNH_F_ONLINK : 0};
	put_u32(b, RTA_TABLE, table);
	if (t->prefix_length)
		put_addr(b, RTA_DST, &t->destination);
	if (t->metric)
		put_u32(b, RTA_PRIORITY, t->metric);
	if (addr_is_set(&t->gateway))
		put_gateway(b, m->rtm_family, &t->gateway);
	if (*t->interface && !put_interface(b, RTA_OIF, t->interface))
		return false;
	if (*t->nexthops && !put_nexthops(b, t, m->rtm_family))
		return false;
	if (!add)
		return true;
	if (addr_is_set(&t->source))
		put_addr(b, RTA_PREFSRC, &t->source);
	put_metrics(b, t);
	return true;
}

static struct rtidentity identify_route(const struct vrrp_route *t, const struct rtlookup *l)
{
	bool ipv6 = t->destination.family == ADDR_IPV6;

	return (struct rtidentity){.table = TABLE_vrrp_route,
	    .family = (uint8_t)addr_af(&t->destination),
	    .protocol = (uint8_t)t->protocol,
	    .length = (uint8_t)t->prefix_length,
	    .tos = (uint8_t)t->tos,
	    .destination = t->destination,
	    .table_id = table_of(t, l),
	    .priority = ipv6 && !t->metric ? IPV6_METRIC : t->metric};
}

/* -------------------------------------------------------------------------- rules */

static void put_ports(struct builder *b, uint16_t type, uint32_t first, uint32_t last)
{
	struct fib_rule_port_range range = {.start = (uint16_t)first, .end = (uint16_t)last};

	if (first)
		put(b, type, &range, sizeof(range));
}

static void put_u8(struct builder *b, uint16_t type, uint32_t v)
{
	uint8_t byte = (uint8_t)v;

	if (byte)
		put(b, type, &byte, sizeof(byte));
}

static bool build_rule(struct builder *b, const struct vrrp_rule *u)
{
	struct fib_rule_hdr *m = reserve(b, sizeof(*m));
	uint32_t table = u->action == RULE_LOOKUP && !u->l3mdev ? u->table_id : 0;

	*m = (struct fib_rule_hdr){.family = u->family == INET_IPV6 ? AF_INET6 : AF_INET,
	    .dst_len = (uint8_t)u->destination_length,
	    .src_len = (uint8_t)u->source_length,
	    .tos = (uint8_t)u->tos,
	    .table = table < TABLE_BYTE ? (uint8_t)table : RT_TABLE_COMPAT,
	    .action = (uint8_t)u->action,
	    .flags = u->inverted ? FIB_RULE_INVERT : 0};
	put_u32(b, FRA_TABLE, table);
	put_u32(b, FRA_PRIORITY, u->priority);
	put_u8(b, FRA_PROTOCOL, u->protocol);
	if (u->source_length)
		put_addr(b, FRA_SRC, &u->source);
	if (u->destination_length)
		put_addr(b, FRA_DST, &u->destination);
	if (u->action == RULE_GOTO)
		put_u32(b, FRA_GOTO, u->target);
	if (u->mark_mask) {
		put_u32(b, FRA_FWMARK, u->mark);
		put_u32(b, FRA_FWMASK, u->mark_mask);
	}
	put_text(b, FRA_IIFNAME, u->input_interface);
	put_text(b, FRA_OIFNAME, u->output_interface);
	put_u8(b, FRA_IP_PROTO, u->ip_protocol);
	put_ports(b, FRA_SPORT_RANGE, u->source_port_first, u->source_port_last);
	put_ports(b, FRA_DPORT_RANGE, u->destination_port_first, u->destination_port_last);
	if (u->suppress_length >= 0)
		put_u32(b, FRA_SUPPRESS_PREFIXLEN, (uint32_t)u->suppress_length);
	put_u8(b, FRA_L3MDEV, u->l3mdev);
	return true;
}

static struct rtidentity identify_rule(const struct vrrp_rule *u)
{
	struct rtidentity id = {.table = TABLE_vrrp_rule,
	    .family = u->family == INET_IPV6 ? AF_INET6 : AF_INET,
	    .protocol = (uint8_t)u->protocol,
	    .length = (uint8_t)u->destination_length,
	    .tos = (uint8_t)u->tos,
	    .table_id = u->action == RULE_LOOKUP && !u->l3mdev ? u->table_id : 0,
	    .priority = u->priority,
	    .source_length = (uint8_t)u->source_length,
	    .action = (uint8_t)u->action,
	    .ip_protocol = (uint8_t)u->ip_protocol,
	    .l3mdev = u->l3mdev,
	    .inverted = u->inverted,
	    .mark = u->mark_mask ? u->mark : 0,
	    .mark_mask = u->mark_mask,
	    .target = u->action == RULE_GOTO ? u->target : 0,
	    .suppress_length = u->suppress_length,
	    .sport = {(uint16_t)u->source_port_first, (uint16_t)u->source_port_last},
	    .dport = {(uint16_t)u->destination_port_first, (uint16_t)u->destination_port_last}};

	if (u->source_length)
		id.source = u->source;
	if (u->destination_length)
		id.destination = u->destination;
	snprintf(id.iif, sizeof(id.iif), "%s", u->input_interface);
	snprintf(id.oif, sizeof(id.oif), "%s", u->output_interface);
	return id;
}

/* --------------------------------------------------------------- static addresses */

static uint8_t length_of(const struct static_address *a)
{
	return (uint8_t)(a->prefix_length ? a->prefix_length : addr_len(&a->address) * 8);
}

static bool build_address(struct builder *b, const struct static_address *a, bool add)
{
	struct ifaddrmsg *m = reserve(b, sizeof(*m));
	int index = b->lookup->index(a->interface, b->lookup->arg);

	if (!index) {
		snprintf(b->why, b->size, "there is no interface %s", a->interface);
		return false;
	}
	*m = (struct ifaddrmsg){.ifa_family = (uint8_t)addr_af(&a->address),
	    .ifa_prefixlen = length_of(a),
	    .ifa_scope = (uint8_t)a->scope,
	    .ifa_index = (uint32_t)index};
	put_addr(b, IFA_LOCAL, &a->address);
	put_addr(b, IFA_ADDRESS, &a->address);
	if (!add)
		return true;
	if (addr_is_set(&a->broadcast))
		put_addr(b, IFA_BROADCAST, &a->broadcast);
	put_text(b, IFA_LABEL, a->label_text);
	put_u8(b, IFA_PROTO, RTMESSAGE_PROTOCOL);
	return true;
}

static struct rtidentity identify_address(const struct static_address *a, const struct rtlookup *l)
{
	return (struct rtidentity){.table = TABLE_static_address,
	    .family = (uint8_t)addr_af(&a->address),
	    .protocol = RTMESSAGE_PROTOCOL,
	    .length = length_of(a),
	    .destination = a->address,
	    .table_id = (uint32_t)l->index(a->interface, l->arg)};
}

/* ---------------------------------------------------------------------- all kinds */

bool rtmessage_same(const struct rtidentity *a, const struct rtidentity *b)
{
	return a->table == b->table && a->family == b->family && a->protocol == b->protocol &&
	       a->length == b->length && a->tos == b->tos &&
	       addr_equal(&a->destination, &b->destination) && a->table_id == b->table_id &&
	       a->priority == b->priority && a->source_length == b->source_length &&
	       a->action == b->action && a->ip_protocol == b->ip_protocol &&
	       a->l3mdev == b->l3mdev && a->inverted == b->inverted &&
	       addr_equal(&a->source, &b->source) && a->mark == b->mark &&
	       a->mark_mask == b->mark_mask && a->target == b->target &&
	       a->suppress_length == b->suppress_length &&
	       memcmp(a->sport, b->sport, sizeof(a->sport)) == 0 &&
	       memcmp(a->dport, b->dport, sizeof(a->dport)) == 0 && strcmp(a->iif, b->iif) == 0 &&
	       strcmp(a->oif, b->oif) == 0;
}

size_t rtmessage_build(const struct row *r, bool add, const struct rtlookup *l,
    uint8_t buf[RTMESSAGE_MAX], char *why, size_t size)
{
	struct builder b = {.buf = buf, .lookup = l, .why = why, .size = size};
	struct nlmsghdr *h = reserve(&b, sizeof(*h));
	bool ok = false;

	switch (r->table->id) {
	case TABLE_vrrp_route:
		h->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
		ok = build_route(&b, (const struct vrrp_route *)r, add);
		break;
	case TABLE_vrrp_rule:
		h->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
		ok = build_rule(&b, (const struct vrrp_rule *)r);
		break;
	case TABLE_static_address:
		h->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
		ok = build_address(&b, (const struct static_address *)r, add);
		break;
	}
	h->nlmsg_len = (uint32_t)b.len;
	return ok ? b.len : 0;
}

struct rtidentity rtmessage_identify(const struct row *r, const struct rtlookup *l)
{
	if (r->table->id == TABLE_vrrp_route)
		return identify_route((const struct vrrp_route *)r, l);
	if (r->table->id == TABLE_vrrp_rule)
		return identify_rule((const struct vrrp_rule *)r);
	return identify_address((const struct static_address *)r, l);
}

/* ------------------------------------------------------------------------ reading */

static struct addr get_addr(const struct nlattr *a)
{
	return a ? addr_from_bytes(nla_data(a), (size_t)nla_len(a)) : addr_any(ADDR_NONE);
}

static uint32_t get_u32(const struct nlattr *a)
{
	return a && nla_len(a) >= (int)sizeof(uint32_t) ? nla_get_u32(a) : 0;
}

static uint8_t get_u8(const struct nlattr *a)
{
	return a && nla_len(a) >= 1 ? nla_get_u8(a) : 0;
}

static struct addr any_of(uint8_t family)
{
	return addr_any(family == AF_INET6 ? ADDR_IPV6 : ADDR_IPV4);
}

static bool parse_route(const struct nlmsghdr *h, struct rtidentity *id)
{
	const struct rtmsg *m = nlmsg_data(h);
	struct nlattr *attr[RTA_MAX + 1];

	/* RTM_F_CLONED: an exception, made from a route */
	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)h, sizeof(*m), attr, RTA_MAX, NULL) < 0 ||
	    m->rtm_flags & RTM_F_CLONED)
		return false;
	*id = (struct rtidentity){.table = TABLE_vrrp_route,
	    .family = m->rtm_family,
	    .protocol = m->rtm_protocol,
	    .length = m->rtm_dst_len,
	    .tos = m->rtm_tos,
	    .destination = attr[RTA_DST] ? get_addr(attr[RTA_DST]) : any_of(m->rtm_family),
	    .table_id = attr[RTA_TABLE] ? get_u32(attr[RTA_TABLE]) : m->rtm_table,
	    .priority = get_u32(attr[RTA_PRIORITY])};
	return true;
}

static void get_ports(const struct nlattr *a, uint16_t ports[2])
{
	const struct fib_rule_port_range *range;

	if (!a || nla_len(a) < (int)sizeof(*range))
		return;
	range = nla_data(a);
	ports[0] = range->start;
	ports[1] = range->end;
}

static bool parse_rule(const struct nlmsghdr *h, struct rtidentity *id)
{
	const struct fib_rule_hdr *m = nlmsg_data(h);
	struct nlattr *attr[FRA_MAX + 1];

	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)h, sizeof(*m), attr, FRA_MAX, NULL) < 0)
		return false;
	*id = (struct rtidentity){.table = TABLE_vrrp_rule,
	    .family = m->family,
	    .protocol = get_u8(attr[FRA_PROTOCOL]),
	    .length = m->dst_len,
	    .tos = m->tos,
	    .destination = get_addr(attr[FRA_DST]),
	    .table_id = attr[FRA_TABLE] ? get_u32(attr[FRA_TABLE]) : m->table,
	    .priority = get_u32(attr[FRA_PRIORITY]),
	    .source_length = m->src_len,
	    .action = m->action,
	    .ip_protocol = get_u8(attr[FRA_IP_PROTO]),
	    .l3mdev = get_u8(attr[FRA_L3MDEV]),
	    .inverted = m->flags & FIB_RULE_INVERT,
	    .source = get_addr(attr[FRA_SRC]),
	    .mark = get_u32(attr[FRA_FWMARK]),
	    .mark_mask = get_u32(attr[FRA_FWMASK]),
	    .target = get_u32(attr[FRA_GOTO]),
	    .suppress_length = attr[FRA_SUPPRESS_PREFIXLEN]
				   ? (int32_t)get_u32(attr[FRA_SUPPRESS_PREFIXLEN])
				   : NO_SUPPRESSION};
	get_ports(attr[FRA_SPORT_RANGE], id->sport);
	get_ports(attr[FRA_DPORT_RANGE], id->dport);
	if (attr[FRA_IIFNAME])
		nla_strlcpy(id->iif, attr[FRA_IIFNAME], sizeof(id->iif));
	if (attr[FRA_OIFNAME])
		nla_strlcpy(id->oif, attr[FRA_OIFNAME], sizeof(id->oif));
	return true;
}

static bool parse_address(const struct nlmsghdr *h, struct rtidentity *id)
{
	const struct ifaddrmsg *m = nlmsg_data(h);
	struct nlattr *attr[IFA_MAX + 1];

	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)h, sizeof(*m), attr, IFA_MAX, NULL) < 0)
		return false;
	*id = (struct rtidentity){.table = TABLE_static_address,
	    .family = m->ifa_family,
	    .protocol = get_u8(attr[IFA_PROTO]),
	    .length = m->ifa_prefixlen,
	    .destination = get_addr(attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS]),
	    .table_id = m->ifa_index};
	return true;
}

bool rtmessage_parse(const struct nlmsghdr *h, struct rtidentity *id)
{
	switch (h->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return parse_route(h, id);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return parse_rule(h, id);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return parse_address(h, id);
	}
	return false;
}
