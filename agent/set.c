/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See set.h.
 *
 * Each row that the request names is copied once and the copy changed; the copies are the edits of the
 * transaction.  When the hub has committed them, they are also written into the agent's own rows, so
 * that a GET right after the SET reads what was set, though the hub's message with the new rows may
 * still be on its way.
 */
#include "agent/set.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"

enum set_phase { PHASE_OPEN, PHASE_PREPARED, PHASE_COMMITTED };

struct set {
	const struct view *view;
	const struct set_hub *hub;
	enum set_phase phase;
	struct edit *edits;
	struct row **before; /* copies of the rows as they were; one for each edit */
	size_t nedits;
	struct {
		size_t edit;
		const struct object *object;
	} * vars;
	size_t nvars;
};

static void *grown(void *array, size_t n, size_t size)
{
	array = reallocarray(array, n + 1, size);
	if (!array)
		abort();
	return array;
}

struct set *set_new(const struct view *view, const struct set_hub *hub)
{
	struct set *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->view = view;
	s->hub = hub;
	return s;
}

void set_free(struct set *s)
{
	struct refusal why;

	if (!s)
		return;
	if (s->phase != PHASE_OPEN)
		s->hub->call(s->hub->arg, REQUEST_RELEASE, NULL, 0, &why);
	for (size_t i = 0; i < s->nedits; i++) {
		row_free(s->edits[i].row);
		row_free(s->before[i]);
	}
	free(s->edits);
	free(s->before);
	free(s->vars);
	free(s);
}

/* The edit of a row of the store; made if it is the request's first for that row. */
static size_t edit_of(struct set *s, const struct row *r)
{
	for (size_t i = 0; i < s->nedits; i++)
		if (s->edits[i].row->table == r->table && row_key_cmp(s->edits[i].row, r) == 0)
			return i;
	s->edits = grown(s->edits, s->nedits, sizeof(*s->edits));
	s->before = grown(s->before, s->nedits, sizeof(*s->before));
	s->edits[s->nedits] = (struct edit){.row = row_copy(r)};
	s->before[s->nedits] = row_copy(r);
	return s->nedits++;
}

static int wanted_type(const struct object *o)
{
	switch (o->column->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		return SMI_OCTETS;
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_ENUM:
		return SMI_INTEGER;
	case TYPE_UINT:
	case TYPE_USEC:
		return SMI_GAUGE32;
	case TYPE_ADDR:
		return o->part == PART_ADDR_TYPE ? SMI_INTEGER : SMI_OCTETS;
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_VIEW:
		break; /* no configuration is of these */
	}
	return -1;
}

static enum set_error set_text(struct row *r, const struct column *c, const struct set_var *v)
{
	char why[WHY_SIZE], *text;
	enum set_error e = SET_OK;

	if ((int64_t)v->size < column_min(c) || (int64_t)v->size > column_max(c))
		return SET_WRONG_LENGTH;
	if (memchr(v->bytes ? v->bytes : "", '\0', v->size))
		return SET_WRONG_VALUE;
	text = strndup(v->bytes ? v->bytes : "", v->size);
	if (!text)
		abort();
	if (!column_parse(r, c, text, why))
		e = SET_WRONG_VALUE;
	free(text);
	return e;
}

static enum set_error set_number(struct row *r, const struct column *c, int64_t number)
{
	char why[WHY_SIZE];

	column_set_number(r, c, number);
	return column_number(r, c) == number && column_check(r, c, why) ? SET_OK : SET_WRONG_VALUE;
}

/* Type and bytes of an address may come in any order; prepare() sees whether they fit together. */
static enum set_error set_addr(struct row *r, const struct object *o, const struct set_var *v)
{
	struct addr *a = COLUMN_PTR(r, o->column);

	if (o->part == PART_ADDR_TYPE) {
		if (v->number < ADDR_NONE || v->number > ADDR_IPV6)
			return SET_WRONG_VALUE;
		a->family = (uint8_t)v->number;
		return SET_OK;
	}
	if (v->size != 0 && v->size != 4 && v->size != 16)
		return SET_WRONG_LENGTH;
	memset(a->bytes, 0, sizeof(a->bytes));
	if (v->size)
		memcpy(a->bytes, v->bytes, v->size);
	return SET_OK;
}

static enum set_error set_value(struct row *r, const struct object *o, const struct set_var *v)
{
	const struct column *c = o->column;

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		return set_text(r, c, v);
	case TYPE_BOOL: /* TruthValue */
		if (v->number != 1 && v->number != 2)
			return SET_WRONG_VALUE;
		return set_number(r, c, v->number == 1);
	case TYPE_INT:
	case TYPE_ENUM:
		return set_number(r, c, v->number);
	case TYPE_UINT:
		return set_number(r, c, v->number);
	case TYPE_USEC:
		return set_number(r, c, v->number * (int64_t)(c->scale ? c->scale : 1));
	case TYPE_ADDR:
		return set_addr(r, o, v);
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_VIEW:
		break;
	}
	return SET_NOT_WRITABLE;
}

