/* SPDX-License-Identifier: BSD-2-Clause */
/* See table.h. */
#include "core/lvs/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"

/* So many destinations that belong to no service are never worth a new array. */
#define UNUSED_FEW 64

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int ipvs_key_cmp(const struct ipvs_key *a, const struct ipvs_key *b)
{
	int c = order(a->fwmark, b->fwmark);

	if (c == 0)
		c = order(a->protocol, b->protocol);
	if (c == 0)
		c = addr_cmp(&a->addr, &b->addr);
	return c ? c : order(a->port, b->port);
}

int ipvs_dest_cmp(const struct ipvs_dest *a, const struct ipvs_dest *b)
{
	int c = addr_cmp(&a->addr, &b->addr);

	return c ? c : order(a->port, b->port);
}

bool ipvs_service_equal(const struct ipvs_service *a, const struct ipvs_service *b)
{
	return ipvs_key_cmp(&a->key, &b->key) == 0 && strcmp(a->scheduler, b->scheduler) == 0 &&
	       strcmp(a->engine, b->engine) == 0 && a->flags == b->flags &&
	       a->timeout == b->timeout && a->netmask == b->netmask;
}

bool ipvs_dest_equal(const struct ipvs_dest *a, const struct ipvs_dest *b)
{
	return ipvs_dest_cmp(a, b) == 0 && a->forward == b->forward && a->weight == b->weight &&
	       a->upper == b->upper && a->lower == b->lower && a->tunnel_type == b->tunnel_type &&
	       a->tunnel_port == b->tunnel_port && a->tunnel_flags == b->tunnel_flags;
}

static const struct {
	uint8_t number;
	const char *word;
} protocols[] = {{IPPROTO_TCP, "tcp"}, {IPPROTO_UDP, "udp"}, {IPPROTO_SCTP, "sctp"}};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static const char *protocol_word(uint8_t number, char buf[8])
{
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (protocols[i].number == number)
			return protocols[i].word;
	}
	snprintf(buf, 8, "%u", number);
	return buf;
}

static uint8_t protocol_number(const char *word)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (strcmp(protocols[i].word, word) == 0)
			return protocols[i].number;
	}
	return 0;
}

