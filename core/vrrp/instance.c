/* SPDX-License-Identifier: BSD-2-Clause */
/* A VRRP instance: from rows to settings, from the state machine to the network; see router.h. */
#include "core/vrrp/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------- the machine's outputs */

static void send_advert(struct vrrp_fsm *f, uint8_t priority)
{
	struct virtual *v = f->user;
	struct addr group = vrrp_packet_group(f->config.family);
	uint8_t message[VRRP_PACKET_MAX];
	unsigned swallowed;
	size_t len;

	record_set(v->slot, priority ? clock_now() : 0);
	if (!v->link->io || v->link->faults & (VRRP_FAULT_DOWN | VRRP_FAULT_NO_INTERFACE))
		return; /* a master resigns because of just that */
	len =
	    vrrp_packet_build(message, sizeof(message), &f->config, priority, &f->primary, &group);
	if (vrrp_io_send(v->link->io, &f->primary, message, len)) {
		f->counters.sent++;
		f->counters.zero_sent += priority == VRRP_PRIORITY_STOP;
		return;
	}
	f->counters.send_errors++;
	if (log_limit_ok(&v->send_errors, 1, 60 * USEC_PER_SEC, &swallowed))
		log_warning(
		    "%s: cannot send an advertisement: %s", f->config.name, strerror(errno));
}

static void address_change(struct vrrp_fsm *f)
{
	struct virtual *v = f->user;

	v->addresses_due = true;
	v->announce_due = false;
	vrrp_arp_cancel(v->router->arp, &f->counters.announcements);
	for (size_t k = 0; k < v->nvips; k++)
		v->vips[k].seen = false;
	router_wake(v->router);
}

static void announce(struct vrrp_fsm *f)
{
	struct virtual *v = f->user;

	v->announce_due = true;
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

	if (f->state != VRRP_MASTER)
		record_set(v->slot, 0);
	report_transition(v, old);
	router_wake(v->router);
}

static void updated(struct vrrp_fsm *f)
{
	struct virtual *v = f->user;

	v->report_due = true;
	router_wake(v->router);
}

static const struct vrrp_outputs outputs = {
    .send_advert = send_advert,
    .add_addresses = address_change,
    .remove_addresses = address_change,
    .announce = announce,
    .set_timer = set_timer,
    .changed = changed,
    .updated = updated,
};

static void on_timer(int fd, short what, void *arg)
{
	struct virtual *v = arg;

	(void)fd;
	(void)what;
	vrrp_fsm_timer(&v->fsm, clock_now());
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
	       strcmp(a->kernel.label, b->kernel.label) == 0;
}

/* May this address be taken from the interface, or is it the administrator's? */
static bool may_remove(
    const struct virtual *v, const struct vip *vip, const struct kernel_address *there)
{
	return there->ours || (v->fsm.config.priority != VRRP_PRIORITY_OWNER &&
				  there->prefix_length == vip->kernel.prefix_length);
}

static void remove_vip(struct virtual *v, const struct vip *vip)
{
	const struct kernel_interface *i = kernel_interface(v->router->kernel, vip->interface);
	const struct kernel_address *there = i ? kernel_address(i, &vip->kernel.address) : NULL;
	struct kernel_vip k = vip->kernel;

	if (!there || !may_remove(v, vip, there))
		return;
	k.index = i->index;
	k.prefix_length = there->prefix_length;
	kernel_remove(v->router->kernel, &k);
}

static void add_vip(struct virtual *v, const struct vip *vip)
{
	const struct kernel_interface *i = kernel_interface(v->router->kernel, vip->interface);
	struct kernel_vip k = vip->kernel;

	if (!i) {
		log_error("%s: there is no interface %s for its address", v->fsm.config.name,
		    vip->interface);
		return;
	}
	if (kernel_address(i, &vip->kernel.address))
		return;
	k.index = i->index;
	kernel_add(v->router->kernel, &k);
}

void virtual_act_addresses(struct virtual *v)
{
	if (!v->addresses_due)
		return;
	v->addresses_due = false;
	for (size_t k = 0; k < v->nvips; k++) {
		if (v->fsm.state == VRRP_MASTER)
			add_vip(v, &v->vips[k]);
		else
			remove_vip(v, &v->vips[k]);
	}
}

