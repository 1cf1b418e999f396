/* SPDX-License-Identifier: BSD-2-Clause */
/* See object.h. */
#include "config.h"
#include "agent/object.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct object *all;
static size_t count;

static void add(const struct table *t, const struct column *c, enum object_part part)
{
	struct object *o = &all[count++];
	arc number = (arc)c->arc + (part == PART_ADDR_BYTES);

	*o = (struct object){
	    .table = t, .column = c, .shown = column_shown(t, c), .part = part, .len = 3};
	o->name[0] = t->module;
	o->name[1] = 1;
	o->name[2] = t->arc;
	if (!t->scalar)
		o->name[o->len++] = 1;
	o->name[o->len++] = number;
}

static void add_table(const struct table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++) {
		const struct column *c = &t->columns[i];

		if (c->class == CLASS_KEY)
			continue;
		if (c->type == TYPE_ADDR) {
			add(t, c, PART_ADDR_TYPE);
			add(t, c, PART_ADDR_BYTES);
		} else {
			add(t, c, PART_VALUE);
		}
	}
}

static int compare(const void *a, const void *b)
{
	const struct object *x = a, *y = b;

	return oid_cmp(x->name, x->len, y->name, y->len);
}

const struct object *object_all(size_t *n)
{
	if (!all) {
		size_t most = 0;

		for (size_t i = 0; i < TABLE_COUNT; i++)
			most += 2u * tables[i].ncolumns;
		all = calloc(most, sizeof(*all));
		if (!all)
			abort();
		for (size_t i = 0; i < TABLE_COUNT; i++)
			add_table(&tables[i]);
		qsort(all, count, sizeof(*all), compare);
	}
	*n = count;
	return all;
}

/* The first object o for which name is before o, or below it. */
const struct object *object_at_or_after(const arc *name, size_t len)
{
	size_t low = 0, high;
	const struct object *o = object_all(&high), *end = o + high;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (oid_cmp(name, len, o[mid].name, o[mid].len) > 0 &&
		    !oid_starts_with(name, len, o[mid].name, o[mid].len))
			low = mid + 1;
		else
			high = mid;
	}
	return o + low < end ? o + low : NULL;
}

const struct object *object_find(const arc *name, size_t len)
{
	const struct object *o = object_at_or_after(name, len);

	return o && oid_starts_with(name, len, o->name, o->len) ? o : NULL;
}

const struct object *object_of(const struct table *t, const struct column *c, enum object_part part)
{
	size_t n;
	const struct object *o = object_all(&n);

	for (size_t i = 0; i < n; i++)
		if (o[i].table == t && o[i].column == c && o[i].part == part)
			return &o[i];
	return NULL;
}

/* Appends a name of the schema in camel case: real_server is RealServer. */
static size_t camel(char *to, size_t size, size_t at, const char *name, bool upper)
{
	for (; *name && at + 1 < size; name++) {
		if (!isalnum((unsigned char)*name)) {
			upper = true;
			continue;
		}
		to[at++] = (char)(upper ? toupper((unsigned char)*name) : *name);
		upper = false;
	}
	to[at] = '\0';
	return at;
}

char *object_name(const struct table *t, const struct column *c, enum object_part part,
    char buf[OBJECT_NAME_SIZE])
{
	size_t n = (size_t)snprintf(buf, OBJECT_NAME_SIZE, "drct%s", t->mib);

	n = camel(buf, OBJECT_NAME_SIZE, n, c->name, true);
	if (part == PART_ADDR_TYPE)
		snprintf(buf + n, OBJECT_NAME_SIZE - n, "Type");
	return buf;
}

char *object_word(const char *word, char buf[OBJECT_NAME_SIZE])
{
	size_t n = 0;

	if (!isdigit((unsigned char)*word)) {
		camel(buf, OBJECT_NAME_SIZE, 0, word, false);
		return buf;
	}
	buf[n++] = 'v'; /* an identifier begins with a letter */
	for (; *word && n + 1 < OBJECT_NAME_SIZE; word++)
		if (isalnum((unsigned char)*word))
			buf[n++] = *word;
	buf[n] = '\0';
	return buf;
}

size_t object_root(arc to[OID_MAX])
{
	return oid_parse(DIRECTOR_OID_ROOT, to);
}
