/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plans: RowStatus, which rows are in effect, what is remembered, and going back.
 *
 * The last tests do random requests and hold the whole against what must always be so: a row is in effect
 * exactly when it is active and what it belongs to is; a refused request changes nothing; what is
 * remembered, put over the file's rows again, gives the same rows; a rollback gives those of that time.
 */
#include <stdio.h>
#include "core/base/log.h"
#include "core/director/back.h"
#include "core/model/validate.h"
#include "tests/unit/random_row.h"
#include "tests/unit/store_diff.h"
#include "tests/unit/unit.h"

/* A hub without a disk and without processes. */
static struct store *file, *running, *parked;
static struct overrides *set;
static struct history history;
static uint32_t generation;
static struct refusal why;

static struct row *row_of(enum table_id t, const char *key)
{
	struct row *r = row_new(&tables[t]);
	char reason[WHY_SIZE];

	ck_assert_msg(row_key_parse(r, key, reason), "%s: %s", key, reason);
	return r;
}

static void of_file(enum table_id t, const char *key, const char *column, const char *value)
{
	struct row *r = row_of(t, key);
	char reason[WHY_SIZE];

	if (column)
		ck_assert(column_parse(r, table_column(r->table, column), value, reason));
	r->origin = STORAGE_PERMANENT;
	column_set_number(r, table_column(r->table, "storage"), STORAGE_PERMANENT);
	ck_assert_ptr_null(store_insert(file, r));
}

static void setup(void)
{
	log_init("test", (enum log_level)0);
	file = store_new();
	parked = store_new();
	set = overrides_new();
	history_init(&history);
	generation = 1;
	of_file(TABLE_pool, "web", NULL, NULL);
	of_file(TABLE_real_server, "web 10.0.0.1 80", "weight", "5");
	of_file(TABLE_virtual_server, "www", "pool", "web");
	of_file(TABLE_virtual_service, "www tcp 192.0.2.1 80", NULL, NULL);
	running = store_copy(file);
	ck_assert(validate_all(running, &why));
}

static void teardown(void)
{
	store_free(file);
	store_free(running);
	store_free(parked);
	overrides_delete(set);
	history_clear(&history);
}

static void remember(const struct delta *d)
{
	overrides_put(set, d->table, d->key, d->column, d->is_set ? d->new_value : NULL);
	if (d->is_set && !d->was_set)
		overrides_set_base(set, d->table, d->key, d->column, d->old_value);
}

/* What the hub does when the disk has it; takes the plan. */
static bool commit(struct plan *p)
{
	bool ok = plan_apply(p, &why);
	struct changeset *c;

	if (ok) {
		c = changeset_new(ORIGIN_SNMP);
		c->generation = ++generation;
		plan_changes(p, c);
		for (size_t i = 0; i < c->n; i++)
			remember(&c->list[i]);
		history_add(&history, c, NULL, NULL);
	}
	plan_free(p);
	return ok;
}

static struct plan *begin(void)
{
	return plan_new(running, parked, set);
}

/* "weight=3 row_status=createAndGo" */
static void wish(struct plan *p, enum table_id t, const char *key, const char *values)
{
	struct row *r = row_of(t, key);
	column_mask mask = 0;
	char text[200], reason[WHY_SIZE], *save = NULL;

	snprintf(text, sizeof(text), "%s", values);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');
		const struct column *c;

		*value++ = '\0';
		c = table_column(r->table, w);
		ck_assert_ptr_nonnull(c);
		ck_assert_msg(column_parse(r, c, value, reason), "%s: %s", w, reason);
		mask |= (column_mask)1 << (c - r->table->columns);
	}
	plan_wish(p, r, mask, 0);
	row_free(r);
}

static bool request(enum table_id t, const char *key, const char *values)
{
	struct plan *p = begin();

	wish(p, t, key, values);
	return commit(p);
}

static struct row *in(const struct store *s, enum table_id t, const char *key)
{
	struct row *r = row_of(t, key), *there = store_find(s, r);

	row_free(r);
	return there;
}

static enum row_status status(const struct row *r)
{
	return (enum row_status)column_number(r, table_status(r->table));
}

#define REAL "web 10.0.0.1 80"
#define OTHER "web 10.0.0.2 80"

