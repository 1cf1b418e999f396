/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager ADDRESS columns: every column that can be SET, by the schema, so that a new one is tried at once.
 * manager ADDRESS dump: what they hold: lines of COLUMN INDEX VALUE.
 *
 * Each column has a row of its own in its table, where it can.  The column gets both ends of its range, the
 * shortest and the longest text, each word of an enumeration, addresses of both families and none; each is
 * acknowledged and read back.  One below and one beyond the range, other lengths and other types are refused
 * with the right error status and index; then all is as it was, and the table of refusals has the reason.
 * Objects that cannot be SET say so.
 *
 * What the schema does not tell is in the tables here: what a value needs beside it (companions), texts that
 * have a syntax (texts), and values in the range that a rule refuses (exceptions).  A line of them that is not
 * used is an error, and so is an exception that is none any more.
 *
 * The last line: columns N values N refusals N wrong N
 */
#include "tests/lab/manager.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/get.h"

#define TEXT_MAX 300
#define FIXTURE "columns" /* the name of the rows that others refer to */

/* Ends of a range, by name. */
#define MIN "min"
#define MAX "max"
#define UNSET "unset"
#define IPV4 "ipv4"
#define IPV6 "ipv6"

/* Rows that others belong or refer to: TABLE KEY COLUMN=VALUE... */
static const char *const fixtures[] = {
    "pool " FIXTURE,
    "real_server " FIXTURE " 192.0.2.1 80",
    "real_server " FIXTURE " 192.0.2.4 0",
    "real_server " FIXTURE " 192.0.2.4 65535",
    "real_server " FIXTURE " 2001:db8::4 0",
    "pool services",
    "virtual_server " FIXTURE " pool=services",
    "sync_group " FIXTURE,
    "vrrp_instance " FIXTURE " interface=" FIXTURE " vrid=77",
    "vrrp_instance strict interface=" FIXTURE " vrid=78",
    "vrrp_address strict 192.0.2.78",
    "vrrp_instance " FIXTURE "6 interface=" FIXTURE " vrid=77 version=3 family=inet6",
};

/* Keys of the rows of columns whose whole range is not for any row. */
struct own_key {
	const char *table, *column, *key;
	bool used;
};
static struct own_key own_keys[] = {
    {"vrrp_instance", "strict_mode", "strict", false},
    {"vrrp_address", "prefix_length", FIXTURE "6 2001:db8::8", false},
    {"vrrp_rule", "source_length", FIXTURE " inet6 80 1", false},
    {"vrrp_rule", "destination_length", FIXTURE " inet6 80 2", false},
    {"static_address", "prefix_length", FIXTURE " 2001:db8::88", false},
};

/* What a value (NULL: each) needs in other columns of its row: COLUMN=VALUE... */
struct companion {
	const char *table, *column, *value, *with;
	bool used;
};
static struct companion companions[] = {
    {"real_server", "tunnel_type", "gue", "forwarding=tun tunnel_port=6080", false},
    {"real_server", "tunnel_type", "gre", "forwarding=tun", false},
    {"real_server", "tunnel_port", MAX, "forwarding=tun tunnel_type=gue", false},
    {"real_server", "tunnel_checksum", "csum", "forwarding=tun tunnel_type=gre", false},
    {"real_server", "tunnel_checksum", "remcsum", "forwarding=tun tunnel_type=gue tunnel_port=6080",
	false},
    {"real_server", "lower_threshold", MAX, "upper_threshold=2147483647", false},
    {"virtual_server", "scheduler_port", "on", "scheduler=sh", false},
    {"virtual_server", "scheduler_fallback", "on", "scheduler=mh", false},
    {"virtual_server", "hysteresis", MAX, "quorum=2147483647", false},
    {"virtual_server", "sorry_port", MAX, "sorry_address=192.0.2.5", false},
    {"check", "server_port", NULL, "server_address=192.0.2.4", false},
    {"check", "path", NULL, "type=http", false},
    {"check", "status_codes", NULL, "type=http", false},
    {"check", "digest", NULL, "type=http", false},
    {"check", "pattern", NULL, "type=http", false},
    {"check", "pattern_absent", NULL, "type=http pattern=failed", false},
    {"check", "virtual_host", NULL, "type=http", false},
    {"check", "http_version", NULL, "type=http", false},
    {"check", "sni", NULL, "type=https virtual_host=www.example.com", false},
    {"vrrp_instance", "advert_interval", MIN, "version=3", false},
    {"vrrp_instance", "family", "inet6", "version=3", false},
    {"vrrp_instance", "source_address", IPV6, "version=3 family=inet6", false},
    {"vrrp_instance", "version_2_too", "on", "version=3", false},
    {"vrrp_instance", "strict_mode", "on",
	"version=3 accept=off garp_lower_repeat=0 lower_prio_no_advert=on", false},
    {"vrrp_instance", "auth_type", "pass", "auth_password=secret", false},
    {"vrrp_instance", "auth_type", "ah", "auth_password=secret", false},
    {"vrrp_route", "interface", MIN, "gateway=192.0.2.9", false},
    {"vrrp_route", "nexthops", MAX, "interface=", false},
    {"vrrp_route", "mtu_lock", "on", "mtu=1400", false},
    {"vrrp_rule", "action", "goto", "target=4294967295", false},
    {"vrrp_rule", "table_id", MIN, "action=nop", false},
    {"vrrp_rule", "target", MAX, "action=goto", false},
    {"vrrp_rule", "source", IPV4, "source_length=32", false},
    {"vrrp_rule", "source_length", MAX, "source=2001:db8::8", false},
    {"vrrp_rule", "destination", IPV4, "destination_length=32", false},
    {"vrrp_rule", "destination_length", MAX, "destination=2001:db8::8", false},
    {"vrrp_rule", "source_port_first", MAX, "source_port_last=65535", false},
    {"vrrp_rule", "source_port_last", MAX, "source_port_first=1", false},
    {"vrrp_rule", "destination_port_first", MAX, "destination_port_last=65535", false},
    {"vrrp_rule", "destination_port_last", MAX, "destination_port_first=1", false},
};

/* What a row of a table needs besides the columns that are required. */
static const struct {
	const char *table, *with;
} beginnings[] = {{"vrrp_route", "interface=" FIXTURE}};

/* Texts of a column, where not any letters do: the shortest and the longest; NULL: letters. */
struct text {
	const char *table, *column, *shortest, *longest;
	const char *filler; /* behind the longest, over and over up to the greatest length */
	bool used;
};
#define ZEROS "000000000000000000000000000000000000000000000"
static struct text texts[] = {
    {"system", "snmp_listen", "1",
	"udp:127.0.0.1:" ZEROS "1161,udp:127.0.0.1:" ZEROS "1162,udp:127.0.0.1:" ZEROS
	"1163,udp:127.0.0.1:" ZEROS "1164",
	"", false},
    {"check", "path", "/", "/", "health", false},
    {"check", "status_codes", "", "200", ",200-299", false},
    {"check", "digest", "", "0123456789abcdefABCDEF", "0", false},
    {"vrrp_route", "nexthops", "",
	"nexthop dev a weight " ZEROS "1 nexthop dev a weight " ZEROS
	"1 nexthop dev a weight " ZEROS "1 nexthop dev b weight 000000000000000000000000000001",
	"", false},
    {"vrrp_instance", "vmac_own_address", "", "02:00:00:00:00:01", "03:00:00:00:00:01", false},
    {"sync_daemon", "mcast_group", "239.1.2.3", "ff02::81", "", false},
};

