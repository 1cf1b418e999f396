/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual MAC address of a virtual router, and the interface that has it. */
#ifndef MODEL_VMAC_H
#define MODEL_VMAC_H

#include <net/if.h>
#include "core/model/schema.h"

#define VMAC_LEN 6

/* 00-00-5E-00-01-{VRID}, of IPv6 00-00-5E-00-02-{VRID} (RFC 9568 section 7.3). */
void vmac_address(const struct vrrp_instance *i, uint8_t mac[VMAC_LEN]);
/* The name of the interface: the administrator's, or one that is made from the VRID, as keepalived does. */
const char *vmac_name(const struct vrrp_instance *i, char buf[IFNAMSIZ]);
/* The interface that an address without one of its own, or with the instance's, is set on. */
const char *vmac_place(
    const struct vrrp_instance *i, const struct vrrp_address *a, char buf[IFNAMSIZ]);

#endif
