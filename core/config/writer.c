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
#include "core/config/inherit.h"
#include "core/config/read_lvs.h"

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

	row_copy_columns(as_read, r, given);
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
    {TABLE_vrrp_instance, COL_vrrp_instance_auth_type, write_authentication},
    {TABLE_vrrp_instance, COL_vrrp_instance_auth_password, write_nothing},
    {TABLE_vrrp_instance, COL_vrrp_instance_sync_group, write_nothing},
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

static bool is_hidden(const struct writer *w, const struct column *c)
{
	return c->secret && !w->secrets;
}

static void write_columns(struct writer *w, const struct row *r)
{
	column_mask need = needed(w, r);

	for (int i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];
		const struct form *form = form_of(r->table, i);

		if (form)
			form->write(w, r, need);
		else if (need >> i & 1 && c->keyword && !is_hidden(w, c))
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

static void write_system(struct writer *w)
{
	const struct row *r = store_first(w->store, TABLE_system);

	if (!r || !has_columns(w, r))
		return;
	begin_top(w, "global_defs", NULL);
	write_block(w, r);
}

static void write_groups(struct writer *w)
{
	STORE_FOREACH (sync_group, g, w->store) {
		begin_top(w, g->row.table->block, g->name);
		open_block(w);
		write_columns(w, &g->row);
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
	begin_line(w, "authentication");
	open_block(w);
	for (size_t i = 0; i < 2; i++)
		if (need >> columns[i] & 1 && !is_hidden(w, &r->table->columns[columns[i]]))
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

static const struct vrrp_address *first_address(const struct writer *w, const char *instance)
{
	struct vrrp_address *key = ROW_NEW(vrrp_address);
	const struct vrrp_address *a;

	row_set_text(&key->instance, instance);
	a = (const struct vrrp_address *)store_at_or_after(w->store, &key->row);
	row_free(&key->row);
	return a && a->instance == instance ? a : NULL;
}

static void write_instance_addresses(struct writer *w, const struct vrrp_instance *i)
{
	const struct vrrp_address **list = NULL;
	size_t n = 0, room = 0;

	for (const struct vrrp_address *a = first_address(w, i->name); a && a->instance == i->name;
	     a = (const struct vrrp_address *)store_next(&a->row)) {
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

static void write_instances(struct writer *w)
{
	STORE_FOREACH (vrrp_instance, i, w->store) {
		begin_top(w, i->row.table->block, i->name);
		open_block(w);
		write_columns(w, &i->row);
		write_instance_addresses(w, i);
		close_block(w);
	}
}

static void write_servers(struct writer *w, const char *pool)
{
	for (const struct real_server *rs = store_first_server(w->store, pool);
	     rs && rs->pool == pool; rs = (const struct real_server *)store_next(&rs->row)) {
		begin_line(w, rs->row.table->block);
		put_address_port(w, &rs->address, rs->port);
		if (has_columns(w, &rs->row))
			write_block(w, &rs->row);
		else
			end_line(w);
	}
}

static void write_checks(struct writer *w, const char *pool)
{
	struct check *key = ROW_NEW(check);
	const struct check *c;

	row_set_text(&key->pool, pool);
	c = (const struct check *)store_at_or_after(w->store, &key->row);
	row_free(&key->row);
	for (; c && c->pool == pool; c = (const struct check *)store_next(&c->row)) {
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
		close_block(w);
	}
}

static void write_all(struct writer *w)
{
	write_system(w);
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
