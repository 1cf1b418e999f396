/* SPDX-License-Identifier: BSD-2-Clause */
/* `show vrrp` and `show lvs` of status.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include "core/model/vmac.h"
#include "core/ctl/status.h"
#include "core/ctl/words.h"

#define TRANSITIONS 5 /* of an instance that are shown */

struct facts {
	struct grid *g;
	const char *name; /* of the next line; only the first of several lines has it */
};

static void facts_begin(struct facts *f)
{
	f->g = grid_new(2);
	grid_column(f->g, "", NULL, GRID_LEFT);
	grid_column(f->g, "", NULL, GRID_WRAP);
}

static void facts_end(struct facts *f, FILE *out, const struct style *s)
{
	grid_print(f->g, out, s);
	grid_free(f->g);
}

static void fact(struct facts *f, enum paint p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void fact(struct facts *f, enum paint p, const char *fmt, ...)
{
	char text[2 * WORDS_SIZE], clean[2 * WORDS_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	grid_cell(f->g, PAINT_NONE, f->name);
	grid_cell(f->g, p, text_clean(clean, sizeof(clean), text));
	f->name = "";
}

/* "VI_1: master for 3m 12s" */
static void headline(
    FILE *out, const struct style *s, const char *name, enum paint p, const char *state)
{
	char clean[WORDS_SIZE];

	paint(out, s, PAINT_HEAD, text_clean(clean, sizeof(clean), name));
	fputs(": ", out);
	paint(out, s, p, state);
	fputc('\n', out);
}

/* ---------------------------------------------------------------------------- VRRP */

/* left: 0 also where it is the group's. */
static void failover_facts(struct facts *f, usec_t left, enum vrrp_failover state)
{
	char time[40] = "";

	if (left)
		snprintf(time, sizeof(time), " for another %u s", (unsigned)(left / USEC_PER_SEC));
	f->name = "failover";
	switch (state) {
	case FAILOVER_NONE:
		break;
	case FAILOVER_HANDING_OVER:
		fact(f, PAINT_WARN, "it is to hand over%s, and waits for another master", time);
		break;
	case FAILOVER_ASIDE:
		fact(f, PAINT_WARN, "stands aside%s, as long as another one is master", time);
		break;
	case FAILOVER_ENDED:
		fact(f, PAINT_WARN, "it was to hand over%s, but nobody else was there", time);
		break;
	}
}

static void instance_facts(struct facts *f, const struct vrrp_instance *i)
{
	char a[ADDR_STRLEN];

	f->name = "speaks";
	fact(f, PAINT_NONE, "VRRP version %u on %s, virtual router %u, every %g s%s%s", i->version,
	    i->interface, i->vrid, (double)i->advert_interval / 1e6,
	    addr_is_set(&i->primary_address) ? ", from " : "", addr_format(&i->primary_address, a));
	f->name = "VMAC";
	if (*i->vmac_interface)
		fact(f, PAINT_NONE, "%s on %s%s", i->vmac_address, i->vmac_interface,
		    i->vmac_xmit_base ? ", advertisements from the interface's own" : "");
	if (*i->vmac_error)
		fact(f, PAINT_BAD, "%s", i->vmac_error);
	f->name = "priority";
	fact(f, PAINT_NONE, "%u%s", i->effective_priority,
	    i->effective_priority == 255 ? " (address owner)" : "");
	if (i->effective_priority != i->priority)
		fact(f, PAINT_WARN, "configured: %u", i->priority);
	f->name = "preempts";
	if (i->preempt && i->preempt_delay)
		fact(f, PAINT_NONE, "a master of lower priority, after %g s",
		    (double)i->preempt_delay / 1e6);
	else
		fact(f, PAINT_NONE, "%s", i->preempt ? "a master of lower priority" : "nobody");
	f->name = "master";
	if (i->state == VRRP_MASTER)
		fact(f, PAINT_NONE, "this director");
	else if (addr_is_set(&i->master_address))
		fact(f, PAINT_NONE, "%s with priority %u", addr_format(&i->master_address, a),
		    i->master_priority);
	else
		fact(f, PAINT_NONE, "not known");
	failover_facts(f, i->failover_until ? i->failover : 0, i->failover_state);
	f->name = "accepts";
	if (!i->accept && i->effective_priority != 255)
		fact(f, i->refusing ? PAINT_NONE : PAINT_WARN,
		    i->refusing ? "no packets to the addresses"
				: "packets to the addresses, though it should not: see "
				  "vrrp_filter_state of the table system");
	f->name = "changes";
	fact(f, PAINT_NONE, "%u, of them %u to master", i->transitions, i->became_master);
}

static void group_facts(struct facts *f, const struct store *store, const struct vrrp_instance *i)
{
	const struct sync_group *g = store_sync_group(store, i->sync_group);

	f->name = "group";
	if (g)
		fact(f, state_paint(&g->row, "state"), "%s: %s, %u instances", g->name,
		    enum_word(&enumeration_vrrp_state, g->state), g->members);
	if (g && g->failover)
		fact(f, PAINT_WARN, "it is to hand over for another %u s",
		    (unsigned)(g->failover / USEC_PER_SEC));
}

static void address_facts(struct facts *f, const struct store *store, const struct vrrp_instance *i)
{
	char a[ADDR_STRLEN], place[IFNAMSIZ];

	f->name = "addresses";
	STORE_FOREACH_OF(vrrp_address, v, store, i->name)
	{
		bool wrong = v->present != (i->state == VRRP_MASTER);
		uint32_t length = v->prefix_length		   ? v->prefix_length
				  : v->address.family == ADDR_IPV6 ? 128
								   : 32;

		fact(f, wrong ? PAINT_WARN : PAINT_NONE, "%s/%u on %s: %s%s",
		    addr_format(&v->address, a), length, vmac_place(i, v, place),
		    v->present ? "set" : "not set", v->excluded ? ", not advertised" : "");
	}
}

static void neighbour_facts(struct facts *f, const struct style *s, const struct store *store,
    const struct vrrp_instance *i)
{
	char a[ADDR_STRLEN], since[WORDS_SIZE];

	f->name = "others";
	STORE_FOREACH_OF(vrrp_neighbour, n, store, i->name)
	{
		addr_format(&n->address, a);
		if (n->heard == 0)
			fact(f, PAINT_WARN, "%s: never heard as master%s", a,
			    n->dropped ? "; its packets are dropped" : "");
		else
			fact(f, PAINT_NONE, "%s: %s, priority %u, heard %s ago", a,
			    enum_word(&enumeration_neighbour_state, n->state), n->priority,
			    since_words(n->heard, s, since));
		if (n->dropped)
			fact(f, PAINT_WARN, "%" PRIu64 " of its packets were dropped: %s",
			    n->dropped, enum_word(&enumeration_vrrp_error, n->error));
	}
}

/* The last ones, the newest last. */
static void transition_facts(
    struct facts *f, const struct store *store, const struct vrrp_instance *i)
{
	const struct vrrp_transition *last[TRANSITIONS] = {NULL};
	char date[DATE_SIZE];

	f->name = "history";
	STORE_FOREACH_OF(vrrp_transition, t, store, i->name)
	{
		memmove(last, last + 1, sizeof(last) - sizeof(last[0]));
		last[TRANSITIONS - 1] = t;
	}
	for (size_t k = 0; k < TRANSITIONS; k++)
		if (last[k])
			fact(f, PAINT_NONE, "%s %s -> %s: %s", date_format(last[k]->time, date),
			    enum_word(&enumeration_vrrp_state, last[k]->old_state),
			    enum_word(&enumeration_vrrp_state, last[k]->new_state),
			    last[k]->reason);
}

/* "10.1.0.0/16 via 10.0.0.1: set", "rule 1000: not set, ..." */
static void presence_fact(
    struct facts *f, bool present, const char *why, const char *what, bool master)
{
	fact(f, present != master ? PAINT_WARN : PAINT_NONE, "%s: %s%s%s", what,
	    present ? "set" : "not set", *why ? ", " : "", why);
}

static void routing_facts(struct facts *f, const struct store *store, const struct vrrp_instance *i)
{
	bool master = i->state == VRRP_MASTER;
	char what[WORDS_SIZE], a[ADDR_STRLEN], via[ADDR_STRLEN];

	f->name = "routes";
	STORE_FOREACH_OF(vrrp_route, t, store, i->name)
	{
		bool on_link = !addr_is_set(&t->gateway);

		snprintf(what, sizeof(what), "%s/%u%s%s%s%s", addr_format(&t->destination, a),
		    t->prefix_length, on_link ? "" : " via ", addr_format(&t->gateway, via),
		    *t->interface ? " on " : "", t->interface);
		presence_fact(f, t->present, t->reason, what, master);
	}
	f->name = "rules";
	STORE_FOREACH_OF(vrrp_rule, u, store, i->name)
	{
		snprintf(what, sizeof(what), "%s %u, %s",
		    enum_word(&enumeration_inet_family, (int32_t)u->family), u->priority,
		    enum_word(&enumeration_rule_action, (int32_t)u->action));
		presence_fact(f, u->present, u->reason, what, master);
	}
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Counters of what went wrong, as far as it did. */
static void error_facts(struct facts *f, const struct vrrp_statistics *v)
{
	const struct table *t = v->row.table;

	f->name = "trouble";
	for (size_t n = 0; n < t->ncolumns; n++) {
		const struct column *c = &t->columns[n];
		uint64_t count = column_unsigned(&v->row, c);

		if ((ends_with(c->name, "_errors") || ends_with(c->name, "_drops")) && count)
			fact(f, PAINT_WARN, "%s: %" PRIu64, c->name, count);
	}
	if (v->stalls)
		fact(f, PAINT_WARN,
		    "the process was held up %u times, for %.3f s in all, %.3f s at most",
		    v->stalls, (double)v->stalled / 1e3, v->longest_stall / 1e3);
}

static void statistics_facts(
    struct facts *f, const struct store *store, const struct vrrp_instance *i)
{
	struct vrrp_statistics *key = ROW_NEW(vrrp_statistics);
	const struct vrrp_statistics *v;

	row_set_text(&key->instance, i->name);
	v = (struct vrrp_statistics *)store_find(store, &key->row);
	row_free(&key->row);
	if (!v)
		return;
	f->name = "received";
	fact(f, PAINT_NONE,
	    "%" PRIu64 " advertisements, of them %" PRIu64 " of priority 0 and %" PRIu64
	    " of a lower priority while master",
	    v->adverts_received, v->zero_received, v->lower_received);
	f->name = "sent";
	fact(f, PAINT_NONE,
	    "%" PRIu64 " advertisements, of them %" PRIu64 " of priority 0; %" PRIu64
	    " announcements of addresses",
	    v->adverts_sent, v->zero_sent, v->announcements);
	error_facts(f, v);
}

void vrrp_text(FILE *out, const struct style *s, const struct store *store)
{
	char text[WORDS_SIZE];
	struct facts f;

	if (!store_count(store, TABLE_vrrp_instance))
		fputs("no VRRP instances\n", out);
	STORE_FOREACH (vrrp_instance, i, store) {
		headline(out, s, i->name, state_paint(&i->row, "state"),
		    state_words(
			state_or_status(&i->row, enum_word(&enumeration_vrrp_state, i->state)),
			i->last_change, s, text));
		facts_begin(&f);
		f.name = "why";
		if (*i->reason)
			fact(&f, PAINT_NONE, "%s", i->reason);
		instance_facts(&f, i);
		group_facts(&f, store, i);
		address_facts(&f, store, i);
		neighbour_facts(&f, s, store, i);
		routing_facts(&f, store, i);
		transition_facts(&f, store, i);
		statistics_facts(&f, store, i);
		facts_end(&f, out, s);
	}
}

/* ----------------------------------------------------------------------------- LVS */

static void server_facts(struct facts *f, const struct store *store, const struct virtual_server *v)
{
	const struct pool *p = store_pool(store, v->pool);
	char text[WORDS_SIZE];

	f->name = "scheduler";
	fact(f, PAINT_NONE, "%s%s%s%s", enum_word(&enumeration_scheduler, v->scheduler),
	    v->scheduler_port ? ", with the source port" : "",
	    v->scheduler_fallback ? ", with fallback" : "",
	    v->one_packet ? ", each packet on its own" : "");
	f->name = "pool";
	fact(f, PAINT_NONE, "%s: %u of %u real servers up", v->pool, v->servers_up,
	    p ? p->servers : 0);
	f->name = "quorum";
	fact(f, PAINT_NONE, "weight %u of %u%s", v->weight_up, v->quorum,
	    v->hysteresis ? ", with hysteresis" : "");
	f->name = "persistence";
	if (v->persistence_timeout)
		fact(f, PAINT_NONE, "%u s%s", v->persistence_timeout,
		    v->persistence_engine == PERSISTENCE_ENGINE_SIP ? ", by SIP call" : "");
	f->name = "sorry server";
	if (addr_is_set(&v->sorry_address))
		fact(f, v->state == VIRTUAL_SORRY ? PAINT_WARN : PAINT_NONE, "%s (%s)%s",
		    endpoint_words(&v->sorry_address, v->sorry_port, text),
		    enum_word(&enumeration_forwarding, v->sorry_forwarding),
		    v->state == VIRTUAL_SORRY ? ": it serves" : "");
}

static void destination_columns(struct grid *g)
{
	grid_column(g, "destination", NULL, GRID_LEFT);
	grid_column(g, "state", NULL, GRID_LEFT);
	grid_column(g, "method", NULL, GRID_LEFT);
	grid_column(g, "weight", NULL, GRID_RIGHT);
	grid_column(g, "active", NULL, GRID_RIGHT);
	grid_column(g, "inactive", NULL, GRID_RIGHT);
	grid_column(g, "persistent", NULL, GRID_RIGHT);
	grid_column(g, "connections", NULL, GRID_RIGHT);
	grid_column(g, "bytes_in", NULL, GRID_RIGHT);
	grid_column(g, "bytes_out", NULL, GRID_RIGHT);
}

/* The real server's port is 0 where it is that of the service. */
static const struct real_server *real_server_of(
    const struct store *store, const struct virtual_server *v, const struct destination *d)
{
	const struct real_server *rs = server_of(store, v->pool, &d->address, d->port);

	return rs ? rs : server_of(store, v->pool, &d->address, 0);
}

static void destination_row(struct grid *g, const struct store *store,
    const struct virtual_server *v, const struct destination *d)
{
	const struct real_server *rs = real_server_of(store, v, d);
	char text[WORDS_SIZE], amount[AMOUNT_SIZE];

	grid_cell(g, PAINT_NONE, endpoint_words(&d->address, d->port, text));
	grid_cell(
	    g, rs ? server_paint(rs) : PAINT_WARN, rs ? server_words(rs, text) : "sorry server");
	grid_cell(g, PAINT_NONE, enum_word(&enumeration_forwarding, d->forwarding));
	grid_cellf(g, PAINT_NONE, "%d", d->weight);
	grid_cellf(g, PAINT_NONE, "%u", d->active_connections);
	grid_cellf(g, PAINT_NONE, "%u", d->inactive_connections);
	grid_cellf(g, PAINT_NONE, "%u", d->persistent_connections);
	grid_cellf(g, PAINT_NONE, "%" PRIu64, d->connections);
	grid_cell(g, PAINT_NONE, amount_format(d->bytes_in, amount));
	grid_cell(g, PAINT_NONE, amount_format(d->bytes_out, amount));
}

static struct row *first_destination(const struct store *store, const struct virtual_service *v)
{
	struct destination *key = ROW_NEW(destination);
	struct row *r;

	row_set_text(&key->virtual_server, v->virtual_server);
	key->protocol = v->protocol;
	key->service_address = v->address;
	key->service_port = v->port;
	r = store_at_or_after(store, &key->row);
	row_free(&key->row);
	return r;
}

static bool belongs(const struct destination *d, const struct virtual_service *v)
{
	return d->virtual_server == v->virtual_server && d->protocol == v->protocol &&
	       addr_equal(&d->service_address, &v->address) && d->service_port == v->port;
}

static void service_text(FILE *out, const struct style *s, const struct store *store,
    const struct virtual_server *v, const struct virtual_service *service)
{
	struct grid *g = grid_new(4);
	char text[WORDS_SIZE], in[AMOUNT_SIZE], back[AMOUNT_SIZE];

	fputs("  ", out);
	paint(out, s, service->installed ? PAINT_HEAD : PAINT_BAD,
	    service_words(service->protocol, &service->address, service->port, text));
	fprintf(out, ": %s%" PRIu64 " connections (%u/s), %sbit/s in, %sbit/s out\n",
	    service->installed ? "" : "not in the kernel's table; ", service->connections,
	    service->connection_rate, amount_format((uint64_t)service->bit_rate_in * 1000, in),
	    amount_format((uint64_t)service->bit_rate_out * 1000, back));
	destination_columns(g);
	for (struct row *r = first_destination(store, service); r; r = store_next(r)) {
		if (!belongs((struct destination *)r, service))
			break;
		destination_row(g, store, v, (struct destination *)r);
	}
	if (grid_rows(g))
		grid_print(g, out, s);
	else
		fputs("    no destinations\n", out);
	grid_free(g);
}

void lvs_text(FILE *out, const struct style *s, const struct store *store)
{
	char text[WORDS_SIZE];
	struct facts f;

	if (!store_count(store, TABLE_virtual_server))
		fputs("no virtual servers\n", out);
	STORE_FOREACH (virtual_server, v, store) {
		headline(out, s, v->name, state_paint(&v->row, "state"),
		    state_words(
			state_or_status(&v->row, enum_word(&enumeration_virtual_state, v->state)),
			v->last_change, s, text));
		facts_begin(&f);
		f.name = "why";
		if (*v->reason)
			fact(&f, PAINT_NONE, "%s", v->reason);
		server_facts(&f, store, v);
		facts_end(&f, out, s);
		for (struct virtual_service *e = store_first_service(store, v->name);
		     e && e->virtual_server == v->name;
		     e = (struct virtual_service *)store_next(&e->row))
			service_text(out, s, store, v, e);
	}
}
