/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of validate.h.  Each case takes a configuration that is right, changes one thing, and names
 * the row, the column and the reason of the refusal; then the same change made right is taken.
 */
#include "core/model/validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "tests/unit/unit.h"

static struct store *store;

/* Makes the row with the key, if it is not there, and gives a column a value, both as text. */
static struct row *put(const char *table, const char *key, const char *column, const char *value)
{
	const struct table *t = table_find(table);
	const struct column *c = column ? table_column(t, column) : NULL;
	struct row *r = row_new(t), *there;
	char why[WHY_SIZE];

	ck_assert_msg(row_key_parse(r, key, why), "%s '%s': %s", table, key, why);
	there = store_insert(store, r);
	if (there) {
		row_free(r);
		r = there;
	}
	if (column)
		ck_assert_msg(c && column_parse(r, c, value, why), "%s.%s: %s", table, column, why);
	return r;
}

static void drop(struct row *r)
{
	store_remove(store, r);
	row_free(r);
}

/* Everything that refers to something, and an instance of each kind of row. */
static void setup(void)
{
	store = store_new();
	put("pool", "web", NULL, NULL);
	put("real_server", "web 10.0.0.11 80", NULL, NULL);
	put("real_server", "web 10.0.0.12 80", NULL, NULL);
	put("virtual_server", "web", "pool", "web");
	put("virtual_service", "web tcp 192.0.2.1 80", NULL, NULL);
	put("check", "web tcp", NULL, NULL);
	put("check", "web http", "type", "http");
	put("sync_group", "G", NULL, NULL);
	put("vrrp_instance", "V", "interface", "eth0");
	put("vrrp_instance", "V", "vrid", "51");
	put("vrrp_instance", "V", "sync_group", "G");
	put("vrrp_address", "V 192.0.2.1", NULL, NULL);
}

static void teardown(void)
{
	store_free(store);
}

static void accepted(void)
{
	struct refusal why;

	ck_assert_msg(validate_all(store, &why), "%s: %s", why.row, why.reason);
	ck_assert_int_eq(why.kind, REFUSAL_NONE);
}

static void is_refusal(
    const struct refusal *why, const char *row, const char *column, const char *reason)
{
	ck_assert_str_eq(why->row, row);
	if (column) {
		ck_assert_int_ge(why->column, 0);
		ck_assert_str_eq(why->table->columns[why->column].name, column);
	} else {
		ck_assert_int_eq(why->column, -1);
	}
	ck_assert_msg(strstr(why->reason, reason), "'%s' does not say '%s'", why->reason, reason);
}

static void refused(enum refusal_kind kind, const char *row, const char *column, const char *reason)
{
	struct refusal why;

	ck_assert(!validate_all(store, &why));
	ck_assert_int_eq(why.kind, kind);
	is_refusal(&why, row, column, reason);
}

/* What one touched row alone brings up: the rest of the store must not be needed for it. */
static void refused_touching(
    struct row *touched, const char *row, const char *column, const char *reason)
{
	struct refusal why;

	ck_assert(!validate(store, &touched, 1, NULL, 0, &why));
	is_refusal(&why, row, column, reason);
}

static void accepted_touching(struct row *touched)
{
	struct refusal why;

	ck_assert_msg(validate(store, &touched, 1, NULL, 0, &why), "%s: %s", why.row, why.reason);
}

/* A column gets a wrong value, then a right one. */
static void column(const char *table, const char *key, const char *name, const char *wrong,
    const char *right, const char *reason)
{
	struct row *r = put(table, key, name, wrong);
	char row[ROW_TEXT_SIZE];

	row_format(r, row);
	refused_touching(r, row, name, reason);
	put(table, key, name, right);
	accepted_touching(r);
	accepted();
}

START_TEST(test_right)
{
	struct refusal why;

	accepted();
	ck_assert(validate(store, NULL, 0, NULL, 0, &why));
}
END_TEST

/* ---- From the schema. */

START_TEST(test_ranges)
{
	struct real_server *rs =
	    (struct real_server *)put("real_server", "web 10.0.0.11 80", NULL, NULL);

	rs->weight = 70000;
	refused(REFUSAL_VALUE, "real_server web 10.0.0.11 80", "weight", "0..65535");
	rs->weight = -1;
	refused(REFUSAL_VALUE, "real_server web 10.0.0.11 80", "weight", "0..65535");
	rs->weight = 65535;
	accepted();
	rs->forwarding = 9;
	refused(REFUSAL_VALUE, "real_server web 10.0.0.11 80", "forwarding", "no meaning");
}
END_TEST

START_TEST(test_required)
{
	put("vrrp_instance", "W", "interface", "eth1");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance W", "vrid", "missing");
	put("vrrp_instance", "W", "vrid", "1");
	accepted();
	put("virtual_server", "dns", NULL, NULL);
	refused(REFUSAL_INCONSISTENT, "virtual_server dns", "pool", "missing");
}
END_TEST

START_TEST(test_references)
{
	struct row *r = put("real_server", "dns 10.0.0.1 53", NULL, NULL);

	refused_touching(r, "real_server dns 10.0.0.1 53", "pool", "there is no pool 'dns'");
	refused(REFUSAL_NAME, "real_server dns 10.0.0.1 53", "pool", "there is no pool 'dns'");
	put("pool", "dns", NULL, NULL);
	accepted();
	put("virtual_server", "web", "pool", "mail");
	refused(REFUSAL_INCONSISTENT, "virtual_server web", "pool", "there is no pool 'mail'");
	put("virtual_server", "web", "pool", "web");
	put("vrrp_instance", "V", "sync_group", "H");
	refused(
	    REFUSAL_INCONSISTENT, "vrrp_instance V", "sync_group", "there is no sync_group 'H'");
}
END_TEST

