/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reconciler against a model of the kernel: for all small pairs of tables, and for random large
 * ones, the operations lead from one to the other, each is legal at its turn, none is superfluous,
 * and what others made stays.
 */
#include <errno.h>
#include <string.h>
#include "core/lvs/reconcile.h"
#include "tests/unit/unit.h"

/* ------------------------------------------------------------- a kernel of our own */

#define MAX_SERVICES 64
#define MAX_DESTS 64

struct model_service {
	bool there;
	bool made; /* by the operations under test */
	struct ipvs_service service;
	struct ipvs_dest dests[MAX_DESTS];
	size_t n;
};

struct model {
	struct model_service services[MAX_SERVICES];
};

static struct model_service *model_find(struct model *m, const struct ipvs_key *key)
{
	for (size_t i = 0; i < MAX_SERVICES; i++) {
		if (m->services[i].there && ipvs_key_cmp(&m->services[i].service.key, key) == 0)
			return &m->services[i];
	}
	return NULL;
}

static struct ipvs_dest *model_find_dest(struct model_service *s, const struct ipvs_dest *d)
{
	for (size_t i = 0; i < s->n; i++) {
		if (ipvs_dest_cmp(&s->dests[i], d) == 0)
			return &s->dests[i];
	}
	return NULL;
}

static int model_add_service(struct model *m, const struct ipvs_service *s)
{
	if (model_find(m, &s->key))
		return EEXIST;
	for (size_t i = 0; i < MAX_SERVICES; i++) {
		if (m->services[i].there)
			continue;
		m->services[i].there = m->services[i].made = true;
		m->services[i].service = *s;
		m->services[i].n = 0;
		return 0;
	}
	return ENOMEM;
}

static int model_dest_op(struct model_service *s, const struct ipvs_op *op)
{
	struct ipvs_dest *d = model_find_dest(s, op->dest);

	if (op->kind == IPVS_ADD_DEST) {
		if (d)
			return EEXIST;
		ck_assert_uint_lt(s->n, MAX_DESTS);
		s->dests[s->n++] = *op->dest;
		return 0;
	}
	if (!d)
		return ENOENT;
	*d = op->kind == IPVS_SET_DEST ? *op->dest : s->dests[--s->n];
	return 0;
}

static int model_apply(struct model *m, const struct ipvs_op *op)
{
	struct model_service *s = model_find(m, &op->service->key);

	if (op->kind == IPVS_ADD_SERVICE)
		return model_add_service(m, op->service);
	if (!s)
		return ESRCH;
	if (op->dest)
		return model_dest_op(s, op);
	if (op->kind == IPVS_SET_SERVICE)
		s->service = *op->service;
	else
		s->there = false;
	return 0;
}

static void model_load(struct model *m, const struct ipvs_table *t)
{
	for (size_t i = 0; i < MAX_SERVICES; i++)
		m->services[i].there = false;
	for (size_t i = 0; i < t->n_services; i++) {
		struct model_service *s = &m->services[i];

		s->there = true;
		s->made = false;
		s->service = t->services[i];
		s->n = s->service.count;
		ck_assert_uint_le(s->n, MAX_DESTS);
		for (size_t j = 0; j < s->n; j++)
			s->dests[j] = t->dests[s->service.first + j];
	}
}

static void model_dump(const struct model *m, struct ipvs_table *t)
{
	for (size_t i = 0; i < MAX_SERVICES; i++) {
		const struct model_service *s = &m->services[i];

		if (!s->there)
			continue;
		ipvs_table_add_service(t, &s->service);
		for (size_t j = 0; j < s->n; j++)
			ipvs_table_add_dest(t, &s->dests[j]);
	}
	ipvs_table_sort(t);
}

/* ------------------------------------------------------------------ what must hold */

/* Marks above this are somebody else's when nobody wants them. */
#define FOREIGN_MARK 1000

static bool ours(const struct ipvs_key *key, void *arg)
{
	(void)arg;
	return key->fwmark < FOREIGN_MARK;
}

