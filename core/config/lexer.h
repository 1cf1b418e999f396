/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statements: the words of a line, and whether a block begins or ends there.
 *
 * A statement is a line; a { at its end or alone in the next line opens a block, and a block may begin and
 * end in one line.  Words are separated by blanks; "..." keeps them in one word.  A backslash means itself,
 * except after the keywords that take patterns (lexer.c, escaped_keywords): there '...' quotes too and
 * \n, \ooo, \xhh and \c are characters, as in keepalived.
 */
#ifndef CONFIG_LEXER_H
#define CONFIG_LEXER_H

#include <stdio.h>
#include "core/config/source.h"

enum statement_kind {
	STATEMENT_LINE,	 /* words */
	STATEMENT_OPEN,	 /* words (perhaps none) and {: a block follows */
	STATEMENT_CLOSE, /* } */
	STATEMENT_END,	 /* of all files */
};

struct word {
	const char *text;
	struct place at;
};

/* Valid until the next one is read. */
struct statement {
	enum statement_kind kind;
	struct place at; /* of its first word or brace */
	struct word *words;
	size_t n;
};

struct lexer;

struct lexer *lexer_new(struct source *s, struct diagnosis *d); /* takes s */
void lexer_free(struct lexer *l);
void lexer_next(struct lexer *l, struct statement *st);
/* Reads to the end of a block whose { was read, and forgets it. */
void lexer_skip_block(struct lexer *l);

/* The other way round: writes a text so that it is read as one word. */
void lexer_put_word(FILE *out, const char *text);
/* The same after a keyword of a pattern. */
void lexer_put_pattern(FILE *out, const char *text);
bool lexer_is_pattern_keyword(const char *keyword);

#endif
