/* SPDX-License-Identifier: BSD-2-Clause */
/* See str.h: a hash table with chains, doubled when it is full. */
#include "core/model/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct shared {
	struct shared *next;
	uint32_t hash;
	uint32_t users;
	char text[];
};

static struct {
	struct shared **slots;
	size_t size; /* a power of two */
	size_t used;
} the;

/* With its NUL: a flexible array that is not initialized has no byte of its own. */
static struct shared empty = {.users = 1, .text = ""};

static struct shared *shared_of(const char *text)
{
	return (struct shared *)(uintptr_t)(text - offsetof(struct shared, text));
}

static uint32_t hash_of(const char *bytes, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)bytes[i]) * 16777619u; /* FNV-1a */
	return h ^ h >> 15;
}

static void grow(void)
{
	size_t size = the.size ? the.size * 2 : 256;
	struct shared **slots = calloc(size, sizeof(*slots));

	if (!slots)
		abort();
	for (size_t i = 0; i < the.size; i++) {
		for (struct shared *s = the.slots[i], *next; s; s = next) {
			next = s->next;
			s->next = slots[s->hash & (size - 1)];
			slots[s->hash & (size - 1)] = s;
		}
	}
	free(the.slots);
	the.slots = slots;
	the.size = size;
}

const char *str_get_n(const char *bytes, size_t len)
{
	uint32_t h = hash_of(bytes, len);
	struct shared *s;

	if (len == 0)
		return empty.text;
	if (the.used >= the.size)
		grow();
	for (s = the.slots[h & (the.size - 1)]; s; s = s->next) {
		if (s->hash == h && strncmp(s->text, bytes, len) == 0 && s->text[len] == '\0') {
			s->users++;
			return s->text;
		}
	}
	s = malloc(sizeof(*s) + len + 1);
	if (!s)
		abort();
	*s = (struct shared){.next = the.slots[h & (the.size - 1)], .hash = h, .users = 1};
	memcpy(s->text, bytes, len);
	s->text[len] = '\0';
	the.slots[h & (the.size - 1)] = s;
	the.used++;
	return s->text;
}

const char *str_get(const char *text)
{
	return str_get_n(text, strlen(text));
}

const char *str_share(const char *shared)
{
	if (shared != empty.text)
		shared_of(shared)->users++;
	return shared;
}

void str_free(const char *shared)
{
	struct shared *s, **p;

	if (!shared || shared == empty.text)
		return;
	s = shared_of(shared);
	if (--s->users)
		return;
	for (p = &the.slots[s->hash & (the.size - 1)]; *p != s; p = &(*p)->next)
		;
	*p = s->next;
	the.used--;
	free(s);
}

size_t str_count(void)
{
	return the.used;
}
