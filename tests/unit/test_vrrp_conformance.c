/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What RFC 9568 (with its errata 8298 to 8301) and RFC 3768 demand, rule by rule: a test is a line of a table
 * and has the section in its name.
 *
 * A packet is crafted octet by octet, by a second reading of the RFCs and not with packet.c, and goes the way
 * that it has from the socket on: link.c, packet.c, instance.c, fsm.c.  What comes out is seen where it leaves
 * the process: sockets, kernel and clock are this test.  Outputs are recorded as text:
 *
 *   a100  advertisement of priority 100   +  an address set       G  an address announced
 *                                         -  an address removed
 */
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/vrrp/router.h"
#include "tests/unit/unit.h"

#define SEC USEC_PER_SEC
#define T0 (1000 * SEC)
#define VRID 7
#define FOREIGN_VRID 8
#define TTL 255

/* ------------------------------------------------------------- the world around */

static usec_t now;
static char did[256];
static struct router router;
static struct store *store;
static struct virtual *v;
static vrrp_io_receive received;
static void *receiver;
static struct kernel_address there[4]; /* the router's own, then virtual ones */
static struct kernel_interface lan;
static uint8_t sent[VRRP_PACKET_MAX];

usec_t clock_now(void)
{
	return now;
}

usec_t clock_wall(void)
{
	return now;
}

struct timeval usec_to_timeval(usec_t t)
{
	return (struct timeval){(time_t)(t / SEC), (suseconds_t)(t % SEC)};
}

__attribute__((format(printf, 1, 2))) static void record(const char *fmt, ...)
{
	size_t used = strlen(did);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(did + used, sizeof(did) - used, fmt, ap);
	va_end(ap);
}

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(&a, text));
	return a;
}

static bool is_v6(void)
{
	return v->fsm.config.family == ADDR_IPV6;
}

const struct kernel_interface *kernel_interface_of(const struct kernel *k, int index)
{
	(void)k;
	(void)index;
	return NULL;
}

/* No instance here has a virtual MAC address. */
int vmac_sender_index(const struct virtual *of)
{
	(void)of;
	return 0;
}

struct vrrp_io *vmac_sender(const struct virtual *of, bool ah)
{
	ck_assert(!ah);
	return of->port->io;
}

void vmac_group(struct virtual *of, const struct addr *old)
{
	(void)old;
	ck_assert_ptr_null(of->vmac_io);
}

void vmac_forget(struct virtual *of)
{
	ck_assert_int_eq(of->vmac_index, 0);
}

/* None has a source that is tracked. */
const struct kernel_interface *kernel_next(const struct kernel *k, const struct kernel_interface *i)
{
	(void)k;
	(void)i;
	return NULL;
}

bool vmac_lacks(const struct virtual *of)
{
	(void)of;
	return false;
}

bool vmac_hears_right(const struct virtual *of)
{
	(void)of;
	return true;
}

void vmac_hear(struct virtual *of)
{
	ck_assert_int_eq(of->vmac_index, 0);
}

struct vrrp_io *vrrp_io_open(struct event_base *base, enum addr_family family, int protocol,
    const char *interface, int index, const uint8_t *only_from, vrrp_io_receive receive, void *arg)
{
	(void)base;
	ck_assert_ptr_null(only_from);
	ck_assert(family == ADDR_IPV4 || family == ADDR_IPV6);
	ck_assert_int_eq(protocol, 112);
	ck_assert_str_eq(interface, "lan");
	ck_assert_int_eq(index, 3);
	received = receive;
	receiver = arg;
	return (struct vrrp_io *)(uintptr_t)sent;
}

/* The instances here are in the RFC's group. */
bool vrrp_io_join(struct vrrp_io *io, const struct addr *group)
{
	ck_abort_msg("%p joins %p", (void *)io, (const void *)group);
	return false;
}

void vrrp_io_leave(struct vrrp_io *io, const struct addr *group)
{
	ck_abort_msg("%p leaves %p", (void *)io, (const void *)group);
}

void vrrp_io_close(struct vrrp_io *io)
{
	(void)io;
}

/* RFC 9568 sections 5.1 and 5.2.5: each that is sent is looked at. */
bool vrrp_io_send(struct vrrp_io *io, const struct addr *source, const struct addr *destination,
    uint8_t ttl, const void *message, size_t len)
{
	struct addr group = address(is_v6() ? "ff02::12" : "224.0.0.18"),
		    own = address(is_v6() ? "fe80::2" : "10.0.0.2");

	ck_assert_ptr_eq(io, sent);
	ck_assert(addr_equal(source, &own));
	ck_assert(addr_equal(destination, &group));
	ck_assert_uint_eq(ttl, TTL);
	ck_assert_uint_lt(len, sizeof(sent));
	memcpy(sent, message, len);
	ck_assert_uint_eq(sent[0], (unsigned)v->fsm.config.version << 4 | 1);
	ck_assert_uint_eq(sent[1], VRID);
	record("a%u ", sent[2]);
	return true;
}

bool vrrp_io_send_packet(
    struct vrrp_io *io, const struct addr *destination, const void *packet, size_t len)
{
	ck_abort_msg("%p %p %p %zu", (void *)io, (const void *)destination, packet, len);
}

const struct kernel_interface *kernel_interface(const struct kernel *k, const char *name)
{
	(void)k;
	return strcmp(name, lan.name) == 0 ? &lan : NULL;
}

unsigned watch_flags(const struct router *r, const struct kernel_interface *i)
{
	(void)r;
	return i->flags;
}

const struct kernel_address *kernel_address(
    const struct kernel_interface *i, const struct addr *wanted)
{
	const struct kernel_address *a;

	TAILQ_FOREACH (a, &i->addresses, entry)
		if (addr_equal(&a->address, wanted))
			return a;
	return NULL;
}

static bool late; /* the kernel tells of its addresses later, as of those of IPv6 */

void kernel_add(struct kernel *k, const struct kernel_vip *vip)
{
	(void)k;
	record("+ ");
	if (late)
		return;
	there[2] = (struct kernel_address){
	    .address = vip->address, .prefix_length = vip->prefix_length, .ours = true};
	TAILQ_INSERT_TAIL(&lan.addresses, &there[2], entry);
}

void kernel_remove(struct kernel *k, const struct kernel_vip *vip)
{
	(void)k;
	record("- ");
	if (late)
		return;
	ck_assert(addr_equal(&there[2].address, &vip->address));
	TAILQ_REMOVE(&lan.addresses, &there[2], entry);
}

