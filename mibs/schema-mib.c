/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schema-mib MODULE < FRAME > MIB: writes a MIB module.
 *
 * What the schema knows (tables, columns, notifications, their groups and what they import) is made
 * from it; what is written for people is in the frame, where lines of their own are replaced:
 *	@IMPORTS@ @OBJECTS@ @NOTIFICATIONS@ @CONFORMANCE@
 * and, inside a line, @ROOT@.  MODULE is the number of enum mib_module.
 *
 * SMIv2: RFC 2578 (objects, notifications), RFC 2579 (textual conventions), RFC 2580 (conformance).
 */
#include "config.h"
#include "agent/object.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum mib_module module;

/* Module-wide names begin with this: directorLvsObjects. */
static const char *module_prefix(enum mib_module m)
{
	switch (m) {
	case MODULE_SYSTEM:
		return "director";
	case MODULE_LVS:
		return "directorLvs";
	case MODULE_VRRP:
		return "directorVrrp";
	}
	return "";
}

/* ---- Text */

#define WIDTH 72

/* A quoted text, filled, at this indentation. */
static void put_text(int indent, const char *text)
{
	int at = indent + 1;

	printf("%*s\"", indent, "");
	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at > indent + 1 && at + 1 + len > WIDTH) {
			printf("\n%*s", indent + 1, "");
			at = indent + 1;
		} else if (at > indent + 1) {
			putchar(' ');
			at++;
		}
		for (int i = 0; i < len; i++)
			putchar(text[i] == '"' ? '\'' : text[i]);
		at += len;
		text += len;
		while (*text == ' ')
			text++;
	}
	puts("\"");
}

static void put_description(const char *text)
{
	puts("    DESCRIPTION");
	put_text(8, text);
}

/* ---- Syntax */

static const char *syntax_name(const struct object *o)
{
	const struct column *c = o->shown;

	if (c->tc)
		return c->tc;
	switch (c->type) {
	case TYPE_NAME:
		return o->column->type == TYPE_VIEW || c->optional ? "SnmpAdminString"
								   : "DirectorName";
	case TYPE_TEXT:
		return "SnmpAdminString";
	case TYPE_BOOL:
		return "TruthValue";
	case TYPE_INT:
		return "Integer32";
	case TYPE_UINT:
	case TYPE_USEC:
		return "Unsigned32";
	case TYPE_GAUGE:
		return "Gauge32";
	case TYPE_COUNT:
		return "Counter64";
	case TYPE_COUNT32:
		return "Counter32";
	case TYPE_ADDR:
		if (o->part == PART_VALUE)
			return "DisplayString";
		return o->part == PART_ADDR_TYPE ? "InetAddressType" : "InetAddress";
	case TYPE_WHEN:
		return "TimeStamp";
	case TYPE_WALL:
		return "DateAndTime";
	case TYPE_ENUM:
		return o->column->type == TYPE_VIEW ? "SnmpAdminString" : "INTEGER";
	case TYPE_VIEW:
		break;
	}
	abort();
}

static void put_words(const struct enumeration *e)
{
	char word[OBJECT_NAME_SIZE];

	puts("INTEGER {");
	for (const struct enum_word *w = e->words; w->word; w++)
		printf("                    %s(%" PRId32 ")%s\n", object_word(w->word, word),
		    w->number, w[1].word ? "," : "");
	puts("                }");
}

/* The range in parentheses, where the type does not say it already. */
static void put_range(const struct object *o)
{
	const struct column *c = o->shown;
	int64_t scale = c->scale ? (int64_t)c->scale : 1;

	if (c->tc)
		return;
	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		printf(" (SIZE (%" PRId64 "..%" PRId64 "))", column_min(c), column_max(c));
		break;
	case TYPE_INT:
		printf(" (%" PRId64 "..%" PRId64 ")", column_min(c), column_max(c));
		break;
	case TYPE_UINT:
		printf(" (%" PRId64 "..%" PRId64 ")", column_min(c), column_max(c));
		break;
	case TYPE_USEC:
		if (c->max)
			printf(" (%" PRId64 "..%" PRId64 ")", (column_min(c) + scale - 1) / scale,
			    column_max(c) / scale);
		break;
	case TYPE_ADDR:
		if (o->part == PART_VALUE)
			printf(" (SIZE (0..45))");
		else if (o->part == PART_ADDR_BYTES)
			printf(
			    o->column->class == CLASS_KEY ? " (SIZE (4|16))" : " (SIZE (0|4|16))");
		break;
	case TYPE_BOOL:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_ENUM:
	case TYPE_VIEW:
		break;
	}
}

