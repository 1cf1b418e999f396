/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file: keepalived's grammar in, rows out; and rows printed as a file.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdio.h>
#include "core/model/engine.h"

struct config;

struct config_error {
	char text[1024]; /* "FILE:LINE:COLUMN: reason" */
};

/*
 * Reads a file (and those it includes) and validates it whole.  NULL with *err if anything is wrong;
 * nothing has changed then.  Rows have origin STORAGE_PERMANENT.  Warnings (what is accepted but has no
 * effect here) go to warn(), each "FILE:LINE:COLUMN: text".
 */
struct config *config_read(const char *path, struct config_error *err,
    void (*warn)(const char *text, void *arg), void *arg);
/* The host's name up to its first dot: the id for lines that begin with @ID.  Valid until it is called again. */
const char *config_host_id(void);
/* The same with another id. */
struct config *config_read_as(const char *path, const char *config_id, struct config_error *err,
    void (*warn)(const char *text, void *arg), void *arg);
/* The rows; still owned by c. */
struct store *config_store(struct config *c);
/* When the file, or the newest of those that it includes, was modified last, by the wall clock. */
usec_t config_modified(const struct config *c);
/* The rows leave c; the caller frees the store. */
struct store *config_take_store(struct config *c);
void config_free(struct config *c);

/*
 * Prints the configuration columns of a store as a file in the canonical form: reading it gives the
 * same rows, and printing those the same text.  Secrets are printed when `secrets`, else a comment where one is
 * left out.  False if out could not be written.
 */
bool config_write(const struct store *s, FILE *out, bool secrets);

#endif
