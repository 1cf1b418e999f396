/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual MAC addresses of a virtual router, and the interfaces that have them. */
#ifndef MODEL_VMAC_H
#define MODEL_VMAC_H

#include <net/if.h>
#include "core/model/schema.h"

#define VMAC_LEN 6

/* An interface with a virtual MAC address, on another one. */
struct vmac {
	char name[IFNAMSIZ];
	char parent[IFNAMSIZ];
	uint8_t mac
	    [VMAC_LEN]; /* 00-00-5E-00-01-{VRID}, of IPv6 00-00-5E-00-02-{VRID} (RFC 9568 section 7.3) */
	bool ipv6;
};

/* The name of the instance's: the administrator's, or one that is made from the VRID, as keepalived does. */
const char *vmac_name(const struct vrrp_instance *i, char buf[IFNAMSIZ]);
/* A MAC address of a host in text: six octets in hexadecimal with colons. */
bool vmac_parse(const char *text, uint8_t mac[VMAC_LEN]);
/* The one that the instance has with use_vmac. */
struct vmac vmac_own(const struct vrrp_instance *i);
/*
 * Another one of the instance's that the address is to be on: it says use_vmac, or the instance has use_vmac_addr
 * and the address is on another interface or of another family.  False: there is none.
 */
bool vmac_more(const struct vrrp_instance *i, const struct vrrp_address *a, struct vmac *m);
/* The interface that an address is set on. */
const char *vmac_place(
    const struct vrrp_instance *i, const struct vrrp_address *a, char buf[IFNAMSIZ]);

#endif
