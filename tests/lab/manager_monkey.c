/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager ADDRESS monkey SEED SECONDS: random requests that nobody in his right mind would send.
 *
 * GET, GETNEXT, GETBULK and SET with up to 20 variables each: names of our objects with indexes of a few rows (so
 * that rows meet: the same pools, real servers and instances are made, changed and destroyed all the time), damaged
 * ones, and any; values of the right type and range, at its ends and beyond, and of wrong types and lengths.
 * It never sets where the master agent listens, or a rule of routing that drops packets: that would only end the
 * conversation.
 *
 * Each answer must be one: a GETNEXT goes forward, a SET that was acknowledged is read back as it was set.
 * One line at the end: requests N answers N sets N acknowledged N readback N refused-kinds N
 */
#include "tests/lab/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VARS 20

struct monkeying {
	struct manager *m;
	struct dice dice;
	unsigned long requests, answers, sets, acknowledged, readback;
	bool seen[32]; /* error status */
	bool sane;     /* this request: only values that could be right */
};

/* What one variable of a SET was meant to be; column NULL: nothing sensible. */
struct meant {
	struct name name;
	const struct column *column;
	u_char type;
	long number;
	char bytes[400];
	size_t size;
};

static uint32_t below(struct monkeying *k, uint32_t n)
{
	return dice_below(&k->dice, n);
}

/* Keys out of so few that rows meet. */
static struct row *any_row(struct monkeying *k, const struct table *t)
{
	static const char *const names[] = {"a", "b", "c"};
	struct row *r = row_new(t);

	for (size_t i = 0; i < t->keys; i++) {
		const struct column *c = &t->columns[i];
		uint8_t bytes[16] = {10, 0, 0, (uint8_t)(101 + below(k, 3))};

		if (c->type == TYPE_NAME)
			row_set_text(COLUMN_PTR(r, c), names[below(k, 3)]);
		else if (c->type == TYPE_ADDR)
			*(struct addr *)COLUMN_PTR(r, c) =
			    addr_from_bytes(bytes, below(k, 8) ? 4 : 16);
		else if (c->type == TYPE_ENUM)
			column_set_number(r, c, dice_word(&k->dice, c->words));
		else
			column_set_number(r, c, below(k, 8) ? 80 : column_max(c));
	}
	return r;
}

static const struct object *any_object(struct monkeying *k, bool to_set)
{
	size_t n;
	const struct object *all = object_all(&n), *o;

	do
		o = &all[below(k, (uint32_t)n)];
	while (to_set && !column_writable(o->column));
	return o;
}

static struct name name_in_row(struct monkeying *k, const struct object *o, const struct row *r)
{
	return manager_name(k->m, r, o->column->name, o->part);
}

/* Shortened, lengthened, or with other arcs. */
static void damage(struct monkeying *k, struct name *n)
{
	size_t root = k->m->root_len;

	switch (below(k, 4)) {
	case 0:
		n->len = root + below(k, (uint32_t)(n->len - root + 1));
		break;
	case 1:
		while (n->len < OID_MAX && below(k, 6))
			n->arcs[n->len++] = below(k, 2) ? below(k, 4) : dice_next(&k->dice);
		break;
	default:
		if (n->len > root)
			n->arcs[root + below(k, (uint32_t)(n->len - root))] =
			    below(k, 2) ? below(k, 260) : dice_next(&k->dice);
	}
}

static long status_value(struct monkeying *k)
{
	static const long often[] = {STATUS_CREATE_AND_GO, STATUS_CREATE_AND_GO, STATUS_ACTIVE,
	    STATUS_CREATE_AND_WAIT, STATUS_NOT_IN_SERVICE, STATUS_DESTROY};

	return k->sane || below(k, 10) ? often[below(k, 6)] : below(k, 9);
}

/* Words that name rows and interfaces here, or anything. */
static void any_text(struct monkeying *k, const struct column *c, struct meant *v)
{
	static const char *const words[] = {"", "lan", "/", "200-299", "all", "a", "b", "c"};
	const char *word = c->ref			       ? words[5 + below(k, 3)]
			   : strcmp(c->name, "interface") == 0 ? "lan"
							       : words[k->sane ? 0 : below(k, 8)];

	if (k->sane || below(k, 4)) {
		snprintf(v->bytes, sizeof(v->bytes), "%s", word);
		v->size = strlen(v->bytes);
		return;
	}
	v->size = (size_t)dice_number(&k->dice, column_min(c), column_max(c) + 1);
	for (size_t i = 0; i < v->size; i++)
		v->bytes[i] = (char)(below(k, 30) ? 'a' + (int)below(k, 26) : (int)below(k, 256));
}

