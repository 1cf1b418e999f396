/* SPDX-License-Identifier: BSD-2-Clause */
/* See edit.h. */
#include "core/ctl/edit.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "core/ctl/session.h"
#include "core/ctl/show.h"

#define LINE_WORDS 100

enum verb { VERB_ADD, VERB_SET, VERB_DELETE };

struct edit *edits_put(struct edits *e, unsigned line, struct row *row)
{
	if (e->n == e->size) {
		e->size = e->size ? 2 * e->size : 16;
		e->list = reallocarray(e->list, e->size, sizeof(*e->list));
		e->lines = reallocarray(e->lines, e->size, sizeof(*e->lines));
		if (!e->list || !e->lines)
			abort();
	}
	e->list[e->n] = (struct edit){.row = row};
	e->lines[e->n] = line;
	return &e->list[e->n++];
}

void edits_clear(struct edits *e)
{
	for (size_t i = 0; i < e->n; i++)
		row_free(e->list[i].row);
	free(e->list);
	free(e->lines);
	e->list = NULL;
	e->lines = NULL;
	e->n = e->size = 0;
}

void edit_place(const struct edits *e, unsigned line, FILE *err)
{
	fputs("directorctl: ", err);
	if (e->file && line)
		fprintf(err, "%s:%u: ", e->file, line);
}

static bool complain(const struct edits *e, unsigned line, FILE *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Always false. */
static bool complain(const struct edits *e, unsigned line, FILE *err, const char *fmt, ...)
{
	va_list ap;

	edit_place(e, line, err);
	va_start(ap, fmt);
	vfprintf(err, fmt, ap);
	va_end(ap);
	fputc('\n', err);
	return false;
}

/* Of several edits of one row, the one that names the column. */
unsigned edits_blamed(const struct edits *e, const struct refusal *r)
{
	unsigned line = 0;
	char text[ROW_TEXT_SIZE];

	for (size_t i = 0; i < e->n; i++) {
		if (strcmp(row_format(e->list[i].row, text), r->row) != 0)
			continue;
		if (!line || (r->column >= 0 && e->list[i].mask >> r->column & 1))
			line = e->lines[i];
	}
	return line;
}

/* ---------------------------------------------------------------------------- words */

/* The column that an argument assigns to; NULL if it is no assignment to one of the table's. */
static const struct column *assigned(const struct table *t, const char *arg)
{
	const char *equals = strchr(arg, '=');
	char name[64];

	if (!equals || equals - arg >= (int)sizeof(name))
		return NULL;
	memcpy(name, arg, (size_t)(equals - arg));
	name[equals - arg] = '\0';
	return table_column(t, name);
}

/* The words of a key may be one argument or several. */
static bool parse_key(struct row *r, char **argv, int argc, char why[WHY_SIZE])
{
	char key[2 * KEY_TEXT_SIZE];
	size_t n = 0;

	key[0] = '\0';
	for (int i = 0; i < argc && n < sizeof(key); i++)
		n += (size_t)snprintf(key + n, sizeof(key) - n, "%s%s", i ? " " : "", argv[i]);
	return row_key_parse(r, key, why);
}

static struct row *row_of(const struct edits *e, unsigned line, char **argv, int argc, FILE *err)
{
	const struct table *t = argc ? show_table_find(argv[0]) : NULL;
	char why[WHY_SIZE];
	struct row *r;

	if (!t) {
		complain(e, line, err, "there is no table '%s'", argc ? argv[0] : "");
		return NULL;
	}
	r = row_new(t);
	if (parse_key(r, argv + 1, argc - 1, why))
		return r;
	complain(e, line, err, "%s: %s", t->name, why);
	row_free(r);
	return NULL;
}

struct row *edit_row(char **argv, int argc, FILE *err)
{
	static const struct edits none;

	return row_of(&none, 0, argv, argc, err);
}

static column_mask bit_of(const struct row *r, const struct column *c)
{
	return (column_mask)1 << (c - r->table->columns);
}

static bool parse_values(
    struct edits *e, struct edit *edit, unsigned line, char **argv, int argc, FILE *err)
{
	char why[WHY_SIZE], title[ROW_TEXT_SIZE];

	for (int i = 0; i < argc; i++) {
		const struct column *c = assigned(edit->row->table, argv[i]);

		if (!column_parse(edit->row, c, strchr(argv[i], '=') + 1, why))
			return complain(e, line, err, "refused: %s: %s: %s",
			    row_format(edit->row, title), c->name, why);
		edit->mask |= bit_of(edit->row, c);
	}
	return true;
}

/* ---------------------------------------------------------------------------- verbs */

static bool parse_verb(const char *word, enum verb *v)
{
	static const char *const words[] = {
	    [VERB_ADD] = "add", [VERB_SET] = "set", [VERB_DELETE] = "delete"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], word) != 0)
			continue;
		*v = (enum verb)i;
		return true;
	}
	return false;
}

