/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module of Prometheus' snmp_exporter.
 *
 * Labels are the row's keys, read from its index; a state is a set of series of which one is 1.
 * Reasons in words are no metrics: each would make a new series.
 */
#include "config.h"
#include "etc/nms/nms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the module begins: in the old format it is at the top of the file. */
static int indent;

static void line_begins(int more)
{
	printf("%*s", indent + more, "");
}

/* ---- What is a metric */

static bool is_metric(const struct table *t, const struct column *c)
{
	if (c->class == CLASS_VIEW)
		return column_shown(t, c)->class == CLASS_STATE;
	if (c->type == TYPE_TEXT && c->class == CLASS_STATE && !t->scalar)
		return false;
	return column_is_polled(t, c);
}

static bool is_polled(const struct table *t)
{
	if (table_is_log(t))
		return false;
	for (size_t i = 0; i < t->ncolumns; i++)
		if (is_metric(t, &t->columns[i]))
			return true;
	return false;
}

/* ---- What is asked for */

/* The pool of a virtual server is a label of all that belongs to it. */
static bool is_lookup(const struct table *t, const struct column *c)
{
	return t->id == TABLE_virtual_server && c - t->columns == COL_virtual_server_pool;
}

static bool is_walked(const struct table *t, const struct column *c)
{
	return is_metric(t, c) || is_lookup(t, c);
}

/* A table as a whole, if most of it is wanted: that takes fewer requests. */
static void put_walk(const struct table *t)
{
	char oid[OID_TEXT_SIZE];
	size_t readable = 0, walked = 0;

	for (size_t i = 0; i < t->ncolumns; i++) {
		readable += t->columns[i].class != CLASS_KEY;
		walked += is_walked(t, &t->columns[i]);
	}
	if (2 * walked >= readable) {
		line_begins(2);
		printf("- %s\n", oid_of_entry(t, oid));
		return;
	}
	for (size_t i = 0; i < t->ncolumns; i++) {
		if (!is_walked(t, &t->columns[i]))
			continue;
		line_begins(2);
		printf("- %s\n", oid_of_column(t, &t->columns[i], PART_VALUE, oid));
	}
}

static void put_get(const struct table *t)
{
	char oid[OID_TEXT_SIZE];

	for (size_t i = 0; i < t->ncolumns; i++) {
		if (!is_metric(t, &t->columns[i]))
			continue;
		line_begins(2);
		printf("- %s.0\n", oid_of_column(t, &t->columns[i], PART_VALUE, oid));
	}
}

static void put_requests(bool scalar)
{
	line_begins(0);
	puts(scalar ? "get:" : "walk:");
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		if (!is_polled(&tables[i]) || tables[i].scalar != scalar)
			continue;
		if (scalar)
			put_get(&tables[i]);
		else
			put_walk(&tables[i]);
	}
}

/* ---- Metrics */

