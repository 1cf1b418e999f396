/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VRRP state machine: what it does and says in each state, and what
 * keepalived adds.  That the tables and timers of the RFCs hold, from packets
 * on, is tested in test_vrrp_conformance.c.
 * One instance (or one group) alone; its outputs are recorded as text:
 *
 *   a100  advertisement of priority 100      +  addresses added
 *   G     one announcement of the addresses  -  addresses removed
 *   E     one where no advertisements come from
 *   >3    state changed to 3 (enum vrrp_state), after the actions
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/vrrp/fsm.h"
#include "tests/unit/unit.h"

#define SEC USEC_PER_SEC
#define T0 (1000 * SEC) /* the time at which everything starts */

static char did[4096];
static usec_t now;

__attribute__((format(printf, 1, 2))) static void record(const char *fmt, ...)
{
	size_t used = strlen(did);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(did + used, sizeof(did) - used, fmt, ap);
	va_end(ap);
}

/* In a group, which one: its name's first letter. */
static void who(const struct vrrp_fsm *i)
{
	if (i->group)
		record("%c:", i->config.name[0]);
}

static void out_advert(struct vrrp_fsm *i, uint8_t priority)
{
	who(i);
	record("a%u ", priority);
}

static void out_add(struct vrrp_fsm *i)
{
	who(i);
	record("+ ");
}

static void out_remove(struct vrrp_fsm *i)
{
	who(i);
	record("- ");
}

static void out_announce(struct vrrp_fsm *i)
{
	who(i);
	record("G ");
}

static void out_announce_extra(struct vrrp_fsm *i)
{
	who(i);
	record("E ");
}

static void out_timer(struct vrrp_fsm *i, usec_t at)
{
	*(usec_t *)i->user = at;
}

static void out_changed(struct vrrp_fsm *i, enum vrrp_state old)
{
	ck_assert_int_ne(i->state, old);
	who(i);
	record(">%d ", i->state);
}

static void out_updated(struct vrrp_fsm *i)
{
	ck_assert_uint_gt(strlen(i->reason), 0);
}

/* Who else said to be master, how often, and which won the last time. */
static struct {
	unsigned heard;
	bool yields;
	uint8_t priority;
} second;

static void out_second_master(
    struct vrrp_fsm *i, const struct vrrp_packet *p, bool yields, usec_t when)
{
	ck_assert_uint_eq(when, now);
	ck_assert_int_eq(i->state, VRRP_MASTER); /* it is told before it yields */
	second.heard++;
	second.yields = yields;
	second.priority = p->priority;
}

static const struct vrrp_outputs outputs = {out_advert, out_add, out_remove, out_announce,
    out_announce_extra, out_timer, out_changed, out_updated, out_second_master};

/* What was recorded since the last question. */
static const char *done(void)
{
	static char buf[sizeof(did)];

	memcpy(buf, did, sizeof(did));
	did[0] = '\0';
	return buf;
}

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

static struct vrrp_config config(uint8_t version, uint8_t priority, usec_t interval)
{
	static struct addr vip;
	struct vrrp_config c = {.name = "vi",
	    .family = ADDR_IPV4,
	    .version = version,
	    .vrid = 1,
	    .priority = priority,
	    .interval = interval,
	    .preempt = true,
	    .garp_repeat = 1,
	    .garp_lower_repeat = 1,
	    .garp_lower_delay = 5 * SEC,
	    .garp_refresh_repeat = 1,
	    .addresses = &vip,
	    .naddresses = 1};

	vip = address("10.0.0.100");
	return c;
}

struct one {
	struct vrrp_fsm i;
	usec_t timer;
};

static void make(struct one *o, const struct vrrp_config *c, const char *primary)
{
	now = T0;
	o->timer = USEC_NEVER;
	vrrp_fsm_init(&o->i, c, &outputs, &o->timer);
	o->i.primary = address(primary);
}

/* A started instance; 10.0.0.2 is its own address. */
static void started(struct one *o, const struct vrrp_config *c)
{
	make(o, c, "10.0.0.2");
	vrrp_fsm_start(&o->i, now, false);
}

static void at(struct one *o, usec_t t)
{
	now = t;
	if (o->timer <= now)
		o->timer = USEC_NEVER; /* one shot */
	vrrp_fsm_timer(&o->i, now);
}

/* The timer fires when it said it wants to. */
static void fire(struct one *o)
{
	ck_assert_uint_ne(o->timer, USEC_NEVER);
	at(o, o->timer);
}

static void hear(struct one *o, usec_t t, const char *from, uint8_t priority, usec_t interval)
{
	struct vrrp_packet p = {.version = o->i.config.version,
	    .vrid = 1,
	    .priority = priority,
	    .interval = interval,
	    .source = address(from)};

	now = t;
	vrrp_fsm_receive(&o->i, &p, now);
}

static void master(struct one *o, const struct vrrp_config *c)
{
	started(o, c);
	fire(o);
	ck_assert_int_eq(o->i.state, VRRP_MASTER);
	done();
}

/* --------------------------------------------------------------- initialize */

START_TEST(test_start_owner)
{
	struct vrrp_config c = config(3, 255, SEC);
	struct one o;

	make(&o, &c, "10.0.0.2");
	ck_assert_int_eq(o.i.state, VRRP_INITIALIZE);
	vrrp_fsm_start(&o.i, now, false);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_str_eq(done(), "a255 + G >3 ");
	ck_assert_uint_eq(o.timer, T0 + SEC);
	ck_assert_str_eq(o.i.reason, "address owner (priority 255)");
	ck_assert_int_eq(o.i.master_reason, MASTER_REASON_PRIORITY);
}
END_TEST

START_TEST(test_start_backup)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	started(&o, &c);
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
	/* what an earlier process left is removed */
	ck_assert_str_eq(done(), "- >2 ");
	ck_assert_uint_eq(o.timer, T0 + 3609375);
	ck_assert_str_eq(o.i.reason, "started; listens for 3.609 s");
	ck_assert_int_eq(o.i.master_reason, MASTER_REASON_NONE);
	ck_assert_uint_eq(o.i.since, T0);
}
END_TEST

START_TEST(test_start_resume)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	make(&o, &c, "10.0.0.2");
	vrrp_fsm_start(&o.i, now, true);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_str_eq(done(), "a100 + G >3 ");
	ck_assert_uint_eq(o.timer, T0 + SEC);
}
END_TEST

START_TEST(test_before_start)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	make(&o, &c, "10.0.0.2");
	hear(&o, T0, "10.0.0.3", 0, SEC);
	vrrp_fsm_timer(&o.i, T0 + 100 * SEC);
	vrrp_fsm_stop(&o.i, T0, "never ran");
	ck_assert_int_eq(o.i.state, VRRP_INITIALIZE);
	ck_assert_str_eq(done(), "");
	ck_assert_uint_eq(o.timer, USEC_NEVER);
}
END_TEST

/* ------------------------------------------------------------------- backup */

