/* SPDX-License-Identifier: BSD-2-Clause */
/* See show.h. */
#include "core/ctl/show.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* Columns that are shown without --all, besides the key.  A table that is not named here shows all. */
static const struct {
	enum table_id table;
	const char *columns;
} defaults[] = {
    {TABLE_event_log, "time kind subject old_state new_state reason"},
    {TABLE_pool, "state servers servers_up start_down last_change"},
    {TABLE_real_server, "weight effective_weight admin_state state forwarding active_connections "
			"inactive_connections last_change reason"},
    {TABLE_virtual_server, "pool scheduler state quorum weight_up servers_up last_change reason"},
    {TABLE_virtual_service, "installed connections packets_in bytes_in bytes_out connection_rate "
			    "bit_rate_in bit_rate_out"},
    {TABLE_destination, "weight forwarding active_connections inactive_connections connections "
			"bytes_in bytes_out"},
    {TABLE_check, "type server_address interval timeout retries retry_delay path"},
    {TABLE_check_result, "state latency last_time consecutive successes failures reason"},
    {TABLE_vrrp_instance, "interface vrid version effective_priority state last_change "
			  "master_address reason"},
    {TABLE_vrrp_statistics, "adverts_received adverts_sent zero_received zero_sent lower_received "
			    "announcements send_errors stalls"},
    {TABLE_vrrp_transition, "time old_state new_state reason"},
    {TABLE_vrrp_peer, "min_ttl max_ttl"},
    {TABLE_vrrp_neighbour,
	"state priority version interval heard adverts_received dropped error configured"},
    {TABLE_notify_script, "command last_run last_duration last_result runs failures timeouts"},
    {TABLE_notify_fifo, "path fifo_state lines lines_lost starts last_result"},
    {TABLE_script, "status last_change last_run last_duration last_result runs failures timeouts"},
    {TABLE_track_file, "path status value last_change changes reason"},
    {TABLE_track_process, "process status processes last_change transitions reason"},
    {TABLE_vrrp_address, "prefix_length interface present excluded"},
    {TABLE_vrrp_route, "type gateway interface source nexthops present reason"},
    {TABLE_vrrp_rule, "action table_id target source source_length destination destination_length "
		      "present reason"},
    {TABLE_vrrp_interface, "status link_state down_delay up_delay last_change changes ignored"},
    {TABLE_static_address, "prefix_length scope present reason"},
};

const struct table *show_table_find(const char *name)
{
	char plain[64];
	size_t n = 0;

	for (; name[n] && n + 1 < sizeof(plain); n++)
		plain[n] = name[n] == '-' ? '_' : name[n];
	plain[n] = '\0';
	return table_find(strcmp(plain, "events") == 0 ? "event_log" : plain);
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* A VIEW shows what another column shows already. */
static bool is_shown(const struct column *c)
{
	return c->class != CLASS_VIEW;
}

bool show_by_default(const struct table *t, const struct column *c)
{
	if (!is_shown(c))
		return false;
	if (c->class == CLASS_KEY)
		return true;
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (defaults[i].table == t->id)
			return has_word(defaults[i].columns, c->name);
	return t->scalar || (strcmp(c->name, "storage") != 0 && strcmp(c->name, "row_status") != 0);
}

/* ------------------------------------------------------------------------- filters */

static bool no_column(const struct table *t, const char *name, size_t len, char why[WHY_SIZE])
{
	snprintf(why, WHY_SIZE, "%s has no column '%.*s' (directorctl tables %s lists them)",
	    t->name, (int)(len < 64 ? len : 64), name, t->name);
	return false;
}

bool selection_add(struct selection *s, const char *text, char why[WHY_SIZE])
{
	struct filter *f = &s->filters[s->nfilters];
	size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	char column[64];

	if (s->nfilters == MAX_FILTERS) {
		snprintf(why, WHY_SIZE, "more than %d conditions", MAX_FILTERS);
		return false;
	}
	*f = (struct filter){.negated = text[name] == '!', .value = text};
	s->nfilters++;
	if (name == 0 || name >= sizeof(column) || text[name + f->negated] != '=') {
		f->negated = false;
		return true;
	}
	memcpy(column, text, name);
	column[name] = '\0';
	f->column = table_column(s->table, column);
	f->value = text + name + f->negated + 1;
	return f->column || no_column(s->table, text, name, why);
}

static bool equals(const struct row *r, const struct column *c, const char *value)
{
	char text[COLUMN_TEXT_SIZE];

	return !column_shown(r->table, c)->secret && strcmp(column_format(r, c, text), value) == 0;
}

static bool filter_has(const struct filter *f, const struct row *r)
{
	char key[KEY_TEXT_SIZE];

	if (f->column)
		return equals(r, f->column, f->value) != f->negated;
	for (size_t i = 0; i < r->table->keys; i++)
		if (equals(r, &r->table->columns[i], f->value))
			return true;
	return strcmp(row_key_format(r, key), f->value) == 0;
}

bool selection_has(const struct selection *s, const struct row *r)
{
	for (size_t i = 0; i < s->nfilters; i++)
		if (!filter_has(&s->filters[i], r))
			return false;
	return true;
}

static struct row *first(const struct store *store, const struct selection *sel)
{
	struct row *r = store_first(store, sel->table->id);

	while (r && !selection_has(sel, r))
		r = store_next(r);
	return r;
}

static struct row *next(const struct row *r, const struct selection *sel)
{
	struct row *n = store_next(r);

	while (n && !selection_has(sel, n))
		n = store_next(n);
	return n;
}

/* ---------------------------------------------------------------------------- text */

static bool selected(const struct selection *sel, const struct column *c)
{
	return sel->all ? is_shown(c) : show_by_default(sel->table, c);
}

/*
 * The columns in the order in which they are shown: the schema's, but the reason, which may be long, at the
 * end.  Returns their number.
 */
static size_t shown_columns(const struct selection *sel, const struct column *list[COLUMNS_MAX])
{
	const struct column *reason = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sel->table->ncolumns; i++) {
		const struct column *c = &sel->table->columns[i];

		if (!selected(sel, c))
			continue;
		if (strcmp(c->name, "reason") == 0)
			reason = c;
		else
			list[n++] = c;
	}
	if (reason)
		list[n++] = reason;
	return n;
}