/* Removes a row that others refer to, then those as well. */
static void removal(const char *table, const char *key, const char *dependent, size_t n, ...)
{
	struct row *gone[8] = {put(table, key, NULL, NULL)};
	struct refusal why;
	char row[ROW_TEXT_SIZE];
	va_list ap;

	row_format(gone[0], row);
	store_remove(store, gone[0]);
	ck_assert(!validate(store, NULL, 0, gone, 1, &why));
	is_refusal(&why, row, NULL, dependent);
	ck_assert_int_eq(why.kind, REFUSAL_INCONSISTENT);
	va_start(ap, n);
	for (size_t i = 1; i <= n; i++) {
		const char *t = va_arg(ap, const char *);

		gone[i] = put(t, va_arg(ap, const char *), NULL, NULL);
		store_remove(store, gone[i]);
	}
	va_end(ap);
	ck_assert_msg(validate(store, NULL, 0, gone, n + 1, &why), "%s: %s", why.row, why.reason);
	accepted();
	for (size_t i = 0; i <= n; i++)
		row_free(gone[i]);
}

START_TEST(test_removed_virtual_server)
{
	removal("virtual_server", "web", "virtual_service web tcp 192.0.2.1 80 refers to it", 1,
	    "virtual_service", "web tcp 192.0.2.1 80");
}
END_TEST

START_TEST(test_removed_pool)
{
	removal("pool", "web", "real_server web 10.0.0.11 80 refers to it", 6, "real_server",
	    "web 10.0.0.11 80", "real_server", "web 10.0.0.12 80", "check", "web tcp", "check",
	    "web http", "virtual_server", "web", "virtual_service", "web tcp 192.0.2.1 80");
}
END_TEST

START_TEST(test_removed_instance)
{
	removal("vrrp_instance", "V", "vrrp_address V 192.0.2.1 refers to it", 1, "vrrp_address",
	    "V 192.0.2.1");
}
END_TEST

START_TEST(test_removed_group)
{
	removal("sync_group", "G", "vrrp_instance V refers to it", 2, "vrrp_instance", "V",
	    "vrrp_address", "V 192.0.2.1");
}
END_TEST

START_TEST(test_removed_server)
{
	put("check", "web one", "server_address", "10.0.0.12");
	put("check", "web one", "server_port", "80");
	accepted();
	removal(
	    "real_server", "web 10.0.0.12 80", "check web one refers to it", 1, "check", "web one");
}
END_TEST

START_TEST(test_removed_and_made_again)
{
	struct row *pool = put("pool", "web", NULL, NULL);
	struct refusal why;

	store_remove(store, pool);
	put("pool", "web", NULL, NULL);
	ck_assert(validate(store, NULL, 0, &pool, 1, &why));
	row_free(pool);
}
END_TEST

/* ---- Real servers. */

START_TEST(test_server_address)
{
	static const char *const wrong[] = {"web 0.0.0.0 80", "web 224.0.0.1 80",
	    "web 255.255.255.255 80", "web fe80::1 80", "web ff02::1 80"};

	put("virtual_service", "web tcp 192.0.2.1 80", NULL, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct row *r = put("real_server", wrong[i], "forwarding", "tun");
		char row[ROW_TEXT_SIZE];

		refused_touching(r, row_format(r, row), "address", "can't have this address");
		drop(r);
	}
	accepted();
}
END_TEST

START_TEST(test_thresholds)
{
	column("real_server", "web 10.0.0.11 80", "lower_threshold", "5", "0", "needs an upper");
	put("real_server", "web 10.0.0.11 80", "upper_threshold", "10");
	column("real_server", "web 10.0.0.11 80", "lower_threshold", "11", "10",
	    "the lower threshold 11 is above the upper threshold 10");
}
END_TEST

START_TEST(test_tunnel)
{
	const char *key = "web 10.0.0.11 80";

	put("real_server", key, "tunnel_type", "gue");
	put("real_server", key, "tunnel_checksum", "remcsum");
	accepted(); /* not a tunnel */
	put("real_server", key, "forwarding", "tun");
	column("real_server", key, "tunnel_port", "0", "6080", "GUE needs a port");
	put("real_server", key, "tunnel_type", "gre");
	column("real_server", key, "tunnel_checksum", "remcsum", "csum", "GRE has no");
	put("real_server", key, "tunnel_type", "ipip");
	column("real_server", key, "tunnel_checksum", "csum", "nocsum", "IPIP has no checksum");
}
END_TEST

START_TEST(test_port_kept)
{
	static const char *const methods[] = {"dr", "tun"};
	static const char *const names[] = {"LVS-DR can't", "LVS-Tun can't"};
	struct row *rs = put("real_server", "web 10.0.0.13 8080", NULL, NULL);
	struct row *vs = put("virtual_service", "web tcp 192.0.2.1 80", NULL, NULL);

	accepted(); /* LVS-NAT changes it */
	for (size_t i = 0; i < 2; i++) {
		put("real_server", "web 10.0.0.13 8080", "forwarding", methods[i]);
		refused_touching(rs, "real_server web 10.0.0.13 8080", "port", names[i]);
		refused_touching(rs, "real_server web 10.0.0.13 8080", "port",
		    "has 8080, virtual_service web tcp 192.0.2.1 80 has 80");
		refused_touching(vs, "real_server web 10.0.0.13 8080", "port", names[i]);
		refused(REFUSAL_INCONSISTENT, "real_server web 10.0.0.13 8080", "port", names[i]);
	}
	drop(rs);
	put("real_server", "web 10.0.0.13 0", "forwarding", "dr");
	accepted();
	put("real_server", "web 10.0.0.11 80", "forwarding", "dr");
	accepted();
	put("virtual_service", "web fwmark 0.0.0.0 5", NULL, NULL);
	put("virtual_server", "web", "persistence_timeout", "60");
	accepted(); /* a mark has no port */
	put("virtual_service", "web tcp 192.0.2.1 0", NULL, NULL);
	refused(REFUSAL_INCONSISTENT, "real_server web 10.0.0.11 80", "port",
	    "virtual_service web tcp 192.0.2.1 0 has 0");
}
END_TEST

