/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows become a file (see config.h), in a canonical form: tables in a fixed order, rows in that of their
 * keys, columns in that of the schema, and only what reading would not make up by itself.  What that is,
 * the writer does not know: it finds out by applying the reader's own defaults (inherit.h).
 *
 * Columns are printed by their type and keyword.  The few that have a form of their own are in the table
 * `forms` here.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/words.h"
#include "core/config/inherit.h"
#include "core/config/read_lvs.h"
#include "core/config/write.h"

#define INDENT "    "

struct writer {
	FILE *out;
	const struct store *store;
	uint32_t vrrp_version;
	bool secrets;
	unsigned depth;
};

/* ---- Lines. */

static void begin_line(const struct writer *w, const char *keyword)
{
	for (unsigned i = 0; i < w->depth; i++)
		fputs(INDENT, w->out);
	fputs(keyword, w->out);
}

static void put_word(const struct writer *w, const char *text)
{
	fputc(' ', w->out);
	lexer_put_word(w->out, text);
}

static void end_line(const struct writer *w)
{
	fputc('\n', w->out);
}

static void open_block(struct writer *w)
{
	fputs(" {\n", w->out);
	w->depth++;
}

static void close_block(struct writer *w)
{
	w->depth--;
	begin_line(w, "}\n");
}

/* Blocks at the top have an empty line between them. */
static void begin_top(struct writer *w, const char *keyword, const char *name)
{
	if (ftell(w->out) != 0)
		end_line(w);
	begin_line(w, keyword);
	if (name)
		put_word(w, name);
}

static void put_address_port(const struct writer *w, const struct addr *a, uint32_t port)
{
	char text[ADDR_STRLEN];

	fprintf(w->out, " %s", addr_format(a, text));
	if (port)
		fprintf(w->out, " %" PRIu32, port);
}

/* ---- Columns. */

/* What would differ if only the columns of `given` were written. */
static column_mask lost(const struct writer *w, const struct row *r, column_mask given)
{
	struct row *as_read = row_new(r->table);
	column_mask differ;

	row_copy_columns(as_read, r, given | table_mask(r->table, CLASS_KEY));
	inherit(as_read, given, w->vrrp_version);
	differ = row_diff(as_read, r) & table_mask(r->table, CLASS_CONFIG);
	row_free(as_read);
	return differ;
}

/*
 * Columns that have to be written so that reading gives this row.  Those whose default depends on others
 * come last, and what is written of them may change others of them.
 */
static column_mask needed(const struct writer *w, const struct row *r)
{
	column_mask given = lost(w, r, 0) & ~inherit_columns(r->table), more;

	while ((more = lost(w, r, given)))
		given |= more;
	return given;
}

static bool is_hidden(const struct writer *w, const struct column *c)
{
	return c->secret && !w->secrets;
}

static void write_left_out(const struct writer *w, const char *keyword)
{
	begin_line(w, "# ");
	fprintf(w->out, "%s is left out: it is a secret\n", keyword);
}

/* A column that is not written as "keyword value"; also called when it would not have to be written. */
struct form {
	enum table_id table;
	int column;
	void (*write)(struct writer *w, const struct row *r, column_mask need);
};

static void write_nothing(struct writer *w, const struct row *r, column_mask need)
{
	(void)w;
	(void)r;
	(void)need;
}

/* A check says its type though it is the default. */
static void write_check_type(struct writer *w, const struct row *r, column_mask need)
{
	(void)need;
	begin_line(w, "type");
	put_word(w, enum_word(&enumeration_check_type, ((const struct check *)r)->type));
	end_line(w);
}

static void write_check_server(struct writer *w, const struct row *r, column_mask need)
{
	const struct check *c = (const struct check *)r;

	if (!(need & (COLUMN(check, server_address) | COLUMN(check, server_port))))
		return;
	begin_line(w, "real_server");
	put_address_port(w, &c->server_address, c->server_port);
	end_line(w);
}

static void write_status(struct writer *w, const struct row *r, column_mask need)
{
	const char *text = ((const struct check *)r)->status_codes;

	if (!(need & COLUMN(check, status_codes)))
		return;
	begin_line(w, "status_code");
	if (text[strspn(text, "0123456789- ")] || strstr(text, "  ") || *text == ' ' || !*text ||
	    text[strlen(text) - 1] == ' ')
		put_word(w, text);
	else
		fprintf(w->out, " %s", text);
	end_line(w);
}