/* What is wrong with the number of values, or NULL. */
static const char *misused(enum verb v, const struct table *t, int values)
{
	if (v == VERB_DELETE && values)
		return "delete takes no values";
	if (v != VERB_SET && !table_status(t))
		return "rows of this table are neither made nor destroyed";
	return NULL;
}

/* A row that is to be made says so in its status; "active" means what it will be then. */
static void ask_for_row(struct edit *e)
{
	const struct column *c = table_status(e->row->table);
	int64_t wanted = e->mask & bit_of(e->row, c) ? column_number(e->row, c) : STATUS_ACTIVE;

	if (wanted == STATUS_ACTIVE)
		wanted = STATUS_CREATE_AND_GO;
	else if (wanted == STATUS_NOT_IN_SERVICE)
		wanted = STATUS_CREATE_AND_WAIT;
	column_set_number(e->row, c, wanted);
	e->mask |= bit_of(e->row, c);
}

/* How many of the words, from the end, are assignments. */
static int count_values(const struct table *t, char **argv, int argc)
{
	int n = 0;

	while (n < argc && assigned(t, argv[argc - 1 - n]))
		n++;
	return n;
}

bool edits_add(struct edits *e, unsigned line, char **argv, int argc, FILE *err, int *status)
{
	const struct table *t = argc > 1 ? show_table_find(argv[1]) : NULL;
	int values = t ? count_values(t, argv + 2, argc - 2) : 0;
	struct edit *edit;
	struct row *row;
	enum verb v;

	*status = CTL_USAGE;
	if (!parse_verb(argv[0], &v))
		return complain(e, line, err, "'%s' is not add, set or delete", argv[0]);
	if (t && misused(v, t, values))
		return complain(e, line, err, "%s: %s", t->name, misused(v, t, values));
	if (t && v == VERB_SET && !values)
		return complain(e, line, err, "'%s' is not COLUMN=VALUE with a column of %s",
		    argv[argc - 1], t->name);
	row = row_of(e, line, argv + 1, argc - 1 - values, err);
	if (!row)
		return false;
	edit = edits_put(e, line, row);
	*status = CTL_REFUSED;
	if (!parse_values(e, edit, line, argv + argc - values, values, err))
		return false;
	edit->destroy = v == VERB_DELETE;
	if (v == VERB_ADD)
		ask_for_row(edit);
	return true;
}

/* ----------------------------------------------------------------------------- lines */

/* COLUMN="a value": the quotes go.  Those of a key stay, whoever reads the key knows them. */
static void unquote_value(char *word)
{
	char *to = strchr(word, '='), *from;

	if (*word == '"' || !to || to[1] != '"')
		return;
	for (from = ++to, from++; *from && *from != '"'; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*to = '\0';
}

/* The end of the word that begins here; NULL if a quote is not closed. */
static char *end_of_word(char *p)
{
	bool quoted = false;

	for (; *p && (quoted || !strchr(" \t\r\n", *p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p[1])
			p++;
	}
	return quoted ? NULL : p;
}

/* The number of words; -1 with a reason. */
static int split(char *line, char *words[LINE_WORDS], const char **why)
{
	int n = 0;
	char *end;

	for (char *p = line + strspn(line, " \t\r\n"); *p; p = end + strspn(end, " \t\r\n")) {
		if (n == 0 && *p == '#')
			break;
		*why = n == LINE_WORDS ? "too many words" : "a quote is not closed";
		end = n == LINE_WORDS ? NULL : end_of_word(p);
		if (!end)
			return -1;
		if (*end)
			*end++ = '\0';
		unquote_value(p);
		words[n++] = p;
	}
	return n;
}

bool edits_read(struct edits *e, FILE *in, FILE *err, int *status)
{
	char *line = NULL, *words[LINE_WORDS];
	const char *why = NULL;
	unsigned number = 0;
	size_t size = 0;
	bool ok = true;

	while (ok && getline(&line, &size, in) >= 0) {
		int n = split(line, words, &why);

		number++;
		*status = CTL_USAGE;
		if (n < 0)
			ok = complain(e, number, err, "%s", why);
		else if (n > 0)
			ok = edits_add(e, number, words, n, err, status);
	}
	free(line);
	return ok;
}
