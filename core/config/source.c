/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See source.h.
 *
 * A stack of texts: files, and the values of parameters that have several lines.  A line is copied into
 * one buffer, next to the column that each byte came from, and changed there.  What a stranger could
 * blow up (parameters in parameters, files in files) has limits.
 */
#include "core/config/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INCLUDE_DEPTH 16
#define VALUE_DEPTH 64
#define FILE_MAX ((size_t)512 << 20)
#define LINE_MAX_BYTES ((size_t)1 << 20)
#define EXPANDED_MAX ((size_t)128 << 20)
#define REPLACEMENTS_MAX 10000 /* in one line */

struct frame {
	struct frame *below;
	char *text;
	size_t len, pos;
	bool is_file;
	struct place at; /* a value: where it is used */
	/* A file: */
	uint32_t line; /* the last one read */
	uint16_t file;
	const struct frame *includer;
	char *folder;
	dev_t dev;
	ino_t ino;
};

struct parameter {
	struct parameter *next;
	char *value; /* lines separated by \n */
	char name[];
};

struct source {
	struct diagnosis *d;
	struct frame *top;
	/* Included files stay here when they are done: those that they include may outlive them. */
	struct frame *done;
	struct parameter *parameters;
	char *config_id;
	char *line;
	uint16_t *columns;
	size_t len, room;
	bool comment_goes_on; /* a comment was taken off that ended in a backslash */
	struct place place;   /* of the line; column 0 */
	size_t expanded;
};

static void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

struct place source_place(const struct source_line *line, size_t byte)
{
	return (struct place){line->line, line->columns[byte], line->file};
}

struct place source_end(const struct source *s)
{
	struct place at = s->place;

	at.column = at.column ? at.column : 1;
	return at;
}

static struct place place_of(const struct source *s, size_t byte)
{
	struct place at = s->place;

	at.column = s->columns[byte];
	return at;
}

/* An error after which the lines that follow mean nothing. */
#define FATAL(s, at, ...) (diagnosis_error((s)->d, (at), __VA_ARGS__), (s)->d->fatal = true)

/* ---- Files. */

/* All of a file, or NULL with errno; *len is its length, and a NUL follows. */
static char *read_whole(int fd, size_t *len)
{
	size_t room = 64 << 10, n = 0;
	char *text = checked(malloc(room + 1));
	ssize_t got;

	while ((got = read(fd, text + n, room - n)) > 0) {
		n += (size_t)got;
		if (n > FILE_MAX) {
			errno = EFBIG;
			got = -1;
			break;
		}
		if (n == room)
			text = checked(realloc(text, (room *= 2) + 1));
	}
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	*len = n;
	return text;
}

static void note_time(struct diagnosis *d, const struct timespec *modified)
{
	usec_t t = (usec_t)modified->tv_sec * USEC_PER_SEC + (usec_t)modified->tv_nsec / 1000;

	if (t > d->newest)
		d->newest = t;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return checked(strdup("."));
	return checked(strndup(path, slash == path ? 1 : (size_t)(slash - path)));
}

/* A configuration has text in it and nothing else. */
static bool is_text(struct source *s, const struct frame *f)
{
	struct place at = {1, 1, f->file};

	for (size_t i = 0; i < f->len; i++) {
		unsigned char c = (unsigned char)f->text[i];

		if ((c < ' ' && !strchr("\t\n\v\f\r", c)) || c == 0 || c == 0x7f) {
			FATAL(s, at, "a control character (0x%02x): this is not a text file", c);
			return false;
		}
		at.column = c == '\n' ? 1 : (uint16_t)(at.column + (at.column < UINT16_MAX));
		at.line += c == '\n';
	}
	return true;
}

static void free_frame(struct frame *f)
{
	free(f->text);
	free(f->folder);
	free(f);
}

