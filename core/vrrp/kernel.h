/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's interfaces and addresses, over rtnetlink.
 *
 * A picture of all interfaces and their addresses is kept up to date from the
 * kernel's notifications; when some were lost (ENOBUFS), it is read whole
 * again.  Addresses are added and removed in batches: what is queued goes to
 * the kernel with one send, and is in force when kernel_flush() returns.  An
 * address that is already there is left as it is, with its place among the
 * interface's addresses and whatever refers to it.
 *
 * Addresses that this program sets are marked with a protocol number
 * (IFA_PROTO, Linux 5.18), so that those of an address owner's interface, which
 * are the administrator's, are told from ours.
 */
#ifndef VRRP_KERNEL_H
#define VRRP_KERNEL_H

#include <event2/event.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include "core/base/addr.h"

#define KERNEL_MAC_LEN 6
#define KERNEL_MTU_IPV6 1280 /* with less, an interface has no IPv6 */

struct kernel;
struct nl_msg;

/* How an interface says that it was made by this program, and what its parent's settings were. */
#define KERNEL_ALIAS                                                                               \
	"directord's virtual MAC address; its parent had arp_ignore %u, arp_announce %u"

/* Chains of an interface's addresses: a director may have a thousand, and looks for all of them often. */
#define KERNEL_CHAINS 256

struct kernel_address {
	TAILQ_ENTRY(kernel_address) entry;
	struct kernel_address *chain; /* the next one in it */
	struct addr address;
	uint8_t prefix_length;
	bool secondary; /* IPv4 */
	bool tentative; /* IPv6: not, or not yet, proved to be unique (RFC 4862) */
	bool ours;	/* marked by this program */
	bool stale;	/* of a resynchronization */
};

/* Read only outside of kernel.c. */
struct kernel_interface {
	TAILQ_ENTRY(kernel_interface) entry;
	char name[IFNAMSIZ];
	int index;
	/*
	 * Of IPv4 and of IPv6, [family - ADDR_IPV4]: another one whenever the kernel may have forgotten on it which
	 * multicast groups sockets are members of.
	 */
	unsigned era[2];
	unsigned flags; /* IFF_UP, IFF_RUNNING... */
	uint32_t mtu;
	uint8_t mac[KERNEL_MAC_LEN];
	bool has_mac; /* Ethernet or like it */
	uint32_t arp_ignore, arp_announce;
	bool promote_secondaries;
	int master; /* the bridge, bond or VRF of which it is a part: the index; 0: none */
	bool is_vrf;
	uint32_t vrf_table; /* the number of its routing table */
	int parent;	    /* of a macvlan */
	bool is_vmac;	    /* a macvlan as vmac.c makes them: private, or */
	bool
	    deaf; /* of mode source, without a source: takes only what has its own MAC address as the source */
	bool has_alias;
	bool made_here;				 /* it says that it was made by this program */
	uint32_t parent_ignore, parent_announce; /* made_here: what its interface had before */
	bool stale;
	/* In the kernel's order: the primary address first. */
	TAILQ_HEAD(, kernel_address) addresses;
	struct kernel_address *chains[KERNEL_CHAINS];
};

/* An address to be set. */
struct kernel_vip {
	int index; /* of the interface */
	struct addr address;
	uint8_t prefix_length;
	uint8_t scope;
	struct addr broadcast; /* may be unset */
	char label[IFNAMSIZ];  /* may be empty */
	bool no_prefix_route;
	bool has_lifetime; /* preferred_lifetime is set: seconds; UINT32_MAX: for ever */
	uint32_t preferred_lifetime;
};

/*
 * Reads everything once (blocking) and watches from then on.  changed() is called after a group of
 * notifications that changed the picture; some milliseconds later if they are only about addresses and came
 * with our own changes.  NULL, after logging, if the kernel cannot be reached.
 */
struct kernel *kernel_new(struct event_base *base, void (*changed)(void *arg), void *arg);
void kernel_free(struct kernel *k);

/*
 * A change of interfaces, at once: blocks as long as the kernel takes, so it is for changes of the
 * configuration only.  Frees msg.  NULL, or why it failed.
 */
const char *kernel_request(struct kernel *k, struct nl_msg *msg);
/* Sets one IPv4 setting of an interface (IPV4_DEVCONF_...).  As kernel_request(). */
const char *kernel_set_ipv4(struct kernel *k, int index, int setting, uint32_t value);
/* What no notification tells: the settings of one interface. */
void kernel_reread(struct kernel *k, int index);

/*
 * Brings the picture up to date now; changed() is called later if there was something new.  After it
 * the picture is exact.
 */
void kernel_refresh(struct kernel *k);

/*
 * n addresses are going to be set: the picture has room for them, so that nothing is allocated while many
 * instances take over.
 */
void kernel_reserve(struct kernel *k, size_t n);

/* Has an interface got another name since this was asked last? */
bool kernel_renamed(struct kernel *k);

const struct kernel_interface *kernel_interface_of(const struct kernel *k, int index);
/* All of them, in no order: NULL begins, NULL is the end. */
const struct kernel_interface *kernel_next(
    const struct kernel *k, const struct kernel_interface *i);
/* NULL if there is none.  Valid until the picture is brought up to date again. */
const struct kernel_interface *kernel_interface(const struct kernel *k, const char *name);
/* NULL if the interface does not have it. */
const struct kernel_address *kernel_address(
    const struct kernel_interface *i, const struct addr *address);

/*
 * Queues the removal of each address that this program has set, an earlier process of it included,
 * and that is not wanted.
 */
void kernel_sweep(struct kernel *k,
    bool (*wanted)(const char *interface, const struct addr *address, void *arg), void *arg);
/* Queue a change.  The address of vip must fit the family of its other addresses. */
void kernel_add(struct kernel *k, const struct kernel_vip *vip);
void kernel_remove(struct kernel *k, const struct kernel_vip *vip);
/* The same for a macvlan: deaf, or private. */
void kernel_set_deaf(struct kernel *k, int index, bool deaf);
/*
 * Sends what is queued.  Failures are logged; false if there were any.  The picture shows the changes after
 * the next kernel_refresh(): what has to be done at once, announcements, does not wait for it.
 */
bool kernel_flush(struct kernel *k);

#endif
