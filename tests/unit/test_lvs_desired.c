/* SPDX-License-Identifier: BSD-2-Clause */
/* From rows to the kernel's table: states, quorum, sorry server, ports, flags; and what is learnt at start. */
#include <string.h>
#include "core/lvs/desired.h"
#include "tests/unit/unit.h"

static struct store *s;
static struct ipvs_table t;
static struct pool *pool;
static struct virtual_server *vs;
static struct virtual_service *vsvc;
static struct server_memory memories[8];
static size_t n_servers;

static struct addr addr(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(&a, text), "%s", text);
	return a;
}

static struct virtual_service *add_service(
    const char *server, enum service_protocol protocol, const char *address, uint32_t port)
{
	struct virtual_service *v = ROW_NEW(virtual_service);

	row_set_text(&v->virtual_server, server);
	v->protocol = protocol;
	v->address = addr(address);
	v->port = port;
	ck_assert_ptr_null(store_insert(s, &v->row));
	return v;
}

static struct real_server *add_server(const char *address, uint32_t port, int32_t weight)
{
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, "web");
	rs->address = addr(address);
	rs->port = port;
	rs->weight = weight;
	rs->state = SERVER_UP;
	rs->row.user = &memories[n_servers++];
	ck_assert_ptr_null(store_insert(s, &rs->row));
	return rs;
}

static struct virtual_server *add_virtual(const char *name)
{
	struct virtual_server *v = ROW_NEW(virtual_server);

	row_set_text(&v->name, name);
	row_set_text(&v->pool, "web");
	v->state = VIRTUAL_UP;
	ck_assert_ptr_null(store_insert(s, &v->row));
	return v;
}

static void setup(void)
{
	s = store_new();
	n_servers = 0;
	for (size_t i = 0; i < 8; i++)
		memories[i] = (struct server_memory){.known = SERVER_UNKNOWN};
	pool = ROW_NEW(pool);
	row_set_text(&pool->name, "web");
	store_insert(s, &pool->row);
	vs = add_virtual("www");
	vsvc = add_service("www", SERVICE_TCP, "192.0.2.1", 80);
}

static void teardown(void)
{
	ipvs_table_clear(&t);
	store_free(s);
}

/* The weight of the destination in the n-th service, -1: not there. */
static int32_t weight_of(size_t n, const char *address, uint16_t port)
{
	struct addr a = addr(address);
	struct ipvs_dest *d;

	desired_build(s, &t);
	ck_assert_uint_lt(n, t.n_services);
	d = ipvs_table_find_dest(&t, &t.services[n], &a, port);
	return d ? d->weight : -1;
}

/* ----------------------------------------------------------------- state to weight */

/* What a lone server of weight 5 gets. All combinations; the oracle is the list in desired.h. */
static int32_t oracle(
    const struct real_server *rs, bool start_down, bool quorum, bool sorry, bool udp, bool dh)
{
	bool up = rs->state == SERVER_UP || (rs->state == SERVER_UNKNOWN && !start_down);

	if (rs->admin_state == ADMIN_DISABLED)
		return -1;
	if (!up && rs->on_failure == ON_FAILURE_REMOVE)
		return -1;
	if (!up)
		return udp ? -1 : 0;
	if (sorry && !quorum)
		return dh ? -1 : 0;
	return rs->admin_state == ADMIN_ENABLED ? 5 : 0;
}

static void check_combination(struct real_server *rs, unsigned c)
{
	bool start_down = c & 1, quorum = c & 2, sorry = c & 4, udp = c & 8, dh = c & 16;
	bool inhibit = c & 32;
	int32_t w;

	pool->start_down = start_down;
	vs->state = quorum ? VIRTUAL_UP : sorry ? VIRTUAL_SORRY : VIRTUAL_DOWN;
	vs->sorry_address = sorry ? addr("10.0.0.99") : (struct addr){0, {0}};
	vs->sorry_inhibit = inhibit;
	vs->scheduler = dh ? SCHEDULER_DH : SCHEDULER_WLC;
	w = weight_of(udp, "10.0.0.1", 80);
	ck_assert_msg(w == oracle(rs, start_down, quorum, sorry, udp, dh),
	    "combination %u admin %u state %u on_failure %u: %d", c, rs->admin_state, rs->state,
	    rs->on_failure, w);
	w = weight_of(udp, "10.0.0.99", 80);
	ck_assert_int_eq(w, !sorry ? -1 : !quorum ? 1 : inhibit ? 0 : -1);
}