static void write_scheduler_port(struct writer *w, const struct row *r, column_mask need)
{
	const struct virtual_server *vs = (const struct virtual_server *)r;

	if (!(need & COLUMN(virtual_server, scheduler_port)))
		return;
	begin_line(w, vs->scheduler == SCHEDULER_MH ? "mh-port\n" : "sh-port\n");
}

static void write_scheduler_fallback(struct writer *w, const struct row *r, column_mask need)
{
	const struct virtual_server *vs = (const struct virtual_server *)r;

	if (!(need & COLUMN(virtual_server, scheduler_fallback)))
		return;
	begin_line(w, vs->scheduler == SCHEDULER_MH ? "mh-fallback\n" : "sh-fallback\n");
}

static void write_sorry(struct writer *w, const struct row *r, column_mask need)
{
	const struct virtual_server *vs = (const struct virtual_server *)r;

	if (!(need & COLUMN(virtual_server, sorry_address)))
		return;
	begin_line(w, "sorry_server");
	put_address_port(w, &vs->sorry_address, vs->sorry_port);
	end_line(w);
}

/* That it is off must be said where a peer would switch it on. */
static void write_source_check(struct writer *w, const struct row *r, column_mask need)
{
	const struct vrrp_instance *i = (const struct vrrp_instance *)r;
	bool strict = false;

	(void)need;
	STORE_FOREACH_OF(vrrp_peer, p, w->store, i->name)
	strict = strict || inherit_is_strict(p);
	if (i->check_unicast_src != strict)
		begin_line(w, strict ? "check_unicast_src off\n" : "check_unicast_src\n");
}

static void write_unicast_checksum(struct writer *w, const struct row *r, column_mask need)
{
	const struct vrrp_instance *i = (const struct vrrp_instance *)r;

	if (need & COLUMN(vrrp_instance, unicast_checksum))
		begin_line(w, i->unicast_checksum == UNICAST_CHECKSUM_PEER
				  ? "old_unicast_checksum never\n"
				  : "old_unicast_checksum\n");
}

/* A name could be a word that the switch has, so it stands behind one. */
static void write_vmac(struct writer *w, const struct row *r, column_mask need)
{
	const struct vrrp_instance *i = (const struct vrrp_instance *)r;

	if (!(need & (COLUMN(vrrp_instance, use_vmac) | COLUMN(vrrp_instance, vmac_name) |
			 COLUMN(vrrp_instance, vmac_own_address))))
		return;
	begin_line(w, "use_vmac");
	if (!i->use_vmac || *i->vmac_name)
		put_word(w, i->use_vmac ? "on" : "off");
	if (*i->vmac_name) {
		put_word(w, "name");
		put_word(w, i->vmac_name);
	}
	if (*i->vmac_own_address)
		put_word(w, i->vmac_own_address);
	end_line(w);
}

/* The interval must be said, also where it is none. */
static void write_garp_extra(struct writer *w, const struct row *r, column_mask need)
{
	const struct vrrp_instance *i = (const struct vrrp_instance *)r;

	if (!(need & (COLUMN(vrrp_instance, garp_extra_interval) |
			 COLUMN(vrrp_instance, garp_extra_all))))
		return;
	begin_line(w, "garp_extra_if");
	fprintf(w->out, "%s %u", i->garp_extra_all ? " all" : "", i->garp_extra_interval);
	end_line(w);
}

/* "user NAME GROUP": both are words of one line, and the group needs the user. */
static void write_names(
    const struct writer *w, const char *keyword, const char *user, const char *group)
{
	if (!*user)
		return;
	begin_line(w, keyword);
	put_word(w, user);
	if (*group)
		put_word(w, group);
	end_line(w);
}

static void write_script_user(struct writer *w, const struct row *r, column_mask need)
{
	const struct system *s = (const struct system *)r;

	(void)need;
	write_names(w, "script_user", s->script_user, s->script_group);
}

static void write_user(struct writer *w, const struct row *r, column_mask need)
{
	const struct script *s = (const struct script *)r;

	(void)need;
	write_names(w, "user", s->user, s->user_group);
}