void announcer_queue(struct announcer *a, const struct kernel_interface *i,
    const struct addr *announced, struct announce_pace pace, struct announce_count count)
{
	(void)a;
	(void)i;
	(void)pace;
	(void)count;
	ck_assert(late || kernel_address(&lan, announced));
	record("G ");
}

bool announcer_cancel(struct announcer *a, const uint64_t *counter)
{
	(void)a;
	(void)counter;
	return false;
}

struct record_slot *record_find(struct record *r, const struct record_key *key, usec_t *spoke)
{
	(void)r;
	(void)key;
	*spoke = 0;
	return NULL;
}

void record_set(struct record_slot *slot, usec_t spoke)
{
	(void)slot;
	(void)spoke;
}

void record_transition(
    struct record *r, const struct record_slot *slot, const struct record_transition *t)
{
	(void)r;
	(void)slot;
	(void)t;
}

unsigned record_transitions(const struct record *r, const struct record_slot *slot, usec_t after,
    struct record_transition *list, unsigned max)
{
	(void)r;
	(void)slot;
	(void)after;
	(void)list;
	(void)max;
	return 0;
}

void record_forget(struct record_slot *slot)
{
	(void)slot;
}

struct store *engine_store(struct engine *e)
{
	(void)e;
	return store;
}

void engine_report(struct engine *e, struct row *r, column_mask columns)
{
	(void)e;
	ck_assert_uint_eq(columns & ~table_owned(r->table, P_VRRP), 0);
}

void engine_add(struct engine *e, struct row *r)
{
	(void)e;
	ck_assert_ptr_null(store_insert(store, r));
}

void engine_remove(struct engine *e, struct row *r)
{
	(void)e;
	store_remove(store, r);
	row_free(r);
}

void engine_event(struct engine *e, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason)
{
	(void)e;
	(void)kind;
	(void)subject;
	(void)old_state;
	(void)new_state;
	(void)reason;
}

void router_wake(struct router *r)
{
	ck_assert_ptr_eq(r, &router);
}

void router_act_many(struct router *r)
{
	ck_assert_ptr_eq(r, &router);
}

/* What vrrp.c does when the events at hand have been handled. */
static const char *act(void)
{
	static char buf[sizeof(did)];

	virtual_act_addresses(v);
	virtual_act_announce(v);
	memcpy(buf, did, sizeof(did));
	did[0] = '\0';
	return buf;
}

/* ------------------------------------------------------------------ the instance */

enum kind { V2, V3, V6 }; /* version 2; version 3 over IPv4, over IPv6 */

struct local {
	enum kind kind;
	uint8_t priority; /* 0: 100 */
	unsigned cs;	  /* its interval; 0: a second */
	bool nopreempt;
	usec_t delay; /* of preemption */
	const char *password;
};

static void own_addresses(void)
{
	memset(&lan, 0, sizeof(lan));
	strcpy(lan.name, "lan");
	lan.index = 3;
	lan.flags = IFF_UP | IFF_RUNNING;
	TAILQ_INIT(&lan.addresses);
	there[0] = (struct kernel_address){.address = address("10.0.0.2"), .prefix_length = 24};
	there[1] = (struct kernel_address){.address = address("fe80::2"), .prefix_length = 64};
	TAILQ_INSERT_TAIL(&lan.addresses, &there[0], entry);
	TAILQ_INSERT_TAIL(&lan.addresses, &there[1], entry);
}

static struct vrrp_instance *make_row(const struct local *l)
{
	struct vrrp_instance *row = ROW_NEW(vrrp_instance);

	row_set_text(&row->name, "VI");
	row_set_text(&row->interface, "lan");
	row->vrid = VRID;
	row->family = l->kind == V6 ? INET_IPV6 : INET_IPV4;
	row->version = l->kind == V2 ? 2 : 3;
	row->priority = l->priority ? l->priority : 100;
	row->advert_interval = l->cs ? l->cs * USEC_PER_CSEC : SEC;
	row->preempt = !l->nopreempt;
	row->preempt_delay = l->delay;
	if (l->password) {
		row->auth_type = VRRP_AUTH_PASS;
		row_set_text(&row->auth_password, l->password);
	}
	/* What the RFCs ask for, without keepalived's repetitions. */
	row->garp_repeat = 1;
	row->garp_delay = row->garp_refresh = 0;
	row->garp_lower_repeat = 0;
	return row;
}

static void make(const struct local *l)
{
	struct vrrp_instance *row = make_row(l);
	struct vrrp_address *vip = ROW_NEW(vrrp_address);

	now = T0;
	did[0] = '\0';
	own_addresses();
	memset(&router, 0, sizeof(router));
	TAILQ_INIT(&router.virtuals);
	TAILQ_INIT(&router.links);
	router.base = event_base_new();
	router.running = true;
	store = store_new();
	row_set_text(&vip->instance, "VI");
	vip->address = address(l->kind == V6 ? "fe80::100" : "10.0.0.100");
	ck_assert_ptr_null(store_insert(store, &row->row));
	ck_assert_ptr_null(store_insert(store, &vip->row));
	v = virtual_new(&router, row);
	virtual_configure(v);
	ck_assert_ptr_nonnull(received);
	ck_assert_int_eq(v->fsm.state, VRRP_INITIALIZE);
}

static void unmake(void)
{
	virtual_free(v);
	event_base_free(router.base);
	store_free(store);
}

static void fire(void)
{
	ck_assert_uint_ne(v->fsm.armed, USEC_NEVER);
	now = v->fsm.armed;
	vrrp_fsm_timer(&v->fsm, now);
}

/* Another event, a while later. */
static void later(void)
{
	now += 123457;
}

static void make_in(const struct local *l, enum vrrp_state state)
{
	make(l);
	if (state != VRRP_INITIALIZE)
		virtual_start(v);
	if (state == VRRP_MASTER && v->fsm.state != VRRP_MASTER)
		fire();
	act();
	ck_assert_int_eq(v->fsm.state, state);
	later();
}

/* -------------------------------------------------------------------- the packet */

enum form { SUM_RIGHT, SUM_OTHER_FORM, SUM_WRONG };

struct crafted {
	uint8_t ihl, ttl, head[8]; /* octets as RFC 9568 section 5.2 draws them, without the sum */
	uint8_t count;		   /* addresses that are really there */
	uint8_t vip[16];
	uint8_t auth[8];
	size_t cut, extra; /* octets less or more than that */
	enum form sum;
	struct addr from, to;
};

static uint32_t add_up(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t k = 0; k < len; k++)
		sum += k % 2 ? bytes[k] : bytes[k] * 256u;
	return sum;
}

