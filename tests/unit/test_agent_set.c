/* SPDX-License-Identifier: BSD-2-Clause */
/* SET: which error for which variable, what the hub is asked, and what the agent's rows show. */
#include <stdio.h>
#include "agent/set.h"
#include "core/base/log.h"
#include "tests/unit/unit.h"

/* A hub that notes what it is asked and answers as it was told. */
struct hub {
	char calls[64]; /* a letter for each: p(repare), c(ommit), u(ndo), r(elease) */
	size_t n;
	struct refusal refuse[8]; /* by kind of request; .kind 0: done */
	size_t edits;
	struct row *row; /* a copy of the last edit's */
	column_mask mask;
	struct store *store; /* where it applies what was prepared, and takes it back */
	struct kept {
		struct row *before, *after;
		column_mask mask;
	} kept[8];
	size_t nkept;
	struct set_refusal refused; /* the last one */
	char subject[100], object[100], reason[100];
};

static void forget(struct hub *h)
{
	for (; h->nkept; h->nkept--) {
		row_free(h->kept[h->nkept - 1].before);
		row_free(h->kept[h->nkept - 1].after);
	}
}

static void keep(struct hub *h, const struct edit *edits, size_t n)
{
	forget(h);
	for (; h->nkept < n; h->nkept++) {
		const struct edit *e = &edits[h->nkept];
		const struct row *there = store_find(h->store, e->row);

		h->kept[h->nkept] =
		    (struct kept){there ? row_copy(there) : NULL, row_copy(e->row), e->mask};
	}
}

static void apply(struct hub *h, bool after)
{
	for (size_t i = 0; i < h->nkept; i++) {
		const struct kept *k = &h->kept[i];
		struct row *there = store_find(h->store, k->after);

		if (there)
			row_copy_columns(there, after ? k->after : k->before, k->mask);
	}
}

static void refused(void *arg, const struct set_refusal *r)
{
	struct hub *h = arg;

	h->refused = *r;
	snprintf(h->subject, sizeof(h->subject), "%s", r->subject);
	snprintf(h->object, sizeof(h->object), "%s", r->object);
	snprintf(h->reason, sizeof(h->reason), "%s", r->reason);
}

static bool call(
    void *arg, enum request_kind kind, const struct edit *edits, size_t n, struct refusal *why)
{
	struct hub *h = arg;

	h->calls[h->n++] = "?lpcur"[kind];
	if (kind == REQUEST_PREPARE) {
		h->edits = n;
		row_free(h->row);
		h->row = n ? row_copy(edits[n - 1].row) : NULL;
		h->mask = n ? edits[n - 1].mask : 0;
		keep(h, edits, n);
	}
	*why = h->refuse[kind];
	if (why->kind == REFUSAL_NONE && (kind == REQUEST_COMMIT || kind == REQUEST_UNDO))
		apply(h, kind == REQUEST_COMMIT);
	return why->kind == REFUSAL_NONE;
}

struct fixture {
	struct view view;
	struct hub hub;
	struct set_hub set_hub;
	struct set *set;
	struct real_server *rs[2];
	struct vrrp_instance *vi;
};

static struct row *insert(struct fixture *f, enum table_id t, const char *key)
{
	struct row *r = row_new(&tables[t]);
	char why[WHY_SIZE];

	ck_assert_msg(row_key_parse(r, key, why), "%s", why);
	ck_assert_ptr_null(store_insert(f->view.store, r));
	return r;
}

static struct fixture *setup(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->view.store = store_new();
	f->hub.store = f->view.store;
	f->set_hub = (struct set_hub){call, &f->hub, refused};
	f->rs[0] = (struct real_server *)insert(f, TABLE_real_server, "web 10.0.0.1 80");
	f->rs[1] = (struct real_server *)insert(f, TABLE_real_server, "web 2001:db8::1 80");
	f->vi = (struct vrrp_instance *)insert(f, TABLE_vrrp_instance, "VI_1");
	f->set = set_new(&f->view, &f->set_hub);
	return f;
}