START_TEST(test_states)
{
	struct real_server *rs = add_server("10.0.0.1", 80, 5);

	add_service("www", SERVICE_UDP, "192.0.2.1", 80);
	for (int a = ADMIN_ENABLED; a <= ADMIN_DISABLED; a++) {
		for (int st = SERVER_UNKNOWN; st <= SERVER_DOWN; st++) {
			for (int f = ON_FAILURE_REMOVE; f <= ON_FAILURE_WEIGHT_ZERO; f++) {
				rs->admin_state = (enum admin_state)a;
				rs->state = (enum server_state)st;
				rs->on_failure = (enum on_failure)f;
				for (unsigned c = 0; c < 64; c++)
					check_combination(rs, c);
			}
		}
	}
}
END_TEST

/* sh with its fallback passes over destinations of weight 0: then they may stay. */
START_TEST(test_sorry_and_hash)
{
	add_server("10.0.0.1", 80, 5);
	vs->state = VIRTUAL_SORRY;
	vs->sorry_address = addr("10.0.0.99");
	vs->scheduler = SCHEDULER_SH;
	ck_assert_int_eq(weight_of(0, "10.0.0.1", 80), -1);
	vs->scheduler_fallback = true;
	ck_assert_int_eq(weight_of(0, "10.0.0.1", 80), 0);
}
END_TEST

/* A sorry server that also is a real server is one destination, with the greater weight. */
START_TEST(test_sorry_is_real)
{
	add_server("10.0.0.1", 80, 5);
	add_server("10.0.0.2", 80, 5);
	vs->sorry_address = addr("10.0.0.1");
	vs->sorry_inhibit = true;
	ck_assert_int_eq(weight_of(0, "10.0.0.1", 80), 5);
	ck_assert_uint_eq(t.services[0].count, 2);
	vs->state = VIRTUAL_SORRY;
	ck_assert_int_eq(weight_of(0, "10.0.0.1", 80), 1);
	ck_assert_uint_eq(t.services[0].count, 2);
}
END_TEST

/* --------------------------------------------------------------------------- quorum */

static enum virtual_state step(void)
{
	char reason[QUORUM_REASON_SIZE];
	struct quorum q = quorum_count(s, vs->pool);

	vs->state = quorum_next(vs, &q, reason);
	ck_assert_str_ne(reason, "");
	return vs->state;
}

START_TEST(test_hysteresis)
{
	static const struct {
		int32_t weight;
		enum virtual_state state;
	} path[] = {{0, VIRTUAL_DOWN}, {2, VIRTUAL_DOWN}, {3, VIRTUAL_DOWN}, {4, VIRTUAL_UP},
	    {3, VIRTUAL_UP}, {2, VIRTUAL_UP}, {1, VIRTUAL_DOWN}, {3, VIRTUAL_DOWN}, {4, VIRTUAL_UP},
	    {0, VIRTUAL_DOWN}, {65535, VIRTUAL_UP}};
	struct real_server *rs = add_server("10.0.0.1", 80, 0);

	vs->quorum = 3;
	vs->hysteresis = 1;
	vs->state = VIRTUAL_DOWN;
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		rs->weight = path[i].weight;
		ck_assert_msg(step() == path[i].state, "step %zu: %d", i, vs->state);
	}
	/* a first evaluation knows no direction: the quorum itself decides */
	rs->weight = 3;
	vs->state = VIRTUAL_UNKNOWN;
	ck_assert_int_eq(step(), VIRTUAL_UP);
	rs->weight = 2;
	vs->state = VIRTUAL_UNKNOWN;
	ck_assert_int_eq(step(), VIRTUAL_DOWN);
	/* a hysteresis beyond the quorum still needs somebody who serves */
	vs->hysteresis = 10;
	vs->state = VIRTUAL_UP;
	rs->weight = 1;
	ck_assert_int_eq(step(), VIRTUAL_UP);
	rs->weight = 0;
	ck_assert_int_eq(step(), VIRTUAL_DOWN);
}
END_TEST

