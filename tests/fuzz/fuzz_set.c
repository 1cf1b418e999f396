/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a manager, or several, can do to the configuration: SETs in a row, each through all that there is of the real
 * way: the agent's set.c, messages, the hub's plan, validation, transaction and commit, the datastore's jobs, and
 * the rows' way back to the agent.  After each of them
 *   - what was refused (or taken back, or could not be stored) has changed nothing,
 *   - what was acknowledged reads back as it was set,
 *   - the rows in effect pass the rules, and are those that must be in effect,
 *   - the agent shows what the hub has,
 *   - what a start would load now is what is in effect, without what was volatile or not confirmed.
 *
 * An input is requests, each a u8: what becomes of it (enum fate, 3 bits) and its number of variables; and for each
 * of these { u8 table, u8 column, u8 name, u8 rest of the key, u8 how, value }, see read_var().  A variable may be
 * one of the standard modules, through standard_set.c; table is the module then.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "agent/standard_object.h"
#include "agent/standard_set.h"
#include "core/base/log.h"
#include "core/model/belong.h"
#include "core/model/validate.h"
#include "tests/fuzz/memory_hub.h"
#include "tests/unit/random_row.h"
#include "tests/unit/store_diff.h"

enum fate {
	FATE_COMMIT,
	FATE_COMMIT_TOO, /* the likeliest */
	FATE_ONLY_CHECK,
	FATE_UNDO,
	FATE_DISK_FULL, /* or hanging, where the number of variables is odd */
	FATE_TIMEOUT,	/* nobody confirmed; there are no variables in these */
	FATE_RESTART,
	FATE_RELOAD, /* of another file */
};

#define VARS 24 /* of a request, at most */

/* What names, addresses and ports there are: few, so that rows meet. */
static const char *const names[] = {"web", "www", "VI", "tcp", "G", "mail", "a b", ""};
static const char *const addresses[] = {
    "10.0.0.1", "10.0.0.2", "2001:db8::1", "192.0.2.1", "0.0.0.0", "10.0.0.3", "fe80::1", ""};
static const uint32_t ports[] = {80, 0, 1, 65535};

static const char *const files[] = {
    "",
    "server_pool web { real_server 10.0.0.1 80\n }\n"
    "virtual_server www { pool web\n virtual_service tcp 192.0.2.1 80\n }\n"
    "vrrp_instance VI {\n interface lan\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.1\n"
    " }\n }\n",
    "server_pool web { real_server 10.0.0.1 80 { weight 3\n }\n real_server 10.0.0.2 80\n"
    " check tcp {\n }\n }\nserver_pool mail {\n }\n"
    "vrrp_instance VI {\n interface lan\n virtual_router_id 52\n virtual_ipaddress { 192.0.2.1\n"
    " 10.0.0.3\n }\n }\nvrrp_sync_group G { group { VI\n }\n }\n",
};
#define FILES (sizeof(files) / sizeof(files[0]))

static struct {
	struct memory_disk disk;
	struct hub hub;
	char paths[FILES][40];
	struct engine *agent;
	int agent_fd;
	struct store *confirmed
	    [2]; /* what a start would load while a change is not confirmed; NULL: not known */
	bool reloaded;
	bool waiting; /* values that were left out then may fit when rows are made */
} the;

static void require_that(bool what, int line, const char *text)
{
	if (what)
		return;
	fprintf(stderr, "fuzz_set.c:%d: %s\n", line, text);
	abort();
}

#define require(what, text) require_that(what, __LINE__, text)

/* ------------------------------------------------------------------------- start and end */

static unsigned skipped;

/* What does not fit the file is left out, and a warning. */
static bool count_skipped(enum log_level level, const char *process, const char *line, void *arg)
{
	(void)level;
	(void)process;
	(void)arg;
	if (getenv("SHOW"))
		fprintf(stderr, "    %s\n", line);
	skipped += strstr(line, "has no effect") != NULL;
	return true;
}

static void agent_changed(struct engine *e, const struct change *c, size_t n, bool sync, void *arg)
{
	(void)e;
	(void)c;
	(void)n;
	(void)sync;
	(void)arg;
}

static void connect_agent(void)
{
	static const struct engine_program program = {
	    .name = "agent", .process = P_AGENT, .ops = {.changed = agent_changed}};
	int fds[2];

	require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0, "no sockets");
	memory_hub_connect(&the.hub, fds[0]);
	the.agent_fd = fds[1];
	the.agent = engine_open(&program, fds[1]);
	memory_hub_behind_poll(&the.hub);
}

static bool readable(int fd)
{
	int n = 0;

	ioctl(fd, FIONREAD, &n);
	return n > 0;
}

static void let_all_work(void)
{
	const struct channel *ch = TAILQ_FIRST(&the.hub.peers)->ch;

	do {
		memory_hub_work(&the.hub);
		event_base_loop(engine_base(the.agent), EVLOOP_NONBLOCK);
	} while (channel_queued(ch) || readable(channel_fd(ch)) || readable(the.agent_fd));
}

static void write_files(void)
{
	for (size_t i = 0; i < FILES; i++) {
		int fd = memfd_create("directord.conf", MFD_CLOEXEC);
		size_t len = strlen(files[i]);

		require(fd >= 0 && write(fd, files[i], len) == (ssize_t)len, "no file");
		snprintf(the.paths[i], sizeof(the.paths[i]), "/proc/self/fd/%d", fd);
	}
}

