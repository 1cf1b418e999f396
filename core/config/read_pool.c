/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks that were read become rows (see read_lvs.h).
 *
 * With keepalived each real server has its own checks; here a check belongs to the pool.  A check that is
 * the same for all real servers of a pool becomes one row, named after its type ("http", "http-2").  The
 * others become a row for each real server, with its address in the name ("tcp-10.0.0.1:80"): a name must
 * not depend on the position in the file, because managers know the row by it.
 */
#include <stdlib.h>
#include <string.h>
#include "core/config/inherit.h"
#include "core/config/read_lvs.h"

#define CHECK_NAME_MAX 32
/* The columns of a real server that `lvs_method TUN` gives. */
#define TUNNEL_COLUMNS                                                                             \
	(COLUMN(real_server, tunnel_type) | COLUMN(real_server, tunnel_port) |                     \
	    COLUMN(real_server, tunnel_checksum))

/* ---- The virtual server. */

static const char *protocol_suffix(enum service_protocol protocol)
{
	switch (protocol) {
	case SERVICE_UDP:
		return "/udp";
	case SERVICE_SCTP:
		return "/sctp";
	case SERVICE_TCP:
	case SERVICE_FWMARK:
		break;
	}
	return "";
}

static void make_name(struct reader *r, struct pool_block *p)
{
	char text[COLUMN_TEXT_SIZE], address[ADDR_STRLEN], why[WHY_SIZE];
	const struct column *c = &tables[TABLE_virtual_server].columns[COL_virtual_server_name];

	addr_format(&p->address, address);
	if (p->form == POOL_FORM_MARK)
		snprintf(text, sizeof(text), "fwmark-%u%s", p->port,
		    p->mark_family == ADDR_IPV6 ? "/inet6" : "");
	else if (p->form == POOL_FORM_GROUP)
		snprintf(text, sizeof(text), "%s%s", p->group, protocol_suffix(p->protocol));
	else
		snprintf(text, sizeof(text),
		    p->address.family == ADDR_IPV6 ? "[%s]:%u%s" : "%s:%u%s", address, p->port,
		    protocol_suffix(p->protocol));
	if (!column_parse(&p->vs->row, c, text, why)) {
		diagnosis_error(r->d, p->name_at, "the name '%s': %s", text, why);
		text[column_max(c)] = '\0';
	}
	p->name = str_get(text);
}

/* A mark has no family of its own: it is that of its real servers, if they are not behind tunnels. */
static enum addr_family mark_family(const struct pool_block *p)
{
	if (p->mark_family != ADDR_NONE)
		return p->mark_family;
	for (size_t i = 0; i < p->nservers; i++)
		if (p->servers[i].row->forwarding != FORWARDING_TUN)
			return p->servers[i].row->address.family;
	if (p->nservers)
		return p->servers[0].row->address.family;
	return ADDR_IPV4;
}

static void finish_marks(struct pool_block *p)
{
	enum addr_family family = mark_family(p);

	for (size_t i = 0; i < p->nservices; i++)
		if (p->services[i]->protocol == SERVICE_FWMARK &&
		    !addr_is_set(&p->services[i]->address))
			p->services[i]->address = addr_any(family);
	if (p->form == POOL_FORM_MARK)
		p->mark_family = family;
}

static bool apply_flag(
    struct reader *r, const struct virtual_server *vs, const struct scheduler_flag *f)
{
	if (!f->at.line)
		return false;
	if ((vs->scheduler == SCHEDULER_SH && f->sh) || (vs->scheduler == SCHEDULER_MH && f->mh))
		return true;
	diagnosis_warn(r->d, f->at, "'%s' has no effect here: the scheduler is %s", f->keyword,
	    enum_word(&enumeration_scheduler, vs->scheduler));
	return false;
}

static void finish_scheduler(struct reader *r, struct pool_block *p)
{
	struct virtual_server *vs = p->vs;

	if (apply_flag(r, vs, &p->port_flag)) {
		vs->scheduler_port = true;
		marks_column(&vs->row, COL_virtual_server_scheduler_port, p->port_flag.at);
	}
	if (apply_flag(r, vs, &p->fallback_flag)) {
		vs->scheduler_fallback = true;
		marks_column(&vs->row, COL_virtual_server_scheduler_fallback, p->fallback_flag.at);
	}
}

