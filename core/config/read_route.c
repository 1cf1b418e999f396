/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtual_routes and virtual_rules of an instance, static_routes, static_rules and static_ipaddress (see
 * reader.h).  A line has the words of ip(8)'s `route add`, `rule add` and `address add`, as with keepalived.
 *
 * Tables and protocols may be named as in /etc/iproute2.  The rows have the numbers.
 */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "core/config/reader.h"

#define TABLE_MAIN 254
#define RULE_PRIORITY 16384 /* keepalived's: of the first rule that has none; the next have less */
#define DEFAULT_INTERFACE "eth0"

/* A line that is being read. */
struct line {
	struct reader *r;
	const struct statement *st;
	size_t i; /* the word at hand */
	struct row *row;
	bool ipv6;	   /* inet6 */
	bool ipv4;	   /* inet */
	bool is_default;   /* the destination is `default`: its family is not known yet */
	bool has_priority; /* rules */
	bool has_destination;
	bool has_or; /* "via A or B" */
	struct addr second;
};

/* An option of a line: read() finds its keyword at the word at hand, and leaves the last of its words there. */
struct option {
	const char *word;
	bool (*read)(struct line *l, int column);
	int column; /* or 0 */
};

/* ---- Words. */

static const struct word *word_at(const struct line *l)
{
	return &l->st->words[l->i];
}

static bool is_word(const struct line *l, const char *text)
{
	return strcmp(word_at(l)->text, text) == 0;
}

/* To the value of the option at hand. */
static bool step(struct line *l)
{
	if (l->i + 1 < l->st->n) {
		l->i++;
		return true;
	}
	diagnosis_error(l->r->d, word_at(l)->at, "'%s' needs a value", word_at(l)->text);
	return false;
}

static bool number_of(const char *text, int64_t *v)
{
	char *end;

	errno = 0;
	*v = (int64_t)strtoull(text, &end, 0);
	return isdigit((unsigned char)*text) && !*end && !errno && *v >= 0 && *v <= UINT32_MAX;
}

/* A line of /etc/iproute2/rt_*: "254 main". */
static bool line_names(char *line, const char *name, int64_t *v)
{
	char *rest, *number = strtok_r(line, " \t\n", &rest), *word;

	if (!number || !number_of(number, v))
		return false;
	word = strtok_r(NULL, " \t\n", &rest);
	return word && strcmp(word, name) == 0;
}

static bool name_in_file(const char *path, const char *name, int64_t *v)
{
	FILE *f = fopen(path, "re");
	char line[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = line_names(line, name, v);
	if (f)
		fclose(f);
	return found;
}

struct number_name {
	const char *name;
	int64_t number;
};

static bool name_in_list(const struct number_name *list, size_t n, const char *name, int64_t *v)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].name, name) == 0) {
			*v = list[i].number;
			return true;
		}
	}
	return false;
}

bool read_scope_name(const char *text, int64_t *scope)
{
	static const struct number_name names[] = {{"global", 0}, {"universe", 0}, {"site", 200},
	    {"link", 253}, {"host", 254}, {"nowhere", 255}};

	return name_in_list(names, sizeof(names) / sizeof(*names), text, scope);
}

/* ---- Options that both kinds of lines have. */

static bool set_number(struct line *l, int column, int64_t v)
{
	const struct column *c = &l->row->table->columns[column];

	if (v < column_min(c) || v > column_max(c)) {
		diagnosis_error(l->r->d, word_at(l)->at, "'%s' is not in the range %lld..%lld",
		    word_at(l)->text, (long long)column_min(c), (long long)column_max(c));
		return false;
	}
	column_set_number(l->row, c, v);
	marks_column(l->row, column, word_at(l)->at);
	return true;
}

static bool read_numeric(struct line *l, int column)
{
	int64_t v;

	if (!step(l))
		return false;
	if (number_of(word_at(l)->text, &v))
		return set_number(l, column, v);
	diagnosis_error(l->r->d, word_at(l)->at, "'%s' is not a number", word_at(l)->text);
	return false;
}

static bool read_plain(struct line *l, int column)
{
	if (!step(l) || !read_value(l->r, l->row, column, word_at(l)))
		return false;
	marks_column(l->row, column, word_at(l)->at);
	return true;
}

static bool read_on(struct line *l, int column)
{
	return set_number(l, column, 1);
}

static bool read_no_track(struct line *l, int column)
{
	return set_number(l, column, 0);
}