static void put_syntax(const struct object *o)
{
	fputs("    SYNTAX      ", stdout);
	if (strcmp(syntax_name(o), "INTEGER") == 0) {
		put_words(o->shown->words);
		return;
	}
	fputs(syntax_name(o), stdout);
	put_range(o);
	putchar('\n');
}

/* DEFVAL of configuration, in the units of the MIB. */
static void put_default(const struct object *o)
{
	const struct column *c = o->column;
	struct row *r = row_new(o->table);
	int64_t v = column_number(r, c);
	char text[COLUMN_TEXT_SIZE];

	if (c->class != CLASS_CONFIG || !c->def || c->type == TYPE_ADDR || c->tc) {
		row_free(r);
		return;
	}
	if (c->type == TYPE_NAME || c->type == TYPE_TEXT)
		snprintf(text, sizeof(text), "\"%s\"", column_text(r, c));
	else if (c->type == TYPE_BOOL)
		snprintf(text, sizeof(text), "%s", v ? "true" : "false");
	else if (c->type == TYPE_ENUM)
		object_word(enum_word(c->words, (int32_t)v), text);
	else
		snprintf(text, sizeof(text), "%" PRId64, v / (c->scale ? (int64_t)c->scale : 1));
	printf("    DEFVAL      { %s }\n", text);
	row_free(r);
}

/* ---- Objects */

static const char *access_of(const struct table *t, const struct column *c)
{
	if (c->class == CLASS_KEY)
		return "not-accessible";
	return !column_writable(c)     ? "read-only"
	       : t->scalar || t->fixed ? "read-write"
				       : "read-create";
}

static void description_of(const struct object *o, char *text, size_t size)
{
	const struct table *t = o->table;
	const struct column *d = table_column(t, "discontinuity");
	char name[OBJECT_NAME_SIZE];
	int n;

	if (o->part == PART_ADDR_TYPE)
		n = snprintf(text, size, "The type of the address in the next object.");
	else
		n = snprintf(text, size, "%s", o->column->help);
	if (o->shown->type == TYPE_COUNT && d)
		snprintf(text + n, size - (size_t)n, " It begins at zero when %s says.",
		    object_name(t, d, PART_VALUE, name));
	else if (o->shown->type == TYPE_WHEN)
		snprintf(text + n, size - (size_t)n,
		    " The value of sysUpTime at that time; 0 if it was before or never.");
}

static void put_object(const struct object *o)
{
	char name[OBJECT_NAME_SIZE], text[1024];

	printf("%s OBJECT-TYPE\n", object_name(o->table, o->column, o->part, name));
	put_syntax(o);
	if (o->column->units && o->part == PART_VALUE)
		printf("    UNITS       \"%s\"\n", o->column->units);
	printf("    MAX-ACCESS  %s\n    STATUS      current\n", access_of(o->table, o->column));
	description_of(o, text, sizeof(text));
	put_description(text);
	put_default(o);
	printf("    ::= { drct%s%s %d }\n\n", o->table->mib, o->table->scalar ? "" : "Entry",
	    o->column->arc + (o->part == PART_ADDR_BYTES));
}

static int arc_order(const void *a, const void *b)
{
	return (*(const struct column *const *)a)->arc - (*(const struct column *const *)b)->arc;
}

