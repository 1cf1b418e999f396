/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VRRP instance is told: the administrator's settings in the form that
 * the codec and the state machine use.  vrrp.c fills it from the rows of
 * vrrp_instance and vrrp_address; nothing here is state.
 */
#ifndef VRRP_CONFIG_H
#define VRRP_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/addr.h"
#include "core/base/clock.h"
#include "core/model/schema.h"

#define VRRP_NAME_SIZE 61 /* a NAME of the schema and its NUL */
#define VRRP_PRIORITY_OWNER 255
#define VRRP_PRIORITY_STOP 0
#define VRRP_MAX_ADDRESSES 255 /* the count is one octet */
#define VRRP_AUTH_LEN 8	       /* RFC 2338 section 5.3.10 */

#define VRRP_MAX_PEERS 128

struct vrrp_peer_config {
	struct addr address;
	uint8_t min_ttl, max_ttl; /* of its packets, as they arrive */
};

struct vrrp_config {
	char name[VRRP_NAME_SIZE];
	uint8_t family;	 /* enum addr_family, of the advertisements */
	uint8_t version; /* 2 or 3 */
	bool
	    also_v2; /* v3 over IPv4: sends both versions and takes either (RFC 9568 section 8.4) */
	uint8_t vrid;	  /* 1..255 */
	uint8_t priority; /* 1..255; 255: the address owner */
	usec_t interval;  /* v2: whole seconds, 1..255; v3: whole centiseconds, 1..4095 */
	bool preempt;
	usec_t preempt_delay;		  /* 0: none */
	enum vrrp_auth auth_type;	  /* v2 only */
	uint8_t auth_data[VRRP_AUTH_LEN]; /* padded with zeros */
	enum vrrp_checksum checksum;	  /* v3 over IPv4: the form that is sent */
	bool strict_addresses; /* a packet with other addresses is dropped, not only counted */
	/* Announcements: gratuitous ARP, unsolicited neighbour advertisements. */
	usec_t garp_delay;    /* the second set after a takeover; 0: none */
	uint32_t garp_repeat; /* announcements of each address in a set, >= 1 */
	usec_t garp_refresh;  /* 0: none */
	uint32_t garp_refresh_repeat;
	usec_t garp_extra; /* where no advertisements come from; 0: none */
	usec_t garp_lower_delay;
	uint32_t garp_lower_repeat; /* 0: none */
	bool lower_no_advert;	 /* a master does not answer a lower priority, as before RFC 9568 */
	bool higher_send_advert; /* a master that gives way to a higher one speaks once more */
	struct addr group;	 /* multicast, if it is not the RFC's */
	/* Unicast (npeers > 0): whom it speaks to; owned by who made the config. */
	const struct vrrp_peer_config *peers;
	uint8_t npeers;
	uint8_t unicast_ttl;
	bool check_source; /* packets of others than the peers are dropped */
	enum unicast_checksum unicast_checksum;
	/* The addresses that are advertised, in this order; owned by who made the config. */
	const struct addr *addresses;
	uint8_t naddresses;
};

#endif