START_TEST(test_backup_timer)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	started(&o, &c);
	done();
	at(&o, T0 + 3609374);
	ck_assert_str_eq(done(), "");
	at(&o, T0 + 3609375);
	ck_assert_str_eq(done(), "a100 + G >3 ");
	ck_assert_str_eq(o.i.reason, "no advertisement from anybody for 3.609 s");
	ck_assert_int_eq(o.i.master_reason, MASTER_REASON_NO_RESPONSE);
	ck_assert_uint_eq(o.timer, T0 + 3609375 + SEC);
	ck_assert_uint_eq(o.i.counters.became_master, 1);
	ck_assert(addr_equal(&o.i.master, &o.i.primary));
}
END_TEST

START_TEST(test_backup_master_dies)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 150, SEC);
	ck_assert_str_eq(o.i.reason, "10.0.0.3 is master with priority 150, ours is 100");
	ck_assert_uint_eq(o.timer, T0 + SEC + 3609375);
	hear(&o, T0 + 2 * SEC, "10.0.0.3", 150, SEC);
	ck_assert_uint_eq(o.timer, T0 + 2 * SEC + 3609375);
	fire(&o);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_str_eq(o.i.reason, "no advertisement from 10.0.0.3 for 3.609 s");
}
END_TEST

/* Priority 0: the timer becomes the skew, v2 and v3. */
START_TEST(test_backup_zero)
{
	struct vrrp_config c2 = config(2, 200, 2 * SEC), c3 = config(3, 200, 2 * SEC);
	struct one o;

	started(&o, &c2);
	hear(&o, T0 + SEC, "10.0.0.3", 0, 2 * SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 218750); /* 56/256 s */
	fire(&o);
	ck_assert_str_eq(o.i.reason, "10.0.0.3 resigned (priority 0)");
	ck_assert_int_eq(o.i.master_reason, MASTER_REASON_PRIORITY);

	started(&o, &c3);
	hear(&o, T0 + SEC, "10.0.0.3", 0, 2 * SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 437500); /* 56/256 of 2 s */
	/* with the learned interval, not with that of the last packet */
	hear(&o, T0 + 2 * SEC, "10.0.0.3", 201, 4 * SEC);
	hear(&o, T0 + 3 * SEC, "10.0.0.3", 0, 10 * SEC);
	ck_assert_uint_eq(o.timer, T0 + 3 * SEC + 875000);
	ck_assert_uint_eq(o.i.counters.zero_received, 2);
}
END_TEST

/* Equal priority restarts the timer whatever the addresses are. */
START_TEST(test_backup_equal)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.1", 100, SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 3609375);
	hear(&o, T0 + 2 * SEC, "10.0.0.3", 100, SEC);
	ck_assert_uint_eq(o.timer, T0 + 2 * SEC + 3609375);
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
}
END_TEST

START_TEST(test_backup_learns_interval)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 200, 3 * SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 10828125);
	fire(&o);
	/* its own advertisements keep its own interval */
	ck_assert_uint_eq(o.timer, now + SEC);
	/* and what was learned is forgotten */
	ck_assert_uint_eq(vrrp_fsm_current_down(&o.i), 3609375);
}
END_TEST

START_TEST(test_backup_lower_preempts)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 99, 3 * SEC);
	hear(&o, T0 + 2 * SEC, "10.0.0.3", 99, 3 * SEC);
	ck_assert_uint_eq(o.timer, T0 + 3609375); /* untouched, nothing learned */
	ck_assert_str_eq(o.i.reason,
	    "10.0.0.3 is master; its priority 99 is lower than 100 and will be preempted");
	fire(&o);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_str_eq(o.i.reason, "preempts 10.0.0.3, whose priority 99 is lower than 100");
	ck_assert_int_eq(o.i.master_reason, MASTER_REASON_PREEMPTED);
}
END_TEST

START_TEST(test_backup_nopreempt)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	c.preempt = false;
	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 99, 3 * SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 10828125);
	ck_assert_str_eq(o.i.reason,
	    "10.0.0.3 is master; its priority 99 is lower than 100, but nopreempt is set");
	fire(&o); /* it dies */
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
}
END_TEST

START_TEST(test_preempt_delay)
{
	struct vrrp_config c = config(2, 128, SEC);
	struct one o;

	/* keepalived.conf(5): 3.5 s without a delay, 5.5 s with 2 s */
	c.preempt_delay = 2 * SEC;
	started(&o, &c);
	for (usec_t t = T0 + SEC / 2; t < T0 + 5500000; t += SEC) {
		hear(&o, t, "10.0.0.3", 100, SEC);
		ck_assert_int_eq(o.i.state, VRRP_BACKUP);
		if (o.timer <= t + SEC)
			break;
	}
	ck_assert_uint_eq(o.timer, T0 + 5500000);
	fire(&o);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_str_eq(
	    o.i.reason, "preempts 10.0.0.3, whose priority 100 is lower, after a delay of 2.000 s");
	ck_assert_int_eq(o.i.master_reason, MASTER_REASON_PREEMPTED);
}
END_TEST

/* A stall does not use the delay up. */
START_TEST(test_preempt_delay_stall)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	c.preempt_delay = 10 * SEC;
	started(&o, &c);
	hear(&o, T0 + 20 * SEC, "10.0.0.3", 50, SEC);
	ck_assert_uint_eq(o.i.at[VRRP_TIMER_PREEMPT], T0 + 30 * SEC);
	done();
}
END_TEST

START_TEST(test_preempt_delay_master_dies)
{
	struct vrrp_config c = config(2, 128, SEC);
	struct one o;

	c.preempt_delay = 300 * SEC;
	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 100, SEC);
	ck_assert_uint_eq(o.timer, T0 + 4500000); /* its silence is not delayed */
	fire(&o);
	ck_assert_str_eq(o.i.reason, "no advertisement from 10.0.0.3 for 3.500 s");
	ck_assert_int_eq(o.i.master_reason, MASTER_REASON_NO_RESPONSE);
	/* A better master in between ends the delay; it begins anew. */
	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 100, SEC);
	hear(&o, T0 + 2 * SEC, "10.0.0.4", 200, SEC);
	ck_assert_uint_eq(o.i.at[VRRP_TIMER_PREEMPT], USEC_NEVER);
	hear(&o, T0 + 3 * SEC, "10.0.0.3", 100, SEC);
	ck_assert_uint_eq(o.i.at[VRRP_TIMER_PREEMPT], T0 + 2 * SEC + 3500000 + 300 * SEC);
}
END_TEST

START_TEST(test_backup_stop)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	started(&o, &c);
	done();
	vrrp_fsm_stop(&o.i, now, "shut down");
	ck_assert_str_eq(done(), "- >1 ");
	ck_assert_uint_eq(o.timer, USEC_NEVER);
	ck_assert_str_eq(o.i.reason, "shut down");
}
END_TEST

/* ------------------------------------------------------------------- master */

START_TEST(test_master_advertises)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;
	usec_t began;

	master(&o, &c);
	began = now;
	for (unsigned k = 1; k <= 5; k++) {
		ck_assert_uint_eq(o.timer, began + k * SEC);
		at(&o, o.timer + 700); /* late, but the beat stays */
		ck_assert_str_eq(done(), "a100 ");
	}
}
END_TEST

