/* SPDX-License-Identifier: BSD-2-Clause */
/* See message.h. */
#include "core/model/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_column(struct wire *w, const struct row *r, const struct column *c)
{
	const struct addr *a;
	size_t len;

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		len =
		    strnlen(column_text(r, c), (size_t)column_max(c)); /* reasons may be too long */
		wire_put_h16(w, (uint16_t)len);
		wire_put_bytes(w, column_text(r, c), len);
		break;
	case TYPE_BOOL:
		wire_put_u8(w, (uint8_t)column_number(r, c));
		break;
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT32:
	case TYPE_ENUM:
		wire_put_h32(w, (uint32_t)column_unsigned(r, c));
		break;
	case TYPE_COUNT:
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
		wire_put_h64(w, column_unsigned(r, c));
		break;
	case TYPE_ADDR:
		a = COLUMN_PTR(r, c);
		wire_put_u8(w, a->family);
		wire_put_bytes(w, a->bytes, addr_len(a));
		break;
	case TYPE_VIEW:
		break;
	}
}

static void get_text(struct wire *w, struct row *r, const struct column *c)
{
	size_t len = wire_get_h16(w);
	const char *p = wire_get_bytes(w, len);
	const char **text = COLUMN_PTR(r, c), *old = *text;

	if (!p || memchr(p, 0, len) || len > (size_t)column_max(c)) {
		w->error = true;
		return;
	}
	*text = str_get_n(p, len);
	str_free(old);
}

static void get_addr(struct wire *w, struct addr *a)
{
	struct addr v = {.family = wire_get_u8(w)};
	const void *p = wire_get_bytes(w, addr_len(&v));

	if (v.family > ADDR_IPV6)
		w->error = true;
	if (w->error)
		return;
	memcpy(v.bytes, p, addr_len(&v));
	*a = v;
}

static void get_column(struct wire *w, struct row *r, const struct column *c)
{
	uint32_t v;

	switch (c->type) {
	case TYPE_NAME:
	case TYPE_TEXT:
		get_text(w, r, c);
		break;
	case TYPE_BOOL:
		column_set_number(r, c, wire_get_u8(w));
		break;
	case TYPE_INT:
	case TYPE_UINT:
	case TYPE_GAUGE:
	case TYPE_COUNT32:
		column_set_number(r, c, (int32_t)wire_get_h32(w));
		break;
	case TYPE_ENUM:
		v = wire_get_h32(w);
		if (!enum_has(c->words, (int32_t)v))
			w->error = true;
		else
			column_set_number(r, c, (int32_t)v);
		break;
	case TYPE_COUNT:
	case TYPE_USEC:
	case TYPE_WHEN:
	case TYPE_WALL:
		column_set_number(r, c, (int64_t)wire_get_h64(w));
		break;
	case TYPE_ADDR:
		get_addr(w, COLUMN_PTR(r, c));
		break;
	case TYPE_VIEW:
		break;
	}
}

/* The low half first. */
static void put_mask(struct wire *w, column_mask mask)
{
	wire_put_h64(w, (uint64_t)mask);
	wire_put_h64(w, (uint64_t)(mask >> 64));
}

static column_mask get_mask(struct wire *w)
{
	uint64_t low = wire_get_h64(w);

	return (column_mask)wire_get_h64(w) << 64 | low;
}

bool message_put_row(struct wire *w, const struct row *r, enum row_op op, column_mask mask)
{
	struct wire saved = *w;

	wire_put_u8(w, r->table->id);
	wire_put_u8(w, (uint8_t)op);
	wire_put_u8(w, r->origin);
	put_mask(w, mask);
	for (size_t i = 0; i < r->table->ncolumns; i++)
		if (i < r->table->keys || (op == ROW_SET && mask >> i & 1))
			put_column(w, r, &r->table->columns[i]);
	if (!w->error)
		return true;
	*w = saved;
	return false;
}

struct row *message_get_row(struct wire *w, enum row_op *op, column_mask *mask)
{
	uint8_t id = wire_get_u8(w);
	struct row *r;

