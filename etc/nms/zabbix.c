/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A template of Zabbix 6.0 and later.
 *
 * Items of the director as a whole; a discovery rule for each table, whose macros are the row's keys as
 * the columns for pollers (VIEW) have them; value maps of the enumerations; triggers.
 *
 * UUIDs are made from names, so they stay the same when the template is made again, and importing it
 * again updates what is there.
 */
#include "config.h"
#include "etc/nms/nms.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEMPLATE "directord by SNMP"

/* ---- Triggers: the expression has @ for the item and # for the value. */

static const struct trigger {
	enum table_id table;
	const char *column;
	const char *expression;
	int value;
	const char *name; /* what is said of the row */
	const char *priority;
	bool manual_close; /* it tells of a moment, not of a state */
} triggers[] = {
    {TABLE_system, "generation", "nodata(@,5m)=1", 0, "no answers over SNMP", "AVERAGE", false},
    {TABLE_system, "datastore_state", "length(last(@))>0 and last(@)<>\"ok\"", 0,
	"trouble with the datastore", "HIGH", false},
    {TABLE_system, "lvs_state", "length(last(@))>0 and last(@)<>\"ok\"", 0,
	"the kernel's IPVS table cannot be reached", "HIGH", false},
    {TABLE_system, "reload_result", "length(last(@))>0 and last(@)<>\"ok\"", 0,
	"the configuration file was refused", "WARNING", false},
    {TABLE_system, "lvs_drift", "last(@)>0", 0, "somebody else changes the kernel's IPVS table",
	"WARNING", false},
    {TABLE_process, "restarts", "change(@)>0", 0, "was restarted", "WARNING", true},
    {TABLE_process, "state", "max(@,5m)<# or min(@,5m)>#", PROCESS_RUNNING, "does not run",
	"AVERAGE", false},
    {TABLE_real_server, "state", "last(@)=#", SERVER_DOWN, "is down", "AVERAGE", false},
    {TABLE_virtual_server, "state", "last(@)=#", VIRTUAL_DOWN, "has no quorum", "HIGH", false},
    {TABLE_virtual_server, "state", "last(@)=#", VIRTUAL_SORRY,
	"has no quorum: the sorry server serves", "AVERAGE", false},
    {TABLE_vrrp_instance, "state", "last(@)=#", VRRP_FAULT, "is in fault", "HIGH", false},
    {TABLE_vrrp_instance, "transitions", "change(@)>0", 0, "changed its state", "WARNING", true},
    {TABLE_vrrp_statistics, "stalls", "change(@)>0", 0,
	"show that the process was held up for longer than the master down interval", "WARNING",
	true},
};

/* ---- Lines */

static void line(int indent, const char *key, const char *value)
{
	printf("%*s%s: ", indent, "", key);
	put_quoted(value);
	putchar('\n');
}

static void word_line(int indent, const char *key, const char *word)
{
	printf("%*s%s: %s\n", indent, "", key, word);
}

/* FNV-1a, of 64 bits, from this start. */
static uint64_t hash(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h ^ h >> 29;
}

/* The first line of an entry of a list: a UUID of version 4 that the name always gives. */
static void uuid_line(int indent, const char *kind, const char *name)
{
	char text[2048];
	uint64_t a, b;

	snprintf(text, sizeof(text), "directord %s %s", kind, name);
	a = hash(UINT64_C(14695981039346656037), text);
	b = hash(a ^ UINT64_C(0x9e3779b97f4a7c15), text);
	a = (a & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
	b = (b & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
	printf("%*s- uuid: '%016" PRIx64 "%016" PRIx64 "'\n", indent, "", a, b);
}

/* ---- Keys and macros */

/* {#POOL}, or {#POOL} {#ADDRESS} {#PORT}: the row's keys, in words. */
static void row_name(const struct table *t, char *text, size_t size)
{
	char label[LABEL_SIZE];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < t->keys && n < size; i++) {
		key_label(t, &t->columns[i], label);
		for (char *p = label; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		n += (size_t)snprintf(text + n, size - n, "%s{#%s}", i ? " " : "", label);
	}
}

/* The column that shows a key. */
static const struct column *key_view(const struct table *t, const struct column *key)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->columns[i].class == CLASS_VIEW && strcmp(t->columns[i].of, key->name) == 0)
			return &t->columns[i];
	fprintf(stderr, "schema-nms: no column shows %s.%s\n", t->name, key->name);
	exit(1);
}