/* "weight -20 reverse" of a script or a file */
static void write_weight(const struct writer *w, int32_t weight, bool reverse)
{
	begin_line(w, "weight");
	fprintf(w->out, " %" PRId32, weight);
	if (reverse)
		put_word(w, "reverse");
	end_line(w);
}

static void write_script_weight(struct writer *w, const struct row *r, column_mask need)
{
	const struct script *s = (const struct script *)r;

	if (need & (COLUMN(script, weight) | COLUMN(script, reverse)))
		write_weight(w, s->weight, s->reverse);
}

static void write_file_weight(struct writer *w, const struct row *r, column_mask need)
{
	const struct track_file *f = (const struct track_file *)r;

	if (need & (COLUMN(track_file, weight) | COLUMN(track_file, reverse)))
		write_weight(w, f->weight, f->reverse);
}

static void write_process(struct writer *w, const struct row *r, column_mask need)
{
	char **words = words_split(((const struct track_process *)r)->process);

	(void)need;
	begin_line(w, "process");
	for (char **word = words; word && *word; word++)
		put_word(w, *word);
	end_line(w);
	free(words);
}

static void write_param_match(struct writer *w, const struct row *r, column_mask need)
{
	enum param_match match = ((const struct track_process *)r)->param_match;

	if (!(need & COLUMN(track_process, param_match)))
		return;
	begin_line(w, "param_match");
	if (match != PARAM_MATCH_EXACT)
		put_word(w, enum_word(&enumeration_param_match, (int32_t)match));
	end_line(w);
}

static void write_process_weight(struct writer *w, const struct row *r, column_mask need)
{
	const struct track_process *p = (const struct track_process *)r;

	if (need & (COLUMN(track_process, weight) | COLUMN(track_process, reverse)))
		write_weight(w, p->weight, p->reverse);
}

static void write_init_file(struct writer *w, const struct row *r, column_mask need)
{
	const struct track_file *f = (const struct track_file *)r;

	(void)need;
	if (f->init == TRACK_INIT_NONE)
		return;
	begin_line(w, "init_file");
	fprintf(w->out, " %" PRId32, f->init_value);
	if (f->init == TRACK_INIT_OVERWRITE)
		put_word(w, "overwrite");
	end_line(w);
}

static void write_authentication(struct writer *w, const struct row *r, column_mask need);

static const struct form forms[] = {
    {TABLE_check, COL_check_type, write_check_type},
    {TABLE_check, COL_check_server_address, write_check_server},
    {TABLE_check, COL_check_server_port, write_nothing},
    {TABLE_check, COL_check_status_codes, write_status},
    {TABLE_virtual_server, COL_virtual_server_scheduler_port, write_scheduler_port},
    {TABLE_virtual_server, COL_virtual_server_scheduler_fallback, write_scheduler_fallback},
    {TABLE_virtual_server, COL_virtual_server_sorry_address, write_sorry},
    {TABLE_virtual_server, COL_virtual_server_sorry_port, write_nothing},
    {TABLE_system, COL_system_script_user, write_script_user},
    {TABLE_system, COL_system_script_group, write_nothing},
    {TABLE_script, COL_script_weight, write_script_weight},
    {TABLE_script, COL_script_reverse, write_nothing},
    {TABLE_track_file, COL_track_file_weight, write_file_weight},
    {TABLE_track_file, COL_track_file_reverse, write_nothing},
    {TABLE_track_file, COL_track_file_init, write_init_file},
    {TABLE_track_file, COL_track_file_init_value, write_nothing},
    {TABLE_track_process, COL_track_process_process, write_process},
    {TABLE_track_process, COL_track_process_param_match, write_param_match},
    {TABLE_track_process, COL_track_process_weight, write_process_weight},
    {TABLE_track_process, COL_track_process_reverse, write_nothing},
    {TABLE_script, COL_script_user, write_user},
    {TABLE_script, COL_script_user_group, write_nothing},
    {TABLE_vrrp_instance, COL_vrrp_instance_auth_type, write_authentication},
    {TABLE_vrrp_instance, COL_vrrp_instance_auth_password, write_nothing},
    {TABLE_vrrp_instance, COL_vrrp_instance_sync_group, write_nothing},
    {TABLE_vrrp_instance, COL_vrrp_instance_check_unicast_src, write_source_check},
    {TABLE_vrrp_instance, COL_vrrp_instance_unicast_checksum, write_unicast_checksum},
    {TABLE_vrrp_instance, COL_vrrp_instance_garp_extra_interval, write_garp_extra},
    {TABLE_vrrp_instance, COL_vrrp_instance_garp_extra_all, write_nothing},
    {TABLE_vrrp_instance, COL_vrrp_instance_use_vmac, write_vmac},
    {TABLE_vrrp_instance, COL_vrrp_instance_vmac_name, write_nothing},
    {TABLE_vrrp_instance, COL_vrrp_instance_vmac_own_address, write_nothing},
};

