/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of VRRP instances and their addresses (see validate.h): RFC 9568 (version 3), RFC 3768 and
 * its authentication, RFC 2338 (version 2), and what keepalived's users know.
 */
#include "core/model/validate_rules.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define PRIORITY_OWNER 255
#define V3_INTERVAL_MAX (4095 * USEC_PER_CSEC) /* 12 bits of centiseconds */
#define V2_INTERVAL_MAX (255 * USEC_PER_SEC)   /* 8 bits of seconds */
#define ADDRESSES_MAX 255		       /* 8 bits in the advertisement */

/* As the kernel's dev_valid_name(). */
static bool interface_valid(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && !strpbrk(name, "/: \t\n\v\f\r");
}

static bool check_interval(struct validation *v, const struct vrrp_instance *i)
{
	if (i->version == 2 &&
	    (i->advert_interval % USEC_PER_SEC || i->advert_interval < USEC_PER_SEC ||
		i->advert_interval > V2_INTERVAL_MAX))
		return REFUSE(v, i, vrrp_instance, advert_interval,
		    "version 2 advertises in whole seconds, 1 to 255");
	if (i->version == 3 &&
	    (i->advert_interval % USEC_PER_CSEC || i->advert_interval < USEC_PER_CSEC ||
		i->advert_interval > V3_INTERVAL_MAX))
		return REFUSE(v, i, vrrp_instance, advert_interval,
		    "version 3 advertises in hundredths of a second, 0.01 to 40.95 seconds");
	return true;
}

static bool check_preemption(struct validation *v, const struct vrrp_instance *i)
{
	if (!i->preempt && i->priority == PRIORITY_OWNER)
		return REFUSE(v, i, vrrp_instance, preempt,
		    "the address owner (priority 255) always preempts (RFC 9568, section 6.1)");
	if (!i->preempt && i->initial_state == VRRP_INITIAL_MASTER)
		return REFUSE(v, i, vrrp_instance, preempt,
		    "an instance that does not preempt must have the initial state backup");
	if (i->preempt_delay && i->initial_state == VRRP_INITIAL_MASTER)
		return REFUSE(v, i, vrrp_instance, preempt_delay,
		    "an instance with a preemption delay must have the initial state backup");
	return true;
}

static bool check_authentication(struct validation *v, const struct vrrp_instance *i)
{
	if (i->auth_type == VRRP_AUTH_NONE)
		return true;
	if (i->version != 2)
		return REFUSE(v, i, vrrp_instance, auth_type, "version 3 has no authentication");
	return *i->auth_password ||
	       REFUSE(v, i, vrrp_instance, auth_password, "the authentication has no password");
}

static bool check_instance(struct validation *v, const struct vrrp_instance *i)
{
	if (!interface_valid(i->interface))
		return REFUSE_VALUE(v, i, vrrp_instance, interface, "is no name of an interface");
	if (i->family != INET_IPV4)
		return REFUSE(v, i, vrrp_instance, family, "VRRP over IPv6 is not supported yet");
	if (addr_is_set(&i->source_address) &&
	    (!address_is_host(&i->source_address) || i->source_address.family != ADDR_IPV4))
		return REFUSE_VALUE(v, i, vrrp_instance, source_address,
		    "is no IPv4 address that an interface can have");
	if (!i->accept)
		return REFUSE(v, i, vrrp_instance, accept,
		    "refusing packets to the virtual addresses is not supported yet");
	return check_interval(v, i) && check_preemption(v, i) && check_authentication(v, i);
}

bool validate_vrrp_instance(struct validation *v, const struct row *r)
{
	const struct vrrp_instance *i = (const struct vrrp_instance *)r;
	struct vrrp_address *key;
	const struct vrrp_address *a;
	unsigned advertised = 0;

	if (!check_instance(v, i))
		return false;
	key = ROW_NEW(vrrp_address);
	row_set_text(&key->instance, i->name);
	a = (const struct vrrp_address *)store_at_or_after(v->store, &key->row);
	row_free(&key->row);
	for (; a && a->instance == i->name; a = (const struct vrrp_address *)store_next(&a->row)) {
		advertised += !a->excluded;
		if (advertised > ADDRESSES_MAX)
			return REFUSE(v, a, vrrp_address, excluded,
			    "an advertisement has room for %d addresses; the others must be "
			    "excluded "
			    "from it",
			    ADDRESSES_MAX);
	}
	return true;
}

