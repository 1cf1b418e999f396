/* SPDX-License-Identifier: BSD-2-Clause */
/* See grid.h. */
#include "core/ctl/grid.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2
#define MAX_COLUMNS 128
#define MAX_HEADER 6	  /* lines */
#define NARROWEST_WRAP 20 /* a text is not made narrower than this */
#define NARROWEST 40	  /* a terminal narrower than this is not taken seriously */
#define BELOW 4

struct cell {
	char *text;
	enum paint paint;
};

struct grid_col {
	char *lines[MAX_HEADER];
	unsigned nlines, width;
	enum grid_flags flags;
};

struct grid {
	unsigned indent, ncolumns;
	struct grid_col columns[MAX_COLUMNS];
	struct cell *cells;
	size_t ncells, size;
};

void paint(FILE *out, const struct style *s, enum paint p, const char *text)
{
	static const char *const codes[] = {[PAINT_NONE] = NULL,
	    [PAINT_GOOD] = "32",
	    [PAINT_BAD] = "1;31",
	    [PAINT_WARN] = "33",
	    [PAINT_DIM] = "2",
	    [PAINT_HEAD] = "1"};

	if (s->colour && codes[p])
		fprintf(out, "\033[%sm%s\033[0m", codes[p], text);
	else
		fputs(text, out);
}

