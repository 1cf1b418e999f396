/* SPDX-License-Identifier: BSD-2-Clause */
/* See standard_set.h. */
#include "agent/standard_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/standard_private.h"

/* A variable of the request that a rule may blame. */
struct named {
	bool is;
	size_t at;
};

/* A virtual router that the request names, or an address of it. */
struct router {
	enum standard_mib mib;
	uint32_t ifindex;
	struct vrrp_instance *key; /* as it is in the store, or as it would be made; owned */
	enum row_status wanted;	   /* 0: the request does not say */
	struct named status, admin, column;
};

struct member {
	size_t router;
	struct vrrp_address *key; /* owned */
	enum row_status wanted;
	size_t at;
};

struct standard_set {
	struct standard *standard;
	struct set *set;
	struct router *routers;
	size_t nrouters;
	struct member *members;
	size_t nmembers;
};

static void *grown(void *array, size_t n, size_t size)
{
	array = reallocarray(array, n + 1, size);
	if (!array)
		abort();
	return array;
}

struct standard_set *standard_set_new(struct standard *s, struct set *set)
{
	struct standard_set *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->standard = s;
	r->set = set;
	return r;
}

void standard_set_free(struct standard_set *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nrouters; i++)
		row_free(&r->routers[i].key->row);
	for (size_t i = 0; i < r->nmembers; i++)
		row_free(&r->members[i].key->row);
	free(r->routers);
	free(r->members);
	free(r);
}

static const struct store *store_of(const struct standard_set *r)
{
	return r->standard->view->store;
}

/* ---- One variable: its value by itself. */

static const char *const NAME_WRONG = "no row can have this index";

static enum set_status judge_value(struct standard_set *r, const struct standard_object *o,
    const struct set_var *v, const struct row *row)
{
	char why[WHY_SIZE];

	if (v->type != (int)o->type)
		return set_refuse(r->set, SET_WRONG_TYPE, row, NULL, "the value has another type");
	if (o->type == SMI_OCTETS || o->type == SMI_IPADDRESS) {
		snprintf(why, sizeof(why), "%s: %zu octets", o->label, v->size);
		if (v->size < (size_t)o->min || v->size > (size_t)o->max)
			return set_refuse(r->set, SET_WRONG_LENGTH, row, NULL, why);
		return SET_OK;
	}
	snprintf(why, sizeof(why), "%s cannot be %lld", o->label, (long long)v->number);
	if (v->number < o->min || v->number > o->max ||
	    (o->write == WRITE_STATUS && v->number == STATUS_NOT_READY))
		return set_refuse(r->set, SET_WRONG_VALUE, row, NULL, why);
	return SET_OK;
}

/* RFC 2787 fills it up with zeros. */
static enum set_status take_key(
    struct standard_set *r, struct row *row, const struct column *c, const struct set_var *v)
{
	size_t len = v->size;
	char text[32] = "";

	while (len && ((const uint8_t *)v->bytes)[len - 1] == 0)
		len--;
	if (len)
		memcpy(text, v->bytes, len);
	if (strlen(text) != len)
		return set_refuse(r->set, SET_WRONG_VALUE, row, c, "has a zero octet");
	if ((int64_t)len > column_max(c))
		return set_refuse(r->set, SET_WRONG_LENGTH, row, c,
		    "a password of version 2 has at most 8 octets");
	row_set_text(COLUMN_PTR(row, c), text);
	return SET_OK;
}

static enum set_status take_address(struct standard_set *r, const struct standard_object *o,
    struct row *row, const struct column *c, const struct set_var *v)
{
	struct addr a = addr_from_bytes(v->bytes, v->size);
	struct vrrp_instance *i = (struct vrrp_instance *)row;

	if (a.family != standard_family_of(i))
		return set_refuse(
		    r->set, SET_WRONG_LENGTH, row, c, "is of the other address family");
	/* RFC 2787: 0.0.0.0 leaves the choice to the router.  RFC 6527 has no such value. */
	if (addr_is_any(&a) && o->mib == STANDARD_VRRP)
		a = addr_any(ADDR_NONE);
	else if (addr_is_any(&a) || addr_is_multicast(&a))
		return set_refuse(
		    r->set, SET_WRONG_VALUE, row, c, "an interface cannot have this address");
	i->source_address = a;
	return SET_OK;
}

