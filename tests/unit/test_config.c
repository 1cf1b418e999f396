/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file.  Most cases give a file and the canonical form that it must be printed in (and
 * printing that again must not change it), or the exact place and text of the error.
 */
#include "core/base/words.h"
#include "core/config/config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/config/write.h"
#include "core/model/validate.h"
#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

static char folder[80];
static char path[128];	     /* FOLDER/c */
static char warnings[16384]; /* each with a newline, without FOLDER/ */
static struct config_error err;

static void setup(void)
{
	unit_folder(folder);
	snprintf(path, sizeof(path), "%s/c", folder);
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Writes a file into the folder. */
static void file(const char *name, const char *text, size_t len)
{
	char full[128];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", folder, name);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static const char *without_folder(const char *text)
{
	size_t n = strlen(folder);

	return strncmp(text, folder, n) == 0 ? text + n + 1 : text;
}

static void warn(const char *text, void *arg)
{
	size_t n = strlen(warnings);

	ck_assert_ptr_eq(arg, warnings);
	snprintf(warnings + n, sizeof(warnings) - n, "%s\n", without_folder(text));
}

static struct config *read_back(void)
{
	warnings[0] = '\0';
	memset(&err, 'x', sizeof(err));
	return config_read_as(path, "left", &err, warn, warnings);
}

static struct config *read_text(const char *text)
{
	file("c", text, strlen(text));
	return read_back();
}

/* What the configuration is printed as; to be freed. */
static char *print(struct store *s, bool secrets)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert(config_write(s, f, secrets));
	fclose(f);
	return text;
}

static struct config *good(const char *text)
{
	struct config *c = read_text(text);

	ck_assert_msg(c != NULL, "refused: %s", err.text);
	return c;
}

/* Reads a file, compares its canonical form, and reads and prints that again. */
static void becomes(const char *text, const char *canonical)
{
	struct config *c = good(text);
	char *printed = print(config_store(c), true), *again;

	ck_assert_str_eq(printed, canonical);
	config_free(c);
	c = good(printed);
	again = print(config_store(c), true);
	ck_assert_str_eq(again, canonical);
	config_free(c);
	free(printed);
	free(again);
}

/* error: "LINE:COLUMN: text" of the file, or "FILE:LINE..." of another one. */
static void fails(const char *text, const char *error)
{
	struct config *c = read_text(text);
	char full[1100];

	ck_assert_msg(!c, "no error in:\n%s", text);
	snprintf(full, sizeof(full), "%s%s", *error >= '0' && *error <= '9' ? "c:" : "", error);
	ck_assert_str_eq(without_folder(err.text), full);
}

static void warns(const char *text, const char *expected)
{
	struct config *c = good(text);

	ck_assert_str_eq(warnings, expected);
	config_free(c);
}

static const struct real_server *server(const struct store *s, const char *key)
{
	struct row *r = row_new(&tables[TABLE_real_server]), *found;
	char why[WHY_SIZE];

	ck_assert_msg(row_key_parse(r, key, why), "%s", why);
	found = store_find(s, r);
	ck_assert_msg(found != NULL, "there is no real server %s", key);
	row_free(r);
	return (const struct real_server *)found;
}

static const struct check *check(const struct store *s, const char *key)
{
	struct row *r = row_new(&tables[TABLE_check]), *found;
	char why[WHY_SIZE];

	ck_assert_msg(row_key_parse(r, key, why), "%s", why);
	found = store_find(s, r);
	ck_assert_msg(found != NULL, "there is no check %s", key);
	row_free(r);
	return (const struct check *)found;
}

/* ---- The text of a file. */

START_TEST(test_empty)
{
	becomes("", "");
	becomes("\n  \t\n# comment\n! another", "");
	warns("", "");
}
END_TEST

START_TEST(test_origin)
{
	struct config *c = good("server_pool p {\n real_server 10.0.0.1 80\n}\n");
	struct store *s = config_take_store(c);

	ck_assert_ptr_null(config_store(c));
	config_free(c);
	ck_assert_int_eq(store_pool(s, "p")->row.origin, STORAGE_PERMANENT);
	ck_assert_int_eq(server(s, "p 10.0.0.1 80")->row.origin, STORAGE_PERMANENT);
	ck_assert_int_eq(store_first(s, TABLE_system)->origin, STORAGE_PERMANENT);
	ck_assert_ptr_null(store_pool(s, "p")->row.user);
	store_free(s);
}
END_TEST

START_TEST(test_comments)
{
	becomes("global_defs { # one\n router_id \"a#b!\"c!d\n# }\n} ! end\n",
	    "global_defs {\n    router_id \"a#b!c\"\n}\n");
}
END_TEST

START_TEST(test_braces)
{
	static const char *const same[] = {
	    "vrrp_sync_group G { group { } }",
	    "vrrp_sync_group G{\ngroup{\n}\n}",
	    "vrrp_sync_group G\n\n# comment\n{\n group\n {}}",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		becomes(same[i], "vrrp_sync_group G {\n    group {\n    }\n}\n");
	/* In a word they are part of it, but not at its end if they close nothing. */
	becomes("global_defs {\n router_id a{b}c }", "global_defs {\n    router_id \"a{b}c\"\n}\n");
	becomes("global_defs { router_id a}", "global_defs {\n    router_id a\n}\n");
	becomes("global_defs { router_id a{1}}", "global_defs {\n    router_id \"a{1}\"\n}\n");
}
END_TEST

START_TEST(test_quotes)
{
	becomes("global_defs {\n router_id \"a  b\"c\"\\\"\n}\n",
	    "global_defs {\n    router_id \"a  bc\\\"\n}\n");
	becomes("global_defs {\n router_id \"a${_QUOTE}b\"\n}\n",
	    "global_defs {\n    router_id \"a${_QUOTE}b\"\n}\n");
	becomes("global_defs {\n router_id a${_HASH}${_BANG}\n}\n",
	    "global_defs {\n    router_id \"a#!\"\n}\n");
	becomes("global_defs {\n router_id ${_DOLLAR}{_HASH}\n}\n",
	    "global_defs {\n    router_id \"${_DOLLAR}{_HASH}\"\n}\n");
	becomes("global_defs {\n router_id \"{\"\n}\n", "global_defs {\n    router_id \"{\"\n}\n");
	fails("global_defs {\n  router_id \"a b\n}\n",
	    "2:13: the quoted text has no end in this line");
}
END_TEST

START_TEST(test_conditions)
{
	becomes("global_defs {\n@left router_id l\n@right router_id r\n@^left nonsense\n}\n",
	    "global_defs {\n    router_id l\n}\n");
	becomes(
	    "@right $A= \\\n global_defs { \\\n }\n@^right @left global_defs {\n router_id x\n}\n",
	    "global_defs {\n    router_id x\n}\n");
}
END_TEST

START_TEST(test_parameters)
{
	becomes("$A=${B}.1\n$B=10.0.0\nserver_pool p {\nreal_server $A 80\n$B=10.0.1\nreal_server "
		"$A 80\n"
		"$C=\nreal_server 10.0.2.1 80${C}\n}\n",
	    "server_pool p {\n    real_server 10.0.0.1 80\n    real_server 10.0.1.1 80\n"
	    "    real_server 10.0.2.1 80\n}\n");
	/* Without a definition it is left as it is. */
	becomes("global_defs {\n router_id $A${B}\n}\n",
	    "global_defs {\n    router_id \"${_DOLLAR}A${_DOLLAR}{B}\"\n}\n");
	becomes("$IF=@right\n$IF nonsense\n$IF2=@left\nglobal_defs {\n$IF2 router_id x\n}\n",
	    "global_defs {\n    router_id x\n}\n");
	becomes("global_defs {\n router_id ${_INSTANCE}\n}\n",
	    "global_defs {\n    router_id left\n}\n");
}
END_TEST

START_TEST(test_values_of_several_lines)
{
	becomes("$S= \\\n real_server 10.0.0.${N} 80 { \\\n  weight ${N} # comment \\\n }\n"
		"$P= \\\n server_pool $NAME { \\\n $N=1 \\\n $S \\\n $N=2 \\\n $S \\\n}\n"
		"$NAME=a\n$P\n$NAME=b\n$P\n",
	    "server_pool a {\n    real_server 10.0.0.1 80\n    real_server 10.0.0.2 80 {\n"
	    "        weight 2\n    }\n}\n\n"
	    "server_pool b {\n    real_server 10.0.0.1 80\n    real_server 10.0.0.2 80 {\n"
	    "        weight 2\n    }\n}\n");
	/* Its lines are where it is used. */
	fails("$S= \\\n global_defs { \\\n  nonsense \\\n }\n\n  $S\n",
	    "6:3: unknown keyword 'nonsense' in global_defs");
}
END_TEST

START_TEST(test_parameters_without_end)
{
	fails(
	    "$A=${B}\n$B=${A}\n\n  global_defs ${A}\n", "4:15: the parameters make too much text");
	fails("$A= \\\n @right x \\\n $A\n$A\n", "4:1: parameters are nested too deep");
	fails("$A=xxxxxxxxxxxxxxxx\n$B=${A}${A}${A}${A}${A}${A}${A}${A}\n$C=${B}${B}${B}${B}${B}${"
	      "B}${B}${B}\n"
	      "$D=${C}${C}${C}${C}${C}${C}${C}${C}\n$E=${D}${D}${D}${D}${D}${D}${D}${D}\n"
	      "$F=${E}${E}${E}${E}${E}${E}${E}${E}\n$G=${F}${F}${F}${F}${F}${F}${F}${F}\n${G}\n",
	    "8:1: the parameters make too much text");
	fails("${_RANDOM 1 5}\n", "1:1: ${_RANDOM} is not supported");
	fails("a $_RANDOM\n", "1:3: ${_RANDOM} is not supported");
	fails("~SEQ(A, 1, 2) x\n", "1:1: ~SEQ and ~LST are not supported: write the lines out");
}
END_TEST

START_TEST(test_include)
{
	char text[256];

	file("a", "router_id ${_PWD}\n", 18);
	snprintf(text, sizeof(text), "global_defs {\n    router_id %s\n}\n", folder);
	becomes("global_defs {\n include a\n}\n", text);
	becomes("global_defs {\n include \"a\"\n}\n", text);
	snprintf(text, sizeof(text), "global_defs {\n    router_id %s/d\n}\n", folder);
	snprintf(path, sizeof(path), "%s/d", folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/c", folder);
	/* Relative to the file that includes it, and in order. */
	file("d/1", "include 3\n", 10);
	file("d/2", "}\n", 2);
	file("d/3", "global_defs {\n router_id ${_PWD}\n", 32);
	becomes("include d/[12]\n", text);
	becomes("includea d/[1-2]\n", text);
	becomes("include d/{1,2}\n", text);
	becomes("include nothing/*\nglobal_defs {\n}\n", "");
}
END_TEST

/* The time of the newest file counts, and only of those that were read. */
static usec_t modified(const char *name, time_t seconds, long nanoseconds)
{
	const struct timespec t[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};
	struct config *c;
	usec_t when;
	char where[200];

	snprintf(where, sizeof(where), "%s/%s", folder, name);
	ck_assert_int_eq(utimensat(AT_FDCWD, where, t, 0), 0);
	c = read_back();
	ck_assert_msg(c != NULL, "%s", err.text);
	when = config_modified(c);
	config_free(c);
	return when;
}

START_TEST(test_modified)
{
	file("a", "global_defs {\n}\n", 16);
	file("other", "global_defs {\n}\n", 16);
	file("c", "include a\n", 10);
	modified("a", 1000000000, 0);
	ck_assert_uint_eq(modified("c", 1100000000, 123456789), 1100000000123456);
	ck_assert_uint_eq(modified("a", 1200000000, 0), 1200000000000000);
	ck_assert_uint_eq(modified("other", 1300000000, 0), 1200000000000000);
}
END_TEST

START_TEST(test_include_errors)
{
	char text[256], line[128];

	fails("\n include nothing\n", "2:10: nothing: no such file");
	fails("includea nothing*\n", "1:10: nothing*: no such file");
	snprintf(text, sizeof(text), "1:9: %s/c includes itself", folder);
	fails("include c\n", text);
	file("a", "\ninclude b\n", 11);
	file("b", "  include a\n", 12);
	snprintf(text, sizeof(text), "b:1:11: %s/a includes itself", folder);
	fails("include a\n", text);
	file("a", "global_defs {\n x\n", 17);
	fails("include a\n}\n", "a:2:2: unknown keyword 'x' in global_defs");
	snprintf(text, sizeof(text), "1:9: %s: Is a directory", folder);
	snprintf(line, sizeof(line), "include %s", folder);
	fails(line, text);
	fails("include /dev/zero\n", "1:9: /dev/zero: Invalid argument");
}
END_TEST

START_TEST(test_include_deep)
{
	char name[16], text[32];

	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), "include f%d\n", i + 1);
		file(name, text, strlen(text));
	}
	fails("include f0\n", "f15:1:9: files are included too deep");
}
END_TEST

START_TEST(test_no_file)
{
	char text[128];

	snprintf(path, sizeof(path), "%s/none", folder);
	ck_assert_ptr_null(read_back());
	snprintf(text, sizeof(text), "none:1:1: %s/none: No such file or directory", folder);
	ck_assert_str_eq(without_folder(err.text), text);
	snprintf(path, sizeof(path), "%s/c", folder);
}
END_TEST

START_TEST(test_binary)
{
	static const char text[] = "global_defs {\n router\0id x\n}\n";

	file("c", text, sizeof(text) - 1);
	ck_assert_ptr_null(read_back());
	ck_assert_str_eq(
	    without_folder(err.text), "c:2:8: a control character (0x00): this is not a text file");
	fails("a\n\001b", "2:1: a control character (0x01): this is not a text file");
	fails("\x7f"
	      "ELF",
	    "1:1: a control character (0x7f): this is not a text file");
	becomes("global_defs {\r\n\trouter_id\tx\r\n}\r\n", "global_defs {\n    router_id x\n}\n");
}
END_TEST

/* A file that ends anywhere is an error or a smaller configuration, and nothing else. */
START_TEST(test_truncated)
{
	static const char text[] =
	    "global_defs {\n router_id x\n}\nvirtual_server 10.0.0.1 80 {\n protocol TCP\n"
	    " real_server 10.0.0.2 80 {\n  HTTP_GET {\n   url {\n    path /\n    regex \"a\"\n   "
	    "}\n  }\n }\n}\n"
	    "vrrp_instance V {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n  "
	    "10.0.0.1\n }\n}\n";
	unsigned read = 0;

	for (size_t n = 0; n < sizeof(text); n++) {
		struct config *c;

		file("c", text, n);
		c = read_back();
		if (!c)
			ck_assert_int_eq(strncmp(without_folder(err.text), "c:", 2), 0);
		read += c != NULL;
		config_free(c);
	}
	ck_assert_uint_eq(
	    read, 7); /* after each of the three blocks, their newlines, and nothing */
}
END_TEST

/* ---- Errors of the grammar. */

