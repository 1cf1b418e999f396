/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold; see sim.h. */
#include "tests/sim/sim.h"

/* ------------------------------------------------------- timers of the RFCs */

static usec_t skew(const struct vrrp_config *c, usec_t active)
{
	return (256u - c->priority) * (c->version == 2 ? USEC_PER_SEC : active) / 256;
}

/* The interval that counts for a backup: in version 3 the master's. */
static usec_t active(const struct sim_port *p)
{
	return p->fsm.config.version == 3 && p->oracle.learned ? p->oracle.learned
							       : p->fsm.config.interval;
}

static usec_t down(const struct sim_port *p)
{
	return 3 * active(p) + skew(&p->fsm.config, active(p));
}

static void restart(struct sim_port *p, usec_t from)
{
	struct sim_oracle *o = &p->oracle;

	o->heard = from;
	o->deadline = from + (o->resigned ? skew(&p->fsm.config, active(p)) : down(p));
	o->listening = false;
}

static bool is_owner(const struct sim_port *p)
{
	return p->fsm.config.priority == VRRP_PRIORITY_OWNER;
}

/* A packet or a timer that waited while the router was stalled is late, and no fault of anybody. */
static bool is_late(const struct sim_port *p)
{
	return p->router->released == sim.now;
}

/* ------------------------------------------------------------------ packets */

static void backup_hears(struct sim_port *p, const struct vrrp_packet *packet)
{
	const struct vrrp_config *c = &p->fsm.config;
	struct sim_oracle *o = &p->oracle;

	if (packet->priority == VRRP_PRIORITY_STOP) {
		o->resigned = true;
		o->preempt = USEC_NEVER;
		restart(p, sim.now);
		return;
	}
	/* an owner preempts always, and at once (RFC 9568 section 6.1) */
	if (packet->priority < c->priority && (c->preempt || is_owner(p)) && sim.now >= o->aside) {
		bool over = o->preempt <= sim.now;

		if (!c->preempt_delay || is_owner(p) || over) {
			o->ignored = true;
			return;
		}
		if (o->preempt == USEC_NEVER)
			o->preempt =
			    (o->deadline <= sim.now ? sim.now : o->deadline) + c->preempt_delay;
	} else if (packet->priority >= c->priority) {
		o->preempt = USEC_NEVER;
	}
	o->learned = packet->interval;
	o->resigned = o->ignored = false;
	restart(p, sim.now);
}

/* A master that was silent for longer than its peers wait: it does not know whether it still is one. */
static void master_wakes(struct sim_port *p)
{
	const struct vrrp_config *c = &p->fsm.config;
	struct sim_oracle *o = &p->oracle;

	usec_t from = o->handing ? o->offer_due : p->spoke;

	if (o->listening || sim.now < from ||
	    sim.now - from <= 3 * c->interval + skew(c, c->interval))
		return;
	sim_trace(p, "listens, silent for (us)", sim.now - from, 0);
	o->listening = true;
	o->listen_until = sim.now + c->interval + skew(c, c->interval);
}

static void master_hears(struct sim_port *p, const struct vrrp_packet *packet)
{
	const struct vrrp_config *c = &p->fsm.config;
	struct sim_oracle *o = &p->oracle;

	master_wakes(p);
	o->may_speak = true;
	if (o->handing && packet->priority != VRRP_PRIORITY_STOP) { /* whoever it is */
		o->better = true;
		o->better_interval = packet->interval;
		return;
	}
	o->must_speak =
	    packet->priority == VRRP_PRIORITY_STOP || o->listening || !c->lower_no_advert;
	if (packet->priority == VRRP_PRIORITY_STOP)
		return;
	o->better =
	    packet->priority > c->priority ||
	    (packet->priority == c->priority && addr_cmp(&packet->source, &p->fsm.primary) > 0) ||
	    (o->listening && !c->preempt);
	if (o->better) {
		o->better_interval = packet->interval;
		return;
	}
	o->lower++;
	if (!c->garp_lower_repeat || o->owed != USEC_NEVER || sim.now < o->lower_due)
		return;
	/* after a stall it announces at once what was late, and not for each packet that waited */
	if (o->listening || is_late(p)) {
		o->owed = o->announced_at == sim.now ? USEC_NEVER : sim.now;
		if (!o->listening)
			o->lower_due = sim.now + c->garp_lower_delay;
	} else
		o->owed = o->lower_due = sim.now + c->garp_lower_delay;
	o->owed_from = sim.now;
}

