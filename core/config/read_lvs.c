/* SPDX-License-Identifier: BSD-2-Clause */
/* virtual_server, server_pool and real_server (see reader.h). */
#include "core/config/read_lvs.h"

#include <stdlib.h>
#include <string.h>

#define PERSISTENCE_DEFAULT 360
#define MAIL "directord sends no mail; its events are SNMP notifications"

/* ---- Addresses and methods. */

bool looks_like_address(const char *word)
{
	return strchr(word, ':') ? word[strspn(word, "0123456789abcdefABCDEF:./-")] == '\0'
				 : word[strspn(word, "0123456789./-")] == '\0';
}

bool read_port(struct reader *r, const struct word *w, uint32_t *port)
{
	int64_t n;

	if (!read_number(r, w, 0, 65535, &n))
		return false;
	*port = (uint32_t)n;
	return true;
}

static bool set_tunnel_word(
    struct reader *r, struct real_server *rs, const struct word *words, size_t n, size_t *used)
{
	static const struct {
		const char *word;
		int column;
	} options[] = {
	    {"type", COL_real_server_tunnel_type}, {"port", COL_real_server_tunnel_port}};
	int32_t number;

	*used = 1;
	if (enum_number(&enumeration_tunnel_checksum, words[0].text, &number)) {
		rs->tunnel_checksum = (enum tunnel_checksum)number;
		marks_column(&rs->row, COL_real_server_tunnel_checksum, words[0].at);
		return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(words[0].text, options[i].word) != 0)
			continue;
		if (n < 2) {
			diagnosis_error(r->d, words[0].at, "'%s' needs a value", words[0].text);
			return false;
		}
		*used = 2;
		marks_column(&rs->row, options[i].column, words[0].at);
		return read_value(r, &rs->row, options[i].column, &words[1]);
	}
	diagnosis_error(
	    r->d, words[0].at, "'%s' is none of type, port, nocsum, csum, remcsum", words[0].text);
	return false;
}

/* lvs_method NAT|DR|TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum] */
static void read_method_words(struct reader *r, struct real_server *rs, const struct statement *st)
{
	size_t used;

	if (!read_words(r, st, 2, SIZE_MAX) ||
	    !read_value(r, &rs->row, COL_real_server_forwarding, &st->words[1]))
		return;
	marks_column(&rs->row, COL_real_server_forwarding, st->at);
	if (st->n > 2 && rs->forwarding != FORWARDING_TUN) {
		diagnosis_error(r->d, st->words[2].at, "'%s' is too much after '%s'",
		    st->words[2].text, st->words[1].text);
		return;
	}
	for (size_t i = 2; i < st->n; i += used)
		if (!set_tunnel_word(r, rs, st->words + i, st->n - i, &used))
			return;
}

/* ---- real_server */

static void read_server_method(struct reader *r, struct block *b, const struct statement *st)
{
	read_method_words(r, (struct real_server *)b->scopes[0].row, st);
}

static void read_server_alpha(struct reader *r, struct block *b, const struct statement *st)
{
	read_alpha(r, &((struct pool_server *)b->data)->alpha, st);
}

static void read_server_notify(struct reader *r, struct block *b, const struct statement *st)
{
	read_notify_pair(r, ((struct pool_server *)b->data)->notify, NOTIFY_REAL_SERVER, st);
}

#define OTHER_CHECKS "only TCP_CHECK, HTTP_GET and SSL_GET are"

