/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schema-man: makes a manual page out of its frame (man/X.in) on standard input, with what follows from the
 * schema and from configure put in place, so that the pages can't say something else than the program does.
 *
 * Lines of the frame:
 *	@KEYWORDS TABLE@		the file's keywords of a table's columns, as items of a list
 *	@KEYWORDS TABLE WORD...@	only these
 *	@KEYWORDS TABLE ! WORD...@	all but these: where a new one belongs
 *	@TABLES@			the tables, as items
 *	@WRITABLE@			the objects that can be SET, as items
 *	@NOTIFICATIONS@			the notifications, as items
 *	@KINDS@				the kinds of events
 * and within lines @SYSCONFDIR@, @STATEDIR@, @LIBEXECDIR@, @MIBDIR@, @ROOT@, @VERSION@.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "agent/object.h"
#include "core/config/reader.h"

static const char *const modules[] = {[MODULE_SYSTEM] = "DIRECTOR-MIB",
    [MODULE_LVS] = "DIRECTOR-LVS-MIB",
    [MODULE_VRRP] = "DIRECTOR-VRRP-MIB"};

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "schema-man: %s '%s'\n", what, name);
	exit(1);
}

/* A sentence a line, as mdoc wants it. */
static void put_text(const char *text)
{
	for (; *text; text++) {
		if (text[0] == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
		if ((*text == '.' || *text == ';') && text[1] == ' ' &&
		    isupper((unsigned char)text[2])) {
			putchar('\n');
			text++;
		}
	}
	putchar('\n');
}

/* ------------------------------------------------------------------------ keywords */

/* Words of the file and of the pages: in capitals where keepalived has them so. */
static void put_words(const struct enumeration *e)
{
	for (const struct enum_word *w = e->words; w->word; w++)
		printf("%s Cm %s", w == e->words ? "" : " |", w->word);
}

static void put_argument(const struct column *c, const struct column_flag *f)
{
	if (c->type == TYPE_BOOL || f)
		fputs(" Op Cm on | off", stdout);
	else if (c->type == TYPE_ENUM)
		put_words(c->words);
	else if (c->type == TYPE_USEC)
		fputs(" Ar seconds", stdout);
	else if (c->type == TYPE_ADDR)
		fputs(" Ar address", stdout);
	else
		fputs(c->type == TYPE_NAME || c->type == TYPE_TEXT ? " Ar word" : " Ar number",
		    stdout);
	putchar('\n');
}

static void put_seconds(int64_t usec)
{
	printf("%g", (double)usec / 1e6);
}

static void put_range(const struct column *c)
{
	if (c->type == TYPE_INT || c->type == TYPE_UINT) {
		printf("From %" PRId64 " to %" PRId64, column_min(c), column_max(c));
		printf("%s%s.\n", c->units ? " " : "", c->units ? c->units : "");
	} else if (c->type == TYPE_USEC) {
		fputs("From ", stdout);
		put_seconds(column_min(c));
		fputs(" to ", stdout);
		put_seconds(column_max(c));
		fputs(" seconds.\n", stdout);
	} else if (c->type == TYPE_TEXT) {
		printf("At most %" PRId64 " characters.\n", column_max(c));
	}
}

static void put_default(const struct column *c, const struct column_flag *f)
{
	if (c->required)
		puts("Must be given.");
	else if (c->inverted)
		puts("The keyword turns this off; without it, it is on.");
	else if (f)
		printf("The keyword means\n.Cm %s ;\nthe default is\n.Cm %s .\n",
		    enum_word(c->words, f->on), c->def ? c->def : c->words->words[0].word);
	else if (c->def && *c->def)
		printf("The default is\n.Cm %s .\n", c->def);
}

static void put_keyword(const struct table *t, int column)
{
	const struct column *c = &t->columns[column];
	const struct column_flag *f = column_flag_of(t, column);

	printf(".It Cm %s", c->keyword);
	put_argument(c, f);
	put_text(c->help);
	put_range(c);
	put_default(c, f);
	if (column_writable(c))
		puts("Can be changed while directord runs.");
}

/* The columns with these keywords; with a "!" in front all others. */
static column_mask keyword_mask(const struct table *t, char *word)
{
	column_mask named = 0, all = 0;
	bool others = !word || strcmp(word, "!") == 0;

	for (int i = 0; i < t->ncolumns; i++)
		if (t->columns[i].class == CLASS_CONFIG && t->columns[i].keyword)
			all |= (column_mask)1 << i;
	if (word && others)
		word = strtok(NULL, " ");
	for (; word; word = strtok(NULL, " ")) {
		int column = keyword_column(t, word);

		if (column < 0)
			fail("no keyword", word);
		named |= (column_mask)1 << column;
	}
	return others ? all & ~named : named;
}

static void put_keywords(char *arguments)
{
	const struct table *t = table_find(strtok(arguments, " "));
	column_mask mask;

	if (!t)
		fail("no table", arguments);
	mask = keyword_mask(t, strtok(NULL, " "));
	for (int i = 0; i < t->ncolumns; i++)
		if (mask >> i & 1)
			put_keyword(t, i);
}

/* ---------------------------------------------------------------------------- SNMP */

static void put_tables(void)
{
	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		printf(".It Cm %s\n", t->name);
		put_text(t->help);
		printf(
		    ".Pq Li %s::drct%s%s\n", modules[t->module], t->mib, t->scalar ? "" : "Table");
	}
}

