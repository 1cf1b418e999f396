/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wanted table that is kept true change by change, against the one that is built whole from the same rows.  Random
 * changes of rows, as the engine tells them; so are the states of the virtual servers, which are evaluated only where
 * something is due, against an evaluation of all.
 */
#include <string.h>
#include "core/lvs/desired.h"
#include "core/lvs/wanted.h"
#include "tests/unit/unit.h"

#define POOLS 4
#define SERVERS 6 /* of a pool, at most */
#define VIRTUALS 6
#define SERVICES 3 /* of a virtual server, at most */
#define ROUNDS 3000
#define SEEDS 6
#define GROUP 5	  /* changes at once, at most */
#define LARGE 200 /* servers of the pool `large` */

static struct store *s;
static struct wanted *w;
static struct ipvs_table mirror; /* made of the parts alone */
static uint32_t seed;
static size_t parts, wholes, few; /* few: parts that are destinations at some addresses */
static bool conflicts;

/* A group of changes, as the engine collects it: freed when it has been told. */
static struct change group[LARGE + 2];
static size_t n_group;

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void setup(void)
{
	s = store_new();
	w = wanted_new();
	parts = wholes = few = n_group = 0;
	conflicts = false;
}

static void teardown(void)
{
	wanted_free(w);
	ipvs_table_clear(&mirror);
	STORE_FOREACH (real_server, rs, s)
		free(rs->row.user);
	store_free(s);
}

static void tell_one(enum change_kind kind, struct row *r)
{
	ck_assert_uint_lt(n_group, sizeof(group) / sizeof(group[0]));
	group[n_group++] = (struct change){.kind = kind, .row = r};
}

/* What the group says is told, and then forgotten. */
static void tell(void)
{
	for (size_t i = 0; i < n_group; i++)
		wanted_note(w, &group[i]);
	for (size_t i = 0; i < n_group; i++) {
		if (group[i].kind != CHANGE_REMOVED)
			continue;
		if (group[i].row->table->id == TABLE_real_server)
			free(group[i].row->user);
		row_free(group[i].row);
	}
	n_group = 0;
}

static bool is_in_group(const struct row *r)
{
	for (size_t i = 0; i < n_group; i++)
		if (group[i].row->table == r->table && row_key_cmp(group[i].row, r) == 0)
			return true;
	return false;
}

/* There, and changed; or made. A row has one change in a group. */
static void put(struct row *r, struct row *now)
{
	if (now) {
		row_copy_columns(now, r, table_mask(r->table, CLASS_CONFIG));
		row_free(r);
		tell_one(CHANGE_MODIFIED, now);
		return;
	}
	ck_assert_ptr_null(store_insert(s, r));
	tell_one(CHANGE_ADDED, r);
}

static void take(struct row *r)
{
	store_remove(s, r);
	tell_one(CHANGE_REMOVED, r);
}

static void name(const char **to, const char *kind, uint32_t n)
{
	row_set_textf(to, "%s%u", kind, n);
}

static struct addr host(uint8_t net, uint32_t n)
{
	uint8_t bytes[4] = {10, net, 0, (uint8_t)n};

	return addr_from_bytes(bytes, 4);
}

static void change_pool(void)
{
	struct pool *p = ROW_NEW(pool);
	struct row *now;

	name(&p->name, "pool", dice(POOLS));
	p->start_down = dice(2);
	now = store_find(s, &p->row);
	if (is_in_group(&p->row)) {
		row_free(&p->row);
	} else if (now && dice(4) == 0) {
		take(now);
		row_free(&p->row);
	} else {
		put(&p->row, now);
	}
}

static void change_server(void)
{
	struct real_server *rs = ROW_NEW(real_server);
	struct row *now;

	name(&rs->pool, "pool", dice(POOLS));
	rs->address = host(1, dice(SERVERS));
	rs->port = dice(4) ? 80 : 8080;
	rs->weight = (int32_t)dice(4);
	rs->admin_state = dice(8) ? ADMIN_ENABLED : dice(2) ? ADMIN_DRAIN : ADMIN_DISABLED;
	rs->forwarding = dice(4) ? FORWARDING_NAT : FORWARDING_DR;
	rs->on_failure = dice(2) ? ON_FAILURE_REMOVE : ON_FAILURE_WEIGHT_ZERO;
	now = store_find(s, &rs->row);
	if (is_in_group(&rs->row)) {
		row_free(&rs->row);
	} else if (now && dice(4) == 0) {
		take(now);
		row_free(&rs->row);
	} else if (now && dice(2)) { /* a check has a verdict */
		((struct real_server *)now)->state = (enum server_state)dice(3);
		tell_one(CHANGE_MODIFIED, now);
		row_free(&rs->row);
	} else {
		rs->row.user = now ? NULL : calloc(1, sizeof(struct server_memory));
		rs->state = dice(2) ? SERVER_UP : SERVER_UNKNOWN;
		put(&rs->row, now);
	}
}