START_TEST(test_structure)
{
	static const char *const cases[][2] = {
	    {"}\n", "1:1: this } closes nothing"},
	    {"\n {\n}\n", "2:2: this { has no keyword before it"},
	    {"global_defs {\n router_id x\n", "1:1: the block of this global_defs has no end"},
	    {"vrrp_sync_group G {\n  group {\n", "2:3: the block of this group has no end"},
	    {"global_defs\n", "1:1: 'global_defs' needs a block: { ... }"},
	    {"global_defs x {\n}\n", "1:13: 'x' is too much after 'global_defs'"},
	    {"global_defs {\n router_id {\n }\n}\n", "2:2: 'router_id' has no block"},
	    {"vrrp_instance V {\n no_accept { x }\n}\n", "2:2: 'no_accept' has no block"},
	    {"global_defs {\n router_id\n}\n", "2:2: 'router_id' needs a value"},
	    {"global_defs {\n router_id a b\n}\n", "2:14: 'b' is too much after 'a'"},
	    {"vrrp_sync_group {\n}\n", "1:1: 'vrrp_sync_group' needs a value"},
	    {"vrrp_sync_group G {\n group {\n A {\n }\n }\n}\n", "3:2: there is no block in group"},
	    {"vrrp_sync_group \"\" {\n}\n", "1:17: 'name': has 0 characters, must have 1 to 60"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		fails(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(test_unknown)
{
	static const char *const cases[][2] = {
	    {"virtual_sever 10.0.0.1 80 {\n}\n",
		"1:1: unknown keyword 'virtual_sever' in the file; is 'virtual_server' meant?"},
	    {"global_defs {\n  routerid x\n}\n",
		"2:3: unknown keyword 'routerid' in global_defs; is 'router_id' meant?"},
	    {"virtual_server 10.0.0.1 80 {\n lb_algo rr\n lb_knid NAT\n}\n",
		"3:2: unknown keyword 'lb_knid' in virtual_server; is 'lb_kind' meant?"},
	    {"virtual_server 10.0.0.1 80 {\n real_server 10.0.0.1 {\n wieght 1\n }\n}\n",
		"3:2: unknown keyword 'wieght' in real_server; is 'weight' meant?"},
	    {"vrrp_instance V {\n qqqqqqqq 1\n}\n",
		"2:2: unknown keyword 'qqqqqqqq' in vrrp_instance"},
	    {"vrrp_instance V {\n auth_type PASS\n}\n",
		"2:2: unknown keyword 'auth_type' in vrrp_instance"},
	    {"server_pool p {\n protocol TCP\n}\n",
		"2:2: unknown keyword 'protocol' in server_pool"},
	    {"virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n TCP_CHECK {\n  path /\n "
	     "}\n }\n}\n",
		"4:3: unknown keyword 'path' in TCP_CHECK"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		fails(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(test_values)
{
	static const char *const cases[][2] = {
	    {"virtual_server 10.0.0.1 80 {\n quorum x\n}\n", "2:9: 'quorum': 'x' is not a number"},
	    {"virtual_server 10.0.0.1 80 {\n quorum 0\n}\n",
		"2:9: 'quorum': 0 is not in the range 1..2147483647"},
	    {"virtual_server 10.0.0.1 80 {\n lvs_sched best\n}\n",
		"2:12: 'lvs_sched': 'best' is none of rr wrr lc wlc lblc lblcr dh sh mh sed nq fo "
		"ovf twos"},
	    {"virtual_server 10.0.0.1 80 {\n lb_kind ROUTE\n}\n",
		"2:10: 'lvs_method': 'route' is none of nat dr tun"},
	    {"virtual_server 10.0.0.1 80 {\n protocol ICMP\n}\n",
		"2:11: 'ICMP' is none of TCP, UDP, SCTP"},
	    {"virtual_server 10.0.0.1 80 {\n delay_loop -1\n}\n",
		"2:13: 'delay_loop': '-1' is not a time in seconds"},
	    {"virtual_server 10.0.0.1 80 {\n omega perhaps\n}\n",
		"2:8: 'omega': 'perhaps' is neither on nor off"},
	    {"virtual_server 10.0.0.1 65536 {\n}\n", "1:25: 65536 is not in the range 0..65535"},
	    {"virtual_server 10.0.0.300 80 {\n}\n",
		"1:16: '10.0.0.300' is not an IPv4 or IPv6 address"},
	    {"virtual_server 10.0.0.300 {\n}\n",
		"1:16: '10.0.0.300' is not an IPv4 or IPv6 address"},
	    {"virtual_server fwmark 0 {\n}\n", "1:23: 0 is not in the range 1..4294967295"},
	    {"virtual_server 10.0.0.1 80 tcp {\n}\n", "1:28: 'tcp' is too much after '80'"},
	    {"virtual_server {\n}\n", "1:1: 'virtual_server' needs a value"},
	    {"virtual_server 10.0.0.1 80 {\n real_server web 80 {\n }\n}\n",
		"2:14: 'web' is not an IPv4 or IPv6 address"},
	    {"virtual_server 10.0.0.1 80 {\n persistence_granularity 255.0.255.0\n}\n",
		"2:26: '255.0.255.0' is not a network mask"},
	    {"virtual_server 10.0.0.1 80 {\n persistence_granularity 129\n}\n",
		"2:26: 'persistence_granularity': 129 is not in the range 0..128"},
	    {"virtual_server 10.0.0.1 80 {\n sorry_server 10.0.0.1 x\n}\n",
		"2:24: 'x' is not a number"},
	    {"virtual_server 10.0.0.1 80 {\n lvs_method DR type gue\n}\n",
		"2:16: 'type' is too much after 'DR'"},
	    {"virtual_server 10.0.0.1 80 {\n lvs_method TUN type\n}\n",
		"2:17: 'type' needs a value"},
	    {"virtual_server 10.0.0.1 80 {\n lvs_method TUN gue\n}\n",
		"2:17: 'gue' is none of type, port, nocsum, csum, remcsum"},
	    {"virtual_server 10.0.0.1 80 {\n sorry_server_lvs_method TUN type gre\n}\n",
		"2:30: a sorry server by another tunnel than IPIP is not supported"},
	    {"virtual_server 10.0.0.1 80 {\n ip_family ipx\n}\n",
		"2:12: 'ipx' is neither inet nor inet6"},
	    {"vrrp_instance V {\n priority 256\n}\n",
		"2:11: 'priority': 256 is not in the range 1..255"},
	    {"vrrp_instance V {\n state FAULT\n}\n",
		"2:8: 'state': 'fault' is none of backup master"},
	    {"vrrp_instance V {\n version 4\n}\n", "2:10: 'version': 4 is not in the range 2..3"},
	    {"vrrp_instance V {\n nopreempt maybe\n}\n",
		"2:12: 'nopreempt': 'maybe' is neither on nor off"},
	    {"vrrp_instance V {\n interface a23456789012345 6\n}\n",
		"2:28: '6' is too much after 'a23456789012345'"},
	    {"vrrp_instance V {\n interface a234567890123456\n}\n",
		"2:12: 'interface': has 16 characters, must have 1 to 15"},
	    {"vrrp_instance V {\n mcast_src_ip eth0\n}\n",
		"2:15: 'mcast_src_ip': 'eth0' is not an IPv4 or IPv6 address"},
	    {"vrrp_instance V {\n advert_int 1e3\n}\n",
		"2:13: 'advert_int': '1e3' is not a time in seconds"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		fails(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(test_routes)
{
	becomes("static_routes {\n"
		" src 10.0.0.9 10.1.0.0/16 gw 10.0.0.1 oif lan\n"
		" default inet6 dev lan metric 9\n default via fe80::1 dev lan\n"
		" to 10.2.0.0/16 via 10.0.0.1 or 10.0.0.2\n"
		" 10.5.0.0/16 via 10.0.0.1 or 10.0.0.2 dev lan metric 3\n"
		" unreachable 10.3/16 table local proto static tos 0x10 preference 3\n"
		" 10.4.0.0/16 mtu lock 1400 quickack 1 table 500 nexthop via 10.0.0.1 weight 2 "
		"nexthop dev lan\n"
		"}\n",
	    "static_routes {\n"
	    "    10.1.0.0/16 via 10.0.0.1 dev lan src 10.0.0.9\n"
	    "    10.2.0.0/16 nexthop via 10.0.0.1 nexthop via 10.0.0.2\n"
	    "    unreachable 10.3.0.0/16 table 255 metric 3 tos 16 protocol 4\n"
	    "    10.4.0.0/16 table 500 mtu lock 1400 quickack 1 nexthop via 10.0.0.1 weight 2 "
	    "nexthop dev "
	    "lan\n"
	    "    10.5.0.0/16 metric 3 nexthop via 10.0.0.1 dev lan nexthop via 10.0.0.2 dev lan\n"
	    "    ::/0 via fe80::1 dev lan\n"
	    "    ::/0 metric 9 dev lan\n"
	    "}\n");
}
END_TEST

START_TEST(test_rules)
{
	becomes("static_rules {\n not from 10.1.0.0/16 to all lookup main pref 7\n"
		" iif lan blackhole order 7\n fwmark 0x10/0xf0 oif srv goto 90 priority 8\n"
		" dport 80 ip_proto TCP table 5 no_track\n l3mdev inet6 protocol 9 priority 6\n}\n",
	    "static_rules {\n    not inet from 10.1.0.0/16 priority 7\n"
	    "    inet priority 7 number 2 blackhole iif lan\n"
	    "    inet fwmark 16/240 priority 8 goto 90 oif srv\n"
	    "    inet ip_proto 6 dport 80-80 priority 16384 table 5 no_track\n"
	    "    inet6 priority 6 l3mdev protocol 9\n}\n");
}
END_TEST

START_TEST(test_static_addresses)
{
	becomes("static_ipaddress {\n 10.0.0.1\n 10.0.0.2/24 dev lan brd 10.0.0.255 scope link "
		"label lan:1\n"
		" 2001:db8::1/128 dev lan\n}\nglobal_defs {\n default_interface srv\n}\n"
		"static_ipaddress {\n 10.0.0.3/8\n}\n",
	    "static_ipaddress {\n    10.0.0.2/24 dev lan label lan:1 scope 253 broadcast "
	    "10.0.0.255\n"
	    "    2001:db8::1/128 dev lan\n    10.0.0.3/8 dev srv\n    10.0.0.1 dev eth0\n}\n");
}
END_TEST

START_TEST(test_interface_delays)
{
	becomes("interface_up_down_delays {\n lan 1.5\n srv 0 0.00001\n}\n"
		"interface_up_down_delays {\n lan 2 255\n}\n",
	    "interface_up_down_delays {\n    lan 2 255\n    srv 0 0.00001\n}\n");
	becomes("interface_up_down_delays {\n lan 1.5\n}\n",
	    "interface_up_down_delays {\n    lan 1.5 1.5\n}\n");
	fails("interface_up_down_delays {\n lan\n}\n", "2:2: 'lan' needs a value");
	fails("interface_up_down_delays {\n lan 256\n}\n",
	    "2:6: 'down_delay': 256 s is not in the range 0..255 s");
	fails("interface_up_down_delays {\n lan 1 -1\n}\n",
	    "2:8: 'up_delay': '-1' is not a time in seconds");
	fails("interface_up_down_delays {\n lan 1 2 3\n}\n", "2:10: '3' is too much after '2'");
	fails("interface_up_down_delays {\n a/b 1\n}\n",
	    "2:2: vrrp_interface a/b, interface: is no name of an interface");
	fails("interface_up_down_delays {\n averylongnameofa 1\n}\n",
	    "2:2: 'interface': has 16 characters, must have 1 to 15");
}
END_TEST

START_TEST(test_linkbeat)
{
	static const char instance[] =
	    "vrrp_instance V {\n interface lan\n virtual_router_id 1\n"
	    " track_interface {\n  side\n }\n virtual_ipaddress {\n  10.0.0.1\n }\n";
	struct config *c;
	char text[512];

	becomes("linkbeat_interfaces {\n lan\n srv ETHTOOL\n side ioctl\n}\n"
		"interface_up_down_delays {\n srv 1\n}\n",
	    "interface_up_down_delays {\n    srv 1 1\n}\n\n"
	    "linkbeat_interfaces {\n    lan mii\n    srv ethtool\n    side ioctl\n}\n");
	fails(
	    "linkbeat_interfaces {\n lan PHY\n}\n", "2:6: 'PHY' is none of MII, ETHTOOL and IOCTL");
	fails("linkbeat_interfaces {\n lan MII MII\n}\n", "2:10: 'MII' is too much after 'MII'");
	fails("linkbeat_use_polling on\n", "1:22: 'on' is too much after 'linkbeat_use_polling'");

	/* all that are used, unless they are named */
	snprintf(text, sizeof(text),
	    "linkbeat_use_polling\nlinkbeat_interfaces {\n side IOCTL\n}\n%s}\n", instance);
	c = good(text);
	ck_assert_int_eq(store_vrrp_interface(config_store(c), "lan")->linkbeat, LINKBEAT_MII);
	ck_assert_int_eq(store_vrrp_interface(config_store(c), "side")->linkbeat, LINKBEAT_IOCTL);
	config_free(c);

	/* the instance's own */
	snprintf(text, sizeof(text), "%s linkbeat_use_polling\n}\n", instance);
	c = good(text);
	ck_assert_int_eq(store_vrrp_interface(config_store(c), "lan")->linkbeat, LINKBEAT_MII);
	ck_assert_ptr_null(store_vrrp_interface(config_store(c), "side"));
	config_free(c);
}
END_TEST

/* Instead of an interface, for unicast peers. */
START_TEST(test_vrf)
{
#define REST " virtual_router_id 1\n virtual_ipaddress {\n  10.0.0.1 dev lan\n }\n"
#define PEER " unicast_peer {\n  10.0.0.9\n }\n"
	struct config *c = good("vrrp_instance V {\n vrf red\n" REST PEER "}\n");

	ck_assert_str_eq(store_vrrp_instance(config_store(c), "V")->interface, "red");
	config_free(c);
	c = good("vrrp_instance V {\n vrf red\n interface lan\n" REST PEER "}\n");
	ck_assert_str_eq(store_vrrp_instance(config_store(c), "V")->interface, "lan");
	ck_assert_str_eq(warnings,
	    "c:2:2: 'vrf' has no effect here: the instance has the VRF of its "
	    "interface\n");
	config_free(c);
	fails("vrrp_instance V {\n vrf red\n" REST "}\n",
	    "2:2: 'vrf' instead of an interface is for unicast peers only");
#undef REST
#undef PEER
}
END_TEST

/* A VRF stands for its table; of the table's number, a route of another VRF gets another one. */
START_TEST(test_route_vrf)
{
#define ROUTES(lines) "static_routes {\n" lines "}\n"
	becomes(ROUTES(" 10.1.0.0/16 dev lan vrf red\n default via 10.0.0.1 vrf red\n"
		       " default via 10.0.0.2 vrf blue\n blackhole 10.2.0.0/16 table 9 vrf red\n"),
	    ROUTES("    0.0.0.0/0 via 10.0.0.1 vrf red\n"
		   "    0.0.0.0/0 table 255 via 10.0.0.2 vrf blue\n"
		   "    10.1.0.0/16 dev lan vrf red\n    blackhole 10.2.0.0/16 table 9 vrf red\n"));
	fails(ROUTES(" 10.1.0.0/16 dev lan vrf\n"), "2:22: 'vrf' needs a value");
	fails(ROUTES(" 10.1.0.0/16 dev lan vrf a/b\n"),
	    "2:26: vrrp_route \"\" 10.1.0.0 16 254 0 0, vrf: is no name of an interface");
#undef ROUTES
}
END_TEST

START_TEST(test_route_errors)
{
	static const char *const cases[][2] = {
	    {"static_routes {\n 10.1.0.0/16 dev\n}\n", "2:14: 'dev' needs a value"},
	    {"static_routes {\n 10.1.0.0/16 dev lan 10.2.0.0/16\n}\n",
		"2:22: unknown keyword '10.2.0.0/16' for a route, which has its destination "
		"already"},
	    {"static_routes {\n dev lan\n}\n", "2:2: the route has no destination"},
	    {"static_routes {\n 10.1.0.0/33 dev lan\n}\n", "2:11: 33 is not in the range 0..32"},
	    {"static_routes {\n 10.1.0.0/16 dev lan realms 5\n}\n",
		"2:22: 'realms' is not supported"},
	    {"static_routes {\n 10.1.0.0/16 dev lan table nowhere\n}\n",
		"2:28: there is no routing table 'nowhere' in /etc/iproute2/rt_tables"},
	    {"static_rules {\n from 10.1.0.0/16 bla\n}\n",
		"2:19: unknown keyword 'bla' for a rule"},
	    {"static_rules {\n fwmark x priority 1\n}\n", "2:9: 'x' is no firewall mark"},
	    {"static_rules {\n dport 80-x priority 1\n}\n", "2:8: '80-x' is no range of ports"},
	    {"static_ipaddress {\n 10.0.0.1 peer 10.0.0.2\n}\n", "2:11: 'peer' is not supported"},
	    {"static_ipaddress {\n 10.0.0.1/0\n}\n",
		"2:2: the length of an address's prefix is not 0"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		fails(cases[i][0], cases[i][1]);
}
END_TEST

/* What the kernel drops never reaches IPVS. */
START_TEST(test_no_accept)
{
	struct config *c =
	    good("vrrp_instance V {\n interface lan\n virtual_router_id 1\n no_accept\n"
		 " virtual_ipaddress {\n  10.0.0.1\n  10.0.0.2\n }\n}\n"
		 "virtual_server 10.0.0.2 80 {\n real_server 10.1.0.1 80\n}\n");

	ck_assert(!store_vrrp_instance(config_store(c), "V")->accept);
	ck_assert_ptr_nonnull(strstr(warnings,
	    "c:7:3: the instance 'V' accepts no packets to this address: neither does the virtual "
	    "server '10.0.0.2:80/udp'\n"));
	ck_assert_ptr_null(strstr(warnings, "c:6:3"));
	config_free(c);
}
END_TEST

START_TEST(test_unsupported)
{
	static const char *const cases[][2] = {
	    {"vrrp_instance V {\n use_ipvlan\n}\n", "2:2: 'use_ipvlan' is not supported: make it "
						    "with ip(8), and name it as the interface, or "
						    "with dev"},
	    {"vrrp_instance V {\n use_vmac a b\n}\n", "2:13: 'b' is too much"},
	    {"vrrp_instance V {\n use_vmac abcdefghijklmnop\n}\n",
		"2:11: 'vmac_name': has 16 characters, must have 0 to 15"},
	    {"vrrp_instance V {\n virtual_routes {\n  x {\n }\n }\n}\n",
		"3:3: there is no block in virtual_routes"},
	    {"vrrp_instance V {\n down_timer_adverts 4\n}\n",
		"2:21: another number of advertisements than 3 (RFC 9568) is not supported"},
	    {"global_defs {\n vrrp_mcast_group4 ff02::1\n}\n",
		"2:20: 'ff02::1' is no multicast group of IPv4"},
	    {"global_defs {\n vrrp_mcast_group6 fe80::1\n}\n",
		"2:20: 'fe80::1' is no multicast group of IPv6"},
	    {"global_defs {\n vrrp_down_timer_adverts 9\n}\n",
		"2:26: another number of advertisements than 3 (RFC 9568) is not supported"},
	    {"virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n  MISC_CHECK {\n }\n "
	     "}\n}\n",
		"3:3: 'MISC_CHECK' is not supported: only TCP_CHECK, HTTP_GET and SSL_GET are"},
	    {"virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n  TCP_CHECK {\n   fwmark "
	     "1\n }\n }\n}\n",
		"4:4: 'fwmark' is not supported"},
	    {"SSL {\n}\n", "1:1: 'SSL' is not supported"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		fails(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(test_notify)
{
	becomes("global_defs {\n vrrp_notify_priority_changes\n notify_fifo_script \"/x all\" u\n"
		" notify_fifo /f u g\n lvs_notify_fifo /l\n}\n"
		"vrrp_sync_group G {\n group {\n V\n }\n notify_fault \"/x 'a b'\"\n}\n"
		"vrrp_instance V {\n interface eth0\n virtual_router_id 1\n notify /any root adm\n"
		" notify_deleted\n notify_master_rx_lower_pri /lower\n}\n"
		"virtual_server 10.0.0.1 80 {\n protocol TCP\n quorum_down \"/q down\" nobody\n"
		" real_server 10.0.0.2 80 {\n  notify_up /up\n  notify_down /down\n }\n}\n",
	    "global_defs {\n    notify_fifo /f u g\n    notify_fifo_script \"/x all\" u\n"
	    "    lvs_notify_fifo /l\n}\n\n"
	    "vrrp_sync_group G {\n    notify_fault \"/x 'a b'\"\n    group {\n        V\n    "
	    "}\n}\n\n"
	    "vrrp_instance V {\n    interface eth0\n    virtual_router_id 1\n"
	    "    notify_priority_changes\n    notify_deleted\n"
	    "    notify_master_rx_lower_pri /lower\n    notify /any root adm\n}\n\n"
	    "server_pool 10.0.0.1:80 {\n    real_server 10.0.0.2 80 {\n        notify_up /up\n"
	    "        notify_down /down\n    }\n}\n\n"
	    "virtual_server name 10.0.0.1:80 {\n    virtual_service tcp 10.0.0.1 80\n"
	    "    pool 10.0.0.1:80\n    quorum_down \"/q down\" nobody\n}\n");
	fails("vrrp_instance V {\n notify_master\n}\n", "2:2: 'notify_master' needs a value");
	fails("vrrp_instance V {\n notify_master a b c d\n}\n", "2:22: 'd' is too much after 'c'");
	fails("virtual_server 10.0.0.1 80 {\n quorum_up x\n quorum_up y\n}\n",
	    "3:2: 'quorum_up' is given for the second time");
	fails("global_defs {\n notify_fifo_script x\n}\n",
	    "2:2: notify_fifo all, path: is no absolute path of a FIFO");
	fails("global_defs {\n notify_fifo /f\n vrrp_notify_fifo /f\n}\n",
	    "2:14: notify_fifo all, path: two FIFOs cannot be the same");
}
END_TEST

START_TEST(test_idle)
{
	warns("global_defs {\n notification_email {\n  a@b { }\n }\n vrrp_strict off\n "
	      "vrrp_mcast_group4 224.0.0.18\n"
	      " enable_traps\n vrrp_down_timer_adverts 3\n}\n",
	    "c:2:2: 'notification_email' has no effect here: directord sends no mail; its events "
	    "are SNMP "
	    "notifications\nc:7:2: 'enable_traps' has no effect here: SNMP is always on\n");
	warns("server_pool p {\n real_server 10.0.0.1 80 {\n  weight 2\n  weight 3\n }\n}\n",
	    "c:4:3: 'weight' is given for the second time; this one counts\n");
	warns("virtual_server_group G {\n 10.0.0.1 80\n}\n",
	    "c:1:1: no virtual_server uses the virtual_server_group 'G'\n");
}
END_TEST

START_TEST(test_vmac)
{
	struct config *c =
	    good("vrrp_instance A {\n interface eth0\n virtual_router_id 1\n use_vmac\n"
		 " vmac_xmit_base\n}\n"
		 "vrrp_instance B {\n interface eth0\n virtual_router_id 2\n use_vmac mine\n}\n"
		 "vrrp_instance C {\n interface eth0\n virtual_router_id 3\n use_vmac off on\n"
		 " vmac_xmit_base\n}\n");
	const struct vrrp_instance *a = store_vrrp_instance(config_store(c), "A");
	const struct vrrp_instance *b = store_vrrp_instance(config_store(c), "B");
	const struct vrrp_instance *none = store_vrrp_instance(config_store(c), "C");

	ck_assert(a->use_vmac && a->vmac_xmit_base);
	ck_assert_str_eq(a->vmac_name, "");
	ck_assert(b->use_vmac && !b->vmac_xmit_base);
	ck_assert_str_eq(b->vmac_name, "mine");
	ck_assert(!none->use_vmac);
	ck_assert_str_eq(none->vmac_name, "on");
	ck_assert_ptr_nonnull(
	    strstr(warnings, "'vmac_xmit_base' has no effect here: there is no use_vmac"));
	config_free(c);
}
END_TEST

/* One VRID on several interfaces: the names are keepalived's. */
START_TEST(test_vmac_names)
{
	static const char *const want[][2] = {{"A", "vrrp1.1"}, {"B", ""}, {"C", "vrrp3.1"},
	    {"D", "vrrp2.1"}, {"E", ""}, {"F", "vrrp4.1"}};
	struct config *c =
	    good("vrrp_instance B {\n interface eth0\n virtual_router_id 1\n use_vmac\n}\n"
		 "vrrp_instance A {\n interface eth1\n virtual_router_id 1\n use_vmac\n}\n"
		 "vrrp_instance D {\n interface eth2\n virtual_router_id 1\n use_vmac vrrp2.1\n}\n"
		 "vrrp_instance C {\n interface eth3\n virtual_router_id 1\n use_vmac\n}\n"
		 "vrrp_instance E {\n interface eth0\n virtual_router_id 1\n use_vmac\n"
		 " native_ipv6\n}\n"
		 "vrrp_instance F {\n interface eth1\n virtual_router_id 1\n use_vmac\n"
		 " native_ipv6\n}\n");

	for (size_t k = 0; k < sizeof(want) / sizeof(*want); k++)
		ck_assert_str_eq(
		    store_vrrp_instance(config_store(c), want[k][0])->vmac_name, want[k][1]);
	config_free(c);
	/* a name that was given counts, wherever it stands */
	c = good("vrrp_instance A {\n interface eth0\n virtual_router_id 1\n use_vmac\n}\n"
		 "vrrp_instance B {\n interface eth1\n virtual_router_id 2\n use_vmac vrrp.1\n}\n");
	ck_assert_str_eq(store_vrrp_instance(config_store(c), "A")->vmac_name, "vrrp1.1");
	config_free(c);
}
END_TEST

/* All errors are told, the first one is returned. */
START_TEST(test_many_errors)
{
	char text[4096] = "global_defs {\n";

	fails("a\nvrrp_instance V {\n use_ipvlan\n interface eth0\n b\n}\n",
	    "1:1: unknown keyword 'a' in the file (and 2 more errors)");
	ck_assert_str_eq(warnings,
	    "c:3:2: error: 'use_ipvlan' is not supported: make it with ip(8), and name it "
	    "as the interface, or with dev\n"
	    "c:5:2: error: unknown keyword 'b' in vrrp_instance\n");
	for (int i = 0; i < 200; i++)
		strcat(text, "qqqqqqqq\n");
	fails(text, "2:1: unknown keyword 'qqqqqqqq' in global_defs (and at least 49 more errors)");
}
END_TEST

/* ---- global_defs and VRRP. */

START_TEST(test_notification)
{
	struct config *c;
	struct notification *n;

	becomes("global_defs {\n snmp_notification realServerState off\n"
		" snmp_notification vrrpState limit 30\n"
		" snmp_notification protocolError on limit 0\n"
		" snmp_notification flapping on\n snmp_notification flapping off limit 7\n"
		" snmp_notification secondMaster on\n}\n",
	    "global_defs {\n    snmp_notification vrrpState on limit 30\n"
	    "    snmp_notification realServerState off\n"
	    "    snmp_notification protocolError on limit 0\n"
	    "    snmp_notification flapping off limit 7\n}\n");
	/* All rows are there, whatever the file says. */
	c = good("global_defs {\n snmp_notification protocolError off\n}\n");
	ck_assert_uint_eq(store_count(config_store(c), TABLE_notification), 11);
	n = store_notification(config_store(c), EVENT_PROTOCOL_ERROR);
	ck_assert(!n->enabled);
	ck_assert_uint_eq(n->limit, 10);
	ck_assert_uint_eq(n->row.origin, STORAGE_PERMANENT);
	config_free(c);
	fails("global_defs {\n snmp_notification mail off\n}\n",
	    "2:20: there is no kind of notification 'mail'");
	fails("global_defs {\n snmp_notification flapping\n}\n",
	    "2:2: 'snmp_notification' needs more values");
	fails("global_defs {\n snmp_notification flapping maybe\n}\n",
	    "2:29: 'enabled': 'maybe' is neither on nor off");
	fails("global_defs {\n snmp_notification flapping limit\n}\n",
	    "2:29: expected 'limit' and a number of notifications");
	fails("global_defs {\n snmp_notification flapping on off\n}\n",
	    "2:32: expected 'limit' and a number of notifications");
	fails("global_defs {\n snmp_notification flapping limit 1000001\n}\n",
	    "2:35: 'limit': 1000001 is not in the range 0..1000000");
	becomes("server_pool web {\n flap_changes 3\n flap_window 60\n}\n",
	    "server_pool web {\n    flap_changes 3\n    flap_window 60\n}\n");
}
END_TEST

START_TEST(test_global)
{
	struct config *c;

	becomes("global_defs {\n router_id LB1\n vrrp_version 3\n vrrp_startup_delay 5.5\n "
		"vrrp_delay_after_boot 15.23\n "
		"snmp_socket udp:127.0.0.1:705\n"
		" lvs_reconcile_interval 2\n}\n",
	    "global_defs {\n    router_id LB1\n    vrrp_version 3\n    snmp_socket "
	    "udp:127.0.0.1:705\n"
	    "    lvs_reconcile_interval 2\n    vrrp_startup_delay 5.5\n    vrrp_delay_after_boot "
	    "15.23\n}\n");
	c = good("");
	ck_assert_uint_eq(store_count(config_store(c), TABLE_system), 1);
	config_free(c);
}
END_TEST

#define INSTANCE " interface eth0\n virtual_router_id 51\n"
#define VIP " virtual_ipaddress {\n  192.0.2.1\n }\n"
#define P_INSTANCE "vrrp_instance V {\n    interface eth0\n    virtual_router_id 51\n"
#define P_VIP "    virtual_ipaddress {\n        192.0.2.1\n    }\n}\n"

START_TEST(test_instance)
{
	becomes("vrrp_instance V {\n" INSTANCE VIP "}\n", P_INSTANCE P_VIP);
	becomes("vrrp_instance V {\n state MASTER\n priority 150\n version 3\n advert_int 0.25\n"
		" mcast_src_ip 192.0.2.7\n garp_master_delay 10\n garp_master_repeat 1\n "
		"garp_lower_prio_delay 0\n"
		" garp_lower_prio_repeat 2\n garp_master_refresh 60\n garp_master_refresh_repeat "
		"2\n"
		" garp_interval 0.001\n v3_checksum_as_v2\n" INSTANCE VIP "}\n",
	    P_INSTANCE
	    "    version 3\n    priority 150\n    advert_int 0.25\n    state master\n"
	    "    mcast_src_ip 192.0.2.7\n    v3_checksum_as_v2\n    garp_master_delay 10\n"
	    "    garp_master_repeat 1\n    garp_master_refresh 60\n    garp_master_refresh_repeat "
	    "2\n"
	    "    garp_lower_prio_delay 0\n    garp_lower_prio_repeat 2\n    garp_interval "
	    "0.001\n" P_VIP);
	becomes(
	    "vrrp_instance V {\n state BACKUP\n nopreempt\n preempt_delay 300\n authentication {\n"
	    "  auth_type PASS\n  auth_pass \"a b\"\n }\n" INSTANCE VIP "}\n",
	    P_INSTANCE
	    "    nopreempt\n    preempt_delay 300\n    authentication {\n        auth_type pass\n"
	    "        auth_pass \"a b\"\n    }\n" P_VIP);
	becomes("vrrp_instance V {\n nopreempt\n preempt\n accept off\n accept on\n" INSTANCE VIP
		"}\n",
	    P_INSTANCE P_VIP);
}
END_TEST

static const struct sync_daemon *sync_daemon(struct config *c, enum sync_role role)
{
	STORE_FOREACH (sync_daemon, d, config_store(c))
		if (d->role == role)
			return d;
	return NULL;
}

/* What keepalived's samples have: old forms, and an address twice. */
START_TEST(test_samples)
{
	struct config *c = good("vrrp_sync_group G {\n V\n}\n"
				"vrrp_instance V {\n lvs_sync_daemon_interface srv\n" INSTANCE
				" virtual_ipaddress {\n  10.0.0.1\n  10.0.0.1 label a:1\n }\n}\n"
				"vrrp_instance W {\n lvs_sync_daemon_interface lan\n"
				" interface eth0\n virtual_router_id 52\n" VIP "}\n");
	const struct sync_daemon *d = sync_daemon(c, SYNC_BACKUP);

	ck_assert_str_eq(store_vrrp_instance(config_store(c), "V")->sync_group, "G");
	ck_assert_ptr_nonnull(strstr(warnings, "this line has no effect: the instance has the "
					       "address since line 9\n"));
	ck_assert_ptr_nonnull(strstr(
	    warnings, "'lvs_sync_daemon_interface' has no effect here: 'V' has one already\n"));
	ck_assert_str_eq(d->interface, "srv");
	ck_assert_str_eq(d->vrrp_instance, "V");
	d = sync_daemon(c, SYNC_MASTER);
	ck_assert_str_eq(d->interface, "srv");
	ck_assert_uint_eq(store_count(config_store(c), TABLE_vrrp_address), 2);
	config_free(c);
	c = good("vrrp_instance V {\n lvs_sync_daemon_interface srv\n" INSTANCE VIP "}\n"
		 "global_defs {\n lvs_sync_daemon lan\n}\n");
	d = sync_daemon(c, SYNC_BACKUP);
	ck_assert_str_eq(d->interface, "lan");
	ck_assert_ptr_nonnull(strstr(warnings, "there is an lvs_sync_daemon\n"));
	config_free(c);
	fails(
	    "vrrp_sync_group G {\n wurst\n}\n", "2:2: unknown keyword 'wurst' in vrrp_sync_group");
	fails("vrrp_sync_group G {\n V W\n}\n", "2:2: unknown keyword 'V' in vrrp_sync_group");
	fails("vrrp_sync_group G {\n grup\n}\n",
	    "2:2: unknown keyword 'grup' in vrrp_sync_group; is 'group' meant?");
}
END_TEST

/* keepalived's strict mode: what is not said is as it wants it, what is said otherwise is reset. */
START_TEST(test_strict_mode)
{
	struct config *c = good("global_defs {\n vrrp_strict\n vrrp_garp_lower_prio_repeat 4\n}\n"
				"vrrp_instance V {\n" INSTANCE VIP "}\n");
	const struct vrrp_instance *i = store_vrrp_instance(config_store(c), "V");

	ck_assert_str_eq(warnings, "");
	ck_assert(i->strict_mode && !i->accept && i->lower_prio_no_advert);
	ck_assert_uint_eq(i->garp_lower_repeat, 0);
	config_free(c);
	/* in the canonical form, only what the mode does not say by itself */
	becomes("global_defs {\n vrrp_strict\n}\nvrrp_instance V {\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    strict_mode\n" P_VIP);
	becomes("global_defs {\n vrrp_strict\n}\nvrrp_instance V {\n strict_mode off\n" INSTANCE VIP
		"}\n",
	    P_INSTANCE P_VIP);
	becomes("vrrp_instance V {\n strict_mode on\n version 3\n accept\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    version 3\n    accept\n    strict_mode\n" P_VIP);
	becomes("vrrp_instance V {\n strict_mode\n state MASTER\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    priority 255\n    state master\n    accept\n    strict_mode\n" P_VIP);
	becomes("global_defs {\n vrrp_lower_prio_no_advert\n vrrp_higher_prio_send_advert on\n}\n"
		"vrrp_instance V {\n higher_prio_send_advert off\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    lower_prio_no_advert\n" P_VIP);
}
END_TEST

START_TEST(test_strict_mode_resets)
{
#define RESET "' has no effect here: it is not as strict mode wants it\n"
	warns("vrrp_instance V {\n strict_mode\n state MASTER\n priority 100\n preempt_delay 3\n"
	      " authentication {\n  auth_type PASS\n  auth_pass x\n }\n accept\n"
	      " garp_lower_prio_repeat 2\n lower_prio_no_advert off\n"
	      " higher_prio_send_advert\n use_vmac\n vmac_xmit_base\n" INSTANCE VIP "}\n",
	    "c:3:2: 'state" RESET "c:7:3: 'auth_type" RESET "c:5:2: 'preempt_delay" RESET
	    "c:10:2: 'accept" RESET "c:11:2: 'garp_lower_prio_repeat" RESET
	    "c:12:2: 'lower_prio_no_advert" RESET "c:13:2: 'higher_prio_send_advert" RESET
	    "c:15:2: 'vmac_xmit_base" RESET);
#undef RESET
	fails("vrrp_instance V {\n strict_mode\n" INSTANCE "}\n",
	    "2:2: vrrp_instance V, strict_mode: strict mode: an instance has at least one virtual "
	    "address");
	fails("vrrp_instance V {\n strict_mode\n" INSTANCE VIP " unicast_peer {\n  10.0.0.2\n }\n"
	      "}\n",
	    "9:3: vrrp_peer V 10.0.0.2, address: strict mode: there are no unicast peers");
}
END_TEST

/* As keepalived: it is none, and nobody tracks it. */
START_TEST(test_empty_script)
{
	struct config *c = good("vrrp_script s {\n interval 2\n}\nvrrp_instance V {\n" INSTANCE VIP
				" track_script {\n  s\n }\n}\n");

	ck_assert_str_eq(warnings, "c:1:1: the vrrp_script 's' has no effect: it has no command\n"
				   "c:11:3: the script 's' is not tracked: it has no command\n");
	ck_assert_uint_eq(store_count(config_store(c), TABLE_script), 0);
	ck_assert_uint_eq(store_count(config_store(c), TABLE_vrrp_track), 0);
	config_free(c);
}
END_TEST

START_TEST(test_garp_group)
{
#define GROUP "garp_group {\n garp_interval 0.2\n interfaces {\n  eth0 eth1\n  eth2\n }\n}\n"
	becomes("global_defs {\n vrrp_garp_interval 1\n vrrp_gna_interval 2\n}\n" GROUP
		"vrrp_instance V {\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    garp_interval 0.2\n    gna_interval 2\n    garp_group 1\n" P_VIP);
	becomes(GROUP "vrrp_instance V {\n garp_interval 0.3\n garp_group 7\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    garp_interval 0.3\n    garp_group 7\n" P_VIP);
	becomes("garp_group {\n gna_interval 0.2\n interface eth0\n}\n"
		"vrrp_instance V {\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    gna_interval 0.2\n" P_VIP);
	fails("garp_group {\n garp_interval 1\n}\n", "1:1: a garp_group needs an interface");
	fails("garp_group {\n interface a\n}\n", "1:1: a garp_group needs an interval");
	fails(GROUP "garp_group {\n gna_interval 1\n interface eth2\n}\n",
	    "10:12: 'eth2' is in a garp_group already (and 1 more error)");
#undef GROUP
}
END_TEST

START_TEST(test_multicast_group)
{
	becomes("global_defs {\n vrrp_mcast_group4 224.0.0.77\n vrrp_mcast_group6 ff02::77\n}\n"
		"vrrp_instance V {\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    mcast_dst_ip 224.0.0.77\n" P_VIP);
	becomes("global_defs {\n vrrp_mcast_group4 224.0.0.77\n}\n"
		"vrrp_instance V {\n mcast_dst_ip 224.0.0.18\n" INSTANCE VIP "}\n",
	    P_INSTANCE P_VIP);
	becomes("vrrp_instance V {\n mcast_dst_ip 224.0.0.78\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    mcast_dst_ip 224.0.0.78\n" P_VIP);
	fails("vrrp_instance V {\n mcast_dst_ip ff02::77\n" INSTANCE VIP "}\n",
	    "2:2: vrrp_instance V, mcast_dst_ip: is no multicast group of the instance's family "
	    "(IPv6: of one link, ff02::...)");
}
END_TEST

START_TEST(test_instance_owner)
{
	/* As keepalived has it: MASTER without a priority is the owner, and the owner is the master. */
	becomes("vrrp_instance V {\n state MASTER\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    priority 255\n    state master\n" P_VIP);
	warns("vrrp_instance V {\n state MASTER\n" INSTANCE VIP "}\n",
	    "c:2:2: an instance with the state MASTER and without a priority has priority 255: it "
	    "is the "
	    "address owner\n");
	becomes("vrrp_instance V {\n priority 255\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    priority 255\n    state master\n" P_VIP);
	becomes("vrrp_instance V {\n priority 255\n state BACKUP\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    priority 255\n    state backup\n" P_VIP);
	becomes("vrrp_instance V {\n priority 100\n state MASTER\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    priority 100\n    state master\n" P_VIP);
}
END_TEST

START_TEST(test_instance_idle)
{
	warns(
	    "vrrp_instance V {\n state MASTER\n priority 9\n nopreempt\n preempt_delay 5\n" INSTANCE
		VIP "}\n",
	    "c:4:2: 'nopreempt' has no effect here: the initial state is MASTER; it must be "
	    "BACKUP\n"
	    "c:5:2: 'preempt_delay' has no effect here: the initial state is MASTER; it must be "
	    "BACKUP\n");
	warns("vrrp_instance V {\n state BACKUP\n priority 255\n nopreempt\n" INSTANCE VIP "}\n",
	    "c:4:2: 'nopreempt' has no effect here: an address owner (priority 255) always "
	    "preempts\n");
	warns("vrrp_instance V {\n version 3\n authentication {\n  auth_type PASS\n  auth_pass x\n "
	      "}\n" INSTANCE VIP "}\n",
	    "c:4:3: 'auth_type' has no effect here: version 3 has no authentication\n");
	warns("vrrp_instance V {\n authentication {\n  auth_type PASS\n }\n" INSTANCE VIP "}\n",
	    "c:3:3: 'auth_type' has no effect here: there is no auth_pass\n");
	warns("vrrp_instance V {\n authentication {\n  auth_type PASS\n  auth_pass 123456789\n "
	      "}\n" INSTANCE VIP "}\n",
	    "c:4:13: only the first 8 characters of the password count\n");
	warns("vrrp_instance V {\n" INSTANCE "}\n",
	    "c:1:1: the instance 'V' has no virtual address\n");
}
END_TEST

START_TEST(test_password)
{
	struct config *c = good("vrrp_instance V {\n authentication {\n  auth_type PASS\n"
				"  auth_pass 123456789\n }\n" INSTANCE VIP "}\n");
	char *text;

	ck_assert_str_eq(store_vrrp_instance(config_store(c), "V")->auth_password, "12345678");
	text = print(config_store(c), false);
	ck_assert_ptr_null(strstr(text, "1234"));
	free(text);
	text = print(config_store(c), true);
	ck_assert_ptr_nonnull(strstr(text, "auth_pass 12345678\n"));
	free(text);
	config_free(c);
}
END_TEST

/* Global settings hold for all instances that don't have their own, wherever they stand. */
START_TEST(test_instance_defaults)
{
	becomes("vrrp_instance V {\n garp_master_repeat 7\n" INSTANCE VIP "}\nglobal_defs {\n"
		" vrrp_garp_master_delay 8\n vrrp_garp_master_repeat 3\n vrrp_garp_interval 0.5\n "
		"vrrp_version 3\n}\n",
	    "global_defs {\n    vrrp_version 3\n}\n\n" P_INSTANCE
	    "    garp_master_delay 8\n    garp_master_repeat 7\n    garp_lower_prio_delay 8\n"
	    "    garp_lower_prio_repeat 3\n    garp_interval 0.5\n" P_VIP);
	becomes("global_defs {\n vrrp_min_garp\n vrrp_garp_master_delay 8\n}\n"
		"vrrp_instance V {\n garp_lower_prio_delay 2\n" INSTANCE VIP "}\n",
	    P_INSTANCE
	    "    garp_master_delay 8\n    garp_master_repeat 1\n    garp_lower_prio_delay 2\n"
	    "    garp_lower_prio_repeat 1\n" P_VIP);
	becomes("global_defs {\n vrrp_version 3\n}\nvrrp_instance V {\n version 2\n" INSTANCE VIP
		"}\n",
	    "global_defs {\n    vrrp_version 3\n}\n\n" P_INSTANCE "    version 2\n" P_VIP);
}
END_TEST

/* keepalived's virtual MAC addresses of addresses elsewhere: of one, among its options, or of all. */
START_TEST(test_vmac_addresses)
{
#define LIST(options) " virtual_ipaddress {\n  10.0.0.1" options "\n }\n"
#define P_LIST(options) "    virtual_ipaddress {\n        10.0.0.1" options "\n    }\n}\n"
	becomes("vrrp_instance V {\n use_vmac_addr\n" INSTANCE LIST(" dev e use_vmac") "}\n",
	    P_INSTANCE "    use_vmac_addr\n" P_LIST(" dev e use_vmac"));
	becomes("vrrp_instance V {\n" INSTANCE LIST("/24 use_vmac label eth0:v dev e") "}\n",
	    P_INSTANCE P_LIST("/24 dev e label eth0:v use_vmac"));
	fails("vrrp_instance V {\n" INSTANCE LIST(" use_vmac name") "}\n",
	    "5:21: unknown keyword 'name' for an address");
#undef LIST
#undef P_LIST
}
END_TEST

START_TEST(test_address_options)
{
#define LIST(options) " virtual_ipaddress {\n  192.0.2.1/24" options "\n }\n"
#define P_LIST(options) "    virtual_ipaddress {\n        192.0.2.1/24" options "\n    }\n}\n"
	becomes("vrrp_instance V {\n" INSTANCE LIST(" no_track noprefixroute brd + dev e") "}\n",
	    P_INSTANCE P_LIST(" dev e broadcast 192.0.2.255 no_track noprefixroute"));
	becomes("vrrp_instance V {\n" INSTANCE LIST(" preferred_lft 0 brd -") "}\n",
	    P_INSTANCE P_LIST(" broadcast 192.0.2.0 preferred_lft 0"));
	becomes("vrrp_instance V {\n" INSTANCE LIST(" preferred_lft forever") "}\n",
	    P_INSTANCE P_LIST(" preferred_lft 2147483647"));
	fails("vrrp_instance V {\n" INSTANCE LIST(" preferred_lft never") "}\n",
	    "5:30: 'preferred_lft': 'never' is not a number");
#undef LIST
#undef P_LIST
}
END_TEST

/* keepalived's words behind use_vmac, in any order. */
START_TEST(test_vmac_options)
{
#define VMAC(words) "vrrp_instance V {\n use_vmac " words "\n" INSTANCE VIP "}\n"
#define P_VMAC(words) P_INSTANCE "    use_vmac" words "\n" P_VIP
	becomes(VMAC("mine 02:00:00:0A:00:01"), P_VMAC(" on name mine 02:00:00:0A:00:01"));
	becomes(VMAC("02:00:00:00:07"), P_VMAC(" 02:00:00:00:07:33"));
	becomes(VMAC("name group"), P_VMAC(" on name group"));
	becomes(VMAC("off name name"), P_VMAC(" off name name"));
	warns(VMAC("netlink_notify_msg group 3 mine"),
	    "c:2:11: 'netlink_notify_msg' has no effect here\n"
	    "c:2:30: 'group' has no effect here\n");
	fails(VMAC("name a name b"), "2:18: 'name' is too much");
	fails(VMAC("03:00:00:00:00:01"),
	    "2:11: vrrp_instance V, vmac_own_address: is no MAC address of a host: six octets in "
	    "hexadecimal with colons");
	fails(VMAC("02:00:01"),
	    "2:11: vrrp_instance V, vmac_own_address: is no MAC address of a host: six octets in "
	    "hexadecimal with colons");
#undef VMAC
#undef P_VMAC
}
END_TEST

START_TEST(test_track_source)
{
	becomes("vrrp_instance V {\n track_src_ip\n mcast_src_ip 10.0.0.9\n" INSTANCE VIP "}\n",
	    P_INSTANCE "    mcast_src_ip 10.0.0.9\n    track_src_ip\n" P_VIP);
	warns("vrrp_instance V {\n track_src_ip\n" INSTANCE VIP "}\n",
	    "c:2:2: 'track_src_ip' has no effect here: no source is given\n");
}
END_TEST

/* keepalived's garp_extra_if: an interval and all, in any order, and both or none are the instance's own. */
START_TEST(test_garp_extra)
{
#define EXTRA(line) "vrrp_instance V {\n garp_extra_if " line "\n" INSTANCE VIP "}\n"
#define P_EXTRA(line) P_INSTANCE "    garp_extra_if " line "\n" P_VIP
#define GLOBAL(line) "global_defs {\n vrrp_garp_extra_if " line "\n}\n"
	becomes(EXTRA("100"), P_EXTRA("100"));
	becomes(EXTRA("all 100"), P_EXTRA("all 100"));
	becomes(EXTRA("100 all 86400"), P_EXTRA("all 86400"));
	becomes("vrrp_instance V {\n vmac_garp_intvl all 5\n garp_extra_if 6\n" INSTANCE VIP "}\n",
	    P_EXTRA("all 6"));
	becomes(EXTRA("0"), P_INSTANCE P_VIP);
	becomes(EXTRA("all 0"), P_EXTRA("all 0"));
	becomes("vrrp_instance V {\n" INSTANCE VIP "}\n" GLOBAL("all 50"), P_EXTRA("all 50"));
	becomes("global_defs {\n vrrp_vmac_garp_intvl 7\n}\nvrrp_instance V {\n" INSTANCE VIP "}\n",
	    P_EXTRA("7"));
	becomes(GLOBAL("all 50") EXTRA("100"), P_EXTRA("100"));
	becomes(GLOBAL("all 50") EXTRA("0"), P_INSTANCE P_VIP);
	fails(EXTRA("all"), "2:2: 'garp_extra_if' needs a time");
	fails(EXTRA(""), "2:2: 'garp_extra_if' needs a time");
	fails(EXTRA("1.5"), "2:16: 'garp_extra_if': '1.5' is not a number");
	fails(EXTRA("none 5"), "2:16: 'garp_extra_if': 'none' is not a number");
	fails(EXTRA("all 86401"), "2:20: 'garp_extra_if': 86401 is not in the range 0..86400");
	fails(GLOBAL("all 0"), "2:2: 'vrrp_garp_extra_if' must have 1 or more here");
	fails(GLOBAL("all"), "2:2: 'vrrp_garp_extra_if' needs a time");
#undef EXTRA
#undef P_EXTRA
#undef GLOBAL
}
END_TEST

START_TEST(test_addresses)
{
	becomes("vrrp_instance V {\n" INSTANCE " virtual_ipaddress {\n  192.0.2.9/24 brd "
		"192.0.2.255 dev eth1 label eth1:x scope site\n"
		"  192.0.2.3\n  192.0.2.5/32 scope 17\n }\n"
		" virtual_ipaddress_excluded {\n  192.0.2.4 dev eth2\n }\n}\n",
	    P_INSTANCE
	    "    virtual_ipaddress {\n"
	    "        192.0.2.9/24 dev eth1 label eth1:x scope 200 broadcast 192.0.2.255\n"
	    "        192.0.2.3\n        192.0.2.5/32 scope 17\n    }\n"
	    "    virtual_ipaddress_excluded {\n        192.0.2.4 dev eth2\n    }\n}\n");
	becomes("vrrp_instance V {\n" INSTANCE
		" virtual_ipaddress {\n  192.0.2.9 position 5\n  192.0.2.3\n }\n}\n",
	    P_INSTANCE
	    "    virtual_ipaddress {\n        192.0.2.3 position 1\n        192.0.2.9 position 5\n"
	    "    }\n}\n");
}
END_TEST

START_TEST(test_address_errors)
{
	static const char *const cases[][2] = {
	    {"192.0.2.1/33", "5:13: 33 is not in the range 1..32"},
	    {"192.0.2.1/", "5:13: '' is not a number"},
	    {"192.0.2", "5:3: '192.0.2' is not an IPv4 or IPv6 address"},
	    {"192.0.2.1 dev", "5:13: 'dev' needs a value"},
	    {"192.0.2.1 devv eth0", "5:13: unknown keyword 'devv' for an address"},
	    {"192.0.2.1 dev eth0 autojoin", "5:22: 'autojoin' is not supported"},
	    {"192.0.2.1 scope world", "5:19: 'scope': 'world' is not a number"},
	    {"192.0.2.1 brd 1", "5:17: 'broadcast': '1' is not an IPv4 or IPv6 address"},
	    {"2001:db8::1/129", "5:15: 129 is not in the range 1..128"},
	    {"192.0.2.1\n  2001:db8::1",
		"6:3: vrrp_address V 2001:db8::1, address: an instance advertises addresses of one "
		"family only; those of the other must be excluded from its advertisements"},
	    {"224.0.0.1", "5:3: vrrp_address V 224.0.0.1, address: an interface can't have this "
			  "address (unspecified, "
			  "multicast or broadcast)"},
	    {"192.0.2.1/24 brd ff02::1", "5:16: vrrp_address V 192.0.2.1, broadcast: the broadcast "
					 "address is of another family than the "
					 "address"},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text),
		    "vrrp_instance V {\n" INSTANCE " virtual_ipaddress {\n  %s\n }\n}\n",
		    cases[i][0]);
		fails(text, cases[i][1]);
	}
}
END_TEST

START_TEST(test_sync_daemon)
{
	struct config *c;

	becomes("global_defs {\n lvs_sync_daemon eth1\n}\n",
	    "global_defs {\n    lvs_sync_daemon eth1\n}\n");
	becomes("global_defs {\n lvs_sync_daemon eth1 id 0 maxlen 1400 port 9000 ttl 3 group "
		"239.1.2.3\n router_id x\n}\n",
	    "global_defs {\n    router_id x\n    lvs_sync_daemon eth1 id 0 maxlen 1400 port 9000 "
	    "ttl 3 group 239.1.2.3\n}\n");
	/* one of each role, not alike */
	becomes("global_defs {\n lvs_sync_daemon eth1 role backup id 1\n"
		" lvs_sync_daemon eth1 id 2 role master\n}\n",
	    "global_defs {\n    lvs_sync_daemon eth1 id 2 role master\n"
	    "    lvs_sync_daemon eth1 id 1 role backup\n}\n");
	fails("global_defs {\n lvs_sync_daemon\n}\n", "2:2: 'lvs_sync_daemon' needs a value");
	fails("global_defs {\n lvs_sync_daemon eth1 id\n}\n", "2:23: 'id' needs a value");
	fails("global_defs {\n lvs_sync_daemon eth1 id 256\n}\n",
	    "2:26: 'sync_id': 256 is not in the range -1..255");
	fails("global_defs {\n lvs_sync_daemon eth1 V wide 1\n}\n",
	    "2:25: unknown option 'wide' of lvs_sync_daemon");
	fails("global_defs {\n lvs_sync_daemon eth1 V\n}\n",
	    "2:23: sync_daemon master, vrrp_instance: there is no vrrp_instance 'V'");
	fails("global_defs {\n lvs_sync_daemon eth1 group 10.0.0.1\n}\n",
	    "2:29: sync_daemon master, mcast_group: is no multicast address");
	c = read_text("global_defs {\n lvs_sync_daemon eth1\n lvs_sync_daemon eth2\n}\n");
	ck_assert_ptr_null(c);
	ck_assert_ptr_nonnull(strstr(err.text, "c:3:2: sync_daemon backup is there already"));
}
END_TEST

START_TEST(test_sync_group)
{
	becomes("vrrp_sync_group G {\n group {\n  V W\n }\n}\nvrrp_instance V {\n" INSTANCE VIP
		"}\nvrrp_instance W {\n interface eth1\n virtual_router_id 1\n virtual_ipaddress "
		"{\n 192.0.2.2\n }\n}\n",
	    "vrrp_sync_group G {\n    group {\n        V\n        W\n    }\n}\n\n" P_INSTANCE P_VIP
	    "\nvrrp_instance W {\n    interface eth1\n    virtual_router_id 1\n"
	    "    virtual_ipaddress {\n        192.0.2.2\n    }\n}\n");
	fails("vrrp_sync_group G {\n group {\n  V\n  X\n }\n}\nvrrp_instance V {\n" INSTANCE VIP
	      "}\n",
	    "4:3: there is no vrrp_instance 'X'");
	fails("vrrp_sync_group G {\n group {\n  V\n }\n}\nvrrp_sync_group H {\n group { V "
	      "}\n}\nvrrp_instance V "
	      "{\n" INSTANCE VIP "}\n",
	    "7:10: the instance 'V' is in the group 'G' already");
}
END_TEST

START_TEST(test_tracking)
{
	becomes("vrrp_sync_group G {\n group {\n  V\n }\n track_interface {\n  eth3 "
		"weight 0 reverse\n }\n}\nvrrp_instance V {\n" INSTANCE VIP
		" dont_track_primary\n track_interface {\n  eth2 weight -20\n  eth1\n  lo weight 7 "
		"reverse\n }\n}\n",
	    "vrrp_sync_group G {\n    track_interface {\n"
	    "        eth3 weight 0 reverse\n    }\n    group {\n        V\n    }\n}\n\n" P_INSTANCE
	    "    dont_track_primary\n    track_interface {\n        lo weight 7 reverse\n"
	    "        eth1\n        eth2 weight -20\n    }\n" P_VIP);
	warns("vrrp_instance V {\n" INSTANCE VIP " priority 255\n track_interface {\n  eth1 weight "
	      "5\n }\n}\n",
	    "c:9:3: the weight has no effect: an address owner's priority is always 255\n");
}
END_TEST

#define SCRIPT "vrrp_script s {\n script \"/bin/x 'a b'\"\n weight -4\n}\n"
#define P_SCRIPT_ "vrrp_script s {\n    script \"/bin/x 'a b'\"\n    weight -4\n}\n\n"

START_TEST(test_scripts)
{
	char text[1200];

	becomes(
	    "global_defs {\n script_user u g\n enable_script_security\n}\n" SCRIPT
	    "vrrp_script t {\n script /bin/y 1 2\n interval 0.5\n timeout 2\n rise 2\n fall 3\n "
	    "user root "
	    "wheel\n init_fail\n weight 0 reverse\n}\nvrrp_instance V {\n" INSTANCE VIP
	    " track_script {\n  t weight 3 reverse\n  s\n }\n track_interface {\n  eth1\n }\n}\n",
	    "global_defs {\n    script_user u g\n    enable_script_security\n}\n\n" P_SCRIPT_
	    "vrrp_script t {\n    script \"/bin/y 1 2\"\n    interval 0.5\n    timeout 2\n    "
	    "weight 0 reverse\n    rise 2\n    fall "
	    "3\n    user root wheel\n    init_fail\n}\n\n" P_INSTANCE
	    "    track_interface {\n        eth1\n    }\n    track_script {\n        s\n"
	    "        t weight 3 reverse\n    }\n" P_VIP);
	becomes(SCRIPT "vrrp_instance V {\n" INSTANCE VIP " track_script {\n  s weight 0\n }\n}\n",
	    P_SCRIPT_ P_INSTANCE "    track_script {\n        s weight 0\n    }\n" P_VIP);
	warns(SCRIPT "vrrp_sync_group G {\n group {\n  V\n }\n}\nvrrp_instance V {\n" INSTANCE VIP
		     " track_script {\n  s\n }\n}\n",
	    "c:17:3: a weight in track_script has no effect in a group without "
	    "sync_group_tracking_weight\n");
	warns(SCRIPT "vrrp_sync_group G {\n group {\n  V\n }\n global_tracking\n}\nvrrp_instance V "
		     "{\n" INSTANCE VIP " track_script {\n  s\n }\n}\n",
	    "");
	fails("vrrp_instance V {\n" INSTANCE " track_script {\n  s\n }\n}\n",
	    "5:3: vrrp_track V script s, tracked: there is no script 's'");
	fails("vrrp_script s {\n script x\n weight 5 up\n}\n",
	    "3:11: unknown keyword 'up'; is 'reverse' meant?");
	fails("vrrp_script s {\n script x\n weight 255\n}\n",
	    "3:9: 'weight': 255 is not in the range -254..254");
	/* no word of a command is left out silently */
	snprintf(text, sizeof(text), "vrrp_script s {\n script /bin/x %01024d y\n}\n", 0);
	fails(text, "2:16: the command is too long");
	snprintf(text, sizeof(text), "vrrp_track_process p {\n process x %01024d y\n}\n", 0);
	fails(text, "2:12: the command is too long");
}
END_TEST

START_TEST(test_track_file)
{
	becomes("track_file f {\n file /run/load\n}\nvrrp_track_file g {\n file \"/run/a b\"\n "
		"weight -3 reverse\n init_file 7 overwrite\n}\nvrrp_instance V {\n" INSTANCE VIP
		" track_file {\n  f\n  g weight 254 reverse\n }\n}\n",
	    "track_file f {\n    file /run/load\n}\n\ntrack_file g {\n    file \"/run/a b\"\n    "
	    "weight -3 reverse\n    init_file 7 overwrite\n}\n\n" P_INSTANCE
	    "    track_file {\n        f\n        g weight 254 reverse\n    }\n" P_VIP);
	becomes("track_file f {\n file /x\n init_file\n}\ntrack_file g {\n file /x\n init_file "
		"overwrite\n}\ntrack_file h {\n file /x\n init_file -1\n}\n",
	    "track_file f {\n    file /x\n    init_file 0\n}\n\ntrack_file g {\n    file /x\n    "
	    "init_file 0 overwrite\n}\n\ntrack_file h {\n    file /x\n    init_file -1\n}\n");
	warns("track_file f {\n file /x\n}\nvrrp_sync_group G {\n group {\n  V\n }\n}\n"
	      "vrrp_instance V {\n" INSTANCE VIP " track_file {\n  f\n }\n}\n",
	    "c:16:3: a weight in track_file has no effect in a group without "
	    "sync_group_tracking_weight\n");
	fails("track_file f {\n weight 2\n}\n", "1:1: track_file f, file: is missing");
	fails("track_file f {\n file load\n}\n",
	    "2:2: track_file f, file: the path must begin with a slash");
	fails("track_file f {\n file /x\n weight 255\n}\n",
	    "3:9: 'weight': 255 is not in the range -254..254");
	fails("track_file f {\n file /x\n init_file 5 over\n}\n",
	    "3:14: unknown keyword 'over'; is 'overwrite' meant?");
	fails("track_file f {\n file /x\n init_file x\n}\n",
	    "3:12: 'init_value': 'x' is not a number");
	fails("vrrp_instance V {\n" INSTANCE " track_file {\n  f\n }\n}\n",
	    "5:3: vrrp_track V file f, tracked: there is no track_file 'f'");
}
END_TEST

START_TEST(test_track_process)
{
	becomes("vrrp_track_process p {\n process \"/x y\" -a \"b c\"\n param_match initial\n"
		" weight -3 reverse\n quorum 2\n quorum_max 5\n delay 0.5\n}\n"
		"vrrp_track_process q {\n process x\n param_match\n full_command\n"
		" quorum_max 0\n fork_delay 1\n}\nvrrp_instance V {\n" INSTANCE VIP
		" track_process {\n  p\n  q weight 7 reverse\n }\n}\n",
	    "vrrp_track_process p {\n    process \"/x y\" -a \"b c\"\n    param_match initial\n"
	    "    weight -3 reverse\n    quorum 2\n    quorum_max 5\n    fork_delay 0.5\n"
	    "    terminate_delay 0.5\n}\n\nvrrp_track_process q {\n    process x\n"
	    "    param_match\n    full_command\n    quorum_max 0\n    fork_delay "
	    "1\n}\n\n" P_INSTANCE
	    "    track_process {\n        p\n        q weight 7 reverse\n    }\n" P_VIP);
	warns("vrrp_track_process p {\n process a2345678901234567\n}\n",
	    "c:2:2: no process has this name: the kernel keeps 15 characters; is 'full_command' "
	    "meant?\n");
	warns("vrrp_track_process p {\n process a2345678901234567\n full_command\n}\n", "");
	warns("vrrp_track_process p {\n process a2345678901234567 -x\n}\n", "");
	fails(
	    "vrrp_track_process p {\n quorum 2\n}\n", "1:1: track_process p, process: is missing");
	fails("vrrp_track_process p {\n process x\n param_match exact\n}\n",
	    "3:14: unknown keyword 'exact'; is 'initial' or 'partial' meant?");
	fails("vrrp_track_process p {\n process x\n quorum 3\n quorum_max 2\n}\n",
	    "4:2: track_process p, quorum_max: is less than the quorum");
	fails("vrrp_track_process p {\n process x\n quorum 0\n}\n",
	    "3:9: 'quorum': 0 is not in the range 1..65535");
	fails("vrrp_instance V {\n" INSTANCE " track_process {\n  p\n }\n}\n",
	    "5:3: vrrp_track V process p, tracked: there is no track_process 'p'");
}
END_TEST

#define WEB "virtual_server 192.0.2.1 80 {\n protocol TCP\n real_server 192.0.2.9 80 {\n }\n}\n"

#define P_WEB                                                                                      \
	"\nserver_pool 192.0.2.1:80 {\n    real_server 192.0.2.9 80\n}\n\n"                        \
	"virtual_server name 192.0.2.1:80 {\n    virtual_service tcp 192.0.2.1 80\n"               \
	"    pool 192.0.2.1:80\n}\n"

START_TEST(test_track_service)
{
	becomes("vrrp_instance V {\n" INSTANCE VIP
		" track_pool {\n  farm weight -7 reverse\n  192.0.2.1:80\n }\n"
		" track_virtual_server {\n  192.0.2.1:80\n }\n}\n"
		"server_pool farm {\n}\n" WEB,
	    P_INSTANCE "    track_virtual_server {\n        192.0.2.1:80\n    }\n"
		       "    track_pool {\n        farm weight -7 reverse\n"
		       "        192.0.2.1:80\n    }\n" P_VIP "\nserver_pool farm {\n}\n" P_WEB);
	becomes("vrrp_sync_group G {\n group {\n  V\n }\n track_virtual_server {\n"
		"  192.0.2.1:80 weight 9\n }\n}\nvrrp_instance V {\n" INSTANCE VIP "}\n" WEB,
	    "vrrp_sync_group G {\n    track_virtual_server {\n        192.0.2.1:80 weight 9\n"
	    "    }\n    group {\n        V\n    }\n}\n\n" P_INSTANCE P_VIP P_WEB);
	warns(WEB "vrrp_sync_group G {\n group {\n  V\n }\n}\nvrrp_instance V {\n" INSTANCE VIP
		  " track_virtual_server {\n  192.0.2.1:80 weight 5\n }\n}\n",
	    "c:18:3: a weight in track_virtual_server has no effect in a group without "
	    "sync_group_tracking_weight\n");
	fails("vrrp_instance V {\n" INSTANCE " track_virtual_server {\n  web\n }\n}\n",
	    "5:3: vrrp_track V virtualServer web, tracked: there is no virtual_server 'web'");
	fails("vrrp_instance V {\n" INSTANCE " track_pool {\n  web\n }\n}\n",
	    "5:3: vrrp_track V pool web, tracked: there is no pool 'web'");
}
END_TEST

START_TEST(test_tracking_errors)
{
	static const char *const cases[][2] = {
	    {"eth1 weigth 5", "4:8: unknown keyword 'weigth'; is 'weight' meant?"},
	    {"eth1 weight", "4:3: 'eth1' needs more values"},
	    {"eth1 weight x", "4:15: 'weight': 'x' is not a number"},
	    {"eth1 weight 255", "4:15: 'weight': 255 is not in the range -254..254"},
	    {"eth1 weight 5 revers", "4:17: unknown keyword 'revers'; is 'reverse' meant?"},
	    {"eth1 weight 5 reverse on", "4:25: 'on' is too much after 'reverse'"},
	    {"a/b", "4:3: vrrp_track V interface a/b, tracked: is no name of an interface"},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text),
		    "vrrp_instance V {\n interface eth0\n track_interface {\n  %s\n "
		    "}\n virtual_router_id 51\n}\n",
		    cases[i][0]);
		fails(text, cases[i][1]);
	}
}
END_TEST

START_TEST(test_instance_errors)
{
	static const char *const cases[][2] = {
	    {"vrrp_instance V {\n interface eth0\n" VIP "}\n",
		"1:1: vrrp_instance V, virtual_router_id: is missing"},
	    {"vrrp_instance V {\n virtual_router_id 1\n" VIP "}\n",
		"1:1: vrrp_instance V, interface: is missing"},
	    {"vrrp_instance V {\n" INSTANCE VIP " advert_int 1.5\n}\n",
		"7:2: vrrp_instance V, advert_int: version 2 advertises in whole seconds, 1 to "
		"255"},
	    {"vrrp_instance V {\n" INSTANCE VIP " native_ipv6\n}\n",
		"5:3: vrrp_address V 192.0.2.1, address: an instance advertises addresses of one "
		"family only; those of the other must be excluded from its advertisements"},
	    {"vrrp_instance V {\n" INSTANCE " version 2\n virtual_ipaddress {\n  fe80::1\n }\n}\n",
		"4:2: vrrp_instance V, version: VRRP over IPv6 needs version 3 (RFC 9568); version "
		"2 "
		"is IPv4 only"},
	    {"vrrp_instance V {\n" INSTANCE VIP " mcast_src_ip fe80::1\n}\n",
		"7:2: vrrp_instance V, mcast_src_ip: is no address of the instance's "
		"family "
		"that an interface can have"},
	    {"vrrp_instance V {\n" INSTANCE VIP
	     "}\nvrrp_instance W {\n interface eth0\n virtual_router_id 51\n}\n",
		"10:2: vrrp_instance W, virtual_router_id: the instance 'V' has VRID 51 on eth0 "
		"too"},
	    {"vrrp_instance V {\n interface a/b\n virtual_router_id 51\n}\n",
		"2:2: vrrp_instance V, interface: is no name of an interface"},
	};
	char twice[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		fails(cases[i][0], cases[i][1]);
	snprintf(twice, sizeof(twice), "8:1: vrrp_instance V is there already: %s/c:1:1", folder);
	fails("vrrp_instance V {\n" INSTANCE VIP "}\nvrrp_instance V {\n}\n", twice);
}
END_TEST

/* ---- LVS. */

#define SERVER " real_server 10.0.0.11 80 {\n }\n"

START_TEST(test_virtual_server)
{
	becomes("virtual_server 192.0.2.1 80 {\n protocol TCP\n" SERVER "}\n",
	    "server_pool 192.0.2.1:80 {\n    real_server 10.0.0.11 80\n}\n\n"
	    "virtual_server name 192.0.2.1:80 {\n    virtual_service tcp 192.0.2.1 80\n"
	    "    pool 192.0.2.1:80\n}\n");
	becomes("virtual_server 192.0.2.1 53 {\n name dns\n protocol UDP\n lb_algo rr\n ops\n "
		"persistence_timeout\n"
		" persistence_granularity 255.255.255.0\n persistence_engine sip\n quorum 2\n "
		"hysteresis 1\n omega\n alpha\n"
		" sorry_server 10.0.0.99 5353\n sorry_server_inhibit\n real_server 10.0.0.11 53 "
		"{\n  weight 3\n }\n}\n",
	    "server_pool dns {\n    alpha\n    real_server 10.0.0.11 53 {\n        weight 3\n    "
	    "}\n}\n\n"
	    "virtual_server dns {\n    virtual_service udp 192.0.2.1 53\n    pool dns\n    "
	    "lvs_sched rr\n"
	    "    persistence_granularity 24\n    persistence_engine "
	    "sip\n    ops\n"
	    "    quorum 2\n    hysteresis 1\n    sorry_server 10.0.0.99 5353\n    "
	    "sorry_server_inhibit\n"
	    "    omega\n}\n");
}
END_TEST

/* The names that virtual servers have if none is given. */
START_TEST(test_names)
{
	static const char *const cases[][2] = {
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n}\n", "192.0.2.1:80"},
	    {"virtual_server 192.0.2.1 80 {\n protocol UDP\n}\n", "192.0.2.1:80/udp"},
	    {"virtual_server 192.0.2.1 80 {\n protocol sctp\n}\n", "192.0.2.1:80/sctp"},
	    {"virtual_server 192.0.2.1 80 {\n}\n", "192.0.2.1:80/udp"},
	    {"virtual_server 2001:db8::1 80 {\n protocol TCP\n}\n", "[2001:db8::1]:80"},
	    {"virtual_server fwmark 5 {\n persistence_timeout 1\n}\n", "fwmark-5"},
	    {"virtual_server fwmark 5 {\n ip_family inet6\n}\n", "fwmark-5/inet6"},
	    {"virtual_server_group G {\n 192.0.2.1 80\n}\nvirtual_server group G {\n protocol "
	     "TCP\n}\n",
		"G"},
	    {"virtual_server_group G {\n 192.0.2.1 80\n}\nvirtual_server group G {\n protocol "
	     "UDP\n}\n",
		"G/udp"},
	    {"virtual_server_group G {\n fwmark 1\n}\nvirtual_server group G {\n}\n", "G"},
	    {"server_pool p {\n}\nvirtual_server a-b {\n pool p\n}\n", "a-b"},
	    {"server_pool p {\n}\nvirtual_server name 1.2 {\n pool p\n}\n", "1.2"},
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n name \"x y\"\n}\n", "x y"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct config *c = good(cases[i][0]);

		ck_assert_msg(store_virtual_server(config_store(c), cases[i][1]) != NULL,
		    "no %s in %s", cases[i][1], cases[i][0]);
		config_free(c);
	}
}
END_TEST

START_TEST(test_protocol)
{
	warns("virtual_server 192.0.2.1 80 {\n" SERVER "}\n",
	    "c:1:1: no protocol is given: it is UDP, as with keepalived\n");
	warns("virtual_server fwmark 1 {\n protocol TCP\n" SERVER "}\n",
	    "c:2:2: 'protocol' has no effect here: a firewall mark has none\n");
	warns("virtual_server 192.0.2.1 80 {\n protocol TCP\n}\n",
	    "c:1:1: the virtual server '192.0.2.1:80' has no real servers\n");
}
END_TEST

START_TEST(test_group)
{
	becomes("virtual_server group G {\n protocol TCP\n pool p\n}\nserver_pool p "
		"{\n}\nvirtual_server_group G {\n"
		" 192.0.2.1 80\n 192.0.2.8/30 81\n 192.0.2.254-192.0.3.1 82\n 192.0.2.20-22 83\n "
		"fwmark 7\n"
		" 2001:db8::1-3 84\n 2001:db8::fffe-2001:db8::1:1 85\n fwmark 8 inet6\n}\n",
	    "server_pool p {\n}\n\nvirtual_server G {\n"
	    "    virtual_service tcp 192.0.2.1 80\n    virtual_service tcp 192.0.2.8 81\n"
	    "    virtual_service tcp 192.0.2.9 81\n    virtual_service tcp 192.0.2.10 81\n"
	    "    virtual_service tcp 192.0.2.11 81\n    virtual_service tcp 192.0.2.20 83\n"
	    "    virtual_service tcp 192.0.2.21 83\n    virtual_service tcp 192.0.2.22 83\n"
	    "    virtual_service tcp 192.0.2.254 82\n    virtual_service tcp 192.0.2.255 82\n"
	    "    virtual_service tcp 192.0.3.0 82\n    virtual_service tcp 192.0.3.1 82\n"
	    "    virtual_service tcp 2001:db8::1 84\n    virtual_service tcp 2001:db8::2 84\n"
	    "    virtual_service tcp 2001:db8::3 84\n    virtual_service tcp 2001:db8::fffe 85\n"
	    "    virtual_service tcp 2001:db8::ffff 85\n    virtual_service tcp 2001:db8::1:0 85\n"
	    "    virtual_service tcp 2001:db8::1:1 85\n    virtual_service fwmark 7\n"
	    "    virtual_service fwmark 8 inet6\n    pool p\n    address_group G\n}\n");
	becomes("virtual_server group G {\n name web\n protocol TCP\n pool p\n address_group H\n}\n"
		"server_pool p {\n}\nvirtual_server_group G {\n 192.0.2.1 80\n}\n",
	    "server_pool p {\n}\n\nvirtual_server web {\n    virtual_service tcp 192.0.2.1 80\n"
	    "    pool p\n    address_group H\n}\n");
}
END_TEST

START_TEST(test_group_errors)
{
	static const char *const cases[][2] = {
	    {"192.0.2.x 80", "2:2: '192.0.2.x' is not an IPv4 or IPv6 address"},
	    {"192.0.2.5-4 80", "2:2: '192.0.2.5-4' is not a range of 1 to 65536 addresses"},
	    {"192.0.2.5-x 80", "2:2: '192.0.2.5-x' does not end in an address"},
	    {"192.0.2.5-256 80", "2:2: '192.0.2.5-256' does not end in an address"},
	    {"10.0.0.0-10.1.0.0 80",
		"2:2: '10.0.0.0-10.1.0.0' is not a range of 1 to 65536 addresses"},
	    {"192.0.2.5-2001:db8::1 80",
		"2:2: '192.0.2.5-2001:db8::1' is not a range of 1 to 65536 addresses"},
	    {"2001:db8::-2001:db9:: 80",
		"2:2: '2001:db8::-2001:db9::' is not a range of 1 to 65536 addresses"},
	    {"10.0.0.0/15 80", "2:2: '10.0.0.0/15' has more than 65536 addresses"},
	    {"10.0.0.1/24 80", "2:2: '10.0.0.1/24' has bits behind its prefix that are not 0"},
	    {"10.0.0.1/33 80", "2:2: 33 is not in the range 1..32"},
	    {"10.0.0.1 x", "2:11: 'x' is not a number"},
	    {"10.0.0.1 80 tcp", "2:14: 'tcp' is too much after '80'"},
	    {"fwmark", "2:2: 'fwmark' needs a value"},
	    {"fwmark 0", "2:9: 0 is not in the range 1..4294967295"},
	    {"fwmark 1 ipx", "2:11: 'ipx' is neither inet nor inet6"},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "virtual_server_group G {\n %s\n}\n", cases[i][0]);
		fails(text, cases[i][1]);
	}
	fails("virtual_server group G {\n}\n", "1:22: there is no virtual_server_group 'G'");
	snprintf(text, sizeof(text), "3:22: virtual_server_group 'G' is there already: %s/c:1:1",
	    folder);
	fails("virtual_server_group G {\n}\nvirtual_server_group G {\n}\n", text);
}
END_TEST

/* The family of a mark is that of what is behind it. */
START_TEST(test_mark_family)
{
	becomes("virtual_server fwmark 3 {\n real_server 2001:db8::1 80 {\n }\n}\n",
	    "server_pool fwmark-3/inet6 {\n    real_server 2001:db8::1 80\n}\n\n"
	    "virtual_server fwmark-3/inet6 {\n    virtual_service fwmark 3 inet6\n    pool "
	    "fwmark-3/inet6\n}\n");
	becomes("virtual_server fwmark 3 {\n ip_family inet\n lb_kind TUN\n real_server "
		"2001:db8::1 80 {\n }\n}\n",
	    "server_pool fwmark-3 {\n    real_server 2001:db8::1 80 {\n        lvs_method tun\n    "
	    "}\n}\n\n"
	    "virtual_server fwmark-3 {\n    virtual_service fwmark 3\n    pool fwmark-3\n}\n");
}
END_TEST

/* What stands in the virtual server is the default of its real servers, also when it stands behind them. */
START_TEST(test_server_defaults)
{
	struct config *c =
	    good("virtual_server 192.0.2.1 80 {\n protocol TCP\n real_server 10.0.0.11 80 {\n"
		 "  weight 5\n  inhibit_on_failure off\n  virtualhost own\n  lvs_method TUN\n }\n"
		 " real_server 10.0.0.12 {\n }\n inhibit_on_failure\n weight 2\n virtualhost www\n"
		 " lb_kind TUN type gue port 6080 csum\n}\n");
	const struct store *s = config_store(c);
	const struct real_server *rs = server(s, "192.0.2.1:80 10.0.0.11 80");

	ck_assert_int_eq(rs->weight, 5);
	ck_assert_int_eq(rs->on_failure, ON_FAILURE_REMOVE);
	ck_assert_str_eq(rs->virtual_host, "own");
	ck_assert_int_eq(rs->forwarding, FORWARDING_TUN);
	ck_assert_int_eq(rs->tunnel_type, TUNNEL_IPIP);
	rs = server(s, "192.0.2.1:80 10.0.0.12 80"); /* the port is the virtual server's */
	ck_assert_int_eq(rs->weight, 2);
	ck_assert_int_eq(rs->on_failure, ON_FAILURE_WEIGHT_ZERO);
	ck_assert_str_eq(rs->virtual_host, "www");
	ck_assert_int_eq(rs->forwarding, FORWARDING_TUN);
	ck_assert_int_eq(rs->tunnel_type, TUNNEL_GUE);
	ck_assert_uint_eq(rs->tunnel_port, 6080);
	ck_assert_int_eq(rs->tunnel_checksum, TUNNEL_CSUM);
	config_free(c);
}
END_TEST

START_TEST(test_sorry_method)
{
	struct config *c = good(
	    "virtual_server 192.0.2.1 80 {\n protocol TCP\n lb_kind DR\n"
	    " sorry_server 10.0.0.9\n}\nvirtual_server 192.0.2.2 80 {\n protocol TCP\n lb_kind DR\n"
	    " sorry_server 10.0.0.9 8080\n sorry_server_lvs_method NAT\n}\n");

	ck_assert_int_eq(
	    store_virtual_server(config_store(c), "192.0.2.1:80")->sorry_forwarding, FORWARDING_DR);
	ck_assert_int_eq(store_virtual_server(config_store(c), "192.0.2.2:80")->sorry_forwarding,
	    FORWARDING_NAT);
	config_free(c);
	fails("virtual_server 192.0.2.1 80 {\n protocol TCP\n lb_kind TUN type gre\n sorry_server "
	      "10.0.0.9\n}\n",
	    "4:2: a sorry server by another tunnel than IPIP is not supported; give it a "
	    "sorry_server_lvs_method");
}
END_TEST

START_TEST(test_scheduler_flags)
{
	static const char *const forms[][2] = {{"lvs_sched sh\n sh-port\n sh-fallback", "sh"},
	    {"mh-port\n mh-fallback\n lb_algo mh", "mh"}, {"flag-1\n flag-2\n lb_algo mh", "mh"}};
	char text[256], printed[256];

	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
		    "server_pool p {\n}\nvirtual_server v {\n pool p\n %s\n}\n", forms[i][0]);
		snprintf(printed, sizeof(printed),
		    "server_pool p {\n}\n\nvirtual_server v {\n    pool p\n    lvs_sched %s\n    "
		    "%s-port\n"
		    "    %s-fallback\n}\n",
		    forms[i][1], forms[i][1], forms[i][1]);
		becomes(text, printed);
	}
	warns("server_pool p {\n}\nvirtual_server v {\n pool p\n sh-port\n mh-fallback\n}\n",
	    "c:5:2: 'sh-port' has no effect here: the scheduler is wlc\n"
	    "c:6:2: 'mh-fallback' has no effect here: the scheduler is wlc\n");
}
END_TEST

/* What keepalived corrects. */
START_TEST(test_corrections)
{
	warns("virtual_server 192.0.2.1 80 {\n protocol TCP\n quorum 5\n hysteresis 7\n" SERVER
	      "}\n",
	    "c:3:2: the quorum 5 is more than all real servers weigh: it is 1\n"
	    "c:4:2: the hysteresis 7 is not less than the quorum 1: it is 0\n");
	warns("virtual_server 192.0.2.1 {\n protocol TCP\n real_server 10.0.0.1 {\n }\n}\n",
	    "c:1:1: a virtual service for all ports is persistent (persistence_timeout 360)\n");
	becomes("server_pool p {\n}\nvirtual_server v {\n pool p\n quorum 5\n hysteresis 4\n}\n",
	    "server_pool p {\n}\n\nvirtual_server v {\n    pool p\n    quorum 5\n    hysteresis "
	    "4\n}\n");
	becomes("server_pool p {\n}\nvirtual_server v {\n pool p\n persistence_granularity 24\n}\n",
	    "server_pool p {\n}\n\nvirtual_server v {\n    pool p\n    persistence_granularity "
	    "24\n}\n");
}
END_TEST

START_TEST(test_pool)
{
	becomes(
	    "server_pool web {\n alpha\n delay_loop 5\n lvs_method DR\n real_server 10.0.0.11 80\n"
	    " real_server 10.0.0.12 80 {\n  admin_state drain\n  uthreshold 10\n  lthreshold 5\n "
	    "}\n"
	    " check alive {\n  type tcp\n }\n check page {\n  type HTTPS\n  path /x\n  enable_sni\n"
	    "  real_server 10.0.0.12 80\n  status_code 200 301-302\n  retry 3\n }\n}\n"
	    "virtual_server web {\n pool web\n virtual_service tcp 192.0.2.1 80\n}\n"
	    "virtual_server web6 {\n pool web\n virtual_service tcp 192.0.2.2 80 {\n }\n}\n",
	    "server_pool web {\n    alpha\n    check page {\n        type https\n"
	    "        real_server 10.0.0.12 80\n        delay_loop 5\n        retry 3\n        path "
	    "/x\n"
	    "        status_code 200 301-302\n        enable_sni\n    }\n"
	    "    check alive {\n        type tcp\n        delay_loop 5\n    }\n"
	    "    real_server 10.0.0.11 80 {\n        lvs_method dr\n    }\n"
	    "    real_server 10.0.0.12 80 {\n        admin_state drain\n        lvs_method dr\n"
	    "        uthreshold 10\n        lthreshold 5\n    }\n}\n\n"
	    "virtual_server web {\n    virtual_service tcp 192.0.2.1 80\n    pool web\n}\n\n"
	    "virtual_server web6 {\n    virtual_service tcp 192.0.2.2 80\n    pool web\n}\n");
}
END_TEST

START_TEST(test_lvs_errors)
{
	static const char *const cases[][2] = {
	    {"virtual_server v {\n}\n", "1:1: virtual_server v, pool: is missing"},
	    {"virtual_server v {\n pool p\n}\n",
		"2:2: virtual_server v, pool: there is no pool 'p'"},
	    {"server_pool p {\n}\nvirtual_server v {\n pool p\n real_server 10.0.0.1 80\n}\n",
		"5:2: the virtual server uses the pool 'p': its real servers belong there"},
	    {"server_pool p {\n}\nvirtual_server v {\n pool p\n check c {\n }\n}\n",
		"5:2: the virtual server uses the pool 'p': its checks belong there"},
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n lb_kind DR\n real_server 10.0.0.1 "
	     "8080 {\n }\n}\n",
		"4:2: real_server 192.0.2.1:80 10.0.0.1 8080, port: LVS-DR can't change the port: "
		"the real "
		"server has 8080, virtual_service 192.0.2.1:80 tcp 192.0.2.1 80 has 80"},
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n ops\n" SERVER "}\n",
		"3:2: virtual_server 192.0.2.1:80, ops: is for UDP, virtual_service 192.0.2.1:80 "
		"tcp "
		"192.0.2.1 80 is not"},
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n real_server 10.0.0.1 80 {\n  "
	     "lthreshold 1\n }\n}\n",
		"4:3: real_server 192.0.2.1:80 10.0.0.1 80, lthreshold: a lower threshold needs an "
		"upper "
		"threshold"},
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n weight 70000\n}\n",
		"3:9: 'weight': 70000 is not in the range 0..65535"},
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n persistence_granularity 64\n}\n",
		"3:2: virtual_server 192.0.2.1:80, persistence_granularity: 64 is longer than an "
		"IPv4 address, "
		"and virtual_service 192.0.2.1:80 tcp 192.0.2.1 80 is IPv4"},
	    {"virtual_server 192.0.2.1 80 {\n protocol TCP\n alpha\n real_server 10.0.0.1 80 {\n "
	     "}\n"
	     " real_server 10.0.0.2 80 {\n  alpha off\n }\n}\n",
		"7:3: 'alpha' is a setting of the whole pool: another value than that of the first "
		"real server "
		"is not supported"},
	    {"virtual_server v {\n virtual_service icmp 192.0.2.1\n}\n",
		"2:18: 'protocol': 'icmp' is none of tcp udp sctp fwmark"},
	    {"virtual_server v {\n virtual_service tcp fwmark 1\n}\n",
		"2:22: 'fwmark' is not an IPv4 or IPv6 address"},
	    {"virtual_server_group G {\n 192.0.2.1-3 80\n 192.0.2.2 80\n}\nvirtual_server group G "
	     "{\n protocol TCP\n}\n",
		NULL},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases) - 1; i++)
		fails(cases[i][0], cases[i][1]);
	snprintf(text, sizeof(text),
	    "3:2: virtual_service G tcp 192.0.2.2 80 is there already: %s/c:2:2", folder);
	fails(cases[sizeof(cases) / sizeof(*cases) - 1][0], text);
	snprintf(text, sizeof(text),
	    "5:2: real_server 192.0.2.1:80 10.0.0.11 80 is there already: %s/c:3:2", folder);
	fails("virtual_server 192.0.2.1 80 {\n protocol TCP\n" SERVER SERVER "}\n", text);
	ck_assert_ptr_null(
	    read_text("virtual_server 192.0.2.1 80 {\n protocol TCP\n" SERVER "}\n"
		      "virtual_server 192.0.2.1 80 {\n protocol TCP\n" SERVER "}\n"));
	ck_assert_ptr_nonnull(
	    strstr(warnings, "c:6:1: error: virtual_server 192.0.2.1:80 is there already"));
}
END_TEST

/* ---- Checks. */

#define VIRTUAL "virtual_server 192.0.2.1 80 {\n protocol TCP\n"

START_TEST(test_check_defaults)
{
	struct config *c =
	    good(VIRTUAL " real_server 10.0.0.1 80 {\n  TCP_CHECK {\n  }\n  HTTP_GET {\n   url {\n"
			 "    path /\n   }\n  }\n }\n}\n");
	const struct check *k = check(config_store(c), "192.0.2.1:80 tcp");

	/* keepalived 2.2.7's, as it logs them itself */
	ck_assert_uint_eq(k->interval, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(k->timeout, 5 * USEC_PER_SEC);
	ck_assert_uint_eq(k->retries, 1);
	ck_assert_uint_eq(k->retry_delay, 1 * USEC_PER_SEC);
	k = check(config_store(c), "192.0.2.1:80 http");
	ck_assert_uint_eq(k->interval, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(k->retries, 1);
	ck_assert_uint_eq(k->retry_delay, 3 * USEC_PER_SEC);
	config_free(c);
}
END_TEST

/* virtual_server, real_server, checker: each is the default of the next. */
START_TEST(test_check_inheritance)
{
	struct config *c = good(VIRTUAL
	    " real_server 10.0.0.1 80 {\n  retry 4\n  TCP_CHECK {\n   warmup 2.5\n  }\n }\n"
	    " real_server 10.0.0.2 80 {\n  TCP_CHECK {\n   delay_loop 7\n   connect_ip 10.9.9.9\n"
	    "   connect_port 81\n   bindto 10.9.9.1\n  }\n }\n"
	    " delay_loop 10\n retry 3\n delay_before_retry 0.5\n connect_timeout 2\n}\n");
	const struct check *k = check(config_store(c), "192.0.2.1:80 tcp-10.0.0.1:80");
	char text[ADDR_STRLEN];

	ck_assert_uint_eq(k->interval, 10 * USEC_PER_SEC);
	ck_assert_uint_eq(k->retries, 4);
	ck_assert_uint_eq(k->retry_delay, USEC_PER_SEC / 2);
	ck_assert_uint_eq(k->timeout, 2 * USEC_PER_SEC);
	ck_assert_uint_eq(k->warmup, 2500000);
	ck_assert_str_eq(addr_format(&k->server_address, text), "10.0.0.1");
	ck_assert_uint_eq(k->server_port, 80);
	k = check(config_store(c), "192.0.2.1:80 tcp-10.0.0.2:80");
	ck_assert_uint_eq(k->interval, 7 * USEC_PER_SEC);
	ck_assert_uint_eq(k->retries, 3);
	ck_assert_str_eq(addr_format(&k->connect_address, text), "10.9.9.9");
	ck_assert_uint_eq(k->connect_port, 81);
	ck_assert_str_eq(addr_format(&k->bind_address, text), "10.9.9.1");
	config_free(c);
}
END_TEST

#define TCP "  TCP_CHECK {\n  }\n"
#define HTTP "  HTTP_GET {\n   url {\n    path /a\n   }\n   url {\n    path /b\n   }\n  }\n"

static size_t count_checks(const char *text)
{
	struct config *c = good(text);
	size_t n = store_count(config_store(c), TABLE_check);

	config_free(c);
	return n;
}

/* A check that all real servers have is one row; another is a row of its real server. */
START_TEST(test_checks_in_common)
{
	struct config *c;

	ck_assert_uint_eq(
	    count_checks(VIRTUAL " real_server 10.0.0.1 80 {\n" TCP HTTP
				 " }\n real_server 10.0.0.2 80 {\n" HTTP TCP " }\n}\n"),
	    3);
	c = good(VIRTUAL " real_server 10.0.0.1 80 {\n" TCP HTTP
			 " }\n real_server 10.0.0.2 80 {\n" TCP " }\n"
			 " real_server 10.0.0.3 80 {\n  TCP_CHECK {\n  }\n  TCP_CHECK {\n   retry "
			 "9\n  }\n }\n}\n");
	ck_assert(!addr_is_set(&check(config_store(c), "192.0.2.1:80 tcp")->server_address));
	ck_assert_str_eq(check(config_store(c), "192.0.2.1:80 http-10.0.0.1:80")->path, "/a");
	ck_assert_str_eq(check(config_store(c), "192.0.2.1:80 http-10.0.0.1:80-2")->path, "/b");
	ck_assert_uint_eq(check(config_store(c), "192.0.2.1:80 tcp-10.0.0.3:80")->retries, 9);
	ck_assert_uint_eq(store_count(config_store(c), TABLE_check), 4);
	config_free(c);
	warns(VIRTUAL " real_server 10.0.0.1 80 {\n" TCP TCP " }\n}\n",
	    "c:6:3: this real server has the same check already\n");
}
END_TEST

/* Names do not depend on the place in the file, and fit. */
START_TEST(test_check_names)
{
	struct config *c = good("server_pool p {\n check tcp {\n  retry 7\n }\n"
				" real_server 2001:db8:1111:2222:3333:4444:5555:6666 80 {\n" TCP
				" }\n real_server 2001:db8::1 80 {\n"
				" }\n real_server 2001:db8::2 80 {\n" HTTP " }\n}\n");
	const struct check *found = NULL;

	ck_assert_uint_eq(check(config_store(c), "p tcp")->retries, 7);
	ck_assert_str_eq(check(config_store(c), "p http-[2001:db8::2]:80")->path, "/a");
	STORE_FOREACH (check, k, config_store(c)) {
		ck_assert_uint_le(strlen(k->name), 32);
		if (k->type == CHECK_TCP && addr_is_set(&k->server_address))
			found = k;
	}
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(strlen(found->name), strlen("tcp-01234567"));
	config_free(c);
	/* A name that is taken */
	ck_assert_uint_eq(
	    count_checks(
		"server_pool p {\n check tcp {\n  retry 7\n }\n real_server 10.0.0.1 80 {\n" TCP
		" }\n}\n"),
	    2);
}
END_TEST

START_TEST(test_http)
{
	becomes(VIRTUAL
	    " real_server 10.0.0.1 80 {\n  SSL_GET {\n   virtualhost outer\n   http_protocol 1.1\n "
	    "  enable_sni\n"
	    "   connect_timeout 3\n   nb_get_retry 3\n   url {\n    path /a\n"
	    "    digest 640205b7b0fc66c1ea91c463fac6334d\n   }\n"
	    "   url {\n    path /b\n    virtualhost inner\n    regex ^foo\\\\.b\"a r\"\\x41\n"
	    "    regex_options caseless multiline\n    regex_no_match\n    status_code 200-299 "
	    "301\n   }\n"
	    "   fast_recovery\n  }\n }\n}\n",
	    "server_pool 192.0.2.1:80 {\n    check https {\n        type https\n        "
	    "connect_timeout 3\n"
	    "        retry 3\n        path /a\n        digest 640205b7b0fc66c1ea91c463fac6334d\n"
	    "        virtualhost outer\n        http_protocol 1.1\n        enable_sni\n    }\n"
	    "    check https-2 {\n        type https\n        connect_timeout 3\n        retry 3\n"
	    "        path /b\n        status_code 200-299 301\n        regex \"(?im)^foo\\\\.ba "
	    "rA\"\n"
	    "        regex_no_match\n        virtualhost inner\n        http_protocol 1.1\n"
	    "        enable_sni\n    }\n    real_server 10.0.0.1 80\n}\n\n"
	    "virtual_server name 192.0.2.1:80 {\n    virtual_service tcp 192.0.2.1 80\n"
	    "    pool 192.0.2.1:80\n}\n");
}
END_TEST

START_TEST(test_patterns)
{
	static const char *const forms[][2] = {{"a\\\\.b", "a\\.b"}, {"'a \"b'", "a \"b"},
	    {"\"a 'b\"", "a 'b"}, {"a\\ b", "a b"}, {"[0-9]{3}", "[0-9]{3}"},
	    {"\\101\\x42\\x43z", "ABCz"}, {"'a'\"b\"c", "abc"}, {"\"a#b!\"", "a#b!"},
	    {"a${_HASH}$", "a#$"}, {"'^a { b }$'", "^a { b }$"}, {"\"a\\\"b\"", "a\"b"}};
	char text[512];

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct config *c;
		char *printed;

		snprintf(text, sizeof(text),
		    "server_pool p {\n check h {\n  type http\n  regex %s\n }\n}\n", forms[i][0]);
		c = good(text);
		ck_assert_str_eq(check(config_store(c), "p h")->pattern, forms[i][1]);
		printed = print(config_store(c), true);
		config_free(c);
		c = good(printed);
		ck_assert_str_eq(check(config_store(c), "p h")->pattern, forms[i][1]);
		config_free(c);
		free(printed);
	}
}
END_TEST

START_TEST(test_check_errors)
{
	static const char *const cases[][2] = {
	    {"  HTTP_GET {\n  }\n", "4:3: HTTP_GET has no url"},
	    {"  HTTP_GET {\n   url {\n   }\n  }\n", "5:4: the url has no path"},
	    {"  HTTP_GET {\n   url {\n    path x\n   }\n  }\n",
		"6:5: check 192.0.2.1:80 http, path: a path begins with / and has no blanks"},
	    {"  HTTP_GET {\n   url {\n    path /\n    digest 12\n   }\n  }\n",
		"7:5: check 192.0.2.1:80 http, digest: is not 32 hexadecimal digits"},
	    {"  HTTP_GET {\n   url {\n    path /\n    regex (\n   }\n  }\n",
		"7:5: check 192.0.2.1:80 http, regex: the pattern is wrong at character 2: missing "
		"closing "
		"parenthesis"},
	    {"  HTTP_GET {\n   url {\n    path /\n    regex 'a\n   }\n  }\n",
		"7:11: the quoted text has no end in this line"},
	    {"  HTTP_GET {\n   url {\n    path /\n    regex a\\000b\n   }\n  }\n",
		"7:12: a pattern can't have a NUL"},
	    {"  HTTP_GET {\n   url {\n    path /\n    regex a b\n   }\n  }\n",
		"7:13: 'b' is too much after 'a'"},
	    {"  HTTP_GET {\n   url {\n    path /\n    regex_options caseless\n   }\n  }\n",
		"7:5: there is no 'regex' for the options"},
	    {"  HTTP_GET {\n   url {\n    path /\n    regex a\n    regex_options utf\n   }\n  }\n",
		"8:19: the option 'utf' is not supported"},
	    {"  HTTP_GET {\n   url {\n    path /\n    status_code 99\n   }\n  }\n",
		"7:5: check 192.0.2.1:80 http, status_code: status codes are numbers and ranges in "
		"100-599"},
	    {"  HTTP_GET {\n   enable_sni\n   url {\n    path /\n   }\n  }\n",
		"5:4: unknown keyword 'enable_sni' in HTTP_GET"},
	    {"  HTTP_GET {\n   http_protocol 2\n   url {\n    path /\n   }\n  }\n",
		"5:18: 'http_protocol': '2' is none of 1.0 1.1"},
	    {"  TCP_CHECK\n", "4:3: 'TCP_CHECK' needs a block: { ... }"},
	    {"  TCP_CHECK {\n   connect_timeout 0\n  }\n",
		"5:20: 'connect_timeout': 0 s is not in the range 0.01..86400 s"},
	    {"  TCP_CHECK {\n   bindto ff02::1\n  }\n",
		"5:4: check 192.0.2.1:80 tcp, bindto: a host can't have this address (multicast)"},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), VIRTUAL " real_server 10.0.0.1 80 {\n%s }\n}\n",
		    cases[i][0]);
		fails(text, cases[i][1]);
	}
	warns("virtual_server fwmark 1 {\n real_server 10.0.0.1 {\n  TCP_CHECK {\n  }\n }\n}\n",
	    "c:3:3: the check has no port and will fail: give it a connect_port, or the real "
	    "server a port\n");
	warns("server_pool p {\n real_server 10.0.0.1\n check t {\n }\n}\n",
	    "c:3:2: the check has no port and will fail: give it a connect_port, or the real "
	    "server a port\n");
	fails("server_pool p {\n check t {\n  real_server 10.0.0.1 80\n }\n}\n",
	    "3:3: check p t, server_address: the pool 'p' has no such real server");
	warns("virtual_server fwmark 1 {\n real_server 10.0.0.1 {\n  TCP_CHECK {\n   connect_port "
	      "80\n  }\n }\n}\n",
	    "");
}
END_TEST

START_TEST(test_alpha)
{
	struct config *c =
	    good(VIRTUAL " real_server 10.0.0.1 80 {\n  alpha\n }\n real_server 10.0.0.2 80 {\n"
			 "  TCP_CHECK {\n   alpha on\n  }\n }\n}\n");

	ck_assert(store_pool(config_store(c), "192.0.2.1:80")->start_down);
	config_free(c);
	c = good(VIRTUAL " alpha\n real_server 10.0.0.1 80 {\n  alpha off\n }\n}\n");
	ck_assert(!store_pool(config_store(c), "192.0.2.1:80")->start_down);
	config_free(c);
}
END_TEST

/* ---- What the schema alone gives: a column with a keyword needs no code. */

/* Tables whose rows have a block of their own, and how it is opened. */
static const struct {
	enum table_id table;
	const char *before, *after;
} blocks[] = {
    {TABLE_system, "global_defs {\n", "}\n"},
    {TABLE_vrrp_instance, "vrrp_instance V {\n", "}\n"},
    {TABLE_pool, "server_pool p {\n", "}\n"},
    {TABLE_real_server, "server_pool p {\n real_server 10.0.0.1 80 {\n", " }\n}\n"},
    {TABLE_check, "server_pool p {\n check c {\n", " }\n}\n"},
    {TABLE_virtual_server, "virtual_server v {\n", "}\n"},
};

START_TEST(test_every_keyword)
{
	char text[512], word[64];

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		const struct table *t = &tables[blocks[i].table];

		for (size_t k = 0; k < t->ncolumns; k++) {
			const struct column *c = &t->columns[k];
			struct config *config;

			if (c->class != CLASS_CONFIG || !c->keyword ||
			    strncmp(c->keyword, "auth_", 5) == 0)
				continue;
			/* Right or wrong, its value is looked at. */
			snprintf(text, sizeof(text), "%s %s ~\n%s", blocks[i].before, c->keyword,
			    blocks[i].after);
			config = read_text(text);
			snprintf(word, sizeof(word), "unknown keyword '%s'", c->keyword);
			if (!config)
				ck_assert_msg(!strstr(err.text, word), "%s.%s: %s", t->name,
				    c->name, err.text);
			config_free(config);
		}
	}
}
END_TEST

/* What the manuals of keepalived 2.2.7 and of its newest version (2.4) have for VRRP is done, refused or named. */
START_TEST(test_keepalived_words)
{
	static const struct {
		const char *before, *after, *words;
	} list[] = {
	    {"vrrp_instance V {\n", "}\n",
		"state interface vrf use_vmac use_vmac_addr vmac_xmit_base use_ipvlan "
		"native_ipv6 dont_track_primary track_interface track_script track_file "
		"track_process track_bfd mcast_src_ip unicast_src_ip mcast_dst_ip track_src_ip "
		"version check_unicast_src unicast_peer unicast_fault_no_peer unicast_ttl "
		"old_unicast_checksum v3_checksum_as_v2 garp_master_delay garp_master_repeat "
		"garp_lower_prio_delay garp_lower_prio_repeat garp_master_refresh "
		"garp_master_refresh_repeat garp_extra_if down_timer_adverts "
		"timer_expired_backup lower_prio_no_advert higher_prio_send_advert "
		"virtual_router_id priority advert_int authentication auth_hmac "
		"virtual_ipaddress virtual_ipaddress_excluded promote_secondaries "
		"virtual_routes virtual_rules accept no_accept nopreempt preempt preempt_delay "
		"skip_check_adv_addr strict_mode debug notify_master notify_backup "
		"notify_fault notify_stop notify_deleted notify notify_master_rx_lower_pri "
		"notify_priority_changes smtp_alert kernel_rx_buf_size linkbeat_use_polling"},
	    {"vrrp_sync_group G {\n", "}\n",
		"group track_interface track_script track_file track_process track_bfd "
		"notify_master notify_backup notify_fault notify_stop notify_deleted notify "
		"notify_priority_changes smtp_alert global_tracking sync_group_tracking_weight"},
	    {"global_defs {\n", "}\n",
		"tmp_config_directory config_save_dir process_names process_name "
		"vrrp_process_name use_symlink_paths set_supplementary_groups startup_script "
		"startup_script_timeout shutdown_script shutdown_script_timeout router_id "
		"vrrp_mcast_group4 vrrp_mcast_group6 default_interface lvs_sync_daemon "
		"vrrp_garp_master_delay vrrp_garp_master_repeat vrrp_garp_lower_prio_delay "
		"vrrp_down_timer_adverts vrrp_garp_lower_prio_repeat vrrp_garp_master_refresh "
		"vrrp_garp_master_refresh_repeat vrrp_garp_interval vrrp_gna_interval "
		"vrrp_min_garp vrrp_garp_extra_if vrrp_lower_prio_no_advert "
		"vrrp_higher_prio_send_advert vrrp_version nftables nftables_priority "
		"nftables_counters nftables_ifindex vrrp_iptables vrrp_ipsets "
		"disable_local_igmp vrrp_check_unicast_src vrrp_skip_check_adv_addr "
		"vrrp_strict vrrp_notify_priority_changes max_auto_priority "
		"min_auto_priority_delay vrrp_priority vrrp_no_swap vrrp_cpu_affinity "
		"vrrp_rt_priority vrrp_rlimit_rttime snmp_socket enable_snmp_vrrp "
		"enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 enable_traps enable_dbus "
		"dbus_service_name dbus_no_interface_name script_user enable_script_security "
		"notify_fifo notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script "
		"fifo_write_vrrp_states_on_reload dynamic_interfaces vrrp_netlink_cmd_rcv_bufs "
		"vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs "
		"vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs "
		"process_monitor_rcv_bufs_force vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier "
		"umask vrrp_startup_delay vrrp_delay_after_boot log_unknown_vrids vmac_prefix "
		"vmac_addr_prefix random_seed reload_check_config include_check "
		"reload_time_file reload_repeat reload_file data_use_instance "
		"state_file_location stats_file_location json_file_location json_version "
		"iproute_usr_dir iproute_etc_dir"},
	    {"", "",
		"net_namespace net_namespace_ipvs namespace_with_ipsets instance use_pid_dir "
		"linkbeat_use_polling child_wait_time linkbeat_interfaces "
		"interface_up_down_delays track_group static_ipaddress static_routes "
		"static_rules bfd_instance vrrp_script track_file vrrp_track_file "
		"vrrp_track_process garp_group"},
	};
	char text[200], word[60], unknown[100];

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		for (const char *w = list[i].words; *w; w += strspn(w, " ")) {
			struct config *config;

			snprintf(word, sizeof(word), "%.*s", (int)strcspn(w, " "), w);
			w += strlen(word);
			snprintf(
			    text, sizeof(text), "%s %s\n%s", list[i].before, word, list[i].after);
			snprintf(unknown, sizeof(unknown), "unknown keyword '%s'", word);
			config = read_text(text);
			ck_assert_msg(config || !strstr(err.text, unknown), "%s", err.text);
			config_free(config);
		}
	}
}
END_TEST

