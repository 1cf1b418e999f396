/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SET through VRRPV3-MIB and VRRP-MIB: what a manager that knows only the RFCs does, step by step, against
 * the hub's own plan (core/director/plan.h).
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "agent/standard_object.h"
#include "agent/standard_set.h"
#include "core/base/log.h"
#include "core/director/plan.h"
#include "tests/unit/unit.h"

/* The hub's rows, and a copy of all of them: the agent's. */
static struct store *running, *parked;
static struct overrides *overrides;
static struct plan *plan;
static struct view view;
static struct standard *standard;
static char said[300]; /* the reason of the last refusal */

/* ---- The hub */

static void copy_rows(const struct store *from)
{
	for (int t = 0; t < TABLE_COUNT; t++)
		for (const struct row *r = store_first(from, t); r; r = store_next(r))
			store_insert(view.store, row_copy(r));
}

static void tell_agent(void)
{
	struct row *r;

	for (int t = 0; t < TABLE_COUNT; t++) {
		while ((r = store_first(view.store, t))) {
			store_remove(view.store, r);
			row_free(r);
		}
	}
	copy_rows(running);
	copy_rows(parked);
	standard_changed(standard);
}

static bool prepare(const struct edit *edits, size_t n, struct refusal *why)
{
	plan = plan_new(running, parked, overrides);
	for (size_t i = 0; i < n; i++)
		plan_wish(plan, edits[i].row, edits[i].mask, 0);
	if (plan_apply(plan, why)) {
		plan_undo(plan);
		return true;
	}
	plan_free(plan);
	plan = NULL;
	return false;
}

static bool call(
    void *arg, enum request_kind kind, const struct edit *edits, size_t n, struct refusal *why)
{
	(void)arg;
	switch (kind) {
	case REQUEST_PREPARE:
		return prepare(edits, n, why);
	case REQUEST_COMMIT:
		ck_assert(plan_apply(plan, why));
		tell_agent();
		return true;
	case REQUEST_RELEASE:
		plan_free(plan);
		plan = NULL;
		return true;
	case REQUEST_UNDO:
	case REQUEST_RELOAD:
		break;
	}
	return false;
}

static void refused(void *arg, const struct set_refusal *r)
{
	(void)arg;
	snprintf(said, sizeof(said), "%s", r->reason);
}

static const struct set_hub hub = {call, NULL, refused};

static unsigned index_of(const char *name)
{
	return strcmp(name, "lan") == 0 ? 2 : strcmp(name, "wan") == 0 ? 7 : 0;
}

static char *name_of(unsigned index, char name[IF_NAMESIZE])
{
	return index == 2 ? strcpy(name, "lan") : index == 7 ? strcpy(name, "wan") : NULL;
}

static void setup(void)
{
	static const struct standard_links links = {index_of, name_of};

	log_init("test", LOG_LEVEL_ERROR);
	running = store_new();
	parked = store_new();
	overrides = overrides_new();
	store_system(running);
	view = (struct view){.store = store_new()};
	standard = standard_new(&view, &links);
	tell_agent();
}

static void teardown(void)
{
	standard_free(standard);
	store_free(view.store);
	store_free(running);
	store_free(parked);
	overrides_delete(overrides);
}

/* ---- The manager */

struct var {
	const char *label, *index;
	int type;
	int64_t number;
	const void *bytes;
	size_t size;
};

#define V3 "vrrpv3Operations"
#define V3_ADDRESS "vrrpv3AssociatedIpAddrRowStatus"
#define V2 "vrrpOper"
#define V2_ADDRESS "vrrpAssoIpAddrRowStatus"
#define INT(l, i, n)                                                                               \
	{                                                                                          \
		l, i, SMI_INTEGER, n, NULL, 0                                                      \
	}
#define UINT(l, i, n)                                                                              \
	{                                                                                          \
		l, i, SMI_GAUGE32, n, NULL, 0                                                      \
	}
#define OCTETS(l, i, b)                                                                            \
	{                                                                                          \
		l, i, SMI_OCTETS, 0, b, sizeof(b) - 1                                              \
	}
