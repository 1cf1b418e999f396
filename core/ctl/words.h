/* SPDX-License-Identifier: BSD-2-Clause */
/* Short texts that several views share. */
#ifndef CTL_WORDS_H
#define CTL_WORDS_H

#include "core/ctl/value.h"

#define WORDS_SIZE 400

/* "10.0.0.1:80", "[2001:db8::1]:80"; without a port when it is 0.  All return buf. */
char *endpoint_words(const struct addr *a, uint32_t port, char buf[WORDS_SIZE]);
/* "tcp 192.0.2.1:80", "fwmark 5" */
char *service_words(
    enum service_protocol p, const struct addr *a, uint32_t port, char buf[WORDS_SIZE]);
/* "up", or with an administrative state "drain (up)" */
char *server_words(const struct real_server *rs, char buf[WORDS_SIZE]);
enum paint server_paint(const struct real_server *rs);
/* The state, or, of a row that is not active, why it has none: "notInService". */
const char *state_or_status(const struct row *r, const char *state);
/* The paint of such a word, of a row's column named so. */
enum paint state_paint(const struct row *r, const char *column);
/* How long ago, without "ago": "3m 12s". */
char *since_words(usec_t when, const struct style *s, char buf[WORDS_SIZE]);
/* "master for 3m 12s" or, if it never changed, "master" */
char *state_words(const char *state, usec_t since, const struct style *s, char buf[WORDS_SIZE]);

/* A bold line. */
void title(FILE *out, const struct style *s, const char *text);
/* The real servers and addresses that belong to a row. */
struct real_server *server_of(
    const struct store *s, const char *pool, const struct addr *a, uint32_t port);

#endif
