/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of pools, real servers, virtual servers, checks and synchronization daemons (see validate.h).
 *
 * Some are the kernel's: it answers with an error, but only when the rows reach it.  Others the kernel
 * does not check at all (LVS-DR and LVS-Tun leave the port as it is, whatever the real server's port
 * says), and the traffic would silently go nowhere.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/model/validate_rules.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535
#define STATUS_MIN 100
#define STATUS_MAX 599

struct virtual_user {
	const char *pool; /* shared string */
	const struct virtual_server *vs;
	bool looked; /* the rest is known */
	bool mixed_ports;
	const struct virtual_service *ported;	 /* a service with an address, or NULL */
	const struct virtual_service *family[3]; /* a service of each family, by enum addr_family */
};

/* ---- Who uses a pool. */

static int user_cmp(const void *a, const void *b)
{
	const struct virtual_user *x = a, *y = b;

	if (x->pool != y->pool)
		return (uintptr_t)x->pool < (uintptr_t)y->pool ? -1 : 1;
	return row_key_cmp(&x->vs->row, &y->vs->row);
}

static void find_users(struct validation *v)
{
	if (v->users)
		return;
	v->users = calloc(store_count(v->store, TABLE_virtual_server) + 1, sizeof(*v->users));
	if (!v->users)
		abort();
	STORE_FOREACH (virtual_server, vs, v->store) {
		v->users[v->nusers].pool = vs->pool;
		v->users[v->nusers++].vs = vs;
	}
	qsort(v->users, v->nusers, sizeof(*v->users), user_cmp);
}

void validation_free_users(struct validation *v)
{
	free(v->users);
	v->users = NULL;
	v->nusers = 0;
}

/* The first user of a pool; the others follow as long as ->pool is the same. */
static struct virtual_user *first_user(struct validation *v, const char *pool)
{
	size_t low = 0, high;

	find_users(v);
	for (high = v->nusers; low < high;) {
		size_t middle = (low + high) / 2;

		if ((uintptr_t)v->users[middle].pool < (uintptr_t)pool)
			low = middle + 1;
		else
			high = middle;
	}
	return &v->users[low];
}

static const struct virtual_service *next_service(const struct virtual_service *service)
{
	const struct virtual_service *next =
	    (const struct virtual_service *)store_next(&service->row);

	return next && next->virtual_server == service->virtual_server ? next : NULL;
}

static void look_at_services(struct validation *v, struct virtual_user *u)
{
	if (u->looked)
		return;
	u->looked = true;
	for (const struct virtual_service *s = store_first_service(v->store, u->vs->name); s;
	     s = next_service(s)) {
		if (s->address.family <= ADDR_IPV6)
			u->family[s->address.family] = s;
		if (s->protocol == SERVICE_FWMARK)
			continue;
		u->mixed_ports |= u->ported && u->ported->port != s->port;
		u->ported = s;
	}
}

/* ---- A real server (or sorry server) in a virtual server. */

/* LVS-NAT and LVS-DR know one family; LVS-Tun wraps either in either. */
static const struct virtual_service *other_family(
    const struct virtual_user *u, const struct addr *a, enum forwarding forwarding)
{
	enum addr_family other = a->family == ADDR_IPV4 ? ADDR_IPV6 : ADDR_IPV4;

	return forwarding == FORWARDING_TUN ? NULL : u->family[other];
}

/* A service whose port the real server can't have, because its packets keep theirs. */
static const struct virtual_service *other_port(
    struct validation *v, const struct virtual_user *u, uint32_t port, enum forwarding forwarding)
{
	if (forwarding == FORWARDING_NAT || port == 0 || !u->ported)
		return NULL;
	if (!u->mixed_ports)
		return u->ported->port == port ? NULL : u->ported;
	for (const struct virtual_service *s = store_first_service(v->store, u->vs->name); s;
	     s = next_service(s))
		if (s->protocol != SERVICE_FWMARK && s->port != port)
			return s;
	return NULL;
}

static const char *method_name(enum forwarding f)
{
	switch (f) {
	case FORWARDING_NAT:
		return "LVS-NAT";
	case FORWARDING_DR:
		return "LVS-DR";
	case FORWARDING_TUN:
		return "LVS-Tun";
	}
	return "?";
}

static bool check_server_in(
    struct validation *v, const struct real_server *rs, struct virtual_user *u)
{
	const struct virtual_service *s;
	char text[ROW_TEXT_SIZE];