/* Values within the range that are refused all the same, with the error status and a part of the reason. */
struct exception {
	const char *table, *column, *value; /* table NULL: of any */
	enum set_status status;
	const char *reason;
	bool used;
};
static struct exception exceptions[] = {
    {"vrrp_track", "own_weight", "off", SET_INCONSISTENT_VALUE, "", false}, /* of an interface */
    {"sync_group_track", "own_weight", "off", SET_INCONSISTENT_VALUE, "", false},
    {NULL, "storage", "other", SET_WRONG_VALUE, "", false},
    {NULL, "storage", "permanent", SET_WRONG_VALUE, "volatile or nonVolatile", false},
    {NULL, "storage", "readOnly", SET_WRONG_VALUE, "", false},
    {"vrrp_instance", "mcast_group", IPV4, SET_WRONG_VALUE, "multicast", false},
    {"vrrp_instance", "mcast_group", IPV6, SET_WRONG_VALUE, "multicast", false},
    {"vrrp_address", "broadcast", IPV6, SET_INCONSISTENT_VALUE, "another family", false},
    {"vrrp_route", "source", IPV6, SET_INCONSISTENT_VALUE, "another family", false},
    {"vrrp_rule", "source", IPV6, SET_INCONSISTENT_VALUE, "rule's family", false},
    {"vrrp_rule", "destination", IPV6, SET_INCONSISTENT_VALUE, "rule's family", false},
    {"static_address", "broadcast", IPV6, SET_INCONSISTENT_VALUE, "of IPv4", false},
};

/* Columns whose good values would end this conversation: t_columns.sh sets them. */
static const char *const elsewhere[] = {"system.agentx_socket", "system.snmp_mode"};

struct trying {
	struct manager *m;
	struct store *rows; /* that were made or set, as they ought to be */
	unsigned long last; /* refusal */
	unsigned columns, values, refusals, wrong;
	unsigned unseen; /* refusals that were not looked at yet */
	/* The one that is tried now. */
	struct row *row;
	const struct column *c;
	column_mask touched; /* what earlier values needed */
	const char *label;   /* of the value */
	bool alone;	     /* it must be the only variable of its request */
};

static void wrong(struct trying *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct trying *k, const char *fmt, ...)
{
	va_list ap;

	k->wrong++;
	printf("WRONG: %s.%s %s: ", k->row ? k->row->table->name : "-", k->c ? k->c->name : "-",
	    k->label ? k->label : "");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static _Noreturn void broken(const char *what, const char *why)
{
	fprintf(stderr, "manager: %s: %s\n", what, why);
	exit(2);
}

static column_mask bit(const struct row *r, const struct column *c)
{
	return (column_mask)1 << (c - r->table->columns);
}

static bool is(const struct trying *k, const char *table, const char *column)
{
	return (!table || strcmp(table, k->row->table->name) == 0) &&
	       strcmp(column, k->c->name) == 0;
}

/* ---- Rows and values on the wire. */

/* A value of a variable. */
struct wire {
	u_char type;
	long number;
	char bytes[TEXT_MAX];
	size_t size;
};

static u_char type_of(const struct column *c, enum object_part part)
{
	if (part == PART_ADDR_BYTES || c->type == TYPE_NAME || c->type == TYPE_TEXT)
		return ASN_OCTET_STR;
	return c->type == TYPE_UINT || c->type == TYPE_USEC ? ASN_GAUGE : ASN_INTEGER;
}

static struct wire wire_of(const struct row *r, const struct column *c, enum object_part part)
{
	struct wire w = {.type = type_of(c, part)};
	const struct addr *a = COLUMN_PTR(r, c);

	if (part == PART_ADDR_TYPE) {
		w.number = a->family;
	} else if (part == PART_ADDR_BYTES) {
		w.size = addr_len(a);
		memcpy(w.bytes, a->bytes, w.size);
	} else if (w.type == ASN_OCTET_STR) {
		w.size = strlen(column_text(r, c));
		memcpy(w.bytes, column_text(r, c), w.size);
	} else if (c->type == TYPE_BOOL) {
		w.number = column_number(r, c) ? 1 : 2;
	} else {
		w.number = (long)column_number(r, c) /
			   (long)(c->type == TYPE_USEC && c->scale ? c->scale : 1);
	}
	return w;
}

static void add_wire(netsnmp_pdu *pdu, const struct name *n, const struct wire *w)
{
	struct counter64 big = {0, (u_long)w->number};
	oid some[] = {1, 3, 6, 1};

	switch (w->type) {
	case ASN_OCTET_STR:
	case ASN_OPAQUE:
		snmp_pdu_add_variable(pdu, n->arcs, n->len, w->type, w->bytes, w->size);
		break;
	case ASN_OBJECT_ID:
		snmp_pdu_add_variable(pdu, n->arcs, n->len, w->type, some, sizeof(some));
		break;
	case ASN_IPADDRESS:
		snmp_pdu_add_variable(pdu, n->arcs, n->len, w->type, "\1\2\3\4", 4);
		break;
	case ASN_COUNTER64:
		snmp_pdu_add_variable(pdu, n->arcs, n->len, w->type, &big, sizeof(big));
		break;
	default:
		snmp_pdu_add_variable(pdu, n->arcs, n->len, w->type, &w->number, sizeof(w->number));
	}
}

/* The parts of a column, in the order of its objects; returns their number. */
static size_t parts_of(const struct column *c, enum object_part parts[2])
{
	parts[0] = c->type == TYPE_ADDR ? PART_ADDR_TYPE : PART_VALUE;
	parts[1] = PART_ADDR_BYTES;
	return c->type == TYPE_ADDR ? 2 : 1;
}

/* Adds the columns of the mask: their values, or NULLs. */
static void add_columns(
    struct trying *k, netsnmp_pdu *pdu, const struct row *r, column_mask mask, bool values)
{
	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];
		enum object_part parts[2];
		size_t n = parts_of(c, parts);

		for (size_t p = 0; mask >> i & 1 && p < n; p++) {
			struct name name = manager_name(k->m, r, c->name, parts[p]);
			struct wire w = wire_of(r, c, parts[p]);

			if (values)
				add_wire(pdu, &name, &w);
			else
				manager_add_null(pdu, &name);
		}
	}
}

static bool same(const struct wire *w, const netsnmp_variable_list *v)
{
	if (v->type != w->type)
		return false;
	if (w->type == ASN_OCTET_STR)
		return v->val_len == w->size && memcmp(v->val.string, w->bytes, w->size) == 0;
	return *v->val.integer == w->number;
}