static void teardown(struct fixture *f)
{
	set_free(f->set);
	row_free(f->hub.row);
	forget(&f->hub);
	store_free(f->view.store);
	free(f);
}

static void end_set(struct fixture *f)
{
	set_free(f->set);
	f->set = NULL;
}

static void begin_set(struct fixture *f)
{
	end_set(f);
	f->set = set_new(&f->view, &f->set_hub);
}

/* The name of a column's instance in a row. */
static size_t name_of(const struct row *r, const char *column, arc name[OID_MAX])
{
	const struct column *c = table_column(r->table, column);
	const struct object *o =
	    object_of(r->table, c, c->type == TYPE_ADDR ? PART_ADDR_TYPE : PART_VALUE);

	ck_assert_ptr_nonnull(o);
	memcpy(name, o->name, o->len * sizeof(arc));
	return o->len + index_encode(r, name + o->len);
}

static int add_typed(
    struct fixture *f, const void *row, const char *column, int type, int64_t number)
{
	arc name[OID_MAX];
	struct set_var v = {.name = name, .type = type, .number = number};

	v.len = name_of(row, column, name);
	return (int)set_add(f->set, &v);
}

static int add_int(struct fixture *f, const void *row, const char *column, int64_t number)
{
	return add_typed(f, row, column, SMI_INTEGER, number);
}

static int add_uint(struct fixture *f, const void *row, const char *column, int64_t number)
{
	return add_typed(f, row, column, SMI_GAUGE32, number);
}

static int add_text(struct fixture *f, const void *row, const char *column, const char *text)
{
	arc name[OID_MAX];
	struct set_var v = {.name = name, .type = SMI_OCTETS, .bytes = text, .size = strlen(text)};

	v.len = name_of(row, column, name);
	return (int)set_add(f->set, &v);
}

START_TEST(test_weight)
{
	static const struct {
		int64_t weight;
		int error;
	} cases[] = {{0, SET_OK}, {1, SET_OK}, {255, SET_OK}, {256, SET_OK}, {300, SET_OK},
	    {65535, SET_OK}, {65536, SET_WRONG_VALUE}, {70000, SET_WRONG_VALUE},
	    {-1, SET_WRONG_VALUE}, {INT32_MIN, SET_WRONG_VALUE}, {INT32_MAX, SET_WRONG_VALUE}};
	struct fixture *f = setup();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_set(f);
		ck_assert_msg(add_int(f, f->rs[0], "weight", cases[i].weight) == cases[i].error,
		    "%d", (int)cases[i].weight);
	}
	teardown(f);
}
END_TEST

START_TEST(test_types)
{
	struct fixture *f = setup();

	ck_assert_int_eq(add_uint(f, f->rs[0], "weight", 5), SET_WRONG_TYPE);
	ck_assert_int_eq(add_int(f, f->vi, "priority", 5), SET_WRONG_TYPE);
	ck_assert_int_eq(add_typed(f, f->rs[0], "weight", SMI_OCTETS, 0), SET_WRONG_TYPE);
	ck_assert_int_eq(add_typed(f, f->rs[0], "weight", SMI_COUNTER64, 0), SET_WRONG_TYPE);
	ck_assert_int_eq(add_typed(f, f->rs[0], "weight", 0x05, 0), SET_WRONG_TYPE);
	teardown(f);
}
END_TEST