START_TEST(test_family)
{
	struct row *rs = put("real_server", "web 2001:db8::1 80", NULL, NULL);

	refused_touching(
	    rs, "real_server web 2001:db8::1 80", "forwarding", "LVS-NAT can't change");
	put("real_server", "web 2001:db8::1 80", "forwarding", "dr");
	refused_touching(rs, "real_server web 2001:db8::1 80", "forwarding", "LVS-DR can't change");
	refused_touching(put("virtual_service", "web tcp 192.0.2.1 80", NULL, NULL),
	    "real_server web 2001:db8::1 80", "forwarding", "192.0.2.1");
	put("real_server", "web 2001:db8::1 80", "forwarding", "tun");
	accepted();
}
END_TEST

START_TEST(test_two_users)
{
	/* Each virtual server that uses a pool counts, not only the first. */
	put("virtual_server", "other", "pool", "web");
	put("virtual_service", "other tcp 192.0.2.2 8080", NULL, NULL);
	accepted();
	put("real_server", "web 10.0.0.11 80", "forwarding", "dr");
	refused(REFUSAL_INCONSISTENT, "real_server web 10.0.0.11 80", "port",
	    "virtual_service other tcp 192.0.2.2 8080 has 8080");
}
END_TEST

START_TEST(test_server_virtual_host)
{
	column("real_server", "web 10.0.0.11 80", "virtual_host", "a b", "www.example.org:8080",
	    "no host name");
}
END_TEST

/* ---- Virtual servers and services. */

START_TEST(test_service_address)
{
	static const char *const wrong[] = {
	    "web tcp 0.0.0.0 80", "web udp 224.0.0.1 80", "web tcp :: 80"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct row *r = put("virtual_service", wrong[i], NULL, NULL);
		char row[ROW_TEXT_SIZE];

		refused_touching(r, row_format(r, row), "address", "can't have this address");
		drop(r);
	}
	refused_touching(put("virtual_service", "web tcp 192.0.2.1 65536", NULL, NULL),
	    "virtual_service web tcp 192.0.2.1 65536", "port", "65536 is no port");
}
END_TEST

START_TEST(test_service_mark)
{
	struct row *r = put("virtual_service", "web fwmark 192.0.2.1 1", NULL, NULL);

	refused_touching(r, "virtual_service web fwmark 192.0.2.1 1", "address", "has no address");
	drop(r);
	r = put("virtual_service", "web fwmark 0.0.0.0 0", NULL, NULL);
	refused_touching(r, "virtual_service web fwmark 0.0.0.0 0", "port", "above 0");
	drop(r);
	put("virtual_service", "web fwmark 0.0.0.0 4294967295", NULL, NULL);
	accepted();
}
END_TEST

START_TEST(test_service_unique)
{
	struct row *r;

	put("virtual_server", "web2", "pool", "web");
	r = put("virtual_service", "web2 tcp 192.0.2.1 80", NULL, NULL);
	refused_touching(r, "virtual_service web2 tcp 192.0.2.1 80", NULL,
	    "the virtual server 'web' has this service too");
	drop(r);
	put("virtual_service", "web2 udp 192.0.2.1 80", NULL, NULL);
	put("virtual_service", "web2 tcp 192.0.2.2 80", NULL, NULL);
	put("virtual_service", "web2 tcp 192.0.2.1 81", NULL, NULL);
	accepted();
}
END_TEST

START_TEST(test_service_all_ports)
{
	struct row *r = put("virtual_service", "web tcp 192.0.2.1 0", NULL, NULL);

	refused_touching(r, "virtual_server web", "persistence_timeout", "needs persistence");
	put("virtual_server", "web", "persistence_timeout", "360");
	accepted_touching(r);
	accepted();
}
END_TEST

START_TEST(test_one_packet)
{
	struct row *r = put("virtual_server", "web", "one_packet", "on");

	refused_touching(r, "virtual_server web", "one_packet", "virtual_service web tcp");
	drop(put("virtual_service", "web tcp 192.0.2.1 80", NULL, NULL));
	put("virtual_service", "web udp 192.0.2.1 80", NULL, NULL);
	accepted();
}
END_TEST

START_TEST(test_persistence_prefix)
{
	column("virtual_server", "web", "persistence_prefix", "33", "32",
	    "longer than an IPv4 address");
	drop(put("virtual_service", "web tcp 192.0.2.1 80", NULL, NULL));
	drop(put("real_server", "web 10.0.0.11 80", NULL, NULL));
	drop(put("real_server", "web 10.0.0.12 80", NULL, NULL));
	put("virtual_service", "web tcp 2001:db8::1 80", NULL, NULL);
	put("virtual_server", "web", "persistence_prefix", "64");
	accepted();
}
END_TEST

START_TEST(test_scheduler_flags)
{
	column("virtual_server", "web", "scheduler_port", "on", "off", "sh and mh");
	column("virtual_server", "web", "scheduler_fallback", "on", "off", "sh and mh");
	put("virtual_server", "web", "scheduler", "mh");
	put("virtual_server", "web", "scheduler_port", "on");
	put("virtual_server", "web", "scheduler_fallback", "on");
	accepted();
}
END_TEST

START_TEST(test_hysteresis)
{
	column("virtual_server", "web", "hysteresis", "1", "0", "not less than the quorum 1");
	put("virtual_server", "web", "quorum", "7");
	put("virtual_server", "web", "hysteresis", "6");
	accepted();
	column("virtual_server", "web", "hysteresis", "7", "2", "not less than the quorum 7");
}
END_TEST