/* ---- The samples. */

/* Is the word in the text, outside of others? */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
		if ((p == text || strchr("\t\n #", p[-1])) && strchr(" \t\n", p[n]))
			return true;
	return false;
}

static char *sample(const char *name)
{
	const char *source = getenv("SRC");
	char *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "%s/etc/%s", source ? source : ".", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s can't be opened", path);
	ck_assert_uint_gt(fread(text, 1, 65535, f), 0);
	fclose(f);
	return text;
}

START_TEST(test_sample)
{
	char *text = sample("directord.conf");
	struct config *c = read_back();

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	ck_assert_uint_ge(store_count(config_store(c), TABLE_real_server), 2);
	config_free(c);
	free(text);
}
END_TEST

/* The full sample has each keyword of the schema. */
START_TEST(test_full_sample)
{
	char *text = sample("directord.full.conf");
	struct config *c = read_back();

	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_str_eq(warnings, "");
	config_free(c);
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t i = 0; i < tables[t].ncolumns; i++) {
			const struct column *k = &tables[t].columns[i];

			if (k->class != CLASS_CONFIG || !k->keyword)
				continue;
			ck_assert_msg(
			    has_word(text, strcmp(k->keyword, "broadcast") ? k->keyword : "brd"),
			    "%s.%s: etc/directord.full.conf has no '%s'", tables[t].name, k->name,
			    k->keyword);
		}
	}
	free(text);
}
END_TEST

