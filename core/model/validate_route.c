/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of routes, rules of policy routing, and static addresses (see validate.h): what the kernel would
 * refuse whatever else it has.
 */
#include <string.h>
#include "core/model/nexthop.h"
#include "core/model/validate_rules.h"

static uint32_t bits(const struct addr *a)
{
	return (uint32_t)addr_len(a) * 8;
}

/* Has the address a bit behind its prefix? */
static bool has_host_bits(const struct addr *a, uint32_t length)
{
	for (uint32_t i = length; i < bits(a); i++)
		if (a->bytes[i / 8] & 0x80 >> i % 8)
			return true;
	return false;
}

static bool check_name(struct validation *v, const struct row *r, int column)
{
	const char *name = column_text(r, &r->table->columns[column]);

	return !*name || interface_valid(name) ||
	       validation_refuse(v, REFUSAL_VALUE, r, column, "is no name of an interface");
}

static bool check_destination(struct validation *v, const struct vrrp_route *t)
{
	if (t->prefix_length > bits(&t->destination))
		return REFUSE_VALUE(v, t, vrrp_route, prefix_length,
		    "%u is longer than the destination's address", t->prefix_length);
	if (has_host_bits(&t->destination, t->prefix_length))
		return REFUSE_VALUE(v, t, vrrp_route, destination,
		    "the destination has bits behind its prefix of %u", t->prefix_length);
	if (t->tos && t->destination.family != ADDR_IPV4)
		return REFUSE_VALUE(
		    v, t, vrrp_route, tos, "only IPv4 routes depend on the type of service");
	return true;
}

static bool check_nexthops(struct validation *v, const struct vrrp_route *t)
{
	struct nexthop list[NEXTHOPS_MAX];
	char why[WHY_SIZE];
	size_t n;

	if (!*t->nexthops)
		return true;
	if (addr_is_set(&t->gateway) || *t->interface)
		return REFUSE(v, t, vrrp_route, nexthops,
		    "a route has one next hop (via, dev), or several (nexthop), not both");
	n = nexthops_parse(t->nexthops, list, why, sizeof(why));
	if (!n)
		return REFUSE_VALUE(v, t, vrrp_route, nexthops, "%s", why);
	for (size_t i = 0; i < n; i++) {
		if (*list[i].interface && !interface_valid(list[i].interface))
			return REFUSE_VALUE(v, t, vrrp_route, nexthops,
			    "'%s' is no name of an interface", list[i].interface);
		if (addr_is_set(&list[i].gateway) && t->destination.family == ADDR_IPV6 &&
		    list[i].gateway.family != ADDR_IPV6)
			return REFUSE(v, t, vrrp_route, nexthops,
			    "the next hop of an IPv6 route has an IPv6 address");
	}
	return true;
}

static bool check_next_hop(struct validation *v, const struct vrrp_route *t)
{
	bool any = addr_is_set(&t->gateway) || *t->interface || *t->nexthops;

	if (t->type == ROUTE_UNICAST && !any)
		return REFUSE(v, t, vrrp_route, gateway,
		    "the route has no next hop (via) and no interface (dev)");
	if (t->type != ROUTE_UNICAST && (addr_is_set(&t->gateway) || *t->nexthops))
		return REFUSE(v, t, vrrp_route, gateway, "a route of type %s has no next hop",
		    enum_word(&enumeration_route_type, (int32_t)t->type));
	if (addr_is_set(&t->gateway) && t->gateway.family == ADDR_IPV4 &&
	    t->destination.family == ADDR_IPV6)
		return REFUSE(
		    v, t, vrrp_route, gateway, "the next hop of an IPv6 route has an IPv6 address");
	if (addr_is_set(&t->gateway) && !address_is_host(&t->gateway))
		return REFUSE_VALUE(v, t, vrrp_route, gateway, "is no host's address");
	return check_nexthops(v, t);
}

bool validate_vrrp_route(struct validation *v, const struct row *r)
{
	const struct vrrp_route *t = (const struct vrrp_route *)r;

	if (!check_destination(v, t) || !check_next_hop(v, t) ||
	    !check_name(v, r, COL_vrrp_route_interface) || !check_name(v, r, COL_vrrp_route_vrf))
		return false;
	if (addr_is_set(&t->source) && t->source.family != t->destination.family)
		return REFUSE(v, t, vrrp_route, source,
		    "the source address is of another family than the destination");
	if (t->mtu_lock && !t->mtu)
		return REFUSE(v, t, vrrp_route, mtu_lock, "there is no MTU that could be locked");
	return true;
}