	look_at_services(v, u);
	s = other_family(u, &rs->address, rs->forwarding);
	if (s)
		return REFUSE(v, rs, real_server, forwarding,
		    "%s can't change the address family, and %s has another one",
		    method_name(rs->forwarding), row_format(&s->row, text));
	s = other_port(v, u, rs->port, rs->forwarding);
	if (s)
		return REFUSE(v, rs, real_server, port,
		    "%s can't change the port: the real server has %u, %s has %u",
		    method_name(rs->forwarding), rs->port, row_format(&s->row, text), s->port);
	return true;
}

static bool check_tunnel(struct validation *v, const struct real_server *rs)
{
	if (rs->forwarding != FORWARDING_TUN)
		return true;
	if (rs->tunnel_type == TUNNEL_GUE && rs->tunnel_port == 0)
		return REFUSE(v, rs, real_server, tunnel_port, "GUE needs a port");
	if (rs->tunnel_type == TUNNEL_IPIP && rs->tunnel_checksum != TUNNEL_NOCSUM)
		return REFUSE(v, rs, real_server, tunnel_checksum, "IPIP has no checksum");
	if (rs->tunnel_type == TUNNEL_GRE && rs->tunnel_checksum == TUNNEL_REMCSUM)
		return REFUSE(
		    v, rs, real_server, tunnel_checksum, "GRE has no remote checksum offload");
	return true;
}

static bool check_thresholds(struct validation *v, const struct real_server *rs)
{
	if (rs->lower_threshold == 0)
		return true;
	if (rs->upper_threshold == 0)
		return REFUSE(v, rs, real_server, lower_threshold,
		    "a lower threshold needs an upper threshold");
	if (rs->lower_threshold > rs->upper_threshold)
		return REFUSE(v, rs, real_server, lower_threshold,
		    "the lower threshold %u is above the upper threshold %u", rs->lower_threshold,
		    rs->upper_threshold);
	return true;
}

static bool host_valid(const char *host)
{
	return host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-._:[]")] == '\0';
}

bool validate_real_server(struct validation *v, const struct row *r)
{
	const struct real_server *rs = (const struct real_server *)r;

	if (!address_is_host(&rs->address) || addr_is_link_local(&rs->address))
		return REFUSE_VALUE(v, rs, real_server, address,
		    "a real server can't have this address (unspecified, multicast, broadcast or "
		    "link-local)");
	if (!host_valid(rs->virtual_host))
		return REFUSE_VALUE(v, rs, real_server, virtual_host, "is no host name");
	if (!check_tunnel(v, rs) || !check_thresholds(v, rs))
		return false;
	for (struct virtual_user *u = first_user(v, rs->pool);
	     u < v->users + v->nusers && u->pool == rs->pool; u++)
		if (!check_server_in(v, rs, u))
			return false;
	return true;
}

/* ---- Virtual servers and their services. */

static bool check_sorry(
    struct validation *v, const struct virtual_server *vs, const struct virtual_user *u)
{
	const struct virtual_service *s;
	char text[ROW_TEXT_SIZE];

	if (!addr_is_set(&vs->sorry_address))
		return vs->sorry_port == 0 || REFUSE(v, vs, virtual_server, sorry_port,
						  "a port without an address of the sorry server");
	if (!address_is_host(&vs->sorry_address) || addr_is_link_local(&vs->sorry_address))
		return REFUSE_VALUE(v, vs, virtual_server, sorry_address,
		    "a sorry server can't have this address (unspecified, multicast, broadcast or "
		    "link-local)");
	s = other_family(u, &vs->sorry_address, vs->sorry_forwarding);
	if (s)
		return REFUSE(v, vs, virtual_server, sorry_address,
		    "%s can't change the address family, and %s has another one",
		    method_name(vs->sorry_forwarding), row_format(&s->row, text));
	s = other_port(v, u, vs->sorry_port, vs->sorry_forwarding);
	if (s)
		return REFUSE(v, vs, virtual_server, sorry_port,
		    "%s can't change the port: the sorry server has %u, %s has %u",
		    method_name(vs->sorry_forwarding), vs->sorry_port, row_format(&s->row, text),
		    s->port);
	return true;
}

static bool check_scheduler(struct validation *v, const struct virtual_server *vs)
{
	bool hashes = vs->scheduler == SCHEDULER_SH || vs->scheduler == SCHEDULER_MH;

	if (vs->scheduler_port && !hashes)
		return REFUSE(
		    v, vs, virtual_server, scheduler_port, "is of the schedulers sh and mh");
	if (vs->scheduler_fallback && !hashes)
		return REFUSE(
		    v, vs, virtual_server, scheduler_fallback, "is of the schedulers sh and mh");
	if (vs->hysteresis >= vs->quorum)
		return REFUSE(v, vs, virtual_server, hysteresis,
		    "the hysteresis %u is not less than the quorum %u", vs->hysteresis, vs->quorum);
	return true;
}

