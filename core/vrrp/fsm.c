/* SPDX-License-Identifier: BSD-2-Clause */
/* See fsm.h. */
#include "core/vrrp/fsm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What the reason of a backup says; it is only written anew when this changes. */
enum follows {
	FOLLOWS_NONE,
	FOLLOWS_HIGHER,
	FOLLOWS_NO_PREEMPT,
	FOLLOWS_DELAY,
	FOLLOWS_PREEMPTS,
	FOLLOWS_ASIDE
};

/* The instance alone, or all members of its group. */
static struct vrrp_fsm *sync_first(struct vrrp_fsm *i)
{
	return i->group ? TAILQ_FIRST(&i->group->members) : i;
}

static struct vrrp_fsm *sync_next(struct vrrp_fsm *m)
{
	return m->group ? TAILQ_NEXT(m, in_group) : NULL;
}

#define FOR_EACH_SYNCED(m, i) for (m = sync_first(i); m; m = sync_next(m))

static double seconds(usec_t t)
{
	return (double)t / 1e6;
}

/* ------------------------------------------------------------------ timers */

usec_t vrrp_fsm_skew(const struct vrrp_config *c, usec_t active)
{
	usec_t unit = c->version == 2 ? USEC_PER_SEC : active;

	return (256 - (usec_t)c->priority) * unit / 256;
}

usec_t vrrp_fsm_down_interval(const struct vrrp_config *c, usec_t active)
{
	usec_t interval = c->version == 2 ? c->interval : active;

	return 3 * interval + vrrp_fsm_skew(c, active);
}

/* Active_Adver_Interval: what the master advertised, or our own. */
static usec_t active_interval(const struct vrrp_fsm *i)
{
	return i->config.version == 3 && i->learned ? i->learned : i->config.interval;
}

usec_t vrrp_fsm_current_down(const struct vrrp_fsm *i)
{
	return vrrp_fsm_down_interval(&i->config, active_interval(i));
}

static void stop_timers(struct vrrp_fsm *i)
{
	for (int t = 0; t < VRRP_TIMERS; t++)
		i->at[t] = USEC_NEVER;
}

static bool expired(const struct vrrp_fsm *i, enum vrrp_timer t, usec_t now)
{
	return i->at[t] <= now;
}

/* A master that listens does nothing else: what it has to announce waits. */
static bool counts(const struct vrrp_fsm *i, enum vrrp_timer t)
{
	return i->state != VRRP_MASTER || !i->listening || t == VRRP_TIMER_ADVERT;
}

static void rearm(struct vrrp_fsm *i)
{
	usec_t first = USEC_NEVER;

	for (int t = 0; t < VRRP_TIMERS; t++)
		if (counts(i, t) && i->at[t] < first)
			first = i->at[t];
	if (first == i->armed)
		return;
	i->armed = first;
	i->out->set_timer(i, first);
}

static void rearm_all(struct vrrp_fsm *i)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		rearm(m);
}

/* Counts the down timer from `from`: after an advertisement, or skew only after a resignation. */
static void restart_down(struct vrrp_fsm *i, usec_t from)
{
	i->heard = from;
	i->at[VRRP_TIMER_DOWN] = from + (i->resigned ? vrrp_fsm_skew(&i->config, active_interval(i))
						     : vrrp_fsm_current_down(i));
	i->wants = i->listening = false;
}

/* The address owner always preempts, and at once (RFC 9568 section 6.1). */
static bool is_owner(const struct vrrp_fsm *i)
{
	return i->config.priority == VRRP_PRIORITY_OWNER;
}

/* ----------------------------------------------------------------- reasons */

__attribute__((format(printf, 2, 0))) static void explain(
    struct vrrp_fsm *i, const char *fmt, va_list ap)
{
	vsnprintf(i->reason, sizeof(i->reason), fmt, ap);
}

/* A new reason for the state that it is in. */
__attribute__((format(printf, 2, 3))) static void remark(struct vrrp_fsm *i, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	explain(i, fmt, ap);
	va_end(ap);
	i->out->updated(i);
}

static const struct {
	enum vrrp_fault fault;
	const char *word, *text;
} faults_known[] = {
    {VRRP_FAULT_NO_INTERFACE, "noInterface", "the interface does not exist"},
    {VRRP_FAULT_DOWN, "down", "the interface is down"},
    {VRRP_FAULT_NO_CARRIER, "noCarrier", "the interface has no carrier"},
    {VRRP_FAULT_NO_ADDRESS, "noAddress", "there is no address to send from"},
    {VRRP_FAULT_SOCKET, "noSocket", "no socket can be opened on the interface"},
    {VRRP_FAULT_NO_PEER, "noPeer", "it has no unicast peer"},
    {VRRP_FAULT_VMAC, "noVmac", "its virtual MAC address has no interface"},
    {VRRP_FAULT_CONFIG, "sameVrid", "another instance has the same VRID on the interface"},
    {VRRP_FAULT_TRACKED, "tracked", NULL}, /* in words: see faults_of() */
};

