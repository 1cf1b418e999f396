/* SPDX-License-Identifier: BSD-2-Clause */
/* See desired.h. */
#include "core/lvs/desired.h"

#include <stdio.h>
#include <string.h>

#define ABSENT -1 /* as a weight: not in the table */

struct ipvs_key desired_key(const struct virtual_service *vsvc)
{
	struct ipvs_key key = {.addr = vsvc->address};

	if (vsvc->protocol == SERVICE_FWMARK) {
		key.fwmark = vsvc->port;
		key.addr = addr_any(vsvc->address.family);
	} else {
		key.protocol = (uint8_t)vsvc->protocol;
		key.port = (uint16_t)vsvc->port;
	}
	return key;
}

/* --------------------------------------------------------------------- services */

static uint32_t netmask(enum addr_family family, uint32_t prefix)
{
	if (family == ADDR_IPV6)
		return prefix ? prefix : 128;
	return prefix == 0 || prefix >= 32 ? UINT32_MAX : ~(UINT32_MAX >> prefix);
}

/* sh and mh give the flags the same meaning (linux/ip_vs.h names only sh's). */
static uint32_t scheduler_flags(const struct virtual_server *vs)
{
	uint32_t flags = 0;

	if (vs->scheduler != SCHEDULER_SH && vs->scheduler != SCHEDULER_MH)
		return 0;
	if (vs->scheduler_fallback)
		flags |= IP_VS_SVC_F_SCHED_SH_FALLBACK;
	if (vs->scheduler_port)
		flags |= IP_VS_SVC_F_SCHED_SH_PORT;
	return flags;
}

static struct ipvs_service make_service(
    const struct virtual_server *vs, struct virtual_service *vsvc)
{
	struct ipvs_service s = {.key = desired_key(vsvc), .user = vsvc};
	bool udp = vsvc->protocol == SERVICE_UDP || vsvc->protocol == SERVICE_FWMARK;

	snprintf(s.scheduler, sizeof(s.scheduler), "%s",
	    enum_word(&enumeration_scheduler, (int32_t)vs->scheduler));
	if (vs->persistence_engine != PERSISTENCE_ENGINE_NONE)
		snprintf(s.engine, sizeof(s.engine), "%s",
		    enum_word(&enumeration_persistence_engine, (int32_t)vs->persistence_engine));
	s.flags = scheduler_flags(vs);
	if (vs->one_packet && udp)
		s.flags |= IP_VS_SVC_F_ONEPACKET;
	s.netmask = netmask(s.key.addr.family, 0);
	if (vs->persistence_timeout) {
		s.flags |= IP_VS_SVC_F_PERSISTENT;
		s.timeout = vs->persistence_timeout;
		s.netmask = netmask(s.key.addr.family, vs->persistence_prefix);
	}
	return s;
}

/* ----------------------------------------------------------------- destinations */

static uint8_t forward_number(enum forwarding f)
{
	switch (f) {
	case FORWARDING_NAT:
		return IPVS_FORWARD_NAT;
	case FORWARDING_DR:
		return IPVS_FORWARD_DR;
	case FORWARDING_TUN:
		return IPVS_FORWARD_TUN;
	}
	return IPVS_FORWARD_NAT;
}

static uint16_t dest_port(const struct ipvs_key *key, enum forwarding f, uint32_t port)
{
	return f == FORWARDING_NAT && port ? (uint16_t)port : key->port;
}

static uint16_t tunnel_flags(enum tunnel_checksum c)
{
	switch (c) {
	case TUNNEL_NOCSUM:
		return IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM;
	case TUNNEL_CSUM:
		return IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
	case TUNNEL_REMCSUM:
		return IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
	}
	return IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM;
}

static void set_tunnel(struct ipvs_dest *d, const struct real_server *rs)
{
	switch (rs->tunnel_type) {
	case TUNNEL_IPIP:
		d->tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_IPIP;
		break;
	case TUNNEL_GUE:
		d->tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
		d->tunnel_port = (uint16_t)rs->tunnel_port;
		d->tunnel_flags = tunnel_flags(rs->tunnel_checksum);
		break;
	case TUNNEL_GRE:
		d->tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_GRE;
		d->tunnel_flags = tunnel_flags(rs->tunnel_checksum);
		break;
	}
}

/* Does the sorry server serve instead of the real servers? */
static bool is_sorry(const struct virtual_server *vs)
{
	return vs->state != VIRTUAL_UP && addr_is_set(&vs->sorry_address);
}

/* Does the scheduler go on to choose a destination of weight 0 (and then drop the client)? */
static bool chooses_weightless(const struct virtual_server *vs)
{
	return vs->scheduler == SCHEDULER_DH ||
	       (vs->scheduler == SCHEDULER_SH && !vs->scheduler_fallback);
}

