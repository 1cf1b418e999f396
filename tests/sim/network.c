/* SPDX-License-Identifier: BSD-2-Clause */
/* Routers, links, packets and time; see sim.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include "tests/sim/sim.h"

#define START (1000 * USEC_PER_SEC)

struct packet {
	usec_t at;
	uint64_t number;
	struct sim_port *to;
	struct addr from;
	uint8_t len;
	uint8_t bytes[8 + SIM_VIPS * 16];
};

struct step {
	usec_t at;
	uint8_t router, vr;
	const char *text;
	uint64_t a, b;
};

struct sim_world sim;
static struct packet queue[SIM_PACKETS]; /* a heap: the first is the next */
static unsigned queued;
static struct step trace[SIM_TRACE];
static unsigned traced;
static jmp_buf failed; /* a check */

/* ------------------------------------------------------------------- trace */

void sim_trace(const struct sim_port *p, const char *text, uint64_t a, uint64_t b)
{
	trace[traced++ % SIM_TRACE] = (struct step){
	    sim.now, p ? p->router->number : UINT8_MAX, p ? p->vr : UINT8_MAX, text, a, b};
}

void sim_print_trace(void)
{
	unsigned first = traced > SIM_TRACE ? traced - SIM_TRACE : 0;

	for (unsigned k = first; k < traced; k++) {
		const struct step *s = &trace[k % SIM_TRACE];

		printf("# %10.6f ", (double)(s->at - START) / 1e6);
		if (s->router != UINT8_MAX)
			printf("router %u, virtual router %u: ", s->router, s->vr);
		printf("%s %lu %lu\n", s->text, (unsigned long)s->a, (unsigned long)s->b);
	}
}

void sim_fail(const struct sim_port *p, const char *fmt, ...)
{
	va_list ap;
	int len = 0;

	if (p)
		sim_trace(p, "fails in state", p->fsm.state, 0);
	va_start(ap, fmt);
	vsnprintf(sim.failure + len, sizeof(sim.failure) - (size_t)len, fmt, ap);
	va_end(ap);
	longjmp(failed, 1);
}

/* ------------------------------------------------------------ the wall clock */

/*
 * Here instead of libc's: a state machine that asks for the time would not be a function of it, and
 * would care when the wall clock is stepped.
 */
static time_t wall_clock(void)
{
	if (sim.in_machine)
		sim.clock_reads++;
	return (time_t)((int64_t)(sim.now / USEC_PER_SEC) + sim.wall_step);
}

time_t time(time_t *t)
{
	time_t now = wall_clock();

	if (t)
		*t = now;
	return now;
}

int clock_gettime(clockid_t which, struct timespec *ts)
{
	(void)which;
	*ts = (struct timespec){.tv_sec = wall_clock()};
	return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	(void)zone;
	*tv = (struct timeval){.tv_sec = wall_clock()};
	return 0;
}

/* ------------------------------------------------------------------- queue */

static bool before(const struct packet *a, const struct packet *b)
{
	return a->at < b->at || (a->at == b->at && a->number < b->number);
}

static void swap(unsigned a, unsigned b)
{
	struct packet t = queue[a];

	queue[a] = queue[b];
	queue[b] = t;
}

static struct packet *put(usec_t at, uint64_t number)
{
	unsigned k = queued++;
	struct packet blank = {.at = at, .number = number};

	queue[k] = blank;
	while (k && before(&queue[k], &queue[(k - 1) / 2])) {
		swap(k, (k - 1) / 2);
		k = (k - 1) / 2;
	}
	return &queue[k];
}

static struct packet take(void)
{
	struct packet first = queue[0];
	unsigned k = 0, least;

	queue[0] = queue[--queued];
	for (;;) {
		least = k;
		for (unsigned child = 2 * k + 1; child <= 2 * k + 2 && child < queued; child++)
			if (before(&queue[child], &queue[least]))
				least = child;
		if (least == k)
			return first;
		swap(k, least);
		k = least;
	}
}

/* ------------------------------------------------------------------ network */

static struct addr address_of(const struct sim_port *p)
{
	uint8_t last = (uint8_t)(10 + p->router->number);

