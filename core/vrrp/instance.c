/* SPDX-License-Identifier: BSD-2-Clause */
/* A VRRP instance: from rows to settings, from the state machine to the network; see router.h. */
#include "core/vrrp/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/vrrp/ah.h"

/* ------------------------------------------------------- the machine's outputs */

/*
 * Peers drop what is not above what they have seen, so the numbers must go on rising when this process is
 * started again and has forgotten them: they do as the seconds do, which no router's numbers outrun for long.
 */
static void next_sequence(struct virtual *v)
{
	uint32_t now = (uint32_t)(clock_wall() / USEC_PER_SEC);

	v->sequence = now > v->sequence ? now : v->sequence + 1;
}

static bool send_ah(
    struct virtual *v, const struct addr *to, uint8_t ttl, const void *message, size_t len)
{
	const struct vrrp_fsm *f = &v->fsm;
	struct vrrp_ah_route route = {f->primary, *to, ttl};
	uint8_t packet[VRRP_AH_OVERHEAD + VRRP_PACKET_MAX];

	len = vrrp_ah_build(
	    packet, sizeof(packet), &route, f->config.auth_data, v->sequence, message, len);
	return vrrp_io_send_packet(vmac_sender(v, true), to, packet, len);
}

/* To the multicast group, or to a peer: its checksum may be the one that old keepalived expects. */
static bool send_as(struct virtual *v, const struct vrrp_config *c, uint8_t priority,
    const struct addr *to, uint8_t ttl)
{
	const struct vrrp_fsm *f = &v->fsm;
	struct addr covered = *to;
	uint8_t message[VRRP_PACKET_MAX];
	size_t len;

	if (c->npeers &&
	    (c->unicast_checksum == UNICAST_CHECKSUM_GROUP ||
		(c->unicast_checksum == UNICAST_CHECKSUM_DETECT && neighbour_old_checksum(v, to))))
		covered = vrrp_packet_group(c->family);
	len = vrrp_packet_build(message, sizeof(message), c, priority, &f->primary, &covered);
	if (c->auth_type == VRRP_AUTH_AH)
		return send_ah(v, to, ttl, message, len);
	return vrrp_io_send(vmac_sender(v, false), &f->primary, to, ttl, message, len);
}

/* In one version, or in both. */
static bool send_to(struct virtual *v, uint8_t priority, const struct addr *to, uint8_t ttl)
{
	const struct vrrp_config *c = &v->fsm.config;
	bool sent = send_as(v, c, priority, to, ttl);
	struct vrrp_config two;

	if (!c->also_v2)
		return sent;
	two = vrrp_packet_version2(c);
	return send_as(v, &two, priority, to, ttl) && sent;
}

static void send_failed(struct virtual *v, const struct addr *to)
{
	char text[ADDR_STRLEN];
	int error = errno;
	unsigned swallowed;

	v->fsm.counters.send_errors++;
	if (log_limit_ok(&v->send_errors, 1, 60 * USEC_PER_SEC, &swallowed))
		log_warning("%s: cannot send an advertisement to %s: %s", v->fsm.config.name,
		    addr_format(to, text), strerror(error));
}

static bool send_multicast(struct virtual *v, uint8_t priority)
{
	struct addr group = vrrp_packet_group_of(&v->fsm.config);

	if (send_to(v, priority, &group, VRRP_TTL))
		return true;
	send_failed(v, &group);
	return false;
}

/* One that cannot be sent to does not keep the others from hearing it. */
static bool send_unicast(struct virtual *v, uint8_t priority)
{
	const struct vrrp_config *c = &v->fsm.config;
	bool any = false;

	for (unsigned k = 0; k < c->npeers; k++) {
		if (send_to(v, priority, &c->peers[k].address, c->unicast_ttl))
			any = true;
		else
			send_failed(v, &c->peers[k].address);
	}
	return any;
}

