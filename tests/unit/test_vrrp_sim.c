/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole networks of VRRP routers in virtual time: the real state machines and
 * the real codec, a network that loses, delays and partitions, and routers
 * that crash, stall, stop, lose their link and change their priority.
 *
 * A run is a number of rounds.  In each one some trouble is made at random;
 * then all is healed, and the network must settle and stay settled:
 *
 *   - exactly one master on each segment, with the best priority if all preempt;
 *   - the same router on both segments if its instances are a group;
 *   - no transition any more (no flap), and advertisements on the beat;
 *   - at all times: an instance has its addresses exactly while it is master.
 *
 * Runs are made from a seed, which a failure names: VRRP_SIM_SEED=n runs that
 * one alone, VRRP_SIM_RUNS=n more of them.
 */
#include <stdio.h>
#include <string.h>
#include "core/vrrp/fsm.h"
#include "tests/unit/unit.h"

#define ROUTERS 4
#define SEGMENTS 2
#define QUEUE 4096

/* Like require(), which writes to a pipe each time and is too slow for millions of them. */
#define require(condition, ...)                                                                    \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg(__VA_ARGS__);                                                 \
	} while (0)

struct router;

struct port {
	struct vrrp_fsm fsm;
	struct router *router;
	unsigned segment;
	usec_t timer;
	usec_t last_advert;
	bool has_addresses;
	bool plugged; /* its link */
	struct addr vip;
};

struct router {
	struct port port[SEGMENTS];
	struct vrrp_group group;
	bool alive;
	usec_t held_until; /* stalled: takes nothing and does nothing until then */
};

struct delivery {
	usec_t at;
	struct port *to;
	struct addr from;
	size_t len;
	uint8_t bytes[64];
};

static struct {
	uint64_t random;
	unsigned seed;
	usec_t now;
	usec_t interval;
	usec_t delay; /* the most a packet takes */
	unsigned routers, segments;
	unsigned loss; /* percent */
	uint8_t version;
	bool all_preempt;
	bool grouped;
	bool cut[SEGMENTS][ROUTERS][ROUTERS];
	struct router router[ROUTERS];
	struct delivery queue[QUEUE];
	unsigned queued;
	unsigned long steps, transitions, adverts;
} net;