	return sim.schedule->ipv6
		   ? addr_from_bytes((uint8_t[16]){0xfe, 0x80, [8] = p->segment, [15] = last}, 16)
		   : addr_from_bytes((uint8_t[]){10, p->segment, 0, last}, 4);
}

/* RFC 9568 section 5.2.9: of IPv6 the first one is link-local. */
static struct addr vip_of(const struct sim_port *p, unsigned k)
{
	uint8_t last = (uint8_t)(100 + k);

	if (!sim.schedule->ipv6)
		return addr_from_bytes((uint8_t[]){10, p->segment, p->vr, last}, 4);
	if (k == 0)
		return addr_from_bytes((uint8_t[16]){0xfe, 0x80, [9] = p->vr, [15] = last}, 16);
	return addr_from_bytes((uint8_t[16]){0x20, 0x01, 0x0d, 0xb8, [9] = p->vr, [15] = last}, 16);
}

static struct addr group_of(const struct sim_port *p)
{
	return vrrp_packet_group(p->config.family);
}

bool sim_hears(const struct sim_port *p, const struct sim_port *q)
{
	return p->router->plugged[p->segment] && q->router->plugged[p->segment] &&
	       !sim.cut[p->segment][q->router->number][p->router->number];
}

bool sim_fit(const struct sim_port *p)
{
	const struct sim_router *r = p->router;

	if (!r->alive || r->held_until > sim.now)
		return false;
	if (!p->in_group)
		return p->fsm.faults == 0;
	for (unsigned v = 0; v < sim.schedule->vrs; v++)
		if (r->port[v].in_group && r->port[v].fsm.faults)
			return false;
	return true;
}

static void deliver_later(
    struct sim_port *to, const struct addr *from, const void *bytes, size_t len)
{
	uint64_t luck = sim_hash(sim.schedule->seed, ++sim.packets);
	unsigned copies = (luck >> 8) % 100 < sim.duplicates ? 2 : 1;

	if (luck % 256 * 100 / 256 < sim.loss)
		return;
	if (to->router->held_until > sim.now && ++to->router->waiting > SIM_SOCKET)
		return;
	if (queued + copies > SIM_PACKETS)
		sim_fail(to, "a flood of packets");
	for (unsigned k = 0; k < copies; k++) {
		usec_t at = sim.now + 1 + (luck >> (16 + 8 * k)) % sim.delay;
		struct packet *d;

		if (at > sim.disturbed && sim.delay != sim.schedule->delay)
			sim.disturbed = at;
		d = put(at, sim.packets);
		d->to = to;
		d->from = *from;
		d->len = (uint8_t)len;
		memcpy(d->bytes, bytes, len);
	}
}

static void out_advert(struct vrrp_fsm *i, uint8_t priority)
{
	struct sim_port *p = i->user;
	struct addr group = group_of(p);
	uint8_t bytes[sizeof(queue[0].bytes)];
	size_t len =
	    vrrp_packet_build(bytes, sizeof(bytes), &i->config, priority, &i->primary, &group);

	if (!len)
		sim_fail(p, "no packet");
	sim_trace(p, "advertises priority", priority, 0);
	oracle_sent(p, priority);
	for (unsigned r = 0; r < sim.schedule->routers; r++) {
		struct sim_port *to = &sim.router[r].port[p->vr];

		if (to != p && sim_hears(to, p))
			deliver_later(to, &i->primary, bytes, len);
	}
}

static void out_add(struct vrrp_fsm *i)
{
	((struct sim_port *)i->user)->has_addresses = true;
}

static void out_remove(struct vrrp_fsm *i)
{
	((struct sim_port *)i->user)->has_addresses = false;
}

static void out_announce(struct vrrp_fsm *i)
{
	oracle_announced(i->user);
}

static void out_announce_extra(struct vrrp_fsm *i)
{
	oracle_announced_extra(i->user);
}

static void out_timer(struct vrrp_fsm *i, usec_t at)
{
	((struct sim_port *)i->user)->timer = at;
}

static void out_changed(struct vrrp_fsm *i, enum vrrp_state old)
{
	struct sim_port *p = i->user;

	sim_trace(p, "changes its state from and to", old, i->state);
	sim.transitions++;
	oracle_changed(p, old);
}