static const struct form *form_of(const struct table *t, int column)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i].table == t->id && forms[i].column == column)
			return &forms[i];
	return NULL;
}

/* "keyword", "keyword off" */
static void write_switch(const struct writer *w, const char *keyword, bool on)
{
	begin_line(w, keyword);
	if (!on)
		put_word(w, "off");
	end_line(w);
}

static void write_column(const struct writer *w, const struct row *r, int column)
{
	const struct column *c = &r->table->columns[column];
	const struct column_flag *f = column_flag_of(r->table, column);
	char text[COLUMN_TEXT_SIZE];

	if (f || c->type == TYPE_BOOL) {
		write_switch(w, c->keyword,
		    f ? column_number(r, c) == f->on : column_number(r, c) != c->inverted);
		return;
	}
	begin_line(w, c->keyword);
	column_format(r, c, text);
	if (lexer_is_pattern_keyword(c->keyword)) {
		fputc(' ', w->out);
		lexer_put_pattern(w->out, text);
	} else {
		put_word(w, text);
	}
	end_line(w);
}

static void write_columns(struct writer *w, const struct row *r)
{
	column_mask need = needed(w, r);

	for (int i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];
		const struct form *form = form_of(r->table, i);

		if (form)
			form->write(w, r, need);
		else if (need >> i & 1 && c->keyword && is_hidden(w, c))
			write_left_out(w, c->keyword);
		else if (need >> i & 1 && c->keyword)
			write_column(w, r, i);
	}
}

/* Has the row more in its block than its key? */
static bool has_columns(const struct writer *w, const struct row *r)
{
	return needed(w, r) != 0;
}

static void write_block(struct writer *w, const struct row *r)
{
	open_block(w);
	write_columns(w, r);
	close_block(w);
}

/* ---- Tables. */

static void write_command(const struct writer *w, const char *keyword, const char *command,
    const char *user, const char *group)
{
	begin_line(w, keyword);
	if (*command)
		put_word(w, command);
	if (*user)
		put_word(w, user);
	if (*group)
		put_word(w, group);
	end_line(w);
}

/* The scripts of an owner. */
static bool has_notify(const struct writer *w, enum notify_owner kind, const char *owner,
    const struct addr *address, uint32_t port)
{
	for (const struct notify_keyword *k = notify_keywords; k->keyword; k++)
		if (k->kind == kind &&
		    store_notify_script(w->store, kind, owner, address, port, k->event))
			return true;
	return false;
}

static void write_notify(const struct writer *w, enum notify_owner kind, const char *owner,
    const struct addr *address, uint32_t port)
{
	for (const struct notify_keyword *k = notify_keywords; k->keyword; k++) {
		const struct notify_script *n =
		    k->kind == kind
			? store_notify_script(w->store, kind, owner, address, port, k->event)
			: NULL;

		if (n)
			write_command(w, k->keyword, n->command, n->user, n->user_group);
	}
}

static void write_fifo(const struct writer *w, const struct notify_fifo *f)
{
	static const char *const keywords[][2] = {
	    [FIFO_ALL] = {"notify_fifo", "notify_fifo_script"},
	    [FIFO_VRRP] = {"vrrp_notify_fifo", "vrrp_notify_fifo_script"},
	    [FIFO_LVS] = {"lvs_notify_fifo", "lvs_notify_fifo_script"}};

	write_command(w, keywords[f->kind][0], f->path, f->user, f->user_group);
	if (*f->command)
		write_command(
		    w, keywords[f->kind][1], f->command, f->command_user, f->command_group);
}

static void write_sync_option(const struct writer *w, const struct sync_daemon *d, column_mask need,
    int column, const char *word)
{
	char text[COLUMN_TEXT_SIZE];

	if (!(need >> column & 1))
		return;
	put_word(w, word);
	put_word(w, column_format(&d->row, &d->row.table->columns[column], text));
}