START_TEST(test_sorry)
{
	column("virtual_server", "web", "sorry_port", "80", "0", "without an address");
	column("virtual_server", "web", "sorry_address", "224.0.0.1", "10.0.0.99", "can't have");
	column("virtual_server", "web", "sorry_address", "2001:db8::99", "10.0.0.99",
	    "LVS-NAT can't change the address family");
	put("virtual_server", "web", "sorry_forwarding", "dr");
	column("virtual_server", "web", "sorry_port", "8080", "80",
	    "LVS-DR can't change the port: the sorry server has 8080");
	put("virtual_server", "web", "sorry_forwarding", "nat");
	put("virtual_server", "web", "sorry_port", "8080");
	accepted();
}
END_TEST

/* ---- Checks. */

START_TEST(test_check_types)
{
	static const char *const only_http[][3] = {{"path", "/x", "/"}, {"status_codes", "200", ""},
	    {"digest", "640205b7b0fc66c1ea91c463fac6334d", ""}, {"pattern", "x", ""},
	    {"pattern_absent", "on", "off"}, {"virtual_host", "www.example.org", ""},
	    {"http_version", "1.1", "1.0"}, {"sni", "on", "off"}};

	for (size_t i = 0; i < sizeof(only_http) / sizeof(*only_http); i++)
		column("check", "web tcp", only_http[i][0], only_http[i][1], only_http[i][2],
		    "is of http and https checks");
	column("check", "web http", "sni", "on", "off", "is of https checks");
	put("check", "web https", "type", "https");
	put("check", "web https", "sni", "on");
	accepted();
}
END_TEST

START_TEST(test_check_request)
{
	column("check", "web http", "path", "x", "/x?a=b", "begins with /");
	column("check", "web http", "path", "/a b", "/a%20b", "no blanks");
	column("check", "web http", "digest", "640205b7", "640205B7b0fc66c1ea91c463fac6334d",
	    "32 hexadecimal");
	column("check", "web http", "digest", "g40205b7b0fc66c1ea91c463fac6334d", "",
	    "32 hexadecimal");
	column("check", "web http", "virtual_host", "a/b", "[2001:db8::1]", "no host name");
}
END_TEST

START_TEST(test_check_status)
{
	static const char *const wrong[] = {
	    "99", "600", "200-", "200-199", "-200", "200;301", "2000", "200 x", "200-299-300", ","};
	static const char *const right[] = {
	    "", "200", "100-599", "200-299,301", "200-299 301, 404"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		column("check", "web http", "status_codes", wrong[i], "", "numbers and ranges");
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
		put("check", "web http", "status_codes", right[i]);
		accepted();
	}
}
END_TEST

START_TEST(test_check_pattern)
{
	column("check", "web http", "pattern", "a(b", "a(b)", "at character 4: missing closing");
	put("check", "web http", "pattern", "(?i)wel+come");
	put("check", "web http", "pattern_absent", "on");
	accepted();
	put("check", "web http", "pattern", "");
	column("check", "web http", "pattern_absent", "on", "off", "there is no pattern");
}
END_TEST

START_TEST(test_check_server)
{
	column("check", "web tcp", "server_port", "80", "0", "without an address");
	put("check", "web tcp", "server_address", "10.0.0.11");
	refused(REFUSAL_INCONSISTENT, "check web tcp", "server_address", "has no such real server");
	put("check", "web tcp", "server_port", "80");
	accepted();
	column(
	    "check", "web tcp", "server_address", "10.0.0.99", "10.0.0.12", "no such real server");
}
END_TEST

START_TEST(test_check_addresses)
{
	column("check", "web tcp", "connect_address", "224.0.0.1", "10.0.0.1", "can't have");
	column("check", "web tcp", "bind_address", "2001:db8::1", "10.0.0.2", "different families");
	column("check", "web tcp", "bind_address", "ff02::1", "0.0.0.0", "multicast");
}
END_TEST

/* ---- VRRP. */

START_TEST(test_interval)
{
	put("vrrp_instance", "V", "version", "2");
	column("vrrp_instance", "V", "advert_interval", "1.5", "2", "whole seconds");
	column("vrrp_instance", "V", "advert_interval", "0.5", "255", "whole seconds");
	put("vrrp_instance", "V", "version", "3");
	column("vrrp_instance", "V", "advert_interval", "40.96", "40.95", "0.01 to 40.95");
	column("vrrp_instance", "V", "advert_interval", "0.015", "0.01", "hundredths");
}
END_TEST

START_TEST(test_preemption)
{
	struct row *r = put("vrrp_instance", "V", "priority", "255");

	column("vrrp_instance", "V", "preempt", "off", "on", "always preempts");
	put("vrrp_instance", "V", "priority", "254");
	put("vrrp_instance", "V", "preempt", "off");
	put("vrrp_instance", "V", "preempt_delay", "5");
	accepted();
	put("vrrp_instance", "V", "initial_state", "master");
	refused_touching(r, "vrrp_instance V", "preempt", "initial state backup");
	put("vrrp_instance", "V", "preempt", "on");
	refused_touching(r, "vrrp_instance V", "preempt_delay", "initial state backup");
	put("vrrp_instance", "V", "preempt_delay", "0");
	accepted();
}
END_TEST

/* The interface for a virtual MAC address is nobody else's. */
START_TEST(test_vmac)
{
	struct row *w;

	put("vrrp_instance", "V", "use_vmac", "on");
	accepted();
	w = put("vrrp_instance", "W", "interface", "eth1");
	put("vrrp_instance", "W", "vrid", "51");
	put("vrrp_instance", "W", "use_vmac", "on");
	refused_touching(w, "vrrp_instance W", "vmac_name",
	    "the instance 'V' has vrrp.51 as the interface for its virtual MAC address, too");
	put("vrrp_instance", "W", "vmac_name", "w.51");
	accepted();
	put("vrrp_instance", "W", "vmac_name", "eth0");
	refused_touching(w, "vrrp_instance W", "vmac_name",
	    "eth0, the interface for its virtual MAC address, is the one that the instance 'V' "
	    "speaks on");
	put("vrrp_instance", "W", "vmac_name", "a/b");
	refused_touching(w, "vrrp_instance W", "vmac_name", "is no name of an interface");
	put("vrrp_instance", "W", "vmac_name", "");
	put("vrrp_instance", "W", "family", "inet6");
	put("vrrp_instance", "W", "version", "3");
	accepted(); /* it is vrrp6.51 */
}
END_TEST