/* The least number of operations, counted by another way than walking two sorted lists. */
static size_t least(const struct ipvs_table *want, const struct ipvs_table *have)
{
	size_t n = 0;

	for (size_t i = 0; i < want->n_services; i++) {
		const struct ipvs_service *s = &want->services[i];
		const struct ipvs_service *h = ipvs_table_find(have, &s->key);

		n += !h || !ipvs_service_equal(s, h);
		for (size_t j = 0; j < s->count; j++) {
			const struct ipvs_dest *d = &want->dests[s->first + j];
			const struct ipvs_dest *hd =
			    h ? ipvs_table_find_dest(have, h, &d->addr, d->port) : NULL;

			n += !hd || !ipvs_dest_equal(d, hd);
		}
		for (size_t j = 0; h && j < h->count; j++) {
			const struct ipvs_dest *d = &have->dests[h->first + j];

			n += !ipvs_table_find_dest(want, s, &d->addr, d->port);
		}
	}
	for (size_t i = 0; i < have->n_services; i++)
		n += !ipvs_table_find(want, &have->services[i].key) &&
		     ours(&have->services[i].key, NULL);
	return n;
}

/* The model's state is want's, and what is foreign is as it was. */
static void check_result(
    const struct ipvs_table *want, const struct ipvs_table *have, struct model *m)
{
	struct ipvs_table result = {.n_services = 0}, settled = {.n_services = 0};
	size_t foreign = 0;

	model_dump(m, &result);
	for (size_t i = 0; i < result.n_services; i++) {
		const struct ipvs_service *s = &result.services[i];
		bool wanted = ipvs_table_find(want, &s->key) != NULL;
		const struct ipvs_table *source = wanted ? want : have;
		const struct ipvs_service *o = ipvs_table_find(source, &s->key);

		foreign += !wanted;
		ck_assert(o && ipvs_service_equal(s, o));
		ck_assert_uint_eq(s->count, o->count);
		for (size_t j = 0; j < s->count; j++)
			ck_assert(ipvs_dest_equal(
			    &result.dests[s->first + j], &source->dests[o->first + j]));
	}
	ck_assert_uint_eq(result.n_services, want->n_services + foreign);
	reconcile_settle(want, have, ours, NULL, &settled);
	ck_assert_uint_eq(settled.n_services, result.n_services);
	ck_assert_uint_eq(settled.n_dests, result.n_dests);
	for (size_t i = 0; i < result.n_services; i++)
		ck_assert(ipvs_service_equal(&settled.services[i], &result.services[i]));
	ipvs_table_clear(&settled);
	ipvs_table_clear(&result);
}

/* A service that is served before and after must have a destination all the time. */
static void check_never_empty(const struct ipvs_table *want, const struct ipvs_table *have,
    struct model *m, const struct ipvs_op *op)
{
	const struct ipvs_service *w = ipvs_table_find(want, &op->service->key);
	const struct ipvs_service *h = ipvs_table_find(have, &op->service->key);
	struct model_service *s = model_find(m, &op->service->key);

	if (w && h && w->count && h->count)
		ck_assert(s && s->n > 0);
}

static size_t check_pair(const struct ipvs_table *want, const struct ipvs_table *have)
{
	static struct model m;
	struct ipvs_ops ops = {.n = 0};
	size_t n;

	model_load(&m, have);
	reconcile(want, have, ours, NULL, &ops);
	for (size_t i = 0; i < ops.n; i++) {
		int err = model_apply(&m, &ops.ops[i]);

		ck_assert_msg(err == 0, "operation %zu of %zu: %s", i, ops.n, strerror(err));
		check_never_empty(want, have, &m, &ops.ops[i]);
	}
	ck_assert_uint_eq(ops.n, least(want, have));
	check_result(want, have, &m);
	for (size_t i = 0; i < MAX_SERVICES; i++) { /* nothing is made again that was there */
		if (m.services[i].there && m.services[i].made)
			ck_assert(!ipvs_table_find(have, &m.services[i].service.key));
	}
	n = ops.n;
	reconcile_clear(&ops);
	return n;
}

