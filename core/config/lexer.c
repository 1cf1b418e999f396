/* SPDX-License-Identifier: BSD-2-Clause */
/* See lexer.h. */
#include "core/config/lexer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct lexer {
	struct source *source;
	struct diagnosis *d;
	struct source_line line;
	size_t pos; /* in the line */
	bool have;  /* a line */
	bool ended;
	/* The statement being made: texts by their place in `text`, which moves as it grows. */
	char *text;
	size_t len, room;
	size_t *offsets;
	struct word *words;
	size_t n, words_room;
};

static const char *const escaped_keywords[] = {"regex", NULL};

bool lexer_is_pattern_keyword(const char *keyword)
{
	for (const char *const *k = escaped_keywords; *k; k++)
		if (strcmp(*k, keyword) == 0)
			return true;
	return false;
}

struct lexer *lexer_new(struct source *s, struct diagnosis *d)
{
	struct lexer *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->source = s;
	l->d = d;
	return l;
}

void lexer_free(struct lexer *l)
{
	if (!l)
		return;
	source_free(l->source);
	free(l->text);
	free(l->offsets);
	free(l->words);
	free(l);
}

static void put(struct lexer *l, char c)
{
	if (l->len == l->room) {
		l->room = l->room ? 2 * l->room : 256;
		l->text = realloc(l->text, l->room);
		if (!l->text)
			abort();
	}
	l->text[l->len++] = c;
}

static void begin_word(struct lexer *l)
{
	if (l->n == l->words_room) {
		l->words_room = l->words_room ? 2 * l->words_room : 16;
		l->offsets = realloc(l->offsets, l->words_room * sizeof(*l->offsets));
		l->words = realloc(l->words, l->words_room * sizeof(*l->words));
		if (!l->offsets || !l->words)
			abort();
	}
	l->offsets[l->n] = l->len;
	l->words[l->n++].at = source_place(&l->line, l->pos);
}

static void skip_blanks(struct lexer *l)
{
	while (isspace((unsigned char)l->line.text[l->pos]))
		l->pos++;
}

static bool rest_is_blank(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return !*p;
}

static void no_end(struct lexer *l, size_t quote)
{
	diagnosis_error(
	    l->d, source_place(&l->line, quote), "the quoted text has no end in this line");
}

/* What ${_QUOTE} and ${_DOLLAR} stand for. */
static char meant(char c)
{
	return c == SOURCE_QUOTE ? '"' : c == SOURCE_DOLLAR ? '$' : c;
}

static void plain_quoted(struct lexer *l)
{
	const char *t = l->line.text;
	size_t quote = l->pos++;

	while (t[l->pos] && t[l->pos] != '"')
		put(l, meant(t[l->pos++]));
	if (t[l->pos])
		l->pos++;
	else
		no_end(l, quote);
}

/*
 * A word up to a blank or a brace: a { ends it at the end of the line ("80{"; but not that of ${NAME}), a }
 * if it closes nothing in the word ("10.0.0.1}").
 */
static void plain_word(struct lexer *l)
{
	const char *t = l->line.text;
	size_t start = l->pos;
	unsigned braces = 0;

	begin_word(l);
	while (t[l->pos] && !isspace((unsigned char)t[l->pos])) {
		char c = t[l->pos];

		if (c == '"') {
			plain_quoted(l);
			continue;
		}
		if (c == '{' && (l->pos == start || t[l->pos - 1] != '$') &&
		    rest_is_blank(t + l->pos + 1))
			break;
		if (c == '}' && braces == 0)
			break;
		braces += c == '{' ? 1 : c == '}' ? -1u : 0;
		put(l, meant(c));
		l->pos++;
	}
	put(l, '\0');
}

static unsigned digits(const char **p, unsigned base, unsigned max)
{
	unsigned v = 0;

	for (; max && isxdigit((unsigned char)**p); max--, (*p)++) {
		unsigned d = isdigit((unsigned char)**p) ? (unsigned)(**p - '0')
							 : (unsigned)(tolower(**p) - 'a' + 10);

		if (d >= base)
			break;
		v = v * base + d;
	}
	return v;
}

/* The character behind a backslash; p is moved behind it. */
static char escape(const char **p)
{
	static const char names[] = "abEfnrtv", values[] = "\a\b\033\f\n\r\t\v";
	const char *found;
	char c = **p;

	if (c >= '0' && c <= '7')
		return (char)digits(p, 8, 3);
	(*p)++;
	if (c == 'x' && isxdigit((unsigned char)**p))
		return (char)digits(p, 16, ~0u);
	if (c == 'c' && **p)
		return (char)(*(*p)++ & 0x1f);
	found = c ? strchr(names, c) : NULL;
	return found ? values[found - names] : meant(c);
}

