/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MIB modules: the committed texts are what the schema makes, and what a manager's MIB compiler
 * (net-snmp's) reads from them is the schema again: names, OIDs, types, ranges, words, units, access
 * and indexes.  The base modules of mibs/base are read along, so the test needs none of the IETF's.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
/* The one name of its parser that the schema has too. */
enum { PARSED_GAUGE = TYPE_GAUGE };
#undef TYPE_GAUGE

#include <limits.h>
#include <stdio.h>
#include "agent/object.h"
#include "tests/unit/unit.h"

static const char *const modules[] = {
    NULL, "DIRECTOR-MIB", "DIRECTOR-LVS-MIB", "DIRECTOR-VRRP-MIB"};

static const char *place(const char *variable, const char *otherwise)
{
	const char *dir = getenv(variable);

	return dir ? dir : otherwise;
}

static struct tree *director;

static struct tree *child(struct tree *t, arc number)
{
	for (struct tree *c = t ? t->child_list : NULL; c; c = c->next_peer)
		if (c->subid == number)
			return c;
	return NULL;
}

/* Reads the modules from scratch.  Not from a checked fixture: libcheck's processes share it. */
static void load(void)
{
	char dirs[2 * PATH_MAX];
	arc root[OID_MAX];
	size_t n = object_root(root);

	/* The one with the configured root first. */
	snprintf(dirs, sizeof(dirs), "%s/mibs/configured:%s/mibs:%s/mibs/base", place("BUILD", "."),
	    place("SRC", "."), place("SRC", "."));
	setenv("MIBDIRS", dirs, 1);
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIB_ERRORS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SAVE_MIB_DESCRS, 1);
	netsnmp_init_mib();
	for (size_t i = 1; i < sizeof(modules) / sizeof(*modules); i++)
		ck_assert_msg(netsnmp_read_module(modules[i]), "%s does not load", modules[i]);
	director = get_tree_head();
	while (director && director->subid != root[0])
		director = director->next_peer;
	for (size_t i = 1; i < n; i++)
		director = child(director, root[i]);
	ck_assert_ptr_nonnull(director);
	ck_assert_str_eq(director->label, "director");
}

/* The node of an object of the schema; keys too, which object_all() does not have. */
static struct tree *node_of(const struct table *t, arc number)
{
	struct tree *n = child(child(child(director, t->module), 1), t->arc);

	return child(t->scalar ? n : child(n, 1), number);
}

/* What the compiler must have made of a column; -1 for what has textual conventions. */
static int wanted_type(const struct column *c, enum object_part part)
{
	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
	case TYPE_WALL:
		return TYPE_OCTETSTR;
	case TYPE_BOOL:
	case TYPE_ENUM:
		return TYPE_INTEGER;
	case TYPE_INT:
		return c->tc ? TYPE_INTEGER : TYPE_INTEGER32;
	case TYPE_UINT:
	case TYPE_USEC:
		return TYPE_UNSIGNED32;
	case TYPE_GAUGE:
		return PARSED_GAUGE;
	case TYPE_COUNT:
		return TYPE_COUNTER64;
	case TYPE_COUNT32:
		return TYPE_COUNTER;
	case TYPE_WHEN:
		return TYPE_TIMETICKS;
	case TYPE_ADDR:
		return part == PART_ADDR_TYPE ? TYPE_INTEGER : TYPE_OCTETSTR;
	case TYPE_VIEW:
		break;
	}
	return -1;
}

static const char *wanted_convention(const struct column *shown, const struct column *c, int part)
{
	if (shown->tc)
		return shown->tc;
	switch (shown->type) {
	case TYPE_NAME:
		return c->type == TYPE_VIEW || shown->optional ? "SnmpAdminString" : "DirectorName";
	case TYPE_TEXT:
		return "SnmpAdminString";
	case TYPE_BOOL:
		return "TruthValue";
	case TYPE_ADDR:
		return part == PART_VALUE	? "DisplayString"
		       : part == PART_ADDR_TYPE ? "InetAddressType"
						: "InetAddress";
	case TYPE_WHEN:
		return "TimeStamp";
	case TYPE_WALL:
		return "DateAndTime";
	case TYPE_ENUM:
		return c->type == TYPE_VIEW ? "SnmpAdminString" : NULL;
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_USEC:
	case TYPE_VIEW:
		break;
	}
	return NULL;
}

static void check_words(const struct tree *n, const struct enumeration *e)
{
	char word[OBJECT_NAME_SIZE];
	size_t have = 0, want = 0;

	for (const struct enum_list *l = n->enums; l; l = l->next)
		have++;
	for (const struct enum_word *w = e->words; w->word; w++, want++) {
		const struct enum_list *l = n->enums;

		while (l && l->value != w->number)
			l = l->next;
		ck_assert_msg(l != NULL, "%s has no %s", n->label, w->word);
		ck_assert_str_eq(l->label, object_word(w->word, word));
	}
	ck_assert_uint_eq(have, want);
}

