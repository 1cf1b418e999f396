/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IPVS client and the reconciler against a real kernel, for the lab.
 *
 *	lvs_kernel matrix         makes one service for everything that a service and a destination can be,
 *	                          reads it back, and prints it as `ipvsadm -Sn` has to
 *	lvs_kernel change         turns that table into another one, and back, in place
 *	lvs_kernel errors         the kernel's refusals, each attributed to its operation
 *	lvs_kernel fill N M       N services with M destinations each, timed
 *	lvs_kernel clear          removes everything, operation by operation
 *
 * Exit status 0: it held; else what did not is on standard error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/clock.h"
#include "core/lvs/reconcile.h"

static int failures;

static void fail(const char *what, const char *subject, const char *reason)
{
	fprintf(stderr, "%s %s: %s\n", what, subject, reason);
	failures++;
}

static struct addr addr(const char *text)
{
	struct addr a;

	if (!addr_parse(&a, text)) {
		fprintf(stderr, "%s is no address\n", text);
		exit(2);
	}
	return a;
}

/* -------------------------------------------------------------------- the matrix */

static const char *const schedulers[] = {
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf"};
#define N_SCHEDULERS (sizeof(schedulers) / sizeof(schedulers[0]))

static struct ipvs_service service(
    const char *a, uint8_t protocol, uint16_t port, const char *sched)
{
	struct ipvs_service s = {.key = {.addr = addr(a), .protocol = protocol, .port = port}};

	snprintf(s.scheduler, sizeof(s.scheduler), "%s", sched);
	s.netmask = s.key.addr.family == ADDR_IPV4 ? 0xffffffff : 128;
	return s;
}

static struct ipvs_service mark(uint32_t fwmark, enum addr_family family)
{
	struct ipvs_service s = {.key = {.addr = addr_any(family), .fwmark = fwmark}};

	strcpy(s.scheduler, "wlc");
	s.netmask = family == ADDR_IPV4 ? 0xffffffff : 128;
	return s;
}

static struct ipvs_service persistent(struct ipvs_service s, uint32_t timeout, uint32_t netmask)
{
	s.flags |= IP_VS_SVC_F_PERSISTENT;
	s.timeout = timeout;
	s.netmask = netmask;
	return s;
}

static struct ipvs_dest dest(const char *a, uint16_t port, uint8_t forward, int32_t weight)
{
	return (struct ipvs_dest){
	    .addr = addr(a), .port = port, .forward = forward, .weight = weight};
}

static void add_tunnels(struct ipvs_table *t, const char *const a[3], uint16_t port)
{
	struct ipvs_dest d = dest(a[0], port, IPVS_FORWARD_TUN, 5);

	d.tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
	d.tunnel_port = 6080;
	d.tunnel_flags = IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
	ipvs_table_add_dest(t, &d);
	d.addr = addr(a[1]);
	d.tunnel_flags = IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM;
	ipvs_table_add_dest(t, &d);
	d.addr = addr(a[2]);
	d.tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_GRE;
	d.tunnel_port = 0;
	d.tunnel_flags = IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM;
	ipvs_table_add_dest(t, &d);
}

static void add_dests(struct ipvs_table *t, const char *prefix, uint16_t port, bool thresholds)
{
	static const uint8_t forwards[] = {IPVS_FORWARD_NAT, IPVS_FORWARD_DR, IPVS_FORWARD_TUN};
	static const int32_t weights[] = {0, 1, 65535};
	char text[ADDR_STRLEN];

	for (int i = 0; i < 3; i++) {
		struct ipvs_dest d;

		snprintf(text, sizeof(text), "%s%d", prefix, i + 1);
		d = dest(text, port, forwards[i], weights[i]);
		if (thresholds) {
			d.upper = 1000u * (unsigned)(i + 1);
			d.lower = 10u * (unsigned)i;
		}
		ipvs_table_add_dest(t, &d);
	}
}

static void add_service(struct ipvs_table *t, struct ipvs_service s)
{
	bool v6 = s.key.addr.family == ADDR_IPV6;

	ipvs_table_add_service(t, &s);
	add_dests(t, v6 ? "2001:db8:1::" : "10.1.1.", s.key.port, s.key.port % 2);
}

static void add_family(struct ipvs_table *t, const char *vip)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};

	for (uint16_t i = 0; i < N_SCHEDULERS; i++) {
		for (uint16_t p = 0; p < 3; p++)
			add_service(t, service(vip, protocols[p], 1000 + i, schedulers[i]));
	}
}