START_TEST(test_master_stop)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	master(&o, &c);
	vrrp_fsm_stop(&o.i, now, "shut down");
	ck_assert_str_eq(done(), "a0 - >1 ");
	ck_assert_uint_eq(o.timer, USEC_NEVER);
}
END_TEST

START_TEST(test_master_zero)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;
	usec_t t;

	master(&o, &c);
	t = now + 300000;
	hear(&o, t, "10.0.0.3", 0, SEC);
	ck_assert_str_eq(done(), "a100 ");
	ck_assert_uint_eq(o.timer, t + SEC);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
}
END_TEST

START_TEST(test_master_higher)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;
	usec_t t;

	c.preempt = false; /* does not matter here */
	master(&o, &c);
	t = now + 300000;
	hear(&o, t, "10.0.0.1", 101, 2 * SEC);
	ck_assert_str_eq(done(), "- >2 ");
	ck_assert_uint_eq(o.timer, t + 3 * 2 * SEC + 156 * 2 * SEC / 256);
	ck_assert_str_eq(o.i.reason, "10.0.0.1 has the higher priority 101, ours is 100");
	ck_assert_uint_eq(o.i.master_priority, 101);
}
END_TEST

START_TEST(test_master_equal)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	master(&o, &c);
	hear(&o, now, "10.0.0.1", 100, SEC); /* lower address: we stay, and say so */
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_str_eq(done(), "a100 G ");
	hear(&o, now, "10.0.0.2", 100, SEC); /* our own address at somebody else */
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	done();
	hear(&o, now, "10.0.0.128", 100, SEC); /* unsigned comparison */
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
	ck_assert_str_eq(done(), "- >2 ");
	ck_assert_str_eq(o.i.reason, "10.0.0.128 has the same priority 100 and the higher address");
}
END_TEST

/* RFC 9568 section 6.4.3, and keepalived in both versions: an advertisement at once. */
START_TEST(test_master_lower)
{
	struct vrrp_config c = config(2 + (uint8_t)_i, 100, SEC);
	struct one o;
	usec_t due;

	master(&o, &c);
	due = o.timer;
	hear(&o, now + 100000, "10.0.0.200", 99, SEC);
	ck_assert_str_eq(done(), "a100 G ");
	ck_assert_uint_eq(o.timer, due); /* the timer is not touched */
	/* Again and again: an advertisement each time, but not a flood of announcements. */
	hear(&o, now + 100000, "10.0.0.200", 99, SEC);
	ck_assert_str_eq(done(), "a100 ");
	ck_assert_uint_eq(o.i.counters.lower_received, 2);
	while (o.timer < T0 + 3609375 + 100000 + 5 * SEC)
		fire(&o);
	ck_assert_str_eq(done(), "a100 a100 a100 a100 a100 ");
	fire(&o); /* garp_lower_prio_delay */
	ck_assert_str_eq(done(), "G ");
	hear(&o, now, "10.0.0.200", 99, SEC);
	ck_assert_str_eq(done(), "a100 G ");
}
END_TEST

START_TEST(test_owner_duplicate)
{
	struct vrrp_config c = config(3, 255, SEC);
	struct one o;

	started(&o, &c);
	done();
	hear(&o, now, "10.0.0.1", 255, SEC); /* they elect by address (erratum 8298) */
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	hear(&o, now, "10.0.0.3", 255, SEC);
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
	ck_assert_uint_eq(o.timer, now + 3003906);
	/* and it stays so */
	hear(&o, now + SEC, "10.0.0.3", 255, SEC);
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
	/* an owner preempts, whatever is configured */
	c.preempt = false;
	c.preempt_delay = 100 * SEC;
	vrrp_fsm_configure(&o.i, &c, now);
	hear(&o, now + SEC, "10.0.0.3", 254, SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 3003906);
}
END_TEST

/* ------------------------------------------------------------ announcements */

START_TEST(test_announcements)
{
	struct vrrp_config c = config(3, 100, 100 * SEC);
	struct one o;
	usec_t began;

	c.garp_repeat = 5;
	c.garp_delay = 5 * SEC;
	started(&o, &c);
	done();
	fire(&o);
	began = now;
	ck_assert_str_eq(done(), "a100 + G >3 ");
	for (unsigned k = 1; k < 5; k++) {
		ck_assert_uint_eq(o.timer, began + k * VRRP_ANNOUNCE_SPACING);
		fire(&o);
		ck_assert_str_eq(done(), "G ");
	}
	for (unsigned k = 0; k < 5; k++) {
		ck_assert_uint_eq(o.timer, began + 5 * SEC + k * VRRP_ANNOUNCE_SPACING);
		fire(&o);
		ck_assert_str_eq(done(), "G ");
	}
	ck_assert_uint_eq(o.timer, began + 100 * SEC);
}
END_TEST

START_TEST(test_announce_refresh)
{
	struct vrrp_config c = config(3, 100, 40 * SEC);
	struct one o;
	usec_t began;

	c.garp_refresh = 10 * SEC;
	c.garp_refresh_repeat = 2;
	master(&o, &c);
	began = now;
	for (unsigned k = 1; k <= 3; k++) {
		ck_assert_uint_eq(o.timer, began + k * 10 * SEC);
		fire(&o);
		ck_assert_uint_eq(o.timer, began + k * 10 * SEC + VRRP_ANNOUNCE_SPACING);
		fire(&o);
		ck_assert_str_eq(done(), "G G ");
	}
	vrrp_fsm_announce(&o.i, now);
	ck_assert_str_eq(done(), "G ");
}
END_TEST

/* keepalived's garp_extra_if: the rounds begin with the takeover, and end with the state. */
START_TEST(test_announce_extra)
{
	struct vrrp_config c = config(3, 100, 40 * SEC);
	struct one o;
	usec_t began;

	c.garp_extra = 7 * SEC;
	master(&o, &c);
	began = now;
	for (unsigned k = 1; k <= 2; k++) {
		ck_assert_uint_eq(o.timer, began + k * 7 * SEC);
		fire(&o);
		ck_assert_str_eq(done(), "E ");
	}
	vrrp_fsm_configure(&o.i, &c, now + SEC); /* nothing new: the round goes on */
	ck_assert_uint_eq(o.timer, began + 21 * SEC);
	c.garp_extra = 9 * SEC;
	vrrp_fsm_configure(&o.i, &c, now + SEC);
	ck_assert_uint_eq(o.timer, began + 24 * SEC);
	c.garp_extra = 0;
	vrrp_fsm_configure(&o.i, &c, now + SEC);
	ck_assert_uint_eq(o.timer, began + 40 * SEC); /* the next advertisement */
	c.garp_extra = 3 * SEC;
	vrrp_fsm_configure(&o.i, &c, now + SEC);
	hear(&o, now + SEC, "10.0.0.9", 200, SEC);
	done();
	hear(&o, now + 2 * SEC, "10.0.0.9", 200, SEC);
	at(&o, now + SEC);
	ck_assert_str_eq(done(), "");
}
END_TEST

