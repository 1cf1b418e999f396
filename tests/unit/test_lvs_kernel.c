/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bringing the kernel to what is wanted, with a kernel of our own in the place of core/lvs/ipvs.c (this
 * program defines all of its functions): surprises, refusals, drift, other people's services, and a
 * kernel that is not there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/lvs/ipvs.h"
#include "core/lvs/kernel.h"
#include "tests/unit/unit.h"

/* ------------------------------------------------------------- a kernel of our own */

#define MAX 32

static struct {
	struct ipvs_service services[MAX];
	struct ipvs_dest dests[MAX][MAX];
	size_t n;
	int open_error, dump_error, apply_error; /* negative errno to be returned */
	size_t operations, dumps;
	void (*before_apply)(
	    void); /* what somebody else does between our dump and our operations */
} fake;

static size_t find(const struct ipvs_key *key)
{
	size_t i = 0;

	while (i < fake.n && ipvs_key_cmp(&fake.services[i].key, key) != 0)
		i++;
	return i;
}

static size_t find_dest(size_t s, const struct ipvs_dest *d)
{
	size_t i = 0;

	while (i < fake.services[s].count && ipvs_dest_cmp(&fake.dests[s][i], d) != 0)
		i++;
	return i;
}

static int fake_add_service(const struct ipvs_service *s)
{
	if (strcmp(s->scheduler, "twos") == 0)
		return ENOENT;
	ck_assert_uint_lt(fake.n, MAX);
	fake.services[fake.n] = *s;
	fake.services[fake.n].user = NULL;
	fake.services[fake.n++].count = 0;
	return 0;
}

static void fake_del_service(size_t i)
{
	fake.n--;
	fake.services[i] = fake.services[fake.n];
	memcpy(fake.dests[i], fake.dests[fake.n], sizeof(fake.dests[i]));
}

static int fake_dest_op(size_t s, enum ipvs_op_kind kind, const struct ipvs_dest *dest)
{
	size_t i = find_dest(s, dest), *n = &fake.services[s].count;

	if (kind == IPVS_ADD_DEST) {
		if (i < *n)
			return EEXIST;
		if (addr_is_multicast(&dest->addr))
			return EINVAL;
		i = (*n)++;
	}
	if (i >= *n)
		return ENOENT;
	fake.dests[s][i] = kind == IPVS_DEL_DEST ? fake.dests[s][--*n] : *dest;
	return 0;
}

static int fake_op(const struct ipvs_op *op)
{
	size_t i = find(&op->service->key);

	if (op->kind == IPVS_ADD_SERVICE)
		return i < fake.n ? EEXIST : fake_add_service(op->service);
	if (i == fake.n)
		return ESRCH;
	if (op->dest)
		return fake_dest_op(i, op->kind, op->dest);
	if (op->kind == IPVS_SET_SERVICE) {
		size_t count = fake.services[i].count;

		fake.services[i] = *op->service;
		fake.services[i].count = count;
	} else {
		fake_del_service(i);
	}
	return 0;
}

int ipvs_open(struct ipvs **out)
{
	*out = fake.open_error ? NULL : (struct ipvs *)&fake;
	return fake.open_error;
}

void ipvs_close(struct ipvs *c)
{
	(void)c;
}

int ipvs_get_info(struct ipvs *c, struct ipvs_info *info)
{
	(void)c;
	*info = (struct ipvs_info){0x010201, 4096};
	return 0;
}

int ipvs_dump(struct ipvs *c, struct ipvs_table *t)
{
	(void)c;
	fake.dumps++;
	for (size_t i = 0; i < fake.n; i++) {
		ipvs_table_add_service(t, &fake.services[i]);
		for (size_t j = 0; j < fake.services[i].count; j++)
			ipvs_table_add_dest(t, &fake.dests[i][j]);
	}
	ipvs_table_sort(t);
	return fake.dump_error;
}

int ipvs_apply(struct ipvs *c, struct ipvs_op *ops, size_t n)
{
	(void)c;
	if (fake.before_apply)
		fake.before_apply();
	for (size_t i = 0; i < n; i++, fake.operations++)
		ops[i].error = fake_op(&ops[i]);
	return fake.apply_error;
}