START_TEST(test_values)
{
	struct fixture *f = setup();

	ck_assert_int_eq(add_int(f, f->rs[0], "admin_state", 2), SET_OK);
	ck_assert_int_eq(add_int(f, f->rs[0], "admin_state", 0), SET_WRONG_VALUE);
	ck_assert_int_eq(add_int(f, f->rs[0], "admin_state", 4), SET_WRONG_VALUE);
	ck_assert_int_eq(add_uint(f, f->vi, "priority", 0), SET_WRONG_VALUE);
	ck_assert_int_eq(add_uint(f, f->vi, "priority", 255), SET_OK);
	ck_assert_int_eq(add_uint(f, f->vi, "priority", 256), SET_WRONG_VALUE);
	ck_assert_int_eq(add_int(f, f->vi, "preempt", 0), SET_WRONG_VALUE);
	ck_assert_int_eq(add_int(f, f->vi, "preempt", 2), SET_OK);
	ck_assert_int_eq(add_int(f, f->vi, "preempt", 3), SET_WRONG_VALUE);
	ck_assert_int_eq(add_uint(f, f->vi, "advert_interval", 1), SET_OK); /* 10 ms */
	ck_assert_int_eq(add_uint(f, f->vi, "advert_interval", 0), SET_WRONG_VALUE);
	ck_assert_str_eq(
	    f->hub.reason, "0 is not in the range 1..25500 centiseconds"); /* as the MIB has it */
	ck_assert_int_eq(add_uint(f, f->vi, "advert_interval", UINT32_MAX), SET_WRONG_VALUE);
	teardown(f);
}
END_TEST

START_TEST(test_not_writable)
{
	struct fixture *f = setup();
	arc key[] = {2, 1, 2, 1, 4, 3, 119, 101, 98, 1, 4, 10, 0, 0, 1, 80}, nothing[] = {9, 9};
	struct set_var v = {.name = key, .len = 16, .type = SMI_GAUGE32, .number = 80};

	ck_assert_int_eq(add_int(f, f->rs[0], "state", 2), SET_NOT_WRITABLE);
	ck_assert_int_eq(add_int(f, f->rs[0], "label", 2), SET_NOT_WRITABLE);
	ck_assert_int_eq(set_add(f->set, &v), SET_NOT_WRITABLE);
	v.name = nothing;
	v.len = 2;
	ck_assert_int_eq(set_add(f->set, &v), SET_NOT_WRITABLE);
	v.len = 0;
	ck_assert_int_eq(set_add(f->set, &v), SET_NOT_WRITABLE);
	teardown(f);
}
END_TEST

START_TEST(test_no_row)
{
	struct fixture *f = setup();
	struct real_server *other = ROW_NEW(real_server);
	char why[WHY_SIZE];
	arc name[OID_MAX];
	struct set_var v = {.name = name, .type = SMI_INTEGER, .number = 3};

	ck_assert(row_key_parse(&other->row, "web 10.0.0.2 80", why));
	/* the hub says whether the request makes it */
	ck_assert_int_eq(add_int(f, other, "weight", 3), SET_OK);
	begin_set(f);
	ck_assert_int_eq(add_int(f, other, "weight", -3), SET_WRONG_VALUE);
	ck_assert_str_eq(f->hub.object, "weight");
	v.len = name_of(&f->rs[0]->row, "weight", name) - 1; /* a part of an index */
	ck_assert_int_eq(set_add(f->set, &v), SET_NO_CREATION);
	v.len += 2;
	name[v.len - 1] = 0; /* too much of one */
	ck_assert_int_eq(set_add(f->set, &v), SET_NO_CREATION);
	ck_assert_int_eq(f->hub.refused.status, SET_NO_CREATION);
	row_free(&other->row);
	teardown(f);
}
END_TEST

/* Rows that are made by others than managers are not made by SET. */
START_TEST(test_no_such_event)
{
	struct fixture *f = setup();
	struct event_log *e = ROW_NEW(event_log);

	e->sequence = 7;
	ck_assert_int_eq(add_int(f, e, "kind", 1), SET_NOT_WRITABLE);
	ck_assert_uint_eq(f->hub.refused.var, 0);
	row_free(&e->row);
	teardown(f);
}
END_TEST