/* RFC 2579, RowStatus: what each value does in each state of the row. */
START_TEST(test_status)
{
	static const struct {
		const char *there; /* how the row is made before; NULL: it is not */
		const char *wanted;
		enum refusal_kind kind;
		enum row_status after; /* 0: no row */
	} cases[] = {
	    {NULL, "active", REFUSAL_INCONSISTENT, 0},
	    {NULL, "notInService", REFUSAL_INCONSISTENT, 0},
	    {NULL, "notReady", REFUSAL_VALUE, 0},
	    {NULL, "createAndGo", REFUSAL_NONE, STATUS_ACTIVE},
	    {NULL, "createAndWait", REFUSAL_NONE, STATUS_NOT_IN_SERVICE},
	    {NULL, "destroy", REFUSAL_NONE, 0},
	    {"createAndWait", "active", REFUSAL_NONE, STATUS_ACTIVE},
	    {"createAndWait", "notInService", REFUSAL_NONE, STATUS_NOT_IN_SERVICE},
	    {"createAndWait", "notReady", REFUSAL_VALUE, STATUS_NOT_IN_SERVICE},
	    {"createAndWait", "createAndGo", REFUSAL_INCONSISTENT, STATUS_NOT_IN_SERVICE},
	    {"createAndWait", "createAndWait", REFUSAL_INCONSISTENT, STATUS_NOT_IN_SERVICE},
	    {"createAndWait", "destroy", REFUSAL_NONE, 0},
	    {"createAndGo", "active", REFUSAL_NONE, STATUS_ACTIVE},
	    {"createAndGo", "notInService", REFUSAL_NONE, STATUS_NOT_IN_SERVICE},
	    {"createAndGo", "notReady", REFUSAL_VALUE, STATUS_ACTIVE},
	    {"createAndGo", "createAndGo", REFUSAL_INCONSISTENT, STATUS_ACTIVE},
	    {"createAndGo", "createAndWait", REFUSAL_INCONSISTENT, STATUS_ACTIVE},
	    {"createAndGo", "destroy", REFUSAL_NONE, 0},
	};
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct row *r;

		if (cases[i].there) {
			snprintf(text, sizeof(text), "row_status=%s", cases[i].there);
			ck_assert(request(TABLE_real_server, OTHER, text));
		}
		snprintf(text, sizeof(text), "row_status=%s", cases[i].wanted);
		request(TABLE_real_server, OTHER, text);
		ck_assert_msg(why.kind == cases[i].kind, "%zu: %d %s", i, why.kind, why.reason);
		r = in(running, TABLE_real_server, OTHER);
		ck_assert_int_eq(r != NULL, cases[i].after == STATUS_ACTIVE);
		r = r ? r : in(parked, TABLE_real_server, OTHER);
		ck_assert_int_eq(r ? status(r) : 0, cases[i].after);
		ck_assert(request(TABLE_real_server, OTHER, "row_status=destroy"));
	}
}
END_TEST

START_TEST(test_not_ready)
{
	ck_assert(request(TABLE_virtual_server, "new", "row_status=createAndWait"));
	ck_assert_int_eq(status(in(parked, TABLE_virtual_server, "new")), STATUS_NOT_READY);
	ck_assert(!request(TABLE_virtual_server, "new", "row_status=active"));
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert_int_eq(why.column, COL_virtual_server_pool);
	/* notInService says that it could be active (RFC 2579, RowStatus, note 3) */
	ck_assert(!request(TABLE_virtual_server, "new", "row_status=notInService"));
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert_int_eq(why.column, COL_virtual_server_pool);
	ck_assert(!request(TABLE_virtual_server, "new", "row_status=notInService quorum=2"));
	ck_assert(request(TABLE_virtual_server, "whole", "row_status=createAndWait"));
	ck_assert(request(TABLE_virtual_server, "whole", "row_status=notInService pool=web"));
	/* what is not in effect need not be right */
	ck_assert(request(TABLE_virtual_server, "new", "pool=nowhere"));
	ck_assert_int_eq(status(in(parked, TABLE_virtual_server, "new")), STATUS_NOT_IN_SERVICE);
	ck_assert(!request(TABLE_virtual_server, "new", "row_status=active"));
	ck_assert(request(TABLE_virtual_server, "new", "pool=web row_status=active"));
	ck_assert_ptr_nonnull(in(running, TABLE_virtual_server, "new"));
	ck_assert(!request(TABLE_virtual_server, "other", "row_status=createAndGo"));
	ck_assert_int_eq(why.column, COL_virtual_server_pool);
}
END_TEST