static const struct keyword server_keywords[] = {
    {"lvs_method", KEYWORD_LINE, read_server_method, NULL},
    {"alpha", KEYWORD_LINE, read_server_alpha, NULL},
    {"TCP_CHECK", KEYWORD_BLOCK, read_tcp_check, NULL},
    {"HTTP_GET", KEYWORD_BLOCK, read_http_get, NULL},
    {"SSL_GET", KEYWORD_BLOCK, read_ssl_get, NULL},
    {"SMTP_CHECK", KEYWORD_UNSUPPORTED, NULL, OTHER_CHECKS},
    {"DNS_CHECK", KEYWORD_UNSUPPORTED, NULL, OTHER_CHECKS},
    {"MISC_CHECK", KEYWORD_UNSUPPORTED, NULL, OTHER_CHECKS},
    {"BFD_CHECK", KEYWORD_UNSUPPORTED, NULL, OTHER_CHECKS},
    {"PING_CHECK", KEYWORD_UNSUPPORTED, NULL, OTHER_CHECKS},
    {"UDP_CHECK", KEYWORD_UNSUPPORTED, NULL, OTHER_CHECKS},
    {"FILE_CHECK", KEYWORD_UNSUPPORTED, NULL, OTHER_CHECKS},
    {"notify_up", KEYWORD_LINE, read_server_notify, NULL},
    {"notify_down", KEYWORD_LINE, read_server_notify, NULL},
    {"smtp_alert", KEYWORD_IDLE, NULL, MAIL},
    {"snmp_name", KEYWORD_IDLE, NULL, "the index has the address"},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

static struct pool_server *add_server(struct pool_block *p)
{
	struct pool_server *s;

	if (p->nservers == p->servers_room) {
		p->servers_room = p->servers_room ? 2 * p->servers_room : 8;
		p->servers = checked(realloc(p->servers, p->servers_room * sizeof(*p->servers)));
	}
	s = &p->servers[p->nservers++];
	*s = (struct pool_server){.row = ROW_NEW(real_server), .check_defaults = ROW_NEW(check)};
	return s;
}

static void read_real_server(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"real_server", server_keywords, NULL};
	struct pool_block *p = b->data;
	struct pool_server *s = add_server(p);
	struct block block = {.type = &type,
	    .at = st->at,
	    .scopes = {{&s->row->row, table_mask(s->row->row.table, CLASS_CONFIG)},
		{&s->check_defaults->row, CHECK_DEFAULTS}},
	    .data = s};
	bool open = st->kind == STATEMENT_OPEN, ok;

	marks_row(&s->row->row, st->at);
	ok = read_words(r, st, 2, 3) && read_address(r, &st->words[1], &s->row->address) &&
	     (st->n < 3 || read_port(r, &st->words[2], &s->row->port));
	if (ok && st->n < 3 && p->form == POOL_FORM_ADDRESS)
		s->row->port = p->port;
	if (open && ok)
		read_block(r, &block);
	else if (open)
		lexer_skip_block(r->lexer);
	if (!s->check_defaults->row.user) { /* most have none */
		row_free(&s->check_defaults->row);
		s->check_defaults = NULL;
	}
}

/* ---- virtual_server and server_pool */

static void read_scheduler(struct reader *r, struct block *b, const struct statement *st)
{
	struct pool_block *p = b->data;

	read_column(r, &p->vs->row, COL_virtual_server_scheduler, st);
}

/* The default of the real servers (and of the sorry server). */
static void read_pool_method(struct reader *r, struct block *b, const struct statement *st)
{
	read_method_words(r, ((struct pool_block *)b->data)->server_defaults, st);
}

static void read_persistence_timeout(struct reader *r, struct block *b, const struct statement *st)
{
	struct virtual_server *vs = ((struct pool_block *)b->data)->vs;

	if (st->n > 1) {
		read_column(r, &vs->row, COL_virtual_server_persistence_timeout, st);
		return;
	}
	vs->persistence_timeout = PERSISTENCE_DEFAULT;
	marks_column(&vs->row, COL_virtual_server_persistence_timeout, st->at);
}

/* 255.255.255.0 or 24; IPv6: 64. */
static void read_granularity(struct reader *r, struct block *b, const struct statement *st)
{
	struct virtual_server *vs = ((struct pool_block *)b->data)->vs;
	struct addr mask;
	uint32_t bits, n = 0;

	if (!read_words(r, st, 2, 2))
		return;
	if (!strchr(st->words[1].text, '.')) {
		read_column(r, &vs->row, COL_virtual_server_persistence_prefix, st);
		return;
	}
	if (!read_address(r, &st->words[1], &mask))
		return;
	bits = (uint32_t)mask.bytes[0] << 24 | (uint32_t)mask.bytes[1] << 16 |
	       (uint32_t)mask.bytes[2] << 8 | mask.bytes[3];
	while (n < 32 && bits >> (31 - n) & 1)
		n++;
	if (mask.family != ADDR_IPV4 || !n || (n < 32 && bits << n)) {
		diagnosis_error(
		    r->d, st->words[1].at, "'%s' is not a network mask", st->words[1].text);
		return;
	}
	vs->persistence_prefix = n;
	marks_column(&vs->row, COL_virtual_server_persistence_prefix, st->at);
}

