/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values as people and as programs read them: the same columns, once with ages and in handy units, once as
 * JSON with times in seconds.
 */
#ifndef CTL_VALUE_H
#define CTL_VALUE_H

#include "core/ctl/grid.h"
#include "core/model/row.h"

#define VALUE_SIZE 340

/* "3m 12s", the two greatest units; "never" for USEC_NEVER.  Returns buf. */
#define AGE_SIZE 32
char *age_format(usec_t age, char buf[AGE_SIZE]);
/* "2026-11-22 04:05:06" in local time.  Returns buf. */
#define DATE_SIZE 32
char *date_format(usec_t wall, char buf[DATE_SIZE]);
/* "1.2M", powers of 1000.  Returns buf. */
#define AMOUNT_SIZE 16
char *amount_format(uint64_t n, char buf[AMOUNT_SIZE]);

/* For people.  Returns buf. */
char *value_text(
    const struct row *r, const struct column *c, const struct style *s, char buf[VALUE_SIZE]);
/* The unit of value_text(), or NULL if there is none or the column's name says it. */
const char *value_unit(const struct column *c);
/* Good, bad or to be looked at: of states. */
enum paint value_paint(const struct row *r, const struct column *c);
/* To be aligned to the right? */
bool value_is_number(const struct column *c);

void json_string(FILE *out, const char *text);
/*
 * A JSON value: numbers and booleans as such, words and texts as strings, an address that is not set as null;
 * durations in seconds, points in time in seconds since 1970 (null: never); secrets as "***".
 */
void value_json(FILE *out, const struct row *r, const struct column *c, const struct style *s);

#endif