/* SplitMix64: the same everywhere. */
static uint64_t draw(uint64_t below)
{
	uint64_t z = (net.random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

/* ------------------------------------------------------------------ network */

static unsigned number_of(const struct router *r)
{
	return (unsigned)(r - net.router);
}

static struct addr address_of(const struct port *p)
{
	uint8_t bytes[4] = {10, (uint8_t)p->segment, 0, (uint8_t)(10 + number_of(p->router))};

	return addr_from_bytes(bytes, 4);
}

static void deliver_later(struct port *from, struct port *to, const void *bytes, size_t len)
{
	struct delivery *d;

	require(net.queued < QUEUE, "seed %u: a flood of packets", net.seed);
	d = &net.queue[net.queued++];
	d->at = net.now + 1 + draw(net.delay);
	d->to = to;
	d->from = from->fsm.primary;
	d->len = len;
	memcpy(d->bytes, bytes, len);
}

static bool connected(const struct port *a, const struct port *b)
{
	return a->plugged && b->plugged &&
	       !net.cut[a->segment][number_of(a->router)][number_of(b->router)];
}

static void out_advert(struct vrrp_fsm *i, uint8_t priority)
{
	struct port *p = i->user;
	struct addr group = vrrp_packet_group(ADDR_IPV4);
	uint8_t bytes[64];
	size_t len =
	    vrrp_packet_build(bytes, sizeof(bytes), &i->config, priority, &i->primary, &group);

	require(len > 0, "seed %u: no packet", net.seed);
	p->last_advert = net.now;
	net.adverts++;
	for (unsigned r = 0; r < net.routers; r++) {
		struct port *to = &net.router[r].port[p->segment];

		if (to != p && connected(p, to) && draw(100) >= net.loss)
			deliver_later(p, to, bytes, len);
	}
}

static void out_add(struct vrrp_fsm *i)
{
	((struct port *)i->user)->has_addresses = true;
}

static void out_remove(struct vrrp_fsm *i)
{
	((struct port *)i->user)->has_addresses = false;
}

/* Announcing addresses that one does not have would draw traffic to nowhere. */
static void out_announce(struct vrrp_fsm *i)
{
	require(
	    ((struct port *)i->user)->has_addresses, "seed %u: announces what it lacks", net.seed);
}

static void out_timer(struct vrrp_fsm *i, usec_t at)
{
	((struct port *)i->user)->timer = at;
}

static void out_changed(struct vrrp_fsm *i, enum vrrp_state old)
{
	require(i->state != old && i->since == net.now, "seed %u: no change", net.seed);
	net.transitions++;
}

static void out_updated(struct vrrp_fsm *i)
{
	require(i->reason[0], "seed %u: no reason", net.seed);
}

static const struct vrrp_outputs outputs = {
    out_advert, out_add, out_remove, out_announce, out_timer, out_changed, out_updated};

/* ---------------------------------------------------------------- scheduler */

static void check_always(const struct port *p)
{
	if (p->router->alive)
		require(p->has_addresses == (p->fsm.state == VRRP_MASTER),
		    "seed %u: state %d, addresses %d", net.seed, p->fsm.state, p->has_addresses);
}

static usec_t not_before(usec_t at, const struct router *r)
{
	return at < r->held_until ? r->held_until : at;
}

static void receive(const struct delivery *d)
{
	struct addr group = vrrp_packet_group(ADDR_IPV4);
	struct vrrp_packet packet;
	unsigned notes;

	if (!d->to->router->alive || !d->to->plugged)
		return;
	require(vrrp_packet_parse(&packet, d->bytes, d->len, &d->from, &group, 255) == VRRP_PASS,
	    "seed %u: bad packet", net.seed);
	if (vrrp_packet_check(&packet, &d->to->fsm.config, &d->to->fsm.primary, &notes) ==
	    VRRP_PASS)
		vrrp_fsm_receive(&d->to->fsm, &packet, net.now);
}

/* The next packet; NULL if there is none before `until`. */
static struct delivery *next_delivery(usec_t *until)
{
	struct delivery *next = NULL;

	for (unsigned k = 0; k < net.queued; k++) {
		usec_t at = not_before(net.queue[k].at, net.queue[k].to->router);

		/* Packets that are there go before timers, as in the real process. */
		if (at < *until || (at == *until && (!next || net.queue[k].at < next->at))) {
			*until = at;
			next = &net.queue[k];
		}
	}
	return next;
}

static struct port *next_timer(usec_t *until)
{
	struct port *next = NULL;

	for (unsigned r = 0; r < net.routers; r++)
		for (unsigned s = 0; s < net.segments; s++) {
			struct port *p = &net.router[r].port[s];
			usec_t at = not_before(p->timer, p->router);

			if (p->timer != USEC_NEVER && p->router->alive && at < *until) {
				*until = at;
				next = p;
			}
		}
	return next;
}

static void run_until(usec_t end)
{
	for (;;) {
		usec_t until = end;
		struct port *timer = next_timer(&until);
		struct delivery *d = next_delivery(&until), copy;

		if (!d && !timer)
			break;
		net.steps++;
		net.now = until > net.now ? until : net.now;
		if (d) {
			copy = *d;
			*d = net.queue[--net.queued];
			receive(&copy);
			check_always(copy.to);
		} else {
			timer->timer = USEC_NEVER;
			vrrp_fsm_timer(&timer->fsm, net.now);
			check_always(timer);
		}
	}
	net.now = end;
}

/* ------------------------------------------------------------------ trouble */

static void start_router(struct router *r, bool resume)
{
	vrrp_group_init(&r->group, "group");
	for (unsigned s = 0; s < net.segments; s++) {
		struct port *p = &r->port[s];
		struct vrrp_config c = p->fsm.config;

		p->timer = USEC_NEVER;
		vrrp_fsm_init(&p->fsm, &c, &outputs, p);
		p->fsm.primary = address_of(p);
		p->fsm.faults = p->plugged ? 0 : VRRP_FAULT_NO_CARRIER;
		if (net.grouped)
			vrrp_fsm_join(&p->fsm, &r->group, net.now);
	}
	r->alive = true;
	r->held_until = 0;
	for (unsigned s = 0; s < net.segments; s++)
		vrrp_fsm_start(&r->port[s].fsm, net.now, resume);
}

static bool all_masters(const struct router *r)
{
	for (unsigned s = 0; s < net.segments; s++)
		if (r->port[s].fsm.state != VRRP_MASTER ||
		    net.now - r->port[s].last_advert >= 3 * net.interval)
			return false;
	return true;
}

/* The process dies; the kernel keeps what it had. */
static void crash(struct router *r)
{
	r->alive = false;
}

static void stop_router(struct router *r)
{
	for (unsigned s = 0; s < net.segments; s++)
		vrrp_fsm_stop(&r->port[s].fsm, net.now, "stopped");
	r->alive = false;
}

static void plug(struct port *p, bool plugged)
{
	p->plugged = plugged;
	if (p->router->alive)
		vrrp_fsm_faults(&p->fsm, plugged ? 0 : VRRP_FAULT_NO_CARRIER, net.now);
}

static void set_priority(struct router *r, uint8_t priority)
{
	for (unsigned s = 0; s < net.segments; s++) {
		struct vrrp_config c = r->port[s].fsm.config;

		c.priority = priority;
		if (r->alive)
			vrrp_fsm_configure(&r->port[s].fsm, &c, net.now);
		else
			r->port[s].fsm.config = c;
	}
}

static void make_trouble(void)
{
	struct router *r = &net.router[draw(net.routers)], *q = &net.router[draw(net.routers)];
	unsigned s = (unsigned)draw(net.segments);

	switch (draw(9)) {
	case 0:
		crash(r);
		break;
	case 1:
		if (r->alive)
			stop_router(r);
		break;
	case 2:
		if (!r->alive)
			start_router(r, all_masters(r));
		break;
	case 3:
		net.cut[s][number_of(r)][number_of(q)] = true; /* one way */
		break;
	case 4:
		net.cut[s][number_of(r)][number_of(q)] = net.cut[s][number_of(q)][number_of(r)] =
		    true;
		break;
	case 5:
		plug(&r->port[s], !r->port[s].plugged);
		break;
	case 6:
		net.loss = (unsigned)draw(80);
		break;
	case 7:
		r->held_until = net.now + draw(8 * net.interval);
		break;
	case 8:
		set_priority(r, (uint8_t)(1 + draw(254)));
		break;
	}
}

static void heal(void)
{
	net.loss = 0;
	memset(net.cut, 0, sizeof(net.cut));
	for (unsigned r = 0; r < net.routers; r++) {
		net.router[r].held_until = 0;
		for (unsigned s = 0; s < net.segments; s++)
			plug(&net.router[r].port[s], true);
		if (!net.router[r].alive)
			start_router(&net.router[r], false);
	}
}

/* --------------------------------------------------------------- invariants */

static unsigned best_priority(unsigned segment)
{
	unsigned best = 0;

	for (unsigned r = 0; r < net.routers; r++)
		if (net.router[r].port[segment].fsm.config.priority > best)
			best = net.router[r].port[segment].fsm.config.priority;
	return best;
}

static struct port *the_master(unsigned segment)
{
	struct port *master = NULL;

	for (unsigned r = 0; r < net.routers; r++) {
		struct port *p = &net.router[r].port[segment];

		if (p->fsm.state != VRRP_MASTER) {
			require(p->fsm.state == VRRP_BACKUP,
			    "seed %u: router %u is in state %d: %s", net.seed, r, p->fsm.state,
			    p->fsm.reason);
			continue;
		}
		require(!master, "seed %u: two masters on segment %u: %s / %s", net.seed, segment,
		    master ? master->fsm.reason : "", p->fsm.reason);
		master = p;
	}
	require(master != NULL, "seed %u: no master on segment %u", net.seed, segment);
	return master;
}

static void check_settled(void)
{
	unsigned long transitions = net.transitions;
	struct port *master[SEGMENTS];

	for (unsigned s = 0; s < net.segments; s++) {
		master[s] = the_master(s);
		if (net.all_preempt)
			require(master[s]->fsm.config.priority == best_priority(s),
			    "seed %u: master of priority %u, best is %u", net.seed,
			    master[s]->fsm.config.priority, best_priority(s));
		if (net.grouped)
			require(master[s]->router == master[0]->router,
			    "seed %u: the group is split", net.seed);
	}
	for (unsigned beat = 0; beat < 10; beat++) {
		run_until(net.now + net.interval);
		for (unsigned s = 0; s < net.segments; s++)
			require(net.now - master[s]->last_advert <= net.interval,
			    "seed %u: the master is silent", net.seed);
	}
	require(net.transitions == transitions, "seed %u: flaps in a quiet network", net.seed);
}

/* The master dies: the best of the others is there when its own timer is over, never later. */
static void check_takeover(void)
{
	struct router *dead = the_master(0)->router;
	struct port *p, *heir = NULL;
	usec_t limit;

	for (unsigned r = 0; r < net.routers; r++) {
		p = &net.router[r].port[0];
		if (p->router != dead &&
		    (!heir || p->fsm.config.priority > heir->fsm.config.priority))
			heir = p;
	}
	crash(dead);
	limit = net.now + net.delay + vrrp_fsm_current_down(&heir->fsm);
	/* with a group, the slower of its members decides */
	run_until(limit + (net.grouped ? net.delay : 0) + 1);
	p = NULL;
	for (unsigned r = 0; r < net.routers; r++)
		if (net.router[r].alive && net.router[r].port[0].fsm.state == VRRP_MASTER)
			p = &net.router[r].port[0];
	require(p != NULL, "seed %u: nobody took over in %lu us", net.seed,
	    (unsigned long)(limit - net.now));
	require(p->fsm.config.priority == heir->fsm.config.priority,
	    "seed %u: %u took over, not %u", net.seed, p->fsm.config.priority,
	    heir->fsm.config.priority);
	start_router(dead, false);
}

/* --------------------------------------------------------------------- runs */

static void build(unsigned seed, bool grouped)
{
	static const usec_t v3_intervals[] = {10000, 100000, 500000, 1000000, 3000000};

	memset(&net, 0, sizeof(net));
	net.random = net.seed = seed;
	net.now = 1000 * USEC_PER_SEC;
	net.grouped = grouped;
	net.routers = 2 + (unsigned)draw(ROUTERS - 1);
	net.segments = grouped ? SEGMENTS : 1;
	net.version = (uint8_t)(2 + draw(2));
	net.interval = net.version == 2 ? (1 + draw(3)) * USEC_PER_SEC
					: v3_intervals[draw(sizeof(v3_intervals) / sizeof(usec_t))];
	net.delay = 1 + draw(net.interval / 512); /* less than the least difference of skews */
	net.all_preempt = draw(3) > 0;
	for (unsigned r = 0; r < net.routers; r++) {
		uint8_t priority = (uint8_t)(1 + 60 * r + draw(59));

		for (unsigned s = 0; s < net.segments; s++) {
			struct port *p = &net.router[r].port[s];

			p->router = &net.router[r];
			p->segment = s;
			p->plugged = true;
			p->vip = addr_from_bytes((uint8_t[]){10, (uint8_t)s, 0, 1}, 4);
			p->fsm.config = (struct vrrp_config){.family = ADDR_IPV4,
			    .version = net.version,
			    .vrid = 1,
			    .priority = priority,
			    .interval = net.interval,
			    .preempt = net.all_preempt || draw(2),
			    .auth_type = VRRP_AUTH_NONE,
			    .checksum = VRRP_CHECKSUM_PSEUDO_HEADER,
			    .garp_repeat = 5,
			    .garp_delay = 5 * USEC_PER_SEC,
			    .garp_lower_repeat = 5,
			    .garp_lower_delay = 5 * USEC_PER_SEC,
			    .garp_refresh_repeat = 1,
			    .addresses = &p->vip,
			    .naddresses = 1};
		}
	}
	for (unsigned r = 0; r < net.routers; r++)
		start_router(&net.router[r], false);
}

/* Long enough for the last election, and the one that a stale master may cause, and the group's. */
static void settle(void)
{
	run_until(net.now + 20 * net.interval + 5 * USEC_PER_SEC);
}

static void run(unsigned seed, bool grouped)
{
	build(seed, grouped);
	settle();
	check_settled();
	for (unsigned round = 0; round < 8; round++) {
		for (unsigned k = 0; k < 12; k++) {
			make_trouble();
			run_until(net.now + draw(5 * net.interval));
		}
		heal();
		settle();
		check_settled();
		if (!net.grouped) {
			check_takeover();
			settle();
			check_settled();
		}
	}
}

static void runs(bool grouped)
{
	const char *one = getenv("VRRP_SIM_SEED"), *many = getenv("VRRP_SIM_RUNS");
	unsigned n = many ? (unsigned)atoi(many) : 300;
	unsigned long steps = 0;

	if (one) {
		run((unsigned)atoi(one), grouped);
		return;
	}
	for (unsigned seed = 1; seed <= n; seed++) {
		run(seed, grouped);
		steps += net.steps;
	}
	ck_assert_uint_gt(steps, n * 100ul);
}

START_TEST(test_networks)
{
	runs(false);
}
END_TEST

START_TEST(test_groups)
{
	runs(true);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_sim");
	TCase *tc = tcase_create("sim");

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, test_networks);
	tcase_add_test(tc, test_groups);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