static void read_protocol(struct reader *r, struct block *b, const struct statement *st)
{
	struct pool_block *p = b->data;

	if (!read_words(r, st, 2, 2))
		return;
	if (strcasecmp(st->words[1].text, "TCP") == 0)
		p->protocol = SERVICE_TCP;
	else if (strcasecmp(st->words[1].text, "UDP") == 0)
		p->protocol = SERVICE_UDP;
	else if (strcasecmp(st->words[1].text, "SCTP") == 0)
		p->protocol = SERVICE_SCTP;
	else
		diagnosis_error(
		    r->d, st->words[1].at, "'%s' is none of TCP, UDP, SCTP", st->words[1].text);
	p->protocol_at = st->at;
}

static void read_ip_family(struct reader *r, struct block *b, const struct statement *st)
{
	struct pool_block *p = b->data;

	if (!read_words(r, st, 2, 2))
		return;
	if (strcmp(st->words[1].text, "inet") == 0)
		p->mark_family = ADDR_IPV4;
	else if (strcmp(st->words[1].text, "inet6") == 0)
		p->mark_family = ADDR_IPV6;
	else
		diagnosis_error(
		    r->d, st->words[1].at, "'%s' is neither inet nor inet6", st->words[1].text);
}

static void read_name(struct reader *r, struct block *b, const struct statement *st)
{
	struct pool_block *p = b->data;

	if (!read_words(r, st, 2, 2) ||
	    !read_value(r, &p->vs->row, COL_virtual_server_name, &st->words[1]))
		return;
	str_free(p->name);
	p->name = str_share(p->vs->name);
	p->name_at = st->words[1].at;
}

/* sh-port, sh-fallback, mh-port, mh-fallback; flag-1 and flag-2 are what ipvsadm calls them. */
static void read_scheduler_flag(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct scheduler_flag known[] = {{{0, 0, 0}, "sh-port", true, false},
	    {{0, 0, 0}, "sh-fallback", true, false}, {{0, 0, 0}, "mh-port", false, true},
	    {{0, 0, 0}, "mh-fallback", false, true}, {{0, 0, 0}, "flag-1", true, true},
	    {{0, 0, 0}, "flag-2", true, true}};
	struct pool_block *p = b->data;

	if (!read_words(r, st, 1, 1))
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct scheduler_flag *f;

		if (strcmp(known[i].keyword, st->words[0].text) != 0)
			continue;
		f = strstr(known[i].keyword, "port") || strcmp(known[i].keyword, "flag-2") == 0
			? &p->port_flag
			: &p->fallback_flag;
		*f = known[i];
		f->at = st->at;
	}
}

static void read_sorry_server(struct reader *r, struct block *b, const struct statement *st)
{
	struct pool_block *p = b->data;
	struct virtual_server *vs = p->vs;

	if (!read_words(r, st, 2, 3) || !read_address(r, &st->words[1], &vs->sorry_address) ||
	    (st->n == 3 && !read_port(r, &st->words[2], &vs->sorry_port)))
		return;
	p->sorry.at = st->at;
	marks_column(&vs->row, COL_virtual_server_sorry_address, st->at);
	marks_column(&vs->row, COL_virtual_server_sorry_port, st->at);
}

static void read_sorry_method(struct reader *r, struct block *b, const struct statement *st)
{
	struct virtual_server *vs = ((struct pool_block *)b->data)->vs;
	struct statement two = *st;

	if (st->n == 4 && strcmp(st->words[2].text, "type") == 0 &&
	    strcmp(st->words[3].text, "ipip") == 0)
		two.n = 2;
	else if (st->n > 2) {
		diagnosis_error(r->d, st->words[2].at,
		    "a sorry server by another tunnel than IPIP is not "
		    "supported");
		return;
	}
	read_column(r, &vs->row, COL_virtual_server_sorry_forwarding, &two);
}

