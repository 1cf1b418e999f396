/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole networks of VRRP routers in virtual time: the real state machines
 * (core/vrrp/fsm.c) and the real codec, on a network that loses, delays,
 * doubles, reorders and cuts, with routers that crash, stall, stop, lose
 * links and addresses, and are reconfigured.
 *
 *   schedule.c  what happens, made from a seed; printed; shrunk
 *   network.c   routers, links, packets and time: makes it happen
 *   oracle.c    what must hold, at every step
 *   vrrp_sim.c  runs as many schedules as wanted
 *
 * The oracle is a second reading of RFC 9568 and RFC 3768 section 6.4, made
 * from the packets that a router got and not from what its state machine
 * says: it knows to the microsecond when a backup has to take over, and for
 * each change of state whether there was a cause.
 *
 * Everything follows from the seed.  A failure prints the seed, the shortest
 * schedule found that still fails in the same way, and the last steps of it.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include "core/vrrp/fsm.h"

#define SIM_ROUTERS 16
#define SIM_VRS 4 /* virtual routers */
#define SIM_SEGMENTS 2
#define SIM_VIPS 4
#define SIM_ACTIONS 160
#define SIM_PACKETS 32768 /* under way */
#define SIM_SOCKET 128	  /* waiting for a router that is stalled */
#define SIM_TRACE 160

/* -------------------------------------------------------------- schedule.c */

enum sim_kind {
	SIM_WAIT,
	SIM_CRASH,	/* of the process: the kernel keeps the addresses */
	SIM_POWER_OFF,	/* of the host */
	SIM_START,	/* a dead one; resumes if it may */
	SIM_STOP,	/* cleanly */
	SIM_CUT,	/* router cannot send to other on segment */
	SIM_PARTITION,	/* a segment: the routers of the mask `value` from the others */
	SIM_UNPLUG,	/* router's link on segment, or back again */
	SIM_ADDRESS,	/* router's instance loses its source address, or has it back */
	SIM_LOSS,	/* percent */
	SIM_DUPLICATES, /* percent */
	SIM_DELAY,	/* up to value microseconds; so packets overtake each other */
	SIM_STALL,	/* router does nothing for value microseconds */
	SIM_CLOCK_STEP, /* of the wall clock, by value seconds */
	SIM_PRIORITY,	/* of all instances of router */
	SIM_INTERVAL,	/* of router, to value */
	SIM_PREEMPT,	/* of router: value & 1; delay: value / 2 */
	SIM_ADDRESSES,	/* of virtual router `other` on router: value of them */
	SIM_GROUP,	/* router's instance leaves its group, or joins it again */
	SIM_FAILOVER, /* of virtual router `other` on router, for value microseconds; 0: not any more */
	SIM_HEAL,     /* everything is as at the beginning, all routers run */
	SIM_KINDS
};

struct sim_action {
	enum sim_kind kind;
	uint8_t router, other, segment;
	uint64_t value;
	usec_t wait; /* afterwards */
};

struct sim_schedule {
	uint64_t seed;
	uint8_t routers, vrs, segments;
	uint8_t version;
	bool ipv6;    /* version 3 only */
	bool grouped; /* all virtual routers are one group */
	bool preempt; /* all routers do */
	usec_t interval, delay;
	usec_t longest; /* the longest interval that there will be */
	usec_t preempt_delay, longest_preempt_delay;
	unsigned actions;
	struct sim_action action[SIM_ACTIONS];
};

/* SplitMix64: the same everywhere.  0..below-1. */
uint64_t sim_draw(uint64_t *state, uint64_t below);
/* A draw for a value that belongs to `what`, whatever else was drawn. */
uint64_t sim_hash(uint64_t seed, uint64_t what);
void sim_make(struct sim_schedule *s, uint64_t seed);
void sim_print(const struct sim_schedule *s);
/* Leaves out what is not needed for run() to fail with the same words.  Returns how often it ran. */
unsigned sim_shrink(
    struct sim_schedule *s, const char *failure, const char *(*run)(const struct sim_schedule *s));

/* --------------------------------------------------------------- network.c */

struct sim_router;

