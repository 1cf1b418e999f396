/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directorctl: what it prints of a store that is always the same, compared with golden/ctl_*.txt, and its
 * sessions with a hub that does what a test says.
 *
 * After a change that is meant: UPDATE_GOLDEN=1 ./test_ctl, and look at the difference.
 */
#include "core/ctl/command.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/ctl/diff.h"
#include "core/ctl/history.h"
#include "core/ctl/status.h"
#include "core/model/message.h"
#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

#define NOW (1000000 * USEC_PER_SEC)
#define WALL (1795320000 * USEC_PER_SEC)

/* -------------------------------------------------------------------------- a store */

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(&a, text), "%s", text);
	return a;
}

static struct row *put(struct store *s, struct row *r)
{
	ck_assert_ptr_null(store_insert(s, r));
	return r;
}

/* A row from its key and "column=value" words. */
static struct row *row(
    struct store *s, const char *table, const char *key, const char *const *values)
{
	struct row *r = row_new(table_find(table));
	char why[WHY_SIZE], name[64];

	ck_assert_msg(row_key_parse(r, key, why), "%s %s: %s", table, key, why);
	for (; *values; values++) {
		const char *value = strchr(*values, '=') + 1;
		const struct column *c;

		snprintf(name, sizeof(name), "%.*s", (int)(value - 1 - *values), *values);
		c = table_column(r->table, name);
		ck_assert_msg(
		    c && column_parse(r, c, value, why), "%s %s: %s: %s", table, key, *values, why);
		if (c->type == TYPE_WHEN) /* as ages */
			column_set_number(r, c, (int64_t)NOW - column_number(r, c));
	}
	return put(s, r);
}

#define ROW(table, key, ...) row(s, table, key, (const char *const[]){__VA_ARGS__, NULL})

static void put_system(struct store *s)
{
	struct system *sys = store_system(s);

	row_set_text(&sys->version, "0.1.0");
	row_set_text(&sys->router_id, "lb1");
	row_set_text(&sys->config_file, "/etc/directord/directord.conf");
	row_set_text(&sys->reload_result, "ok");
	row_set_text(&sys->datastore_state, "ok");
	row_set_text(&sys->lvs_state, "ok");
	sys->started = NOW - (3 * 86400 + 4 * 3600 + 50) * USEC_PER_SEC;
	sys->config_changed = NOW - 7265 * USEC_PER_SEC;
	sys->generation = 7;
	sys->lvs_drift = 2;
	sys->event_first = 1;
	sys->event_last = 4;
	ROW("process", "directord", "pid=100", "state=running", "started=273650", "memory=14800");
	ROW("process", "vrrp", "pid=101", "state=running", "started=273650", "memory=5100");
	ROW("process", "check", "state=waiting", "restarts=3", "last_exit=killed by signal 9",
	    "started=62");
}

static void put_vrrp(struct store *s)
{
	ROW("vrrp_instance", "VI_1", "interface=eth0", "vrid=51", "version=3", "priority=150",
	    "effective_priority=150", "state=master", "last_change=192", "transitions=2",
	    "became_master=1", "reason=no advertisement from anybody for 3.414 s",
	    "auth_password=secret", "primary_address=10.0.0.1", "advert_interval=0.25",
	    "sync_group=G");
	ROW("vrrp_instance", "VI_22", "interface=bond0.100", "vrid=7", "priority=90",
	    "effective_priority=50", "state=backup", "last_change=5", "master_address=10.1.0.2",
	    "master_priority=200", "preempt=off", "failover_state=aside", "failover=60",
	    "failover_until=60", "reason=a master of priority 200 is there");
	ROW("vrrp_instance", "VI_fault", "interface=eth9", "vrid=9", "state=fault",
	    "preempt_delay=5", "reason=there is no interface eth9");
	ROW("sync_group", "G", "state=master", "members=1");
	ROW("vrrp_address", "VI_1 192.0.2.10", "prefix_length=24", "present=on");
	ROW("vrrp_address", "VI_1 192.0.2.11", "interface=eth1", "excluded=on");
	ROW("vrrp_address", "VI_1 192.0.2.12", "present=on");
	ROW("vrrp_address", "VI_1 192.0.2.13", "present=on");
	ROW("vrrp_address", "VI_22 2001:db8::10", "prefix_length=64");
	ROW("vrrp_statistics", "VI_1", "adverts_received=3", "adverts_sent=768", "announcements=20",
	    "ttl_errors=2", "owner_drops=1", "stalls=1", "stalled=4250", "longest_stall=4250");
	ROW("vrrp_transition", "VI_1 1", "old_state=initialize", "new_state=backup",
	    "time=1767268800", "reason=started; listens for 3.414 s");
}

static void put_lvs(struct store *s)
{
	ROW("pool", "web", "servers=4", "servers_up=2");
	ROW("real_server", "web 10.0.0.11 80", "weight=3", "state=up", "effective_weight=3",
	    "last_change=273600", "active_connections=12", "inactive_connections=340",
	    "reason=its check succeeds");
	ROW("real_server", "web 10.0.0.12 80", "state=down", "last_change=10",
	    "reason=tcp: connection refused");
	ROW("real_server", "web 10.0.0.13 80", "state=up", "admin_state=drain",
	    "effective_weight=0", "last_change=3700", "active_connections=4",
	    "reason=its check succeeds");
	ROW("real_server", "web 2001:db8::14 8080", "state=unknown",
	    "reason=the first check is not over");
	ROW("virtual_server", "www", "pool=web", "state=up", "servers_up=2", "weight_up=3",
	    "quorum=2", "last_change=86400", "reason=weight 3 is up, 2 is needed",
	    "sorry_address=10.0.0.99", "persistence_timeout=300");
	ROW("virtual_server", "mail", "pool=none", "state=sorry", "scheduler=sh",
	    "scheduler_port=on", "sorry_address=10.0.0.99", "sorry_port=25", "sorry_forwarding=dr");
	ROW("virtual_service", "www tcp 192.0.2.10 80", "installed=on", "connections=4711",
	    "connection_rate=12", "bit_rate_in=1234", "bit_rate_out=98765");
	ROW("virtual_service", "www tcp 192.0.2.10 443", "installed=off");
	ROW("virtual_service", "mail fwmark 0.0.0.0 25", "installed=on");
	ROW("destination", "www tcp 192.0.2.10 80 10.0.0.11 80", "weight=3",
	    "active_connections=12", "connections=4000", "bytes_in=1234567",
	    "bytes_out=9876543210");
	ROW("destination", "www tcp 192.0.2.10 80 10.0.0.13 80", "forwarding=tun",
	    "active_connections=4", "connections=711");
	ROW("destination", "mail fwmark 0.0.0.0 25 10.0.0.99 25", "forwarding=dr", "weight=1");
	ROW("check", "web tcp", "interval=2", "timeout=0.5");
	ROW("check_result", "web 10.0.0.11 80 tcp", "state=up", "latency=0.000812", "last_time=1",
	    "consecutive=136800", "successes=136800", "failures=2", "reason=connected");
}

static void put_event(struct store *s, uint32_t n, const char *kind, const char *subject,
    const char *old, const char *new, const char *reason)
{
	struct event_log *e = ROW_NEW(event_log);
	int32_t number;

	ck_assert(enum_number(&enumeration_event_kind, kind, &number));
	e->sequence = n;
	e->time = WALL - 1000 * USEC_PER_SEC + n * 1500000;
	e->kind = (enum event_kind)number;
	row_set_text(&e->subject, subject);
	row_set_text(&e->old_state, old);
	row_set_text(&e->new_state, new);
	row_set_text(&e->reason, reason);
	put(s, &e->row);
}

static struct store *example(void)
{
	struct store *s = store_new();