const char *ipvs_op_word(enum ipvs_op_kind kind)
{
	(void)kind;
	return "do";
}

const char *ipvs_op_reason(const struct ipvs_op *op)
{
	return strerror(op->error);
}

/* ---------------------------------------------------------------------- the tables */

static struct kernel *k;
static struct ipvs_table want;
static char dir[80];
static int errors, warnings;
static char last_error[300];

static bool listen_in(enum log_level level, const char *process, const char *line, void *arg)
{
	(void)process, (void)arg;
	warnings += level == LOG_LEVEL_WARNING;
	if (level != LOG_LEVEL_ERROR)
		return true;
	errors++;
	snprintf(last_error, sizeof(last_error), "%s", line);
	return true;
}

static struct ipvs_service service(const char *name, const char *scheduler)
{
	struct ipvs_service s = {.count = 0};

	ck_assert(ipvs_key_parse(&s.key, name));
	strcpy(s.scheduler, scheduler);
	return s;
}

static struct ipvs_dest dest(const char *address, int32_t weight)
{
	struct ipvs_dest d = {.port = 80, .weight = weight};

	ck_assert(addr_parse(&d.addr, address));
	return d;
}

static void add(struct ipvs_table *t, const char *name, const char *scheduler)
{
	struct ipvs_service s = service(name, scheduler);

	ipvs_table_add_service(t, &s);
}

static void add_dest(struct ipvs_table *t, const char *address, int32_t weight)
{
	struct ipvs_dest d = dest(address, weight);

	ipvs_table_add_dest(t, &d);
}

static void want_two(void)
{
	add(&want, "tcp 192.0.2.1:80", "rr");
	add_dest(&want, "10.0.0.1", 1);
	add_dest(&want, "10.0.0.2", 1);
	add(&want, "udp 192.0.2.1:53", "wlc");
	add_dest(&want, "10.0.0.3", 1);
	ipvs_table_sort(&want);
}

/* The kernel has what is wanted and nothing else but `others`; so has the view. */
static void settled(size_t others)
{
	size_t found = 0, before = fake.operations;

	ck_assert_uint_eq(fake.n, want.n_services + others);
	for (size_t i = 0; i < want.n_services; i++) {
		const struct ipvs_service *s = &want.services[i];
		size_t f = find(&s->key);

		ck_assert_uint_lt(f, fake.n);
		ck_assert(ipvs_service_equal(s, &fake.services[f]));
		ck_assert_uint_eq(fake.services[f].count, s->count);
		for (size_t j = 0; j < s->count; j++) {
			size_t d = find_dest(f, &want.dests[s->first + j]);

			ck_assert_uint_lt(d, s->count);
			ck_assert(ipvs_dest_equal(&fake.dests[f][d], &want.dests[s->first + j]));
		}
		found += ipvs_table_find(kernel_view(k), &s->key) != NULL;
	}
	ck_assert_uint_eq(found, want.n_services);
	ck_assert_uint_eq(kernel_view(k)->n_services, fake.n);
	ck_assert_uint_eq(kernel_bring_to(k, &want, true), 0);
	ck_assert_uint_eq(fake.operations, before);
	ck_assert_str_eq(kernel_state(k), "ok");
}

static void setup(void)
{
	memset(&fake, 0, sizeof(fake));
	errors = warnings = 0;
	log_set_sink(listen_in, NULL);
	unit_folder(dir);
	k = kernel_new(dir);
	want_two();
}

static void teardown(void)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/services", dir);
	kernel_free(k);
	ipvs_table_clear(&want);
	unlink(path);
	rmdir(dir);
}

/* --------------------------------------------------------------------------- tests */

START_TEST(test_empty_to_full)
{
	ck_assert(kernel_refresh(k));
	ck_assert(kernel_is_reached(k));
	ck_assert_uint_eq(kernel_bring_to(k, &want, false), 0);
	ck_assert_uint_eq(fake.operations, 5);
	ck_assert_uint_eq(fake.dumps, 1); /* what we do ourselves needs no other look */
	settled(0);
	ck_assert_int_eq(errors + warnings, 0);
}
END_TEST

