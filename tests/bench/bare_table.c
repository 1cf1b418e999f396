/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bare_table SOCKET ROWS: what net-snmp itself makes of a table: an AgentX subagent with a
 * table_container that has the index, the columns and the types of drctRealServerTable, and nothing
 * behind it.  bench_agent walks it beside directord's agent, through the same master.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
/* The one name of its parser that the schema has too. */
enum { PARSED_GAUGE = TYPE_GAUGE };
#undef TYPE_GAUGE

#include "agent/object.h"

static const oid place[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1, 1};

#define INDEX_ARCS 11

/* Begins as table_container wants it. */
struct bare_row {
	netsnmp_index index;
	oid arcs[INDEX_ARCS];
	char address[16];
};

static u_char column_types[256];
static unsigned columns[256];
static netsnmp_column_info column_info = {.details.list = columns};

static u_char wire_type(const struct object *o)
{
	if (o->part == PART_ADDR_TYPE)
		return ASN_INTEGER;
	switch (o->shown->type) {
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_ENUM:
		return ASN_INTEGER;
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_USEC:
		return ASN_GAUGE;
	case TYPE_COUNT:
		return ASN_COUNTER64;
	case TYPE_COUNT32:
		return ASN_COUNTER;
	case TYPE_WHEN:
		return ASN_TIMETICKS;
	case TYPE_NAME:
	case TYPE_TEXT:
	case TYPE_ADDR:
	case TYPE_WALL:
	case TYPE_VIEW:
		break;
	}
	return ASN_OCTET_STR;
}

static void learn_columns(void)
{
	size_t n;
	const struct object *o = object_all(&n);

	for (size_t i = 0; i < n; i++) {
		unsigned column = (unsigned)o[i].name[o[i].len - 1];

		if (o[i].table->id != TABLE_real_server)
			continue;
		column_types[column] = wire_type(&o[i]);
		columns[(unsigned char)column_info.list_count++] = column;
	}
}

static void answer(netsnmp_request_info *request)
{
	const struct bare_row *row = netsnmp_container_table_row_extract(request);
	const netsnmp_table_request_info *info = netsnmp_extract_table_info(request);
	u_char type = info ? column_types[info->colnum & 255] : 0;
	struct counter64 big = {0, 0};
	u_long number = 1;

	if (!row || !type)
		netsnmp_set_request_error(NULL, request, SNMP_NOSUCHINSTANCE);
	else if (type == ASN_OCTET_STR)
		snmp_set_var_typed_value(
		    request->requestvb, type, row->address, strlen(row->address));
	else if (type == ASN_COUNTER64)
		snmp_set_var_typed_value(request->requestvb, type, &big, sizeof(big));
	else
		snmp_set_var_typed_value(request->requestvb, type, &number, sizeof(number));
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	(void)handler;
	(void)registration;
	if (info->mode != MODE_GET)
		return SNMP_ERR_GENERR;
	for (netsnmp_request_info *r = requests; r; r = r->next)
		if (!r->processed)
			answer(r);
	return SNMP_ERR_NOERROR;
}

static void add_row(netsnmp_container *rows, unsigned long i)
{
	struct bare_row *row = calloc(1, sizeof(*row));
	const oid arcs[INDEX_ARCS] = {
	    3, 'w', 'e', 'b', 1, 4, 10, i >> 16 & 255, i >> 8 & 255, i & 255, 80};

	if (!row)
		abort();
	memcpy(row->arcs, arcs, sizeof(arcs));
	row->index.oids = row->arcs;
	row->index.len = INDEX_ARCS;
	snprintf(row->address, sizeof(row->address), "10.%lu.%lu.%lu", i >> 16 & 255, i >> 8 & 255,
	    i & 255);
	CONTAINER_INSERT(rows, row);
}

static void serve_table(unsigned long n)
{
	netsnmp_container *rows = netsnmp_container_find("bare_table:table_container");
	netsnmp_table_registration_info *info =
	    SNMP_MALLOC_TYPEDEF(netsnmp_table_registration_info);
	netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
	    "bare_table", handle, place, sizeof(place) / sizeof(*place), HANDLER_CAN_RONLY);

	for (unsigned long i = 0; i < n; i++)
		add_row(rows, i);
	netsnmp_table_helper_add_indexes(
	    info, ASN_OCTET_STR, ASN_INTEGER, ASN_OCTET_STR, ASN_UNSIGNED, 0);
	info->valid_columns = &column_info;
	info->min_column = columns[0];
	info->max_column = columns[(unsigned char)column_info.list_count - 1];
	netsnmp_container_table_register(
	    registration, info, rows, TABLE_CONTAINER_KEY_NETSNMP_INDEX);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: bare_table SOCKET ROWS\n");
		return 2;
	}
	setenv("MIBS", "", 1);
	setenv("SNMPCONFPATH", "/nonexistent", 1);
	snmp_enable_stderrlog();
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, argv[1]);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	learn_columns();
	init_agent("bare_table");
	serve_table(strtoul(argv[2], NULL, 10));
	init_snmp("bare_table");
	for (;;)
		agent_check_and_process(1);
}