#define IPADDRESS(l, i, b)                                                                         \
	{                                                                                          \
		l, i, SMI_IPADDRESS, 0, b, sizeof(b) - 1                                           \
	}

static enum set_status add(struct standard_set *r, const struct var *v, size_t at)
{
	const struct standard_object *o = standard_object_named(v->label);
	struct set_var var = {
	    .type = v->type, .number = v->number, .bytes = v->bytes, .size = v->size};
	arc name[OID_MAX];

	ck_assert_msg(o != NULL, "no %s", v->label);
	memcpy(name, o->name, o->len * sizeof(*name));
	var.name = name;
	var.len = o->len + oid_parse(v->index, name + o->len);
	return standard_set_add(r, o->mib, at, &var);
}

/* One request; *var is the variable to blame. */
static enum set_status request(const struct var *vars, size_t n, size_t *var)
{
	struct set *s = set_new(&view, &hub);
	struct standard_set *r = standard_set_new(standard, s);
	enum set_status e = SET_OK;

	said[0] = '\0';
	for (*var = 0; *var < n && e == SET_OK; ++*var)
		e = add(r, &vars[*var], *var);
	if (e != SET_OK)
		--*var;
	if (e == SET_OK)
		e = standard_set_finish(r, var);
	if (e == SET_OK)
		e = set_prepare(s, var);
	if (e == SET_OK)
		e = set_commit(s, var);
	standard_set_free(r);
	set_free(s);
	return e;
}

#define SET(want, culprit, ...)                                                                    \
	do {                                                                                       \
		static const struct var vars_[] = {__VA_ARGS__};                                   \
		size_t var_;                                                                       \
		enum set_status e_ = request(vars_, sizeof(vars_) / sizeof(*vars_), &var_);        \
		ck_assert_msg(e_ == (want), "status %d: %s", e_, said);                            \
		if (e_ != SET_OK)                                                                  \
			ck_assert_msg(var_ == (culprit), "variable %zu: %s", var_, said);          \
	} while (0)
#define DONE(...) SET(SET_OK, 0, __VA_ARGS__)

static int64_t get(const char *label, const char *index)
{
	const struct standard_object *o = standard_object_named(label);
	arc name[OID_MAX];
	struct value v = {0};
	size_t n;

	memcpy(name, o->name, o->len * sizeof(*name));
	n = oid_parse(index, name + o->len);
	return standard_get(standard, o->mib, name, o->len + n, &v) == GET_OK ? v.number : -1;
}

/* The process vrrp: the state of an instance in effect. */
static void state(const char *name, enum vrrp_state s)
{
	struct vrrp_instance *i = store_vrrp_instance(running, name);

	ck_assert_ptr_nonnull(i);
	i->state = s;
	tell_agent();
}

/* An instance as the file has it. */
static void file_instance(const char *name, uint32_t vrid, uint32_t version, const char *address)
{
	struct vrrp_instance *i = ROW_NEW(vrrp_instance);
	struct vrrp_address *a = ROW_NEW(vrrp_address);

	row_set_text(&i->name, name);
	row_set_text(&i->interface, "lan");
	i->vrid = vrid;
	i->version = version;
	i->state = VRRP_BACKUP;
	i->row.origin = i->storage = STORAGE_PERMANENT;
	store_insert(running, &i->row);
	row_set_text(&a->instance, name);
	ck_assert(addr_parse(&a->address, address));
	a->row.origin = a->storage = STORAGE_PERMANENT;
	store_insert(running, &a->row);
	tell_agent();
}

/* ---- RFC 6527 */

