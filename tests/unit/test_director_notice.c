/* SPDX-License-Identifier: BSD-2-Clause */
/* From what the processes report to notices (core/director/notice.c): which, of whom, and how many may wait. */
#include <stdio.h>
#include <string.h>
#include "core/director/hub.h"
#include "tests/unit/unit.h"

/* ---- The hub, as far as it is needed. */

static struct hub hub;

void hub_changed(struct hub *h, struct row *r, column_mask mask)
{
	(void)h;
	(void)r;
	(void)mask;
}

void hub_added(struct hub *h, struct row *r)
{
	ck_assert_ptr_null(store_insert(h->store, r));
}

void hub_removed(struct hub *h, struct row *r)
{
	store_remove(h->store, r);
	row_free(r);
}

static unsigned went_on;

void children_go_on(struct hub *h)
{
	(void)h;
	went_on++;
}

static void set_up(void)
{
	hub = (struct hub){.store = store_new()};
	hub.system = store_system(hub.store);
}

static void tear_down(void)
{
	store_free(hub.store);
}

/* ---- What there is. */

static void insert(struct row *r)
{
	ck_assert_ptr_null(store_insert(hub.store, r));
}

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

static void add_fifo(enum notify_fifo_kind kind)
{
	struct notify_fifo *f = ROW_NEW(notify_fifo);

	f->kind = kind;
	row_set_text(&f->path, "/fifo");
	insert(&f->row);
}

static struct notify_script *add_script(
    enum notify_owner kind, const char *owner, enum notify_event event, const char *command)
{
	struct notify_script *s = ROW_NEW(notify_script);

	s->owner_kind = kind;
	row_set_text(&s->owner, owner);
	s->address = kind == NOTIFY_REAL_SERVER ? address("10.0.0.1") : notify_no_address;
	s->port = kind == NOTIFY_REAL_SERVER ? 80 : 0;
	s->event = event;
	row_set_text(&s->command, command);
	insert(&s->row);
	return s;
}

static struct virtual_server *add_virtual(const char *name, const char *pool)
{
	struct virtual_server *vs = ROW_NEW(virtual_server);

	row_set_text(&vs->name, name);
	row_set_text(&vs->pool, pool);
	insert(&vs->row);
	return vs;
}

static void add_service(
    const char *virtual_server, enum service_protocol protocol, const char *at, uint32_t port)
{
	struct virtual_service *s = ROW_NEW(virtual_service);

	row_set_text(&s->virtual_server, virtual_server);
	s->protocol = protocol;
	s->address = address(at);
	s->port = port;
	insert(&s->row);
}

static struct real_server *add_server(const char *pool, enum server_state state)
{
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, pool);
	rs->address = address("10.0.0.1");
	rs->port = 80;
	rs->state = state;
	insert(&rs->row);
	return rs;
}

static struct pool *add_pool(const char *name, bool start_down)
{
	struct pool *p = ROW_NEW(pool);

	row_set_text(&p->name, name);
	p->start_down = start_down;
	insert(&p->row);
	return p;
}

static struct vrrp_instance *add_instance(const char *name, enum vrrp_state state)
{
	struct vrrp_instance *i = ROW_NEW(vrrp_instance);

	row_set_text(&i->name, name);
	i->state = state;
	i->effective_priority = 100;
	insert(&i->row);
	return i;
}

/* ---- What happens. */

/* The row's process says that it has another state. */
static void reports(struct row *r, int column, int64_t value)
{
	struct row *new = row_copy(r);

	column_set_number(new, &r->table->columns[column], value);
	notice_reported(&hub, r, new, (column_mask)1 << column);
	row_copy_columns(r, new, (column_mask)1 << column);
	row_free(new);
}

static void server_is(struct real_server *rs, enum server_state state)
{
	reports(&rs->row, COL_real_server_state, state);
}

static void quorum_is(struct virtual_server *vs, enum virtual_state state)
{
	reports(&vs->row, COL_virtual_server_state, state);
}

static void instance_is(struct vrrp_instance *i, enum vrrp_state state)
{
	reports(&i->row, COL_vrrp_instance_state, state);
}

/* All notices, "LINE|COMMAND: WORD|...", which are done then. */
static const char *told(void)
{
	static char all[1024];
	size_t n = 0;

	*all = '\0';
	STORE_FOREACH_SAFE (notice, i, next, hub.store) {
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s%s%s|", i->line, i->command,
		    *i->command ? ": " : "", i->word);
		ck_assert_uint_lt(n, sizeof(all));
		i->state = NOTICE_DONE;
		notice_done(&hub, &i->row);
	}
	ck_assert_uint_eq(store_count(hub.store, TABLE_notice), 0);
	return all;
}

