/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of VRRP instances and their addresses (see validate.h): RFC 9568 (version 3), RFC 3768 and
 * its authentication, RFC 2338 (version 2), and what keepalived's users know.
 */
#include "core/base/words.h"
#include "core/model/validate_rules.h"
#include "core/model/vmac.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define PRIORITY_OWNER 255
#define V3_INTERVAL_MAX (4095 * USEC_PER_CSEC) /* 12 bits of centiseconds */
#define V2_INTERVAL_MAX (255 * USEC_PER_SEC)   /* 8 bits of seconds */
#define ADDRESSES_MAX 255		       /* 8 bits in the advertisement */
#define PEERS_MAX 128			       /* as many packets for each advertisement */

bool interface_valid(const char *name)
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

/* What keepalived's strict mode refuses.  The priority of the RFCs' owner is its state. */
static bool check_strict(struct validation *v, const struct vrrp_instance *i)
{
	bool owner = i->priority == PRIORITY_OWNER;

	if (!i->strict_mode)
		return true;
	if ((i->initial_state == VRRP_INITIAL_MASTER) != owner)
		return REFUSE(v, i, vrrp_instance, initial_state,
		    "strict mode: the address owner (priority 255), and nobody else, starts as "
		    "master");
	if (i->auth_type != VRRP_AUTH_NONE)
		return REFUSE(v, i, vrrp_instance, auth_type,
		    "strict mode: there is no authentication (RFC 3768)");
	if (i->preempt_delay)
		return REFUSE(v, i, vrrp_instance, preempt_delay,
		    "strict mode: there is no delay of preemption");
	if (i->accept && i->version == 2 && !owner)
		return REFUSE(v, i, vrrp_instance, accept,
		    "strict mode: version 2 has no accept mode (RFC 3768)");
	if (i->garp_lower_repeat)
		return REFUSE(v, i, vrrp_instance, garp_lower_repeat,
		    "strict mode: no announcement is repeated; it must be 0");
	if (!i->lower_prio_no_advert)
		return REFUSE(v, i, vrrp_instance, lower_prio_no_advert,
		    "strict mode: a lower priority is not answered");
	if (i->higher_prio_send_advert)
		return REFUSE(v, i, vrrp_instance, higher_prio_send_advert,
		    "strict mode: a higher priority is not answered");
	if (i->use_vmac && i->vmac_xmit_base)
		return REFUSE(v, i, vrrp_instance, vmac_xmit_base,
		    "strict mode: advertisements come from the virtual MAC address (RFC 9568, "
		    "section 7.2)");
	return true;
}

static uint8_t family_of(const struct vrrp_instance *i)
{
	return i->family == INET_IPV6 ? ADDR_IPV6 : ADDR_IPV4;
}

/* What is forwarded is no VRRP; of IPv6, the address says how far it goes. */
static bool is_group(const struct addr *a, uint8_t family)
{
	return a->family == family && addr_is_multicast(a) &&
	       (family == ADDR_IPV4 || (a->bytes[1] & 0x0f) == 2);
}

static bool check_instance(struct validation *v, const struct vrrp_instance *i)
{
	if (!interface_valid(i->interface))
		return REFUSE_VALUE(v, i, vrrp_instance, interface, "is no name of an interface");
	if (i->family == INET_IPV6 && i->version != 3)
		return REFUSE(v, i, vrrp_instance, version,
		    "VRRP over IPv6 needs version 3 (RFC 9568); version 2 is IPv4 only");
	if (addr_is_set(&i->source_address) &&
	    (!address_is_host(&i->source_address) || i->source_address.family != family_of(i)))
		return REFUSE_VALUE(v, i, vrrp_instance, source_address,
		    "is no address of the instance's family that an interface can have");
	if (i->version_2_too && (i->version != 3 || i->family == INET_IPV6))
		return REFUSE(v, i, vrrp_instance, version_2_too,
		    "only an instance of version 3 over IPv4 can speak version 2, too");
	if (addr_is_set(&i->mcast_group) && !is_group(&i->mcast_group, family_of(i)))
		return REFUSE_VALUE(v, i, vrrp_instance, mcast_group,
		    "is no multicast group of the instance's family (IPv6: of one link, "
		    "ff02::...)");
	return check_interval(v, i) && check_preemption(v, i) && check_authentication(v, i) &&
	       check_strict(v, i);
}

