/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions on rows, and the values that win over the file. */
#include <stdio.h>
#include <string.h>
#include "core/director/overrides.h"
#include "core/model/txn.h"
#include "tests/unit/unit.h"

static struct store *store, *parked;
static struct txn *txn;
static struct refusal why;

static struct pool *pool(const char *name)
{
	struct pool *p = ROW_NEW(pool);

	row_set_text(&p->name, name);
	p->row.origin = STORAGE_PERMANENT;
	return p;
}

static struct real_server *server(const char *pool_name, const char *address, int weight)
{
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, pool_name);
	ck_assert(addr_parse(&rs->address, address));
	rs->port = 80;
	rs->weight = weight;
	rs->row.origin = STORAGE_PERMANENT;
	return rs;
}

static void setup(void)
{
	store = store_new();
	parked = store_new();
	store_system(store);
	store_insert(store, &pool("web")->row);
	store_insert(store, &server("web", "10.0.0.1", 1)->row);
	store_insert(store, &server("web", "10.0.0.2", 2)->row);
	txn = txn_new();
}

static void teardown(void)
{
	txn_free(txn);
	store_free(store);
	store_free(parked);
}

static struct real_server *find(const char *address)
{
	struct real_server *key = server("web", address, 0);
	struct row *r = store_find(store, &key->row);

	row_free(&key->row);
	return (struct real_server *)r;
}

static void set(struct row *r, column_mask mask, bool create)
{
	txn_set(txn, r, mask, create);
	row_free(r);
}

static void del(struct row *r)
{
	txn_delete(txn, r);
	row_free(r);
}

START_TEST(test_set)
{
	set(&server("web", "10.0.0.1", 300)->row, COLUMN(real_server, weight), false);
	ck_assert(txn_apply(txn, store, &why));
	ck_assert_int_eq(find("10.0.0.1")->weight, 300);
	ck_assert_uint_eq(txn_changes(txn), 1);
	ck_assert_int_eq(txn_change(txn, 0)->kind, CHANGE_MODIFIED);
	ck_assert(txn_change(txn, 0)->mask == COLUMN(real_server, weight));
	txn_undo(txn, store);
	ck_assert_int_eq(find("10.0.0.1")->weight, 1);
	ck_assert(txn_apply(txn, store, &why));
	ck_assert_int_eq(find("10.0.0.1")->weight, 300);
}
END_TEST

START_TEST(test_out_of_range)
{
	set(&server("web", "10.0.0.1", 3)->row, COLUMN(real_server, weight), false);
	set(&server("web", "10.0.0.2", 70000)->row, COLUMN(real_server, weight), false);
	ck_assert(!txn_apply(txn, store, &why));
	ck_assert_int_eq(why.kind, REFUSAL_VALUE);
	ck_assert_str_eq(why.table->name, "real_server");
	ck_assert_int_eq(why.column, COL_real_server_weight);
	ck_assert_str_eq(why.row, "real_server web 10.0.0.2 80");
	ck_assert_int_eq(find("10.0.0.1")->weight, 1);
	ck_assert_int_eq(find("10.0.0.2")->weight, 2);
}
END_TEST

START_TEST(test_no_such_row)
{
	set(&server("web", "10.0.0.9", 3)->row, COLUMN(real_server, weight), false);
	ck_assert(!txn_apply(txn, store, &why));
	ck_assert_int_eq(why.kind, REFUSAL_NAME);
}
END_TEST

START_TEST(test_state_is_refused)
{
	set(&server("web", "10.0.0.1", 1)->row, COLUMN(real_server, state), false);
	ck_assert(!txn_apply(txn, store, &why));
	ck_assert_int_eq(why.kind, REFUSAL_READONLY);
}
END_TEST