/* column: of the length, which follows that of the address. */
static bool check_selector(struct validation *v, const struct vrrp_rule *u, const struct addr *a,
    uint32_t length, int column)
{
	enum addr_family family = u->family == INET_IPV6 ? ADDR_IPV6 : ADDR_IPV4;

	if (!addr_is_set(a))
		return length == 0 || validation_refuse(v, REFUSAL_INCONSISTENT, &u->row, column,
					  "a prefix of %u needs an address", length);
	if (a->family != family)
		return validation_refuse(v, REFUSAL_INCONSISTENT, &u->row, column - 1,
		    "the address is not of the rule's family");
	if (length > bits(a) || has_host_bits(a, length))
		return validation_refuse(
		    v, REFUSAL_VALUE, &u->row, column, "the address has no prefix of %u", length);
	return true;
}

static bool check_ports(
    struct validation *v, const struct vrrp_rule *u, uint32_t first, uint32_t last, int column)
{
	if (!first && !last)
		return true;
	if (!first || first > last)
		return validation_refuse(v, REFUSAL_INCONSISTENT, &u->row, column,
		    "%u to %u is no range of ports", first, last);
	return true;
}

static bool check_action(struct validation *v, const struct vrrp_rule *u)
{
	if (u->action == RULE_GOTO && u->target <= u->priority)
		return REFUSE(v, u, vrrp_rule, target,
		    "the rule to go on with must have a higher priority number than %u",
		    u->priority);
	if (u->action != RULE_GOTO && u->target)
		return REFUSE(v, u, vrrp_rule, target, "only a rule with goto goes on elsewhere");
	if (u->action == RULE_LOOKUP && !u->table_id && !u->l3mdev)
		return REFUSE(v, u, vrrp_rule, table_id, "there is no table 0");
	if (u->l3mdev && u->action != RULE_LOOKUP)
		return REFUSE(v, u, vrrp_rule, l3mdev, "only a lookup can be one in a VRF's table");
	if (u->suppress_length >= 0 && u->action != RULE_LOOKUP)
		return REFUSE(v, u, vrrp_rule, suppress_length, "only a lookup finds routes");
	return true;
}

bool validate_vrrp_rule(struct validation *v, const struct row *r)
{
	const struct vrrp_rule *u = (const struct vrrp_rule *)r;

	return check_selector(v, u, &u->source, u->source_length, COL_vrrp_rule_source_length) &&
	       check_selector(v, u, &u->destination, u->destination_length,
		   COL_vrrp_rule_destination_length) &&
	       check_ports(v, u, u->source_port_first, u->source_port_last,
		   COL_vrrp_rule_source_port_first) &&
	       check_ports(v, u, u->destination_port_first, u->destination_port_last,
		   COL_vrrp_rule_destination_port_first) &&
	       check_name(v, r, COL_vrrp_rule_input_interface) &&
	       check_name(v, r, COL_vrrp_rule_output_interface) && check_action(v, u);
}

/* Who sets and removes it: nobody, or an instance? */
static bool check_not_virtual(struct validation *v, const struct static_address *a)
{
	STORE_FOREACH (vrrp_address, vip, v->store) {
		const struct vrrp_instance *i = store_vrrp_instance(v->store, vip->instance);
		const char *interface = *vip->interface || !i ? vip->interface : i->interface;

		if (addr_equal(&vip->address, &a->address) && strcmp(interface, a->interface) == 0)
			return REFUSE(v, a, static_address, address,
			    "the instance '%s' has this address on %s, too", vip->instance,
			    interface);
	}
	return true;
}

bool validate_static_address(struct validation *v, const struct row *r)
{
	const struct static_address *a = (const struct static_address *)r;

	if (!interface_valid(a->interface))
		return REFUSE_VALUE(v, a, static_address, interface, "is no name of an interface");
	if (!address_is_host(&a->address))
		return REFUSE_VALUE(v, a, static_address, address,
		    "an interface can't have this address (unspecified, multicast or broadcast)");
	if (a->prefix_length > bits(&a->address))
		return REFUSE_VALUE(v, a, static_address, prefix_length,
		    "%u is longer than the address", a->prefix_length);
	if (addr_is_set(&a->broadcast) &&
	    (a->broadcast.family != ADDR_IPV4 || a->address.family != ADDR_IPV4))
		return REFUSE(v, a, static_address, broadcast,
		    "only an IPv4 address has a broadcast address, of IPv4");
	if (strpbrk(a->label_text, " \t/"))
		return REFUSE_VALUE(v, a, static_address, label_text, "has a blank or a slash");
	return true;
}

bool validate_static_addresses(struct validation *v)
{
	STORE_FOREACH (static_address, a, v->store)
		if (!check_not_virtual(v, a))
			return false;
	return true;
}
