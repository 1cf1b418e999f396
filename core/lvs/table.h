/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of IPVS services and their destinations, as plain values.
 *
 * The same type holds what the kernel has (filled by ipvs.h from a dump) and
 * what it should have (filled by pool.h from the rows), so that the two can be
 * compared (reconcile.h).  A table owns its two arrays; a service's
 * destinations are a range of the second one.  ipvs_table_sort() puts it into
 * the order in which tables are compared and searched.
 *
 * The numbers in here are the kernel's (linux/ip_vs.h), in host order.
 */
#ifndef LVS_TABLE_H
#define LVS_TABLE_H

#include <linux/ip_vs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/addr.h"

/* Forwarding methods, with the kernel's numbers (IP_VS_CONN_F_FWD_MASK). */
enum ipvs_forward {
	IPVS_FORWARD_NAT = IP_VS_CONN_F_MASQ,
	IPVS_FORWARD_LOCAL = IP_VS_CONN_F_LOCALNODE,
	IPVS_FORWARD_TUN = IP_VS_CONN_F_TUNNEL,
	IPVS_FORWARD_DR = IP_VS_CONN_F_DROUTE,
};

/* The flags of a service that are the user's; the kernel has others of its own. */
#define IPVS_SERVICE_FLAGS                                                                         \
	(IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_ONEPACKET | IP_VS_SVC_F_SCHED1 |                     \
	    IP_VS_SVC_F_SCHED2 | IP_VS_SVC_F_SCHED3)

/*
 * What makes a service that service: either a firewall mark and a family
 * (then protocol and port are 0 and the address is any), or protocol, address and port.
 */
struct ipvs_key {
	struct addr addr; /* with a mark: addr_any() of the family */
	uint32_t fwmark;  /* 0: none */
	uint16_t port;	  /* 0: all ports */
	uint8_t protocol; /* IPPROTO_TCP, _UDP, _SCTP */
};

struct ipvs_stats {
	uint64_t connections, packets_in, packets_out, bytes_in, bytes_out;
	/* per second, as the kernel's estimator has them */
	uint64_t connection_rate, packet_rate_in, packet_rate_out, byte_rate_in, byte_rate_out;
};

struct ipvs_service {
	struct ipvs_key key;
	char scheduler[IP_VS_SCHEDNAME_MAXLEN];
	char engine[IP_VS_PENAME_MAXLEN]; /* persistence engine; "": none */
	uint32_t flags;			  /* of IPVS_SERVICE_FLAGS */
	uint32_t timeout;		  /* of persistence, in seconds */
	uint32_t netmask;	 /* of persistence: IPv4 mask in host order, IPv6 prefix length */
	size_t first, count;	 /* its destinations in the table */
	size_t room;		 /* for so many there is place */
	void *user;		 /* the caller's: copied, never compared */
	struct ipvs_stats stats; /* only from a dump */
};

struct ipvs_dest {
	struct addr addr;
	uint16_t port;
	uint16_t tunnel_port;  /* GUE */
	uint16_t tunnel_flags; /* IP_VS_TUNNEL_ENCAP_FLAG_* */
	uint8_t tunnel_type;   /* IP_VS_CONN_F_TUNNEL_TYPE_* */
	uint8_t forward;       /* enum ipvs_forward */
	int32_t weight;
	uint32_t upper, lower;		       /* thresholds, in connections; 0: none */
	uint32_t active, inactive, persistent; /* connections; only from a dump */
	void *user;			       /* the caller's: copied, never compared */
	struct ipvs_stats stats;	       /* only from a dump */
};

struct ipvs_table {
	struct ipvs_service *services;
	struct ipvs_dest *dests;
	size_t n_services, n_dests;
	size_t room_services, room_dests;
	size_t unused; /* places of destinations that are none */
};

/*
 * What takes the place of a part of a table: services, and those that go.  Of the services either all destinations, or
 * (addresses != NULL, nothing goes) only those at some addresses; the others, and the services themselves, are as they
 * were.  All is sorted and unique, and no service is both in `table` and in `gone`.
 */
struct ipvs_part {
	struct ipvs_table table;
	const struct ipvs_key *gone;
	const struct addr *addresses;
	size_t n_gone, n_addresses;
};