/* The row's values and its status come in any order, and are one edit. */
START_TEST(test_create)
{
	struct fixture *f = setup();
	struct real_server *other = ROW_NEW(real_server), *made;
	char why[WHY_SIZE];
	size_t var;

	ck_assert(row_key_parse(&other->row, "web 10.0.0.2 80", why));
	ck_assert_int_eq(add_int(f, other, "weight", 7), SET_OK);
	ck_assert_int_eq(add_int(f, other, "row_status", STATUS_CREATE_AND_GO), SET_OK);
	ck_assert_int_eq(add_int(f, other, "forwarding", FORWARDING_DR), SET_OK);
	ck_assert_int_eq(set_prepare(f->set, &var), SET_OK);
	ck_assert_uint_eq(f->hub.edits, 1);
	made = (struct real_server *)f->hub.row;
	ck_assert_int_eq(made->weight, 7);
	ck_assert_int_eq(made->forwarding, FORWARDING_DR);
	ck_assert_int_eq(made->row_status, STATUS_CREATE_AND_GO);
	ck_assert(f->hub.mask == (COLUMN(real_server, weight) | COLUMN(real_server, forwarding) |
				     COLUMN(real_server, row_status)));
	row_free(&other->row);
	teardown(f);
}
END_TEST

START_TEST(test_status_values)
{
	struct fixture *f = setup();

	ck_assert_int_eq(add_int(f, f->rs[0], "row_status", 0), SET_WRONG_VALUE);
	ck_assert_int_eq(add_int(f, f->rs[0], "row_status", STATUS_NOT_READY), SET_WRONG_VALUE);
	ck_assert_str_eq(f->hub.reason, "notReady(3) cannot be set");
	ck_assert_int_eq(add_int(f, f->rs[0], "row_status", 7), SET_WRONG_VALUE);
	ck_assert_int_eq(add_int(f, f->rs[0], "storage", STORAGE_OTHER), SET_WRONG_VALUE);
	ck_assert_int_eq(add_int(f, f->rs[0], "storage", STORAGE_READONLY), SET_WRONG_VALUE);
	ck_assert_int_eq(add_int(f, f->rs[0], "storage", STORAGE_VOLATILE), SET_OK);
	teardown(f);
}
END_TEST

/* SnmpAdminString and DirectorName are UTF-8: what is not would break those who read it. */
START_TEST(test_utf8)
{
	struct fixture *f = setup();
	struct row *pool = row_new(&tables[TABLE_pool]);

	ck_assert_int_eq(add_text(f, f->vi, "interface", "l\xc3\xa4n"), SET_OK);
	ck_assert_int_eq(add_text(f, f->rs[0], "virtual_host", "l\xe4n"), SET_WRONG_VALUE);
	ck_assert_str_eq(f->hub.reason, "is not UTF-8");
	row_set_text(&((struct pool *)pool)->name, "\xc3\xa4");
	ck_assert_int_eq(add_int(f, pool, "row_status", STATUS_CREATE_AND_GO), SET_OK);
	row_set_text(&((struct pool *)pool)->name, "\xe4");
	ck_assert_int_eq(add_int(f, pool, "row_status", STATUS_CREATE_AND_GO), SET_NO_CREATION);
	/* what the file has made is there all the same */
	insert(f, TABLE_pool, "\xe4");
	insert(f, TABLE_real_server, "\xe4 10.0.0.1 80");
	ck_assert_int_eq(add_int(f, pool, "row_status", STATUS_NOT_IN_SERVICE), SET_OK);
	row_free(pool);
	teardown(f);
}
END_TEST

START_TEST(test_twice)
{
	struct fixture *f = setup();

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 7), SET_OK);
	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 7), SET_OK);
	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 8), SET_INCONSISTENT_VALUE);
	ck_assert_str_eq(f->hub.subject, "real_server web 10.0.0.1 80");
	teardown(f);
}
END_TEST