/* The order that vrrpv3OperationsRowStatus describes, and back. */
START_TEST(test_v3_documented)
{
	const struct vrrp_instance *i;

	DONE(INT(V3 "RowStatus", "2.51.1", STATUS_CREATE_AND_WAIT));
	ck_assert_int_eq(get(V3 "RowStatus", "2.51.1"), STATUS_NOT_READY);
	ck_assert_int_eq(get(V3 "Status", "2.51.1"), 1);
	ck_assert_int_eq(get(V3 "Priority", "2.51.1"), 100);
	ck_assert_int_eq(get(V3 "AdvInterval", "2.51.1"), 100);
	ck_assert_int_eq(get(V3 "PreemptMode", "2.51.1"), 1);
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "2.51.1", STATUS_ACTIVE));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "2.51.1", STATUS_NOT_IN_SERVICE));
	DONE(INT(V3_ADDRESS, "2.51.1.4.10.0.0.100", STATUS_CREATE_AND_GO));
	DONE(INT(V3_ADDRESS, "2.51.1.4.10.0.0.101", STATUS_CREATE_AND_GO));
	ck_assert_int_eq(get(V3 "AddrCount", "2.51.1"), 2);
	ck_assert_int_eq(get(V3 "RowStatus", "2.51.1"), STATUS_NOT_READY);
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "2.51.1", STATUS_ACTIVE));
	DONE(OCTETS(V3 "PrimaryIpAddr", "2.51.1", "\x0a\0\0\2"), UINT(V3 "Priority", "2.51.1", 150),
	    INT(V3 "AdvInterval", "2.51.1", 20), INT(V3 "PreemptMode", "2.51.1", 2));
	ck_assert_int_eq(get(V3 "RowStatus", "2.51.1"), STATUS_NOT_IN_SERVICE);
	ck_assert_uint_eq(store_count(running, TABLE_vrrp_instance), 0);
	DONE(INT(V3 "RowStatus", "2.51.1", STATUS_ACTIVE));
	ck_assert_int_eq(get(V3 "RowStatus", "2.51.1"), STATUS_ACTIVE);
	i = store_vrrp_instance(running, "lan-51-v3");
	ck_assert_ptr_nonnull(i);
	ck_assert_str_eq(i->interface, "lan");
	ck_assert_uint_eq(i->vrid, 51);
	ck_assert_uint_eq(i->version, 3);
	ck_assert_uint_eq(i->priority, 150);
	ck_assert_uint_eq(i->advert_interval, 200000);
	ck_assert(!i->preempt && i->enabled);
	ck_assert_int_eq(i->storage, STORAGE_NONVOLATILE); /* rows persist */
	ck_assert_uint_eq(store_count(running, TABLE_vrrp_address), 2);

	state("lan-51-v3", VRRP_MASTER);
	DONE(UINT(V3 "Priority", "2.51.1", 200)); /* columns change while it is active */
	ck_assert_int_eq(get(V3 "Priority", "2.51.1"), 200);
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3_ADDRESS, "2.51.1.4.10.0.0.100", STATUS_DESTROY));
	DONE(INT(V3 "RowStatus", "2.51.1", STATUS_NOT_IN_SERVICE));
	ck_assert_int_eq(get(V3 "RowStatus", "2.51.1"), STATUS_NOT_IN_SERVICE);
	ck_assert_int_eq(get(V3 "Status", "2.51.1"), 1);
	DONE(INT(V3_ADDRESS, "2.51.1.4.10.0.0.100", STATUS_DESTROY));
	DONE(INT(V3_ADDRESS, "2.51.1.4.10.0.0.101", STATUS_DESTROY));
	ck_assert_int_eq(get(V3 "RowStatus", "2.51.1"), STATUS_NOT_READY);
	DONE(INT(V3 "RowStatus", "2.51.1", STATUS_DESTROY));
	ck_assert_int_eq(get(V3 "RowStatus", "2.51.1"), -1);
	ck_assert_uint_eq(store_count(parked, TABLE_vrrp_instance), 0);
	ck_assert_uint_eq(store_count(parked, TABLE_vrrp_address), 0);
}
END_TEST

