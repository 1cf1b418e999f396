/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scripts and FIFOs are to be told: from what the processes report to rows of the table `notice`,
 * which the process script reads and works off (core/script/notify.c).
 *
 * The reports come in the order in which things happened, so the notices of one instance or server do.
 * Nobody waits here: a notice is a row in memory, and the processes that report know nothing of it.  The
 * queue is the hub's, so that a process script that dies loses nothing: what it had not finished, it does
 * once more.  What ends with the hub itself is told no more.
 *
 * The words and lines are keepalived's.  What happens at a start or a stop: an instance's first state is
 * told (as a rule BACKUP), and STOP when it ends; one that goes on after a restart of anything changed
 * nothing, and nothing is told.  A real server is not told to be up for not having been checked yet, but a
 * virtual server's first quorum is.
 */
#include "core/director/hub.h"

#include <stdio.h>
#include <string.h>
#include "core/base/log.h"

#define WAITING_MAX 4096

/* Of what a notice is about. */
struct subject {
	enum notify_owner kind;
	const char *name;
	const struct addr *address; /* of a real server, or NULL */
	uint32_t port;
};

/* ------------------------------------------------------------------------- the queue */

static bool is_about(const struct notice *n, const struct subject *s)
{
	return n->owner_kind == s->kind && strcmp(n->owner, s->name) == 0 &&
	       (!s->address || (addr_equal(&n->address, s->address) && n->port == s->port));
}

/* The oldest of the subject that does not run yet gives way: the newest state is what counts. */
static struct row *least_wanted(const struct hub *h, const struct subject *s)
{
	struct row *any = NULL;

	STORE_FOREACH (notice, n, h->store) {
		if (n->state != NOTICE_WAITING)
			continue;
		if (is_about(n, s))
			return &n->row;
		any = any ? any : &n->row;
	}
	return any;
}

static void make_room(struct hub *h, const struct subject *s)
{
	struct row *r;
	unsigned more;

	if (store_count(h->store, TABLE_notice) < WAITING_MAX || !(r = least_wanted(h, s)))
		return;
	hub_removed(h, r);
	h->system->notices_lost++;
	hub_changed(h, &h->system->row, COLUMN(system, notices_lost));
	if (log_limit_ok(&h->notices_limit, 1, 60 * USEC_PER_SEC, &more))
		log_warning("more than %u notices to scripts wait: the oldest one of %s is dropped",
		    WAITING_MAX, s->name);
}

static struct notice *notice_new(struct hub *h, const struct subject *s)
{
	struct notice *n;

	make_room(h, s);
	n = ROW_NEW(notice);
	n->sequence = ++h->notices;
	n->time = clock_wall();
	n->owner_kind = s->kind;
	row_set_text(&n->owner, s->name);
	if (s->address)
		n->address = *s->address;
	n->port = s->port;
	return n;
}

static struct notify_script *find_script(
    const struct store *store, const struct subject *s, enum notify_event event)
{
	return store_notify_script(store, s->kind, s->name, s->address, s->port, event);
}

static void tell_script(struct hub *h, const struct store *scripts, const struct subject *s,
    enum notify_event event, const char *word, uint32_t priority)
{
	const struct notify_script *script = find_script(scripts, s, event);
	struct notice *n;

	if (!script || !*script->command)
		return;
	n = notice_new(h, s);
	n->event = event;
	row_set_text(&n->word, word);
	n->priority = priority;
	row_set_text(&n->command, script->command);
	row_set_text(&n->user, script->user);
	row_set_text(&n->user_group, script->user_group);
	hub_added(h, &n->row);
}

static bool is_of_vrrp(enum notify_owner kind)
{
	return kind == NOTIFY_INSTANCE || kind == NOTIFY_GROUP;
}

static bool has_fifo(const struct hub *h, enum notify_owner kind)
{
	STORE_FOREACH (notify_fifo, f, h->store)
		if (*f->path && f->kind != (is_of_vrrp(kind) ? FIFO_LVS : FIFO_VRRP))
			return true;
	return false;
}

static void tell_fifos(struct hub *h, const struct subject *s, const char *line)
{
	struct notice *n;

	if (!has_fifo(h, s->kind))
		return;
	n = notice_new(h, s);
	row_set_text(&n->line, line);
	hub_added(h, &n->row);
}

bool notice_director(struct hub *h, enum notify_event event)
{
	const struct subject s = {NOTIFY_DIRECTOR, NOTIFY_DIRECTOR_NAME, NULL, 0};

	if (!find_script(h->store, &s, event))
		return false;
	tell_script(h, h->store, &s, event, event == NOTIFY_STARTUP ? "STARTUP" : "SHUTDOWN", 0);
	return true;
}