static void check_range(const struct tree *n, const struct column *c, int part)
{
	int64_t scale = c->scale ? (int64_t)c->scale : 1, low, high;

	if (c->type == TYPE_ADDR && part == PART_ADDR_BYTES) {
		for (const struct range_list *r = n->ranges; r; r = r->next)
			ck_assert(
			    r->low == r->high && (r->low == 0 || r->low == 4 || r->low == 16));
		ck_assert_ptr_nonnull(n->ranges);
		return;
	}
	if (c->type != TYPE_NAME && c->type != TYPE_TEXT && c->type != TYPE_INT &&
	    c->type != TYPE_UINT && (c->type != TYPE_USEC || !c->max))
		return;
	low = (column_min(c) + scale - 1) / scale;
	high = column_max(c) / scale;
	ck_assert_msg(n->ranges != NULL, "%s has no range", n->label);
	/* The parser keeps 32 bits. */
	ck_assert_int_eq((uint32_t)n->ranges->low, (uint32_t)low);
	ck_assert_int_eq((uint32_t)n->ranges->high, (uint32_t)high);
	ck_assert_ptr_null(n->ranges->next);
}

static void check_access(const struct tree *n, const struct table *t, const struct column *c)
{
	int want = MIB_ACCESS_READONLY;

	if (c->class == CLASS_KEY)
		want = MIB_ACCESS_NOACCESS;
	else if (column_writable(c))
		want = t->scalar || t->fixed ? MIB_ACCESS_READWRITE : MIB_ACCESS_CREATE;
	ck_assert_msg(n->access == want, "%s: access %d", n->label, n->access);
	ck_assert_int_eq(n->status, MIB_STATUS_CURRENT);
}

static void check_column(const struct table *t, const struct column *c, enum object_part part)
{
	const struct column *shown = column_shown(t, c);
	const char *convention = wanted_convention(shown, c, part);
	struct tree *n = node_of(t, (arc)c->arc + (part == PART_ADDR_BYTES));
	char name[OBJECT_NAME_SIZE];

	ck_assert_msg(n != NULL, "%s.%s is not in the MIB", t->name, c->name);
	ck_assert_str_eq(n->label, object_name(t, c, part, name));
	if (c->type != TYPE_VIEW || (shown->type != TYPE_ADDR && shown->type != TYPE_ENUM))
		ck_assert_msg(
		    n->type == wanted_type(shown, part), "%s: type %d", n->label, n->type);
	else
		ck_assert_int_eq(n->type, TYPE_OCTETSTR);
	if (convention) {
		ck_assert_msg(n->tc_index >= 0, "%s is not a %s", n->label, convention);
		ck_assert_str_eq(get_tc_descriptor(n->tc_index), convention);
	}
	if (c->type == TYPE_ENUM)
		check_words(n, shown->words);
	check_range(n, shown, part);
	check_access(n, t, c);
	if (c->units && part == PART_VALUE)
		ck_assert_str_eq(n->units, c->units);
	else
		ck_assert_ptr_null(n->units);
	ck_assert_ptr_nonnull(n->description);
}

START_TEST(test_columns)
{
	load();
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];

		for (size_t j = 0; j < t->ncolumns; j++) {
			if (t->columns[j].type == TYPE_ADDR) {
				check_column(t, &t->columns[j], PART_ADDR_TYPE);
				check_column(t, &t->columns[j], PART_ADDR_BYTES);
			} else {
				check_column(t, &t->columns[j], PART_VALUE);
			}
		}
	}
}
END_TEST

static bool in_schema(const struct tree *leaf)
{
	char name[OBJECT_NAME_SIZE];

	for (size_t i = 0; i < TABLE_COUNT; i++)
		for (size_t j = 0; j < tables[i].ncolumns; j++)
			for (int part = PART_VALUE; part <= PART_ADDR_BYTES; part++)
				if (strcmp(object_name(&tables[i], &tables[i].columns[j],
					       (enum object_part)part, name),
					leaf->label) == 0)
					return true;
	return false;
}

/* Leaves with a type are objects. */
static size_t count_leaves(const struct tree *t)
{
	size_t n = 0;

	for (const struct tree *c = t->child_list; c; c = c->next_peer) {
		if (c->child_list) {
			n += count_leaves(c);
		} else if (c->type > TYPE_OTHER && c->type <= TYPE_SIMPLE_LAST) {
			ck_assert_msg(in_schema(c), "%s is not in the schema", c->label);
			n++;
		}
	}
	return n;
}

START_TEST(test_nothing_else)
{
	size_t n, keys = 0;

	load();
	object_all(&n);
	for (size_t i = 0; i < TABLE_COUNT; i++)
		for (size_t j = 0; j < tables[i].keys; j++)
			keys += tables[i].columns[j].type == TYPE_ADDR ? 2 : 1;
	ck_assert_uint_eq(count_leaves(director), n + keys);
}
END_TEST

