/* SPDX-License-Identifier: BSD-2-Clause */
/* See reader.h: statements become columns, by the schema. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/config/reader.h"

static const struct column_flag flags[] = {
    {TABLE_real_server, COL_real_server_on_failure, ON_FAILURE_WEIGHT_ZERO},
    {TABLE_vrrp_instance, COL_vrrp_instance_family, INET_IPV6},
    {TABLE_vrrp_instance, COL_vrrp_instance_checksum, VRRP_CHECKSUM_MESSAGE},
};

const struct column_flag *column_flag_of(const struct table *t, int column)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (flags[i].table == t->id && flags[i].column == column)
			return &flags[i];
	return NULL;
}

/* ---- Values. */

bool read_words(struct reader *r, const struct statement *st, size_t min, size_t max)
{
	if (st->n < min) {
		diagnosis_error(r->d, st->at, "'%s' needs %s", st->words[0].text,
		    min == 2 ? "a value" : "more values");
		return false;
	}
	if (st->n > max) {
		diagnosis_error(r->d, st->words[max].at, "'%s' is too much after '%s'",
		    st->words[max].text, st->words[max - 1].text);
		return false;
	}
	return true;
}

bool word_switch(const char *text, bool *on)
{
	static const char *const words[] = {"off", "on", "false", "true", "no", "yes"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(text, words[i]) == 0) {
			*on = i % 2;
			return true;
		}
	}
	return false;
}

bool read_switch(struct reader *r, const struct statement *st, bool *on)
{
	*on = true;
	if (!read_words(r, st, 1, 2))
		return false;
	if (st->n == 1 || word_switch(st->words[1].text, on))
		return true;
	diagnosis_error(r->d, st->words[1].at, "'%s': '%s' is neither on nor off",
	    st->words[0].text, st->words[1].text);
	return false;
}

bool read_number(struct reader *r, const struct word *w, int64_t min, int64_t max, int64_t *v)
{
	char *end;

	*v = strtoll(w->text, &end, 10);
	if (!isdigit((unsigned char)*w->text) || *end)
		diagnosis_error(r->d, w->at, "'%s' is not a number", w->text);
	else if (*v < min || *v > max)
		diagnosis_error(r->d, w->at, "%s is not in the range %lld..%lld", w->text,
		    (long long)min, (long long)max);
	else
		return true;
	return false;
}

bool read_address(struct reader *r, const struct word *w, struct addr *a)
{
	if (addr_parse(a, w->text))
		return true;
	diagnosis_error(r->d, w->at, "'%s' is not an IPv4 or IPv6 address", w->text);
	return false;
}

bool read_value(struct reader *r, struct row *row, int column, const struct word *w)
{
	const struct column *c = &row->table->columns[column];
	char why[WHY_SIZE], lower[64];
	const char *text = w->text;

	if (c->type == TYPE_ENUM && strlen(text) < sizeof(lower)) { /* NAT, MASTER, PASS... */
		for (size_t i = 0; i <= strlen(text); i++)
			lower[i] = (char)tolower((unsigned char)text[i]);
		text = lower;
	}
	if (!column_parse(row, c, text, why)) {
		diagnosis_error(r->d, w->at, "'%s': %s", c->keyword ? c->keyword : c->name, why);
		return false;
	}
	return true;
}

static void reset_column(struct row *row, int column)
{
	struct row *fresh = row_new(row->table);

	row_copy_columns(row, fresh, (column_mask)1 << column);
	row_free(fresh);
}

static void read_flag(struct reader *r, struct row *row, int column, const struct statement *st,
    const struct column_flag *f)
{
	const struct column *c = &row->table->columns[column];
	bool on;

	if (!read_switch(r, st, &on))
		return;
	if (!f)
		column_set_number(row, c, on != c->inverted);
	else if (on)
		column_set_number(row, c, f->on);
	else
		reset_column(row, column);
	marks_column(row, column, st->at);
}

void read_column(struct reader *r, struct row *row, int column, const struct statement *st)
{
	const struct column *c = &row->table->columns[column];
	const struct column_flag *f = column_flag_of(row->table, column);

	if (marks_given(row) >> column & 1)
		diagnosis_warn(r->d, st->at, "'%s' is given for the second time; this one counts",
		    st->words[0].text);
	if (c->type == TYPE_BOOL || f)
		read_flag(r, row, column, st, f);
	else if (read_words(r, st, 2, 2) && read_value(r, row, column, &st->words[1]))
		marks_column(row, column, st->at);
}