static char *list_faults(unsigned faults, bool words, const char *between, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t k = 0; k < sizeof(faults_known) / sizeof(faults_known[0]); k++)
		if (faults & faults_known[k].fault && used < size &&
		    (words || faults_known[k].text))
			used +=
			    (size_t)snprintf(buf + used, size - used, "%s%s", used ? between : "",
				words ? faults_known[k].word : faults_known[k].text);
	return buf;
}

char *vrrp_faults_format(unsigned faults, char *buf, size_t size)
{
	return list_faults(faults, false, ", ", buf, size);
}

char *vrrp_faults_words(unsigned faults, char *buf, size_t size)
{
	return list_faults(faults, true, " ", buf, size);
}

/* The faults of an instance, with the words for what is tracked. */
static void faults_of(const struct vrrp_fsm *i, char *buf, size_t size)
{
	size_t used;

	vrrp_faults_format(i->faults, buf, size);
	used = strlen(buf);
	if (i->faults & VRRP_FAULT_TRACKED && used < size)
		snprintf(buf + used, size - used, "%s%s", used ? ", " : "", i->tracked);
}

/* ----------------------------------------------------------- announcements */

static void announce_once(struct vrrp_fsm *i, usec_t now)
{
	i->out->announce(i);
	i->left--;
	i->at[VRRP_TIMER_ANNOUNCE] = i->left ? now + VRRP_ANNOUNCE_SPACING : USEC_NEVER;
}

/* A set of n: the first at once, the others paced.  A longer set under way goes on. */
static void announce_set(struct vrrp_fsm *i, unsigned n, usec_t now)
{
	if (n == 0)
		return;
	if (i->left < n)
		i->left = n;
	announce_once(i, now);
}

static void announce_takeover(struct vrrp_fsm *i, usec_t now)
{
	const struct vrrp_config *c = &i->config;

	announce_set(i, c->garp_repeat, now);
	i->at[VRRP_TIMER_SECOND] = c->garp_delay ? now + c->garp_delay : USEC_NEVER;
	i->at[VRRP_TIMER_REFRESH] = c->garp_refresh ? now + c->garp_refresh : USEC_NEVER;
	i->at[VRRP_TIMER_EXTRA] = c->garp_extra ? now + c->garp_extra : USEC_NEVER;
}

/*
 * Somebody else was master and may have drawn the traffic to itself.  It is told at once, in an
 * advertisement (unless lower_no_advert); then the network is, once now and with a set later, however
 * often it speaks up.
 */
static void announce_after_lower(struct vrrp_fsm *i, usec_t now)
{
	const struct vrrp_config *c = &i->config;

	if (c->garp_lower_repeat == 0 || i->at[VRRP_TIMER_LOWER] != USEC_NEVER)
		return;
	if (c->garp_lower_delay == 0) {
		announce_set(i, c->garp_lower_repeat, now);
		return;
	}
	announce_set(i, 1, now);
	i->at[VRRP_TIMER_LOWER] = now + c->garp_lower_delay;
}

static void announce_due(struct vrrp_fsm *i, usec_t now)
{
	const struct vrrp_config *c = &i->config;

	if (expired(i, VRRP_TIMER_ANNOUNCE, now))
		announce_once(i, now);
	if (expired(i, VRRP_TIMER_SECOND, now)) {
		i->at[VRRP_TIMER_SECOND] = USEC_NEVER;
		announce_set(i, c->garp_repeat, now);
	}
	if (expired(i, VRRP_TIMER_LOWER, now)) {
		i->at[VRRP_TIMER_LOWER] = USEC_NEVER;
		announce_set(i, c->garp_lower_repeat, now);
	}
	if (expired(i, VRRP_TIMER_REFRESH, now)) {
		i->at[VRRP_TIMER_REFRESH] = now + c->garp_refresh;
		announce_set(i, c->garp_refresh_repeat, now);
	}
	if (expired(i, VRRP_TIMER_EXTRA, now)) {
		i->at[VRRP_TIMER_EXTRA] = now + c->garp_extra;
		i->out->announce_extra(i);
	}
}

/* ------------------------------------------------------------ state setter */

static void advertise(struct vrrp_fsm *i, usec_t now)
{
	i->spoke = now;
	i->out->send_advert(i, i->config.priority);
}

/* Somebody must be: whoever becomes master does not stand aside any more. */
static void enter_master(struct vrrp_fsm *i, usec_t now)
{
	i->aside_until = 0;
	i->counters.became_master++;
	i->master = i->primary;
	i->master_priority = i->config.priority;
	i->learned = 0;
	advertise(i, now);
	i->at[VRRP_TIMER_ADVERT] = now + i->config.interval;
	i->out->add_addresses(i);
	announce_takeover(i, now);
}