static void put_columns(struct grid *g, const struct selection *sel)
{
	const struct column *list[COLUMNS_MAX];
	size_t n = shown_columns(sel, list);

	for (size_t i = 0; i < n; i++)
		grid_column(g, list[i]->name, value_unit(list[i]),
		    value_is_number(list[i])	 ? GRID_RIGHT
		    : list[i]->type == TYPE_TEXT ? GRID_WRAP
						 : GRID_LEFT);
}

static void put_row(
    struct grid *g, const struct style *s, const struct selection *sel, const struct row *r)
{
	const struct column *list[COLUMNS_MAX];
	size_t n = shown_columns(sel, list);
	char text[VALUE_SIZE];

	for (size_t i = 0; i < n; i++)
		grid_cell(g, value_paint(r, list[i]), value_text(r, list[i], s, text));
}

/* One row as a block: "column  value", a line each. */
static void show_block(
    FILE *out, const struct style *s, const struct selection *sel, const struct row *r)
{
	char text[VALUE_SIZE], title[ROW_TEXT_SIZE], clean[ROW_TEXT_SIZE];
	struct grid *g = grid_new(2);

	paint(out, s, PAINT_HEAD, text_clean(clean, sizeof(clean), row_format(r, title)));
	fputc('\n', out);
	grid_column(g, "", NULL, GRID_LEFT);
	grid_column(g, "", NULL, GRID_WRAP);
	for (size_t i = sel->table->keys; i < sel->table->ncolumns; i++) {
		const struct column *c = &sel->table->columns[i];
		const char *unit = value_unit(c);

		if (!selected(sel, c))
			continue;
		grid_cell(g, PAINT_NONE, c->name);
		value_text(r, c, s, text);
		grid_cellf(g, value_paint(r, c), "%s%s%s", text, unit ? " " : "", unit ? unit : "");
	}
	grid_print(g, out, s);
	grid_free(g);
}

static unsigned hidden_columns(const struct selection *sel)
{
	unsigned n = 0;

	for (size_t i = 0; i < sel->table->ncolumns; i++)
		n += is_shown(&sel->table->columns[i]) && !selected(sel, &sel->table->columns[i]);
	return n;
}

static void say_hidden(FILE *out, const struct style *s, const struct selection *sel)
{
	unsigned n = hidden_columns(sel);
	char text[80];

	if (!n)
		return;
	snprintf(text, sizeof(text), "(%u more column%s with --all)", n, n == 1 ? "" : "s");
	paint(out, s, PAINT_DIM, text);
	fputc('\n', out);
}

void show_text(
    FILE *out, const struct style *s, const struct store *store, const struct selection *sel)
{
	struct grid *g = grid_new(0);
	bool blocks;

	put_columns(g, sel);
	for (struct row *r = first(store, sel); r; r = next(r, sel))
		put_row(g, s, sel, r);
	blocks = sel->table->scalar || !grid_fits(g, s->width);
	if (grid_rows(g) == 0)
		fprintf(out, "no %s\n", sel->nfilters ? "such rows" : "rows");
	else if (!blocks)
		grid_print(g, out, s);
	for (struct row *r = blocks ? first(store, sel) : NULL; r; r = next(r, sel))
		show_block(out, s, sel, r);
	if (grid_rows(g))
		say_hidden(out, s, sel);
	grid_free(g);
}