int keyword_column(const struct table *t, const char *keyword)
{
	for (int i = 0; i < t->ncolumns; i++)
		if (t->columns[i].class == CLASS_CONFIG && t->columns[i].keyword &&
		    strcmp(t->columns[i].keyword, keyword) == 0)
			return i;
	return -1;
}

bool read_insert(struct reader *r, struct row *row)
{
	struct row *there = store_insert(r->store, row);
	struct place at;
	char text[ROW_TEXT_SIZE];

	if (!there)
		return true;
	at = marks_place(there, -1);
	diagnosis_error(r->d, marks_place(row, -1), "%s is there already: %s:%u:%u",
	    row_format(row, text), diagnosis_path(r->d, at.file), at.line, at.column);
	marks_free_row(row);
	return false;
}

bool read_named(struct reader *r, struct row *row, int column, const struct statement *st)
{
	marks_row(row, st->at);
	if (!read_words(r, st, 2, 2) || !read_value(r, row, column, &st->words[1]))
		marks_free_row(row);
	else if (read_insert(r, row))
		return true;
	lexer_skip_block(r->lexer);
	return false;
}

void read_user(struct reader *r, struct row *row, int user, int group, const struct statement *st)
{
	if (!read_words(r, st, 2, 3) || !read_value(r, row, user, &st->words[1]))
		return;
	marks_column(row, user, st->at);
	if (st->n == 3 && read_value(r, row, group, &st->words[2]))
		marks_column(row, group, st->at);
}

/* ---- Keywords. */

static const struct keyword *find_keyword(const struct keyword *k, const char *word)
{
	for (; k && k->word; k++)
		if (k->kind != KEYWORD_NAME && strcmp(k->word, word) == 0)
			return k;
	return NULL;
}

/* How many letters must be changed, added, left out or swapped (at most 40 letters are looked at). */
static unsigned distance(const char *a, const char *b)
{
	enum { MAX = 40 };
	unsigned rows[3][MAX + 1];
	size_t la = strnlen(a, MAX), lb = strnlen(b, MAX);

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned d = last[j - 1] + (a[i - 1] != b[j - 1]);

			d = d < last[j] + 1 ? d : last[j] + 1;
			d = d < row[j - 1] + 1 ? d : row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			row[j] = d;
		}
	}
	return rows[la % 3][lb];
}

struct guess {
	const char *meant;
	unsigned distance;
};

static void consider(struct guess *g, const char *word, const char *candidate)
{
	unsigned d = distance(word, candidate);

	if (d < g->distance) {
		g->distance = d;
		g->meant = candidate;
	}
}

/* The keyword that was perhaps meant, or NULL. */
static const char *nearest(const struct block *b, const char *word)
{
	struct guess g = {NULL, (unsigned)(strlen(word) > 3 ? strlen(word) / 3 : 1) + 1};

	for (const struct keyword *k = b->type->keywords; k && k->word; k++)
		if (k->kind != KEYWORD_IDLE && k->kind != KEYWORD_UNSUPPORTED &&
		    k->kind != KEYWORD_NAME)
			consider(&g, word, k->word);
	for (size_t i = 0; i < BLOCK_SCOPES && b->scopes[i].row; i++) {
		const struct table *t = b->scopes[i].row->table;

		for (int c = 0; c < t->ncolumns; c++)
			if (b->scopes[i].columns >> c & 1 && t->columns[c].keyword)
				consider(&g, word, t->columns[c].keyword);
	}
	return g.meant;
}

static void unknown(struct reader *r, const struct block *b, const struct statement *st)
{
	const char *word = st->words[0].text, *meant = nearest(b, word);

	if (meant)
		diagnosis_error(r->d, st->at, "unknown keyword '%s' in %s; is '%s' meant?", word,
		    b->type->name, meant);
	else
		diagnosis_error(r->d, st->at, "unknown keyword '%s' in %s", word, b->type->name);
}

static void skip(struct reader *r, const struct statement *st)
{
	if (st->kind == STATEMENT_OPEN)
		lexer_skip_block(r->lexer);
}