static void change_service(uint32_t server, uint32_t number)
{
	struct virtual_service *v = ROW_NEW(virtual_service);
	struct row *now;

	name(&v->virtual_server, "virtual", server);
	if (!store_virtual_server(s, v->virtual_server)) {
		row_free(&v->row);
		return;
	}
	v->protocol = number ? SERVICE_TCP : SERVICE_FWMARK;
	v->address = number ? host(2, conflicts ? dice(VIRTUALS) : server) : host(0, 0);
	v->port = number ? number : server + 1;
	now = store_find(s, &v->row);
	if (is_in_group(&v->row))
		row_free(&v->row);
	else if (now) {
		take(now);
		row_free(&v->row);
	} else {
		put(&v->row, NULL);
	}
}

static void change_virtual(void)
{
	struct virtual_server *vs = ROW_NEW(virtual_server);
	uint32_t number = dice(VIRTUALS);
	struct virtual_service *v, *next;
	struct row *now;

	name(&vs->name, "virtual", number);
	name(&vs->pool, "pool", dice(POOLS));
	vs->quorum = 1 + dice(6);
	vs->scheduler = dice(2) ? SCHEDULER_WLC : SCHEDULER_DH;
	if (dice(2))
		vs->sorry_address = host(dice(2) ? 3 : 1, dice(2)); /* a real server, too */
	vs->sorry_inhibit = dice(2);
	now = store_find(s, &vs->row);
	if (is_in_group(&vs->row)) {
		row_free(&vs->row);
	} else if (now && dice(4) == 0) {
		for (v = store_first_service(s, ((struct virtual_server *)now)->name); v;
		     v = next) {
			next = (struct virtual_service *)store_next_of(&v->row);
			if (is_in_group(&v->row)) /* the test's own difficulty: told as added */
				goto out;
		}
		if (dice(2)) /* what belongs to it goes first, or last */
			take(now);
		for (v = store_first_service(s, vs->name); v; v = next) {
			next = (struct virtual_service *)store_next_of(&v->row);
			take(&v->row);
		}
		if (store_find(s, &vs->row))
			take(now);
	out:
		row_free(&vs->row);
	} else {
		put(&vs->row, now);
		change_service(number, 1 + dice(SERVICES - 1));
	}
}

static void change(void)
{
	switch (dice(8)) {
	case 0:
		change_pool();
		break;
	case 1:
		change_virtual();
		break;
	case 2:
		change_service(dice(VIRTUALS), dice(SERVICES));
		break;
	default:
		change_server();
		break;
	}
}

static void evaluate(struct virtual_server *vs, const struct quorum *q, void *arg)
{
	char reason[QUORUM_REASON_SIZE];

	(void)arg;
	vs->state = quorum_next(vs, q, reason);
}

static void evaluate_pool(struct pool *p, const struct quorum *q, void *arg)
{
	(void)arg;
	p->state = quorum_of_pool(p, q);
}

/* The count that is kept is the one that is made anew. */
static void count_is_true(const char *name, const struct quorum *q)
{
	struct quorum now = quorum_count(s, name);

	ck_assert_uint_eq(q->servers, now.servers);
	ck_assert_uint_eq(q->servers_up, now.servers_up);
	ck_assert_uint_eq(q->weight_up, now.weight_up);
	ck_assert_uint_eq(q->waiting, now.waiting);
}

static void evaluate_due(struct virtual_server *vs, const struct quorum *q, void *arg)
{
	count_is_true(vs->pool, q);
	evaluate(vs, q, arg);
}

static void evaluate_pool_due(struct pool *p, const struct quorum *q, void *arg)
{
	count_is_true(p->name, q);
	evaluate_pool(p, q, arg);
}