static void item_key(const struct table *t, const struct column *c, char *text, size_t size)
{
	char name[OBJECT_NAME_SIZE];

	snprintf(text, size, "%s%s", object_name(t, c, PART_VALUE, name),
	    t->scalar ? "" : "[{#SNMPINDEX}]");
}

/* "VRRP instance {#VRRP_INSTANCE}: Master priority" */
static void item_name(const struct table *t, const struct column *c, char *text, size_t size)
{
	char thing[LABEL_SIZE], what[LABEL_SIZE], row[256];

	spaced(c->class == CLASS_VIEW ? c->of : c->name, what);
	if (t->scalar) {
		snprintf(text, size, "Director: %s", what);
		return;
	}
	row_name(t, row, sizeof(row));
	snprintf(text, size, "%s %s: %s", spaced(t->name, thing), row, what);
}

/* ---- Items */

static bool is_item(const struct table *t, const struct column *c)
{
	if (c->class == CLASS_VIEW)
		return column_shown(t, c)->class == CLASS_STATE;
	return column_is_polled(t, c) && c->type != TYPE_WHEN;
}

static bool is_text(const struct column *c)
{
	return c->type == TYPE_TEXT || c->type == TYPE_NAME || c->type == TYPE_ADDR;
}

static void put_step(int indent, const char *type, const char *parameter)
{
	printf(
	    "%*s- type: %s\n%*s  parameters:\n%*s    - ", indent, "", type, indent, "", indent, "");
	put_quoted(parameter);
	putchar('\n');
}

/* Units of the schema as Zabbix has them, and what a value is multiplied with. */
static const struct {
	const char *units, *shown, *factor;
} units[] = {
    {"kilobytes", "B", "1024"},
    {"kilobits per second", "bps", "1000"},
    {"microseconds", "s", "0.000001"},
    {"milliseconds", "s", "0.001"},
    {"centiseconds", "s", "0.01"},
    {"bytes", "B", NULL},
};

static void put_units(int indent, const struct column *c)
{
	char text[64];
	bool rate = c->type == TYPE_COUNT;

	if (!c->units)
		return;
	snprintf(text, sizeof(text), "!%s%s", c->units, rate ? " per second" : "");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(c->units, units[i].units) == 0)
			snprintf(text, sizeof(text), "%s%s", units[i].shown, rate ? "ps" : "");
	line(indent, "units", text);
}

/* Counters of traffic are shown as rates, the few of events as they are. */
static void put_steps(int indent, const struct column *c)
{
	const char *factor = NULL;

	for (size_t i = 0; c->units && i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(c->units, units[i].units) == 0)
			factor = units[i].factor;
	if (!is_text(c) && c->type != TYPE_COUNT && !factor)
		return;
	printf("%*spreprocessing:\n", indent, "");
	if (is_text(c))
		put_step(indent + 2, "DISCARD_UNCHANGED_HEARTBEAT", "1h");
	if (c->type == TYPE_COUNT)
		put_step(indent + 2, "CHANGE_PER_SECOND", "");
	if (factor)
		put_step(indent + 2, "MULTIPLIER", factor);
}

/* UNSIGNED is what is meant when nothing is said. */
static void put_value_type(int indent, const struct column *c)
{
	if (is_text(c)) {
		word_line(indent, "trends", "'0'");
		word_line(indent, "value_type", "CHAR");
	} else if (c->type == TYPE_COUNT || c->type == TYPE_INT || c->type == TYPE_USEC) {
		word_line(indent, "value_type", "FLOAT");
	}
}