/* RFC 3768 5.3.8, RFC 9568 5.2.8: version 2 without a pseudo-header; IPv6 with; version 3 over IPv4 both. */
static void put_sum(const struct crafted *c, uint8_t *message, size_t len)
{
	bool v3 = message[0] >> 4 != 2, pseudo = v3 != (c->sum == SUM_OTHER_FORM);
	uint32_t sum = add_up(message, len);
	size_t size = c->from.family == ADDR_IPV6 ? 16 : 4;

	if (pseudo)
		sum +=
		    add_up(c->from.bytes, size) + add_up(c->to.bytes, size) + 112 + (uint32_t)len;
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	sum = ~sum + (c->sum == SUM_WRONG);
	if (len < 8)
		return;
	message[6] = (uint8_t)(sum >> 8);
	message[7] = (uint8_t)sum;
}

static size_t put_message(const struct crafted *c, uint8_t *m)
{
	size_t size = c->from.family == ADDR_IPV6 ? 16 : 4, len = 8;

	memcpy(m, c->head, 8);
	for (unsigned k = 0; k < c->count; k++, len += size)
		memcpy(m + len, c->vip, size);
	if (c->head[0] >> 4 == 2) {
		memcpy(m + len, c->auth, 8);
		len += 8;
	}
	memset(m + len, 0, c->extra);
	len += c->extra;
	len -= c->cut;
	put_sum(c, m, len);
	return len;
}

static void deliver(const struct crafted *c)
{
	uint8_t buf[512] = {[1] = 0xc0, [8] = c->ttl, [9] = 112};
	size_t header = c->from.family == ADDR_IPV6 ? 0 : c->ihl * 4u,
	       len = put_message(c, buf + header) + header;
	uint8_t *exact;
	struct vrrp_datagram d = {.len = len};

	if (header) {
		buf[0] = 0x40 | c->ihl;
		buf[3] = (uint8_t)len;
		memcpy(buf + 12, c->from.bytes, 4);
		memcpy(buf + 16, c->to.bytes, 4);
	} else {
		d.source = c->from;
		d.destination = c->to;
		d.ttl = c->ttl;
	}
	exact = malloc(len); /* a sanitizer sees what is read beyond it */
	memcpy(exact, buf, len);
	d.data = exact;
	received(&d, receiver);
	free(exact);
}

/* What a peer's would be that is configured as this router is; 10.0.0.3 is above its own 10.0.0.2. */
static struct crafted proper(const struct local *l, uint8_t priority, unsigned cs)
{
	struct crafted c = {.ihl = 5, .ttl = TTL, .count = 1};
	struct addr vip = address(l->kind == V6 ? "fe80::100" : "10.0.0.100");

	c.from = address(l->kind == V6 ? "fe80::3" : "10.0.0.3");
	c.to = address(l->kind == V6 ? "ff02::12" : "224.0.0.18");
	memcpy(c.vip, vip.bytes, 16);
	c.head[0] = l->kind == V2 ? 0x21 : 0x31;
	c.head[1] = VRID;
	c.head[2] = priority;
	c.head[3] = 1;
	if (l->kind == V2) {
		c.head[4] = l->password ? 1 : 0;
		c.head[5] = (uint8_t)(cs / 100);
		strncpy((char *)c.auth, l->password ? l->password : "", 8);
	} else {
		c.head[4] = (uint8_t)(cs >> 8);
		c.head[5] = (uint8_t)cs;
	}
	return c;
}

/* ------------------------------------------------------------ the receive ladder */

/* What is different from a proper packet. */
enum spoil {
	NOTHING,
	TTL_IS,
	OCTET_0_IS, /* version and type */
	VRID_IS,
	COUNT_IS, /* only the field says so */
	EMPTY,	  /* no address, and the field says so */
	CUT,
	EXTRA,
	OPTIONS, /* an IP header of so many words */
	SUM_IS,
	AUTH_TYPE_IS,
	AUTH_OCTET_IS,
	INTERVAL_IS, /* 16 bits, with the reserved ones */
	VIP_ENDS_IN,
	VIP_GLOBAL,
	FROM_US,
	FROM_LOWER, /* 10.0.0.1, fe80::1 */
};

static void spoil(struct crafted *c, enum spoil what, unsigned value)
{
	size_t last = c->from.family == ADDR_IPV6 ? 15 : 3;

	switch (what) {
	case NOTHING:
		break;
	case TTL_IS:
		c->ttl = (uint8_t)value;
		break;
	case OCTET_0_IS:
		c->head[0] = (uint8_t)value;
		break;
	case VRID_IS:
		c->head[1] = (uint8_t)value;
		break;
	case COUNT_IS:
		c->head[3] = (uint8_t)value;
		break;
	case EMPTY:
		c->head[3] = c->count = 0;
		break;
	case CUT:
		c->cut = value;
		break;
	case EXTRA:
		c->extra = value;
		break;
	case OPTIONS:
		c->ihl = (uint8_t)value;
		break;
	case SUM_IS:
		c->sum = (enum form)value;
		break;
	case AUTH_TYPE_IS:
		c->head[4] = (uint8_t)value;
		break;
	case AUTH_OCTET_IS:
		c->auth[0] = (uint8_t)value;
		break;
	case INTERVAL_IS:
		c->head[4] = (uint8_t)(value >> 8);
		c->head[5] = (uint8_t)value;
		break;
	case VIP_ENDS_IN:
		c->vip[last] = (uint8_t)value;
		break;
	case VIP_GLOBAL:
		c->vip[0] = 0x20;
		c->vip[1] = 0x01;
		break;
	case FROM_US:
		c->from.bytes[last] = 2;
		break;
	case FROM_LOWER:
		c->from.bytes[last] = 1;
		break;
	}
}

/*
 * The router is backup with priority 100 (owner: master with 255) and hears a packet of priority 150.  down:
 * the Master_Down_Timer afterwards, in microseconds, if it counts.
 */