START_TEST(test_instance)
{
	struct vrrp_instance *i = add_instance("V 1", VRRP_INITIALIZE);

	instance_is(i, VRRP_BACKUP);
	ck_assert_str_eq(told(), ""); /* nobody wants to know */
	add_fifo(FIFO_LVS);
	instance_is(i, VRRP_MASTER);
	ck_assert_str_eq(told(), ""); /* nor does that one */
	add_fifo(FIFO_VRRP);
	add_script(NOTIFY_INSTANCE, "V 1", NOTIFY_FAULT, "/f");
	add_script(NOTIFY_INSTANCE, "V 1", NOTIFY_ANY, "/any");
	add_script(NOTIFY_INSTANCE, "V 2", NOTIFY_MASTER, "/other");
	instance_is(i, VRRP_FAULT);
	ck_assert_str_eq(told(), "/f: FAULT|/any: FAULT|INSTANCE \"V 1\" FAULT 100|");
	instance_is(i, VRRP_MASTER);
	ck_assert_str_eq(told(), "/any: MASTER|INSTANCE \"V 1\" MASTER 100|");
	instance_is(i, VRRP_INITIALIZE);
	ck_assert_str_eq(told(), "/any: STOP|INSTANCE \"V 1\" STOP 100|");
}
END_TEST