	put_system(s);
	put_vrrp(s);
	put_lvs(s);
	put_event(s, 1, "vrrpState", "VI_1", "backup", "master",
	    "no advertisement from anybody for 3.414 s");
	put_event(s, 2, "realServerState", "web 10.0.0.12 80", "up", "down",
	    "tcp: \033[2Jconnection refused");
	put_event(s, 3, "configChanged", "", "", "7", "1 row changed by SNMP");
	put_event(s, 4, "datastoreTrouble", "", "ok", "failed", "disk full");
	return s;
}

static const struct style plain = {.now = NOW, .wall = WALL};
static const struct style narrow = {.now = NOW, .wall = WALL, .width = 80};
static const struct style coloured = {.now = NOW, .wall = WALL, .width = 132, .colour = true};

/* ------------------------------------------------------------------------ comparing */

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 100000);

	ck_assert_ptr_nonnull(text);
	if (f) {
		ck_assert_uint_lt(fread(text, 1, 99999, f), 99999);
		fclose(f);
	}
	return text;
}

static char *text_of;
static size_t text_size;

static FILE *begin(void)
{
	FILE *f = open_memstream(&text_of, &text_size);

	ck_assert_ptr_nonnull(f);
	return f;
}

/* "(9 more columns": another attribute in the schema is no change of a view. */
static void hide_count(void)
{
	char *p = strstr(text_of, " more columns with --all)");

	while (p && p > text_of && p[-1] >= '0' && p[-1] <= '9')
		*--p = '#';
}

static void golden(FILE *out, const char *name)
{
	char path[1000];
	char *want;

	fclose(out);
	hide_count();
	snprintf(path, sizeof(path), "%s/tests/unit/golden/ctl_%s.txt",
	    getenv("SRC") ? getenv("SRC") : ".", name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(path, "w");

		ck_assert_ptr_nonnull(f);
		fputs(text_of, f);
		fclose(f);
	}
	want = read_file(path);
	ck_assert_msg(
	    strcmp(text_of, want) == 0, "golden/ctl_%s.txt differs; it is now:\n%s", name, text_of);
	free(want);
	free(text_of);
}

static void fits(unsigned width)
{
	for (const char *p = text_of; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		char line[400];

		snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
		ck_assert_msg(text_width(line) <= width, "%s", line);
	}
}

/* ---------------------------------------------------------------------------- views */

static void view(const char *name, const struct style *style,
    void (*print)(FILE *, const struct style *, const struct store *))
{
	struct store *s = example();
	FILE *out = begin();

	print(out, style, s);
	golden(out, name);
	store_free(s);
}

START_TEST(test_status)
{
	view("status", &plain, status_text);
	view("status_narrow", &narrow, status_text);
	view("status_colour", &coloured, status_text);
}
END_TEST

START_TEST(test_vrrp)
{
	view("vrrp", &plain, vrrp_text);
}
END_TEST

START_TEST(test_lvs)
{
	view("lvs", &plain, lvs_text);
}
END_TEST

static const char *json_of(void (*print)(FILE *, const struct style *, const struct store *))
{
	struct store *s = example();
	FILE *out = begin();

	print(out, &plain, s);
	fclose(out);
	store_free(s);
	return text_of;
}

START_TEST(test_views_json)
{
	ck_assert(strstr(
	    json_of(vrrp_json), "{\n  \"vrrp_instance\": [\n    {\n      \"name\": \"VI_1\",\n"));
	free(text_of);
	ck_assert(strstr(json_of(lvs_json), "\"bytes_out\": 9876543210,"));
	free(text_of);
	ck_assert(!strstr(json_of(status_json), "event_log"));
	free(text_of);
}
END_TEST

/* With nothing in the store there is still a sensible answer. */
START_TEST(test_empty)
{
	struct store *s = store_new();
	FILE *out = begin();

	store_system(s);
	status_text(out, &plain, s);
	vrrp_text(out, &plain, s);
	lvs_text(out, &plain, s);
	events_text(out, &plain, s, 10);
	events_json(out, &plain, s, 10);
	golden(out, "empty");
	store_free(s);
}
END_TEST

/* Of two thousand real servers, status lists those that need a look, and says how many others there are. */
START_TEST(test_status_many)
{
	struct store *s = example();
	FILE *out = begin();

	for (uint32_t i = 0; i < 2000; i++) {
		struct real_server *rs = ROW_NEW(real_server);

		row_set_text(&rs->pool, "big");
		rs->address = address("10.9.0.1");
		rs->port = i + 1;
		rs->state = i == 1234 ? SERVER_DOWN : SERVER_UP;
		put(s, &rs->row);
	}
	status_text(out, &plain, s);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text_of, "10.9.0.1:1235"));
	ck_assert_ptr_nonnull(strstr(text_of, "2000 other real servers are up and enabled"));
	ck_assert_ptr_null(strstr(text_of, "10.9.0.1:1236"));
	free(text_of);
	store_free(s);
}
END_TEST

/* ----------------------------------------------------------------------------- show */

static struct selection selection(const char *table, const char *filter)
{
	struct selection sel = {.table = show_table_find(table)};
	char why[WHY_SIZE];

	ck_assert_ptr_nonnull(sel.table);
	if (filter)
		ck_assert_msg(selection_add(&sel, filter, why), "%s", why);
	return sel;
}

static void show(const char *name, const struct style *style, const char *table)
{
	struct selection sel = selection(table, NULL);
	struct store *s = example();
	FILE *out = begin();

	show_text(out, style, s, &sel);
	golden(out, name);
	store_free(s);
}

START_TEST(test_show)
{
	show("real_server", &plain, "real_server");
	show("check_result", &plain, "check-result");
	show("events", &plain, "events");
}
END_TEST

START_TEST(test_show_narrow)
{
	show("check_narrow", &narrow, "check");
	show("check_result_narrow", &narrow, "check_result"); /* does not fit: a block a row */
}
END_TEST

/* Where everything is wrapped that can be, nothing is wider than the terminal; and nothing is lost. */
START_TEST(test_show_width)
{
	struct store *s = example();

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		for (unsigned width = 60; width < 200; width += 7) {
			struct selection sel = {.table = t};
			struct style style = narrow;
			FILE *out = begin();

			style.width = width;
			show_text(out, &style, s, &sel);
			fclose(out);
			fits(width);
			if (store_count(s, TABLE_real_server) && t->id == TABLE_real_server) {
				ck_assert_ptr_nonnull(strstr(text_of, "refused"));
				ck_assert_ptr_nonnull(strstr(text_of, "2001:db8::14"));
				ck_assert_ptr_nonnull(strstr(text_of, "340"));
			}
			free(text_of);
		}
	}
	store_free(s);
}
END_TEST

static void json(struct store *s, const char *table, const char *filter, const char *const *parts)
{
	struct selection sel = selection(table, filter);
	FILE *out = begin();

	show_json(out, &plain, s, &sel, 0);
	fclose(out);
	for (; *parts; parts++)
		ck_assert_msg(strstr(text_of, *parts), "%s is not in %s", *parts, text_of);
	free(text_of);
}

#define PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(test_show_json)
{
	struct store *s = example();

	json(s, "pool", "name=nobody", PARTS("[]"));
	json(s, "real_server", "10.0.0.12",
	    PARTS("[\n  {\n    \"pool\": \"web\",\n    \"address\": \"10.0.0.12\",\n    \"port\": "
		  "80,",
		"\"state\": \"down\",", "\"last_change\": 1795319990,", "\"effective_weight\": -1",
		"\n  }\n]"));
	json(s, "check", NULL,
	    PARTS("\"timeout\": 0.5,", "\"server_address\": null,", "\"pattern_absent\": false",
		"\"path\": \"/\""));
	json(s, "real_server", "state=unknown", PARTS("\"last_change\": null,"));
	json(s, "event_log", "2", PARTS("\\u001b[2J"));
	store_free(s);
}
END_TEST