/* Nor are those for addresses elsewhere; and an interface has one with each MAC address. */
START_TEST(test_vmac_addresses)
{
	struct row *a = put("vrrp_address", "V 192.0.2.1", "interface", "eth0.1234567"), *w;

	put("vrrp_address", "V 192.0.2.1", "use_vmac", "on");
	put("vrrp_address", "V 192.0.2.2", "interface", "eth0.1234567");
	put("vrrp_address", "V 192.0.2.2", "use_vmac", "on"); /* the same one */
	put("vrrp_address", "V 2001:db8::1", "interface", "eth0.1234567");
	put("vrrp_address", "V 2001:db8::1", "use_vmac", "on");
	put("vrrp_address", "V 2001:db8::1", "excluded", "on");
	put("vrrp_instance", "V", "use_vmac", "on");
	accepted();
	w = put("vrrp_instance", "W", "interface", "v51.eth0.123456");
	put("vrrp_instance", "W", "vrid", "52");
	accepted();
	put("vrrp_address", "V 192.0.2.1", "interface", "eth0.123456");
	put("vrrp_address", "V 192.0.2.2", "interface", "eth0.123456");
	refused_touching(a, "vrrp_address V 192.0.2.1", "use_vmac",
	    "the instance 'W' has v51.eth0.123456, or the same MAC address on eth0.123456");
	put("vrrp_instance", "W", "interface", "eth0.123456");
	accepted();
	put("vrrp_instance", "W", "vrid", "51");
	accepted(); /* no virtual MAC address is wanted there */
	put("vrrp_instance", "W", "use_vmac", "on");
	put("vrrp_instance", "W", "vmac_name", "mine");
	refused_touching(w, "vrrp_instance W", "use_vmac",
	    "an address of the instance 'V' has v51.eth0.123456, or the same MAC address on "
	    "eth0.123456");
	put("vrrp_instance", "W", "vrid", "52");
	accepted();
	put("vrrp_instance", "W", "use_vmac", "off");
	put("vrrp_instance", "W", "interface", "eth1");
	put("vrrp_instance", "W", "vrid", "51");
	put("vrrp_instance", "W", "use_vmac_addr", "on");
	put("vrrp_address", "W 192.0.2.9", "interface", "eth0.123456");
	refused_touching(w, "vrrp_address W 192.0.2.9", "use_vmac",
	    "the instance 'V' has v51.eth0.123456, or the same MAC address on eth0.123456");
	put("vrrp_address", "W 192.0.2.9", "interface", "eth1");
	accepted();
}
END_TEST

START_TEST(test_accept)
{
	put("vrrp_instance", "V", "accept", "off");
	accepted();
}
END_TEST

/* What keepalived's strict mode resets in the file, a SET has to say. */
START_TEST(test_strict)
{
	put("vrrp_instance", "V", "strict_mode", "on");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "accept", "version 2 has no accept mode");
	put("vrrp_instance", "V", "accept", "off");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "garp_lower_repeat", "repeated");
	put("vrrp_instance", "V", "garp_lower_repeat", "0");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "lower_prio_no_advert", "not answered");
	put("vrrp_instance", "V", "lower_prio_no_advert", "on");
	accepted();
	put("vrrp_instance", "V", "higher_prio_send_advert", "on");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "higher_prio_send_advert", "not answered");
	put("vrrp_instance", "V", "higher_prio_send_advert", "off");
	put("vrrp_instance", "V", "vmac_xmit_base", "on");
	accepted(); /* it says nothing without a virtual MAC address */
	put("vrrp_instance", "V", "use_vmac", "on");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "vmac_xmit_base", "virtual MAC address");
	put("vrrp_instance", "V", "vmac_xmit_base", "off");
	accepted();
	put("vrrp_instance", "V", "use_vmac", "off");
	put("vrrp_instance", "V", "preempt_delay", "1");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "preempt_delay", "no delay");
	put("vrrp_instance", "V", "preempt_delay", "0");
	put("vrrp_instance", "V", "auth_password", "x");
	put("vrrp_instance", "V", "auth_type", "pass");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "auth_type", "no authentication");
	put("vrrp_instance", "V", "auth_type", "none");
	put("vrrp_instance", "V", "initial_state", "master");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "initial_state", "address owner");
	put("vrrp_instance", "V", "priority", "255");
	put("vrrp_instance", "V", "accept", "on");
	accepted();
	put("vrrp_instance", "V", "initial_state", "backup");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "initial_state", "address owner");
	put("vrrp_instance", "V", "priority", "100");
	put("vrrp_instance", "V", "version", "3");
	accepted(); /* with accept on */
	put("vrrp_peer", "V 192.0.2.77", NULL, NULL);
	refused(REFUSAL_INCONSISTENT, "vrrp_peer V 192.0.2.77", "address", "no unicast peers");
}
END_TEST

/* An advertisement without an address is none (RFC 9568, erratum 8299). */
START_TEST(test_strict_address)
{
	struct refusal why;
	struct row *last;

	put("vrrp_instance", "V", "strict_mode", "on");
	put("vrrp_instance", "V", "accept", "off");
	put("vrrp_instance", "V", "garp_lower_repeat", "0");
	put("vrrp_instance", "V", "lower_prio_no_advert", "on");
	accepted();
	refused_touching(put("vrrp_address", "V 192.0.2.1", "excluded", "on"), "vrrp_instance V",
	    "strict_mode", "at least one");
	put("vrrp_address", "V 192.0.2.1", "excluded", "off");
	last = put("vrrp_address", "V 192.0.2.1", NULL, NULL);
	store_remove(store, last);
	ck_assert(!validate(store, NULL, 0, &last, 1, &why));
	is_refusal(&why, "vrrp_instance V", "strict_mode", "at least one");
	row_free(last);
}
END_TEST

