/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second layer of the configuration, in memory: values that SNMP or directorctl set and that win over
 * the file.  They are kept by names and as text, also while the file has no row for them: if the row comes
 * back, so does the value.
 */
#ifndef DIRECTOR_OVERRIDES_H
#define DIRECTOR_OVERRIDES_H

#include "core/model/row.h"

struct overrides;

struct overrides *overrides_new(void);
void overrides_delete(struct overrides *o); /* NULL is allowed */
/* value NULL removes. */
void overrides_put(
    struct overrides *o, const char *table, const char *key, const char *column, const char *value);
/* NULL if the file's value is good. */
const char *overrides_get(const struct overrides *o, const struct row *r, const struct column *c);
/*
 * Sets the values in a store of the file's rows.  What does not fit (no such row, or the value is now
 * refused) is left out and reported through skipped().
 */
void overrides_apply(const struct overrides *o, struct store *s,
    void (*skipped)(const char *text, void *arg), void *arg);

#endif
