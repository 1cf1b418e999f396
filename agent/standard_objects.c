/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of the standard modules: for each, the column of our rows that it shows and how that becomes
 * the RFC's value; see standard.h.
 */
#include <string.h>
#include "agent/standard_object.h"

/* ---- From a column to a value. */

static const struct column *column_of(const struct standard_source *from)
{
	return &tables[from->object->table].columns[from->object->column];
}

static const struct row *row_of(const struct standard_source *from)
{
	switch (from->object->table) {
	case TABLE_vrrp_instance:
		return &from->row->instance->row;
	case TABLE_vrrp_statistics:
		return &from->row->statistics->row;
	case TABLE_vrrp_address:
		return &from->row->address->row;
	default: /* the scalars */
		return &store_system(from->view->store)->row;
	}
}

static uint64_t number_of(const struct standard_source *from)
{
	return column_unsigned(row_of(from), column_of(from));
}

static void get_number(const struct standard_source *from, struct value *to)
{
	to->number = (int64_t)number_of(from);
}

/* The RFC counts this enumeration from 0, ours begin with 1. */
static void get_from_zero(const struct standard_source *from, struct value *to)
{
	to->number = (int64_t)number_of(from) - 1;
}

static void get_counter(const struct standard_source *from, struct value *to)
{
	to->counter = number_of(from);
	to->number = (uint32_t)number_of(from); /* Counter32 wraps */
}

static void get_truth(const struct standard_source *from, struct value *to)
{
	to->number = number_of(from) ? 1 : 2;
}

/* enabled(1), disabled(2), and up(1), down(2), are numbered alike. */
#define get_enabled get_truth

static void get_centiseconds(const struct standard_source *from, struct value *to)
{
	to->number = (int64_t)(number_of(from) / USEC_PER_CSEC);
}

static void get_seconds(const struct standard_source *from, struct value *to)
{
	to->number = (int64_t)(number_of(from) / USEC_PER_SEC);
}

static void get_milliseconds(const struct standard_source *from, struct value *to)
{
	to->number = (int64_t)(number_of(from) / USEC_PER_MSEC);
}

static void get_time(const struct standard_source *from, struct value *to)
{
	to->number =
	    get_time_stamp(from->view, get_when(from->view, row_of(from), column_of(from)));
}

/* TimeTicks since then; 0 for never. */
static void get_duration(const struct standard_source *from, struct value *to)
{
	usec_t since = number_of(from), now = clock_now();

	to->number = since && since < now ? (uint32_t)((now - since) / USEC_PER_CSEC) : 0;
}

/* Octets of the family of the virtual router; all zero when there is no address. */
static void put_address(const struct vrrp_instance *i, const struct addr *a, struct value *to)
{
	memset(to->space, 0, sizeof(to->space));
	to->bytes = to->space;
	to->len = i->family == INET_IPV6 ? 16 : 4;
	if (addr_len(a) == to->len)
		memcpy(to->space, a->bytes, to->len);
}

static void get_address(const struct standard_source *from, struct value *to)
{
	put_address(from->row->instance, COLUMN_PTR(row_of(from), column_of(from)), to);
}

/* What was configured, or what is used in its absence: the interface's address. */
static void get_primary(const struct standard_source *from, struct value *to)
{
	const struct vrrp_instance *i = from->row->instance;

	put_address(
	    i, addr_is_set(&i->source_address) ? &i->source_address : &i->primary_address, to);
}

/* RFC 9568 section 7.3. */
static void get_mac(const struct standard_source *from, struct value *to)
{
	const struct vrrp_instance *i = from->row->instance;
	const uint8_t mac[6] = {
	    0x00, 0x00, 0x5e, 0x00, i->family == INET_IPV6 ? 0x02 : 0x01, (uint8_t)i->vrid};

	memcpy(to->space, mac, sizeof(mac));
	to->bytes = to->space;
	to->len = sizeof(mac);
}

static void get_state(const struct standard_source *from, struct value *to)
{
	switch (from->row->instance->state) {
	case VRRP_BACKUP:
		to->number = 2;
		break;
	case VRRP_MASTER:
		to->number = 3;
		break;
	case VRRP_INITIALIZE:
	case VRRP_FAULT:
		to->number = 1;
		break;
	}
}

static void get_address_count(const struct standard_source *from, struct value *to)
{
	to->number = from->row->addresses;
}

/* A key that can only be written. */
static void get_secret(const struct standard_source *from, struct value *to)
{
	(void)from;
	to->bytes = to->space;
	to->len = 0;
}

/* The protocol that is made redundant: ip(1). */
static void get_protocol(const struct standard_source *from, struct value *to)
{
	(void)from;
	to->number = 1;
}

