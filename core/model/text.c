/* SPDX-License-Identifier: BSD-2-Clause */
/* The text side of row.h: columns and keys as words, and back. */
#include "core/model/row.h"

#include <ctype.h>
#include <stdarg.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(char why[WHY_SIZE], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(char why[WHY_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY_SIZE, fmt, ap);
	va_end(ap);
	return false;
}

static bool parse_bool(const char *text, bool *v)
{
	static const char *const yes[] = {"on", "true", "yes", "1"};
	static const char *const no[] = {"off", "false", "no", "0"};

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(text, yes[i]) == 0)
			return *v = true;
		if (strcmp(text, no[i]) == 0) {
			*v = false;
			return true;
		}
	}
	return false;
}

static bool parse_number(const struct column *c, const char *text, int64_t *v, char why[WHY_SIZE])
{
	char *end;

	errno = 0;
	*v = strtoll(text, &end, 10);
	if (end == text || *end || (*text != '-' && !isdigit((unsigned char)*text)))
		return refuse(why, "'%s' is not a number", text);
	if (errno || *v < column_min(c) || *v > column_max(c))
		return refuse(why, "%s is not in the range %" PRId64 "..%" PRId64, text,
		    column_min(c), column_max(c));
	return true;
}

/* "10", "0.25" or "1e"? Digits with at most one point and six decimals: exact, unlike a double. */
static bool parse_usec(const struct column *c, const char *text, int64_t *v, char why[WHY_SIZE])
{
	const char *p = text;
	int64_t whole = 0, part = 0, unit = 1000000;

	for (; isdigit((unsigned char)*p) && whole < INT64_MAX / 100000000; p++)
		whole = whole * 10 + (*p - '0');
	if (*p == '.' && (p > text || isdigit((unsigned char)p[1])))
		for (p++; isdigit((unsigned char)*p) && unit > 1; p++)
			part += (*p - '0') * (unit /= 10);
	if (p == text || *p)
		return refuse(why, "'%s' is not a time in seconds", text);
	*v = whole * 1000000 + part;
	if (*v < column_min(c) || *v > column_max(c))
		return refuse(why, "%s s is not in the range %g..%g s", text,
		    (double)column_min(c) / 1e6, (double)column_max(c) / 1e6);
	return true;
}

static bool check_text(const struct column *c, const char *text, char why[WHY_SIZE])
{
	size_t len = strlen(text);

	if ((int64_t)len < column_min(c) || (int64_t)len > column_max(c))
		return refuse(why, "has %zu characters, must have %" PRId64 " to %" PRId64, len,
		    column_min(c), column_max(c));
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return refuse(why, "has a control character");
	return true;
}

static bool parse_addr(struct addr *a, const char *text, char why[WHY_SIZE])
{
	if (!*text) {
		memset(a, 0, sizeof(*a));
		return true;
	}
	return addr_parse(a, text) || refuse(why, "'%s' is not an IPv4 or IPv6 address", text);
}

static bool words_of(const struct enumeration *e, const char *text, char why[WHY_SIZE])
{
	int n = snprintf(why, WHY_SIZE, "'%.40s' is none of", text);

	for (const struct enum_word *w = e->words; w->word && n < WHY_SIZE - 20; w++)
		n += snprintf(why + n, (size_t)(WHY_SIZE - n), " %s", w->word);
	return false;
}

bool column_parse(struct row *r, const struct column *c, const char *text, char why[WHY_SIZE])
{
	int64_t v = 0;
	bool b;
	struct addr a;

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		if (!check_text(c, text, why))
			return false;
		row_set_text(COLUMN_PTR(r, c), text);
		return true;
	case TYPE_BOOL:
		if (!parse_bool(text, &b))
			return refuse(why, "'%s' is neither on nor off", text);
		*(bool *)COLUMN_PTR(r, c) = b;
		return true;
	case TYPE_ENUM: {
		int32_t number;

		if (!enum_number(c->words, text, &number))
			return words_of(c->words, text, why);
		column_set_number(r, c, number);
		return true;
	}
	case TYPE_ADDR:
		if (!parse_addr(&a, text, why))
			return false;
		*(struct addr *)COLUMN_PTR(r, c) = a;
		return true;
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
		if (!parse_number(c, text, &v, why))
			return false;
		column_set_number(r, c, v);
		return true;
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
		if (!parse_usec(c, text, &v, why))
			return false;
		column_set_number(r, c, v);
		return true;
	case TYPE_VIEW:
		break;
	}
	return refuse(why, "cannot be set");
}

