/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager ADDRESS storm NAME NUMBER SEED: SETs without end, while others kill the director; until SIGTERM.
 *
 * Each request is one change of rows in several tables: it makes a real server with two values that tell the
 * request's number, writes the number to three columns of two other rows, and destroys the real server that was
 * made KEEP requests before; its variables are in random order.  So what is read afterwards tells which request was
 * the last that is in effect, and whether it, or one before, is only half there.
 *
 * After each request without a good answer, and at the end: the last request in effect must be the last one that was
 * acknowledged or the one that was not, and everything must agree with it.  The director may be away meanwhile.
 *
 * One line at the end: acknowledged N unanswered N applied N refused N checked N
 */
#include "tests/lab/manager.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP 20
#define PATIENCE 30 /* seconds until the director must be there again */

static volatile sig_atomic_t stop;

struct storming {
	struct manager *m;
	struct dice dice;
	const char *name;
	uint8_t number;
	long last; /* acknowledged, or found in effect */
	struct real_server *marker;
	struct virtual_server *server;
	unsigned long acknowledged, unanswered, applied, refused, checked;
	char complaint[200];
};

static void stopped(int sig)
{
	(void)sig;
	stop = 1;
}

static struct real_server *server_row(const struct storming *s, long seq)
{
	struct real_server *r = ROW_NEW(real_server);
	uint8_t bytes[4] = {10, s->number, (uint8_t)(seq >> 8), (uint8_t)seq};

	row_set_text(&r->pool, s->name);
	r->address = addr_from_bytes(bytes, 4);
	r->port = (uint32_t)(1 + (seq >> 16));
	return r;
}

/* A variable of a request that is to be shuffled. */
struct var {
	struct name name;
	u_char type;
	long value;
};

static void put(struct storming *s, struct var *v, size_t *n, const struct row *r,
    const char *column, u_char type, long value)
{
	v[*n].name = manager_name(s->m, r, column, PART_VALUE);
	v[*n].type = type;
	v[(*n)++].value = value;
}

static netsnmp_pdu *shuffled(struct storming *s, struct var *v, size_t n)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);

	for (; n > 0; n--) {
		size_t i = dice_below(&s->dice, (uint32_t)n);

		manager_add_number(pdu, &v[i].name, v[i].type, v[i].value);
		v[i] = v[n - 1];
	}
	return pdu;
}

static netsnmp_pdu *request(struct storming *s, long seq)
{
	struct real_server *fresh = server_row(s, seq), *old = server_row(s, seq - KEEP);
	struct var v[7];
	size_t n = 0;

	put(s, v, &n, &fresh->row, "row_status", ASN_INTEGER, STATUS_CREATE_AND_GO);
	put(s, v, &n, &fresh->row, "weight", ASN_INTEGER, seq & 0xffff);
	put(s, v, &n, &fresh->row, "upper_threshold", ASN_GAUGE, seq);
	put(s, v, &n, &s->marker->row, "weight", ASN_INTEGER, seq & 0xffff);
	put(s, v, &n, &s->marker->row, "upper_threshold", ASN_GAUGE, seq);
	put(s, v, &n, &s->server->row, "persistence_timeout", ASN_GAUGE, seq);
	if (seq > KEEP)
		put(s, v, &n, &old->row, "row_status", ASN_INTEGER, STATUS_DESTROY);
	row_free(&fresh->row);
	row_free(&old->row);
	return shuffled(s, v, n);
}

static bool complain(struct storming *s, const char *what, long got, long want)
{
	snprintf(
	    s->complaint, sizeof(s->complaint), "%s: %s is %ld, not %ld", s->name, what, got, want);
	return false;
}

static long number_of(const netsnmp_variable_list *v)
{
	bool number = v->type == ASN_INTEGER || v->type == ASN_GAUGE;

	return number ? *v->val.integer : -1;
}

/* The row that the walk must find: those of the last requests, and then the one that is always there. */
static struct real_server *expected(const struct storming *s, long seq, long i)
{
	return i <= seq ? server_row(s, i) : (struct real_server *)row_copy(&s->marker->row);
}

/* One step of the walk: both columns of one row.  at[] is where it has come to. */
static bool step_agrees(struct storming *s, struct name at[2], long seq, long i)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETNEXT), *a;
	struct real_server *r = expected(s, seq, i);
	long value = i <= seq ? i : seq;
	bool ok = true;

	for (int n = 0; n < 2; n++)
		manager_add_null(pdu, &at[n]);
	at[0] = manager_name(s->m, &r->row, "upper_threshold", PART_VALUE);
	at[1] = manager_name(s->m, &r->row, "weight", PART_VALUE);
	row_free(&r->row);
	if (manager_send(s->m, pdu, &a) != 0)
		ok = complain(s, "the walk's status", -1, 0);
	else if (snmp_oid_compare(
		     a->variables->name, a->variables->name_length, at[0].arcs, at[0].len) != 0)
		ok = complain(s, "a real server is not there, or one too many; number", -1, i);
	else if (number_of(a->variables) != value)
		ok = complain(s, "a row's threshold", number_of(a->variables), value);
	else if (number_of(a->variables->next_variable) != (value & 0xffff))
		ok = complain(
		    s, "a row's weight", number_of(a->variables->next_variable), value & 0xffff);
	if (a)
		snmp_free_pdu(a);
	return ok;
}