/* ------------------------------------------------------------------------- tables */

static struct ipvs_service service(uint32_t mark, unsigned variant)
{
	struct ipvs_service s = {.key = {.addr = addr_any(ADDR_IPV4), .fwmark = mark}};

	strcpy(s.scheduler, variant & 1 ? "wlc" : "rr");
	s.flags = variant & 2 ? IP_VS_SVC_F_PERSISTENT : 0;
	s.timeout = variant & 4 ? 300 : 0;
	s.netmask = variant & 8 ? 0xffffff00 : 0xffffffff;
	strcpy(s.engine, variant & 16 ? "sip" : "");
	return s;
}

static struct ipvs_dest dest(uint8_t host, unsigned variant)
{
	struct ipvs_dest d = {.addr = {ADDR_IPV4, {10, 0, 0, host}}, .port = 80};

	d.weight = (int32_t)(variant & 1);
	d.forward = variant & 2 ? IPVS_FORWARD_DR : IPVS_FORWARD_NAT;
	d.upper = variant & 4 ? 10 : 0;
	d.lower = variant & 8 ? 5 : 0;
	d.tunnel_type = variant & 16 ? 1 : 0;
	d.tunnel_port = variant & 32 ? 6080 : 0;
	d.tunnel_flags = variant & 64 ? 1 : 0;
	return d;
}

/*
 * One of the small tables: per service absent or one of 2 variants with 2 destinations, each absent or
 * one of 2 variants: 19 states a service.
 */
#define STATES 19
static void small_service(struct ipvs_table *t, uint32_t mark, unsigned state)
{
	struct ipvs_service s;

	if (state == 0)
		return;
	s = service(mark, (state - 1) / 9);
	ipvs_table_add_service(t, &s);
	for (unsigned i = 0, rest = (state - 1) % 9; i < 2; i++, rest /= 3) {
		struct ipvs_dest d = dest((uint8_t)(2 - i), rest % 3);

		if (rest % 3)
			ipvs_table_add_dest(t, &d);
	}
}

START_TEST(test_all_small)
{
	for (unsigned a = 0; a < STATES * STATES; a++) {
		for (unsigned b = 0; b < STATES * STATES; b++) {
			struct ipvs_table want = {.n_services = 0}, have = {.n_services = 0};

			small_service(&want, 2, a % STATES);
			small_service(&want, 1, a / STATES);
			small_service(&have, 1, b / STATES);
			small_service(&have, 2, b % STATES);
			ipvs_table_sort(&want);
			ipvs_table_sort(&have);
			ck_assert_uint_eq(check_pair(&want, &have) == 0, a == b);
			ipvs_table_clear(&want);
			ipvs_table_clear(&have);
		}
	}
}
END_TEST

/* Each attribute alone is noticed and set, with one operation. */
START_TEST(test_each_attribute)
{
	for (unsigned bit = 0; bit < 7; bit++) {
		struct ipvs_table want = {.n_services = 0}, have = {.n_services = 0};
		struct ipvs_service s = service(1, bit < 5 ? 1u << bit : 0), plain = service(1, 0);
		struct ipvs_dest d = dest(1, 1u << bit), other = dest(1, 0);

		ipvs_table_add_service(&want, &s);
		ipvs_table_add_dest(&want, &d);
		ipvs_table_add_service(&have, &plain);
		ipvs_table_add_dest(&have, &other);
		ck_assert_uint_eq(check_pair(&want, &have), bit < 5 ? 2 : 1);
		ipvs_table_clear(&want);
		ipvs_table_clear(&have);
	}
}
END_TEST

