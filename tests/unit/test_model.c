/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model: shared strings, the rules that the schema must keep, columns as text, and the store's order.
 * Nothing here names more tables and columns than it must: a new one is tested by being in the schema.
 */
#include "core/model/marks.h"
#include "core/model/row.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include "config.h"
#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

#define EACH_TABLE(t) for (const struct table *t = tables; t < tables + TABLE_COUNT; t++)
#define EACH_COLUMN(t, c)                                                                          \
	for (const struct column *c = t->columns; c < t->columns + t->ncolumns; c++)

static bool is_text(const struct column *c)
{
	return c->type == TYPE_NAME || c->type == TYPE_TEXT;
}

/* INT, UINT, GAUGE, COUNT, COUNT32, USEC, WHEN and WALL: what has a range of numbers. */
static bool is_number(const struct column *c)
{
	return !is_text(c) && c->type != TYPE_BOOL && c->type != TYPE_ENUM &&
	       c->type != TYPE_ADDR && c->type != TYPE_VIEW;
}

static struct real_server *server(const char *pool, const char *address, uint32_t port)
{
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, pool);
	ck_assert(addr_parse(&rs->address, address));
	rs->port = port;
	return rs;
}

/* ---------------------------------------------------------------- shared strings */

START_TEST(test_str_shared)
{
	size_t before = str_count();
	const char *a = str_get("web"), *b = str_get("web"), *c = str_get_n("web-server", 3);

	ck_assert_ptr_eq(a, b);
	ck_assert_ptr_eq(a, c);
	ck_assert_str_eq(a, "web");
	ck_assert_uint_eq(str_count(), before + 1);
	ck_assert_ptr_eq(str_share(a), a);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(str_count(), before + 1);
		str_free(a);
	}
	ck_assert_uint_eq(str_count(), before);
}
END_TEST

START_TEST(test_str_empty)
{
	const char *a = str_get(""), *b = str_get_n("x", 0);

	ck_assert_ptr_eq(a, b);
	ck_assert_uint_eq(strlen(a), 0);
	for (int i = 0; i < 10; i++)
		str_free(str_share(a));
	str_free(a);
	str_free(b);
	str_free(NULL);
	ck_assert_str_eq(str_get(""), "");
}
END_TEST

START_TEST(test_str_many)
{
	enum { N = 20000 };
	static const char *all[N];
	size_t before = str_count();
	char text[32];

	for (int i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "%d", i);
		all[i] = str_get(text);
	}
	ck_assert_uint_eq(str_count(), before + N);
	for (int i = 0; i < N; i++) { /* the table grew meanwhile */
		snprintf(text, sizeof(text), "%d", i);
		ck_assert_str_eq(all[i], text);
		ck_assert_ptr_eq(str_get(text), all[i]);
		str_free(all[i]);
	}
	for (int i = 0; i < N; i++)
		str_free(all[i]);
	ck_assert_uint_eq(str_count(), before);
}
END_TEST

/* A prefix or an extension of a text in the table is another text, also with an equal hash slot. */
START_TEST(test_str_prefix)
{
	const char *a = str_get("ab"), *b = str_get_n("abc", 3), *c = str_get_n("abc", 1);

	ck_assert(a != b && b != c && a != c);
	ck_assert_str_eq(c, "a");
	str_free(a);
	str_free(b);
	str_free(c);
}
END_TEST

/* ---------------------------------------------------------- the rules of the schema */

START_TEST(test_schema_arcs)
{
	EACH_TABLE(t)
	{
		unsigned next = 1;

		EACH_COLUMN(t, c)
		{
			ck_assert_msg(c->arc > 0, "%s.%s has no arc", t->name, c->name);
			for (const struct column *o = t->columns; o < c; o++)
				ck_assert_msg(o->arc != c->arc &&
						  !(o->type == TYPE_ADDR && o->arc + 1 == c->arc) &&
						  !(c->type == TYPE_ADDR && c->arc + 1 == o->arc),
				    "%s: %s and %s share an arc", t->name, o->name, c->name);
			if (c->class != CLASS_KEY)
				continue;
			ck_assert_msg(
			    c->arc == next, "%s.%s: the index' arcs have a gap", t->name, c->name);
			next = c->arc + (c->type == TYPE_ADDR ? 2 : 1);
		}
	}
}
END_TEST

START_TEST(test_schema_table_arcs)
{
	EACH_TABLE(a)
	{
		ck_assert_msg(a->arc > 0 && a->mib, "%s has no place in a MIB", a->name);
		ck_assert_msg(
		    a->module >= MODULE_SYSTEM && a->module <= MODULE_VRRP, "%s", a->name);
		ck_assert_uint_eq(a->id, a - tables);
		for (const struct table *b = tables; b < a; b++) {
			ck_assert_msg(a->module != b->module || a->arc != b->arc, "%s and %s",
			    a->name, b->name);
			ck_assert_str_ne(a->mib, b->mib);
			ck_assert_str_ne(a->name, b->name);
		}
	}
}
END_TEST

