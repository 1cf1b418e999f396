/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command line becomes words, without a shell: blanks part words; '...' and "..." keep them, and a
 * backslash (outside of '...') takes the next character as it is.  Nothing else is special.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The words, ending with NULL, as one block for free().  NULL: a quote is not closed, or there is no word. */
char **words_split(const char *text);

/* A new block with more words, up to a NULL, behind these, which stay the caller's. */
char **words_more(char *const *words, const char *const *more);

/* Adds a word to the text, so that words_split() finds it again.  False: there is no room for it. */
bool words_add(char *text, size_t size, const char *word);

#endif
