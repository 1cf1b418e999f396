/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmac.h. */
#include "core/model/vmac.h"

#include <stdio.h>
#include <string.h>

void vmac_address(const struct vrrp_instance *i, uint8_t mac[VMAC_LEN])
{
	const uint8_t address[VMAC_LEN] = {
	    0x00, 0x00, 0x5e, 0x00, i->family == INET_IPV6 ? 2 : 1, (uint8_t)i->vrid};

	memcpy(mac, address, VMAC_LEN);
}

const char *vmac_name(const struct vrrp_instance *i, char buf[IFNAMSIZ])
{
	if (*i->vmac_name)
		snprintf(buf, IFNAMSIZ, "%s", i->vmac_name);
	else
		snprintf(buf, IFNAMSIZ, "vrrp%s.%u", i->family == INET_IPV6 ? "6" : "",
		    (unsigned)(uint8_t)i->vrid);
	return buf;
}

const char *vmac_place(
    const struct vrrp_instance *i, const struct vrrp_address *a, char buf[IFNAMSIZ])
{
	if (i->use_vmac && (!*a->interface || strcmp(a->interface, i->interface) == 0))
		return vmac_name(i, buf);
	snprintf(buf, IFNAMSIZ, "%s", *a->interface ? a->interface : i->interface);
	return buf;
}