/* ---- Round trips. */

/* Makes a random configuration right by taking back what is refused. */
static void make_right(struct store *s)
{
	struct refusal why;

	while (!validate_all(s, &why)) {
		struct row *key = row_new(why.table), *r, *fresh;
		char reason[WHY_SIZE];

		ck_assert_msg(
		    row_key_parse(key, why.row + strlen(why.table->name), reason), "%s", reason);
		r = store_find(s, key);
		ck_assert_ptr_nonnull(r);
		row_free(key);
		if (why.column >= 0 && why.table->columns[why.column].class == CLASS_CONFIG &&
		    !why.table->columns[why.column].required &&
		    !column_is_default(r, &why.table->columns[why.column])) {
			fresh = row_new(r->table);
			row_copy_columns(r, fresh, (column_mask)1 << why.column);
			row_free(fresh);
		} else {
			store_remove(s, r);
			row_free(r);
		}
	}
}

static void insert_random(struct dice *d, struct store *s, struct row *r)
{
	dice_columns(d, r, table_mask(r->table, CLASS_CONFIG));
	if (store_insert(s, r))
		row_free(r);
}

static struct row *random_key(struct dice *d, enum table_id t, const char *parent)
{
	struct row *r = row_new(&tables[t]);

	dice_columns(d, r, table_mask(r->table, CLASS_KEY));
	if (parent)
		row_set_text(COLUMN_PTR(r, &r->table->columns[0]), parent);
	return r;
}