static void escaped_char(struct lexer *l)
{
	const char *p = l->line.text + l->pos;
	char c = *p++;

	if (c == '\\' && *p) {
		c = escape(&p);
		if (!c)
			diagnosis_error(
			    l->d, source_place(&l->line, l->pos), "a pattern can't have a NUL");
	} else {
		c = meant(c);
	}
	if (c)
		put(l, c);
	l->pos = (size_t)(p - l->line.text);
}

static void escaped_word(struct lexer *l)
{
	const char *t = l->line.text;
	size_t opened = 0;
	char quote = 0;

	begin_word(l);
	while (t[l->pos] && (quote || !isspace((unsigned char)t[l->pos]))) {
		char c = t[l->pos];

		if (quote ? c == quote : c == '"' || c == '\'') {
			opened = l->pos++;
			quote = quote ? 0 : c;
		} else {
			escaped_char(l);
		}
	}
	if (quote)
		no_end(l, opened);
	put(l, '\0');
}

/* Goes to the next line if this one is done; false at the end. */
static bool ensure_line(struct lexer *l)
{
	if (l->have)
		skip_blanks(l);
	while (!l->ended && (!l->have || !l->line.text[l->pos])) {
		l->have = source_next(l->source, &l->line);
		l->ended = !l->have;
		l->pos = 0;
	}
	return !l->ended;
}

/* The words of this line up to a brace or its end. */
static void take_words(struct lexer *l)
{
	const char *t = l->line.text;
	bool escaped = false;

	for (skip_blanks(l); t[l->pos]; skip_blanks(l)) {
		if (escaped) {
			escaped_word(l);
			continue;
		}
		if (t[l->pos] == '{' || t[l->pos] == '}')
			break;
		plain_word(l);
		escaped = l->n == 1 && lexer_is_pattern_keyword(l->text + l->offsets[0]);
	}
}

/* Does a block begin here, or in the next line? Its { is taken. */
static bool take_open(struct lexer *l)
{
	if (!ensure_line(l) || l->line.text[l->pos] != '{')
		return false;
	l->pos++;
	return true;
}

void lexer_next(struct lexer *l, struct statement *st)
{
	l->len = 0;
	l->n = 0;
	*st = (struct statement){.kind = STATEMENT_END};
	if (!ensure_line(l)) {
		st->at = source_end(l->source);
		return;
	}
	st->at = source_place(&l->line, l->pos);
	if (l->line.text[l->pos] == '}') {
		l->pos++;
		st->kind = STATEMENT_CLOSE;
		return;
	}
	take_words(l);
	/* Words before a } are a statement of their own, and what comes after it is none of their block. */
	st->kind = l->line.text[l->pos] != '}' && take_open(l) ? STATEMENT_OPEN : STATEMENT_LINE;
	for (size_t i = 0; i < l->n; i++)
		l->words[i].text = l->text + l->offsets[i];
	st->words = l->words;
	st->n = l->n;
}

void lexer_skip_block(struct lexer *l)
{
	struct statement st;

	for (unsigned depth = 1; depth;) {
		lexer_next(l, &st);
		if (st.kind == STATEMENT_END)
			return;
		depth += st.kind == STATEMENT_OPEN ? 1 : st.kind == STATEMENT_CLOSE ? -1u : 0;
	}
}

/* ---- Writing. */

/* Would $... be taken for a parameter? */
static bool is_dollar_use(const char *p)
{
	return *p == '$' && (p[1] == '{' || p[1] == '_' || isalpha((unsigned char)p[1]));
}

void lexer_put_word(FILE *out, const char *text)
{
	bool quoted = !*text || strpbrk(text, " \"#!{}'") || strchr("@$~\\", *text) ||
		      text[strlen(text) - 1] == '\\';

	if (quoted)
		fputc('"', out);
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			fputs("${_QUOTE}", out);
		else if (is_dollar_use(p))
			fputs("${_DOLLAR}", out);
		else
			fputc(*p, out);
	}
	if (quoted)
		fputc('"', out);
}

void lexer_put_pattern(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			fputs("\\042", out);
		else if (*p == '\\')
			fputs("\\\\", out);
		else if (is_dollar_use(p))
			fputs("${_DOLLAR}", out);
		else
			fputc(*p, out);
	}
	fputc('"', out);
}
