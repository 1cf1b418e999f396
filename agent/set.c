/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See set.h.
 *
 * Each row that the request names is copied once and the copy changed; the copies are the edits of the
 * transaction.  A row that does not exist is one too, with the schema's defaults: whether the request makes
 * it is the hub's to see, since the variable with createAndGo may come last.  When the hub has committed,
 * it has sent the rows that changed before its answer, so that a GET right after the SET reads what was
 * set.
 */
#include "agent/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/base/utf8.h"

enum set_phase { PHASE_OPEN, PHASE_PREPARED, PHASE_COMMITTED };

struct set {
	const struct view *view;
	const struct set_hub *hub;
	enum set_phase phase;
	struct edit *edits;
	size_t nedits;
	struct {
		size_t edit;
		const struct column *column; /* NULL: it stands for none */
		enum object_part part;
		size_t at;   /* in the request */
		size_t size; /* of the octets */
	} * vars;
	size_t nvars;
	size_t at;
	bool at_given;
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
	for (size_t i = 0; i < s->nedits; i++)
		row_free(s->edits[i].row);
	free(s->edits);
	free(s->vars);
	free(s);
}

/* The edit of a row; made if it is the request's first for that row, from the row as it is. */
static size_t edit_of(struct set *s, const struct row *key)
{
	const struct row *there;

	for (size_t i = 0; i < s->nedits; i++)
		if (s->edits[i].row->table == key->table && row_key_cmp(s->edits[i].row, key) == 0)
			return i;
	there = store_find(s->view->store, key);
	s->edits = grown(s->edits, s->nedits, sizeof(*s->edits));
	s->edits[s->nedits] = (struct edit){.row = row_copy(there ? there : key)};
	return s->nedits++;
}

void set_at(struct set *s, size_t var)
{
	s->at = var;
	s->at_given = true;
}

static size_t place(const struct set *s)
{
	return s->at_given ? s->at : s->nvars;
}

static void tell_refusal(const struct set *s, enum set_status status, size_t var,
    const char *subject, const char *object, const char *reason)
{
	struct set_refusal r = {status, var, subject, object, reason};

	log_info("SET refused (%s, variable %zu): %s%s%s%s%s",
	    enum_word(&enumeration_set_status, (int32_t)status), var + 1, subject,
	    *subject && *object ? ", " : "", object, *subject || *object ? ": " : "", reason);
	if (s->hub->refused)
		s->hub->refused(s->hub->arg, &r);
}