/* What the index is made of, it is read back into. */
START_TEST(test_index)
{
	static const struct {
		enum table_id table;
		const char *key;
	} cases[] = {{TABLE_pool, "\"two words\""}, {TABLE_real_server, "web 10.0.0.2 80"},
	    {TABLE_real_server, "web 2001:db8::2 0"},
	    {TABLE_virtual_service, "www fwmark :: 4294967295"},
	    {TABLE_virtual_service, "www tcp 192.0.2.1 80"}, {TABLE_check, "web tcp"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct row *r = row_new(&tables[cases[i].table]), *back = row_new(r->table);
		arc index[OID_MAX];
		char why[WHY_SIZE];
		size_t n;

		ck_assert_msg(row_key_parse(r, cases[i].key, why), "%s", why);
		n = index_encode(r, index);
		ck_assert(index_decode(back, index, n));
		ck_assert_int_eq(row_key_cmp(r, back), 0);
		ck_assert(!index_decode(back, index, n - 1));
		ck_assert(!index_decode(back, index, 0));
		index[n] = 0;
		ck_assert(!index_decode(back, index, n + 1));
		index[1] = 256;
		ck_assert(!index_decode(back, index, n));
		row_free(r);
		row_free(back);
	}
}
END_TEST

START_TEST(test_one_transaction)
{
	struct fixture *f = setup();
	size_t var;

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	ck_assert_int_eq(add_int(f, f->rs[1], "weight", 20), SET_OK);
	ck_assert_int_eq(add_int(f, f->rs[1], "admin_state", ADMIN_DRAIN), SET_OK);
	ck_assert_int_eq(set_prepare(f->set, &var), SET_OK);
	ck_assert_uint_eq(f->hub.edits, 2);
	ck_assert(f->hub.mask == (COLUMN(real_server, weight) | COLUMN(real_server, admin_state)));
	ck_assert_int_eq(((struct real_server *)f->hub.row)->weight, 20);
	ck_assert_int_eq(f->rs[1]->weight, 1);
	ck_assert_int_eq(set_commit(f->set, &var), SET_OK);
	/* A GET right after the SET must read it. */
	ck_assert_int_eq(f->rs[0]->weight, 10);
	ck_assert_int_eq(f->rs[1]->weight, 20);
	ck_assert_int_eq(f->rs[1]->admin_state, ADMIN_DRAIN);
	end_set(f);
	ck_assert_str_eq(f->hub.calls, "pcr");
	teardown(f);
}
END_TEST

START_TEST(test_undo)
{
	struct fixture *f = setup();
	size_t var;

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	ck_assert_int_eq(set_prepare(f->set, &var), SET_OK);
	ck_assert_int_eq(set_commit(f->set, &var), SET_OK);
	ck_assert_int_eq(set_undo(f->set), SET_OK);
	ck_assert_int_eq(f->rs[0]->weight, 1);
	end_set(f);
	ck_assert_str_eq(f->hub.calls, "pcur");
	teardown(f);
}
END_TEST

START_TEST(test_undo_fails)
{
	struct fixture *f = setup();
	size_t var;

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	ck_assert_int_eq(set_prepare(f->set, &var), SET_OK);
	ck_assert_int_eq(set_commit(f->set, &var), SET_OK);
	f->hub.refuse[REQUEST_UNDO].kind = REFUSAL_STORE;
	ck_assert_int_eq(set_undo(f->set), SET_UNDO_FAILED);
	ck_assert_int_eq(f->rs[0]->weight, 10);
	teardown(f);
}
END_TEST

/* What was checked but never came to the hub needs no release; what was prepared does. */
START_TEST(test_release)
{
	struct fixture *f = setup();
	size_t var;

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	end_set(f);
	ck_assert_str_eq(f->hub.calls, "");
	f->set = set_new(&f->view, &f->set_hub);
	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	ck_assert_int_eq(set_prepare(f->set, &var), SET_OK);
	end_set(f);
	ck_assert_str_eq(f->hub.calls, "pr");
	ck_assert_int_eq(f->rs[0]->weight, 1);
	teardown(f);
}
END_TEST

START_TEST(test_order)
{
	struct fixture *f = setup();
	size_t var;

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	ck_assert_int_eq(set_commit(f->set, &var), SET_GEN_ERR);
	ck_assert_int_eq(set_undo(f->set), SET_OK);
	ck_assert_str_eq(f->hub.calls, "");
	teardown(f);
}
END_TEST

/* The error is the refusal's, and its variable the one that is about the refused column. */
START_TEST(test_blame)
{
	static const struct {
		enum refusal_kind kind;
		int error;
	} kinds[] = {{REFUSAL_VALUE, SET_WRONG_VALUE},
	    {REFUSAL_INCONSISTENT, SET_INCONSISTENT_VALUE}, {REFUSAL_NAME, SET_INCONSISTENT_NAME},
	    {REFUSAL_READONLY, SET_NOT_WRITABLE}, {REFUSAL_STORE, SET_COMMIT_FAILED},
	    {REFUSAL_BUSY, SET_RESOURCE_UNAVAILABLE}};
	struct fixture *f = setup();
	struct refusal *why = &f->hub.refuse[REQUEST_PREPARE];
	size_t var;

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	ck_assert_int_eq(add_int(f, f->rs[1], "weight", 20), SET_OK);
	ck_assert_int_eq(add_uint(f, f->rs[1], "upper_threshold", 5), SET_OK);
	why->table = &tables[TABLE_real_server];
	why->column = COL_real_server_upper_threshold;
	row_format(&f->rs[1]->row, why->row);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		why->kind = kinds[i].kind;
		ck_assert_int_eq(set_prepare(f->set, &var), kinds[i].error);
		ck_assert_uint_eq(var, 2);
	}
	why->kind =
	    REFUSAL_VALUE; /* an address that no server can have: it is in the name, not in the value */
	why->column = COL_real_server_address;
	ck_assert_int_eq(set_prepare(f->set, &var), SET_NO_CREATION);
	ck_assert_uint_eq(var, 1);
	why->column = COL_real_server_lower_threshold; /* not in the request: its row's first */
	set_prepare(f->set, &var);
	ck_assert_uint_eq(var, 1);
	why->table = NULL; /* about nothing in the request: the first of all */
	set_prepare(f->set, &var);
	ck_assert_uint_eq(var, 0);
	teardown(f);
}
END_TEST