/* Do the columns read as in the row?  A secret reads as empty.  *v goes behind them. */
static void compare(struct trying *k, const struct row *r, column_mask mask,
    const netsnmp_variable_list **v, const char *when)
{
	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];
		enum object_part parts[2];
		size_t n = parts_of(c, parts);

		for (size_t p = 0; mask >> i & 1 && p < n && *v; p++, *v = (*v)->next_variable) {
			struct wire w = wire_of(r, c, parts[p]);

			if (c->secret)
				w.size = 0;
			if (!same(&w, *v))
				wrong(k,
				    "%s: %s reads otherwise (type %d, %ld, %zu octets), not %ld",
				    when, c->name, (*v)->type,
				    (*v)->val.integer ? *(*v)->val.integer : 0, (*v)->val_len,
				    w.number);
		}
	}
}

static void read_back(struct trying *k, const struct row *r, column_mask mask, const char *when)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET), *a;
	const netsnmp_variable_list *v;

	add_columns(k, pdu, r, mask, false);
	if (manager_send(k->m, pdu, &a) == 0) {
		v = a->variables;
		compare(k, r, mask, &v, when);
	} else {
		wrong(k, "%s: no answer", when);
	}
	if (a)
		snmp_free_pdu(a);
}

/* ---- Rows. */

static void give(struct row *r, const char *column, const char *value)
{
	const struct column *c = table_column(r->table, column);
	char why[WHY_SIZE] = "no such column";

	if (!c || !column_parse(r, c, value, why))
		broken(column, why);
}

/* "COLUMN=VALUE COLUMN=VALUE": into the row; which they are. */
static column_mask give_all(struct row *r, const char *words)
{
	char *copy = strdup(words), *at = copy, *word;
	column_mask mask = 0;

	while (copy && (word = strsep(&at, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		give(r, word, value);
		mask |= bit(r, table_column(r->table, word));
	}
	free(copy);
	return mask;
}

/* What a row must have to be one, in all its required columns. */
static column_mask give_required(struct row *r, unsigned number)
{
	column_mask mask = 0;

	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];
		char text[TEXT_MAX];

		if (!c->required || !column_is_default(r, c))
			continue;
		mask |= bit(r, c);
		if (c->ref)
			row_set_text(COLUMN_PTR(r, c), FIXTURE);
		else if (c->type == TYPE_TEXT && snprintf(text, sizeof(text), "c%u", number) > 0)
			row_set_text(COLUMN_PTR(r, c), text);
		else
			column_set_number(r, c, column_min(c) + 1);
	}
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (strcmp(beginnings[i].table, r->table->name) == 0)
			mask |= give_all(r, beginnings[i].with);
	return mask;
}

/* createAndGo; the row is the store's from then on. */
static struct row *make_row(struct trying *k, struct row *r, column_mask mask)
{
	const struct column *status = table_status(r->table);
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
	int e;

	if (status) {
		column_set_number(r, table_column(r->table, "storage"), STORAGE_NONVOLATILE);
		column_set_number(r, status, STATUS_CREATE_AND_GO);
		add_columns(k, pdu, r, mask | bit(r, status), true);
		e = manager_send(k->m, pdu, NULL);
		column_set_number(r, status, STATUS_ACTIVE);
		if (e != 0)
			wrong(k, "the row cannot be made: error status %d", e);
	} else {
		snmp_free_pdu(pdu);
	}
	store_insert(k->rows, r);
	return r;
}

static void make_fixtures(struct trying *k)
{
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(*fixtures); i++) {
		char *copy = strdup(fixtures[i]), *key, *values, why[WHY_SIZE];
		struct row *r;

		if (!copy)
			abort();
		key = strchr(copy, ' ');
		*key++ = '\0';
		r = row_new(table_find(copy));
		values = strchr(key, '=');
		while (values && values[-1] != ' ')
			values--;
		if (values)
			values[-1] = '\0';
		if (!row_key_parse(r, key, why))
			broken(fixtures[i], why);
		k->row = r;
		k->c = NULL;
		k->label = "fixture";
		make_row(k, r, values ? give_all(r, values) : 0);
		free(copy);
	}
}

/* The first; where a word is the whole key, another one for the row that is destroyed to try its status. */
static int32_t word_for(const struct table *t, const struct column *key, const struct column *of)
{
	const struct enum_word *w = key->words->words;

	return w[t->keys == 1 && of == table_status(t)].number;
}

/* The length of a prefix is that of the (IPv4) address before it; the last number tells rows apart. */
static int64_t number_for(const struct table *t, const struct column *key, const struct column *of)
{
	if (key->type == TYPE_ENUM)
		return word_for(t, key, of);
	if (strcmp(key->name, "prefix_length") == 0)
		return 32;
	return strcmp(key->name, "number") == 0 ? 80 + (of - t->columns) : 80;
}

/* Rows that no SET can make, because they need what only the file can say: t_columns.sh's file has one. */
static bool is_from_file(const struct table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->columns[i].required && !column_writable(&t->columns[i]))
			return true;
	return false;
}

/* A row of the column's own: named for it; where only few rows can be, one of them. */
static struct row *row_for(const struct table *t, const struct column *of)
{
	unsigned number = (unsigned)(of - t->columns);
	struct row *r = row_new(t);
	char why[WHY_SIZE];

	for (size_t i = 0; i < sizeof(own_keys) / sizeof(*own_keys); i++) {
		if (strcmp(own_keys[i].table, t->name) != 0 ||
		    strcmp(own_keys[i].column, of->name) != 0)
			continue;
		own_keys[i].used = true;
		if (!row_key_parse(r, own_keys[i].key, why))
			broken(own_keys[i].key, why);
		return r;
	}
	for (size_t i = 0; i < t->keys; i++) {
		const struct column *c = &t->columns[i];
		uint8_t bytes[] = {198, 18, t->id, (uint8_t)number};

		if (c->type == TYPE_NAME)
			row_set_text(
			    COLUMN_PTR(r, c), c->ref || is_from_file(t) ? FIXTURE : of->name);
		else if (c->type == TYPE_ADDR)
			*(struct addr *)COLUMN_PTR(r, c) = addr_from_bytes(bytes, sizeof(bytes));
		else
			column_set_number(r, c, number_for(t, c, of));
	}
	return r;
}

/* A row of a table that has its rows always has values, too. */
static void read_row(struct trying *k, struct row *r)
{
	column_mask mask = table_mask(r->table, CLASS_CONFIG);
	char why[WHY_SIZE], text[TEXT_MAX];

	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];
		struct name n;
		netsnmp_pdu *pdu, *a;

		if (!(mask >> i & 1))
			continue;
		n = manager_name(k->m, r, c->name, PART_VALUE);
		pdu = snmp_pdu_create(SNMP_MSG_GET);
		manager_add_null(pdu, &n);
		if (manager_send(k->m, pdu, &a) != 0)
			broken(c->name, "no answer");
		if (a->variables->type == ASN_OCTET_STR) {
			snprintf(text, sizeof(text), "%.*s", (int)a->variables->val_len,
			    (const char *)a->variables->val.string);
			if (!column_parse(r, c, text, why))
				broken(c->name, why);
		} else {
			column_set_number(r, c,
			    c->type == TYPE_BOOL
				? *a->variables->val.integer == 1
				: *a->variables->val.integer * (long)(c->scale ? c->scale : 1));
		}
		snmp_free_pdu(a);
	}
}

