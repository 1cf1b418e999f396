/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second layer of the configuration, in memory: values that SNMP or directorctl set and that win over
 * the file.  They are kept by names and as text, also while the file has no row for them: if the row comes
 * back, so does the value.  A row that was made by a SET has a value of its column `storage`, which no row
 * of the file has.
 */
#ifndef DIRECTOR_OVERRIDES_H
#define DIRECTOR_OVERRIDES_H

#include "core/model/row.h"

struct overrides;

/* One value, as it is read from the disk: all strings are its own. */
struct override {
	char *table, *key, *column, *value;
};
/* Frees a list of them and what they have. */
void overrides_free(struct override *list, size_t n);

struct overrides *overrides_new(void);
void overrides_delete(struct overrides *o); /* NULL is allowed */
/* value NULL removes. */
void overrides_put(
    struct overrides *o, const char *table, const char *key, const char *column, const char *value);
/* NULL if the file's value is good. */
const char *overrides_get(const struct overrides *o, const struct row *r, const struct column *c);
/* What the file says where a value wins over it; NULL: not known, or the row is not of the file. */
const char *overrides_base(const struct overrides *o, const struct row *r, const struct column *c);
void overrides_set_base(
    struct overrides *o, const char *table, const char *key, const char *column, const char *base);
/* Calls each() for every value; a row's values come one after the other. */
void overrides_each(const struct overrides *o,
    void (*each)(
	const char *table, const char *key, const char *column, const char *value, void *arg),
    void *arg);
/*
 * Puts all of it over the file's rows, which are in `running`: values changed, rows made, rows taken out of
 * service and so moved to `parked`.  What does not fit (no such row, or the value is now refused) is left
 * out and reported through skipped().
 */
void overrides_apply(struct overrides *o, struct store *running, struct store *parked,
    void (*skipped)(const char *text, void *arg), void *arg);
/*
 * What was set in a volatile row ends with that row: when the file has it now, the row is the file's, as after a
 * start, and what is set in it from now on is kept.  To be called when the rows are in effect; until then
 * overrides_apply() passes over such values.
 */
void overrides_forget_volatile(
    struct overrides *o, const struct store *running, const struct store *parked);

#endif