static void enter(struct vrrp_fsm *i, enum vrrp_state old, usec_t now)
{
	switch (i->state) {
	case VRRP_MASTER:
		enter_master(i, now);
		break;
	case VRRP_BACKUP:
		/* Also where it was not master: an earlier process may have left them. */
		i->out->remove_addresses(i);
		i->master = addr_any(ADDR_NONE);
		i->master_priority = 0;
		restart_down(i, now);
		if (is_owner(i) && old != VRRP_MASTER)
			i->at[VRRP_TIMER_DOWN] = now;
		break;
	case VRRP_INITIALIZE:
	case VRRP_FAULT:
		i->out->remove_addresses(i);
		i->master = addr_any(ADDR_NONE);
		i->master_priority = 0;
		i->learned = 0;
		break;
	}
}

/*
 * The one place where the state changes.  It is stored, then acted on, then reported.
 * resign: a master that leaves tells its peers, so that they need not wait.
 */
__attribute__((format(printf, 5, 6))) static void set_state(
    struct vrrp_fsm *i, enum vrrp_state state, bool resign, usec_t now, const char *fmt, ...)
{
	enum vrrp_state old = i->state;
	va_list ap;

	i->state = state;
	i->since = now;
	va_start(ap, fmt);
	explain(i, fmt, ap);
	va_end(ap);
	i->counters.transitions++;
	stop_timers(i);
	i->left = 0;
	i->handing = 0;
	i->heard_lower = 0;
	i->follows = FOLLOWS_NONE;
	i->resigned = i->wants = i->preempt_due = i->resume = i->listening = false;

	if (old == VRRP_MASTER && resign)
		i->out->send_advert(i, VRRP_PRIORITY_STOP);
	enter(i, old, now);
	i->out->changed(i, old);
}

/* ------------------------------------------------------- election and sync */

static bool all_want(struct vrrp_fsm *i)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (m->state != VRRP_MASTER && !(m->state == VRRP_BACKUP && m->wants))
			return false;
	return true;
}

static void takeover_reason(const struct vrrp_fsm *i, usec_t now, char *buf, size_t size)
{
	char master[ADDR_STRLEN];

	addr_format(&i->master, master);
	if (is_owner(i))
		snprintf(buf, size, "address owner (priority 255)");
	else if (i->resigned)
		snprintf(buf, size, "%s resigned (priority 0)", master);
	else if (i->preempt_due)
		snprintf(buf, size,
		    "preempts %s, whose priority %u is lower, after a delay of %.3f s", master,
		    i->master_priority, seconds(i->config.preempt_delay));
	else if (i->heard_lower)
		snprintf(buf, size, "preempts %s, whose priority %u is lower than %u", master,
		    i->master_priority, i->config.priority);
	else if (addr_is_set(&i->master))
		snprintf(buf, size, "no advertisement from %s for %.3f s", master,
		    seconds(now - i->heard));
	else
		snprintf(
		    buf, size, "no advertisement from anybody for %.3f s", seconds(now - i->heard));
}

/* The same in the words of RFC 6527. */
static enum vrrp_master_reason master_reason(const struct vrrp_fsm *i)
{
	if (is_owner(i) || i->resigned)
		return MASTER_REASON_PRIORITY;
	if (i->preempt_due || i->heard_lower)
		return MASTER_REASON_PREEMPTED;
	return MASTER_REASON_NO_RESPONSE;
}

static void take_over(struct vrrp_fsm *m, usec_t now)
{
	char why[VRRP_REASON_SIZE];

	takeover_reason(m, now, why, sizeof(why));
	m->master_reason = master_reason(m);
	set_state(m, VRRP_MASTER, false, now, "%s", why);
}

static void become_master(struct vrrp_fsm *i, usec_t now)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (m->state != VRRP_MASTER)
			take_over(m, now);
}

/* The instance would be master.  If the rest of its group would, too, it is. */
static void want_master(struct vrrp_fsm *i, usec_t now)
{
	char why[VRRP_REASON_SIZE];

	i->wants = true;
	i->at[VRRP_TIMER_DOWN] = USEC_NEVER;
	if (all_want(i)) {
		become_master(i, now);
		return;
	}
	takeover_reason(i, now, why, sizeof(why) - 40);
	remark(i, "%.120s; waits for its group %s", why, i->group->name);
}

/* i has yielded: the other masters of its group do the same. */
static void sync_backup(struct vrrp_fsm *i, usec_t now)
{
	struct vrrp_fsm *m;

	if (!i->group)
		return;
	FOR_EACH_SYNCED (m, i)
		if (m->state == VRRP_MASTER)
			set_state(m, VRRP_BACKUP, true, now, "synchronized with %s: %.120s",
			    i->config.name, i->reason);
}