START_TEST(test_commit_fails)
{
	struct fixture *f = setup();
	size_t var;

	ck_assert_int_eq(add_int(f, f->rs[0], "weight", 10), SET_OK);
	ck_assert_int_eq(set_prepare(f->set, &var), SET_OK);
	f->hub.refuse[REQUEST_COMMIT].kind = REFUSAL_STORE;
	ck_assert_int_eq(set_commit(f->set, &var), SET_COMMIT_FAILED);
	ck_assert_int_eq(f->rs[0]->weight, 1);
	ck_assert_int_eq(set_undo(f->set), SET_OK);
	end_set(f);
	ck_assert_str_eq(f->hub.calls, "pcr");
	teardown(f);
}
END_TEST

/* One SET of an address: its type (-1: not set) and that many octets of zero (-1: not set). */
static int set_addr(struct fixture *f, int type, int octets)
{
	static const char zeros[16];
	arc name[OID_MAX];
	struct set_var v = {.name = name, .type = SMI_INTEGER, .number = type};
	size_t var;
	int e = SET_OK;

	begin_set(f);
	v.len = name_of(&f->vi->row, "source_address", name);
	if (type >= 0)
		e = (int)set_add(f->set, &v);
	name[v.len - 6]++; /* InetAddress follows InetAddressType; the index is 4.VI_1 */
	v.type = SMI_OCTETS;
	v.size = (size_t)(octets < 0 ? 0 : octets);
	v.bytes = zeros;
	if (octets >= 0 && e == SET_OK)
		e = (int)set_add(f->set, &v);
	return e == SET_OK ? (int)set_prepare(f->set, &var) : e;
}