/* The reason is true for who sees the row there. */
START_TEST(test_refers_to_parked)
{
	ck_assert(request(TABLE_pool, "mail", "row_status=createAndWait"));
	ck_assert(!request(TABLE_virtual_server, "mx", "row_status=createAndGo pool=mail"));
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert_str_eq(why.reason, "the pool 'mail' is not in effect");
	ck_assert(!request(TABLE_virtual_server, "mx", "row_status=createAndGo pool=nix"));
	ck_assert_str_eq(why.reason, "there is no pool 'nix'");
}
END_TEST

START_TEST(test_range_of_parked)
{
	struct plan *p = begin();
	struct row *r = row_of(TABLE_real_server, OTHER);

	((struct real_server *)r)->weight = 70000;
	((struct real_server *)r)->row_status = STATUS_CREATE_AND_WAIT;
	plan_wish(p, r, COLUMN(real_server, weight) | COLUMN(real_server, row_status), 0);
	ck_assert(!commit(p));
	ck_assert_int_eq(why.kind, REFUSAL_VALUE);
	ck_assert_int_eq(why.column, COL_real_server_weight);
	row_free(r);
}
END_TEST

START_TEST(test_any_order)
{
	struct plan *p = begin();

	wish(p, TABLE_virtual_service, "mail tcp 192.0.2.2 25", "row_status=createAndGo");
	wish(p, TABLE_check, "mail tcp", "row_status=createAndGo");
	wish(p, TABLE_real_server, "mail 10.0.0.5 25", "weight=3");
	wish(p, TABLE_virtual_server, "mail", "row_status=createAndGo");
	wish(p, TABLE_real_server, "mail 10.0.0.5 25", "row_status=createAndGo");
	wish(p, TABLE_pool, "mail", "row_status=createAndGo");
	wish(p, TABLE_virtual_server, "mail", "pool=mail");
	ck_assert_msg(commit(p), "%s: %s", why.row, why.reason);
	ck_assert_int_eq(
	    ((struct real_server *)in(running, TABLE_real_server, "mail 10.0.0.5 25"))->weight, 3);
	ck_assert_int_eq(in(running, TABLE_pool, "mail")->origin, STORAGE_NONVOLATILE);
	ck_assert(validate_all(running, &why));
}
END_TEST

START_TEST(test_no_parent)
{
	ck_assert(!request(TABLE_real_server, "nowhere 10.0.0.2 80", "row_status=createAndGo"));
	ck_assert_int_eq(why.kind, REFUSAL_NAME);
	ck_assert(!request(TABLE_real_server, "nowhere 10.0.0.2 80", "row_status=createAndWait"));
	ck_assert_int_eq(why.kind, REFUSAL_NAME);
	ck_assert(!request(TABLE_real_server, OTHER, "weight=2"));
	ck_assert_int_eq(why.kind, REFUSAL_NAME);
}
END_TEST

/* A row takes what belongs to it out of effect, and brings back what was active. */
START_TEST(test_parent_out_of_service)
{
	ck_assert(request(TABLE_real_server, OTHER, "row_status=createAndGo"));
	ck_assert(request(TABLE_check, "web tcp", "row_status=createAndGo"));
	ck_assert(request(TABLE_real_server, "web 10.0.0.3 80", "row_status=createAndWait"));
	ck_assert(!request(TABLE_pool, "web", "row_status=notInService")); /* www uses it */
	ck_assert(request(TABLE_virtual_server, "www", "row_status=notInService"));
	ck_assert_ptr_null(in(running, TABLE_virtual_service, "www tcp 192.0.2.1 80"));
	ck_assert_int_eq(
	    status(in(parked, TABLE_virtual_service, "www tcp 192.0.2.1 80")), STATUS_ACTIVE);
	ck_assert(request(TABLE_pool, "web", "row_status=notInService"));
	ck_assert_uint_eq(store_count(running, TABLE_real_server), 0);
	ck_assert_uint_eq(store_count(running, TABLE_check), 0);
	ck_assert_uint_eq(store_count(parked, TABLE_real_server), 3);
	ck_assert(request(TABLE_real_server, REAL, "weight=9")); /* while it is parked */
	ck_assert(request(TABLE_real_server, "web 10.0.0.4 80", "row_status=createAndGo"));
	ck_assert_ptr_nonnull(in(parked, TABLE_real_server, "web 10.0.0.4 80"));
	ck_assert(request(TABLE_pool, "web", "row_status=active"));
	ck_assert_uint_eq(store_count(running, TABLE_real_server), 3);
	ck_assert_uint_eq(store_count(running, TABLE_check), 1);
	ck_assert_int_eq(((struct real_server *)in(running, TABLE_real_server, REAL))->weight, 9);
	ck_assert_ptr_nonnull(in(parked, TABLE_real_server, "web 10.0.0.3 80"));
}
END_TEST