static void start(void)
{
	log_set_sink(count_skipped, NULL);
	require(memory_hub_start(&the.hub, &the.disk, the.hub.options.file), "the start failed");
	connect_agent();
	let_all_work();
}

static void end(void)
{
	memory_hub_behind_poll(NULL);
	memory_hub_kill(&the.hub);
	engine_close(the.agent);
}

static void forget_confirmed(void)
{
	for (int i = 0; i < 2; i++) {
		store_free(the.confirmed[i]);
		the.confirmed[i] = NULL;
	}
}

static bool call(
    void *arg, enum request_kind kind, const struct edit *edits, size_t n, struct refusal *why)
{
	bool ok = engine_call(the.agent, kind, edits, n, 60 * USEC_PER_SEC, why);

	(void)arg;
	if (ok && (kind == REQUEST_COMMIT || kind == REQUEST_UNDO))
		engine_catch_up(the.agent);
	return ok;
}

/* ---------------------------------------------------------------------- what must be so */

static void must_be_same(
    const struct store *a, const struct store *b, bool lasting, const char *what)
{
	char text[STORE_DIFF_SIZE], line[STORE_DIFF_SIZE + 100];

	if (!store_differs(a, b, lasting, text))
		return;
	snprintf(line, sizeof(line), "%s: %s", what, text);
	require(false, line);
}

static bool active(const struct row *r)
{
	const struct column *c = table_status(r->table);

	return !c || column_number(r, c) == STATUS_ACTIVE;
}

/* Active, and what it belongs to is in effect. */
static bool belongs_in_effect(const struct row *r)
{
	bool in = active(r);

	for (int i = 0; i < 2 && in; i++) {
		struct row *key = belong_key(r, i);

		in = !key || store_find(the.hub.store, key) || !store_find(the.hub.parked, key);
		require(i == 1 || !key || store_find(the.hub.store, key) ||
			    store_find(the.hub.parked, key),
		    "a row belongs to none");
		row_free(key);
	}
	return in;
}

static void check_effect(void)
{
	struct refusal why;
	char text[WHY_SIZE];

	require(validate_all(the.hub.store, &why), why.reason);
	for (enum table_id t = 0; t < TABLE_COUNT; t++) {
		if (!tables[t].config)
			continue;
		for (struct row *r = store_first(the.hub.store, t); r; r = store_next(r))
			require(belongs_in_effect(r), "a row is in effect that must not be");
		for (struct row *r = store_first(the.hub.parked, t); r; r = store_next(r)) {
			require(!belongs_in_effect(r), "a row is not in effect that must be");
			require(!store_find(the.hub.store, r), "a row is there twice");
			for (size_t i = 0; i < r->table->ncolumns; i++)
				require(r->table->columns[i].required ||
					    column_check(r, &r->table->columns[i], text),
				    text);
		}
	}
}

/* All rows as one, as who reads them sees them. */
static struct store *both(void)
{
	struct store *all = store_copy(the.hub.store);

	for (enum table_id t = 0; t < TABLE_COUNT; t++) {
		for (struct row *r = store_first(the.hub.parked, t); r; r = store_next(r)) {
			struct row *c = row_copy(r);

			c->origin = r->origin;
			if (store_insert(all, c))
				row_free(c);
		}
	}
	return all;
}

static void check_agent(void)
{
	struct store *all = both();

	must_be_same(all, engine_store(the.agent), false, "the agent");
	store_free(all);
}

/*
 * A start, beside the hub that runs.  After another file was read, values that do not fit it may wait for rows that
 * were made since.
 */
static void check_start(void)
{
	struct hub other;
	unsigned before = skipped;

	if (the.hub.unconfirmed && !the.confirmed[0])
		return;
	the.disk.read_only = true;
	require(memory_hub_start(&other, &the.disk, the.hub.options.file), "a start would fail");
	require(skipped == before || the.reloaded,
	    "something that was set would be left out by a start");
	the.waiting |= skipped != before;
	if (!the.waiting) {
		bool now = !the.hub.unconfirmed;

		must_be_same(now ? the.hub.store : the.confirmed[0], other.store, true,
		    "in effect after a start");
		must_be_same(now ? the.hub.parked : the.confirmed[1], other.parked, true,
		    "not in effect after a start");
	}
	memory_hub_kill(&other);
	the.disk.read_only = false;
}

static void check_all(void)
{
	let_all_work();
	check_effect();
	check_agent();
	check_start();
}

/* ------------------------------------------------------------------------- the requests */

struct var {
	arc name[2 * OID_MAX];
	struct set_var v;
	const struct object *o; /* NULL: the name is no right one, or a standard module's */
	const struct standard_object *standard;
	bool spoilt;
	char bytes[256];
};

struct request {
	struct var vars[VARS];
	size_t n;
};

static const struct object *pick_object(uint8_t table, uint8_t column)
{
	static const struct object *writable[TABLE_COUNT][128];
	static size_t counts[TABLE_COUNT], ids[TABLE_COUNT], ntables;
	size_t n, t;

	if (!ntables) {
		const struct object *o = object_all(&n);

		for (size_t i = 0; i < n; i++)
			if (column_writable(o[i].column))
				writable[o[i].table->id][counts[o[i].table->id]++] = &o[i];
		for (size_t i = 0; i < TABLE_COUNT; i++)
			if (counts[i])
				ids[ntables++] = i;
	}
	t = ids[table % ntables];
	return writable[t][column % counts[t]];
}