START_TEST(test_defaults)
{
	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		unsigned n = 0;

		for (size_t i = 0; i < t->ncolumns; i++)
			n += show_by_default(t, &t->columns[i]);
		ck_assert_msg(
		    n > t->keys && (t->scalar || n <= 16), "%s shows %u columns", t->name, n);
	}
}
END_TEST

static unsigned count(const struct store *s, const char *table, const char *filter)
{
	struct selection sel = selection(table, filter);
	unsigned n = 0;

	for (struct row *r = store_first(s, sel.table->id); r; r = store_next(r))
		n += selection_has(&sel, r);
	return n;
}

START_TEST(test_filters)
{
	struct store *s = example();
	struct selection sel = selection("real_server", NULL);
	char why[WHY_SIZE] = "";

	ck_assert_uint_eq(count(s, "real_server", NULL), 4);
	ck_assert_uint_eq(count(s, "real_server", "web"), 4);
	ck_assert_uint_eq(count(s, "real_server", "we"), 0);
	ck_assert_uint_eq(count(s, "real_server", "10.0.0.12"), 1);
	ck_assert_uint_eq(count(s, "real_server", "web 10.0.0.12 80"), 1);
	ck_assert_uint_eq(count(s, "real_server", "state=up"), 2);
	ck_assert_uint_eq(count(s, "real_server", "state!=up"), 2);
	ck_assert_uint_eq(count(s, "real_server", "port=8080"), 1);
	ck_assert_uint_eq(
	    count(s, "vrrp_instance", "auth_password=secret"), 0); /* cannot be guessed */
	ck_assert(!selection_add(&sel, "colour=blue", why) && strstr(why, "colour"));
	store_free(s);
}
END_TEST

/* With --all each column is there, whatever the layout. */
START_TEST(test_show_all)
{
	struct store *s = example();

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		struct selection sel = {.table = t, .all = true};
		FILE *out = begin();

		show_text(out, &narrow, s, &sel);
		fclose(out);
		ck_assert_ptr_null(strstr(text_of, "--all"));
		for (size_t i = t->keys;
		     i < t->ncolumns && t->ncolumns > 15 && store_count(s, t->id); i++)
			if (t->columns[i].class != CLASS_VIEW)
				ck_assert_msg(strstr(text_of, t->columns[i].name), "%s.%s", t->name,
				    t->columns[i].name);
		free(text_of);
	}
	store_free(s);
}
END_TEST

START_TEST(test_secrets)
{
	struct store *s = example();
	struct selection sel = {.table = &tables[TABLE_vrrp_instance], .all = true};
	FILE *out = begin();

	show_text(out, &plain, s, &sel);
	show_text(out, &narrow, s, &sel);
	show_json(out, &plain, s, &sel, 0);
	vrrp_text(out, &plain, s);
	vrrp_json(out, &plain, s);
	status_text(out, &plain, s);
	status_json(out, &plain, s);
	fclose(out);
	ck_assert_ptr_null(strstr(text_of, "secret"));
	ck_assert_ptr_nonnull(strstr(text_of, "***"));
	free(text_of);
	store_free(s);
}
END_TEST

START_TEST(test_tables)
{
	FILE *out = begin();

	show_tables(out, &narrow);
	fclose(out);
	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++)
		ck_assert_ptr_nonnull(strstr(text_of, t->name));
	fits(80);
	free(text_of);
	out = begin();
	show_columns(out, &plain, &tables[TABLE_real_server]);
	fclose(out);
	for (size_t i = 0; i < tables[TABLE_real_server].ncolumns; i++)
		if (tables[TABLE_real_server].columns[i].class != CLASS_VIEW)
			ck_assert_ptr_nonnull(
			    strstr(text_of, tables[TABLE_real_server].columns[i].help));
	ck_assert_ptr_nonnull(strstr(text_of, "enabled, drain, disabled"));
	ck_assert_ptr_nonnull(strstr(text_of, "0 to 65535"));
	free(text_of);
	ck_assert_ptr_null(show_table_find("nothing"));
}
END_TEST

START_TEST(test_events)
{
	struct store *s = example();
	FILE *out = begin();

	events_text(out, &plain, s, ~(size_t)0);
	fputs("--\n", out);
	events_text(out, &plain, s, 2);
	events_json(out, &plain, s, 1);
	golden(out, "events_view");
	store_free(s);
}
END_TEST

START_TEST(test_words)
{
	static const struct {
		usec_t age;
		const char *text;
	} ages[] = {{0, "0s"}, {999999, "0s"}, {59 * USEC_PER_SEC, "59s"},
	    {60 * USEC_PER_SEC, "1m 0s"}, {3599 * USEC_PER_SEC, "59m 59s"},
	    {3600 * USEC_PER_SEC, "1h 0m"}, {86400 * USEC_PER_SEC, "1d 0h"},
	    {100 * 86400 * USEC_PER_SEC, "100d 0h"}, {USEC_NEVER, "never"}};
	static const struct {
		uint64_t n;
		const char *text;
	} amounts[] = {{0, "0"}, {999, "999"}, {1000, "1.0k"}, {1500000, "1.5M"},
	    {45000000000, "45G"}, {UINT64_MAX, "9.2E"}};
	char age[AGE_SIZE], amount[AMOUNT_SIZE], clean[20];

	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
		ck_assert_str_eq(age_format(ages[i].age, age), ages[i].text);
	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
		ck_assert_str_eq(amount_format(amounts[i].n, amount), amounts[i].text);
	ck_assert_str_eq(text_clean(clean, sizeof(clean), "a\033[1mb\nc"), "a?[1mb?c");
	ck_assert_uint_eq(text_width("\xc3\xa4\xe2\x82\xac"), 2);
}
END_TEST

START_TEST(test_json_strings)
{
	FILE *out = begin();

	json_string(out, "a\"b\\c\nd\xc3\xa4\xe4 \xf0\x9f\x98\x80\x7f");
	fclose(out);
	ck_assert_str_eq(text_of, "\"a\\\"b\\\\c\\u000ad\xc3\xa4\\u00e4 \xf0\x9f\x98\x80\\u007f\"");
	free(text_of);
}
END_TEST

/* Every table with random rows: JSON is well-formed as far as quotes and brackets tell. */
START_TEST(test_json_random)
{
	struct dice d = {(uint64_t)_i};
	struct store *s = store_new();
	FILE *out = begin();
	int depth = 0;
	bool string = false;

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++)
		for (int i = 0; i < 5; i++) {
			struct row *r = dice_row(&d, t);

			if (store_insert(s, r))
				row_free(r);
		}
	status_json(out, &plain, s);
	status_text(out, &coloured, s);
	fclose(out);
	for (const char *p = text_of; *p && !(p > text_of && depth == 0); p++) {
		ck_assert(!string || (unsigned char)*p >= ' ');
		if (string && *p == '\\')
			p++;
		else if (*p == '"')
			string = !string;
		else if (!string)
			depth += (*p == '[' || *p == '{') - (*p == ']' || *p == '}');
	}
	ck_assert(depth == 0 && !string);
	free(text_of);
	store_free(s);
}
END_TEST

/* ------------------------------------------------------- the words of set, add and delete */

static int edit_words(struct edits *e, char *text)
{
	char *argv[16];
	int argc = 0, status = 0;
	FILE *err = begin();

	for (char *p = strtok(text, "|"); p; p = strtok(NULL, "|"))
		argv[argc++] = p;
	if (edits_add(e, 0, argv, argc, err, &status))
		status = CTL_OK;
	fclose(err);
	return status;
}

