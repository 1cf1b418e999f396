/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VRRPV3-MIB and VRRP-MIB over our rows: every object's value from the columns that it shows, and GET and
 * GETNEXT against a reference that sorts the OIDs of all instances.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "agent/standard_object.h"
#include "agent/standard_trap.h"
#include "core/base/log.h"
#include "tests/unit/unit.h"

static struct view view;
static struct standard *standard;

/* Interfaces of the test: lan is 2, wan 7, big has the largest index that there is. */
static unsigned links_off;
static unsigned index_of(const char *name)
{
	if (links_off)
		return 0;
	return strcmp(name, "lan") == 0	  ? 2
	       : strcmp(name, "wan") == 0 ? 7
	       : strcmp(name, "big") == 0 ? INT_MAX
					  : 0;
}

static char *name_of(unsigned index, char name[IF_NAMESIZE])
{
	const char *n = index == 2 ? "lan" : index == 7 ? "wan" : index == INT_MAX ? "big" : NULL;

	return n ? strcpy(name, n) : NULL;
}

static const struct standard_links links = {index_of, name_of};

static void setup(void)
{
	log_init("test", LOG_LEVEL_ERROR);
	links_off = 0;
	view = (struct view){.store = store_new(), .uptime_zero = USEC_PER_SEC};
	standard = standard_new(&view, &links);
}

static void teardown(void)
{
	standard_free(standard);
	store_free(view.store);
}

static struct vrrp_instance *instance(
    const char *name, const char *interface, uint32_t vrid, uint32_t version)
{
	struct vrrp_instance *i = ROW_NEW(vrrp_instance);

	row_set_text(&i->name, name);
	row_set_text(&i->interface, interface);
	i->vrid = vrid;
	i->version = version;
	ck_assert_ptr_null(store_insert(view.store, &i->row));
	standard_changed(standard);
	return i;
}