void oracle_step(struct sim_port *p)
{
	struct sim_oracle *o = &p->oracle;

	o->better = o->may_speak = o->must_speak = o->announced = false;
	o->better_interval = 0;
}

void oracle_receive(struct sim_port *p, const struct vrrp_packet *packet)
{
	p->oracle.received++;
	p->oracle.zero_received += packet->priority == VRRP_PRIORITY_STOP;
	if (p->fsm.state == VRRP_BACKUP)
		backup_hears(p, packet);
	else if (p->fsm.state == VRRP_MASTER)
		master_hears(p, packet);
}

void oracle_timer(struct sim_port *p)
{
	struct sim_oracle *o = &p->oracle;

	if (p->fsm.state == VRRP_MASTER) {
		master_wakes(p);
		return;
	}
	if (p->fsm.state != VRRP_BACKUP || is_owner(p) || o->listening || o->preempt <= sim.now)
		return;
	if (sim.now < o->deadline || sim.now - o->deadline <= active(p) || p->fsm.wants)
		return;
	sim_trace(p, "listens, late by (us)", sim.now - o->deadline, 0);
	o->listening = true;
	o->deadline = sim.now + active(p) + skew(&p->fsm.config, active(p));
}

/* ------------------------------------------------------------------ outputs */

static bool has_cause(const struct sim_port *p, bool (*cause)(const struct sim_port *m));
static bool is_uniform(void);

/* Priority 0 of one that stays master, until it hears another one. */
static void offers(struct sim_port *p)
{
	struct sim_oracle *o = &p->oracle;

	if (!o->handing || !o->offers)
		sim_fail(p, "says that it resigns, and is master still");
	if (o->offer_due > sim.now)
		sim_fail(p, "does not wait for another master");
	o->offers--;
	o->offer_due = sim.now + 2 * p->fsm.config.interval;
	p->spoke = sim.now;
	o->listening = false;
}

static bool may_keep(const struct sim_port *p)
{
	const struct sim_oracle *o = &p->oracle;

	return (o->handing || o->kept == sim.now) &&
	       (o->must_speak || (!o->offers && o->offer_due <= sim.now));
}

/* Is there somebody who should have taken over? */
static bool has_heir(const struct sim_port *p)
{
	if (!sim.judged || !is_uniform() || !sim.one_network[p->vr] ||
	    p->oracle.offered_first < sim.disturbed)
		return false;
	for (unsigned r = 0; r < sim.schedule->routers; r++) {
		const struct sim_port *q = &sim.router[r].port[p->vr];

		/* one that counts on a longer interval, as one that would preempt does, waits for longer */
		if (r != p->router->number && sim_fit(q) && active(q) <= p->fsm.config.interval)
			return true;
	}
	return false;
}

/* It was to hand over, and goes on: only if nobody else takes over. */
static void keeps(struct sim_port *p)
{
	struct sim_oracle *o = &p->oracle;

	if (!sim.cancelling && !has_cause(p, may_keep))
		sim_fail(p, "does not hand over");
	if (!sim.cancelling && !o->must_speak && !is_late(p) && has_heir(p))
		sim_fail(p, "finds nobody to hand over to");
	o->handing = false;
	o->kept = sim.now;
	o->aside = 0;
}

void oracle_aside(struct sim_port *p, usec_t until, bool wanted)
{
	struct sim_oracle *o = &p->oracle;
	bool news = o->aside != until;

	if (until <= sim.now) {
		if (!o->handing || o->listening) {
			o->aside = 0;
			o->handing = false;
		}
		return;
	}
	if (until > sim.aside_end)
		sim.aside_end = until;
	o->aside = until;
	if (!news || o->handing)
		return;
	if (p->fsm.state == VRRP_MASTER) {
		o->handing = true;
		o->offers = VRRP_HANDOVER_TRIES;
		o->offer_due = o->offered_first = sim.now;
	} else if (p->fsm.state == VRRP_BACKUP) {
		/* it was about to preempt a master, who is to be heard once more */
		if (wanted || o->ignored || o->preempt != USEC_NEVER)
			restart(p, sim.now);
		o->preempt = USEC_NEVER;
		o->ignored = false;
	}
}