static struct row *find_or_make(struct trying *k, const struct table *t, const struct column *c)
{
	struct row *r = row_for(t, c), *there = store_find(k->rows, r);

	k->row = r;
	if (there) {
		row_free(r);
		return there;
	}
	if (!table_status(t) || is_from_file(t)) {
		read_row(k, r);
		if (table_status(t))
			column_set_number(r, table_column(t, "storage"), STORAGE_PERMANENT);
		store_insert(k->rows, r);
		return r;
	}
	return make_row(k, r, give_required(r, (unsigned)(c - t->columns)));
}

/* ---- Refusals. */

static struct name refusal_name(struct trying *k, unsigned long number, const char *column)
{
	struct refused_set *r = ROW_NEW(refused_set);
	struct name n;

	r->number = (uint32_t)number;
	n = manager_name(k->m, &r->row, column, PART_VALUE);
	row_free(&r->row);
	return n;
}

static unsigned long last_refusal(struct trying *k)
{
	struct name at = manager_column(k->m, TABLE_refused_set, "status"), column = at;
	unsigned long last = 0;

	for (;;) {
		netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETNEXT), *a;
		const netsnmp_variable_list *v;

		manager_add_null(pdu, &at);
		if (manager_send(k->m, pdu, &a) != 0)
			broken("refusals", "no answer");
		v = a->variables;
		if (v->type == SNMP_ENDOFMIBVIEW || v->name_length != column.len + 1 ||
		    memcmp(v->name, column.arcs, column.len * sizeof(oid)) != 0) {
			snmp_free_pdu(a);
			return last;
		}
		at.len = v->name_length;
		memcpy(at.arcs, v->name, at.len * sizeof(oid));
		last = at.arcs[at.len - 1];
		snmp_free_pdu(a);
	}
}

/* The rest of the list, behind the refusal. */
static const netsnmp_variable_list *check_reason(
    struct trying *k, const netsnmp_variable_list *v, enum set_status status, const char *reason)
{
	char text[TEXT_MAX];
	long place = k->alone ? 1 : 2;

	if (v->type != ASN_INTEGER || *v->val.integer != (long)status)
		wrong(k, "the table of refusals does not have the error status");
	v = v->next_variable;
	if (v->type != ASN_GAUGE || *v->val.integer != place)
		wrong(k, "the table of refusals does not have the variable");
	v = v->next_variable;
	if (v->val_len != strlen(k->c->name) || memcmp(v->val.string, k->c->name, v->val_len) != 0)
		wrong(k, "the refusal is about another column: '%.*s'", (int)v->val_len,
		    (const char *)v->val.string);
	v = v->next_variable;
	snprintf(text, sizeof(text), "%.*s", (int)v->val_len, (const char *)v->val.string);
	if (!*text || !strstr(text, reason))
		wrong(k, "the reason is '%s', not '%s'", text, reason);
	return v->next_variable;
}

/* The good part of each request that is refused for something else: it must not be done. */
static struct pool *bystander(struct trying *k)
{
	return store_pool(k->rows, FIXTURE);
}

/* After refusals: columns of the row and the bystander are as they were, and each has its reason. */
static void check_refused(
    struct trying *k, column_mask own, enum set_status status, const char *reason)
{
	static const char *const columns[] = {"status", "variable", "object", "reason"};
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET), *a;
	const netsnmp_variable_list *v;

	add_columns(k, pdu, k->row, own, false);
	add_columns(k, pdu, &bystander(k)->row, COLUMN(pool, flap_changes), false);
	for (size_t i = 0; i < 4 * k->unseen; i++) {
		struct name n = refusal_name(k, k->last - i / 4, columns[i % 4]);

		manager_add_null(pdu, &n);
	}
	if (manager_send(k->m, pdu, &a) != 0)
		broken(k->c->name, "no answer to a GET after a refusal");
	v = a->variables;
	compare(k, k->row, own, &v, "after the refusal");
	compare(k, &bystander(k)->row, COLUMN(pool, flap_changes), &v, "refused with it");
	for (; k->unseen > 0; k->unseen--)
		v = check_reason(k, v, status, reason);
	snmp_free_pdu(a);
}

/* A request with a good variable first, and then what must be refused. */
static netsnmp_pdu *begin_refused(struct trying *k)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
	struct row *other;

	if (k->alone)
		return pdu;
	other = row_copy(&bystander(k)->row);
	((struct pool *)other)->flap_changes++;
	add_columns(k, pdu, other, COLUMN(pool, flap_changes), true);
	row_free(other);
	return pdu;
}

static void send_refused(struct trying *k, netsnmp_pdu *pdu, enum set_status status)
{
	netsnmp_pdu *a;
	int e = manager_send(k->m, pdu, &a);

	k->refusals++;
	if (e != (int)status)
		wrong(k, "error status %d, not %d", e, (int)status);
	else if (a->errindex != (k->alone ? 1 : 2))
		wrong(k, "error index %ld", a->errindex);
	if (a)
		snmp_free_pdu(a);
	k->last += e > 0;
	k->unseen += e > 0;
}

static void end_refused(
    struct trying *k, netsnmp_pdu *pdu, enum set_status status, const char *reason)
{
	column_mask own = column_writable(k->c) ? bit(k->row, k->c) | k->touched : 0;

	send_refused(k, pdu, status);
	check_refused(k, own, status, reason);
}

static netsnmp_pdu *refused_pdu(struct trying *k, enum object_part part, const struct wire *w)
{
	netsnmp_pdu *pdu = begin_refused(k);
	struct name n = manager_name(k->m, k->row, k->c->name, part);

	add_wire(pdu, &n, w);
	return pdu;
}

static void refuse_wire(
    struct trying *k, enum object_part part, const struct wire *w, enum set_status status)
{
	end_refused(k, refused_pdu(k, part, w), status, "");
}

static void refuse_number(struct trying *k, long number, const char *label)
{
	struct wire w = {.type = type_of(k->c, PART_VALUE), .number = number};

	k->label = label;
	refuse_wire(k, k->c->type == TYPE_ADDR ? PART_ADDR_TYPE : PART_VALUE, &w, SET_WRONG_VALUE);
}

static void refuse_octets(
    struct trying *k, size_t n, char fill, enum set_status status, const char *label)
{
	struct wire w = {.type = ASN_OCTET_STR, .size = n};

	memset(w.bytes, fill, n);
	k->label = label;
	refuse_wire(k, k->c->type == TYPE_ADDR ? PART_ADDR_BYTES : PART_VALUE, &w, status);
}