/* Counters are the kernel's business: they never are a difference, and settling keeps them. */
START_TEST(test_counters)
{
	struct ipvs_table want = {.n_services = 0}, have = {.n_services = 0},
			  now = {.n_services = 0};
	struct ipvs_service s = service(1, 0);
	struct ipvs_dest d = dest(1, 1);
	struct ipvs_ops ops = {.n = 0};

	ipvs_table_add_service(&want, &s);
	ipvs_table_add_dest(&want, &d);
	s.stats.bytes_in = 77;
	d.stats.connections = 5;
	d.active = 3;
	ipvs_table_add_service(&have, &s);
	ipvs_table_add_dest(&have, &d);
	reconcile(&want, &have, NULL, NULL, &ops);
	ck_assert_uint_eq(ops.n, 0);
	reconcile_settle(&want, &have, NULL, NULL, &now);
	ck_assert_uint_eq(now.services[0].stats.bytes_in, 77);
	ck_assert_uint_eq(now.dests[0].stats.connections, 5);
	ck_assert_uint_eq(now.dests[0].active, 3);
	reconcile_clear(&ops);
	ipvs_table_clear(&now);
	ipvs_table_clear(&want);
	ipvs_table_clear(&have);
}
END_TEST

START_TEST(test_foreign)
{
	struct ipvs_table want = {.n_services = 0}, have = {.n_services = 0};
	struct ipvs_service mine = service(5, 0), other = service(FOREIGN_MARK + 5, 0);
	struct ipvs_dest d = dest(1, 1);
	struct ipvs_ops ops = {.n = 0};

	ipvs_table_add_service(&have, &mine);
	ipvs_table_add_dest(&have, &d);
	ipvs_table_add_service(&have, &other);
	ipvs_table_add_dest(&have, &d);
	reconcile(&want, &have, ours, NULL, &ops);
	ck_assert_uint_eq(ops.n, 1);
	ck_assert_uint_eq(ops.foreign, 1);
	ck_assert_int_eq(ops.ops[0].kind, IPVS_DEL_SERVICE);
	ck_assert_uint_eq(ops.ops[0].service->key.fwmark, 5);
	/* one that is wanted is adopted, whoever made it */
	other.timeout = 9;
	ipvs_table_add_service(&want, &other);
	reconcile(&want, &have, ours, NULL, &ops);
	ck_assert_uint_eq(ops.foreign, 0);
	ck_assert_int_eq(ops.ops[0].kind, IPVS_SET_SERVICE);
	ck_assert_int_eq(ops.ops[1].kind, IPVS_DEL_DEST);
	ck_assert_int_eq(ops.ops[2].kind, IPVS_DEL_SERVICE);
	ck_assert_uint_eq(ops.n, 3);
	reconcile_clear(&ops);
	ipvs_table_clear(&want);
	ipvs_table_clear(&have);
}
END_TEST

static void random_table(struct ipvs_table *t)
{
	for (uint32_t mark = 1; mark <= 20; mark++) {
		struct ipvs_service s =
		    service(mark % 5 ? mark : mark + FOREIGN_MARK, (unsigned)rand() % 32);

		if (rand() % 3 == 0)
			continue;
		ipvs_table_add_service(t, &s);
		for (int host = 20; host > 0; host--) {
			struct ipvs_dest d =
			    dest((uint8_t)host, rand() % 4 ? 1 : (unsigned)rand() % 128);

			if (rand() % 2)
				ipvs_table_add_dest(t, &d);
		}
	}
	ipvs_table_sort(t);
}

START_TEST(test_random)
{
	srand((unsigned)_i + 1);
	for (int i = 0; i < 300; i++) {
		struct ipvs_table want = {.n_services = 0}, have = {.n_services = 0};

		random_table(&want);
		random_table(&have);
		check_pair(&want, &have);
		ck_assert_uint_eq(check_pair(&want, &want), 0);
		ipvs_table_clear(&want);
		ipvs_table_clear(&have);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lvs_reconcile");
	TCase *tc = tcase_create("reconcile");

	tcase_add_test(tc, test_all_small);
	tcase_add_test(tc, test_each_attribute);
	tcase_add_test(tc, test_counters);
	tcase_add_test(tc, test_foreign);
	tcase_add_loop_test(tc, test_random, 0, 4);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