/* The value in the column of row. */
static enum set_status convert(struct standard_set *r, const struct standard_object *o,
    struct row *row, const struct column *c, const struct set_var *v)
{
	switch (o->write) {
	case WRITE_NUMBER:
	case WRITE_STATUS:
		column_set_number(row, c, v->number);
		break;
	case WRITE_CENTISECONDS:
		column_set_number(row, c, v->number * (int64_t)USEC_PER_CSEC);
		break;
	case WRITE_SECONDS:
		column_set_number(row, c, v->number * (int64_t)USEC_PER_SEC);
		break;
	case WRITE_TRUTH:
		column_set_number(row, c, v->number == 1);
		break;
	case WRITE_ADDRESS:
		return take_address(r, o, row, c, v);
	case WRITE_KEY:
		return take_key(r, row, c, v);
	case WRITE_NOTHING:
	case WRITE_NEVER:
		break;
	}
	return SET_OK;
}

/* The variable as a value of a column of the row that `key` is. */
static enum set_status take(struct standard_set *r, const struct standard_object *o,
    const struct row *key, const struct set_var *v)
{
	const struct column *c =
	    o->write == WRITE_NOTHING ? NULL : &tables[o->table].columns[o->column];
	struct row *wanted = row_copy(key);
	enum set_status e = convert(r, o, wanted, c, v);

	if (e == SET_OK)
		e = set_wanted(r->set, wanted, c);
	row_free(wanted);
	return e;
}

/* ---- Which row a variable is about. */

struct place {
	uint32_t ifindex, vrid;
	uint8_t family;
	struct addr address; /* of STANDARD_ADDRESS */
};

static bool decode_address(struct place *p, const arc *index, size_t len)
{
	uint8_t bytes[16];

	if (len != (p->family == ADDR_IPV6 ? 16u : 4u))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (index[i] > 255)
			return false;
		bytes[i] = (uint8_t)index[i];
	}
	p->address = addr_from_bytes(bytes, len);
	return true;
}

static bool decode(
    struct place *p, enum standard_mib m, enum standard_kind kind, const arc *index, size_t len)
{
	size_t n = m == STANDARD_VRRPV3 ? 3 : 2;

	if (len < n || index[0] < 1 || index[0] > INT32_MAX || index[1] < 1 || index[1] > 255)
		return false;
	p->ifindex = (uint32_t)index[0];
	p->vrid = (uint32_t)index[1];
	p->family = ADDR_IPV4;
	if (m == STANDARD_VRRPV3) {
		if (index[2] != ADDR_IPV4 && index[2] != ADDR_IPV6)
			return false;
		p->family = (uint8_t)index[2];
	}
	if (kind == STANDARD_INSTANCE)
		return len == n;
	if (m == STANDARD_VRRPV3) {
		if (len < n + 1 || index[n] != len - n - 1)
			return false;
		n++;
	}
	return decode_address(p, index + n, len - n);
}

static void name_instance(const struct standard_set *r, struct vrrp_instance *i)
{
	const char *suffix = i->version == 2 ? "" : i->family == INET_IPV6 ? "-ipv6" : "-v3";

	row_set_textf(&i->name, "%s-%u%s", i->interface, i->vrid, suffix);
	for (unsigned n = 2; store_find(store_of(r), &i->row); n++)
		row_set_textf(&i->name, "%s-%u%s-%u", i->interface, i->vrid, suffix, n);
}

static struct vrrp_instance *new_instance(
    const struct standard_set *r, enum standard_mib m, const struct place *p)
{
	struct vrrp_instance *i;
	char interface[IF_NAMESIZE];

	if (!r->standard->links.name_of(p->ifindex, interface))
		return NULL;
	i = ROW_NEW(vrrp_instance);
	row_set_text(&i->interface, interface);
	i->vrid = p->vrid;
	i->family = p->family == ADDR_IPV6 ? INET_IPV6 : INET_IPV4;
	i->version = m == STANDARD_VRRPV3 ? 3 : 2;
	i->enabled = m == STANDARD_VRRPV3; /* vrrpOperAdminState has DEFVAL down */
	name_instance(r, i);
	return i;
}

static struct router *router_of(struct standard_set *r, enum standard_mib m, const struct place *p)
{
	const struct standard_row *there;
	struct router *t;
	arc index[3] = {p->ifindex, p->vrid, p->family};

	for (size_t i = 0; i < r->nrouters; i++) {
		t = &r->routers[i];
		if (t->mib == m && t->ifindex == p->ifindex && t->key->vrid == p->vrid &&
		    standard_family_of(t->key) == p->family)
			return t;
	}
	r->routers = grown(r->routers, r->nrouters, sizeof(*r->routers));
	t = &r->routers[r->nrouters];
	*t = (struct router){.mib = m, .ifindex = p->ifindex};
	there =
	    standard_row_at(r->standard, m, STANDARD_INSTANCE, index, m == STANDARD_VRRPV3 ? 3 : 2);
	if (there)
		t->key = (struct vrrp_instance *)row_copy(&there->instance->row);
	else
		t->key = new_instance(r, m, p);
	if (!t->key)
		return NULL;
	r->nrouters++;
	return t;
}

