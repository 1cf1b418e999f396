/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans: what belongs together, whatever the order, and what is remembered of it. */
#include <stdio.h>
#include <string.h>
#include "core/director/plan.h"
#include "tests/unit/unit.h"

static struct store *running, *parked;
static struct overrides *overrides;
static struct plan *p;
static struct refusal why;

static void setup(void)
{
	running = store_new();
	parked = store_new();
	overrides = overrides_new();
	p = plan_new(running, parked, overrides);
}

static void teardown(void)
{
	plan_free(p);
	overrides_delete(overrides);
	store_free(running);
	store_free(parked);
}

static struct row *key_of(const char *table, const char *key)
{
	struct row *r = row_new(table_find(table));
	char text[WHY_SIZE];

	ck_assert_msg(row_key_parse(r, key, text), "%s", text);
	return r;
}

/* A wish for one value. */
static void wish(const char *table, const char *key, const char *column, const char *value)
{
	struct row *r = key_of(table, key);
	const struct column *c = table_column(r->table, column);
	char text[WHY_SIZE];

	ck_assert_msg(column_parse(r, c, value, text), "%s", text);
	plan_wish(p, r, (column_mask)1 << (c - r->table->columns), 0);
	row_free(r);
}

/* Applies it, remembers it, and begins the next one. */
static bool done(void)
{
	bool ok = plan_apply(p, &why);
	struct changeset *c = changeset_new(ORIGIN_SNMP);

	if (ok)
		plan_changes(p, c);
	for (size_t i = 0; i < c->n; i++)
		overrides_put(overrides, c->list[i].table, c->list[i].key, c->list[i].column,
		    c->list[i].is_set ? c->list[i].new_value : NULL);
	changeset_free(c);
	plan_free(p);
	p = plan_new(running, parked, overrides);
	return ok;
}

static const struct row *find(const struct store *s, const char *table, const char *key)
{
	struct row *r = key_of(table, key), *found = store_find(s, r);

	row_free(r);
	return found;
}

static const char *remembered(const char *table, const char *key, const char *column)
{
	struct row *r = key_of(table, key);
	const char *value = overrides_get(overrides, r, table_column(r->table, column));

	row_free(r);
	return value ? value : "";
}

static void make_pool(const char *storage)
{
	wish("check", "web tcp", "row_status", "createAndGo");
	wish("real_server", "web 10.0.0.1 80", "weight", "7");
	wish("real_server", "web 10.0.0.1 80", "row_status", "createAndGo");
	wish("pool", "web", "row_status", "createAndGo");
	wish("pool", "web", "storage", storage);
	ck_assert_msg(done(), "%s: %s", why.row, why.reason);
}

START_TEST(test_any_order)
{
	make_pool("nonVolatile");
	ck_assert_ptr_nonnull(find(running, "real_server", "web 10.0.0.1 80"));
	ck_assert_ptr_nonnull(find(running, "check", "web tcp"));
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.1 80", "weight"), "7");
}
END_TEST

START_TEST(test_cascade)
{
	make_pool("nonVolatile");
	wish("pool", "web", "row_status", "notInService");
	ck_assert(done());
	ck_assert_ptr_null(find(running, "real_server", "web 10.0.0.1 80"));
	ck_assert_ptr_nonnull(find(parked, "real_server", "web 10.0.0.1 80"));
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.1 80", "row_status"), "active");
	wish("pool", "web", "row_status", "active");
	ck_assert(done());
	ck_assert_ptr_nonnull(find(running, "real_server", "web 10.0.0.1 80"));
	wish("pool", "web", "row_status", "destroy");
	ck_assert(done());
	ck_assert_ptr_null(find(running, "check", "web tcp"));
	ck_assert_str_eq(remembered("check", "web tcp", "row_status"), "");
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.1 80", "weight"), "");
}
END_TEST