static void endpoint_format(const struct addr *addr, unsigned port, char *buf, size_t size)
{
	char a[ADDR_STRLEN];

	snprintf(
	    buf, size, addr->family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u", addr_format(addr, a), port);
}

char *ipvs_key_format(const struct ipvs_key *key, char buf[IPVS_KEY_STRLEN])
{
	char p[8];
	int n;

	if (key->fwmark) {
		snprintf(buf, IPVS_KEY_STRLEN, "fwmark %u %s", key->fwmark,
		    key->addr.family == ADDR_IPV6 ? "inet6" : "inet");
		return buf;
	}
	n = snprintf(buf, IPVS_KEY_STRLEN, "%s ", protocol_word(key->protocol, p));
	endpoint_format(&key->addr, key->port, buf + n, IPVS_KEY_STRLEN - (size_t)n);
	return buf;
}

static bool mark_parse(struct ipvs_key *key, const char *text)
{
	char family[8];
	int end = 0;

	if (sscanf(text, "fwmark %u %7s%n", &key->fwmark, family, &end) != 2 || text[end])
		return false;
	key->addr = addr_any(strcmp(family, "inet6") == 0 ? ADDR_IPV6 : ADDR_IPV4);
	return key->fwmark && (key->addr.family == ADDR_IPV6 || strcmp(family, "inet") == 0);
}

bool ipvs_key_parse(struct ipvs_key *key, const char *text)
{
	char protocol[8], address[ADDR_STRLEN];
	int end = 0;

	memset(key, 0, sizeof(*key));
	if (strncmp(text, "fwmark ", 7) == 0)
		return mark_parse(key, text);
	if (sscanf(text, "%7s [%45[0-9a-f:.]]:%hu%n", protocol, address, &key->port, &end) != 3 &&
	    sscanf(text, "%7s %45[0-9.]:%hu%n", protocol, address, &key->port, &end) != 3)
		return false;
	key->protocol = protocol_number(protocol);
	return key->protocol && text[end] == '\0' && addr_parse(&key->addr, address);
}

char *ipvs_dest_format(const struct ipvs_dest *dest, char buf[IPVS_KEY_STRLEN])
{
	endpoint_format(&dest->addr, dest->port, buf, IPVS_KEY_STRLEN);
	return buf;
}

void ipvs_table_clear(struct ipvs_table *t)
{
	free(t->services);
	free(t->dests);
	memset(t, 0, sizeof(*t));
}

/* Without memory nothing sensible is left to do: the supervisor starts us again, and we adopt. */
static void *room_for_one(void *array, size_t used, size_t *room, size_t size)
{
	if (used < *room)
		return array;
	*room = *room ? 2 * *room : 16;
	array = reallocarray(array, *room, size);
	if (!array) {
		log_error("out of memory");
		abort();
	}
	return array;
}

struct ipvs_service *ipvs_table_add_service(struct ipvs_table *t, const struct ipvs_service *s)
{
	struct ipvs_service *new;

	t->services =
	    room_for_one(t->services, t->n_services, &t->room_services, sizeof(*t->services));
	new = &t->services[t->n_services++];
	*new = *s;
	new->first = t->n_dests;
	new->count = new->room = 0;
	return new;
}

static struct ipvs_dest *append_dest(struct ipvs_table *t, const struct ipvs_dest *d)
{
	struct ipvs_dest *new;

	t->dests = room_for_one(t->dests, t->n_dests, &t->room_dests, sizeof(*t->dests));
	new = &t->dests[t->n_dests++];
	*new = *d;
	return new;
}

struct ipvs_dest *ipvs_table_add_dest(struct ipvs_table *t, const struct ipvs_dest *d)
{
	t->services[t->n_services - 1].count++;
	t->services[t->n_services - 1].room++;
	return append_dest(t, d);
}

void ipvs_table_copy_service(
    struct ipvs_table *to, const struct ipvs_table *from, const struct ipvs_service *s)
{
	ipvs_table_add_service(to, s);
	for (size_t i = 0; i < s->count; i++)
		ipvs_table_add_dest(to, &from->dests[s->first + i]);
}

struct ipvs_service *ipvs_services_end(const struct ipvs_table *t)
{
	return t->n_services ? t->services + t->n_services : t->services;
}

struct ipvs_dest *ipvs_dests(const struct ipvs_table *t, const struct ipvs_service *s)
{
	return t->n_dests ? t->dests + s->first : t->dests;
}

struct ipvs_dest *ipvs_dests_end(const struct ipvs_table *t, const struct ipvs_service *s)
{
	return t->n_dests ? t->dests + s->first + s->count : t->dests;
}

static int service_order(const void *a, const void *b)
{
	return ipvs_key_cmp(
	    &((const struct ipvs_service *)a)->key, &((const struct ipvs_service *)b)->key);
}

static int dest_order(const void *a, const void *b)
{
	return ipvs_dest_cmp(a, b);
}

void ipvs_table_sort(struct ipvs_table *t)
{
	if (t->n_services)
		qsort(t->services, t->n_services, sizeof(*t->services), service_order);
	for (size_t i = 0; i < t->n_services; i++) {
		struct ipvs_service *s = &t->services[i];

		if (s->count > 1)
			qsort(t->dests + s->first, s->count, sizeof(*t->dests), dest_order);
	}
}

static void unique_dests(struct ipvs_table *t, struct ipvs_service *s)
{
	struct ipvs_dest *d = ipvs_dests(t, s);
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (kept && ipvs_dest_cmp(&d[kept - 1], &d[i]) == 0) {
			if (d[i].weight > d[kept - 1].weight)
				d[kept - 1] = d[i];
		} else {
			d[kept++] = d[i];
		}
	}
	t->unused += s->count - kept;
	s->count = kept;
}

size_t ipvs_table_unique(struct ipvs_table *t)
{
	size_t kept = 0, all = t->n_services;

	for (size_t i = 0; i < all; i++) {
		if (kept && ipvs_key_cmp(&t->services[kept - 1].key, &t->services[i].key) == 0) {
			t->unused += t->services[i].count;
			continue;
		}
		t->services[kept] = t->services[i];
		unique_dests(t, &t->services[kept++]);
	}
	t->n_services = kept;
	return all - kept;
}

/* Makes place for n destinations of a service: where it is, or at the end of the array. */
static void make_room(struct ipvs_table *t, struct ipvs_service *s, size_t n)
{
	static const struct ipvs_dest none;
	size_t first = t->n_dests;

	if (n <= s->room)
		return;
	if (s->room && s->first + s->room == t->n_dests)
		first = s->first;
	else
		s->room = 0;
	for (; s->room < n; s->room++) {
		append_dest(t, &none);
		t->unused++;
	}
	if (first == s->first)
		return;
	/* as many places are used here as are not any more where it was */
	for (size_t i = 0; i < s->count; i++)
		t->dests[first + i] = t->dests[s->first + i];
	s->first = first;
}

