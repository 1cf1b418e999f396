/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the process vrrp: what vrrp.c, instance.c, link.c and report.c
 * share.  Nobody else includes this.
 *
 *   router    the process: all virtual routers of this director
 *   virtual   one VRRP instance: the state machine and what it acts on
 *   link      one interface: its socket, its faults, who speaks on it
 *
 * Work is done in two steps.  While events are handled (packets, timers, rows,
 * interfaces), the state machines run and send their advertisements; addresses
 * and announcements are only marked as due.  When all events at hand have been
 * handled, router_act() brings all addresses to the kernel in one batch, sends
 * all announcements in one, and only then tells the hub.
 */
#ifndef VRRP_ROUTER_H
#define VRRP_ROUTER_H

#include <net/if.h>
#include "core/base/log.h"
#include "core/model/engine.h"
#include "core/vrrp/arp.h"
#include "core/vrrp/fsm.h"
#include "core/vrrp/io.h"
#include "core/vrrp/kernel.h"
#include "core/vrrp/record.h"

struct router;
struct virtual;

struct link {
	TAILQ_ENTRY(link) entry;
	struct router *router;
	char name[IFNAMSIZ];
	int index; /* 0: there is no such interface */
	struct vrrp_io *io;
	unsigned faults; /* enum vrrp_fault */
	unsigned users;
	struct virtual *by_vrid[256];
	struct log_limit drops;
};

struct vip {
	struct kernel_vip kernel; /* index is set when it is used */
	char interface[IFNAMSIZ];
	bool advertised;
	uint32_t position;
	bool seen; /* it was on the interface since the state is master */
	struct vrrp_address *row;
};

/* A change of state that the hub has not been told yet. */
struct transition {
	TAILQ_ENTRY(transition) entry;
	enum vrrp_state old, new;
	char reason[VRRP_REASON_SIZE];
};

struct virtual
{
	TAILQ_ENTRY(virtual) entry;
	struct router *router;
	struct link *link;
	struct vrrp_instance *row;
	struct vrrp_statistics *statistics;
	struct vrrp_fsm fsm;
	struct addr *advertised; /* what fsm.config.addresses points to */
	struct addr source;	 /* set by the administrator, or none */
	struct vip *vips;
	size_t nvips;
	struct event *timer;
	struct record_slot *slot;
	usec_t spoke; /* as master, before this process was started */
	bool addresses_due, announce_due, report_due;
	struct log_limit send_errors, notes;
	TAILQ_HEAD(, transition) transitions;
};

struct router {
	struct engine *engine;
	struct event_base *base;
	struct kernel *kernel;
	struct vrrp_arp *arp;
	struct record *record;
	TAILQ_HEAD(, virtual) virtuals;
	TAILQ_HEAD(, link) links;
	struct event *act, *counters, *startup, *orphan, *leave, *terminate;
	int lock;     /* -1: not taken */
	bool begun;   /* the first rows are here */
	bool running; /* past the startup delay */
	uint64_t checksum_errors, version_errors, vrid_errors;
};

/* vrrp.c: something is due; router_act() runs when the events at hand have been handled. */
void router_wake(struct router *r);

/* instance.c */
struct virtual *virtual_new(struct router *r, struct vrrp_instance *row);
/* For good: a master resigns, and its addresses are queued for removal. */
void virtual_stop(struct virtual *v, const char *why);
/* Only the memory: nothing happens on the network. */
void virtual_free(struct virtual *v);
/* Is v still what the row describes, or another virtual router? */
bool virtual_is(const struct virtual *v, const struct vrrp_instance *row);
/* Is the address one of the instance's? */
bool virtual_has(const struct virtual *v, const char *interface, const struct addr *address);
/* Removes what the rows no longer have.  To be done for all before virtual_configure() of any. */
void virtual_shed(struct virtual *v);
/* Takes over all settings of the rows. */
void virtual_configure(struct virtual *v);
void virtual_start(struct virtual *v);
/* Derives faults and the source address from the link. */
void virtual_evaluate(struct virtual *v);
/* Puts back what somebody else removed, and notes what is there. */
void virtual_check_addresses(struct virtual *v);
/* Queues for the kernel what is due. */
void virtual_act_addresses(struct virtual *v);
void virtual_act_announce(struct virtual *v);
void virtual_receive(struct virtual *v, const struct vrrp_packet *p);

/* link.c */
struct link *link_get(struct router *r, const char *name); /* one more user */
void link_put(struct link *l);
/* Follows the kernel: the interface came, went or changed. */
void link_refresh(struct link *l);
/* The source of advertisements; none if the interface has no address of its own. */
struct addr link_primary(const struct link *l);

/* report.c */
/* Notes a transition; the hub is told in report_transitions(). */
void report_transition(struct virtual *v, enum vrrp_state old);
/* Events and log, in the order in which things happened. */
void report_transitions(struct virtual *v);
/* Columns of all instances for which a report is due, and of the groups. */
void report_states(struct router *r);
/* Counters that have changed. */
void report_counters(struct router *r);
/* Counters go on from what an earlier process reported; makes the row of the counters. */
void report_adopt(struct virtual *v);
/* The instance is no more. */
void report_forget(struct virtual *v);

#endif
