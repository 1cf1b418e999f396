/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See validate.h.  Here is what follows from the schema alone (ranges, references), and the order in
 * which the rules of validate_lvs.c and validate_vrrp.c run.
 */
#include "core/model/validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/listen.h"
#include "core/model/validate_rules.h"

typedef bool (*row_rule)(struct validation *v, const struct row *r);
typedef bool (*table_rule)(struct validation *v);

struct rules {
	row_rule row; /* for each touched row */
	row_rule
	    group; /* for each touched row, and for each that a touched row names in its first key */
	enum table_id group_of; /* ... then it is a row of this table that is named */
	table_rule table;	/* once if any row of the table was touched */
};

static bool validate_system(struct validation *v, const struct row *r)
{
	const struct system *s = (const struct system *)r;
	struct listen_address list[LISTEN_MAX];
	char why[LISTEN_WHY_SIZE];

	if (*s->script_group && !*s->script_user)
		return REFUSE(v, s, system, script_group, "a group needs a user");
	return listen_parse(s->snmp_listen, list, why) >= 0 ||
	       REFUSE_VALUE(v, s, system, snmp_listen, "%s", why);
}

static bool validate_notify_script(struct validation *v, const struct row *r)
{
	const struct notify_script *n = (const struct notify_script *)r;

	if (!*n->command && n->event != NOTIFY_DELETED)
		return REFUSE_VALUE(v, n, notify_script, command, "is empty: what is to be run?");
	if (*n->user && !*n->command)
		return REFUSE(v, n, notify_script, user, "a user needs a command");
	return !*n->user_group || *n->user ||
	       REFUSE(v, n, notify_script, user_group, "a group needs a user");
}

static bool validate_notify_fifo(struct validation *v, const struct row *r)
{
	const struct notify_fifo *f = (const struct notify_fifo *)r;

	if (*f->path != '/')
		return REFUSE_VALUE(v, f, notify_fifo, path, "is no absolute path of a FIFO");
	STORE_FOREACH (notify_fifo, other, v->store)
		if (other != f && other->path == f->path)
			return REFUSE(v, f, notify_fifo, path, "two FIFOs cannot be the same");
	if (*f->user_group && !*f->user)
		return REFUSE(v, f, notify_fifo, user_group, "a group needs a user");
	if (*f->command_user && !*f->command)
		return REFUSE(v, f, notify_fifo, command_user, "a user needs a command");
	return !*f->command_group || *f->command_user ||
	       REFUSE(v, f, notify_fifo, command_group, "a group needs a user");
}

static const struct rules rules[TABLE_COUNT] = {
    [TABLE_system] = {.row = validate_system},
    [TABLE_real_server] = {.row = validate_real_server},
    [TABLE_virtual_server] = {.group = validate_virtual_server, .group_of = TABLE_virtual_server},
    [TABLE_virtual_service] = {.row = validate_virtual_service,
	.group = validate_virtual_server,
	.group_of = TABLE_virtual_server,
	.table = validate_unique_services},
    [TABLE_check] = {.row = validate_check},
    [TABLE_vrrp_route] = {.row = validate_vrrp_route},
    [TABLE_vrrp_rule] = {.row = validate_vrrp_rule},
    [TABLE_static_address] = {.row = validate_static_address, .table = validate_static_addresses},
    [TABLE_notify_script] = {.row = validate_notify_script},
    [TABLE_notify_fifo] = {.row = validate_notify_fifo},
    [TABLE_vrrp_interface] = {.row = validate_vrrp_interface},
    [TABLE_script] = {.row = validate_script},
    [TABLE_track_file] = {.row = validate_track_file},
    [TABLE_track_process] = {.row = validate_track_process},
    [TABLE_vrrp_track] = {.row = validate_track},
    [TABLE_sync_group_track] = {.row = validate_track},
    [TABLE_sync_daemon] = {.row = validate_sync_daemon},
    [TABLE_vrrp_instance] = {.group = validate_vrrp_instance,
	.group_of = TABLE_vrrp_instance,
	.table = validate_unique_instances},
    [TABLE_vrrp_address] = {.row = validate_vrrp_address,
	.group = validate_vrrp_instance,
	.group_of = TABLE_vrrp_instance,
	.table = validate_unique_addresses},
    [TABLE_vrrp_peer] = {.row = validate_vrrp_peer,
	.group = validate_vrrp_instance,
	.group_of = TABLE_vrrp_instance},
};

bool validation_refuse(struct validation *v, enum refusal_kind kind, const struct row *r,
    int column, const char *fmt, ...)
{
	va_list ap;

	v->why->kind = kind;
	v->why->table = r->table;
	v->why->column = column;
	row_format(r, v->why->row);
	va_start(ap, fmt);
	vsnprintf(v->why->reason, sizeof(v->why->reason), fmt, ap);
	va_end(ap);
	return false;
}