/* ---------------------------------------------------------------------------- JSON */

void show_json_row(
    FILE *out, const struct style *s, const struct row *r, unsigned indent, bool lines)
{
	const char *separator = "";

	fprintf(out, "%*s{", (int)indent, "");
	for (size_t i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];

		if (!is_shown(c))
			continue;
		fputs(separator, out);
		if (lines)
			fprintf(out, "\n%*s", (int)indent + 2, "");
		json_string(out, c->name);
		fputs(": ", out);
		value_json(out, r, c, s);
		separator = lines ? "," : ", ";
	}
	if (lines)
		fprintf(out, "\n%*s", (int)indent, "");
	fputc('}', out);
}

void show_json(FILE *out, const struct style *s, const struct store *store,
    const struct selection *sel, unsigned indent)
{
	const char *separator = "\n";

	fputc('[', out);
	for (struct row *r = first(store, sel); r; r = next(r, sel)) {
		fputs(separator, out);
		show_json_row(out, s, r, indent + 2, true);
		separator = ",\n";
	}
	if (*separator == ',')
		fprintf(out, "\n%*s", (int)indent, "");
	fputc(']', out);
}

/* -------------------------------------------------------------------------- tables */

void show_tables(FILE *out, const struct style *s)
{
	struct grid *g = grid_new(0);

	grid_column(g, "table", NULL, GRID_LEFT);
	grid_column(g, "a row is", NULL, GRID_WRAP);
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		grid_cell(g, PAINT_NONE, tables[i].name);
		grid_cell(g, PAINT_NONE, tables[i].help);
	}
	grid_print(g, out, s);
	grid_free(g);
}

static void words_text(const struct enumeration *e, char buf[VALUE_SIZE])
{
	size_t n = 0;

	for (const struct enum_word *w = e->words; w->word; w++)
		n += (size_t)snprintf(buf + n, VALUE_SIZE - n, "%s%s", n ? ", " : "", w->word);
}

static void seconds_text(int64_t usec, char buf[32])
{
	snprintf(buf, 32, "%g", (double)usec / 1e6);
}

/* What a column can hold. */
static void range_text(const struct column *c, char buf[VALUE_SIZE])
{
	char min[32], max[32];

	buf[0] = '\0';
	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		snprintf(buf, VALUE_SIZE, "%" PRId64 " to %" PRId64 " characters", column_min(c),
		    column_max(c));
		break;
	case TYPE_BOOL:
		snprintf(buf, VALUE_SIZE, "on, off");
		break;
	case TYPE_ENUM:
		words_text(c->words, buf);
		break;
	case TYPE_INT:
	case TYPE_UINT:
		snprintf(buf, VALUE_SIZE, "%" PRId64 " to %" PRId64 "%s%s", column_min(c),
		    column_max(c), c->units ? " " : "", c->units ? c->units : "");
		break;
	case TYPE_USEC:
		seconds_text(column_min(c), min);
		seconds_text(column_max(c), max);
		if (c->max)
			snprintf(buf, VALUE_SIZE, "%s to %s seconds", min, max);
		else
			snprintf(buf, VALUE_SIZE, "seconds");
		break;
	case TYPE_ADDR:
		snprintf(buf, VALUE_SIZE, "an address");
		break;
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
		snprintf(buf, VALUE_SIZE, "%s", c->units ? c->units : "a number");
		break;
	case TYPE_WHEN:
	case TYPE_WALL:
		snprintf(buf, VALUE_SIZE, "a point in time");
		break;
	case TYPE_VIEW:
		break;
	}
}

void show_columns(FILE *out, const struct style *s, const struct table *t)
{
	static const char *const classes[] = {[CLASS_KEY] = "key",
	    [CLASS_CONFIG] = "file",
	    [CLASS_STATE] = "state",
	    [CLASS_VIEW] = ""};
	struct grid *g = grid_new(0);
	char text[VALUE_SIZE];

	grid_column(g, "column", NULL, GRID_LEFT);
	grid_column(g, "kind", NULL, GRID_LEFT);
	grid_column(g, "holds", NULL, GRID_WRAP);
	grid_column(g, "what it means", NULL, GRID_WRAP);
	for (size_t i = 0; i < t->ncolumns; i++) {
		const struct column *c = &t->columns[i];

		if (!is_shown(c))
			continue;
		range_text(c, text);
		grid_cell(g, PAINT_NONE, c->name);
		grid_cell(g, PAINT_NONE,
		    !column_writable(c)	       ? classes[c->class]
		    : c->class == CLASS_CONFIG ? "file, set"
					       : "set");
		grid_cell(g, PAINT_NONE, text);
		grid_cell(g, PAINT_NONE, c->help);
	}
	grid_print(g, out, s);
	grid_free(g);
}
