/* SPDX-License-Identifier: BSD-2-Clause */
/* See get.h. */
#include "agent/get.h"

#include <string.h>
#include <time.h>

static void set_number(struct value *to, enum smi_type type, int64_t number)
{
	to->type = type;
	to->number = number;
}

static void set_bytes(struct value *to, const void *bytes, size_t len)
{
	to->type = SMI_OCTETS;
	to->bytes = bytes;
	to->len = len;
}

uint32_t get_time_stamp(const struct view *v, usec_t when)
{
	return when <= v->uptime_zero ? 0 : (uint32_t)((when - v->uptime_zero) / USEC_PER_CSEC);
}

/*
 * What is out of effect counts nothing: its counters fell to zero then, and a poller that finds the same discontinuity
 * as before, 0 where they are older than the agent, would take that for a wrap.
 */
usec_t get_when(const struct view *v, const struct row *r, const struct column *c)
{
	usec_t when = column_unsigned(r, c);
	const struct system *s = v->store ? store_system(v->store) : NULL;

	return when || !s || strcmp(c->name, "discontinuity") != 0 ? when : s->config_changed;
}

/* DateAndTime (RFC 2579), in UTC; before 1970-01-01 00:00:01, that is when it is unset, all zero. */
static void set_date(struct value *to, usec_t wall)
{
	time_t t = (time_t)(wall / USEC_PER_SEC);
	struct tm tm = {0};
	uint8_t *d = (uint8_t *)to->space;

	memset(d, 0, 11);
	if (t > 0 && gmtime_r(&t, &tm)) {
		d[0] = (uint8_t)((tm.tm_year + 1900) >> 8);
		d[1] = (uint8_t)(tm.tm_year + 1900);
		d[2] = (uint8_t)(tm.tm_mon + 1);
		d[3] = (uint8_t)tm.tm_mday;
		d[4] = (uint8_t)tm.tm_hour;
		d[5] = (uint8_t)tm.tm_min;
		d[6] = (uint8_t)tm.tm_sec;
		d[7] = (uint8_t)(wall % USEC_PER_SEC / 100000);
		d[8] = '+';
	}
	set_bytes(to, d, t > 0 ? 11 : 8);
}

static uint32_t scaled(usec_t duration, uint64_t scale)
{
	uint64_t n = duration / (scale ? scale : 1);

	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void set_addr(struct value *to, const struct object *o, const struct addr *a)
{
	if (o->part == PART_ADDR_TYPE) {
		set_number(to, SMI_INTEGER, a->family);
	} else if (o->part == PART_ADDR_BYTES) {
		set_bytes(to, a->bytes, addr_len(a));
	} else {
		addr_format(a, to->space);
		set_bytes(to, to->space, strlen(to->space));
	}
}

/* A view shows the word. */
static void set_enum(struct value *to, const struct object *o, int64_t number)
{
	const char *word;

	if (o->column->type != TYPE_VIEW) {
		set_number(to, SMI_INTEGER, number);
		return;
	}
	word = enum_word(o->shown->words, (int32_t)number);
	set_bytes(to, word, strlen(word));
}

void get_value(const struct view *v, const struct object *o, const struct row *r, struct value *to)
{
	const struct column *c = o->shown;
	const char *text;

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		text = c->secret ? "" : column_text(r, c);
		set_bytes(to, text, strlen(text));
		break;
	case TYPE_BOOL: /* TruthValue: true(1), false(2) */
		set_number(to, SMI_INTEGER, column_number(r, c) ? 1 : 2);
		break;
	case TYPE_ENUM:
		set_enum(to, o, column_number(r, c));
		break;
	case TYPE_INT:
		set_number(to, SMI_INTEGER, column_number(r, c));
		break;
	case TYPE_UINT:
	case TYPE_GAUGE:
		set_number(to, SMI_GAUGE32, column_number(r, c));
		break;
	case TYPE_COUNT32:
		set_number(to, SMI_COUNTER32, column_number(r, c));
		break;
	case TYPE_COUNT:
		to->type = SMI_COUNTER64;
		to->counter = column_unsigned(r, c);
		break;
	case TYPE_ADDR:
		set_addr(to, o, COLUMN_PTR(r, c));
		break;
	case TYPE_USEC:
		set_number(to, SMI_GAUGE32, scaled(column_unsigned(r, c), c->scale));
		break;
	case TYPE_WHEN:
		set_number(to, SMI_TIMETICKS, get_time_stamp(v, get_when(v, r, c)));
		break;
	case TYPE_WALL:
		set_date(to, column_unsigned(r, c));
		break;
	case TYPE_VIEW: /* shown is never one */
		set_bytes(to, "", 0);
		break;
	}
}

struct place {
	const arc *index;
	size_t len;
	bool inclusive;
};

/* Is the row before the place?  True for all rows up to it, because both are in the same order. */
static bool before(const struct row *r, const void *arg)
{
	const struct place *p = arg;
	arc index[OID_MAX];
	size_t n = index_encode(r, index);
	int d = oid_cmp(index, n, p->index, p->len);

	return d < 0 || (d == 0 && !p->inclusive);
}

static struct row *find(const struct view *v, const struct object *o, const struct place *p)
{
	return store_search(v->store, (enum table_id)o->table->id, before, p);
}

struct row *get_row(const struct view *v, const struct object *o, const arc *index, size_t len)
{
	struct row *r = find(v, o, &(struct place){index, len, true});
	arc there[OID_MAX];
	size_t n;

	if (!r)
		return NULL;
	n = index_encode(r, there);
	return oid_cmp(there, n, index, len) == 0 ? r : NULL;
}

enum get_result get_exact(const struct view *v, const arc *name, size_t len, struct value *to)
{
	const struct object *o = object_find(name, len);
	struct row *r;

	if (!o)
		return GET_NO_OBJECT;
	r = get_row(v, o, name + o->len, len - o->len);
	if (!r)
		return GET_NO_INSTANCE;
	get_value(v, o, r, to);
	return GET_OK;
}

bool get_next(const struct view *v, const arc *name, size_t len, bool inclusive, arc found[OID_MAX],
    size_t *found_len, struct value *to)
{
	const struct object *o = object_at_or_after(name, len), *end;
	struct place first = {NULL, 0, true}, place = first;
	size_t n;

	end = object_all(&n) + n;
	if (o && oid_starts_with(name, len, o->name, o->len))
		place = (struct place){name + o->len, len - o->len, inclusive};
	for (; o && o < end; o++, place = first) {
		struct row *r = find(v, o, &place);

		if (!r)
			continue;
		memcpy(found, o->name, o->len * sizeof(*found));
		*found_len = o->len + index_encode(r, found + o->len);
		get_value(v, o, r, to);
		return true;
	}
	return false;
}