START_TEST(test_count)
{
	struct real_server *a = add_server("10.0.0.1", 80, 10), *b = add_server("10.0.0.2", 80, 20),
			   *c = add_server("10.0.0.3", 80, 40), *d = add_server("10.0.0.4", 80, 80);
	struct quorum q;

	a->admin_state = ADMIN_DRAIN;
	b->admin_state = ADMIN_DISABLED;
	c->state = SERVER_DOWN;
	d->state = SERVER_UNKNOWN;
	q = quorum_count(s, vs->pool);
	ck_assert_uint_eq(q.weight_up, 80);
	ck_assert_uint_eq(q.servers_up, 2);
	ck_assert_uint_eq(q.servers, 4);
	ck_assert(!q.waiting);
	pool->start_down = true;
	q = quorum_count(s, vs->pool);
	ck_assert_uint_eq(q.weight_up, 0);
	ck_assert_uint_eq(q.servers_up, 1);
	ck_assert(q.waiting);
	/* many servers of full weight do not wrap around */
	a->admin_state = ADMIN_ENABLED;
	a->weight = 65535;
	ck_assert_uint_eq(quorum_count(s, vs->pool).weight_up, 65535);
}
END_TEST

START_TEST(test_pool)
{
	struct real_server *a = add_server("10.0.0.1", 80, 1);
	struct quorum q = quorum_count(s, pool->name);

	pool->state = SERVER_UNKNOWN;
	ck_assert_int_eq(quorum_of_pool(pool, &q), SERVER_UP);
	a->state = SERVER_UNKNOWN;
	pool->start_down = true;
	q = quorum_count(s, pool->name);
	ck_assert_int_eq(quorum_of_pool(pool, &q), SERVER_UNKNOWN);
	/* unknown follows only from itself */
	pool->state = SERVER_DOWN;
	ck_assert_int_eq(quorum_of_pool(pool, &q), SERVER_DOWN);
	a->state = SERVER_UP;
	q = quorum_count(s, pool->name);
	ck_assert_int_eq(quorum_of_pool(pool, &q), SERVER_UP);
	/* nobody takes new connections */
	a->admin_state = ADMIN_DRAIN;
	q = quorum_count(s, pool->name);
	ck_assert_int_eq(quorum_of_pool(pool, &q), SERVER_DOWN);
	a->admin_state = ADMIN_ENABLED;
	a->weight = 0;
	q = quorum_count(s, pool->name);
	ck_assert_int_eq(quorum_of_pool(pool, &q), SERVER_DOWN);
}
END_TEST

START_TEST(test_waiting)
{
	struct real_server *a = add_server("10.0.0.1", 80, 1), *b = add_server("10.0.0.2", 80, 1);

	pool->start_down = true;
	a->state = b->state = SERVER_UNKNOWN;
	vs->state = VIRTUAL_UNKNOWN;
	ck_assert_int_eq(step(), VIRTUAL_UNKNOWN);
	a->state = SERVER_DOWN;
	ck_assert_int_eq(step(), VIRTUAL_UNKNOWN);
	b->state = SERVER_DOWN;
	ck_assert_int_eq(step(), VIRTUAL_DOWN);
	b->state = SERVER_UNKNOWN; /* once known, never unknown again */
	ck_assert_int_eq(step(), VIRTUAL_DOWN);
	a->state = SERVER_UP;
	ck_assert_int_eq(step(), VIRTUAL_UP);
	vs->state = VIRTUAL_UNKNOWN;
	vs->sorry_address = addr("10.0.0.99");
	a->state = SERVER_DOWN;
	b->state = SERVER_DOWN;
	ck_assert_int_eq(step(), VIRTUAL_SORRY);
}
END_TEST