/* The pool's real servers: exactly those of the last requests, each whole. */
static bool rows_agree(struct storming *s, long seq)
{
	struct name at[2] = {manager_column(s->m, TABLE_real_server, "upper_threshold"),
	    manager_column(s->m, TABLE_real_server, "weight")};
	bool ok = true;

	for (int n = 0; n < 2; n++) { /* the pool's name, as an index has it */
		at[n].arcs[at[n].len++] = strlen(s->name);
		for (const char *p = s->name; *p; p++)
			at[n].arcs[at[n].len++] = (unsigned char)*p;
	}
	for (long i = seq > KEEP ? seq - KEEP + 1 : 1; i <= seq + 1 && ok; i++)
		ok = step_agrees(s, at, seq, i);
	return ok;
}

/* Looks once: false, with a complaint, if it is not right, or nobody is there. */
static bool look(struct storming *s, bool one_open)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET), *a;
	struct name n[3] = {manager_name(s->m, &s->marker->row, "upper_threshold", PART_VALUE),
	    manager_name(s->m, &s->marker->row, "weight", PART_VALUE),
	    manager_name(s->m, &s->server->row, "persistence_timeout", PART_VALUE)};
	long got[3] = {-1, -1, -1};
	int i = 0;

	for (i = 0; i < 3; i++)
		manager_add_null(pdu, &n[i]);
	if (manager_send(s->m, pdu, &a) == 0) {
		i = 0;
		for (netsnmp_variable_list *v = a->variables; v && i < 3; v = v->next_variable)
			got[i++] = number_of(v);
	}
	if (a)
		snmp_free_pdu(a);
	if (got[0] != s->last && !(one_open && got[0] == s->last + 1))
		return complain(s, "the last request in effect", got[0], s->last);
	if (got[1] != (got[0] & 0xffff))
		return complain(s, "the other column", got[1], got[0] & 0xffff);
	if (got[2] != got[0])
		return complain(s, "the other table", got[2], got[0]);
	if (!rows_agree(s, got[0]))
		return false;
	s->applied += got[0] != s->last;
	s->last = got[0];
	s->checked++;
	return true;
}

static bool look_until_right(struct storming *s, bool one_open)
{
	for (int i = 0; i < PATIENCE * 20; i++) {
		if (look(s, one_open))
			return true;
		usleep(50000);
	}
	return false;
}

static void make_rows(struct storming *s)
{
	struct pool *pool = ROW_NEW(pool);
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
	struct name n;
	int status;

	s->marker = server_row(s, 65535);
	s->marker->port = 65535;
	s->server = ROW_NEW(virtual_server);
	row_set_text(&s->server->name, s->name);
	row_set_text(&pool->name, s->name);
	n = manager_name(s->m, &s->server->row, "row_status", PART_VALUE);
	manager_add_number(pdu, &n, ASN_INTEGER, STATUS_CREATE_AND_GO);
	n = manager_name(s->m, &s->server->row, "pool", PART_VALUE);
	manager_add_text(pdu, &n, s->name);
	n = manager_name(s->m, &pool->row, "row_status", PART_VALUE);
	manager_add_number(pdu, &n, ASN_INTEGER, STATUS_CREATE_AND_GO);
	n = manager_name(s->m, &s->marker->row, "row_status", PART_VALUE);
	manager_add_number(pdu, &n, ASN_INTEGER, STATUS_CREATE_AND_GO);
	n = manager_name(s->m, &s->marker->row, "weight", PART_VALUE);
	manager_add_number(pdu, &n, ASN_INTEGER, 0);
	row_free(&pool->row);
	status = manager_send(s->m, pdu, NULL);
	if (status != 0) {
		fprintf(stderr, "%s: the first rows: error status %d\n", s->name, status);
		exit(1);
	}
}

static void one_request(struct storming *s)
{
	int status = manager_send(s->m, request(s, s->last + 1), NULL);

	if (status == 0) {
		s->acknowledged++;
		s->last++;
		return;
	}
	s->unanswered += status < 0;
	s->refused += status > 0;
	if (!look_until_right(s, true)) {
		printf("WRONG %s\n", s->complaint);
		exit(1);
	}
}

int storm(struct manager *m, int argc, char **argv)
{
	struct storming s = {.m = m};

	if (argc != 4) {
		fprintf(stderr, "usage: manager ADDRESS storm NAME NUMBER SEED\n");
		return 2;
	}
	s.name = argv[1];
	s.number = (uint8_t)atoi(argv[2]);
	s.dice.state = (uint64_t)atoll(argv[3]);
	signal(SIGTERM, stopped);
	make_rows(&s);
	printf("ready\n");
	fflush(stdout);
	while (!stop)
		one_request(&s);
	if (!look_until_right(&s, false)) {
		printf("WRONG at the end: %s\n", s.complaint);
		return 1;
	}
	printf("acknowledged %lu unanswered %lu refused %lu applied %lu checked %lu\n",
	    s.acknowledged, s.unanswered, s.refused, s.applied, s.checked);
	row_free(&s.marker->row);
	row_free(&s.server->row);
	manager_close(m);
	return 0;
}