static struct addr pick_addr(uint8_t which)
{
	struct addr a = {ADDR_NONE, {0}};
	const char *text = addresses[which % 8];

	if (*text)
		require(addr_parse(&a, text), text);
	return a;
}

/* The key that two octets choose. */
static void pick_key(struct row *key, uint8_t name, uint8_t rest)
{
	bool first = true;

	for (size_t i = 0; i < key->table->keys; i++) {
		const struct column *c = &key->table->columns[i];

		if (c->type == TYPE_NAME) {
			row_set_text(COLUMN_PTR(key, c), names[first ? name % 8 : rest % 8]);
			first = false;
		} else if (c->type == TYPE_ADDR) {
			*(struct addr *)COLUMN_PTR(key, c) = pick_addr(rest % 8);
		} else if (c->type == TYPE_ENUM) {
			size_t n = 0;

			while (c->words->words[n].word)
				n++;
			column_set_number(key, c, c->words->words[name / 8 % n].number);
		} else {
			column_set_number(key, c, ports[rest / 8 % 4]);
		}
	}
}

/* ------------------------------------------------------------- the standard modules' side */

/* Interfaces by number; rows of ours may name others, which have none. */
static const char *const links[] = {"lan", "web", "VI"};
#define LINKS (sizeof(links) / sizeof(links[0]))

static unsigned link_index(const char *name)
{
	for (unsigned i = 0; i < LINKS; i++)
		if (strcmp(name, links[i]) == 0)
			return i + 1;
	return 0;
}

static char *link_name(unsigned index, char name[IF_NAMESIZE])
{
	if (index < 1 || index > LINKS)
		return NULL;
	snprintf(name, IF_NAMESIZE, "%s", links[index - 1]);
	return name;
}

/* One that may be written. */
static const struct standard_object *pick_standard(uint8_t module, uint8_t column)
{
	const struct standard_object *writable[64];
	size_t n, found = 0;
	const struct standard_object *o = standard_objects(module % STANDARD_MIBS, &n);

	for (size_t i = 0; i < n; i++)
		if (o[i].write != WRITE_NEVER)
			writable[found++] = &o[i];
	return writable[column % found];
}

/* The name that two octets choose: a virtual router 1 to 4 of 4 interfaces (the last is none), and an address. */
static void pick_standard_name(struct var *v, uint8_t name, uint8_t rest)
{
	struct vrrp_instance *i = ROW_NEW(vrrp_instance);
	struct vrrp_address *a = ROW_NEW(vrrp_address);
	struct standard_row row = {
	    .ifindex = 1 + name % 4u, .instance = i, .address = a, .active = 0};
	const struct standard_object *o = v->standard;

	i->vrid = 51 + name / 4 % 4u;
	i->family = name & 16 && o->mib == STANDARD_VRRPV3 ? INET_IPV6 : INET_IPV4;
	i->version = o->mib == STANDARD_VRRPV3 ? 3 : 2;
	a->address = pick_addr(rest % 7);
	if (o->mib == STANDARD_VRRP && a->address.family != ADDR_IPV4)
		a->address = pick_addr(3);
	memcpy(v->name, o->name, o->len * sizeof(arc));
	v->v.len = o->len;
	if (o->kind == STANDARD_SCALAR)
		v->name[v->v.len++] = 0;
	else
		v->v.len += standard_index(o->mib, o->kind, &row, v->name + o->len);
	v->v.type = o->type;
	row_free(&a->row);
	row_free(&i->row);
}

static int right_type(const struct object *o)
{
	switch (o->column->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		return SMI_OCTETS;
	case TYPE_ADDR:
		return o->part == PART_ADDR_TYPE ? SMI_INTEGER : SMI_OCTETS;
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_ENUM:
		return SMI_INTEGER;
	default:
		return SMI_GAUGE32;
	}
}

/* A number that the column may just have, or just not; what a variable cannot carry is cut off later. */
static int64_t edge(const struct column *c, uint8_t which)
{
	int64_t scale = c->type == TYPE_USEC && c->scale ? (int64_t)c->scale : 1;
	int64_t least = column_min(c) / scale, most = column_max(c) / scale;

	switch (which % 4) {
	case 0:
		return least;
	case 1:
		return most;
	case 2:
		return least > INT32_MIN ? least - 1 : least;
	}
	return most < UINT32_MAX ? most + 1 : most;
}

enum how { /* the value of a variable */
	HOW_OCTET,
	HOW_NUMBER,
	HOW_NAME,
	HOW_TEXT,
	HOW_WORD,
	HOW_ADDRESS,
	HOW_TYPE,
	HOW_EDGE,
};

static void take_bytes(struct var *v, const void *bytes, size_t n)
{
	memcpy(v->bytes, bytes, n);
	v->v.bytes = v->bytes;
	v->v.size = n;
}

static const struct column *column_of_standard(const struct standard_object *o)
{
	return &tables[o->table].columns[o->column];
}