START_TEST(test_indexes)
{
	char name[OBJECT_NAME_SIZE];

	load();
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];
		struct tree *entry = child(child(child(child(director, t->module), 1), t->arc), 1);
		const struct index_list *l;

		if (t->scalar)
			continue;
		l = entry->indexes;
		for (size_t j = 0; j < t->keys; j++) {
			const struct column *c = &t->columns[j];

			for (int part = c->type == TYPE_ADDR ? PART_ADDR_TYPE : PART_VALUE;
			     part <= (c->type == TYPE_ADDR ? PART_ADDR_BYTES : PART_VALUE);
			     part++) {
				ck_assert_ptr_nonnull(l);
				ck_assert_str_eq(
				    l->ilabel, object_name(t, c, (enum object_part)part, name));
				ck_assert(!l->isimplied);
				l = l->next;
			}
		}
		ck_assert_ptr_null(l);
	}
}
END_TEST

/* The next objects of a notification are those of the column. */
static const struct varbind_list *carries(
    const struct varbind_list *l, const struct table *t, const char *column)
{
	const struct column *c = table_column(t, column);
	char name[OBJECT_NAME_SIZE];

	for (int part = c->type == TYPE_ADDR ? PART_ADDR_TYPE : PART_VALUE;
	     part <= (c->type == TYPE_ADDR ? PART_ADDR_BYTES : PART_VALUE); part++) {
		ck_assert_ptr_nonnull(l);
		ck_assert_str_eq(l->vblabel, object_name(t, c, (enum object_part)part, name));
		l = l->next;
	}
	return l;
}

START_TEST(test_notifications)
{
	load();
	for (const struct event_info *e = event_infos; e->mib; e++) {
		const struct table *t = &tables[e->table];
		struct tree *n = child(child(child(director, t->module), 0), (arc)e->kind);
		const struct varbind_list *l;

		ck_assert_msg(n != NULL, "%s is not in the MIB", e->mib);
		ck_assert_int_eq(n->type, TYPE_NOTIFTYPE);
		ck_assert_str_eq(n->label + strlen("drct"), e->mib);
		l = n->varbinds;
		for (size_t i = 0; event_columns[i]; i++)
			l = carries(l, &tables[TABLE_event_log], event_columns[i]);
		l = carries(l, t, e->column);
		for (size_t i = 0; i < EVENT_MORE && e->more[i]; i++)
			l = carries(l, t, e->more[i]);
		ck_assert_ptr_null(l);
	}
}
END_TEST

/* Names are unique, and short enough for every compiler. */
START_TEST(test_names)
{
	char a[OBJECT_NAME_SIZE], b[OBJECT_NAME_SIZE];
	size_t n;
	const struct object *o = object_all(&n);

	for (size_t i = 0; i < n; i++) {
		object_name(o[i].table, o[i].column, o[i].part, a);
		ck_assert_uint_lt(strlen(a), OBJECT_NAME_SIZE - 1);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(a, object_name(o[j].table, o[j].column, o[j].part, b));
	}
}
END_TEST

static char *slurp(FILE *f)
{
	char *text = NULL;
	size_t size = 0;

	ck_assert_ptr_nonnull(f);
	if (getdelim(&text, &size, '\0', f) < 0)
		text[0] = '\0';
	return text;
}

/* The committed text is what the generator writes (for the default root). */
START_TEST(test_committed)
{
	char path[PATH_MAX], command[3 * PATH_MAX];
	char *committed, *made;
	FILE *f;

	if (strcmp(place("OID_ROOT", ""), "1.3.6.1.4.1.8072.9999.9999.68") != 0 && _i == 1)
		return; /* this one has another root in it */
	snprintf(path, sizeof(path), "%s/mibs/%s.txt", place("SRC", "."), modules[_i]);
	f = fopen(path, "r");
	committed = slurp(f);
	fclose(f);
	snprintf(command, sizeof(command), "'%s/schema-mib' %d < '%s/mibs/%s.in'",
	    place("BUILD", "."), _i, place("SRC", "."), modules[_i]);
	f = popen(command, "r");
	made = slurp(f);
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_msg(
	    strcmp(committed, made) == 0, "%s is not what the schema says: run `make mibs`", path);
	ck_assert_uint_gt(strlen(made), 5000);
	free(committed);
	free(made);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mib");
	TCase *tc = tcase_create("mib");

	tcase_add_test(tc, test_columns);
	tcase_add_test(tc, test_nothing_else);
	tcase_add_test(tc, test_indexes);
	tcase_add_test(tc, test_notifications);
	tcase_add_test(tc, test_names);
	tcase_add_loop_test(tc, test_committed, 1, 4);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
