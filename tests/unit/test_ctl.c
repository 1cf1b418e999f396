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
	    "master_priority=200", "preempt=off", "reason=a master of priority 200 is there");
	ROW("vrrp_instance", "VI_fault", "interface=eth9", "vrid=9", "state=fault",
	    "preempt_delay=5", "reason=there is no interface eth9");
	ROW("sync_group", "G", "state=master", "members=1");
	ROW("vrrp_address", "VI_1 192.0.2.10", "prefix_length=24", "present=on");
	ROW("vrrp_address", "VI_1 192.0.2.11", "interface=eth1", "excluded=on");
	ROW("vrrp_address", "VI_1 192.0.2.12", "present=on");
	ROW("vrrp_address", "VI_1 192.0.2.13", "present=on");
	ROW("vrrp_address", "VI_22 2001:db8::10", "prefix_length=64");
	ROW("vrrp_statistics", "VI_1", "adverts_received=3", "adverts_sent=768", "announcements=20",
	    "ttl_errors=2", "owner_drops=1", "stalls=1");
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

/* ------------------------------------------------------------------------- set's words */

static int set_words(struct options *o, char *text)
{
	char *argv[16];
	int argc = 0, status = 0;
	FILE *err = begin();

	for (char *p = strtok(text, "|"); p; p = strtok(NULL, "|"))
		argv[argc++] = p;
	if (command_set_parse(o, argv, argc, err, &status))
		status = CTL_OK;
	fclose(err);
	return status;
}

START_TEST(test_set_words)
{
	static const struct {
		const char *words;
		int status;
		const char *says;
	} cases[] = {{"real_server|web 10.0.0.1 80|weight=3", CTL_OK, ""},
	    {"real-server|web|10.0.0.1|80|weight=3|admin_state=drain", CTL_OK, ""},
	    {"real_server|\"a b\"|10.0.0.1|80|weight=3", CTL_OK, ""},
	    {"system|router_id=x=y", CTL_OK, ""}, {"nothing|x|a=b", CTL_USAGE, "no table"},
	    {"real_server|web 10.0.0.1 80", CTL_USAGE, "not COLUMN=VALUE"},
	    {"real_server|web 10.0.0.1 80|colour=blue", CTL_USAGE, "not COLUMN=VALUE"},
	    {"real_server|web 10.0.0.1|weight=3", CTL_USAGE, "the key has no port"},
	    {"real_server|weight=3", CTL_USAGE, "the key has no pool"},
	    {"real_server|web 10.0.0.1 80|weight=70000", CTL_REFUSED,
		"weight: 70000 is not in the range 0..65535"},
	    {"real_server|web 10.0.0.1 80|weight=-1", CTL_REFUSED, "range"},
	    {"real_server|web 10.0.0.1 80|admin_state=off", CTL_REFUSED, "enabled drain disabled"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options o = {.state_dir = "."};
		char words[200];

		strcpy(words, cases[i].words);
		ck_assert_msg(
		    set_words(&o, words) == cases[i].status, "%s: %s", cases[i].words, text_of);
		ck_assert_msg(strstr(text_of, cases[i].says), "%s: %s", cases[i].words, text_of);
		row_free(o.row);
		free(text_of);
	}
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
	if (kind == REQUEST_COMMIT && strcmp(h->requests, "PC") != 0)
		_exit(99);
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
	char words[] = "real_server|web 10.0.0.11 80|weight=300|admin_state=drain";
	struct options o = {.state_dir = "."};

	ck_assert_int_eq(set_words(&o, words), CTL_OK);
	free(text_of);
	ck_assert_int_eq(run(&command_set, &o, &(struct hub){.refuse = NULL}, "PCR"), CTL_OK);
	ck_assert_str_eq(said[0], "real_server web 10.0.0.11 80: weight: 3 -> 300\n"
				  "real_server web 10.0.0.11 80: admin_state: enabled -> drain\n");
	ck_assert_int_eq(
	    run(&command_set, &o, &(struct hub){.refuse = "too heavy"}, "PR"), CTL_REFUSED);
	ck_assert_str_eq(said[0], "");
	ck_assert_str_eq(
	    said[1], "directorctl: refused: real_server web 10.0.0.11 80: weight: too heavy\n");
	row_free(o.row);
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
	add(s, "set", (const TTest *const[]){test_set_words, NULL});
	add(s, "session",
	    (const TTest *const[]){test_session_show, test_session_reload, test_session_set,
		test_session_lost, test_connect, test_follow, test_broken_pipe, NULL});
	tcase_add_loop_test(random, test_json_random, 0, 10);
	suite_add_tcase(s, random);
	return unit_run(s);
}