static void read_value(struct wire *w, struct var *v, enum how how)
{
	const struct column *c = v->o ? v->o->column : column_of_standard(v->standard);
	struct addr a;
	const void *text;
	uint8_t which, len;

	switch (how) {
	case HOW_OCTET:
		v->v.number = wire_get_u8(w);
		break;
	case HOW_NUMBER:
		v->v.number = wire_get_be32(w);
		break;
	case HOW_NAME:
		which = wire_get_u8(w);
		take_bytes(v, names[which % 8], strlen(names[which % 8]));
		break;
	case HOW_TEXT:
		len = wire_get_u8(w);
		text = wire_get_bytes(w, len);
		if (text)
			take_bytes(v, text, len);
		break;
	case HOW_WORD:
		which = wire_get_u8(w);
		v->v.number = 1 + which % 2;
		if (c->type == TYPE_ENUM) {
			size_t n = 0;

			while (c->words->words[n].word)
				n++;
			v->v.number = c->words->words[which % n].number;
		}
		break;
	case HOW_ADDRESS:
		a = pick_addr(wire_get_u8(w));
		v->v.number = a.family;
		take_bytes(v, a.bytes, addr_len(&a));
		break;
	case HOW_TYPE:
		v->v.type = wire_get_u8(w);
		v->v.number = wire_get_u8(w);
		break;
	case HOW_EDGE:
		which = wire_get_u8(w);
		v->v.number = edge(c, which);
		if (v->standard)
			v->v.number = (which & 1 ? v->standard->max : v->standard->min) +
				      (which & 2 ? which & 1 ? 1 : -1 : 0);
		break;
	}
	if (v->v.type == SMI_INTEGER)
		v->v.number = (int32_t)v->v.number;
	else
		v->v.number = (uint32_t)v->v.number;
}

static void spoil_name(struct wire *w, struct var *v)
{
	uint8_t what = wire_get_u8(w), at = wire_get_u8(w);

	v->v.len -= what % 4 == 0 ? 1 : 0;
	if (what % 4 == 1 && v->v.len < OID_MAX)
		v->name[v->v.len++] = at;
	if (what % 4 >= 2)
		v->name[at % v->v.len] = what % 4 == 2 ? what / 4 : (arc)UINT32_MAX - what / 4;
	v->o = NULL;
	v->spoilt = true;
}

#define HOW_SPOILT 8
#define HOW_STANDARD 16

/* how: enum how in 3 bits, and HOW_SPOILT: the name is; HOW_STANDARD: of a standard module. */
static void read_var(struct wire *w, struct var *v)
{
	uint8_t table = wire_get_u8(w), column = wire_get_u8(w);
	uint8_t name = wire_get_u8(w), rest = wire_get_u8(w), how = wire_get_u8(w);
	const struct object *o = pick_object(table, column);
	struct row *key;

	memset(v, 0, sizeof(*v));
	v->v.name = v->name;
	if (how & HOW_STANDARD) {
		v->standard = pick_standard(table, column);
		pick_standard_name(v, name, rest);
		read_value(w, v, how % 8);
		if (how & HOW_SPOILT)
			spoil_name(w, v);
		return;
	}
	key = row_new(o->table);
	v->o = o;
	pick_key(key, name, rest);
	memcpy(v->name, o->name, o->len * sizeof(arc));
	v->v.len = o->len + index_encode(key, v->name + o->len);
	row_free(key);
	v->v.type = right_type(o);
	read_value(w, v, how % 8);
	if (how & HOW_SPOILT)
		spoil_name(w, v);
}

/* ----------------------------------------------------------------- what was acknowledged */

static bool same_value(const struct set_var *v, const struct value *there)
{
	if (v->type != (int)there->type)
		return false;
	if (v->type == SMI_OCTETS)
		return v->size == there->len &&
		       (!v->size || memcmp(v->bytes, there->bytes, v->size) == 0);
	return v->number == there->number;
}

static bool same_row(const struct var *a, const struct var *b)
{
	return a->o && b->o && a->o->table == b->o->table && a->v.len == b->v.len &&
	       memcmp(a->name + a->o->len, b->name + b->o->len,
		   (a->v.len - a->o->len) * sizeof(arc)) == 0;
}

/* A request may destroy what it sets. */
static bool destroyed(const struct request *r, const struct var *v)
{
	for (size_t i = 0; i < r->n; i++)
		if (same_row(&r->vars[i], v) && r->vars[i].o->column == table_status(v->o->table) &&
		    r->vars[i].v.number == STATUS_DESTROY)
			return true;
	return false;
}

/* Of a request that knows of standard modules alone, what is a plain value. */
static void check_standard(const struct request *r, const struct var *v, struct standard *standard)
{
	struct value there;

	for (size_t i = 0; i < r->n; i++)
		if (!r->vars[i].standard || r->vars[i].standard->write == WRITE_STATUS ||
		    r->vars[i].spoilt)
			return;
	switch (v->standard->write) {
	case WRITE_NUMBER:
	case WRITE_CENTISECONDS:
	case WRITE_SECONDS:
	case WRITE_TRUTH:
		require(
		    standard_get(standard, v->standard->mib, v->name, v->v.len, &there) == GET_OK,
		    "what was set in a standard module is not there");
		require(
		    same_value(&v->v, &there), "what was set in a standard module reads otherwise");
		break;
	case WRITE_NEVER:
		require(false, "what is read-only was set");
		break;
	case WRITE_ADDRESS:
	case WRITE_KEY:
	case WRITE_NOTHING:
	case WRITE_STATUS:
		break;
	}
}