/* All in one request, in any order. */
START_TEST(test_v3_at_once)
{
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "7.1.1", STATUS_CREATE_AND_GO),
	    OCTETS(V3 "PrimaryIpAddr", "7.1.1", "\x0a\0\0\2"));
	SET(SET_INCONSISTENT_VALUE, 1, INT(V3_ADDRESS, "7.1.1.4.10.0.0.1", STATUS_CREATE_AND_GO),
	    INT(V3 "RowStatus", "7.1.1", STATUS_CREATE_AND_GO));
	ck_assert_int_eq(get(V3 "RowStatus", "7.1.1"), -1); /* nothing of it was done */
	DONE(INT(V3_ADDRESS, "7.1.1.4.10.0.0.1", STATUS_CREATE_AND_GO),
	    UINT(V3 "Priority", "7.1.1", 254), INT(V3 "RowStatus", "7.1.1", STATUS_CREATE_AND_GO),
	    OCTETS(V3 "PrimaryIpAddr", "7.1.1", "\x0a\0\0\2"));
	ck_assert_int_eq(get(V3 "RowStatus", "7.1.1"), STATUS_ACTIVE);
	ck_assert_int_eq(get(V3 "Priority", "7.1.1"), 254);
	ck_assert_ptr_nonnull(store_vrrp_instance(running, "wan-1-v3"));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "7.1.1", STATUS_CREATE_AND_GO));
	DONE(INT(V3 "RowStatus", "7.1.1", STATUS_DESTROY)); /* at once, with its addresses */
	ck_assert_uint_eq(store_count(running, TABLE_vrrp_address), 0);
	DONE(INT(
	    V3 "RowStatus", "7.1.1", STATUS_DESTROY)); /* RFC 2579: what is gone can be destroyed */
}
END_TEST

START_TEST(test_v3_last_address)
{
	file_instance("V", 9, 3, "10.0.0.100");
	SET(SET_INCONSISTENT_VALUE, 0,
	    INT(V3_ADDRESS, "2.9.1.4.10.0.0.101", STATUS_CREATE_AND_GO)); /* it is backup */
	state("V", VRRP_FAULT);						  /* which is initialize */
	SET(SET_INCONSISTENT_VALUE, 0,
	    INT(V3_ADDRESS, "2.9.1.4.10.0.0.100", STATUS_NOT_IN_SERVICE));
	ck_assert_msg(strstr(said, "last"), "%s", said);
	DONE(INT(V3_ADDRESS, "2.9.1.4.10.0.0.101", STATUS_CREATE_AND_GO));
	DONE(INT(V3_ADDRESS, "2.9.1.4.10.0.0.100", STATUS_NOT_IN_SERVICE));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3_ADDRESS, "2.9.1.4.10.0.0.101", STATUS_DESTROY));
	DONE(INT(V3_ADDRESS, "2.9.1.4.10.0.0.101", STATUS_DESTROY),
	    INT(V3_ADDRESS, "2.9.1.4.10.0.0.100", STATUS_ACTIVE));
	ck_assert_int_eq(get(V3 "AddrCount", "2.9.1"), 1);
	state("V", VRRP_MASTER); /* together with what takes it out of service, it may */
	DONE(INT(V3_ADDRESS, "2.9.1.4.10.0.0.102", STATUS_CREATE_AND_GO),
	    INT(V3 "RowStatus", "2.9.1", STATUS_NOT_IN_SERVICE));
	DONE(INT(
	    V3 "RowStatus", "2.9.1", STATUS_ACTIVE)); /* of the file: no primary address needed */
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "2.9.1", STATUS_DESTROY));
}
END_TEST

/* An instance that the other module or the file has taken down is notInService here. */
START_TEST(test_v3_disabled)
{
	file_instance("V", 9, 3, "10.0.0.100");
	store_vrrp_instance(running, "V")->enabled = false;
	state("V", VRRP_INITIALIZE);
	ck_assert_int_eq(get(V3 "RowStatus", "2.9.1"), STATUS_NOT_IN_SERVICE);
	DONE(INT(V3 "RowStatus", "2.9.1", STATUS_ACTIVE));
	ck_assert(store_vrrp_instance(running, "V")->enabled);
	ck_assert_int_eq(get(V3 "RowStatus", "2.9.1"), STATUS_ACTIVE);
}
END_TEST