static void add_flags(struct ipvs_table *t, const char *vip)
{
	static const char *const two[] = {"sh", "mh"};
	struct ipvs_service s;

	for (uint16_t i = 0; i < 2; i++) {
		for (uint16_t f = 1; f < 4; f++) {
			s = service(vip, IPPROTO_TCP, 2000 + 10 * i + f, two[i]);
			s.flags |= f * IP_VS_SVC_F_SCHED1;
			add_service(t, s);
		}
	}
	s = service(vip, IPPROTO_UDP, 2100, "rr");
	s.flags |= IP_VS_SVC_F_ONEPACKET;
	add_service(t, s);
	s = persistent(service(vip, IPPROTO_UDP, 5060, "rr"), 60, s.netmask);
	strcpy(s.engine, "sip");
	add_service(t, s);
}

static void add_odd(struct ipvs_table *t)
{
	static const char *const tunnels4[] = {"10.2.2.1", "10.2.2.2", "10.2.2.3"};
	static const char *const tunnels6[] = {"2001:db8:2::1", "2001:db8:2::2", "2001:db8:2::3"};
	struct ipvs_dest d;

	add_service(t, persistent(service("192.0.2.1", IPPROTO_TCP, 3000, "wlc"), 300, 0xffffff00));
	add_service(t, persistent(service("2001:db8::1", IPPROTO_TCP, 3000, "wlc"), 360, 64));
	add_service(t, persistent(service("192.0.2.1", IPPROTO_TCP, 0, "wlc"), 1, 0xffffffff));
	add_service(t, mark(7, ADDR_IPV4));
	add_service(t, mark(7, ADDR_IPV6));
	add_service(t, persistent(mark(4294967295u, ADDR_IPV4), 2678400, 0xffff0000));
	add_service(t, service("192.0.2.1", IPPROTO_TCP, 4000, "wrr"));
	add_tunnels(t, tunnels4, 4000);
	d = dest("2001:db8:3::1", 4000, IPVS_FORWARD_TUN, 3); /* another family: tunnels only */
	ipvs_table_add_dest(t, &d);
	add_service(t, service("2001:db8::1", IPPROTO_TCP, 4000, "wrr"));
	add_tunnels(t, tunnels6, 4000);
	d = dest("10.3.3.1", 4000, IPVS_FORWARD_TUN, 3);
	ipvs_table_add_dest(t, &d);
}

static void matrix(struct ipvs_table *t)
{
	add_family(t, "192.0.2.1");
	add_family(t, "2001:db8::1");
	add_flags(t, "192.0.2.2");
	add_flags(t, "2001:db8::2");
	add_odd(t);
	ipvs_table_sort(t);
}

/* Everything that a change in place can change. */
static void other_matrix(struct ipvs_table *t)
{
	matrix(t);
	for (size_t i = 0; i < t->n_services; i++) {
		struct ipvs_service *s = &t->services[i];

		strcpy(s->scheduler, strcmp(s->scheduler, "rr") == 0 ? "wlc" : "rr");
		s->engine[0] = '\0';
		s->netmask = s->key.addr.family == ADDR_IPV4 ? 0xfffffff0 : 100;
		s->flags = s->flags & IP_VS_SVC_F_PERSISTENT ? 0 : IP_VS_SVC_F_PERSISTENT;
		s->timeout = s->flags ? 77 : 0;
	}
	for (size_t i = 0; i < t->n_dests; i++) {
		struct ipvs_dest *d = &t->dests[i];

		d->weight = (d->weight + 7) % 65536;
		d->upper = d->upper ? 0 : 99;
		d->lower = 0;
		if (d->tunnel_type)
			d->weight++;
		else if (d->forward != IPVS_FORWARD_TUN)
			d->forward ^= IPVS_FORWARD_DR; /* NAT and DR change places */
		else
			d->tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_GRE;
	}
}

/* ------------------------------------------------------------------ as ipvsadm -Sn */

