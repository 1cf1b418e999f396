/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an HTTP probe asks and what it accepts: compiled once per check, used
 * by each of its probes.  The judgement of an answer (http_answer_*) is here
 * too and knows nothing of sockets.
 *
 * An answer is right if its status is accepted and, where they are given, the
 * MD5 digest of its body (as genhash prints it) is the expected one and the
 * pattern is found in its body (or not found, if negated).  Of a body, no
 * more than body_limit bytes are read: for the status alone that is enough,
 * a digest of less would be wrong and is a failure, and a pattern counts as
 * found if it is in what was read, but never as absent.
 *
 * HTTP: RFC 9110, RFC 9112.  MD5: RFC 1321; it recognizes a page here and
 * protects nothing.
 */
#ifndef CHECK_HTTP_SPEC_H
#define CHECK_HTTP_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/check/probe.h"
#include "core/model/schema.h"

enum http_method { HTTP_METHOD_GET, HTTP_METHOD_HEAD };

#define HTTP_BODY_LIMIT ((size_t)1 << 20)

/* Strings may be NULL for "". */
struct http_config {
	bool tls;
	bool sni; /* the virtual host is named in the TLS handshake */
	enum http_method method;
	enum http_version version;
	const char *path;   /* sent as it is; "" is "/" */
	const char *status; /* "200-299,301"; also spaces between; "": 200-299 */
	const char *digest; /* 32 hexadecimal digits, or "" */
	const char *regex;  /* PCRE2, or "" */
	bool regex_negate;
	size_t body_limit; /* bytes; 0: HTTP_BODY_LIMIT */
};

#define HTTP_ERROR_MAX 160

/* Copies and compiles.  NULL and a sentence in error if the configuration can't be used. */
struct http_spec *http_spec_new(const struct http_config *c, char error[HTTP_ERROR_MAX]);
void http_spec_free(struct http_spec *s);

bool http_spec_tls(const struct http_spec *s);
enum http_method http_spec_method(const struct http_spec *s);
enum http_version http_spec_version(const struct http_spec *s);
const char *http_spec_path(const struct http_spec *s);
bool http_spec_sni(const struct http_spec *s);

/* Whether a virtual host (a name or an address, perhaps with a port) can be sent. */
bool http_host_valid(const char *host);

/* An answer as it comes in. */
struct http_answer;

/* spec is borrowed.  NULL without memory. */
struct http_answer *http_answer_new(const struct http_spec *spec);
void http_answer_free(struct http_answer *a);
/* The next bytes of the body.  False: no more of it is needed. */
bool http_answer_body(struct http_answer *a, const void *bytes, size_t len);
/* Judges the whole answer; reason says what was found or missed. */
enum probe_outcome http_answer_judge(
    struct http_answer *a, unsigned status, char reason[PROBE_REASON_MAX]);

#endif