static int32_t server_weight(const struct virtual_server *vs, const struct virtual_service *vsvc,
    const struct real_server *rs, bool start_down)
{
	if (rs->admin_state == ADMIN_DISABLED)
		return ABSENT;
	if (!server_is_up(rs, start_down))
		return rs->on_failure == ON_FAILURE_WEIGHT_ZERO && vsvc->protocol != SERVICE_UDP
			   ? 0
			   : ABSENT;
	if (is_sorry(vs))
		return chooses_weightless(vs) ? ABSENT : 0;
	return rs->admin_state == ADMIN_DRAIN ? 0 : rs->weight;
}

static struct ipvs_dest make_dest(const struct ipvs_key *key, struct real_server *rs)
{
	struct ipvs_dest d = {.addr = rs->address,
	    .port = dest_port(key, rs->forwarding, rs->port),
	    .forward = forward_number(rs->forwarding),
	    .upper = rs->upper_threshold,
	    .lower = rs->lower_threshold,
	    .user = rs};

	if (rs->forwarding == FORWARDING_TUN)
		set_tunnel(&d, rs);
	return d;
}

static void add_sorry(
    struct ipvs_table *t, const struct ipvs_key *key, const struct virtual_server *vs)
{
	struct ipvs_dest d = {.addr = vs->sorry_address,
	    .port = dest_port(key, vs->sorry_forwarding, vs->sorry_port),
	    .forward = forward_number(vs->sorry_forwarding),
	    .weight = is_sorry(vs) ? 1 : 0};

	if (d.weight || (vs->sorry_inhibit && addr_is_set(&vs->sorry_address)))
		ipvs_table_add_dest(t, &d);
}

static void add_server(struct ipvs_table *t, const struct virtual_server *vs,
    const struct virtual_service *vsvc, const struct ipvs_key *key, struct real_server *rs,
    bool start_down)
{
	struct ipvs_dest d = make_dest(key, rs);

	d.weight = server_weight(vs, vsvc, rs, start_down);
	if (d.weight != ABSENT)
		ipvs_table_add_dest(t, &d);
}

/* for (struct virtual_service *v; ...) over those of a virtual server. */
#define FOREACH_SERVICE(v, store, name)                                                            \
	for (struct virtual_service *v = store_first_service((store), (name));                     \
	     v && v->virtual_server == (name); v = (struct virtual_service *)store_next(&v->row))

static bool starts_down(const struct store *s, const struct virtual_server *vs)
{
	const struct pool *p = store_pool(s, vs->pool);

	return p && p->start_down;
}

void desired_add(const struct store *s, const struct virtual_server *vs, struct ipvs_table *t)
{
	bool start_down = starts_down(s, vs);

	FOREACH_SERVICE (vsvc, s, vs->name) {
		struct ipvs_service service = make_service(vs, vsvc);

		ipvs_table_add_service(t, &service);
		POOL_FOREACH_SERVER (rs, s, vs->pool)
			add_server(t, vs, vsvc, &service.key, rs, start_down);
		add_sorry(t, &service.key, vs);
	}
}

void desired_add_at(const struct store *s, const struct virtual_server *vs,
    const struct addr *addresses, size_t n, struct ipvs_table *t)
{
	bool start_down = starts_down(s, vs);

	FOREACH_SERVICE (vsvc, s, vs->name) {
		struct ipvs_service service = make_service(vs, vsvc);

		ipvs_table_add_service(t, &service);
		for (size_t i = 0; i < n; i++) {
			POOL_FOREACH_SERVER_AT(rs, s, vs->pool, &addresses[i])
			add_server(t, vs, vsvc, &service.key, rs, start_down);
			if (addr_equal(&addresses[i], &vs->sorry_address))
				add_sorry(t, &service.key, vs);
		}
	}
}

size_t desired_build(const struct store *s, struct ipvs_table *t)
{
	ipvs_table_clear(t);
	STORE_FOREACH (virtual_server, vs, s)
		desired_add(s, vs, t);
	ipvs_table_sort(t);
	return ipvs_table_unique(t);
}

/* --------------------------------------------------------------------- learning */

static void learn_server(
    struct real_server *rs, const struct ipvs_table *have, const struct ipvs_service *service)
{
	struct server_memory *m = rs->row.user;
	uint16_t port = dest_port(&service->key, rs->forwarding, rs->port);
	const struct ipvs_dest *d = ipvs_table_find_dest(have, service, &rs->address, port);
	bool weightless = rs->weight == 0 || rs->admin_state == ADMIN_DRAIN;

	if (!m || m->known == SERVER_UP || rs->admin_state == ADMIN_DISABLED)
		return;
	m->known = d && (d->weight > 0 || weightless) ? SERVER_UP : SERVER_DOWN;
}

bool desired_learn(
    const struct store *s, const struct virtual_server *vs, const struct ipvs_table *have)
{
	bool had = false;

	FOREACH_SERVICE (vsvc, s, vs->name) {
		struct ipvs_key key = desired_key(vsvc);
		const struct ipvs_service *service = ipvs_table_find(have, &key);

		if (!service)
			continue;
		had = true;
		POOL_FOREACH_SERVER (rs, s, vs->pool)
			learn_server(rs, have, service);
	}
	return had;
}
