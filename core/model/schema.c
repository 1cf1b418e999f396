/* SPDX-License-Identifier: BSD-2-Clause */
/* See schema.h: the tables made from schema.def and enums.def, and lookups in them. */
#include "core/model/schema.h"

#include <string.h>

#define ENUM_BEGIN(name) static const struct enum_word words_##name[] = {
#define ENUM_VALUE(name, constant, number, word) {number, word},
#define ENUM_END(name)                                                                             \
	{                                                                                          \
		0, NULL                                                                            \
	}                                                                                          \
	}                                                                                          \
	;                                                                                          \
	const struct enumeration enumeration_##name = {#name, words_##name};
#include "core/model/enums.def"

/*
 * A column's attributes may override the zeros before them: .max of a NAME, for one.
 * gcc and clang warn of that by default in -Wextra (-Woverride-init), so nothing is set twice here:
 * what depends on the type is filled in by readers (see column_max()).
 */
#define TABLE(t, ...) static const struct column columns_##t[] = {
#define COL(t, c, ctype, a, cls, text, ...)                                                        \
	{.name = #c,                                                                               \
	    .type = TYPE_##ctype,                                                                  \
	    .class = CLASS_##cls,                                                                  \
	    .offset = offsetof(struct t, c),                                                       \
	    .size = sizeof(((struct t *)NULL)->c),                                                 \
	    .arc = a,                                                                              \
	    .help = text,                                                                          \
	    __VA_ARGS__},
#define COL_ENUM(t, c, e, a, cls, text, ...)                                                       \
	{.name = #c,                                                                               \
	    .type = TYPE_ENUM,                                                                     \
	    .class = CLASS_##cls,                                                                  \
	    .offset = offsetof(struct t, c),                                                       \
	    .size = sizeof(((struct t *)NULL)->c),                                                 \
	    .arc = a,                                                                              \
	    .words = &enumeration_##e,                                                             \
	    .help = text,                                                                          \
	    __VA_ARGS__},
#define VIEW(t, c, a, o, text)                                                                     \
	{.name = #c,                                                                               \
	    .type = TYPE_VIEW,                                                                     \
	    .class = CLASS_VIEW,                                                                   \
	    .offset = offsetof(struct t, o),                                                       \
	    .arc = a,                                                                              \
	    .of = #o,                                                                              \
	    .help = text},
#define END(t)                                                                                     \
	}                                                                                          \
	;
#define EVENT(...)
#include "core/model/schema.def"
#undef TABLE
#undef COL
#undef COL_ENUM
#undef VIEW
#undef END
#undef EVENT

#define KEYS_KEY +1
#define KEYS_CONFIG
#define KEYS_STATE

#define TABLE(t, text, ...)                                                                        \
	[TABLE_##t] = {.name = #t,                                                                 \
	    .help = text,                                                                          \
	    .columns = columns_##t,                                                                \
	    .id = TABLE_##t,                                                                       \
	    .ncolumns = COLS_##t,                                                                  \
	    .size = sizeof(struct t),                                                              \
	    __VA_ARGS__,                                                                           \
	    .keys = 0
#define COL(t, c, ctype, a, cls, ...) KEYS_##cls
#define COL_ENUM(t, c, e, a, cls, ...) KEYS_##cls
#define VIEW(...)
#define END(t)                                                                                     \
	}                                                                                          \
	,
#define EVENT(...)
const struct table tables[TABLE_COUNT] = {
#include "core/model/schema.def"
};
#undef TABLE
#undef COL
#undef COL_ENUM
#undef VIEW
#undef END
#undef EVENT

