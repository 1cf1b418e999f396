/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of the character that text begins with (RFC 3629); 0: it begins with none. */
size_t utf8_length(const char *text);
/* Is all of the text UTF-8? */
bool utf8_valid(const char *text);

#endif
