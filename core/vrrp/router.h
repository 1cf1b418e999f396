/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the process vrrp: what vrrp.c, instance.c, link.c, report.c and
 * notice.c share.  Nobody else includes this.
 *
 *   router    the process: all virtual routers of this director
 *   virtual   one VRRP instance: the state machine and what it acts on
 *   link      one interface: who speaks on it
 *   port      one address family on it: its socket and faults
 *
 * Work is done in two steps.  While events are handled (packets, timers, rows,
 * interfaces), the state machines run and send their advertisements; addresses
 * and announcements are only marked as due.  When all events at hand have been
 * handled, or many instances have something due, router_act() brings all
 * addresses to the kernel in one batch and sends all announcements in one.  The
 * hub is told when this is over, a little at a time.
 */
#ifndef VRRP_ROUTER_H
#define VRRP_ROUTER_H

#include <net/if.h>
#include "core/base/log.h"
#include "core/model/engine.h"
#include "core/model/vmac.h"
#include "core/vrrp/announce.h"
#include "core/vrrp/filter.h"
#include "core/vrrp/fsm.h"
#include "core/vrrp/io.h"
#include "core/vrrp/kernel.h"
#include "core/vrrp/record.h"
#include "core/vrrp/routing.h"

/* How often the counters are reported. */
#define COUNTERS_PERIOD USEC_PER_SEC

struct router;
struct virtual;
struct neighbour;
struct tracked;

/* A multicast group that instances of a port listen in. */
struct port_group {
	struct addr address;
	unsigned users;
	bool joined;
};

/* The same VRID of IPv4 and of IPv6 are two virtual routers (RFC 9568 section 5.2.3). */
struct port {
	struct link *link;
	enum addr_family family;
	struct vrrp_io *io;
	struct vrrp_io *ah; /* of packets with an authentication header, if an instance has them */
	bool wants_ah;
	unsigned
	    era; /* struct kernel_interface: in which the sockets became members of their groups */
	struct port_group *groups; /* besides the RFC's */
	size_t ngroups;
	unsigned faults; /* enum vrrp_fault */
	unsigned users;
	struct addr primary[2]; /* port_primary(), while all instances are evaluated: near, far */
	bool primaries_known;
	struct virtual *by_vrid[256];
};

struct link {
	TAILQ_ENTRY(link) entry;
	struct router *router;
	char name[IFNAMSIZ];
	int index; /* 0: there is no such interface */
	unsigned users;
	struct port ports[2]; /* of IPv4 and of IPv6: [family - ADDR_IPV4] */
	struct log_limit drops;
};

/* vmac.c: what an interface had before there was a virtual MAC address on it. */
struct vmac_parent {
	TAILQ_ENTRY(vmac_parent) entry;
	int index;
	uint32_t arp_ignore, arp_announce;
};

/* An interface with a virtual MAC address for addresses that are not on the instance's. */
struct vmac_other {
	struct vmac is;
	int index; /* 0: it is not there */
};

struct vip {
	struct kernel_vip kernel; /* index is set when it is used */
	char interface[IFNAMSIZ];
	bool advertised;
	uint32_t position;
	bool seen; /* it was on the interface since the state is master */
	bool lost; /* it is not tracked, and somebody removed it since then */
	/*
	 * The kernel was asked for it, and has not told of it yet: of an IPv6 address it tells by its work queue,
	 * so the picture may not have what is to be removed again.
	 */
	bool asked;
	struct vrrp_address *row;
};

/* A change of state that the hub has not been told yet. */
struct transition {
	enum vrrp_state old, new;
	usec_t at;
	uint8_t priority; /* that it had then */
	enum vrrp_master_reason master_reason;
	char reason[VRRP_REASON_SIZE];
};

/* More than one event can bring; of more, the last counts. */
#define TRANSITIONS_MAX 8

/* The other one that says to be master while this one is. */
struct second_master_note {
	enum second_master is;
	struct addr address;
	uint8_t priority;
	usec_t heard, interval;
	bool due;  /* to be reported */
	bool told; /* so its end is, too */
	struct log_limit limit;
};

#define VRRP_ERRORS (VRRP_ERROR_SOURCE + 1)

/* Packets that were not as they should be, for one reason. */
struct error_note {
	struct log_limit limit;
	struct addr source;
	unsigned more;
	bool due;
};

