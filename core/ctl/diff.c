/* SPDX-License-Identifier: BSD-2-Clause */
/* See diff.h. */
#include "core/ctl/diff.h"

#include <string.h>
#include "core/model/belong.h"

enum side { SIDE_BOTH, SIDE_FILE, SIDE_RUNNING };

/* A row that differs: before is what the file has, after what runs; where one has no row, the defaults. */
struct difference {
	enum side side;
	const struct row *before, *after;
	column_mask mask;
	/* What keeps it out of effect besides its own status; NULL: nothing */
	const struct row *blocked_by;
};

/* Called with each row that differs. */
typedef void (*difference_seen)(const struct difference *d, void *arg);

struct diffing {
	const struct store *file, *running;
	difference_seen seen;
	void *arg;
	size_t n;
};

static void see(struct diffing *d, const struct row *before, const struct row *after)
{
	const struct row *there = after ? after : before, *why;
	struct row *defaults = row_new(there->table);
	struct difference x = {.side = !before	? SIDE_RUNNING
				       : !after ? SIDE_FILE
						: SIDE_BOTH,
	    .before = before ? before : defaults,
	    .after = after ? after : defaults};

	x.mask = row_diff(x.before, x.after) & table_mask(there->table, CLASS_CONFIG);
	if (after && !belong_in_effect(d->running, after, &why) && why != after)
		x.blocked_by = why;
	if (x.mask || x.side != SIDE_BOTH || x.blocked_by) {
		d->n++;
		d->seen(&x, d->arg);
	}
	row_free(defaults);
}

/* Both stores are in the order of their keys. */
static void compare_table(struct diffing *d, enum table_id t)
{
	const struct row *a = store_first(d->file, t), *b = store_first(d->running, t);

	while (a || b) {
		int order = !a ? 1 : !b ? -1 : row_key_cmp(a, b);
		const struct row *before = order <= 0 ? a : NULL, *after = order >= 0 ? b : NULL;

		see(d, before, after);
		if (before)
			a = store_next(a);
		if (after)
			b = store_next(b);
	}
}

static size_t compare(
    const struct store *file, const struct store *running, difference_seen seen, void *arg)
{
	struct diffing d = {file, running, seen, arg, 0};

	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		if (table_mask(&tables[t], CLASS_CONFIG))
			compare_table(&d, t);
	return d.n;
}

static const struct row *row_that_is(const struct difference *d)
{
	return d->side == SIDE_FILE ? d->before : d->after;
}

/* ------------------------------------------------------------------------------ text */

static const char *shown(const struct row *r, const struct column *c, char buf[VALUE_SIZE])
{
	char text[COLUMN_TEXT_SIZE];

	if (c->secret)
		return *column_text(r, c) ? "***" : "\"\"";
	column_format(r, c, text);
	return *text ? text_clean(buf, VALUE_SIZE, text) : "\"\"";
}

static void print_column(
    FILE *out, const struct difference *d, const struct column *c, const char *start)
{
	char a[VALUE_SIZE], b[VALUE_SIZE];

	fprintf(out, "%s: %s: ", start, c->name);
	if (d->side == SIDE_BOTH)
		fprintf(out, "%s -> %s\n", shown(d->before, c, a), shown(d->after, c, b));
	else
		fprintf(out, "%s\n", shown(row_that_is(d), c, a));
}

static void print_difference(const struct difference *d, void *arg)
{
	static const char signs[] = {[SIDE_BOTH] = '~', [SIDE_FILE] = '-', [SIDE_RUNNING] = '+'};
	const struct table *t = row_that_is(d)->table;
	char row[ROW_TEXT_SIZE], clean[ROW_TEXT_SIZE], start[ROW_TEXT_SIZE + 2];
	FILE *out = arg;

	row_format(row_that_is(d), row);
	snprintf(
	    start, sizeof(start), "%c %s", signs[d->side], text_clean(clean, sizeof(clean), row));
	if (d->side != SIDE_BOTH)
		fprintf(out, "%s\n", start);
	if (d->after->origin == STORAGE_VOLATILE) /* a restart ends it */
		fprintf(out, "%s: storage: volatile\n", start);
	for (size_t i = 0; i < t->ncolumns; i++)
		if (d->mask >> i & 1)
			print_column(out, d, &t->columns[i], start);
	if (d->blocked_by)
		fprintf(out, "%s: not in effect: %s is not\n", start,
		    text_clean(clean, sizeof(clean), row_format(d->blocked_by, row)));
}

size_t diff_text(FILE *out, const struct store *file, const struct store *running)
{
	return compare(file, running, print_difference, out);
}