/* The delay is over, though the timer has not come: what a lower priority says does not count any more. */
START_TEST(test_preempt_delay_over)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	c.preempt_delay = 2 * SEC;
	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 99, SEC); /* 2.609375 + 2 s more */
	hear(&o, T0 + 6 * SEC, "10.0.0.4", 98, SEC / 10);
	hear(&o, T0 + 6 * SEC, "10.0.0.3", 0, SEC);
	ck_assert_uint_eq(o.timer, T0 + 6 * SEC + 609375); /* of the interval that it followed */
}
END_TEST

/* keepalived's lower_prio_no_advert (RFC 5798): the advertisement is not answered, the announcement is made. */
START_TEST(test_master_lower_no_advert)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;
	usec_t due;

	c.lower_no_advert = true;
	master(&o, &c);
	due = o.timer;
	hear(&o, now + SEC / 2, "10.0.0.3", 99, SEC);
	ck_assert_str_eq(done(), "G ");
	ck_assert_uint_eq(o.i.counters.lower_received, 1);
	ck_assert_uint_eq(o.timer, due);
	hear(&o, now, "10.0.0.3", 0, SEC);
	ck_assert_str_eq(done(), "a100 "); /* a resignation always is */
}
END_TEST

/* keepalived's higher_prio_send_advert: the other one hears that there were two, and announces again. */
START_TEST(test_master_higher_send_advert)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	c.higher_send_advert = true;
	master(&o, &c);
	hear(&o, now + SEC / 2, "10.0.0.3", 101, SEC);
	ck_assert_str_eq(done(), "a100 - >2 ");
}
END_TEST

START_TEST(test_announce_lower_settings)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	c.garp_lower_repeat = 0;
	master(&o, &c);
	hear(&o, now, "10.0.0.1", 1, SEC);
	ck_assert_str_eq(done(), "a100 ");
	c.garp_lower_repeat = 2;
	c.garp_lower_delay = 0; /* each time, at once */
	vrrp_fsm_configure(&o.i, &c, now);
	hear(&o, now, "10.0.0.1", 1, SEC);
	ck_assert_str_eq(done(), "a100 G ");
	fire(&o);
	ck_assert_str_eq(done(), "G ");
	hear(&o, now, "10.0.0.1", 1, SEC);
	ck_assert_str_eq(done(), "a100 G ");
}
END_TEST

START_TEST(test_announcements_stop)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	c.garp_repeat = 5;
	c.garp_delay = 5 * SEC;
	master(&o, &c);
	hear(&o, now + 1, "10.0.0.9", 200, SEC);
	done();
	hear(&o, now + SEC, "10.0.0.9", 200, SEC);
	at(&o, now + SEC);
	ck_assert_str_eq(done(), "");
}
END_TEST

/* -------------------------------------------------------------------- fault */

START_TEST(test_fault)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	master(&o, &c);
	vrrp_fsm_faults(&o.i, VRRP_FAULT_NO_CARRIER, now);
	ck_assert_int_eq(o.i.state, VRRP_FAULT);
	ck_assert_str_eq(done(), "a0 - >4 ");
	ck_assert_uint_eq(o.timer, USEC_NEVER);
	ck_assert_str_eq(o.i.reason, "the interface has no carrier");
	/* a second one: no transition, but the reason says so */
	vrrp_fsm_faults(&o.i, VRRP_FAULT_NO_CARRIER | VRRP_FAULT_DOWN, now);
	ck_assert_str_eq(done(), "");
	ck_assert_str_eq(o.i.reason, "the interface is down, the interface has no carrier");
	hear(&o, now, "10.0.0.3", 0, SEC);
	at(&o, now + 10 * SEC);
	ck_assert_str_eq(done(), "");
	/* only when all are gone */
	vrrp_fsm_faults(&o.i, VRRP_FAULT_NO_CARRIER, now);
	ck_assert_int_eq(o.i.state, VRRP_FAULT);
	vrrp_fsm_faults(&o.i, 0, now);
	ck_assert_str_eq(done(), "- >2 ");
	ck_assert_str_eq(o.i.reason, "the fault is over; listens for 3.609 s");
	ck_assert_uint_eq(o.timer, now + 3609375);
}
END_TEST

START_TEST(test_fault_at_start)
{
	struct vrrp_config c = config(3, 255, SEC);
	struct one o;

	make(&o, &c, "10.0.0.2");
	vrrp_fsm_faults(&o.i, VRRP_FAULT_NO_INTERFACE, now);
	ck_assert_int_eq(o.i.state, VRRP_INITIALIZE);
	vrrp_fsm_start(&o.i, now, true);
	ck_assert_str_eq(done(), "- >4 ");
	/* what it was before the process was started again does not count any more */
	vrrp_fsm_faults(&o.i, 0, now + SEC);
	ck_assert_str_eq(done(), "a255 + G >3 ");
	vrrp_fsm_faults(&o.i, VRRP_FAULT_DOWN, now + 2 * SEC);
	done();
	vrrp_fsm_stop(&o.i, now, "shut down");
	ck_assert_str_eq(done(), "- >1 ");
}
END_TEST

/* What is tracked is a fault like others, and its words are the reason, also in the group. */
START_TEST(test_fault_tracked)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	master(&o, &c);
	vrrp_fsm_tracked(&o.i, "", now);
	ck_assert_str_eq(done(), "");
	vrrp_fsm_tracked(&o.i, "track_interface eth1 is down", now);
	ck_assert_int_eq(o.i.state, VRRP_FAULT);
	ck_assert_str_eq(done(), "a0 - >4 ");
	ck_assert_str_eq(o.i.reason, "track_interface eth1 is down");
	/* the others come and go beside it */
	vrrp_fsm_faults(&o.i, VRRP_FAULT_DOWN, now);
	ck_assert_str_eq(o.i.reason, "the interface is down, track_interface eth1 is down");
	vrrp_fsm_tracked(&o.i, "track_interface eth2 is down", now);
	ck_assert_str_eq(o.i.reason, "the interface is down, track_interface eth2 is down");
	vrrp_fsm_faults(&o.i, 0, now);
	ck_assert_str_eq(o.i.reason, "track_interface eth2 is down");
	ck_assert_int_eq(o.i.state, VRRP_FAULT);
	vrrp_fsm_tracked(&o.i, "", now);
	ck_assert_str_eq(done(), "- >2 ");
	ck_assert_uint_eq(o.i.faults, 0);
}
END_TEST

START_TEST(test_fault_texts)
{
	char buf[VRRP_REASON_SIZE], small[10];

	ck_assert_str_eq(vrrp_faults_format(0, buf, sizeof(buf)), "");
	for (unsigned f = 1; f <= VRRP_FAULT_CONFIG; f <<= 1)
		ck_assert_uint_gt(strlen(vrrp_faults_format(f, buf, sizeof(buf))), 10);
	ck_assert_uint_eq(strlen(vrrp_faults_format(~0u, small, sizeof(small))), 9);
	vrrp_faults_format(~0u, buf, sizeof(buf));
	ck_assert_uint_lt(strlen(buf), sizeof(buf));
	ck_assert_str_eq(vrrp_faults_words(0, buf, sizeof(buf)), "");
	ck_assert_str_eq(
	    vrrp_faults_words(VRRP_FAULT_DOWN | VRRP_FAULT_NO_CARRIER, buf, sizeof(buf)),
	    "down noCarrier");
	ck_assert_uint_le(strlen(vrrp_faults_words(~0u, buf, sizeof(buf))), 100);
}
END_TEST

