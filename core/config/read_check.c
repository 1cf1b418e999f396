/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks of a real server (TCP_CHECK, HTTP_GET, SSL_GET) and of a pool (check); see read_lvs.h. */
#include <stdlib.h>
#include <string.h>
#include "core/config/read_lvs.h"

/* ---- Checks inside of a real server: TCP_CHECK, HTTP_GET, SSL_GET. */

struct checker {
	struct pool_server *server;
	struct check *base; /* what stands outside of url blocks */
	struct check **urls;
	size_t nurls;
	char flags[16]; /* of the pattern in the url that is being read */
	struct place flags_at;
};

static void add_check(struct pool_server *s, struct check *c)
{
	s->checks = checked(realloc(s->checks, (s->nchecks + 1) * sizeof(struct check *)));
	s->checks[s->nchecks++] = c;
}

void read_alpha(struct reader *r, struct alpha *a, const struct statement *st)
{
	if (!read_switch(r, st, &a->on))
		return;
	a->given = true;
	a->at = st->at;
}

static void read_checker_alpha(struct reader *r, struct block *b, const struct statement *st)
{
	read_alpha(r, &((struct checker *)b->data)->server->alpha, st);
}

/* Words and ranges, as many as there are. */
static void read_status(struct reader *r, struct block *b, const struct statement *st)
{
	struct row *row = b->scopes[0].row;
	char text[256] = "";
	size_t n = 0;

	if (!read_words(r, st, 2, SIZE_MAX))
		return;
	for (size_t i = 1; i < st->n && n < sizeof(text); i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s%s", i > 1 ? " " : "", st->words[i].text);
	if (n >= sizeof(text))
		diagnosis_error(r->d, st->at, "'status_code' has too many values");
	else if (read_value(r, row, COL_check_status_codes, &(struct word){text, st->words[1].at}))
		marks_column(row, COL_check_status_codes, st->at);
}

static void read_regex_options(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct {
		const char *word;
		char flag;
	} options[] = {{"caseless", 'i'}, {"dotall", 's'}, {"multiline", 'm'}, {"extended", 'x'},
	    {"ungreedy", 'U'}, {"dupnames", 'J'}, {"no_auto_capture", 'n'}};
	const size_t noptions = sizeof(options) / sizeof(*options);
	struct checker *k = b->data;

	for (size_t w = 1; w < st->n; w++) {
		size_t i = 0, n = strlen(k->flags);

		while (i < noptions && strcmp(options[i].word, st->words[w].text) != 0)
			i++;
		if (i == noptions)
			diagnosis_error(r->d, st->words[w].at, "the option '%s' is not supported",
			    st->words[w].text);
		else if (!strchr(k->flags, options[i].flag))
			k->flags[n] = options[i].flag;
	}
	k->flags_at = st->at;
}

/* The options become part of the pattern: "(?i)welcome". */
static void apply_regex_options(struct reader *r, struct checker *k, struct check *c)
{
	char pattern[COLUMN_TEXT_SIZE + 32];

	if (!*k->flags)
		return;
	if (!*c->pattern) {
		diagnosis_error(r->d, k->flags_at, "there is no 'regex' for the options");
		return;
	}
	snprintf(pattern, sizeof(pattern), "(?%s)%s", k->flags, c->pattern);
	read_value(r, &c->row, COL_check_pattern,
	    &(struct word){pattern, marks_place(&c->row, COL_check_pattern)});
}

#define URL_COLUMNS (CHECK_REQUEST & ~(COLUMN(check, http_version) | COLUMN(check, sni)))

static const struct keyword url_keywords[] = {
    {"status_code", KEYWORD_LINE, read_status, NULL},
    {"regex_options", KEYWORD_LINE, read_regex_options, NULL},
    {"regex_stack", KEYWORD_IDLE, NULL, "the stack grows as needed"},
    {"regex_min_offset", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"regex_max_offset", KEYWORD_UNSUPPORTED, NULL, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

static void read_url(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"url", url_keywords, NULL};
	struct checker *k = b->data;
	struct check *c = ROW_NEW(check);
	struct block url = {
	    .type = &type, .at = st->at, .scopes = {{&c->row, URL_COLUMNS}}, .data = k};

	marks_row(&c->row, st->at);
	memset(k->flags, 0, sizeof(k->flags));
	k->urls = checked(realloc(k->urls, (k->nurls + 1) * sizeof(struct check *)));
	k->urls[k->nurls++] = c;
	if (!read_words(r, st, 1, 1)) {
		lexer_skip_block(r->lexer);
		return;
	}
	read_block(r, &url);
	if (!(marks_given(&c->row) & COLUMN(check, path)))
		diagnosis_error(r->d, url.at, "the url has no path");
	apply_regex_options(r, k, c);
}

static void read_http_version(struct reader *r, struct block *b, const struct statement *st)
{
	struct row *row = b->scopes[0].row;

	if (st->n == 2 && strcasecmp(st->words[1].text, "1.0C") == 0) {
		/* 1.0 with "Connection: close": the connection is closed anyway. */
		((struct check *)row)->http_version = HTTP_VERSION_1_0;
		marks_column(row, COL_check_http_version, st->at);
	} else {
		read_column(r, row, COL_check_http_version, st);
	}
}

static void read_nb_get_retry(struct reader *r, struct block *b, const struct statement *st)
{
	read_column(r, b->scopes[0].row, COL_check_retries, st);
}

#define CONNECTION_KEYWORDS                                                                        \
	{"alpha", KEYWORD_LINE, read_checker_alpha, NULL},                                         \
	    {"bind_if", KEYWORD_UNSUPPORTED, NULL, NULL},                                          \
	    {"bind_port", KEYWORD_UNSUPPORTED, NULL, NULL},                                        \
	    {"fwmark", KEYWORD_UNSUPPORTED, NULL, NULL},                                           \
	{                                                                                          \
		"log_all_failures", KEYWORD_IDLE, NULL,                                            \
		    "the table checkResult counts all failures"                                    \
	}
#define CONNECTION_COLUMNS (CHECK_DEFAULTS | CHECK_CONNECTION)

static const struct keyword tcp_keywords[] = {
    CONNECTION_KEYWORDS, {NULL, KEYWORD_IDLE, NULL, NULL}};

static const struct keyword http_keywords[] = {CONNECTION_KEYWORDS,
    {"url", KEYWORD_BLOCK, read_url, NULL},
    {"http_protocol", KEYWORD_LINE, read_http_version, NULL},
    {"nb_get_retry", KEYWORD_LINE, read_nb_get_retry, NULL},
    {"fast_recovery", KEYWORD_IDLE, NULL, "each url is a check of its own"},
    {NULL, KEYWORD_IDLE, NULL, NULL}};

static struct check *new_checker(struct reader *r, const struct statement *st, enum check_type type)
{
	struct check *c = ROW_NEW(check);

	(void)r;
	c->type = type;
	marks_row(&c->row, st->at);
	return c;
}

void read_tcp_check(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"TCP_CHECK", tcp_keywords, NULL};
	struct checker k = {.server = b->data, .base = new_checker(r, st, CHECK_TCP)};
	struct block block = {.type = &type,
	    .at = st->at,
	    .scopes = {{&k.base->row, CONNECTION_COLUMNS}},
	    .data = &k};

	read_block(r, &block);
	add_check(k.server, k.base);
}

/* Each url is a check; what stands outside of them holds for all. */
static void read_http(struct reader *r, struct block *b, const struct statement *st,
    const struct block_type *type, enum check_type check_type, column_mask more)
{
	struct checker k = {.server = b->data, .base = new_checker(r, st, check_type)};
	struct block block = {.type = type,
	    .at = st->at,
	    .scopes = {{&k.base->row, CONNECTION_COLUMNS | COLUMN(check, virtual_host) |
					  COLUMN(check, http_version) | more}},
	    .data = &k};

	read_block(r, &block);
	if (!k.nurls)
		diagnosis_error(r->d, block.at, "%s has no url", type->name);
	for (size_t i = 0; i < k.nurls; i++) {
		k.urls[i]->type = check_type;
		marks_inherit(&k.urls[i]->row, &k.base->row, ~(column_mask)0);
		add_check(k.server, k.urls[i]);
	}
	free(k.urls);
	marks_free_row(&k.base->row);
}

void read_http_get(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"HTTP_GET", http_keywords, NULL};

	read_http(r, b, st, &type, CHECK_HTTP, 0);
}

