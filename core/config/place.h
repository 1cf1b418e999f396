/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places in configuration files, and what is said about them.
 *
 * The first error is the one that config_read() returns.  Reading goes on after it, so that somebody who
 * brings a file from elsewhere sees all that is wrong at once: the others are told as they are found,
 * like the warnings, marked as errors.
 */
#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include <stdarg.h>
#include "core/config/config.h"

struct place {
	uint32_t line;	 /* from 1 */
	uint16_t column; /* from 1, in bytes; the last one stands for all behind it */
	uint16_t file;	 /* of diagnosis_file() */
};

struct diagnosis {
	struct config_error *err;
	void (*warn)(const char *text, void *arg);
	void *arg;
	char **files;
	unsigned nfiles;
	unsigned errors;
	bool fatal;    /* reading further makes no sense */
	usec_t newest; /* when a file that was read was modified last, by the wall clock */
};

void diagnosis_clear(struct diagnosis *d);
/* The number of a file for places; the path is copied. */
uint16_t diagnosis_file(struct diagnosis *d, const char *path);
const char *diagnosis_path(const struct diagnosis *d, uint16_t file);
void diagnosis_error(struct diagnosis *d, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diagnosis_warn(struct diagnosis *d, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The last error: says how many there were, if more than one. */
void diagnosis_finish(struct diagnosis *d);
/* Should reading stop? After a fatal error, or after so many that nobody reads them. */
bool diagnosis_stop(const struct diagnosis *d);

/*
 * Where the columns of a row come from.  While a file is read, each row remembers (in row->user) its own
 * place and that of each column that was given; a refusal by validate_all() is reported there.
 */
void marks_row(struct row *r, struct place at);
void marks_column(struct row *r, int column, struct place at);
/* The columns that were given. */
column_mask marks_given(const struct row *r);
/* The column's place, or the row's if the column was not given or is -1. */
struct place marks_place(const struct row *r, int column);
/* Copies given columns (values and places) that are not given in `to`. */
void marks_inherit(struct row *to, const struct row *from, column_mask columns);
/* For row_free(): frees the marks and the row. */
void marks_free_row(struct row *r);
void marks_forget(struct row *r);

#endif