/* ---------------------------------------------------------- start and fault */

static struct vrrp_fsm *find_faulty(struct vrrp_fsm *i)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (m->started && m->faults)
			return m;
	return NULL;
}

static void enter_fault(struct vrrp_fsm *m, const struct vrrp_fsm *faulty, usec_t now)
{
	char text[VRRP_REASON_SIZE - 80];

	faults_of(m->faults ? m : faulty, text, sizeof(text));
	if (m->state == VRRP_FAULT && m->faults)
		remark(m, "%s", text);
	else if (m->state == VRRP_FAULT)
		remark(m, "synchronized with %s: %s", faulty->config.name, text);
	else if (m->faults)
		set_state(m, VRRP_FAULT, true, now, "%s", text);
	else
		set_state(m, VRRP_FAULT, true, now, "synchronized with %s: %s", faulty->config.name,
		    text);
}

static bool all_ready(struct vrrp_fsm *i)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (!m->started)
			return false;
	return true;
}

/* True if all that start now may take up where they were. */
static bool all_resume(struct vrrp_fsm *i)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (m->state != VRRP_MASTER && !m->resume)
			return false;
	return true;
}

static bool any_master(struct vrrp_fsm *i)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (m->state == VRRP_MASTER)
			return true;
	return false;
}

/* The address owner needs nobody's silence (RFC 9568 section 6.4.1). */
static void elect_owner(struct vrrp_fsm *i, usec_t now)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (m->state == VRRP_BACKUP && is_owner(m))
			m->wants = true;
	if (!any_master(i) && all_want(i))
		become_master(i, now);
}

/* The RFC has no word for it; priority is the one that says nothing about another master. */
static void fall_in_as_master(struct vrrp_fsm *m, usec_t now)
{
	m->master_reason = MASTER_REASON_PRIORITY;
	set_state(m, VRRP_MASTER, false, now, "synchronized with its group %s", m->group->name);
}

static void begin_as_backup(struct vrrp_fsm *i, usec_t now)
{
	set_state(i, VRRP_BACKUP, false, now, "%s; listens for %.3f s",
	    i->state == VRRP_FAULT ? "the fault is over" : "started",
	    seconds(vrrp_fsm_current_down(i)));
}

static bool all_owners(struct vrrp_fsm *i)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (!is_owner(m))
			return false;
	return true;
}

/* Out of initialize or fault, when nothing is in the way. */
static void begin(struct vrrp_fsm *i, usec_t now)
{
	struct vrrp_fsm *m;
	bool resume = all_resume(i), owners = all_owners(i), join = any_master(i), began = false;

	FOR_EACH_SYNCED (m, i) {
		if (m->state != VRRP_INITIALIZE && m->state != VRRP_FAULT)
			continue;
		began = true;
		if (resume)
			set_state(m, VRRP_MASTER, false, now,
			    "was master before the process was started again");
		else if (owners) /* it never was backup: RFC 9568 section 6.4.1 */
			take_over(m, now);
		else if (join)
			fall_in_as_master(m, now);
		else
			begin_as_backup(m, now);
	}
	if (began)
		elect_owner(i, now);
}

static void evaluate(struct vrrp_fsm *i, usec_t now)
{
	struct vrrp_fsm *faulty = find_faulty(i), *m;

	if (!all_ready(i))
		return;
	if (!faulty) {
		begin(i, now);
		return;
	}
	FOR_EACH_SYNCED (m, i)
		enter_fault(m, faulty, now);
}

void vrrp_group_init(struct vrrp_group *g, const char *name)
{
	memset(g, 0, sizeof(*g));
	snprintf(g->name, sizeof(g->name), "%s", name);
	TAILQ_INIT(&g->members);
}

void vrrp_fsm_init(
    struct vrrp_fsm *i, const struct vrrp_config *c, const struct vrrp_outputs *out, void *user)
{
	memset(i, 0, sizeof(*i));
	i->config = *c;
	i->out = out;
	i->user = user;
	i->state = VRRP_INITIALIZE;
	i->master_reason = MASTER_REASON_NONE;
	i->counters.protocol_error = PROTOCOL_ERROR_NONE;
	i->counters.auth_error = AUTH_ERROR_NONE;
	i->armed = USEC_NEVER;
	stop_timers(i);
	snprintf(i->reason, sizeof(i->reason), "not started");
}