/* Where nothing is due, an evaluation changes nothing. */
static void states_are_true(void)
{
	STORE_FOREACH (pool, p, s) {
		struct quorum q = quorum_count(s, p->name);
		enum server_state before = p->state;

		evaluate_pool(p, &q, NULL);
		ck_assert_msg(
		    p->state == before, "seed %u: %s: %d, not %d", seed, p->name, before, p->state);
	}
	STORE_FOREACH (virtual_server, vs, s) {
		struct quorum q = quorum_count(s, vs->pool);
		enum virtual_state before = vs->state;

		evaluate(vs, &q, NULL);
		ck_assert_msg(vs->state == before, "seed %u: %s: %d, not %d", seed, vs->name,
		    before, vs->state);
	}
}

static void equal(const struct ipvs_table *a, const struct ipvs_table *b)
{
	ck_assert_uint_eq(a->n_services, b->n_services);
	for (size_t i = 0; i < a->n_services; i++) {
		const struct ipvs_service *x = &a->services[i], *y = &b->services[i];

		ck_assert(ipvs_service_equal(x, y));
		ck_assert_ptr_eq(x->user, y->user);
		ck_assert_uint_eq(x->count, y->count);
		for (size_t j = 0; j < x->count; j++) {
			const struct ipvs_dest *d = &ipvs_dests(a, x)[j], *e = &ipvs_dests(b, y)[j];

			ck_assert(ipvs_dest_equal(d, e));
			ck_assert_ptr_eq(d->user, e->user);
		}
	}
}

/* Holes stay few. */
static void is_small(const struct ipvs_table *t)
{
	size_t used = 0;

	for (size_t i = 0; i < t->n_services; i++)
		used += t->services[i].count;
	ck_assert_uint_eq(t->n_dests - t->unused, used);
	ck_assert_uint_le(t->unused, t->n_dests / 2 + 64);
}

static void build(void)
{
	struct ipvs_table whole = {.n_services = 0};
	const struct wanted_part *part = wanted_part(w);
	bool due = wanted_is_due(w);
	size_t dropped;

	wanted_each_due(w, s, &(struct wanted_states){evaluate_pool_due, evaluate_due, NULL});
	states_are_true();
	switch (wanted_build(w, s)) {
	case WANTED_SAME:
		ck_assert(!due);
		break;
	case WANTED_PART:
		parts++;
		few += part->ipvs.addresses != NULL;
		is_small(wanted_table(w));
		ipvs_table_replace(&mirror, &part->ipvs);
		is_small(&mirror);
		break;
	case WANTED_WHOLE:
		wholes++;
		ipvs_table_clear(&mirror);
		for (size_t i = 0; i < wanted_table(w)->n_services; i++)
			ipvs_table_copy_service(
			    &mirror, wanted_table(w), &wanted_table(w)->services[i]);
		break;
	}
	ck_assert(!wanted_is_due(w));
	dropped = desired_build(s, &whole);
	ck_assert_uint_eq(wanted_conflicts(w), dropped);
	equal(wanted_table(w), &whole);
	equal(&mirror, &whole); /* the parts tell all */
	ipvs_table_clear(&whole);
}

static void rounds(uint32_t first)
{
	seed = first;
	for (int i = 0; i < ROUNDS; i++) {
		for (uint32_t n = 1 + dice(GROUP); n; n--)
			change();
		tell();
		if (dice(3) == 0)
			continue; /* more comes before anything is done */
		if (dice(500) == 0)
			wanted_note_all(w);
		build();
		if (dice(2))
			wanted_part_done(w);
	}
	build();
}

START_TEST(test_random)
{
	rounds(1000 + (uint32_t)_i);
	ck_assert_uint_gt(parts, ROUNDS / 3);
	ck_assert_uint_lt(wholes, ROUNDS / 20);
	ck_assert_uint_gt(few, ROUNDS / 10);
	ck_assert_uint_gt(parts - few, ROUNDS / 10);
}
END_TEST

/* Virtual servers get each other's services: never what the configuration's rules allow, but never wrong. */
START_TEST(test_random_conflicts)
{
	conflicts = true;
	rounds(2000 + (uint32_t)_i);
	ck_assert_uint_gt(wholes, 10);
}
END_TEST