/* VRRP-MIB is that of version 2. */
static void get_node_version(const struct standard_source *from, struct value *to)
{
	(void)from;
	to->number = 2;
}

/* RowStatus: 1 active, 2 notInService, 3 notReady. */
static void get_address_status(const struct standard_source *from, struct value *to)
{
	to->number = from->row->address->row_status;
}

static void get_status(const struct standard_source *from, struct value *to)
{
	const struct vrrp_instance *i = from->row->instance;

	if (standard_active(i))
		to->number = STATUS_ACTIVE;
	else if (standard_complete(i, from->row->active))
		to->number = STATUS_NOT_IN_SERVICE;
	else
		to->number = STATUS_NOT_READY;
}

/* ---- The modules. */

#define OBJECT(m, k, l, ty, f, t, c, w, low, high, ...)                                            \
	{                                                                                          \
		.mib = (m), .kind = STANDARD_##k, .label = (l), .type = SMI_##ty, .get = get_##f,  \
		.table = TABLE_##t, .column = COL_##t##_##c, .write = WRITE_##w, .min = (low),     \
		.max = (high), .name = {__VA_ARGS__},                                              \
		.len = sizeof((arc[]){__VA_ARGS__}) / sizeof(arc),                                 \
	}
#define V3(...) OBJECT(STANDARD_VRRPV3, __VA_ARGS__)
#define V2(...) OBJECT(STANDARD_VRRP, __VA_ARGS__)

/* In the order of their names, with what may be written. */
static const struct standard_object vrrpv3[] = {
    V3(INSTANCE, "vrrpv3OperationsMasterIpAddr", OCTETS, address, vrrp_instance, master_address,
	NEVER, 0, 0, 1, 1, 1, 1, 3),
    V3(INSTANCE, "vrrpv3OperationsPrimaryIpAddr", OCTETS, primary, vrrp_instance, source_address,
	ADDRESS, 4, 16, 1, 1, 1, 1, 4),
    V3(INSTANCE, "vrrpv3OperationsVirtualMacAddr", OCTETS, mac, vrrp_instance, vrid, NEVER, 0, 0, 1,
	1, 1, 1, 5),
    V3(INSTANCE, "vrrpv3OperationsStatus", INTEGER, state, vrrp_instance, state, NEVER, 0, 0, 1, 1,
	1, 1, 6),
    V3(INSTANCE, "vrrpv3OperationsPriority", GAUGE32, number, vrrp_instance, priority, NUMBER, 1,
	254, 1, 1, 1, 1, 7),
    V3(INSTANCE, "vrrpv3OperationsAddrCount", INTEGER, address_count, vrrp_instance, name, NEVER, 0,
	0, 1, 1, 1, 1, 8),
    V3(INSTANCE, "vrrpv3OperationsAdvInterval", INTEGER, centiseconds, vrrp_instance,
	advert_interval, CENTISECONDS, 1, 4095, 1, 1, 1, 1, 9),
    V3(INSTANCE, "vrrpv3OperationsPreemptMode", INTEGER, truth, vrrp_instance, preempt, TRUTH, 1, 2,
	1, 1, 1, 1, 10),
    V3(INSTANCE, "vrrpv3OperationsAcceptMode", INTEGER, truth, vrrp_instance, accept, TRUTH, 1, 2,
	1, 1, 1, 1, 11),
    V3(INSTANCE, "vrrpv3OperationsUpTime", TIMETICKS, duration, vrrp_instance, operational_since,
	NEVER, 0, 0, 1, 1, 1, 1, 12),
    V3(INSTANCE, "vrrpv3OperationsRowStatus", INTEGER, status, vrrp_instance, row_status, STATUS, 1,
	6, 1, 1, 1, 1, 13),
    V3(ADDRESS, "vrrpv3AssociatedIpAddrRowStatus", INTEGER, address_status, vrrp_address,
	row_status, STATUS, 1, 6, 1, 1, 2, 1, 2),
    V3(SCALAR, "vrrpv3RouterChecksumErrors", COUNTER64, counter, system, vrrp_checksum_errors,
	NEVER, 0, 0, 1, 2, 1),
    V3(SCALAR, "vrrpv3RouterVersionErrors", COUNTER64, counter, system, vrrp_version_errors, NEVER,
	0, 0, 1, 2, 2),
    V3(SCALAR, "vrrpv3RouterVrIdErrors", COUNTER64, counter, system, vrrp_vrid_errors, NEVER, 0, 0,
	1, 2, 3),
    V3(SCALAR, "vrrpv3GlobalStatisticsDiscontinuityTime", TIMETICKS, time, system,
	vrrp_discontinuity, NEVER, 0, 0, 1, 2, 4),
    V3(INSTANCE, "vrrpv3StatisticsMasterTransitions", COUNTER32, counter, vrrp_instance,
	became_master, NEVER, 0, 0, 1, 2, 5, 1, 1),
    V3(INSTANCE, "vrrpv3StatisticsNewMasterReason", INTEGER, from_zero, vrrp_instance,
	new_master_reason, NEVER, 0, 0, 1, 2, 5, 1, 2),
    V3(INSTANCE, "vrrpv3StatisticsRcvdAdvertisements", COUNTER64, counter, vrrp_statistics,
	adverts_received, NEVER, 0, 0, 1, 2, 5, 1, 3),
    V3(INSTANCE, "vrrpv3StatisticsAdvIntervalErrors", COUNTER64, counter, vrrp_statistics,
	interval_errors, NEVER, 0, 0, 1, 2, 5, 1, 4),
    V3(INSTANCE, "vrrpv3StatisticsIpTtlErrors", COUNTER64, counter, vrrp_statistics, ttl_errors,
	NEVER, 0, 0, 1, 2, 5, 1, 5),
    V3(INSTANCE, "vrrpv3StatisticsProtoErrReason", INTEGER, from_zero, vrrp_statistics,
	protocol_error, NEVER, 0, 0, 1, 2, 5, 1, 6),
    V3(INSTANCE, "vrrpv3StatisticsRcvdPriZeroPackets", COUNTER64, counter, vrrp_statistics,
	zero_received, NEVER, 0, 0, 1, 2, 5, 1, 7),
    V3(INSTANCE, "vrrpv3StatisticsSentPriZeroPackets", COUNTER64, counter, vrrp_statistics,
	zero_sent, NEVER, 0, 0, 1, 2, 5, 1, 8),
    V3(INSTANCE, "vrrpv3StatisticsRcvdInvalidTypePackets", COUNTER64, counter, vrrp_statistics,
	type_errors, NEVER, 0, 0, 1, 2, 5, 1, 9),
    V3(INSTANCE, "vrrpv3StatisticsAddressListErrors", COUNTER64, counter, vrrp_statistics,
	address_list_errors, NEVER, 0, 0, 1, 2, 5, 1, 10),
    V3(INSTANCE, "vrrpv3StatisticsPacketLengthErrors", COUNTER64, counter, vrrp_statistics,
	length_errors, NEVER, 0, 0, 1, 2, 5, 1, 11),
    V3(INSTANCE, "vrrpv3StatisticsRowDiscontinuityTime", TIMETICKS, time, vrrp_statistics,
	discontinuity, NEVER, 0, 0, 1, 2, 5, 1, 12),
    V3(INSTANCE, "vrrpv3StatisticsRefreshRate", GAUGE32, milliseconds, vrrp_statistics, refresh,
	NEVER, 0, 0, 1, 2, 5, 1, 13),
};

