/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between the processes: check and agent speak with strangers, so what they send to the hub is
 * not to be trusted.  An input is packets, each { u8 kind, u16 length, body }.
 *
 * Whatever row is accepted goes into a store, has a key that can be written, and is the same when it is
 * sent on.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include "core/model/message.h"
#include "tests/unit/random_row.h"

enum kind { KIND_BEGIN, KIND_ROWS, KIND_KEY, KIND_REFUSAL, KINDS };

static void require(bool what)
{
	if (!what)
		abort();
}

static void check_row(const struct group_item *i)
{
	static uint8_t buf[CHANNEL_MAX];
	struct wire w = wire_writer(buf, sizeof(buf));
	column_mask mask, sent = i->mask | table_mask(i->row->table, CLASS_KEY);
	char text[ROW_TEXT_SIZE];
	struct row *again;
	enum row_op op;

	row_format(i->row, text);
	require(message_put_row(&w, i->row, i->op, i->mask));
	w = wire_reader(buf, wire_used(&w));
	again = message_get_row(&w, &op, &mask);
	require(again && wire_done(&w) && op == i->op && mask == i->mask);
	require(row_key_cmp(again, i->row) == 0);
	if (op == ROW_SET)
		require((row_diff(again, i->row) & sent) == 0);
	row_free(again);
}

static void use_rows(struct group_reader *g, struct store *s)
{
	for (size_t i = 0; i < g->n; i++) {
		struct group_item *item = &g->items[i];

		check_row(item);
		if (item->op == ROW_SET && !store_insert(s, item->row))
			item->row = NULL;
	}
	group_reset(g);
}

static void packet(enum kind kind, struct wire *w, struct group_reader *g, struct store *s)
{
	struct refusal r;

	switch (kind) {
	case KIND_BEGIN:
		group_read_begin(g, w);
		break;
	case KIND_ROWS:
		group_read_rows(g, w);
		use_rows(g, s);
		break;
	case KIND_KEY:
		row_free(message_get_key(w));
		break;
	case KIND_REFUSAL:
		if (message_get_refusal(w, &r))
			require(r.column < 0 || (r.table && r.column < r.table->ncolumns));
		break;
	case KINDS:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wire in = wire_reader(bytes, len);
	struct group_reader g = {.open = true};
	struct store *s = store_new();

	while (wire_left(&in) > 0) {
		uint8_t kind = wire_get_u8(&in);
		uint16_t size = wire_get_h16(&in);
		const void *body = wire_get_bytes(&in, size);
		struct wire w;

		if (!body)
			break;
		w = wire_reader(body, size);
		packet(kind % KINDS, &w, &g, s);
	}
	group_reset(&g);
	store_free(s);
	return 0;
}

static void put_rows(struct wire *w, struct dice *d, const struct table *t)
{
	for (int i = 0; i < 3; i++) {
		struct row *r = dice_row(d, t);
		column_mask mask = i ? all_columns(t) : dice_mask(d) & all_columns(t);

		message_put_row(w, r, i < 2 ? ROW_SET : ROW_DELETE, mask);
		row_free(r);
	}
}

/* A group of rows of each table, and a refusal. */
size_t fuzz_seed(unsigned n, uint8_t *buf, size_t size)
{
	static const struct refusal refusal = {.kind = REFUSAL_VALUE,
	    .table = &tables[TABLE_pool],
	    .column = 1,
	    .row = "pool web",
	    .reason = "no"};
	struct dice d = {n};
	struct wire body = wire_writer(buf + 7, size - 7);

	if (n > TABLE_COUNT)
		return 0;
	if (n == TABLE_COUNT)
		message_put_refusal(&body, &refusal);
	else
		put_rows(&body, &d, &tables[n]);
	memcpy(buf, (const uint8_t[]){KIND_BEGIN, 1, 0, GROUP_STATE}, 4);
	buf[4] = n == TABLE_COUNT ? KIND_REFUSAL : KIND_ROWS;
	buf[5] = (uint8_t)(wire_used(&body) & 0xff); /* low byte first: as most machines have it */
	buf[6] = (uint8_t)(wire_used(&body) >> 8);
	return 7 + wire_used(&body);
}
