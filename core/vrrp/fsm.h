/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VRRP state machine: RFC 9568 section 6 (version 3) and RFC 3768 section 6
 * (version 2), with keepalived's additions: fault, preemption delay,
 * synchronization groups, repeated announcements.
 *
 * It is a function of (instance, event, time).  It has no sockets, no timers
 * and no clock of its own: what it wants done it says through struct
 * vrrp_outputs, and the time is an argument.  Two of them can be wired
 * together in a test without a network.
 *
 * Where the state changes, it is stored first and then acted on, in one
 * function (set_state() in fsm.c).  A state comes with its reason in words:
 * why this router is master, or why it is not.
 *
 * Instances that belong to a group change together, with keepalived's rules:
 *   - a fault of one is a fault of all;
 *   - one that yields to a better master takes all with it;
 *   - the group becomes master when each of its members would, so that members
 *     that hear different masters do not make the group flap.
 *
 * A struct vrrp_fsm is one instance.  Whoever owns it (vrrp.c, a test) reads
 * all its fields and writes only those that are said to be its own.
 */
#ifndef VRRP_FSM_H
#define VRRP_FSM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include "core/base/addr.h"
#include "core/base/clock.h"
#include "core/vrrp/config.h"
#include "core/vrrp/packet.h"

struct vrrp_fsm;

/*
 * What the state machine wants done.  Nothing here may block or call back into the state machine.
 * send_advert sends at once.  add_addresses, remove_addresses and announce may be collected and
 * done, in this order, when the event has been handled, so that many instances that take over
 * together send all their advertisements first.
 */
struct vrrp_outputs {
	void (*send_advert)(struct vrrp_fsm *i, uint8_t priority);
	void (*add_addresses)(struct vrrp_fsm *i);
	void (*remove_addresses)(struct vrrp_fsm *i);
	/* One announcement of each address. */
	void (*announce)(struct vrrp_fsm *i);
	/* One of one address on each interface that is to be kept in switches' tables. */
	void (*announce_extra)(struct vrrp_fsm *i);
	/* When to call vrrp_fsm_timer(), once; USEC_NEVER: not at all.  Replaces what was said before. */
	void (*set_timer)(struct vrrp_fsm *i, usec_t at);
	/* The state is another one than `old`.  Called after the actions. */
	void (*changed)(struct vrrp_fsm *i, enum vrrp_state old);
	/* The reason, the master or a counter is another one; the state is not. */
	void (*updated)(struct vrrp_fsm *i);
	/* As master it hears another one.  yields: which wins; the change of state follows. */
	void (*second_master)(
	    struct vrrp_fsm *i, const struct vrrp_packet *p, bool yields, usec_t now);
};

/* Why an instance cannot take part, as a set of bits: the state is fault while there is one. */
enum vrrp_fault {
	VRRP_FAULT_NO_INTERFACE = 1,
	VRRP_FAULT_DOWN = 2, /* administratively */
	VRRP_FAULT_NO_CARRIER = 4,
	VRRP_FAULT_NO_ADDRESS = 8, /* no source for its advertisements */
	VRRP_FAULT_SOCKET = 16,
	VRRP_FAULT_NO_PEER = 64,  /* it is to be unicast, and has no peer */
	VRRP_FAULT_CONFIG = 32,	  /* two instances with one VRID on one interface */
	VRRP_FAULT_VMAC = 256,	  /* no interface with its virtual MAC address */
	VRRP_FAULT_TRACKED = 128, /* something that is tracked; vrrp_fsm_tracked() says what */
};

enum vrrp_timer {
	VRRP_TIMER_ADVERT,   /* master */
	VRRP_TIMER_DOWN,     /* backup: Master_Down_Timer, Active_Down_Timer */
	VRRP_TIMER_PREEMPT,  /* backup: the preemption delay is over */
	VRRP_TIMER_ANNOUNCE, /* master: the next announcement of the set under way */
	VRRP_TIMER_SECOND,   /* master: the second set after a takeover */
	VRRP_TIMER_LOWER,    /* master: the set after an advertisement of lower priority */
	VRRP_TIMER_REFRESH,  /* master */
	VRRP_TIMER_EXTRA,    /* master: the next announcement where no advertisements come from */
	VRRP_TIMERS
};

/* The RFCs' counters (VRRPV3-MIB, VRRP-MIB). */
struct vrrp_counters {
	uint64_t sent;				 /* the owner's */
	uint64_t zero_sent;			 /* the owner's */
	uint64_t send_errors;			 /* the owner's */
	uint64_t announcements;			 /* the owner's */
	uint64_t dropped[VRRP_DROP_REASONS];	 /* the owner's */
	uint64_t interval_notes;		 /* the owner's: v3, accepted all the same */
	uint64_t address_notes;			 /* the owner's: accepted all the same */
	enum vrrp_protocol_error protocol_error; /* the owner's: the last one */
	enum vrrp_auth_error auth_error;	 /* the owner's: the last one */
	uint64_t received;
	uint64_t zero_received;
	uint64_t lower_received; /* while master */
	uint32_t became_master;
	uint32_t transitions;
	uint32_t stalls;
	usec_t stalled, longest_stall;
};

/* The distance of repeated announcements in a set. */
#define VRRP_ANNOUNCE_SPACING (200 * USEC_PER_MSEC)

#define VRRP_REASON_SIZE 200
#define VRRP_TRACKED_SIZE 110

/* How often a master that hands over says so before it gives that up. */
#define VRRP_HANDOVER_TRIES 2