/* A group of which one member is master has only masters. */
static void fall_in(struct vrrp_fsm *i, usec_t now)
{
	struct vrrp_fsm *m;
	bool backup = false;

	FOR_EACH_SYNCED (m, i)
		if (m != i && m->state == VRRP_BACKUP)
			backup = true;
	if (i->state == VRRP_MASTER && backup)
		set_state(
		    i, VRRP_BACKUP, true, now, "synchronized with its group %s", i->group->name);
	else if (i->state == VRRP_BACKUP && any_master(i))
		fall_in_as_master(i, now);
}

void vrrp_fsm_join(struct vrrp_fsm *i, struct vrrp_group *g, usec_t now)
{
	i->group = g;
	TAILQ_INSERT_TAIL(&g->members, i, in_group);
	if (!i->started)
		return;
	evaluate(i, now);
	fall_in(i, now);
	rearm_all(i);
}

void vrrp_fsm_leave(struct vrrp_fsm *i, usec_t now)
{
	struct vrrp_group *g = i->group;
	struct vrrp_fsm *other;

	if (!g)
		return;
	TAILQ_REMOVE(&g->members, i, in_group);
	i->group = NULL;
	if (i->started)
		evaluate(i, now);
	if (i->state == VRRP_BACKUP && i->wants)
		become_master(i, now); /* only its group was in the way */
	rearm(i);
	other = TAILQ_FIRST(&g->members);
	if (!other)
		return;
	/* What the one that left stood in the way of. */
	evaluate(other, now);
	if (!any_master(other) && all_want(other))
		become_master(other, now);
	rearm_all(other);
}

void vrrp_fsm_start(struct vrrp_fsm *i, usec_t now, bool resume)
{
	i->started = true;
	i->resume = resume;
	evaluate(i, now);
	rearm_all(i);
}

void vrrp_fsm_stop(struct vrrp_fsm *i, usec_t now, const char *why)
{
	if (!i->started)
		return;
	i->started = false;
	if (i->state != VRRP_INITIALIZE)
		set_state(i, VRRP_INITIALIZE, true, now, "%s", why);
	rearm(i);
}

static void set_faults(struct vrrp_fsm *i, unsigned faults, usec_t now)
{
	i->faults = faults;
	if (!i->started)
		return;
	evaluate(i, now);
	rearm_all(i);
}

void vrrp_fsm_faults(struct vrrp_fsm *i, unsigned faults, usec_t now)
{
	faults |= i->faults & VRRP_FAULT_TRACKED;
	if (i->faults != faults)
		set_faults(i, faults, now);
}

void vrrp_fsm_tracked(struct vrrp_fsm *i, const char *what, usec_t now)
{
	unsigned others = i->faults & ~(unsigned)VRRP_FAULT_TRACKED;

	if (strcmp(i->tracked, what) == 0)
		return;
	snprintf(i->tracked, sizeof(i->tracked), "%s", what);
	set_faults(i, others | (*what ? VRRP_FAULT_TRACKED : 0), now);
}

/* ----------------------------------------------------------------- receive */

/* Remembers whom we hear, and says so when it is somebody else or for another reason. */
static void note_master(struct vrrp_fsm *i, const struct vrrp_packet *p, enum follows how)
{
	char who[ADDR_STRLEN];
	bool same = i->follows == how && i->master_priority == p->priority &&
		    addr_equal(&i->master, &p->source);

	i->master = p->source;
	i->master_priority = p->priority;
	i->follows = how;
	if (same)
		return;
	addr_format(&p->source, who);
	switch (how) {
	case FOLLOWS_NONE:
		break;
	case FOLLOWS_HIGHER:
		remark(i, "%s is master with priority %u, ours is %u", who, p->priority,
		    i->config.priority);
		break;
	case FOLLOWS_NO_PREEMPT:
		remark(i, "%s is master; its priority %u is lower than %u, but nopreempt is set",
		    who, p->priority, i->config.priority);
		break;
	case FOLLOWS_DELAY:
		remark(i,
		    "%s is master; its priority %u is lower than %u, preemption is delayed by %.3f "
		    "s",
		    who, p->priority, i->config.priority, seconds(i->config.preempt_delay));
		break;
	case FOLLOWS_ASIDE:
		remark(i, "%s is master with priority %u; this router stands aside, as was asked",
		    who, p->priority);
		break;
	case FOLLOWS_PREEMPTS:
		remark(i, "%s is master; its priority %u is lower than %u and will be preempted",
		    who, p->priority, i->config.priority);
		break;
	}
}

static void follow(struct vrrp_fsm *i, const struct vrrp_packet *p, enum follows how, usec_t now)
{
	i->learned = i->config.version == 3 ? p->interval : 0;
	i->resigned = false;
	i->heard_lower = 0;
	restart_down(i, now);
	note_master(i, p, how);
}