static void print_key(const struct ipvs_key *key)
{
	char a[ADDR_STRLEN];

	if (key->fwmark)
		printf("-f %d%s", (int32_t)key->fwmark, key->addr.family == ADDR_IPV6 ? " -6" : "");
	else
		printf(key->addr.family == ADDR_IPV6 ? "%s [%s]:%u" : "%s %s:%u",
		    key->protocol == IPPROTO_TCP   ? "-t"
		    : key->protocol == IPPROTO_UDP ? "-u"
						   : "--sctp-service",
		    addr_format(&key->addr, a), key->port);
}

static void print_flags(const struct ipvs_service *s)
{
	const char *sep = "";

	if (!(s->flags & (IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2)))
		return;
	printf(" -b ");
	if (s->flags & IP_VS_SVC_F_SCHED1) {
		printf("%s-fallback", s->scheduler);
		sep = ",";
	}
	if (s->flags & IP_VS_SVC_F_SCHED2)
		printf("%s%s-port", sep, s->scheduler);
}

static void print_service(const struct ipvs_service *s)
{
	char mask[ADDR_STRLEN];
	struct addr m = addr_from_ipv4((struct in_addr){htonl(s->netmask)});

	printf("-A ");
	print_key(&s->key);
	printf(" -s %s", s->scheduler);
	if (s->flags & IP_VS_SVC_F_PERSISTENT) {
		printf(" -p %u", s->timeout);
		if (s->key.addr.family == ADDR_IPV4 && s->netmask != 0xffffffff)
			printf(" -M %s", addr_format(&m, mask));
		if (s->key.addr.family == ADDR_IPV6 && s->netmask != 128)
			printf(" -M %u", s->netmask);
	}
	if (s->engine[0])
		printf(" --pe %s", s->engine);
	if (s->flags & IP_VS_SVC_F_ONEPACKET)
		printf(" -o");
	print_flags(s);
	printf("\n");
}

static void print_tunnel(const struct ipvs_dest *d)
{
	static const char *const types[] = {"ipip", "gue", "gre"};

	printf(" --tun-type %s", types[d->tunnel_type]);
	if (d->tunnel_type == IP_VS_CONN_F_TUNNEL_TYPE_IPIP)
		return;
	if (d->tunnel_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE)
		printf(" --tun-port %u", d->tunnel_port);
	printf(" --tun-%s", d->tunnel_flags & IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM ? "remcsum"
			    : d->tunnel_flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM  ? "csum"
									      : "nocsum");
}

static void print_dest(const struct ipvs_service *s, const struct ipvs_dest *d)
{
	static const char forwards[] = {'m', '?', 'i', 'g'};
	char a[IPVS_KEY_STRLEN];

	printf("-a ");
	print_key(&s->key);
	printf(" -r %s -%c -w %d", ipvs_dest_format(d, a), forwards[d->forward], d->weight);
	if (d->forward == IPVS_FORWARD_TUN)
		print_tunnel(d);
	printf("\n"); /* thresholds are not in this list */
}

static void print_table(const struct ipvs_table *t)
{
	for (size_t i = 0; i < t->n_services; i++) {
		const struct ipvs_service *s = &t->services[i];

		print_service(s);
		for (size_t j = 0; j < s->count; j++)
			print_dest(s, &t->dests[s->first + j]);
	}
}

/* ---------------------------------------------------------------------- the kernel */

static struct ipvs *kernel(void)
{
	struct ipvs *c;
	int err = ipvs_open(&c);

	if (err < 0) {
		fprintf(stderr, "IPVS cannot be reached: %s\n", strerror(-err));
		exit(2);
	}
	return c;
}

static void dump(struct ipvs *c, struct ipvs_table *t)
{
	int err = ipvs_dump(c, t);

	if (err < 0) {
		fprintf(stderr, "IPVS cannot be read: %s\n", strerror(-err));
		exit(2);
	}
}

static void report_op(const struct ipvs_op *op)
{
	char name[2 * IPVS_KEY_STRLEN], key[IPVS_KEY_STRLEN], d[IPVS_KEY_STRLEN];

	snprintf(name, sizeof(name), "%s %s", ipvs_key_format(&op->service->key, key),
	    op->dest ? ipvs_dest_format(op->dest, d) : "");
	fail(ipvs_op_word(op->kind), name, ipvs_op_reason(op));
}