START_TEST(test_v3_values)
{
	file_instance("V", 9, 3, "10.0.0.100");
	SET(SET_WRONG_VALUE, 0, UINT(V3 "Priority", "2.9.1", 0));
	SET(SET_WRONG_VALUE, 0, UINT(V3 "Priority", "2.9.1", 255));
	SET(SET_WRONG_VALUE, 1, UINT(V3 "Priority", "2.9.1", 1), UINT(V3 "Priority", "2.9.1", 256));
	DONE(UINT(V3 "Priority", "2.9.1", 1));
	DONE(UINT(V3 "Priority", "2.9.1", 254));
	SET(SET_WRONG_TYPE, 0, INT(V3 "Priority", "2.9.1", 100));
	SET(SET_WRONG_VALUE, 0, INT(V3 "AdvInterval", "2.9.1", 0));
	SET(SET_WRONG_VALUE, 0, INT(V3 "AdvInterval", "2.9.1", 4096));
	DONE(INT(V3 "AdvInterval", "2.9.1", 4095));
	ck_assert_int_eq(get(V3 "AdvInterval", "2.9.1"), 4095);
	SET(SET_WRONG_VALUE, 0, INT(V3 "PreemptMode", "2.9.1", 0));
	SET(SET_WRONG_VALUE, 0, INT(V3 "PreemptMode", "2.9.1", 3));
	SET(SET_WRONG_LENGTH, 0, OCTETS(V3 "PrimaryIpAddr", "2.9.1", "\x0a\0\0"));
	SET(SET_WRONG_LENGTH, 0,
	    OCTETS(V3 "PrimaryIpAddr", "2.9.1", "\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
	SET(SET_WRONG_VALUE, 0, OCTETS(V3 "PrimaryIpAddr", "2.9.1", "\0\0\0\0"));
	SET(SET_WRONG_VALUE, 0, OCTETS(V3 "PrimaryIpAddr", "2.9.1", "\xe0\0\0\x12"));
	SET(SET_WRONG_VALUE, 0, INT(V3 "RowStatus", "2.9.1", STATUS_NOT_READY));
	SET(SET_WRONG_VALUE, 0, INT(V3 "RowStatus", "2.9.1", 7));
	SET(SET_NOT_WRITABLE, 0, INT(V3 "Status", "2.9.1", 3));
	SET(SET_NOT_WRITABLE, 0, INT(V3 "UpTime", "2.9.1", 3));
	SET(SET_INCONSISTENT_VALUE, 1, UINT(V3 "Priority", "2.9.1", 7),
	    UINT(V3 "Priority", "2.9.1", 8));
}
END_TEST

START_TEST(test_names)
{
	SET(SET_INCONSISTENT_NAME, 0, UINT(V3 "Priority", "2.9.1", 7)); /* nobody makes it */
	SET(SET_INCONSISTENT_NAME, 0, INT(V3_ADDRESS, "2.9.1.4.10.0.0.1", STATUS_CREATE_AND_GO));
	SET(SET_INCONSISTENT_NAME, 0, INT(V3 "RowStatus", "99.9.1", STATUS_CREATE_AND_WAIT));
	SET(SET_NO_CREATION, 0, INT(V3 "RowStatus", "2.256.1", STATUS_CREATE_AND_WAIT));
	SET(SET_NO_CREATION, 0, INT(V3 "RowStatus", "2.0.1", STATUS_CREATE_AND_WAIT));
	SET(SET_NO_CREATION, 0, INT(V3 "RowStatus", "2.9.3", STATUS_CREATE_AND_WAIT));
	SET(SET_NO_CREATION, 0, INT(V3 "RowStatus", "2.9", STATUS_CREATE_AND_WAIT));
	SET(SET_NO_CREATION, 0, INT(V3_ADDRESS, "2.9.1.4.10.0.0", STATUS_CREATE_AND_GO));
	SET(SET_NO_CREATION, 0, INT(V3_ADDRESS, "2.9.1.4.10.0.0.256", STATUS_CREATE_AND_GO));
	SET(SET_NO_CREATION, 0, INT(V2_ADDRESS, "2.9.10.0.0.1.0", STATUS_CREATE_AND_GO));
	SET(SET_NO_CREATION, 0, INT("vrrpNotificationCntl", "1", 1));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "2.9.1", STATUS_ACTIVE));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "2.9.1", STATUS_NOT_IN_SERVICE));
	file_instance("lan-9-v3", 10, 3, "10.0.0.100"); /* the name is somebody else's */
	DONE(INT(V3 "RowStatus", "2.9.1", STATUS_CREATE_AND_WAIT));
	ck_assert_ptr_nonnull(store_vrrp_instance(parked, "lan-9-v3-2"));
	DONE(INT(V3 "RowStatus", "2.9.2", STATUS_CREATE_AND_WAIT));
	ck_assert_ptr_nonnull(store_vrrp_instance(parked, "lan-9-ipv6"));
	DONE(INT(V2 "RowStatus", "2.9", STATUS_CREATE_AND_WAIT));
	ck_assert_ptr_nonnull(store_vrrp_instance(parked, "lan-9"));
}
END_TEST