static void out_updated(struct vrrp_fsm *i)
{
	if (!i->reason[0])
		sim_fail(i->user, "no reason");
}

static void out_second_master(
    struct vrrp_fsm *i, const struct vrrp_packet *packet, bool yields, usec_t now)
{
	if (now != sim.now)
		sim_fail(i->user, "another time");
	oracle_second_master(i->user, packet, yields);
}

static const struct vrrp_outputs outputs = {.send_advert = out_advert,
    .add_addresses = out_add,
    .remove_addresses = out_remove,
    .announce = out_announce,
    .announce_extra = out_announce_extra,
    .set_timer = out_timer,
    .changed = out_changed,
    .updated = out_updated,
    .second_master = out_second_master};

/* -------------------------------------------------------------------- steps */

/* Around whatever is asked of a router's state machines. */
static void enter(struct sim_router *r)
{
	for (unsigned v = 0; v < sim.schedule->vrs; v++)
		oracle_step(&r->port[v]);
	sim.in_machine = true;
	sim.steps++;
}

static void leave(struct sim_router *r)
{
	sim.in_machine = false;
	if (sim.clock_reads)
		sim_fail(NULL, "a state machine asks for the time");
	oracle_router(r);
	oracle_network();
}

static void receive(const struct packet *d)
{
	struct sim_port *p = d->to;
	struct addr group = group_of(p);
	struct vrrp_packet packet;
	unsigned notes;

	if (!p->router->alive || !p->router->plugged[p->segment])
		return;
	if (vrrp_packet_parse(&packet, d->bytes, d->len, &d->from, &group, VRRP_TTL) != VRRP_PASS)
		sim_fail(p, "a bad packet");
	if (vrrp_packet_check(&packet, &p->fsm.config, &p->fsm.primary, &notes) != VRRP_PASS) {
		sim_trace(p, "drops priority", packet.priority, 0);
		return;
	}
	sim_trace(p, "hears priority, of router", packet.priority,
	    d->from.bytes[addr_len(&d->from) - 1] - 10u);
	enter(p->router);
	oracle_receive(p, &packet);
	vrrp_fsm_receive(&p->fsm, &packet, sim.now);
	leave(p->router);
}

static void set_faults(struct sim_router *r);

static void fire(struct sim_port *p)
{
	if (p->router->news) {
		set_faults(p->router);
		return;
	}
	p->timer = USEC_NEVER;
	enter(p->router);
	oracle_timer(p);
	vrrp_fsm_timer(&p->fsm, sim.now);
	leave(p->router);
}

static struct sim_port *next_timer(usec_t *until)
{
	struct sim_port *next = NULL;

	for (unsigned n = 0; n < sim.schedule->routers; n++) {
		struct sim_router *r = &sim.router[n];

		for (unsigned v = 0; r->alive && v < sim.schedule->vrs; v++) {
			usec_t at = r->news ? 0 : r->port[v].timer;

			if (at < r->held_until)
				at = r->held_until;
			if (at < *until) {
				*until = at;
				next = &r->port[v];
			}
		}
	}
	return next;
}

/* Packets that are there go before timers, as in the real process. */
static void run_until(usec_t end)
{
	for (;;) {
		usec_t until = end;
		struct sim_port *timer = next_timer(&until);

		if (queued && queue[0].at <= until) {
			struct packet d = take();
			struct sim_router *r = d.to->router;

			if (d.at < r->held_until) {
				d.at = r->held_until; /* it waits in the socket */
				*put(d.at, d.number) = d;
				continue;
			}
			sim.now = d.at;
			receive(&d);
			continue;
		}
		if (!timer)
			break;
		if (until > sim.now)
			sim.now = until;
		fire(timer);
	}
	sim.now = end;
	oracle_network();
}

/* ------------------------------------------------------------------ actions */

static unsigned faults_of(const struct sim_port *p)
{
	return (p->router->plugged[p->segment] ? 0 : VRRP_FAULT_NO_CARRIER) |
	       (p->no_address ? VRRP_FAULT_NO_ADDRESS : 0);
}

static bool may_resume(const struct sim_port *p)
{
	return p->record && sim.now - p->record < 3 * p->config.interval;
}