/* Calls put for each object of a table, keys too, in the order of their numbers. */
static void each_object(const struct table *t, void (*put)(const struct object *o))
{
	const struct column *list[COLUMNS_MAX];

	for (size_t i = 0; i < t->ncolumns; i++)
		list[i] = &t->columns[i];
	qsort(list, t->ncolumns, sizeof(list[0]), arc_order);
	for (size_t i = 0; i < t->ncolumns; i++) {
		const struct column *c = list[i];
		struct object o = {.table = t, .column = c, .shown = column_shown(t, c)};

		o.part = c->type == TYPE_ADDR ? PART_ADDR_TYPE : PART_VALUE;
		put(&o);
		if (c->type == TYPE_ADDR) {
			o.part = PART_ADDR_BYTES;
			put(&o);
		}
	}
}

static const char *separator;

static void put_member(const struct object *o)
{
	char name[OBJECT_NAME_SIZE];
	const char *syntax = syntax_name(o);

	printf("%s    %s %s", separator, object_name(o->table, o->column, o->part, name), syntax);
	separator = ",\n";
}

static void put_index(const struct object *o)
{
	char name[OBJECT_NAME_SIZE];

	if (o->column->class != CLASS_KEY)
		return;
	printf("%s%s", separator, object_name(o->table, o->column, o->part, name));
	separator = ",\n                  ";
}

/*
 * What RFC 2579 asks for: of StorageType, which columns of a permanent row may be written; of RowStatus, which
 * may be while the row is active.
 */
static const char *entry_description(const struct table *t)
{
	if (table_status(t) && table_is_of_file(t))
		return "A row of the table. Rows are made and removed by the configuration file "
		       "alone: a SET that would make one is refused with inconsistentName. Their "
		       "writable objects may be set whatever the row's status; what is set wins "
		       "over the file until it is reverted, and a row can be taken out of service "
		       "(notInService).";
	if (table_status(t))
		return "A row of the table. All its read-create objects may be set whatever the "
		       "row's "
		       "status and StorageType. A row of the file is permanent: what is set wins "
		       "over "
		       "the file until it is reverted, and the row can be taken out of service "
		       "(notInService), not destroyed. A row is in effect when its status is "
		       "active "
		       "and the row that its index names is in effect; what belongs to a row that "
		       "is "
		       "destroyed is destroyed with it. notReady means that an object without a "
		       "default has no value yet.";
	return "A row of the table.";
}

static void put_table(const struct table *t)
{
	const char *p = module_prefix(module);

	printf("drct%sTable OBJECT-TYPE\n", t->mib);
	printf("    SYNTAX      SEQUENCE OF Drct%sEntry\n", t->mib);
	puts("    MAX-ACCESS  not-accessible\n    STATUS      current");
	put_description(t->help);
	printf("    ::= { %sObjects %d }\n\n", p, t->arc);

	printf("drct%sEntry OBJECT-TYPE\n", t->mib);
	printf("    SYNTAX      Drct%sEntry\n", t->mib);
	puts("    MAX-ACCESS  not-accessible\n    STATUS      current");
	put_description(entry_description(t));
	fputs("    INDEX       { ", stdout);
	separator = "";
	each_object(t, put_index);
	printf(" }\n    ::= { drct%sTable 1 }\n\n", t->mib);

	printf("Drct%sEntry ::= SEQUENCE {\n", t->mib);
	separator = "";
	each_object(t, put_member);
	puts("\n}\n");
}

static void put_objects(void)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];

		if (t->module != module)
			continue;
		if (t->scalar)
			printf("drct%s OBJECT IDENTIFIER ::= { %sObjects %d }\n\n", t->mib,
			    module_prefix(module), t->arc);
		else
			put_table(t);
		each_object(t, put_object);
	}
}

/* ---- Notifications */

static void put_carried(const struct table *t, const char *column)
{
	const struct column *c = table_column(t, column);
	char name[OBJECT_NAME_SIZE];

	if (c->type == TYPE_ADDR) {
		printf("%s%s", separator, object_name(t, c, PART_ADDR_TYPE, name));
		separator = ",\n                  ";
	}
	printf("%s%s", separator, object_name(t, c, PART_VALUE, name));
	separator = ",\n                  ";
}