static void check_values(const struct request *r, struct standard *standard)
{
	struct view view = {engine_store(the.agent), 0};
	struct value there;

	for (size_t i = 0; i < r->n; i++) {
		const struct var *v = &r->vars[i];

		if (v->standard) {
			check_standard(r, v, standard);
			continue;
		}
		require(v->o != NULL || object_find(v->name, v->v.len), "there is no such object");
		if (!v->o || v->o->column == table_status(v->o->table) || v->o->column->set ||
		    v->o->column->secret || destroyed(r, v))
			continue;
		require(get_exact(&view, v->name, v->v.len, &there) == GET_OK,
		    "what was set is not there");
		require(same_value(&v->v, &there), "what was set reads otherwise");
	}
}

/* ----------------------------------------------------------------------------- a request */

struct before {
	struct store *running, *parked;
	uint32_t generation;
	int32_t lock;
	bool unconfirmed;
};

static struct before look(void)
{
	return (struct before){store_copy(the.hub.store), store_copy(the.hub.parked),
	    the.hub.system->generation, the.hub.control->advisory_lock, the.hub.unconfirmed};
}

static void nothing_changed(const struct before *b, const char *why)
{
	must_be_same(b->running, the.hub.store, false, why);
	must_be_same(b->parked, the.hub.parked, false, why);
}

static void nothing_at_all_changed(const struct before *b, const char *why)
{
	nothing_changed(b, why);
	require(b->generation == the.hub.system->generation, "a new generation");
	require(b->lock == the.hub.control->advisory_lock, "the lock");
	require(b->unconfirmed == the.hub.unconfirmed, "the confirmation");
}

/* Takes the stores of b. */
static void remember_confirmed(struct before *b)
{
	if (the.hub.unconfirmed && !b->unconfirmed) {
		forget_confirmed();
		the.confirmed[0] = b->running;
		the.confirmed[1] = b->parked;
		return;
	}
	if (!the.hub.unconfirmed)
		forget_confirmed();
	store_free(b->running);
	store_free(b->parked);
}

/* With SHOW=1 in the environment: what an input does. */
static void show(const struct request *r, enum fate fate)
{
	fprintf(stderr, "fate %d\n", (int)fate);
	for (size_t i = 0; i < r->n; i++) {
		const struct var *v = &r->vars[i];
		struct row *key = v->o ? row_new(v->o->table) : NULL;
		char text[ROW_TEXT_SIZE];

		if (key)
			index_decode(key, v->name + v->o->len, v->v.len - v->o->len);
		fprintf(stderr, "  %s, %s: type %d, %lld, \"%.*s\"\n",
		    key ? row_format(key, text) : "a spoilt name, or a standard module's",
		    key		  ? v->o->column->name
		    : v->standard ? v->standard->label
				  : "",
		    v->v.type, (long long)v->v.number, (int)v->v.size, v->bytes);
		row_free(key);
	}
}

/* As the agent's requests.c has it. */
static bool add_all(const struct request *r, struct set *s, struct standard_set *standard)
{
	size_t var;

	for (size_t i = 0; i < r->n; i++) {
		const struct var *v = &r->vars[i];

		if (!v->standard)
			set_at(s, i);
		if ((v->standard ? standard_set_add(standard, v->standard->mib, i, &v->v)
				 : set_add(s, &v->v)) != SET_OK)
			return false;
	}
	if (standard_set_finish(standard, &var) == SET_OK)
		return true;
	require(var < r->n, "a variable is blamed that is not there");
	return false;
}

static void run_set(const struct request *r, enum fate fate)
{
	static const struct standard_links by_number = {link_index, link_name};
	struct view view = {engine_store(the.agent), 0};
	struct set_hub hub = {.call = call};
	struct set *s = set_new(&view, &hub);
	struct standard *standard = standard_new(&view, &by_number);
	struct standard_set *standard_set = standard_set_new(standard, s);
	struct before b = look();
	bool good;
	size_t var = 0;

	if (getenv("SHOW"))
		show(r, fate);
	good = add_all(r, s, standard_set) && set_prepare(s, &var) == SET_OK;
	require(var < r->n || r->n == 0, "a variable is blamed that is not there");
	nothing_at_all_changed(&b, "by a check");
	the.disk.hangs = fate == FATE_DISK_FULL && r->n % 2;
	the.disk.broken = fate == FATE_DISK_FULL && !the.disk.hangs;
	if (good && fate != FATE_ONLY_CHECK) {
		enum set_status e = set_commit(s, &var);

		good = e == SET_OK;
		require(good || fate == FATE_DISK_FULL, "what was checked is refused");
		require(good || e == SET_COMMIT_FAILED, "another error");
		standard_changed(standard);
		if (good)
			check_values(r, standard);
		if (good && fate == FATE_UNDO) {
			bool undone = set_undo(s) == SET_OK;

			/* what was set before may not fit another file */
			require(undone || the.reloaded, "cannot be taken back");
			let_all_work();
			if (undone && !the.reloaded)
				nothing_changed(&b, "by an undone request");
		}
	}
	standard_set_free(standard_set);
	standard_free(standard);
	set_free(s);
	let_all_work();
	the.disk.broken = false;
	memory_hub_disk_goes_on(&the.hub);
	let_all_work();
	if (!good || fate == FATE_ONLY_CHECK)
		nothing_at_all_changed(&b, "by a refused request");
	remember_confirmed(&b);
}

static void restart(void)
{
	bool lost = the.hub.unconfirmed;

	end();
	the.waiting = false;
	start();
	require(!the.hub.unconfirmed, "still unconfirmed");
	if (lost)
		forget_confirmed();
}