static const struct rung {
	const char *name;
	struct local local;
	enum spoil what;
	unsigned value;
	enum vrrp_drop drop;
	usec_t down;
	const char *password; /* the sender's */
	char note;	      /* counted although it is not dropped: i interval, a addresses */
} ladder[] = {
    {.name = "RFC 3768 7.1: a proper packet counts", {.kind = V2}, .down = 3609375},
    {.name = "RFC 9568 7.1: a proper packet over IPv4 counts", {.kind = V3}, .down = 3609375},
    {.name = "RFC 9568 7.1: a proper packet over IPv6 counts", {.kind = V6}, .down = 3609375},

    {.name = "RFC 3768 7.1: TTL not 255 is dropped", {.kind = V2}, TTL_IS, 254, VRRP_DROP_TTL},
    {.name = "RFC 9568 7.1: TTL not 255 is dropped", {.kind = V3}, TTL_IS, 254, VRRP_DROP_TTL},
    {.name = "RFC 9568 7.1: Hop Limit not 255 is dropped",
	{.kind = V6},
	TTL_IS,
	254,
	VRRP_DROP_TTL},
    {.name = "RFC 9568 7.1: Hop Limit 1 is dropped", {.kind = V6}, TTL_IS, 1, VRRP_DROP_TTL},

    {.name = "RFC 3768 7.1: version 1 is dropped",
	{.kind = V2},
	OCTET_0_IS,
	0x11,
	VRRP_DROP_VERSION},
    {.name = "RFC 9568 7.1: version 4 is dropped",
	{.kind = V3},
	OCTET_0_IS,
	0x41,
	VRRP_DROP_VERSION},
    {.name = "RFC 9568 7.1: version 0 over IPv6 is dropped",
	{.kind = V6},
	OCTET_0_IS,
	0x01,
	VRRP_DROP_VERSION},
    {.name = "RFC 9568 7.1: version 2 over IPv6 is dropped",
	{.kind = V6},
	OCTET_0_IS,
	0x21,
	VRRP_DROP_VERSION},
    {.name = "RFC 9568 8.4: version 2 to version 3 is dropped",
	{.kind = V3},
	OCTET_0_IS,
	0x21,
	VRRP_DROP_VERSION},
    {.name = "RFC 9568 8.4: version 3 to version 2 is dropped",
	{.kind = V2},
	OCTET_0_IS,
	0x31,
	VRRP_DROP_VERSION},

    {.name = "RFC 3768 5.3.2: type 2 is dropped", {.kind = V2}, OCTET_0_IS, 0x22, VRRP_DROP_TYPE},
    {.name = "RFC 9568 5.2.2: type 0 is dropped", {.kind = V3}, OCTET_0_IS, 0x30, VRRP_DROP_TYPE},
    {.name = "RFC 9568 5.2.2: type 15 over IPv6 is dropped",
	{.kind = V6},
	OCTET_0_IS,
	0x3f,
	VRRP_DROP_TYPE},

    {.name = "RFC 3768 7.1: a count beyond the end is dropped",
	{.kind = V2},
	COUNT_IS,
	2,
	VRRP_DROP_LENGTH},
    {.name = "RFC 3768 7.1: without its trailer it is dropped",
	{.kind = V2},
	CUT,
	8,
	VRRP_DROP_LENGTH},
    {.name = "RFC 3768 7.1: an octet short is dropped", {.kind = V2}, CUT, 1, VRRP_DROP_LENGTH},
    {.name = "RFC 9568 7.1: a count beyond the end is dropped",
	{.kind = V3},
	COUNT_IS,
	2,
	VRRP_DROP_LENGTH},
    {.name = "RFC 9568 7.1: an octet short is dropped", {.kind = V3}, CUT, 1, VRRP_DROP_LENGTH},
    {.name = "RFC 9568 7.1: a header cut off is dropped", {.kind = V3}, CUT, 7, VRRP_DROP_LENGTH},
    {.name = "RFC 9568 7.1: an octet short over IPv6 is dropped",
	{.kind = V6},
	CUT,
	1,
	VRRP_DROP_LENGTH},
    {.name = "RFC 9568 7.1: a count beyond the end, IPv6, is dropped",
	{.kind = V6},
	COUNT_IS,
	2,
	VRRP_DROP_LENGTH},
    {.name = "RFC 3768 7.1: longer than needed counts", {.kind = V2}, EXTRA, 8, .down = 3609375},
    {.name = "RFC 9568 7.1: longer than needed counts", {.kind = V3}, EXTRA, 8, .down = 3609375},
    {.name = "RFC 9568 7.1: longer than needed over IPv6 counts",
	{.kind = V6},
	EXTRA,
	16,
	.down = 3609375},
    {.name = "RFC 791 3.1: an IP header with options counts",
	{.kind = V2},
	OPTIONS,
	7,
	.down = 3609375},
    {.name = "RFC 791 3.1: an IP header of 60 octets counts",
	{.kind = V3},
	OPTIONS,
	15,
	.down = 3609375},

    {.name = "Erratum 8299: no address over IPv4 is dropped",
	{.kind = V3},
	EMPTY,
	0,
	VRRP_DROP_COUNT},
    {.name = "Erratum 8299: no address over IPv6 is dropped",
	{.kind = V6},
	EMPTY,
	0,
	VRRP_DROP_COUNT},

    {.name = "RFC 3768 7.1: a wrong checksum is dropped",
	{.kind = V2},
	SUM_IS,
	SUM_WRONG,
	VRRP_DROP_CHECKSUM},
    {.name = "RFC 3768 5.3.8: a pseudo-header is wrong",
	{.kind = V2},
	SUM_IS,
	SUM_OTHER_FORM,
	VRRP_DROP_CHECKSUM},
    {.name = "RFC 9568 7.1: a wrong checksum is dropped",
	{.kind = V3},
	SUM_IS,
	SUM_WRONG,
	VRRP_DROP_CHECKSUM},
    {.name = "RFC 9568 5.2.8: the message-only form over IPv4 counts",
	{.kind = V3},
	SUM_IS,
	SUM_OTHER_FORM,
	.down = 3609375},
    {.name = "RFC 9568 7.1: a wrong checksum over IPv6 is dropped",
	{.kind = V6},
	SUM_IS,
	SUM_WRONG,
	VRRP_DROP_CHECKSUM},
    {.name = "RFC 9568 5.2.8: IPv6 without a pseudo-header is dropped",
	{.kind = V6},
	SUM_IS,
	SUM_OTHER_FORM,
	VRRP_DROP_CHECKSUM},

    {.name = "RFC 3768 7.1: a VRID that is not ours is dropped",
	{.kind = V2},
	VRID_IS,
	FOREIGN_VRID,
	VRRP_DROP_VRID},
    {.name = "RFC 9568 7.1: a VRID that is not ours is dropped",
	{.kind = V3},
	VRID_IS,
	FOREIGN_VRID,
	VRRP_DROP_VRID},
    {.name = "RFC 9568 7.1: a VRID that is not ours, IPv6, is dropped",
	{.kind = V6},
	VRID_IS,
	FOREIGN_VRID,
	VRRP_DROP_VRID},
    {.name = "RFC 9568 5.2.3: VRID 0 is dropped", {.kind = V3}, VRID_IS, 0, VRRP_DROP_VRID},

    {.name = "RFC 3768 7.1: our own packet is dropped", {.kind = V2}, FROM_US, 0, VRRP_DROP_OWN},
    {.name = "RFC 9568 7.1: our own packet is dropped", {.kind = V3}, FROM_US, 0, VRRP_DROP_OWN},
    {.name = "RFC 9568 7.1: our own packet over IPv6 is dropped",
	{.kind = V6},
	FROM_US,
	0,
	VRRP_DROP_OWN},

    {.name = "RFC 3768 7.1: the address owner listens to nobody",
	{.kind = V2, .priority = 255},
	NOTHING,
	0,
	VRRP_DROP_OWNER},
    {.name = "Erratum 8298: the address owner hears others", {.kind = V3, .priority = 255}},
    {.name = "Erratum 8298: the address owner hears others, IPv6", {.kind = V6, .priority = 255}},

    {.name = "RFC 3768 7.1: an unknown authentication type is dropped",
	{.kind = V2},
	AUTH_TYPE_IS,
	3,
	VRRP_DROP_AUTH_TYPE},
    {.name = "RFC 3768 7.1: another authentication type is dropped",
	{.kind = V2},
	AUTH_TYPE_IS,
	1,
	VRRP_DROP_AUTH_MISMATCH},
    {.name = "RFC 2338 10.3: type 2 without its header is dropped",
	{.kind = V2},
	AUTH_TYPE_IS,
	2,
	VRRP_DROP_AUTH_MISMATCH},
    {.name = "RFC 3768 5.3.10: the data of type 0 is ignored",
	{.kind = V2},
	AUTH_OCTET_IS,
	0x77,
	.down = 3609375},
    {.name = "RFC 2338 10.2: the password that is ours counts",
	{.kind = V2, .password = "s3cret"},
	.down = 3609375,
	.password = "s3cret"},
    {.name = "RFC 2338 10.2: another password is dropped",
	{.kind = V2, .password = "s3cret"},
	NOTHING,
	0,
	VRRP_DROP_AUTH,
	.password = "S3cret"},
    {.name = "RFC 2338 10.2: the beginning of the password is dropped",
	{.kind = V2, .password = "s3cret"},
	NOTHING,
	0,
	VRRP_DROP_AUTH,
	.password = "s3cre"},
    {.name = "RFC 2338 10.2: no password is dropped",
	{.kind = V2, .password = "s3cret"},
	AUTH_TYPE_IS,
	0,
	VRRP_DROP_AUTH_MISMATCH},

    {.name = "RFC 3768 7.1: another interval is dropped",
	{.kind = V2},
	INTERVAL_IS,
	2,
	VRRP_DROP_INTERVAL},
    {.name = "RFC 3768 7.1: interval 0 is dropped",
	{.kind = V2},
	INTERVAL_IS,
	0,
	VRRP_DROP_INTERVAL},
    {.name = "RFC 9568 7.1: another interval counts and is learned",
	{.kind = V3},
	INTERVAL_IS,
	300,
	.down = 10828125,
	.note = 'i'},
    {.name = "RFC 9568 7.1: another interval over IPv6 is learned",
	{.kind = V6},
	INTERVAL_IS,
	300,
	.down = 10828125,
	.note = 'i'},
    {.name = "Erratum 8301: interval 0 is dropped",
	{.kind = V3},
	INTERVAL_IS,
	0,
	VRRP_DROP_INTERVAL},
    {.name = "Erratum 8301: interval 0 over IPv6 is dropped",
	{.kind = V6},
	INTERVAL_IS,
	0,
	VRRP_DROP_INTERVAL},
    {.name = "Erratum 8301: interval 4095 is learned",
	{.kind = V3},
	INTERVAL_IS,
	4095,
	.down = 147803906,
	.note = 'i'},
    {.name = "RFC 9568 5.2.6: the reserved bits are ignored",
	{.kind = V3},
	INTERVAL_IS,
	0xf064,
	.down = 3609375},
    {.name = "RFC 9568 5.2.6: the reserved bits are ignored, IPv6",
	{.kind = V6},
	INTERVAL_IS,
	0xf064,
	.down = 3609375},

    {.name = "RFC 3768 7.1: other addresses count and are noted",
	{.kind = V2},
	VIP_ENDS_IN,
	101,
	.down = 3609375,
	.note = 'a'},
    {.name = "RFC 9568 7.1: other addresses count and are noted",
	{.kind = V3},
	VIP_ENDS_IN,
	101,
	.down = 3609375,
	.note = 'a'},
    {.name = "RFC 9568 7.1: other addresses over IPv6 count and are noted",
	{.kind = V6},
	VIP_ENDS_IN,
	1,
	.down = 3609375,
	.note = 'a'},
    {.name = "Erratum 8300: the first IPv6 address not link-local is dropped",
	{.kind = V6},
	VIP_GLOBAL,
	0,
	VRRP_DROP_LINK_LOCAL,
	.note = 'a'},
};