/* ------------------------------------------------------------ configuration */

START_TEST(test_configure_priority_backup)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 150, SEC);
	done();
	c.priority = 200;
	vrrp_fsm_configure(&o.i, &c, T0 + 1500000);
	ck_assert_uint_eq(o.timer, T0 + SEC + 3218750); /* from the last advertisement */
	hear(&o, T0 + 2 * SEC, "10.0.0.3", 150, SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 3218750); /* is now preempted */
	ck_assert_str_eq(done(), "");
	fire(&o);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
}
END_TEST

START_TEST(test_configure_priority_master)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;
	usec_t t;

	master(&o, &c);
	t = now + 300000;
	vrrp_fsm_configure(&o.i, &c, t); /* nothing new: nothing on the wire */
	ck_assert_str_eq(done(), "");
	c.priority = 50;
	vrrp_fsm_configure(&o.i, &c, t);
	ck_assert_str_eq(done(), "a50 ");
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_uint_eq(o.timer, t + SEC);
	c.interval = 3 * SEC;
	vrrp_fsm_configure(&o.i, &c, t);
	ck_assert_str_eq(done(), "a50 ");
	ck_assert_uint_eq(o.timer, t + 3 * SEC);
}
END_TEST

START_TEST(test_configure_addresses)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct addr two[2] = {address("10.0.0.100"), address("10.0.0.101")};
	struct one o;

	master(&o, &c);
	c.addresses = two;
	vrrp_fsm_configure(&o.i, &c, now); /* the same one */
	ck_assert_str_eq(done(), "");
	c.naddresses = 2;
	vrrp_fsm_configure(&o.i, &c, now);
	ck_assert_str_eq(done(), "a100 ");
}
END_TEST

START_TEST(test_configure_owner)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	started(&o, &c);
	hear(&o, T0, "10.0.0.3", 200, SEC);
	done();
	c.priority = 255;
	vrrp_fsm_configure(&o.i, &c, T0 + SEC);
	ck_assert_str_eq(done(), "a255 + G >3 ");
}
END_TEST

START_TEST(test_configure_preempt)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	c.preempt = false;
	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 50, SEC);
	c.preempt = true;
	vrrp_fsm_configure(&o.i, &c, T0 + SEC);
	hear(&o, T0 + 2 * SEC, "10.0.0.3", 50, SEC);
	ck_assert_uint_eq(o.timer, T0 + SEC + 3609375);
	c.preempt_delay = 10 * SEC;
	vrrp_fsm_configure(&o.i, &c, T0 + 2 * SEC);
	hear(&o, T0 + 3 * SEC, "10.0.0.3", 50, SEC);
	ck_assert_uint_eq(o.i.at[VRRP_TIMER_PREEMPT], T0 + SEC + 3609375 + 10 * SEC);
	c.preempt = false;
	vrrp_fsm_configure(&o.i, &c, T0 + 3 * SEC);
	ck_assert_uint_eq(o.i.at[VRRP_TIMER_PREEMPT], USEC_NEVER);
	ck_assert_uint_eq(o.timer, T0 + 3 * SEC + 3609375);
}
END_TEST

/* ------------------------------------------------------------------- stalls */

START_TEST(test_stall_master)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;
	usec_t t;

	master(&o, &c);
	t = now + 3609375;
	at(&o, t); /* as long as the peers wait: speaks at once */
	ck_assert_str_eq(done(), "a100 ");
	t += 3609376;
	at(&o, t); /* longer: listens */
	ck_assert_str_eq(done(), "");
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_str_eq(o.i.reason, "was held up for 3.609 s as master, listens before it speaks");
	ck_assert_uint_eq(o.i.counters.stalls, 1);
	ck_assert_uint_eq(o.i.counters.stalled, 3609376);
	ck_assert_uint_eq(o.i.counters.longest_stall, 3609376);
	ck_assert_uint_eq(o.timer, t + SEC + 609375);
	fire(&o); /* nobody there */
	ck_assert_str_eq(done(), "a100 G ");
	ck_assert_uint_eq(o.timer, t + SEC + 609375 + SEC);
	fire(&o);
	ck_assert_str_eq(done(), "a100 ");
}
END_TEST

/* Told with each advertisement of another master, before what follows; not of one that resigns. */
START_TEST(test_second_master)
{
	struct vrrp_config c = config(2 + (uint8_t)_i, 100, SEC);
	struct one o;

	memset(&second, 0, sizeof(second));
	started(&o, &c);
	hear(&o, T0 + SEC, "10.0.0.3", 50, SEC);
	ck_assert_uint_eq(second.heard, 0); /* a backup has a master */
	master(&o, &c);
	hear(&o, now + 100000, "10.0.0.3", 0, SEC);
	ck_assert_uint_eq(second.heard, 0);
	hear(&o, now + 100000, "10.0.0.3", 99, SEC);
	hear(&o, now + 100000, "10.0.0.3", 99, SEC);
	ck_assert_uint_eq(second.heard, 2);
	ck_assert(!second.yields);
	ck_assert_uint_eq(second.priority, 99);
	hear(&o, now + 100000, "10.0.0.1", 100, SEC); /* ours is the higher address */
	ck_assert_uint_eq(second.heard, 3);
	ck_assert(!second.yields);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	hear(&o, now + 100000, "10.0.0.200", 100, SEC);
	ck_assert_uint_eq(second.heard, 4);
	ck_assert(second.yields);
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
	hear(&o, now + 100000, "10.0.0.200", 100, SEC);
	ck_assert_uint_eq(second.heard, 4);
	master(&o, &c);
	hear(&o, now + 100000, "10.0.0.3", 101, SEC);
	ck_assert_uint_eq(second.heard, 5);
	ck_assert(second.yields);
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
	done();
}
END_TEST

START_TEST(test_stall_master_hears)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	/* a better one took over */
	master(&o, &c);
	hear(&o, now + 10 * SEC, "10.0.0.3", 150, SEC);
	ck_assert_str_eq(done(), "- >2 ");
	/* a lesser one did, and we preempt */
	master(&o, &c);
	hear(&o, now + 10 * SEC, "10.0.0.3", 50, SEC);
	ck_assert_str_eq(done(), "a100 G ");
	ck_assert_uint_eq(o.timer, now + SEC);
	/* a lesser one did, and we do not */
	c.preempt = false;
	master(&o, &c);
	at(&o, now + 10 * SEC);
	hear(&o, now + SEC / 2, "10.0.0.3", 50, SEC);
	ck_assert_str_eq(done(), "- >2 ");
	ck_assert_str_eq(o.i.reason,
	    "10.0.0.3 became master while this process was held up, and nopreempt is set");
	/* it resigned meanwhile */
	master(&o, &c);
	hear(&o, now + 10 * SEC, "10.0.0.3", 0, SEC);
	ck_assert_str_eq(done(), "a100 G ");
}
END_TEST