/* A check of one real server belongs to it too. */
START_TEST(test_check_of_one_server)
{
	ck_assert(request(TABLE_real_server, OTHER, "row_status=createAndGo"));
	ck_assert(request(TABLE_check, "web one",
	    "row_status=createAndGo server_address=10.0.0.2 server_port=80"));
	ck_assert(request(TABLE_real_server, OTHER, "row_status=notInService"));
	ck_assert_ptr_nonnull(in(parked, TABLE_check, "web one"));
	ck_assert(request(TABLE_real_server, OTHER, "row_status=active"));
	ck_assert_ptr_nonnull(in(running, TABLE_check, "web one"));
	ck_assert(request(TABLE_real_server, OTHER, "row_status=destroy"));
	ck_assert_uint_eq(store_count(running, TABLE_check), 0);
	ck_assert_uint_eq(store_count(parked, TABLE_check), 0);
}
END_TEST

START_TEST(test_destroy)
{
	struct plan *p;

	ck_assert(!request(TABLE_real_server, REAL, "row_status=destroy")); /* the file's */
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert(request(TABLE_pool, "mail", "row_status=createAndGo"));
	ck_assert(request(TABLE_real_server, "mail 10.0.0.5 25", "row_status=createAndGo"));
	ck_assert(request(TABLE_real_server, "mail 10.0.0.6 25", "row_status=createAndWait"));
	ck_assert(request(TABLE_check, "mail tcp", "row_status=createAndGo"));
	/* a request that destroys the pool and sets something in it contradicts itself */
	p = begin();
	wish(p, TABLE_pool, "mail", "row_status=destroy");
	wish(p, TABLE_real_server, "mail 10.0.0.5 25", "weight=2");
	ck_assert(!commit(p));
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert(request(TABLE_pool, "mail", "row_status=destroy"));
	ck_assert_uint_eq(store_count(running, TABLE_real_server), 1);
	ck_assert_uint_eq(store_count(parked, TABLE_real_server), 0);
	ck_assert_uint_eq(store_count(running, TABLE_check), 0);
}
END_TEST

START_TEST(test_storage)
{
	ck_assert(!request(TABLE_real_server, REAL, "storage=nonVolatile"));
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	ck_assert(request(TABLE_real_server, REAL, "storage=permanent"));
	ck_assert(request(TABLE_real_server, OTHER, "row_status=createAndGo storage=volatile"));
	ck_assert_int_eq(in(running, TABLE_real_server, OTHER)->origin, STORAGE_VOLATILE);
	ck_assert(!request(TABLE_real_server, OTHER, "storage=permanent"));
	ck_assert_int_eq(why.kind, REFUSAL_VALUE);
	ck_assert(request(TABLE_real_server, OTHER, "storage=nonVolatile"));
	ck_assert_int_eq(((struct real_server *)in(running, TABLE_real_server, OTHER))->storage,
	    STORAGE_NONVOLATILE);
}
END_TEST

