/* SPDX-License-Identifier: BSD-2-Clause */
/* See words.h. */
#include "core/ctl/words.h"

#include <string.h>

char *endpoint_words(const struct addr *a, uint32_t port, char buf[WORDS_SIZE])
{
	char text[ADDR_STRLEN];

	addr_format(a, text);
	if (port == 0)
		snprintf(buf, WORDS_SIZE, "%s", text);
	else if (a->family == ADDR_IPV6)
		snprintf(buf, WORDS_SIZE, "[%s]:%u", text, port);
	else
		snprintf(buf, WORDS_SIZE, "%s:%u", text, port);
	return buf;
}

char *service_words(
    enum service_protocol p, const struct addr *a, uint32_t port, char buf[WORDS_SIZE])
{
	char text[WORDS_SIZE];

	if (p == SERVICE_FWMARK)
		snprintf(
		    buf, WORDS_SIZE, "fwmark %u%s", port, a->family == ADDR_IPV6 ? " (IPv6)" : "");
	else
		snprintf(buf, WORDS_SIZE, "%s %.60s", enum_word(&enumeration_service_protocol, p),
		    endpoint_words(a, port, text));
	return buf;
}

char *server_words(const struct real_server *rs, char buf[WORDS_SIZE])
{
	const char *state =
	    state_or_status(&rs->row, enum_word(&enumeration_server_state, rs->state));

	if (rs->row_status != STATUS_ACTIVE)
		snprintf(buf, WORDS_SIZE, "%s", state);
	else if (rs->admin_state == ADMIN_ENABLED)
		snprintf(buf, WORDS_SIZE, "%s%s", state,
		    rs->stability == STABILITY_FLAPPING ? ", flapping" : "");
	else
		snprintf(buf, WORDS_SIZE, "%s (%s)",
		    enum_word(&enumeration_admin_state, rs->admin_state), state);
	return buf;
}

enum paint server_paint(const struct real_server *rs)
{
	if (rs->admin_state != ADMIN_ENABLED)
		return PAINT_WARN;
	if (rs->state == SERVER_UP && rs->stability == STABILITY_FLAPPING)
		return PAINT_WARN;
	return state_paint(&rs->row, "state");
}

static bool is_active(const struct row *r)
{
	const struct column *c = table_status(r->table);

	return !c || column_number(r, c) == STATUS_ACTIVE;
}

const char *state_or_status(const struct row *r, const char *state)
{
	const struct column *c = table_status(r->table);

	return is_active(r) ? state : enum_word(c->words, (int32_t)column_number(r, c));
}

enum paint state_paint(const struct row *r, const char *column)
{
	return is_active(r) ? value_paint(r, table_column(r->table, column)) : PAINT_WARN;
}

char *since_words(usec_t when, const struct style *s, char buf[WORDS_SIZE])
{
	usec_t age = when == 0 ? USEC_NEVER : when > s->now ? 0 : s->now - when;

	return age_format(age, buf);
}

char *state_words(const char *state, usec_t since, const struct style *s, char buf[WORDS_SIZE])
{
	char age[WORDS_SIZE];

	if (since == 0)
		snprintf(buf, WORDS_SIZE, "%s", state);
	else
		snprintf(buf, WORDS_SIZE, "%s for %.40s", state, since_words(since, s, age));
	return buf;
}

void title(FILE *out, const struct style *s, const char *text)
{
	paint(out, s, PAINT_HEAD, text);
	fputc('\n', out);
}

struct real_server *server_of(
    const struct store *s, const char *pool, const struct addr *a, uint32_t port)
{
	struct real_server *key = ROW_NEW(real_server);
	struct row *found;

	row_set_text(&key->pool, pool);
	key->address = *a;
	key->port = port;
	found = store_find(s, &key->row);
	row_free(&key->row);
	return (struct real_server *)found;
}
