/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a manager asks: OIDs of GET, GETNEXT and SET.  An input is requests, each { u8 kind, u8 number of
 * arcs, u8 type, u8 length of a string, u32 value, arcs of { u8 how, u8 or u32 } }.
 *
 * GETNEXT gives something behind the OID that GET then has; what SET takes is within the schema's range.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include "agent/set.h"
#include "core/base/log.h"
#include "core/base/wire.h"
#include "tests/unit/random_row.h"

static void require(bool what)
{
	if (!what)
		abort();
}

/* Rows of each table, always the same. */
static struct store *rows(void)
{
	static struct store *s;
	struct dice d = {7};

	if (s)
		return s;
	s = store_new();
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (int i = 0; i < (tables[t].scalar ? 1 : 12); i++) {
			struct row *r = dice_row(&d, &tables[t]);

			if (store_insert(s, r))
				row_free(r);
		}
	}
	return s;
}

static bool agree(
    void *arg, enum request_kind kind, const struct edit *edits, size_t n, struct refusal *why)
{
	char text[WHY_SIZE];

	(void)arg;
	(void)why;
	if (kind != REQUEST_PREPARE)
		return true;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < edits[i].row->table->ncolumns; c++)
			if (edits[i].mask >> c & 1)
				require(column_check(
				    edits[i].row, &edits[i].row->table->columns[c], text));
	return true;
}

static void try_get(const struct view *v, const arc *name, size_t len, bool inclusive)
{
	arc found[OID_MAX];
	size_t n;
	struct value a, b;
	bool there = get_exact(v, name, len, &a) == GET_OK;

	if (!get_next(v, name, len, inclusive, found, &n, &b)) {
		require(!there || !inclusive);
		return;
	}
	require(n <= OID_MAX);
	require(oid_cmp(found, n, name, len) > (inclusive && there ? -1 : 0));
	if (inclusive && there)
		require(oid_cmp(found, n, name, len) == 0);
	require(get_exact(v, found, n, &a) == GET_OK && a.type == b.type);
}

static size_t read_arcs(struct wire *w, arc name[OID_MAX], size_t n)
{
	for (size_t i = 0; i < n; i++)
		name[i] = wire_get_u8(w) & 1 ? wire_get_be32(w) : wire_get_u8(w);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wire w = wire_reader(bytes, len);
	struct view view = {rows(), 0};
	struct set_hub hub = {.call = agree};
	struct set *s = set_new(&view, &hub);
	bool good = true;
	size_t var;

	log_init("fuzz", (enum log_level)0);
	while (wire_left(&w) > 0) {
		uint8_t kind = wire_get_u8(&w), n = wire_get_u8(&w) % (OID_MAX + 1);
		arc name[OID_MAX];
		struct set_var v = {.name = name, .type = wire_get_u8(&w)};

		v.size = wire_get_u8(&w);
		v.number = wire_get_be32(&w);
		v.bytes = wire_get_bytes(&w, v.size);
		v.len = read_arcs(&w, name, n);
		if (w.error)
			break;
		if (v.type == SMI_INTEGER)
			v.number = (int32_t)v.number;
		if (kind % 4 == 3)
			good &= set_add(s, &v) == SET_OK;
		else
			try_get(&view, name, v.len, kind & 1);
	}
	if (good && set_prepare(s, &var) == SET_OK)
		require(set_commit(s, &var) == SET_OK && set_undo(s) == SET_OK);
	set_free(s);
	return 0;
}

static void put_arcs(struct wire *w, const arc *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		wire_put_u8(w, name[i] > 255);
		if (name[i] > 255)
			wire_put_be32(w, (uint32_t)name[i]);
		else
			wire_put_u8(w, (uint8_t)name[i]);
	}
}

/* Each object's first instance, read and written. */
size_t fuzz_seed(unsigned n, uint8_t *buf, size_t size)
{
	struct wire w = wire_writer(buf, size);
	size_t count;
	const struct object *o = object_all(&count);
	struct view view = {rows(), 0};
	arc name[OID_MAX];
	size_t len;
	struct value v;

	if (n >= count)
		return 0;
	if (!get_next(&view, o[n].name, o[n].len, false, name, &len, &v))
		abort();
	for (uint8_t kind = 0; kind < 4; kind++) {
		wire_put_u8(&w, kind);
		wire_put_u8(&w, (uint8_t)len);
		wire_put_u8(&w, (uint8_t)v.type);
		wire_put_u8(&w, v.type == SMI_OCTETS ? 2 : 0);
		wire_put_be32(&w, v.type == SMI_OCTETS ? 0 : (uint32_t)v.number);
		wire_put_bytes(&w, "ab", v.type == SMI_OCTETS ? 2 : 0);
		put_arcs(&w, name, len);
	}
	return w.error ? 0 : wire_used(&w);
}