START_TEST(test_schema_columns)
{
	EACH_TABLE(t)
	{
		bool keys = true;

		ck_assert_msg(t->ncolumns > 0 && t->ncolumns <= COLUMNS_MAX, "%s", t->name);
		ck_assert_msg(t->help && *t->help, "%s has no description", t->name);
		ck_assert_msg(t->scalar == (t->keys == 0), "%s: an index and scalar?", t->name);
		EACH_COLUMN(t, c)
		{
			keys = keys && c->class == CLASS_KEY;
			ck_assert_msg(
			    keys == (c - t->columns < t->keys) && keys == (c->class == CLASS_KEY),
			    "%s.%s: the index comes first", t->name, c->name);
			ck_assert_msg(c->help && *c->help && c->help[strlen(c->help) - 1] == '.',
			    "%s.%s has no description, or not a sentence", t->name, c->name);
			ck_assert_ptr_eq(table_column(t, c->name), c);
			ck_assert_msg(c->offset >= sizeof(struct row) && c->offset < t->size,
			    "%s.%s", t->name, c->name);
		}
		ck_assert_ptr_eq(table_find(t->name), t);
	}
	ck_assert_ptr_null(table_find("nothing"));
	ck_assert_ptr_null(table_column(&tables[TABLE_pool], "nothing"));
}
END_TEST

START_TEST(test_schema_classes)
{
	EACH_TABLE(t)
	{
		ck_assert_msg(t->config || t->owner, "%s: who makes its rows?", t->name);
		EACH_COLUMN(t, c)
		{
			if (c->class == CLASS_STATE)
				ck_assert_msg(c->owner, "%s.%s: who reports it?", t->name, c->name);
			else
				ck_assert_msg(
				    !c->owner, "%s.%s: only a state is reported", t->name, c->name);
			ck_assert_msg(!c->set || c->class == CLASS_STATE, "%s.%s cannot be set",
			    t->name, c->name);
			ck_assert_msg(
			    !c->required || c->class == CLASS_CONFIG, "%s.%s", t->name, c->name);
			ck_assert_msg(!c->inverted || (c->type == TYPE_BOOL && c->keyword), "%s.%s",
			    t->name, c->name);
			ck_assert_msg((c->type == TYPE_VIEW) == (c->class == CLASS_VIEW), "%s.%s",
			    t->name, c->name);
			ck_assert_msg((c->type == TYPE_USEC) == (c->scale != 0),
			    "%s.%s: scale is of USEC", t->name, c->name);
			ck_assert_msg((c->type == TYPE_ENUM) == (c->words != NULL), "%s.%s",
			    t->name, c->name);
			if (c->class == CLASS_CONFIG)
				ck_assert_msg(t->config || t->scalar,
				    "%s.%s: the table is not configured", t->name, c->name);
		}
	}
}
END_TEST

START_TEST(test_schema_masks)
{
	EACH_TABLE(t)
	{
		column_mask m[] = {table_mask(t, CLASS_KEY), table_mask(t, CLASS_CONFIG),
		    table_mask(t, CLASS_STATE), table_mask(t, CLASS_VIEW)};
		column_mask owned = 0;

		ck_assert(m[0] == ((column_mask)1 << t->keys) - 1);
		ck_assert((m[0] | m[1] | m[2] | m[3]) == all_columns(t));
		ck_assert(m[0] + m[1] + m[2] + m[3] == all_columns(t));
		for (unsigned p = P_HUB; p <= P_SCRIPT; p <<= 1)
			owned |= table_owned(t, p);
		ck_assert(owned == m[2]);
	}
}
END_TEST

START_TEST(test_schema_references)
{
	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		const struct table *to = c->ref ? table_find(c->ref) : NULL;

		if (c->type == TYPE_VIEW) {
			const struct column *of = table_column(t, c->of);

			ck_assert_msg(
			    of && of->type != TYPE_VIEW, "%s.%s shows nothing", t->name, c->name);
			ck_assert_ptr_eq(column_shown(t, c), of);
		}
		if (!c->ref)
			continue;
		ck_assert_msg(to && to->keys == 1 && is_text(&to->columns[0]),
		    "%s.%s names no row of %s", t->name, c->name, c->ref);
		ck_assert_msg(is_text(c) && column_max(c) <= column_max(&to->columns[0]),
		    "%s.%s is longer than a %s", t->name, c->name, c->ref);
	}
}
END_TEST

static bool has_view(const struct table *t, const struct column *of)
{
	EACH_COLUMN(t, c)
	if (c->type == TYPE_VIEW && strcmp(c->of, of->name) == 0)
		return true;
	return false;
}

/* Many pollers read neither an index nor the octets of an address: both are printable columns, too. */
START_TEST(test_schema_views)
{
	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	if ((c->class == CLASS_KEY && is_text(c)) ||
	    (c->type == TYPE_ADDR && (c->class == CLASS_KEY || c->class == CLASS_STATE)))
		ck_assert_msg(has_view(t, c), "%s.%s has no printable column", t->name, c->name);
}
END_TEST

START_TEST(test_schema_events)
{
	for (const struct event_info *i = event_infos; i->mib; i++) {
		ck_assert(enum_has(&enumeration_event_kind, i->kind));
		ck_assert_ptr_eq(event_info_find(i->kind), i);
		ck_assert_ptr_nonnull(table_column(&tables[i->table], i->column));
		for (size_t m = 0; m < EVENT_MORE && i->more[m]; m++)
			ck_assert_msg(table_column(&tables[i->table], i->more[m]) != NULL, "%s: %s",
			    i->mib, i->more[m]);
		ck_assert(*i->help);
	}
	for (const struct enum_word *w = enumeration_event_kind.words; w->word; w++)
		ck_assert_msg(
		    event_info_find((enum event_kind)w->number), "%s is no notification", w->word);
}
END_TEST