static void random_pool(struct dice *d, struct store *s, const char *name)
{
	struct pool *p = ROW_NEW(pool);
	int family = dice_below(d, 2) ? ADDR_IPV4 : ADDR_IPV6;

	row_set_text(&p->name, name);
	insert_random(d, s, &p->row);
	for (int i = 0; i < 5; i++) {
		struct row *rs = random_key(d, TABLE_real_server, name),
			   *c = random_key(d, TABLE_check, name);

		do
			((struct real_server *)rs)->address = dice_addr(d, false);
		while (((struct real_server *)rs)->address.family != family);
		dice_columns(d, c, table_mask(c->table, CLASS_CONFIG));
		if (dice_below(d, 4)) {
			((struct check *)c)->server_address = ((struct real_server *)rs)->address;
			((struct check *)c)->server_port = ((struct real_server *)rs)->port;
		}
		insert_random(d, s, rs);
		if (store_insert(s, c))
			row_free(c);
	}
}

static void random_virtual_server(
    struct dice *d, struct store *s, const char *name, const char *pool)
{
	struct row *r = random_key(d, TABLE_virtual_server, name);

	dice_columns(d, r, table_mask(r->table, CLASS_CONFIG));
	row_set_text(&((struct virtual_server *)r)->pool, pool);
	if (store_insert(s, r))
		row_free(r);
	for (int i = 0; i < 3; i++) {
		struct row *v = random_key(d, TABLE_virtual_service, name);
		struct virtual_service *vs = (struct virtual_service *)v;

		if (vs->protocol == SERVICE_FWMARK)
			vs->address = addr_any(vs->address.family);
		insert_random(d, s, v);
	}
}

