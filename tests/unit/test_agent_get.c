/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET and GETNEXT against a reference that sorts the OIDs of all instances: the same answer for every
 * OID, however malformed.
 */
#include <limits.h>
#include "agent/get.h"
#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

struct instance {
	arc name[OID_MAX];
	size_t len;
	const struct object *object;
	struct row *row;
};

struct world {
	struct view view;
	struct instance *all;
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct instance *x = a, *y = b;

	return oid_cmp(x->name, x->len, y->name, y->len);
}

/* At most so many random rows in each table, and all that can be read in them. */
static struct world world_new(struct dice *d, uint32_t rows)
{
	struct world w = {.view = {store_new(), 0}};
	size_t n_objects;
	const struct object *o = object_all(&n_objects);

	for (size_t t = 0; t < TABLE_COUNT; t++) {
		uint32_t n = tables[t].scalar ? 1 : dice_below(d, rows + 1);

		for (uint32_t i = 0; i < n; i++) {
			struct row *r = dice_row(d, &tables[t]);

			if (store_insert(w.view.store, r))
				row_free(r);
		}
	}
	for (size_t i = 0; i < n_objects; i++)
		w.n += store_count(w.view.store, o[i].table->id);
	w.all = calloc(w.n, sizeof(*w.all));
	w.n = 0;
	for (size_t i = 0; i < n_objects; i++) {
		for (struct row *r = store_first(w.view.store, o[i].table->id); r;
		     r = store_next(r)) {
			struct instance *in = &w.all[w.n++];

			in->object = &o[i];
			in->row = r;
			memcpy(in->name, o[i].name, o[i].len * sizeof(arc));
			in->len = o[i].len + index_encode(r, in->name + o[i].len);
		}
	}
	qsort(w.all, w.n, sizeof(*w.all), compare);
	return w;
}

static void world_free(struct world *w)
{
	store_free(w->view.store);
	free(w->all);
}

static const struct instance *reference_next(
    const struct world *w, const arc *name, size_t len, bool inclusive)
{
	for (size_t i = 0; i < w->n; i++) {
		int c = oid_cmp(w->all[i].name, w->all[i].len, name, len);

		if (c > 0 || (c == 0 && inclusive))
			return &w->all[i];
	}
	return NULL;
}

static void same_value(const struct value *a, const struct value *b)
{
	ck_assert_int_eq(a->type, b->type);
	switch (a->type) {
	case SMI_OCTETS:
	case SMI_IPADDRESS:
		ck_assert_uint_eq(a->len, b->len);
		ck_assert(memcmp(a->bytes, b->bytes, a->len) == 0);
		break;
	case SMI_COUNTER64:
		ck_assert(a->counter == b->counter);
		break;
	case SMI_INTEGER:
	case SMI_COUNTER32:
	case SMI_GAUGE32:
	case SMI_TIMETICKS:
		ck_assert(a->number == b->number);
		break;
	}
}

static void try_next(const struct world *w, const arc *name, size_t len, bool inclusive)
{
	const struct instance *want = reference_next(w, name, len, inclusive);
	arc found[OID_MAX];
	size_t n = 0;
	struct value got, wanted;
	bool there = get_next(&w->view, name, len, inclusive, found, &n, &got);

	ck_assert_int_eq(there, want != NULL);
	if (!want)
		return;
	ck_assert_int_eq(oid_cmp(found, n, want->name, want->len), 0);
	get_value(&w->view, want->object, want->row, &wanted);
	same_value(&got, &wanted);
}

static void try_exact(const struct world *w, const arc *name, size_t len)
{
	const struct instance *at = reference_next(w, name, len, true);
	struct value got, wanted;
	enum get_result r = get_exact(&w->view, name, len, &got);
	size_t n;
	const struct object *o = object_all(&n);
	bool object = false;

	for (size_t i = 0; i < n; i++)
		object |= oid_starts_with(name, len, o[i].name, o[i].len);
	if (at && oid_cmp(at->name, at->len, name, len) == 0) {
		ck_assert_int_eq(r, GET_OK);
		get_value(&w->view, at->object, at->row, &wanted);
		same_value(&got, &wanted);
	} else {
		ck_assert_int_eq(r, object ? GET_NO_INSTANCE : GET_NO_OBJECT);
	}
}