void notice_done(struct hub *h, struct row *r)
{
	const struct notice *n = (const struct notice *)r;
	enum notify_event event = n->event;

	if (n->state != NOTICE_DONE)
		return;
	hub_removed(h, r);
	if (event == NOTIFY_STARTUP || event == NOTIFY_SHUTDOWN)
		children_go_on(h);
}

/* ------------------------------------------------------------------------------ VRRP */

static void tell_vrrp_line(
    struct hub *h, const struct subject *s, const char *word, uint32_t priority)
{
	char line[256];

	snprintf(line, sizeof(line), "%s \"%.60s\" %s %u",
	    s->kind == NOTIFY_GROUP ? "GROUP" : "INSTANCE", s->name, word, priority);
	tell_fifos(h, s, line);
}

static void tell_vrrp(struct hub *h, const struct store *scripts, const struct subject *s,
    enum notify_event event, const char *word, uint32_t priority)
{
	tell_script(h, scripts, s, event, word, priority);
	tell_script(h, scripts, s, NOTIFY_ANY, word, priority);
	tell_vrrp_line(h, s, word, priority);
}

static const struct {
	enum notify_event event;
	const char *word;
} vrrp_words[] = {
    [VRRP_INITIALIZE] = {NOTIFY_STOP, "STOP"},
    [VRRP_BACKUP] = {NOTIFY_BACKUP, "BACKUP"},
    [VRRP_MASTER] = {NOTIFY_MASTER, "MASTER"},
    [VRRP_FAULT] = {NOTIFY_FAULT, "FAULT"},
};

/* Is anybody told of changes of the priority? */
static bool wants_priority(const struct hub *h, const struct vrrp_instance *i)
{
	const struct sync_group *g =
	    *i->sync_group ? store_sync_group(h->store, i->sync_group) : NULL;

	return i->notify_priority_changes || (g && g->notify_priority_changes);
}

static void instance_reported(struct hub *h, const struct vrrp_instance *old,
    const struct vrrp_instance *new, column_mask mask)
{
	const struct subject s = {NOTIFY_INSTANCE, old->name, NULL, 0};
	bool moves = mask & COLUMN(vrrp_instance, state);
	bool priority_moves = mask & COLUMN(vrrp_instance, effective_priority);
	uint32_t priority = priority_moves ? new->effective_priority : old->effective_priority;
	enum vrrp_state state = moves ? new->state : old->state;

	if (moves)
		tell_vrrp(
		    h, h->store, &s, vrrp_words[state].event, vrrp_words[state].word, priority);
	/* at its start an instance has no priority that could change */
	else if (priority_moves && old->effective_priority && state != VRRP_INITIALIZE &&
		 wants_priority(h, old))
		tell_vrrp_line(
		    h, &s, state == VRRP_MASTER ? "MASTER_PRIORITY" : "BACKUP_PRIORITY", priority);
}

static void group_reported(
    struct hub *h, const struct sync_group *old, const struct sync_group *new, column_mask mask)
{
	const struct subject s = {NOTIFY_GROUP, old->name, NULL, 0};

	if (mask & COLUMN(sync_group, state))
		tell_vrrp(
		    h, h->store, &s, vrrp_words[new->state].event, vrrp_words[new->state].word, 0);
}

/* Counters are reported once a second, so nobody who sends packets can make it more often. */
static void statistics_reported(struct hub *h, const struct vrrp_statistics *old, column_mask mask)
{
	const struct vrrp_instance *i = store_vrrp_instance(h->store, old->instance);
	const struct subject s = {NOTIFY_INSTANCE, old->instance, NULL, 0};

	if (!(mask & COLUMN(vrrp_statistics, lower_received)) || !i || i->state != VRRP_MASTER)
		return;
	tell_script(
	    h, h->store, &s, NOTIFY_LOWER_PRIORITY, "MASTER_RX_LOWER_PRI", i->effective_priority);
	tell_vrrp_line(h, &s, "MASTER_RX_LOWER_PRI", i->effective_priority);
}

static void instance_removed(
    struct hub *h, const struct store *scripts, const struct vrrp_instance *i)
{
	const struct subject s = {NOTIFY_INSTANCE, i->name, NULL, 0};
	bool deleted = find_script(scripts, &s, NOTIFY_DELETED);

	if (i->state == VRRP_INITIALIZE)
		return;
	/* keepalived does not run the script of the fault here, either */
	tell_vrrp(
	    h, scripts, &s, NOTIFY_DELETED, deleted ? "DELETED" : "FAULT", i->effective_priority);
}