/* Opens a file as a frame; NULL after an error. */
static struct frame *open_file(
    struct source *s, const char *path, const struct frame *includer, struct place at)
{
	struct frame *f = checked(calloc(1, sizeof(*f)));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st = {0};

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		errno = EISDIR;
	else if (fd >= 0 && includer && !S_ISREG(st.st_mode))
		errno = EINVAL; /* nothing that could be without end */
	else if (fd >= 0)
		f->text = read_whole(fd, &f->len);
	if (f->text)
		note_time(s->d, &st.st_mtim);
	if (!f->text) {
		FATAL(s, at, "%s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	f->is_file = true;
	f->file = f->text ? diagnosis_file(s->d, path) : 0;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->includer = includer;
	f->folder = folder_of(path);
	if (!f->text || !is_text(s, f)) {
		free_frame(f);
		return NULL;
	}
	return f;
}

struct source *source_new(const char *path, const char *config_id, struct diagnosis *d)
{
	struct source *s = checked(calloc(1, sizeof(*s)));

	s->d = d;
	s->config_id = checked(strdup(config_id));
	s->place.file = diagnosis_file(d, path);
	s->place.line = 1;
	s->top = open_file(s, path, NULL, (struct place){1, 1, s->place.file});
	return s;
}

static void free_frames(struct frame *f)
{
	for (struct frame *below; f; f = below) {
		below = f->below;
		free_frame(f);
	}
}

void source_free(struct source *s)
{
	if (!s)
		return;
	free_frames(s->top);
	free_frames(s->done);
	for (struct parameter *p = s->parameters, *next; p; p = next) {
		next = p->next;
		free(p->value);
		free(p);
	}
	free(s->config_id);
	free(s->line);
	free(s->columns);
	free(s);
}

/* The file that is being read. */
static const struct frame *current_file(const struct source *s)
{
	const struct frame *f = s->top;

	while (f && !f->is_file)
		f = f->below;
	return f;
}

static void pop(struct source *s)
{
	struct frame *f = s->top;

	s->top = f->below;
	if (f->is_file) {
		free(f->text);
		f->text = NULL;
		f->below = s->done;
		s->done = f;
	} else {
		free_frame(f);
	}
}

static bool may_include(struct source *s, const struct frame *f, struct place at)
{
	unsigned depth = 0;

	for (const struct frame *i = f->includer; i; i = i->includer) {
		if (i->dev == f->dev && i->ino == f->ino) {
			FATAL(s, at, "%s includes itself", diagnosis_path(s->d, f->file));
			return false;
		}
		if (++depth > INCLUDE_DEPTH) {
			FATAL(s, at, "files are included too deep");
			return false;
		}
	}
	return true;
}

/* glob()'s pattern for a name below the including file's folder, whose own name is no pattern. */
static char *include_pattern(const struct source *s, const char *name)
{
	const char *folder = current_file(s)->folder;
	char *pattern = checked(malloc(2 * strlen(folder) + strlen(name) + 2)), *p = pattern;

	if (*name != '/' && strcmp(folder, ".") != 0) {
		for (; *folder; folder++) {
			if (strchr("*?[]{},~\\", *folder))
				*p++ = '\\';
			*p++ = *folder;
		}
		if (p[-1] != '/')
			*p++ = '/';
	}
	strcpy(p, name);
	return pattern;
}

static void include_files(struct source *s, const glob_t *g, struct place at)
{
	const struct frame *includer = current_file(s);
	struct stat st;

	for (size_t i = g->gl_pathc; i-- > 0;) { /* the last one is read last */
		const char *path = g->gl_pathv[i];
		struct frame *f;

		if (g->gl_pathc > 1 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			continue; /* conf.d/{*} has folders in it */
		f = open_file(s, path, includer, at);
		if (!f)
			return;
		f->below = s->top;
		s->top = f;
		if (!may_include(s, f, at))
			return;
	}
}

/* Takes the quotes off a name. */
static void unquote(char *name)
{
	size_t n = strlen(name);

	if (n > 1 && (*name == '"' || *name == '\'') && name[n - 1] == *name) {
		memmove(name, name + 1, n - 2);
		name[n - 2] = '\0';
	}
}

/* must: also a name with wildcards has to match something. */
static void include(struct source *s, size_t name_at, bool must)
{
	struct place at = place_of(s, name_at);
	char *name = checked(strdup(s->line + name_at)), *pattern;
	glob_t g;

	unquote(name);
	pattern = include_pattern(s, name);
	switch (glob(pattern, GLOB_BRACE, NULL, &g)) {
	case 0:
		include_files(s, &g, at);
		break;
	case GLOB_NOMATCH:
		if (must || !strpbrk(name, "*?["))
			FATAL(s, at, "%s: no such file", name);
		break;
	default:
		FATAL(s, at, "%s: the folder can't be read", name);
	}
	globfree(&g);
	free(pattern);
	free(name);
}

/* ---- One line. */

static void reserve(struct source *s, size_t len)
{
	if (len + 1 <= s->room)
		return;
	while (s->room < len + 1)
		s->room = s->room ? 2 * s->room : 256;
	s->line = checked(realloc(s->line, s->room));
	s->columns = checked(realloc(s->columns, s->room * sizeof(*s->columns)));
}

static void cut(struct source *s, size_t from, size_t to)
{
	memmove(s->line, s->line + from, to - from);
	memmove(s->columns, s->columns + from, (to - from + 1) * sizeof(*s->columns));
	s->len = to - from;
	s->line[s->len] = '\0';
}

static void trim(struct source *s)
{
	size_t from = 0, to = s->len;

	while (from < to && isspace((unsigned char)s->line[from]))
		from++;
	while (to > from && isspace((unsigned char)s->line[to - 1]))
		to--;
	cut(s, from, to);
}

/* A comment begins at # or ! outside of double quotes. */
static void remove_comment(struct source *s)
{
	bool quoted = false;

	for (size_t i = 0; i < s->len; i++) {
		if (s->line[i] == '"')
			quoted = !quoted;
		else if (!quoted && (s->line[i] == '#' || s->line[i] == '!')) {
			s->comment_goes_on = s->line[s->len - 1] == '\\';
			cut(s, 0, i);
			return;
		}
	}
}

static void take_line(struct source *s, struct frame *f)
{
	const char *start = f->text + f->pos;
	const char *end = memchr(start, '\n', f->len - f->pos);
	size_t len = end ? (size_t)(end - start) : f->len - f->pos;

	f->pos += len + (end != NULL);
	reserve(s, len);
	memcpy(s->line, start, len);
	s->line[len] = '\0';
	s->len = len;
	if (f->is_file)
		s->place = (struct place){++f->line, 0, f->file};
	else
		s->place = f->at;
	for (size_t i = 0; i <= len; i++)
		s->columns[i] = !f->is_file	 ? f->at.column
				: i < UINT16_MAX ? (uint16_t)(i + 1)
						 : UINT16_MAX;
	s->place.column = 0;
	s->comment_goes_on = false;
	trim(s);
	if (f->is_file)
		remove_comment(s);
	trim(s);
}

/* The next line as it is in the file, but without comment; false at the end. */
static bool raw_line(struct source *s)
{
	while (s->top && s->top->pos >= s->top->len)
		pop(s);
	if (!s->top)
		return false;
	take_line(s, s->top);
	return true;
}

/* ---- Parameters. */

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The length of a parameter's name, or 0. */
static size_t name_length(const char *p)
{
	size_t n = 0;

	if (isdigit((unsigned char)*p))
		return 0;
	while (name_char(p[n]))
		n++;
	return n;
}

static struct parameter *find_parameter(const struct source *s, const char *name, size_t len)
{
	for (struct parameter *p = s->parameters; p; p = p->next)
		if (strncmp(p->name, name, len) == 0 && p->name[len] == '\0')
			return p;
	return NULL;
}

static void define(struct source *s, const char *name, size_t len, char *value)
{
	struct parameter *p = find_parameter(s, name, len);

	if (p) {
		free(p->value);
	} else {
		p = checked(malloc(sizeof(*p) + len + 1));
		memcpy(p->name, name, len);
		p->name[len] = '\0';
		p->next = s->parameters;
		s->parameters = p;
	}
	p->value = value;
}

/* Does the line (or the comment behind it) end in a backslash? It is taken off. */
static bool goes_on(struct source *s)
{
	if (s->comment_goes_on)
		return true;
	if (!s->len || s->line[s->len - 1] != '\\')
		return false;
	cut(s, 0, s->len - 1);
	trim(s);
	return true;
}

/* "$NAME=VALUE" in the line's first len bytes of name; value lines follow if it ends in a backslash. */
static void read_definition(struct source *s, size_t len)
{
	char *name = checked(strndup(s->line + 1, len)), *value;
	bool more = goes_on(s);
	size_t n;

	value = checked(strdup(s->line + 1 + len + 1));
	n = strlen(value);
	while (more && raw_line(s)) {
		more = goes_on(s);
		value = checked(realloc(value, n + s->len + 2));
		if (n)
			value[n++] = '\n';
		memcpy(value + n, s->line, s->len + 1);
		n += s->len;
	}
	define(s, name, len, value);
	free(name);
}

static bool is_definition(const struct source *s, size_t *len)
{
	*len = *s->line == '$' ? name_length(s->line + 1) : 0;
	return *len && s->line[1 + *len] == '=';
}

/* The values that are there without a definition; NULL if there is none. */
static const char *predefined(const struct source *s, const char *name, size_t len)
{
	static const char quote[] = {SOURCE_QUOTE, '\0'}, dollar[] = {SOURCE_DOLLAR, '\0'};
	const struct {
		const char *name, *value;
	} list[] = {{"_PWD", current_file(s)->folder}, {"_INSTANCE", s->config_id}, {"_HASH", "#"},
	    {"_BANG", "!"}, {"_QUOTE", quote}, {"_DOLLAR", dollar}};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (strlen(list[i].name) == len && memcmp(list[i].name, name, len) == 0)
			return list[i].value;
	return NULL;
}

/* Puts a value in the place of bytes from..to of the line. */
static void replace(struct source *s, size_t from, size_t to, const char *value)
{
	size_t n = strlen(value), rest = s->len - to;
	uint16_t column = s->columns[from];

	reserve(s, s->len - (to - from) + n);
	memmove(s->line + from + n, s->line + to, rest + 1);
	memmove(s->columns + from + n, s->columns + to, (rest + 1) * sizeof(*s->columns));
	memcpy(s->line + from, value, n);
	for (size_t i = 0; i < n; i++)
		s->columns[from + i] = column;
	s->len = s->len - (to - from) + n;
}

/* A value of several lines is read like a file; it begins with what stands before it in the line. */
static void push_value(struct source *s, size_t from, size_t to, const char *value)
{
	struct frame *f = checked(calloc(1, sizeof(*f)));
	unsigned depth = 0;

	for (const struct frame *i = s->top; i && !i->is_file; i = i->below)
		depth++;
	f->at = place_of(s, from);
	replace(s, from, to, value);
	f->text = checked(strdup(s->line));
	f->len = s->len;
	f->below = s->top;
	s->top = f;
	cut(s, 0, 0);
	if (depth > VALUE_DEPTH)
		FATAL(s, f->at, "parameters are nested too deep");
}

/* A use of a parameter at byte i: its end and its value, or false. */
static bool parameter_use(struct source *s, size_t i, size_t *end, const char **value)
{
	bool braces = s->line[i + 1] == '{';
	const char *name = s->line + i + 1 + braces;
	size_t len = name_length(name);
	const struct parameter *p;

	if (!len || (braces ? name[len] != '}' : name[len] && !isspace((unsigned char)name[len]))) {
		if (braces && strncmp(name, "_RANDOM", 7) == 0)
			FATAL(s, place_of(s, i), "${_RANDOM} is not supported");
		return false;
	}
	*end = i + 1 + len + 2 * braces;
	p = find_parameter(s, name, len);
	*value = p ? p->value : predefined(s, name, len);
	if (!*value && len == 7 && strncmp(name, "_RANDOM", 7) == 0)
		FATAL(s, place_of(s, i), "${_RANDOM} is not supported");
	return *value != NULL;
}

/* Puts the values of all parameters in place. */
static void substitute(struct source *s)
{
	unsigned replaced = 0;
	const char *value;
	size_t end;

	for (size_t i = 0; i < s->len && !s->d->fatal;) {
		if (s->line[i] != '$' || !parameter_use(s, i, &end, &value)) {
			i++;
			continue;
		}
		s->expanded += strlen(value);
		if (++replaced > REPLACEMENTS_MAX || s->len > LINE_MAX_BYTES ||
		    s->expanded > EXPANDED_MAX) {
			FATAL(s, place_of(s, i), "the parameters make too much text");
			return;
		}
		if (strchr(value, '\n')) {
			push_value(s, i, end, value);
			return;
		}
		replace(s, i, end, value);
	}
	trim(s);
}

/* ---- All together. */

/* "@ID" and "@^ID" at the line's start: takes it off, or makes the line empty. */
static void apply_condition(struct source *s)
{
	while (*s->line == '@') {
		bool not = s->line[1] == '^';
		size_t from = 1 + not, to = from;

		while (s->line[to] && !isspace((unsigned char)s->line[to]))
			to++;
		if ((strlen(s->config_id) == to - from &&
			memcmp(s->config_id, s->line + from, to - from) == 0) == not ) {
			while (goes_on(s) && raw_line(s))
				; /* all lines of a definition */
			cut(s, 0, 0);
			return;
		}
		cut(s, to, s->len);
		trim(s);
	}
}

/* "include FILE" and its variants. */
static bool is_include(const struct source *s, size_t *name_at, bool *must)
{
	static const char variants[] = "rmwba";
	const char *p = s->line + 7;

	if (strncmp(s->line, "include", 7) != 0)
		return false;
	*must = *p == 'w' || *p == 'a';
	if (*p && strchr(variants, *p))
		p++;
	if (!isspace((unsigned char)*p))
		return false;
	while (isspace((unsigned char)*p))
		p++;
	*name_at = (size_t)(p - s->line);
	return true;
}

/* What is for this file and not for the lexer; true if the line is done. */
static bool directive(struct source *s)
{
	size_t at;
	bool must;

	if (is_definition(s, &at)) {
		read_definition(s, at);
	} else if (is_include(s, &at, &must)) {
		include(s, at, must);
	} else if (strncmp(s->line, "~SEQ", 4) == 0 || strncmp(s->line, "~LST", 4) == 0) {
		FATAL(s, place_of(s, 0), "~SEQ and ~LST are not supported: write the lines out");
	} else {
		return false;
	}
	return true;
}

bool source_next(struct source *s, struct source_line *line)
{
	while (!s->d->fatal && raw_line(s)) {
		apply_condition(s);
		if (!s->len || directive(s))
			continue;
		substitute(s);
		apply_condition(s);
		if (!s->len || s->d->fatal)
			continue;
		*line = (struct source_line){s->line, s->columns, s->place.line, s->place.file};
		return true;
	}
	return false;
}