void oracle_started(struct sim_port *p)
{
	p->oracle = (struct sim_oracle){.deadline = USEC_NEVER,
	    .preempt = USEC_NEVER,
	    .owed = USEC_NEVER,
	    .sent = p->oracle.sent};
	p->record = 0;
}

void oracle_sent(struct sim_port *p, uint8_t priority)
{
	p->oracle.sent++;
	p->record = priority ? sim.now : 0;
	if (!priority) {
		if (p->fsm.state == VRRP_MASTER)
			offers(p);
		return;
	}
	if (p->oracle.handing)
		keeps(p);
	if (priority != p->fsm.config.priority)
		sim_fail(p, "advertises priority %u", priority);
	if (p->fsm.state != VRRP_MASTER)
		sim_fail(p, "advertises, but is not master");
	if (p->oracle.listening && !p->oracle.may_speak && sim.now < p->oracle.listen_until)
		sim_fail(p, "speaks before it has listened");
	p->spoke = sim.now;
	p->oracle.listening = false;
}

/* Announcing addresses that one does not have draws traffic to nowhere. */
void oracle_announced_extra(struct sim_port *p)
{
	if (!p->has_addresses || p->fsm.state != VRRP_MASTER)
		sim_fail(p, "announces what it has not");
	if (p->oracle.listening)
		sim_fail(p, "announces while it listens");
}

void oracle_announced(struct sim_port *p)
{
	oracle_announced_extra(p);
	p->oracle.announced = true;
	p->oracle.announced_at = sim.now;
	if (p->oracle.owed <= sim.now || p->oracle.owed_from < sim.now)
		p->oracle.owed = USEC_NEVER;
}

void oracle_second_master(const struct sim_port *p, const struct vrrp_packet *packet, bool yields)
{
	if (p->fsm.state != VRRP_MASTER || !packet->priority)
		sim_fail(p, "no second master");
	if (yields != p->oracle.better)
		sim_fail(p, "%s priority %u", yields ? "yields to" : "defies", packet->priority);
}

/* ------------------------------------------------------------------- causes */

static bool has_cause(const struct sim_port *p, bool (*cause)(const struct sim_port *m))
{
	for (unsigned v = 0; p->in_group && v < sim.schedule->vrs; v++)
		if (p->router->port[v].in_group && cause(&p->router->port[v]))
			return true;
	return cause(p);
}

static bool is_faulty(const struct sim_port *p)
{
	return p->fsm.faults != 0;
}

static bool heard_better(const struct sim_port *p)
{
	return p->oracle.better;
}

static bool is_master(const struct sim_port *p)
{
	return p->fsm.state == VRRP_MASTER;
}

/* It may not be master yet. */
static bool must_wait(const struct sim_port *p)
{
	return p->fsm.state != VRRP_MASTER && !is_owner(p) && sim.now < p->oracle.deadline &&
	       sim.now < p->oracle.preempt;
}

static bool other_is_master(const struct sim_port *p)
{
	for (unsigned v = 0; p->in_group && v < sim.schedule->vrs; v++) {
		const struct sim_port *m = &p->router->port[v];

		if (m != p && m->in_group && is_master(m))
			return true;
	}
	return false;
}

static void check_takeover(const struct sim_port *p, enum vrrp_state old)
{
	if (old != VRRP_BACKUP && (p->router->starting || other_is_master(p)))
		return; /* resumes, or falls in with its group */
	if (old == VRRP_BACKUP && other_is_master(p))
		return; /* judged with the first of them, or it joins a group of masters */
	if (sim.now < p->oracle.deadline && sim.now < p->oracle.preempt && !is_owner(p))
		sim_fail(p, "takes over too early");
	if (has_cause(p, must_wait))
		sim_fail(p, "takes over before its group would");
}