/* What is left to be random is little. */
static void make_strict(struct vrrp_instance *i)
{
	bool owner = i->priority == 255;

	i->initial_state = owner ? VRRP_INITIAL_MASTER : VRRP_INITIAL_BACKUP;
	i->auth_type = VRRP_AUTH_NONE;
	i->preempt_delay = 0;
	i->accept = i->accept && (owner || i->version == 3);
	i->garp_lower_repeat = 0;
	i->lower_prio_no_advert = true;
	i->higher_prio_send_advert = false;
	i->vmac_xmit_base = false;
}

static void random_instance(struct dice *d, struct store *s, const char *name, const char *group)
{
	struct row *r = random_key(d, TABLE_vrrp_instance, name);
	struct vrrp_instance *i = (struct vrrp_instance *)r;

	dice_columns(d, r, table_mask(r->table, CLASS_CONFIG));
	row_set_text(&i->sync_group, dice_below(d, 2) ? group : "");
	row_set_text(&i->interface, "eth0");
	if (i->family == INET_IPV6)
		i->version = 3;
	if (i->strict_mode && dice_below(d, 4))
		make_strict(i);
	if (i->version == 2)
		i->advert_interval = (1 + dice_below(d, 255)) * USEC_PER_SEC;
	else
		i->advert_interval = (1 + dice_below(d, 4095)) * USEC_PER_CSEC;
	if (store_insert(s, r)) {
		row_free(r);
		return;
	}
	for (int k = 0; k < 4; k++) {
		struct row *a = random_key(d, TABLE_vrrp_address, name);

		dice_columns(d, a, table_mask(a->table, CLASS_CONFIG));
		if (dice_below(d, 2))
			((struct vrrp_address *)a)->position = (uint32_t)k;
		if (store_insert(s, a))
			row_free(a);
		if (!i->strict_mode)
			insert_random(d, s, random_key(d, TABLE_vrrp_peer, name));
	}
}

