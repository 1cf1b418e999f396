/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of a configuration file, as they are after includes, comments, conditions and parameters:
 *
 *   # comment, ! comment        outside "..." only
 *   include FILE                the files that match, relative to the including file's folder
 *   @ID line, @^ID line         only where the configuration id (the host's name) is, or is not, ID
 *   $NAME=VALUE                 a parameter; a value that ends in \ goes on in the next line
 *   $NAME, ${NAME}              its value, put in place when the line is read
 *
 * All as keepalived does it (its manual, "Advanced configuration").  An include that matches nothing is an
 * error here unless it has wildcards: a file that has gone must not take its virtual servers with it.
 * ${_QUOTE} and ${_DOLLAR} are our own: a " and a $ that mean themselves.
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include "core/config/place.h"

/* What ${_QUOTE} and ${_DOLLAR} become until words are made; they can't be in a file. */
#define SOURCE_QUOTE '\001'
#define SOURCE_DOLLAR '\002'

struct source;

/* Opens the file.  Errors are in d; then the source has no lines. */
struct source *source_new(const char *path, const char *config_id, struct diagnosis *d);
void source_free(struct source *s);

/* A line, valid until the next call; never empty. */
struct source_line {
	const char *text;	 /* NUL-terminated, without blanks at both ends */
	const uint16_t *columns; /* of each byte, and of the end */
	uint32_t line;
	uint16_t file;
};

/* False at the end, and after a fatal error. */
bool source_next(struct source *s, struct source_line *line);
/* The place of a byte of a line. */
struct place source_place(const struct source_line *line, size_t byte);
/* Where the last line was: for what is missing at the end. */
struct place source_end(const struct source *s);

#endif