static void enter_backup(struct sim_port *p, enum vrrp_state old)
{
	p->oracle.resigned = false;
	p->oracle.preempt = USEC_NEVER;
	restart(p, sim.now);
	if (is_owner(p) && old != VRRP_MASTER)
		p->oracle.deadline = sim.now;
	if (p->oracle.better && old == VRRP_MASTER) { /* its advertisement counts */
		p->oracle.learned = p->oracle.better_interval;
		restart(p, sim.now);
	}
}

void oracle_changed(struct sim_port *p, enum vrrp_state old)
{
	struct sim_oracle *o = &p->oracle;

	if (p->fsm.state == old || p->fsm.since != sim.now || !p->fsm.reason[0])
		sim_fail(p, "no change");
	o->transitions++;
	o->owed = USEC_NEVER;
	o->lower_due = 0;
	o->handing = o->ignored = false;
	switch (p->fsm.state) {
	case VRRP_MASTER:
		check_takeover(p, old);
		o->aside = 0;
		o->became_master++;
		o->learned = 0;
		o->listening = false;
		if (!o->announced)
			sim_fail(p, "has taken over and does not announce it");
		break;
	case VRRP_BACKUP:
		if (old == VRRP_MASTER && !has_cause(p, heard_better) && !sim.joining)
			sim_fail(p, "gives up without a cause");
		enter_backup(p, old);
		break;
	case VRRP_FAULT:
		if (!has_cause(p, is_faulty))
			sim_fail(p, "at fault without a cause");
		o->learned = 0;
		break;
	case VRRP_INITIALIZE:
		if (!p->router->stopping)
			sim_fail(p, "stops without a cause");
		o->learned = 0;
		break;
	}
	if (p->fsm.state != VRRP_MASTER)
		p->record = 0;
}

void oracle_configured(struct sim_port *p, const struct vrrp_config *old, bool wanted)
{
	const struct vrrp_config *c = &p->fsm.config;
	struct sim_oracle *o = &p->oracle;
	bool right = c->priority != old->priority || c->preempt != old->preempt ||
		     c->preempt_delay != old->preempt_delay;

	if (p->fsm.state != VRRP_BACKUP)
		return;
	if (!wanted && (!c->preempt || !c->preempt_delay))
		o->preempt = USEC_NEVER;
	if (wanted && right) {
		o->preempt = USEC_NEVER;
		restart(p, sim.now);
	} else if (wanted) {
		return;
	} else if (c->interval != old->interval)
		restart(p, sim.now);
	else if (c->priority != old->priority)
		restart(p, o->heard);
}

/* -------------------------------------------------------------- at each step */

static void check_backup(const struct sim_port *p)
{
	const struct sim_oracle *o = &p->oracle;
	usec_t due = o->deadline < o->preempt ? o->deadline : o->preempt;

	if (is_late(p))
		return;
	/* a timer that a change of its settings has put into the past fires next, at this time still */
	if (sim.now > due && p->timer > sim.now && !p->in_group)
		sim_fail(p, "does not take over: %lu us late", (unsigned long)(sim.now - due));
	if (sim.now < due && p->timer > due)
		sim_fail(p, "a backup without its timer");
}

static void check_master(const struct sim_port *p)
{
	const struct sim_oracle *o = &p->oracle;
	usec_t due = o->listening ? o->listen_until
		     : o->handing ? o->offer_due
				  : p->spoke + p->fsm.config.interval;

	if (o->must_speak && p->spoke != sim.now)
		sim_fail(p, "does not answer another master, or one that resigns");
	if (is_late(p))
		return;
	if (sim.now > due)
		sim_fail(p, "a silent master: %lu us late", (unsigned long)(sim.now - due));
	if (p->timer > due)
		sim_fail(p, "a master without its timer");
	if (sim.now > o->owed && !o->listening && !o->handing)
		sim_fail(p, "does not announce after a conflict that it won");
}