static struct vrrp_counters expected_counters(const struct rung *r)
{
	struct vrrp_counters c = v->fsm.counters;

	if (r->what != VRID_IS)
		c.dropped[r->drop]++;
	c.received += r->drop == VRRP_PASS;
	c.interval_notes += r->note == 'i';
	c.address_notes += r->note == 'a';
	return c;
}

START_TEST(test_rung)
{
	const struct rung *r = &ladder[_i];
	bool owner = r->local.priority == 255;
	struct local sender = r->local;
	struct vrrp_counters expected, *c;
	struct crafted packet;
	usec_t armed;

	make_in(&r->local, owner ? VRRP_MASTER : VRRP_BACKUP);
	if (r->password)
		sender.password = r->password;
	packet = proper(&sender, owner ? 100 : 150, 100);
	spoil(&packet, r->what, r->value);
	expected = expected_counters(r);
	armed = v->fsm.armed;
	deliver(&packet);

	c = &v->fsm.counters;
	for (int k = 0; k < VRRP_DROP_REASONS; k++)
		ck_assert_msg(c->dropped[k] == expected.dropped[k], "counted as %s: %u, not %u",
		    vrrp_drop_name((enum vrrp_drop)k), (unsigned)c->dropped[k],
		    (unsigned)expected.dropped[k]);
	ck_assert_uint_eq(c->received, expected.received);
	ck_assert_uint_eq(c->interval_notes, expected.interval_notes);
	ck_assert_uint_eq(c->address_notes, expected.address_notes);
	ck_assert_uint_eq(router.checksum_errors, r->drop == VRRP_DROP_CHECKSUM);
	ck_assert_uint_eq(router.version_errors, r->drop == VRRP_DROP_VERSION);
	ck_assert_uint_eq(router.vrid_errors, r->drop == VRRP_DROP_VRID);
	ck_assert_int_eq(v->fsm.state, owner ? VRRP_MASTER : VRRP_BACKUP);
	if (!owner)
		ck_assert_uint_eq(v->fsm.armed, r->down ? now + r->down : armed);
	ck_assert_str_eq(act(), owner && !r->drop ? "a255 " : "");
	unmake();
}
END_TEST