void read_ssl_get(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"SSL_GET", http_keywords, NULL};

	read_http(r, b, st, &type, CHECK_HTTPS, COLUMN(check, sni));
}

/* ---- check NAME { } */

/* real_server ADDRESS PORT: the one that is checked. */
static void read_check_server(struct reader *r, struct block *b, const struct statement *st)
{
	struct check *c = (struct check *)b->scopes[0].row;

	if (!read_words(r, st, 2, 3) || !read_address(r, &st->words[1], &c->server_address) ||
	    (st->n == 3 && !read_port(r, &st->words[2], &c->server_port)))
		return;
	marks_column(&c->row, COL_check_server_address, st->at);
	marks_column(&c->row, COL_check_server_port, st->at);
}

static const struct keyword check_keywords[] = {
    {"real_server", KEYWORD_LINE, read_check_server, NULL},
    {"status_code", KEYWORD_LINE, read_status, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

void read_check(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"check", check_keywords, NULL};
	struct pool_block *p = b->data;
	struct check *c = ROW_NEW(check);
	struct block block = {.type = &type,
	    .at = st->at,
	    .scopes = {{&c->row, table_mask(c->row.table, CLASS_CONFIG)}}};

	marks_row(&c->row, st->at);
	if (!read_words(r, st, 2, 2) || !read_value(r, &c->row, COL_check_name, &st->words[1])) {
		marks_free_row(&c->row);
		lexer_skip_block(r->lexer);
		return;
	}
	p->named = checked(realloc(p->named, (p->nnamed + 1) * sizeof(struct check *)));
	p->named[p->nnamed++] = c;
	read_block(r, &block);
}