START_TEST(test_stall_backup)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;
	usec_t t;

	started(&o, &c);
	hear(&o, T0, "10.0.0.3", 150, SEC);
	done();
	t = T0 + 3609375 + SEC + 1;
	at(&o, t);
	ck_assert_str_eq(done(), "");
	ck_assert_str_eq(o.i.reason, "was held up for 1.000 s, listens before it speaks");
	ck_assert_uint_eq(o.timer, t + SEC + 609375);
	ck_assert_uint_eq(o.i.counters.stalls, 1);
	/* however late it is now */
	at(&o, t + 100 * SEC);
	ck_assert_str_eq(done(), "a100 + G >3 ");
	/* late, but not that late */
	started(&o, &c);
	done();
	at(&o, T0 + 3609375 + SEC);
	ck_assert_str_eq(done(), "a100 + G >3 ");
}
END_TEST

/* -------------------------------------------------------------- maintenance */

/* Addresses stay until the other one speaks: no gap. */
START_TEST(test_failover)
{
	struct vrrp_config c = config(3, 200, SEC);
	struct one o;
	usec_t t;

	master(&o, &c);
	t = now + 300000;
	vrrp_fsm_stand_aside(&o.i, t + 60 * SEC, t);
	ck_assert_str_eq(done(), "a0 ");
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_int_eq(vrrp_fsm_aside(&o.i, t), FAILOVER_HANDING_OVER);
	vrrp_fsm_stand_aside(&o.i, t + 60 * SEC, t); /* told twice */
	ck_assert_str_eq(done(), "");
	memset(&second, 0, sizeof(second));
	hear(&o, t + 600000, "10.0.0.3", 100, SEC);
	ck_assert_str_eq(done(), "- >2 ");
	ck_assert_uint_eq(second.heard, 0); /* it was asked for */
	ck_assert_str_eq(o.i.reason, "handed over to 10.0.0.3 for 59 s, as was asked");
	ck_assert_int_eq(vrrp_fsm_aside(&o.i, now), FAILOVER_ASIDE);
	/* the lower priority of the other one counts for nothing, until the time is over */
	for (unsigned k = 1; k < 59; k++)
		hear(&o, t + 600000 + k * SEC, "10.0.0.3", 100, SEC);
	ck_assert_str_eq(done(), "");
	ck_assert_uint_eq(o.timer, now + 3218750);
	hear(&o, t + 60 * SEC, "10.0.0.3", 100, SEC);
	ck_assert_int_eq(vrrp_fsm_aside(&o.i, now), FAILOVER_NONE);
	fire(&o);
	ck_assert_str_eq(done(), "a200 + G >3 ");
}
END_TEST

START_TEST(test_failover_nobody)
{
	struct vrrp_config c = config(2, 100, SEC);
	struct one o;

	master(&o, &c);
	vrrp_fsm_stand_aside(&o.i, now + 60 * SEC, now);
	fire(&o);
	ck_assert_str_eq(done(), "a0 a0 ");
	fire(&o);
	ck_assert_str_eq(done(), "a100 G ");
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
	ck_assert_uint_eq(o.i.counters.stalls, 0);
	ck_assert_str_eq(o.i.reason, "was to hand over, but nobody else took over");
	ck_assert_int_eq(vrrp_fsm_aside(&o.i, now), FAILOVER_NONE);
	ck_assert_uint_eq(o.timer, now + SEC);
	/* the other one dies later */
	vrrp_fsm_stand_aside(&o.i, now + 60 * SEC, now);
	hear(&o, now + SEC, "10.0.0.3", 50, SEC);
	done();
	fire(&o);
	ck_assert_str_eq(done(), "a100 + G >3 ");
	ck_assert_int_eq(vrrp_fsm_aside(&o.i, now), FAILOVER_NONE);
	/* it is told to stop it; it wins again */
	vrrp_fsm_stand_aside(&o.i, now + 60 * SEC, now);
	vrrp_fsm_stand_aside(&o.i, 0, now);
	ck_assert_str_eq(done(), "a0 a100 G ");
	hear(&o, now + SEC, "10.0.0.3", 50, SEC);
	ck_assert_str_eq(done(), "a100 G ");
}
END_TEST

/* A backup that was about to preempt hears the master once more, and then stays. */
START_TEST(test_failover_preempts)
{
	struct vrrp_config c = config(2, 128, SEC);
	struct one o;

	started(&o, &c);
	hear(&o, T0 + 3 * SEC, "10.0.0.3", 100, SEC);
	ck_assert_uint_eq(o.timer, T0 + 3500000);
	vrrp_fsm_stand_aside(&o.i, T0 + 60 * SEC, T0 + 3400000);
	ck_assert_uint_eq(o.timer, T0 + 3400000 + 3500000);
	/* told again, with nothing new heard: a master that died is replaced in time */
	vrrp_fsm_stand_aside(&o.i, T0 + 61 * SEC, T0 + 3900000);
	ck_assert_uint_eq(o.timer, T0 + 3400000 + 3500000);
	hear(&o, T0 + 4 * SEC, "10.0.0.3", 100, SEC);
	ck_assert_uint_eq(o.timer, T0 + 4 * SEC + 3500000);
	fire(&o);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
}
END_TEST

/* The same, with a delay of the preemption that ends meanwhile. */
START_TEST(test_failover_delay)
{
	struct vrrp_config c = config(2, 128, SEC);
	struct one o;

	c.preempt_delay = 2 * SEC;
	started(&o, &c);
	hear(&o, T0 + SEC / 2, "10.0.0.3", 100, SEC);
	vrrp_fsm_stand_aside(&o.i, T0 + 60 * SEC, T0 + SEC);
	for (usec_t t = T0 + 3 * SEC / 2; t < T0 + 30 * SEC; t += SEC) {
		hear(&o, t, "10.0.0.3", 100, SEC);
		ck_assert_int_eq(o.i.state, VRRP_BACKUP);
		ck_assert_uint_gt(o.timer, t + SEC);
	}
}
END_TEST

/* A shorter interval while it waits for another master is no stall. */
START_TEST(test_failover_interval)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	master(&o, &c);
	vrrp_fsm_stand_aside(&o.i, now + 60 * SEC, now);
	c.interval = SEC / 10;
	vrrp_fsm_configure(&o.i, &c, now);
	fire(&o);
	ck_assert_uint_eq(o.i.counters.stalls, 0);
	ck_assert_int_eq(o.i.state, VRRP_MASTER);
}
END_TEST

/* It was held up while it waited for another master, and is told not to hand over: it listens before it speaks. */
START_TEST(test_failover_held_up)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one o;

	master(&o, &c);
	vrrp_fsm_stand_aside(&o.i, now + 60 * SEC, now);
	done();
	now += 10 * SEC;
	vrrp_fsm_timer(&o.i, now);
	ck_assert_uint_eq(o.i.counters.stalls, 1);
	vrrp_fsm_stand_aside(&o.i, 0, now);
	ck_assert_str_eq(done(), "");
	ck_assert_int_eq(vrrp_fsm_aside(&o.i, now), FAILOVER_NONE);
	hear(&o, now + SEC / 2, "10.0.0.3", 200, SEC);
	ck_assert_int_eq(o.i.state, VRRP_BACKUP);
	ck_assert_ptr_null(strchr(done(), 'a'));
}
END_TEST