/* ------------------------------------------------------------------------ timers */

/* A router is started, hears a master's interval, and then that it resigns. */
static const struct timing {
	const char *name;
	struct local local;
	unsigned learned; /* centiseconds */
	usec_t begins, down,
	    skew; /* microseconds: at the start, after an advertisement, after priority 0 */
} timings[] = {
    {.name = "RFC 3768 6.1: 1 s, priority 100",
	{.kind = V2, .priority = 100},
	100,
	3609375,
	3609375,
	609375},
    {.name = "RFC 3768 6.1: 1 s, priority 1",
	{.kind = V2, .priority = 1},
	100,
	3996093,
	3996093,
	996093},
    {.name = "RFC 3768 6.1: 1 s, priority 254",
	{.kind = V2, .priority = 254},
	100,
	3007812,
	3007812,
	7812},
    {.name = "RFC 3768 6.1: the skew does not follow the interval",
	{.kind = V2, .priority = 100, .cs = 1000},
	1000,
	30609375,
	30609375,
	609375},
    {.name = "RFC 3768 6.1: 255 s, priority 1",
	{.kind = V2, .priority = 1, .cs = 25500},
	25500,
	765996093,
	765996093,
	996093},
    {.name = "RFC 9568 6.1: 1 s, priority 100",
	{.kind = V3, .priority = 100},
	100,
	3609375,
	3609375,
	609375},
    {.name = "RFC 9568 6.1: learned 3 s",
	{.kind = V3, .priority = 100},
	300,
	3609375,
	10828125,
	1828125},
    {.name = "RFC 9568 6.1: learned 1 cs", {.kind = V3, .priority = 100}, 1, 3609375, 36093, 6093},
    {.name = "RFC 9568 6.1: 1 cs, priority 254",
	{.kind = V3, .priority = 254, .cs = 1},
	1,
	30078,
	30078,
	78},
    {.name = "RFC 9568 6.1: 1 cs, priority 1",
	{.kind = V3, .priority = 1, .cs = 1},
	1,
	39960,
	39960,
	9960},
    {.name = "RFC 9568 6.1: 40.95 s, priority 1",
	{.kind = V3, .priority = 1, .cs = 4095},
	4095,
	163640039,
	163640039,
	40790039},
    {.name = "RFC 9568 6.1: IPv6, 1 s, priority 100",
	{.kind = V6, .priority = 100},
	100,
	3609375,
	3609375,
	609375},
    {.name = "RFC 9568 6.1: IPv6, learned 3 s",
	{.kind = V6, .priority = 100},
	300,
	3609375,
	10828125,
	1828125},
};

START_TEST(test_timing)
{
	const struct timing *t = &timings[_i];
	struct crafted master = proper(&t->local, 255, t->learned),
		       resigned = proper(&t->local, 0, t->learned);
	unsigned own = t->local.cs ? t->local.cs : 100;

	make(&t->local);
	virtual_start(v);
	ck_assert_uint_eq(v->fsm.armed, T0 + t->begins);
	now += 7;
	deliver(&master);
	ck_assert_uint_eq(v->fsm.armed, T0 + 7 + t->down);
	now += 11;
	deliver(&resigned);
	ck_assert_uint_eq(v->fsm.armed, T0 + 18 + t->skew);
	ck_assert_str_eq(act(), "");
	/* its own advertisements come at its own interval, whatever it learned (section 6.1) */
	fire();
	ck_assert_uint_eq(now, T0 + 18 + t->skew);
	ck_assert_int_eq(v->fsm.state, VRRP_MASTER);
	ck_assert_uint_eq(v->fsm.armed, now + own * USEC_PER_CSEC);
	if (t->local.kind == V2)
		ck_assert_uint_eq(sent[5], own / 100);
	else
		ck_assert_uint_eq(sent[4] << 8 | sent[5], own);
	fire();
	ck_assert_uint_eq(v->fsm.armed, now + own * USEC_PER_CSEC);
	unmake();
}
END_TEST

/* ------------------------------------------------------------------- the state table */

enum event_of { START, TIMER, SHUTDOWN, HEAR, HEAR_LOWER_ADDRESS };