static bool named_number(struct line *l, int column, const struct number_name *list, size_t n,
    const char *path, const char *what)
{
	int64_t v;

	if (!step(l))
		return false;
	if (number_of(word_at(l)->text, &v) || name_in_list(list, n, word_at(l)->text, &v) ||
	    name_in_file(path, word_at(l)->text, &v))
		return set_number(l, column, v);
	diagnosis_error(
	    l->r->d, word_at(l)->at, "there is no %s '%s' in %s", what, word_at(l)->text, path);
	return false;
}

static bool read_table(struct line *l, int column)
{
	static const struct number_name names[] = {
	    {"default", 253}, {"main", TABLE_MAIN}, {"local", 255}};

	return named_number(l, column, names, 3, "/etc/iproute2/rt_tables", "routing table");
}

static bool read_protocol(struct line *l, int column)
{
	static const struct number_name names[] = {
	    {"kernel", 2}, {"boot", 3}, {"static", 4}, {"ra", 9}, {"dhcp", 16}, {"keepalived", 18}};

	return named_number(l, column, names, 6, "/etc/iproute2/rt_protos", "routing protocol");
}

static bool read_tos(struct line *l, int column)
{
	return named_number(l, column, NULL, 0, "/etc/iproute2/rt_dsfield", "type of service");
}