START_TEST(test_failover_backup)
{
	struct vrrp_config c = config(3, 200, SEC);
	struct one o;

	started(&o, &c);
	vrrp_fsm_stand_aside(&o.i, T0 + 60 * SEC, T0);
	hear(&o, T0 + SEC, "10.0.0.3", 100, SEC);
	ck_assert_uint_eq(o.timer, now + 3218750); /* follows, whatever its priority */
	ck_assert_str_eq(o.i.reason,
	    "10.0.0.3 is master with priority 100; this router stands aside, as was asked");
	vrrp_fsm_stand_aside(&o.i, 0, now);
	hear(&o, now + SEC, "10.0.0.3", 100, SEC);
	ck_assert_uint_eq(o.timer, now - SEC + 3218750);
	done();
}
END_TEST

/* ------------------------------------------------------------------- groups */

struct pair {
	struct vrrp_group g;
	struct one a, b;
};

static void make_pair(struct pair *p, uint8_t prio_a, uint8_t prio_b)
{
	struct vrrp_config c = config(3, prio_a, SEC);

	vrrp_group_init(&p->g, "g");
	strcpy(c.name, "a");
	make(&p->a, &c, "10.0.0.2");
	strcpy(c.name, "b");
	c.priority = prio_b;
	make(&p->b, &c, "10.0.1.2");
	vrrp_fsm_join(&p->a.i, &p->g, now);
	vrrp_fsm_join(&p->b.i, &p->g, now);
}

static void start_pair(struct pair *p, bool resume_a, bool resume_b)
{
	vrrp_fsm_start(&p->a.i, now, resume_a);
	ck_assert_str_eq(done(), ""); /* not before all are there */
	vrrp_fsm_start(&p->b.i, now, resume_b);
}

static void master_pair(struct pair *p)
{
	make_pair(p, 100, 100);
	start_pair(p, true, true);
	ck_assert_str_eq(done(), "a:a100 a:+ a:G a:>3 b:a100 b:+ b:G b:>3 ");
}

START_TEST(test_group_start)
{
	struct pair p;

	make_pair(&p, 200, 100);
	start_pair(&p, true, false); /* one was not master lately: no resuming */
	ck_assert_str_eq(done(), "a:- a:>2 b:- b:>2 ");
	ck_assert_uint_eq(p.a.timer, T0 + 3218750);
	ck_assert_uint_eq(p.b.timer, T0 + 3609375);
	fire(&p.a); /* would, but b does not yet */
	ck_assert_str_eq(done(), "");
	ck_assert_str_eq(
	    p.a.i.reason, "no advertisement from anybody for 3.219 s; waits for its group g");
	fire(&p.b);
	ck_assert_str_eq(done(), "a:a200 a:+ a:G a:>3 b:a100 b:+ b:G b:>3 ");
	ck_assert_uint_eq(p.a.timer, now + SEC);
	ck_assert_uint_eq(p.b.timer, now + SEC);
}
END_TEST

/* One hears a master, the other does not: the group does not flap. */
START_TEST(test_group_no_flap)
{
	struct pair p;

	make_pair(&p, 100, 100);
	start_pair(&p, false, false);
	done();
	for (unsigned k = 1; k < 20; k++) {
		hear(&p.b, T0 + k * SEC, "10.0.1.3", 150, SEC);
		while (p.a.timer <= now)
			at(&p.a, now);
	}
	ck_assert_str_eq(done(), "");
	/* the other one is heard again: it does not want any more */
	hear(&p.a, now, "10.0.0.3", 150, SEC);
	hear(&p.b, now, "10.0.1.3", 0, SEC);
	fire(&p.b);
	ck_assert_str_eq(done(), "");
	fire(&p.a);
	ck_assert_int_eq(p.b.i.state, VRRP_MASTER);
}
END_TEST

START_TEST(test_group_yield)
{
	struct pair p;

	master_pair(&p);
	hear(&p.a, now + 1000, "10.0.0.3", 101, SEC);
	/* b's peers need not wait for its silence */
	ck_assert_str_eq(done(), "a:- a:>2 b:a0 b:- b:>2 ");
	ck_assert_str_eq(
	    p.b.i.reason, "synchronized with a: 10.0.0.3 has the higher priority 101, ours is 100");
	ck_assert_uint_eq(p.b.timer, now + 3609375);
}
END_TEST

START_TEST(test_group_fault)
{
	struct pair p;

	master_pair(&p);
	vrrp_fsm_faults(&p.b.i, VRRP_FAULT_DOWN, now);
	ck_assert_str_eq(done(), "a:a0 a:- a:>4 b:a0 b:- b:>4 ");
	ck_assert_str_eq(p.a.i.reason, "synchronized with b: the interface is down");
	ck_assert_str_eq(p.b.i.reason, "the interface is down");
	ck_assert_uint_eq(p.a.timer, USEC_NEVER);
	vrrp_fsm_faults(&p.a.i, VRRP_FAULT_NO_CARRIER, now);
	vrrp_fsm_faults(&p.b.i, 0, now);
	ck_assert_str_eq(done(), "");
	ck_assert_str_eq(p.b.i.reason, "synchronized with a: the interface has no carrier");
	vrrp_fsm_faults(&p.a.i, 0, now);
	ck_assert_str_eq(done(), "a:- a:>2 b:- b:>2 ");
}
END_TEST

START_TEST(test_group_owner)
{
	struct pair p;

	make_pair(&p, 255, 255);
	start_pair(&p, false, false);
	ck_assert_int_eq(p.a.i.state, VRRP_MASTER);
	ck_assert_int_eq(p.b.i.state, VRRP_MASTER);
	done();
	/* one owner alone does not decide */
	make_pair(&p, 255, 100);
	start_pair(&p, false, false);
	fire(&p.a);
	ck_assert_int_eq(p.a.i.state, VRRP_BACKUP);
	fire(&p.b);
	ck_assert_int_eq(p.a.i.state, VRRP_MASTER);
	ck_assert_int_eq(p.b.i.state, VRRP_MASTER);
}
END_TEST