/* SMIv2: a descriptor has at most 64 characters; above 32 some tools complain (smilint -l 6 does not). */
START_TEST(test_schema_mib_names)
{
	unsigned longer = 0;

	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		size_t n = strlen("drct") + strlen(t->mib) + strlen(c->name) +
			   (c->type == TYPE_ADDR ? strlen("Type") : 0);

		for (const char *p = c->name; *p; p++) {
			n -= *p == '_';
			ck_assert_msg(
			    islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_',
			    "%s", c->name);
		}
		ck_assert_msg(n <= 64, "drct%s + %s has %zu characters", t->mib, c->name, n);
		longer += n > 32;
	}
	ck_assert_msg(longer < 40, "%u names have more than 32 characters", longer);
}
END_TEST

static unsigned arcs_of_index(const struct table *t)
{
	unsigned n = 0;

	for (size_t i = 0; i < t->keys; i++) {
		const struct column *c = &t->columns[i];

		n += is_text(c)		    ? 1 + (unsigned)column_max(c)
		     : c->type == TYPE_ADDR ? 1 + 1 + 16
					    : 1;
	}
	return n;
}

/* RFC 2578, 3.5: at most 128 arcs.  ROOT.module.objects.table.entry.column and the index. */
START_TEST(test_schema_oid_length)
{
	unsigned root = 1;

	for (const char *p = DIRECTOR_OID_ROOT; *p; p++)
		root += *p == '.';
	EACH_TABLE(t)
	ck_assert_msg(root + 5 + arcs_of_index(t) <= 128, "%s: an index of %u arcs", t->name,
	    arcs_of_index(t));
}
END_TEST

START_TEST(test_schema_enums)
{
	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		if (!c->words)
			continue;
		for (const struct enum_word *w = c->words->words; w->word; w++) {
			int32_t number = -1;

			ck_assert_msg(
			    w->number > 0, "%s: %s", c->words->name, w->word); /* RFC 2578, 7.1.1 */
			ck_assert(enum_number(c->words, w->word, &number) && number == w->number);
			ck_assert_str_eq(enum_word(c->words, w->number), w->word);
		}
		ck_assert(!enum_has(c->words, 0) && !enum_has(c->words, -1) &&
			  !enum_has(c->words, 70000));
		ck_assert_str_eq(enum_word(c->words, 70000), "?");
	}
}
END_TEST

/* ---------------------------------------------------------------- rows and columns */

START_TEST(test_defaults)
{
	char why[WHY_SIZE], text[COLUMN_TEXT_SIZE];

	EACH_TABLE(t)
	{
		struct row *r = row_new(t), *other = row_new(t);

		ck_assert(!row_diff(r, other));
		ck_assert(r->table == t && !r->user && !r->marked && !r->mark && !r->origin);
		EACH_COLUMN(t, c)
		{
			ck_assert_msg(column_is_default(r, c), "%s.%s", t->name, c->name);
			if (c->class == CLASS_CONFIG && !c->required)
				ck_assert_msg(
				    column_check(r, c, why), "%s.%s: %s", t->name, c->name, why);
			if (c->class == CLASS_CONFIG && c->required)
				ck_assert_msg(!column_check(r, c, why) && *why,
				    "%s.%s is never missing", t->name, c->name);
			if (c->class == CLASS_CONFIG && c->def)
				ck_assert_str_eq(column_format(r, c, text), c->def);
		}
		row_free(r);
		row_free(other);
	}
}
END_TEST

/* Writes v into c as text, as column_parse() wants it. */
static void number_text(const struct column *c, int64_t v, char text[64])
{
	uint64_t u = (uint64_t)(v < 0 ? -v : v);

	if (c->type == TYPE_USEC || c->type == TYPE_WHEN || c->type == TYPE_WALL)
		snprintf(text, 64, "%s%" PRIu64 ".%06" PRIu64, v < 0 ? "-" : "", u / 1000000,
		    u % 1000000);
	else
		snprintf(text, 64, "%" PRId64, v);
}

static void takes(struct row *r, const struct column *c, const char *text)
{
	char why[WHY_SIZE], again[COLUMN_TEXT_SIZE], twice[COLUMN_TEXT_SIZE];

	ck_assert_msg(
	    column_parse(r, c, text, why), "%s.%s = %s: %s", r->table->name, c->name, text, why);
	ck_assert_msg(
	    column_check(r, c, why), "%s.%s = %s: %s", r->table->name, c->name, text, why);
	column_format(r, c, again);
	ck_assert_msg(
	    column_parse(r, c, again, why), "%s.%s = %s: %s", r->table->name, c->name, again, why);
	ck_assert_str_eq(column_format(r, c, twice), again);
}

static void refuses(struct row *r, const struct column *c, const char *text)
{
	struct row *before = row_copy(r);
	char why[WHY_SIZE] = "";

	ck_assert_msg(
	    !column_parse(r, c, text, why), "%s.%s took '%s'", r->table->name, c->name, text);
	ck_assert_msg(strlen(why) > 5, "%s.%s = '%s' is refused without a reason", r->table->name,
	    c->name, text);
	ck_assert_msg(
	    row_diff(r, before) == 0, "%s.%s was changed by '%s'", r->table->name, c->name, text);
	row_free(before);
}

START_TEST(test_number_ranges)
{
	char text[64];

	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		struct row *r;

		if (!is_number(c))
			continue;
		r = row_new(t);
		ck_assert_msg(column_min(c) < column_max(c), "%s.%s", t->name, c->name);
		number_text(c, column_min(c), text);
		takes(r, c, text);
		ck_assert_int_eq(column_number(r, c), column_min(c));
		number_text(c, column_min(c) - 1, text);
		refuses(r, c, text);
		if (column_max(c) < INT64_MAX) { /* WHEN and COUNT are never read as text */
			number_text(c, column_max(c), text);
			takes(r, c, text);
			ck_assert_int_eq(column_number(r, c), column_max(c));
			number_text(c, column_max(c) + 1, text);
			refuses(r, c, text);
		}
		row_free(r);
	}
}
END_TEST