START_TEST(test_both_versions)
{
	put("vrrp_instance", "V", "version_2_too", "on");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "version_2_too", "version 3 over IPv4");
	put("vrrp_instance", "V", "version", "3");
	accepted();
}
END_TEST

START_TEST(test_multicast_group)
{
	column(
	    "vrrp_instance", "V", "mcast_group", "192.0.2.1", "224.0.0.77", "no multicast group");
	put("vrrp_instance", "V", "mcast_group", "ff02::77");
	refused(REFUSAL_VALUE, "vrrp_instance V", "mcast_group", "no multicast group");
}
END_TEST

START_TEST(test_authentication)
{
	put("vrrp_instance", "V", "auth_type", "pass");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "auth_password", "no password");
	put("vrrp_instance", "V", "auth_password", "secret");
	accepted();
	put("vrrp_instance", "V", "version", "3");
	refused(REFUSAL_INCONSISTENT, "vrrp_instance V", "auth_type", "version 3 has no");
	put("vrrp_instance", "V", "auth_type", "none");
	accepted();
}
END_TEST

START_TEST(test_instance_names)
{
	column("vrrp_instance", "V", "interface", "a b", "eth0.100", "no name of an interface");
	column("vrrp_instance", "V", "interface", "..", "bond0", "no name of an interface");
	column("vrrp_instance", "V", "interface", "eth0:1", "br-1", "no name of an interface");
	column(
	    "vrrp_address", "V 192.0.2.1", "interface", "a/b", "eth1", "no name of an interface");
	column("vrrp_address", "V 192.0.2.1", "label_text", "a b", "eth1:vip", "has a blank");
}
END_TEST

START_TEST(test_instance_addresses)
{
	column("vrrp_instance", "V", "source_address", "224.0.0.18", "192.0.2.7",
	    "no address of the instance's family");
	column("vrrp_instance", "V", "source_address", "fe80::1", "",
	    "no address of the instance's family");
	refused_touching(put("vrrp_instance", "V", "family", "inet6"), "vrrp_instance V", "version",
	    "needs version 3");
	put("vrrp_instance", "V", "family", "inet");
	column("vrrp_address", "V 192.0.2.1", "prefix_length", "33", "32", "longer");
	column(
	    "vrrp_address", "V 192.0.2.1", "broadcast", "ff02::1", "192.0.2.255", "another family");
	refused_touching(put("vrrp_address", "V 2001:db8::1", NULL, NULL),
	    "vrrp_address V 2001:db8::1", "address", "one family only");
	put("vrrp_address", "V 2001:db8::1", "excluded", "on");
	accepted();
	put("vrrp_address", "V 2001:db8::1", "prefix_length", "64");
	accepted();
	column("vrrp_address", "V 2001:db8::1", "label_text", "eth0:1", "", "has no label");
	column("vrrp_address", "V 2001:db8::1", "scope", "253", "0", "follows from the address");
	refused_touching(put("vrrp_address", "V 239.0.0.1", NULL, NULL), "vrrp_address V 239.0.0.1",
	    "address", "can't have this address");
}
END_TEST

/* A row that is refused, and gone again. */
static void refused_new(const char *table, const char *key, const char *column, const char *reason)
{
	struct row *r = put(table, key, NULL, NULL);
	char row[ROW_TEXT_SIZE];

	refused_touching(r, row_format(r, row), column, reason);
	store_remove(store, r);
	row_free(r);
	accepted();
}

START_TEST(test_instance_peers)
{
	char key[40];

	put("vrrp_peer", "V 192.0.2.9", "max_ttl", "254");
	accepted();
	column("vrrp_peer", "V 192.0.2.9", "min_ttl", "255", "254", "greater than max_ttl");
	refused_new("vrrp_peer", "V 224.0.0.18", "address", "no address of a host");
	refused_new("vrrp_peer", "V fe80::9", "address", "must be of the instance's family");
	put("vrrp_instance", "V", "source_address", "192.0.2.7");
	refused_new("vrrp_peer", "V 192.0.2.7", "address", "is no peer");
	for (int n = 1; n < 128; n++) {
		snprintf(key, sizeof(key), "V 198.51.100.%d", n);
		put("vrrp_peer", key, NULL, NULL);
	}
	accepted();
	refused_new("vrrp_peer", "V 198.51.100.200", "address", "at most 128");
}
END_TEST

START_TEST(test_tracking)
{
	put("vrrp_track", "V interface eth1", NULL, NULL);
	column("vrrp_track", "V interface eth1", "own_weight", "off", "on", "no weight by itself");
	refused_new("vrrp_track", "V interface a/b", "tracked", "no name of an interface");
	refused_new("vrrp_track", "V script s", "tracked", "there is no script 's'");
	put("script", "s", "command", "/bin/true");
	put("vrrp_track", "V script s", NULL, NULL);
	column("script", "s", "user_group", "g", "", "a group needs a user");
	put("vrrp_track", "V script s", "own_weight", "off");
	column("vrrp_track", "V script s", "weight", "1", "0", "would have no effect");
	refused_new("vrrp_track", "V file f", "tracked", "there is no track_file 'f'");
	put("track_file", "f", "path", "/run/load");
	put("vrrp_track", "V file f", NULL, NULL);
	column("track_file", "f", "path", "load", "/run/load", "must begin with a slash");
	column("track_file", "f", "init_value", "5", "0", "nothing is written without init");
	put("vrrp_track", "V file f", "own_weight", "off");
	column("vrrp_track", "V file f", "weight", "1", "0", "would have no effect");
	refused_new("vrrp_track", "V process p", "tracked", "there is no track_process 'p'");
	put("track_process", "p", "process", "x");
	put("vrrp_track", "V process p", NULL, NULL);
	put("vrrp_track", "V process p", "own_weight", "off");
	column("track_process", "p", "process", "'x", "x", "open quote");
	put("track_process", "p", "quorum_max", "0");
	accepted(); /* as with keepalived: there must be none */
	put("track_process", "p", "quorum", "2");
	column("track_process", "p", "quorum_max", "1", "2", "less than the quorum");
	refused_new("vrrp_track", "V virtualServer w", "tracked", "there is no virtual_server 'w'");
	refused_new("vrrp_track", "V pool q", "tracked", "there is no pool 'q'");
	put("pool", "q", NULL, NULL);
	put("vrrp_track", "V pool q", NULL, NULL);
	column("vrrp_track", "V pool q", "own_weight", "off", "on", "no weight by itself");
}
END_TEST