/* Only what has changed is built: a change of one pool does not touch the services of another. */
START_TEST(test_part_is_small)
{
	const struct wanted_part *part = wanted_part(w);
	struct real_server *rs = NULL;

	for (uint32_t i = 0; i < POOLS; i++) {
		struct virtual_server *vs = ROW_NEW(virtual_server);

		name(&vs->name, "virtual", i);
		name(&vs->pool, "pool", i);
		put(&vs->row, NULL);
		change_service(i, 1);
		change_service(i, 2);
		rs = ROW_NEW(real_server);
		name(&rs->pool, "pool", i);
		rs->address = host(1, 1);
		rs->row.user = calloc(1, sizeof(struct server_memory));
		put(&rs->row, NULL);
	}
	tell();
	build();
	ck_assert_uint_eq(wholes, 1);
	rs->weight = 7;
	tell_one(CHANGE_MODIFIED, &rs->row);
	tell();
	build();
	ck_assert_uint_eq(parts, 1);
	ck_assert_uint_eq(few, 1);
	ck_assert_uint_eq(part->n_pools, 1);
	ck_assert_ptr_eq(part->pools[0], rs->pool);
	ck_assert_uint_eq(part->ipvs.table.n_services, 2);
	ck_assert_uint_eq(part->ipvs.n_gone, 0);
	change_service(3, 2);
	tell();
	build();
	ck_assert_uint_eq(part->ipvs.table.n_services, 1);
	ck_assert_uint_eq(part->ipvs.n_gone, 1);
	/* a pool that nobody uses has a state, too */
	rs = ROW_NEW(real_server);
	row_set_text(&rs->pool, "nobody");
	rs->address = host(1, 1);
	rs->row.user = calloc(1, sizeof(struct server_memory));
	put(&rs->row, NULL);
	tell();
	build();
	ck_assert_uint_eq(part->n_pools, 1);
	ck_assert_uint_eq(part->ipvs.table.n_services, 0);
	ck_assert_uint_eq(part->ipvs.n_gone, 0);
}
END_TEST

static struct real_server *large_server(uint32_t n)
{
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, "large");
	rs->address = host(4, n);
	rs->port = 80;
	rs->state = SERVER_UP;
	rs->row.user = calloc(1, sizeof(struct server_memory));
	return rs;
}

static void make_large(void)
{
	struct virtual_server *vs = ROW_NEW(virtual_server);
	struct virtual_service *v = ROW_NEW(virtual_service);

	row_set_text(&vs->name, "large");
	row_set_text(&vs->pool, "large");
	vs->quorum = LARGE / 2;
	vs->sorry_address = host(4, 77);
	put(&vs->row, NULL);
	row_set_text(&v->virtual_server, "large");
	v->protocol = SERVICE_TCP;
	v->address = host(2, 200);
	v->port = 80;
	put(&v->row, NULL);
	for (uint32_t i = 0; i < LARGE; i += 2)
		put(&large_server(i)->row, NULL);
	tell();
	build();
}

static void change_large(uint32_t n)
{
	struct real_server *rs = large_server(n);
	struct row *now = store_find(s, &rs->row);

	if (!now) {
		put(&rs->row, NULL);
		return;
	}
	free(rs->row.user);
	row_free(&rs->row);
	rs = (struct real_server *)now;
	if (dice(4) == 0) {
		take(now);
		return;
	}
	rs->weight = (int32_t)dice(4);
	rs->state = dice(4) ? SERVER_UP : SERVER_DOWN;
	tell_one(CHANGE_MODIFIED, now);
}

/* Some or many servers of a large pool at once, beside a small one; the quorum comes and goes. */
START_TEST(test_large)
{
	static const uint32_t sizes[] = {1, 1, 1, 2, 31, 32, 33, 100};
	size_t before;

	seed = 3000 + (uint32_t)_i;
	make_large();
	for (int i = 0; i < 1000; i++) {
		uint32_t n = sizes[dice(sizeof(sizes) / sizeof(*sizes))], first = dice(LARGE);

		for (uint32_t k = 0; k < n; k++)
			change_large((first + k * 7) % LARGE); /* 7 and LARGE have no divisor */
		if (dice(4) == 0)
			change_server();
		tell();
		before = few;
		build();
		if (n > 32)
			ck_assert_uint_eq(few, before);
	}
	ck_assert_uint_gt(few, 400);
	ck_assert_uint_gt(parts, few + 200);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lvs_wanted");
	TCase *tc = tcase_create("wanted");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_part_is_small);
	tcase_add_loop_test(tc, test_random, 0, SEEDS);
	tcase_add_loop_test(tc, test_random_conflicts, 0, SEEDS);
	tcase_add_loop_test(tc, test_large, 0, SEEDS);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