/* Preemption is on, and the master's priority is lower than ours. */
static void backup_hears_lower(struct vrrp_fsm *i, const struct vrrp_packet *p, usec_t now)
{
	if (i->config.preempt_delay && !is_owner(i) && !i->preempt_due &&
	    i->at[VRRP_TIMER_PREEMPT] > now) {
		/* As late as without a delay, and the delay later. */
		if (i->at[VRRP_TIMER_PREEMPT] == USEC_NEVER)
			i->at[VRRP_TIMER_PREEMPT] = (i->wants || expired(i, VRRP_TIMER_DOWN, now)
							    ? now
							    : i->at[VRRP_TIMER_DOWN]) +
						    i->config.preempt_delay;
		follow(i, p, FOLLOWS_DELAY, now);
		return;
	}
	i->heard_lower = now;
	if (!i->wants)
		note_master(i, p, FOLLOWS_PREEMPTS);
}

static void backup_receive(struct vrrp_fsm *i, const struct vrrp_packet *p, usec_t now)
{
	if (p->priority == VRRP_PRIORITY_STOP) {
		i->resigned = true;
		i->master = p->source;
		i->at[VRRP_TIMER_PREEMPT] = USEC_NEVER;
		i->preempt_due = false;
		restart_down(i, now);
	} else if (p->priority >= i->config.priority) {
		i->at[VRRP_TIMER_PREEMPT] = USEC_NEVER;
		i->preempt_due = false;
		follow(i, p, FOLLOWS_HIGHER, now);
	} else if (now < i->aside_until) {
		follow(i, p, FOLLOWS_ASIDE, now);
	} else if (!i->config.preempt && !is_owner(i)) {
		follow(i, p, FOLLOWS_NO_PREEMPT, now);
	} else {
		backup_hears_lower(i, p, now);
	}
}

static void yield(struct vrrp_fsm *i, const struct vrrp_packet *p, enum follows how, usec_t now)
{
	char who[ADDR_STRLEN];

	addr_format(&p->source, who);
	if (how == FOLLOWS_ASIDE)
		set_state(i, VRRP_BACKUP, false, now, "handed over to %s for %.0f s, as was asked",
		    who, seconds(i->aside_until > now ? i->aside_until - now : 0));
	else if (p->priority > i->config.priority)
		set_state(i, VRRP_BACKUP, false, now, "%s has the higher priority %u, ours is %u",
		    who, p->priority, i->config.priority);
	else if (p->priority == i->config.priority)
		set_state(i, VRRP_BACKUP, false, now,
		    "%s has the same priority %u and the higher address", who, p->priority);
	else
		set_state(i, VRRP_BACKUP, false, now,
		    "%s became master while this process was held up, and nopreempt is set", who);
	/* The reason of the transition stays until something new is known. */
	i->follows = (uint8_t)how;
	i->master = p->source;
	i->master_priority = p->priority;
	follow(i, p, how, now);
	sync_backup(i, now);
}

static void speak(struct vrrp_fsm *i, usec_t now)
{
	advertise(i, now);
	i->at[VRRP_TIMER_ADVERT] = now + i->config.interval;
	if (!i->listening)
		return;
	i->listening = false;
	remark(i, "no better master appeared while this process was held up");
	announce_takeover(i, now);
}

static void master_hears_lower(struct vrrp_fsm *i, usec_t now)
{
	i->counters.lower_received++;
	if (i->listening) {
		speak(i, now);
		return;
	}
	if (!i->config.lower_no_advert)
		advertise(i, now);
	announce_after_lower(i, now);
	i->out->updated(i);
}

/* ---------------------------------------------------------------- maintenance */

/* The peers wait for a skew, which is at most an interval, and take over; so they are heard by then. */
static void offer(struct vrrp_fsm *i, usec_t now)
{
	i->spoke = now;
	i->listening = false;
	i->out->send_advert(i, VRRP_PRIORITY_STOP);
	i->at[VRRP_TIMER_ADVERT] = now + 2 * i->config.interval;
}

static void keep_mastership(struct vrrp_fsm *i, usec_t now, const char *why)
{
	i->handing = 0;
	i->aside_until = 0;
	if (i->listening) /* it was held up since: it speaks when it has heard nobody */
		return;
	speak(i, now);
	announce_takeover(i, now); /* another one may have been master for a moment, unheard */
	remark(i, "%s", why);
}

/* All members of a group: their peers take over together, or not at all. */
static void keep_all(struct vrrp_fsm *i, usec_t now, const char *why)
{
	struct vrrp_fsm *m;

	FOR_EACH_SYNCED (m, i)
		if (m->state == VRRP_MASTER && m->handing)
			keep_mastership(m, now, why);
}

static void offer_again(struct vrrp_fsm *i, usec_t now)
{
	if (--i->handing)
		offer(i, now);
	else {
		i->handing = 1;
		keep_all(i, now, "was to hand over, but nobody else took over");
	}
}

