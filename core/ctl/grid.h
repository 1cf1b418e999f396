/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table on a terminal: cells with a colour, columns as wide as they need, numbers to the right.
 *
 * Headers are broken at underscores, so that a column of small numbers stays narrow.  Where the terminal is
 * too narrow, the texts of columns made with GRID_WRAP go on in the next line, or are put below their rows;
 * nothing is cut off.
 */
#ifndef CTL_GRID_H
#define CTL_GRID_H

#include <stdbool.h>
#include <stdio.h>
#include "core/base/clock.h"

/* How to write for whoever reads it. */
struct style {
	bool colour;
	unsigned width; /* of the terminal; 0: unlimited */
	usec_t now;	/* clock_now(), for ages */
	usec_t wall;	/* clock_wall() at that moment, for dates */
};

enum paint { PAINT_NONE, PAINT_GOOD, PAINT_BAD, PAINT_WARN, PAINT_DIM, PAINT_HEAD };

/* Writes text in a colour, if the style has any. */
void paint(FILE *out, const struct style *s, enum paint p, const char *text);
/* How many columns of a terminal a UTF-8 text takes. */
unsigned text_width(const char *text);
/*
 * Copies text, with a '?' for each control character: what a server answered must not reach the terminal
 * as commands.  Returns to.
 */
char *text_clean(char *to, size_t size, const char *text);

struct grid;
enum grid_flags { GRID_LEFT = 0, GRID_RIGHT = 1, GRID_WRAP = 2 };

struct grid *grid_new(unsigned indent);
void grid_free(struct grid *g);
/* Columns first; unit may be NULL. */
void grid_column(struct grid *g, const char *header, const char *unit, enum grid_flags flags);
/* Cells, row by row from the left. */
void grid_cell(struct grid *g, enum paint p, const char *text);
void grid_cellf(struct grid *g, enum paint p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
size_t grid_rows(const struct grid *g);
/* Can it be printed in the width, with texts wrapped? */
bool grid_fits(struct grid *g, unsigned width);
void grid_print(struct grid *g, FILE *out, const struct style *s);

#endif