static void reload(uint8_t which)
{
	const char *old = the.hub.options.file;
	unsigned before = skipped;

	if (getenv("SHOW"))
		fprintf(stderr, "file %d\n", which % (int)FILES);

	the.hub.options.file = the.paths[which % FILES];
	commit_reload(&the.hub);
	let_all_work();
	the.reloaded = true;
	the.waiting = skipped != before;
	forget_confirmed();
	if (strcmp(the.hub.system->reload_result, "ok") != 0)
		the.hub.options.file = old; /* the new one waits to be corrected */
}

static void time_is_over(void)
{
	if (!the.hub.unconfirmed)
		return;
	event_active(the.hub.confirm_timer, EV_TIMEOUT, 0);
	let_all_work();
	require(!the.hub.unconfirmed, "still unconfirmed");
	if (the.confirmed[0] && !the.reloaded) {
		must_be_same(the.confirmed[0], the.hub.store, false, "not confirmed");
		must_be_same(the.confirmed[1], the.hub.parked, false, "not confirmed");
	}
	forget_confirmed();
}

static void run(struct wire *w)
{
	static struct request r;
	uint8_t head = wire_get_u8(w);
	enum fate fate = head % 8;

	switch (fate) {
	case FATE_TIMEOUT:
		time_is_over();
		break;
	case FATE_RESTART:
		restart();
		break;
	case FATE_RELOAD:
		reload(wire_get_u8(w));
		break;
	case FATE_COMMIT:
	case FATE_COMMIT_TOO:
	case FATE_ONLY_CHECK:
	case FATE_UNDO:
	case FATE_DISK_FULL:
		for (r.n = 0; r.n < head / 8u && r.n < VARS; r.n++)
			read_var(w, &r.vars[r.n]);
		if (!w->error)
			run_set(&r, fate);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wire w = wire_reader(bytes, len);

	if (!*the.paths[0]) {
		write_files();
		log_init("fuzz", getenv("SHOW") ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING);
	}
	disk_init(&the.disk);
	the.reloaded = the.waiting = false;
	the.hub.options.file = the.paths[wire_get_u8(&w) % FILES];
	start();
	while (wire_left(&w) > 0) {
		run(&w);
		check_all();
	}
	end();
	forget_confirmed();
	disk_clear(&the.disk);
	return 0;
}

/* ------------------------------------------------------------------------------- seeds */

/*
 * Requests, separated by semicolons: what becomes of it, and variables: table.column, the octets of the key (of
 * `names` and `addresses`), and the value: #number, 'name, @address, or =word of the enumeration.
 */
static const char *const seeds[] = {
    /* a service in one request, in no order, and all of it gone again */
    "commit virtual_service.row_status 1 3 =createAndGo, virtual_server.pool 1 0 '0,"
    " virtual_server.row_status 1 0 =createAndGo, check.row_status 0 3 =createAndGo,"
    " real_server.weight 0 0 #5, real_server.row_status 0 0 =createAndGo,"
    " pool.row_status 0 0 =createAndGo; restart; commit virtual_server.row_status 1 0 =destroy,"
    " pool.row_status 0 0 =destroy; restart; commit control.rollback 0 0 #2",
    /* step by step */
    "commit pool.row_status 0 0 =createAndWait; commit real_server.row_status 0 0 =createAndGo;"
    "commit real_server.weight 0 0 #9; commit pool.row_status 0 0 =active; restart;"
    "commit pool.row_status 0 0 =notInService; undo pool.row_status 0 0 =active;"
    "commit real_server.row_status 0 1 =createAndWait; commit pool.row_status 0 0 =active",
    /* what cannot be */
    "commit real_server.row_status 0 0 =createAndGo; commit pool.row_status 7 0 =createAndGo;"
    "commit virtual_server.row_status 1 0 =createAndGo; commit real_server.weight 0 0 #5;"
    "check pool.row_status 0 0 =createAndGo; full pool.row_status 0 0 =createAndGo",
    /* volatile */
    "commit pool.storage 0 0 =volatile, pool.row_status 0 0 =createAndGo;"
    "commit real_server.row_status 0 0 =createAndGo; restart;"
    "commit pool.row_status 0 0 =createAndGo; commit real_server.row_status 0 0 =createAndGo;"
    "commit pool.storage 0 0 =volatile; commit pool.storage 0 0 =nonVolatile; restart",
    /* confirmed, not in time, and killed before */
    "commit pool.row_status 0 0 =createAndGo, control.confirm_timeout 0 0 #60;"
    "commit pool.row_status 5 0 =createAndGo; timeout; commit pool.row_status 0 0 =createAndGo,"
    " control.confirm_timeout 0 0 #60; restart; commit pool.row_status 0 0 =createAndGo,"
    " control.confirm_timeout 0 0 #60; commit control.confirm_timeout 0 0 #0; restart",
    /* over the file, and the file changes */
    "reload 1; commit real_server.weight 0 0 #9; commit virtual_server.row_status 1 0 "
    "=notInService;"
    "commit vrrp_instance.priority 2 0 #200; reload 2; commit pool.row_status 0 0 =destroy;"
    "commit vrrp_address.row_status 2 5 =createAndGo; reload 1; restart;"
    "commit control.revert 0 0 'all; reload 0; commit pool.row_status 0 0 =createAndGo; reload 1;"
    "commit pool.row_status 0 0 =destroy",
    /* VRRP */
    "commit vrrp_instance.row_status 2 0 =createAndGo, vrrp_instance.interface 2 0 '6,"
    " vrrp_instance.vrid 2 0 #7, vrrp_address.row_status 2 3 =createAndGo,"
    " vrrp_instance.sync_group 2 0 '4, sync_group.row_status 4 0 =createAndGo;"
    "commit sync_group.row_status 4 0 =notInService; commit sync_group.row_status 4 0 =destroy;"
    "commit vrrp_instance.sync_group 2 0 '7, sync_group.row_status 4 0 =destroy; restart;"
    "commit vrrp_instance.row_status 2 0 =notInService; commit vrrp_address.row_status 2 1 "
    "=createAndGo",
    /* the standard modules: a virtual router of each, made, changed and destroyed, also with ours in one request */
    "commit vrrpv3OperationsRowStatus 0 0 #4, vrrpv3OperationsPriority 0 0 #200, "
    "vrrpv3OperationsPrimaryIpAddr 0 0 @5,"
    " vrrpv3AssociatedIpAddrRowStatus 0 3 #4; commit vrrpv3OperationsAdvInterval 0 0 #50;"
    "commit vrrpv3AssociatedIpAddrRowStatus 0 1 #4; commit vrrpv3OperationsRowStatus 0 0 #2,"
    " vrrpv3AssociatedIpAddrRowStatus 0 1 #6; restart; commit vrrpv3OperationsRowStatus 0 0 #1;"
    "undo vrrpv3OperationsPreemptMode 0 0 #2; commit vrrpv3OperationsRowStatus 0 0 #6",
    "commit vrrpOperRowStatus 1 0 #5, vrrpOperPriority 1 0 #90; commit vrrpAssoIpAddrRowStatus 1 3 "
    "#4;"
    "commit vrrpOperRowStatus 1 0 #1, vrrpOperAdvertisementInterval 1 0 #3, vrrpOperPreemptMode 1 "
    "0 #2;"
    "commit vrrpOperAdminState 1 0 #1; commit vrrpOperPriority 1 0 #80; commit vrrpOperAdminState "
    "1 0 #2;"
    "commit vrrpOperRowStatus 1 0 #2, vrrpOperPriority 1 0 #80, vrrpNotificationCntl 0 0 #2; full "
    "vrrpOperRowStatus 1 0 #6;"
    "restart; commit vrrpOperRowStatus 1 0 #6",
    "commit pool.row_status 0 0 =createAndGo, vrrpv3OperationsRowStatus 16 0 #5,"
    " vrrpv3AssociatedIpAddrRowStatus 16 6 #4; reload 1; commit vrrpOperPriority 0 0 #7, "
    "pool.row_status 0 0 =destroy;"
    "commit vrrpOperRowStatus 0 0 #2; commit vrrpOperRowStatus 0 0 #6; commit "
    "vrrpAssoIpAddrRowStatus 0 1 #4",
    /* going back */
    "commit pool.row_status 0 0 =createAndGo; commit real_server.row_status 0 0 =createAndGo;"
    "commit real_server.weight 0 0 #9, control.advisory_lock 0 0 #0; commit pool.row_status 0 0 "
    "=destroy,"
    " control.advisory_lock 0 0 #0; commit pool.row_status 0 0 =destroy; undo control.rollback 0 0 "
    "#3;"
    "commit control.rollback 0 0 #3; commit control.rollback 0 0 #1; restart; commit "
    "control.rollback 0 0 #2",
};

static const char *const fates[] = {
    "commit", "commit", "check", "undo", "full", "timeout", "restart", "reload"};

static void put_value(struct wire *w, const struct object *o, const char *value)
{
	const struct column *c = o->column;
	uint8_t i = 0;

	switch (*value++) {
	case '#':
		wire_put_u8(w, HOW_NUMBER);
		wire_put_be32(w, (uint32_t)strtoul(value, NULL, 10));
		break;
	case '\'':
		wire_put_u8(w, HOW_TEXT);
		if (*value >= '0' && *value <= '7')
			value = names[*value - '0'];
		wire_put_u8(w, (uint8_t)strlen(value));
		wire_put_bytes(w, value, strlen(value));
		break;
	case '@':
		wire_put_u8(w, HOW_ADDRESS);
		wire_put_u8(w, (uint8_t)strtoul(value, NULL, 10));
		break;
	case '=':
		while (c->words->words[i].word && strcmp(c->words->words[i].word, value) != 0)
			i++;
		require(c->words->words[i].word != NULL, value);
		wire_put_u8(w, HOW_WORD);
		wire_put_u8(w, i);
		break;
	default:
		require(false, value);
	}
}

/* The octets that choose a column. */
static const struct object *put_object(struct wire *w, const char *table, const char *column)
{
	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (strcmp(pick_object((uint8_t)t, 0)->table->name, table) != 0)
			continue;
		for (unsigned c = 0; c < 128; c++) {
			const struct object *o = pick_object((uint8_t)t, (uint8_t)c);

			if (strcmp(o->column->name, column) != 0)
				continue;
			wire_put_u8(w, (uint8_t)t);
			wire_put_u8(w, (uint8_t)c);
			return o;
		}
	}
	require(false, column);
	return NULL;
}