static void put_words(int more, const struct enumeration *e)
{
	line_begins(more);
	puts("enum_values:");
	for (const struct enum_word *w = e->words; w->word; w++) {
		line_begins(more + 2);
		printf("%" PRId32 ": ", w->number);
		put_quoted(w->word);
		putchar('\n');
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static const char *metric_type(const struct column *c)
{
	switch (c->type) {
	case TYPE_ENUM:
		return ends_with(c->name, "state") ? "EnumAsStateSet" : "EnumAsInfo";
	case TYPE_COUNT:
	case TYPE_COUNT32:
		return "counter";
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_USEC:
	case TYPE_WHEN:
		return "gauge";
	case TYPE_BOOL: /* see put_truth() */
	case TYPE_NAME:
	case TYPE_TEXT:
	case TYPE_ADDR:
	case TYPE_WALL:
	case TYPE_VIEW:
		break;
	}
	return "DisplayString";
}

/* A TruthValue's 1 and 2 as Prometheus' 1 and 0. */
static void put_truth(void)
{
	static const char *const lines[] = {
	    "regex_extracts:",
	    "  '':",
	    "  - regex: ^1$",
	    "    value: '1'",
	    "  - regex: ^2$",
	    "    value: '0'",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		line_begins(4);
		puts(lines[i]);
	}
}

static const char *index_type(const struct column *key)
{
	if (key->type == TYPE_NAME)
		return "DisplayString";
	if (key->type == TYPE_ADDR)
		return "InetAddress";
	return key->type == TYPE_ENUM ? "EnumAsInfo" : "gauge";
}

static void put_indexes(const struct table *t)
{
	char label[LABEL_SIZE];

	if (!t->keys)
		return;
	line_begins(4);
	puts("indexes:");
	for (size_t i = 0; i < t->keys; i++) {
		const struct column *key = &t->columns[i];

		line_begins(4);
		printf("- labelname: %s\n", key_label(t, key, label));
		line_begins(6);
		printf("type: %s\n", index_type(key));
		if (key->type == TYPE_ENUM)
			put_words(6, key->words);
	}
}

static void put_lookups(const struct table *t)
{
	const struct table *vs = &tables[TABLE_virtual_server];
	char label[LABEL_SIZE], oid[OID_TEXT_SIZE];

	if (!t->keys || strcmp(key_label(t, &t->columns[0], label), vs->name) != 0)
		return;
	line_begins(4);
	puts("lookups:");
	line_begins(4);
	printf("- labels: [%s]\n", label);
	line_begins(6);
	puts("labelname: pool");
	line_begins(6);
	printf(
	    "oid: %s\n", oid_of_column(vs, &vs->columns[COL_virtual_server_pool], PART_VALUE, oid));
	line_begins(6);
	puts("type: DisplayString");
}

static void put_help(const struct table *t, const struct column *c)
{
	const struct column *shown = column_shown(t, c);
	char text[1024];
	const char *units = shown->units;

	if (shown->type == TYPE_WHEN)
		units = "sysUpTime in centiseconds";
	snprintf(text, sizeof(text), "%s%s%s%s", c->help, units ? " (" : "", units ? units : "",
	    units ? ")" : "");
	line_begins(4);
	fputs("help: ", stdout);
	put_quoted(text);
	putchar('\n');
}

static void put_metric(const struct table *t, const struct column *c)
{
	const struct column *shown = column_shown(t, c);
	char name[OBJECT_NAME_SIZE], oid[OID_TEXT_SIZE];

	line_begins(2);
	printf("- name: %s\n", object_name(t, c, PART_VALUE, name));
	line_begins(4);
	printf("oid: %s\n", oid_of_column(t, c, PART_VALUE, oid));
	line_begins(4);
	printf("type: %s\n", metric_type(shown));
	put_help(t, c);
	put_indexes(t);
	put_lookups(t);
	if (shown->type == TYPE_ENUM)
		put_words(4, shown->words);
	else if (shown->type == TYPE_BOOL)
		put_truth();
}

static void put_metrics(void)
{
	line_begins(0);
	puts("metrics:");
	for (size_t i = 0; i < TABLE_COUNT; i++)
		for (size_t j = 0; is_polled(&tables[i]) && j < tables[i].ncolumns; j++)
			if (is_metric(&tables[i], &tables[i].columns[j]))
				put_metric(&tables[i], &tables[i].columns[j]);
}

static void put_module(void)
{
	put_requests(false);
	put_requests(true);
	put_metrics();
}

/* ---- Files */

static const char what[] =
    "# Prometheus' snmp_exporter: a module for directord. Made from the schema; do not edit.\n"
    "# Merge it into snmp.yml, or name it besides with --config.file.\n";

void put_exporter(void)
{
	fputs(what, stdout);
	puts("# For releases from 0.23; for older ones (Debian 12) see snmp_exporter-0.21.yml.\n"
	     "auths:\n"
	     "  directord:\n"
	     "    version: 2\n"
	     "    community: public\n"
	     "modules:\n"
	     "  directord:");
	indent = 4;
	put_module();
}

void put_exporter_old(void)
{
	fputs(what, stdout);
	puts("# For releases before 0.23 (Debian 12 has 0.21); for newer ones see "
	     "snmp_exporter.yml.\n"
	     "directord:\n"
	     "  version: 2\n"
	     "  auth:\n"
	     "    community: public");
	indent = 2;
	put_module();
}
