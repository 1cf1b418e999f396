/* SPDX-License-Identifier: BSD-2-Clause */
/* See config.h: a file becomes rows. */
#include "core/config/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "core/config/reader.h"
#include "core/model/validate.h"

struct config {
	struct store *store;
	usec_t modified;
};

#define ROOT_KEYWORDS_MAX 64

/* What stands outside of blocks, from all files of this folder. */
static void collect_root(struct keyword *to)
{
	static const struct keyword *const from[] = {
	    global_root_keywords, vrrp_root_keywords, lvs_root_keywords, route_root_keywords};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++)
		for (const struct keyword *k = from[i]; k->word && n < ROOT_KEYWORDS_MAX - 1; k++)
			to[n++] = *k;
	to[n] = (struct keyword){NULL, KEYWORD_IDLE, NULL, NULL};
}

static void forget_marks(struct store *s)
{
	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		for (struct row *row = store_first(s, t); row; row = store_next(row))
			marks_forget(row);
}

/* The row that a refusal is about, or NULL. */
static const struct row *refused_row(const struct store *s, const struct refusal *why)
{
	struct row *key;
	const struct row *found = NULL;
	char reason[WHY_SIZE];
	size_t name = why->table ? strlen(why->table->name) : 0;

	if (!why->table)
		return NULL;
	key = row_new(why->table);
	if (strlen(why->row) >= name && row_key_parse(key, why->row + name, reason))
		found = store_find(s, key);
	row_free(key);
	return found;
}

static void report_refusal(struct reader *r, const struct refusal *why)
{
	const struct row *row = refused_row(r->store, why);
	struct place at = row ? marks_place(row, why->column) : (struct place){1, 1, 0};
	const struct column *c = why->column >= 0 ? &why->table->columns[why->column] : NULL;

	diagnosis_error(r->d, at, "%s%s%s: %s", why->row, c ? ", " : "",
	    c ? (c->keyword ? c->keyword : c->name) : "", why->reason);
}

static void set_origin(struct store *s)
{
	for (enum table_id t = 0; t < TABLE_COUNT; t++)
		for (struct row *row = store_first(s, t); row; row = store_next(row))
			row->origin = STORAGE_PERMANENT;
}

static void read_file(struct reader *r)
{
	struct keyword root[ROOT_KEYWORDS_MAX];
	struct block_type type = {"the file", root, NULL};
	struct block top = {.type = &type, .top = true};
	struct refusal why;

	collect_root(root);
	read_block(r, &top);
	if (r->d->errors)
		return; /* what follows would complain of what is missing */
	read_vrrp_finish(r);
	read_lvs_finish(r);
	read_vrrp_check(r);
	if (!r->d->errors && !validate_all(r->store, &why))
		report_refusal(r, &why);
}

struct config *config_read_as(const char *path, const char *config_id, struct config_error *err,
    void (*warn)(const char *text, void *arg), void *arg)
{
	struct diagnosis d = {.err = err, .warn = warn, .arg = arg};
	struct reader r = {.d = &d,
	    .store = store_new(),
	    .instance_defaults = ROW_NEW(vrrp_instance),
	    .last_pool = &r.pools};
	struct config *c = NULL;

	err->text[0] = '\0';
	store_system(r.store);
	store_notifications(r.store);
	r.lexer = lexer_new(source_new(path, config_id, &d), &d);
	read_file(&r);
	lexer_free(r.lexer);
	read_vrrp_free(&r);
	read_lvs_free(&r);
	marks_free_row(&r.instance_defaults->row);
	forget_marks(r.store);
	diagnosis_finish(&d);
	diagnosis_clear(&d);
	if (d.errors) {
		store_free(r.store);
		return NULL;
	}
	set_origin(r.store);
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->store = r.store;
	c->modified = d.newest;
	return c;
}

const char *config_host_id(void)
{
	static struct utsname name;

	uname(&name);
	name.nodename[strcspn(name.nodename, ".")] = '\0';
	return name.nodename;
}

struct config *config_read(const char *path, struct config_error *err,
    void (*warn)(const char *text, void *arg), void *arg)
{
	return config_read_as(path, config_host_id(), err, warn, arg);
}

struct store *config_store(struct config *c)
{
	return c->store;
}

usec_t config_modified(const struct config *c)
{
	return c->modified;
}

struct store *config_take_store(struct config *c)
{
	struct store *s = c->store;

	c->store = NULL;
	return s;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	store_free(c->store);
	free(c);
}