static const char *map_name(const struct column *c)
{
	return c->type == TYPE_BOOL ? "truth" : c->words->name;
}

/* The expression with the item and the value put in. */
static void expression(const struct table *t, const struct trigger *g, char *text, size_t size)
{
	char key[OID_TEXT_SIZE];
	size_t n = 0;

	item_key(t, table_column(t, g->column), key, sizeof(key));
	text[0] = '\0';
	for (const char *p = g->expression; *p && n < size; p++) {
		if (*p == '@')
			n += (size_t)snprintf(text + n, size - n, "/" TEMPLATE "/%s", key);
		else if (*p == '#')
			n += (size_t)snprintf(text + n, size - n, "%d", g->value);
		else
			n += (size_t)snprintf(text + n, size - n, "%c", *p);
	}
}

static void put_trigger(int indent, const struct table *t, const struct trigger *g)
{
	char text[1024], row[256], thing[LABEL_SIZE], name[600];

	row_name(t, row, sizeof(row));
	expression(t, g, text, sizeof(text));
	if (t->scalar)
		snprintf(name, sizeof(name), "Director: %s", g->name);
	else
		snprintf(name, sizeof(name), "%s %s %s", spaced(t->name, thing), row, g->name);
	uuid_line(indent, "trigger", name);
	line(indent + 2, "expression", text);
	line(indent + 2, "name", name);
	word_line(indent + 2, "priority", g->priority);
	if (g->manual_close)
		word_line(indent + 2, "manual_close", "'YES'");
	printf("%*stags:\n%*s- tag: scope\n%*s  value: availability\n", indent + 2, "", indent + 4,
	    "", indent + 4, "");
}

static void put_triggers(int indent, const struct table *t, const struct column *c)
{
	const char *heading = t->scalar ? "triggers" : "trigger_prototypes";

	for (size_t i = 0; i < sizeof(triggers) / sizeof(*triggers); i++) {
		if (triggers[i].table != t->id || strcmp(triggers[i].column, c->name) != 0)
			continue;
		if (heading)
			printf("%*s%s:\n", indent, "", heading);
		heading = NULL;
		put_trigger(indent + 2, t, &triggers[i]);
	}
}

static void put_item(int indent, const struct table *t, const struct column *c)
{
	const struct column *shown = column_shown(t, c);
	char text[OID_TEXT_SIZE + 32], oid[OID_TEXT_SIZE];

	item_key(t, c, text, sizeof(text));
	uuid_line(indent, "item", text);
	indent += 2;
	line(indent, "key", text);
	item_name(t, c, text, sizeof(text));
	line(indent, "name", text);
	word_line(indent, "type", "SNMP_AGENT");
	snprintf(text, sizeof(text), "%s.%s", oid_of_column(t, c, PART_VALUE, oid),
	    t->scalar ? "0" : "{#SNMPINDEX}");
	line(indent, "snmp_oid", text);
	put_value_type(indent, shown);
	put_units(indent, shown);
	line(indent, "description", c->help);
	if (shown->type == TYPE_ENUM || shown->type == TYPE_BOOL)
		printf("%*svaluemap:\n%*sname: %s\n", indent, "", indent + 2, "", map_name(shown));
	put_steps(indent, shown);
	printf("%*stags:\n%*s- tag: component\n%*s  value: %s\n", indent, "", indent + 2, "",
	    indent + 2, "", t->name);
	put_triggers(indent, t, c);
}

static void put_items(int indent, const struct table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (is_item(t, &t->columns[i]))
			put_item(indent, t, &t->columns[i]);
}

/* ---- Discovery */

static bool is_discovered(const struct table *t)
{
	if (t->scalar || table_is_log(t))
		return false;
	for (size_t i = 0; i < t->ncolumns; i++)
		if (is_item(t, &t->columns[i]))
			return true;
	return false;
}