static void any_number(struct monkeying *k, const struct column *c, struct meant *v)
{
	int64_t scale = c->type == TYPE_USEC && c->scale ? (int64_t)c->scale : 1;
	int64_t min = column_min(c) / scale, max = column_max(c) / scale;

	v->number = (long)dice_number(&k->dice, min, max);
	if (!k->sane && !below(k, 8))
		v->number = (long)(below(k, 2) ? max + 1 : min - 1);
	if (v->number > UINT32_MAX)
		v->number = (long)max; /* the wire has no more bits */
}

/* Pools and groups stay: who refers to one that is volatile is alone after a restart. */
static long storage_value(struct monkeying *k, const struct table *t)
{
	bool referred = t->id == TABLE_pool || t->id == TABLE_sync_group;

	return referred || below(k, 2) ? STORAGE_NONVOLATILE : STORAGE_VOLATILE;
}

static void value_for(struct monkeying *k, const struct object *o, struct meant *v)
{
	const struct column *c = o->column;

	v->column = c;
	v->type = ASN_INTEGER;
	if (c == table_status(o->table)) {
		v->number = status_value(k);
	} else if (strcmp(c->name, "storage") == 0) {
		v->number = storage_value(k, o->table);
	} else if (c->type == TYPE_ENUM) {
		v->number =
		    k->sane || below(k, 10) ? dice_word(&k->dice, c->words) : (int32_t)below(k, 30);
	} else if (c->type == TYPE_BOOL) {
		v->number = 1 + below(k, 10) % 2;
	} else if (o->part == PART_ADDR_TYPE) {
		v->number = below(k, 3);
	} else if (o->part == PART_ADDR_BYTES) {
		v->type = ASN_OCTET_STR;
		v->size = 4 * below(k, 5);
		memcpy(v->bytes, "\x0a\0\0\1abcdefghijkl", 16);
	} else if (c->type == TYPE_TEXT || c->type == TYPE_NAME) {
		v->type = ASN_OCTET_STR;
		any_text(k, c, v);
	} else {
		v->type = c->type == TYPE_INT ? ASN_INTEGER : ASN_GAUGE;
		any_number(k, c, v);
	}
}

static void nonsense(struct monkeying *k, struct meant *v)
{
	static const u_char types[] = {ASN_INTEGER, ASN_OCTET_STR, ASN_OBJECT_ID, ASN_IPADDRESS,
	    ASN_COUNTER, ASN_GAUGE, ASN_TIMETICKS, ASN_OPAQUE, ASN_COUNTER64, ASN_NULL};

	v->column = NULL;
	v->type = types[below(k, sizeof(types))];
	v->number = (long)dice_next(&k->dice);
	v->size = below(k, sizeof(v->bytes));
	for (size_t i = 0; i < v->size; i++)
		v->bytes[i] = (char)below(k, 256);
	/* Net-SNMP takes it for one of its own types within Opaque, and where it is none drops the packet. */
	if ((u_char)v->bytes[0] == ASN_OPAQUE_TAG1)
		v->bytes[0] = 0;
}

static void add_meant(netsnmp_pdu *pdu, const struct meant *v)
{
	struct counter64 big = {(u_long)v->number, (u_long)v->size};

	switch (v->type) {
	case ASN_OCTET_STR:
	case ASN_OPAQUE:
		snmp_pdu_add_variable(pdu, v->name.arcs, v->name.len, v->type, v->bytes, v->size);
		break;
	case ASN_OBJECT_ID:
		snmp_pdu_add_variable(pdu, v->name.arcs, v->name.len, v->type, v->name.arcs,
		    v->name.len * sizeof(oid));
		break;
	case ASN_IPADDRESS:
		snmp_pdu_add_variable(pdu, v->name.arcs, v->name.len, v->type, "\1\2\3\4", 4);
		break;
	case ASN_COUNTER64:
		snmp_pdu_add_variable(pdu, v->name.arcs, v->name.len, v->type, &big, sizeof(big));
		break;
	case ASN_NULL:
		snmp_add_null_var(pdu, v->name.arcs, v->name.len);
		break;
	default:
		snmp_pdu_add_variable(
		    pdu, v->name.arcs, v->name.len, v->type, &v->number, sizeof(v->number));
	}
}