static int wanted_type(const struct column *c, enum object_part part)
{
	switch (c->type) {
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
		return part == PART_ADDR_TYPE ? SMI_INTEGER : SMI_OCTETS;
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

static enum set_status set_text(
    struct row *r, const struct column *c, const struct set_var *v, char why[WHY_SIZE])
{
	char *text;
	enum set_status e = SET_OK;

	snprintf(why, WHY_SIZE, "%zu octets, not %lld to %lld", v->size, (long long)column_min(c),
	    (long long)column_max(c));
	if ((int64_t)v->size < column_min(c) || (int64_t)v->size > column_max(c))
		return SET_WRONG_LENGTH;
	snprintf(why, WHY_SIZE, "has a zero octet");
	if (memchr(v->bytes ? v->bytes : "", '\0', v->size))
		return SET_WRONG_VALUE;
	text = strndup(v->bytes ? v->bytes : "", v->size);
	if (!text)
		abort();
	snprintf(why, WHY_SIZE, "is not UTF-8");
	if (!utf8_valid(text) || !column_parse(r, c, text, why))
		e = SET_WRONG_VALUE;
	free(text);
	return e;
}

/* Values that an enumeration has, but nobody can ask for. */
static bool only_read(const struct column *c, int64_t number)
{
	if (c->words == &enumeration_row_status)
		return number == STATUS_NOT_READY;
	return c->words == &enumeration_storage &&
	       (number == STORAGE_OTHER || number == STORAGE_READONLY);
}

static enum set_status set_number(
    struct row *r, const struct column *c, int64_t number, char why[WHY_SIZE])
{
	if (only_read(c, number)) {
		snprintf(why, WHY_SIZE, "%s(%lld) cannot be set",
		    enum_word(c->words, (int32_t)number), (long long)number);
		return SET_WRONG_VALUE;
	}
	snprintf(why, WHY_SIZE, "%lld is out of range", (long long)number);
	column_set_number(r, c, number);
	return column_number(r, c) == number && column_check(r, c, why) ? SET_OK : SET_WRONG_VALUE;
}

/* In the MIB's unit. */
static enum set_status set_duration(
    struct row *r, const struct column *c, int64_t number, char why[WHY_SIZE])
{
	int64_t scale = c->scale ? (int64_t)c->scale : 1;

	if (set_number(r, c, number * scale, why) == SET_OK)
		return SET_OK;
	snprintf(why, WHY_SIZE, "%lld is not in the range %lld..%lld %s", (long long)number,
	    (long long)((column_min(c) + scale - 1) / scale), (long long)(column_max(c) / scale),
	    c->units ? c->units : "");
	return SET_WRONG_VALUE;
}

/* Type and bytes of an address may come in any order; prepare() sees whether they fit together. */
static enum set_status set_addr(struct row *r, const struct column *c, enum object_part part,
    const struct set_var *v, char why[WHY_SIZE])
{
	struct addr *a = COLUMN_PTR(r, c);

	if (part == PART_ADDR_TYPE) {
		snprintf(why, WHY_SIZE, "addresses are unknown(0), ipv4(1) or ipv6(2)");
		if (v->number < ADDR_NONE || v->number > ADDR_IPV6)
			return SET_WRONG_VALUE;
		a->family = (uint8_t)v->number;
		return SET_OK;
	}
	snprintf(why, WHY_SIZE, "%zu octets, not 0, 4 or 16", v->size);
	if (v->size != 0 && v->size != 4 && v->size != 16)
		return SET_WRONG_LENGTH;
	memset(a->bytes, 0, sizeof(a->bytes));
	if (v->size)
		memcpy(a->bytes, v->bytes, v->size);
	return SET_OK;
}

static enum set_status set_value(struct row *r, const struct column *c, enum object_part part,
    const struct set_var *v, char why[WHY_SIZE])
{
	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		return set_text(r, c, v, why);
	case TYPE_BOOL: /* TruthValue */
		snprintf(why, WHY_SIZE, "is neither true(1) nor false(2)");
		if (v->number != 1 && v->number != 2)
			return SET_WRONG_VALUE;
		return set_number(r, c, v->number == 1, why);
	case TYPE_INT:
	case TYPE_ENUM:
	case TYPE_UINT:
		return set_number(r, c, v->number, why);
	case TYPE_USEC:
		return set_duration(r, c, v->number, why);
	case TYPE_ADDR:
		return set_addr(r, c, part, v, why);
	case TYPE_GAUGE:
	case TYPE_COUNT:
	case TYPE_COUNT32:
	case TYPE_WHEN:
	case TYPE_WALL:
	case TYPE_VIEW:
		break;
	}
	snprintf(why, WHY_SIZE, "is not writable");
	return SET_NOT_WRITABLE;
}

enum set_status set_refuse(struct set *s, enum set_status status, const struct row *row,
    const struct column *c, const char *reason)
{
	char text[ROW_TEXT_SIZE] = "";

	if (row)
		row_format(row, text);
	tell_refusal(s, status, place(s), text, c ? c->name : "", reason);
	return status;
}

/* The same object twice, with different values. */
static bool contradicts(const struct set *s, size_t edit, const struct column *c,
    enum object_part part, const struct row *before)
{
	for (size_t i = 0; i < s->nvars; i++)
		if (s->vars[i].edit == edit && s->vars[i].column == c && s->vars[i].part == part)
			return row_diff(before, s->edits[edit].row) != 0;
	return false;
}

static void take_var(struct set *s, size_t edit, const struct column *c, enum object_part part)
{
	if (c)
		s->edits[edit].mask |= (column_mask)1 << (c - s->edits[edit].row->table->columns);
	s->vars = grown(s->vars, s->nvars, sizeof(*s->vars));
	s->vars[s->nvars].edit = edit;
	s->vars[s->nvars].column = c;
	s->vars[s->nvars].part = part;
	s->vars[s->nvars].at = place(s);
	s->nvars++;
}

enum set_status set_column(struct set *s, const struct row *key, const struct column *c,
    enum object_part part, const struct set_var *v)
{
	char why[WHY_SIZE];
	enum set_status e;
	struct row *before;
	size_t i;

	if (!column_writable(c))
		return set_refuse(s, SET_NOT_WRITABLE, key, c, "is not writable");
	if (v->type != wanted_type(c, part))
		return set_refuse(s, SET_WRONG_TYPE, key, c, "the value has another type");
	i = edit_of(s, key);
	before = row_copy(s->edits[i].row);
	e = set_value(s->edits[i].row, c, part, v, why);
	if (e == SET_OK && contradicts(s, i, c, part, before)) {
		snprintf(why, sizeof(why), "the request sets it twice");
		e = SET_INCONSISTENT_VALUE;
	}
	row_free(before);
	if (e != SET_OK)
		return set_refuse(s, e, key, c, why);
	take_var(s, i, c, part);
	s->vars[s->nvars - 1].size = v->size;
	return SET_OK;
}

enum set_status set_wanted(struct set *s, const struct row *wanted, const struct column *c)
{
	column_mask mask = c ? (column_mask)1 << (c - wanted->table->columns) : 0;
	char why[WHY_SIZE];
	struct row *before;
	bool twice;
	size_t i;

	if (c && !column_writable(c))
		return set_refuse(s, SET_NOT_WRITABLE, wanted, c, "is not writable");
	if (c && !column_check(wanted, c, why))
		return set_refuse(s, SET_WRONG_VALUE, wanted, c, why);
	i = edit_of(s, wanted);
	before = row_copy(s->edits[i].row);
	row_copy_columns(s->edits[i].row, wanted, mask);
	twice = contradicts(s, i, c, PART_VALUE, before);
	row_free(before);
	if (twice)
		return set_refuse(
		    s, SET_INCONSISTENT_VALUE, wanted, c, "the request sets it twice");
	take_var(s, i, c, PART_VALUE);
	return SET_OK;
}

void set_implied(struct set *s, const struct row *wanted, column_mask mask)
{
	size_t i = edit_of(s, wanted);

	row_copy_columns(s->edits[i].row, wanted, mask);
	s->edits[i].mask |= mask;
}

const struct row *set_edited(const struct set *s, const struct row *key)
{
	for (size_t i = 0; i < s->nedits; i++)
		if (s->edits[i].row->table == key->table && row_key_cmp(s->edits[i].row, key) == 0)
			return s->edits[i].row;
	return NULL;
}

static enum set_status no_object(struct set *s, const struct set_var *v)
{
	char text[256] = "";

	for (size_t i = 0, n = 0; i < v->len && n + 12 < sizeof(text); i++)
		n +=
		    (size_t)snprintf(text + n, sizeof(text) - n, "%s%lu", i ? "." : "", v->name[i]);
	tell_refusal(
	    s, SET_NOT_WRITABLE, s->nvars, "", text, "there is no such object below the root");
	return SET_NOT_WRITABLE;
}

/* The value is judged before the name (RFC 3416 section 4.2.5). */
static enum set_status no_row(struct set *s, const struct object *o, const struct set_var *v)
{
	struct row *any = row_new(o->table);
	char why[WHY_SIZE];
	enum set_status e;

	if (!column_writable(o->column))
		e = set_refuse(s, SET_NOT_WRITABLE, NULL, o->column, "is not writable");
	else if (v->type != wanted_type(o->column, o->part))
		e = set_refuse(s, SET_WRONG_TYPE, NULL, o->column, "the value has another type");
	else if ((e = set_value(any, o->column, o->part, v, why)) != SET_OK)
		set_refuse(s, e, NULL, o->column, why);
	else
		e = set_refuse(s, SET_NO_CREATION, NULL, o->column, "no row can have this index");
	row_free(any);
	return e;
}

/* A name that a request makes is UTF-8; the file may have others. */
static bool can_be_made(const struct row *key)
{
	const struct column *c = &key->table->columns[0];

	return table_status(key->table) &&
	       (c->type != TYPE_NAME || c->ref || utf8_valid(column_text(key, c)));
}

enum set_status set_add(struct set *s, const struct set_var *v)
{
	const struct object *o = object_find(v->name, v->len);
	struct row *key;
	enum set_status e;

	if (!o)
		return no_object(s, v);
	key = row_new(o->table);
	if (!index_decode(key, v->name + o->len, v->len - o->len) ||
	    (!can_be_made(key) && !store_find(s->view->store, key)))
		e = no_row(s, o, v);
	else
		e = set_column(s, key, o->column, o->part, v);
	row_free(key);
	return e;
}

static enum set_status error_of(const struct refusal *why)
{
	switch (why->kind) {
	case REFUSAL_VALUE: /* one of the index is no variable's value */
		if (why->table && why->column >= 0 &&
		    why->table->columns[why->column].class == CLASS_KEY)
			return SET_NO_CREATION;
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
	char text[ROW_TEXT_SIZE];

	if (!why->table || why->table != r->table || strcmp(why->row, row_format(r, text)) != 0)
		return 0;
	return 1 + (s->vars[var].column && why->column == s->vars[var].column - r->table->columns);
}

/* Nothing fits: a row that was not named is wrong because of one that was; a status is the likeliest. */
static size_t culprit(const struct set *s, const struct refusal *why)
{
	size_t best = 0;
	int fit = 0;

	for (size_t i = 0; i < s->nvars; i++) {
		const struct column *c = s->vars[i].column;
		int f = 2 * blame(s, i, why) +
			(c && c == table_status(s->edits[s->vars[i].edit].row->table));

		if (f > fit) {
			fit = f;
			best = i;
		}
	}
	return s->nvars ? s->vars[best].at : 0;
}

static enum set_status refused(struct set *s, const struct refusal *why, size_t *var)
{
	const char *column =
	    why->table && why->column >= 0 ? why->table->columns[why->column].name : "";

	*var = culprit(s, why);
	tell_refusal(s, error_of(why), *var, why->row, column, why->reason);
	return error_of(why);
}

/* The octets of the address that goes with this variable, which sets its type: the request's, or those there are. */
static size_t octets_with(const struct set *s, size_t var)
{
	const struct column *c = s->vars[var].column;
	const struct row *there = store_find(s->view->store, s->edits[s->vars[var].edit].row);

	for (size_t i = 0; i < s->nvars; i++)
		if (s->vars[i].edit == s->vars[var].edit && s->vars[i].column == c &&
		    s->vars[i].part == PART_ADDR_BYTES)
			return s->vars[i].size;
	return there ? addr_len(COLUMN_PTR(there, c)) : 0;
}

/* An address whose type and length do not belong together. */
static bool bad_addr(const struct set *s, size_t var)
{
	const struct column *c = s->vars[var].column;
	size_t size;

	if (!c || c->type != TYPE_ADDR || s->vars[var].part == PART_VALUE)
		return false;
	size = s->vars[var].part == PART_ADDR_BYTES ? s->vars[var].size : octets_with(s, var);
	return size != addr_len(COLUMN_PTR(s->edits[s->vars[var].edit].row, c));
}

enum set_status set_prepare(struct set *s, size_t *var)
{
	struct refusal why = {0};
	char text[ROW_TEXT_SIZE];

	for (size_t i = 0; i < s->nvars; i++) {
		if (!bad_addr(s, i))
			continue;
		*var = s->vars[i].at;
		tell_refusal(s, SET_INCONSISTENT_VALUE, *var,
		    row_format(s->edits[s->vars[i].edit].row, text), s->vars[i].column->name,
		    "the address is not of the type");
		return SET_INCONSISTENT_VALUE;
	}
	if (!s->hub->call(s->hub->arg, REQUEST_PREPARE, s->edits, s->nedits, &why))
		return refused(s, &why, var);
	s->phase = PHASE_PREPARED;
	return SET_OK;
}

enum set_status set_commit(struct set *s, size_t *var)
{
	struct refusal why = {0};

	*var = 0;
	if (s->phase != PHASE_PREPARED)
		return SET_GEN_ERR;
	if (!s->hub->call(s->hub->arg, REQUEST_COMMIT, NULL, 0, &why)) {
		why.kind = REFUSAL_STORE; /* whatever it was, it came too late for another answer */
		return refused(s, &why, var);
	}
	s->phase = PHASE_COMMITTED;
	return SET_OK;
}

enum set_status set_undo(struct set *s)
{
	struct refusal why = {0};

	if (s->phase != PHASE_COMMITTED)
		return SET_OK;
	if (!s->hub->call(s->hub->arg, REQUEST_UNDO, NULL, 0, &why)) {
		log_error("SET not taken back: %s", why.reason);
		return SET_UNDO_FAILED;
	}
	s->phase = PHASE_PREPARED;
	return SET_OK;
}