START_TEST(test_revert)
{
	char reason[WHY_SIZE];
	struct plan *p;

	ck_assert(request(TABLE_real_server, REAL, "weight=9 row_status=notInService"));
	ck_assert(request(TABLE_real_server, OTHER, "row_status=createAndGo weight=2"));
	p = begin();
	ck_assert_int_eq(back_to_file(p, "real_server " REAL, reason), REFUSAL_NONE);
	ck_assert(commit(p));
	ck_assert_int_eq(((struct real_server *)in(running, TABLE_real_server, REAL))->weight, 5);
	p = begin();
	ck_assert_int_eq(back_to_file(p, "real_server " REAL, reason), REFUSAL_INCONSISTENT);
	plan_free(p);
	p = begin();
	ck_assert_int_eq(back_to_file(p, "nonsense", reason), REFUSAL_VALUE);
	ck_assert_int_eq(back_to_file(p, "real_server web", reason), REFUSAL_VALUE);
	plan_free(p);
	p = begin();
	ck_assert_int_eq(back_to_file(p, "all", reason), REFUSAL_NONE);
	ck_assert(commit(p));
	ck_assert_ptr_null(in(running, TABLE_real_server, OTHER));
}
END_TEST

/* The history forgets the oldest, whole transactions at a time, and says how far back it goes. */
START_TEST(test_history_forgets)
{
	char text[32];

	for (unsigned i = 0; i < HISTORY_LINES + 100; i++) {
		snprintf(text, sizeof(text), "weight=%u", 10 + i % 100);
		ck_assert(request(TABLE_real_server, REAL, text));
	}
	ck_assert_uint_eq(history.lines, HISTORY_LINES);
	ck_assert_uint_eq(history.first + HISTORY_LINES, generation);
	ck_assert_uint_eq(STAILQ_FIRST(&history.sets)->generation, history.first + 1);
}
END_TEST

static struct changeset *lines(size_t n)
{
	struct changeset *c = changeset_new(ORIGIN_CONTROL);

	c->generation = ++generation;
	for (size_t i = 0; i < n; i++)
		changeset_add(
		    c, &(struct delta){"pool", "web", "start_down", "off", "on", i > 0, true});
	changeset_complete(c);
	return c;
}

/* The last one is kept however long it is, and one without lines, as a start makes it, is not the last. */
START_TEST(test_history_long)
{
	struct changeset *c;

	history_add(&history, lines(3), NULL, NULL);
	c = lines(HISTORY_LINES + 7);
	history_add(&history, c, NULL, NULL);
	ck_assert_ptr_eq(STAILQ_FIRST(&history.sets), c);
	history_add(&history, lines(0), NULL, NULL);
	ck_assert_ptr_eq(STAILQ_FIRST(&history.sets), c);
	ck_assert_uint_eq(history.lines, HISTORY_LINES + 7);
	history_add(&history, lines(1), NULL, NULL);
	ck_assert_uint_eq(history.lines, 1);
	ck_assert_uint_eq(history.first, generation - 2);
}
END_TEST

/* ------------------------------------------------------------------- the file changes */

static void remember_skipped(const char *text, void *arg)
{
	(void)text;
	++*(unsigned *)arg;
}

/* What a reload does: the file's rows, and over them what is remembered.  Returns how many values did not fit. */
static unsigned reload(void)
{
	unsigned skipped = 0;

	store_free(running);
	store_free(parked);
	running = store_copy(file);
	parked = store_new();
	overrides_apply(set, running, parked, remember_skipped, &skipped);
	overrides_forget_volatile(set, running, parked);
	return skipped;
}

static const char *remembered(enum table_id t, const char *key, const char *column)
{
	struct row *r = row_of(t, key);
	const char *value = overrides_get(set, r, table_column(r->table, column));

	row_free(r);
	return value;
}

static int64_t weight(const char *key)
{
	const struct row *r = in(running, TABLE_real_server, key);

	ck_assert_ptr_nonnull(r);
	return ((const struct real_server *)r)->weight;
}

static void not_in_file(enum table_id t, const char *key)
{
	struct row *r = in(file, t, key);

	ck_assert_ptr_nonnull(r);
	store_remove(file, r);
	row_free(r);
}