START_TEST(test_others)
{
	struct ipvs_service s = service("fwmark 9 inet", "rr");

	fake_add_service(&s);
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	settled(1);
	kernel_withdraw(k);
	ck_assert_uint_eq(fake.n, 1);
	ck_assert_uint_eq(fake.services[0].key.fwmark, 9);
	ck_assert_uint_eq(kernel_view(k)->n_services, 1);
}
END_TEST

/* Killed, and configured away before the next start. */
START_TEST(test_left_behind)
{
	struct ipvs_service s = service("fwmark 9 inet", "rr");

	fake_add_service(&s);
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	kernel_free(k);
	k = kernel_new(dir);
	ipvs_table_clear(&want);
	add(&want, "tcp 192.0.2.1:80", "rr");
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	settled(1);
	/* once removed it is nobody's: somebody else may make it now */
	s = service("udp 192.0.2.1:53", "rr");
	fake_add_service(&s);
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	settled(2);
}
END_TEST

/* Between our dump and our operations somebody adds what we want to add, and removes what we change. */
static void meddle(void)
{
	struct ipvs_service s = service("tcp 192.0.2.1:80", "sh");
	struct ipvs_dest d = dest("10.0.0.2", 7);

	fake.before_apply = NULL;
	if (find(&s.key) < fake.n)
		fake_del_service(find(&s.key));
	fake_add_service(&s);
	fake_dest_op(find(&s.key), IPVS_ADD_DEST, &d);
}

START_TEST(test_drift)
{
	struct ipvs_key key;
	struct ipvs_dest d = dest("10.0.0.1", 9), extra = dest("10.0.0.9", 9);
	size_t s;

	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	ck_assert(ipvs_key_parse(&key, "tcp 192.0.2.1:80"));
	s = find(&key);
	ck_assert_int_eq(fake_dest_op(s, IPVS_SET_DEST, &d), 0);
	ck_assert_int_eq(fake_dest_op(s, IPVS_ADD_DEST, &extra), 0);
	ck_assert(ipvs_key_parse(&key, "udp 192.0.2.1:53"));
	fake_del_service(find(&key));
	kernel_refresh(k);
	ck_assert_uint_eq(kernel_bring_to(k, &want, true), 4); /* a service, its destination, two */
	ck_assert_int_eq(warnings, 4);
	settled(0);
	kernel_refresh(k);
	ck_assert_uint_eq(kernel_bring_to(k, &want, true), 0);
	/* what happens while we put it right is not drift once more */
	fake_dest_op(find(&want.services[0].key), IPVS_SET_DEST, &d);
	kernel_refresh(k);
	fake.before_apply = meddle;
	ck_assert_uint_eq(kernel_bring_to(k, &want, true), 1);
	settled(0);
}
END_TEST

START_TEST(test_surprise_at_add)
{
	kernel_refresh(k);
	fake.before_apply = meddle;
	kernel_bring_to(k, &want, false);
	settled(0);
	ck_assert_int_eq(errors, 0);
}
END_TEST

START_TEST(test_surprise_at_change)
{
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	ipvs_table_clear(&want);
	add(&want, "tcp 192.0.2.1:80", "rr");
	add_dest(&want, "10.0.0.1", 5);
	fake.before_apply = meddle; /* 10.0.0.1 is gone when its weight is set */
	kernel_bring_to(k, &want, false);
	settled(0);
	ck_assert_int_eq(errors, 0);
}
END_TEST

/* Somebody who does it again and again does not keep us in a loop. */
static void meddle_always(void)
{
	struct ipvs_service s = service("tcp 192.0.2.1:80", "sh");

	if (find(&s.key) < fake.n)
		fake_del_service(find(&s.key));
	else
		fake_add_service(&s);
}

START_TEST(test_endless_surprise)
{
	kernel_refresh(k);
	fake.before_apply = meddle_always;
	kernel_bring_to(k, &want, false);
	ck_assert_uint_lt(fake.dumps, 10);
	fake.before_apply = NULL;
	kernel_refresh(k);
	kernel_bring_to(k, &want, true);
	settled(0);
}
END_TEST