struct virtual
{
	TAILQ_ENTRY(virtual) entry;
	struct router *router;
	struct port *port;
	struct vrrp_instance *row;
	struct vrrp_statistics *statistics;
	struct vrrp_fsm fsm;
	uint32_t sequence;	 /* authentication header: the highest that was sent or received */
	struct addr *advertised; /* what fsm.config.addresses points to */
	struct addr source;	 /* set by the administrator, or none */
	struct addr group;	 /* what port_join() was told, or none */
	/* Its virtual MAC address: the interface that has it (see vmac.c), and sockets on that. */
	int vmac_index; /* 0: none */
	struct vrrp_io *vmac_io, *vmac_ah;
	unsigned vmac_era; /* as a port's */
	char vmac_error
	    [128]; /* why there is none; empty if there is to be none, or if it is there */
	struct vmac_other *others;
	size_t nothers;
	struct vrrp_peer_config *peers; /* what fsm.config.peers points to */
	struct neighbour *neighbours;
	size_t nneighbours;
	struct vip *vips;
	size_t nvips;
	struct event *timer;
	struct record_slot *slot;
	usec_t spoke;	       /* as master, before this process was started */
	usec_t failover_until; /* what the state machine was told */
	bool addresses_due, announce_due, report_due;
	bool extra_due; /* announcements where no advertisements come from */
	struct log_limit send_errors, notes, removed, missing;
	struct second_master_note second;
	struct error_note errors[VRRP_ERRORS];
	struct tracked *tracks; /* see tracking.c */
	size_t ntracks;
	char priority_reason[256]; /* what they do to the priority */
	struct transition transitions[TRANSITIONS_MAX];
	unsigned ntransitions;
};

struct router {
	struct engine *engine;
	struct event_base *base;
	struct kernel *kernel;
	struct announcer *announcer;
	struct record *record;
	struct routing *routing;
	struct filter *filter;
	struct linkbeat *linkbeat; /* NULL until the first driver is to be asked */
	bool linkbeat_due;	   /* it has not been told what to ask */
	TAILQ_HEAD(, virtual) virtuals;
	TAILQ_HEAD(, link) links;
	TAILQ_HEAD(, vmac_parent) vmac_parents;
	struct event *act, *tell, *counters, *startup, *orphan, *leave, *terminate;
	int lock; /* -1: not taken */
	bool
	    routes_due; /* an instance became master, or is not it any more; or rows have changed */
	unsigned due;	/* instances whose addresses are */
	usec_t tell_due; /* since then; 0: the hub knows all */
	bool groups_due; /* reports about instances were sent, and none about the groups */
	bool begun;	 /* the first rows are here */
	bool running;	 /* past the startup delay */
	bool resigned;	 /* for good: nothing is made any more */
	uint64_t checksum_errors, version_errors, vrid_errors;
	struct log_limit errors; /* that are told of */
	usec_t discontinuity;	 /* of these */
};

/* vrrp.c: something is due; router_act() runs when the events at hand have been handled. */
void router_wake(struct router *r);
/* A link counts as another one than it did. */
void router_links_changed(struct router *r);
/* At once, if it is due for many instances. */
void router_act_many(struct router *r);

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
/* Hands over for as long as the rows say. */
void virtual_failover(struct virtual *v);
/* Derives faults and the source address from the link. */
void virtual_evaluate(struct virtual *v);
/* Puts back what somebody else removed, and notes what is there. */
void virtual_check_addresses(struct virtual *v);
/* The kernel has refused something: what it has not told of yet is asked for again, when it has changed. */
void virtual_ask_again(struct virtual *v);
/* Queues for the kernel what is due. */
void virtual_act_addresses(struct virtual *v);
void virtual_act_announce(struct virtual *v);
void virtual_receive(struct virtual *v, const struct vrrp_packet *p);

/* link.c */
/* One more user of the interface and the family. */
struct port *port_get(struct router *r, const char *interface, enum addr_family family);
void port_put(struct port *p);
/* From now on also packets with an authentication header. */
void port_want_ah(struct port *p);
/* One more user, or one less, of a multicast group besides the RFC's. */
void port_join(struct port *p, const struct addr *group);
void port_leave(struct port *p, const struct addr *group);
/* Can what is sent to the group be heard? */
bool port_hears(const struct port *p, const struct addr *group);
/*
 * One more socket for its packets, on another interface: what it receives is judged as if it had come in
 * on the port's.  See vrrp_io_open(); NULL, after logging, if there is none.
 */
struct vrrp_io *port_open(
    struct port *p, const char *interface, int index, int protocol, const uint8_t *only_from);
/*
 * A member again of the RFC's group and of one more (NULL, unset: none), which the interface may have forgotten.  A
 * socket that cannot be is closed.  True if it is there.
 */
bool port_rejoin(const struct port *p, struct vrrp_io **io, const struct addr *more);
/* port_primary() is found out once for all that follow, until it is forgotten. */
void link_find_primaries(struct link *l);
void link_forget_primaries(struct link *l);
/* Follows the kernel: the interface came, went or changed. */
void link_refresh(struct link *l);
/*
 * The source of advertisements, IPv6: link-local (RFC 9568 section 5.1.2.1); none if the interface
 * has no such address of its own.  far: to peers with global addresses, so one of these if there is
 * one.
 */
struct addr port_primary(const struct port *p, bool far);