/* ------------------------------------------------------------------------------- LVS */

static const char *protocol_word(enum service_protocol p)
{
	switch (p) {
	case SERVICE_TCP:
		return "tcp";
	case SERVICE_UDP:
		return "udp";
	case SERVICE_SCTP:
		return "sctp";
	case SERVICE_FWMARK:
		break;
	}
	return "none";
}

/* "[192.0.2.1]:tcp:80", "FWM 1" */
static const char *service_words(const struct virtual_service *s, char *buf, size_t size)
{
	char address[ADDR_STRLEN];

	if (s->protocol == SERVICE_FWMARK)
		snprintf(buf, size, "FWM %u", s->port);
	else
		snprintf(buf, size, "[%s]:%s:%u", addr_format(&s->address, address),
		    protocol_word(s->protocol), s->port);
	return buf;
}

/*
 * What names a virtual server in lines: each of its services, or once for all the group that they come from, which
 * keepalived gives the port 0.  NULL: there is no more.
 */
static const struct virtual_service *next_named(const struct hub *h,
    const struct virtual_server *vs, const struct virtual_service *last, char *buf, size_t size)
{
	const struct virtual_service *v;

	if (!last)
		v = store_first_service(h->store, vs->name);
	else
		v = *vs->address_group ? NULL
				       : (const struct virtual_service *)store_next(&last->row);
	if (!v || v->virtual_server != vs->name)
		return NULL;
	if (*vs->address_group)
		snprintf(buf, size, "[%s]:0", vs->address_group);
	else
		service_words(v, buf, size);
	return v;
}

/* Of a group: that of its addresses, if it has some; a mark has none. */
static enum service_protocol line_protocol(
    const struct virtual_server *vs, const struct virtual_service *v)
{
	while (*vs->address_group && v && v->virtual_server == vs->name) {
		if (v->protocol != SERVICE_FWMARK)
			return v->protocol;
		v = (const struct virtual_service *)store_next(&v->row);
	}
	return *vs->address_group ? SERVICE_FWMARK : v->protocol;
}

static void tell_server_lines(
    struct hub *h, const struct subject *s, const struct virtual_server *vs, const char *word)
{
	const struct virtual_service *v = NULL;
	char line[256], address[ADDR_STRLEN], name[80];

	while ((v = next_named(h, vs, v, name, sizeof(name)))) {
		snprintf(line, sizeof(line), "RS [%s]:%s:%u %s %s",
		    addr_format(s->address, address), protocol_word(line_protocol(vs, v)),
		    s->port || *vs->address_group ? s->port : v->port, name, word);
		tell_fifos(h, s, line);
	}
}

/* A line for each virtual server that has the real server. */
static void tell_server(
    struct hub *h, const struct store *scripts, const struct real_server *rs, bool up)
{
	const struct subject s = {NOTIFY_REAL_SERVER, rs->pool, &rs->address, rs->port};

	tell_script(h, scripts, &s, up ? NOTIFY_UP : NOTIFY_DOWN, up ? "UP" : "DOWN", 0);
	if (!has_fifo(h, s.kind))
		return;
	STORE_FOREACH (virtual_server, vs, h->store)
		if (vs->pool == rs->pool)
			tell_server_lines(h, &s, vs, up ? "UP" : "DOWN");
}

/* From unknown: with start_down it was down, and else it has been up all the time. */
static void server_reported(
    struct hub *h, const struct real_server *old, const struct real_server *new, column_mask mask)
{
	const struct pool *pool;
	bool was_up = old->state == SERVER_UP, up = new->state == SERVER_UP;

	if (!(mask & COLUMN(real_server, state)) || new->state == SERVER_UNKNOWN)
		return;
	if (old->state == SERVER_UNKNOWN) {
		pool = store_pool(h->store, old->pool);
		was_up = up ? !h->system->real_server_init_notices && pool && !pool->start_down
			    : pool && !pool->start_down;
	}
	if (was_up != up)
		tell_server(h, h->store, old, up);
}

static void tell_quorum(
    struct hub *h, const struct store *scripts, const struct virtual_server *vs, bool up)
{
	const struct subject s = {NOTIFY_VIRTUAL_SERVER, vs->name, NULL, 0};
	const char *word = up ? "UP" : "DOWN";
	const struct virtual_service *v = NULL;
	char line[256], name[80];

	tell_script(h, scripts, &s, up ? NOTIFY_UP : NOTIFY_DOWN, word, 0);
	while ((v = next_named(h, vs, v, name, sizeof(name)))) {
		snprintf(line, sizeof(line), "VS %s %s", name, word);
		tell_fifos(h, &s, line);
	}
}