/* ------------------------------------------------------------------ keys and values */

START_TEST(test_keys)
{
	static const char *const names[] = {"tcp 192.0.2.1:80", "udp 192.0.2.1:53",
	    "sctp [2001:db8::1]:0", "fwmark 4294967295 inet6", "fwmark 7 inet"};
	char buf[IPVS_KEY_STRLEN];
	struct ipvs_key key;

	add_service("www", SERVICE_UDP, "192.0.2.1", 53);
	add_service("www", SERVICE_SCTP, "2001:db8::1", 0);
	add_service("www", SERVICE_FWMARK, "::", 4294967295u);
	add_service("www", SERVICE_FWMARK, "0.0.0.0", 7);
	ck_assert_uint_eq(desired_build(s, &t), 0);
	ck_assert_uint_eq(t.n_services, 5);
	for (size_t i = 0; i < 5; i++) {
		struct ipvs_service *found;

		ck_assert(ipvs_key_parse(&key, names[i]));
		found = ipvs_table_find(&t, &key);
		ck_assert_msg(found != NULL, "%s", names[i]);
		ck_assert_str_eq(ipvs_key_format(&found->key, buf), names[i]);
		key = desired_key(found->user);
		ck_assert_int_eq(ipvs_key_cmp(&key, &found->key), 0);
	}
}
END_TEST

/* Two virtual servers with one service: the model refuses it; here the kernel still gets it once. */
START_TEST(test_duplicate_service)
{
	add_server("10.0.0.1", 80, 5);
	add_virtual("other");
	add_service("other", SERVICE_TCP, "192.0.2.1", 80);
	add_service("other", SERVICE_TCP, "192.0.2.1", 81);
	ck_assert_uint_eq(desired_build(s, &t), 1);
	ck_assert_uint_eq(t.n_services, 2);
	ck_assert_uint_eq(t.services[0].count, 1);
}
END_TEST

START_TEST(test_ports)
{
	struct real_server *nat = add_server("10.0.0.1", 8080, 1),
			   *same = add_server("10.0.0.2", 0, 2),
			   *dr = add_server("10.0.0.3", 8080, 3),
			   *tun = add_server("10.0.0.4", 0, 4);

	(void)nat;
	(void)same;
	dr->forwarding = FORWARDING_DR;
	tun->forwarding = FORWARDING_TUN;
	add_service("www", SERVICE_TCP, "192.0.2.1", 443);
	add_service("www", SERVICE_FWMARK, "0.0.0.0", 9);
	ck_assert_int_eq(weight_of(0, "10.0.0.1", 8080), 1);
	ck_assert_int_eq(weight_of(0, "10.0.0.2", 80), 2);
	ck_assert_int_eq(weight_of(0, "10.0.0.3", 80), 3);
	ck_assert_int_eq(weight_of(0, "10.0.0.4", 80), 4);
	ck_assert_int_eq(weight_of(1, "10.0.0.1", 8080), 1);
	ck_assert_int_eq(weight_of(1, "10.0.0.2", 443), 2);
	ck_assert_int_eq(weight_of(1, "10.0.0.3", 443), 3);
	ck_assert_int_eq(weight_of(2, "10.0.0.1", 8080), 1);
	ck_assert_int_eq(weight_of(2, "10.0.0.2", 0), 2);
	ck_assert_int_eq(weight_of(2, "10.0.0.4", 0), 4);
}
END_TEST