START_TEST(test_refused)
{
	add(&want, "tcp 192.0.2.1:81", "twos");
	add_dest(&want, "10.0.0.1", 1);
	add(&want, "tcp 192.0.2.1:82", "rr");
	add_dest(&want, "224.0.0.1", 1);
	add_dest(&want, "10.0.0.1", 1);
	ipvs_table_sort(&want);
	for (int i = 0; i < 3; i++) {
		kernel_refresh(k);
		ck_assert_uint_eq(kernel_bring_to(k, &want, i > 0), 0); /* it is nobody's change */
		ck_assert_int_eq(errors, 2); /* each once; not the destination of what is refused */
		ck_assert_str_ne(kernel_state(k), "ok");
	}
	ck_assert_int_eq(warnings, 0);
	ck_assert_uint_eq(fake.dumps, 6); /* nothing to be gained by trying again at once */
	ck_assert_uint_eq(fake.n, 3);	  /* the rest works */
	ipvs_table_clear(&want);
	want_two();
	kernel_bring_to(k, &want, false);
	settled(0);
}
END_TEST

/* What was refused is not wanted any more, and all is well. */
START_TEST(test_refused_no_more)
{
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	add(&want, "tcp 192.0.2.2:81", "twos");
	kernel_bring_to(k, &want, false);
	ck_assert_str_ne(kernel_state(k), "ok");
	want.n_services--;
	kernel_bring_to(k, &want, false);
	ck_assert_str_eq(kernel_state(k), "ok");
	settled(0);
}
END_TEST

/* What was refused may be accepted later, by itself. */
START_TEST(test_accepted_later)
{
	struct ipvs_service *s;
	struct ipvs_key key;

	ck_assert(ipvs_key_parse(&key, "tcp 192.0.2.1:80"));
	s = ipvs_table_find(&want, &key);
	strcpy(s->scheduler, "twos");
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	ck_assert_int_eq(errors, 1);
	strcpy(s->scheduler, "rr"); /* as if the module had come */
	kernel_bring_to(k, &want, true);
	settled(0);
}
END_TEST

START_TEST(test_unreached)
{
	fake.open_error = -EPROTONOSUPPORT;
	for (int i = 0; i < 3; i++) {
		ck_assert(!kernel_refresh(k));
		ck_assert(!kernel_is_reached(k));
		ck_assert_str_eq(kernel_state(k), "the kernel has no IPVS");
		ck_assert_uint_eq(kernel_bring_to(k, &want, true), 0);
	}
	kernel_withdraw(k);
	ck_assert_int_eq(errors, 1);
	fake.open_error = -EPERM; /* another trouble is another line */
	ck_assert(!kernel_refresh(k));
	ck_assert_int_eq(errors, 2);
	fake.open_error = 0;
	ck_assert(kernel_refresh(k));
	kernel_bring_to(k, &want, false);
	settled(0);
}
END_TEST

START_TEST(test_connection_lost)
{
	kernel_refresh(k);
	fake.apply_error = -ENOBUFS;
	kernel_bring_to(k, &want, false);
	ck_assert(!kernel_is_reached(k));
	ck_assert_uint_eq(kernel_view(k)->n_services, 0);
	fake.apply_error = 0;
	ck_assert(kernel_refresh(k));
	kernel_bring_to(k, &want, false);
	settled(0);
	fake.dump_error = -ETIMEDOUT;
	ck_assert(!kernel_refresh(k));
	ck_assert_uint_eq(kernel_view(k)->n_services, 0);
	fake.dump_error = 0;
	ck_assert(kernel_refresh(k));
	settled(0);
}
END_TEST

