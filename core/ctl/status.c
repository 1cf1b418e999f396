/* SPDX-License-Identifier: BSD-2-Clause */
/* The one screen of status.h, and events. */
#include "core/ctl/status.h"

#include <inttypes.h>
#include <string.h>
#include "core/ctl/show.h"
#include "core/ctl/words.h"
#include "core/model/belong.h"

/* With more real servers than these only those are listed that need a look. */
#define MANY_SERVERS 20
#define STATUS_EVENTS 5

static bool is_ok(const char *state)
{
	return strcmp(state, "ok") == 0;
}

static void fact(struct grid *g, const char *name, enum paint p, const char *text)
{
	grid_cell(g, PAINT_NONE, name);
	grid_cell(g, p, text);
}

static void configuration_fact(struct grid *g, const struct style *s, const struct system *sys)
{
	char text[2 * WORDS_SIZE], age[WORDS_SIZE], result[VALUE_SIZE];

	text_clean(result, sizeof(result), sys->reload_result);
	snprintf(text, sizeof(text), "%s: %s", sys->config_file, *result ? result : "not read yet");
	fact(g, "configuration", is_ok(result) ? PAINT_GOOD : PAINT_BAD, text);
	if (!sys->config_changed)
		return;
	snprintf(text, sizeof(text), "generation %u, changed %.40s ago", sys->generation,
	    since_words(sys->config_changed, s, age));
	fact(g, "", PAINT_NONE, text);
}

static void state_fact(struct grid *g, const char *name, const char *state)
{
	char text[VALUE_SIZE];

	text_clean(text, sizeof(text), state);
	fact(g, name,
	    is_ok(text) ? PAINT_GOOD
	    : *text	? PAINT_BAD
			: PAINT_WARN,
	    *text ? text : "not known yet");
}

/* What was changed and is to be confirmed. */
static void confirm_fact(struct grid *g, const struct store *store)
{
	const struct control *c = (const struct control *)store_first(store, TABLE_control);
	char text[WORDS_SIZE];

	if (!c || !c->confirm_timeout)
		return;
	snprintf(text, sizeof(text),
	    "what was changed is undone in %u s, unless 'directorctl confirm' confirms it",
	    c->confirm_timeout);
	fact(g, "", PAINT_WARN, text);
}

/* Only a SET can take a row out of effect, so diff names all of them. */
static void out_of_effect_fact(struct grid *g, const struct store *store)
{
	const struct row *why;
	char text[WORDS_SIZE];
	unsigned n = 0;

	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		for (struct row *r = tables[t].config ? store_first(store, t) : NULL; r;
		     r = store_next(r))
			n += !belong_in_effect(store, r, &why);
	if (!n)
		return;
	snprintf(text, sizeof(text), "%u %s not in effect (directorctl diff names %s)", n,
	    n == 1 ? "row is" : "rows are", n == 1 ? "it" : "them");
	fact(g, "", PAINT_WARN, text);
}

static void print_system(FILE *out, const struct style *s, const struct store *store)
{
	const struct system *sys = (const struct system *)store_first(store, TABLE_system);
	char text[2 * WORDS_SIZE], age[WORDS_SIZE];
	struct grid *g = grid_new(2);

	snprintf(text, sizeof(text), "directord %s%s%s, up %.40s", sys->version,
	    *sys->router_id ? " at " : "", sys->router_id, since_words(sys->started, s, age));
	title(out, s, text);
	grid_column(g, "", NULL, GRID_LEFT);
	grid_column(g, "", NULL, GRID_WRAP);
	configuration_fact(g, s, sys);
	confirm_fact(g, store);
	out_of_effect_fact(g, store);
	state_fact(g, "datastore", sys->datastore_state);
	state_fact(g, "IPVS", sys->lvs_state);
	state_fact(g, "SNMP", sys->snmp_state);
	if (*sys->snmp_state && !is_ok(sys->snmp_state) && sys->event_last > sys->event_notified) {
		snprintf(text, sizeof(text), "%u events were not sent yet",
		    sys->event_last - sys->event_notified);
		fact(g, "", PAINT_WARN, text);
	}
	if (sys->lvs_drift) {
		snprintf(text, sizeof(text),
		    "%" PRIu64 " entries that others had changed were repaired", sys->lvs_drift);
		fact(g, "", PAINT_WARN, text);
	}
	if (sys->log_lost) {
		snprintf(
		    text, sizeof(text), "%" PRIu64 " lines lost to a slow reader", sys->log_lost);
		fact(g, "log", PAINT_WARN, text);
	}
	grid_print(g, out, s);
	grid_free(g);
}

