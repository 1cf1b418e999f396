/* SPDX-License-Identifier: BSD-2-Clause */
/* `directorctl show TABLE` and `tables`: any table of the schema, as text or JSON. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "core/ctl/value.h"

/* A table by its name; '-' for '_', and `events` for event_log, are taken.  NULL if there is none. */
const struct table *show_table_find(const char *name);

/* What of a table is to be shown: rows for which all conditions hold. */
struct filter {
	const struct column *column; /* NULL: any column of the key */
	bool negated;
	const char *value; /* as column_format() has it */
};
#define MAX_FILTERS 16
struct selection {
	const struct table *table;
	struct filter filters[MAX_FILTERS];
	size_t nfilters;
	bool all; /* all columns */
};

/* Reads "COLUMN=VALUE", "COLUMN!=VALUE" or a word of the key.  False with a reason. */
bool selection_add(struct selection *s, const char *text, char why[WHY_SIZE]);
bool selection_has(const struct selection *s, const struct row *r);
/* The columns that are shown without --all: those that most questions are about. */
bool show_by_default(const struct table *t, const struct column *c);

/* Rows as a table, or, where that is wider than the terminal, one block a row.  Says what it leaves out. */
void show_text(
    FILE *out, const struct style *s, const struct store *store, const struct selection *sel);
/* An array of objects with all columns.  indent: of the closing bracket. */
void show_json(FILE *out, const struct style *s, const struct store *store,
    const struct selection *sel, unsigned indent);
/* One object, without a line end behind it. */
void show_json_row(
    FILE *out, const struct style *s, const struct row *r, unsigned indent, bool lines);

/* The list of tables, or the columns of one. */
void show_tables(FILE *out, const struct style *s);
void show_columns(FILE *out, const struct style *s, const struct table *t);

#endif