START_TEST(test_service_values)
{
	struct ipvs_service *v;

	vs->scheduler = SCHEDULER_MH;
	vs->scheduler_port = vs->scheduler_fallback = true;
	vs->one_packet = true;
	vs->persistence_prefix = 24; /* without a timeout it means nothing */
	add_service("www", SERVICE_UDP, "2001:db8::1", 80);
	desired_build(s, &t);
	v = &t.services[0];
	ck_assert_str_eq(v->scheduler, "mh");
	ck_assert_str_eq(v->engine, "");
	ck_assert_uint_eq(v->flags, IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2);
	ck_assert_uint_eq(v->timeout, 0);
	ck_assert_uint_eq(v->netmask, 0xffffffff);
	ck_assert_uint_eq(t.services[1].netmask, 128);
	ck_assert(t.services[1].flags & IP_VS_SVC_F_ONEPACKET);
	vs->scheduler = SCHEDULER_WRR;
	vs->persistence_timeout = 300;
	vs->persistence_engine = PERSISTENCE_ENGINE_SIP;
	desired_build(s, &t);
	v = &t.services[0];
	ck_assert_str_eq(v->scheduler, "wrr");
	ck_assert_str_eq(v->engine, "sip");
	ck_assert_uint_eq(v->flags, IP_VS_SVC_F_PERSISTENT);
	ck_assert_uint_eq(v->timeout, 300);
	ck_assert_uint_eq(v->netmask, 0xffffff00);
	ck_assert_uint_eq(t.services[1].netmask, 24);
	vs->persistence_prefix = 0;
	desired_build(s, &t);
	ck_assert_uint_eq(t.services[0].netmask, 0xffffffff);
	ck_assert_uint_eq(t.services[1].netmask, 128);
	vs->persistence_prefix = 64;
	desired_build(s, &t);
	ck_assert_uint_eq(t.services[0].netmask, 0xffffffff);
	ck_assert_uint_eq(t.services[1].netmask, 64);
	vs->persistence_prefix = 1;
	desired_build(s, &t);
	ck_assert_uint_eq(t.services[0].netmask, 0x80000000);
}
END_TEST

START_TEST(test_dest_values)
{
	struct real_server *rs = add_server("10.0.0.1", 80, 7);
	struct ipvs_dest *d;

	rs->upper_threshold = 100;
	rs->lower_threshold = 50;
	rs->tunnel_type = TUNNEL_GUE; /* means nothing but with LVS-Tun */
	rs->tunnel_port = 6080;
	rs->tunnel_checksum = TUNNEL_REMCSUM;
	desired_build(s, &t);
	d = t.dests;
	ck_assert_uint_eq(d->forward, IPVS_FORWARD_NAT);
	ck_assert_uint_eq(d->upper, 100);
	ck_assert_uint_eq(d->lower, 50);
	ck_assert_uint_eq(d->tunnel_type + d->tunnel_port + d->tunnel_flags, 0);
	ck_assert_ptr_eq(d->user, rs);
	rs->forwarding = FORWARDING_TUN;
	desired_build(s, &t);
	d = t.dests;
	ck_assert_uint_eq(d->forward, IPVS_FORWARD_TUN);
	ck_assert_uint_eq(d->tunnel_type, IP_VS_CONN_F_TUNNEL_TYPE_GUE);
	ck_assert_uint_eq(d->tunnel_port, 6080);
	ck_assert_uint_eq(d->tunnel_flags, IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM);
	rs->tunnel_type = TUNNEL_GRE;
	rs->tunnel_checksum = TUNNEL_CSUM;
	desired_build(s, &t);
	d = t.dests;
	ck_assert_uint_eq(d->tunnel_type, IP_VS_CONN_F_TUNNEL_TYPE_GRE);
	ck_assert_uint_eq(d->tunnel_port, 0);
	ck_assert_uint_eq(d->tunnel_flags, IP_VS_TUNNEL_ENCAP_FLAG_CSUM);
	rs->tunnel_type = TUNNEL_IPIP;
	desired_build(s, &t);
	ck_assert_uint_eq(t.dests->tunnel_flags, 0);
}
END_TEST

/* ------------------------------------------------------------------------- learning */