/* ---- RFC 2787 */

START_TEST(test_v2)
{
	const struct vrrp_instance *i;

	DONE(INT(V2 "RowStatus", "7.5", STATUS_CREATE_AND_WAIT), INT(V2 "Priority", "7.5", 120),
	    INT(V2 "AdvertisementInterval", "7.5", 255), INT(V2 "AuthType", "7.5", 2),
	    OCTETS(V2 "AuthKey", "7.5", "secret\0\0\0\0\0\0\0\0\0\0"),
	    IPADDRESS(V2 "PrimaryIpAddr", "7.5", "\x0a\0\0\2"), INT(V2 "PreemptMode", "7.5", 1),
	    INT(V2 "Protocol", "7.5", 1));
	ck_assert_int_eq(get(V2 "RowStatus", "7.5"), STATUS_NOT_READY);
	ck_assert_int_eq(get(V2 "AdminState", "7.5"), 2);
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "AdminState", "7.5", 1));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "RowStatus", "7.5", STATUS_NOT_IN_SERVICE));
	DONE(INT(V2_ADDRESS, "7.5.10.0.0.100", STATUS_CREATE_AND_GO));
	DONE(INT(V2 "RowStatus", "7.5", STATUS_NOT_IN_SERVICE));
	ck_assert_int_eq(get(V2 "RowStatus", "7.5"), STATUS_NOT_IN_SERVICE);
	DONE(INT(V2 "RowStatus", "7.5", STATUS_ACTIVE));
	ck_assert_int_eq(get(V2 "AdminState", "7.5"), 2);
	i = store_vrrp_instance(running, "wan-5");
	ck_assert_ptr_nonnull(i);
	ck_assert_uint_eq(i->version, 2);
	ck_assert_uint_eq(i->priority, 120);
	ck_assert_uint_eq(i->advert_interval, 255 * USEC_PER_SEC);
	ck_assert_int_eq(i->auth_type, VRRP_AUTH_PASS);
	ck_assert_str_eq(i->auth_password, "secret");
	ck_assert(!i->enabled);
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "Priority", "7.5", 1)); /* active */
	DONE(INT(V2 "AdminState", "7.5", 1));
	ck_assert(store_vrrp_instance(running, "wan-5")->enabled);
	state("wan-5", VRRP_MASTER);
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "Priority", "7.5", 1));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "RowStatus", "7.5", STATUS_NOT_IN_SERVICE));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "RowStatus", "7.5", STATUS_DESTROY));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "RowStatus", "7.5", STATUS_CREATE_AND_WAIT));
	ck_assert_msg(strstr(said, "the row exists already") != NULL, "%s", said);
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2_ADDRESS, "7.5.10.0.0.101", STATUS_CREATE_AND_GO));
	DONE(INT(V2 "AdminState", "7.5", 2));
	/* The state may lag behind. */
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "RowStatus", "7.5", STATUS_NOT_IN_SERVICE));
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2_ADDRESS, "7.5.10.0.0.101", STATUS_CREATE_AND_GO));
	state("wan-5", VRRP_INITIALIZE);
	DONE(INT(V2_ADDRESS, "7.5.10.0.0.101", STATUS_CREATE_AND_GO));
	DONE(INT(V2 "RowStatus", "7.5", STATUS_NOT_IN_SERVICE));
	DONE(INT(V2 "Priority", "7.5", 255));
	DONE(IPADDRESS(V2 "PrimaryIpAddr", "7.5", "\0\0\0\0"));
	DONE(INT(V2 "RowStatus", "7.5", STATUS_ACTIVE), INT(V2 "AdminState", "7.5", 1));
	i = store_vrrp_instance(running, "wan-5");
	ck_assert(i->enabled && i->priority == 255 && !addr_is_set(&i->source_address));
	ck_assert_int_eq(get(V2 "IpAddrCount", "7.5"), 2);
}
END_TEST