static void write_sync_daemon(const struct writer *w, const struct sync_daemon *d, bool role)
{
	column_mask need = needed(w, &d->row);

	begin_line(w, d->row.table->block);
	put_word(w, d->interface);
	write_sync_option(w, d, need, COL_sync_daemon_vrrp_instance, "inst");
	write_sync_option(w, d, need, COL_sync_daemon_sync_id, "id");
	write_sync_option(w, d, need, COL_sync_daemon_max_length, "maxlen");
	write_sync_option(w, d, need, COL_sync_daemon_mcast_port, "port");
	write_sync_option(w, d, need, COL_sync_daemon_mcast_ttl, "ttl");
	write_sync_option(w, d, need, COL_sync_daemon_mcast_group, "group");
	if (role)
		write_sync_option(w, d, ~(column_mask)0, COL_sync_daemon_role, "role");
	end_line(w);
}

/* One line stands for both roles, if they are alike. */
static void write_sync_daemons(const struct writer *w)
{
	const struct sync_daemon *d =
	    (const struct sync_daemon *)store_first(w->store, TABLE_sync_daemon);
	const struct sync_daemon *other =
	    d ? (const struct sync_daemon *)store_next(&d->row) : NULL;
	bool alike =
	    other && !(row_diff(&d->row, &other->row) & table_mask(d->row.table, CLASS_CONFIG));

	if (d)
		write_sync_daemon(w, d, !alike);
	if (other && !alike)
		write_sync_daemon(w, other, true);
}

static void write_notification(const struct writer *w, const struct notification *n)
{
	begin_line(w, "snmp_notification");
	put_word(w, enum_word(&enumeration_event_kind, (int32_t)n->kind));
	put_word(w, n->enabled ? "on" : "off");
	if (needed(w, &n->row) & COLUMN(notification, limit))
		fprintf(w->out, " limit %" PRIu32, n->limit);
	end_line(w);
}

static bool any_notification(const struct writer *w)
{
	STORE_FOREACH (notification, n, w->store)
		if (has_columns(w, &n->row))
			return true;
	return false;
}

static void write_global(struct writer *w)
{
	const struct row *r = store_first(w->store, TABLE_system);
	bool system = r && has_columns(w, r);

	if (!system && !any_notification(w) && !store_count(w->store, TABLE_sync_daemon) &&
	    !store_count(w->store, TABLE_notify_fifo) &&
	    !has_notify(w, NOTIFY_DIRECTOR, NOTIFY_DIRECTOR_NAME, NULL, 0))
		return;
	begin_top(w, "global_defs", NULL);
	open_block(w);
	if (system)
		write_columns(w, r);
	STORE_FOREACH (notification, n, w->store)
		if (has_columns(w, &n->row))
			write_notification(w, n);
	write_sync_daemons(w);
	STORE_FOREACH (notify_fifo, f, w->store)
		write_fifo(w, f);
	write_notify(w, NOTIFY_DIRECTOR, NOTIFY_DIRECTOR_NAME, NULL, 0);
	close_block(w);
}

/* "eth1 weight -20 reverse" */
static void write_track(const struct writer *w, const struct row *t)
{
	const struct column *c = t->table->columns;
	column_mask need = needed(w, t);

	begin_line(w, "");
	lexer_put_word(w->out, column_text(t, &c[COL_vrrp_track_tracked]));
	if (column_number(t, &c[COL_vrrp_track_own_weight]) &&
	    (need & (COLUMN(vrrp_track, weight) | COLUMN(vrrp_track, reverse)) ||
		track_has_weight((enum track_kind)column_number(t, &c[COL_vrrp_track_kind]))))
		fprintf(w->out, " weight %" PRId64, column_number(t, &c[COL_vrrp_track_weight]));
	if (need & COLUMN(vrrp_track, reverse))
		put_word(w, "reverse");
	end_line(w);
}

/* What an instance or a group tracks: a block for each kind. */
static void write_tracks(struct writer *w, enum table_id table, const char *owner)
{
	const struct column *c = tables[table].columns;
	int64_t kind = 0;

	for (struct row *t = store_first_of(w->store, table, owner); t; t = store_next_of(t)) {
		if (column_number(t, &c[COL_vrrp_track_kind]) != kind) {
			if (kind)
				close_block(w);
			kind = column_number(t, &c[COL_vrrp_track_kind]);
			begin_line(w, track_keyword((enum track_kind)kind));
			open_block(w);
		}
		write_track(w, t);
	}
	if (kind)
		close_block(w);
}

