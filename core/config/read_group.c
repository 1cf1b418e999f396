/* SPDX-License-Identifier: BSD-2-Clause */
/* virtual_server_group: addresses, ranges of them and firewall marks (see read_lvs.h). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/config/read_lvs.h"

#define GROUP_ADDRESSES 65536 /* in a range */

/* A line of a group. */
struct group_item {
	struct place at;
	bool is_mark;
	struct addr address; /* the first; of a mark: its family, if it was given */
	uint32_t count;	     /* of addresses */
	uint32_t port;	     /* or the mark */
};

struct address_group {
	struct address_group *next;
	const char *name; /* shared string */
	struct place at;
	struct group_item *items;
	size_t n;
	bool used;
};

/* How many addresses from first to last, or 0. */
static uint32_t range_count(const struct addr *first, const struct addr *last)
{
	size_t len = addr_len(first);
	uint32_t n = 0;

	if (first->family != last->family || addr_cmp(first, last) > 0 ||
	    memcmp(first->bytes, last->bytes, len - 4) != 0)
		return 0;
	/* A byte's difference may be negative; the sum modulo 2^32 comes out right. */
	for (size_t i = len - 4; i < len; i++)
		n = n * 256 + last->bytes[i] - first->bytes[i];
	return n == UINT32_MAX ? 0 : n + 1;
}

/* 10.0.0.1-10.0.1.5, 10.0.0.1-5, 2001:db8::1-f */
static bool read_range_end(
    struct reader *r, const struct word *w, const char *end, struct group_item *item)
{
	struct addr last = item->address;
	size_t len = addr_len(&last);
	char *rest;
	unsigned long n;

	if (!addr_parse(&last, end)) {
		n = strtoul(end, &rest, last.family == ADDR_IPV4 ? 10 : 16);
		if (!isxdigit((unsigned char)*end) || *rest ||
		    n > (last.family == ADDR_IPV4 ? 255 : 65535)) {
			diagnosis_error(r->d, w->at, "'%s' does not end in an address", w->text);
			return false;
		}
		last.bytes[len - 1] = (uint8_t)n;
		if (last.family == ADDR_IPV6)
			last.bytes[len - 2] = (uint8_t)(n >> 8);
	}
	item->count = range_count(&item->address, &last);
	if (item->count && item->count <= GROUP_ADDRESSES)
		return true;
	diagnosis_error(
	    r->d, w->at, "'%s' is not a range of 1 to %d addresses", w->text, GROUP_ADDRESSES);
	return false;
}

/* 10.0.0.8/29: all addresses of the network */
static bool read_range_network(
    struct reader *r, const struct word *w, const char *length, struct group_item *item)
{
	unsigned size = (unsigned)addr_len(&item->address) * 8, host;
	int64_t n;

	if (!read_number(r, &(struct word){length, w->at}, 1, size, &n))
		return false;
	host = size - (unsigned)n;
	if (host > 16) {
		diagnosis_error(
		    r->d, w->at, "'%s' has more than %d addresses", w->text, GROUP_ADDRESSES);
		return false;
	}
	for (unsigned bit = 0; bit < host; bit++) {
		if (item->address.bytes[size / 8 - 1 - bit / 8] >> bit % 8 & 1) {
			diagnosis_error(
			    r->d, w->at, "'%s' has bits behind its prefix that are not 0", w->text);
			return false;
		}
	}
	item->count = (uint32_t)1 << host;
	return true;
}

static bool read_range(struct reader *r, const struct word *w, struct group_item *item)
{
	char text[2 * ADDR_STRLEN + 2];
	char *mark;
	char kind;

	if (strlen(w->text) >= sizeof(text)) {
		diagnosis_error(r->d, w->at, "'%s' is not an address", w->text);
		return false;
	}
	strcpy(text, w->text);
	mark = strpbrk(text, "-/");
	kind = mark ? *mark : '\0';
	if (mark)
		*mark++ = '\0';
	item->count = 1;
	if (!read_address(r, &(struct word){text, w->at}, &item->address))
		return false;
	return kind == '-'   ? read_range_end(r, w, mark, item)
	       : kind == '/' ? read_range_network(r, w, mark, item)
			     : true;
}