static void put_discovery_oid(int indent, const struct table *t)
{
	char label[LABEL_SIZE], oid[OID_TEXT_SIZE];

	printf("%*ssnmp_oid: 'discovery[", indent, "");
	for (size_t i = 0; i < t->keys; i++) {
		const struct column *key = &t->columns[i];

		key_label(t, key, label);
		for (char *p = label; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		printf("%s{#%s},%s", i ? "," : "", label,
		    oid_of_column(t, key_view(t, key), PART_VALUE, oid));
	}
	puts("]'");
}

static void put_discovery(int indent, const struct table *t)
{
	char name[LABEL_SIZE + 32], thing[LABEL_SIZE];

	snprintf(name, sizeof(name), "drct%s.discovery", t->mib);
	uuid_line(indent, "discovery", name);
	indent += 2;
	line(indent, "key", name);
	snprintf(name, sizeof(name), "%s discovery", spaced(t->name, thing));
	line(indent, "name", name);
	word_line(indent, "type", "SNMP_AGENT");
	put_discovery_oid(indent, t);
	line(indent, "delay", "{$DIRECTORD.DISCOVERY}");
	line(indent, "description", t->help);
	printf("%*sitem_prototypes:\n", indent, "");
	put_items(indent + 2, t);
}

/* ---- Value maps */

static const struct enumeration *const maps[] = {
#define ENUM_BEGIN(name) &enumeration_##name,
#define ENUM_VALUE(name, constant, number, word)
#define ENUM_END(name)
#include "core/model/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END
};

static bool map_is_used(const struct enumeration *e)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		for (size_t j = 0; j < tables[i].ncolumns; j++)
			if (!table_is_log(&tables[i]) && tables[i].columns[j].words == e &&
			    is_item(&tables[i], &tables[i].columns[j]))
				return true;
	return false;
}

static void put_mapping(int indent, int32_t number, const char *word)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRId32, number);
	printf("%*s- ", indent, "");
	line(0, "value", text);
	line(indent + 2, "newvalue", word);
}

static void put_map(int indent, const struct enumeration *e)
{
	uuid_line(indent, "valuemap", e->name);
	word_line(indent + 2, "name", e->name);
	printf("%*smappings:\n", indent + 2, "");
	for (const struct enum_word *w = e->words; w->word; w++)
		put_mapping(indent + 4, w->number, w->word);
}

static void put_maps(int indent)
{
	static const struct enum_word truth_words[] = {{1, "true"}, {2, "false"}, {0, NULL}};
	static const struct enumeration truth = {"truth", truth_words};

	printf("%*svaluemaps:\n", indent, "");
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		if (map_is_used(maps[i]))
			put_map(indent + 2, maps[i]);
	put_map(indent + 2, &truth);
}

/* ---- The template */

static void put_groups(int indent, bool whole)
{
	printf("%*sgroups:\n", indent, "");
	if (whole)
		uuid_line(indent + 2, "group", "Templates/directord");
	printf("%*s%sname: Templates/directord\n", indent + 2, "", whole ? "  " : "- ");
}

void put_zabbix(void)
{
	puts("# Zabbix 6.0 or later: a template for directord. Made from the schema; do not edit.\n"
	     "zabbix_export:\n"
	     "  version: '6.0'\n"
	     "  date: '2026-11-24T00:00:00Z'");
	put_groups(2, true);
	puts("  templates:");
	uuid_line(4, "template", TEMPLATE);
	line(6, "template", TEMPLATE);
	line(6, "name", TEMPLATE);
	line(6, "description",
	    "directord: virtual servers, real servers, health checks and VRRP instances of a "
	    "director, over SNMP.");
	put_groups(6, false);
	puts("      items:");
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (tables[i].scalar)
			put_items(8, &tables[i]);
	puts("      discovery_rules:");
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (is_discovered(&tables[i]))
			put_discovery(8, &tables[i]);
	puts("      macros:\n"
	     "        - macro: '{$DIRECTORD.DISCOVERY}'\n"
	     "          value: 10m\n"
	     "          description: 'How often rows are looked for.'");
	put_maps(6);
}