/* It was about to take over from a master that it can hear, or to do so with its group: not now. */
static void do_not_preempt(struct vrrp_fsm *m, usec_t now)
{
	bool was = m->wants || m->heard_lower || m->at[VRRP_TIMER_PREEMPT] != USEC_NEVER;

	m->at[VRRP_TIMER_PREEMPT] = USEC_NEVER;
	m->wants = m->preempt_due = false;
	m->heard_lower = 0;
	if (was)
		restart_down(m, now);
}

static void stand_aside(struct vrrp_fsm *m, usec_t until, usec_t now)
{
	m->aside_until = until;
	if (m->state == VRRP_BACKUP)
		do_not_preempt(m, now);
	if (m->state != VRRP_MASTER)
		return;
	m->handing = VRRP_HANDOVER_TRIES;
	offer(m, now);
	remark(m, "hands over, as was asked: waits for another master");
}

void vrrp_fsm_stand_aside(struct vrrp_fsm *i, usec_t until, usec_t now)
{
	struct vrrp_fsm *m;

	if (until <= now) {
		keep_all(i, now, "goes on: it is not to hand over any more");
		FOR_EACH_SYNCED (m, i)
			m->aside_until = 0;
	} else {
		FOR_EACH_SYNCED (m, i)
			if (m->handing)
				m->aside_until = until;
			else if (m->aside_until != until)
				stand_aside(m, until, now);
	}
	rearm_all(i);
}

enum vrrp_failover vrrp_fsm_aside(const struct vrrp_fsm *i, usec_t now)
{
	if (now >= i->aside_until)
		return FAILOVER_NONE;
	return i->handing ? FAILOVER_HANDING_OVER : FAILOVER_ASIDE;
}

/* ---------------------------------------------------------------------------- */

static void master_receive(struct vrrp_fsm *i, const struct vrrp_packet *p, usec_t now)
{
	bool better = p->priority > i->config.priority ||
		      (p->priority == i->config.priority && addr_cmp(&p->source, &i->primary) > 0);
	bool held_up = i->listening && !i->config.preempt;

	if (p->priority == VRRP_PRIORITY_STOP) {
		if (!i->handing || i->listening)
			speak(i, now);
		if (i->handing)
			keep_all(i, now, "was to hand over, but the other one has resigned");
		return;
	}
	if (i->handing) {
		yield(i, p, FOLLOWS_ASIDE, now);
		return;
	}
	i->out->second_master(i, p, better || held_up, now);
	if (better && i->config.higher_send_advert && !i->listening)
		advertise(i, now);
	if (better)
		yield(i, p, FOLLOWS_HIGHER, now);
	else if (held_up)
		yield(i, p, FOLLOWS_NO_PREEMPT, now);
	else
		master_hears_lower(i, now);
}

static void count_stall(struct vrrp_counters *c, usec_t stall)
{
	c->stalls++;
	c->stalled += stall;
	if (stall > c->longest_stall)
		c->longest_stall = stall;
}

/*
 * A master that was held up for so long that its peers have given it up listens for one interval
 * before it says again that it is the master: the other one, if there is one, will be heard.
 */
static void check_stall(struct vrrp_fsm *i, usec_t now)
{
	/* One that hands over is silent on purpose, until it would say so again. */
	usec_t from = i->handing ? i->at[VRRP_TIMER_ADVERT] : i->spoke, silent = now - from;

	if (i->state != VRRP_MASTER || i->listening || now < from ||
	    silent <= vrrp_fsm_down_interval(&i->config, i->config.interval))
		return;
	count_stall(&i->counters, silent);
	i->listening = true;
	i->spoke = now;
	i->at[VRRP_TIMER_ADVERT] =
	    now + i->config.interval + vrrp_fsm_skew(&i->config, i->config.interval);
	remark(i, "was held up for %.3f s as master, listens before it speaks", seconds(silent));
}

void vrrp_fsm_receive(struct vrrp_fsm *i, const struct vrrp_packet *p, usec_t now)
{
	i->counters.received++;
	if (p->priority == VRRP_PRIORITY_STOP)
		i->counters.zero_received++;
	check_stall(i, now);
	switch (i->state) {
	case VRRP_BACKUP:
		backup_receive(i, p, now);
		break;
	case VRRP_MASTER:
		master_receive(i, p, now);
		break;
	case VRRP_INITIALIZE:
	case VRRP_FAULT:
		break;
	}
	rearm_all(i);
}

/* ------------------------------------------------------------------- timer */

static void master_timer(struct vrrp_fsm *i, usec_t now)
{
	check_stall(i, now);
	if (expired(i, VRRP_TIMER_ADVERT, now)) {
		usec_t next = i->at[VRRP_TIMER_ADVERT] + i->config.interval;

		if (i->handing) {
			offer_again(i, now);
			return;
		}
		speak(i, now);
		/* Keep the beat, unless it is lost. */
		if (next > now)
			i->at[VRRP_TIMER_ADVERT] = next;
	}
	if (!i->listening)
		announce_due(i, now);
}