static void send_advert(struct vrrp_fsm *f, uint8_t priority)
{
	struct virtual *v = f->user;

	record_set(v->slot, priority ? clock_now() : 0);
	if (f->config.auth_type == VRRP_AUTH_AH)
		next_sequence(v);
	if (!v->port->io || (f->config.auth_type == VRRP_AUTH_AH && !v->port->ah) ||
	    v->port->faults & (VRRP_FAULT_DOWN | VRRP_FAULT_NO_INTERFACE))
		return; /* a master resigns because of just that */
	if (f->config.npeers ? !send_unicast(v, priority) : !send_multicast(v, priority))
		return;
	f->counters.sent++;
	f->counters.zero_sent += priority == VRRP_PRIORITY_STOP;
}

static void address_change(struct vrrp_fsm *f)
{
	struct virtual *v = f->user;

	v->router->due += !v->addresses_due;
	v->addresses_due = true;
	v->router->routes_due = true;
	v->announce_due = v->extra_due = false;
	announcer_cancel(v->router->announcer, &f->counters.announcements);
	for (size_t k = 0; k < v->nvips; k++)
		v->vips[k].seen = v->vips[k].lost = false;
	router_wake(v->router);
}

static void announce(struct vrrp_fsm *f)
{
	struct virtual *v = f->user;

	v->announce_due = true;
	router_wake(v->router);
}

static void announce_extra(struct vrrp_fsm *f)
{
	struct virtual *v = f->user;

	v->extra_due = true;
	router_wake(v->router);
}

static void set_timer(struct vrrp_fsm *f, usec_t at)
{
	struct virtual *v = f->user;
	struct timeval tv;
	usec_t now;

	if (at == USEC_NEVER) {
		event_del(v->timer);
		return;
	}
	now = clock_now();
	tv = usec_to_timeval(at > now ? at - now : 0);
	event_add(v->timer, &tv);
}

static void changed(struct vrrp_fsm *f, enum vrrp_state old)
{
	struct virtual *v = f->user;

	if (f->state != VRRP_MASTER) {
		record_set(v->slot, 0);
		v->spoke = 0; /* what it was before this process began does not count any more */
	}
	report_transition(v, old);
	router_wake(v->router);
}

static void updated(struct vrrp_fsm *f)
{
	struct virtual *v = f->user;

	v->report_due = true;
	router_wake(v->router);
}

static void second_master(struct vrrp_fsm *f, const struct vrrp_packet *p, bool yields, usec_t now)
{
	notice_second_master(f->user, p, yields, now);
}

static const struct vrrp_outputs outputs = {
    .send_advert = send_advert,
    .add_addresses = address_change,
    .remove_addresses = address_change,
    .announce = announce,
    .announce_extra = announce_extra,
    .set_timer = set_timer,
    .changed = changed,
    .updated = updated,
    .second_master = second_master,
};

static void on_timer(int fd, short what, void *arg)
{
	struct virtual *v = arg;

	(void)fd;
	(void)what;
	vrrp_fsm_timer(&v->fsm, clock_now());
	router_act_many(v->router);
}

void virtual_receive(struct virtual *v, const struct vrrp_packet *p)
{
	vrrp_fsm_receive(&v->fsm, p, clock_now());
}

/* ------------------------------------------------------------------- addresses */

static bool same_vip(const struct vip *a, const struct vip *b)
{
	return strcmp(a->interface, b->interface) == 0 &&
	       addr_equal(&a->kernel.address, &b->kernel.address) &&
	       a->kernel.prefix_length == b->kernel.prefix_length &&
	       a->kernel.scope == b->kernel.scope &&
	       addr_equal(&a->kernel.broadcast, &b->kernel.broadcast) &&
	       a->kernel.no_prefix_route == b->kernel.no_prefix_route &&
	       a->kernel.has_lifetime == b->kernel.has_lifetime &&
	       a->kernel.preferred_lifetime == b->kernel.preferred_lifetime &&
	       strcmp(a->kernel.label, b->kernel.label) == 0;
}

/* May this address be taken from the interface, or is it the administrator's? */
static bool may_remove(
    const struct virtual *v, const struct vip *vip, const struct kernel_address *there)
{
	return there->ours || (v->fsm.config.priority != VRRP_PRIORITY_OWNER &&
				  there->prefix_length == vip->kernel.prefix_length);
}

