/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cursor over bytes with a sticky error: a read or write past the end sets
 * the error, reads then give zero, and the caller checks once at the end.
 * Two families: _be for packets of the network, _h (host order) for messages
 * between our own processes.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
	uint8_t *at; /* next byte */
	uint8_t *start;
	uint8_t *end;
	bool error;
};

struct wire wire_writer(void *buf, size_t size);
struct wire wire_reader(const void *buf, size_t len); /* must only be read from */
size_t wire_used(const struct wire *w);		      /* bytes before the cursor */
size_t wire_left(const struct wire *w);		      /* bytes after it, 0 in error */
/* No error, and every byte consumed. */
bool wire_done(const struct wire *w);

uint8_t wire_get_u8(struct wire *w);
uint16_t wire_get_be16(struct wire *w);
uint32_t wire_get_be32(struct wire *w);
uint16_t wire_get_h16(struct wire *w);
uint32_t wire_get_h32(struct wire *w);
uint64_t wire_get_h64(struct wire *w);
/* Points into the buffer, or NULL and the error. */
const void *wire_get_bytes(struct wire *w, size_t len);

void wire_put_u8(struct wire *w, uint8_t v);
void wire_put_be16(struct wire *w, uint16_t v);
void wire_put_be32(struct wire *w, uint32_t v);
void wire_put_h16(struct wire *w, uint16_t v);
void wire_put_h32(struct wire *w, uint32_t v);
void wire_put_h64(struct wire *w, uint64_t v);
void wire_put_bytes(struct wire *w, const void *bytes, size_t len);

/* Strings between our own processes: 16 bits of length, then the bytes. */
void wire_put_str(struct wire *w, const char *s);
/* Into buf (size with the final NUL); too long, or with a NUL inside: error and "". */
void wire_get_str(struct wire *w, char *buf, size_t size);

#endif