static void put(struct ipvs_table *have, const char *address, int32_t weight)
{
	struct ipvs_dest d = {.addr = addr(address), .port = 80, .weight = weight};

	ipvs_table_add_dest(have, &d);
}

START_TEST(test_learn)
{
	struct real_server *a = add_server("10.0.0.1", 80, 5), *b = add_server("10.0.0.2", 80, 5),
			   *c = add_server("10.0.0.3", 80, 5), *d = add_server("10.0.0.4", 80, 0),
			   *e = add_server("10.0.0.5", 80, 5);
	struct ipvs_table have = {.n_services = 0};
	struct ipvs_service service = {.key = desired_key(vsvc)};

	a->state = b->state = c->state = d->state = e->state = SERVER_UNKNOWN;
	e->admin_state = ADMIN_DISABLED;
	ck_assert(!desired_learn(s, vs, &have));
	ck_assert_int_eq(memories[0].known, SERVER_UNKNOWN);
	ipvs_table_add_service(&have, &service);
	put(&have, "10.0.0.1", 3);
	put(&have, "10.0.0.2", 0);
	put(&have, "10.0.0.4", 0);
	ck_assert(desired_learn(s, vs, &have));
	ck_assert_int_eq(memories[0].known, SERVER_UP);
	ck_assert_int_eq(memories[1].known, SERVER_DOWN);
	ck_assert_int_eq(memories[2].known, SERVER_DOWN);
	ck_assert_int_eq(memories[3].known, SERVER_UP); /* weight 0 is what it is configured to */
	ck_assert_int_eq(memories[4].known, SERVER_UNKNOWN);
	/* and it counts, whatever the pool would assume */
	pool->start_down = true;
	ck_assert_int_eq(weight_of(0, "10.0.0.1", 80), 5);
	pool->start_down = false;
	ck_assert_int_eq(weight_of(0, "10.0.0.2", 80), -1);
	ck_assert_int_eq(weight_of(0, "10.0.0.3", 80), -1);
	/* until there is a verdict */
	b->state = SERVER_UP;
	a->state = SERVER_DOWN;
	ck_assert_int_eq(weight_of(0, "10.0.0.1", 80), -1);
	ck_assert_int_eq(weight_of(0, "10.0.0.2", 80), 5);
	ipvs_table_clear(&have);
}
END_TEST

/* Up in one of several services is up. */
START_TEST(test_learn_several)
{
	struct virtual_service *other = add_service("www", SERVICE_TCP, "192.0.2.1", 79);
	struct virtual_service *third = add_service("www", SERVICE_TCP, "192.0.2.1", 81);
	struct real_server *a = add_server("10.0.0.1", 80, 5);
	struct ipvs_table have = {.n_services = 0};
	struct ipvs_service service = {.key = desired_key(other)};

	a->state = SERVER_UNKNOWN;
	ipvs_table_add_service(&have, &service);
	put(&have, "10.0.0.1", 0);
	service.key = desired_key(vsvc);
	ipvs_table_add_service(&have, &service);
	put(&have, "10.0.0.1", 1);
	service.key = desired_key(third);
	ipvs_table_add_service(&have, &service);
	ipvs_table_sort(&have);
	ck_assert(desired_learn(s, vs, &have));
	ck_assert_int_eq(memories[0].known, SERVER_UP);
	ipvs_table_clear(&have);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lvs_desired");
	TCase *tc = tcase_create("desired");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_states);
	tcase_add_test(tc, test_sorry_and_hash);
	tcase_add_test(tc, test_sorry_is_real);
	tcase_add_test(tc, test_hysteresis);
	tcase_add_test(tc, test_count);
	tcase_add_test(tc, test_pool);
	tcase_add_test(tc, test_waiting);
	tcase_add_test(tc, test_keys);
	tcase_add_test(tc, test_duplicate_service);
	tcase_add_test(tc, test_ports);
	tcase_add_test(tc, test_service_values);
	tcase_add_test(tc, test_dest_values);
	tcase_add_test(tc, test_learn);
	tcase_add_test(tc, test_learn_several);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