struct vrrp_group {
	char name[VRRP_NAME_SIZE];
	TAILQ_HEAD(, vrrp_fsm) members;
	void *user; /* the owner's */
};

struct vrrp_fsm {
	struct vrrp_config config; /* changed by vrrp_fsm_configure() */
	const struct vrrp_outputs *out;
	void *user;		  /* the owner's */
	struct addr primary;	  /* our source address; the owner's, set before the start */
	struct vrrp_group *group; /* or NULL */
	TAILQ_ENTRY(vrrp_fsm) in_group;

	enum vrrp_state state;
	bool started;
	unsigned faults; /* enum vrrp_fault; those of the group's other members not included */
	char tracked[VRRP_TRACKED_SIZE]; /* the words for VRRP_FAULT_TRACKED */
	char reason[VRRP_REASON_SIZE];
	usec_t since;			       /* of the state */
	enum vrrp_master_reason master_reason; /* why it became master last */

	struct addr master; /* the last that was heard, or our own address */
	uint8_t master_priority;
	struct vrrp_counters counters;

	/* The rest is of no interest outside. */
	usec_t at[VRRP_TIMERS]; /* USEC_NEVER: off */
	usec_t armed;		/* the last set_timer() */
	usec_t heard;		/* the down timer counts from here */
	usec_t heard_lower;	/* an advertisement that we preempt; 0: none */
	usec_t learned;		/* v3: the master's interval; 0: none, ours counts */
	usec_t spoke;		/* the last advertisement that we sent */
	unsigned left;		/* announcements of the set under way */
	uint8_t follows;	/* enum: what the reason says about the master that we follow */
	bool resigned;		/* the down timer runs because the master sent priority 0 */
	bool wants;		/* would be master but for the group */
	bool preempt_due;	/* the preemption delay is over */
	usec_t aside_until;	/* hands over, or does not preempt, until then; 0: not */
	uint8_t handing;	/* master: how often it will say yet that it hands over */
	bool resume;		/* was master before the process was restarted */
	bool listening;		/* was held up, and does not know what happened meanwhile */
};

void vrrp_group_init(struct vrrp_group *g, const char *name);

/* Makes an instance in state initialize.  The config is copied, but not its list of addresses. */
void vrrp_fsm_init(
    struct vrrp_fsm *i, const struct vrrp_config *c, const struct vrrp_outputs *out, void *user);
/* Joins a group, whose state it takes on.  It must not be in one. */
void vrrp_fsm_join(struct vrrp_fsm *i, struct vrrp_group *g, usec_t now);
/* Leaves the group, if it is in one, and goes on alone; so do the others. */
void vrrp_fsm_leave(struct vrrp_fsm *i, usec_t now);

/*
 * Startup.  resume: was master a moment ago and the peers cannot have taken over yet, so become
 * master at once.  The members of a group start when all of them have been started.
 */
void vrrp_fsm_start(struct vrrp_fsm *i, usec_t now, bool resume);
/* Shutdown: a master resigns (priority 0) and gives up its addresses. */
void vrrp_fsm_stop(struct vrrp_fsm *i, usec_t now, const char *why);
/* A packet that passed vrrp_packet_check(). */
void vrrp_fsm_receive(struct vrrp_fsm *i, const struct vrrp_packet *p, usec_t now);
/* The time that set_timer() asked for has come.  To be called after all packets that are there. */
void vrrp_fsm_timer(struct vrrp_fsm *i, usec_t now);
/* Replaces the instance's set of faults, all but VRRP_FAULT_TRACKED. */
void vrrp_fsm_faults(struct vrrp_fsm *i, unsigned faults, usec_t now);
/* What is tracked and in the way ("track_interface eth1 is down"); "": nothing. */
void vrrp_fsm_tracked(struct vrrp_fsm *i, const char *what, usec_t now);
/*
 * New settings for a running instance.  Family, version and VRID must be the same (they make
 * another instance).  The old list of addresses must live until this returns.  Addresses that a
 * master gained or lost are the owner's business; here they only change what is advertised.
 */
void vrrp_fsm_configure(struct vrrp_fsm *i, const struct vrrp_config *c, usec_t now);
/* A master announces its addresses again: one set, now. */
void vrrp_fsm_announce(struct vrrp_fsm *i, usec_t now);

/*
 * Maintenance: until `until` (0: not any more) the instance, and its group, is to be backup as long as
 * somebody else is master, whatever the priorities are.  A master says priority 0, but keeps its
 * addresses until it hears another master, so that there is no gap and, if nobody else is there, no
 * outage: after VRRP_HANDOVER_TRIES times two intervals it goes on.  So does a backup that hears no
 * master any more.  Either ends it: vrrp_fsm_aside() says how it stands.
 */
void vrrp_fsm_stand_aside(struct vrrp_fsm *i, usec_t until, usec_t now);
enum vrrp_failover vrrp_fsm_aside(const struct vrrp_fsm *i, usec_t now);

/* RFC 9568 and 3768 section 6.1.  active: the master's interval; version 2 does not use it. */
usec_t vrrp_fsm_skew(const struct vrrp_config *c, usec_t active);
usec_t vrrp_fsm_down_interval(const struct vrrp_config *c, usec_t active);
/* The down interval that counts now: with the learned interval if there is one. */
usec_t vrrp_fsm_current_down(const struct vrrp_fsm *i);

/* "the interface is down, ...": a set of faults in words; "" for none.  Returns buf. */
char *vrrp_faults_format(unsigned faults, char *buf, size_t size);
/* "down noCarrier": the same for programs. */
char *vrrp_faults_words(unsigned faults, char *buf, size_t size);

#endif