void add_service(struct pool_block *p, struct virtual_service *s)
{
	if (p->nservices == p->services_room) {
		p->services_room = p->services_room ? 2 * p->services_room : 4;
		p->services = checked(
		    realloc(p->services, p->services_room * sizeof(struct virtual_service *)));
	}
	p->services[p->nservices++] = s;
}

/* fwmark N [inet|inet6] */
static bool read_service_mark(
    struct reader *r, struct virtual_service *s, const struct statement *st)
{
	int64_t mark;

	if (!read_words(r, st, 3, 4) || !read_number(r, &st->words[2], 1, UINT32_MAX, &mark))
		return false;
	s->port = (uint32_t)mark;
	s->address = addr_any(ADDR_IPV4);
	if (st->n == 4 && strcmp(st->words[3].text, "inet6") == 0) {
		s->address = addr_any(ADDR_IPV6);
	} else if (st->n == 4 && strcmp(st->words[3].text, "inet") != 0) {
		diagnosis_error(
		    r->d, st->words[3].at, "'%s' is neither inet nor inet6", st->words[3].text);
		return false;
	}
	return true;
}

/* tcp|udp|sctp ADDRESS [PORT] */
static bool read_service_address(
    struct reader *r, struct virtual_service *s, const struct statement *st)
{
	return read_words(r, st, 3, 4) && read_address(r, &st->words[2], &s->address) &&
	       (st->n == 3 || read_port(r, &st->words[3], &s->port));
}

/* virtual_service PROTOCOL ... [{ }] */
static void read_service(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"virtual_service", NULL, NULL};
	struct virtual_service *s = ROW_NEW(virtual_service);
	struct block block = {.type = &type,
	    .at = st->at,
	    .scopes = {{&s->row, table_mask(s->row.table, CLASS_CONFIG)}}};
	bool open = st->kind == STATEMENT_OPEN, ok;

	marks_row(&s->row, st->at);
	ok = read_words(r, st, 3, 4) &&
	     read_value(r, &s->row, COL_virtual_service_protocol, &st->words[1]) &&
	     (s->protocol == SERVICE_FWMARK ? read_service_mark(r, s, st)
					    : read_service_address(r, s, st));
	if (open && ok)
		read_block(r, &block);
	else if (open)
		lexer_skip_block(r->lexer);
	if (ok)
		add_service(b->data, s);
	else
		marks_free_row(&s->row);
}

static void read_quorum_notify(struct reader *r, struct block *b, const struct statement *st)
{
	read_notify_pair(r, ((struct pool_block *)b->data)->quorum, NOTIFY_VIRTUAL_SERVER, st);
}

#define POOL_KEYWORDS                                                                              \
	{"real_server", KEYWORD_EITHER, read_real_server, NULL},                                   \
	    {"check", KEYWORD_BLOCK, read_check, NULL},                                            \
	    {"lvs_method", KEYWORD_LINE, read_pool_method, NULL},                                  \
	{                                                                                          \
		"lb_kind", KEYWORD_LINE, read_pool_method, NULL                                    \
	}

static const struct keyword pool_keywords[] = {POOL_KEYWORDS, {NULL, KEYWORD_IDLE, NULL, NULL}};

static const struct keyword virtual_keywords[] = {POOL_KEYWORDS,
    {"lb_algo", KEYWORD_LINE, read_scheduler, NULL},
    {"persistence_timeout", KEYWORD_LINE, read_persistence_timeout, NULL},
    {"persistence_granularity", KEYWORD_LINE, read_granularity, NULL},
    {"protocol", KEYWORD_LINE, read_protocol, NULL},
    {"ip_family", KEYWORD_LINE, read_ip_family, NULL}, {"name", KEYWORD_LINE, read_name, NULL},
    {"virtual_service", KEYWORD_EITHER, read_service, NULL},
    {"sh-port", KEYWORD_LINE, read_scheduler_flag, NULL},
    {"sh-fallback", KEYWORD_LINE, read_scheduler_flag, NULL},
    {"mh-port", KEYWORD_LINE, read_scheduler_flag, NULL},
    {"mh-fallback", KEYWORD_LINE, read_scheduler_flag, NULL},
    {"flag-1", KEYWORD_LINE, read_scheduler_flag, NULL},
    {"flag-2", KEYWORD_LINE, read_scheduler_flag, NULL},
    {"flag-3", KEYWORD_IDLE, NULL, "no scheduler has such a flag"},
    {"hashed", KEYWORD_IDLE, NULL, "the kernel sets it by itself"},
    {"sorry_server", KEYWORD_LINE, read_sorry_server, NULL},
    {"sorry_server_lvs_method", KEYWORD_LINE, read_sorry_method, NULL},
    {"ha_suspend", KEYWORD_IDLE, NULL, "checks go on while the virtual address is elsewhere"},
    {"quorum_up", KEYWORD_LINE, read_quorum_notify, NULL},
    {"quorum_down", KEYWORD_LINE, read_quorum_notify, NULL},
    {"smtp_alert", KEYWORD_IDLE, NULL, MAIL},
    {"snmp_name", KEYWORD_IDLE, NULL, "give the virtual server a name with 'name'"},
    {NULL, KEYWORD_IDLE, NULL, NULL}};