START_TEST(test_make_and_destroy)
{
	set(&pool("dns")->row, table_mask(&tables[TABLE_pool], CLASS_CONFIG), true);
	set(&server("dns", "10.0.0.9", 3)->row,
	    table_mask(&tables[TABLE_real_server], CLASS_CONFIG), true);
	del(&server("web", "10.0.0.2", 0)->row);
	find("10.0.0.2")->transitions = 17;
	ck_assert(txn_apply(txn, store, &why));
	ck_assert_uint_eq(store_count(store, TABLE_pool), 2);
	ck_assert_uint_eq(store_count(store, TABLE_real_server), 2);
	ck_assert_ptr_null(find("10.0.0.2"));
	ck_assert_uint_eq(txn_changes(txn), 3);
	ck_assert_int_eq(store_pool(store, "dns")->storage, STORAGE_PERMANENT);
	txn_undo(txn, store);
	ck_assert_uint_eq(store_count(store, TABLE_pool), 1);
	ck_assert_uint_eq(find("10.0.0.2")->transitions, 17); /* state comes back with the row */
}
END_TEST

START_TEST(test_reference)
{
	del(&pool("web")->row);
	ck_assert(!txn_apply(txn, store, &why));
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert_ptr_nonnull(store_pool(store, "web"));
	ck_assert_uint_eq(store_count(store, TABLE_real_server), 2);
}
END_TEST

START_TEST(test_difference)
{
	struct store *to = store_new();
	struct real_server *other = server("web", "10.0.0.2", 5);

	store_system(to);
	store_insert(to, &pool("web")->row);
	store_insert(to, &other->row);
	store_insert(to, &server("web", "10.0.0.3", 1)->row);
	find("10.0.0.2")->state = SERVER_DOWN;
	txn_difference(txn, store, to);
	ck_assert(txn_apply(txn, store, &why));
	ck_assert_uint_eq(
	    txn_changes(txn), 3); /* one removed, one changed, one new; the pool is the same */
	ck_assert_int_eq(find("10.0.0.2")->weight, 5);
	ck_assert_int_eq(find("10.0.0.2")->state, SERVER_DOWN); /* a reload keeps what is known */
	ck_assert_ptr_null(find("10.0.0.1"));
	txn_free(txn);
	txn = txn_new();
	txn_difference(txn, store, to);
	ck_assert(txn_empty(txn));
	store_free(to);
}
END_TEST

static int skipped;

static void skip(const char *text, void *arg)
{
	(void)arg;
	ck_assert_ptr_nonnull(strstr(text, "has no effect"));
	skipped++;
}

START_TEST(test_overrides)
{
	struct overrides *o = overrides_new();
	const struct column *weight = &tables[TABLE_real_server].columns[COL_real_server_weight];

	overrides_put(o, "real_server", "web 10.0.0.1 80", "weight", "40");
	overrides_put(o, "real_server", "web 10.0.0.1 80", "weight", "42");
	overrides_put(
	    o, "real_server", "web 10.0.0.77 80", "weight", "42"); /* not in the file now */
	overrides_put(o, "real_server", "web 10.0.0.2 80", "weight", "70000");
	overrides_put(o, "real_server", "web 10.0.0.2 80", "colour", "red");
	overrides_put(o, "nonsense", "x", "y", "z");
	overrides_apply(o, store, parked, skip, NULL);
	ck_assert_int_eq(skipped, 4);
	ck_assert_int_eq(find("10.0.0.1")->weight, 42);
	ck_assert_int_eq(find("10.0.0.2")->weight, 2);
	ck_assert_int_eq(find("10.0.0.1")->row.origin, STORAGE_PERMANENT);
	ck_assert_str_eq(overrides_get(o, &find("10.0.0.1")->row, weight), "42");
	overrides_put(o, "real_server", "web 10.0.0.1 80", "weight", NULL);
	ck_assert_ptr_null(overrides_get(o, &find("10.0.0.1")->row, weight));
	overrides_delete(o);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("txn");
	TCase *tc = tcase_create("txn");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_set);
	tcase_add_test(tc, test_out_of_range);
	tcase_add_test(tc, test_no_such_row);
	tcase_add_test(tc, test_state_is_refused);
	tcase_add_test(tc, test_make_and_destroy);
	tcase_add_test(tc, test_reference);
	tcase_add_test(tc, test_difference);
	tcase_add_test(tc, test_overrides);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