START_TEST(test_edit_words)
{
	static const struct {
		const char *words;
		int status;
		const char *says;
	} cases[] = {{"set|real_server|web 10.0.0.1 80|weight=3", CTL_OK, ""},
	    {"set|real-server|web|10.0.0.1|80|weight=3|admin_state=drain", CTL_OK, ""},
	    {"set|real_server|\"a b\"|10.0.0.1|80|weight=3", CTL_OK, ""},
	    {"set|system|router_id=x=y", CTL_OK, ""},
	    {"set|real_server|web 10.0.0.1 80|row_status=destroy", CTL_OK, ""},
	    {"set|nothing|x|a=b", CTL_USAGE, "no table"},
	    {"set|real_server|web 10.0.0.1 80", CTL_USAGE, "not COLUMN=VALUE"},
	    {"set|real_server|web 10.0.0.1 80|colour=blue", CTL_USAGE, "not COLUMN=VALUE"},
	    {"set|real_server|web 10.0.0.1|weight=3", CTL_USAGE, "the key has no port"},
	    {"set|real_server|weight=3", CTL_USAGE, "the key has no pool"},
	    {"set|real_server|web 10.0.0.1 80|weight=70000", CTL_REFUSED,
		"weight: 70000 is not in the range 0..65535"},
	    {"set|real_server|web 10.0.0.1 80|weight=-1", CTL_REFUSED, "range"},
	    {"set|real_server|web 10.0.0.1 80|admin_state=off", CTL_REFUSED,
		"enabled drain disabled"},
	    {"add|real_server|web 10.0.0.1 80", CTL_OK, ""},
	    {"add|pool|a pool|start_down=on", CTL_USAGE, "'pool' is too much in the key"},
	    {"add|real_server|web 10.0.0.1 80|wait=3", CTL_USAGE, "too much"},
	    {"add|system|router_id=x", CTL_USAGE, "neither made nor destroyed"},
	    {"add|event_log|7", CTL_USAGE, "neither made nor destroyed"},
	    {"add", CTL_USAGE, "no table ''"}, {"delete|real_server|web 10.0.0.1 80", CTL_OK, ""},
	    {"delete|real_server|web 10.0.0.1 80|weight=3", CTL_USAGE, "takes no values"},
	    {"delete|real_server|web", CTL_USAGE, "the key has no address"},
	    {"remove|pool|web", CTL_USAGE, "'remove' is not add, set or delete"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct edits e = {NULL, NULL, NULL, 0, 0};
		char words[200];

		strcpy(words, cases[i].words);
		ck_assert_msg(
		    edit_words(&e, words) == cases[i].status, "%s: %s", cases[i].words, text_of);
		ck_assert_msg(strstr(text_of, cases[i].says), "%s: %s", cases[i].words, text_of);
		edits_clear(&e);
		free(text_of);
	}
}
END_TEST

/* "+real_server web 10.0.0.1 80 weight=3;-pool x;" */
static void edits_format(char *buf, size_t size, const struct edit *list, size_t n)
{
	char text[COLUMN_TEXT_SIZE], name[ROW_TEXT_SIZE];
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const struct table *t = list[i].row->table;

		at += (size_t)snprintf(buf + at, size - at, "%s%s", list[i].destroy ? "-" : "+",
		    row_format(list[i].row, name));
		for (size_t k = 0; k < t->ncolumns && !list[i].destroy; k++)
			if (list[i].mask >> k & 1)
				at += (size_t)snprintf(buf + at, size - at, " %s=%s",
				    t->columns[k].name,
				    column_format(list[i].row, &t->columns[k], text));
		at += (size_t)snprintf(buf + at, size - at, ";");
		ck_assert_uint_lt(at, size);
	}
}

/* Reads edits; what was said is in text_of, which is to be freed. */
static int edit_lines(struct edits *e, const char *text)
{
	FILE *in = fmemopen((char *)(uintptr_t)text, strlen(text), "r"), *err = begin();
	int status = CTL_OK;

	ck_assert_ptr_nonnull(in);
	*e = (struct edits){.file = "f"};
	if (edits_read(e, in, err, &status))
		status = CTL_OK;
	fclose(in);
	fclose(err);
	return status;
}

START_TEST(test_edit_file)
{
	char got[2000];
	struct edits e;

	ck_assert_int_eq(
	    edit_lines(&e,
		"# a pool\n"
		"add pool \"big one\" storage=volatile\n\n"
		"  add\treal_server \"big one\" 10.0.0.1 80  weight=5 row_status=createAndWait\r\n"
		"  # not this\n"
		"add check \"big one\" \"say \\\"x\\\"\" path=\"/a \\\"b\\\\\" type=http\n"
		"set system router_id=\"\"\n"
		"add virtual_server v pool=\"big one\" row_status=notInService\n"
		"delete pool \"a=b\"\n"
		"set real_server web 10.0.0.11 80 weight=1"),
	    CTL_OK);
	ck_assert_str_eq(text_of, "");
	edits_format(got, sizeof(got), e.list, e.n);
	ck_assert_str_eq(got,
	    "+pool \"big one\" storage=volatile row_status=createAndGo;"
	    "+real_server \"big one\" 10.0.0.1 80 weight=5 row_status=createAndWait;"
	    "+check \"big one\" \"say \\\"x\\\"\" type=http path=/a \"b\\ row_status=createAndGo;"
	    "+system router_id=;"
	    "+virtual_server v pool=big one row_status=createAndWait;"
	    "-pool a=b;"
	    "+real_server web 10.0.0.11 80 weight=1;");
	ck_assert_uint_eq(e.lines[0], 2);
	ck_assert_uint_eq(e.lines[6], 10);
	edits_clear(&e);
	free(text_of);
}
END_TEST

START_TEST(test_edit_file_errors)
{
	static const struct {
		const char *text;
		int status;
		const char *says;
	} cases[] = {{"\n\nadd pool a\nset pool \"b start_down=on\n", CTL_USAGE,
			 "directorctl: f:4: a quote is not closed\n"},
	    {"show pool\n", CTL_USAGE, "directorctl: f:1: 'show' is not add, set or delete\n"},
	    {"#\nset real_server web 10.0.0.1 80 weight=x\nset nothing\n", CTL_REFUSED,
		"directorctl: f:2: refused: real_server web 10.0.0.1 80: weight: 'x' is not a "
		"number\n"},
	    {"add nothing x\n", CTL_USAGE, "directorctl: f:1: there is no table 'nothing'\n"},
	    {"delete", CTL_USAGE, "directorctl: f:1: there is no table ''\n"},
	    {"add real_server web\n", CTL_USAGE,
		"directorctl: f:1: real_server: the key has no address\n"}};
	char many[400] = "add pool";
	struct edits e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(edit_lines(&e, cases[i].text), cases[i].status);
		ck_assert_str_eq(text_of, cases[i].says);
		edits_clear(&e);
		free(text_of);
	}
	for (int i = 0; i < 150; i++)
		strcat(many, " x");
	ck_assert_int_eq(edit_lines(&e, many), CTL_USAGE);
	ck_assert_ptr_nonnull(strstr(text_of, "f:1: too many words"));
	edits_clear(&e);
	free(text_of);
}
END_TEST

/* Of several lines about one row, the one that names the column is to blame. */
START_TEST(test_edit_blame)
{
	struct refusal r = {.table = &tables[TABLE_real_server],
	    .column = COL_real_server_weight,
	    .row = "real_server web 10.0.0.1 80"};
	struct edits e;

	edit_lines(&e, "add pool web\nadd real_server web 10.0.0.1 80\n"
		       "set real_server web 10.0.0.1 80 weight=3\n"
		       "set real_server web 10.0.0.1 80 forwarding=dr\n");
	ck_assert_uint_eq(edits_blamed(&e, &r), 3);
	r.column = -1;
	ck_assert_uint_eq(edits_blamed(&e, &r), 2);
	strcpy(r.row, "real_server web 10.0.0.2 80");
	ck_assert_uint_eq(edits_blamed(&e, &r), 0);
	edits_clear(&e);
	free(text_of);
}
END_TEST