/* A row that is made has what it was given, and not what somebody had set when the file had such a row. */
START_TEST(test_made_after_the_file_had_it)
{
	struct plan *p;

	ck_assert(request(TABLE_real_server, REAL, "weight=9"));
	not_in_file(TABLE_real_server, REAL);
	ck_assert_uint_eq(reload(), 1);
	ck_assert_str_eq(remembered(TABLE_real_server, REAL, "weight"), "9");
	ck_assert(request(TABLE_real_server, REAL, "row_status=createAndGo"));
	ck_assert_int_eq(weight(REAL), 1);
	ck_assert_ptr_null(remembered(TABLE_real_server, REAL, "weight"));
	ck_assert_uint_eq(reload(), 0);
	ck_assert_int_eq(weight(REAL), 1);
	p = begin();
	back_to_generation(p, &history, generation - 1);
	ck_assert(commit(p));
	ck_assert_ptr_null(in(running, TABLE_real_server, REAL));
	ck_assert_str_eq(remembered(TABLE_real_server, REAL, "weight"), "9");
	of_file(TABLE_real_server, REAL, "weight", "5");
	ck_assert_uint_eq(reload(), 0);
	ck_assert_int_eq(weight(REAL), 9);
}
END_TEST

/* A row that was left out, since its pool is gone, is still one that was set; making it anew is a change. */
START_TEST(test_made_again_with_its_pool)
{
	struct plan *p;
	size_t lines;

	ck_assert(request(TABLE_real_server, OTHER, "row_status=createAndGo"));
	not_in_file(TABLE_virtual_service, "www tcp 192.0.2.1 80");
	not_in_file(TABLE_virtual_server, "www");
	not_in_file(TABLE_real_server, REAL);
	not_in_file(TABLE_pool, "web");
	ck_assert_uint_eq(reload(), 2);
	ck_assert(request(TABLE_pool, "web", "row_status=createAndGo"));
	ck_assert_ptr_null(in(running, TABLE_real_server, OTHER));
	lines = history.lines;
	ck_assert(request(TABLE_real_server, OTHER, "row_status=createAndGo"));
	ck_assert_int_eq(weight(OTHER), 1);
	ck_assert_uint_eq(history.lines, lines + 2);
	p = begin();
	back_to_generation(p, &history, generation - 1);
	ck_assert(commit(p));
	ck_assert_ptr_null(in(running, TABLE_real_server, OTHER));
	ck_assert_ptr_nonnull(in(running, TABLE_pool, "web"));
}
END_TEST

/* Values of a volatile row are not kept; they must not hold for a row of the file that takes its place. */
START_TEST(test_volatile_and_then_of_the_file)
{
	ck_assert(
	    request(TABLE_real_server, OTHER, "row_status=createAndGo weight=7 storage=volatile"));
	of_file(TABLE_real_server, OTHER, "weight", "5");
	ck_assert_uint_eq(reload(), 0);
	ck_assert_int_eq(weight(OTHER), 5);
	ck_assert_ptr_null(remembered(TABLE_real_server, OTHER, "storage"));
	ck_assert_ptr_null(remembered(TABLE_real_server, OTHER, "weight"));
	ck_assert(!request(TABLE_real_server, OTHER, "row_status=destroy"));
	ck_assert(request(TABLE_real_server, OTHER, "weight=8"));
	ck_assert_str_eq(remembered(TABLE_real_server, OTHER, "weight"), "8");
	ck_assert_uint_eq(reload(), 0);
	ck_assert_int_eq(weight(OTHER), 8);
}
END_TEST

/* --------------------------------------------------------------------------- at random */

static void check_same(const struct store *a, const struct store *b, const char *what)
{
	char text[STORE_DIFF_SIZE];

	ck_assert_msg(!store_differs(a, b, false, text), "%s: %s", what, text);
}

static bool active_with_parents(const struct row *r)
{
	const struct column *c = &r->table->columns[0];
	bool child = r->table->keys > 1;
	struct row *key, *parent;

	if (status(r) != STATUS_ACTIVE)
		return false;
	if (!child)
		return true;
	key = row_new(table_find(c->ref));
	row_set_text(COLUMN_PTR(key, &key->table->columns[0]), column_text(r, c));
	parent = store_find(running, key);
	row_free(key);
	return parent != NULL;
}

static void check_effect(void)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		if (!tables[t].config)
			continue;
		for (struct row *r = store_first(running, t); r; r = store_next(r))
			ck_assert(active_with_parents(r));
		for (struct row *r = store_first(parked, t); r; r = store_next(r)) {
			ck_assert(!active_with_parents(r));
			ck_assert_ptr_null(store_find(running, r));
		}
	}
	ck_assert(validate_all(running, &why));
}