/* LABEL NAME REST #number or @address */
static void put_standard(struct wire *w, const char *text)
{
	char label[40], value[32];
	unsigned name, rest;
	uint8_t module, column = 0;

	require(sscanf(text, " %39[A-Za-z0-9] %u %u %31s", label, &name, &rest, value) == 4, text);
	module = (uint8_t)(strncmp(label, "vrrpv3", 6) == 0 ? STANDARD_VRRPV3 : STANDARD_VRRP);
	while (strcmp(pick_standard(module, column)->label, label) != 0)
		require(++column < 64, label);
	wire_put_u8(w, module);
	wire_put_u8(w, column);
	wire_put_u8(w, (uint8_t)name);
	wire_put_u8(w, (uint8_t)rest);
	if (*value == '#') {
		wire_put_u8(w, HOW_STANDARD | HOW_NUMBER);
		wire_put_be32(w, (uint32_t)strtoul(value + 1, NULL, 10));
	} else {
		wire_put_u8(w, HOW_STANDARD | HOW_ADDRESS);
		wire_put_u8(w, (uint8_t)strtoul(value + 1, NULL, 10));
	}
}

static void put_var(struct wire *w, const char *text)
{
	char table[32], column[32], value[32];
	const struct object *o;
	unsigned name, rest;

	if (!strchr(text, '.')) {
		put_standard(w, text);
		return;
	}
	require(sscanf(text, " %31[a-z_].%31[a-z_] %u %u %31s", table, column, &name, &rest,
		    value) == 5,
	    text);
	o = put_object(w, table, column);
	wire_put_u8(w, (uint8_t)name);
	wire_put_u8(w, (uint8_t)rest);
	put_value(w, o, value);
}