static void put_notifications(void)
{
	for (const struct event_info *e = event_infos; e->mib; e++) {
		const struct table *t = &tables[e->table];

		if (t->module != module)
			continue;
		printf("drct%s NOTIFICATION-TYPE\n    OBJECTS     { ", e->mib);
		separator = "";
		for (size_t i = 0; event_columns[i]; i++)
			put_carried(&tables[TABLE_event_log], event_columns[i]);
		put_carried(t, e->column);
		for (size_t i = 0; i < EVENT_MORE && e->more[i]; i++)
			put_carried(t, e->more[i]);
		puts(" }\n    STATUS      current");
		put_description(e->help);
		printf("    ::= { %sNotifications %d }\n\n", module_prefix(module), e->kind);
	}
}

static bool has_notifications(void)
{
	for (const struct event_info *e = event_infos; e->mib; e++)
		if (tables[e->table].module == module)
			return true;
	return false;
}

/* ---- Conformance */

static void put_accessible(const struct object *o)
{
	char name[OBJECT_NAME_SIZE];

	if (o->column->class == CLASS_KEY)
		return;
	printf("%s%s", separator, object_name(o->table, o->column, o->part, name));
	separator = ",\n                  ";
}

static void put_groups(void)
{
	const char *p = module_prefix(module);

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];

		if (t->module != module)
			continue;
		printf("drct%sGroup OBJECT-GROUP\n    OBJECTS     { ", t->mib);
		separator = "";
		each_object(t, put_accessible);
		puts(" }\n    STATUS      current");
		put_description(t->help);
		printf("    ::= { %sGroups %d }\n\n", p, t->arc);
	}
	if (!has_notifications())
		return;
	printf("%sNotificationGroup NOTIFICATION-GROUP\n    NOTIFICATIONS { ", p);
	separator = "";
	for (const struct event_info *e = event_infos; e->mib; e++) {
		if (tables[e->table].module != module)
			continue;
		printf("%sdrct%s", separator, e->mib);
		separator = ",\n                  ";
	}
	puts(" }\n    STATUS      current");
	put_description("The module's notifications.");
	printf("    ::= { %sGroups 100 }\n\n", p);
}

static void put_mandatory(void)
{
	fputs("    MODULE\n    MANDATORY-GROUPS { ", stdout);
	separator = "";
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		if (tables[i].module != module)
			continue;
		printf("%sdrct%sGroup", separator, tables[i].mib);
		separator = ",\n                  ";
	}
	if (has_notifications())
		printf("%s%sNotificationGroup", separator, module_prefix(module));
	puts(" }");
}

static void put_min_access(const struct object *o)
{
	char name[OBJECT_NAME_SIZE];

	if (!column_writable(o->column))
		return;
	printf("\n    OBJECT %s\n", object_name(o->table, o->column, o->part, name));
	puts("    MIN-ACCESS  read-only");
	put_description("Write access is not required.");
}

/* A table whose rows only the file can make: nobody needs to be able to. */
static void put_file_rows(const struct object *o)
{
	char name[OBJECT_NAME_SIZE];

	if (!column_writable(o->column))
		return;
	printf("\n    OBJECT %s\n", object_name(o->table, o->column, o->part, name));
	puts("    MIN-ACCESS  read-write");
	put_description("Rows are made by the configuration file alone.");
}

static void put_compliance(void)
{
	const char *p = module_prefix(module);

	printf("%sCompliance MODULE-COMPLIANCE\n    STATUS      current\n", p);
	put_description(
	    "Full compliance: an agent that has all of the module, and with which rows can be "
	    "made, changed and destroyed.");
	put_mandatory();
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (tables[i].module == module && table_status(&tables[i]) &&
		    table_is_of_file(&tables[i]))
			each_object(&tables[i], put_file_rows);
	printf("    ::= { %sCompliances 1 }\n\n", p);

	printf("%sReadOnlyCompliance MODULE-COMPLIANCE\n    STATUS      current\n", p);
	put_description(
	    "Read-only compliance: an agent that has all of the module, but lets nobody change "
	    "anything.");
	put_mandatory();
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (tables[i].module == module)
			each_object(&tables[i], put_min_access);
	printf("    ::= { %sCompliances 2 }\n", p);
}

static void put_conformance(void)
{
	put_groups();
	put_compliance();
}

/* ---- Imports */

static const char *wanted;
static bool found;