/*
 * When the timer is late by an interval of the master's, this process was held up, and with it
 * perhaps the machine: what the master sent meanwhile is lost, or has not come up from the network
 * card yet, because interrupts were held up too.  Then one more of its intervals decides.  Less
 * is no matter of the machine: a real-time process is woken within a millisecond or two.
 */
static bool backup_was_held_up(struct vrrp_fsm *i, usec_t now)
{
	usec_t late = now - i->at[VRRP_TIMER_DOWN];

	if (i->listening || late <= active_interval(i) || is_owner(i))
		return false;
	count_stall(&i->counters, late);
	i->listening = true;
	i->at[VRRP_TIMER_DOWN] =
	    now + active_interval(i) + vrrp_fsm_skew(&i->config, active_interval(i));
	remark(i, "was held up for %.3f s, listens before it speaks", seconds(late));
	return true;
}

static void backup_timer(struct vrrp_fsm *i, usec_t now)
{
	if (expired(i, VRRP_TIMER_PREEMPT, now)) {
		i->at[VRRP_TIMER_PREEMPT] = USEC_NEVER;
		i->preempt_due = true;
		want_master(i, now);
	} else if (expired(i, VRRP_TIMER_DOWN, now) && !backup_was_held_up(i, now)) {
		want_master(i, now);
	}
}

void vrrp_fsm_timer(struct vrrp_fsm *i, usec_t now)
{
	i->armed = USEC_NEVER;
	switch (i->state) {
	case VRRP_BACKUP:
		backup_timer(i, now);
		break;
	case VRRP_MASTER:
		master_timer(i, now);
		break;
	case VRRP_INITIALIZE:
	case VRRP_FAULT:
		break;
	}
	rearm_all(i);
}

/* ----------------------------------------------------------- configuration */

static bool same_addresses(const struct vrrp_config *a, const struct vrrp_config *b)
{
	if (a->naddresses != b->naddresses)
		return false;
	for (unsigned k = 0; k < a->naddresses; k++)
		if (!addr_equal(&a->addresses[k], &b->addresses[k]))
			return false;
	return true;
}

static void configure_backup(struct vrrp_fsm *i, const struct vrrp_config *old, usec_t now)
{
	const struct vrrp_config *c = &i->config;
	bool right = c->priority != old->priority || c->preempt != old->preempt ||
		     c->preempt_delay != old->preempt_delay;

	if (!c->preempt || !c->preempt_delay)
		i->at[VRRP_TIMER_PREEMPT] = USEC_NEVER;
	if (i->wants) {
		/* Waits for its group: not longer because of a change that has nothing to do with it. */
		if (!right)
			return;
		i->preempt_due = false;
		i->at[VRRP_TIMER_PREEMPT] =
		    USEC_NEVER; /* the delay is that of now, from the next lower master on */
		restart_down(i, now);
	} else if (c->interval != old->interval) {
		restart_down(i, now);
	} else if (c->priority != old->priority) {
		restart_down(i, i->heard);
	}
}

/* What a master does again and again goes on as it is, unless the interval is another one. */
static void configure_round(
    struct vrrp_fsm *i, enum vrrp_timer timer, usec_t old, usec_t interval, usec_t now)
{
	if (!interval)
		i->at[timer] = USEC_NEVER;
	else if (interval != old)
		i->at[timer] = now + interval;
}

void vrrp_fsm_configure(struct vrrp_fsm *i, const struct vrrp_config *c, usec_t now)
{
	struct vrrp_config old = i->config;
	bool news =
	    c->priority != old.priority || c->interval != old.interval || !same_addresses(c, &old);

	i->config = *c;
	switch (i->state) {
	case VRRP_MASTER:
		i->master_priority = c->priority;
		if (news && !i->listening && !i->handing)
			speak(i, now);
		configure_round(i, VRRP_TIMER_REFRESH, old.garp_refresh, c->garp_refresh, now);
		configure_round(i, VRRP_TIMER_EXTRA, old.garp_extra, c->garp_extra, now);
		break;
	case VRRP_BACKUP:
		configure_backup(i, &old, now);
		if (c->priority != old.priority && is_owner(i))
			elect_owner(i, now);
		break;
	case VRRP_INITIALIZE:
	case VRRP_FAULT:
		break;
	}
	rearm_all(i);
}

void vrrp_fsm_announce(struct vrrp_fsm *i, usec_t now)
{
	if (i->state != VRRP_MASTER || i->listening)
		return;
	announce_set(i, i->config.garp_repeat, now);
	rearm_all(i);
}