static void put_request(struct wire *w, char *text)
{
	char *save = NULL, *var;
	uint8_t fate = 0, n = 1;

	text += strspn(text, " ");
	while (strncmp(text, fates[fate], strlen(fates[fate])) != 0)
		fate++;
	text += strlen(fates[fate]);
	for (var = text; *var; var++)
		n += *var == ',';
	wire_put_u8(w, (uint8_t)(n << 3 | fate));
	if (fate == FATE_RELOAD)
		wire_put_u8(w, (uint8_t)strtoul(text, NULL, 10));
	else if (fate < FATE_TIMEOUT)
		for (var = strtok_r(text, ",", &save); var; var = strtok_r(NULL, ",", &save))
			put_var(w, var);
}

/* Rows that somebody throws dice for: most often a status, or a value within its range. */
static void put_random_standard(struct wire *w, struct dice *d)
{
	uint8_t module = (uint8_t)dice_below(d, 2), column = (uint8_t)dice_next(d);
	const struct standard_object *o = pick_standard(module, column);

	for (int i = 0; i < 64 && o->write != WRITE_STATUS && dice_below(d, 16); i++)
		o = pick_standard(module, ++column);
	wire_put_u8(w, module);
	wire_put_u8(w, column);
	wire_put_u8(w, (uint8_t)dice_below(d, dice_below(d, 4) ? 2 : 32));
	wire_put_u8(w, (uint8_t)dice_below(d, 7));
	wire_put_u8(
	    w, HOW_STANDARD | (o->write == WRITE_STATUS ? HOW_OCTET : (uint8_t)dice_below(d, 8)));
	wire_put_u8(w, (uint8_t)(1 + dice_below(d, 6)));
}

static void put_random(struct wire *w, struct dice *d, bool standard)
{
	uint8_t fate = (uint8_t)(dice_below(d, 3) ? FATE_COMMIT : dice_below(d, 8));
	uint8_t n = (uint8_t)(1 + dice_below(d, 5));

	wire_put_u8(w, (uint8_t)(n << 3 | fate));
	if (fate == FATE_RELOAD)
		wire_put_u8(w, (uint8_t)dice_below(d, FILES));
	for (; fate < FATE_TIMEOUT && n; n--) {
		if (standard && dice_below(d, 4)) {
			put_random_standard(w, d);
			continue;
		}
		uint8_t table = (uint8_t)dice_below(d, TABLE_COUNT);
		const struct table *t = pick_object(table, 0)->table;
		bool status = table_status(t) && dice_below(d, 3);
		const struct object *o;

		if (status) {
			o = put_object(w, t->name, "row_status");
		} else {
			wire_put_u8(w, table);
			wire_put_u8(w, (uint8_t)dice_next(d));
			o = NULL;
		}
		wire_put_u8(w, (uint8_t)dice_below(d, dice_below(d, 4) ? 6 : 64));
		wire_put_u8(w, (uint8_t)dice_below(d, dice_below(d, 4) ? 6 : 64));
		wire_put_u8(w, (uint8_t)(o ? HOW_WORD : dice_below(d, 8)));
		for (int i = dice_below(d, 2) ? 1 : 4; i; i--)
			wire_put_u8(w, (uint8_t)dice_below(d, 6));
	}
}

#define RANDOM_SEEDS 40

size_t fuzz_seed(unsigned n, uint8_t *buf, size_t size)
{
	const unsigned given = sizeof(seeds) / sizeof(seeds[0]);
	struct wire w = wire_writer(buf, size);
	struct dice d = {n};
	char text[2000], *save = NULL;

	if (n >= given + RANDOM_SEEDS)
		return 0;
	wire_put_u8(&w, n < given ? 0 : (uint8_t)dice_below(&d, FILES));
	if (n >= given) {
		for (int i = 0; i < 30; i++)
			put_random(&w, &d, n % 2);
		return wire_used(&w);
	}
	snprintf(text, sizeof(text), "%s", seeds[n]);
	for (char *r = strtok_r(text, ";", &save); r; r = strtok_r(NULL, ";", &save))
		put_request(&w, r);
	return w.error ? 0 : wire_used(&w);
}