/* ---- Variables. */

static void note(struct named *n, size_t at)
{
	*n = (struct named){true, at};
}

static enum set_status add_to_router(struct standard_set *r, struct router *t,
    const struct standard_object *o, size_t at, const struct set_var *v)
{
	if (o->write == WRITE_STATUS) {
		t->wanted = (enum row_status)v->number;
		note(&t->status, at);
	} else if (o->column == COL_vrrp_instance_enabled) {
		note(&t->admin, at);
	} else if (!t->column.is) {
		note(&t->column, at);
	}
	return take(r, o, &t->key->row, v);
}

static enum set_status add_member(struct standard_set *r, struct router *t,
    const struct standard_object *o, const struct place *p, size_t at, const struct set_var *v)
{
	struct member *m;

	r->members = grown(r->members, r->nmembers, sizeof(*r->members));
	m = &r->members[r->nmembers++];
	m->router = (size_t)(t - r->routers);
	m->key = ROW_NEW(vrrp_address);
	row_set_text(&m->key->instance, t->key->name);
	m->key->address = p->address;
	m->wanted = (enum row_status)v->number;
	m->at = at;
	return take(r, o, &m->key->row, v);
}

enum set_status standard_set_add(
    struct standard_set *r, enum standard_mib m, size_t at, const struct set_var *v)
{
	const struct standard_object *o = standard_object_find(m, v->name, v->len);
	struct place p = {0};
	struct router *t;
	enum set_status e;

	set_at(r->set, at);
	if (!o || o->write == WRITE_NEVER)
		return set_refuse(r->set, SET_NOT_WRITABLE, NULL, NULL,
		    o ? "the object is read-only" : "there is no such object in the module");
	e = judge_value(r, o, v, NULL);
	if (e != SET_OK)
		return e;
	if (o->kind == STANDARD_SCALAR) {
		if (v->len != o->len + 1 || v->name[o->len] != 0)
			return set_refuse(r->set, SET_NO_CREATION, NULL, NULL, NAME_WRONG);
		return take(r, o, &store_system(r->standard->view->store)->row, v);
	}
	if (!decode(&p, m, o->kind, v->name + o->len, v->len - o->len))
		return set_refuse(r->set, SET_NO_CREATION, NULL, NULL, NAME_WRONG);
	t = router_of(r, m, &p);
	if (!t)
		return set_refuse(r->set, SET_INCONSISTENT_NAME, NULL, NULL,
		    "there is no interface with this ifIndex");
	return o->kind == STANDARD_INSTANCE ? add_to_router(r, t, o, at, v)
					    : add_member(r, t, o, &p, at, v);
}

/* ---- The RFCs' rules. */

/* The row as it is now, or NULL. */
static const struct vrrp_instance *before(const struct standard_set *r, const struct router *t)
{
	return (const struct vrrp_instance *)store_find(store_of(r), &t->key->row);
}

/* As the request has it: never NULL. */
static const struct vrrp_instance *after(const struct standard_set *r, const struct router *t)
{
	const struct row *edited = set_edited(r->set, &t->key->row);

	return (const struct vrrp_instance *)(edited ? edited : &t->key->row);
}

static bool is_active(enum row_status s)
{
	return s == STATUS_ACTIVE || s == STATUS_CREATE_AND_GO;
}

static bool active_after(const struct standard_set *r, const struct router *t)
{
	const struct vrrp_instance *now = before(r, t);

	return t->wanted ? is_active(t->wanted) : now && now->row_status == STATUS_ACTIVE;
}

static bool in_initialize(const struct vrrp_instance *i)
{
	return i->state == VRRP_INITIALIZE || i->state == VRRP_FAULT;
}

static const struct member *named_member(const struct standard_set *r, const struct vrrp_address *a)
{
	for (size_t i = 0; i < r->nmembers; i++)
		if (row_key_cmp(&r->members[i].key->row, &a->row) == 0)
			return &r->members[i];
	return NULL;
}

/* Associated addresses that will be active. */
static uint32_t count_active(const struct standard_set *r, const struct router *t)
{
	const struct vrrp_instance *i = t->key;
	uint32_t n = 0;

	STORE_FOREACH_OF(vrrp_address, a, store_of(r), i->name)
	n += standard_has_address(i, a) && a->row_status == STATUS_ACTIVE && !named_member(r, a);
	for (size_t k = 0; k < r->nmembers; k++)
		n += &r->routers[r->members[k].router] == t && is_active(r->members[k].wanted);
	return n;
}