static void refuse_types(struct trying *k)
{
	static const u_char types[] = {ASN_INTEGER, ASN_OCTET_STR, ASN_OBJECT_ID, ASN_IPADDRESS,
	    ASN_COUNTER, ASN_GAUGE, ASN_TIMETICKS, ASN_OPAQUE, ASN_COUNTER64};
	enum object_part parts[2];
	size_t n = parts_of(k->c, parts);

	k->label = "of another type";
	for (size_t p = 0; p < n; p++) {
		for (size_t i = 0; i < sizeof(types); i++) {
			struct wire w = {.type = types[i], .number = 1, .bytes = "abc", .size = 3};

			if (types[i] != type_of(k->c, parts[p]))
				send_refused(k, refused_pdu(k, parts[p], &w), SET_WRONG_TYPE);
		}
		check_refused(k, bit(k->row, k->c) | k->touched, SET_WRONG_TYPE, "");
	}
}

static void refuse_numbers(struct trying *k)
{
	const struct column *c = k->c;
	int64_t scale = c->type == TYPE_USEC && c->scale ? (int64_t)c->scale : 1;
	int64_t below = column_min(c) / scale - 1, beyond = column_max(c) / scale + 1;
	bool is_signed = c->type == TYPE_INT;

	if (below >= (is_signed ? INT32_MIN : 0))
		refuse_number(k, (long)below, "one below");
	if (beyond <= (is_signed ? (int64_t)INT32_MAX : (int64_t)UINT32_MAX))
		refuse_number(k, (long)beyond, "one beyond");
}

static void refuse_words(struct trying *k)
{
	int32_t last = 0;

	for (const struct enum_word *w = k->c->words->words; w->word; w++)
		last = w->number > last ? w->number : last;
	for (int32_t n = 0; n <= last + 1; n++)
		if (!enum_has(k->c->words, n))
			refuse_number(k, n, "no word");
	refuse_number(k, -1, "no word");
}

static void refuse_address(struct trying *k)
{
	struct row *mixed = row_copy(k->row);
	struct addr *a = COLUMN_PTR(mixed, k->c);
	netsnmp_pdu *pdu;
	struct wire w;
	struct name n;

	refuse_number(k, 3, "ipv4z");
	refuse_number(k, 16, "dns");
	refuse_number(k, -1, "no type");
	refuse_octets(k, 3, 'a', SET_WRONG_LENGTH, "too short");
	refuse_octets(k, 5, 'a', SET_WRONG_LENGTH, "too long");
	refuse_octets(k, 17, 'a', SET_WRONG_LENGTH, "too long");
	k->label = "of another length than its type";
	*a = addr_any(ADDR_IPV6);
	pdu = begin_refused(k);
	w = wire_of(mixed, k->c, PART_ADDR_BYTES);
	w.size = 4;
	n = manager_name(k->m, mixed, k->c->name, PART_ADDR_BYTES);
	add_wire(pdu, &n, &w);
	w = wire_of(mixed, k->c, PART_ADDR_TYPE);
	n = manager_name(k->m, mixed, k->c->name, PART_ADDR_TYPE);
	add_wire(pdu, &n, &w);
	end_refused(k, pdu, SET_INCONSISTENT_VALUE, "not of the type");
	row_free(mixed);
}

static void refuse_bad(struct trying *k)
{
	const struct column *c = k->c;

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		refuse_octets(k, (size_t)column_max(c) + 1, 'a', SET_WRONG_LENGTH, "too long");
		if (column_min(c) > 0)
			refuse_octets(
			    k, (size_t)column_min(c) - 1, 'a', SET_WRONG_LENGTH, "too short");
		refuse_octets(k, (size_t)column_max(c), '\0', SET_WRONG_VALUE, "zeros");
		refuse_octets(k, (size_t)column_max(c), '\n', SET_WRONG_VALUE, "not printable");
		break;
	case TYPE_BOOL:
		refuse_number(k, 0, "one below");
		refuse_number(k, 3, "one beyond");
		break;
	case TYPE_ENUM:
		refuse_words(k);
		break;
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_USEC:
		refuse_numbers(k);
		break;
	case TYPE_ADDR:
		refuse_address(k);
		break;
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_VIEW:
		wrong(k, "no configuration is of this type");
	}
	refuse_types(k);
}

/* ---- Good values. */

static struct exception *exception_of(const struct trying *k)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(*exceptions); i++)
		if (is(k, exceptions[i].table, exceptions[i].column) &&
		    strcmp(exceptions[i].value, k->label) == 0)
			return &exceptions[i];
	return NULL;
}

/* The row's other columns as the value needs them; those that only an earlier value needed as they were. */
static column_mask give_companions(struct trying *k, struct row *r)
{
	struct row *fresh = row_new(r->table);
	column_mask mask = k->touched;

	row_copy_columns(r, fresh, k->touched);
	row_free(fresh);
	k->touched = 0;
	for (size_t i = 0; i < sizeof(companions) / sizeof(*companions); i++) {
		struct companion *p = &companions[i];

		if (!is(k, p->table, p->column) || (p->value && strcmp(p->value, k->label) != 0))
			continue;
		p->used = true;
		k->touched |= give_all(r, p->with);
	}
	return mask | k->touched;
}

static void expect_exception(
    struct trying *k, struct exception *x, const struct row *r, column_mask mask)
{
	netsnmp_pdu *pdu = begin_refused(k);

	x->used = true;
	add_columns(k, pdu, r, mask, true);
	end_refused(k, pdu, x->status, x->reason);
}

/* Sets the value that the row `to` has in the column, and reads it back. */
static void try_good(struct trying *k, struct row *to, const char *label)
{
	struct exception *x;
	column_mask mask, touched = k->touched;
	int e;

	k->label = label;
	x = exception_of(k);
	mask = give_companions(k, to) | bit(to, k->c);
	if (x) {
		k->touched = touched; /* nothing of the request is done */
		expect_exception(k, x, to, mask);
	} else {
		netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);

		k->values++;
		add_columns(k, pdu, to, mask, true);
		e = manager_send(k->m, pdu, NULL);
		if (e == 0) {
			row_copy_columns(k->row, to, mask);
			read_back(k, k->row, mask, "after the SET");
		} else {
			wrong(k, "refused: error status %d", e);
			k->last += e > 0;
		}
	}
	row_free(to);
}

/* The row with another number in the column. */
static struct row *with_number(const struct trying *k, int64_t v)
{
	struct row *r = row_copy(k->row);

	column_set_number(r, k->c, v);
	return r;
}

static struct row *with_text(const struct trying *k, const char *text)
{
	struct row *r = row_copy(k->row);

	row_set_text(COLUMN_PTR(r, k->c), text);
	return r;
}

/* Both ends, and last the one that is not the default: that is left there. */
static void accept_ends(struct trying *k)
{
	struct row *low = with_number(k, column_min(k->c));

	if (column_is_default(low, k->c)) {
		try_good(k, low, MIN);
		try_good(k, with_number(k, column_max(k->c)), MAX);
	} else {
		try_good(k, with_number(k, column_max(k->c)), MAX);
		try_good(k, low, MIN);
	}
}