static void remove_vip(struct virtual *v, struct vip *vip)
{
	const struct kernel_interface *i = kernel_interface(v->router->kernel, vip->interface);
	const struct kernel_address *there = i ? kernel_address(i, &vip->kernel.address) : NULL;
	struct kernel_vip k = vip->kernel;
	bool asked = i && vip->asked;

	vip->asked = false;
	if (there ? !may_remove(v, vip, there) : !asked)
		return;
	k.index = i->index;
	if (there)
		k.prefix_length = there->prefix_length;
	kernel_remove(v->router->kernel, &k);
}

static void add_vip(struct virtual *v, struct vip *vip)
{
	const struct kernel_interface *i = kernel_interface(v->router->kernel, vip->interface);
	struct kernel_vip k = vip->kernel;

	if (!i) {
		log_error("%s: there is no interface %s for its address", v->fsm.config.name,
		    vip->interface);
		return;
	}
	if (vip->lost || kernel_address(i, &vip->kernel.address))
		return;
	k.index = i->index;
	kernel_add(v->router->kernel, &k);
	vip->asked = true;
}

void virtual_act_addresses(struct virtual *v)
{
	if (!v->addresses_due)
		return;
	v->addresses_due = false;
	vmac_hear(v);
	for (size_t k = 0; k < v->nvips; k++) {
		if (v->fsm.state == VRRP_MASTER)
			add_vip(v, &v->vips[k]);
		else
			remove_vip(v, &v->vips[k]);
	}
}

static void announce_vip(struct virtual *v, const struct vip *vip)
{
	const struct kernel_interface *i = kernel_interface(v->router->kernel, vip->interface);
	const struct addr *address = &vip->kernel.address;
	struct vrrp_counters *c = &v->fsm.counters;

	if (i)
		announcer_queue(v->router->announcer, i, address,
		    (struct announce_pace){
			address->family == ADDR_IPV6 ? v->row->gna_interval : v->row->garp_interval,
			v->row->garp_group},
		    (struct announce_count){&c->announcements, &c->send_errors});
}

/* The first one of each interface is enough for switches. */
static bool is_first_there(const struct virtual *v, size_t k)
{
	for (size_t o = k; o-- > 0;) /* the one before is likely to be there, too */
		if (strcmp(v->vips[o].interface, v->vips[k].interface) == 0)
			return false;
	return true;
}

/*
 * As keepalived's garp_extra_if: on interfaces with a virtual MAC address, or on all, unless the instance's
 * advertisements come from there, which tell switches the same.
 */
static bool needs_extra(const struct virtual *v, const struct vip *vip)
{
	const struct kernel_interface *i = kernel_interface(v->router->kernel, vip->interface);

	return i && (i->made_here || v->row->garp_extra_all) && i->index != vmac_sender_index(v);
}

void virtual_act_announce(struct virtual *v)
{
	bool all = v->announce_due, extra = v->extra_due;

	v->announce_due = v->extra_due = false;
	if (v->fsm.state != VRRP_MASTER || (!all && !extra))
		return;
	for (size_t k = 0; k < v->nvips; k++)
		if (all || (needs_extra(v, &v->vips[k]) && is_first_there(v, k)))
			announce_vip(v, &v->vips[k]);
}

/*
 * Somebody has removed it, or its interface was not there.  Not if the kernel will only tell of it (see struct vip);
 * and what was never there, because the kernel refuses it, is not asked for all the time.
 */
static bool is_missing(struct virtual *v, const struct vip *vip)
{
	unsigned swallowed;

	if (v->fsm.state != VRRP_MASTER || vip->lost)
		return false;
	return vip->seen || ((!vip->asked || vip->kernel.address.family == ADDR_IPV4) &&
				log_limit_ok(&v->missing, 60, 60 * USEC_PER_SEC, &swallowed));
}

