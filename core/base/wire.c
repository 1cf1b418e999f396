/* SPDX-License-Identifier: BSD-2-Clause */
/* See wire.h. */
#include "core/base/wire.h"

#include <endian.h>
#include <string.h>

struct wire wire_writer(void *buf, size_t size)
{
	return (struct wire){buf, buf, (uint8_t *)buf + size, false};
}

struct wire wire_reader(const void *buf, size_t len)
{
	uint8_t *p = (uint8_t *)(uintptr_t)buf;

	return (struct wire){p, p, p + len, false};
}

size_t wire_used(const struct wire *w)
{
	return (size_t)(w->at - w->start);
}

size_t wire_left(const struct wire *w)
{
	return w->error ? 0 : (size_t)(w->end - w->at);
}

bool wire_done(const struct wire *w)
{
	return !w->error && w->at == w->end;
}

const void *wire_get_bytes(struct wire *w, size_t len)
{
	const void *p = w->at;

	if (wire_left(w) < len) {
		w->error = true;
		return NULL;
	}
	w->at += len;
	return p;
}

static void get(struct wire *w, void *to, size_t len)
{
	const void *p = wire_get_bytes(w, len);

	if (p)
		memcpy(to, p, len);
	else
		memset(to, 0, len);
}

void wire_put_bytes(struct wire *w, const void *bytes, size_t len)
{
	if (wire_left(w) < len) {
		w->error = true;
		return;
	}
	if (len)
		memcpy(w->at, bytes, len);
	w->at += len;
}

uint8_t wire_get_u8(struct wire *w)
{
	uint8_t v;

	get(w, &v, sizeof(v));
	return v;
}

uint16_t wire_get_h16(struct wire *w)
{
	uint16_t v;

	get(w, &v, sizeof(v));
	return v;
}

uint32_t wire_get_h32(struct wire *w)
{
	uint32_t v;

	get(w, &v, sizeof(v));
	return v;
}

uint64_t wire_get_h64(struct wire *w)
{
	uint64_t v;

	get(w, &v, sizeof(v));
	return v;
}

uint16_t wire_get_be16(struct wire *w)
{
	return be16toh(wire_get_h16(w));
}

uint32_t wire_get_be32(struct wire *w)
{
	return be32toh(wire_get_h32(w));
}

void wire_put_u8(struct wire *w, uint8_t v)
{
	wire_put_bytes(w, &v, sizeof(v));
}

void wire_put_h16(struct wire *w, uint16_t v)
{
	wire_put_bytes(w, &v, sizeof(v));
}

void wire_put_h32(struct wire *w, uint32_t v)
{
	wire_put_bytes(w, &v, sizeof(v));
}

void wire_put_h64(struct wire *w, uint64_t v)
{
	wire_put_bytes(w, &v, sizeof(v));
}

void wire_put_be16(struct wire *w, uint16_t v)
{
	wire_put_h16(w, htobe16(v));
}

void wire_put_be32(struct wire *w, uint32_t v)
{
	wire_put_h32(w, htobe32(v));
}

void wire_put_str(struct wire *w, const char *s)
{
	size_t len = strlen(s);

	if (len > UINT16_MAX) {
		w->error = true;
		return;
	}
	wire_put_h16(w, (uint16_t)len);
	wire_put_bytes(w, s, len);
}

void wire_get_str(struct wire *w, char *buf, size_t size)
{
	size_t len = wire_get_h16(w);
	const void *p = wire_get_bytes(w, len);

	buf[0] = '\0';
	if (!p)
		return;
	if (len >= size || memchr(p, 0, len)) {
		w->error = true;
		return;
	}
	memcpy(buf, p, len);
	buf[len] = '\0';
}