static bool check_addresses(struct validation *v, const struct vrrp_instance *i)
{
	unsigned advertised = 0;

	STORE_FOREACH_OF(vrrp_address, a, v->store, i->name)
	{
		if (!a->excluded && a->address.family != family_of(i))
			return REFUSE(v, a, vrrp_address, address,
			    "an instance advertises addresses of one family only; those of the "
			    "other must be excluded from its advertisements");
		advertised += !a->excluded;
		if (advertised > ADDRESSES_MAX)
			return REFUSE(v, a, vrrp_address, excluded,
			    "an advertisement has room for %d addresses; the others must be "
			    "excluded from it",
			    ADDRESSES_MAX);
	}
	if (i->strict_mode && !advertised)
		return REFUSE(v, i, vrrp_instance, strict_mode,
		    "strict mode: an instance has at least one virtual address");
	return true;
}

static bool check_peers(struct validation *v, const struct vrrp_instance *i)
{
	unsigned n = 0;

	STORE_FOREACH_OF(vrrp_peer, p, v->store, i->name)
	{
		if (i->strict_mode)
			return REFUSE(
			    v, p, vrrp_peer, address, "strict mode: there are no unicast peers");
		if (p->address.family != family_of(i))
			return REFUSE(v, p, vrrp_peer, address,
			    "a unicast peer must be of the instance's family");
		if (addr_equal(&p->address, &i->source_address))
			return REFUSE(v, p, vrrp_peer, address,
			    "the source of the instance's own advertisements is no peer");
		if (++n > PEERS_MAX)
			return REFUSE(v, p, vrrp_peer, address,
			    "an instance has at most %d unicast peers", PEERS_MAX);
	}
	return true;
}

/* Both would be made, of one name or with one MAC address on one interface, and the kernel has but one. */
static bool is_same_vmac(const struct vmac *a, const struct vmac *b)
{
	return strcmp(a->name, b->name) == 0 ||
	       (strcmp(a->parent, b->parent) == 0 && memcmp(a->mac, b->mac, VMAC_LEN) == 0);
}

/* Has the instance o the interface that address a of another one, or of itself, is to be on? */
static bool has_vmac(const struct validation *v, const struct vrrp_instance *o,
    const struct vrrp_address *a, const struct vmac *m)
{
	struct vmac own = vmac_own(o), other;

	if (strcmp(o->interface, m->name) == 0 || (o->use_vmac && is_same_vmac(&own, m)))
		return true;
	if (o->name == a->instance)
		return false;
	STORE_FOREACH_OF(vrrp_address, b, v->store, o->name)
	if (vmac_more(o, b, &other) && is_same_vmac(&other, m))
		return true;
	return false;
}

static bool check_vmac_of(
    struct validation *v, const struct vrrp_instance *i, const struct vrrp_address *a)
{
	struct vmac m;

	if (!vmac_more(i, a, &m))
		return true;
	STORE_FOREACH (vrrp_instance, o, v->store)
		if (has_vmac(v, o, a, &m))
			return REFUSE(v, a, vrrp_address, use_vmac,
			    "the instance '%s' has %s, or the same MAC address on %s", o->name,
			    m.name, m.parent);
	return true;
}