START_TEST(test_number_syntax)
{
	static const char *const bad[] = {"", " ", "x", "1x", "0x10", " 1", "1 ", "--1", "-", "1e3",
	    "+1", "1,5", "99999999999999999999999", "-99999999999999999999999"};
	static const char *const bad_time[] = {".", "1.2.3", "0.1234567", "1s", "1:00"};

	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		struct row *r = row_new(t);

		for (size_t i = 0; is_number(c) && i < sizeof(bad) / sizeof(*bad); i++)
			refuses(r, c, bad[i]);
		for (size_t i = 0; is_number(c) && i < sizeof(bad_time) / sizeof(*bad_time); i++)
			refuses(r, c, bad_time[i]);
		row_free(r);
	}
}
END_TEST

/* The column must hold what was put there and no neighbour. */
START_TEST(test_number_storage)
{
	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		struct row *r = row_new(t), *fresh = row_new(t);

		if (is_number(c) || c->type == TYPE_BOOL) {
			column_set_number(r, c, column_max(c));
			ck_assert_int_eq(column_number(r, c), column_max(c));
			ck_assert(!(row_diff(r, fresh) & ~((column_mask)1 << (c - t->columns))));
			row_copy_columns(fresh, r, (column_mask)1 << (c - t->columns));
			ck_assert(!row_diff(r, fresh));
		}
		row_free(r);
		row_free(fresh);
	}
}
END_TEST

START_TEST(test_counters_are_unsigned)
{
	struct virtual_service *v = ROW_NEW(virtual_service);
	char text[COLUMN_TEXT_SIZE];

	v->bytes_in = UINT64_MAX;
	v->bit_rate_in = UINT32_MAX;
	ck_assert_str_eq(column_format(&v->row, table_column(v->row.table, "bytes_in"), text),
	    "18446744073709551615");
	ck_assert_str_eq(
	    column_format(&v->row, table_column(v->row.table, "bit_rate_in"), text), "4294967295");
	row_free(&v->row);
}
END_TEST

START_TEST(test_times)
{
	static const char *const same[][2] = {{"1", "1"}, {"0.25", "0.25"}, {"0.5", "0.500000"},
	    {"1.5", "1.50"}, {"0.01", ".01"}, {"10", "010"}, {"0.123456", "0.123456"},
	    {"100", "100.0"}, {"3600", "3600"}};
	struct check *k = ROW_NEW(check);
	const struct column *c = table_column(k->row.table, "interval");
	char text[COLUMN_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		takes(&k->row, c, same[i][1]);
		ck_assert_str_eq(column_format(&k->row, c, text), same[i][0]);
	}
	row_free(&k->row);
}
END_TEST

START_TEST(test_texts)
{
	char text[600];

	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		struct row *r = row_new(t);

		if (!is_text(c)) {
			row_free(r);
			continue;
		}
		ck_assert_msg(column_max(c) <= 255, "%s.%s is longer than a message's column",
		    t->name, c->name);
		memset(text, 'x', sizeof(text));
		text[column_max(c)] = '\0';
		takes(r, c, text);
		ck_assert_str_eq(column_text(r, c), text);
		text[column_max(c)] = 'x';
		text[column_max(c) + 1] = '\0';
		refuses(r, c, text);
		if (column_min(c) > 0)
			refuses(r, c, "");
		else
			takes(r, c, "");
		refuses(r, c, "a\tb");
		refuses(r, c, "a\nb");
		refuses(r, c, "\x7f");
		if (column_max(c) >
		    5) /* an MD5 digest, a name: bytes above 127 are the administrator's */
			takes(r, c, "\xc3\xa4 \"\\");
		row_free(r);
	}
}
END_TEST

START_TEST(test_words)
{
	char why[WHY_SIZE], text[COLUMN_TEXT_SIZE];

	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		struct row *r = row_new(t);

		if (c->type == TYPE_ENUM) {
			for (const struct enum_word *w = c->words->words; w->word; w++) {
				takes(r, c, w->word);
				ck_assert_int_eq(column_number(r, c), w->number);
				ck_assert_str_eq(column_format(r, c, text), w->word);
			}
			refuses(r, c, "");
			refuses(r, c, "nothing");
			refuses(r, c, "1");
			column_parse(r, c, "nothing", why);
			for (const struct enum_word *w = c->words->words; w->word; w++)
				ck_assert_msg(
				    strstr(why, w->word), "'%s' does not offer %s", why, w->word);
			column_set_number(r, c, 70000);
			ck_assert(!column_check(r, c, why));
		} else if (c->type == TYPE_BOOL) {
			takes(r, c, "on");
			ck_assert_int_eq(column_number(r, c), 1);
			takes(r, c, "no");
			ck_assert_int_eq(column_number(r, c), 0);
			refuses(r, c, "");
			refuses(r, c, "maybe");
		}
		row_free(r);
	}
}
END_TEST