static bool check_service_in(
    struct validation *v, const struct virtual_server *vs, const struct virtual_service *s)
{
	char text[ROW_TEXT_SIZE];

	row_format(&s->row, text);
	if (vs->one_packet && s->protocol != SERVICE_UDP && s->protocol != SERVICE_FWMARK)
		return REFUSE(v, vs, virtual_server, one_packet, "is for UDP, %s is not", text);
	if (s->port == 0 && vs->persistence_timeout == 0)
		return REFUSE(v, vs, virtual_server, persistence_timeout,
		    "%s is for all ports, which needs persistence", text);
	if (s->address.family == ADDR_IPV4 && vs->persistence_prefix > 32)
		return REFUSE(v, vs, virtual_server, persistence_prefix,
		    "%u is longer than an IPv4 address, and %s is IPv4", vs->persistence_prefix,
		    text);
	return true;
}

bool validate_virtual_server(struct validation *v, const struct row *r)
{
	const struct virtual_server *vs = (const struct virtual_server *)r;
	struct virtual_user *u = first_user(v, vs->pool);

	while (u->vs != vs)
		u++;
	look_at_services(v, u);
	if (!check_scheduler(v, vs) || !check_sorry(v, vs, u))
		return false;
	for (const struct virtual_service *s = store_first_service(v->store, vs->name); s;
	     s = next_service(s))
		if (!check_service_in(v, vs, s))
			return false;
	if (v->all)
		return true; /* the real servers are looked at by themselves */
	for (const struct real_server *rs = store_first_server(v->store, vs->pool);
	     rs && rs->pool == vs->pool; rs = (const struct real_server *)store_next(&rs->row))
		if (!check_server_in(v, rs, u))
			return false;
	return true;
}

bool validate_virtual_service(struct validation *v, const struct row *r)
{
	const struct virtual_service *s = (const struct virtual_service *)r;

	if (s->protocol == SERVICE_FWMARK) {
		if (!addr_is_any(&s->address))
			return REFUSE_VALUE(v, s, virtual_service, address,
			    "a firewall mark has no address: 0.0.0.0 or ::, for the family");
		return s->port > 0 ||
		       REFUSE_VALUE(v, s, virtual_service, port, "a firewall mark is above 0");
	}
	if (!address_is_host(&s->address))
		return REFUSE_VALUE(v, s, virtual_service, address,
		    "a virtual service can't have this address (unspecified, multicast or "
		    "broadcast)");
	return s->port <= PORT_MAX ||
	       REFUSE_VALUE(v, s, virtual_service, port, "%u is no port", s->port);
}

static int service_cmp(const void *a, const void *b)
{
	const struct virtual_service *x = *(const struct virtual_service *const *)a;
	const struct virtual_service *y = *(const struct virtual_service *const *)b;
	int d = addr_cmp(&x->address, &y->address);

	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	if (d)
		return d;
	return x->port != y->port ? (x->port < y->port ? -1 : 1) : 0;
}

/* The kernel has each service once. */
bool validate_unique_services(struct validation *v)
{
	size_t n = 0;
	const struct virtual_service **list =
	    calloc(store_count(v->store, TABLE_virtual_service) + 1,
		sizeof(const struct virtual_service *));
	bool ok = true;

	if (!list)
		abort();
	STORE_FOREACH (virtual_service, s, v->store)
		list[n++] = s;
	qsort(list, n, sizeof(*list), service_cmp);
	for (size_t i = 1; ok && i < n; i++)
		if (service_cmp(&list[i - 1], &list[i]) == 0)
			ok = validation_refuse(v, REFUSAL_INCONSISTENT, &list[i]->row, -1,
			    "the virtual server '%s' has this service too",
			    list[i - 1]->virtual_server);
	free(list);
	return ok;
}

/* ---- Checks. */

static bool status_number(const char **p, unsigned *n)
{
	*n = 0;
	for (int digits = 0; isdigit((unsigned char)**p) && digits < 4; digits++)
		*n = *n * 10 + (unsigned)(*(*p)++ - '0');
	return *n >= STATUS_MIN && *n <= STATUS_MAX;
}

/* "200-299,301 404" */
static bool status_valid(const char *p)
{
	unsigned first, last;

	while (*p) {
		if (!status_number(&p, &first))
			return false;
		if (*p == '-' && (p++, !status_number(&p, &last) || last < first))
			return false;
		if (*p && !strchr(", ", *p))
			return false;
		p += strspn(p, ", ");
	}
	return true;
}

