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