/* Two programs that do not agree may do this again and again. */
static void set_again(struct virtual *v, const struct vip *vip)
{
	const char *name = v->fsm.config.name;
	char text[ADDR_STRLEN];
	unsigned swallowed;

	addr_format(&vip->kernel.address, text);
	if (!vip->seen)
		log_info("%s: %s is not on %s; it is set again", name, text, vip->interface);
	else if (log_limit_ok(&v->removed, 10, 60 * USEC_PER_SEC, &swallowed))
		log_warning(
		    "%s: somebody removed %s from %s; it is set again", name, text, vip->interface);
	vrrp_fsm_announce(&v->fsm, clock_now());
	router_wake(v->router);
}

/* Until the next takeover. */
static void lose(const struct virtual *v, struct vip *vip)
{
	char text[ADDR_STRLEN];

	if (v->fsm.state != VRRP_MASTER || v->addresses_due)
		return;
	vip->lost = true;
	log_warning("%s: somebody removed %s from %s", v->fsm.config.name,
	    addr_format(&vip->kernel.address, text), vip->interface);
}

void virtual_check_addresses(struct virtual *v)
{
	bool due = v->addresses_due;

	if (!vmac_hears_right(v)) {
		v->addresses_due = true;
		router_wake(v->router);
	}
	for (size_t k = 0; k < v->nvips; k++) {
		struct vip *vip = &v->vips[k];
		const struct kernel_interface *i =
		    kernel_interface(v->router->kernel, vip->interface);
		bool there = i && kernel_address(i, &vip->kernel.address);

		vip->asked = vip->asked && i && !there;
		if (vip->row->present != there) {
			vip->row->present = there;
			engine_report(
			    v->router->engine, &vip->row->row, COLUMN(vrrp_address, present));
		}
		if (vip->seen && !there && !vip->row->track)
			lose(v, vip);
		if (i && !there && !due && is_missing(v, vip)) {
			set_again(v, vip);
			v->addresses_due = true;
		}
		vip->seen = there;
	}
}

void virtual_ask_again(struct virtual *v)
{
	for (size_t k = 0; k < v->nvips; k++)
		v->vips[k].asked = false;
}

bool virtual_has(const struct virtual *v, const char *interface, const struct addr *address)
{
	for (size_t k = 0; k < v->nvips; k++)
		if (strcmp(v->vips[k].interface, interface) == 0 &&
		    addr_equal(&v->vips[k].kernel.address, address))
			return true;
	return false;
}

/* ------------------------------------------------------------ rows to settings */

static void copy_name(char *to, size_t size, const char *from)
{
	strncpy(to, from, size - 1);
}

static enum addr_family family_of(const struct vrrp_instance *row)
{
	return row->family == INET_IPV6 ? ADDR_IPV6 : ADDR_IPV4;
}

static void read_vip(struct vip *vip, const struct virtual *v, struct vrrp_address *row)
{
	memset(vip, 0, sizeof(*vip));
	vmac_place(v->row, row, vip->interface);
	vip->kernel.address = row->address;
	vip->kernel.prefix_length = row->prefix_length ? (uint8_t)row->prefix_length
						       : (uint8_t)(addr_len(&row->address) * 8);
	vip->kernel.scope = (uint8_t)row->scope;
	vip->kernel.broadcast = row->broadcast;
	copy_name(vip->kernel.label, sizeof(vip->kernel.label), row->label_text);
	vip->kernel.no_prefix_route = row->no_prefix_route;
	vip->kernel.has_lifetime = row->preferred_lifetime >= 0;
	if (vip->kernel.has_lifetime)
		vip->kernel.preferred_lifetime = row->preferred_lifetime == INT32_MAX
						     ? UINT32_MAX
						     : (uint32_t)row->preferred_lifetime;
	vip->advertised = !row->excluded && row->address.family == family_of(v->row);
	vip->position = row->position;
	vip->row = row;
}

/* Those that are not advertised come last, as with keepalived. */
static int by_position(const void *a, const void *b)
{
	const struct vip *x = a, *y = b;

	if (x->row->excluded != y->row->excluded)
		return x->row->excluded ? 1 : -1;
	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	return addr_cmp(&x->kernel.address, &y->kernel.address);
}