static bool read_ip_protocol(struct line *l, int column)
{
	static const struct number_name names[] = {
	    {"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"ipv6-icmp", 58}, {"sctp", 132}};
	char lower[16] = "";
	int64_t v;

	if (!step(l))
		return false;
	for (size_t i = 0; i + 1 < sizeof(lower) && word_at(l)->text[i]; i++)
		lower[i] = (char)tolower((unsigned char)word_at(l)->text[i]);
	if (number_of(lower, &v) || name_in_list(names, 5, lower, &v))
		return set_number(l, column, v);
	diagnosis_error(l->r->d, word_at(l)->at, "unknown IP protocol '%s'", word_at(l)->text);
	return false;
}

static bool read_ipv6(struct line *l, int column)
{
	(void)column;
	return l->ipv6 = true;
}

static bool read_ipv4(struct line *l, int column)
{
	(void)column;
	return l->ipv4 = true;
}

static bool not_supported(struct line *l, int column)
{
	(void)column;
	diagnosis_error(l->r->d, word_at(l)->at, "'%s' is not supported", word_at(l)->text);
	return false;
}

/*
 * "192.168.100/24" and "192.168.100./24", as ip(8) and keepalived's samples have it: the octets that are not
 * there are 0.  Changes text, which has room for a whole address.
 */
static void complete_octets(struct line *l, char *text)
{
	char given[ADDR_STRLEN + 8];
	size_t n = strlen(text);
	int dots = 0;

	if (!n || text[strspn(text, "0123456789.")] || *text == '.' || strstr(text, ".."))
		return;
	strcpy(given, text);
	if (text[n - 1] == '.')
		text[--n] = '\0';
	for (const char *p = text; *p; p++)
		dots += *p == '.';
	if (dots >= 3)
		return;
	for (; dots < 3; dots++, n += 2)
		strcpy(text + n, ".0");
	diagnosis_warn(l->r->d, word_at(l)->at, "'%s' is taken as %s", given, text);
}

/* ADDRESS[/LENGTH]; without a length the whole address. */
static bool parse_prefix(struct line *l, const char *text, struct addr *a, uint32_t *length)
{
	char copy[ADDR_STRLEN + 8], length_text[8];
	struct word address = {copy, word_at(l)->at}, rest = {length_text, word_at(l)->at};
	size_t length_at = 0;
	char *slash;
	int64_t n;

	if (strlen(text) >= sizeof(copy)) {
		diagnosis_error(l->r->d, word_at(l)->at, "'%s' is not an address", text);
		return false;
	}
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash) {
		*slash++ = '\0';
		length_at = (size_t)(slash - copy);
		snprintf(length_text, sizeof(length_text), "%s", slash);
		complete_octets(l, copy);
	}
	if (!read_address(l->r, &address, a))
		return false;
	*length = (uint32_t)(addr_len(a) * 8);
	if (!slash)
		return true;
	rest.at.column = (uint16_t)(word_at(l)->at.column + length_at);
	if (!read_number(l->r, &rest, 0, (int64_t)addr_len(a) * 8, &n))
		return false;
	*length = (uint32_t)n;
	return true;
}

static const struct option *find_option(const struct option *o, const char *word)
{
	for (; o->word; o++)
		if (strcmp(o->word, word) == 0)
			return o;
	return NULL;
}

/* ---- Routes. */

static struct vrrp_route *route_of(const struct line *l)
{
	return (struct vrrp_route *)l->row;
}

static bool read_destination(struct line *l)
{
	struct vrrp_route *t = route_of(l);

	if (l->has_destination) {
		diagnosis_error(l->r->d, word_at(l)->at,
		    "unknown keyword '%s' for a route, which has its destination already",
		    word_at(l)->text);
		return false;
	}
	l->has_destination = true;
	l->is_default = is_word(l, "default");
	return l->is_default ||
	       parse_prefix(l, word_at(l)->text, &t->destination, &t->prefix_length);
}

static bool read_to(struct line *l, int column)
{
	(void)column;
	return step(l) && read_destination(l);
}

static bool read_scope(struct line *l, int column)
{
	int64_t v;

	if (!step(l))
		return false;
	if (read_scope_name(word_at(l)->text, &v) || number_of(word_at(l)->text, &v))
		return set_number(l, column, v);
	diagnosis_error(l->r->d, word_at(l)->at, "'%s' is no scope", word_at(l)->text);
	return false;
}

static bool read_mtu(struct line *l, int column)
{
	if (l->i + 1 < l->st->n && strcmp(l->st->words[l->i + 1].text, "lock") == 0) {
		route_of(l)->mtu_lock = true;
		l->i++;
	}
	return read_numeric(l, column);
}

static bool read_route_type(struct line *l, int column)
{
	if (!read_value(l->r, l->row, column, word_at(l)))
		return false;
	marks_column(l->row, column, word_at(l)->at);
	return true;
}

static bool set_nexthops(struct line *l, const char *text)
{
	struct word all = {text, l->i < l->st->n ? word_at(l)->at : l->st->at};

	if (!read_value(l->r, l->row, COL_vrrp_route_nexthops, &all))
		return false;
	marks_column(l->row, COL_vrrp_route_nexthops, all.at);
	return true;
}

/* All that follows belongs to next hops; the rules look at them. */
static bool read_nexthops(struct line *l, int column)
{
	char text[512];
	size_t n = 0;

	(void)column;
	for (; l->i < l->st->n && n < sizeof(text); l->i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s%s", n ? " " : "", word_at(l)->text);
	l->i = l->st->n - 1;
	if (n < sizeof(text))
		return set_nexthops(l, text);
	diagnosis_error(l->r->d, word_at(l)->at, "there are too many next hops");
	return false;
}

/* "via A or B", keepalived's old form of two next hops; both are on the same interface. */
static bool read_or(struct line *l, int column)
{
	struct vrrp_route *t = route_of(l);
	struct addr second;

	(void)column;
	if (!step(l) || !read_address(l->r, word_at(l), &second))
		return false;
	if (!addr_is_set(&t->gateway) || l->has_or) {
		diagnosis_error(l->r->d, word_at(l)->at, "'or' must follow 'via'");
		return false;
	}
	l->has_or = true;
	l->second = second;
	return true;
}

static bool finish_or(struct line *l)
{
	struct vrrp_route *t = route_of(l);
	const struct addr *list[] = {&t->gateway, &l->second};
	char text[2 * (ADDR_STRLEN + IFNAMSIZ + 30)] = "", address[ADDR_STRLEN];
	size_t n = 0;

	for (int k = 0; k < 2; k++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%snexthop via %s%s%s",
		    k ? " " : "", addr_format(list[k], address), *t->interface ? " dev " : "",
		    t->interface);
	if (!set_nexthops(l, text))
		return false;
	t->gateway = addr_any(ADDR_NONE);
	row_set_text(&t->interface, "");
	return true;
}

static bool read_gateway(struct line *l, int column)
{
	if (l->i + 1 < l->st->n && (strcmp(l->st->words[l->i + 1].text, "inet6") == 0 ||
				       strcmp(l->st->words[l->i + 1].text, "inet") == 0))
		l->i++; /* the address says it */
	return read_plain(l, column);
}

#define R(c) COL_vrrp_route_##c
static const struct option route_options[] = {
    {"to", read_to, 0},
    {"src", read_plain, R(source)},
    {"via", read_gateway, R(gateway)},
    {"gw", read_gateway, R(gateway)},
    {"or", read_or, 0},
    {"dev", read_plain, R(interface)},
    {"oif", read_plain, R(interface)},
    {"scope", read_scope, R(scope)},
    {"table", read_table, R(table_id)},
    {"vrf", read_plain, R(vrf)},
    {"metric", read_numeric, R(metric)},
    {"priority", read_numeric, R(metric)},
    {"preference", read_numeric, R(metric)},
    {"tos", read_tos, R(tos)},
    {"dsfield", read_tos, R(tos)},
    {"protocol", read_protocol, R(protocol)},
    {"proto", read_protocol, R(protocol)},
    {"onlink", read_on, R(onlink)},
    {"append", read_on, R(append)},
    {"no_track", read_no_track, R(track)},
    {"mtu", read_mtu, R(mtu)},
    {"advmss", read_numeric, R(advertised_mss)},
    {"window", read_numeric, R(window)},
    {"hoplimit", read_numeric, R(hop_limit)},
    {"initcwnd", read_numeric, R(initial_cwnd)},
    {"initrwnd", read_numeric, R(initial_rwnd)},
    {"quickack", read_numeric, R(quick_ack)},
    {"unicast", read_route_type, R(type)},
    {"local", read_route_type, R(type)},
    {"blackhole", read_route_type, R(type)},
    {"unreachable", read_route_type, R(type)},
    {"prohibit", read_route_type, R(type)},
    {"throw", read_route_type, R(type)},
    {"inet", read_ipv4, 0},
    {"inet6", read_ipv6, 0},
    {"nexthop", read_nexthops, 0},
    {"from", not_supported, 0},
    {"as", not_supported, 0},
    {"encap", not_supported, 0},
    {"expires", not_supported, 0},
    {"rtt", not_supported, 0},
    {"rttvar", not_supported, 0},
    {"reordering", not_supported, 0},
    {"cwnd", not_supported, 0},
    {"ssthresh", not_supported, 0},
    {"realms", not_supported, 0},
    {"rto_min", not_supported, 0},
    {"features", not_supported, 0},
    {"congctl", not_supported, 0},
    {"pref", not_supported, 0},
    {"ttl-propagate", not_supported, 0},
    {"fastopen_no_cookie", not_supported, 0},
    {"nat", not_supported, 0},
    {"broadcast", not_supported, 0},
    {"anycast", not_supported, 0},
    {"multicast", not_supported, 0},
    {"track_group", not_supported, 0},
    {NULL, NULL, 0},
};
#undef R

static bool is_ipv6_route(const struct line *l)
{
	const struct vrrp_route *t = route_of(l);

	return l->ipv6 || (!l->ipv4 && t->gateway.family == ADDR_IPV6);
}

static bool finish_route(struct line *l)
{
	struct vrrp_route *t = route_of(l);

	if (!l->has_destination) {
		diagnosis_error(l->r->d, l->st->at, "the route has no destination");
		return false;
	}
	if (l->is_default)
		t->destination = addr_any(is_ipv6_route(l) ? ADDR_IPV6 : ADDR_IPV4);
	if (l->has_or && !finish_or(l))
		return false;
	while (*t->vrf && store_find(l->r->store, &t->row))
		t->table_id++; /* which is not where it is */
	return true;
}

static bool read_options(
    struct line *l, const struct option *options, bool (*other)(struct line *l))
{
	for (; l->i < l->st->n; l->i++) {
		const struct option *o = find_option(options, word_at(l)->text);

		if (!(o ? o->read(l, o->column) : other(l)))
			return false;
	}
	return true;
}

static void read_route(struct reader *r, struct block *b, const struct statement *st)
{
	struct vrrp_route *t = ROW_NEW(vrrp_route);
	struct line l = {.r = r, .st = st, .row = &t->row};

	marks_row(&t->row, st->at);
	row_set_text(&t->instance, b->data);
	t->table_id = TABLE_MAIN;
	if (read_options(&l, route_options, read_destination) && finish_route(&l))
		read_insert(r, &t->row);
	else
		marks_free_row(&t->row);
}

/* ---- Rules. */

static struct vrrp_rule *rule_of(const struct line *l)
{
	return (struct vrrp_rule *)l->row;
}

static bool read_selector(struct line *l, struct addr *a, uint32_t *length, int column)
{
	if (!step(l))
		return false;
	marks_column(l->row, column, word_at(l)->at);
	if (is_word(l, "all") || is_word(l, "any") || is_word(l, "default"))
		return true;
	return parse_prefix(l, word_at(l)->text, a, length);
}

static bool read_from(struct line *l, int column)
{
	return read_selector(l, &rule_of(l)->source, &rule_of(l)->source_length, column);
}

static bool read_rule_to(struct line *l, int column)
{
	return read_selector(l, &rule_of(l)->destination, &rule_of(l)->destination_length, column);
}

static bool read_priority(struct line *l, int column)
{
	return l->has_priority = read_numeric(l, column);
}

/* MARK[/MASK] */
static bool read_mark(struct line *l, int column)
{
	struct vrrp_rule *u = rule_of(l);
	char text[40];
	char *slash;
	int64_t mark, mask = UINT32_MAX;

	if (!step(l))
		return false;
	snprintf(text, sizeof(text), "%s", word_at(l)->text);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	if (!number_of(text, &mark) || (slash && !number_of(slash, &mask))) {
		diagnosis_error(
		    l->r->d, word_at(l)->at, "'%s' is no firewall mark", word_at(l)->text);
		return false;
	}
	u->mark = (uint32_t)mark;
	u->mark_mask = (uint32_t)mask;
	marks_column(l->row, column, word_at(l)->at);
	return true;
}

/* PORT[-PORT] */
static bool read_ports(struct line *l, int column)
{
	char text[40];
	char *dash;
	int64_t first, last;

	if (!step(l))
		return false;
	snprintf(text, sizeof(text), "%s", word_at(l)->text);
	dash = strchr(text, '-');
	if (dash)
		*dash++ = '\0';
	if (!number_of(text, &first) || !number_of(dash ? dash : text, &last)) {
		diagnosis_error(
		    l->r->d, word_at(l)->at, "'%s' is no range of ports", word_at(l)->text);
		return false;
	}
	return set_number(l, column, first) && set_number(l, column + 1, last);
}

static bool read_goto(struct line *l, int column)
{
	rule_of(l)->action = RULE_GOTO;
	return read_numeric(l, column);
}

static bool read_action(struct line *l, int column)
{
	if (!read_value(l->r, l->row, column, word_at(l)))
		return false;
	marks_column(l->row, column, word_at(l)->at);
	return true;
}

#define U(c) COL_vrrp_rule_##c
static const struct option rule_options[] = {
    {"from", read_from, U(source)},
    {"to", read_rule_to, U(destination)},
    {"not", read_on, U(inverted)},
    {"table", read_table, U(table_id)},
    {"lookup", read_table, U(table_id)},
    {"priority", read_priority, U(priority)},
    {"preference", read_priority, U(priority)},
    {"pref", read_priority, U(priority)},
    {"order", read_priority, U(priority)},
    {"number", read_numeric, U(number)},
    {"tos", read_tos, U(tos)},
    {"dsfield", read_tos, U(tos)},
    {"fwmark", read_mark, U(mark)},
    {"iif", read_plain, U(input_interface)},
    {"dev", read_plain, U(input_interface)},
    {"oif", read_plain, U(output_interface)},
    {"ip_proto", read_ip_protocol, U(ip_protocol)},
    {"ipproto", read_ip_protocol, U(ip_protocol)},
    {"sport", read_ports, U(source_port_first)},
    {"dport", read_ports, U(destination_port_first)},
    {"suppress_prefixlength", read_numeric, U(suppress_length)},
    {"goto", read_goto, U(target)},
    {"nop", read_action, U(action)},
    {"blackhole", read_action, U(action)},
    {"unreachable", read_action, U(action)},
    {"prohibit", read_action, U(action)},
    {"l3mdev", read_on, U(l3mdev)},
    {"protocol", read_protocol, U(protocol)},
    {"no_track", read_no_track, U(track)},
    {"inet", read_ipv4, 0},
    {"inet6", read_ipv6, 0},
    {"realms", not_supported, 0},
    {"suppress_ifgroup", not_supported, 0},
    {"tun_id", not_supported, 0},
    {"tunnel-id", not_supported, 0},
    {"uidrange", not_supported, 0},
    {"track_group", not_supported, 0},
    {NULL, NULL, 0},
};
#undef U

static bool unknown_of_rule(struct line *l)
{
	diagnosis_error(
	    l->r->d, word_at(l)->at, "unknown keyword '%s' for a rule", word_at(l)->text);
	return false;
}

static void finish_rule(struct line *l)
{
	struct vrrp_rule *u = rule_of(l);

	u->family = l->ipv6 || u->source.family == ADDR_IPV6 || u->destination.family == ADDR_IPV6
			? INET_IPV6
			: INET_IPV4;
	if (!l->has_priority) {
		u->priority = RULE_PRIORITY - l->r->rules++;
		diagnosis_warn(l->r->d, l->st->at,
		    "the rule has no priority and gets %u; the next one would get less",
		    u->priority);
	}
	if (u->number)
		return;
	for (u->number = 1; store_find(l->r->store, &u->row); u->number++)
		;
}

static void read_rule(struct reader *r, struct block *b, const struct statement *st)
{
	struct vrrp_rule *u = ROW_NEW(vrrp_rule);
	struct line l = {.r = r, .st = st, .row = &u->row};

	marks_row(&u->row, st->at);
	row_set_text(&u->instance, b->data);
	if (read_options(&l, rule_options, unknown_of_rule)) {
		finish_rule(&l);
		read_insert(r, &u->row);
	} else {
		marks_free_row(&u->row);
	}
}

/* ---- Static addresses: ADDRESS[/LENGTH] [KEYWORD VALUE]... */

static bool read_address_scope(struct line *l, int column)
{
	return read_scope(l, column);
}

/* Its place in the key makes the interface a name. */
static bool read_interface(struct line *l, int column)
{
	return step(l) && read_value(l->r, l->row, column, word_at(l));
}

#define A(c) COL_static_address_##c
static const struct option address_options[] = {
    {"dev", read_interface, A(interface)},
    {"brd", read_plain, A(broadcast)},
    {"broadcast", read_plain, A(broadcast)},
    {"scope", read_address_scope, A(scope)},
    {"label", read_plain, A(label_text)},
    {"peer", not_supported, 0},
    {"home", not_supported, 0},
    {"-nodad", not_supported, 0},
    {"mngtmpaddr", not_supported, 0},
    {"noprefixroute", not_supported, 0},
    {"autojoin", not_supported, 0},
    {"track_group", not_supported, 0},
    {"preferred_lft", not_supported, 0},
    {NULL, NULL, 0},
};
#undef A

static bool unknown_of_address(struct line *l)
{
	diagnosis_error(
	    l->r->d, word_at(l)->at, "unknown keyword '%s' for an address", word_at(l)->text);
	return false;
}

static bool read_static_prefix(struct line *l, struct static_address *a)
{
	uint32_t length;

	if (!parse_prefix(l, word_at(l)->text, &a->address, &length))
		return false;
	if (length == 0) {
		diagnosis_error(
		    l->r->d, word_at(l)->at, "the length of an address's prefix is not 0");
		return false;
	}
	a->prefix_length = strchr(word_at(l)->text, '/') ? length : 0;
	l->i++;
	return true;
}

static void read_static_address(struct reader *r, struct block *b, const struct statement *st)
{
	struct static_address *a = ROW_NEW(static_address);
	struct line l = {.r = r, .st = st, .row = &a->row};

	(void)b;
	marks_row(&a->row, st->at);
	row_set_text(&a->interface, *r->interface ? r->interface : DEFAULT_INTERFACE);
	if (read_static_prefix(&l, a) && read_options(&l, address_options, unknown_of_address))
		read_insert(r, &a->row);
	else
		marks_free_row(&a->row);
}

/* ---- Blocks. */

static void read_list(struct reader *r, const struct statement *st, const struct block_type *type,
    const char *instance)
{
	union {
		const char *text;
		void *data;
	} name = {.text = instance};
	struct block list = {.type = type, .at = st->at, .data = name.data};

	if (read_words(r, st, 1, 1))
		read_block(r, &list);
	else
		lexer_skip_block(r->lexer);
}

void read_virtual_routes(struct reader *r, const struct statement *st, const char *instance)
{
	static const struct block_type type = {"virtual_routes", NULL, read_route};

	read_list(r, st, &type, instance);
}

void read_virtual_rules(struct reader *r, const struct statement *st, const char *instance)
{
	static const struct block_type type = {"virtual_rules", NULL, read_rule};

	read_list(r, st, &type, instance);
}

static void read_static_routes(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"static_routes", NULL, read_route};

	(void)b;
	read_list(r, st, &type, "");
}

static void read_static_rules(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"static_rules", NULL, read_rule};

	(void)b;
	read_list(r, st, &type, "");
}

static void read_static_addresses(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"static_ipaddress", NULL, read_static_address};

	(void)b;
	read_list(r, st, &type, "");
}

const struct keyword route_root_keywords[] = {
    {"static_ipaddress", KEYWORD_BLOCK, read_static_addresses, NULL},
    {"static_routes", KEYWORD_BLOCK, read_static_routes, NULL},
    {"static_rules", KEYWORD_BLOCK, read_static_rules, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};