static void write_groups(struct writer *w)
{
	STORE_FOREACH (sync_group, g, w->store) {
		begin_top(w, g->row.table->block, g->name);
		open_block(w);
		write_columns(w, &g->row);
		write_tracks(w, TABLE_sync_group_track, g->name);
		write_notify(w, NOTIFY_GROUP, g->name, NULL, 0);
		begin_line(w, "group");
		open_block(w);
		STORE_FOREACH (vrrp_instance, i, w->store) {
			if (i->sync_group != g->name)
				continue;
			begin_line(w, "");
			lexer_put_word(w->out, i->name);
			end_line(w);
		}
		close_block(w);
		close_block(w);
	}
}

static void write_authentication(struct writer *w, const struct row *r, column_mask need)
{
	static const int columns[] = {COL_vrrp_instance_auth_type, COL_vrrp_instance_auth_password};

	if (!(need & (COLUMN(vrrp_instance, auth_type) | COLUMN(vrrp_instance, auth_password))))
		return;
	if (need & COLUMN(vrrp_instance, auth_password) &&
	    is_hidden(w, &r->table->columns[COL_vrrp_instance_auth_password])) {
		write_left_out(w, "authentication"); /* without its password it would be an error */
		return;
	}
	begin_line(w, "authentication");
	open_block(w);
	for (size_t i = 0; i < 2; i++)
		if (need >> columns[i] & 1)
			write_column(w, r, columns[i]);
	close_block(w);
}

/* "10.0.0.1/24 dev eth0"; position: where it is by its line. */
static void write_address(struct writer *w, const struct vrrp_address *a, uint32_t position)
{
	column_mask need = needed(w, &a->row);
	char text[COLUMN_TEXT_SIZE];

	begin_line(w, addr_format(&a->address, text));
	if (a->prefix_length)
		fprintf(w->out, "/%" PRIu32, a->prefix_length);
	for (int i = 0; i < a->row.table->ncolumns; i++) {
		const struct column *c = &a->row.table->columns[i];

		if (!(need >> i & 1) || !c->keyword)
			continue;
		fprintf(w->out, " %s", c->keyword);
		if (c->type != TYPE_BOOL)
			put_word(w, column_format(&a->row, c, text));
	}
	if (a->position != position)
		fprintf(w->out, " position %" PRIu32, a->position);
	end_line(w);
}

static int position_cmp(const void *a, const void *b)
{
	const struct vrrp_address *x = *(const struct vrrp_address *const *)a;
	const struct vrrp_address *y = *(const struct vrrp_address *const *)b;

	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	return row_key_cmp(&x->row, &y->row);
}

/* The instance's addresses that are advertised, or those that are not. */
static void write_addresses(
    struct writer *w, const struct vrrp_address **list, size_t n, bool excluded)
{
	uint32_t position = 0;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (list[i]->excluded != excluded)
			continue;
		if (!any) {
			begin_line(
			    w, excluded ? "virtual_ipaddress_excluded" : "virtual_ipaddress");
			open_block(w);
		}
		any = true;
		write_address(w, list[i], excluded ? 0 : position);
		position++;
	}
	if (any)
		close_block(w);
}

static void write_instance_addresses(struct writer *w, const struct vrrp_instance *i)
{
	const struct vrrp_address **list = NULL;
	size_t n = 0, room = 0;

	STORE_FOREACH_OF(vrrp_address, a, w->store, i->name)
	{
		if (n == room) {
			room = room ? 2 * room : 16;
			list = realloc(list, room * sizeof(const struct vrrp_address *));
			if (!list)
				abort();
		}
		list[n++] = a;
	}
	if (n)
		qsort(list, n, sizeof(*list), position_cmp);
	write_addresses(w, list, n, false);
	write_addresses(w, list, n, true);
	free(list);
}