/* What keepalived corrects with a message, and a file that runs with it may have. */
static void finish_quorum(struct reader *r, struct pool_block *p)
{
	struct virtual_server *vs = p->vs;
	uint64_t weight = 0;

	for (size_t i = 0; i < p->nservers; i++)
		weight += (uint64_t)p->servers[i].row->weight;
	if (p->nservers && weight && vs->quorum > weight) {
		diagnosis_warn(r->d, marks_place(&vs->row, COL_virtual_server_quorum),
		    "the quorum %u is more than all real servers weigh: it is %u", vs->quorum,
		    (unsigned)weight);
		vs->quorum = (uint32_t)weight;
	}
	if (vs->hysteresis >= vs->quorum) {
		diagnosis_warn(r->d, marks_place(&vs->row, COL_virtual_server_hysteresis),
		    "the hysteresis %u is not less than the quorum %u: it is %u", vs->hysteresis,
		    vs->quorum, vs->quorum - 1);
		vs->hysteresis = vs->quorum - 1;
	}
}

/* A service for all ports has to be persistent; keepalived makes it so. */
static void finish_persistence(struct reader *r, struct pool_block *p)
{
	struct virtual_server *vs = p->vs;

	inherit(&vs->row, marks_given(&vs->row), 0);
	if (p->form == POOL_FORM_NAME ||
	    marks_given(&vs->row) & COLUMN(virtual_server, persistence_timeout))
		return;
	for (size_t i = 0; i < p->nservices && !vs->persistence_timeout; i++) {
		if (p->services[i]->port)
			continue;
		vs->persistence_timeout = 360;
		diagnosis_warn(r->d, marks_place(&p->services[i]->row, -1),
		    "a virtual service for all ports is persistent (persistence_timeout 360)");
	}
}

static void finish_sorry(struct reader *r, struct pool_block *p)
{
	struct virtual_server *vs = p->vs;

	if (!p->sorry.at.line || marks_given(&vs->row) & COLUMN(virtual_server, sorry_forwarding))
		return;
	vs->sorry_forwarding = p->server_defaults->forwarding;
	if (vs->sorry_forwarding == FORWARDING_TUN &&
	    p->server_defaults->tunnel_type != TUNNEL_IPIP)
		diagnosis_error(r->d, p->sorry.at,
		    "a sorry server by another tunnel than IPIP is not supported; give it a "
		    "sorry_server_lvs_method");
}

static void insert_services(struct reader *r, struct pool_block *p)
{
	for (size_t i = 0; i < p->nservices; i++) {
		row_set_text(&p->services[i]->virtual_server, p->name);
		read_insert(r, &p->services[i]->row);
	}
	p->nservices = 0;
}

static void finish_virtual_server(struct reader *r, struct pool_block *p, bool other_pool)
{
	struct virtual_server *vs = p->vs;

	finish_marks(p);
	if (!p->name)
		make_name(r, p);
	row_set_text(&vs->name, p->name);
	finish_scheduler(r, p);
	finish_quorum(r, p);
	finish_persistence(r, p);
	finish_sorry(r, p);
	if (!other_pool) {
		row_set_text(&vs->pool, p->name);
		marks_column(&vs->row, COL_virtual_server_pool, p->at);
	}
	if (p->group && !*vs->address_group) {
		row_set_text(&vs->address_group, p->group);
		marks_column(&vs->row, COL_virtual_server_address_group, p->name_at);
	}
	insert_services(r, p);
	p->vs = NULL;
	insert_notify(r, p->quorum, vs->name, NULL, 0);
	read_insert(r, &vs->row);
}

/* ---- Checks. */

struct slot {
	struct check *check;
	size_t server;
	bool common; /* of all real servers */
	bool drop;   /* there is one like it */
};

static int text_pointer_cmp(const char *a, const char *b)
{
	return (uintptr_t)a < (uintptr_t)b ? -1 : a != b;
}

/* Some order of what checks do: equal is what matters. */
static int content_cmp(const struct check *a, const struct check *b)
{
	for (int i = 0; i < a->row.table->ncolumns; i++) {
		const struct column *c = &a->row.table->columns[i];
		int d = 0;

		if (c->class != CLASS_CONFIG)
			continue;
		if (c->type == TYPE_TEXT)
			d = text_pointer_cmp(column_text(&a->row, c), column_text(&b->row, c));
		else if (c->type == TYPE_ADDR)
			d = addr_cmp(COLUMN_PTR(&a->row, c), COLUMN_PTR(&b->row, c));
		else if (column_number(&a->row, c) != column_number(&b->row, c))
			d = column_number(&a->row, c) < column_number(&b->row, c) ? -1 : 1;
		if (d)
			return d;
	}
	return 0;
}

