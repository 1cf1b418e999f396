/* SPDX-License-Identifier: BSD-2-Clause */
/* Routes, rules and static addresses as lines of the file (see write.h).  Numbers are not named. */
#include "core/config/write.h"

#include <inttypes.h>
#include <string.h>
#include "core/config/lexer.h"

#define TABLE_MAIN 254

/* Columns that are not as by default: "keyword value", of a switch the keyword. */
static void put_columns(FILE *out, const struct row *r, column_mask columns)
{
	char text[COLUMN_TEXT_SIZE];

	for (int i = 0; i < r->table->ncolumns; i++) {
		const struct column *c = &r->table->columns[i];

		if (!(columns >> i & 1) || !c->keyword)
			continue;
		fprintf(out, " %s", c->keyword);
		if (c->type == TYPE_BOOL)
			continue;
		fputc(' ', out);
		lexer_put_word(out, column_format(r, c, text));
	}
}

static void put_number(FILE *out, const char *keyword, uint32_t v)
{
	if (v)
		fprintf(out, " %s %" PRIu32, keyword, v);
}

static void put_prefix(FILE *out, const struct addr *a, uint32_t length)
{
	char text[ADDR_STRLEN];

	fprintf(out, "%s/%" PRIu32, addr_format(a, text), length);
}

static void put_words(FILE *out, const char *text)
{
	char word[COLUMN_TEXT_SIZE];

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, " "), text);
		fputc(' ', out);
		lexer_put_word(out, word);
		text += strcspn(text, " ");
	}
}

void write_route(FILE *out, const struct vrrp_route *t, column_mask need)
{
	if (t->type != ROUTE_UNICAST)
		fprintf(out, "%s ", enum_word(&enumeration_route_type, (int32_t)t->type));
	put_prefix(out, &t->destination, t->prefix_length);
	if (t->table_id != TABLE_MAIN)
		put_number(out, "table", t->table_id);
	put_number(out, "metric", t->metric);
	put_number(out, "tos", t->tos);
	if (t->mtu && t->mtu_lock) {
		fprintf(out, " mtu lock %" PRIu32, t->mtu);
		need &= ~COLUMN(vrrp_route, mtu);
	}
	put_columns(out, &t->row, need);
	put_number(out, "quickack", t->quick_ack);
	put_words(out, t->nexthops);
}

static void put_ports(FILE *out, const char *keyword, uint32_t first, uint32_t last)
{
	if (first || last)
		fprintf(out, " %s %" PRIu32 "-%" PRIu32, keyword, first, last);
}

static void put_selector(FILE *out, const char *keyword, const struct addr *a, uint32_t length)
{
	if (!addr_is_set(a))
		return;
	fprintf(out, " %s ", keyword);
	put_prefix(out, a, length);
}

void write_rule(FILE *out, const struct vrrp_rule *u, column_mask need)
{
	if (u->inverted)
		fputs("not ", out);
	fprintf(out, "%s", enum_word(&enumeration_inet_family, (int32_t)u->family));
	put_selector(out, "from", &u->source, u->source_length);
	put_selector(out, "to", &u->destination, u->destination_length);
	put_number(out, "tos", u->tos);
	if (u->mark || u->mark_mask)
		fprintf(out, " fwmark %" PRIu32 "/%" PRIu32, u->mark, u->mark_mask);
	put_number(out, "ip_proto", u->ip_protocol);
	put_ports(out, "sport", u->source_port_first, u->source_port_last);
	put_ports(out, "dport", u->destination_port_first, u->destination_port_last);
	put_number(out, "priority", u->priority);
	if (u->number > 1)
		put_number(out, "number", u->number);
	if (u->action != RULE_LOOKUP && u->action != RULE_GOTO)
		fprintf(out, " %s", enum_word(&enumeration_rule_action, (int32_t)u->action));
	if (u->action == RULE_GOTO)
		need |= COLUMN(vrrp_rule, target);
	put_columns(out, &u->row, need);
}

void write_static_address(FILE *out, const struct static_address *a, column_mask need)
{
	char text[ADDR_STRLEN];

	fprintf(out, "%s", addr_format(&a->address, text));
	if (a->prefix_length)
		fprintf(out, "/%" PRIu32, a->prefix_length);
	fputs(" dev ", out);
	lexer_put_word(out, a->interface);
	put_columns(out, &a->row, need);
}