static void write_peer(struct writer *w, const struct vrrp_peer *p)
{
	column_mask need = needed(w, &p->row);
	char text[ADDR_STRLEN];

	begin_line(w, addr_format(&p->address, text));
	if (need & COLUMN(vrrp_peer, min_ttl))
		fprintf(w->out, " min_ttl %" PRIu32, p->min_ttl);
	if (need & COLUMN(vrrp_peer, max_ttl))
		fprintf(w->out, " max_ttl %" PRIu32, p->max_ttl);
	end_line(w);
}

static void write_instance_peers(struct writer *w, const struct vrrp_instance *i)
{
	if (!store_first_of(w->store, TABLE_vrrp_peer, i->name))
		return;
	begin_line(w, tables[TABLE_vrrp_peer].block);
	open_block(w);
	STORE_FOREACH_OF(vrrp_peer, p, w->store, i->name)
	write_peer(w, p);
	close_block(w);
}

static void write_line(const struct writer *w, const struct row *r)
{
	column_mask need = needed(w, r);

	begin_line(w, "");
	switch (r->table->id) {
	case TABLE_vrrp_route:
		write_route(w->out, (const struct vrrp_route *)r, need);
		break;
	case TABLE_vrrp_rule:
		write_rule(w->out, (const struct vrrp_rule *)r, need);
		break;
	case TABLE_static_address:
		write_static_address(w->out, (const struct static_address *)r, need);
		break;
	}
	end_line(w);
}

/* Routes or rules of an instance, or static ones (instance ""). */
static void write_routing(
    struct writer *w, enum table_id t, const char *instance, const char *block)
{
	const struct row *r = store_first_of(w->store, t, instance);

	if (!r)
		return;
	if (*instance)
		begin_line(w, block);
	else
		begin_top(w, block, NULL);
	open_block(w);
	for (; r; r = store_next_of(r))
		write_line(w, r);
	close_block(w);
}

static void write_statics(struct writer *w)
{
	if (store_count(w->store, TABLE_static_address)) {
		begin_top(w, "static_ipaddress", NULL);
		open_block(w);
		STORE_FOREACH (static_address, a, w->store)
			write_line(w, &a->row);
		close_block(w);
	}
	write_routing(w, TABLE_vrrp_route, "", "static_routes");
	write_routing(w, TABLE_vrrp_rule, "", "static_rules");
}

static void put_column(const struct writer *w, const struct row *r, int column)
{
	char text[COLUMN_TEXT_SIZE];

	put_word(w, column_format(r, &r->table->columns[column], text));
}

static void begin_word(const struct writer *w, const char *text)
{
	begin_line(w, "");
	lexer_put_word(w->out, text);
}

/* A row is in at least one of the two blocks. */
static bool is_in_delays(const struct vrrp_interface *i)
{
	return i->linkbeat == LINKBEAT_OFF || i->down_delay || i->up_delay;
}

static void write_delays(struct writer *w)
{
	begin_top(w, "interface_up_down_delays", NULL);
	open_block(w);
	STORE_FOREACH (vrrp_interface, i, w->store) {
		if (!is_in_delays(i))
			continue;
		begin_word(w, i->interface);
		put_column(w, &i->row, COL_vrrp_interface_down_delay);
		put_column(w, &i->row, COL_vrrp_interface_up_delay);
		end_line(w);
	}
	close_block(w);
}

static void write_linkbeats(struct writer *w)
{
	begin_top(w, "linkbeat_interfaces", NULL);
	open_block(w);
	STORE_FOREACH (vrrp_interface, i, w->store) {
		if (i->linkbeat == LINKBEAT_OFF)
			continue;
		begin_word(w, i->interface);
		put_column(w, &i->row, COL_vrrp_interface_linkbeat);
		end_line(w);
	}
	close_block(w);
}

static void write_interfaces(struct writer *w)
{
	bool delays = false, linkbeats = false;

	STORE_FOREACH (vrrp_interface, i, w->store) {
		delays = delays || is_in_delays(i);
		linkbeats = linkbeats || i->linkbeat != LINKBEAT_OFF;
	}
	if (delays)
		write_delays(w);
	if (linkbeats)
		write_linkbeats(w);
}

static void write_scripts(struct writer *w)
{
	STORE_FOREACH (script, s, w->store) {
		begin_top(w, s->row.table->block, s->name);
		write_block(w, &s->row);
	}
}

static void write_track_files(struct writer *w)
{
	STORE_FOREACH (track_file, f, w->store) {
		begin_top(w, f->row.table->block, f->name);
		write_block(w, &f->row);
	}
}