/* What goes back by itself between a SET and the GET behind it cannot be read back: not while the monkey plays. */
static void confirm_later(struct meant *v)
{
	if (v->column == &tables[TABLE_control].columns[COL_control_confirm_timeout] &&
	    v->number > 0 && v->number < 3600)
		v->number += 3600;
}

static void add_var(
    struct monkeying *k, struct meant *v, const struct object *o, const struct row *r)
{
	memset(v, 0, sizeof(*v));
	v->name = name_in_row(k, o, r);
	value_for(k, o, v);
	if (!k->sane && below(k, 12) == 0)
		nonsense(k, v);
	if (!k->sane && below(k, 12) == 0)
		damage(k, &v->name);
	confirm_later(v);
}

/* How managers reach the director: a SET of it may cut this one off, as it should. So may rules that do not look up. */
static bool is_the_way_here(const struct column *c)
{
	return strcmp(c->name, "agentx_socket") == 0 || strcmp(c->name, "snmp_mode") == 0 ||
	       strcmp(c->name, "snmp_listen") == 0 ||
	       c == table_column(&tables[TABLE_vrrp_rule], "action");
}

/* Another column of the same table; an address is two, which a sane manager sets together: left out then. */
static const struct object *sibling(struct monkeying *k, const struct table *t)
{
	size_t n;
	const struct object *all = object_all(&n), *o;

	do
		o = &all[below(k, (uint32_t)n)];
	while (o->table != t || !column_writable(o->column) || is_the_way_here(o->column) ||
	       (k->sane && o->part != PART_VALUE));
	return o;
}

/* A row is best made with what it must have. */
static size_t add_required(struct monkeying *k, struct meant *v, size_t n, const struct row *r)
{
	for (size_t i = 0; i < r->table->ncolumns; i++)
		if (r->table->columns[i].required)
			add_var(
			    k, &v[n++], object_of(r->table, &r->table->columns[i], PART_VALUE), r);
	return n;
}

/* A few rows at a time, several columns of each: so that a request has a chance to be a good one. */
static size_t any_set(struct monkeying *k, struct meant *v)
{
	size_t n = 0, want;

	k->sane = below(k, 4) != 0;
	want = 1 + below(k, k->sane ? 5 : VARS);
	while (n < want) {
		const struct table *t = any_object(k, true)->table;
		struct row *r = any_row(k, t);

		if (table_status(t) && below(k, 2)) {
			add_var(k, &v[n++], object_of(t, table_status(t), PART_VALUE), r);
			n = add_required(k, v, n, r);
		}
		for (uint32_t i = below(k, 3); i > 0 && n < want; i--)
			add_var(k, &v[n++], sibling(k, t), r);
		row_free(r);
	}
	return n;
}

static bool same(const struct meant *v, const netsnmp_variable_list *got)
{
	if (got->type == SNMP_NOSUCHINSTANCE || got->type == SNMP_NOSUCHOBJECT)
		return false;
	if (v->type == ASN_OCTET_STR)
		return got->val_len == v->size && memcmp(got->val.string, v->bytes, v->size) == 0;
	return (uint32_t)*got->val.integer == (uint32_t)v->number; /* what goes over the wire */
}

/* Is what was acknowledged read back?  Not the status, which reads otherwise, nor what only asks. */
static bool read_back(struct monkeying *k, const struct meant *v, size_t n)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET), *a;
	const netsnmp_variable_list *got;
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		manager_add_null(pdu, &v[i].name);
	if (manager_send(k->m, pdu, &a) != 0) {
		if (a)
			snmp_free_pdu(a);
		printf("WRONG: no answer to a GET of what was set\n");
		return false;
	}
	got = a->variables;
	for (size_t i = 0; i < n && got && ok; i++, got = got->next_variable) {
		char text[SPRINT_MAX_LEN];

		if (!v[i].column || v[i].column->class != CLASS_CONFIG || v[i].column->secret ||
		    strcmp(v[i].column->name, "row_status") == 0)
			continue;
		if (got->type == SNMP_NOSUCHINSTANCE)
			continue; /* the request also destroyed the row */
		ok = same(&v[i], got);
		k->readback++;
		snprint_objid(text, sizeof(text), v[i].name.arcs, v[i].name.len);
		if (!ok)
			printf(
			    "WRONG: %s (%s) was set to %ld (%zu octets), and reads as %ld (%zu)\n",
			    text, v[i].column->name, v[i].number, v[i].size,
			    got->val.integer ? *got->val.integer : 0, got->val_len);
	}
	snmp_free_pdu(a);
	return ok;
}