/* An OID near the instances: one of them, cut, lengthened, or with arcs changed. */
static size_t near(struct dice *d, const struct world *w, arc name[OID_MAX])
{
	static const arc odd[] = {0, 1, 2, 4, 16, 17, 80, 127, 128, 255, 256, 65535, 65536,
	    INT32_MAX, UINT32_MAX - 1, UINT32_MAX, ULONG_MAX};
	const struct instance *in = &w->all[dice_below(d, (uint32_t)w->n)];
	size_t len = in->len;
	uint32_t changes = dice_below(d, 4);

	memcpy(name, in->name, sizeof(in->name));
	if (dice_below(d, 3) == 0)
		len = dice_below(d, (uint32_t)len + 1);
	for (uint32_t extra = dice_below(d, 6); extra > 3 && len < OID_MAX; extra--)
		name[len++] = odd[dice_below(d, sizeof(odd) / sizeof(*odd))];
	for (uint32_t i = 0; i < changes && len; i++) {
		arc *a = &name[dice_below(d, (uint32_t)len)];

		switch (dice_below(d, 3)) {
		case 0:
			(*a)++;
			break;
		case 1:
			(*a)--;
			break;
		default:
			*a = odd[dice_below(d, sizeof(odd) / sizeof(*odd))];
		}
	}
	return len;
}

START_TEST(test_walk)
{
	struct dice d = {(uint64_t)_i + 1};
	struct world w = world_new(&d, 40);
	arc name[OID_MAX];
	size_t len = 0;
	struct value v;

	for (size_t i = 0; i < w.n; i++) {
		ck_assert(get_next(&w.view, name, len, false, name, &len, &v));
		ck_assert_int_eq(oid_cmp(name, len, w.all[i].name, w.all[i].len), 0);
	}
	ck_assert(!get_next(&w.view, name, len, false, name, &len, &v));
	world_free(&w);
}
END_TEST

START_TEST(test_any_oid)
{
	struct dice d = {(uint64_t)_i + 100};
	struct world w = world_new(&d, 8);
	arc name[OID_MAX];

	for (int i = 0; i < 3000; i++) {
		size_t len = near(&d, &w, name);

		try_next(&w, name, len, false);
		try_next(&w, name, len, true);
		try_exact(&w, name, len);
	}
	world_free(&w);
}
END_TEST

START_TEST(test_empty)
{
	struct view v = {store_new(), 0};
	struct value value;
	arc found[OID_MAX], scalar[] = {1, 1, 1, 1, 0}, table[] = {2, 1, 1, 1, 2, 1, 65};
	size_t n;

	ck_assert(!get_next(&v, NULL, 0, true, found, &n, &value));
	ck_assert_int_eq(get_exact(&v, NULL, 0, &value), GET_NO_OBJECT);
	ck_assert_int_eq(get_exact(&v, scalar, 5, &value), GET_NO_INSTANCE);
	ck_assert_int_eq(get_exact(&v, table, 7, &value), GET_NO_INSTANCE);
	table[4] = 1; /* the key itself is not accessible */
	ck_assert_int_eq(get_exact(&v, table, 7, &value), GET_NO_OBJECT);
	store_free(v.store);
}
END_TEST

/* The longest index of each table, behind the root, is an OID that SNMP can carry. */
START_TEST(test_length)
{
	arc root[OID_MAX], index[OID_MAX];
	size_t n = object_root(root);
	char text[256];

	for (size_t t = 0; t < TABLE_COUNT; t++) {
		struct row *r = row_new(&tables[t]);

		for (size_t i = 0; i < tables[t].keys; i++) {
			const struct column *c = &tables[t].columns[i];

			if (c->type == TYPE_ADDR) {
				*(struct addr *)COLUMN_PTR(r, c) = addr_any(ADDR_IPV6);
			} else if (c->type == TYPE_NAME || c->type == TYPE_TEXT) {
				memset(text, 'x', (size_t)column_max(c));
				text[column_max(c)] = '\0';
				row_set_text(COLUMN_PTR(r, c), text);
			}
		}
		ck_assert_msg(
		    n + OBJECT_ARCS + index_encode(r, index) <= OID_MAX, "%s", tables[t].name);
		row_free(r);
	}
}
END_TEST

/* Each object is where object_find() looks, and alone there. */
START_TEST(test_objects)
{
	size_t n;
	const struct object *o = object_all(&n);

	ck_assert_uint_gt(n, 200);
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_eq(object_find(o[i].name, o[i].len), &o[i]);
		ck_assert_ptr_eq(object_of(o[i].table, o[i].column, o[i].part), &o[i]);
		ck_assert(i == 0 || oid_cmp(o[i - 1].name, o[i - 1].len, o[i].name, o[i].len) < 0);
	}
}
END_TEST

static struct value value_of(const struct view *v, struct row *r, const char *column, int part)
{
	const struct column *c = table_column(r->table, column);
	static struct value to; /* a value may point into itself */

	get_value(v, object_of(r->table, c, (enum object_part)part), r, &to);
	return to;
}

static void is_number(struct value v, enum smi_type type, int64_t number)
{
	ck_assert_int_eq(v.type, type);
	ck_assert_int_eq(v.number, number);
}