START_TEST(test_v2_values)
{
	DONE(INT(V2 "RowStatus", "2.5", STATUS_CREATE_AND_WAIT));
	SET(SET_WRONG_VALUE, 0, INT(V2 "Priority", "2.5", 0));
	SET(SET_WRONG_VALUE, 0, INT(V2 "Priority", "2.5", 256));
	SET(SET_WRONG_VALUE, 0, INT(V2 "AdvertisementInterval", "2.5", 0));
	SET(SET_WRONG_VALUE, 0, INT(V2 "AdvertisementInterval", "2.5", 256));
	SET(SET_WRONG_VALUE, 0, INT(V2 "AuthType", "2.5", 4));
	SET(SET_WRONG_VALUE, 0, INT(V2 "Protocol", "2.5", 2));
	SET(SET_WRONG_VALUE, 0, INT(V2 "AdminState", "2.5", 3));
	SET(SET_WRONG_LENGTH, 0, OCTETS(V2 "AuthKey", "2.5", "seventeen octets!"));
	SET(SET_WRONG_LENGTH, 0, OCTETS(V2 "AuthKey", "2.5", "nine octs"));
	SET(SET_WRONG_VALUE, 0, OCTETS(V2 "AuthKey", "2.5", "a\0b"));
	SET(SET_WRONG_TYPE, 0, OCTETS(V2 "PrimaryIpAddr", "2.5", "\x0a\0\0\2"));
	SET(SET_WRONG_TYPE, 0, UINT(V2 "Priority", "2.5", 7));
	SET(SET_NOT_WRITABLE, 0, INT("vrrpNodeVersion", "0", 3));
	DONE(INT("vrrpNotificationCntl", "0", 2));
	ck_assert(!store_system(running)->vrrp_traps_v2);
	ck_assert_int_eq(get("vrrpNotificationCntl", "0"), 2);
}
END_TEST

/* createAndGo needs all of it; addresses in one request with the row. */
START_TEST(test_v2_at_once)
{
	SET(SET_INCONSISTENT_VALUE, 0, INT(V2 "RowStatus", "2.5", STATUS_CREATE_AND_GO));
	DONE(INT(V2 "AdminState", "2.5", 1), INT(V2_ADDRESS, "2.5.10.0.0.1", STATUS_CREATE_AND_GO),
	    INT(V2 "RowStatus", "2.5", STATUS_CREATE_AND_GO));
	ck_assert(store_vrrp_instance(running, "lan-5")->enabled);
	/* The same VRID on the same interface in the other version: the hub's rule. */
	SET(SET_INCONSISTENT_VALUE, 0, INT(V3 "RowStatus", "2.5.1", STATUS_CREATE_AND_GO),
	    INT(V3_ADDRESS, "2.5.1.4.10.0.0.9", STATUS_CREATE_AND_GO),
	    OCTETS(V3 "PrimaryIpAddr", "2.5.1", "\x0a\0\0\2"));
	ck_assert_uint_eq(store_count(running, TABLE_vrrp_instance), 1);
}
END_TEST

/* ---- Anything at all */

/* Most are writable. */
static const struct standard_object *any_object(unsigned *seed)
{
	const struct standard_object *o;
	size_t n;

	do {
		o = standard_objects((enum standard_mib)(rand_r(seed) % STANDARD_MIBS), &n);
		o += (size_t)rand_r(seed) % n;
	} while (o->write == WRITE_NEVER && rand_r(seed) % 32);
	return o;
}