static void print_processes(FILE *out, const struct style *s, const struct store *store)
{
	struct grid *g = grid_new(2);
	char text[VALUE_SIZE], memory[AMOUNT_SIZE];

	grid_column(g, "process", NULL, GRID_LEFT);
	grid_column(g, "state", NULL, GRID_LEFT);
	grid_column(g, "started", NULL, GRID_LEFT);
	grid_column(g, "pid", NULL, GRID_RIGHT);
	grid_column(g, "memory", NULL, GRID_RIGHT);
	grid_column(g, "restarts", NULL, GRID_RIGHT);
	grid_column(g, "last exit", NULL, GRID_WRAP);
	STORE_FOREACH (process, p, store) {
		grid_cell(g, PAINT_NONE, p->name);
		grid_cell(g, state_paint(&p->row, "state"),
		    enum_word(&enumeration_process_state, p->state));
		grid_cell(g, PAINT_NONE,
		    value_text(&p->row, table_column(p->row.table, "started"), s, text));
		grid_cellf(g, PAINT_NONE, "%u", p->pid);
		grid_cell(g, PAINT_NONE, amount_format((uint64_t)p->memory * 1000, memory));
		grid_cellf(g, p->restarts ? PAINT_WARN : PAINT_NONE, "%u", p->restarts);
		grid_cell(g, PAINT_NONE, text_clean(text, sizeof(text), p->last_exit));
	}
	if (grid_rows(g))
		grid_print(g, out, s);
	grid_free(g);
}

/* A grid below a blank line, if it has rows; frees it. */
static void print_section(struct grid *g, FILE *out, const struct style *s)
{
	if (grid_rows(g)) {
		fputc('\n', out);
		grid_print(g, out, s);
	}
	grid_free(g);
}

/* ---------------------------------------------------------------------------- VRRP */

/* "192.0.2.1, 192.0.2.2 (missing), 3 more" */
static void addresses_words(
    const struct store *store, const struct vrrp_instance *i, char buf[WORDS_SIZE])
{
	unsigned n = 0;
	size_t at = 0;
	char a[ADDR_STRLEN];

	buf[0] = '\0';
	STORE_FOREACH_OF(vrrp_address, v, store, i->name)
	{
		bool missing = i->state == VRRP_MASTER && !v->present;

		if (n++ >= 3)
			continue;
		at += (size_t)snprintf(buf + at, WORDS_SIZE - at, "%s%s%s", at ? ", " : "",
		    addr_format(&v->address, a), missing ? " (missing)" : "");
	}
	if (n > 3)
		snprintf(buf + at, WORDS_SIZE - at, ", %u more", n - 3);
}

static void master_words(const struct vrrp_instance *i, char buf[WORDS_SIZE])
{
	char a[ADDR_STRLEN];

	if (i->state == VRRP_MASTER && i->second_master == SECOND_MASTER_CONFLICT)
		snprintf(buf, WORDS_SIZE, "this director, and %s (%u)",
		    addr_format(&i->second_address, a), i->second_priority);
	else if (i->state == VRRP_MASTER)
		snprintf(buf, WORDS_SIZE, "this director");
	else if (addr_is_set(&i->master_address))
		snprintf(buf, WORDS_SIZE, "%s (%u)", addr_format(&i->master_address, a),
		    i->master_priority);
	else
		snprintf(buf, WORDS_SIZE, "not known");
}

static void instance_row(
    struct grid *g, const struct style *s, const struct store *store, const struct vrrp_instance *i)
{
	char text[WORDS_SIZE], reason[VALUE_SIZE], priority[VALUE_SIZE];

	grid_cell(g, PAINT_NONE, text_clean(text, sizeof(text), i->name));
	grid_cell(g, state_paint(&i->row, "state"),
	    state_or_status(&i->row, enum_word(&enumeration_vrrp_state, i->state)));
	grid_cell(g, PAINT_NONE, since_words(i->last_change, s, text));
	grid_cell(g, PAINT_NONE, i->interface);
	grid_cellf(g, PAINT_NONE, "%u", i->vrid);
	grid_cellf(g, PAINT_NONE, "%u", i->effective_priority);
	master_words(i, text);
	grid_cell(g,
	    i->second_master == SECOND_MASTER_CONFLICT && i->state == VRRP_MASTER ? PAINT_BAD
										  : PAINT_NONE,
	    text);
	addresses_words(store, i, text);
	grid_cell(g, strstr(text, "missing") ? PAINT_BAD : PAINT_NONE, text);
	text_clean(reason, sizeof(reason), i->reason);
	text_clean(priority, sizeof(priority), i->priority_reason);
	grid_cellf(g, PAINT_NONE, "%.300s%s%.300s", reason,
	    !*priority ? ""
	    : *reason  ? "; priority: "
		       : "priority: ",
	    priority);
}