/* Services that grow one by one do not move each time. */
static size_t spare(size_t count)
{
	return count + count / 16;
}

/* Without the places that no service has. */
static void compact(struct ipvs_table *t)
{
	struct ipvs_table now = {.n_services = 0};

	for (size_t i = 0; i < t->n_services; i++) {
		const struct ipvs_service *s = &t->services[i];
		size_t room = s->room < spare(s->count) ? s->room : spare(s->count);

		ipvs_table_copy_service(&now, t, s);
		make_room(&now, &now.services[i], room);
	}
	ipvs_table_clear(t);
	*t = now;
}

/* Destinations of `with` take the place of some of a service's; those behind them are moved. */
static void splice(struct ipvs_table *t, struct ipvs_service *s, struct ipvs_range old,
    const struct ipvs_table *with, const struct ipvs_service *ws, struct ipvs_range new)
{
	size_t behind = s->count - old.at - old.n, all = old.at + new.n + behind;
	struct ipvs_dest *to;

	if (all == 0 && s->count == 0)
		return;
	if (all > s->room)
		make_room(t, s, spare(all));
	to = t->dests + s->first + old.at;
	if (new.n != old.n)
		memmove(to + new.n, to + old.n, behind * sizeof(*to));
	if (new.n)
		memcpy(to, with->dests + ws->first + new.at, new.n * sizeof(*to));
	t->unused = t->unused + s->count - all;
	s->count = all;
}

/* The destinations of `with` become those of s, whose others are forgotten. */
static void put_dests(struct ipvs_table *t, struct ipvs_service *s, const struct ipvs_table *with,
    const struct ipvs_service *ws)
{
	splice(t, s, (struct ipvs_range){0, s->count}, with, ws, (struct ipvs_range){0, ws->count});
}

/* The same for those at some addresses; the others stay. */
static void put_dests_at(struct ipvs_table *t, struct ipvs_service *s, const struct ipvs_part *part,
    const struct ipvs_service *ws)
{
	for (size_t i = 0; i < part->n_addresses; i++) {
		const struct addr *a = &part->addresses[i];

		splice(t, s, ipvs_dests_at(t, s, a), &part->table, ws,
		    ipvs_dests_at(&part->table, ws, a));
	}
}

static void put_service(struct ipvs_table *t, struct ipvs_service *s, const struct ipvs_table *with,
    const struct ipvs_service *ws)
{
	struct ipvs_service old = *s;

	*s = *ws;
	s->first = old.first;
	s->count = old.count;
	s->room = old.room;
	put_dests(t, s, with, ws);
}

/* The array of services anew: those that stay, and those that are not there yet. */
static void reshape(struct ipvs_table *t, const struct ipvs_part *part)
{
	struct ipvs_table now = *t;
	const struct ipvs_service *a = t->services, *a_end = ipvs_services_end(t);
	const struct ipvs_table *with = &part->table;
	const struct ipvs_service *b = with->services, *b_end = ipvs_services_end(with);
	const struct ipvs_key *g = part->gone, *g_end = part->n_gone ? g + part->n_gone : g;

	now.services = NULL;
	now.n_services = now.room_services = 0;
	while (a < a_end || b < b_end) {
		int c = a == a_end ? 1 : b == b_end ? -1 : ipvs_key_cmp(&a->key, &b->key);

		if (c > 0) {
			put_dests(&now, ipvs_table_add_service(&now, b), with, b);
		} else {
			while (g < g_end && ipvs_key_cmp(g, &a->key) < 0)
				g++;
			if (g < g_end && ipvs_key_cmp(g, &a->key) == 0) {
				now.unused += a->count;
			} else {
				struct ipvs_service *s = ipvs_table_add_service(&now, a);

				s->first = a->first;
				s->count = a->count;
				s->room = a->room;
			}
		}
		if (c <= 0)
			a++;
		if (c >= 0)
			b++;
	}
	free(t->services);
	*t = now;
}