/* ------------------------------------------------------------------------- history */

static void put_change(struct store *s, uint32_t generation, uint32_t number,
    enum change_origin origin, const char *subject, const char *object, const char *old,
    const char *new)
{
	struct config_change *c = ROW_NEW(config_change);

	c->generation = generation;
	c->number = number;
	c->time = WALL - 1000 * USEC_PER_SEC + generation * 1500000;
	c->origin = origin;
	row_set_text(&c->subject, subject);
	row_set_text(&c->object, object);
	row_set_text(&c->old_value, old);
	row_set_text(&c->new_value, new);
	put(s, &c->row);
}

static struct store *with_history(void)
{
	struct store *s = example();
	struct control *c = (struct control *)store_scalar(s, TABLE_control);

	c->rollback = 4;
	put_change(s, 5, 1, ORIGIN_FILE, "real_server web 10.0.0.12 80", "weight", "1", "5");
	put_change(s, 5, 2, ORIGIN_FILE, "system", "", "", "the file changed more than \033[1m it");
	put_change(s, 6, 1, ORIGIN_SNMP, "pool x", "storage", "", "nonVolatile");
	put_change(s, 6, 2, ORIGIN_SNMP, "pool x", "row_status", "", "active");
	put_change(s, 6, 3, ORIGIN_SNMP, "real_server web 10.0.0.11 80", "weight", "1", "3");
	put_change(s, 9, 1, ORIGIN_CONTROL, "vrrp_instance VI_1", "auth_password", "", "");
	put_change(s, 10, 1, ORIGIN_UNDO, "real_server web 10.0.0.11 80", "weight", "3", "1");
	put_change(s, 10, 2, ORIGIN_UNDO, "real_server web 10.0.0.11 80", "forwarding", "dr", "dr");
	return s;
}

START_TEST(test_history)
{
	struct history_choice all = {0, ~(size_t)0}, two = {0, 2}, six = {6, 1}, gap = {7, 1};
	struct store *s = with_history();
	FILE *out = begin();

	ck_assert(history_text(out, &plain, s, &all));
	fputs("--\n", out);
	ck_assert(history_text(out, &narrow, s, &two));
	fputs("--\n", out);
	ck_assert(history_text(out, &plain, s, &six));
	ck_assert(!history_text(out, &plain, s, &gap));
	fputs("--\n", out);
	ck_assert(history_json(out, &plain, s, &all));
	ck_assert(history_json(out, &plain, s, &six));
	ck_assert(!history_json(out, &plain, s, &gap));
	golden(out, "history");
	store_free(s);
}
END_TEST

START_TEST(test_history_empty)
{
	struct history_choice all = {0, ~(size_t)0};
	struct store *s = store_new();
	FILE *out = begin();

	ck_assert(history_text(out, &plain, s, &all));
	ck_assert(history_json(out, &plain, s, &all));
	fclose(out);
	ck_assert_str_eq(text_of, "nothing was changed yet\n[]\n");
	free(text_of);
	store_free(s);
}
END_TEST

START_TEST(test_changes)
{
	struct store *s = with_history();
	FILE *out = begin();

	ck_assert_uint_eq(history_newest(s, 3), 9); /* others' do not count */
	ck_assert_uint_eq(history_newest(s, 9), 0);
	history_changes(out, s, 6);
	history_changes(out, s, 7);
	history_changes(out, s, 9);
	fclose(out);
	ck_assert_str_eq(text_of, "pool x: storage: \"\" -> nonVolatile\n"
				  "pool x: row_status: \"\" -> active\n"
				  "real_server web 10.0.0.11 80: weight: 1 -> 3\n"
				  "vrrp_instance VI_1: auth_password: changed\n");
	free(text_of);
	store_free(s);
}
END_TEST

/* ------------------------------------------------------------------- diff and export */

static const char file_text[] =
    "global_defs {\n router_id lb1\n}\n"
    "server_pool web {\n alpha\n"
    " check tcp {\n  type tcp\n }\n"
    " check one {\n  type http\n  real_server 10.0.0.2 80\n }\n"
    " real_server 10.0.0.1 80\n"
    " real_server 10.0.0.2 80 {\n  weight 5\n }\n"
    " real_server 10.0.0.3 80 {\n  weight 7\n  lvs_method dr\n }\n}\n"
    "virtual_server www {\n virtual_service tcp 192.0.2.1 80\n pool web\n}\n"
    "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n"
    " authentication {\n  auth_type PASS\n  auth_pass geheim\n }\n"
    " virtual_ipaddress {\n  192.0.2.1\n }\n}\n";

static char folder[80], file_path[120];

static struct store *read_config(const char *text)
{
	struct config_error error;
	struct config *c;
	struct store *s;
	FILE *f;

	if (!*folder)
		unit_folder(folder);
	snprintf(file_path, sizeof(file_path), "%s/c", folder);
	f = fopen(file_path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	c = config_read_as(file_path, "left", &error, NULL, NULL);
	ck_assert_msg(c != NULL, "%s\n%s", error.text, text);
	s = config_take_store(c);
	config_free(c);
	return s;
}

static void end_of_files(void)
{
	unlink(file_path);
	rmdir(folder);
}

/* A row as a SET makes it. */
static void make(struct store *s, const char *table, const char *key, const char *const *values)
{
	struct row *r = row(s, table, key, values);

	if (!r->origin)
		r->origin = STORAGE_NONVOLATILE;
}

#define MAKE(table, key, ...) make(s, table, key, (const char *const[]){__VA_ARGS__, NULL})

static void set_value(
    struct store *s, const char *table, const char *key, const char *column, const char *value)
{
	struct row *want = row_new(table_find(table)), *r;
	char why[WHY_SIZE];

	ck_assert(row_key_parse(want, key, why));
	r = store_find(s, want);
	row_free(want);
	ck_assert_ptr_nonnull(r);
	ck_assert_msg(column_parse(r, table_column(r->table, column), value, why), "%s", why);
}

/* The running rows after some SETs and what the file said before. */
static struct store *after_sets(void)
{
	struct store *s = read_config(file_text);