static void print_instances(FILE *out, const struct style *s, const struct store *store)
{
	struct grid *g = grid_new(2);

	grid_column(g, "VRRP instance", NULL, GRID_LEFT);
	grid_column(g, "state", NULL, GRID_LEFT);
	grid_column(g, "since", NULL, GRID_LEFT);
	grid_column(g, "interface", NULL, GRID_LEFT);
	grid_column(g, "vrid", NULL, GRID_RIGHT);
	grid_column(g, "priority", NULL, GRID_RIGHT);
	grid_column(g, "master", NULL, GRID_LEFT);
	grid_column(g, "addresses", NULL, GRID_WRAP);
	grid_column(g, "why", NULL, GRID_WRAP);
	STORE_FOREACH (vrrp_instance, i, store)
		instance_row(g, s, store, i);
	print_section(g, out, s);
}

/* ----------------------------------------------------------------------------- LVS */

static void services_words(
    const struct store *store, const struct virtual_server *v, char buf[WORDS_SIZE])
{
	const struct virtual_service *first = store_first_service(store, v->name);
	unsigned more = 0;
	size_t n;

	buf[0] = '\0';
	if (!first)
		return;
	service_words(first->protocol, &first->address, first->port, buf);
	for (struct row *r = store_next(&first->row); r; r = store_next(r), more++)
		if (((struct virtual_service *)r)->virtual_server != v->name)
			break;
	n = strlen(buf);
	if (more)
		snprintf(buf + n, WORDS_SIZE - n, ", %u more", more);
}

static void virtual_server_row(struct grid *g, const struct style *s, const struct store *store,
    const struct virtual_server *v)
{
	char text[WORDS_SIZE], reason[VALUE_SIZE];
	const struct pool *p = store_pool(store, v->pool);

	grid_cell(g, PAINT_NONE, text_clean(text, sizeof(text), v->name));
	grid_cell(g, state_paint(&v->row, "state"),
	    state_or_status(&v->row, enum_word(&enumeration_virtual_state, v->state)));
	grid_cell(g, PAINT_NONE, since_words(v->last_change, s, text));
	services_words(store, v, text);
	grid_cell(g, PAINT_NONE, text);
	grid_cell(g, PAINT_NONE, text_clean(text, sizeof(text), v->pool));
	grid_cell(g, PAINT_NONE, enum_word(&enumeration_scheduler, v->scheduler));
	grid_cellf(g, PAINT_NONE, "%u/%u", v->servers_up, p ? p->servers : 0);
	grid_cellf(g, PAINT_NONE, "%u (%u)", v->weight_up, v->quorum);
	grid_cell(g, PAINT_NONE, text_clean(reason, sizeof(reason), v->reason));
}

static void sync_daemon_row(struct grid *g, const struct style *s, const struct sync_daemon *d)
{
	char text[WORDS_SIZE], reason[VALUE_SIZE];

	grid_cell(g, PAINT_NONE, enum_word(&enumeration_sync_role, (int32_t)d->role));
	grid_cell(g, state_paint(&d->row, "state"),
	    enum_word(&enumeration_sync_state, (int32_t)d->state));
	grid_cell(g, PAINT_NONE, since_words(d->last_change, s, text));
	grid_cell(g, PAINT_NONE, text_clean(text, sizeof(text), d->interface));
	if (d->running_id < 0)
		grid_cell(g, PAINT_NONE, "-");
	else
		grid_cellf(g, PAINT_NONE, "%d", d->running_id);
	grid_cell(g, PAINT_NONE, text_clean(reason, sizeof(reason), d->reason));
}

