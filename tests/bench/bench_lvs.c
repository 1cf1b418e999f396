/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a change of one real server costs directord-lvs, by the size of its pool: rows that change, the engine's own
 * code, a kernel that takes everything at once, and a hub that only reads.
 *
 *	bench_lvs SERVERS...
 *
 * wanted: no line costs more for a larger pool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/lvs/desired.h"
#include "core/lvs/ipvs.h"
#include "core/lvs/lvs.h"
#include "core/lvs/made.h"

#define TIMES 200

static struct engine *e;
static struct store *s;
static int hub;
static void *lvs;
static struct real_server **servers;

/* The kernel, and the journal: what is asked for is so. */

struct made {
	size_t n;
};

static size_t operations;

int ipvs_open(struct ipvs **c)
{
	*c = (struct ipvs *)&operations;
	return 0;
}

void ipvs_close(struct ipvs *c)
{
	(void)c;
}

int ipvs_get_info(struct ipvs *c, struct ipvs_info *info)
{
	(void)c;
	memset(info, 0, sizeof(*info));
	return 0;
}

int ipvs_get_timeouts(struct ipvs *c, struct ipvs_timeouts *t)
{
	(void)c;
	memset(t, 0, sizeof(*t));
	return 0;
}

int ipvs_set_timeouts(struct ipvs *c, const struct ipvs_timeouts *t)
{
	(void)c, (void)t;
	return 0;
}

int ipvs_get_daemons(struct ipvs *c, struct ipvs_daemons *d)
{
	(void)c;
	memset(d, 0, sizeof(*d));
	return 0;
}

int ipvs_start_daemon(struct ipvs *c, enum ipvs_sync_role role, const struct ipvs_daemon *d)
{
	(void)c, (void)role, (void)d;
	return 0;
}

int ipvs_stop_daemon(struct ipvs *c, enum ipvs_sync_role role)
{
	(void)c, (void)role;
	return 0;
}

int ipvs_dump(struct ipvs *c, struct ipvs_table *t)
{
	(void)c;
	if (operations) /* not the first time */
		desired_build(s, t);
	return 0;
}

int ipvs_apply(struct ipvs *c, struct ipvs_op *ops, size_t n)
{
	(void)c;
	for (size_t i = 0; i < n; i++)
		ops[i].error = 0;
	operations += n;
	return 0;
}

const char *ipvs_op_word(enum ipvs_op_kind kind)
{
	(void)kind;
	return "";
}

const char *ipvs_op_reason(const struct ipvs_op *op)
{
	(void)op;
	return "";
}

void made_head(char head[MADE_HEAD_SIZE])
{
	head[0] = '\0';
}

struct made *made_open(const char *dir)
{
	(void)dir;
	return calloc(1, sizeof(struct made));
}

void made_close(struct made *m)
{
	free(m);
}

bool made_has(const struct made *m, const struct ipvs_key *key)
{
	(void)m, (void)key;
	return true;
}

void made_add(struct made *m, const struct ipvs_key *key)
{
	(void)m, (void)key;
}

void made_remove(struct made *m, const struct ipvs_key *key)
{
	(void)m, (void)key;
}

size_t made_count(const struct made *m)
{
	return m->n;
}

/* Changes */

static void told(enum change_kind kind, struct row *r, bool sync)
{
	struct change c = {.kind = kind, .row = r, .mask = ~(column_mask)0};

	lvs_program.ops.changed(e, &c, r != NULL, sync, lvs);
}

static void turn(void)
{
	static char packet[65536];

	event_base_loop(engine_base(e), EVLOOP_NONBLOCK);
	while (recv(hub, packet, sizeof(packet), MSG_DONTWAIT) > 0)
		event_base_loop(engine_base(e), EVLOOP_NONBLOCK);
}

static void add(struct row *r)
{
	store_insert(s, r);
	told(CHANGE_ADDED, r, false);
}

static struct real_server *new_server(unsigned i)
{
	struct real_server *rs = ROW_NEW(real_server);
	uint8_t bytes[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	row_set_text(&rs->pool, "web");
	rs->address = addr_from_bytes(bytes, 4);
	rs->port = 80;
	rs->state = SERVER_UP;
	return rs;
}

static void make_rows(unsigned n)
{
	struct pool *pool = ROW_NEW(pool);
	struct virtual_server *vs = ROW_NEW(virtual_server);
	struct virtual_service *service = ROW_NEW(virtual_service);
	uint8_t vip[4] = {192, 0, 2, 1};

	row_set_text(&pool->name, "web");
	row_set_text(&vs->name, "www");
	row_set_text(&vs->pool, "web");
	row_set_text(&service->virtual_server, "www");
	service->protocol = SERVICE_TCP;
	service->address = addr_from_bytes(vip, 4);
	service->port = 80;
	add(&pool->row);
	add(&vs->row);
	add(&service->row);
	servers = calloc(n, sizeof(struct real_server *));
	for (unsigned i = 0; servers && i < n; i++) {
		servers[i] = new_server(2 * i); /* there is room between them */
		add(&servers[i]->row);
	}
	told(CHANGE_ADDED, NULL, true);
	turn();
}

static void weight(struct real_server *rs, unsigned time)
{
	rs->weight = 2 + (int32_t)(time % 2);
	told(CHANGE_MODIFIED, &rs->row, false);
}

/* Down, and up again. */
static void state(struct real_server *rs, unsigned time)
{
	rs->state = time % 2 ? SERVER_UP : SERVER_DOWN;
	told(CHANGE_MODIFIED, &rs->row, false);
}

/* Another one beside it, and that one away again. */
static void come_and_go(struct real_server *rs, unsigned time)
{
	static struct real_server *other;

	if (time % 2 == 0) {
		other = new_server(0);
		other->address = rs->address;
		other->address.bytes[3]++;
		add(&other->row);
	} else {
		store_remove(s, &other->row);
		told(CHANGE_REMOVED, &other->row, false);
		row_free(&other->row);
	}
}

static void measure(
    unsigned n, const char *what, void (*change)(struct real_server *rs, unsigned time))
{
	usec_t start = clock_now();
	size_t before = operations;

	for (unsigned i = 0; i < TIMES; i++) {
		change(servers[(i / 2 * 7919u) % n], i);
		turn();
	}
	printf("%7u %-12s %8.1f us a change, %.1f operations\n", n, what,
	    (double)(clock_now() - start) / TIMES, (double)(operations - before) / TIMES);
}

static void bench(unsigned n)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) < 0)
		exit(1);
	hub = fds[1];
	e = engine_open(&lvs_program, fds[0]);
	s = engine_store(e);
	lvs = lvs_program.start(e);
	make_rows(n);
	measure(n, "weight", weight);
	measure(n, "down, up", state);
	measure(n, "come, go", come_and_go);
	operations = 0;
	lvs_program.finish(lvs);
	engine_close(e);
	close(hub);
	free(servers);
}

int main(int argc, char **argv)
{
	log_init("bench_lvs", LOG_LEVEL_ERROR);
	for (int i = 1; i < argc; i++)
		bench((unsigned)atoi(argv[i]));
	return 0;
}