static void look(const struct object *o)
{
	if (strcmp(syntax_name(o), wanted) == 0)
		found = true;
}

static bool uses(const char *syntax)
{
	wanted = syntax;
	found = false;
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (tables[i].module == module)
			each_object(&tables[i], look);
	return found;
}

/* One module's symbols: those that are always imported, then the types that are used. */
static void put_import(const char *from, const char *always, const char *const *types)
{
	bool any = *always != '\0';

	fputs(any ? "    " : "", stdout);
	fputs(always, stdout);
	for (; *types; types++) {
		if (!uses(*types))
			continue;
		printf(any ? ", %s" : "    %s", *types);
		any = true;
	}
	if (any)
		printf("\n        FROM %s", from);
}

static void put_imports(void)
{
	static const char *const smi[] = {
	    "Integer32", "Unsigned32", "Gauge32", "Counter32", "Counter64", NULL};
	static const char *const tc[] = {"TruthValue", "TimeStamp", "DateAndTime", "StorageType",
	    "RowStatus", "TestAndIncr", "DisplayString", NULL};
	static const char *const inet[] = {"InetAddressType", "InetAddress", NULL};
	static const char *const admin[] = {"SnmpAdminString", NULL};
	static const char *const own[] = {"DirectorName", NULL};
	const bool first = module == MODULE_SYSTEM;

	puts("IMPORTS\n    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE,");
	put_import("SNMPv2-SMI", first ? "enterprises" : "", smi);
	putchar('\n');
	put_import("SNMPv2-TC", first ? "TEXTUAL-CONVENTION" : "", tc);
	putchar('\n');
	put_import("SNMPv2-CONF", "MODULE-COMPLIANCE, OBJECT-GROUP, NOTIFICATION-GROUP", own + 1);
	if (uses("InetAddress")) {
		putchar('\n');
		put_import("INET-ADDRESS-MIB", "", inet);
	}
	putchar('\n');
	put_import("SNMP-FRAMEWORK-MIB", "", admin);
	if (!first) {
		putchar('\n');
		put_import("DIRECTOR-MIB",
		    "director, drctEventNumber, drctEventTime, drctEventSubject,\n"
		    "    drctEventOldState, drctEventNewState, drctEventReason",
		    own);
	}
	puts(";");
}

/* ---- The frame */

/*
 * The root, written from enterprises.  Each arc between gets a name, as smilint wants it; those of the
 * default root have theirs in NET-SNMP-MIB.
 */
static void put_root(void)
{
	static const arc playpen[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999};
	arc root[OID_MAX];
	size_t n = object_root(root);

	fputs("enterprises", stdout);
	if (oid_starts_with(root, n, playpen, 9) && n == 10) {
		printf(" netSnmp(8072) netSnmpExperimental(9999)\n    netSnmpPlaypen(9999) %lu",
		    root[9]);
		return;
	}
	for (size_t i = 6; i + 1 < n; i++)
		printf(" directorArc%zu(%lu)", i - 5, root[i]);
	printf(" %lu", root[n - 1]);
}

static void put_line(const char *line)
{
	static const struct {
		const char *mark;
		void (*put)(void);
	} parts[] = {
	    {"@IMPORTS@\n", put_imports},
	    {"@OBJECTS@\n", put_objects},
	    {"@NOTIFICATIONS@\n", put_notifications},
	    {"@CONFORMANCE@\n", put_conformance},
	};
	const char *root;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (strcmp(line, parts[i].mark) == 0) {
			parts[i].put();
			return;
		}
	}
	root = strstr(line, "@ROOT@");
	if (!root) {
		fputs(line, stdout);
		return;
	}
	printf("%.*s", (int)(root - line), line);
	put_root();
	fputs(root + strlen("@ROOT@"), stdout);
}

int main(int argc, char **argv)
{
	char line[256];
	int number = argc == 2 ? atoi(argv[1]) : 0;

	if (number < MODULE_SYSTEM || number > MODULE_VRRP) {
		fprintf(stderr, "usage: schema-mib MODULE < FRAME > MIB\n");
		return 2;
	}
	module = (enum mib_module)number;
	while (fgets(line, sizeof(line), stdin))
		put_line(line);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
