/* SPDX-License-Identifier: BSD-2-Clause */
/* See nexthop.h. */
#include "core/model/nexthop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_SIZE 64

struct cursor {
	const char *p;
	char word[WORD_SIZE];
	char *why;
	size_t size;
};

static bool refuse(struct cursor *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct cursor *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, c->size, fmt, ap);
	va_end(ap);
	return false;
}

/* The next word; false at the end.  A word that is too long is cut, and then no address or name. */
static bool next(struct cursor *c)
{
	size_t n;

	c->p += strspn(c->p, " ");
	n = strcspn(c->p, " ");
	snprintf(c->word, sizeof(c->word), "%.*s", (int)n, c->p);
	c->p += n;
	return n > 0;
}

static bool set_weight(struct cursor *c, struct nexthop *h)
{
	char *end;
	long v = strtol(c->word, &end, 10);

	if (*end || v < 1 || v > 256)
		return refuse(c, "'%s' is no weight of 1 to 256", c->word);
	h->weight = (unsigned)v;
	return true;
}

static bool set_interface(struct cursor *c, struct nexthop *h)
{
	if (strlen(c->word) >= sizeof(h->interface))
		return refuse(c, "'%s' is no name of an interface", c->word);
	strcpy(h->interface, c->word);
	return true;
}

static bool set_gateway(struct cursor *c, struct nexthop *h)
{
	return addr_parse(&h->gateway, c->word) || refuse(c, "'%s' is not an address", c->word);
}

static bool option(struct cursor *c, struct nexthop *h)
{
	static const struct {
		const char *word;
		bool (*set)(struct cursor *c, struct nexthop *h);
	} options[] = {{"via", set_gateway}, {"dev", set_interface}, {"weight", set_weight}};

	if (strcmp(c->word, "onlink") == 0)
		return h->onlink = true;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (strcmp(c->word, options[i].word) == 0)
			return next(c) ? options[i].set(c, h)
				       : refuse(c, "'%s' needs a value", options[i].word);
	return refuse(c, "'%s' is nothing that a next hop has", c->word);
}

static bool complete(struct cursor *c, const struct nexthop *h)
{
	return addr_is_set(&h->gateway) || *h->interface ||
	       refuse(c, "a next hop has neither an address nor an interface");
}

size_t nexthops_parse(const char *text, struct nexthop list[NEXTHOPS_MAX], char *why, size_t size)
{
	struct cursor c = {.p = text, .why = why, .size = size};
	size_t n = 0;

	while (next(&c)) {
		bool ok = true;

		if (strcmp(c.word, "nexthop") == 0) {
			ok = n == 0 || complete(&c, &list[n - 1]);
			if (ok && n == NEXTHOPS_MAX)
				ok = refuse(&c, "there are more than %d next hops", NEXTHOPS_MAX);
			if (ok)
				list[n++] = (struct nexthop){.weight = 1};
		} else if (n == 0) {
			ok = refuse(&c, "'%s': a next hop begins with 'nexthop'", c.word);
		} else {
			ok = option(&c, &list[n - 1]);
		}
		if (!ok)
			return 0;
	}
	if (n == 0)
		refuse(&c, "there is no next hop");
	else if (!complete(&c, &list[n - 1]))
		n = 0;
	return n;
}