static void start_router(struct sim_router *r)
{
	bool resume[SIM_VRS];

	r->alive = r->starting = true;
	r->news = false;
	r->held_until = 0;
	vrrp_group_init(&r->group, "group");
	enter(r);
	for (unsigned v = 0; v < sim.schedule->vrs; v++) {
		struct sim_port *p = &r->port[v];

		resume[v] = may_resume(p);
		p->timer = USEC_NEVER;
		vrrp_fsm_init(&p->fsm, &p->config, &outputs, p);
		p->fsm.primary = address_of(p);
		p->fsm.faults = faults_of(p);
		oracle_started(p);
		if (p->in_group)
			vrrp_fsm_join(&p->fsm, &r->group, sim.now);
	}
	for (unsigned v = 0; v < sim.schedule->vrs; v++)
		vrrp_fsm_start(&r->port[v].fsm, sim.now, resume[v]);
	leave(r);
	r->starting = false;
}

static void stop_router(struct sim_router *r)
{
	r->stopping = true;
	enter(r);
	for (unsigned v = 0; v < sim.schedule->vrs; v++)
		vrrp_fsm_stop(&r->port[v].fsm, sim.now, "stopped");
	leave(r);
	r->alive = r->stopping = false;
}

static void power_off(struct sim_router *r)
{
	r->alive = false;
	for (unsigned v = 0; v < sim.schedule->vrs; v++) {
		r->port[v].has_addresses = false;
		r->port[v].record = 0;
	}
}

/* Brings a router's machines what the kernel says about its links; a stalled one gets it later. */
static void set_faults(struct sim_router *r)
{
	sim.judged = false;
	r->news = r->alive && r->held_until > sim.now;
	if (!r->alive || r->news)
		return;
	for (unsigned v = 0; v < sim.schedule->vrs; v++) {
		enter(r);
		vrrp_fsm_faults(&r->port[v].fsm, faults_of(&r->port[v]), sim.now);
		leave(r);
	}
}

/* After p->config was changed. */
static void configure(struct sim_port *p)
{
	struct vrrp_config old = p->fsm.config;
	bool wanted = p->fsm.wants;

	p->config.addresses = p->vips;
	if (!p->router->alive)
		return;
	enter(p->router);
	vrrp_fsm_configure(&p->fsm, &p->config, sim.now);
	oracle_configured(p, &old, wanted);
	leave(p->router);
}

static void set_addresses(struct sim_port *p, unsigned n)
{
	/* the old list must live as long as it is compared */
	memcpy(p->old_vips, p->vips, sizeof(p->vips));
	p->fsm.config.addresses = p->old_vips;
	p->config.naddresses = (uint8_t)n;
	for (unsigned k = 0; k < n; k++)
		p->vips[k] = vip_of(p, k);
	configure(p);
}

static void set_grouped(struct sim_port *p, bool in_group)
{
	if (p->in_group == in_group)
		return;
	p->in_group = in_group;
	if (!p->router->alive)
		return;
	enter(p->router);
	sim.joining = in_group;
	if (in_group)
		vrrp_fsm_join(&p->fsm, &p->router->group, sim.now);
	else
		vrrp_fsm_leave(&p->fsm, sim.now);
	sim.joining = false;
	leave(p->router);
}

static void stand_aside(struct sim_port *p, usec_t until)
{
	bool wanted[SIM_VRS];

	if (!p->router->alive)
		return;
	for (unsigned v = 0; v < sim.schedule->vrs; v++)
		wanted[v] = p->router->port[v].fsm.wants;
	enter(p->router);
	sim.cancelling = until <= sim.now;
	for (unsigned v = 0; v < sim.schedule->vrs; v++) {
		struct sim_port *m = &p->router->port[v];

		if (m == p || (m->in_group && p->in_group))
			oracle_aside(m, until, wanted[v]);
	}
	vrrp_fsm_stand_aside(&p->fsm, until, sim.now);
	leave(p->router);
	sim.cancelling = false;
}

static void partition(const struct sim_action *a)
{
	for (unsigned r = 0; r < sim.schedule->routers; r++)
		for (unsigned q = 0; q < sim.schedule->routers; q++)
			sim.cut[a->segment][r][q] = (a->value >> r & 1) != (a->value >> q & 1);
}