START_TEST(test_notify)
{
	put("notify_script", "instance V 0.0.0.0 0 deleted", NULL, NULL);
	accepted();
	column("notify_script", "instance V 0.0.0.0 0 deleted", "user", "u", "",
	    "a user needs a command");
	refused_new("notify_script", "instance V 0.0.0.0 0 master", "command", "is empty");
	put("notify_script", "group G 0.0.0.0 0 any", "command", "/x");
	column("notify_script", "group G 0.0.0.0 0 any", "user_group", "g", "",
	    "a group needs a user");
	put("notify_fifo", "vrrp", "path", "/x");
	column("notify_fifo", "vrrp", "path", "x", "/x", "no absolute path");
	column("notify_fifo", "vrrp", "user_group", "g", "", "a group needs a user");
	column("notify_fifo", "vrrp", "command_user", "u", "", "a user needs a command");
}
END_TEST

START_TEST(test_removed_script)
{
	put("script", "s", "command", "/bin/true");
	put("vrrp_track", "V script s", NULL, NULL);
	accepted();
	removal("script", "s", "vrrp_track V script s refers to it", 1, "vrrp_track", "V script s");
	put("track_file", "s", "path", "/run/load");
	put("vrrp_track", "V file s", NULL, NULL);
	accepted();
	removal("track_file", "s", "vrrp_track V file s refers to it", 1, "vrrp_track", "V file s");
	put("pool", "q", NULL, NULL);
	put("vrrp_track", "V pool q", NULL, NULL);
	accepted();
	removal("pool", "q", "vrrp_track V pool q refers to it", 1, "vrrp_track", "V pool q");
}
END_TEST

START_TEST(test_instance_unique)
{
	struct row *r = put("vrrp_instance", "W", "interface", "eth0");

	put("vrrp_instance", "W", "vrid", "51");
	refused_touching(r, "vrrp_instance W", "vrid", "the instance 'V' has VRID 51 on eth0 too");
	put("vrrp_instance", "W", "vrid", "52");
	accepted();
	put("vrrp_instance", "W", "vrid", "51");
	put("vrrp_instance", "W", "interface", "eth1");
	accepted();
}
END_TEST

START_TEST(test_address_unique)
{
	struct row *r, *w;

	w = put("vrrp_instance", "W", "interface", "eth0");
	put("vrrp_instance", "W", "vrid", "52");
	r = put("vrrp_address", "W 192.0.2.1", NULL, NULL);
	refused_touching(r, "vrrp_address W 192.0.2.1", "address",
	    "the instance 'V' has this address on eth0 too");
	put("vrrp_address", "W 192.0.2.1", "interface", "eth1");
	accepted();
	put("vrrp_address", "W 192.0.2.1", "interface", "");
	put("vrrp_instance", "W", "interface", "eth1");
	accepted();
	put("vrrp_instance", "W", "interface", "eth0");
	refused_touching(w, "vrrp_address W 192.0.2.1", "address", "eth0");
}
END_TEST

START_TEST(test_address_count)
{
	char key[64];

	for (int i = 1; i < 255; i++) {
		snprintf(key, sizeof(key), "V 198.51.100.%d", i);
		put("vrrp_address", key, NULL, NULL);
	}
	accepted(); /* 255 */
	refused_touching(put("vrrp_address", "V 203.0.113.1", NULL, NULL),
	    "vrrp_address V 203.0.113.1", "excluded", "has room for 255");
	put("vrrp_address", "V 203.0.113.1", "excluded", "on");
	accepted();
}
END_TEST

#define ROUTE "V 10.1.0.0 16 254 0 0"

START_TEST(test_routes)
{
	struct row *r = put("vrrp_route", ROUTE, NULL, NULL);

	refused_touching(
	    r, "vrrp_route " ROUTE, "gateway", "no next hop (via) and no interface (dev)");
	put("vrrp_route", ROUTE, "gateway", "10.0.0.1");
	accepted_touching(r);
	put("vrrp_route", ROUTE, "gateway", "224.0.0.1");
	refused_touching(r, "vrrp_route " ROUTE, "gateway", "no host's address");
	put("vrrp_route", ROUTE, "gateway", "fe80::1"); /* RFC 5549 */
	accepted_touching(r);
	put("vrrp_route", ROUTE, "type", "blackhole");
	refused_touching(
	    r, "vrrp_route " ROUTE, "gateway", "a route of type blackhole has no next hop");
	put("vrrp_route", ROUTE, "gateway", "");
	accepted_touching(r);
	put("vrrp_route", ROUTE, "type", "unicast");
	put("vrrp_route", ROUTE, "nexthops", "nexthop via 10.0.0.1 nexthop");
	refused_touching(r, "vrrp_route " ROUTE, "nexthops", "neither an address nor an interface");
	put("vrrp_route", ROUTE, "nexthops", "nexthop via 10.0.0.1");
	accepted_touching(r);
	put("vrrp_route", ROUTE, "interface", "eth0");
	refused_touching(r, "vrrp_route " ROUTE, "nexthops", "one next hop (via, dev), or several");
	put("vrrp_route", ROUTE, "nexthops", "");
	put("vrrp_route", ROUTE, "source", "2001:db8::1");
	refused_touching(r, "vrrp_route " ROUTE, "source", "another family");
	put("vrrp_route", ROUTE, "source", "");
	put("vrrp_route", ROUTE, "mtu_lock", "on");
	refused_touching(r, "vrrp_route " ROUTE, "mtu_lock", "no MTU");
	put("vrrp_route", ROUTE, "mtu", "1400");
	accepted_touching(r);
	r = put("vrrp_route", "\"\" 10.1.0.1 16 254 0 0", "interface", "eth0");
	refused_touching(
	    r, "vrrp_route \"\" 10.1.0.1 16 254 0 0", "destination", "behind its prefix");
	drop(r);
	r = put("vrrp_route", "\"\" 2001:db8:: 32 254 0 4", "interface", "eth0");
	refused_touching(r, "vrrp_route \"\" 2001:db8:: 32 254 0 4", "tos", "only IPv4");
	drop(r);
	r = put("vrrp_route", "X 10.1.0.0 16 254 0 0", "interface", "eth0");
	refused_touching(r, "vrrp_route X 10.1.0.0 16 254 0 0", "instance", "no vrrp_instance 'X'");
}
END_TEST