static void random_script(struct dice *d, struct store *s)
{
	struct row *r = random_key(d, TABLE_script, NULL);

	dice_columns(d, r, table_mask(r->table, CLASS_CONFIG));
	row_set_text(&((struct script *)r)->command, "/x 'a b' \"c\" \\d");
	if (store_insert(s, r))
		row_free(r);
}

static void random_track_file(struct dice *d, struct store *s)
{
	struct row *r = random_key(d, TABLE_track_file, NULL);
	struct track_file *f = (struct track_file *)r;

	dice_columns(d, r, table_mask(r->table, CLASS_CONFIG));
	row_set_text(&f->path, "/x 'a b' \"c\" \\d");
	if (f->init == TRACK_INIT_NONE)
		f->init_value = 0;
	if (store_insert(s, r))
		row_free(r);
}

static void random_track_process(struct dice *d, struct store *s)
{
	struct row *r = random_key(d, TABLE_track_process, NULL);
	struct track_process *p = (struct track_process *)r;

	dice_columns(d, r, table_mask(r->table, CLASS_CONFIG));
	row_set_text(&p->process, "/x a\\ b c\\\"d");
	if (p->quorum > p->quorum_max)
		p->quorum = 1;
	if (store_insert(s, r))
		row_free(r);
}

/* Scripts of some of the events that the owner has. */
static void random_notify(struct dice *d, struct store *s, enum notify_owner kind,
    const char *owner, const struct addr *address, uint32_t port)
{
	for (const struct notify_keyword *k = notify_keywords; k->keyword; k++) {
		struct notify_script *n;

		if (k->kind != kind || dice_below(d, 3))
			continue;
		n = ROW_NEW(notify_script);
		dice_columns(d, &n->row, table_mask(n->row.table, CLASS_CONFIG));
		n->owner_kind = kind;
		row_set_text(&n->owner, owner);
		n->address = address ? *address : notify_no_address;
		n->port = port;
		n->event = k->event;
		row_set_text(&n->command, "/x 'a b' \"c\" \\d");
		if (!*n->user)
			row_set_text(&n->user_group, "");
		if (store_insert(s, &n->row))
			row_free(&n->row);
	}
}

static void random_notifies(struct dice *d, struct store *s)
{
	STORE_FOREACH (vrrp_instance, i, s)
		random_notify(d, s, NOTIFY_INSTANCE, i->name, NULL, 0);
	STORE_FOREACH (sync_group, g, s)
		random_notify(d, s, NOTIFY_GROUP, g->name, NULL, 0);
	STORE_FOREACH (virtual_server, vs, s)
		random_notify(d, s, NOTIFY_VIRTUAL_SERVER, vs->name, NULL, 0);
	STORE_FOREACH (real_server, rs, s)
		random_notify(d, s, NOTIFY_REAL_SERVER, rs->pool, &rs->address, rs->port);
	random_notify(d, s, NOTIFY_DIRECTOR, NOTIFY_DIRECTOR_NAME, NULL, 0);
	for (int k = FIFO_ALL; k <= FIFO_LVS; k++) {
		struct notify_fifo *f = ROW_NEW(notify_fifo);

		dice_columns(d, &f->row, table_mask(f->row.table, CLASS_CONFIG));
		f->kind = (enum notify_fifo_kind)k;
		row_set_textf(&f->path, "/run/a b%d", k);
		row_set_text(&f->command, dice_below(d, 2) ? "/x 'a b'" : "");
		if (!*f->command)
			row_set_text(&f->command_user, "");
		if (!*f->user)
			row_set_text(&f->user_group, "");
		if (!*f->command_user)
			row_set_text(&f->command_group, "");
		if (store_insert(s, &f->row))
			row_free(&f->row);
	}
}

/* Two interfaces, and one of each other kind that an instance or a group tracks. */
static void random_tracks(struct dice *d, struct store *s, enum table_id t, const char *owner)
{
	for (int k = 0; k <= TRACK_PROCESS; k++) {
		enum track_kind kind = k ? (enum track_kind)k : TRACK_INTERFACE;
		struct row *r = random_key(d, t, owner);
		const struct row *source = NULL;
		const char *name = k ? "eth1" : "x#\"y";

		if (track_table(kind) >= 0)
			source = store_first(s, (enum table_id)track_table(kind));
		if (source)
			name = column_text(source, &source->table->columns[0]);
		if (strlen(name) > 48) {
			row_free(r);
			continue;
		}
		column_set_number(r, &r->table->columns[COL_vrrp_track_kind], kind);
		row_set_text(COLUMN_PTR(r, &r->table->columns[COL_vrrp_track_tracked]), name);
		insert_random(d, s, r);
	}
}

/* None, one, two, or two that are alike and become one line. */
static void random_sync_daemons(struct dice *d, struct store *s)
{
	bool alike = dice_below(d, 2);
	struct row *first = NULL;

	for (int role = SYNC_MASTER; role <= SYNC_BACKUP; role++) {
		struct sync_daemon *r = ROW_NEW(sync_daemon);
		const struct row *i = store_first(s, TABLE_vrrp_instance);

		r->role = (enum sync_role)role;
		dice_columns(d, &r->row, table_mask(r->row.table, CLASS_CONFIG));
		r->row_status = STATUS_ACTIVE;
		row_set_text(&r->interface, "lan");
		row_set_text(&r->vrrp_instance,
		    i && dice_below(d, 2) ? ((const struct vrrp_instance *)i)->name : "");
		if (first && alike)
			row_copy_columns(&r->row, first, table_mask(r->row.table, CLASS_CONFIG));
		if (dice_below(d, 8) == 0 || store_insert(s, &r->row)) {
			row_free(&r->row);
			continue;
		}
		first = &r->row;
	}
}