static const struct transition_row {
	const char *name;
	struct local local;
	enum vrrp_state from;
	enum event_of event;
	uint8_t priority; /* that is heard */
	enum vrrp_state to;
	const char *does;
	usec_t timer; /* from the event on; 0: off; USEC_NEVER: as it was */
	unsigned cs;  /* that is heard; 0: a second */
} state_table[] = {
    {.name = "RFC 3768 6.4.1: Initialize, startup, 255: Master",
	{.kind = V2, .priority = 255},
	VRRP_INITIALIZE,
	START,
	0,
	VRRP_MASTER,
	"a255 + G ",
	SEC},
    {.name = "RFC 3768 6.4.1: Initialize, startup, else: Backup",
	{.kind = V2},
	VRRP_INITIALIZE,
	START,
	0,
	VRRP_BACKUP,
	"",
	3609375},
    {.name = "RFC 9568 6.4.1: Initialize, startup, 255: Active",
	{.kind = V3, .priority = 255},
	VRRP_INITIALIZE,
	START,
	0,
	VRRP_MASTER,
	"a255 + G ",
	SEC},
    {.name = "RFC 9568 6.4.1: Initialize, startup, else: Backup",
	{.kind = V3},
	VRRP_INITIALIZE,
	START,
	0,
	VRRP_BACKUP,
	"",
	3609375},
    {.name = "RFC 9568 6.4.1: Initialize, startup, 255, IPv6: Active",
	{.kind = V6, .priority = 255},
	VRRP_INITIALIZE,
	START,
	0,
	VRRP_MASTER,
	"a255 + G ",
	SEC},
    {.name = "RFC 9568 6.4.1: Initialize hears nothing",
	{.kind = V3},
	VRRP_INITIALIZE,
	HEAR,
	200,
	VRRP_INITIALIZE,
	"",
	0},

    {.name = "RFC 3768 6.4.2: Backup, Master_Down_Timer: Master",
	{.kind = V2},
	VRRP_BACKUP,
	TIMER,
	0,
	VRRP_MASTER,
	"a100 + G ",
	SEC},
    {.name = "RFC 9568 6.4.2: Backup, Active_Down_Timer: Active",
	{.kind = V3},
	VRRP_BACKUP,
	TIMER,
	0,
	VRRP_MASTER,
	"a100 + G ",
	SEC},
    {.name = "RFC 9568 6.4.2: Backup, Active_Down_Timer, IPv6: Active",
	{.kind = V6},
	VRRP_BACKUP,
	TIMER,
	0,
	VRRP_MASTER,
	"a100 + G ",
	SEC},
    {.name = "RFC 3768 6.4.2: Backup, shutdown: Initialize",
	{.kind = V2},
	VRRP_BACKUP,
	SHUTDOWN,
	0,
	VRRP_INITIALIZE,
	"",
	0},
    {.name = "RFC 9568 6.4.2: Backup, shutdown: Initialize",
	{.kind = V3},
	VRRP_BACKUP,
	SHUTDOWN,
	0,
	VRRP_INITIALIZE,
	"",
	0},
    {.name = "RFC 3768 6.4.2: Backup, priority 0: Skew_Time",
	{.kind = V2},
	VRRP_BACKUP,
	HEAR,
	0,
	VRRP_BACKUP,
	"",
	609375},
    {.name = "RFC 9568 6.4.2: Backup, priority 0: Skew_Time",
	{.kind = V3},
	VRRP_BACKUP,
	HEAR,
	0,
	VRRP_BACKUP,
	"",
	609375},
    {.name = "RFC 9568 6.4.2: Backup, priority 0, IPv6: Skew_Time",
	{.kind = V6},
	VRRP_BACKUP,
	HEAR,
	0,
	VRRP_BACKUP,
	"",
	609375},
    {.name = "RFC 3768 6.4.2: Backup, higher: timer restarts",
	{.kind = V2},
	VRRP_BACKUP,
	HEAR,
	101,
	VRRP_BACKUP,
	"",
	3609375},
    {.name = "RFC 9568 6.4.2: Backup, higher: timer restarts",
	{.kind = V3},
	VRRP_BACKUP,
	HEAR,
	101,
	VRRP_BACKUP,
	"",
	3609375},
    {.name = "RFC 3768 6.4.2: Backup, equal: no tie-break here",
	{.kind = V2},
	VRRP_BACKUP,
	HEAR_LOWER_ADDRESS,
	100,
	VRRP_BACKUP,
	"",
	3609375},
    {.name = "RFC 9568 6.4.2: Backup, equal: no tie-break here",
	{.kind = V3},
	VRRP_BACKUP,
	HEAR_LOWER_ADDRESS,
	100,
	VRRP_BACKUP,
	"",
	3609375},
    {.name = "RFC 9568 6.4.2: Backup, equal: the interval is adopted",
	{.kind = V3},
	VRRP_BACKUP,
	HEAR_LOWER_ADDRESS,
	100,
	VRRP_BACKUP,
	"",
	10828125,
	300},
    {.name = "RFC 3768 6.4.2: Backup, lower, Preempt_Mode: discarded",
	{.kind = V2},
	VRRP_BACKUP,
	HEAR,
	99,
	VRRP_BACKUP,
	"",
	USEC_NEVER},
    {.name = "RFC 9568 6.4.2: Backup, lower, Preempt_Mode: discarded",
	{.kind = V3},
	VRRP_BACKUP,
	HEAR,
	99,
	VRRP_BACKUP,
	"",
	USEC_NEVER,
	300},
    {.name = "RFC 9568 6.4.2: Backup, lower, Preempt_Mode, IPv6: discarded",
	{.kind = V6},
	VRRP_BACKUP,
	HEAR,
	99,
	VRRP_BACKUP,
	"",
	USEC_NEVER,
	300},
    {.name = "RFC 3768 6.4.2: Backup, lower, no Preempt_Mode: restarts",
	{.kind = V2, .nopreempt = true},
	VRRP_BACKUP,
	HEAR,
	99,
	VRRP_BACKUP,
	"",
	3609375},
    {.name = "RFC 9568 6.4.2: Backup, lower, no Preempt_Mode: adopts",
	{.kind = V3, .nopreempt = true},
	VRRP_BACKUP,
	HEAR,
	99,
	VRRP_BACKUP,
	"",
	10828125,
	300},

    {.name = "RFC 3768 6.4.3: Master, Adver_Timer",
	{.kind = V2},
	VRRP_MASTER,
	TIMER,
	0,
	VRRP_MASTER,
	"a100 ",
	SEC},
    {.name = "RFC 9568 6.4.3: Active, Adver_Timer",
	{.kind = V3},
	VRRP_MASTER,
	TIMER,
	0,
	VRRP_MASTER,
	"a100 ",
	SEC},
    {.name = "RFC 3768 6.4.3: Master, shutdown: priority 0",
	{.kind = V2},
	VRRP_MASTER,
	SHUTDOWN,
	0,
	VRRP_INITIALIZE,
	"a0 - ",
	0},
    {.name = "RFC 9568 6.4.3: Active, shutdown: priority 0",
	{.kind = V3},
	VRRP_MASTER,
	SHUTDOWN,
	0,
	VRRP_INITIALIZE,
	"a0 - ",
	0},
    {.name = "RFC 9568 6.4.3: Active, shutdown, IPv6: priority 0",
	{.kind = V6},
	VRRP_MASTER,
	SHUTDOWN,
	0,
	VRRP_INITIALIZE,
	"a0 - ",
	0},
    {.name = "RFC 3768 6.4.3: Master, priority 0: advertises at once",
	{.kind = V2},
	VRRP_MASTER,
	HEAR,
	0,
	VRRP_MASTER,
	"a100 ",
	SEC},
    {.name = "RFC 9568 6.4.3: Active, priority 0: advertises at once",
	{.kind = V3},
	VRRP_MASTER,
	HEAR,
	0,
	VRRP_MASTER,
	"a100 ",
	SEC},
    {.name = "RFC 3768 6.4.3: Master, higher: Backup",
	{.kind = V2},
	VRRP_MASTER,
	HEAR,
	101,
	VRRP_BACKUP,
	"- ",
	3609375},
    {.name = "RFC 9568 6.4.3: Active, higher: Backup",
	{.kind = V3},
	VRRP_MASTER,
	HEAR,
	101,
	VRRP_BACKUP,
	"- ",
	3609375},
    {.name = "RFC 9568 6.4.3: Active, higher: the interval is adopted",
	{.kind = V3},
	VRRP_MASTER,
	HEAR,
	101,
	VRRP_BACKUP,
	"- ",
	10828125,
	300},
    {.name = "RFC 9568 6.4.3: Active, higher: Preempt_Mode does not matter",
	{.kind = V3, .nopreempt = true},
	VRRP_MASTER,
	HEAR,
	101,
	VRRP_BACKUP,
	"- ",
	3609375},
    {.name = "RFC 9568 6.4.3: Active, higher, IPv6: Backup",
	{.kind = V6},
	VRRP_MASTER,
	HEAR,
	101,
	VRRP_BACKUP,
	"- ",
	3609375},
    {.name = "RFC 3768 6.4.3: Master, equal, higher address: Backup",
	{.kind = V2},
	VRRP_MASTER,
	HEAR,
	100,
	VRRP_BACKUP,
	"- ",
	3609375},
    {.name = "RFC 9568 6.4.3: Active, equal, higher address: Backup",
	{.kind = V3},
	VRRP_MASTER,
	HEAR,
	100,
	VRRP_BACKUP,
	"- ",
	3609375},
    {.name = "RFC 9568 6.4.3: Active, equal, higher address, IPv6: Backup",
	{.kind = V6},
	VRRP_MASTER,
	HEAR,
	100,
	VRRP_BACKUP,
	"- ",
	3609375},
    /* RFC 3768 discards in silence; keepalived answers, so that the other need not wait for it */
    {.name = "RFC 3768 6.4.3: Master, equal, lower address: stays",
	{.kind = V2},
	VRRP_MASTER,
	HEAR_LOWER_ADDRESS,
	100,
	VRRP_MASTER,
	"a100 ",
	USEC_NEVER},
    {.name = "RFC 3768 6.4.3: Master, lower: stays",
	{.kind = V2},
	VRRP_MASTER,
	HEAR,
	99,
	VRRP_MASTER,
	"a100 ",
	USEC_NEVER},
    {.name = "RFC 9568 6.4.3: Active, equal, lower address: at once",
	{.kind = V3},
	VRRP_MASTER,
	HEAR_LOWER_ADDRESS,
	100,
	VRRP_MASTER,
	"a100 ",
	USEC_NEVER},
    {.name = "RFC 9568 6.4.3: Active, lower: advertises at once",
	{.kind = V3},
	VRRP_MASTER,
	HEAR,
	99,
	VRRP_MASTER,
	"a100 ",
	USEC_NEVER},
    {.name = "RFC 9568 6.4.3: Active, lower, IPv6: advertises at once",
	{.kind = V6},
	VRRP_MASTER,
	HEAR_LOWER_ADDRESS,
	99,
	VRRP_MASTER,
	"a100 ",
	USEC_NEVER},
};