/* The default first. */
static void accept_switch(struct trying *k)
{
	struct row *on = with_number(k, 1);
	bool first = column_is_default(on, k->c);

	row_free(on);
	try_good(k, with_number(k, first), first ? "on" : "off");
	try_good(k, with_number(k, !first), first ? "off" : "on");
}

/* The default first. */
static void accept_words(struct trying *k)
{
	const struct enum_word *words = k->c->words->words;

	for (int pass = 0; pass < 2; pass++) {
		for (const struct enum_word *w = words; w->word; w++) {
			struct row *r = with_number(k, w->number);

			if (column_is_default(r, k->c) == (pass == 0))
				try_good(k, r, w->word);
			else
				row_free(r);
		}
	}
}

static struct text *text_of(const struct trying *k)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!is(k, texts[i].table, texts[i].column))
			continue;
		texts[i].used = true;
		return &texts[i];
	}
	return NULL;
}

/* A row that a column can refer to by this name. */
static void make_referred(struct trying *k, const char *name)
{
	struct row *r = row_new(table_find(k->c->ref)), *own = k->row;

	row_set_text(COLUMN_PTR(r, &r->table->columns[0]), name);
	if (*name && !store_find(k->rows, r))
		make_row(k, r, give_required(r, 200 + (unsigned)strlen(name)));
	else
		row_free(r);
	k->row = own;
}

/* `begin`, and then the filler over and over up to the length. */
static void fill(char text[TEXT_MAX], const char *begin, const char *filler, size_t length)
{
	size_t n = (size_t)snprintf(text, TEXT_MAX, "%s", begin);

	for (size_t i = 0; n < length; i++)
		text[n++] = filler[i % strlen(filler)];
	text[n] = '\0';
}

static void accept_text(struct trying *k, const char *text, const char *label)
{
	k->label = label;
	if (k->c->ref)
		make_referred(k, text);
	try_good(k, with_text(k, text), label);
}

static void accept_texts(struct trying *k)
{
	const struct text *t = text_of(k);
	char text[TEXT_MAX];

	fill(text, t ? t->shortest : "", "a", (size_t)column_min(k->c));
	accept_text(k, text, MIN);
	fill(text, t ? t->longest : "", t ? t->filler : "a", (size_t)column_max(k->c));
	accept_text(k, text, MAX);
}

static struct row *with_addr(const struct trying *k, const char *text)
{
	struct row *r = row_copy(k->row);

	if (!*text)
		*(struct addr *)COLUMN_PTR(r, k->c) = (struct addr){ADDR_NONE, {0}};
	else if (!addr_parse(COLUMN_PTR(r, k->c), text))
		broken(text, "no address");
	return r;
}

static void accept_addresses(struct trying *k)
{
	const struct text *t = text_of(k);

	try_good(k, with_addr(k, t ? t->longest : "2001:db8::4"), IPV6);
	try_good(k, with_addr(k, ""), UNSET);
	try_good(k, with_addr(k, t ? t->shortest : "192.0.2.4"), IPV4);
}

static void accept_good(struct trying *k)
{
	switch (k->c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		accept_texts(k);
		break;
	case TYPE_BOOL:
		accept_switch(k);
		break;
	case TYPE_ENUM:
		accept_words(k);
		break;
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_USEC:
		accept_ends(k);
		break;
	case TYPE_ADDR:
		accept_addresses(k);
		break;
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_VIEW:
		wrong(k, "no configuration is of this type");
	}
}

/* ---- Columns that are no values: what they ask for. */

/* A SET of one number, which ends with this status; of a good one, the refusal table is not looked at. */
static void ask(struct trying *k, const char *label, long number, int status)
{
	netsnmp_pdu *pdu;
	struct name n = manager_name(k->m, k->row, k->c->name, PART_VALUE);
	int e;

	if (status) {
		struct wire w = {.type = type_of(k->c, PART_VALUE), .number = number};

		k->label = label;
		refuse_wire(k, PART_VALUE, &w, (enum set_status)status);
		return;
	}
	k->label = label;
	k->values++;
	pdu = snmp_pdu_create(SNMP_MSG_SET);
	manager_add_number(pdu, &n, type_of(k->c, PART_VALUE), number);
	e = manager_send(k->m, pdu, NULL);
	if (e != 0) {
		wrong(k, "error status %d", e);
		k->last += e > 0;
	}
}

/* Reads the column as it ought to be from now on. */
static void reads(struct trying *k, long number, long off_by)
{
	struct name n = manager_name(k->m, k->row, k->c->name, PART_VALUE);
	long got = -1;

	if (!manager_get(k->m, &n, &got) || got > number || got < number - off_by)
		wrong(k, "reads as %ld, not %ld", got, number);
	else
		column_set_number(k->row, k->c, got);
}

/* createAndWait with all that the row must have. */
static void wait_for_more(struct trying *k)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
	struct row *fresh = row_for(k->row->table, k->c);
	column_mask mask = give_required(fresh, (unsigned)(k->c - k->row->table->columns));
	int e;

	k->label = "createAndWait";
	k->values++;
	column_set_number(fresh, k->c, STATUS_CREATE_AND_WAIT);
	add_columns(k, pdu, fresh, bit(fresh, k->c) | mask, true);
	row_free(fresh);
	e = manager_send(k->m, pdu, NULL);
	if (e != 0) {
		wrong(k, "error status %d", e);
		k->last += e > 0;
	}
	reads(k, STATUS_NOT_IN_SERVICE, 0);
}

/* All that its rows say is the file's, like the scripts that are run. */
static bool is_of_file(const struct table *t)
{
	return table_is_of_file(t) && !is_from_file(t);
}

static void refuse_creation(struct trying *k, const struct table *t, enum row_status how)
{
	const struct column *status = table_status(t);
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
	struct row *r = row_for(t, status);
	int e;

	for (size_t i = 0; i < t->keys; i++) /* one that the file does not have */
		if (t->columns[i].type == TYPE_NAME)
			row_set_text(COLUMN_PTR(r, &t->columns[i]), "made");
	k->row = r;
	k->c = status;
	k->label = how == STATUS_CREATE_AND_GO ? "createAndGo" : "createAndWait";
	k->refusals++;
	column_set_number(r, status, how);
	add_columns(k, pdu, r, bit(r, status), true);
	e = manager_send(k->m, pdu, NULL);
	if (e != SET_NO_CREATION)
		wrong(k, "what only the file can make: error status %d", e);
	if (e != 0)
		k->last++;
	row_free(r);
}

