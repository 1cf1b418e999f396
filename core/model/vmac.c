/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmac.h. */
#include "core/model/vmac.h"

#include <stdio.h>
#include <string.h>

static void set_mac(struct vmac *m, const struct vrrp_instance *i, bool ipv6)
{
	const uint8_t mac[VMAC_LEN] = {0x00, 0x00, 0x5e, 0x00, ipv6 ? 2 : 1, (uint8_t)i->vrid};

	memcpy(m->mac, mac, VMAC_LEN);
	m->ipv6 = ipv6;
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

bool vmac_parse(const char *text, uint8_t mac[VMAC_LEN])
{
	unsigned octet[VMAC_LEN];
	int end = 0;

	if (strspn(text, "0123456789abcdefABCDEF:") != strlen(text) ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &octet[0], &octet[1], &octet[2], &octet[3],
		&octet[4], &octet[5], &end) != VMAC_LEN ||
	    text[end] || octet[0] & 1)
		return false;
	for (int k = 0; k < VMAC_LEN; k++)
		mac[k] = (uint8_t)octet[k];
	return true;
}

struct vmac vmac_own(const struct vrrp_instance *i)
{
	struct vmac m = {.name = ""};

	vmac_name(i, m.name);
	snprintf(m.parent, IFNAMSIZ, "%s", i->interface);
	set_mac(&m, i, i->family == INET_IPV6);
	vmac_parse(i->vmac_own_address, m.mac);
	return m;
}

static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

/* v51.eth1, of IPv6 v6.51.eth1; where that is too long, a number stands for the interface. */
static void name_more(struct vmac *m, const struct vrrp_instance *i)
{
	const char *family = m->ipv6 ? "6." : "";
	unsigned vrid = (uint8_t)i->vrid;

	if ((size_t)snprintf(m->name, IFNAMSIZ, "v%s%u.%s", family, vrid, m->parent) >= IFNAMSIZ)
		snprintf(m->name, IFNAMSIZ, "v%s%u.%08x", family, vrid, hash(m->parent));
}

static bool is_elsewhere(const struct vrrp_instance *i, const struct vrrp_address *a)
{
	return *a->interface && strcmp(a->interface, i->interface) != 0;
}

bool vmac_more(const struct vrrp_instance *i, const struct vrrp_address *a, struct vmac *m)
{
	bool ipv6 = a->address.family == ADDR_IPV6;
	bool other = is_elsewhere(i, a) || ipv6 != (i->family == INET_IPV6);

	if (!(a->use_vmac && (other || !i->use_vmac)) && !(i->use_vmac_addr && other))
		return false;
	snprintf(m->parent, IFNAMSIZ, "%s", *a->interface ? a->interface : i->interface);
	set_mac(m, i, ipv6);
	name_more(m, i);
	return true;
}

const char *vmac_place(
    const struct vrrp_instance *i, const struct vrrp_address *a, char buf[IFNAMSIZ])
{
	struct vmac m;

	if (vmac_more(i, a, &m))
		return memcpy(buf, m.name, IFNAMSIZ);
	if (i->use_vmac && !is_elsewhere(i, a))
		return vmac_name(i, buf);
	snprintf(buf, IFNAMSIZ, "%s", *a->interface ? a->interface : i->interface);
	return buf;
}