static void check_counters(const struct sim_port *p)
{
	const struct vrrp_counters *c = &p->fsm.counters;
	const struct sim_oracle *o = &p->oracle;

	if (c->received != o->received || c->zero_received != o->zero_received ||
	    c->lower_received != o->lower)
		sim_fail(p, "counts what it did not hear");
	if (c->became_master != o->became_master || c->transitions != o->transitions)
		sim_fail(p, "counts what did not happen");
}

static void check_port(const struct sim_port *p)
{
	if (p->has_addresses != is_master(p))
		sim_fail(p, "addresses %d", p->has_addresses);
	if (p->timer != p->fsm.armed)
		sim_fail(p, "a lost timer");
	check_counters(p);
	if (!is_late(p) && sim_fit(p) != (p->fsm.state == VRRP_BACKUP || is_master(p)))
		sim_fail(p, sim_fit(p) ? "does not take part" : "takes part in spite of a fault");
	switch (p->fsm.state) {
	case VRRP_BACKUP:
		check_backup(p);
		break;
	case VRRP_MASTER:
		check_master(p);
		break;
	case VRRP_INITIALIZE:
	case VRRP_FAULT:
		if (p->timer != USEC_NEVER)
			sim_fail(p, "a timer of nobody");
		break;
	}
}

/* A group is one; it takes over as soon as each of its members would. */
static void check_group(const struct sim_router *r)
{
	const struct sim_port *first = NULL;
	usec_t due = 0;
	bool fires = false;

	for (unsigned v = 0; v < sim.schedule->vrs; v++) {
		const struct sim_port *p = &r->port[v];
		usec_t would =
		    p->oracle.deadline < p->oracle.preempt ? p->oracle.deadline : p->oracle.preempt;

		if (!p->in_group)
			continue;
		if (first && p->fsm.state != first->fsm.state)
			sim_fail(p, "not in its group's state");
		first = p;
		fires = fires || p->timer <= sim.now;
		if (would > due)
			due = would;
	}
	if (first && first->fsm.state == VRRP_BACKUP && sim.now > due && !fires)
		sim_fail(first, "its group does not take over: %lu us late",
		    (unsigned long)(sim.now - due));
}

void oracle_router(struct sim_router *r)
{
	if (!r->alive || r->stopping)
		return;
	for (unsigned v = 0; v < sim.schedule->vrs; v++)
		check_port(&r->port[v]);
	check_group(r);
}

/* --------------------------------------------------------------- the network */

usec_t oracle_patience(const struct sim_schedule *s, bool stalled)
{
	usec_t wait = 4 * s->longest + (s->version == 2 ? USEC_PER_SEC : 0) + 2 * s->delay;

	if (stalled)
		wait += 2 * s->longest + (s->version == 2 ? USEC_PER_SEC : 0);
	/* first somebody, then the one who should be; a group waits for its slowest member */
	return (s->grouped ? 3 : 2) * wait + (s->longest_preempt_delay + wait);
}

/* Do all that take part hear each other?  And does nobody else speak? */
static bool is_one_network(unsigned vr)
{
	const struct sim_schedule *s = sim.schedule;

	for (unsigned a = 0; a < s->routers; a++)
		for (unsigned b = 0; b < s->routers; b++) {
			const struct sim_port *p = &sim.router[a].port[vr],
					      *q = &sim.router[b].port[vr];

			if (a == b || !sim_fit(p) || !sim_fit(q))
				continue;
			if (!sim_hears(p, q) ||
			    (s->version == 2 && p->fsm.config.interval != q->fsm.config.interval))
				return false;
		}
	return true;
}

/* Has each virtual router the same companions everywhere? */
static bool is_uniform(void)
{
	for (unsigned r = 0; r < sim.schedule->routers; r++)
		for (unsigned v = 0; v < sim.schedule->vrs; v++)
			if (sim.router[r].port[v].in_group != sim.schedule->grouped)
				return false;
	return true;
}

static unsigned masters(unsigned vr, const struct sim_port **master, const struct sim_port **best)
{
	const struct sim_schedule *s = sim.schedule;
	unsigned n = 0;

	*master = *best = NULL;
	for (unsigned r = 0; r < s->routers; r++) {
		const struct sim_port *p = &sim.router[r].port[vr];

		if (!sim_fit(p))
			continue;
		if (!*best || p->fsm.config.priority > (*best)->fsm.config.priority)
			*best = p;
		if (is_master(p)) {
			n++;
			*master = p;
		}
	}
	return n;
}