	set_value(s, "system", "", "router_id", "");
	set_value(s, "real_server", "web 10.0.0.1 80", "weight", "0");
	set_value(s, "real_server", "web 10.0.0.1 80", "admin_state", "drain");
	set_value(s, "real_server", "web 10.0.0.2 80", "row_status", "notInService");
	set_value(s, "vrrp_instance", "V", "auth_password", "secret");
	MAKE("real_server", "web 10.0.0.4 80", "weight=3");
	MAKE("pool", "\"out of it\"", "row_status=notInService");
	MAKE("real_server", "\"out of it\" 10.0.0.9 80", "weight=9");
	MAKE("virtual_server", "half", "row_status=notReady");
	((struct row *)store_first_server(s, "out of it"))->origin = STORAGE_VOLATILE;
	return s;
}

static void drop(struct store *s, const char *table, const char *key)
{
	struct row *want = row_new(table_find(table)), *r;
	char why[WHY_SIZE];

	ck_assert(row_key_parse(want, key, why));
	r = store_find(s, want);
	ck_assert_ptr_nonnull(r);
	store_remove(s, r);
	row_free(r);
	row_free(want);
}

START_TEST(test_diff)
{
	struct store *file = read_config(file_text), *running = after_sets();
	FILE *out = begin();

	drop(running, "real_server", "web 10.0.0.3 80"); /* the file has it meanwhile */
	ck_assert_uint_eq(diff_text(out, file, running), 10);
	fputs("--\n", out);
	ck_assert_uint_eq(diff_json(out, file, running, 0), 10);
	fputc('\n', out);
	ck_assert_uint_eq(diff_text(out, file, file), 0);
	ck_assert_uint_eq(diff_json(out, file, file, 0), 0);
	fputc('\n', out);
	golden(out, "diff");
	store_free(file);
	store_free(running);
	end_of_files();
}
END_TEST

static char *exported(const struct store *s, bool secrets)
{
	FILE *out = begin();

	ck_assert(export_text(out, &plain, s, secrets));
	fclose(out);
	return text_of;
}

START_TEST(test_export)
{
	struct store *s = after_sets();
	FILE *out;
	char *text;

	text = exported(s, true);
	ck_assert_ptr_nonnull(strstr(text, "auth_pass secret\n"));
	ck_assert_ptr_null(strstr(text, "left out: it is a secret"));
	free(text);
	text = exported(s, false);
	ck_assert_ptr_null(strstr(text, "secret\n}"));
	store_free(read_config(text)); /* a good file, also without its secrets */
	out = begin();
	fputs(text, out);
	free(text);
	golden(out, "export");
	store_free(s);
	end_of_files();
}
END_TEST

/* What is exported is, read as a file, no different from the rows in effect. */
START_TEST(test_export_round_trip)
{
	struct store *s = after_sets(), *again;
	char *text;
	FILE *out;

	text = exported(s, true);
	again = read_config(text);
	free(text);
	drop(s, "pool", "\"out of it\"");
	drop(s, "real_server", "\"out of it\" 10.0.0.9 80");
	drop(s, "virtual_server", "half");
	drop(s, "real_server", "web 10.0.0.2 80");
	drop(s, "check", "web one"); /* it belonged to that real server */
	out = begin();
	diff_text(out, again, s);
	fclose(out);
	ck_assert_str_eq(text_of, "");
	free(text_of);
	store_free(s);
	store_free(again);
	end_of_files();
}
END_TEST

START_TEST(test_status_changes)
{
	struct store *s = after_sets();
	struct control *c = (struct control *)store_scalar(s, TABLE_control);
	FILE *out;

	c->confirm_timeout = 42;
	out = begin();
	status_text(out, &plain, s);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text_of, "  5 rows are not in effect (directorctl diff"));
	ck_assert_ptr_nonnull(strstr(text_of, "is undone in 42 s, unless 'directorctl confirm'"));
	ck_assert_ptr_nonnull(strstr(text_of, "10.0.0.2:80  notInService"));
	ck_assert_ptr_nonnull(strstr(text_of, "half            notReady"));
	free(text_of);
	store_free(s);
	end_of_files();
}
END_TEST

/* -------------------------------------------------------------------------- sessions */

/* The hub, in a process of its own. */
struct hub {
	struct event_base *base;
	struct channel *ch;
	struct store *rows;
	struct group_reader in;
	char requests[200];
	const char *refuse; /* the reason with which a reload or a commit is refused */
	uint32_t later;	    /* an event that comes after the sync */
	bool leave;	    /* closes after that */
	const char *edits;  /* what a transaction must ask for; NULL: anything */
	uint32_t change;    /* the generation that a commit makes; 0: none */
	uint32_t confirm;   /* seconds in which somebody should confirm */
	const char *file;   /* the configuration file */
};

static void hub_sync(struct hub *h)
{
	struct group_writer g;

	group_begin(&g, h->ch, GROUP_SYNC);
	for (int t = 0; t < TABLE_COUNT; t++)
		for (struct row *r = store_first(h->rows, t); r; r = store_next(r))
			group_row(&g, r, ROW_SET, all_columns(r->table));
	group_end(&g, true);
	if (!h->later)
		return;
	put_event(h->rows, h->later, "vrrpState", "VI_1", "master", "backup", "later");
	group_begin(&g, h->ch, GROUP_STATE);
	group_row(&g, store_first(h->rows, TABLE_system), ROW_SET, COLUMN(system, event_last));
	for (struct row *r = store_first(h->rows, TABLE_event_log); r; r = store_next(r))
		if (((struct event_log *)r)->sequence == h->later)
			group_row(&g, r, ROW_SET, all_columns(r->table));
	group_end(&g, true);
}

static void check_edits(const struct hub *h)
{
	struct edit list[10];
	char got[2000];

	for (size_t i = 0; i < h->in.n && i < 10; i++)
		list[i] = (struct edit){
		    h->in.items[i].row, h->in.items[i].mask, h->in.items[i].op == ROW_DELETE};
	edits_format(got, sizeof(got), list, h->in.n);
	if (!h->edits || strcmp(got, h->edits) == 0)
		return;
	fprintf(stderr, "asked for: %s\n", got);
	_exit(98);
}

/* The rows that the commit changed, and the history, before the answer. */
static void hub_commit(struct hub *h)
{
	struct group_writer g;
	struct row *system = store_first(h->rows, TABLE_system);

	if (!h->change)
		return;
	((struct system *)system)->generation = h->change;
	put_change(h->rows, h->change, 1, ORIGIN_CONTROL, "real_server web 10.0.0.11 80", "weight",
	    "3", "300");
	group_begin(&g, h->ch, GROUP_STATE);
	group_row(&g, system, ROW_SET, COLUMN(system, generation));
	for (struct row *r = store_first(h->rows, TABLE_config_change); r; r = store_next(r))
		group_row(&g, r, ROW_SET, all_columns(r->table));
	group_end(&g, true);
}

static void hub_request(struct hub *h, struct wire *w)
{
	static const char letters[] = "?LPCUR"; /* reLoad Prepare Commit Undo Release */
	uint32_t id = wire_get_h32(w);
	uint8_t kind = wire_get_u8(w);
	struct refusal r = {.kind = REFUSAL_NONE, .column = -1};
	size_t n = strlen(h->requests);

	h->requests[n] = letters[kind];
	h->requests[n + 1] = '\0';
	if (h->refuse && (kind == REQUEST_RELOAD || kind == REQUEST_PREPARE)) {
		r.kind = REFUSAL_VALUE;
		snprintf(r.reason, sizeof(r.reason), "%s", h->refuse);
		if (kind == REQUEST_PREPARE) {
			r.table = h->in.items[0].row->table;
			r.column = COL_real_server_weight;
			row_format(h->in.items[0].row, r.row);
		}
	}
	if (kind == REQUEST_PREPARE)
		check_edits(h);
	if (kind == REQUEST_COMMIT && strcmp(h->requests, "PC") != 0)
		_exit(99);
	if (kind == REQUEST_COMMIT)
		hub_commit(h);
	w = channel_begin(h->ch, MSG_REPLY);
	wire_put_h32(w, id);
	message_put_refusal(w, &r);
	channel_send(h->ch);
}

static void hub_packet(struct channel *ch, uint32_t type, struct wire *w, void *arg)
{
	struct hub *h = arg;

	(void)ch;
	switch ((enum message)type) {
	case MSG_HELLO:
		hub_sync(h);
		if (h->leave)
			event_base_loopbreak(h->base);
		break;
	case MSG_BEGIN:
		group_read_begin(&h->in, w);
		break;
	case MSG_ROWS:
		group_read_rows(&h->in, w);
		break;
	case MSG_REQUEST:
		hub_request(h, w);
		break;
	case MSG_END:
	case MSG_EVENT:
	case MSG_LOG:
	case MSG_READY:
	case MSG_STOP:
	case MSG_PING:
	case MSG_PONG:
	case MSG_REPLY:
		break;
	}
}

static void hub_closed(struct channel *ch, const char *why, void *arg)
{
	struct hub *h = arg;

	(void)ch;
	(void)why;
	event_base_loopbreak(h->base);
}