/* A prefix without bits behind it. */
static uint32_t random_prefix(struct dice *d, struct addr *a)
{
	uint32_t length = (uint32_t)addr_len(a) * dice_below(d, 9);

	for (uint32_t i = 0; i < addr_len(a) * 8; i++)
		if (i >= length)
			a->bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return length;
}

static void random_route(struct dice *d, struct store *s, const char *instance)
{
	static const char *const several[] = {
	    "nexthop via 10.0.0.1 dev lan weight 2 nexthop dev srv", "nexthop dev a onlink", ""};
	struct vrrp_route *t = (struct vrrp_route *)random_key(d, TABLE_vrrp_route, instance);

	dice_columns(d, &t->row, table_mask(t->row.table, CLASS_CONFIG));
	t->prefix_length = random_prefix(d, &t->destination);
	t->tos = t->destination.family == ADDR_IPV4 ? t->tos : 0;
	row_set_text(&t->nexthops, several[dice_below(d, 3)]);
	row_set_text(&t->interface, *t->nexthops ? "" : "srv");
	t->gateway = addr_any(ADDR_NONE);
	if (!*t->nexthops && dice_below(d, 2))
		ck_assert(addr_parse(
		    &t->gateway, t->destination.family == ADDR_IPV4 ? "10.1.1.1" : "fe80::1"));
	if (dice_below(d, 2))
		t->type = ROUTE_UNICAST;
	if (store_insert(s, &t->row))
		row_free(&t->row);
}

static void random_rule(struct dice *d, struct store *s, const char *instance)
{
	struct vrrp_rule *u = (struct vrrp_rule *)random_key(d, TABLE_vrrp_rule, instance);

	dice_columns(d, &u->row, table_mask(u->row.table, CLASS_CONFIG));
	u->source_length = random_prefix(d, &u->source);
	u->destination_length = random_prefix(d, &u->destination);
	u->family = u->source.family == ADDR_IPV6 ? INET_IPV6 : INET_IPV4;
	if (dice_below(d, 2))
		u->action = RULE_LOOKUP;
	if (dice_below(d, 2))
		u->target = 0;
	row_set_text(&u->input_interface, dice_below(d, 2) ? "a#b" : "");
	row_set_text(&u->output_interface, "");
	if (store_insert(s, &u->row))
		row_free(&u->row);
}

static void random_static(struct dice *d, struct store *s)
{
	struct static_address *a =
	    (struct static_address *)random_key(d, TABLE_static_address, "lan");

	dice_columns(d, &a->row, table_mask(a->row.table, CLASS_CONFIG));
	row_set_text(&a->label_text, dice_below(d, 2) ? "lan:1" : "");
	if (store_insert(s, &a->row))
		row_free(&a->row);
}

static void random_interface(struct dice *d, struct store *s)
{
	struct vrrp_interface *i =
	    (struct vrrp_interface *)random_key(d, TABLE_vrrp_interface, NULL);

	dice_columns(d, &i->row, table_mask(i->row.table, CLASS_CONFIG));
	if (store_insert(s, &i->row))
		row_free(&i->row);
}

static void random_routing(struct dice *d, struct store *s)
{
	STORE_FOREACH (vrrp_instance, i, s) {
		random_route(d, s, i->name);
		random_rule(d, s, i->name);
	}
	for (int i = 0; i < 3; i++) {
		random_route(d, s, "");
		random_rule(d, s, "");
		random_static(d, s);
		random_interface(d, s);
	}
}

static struct store *random_store(struct dice *d)
{
	struct store *s = store_new();
	char name[64], other[64];

	dice_columns(d, &store_system(s)->row, table_mask(&tables[TABLE_system], CLASS_CONFIG));
	store_notifications(s);
	STORE_FOREACH (notification, n, s)
		if (dice_below(d, 2))
			dice_columns(d, &n->row, table_mask(n->row.table, CLASS_CONFIG));
	for (int i = 0; i < 4; i++) {
		struct row *g = random_key(d, TABLE_sync_group, NULL);

		dice_text(d, name, 1, 60);
		dice_text(d, other, 1, 60);
		random_script(d, s);
		random_track_file(d, s);
		random_track_process(d, s);
		random_pool(d, s, name);
		random_virtual_server(d, s, other, name);
		insert_random(d, s, g);
		g = store_first(s, TABLE_sync_group);
		dice_text(d, other, 1, 60);
		random_instance(d, s, other, ((struct sync_group *)g)->name);
		random_tracks(d, s, TABLE_vrrp_track, other);
		random_tracks(d, s, TABLE_sync_group_track, ((struct sync_group *)g)->name);
	}
	random_sync_daemons(d, s);
	random_routing(d, s);
	make_right(s);
	random_notifies(d, s);
	make_right(s);
	return s;
}

static void same_rows(struct store *a, struct store *b, enum table_id t, const char *text)
{
	column_mask config = table_mask(&tables[t], CLASS_CONFIG);
	char name[ROW_TEXT_SIZE];

	ck_assert_msg(store_count(a, t) == store_count(b, t), "%s: %zu rows, were %zu\n%s",
	    tables[t].name, store_count(b, t), store_count(a, t), text);
	for (struct row *r = store_first(a, t); r; r = store_next(r)) {
		struct row *other = store_find(b, r);
		column_mask differ;

		ck_assert_msg(other != NULL, "%s is lost\n%s", row_format(r, name), text);
		differ = row_diff(r, other) & config;
		ck_assert_msg(!differ, "%s: columns %" PRIx64 ":%" PRIx64 " differ\n%s",
		    row_format(r, name), (uint64_t)(differ >> 64), (uint64_t)differ, text);
	}
}

START_TEST(test_round_trip)
{
	struct dice d = {7};
	size_t rows[TABLE_COUNT] = {0};

	for (int i = 0; i < 1000; i++) {
		struct store *s = random_store(&d);
		char *text = print(s, true), *again;
		struct config *c = good(text);

		for (enum table_id t = 0; t < TABLE_COUNT; t++) {
			rows[t] += store_count(s, t);
			same_rows(s, config_store(c), t, text);
		}
		again = print(config_store(c), true);
		ck_assert_str_eq(again, text);
		ck_assert_ptr_null(strstr(warnings, "second time"));
		config_free(c);
		store_free(s);
		free(text);
		free(again);
	}
	/* Enough of each kind was right. */
	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		ck_assert_msg(
		    !tables[t].config || rows[t] > 500, "only %zu of %s", rows[t], tables[t].name);
}
END_TEST

/* Printed as a file and read again, the rows are the same. */
static void survives(struct store *s)
{
	char *text = print(s, true);
	struct config *c = read_text(text);

	store_notifications(s);
	ck_assert_msg(c != NULL, "%s\n%s", err.text, text);
	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		same_rows(s, config_store(c), t, text);
	config_free(c);
	free(text);
}

static struct row *made(struct store *s, const char *table, const char *const *keys)
{
	struct row *r = row_new(table_find(table));
	char why[WHY_SIZE];

	for (size_t i = 0; i < r->table->keys; i++)
		ck_assert_msg(column_parse(r, &r->table->columns[i], keys[i], why), "%s", why);
	r->origin = STORAGE_NONVOLATILE;
	ck_assert_ptr_null(store_insert(s, r));
	return r;
}

#define MADE(t, ...) ((struct t *)made(s, #t, (const char *const[]){__VA_ARGS__}))

/* One of everything, all with one name. */
static struct store *named(const char *name)
{
	struct store *s = store_new();
	struct vrrp_instance *i;

	store_system(s);
	store_notifications(s);
	MADE(pool, name);
	MADE(real_server, name, "10.0.0.1", "80");
	MADE(check, name, name);
	row_set_text(&MADE(virtual_server, name)->pool, name);
	MADE(virtual_service, name, "tcp", "192.0.2.1", "80");
	MADE(sync_group, name);
	row_set_text(&MADE(sync_daemon, "master")->interface, "lan");
	i = MADE(vrrp_instance, name);
	row_set_text(&i->interface, "eth0");
	row_set_text(&i->sync_group, name);
	i->vrid = 1;
	MADE(vrrp_address, name, "192.0.2.1");
	MADE(vrrp_peer, name, "192.0.2.9");
	row_set_text(&MADE(vrrp_route, name, "10.1.0.0", "16", "254", "0", "0")->interface, "lan");
	row_set_text(&MADE(vrrp_route, "", "::", "0", "77", "5", "0")->interface, "lan");
	MADE(vrrp_rule, name, "inet", "1", "1");
	MADE(vrrp_rule, "", "inet6", "4294967295", "65535");
	MADE(static_address, "lan", "10.0.0.1");
	MADE(vrrp_interface, "lan");
	MADE(vrrp_track, name, "interface", "eth1");
	row_set_text(&MADE(script, "s")->command, "/bin/true");
	MADE(vrrp_track, name, "script", "s");
	row_set_text(&MADE(track_file, "f")->path, "/run/load");
	row_set_text(&MADE(track_process, "p")->process, "haproxy");
	MADE(vrrp_track, name, "file", "f");
	MADE(sync_group_track, name, "interface", "eth1");
	row_set_text(
	    &MADE(notify_script, "instance", name, "0.0.0.0", "0", "any")->command, "/x y");
	MADE(notify_script, "instance", name, "0.0.0.0", "0", "deleted");
	row_set_text(&MADE(notify_script, "group", name, "0.0.0.0", "0", "stop")->command, "/x");
	row_set_text(
	    &MADE(notify_script, "realServer", name, "10.0.0.1", "80", "up")->command, "/x");
	row_set_text(
	    &MADE(notify_script, "virtualServer", name, "0.0.0.0", "0", "down")->command, "/x");
	row_set_text(&MADE(notify_fifo, "vrrp")->path, "/run/x");
	return s;
}

/* A SET can give any name, also one that is a word of the file. */
START_TEST(test_any_name)
{
	static const char *const names[] = {"name", "group", "fwmark", "include", "pool", "}", "{",
	    "{ }", "#", "!", "# x", "@left x", "@", "$x", "${x}", "$", "~SEQ(a,1,3)", "~", "<x>",
	    "x\\", "\\", "'", "\"", "\"x", "''", "on", "tcp", "10.0.0.1", "10.0.0.1-9", "::1",
	    "10.0.0.1 80", "10.0.0.1:80", "[::1]:80", "fwmark 5", "group x", "name x", " ", " x ",
	    "x  y", "global_defs", "virtual_server", "real_server", "\xc3\xa4", "\xff", "=", "x=1",
	    "$x=1", "a;b", "dev", "position", "type"};
	struct refusal why;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct store *s = named(names[i]);

		ck_assert_msg(validate_all(s, &why), "%s: %s: %s", names[i], why.row, why.reason);
		survives(s);
		store_free(s);
	}
}
END_TEST

/* Rows that a file rarely has: nothing belongs to them, or nothing uses them. */
START_TEST(test_lonely_rows)
{
	struct store *s = store_new();
	struct vrrp_instance *i;
	struct check *c;
	struct refusal why;

	store_system(s);
	MADE(pool, "empty");
	MADE(pool, "checks");
	MADE(check, "checks", "a");
	c = MADE(check, "checks", "http");
	c->type = CHECK_HTTP;
	row_set_text(&c->path, "/");
	MADE(pool, "servers");
	MADE(real_server, "servers", "2001:db8::1", "0");
	MADE(real_server, "servers", "10.0.0.1", "0");
	row_set_text(&MADE(virtual_server, "no service")->pool, "empty");
	row_set_text(&MADE(virtual_server, "10.0.0.9:80")->pool, "empty");
	MADE(sync_group, "no members");
	i = MADE(vrrp_instance, "no address");
	row_set_text(&i->interface, "eth0");
	i->vrid = 255;
	i->priority = 255;
	i = MADE(vrrp_instance, "excluded only");
	row_set_text(&i->interface, "eth0");
	i->vrid = 1;
	i->auth_type = VRRP_AUTH_NONE; /* but */
	row_set_text(&i->auth_password, "x # \"y");
	MADE(vrrp_address, "excluded only", "10.0.0.7")->excluded = true;
	ck_assert_msg(validate_all(s, &why), "%s: %s", why.row, why.reason);
	survives(s);
	store_free(s);
}
END_TEST

/* The n-th value to try; false: there are no more, or the column cannot have it. */
#define TRIES 20
static bool try_value(struct row *r, const struct column *c, size_t n)
{
	static const char *const texts[TRIES] = {"", "x", "0", "1", "2", "200-299 301", "/a b\"c",
	    "^a{2}\\d\\\\$", "a.b", "d41d8cd98f00b204e9800998ecf8427e", "$x ${y} @z #", "10.0.0.1",
	    "2001:db8::1", "on", "off", "0.01", "99.999999", "'", "{}", "!"};
	char why[WHY_SIZE];
	size_t words = 0;

	if (c->type == TYPE_ENUM) {
		while (c->words->words[words].word && words < n)
			words++;
		return c->words->words[words].word &&
		       column_parse(r, c, c->words->words[words].word, why);
	}
	if (c->type == TYPE_TEXT && n >= TRIES - 2) { /* the longest, all of it to be quoted */
		char text[256] = "";

		memset(text, n == TRIES - 1 ? '"' : '$', (size_t)column_max(c));
		return column_parse(r, c, text, why);
	}
	if ((c->type == TYPE_INT || c->type == TYPE_UINT || c->type == TYPE_USEC) && n < 2) {
		column_set_number(r, c, n ? column_max(c) : column_min(c));
		return true;
	}
	return column_parse(r, c, texts[n], why);
}

/* Each column by itself, in rows that have nothing else. */
/* Of the words of a process the file keeps what they are, not how they were quoted. */
static void requote(struct store *s)
{
	STORE_FOREACH (track_process, p, s) {
		char **words = words_split(p->process), text[600] = "";

		for (char **w = words; w && *w; w++)
			ck_assert(words_add(text, sizeof(text), *w));
		if (words && strlen(text) < 256)
			row_set_text(&p->process, text);
		free(words);
	}
}

START_TEST(test_each_column)
{
	unsigned tried = 0;
	struct refusal why;

	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t k = 0; k < tables[t].ncolumns * (size_t)TRIES; k++) {
			const struct column *c = &tables[t].columns[k / TRIES];
			struct store *s;

			if (c->class != CLASS_CONFIG || c == table_status(&tables[t]))
				continue;
			s = named("x");
			if (try_value(store_first(s, (enum table_id)t), c, k % TRIES) &&
			    validate_all(s, &why)) {
				tried++;
				requote(s);
				survives(s);
			}
			store_free(s);
		}
	}
	ck_assert_uint_gt(tried, 200);
}
END_TEST

/* What is left out without secrets, and that the file is right without it. */
START_TEST(test_without_secrets)
{
	struct store *s = named("x");
	struct vrrp_instance *i = store_vrrp_instance(s, "x");
	char *text;

	i->auth_type = VRRP_AUTH_PASS;
	row_set_text(&i->auth_password, "geheim");
	text = print(s, false);
	ck_assert_ptr_nonnull(strstr(text, "    # authentication is left out: it is a secret\n"));
	ck_assert_ptr_null(strstr(text, "geheim"));
	config_free(good(text));
	free(text);
	store_free(s);
}
END_TEST

/* ---- Large files: CPU time, because the machine may have other things to do. */

static usec_t cpu_time(void)
{
	return (usec_t)clock() * USEC_PER_SEC / CLOCKS_PER_SEC;
}

static usec_t time_of(int servers)
{
	FILE *f = fopen(path, "w");
	struct config *c;
	usec_t before, took;

	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < servers; i++) {
		if (i % 100 == 0)
			fprintf(f,
			    "%svirtual_server 10.%d.%d.1 80 {\n protocol TCP\n lb_algo wrr\n "
			    "delay_loop 6\n",
			    i ? "}\n" : "", 100 + i / 25600, i / 100 % 256);
		fprintf(f,
		    " real_server 172.%d.%d.%d 8080 {\n  weight %d\n  TCP_CHECK {\n   "
		    "connect_timeout 3\n  }\n"
		    "  HTTP_GET {\n   url {\n    path /health\n    status_code 200\n   }\n  }\n "
		    "}\n",
		    16 + i / 62500, i / 250 % 250, i % 250 + 1, i % 7);
	}
	fprintf(f, "}\n");
	fclose(f);
	before = cpu_time();
	c = read_back();
	took = cpu_time() - before;
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_uint_eq(store_count(config_store(c), TABLE_real_server), (size_t)servers);
	ck_assert_uint_eq(store_count(config_store(c), TABLE_check), (size_t)servers / 100 * 2);
	config_free(c);
	return took;
}

START_TEST(test_large)
{
	usec_t small = time_of(10000), large = time_of(100000);

	printf("# 10,000 real servers: %" PRIu64 " ms, 100,000: %" PRIu64 " ms\n", small / 1000,
	    large / 1000);
	/* Linear, with a margin for memory that no longer fits into the caches. */
	ck_assert_uint_lt(large, 25 * small);
}
END_TEST

/* One pool of many servers, each with a check of its own. */
START_TEST(test_large_pool)
{
	const int n = 50000;
	FILE *f = fopen(path, "w");
	usec_t before, took;
	struct config *c;

	fprintf(f, "virtual_server 10.0.0.1 80 {\n protocol TCP\n");
	for (int i = 0; i < n; i++)
		fprintf(f,
		    " real_server 172.16.%d.%d 80 {\n  TCP_CHECK {\n   connect_port %d\n  }\n }\n",
		    i / 250, i % 250 + 1, 1000 + i);
	fprintf(f, "}\n");
	fclose(f);
	before = cpu_time();
	c = read_back();
	took = cpu_time() - before;
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_uint_eq(store_count(config_store(c), TABLE_check), (size_t)n);
	printf("# 50,000 real servers of one pool, each with its check: %" PRIu64 " ms\n",
	    took / 1000);
	ck_assert_uint_lt(took, 20 * USEC_PER_SEC);
	config_free(c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_empty, test_origin, test_comments, test_braces,
	    test_quotes, test_conditions, test_parameters, test_values_of_several_lines,
	    test_parameters_without_end, test_include, test_modified, test_include_errors,
	    test_include_deep, test_no_file, test_binary, test_truncated, test_structure,
	    test_unknown, test_values, test_routes, test_rules, test_static_addresses,
	    test_interface_delays, test_linkbeat, test_vrf, test_route_vrf, test_route_errors,
	    test_no_accept, test_strict_mode, test_strict_mode_resets, test_unsupported,
	    test_samples, test_vmac, test_vmac_names, test_vmac_addresses, test_multicast_group,
	    test_garp_group, test_garp_extra, test_address_options, test_vmac_options,
	    test_track_source, test_empty_script, test_notify, test_idle, test_many_errors,
	    test_global, test_notification, test_instance, test_instance_owner, test_instance_idle,
	    test_password, test_instance_defaults, test_addresses, test_address_errors,
	    test_sync_daemon, test_sync_group, test_tracking, test_scripts, test_track_file,
	    test_track_process, test_track_service, test_tracking_errors, test_instance_errors,
	    test_virtual_server, test_names, test_protocol, test_group, test_group_errors,
	    test_mark_family, test_server_defaults, test_sorry_method, test_scheduler_flags,
	    test_corrections, test_pool, test_lvs_errors, test_check_defaults,
	    test_check_inheritance, test_checks_in_common, test_check_names, test_http,
	    test_patterns, test_check_errors, test_alpha, test_every_keyword, test_keepalived_words,
	    test_sample, test_full_sample, test_round_trip, test_any_name, test_lonely_rows,
	    test_each_column, test_without_secrets, test_large, test_large_pool};
	Suite *s = suite_create("config");
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