static void heal(void)
{
	const struct sim_schedule *s = sim.schedule;

	sim.loss = sim.duplicates = 0;
	sim.delay = s->delay;
	memset(sim.cut, 0, sizeof(sim.cut));
	for (unsigned n = 0; n < s->routers; n++) {
		struct sim_router *r = &sim.router[n];

		if (r->held_until > sim.now)
			r->held_until = r->released = sim.now;
		for (unsigned k = 0; k < s->segments; k++)
			r->plugged[k] = true;
		for (unsigned v = 0; v < s->vrs; v++) {
			struct sim_port *p = &r->port[v];

			p->no_address = false;
			stand_aside(p, 0);
			if (p->config.interval != s->interval) {
				p->config.interval = s->interval;
				configure(p);
			}
			set_grouped(p, s->grouped);
		}
		set_faults(r);
		if (!r->alive)
			start_router(r);
	}
}

static void act_on_router(const struct sim_action *a, struct sim_router *r)
{
	for (unsigned v = 0; v < sim.schedule->vrs; v++) {
		struct sim_port *p = &r->port[v];

		if (a->kind == SIM_PRIORITY)
			p->config.priority = (uint8_t)a->value;
		else if (a->kind == SIM_INTERVAL)
			p->config.interval = a->value;
		else
			p->config.preempt = a->value & 1;
		if (a->kind == SIM_PREEMPT)
			p->config.preempt_delay = a->value / 2;
		configure(p);
	}
}

/* Nothing can be expected before now, nor before those that are stalled go on. */
static void disturb(void)
{
	if (sim.disturbed < sim.now)
		sim.disturbed = sim.now;
	for (unsigned n = 0; n < sim.schedule->routers; n++)
		if (sim.router[n].held_until > sim.disturbed)
			sim.disturbed = sim.router[n].held_until;
	sim.patience = oracle_patience(sim.schedule, sim.stalled);
	sim.judged = false;
}

/* A stalled process takes nothing from the administrator. */
static bool is_deaf(const struct sim_action *a)
{
	if (sim.router[a->router].held_until <= sim.now)
		return false;
	return a->kind == SIM_STOP || a->kind == SIM_PRIORITY || a->kind == SIM_INTERVAL ||
	       a->kind == SIM_PREEMPT || a->kind == SIM_ADDRESSES || a->kind == SIM_GROUP ||
	       a->kind == SIM_FAILOVER;
}

static void act(const struct sim_action *a)
{
	struct sim_router *r = &sim.router[a->router];

	if (is_deaf(a))
		return;
	if (a->kind == SIM_WAIT || a->kind == SIM_CLOCK_STEP) {
		sim.wall_step += (int64_t)a->value;
		return;
	}
	sim_trace(NULL, "action, router", a->kind, a->router);
	disturb();
	switch (a->kind) {
	case SIM_CRASH:
		r->alive = false;
		break;
	case SIM_POWER_OFF:
		power_off(r);
		break;
	case SIM_START:
		if (!r->alive)
			start_router(r);
		break;
	case SIM_STOP:
		if (r->alive)
			stop_router(r);
		break;
	case SIM_CUT:
		sim.cut[a->segment][a->router][a->other] = true;
		break;
	case SIM_PARTITION:
		partition(a);
		break;
	case SIM_UNPLUG:
		r->plugged[a->segment] = !r->plugged[a->segment];
		set_faults(r);
		break;
	case SIM_ADDRESS:
		r->port[a->other].no_address = !r->port[a->other].no_address;
		set_faults(r);
		break;
	case SIM_LOSS:
		sim.loss = (unsigned)a->value;
		break;
	case SIM_DUPLICATES:
		sim.duplicates = (unsigned)a->value;
		break;
	case SIM_DELAY:
		sim.delay = a->value;
		break;
	case SIM_STALL:
		r->held_until = r->released = sim.now + a->value;
		r->waiting = 0;
		sim.stalled = true;
		break;
	case SIM_PRIORITY:
	case SIM_INTERVAL:
	case SIM_PREEMPT:
		act_on_router(a, r);
		break;
	case SIM_ADDRESSES:
		set_addresses(&r->port[a->other], (unsigned)a->value);
		break;
	case SIM_GROUP:
		set_grouped(&r->port[a->other], !r->port[a->other].in_group);
		break;
	case SIM_FAILOVER:
		stand_aside(&r->port[a->other], a->value ? sim.now + a->value : 0);
		break;
	case SIM_HEAL:
		heal();
		break;
	case SIM_WAIT:
	case SIM_CLOCK_STEP:
	case SIM_KINDS:
		break;
	}
	disturb();
}