static void happen(const struct transition_row *r)
{
	struct crafted c = proper(&r->local, r->priority, r->cs ? r->cs : 100);

	switch (r->event) {
	case START:
		virtual_start(v);
		break;
	case TIMER:
		fire();
		break;
	case SHUTDOWN:
		vrrp_fsm_stop(&v->fsm, now, "shutdown");
		break;
	case HEAR_LOWER_ADDRESS:
		spoil(&c, FROM_LOWER, 0);
		deliver(&c);
		break;
	case HEAR:
		deliver(&c);
		break;
	}
}

START_TEST(test_state)
{
	const struct transition_row *r = &state_table[_i];
	usec_t armed;

	make_in(&r->local, r->from);
	armed = v->fsm.armed;
	happen(r);
	ck_assert_int_eq(v->fsm.state, r->to);
	ck_assert_str_eq(act(), r->does);
	if (r->timer == USEC_NEVER)
		ck_assert_uint_eq(v->fsm.armed, armed);
	else
		ck_assert_uint_eq(v->fsm.armed, r->timer ? now + r->timer : USEC_NEVER);
	unmake();
}
END_TEST

/* keepalived's preempt_delay, with RFC 9568 section 6.1's Preempt_Mode: as late as without, and the delay later. */
START_TEST(test_preempt_delay)
{
	struct local l = {.kind = V3, .delay = 5 * SEC};
	struct crafted lower = proper(&l, 50, 100);
	usec_t due = T0 + 3609375 + 5 * SEC;

	make_in(&l, VRRP_BACKUP);
	while (now < due - SEC) {
		deliver(&lower);
		ck_assert_int_eq(v->fsm.state, VRRP_BACKUP);
		now += SEC / 2;
	}
	deliver(&lower);
	ck_assert_uint_eq(v->fsm.armed, due);
	fire();
	ck_assert_int_eq(v->fsm.state, VRRP_MASTER);
	ck_assert_str_eq(act(), "a100 + G ");
	unmake();
}
END_TEST

/* ------------------------------------------------------------------------------ */

/* A master that is none any more before the kernel told of its address. */
START_TEST(test_late_address)
{
	struct local l = {.kind = V6};
	struct crafted higher = proper(&l, 200, 100);

	make_in(&l, VRRP_BACKUP);
	late = true;
	fire();
	ck_assert_str_eq(act(), "a100 + G ");
	deliver(&higher);
	ck_assert_int_eq(v->fsm.state, VRRP_BACKUP);
	ck_assert_str_eq(act(), "- ");
	vrrp_fsm_stop(&v->fsm, now, "once is enough");
	ck_assert_str_eq(act(), "");
	late = false;
	unmake();
}
END_TEST

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* libcheck keeps the pointer. */
static void add_row(TCase *tc, const char *name, const TTest *test, int i)
{
	static TTest all[ROWS(ladder) + ROWS(timings) + ROWS(state_table) + 2];
	static size_t n;
	TTest *named = &all[n++];

	*named = *test;
	named->name = name;
	_tcase_add_test(tc, named, 0, 0, i, i + 1);
}

#define ADD_ROWS(tc, table, test)                                                                  \
	for (size_t k = 0; k < ROWS(table); k++)                                                   \
	add_row(tc, (table)[k].name, test, (int)k)

int main(void)
{
	Suite *s = suite_create("vrrp_conformance");
	TCase *ladder_case = tcase_create("receive"), *timers = tcase_create("timers"),
	      *states = tcase_create("states");

	log_init("test", LOG_LEVEL_ERROR);
	ADD_ROWS(ladder_case, ladder, test_rung);
	ADD_ROWS(timers, timings, test_timing);
	add_row(timers, "RFC 9568 6.1: Preempt_Mode with a delay", test_preempt_delay, 0);
	ADD_ROWS(states, state_table, test_state);
	add_row(states, "RFC 9568 6.4.3: an address that the kernel has not told of",
	    test_late_address, 0);
	suite_add_tcase(s, ladder_case);
	suite_add_tcase(s, timers);
	suite_add_tcase(s, states);
	return unit_run(s);
}