static void print_sync_daemons(FILE *out, const struct style *s, const struct store *store)
{
	struct grid *g = grid_new(2);

	grid_column(g, "sync daemon", NULL, GRID_LEFT);
	grid_column(g, "state", NULL, GRID_LEFT);
	grid_column(g, "since", NULL, GRID_LEFT);
	grid_column(g, "interface", NULL, GRID_LEFT);
	grid_column(g, "id", NULL, GRID_RIGHT);
	grid_column(g, "why", NULL, GRID_WRAP);
	STORE_FOREACH (sync_daemon, d, store)
		sync_daemon_row(g, s, d);
	print_section(g, out, s);
}

static void print_virtual_servers(FILE *out, const struct style *s, const struct store *store)
{
	struct grid *g = grid_new(2);

	grid_column(g, "virtual server", NULL, GRID_LEFT);
	grid_column(g, "state", NULL, GRID_LEFT);
	grid_column(g, "since", NULL, GRID_LEFT);
	grid_column(g, "services", NULL, GRID_WRAP);
	grid_column(g, "pool", NULL, GRID_LEFT);
	grid_column(g, "scheduler", NULL, GRID_LEFT);
	grid_column(g, "servers_up", NULL, GRID_RIGHT);
	grid_column(g, "weight_(quorum)", NULL, GRID_RIGHT);
	grid_column(g, "why", NULL, GRID_WRAP);
	STORE_FOREACH (virtual_server, v, store)
		virtual_server_row(g, s, store, v);
	print_section(g, out, s);
}

static void real_server_row(struct grid *g, const struct style *s, const struct real_server *rs)
{
	char text[WORDS_SIZE], reason[VALUE_SIZE];

	grid_cell(g, PAINT_NONE, text_clean(text, sizeof(text), rs->pool));
	grid_cell(g, PAINT_NONE, endpoint_words(&rs->address, rs->port, text));
	grid_cell(g, server_paint(rs), server_words(rs, text));
	grid_cell(g, PAINT_NONE, since_words(rs->last_change, s, text));
	grid_cellf(g, PAINT_NONE, "%d", rs->weight);
	if (rs->effective_weight < 0)
		grid_cell(g, PAINT_WARN, "-");
	else
		grid_cellf(g, PAINT_NONE, "%d", rs->effective_weight);
	grid_cellf(g, PAINT_NONE, "%u", rs->active_connections);
	grid_cellf(g, PAINT_NONE, "%u", rs->inactive_connections);
	grid_cell(g, PAINT_NONE, text_clean(reason, sizeof(reason), rs->reason));
}

static bool needs_a_look(const struct real_server *rs)
{
	return rs->row_status != STATUS_ACTIVE || rs->state != SERVER_UP ||
	       rs->admin_state != ADMIN_ENABLED || rs->stability != STABILITY_STEADY;
}

static void print_real_servers(FILE *out, const struct style *s, const struct store *store)
{
	struct grid *g = grid_new(2);
	bool many = store_count(store, TABLE_real_server) > MANY_SERVERS;
	size_t left_out = 0;

	grid_column(g, "pool", NULL, GRID_LEFT);
	grid_column(g, "real server", NULL, GRID_LEFT);
	grid_column(g, "state", NULL, GRID_LEFT);
	grid_column(g, "since", NULL, GRID_LEFT);
	grid_column(g, "weight", NULL, GRID_RIGHT);
	grid_column(g, "in_IPVS", NULL, GRID_RIGHT);
	grid_column(g, "active", NULL, GRID_RIGHT);
	grid_column(g, "inactive", NULL, GRID_RIGHT);
	grid_column(g, "why", NULL, GRID_WRAP);
	STORE_FOREACH (real_server, rs, store) {
		if (many && !needs_a_look(rs))
			left_out++;
		else
			real_server_row(g, s, rs);
	}
	if (grid_rows(g) || left_out)
		fputc('\n', out);
	if (grid_rows(g))
		grid_print(g, out, s);
	if (left_out)
		fprintf(out,
		    "  %zu %sreal servers are up and enabled (directorctl show real_server lists "
		    "them)\n",
		    left_out, grid_rows(g) ? "other " : "");
	grid_free(g);
}

/* -------------------------------------------------------------------------- events */

/* "real_server web 10.0.0.1 80" or, for the director as a whole, "configuration" */
static void subject_words(const struct event_log *e, char buf[WORDS_SIZE])
{
	const struct event_info *i = event_info_find(e->kind);
	char subject[WORDS_SIZE];

	text_clean(subject, sizeof(subject), e->subject);
	if (e->kind == EVENT_CONFIG_CHANGED)
		snprintf(buf, WORDS_SIZE, "configuration");
	else if (e->kind == EVENT_DATASTORE_TROUBLE)
		snprintf(buf, WORDS_SIZE, "datastore");
	else
		snprintf(buf, WORDS_SIZE, "%s %.300s", i ? tables[i->table].name : "?", subject);
}

