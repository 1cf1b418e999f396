/* SPDX-License-Identifier: BSD-2-Clause */
/* See place.h. */
#include "core/config/place.h"

#include <stdlib.h>
#include <string.h>

#define ERRORS_MAX 50

void diagnosis_clear(struct diagnosis *d)
{
	for (unsigned i = 0; i < d->nfiles; i++)
		free(d->files[i]);
	free(d->files);
	d->files = NULL;
	d->nfiles = 0;
}

uint16_t diagnosis_file(struct diagnosis *d, const char *path)
{
	char **files;

	for (unsigned i = 0; i < d->nfiles; i++)
		if (strcmp(d->files[i], path) == 0)
			return (uint16_t)i;
	if (d->nfiles == UINT16_MAX)
		return UINT16_MAX - 1; /* a wrong name in a message is all that follows */
	files = realloc(d->files, (d->nfiles + 1) * sizeof(*files));
	if (!files)
		abort();
	d->files = files;
	d->files[d->nfiles] = strdup(path);
	if (!d->files[d->nfiles])
		abort();
	return (uint16_t)d->nfiles++;
}

const char *diagnosis_path(const struct diagnosis *d, uint16_t file)
{
	return file < d->nfiles ? d->files[file] : "?";
}

static void say(const struct diagnosis *d, struct place at, const char *mark, const char *fmt,
    va_list ap, char text[1024]) __attribute__((format(printf, 4, 0)));

static void say(const struct diagnosis *d, struct place at, const char *mark, const char *fmt,
    va_list ap, char text[1024])
{
	int n = snprintf(
	    text, 1024, "%s:%u:%u: %s", diagnosis_path(d, at.file), at.line, at.column, mark);

	if (n > 0 && n < 1024)
		vsnprintf(text + n, (size_t)(1024 - n), fmt, ap);
}

void diagnosis_error(struct diagnosis *d, struct place at, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (diagnosis_stop(d))
		return;
	va_start(ap, fmt);
	say(d, at, d->errors ? "error: " : "", fmt, ap, d->errors ? text : d->err->text);
	va_end(ap);
	if (d->errors++ && d->warn)
		d->warn(text, d->arg);
}

void diagnosis_warn(struct diagnosis *d, struct place at, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!d->warn)
		return;
	va_start(ap, fmt);
	say(d, at, "", fmt, ap, text);
	va_end(ap);
	d->warn(text, d->arg);
}

void diagnosis_finish(struct diagnosis *d)
{
	size_t n;

	if (d->errors < 2)
		return;
	n = strlen(d->err->text);
	snprintf(d->err->text + n, sizeof(d->err->text) - n, " (and %s%u more error%s)",
	    d->errors >= ERRORS_MAX ? "at least " : "", d->errors - 1, d->errors > 2 ? "s" : "");
}

bool diagnosis_stop(const struct diagnosis *d)
{
	return d->fatal || d->errors >= ERRORS_MAX;
}

struct mark {
	struct place at;
	uint8_t column;
};

struct marks {
	struct place at;
	column_mask given;
	uint8_t n, room;
	struct mark list[];
};

static struct marks *marks_of(struct row *r)
{
	if (!r->user) {
		r->user = calloc(1, sizeof(struct marks) + 2 * sizeof(struct mark));
		if (!r->user)
			abort();
		((struct marks *)r->user)->room = 2;
	}
	return r->user;
}

void marks_row(struct row *r, struct place at)
{
	marks_of(r)->at = at;
}

void marks_column(struct row *r, int column, struct place at)
{
	struct marks *m = marks_of(r);

	if (m->given >> column & 1) {
		for (uint8_t i = 0; i < m->n; i++)
			if (m->list[i].column == column)
				m->list[i].at = at;
		return;
	}
	if (m->n == m->room) {
		m = realloc(m, sizeof(*m) + 2 * (size_t)m->room * sizeof(struct mark));
		if (!m)
			abort();
		m->room *= 2;
		r->user = m;
	}
	m->given |= (column_mask)1 << column;
	m->list[m->n++] = (struct mark){.at = at, .column = (uint8_t)column};
}

column_mask marks_given(const struct row *r)
{
	return r->user ? ((const struct marks *)r->user)->given : 0;
}

struct place marks_place(const struct row *r, int column)
{
	const struct marks *m = r->user;

	if (!m)
		return (struct place){0, 0, 0};
	for (uint8_t i = 0; column >= 0 && i < m->n; i++)
		if (m->list[i].column == column)
			return m->list[i].at;
	return m->at;
}

void marks_inherit(struct row *to, const struct row *from, column_mask columns)
{
	columns &= marks_given(from) & ~marks_given(to);
	row_copy_columns(to, from, columns);
	for (int i = 0; columns >> i; i++)
		if (columns >> i & 1)
			marks_column(to, i, marks_place(from, i));
}

void marks_forget(struct row *r)
{
	free(r->user);
	r->user = NULL;
}

void marks_free_row(struct row *r)
{
	if (!r)
		return;
	marks_forget(r);
	row_free(r);
}