/* All addresses of the instance's rows, in the order of the advertisement. */
static struct vip *read_vips(const struct virtual *v, size_t *n)
{
	const struct store *s = engine_store(v->router->engine);
	struct vip *list;
	size_t count = 0;

	STORE_FOREACH_OF(vrrp_address, a, s, v->row->name)
	count++;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		abort();
	*n = 0;
	STORE_FOREACH_OF(vrrp_address, a, s, v->row->name)
	read_vip(&list[(*n)++], v, a);
	qsort(list, count, sizeof(*list), by_position);
	return list;
}

static struct addr *advertised_of(const struct vip *vips, size_t nvips, uint8_t *n)
{
	struct addr *list = calloc(nvips + 1, sizeof(*list));

	if (!list)
		abort();
	*n = 0;
	for (size_t k = 0; k < nvips && *n < VRRP_MAX_ADDRESSES; k++)
		if (vips[k].advertised)
			list[(*n)++] = vips[k].kernel.address;
	return list;
}

static struct vrrp_peer_config *read_peers(const struct virtual *v, uint8_t *n)
{
	struct vrrp_peer_config *list = calloc(VRRP_MAX_PEERS, sizeof(*list));

	if (!list)
		abort();
	*n = 0;
	STORE_FOREACH_OF(vrrp_peer, p, engine_store(v->router->engine), v->row->name)
	if (*n < VRRP_MAX_PEERS)
		list[(*n)++] = (struct vrrp_peer_config){.address = p->address,
		    .min_ttl = (uint8_t)p->min_ttl,
		    .max_ttl = (uint8_t)p->max_ttl};
	return list;
}

static struct vrrp_config read_config(const struct vrrp_instance *row)
{
	struct vrrp_config c = {
	    .family = family_of(row),
	    .version = (uint8_t)row->version,
	    .also_v2 = row->version_2_too,
	    .vrid = (uint8_t)row->vrid,
	    .priority = (uint8_t)row->priority,
	    .interval = row->advert_interval,
	    .preempt = row->preempt,
	    .preempt_delay = row->preempt_delay,
	    .auth_type = row->auth_type,
	    .checksum = row->checksum,
	    .group = row->mcast_group,
	    .garp_delay = row->garp_delay,
	    .garp_repeat = row->garp_repeat,
	    .garp_refresh = row->garp_refresh,
	    .garp_refresh_repeat = row->garp_refresh_repeat,
	    .garp_extra = row->garp_extra_interval * USEC_PER_SEC,
	    .garp_lower_delay = row->garp_lower_delay,
	    .garp_lower_repeat = row->garp_lower_repeat,
	    .lower_no_advert = row->lower_prio_no_advert,
	    .higher_send_advert = row->higher_prio_send_advert,
	    .unicast_ttl = (uint8_t)row->unicast_ttl,
	    .check_source = row->check_unicast_src,
	    .unicast_checksum = row->unicast_checksum,
	};
	size_t len = strlen(row->auth_password);

	copy_name(c.name, sizeof(c.name), row->name);
	memcpy(c.auth_data, row->auth_password, len < VRRP_AUTH_LEN ? len : VRRP_AUTH_LEN);
	return c;
}

/* Keeps what is known of addresses that were there before.  True if there is a new one. */
static bool inherit(struct vip *list, size_t n, const struct virtual *v)
{
	bool fresh = false;

	for (size_t k = 0; k < n; k++) {
		const struct vip *old = NULL;

		for (size_t o = 0; o < v->nvips && !old; o++)
			if (same_vip(&list[k], &v->vips[o]))
				old = &v->vips[o];
		if (old) {
			list[k].seen = old->seen;
			list[k].asked = old->asked;
			list[k].lost = old->lost && !list[k].row->track;
		} else {
			fresh = true;
		}
	}
	return fresh;
}

static void set_vips(struct virtual *v, struct vip *list, size_t n)
{
	bool fresh = inherit(list, n, v);

	free(v->vips);
	v->vips = list;
	v->nvips = n;
	if (!fresh || v->fsm.state != VRRP_MASTER)
		return;
	v->addresses_due = true;
	vrrp_fsm_announce(&v->fsm, clock_now());
	router_wake(v->router);
}