START_TEST(test_addresses)
{
	EACH_TABLE(t)
	EACH_COLUMN(t, c)
	{
		struct row *r = row_new(t);

		if (c->type == TYPE_ADDR) {
			takes(r, c, "192.0.2.1");
			takes(r, c, "2001:db8::1");
			takes(r, c,
			    ""); /* none; whether a row may be without is validate's business */
			ck_assert(!addr_is_set(COLUMN_PTR(r, c)));
			refuses(r, c, "192.0.2");
			refuses(r, c, "web");
		}
		row_free(r);
	}
}
END_TEST

START_TEST(test_views)
{
	char a[COLUMN_TEXT_SIZE], b[COLUMN_TEXT_SIZE];
	struct dice d = {7};

	EACH_TABLE(t)
	{
		struct row *r = dice_row(&d, t);

		EACH_COLUMN(t, c)
		{
			if (c->type != TYPE_VIEW)
				continue;
			ck_assert_str_eq(
			    column_format(r, c, a), column_format(r, column_shown(t, c), b));
			refuses(r, c, "x");
		}
		row_free(r);
	}
}
END_TEST

/* What column_format() writes of any row, column_parse() reads again. */
START_TEST(test_round_trip)
{
	struct dice d = {(uint64_t)_i};
	char text[COLUMN_TEXT_SIZE], why[WHY_SIZE];

	EACH_TABLE(t)
	{
		struct row *r = dice_row(&d, t), *back = row_new(t);

		EACH_COLUMN(t, c)
		{
			if (c->type == TYPE_VIEW || (is_number(c) && column_max(c) == INT64_MAX))
				continue;
			column_format(r, c, text);
			ck_assert_msg(column_parse(back, c, text, why), "%s.%s = %s: %s", t->name,
			    c->name, text, why);
			ck_assert_msg(!(row_diff(r, back) >> (c - t->columns) & 1), "%s.%s = %s",
			    t->name, c->name, text);
		}
		row_free(r);
		row_free(back);
	}
}
END_TEST

START_TEST(test_copies)
{
	struct dice d = {(uint64_t)_i};
	size_t before;

	EACH_TABLE(t)
	row_free(row_new(t)); /* the defaults' texts stay for good */
	before = str_count();
	EACH_TABLE(t)
	{
		struct row *a = dice_row(&d, t), *b, *c = dice_row(&d, t);
		column_mask mask = dice_mask(&d);

		a->user = &d;
		a->marked = 1;
		a->mark = 1;
		a->origin = STORAGE_PERMANENT;
		b = row_copy(a);
		ck_assert(!b->user && !b->marked && !b->mark && b->origin == STORAGE_PERMANENT);
		ck_assert(!row_diff(a, b));
		row_copy_columns(b, c, mask);
		ck_assert(!(row_diff(b, c) & mask));
		ck_assert(!(row_diff(a, b) & ~mask));
		ck_assert(row_diff(a, b) == (row_diff(a, c) & mask));
		row_free(a);
		ck_assert(!(row_diff(b, c) & mask));
		row_free(b);
		row_free(c);
	}
	row_free(NULL);
	ck_assert_uint_eq(str_count(), before);
}
END_TEST

START_TEST(test_set_text)
{
	struct pool *p = ROW_NEW(pool);
	struct real_server *rs = ROW_NEW(real_server);
	char big[1000];

	row_set_text(&p->name, "a");
	row_set_text(&p->name, p->name); /* the only user of the text itself */
	ck_assert_str_eq(p->name, "a");
	row_set_textf(&rs->reason, "%s %d", "timeout", 5);
	row_set_textf(&rs->reason, "%s again", rs->reason);
	ck_assert_str_eq(rs->reason, "timeout 5 again");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	row_set_textf(&rs->reason, "%s", big);
	ck_assert_uint_eq(strlen(rs->reason), 255);
	row_free(&p->row);
	row_free(&rs->row);
}
END_TEST

/* -------------------------------------------------------------------------- keys */

START_TEST(test_key_words)
{
	static const char *const cases[][2] = {{"web", "web"}, {"a b", "\"a b\""},
	    {"a\"b", "\"a\\\"b\""}, {"a\\b", "\"a\\\\b\""}, {" ", "\" \""}, {"\\", "\"\\\\\""},
	    {"\"", "\"\\\"\""}, {"#!{}", "#!{}"}};
	struct pool *p = ROW_NEW(pool), *back = ROW_NEW(pool);
	char key[KEY_TEXT_SIZE], text[ROW_TEXT_SIZE], why[WHY_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		row_set_text(&p->name, cases[i][0]);
		ck_assert_str_eq(row_key_format(&p->row, key), cases[i][1]);
		ck_assert_msg(row_key_parse(&back->row, key, why), "%s: %s", key, why);
		ck_assert_ptr_eq(back->name, p->name);
	}
	row_set_text(&p->name, "web");
	ck_assert_str_eq(row_format(&p->row, text), "pool web");
	row_free(&p->row);
	row_free(&back->row);
}
END_TEST

START_TEST(test_key_refused)
{
	static const char *const bad[] = {"", "web", "web 10.0.0.1", "web 10.0.0.1 80 x",
	    "web 10.0.0.1 65536", "web x 80", "\"web 10.0.0.1 80", "\"\" 10.0.0.1 80",
	    "\"web\"x 10.0.0.1 80",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 10.0.0.1 80"};
	struct real_server *rs = ROW_NEW(real_server);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char why[WHY_SIZE] = "";

		ck_assert_msg(!row_key_parse(&rs->row, bad[i], why), "took '%s'", bad[i]);
		ck_assert_msg(*why, "'%s' without a reason", bad[i]);
	}
	row_free(&rs->row);
}
END_TEST

