/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared strings: each different text exists once, with a count of its users, so that the name of
 * a pool costs a pointer in each of its hundred thousand rows, and equality is that of pointers.
 * Text columns of rows hold such strings and nothing else; the empty string is NULL-free: "".
 */
#ifndef MODEL_STR_H
#define MODEL_STR_H

#include <stddef.h>

/* The shared string for a text; give it back with str_free().  Aborts without memory. */
const char *str_get(const char *text);
const char *str_get_n(const char *bytes, size_t len); /* no NUL inside */
/* One more user of a shared string. */
const char *str_share(const char *shared);
void str_free(const char *shared); /* NULL is allowed */
/* Different strings alive (for tests and statistics). */
size_t str_count(void);

#endif
