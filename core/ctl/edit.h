/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `add`, `set` and `delete` ask for, one on the command line or many in a file: rows of one
 * transaction, each with the line that it came from.
 */
#ifndef CTL_EDIT_H
#define CTL_EDIT_H

#include <stdio.h>
#include "core/model/engine.h"

struct edits {
	const char *file; /* for messages; NULL: the command line */
	struct edit *list;
	unsigned *lines; /* of each */
	size_t n, size;
};

/*
 * Reads "add|set|delete TABLE KEY... COLUMN=VALUE...", in which the words of a key may be one or several.
 * False after telling why; *status is then the exit status.
 */
bool edits_add(struct edits *e, unsigned line, char **argv, int argc, FILE *err, int *status);
/*
 * The same from a file, one in a line.  Blanks stand in "..."; empty lines, and those that begin with #, are
 * passed over.
 */
bool edits_read(struct edits *e, FILE *in, FILE *err, int *status);
/* Takes the row. */
struct edit *edits_put(struct edits *e, unsigned line, struct row *row);
void edits_clear(struct edits *e);

/* The row of "TABLE KEY..."; NULL after telling why. */
struct row *edit_row(char **argv, int argc, FILE *err);
/* "directorctl: " or "directorctl: FILE:LINE: " */
void edit_place(const struct edits *e, unsigned line, FILE *err);
/* The line of the edit that a refusal is about; 0: none of a file. */
unsigned edits_blamed(const struct edits *e, const struct refusal *r);

#endif