static void try_status(struct trying *k)
{
	struct name n = manager_name(k->m, k->row, k->c->name, PART_VALUE);
	long got;

	ask(k, "createAndGo of a row that is there", STATUS_CREATE_AND_GO, SET_INCONSISTENT_VALUE);
	ask(k, "createAndWait of a row that is there", STATUS_CREATE_AND_WAIT,
	    SET_INCONSISTENT_VALUE);
	ask(k, "notReady", STATUS_NOT_READY, SET_WRONG_VALUE);
	ask(k, "notInService", STATUS_NOT_IN_SERVICE, 0);
	reads(k, STATUS_NOT_IN_SERVICE, 0);
	ask(k, "active", STATUS_ACTIVE, 0);
	reads(k, STATUS_ACTIVE, 0);
	refuse_bad(k);
	ask(k, "destroy", STATUS_DESTROY, 0);
	if (manager_get(k->m, &n, &got))
		wrong(k, "the row is still there");
	ask(k, "destroy of a row that is not there", STATUS_DESTROY, 0);
	wait_for_more(k);
	ask(k, "active", STATUS_ACTIVE, 0);
	reads(k, STATUS_ACTIVE, 0);
}

static void try_status_of_file(struct trying *k)
{
	ask(k, "createAndGo", STATUS_CREATE_AND_GO, SET_INCONSISTENT_VALUE);
	ask(k, "destroy", STATUS_DESTROY, SET_INCONSISTENT_VALUE);
	ask(k, "notInService", STATUS_NOT_IN_SERVICE, 0);
	reads(k, STATUS_NOT_IN_SERVICE, 0);
	ask(k, "active", STATUS_ACTIVE, 0);
	reads(k, STATUS_ACTIVE, 0);
	refuse_bad(k);
}

static void try_storage_of_file(struct trying *k)
{
	ask(k, "volatile", STORAGE_VOLATILE, SET_INCONSISTENT_VALUE);
	ask(k, "nonVolatile", STORAGE_NONVOLATILE, SET_INCONSISTENT_VALUE);
	ask(k, "permanent", STORAGE_PERMANENT, 0);
	reads(k, STORAGE_PERMANENT, 0);
	refuse_bad(k);
}

static void try_lock(struct trying *k)
{
	struct name n = manager_name(k->m, k->row, k->c->name, PART_VALUE);
	long now;

	if (!manager_get(k->m, &n, &now))
		broken("advisory_lock", "cannot be read");
	reads(k, now, 0);
	ask(k, "the value that was read", now, 0);
	reads(k, now + 1, 0);
	ask(k, "an old value", now, SET_INCONSISTENT_VALUE);
	ask(k, "a value nobody has read", INT32_MAX, SET_INCONSISTENT_VALUE);
	refuse_bad(k);
}

static void try_confirm(struct trying *k)
{
	ask(k, MAX, (long)column_max(k->c), 0);
	reads(k, (long)column_max(k->c), 5);
	ask(k, MIN, 0, 0);
	reads(k, 0, 0);
	refuse_bad(k);
}

static const char temporary[] = "temporary";

static struct name temporary_pool(struct trying *k, struct row **r)
{
	*r = row_new(&tables[TABLE_pool]);
	row_set_text(&((struct pool *)*r)->name, temporary);
	return manager_name(k->m, *r, "row_status", PART_VALUE);
}

static void make_temporary(struct trying *k)
{
	struct row *r;
	struct name n = temporary_pool(k, &r);
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);

	manager_add_number(pdu, &n, ASN_INTEGER, STATUS_CREATE_AND_GO);
	if (manager_send(k->m, pdu, NULL) != 0)
		wrong(k, "the pool cannot be made");
	row_free(r);
}

static void temporary_is_gone(struct trying *k)
{
	struct row *r;
	struct name n = temporary_pool(k, &r);
	long status;

	if (manager_get(k->m, &n, &status))
		wrong(k, "the pool that was made is still there");
	row_free(r);
}

static void try_rollback(struct trying *k)
{
	struct row *s = row_new(&tables[TABLE_system]);
	struct name generation = manager_name(k->m, s, "generation", PART_VALUE);
	struct name n = manager_name(k->m, k->row, k->c->name, PART_VALUE);
	long now, oldest;

	row_free(s);
	if (!manager_get(k->m, &generation, &now) || !manager_get(k->m, &n, &oldest))
		broken("generation", "cannot be read");
	reads(k, oldest, 0);
	make_temporary(k);
	k->alone = true;
	ask(k, "a generation that is not there yet", (long)UINT32_MAX, SET_INCONSISTENT_VALUE);
	ask(k, "the generation before", now, 0);
	temporary_is_gone(k);
	refuse_bad(k);
	k->alone = false;
	ask(k, "with another change", now, SET_INCONSISTENT_VALUE);
}

static void revert(struct trying *k, const char *what, int status)
{
	struct name n = manager_name(k->m, k->row, k->c->name, PART_VALUE);
	netsnmp_pdu *pdu = begin_refused(k);
	int e;

	k->label = what;
	manager_add_text(pdu, &n, what);
	if (status) {
		end_refused(k, pdu, (enum set_status)status, "");
		return;
	}
	k->values++;
	e = manager_send(k->m, pdu, NULL);
	if (e != 0) {
		wrong(k, "error status %d", e);
		k->last += e > 0;
		return;
	}
	row_set_text(COLUMN_PTR(k->row, k->c), what);
	read_back(k, k->row, bit(k->row, k->c), "after the SET");
}

static void try_revert(struct trying *k)
{
	char longest[TEXT_MAX];

	make_temporary(k);
	k->alone = true;
	fill(longest, "pool ", "a", (size_t)column_max(k->c));
	revert(k, longest, SET_WRONG_VALUE);
	revert(k, "", SET_WRONG_VALUE);
	revert(k, "pool temporary", 0);
	temporary_is_gone(k);
	revert(k, "pool temporary", SET_INCONSISTENT_VALUE);
	refuse_bad(k);
	k->alone = false;
	revert(k, "all", SET_INCONSISTENT_VALUE); /* with another change */
}

/* "all" leaves nothing: before there is anything. */
static void try_revert_all(struct trying *k)
{
	k->row = row_new(&tables[TABLE_control]);
	k->c = table_column(k->row->table, "revert");
	k->alone = true;
	make_temporary(k);
	revert(k, "all", 0);
	temporary_is_gone(k);
	k->alone = false;
	store_insert(k->rows, k->row);
}

static const struct {
	const char *name;
	void (*try)(struct trying *k);
} asking[] = {{"control.advisory_lock", try_lock}, {"control.confirm_timeout", try_confirm},
    {"control.rollback", try_rollback}, {"control.revert", try_revert}};

/* ---- All of them. */

static bool is_elsewhere(const char *name)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (strcmp(elsewhere[i], name) == 0)
			return true;
	return false;
}