/* Serves one connection.  Its exit status tells that the requests were those expected. */
static void hub_serve(struct hub *h, int fd)
{
	static const struct channel_ops ops = {hub_packet, hub_closed, NULL};

	h->base = event_base_new();
	h->ch = channel_new(h->base, fd, &ops, h);
	event_base_dispatch(h->base);
	channel_flush(h->ch, USEC_PER_SEC);
	channel_free(h->ch);
	event_base_free(h->base);
}

static char said[2][20000]; /* standard output, standard error */

/* Runs a session against a hub; the hub's requests must be those expected. */
static int run(
    const struct session_ops *ops, const struct options *o, struct hub *h, const char *expected)
{
	struct session s = {.ops = ops, .options = o};
	char *out, *err;
	size_t n;
	int fds[2], status, hub_status;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		h->rows = example();
		((struct control *)store_scalar(h->rows, TABLE_control))->confirm_timeout =
		    h->confirm;
		if (h->file)
			row_set_text(&store_system(h->rows)->config_file, h->file);
		hub_serve(h, fds[1]);
		_exit(strcmp(h->requests, expected) == 0 ? 0 : 1);
	}
	close(fds[1]);
	s.out = open_memstream(&out, &n);
	s.err = open_memstream(&err, &n);
	status = session_run(&s, fds[0]);
	fclose(s.out);
	fclose(s.err);
	snprintf(said[0], sizeof(said[0]), "%s", out);
	snprintf(said[1], sizeof(said[1]), "%s", err);
	free(out);
	free(err);
	ck_assert_int_eq(waitpid(pid, &hub_status, 0), pid);
	ck_assert_int_eq(hub_status, 0);
	return status;
}

START_TEST(test_session_show)
{
	struct options o = {.text = status_text, .selection = selection("pool", NULL)};

	ck_assert_int_eq(run(&command_report, &o, &(struct hub){.refuse = NULL}, ""), CTL_OK);
	ck_assert_ptr_nonnull(strstr(said[0], "directord 0.1.0 at lb1"));
	ck_assert_int_eq(run(&command_show, &o, &(struct hub){.refuse = NULL}, ""), CTL_OK);
	ck_assert_ptr_nonnull(strstr(said[0], "web"));
	o.json = true;
	ck_assert_int_eq(run(&command_show, &o, &(struct hub){.refuse = NULL}, ""), CTL_OK);
	ck_assert_ptr_nonnull(strstr(said[0], "\"name\": \"web\""));
	o.last = 1;
	ck_assert_int_eq(run(&command_events, &o, &(struct hub){.refuse = NULL}, ""), CTL_OK);
	ck_assert_ptr_nonnull(strstr(said[0], "datastoreTrouble"));
	ck_assert_str_eq(said[1], "");
}
END_TEST

START_TEST(test_session_reload)
{
	struct options o = {.json = false};

	ck_assert_int_eq(run(&command_reload, &o, &(struct hub){.refuse = NULL}, "L"), CTL_OK);
	ck_assert_str_eq(said[1], "");
	ck_assert_int_eq(
	    run(&command_reload, &o, &(struct hub){.refuse = "/etc/x:3:5: no"}, "L"), CTL_REFUSED);
	ck_assert_str_eq(said[1], "directorctl: refused: /etc/x:3:5: no\n");
}
END_TEST

START_TEST(test_session_set)
{
	char words[] = "set|real_server|web 10.0.0.11 80|weight=300|admin_state=drain";
	struct options o = {.state_dir = "."};
	struct hub done = {
	    .change = 8, .edits = "+real_server web 10.0.0.11 80 weight=300 admin_state=drain;"};

	ck_assert_int_eq(edit_words(&o.edits, words), CTL_OK);
	free(text_of);
	ck_assert_int_eq(run(&command_change, &o, &done, "PCR"), CTL_OK);
	ck_assert_str_eq(said[0], "real_server web 10.0.0.11 80: weight: 3 -> 300\n");
	ck_assert_int_eq(run(&command_change, &o, &(struct hub){.change = 0}, "PCR"), CTL_OK);
	ck_assert_str_eq(said[0], "nothing has changed\n");
	ck_assert_int_eq(
	    run(&command_change, &o, &(struct hub){.refuse = "too heavy"}, "PR"), CTL_REFUSED);
	ck_assert_str_eq(said[0], "");
	ck_assert_str_eq(
	    said[1], "directorctl: refused: real_server web 10.0.0.11 80: weight: too heavy\n");
	edits_clear(&o.edits);
}
END_TEST

START_TEST(test_session_edit)
{
	struct options o = {.confirm = true, .confirm_seconds = 30};
	struct hub done = {.change = 8,
	    .edits = "+real_server web 10.0.0.11 80 weight=300;-pool web;"
		     "+control confirm_timeout=30;"};

	edit_lines(&o.edits, "\nset real_server web 10.0.0.11 80 weight=300\ndelete pool web\n");
	free(text_of);
	command_ask_confirm(&o, 30);
	ck_assert_int_eq(run(&command_change, &o, &done, "PCR"), CTL_OK);
	ck_assert_str_eq(said[0],
	    "real_server web 10.0.0.11 80: weight: 3 -> 300\n"
	    "it is undone in 30 s, unless 'directorctl confirm' confirms it\n");
	ck_assert_int_eq(
	    run(&command_change, &o, &(struct hub){.refuse = "no"}, "PR"), CTL_REFUSED);
	ck_assert_str_eq(
	    said[1], "directorctl: f:2: refused: real_server web 10.0.0.11 80: weight: no\n");
	edits_clear(&o.edits);
	edit_lines(&o.edits, "set pool web start_down=on\n\ndelete pool nobody\n");
	free(text_of);
	ck_assert_int_eq(run(&command_change, &o, &(struct hub){.change = 8}, ""), CTL_REFUSED);
	ck_assert_str_eq(said[1], "directorctl: f:3: refused: pool nobody: there is no such row\n");
	edits_clear(&o.edits);
}
END_TEST

START_TEST(test_session_back)
{
	char *all[] = {"all"}, *server[] = {"real-server", "web 10.0.0.11", "80"}, *no[] = {"x"};
	struct options o = {.state_dir = "."};
	FILE *err;

	command_ask_rollback(&o, 5);
	command_ask_confirm(&o, 7);
	ck_assert_int_eq(
	    run(&command_change, &o,
		&(struct hub){.change = 8, .edits = "+control confirm_timeout=7 rollback=5;"},
		"PCR"),
	    CTL_OK);
	edits_clear(&o.edits);
	ck_assert(command_ask_revert(&o, all, 1, stderr));
	ck_assert_int_eq(run(&command_change, &o,
			     &(struct hub){.change = 8, .edits = "+control revert=all;"}, "PCR"),
	    CTL_OK);
	edits_clear(&o.edits);
	ck_assert(command_ask_revert(&o, server, 3, stderr));
	ck_assert_int_eq(run(&command_change, &o,
			     &(struct hub){.change = 8,
				 .edits = "+control revert=real_server web 10.0.0.11 80;"},
			     "PCR"),
	    CTL_OK);
	edits_clear(&o.edits);
	err = begin();
	ck_assert(!command_ask_revert(&o, no, 1, err));
	fclose(err);
	ck_assert_str_eq(text_of, "directorctl: there is no table 'x'\n");
	free(text_of);
}
END_TEST

START_TEST(test_session_confirm)
{
	struct options o = {.state_dir = "."};
	struct hub pending = {.confirm = 12, .edits = "+control confirm_timeout=0;"};

	command_ask_confirm(&o, 0);
	ck_assert_int_eq(run(&command_confirm, &o, &pending, "PCR"), CTL_OK);
	ck_assert_str_eq(said[0], "confirmed: generation 7\n");
	ck_assert_int_eq(run(&command_confirm, &o, &(struct hub){.confirm = 0}, ""), CTL_REFUSED);
	ck_assert_str_eq(said[1], "directorctl: nothing is to be confirmed\n");
	edits_clear(&o.edits);
}
END_TEST