/* fwmark N [inet|inet6] */
static bool read_group_mark(struct reader *r, const struct statement *st, struct group_item *item)
{
	int64_t mark;

	if (!read_words(r, st, 2, 3) || !read_number(r, &st->words[1], 1, UINT32_MAX, &mark))
		return false;
	*item =
	    (struct group_item){.at = st->at, .is_mark = true, .count = 1, .port = (uint32_t)mark};
	if (st->n < 3)
		return true;
	item->address = addr_any(strcmp(st->words[2].text, "inet6") == 0 ? ADDR_IPV6 : ADDR_IPV4);
	if (strcmp(st->words[2].text, "inet6") == 0 || strcmp(st->words[2].text, "inet") == 0)
		return true;
	diagnosis_error(r->d, st->words[2].at, "'%s' is neither inet nor inet6", st->words[2].text);
	return false;
}

static void read_group_item(struct reader *r, struct block *b, const struct statement *st)
{
	struct address_group *g = b->data;
	struct group_item item = {.at = st->at};
	bool ok;

	if (strcmp(st->words[0].text, "fwmark") == 0)
		ok = read_group_mark(r, st, &item);
	else
		ok = read_words(r, st, 1, 2) && read_range(r, &st->words[0], &item) &&
		     (st->n < 2 || read_port(r, &st->words[1], &item.port));
	if (!ok)
		return;
	g->items = checked(realloc(g->items, (g->n + 1) * sizeof(*g->items)));
	g->items[g->n++] = item;
}

static struct address_group *find_group(const struct reader *r, const char *name)
{
	for (struct address_group *g = r->groups; g; g = g->next)
		if (strcmp(g->name, name) == 0)
			return g;
	return NULL;
}

void read_address_group(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"virtual_server_group", NULL, read_group_item};
	struct address_group *g;
	struct block block = {.type = &type, .at = st->at};

	(void)b;
	if (!read_words(r, st, 2, 2)) {
		lexer_skip_block(r->lexer);
		return;
	}
	g = find_group(r, st->words[1].text);
	if (g) {
		diagnosis_error(r->d, st->words[1].at,
		    "virtual_server_group '%s' is there already: %s:%u:%u", g->name,
		    diagnosis_path(r->d, g->at.file), g->at.line, g->at.column);
		lexer_skip_block(r->lexer);
		return;
	}
	g = checked(calloc(1, sizeof(*g)));
	g->name = str_get(st->words[1].text);
	g->at = st->at;
	g->next = r->groups;
	r->groups = g;
	block.data = g;
	read_block(r, &block);
}

/* The services that a group gives a virtual server. */
void add_group_services(struct reader *r, struct pool_block *p)
{
	struct address_group *g = find_group(r, p->group);

	if (!g) {
		diagnosis_error(
		    r->d, p->name_at, "there is no virtual_server_group '%s'", p->group);
		return;
	}
	g->used = true;
	for (size_t i = 0; i < g->n; i++) {
		struct addr a = g->items[i].address;

		for (uint32_t n = 0; n < g->items[i].count; n++) {
			struct virtual_service *s = ROW_NEW(virtual_service);

			marks_row(&s->row, g->items[i].at);
			s->protocol = g->items[i].is_mark ? SERVICE_FWMARK : p->protocol;
			s->address = a;
			s->port = g->items[i].port;
			add_service(p, s);
			for (size_t k = addr_len(&a); k-- > 0 && ++a.bytes[k] == 0;)
				;
		}
	}
}

bool group_has_addresses(const struct reader *r, const char *name)
{
	const struct address_group *g = find_group(r, name);

	for (size_t i = 0; g && i < g->n; i++)
		if (!g->items[i].is_mark)
			return true;
	return false;
}

void finish_groups(struct reader *r)
{
	for (const struct address_group *g = r->groups; g; g = g->next)
		if (!g->used)
			diagnosis_warn(r->d, g->at,
			    "no virtual_server uses the virtual_server_group '%s'", g->name);
}

void free_groups(struct reader *r)
{
	for (struct address_group *g = r->groups, *next; g; g = next) {
		next = g->next;
		str_free(g->name);
		free(g->items);
		free(g);
	}
	r->groups = NULL;
}