static void write_track_processes(struct writer *w)
{
	STORE_FOREACH (track_process, p, w->store) {
		begin_top(w, p->row.table->block, p->name);
		write_block(w, &p->row);
	}
}

static void write_instances(struct writer *w)
{
	STORE_FOREACH (vrrp_instance, i, w->store) {
		begin_top(w, i->row.table->block, i->name);
		open_block(w);
		write_columns(w, &i->row);
		write_instance_peers(w, i);
		write_tracks(w, TABLE_vrrp_track, i->name);
		write_notify(w, NOTIFY_INSTANCE, i->name, NULL, 0);
		write_instance_addresses(w, i);
		write_routing(w, TABLE_vrrp_route, i->name, "virtual_routes");
		write_routing(w, TABLE_vrrp_rule, i->name, "virtual_rules");
		close_block(w);
	}
}

static void write_servers(struct writer *w, const char *pool)
{
	for (const struct real_server *rs = store_first_server(w->store, pool);
	     rs && rs->pool == pool; rs = (const struct real_server *)store_next(&rs->row)) {
		begin_line(w, rs->row.table->block);
		put_address_port(w, &rs->address, rs->port);
		if (!has_columns(w, &rs->row) &&
		    !has_notify(w, NOTIFY_REAL_SERVER, pool, &rs->address, rs->port)) {
			end_line(w);
			continue;
		}
		open_block(w);
		write_columns(w, &rs->row);
		write_notify(w, NOTIFY_REAL_SERVER, pool, &rs->address, rs->port);
		close_block(w);
	}
}

static void write_checks(struct writer *w, const char *pool)
{
	STORE_FOREACH_OF(check, c, w->store, pool)
	{
		begin_line(w, c->row.table->block);
		put_word(w, c->name);
		write_block(w, &c->row);
	}
}

static void write_pools(struct writer *w)
{
	STORE_FOREACH (pool, p, w->store) {
		begin_top(w, p->row.table->block, p->name);
		open_block(w);
		write_columns(w, &p->row);
		write_checks(w, p->name);
		write_servers(w, p->name);
		close_block(w);
	}
}

static void write_service(struct writer *w, const struct virtual_service *s)
{
	begin_line(w, s->row.table->block);
	put_word(w, enum_word(&enumeration_service_protocol, s->protocol));
	if (s->protocol == SERVICE_FWMARK)
		fprintf(w->out, " %" PRIu32 "%s", s->port,
		    s->address.family == ADDR_IPV6 ? " inet6" : "");
	else
		put_address_port(w, &s->address, s->port);
	if (has_columns(w, &s->row))
		write_block(w, &s->row);
	else
		end_line(w);
}

static void write_virtual_servers(struct writer *w)
{
	STORE_FOREACH (virtual_server, vs, w->store) {
		begin_top(w, vs->row.table->block, NULL);
		if (looks_like_address(vs->name))
			fputs(" name", w->out);
		put_word(w, vs->name);
		open_block(w);
		for (const struct virtual_service *s = store_first_service(w->store, vs->name);
		     s && s->virtual_server == vs->name;
		     s = (const struct virtual_service *)store_next(&s->row))
			write_service(w, s);
		write_columns(w, &vs->row);
		write_notify(w, NOTIFY_VIRTUAL_SERVER, vs->name, NULL, 0);
		close_block(w);
	}
}

static void write_all(struct writer *w)
{
	write_global(w);
	write_statics(w);
	write_interfaces(w);
	write_scripts(w);
	write_track_files(w);
	write_track_processes(w);
	write_groups(w);
	write_instances(w);
	write_pools(w);
	write_virtual_servers(w);
}

bool config_write(const struct store *s, FILE *out, bool secrets)
{
	const struct system *system = (const struct system *)store_first(s, TABLE_system);
	struct writer w = {
	    .store = s, .secrets = secrets, .vrrp_version = system ? system->vrrp_version : 2};
	char *text = NULL;
	size_t len = 0;
	bool ok;

	w.out = open_memstream(&text, &len);
	if (!w.out)
		abort();
	write_all(&w);
	ok = fclose(w.out) == 0 && fwrite(text, 1, len, out) == len && fflush(out) == 0;
	free(text);
	return ok;
}
