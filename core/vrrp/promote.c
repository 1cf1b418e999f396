/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sysctl promote_secondaries of interfaces, where an instance wants it; see router.h.
 *
 * With the first address of a subnet that is removed from an interface, the kernel removes the others of that
 * subnet, unless this is set: those of the administrator, too, that were set after a virtual one.
 *
 * What this program has switched on is in the record (record.h), so that a later process puts it back.
 */
#include <linux/ip.h>
#include <string.h>
#include "core/vrrp/router.h"

/* Without a record, for as long as this process lives. */
static int own[RECORD_PROMOTED];

static int *find(const struct router *r, int index)
{
	int *list = record_promoted(r->record);

	if (!list)
		list = own;
	for (size_t k = 0; k < RECORD_PROMOTED; k++)
		if (list[k] == index)
			return &list[k];
	return NULL;
}

static bool set(const struct router *r, const struct kernel_interface *i, bool on)
{
	const char *why =
	    kernel_set_ipv4(r->kernel, i->index, IPV4_DEVCONF_PROMOTE_SECONDARIES, on);

	if (why)
		log_warning("cannot set promote_secondaries of %s to %d: %s", i->name, on, why);
	kernel_reread(r->kernel, i->index);
	return !why;
}

/* What is on already is the administrator's, and stays so; what was switched on here is not done again. */
static void switch_on(struct router *r, const char *interface, bool look)
{
	const struct kernel_interface *i = kernel_interface(r->kernel, interface);
	int *place;

	if (!i || find(r, i->index) || (i->promote_secondaries && !look))
		return;
	kernel_reread(r->kernel, i->index);
	place = find(r, 0);
	if (i->promote_secondaries || !place)
		return;
	*place = i->index; /* first, so that no kill leaves it on and forgotten */
	if (!set(r, i, true))
		*place = 0;
}

/* The place of an address of IPv4 of the instance, or the instance's own: a is NULL. */
static bool is_place(
    const struct vrrp_instance *i, const struct vrrp_address *a, const char *interface)
{
	char place[IFNAMSIZ];

	if (!a)
		return strcmp(i->interface, interface) == 0;
	return a->address.family == ADDR_IPV4 && strcmp(vmac_place(i, a, place), interface) == 0;
}

static bool wants(const struct vrrp_instance *i)
{
	return i->promote_secondaries && i->enabled;
}

static bool is_wanted(const struct router *r, const char *interface)
{
	const struct store *s = engine_store(r->engine);

	STORE_FOREACH (vrrp_instance, i, s) {
		if (!wants(i))
			continue;
		if (is_place(i, NULL, interface))
			return true;
		STORE_FOREACH_OF(vrrp_address, a, s, i->name)
		if (is_place(i, a, interface))
			return true;
	}
	return false;
}

void promote_make(struct router *r, bool look)
{
	const struct store *s = engine_store(r->engine);
	char place[IFNAMSIZ];

	if (r->resigned)
		return;
	STORE_FOREACH (vrrp_instance, i, s) {
		if (!wants(i))
			continue;
		switch_on(r, i->interface, look);
		STORE_FOREACH_OF(vrrp_address, a, s, i->name)
		if (a->address.family == ADDR_IPV4)
			switch_on(r, vmac_place(i, a, place), look);
	}
}

void promote_sweep(struct router *r, bool all)
{
	int *list = record_promoted(r->record);

	if (!list)
		list = own;
	for (size_t k = 0; k < RECORD_PROMOTED; k++) {
		const struct kernel_interface *i = kernel_interface_of(r->kernel, list[k]);

		if (!list[k] || (i && !all && is_wanted(r, i->name)))
			continue;
		if (!i || set(r, i, false))
			list[k] = 0;
	}
}