static bool check_pattern(struct validation *v, const struct check *c)
{
	PCRE2_UCHAR text[100];
	PCRE2_SIZE at;
	int number;
	pcre2_code *code;

	if (!*c->pattern)
		return !c->pattern_absent ||
		       REFUSE(v, c, check, pattern_absent, "there is no pattern");
	code = pcre2_compile((PCRE2_SPTR)c->pattern, PCRE2_ZERO_TERMINATED, 0, &number, &at, NULL);
	if (code) {
		pcre2_code_free(code);
		return true;
	}
	pcre2_get_error_message(number, text, sizeof(text));
	return REFUSE_VALUE(v, c, check, pattern, "the pattern is wrong at character %zu: %s",
	    (size_t)at + 1, (const char *)text);
}

static bool path_valid(const char *path)
{
	for (const char *p = path; *p; p++)
		if (iscntrl((unsigned char)*p) || *p == ' ')
			return false;
	return *path == '/';
}

static bool check_request(struct validation *v, const struct check *c)
{
	if (!path_valid(c->path))
		return REFUSE_VALUE(v, c, check, path, "a path begins with / and has no blanks");
	if (!status_valid(c->status_codes))
		return REFUSE_VALUE(v, c, check, status_codes,
		    "status codes are numbers and ranges in %d-%d", STATUS_MIN, STATUS_MAX);
	if (*c->digest &&
	    (strlen(c->digest) != 32 || c->digest[strspn(c->digest, "0123456789abcdefABCDEF")]))
		return REFUSE_VALUE(v, c, check, digest, "is not 32 hexadecimal digits");
	if (!host_valid(c->virtual_host))
		return REFUSE_VALUE(v, c, check, virtual_host, "is no host name");
	if (c->sni && c->type != CHECK_HTTPS)
		return REFUSE(v, c, check, sni, "is of https checks");
	return check_pattern(v, c);
}

static bool check_no_request(struct validation *v, const struct check *c)
{
	static const int columns[] = {COL_check_path, COL_check_status_codes, COL_check_digest,
	    COL_check_pattern, COL_check_pattern_absent, COL_check_virtual_host,
	    COL_check_http_version, COL_check_sni};

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (!column_is_default(&c->row, &c->row.table->columns[columns[i]]))
			return validation_refuse(v, REFUSAL_INCONSISTENT, &c->row, columns[i],
			    "is of http and https checks");
	return true;
}

/* Is the real server in the pool that the check is for? */
static bool check_target(struct validation *v, const struct check *c)
{
	struct real_server *key;
	bool found;

	if (!addr_is_set(&c->server_address))
		return c->server_port == 0 || REFUSE(v, c, check, server_port,
						  "a port without an address of the real server");
	key = ROW_NEW(real_server);
	row_set_text(&key->pool, c->pool);
	key->address = c->server_address;
	key->port = c->server_port;
	found = store_find(v->store, &key->row);
	row_free(&key->row);
	return found || REFUSE(v, c, check, server_address, "the pool '%s' has no such real server",
			    c->pool);
}

bool validate_check(struct validation *v, const struct row *r)
{
	const struct check *c = (const struct check *)r;

	if (addr_is_set(&c->connect_address) && !address_is_host(&c->connect_address))
		return REFUSE_VALUE(v, c, check, connect_address,
		    "a host can't have this address (unspecified, multicast or broadcast)");
	if (addr_is_set(&c->bind_address) && addr_is_multicast(&c->bind_address))
		return REFUSE_VALUE(
		    v, c, check, bind_address, "a host can't have this address (multicast)");
	if (addr_is_set(&c->connect_address) && addr_is_set(&c->bind_address) &&
	    c->connect_address.family != c->bind_address.family)
		return REFUSE(v, c, check, bind_address,
		    "the address to check from and that to check are of different families");
	switch (c->type) {
	case CHECK_TCP:
		return check_no_request(v, c) && check_target(v, c);
	case CHECK_HTTP:
	case CHECK_HTTPS:
		return check_request(v, c) && check_target(v, c);
	}
	return true; /* the schema's range has refused anything else */
}

/* ---- Synchronization daemons. */

bool validate_sync_daemon(struct validation *v, const struct row *r)
{
	const struct sync_daemon *d = (const struct sync_daemon *)r;

	if (!interface_valid(d->interface))
		return REFUSE_VALUE(v, d, sync_daemon, interface, "is no name of an interface");
	if (addr_is_set(&d->mcast_group) && !addr_is_multicast(&d->mcast_group))
		return REFUSE_VALUE(v, d, sync_daemon, mcast_group, "is no multicast address");
	return true;
}