	*op = wire_get_u8(w);
	if (w->error || id >= TABLE_COUNT || (*op != ROW_SET && *op != ROW_DELETE)) {
		w->error = true;
		return NULL;
	}
	r = row_new(&tables[id]);
	r->origin = wire_get_u8(w);
	*mask = get_mask(w);
	if (tables[id].ncolumns < COLUMNS_MAX && *mask >> tables[id].ncolumns)
		w->error = true;
	for (size_t i = 0; i < r->table->ncolumns && !w->error; i++)
		if (i < r->table->keys || (*op == ROW_SET && *mask >> i & 1))
			get_column(w, r, &r->table->columns[i]);
	if (!w->error)
		return r;
	row_free(r);
	return NULL;
}

void message_put_key(struct wire *w, const struct row *r)
{
	if (!message_put_row(w, r, ROW_DELETE, 0))
		w->error = true;
}

struct row *message_get_key(struct wire *w)
{
	enum row_op op;
	column_mask mask;

	return message_get_row(w, &op, &mask);
}

void group_begin(struct group_writer *g, struct channel *ch, enum group group)
{
	*g = (struct group_writer){.ch = ch, .group = group};
}

static void begin(struct group_writer *g)
{
	g->begun = true;
	wire_put_u8(channel_begin(g->ch, MSG_BEGIN), (uint8_t)g->group);
	g->failed |= !channel_send(g->ch);
}

static void send_rows(struct group_writer *g)
{
	if (g->w)
		g->failed |= !channel_send(g->ch);
	g->w = NULL;
}

void group_row(struct group_writer *g, const struct row *r, enum row_op op, column_mask mask)
{
	if (!g->begun)
		begin(g);
	if (g->failed)
		return;
	if (g->w && message_put_row(g->w, r, op, mask))
		return;
	send_rows(g);
	if (g->failed)
		return;
	g->w = channel_begin(g->ch, MSG_ROWS);
	if (!message_put_row(g->w, r, op, mask))
		abort(); /* a row is far smaller than a packet: its texts are bounded by the schema */
}

bool group_end(struct group_writer *g, bool empty)
{
	if (!g->begun && !empty)
		return true;
	if (!g->begun)
		begin(g);
	send_rows(g);
	if (g->failed)
		return false; /* without its END the receiver drops it */
	channel_begin(g->ch, MSG_END);
	return channel_send(g->ch);
}

bool group_read_begin(struct group_reader *g, struct wire *w)
{
	uint8_t group = wire_get_u8(w);

	if (!wire_done(w) || group > GROUP_EDIT || (g->open && group != GROUP_SYNC))
		return false;
	if (g->open)
		group_reset(g); /* the sender gave up the group and begins again from scratch */
	g->open = true;
	g->group = group;
	return true;
}

static struct group_item *next_item(struct group_reader *g)
{
	if (g->n == g->size) {
		g->size = g->size ? g->size * 2 : 64;
		g->items = reallocarray(g->items, g->size, sizeof(*g->items));
		if (!g->items)
			abort();
	}
	return &g->items[g->n];
}

bool group_read_rows(struct group_reader *g, struct wire *w)
{
	if (!g->open)
		return false;
	while (!wire_done(w)) {
		struct group_item *i = next_item(g);

		i->row = message_get_row(w, &i->op, &i->mask);
		if (!i->row)
			return false;
		g->n++;
	}
	return true;
}

void group_reset(struct group_reader *g)
{
	for (size_t i = 0; i < g->n; i++)
		row_free(g->items[i].row);
	free(g->items);
	*g = (struct group_reader){.open = false};
}

void message_put_refusal(struct wire *w, const struct refusal *r)
{
	wire_put_u8(w, (uint8_t)r->kind);
	wire_put_u8(w, r->table ? r->table->id : 255);
	wire_put_u8(w, r->column >= 0 ? (uint8_t)r->column : 255);
	wire_put_str(w, r->row);
	wire_put_str(w, r->reason);
}

bool message_get_refusal(struct wire *w, struct refusal *r)
{
	uint8_t kind = wire_get_u8(w), table = wire_get_u8(w), column = wire_get_u8(w);

	wire_get_str(w, r->row, sizeof(r->row));
	wire_get_str(w, r->reason, sizeof(r->reason));
	if (!wire_done(w) || kind > REFUSAL_BUSY || (table != 255 && table >= TABLE_COUNT))
		return false;
	r->kind = kind;
	r->table = table == 255 ? NULL : &tables[table];
	r->column = column == 255 || !r->table || column >= r->table->ncolumns ? -1 : column;
	return true;
}
