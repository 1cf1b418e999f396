/* SPDX-License-Identifier: BSD-2-Clause */
/* See http_spec.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/check/http_spec.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MIN 100
#define STATUS_MAX 599
#define STATUS_DEFAULT "200-299"
#define DIGEST_LEN 16
/*
 * Bounds the work of one match (some ten milliseconds), because a pattern
 * that backtracks without end would hold up all the other checks.
 */
#define MATCH_LIMIT 500000
#define MATCH_HEAP_KIB 8192

struct http_spec {
	struct http_config c; /* strings owned; regex and digest "" if not wanted */
	uint8_t accepted[(STATUS_MAX + 8) / 8];
	uint8_t digest[DIGEST_LEN];
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
};

struct http_answer {
	const struct http_spec *spec;
	EVP_MD_CTX *md;
	char *body; /* kept for the pattern only */
	size_t len; /* of the body so far, kept or not */
	size_t room;
	bool cut; /* there was more than body_limit */
	bool no_memory;
};

static bool status_number(const char **p, unsigned *n)
{
	const char *start = *p;

	*n = 0;
	for (; isdigit((unsigned char)**p) && *p - start < 4; (*p)++)
		*n = *n * 10 + (unsigned)(**p - '0');
	return *n >= STATUS_MIN && *n <= STATUS_MAX;
}

static void status_add(struct http_spec *s, unsigned first, unsigned last)
{
	for (; first <= last; first++)
		s->accepted[first / 8] |= (uint8_t)(1u << first % 8);
}

static bool status_parse(struct http_spec *s, const char *p)
{
	unsigned first, last;

	while (*p) {
		if (!status_number(&p, &first))
			return false;
		last = first;
		if (*p == '-') {
			p++;
			if (!status_number(&p, &last) || last < first)
				return false;
		}
		status_add(s, first, last);
		if (*p && !strchr(", ", *p))
			return false;
		p += strspn(p, ", ");
	}
	return true;
}

static bool digest_parse(struct http_spec *s, const char *text)
{
	unsigned byte;

	if (strlen(text) != 2 * DIGEST_LEN ||
	    strspn(text, "0123456789abcdefABCDEF") != 2 * DIGEST_LEN)
		return false;
	for (size_t i = 0; i < DIGEST_LEN; i++) {
		sscanf(text + 2 * i, "%2x", &byte);
		s->digest[i] = (uint8_t)byte;
	}
	return true;
}

static bool regex_compile(struct http_spec *s, char error[HTTP_ERROR_MAX])
{
	PCRE2_UCHAR text[100];
	PCRE2_SIZE at;
	int number;

	s->code =
	    pcre2_compile((PCRE2_SPTR)s->c.regex, PCRE2_ZERO_TERMINATED, 0, &number, &at, NULL);
	if (!s->code) {
		pcre2_get_error_message(number, text, sizeof(text));
		snprintf(error, HTTP_ERROR_MAX, "pattern, character %zu: %s", at + 1, (char *)text);
		return false;
	}
	/* Without memory that may be written and executed, the interpreter does the same. */
	pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE);
	s->match = pcre2_match_data_create_from_pattern(s->code, NULL);
	s->context = pcre2_match_context_create(NULL);
	if (!s->match || !s->context) {
		snprintf(error, HTTP_ERROR_MAX, "out of memory");
		return false;
	}
	pcre2_set_match_limit(s->context, MATCH_LIMIT);
	pcre2_set_heap_limit(s->context, MATCH_HEAP_KIB);
	return true;
}

/* Nothing that could end a line of the request, or the path in it. */
static bool is_clean(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text) || *text == ' ')
			return false;
	return true;
}

bool http_host_valid(const char *host)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]";

	return host[strspn(host, allowed)] == '\0' && strlen(host) <= 255;
}

/* The first complaint about a configuration, or NULL. */
static const char *config_fault(struct http_spec *s)
{
	const struct http_config *c = &s->c;
	bool body = *c->digest || *c->regex;

	if (!is_clean(c->path) || *c->path != '/')
		return "the path must begin with / and have no spaces or control characters";
	if (!status_parse(s, c->status))
		return "status codes are numbers and ranges from 100 to 599, such as 200-299,301";
	if (*c->digest && !digest_parse(s, c->digest))
		return "the digest must have 32 hexadecimal digits";
	if (body && c->method == HTTP_METHOD_HEAD)
		return "the answer to HEAD has no body for a digest or a pattern";
	return NULL;
}

static const char *dup_or(const char *text, const char *otherwise)
{
	return strdup(text && *text ? text : otherwise);
}

static bool config_copy(struct http_config *to, const struct http_config *from)
{
	*to = *from;
	to->path = dup_or(from->path, "/");
	to->status = dup_or(from->status, STATUS_DEFAULT);
	to->digest = dup_or(from->digest, "");
	to->regex = dup_or(from->regex, "");
	if (!to->body_limit)
		to->body_limit = HTTP_BODY_LIMIT;
	return to->path && to->status && to->digest && to->regex;
}

static bool spec_fill(struct http_spec *s, const struct http_config *c, char error[HTTP_ERROR_MAX])
{
	const char *fault;

	if (!config_copy(&s->c, c)) {
		snprintf(error, HTTP_ERROR_MAX, "out of memory");
		return false;
	}
	fault = config_fault(s);
	if (fault) {
		snprintf(error, HTTP_ERROR_MAX, "%s", fault);
		return false;
	}
	return !*s->c.regex || regex_compile(s, error);
}