unsigned text_width(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

char *text_clean(char *to, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		to[n++] = (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text;
	to[n] = '\0';
	return to;
}

static char *copy(const char *text, size_t len)
{
	char *s = strndup(text, len);

	if (!s)
		abort();
	return s;
}

struct grid *grid_new(unsigned indent)
{
	struct grid *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->indent = indent;
	return g;
}

void grid_free(struct grid *g)
{
	for (size_t i = 0; i < g->ncells; i++)
		free(g->cells[i].text);
	free(g->cells);
	for (unsigned c = 0; c < g->ncolumns; c++)
		for (unsigned i = 0; i < g->columns[c].nlines; i++)
			free(g->columns[c].lines[i]);
	free(g);
}

static void widen(struct grid_col *c, const char *text)
{
	unsigned w = text_width(text);

	if (w > c->width)
		c->width = w;
}

static void header_line(struct grid_col *c, const char *text, size_t len)
{
	if (c->nlines == MAX_HEADER)
		return;
	c->lines[c->nlines] = copy(text, len);
	widen(c, c->lines[c->nlines++]);
}

/* The header's words are put into lines when all cells are known; until then a word a line. */
void grid_column(struct grid *g, const char *header, const char *unit, enum grid_flags flags)
{
	struct grid_col *c = &g->columns[g->ncolumns];
	char text[32];
	size_t n;

	if (g->ncolumns == MAX_COLUMNS)
		abort();
	g->ncolumns++;
	c->flags = flags;
	for (; *header; header += n + (header[n] == '_')) {
		n = strcspn(header, "_");
		header_line(c, header, n);
	}
	if (unit) {
		snprintf(text, sizeof(text), "(%s)", unit);
		header_line(c, text, strlen(text));
	}
}

void grid_cell(struct grid *g, enum paint p, const char *text)
{
	if (g->ncells == g->size) {
		g->size = g->size ? g->size * 2 : 256;
		g->cells = reallocarray(g->cells, g->size, sizeof(*g->cells));
		if (!g->cells)
			abort();
	}
	widen(&g->columns[g->ncells % g->ncolumns], text);
	g->cells[g->ncells++] = (struct cell){copy(text, strlen(text)), p};
}

void grid_cellf(struct grid *g, enum paint p, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	grid_cell(g, p, buf);
}

size_t grid_rows(const struct grid *g)
{
	return g->ncolumns ? g->ncells / g->ncolumns : 0;
}

/* Joins words of a header while the column is wide enough for them. */
static void join_header(struct grid_col *c)
{
	unsigned n = 0;

	for (unsigned i = 1; i < c->nlines; i++) {
		char *joined;

		if (text_width(c->lines[n]) + 1 + text_width(c->lines[i]) > c->width) {
			c->lines[++n] = c->lines[i];
			continue;
		}
		if (asprintf(&joined, "%s %s", c->lines[n], c->lines[i]) < 0)
			abort();
		free(c->lines[n]);
		free(c->lines[i]);
		c->lines[n] = joined;
	}
	c->nlines = c->nlines ? n + 1 : 0;
}

static unsigned total_width(const struct grid *g)
{
	unsigned w = g->indent;

	for (unsigned c = 0; c < g->ncolumns; c++)
		w += g->columns[c].width + (c ? GAP : 0);
	return w;
}

/* The width that columns with long texts are to have, so that all fits; and what is then too much. */
static unsigned shrink(const struct grid *g, unsigned limit, unsigned widths[MAX_COLUMNS])
{
	unsigned total = total_width(g);

	for (unsigned c = 0; c < g->ncolumns; c++)
		widths[c] = g->columns[c].width;
	for (unsigned c = g->ncolumns; c-- > 0 && limit && total > limit;) {
		unsigned over = total - limit, least = NARROWEST_WRAP;

		if (!(g->columns[c].flags & GRID_WRAP) || widths[c] <= least)
			continue;
		over = over < widths[c] - least ? over : widths[c] - least;
		widths[c] -= over;
		total -= over;
	}
	return limit && total > limit ? total - limit : 0;
}

bool grid_fits(struct grid *g, unsigned width)
{
	unsigned widths[MAX_COLUMNS];

	return shrink(g, width, widths) == 0;
}

static void pad(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

/* How many bytes of text go into a line of this width: whole words, if there are blanks to break at. */
static size_t line_length(const char *text, unsigned width)
{
	size_t n = 0, blank = 0;
	unsigned w = 0;

	for (; text[n]; n++) {
		w += ((unsigned char)text[n] & 0xc0) != 0x80;
		if (w > width)
			return blank ? blank : n;
		if (text[n] == ' ')
			blank = n;
	}
	return n;
}

/* One line of a cell; *at is where the text goes on. */
static void print_cell(FILE *out, const struct style *s, enum paint p, const char **at,
    unsigned width, bool right, bool last)
{
	size_t n = line_length(*at, width);
	char *line = copy(*at, n);
	unsigned w = text_width(line);

	if (right)
		pad(out, width - w);
	if (*line)
		paint(out, s, p, line);
	if (!right && !last)
		pad(out, width - w);
	*at += n;
	while (**at == ' ')
		(*at)++;
	free(line);
}

/* Prints one row of texts; more than one line where some are wrapped. */
static void print_row(const struct grid *g, FILE *out, const struct style *s,
    const struct cell *cells, const unsigned *widths)
{
	const char *at[MAX_COLUMNS];
	bool more = true;

	for (unsigned c = 0; c < g->ncolumns; c++)
		at[c] = cells[c].text;
	while (more) {
		unsigned last = 0;

		more = false;
		for (unsigned c = 0; c < g->ncolumns; c++)
			if (*at[c] && widths[c])
				last = c;
		pad(out, g->indent);
		for (unsigned c = 0; c <= last; c++) {
			if (!widths[c])
				continue;
			print_cell(out, s, cells[c].paint, &at[c], widths[c],
			    g->columns[c].flags & GRID_RIGHT, c == last);
			if (c < last)
				pad(out, GAP);
			more |= *at[c] != '\0';
		}
		fputc('\n', out);
	}
}

static void print_header(
    const struct grid *g, FILE *out, const struct style *s, const unsigned *widths)
{
	static char nothing[1];
	struct cell cells[MAX_COLUMNS];
	unsigned lines = 0;

	for (unsigned c = 0; c < g->ncolumns; c++)
		if (widths[c] && g->columns[c].nlines > lines)
			lines = g->columns[c].nlines;
	for (unsigned i = 0; i < lines; i++) {
		for (unsigned c = 0; c < g->ncolumns; c++) {
			const struct grid_col *col = &g->columns[c];

			cells[c].text = i < col->nlines ? col->lines[i] : nothing;
			cells[c].paint = PAINT_HEAD;
		}
		print_row(g, out, s, cells, widths);
	}
}

/* The long texts of a row in lines of their own, "why: ...". */
static void print_below(const struct grid *g, FILE *out, const struct style *s,
    const struct cell *cells, const unsigned *widths)
{
	unsigned indent = g->indent + BELOW, width = s->width - indent;

	for (unsigned c = 0; c < g->ncolumns; c++) {
		const char *at = cells[c].text;
		unsigned name = g->columns[c].nlines ? text_width(g->columns[c].lines[0]) + 2 : 0;

		if (widths[c] || !*at)
			continue;
		pad(out, indent);
		if (name)
			fprintf(out, "%s: ", g->columns[c].lines[0]);
		while (*at) {
			print_cell(out, s, cells[c].paint, &at, width - name, false, true);
			fputc('\n', out);
			if (*at)
				pad(out, indent + name);
		}
	}
}

/*
 * Where even wrapped texts leave no room, they are put below their rows (width 0: not in the row).  True if
 * so.
 */
static bool put_below(const struct grid *g, unsigned limit, unsigned *widths)
{
	if (shrink(g, limit, widths) == 0 || limit < NARROWEST)
		return false;
	for (unsigned c = 0; c < g->ncolumns; c++)
		widths[c] = g->columns[c].flags & GRID_WRAP ? 0 : g->columns[c].width;
	return true;
}

void grid_print(struct grid *g, FILE *out, const struct style *s)
{
	unsigned widths[MAX_COLUMNS];
	bool below;

	for (unsigned c = 0; c < g->ncolumns; c++)
		join_header(&g->columns[c]);
	below = put_below(g, s->width, widths);
	print_header(g, out, s, widths);
	for (size_t r = 0; r < grid_rows(g); r++) {
		const struct cell *cells = &g->cells[r * g->ncolumns];

		print_row(g, out, s, cells, widths);
		if (below)
			print_below(g, out, s, cells, widths);
	}
}