static const struct standard_object vrrp[] = {
    V2(SCALAR, "vrrpNodeVersion", INTEGER, node_version, system, version, NEVER, 0, 0, 1, 1),
    V2(SCALAR, "vrrpNotificationCntl", INTEGER, enabled, system, vrrp_traps_v2, TRUTH, 1, 2, 1, 2),
    V2(INSTANCE, "vrrpOperVirtualMacAddr", OCTETS, mac, vrrp_instance, vrid, NEVER, 0, 0, 1, 3, 1,
	2),
    V2(INSTANCE, "vrrpOperState", INTEGER, state, vrrp_instance, state, NEVER, 0, 0, 1, 3, 1, 3),
    V2(INSTANCE, "vrrpOperAdminState", INTEGER, enabled, vrrp_instance, enabled, TRUTH, 1, 2, 1, 3,
	1, 4),
    V2(INSTANCE, "vrrpOperPriority", INTEGER, number, vrrp_instance, priority, NUMBER, 1, 255, 1, 3,
	1, 5),
    V2(INSTANCE, "vrrpOperIpAddrCount", INTEGER, address_count, vrrp_instance, name, NEVER, 0, 0, 1,
	3, 1, 6),
    V2(INSTANCE, "vrrpOperMasterIpAddr", IPADDRESS, address, vrrp_instance, master_address, NEVER,
	0, 0, 1, 3, 1, 7),
    V2(INSTANCE, "vrrpOperPrimaryIpAddr", IPADDRESS, primary, vrrp_instance, source_address,
	ADDRESS, 4, 4, 1, 3, 1, 8),
    V2(INSTANCE, "vrrpOperAuthType", INTEGER, number, vrrp_instance, auth_type, NUMBER, 1, 3, 1, 3,
	1, 9),
    V2(INSTANCE, "vrrpOperAuthKey", OCTETS, secret, vrrp_instance, auth_password, KEY, 0, 16, 1, 3,
	1, 10),
    V2(INSTANCE, "vrrpOperAdvertisementInterval", INTEGER, seconds, vrrp_instance, advert_interval,
	SECONDS, 1, 255, 1, 3, 1, 11),
    V2(INSTANCE, "vrrpOperPreemptMode", INTEGER, truth, vrrp_instance, preempt, TRUTH, 1, 2, 1, 3,
	1, 12),
    V2(INSTANCE, "vrrpOperVirtualRouterUpTime", TIMETICKS, time, vrrp_instance, operational_since,
	NEVER, 0, 0, 1, 3, 1, 13),
    V2(INSTANCE, "vrrpOperProtocol", INTEGER, protocol, vrrp_instance, family, NOTHING, 1, 1, 1, 3,
	1, 14),
    V2(INSTANCE, "vrrpOperRowStatus", INTEGER, status, vrrp_instance, row_status, STATUS, 1, 6, 1,
	3, 1, 15),
    V2(ADDRESS, "vrrpAssoIpAddrRowStatus", INTEGER, address_status, vrrp_address, row_status,
	STATUS, 1, 6, 1, 4, 1, 2),
    V2(SCALAR, "vrrpRouterChecksumErrors", COUNTER32, counter, system, vrrp_checksum_errors, NEVER,
	0, 0, 2, 1),
    V2(SCALAR, "vrrpRouterVersionErrors", COUNTER32, counter, system, vrrp_version_errors, NEVER, 0,
	0, 2, 2),
    V2(SCALAR, "vrrpRouterVrIdErrors", COUNTER32, counter, system, vrrp_vrid_errors, NEVER, 0, 0, 2,
	3),
    V2(INSTANCE, "vrrpStatsBecomeMaster", COUNTER32, counter, vrrp_instance, became_master, NEVER,
	0, 0, 2, 4, 1, 1),
    V2(INSTANCE, "vrrpStatsAdvertiseRcvd", COUNTER32, counter, vrrp_statistics, adverts_received,
	NEVER, 0, 0, 2, 4, 1, 2),
    V2(INSTANCE, "vrrpStatsAdvertiseIntervalErrors", COUNTER32, counter, vrrp_statistics,
	interval_errors, NEVER, 0, 0, 2, 4, 1, 3),
    V2(INSTANCE, "vrrpStatsAuthFailures", COUNTER32, counter, vrrp_statistics, auth_failures, NEVER,
	0, 0, 2, 4, 1, 4),
    V2(INSTANCE, "vrrpStatsIpTtlErrors", COUNTER32, counter, vrrp_statistics, ttl_errors, NEVER, 0,
	0, 2, 4, 1, 5),
    V2(INSTANCE, "vrrpStatsPriorityZeroPktsRcvd", COUNTER32, counter, vrrp_statistics,
	zero_received, NEVER, 0, 0, 2, 4, 1, 6),
    V2(INSTANCE, "vrrpStatsPriorityZeroPktsSent", COUNTER32, counter, vrrp_statistics, zero_sent,
	NEVER, 0, 0, 2, 4, 1, 7),
    V2(INSTANCE, "vrrpStatsInvalidTypePktsRcvd", COUNTER32, counter, vrrp_statistics, type_errors,
	NEVER, 0, 0, 2, 4, 1, 8),
    V2(INSTANCE, "vrrpStatsAddressListErrors", COUNTER32, counter, vrrp_statistics,
	address_list_errors, NEVER, 0, 0, 2, 4, 1, 9),
    V2(INSTANCE, "vrrpStatsInvalidAuthType", COUNTER32, counter, vrrp_statistics, auth_type_errors,
	NEVER, 0, 0, 2, 4, 1, 10),
    V2(INSTANCE, "vrrpStatsAuthTypeMismatch", COUNTER32, counter, vrrp_statistics, auth_mismatches,
	NEVER, 0, 0, 2, 4, 1, 11),
    V2(INSTANCE, "vrrpStatsPacketLengthErrors", COUNTER32, counter, vrrp_statistics, length_errors,
	NEVER, 0, 0, 2, 4, 1, 12),
};

const struct standard_object *standard_objects(enum standard_mib m, size_t *n)
{
	*n = m == STANDARD_VRRPV3 ? sizeof(vrrpv3) / sizeof(*vrrpv3) : sizeof(vrrp) / sizeof(*vrrp);
	return m == STANDARD_VRRPV3 ? vrrpv3 : vrrp;
}

const struct standard_object *standard_object_named(const char *label)
{
	for (int m = 0; m < STANDARD_MIBS; m++) {
		size_t n;
		const struct standard_object *o = standard_objects((enum standard_mib)m, &n);

		for (size_t i = 0; i < n; i++)
			if (strcmp(o[i].label, label) == 0)
				return &o[i];
	}
	return NULL;
}