/* Brings the kernel to want; returns the number of operations. */
static size_t bring_to(struct ipvs *c, const struct ipvs_table *want)
{
	struct ipvs_table have = {.n_services = 0};
	struct ipvs_ops ops = {.n = 0};
	size_t n;
	int err;

	dump(c, &have);
	reconcile(want, &have, NULL, NULL, &ops);
	err = ipvs_apply(c, ops.ops, ops.n);
	if (err < 0)
		fail("apply", "", strerror(-err));
	for (size_t i = 0; i < ops.n; i++) {
		if (ops.ops[i].error)
			report_op(&ops.ops[i]);
	}
	n = ops.n;
	reconcile_clear(&ops);
	ipvs_table_clear(&have);
	return n;
}

/* What the kernel has must be want, to the last value. */
static void must_be(struct ipvs *c, const struct ipvs_table *want)
{
	struct ipvs_table have = {.n_services = 0};
	struct ipvs_ops ops = {.n = 0};

	dump(c, &have);
	if (have.n_services != want->n_services || have.n_dests != want->n_dests)
		fail("dump", "", "numbers of entries differ");
	reconcile(want, &have, NULL, NULL, &ops);
	for (size_t i = 0; i < ops.n; i++) {
		ops.ops[i].error = EBADMSG;
		report_op(&ops.ops[i]);
	}
	reconcile_clear(&ops);
	ipvs_table_clear(&have);
}

static void run_matrix(struct ipvs *c)
{
	struct ipvs_table want = {.n_services = 0};

	matrix(&want);
	if (bring_to(c, &want) != want.n_services + want.n_dests)
		fail("matrix", "", "one operation for each entry was expected");
	must_be(c, &want);
	if (bring_to(c, &want) != 0)
		fail("matrix", "", "nothing was left to do, but something was done");
	print_table(&want);
	ipvs_table_clear(&want);
}

static void run_change(struct ipvs *c)
{
	struct ipvs_table one = {.n_services = 0}, two = {.n_services = 0};

	matrix(&one);
	other_matrix(&two);
	for (int turn = 0; turn < 2; turn++) {
		if (bring_to(c, &two) != two.n_services + two.n_dests)
			fail("change", "", "one operation for each entry was expected");
		must_be(c, &two);
		bring_to(c, &one);
		must_be(c, &one);
	}
	ipvs_table_clear(&one);
	ipvs_table_clear(&two);
}

static void run_clear(struct ipvs *c)
{
	struct ipvs_table nothing = {.n_services = 0};

	bring_to(c, &nothing);
	must_be(c, &nothing);
}

static void expect(struct ipvs_op *op, int error)
{
	char text[80];

	if (op->error == error)
		return;
	snprintf(text, sizeof(text), "expected '%s', got '%s'", strerror(error),
	    op->error ? strerror(op->error) : "success");
	fail("errors", ipvs_op_word(op->kind), text);
}