/* Rows that belong to a volatile row are volatile: else they would be alone after the next start. */
START_TEST(test_volatile)
{
	make_pool("volatile");
	ck_assert_int_eq(find(running, "real_server", "web 10.0.0.1 80")->origin, STORAGE_VOLATILE);
	ck_assert_str_eq(remembered("check", "web tcp", "storage"), "volatile");
	wish("real_server", "web 10.0.0.2 80", "row_status", "createAndGo");
	ck_assert(done());
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.2 80", "storage"), "volatile");
	wish("real_server", "web 10.0.0.2 80", "storage", "nonVolatile");
	ck_assert(!done());
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	wish("real_server", "web 10.0.0.2 80", "storage", "nonVolatile");
	wish("pool", "web", "storage", "nonVolatile");
	ck_assert(done());
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.2 80", "storage"), "nonVolatile");
}
END_TEST

START_TEST(test_becomes_volatile)
{
	make_pool("nonVolatile");
	wish("real_server", "web 10.0.0.9 80", "row_status", "createAndWait");
	ck_assert(done());
	wish("pool", "web", "storage", "volatile");
	ck_assert(done());
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.1 80", "storage"), "volatile");
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.9 80", "storage"), "volatile");
	ck_assert_str_eq(remembered("check", "web tcp", "storage"), "volatile");
	ck_assert_int_eq(find(running, "real_server", "web 10.0.0.1 80")->origin, STORAGE_VOLATILE);
}
END_TEST

/* It became volatile with the row that it belongs to: it is kept with it, too, or a restart would lose it silently. */
START_TEST(test_is_kept_again)
{
	make_pool("nonVolatile");
	wish("real_server", "web 10.0.0.9 80", "row_status", "createAndWait");
	ck_assert(done());
	wish("pool", "web", "storage", "volatile");
	ck_assert(done());
	wish("pool", "web", "storage", "nonVolatile");
	ck_assert(done());
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.1 80", "storage"), "nonVolatile");
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.9 80", "storage"), "nonVolatile");
	ck_assert_str_eq(remembered("check", "web tcp", "storage"), "nonVolatile");
	ck_assert_int_eq(
	    find(running, "real_server", "web 10.0.0.1 80")->origin, STORAGE_NONVOLATILE);
	wish("pool", "web", "storage", "volatile");
	ck_assert(done());
	wish("pool", "web", "storage", "nonVolatile");
	wish("real_server", "web 10.0.0.1 80", "storage", "volatile");
	ck_assert(done());
	ck_assert_str_eq(remembered("real_server", "web 10.0.0.1 80", "storage"), "volatile");
	ck_assert_str_eq(remembered("check", "web tcp", "storage"), "nonVolatile");
}
END_TEST

/* A row that stays may not depend on one that a restart forgets. */
START_TEST(test_refers_to_volatile)
{
	make_pool("volatile");
	wish("virtual_server", "www", "row_status", "createAndGo");
	wish("virtual_server", "www", "pool", "web");
	ck_assert(!done());
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert_str_eq(why.reason,
	    "the pool 'web' is volatile, and this row is not: a restart would part them");
	wish("virtual_server", "www", "row_status", "createAndGo");
	wish("virtual_server", "www", "pool", "web");
	wish("virtual_server", "www", "storage", "volatile");
	ck_assert_msg(done(), "%s: %s", why.row, why.reason);
	wish("virtual_server", "www", "storage", "nonVolatile");
	ck_assert(!done());
	wish("virtual_server", "www", "storage", "nonVolatile");
	wish("pool", "web", "storage", "nonVolatile");
	ck_assert_msg(done(), "%s: %s", why.row, why.reason);
	wish("pool", "web", "storage", "volatile");
	ck_assert(!done());
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert_str_eq(why.reason, "virtual_server www refers to it and is not volatile");
	ck_assert_int_eq(find(running, "pool", "web")->origin, STORAGE_NONVOLATILE);
	ck_assert_str_eq(remembered("pool", "web", "storage"), "nonVolatile");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("plan");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_any_order);
	tcase_add_test(tc, test_cascade);
	tcase_add_test(tc, test_volatile);
	tcase_add_test(tc, test_becomes_volatile);
	tcase_add_test(tc, test_is_kept_again);
	tcase_add_test(tc, test_refers_to_volatile);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