static unsigned holders(unsigned vr)
{
	unsigned n = 0;

	for (unsigned r = 0; r < sim.schedule->routers; r++)
		n += sim.router[r].port[vr].has_addresses;
	return n;
}

static bool all_alive(void)
{
	for (unsigned r = 0; r < sim.schedule->routers; r++)
		if (!sim.router[r].alive)
			return false;
	return true;
}

static void check_quiet(unsigned vr, usec_t quiet, usec_t patience)
{
	const struct sim_port *master, *best;
	unsigned n = masters(vr, &master, &best);

	if (!best)
		return;
	/* where a group is another one elsewhere, it may have to wait for ever: but not flap */
	if (n > 1 || (n == 0 && is_uniform()))
		sim_fail(best, "%s after %.3f s of quiet", n ? "several masters" : "no master",
		    (double)quiet / 1e6);
	if (n == 0)
		return;
	if (is_uniform() && best->fsm.config.preempt && sim.now > sim.aside_end + patience &&
	    master->fsm.config.priority != best->fsm.config.priority)
		sim_fail(master, "the master is not the best, which preempts");
	if (master->fsm.since > sim.disturbed + patience &&
	    (master->fsm.since < sim.aside_end || master->fsm.since > sim.aside_end + patience))
		sim_fail(master, "flaps in a quiet network");
	if (all_alive() && holders(vr) != 1)
		sim_fail(master, "%u hosts have the addresses", holders(vr));
}

/* How long there may be none: as long as the slowest waits. */
static void check_gap(unsigned vr)
{
	const struct sim_schedule *s = sim.schedule;
	const struct sim_port *master, *best;
	unsigned n = masters(vr, &master, &best);
	usec_t *none = &sim.none_since[vr], *many = &sim.many_since[vr];
	usec_t beat = s->longest + s->delay;

	*none = n > 0 || !best ? USEC_NEVER : *none == USEC_NEVER ? sim.now : *none;
	*many = n < 2 ? USEC_NEVER : *many == USEC_NEVER ? sim.now : *many;
	if (*none < sim.disturbed)
		*none = sim.disturbed;
	if (*many != USEC_NEVER && *many < sim.disturbed)
		*many = sim.disturbed;
	if (sim.stalled)
		beat += s->longest + USEC_PER_SEC;
	if (!s->grouped && *none != USEC_NEVER &&
	    sim.now > *none + 3 * s->longest + beat + (s->version == 2 ? USEC_PER_SEC : 0))
		sim_fail(best, "no master for %.3f s", (double)(sim.now - *none) / 1e6);
	if (*many != USEC_NEVER && sim.now > *many + beat)
		sim_fail(master, "several masters for %.3f s", (double)(sim.now - *many) / 1e6);
}

/* Only an action changes what is_one_network() says, or the end of a stall, until when all is disturbed. */
static void judge_networks(void)
{
	bool all = true;

	for (unsigned v = 0; v < sim.schedule->vrs; v++) {
		sim.one_network[v] = is_one_network(v);
		all = all && sim.one_network[v];
	}
	for (unsigned v = 0; v < sim.schedule->vrs; v++)
		sim.one_network[v] = sim.one_network[v] && (all || !sim.schedule->grouped);
	sim.judged = true;
}

void oracle_network(void)
{
	const struct sim_schedule *s = sim.schedule;

	if (sim.loss || sim.duplicates || sim.delay != s->delay)
		sim.disturbed = sim.now;
	if (sim.now <= sim.disturbed)
		return;
	if (!sim.judged)
		judge_networks();
	for (unsigned v = 0; v < s->vrs; v++) {
		if (!sim.one_network[v]) {
			sim.none_since[v] = sim.many_since[v] = USEC_NEVER;
			continue;
		}
		check_gap(v);
		if (sim.now > sim.disturbed + sim.patience)
			check_quiet(v, sim.now - sim.disturbed, sim.patience);
	}
}
