/* SPDX-License-Identifier: BSD-2-Clause */
/* See value.h. */
#include "core/ctl/value.h"

#include <bsd/libutil.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "core/base/utf8.h"

char *age_format(usec_t age, char buf[AGE_SIZE])
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
	uint64_t s = age / USEC_PER_SEC;
	size_t i = 0;

	if (age == USEC_NEVER) {
		snprintf(buf, AGE_SIZE, "never");
		return buf;
	}
	while (i < 3 && s < units[i].seconds)
		i++;
	if (i == 3)
		snprintf(buf, AGE_SIZE, "%" PRIu64 "s", s);
	else
		snprintf(buf, AGE_SIZE, "%" PRIu64 "%s %" PRIu64 "%s", s / units[i].seconds,
		    units[i].unit, s % units[i].seconds / units[i + 1].seconds, units[i + 1].unit);
	return buf;
}

char *date_format(usec_t wall, char buf[DATE_SIZE])
{
	time_t t = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(buf, DATE_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(buf, DATE_SIZE, "%" PRIu64, wall / USEC_PER_SEC);
	return buf;
}

char *amount_format(uint64_t n, char buf[AMOUNT_SIZE])
{
	int64_t v = n > INT64_MAX ? INT64_MAX : (int64_t)n;

	humanize_number(buf, 5, v, "", HN_AUTOSCALE, HN_DECIMAL | HN_NOSPACE | HN_DIVISOR_1000);
	return buf;
}

/* An instant of CLOCK_BOOTTIME.  0 is never; one that lies ahead, by another reading of the clock, is now. */
static usec_t age_of(uint64_t when, const struct style *s)
{
	if (when == 0)
		return USEC_NEVER;
	return when > s->now ? 0 : s->now - when;
}

/* Latencies are told in milliseconds, other durations in seconds. */
static bool in_milliseconds(const struct column *c)
{
	return c->type == TYPE_USEC && c->scale == 1;
}

static void duration_text(uint64_t usec, const struct column *c, char buf[VALUE_SIZE])
{
	if (in_milliseconds(c))
		snprintf(buf, VALUE_SIZE, "%" PRIu64 ".%03" PRIu64, usec / 1000, usec % 1000);
	else
		snprintf(buf, VALUE_SIZE, "%g", (double)usec / 1e6);
}

char *value_text(
    const struct row *r, const struct column *shown, const struct style *s, char buf[VALUE_SIZE])
{
	const struct column *c = column_shown(r->table, shown);
	uint64_t v = column_unsigned(r, c);
	char text[COLUMN_TEXT_SIZE];
	usec_t age;

	if (c->secret) {
		snprintf(buf, VALUE_SIZE, "%s", *column_text(r, c) ? "***" : "");
	} else if (c->type == TYPE_USEC) {
		duration_text(v, c, buf);
	} else if (c->type == TYPE_WHEN) {
		age = age_of(v, s);
		age_format(age, buf);
		if (age != USEC_NEVER)
			strcat(buf, " ago");
	} else if (c->type == TYPE_WALL) {
		date_format(v, buf);
	} else {
		text_clean(buf, VALUE_SIZE, column_format(r, c, text));
	}
	return buf;
}

const char *value_unit(const struct column *c)
{
	static const char *const shorter[][2] = {{"kilobytes", "kB"}, {"seconds", "s"},
	    {"bits", NULL}, {"kilobits per second", "kbit/s"}, {"connections per second", "1/s"},
	    {"packets per second", "1/s"}};

	if (in_milliseconds(c))
		return "ms";
	if (c->type == TYPE_USEC)
		return "s";
	for (size_t i = 0; c->units && i < sizeof(shorter) / sizeof(shorter[0]); i++)
		if (strcmp(c->units, shorter[i][0]) == 0)
			return shorter[i][1];
	return NULL; /* what is counted is in the name: packets_in, active_connections */
}

bool value_is_number(const struct column *c)
{
	switch (c->type) {
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_USEC:
		return true;
	case TYPE_NAME:
	case TYPE_TEXT:
	case TYPE_BOOL:
	case TYPE_ADDR:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_ENUM:
	case TYPE_VIEW:
		break;
	}
	return false;
}

static bool one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

enum paint value_paint(const struct row *r, const struct column *c)
{
	static const char *const good[] = {"up", "master", "running", "ok", NULL};
	static const char *const bad[] = {"down", "fault", "stopped", "waiting", NULL};
	static const char *const warn[] = {
	    "unknown", "initialize", "sorry", "starting", "drain", "disabled", NULL};
	char text[COLUMN_TEXT_SIZE];

	if (c->type != TYPE_ENUM && c->type != TYPE_TEXT)
		return PAINT_NONE;
	if (c->class == CLASS_STATE || c->type == TYPE_ENUM) {
		column_format(r, c, text);
		if (one_of(text, good))
			return PAINT_GOOD;
		if (one_of(text, bad))
			return PAINT_BAD;
		if (one_of(text, warn))
			return PAINT_WARN;
	}
	return PAINT_NONE;
}

/* --------------------------------------------------------------------------- JSON */

/* A byte that is no UTF-8 is taken for Latin 1: the output is valid whatever a name has in it. */
void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text) {
		unsigned char b = (unsigned char)*text;
		size_t n = utf8_length(text);

		if (b == '"' || b == '\\')
			fprintf(out, "\\%c", b);
		else if (b < ' ' || b == 0x7f || n == 0)
			fprintf(out, "\\u%04x", b);
		else
			fwrite(text, 1, n, out);
		text += n ? n : 1;
	}
	fputc('"', out);
}

static void json_seconds(FILE *out, uint64_t usec)
{
	char buf[32];
	int n =
	    snprintf(buf, sizeof(buf), "%" PRIu64 ".%06" PRIu64, usec / 1000000, usec % 1000000);

	while (buf[n - 1] == '0')
		n--;
	n -= buf[n - 1] == '.';
	fprintf(out, "%.*s", n, buf);
}

/* Milliseconds: the two clocks are read one after the other. */
static void json_instant(FILE *out, uint64_t when, const struct style *s)
{
	if (when == 0)
		fputs("null", out);
	else
		json_seconds(out, (s->wall - age_of(when, s)) / 1000 * 1000);
}

void value_json(FILE *out, const struct row *r, const struct column *shown, const struct style *s)
{
	const struct column *c = column_shown(r->table, shown);
	uint64_t v = column_unsigned(r, c);
	char text[COLUMN_TEXT_SIZE];

	if (c->secret)
		json_string(out, *column_text(r, c) ? "***" : "");
	else if (c->type == TYPE_BOOL)
		fputs(v ? "true" : "false", out);
	else if (c->type == TYPE_USEC || (c->type == TYPE_WALL && v))
		json_seconds(out, v);
	else if (c->type == TYPE_WHEN || c->type == TYPE_WALL)
		json_instant(out, v, s);
	else if (c->type == TYPE_ADDR && !addr_is_set(COLUMN_PTR(r, c)))
		fputs("null", out);
	else if (value_is_number(c))
		fputs(column_format(r, c, text), out);
	else
		json_string(out, column_format(r, c, text));
}