/* --------------------------------------------------------------------- runs */

static void build_port(struct sim_port *p, uint64_t *luck)
{
	const struct sim_schedule *s = sim.schedule;

	p->segment = p->vr % s->segments;
	p->in_group = s->grouped;
	p->timer = USEC_NEVER;
	p->config = (struct vrrp_config){.family = s->ipv6 ? ADDR_IPV6 : ADDR_IPV4,
	    .version = s->version,
	    .vrid = (uint8_t)(1 + p->vr),
	    .interval = s->interval,
	    .preempt_delay = s->preempt_delay,
	    .auth_type =
		s->version == 2 && sim_hash(s->seed, 1) & 1 ? VRRP_AUTH_PASS : VRRP_AUTH_NONE,
	    .auth_data = "password",
	    .checksum = sim_draw(luck, 2) ? VRRP_CHECKSUM_MESSAGE : VRRP_CHECKSUM_PSEUDO_HEADER,
	    .garp_repeat = 1 + (uint32_t)sim_draw(luck, 5),
	    .garp_delay = sim_draw(luck, 2) * 5 * USEC_PER_SEC,
	    .garp_lower_repeat = (uint32_t)sim_draw(luck, 3),
	    .garp_lower_delay = sim_draw(luck, 2) * 5 * USEC_PER_SEC,
	    .lower_no_advert = sim_hash(s->seed, 2000u + p->router->number) % 3 == 0,
	    .higher_send_advert = sim_hash(s->seed, 3000u + p->router->number) % 3 == 0,
	    .garp_refresh = sim_draw(luck, 2) * 7 * USEC_PER_SEC,
	    .garp_refresh_repeat = 1,
	    .garp_extra = sim_hash(s->seed, 4000u + p->router->number) % 3 * 3 * USEC_PER_SEC};
	snprintf(p->config.name, sizeof(p->config.name), "%u-%u", p->router->number, p->vr);
	p->fsm.config = p->config;
	set_addresses(p, 1 + (unsigned)sim_draw(luck, SIM_VIPS));
}

/* All instances of a router have one priority, as in a group they should. */
static void build_router(struct sim_router *r)
{
	const struct sim_schedule *s = sim.schedule;
	uint64_t luck = sim_hash(s->seed, 1000u + r->number);
	uint8_t priority = (uint8_t)(1 + sim_draw(&luck, 254));
	bool preempt = s->preempt || sim_draw(&luck, 2);

	for (unsigned k = 0; k < s->segments; k++)
		r->plugged[k] = true;
	for (unsigned v = 0; v < s->vrs; v++) {
		r->port[v].router = r;
		r->port[v].vr = (uint8_t)v;
		build_port(&r->port[v], &luck);
		r->port[v].config.priority = priority;
		r->port[v].config.preempt = preempt;
	}
}

static void build(const struct sim_schedule *s)
{
	memset(&sim, 0, sizeof(sim));
	queued = traced = 0;
	sim.schedule = s;
	sim.now = START;
	sim.delay = s->delay;
	for (unsigned v = 0; v < s->vrs; v++)
		sim.many_since[v] = sim.none_since[v] = USEC_NEVER;
	for (unsigned r = 0; r < s->routers; r++) {
		sim.router[r].number = (uint8_t)r;
		build_router(&sim.router[r]);
	}
	disturb();
	for (unsigned r = 0; r < s->routers; r++)
		start_router(&sim.router[r]);
}

const char *sim_run(const struct sim_schedule *s)
{
	if (setjmp(failed))
		return sim.failure;
	build(s);
	for (unsigned k = 0; k < s->actions; k++) {
		act(&s->action[k]);
		run_until(sim.now + s->action[k].wait);
	}
	return NULL;
}