START_TEST(test_key_blanks)
{
	struct real_server *rs = ROW_NEW(real_server);
	char why[WHY_SIZE];

	ck_assert_msg(row_key_parse(&rs->row, "  web   2001:db8::1  80  ", why), "%s", why);
	ck_assert_str_eq(rs->pool, "web");
	ck_assert_uint_eq(rs->port, 80);
	row_free(&rs->row);
}
END_TEST

START_TEST(test_key_round_trip)
{
	struct dice d = {(uint64_t)_i + 1000};
	char key[KEY_TEXT_SIZE], why[WHY_SIZE];

	EACH_TABLE(t)
	{
		struct row *r = dice_row(&d, t), *back = row_new(t);

		row_key_format(r, key);
		ck_assert_msg(row_key_parse(back, key, why), "%s %s: %s", t->name, key, why);
		ck_assert_msg(row_key_cmp(r, back) == 0, "%s %s", t->name, key);
		row_free(r);
		row_free(back);
	}
}
END_TEST

/* The longest key there can be: every character of its names is escaped. */
START_TEST(test_key_longest)
{
	char quotes[100], key[KEY_TEXT_SIZE], text[ROW_TEXT_SIZE], why[WHY_SIZE];
	struct addr six;

	ck_assert(addr_parse(&six, "1111:2222:3333:4444:5555:6666:7777:8888"));
	memset(quotes, '"', sizeof(quotes));
	EACH_TABLE(t)
	{
		struct row *r = row_new(t), *back = row_new(t);

		for (size_t i = 0; i < t->keys; i++) {
			const struct column *c = &t->columns[i];

			if (is_text(c)) {
				quotes[column_max(c)] = '\0';
				row_set_text(COLUMN_PTR(r, c), quotes);
				quotes[column_max(c)] = '"';
			} else if (c->type == TYPE_ADDR) {
				*(struct addr *)COLUMN_PTR(r, c) = six;
			} else if (c->type == TYPE_ENUM) {
				column_set_number(r, c, c->words->words[0].number);
			} else {
				column_set_number(r, c, column_max(c));
			}
		}
		row_key_format(r, key);
		ck_assert_msg(row_key_parse(back, key, why), "%s %s: %s", t->name, key, why);
		ck_assert_int_eq(row_key_cmp(r, back), 0);
		ck_assert_uint_eq(
		    strlen(row_format(r, text)), strlen(t->name) + (t->keys ? 1 + strlen(key) : 0));
		row_free(r);
		row_free(back);
	}
}
END_TEST

/* ------------------------------------------------------------- the store and its order */

struct oid {
	uint32_t arcs[160];
	size_t n;
};

/* The index of RFC 2578, 7.7, without IMPLIED; written from the RFC, not from the code. */
static void oid_of(const struct row *r, struct oid *o)
{
	o->n = 0;
	for (size_t i = 0; i < r->table->keys; i++) {
		const struct column *c = &r->table->columns[i];
		const struct addr *a = COLUMN_PTR(r, c);
		const char *s = column_text(r, c);

		if (is_text(c)) {
			o->arcs[o->n++] = (uint32_t)strlen(s);
			while (*s)
				o->arcs[o->n++] = (uint8_t)*s++;
		} else if (c->type == TYPE_ADDR) {
			o->arcs[o->n++] = a->family;
			o->arcs[o->n++] = a->family == 1 ? 4 : a->family == 2 ? 16 : 0;
			for (size_t b = 0, len = o->arcs[o->n - 1]; b < len; b++)
				o->arcs[o->n++] = a->bytes[b];
		} else {
			o->arcs[o->n++] = (uint32_t)column_number(r, c);
		}
	}
}