void virtual_shed(struct virtual *v)
{
	size_t n;
	struct vip *list = read_vips(v, &n);
	bool shed = false;

	for (size_t o = 0; o < v->nvips; o++) {
		bool kept = false;

		for (size_t k = 0; k < n && !kept; k++)
			kept = same_vip(&v->vips[o], &list[k]);
		if (kept || v->fsm.state != VRRP_MASTER)
			continue;
		remove_vip(v, &v->vips[o]);
		shed = true;
	}
	free(list);
	/* It must not be announced any more, where its turn has not come yet; the others are, again. */
	if (shed && announcer_cancel(v->router->announcer, &v->fsm.counters.announcements))
		vrrp_fsm_announce(&v->fsm, clock_now());
}

static void join_group(struct virtual *v)
{
	const struct sync_group *row =
	    store_sync_group(engine_store(v->router->engine), v->row->sync_group);
	struct vrrp_group *g = row && v->row->enabled ? row->row.user : NULL;
	usec_t now = clock_now();

	if (v->fsm.group == g)
		return;
	vrrp_fsm_leave(&v->fsm, now);
	if (g)
		vrrp_fsm_join(&v->fsm, g, now);
}

static usec_t failover_until(const struct virtual *v)
{
	const struct sync_group *g =
	    store_sync_group(engine_store(v->router->engine), v->row->sync_group);

	return g ? g->failover_until : v->row->failover_until;
}

void virtual_failover(struct virtual *v)
{
	usec_t until = failover_until(v);

	if (v->failover_until == until)
		return;
	v->failover_until = until;
	vrrp_fsm_stand_aside(&v->fsm, until, clock_now());
	v->report_due = true;
	router_wake(v->router);
}

static void change_group(struct virtual *v, const struct addr *group)
{
	struct addr old = v->group;

	if (addr_equal(&old, group))
		return;
	v->group = *group;
	vmac_group(v, &old);
	if (addr_is_set(group))
		port_join(v->port, group);
	if (addr_is_set(&old))
		port_leave(v->port, &old);
}

void virtual_configure(struct virtual *v)
{
	struct vrrp_config c = read_config(v->row);
	struct addr *old = v->advertised;
	struct vrrp_peer_config *old_peers = v->peers;
	struct vip *list;
	size_t n;

	tracking_collect(v);
	c.priority = tracking_priority(v);
	list = read_vips(v, &n);
	v->advertised = advertised_of(list, n, &c.naddresses);
	c.addresses = v->advertised;
	v->peers = read_peers(v, &c.npeers);
	c.peers = v->peers;
	v->source = v->row->source_address;
	vrrp_fsm_configure(&v->fsm, &c, clock_now());
	free(old);
	free(old_peers);
	neighbour_configure(v);
	set_vips(v, list, n);
	join_group(v);
	if (!v->row->enabled)
		vrrp_fsm_stop(&v->fsm, clock_now(), "administratively down");
	if (c.auth_type == VRRP_AUTH_AH)
		port_want_ah(v->port);
	change_group(v, &c.group);
	virtual_evaluate(v);
	v->report_due = true;
	router_wake(v->router);
}

/* ------------------------------------------------------------------- lifetime */

/* To peers elsewhere: link-local addresses are no good. */
static bool is_far(const struct vrrp_config *c)
{
	return c->npeers && !addr_is_link_local(&c->peers[0].address);
}

static bool lacks_source(const struct virtual *v)
{
	const struct kernel_interface *i = NULL;

	if (!v->row->track_source || !addr_is_set(&v->source))
		return false;
	while ((i = kernel_next(v->router->kernel, i)))
		if (kernel_address(i, &v->source))
			return false;
	return true;
}