static void quorum_reported(struct hub *h, const struct virtual_server *old,
    const struct virtual_server *new, column_mask mask)
{
	bool was_up = old->state == VIRTUAL_UP, up = new->state == VIRTUAL_UP;

	if (!(mask & COLUMN(virtual_server, state)) || new->state == VIRTUAL_UNKNOWN)
		return;
	/* at the start, that the quorum is not there yet is told only with a sorry server */
	if (was_up != up || (old->state == VIRTUAL_UNKNOWN && new->state == VIRTUAL_SORRY))
		tell_quorum(h, h->store, old, up);
}

/* ----------------------------------------------------------------------------- events */

void notice_reported(struct hub *h, const struct row *old, const struct row *new, column_mask mask)
{
	switch (old->table->id) {
	case TABLE_vrrp_instance:
		instance_reported(
		    h, (const struct vrrp_instance *)old, (const struct vrrp_instance *)new, mask);
		break;
	case TABLE_sync_group:
		group_reported(
		    h, (const struct sync_group *)old, (const struct sync_group *)new, mask);
		break;
	case TABLE_vrrp_statistics:
		statistics_reported(h, (const struct vrrp_statistics *)old, mask);
		break;
	case TABLE_real_server:
		if (!h->stopping)
			server_reported(h, (const struct real_server *)old,
			    (const struct real_server *)new, mask);
		break;
	case TABLE_virtual_server:
		if (!h->stopping)
			quorum_reported(h, (const struct virtual_server *)old,
			    (const struct virtual_server *)new, mask);
		break;
	}
}

/* Their scripts may have gone with them. */
static struct store *all_scripts(const struct hub *h, const struct txn *t)
{
	struct store *s = store_new();
	struct row *copy;

	for (size_t i = 0; i < txn_changes(t); i++) {
		const struct txn_change *c = txn_change(t, i);

		if (c->kind == CHANGE_REMOVED && c->row->table->id == TABLE_notify_script)
			store_insert(s, row_copy(c->row));
	}
	STORE_FOREACH (notify_script, n, h->store) {
		copy = row_copy(&n->row);
		if (store_insert(s, copy))
			row_free(copy);
	}
	return s;
}

static void tell_removed(struct hub *h, const struct store *scripts, const struct row *r)
{
	switch (r->table->id) {
	case TABLE_vrrp_instance:
		instance_removed(h, scripts, (const struct vrrp_instance *)r);
		break;
	case TABLE_real_server:
		if (((const struct real_server *)r)->state == SERVER_UP)
			tell_server(h, scripts, (const struct real_server *)r, false);
		break;
	}
}

void notice_removed(struct hub *h, const struct txn *t)
{
	struct store *scripts = NULL;

	for (size_t i = 0; i < txn_changes(t); i++) {
		const struct txn_change *c = txn_change(t, i);

		if (c->kind != CHANGE_REMOVED || (c->row->table->id != TABLE_vrrp_instance &&
						     c->row->table->id != TABLE_real_server))
			continue;
		scripts = scripts ? scripts : all_scripts(h, t);
		tell_removed(h, scripts, c->row);
	}
	store_free(scripts);
}

void notice_file_read(struct hub *h)
{
	if (!h->system->fifo_states_on_reload)
		return;
	STORE_FOREACH (sync_group, g, h->store) {
		const struct subject s = {NOTIFY_GROUP, g->name, NULL, 0};

		if (g->state != VRRP_INITIALIZE)
			tell_vrrp_line(h, &s, vrrp_words[g->state].word, 0);
	}
	STORE_FOREACH (vrrp_instance, i, h->store) {
		const struct subject s = {NOTIFY_INSTANCE, i->name, NULL, 0};

		if (i->state != VRRP_INITIALIZE)
			tell_vrrp_line(h, &s, vrrp_words[i->state].word, i->effective_priority);
	}
}

/* A virtual server with stop_down (omega) says that it and its real servers are gone. */
void notice_stop(struct hub *h)
{
	STORE_FOREACH (virtual_server, vs, h->store) {
		if (!vs->stop_down)
			continue;
		for (const struct real_server *rs = store_first_server(h->store, vs->pool);
		     rs && rs->pool == vs->pool;
		     rs = (const struct real_server *)store_next(&rs->row))
			if (rs->state == SERVER_UP)
				tell_server(h, h->store, rs, false);
		if (vs->state == VIRTUAL_UP)
			tell_quorum(h, h->store, vs, false);
	}
}
