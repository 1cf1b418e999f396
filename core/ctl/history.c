/* SPDX-License-Identifier: BSD-2-Clause */
/* See history.h. */
#include "core/ctl/history.h"

#include <inttypes.h>
#include <string.h>
#include "core/ctl/words.h"

/* The history keeps no secrets: that one changed is all that can be said. */
static bool is_secret(const struct config_change *c)
{
	char name[64];
	const struct table *t;
	const struct column *column;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(c->subject, " "), c->subject);
	t = table_find(name);
	column = t ? table_column(t, c->object) : NULL;
	return column && column->secret;
}

static const char *value_words(const char *value, char buf[VALUE_SIZE])
{
	return *value ? text_clean(buf, VALUE_SIZE, value) : "\"\"";
}

/* "1 -> 3" */
static void change_words(const struct config_change *c, char buf[2 * VALUE_SIZE])
{
	char a[VALUE_SIZE], b[VALUE_SIZE];

	if (is_secret(c))
		snprintf(buf, 2 * VALUE_SIZE, "changed");
	else if (!*c->object) /* a remark */
		snprintf(buf, 2 * VALUE_SIZE, "%s", value_words(c->new_value, b));
	else if (strcmp(c->old_value, c->new_value) == 0) /* but set now, or not any more */
		snprintf(buf, 2 * VALUE_SIZE, "%s, as before", value_words(c->new_value, b));
	else
		snprintf(buf, 2 * VALUE_SIZE, "%s -> %s", value_words(c->old_value, a),
		    value_words(c->new_value, b));
}

static struct config_change *first_of(const struct store *store, uint32_t generation)
{
	struct config_change *key = ROW_NEW(config_change), *c;

	key->generation = generation;
	key->number = 0;
	c = (struct config_change *)store_at_or_after(store, &key->row);
	row_free(&key->row);
	return c;
}

static struct config_change *next_of(const struct config_change *c)
{
	struct config_change *n = (struct config_change *)store_next(&c->row);

	return n && n->generation == c->generation ? n : NULL;
}

void history_changes(FILE *out, const struct store *store, uint32_t generation)
{
	char row[VALUE_SIZE], change[2 * VALUE_SIZE];
	const struct config_change *c = first_of(store, generation);

	if (c && c->generation != generation)
		return;
	for (; c; c = next_of(c)) {
		change_words(c, change);
		fprintf(out, "%s: %s: %s\n", text_clean(row, sizeof(row), c->subject), c->object,
		    change);
	}
}

uint32_t history_newest(const struct store *store, uint32_t after)
{
	const struct config_change *c = first_of(store, after + 1);
	uint32_t newest = 0;

	for (; c; c = (const struct config_change *)store_next(&c->row))
		if (c->origin == ORIGIN_CONTROL)
			newest = c->generation;
	return newest;
}

/* --------------------------------------------------------------------- which generations */

static struct config_change *next_generation(const struct config_change *c)
{
	const struct config_change *n;

	while ((n = next_of(c)))
		c = n;
	return (struct config_change *)store_next(&c->row);
}

/* The first chosen change; NULL if there is none. */
static struct config_change *chosen(const struct store *store, const struct history_choice *choice)
{
	struct config_change *c = first_of(store, choice->generation);
	size_t n = 0;

	if (choice->generation)
		return c && c->generation == choice->generation ? c : NULL;
	for (const struct config_change *i = c; i; i = next_generation(i))
		n++;
	for (; c && n > choice->last; n--)
		c = next_generation(c);
	return c;
}

/* ------------------------------------------------------------------------------ text */

/* "generation 7, 2026-11-22 04:05:06, by SNMP" and a line for each change. */
static void generation_text(FILE *out, const struct style *s, const struct config_change *c)
{
	char date[DATE_SIZE], text[WORDS_SIZE], change[2 * VALUE_SIZE], row[VALUE_SIZE];
	const char *before = "";
	struct grid *g = grid_new(2);

	snprintf(text, sizeof(text), "generation %u, %s, by %s", c->generation,
	    date_format(c->time, date), change_origin_words(c->origin));
	title(out, s, text);
	grid_column(g, "", NULL, GRID_LEFT);
	grid_column(g, "", NULL, GRID_LEFT);
	grid_column(g, "", NULL, GRID_WRAP);
	for (; c; c = next_of(c)) {
		bool same = strcmp(before, c->subject) == 0;

		grid_cell(g, PAINT_NONE, same ? "" : text_clean(row, sizeof(row), c->subject));
		grid_cell(g, PAINT_NONE, c->object);
		change_words(c, change);
		grid_cell(g, PAINT_NONE, change);
		before = c->subject;
	}
	grid_print(g, out, s);
	grid_free(g);
}

bool history_text(FILE *out, const struct style *s, const struct store *store,
    const struct history_choice *choice)
{
	const struct config_change *c = chosen(store, choice);
	const struct control *control = (const struct control *)store_first(store, TABLE_control);
	char text[WORDS_SIZE];

	if (choice->generation && !c)
		return false;
	if (!c)
		fprintf(out, "nothing was changed yet\n");
	for (; c; c = choice->generation ? NULL : next_generation(c))
		generation_text(out, s, c);
	if (choice->generation || !control)
		return true;
	snprintf(text, sizeof(text), "(rollback can go back to generation %u)", control->rollback);
	paint(out, s, PAINT_DIM, text);
	fputc('\n', out);
	return true;
}

/* ------------------------------------------------------------------------------ JSON */

static void string_member(FILE *out, const char *name, const char *value)
{
	fprintf(out, "\"%s\": ", name);
	json_string(out, value);
}

static void change_json(FILE *out, const struct config_change *c)
{
	fputs("      {", out);
	string_member(out, "row", c->subject);
	fputs(", ", out);
	string_member(out, "column", c->object);
	fputs(", ", out);
	string_member(out, "old", is_secret(c) ? "***" : c->old_value);
	fputs(", ", out);
	string_member(out, "new", is_secret(c) ? "***" : c->new_value);
	fputc('}', out);
}

static void generation_json(FILE *out, const struct style *s, const struct config_change *c)
{
	const char *separator = "";

	fprintf(out, "  {\n    \"generation\": %u,\n    \"time\": ", c->generation);
	value_json(out, &c->row, &c->row.table->columns[COL_config_change_time], s);
	fputs(",\n    ", out);
	string_member(out, "origin", enum_word(&enumeration_change_origin, c->origin));
	fputs(",\n    \"changes\": [", out);
	for (; c; c = next_of(c)) {
		fprintf(out, "%s\n", separator);
		change_json(out, c);
		separator = ",";
	}
	fputs("\n    ]\n  }", out);
}

bool history_json(FILE *out, const struct style *s, const struct store *store,
    const struct history_choice *choice)
{
	const struct config_change *c = chosen(store, choice);
	const char *separator = "\n";

	if (choice->generation && !c)
		return false;
	fputc('[', out);
	for (; c; c = choice->generation ? NULL : next_generation(c)) {
		fputs(separator, out);
		generation_json(out, s, c);
		separator = ",\n";
	}
	fputs(*separator == ',' ? "\n]\n" : "]\n", out);
	return true;
}