/* Identity, in an order of our own: addresses first, then marks. */
int ipvs_key_cmp(const struct ipvs_key *a, const struct ipvs_key *b);
/* Identity within a service: address and port. */
int ipvs_dest_cmp(const struct ipvs_dest *a, const struct ipvs_dest *b);
/* Whether the kernel would have to be told: all that the user sets is compared, no counters. */
bool ipvs_service_equal(const struct ipvs_service *a, const struct ipvs_service *b);
bool ipvs_dest_equal(const struct ipvs_dest *a, const struct ipvs_dest *b);

#define IPVS_KEY_STRLEN (ADDR_STRLEN + 24)
/* "tcp 192.0.2.1:80", "udp [2001:db8::1]:53", "fwmark 7 inet6"; returns buf. */
char *ipvs_key_format(const struct ipvs_key *key, char buf[IPVS_KEY_STRLEN]);
/* The reverse of ipvs_key_format(); false, and *key undefined, for anything else. */
bool ipvs_key_parse(struct ipvs_key *key, const char *text);
/* "10.0.0.1:80"; returns buf. */
char *ipvs_dest_format(const struct ipvs_dest *dest, char buf[IPVS_KEY_STRLEN]);

/* Frees the arrays and leaves an empty table; a zeroed struct is an empty table. */
void ipvs_table_clear(struct ipvs_table *t);
/* Copies the service to the end, without destinations.  The pointer holds until the next one is added. */
struct ipvs_service *ipvs_table_add_service(struct ipvs_table *t, const struct ipvs_service *s);
/* Copies a destination to the service that was added last. */
struct ipvs_dest *ipvs_table_add_dest(struct ipvs_table *t, const struct ipvs_dest *d);
/* Copies a service of another table, with its destinations, to the end. */
void ipvs_table_copy_service(
    struct ipvs_table *to, const struct ipvs_table *from, const struct ipvs_service *s);
/* Sorts services by key and each one's destinations by identity. */
void ipvs_table_sort(struct ipvs_table *t);
/*
 * Drops duplicates from a sorted table: of equal services any but one, of equal destinations all but
 * the one with the greatest weight.  Returns how many services were dropped.
 */
size_t ipvs_table_unique(struct ipvs_table *t);
/*
 * Puts a part into the place of what is there.  Costs what the part costs; where services come or go, also a copy of
 * the array of services, without their destinations; where the number of a service's destinations at some address
 * changes, those behind it are moved.  With addresses, the table must have all services of the part.
 */
void ipvs_table_replace(struct ipvs_table *t, const struct ipvs_part *part);
/* Fills *t (empty) with copies of what `part` is to take the place of in `from`; sorted. */
void ipvs_table_pick(
    struct ipvs_table *t, const struct ipvs_table *from, const struct ipvs_part *part);
/*
 * Gives each entry of `to` the user of the same entry in `from`, or NULL.  Both are sorted and unique;
 * linear time.
 */
void ipvs_table_carry_users(struct ipvs_table *to, const struct ipvs_table *from);
/*
 * Where the services, and the destinations of a service, begin and end.  An array without entries may
 * be NULL, and NULL + 0 is undefined: hence no arithmetic elsewhere.
 */
struct ipvs_service *ipvs_services_end(const struct ipvs_table *t);
struct ipvs_dest *ipvs_dests(const struct ipvs_table *t, const struct ipvs_service *s);
struct ipvs_dest *ipvs_dests_end(const struct ipvs_table *t, const struct ipvs_service *s);
/* Which destinations of a service, in a sorted table, are at one address: n of them, from the at-th on. */
struct ipvs_range {
	size_t at, n;
};
struct ipvs_range ipvs_dests_at(
    const struct ipvs_table *t, const struct ipvs_service *s, const struct addr *address);
/* In a sorted table, or NULL. */
struct ipvs_service *ipvs_table_find(const struct ipvs_table *t, const struct ipvs_key *key);
struct ipvs_dest *ipvs_table_find_dest(const struct ipvs_table *t, const struct ipvs_service *s,
    const struct addr *addr, uint16_t port);

#endif