static int slot_cmp(const void *a, const void *b)
{
	const struct slot *x = *(const struct slot *const *)a, *y = *(const struct slot *const *)b;
	int d = content_cmp(x->check, y->check);

	/* The slots stand in the file's order. */
	return d ? d : x < y ? -1 : x > y;
}

/* Slots with the same content, in the file's order. */
static void mark_run(struct reader *r, struct slot **run, size_t n, size_t nservers)
{
	size_t servers = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && run[i]->server == run[i - 1]->server) {
			run[i]->drop = true;
			diagnosis_warn(r->d, marks_place(&run[i]->check->row, -1),
			    "this real server has the same check already");
		} else {
			servers++;
		}
	}
	if (servers != nservers)
		return;
	run[0]->common = true;
	for (size_t i = 1; i < n; i++)
		run[i]->drop = true;
}

static void mark_common(struct reader *r, struct slot *slots, size_t n, size_t nservers)
{
	struct slot **sorted = checked(calloc(n + 1, sizeof(*sorted)));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &slots[i];
	qsort(sorted, n, sizeof(*sorted), slot_cmp);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !content_cmp(sorted[i]->check, sorted[end]->check);)
			end++;
		mark_run(r, sorted + i, end - i, nservers);
	}
	free(sorted);
}

/* A short stand-in for an address that is too long for a name. */
static uint32_t hash_text(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u; /* FNV-1a */
	return h;
}

/* The name without a number. */
static void base_name(const struct check *c, const struct real_server *rs, char name[64])
{
	const char *type = enum_word(&enumeration_check_type, c->type);
	char address[ADDR_STRLEN], full[64];

	if (!rs) {
		snprintf(name, 64, "%s", type);
		return;
	}
	addr_format(&rs->address, address);
	snprintf(full, sizeof(full), rs->address.family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u", address,
	    rs->port);
	if (strlen(type) + 1 + strlen(full) + 3 <= CHECK_NAME_MAX) /* a number fits, too */
		snprintf(name, 64, "%s-%.40s", type, full);
	else
		snprintf(name, 64, "%s-%08x", type, hash_text(full));
}

/* Gives a check a name that is free, and puts it into the store.  rs: NULL if it is of the whole pool. */
static void insert_check(struct reader *r, struct check *c, const struct real_server *rs)
{
	char base[64], name[80];

	base_name(c, rs, base);
	row_set_text(&c->name, base);
	for (unsigned n = 2; store_find(r->store, &c->row); n++) {
		snprintf(name, sizeof(name), "%s-%u", base, n);
		row_set_text(&c->name, name);
	}
	if (rs) {
		c->server_address = rs->address;
		c->server_port = rs->port;
	}
	read_insert(r, &c->row);
}

static void complete_check(
    struct pool_block *p, const struct check *server_defaults, struct check *c)
{
	row_set_text(&c->pool, p->name);
	if (server_defaults)
		marks_inherit(&c->row, &server_defaults->row, ~(column_mask)0);
	marks_inherit(&c->row, &p->check_defaults->row, ~(column_mask)0);
	inherit(&c->row, marks_given(&c->row), 0);
}

/* A check needs a port; a real server that takes that of the virtual service has none. */
static void check_has_port(struct reader *r, const struct pool_block *p, const struct check *c,
    const struct real_server *only)
{
	if (c->connect_port || (only && only->port))
		return;
	for (size_t i = 0; !only && i < p->nservers && p->servers[i].row; i++)
		if (!p->servers[i].row->port)
			only = p->servers[i].row;
	if (only)
		diagnosis_warn(r->d, marks_place(&c->row, -1),
		    "the check has no port and will fail: give it a connect_port, or the real "
		    "server a port");
}

static size_t collect_checks(struct pool_block *p, struct slot *slots)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nservers; i++) {
		struct pool_server *s = &p->servers[i];

		for (size_t k = 0; k < s->nchecks; k++) {
			complete_check(p, s->check_defaults, s->checks[k]);
			slots[n++] = (struct slot){.check = s->checks[k], .server = i};
		}
		s->nchecks = 0;
	}
	return n;
}

