/* SPDX-License-Identifier: BSD-2-Clause */
/* GET and GETNEXT of the standard modules; see standard.h. */
#include "agent/standard.h"

#include <stdlib.h>
#include <string.h>
#include "agent/standard_private.h"

struct standard *standard_new(const struct view *view, const struct standard_links *links)
{
	static const struct standard_links of_system = {if_nametoindex, if_indextoname};
	struct standard *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->view = view;
	s->links = links ? *links : of_system;
	s->no_statistics = row_new(&tables[TABLE_vrrp_statistics]);
	s->stale = true;
	return s;
}

void standard_free(struct standard *s)
{
	if (!s)
		return;
	for (int m = 0; m < STANDARD_MIBS; m++)
		for (int k = 0; k < STANDARD_KINDS; k++)
			free(s->lists[m][k].rows);
	row_free(s->no_statistics);
	free(s);
}

void standard_changed(struct standard *s)
{
	s->stale = true;
}

size_t standard_root(enum standard_mib m, arc to[OID_MAX])
{
	return oid_parse(m == STANDARD_VRRPV3 ? "1.3.6.1.2.1.207" : "1.3.6.1.2.1.68", to);
}

/* The first object o for which name is before o, or below it; n: none. */
static size_t at_or_after(const struct standard_object *o, size_t n, const arc *name, size_t len)
{
	size_t i = 0;

	while (i < n && oid_cmp(name, len, o[i].name, o[i].len) > 0 &&
	       !oid_starts_with(name, len, o[i].name, o[i].len))
		i++;
	return i;
}

const struct standard_object *standard_object_find(enum standard_mib m, const arc *name, size_t len)
{
	size_t n, i;
	const struct standard_object *o = standard_objects(m, &n);

	i = at_or_after(o, n, name, len);
	return i < n && oid_starts_with(name, len, o[i].name, o[i].len) ? &o[i] : NULL;
}

/* The place of the first row behind the index, or at it if inclusive. */
static size_t first_behind(const struct standard_list *l, enum standard_mib m,
    enum standard_kind kind, const arc *index, size_t len, bool inclusive)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		arc there[OID_MAX];
		size_t n = standard_index(m, kind, &l->rows[mid], there);
		int d = oid_cmp(there, n, index, len);

		if (d < 0 || (d == 0 && !inclusive))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct standard_row *standard_row_at(
    struct standard *s, enum standard_mib m, enum standard_kind kind, const arc *index, size_t len)
{
	const struct standard_list *l = standard_rows(s, m, kind);
	size_t i = first_behind(l, m, kind, index, len, true), n;
	arc there[OID_MAX];

	if (i == l->n)
		return NULL;
	n = standard_index(m, kind, &l->rows[i], there);
	return oid_cmp(there, n, index, len) == 0 ? &l->rows[i] : NULL;
}

static void get(struct standard *s, const struct standard_object *o, const struct standard_row *r,
    struct value *to)
{
	to->type = o->type;
	o->get(&(struct standard_source){s->view, r, o}, to);
}

enum get_result standard_get(
    struct standard *s, enum standard_mib m, const arc *name, size_t len, struct value *to)
{
	const struct standard_object *o = standard_object_find(m, name, len);
	const struct standard_row *r = NULL;

	if (!o)
		return GET_NO_OBJECT;
	if (o->kind == STANDARD_SCALAR) {
		if (len != o->len + 1 || name[o->len] != 0)
			return GET_NO_INSTANCE;
	} else {
		r = standard_row_at(s, m, o->kind, name + o->len, len - o->len);
		if (!r)
			return GET_NO_INSTANCE;
	}
	get(s, o, r, to);
	return GET_OK;
}

/* The object's first row behind the index; false if there is none.  *r is NULL for a scalar. */
static bool next_row(struct standard *s, const struct standard_object *o, const arc *index,
    size_t len, bool inclusive, const struct standard_row **r)
{
	const struct standard_list *l;
	static const arc zero = 0;
	size_t i;
	int d;

	*r = NULL;
	if (o->kind == STANDARD_SCALAR) {
		d = oid_cmp(&zero, 1, index, len);
		return d > 0 || (d == 0 && inclusive);
	}
	l = standard_rows(s, o->mib, o->kind);
	i = first_behind(l, o->mib, o->kind, index, len, inclusive);
	*r = i < l->n ? &l->rows[i] : NULL;
	return *r;
}

bool standard_next(struct standard *s, enum standard_mib m, const arc *name, size_t len,
    bool inclusive, arc found[OID_MAX], size_t *found_len, struct value *to)
{
	size_t n, i;
	const struct standard_object *o = standard_objects(m, &n);
	const struct standard_row *r;
	arc index[OID_MAX];
	size_t index_len = 0;

	i = at_or_after(o, n, name, len);
	if (i < n && oid_starts_with(name, len, o[i].name, o[i].len)) {
		index_len = len - o[i].len;
		memcpy(index, name + o[i].len, index_len * sizeof(*index));
	} else {
		inclusive = true;
	}
	for (; i < n; i++, index_len = 0, inclusive = true) {
		if (!next_row(s, &o[i], index, index_len, inclusive, &r))
			continue;
		memcpy(found, o[i].name, o[i].len * sizeof(*found));
		*found_len = o[i].len + standard_index(m, o[i].kind, r, found + o[i].len);
		get(s, &o[i], r, to);
		return true;
	}
	return false;
}