void virtual_act_announce(struct virtual *v)
{
	struct vrrp_counters *c = &v->fsm.counters;

	if (!v->announce_due)
		return;
	v->announce_due = false;
	for (size_t k = 0; k < v->nvips && v->fsm.state == VRRP_MASTER; k++) {
		const struct kernel_interface *i =
		    kernel_interface(v->router->kernel, v->vips[k].interface);

		if (i)
			vrrp_arp_queue(v->router->arp, i, &v->vips[k].kernel.address,
			    v->row->garp_interval,
			    (struct vrrp_arp_count){&c->announcements, &c->send_errors});
	}
}

void virtual_check_addresses(struct virtual *v)
{
	char text[ADDR_STRLEN];

	for (size_t k = 0; k < v->nvips; k++) {
		struct vip *vip = &v->vips[k];
		const struct kernel_interface *i =
		    kernel_interface(v->router->kernel, vip->interface);
		bool there = i && kernel_address(i, &vip->kernel.address);

		if (vip->row->present != there) {
			vip->row->present = there;
			engine_report(
			    v->router->engine, &vip->row->row, COLUMN(vrrp_address, present));
		}
		if (v->fsm.state != VRRP_MASTER)
			continue;
		if (vip->seen && !there && i) {
			log_warning("%s: somebody removed %s from %s; it is set again",
			    v->fsm.config.name, addr_format(&vip->kernel.address, text),
			    vip->interface);
			v->addresses_due = true;
			vrrp_fsm_announce(&v->fsm, clock_now());
			router_wake(v->router);
		}
		vip->seen = there;
	}
}

bool virtual_has(const struct virtual *v, const char *interface, const struct addr *address)
{
	for (size_t k = 0; k < v->nvips; k++)
		if (strcmp(v->vips[k].interface, interface) == 0 &&
		    addr_equal(&v->vips[k].kernel.address, address))
			return true;
	return false;
}