static int oid_cmp(const struct oid *a, const struct oid *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (a->arcs[i] != b->arcs[i])
			return a->arcs[i] < b->arcs[i] ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

static bool oid_before(const struct row *r, const void *arg)
{
	struct oid o;

	oid_of(r, &o);
	return oid_cmp(&o, arg) <= 0;
}

/* Fills a table; rows whose key is there already are dropped. */
static size_t fill(struct store *s, struct dice *d, const struct table *t, size_t n)
{
	size_t taken = 0;

	for (size_t i = 0; i < n; i++) {
		struct row *r = dice_row(d, t), *there = store_insert(s, r);

		if (there) {
			ck_assert_int_eq(row_key_cmp(r, there), 0);
			row_free(r);
		}
		taken += !there;
	}
	ck_assert_uint_eq(store_count(s, t->id), taken);
	return taken;
}

START_TEST(test_store_order)
{
	struct dice d = {(uint64_t)_i};
	struct store *s = store_new();

	EACH_TABLE(t)
	{
		size_t n = fill(s, &d, t, 300), seen = 0;
		struct oid last, o;

		for (struct row *r = store_first(s, t->id); r; r = store_next(r)) {
			oid_of(r, &o);
			ck_assert_msg(
			    seen == 0 || oid_cmp(&last, &o) < 0, "%s is out of order", t->name);
			ck_assert_ptr_eq(store_find(s, r), r);
			ck_assert_ptr_eq(store_at_or_after(s, r), r);
			last = o;
			seen++;
		}
		ck_assert_uint_eq(seen, n);
	}
	store_free(s);
}
END_TEST

/* GETNEXT's question, with all kinds of partial indexes, against a walk of the whole table. */
START_TEST(test_store_search)
{
	struct dice d = {(uint64_t)_i};
	struct store *s = store_new();

	EACH_TABLE(t)
	{
		fill(s, &d, t, 200);
		for (int i = 0; i < 200; i++) {
			struct row *key = dice_row(&d, t), *want;
			struct oid o;

			oid_of(key, &o);
			o.n = dice_below(&d, (uint32_t)o.n + 1);
			if (o.n && dice_below(&d, 2))
				o.arcs[o.n - 1] += dice_below(&d, 2) ? 1 : UINT32_MAX;
			for (want = store_first(s, t->id); want && oid_before(want, &o);)
				want = store_next(want);
			ck_assert_ptr_eq(store_search(s, t->id, oid_before, &o), want);
			row_free(key);
		}
	}
	store_free(s);
}
END_TEST

START_TEST(test_store_at_or_after)
{
	struct dice d = {(uint64_t)_i + 50};
	struct store *s = store_new();

	EACH_TABLE(t)
	{
		fill(s, &d, t, 100);
		for (int i = 0; i < 100; i++) {
			struct row *key = dice_row(&d, t), *want = store_first(s, t->id);

			while (want && row_key_cmp(want, key) < 0)
				want = store_next(want);
			ck_assert_ptr_eq(store_at_or_after(s, key), want);
			ck_assert_ptr_eq(
			    store_find(s, key), want && row_key_cmp(want, key) == 0 ? want : NULL);
			row_free(key);
		}
	}
	store_free(s);
}
END_TEST

START_TEST(test_store_remove)
{
	struct dice d = {3};
	struct store *s = store_new();
	size_t before, n;

	EACH_TABLE(t)
	row_free(row_new(t));
	before = str_count();
	EACH_TABLE(t)
	{
		n = fill(s, &d, t, 200);
		for (struct row *r = store_first(s, t->id), *next; r; r = next) {
			next = store_next(r);
			if (dice_below(&d, 2) == 0)
				continue;
			store_remove(s, r);
			ck_assert_ptr_null(store_find(s, r));
			ck_assert_uint_eq(store_count(s, t->id), --n);
			row_free(r);
		}
	}
	store_free(s);
	store_free(NULL);
	ck_assert_uint_eq(str_count(), before);
}
END_TEST

START_TEST(test_store_foreach)
{
	struct store *s = store_new();
	unsigned n = 0;

	STORE_FOREACH (pool, p, s)
		ck_abort_msg("the store is empty, but there is %s", p->name);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_ptr_null(store_insert(s, &server("web", "10.0.0.1", i)->row));
	STORE_FOREACH (real_server, rs, s)
		ck_assert_uint_eq(rs->port, n++);
	STORE_FOREACH_SAFE (real_server, rs, next, s) {
		store_remove(s, &rs->row);
		row_free(&rs->row);
	}
	ck_assert_uint_eq(store_count(s, TABLE_real_server), 0);
	store_free(s);
}
END_TEST

START_TEST(test_first_server)
{
	static const char *const pools[] = {"a", "aa", "ab", "b", "web", "webs", "aaa"};
	struct store *s = store_new();
	struct real_server *rs;
	char longest[80];

	ck_assert_ptr_null(store_first_server(s, "a"));
	for (size_t i = 0; i < sizeof(pools) / sizeof(*pools); i++) {
		ck_assert_ptr_null(store_first_server(s, pools[i]));
		store_insert(s, &server(pools[i], "10.0.0.2", 80)->row);
		store_insert(s, &server(pools[i], "10.0.0.1", (uint32_t)i)->row);
		store_insert(s, &server(pools[i], "::1", 0)->row);
	}
	for (size_t i = 0; i < sizeof(pools) / sizeof(*pools); i++) {
		rs = store_first_server(s, pools[i]);
		ck_assert_ptr_nonnull(rs);
		ck_assert_str_eq(rs->pool, pools[i]);
		ck_assert_uint_eq(rs->port, i);
		for (int n = 0; n < 3; n++, rs = (struct real_server *)store_next(&rs->row))
			ck_assert_str_eq(rs->pool, pools[i]);
		ck_assert(!rs || strcmp(rs->pool, pools[i]) != 0);
	}
	memset(longest, 'z', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_ptr_null(store_first_server(s, ""));
	ck_assert_ptr_null(store_first_server(s, longest));
	store_free(s);
}
END_TEST

/* The key of a real server may have no address at all, or port 0: they sort before the others. */
START_TEST(test_first_server_least_key)
{
	struct store *s = store_new();
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, "web");
	store_insert(s, &rs->row);
	ck_assert_ptr_eq(store_first_server(s, "web"), rs);
	store_free(s);
}
END_TEST

START_TEST(test_first_service)
{
	struct store *s = store_new();
	static const enum service_protocol protocols[] = {SERVICE_FWMARK, SERVICE_UDP, SERVICE_TCP};

	for (size_t i = 0; i < 3; i++) {
		struct virtual_service *v = ROW_NEW(virtual_service);

		row_set_text(&v->virtual_server, "www");
		v->protocol = protocols[i];
		ck_assert(addr_parse(&v->address, "0.0.0.0"));
		store_insert(s, &v->row);
		ck_assert_ptr_eq(store_first_service(s, "www"), v);
	}
	ck_assert_ptr_null(store_first_service(s, "ww"));
	ck_assert_ptr_null(store_first_service(s, "wwww"));
	store_free(s);
}
END_TEST

START_TEST(test_named)
{
	struct store *s = store_new();
	struct pool *p = ROW_NEW(pool);
	struct system *sys = store_system(s);

	row_set_text(&p->name, "a");
	store_insert(s, &p->row);
	ck_assert_ptr_eq(store_pool(s, "a"), p);
	ck_assert_ptr_null(store_pool(s, "aa"));
	ck_assert_ptr_null(store_pool(s, ""));
	ck_assert_ptr_null(store_virtual_server(s, "a"));
	ck_assert_ptr_null(store_vrrp_instance(s, "a"));
	ck_assert_ptr_null(store_sync_group(s, "a"));
	ck_assert_ptr_eq(store_system(s), sys);
	ck_assert_uint_eq(store_count(s, TABLE_system), 1);
	store_free(s);
}
END_TEST

/* Beside a plain list of the places of the marked rows, in their order. */
struct plain {
	unsigned order[300];
	column_mask columns[300];
	unsigned n;
};

static unsigned plain_place(const struct plain *p, unsigned row)
{
	unsigned i = 0;

	while (i < p->n && p->order[i] != row)
		i++;
	return i;
}

static void plain_add(struct plain *p, unsigned row, column_mask columns)
{
	unsigned i = plain_place(p, row);

	if (i == p->n) {
		p->order[p->n++] = row;
		p->columns[row] = 0;
	}
	p->columns[row] |= columns;
}

static column_mask plain_take(struct plain *p, unsigned row)
{
	unsigned i = plain_place(p, row);

	if (i == p->n)
		return 0;
	memmove(&p->order[i], &p->order[i + 1], (--p->n - i) * sizeof(*p->order));
	return p->columns[row];
}

START_TEST(test_marks)
{
	static struct row rows[300];
	struct dice d = {(uint64_t)_i};
	struct marks m = {.count = 0};
	struct plain p = {.n = 0};

	memset(rows, 0, sizeof(rows));
	for (unsigned i = 0; i < 20000; i++) {
		unsigned row = dice_below(&d, 300);
		column_mask columns = dice_mask(&d) | 1;
		bool filling = i / 500 % 2 == 0; /* and emptying, by turns */

		if (dice_below(&d, 10) < (filling ? 8u : 2u)) {
			marks_add(&m, &rows[row], columns);
			plain_add(&p, row, columns);
		} else if (dice_below(&d, 2)) {
			ck_assert(marks_take(&m, &rows[row]) == plain_take(&p, row));
			ck_assert(!rows[row].marked);
		} else if (p.n) {
			row = p.order[0];
			ck_assert_ptr_eq(marks_first(&m), &rows[row]);
			ck_assert(marks_take(&m, &rows[row]) == plain_take(&p, row));
		}
		row = dice_below(&d, 300);
		ck_assert(
		    marks_of(&m, &rows[row]) == (plain_place(&p, row) < p.n ? p.columns[row] : 0));
		ck_assert_ptr_eq(marks_first(&m), p.n ? &rows[p.order[0]] : NULL);
		ck_assert(marks_are_empty(&m) == (p.n == 0));
		ck_assert_uint_lt(m.room, 5 * 300); /* however many have come and gone */
	}
	marks_clear(&m);
}
END_TEST

/* What was long for once does not stay so. */
START_TEST(test_marks_many)
{
	enum { N = 100000 };
	struct row *rows = calloc(N, sizeof(*rows));
	struct marks m = {.count = 0};

	ck_assert_ptr_nonnull(rows);
	for (unsigned i = 0; i < N; i++)
		marks_add(&m, &rows[i], 1);
	for (unsigned i = 0; i < N; i++) {
		ck_assert_ptr_eq(marks_first(&m), &rows[i]);
		ck_assert(marks_take(&m, &rows[i]) == 1);
	}
	ck_assert_ptr_null(m.list);
	free(rows);
}
END_TEST

static void add(Suite *s, const char *name, const TTest *const *tests)
{
	TCase *tc = tcase_create(name);

	for (; *tests; tests++)
		tcase_add_test(tc, *tests);
	suite_add_tcase(s, tc);
}

static void add_loop(Suite *s, const char *name, const TTest *test, int times)
{
	TCase *tc = tcase_create(name);

	tcase_add_loop_test(tc, test, 0, times);
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("model");

	add(s, "str",
	    (const TTest *const[]){
		test_str_shared, test_str_empty, test_str_many, test_str_prefix, NULL});
	add(s, "schema",
	    (const TTest *const[]){test_schema_arcs, test_schema_table_arcs, test_schema_columns,
		test_schema_classes, test_schema_masks, test_schema_references, test_schema_views,
		test_schema_events, test_schema_mib_names, test_schema_oid_length,
		test_schema_enums, NULL});
	add(s, "column",
	    (const TTest *const[]){test_defaults, test_number_ranges, test_number_syntax,
		test_number_storage, test_counters_are_unsigned, test_times, test_texts, test_words,
		test_addresses, test_views, test_set_text, NULL});
	add(s, "key",
	    (const TTest *const[]){
		test_key_words, test_key_refused, test_key_blanks, test_key_longest, NULL});
	add(s, "store",
	    (const TTest *const[]){test_store_remove, test_store_foreach, test_first_server,
		test_first_server_least_key, test_first_service, test_named, test_marks_many,
		NULL});
	add_loop(s, "round trip", test_round_trip, 20);
	add_loop(s, "copies", test_copies, 10);
	add_loop(s, "key round trip", test_key_round_trip, 30);
	add_loop(s, "order", test_store_order, 5);
	add_loop(s, "search", test_store_search, 5);
	add_loop(s, "marks", test_marks, 20);
	add_loop(s, "at or after", test_store_at_or_after, 3);
	return unit_run(s);
}