bool address_is_host(const struct addr *a)
{
	static const struct addr broadcast = {ADDR_IPV4, {255, 255, 255, 255}};

	return addr_is_set(a) && !addr_is_any(a) && !addr_is_multicast(a) &&
	       !addr_equal(a, &broadcast);
}

/* Is `named`, which r names, there after a restart if r is? */
static bool outlives(const struct row *r, const struct row *named)
{
	return named->origin != STORAGE_VOLATILE || r->origin == STORAGE_VOLATILE;
}

static bool check_reference(struct validation *v, const struct row *r, int column)
{
	const struct column *c = &r->table->columns[column];
	const char *name = column_text(r, c);
	const struct row *found;

	if (!*name)
		return true;
	found = store_named(v->store, table_find(c->ref)->id, name);
	if (!found)
		return validation_refuse(v,
		    c->class == CLASS_KEY ? REFUSAL_NAME : REFUSAL_INCONSISTENT, r, column,
		    "there is no %s '%s'", c->ref, name);
	return outlives(r, found) ||
	       validation_refuse(v, REFUSAL_INCONSISTENT, r, column,
		   "the %s '%s' is volatile, and this row is not: a restart would part them",
		   c->ref, name);
}

/* Rows of a pool come one after the other: their reference needs to be looked up once. */
static bool check_references(struct validation *v, const struct row *r, const struct row *before)
{
	for (int i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];

		if (!c->ref ||
		    (before && before->table == r->table && before->origin == r->origin &&
			column_text(before, c) == column_text(r, c)))
			continue;
		if (!check_reference(v, r, i))
			return false;
	}
	return true;
}

static bool check_columns(struct validation *v, const struct row *r)
{
	char reason[WHY_SIZE];

	for (int i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];

		if (c->class != CLASS_KEY && c->class != CLASS_CONFIG)
			continue;
		if (c->required && column_is_default(r, c))
			return validation_refuse(v, REFUSAL_INCONSISTENT, r, i, "is missing");
		if (!column_check(r, c, reason))
			return validation_refuse(v, REFUSAL_VALUE, r, i, "%s", reason);
		if (c->class == CLASS_KEY && c->type == TYPE_ADDR && !addr_is_set(COLUMN_PTR(r, c)))
			return validation_refuse(v, REFUSAL_VALUE, r, i, "is missing");
	}
	return true;
}

/* Nothing that is to survive a restart may refer to a row that will not. */
static bool check_volatile(struct validation *v, const struct row *r)
{
	const struct column *key = &r->table->columns[0];
	char text[ROW_TEXT_SIZE];

	if (r->origin != STORAGE_VOLATILE || r->table->keys != 1 || key->type != TYPE_NAME)
		return true;
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t i = tables[t].keys; i < tables[t].ncolumns; i++) {
			const struct column *c = &tables[t].columns[i];

			if (!c->ref || strcmp(c->ref, r->table->name) != 0)
				continue;
			for (const struct row *o = store_first(v->store, t); o; o = store_next(o))
				if (column_text(o, c) == column_text(r, key) && !outlives(o, r))
					return validation_refuse(v, REFUSAL_INCONSISTENT, r,
					    (int)(table_column(r->table, "storage") -
						  r->table->columns),
					    "%s refers to it and is not volatile",
					    row_format(o, text));
		}
	}
	return true;
}

static bool rows_by_themselves(struct validation *v, struct row *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = rows[i];
		row_rule rule = rules[r->table->id].row;

		if (!check_columns(v, r) || !check_references(v, r, i ? rows[i - 1] : NULL) ||
		    !check_volatile(v, r))
			return false;
		if (rule && !rule(v, r))
			return false;
	}
	return true;
}

/* The first row of t whose column c has the (shared) text, or NULL. */
static const struct row *first_referring(
    const struct store *s, const struct table *t, const struct column *c, const char *text)
{
	if (c == &t->columns[0])
		return store_first_of(s, t->id, text);
	for (const struct row *r = store_first(s, t->id); r; r = store_next(r))
		if (column_text(r, c) == text)
			return r;
	return NULL;
}

bool validation_refuse_orphan(
    struct validation *v, const struct row *gone, const struct row *orphan)
{
	char text[ROW_TEXT_SIZE];

	return validation_refuse(
	    v, REFUSAL_INCONSISTENT, gone, -1, "%s refers to it", row_format(orphan, text));
}

/* Nothing may refer to a row that was removed (and not made again). */
static bool check_removed(struct validation *v, const struct row *gone)
{
	const struct column *key = &gone->table->columns[0];
	const char *name;

	if (gone->table->keys != 1 || key->type != TYPE_NAME || store_find(v->store, gone))
		return true;
	name = column_text(gone, key);
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t i = 0; i < tables[t].ncolumns; i++) {
			const struct column *c = &tables[t].columns[i];
			const struct row *orphan;

			if (!c->ref || strcmp(c->ref, gone->table->name) != 0)
				continue;
			orphan = first_referring(v->store, &tables[t], c, name);
			if (orphan)
				return validation_refuse_orphan(v, gone, orphan);
		}
	}
	return true;
}

