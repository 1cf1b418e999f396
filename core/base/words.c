/* SPDX-License-Identifier: BSD-2-Clause */
/* See words.h. */
#include "core/base/words.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Copies one word to *to, which ends it; returns what follows, or NULL if a quote is not closed. */
static const char *copy_word(const char *from, char **to)
{
	char quote = '\0';

	for (; *from && (quote || !is_blank(*from)); from++) {
		if (quote ? *from == quote : *from == '\'' || *from == '"')
			quote = quote ? '\0' : *from;
		else if (*from == '\\' && quote != '\'' && from[1])
			*(*to)++ = *++from;
		else
			*(*to)++ = *from;
	}
	*(*to)++ = '\0';
	return quote ? NULL : from;
}

char **words_split(const char *text)
{
	size_t most = strlen(text) / 2 + 2, n = 0;
	char **words = calloc(1, most * sizeof(*words) + strlen(text) + 2);
	char *to;

	if (!words)
		abort();
	to = (char *)(words + most);
	while (text && *(text += strspn(text, " \t\n"))) {
		words[n++] = to;
		text = copy_word(text, &to);
	}
	if (text && n && *words[0])
		return words;
	free(words);
	return NULL;
}

static void measure(const char *const *words, size_t *n, size_t *bytes)
{
	for (; *words; words++) {
		(*n)++;
		*bytes += strlen(*words) + 1;
	}
}

/* Puts the words at all[n] and on, their text at `to`; returns where the text ends. */
static char *put_words(char **all, size_t *n, char *to, const char *const *words)
{
	for (; *words; words++) {
		all[(*n)++] = to;
		to = stpcpy(to, *words) + 1;
	}
	return to;
}

char **words_more(char *const *words, const char *const *more)
{
	const char *const *first = (const char *const *)words;
	size_t n = 1, bytes = 0;
	char **all, *to;

	measure(first, &n, &bytes);
	measure(more, &n, &bytes);
	all = malloc(n * sizeof(*all) + bytes);
	if (!all)
		abort();
	to = (char *)(all + n);
	n = 0;
	to = put_words(all, &n, to, first);
	put_words(all, &n, to, more);
	all[n] = NULL;
	return all;
}

bool words_add(char *text, size_t size, const char *word)
{
	size_t n = strlen(text);

	if (n + 2 * strlen(word) + 4 > size)
		return false;
	if (n)
		text[n++] = ' ';
	if (!*word)
		strcpy(text + n, "''");
	for (; *word; word++) {
		if (is_blank(*word) || strchr("'\"\\", *word))
			text[n++] = '\\';
		text[n++] = *word;
		text[n] = '\0';
	}
	return true;
}