enum set_error set_add(struct set *s, const struct set_var *v)
{
	const struct object *o = object_find(v->name, v->len);
	const struct row *there;
	size_t i;

	if (!o || o->column->class != CLASS_CONFIG || !o->column->set)
		return SET_NOT_WRITABLE;
	if (v->type != wanted_type(o))
		return SET_WRONG_TYPE;
	there = get_row(s->view, o, v->name + o->len, v->len - o->len);
	if (!there) {
		/* The value is judged before the name (RFC 3416 section 4.2.5). */
		struct row *any = row_new(o->table);
		enum set_error e = set_value(any, o, v);

		row_free(any);
		return e != SET_OK ? e : SET_NO_CREATION;
	}
	i = edit_of(s, there);
	s->edits[i].mask |= (column_mask)1 << (o->column - o->table->columns);
	s->vars = grown(s->vars, s->nvars, sizeof(*s->vars));
	s->vars[s->nvars].edit = i;
	s->vars[s->nvars++].object = o;
	return set_value(s->edits[i].row, o, v);
}

static enum set_error error_of(const struct refusal *why)
{
	switch (why->kind) {
	case REFUSAL_VALUE:
		return SET_WRONG_VALUE;
	case REFUSAL_INCONSISTENT:
		return SET_INCONSISTENT_VALUE;
	case REFUSAL_NAME:
		return SET_INCONSISTENT_NAME;
	case REFUSAL_READONLY:
		return SET_NOT_WRITABLE;
	case REFUSAL_STORE:
		return SET_COMMIT_FAILED;
	case REFUSAL_BUSY:
		return SET_RESOURCE_UNAVAILABLE;
	case REFUSAL_NONE:
		break;
	}
	return SET_GEN_ERR;
}

/* How well a variable fits the refusal: 2 the column, 1 the row, 0 not at all. */
static int blame(const struct set *s, size_t var, const struct refusal *why)
{
	const struct row *r = s->edits[s->vars[var].edit].row;
	const struct object *o = s->vars[var].object;
	char text[ROW_TEXT_SIZE];

	if (!why->table || why->table != r->table || strcmp(why->row, row_format(r, text)) != 0)
		return 0;
	return 1 + (why->column == o->column - o->table->columns);
}

static size_t culprit(const struct set *s, const struct refusal *why)
{
	size_t best = 0;
	int fit = 0;

	for (size_t i = 0; i < s->nvars; i++) {
		int f = blame(s, i, why);

		if (f > fit) {
			fit = f;
			best = i;
		}
	}
	return best;
}

static enum set_error refused(
    const struct set *s, const char *what, const struct refusal *why, size_t *var)
{
	*var = culprit(s, why);
	log_info("SET %s: %s%s%s", what, why->row, *why->row ? ": " : "", why->reason);
	return error_of(why);
}

/* An address whose type and length do not belong together. */
static bool bad_addr(const struct set *s, size_t var)
{
	const struct object *o = s->vars[var].object;
	const struct addr *a;
	struct addr again;

	if (o->column->type != TYPE_ADDR)
		return false;
	a = COLUMN_PTR(s->edits[s->vars[var].edit].row, o->column);
	again = addr_from_bytes(a->bytes, addr_len(a));
	return memcmp(&again, a, sizeof(again)) != 0;
}

enum set_error set_prepare(struct set *s, size_t *var)
{
	struct refusal why = {0};

	for (size_t i = 0; i < s->nvars; i++) {
		if (bad_addr(s, i)) {
			*var = i;
			return SET_INCONSISTENT_VALUE;
		}
	}
	if (!s->hub->call(s->hub->arg, REQUEST_PREPARE, s->edits, s->nedits, &why))
		return refused(s, "refused", &why, var);
	s->phase = PHASE_PREPARED;
	return SET_OK;
}

/* Writes the edited columns into the agent's own rows, as they are in `rows`. */
static void write_through(const struct set *s, bool after)
{
	for (size_t i = 0; i < s->nedits; i++) {
		const struct edit *e = &s->edits[i];
		struct row *r = store_find(s->view->store, e->row);

		if (r)
			row_copy_columns(r, after ? e->row : s->before[i], e->mask);
	}
}

enum set_error set_commit(struct set *s, size_t *var)
{
	struct refusal why = {0};

	*var = 0;
	if (s->phase != PHASE_PREPARED)
		return SET_GEN_ERR;
	if (!s->hub->call(s->hub->arg, REQUEST_COMMIT, NULL, 0, &why)) {
		refused(s, "failed", &why, var);
		return SET_COMMIT_FAILED;
	}
	s->phase = PHASE_COMMITTED;
	write_through(s, true);
	return SET_OK;
}

enum set_error set_undo(struct set *s)
{
	struct refusal why = {0};

	if (s->phase != PHASE_COMMITTED)
		return SET_OK;
	if (!s->hub->call(s->hub->arg, REQUEST_UNDO, NULL, 0, &why)) {
		log_error("SET not taken back: %s", why.reason);
		return SET_UNDO_FAILED;
	}
	s->phase = PHASE_PREPARED;
	write_through(s, false);
	return SET_OK;
}