static void is_bytes(struct value v, const void *bytes, size_t len)
{
	ck_assert_int_eq(v.type, SMI_OCTETS);
	ck_assert_uint_eq(v.len, len);
	ck_assert(memcmp(v.bytes, bytes, len) == 0);
}

START_TEST(test_values)
{
	struct view v = {NULL, 5000000};
	struct vrrp_instance *vi = ROW_NEW(vrrp_instance);
	struct virtual_service *vs = ROW_NEW(virtual_service);
	struct real_server *rs = ROW_NEW(real_server);
	struct check_result *cr = ROW_NEW(check_result);

	row_set_text(&vi->name, "VI_1");
	row_set_text(&vi->auth_password, "secret");
	vi->advert_interval = 250000;
	vi->preempt = false;
	vi->state = VRRP_FAULT;
	vi->last_change = 6230000;
	addr_parse(&vi->master_address, "192.0.2.9");
	is_bytes(value_of(&v, &vi->row, "label", PART_VALUE), "VI_1", 4);
	is_bytes(value_of(&v, &vi->row, "auth_password", PART_VALUE), "", 0);
	is_number(value_of(&v, &vi->row, "advert_interval", PART_VALUE), SMI_GAUGE32, 25);
	is_number(value_of(&v, &vi->row, "preempt", PART_VALUE), SMI_INTEGER, 2);
	is_number(value_of(&v, &vi->row, "accept", PART_VALUE), SMI_INTEGER, 1);
	is_number(value_of(&v, &vi->row, "state", PART_VALUE), SMI_INTEGER, 4);
	is_number(value_of(&v, &vi->row, "last_change", PART_VALUE), SMI_TIMETICKS, 123);
	vi->last_change = 4000000; /* before sysUpTime began */
	is_number(value_of(&v, &vi->row, "last_change", PART_VALUE), SMI_TIMETICKS, 0);
	vi->last_change = 5000000 + (usec_t)UINT32_MAX * 10000 + 20000; /* sysUpTime starts again */
	is_number(value_of(&v, &vi->row, "last_change", PART_VALUE), SMI_TIMETICKS, 1);
	is_number(value_of(&v, &vi->row, "master_address", PART_ADDR_TYPE), SMI_INTEGER, 1);
	is_bytes(value_of(&v, &vi->row, "master_address", PART_ADDR_BYTES), "\xc0\x00\x02\x09", 4);
	is_bytes(value_of(&v, &vi->row, "master_label", PART_VALUE), "192.0.2.9", 9);
	is_number(value_of(&v, &vi->row, "primary_address", PART_ADDR_TYPE), SMI_INTEGER, 0);
	is_bytes(value_of(&v, &vi->row, "primary_address", PART_ADDR_BYTES), "", 0);
	vs->bytes_in = 0x123456789abcdef0;
	ck_assert(value_of(&v, &vs->row, "bytes_in", PART_VALUE).counter == 0x123456789abcdef0);
	rs->effective_weight = -1;
	is_number(value_of(&v, &rs->row, "effective_weight", PART_VALUE), SMI_INTEGER, -1);
	cr->latency = (usec_t)1 << 40; /* more than the MIB can say */
	is_number(value_of(&v, &cr->row, "latency", PART_VALUE), SMI_GAUGE32, UINT32_MAX);
	row_free(&vi->row);
	row_free(&vs->row);
	row_free(&rs->row);
	row_free(&cr->row);
}
END_TEST

START_TEST(test_date)
{
	struct view v = {NULL, 0};
	struct event_log *e = ROW_NEW(event_log);

	e->time = 1700000000 * USEC_PER_SEC + 430000; /* 2023-11-14 22:13:20.43 UTC */
	is_bytes(
	    value_of(&v, &e->row, "time", PART_VALUE), "\x07\xe7\x0b\x0e\x16\x0d\x14\x04+\0\0", 11);
	e->time = 0;
	is_bytes(value_of(&v, &e->row, "time", PART_VALUE), "\0\0\0\0\0\0\0\0", 8);
	row_free(&e->row);
}
END_TEST

START_TEST(test_oid_text)
{
	static const char *const bad[] = {
	    "", ".", ".1", "1.", "1..2", "1.x", "-1", "1.4294967296", "1 2"};
	arc to[OID_MAX];

	ck_assert_uint_eq(oid_parse("1.3.6.1.4294967295", to), 5);
	ck_assert(to[4] == UINT32_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(oid_parse(bad[i], to) == 0, "'%s' was taken", bad[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_get");
	TCase *tc = tcase_create("get");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_walk, 0, 10);
	tcase_add_loop_test(tc, test_any_oid, 0, 10);
	tcase_add_test(tc, test_empty);
	tcase_add_test(tc, test_length);
	tcase_add_test(tc, test_objects);
	tcase_add_test(tc, test_values);
	tcase_add_test(tc, test_date);
	tcase_add_test(tc, test_oid_text);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