static void run_errors(struct ipvs *c)
{
	struct ipvs_service good = service("192.0.2.9", IPPROTO_TCP, 80, "rr"), missing = good,
			    unknown = good;
	struct ipvs_dest d = dest("10.9.9.9", 80, IPVS_FORWARD_NAT, 1), swapped = d, group = d,
			 other = d, negative = d;
	struct ipvs_op ops[16];
	int expected[16], n = 0;

	missing.key.port = 81;
	unknown.key.port = 82;
	strcpy(unknown.scheduler, "nosuch");
	swapped.port = 1;
	swapped.lower = 9;
	group.addr = addr("224.0.0.9");
	other.addr = addr("2001:db8::9");
	negative.port = 2;
	negative.weight = -1;
#define OP(k, s, de, e)                                                                            \
	(ops[n] = (struct ipvs_op){.kind = (k), .service = (s), .dest = (de)}, expected[n++] = (e))
	OP(IPVS_ADD_SERVICE, &good, NULL, 0);
	OP(IPVS_ADD_SERVICE, &good, NULL, EEXIST);
	OP(IPVS_SET_SERVICE, &missing, NULL, ESRCH);
	OP(IPVS_DEL_SERVICE, &missing, NULL, ESRCH);
	OP(IPVS_ADD_DEST, &missing, &d, ESRCH);
	OP(IPVS_ADD_SERVICE, &unknown, NULL, ENOENT);
	OP(IPVS_SET_DEST, &good, &d, ENOENT);
	OP(IPVS_DEL_DEST, &good, &d, ENOENT);
	OP(IPVS_ADD_DEST, &good, &d, 0);
	OP(IPVS_ADD_DEST, &good, &d, EEXIST);
	OP(IPVS_ADD_DEST, &good, &swapped, ERANGE);
	OP(IPVS_ADD_DEST, &good, &group, EINVAL);
	OP(IPVS_ADD_DEST, &good, &other, EINVAL);
	OP(IPVS_ADD_DEST, &good, &negative, ERANGE);
	OP(IPVS_SET_DEST, &good, &d, 0);
	OP(IPVS_DEL_SERVICE, &good, NULL, 0);
#undef OP
	if (ipvs_apply(c, ops, (size_t)n) < 0)
		fail("errors", "", "the connection failed");
	for (int i = 0; i < n; i++)
		expect(&ops[i], expected[i]);
	/* A packet full of errors, more than once, must neither overrun nor be misattributed. */
	for (int i = 0; i < 1000; i++) {
		struct ipvs_op many[300];

		for (int j = 0; j < 300; j++)
			many[j] = (struct ipvs_op){.kind = IPVS_DEL_SERVICE, .service = &missing};
		if (ipvs_apply(c, many, 300) < 0 || many[0].error != ESRCH ||
		    many[299].error != ESRCH) {
			fail("errors", "many", "not all were reported");
			break;
		}
	}
}

static void run_timeouts(struct ipvs *c)
{
	struct ipvs_timeouts before, set = {1234, 0, 321}, after;
	struct ipvs_info info;

	if (ipvs_get_info(c, &info) < 0 || info.version < 0x010200 || !info.connection_buckets)
		fail("info", "", "no sensible answer");
	if (ipvs_get_timeouts(c, &before) < 0 || ipvs_set_timeouts(c, &set) < 0 ||
	    ipvs_get_timeouts(c, &after) < 0)
		fail("timeouts", "", "an error");
	if (after.tcp != 1234 || after.tcp_fin != before.tcp_fin || after.udp != 321)
		fail("timeouts", "", "not what was set");
	if (ipvs_set_timeouts(c, &before) < 0)
		fail("timeouts", "", "cannot be set back");
}

static void run_fill(struct ipvs *c, uint16_t n, uint16_t m)
{
	struct ipvs_table want = {.n_services = 0};
	usec_t start, filled, dumped;

	for (uint16_t i = 0; i < n; i++) {
		struct ipvs_service s = service("192.0.2.1", IPPROTO_TCP, 1 + i, "wlc");

		ipvs_table_add_service(&want, &s);
		for (uint16_t j = 0; j < m; j++) {
			struct ipvs_dest d = dest("10.0.0.0", 80, IPVS_FORWARD_NAT, 1);

			d.addr.bytes[2] = (uint8_t)(j / 250);
			d.addr.bytes[3] = (uint8_t)(1 + j % 250);
			ipvs_table_add_dest(&want, &d);
		}
	}
	ipvs_table_sort(&want);
	start = clock_now();
	bring_to(c, &want);
	filled = clock_now();
	must_be(c, &want);
	dumped = clock_now();
	fprintf(stderr, "%u services with %u destinations: made in %llu ms, read in %llu ms\n", n,
	    m, (unsigned long long)((filled - start) / USEC_PER_MSEC),
	    (unsigned long long)((dumped - filled) / USEC_PER_MSEC));
	ipvs_table_clear(&want);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct ipvs *c = kernel();

	if (strcmp(what, "matrix") == 0)
		run_matrix(c);
	else if (strcmp(what, "change") == 0)
		run_change(c);
	else if (strcmp(what, "errors") == 0)
		run_errors(c);
	else if (strcmp(what, "timeouts") == 0)
		run_timeouts(c);
	else if (strcmp(what, "clear") == 0)
		run_clear(c);
	else if (strcmp(what, "fill") == 0 && argc == 4)
		run_fill(c, (uint16_t)atoi(argv[2]), (uint16_t)atoi(argv[3]));
	else
		fail("lvs_kernel", what, "what?");
	ipvs_close(c);
	return failures ? 1 : 0;
}
