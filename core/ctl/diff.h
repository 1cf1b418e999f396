/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `directorctl diff` and `export`: what runs beside what the file says, and what runs as a file.
 *
 * The store of a session has all rows, those in effect and those that are not (belong.h).
 */
#ifndef CTL_DIFF_H
#define CTL_DIFF_H

#include "core/config/config.h"
#include "core/ctl/value.h"

/*
 * A line for each difference, in the order of the tables and keys: "~ ROW: COLUMN: FILE -> RUNNING" where both
 * have the row, "+ ROW" and "+ ROW: COLUMN: RUNNING" where only what runs has it, "- ROW" and so on where only
 * the file has it.  The number of differences.
 */
size_t diff_text(FILE *out, const struct store *file, const struct store *running);
/* An array of objects, one for each row that differs.  indent: of the closing bracket. */
size_t diff_json(FILE *out, const struct store *file, const struct store *running, unsigned indent);

/*
 * The rows in effect as a file, behind a comment that names those that are not.  False if out could not be
 * written.
 */
bool export_text(FILE *out, const struct style *s, const struct store *running, bool secrets);

#endif