bool validate_vrrp_address(struct validation *v, const struct row *r)
{
	const struct vrrp_address *a = (const struct vrrp_address *)r;

	if (!address_is_host(&a->address))
		return REFUSE_VALUE(v, a, vrrp_address, address,
		    "an interface can't have this address (unspecified, multicast or broadcast)");
	if (a->address.family != ADDR_IPV4)
		return REFUSE(v, a, vrrp_address, address, "VRRP over IPv6 is not supported yet");
	if (a->prefix_length > 32)
		return REFUSE(v, a, vrrp_address, prefix_length,
		    "%u is longer than an IPv4 address", a->prefix_length);
	if (addr_is_set(&a->broadcast) && a->broadcast.family != a->address.family)
		return REFUSE(v, a, vrrp_address, broadcast,
		    "the broadcast address is of another family than the address");
	if (*a->interface && !interface_valid(a->interface))
		return REFUSE_VALUE(v, a, vrrp_address, interface, "is no name of an interface");
	if (strpbrk(a->label_text, " \t/"))
		return REFUSE_VALUE(v, a, vrrp_address, label_text, "has a blank or a slash");
	return true;
}

static int instance_cmp(const void *a, const void *b)
{
	const struct vrrp_instance *x = *(const struct vrrp_instance *const *)a;
	const struct vrrp_instance *y = *(const struct vrrp_instance *const *)b;
	int d = strcmp(x->interface, y->interface);

	if (d)
		return d;
	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return x->vrid != y->vrid ? (x->vrid < y->vrid ? -1 : 1) : 0;
}

/* A virtual router is identified by interface, family and VRID (RFC 9568, section 5.2.3). */
bool validate_unique_instances(struct validation *v)
{
	size_t n = 0;
	const struct vrrp_instance **list = calloc(
	    store_count(v->store, TABLE_vrrp_instance) + 1, sizeof(const struct vrrp_instance *));
	bool ok = true;

	if (!list)
		abort();
	STORE_FOREACH (vrrp_instance, i, v->store)
		list[n++] = i;
	qsort(list, n, sizeof(*list), instance_cmp);
	for (size_t i = 1; ok && i < n; i++)
		if (instance_cmp(&list[i - 1], &list[i]) == 0)
			ok = REFUSE(v, list[i], vrrp_instance, vrid,
			    "the instance '%s' has VRID %u on %s too", list[i - 1]->name,
			    list[i]->vrid, list[i]->interface);
	free(list);
	return ok;
}

struct placed {
	const struct vrrp_address *address;
	const char *interface;
};

static int placed_cmp(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int d = addr_cmp(&x->address->address, &y->address->address);

	return d ? d : strcmp(x->interface, y->interface);
}

/*
 * Two instances that set and remove the same address on the same interface would undo each other's
 * work.  On different interfaces it may be meant.
 */
bool validate_unique_addresses(struct validation *v)
{
	size_t n = 0;
	struct placed *list = calloc(store_count(v->store, TABLE_vrrp_address) + 1, sizeof(*list));
	const struct vrrp_instance *i = NULL;
	bool ok = true;

	if (!list)
		abort();
	STORE_FOREACH (vrrp_address, a, v->store) {
		if (!i || i->name != a->instance)
			i = store_vrrp_instance(v->store, a->instance);
		list[n].address = a;
		list[n++].interface = *a->interface || !i ? a->interface : i->interface;
	}
	qsort(list, n, sizeof(*list), placed_cmp);
	for (size_t k = 1; ok && k < n; k++)
		if (placed_cmp(&list[k - 1], &list[k]) == 0)
			ok = REFUSE(v, list[k].address, vrrp_address, address,
			    "the instance '%s' has this address on %s too",
			    list[k - 1].address->instance, list[k].interface);
	free(list);
	return ok;
}