void ipvs_table_replace(struct ipvs_table *t, const struct ipvs_part *part)
{
	const struct ipvs_table *with = &part->table;
	bool shape = false;

	for (size_t i = 0; i < part->n_gone && !shape; i++)
		shape = ipvs_table_find(t, &part->gone[i]) != NULL;
	for (size_t i = 0; i < with->n_services; i++) {
		const struct ipvs_service *ws = &with->services[i];
		struct ipvs_service *s = ipvs_table_find(t, &ws->key);

		if (!s)
			shape = true;
		else if (part->addresses)
			put_dests_at(t, s, part, ws);
		else
			put_service(t, s, with, ws);
	}
	if (shape)
		reshape(t, part);
	if (t->unused > UNUSED_FEW && t->unused > t->n_dests / 2)
		compact(t);
}

static void copy_service_at(struct ipvs_table *to, const struct ipvs_table *from,
    const struct ipvs_service *s, const struct ipvs_part *part)
{
	ipvs_table_add_service(to, s);
	for (size_t i = 0; i < part->n_addresses; i++) {
		struct ipvs_range r = ipvs_dests_at(from, s, &part->addresses[i]);

		for (size_t k = 0; k < r.n; k++)
			ipvs_table_add_dest(to, &from->dests[s->first + r.at + k]);
	}
}

void ipvs_table_pick(
    struct ipvs_table *t, const struct ipvs_table *from, const struct ipvs_part *part)
{
	size_t n_gone = part->n_gone;

	for (size_t i = 0; i < part->table.n_services + n_gone; i++) {
		const struct ipvs_key *key =
		    i < n_gone ? &part->gone[i] : &part->table.services[i - n_gone].key;
		const struct ipvs_service *s = ipvs_table_find(from, key);

		if (s && part->addresses)
			copy_service_at(t, from, s, part);
		else if (s)
			ipvs_table_copy_service(t, from, s);
	}
	ipvs_table_sort(t);
}

static void carry_dests(struct ipvs_table *to, const struct ipvs_service *s,
    const struct ipvs_table *from, const struct ipvs_service *old)
{
	const struct ipvs_dest *o = old ? ipvs_dests(from, old) : NULL;
	const struct ipvs_dest *end = old ? ipvs_dests_end(from, old) : NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct ipvs_dest *d = &to->dests[s->first + i];

		while (o < end && ipvs_dest_cmp(o, d) < 0)
			o++;
		d->user = o < end && ipvs_dest_cmp(o, d) == 0 ? o->user : NULL;
	}
}

void ipvs_table_carry_users(struct ipvs_table *to, const struct ipvs_table *from)
{
	const struct ipvs_service *o = from->services, *end = ipvs_services_end(from);

	for (size_t i = 0; i < to->n_services; i++) {
		struct ipvs_service *s = &to->services[i];
		bool same;

		while (o < end && ipvs_key_cmp(&o->key, &s->key) < 0)
			o++;
		same = o < end && ipvs_key_cmp(&o->key, &s->key) == 0;
		s->user = same ? o->user : NULL;
		carry_dests(to, s, from, same ? o : NULL);
	}
}

/* How many of n sorted destinations are before the address, or at it, too. */
static size_t count_before(
    const struct ipvs_dest *d, size_t n, const struct addr *address, bool at_too)
{
	size_t least = 0;

	while (least < n) {
		size_t middle = least + (n - least) / 2;

		if (addr_cmp(&d[middle].addr, address) < (at_too ? 1 : 0))
			least = middle + 1;
		else
			n = middle;
	}
	return least;
}

struct ipvs_range ipvs_dests_at(
    const struct ipvs_table *t, const struct ipvs_service *s, const struct addr *address)
{
	const struct ipvs_dest *d = ipvs_dests(t, s);
	size_t at = count_before(d, s->count, address, false);

	return (struct ipvs_range){at, count_before(d, s->count, address, true) - at};
}

struct ipvs_service *ipvs_table_find(const struct ipvs_table *t, const struct ipvs_key *key)
{
	struct ipvs_service probe = {.key = *key};

	if (!t->n_services)
		return NULL;
	return bsearch(&probe, t->services, t->n_services, sizeof(probe), service_order);
}

struct ipvs_dest *ipvs_table_find_dest(const struct ipvs_table *t, const struct ipvs_service *s,
    const struct addr *addr, uint16_t port)
{
	struct ipvs_dest probe = {.addr = *addr, .port = port};

	if (!s->count)
		return NULL;
	return bsearch(&probe, t->dests + s->first, s->count, sizeof(probe), dest_order);
}