/* watch.c */
/* The interface's flags IFF_UP and IFF_RUNNING as far as they count. */
unsigned watch_flags(const struct router *r, const struct kernel_interface *i);
/* Follows the kernel; to be done before anything looks at flags.  True if these are others now. */
bool watch_refresh(struct router *r);
/* Follows the rows; watch_free() for one that is gone. */
void watch_configure(struct router *r);
void watch_free(struct row *row);

/* vmac.c */
/* Finds out from the rows which interfaces the instance's addresses need.  To be done before vmac_make(). */
void vmac_collect(struct virtual *v);
/* Makes, adopts and repairs the interfaces with virtual MAC addresses.  To be done before anything looks for them. */
void vmac_make(struct router *r);
/* Removes those that no instance has any more; all: all of them. */
void vmac_sweep(struct router *r, bool all);
/* The memory; what is in the kernel stays. */
void vmac_free(struct router *r);
/* The socket for its multicast advertisements. */
struct vrrp_io *vmac_sender(const struct virtual *v, bool ah);
/* The interface from which its advertisements come. */
int vmac_sender_index(const struct virtual *v);
/* v->group is another multicast group than before, or none. */
void vmac_group(struct virtual *v, const struct addr *old);
/* Is there no interface for an address that should have one? */
bool vmac_lacks(const struct virtual *v);
/* No interface any more; what is in the kernel stays. */
void vmac_forget(struct virtual *v);
/* Do the interfaces take what they should in the instance's state? */
bool vmac_hears_right(const struct virtual *v);
/* Queues the change, where they do not. */
void vmac_hear(struct virtual *v);

/* promote.c */
/*
 * Switches on promote_secondaries where an instance wants it, before addresses are removed.  look: also where it
 * was on when the kernel told of the interface last, which it does not do when somebody changes just this.
 */
void promote_make(struct router *r, bool look);
/* Puts it back where none does; all: everywhere. */
void promote_sweep(struct router *r, bool all);

/* tracking.c */
/* Finds the rows of what the instance and its group track. */
void tracking_collect(struct virtual *v);
/* The priority that it advertises with what is tracked as it is now. */
uint8_t tracking_priority(const struct virtual *v);
/* Is the state of something not known yet that would be a reason for fault? */
bool tracking_waits(const struct virtual *v);
/* Derives the priority and the fault from what is tracked, and reports both. */
void tracking_evaluate(struct virtual *v);
/* Did another process find out something about what is tracked? */
bool tracking_is_news(const struct change *c);

/* report.c */
/* Notes a transition; the hub is told in report_transitions(). */
void report_transition(struct virtual *v, enum vrrp_state old);
/* Events and log, in the order in which things happened. */
void report_transitions(struct virtual *v);
/*
 * Columns of all instances for which a report is due, and of the groups.  False if there was more to tell
 * when the time `until` had come; at least one instance is told of.
 */
bool report_states(struct router *r, usec_t until);
/* Counters that have changed. */
void report_counters(struct router *r);
/* Counters go on from what an earlier process reported; makes the row of the counters. */
void report_adopt(struct virtual *v);
/* The instance is no more. */
void report_forget(struct virtual *v);

/* neighbour.c */
/* Takes over the peers of the configuration. */
void neighbour_configure(struct virtual *v);
/* A packet for the instance; drop: whether it counted.  Neither allocates nor sends. */
void neighbour_heard(struct virtual *v, const struct vrrp_packet *p, enum vrrp_drop drop);
/* Is this a peer whose last advertisement had a multicast packet's checksum? */
bool neighbour_old_checksum(const struct virtual *v, const struct addr *address);
/* Is the sender heard in version 3, and not silent in it? */
bool neighbour_speaks_version3(const struct virtual *v, const struct addr *address, usec_t now);
/* Rows of what was heard. */
void neighbour_report(struct virtual *v);
/* The instance is no more. */
void neighbour_forget(struct virtual *v);

/* transitions.c */
/* One row more in the history of the instance. */
void transition_add(struct virtual *v, enum vrrp_state old, const struct transition *t);
/* The instance is no more. */
void transitions_forget(struct virtual *v);

/* notice.c */
/* What a reason to drop is in the MIB's words. */
enum vrrp_error notice_error_of(enum vrrp_drop drop);
/* A packet of another master was heard while this one is master.  Neither allocates nor sends. */
void notice_second_master(struct virtual *v, const struct vrrp_packet *p, bool yields, usec_t now);
/* A packet was dropped, or noted to differ.  Neither allocates nor sends. */
void notice_error(struct virtual *v, const struct vrrp_packet *p, enum vrrp_drop drop);
/* Goes on from what an earlier process reported. */
void notice_adopt(struct virtual *v);
/* Columns and events of what was noticed. */
void notice_report(struct virtual *v);
/* Conflicts that are over; from time to time. */
void notice_check(struct router *r);

#endif