START_TEST(test_group_members)
{
	struct vrrp_config c = config(3, 100, SEC);
	struct one n;
	struct pair p;

	/* a new member of a group of masters is master, of backups is backup */
	master_pair(&p);
	strcpy(c.name, "n");
	make(&n, &c, "10.0.2.2");
	vrrp_fsm_join(&n.i, &p.g, now);
	vrrp_fsm_start(&n.i, now, false);
	ck_assert_str_eq(done(), "n:a100 n:+ n:G n:>3 ");
	vrrp_fsm_leave(&n.i, now);
	ck_assert_str_eq(done(), "");
	hear(&n, now, "10.0.2.3", 200, SEC);
	ck_assert_str_eq(done(), "- >2 ");
	vrrp_fsm_join(&n.i, &p.g, now);
	ck_assert_str_eq(done(), "n:a100 n:+ n:G n:>3 ");
	/* a faulty one that leaves takes its fault along */
	vrrp_fsm_faults(&n.i, VRRP_FAULT_DOWN, now);
	ck_assert_int_eq(p.a.i.state, VRRP_FAULT);
	vrrp_fsm_leave(&n.i, now);
	ck_assert_int_eq(p.a.i.state, VRRP_BACKUP);
	ck_assert_int_eq(n.i.state, VRRP_FAULT);
	/* one that stood in the way of the others */
	vrrp_fsm_faults(&n.i, 0, now);
	vrrp_fsm_join(&n.i, &p.g, now);
	hear(&n, now + 3 * SEC, "10.0.2.3", 200, SEC);
	fire(&p.a);
	fire(&p.b);
	ck_assert_int_eq(p.a.i.state, VRRP_BACKUP);
	done();
	vrrp_fsm_leave(&n.i, now);
	ck_assert_str_eq(done(), "a:a100 a:+ a:G a:>3 b:a100 b:+ b:G b:>3 ");
	/* a master that joins backups */
	hear(&p.a, now, "10.0.0.3", 200, SEC);
	fire(&n);
	ck_assert_int_eq(n.i.state, VRRP_MASTER);
	done();
	vrrp_fsm_join(&n.i, &p.g, now);
	ck_assert_str_eq(done(), "n:a0 n:- n:>2 ");
}
END_TEST

/* What only its group was in the way of happens when it leaves: there is no timer left for it. */
START_TEST(test_group_leave_waiting)
{
	struct pair p;

	make_pair(&p, 100, 100);
	start_pair(&p, false, false);
	hear(&p.b, T0 + SEC, "10.0.1.3", 150, SEC);
	at(&p.a, T0 + 3609375);
	ck_assert_int_eq(p.a.i.state, VRRP_BACKUP);
	ck_assert_uint_eq(p.a.timer, USEC_NEVER);
	done();
	vrrp_fsm_leave(&p.a.i, now);
	ck_assert_str_eq(done(), "a100 + G >3 ");
}
END_TEST

/* A reload that changes nothing of the election does not make a group that waits begin again. */
START_TEST(test_group_configure_waiting)
{
	struct vrrp_config c;
	struct pair p;

	make_pair(&p, 100, 100);
	start_pair(&p, false, false);
	hear(&p.b, T0 + SEC, "10.0.1.3", 150, SEC);
	at(&p.a, T0 + 3609375);
	c = p.a.i.config;
	c.garp_repeat = 7;
	vrrp_fsm_configure(&p.a.i, &c, now);
	ck_assert_uint_eq(p.a.timer, USEC_NEVER);
	at(&p.b, T0 + SEC + 3609375);
	ck_assert_int_eq(p.a.i.state, VRRP_MASTER);
	done();
}
END_TEST

START_TEST(test_group_failover)
{
	struct pair p;

	master_pair(&p);
	vrrp_fsm_stand_aside(&p.a.i, now + 60 * SEC, now);
	ck_assert_str_eq(done(), "a:a0 b:a0 ");
	hear(&p.b, now + 1000, "10.0.1.3", 50, SEC);
	ck_assert_str_eq(done(), "b:- b:>2 a:a0 a:- a:>2 ");
	ck_assert_int_eq(vrrp_fsm_aside(&p.a.i, now), FAILOVER_ASIDE);
	hear(&p.a, now + 1000, "10.0.0.3", 50, SEC);
	ck_assert_uint_eq(p.a.timer, now + 3609375);
	ck_assert_str_eq(done(), "");
}
END_TEST

START_TEST(test_group_nobody_left)
{
	struct pair p;

	master_pair(&p);
	vrrp_fsm_leave(&p.a.i, now);
	vrrp_fsm_leave(&p.a.i, now);
	vrrp_fsm_leave(&p.b.i, now);
	ck_assert_str_eq(done(), "");
	ck_assert_ptr_null(p.b.i.group);
	vrrp_fsm_stop(&p.b.i, now, "shut down");
	ck_assert_str_eq(done(), "a0 - >1 ");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_fsm");
	TCase *tc = tcase_create("fsm");

	tcase_add_test(tc, test_start_owner);
	tcase_add_test(tc, test_start_backup);
	tcase_add_test(tc, test_start_resume);
	tcase_add_test(tc, test_before_start);
	tcase_add_test(tc, test_backup_timer);
	tcase_add_test(tc, test_backup_master_dies);
	tcase_add_test(tc, test_backup_zero);
	tcase_add_test(tc, test_backup_equal);
	tcase_add_test(tc, test_backup_learns_interval);
	tcase_add_test(tc, test_backup_lower_preempts);
	tcase_add_test(tc, test_backup_nopreempt);
	tcase_add_test(tc, test_preempt_delay);
	tcase_add_test(tc, test_preempt_delay_stall);
	tcase_add_test(tc, test_preempt_delay_master_dies);
	tcase_add_test(tc, test_backup_stop);
	tcase_add_test(tc, test_master_advertises);
	tcase_add_test(tc, test_master_stop);
	tcase_add_test(tc, test_master_zero);
	tcase_add_test(tc, test_master_higher);
	tcase_add_test(tc, test_master_equal);
	tcase_add_loop_test(tc, test_master_lower, 0, 2);
	tcase_add_test(tc, test_owner_duplicate);
	tcase_add_test(tc, test_announcements);
	tcase_add_test(tc, test_announce_refresh);
	tcase_add_test(tc, test_announce_extra);
	tcase_add_test(tc, test_preempt_delay_over);
	tcase_add_test(tc, test_master_lower_no_advert);
	tcase_add_test(tc, test_master_higher_send_advert);
	tcase_add_test(tc, test_announce_lower_settings);
	tcase_add_test(tc, test_announcements_stop);
	tcase_add_test(tc, test_fault);
	tcase_add_test(tc, test_fault_at_start);
	tcase_add_test(tc, test_fault_tracked);
	tcase_add_test(tc, test_fault_texts);
	tcase_add_test(tc, test_configure_priority_backup);
	tcase_add_test(tc, test_configure_priority_master);
	tcase_add_test(tc, test_configure_addresses);
	tcase_add_test(tc, test_configure_owner);
	tcase_add_test(tc, test_configure_preempt);
	tcase_add_test(tc, test_stall_master);
	tcase_add_loop_test(tc, test_second_master, 0, 2);
	tcase_add_test(tc, test_stall_master_hears);
	tcase_add_test(tc, test_stall_backup);
	tcase_add_test(tc, test_group_start);
	tcase_add_test(tc, test_group_no_flap);
	tcase_add_test(tc, test_group_yield);
	tcase_add_test(tc, test_group_fault);
	tcase_add_test(tc, test_group_owner);
	tcase_add_test(tc, test_group_members);
	tcase_add_test(tc, test_failover);
	tcase_add_test(tc, test_failover_nobody);
	tcase_add_test(tc, test_failover_backup);
	tcase_add_test(tc, test_failover_preempts);
	tcase_add_test(tc, test_failover_delay);
	tcase_add_test(tc, test_failover_interval);
	tcase_add_test(tc, test_failover_held_up);
	tcase_add_test(tc, test_group_failover);
	tcase_add_test(tc, test_group_leave_waiting);
	tcase_add_test(tc, test_group_configure_waiting);
	tcase_add_test(tc, test_group_nobody_left);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