static void try_column(struct trying *k, const struct table *t, const struct column *c)
{
	char name[TEXT_MAX];

	snprintf(name, sizeof(name), "%s.%s", t->name, c->name);
	k->columns++;
	k->c = c;
	k->touched = 0;
	k->label = "its row";
	if (t->id == TABLE_control) {
		struct row *r = row_new(t);

		k->row = store_find(k->rows, r);
		if (k->row)
			row_free(r);
		else
			store_insert(k->rows, k->row = r);
		for (size_t i = 0; i < sizeof(asking) / sizeof(*asking); i++)
			if (strcmp(asking[i].name, name) == 0)
				asking[i].try(k);
		return;
	}
	k->row = find_or_make(k, t, c);
	if (c == table_status(t) && is_from_file(t)) {
		try_status_of_file(k);
		return;
	}
	if (c == table_status(t)) {
		try_status(k);
		return;
	}
	if (is_from_file(t) && strcmp(c->name, "storage") == 0) {
		try_storage_of_file(k);
		return;
	}
	if (is_elsewhere(name))
		printf("elsewhere %s\n", name);
	else
		accept_good(k);
	refuse_bad(k);
}

/* What nobody can SET. */
static void refuse_readonly(struct trying *k)
{
	size_t n;
	const struct object *all = object_all(&n);
	struct wire w = {.type = ASN_INTEGER, .number = 1};

	k->label = "read-only";
	k->touched = 0;
	for (size_t i = 0; i < n; i++) {
		if (column_writable(all[i].column))
			continue;
		k->c = all[i].column;
		k->row = row_for(all[i].table, k->c);
		refuse_wire(k, all[i].part, &w, SET_NOT_WRITABLE);
		row_free(k->row);
	}
}

/* No value was changed by what was done to others. */
static void read_all(struct trying *k)
{
	k->label = "at the end";
	for (enum table_id t = 0; t < TABLE_COUNT; t++) {
		column_mask mask = table_mask(&tables[t], CLASS_CONFIG);

		for (struct row *r = store_first(k->rows, t); r && mask; r = store_next(r)) {
			k->row = r;
			k->c = NULL;
			read_back(k, r, mask, "at the end");
		}
	}
}

static void unused(struct trying *k, bool used, const char *what, const char *table,
    const char *column, const char *value)
{
	if (used)
		return;
	k->wrong++;
	printf("WRONG: %s %s.%s %s was not used\n", what, table ? table : "*", column,
	    value ? value : "");
}

static void find_stale(struct trying *k)
{
	for (size_t i = 0; i < sizeof(companions) / sizeof(*companions); i++)
		unused(k, companions[i].used, "the companion of", companions[i].table,
		    companions[i].column, companions[i].value);
	for (size_t i = 0; i < sizeof(own_keys) / sizeof(*own_keys); i++)
		unused(
		    k, own_keys[i].used, "the key of", own_keys[i].table, own_keys[i].column, NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		unused(k, texts[i].used, "the text of", texts[i].table, texts[i].column, NULL);
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(*exceptions); i++)
		unused(k, exceptions[i].used, "the exception", exceptions[i].table,
		    exceptions[i].column, exceptions[i].value);
}

int columns(struct manager *m, int argc, char **argv)
{
	struct trying k = {.m = m, .rows = store_new()};

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: manager ADDRESS columns\n");
		return 2;
	}
	k.last = last_refusal(&k);
	try_revert_all(&k);
	make_fixtures(&k);
	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		if (table_status(&tables[t]) && table_is_of_file(&tables[t])) {
			refuse_creation(&k, &tables[t], STATUS_CREATE_AND_GO);
			refuse_creation(&k, &tables[t], STATUS_CREATE_AND_WAIT);
		}
	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		for (size_t i = 0; i < tables[t].ncolumns && !is_of_file(&tables[t]); i++)
			if (column_writable(&tables[t].columns[i]))
				try_column(&k, &tables[t], &tables[t].columns[i]);
	refuse_readonly(&k);
	read_all(&k);
	find_stale(&k);
	printf("columns %u values %u refusals %u wrong %u\n", k.columns, k.values, k.refusals,
	    k.wrong);
	store_free(k.rows);
	manager_close(m);
	return k.wrong ? 1 : 0;
}

/* ---- dump */

static void dump_value(const struct object *o, const netsnmp_variable_list *v, size_t head)
{
	char text[OBJECT_NAME_SIZE];

	printf("%s", object_name(o->table, o->column, o->part, text));
	for (size_t i = head; i < v->name_length; i++)
		printf(".%lu", v->name[i]);
	if (v->type != ASN_OCTET_STR) {
		printf(" %ld\n", *v->val.integer);
		return;
	}
	printf(" '");
	for (size_t i = 0; i < v->val_len; i++)
		printf(isprint(v->val.string[i]) ? "%c" : "\\x%02x", v->val.string[i]);
	printf("'\n");
}

#define TABLE_OBJECTS 128

/* A table, a row at a time. */
struct walk {
	const struct object *objects[TABLE_OBJECTS];
	struct name at[TABLE_OBJECTS];
	size_t n;
};

static struct name column_name(const struct manager *m, const struct object *o)
{
	struct name n = {.len = m->root_len + o->len};

	memcpy(n.arcs, m->root, m->root_len * sizeof(oid));
	memcpy(n.arcs + m->root_len, o->name, o->len * sizeof(oid));
	return n;
}

/* What a SET only asks for may read otherwise a second later; where a row lives does not. */
static bool is_kept(const struct column *c)
{
	return column_writable(c) && (c->class == CLASS_CONFIG || strcmp(c->name, "storage") == 0);
}

static void find_objects(struct manager *m, struct walk *w, const struct table *t)
{
	size_t n;
	const struct object *all = object_all(&n);

	w->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (all[i].table != t || !is_kept(all[i].column))
			continue;
		if (w->n == TABLE_OBJECTS)
			broken(t->name, "too many columns");
		w->at[w->n] = column_name(m, &all[i]);
		w->objects[w->n++] = &all[i];
	}
}

/* One row further; false at the end of the table. */
static bool dump_row(struct manager *m, struct walk *w)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETNEXT), *a;
	const netsnmp_variable_list *v;
	bool more = true;

	for (size_t i = 0; i < w->n; i++)
		manager_add_null(pdu, &w->at[i]);
	if (manager_send(m, pdu, &a) != 0)
		broken(w->objects[0]->column->name, "no answer");
	v = a->variables;
	for (size_t i = 0; i < w->n && more; i++, v = v->next_variable) {
		size_t head = m->root_len + w->objects[i]->len;

		more = v->type != SNMP_ENDOFMIBVIEW && v->name_length > head &&
		       memcmp(v->name, w->at[i].arcs, head * sizeof(oid)) == 0;
		if (!more)
			break;
		dump_value(w->objects[i], v, head);
		w->at[i].len = v->name_length;
		memcpy(w->at[i].arcs, v->name, v->name_length * sizeof(oid));
	}
	snmp_free_pdu(a);
	return more;
}

int dump(struct manager *m, int argc, char **argv)
{
	struct walk w;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: manager ADDRESS dump\n");
		return 2;
	}
	for (enum table_id t = 0; t < TABLE_COUNT; t++) {
		find_objects(m, &w, &tables[t]);
		while (w.n && t != TABLE_control && dump_row(m, &w))
			;
	}
	manager_close(m);
	return 0;
}