static struct pool_block *add_pool(struct reader *r, enum pool_form form, struct place at)
{
	struct pool_block *p = checked(calloc(1, sizeof(*p)));

	p->at = p->name_at = at;
	p->form = form;
	p->protocol = SERVICE_UDP;
	p->pool = ROW_NEW(pool);
	p->vs = form == POOL_FORM_POOL ? NULL : ROW_NEW(virtual_server);
	p->server_defaults = ROW_NEW(real_server);
	p->check_defaults = ROW_NEW(check);
	marks_row(&p->pool->row, at);
	if (p->vs)
		marks_row(&p->vs->row, at);
	*r->last_pool = p;
	r->last_pool = &p->next;
	return p;
}

static void read_pool_block(struct reader *r, struct pool_block *p)
{
	static const struct block_type types[] = {
	    {"virtual_server", virtual_keywords, NULL}, {"server_pool", pool_keywords, NULL}};
	struct row *rows[] = {p->vs ? &p->vs->row : NULL, &p->pool->row, &p->server_defaults->row,
	    &p->check_defaults->row};
	struct block block = {.type = &types[p->form == POOL_FORM_POOL], .at = p->at, .data = p};

	for (size_t i = 0, n = 0; i < BLOCK_SCOPES; i++) {
		if (!rows[i])
			continue;
		block.scopes[n].row = rows[i];
		block.scopes[n++].columns =
		    i == 3 ? CHECK_DEFAULTS : table_mask(rows[i]->table, CLASS_CONFIG);
	}
	read_block(r, &block);
}

/* The words behind `virtual_server`. */
static bool read_virtual_header(struct reader *r, struct pool_block *p, const struct statement *st)
{
	const struct word *w = st->words;
	int64_t mark;

	switch (p->form) {
	case POOL_FORM_MARK:
		if (!read_number(r, &w[2], 1, UINT32_MAX, &mark))
			return false;
		p->port = (uint32_t)mark;
		return true;
	case POOL_FORM_GROUP:
		p->group = str_get(w[2].text);
		p->name_at = w[2].at;
		return true;
	case POOL_FORM_NAME:
		if (!read_value(r, &p->vs->row, COL_virtual_server_name, &w[st->n - 1]))
			return false;
		p->name = str_share(p->vs->name);
		return true;
	case POOL_FORM_ADDRESS:
		p->port_given = st->n == 3;
		return read_address(r, &w[1], &p->address) &&
		       (st->n < 3 || read_port(r, &w[2], &p->port));
	case POOL_FORM_POOL:
		break;
	}
	return false;
}

static enum pool_form virtual_form(const struct statement *st)
{
	if (st->n == 3 && strcmp(st->words[1].text, "fwmark") == 0)
		return POOL_FORM_MARK;
	if (st->n == 3 && strcmp(st->words[1].text, "group") == 0)
		return POOL_FORM_GROUP;
	if (st->n == 3 && strcmp(st->words[1].text, "name") == 0)
		return POOL_FORM_NAME;
	return st->n == 2 && !looks_like_address(st->words[1].text) ? POOL_FORM_NAME
								    : POOL_FORM_ADDRESS;
}

static void free_pool(struct pool_block *p);

/* The last one is taken back. */
static void drop_pool(struct reader *r, struct pool_block *p)
{
	struct pool_block **link = &r->pools;

	while (*link != p)
		link = &(*link)->next;
	*link = NULL;
	r->last_pool = link;
	free_pool(p);
}