/* The caller's pointers stay with their destinations, through dumps and changes. */
START_TEST(test_users)
{
	struct ipvs_dest *d, one = dest("10.0.0.1", 0), two = dest("10.0.0.2", 0);
	struct ipvs_service *s;
	struct ipvs_key key;
	int mine;

	ck_assert(ipvs_key_parse(&key, "tcp 192.0.2.1:80"));
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	s = ipvs_table_find(kernel_view(k), &key);
	d = ipvs_table_find_dest(kernel_view(k), s, &two.addr, 80);
	ck_assert_ptr_null(d->user);
	d->user = &mine;
	kernel_refresh(k);
	ipvs_table_clear(&want);
	add(&want, "tcp 192.0.2.1:80", "rr");
	add_dest(&want, "10.0.0.0", 1);
	add_dest(&want, "10.0.0.1", 1);
	add_dest(&want, "10.0.0.2", 2);
	kernel_bring_to(k, &want, false);
	kernel_refresh(k);
	s = ipvs_table_find(kernel_view(k), &key);
	ck_assert_ptr_eq(ipvs_table_find_dest(kernel_view(k), s, &two.addr, 80)->user, &mine);
	ck_assert_ptr_null(ipvs_table_find_dest(kernel_view(k), s, &one.addr, 80)->user);
	settled(0);
}
END_TEST

/* ---------------------------------------------------------------------------- parts */

static uint32_t seed;

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* A service with some destinations, at the end of the table. */
static void add_any(struct ipvs_table *t, unsigned port)
{
	char name[40];

	snprintf(name, sizeof(name), "tcp 192.0.2.9:%u", port);
	add(t, name, dice(2) ? "rr" : "wlc");
	for (unsigned i = 1; i <= 5; i++) {
		char address[20];

		snprintf(address, sizeof(address), "10.0.1.%u", i);
		if (dice(2))
			add_dest(t, address, (int32_t)dice(3));
	}
}

static void part_is_enough(struct ipvs_part *part)
{
	ipvs_table_replace(&want, part);
	ck_assert(kernel_bring_part(k, part));
	settled(0);
	ipvs_table_clear(&part->table);
}

static void all_was_as_expected(void)
{
	ck_assert_uint_eq(fake.dumps, 1);
	ck_assert_int_eq(errors + warnings, 0);
}

/* Parts of what is wanted, one after the other: the kernel and the view are as if it had been all. */
START_TEST(test_part_random)
{
	struct ipvs_part part = {.n_gone = 0};
	struct ipvs_key gone[6];
	size_t n;

	seed = (uint32_t)_i;
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	for (int round = 0; round < 500; round++) {
		n = 0;
		for (unsigned port = 1; port <= 6; port++) {
			struct ipvs_service s;
			char name[40];

			if (dice(3))
				continue;
			snprintf(name, sizeof(name), "tcp 192.0.2.9:%u", port);
			s = service(name, "rr");
			if (dice(3))
				add_any(&part.table, port);
			else
				gone[n++] = s.key;
		}
		part.gone = gone;
		part.n_gone = n;
		ipvs_table_sort(&part.table);
		part_is_enough(&part);
	}
	all_was_as_expected();
}
END_TEST

/* Destinations at some addresses of some services, of which the others stay as they are. */
START_TEST(test_addresses_random)
{
	struct addr addresses[6];

	seed = (uint32_t)_i;
	for (unsigned port = 1; port <= 4; port++)
		add_any(&want, port);
	ipvs_table_sort(&want);
	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	for (int round = 0; round < 500; round++) {
		struct ipvs_part part = {.addresses = addresses};

		for (unsigned i = 1; i <= 6; i++) {
			char text[20];

			snprintf(text, sizeof(text), "10.0.1.%u", i);
			if (dice(2))
				addr_parse(&addresses[part.n_addresses++], text);
		}
		for (size_t i = 0; i < want.n_services; i++) {
			if (dice(2))
				continue;
			ipvs_table_add_service(&part.table, &want.services[i]);
			for (size_t n = 0; n < part.n_addresses; n++) {
				struct ipvs_dest d = {.addr = addresses[n],
				    .port = (uint16_t)(80 + dice(2)),
				    .forward = IPVS_FORWARD_NAT,
				    .weight = (int32_t)dice(3)};

				for (uint32_t many = dice(3); many; many--, d.port += 2)
					ipvs_table_add_dest(&part.table, &d);
			}
		}
		part_is_enough(&part);
	}
	all_was_as_expected();
}
END_TEST

