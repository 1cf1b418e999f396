/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command line becomes words, without a shell: blanks part words; '...' and "..." keep them, and a
 * backslash (outside of '...') takes the next character as it is.  Nothing else is special.
 */
#ifndef SCRIPT_COMMAND_H
#define SCRIPT_COMMAND_H

/* The words, ending with NULL, as one block for free().  NULL: a quote is not closed, or there is no word. */
char **command_split(const char *text);

/* A new block with more words, up to a NULL, behind these, which stay the caller's. */
char **command_more(char *const *words, const char *const *more);

#endif