/* The name of an interface that is to be made must be nobody else's. */
static bool check_vmac(struct validation *v, const struct vrrp_instance *i)
{
	char name[IFNAMSIZ], other[IFNAMSIZ];
	uint8_t mac[VMAC_LEN];

	if (*i->vmac_name && !interface_valid(i->vmac_name))
		return REFUSE_VALUE(v, i, vrrp_instance, vmac_name, "is no name of an interface");
	if (*i->vmac_own_address && !vmac_parse(i->vmac_own_address, mac))
		return REFUSE_VALUE(v, i, vrrp_instance, vmac_own_address,
		    "is no MAC address of a host: six octets in hexadecimal with colons");
	if (!i->use_vmac)
		return true;
	vmac_name(i, name);
	STORE_FOREACH (vrrp_instance, o, v->store) {
		if (strcmp(o->interface, name) == 0)
			return REFUSE(v, i, vrrp_instance, vmac_name,
			    "%s, the interface for its virtual MAC address, is the one that the "
			    "instance '%s' speaks on",
			    name, o->name);
		if (o != i && o->use_vmac && strcmp(vmac_name(o, other), name) == 0)
			return REFUSE(v, i, vrrp_instance, vmac_name,
			    "the instance '%s' has %s as the interface for its virtual MAC "
			    "address, too: give one of them a name",
			    o->name, name);
	}
	return true;
}

/* The interfaces of its addresses; and seen from the other side, the addresses of others against its own. */
static bool check_more_vmacs(struct validation *v, const struct vrrp_instance *i)
{
	struct vmac own = vmac_own(i), m;

	STORE_FOREACH_OF(vrrp_address, a, v->store, i->name)
	if (!check_vmac_of(v, i, a))
		return false;
	if (v->all || !i->use_vmac)
		return true;
	STORE_FOREACH (vrrp_instance, o, v->store) {
		STORE_FOREACH_OF(vrrp_address, a, v->store, o->name)
		if (o != i && vmac_more(o, a, &m) && is_same_vmac(&own, &m))
			return REFUSE(v, i, vrrp_instance, use_vmac,
			    "an address of the instance '%s' has %s, or the same MAC address on %s",
			    o->name, m.name, m.parent);
	}
	return true;
}

bool validate_vrrp_instance(struct validation *v, const struct row *r)
{
	const struct vrrp_instance *i = (const struct vrrp_instance *)r;

	return check_instance(v, i) && check_vmac(v, i) && check_more_vmacs(v, i) &&
	       check_addresses(v, i) && check_peers(v, i);
}

bool validate_vrrp_peer(struct validation *v, const struct row *r)
{
	const struct vrrp_peer *p = (const struct vrrp_peer *)r;

	if (!address_is_host(&p->address))
		return REFUSE_VALUE(v, p, vrrp_peer, address,
		    "is no address of a host (unspecified, multicast or broadcast)");
	return p->min_ttl <= p->max_ttl ||
	       REFUSE(v, p, vrrp_peer, min_ttl, "min_ttl %u is greater than max_ttl %u", p->min_ttl,
		   p->max_ttl);
}

bool validate_vrrp_address(struct validation *v, const struct row *r)
{
	const struct vrrp_address *a = (const struct vrrp_address *)r;

	if (!address_is_host(&a->address))
		return REFUSE_VALUE(v, a, vrrp_address, address,
		    "an interface can't have this address (unspecified, multicast or broadcast)");
	if (a->address.family == ADDR_IPV4 && a->prefix_length > 32)
		return REFUSE(v, a, vrrp_address, prefix_length,
		    "%u is longer than an IPv4 address", a->prefix_length);
	if (a->address.family == ADDR_IPV6 && *a->label_text)
		return REFUSE(v, a, vrrp_address, label_text, "an IPv6 address has no label");
	if (a->address.family == ADDR_IPV6 && a->scope)
		return REFUSE(v, a, vrrp_address, scope,
		    "the scope of an IPv6 address follows from the address");
	if (addr_is_set(&a->broadcast) && a->broadcast.family != a->address.family)
		return REFUSE(v, a, vrrp_address, broadcast,
		    "the broadcast address is of another family than the address");
	if (*a->interface && !interface_valid(a->interface))
		return REFUSE_VALUE(v, a, vrrp_address, interface, "is no name of an interface");
	if (strpbrk(a->label_text, " \t/"))
		return REFUSE_VALUE(v, a, vrrp_address, label_text, "has a blank or a slash");
	return true;
}