static enum set_status refuse(
    struct standard_set *r, size_t at, const struct row *row, const char *reason, size_t *var)
{
	set_at(r->set, at);
	*var = at;
	return set_refuse(r->set, SET_INCONSISTENT_VALUE, row, NULL, reason);
}

/* RFC 2787, vrrpOperAdminState and vrrpOperRowStatus. */
static enum set_status judge_v2(struct standard_set *r, const struct router *t, size_t *var)
{
	const struct vrrp_instance *now = before(r, t), *then = after(r, t);
	bool was_active = now && now->row_status == STATUS_ACTIVE;
	bool ends = t->wanted == STATUS_NOT_IN_SERVICE || t->wanted == STATUS_DESTROY;

	if (was_active && t->column.is)
		return refuse(r, t->column.at, &now->row,
		    "while vrrpOperRowStatus is active only vrrpOperAdminState can be changed",
		    var);
	if (was_active && ends && (now->enabled || !in_initialize(now)))
		return refuse(r, t->status.at, &now->row,
		    "vrrpOperAdminState must be down before, and vrrpOperState initialize", var);
	if (t->admin.is && then->enabled && !active_after(r, t))
		return refuse(r, t->admin.at, &then->row,
		    "vrrpOperAdminState can be up only while vrrpOperRowStatus is active", var);
	return SET_OK;
}

/* RFC 2579: does the request say that the row has all it needs?  A row that was notReady cannot be notInService. */
static bool wants_whole(const struct standard_set *r, const struct router *t)
{
	const struct vrrp_instance *now = before(r, t);

	return is_active(t->wanted) ||
	       (t->wanted == STATUS_NOT_IN_SERVICE && now && !standard_active(now));
}

static enum set_status judge_router(struct standard_set *r, const struct router *t, size_t *var)
{
	const struct vrrp_instance *then = after(r, t);

	if (t->mib == STANDARD_VRRP) {
		enum set_status e = judge_v2(r, t, var);

		if (e != SET_OK)
			return e;
	}
	if (!wants_whole(r, t))
		return SET_OK;
	if (!count_active(r, t))
		return refuse(r, t->status.at, &then->row,
		    "it is not ready: it needs an associated address that is active", var);
	if (!standard_complete(then, 1))
		return refuse(r, t->status.at, &then->row,
		    "it is not ready: it needs vrrpv3OperationsPrimaryIpAddr", var);
	return SET_OK;
}

/* May its addresses change, by the state that it is in? */
static bool addresses_free(const struct standard_set *r, const struct router *t)
{
	const struct vrrp_instance *now = before(r, t);

	if (!now || now->row_status != STATUS_ACTIVE || !active_after(r, t))
		return true;
	return in_initialize(now) && (t->mib == STANDARD_VRRPV3 || !now->enabled);
}

static enum set_status judge_member(struct standard_set *r, const struct member *m, size_t *var)
{
	const struct router *t = &r->routers[m->router];

	if (!addresses_free(r, t))
		return refuse(r, m->at, &m->key->row,
		    "associated addresses change only while the virtual router is down, in "
		    "initialize",
		    var);
	if (!is_active(m->wanted) && active_after(r, t) && !count_active(r, t))
		return refuse(r, m->at, &m->key->row,
		    "it is the last associated address of a row that is active", var);
	return SET_OK;
}

/* What the request says about a row without a variable for it. */
static void imply(struct standard_set *r, const struct router *t)
{
	struct vrrp_instance *wanted = (struct vrrp_instance *)row_copy(&t->key->row);
	column_mask mask = 0;

	if (t->wanted == STATUS_CREATE_AND_GO || t->wanted == STATUS_CREATE_AND_WAIT)
		mask = COLUMN(vrrp_instance, interface) | COLUMN(vrrp_instance, vrid) |
		       COLUMN(vrrp_instance, family) | COLUMN(vrrp_instance, version) |
		       (t->admin.is ? 0 : COLUMN(vrrp_instance, enabled));
	if (t->mib == STANDARD_VRRPV3 && t->wanted == STATUS_ACTIVE) {
		wanted->enabled = true; /* it has no other word for it */
		mask |= COLUMN(vrrp_instance, enabled);
	}
	if (mask)
		set_implied(r->set, &wanted->row, mask);
	row_free(&wanted->row);
}

enum set_status standard_set_finish(struct standard_set *r, size_t *var)
{
	enum set_status e = SET_OK;

	for (size_t i = 0; i < r->nrouters && e == SET_OK; i++)
		e = judge_router(r, &r->routers[i], var);
	for (size_t i = 0; i < r->nmembers && e == SET_OK; i++)
		e = judge_member(r, &r->members[i], var);
	for (size_t i = 0; i < r->nrouters && e == SET_OK; i++)
		imply(r, &r->routers[i]);
	return e;
}