static struct addr addr(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

static struct vrrp_address *address(const char *instance, const char *text)
{
	struct vrrp_address *a = ROW_NEW(vrrp_address);

	row_set_text(&a->instance, instance);
	a->address = addr(text);
	ck_assert_ptr_null(store_insert(view.store, &a->row));
	standard_changed(standard);
	return a;
}

static struct vrrp_statistics *statistics(const char *instance)
{
	struct vrrp_statistics *s = ROW_NEW(vrrp_statistics);

	row_set_text(&s->instance, instance);
	ck_assert_ptr_null(store_insert(view.store, &s->row));
	standard_changed(standard);
	return s;
}

/* GET of an object by its label. */
static enum get_result get(const char *label, const char *index, struct value *v)
{
	const struct standard_object *o = standard_object_named(label);
	arc name[OID_MAX];
	size_t n;

	ck_assert_msg(o != NULL, "no %s", label);
	memcpy(name, o->name, o->len * sizeof(*name));
	n = oid_parse(index, name + o->len);
	return standard_get(standard, o->mib, name, o->len + n, v);
}

static void is_number(const char *label, const char *index, enum smi_type type, int64_t want)
{
	struct value v;

	ck_assert_msg(get(label, index, &v) == GET_OK, "%s.%s", label, index);
	ck_assert_msg(v.type == type, "%s: type %d", label, v.type);
	ck_assert_msg(v.number == want, "%s: %lld", label, (long long)v.number);
}

static void is_counter(const char *label, const char *index, uint64_t want)
{
	struct value v;

	ck_assert_msg(get(label, index, &v) == GET_OK, "%s.%s", label, index);
	ck_assert_msg(v.type == SMI_COUNTER64, "%s: type %d", label, v.type);
	ck_assert_msg(v.counter == want, "%s: %llu", label, (unsigned long long)v.counter);
}

static void is_bytes(
    const char *label, const char *index, enum smi_type type, const void *want, size_t len)
{
	struct value v;

	ck_assert_msg(get(label, index, &v) == GET_OK, "%s.%s", label, index);
	ck_assert_msg(v.type == type, "%s: type %d", label, v.type);
	ck_assert_msg(v.len == len && memcmp(v.bytes, want, len) == 0, "%s: other octets", label);
}

START_TEST(test_v3_operations)
{
	struct vrrp_instance *i = instance("V", "lan", 51, 3);
	struct value v;

	i->master_address = addr("10.0.0.2");
	i->primary_address = addr("10.0.0.1");
	i->state = VRRP_BACKUP;
	i->priority = 150;
	i->advert_interval = 250 * USEC_PER_CSEC;
	i->preempt = false;
	i->operational_since = clock_now() - 5 * USEC_PER_SEC;
	i->became_master = 7;
	i->new_master_reason = MASTER_REASON_PREEMPTED;
	address("V", "10.0.0.100");
	address("V", "10.0.0.101");
	is_bytes("vrrpv3OperationsMasterIpAddr", "2.51.1", SMI_OCTETS, "\x0a\0\0\x02", 4);
	is_bytes("vrrpv3OperationsPrimaryIpAddr", "2.51.1", SMI_OCTETS, "\x0a\0\0\x01", 4);
	i->source_address = addr("10.0.0.9");
	is_bytes("vrrpv3OperationsPrimaryIpAddr", "2.51.1", SMI_OCTETS, "\x0a\0\0\x09", 4);
	is_bytes("vrrpv3OperationsVirtualMacAddr", "2.51.1", SMI_OCTETS, "\0\0\x5e\0\x01\x33", 6);
	is_number("vrrpv3OperationsStatus", "2.51.1", SMI_INTEGER, 2);
	is_number("vrrpv3OperationsPriority", "2.51.1", SMI_GAUGE32, 150);
	is_number("vrrpv3OperationsAddrCount", "2.51.1", SMI_INTEGER, 2);
	is_number("vrrpv3OperationsAdvInterval", "2.51.1", SMI_INTEGER, 250);
	is_number("vrrpv3OperationsPreemptMode", "2.51.1", SMI_INTEGER, 2);
	is_number("vrrpv3OperationsAcceptMode", "2.51.1", SMI_INTEGER, 1);
	is_number("vrrpv3OperationsRowStatus", "2.51.1", SMI_INTEGER, 1);
	ck_assert_int_eq(get("vrrpv3OperationsUpTime", "2.51.1", &v), GET_OK);
	ck_assert_int_eq(v.type, SMI_TIMETICKS);
	ck_assert(v.number >= 500 && v.number < 1500);
	is_number("vrrpv3AssociatedIpAddrRowStatus", "2.51.1.4.10.0.0.100", SMI_INTEGER, 1);
	is_number("vrrpv3StatisticsMasterTransitions", "2.51.1", SMI_COUNTER32, 7);
	is_number("vrrpv3StatisticsNewMasterReason", "2.51.1", SMI_INTEGER, 2);
	ck_assert_int_eq(get("vrrpOperState", "2.51", &v), GET_NO_INSTANCE);
}
END_TEST

/* Every state of ours is one of the RFCs'. */
START_TEST(test_states)
{
	static const struct {
		enum vrrp_state ours;
		int theirs;
	} states[] = {{VRRP_INITIALIZE, 1}, {VRRP_FAULT, 1}, {VRRP_BACKUP, 2}, {VRRP_MASTER, 3}};
	struct vrrp_instance *three = instance("3", "lan", 1, 3), *two = instance("2", "wan", 1, 2);

	for (size_t k = 0; k < sizeof(states) / sizeof(*states); k++) {
		three->state = two->state = states[k].ours;
		is_number("vrrpv3OperationsStatus", "2.1.1", SMI_INTEGER, states[k].theirs);
		is_number("vrrpOperState", "7.1", SMI_INTEGER, states[k].theirs);
	}
	is_number("vrrpv3OperationsUpTime", "2.1.1", SMI_TIMETICKS, 0);
	is_number("vrrpOperVirtualRouterUpTime", "7.1", SMI_TIMETICKS, 0);
	is_bytes("vrrpv3OperationsMasterIpAddr", "2.1.1", SMI_OCTETS, "\0\0\0\0", 4); /* unknown */
	is_bytes("vrrpOperMasterIpAddr", "7.1", SMI_IPADDRESS, "\0\0\0\0", 4);
}
END_TEST

START_TEST(test_v3_ipv6)
{
	struct vrrp_instance *i = instance("V", "lan", 9, 3);
	struct addr a = addr("fe80::2");

	i->family = INET_IPV6;
	i->master_address = a;
	i->primary_address = addr("10.0.0.1"); /* cannot be, and must not be shown cut */
	address("V", "fe80::9");
	address("V", "10.0.0.100"); /* of the other family: not among the RFC's */
	standard_changed(standard);
	is_bytes("vrrpv3OperationsMasterIpAddr", "2.9.2", SMI_OCTETS, a.bytes, 16);
	is_bytes("vrrpv3OperationsPrimaryIpAddr", "2.9.2", SMI_OCTETS,
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	is_bytes("vrrpv3OperationsVirtualMacAddr", "2.9.2", SMI_OCTETS, "\0\0\x5e\0\x02\x09", 6);
	is_number("vrrpv3OperationsAddrCount", "2.9.2", SMI_INTEGER, 1);
	is_number("vrrpv3AssociatedIpAddrRowStatus", "2.9.2.16.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.9",
	    SMI_INTEGER, 1);
}
END_TEST

#define BIG 0x1234567890 /* what Counter32 cuts */

START_TEST(test_v3_statistics)
{
	struct system *sys = store_system(view.store);
	struct vrrp_statistics *s;

	instance("V", "lan", 51, 3);
	sys->config_changed = 41 * USEC_PER_SEC;
	is_counter("vrrpv3StatisticsRcvdAdvertisements", "2.51.1", 0); /* before the first report */
	is_number("vrrpv3StatisticsRowDiscontinuityTime", "2.51.1", SMI_TIMETICKS, 4000);
	s = statistics("V");
	s->adverts_received = BIG;
	s->interval_errors = 2;
	s->ttl_errors = 3;
	s->protocol_error = PROTOCOL_ERROR_CHECKSUM;
	s->zero_received = 4;
	s->zero_sent = 5;
	s->type_errors = 6;
	s->address_list_errors = 7;
	s->length_errors = 8;
	s->discontinuity = 11 * USEC_PER_SEC;
	s->refresh = USEC_PER_SEC;
	sys->vrrp_checksum_errors = 21;
	sys->vrrp_version_errors = 22;
	sys->vrrp_vrid_errors = BIG;
	sys->vrrp_discontinuity = 31 * USEC_PER_SEC;
	is_counter("vrrpv3StatisticsRcvdAdvertisements", "2.51.1", BIG);
	is_counter("vrrpv3StatisticsAdvIntervalErrors", "2.51.1", 2);
	is_counter("vrrpv3StatisticsIpTtlErrors", "2.51.1", 3);
	is_number("vrrpv3StatisticsProtoErrReason", "2.51.1", SMI_INTEGER, 3);
	is_counter("vrrpv3StatisticsRcvdPriZeroPackets", "2.51.1", 4);
	is_counter("vrrpv3StatisticsSentPriZeroPackets", "2.51.1", 5);
	is_counter("vrrpv3StatisticsRcvdInvalidTypePackets", "2.51.1", 6);
	is_counter("vrrpv3StatisticsAddressListErrors", "2.51.1", 7);
	is_counter("vrrpv3StatisticsPacketLengthErrors", "2.51.1", 8);
	is_number("vrrpv3StatisticsRowDiscontinuityTime", "2.51.1", SMI_TIMETICKS, 1000);
	is_number("vrrpv3StatisticsRefreshRate", "2.51.1", SMI_GAUGE32, 1000);
	is_counter("vrrpv3RouterChecksumErrors", "0", 21);
	is_counter("vrrpv3RouterVersionErrors", "0", 22);
	is_counter("vrrpv3RouterVrIdErrors", "0", BIG);
	is_number("vrrpv3GlobalStatisticsDiscontinuityTime", "0", SMI_TIMETICKS, 3000);
}
END_TEST

START_TEST(test_v2)
{
	struct vrrp_instance *i = instance("V", "wan", 255, 2);
	struct vrrp_statistics *s = statistics("V");
	struct system *sys = store_system(view.store);
	struct value v;

	i->master_address = addr("192.0.2.2");
	i->primary_address = addr("192.0.2.1");
	i->state = VRRP_MASTER;
	i->priority = 255;
	i->advert_interval = 3 * USEC_PER_SEC;
	i->auth_type = VRRP_AUTH_PASS;
	row_set_text(&i->auth_password, "secret");
	i->operational_since = 3 * USEC_PER_SEC;
	i->became_master = 4;
	address("V", "192.0.2.100");
	s->adverts_received = BIG;
	s->interval_errors = 1;
	s->auth_failures = 2;
	s->ttl_errors = 3;
	s->zero_received = 4;
	s->zero_sent = 5;
	s->type_errors = 6;
	s->address_list_errors = 7;
	s->auth_type_errors = 8;
	s->auth_mismatches = 9;
	s->length_errors = 10;
	sys->vrrp_checksum_errors = 21;
	sys->vrrp_version_errors = 22;
	sys->vrrp_vrid_errors = BIG;
	is_number("vrrpNodeVersion", "0", SMI_INTEGER, 2);
	is_number("vrrpNotificationCntl", "0", SMI_INTEGER, 1);
	sys->vrrp_traps_v2 = false;
	is_number("vrrpNotificationCntl", "0", SMI_INTEGER, 2);
	is_bytes("vrrpOperVirtualMacAddr", "7.255", SMI_OCTETS, "\0\0\x5e\0\x01\xff", 6);
	is_number("vrrpOperState", "7.255", SMI_INTEGER, 3);
	is_number("vrrpOperAdminState", "7.255", SMI_INTEGER, 1);
	i->enabled = false;
	is_number("vrrpOperAdminState", "7.255", SMI_INTEGER, 2);
	is_number("vrrpOperPriority", "7.255", SMI_INTEGER, 255);
	is_number("vrrpOperIpAddrCount", "7.255", SMI_INTEGER, 1);
	is_bytes("vrrpOperMasterIpAddr", "7.255", SMI_IPADDRESS, "\xc0\0\x02\x02", 4);
	is_bytes("vrrpOperPrimaryIpAddr", "7.255", SMI_IPADDRESS, "\xc0\0\x02\x01", 4);
	is_number("vrrpOperAuthType", "7.255", SMI_INTEGER, 2);
	is_bytes("vrrpOperAuthKey", "7.255", SMI_OCTETS, "", 0);
	is_number("vrrpOperAdvertisementInterval", "7.255", SMI_INTEGER, 3);
	is_number("vrrpOperPreemptMode", "7.255", SMI_INTEGER, 1);
	is_number("vrrpOperVirtualRouterUpTime", "7.255", SMI_TIMETICKS, 200);
	is_number("vrrpOperProtocol", "7.255", SMI_INTEGER, 1);
	is_number("vrrpOperRowStatus", "7.255", SMI_INTEGER, 1);
	is_number("vrrpAssoIpAddrRowStatus", "7.255.192.0.2.100", SMI_INTEGER, 1);
	is_number("vrrpRouterChecksumErrors", "0", SMI_COUNTER32, 21);
	is_number("vrrpRouterVersionErrors", "0", SMI_COUNTER32, 22);
	is_number("vrrpRouterVrIdErrors", "0", SMI_COUNTER32, 0x34567890);
	is_number("vrrpStatsBecomeMaster", "7.255", SMI_COUNTER32, 4);
	is_number("vrrpStatsAdvertiseRcvd", "7.255", SMI_COUNTER32, 0x34567890);
	is_number("vrrpStatsAdvertiseIntervalErrors", "7.255", SMI_COUNTER32, 1);
	is_number("vrrpStatsAuthFailures", "7.255", SMI_COUNTER32, 2);
	is_number("vrrpStatsIpTtlErrors", "7.255", SMI_COUNTER32, 3);
	is_number("vrrpStatsPriorityZeroPktsRcvd", "7.255", SMI_COUNTER32, 4);
	is_number("vrrpStatsPriorityZeroPktsSent", "7.255", SMI_COUNTER32, 5);
	is_number("vrrpStatsInvalidTypePktsRcvd", "7.255", SMI_COUNTER32, 6);
	is_number("vrrpStatsAddressListErrors", "7.255", SMI_COUNTER32, 7);
	is_number("vrrpStatsInvalidAuthType", "7.255", SMI_COUNTER32, 8);
	is_number("vrrpStatsAuthTypeMismatch", "7.255", SMI_COUNTER32, 9);
	is_number("vrrpStatsPacketLengthErrors", "7.255", SMI_COUNTER32, 10);
	ck_assert_int_eq(get("vrrpv3OperationsStatus", "7.255.1", &v), GET_NO_INSTANCE);
}
END_TEST

/* What has no place in the RFCs' tables is not there. */
START_TEST(test_absent)
{
	struct value v;
	struct vrrp_address *a;

	instance("V", "gone", 1, 3);
	instance("W", "lan", 1, 3);
	a = address("W", "10.0.0.1");
	a->excluded = true;
	is_number("vrrpv3OperationsAddrCount", "2.1.1", SMI_INTEGER, 0);
	ck_assert_int_eq(
	    get("vrrpv3AssociatedIpAddrRowStatus", "2.1.1.4.10.0.0.1", &v), GET_NO_INSTANCE);
	ck_assert_int_eq(get("vrrpv3OperationsStatus", "2.1", &v), GET_NO_INSTANCE);
	ck_assert_int_eq(get("vrrpv3OperationsStatus", "2.1.1.0", &v), GET_NO_INSTANCE);
	ck_assert_int_eq(get("vrrpv3OperationsStatus", "2.1.2", &v), GET_NO_INSTANCE);
	ck_assert_int_eq(get("vrrpv3OperationsStatus", "2.257.1", &v), GET_NO_INSTANCE);
	ck_assert_int_eq(get("vrrpv3RouterVrIdErrors", "1", &v), GET_NO_INSTANCE);
	ck_assert_int_eq(get("vrrpv3RouterVrIdErrors", "0.0", &v), GET_NO_INSTANCE);
	ck_assert_int_eq(
	    standard_get(standard, STANDARD_VRRPV3, (arc[]){1, 1, 1, 1, 1, 2, 1, 1}, 8, &v),
	    GET_NO_OBJECT);
	ck_assert_int_eq(
	    standard_get(standard, STANDARD_VRRP, (arc[]){1, 5, 0}, 3, &v), GET_NO_OBJECT);
	links_off = 1; /* the interface goes */
	standard_changed(standard);
	ck_assert_int_eq(get("vrrpv3OperationsStatus", "2.1.1", &v), GET_NO_INSTANCE);
}
END_TEST

/* ---- GETNEXT */

struct instance {
	arc name[OID_MAX];
	size_t len;
};

static int compare(const void *a, const void *b)
{
	const struct instance *x = a, *y = b;

	return oid_cmp(x->name, x->len, y->name, y->len);
}

/* The rows of the walks: many interfaces, VRIDs, addresses, in no order. */
static void fill(void)
{
	static const char *const interfaces[] = {"wan", "lan", "big"};
	char name[32], text[64];

	for (unsigned k = 0; k < 60; k++) {
		struct vrrp_instance *i;

		snprintf(name, sizeof(name), "VI_%u", k);
		i = instance(name, interfaces[k % 3], 1 + (k * 37) % 255, k % 2 ? 3 : 2);
		if (k % 6 == 1)
			i->family = INET_IPV6;
		for (unsigned n = 0; n < k % 5; n++) {
			snprintf(text, sizeof(text), k % 6 == 1 ? "fd00:%u::%u" : "10.%u.255.%u", k,
			    1 + n * 61);
			address(name, text);
		}
		if (k % 3)
			statistics(name);
	}
	standard_changed(standard);
}

/* The names of all instances, made from the rows by another way than the code under test: sorted as a whole. */
static struct instance *reference(enum standard_mib m, size_t *n)
{
	size_t objects, room = 0;
	const struct standard_object *o = standard_objects(m, &objects);
	struct instance *all = NULL;

	*n = 0;
	for (size_t k = 0; k < objects; k++) {
		const struct standard_list *l = standard_rows(standard, m, o[k].kind);
		size_t rows = o[k].kind == STANDARD_SCALAR ? 1 : l->n;

		room += rows;
		all = reallocarray(all, room, sizeof(*all));
		for (size_t r = 0; r < rows; r++) {
			struct instance *in = &all[(*n)++];

			memcpy(in->name, o[k].name, o[k].len * sizeof(arc));
			in->len = o[k].len + standard_index(m, o[k].kind,
						 rows > 1 || l->n ? &l->rows[r] : NULL,
						 in->name + o[k].len);
		}
	}
	qsort(all, *n, sizeof(*all), compare);
	return all;
}

START_TEST(test_walk)
{
	enum standard_mib m = (enum standard_mib)_i;
	struct instance *all;
	size_t n, len = 0;
	arc name[OID_MAX];
	struct value v;

	fill();
	all = reference(m, &n);
	ck_assert_uint_gt(n, 400);
	for (size_t i = 0; i < n; i++) {
		ck_assert(standard_next(standard, m, name, len, false, name, &len, &v));
		ck_assert_int_eq(oid_cmp(name, len, all[i].name, all[i].len), 0);
		ck_assert_int_eq(standard_get(standard, m, name, len, &v), GET_OK);
	}
	ck_assert(!standard_next(standard, m, name, len, false, name, &len, &v));
	free(all);
}
END_TEST

static const struct instance *after(
    const struct instance *all, size_t n, const arc *name, size_t len, bool inclusive)
{
	for (size_t i = 0; i < n; i++) {
		int d = oid_cmp(all[i].name, all[i].len, name, len);

		if (d > 0 || (d == 0 && inclusive))
			return &all[i];
	}
	return NULL;
}

static void try(enum standard_mib m, const struct instance *all, size_t n, const arc *name,
    size_t len, bool inclusive)
{
	const struct instance *want = after(all, n, name, len, inclusive);
	arc found[OID_MAX];
	size_t found_len = 0;
	struct value v;

	ck_assert_int_eq(
	    standard_next(standard, m, name, len, inclusive, found, &found_len, &v), want != NULL);
	if (want)
		ck_assert_int_eq(oid_cmp(found, found_len, want->name, want->len), 0);
}

/* Names near the instances: cut, lengthened, with arcs changed. */
START_TEST(test_any_name)
{
	static const arc odd[] = {0, 1, 2, 4, 16, 255, 256, INT_MAX, UINT32_MAX, ULONG_MAX};
	enum standard_mib m = (enum standard_mib)(_i % 2);
	struct instance *all;
	size_t n;
	unsigned seed = (unsigned)_i + 1;

	fill();
	all = reference(m, &n);
	for (unsigned k = 0; k < 4000; k++) {
		struct instance in = all[(size_t)rand_r(&seed) % n];

		if (rand_r(&seed) % 3 == 0)
			in.len = (size_t)rand_r(&seed) % (in.len + 1);
		if (rand_r(&seed) % 3 == 0)
			in.name[in.len++] = odd[(size_t)rand_r(&seed) % 10];
		if (in.len && rand_r(&seed) % 2)
			in.name[(size_t)rand_r(&seed) % in.len] = odd[(size_t)rand_r(&seed) % 10];
		else if (in.len)
			in.name[(size_t)rand_r(&seed) % in.len] += (arc)(rand_r(&seed) % 3) - 1;
		try(m, all, n, in.name, in.len, false);
		try(m, all, n, in.name, in.len, true);
	}
	free(all);
}
END_TEST

/* The tables of objects are in order, which the search relies on. */
START_TEST(test_objects)
{
	for (int m = 0; m < STANDARD_MIBS; m++) {
		size_t n;
		const struct standard_object *o = standard_objects((enum standard_mib)m, &n);

		for (size_t i = 0; i < n; i++) {
			ck_assert_int_eq(o[i].mib, m);
			ck_assert_ptr_eq(standard_object_named(o[i].label), &o[i]);
			if (i)
				ck_assert_int_lt(
				    oid_cmp(o[i - 1].name, o[i - 1].len, o[i].name, o[i].len), 0);
		}
	}
}
END_TEST

/* ---- Notifications */

static struct event_log *event(enum event_kind kind, const char *subject, const char *new_state)
{
	static uint32_t sequence;
	struct event_log *e = ROW_NEW(event_log);

	e->sequence = ++sequence;
	e->kind = kind;
	row_set_text(&e->subject, subject);
	row_set_text(&e->new_state, new_state);
	ck_assert_ptr_null(store_insert(view.store, &e->row));
	return e;
}

static void is_oid(const arc *name, size_t len, const char *want)
{
	arc wanted[OID_MAX];
	size_t n = oid_parse(want, wanted);

	ck_assert_msg(oid_cmp(name, len, wanted, n) == 0, "is not %s", want);
}

static void is_trap(const struct trap *t, const char *name)
{
	arc is[OID_MAX];

	is_oid(is, trap_name(t, is), name);
	ck_assert_uint_eq(trap_root(t, is), 0);
}

START_TEST(test_new_master_v3)
{
	struct vrrp_instance *i = instance("VI 1", "lan", 51, 3);
	struct trap t;

	i->primary_address = addr("10.0.0.1");
	i->master_address = addr("10.0.0.2"); /* somebody else is by now */
	i->state = VRRP_BACKUP;
	i->new_master_reason = MASTER_REASON_NO_RESPONSE;
	ck_assert(standard_trap_build(&t, standard, event(EVENT_VRRP_STATE, "\"VI 1\"", "master")));
	is_trap(&t, "1.3.6.1.2.1.207.0.1");
	ck_assert_uint_eq(t.nvars, 2);
	is_oid(t.vars[0].name, t.vars[0].len, "1.3.6.1.2.1.207.1.1.1.1.3.2.51.1");
	ck_assert_int_eq(t.vars[0].value.type, SMI_OCTETS);
	ck_assert_uint_eq(t.vars[0].value.len, 4);
	ck_assert(memcmp(t.vars[0].value.bytes, "\x0a\0\0\x01", 4) == 0);
	is_oid(t.vars[1].name, t.vars[1].len, "1.3.6.1.2.1.207.1.2.5.1.2.2.51.1");
	ck_assert_int_eq(t.vars[1].value.number, 3);
	trap_clear(&t);
}
END_TEST

START_TEST(test_new_master_v2)
{
	struct vrrp_instance *i = instance("V", "wan", 7, 2);
	struct trap t;

	i->source_address = addr("10.0.0.9");
	i->primary_address = addr("10.0.0.1");
	ck_assert(standard_trap_build(&t, standard, event(EVENT_VRRP_STATE, "V", "master")));
	is_trap(&t, "1.3.6.1.2.1.68.0.1");
	ck_assert_uint_eq(t.nvars, 1);
	is_oid(t.vars[0].name, t.vars[0].len, "1.3.6.1.2.1.68.1.3.1.7.7.7");
	ck_assert_int_eq(t.vars[0].value.type, SMI_IPADDRESS);
	ck_assert(memcmp(t.vars[0].value.bytes, "\x0a\0\0\x09", 4) == 0);
	trap_clear(&t);
}
END_TEST

START_TEST(test_protocol_error)
{
	static const struct {
		const char *ours;
		int theirs; /* 0: not told */
	} errors[] = {{"ttl", 1}, {"version", 2}, {"checksum", 3}, {"authentication", 0},
	    {"interval", 0}, {"length", 0}, {"no such", 0}};
	struct trap t;

	instance("V", "lan", 51, 3);
	for (size_t k = 0; k < sizeof(errors) / sizeof(*errors); k++) {
		const struct event_log *e = event(EVENT_PROTOCOL_ERROR, "V", errors[k].ours);

		ck_assert_int_eq(standard_trap_build(&t, standard, e), errors[k].theirs != 0);
		if (!errors[k].theirs)
			continue;
		is_trap(&t, "1.3.6.1.2.1.207.0.2");
		ck_assert_uint_eq(t.nvars, 1);
		is_oid(t.vars[0].name, t.vars[0].len, "1.3.6.1.2.1.207.1.2.5.1.6.2.51.1");
		ck_assert_int_eq(t.vars[0].value.type, SMI_INTEGER);
		ck_assert_int_eq(t.vars[0].value.number, errors[k].theirs);
	}
}
END_TEST

START_TEST(test_auth_failure)
{
	struct vrrp_instance *i = instance("V", "lan", 51, 2);
	struct vrrp_statistics *s = statistics("V");
	struct trap t;

	i->error_source = addr("10.0.0.3");
	s->auth_error = AUTH_ERROR_MISMATCH;
	ck_assert(!standard_trap_build(&t, standard, event(EVENT_PROTOCOL_ERROR, "V", "ttl")));
	ck_assert(
	    standard_trap_build(&t, standard, event(EVENT_PROTOCOL_ERROR, "V", "authentication")));
	is_trap(&t, "1.3.6.1.2.1.68.0.2");
	ck_assert_uint_eq(t.nvars, 2);
	is_oid(t.vars[0].name, t.vars[0].len, "1.3.6.1.2.1.68.1.5.0");
	ck_assert_int_eq(t.vars[0].value.type, SMI_IPADDRESS);
	ck_assert(memcmp(t.vars[0].value.bytes, "\x0a\0\0\x03", 4) == 0);
	is_oid(t.vars[1].name, t.vars[1].len, "1.3.6.1.2.1.68.1.6.0");
	ck_assert_int_eq(t.vars[1].value.type, SMI_INTEGER);
	ck_assert_int_eq(t.vars[1].value.number, 2);
}
END_TEST

/* What the standard modules have no words for, and what is switched off. */
START_TEST(test_no_trap)
{
	struct system *sys = store_system(view.store);
	struct event_log *two, *three;
	struct trap t;

	instance("2", "lan", 2, 2);
	instance("3", "lan", 3, 3);
	instance("gone", "nowhere", 3, 3);
	two = event(EVENT_VRRP_STATE, "2", "master");
	three = event(EVENT_VRRP_STATE, "3", "master");
	ck_assert(!standard_trap_build(&t, standard, event(EVENT_VRRP_STATE, "2", "backup")));
	ck_assert(!standard_trap_build(&t, standard, event(EVENT_VRRP_STATE, "no such", "master")));
	ck_assert(!standard_trap_build(&t, standard, event(EVENT_VRRP_STATE, "gone", "master")));
	ck_assert(!standard_trap_build(&t, standard, event(EVENT_PROCESS_STATE, "vrrp", "master")));
	/* effect: system.vrrp_traps_v2 system.vrrp_traps_v3 */
	sys->vrrp_traps_v2 = false;
	ck_assert(!standard_trap_build(&t, standard, two));
	ck_assert(standard_trap_build(&t, standard, three));
	sys->vrrp_traps_v2 = true;
	sys->vrrp_traps_v3 = false;
	ck_assert(standard_trap_build(&t, standard, two));
	ck_assert(!standard_trap_build(&t, standard, three));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_standard");
	TCase *tc = tcase_create("read");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_objects);
	tcase_add_test(tc, test_v3_operations);
	tcase_add_test(tc, test_v3_ipv6);
	tcase_add_test(tc, test_v3_statistics);
	tcase_add_test(tc, test_v2);
	tcase_add_test(tc, test_states);
	tcase_add_test(tc, test_absent);
	tcase_add_loop_test(tc, test_walk, 0, STANDARD_MIBS);
	tcase_add_loop_test(tc, test_any_name, 0, 8);
	suite_add_tcase(s, tc);
	tc = tcase_create("notify");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_new_master_v3);
	tcase_add_test(tc, test_new_master_v2);
	tcase_add_test(tc, test_protocol_error);
	tcase_add_test(tc, test_auth_failure);
	tcase_add_test(tc, test_no_trap);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