static bool try_set(struct monkeying *k)
{
	struct meant v[VARS + 3];
	size_t n = any_set(k, v);
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
	int status;

	for (size_t i = 0; i < n; i++)
		add_meant(pdu, &v[i]);
	status = manager_send(k->m, pdu, NULL);
	k->sets++;
	k->answers += status >= 0;
	if (status < 0)
		printf("WRONG: a SET without an answer\n");
	if (status > 0 && status < 32)
		k->seen[status] = true;
	if (status == SNMP_ERR_GENERR || status == SNMP_ERR_COMMITFAILED ||
	    status == SNMP_ERR_UNDOFAILED) {
		char text[SPRINT_MAX_LEN];

		snprint_objid(text, sizeof(text), v[0].name.arcs, v[0].name.len);
		printf(
		    "WRONG: error status %d; the first variable of %zu is %s\n", status, n, text);
		return false;
	}
	if (status != 0)
		return status > 0;
	k->acknowledged++;
	return read_back(k, v, n);
}

static bool forward(const netsnmp_pdu *asked, const netsnmp_pdu *answer)
{
	const netsnmp_variable_list *a = asked->variables, *b = answer->variables;

	for (; a && b; a = a->next_variable, b = b->next_variable)
		if (b->type != SNMP_ENDOFMIBVIEW &&
		    snmp_oid_compare(a->name, a->name_length, b->name, b->name_length) >= 0)
			return false;
	return true;
}

static bool try_get(struct monkeying *k)
{
	static const int kinds[] = {SNMP_MSG_GET, SNMP_MSG_GETNEXT, SNMP_MSG_GETBULK};
	int kind = kinds[below(k, 3)], status;
	netsnmp_pdu *pdu = snmp_pdu_create(kind), *asked, *a;
	bool ok;

	for (uint32_t n = 1 + below(k, VARS); n > 0; n--) {
		const struct object *o = any_object(k, false);
		struct row *r = any_row(k, o->table);
		struct name name = name_in_row(k, o, r);

		if (below(k, 2))
			damage(k, &name);
		manager_add_null(pdu, &name);
		row_free(r);
	}
	if (kind == SNMP_MSG_GETBULK) {
		pdu->non_repeaters = (long)below(k, 4);
		pdu->max_repetitions = (long)below(k, 40);
	}
	asked = snmp_clone_pdu(pdu);
	status = manager_send(k->m, pdu, &a);
	ok = status == 0 && (kind != SNMP_MSG_GETNEXT || forward(asked, a));
	if (!ok)
		printf("WRONG: a %s with the status %d\n", kind == SNMP_MSG_GET ? "GET" : "GETNEXT",
		    status);
	k->answers += status >= 0;
	snmp_free_pdu(asked);
	if (a)
		snmp_free_pdu(a);
	return ok;
}

int monkey(struct manager *m, int argc, char **argv)
{
	struct monkeying k = {.m = m};
	time_t until;
	unsigned kinds = 0;
	bool ok = true;

	if (argc != 3) {
		fprintf(stderr, "usage: manager ADDRESS monkey SEED SECONDS\n");
		return 2;
	}
	k.dice.state = (uint64_t)atoll(argv[1]);
	until = time(NULL) + atoi(argv[2]);
	netsnmp_ds_set_int(
	    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OID_OUTPUT_FORMAT, NETSNMP_OID_OUTPUT_NUMERIC);
	while (ok && time(NULL) < until) {
		k.requests++;
		ok = below(&k, 3) ? try_set(&k) : try_get(&k);
	}
	for (int i = 0; i < 32; i++)
		kinds += k.seen[i];
	printf("requests %lu answers %lu sets %lu acknowledged %lu readback %lu refused-kinds %u\n",
	    k.requests, k.answers, k.sets, k.acknowledged, k.readback, kinds);
	manager_close(m);
	return ok ? 0 : 1;
}