static void read_virtual_server(struct reader *r, struct block *b, const struct statement *st)
{
	struct pool_block *p;

	(void)b;
	if (!read_words(r, st, 2, 3)) {
		lexer_skip_block(r->lexer);
		return;
	}
	p = add_pool(r, virtual_form(st), st->at);
	if (read_virtual_header(r, p, st)) {
		read_pool_block(r, p);
	} else {
		drop_pool(r, p);
		lexer_skip_block(r->lexer);
	}
}

static void read_server_pool(struct reader *r, struct block *b, const struct statement *st)
{
	struct pool_block *p;

	(void)b;
	p = add_pool(r, POOL_FORM_POOL, st->at);
	if (!read_words(r, st, 2, 2) ||
	    !read_value(r, &p->pool->row, COL_pool_name, &st->words[1])) {
		drop_pool(r, p);
		lexer_skip_block(r->lexer);
		return;
	}
	p->name = str_share(p->pool->name);
	read_pool_block(r, p);
}

const struct keyword lvs_root_keywords[] = {
    {"virtual_server", KEYWORD_BLOCK, read_virtual_server, NULL},
    {"virtual_server_group", KEYWORD_BLOCK, read_address_group, NULL},
    {"server_pool", KEYWORD_BLOCK, read_server_pool, NULL},
    {"SSL", KEYWORD_UNSUPPORTED, NULL, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

/* ---- The end. */

static void add_own_service(struct pool_block *p)
{
	struct virtual_service *s = ROW_NEW(virtual_service);

	marks_row(&s->row, p->at);
	s->protocol = p->form == POOL_FORM_MARK ? SERVICE_FWMARK : p->protocol;
	s->address = p->address;
	s->port = p->port;
	add_service(p, s);
}

static void add_services(struct reader *r, struct pool_block *p)
{
	bool by_address = p->form == POOL_FORM_GROUP ? group_has_addresses(r, p->group)
						     : p->form == POOL_FORM_ADDRESS;

	if (by_address && !p->protocol_at.line)
		diagnosis_warn(r->d, p->at, "no protocol is given: it is UDP, as with keepalived");
	if (!by_address && p->protocol_at.line)
		diagnosis_warn(r->d, p->protocol_at, "'protocol' has no effect here: %s",
		    p->form == POOL_FORM_NAME ? "each virtual_service names its own"
					      : "a firewall mark has none");
	if (!by_address)
		p->protocol = SERVICE_TCP; /* for the name */
	switch (p->form) {
	case POOL_FORM_ADDRESS:
	case POOL_FORM_MARK:
		add_own_service(p);
		break;
	case POOL_FORM_GROUP:
		add_group_services(r, p);
		break;
	case POOL_FORM_NAME:
	case POOL_FORM_POOL:
		break;
	}
}

void read_lvs_finish(struct reader *r)
{
	for (struct pool_block *p = r->pools; p; p = p->next) {
		if (p->vs)
			add_services(r, p);
		finish_pool(r, p);
	}
	finish_groups(r);
}

static void free_row(void *row)
{
	marks_free_row(row);
}

static void free_pool(struct pool_block *p)
{
	for (size_t i = 0; i < p->nservers; i++) {
		free_row(p->servers[i].row);
		free_row(p->servers[i].check_defaults);
		free_notify(p->servers[i].notify);
		for (size_t k = 0; k < p->servers[i].nchecks; k++)
			free_row(p->servers[i].checks[k]);
		free(p->servers[i].checks);
	}
	for (size_t i = 0; i < p->nnamed; i++)
		free_row(p->named[i]);
	for (size_t i = 0; i < p->nservices; i++)
		free_row(p->services[i]);
	free(p->servers);
	free(p->named);
	free(p->services);
	free_notify(p->quorum);
	free_row(p->pool);
	free_row(p->vs);
	free_row(p->server_defaults);
	free_row(p->check_defaults);
	str_free(p->name);
	str_free(p->group);
	free(p);
}

void read_lvs_free(struct reader *r)
{
	for (struct pool_block *p = r->pools, *next; p; p = next) {
		next = p->next;
		free_pool(p);
	}
	free_groups(r);
}