/* Zeros are an address too: the length must be the type's, whatever the octets are. */
START_TEST(test_addresses)
{
	struct fixture *f = setup();

	ck_assert_int_eq(set_addr(f, ADDR_IPV4, 4), SET_OK);
	ck_assert_int_eq(set_addr(f, ADDR_IPV6, 16), SET_OK);
	ck_assert_int_eq(set_addr(f, ADDR_NONE, 0), SET_OK);
	ck_assert_int_eq(set_addr(f, ADDR_IPV4, 0), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, ADDR_IPV4, 16), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, ADDR_IPV6, 4), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, ADDR_NONE, 4), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, ADDR_NONE, 16), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, ADDR_IPV4, 5), SET_WRONG_LENGTH);
	ck_assert_int_eq(set_addr(f, 3, 4), SET_WRONG_VALUE);
	/* only one of the two: the other is what there is */
	ck_assert_int_eq(set_addr(f, ADDR_IPV4, -1), SET_INCONSISTENT_VALUE);
	ck_assert(addr_parse(&f->vi->source_address, "0.0.0.0"));
	ck_assert_int_eq(set_addr(f, ADDR_IPV4, -1), SET_OK);
	ck_assert_int_eq(set_addr(f, ADDR_IPV6, -1), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, ADDR_NONE, -1), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, -1, 4), SET_OK);
	ck_assert_int_eq(set_addr(f, -1, 0), SET_INCONSISTENT_VALUE);
	ck_assert_int_eq(set_addr(f, -1, 16), SET_INCONSISTENT_VALUE);
	teardown(f);
}
END_TEST

/* A row of the table; made with a key that an index can have. */
static struct row *some_row(struct fixture *f, const struct table *t)
{
	struct row *r = store_first(f->view.store, t->id);

	if (r)
		return r;
	r = row_new(t);
	for (size_t i = 0; i < t->keys; i++) {
		const struct column *c = &t->columns[i];

		if (c->type == TYPE_NAME)
			row_set_text(COLUMN_PTR(r, c), "x");
		else if (c->type == TYPE_ADDR)
			ck_assert(addr_parse(COLUMN_PTR(r, c), "192.0.2.9"));
		else
			column_set_number(r, c, c->words ? c->words->words[0].number : 1);
	}
	store_insert(f->view.store, r);
	return r;
}

/* Each writable column of the schema takes both ends of its range and refuses what is behind them. */
START_TEST(test_ranges)
{
	struct fixture *f = setup();
	size_t n, tried = 0;
	const struct object *o = object_all(&n);

	for (size_t i = 0; i < n; i++) {
		const struct column *c = o[i].column;
		int64_t scale = c->scale ? (int64_t)c->scale : 1;
		struct row *r;

		if (!column_writable(c) ||
		    (c->type != TYPE_INT && c->type != TYPE_UINT && c->type != TYPE_USEC))
			continue;
		r = some_row(f, o[i].table);
		int type = c->type == TYPE_INT ? SMI_INTEGER : SMI_GAUGE32;
		int64_t low = (column_min(c) + scale - 1) / scale, high = column_max(c) / scale;

		begin_set(f);
		ck_assert_int_eq(add_typed(f, r, c->name, type, low), SET_OK);
		begin_set(f);
		ck_assert_int_eq(add_typed(f, r, c->name, type, high), SET_OK);
		ck_assert_int_eq(add_typed(f, r, c->name, type, high + 1), SET_WRONG_VALUE);
		if (low > 0 || type == SMI_INTEGER)
			ck_assert_int_eq(add_typed(f, r, c->name, type, low - 1), SET_WRONG_VALUE);
		tried++;
	}
	ck_assert_uint_gt(tried, 5);
	teardown(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_set");
	TCase *tc = tcase_create("set");

	log_init("test", (enum log_level)0); /* refusals are not what is looked at */
	tcase_add_test(tc, test_weight);
	tcase_add_test(tc, test_types);
	tcase_add_test(tc, test_values);
	tcase_add_test(tc, test_not_writable);
	tcase_add_test(tc, test_no_row);
	tcase_add_test(tc, test_no_such_event);
	tcase_add_test(tc, test_create);
	tcase_add_test(tc, test_status_values);
	tcase_add_test(tc, test_utf8);
	tcase_add_test(tc, test_twice);
	tcase_add_test(tc, test_index);
	tcase_add_test(tc, test_one_transaction);
	tcase_add_test(tc, test_undo);
	tcase_add_test(tc, test_undo_fails);
	tcase_add_test(tc, test_release);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_blame);
	tcase_add_test(tc, test_commit_fails);
	tcase_add_test(tc, test_addresses);
	tcase_add_test(tc, test_ranges);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