/* ------------------------------------------------------------------------------ JSON */

struct json {
	FILE *out;
	unsigned indent;
	bool any;
};

static void member(FILE *out, const char *name, const struct row *r, const struct column *c)
{
	static const struct style plain;

	fprintf(out, "\"%s\": ", name);
	value_json(out, r, c, &plain);
}

static void json_columns(const struct json *j, const struct difference *d)
{
	const struct table *t = row_that_is(d)->table;
	const char *separator = "";

	for (size_t i = 0; i < t->ncolumns; i++) {
		if (!(d->mask >> i & 1))
			continue;
		fprintf(j->out, "%s\n%*s{\"column\": ", separator, (int)j->indent + 6, "");
		json_string(j->out, t->columns[i].name);
		if (d->side != SIDE_RUNNING) {
			fputs(", ", j->out);
			member(j->out, "file", d->before, &t->columns[i]);
		}
		if (d->side != SIDE_FILE) {
			fputs(", ", j->out);
			member(j->out, "running", d->after, &t->columns[i]);
		}
		fputc('}', j->out);
		separator = ",";
	}
	if (*separator)
		fprintf(j->out, "\n%*s", (int)j->indent + 4, "");
}

/* The one row of a scalar table is always there. */
static const char *storage_word(const struct row *r)
{
	return enum_word(&enumeration_storage, r->table->scalar ? STORAGE_PERMANENT : r->origin);
}

static void json_difference(const struct difference *d, void *arg)
{
	static const char *const words[] = {
	    [SIDE_BOTH] = "changed", [SIDE_FILE] = "removed", [SIDE_RUNNING] = "added"};
	struct json *j = arg;
	int indent = (int)j->indent + 4;
	char text[ROW_TEXT_SIZE];

	fprintf(j->out, "%s\n%*s{\n%*s\"row\": ", j->any ? "," : "", indent - 2, "", indent, "");
	json_string(j->out, row_format(row_that_is(d), text));
	fprintf(j->out, ",\n%*s\"difference\": \"%s\",\n%*s\"storage\": ", indent, "",
	    words[d->side], indent, "");
	json_string(j->out, storage_word(row_that_is(d)));
	fprintf(j->out, ",\n%*s\"blocked_by\": ", indent, "");
	if (d->blocked_by)
		json_string(j->out, row_format(d->blocked_by, text));
	else
		fputs("null", j->out);
	fprintf(j->out, ",\n%*s\"columns\": [", indent, "");
	json_columns(j, d);
	fprintf(j->out, "]\n%*s}", indent - 2, "");
	j->any = true;
}

size_t diff_json(FILE *out, const struct store *file, const struct store *running, unsigned indent)
{
	struct json j = {out, indent, false};
	size_t n;

	fputc('[', out);
	n = compare(file, running, json_difference, &j);
	if (j.any)
		fprintf(out, "\n%*s", (int)indent, "");
	fputc(']', out);
	return n;
}

/* ---------------------------------------------------------------------------- export */

/* A comment of one line, whatever is in the text. */
static void name_left_out(FILE *out, const struct row *r)
{
	char text[ROW_TEXT_SIZE], clean[ROW_TEXT_SIZE];

	row_format(r, text);
	fprintf(out, "#   %s\n", text_clean(clean, sizeof(clean), text));
}

/* The rows in effect; the others are named in out. */
static struct store *rows_in_effect(FILE *out, const struct store *running)
{
	struct store *s = store_new();
	const struct row *why;
	bool any = false;

	for (enum table_id t = 0; t < TABLE_COUNT; t++) {
		struct row *r =
		    table_mask(&tables[t], CLASS_CONFIG) ? store_first(running, t) : NULL;

		for (; r; r = store_next(r)) {
			if (belong_in_effect(running, r, &why)) {
				store_insert(s, row_copy(r));
				continue;
			}
			if (!any)
				fputs("# Left out, because they are not in effect:\n", out);
			any = true;
			name_left_out(out, r);
		}
	}
	return s;
}

bool export_text(FILE *out, const struct style *s, const struct store *running, bool secrets)
{
	const struct system *sys = (const struct system *)store_first(running, TABLE_system);
	char date[DATE_SIZE];
	struct store *rows;
	bool ok;

	fprintf(out, "# The configuration of directord%s%s, generation %u, %s\n",
	    sys && *sys->router_id ? " at " : "", sys ? sys->router_id : "",
	    sys ? sys->generation : 0, date_format(s->wall, date));
	rows = rows_in_effect(out, running);
	fputc('\n', out);
	ok = config_write(rows, out, secrets);
	store_free(rows);
	return ok;
}