static bool all_present(const struct virtual *v)
{
	for (size_t k = 0; k < v->nvips; k++) {
		const struct kernel_interface *i =
		    kernel_interface(v->router->kernel, v->vips[k].interface);

		if (!i || !kernel_address(i, &v->vips[k].kernel.address))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------ rows to settings */

static void copy_name(char *to, size_t size, const char *from)
{
	strncpy(to, from, size - 1);
}

static void read_vip(struct vip *vip, const struct virtual *v, struct vrrp_address *row)
{
	memset(vip, 0, sizeof(*vip));
	copy_name(vip->interface, sizeof(vip->interface),
	    *row->interface ? row->interface : v->row->interface);
	vip->kernel.address = row->address;
	vip->kernel.prefix_length = row->prefix_length ? (uint8_t)row->prefix_length
						       : (uint8_t)(addr_len(&row->address) * 8);
	vip->kernel.scope = (uint8_t)row->scope;
	vip->kernel.broadcast = row->broadcast;
	copy_name(vip->kernel.label, sizeof(vip->kernel.label), row->label_text);
	vip->advertised = !row->excluded && addr_af(&row->address) == AF_INET;
	vip->position = row->position;
	vip->row = row;
}

static int by_position(const void *a, const void *b)
{
	const struct vip *x = a, *y = b;

	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	return addr_cmp(&x->kernel.address, &y->kernel.address);
}

static struct vrrp_address *first_address(const struct store *s, const char *instance)
{
	struct vrrp_address *key = ROW_NEW(vrrp_address);
	struct row *r;

	row_set_text(&key->instance, instance);
	r = store_at_or_after(s, &key->row);
	row_free(&key->row);
	return (struct vrrp_address *)r;
}

/* All addresses of the instance's rows, in the order of the advertisement. */
static struct vip *read_vips(const struct virtual *v, size_t *n)
{
	const struct store *s = engine_store(v->router->engine);
	struct vrrp_address *first = first_address(s, v->row->name), *a;
	struct vip *list;
	size_t count = 0;

	for (a = first; a && a->instance == v->row->name;
	     a = (struct vrrp_address *)store_next(&a->row))
		count++;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		abort();
	*n = 0;
	for (a = first; *n < count; a = (struct vrrp_address *)store_next(&a->row))
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

static struct vrrp_config read_config(const struct vrrp_instance *row)
{
	struct vrrp_config c = {
	    .family = row->family == INET_IPV6 ? ADDR_IPV6 : ADDR_IPV4,
	    .version = (uint8_t)row->version,
	    .vrid = (uint8_t)row->vrid,
	    .priority = (uint8_t)row->priority,
	    .interval = row->advert_interval,
	    .preempt = row->preempt,
	    .preempt_delay = row->preempt_delay,
	    .auth_type = row->auth_type,
	    .checksum = row->checksum,
	    .garp_delay = row->garp_delay,
	    .garp_repeat = row->garp_repeat,
	    .garp_refresh = row->garp_refresh,
	    .garp_refresh_repeat = row->garp_refresh_repeat,
	    .garp_lower_delay = row->garp_lower_delay,
	    .garp_lower_repeat = row->garp_lower_repeat,
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
		if (old)
			list[k].seen = old->seen;
		else
			fresh = true;
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

	for (size_t o = 0; o < v->nvips; o++) {
		bool kept = false;

		for (size_t k = 0; k < n && !kept; k++)
			kept = same_vip(&v->vips[o], &list[k]);
		if (!kept && v->fsm.state == VRRP_MASTER)
			remove_vip(v, &v->vips[o]);
	}
	free(list);
}

static void join_group(struct virtual *v)
{
	const struct sync_group *row =
	    store_sync_group(engine_store(v->router->engine), v->row->sync_group);
	struct vrrp_group *g = row ? row->row.user : NULL;
	usec_t now = clock_now();

	if (v->fsm.group == g)
		return;
	vrrp_fsm_leave(&v->fsm, now);
	if (g)
		vrrp_fsm_join(&v->fsm, g, now);
}

void virtual_configure(struct virtual *v)
{
	struct vrrp_config c = read_config(v->row);
	struct addr *old = v->advertised;
	struct vip *list;
	size_t n;

	list = read_vips(v, &n);
	v->advertised = advertised_of(list, n, &c.naddresses);
	c.addresses = v->advertised;
	v->source = v->row->source_address;
	vrrp_fsm_configure(&v->fsm, &c, clock_now());
	free(old);
	set_vips(v, list, n);
	join_group(v);
	virtual_evaluate(v);
	v->report_due = true;
	router_wake(v->router);
}

/* ------------------------------------------------------------------- lifetime */

void virtual_evaluate(struct virtual *v)
{
	struct addr primary = addr_is_set(&v->source) ? v->source : link_primary(v->link);
	unsigned faults = v->link->faults;

	if (addr_is_set(&primary)) {
		v->report_due = v->report_due || !addr_equal(&v->fsm.primary, &primary);
		v->fsm.primary = primary;
	} else if (!faults) {
		faults = VRRP_FAULT_NO_ADDRESS;
	}
	vrrp_fsm_faults(&v->fsm, faults, clock_now());
}

bool virtual_is(const struct virtual *v, const struct vrrp_instance *row)
{
	const struct vrrp_config *c = &v->fsm.config;

	return strcmp(v->link->name, row->interface) == 0 && c->vrid == row->vrid &&
	       c->version == row->version &&
	       c->family == (row->family == INET_IPV6 ? ADDR_IPV6 : ADDR_IPV4);
}

static void find_record(struct virtual *v)
{
	struct record_key key = {.family = v->fsm.config.family, .vrid = v->fsm.config.vrid};

	memcpy(key.interface, v->link->name, sizeof(v->link->name));
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
	TAILQ_INIT(&v->transitions);
	v->timer = evtimer_new(r->base, on_timer, v);
	vrrp_fsm_init(&v->fsm, &c, &outputs, v);
	v->link = link_get(r, row->interface);
	v->link->by_vrid[row->vrid] = v;
	TAILQ_INSERT_TAIL(&r->virtuals, v, entry);
	find_record(v);
	report_adopt(v);
	return v;
}

/*
 * As master at once if it was master before the process was started, has all its addresses still, and
 * its peers, which wait for three intervals and a skew, cannot have noticed.
 */
void virtual_start(struct virtual *v)
{
	usec_t now = clock_now();
	bool resume = v->spoke && now >= v->spoke && now - v->spoke < 3 * v->fsm.config.interval &&
		      all_present(v);

	if (v->fsm.started || (!resume && !v->router->running))
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
	struct transition *t;

	if (v->fsm.group)
		TAILQ_REMOVE(&v->fsm.group->members, &v->fsm, in_group);
	vrrp_arp_cancel(v->router->arp, &v->fsm.counters.announcements);
	v->link->by_vrid[v->fsm.config.vrid] = NULL;
	link_put(v->link);
	TAILQ_REMOVE(&v->router->virtuals, v, entry);
	while ((t = TAILQ_FIRST(&v->transitions))) {
		TAILQ_REMOVE(&v->transitions, t, entry);
		free(t);
	}
	event_free(v->timer);
	free(v->vips);
	free(v->advertised);
	free(v);
}