struct http_spec *http_spec_new(const struct http_config *c, char error[HTTP_ERROR_MAX])
{
	struct http_spec *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(error, HTTP_ERROR_MAX, "out of memory");
		return NULL;
	}
	if (spec_fill(s, c, error))
		return s;
	http_spec_free(s);
	return NULL;
}

void http_spec_free(struct http_spec *s)
{
	if (!s)
		return;
	pcre2_match_context_free(s->context);
	pcre2_match_data_free(s->match);
	pcre2_code_free(s->code);
	free((char *)s->c.path);
	free((char *)s->c.status);
	free((char *)s->c.digest);
	free((char *)s->c.regex);
	free(s);
}

bool http_spec_tls(const struct http_spec *s)
{
	return s->c.tls;
}

enum http_method http_spec_method(const struct http_spec *s)
{
	return s->c.method;
}

enum http_version http_spec_version(const struct http_spec *s)
{
	return s->c.version;
}

const char *http_spec_path(const struct http_spec *s)
{
	return s->c.path;
}

bool http_spec_sni(const struct http_spec *s)
{
	return s->c.tls && s->c.sni;
}

static bool answer_digest_start(struct http_answer *a)
{
	a->md = EVP_MD_CTX_new();
	return a->md && EVP_DigestInit_ex(a->md, EVP_md5(), NULL) == 1;
}

struct http_answer *http_answer_new(const struct http_spec *spec)
{
	struct http_answer *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->spec = spec;
	if (!*spec->c.digest || answer_digest_start(a))
		return a;
	http_answer_free(a);
	return NULL;
}

void http_answer_free(struct http_answer *a)
{
	if (!a)
		return;
	EVP_MD_CTX_free(a->md);
	free(a->body);
	free(a);
}

static bool body_reserve(struct http_answer *a, size_t len)
{
	size_t room = a->room ? a->room : 4096;
	char *body;

	while (room < a->len + len)
		room *= 2;
	if (room == a->room)
		return true;
	body = realloc(a->body, room);
	if (!body)
		return false;
	a->body = body;
	a->room = room;
	return true;
}

bool http_answer_body(struct http_answer *a, const void *bytes, size_t len)
{
	size_t left = a->spec->c.body_limit - a->len;

	if (len > left) {
		a->cut = true;
		len = left;
	}
	if (a->md)
		EVP_DigestUpdate(a->md, bytes, len);
	if (a->spec->code && len) {
		if (!body_reserve(a, len)) {
			a->no_memory = true;
			return false;
		}
		memcpy(a->body + a->len, bytes, len);
	}
	a->len += len;
	return !a->cut;
}

static bool status_accepted(const struct http_spec *s, unsigned status)
{
	return status <= STATUS_MAX && s->accepted[status / 8] & (1u << status % 8);
}

/* These return false, and the reason, if the answer is wrong. */

static bool digest_right(struct http_answer *a, char reason[PROBE_REASON_MAX])
{
	uint8_t got[EVP_MAX_MD_SIZE] = {0};
	char hex[2 * DIGEST_LEN + 1];

	if (a->cut) {
		snprintf(reason, PROBE_REASON_MAX, "body longer than %zu bytes: no digest",
		    a->spec->c.body_limit);
		return false;
	}
	EVP_DigestFinal_ex(a->md, got, NULL);
	for (size_t i = 0; i < DIGEST_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", got[i]);
	snprintf(reason, PROBE_REASON_MAX, "body digest is %s", hex);
	return memcmp(got, a->spec->digest, DIGEST_LEN) == 0;
}

static bool pattern_right(struct http_answer *a, char reason[PROBE_REASON_MAX])
{
	const struct http_spec *s = a->spec;
	int n = pcre2_match(
	    s->code, (PCRE2_SPTR)(a->body ? a->body : ""), a->len, 0, 0, s->match, s->context);

	if (n != PCRE2_ERROR_NOMATCH && n < 0) {
		PCRE2_UCHAR text[100];

		pcre2_get_error_message(n, text, sizeof(text));
		snprintf(reason, PROBE_REASON_MAX, "pattern not decided: %s", (char *)text);
		return false;
	}
	if (n == PCRE2_ERROR_NOMATCH && a->cut) {
		snprintf(reason, PROBE_REASON_MAX, "pattern not in the first %zu bytes of the body",
		    s->c.body_limit);
		return false;
	}
	snprintf(
	    reason, PROBE_REASON_MAX, "pattern %s in the body", n >= 0 ? "found" : "not found");
	return (n >= 0) != s->c.regex_negate;
}

enum probe_outcome http_answer_judge(
    struct http_answer *a, unsigned status, char reason[PROBE_REASON_MAX])
{
	const struct http_spec *s = a->spec;

	if (a->no_memory) {
		snprintf(reason, PROBE_REASON_MAX, "out of memory");
		return PROBE_ERROR;
	}
	if (!status_accepted(s, status)) {
		snprintf(reason, PROBE_REASON_MAX, "HTTP status %u, expected %.60s", status,
		    s->c.status);
		return PROBE_FAILURE;
	}
	if (a->md && !digest_right(a, reason))
		return PROBE_FAILURE;
	if (s->code && !pattern_right(a, reason))
		return PROBE_FAILURE;
	snprintf(reason, PROBE_REASON_MAX, "HTTP status %u", status);
	return PROBE_SUCCESS;
}