static size_t any_index(unsigned *seed, const struct standard_object *o, arc *to)
{
	static const arc odd[] = {0, 1, 2, 3, 4, 5, 7, 10, 16, 255, 256, INT_MAX, UINT32_MAX};
	static const char *const good[][2] = {
	    {"2.5", "2.5.10.0.0.1"}, {"2.5.1", "2.5.1.4.10.0.0.1"}};
	size_t n = o->kind == STANDARD_SCALAR
		       ? oid_parse("0", to)
		       : oid_parse(good[o->mib][o->kind == STANDARD_ADDRESS], to);

	if (rand_r(seed) % 8 == 0 && n)
		to[(size_t)rand_r(seed) % n] = odd[(size_t)rand_r(seed) % 13];
	if (rand_r(seed) % 16 == 0)
		n = (size_t)rand_r(seed) % (n + 1);
	if (rand_r(seed) % 16 == 0)
		to[n++] = odd[(size_t)rand_r(seed) % 13];
	return n;
}

static enum set_status add_any(struct standard_set *r, unsigned *seed, size_t at)
{
	static const int64_t odd[] = {
	    -1, 0, 1, 2, 3, 4, 5, 6, 100, 254, 255, 256, 4095, INT_MAX, UINT32_MAX};
	static const uint8_t bytes[20] = {10, 0, 0, 2, 's'};
	const struct standard_object *o = any_object(seed);
	struct set_var v = {.type = (int)o->type, .number = odd[(size_t)rand_r(seed) % 15]};
	arc name[OID_MAX];

	if (rand_r(seed) % 2)
		v.number = 1 + rand_r(seed) % 6;
	if (rand_r(seed) % 16 == 0)
		v.type = rand_r(seed) % 256;
	v.bytes = bytes;
	v.size = (size_t)(rand_r(seed) % 3 ? 4 : rand_r(seed) % 20);
	if (!v.size)
		v.bytes = NULL;
	memcpy(name, o->name, o->len * sizeof(*name));
	v.name = name;
	v.len = o->len + any_index(seed, o, name + o->len);
	return standard_set_add(r, o->mib, at, &v);
}

static bool same_rows(const struct store *a, const struct store *b)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		const struct row *x = store_first(a, t), *y = store_first(b, t);

		for (; x && y; x = store_next(x), y = store_next(y))
			if (row_key_cmp(x, y) != 0 || row_diff(x, y))
				return false;
		if (x || y)
			return false;
	}
	return true;
}

/* Random requests: what is refused changes nothing, and every status is one of RFC 3416's. */
START_TEST(test_any_request)
{
	unsigned seed = (unsigned)_i + 1, done = 0;

	for (unsigned k = 0; k < 3000; k++) {
		struct store *was = store_new(), *all = view.store;
		struct set *s = set_new(&view, &hub);
		struct standard_set *r = standard_set_new(standard, s);
		size_t n = 1 + (size_t)rand_r(&seed) % 4, var = 0;
		enum set_status e = SET_OK;

		view.store = was; /* a copy of what there is */
		copy_rows(all);
		view.store = all;
		for (size_t i = 0; i < n && e == SET_OK; i++)
			e = add_any(r, &seed, i);
		if (e == SET_OK)
			e = standard_set_finish(r, &var);
		if (e == SET_OK)
			e = set_prepare(s, &var);
		if (e == SET_OK)
			e = set_commit(s, &var);
		ck_assert(e == SET_OK || enum_has(&enumeration_set_status, (int32_t)e));
		ck_assert_uint_lt(var, n);
		if (e != SET_OK)
			ck_assert(same_rows(was, view.store));
		done += e == SET_OK;
		standard_set_free(r);
		set_free(s);
		store_free(was);
	}
	ck_assert_uint_gt(done, 40);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_standard_set");
	TCase *tc = tcase_create("set");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_v3_documented);
	tcase_add_test(tc, test_v3_at_once);
	tcase_add_test(tc, test_v3_last_address);
	tcase_add_test(tc, test_v3_disabled);
	tcase_add_test(tc, test_v3_values);
	tcase_add_test(tc, test_names);
	tcase_add_test(tc, test_v2);
	tcase_add_test(tc, test_v2_values);
	tcase_add_test(tc, test_v2_at_once);
	tcase_add_loop_test(tc, test_any_request, 0, 4);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