static void must_not_skip(const char *text, void *arg)
{
	(void)arg;
	ck_abort_msg("%s", text);
}

/* A start: the file, and over it what is remembered. */
static void check_restart(void)
{
	struct store *r = store_copy(file), *p = store_new();

	overrides_apply(set, r, p, must_not_skip, NULL);
	check_same(r, running, "in effect after a restart");
	check_same(p, parked, "not in effect after a restart");
	store_free(r);
	store_free(p);
}

static const char *one_of(struct dice *d, const char *const *list, size_t n)
{
	return list[dice_below(d, (uint32_t)n)];
}

static void random_wish(struct dice *d, struct plan *p)
{
	static const enum table_id kinds[] = {
	    TABLE_pool, TABLE_real_server, TABLE_virtual_server, TABLE_virtual_service};
	static const char *const keys[4][4] = {{"web", "mail", "dns", "spare"},
	    {REAL, OTHER, "mail 10.0.0.5 25", "dns 10.0.0.7 53"}, {"www", "mail", "dns", "old"},
	    {"www tcp 192.0.2.1 80", "mail tcp 192.0.2.2 25", "dns udp 192.0.2.3 53",
		"old tcp 192.0.2.4 80"}};
	static const char *const status_of_wish[] = {"row_status=createAndGo", "row_status=active",
	    "row_status=createAndWait", "row_status=notInService", "row_status=destroy", ""};
	static const char *const values[4][3] = {{"start_down=on", "start_down=off", ""},
	    {"weight=3", "weight=7 forwarding=nat", "storage=volatile"},
	    {"pool=web", "pool=mail", "pool=dns quorum=2"}, {"", "storage=nonVolatile", ""}};
	uint32_t k = dice_below(d, 4);
	char text[100];

	snprintf(
	    text, sizeof(text), "%s %s", one_of(d, status_of_wish, 6), one_of(d, values[k], 3));
	wish(p, kinds[k], one_of(d, keys[k], 4), text);
}

START_TEST(test_random)
{
	struct dice d = {(uint64_t)_i + 1};
	struct store *then[2] = {NULL, NULL};
	uint32_t back_to = 0;
	unsigned done = 0;

	for (int step = 0; step < 300; step++) {
		struct store *before[2] = {store_copy(running), store_copy(parked)};
		struct plan *p = begin();

		if (then[0] && dice_below(&d, 20) == 0) {
			back_to_generation(p, &history, back_to);
			ck_assert_msg(commit(p), "%s: %s", why.row, why.reason);
			check_same(running, then[0], "in effect after a rollback");
			check_same(parked, then[1], "not in effect after a rollback");
		} else {
			for (uint32_t n = 1 + dice_below(&d, 5); n; n--)
				random_wish(&d, p);
			if (commit(p)) {
				done++;
			} else {
				check_same(running, before[0], "refused");
				check_same(parked, before[1], "refused");
			}
		}
		check_effect();
		check_restart();
		if (!then[0] || dice_below(&d, 30) == 0) {
			store_free(then[0]);
			store_free(then[1]);
			then[0] = store_copy(running);
			then[1] = store_copy(parked);
			back_to = generation;
		}
		store_free(before[0]);
		store_free(before[1]);
	}
	ck_assert_uint_gt(done, 20);
	store_free(then[0]);
	store_free(then[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("plan");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_status);
	tcase_add_test(tc, test_not_ready);
	tcase_add_test(tc, test_refers_to_parked);
	tcase_add_test(tc, test_range_of_parked);
	tcase_add_test(tc, test_any_order);
	tcase_add_test(tc, test_no_parent);
	tcase_add_test(tc, test_parent_out_of_service);
	tcase_add_test(tc, test_check_of_one_server);
	tcase_add_test(tc, test_destroy);
	tcase_add_test(tc, test_storage);
	tcase_add_test(tc, test_revert);
	tcase_add_test(tc, test_history_forgets);
	tcase_add_test(tc, test_history_long);
	tcase_add_test(tc, test_made_after_the_file_had_it);
	tcase_add_test(tc, test_made_again_with_its_pool);
	tcase_add_test(tc, test_volatile_and_then_of_the_file);
	tcase_add_loop_test(tc, test_random, 0, 20);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
