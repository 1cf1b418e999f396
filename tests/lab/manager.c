/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager ADDRESS storm|monkey|columns|dump|make|weigh ...: see manager_storm.c, manager_monkey.c, manager_columns.c
 * and manager_rate.c.
 */
#include "tests/lab/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void manager_open(struct manager *m, const char *address, double timeout)
{
	netsnmp_session s;

	snmp_sess_init(&s);
	s.version = SNMP_VERSION_2c;
	s.peername = (char *)(uintptr_t)address;
	s.community = (u_char *)(uintptr_t) "private";
	s.community_len = strlen("private");
	s.timeout = (long)(timeout * 1e6);
	s.retries = 0; /* a SET that was sent twice could be done twice */
	m->session = snmp_sess_open(&s);
	if (!m->session) {
		snmp_sess_perror("manager", &s);
		exit(2);
	}
	m->root_len = object_root((arc *)m->root);
}

void manager_close(struct manager *m)
{
	snmp_sess_close(m->session);
}

static struct name name_of(
    const struct manager *m, const struct object *o, const arc *index, size_t n)
{
	struct name name = {.len = 0};

	if (!o) {
		fprintf(stderr, "manager: no such column\n");
		exit(2);
	}
	memcpy(name.arcs, m->root, m->root_len * sizeof(oid));
	memcpy(name.arcs + m->root_len, o->name, o->len * sizeof(oid));
	memcpy(name.arcs + m->root_len + o->len, index, n * sizeof(oid));
	name.len = m->root_len + o->len + n;
	return name;
}

struct name manager_name(
    const struct manager *m, const struct row *key, const char *column, enum object_part part)
{
	arc index[OID_MAX];
	size_t n = index_encode(key, index);

	return name_of(m, object_of(key->table, table_column(key->table, column), part), index, n);
}

struct name manager_column(const struct manager *m, enum table_id t, const char *column)
{
	arc none[1];

	return name_of(
	    m, object_of(&tables[t], table_column(&tables[t], column), PART_VALUE), none, 0);
}

void manager_add_number(netsnmp_pdu *pdu, const struct name *n, u_char type, long value)
{
	snmp_pdu_add_variable(pdu, n->arcs, n->len, type, &value, sizeof(value));
}

void manager_add_text(netsnmp_pdu *pdu, const struct name *n, const char *text)
{
	snmp_pdu_add_variable(pdu, n->arcs, n->len, ASN_OCTET_STR, text, strlen(text));
}

void manager_add_null(netsnmp_pdu *pdu, const struct name *n)
{
	snmp_add_null_var(pdu, n->arcs, n->len);
}

int manager_send(struct manager *m, netsnmp_pdu *pdu, netsnmp_pdu **answer)
{
	netsnmp_pdu *a = NULL;
	int status = -1;

	if (snmp_sess_synch_response(m->session, pdu, &a) == STAT_SUCCESS && a)
		status = (int)a->errstat;
	if (answer)
		*answer = a;
	else if (a)
		snmp_free_pdu(a);
	return status;
}

bool manager_get(struct manager *m, const struct name *n, long *value)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET), *a;
	bool ok;

	manager_add_null(pdu, n);
	ok = manager_send(m, pdu, &a) == 0 && a->variables->val.integer &&
	     (a->variables->type == ASN_INTEGER || a->variables->type == ASN_GAUGE ||
		 a->variables->type == ASN_COUNTER);
	if (ok)
		*value = *a->variables->val.integer;
	if (a)
		snmp_free_pdu(a);
	return ok;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct manager *m, int argc, char **argv);
		double timeout;
	} commands[] = {{"storm", storm, 2}, {"monkey", monkey, 5}, {"columns", columns, 5},
	    {"dump", dump, 5}, {"make", make, 20}, {"weigh", weigh, 20}};
	struct manager m;

	setenv("MIBS", "", 1);
	for (size_t i = 0; argc >= 3 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[2], commands[i].name) != 0)
			continue;
		init_snmp("manager");
		manager_open(&m, argv[1], commands[i].timeout);
		return commands[i].run(&m, argc - 2, argv + 2);
	}
	fprintf(stderr, "usage: manager ADDRESS storm|monkey|columns|dump|make|weigh ...\n");
	return 2;
}