/* Where the service is not what it was, destinations are not enough. */
START_TEST(test_addresses_without_service)
{
	struct addr address;
	struct ipvs_part part = {.addresses = &address, .n_addresses = 1};

	addr_parse(&address, "10.0.0.9");
	kernel_refresh(k);
	add(&part.table, "tcp 192.0.2.1:80", "rr");
	add_dest(&part.table, "10.0.0.9", 3);
	ck_assert(!kernel_bring_part(k, &part)); /* it is not there yet */
	ck_assert_uint_eq(fake.operations, 0);
	kernel_bring_to(k, &want, false);
	fake_del_service(find(&part.table.services[0].key));
	ck_assert(!kernel_bring_part(k, &part)); /* somebody took it away */
	ipvs_table_replace(&want, &part);
	kernel_bring_to(k, &want, false);
	settled(0);
	ipvs_table_clear(&part.table);
}
END_TEST

/* The rest of the table is left alone, whatever somebody else did there; what a part meets is for all to judge. */
START_TEST(test_part_drift)
{
	struct ipvs_part part = {.n_gone = 0};
	struct ipvs_service udp = service("udp 192.0.2.1:53", "wlc");

	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	fake_del_service(find(&udp.key));
	add(&part.table, "tcp 192.0.2.1:80", "sh");
	add_dest(&part.table, "10.0.0.1", 3);
	ck_assert(kernel_bring_part(k, &part));
	ck_assert_uint_eq(fake.n, 1);
	ck_assert_str_eq(fake.services[0].scheduler, "sh");
	ck_assert_uint_eq(fake.services[0].count, 1);
	ipvs_table_replace(&want, &part);
	ipvs_table_clear(&part.table);
	add(&part.table, "udp 192.0.2.1:53", "rr");
	ck_assert(!kernel_bring_part(k, &part));
	ipvs_table_replace(&want, &part);
	kernel_bring_to(k, &want, false);
	settled(0);
	ipvs_table_clear(&part.table);
}
END_TEST

/* What is refused is known of the whole, and its end is noticed. */
START_TEST(test_part_refused)
{
	struct ipvs_part part = {.n_gone = 0};

	kernel_refresh(k);
	kernel_bring_to(k, &want, false);
	add(&part.table, "udp 192.0.2.1:53", "twos");
	ipvs_table_replace(&want, &part);
	fake.services[find(&part.table.services[0].key)] = fake.services[fake.n - 1];
	fake.n--;
	kernel_refresh(k);
	ck_assert(!kernel_bring_part(k, &part));
	kernel_bring_to(k, &want, false);
	ck_assert_str_ne(kernel_state(k), "ok");
	ipvs_table_clear(&part.table);
	add(&part.table, "udp 192.0.2.1:53", "rr");
	ipvs_table_replace(&want, &part);
	ck_assert(!kernel_bring_part(k, &part)); /* while anything is refused */
	kernel_bring_to(k, &want, false);
	settled(0);
	fake.apply_error = -ENOMEM;
	part.table.services[0].flags = IP_VS_SVC_F_PERSISTENT;
	ck_assert(!kernel_bring_part(k, &part));
	ck_assert(!kernel_is_reached(k));
	ck_assert(!kernel_bring_part(k, &part));
	ipvs_table_clear(&part.table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lvs_kernel");
	TCase *tc = tcase_create("kernel");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_empty_to_full);
	tcase_add_test(tc, test_others);
	tcase_add_test(tc, test_left_behind);
	tcase_add_test(tc, test_drift);
	tcase_add_test(tc, test_surprise_at_add);
	tcase_add_test(tc, test_surprise_at_change);
	tcase_add_test(tc, test_endless_surprise);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_refused_no_more);
	tcase_add_test(tc, test_accepted_later);
	tcase_add_test(tc, test_unreached);
	tcase_add_test(tc, test_connection_lost);
	tcase_add_test(tc, test_users);
	tcase_add_loop_test(tc, test_part_random, 0, 5);
	tcase_add_loop_test(tc, test_addresses_random, 0, 5);
	tcase_add_test(tc, test_addresses_without_service);
	tcase_add_test(tc, test_part_drift);
	tcase_add_test(tc, test_part_refused);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