static void not_supported(struct reader *r, const struct keyword *k, const struct statement *st)
{
	diagnosis_error(r->d, st->at, "'%s' is not supported%s%s", k->word, k->why ? ": " : "",
	    k->why ? k->why : "");
}

static bool fits_kind(struct reader *r, const struct keyword *k, const struct statement *st)
{
	if (k->kind == KEYWORD_LINE && st->kind == STATEMENT_OPEN) {
		diagnosis_error(r->d, st->at, "'%s' has no block", k->word);
		return false;
	}
	if (k->kind == KEYWORD_BLOCK && st->kind == STATEMENT_LINE) {
		diagnosis_error(r->d, st->at, "'%s' needs a block: { ... }", k->word);
		return false;
	}
	return true;
}

static void do_keyword(
    struct reader *r, struct block *b, const struct keyword *k, const struct statement *st)
{
	switch (k->kind) {
	case KEYWORD_LINE:
	case KEYWORD_BLOCK:
	case KEYWORD_EITHER:
	case KEYWORD_NAME:
		if (fits_kind(r, k, st))
			k->read(r, b, st);
		else
			skip(r, st);
		break;
	case KEYWORD_IDLE:
		diagnosis_warn(r->d, st->at, "'%s' has no effect here%s%s", k->word,
		    k->why ? ": " : "", k->why ? k->why : "");
		skip(r, st);
		break;
	case KEYWORD_UNSUPPORTED:
		not_supported(r, k, st);
		skip(r, st);
		break;
	}
}

/* What reads names, if this may be one and no keyword. */
static const struct keyword *find_name(const struct block *b, const struct statement *st)
{
	if (st->kind != STATEMENT_LINE || st->n != 1 || nearest(b, st->words[0].text))
		return NULL;
	for (const struct keyword *k = b->type->keywords; k && k->word; k++)
		if (k->kind == KEYWORD_NAME)
			return k;
	return NULL;
}

static void do_statement(struct reader *r, struct block *b, const struct statement *st)
{
	const struct keyword *k = find_keyword(b->type->keywords, st->words[0].text);

	if (k) {
		do_keyword(r, b, k, st);
		return;
	}
	for (size_t i = 0; i < BLOCK_SCOPES && b->scopes[i].row; i++) {
		int c = keyword_column(b->scopes[i].row->table, st->words[0].text);

		if (c < 0 || !(b->scopes[i].columns >> c & 1))
			continue;
		if (st->kind == STATEMENT_OPEN)
			diagnosis_error(r->d, st->at, "'%s' has no block", st->words[0].text);
		else
			read_column(r, b->scopes[i].row, c, st);
		skip(r, st);
		return;
	}
	k = find_name(b, st);
	if (k) {
		k->read(r, b, st);
		return;
	}
	unknown(r, b, st);
	skip(r, st);
}

static void do_item(struct reader *r, struct block *b, const struct statement *st)
{
	if (st->kind == STATEMENT_LINE) {
		b->type->item(r, b, st);
		return;
	}
	diagnosis_error(r->d, st->at, "there is no block in %s", b->type->name);
	skip(r, st);
}

void read_block(struct reader *r, struct block *b)
{
	struct statement st;

	for (;;) {
		lexer_next(r->lexer, &st);
		if (st.kind == STATEMENT_END && !b->top) {
			diagnosis_error(
			    r->d, b->at, "the block of this %s has no end", b->type->name);
			r->d->fatal = true; /* so have those around it */
		}
		if (st.kind == STATEMENT_END || diagnosis_stop(r->d))
			return;
		if (st.kind == STATEMENT_CLOSE) {
			if (!b->top)
				return;
			diagnosis_error(r->d, st.at, "this } closes nothing");
		} else if (!st.n) {
			diagnosis_error(r->d, st.at, "this { has no keyword before it");
			lexer_skip_block(r->lexer);
		} else if (b->type->item) {
			do_item(r, b, &st);
		} else {
			do_statement(r, b, &st);
		}
	}
}

void read_down_timer(struct reader *r, struct block *b, const struct statement *st)
{
	int64_t n;

	(void)b;
	if (read_words(r, st, 2, 2) && read_number(r, &st->words[1], 1, 100, &n) && n != 3)
		diagnosis_error(r->d, st->words[1].at,
		    "another number of advertisements than 3 (RFC 9568) is not supported");
}