static void put_limits(const struct column *c)
{
	if (c->type == TYPE_USEC)
		printf("%" PRIu64 "..%" PRIu64 " %s", (uint64_t)column_min(c) / c->scale,
		    (uint64_t)column_max(c) / c->scale, c->units);
	else if (c->type == TYPE_ENUM)
		for (const struct enum_word *w = c->words->words; w->word; w++)
			printf("%s%s(%d)", w == c->words->words ? "" : ", ", w->word, w->number);
	else if (c->type == TYPE_BOOL)
		fputs("true(1), false(2)", stdout);
	else
		printf("%" PRId64 "..%" PRId64, column_min(c), column_max(c));
	puts(".");
}

static void put_writable(void)
{
	char name[OBJECT_NAME_SIZE];

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++)
		for (const struct column *c = t->columns; c < t->columns + t->ncolumns; c++) {
			if (!column_writable(c))
				continue;
			printf(".It Li %s::%s\n", modules[t->module],
			    object_name(t, c, PART_VALUE, name));
			put_text(c->help);
			put_limits(c);
		}
}

static void put_carried(const struct table *t, const char *column)
{
	char name[OBJECT_NAME_SIZE];

	printf(" ,\n.Li %s", object_name(t, table_column(t, column), PART_VALUE, name));
}

/* Each with its kind, as the table `notification` and the event log name it, and what it carries. */
static void put_notifications(void)
{
	char name[OBJECT_NAME_SIZE];

	for (const struct event_info *i = event_infos; i->mib; i++) {
		const struct table *t = &tables[i->table];

		printf(".It Li %s::drct%s Pq Cm %s\n", modules[t->module], i->mib,
		    enum_word(&enumeration_event_kind, (int32_t)i->kind));
		put_text(i->help);
		printf("Carries\n.Li %s",
		    object_name(t, table_column(t, i->column), PART_VALUE, name));
		for (size_t m = 0; m < EVENT_MORE && i->more[m]; m++)
			put_carried(t, i->more[m]);
		puts(" .");
	}
}

/* The kinds of events, as the file names them. */
static void put_kinds(void)
{
	const struct enum_word *w = enumeration_event_kind.words;

	for (; w->word; w++)
		printf(".Cm %s%s\n", w->word, w[1].word ? " ," : " .");
}

/* --------------------------------------------------------------------------- frame */

static void put_line(const char *line)
{
	static const struct {
		const char *name, *value;
	} places[] = {{"@SYSCONFDIR@", SYSCONFDIR}, {"@STATEDIR@", LOCALSTATEDIR},
	    {"@LIBEXECDIR@", PKGLIBEXECDIR}, {"@MIBDIR@", MIBDIR}, {"@ROOT@", DIRECTOR_OID_ROOT},
	    {"@VERSION@", PACKAGE_VERSION}};

	while (*line) {
		size_t i = 0;

		while (i < sizeof(places) / sizeof(*places) &&
		       strncmp(line, places[i].name, strlen(places[i].name)) != 0)
			i++;
		if (i == sizeof(places) / sizeof(*places)) {
			putchar(*line++);
			continue;
		}
		fputs(places[i].value, stdout);
		line += strlen(places[i].name);
	}
}

static void frame_line(char *line)
{
	size_t n = strlen(line);

	if (strncmp(line, "@KEYWORDS ", 10) == 0 && n > 12) {
		line[n - 2] = '\0'; /* @ and the line's end */
		put_keywords(line + 10);
	} else if (strcmp(line, "@TABLES@\n") == 0) {
		put_tables();
	} else if (strcmp(line, "@WRITABLE@\n") == 0) {
		put_writable();
	} else if (strcmp(line, "@KINDS@\n") == 0) {
		put_kinds();
	} else if (strcmp(line, "@NOTIFICATIONS@\n") == 0) {
		put_notifications();
	} else {
		put_line(line);
	}
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0)
		frame_line(line);
	free(line);
	return fflush(stdout) == 0 && !ferror(stdin) ? 0 : 1;
}