START_TEST(test_priority)
{
	struct vrrp_instance *i = add_instance("V", VRRP_MASTER);

	add_fifo(FIFO_ALL);
	reports(&i->row, COL_vrrp_instance_effective_priority, 90);
	ck_assert_str_eq(told(), "");
	i->notify_priority_changes = true;
	reports(&i->row, COL_vrrp_instance_effective_priority, 80);
	ck_assert_str_eq(told(), "INSTANCE \"V\" MASTER_PRIORITY 80|");
	i->effective_priority = 0; /* as at its start */
	reports(&i->row, COL_vrrp_instance_effective_priority, 80);
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(test_server)
{
	struct real_server *rs = add_server("p", SERVER_UNKNOWN);
	struct pool *p = add_pool("p", false);

	add_fifo(FIFO_VRRP);
	add_script(NOTIFY_REAL_SERVER, "p", NOTIFY_UP, "/up");
	add_script(NOTIFY_REAL_SERVER, "p", NOTIFY_DOWN, "/down");
	server_is(rs, SERVER_UP);
	ck_assert_str_eq(told(), ""); /* it was used all the time */
	server_is(rs, SERVER_DOWN);
	ck_assert_str_eq(told(), "/down: DOWN|");
	server_is(rs, SERVER_UNKNOWN);
	ck_assert_str_eq(told(), "");
	hub.system->real_server_init_notices = true;
	server_is(rs, SERVER_UP);
	ck_assert_str_eq(told(), "/up: UP|");
	hub.system->real_server_init_notices = false;
	p->start_down = true; /* alpha */
	rs->state = SERVER_UNKNOWN;
	server_is(rs, SERVER_DOWN);
	ck_assert_str_eq(told(), "");
	rs->state = SERVER_UNKNOWN;
	server_is(rs, SERVER_UP);
	ck_assert_str_eq(told(), "/up: UP|");
}
END_TEST

START_TEST(test_lines)
{
	struct real_server *rs = add_server("p", SERVER_UP);
	struct virtual_server *web, *group;

	add_fifo(FIFO_LVS);
	web = add_virtual("web", "p");
	add_service("web", SERVICE_TCP, "192.0.2.1", 80);
	add_service("web", SERVICE_UDP, "2001:db8::1", 53);
	add_service("web", SERVICE_FWMARK, "0.0.0.0", 7);
	group = add_virtual("zzz", "p");
	row_set_text(&group->address_group, "G 1");
	add_service("zzz", SERVICE_TCP, "192.0.2.2", 80);
	add_service("zzz", SERVICE_TCP, "192.0.2.3", 80);
	add_service("zzz", SERVICE_FWMARK, "0.0.0.0", 8);
	add_virtual("none", "p");
	add_virtual("other", "q");
	add_service("other", SERVICE_TCP, "192.0.2.4", 80);
	server_is(rs, SERVER_DOWN);
	ck_assert_str_eq(told(), "RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN|"
				 "RS [10.0.0.1]:udp:80 [2001:db8::1]:udp:53 DOWN|"
				 "RS [10.0.0.1]:none:80 FWM 7 DOWN|"
				 "RS [10.0.0.1]:tcp:80 [G 1]:0 DOWN|");
	quorum_is(group, VIRTUAL_UP);
	ck_assert_str_eq(told(), "VS [G 1]:0 UP|");
	quorum_is(web, VIRTUAL_UP);
	ck_assert_str_eq(
	    told(), "VS [192.0.2.1]:tcp:80 UP|VS [2001:db8::1]:udp:53 UP|VS FWM 7 UP|");
}
END_TEST

/* Without a port, it is that of the service; a group has none. */
START_TEST(test_line_port)
{
	struct real_server *rs = add_server("p", SERVER_UP), *any;
	struct virtual_server *group;

	store_remove(hub.store, &rs->row);
	rs->port = 0;
	insert(&rs->row);
	any = rs;
	add_fifo(FIFO_LVS);
	add_virtual("a", "p");
	add_service("a", SERVICE_SCTP, "192.0.2.1", 99);
	group = add_virtual("b", "p");
	row_set_text(&group->address_group, "marks");
	add_service("b", SERVICE_FWMARK, "0.0.0.0", 7);
	add_service("b", SERVICE_FWMARK, "0.0.0.0", 8);
	server_is(any, SERVER_DOWN);
	ck_assert_str_eq(told(), "RS [10.0.0.1]:sctp:99 [192.0.2.1]:sctp:99 DOWN|"
				 "RS [10.0.0.1]:none:0 [marks]:0 DOWN|");
}
END_TEST

START_TEST(test_quorum)
{
	struct virtual_server *vs = add_virtual("web", "p");

	add_script(NOTIFY_VIRTUAL_SERVER, "web", NOTIFY_UP, "/up");
	add_script(NOTIFY_VIRTUAL_SERVER, "web", NOTIFY_DOWN, "/down");
	quorum_is(vs, VIRTUAL_DOWN);
	ck_assert_str_eq(told(), ""); /* it has not begun yet */
	quorum_is(vs, VIRTUAL_UP);
	ck_assert_str_eq(told(), "/up: UP|");
	quorum_is(vs, VIRTUAL_SORRY);
	ck_assert_str_eq(told(), "/down: DOWN|");
	quorum_is(vs, VIRTUAL_DOWN);
	ck_assert_str_eq(told(), ""); /* lost it is already */
	vs->state = VIRTUAL_UNKNOWN;
	quorum_is(vs, VIRTUAL_SORRY);
	ck_assert_str_eq(told(), "/down: DOWN|");
	vs->state = VIRTUAL_UNKNOWN;
	quorum_is(vs, VIRTUAL_UP);
	ck_assert_str_eq(told(), "/up: UP|");
}
END_TEST

START_TEST(test_stop)
{
	struct virtual_server *omega = add_virtual("a", "p");
	struct real_server *up = add_server("p", SERVER_UP);

	add_virtual("b", "q");
	add_service("a", SERVICE_TCP, "192.0.2.1", 80);
	add_service("b", SERVICE_TCP, "192.0.2.2", 80);
	add_server("q", SERVER_UP);
	add_script(NOTIFY_VIRTUAL_SERVER, "a", NOTIFY_DOWN, "/down a");
	add_script(NOTIFY_VIRTUAL_SERVER, "b", NOTIFY_DOWN, "/down b");
	add_fifo(FIFO_LVS);
	notice_stop(&hub);
	ck_assert_str_eq(told(), "");
	omega->stop_down = true;
	omega->state = VIRTUAL_UP;
	notice_stop(&hub);
	ck_assert_str_eq(told(), "RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN|/down a: DOWN|"
				 "VS [192.0.2.1]:tcp:80 DOWN|");
	/* What the processes say when they stop has been said. */
	hub.stopping = true;
	quorum_is(omega, VIRTUAL_DOWN);
	server_is(up, SERVER_DOWN);
	ck_assert_str_eq(told(), "");
	/* A quorum that was lost before, and a server that was down. */
	notice_stop(&hub);
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(test_director)
{
	ck_assert(!notice_director(&hub, NOTIFY_STARTUP));
	ck_assert_str_eq(told(), "");
	add_script(NOTIFY_DIRECTOR, NOTIFY_DIRECTOR_NAME, NOTIFY_STARTUP, "/start");
	ck_assert(!notice_director(&hub, NOTIFY_SHUTDOWN));
	ck_assert(notice_director(&hub, NOTIFY_STARTUP));
	ck_assert_uint_eq(went_on, 0);
	ck_assert_str_eq(told(), "/start: STARTUP|");
	ck_assert_uint_eq(went_on, 1);
}
END_TEST

/* Scripts go with what they are of, and are told of its end nevertheless. */
START_TEST(test_removed)
{
	struct vrrp_instance *i = add_instance("V", VRRP_MASTER);
	struct real_server *rs = add_server("p", SERVER_UP);
	struct notify_script *scripts[] = {
	    add_script(NOTIFY_INSTANCE, "V", NOTIFY_DELETED, "/deleted"),
	    add_script(NOTIFY_REAL_SERVER, "p", NOTIFY_DOWN, "/down")};
	struct txn *t = txn_new();
	struct refusal why;

	add_fifo(FIFO_ALL);
	txn_delete(t, &i->row);
	txn_delete(t, &rs->row);
	for (size_t k = 0; k < 2; k++)
		txn_delete(t, &scripts[k]->row);
	ck_assert_msg(txn_apply(t, hub.store, &why), "%s", why.reason);
	ck_assert_uint_eq(store_count(hub.store, TABLE_notify_script), 0);
	notice_removed(&hub, t);
	ck_assert_str_eq(told(), "/down: DOWN|/deleted: DELETED|INSTANCE \"V\" DELETED 100|");
	txn_free(t);
}
END_TEST

/* ---- How many may wait: WAITING_MAX of notice.c. */

#define MOST 4096

static struct notice *first(void)
{
	return (struct notice *)store_first(hub.store, TABLE_notice);
}

/* One to begin with is of A; all others are of B. */
static void fill(struct vrrp_instance *a, struct vrrp_instance *b)
{
	add_fifo(FIFO_ALL);
	instance_is(a, VRRP_BACKUP);
	for (unsigned k = 1; k < MOST; k++)
		instance_is(b, k % 2 ? VRRP_BACKUP : VRRP_MASTER);
	ck_assert_uint_eq(store_count(hub.store, TABLE_notice), MOST);
	ck_assert_uint_eq(hub.system->notices_lost, 0);
}

START_TEST(test_limit)
{
	struct vrrp_instance *a = add_instance("A", VRRP_MASTER),
			     *b = add_instance("B", VRRP_MASTER),
			     *c = add_instance("C", VRRP_MASTER);
	struct notice *second;

	fill(a, b);
	second = (struct notice *)store_next(&first()->row);
	ck_assert_uint_eq(second->sequence, 2);
	second->state = NOTICE_RUNNING;
	instance_is(b, VRRP_FAULT);
	/* The oldest of B that does not run: neither A's, nor the second. */
	ck_assert_uint_eq(store_count(hub.store, TABLE_notice), MOST);
	ck_assert_uint_eq(hub.system->notices_lost, 1);
	ck_assert_str_eq(first()->owner, "A");
	ck_assert_uint_eq(((struct notice *)store_next(&first()->row))->sequence, 2);
	ck_assert_uint_eq(((struct notice *)store_next(store_next(&first()->row)))->sequence, 4);
	/* C has none yet: the oldest of all. */
	instance_is(c, VRRP_FAULT);
	ck_assert_uint_eq(store_count(hub.store, TABLE_notice), MOST);
	ck_assert_uint_eq(hub.system->notices_lost, 2);
	ck_assert_uint_eq(first()->sequence, 2);
	/* The newest are there. */
	ck_assert_uint_eq(hub.notices, MOST + 2);
}
END_TEST

/* What runs is not taken away: it has a process. */
START_TEST(test_limit_running)
{
	struct vrrp_instance *a = add_instance("A", VRRP_MASTER),
			     *b = add_instance("B", VRRP_MASTER);

	fill(a, b);
	STORE_FOREACH (notice, n, hub.store)
		n->state = NOTICE_RUNNING;
	instance_is(b, VRRP_FAULT);
	ck_assert_uint_eq(store_count(hub.store, TABLE_notice), MOST + 1);
	ck_assert_uint_eq(hub.system->notices_lost, 0);
	instance_is(b, VRRP_BACKUP); /* the one before it waits */
	ck_assert_uint_eq(store_count(hub.store, TABLE_notice), MOST + 1);
	ck_assert_uint_eq(hub.system->notices_lost, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_instance, test_priority, test_server, test_lines,
	    test_line_port, test_quorum, test_stop, test_director, test_removed, test_limit,
	    test_limit_running};
	Suite *s = suite_create("notice");
	TCase *tc = tcase_create("notice");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