/* A check may name one real server by its address. */
static bool check_removed_server(struct validation *v, const struct row *gone)
{
	const struct real_server *rs = (const struct real_server *)gone;
	const struct row *r = first_referring(
	    v->store, &tables[TABLE_check], &tables[TABLE_check].columns[COL_check_pool], rs->pool);

	if (store_find(v->store, gone))
		return true;
	for (; r && ((const struct check *)r)->pool == rs->pool; r = store_next(r)) {
		const struct check *c = (const struct check *)r;

		if (addr_equal(&c->server_address, &rs->address) && c->server_port == rs->port)
			return validation_refuse_orphan(v, gone, r);
	}
	return true;
}

static bool rows_removed(struct validation *v, struct row *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!check_removed(v, rows[i]))
			return false;
		if (rows[i]->table->id == TABLE_real_server && !check_removed_server(v, rows[i]))
			return false;
		if (!validate_tracked_removed(v, rows[i]))
			return false;
	}
	return true;
}

static int pointer_cmp(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (const void *const *)a,
		  y = (uintptr_t) * (const void *const *)b;

	return x < y ? -1 : x > y;
}

/* The rows that stand for the groups which the touched rows belong to; each once. Returns their number. */
static size_t collect_groups(
    const struct store *s, struct row *const *rows, size_t n, const struct row **groups)
{
	size_t found = 0, unique = 0;
	const struct row *last = NULL;
	const char *name = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct rules *rule = &rules[rows[i]->table->id];
		const char *first;

		if (!rule->group)
			continue;
		first = column_text(rows[i], &rows[i]->table->columns[0]);
		if (!last || first != name || last->table->id != rule->group_of)
			last = store_named(s, rule->group_of, first);
		name = first;
		if (last && (!found || groups[found - 1] != last))
			groups[found++] = last;
	}
	qsort(groups, found, sizeof(*groups), pointer_cmp);
	for (size_t i = 0; i < found; i++)
		if (!unique || groups[unique - 1] != groups[i])
			groups[unique++] = groups[i];
	return unique;
}

static int row_order(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;

	return x->table != y->table ? (x->table->id < y->table->id ? -1 : 1) : row_key_cmp(x, y);
}

static bool rows_as_groups(struct validation *v, struct row *const *rows, size_t n)
{
	const struct row **groups = calloc(n + 1, sizeof(*groups));
	size_t count;
	bool ok = true;

	if (!groups)
		abort();
	count = collect_groups(v->store, rows, n, groups);
	qsort(groups, count, sizeof(*groups), row_order); /* the same refusal each time */
	for (size_t i = 0; ok && i < count; i++)
		ok = rules[groups[i]->table->id].group(v, groups[i]);
	free(groups);
	return ok;
}

static bool rows_as_tables(struct validation *v, struct row *const *rows, size_t n)
{
	bool touched[TABLE_COUNT] = {false};

	for (size_t i = 0; i < n; i++)
		touched[rows[i]->table->id] = true;
	/* Where an address is set may be said by its instance. */
	touched[TABLE_vrrp_address] |= touched[TABLE_vrrp_instance];
	touched[TABLE_static_address] |= touched[TABLE_vrrp_address];
	for (size_t t = 0; t < TABLE_COUNT; t++)
		if (touched[t] && rules[t].table && !rules[t].table(v))
			return false;
	return true;
}

static bool run(struct validation *v, struct row *const *touched, size_t ntouched,
    struct row *const *removed, size_t nremoved)
{
	bool ok;

	memset(v->why, 0, sizeof(*v->why));
	v->why->column = -1;
	ok = rows_by_themselves(v, touched, ntouched) && rows_removed(v, removed, nremoved) &&
	     rows_as_groups(v, touched, ntouched) && rows_as_groups(v, removed, nremoved) &&
	     rows_as_tables(v, touched, ntouched);
	validation_free_users(v);
	return ok;
}

bool validate(const struct store *s, struct row *const *touched, size_t ntouched,
    struct row *const *removed, size_t nremoved, struct refusal *why)
{
	struct validation v = {.store = s, .why = why};

	return run(&v, touched, ntouched, removed, nremoved);
}

static bool is_config(const struct table *t)
{
	return t->config || table_mask(t, CLASS_CONFIG);
}

bool validate_all(const struct store *s, struct refusal *why)
{
	struct validation v = {.store = s, .why = why, .all = true};
	struct row **rows;
	size_t n = 0;
	bool ok;

	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		n += is_config(&tables[t]) ? store_count(s, t) : 0;
	rows = calloc(n + 1, sizeof(*rows));
	if (!rows)
		abort();
	n = 0;
	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		for (struct row *r = is_config(&tables[t]) ? store_first(s, t) : NULL; r;
		     r = store_next(r))
			rows[n++] = r;
	ok = run(&v, rows, n, NULL, 0);
	free(rows);
	return ok;
}