static enum paint event_paint(const struct event_log *e)
{
	return state_paint(&e->row, "new_state");
}

void event_text(FILE *out, const struct style *s, const struct event_log *e)
{
	char date[DATE_SIZE], subject[WORDS_SIZE], state[VALUE_SIZE];

	subject_words(e, subject);
	fprintf(out, "%s  %s: ", date_format(e->time, date), subject);
	if (*e->old_state)
		fprintf(out, "%s -> ", text_clean(state, sizeof(state), e->old_state));
	paint(out, s, event_paint(e), text_clean(state, sizeof(state), e->new_state));
	if (*e->reason)
		fprintf(out, " (%s)", text_clean(state, sizeof(state), e->reason));
	fputc('\n', out);
}

/* The first of the newest n. */
static struct row *first_event(const struct store *store, size_t n)
{
	size_t count = store_count(store, TABLE_event_log);
	struct row *r = store_first(store, TABLE_event_log);

	for (; count > n; count--)
		r = store_next(r);
	return r;
}

void events_text(FILE *out, const struct style *s, const struct store *store, size_t last)
{
	for (struct row *r = first_event(store, last); r; r = store_next(r))
		event_text(out, s, (struct event_log *)r);
}

void events_json(FILE *out, const struct style *s, const struct store *store, size_t last)
{
	const char *separator = "\n";

	fputc('[', out);
	for (struct row *r = first_event(store, last); r; r = store_next(r), separator = ",\n") {
		fputs(separator, out);
		show_json_row(out, s, r, 2, true);
	}
	fputs("\n]\n", out);
}

static void print_events(FILE *out, const struct style *s, const struct store *store)
{
	struct row *r = first_event(store, STATUS_EVENTS);

	if (!r)
		return;
	fputc('\n', out);
	title(out, s, "  last events");
	for (; r; r = store_next(r)) {
		fputs("  ", out);
		event_text(out, s, (struct event_log *)r);
	}
}

void status_text(FILE *out, const struct style *s, const struct store *store)
{
	print_system(out, s, store);
	fputc('\n', out);
	print_processes(out, s, store);
	print_instances(out, s, store);
	print_sync_daemons(out, s, store);
	print_virtual_servers(out, s, store);
	print_real_servers(out, s, store);
	print_events(out, s, store);
}

/* ---------------------------------------------------------------------------- JSON */

static void object(FILE *out, const struct style *s, const struct store *store,
    const enum table_id *list, size_t n)
{
	const char *separator = "\n";

	fputc('{', out);
	for (size_t i = 0; i < n; i++, separator = ",\n") {
		struct selection sel = {.table = &tables[list[i]], .all = true};

		fprintf(out, "%s  ", separator);
		json_string(out, sel.table->name);
		fputs(": ", out);
		show_json(out, s, store, &sel, 2);
	}
	fputs("\n}\n", out);
}

void status_json(FILE *out, const struct style *s, const struct store *store)
{
	enum table_id list[TABLE_COUNT];
	size_t n = 0;

	for (int t = 0; t < TABLE_COUNT; t++)
		if (t != TABLE_event_log && t != TABLE_config_change) /* these can be long */
			list[n++] = (enum table_id)t;
	object(out, s, store, list, n);
}

void vrrp_json(FILE *out, const struct style *s, const struct store *store)
{
	static const enum table_id list[] = {TABLE_vrrp_instance, TABLE_vrrp_address,
	    TABLE_vrrp_route, TABLE_vrrp_rule, TABLE_static_address, TABLE_vrrp_interface,
	    TABLE_vrrp_statistics, TABLE_vrrp_peer, TABLE_vrrp_neighbour, TABLE_vrrp_track,
	    TABLE_sync_group, TABLE_sync_group_track, TABLE_script, TABLE_track_file,
	    TABLE_track_process};

	object(out, s, store, list, sizeof(list) / sizeof(list[0]));
}

void lvs_json(FILE *out, const struct style *s, const struct store *store)
{
	static const enum table_id list[] = {TABLE_pool, TABLE_real_server, TABLE_virtual_server,
	    TABLE_virtual_service, TABLE_destination, TABLE_sync_daemon};

	object(out, s, store, list, sizeof(list) / sizeof(list[0]));
}
