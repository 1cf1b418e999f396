/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows in the order of the standard modules' indexes; see standard.h. */
#include <stdlib.h>
#include <string.h>
#include "agent/standard_object.h"
#include "agent/standard_private.h"

/* Interfaces come and go without a word to us: what is known of them is as old as this at most. */
#define MAX_AGE USEC_PER_SEC

enum standard_mib standard_mib_of(const struct vrrp_instance *i)
{
	return i->version == 3 ? STANDARD_VRRPV3 : STANDARD_VRRP;
}

uint8_t standard_family_of(const struct vrrp_instance *i)
{
	return i->family == INET_IPV6 ? ADDR_IPV6 : ADDR_IPV4;
}

bool standard_has_address(const struct vrrp_instance *i, const struct vrrp_address *a)
{
	return !a->excluded && a->address.family == standard_family_of(i);
}

/* VRRPV3-MIB has no AdminState: an instance that is administratively down is notInService. */
bool standard_active(const struct vrrp_instance *i)
{
	return i->row_status == STATUS_ACTIVE &&
	       (i->enabled || standard_mib_of(i) == STANDARD_VRRP);
}

/* RFC 6527 wants a row that was made to name its primary address; the file need not. */
bool standard_complete(const struct vrrp_instance *i, uint32_t active_addresses)
{
	return active_addresses &&
	       (standard_mib_of(i) == STANDARD_VRRP || addr_is_set(&i->source_address) ||
		   i->storage == STORAGE_PERMANENT);
}

size_t standard_index(
    enum standard_mib m, enum standard_kind kind, const struct standard_row *r, arc to[OID_MAX])
{
	size_t n = 0;

	if (kind == STANDARD_SCALAR) {
		to[n++] = 0;
		return n;
	}
	to[n++] = r->ifindex;
	to[n++] = r->instance->vrid;
	if (m == STANDARD_VRRPV3)
		to[n++] = standard_family_of(r->instance);
	if (kind == STANDARD_INSTANCE)
		return n;
	if (m == STANDARD_VRRPV3)
		to[n++] = addr_len(&r->address->address);
	for (size_t i = 0; i < addr_len(&r->address->address); i++)
		to[n++] = r->address->address.bytes[i];
	return n;
}

static struct standard_row *add(struct standard_list *l)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		l->rows = reallocarray(l->rows, l->room, sizeof(*l->rows));
		if (!l->rows)
			abort();
	}
	return &l->rows[l->n++];
}

static const struct vrrp_statistics *statistics_of(
    const struct standard *s, const struct vrrp_instance *i)
{
	struct vrrp_statistics *key = ROW_NEW(vrrp_statistics);
	struct row *found;

	row_set_text(&key->instance, i->name);
	found = store_find(s->view->store, &key->row);
	row_free(&key->row);
	return (const struct vrrp_statistics *)(found ? found : s->no_statistics);
}

static void add_instance(struct standard *s, struct vrrp_instance *i, uint32_t ifindex)
{
	struct standard_list *lists = s->lists[standard_mib_of(i)];
	struct standard_row row = {.ifindex = ifindex, .instance = i};

	row.statistics = statistics_of(s, i);
	STORE_FOREACH_OF(vrrp_address, a, s->view->store, i->name)
	{
		if (!standard_has_address(i, a))
			continue;
		row.address = a;
		*add(&lists[STANDARD_ADDRESS]) = row;
		row.addresses++;
		row.active += a->row_status == STATUS_ACTIVE;
	}
	row.address = NULL;
	*add(&lists[STANDARD_INSTANCE]) = row;
}

static int by_index(const void *a, const void *b)
{
	const struct standard_row *x = a, *y = b;
	enum standard_kind kind = x->address ? STANDARD_ADDRESS : STANDARD_INSTANCE;
	arc p[OID_MAX], q[OID_MAX];
	size_t np, nq;

	np = standard_index(standard_mib_of(x->instance), kind, x, p);
	nq = standard_index(standard_mib_of(y->instance), kind, y, q);
	return oid_cmp(p, np, q, nq);
}

static void rebuild(struct standard *s)
{
	for (int m = 0; m < STANDARD_MIBS; m++)
		for (int k = 0; k < STANDARD_KINDS; k++)
			s->lists[m][k].n = 0;
	STORE_FOREACH (vrrp_instance, i, s->view->store) {
		uint32_t ifindex = i->vrid ? s->links.index_of(i->interface) : 0;

		if (ifindex)
			add_instance(s, i, ifindex);
	}
	for (int m = 0; m < STANDARD_MIBS; m++)
		for (int k = 0; k < STANDARD_KINDS; k++)
			if (s->lists[m][k].n)
				qsort(s->lists[m][k].rows, s->lists[m][k].n,
				    sizeof(struct standard_row), by_index);
	s->stale = false;
	s->made = clock_now();
}

const struct standard_list *standard_rows(
    struct standard *s, enum standard_mib m, enum standard_kind kind)
{
	if (s->stale || clock_now() - s->made > MAX_AGE)
		rebuild(s);
	return &s->lists[m][kind];
}

const struct standard_row *standard_row_of(struct standard *s, const struct vrrp_instance *i)
{
	const struct standard_list *l = standard_rows(s, standard_mib_of(i), STANDARD_INSTANCE);

	for (size_t k = 0; k < l->n; k++)
		if (l->rows[k].instance == i)
			return &l->rows[k];
	return NULL;
}