START_TEST(test_session_history)
{
	struct options o = {.last = ~(size_t)0};

	ck_assert_int_eq(run(&command_history, &o, &(struct hub){.refuse = NULL}, ""), CTL_OK);
	ck_assert_ptr_nonnull(strstr(said[0], "nothing was changed yet\n"));
	o.generation = 3;
	ck_assert_int_eq(run(&command_history, &o, &(struct hub){.refuse = NULL}, ""), CTL_REFUSED);
	ck_assert_str_eq(said[1], "directorctl: the history has no generation 3\n");
}
END_TEST

START_TEST(test_session_diff)
{
	struct options o = {.state_dir = "."};
	struct hub h = {.file = file_path};
	FILE *f;

	store_free(read_config(file_text));
	ck_assert_int_eq(run(&command_diff, &o, &h, ""), CTL_DIFFERENT);
	ck_assert_ptr_nonnull(strstr(said[0], "was modified after directord read it"));
	ck_assert_ptr_nonnull(strstr(said[0], "\n+ real_server web 10.0.0.11 80: weight: 3\n"));
	o.json = true;
	ck_assert_int_eq(run(&command_diff, &o, &h, ""), CTL_DIFFERENT);
	ck_assert_ptr_nonnull(strstr(said[0], "\"file_modified\": true,\n  \"differences\": [\n"));
	f = fopen(file_path, "a");
	fputs("nonsense\n", f);
	fclose(f);
	ck_assert_int_eq(run(&command_diff, &o, &h, ""), CTL_TROUBLE);
	ck_assert_str_eq(said[0], "");
	ck_assert_ptr_nonnull(strstr(said[1], ":1: unknown keyword 'nonsense'"));
	ck_assert_int_eq(run(&command_export, &o, &h, ""), CTL_OK);
	ck_assert_ptr_nonnull(strstr(said[0], "real_server 10.0.0.13 80 {\n"));
	end_of_files();
}
END_TEST

START_TEST(test_session_lost)
{
	struct options o = {.text = status_text};
	struct session s = {.ops = &command_report, .options = &o, .out = stdout};
	int fds[2];
	FILE *err = begin();

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	close(fds[1]);
	s.err = err;
	ck_assert_int_eq(session_run(&s, fds[0]), CTL_NO_CONNECTION);
	fclose(err);
	ck_assert_ptr_nonnull(strstr(text_of, "closed the connection"));
	free(text_of);
}
END_TEST

START_TEST(test_connect)
{
	char dir[80], path[200];
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	FILE *err = begin();
	int fd;

	unit_folder(dir);
	ck_assert_int_eq(session_connect(dir, err), -1);
	snprintf(path, sizeof(path), "%s/run", dir);
	mkdir(path, 0700);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/run/control.sock", dir);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(session_connect(dir, err), -1);
	fclose(err);
	ck_assert_ptr_nonnull(
	    strstr(text_of, "is directord running, and with this state directory?"));
	ck_assert_ptr_nonnull(strstr(text_of, "(directord is not running)"));
	free(text_of);
	close(fd);
	unlink(sun.sun_path);
	rmdir(path);
	rmdir(dir);
}
END_TEST

/* Serves two connections, as directord before and after a restart, and then reads until it is left. */
static void follow_hub(int fd)
{
	struct hub before = {.later = 5, .leave = true, .rows = example()};
	struct hub after = {.later = 7, .rows = example()};

	hub_serve(&before, accept(fd, NULL, NULL));
	put_event(after.rows, 5, "vrrpState", "VI_1", "master", "backup", "later");
	put_event(after.rows, 6, "vrrpState", "VI_1", "backup", "master", "while nobody was there");
	store_system(after.rows)->event_last = 6;
	hub_serve(&after, accept(fd, NULL, NULL));
	_exit(0);
}

START_TEST(test_follow)
{
	char dir[80], path[200], line[500];
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	static const char *const expected[] = {"configuration: 7", "datastore: ok -> failed",
	    "(later)", "while nobody was there", "(later)"};
	struct options o = {.follow = true, .last = 2};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), fds[2], status;
	pid_t hub, ctl;
	FILE *in;

	unit_folder(dir);
	o.state_dir = dir;
	snprintf(path, sizeof(path), "%s/run", dir);
	mkdir(path, 0700);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/run/control.sock", dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	listen(fd, 5);
	hub = fork();
	if (hub == 0)
		follow_hub(fd);
	close(fd);
	ck_assert_int_eq(pipe(fds), 0);
	ctl = fork();
	if (ctl == 0) {
		struct session s = {.ops = &command_events, .options = &o, .style = plain};

		close(fds[0]);
		signal(SIGPIPE, SIG_IGN);
		s.out = fdopen(fds[1], "w");
		s.err = fopen("/dev/null", "w");
		_exit(command_follow(&s, &o));
	}
	close(fds[1]);
	in = fdopen(fds[0], "r");
	for (size_t i = 0; i < 5; i++) { /* each once, in order, over the restart */
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
		ck_assert_msg(strstr(line, expected[i]), "%s is not %s", line, expected[i]);
	}
	kill(ctl, SIGKILL); /* libcheck's handler of SIGTERM is in it */
	waitpid(ctl, &status, 0);
	waitpid(hub, &status, 0);
	fclose(in);
	unlink(sun.sun_path);
	rmdir(path);
	rmdir(dir);
}
END_TEST

/* Nobody reads any more: the end, without a word. */
START_TEST(test_broken_pipe)
{
	struct options o = {.follow = true, .last = 2};
	struct session s = {.ops = &command_events, .options = &o, .style = plain};
	struct hub h = {.later = 5, .rows = example()};
	int fds[2], out[2], status;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		hub_serve(&h, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	ck_assert_int_eq(pipe(out), 0); /* only now: the hub must not keep its end */
	close(out[0]);
	s.out = fdopen(out[1], "w");
	s.err = begin();
	ck_assert_int_eq(session_run(&s, fds[0]), CTL_OK);
	ck_assert(!s.lost);
	fclose(s.err);
	ck_assert_str_eq(text_of, "");
	free(text_of);
	fclose(s.out);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	store_free(h.rows);
}
END_TEST

static void setup(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
}

static void add(Suite *s, const char *name, const TTest *const *tests)
{
	TCase *tc = tcase_create(name);

	for (; *tests; tests++)
		tcase_add_test(tc, *tests);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 30);
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("ctl");
	TCase *random = tcase_create("random");

	add(s, "views",
	    (const TTest *const[]){test_status, test_status_many, test_vrrp, test_lvs,
		test_views_json, test_empty, NULL});
	add(s, "show",
	    (const TTest *const[]){test_show, test_show_narrow, test_show_width, test_show_json,
		test_defaults, test_show_all, test_filters, test_secrets, test_tables, test_events,
		test_words, test_json_strings, NULL});
	add(s, "edit",
	    (const TTest *const[]){
		test_edit_words, test_edit_file, test_edit_file_errors, test_edit_blame, NULL});
	add(s, "history",
	    (const TTest *const[]){test_history, test_history_empty, test_changes, NULL});
	add(s, "diff",
	    (const TTest *const[]){
		test_diff, test_export, test_export_round_trip, test_status_changes, NULL});
	add(s, "session",
	    (const TTest *const[]){test_session_show, test_session_reload, test_session_set,
		test_session_edit, test_session_back, test_session_confirm, test_session_history,
		test_session_diff, test_session_lost, test_connect, test_follow, test_broken_pipe,
		NULL});
	tcase_add_loop_test(random, test_json_random, 0, 10);
	suite_add_tcase(s, random);
	return unit_run(s);
}
