/* SPDX-License-Identifier: BSD-2-Clause */
/* See oid.h. */
#include "agent/oid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int oid_cmp(const arc *a, size_t na, const arc *b, size_t nb)
{
	for (size_t i = 0; i < na && i < nb; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return na < nb ? -1 : na > nb;
}

bool oid_starts_with(const arc *a, size_t na, const arc *prefix, size_t nprefix)
{
	return na >= nprefix && oid_cmp(a, nprefix, prefix, nprefix) == 0;
}

size_t oid_parse(const char *text, arc to[OID_MAX])
{
	size_t n = 0;
	char *end;

	for (;; text = end + 1) {
		if (n == OID_MAX || *text < '0' || *text > '9')
			return 0;
		errno = 0;
		to[n] = strtoul(text, &end, 10);
		if (errno || to[n++] > UINT32_MAX)
			return 0;
		if (!*end)
			return n;
		if (*end != '.')
			return 0;
	}
}

static size_t put_bytes(arc *to, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	to[0] = len;
	for (size_t i = 0; i < len; i++)
		to[1 + i] = p[i];
	return 1 + len;
}

static size_t put_column(arc *to, const struct row *r, const struct column *c)
{
	const struct addr *a;
	const char *text;

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		text = column_text(r, c);
		return put_bytes(to, text, strlen(text));
	case TYPE_ADDR:
		a = COLUMN_PTR(r, c);
		to[0] = a->family;
		return 1 + put_bytes(to + 1, a->bytes, addr_len(a));
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_ENUM:
		to[0] = column_unsigned(r, c);
		return 1;
	case TYPE_VIEW:
		break;
	}
	return 0;
}

size_t index_encode(const struct row *r, arc to[OID_MAX])
{
	size_t n = 0;

	if (r->table->scalar) {
		to[0] = 0;
		return 1;
	}
	/* test_agent_oid shows that the longest index of each table, with its prefix, fits. */
	for (size_t i = 0; i < r->table->keys; i++)
		n += put_column(to + n, r, &r->table->columns[i]);
	return n;
}

/* A length and so many bytes; returns the arcs that were read, 0 if they are malformed. */
static size_t get_bytes(const arc *from, size_t left, uint8_t *bytes, size_t max, size_t *n)
{
	if (left == 0 || from[0] > max || from[0] > left - 1)
		return 0;
	*n = from[0];
	for (size_t i = 0; i < *n; i++) {
		if (from[1 + i] > 255)
			return 0;
		bytes[i] = (uint8_t)from[1 + i];
	}
	return 1 + *n;
}

static size_t get_addr(struct addr *a, const arc *from, size_t left)
{
	uint8_t bytes[16];
	size_t n, used;

	if (left == 0 || !(used = get_bytes(from + 1, left - 1, bytes, sizeof(bytes), &n)))
		return 0;
	*a = addr_from_bytes(bytes, n);
	return a->family == from[0] && addr_is_set(a) ? 1 + used : 0;
}

static size_t get_name(struct row *r, const struct column *c, const arc *from, size_t left)
{
	uint8_t bytes[OID_MAX];
	char text[OID_MAX + 1], why[WHY_SIZE];
	size_t n, used = get_bytes(from, left, bytes, sizeof(bytes), &n);

	if (!used || memchr(bytes, '\0', n))
		return 0;
	memcpy(text, bytes, n);
	text[n] = '\0';
	return column_parse(r, c, text, why) ? used : 0;
}

static size_t get_column(struct row *r, const struct column *c, const arc *from, size_t left)
{
	char why[WHY_SIZE];

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		return get_name(r, c, from, left);
	case TYPE_ADDR:
		return get_addr(COLUMN_PTR(r, c), from, left);
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_ENUM:
		if (left == 0 || from[0] > UINT32_MAX)
			return 0;
		column_set_number(r, c, (int64_t)from[0]);
		return column_unsigned(r, c) == from[0] && column_check(r, c, why) ? 1 : 0;
	case TYPE_VIEW:
		break;
	}
	return 0;
}

bool index_decode(struct row *r, const arc *index, size_t len)
{
	size_t n = 0;

	if (r->table->scalar)
		return len == 1 && index[0] == 0;
	for (size_t i = 0; i < r->table->keys; i++) {
		size_t used = get_column(r, &r->table->columns[i], index + n, len - n);

		if (!used)
			return false;
		n += used;
	}
	return n == len;
}