#define TABLE(...)
#define COL(...)
#define COL_ENUM(...)
#define VIEW(...)
#define END(...)
#define EVENT(k, m, t, c, text, ...)                                                               \
	{.kind = k, .mib = m, .table = TABLE_##t, .column = #c, .help = text, __VA_ARGS__},
const struct event_info event_infos[] = {
#include "core/model/schema.def"
    {.mib = NULL}};

const char *const event_columns[] = {
    "number", "time", "subject", "old_state", "new_state", "reason", NULL};

const char *enum_word(const struct enumeration *e, int32_t number)
{
	for (const struct enum_word *w = e->words; w->word; w++)
		if (w->number == number)
			return w->word;
	return "?";
}

bool enum_number(const struct enumeration *e, const char *word, int32_t *number)
{
	for (const struct enum_word *w = e->words; w->word; w++) {
		if (strcmp(w->word, word) == 0) {
			*number = w->number;
			return true;
		}
	}
	return false;
}

const char *change_origin_words(enum change_origin o)
{
	switch (o) {
	case ORIGIN_FILE:
		return "the file";
	case ORIGIN_SNMP:
		return "SNMP";
	case ORIGIN_CONTROL:
		return "directorctl";
	case ORIGIN_UNDO:
		return "directord, undoing an earlier change";
	}
	return "?";
}

bool enum_has(const struct enumeration *e, int32_t number)
{
	for (const struct enum_word *w = e->words; w->word; w++)
		if (w->number == number)
			return true;
	return false;
}

const struct event_info *event_info_find(enum event_kind kind)
{
	for (const struct event_info *i = event_infos; i->mib; i++)
		if (i->kind == kind)
			return i;
	return NULL;
}

const struct table *table_find(const char *name)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strcmp(tables[i].name, name) == 0)
			return &tables[i];
	return NULL;
}

const struct column *table_column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return &t->columns[i];
	return NULL;
}

bool column_writable(const struct column *c)
{
	return c->class == CLASS_CONFIG ? !c->file_only : c->set;
}

const struct column *table_status(const struct table *t)
{
	/* it is among the last */
	for (size_t i = t->config ? t->ncolumns : 0; i-- > 0;)
		if (t->columns[i].words == &enumeration_row_status)
			return &t->columns[i];
	return NULL;
}

bool table_is_of_file(const struct table *t)
{
	bool said = false, by_file = false;

	for (size_t i = 0; i < t->ncolumns; i++) {
		const struct column *c = &t->columns[i];

		if (c->class != CLASS_CONFIG || c->words == &enumeration_row_status)
			continue;
		if (c->required && !column_writable(c))
			return true;
		said |= column_writable(c);
		by_file |= !column_writable(c);
	}
	return by_file && !said;
}

column_mask table_mask(const struct table *t, enum column_class class)
{
	column_mask m = 0;

	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->columns[i].class == class)
			m |= (column_mask)1 << i;
	return m;
}

column_mask table_owned(const struct table *t, enum process_bit owner)
{
	column_mask m = 0;

	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->columns[i].class == CLASS_STATE && (t->columns[i].owner & owner))
			m |= (column_mask)1 << i;
	return m;
}

column_mask table_shared(const struct table *t)
{
	column_mask m = 0;

	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->columns[i].shared)
			m |= (column_mask)1 << i;
	return m;
}

column_mask table_kept(const struct table *t)
{
	column_mask m = 0;

	for (size_t i = 0; i < t->ncolumns; i++)
		if (t->columns[i].kept)
			m |= (column_mask)1 << i;
	return m;
}

static uint32_t mix(uint32_t h, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len--)
		h = (h ^ *p++) * 16777619u; /* FNV-1a */
	return h;
}

static uint32_t mix_column(uint32_t h, const struct column *c)
{
	h = mix(h, c->name, strlen(c->name) + 1);
	h = mix(h, &c->type, sizeof(c->type));
	h = mix(h, &c->class, sizeof(c->class));
	h = mix(h, &c->offset, sizeof(c->offset));
	h = mix(h, &c->owner, sizeof(c->owner));
	h = mix(h, &c->max, sizeof(c->max));
	for (const struct enum_word *w = c->words ? c->words->words : NULL; w && w->word; w++) {
		h = mix(h, &w->number, sizeof(w->number));
		h = mix(h, w->word, strlen(w->word) + 1);
	}
	return h;
}

uint32_t schema_fingerprint(void)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];

		h = mix(h, t->name, strlen(t->name) + 1);
		for (size_t c = 0; c < t->ncolumns; c++)
			h = mix_column(h, &t->columns[c]);
	}
	return h;
}
