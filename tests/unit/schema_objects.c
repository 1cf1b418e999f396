/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schema-objects: what a MIB compiler must find, a line for each object: from the schema, and by a way of its own,
 * not that of mibs/schema-mib.c.  For mibs_smidump.test:
 *	NAME|OID|ACCESS|TYPE|RANGES OR WORDS|DEFAULT|UNITS
 *	ENTRY|OID|INDEX...|create
 *	NOTIFICATION|OID
 * schema-objects writable: the columns that can be SET, a TABLE.COLUMN a line.  For effects.test.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "agent/object.h"
#include "config.h"

static const char root[] = DIRECTOR_OID_ROOT;

static const char *type_of(const struct column *shown, bool printed, enum object_part part)
{
	static const char *const types[] = {[TYPE_NAME] = "DirectorName",
	    [TYPE_TEXT] = "SnmpAdminString",
	    [TYPE_BOOL] = "TruthValue",
	    [TYPE_INT] = "Integer32",
	    [TYPE_UINT] = "Unsigned32",
	    [TYPE_GAUGE] = "Gauge32",
	    [TYPE_COUNT] = "Counter64",
	    [TYPE_COUNT32] = "Counter32",
	    [TYPE_USEC] = "Unsigned32",
	    [TYPE_WHEN] = "TimeStamp",
	    [TYPE_WALL] = "DateAndTime",
	    [TYPE_ENUM] = "Enumeration"};

	if (shown->tc)
		return shown->tc;
	if (shown->type == TYPE_ADDR)
		return printed			? "DisplayString"
		       : part == PART_ADDR_TYPE ? "InetAddressType"
						: "InetAddress";
	if (printed && (shown->type == TYPE_NAME || shown->type == TYPE_ENUM))
		return "SnmpAdminString";
	if (shown->type == TYPE_NAME && column_min(shown) == 0) /* no name has no octets */
		return "SnmpAdminString";
	return types[shown->type];
}

static void put_words(const struct enumeration *e)
{
	char name[OBJECT_NAME_SIZE];

	for (const struct enum_word *w = e->words; w->word; w++)
		printf("%s%s=%" PRId32, w == e->words ? "" : ",", object_word(w->word, name),
		    w->number);
}

static void put_limits(
    const struct column *c, const struct column *shown, bool printed, enum object_part part)
{
	int64_t unit = shown->scale ? (int64_t)shown->scale : 1;
	int64_t least = (column_min(shown) + unit - 1) / unit, most = column_max(shown) / unit;

	if (shown->tc)
		return;
	switch (shown->type) {
	case TYPE_ADDR:
		if (printed)
			printf("0..45");
		else if (part == PART_ADDR_BYTES)
			printf(c->class == CLASS_KEY ? "4..4,16..16" : "0..0,4..4,16..16");
		return;
	case TYPE_ENUM:
		if (!printed)
			put_words(shown->words);
		return;
	case TYPE_USEC:
		if (!shown->max)
			return;
		printf("%" PRId64 "..%" PRId64, least, most);
		return;
	case TYPE_NAME:
	case TYPE_TEXT:
	case TYPE_INT:
	case TYPE_UINT:
		printf("%" PRId64 "..%" PRId64, least, most);
		return;
	case TYPE_BOOL:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_VIEW:
		return;
	}
}

/* As it is in a new row, which is what a SET gets that does not name it. */
static void put_default(const struct table *t, const struct column *c)
{
	struct row *r = row_new(t);
	int64_t v = 0;
	char word[OBJECT_NAME_SIZE];

	if (c->class == CLASS_CONFIG && c->def && c->type != TYPE_ADDR && !c->tc) {
		if (c->type == TYPE_NAME || c->type == TYPE_TEXT)
			printf("\"%s\"", column_text(r, c));
		else
			v = column_number(r, c);
		if (c->type == TYPE_BOOL)
			printf(v ? "true" : "false");
		else if (c->type == TYPE_ENUM)
			printf("%s", object_word(enum_word(c->words, (int32_t)v), word));
		else if (c->type != TYPE_NAME && c->type != TYPE_TEXT)
			printf("%" PRId64, v / (c->scale ? (int64_t)c->scale : 1));
	}
	row_free(r);
}

static void put_object(const struct table *t, const struct column *c, enum object_part part)
{
	const struct column *shown = column_shown(t, c);
	bool printed = c->type == TYPE_VIEW;
	char name[OBJECT_NAME_SIZE];

	printf("%s|%s.%d.1.%d.%s%d|", object_name(t, c, part, name), root, (int)t->module, t->arc,
	    t->scalar ? "" : "1.", c->arc + (part == PART_ADDR_BYTES));
	printf("%s|%s|",
	    c->class == CLASS_KEY ? "noaccess"
	    : column_writable(c)  ? "readwrite"
				  : "readonly",
	    type_of(shown, printed, part));
	put_limits(c, shown, printed, part);
	putchar('|');
	put_default(t, c);
	printf("|%s\n", c->units && part == PART_VALUE ? c->units : "");
}

static void put_entry(const struct table *t)
{
	char name[OBJECT_NAME_SIZE];

	printf("drct%sEntry|%s.%d.1.%d.1|", t->mib, root, (int)t->module, t->arc);
	for (size_t i = 0; i < t->keys; i++) {
		const struct column *c = &t->columns[i];

		if (c->type == TYPE_ADDR)
			printf("%s ", object_name(t, c, PART_ADDR_TYPE, name));
		printf("%s ",
		    object_name(t, c, c->type == TYPE_ADDR ? PART_ADDR_BYTES : PART_VALUE, name));
	}
	printf("|%s\n", table_status(t) ? "create" : "");
}

static void put_writable(void)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];

		for (size_t k = 0; k < t->ncolumns; k++) {
			if (column_writable(&t->columns[k]))
				printf("%s.%s\n", t->name, t->columns[k].name);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "writable") == 0) {
		put_writable();
		return 0;
	}
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];

		for (size_t k = 0; k < t->ncolumns; k++) {
			if (t->columns[k].type == TYPE_ADDR) {
				put_object(t, &t->columns[k], PART_ADDR_TYPE);
				put_object(t, &t->columns[k], PART_ADDR_BYTES);
			} else {
				put_object(t, &t->columns[k], PART_VALUE);
			}
		}
		if (!t->scalar)
			put_entry(t);
	}
	for (const struct event_info *e = event_infos; e->mib; e++)
		printf("drct%s|%s.%d.0.%d\n", e->mib, root, (int)tables[e->table].module,
		    (int)e->kind);
	return 0;
}