/* Is what is tracked there, or could it be? */
static bool check_tracked(struct validation *v, const struct row *r)
{
	const struct column *c = r->table->columns;
	const char *name = column_text(r, &c[COL_vrrp_track_tracked]);
	enum track_kind kind = (enum track_kind)column_number(r, &c[COL_vrrp_track_kind]);

	if (track_table(kind) < 0)
		return interface_valid(name) ||
		       validation_refuse(v, REFUSAL_NAME, r, COL_vrrp_track_tracked,
			   "is no name of an interface");
	return store_named(v->store, (enum table_id)track_table(kind), name) ||
	       validation_refuse(v, REFUSAL_NAME, r, COL_vrrp_track_tracked, "there is no %s '%s'",
		   tables[track_table(kind)].name, name);
}

bool validate_vrrp_interface(struct validation *v, const struct row *r)
{
	const struct vrrp_interface *i = (const struct vrrp_interface *)r;

	return interface_valid(i->interface) ||
	       REFUSE_VALUE(v, i, vrrp_interface, interface, "is no name of an interface");
}

bool validate_script(struct validation *v, const struct row *r)
{
	const struct script *s = (const struct script *)r;

	return !*s->user_group || *s->user ||
	       REFUSE(v, s, script, user_group, "a group needs a user");
}

bool validate_track_file(struct validation *v, const struct row *r)
{
	const struct track_file *f = (const struct track_file *)r;

	if (*f->path != '/')
		return REFUSE_VALUE(v, f, track_file, path, "the path must begin with a slash");
	return !f->init_value || f->init != TRACK_INIT_NONE ||
	       REFUSE(v, f, track_file, init_value, "nothing is written without init");
}

bool validate_track_process(struct validation *v, const struct row *r)
{
	const struct track_process *p = (const struct track_process *)r;
	char **words = words_split(p->process);

	free(words);
	if (!words)
		return REFUSE_VALUE(v, p, track_process, process, "has no words, or an open quote");
	/* as with keepalived, a maximum of 0 needs no other minimum */
	return p->quorum <= p->quorum_max || (p->quorum_max == 0 && p->quorum == 1) ||
	       REFUSE(v, p, track_process, quorum_max, "is less than the quorum");
}

/* The kind of tracking that names rows of this table, or 0. */
static int kind_of(const struct table *t)
{
	for (const struct enum_word *w = enumeration_track_kind.words; w->word; w++)
		if (track_table((enum track_kind)w->number) == t->id)
			return w->number;
	return 0;
}

bool validate_tracked_removed(struct validation *v, const struct row *gone)
{
	int kind = kind_of(gone->table);
	const struct row *r;

	if (!kind || store_find(v->store, gone))
		return true;
	r = store_tracker(
	    v->store, (enum track_kind)kind, column_text(gone, &gone->table->columns[0]));
	return !r || validation_refuse_orphan(v, gone, r);
}

/* vrrp_track and sync_group_track have the same columns. */
bool validate_track(struct validation *v, const struct row *r)
{
	const struct column *c = r->table->columns;
	int64_t weight = column_number(r, &c[COL_vrrp_track_weight]);
	enum track_kind kind = (enum track_kind)column_number(r, &c[COL_vrrp_track_kind]);
	bool own = column_number(r, &c[COL_vrrp_track_own_weight]);

	if (!check_tracked(v, r))
		return false;
	if (!own && !track_has_weight(kind))
		return validation_refuse(v, REFUSAL_INCONSISTENT, r, COL_vrrp_track_own_weight,
		    "what is tracked has no weight by itself");
	if ((weight || column_number(r, &c[COL_vrrp_track_reverse])) && !own)
		return validation_refuse(v, REFUSAL_INCONSISTENT, r, COL_vrrp_track_weight,
		    "the weight and reverse of this row would have no effect");
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
	char interface[IFNAMSIZ];
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
		if (i)
			vmac_place(i, a, list[n].interface);
		n++;
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