#define RULE "V inet 1000 1"

START_TEST(test_rules)
{
	struct row *r = put("vrrp_rule", RULE, NULL, NULL);

	accepted_touching(r);
	put("vrrp_rule", RULE, "source_length", "8");
	refused_touching(r, "vrrp_rule " RULE, "source_length", "needs an address");
	put("vrrp_rule", RULE, "source", "2001:db8::");
	refused_touching(r, "vrrp_rule " RULE, "source", "not of the rule's family");
	put("vrrp_rule", RULE, "source", "10.1.0.0");
	refused_touching(r, "vrrp_rule " RULE, "source_length", "no prefix of 8");
	put("vrrp_rule", RULE, "source_length", "16");
	accepted_touching(r);
	put("vrrp_rule", RULE, "destination_port_last", "5");
	refused_touching(r, "vrrp_rule " RULE, "destination_port_first", "0 to 5 is no range");
	put("vrrp_rule", RULE, "destination_port_first", "5");
	accepted_touching(r);
	put("vrrp_rule", RULE, "target", "1001");
	refused_touching(r, "vrrp_rule " RULE, "target", "only a rule with goto");
	put("vrrp_rule", RULE, "action", "goto");
	accepted_touching(r);
	put("vrrp_rule", RULE, "target", "1000");
	refused_touching(r, "vrrp_rule " RULE, "target", "a higher priority number than 1000");
	put("vrrp_rule", RULE, "target", "0");
	put("vrrp_rule", RULE, "action", "blackhole");
	put("vrrp_rule", RULE, "l3mdev", "on");
	refused_touching(r, "vrrp_rule " RULE, "l3mdev", "only a lookup");
}
END_TEST

START_TEST(test_static_address)
{
	struct row *r = put("static_address", "eth0 192.0.2.1", NULL, NULL), *w;

	refused_touching(r, "static_address eth0 192.0.2.1", "address",
	    "the instance 'V' has this address on eth0, too");
	w = put("vrrp_address", "V 192.0.2.1", "interface", "eth1");
	accepted_touching(r);
	put("vrrp_address", "V 192.0.2.1", "interface", "");
	refused_touching(w, "static_address eth0 192.0.2.1", "address", "on eth0");
	drop(r);
	r = put("static_address", "eth0 192.0.2.9", "prefix_length", "33");
	refused_touching(r, "static_address eth0 192.0.2.9", "prefix_length", "longer than");
	put("static_address", "eth0 192.0.2.9", "prefix_length", "24");
	put("static_address", "eth0 192.0.2.9", "broadcast", "2001:db8::1");
	refused_touching(r, "static_address eth0 192.0.2.9", "broadcast", "of IPv4");
}
END_TEST

/* A real server is validated without a look at the other real servers. */
START_TEST(test_cost)
{
	char key[64];
	struct row *r = NULL;
	struct refusal why;
	usec_t before, took;

	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "web 10.%d.%d.%d 80", 1 + i / 62500, i / 250 % 250,
		    i % 250 + 1);
		r = put("real_server", key, NULL, NULL);
	}
	before = clock_now();
	ck_assert(validate_all(store, &why));
	took = clock_now() - before;
	printf(
	    "# validate_all of 100,000 real servers: %llu ms\n", (unsigned long long)took / 1000);
	ck_assert_uint_lt(took, 5 * USEC_PER_SEC);
	before = clock_now();
	for (int i = 0; i < 1000; i++)
		ck_assert(validate(store, &r, 1, NULL, 0, &why));
	took = clock_now() - before;
	printf("# validate of one of them: %llu us\n", (unsigned long long)took / 1000);
	ck_assert_uint_lt(took, USEC_PER_SEC);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_right, test_ranges, test_required, test_references,
	    test_removed_virtual_server, test_removed_pool, test_removed_instance,
	    test_removed_group, test_removed_server, test_removed_and_made_again,
	    test_server_address, test_thresholds, test_tunnel, test_port_kept, test_family,
	    test_two_users, test_server_virtual_host, test_service_address, test_service_mark,
	    test_service_unique, test_service_all_ports, test_one_packet, test_persistence_prefix,
	    test_scheduler_flags, test_hysteresis, test_sorry, test_check_types, test_check_request,
	    test_check_status, test_check_pattern, test_check_server, test_check_addresses,
	    test_interval, test_preemption, test_vmac, test_vmac_addresses, test_accept,
	    test_strict, test_strict_address, test_multicast_group, test_both_versions,
	    test_authentication, test_instance_names, test_instance_addresses, test_instance_peers,
	    test_tracking, test_notify, test_removed_script, test_instance_unique,
	    test_address_unique, test_address_count, test_routes, test_rules, test_static_address,
	    test_cost};
	Suite *s = suite_create("validate");
	TCase *tc = tcase_create("validate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