void virtual_evaluate(struct virtual *v)
{
	const struct vrrp_config *c = &v->fsm.config;
	struct addr primary =
	    addr_is_set(&v->source) ? v->source : port_primary(v->port, is_far(c));
	unsigned faults = v->port->faults;

	if (v->row->unicast_fault_no_peer && c->npeers == 0)
		faults |= VRRP_FAULT_NO_PEER;
	/* who does not hear the others must not be master */
	if (!faults && addr_is_set(&v->group) && !port_hears(v->port, &v->group))
		faults |= VRRP_FAULT_SOCKET;
	if (!v->row->track_primary)
		faults &= ~(unsigned)(VRRP_FAULT_DOWN | VRRP_FAULT_NO_CARRIER);

	if (lacks_source(v))
		faults |= VRRP_FAULT_NO_ADDRESS;
	if (addr_is_set(&primary)) {
		v->report_due = v->report_due || !addr_equal(&v->fsm.primary, &primary);
		v->fsm.primary = primary;
	} else if (!faults) {
		faults = VRRP_FAULT_NO_ADDRESS;
	}
	if (vmac_lacks(v) && !(faults & VRRP_FAULT_NO_INTERFACE))
		faults |= VRRP_FAULT_VMAC;
	vrrp_fsm_faults(&v->fsm, faults, clock_now());
	tracking_evaluate(v);
}

bool virtual_is(const struct virtual *v, const struct vrrp_instance *row)
{
	const struct vrrp_config *c = &v->fsm.config;

	return strcmp(v->port->link->name, row->interface) == 0 && c->vrid == row->vrid &&
	       c->version == row->version && c->family == family_of(row);
}

static void find_record(struct virtual *v)
{
	struct record_key key = {.family = v->fsm.config.family, .vrid = v->fsm.config.vrid};

	memcpy(key.interface, v->port->link->name, sizeof(v->port->link->name));
	v->slot = record_find(v->router->record, &key, &v->spoke);
}

struct virtual *virtual_new(struct router *r, struct vrrp_instance *row)
{
	struct virtual *v = calloc(1, sizeof(*v));
	struct vrrp_config c = read_config(row);

	if (!v)
		abort();
	v->router = r;
	v->row = row;
	row->row.user = v;
	v->timer = evtimer_new(r->base, on_timer, v);
	vrrp_fsm_init(&v->fsm, &c, &outputs, v);
	v->port = port_get(r, row->interface, c.family);
	v->port->by_vrid[row->vrid] = v;
	TAILQ_INSERT_TAIL(&r->virtuals, v, entry);
	find_record(v);
	report_adopt(v);
	notice_adopt(v);
	if (row->failover_state == FAILOVER_ENDED)
		v->failover_until = failover_until(v); /* an earlier process has been through it */
	return v;
}

/*
 * As master at once if it was master before the process was started, and its peers, which wait for three
 * intervals and a skew, cannot have noticed.  Its addresses may be others by now (the file was changed, or a
 * change was undone that nobody had confirmed): those that are not there are set, and the others stay.
 */
void virtual_start(struct virtual *v)
{
	usec_t now = clock_now();
	bool resume = v->spoke && now >= v->spoke && now - v->spoke < 3 * v->fsm.config.interval;

	if (v->fsm.started || !v->row->enabled || (!resume && !v->router->running) ||
	    tracking_waits(v))
		return;
	vrrp_fsm_start(&v->fsm, now, resume);
}

void virtual_stop(struct virtual *v, const char *why)
{
	vrrp_fsm_leave(&v->fsm, clock_now());
	vrrp_fsm_stop(&v->fsm, clock_now(), why);
	virtual_act_addresses(v);
	record_forget(v->slot);
	v->slot = NULL;
}

void virtual_free(struct virtual *v)
{
	if (v->fsm.group)
		TAILQ_REMOVE(&v->fsm.group->members, &v->fsm, in_group);
	announcer_cancel(v->router->announcer, &v->fsm.counters.announcements);
	v->port->by_vrid[v->fsm.config.vrid] = NULL;
	change_group(v, &(struct addr){.family = ADDR_NONE});
	vmac_forget(v);
	port_put(v->port);
	TAILQ_REMOVE(&v->router->virtuals, v, entry);
	event_free(v->timer);
	free(v->vips);
	free(v->others);
	free(v->tracks);
	free(v->advertised);
	free(v->peers);
	free(v->neighbours);
	free(v);
}