/* What the RFCs say about an instance, from what it heard; see oracle.c. */
struct sim_oracle {
	usec_t deadline; /* backup: the down timer */
	usec_t preempt;	 /* backup: the preemption delay ends; USEC_NEVER */
	usec_t heard, learned;
	bool resigned;
	bool listening; /* held up, and has not spoken or taken over since */
	usec_t listen_until;
	/* in this step: */
	bool better; /* a better master was heard */
	usec_t better_interval;
	bool may_speak, must_speak; /* what was heard says that it is master still */
	bool announced;
	usec_t announced_at;
	/* until when it has to announce, after a master that was to give way; USEC_NEVER */
	usec_t owed, owed_from;
	usec_t
	    lower_due; /* of one before: the set that it will announce counts for all until then */
	/* maintenance */
	usec_t aside;	 /* until when somebody else is to be master; 0 */
	bool handing;	 /* master, until another one is heard */
	unsigned offers; /* that it will make yet */
	usec_t offer_due, offered_first, kept;
	bool ignored; /* a backup let an advertisement pass that it preempts */
	uint64_t sent, received, zero_received, lower;
	uint32_t became_master, transitions;
};

struct sim_port { /* an instance: a virtual router on a router */
	struct vrrp_fsm fsm;
	struct sim_router *router;
	uint8_t vr, segment;
	struct vrrp_config config; /* the file's: survives the process */
	struct addr vips[SIM_VIPS], old_vips[SIM_VIPS];
	bool in_group, no_address;
	usec_t timer;	    /* USEC_NEVER: none */
	usec_t spoke;	    /* the last advertisement of its own priority */
	usec_t record;	    /* the same, 0 if it is not master: survives the process */
	bool has_addresses; /* of the host's kernel: survives the process */
	struct sim_oracle oracle;
};

struct sim_router {
	struct sim_port port[SIM_VRS];
	struct vrrp_group group;
	uint8_t number;
	bool alive, starting, stopping;
	bool news; /* its links changed while it was stalled */
	bool plugged[SIM_SEGMENTS];
	usec_t held_until; /* stalled: takes nothing and does nothing until then */
	usec_t released;   /* when the last stall ended */
	unsigned waiting;  /* packets */
};

struct sim_world {
	const struct sim_schedule *schedule;
	usec_t now;
	usec_t disturbed; /* the last time when anything was not as it should be */
	bool stalled;	  /* one of the disturbances was a stall */
	unsigned loss, duplicates;
	usec_t delay;
	int64_t wall_step;
	unsigned clock_reads; /* of a state machine: there must be none */
	bool in_machine;
	bool joining;	  /* an instance joins its group */
	bool cancelling;  /* an instance is not to hand over any more */
	usec_t aside_end; /* the last time at which somebody may come back who stood aside */
	bool cut[SIM_SEGMENTS][SIM_ROUTERS][SIM_ROUTERS];
	struct sim_router router[SIM_ROUTERS];
	uint64_t packets, steps, transitions;
	usec_t patience;	   /* oracle_patience() */
	bool judged;		   /* one_network is right */
	bool one_network[SIM_VRS]; /* all that take part hear each other, and nobody else */
	usec_t many_since[SIM_VRS], none_since[SIM_VRS]; /* USEC_NEVER: not so */
	char failure[400];
};

extern struct sim_world sim;

/* Runs a schedule.  Returns NULL if all holds, else what does not: valid until the next run. */
const char *sim_run(const struct sim_schedule *s);
/* The last steps of the run. */
void sim_print_trace(void);
/* Notes a step; text is static. */
void sim_trace(const struct sim_port *p, const char *text, uint64_t a, uint64_t b);
__attribute__((format(printf, 2, 3), noreturn)) void sim_fail(
    const struct sim_port *p, const char *fmt, ...);

/* Does q, if it sends, reach p? */
bool sim_hears(const struct sim_port *p, const struct sim_port *q);
/* Takes part: runs, and nothing of its group is at fault. */
bool sim_fit(const struct sim_port *p);

/* ---------------------------------------------------------------- oracle.c */

void oracle_started(struct sim_port *p);
void oracle_sent(struct sim_port *p, uint8_t priority);
void oracle_announced(struct sim_port *p);
void oracle_announced_extra(struct sim_port *p);
/* Before each step. */
void oracle_step(struct sim_port *p);
/* Before the state machine gets it. */
void oracle_receive(struct sim_port *p, const struct vrrp_packet *packet);
void oracle_timer(struct sim_port *p);
/* The machine has changed its state. */
void oracle_changed(struct sim_port *p, enum vrrp_state old);
void oracle_second_master(const struct sim_port *p, const struct vrrp_packet *packet, bool yields);
/* It was told to stand aside; wanted: it was waiting for its group. */
void oracle_aside(struct sim_port *p, usec_t until, bool wanted);
/* wanted: it was waiting for its group. */
void oracle_configured(struct sim_port *p, const struct vrrp_config *old, bool wanted);
/* After each step: of all instances of this router. */
void oracle_router(struct sim_router *r);
/* After each step: of the whole. */
void oracle_network(void);
/* How long the network may need to settle when nothing disturbs it. */
usec_t oracle_patience(const struct sim_schedule *s, bool stalled);

#endif