static void finish_checks(struct reader *r, struct pool_block *p)
{
	size_t n = 0;
	struct slot *slots;

	for (size_t i = 0; i < p->nnamed; i++) {
		complete_check(p, NULL, p->named[i]);
		if (!addr_is_set(&p->named[i]->server_address))
			check_has_port(r, p, p->named[i], NULL);
		read_insert(r, &p->named[i]->row);
	}
	p->nnamed = 0;
	for (size_t i = 0; i < p->nservers; i++)
		n += p->servers[i].nchecks;
	slots = checked(calloc(n + 1, sizeof(*slots)));
	n = collect_checks(p, slots);
	mark_common(r, slots, n, p->nservers);
	for (size_t i = 0; i < n; i++) {
		const struct real_server *rs = p->servers[slots[i].server].row;

		if (slots[i].drop) {
			marks_free_row(&slots[i].check->row);
			continue;
		}
		check_has_port(r, p, slots[i].check, slots[i].common ? NULL : rs);
		insert_check(r, slots[i].check, slots[i].common ? NULL : rs);
	}
	free(slots);
}

/* ---- The pool. */

/* `alpha` is one setting of the pool: those of its real servers must agree. */
static void finish_alpha(struct reader *r, struct pool_block *p)
{
	bool pool = p->pool->start_down, first = pool;

	for (size_t i = 0; i < p->nservers; i++) {
		const struct alpha *a = &p->servers[i].alpha;
		bool on = a->given ? a->on : pool;

		if (i == 0)
			first = on;
		if (on == first)
			continue;
		diagnosis_error(r->d, a->given ? a->at : marks_place(&p->servers[i].row->row, -1),
		    "'alpha' is a setting of the whole pool: another value than that of the first "
		    "real "
		    "server is not supported");
		return;
	}
	p->pool->start_down = first;
}

static void insert_servers(struct reader *r, struct pool_block *p)
{
	for (size_t i = 0; i < p->nservers; i++) {
		struct pool_server *s = &p->servers[i];

		row_set_text(&s->row->pool, p->name);
		insert_notify(r, s->notify, p->name, &s->row->address, s->row->port);
		if (!read_insert(r, &s->row->row))
			p->servers[i].row = NULL;
	}
}

/* Who gives a method of his own takes nothing of another one's tunnel. */
static void inherit_servers(struct pool_block *p)
{
	for (size_t i = 0; i < p->nservers; i++) {
		struct row *row = &p->servers[i].row->row;
		bool own = marks_given(row) & COLUMN(real_server, forwarding);

		marks_inherit(
		    row, &p->server_defaults->row, own ? ~TUNNEL_COLUMNS : ~(column_mask)0);
	}
}

/* Is the pool another block's? (A virtual server by name only must say which; validation asks for it.) */
static bool has_other_pool(struct reader *r, const struct pool_block *p)
{
	column_mask given = p->vs ? marks_given(&p->vs->row) : 0;

	if (!(given & COLUMN(virtual_server, pool)))
		return p->form == POOL_FORM_NAME && !p->nservers && !p->nnamed;
	if (p->nservers)
		diagnosis_error(r->d, marks_place(&p->servers[0].row->row, -1),
		    "the virtual server uses the pool '%s': its real servers belong there",
		    p->vs->pool);
	else if (p->nnamed)
		diagnosis_error(r->d, marks_place(&p->named[0]->row, -1),
		    "the virtual server uses the pool '%s': its checks belong there", p->vs->pool);
	return true;
}

void finish_pool(struct reader *r, struct pool_block *p)
{
	bool other = has_other_pool(r, p);
	struct pool *pool = p->pool;

	inherit_servers(p);
	if (p->vs)
		finish_virtual_server(r, p, other);
	if (other)
		return;
	finish_alpha(r, p);
	row_set_text(&pool->name, p->name);
	p->pool = NULL;
	read_insert(r, &pool->row);
	if (!p->nservers && p->form != POOL_FORM_POOL)
		diagnosis_warn(r->d, p->at, "the virtual server '%s' has no real servers", p->name);
	insert_servers(r, p);
	if (!diagnosis_stop(r->d) && !r->d->errors)
		finish_checks(r, p);
	for (size_t i = 0; i < p->nservers; i++)
		p->servers[i].row = NULL; /* it is the store's */
}