bool column_check(const struct row *r, const struct column *c, char why[WHY_SIZE])
{
	int64_t v = column_number(r, c);

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		return check_text(c, column_text(r, c), why);
	case TYPE_ENUM:
		return enum_has(c->words, (int32_t)v) ||
		       refuse(why, "%" PRId64 " has no meaning", v);
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_USEC:
		return (v >= column_min(c) && v <= column_max(c)) ||
		       refuse(why, "%" PRId64 " is not in the range %" PRId64 "..%" PRId64, v,
			   column_min(c), column_max(c));
	case TYPE_ADDR:
		return !c->required || addr_is_set(COLUMN_PTR(r, c)) || refuse(why, "is missing");
	case TYPE_BOOL:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_VIEW:
		break;
	}
	return true;
}

static void format_usec(uint64_t v, char *buf)
{
	int n = snprintf(buf, COLUMN_TEXT_SIZE, "%" PRIu64, v / 1000000);

	if (v % 1000000 == 0)
		return;
	n += snprintf(buf + n, (size_t)(COLUMN_TEXT_SIZE - n), ".%06" PRIu64, v % 1000000);
	while (buf[n - 1] == '0')
		buf[--n] = '\0';
}

char *column_format(const struct row *r, const struct column *c, char buf[COLUMN_TEXT_SIZE])
{
	c = column_shown(r->table, c);
	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		snprintf(buf, COLUMN_TEXT_SIZE, "%s", column_text(r, c));
		break;
	case TYPE_BOOL:
		snprintf(buf, COLUMN_TEXT_SIZE, "%s", column_number(r, c) ? "on" : "off");
		break;
	case TYPE_ENUM:
		snprintf(
		    buf, COLUMN_TEXT_SIZE, "%s", enum_word(c->words, (int32_t)column_number(r, c)));
		break;
	case TYPE_ADDR:
		addr_format(COLUMN_PTR(r, c), buf);
		break;
	case TYPE_INT:
		snprintf(buf, COLUMN_TEXT_SIZE, "%" PRId64, column_number(r, c));
		break;
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
		snprintf(buf, COLUMN_TEXT_SIZE, "%" PRIu64, column_unsigned(r, c));
		break;
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
		format_usec(column_unsigned(r, c), buf);
		break;
	case TYPE_VIEW:
		buf[0] = '\0';
		break;
	}
	return buf;
}

/* One word of a key: quoted, with a backslash before " and \, when it has blanks or quotes or is empty. */
static size_t put_word(char *to, size_t size, const char *word)
{
	size_t n = 0;

	if (*word && !strpbrk(word, " \"\\"))
		return (size_t)snprintf(to, size, "%s", word);
	if (n < size)
		to[n] = '"';
	n++;
	for (; *word; word++) {
		if (*word == '"' || *word == '\\') {
			if (n + 1 < size)
				to[n] = '\\';
			n++;
		}
		if (n + 1 < size)
			to[n] = *word;
		n++;
	}
	if (n + 1 < size) {
		to[n] = '"';
		to[n + 1] = '\0';
	} else if (size) {
		to[size - 1] = '\0';
	}
	return n + 1;
}

/* Reads one word that put_word() wrote; returns the rest, or NULL if it is malformed or there is none. */
static const char *get_word(const char *p, char *word, size_t size)
{
	size_t n = 0;
	bool quoted;

	while (*p == ' ')
		p++;
	if (!*p)
		return NULL;
	quoted = *p == '"';
	p += quoted;
	for (; *p && (quoted ? *p != '"' : *p != ' '); p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		if (n + 1 >= size)
			return NULL;
		word[n++] = *p;
	}
	word[n] = '\0';
	if (quoted && *p != '"')
		return NULL;
	return p + quoted;
}

char *row_key_format(const struct row *r, char buf[KEY_TEXT_SIZE])
{
	char word[COLUMN_TEXT_SIZE];
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < r->table->keys && n + 1 < KEY_TEXT_SIZE; i++) {
		if (i)
			buf[n++] = ' ';
		n += put_word(
		    buf + n, KEY_TEXT_SIZE - n, column_format(r, &r->table->columns[i], word));
	}
	return buf;
}

bool row_key_parse(struct row *r, const char *text, char why[WHY_SIZE])
{
	char word[COLUMN_TEXT_SIZE];

	for (size_t i = 0; i < r->table->keys; i++) {
		const struct column *c = &r->table->columns[i];

		text = get_word(text, word, sizeof(word));
		if (!text)
			return refuse(why, "the key has no %s", c->name);
		if (!column_parse(r, c, word, why))
			return false;
	}
	while (*text == ' ')
		text++;
	return !*text || refuse(why, "'%s' is too much in the key", text);
}

char *row_format(const struct row *r, char buf[ROW_TEXT_SIZE])
{
	char key[KEY_TEXT_SIZE];

	snprintf(buf, ROW_TEXT_SIZE, "%s%s%s", r->table->name, r->table->keys ? " " : "",
	    row_key_format(r, key));
	return buf;
}
