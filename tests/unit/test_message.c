/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows and groups in messages: every table there and back, what does not fit, and what a process that
 * went mad may send.
 */
#include "core/model/message.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/unit/random_row.h"
#include "tests/unit/unit.h"

static uint8_t buf[CHANNEL_MAX];

START_TEST(test_rows)
{
	struct dice d = {(uint64_t)_i};

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		struct row *r = dice_row(&d, t), *back;
		column_mask mask = dice_mask(&d) & all_columns(t), got;
		column_mask sent = mask | table_mask(t, CLASS_KEY);
		struct wire w = wire_writer(buf, sizeof(buf));
		enum row_op op;

		r->origin = STORAGE_PERMANENT;
		ck_assert(message_put_row(&w, r, ROW_SET, mask));
		w = wire_reader(buf, wire_used(&w));
		back = message_get_row(&w, &op, &got);
		ck_assert(back && wire_done(&w));
		ck_assert(op == ROW_SET && got == mask && back->origin == STORAGE_PERMANENT);
		ck_assert(!(row_diff(r, back) & sent));
		for (size_t i = 0; i < t->ncolumns; i++) /* what was not sent has its default */
			ck_assert((sent >> i & 1) || column_is_default(back, &t->columns[i]));
		row_free(r);
		row_free(back);
	}
}
END_TEST

START_TEST(test_keys)
{
	struct dice d = {(uint64_t)_i};

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		struct row *r = dice_row(&d, t), *back;
		struct wire w = wire_writer(buf, sizeof(buf));

		message_put_key(&w, r);
		w = wire_reader(buf, wire_used(&w));
		back = message_get_key(&w);
		ck_assert(back && wire_done(&w));
		ck_assert_int_eq(row_key_cmp(r, back), 0);
		row_free(r);
		row_free(back);
	}
}
END_TEST

/* Of any row with its longest texts, many fit a packet. */
START_TEST(test_longest)
{
	char text[300];

	memset(text, 'x', sizeof(text));
	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		struct row *r = row_new(t);
		struct wire w = wire_writer(buf, sizeof(buf));

		for (size_t i = 0; i < t->ncolumns; i++) {
			const struct column *c = &t->columns[i];

			if (c->type != TYPE_NAME && c->type != TYPE_TEXT)
				continue;
			text[column_max(c)] = '\0';
			row_set_text(COLUMN_PTR(r, c), text);
			text[column_max(c)] = 'x';
		}
		for (int i = 0; i < 8; i++)
			ck_assert_msg(
			    message_put_row(&w, r, ROW_SET, all_columns(t)), "%s", t->name);
		row_free(r);
	}
}
END_TEST

/* A reason that an engine made too long is cut, not refused. */
START_TEST(test_cut)
{
	struct real_server *rs = ROW_NEW(real_server), *back;
	struct wire w = wire_writer(buf, sizeof(buf));
	char text[1000];
	enum row_op op;
	column_mask mask;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	row_set_text(&rs->pool, "web");
	row_set_text(&rs->reason, text);
	message_put_row(&w, &rs->row, ROW_SET, COLUMN(real_server, reason));
	w = wire_reader(buf, wire_used(&w));
	back = (struct real_server *)message_get_row(&w, &op, &mask);
	ck_assert_ptr_nonnull(back);
	ck_assert_uint_eq(strlen(back->reason), 255);
	row_free(&rs->row);
	row_free(&back->row);
}
END_TEST

START_TEST(test_does_not_fit)
{
	struct dice d = {1};
	struct row *r = dice_row(&d, &tables[TABLE_check]);
	struct wire w = wire_writer(buf, sizeof(buf));
	size_t need;

	ck_assert(message_put_row(&w, r, ROW_SET, all_columns(r->table)));
	need = wire_used(&w);
	for (size_t room = 0; room < need; room++) {
		w = wire_writer(buf, room);
		ck_assert(!message_put_row(&w, r, ROW_SET, all_columns(r->table)));
		ck_assert(wire_used(&w) == 0 && !w.error); /* a smaller row may still fit */
	}
	w = wire_writer(buf, need);
	ck_assert(message_put_row(&w, r, ROW_SET, all_columns(r->table)));
	row_free(r);
}
END_TEST

START_TEST(test_truncated)
{
	struct dice d = {(uint64_t)_i};

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++) {
		struct row *r = dice_row(&d, t);
		struct wire w = wire_writer(buf, sizeof(buf));
		enum row_op op;
		column_mask mask;
		size_t len;

		message_put_row(&w, r, ROW_SET, all_columns(t));
		len = wire_used(&w);
		for (size_t n = 0; n < len; n++) {
			uint8_t *exact =
			    malloc(n ? n : 1); /* so that a sanitizer sees a read beyond */

			memcpy(exact, buf, n);
			w = wire_reader(exact, n);
			ck_assert_ptr_null(message_get_row(&w, &op, &mask));
			ck_assert(w.error);
			free(exact);
		}
		row_free(r);
	}
}
END_TEST

static void must_fail(size_t at, uint8_t value, const uint8_t *bytes, size_t len)
{
	uint8_t copy[CHANNEL_MAX] = {0};
	struct wire w = wire_reader(copy, len);
	enum row_op op;
	column_mask mask;

	memcpy(copy, bytes, len);
	copy[at] = value;
	ck_assert_msg(
	    !message_get_row(&w, &op, &mask) && w.error, "byte %zu = %u was taken", at, value);
}

/* table, op, origin, mask (16), key of pool: length (2), "web" */
START_TEST(test_malformed)
{
	struct pool *p = ROW_NEW(pool);
	struct wire w = wire_writer(buf, sizeof(buf));

	row_set_text(&p->name, "web");
	ck_assert(message_put_row(&w, &p->row, ROW_SET, COLUMN(pool, storage)));
	must_fail(0, TABLE_COUNT, buf, wire_used(&w));
	must_fail(0, 255, buf, wire_used(&w));
	must_fail(1, 0, buf, wire_used(&w));
	must_fail(1, 3, buf, wire_used(&w));
	must_fail(10, 0x80, buf, wire_used(&w)); /* a column that the table does not have */
	must_fail(19, 200, buf, wire_used(&w));
	must_fail(18, 0x80, buf, wire_used(&w)); /* the mask's other half */
	must_fail(22, '\0', buf, wire_used(&w)); /* a NUL in the name */
	must_fail(24, 77, buf, wire_used(&w));	 /* no such word of the enumeration */
	row_free(&p->row);
}
END_TEST

/* No text comes in that is longer than its column: it would be another key when it is passed on. */
START_TEST(test_too_long)
{
	struct wire w = wire_writer(buf, sizeof(buf));
	char name[62];

	memset(name, 'x', 61);
	name[61] = '\0';
	wire_put_u8(&w, TABLE_pool);
	wire_put_u8(&w, ROW_DELETE);
	wire_put_u8(&w, 0);
	wire_put_h64(&w, 0);
	wire_put_h64(&w, 0);
	wire_put_str(&w, name);
	w = wire_reader(buf, wire_used(&w));
	ck_assert_ptr_null(message_get_key(&w));
	ck_assert(w.error);
}
END_TEST

START_TEST(test_mutated)
{
	struct dice d = {(uint64_t)_i};
	size_t strings;

	for (const struct table *t = tables; t < tables + TABLE_COUNT; t++)
		row_free(row_new(t));
	strings = str_count();
	for (int i = 0; i < 2000; i++) {
		const struct table *t = &tables[dice_below(&d, TABLE_COUNT)];
		struct row *r = dice_row(&d, t);
		struct wire w = wire_writer(buf, sizeof(buf));
		struct group_reader g = {.open = true};
		size_t len;

		message_put_row(&w, r, ROW_SET, all_columns(t));
		message_put_row(&w, r, ROW_DELETE, 0);
		len = wire_used(&w);
		for (uint32_t n = 1 + dice_below(&d, 4); n; n--)
			buf[dice_below(&d, (uint32_t)len)] = (uint8_t)dice_next(&d);
		w = wire_reader(buf, len);
		group_read_rows(&g, &w);
		for (size_t k = 0; k < g.n; k++) { /* whatever was taken can be worked with */
			char key[KEY_TEXT_SIZE];

			ck_assert_int_eq(row_key_cmp(g.items[k].row, g.items[k].row), 0);
			row_key_format(g.items[k].row, key);
		}
		group_reset(&g);
		row_free(r);
	}
	ck_assert_uint_eq(str_count(), strings);
}
END_TEST

START_TEST(test_refusal)
{
	struct refusal r = {.kind = REFUSAL_VALUE, .table = &tables[TABLE_pool], .column = 1}, back;
	struct wire w = wire_writer(buf, sizeof(buf));

	strcpy(r.row, "pool web");
	memset(r.reason, 'x', sizeof(r.reason) - 1);
	message_put_refusal(&w, &r);
	w = wire_reader(buf, wire_used(&w));
	ck_assert(message_get_refusal(&w, &back));
	ck_assert(back.kind == r.kind && back.table == r.table && back.column == 1);
	ck_assert_str_eq(back.row, r.row);
	ck_assert_str_eq(back.reason, r.reason);
	r = (struct refusal){.kind = REFUSAL_NONE, .column = -1};
	w = wire_writer(buf, sizeof(buf));
	message_put_refusal(&w, &r);
	w = wire_reader(buf, wire_used(&w));
	ck_assert(message_get_refusal(&w, &back));
	ck_assert(back.kind == REFUSAL_NONE && !back.table && back.column == -1 && !*back.reason);
	buf[0] = 99;
	w = wire_reader(buf, w.end - w.start);
	ck_assert(!message_get_refusal(&w, &back));
}
END_TEST

/* ------------------------------------------------------------------------- groups */

struct ends {
	struct event_base *base;
	struct channel *a, *b;
	struct group_reader in;
	unsigned groups, errors, others;
	size_t rows;
	struct dice check; /* makes the rows again that were sent */
};

static void on_packet(struct channel *ch, uint32_t type, struct wire *w, void *arg)
{
	struct ends *e = arg;
	bool ok = true;

	(void)ch;
	if (type == MSG_BEGIN) {
		ok = group_read_begin(&e->in, w);
	} else if (type == MSG_ROWS) {
		ok = group_read_rows(&e->in, w);
	} else if (type == MSG_END) {
		ok = e->in.open;
		e->groups++;
		e->rows = e->in.n;
		for (size_t i = 0; i < e->in.n; i++) {
			struct row *r = dice_row(&e->check, &tables[TABLE_real_server]);

			ck_assert(!row_diff(r, e->in.items[i].row));
			row_free(r);
		}
		group_reset(&e->in);
	} else {
		e->others++;
	}
	e->errors += !ok;
}

static void on_closed(struct channel *ch, const char *why, void *arg)
{
	(void)ch;
	(void)arg;
	ck_abort_msg("closed: %s", why);
}

static struct ends *ends_new(void)
{
	static const struct channel_ops ops = {on_packet, on_closed, NULL};
	struct ends *e = calloc(1, sizeof(*e));
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	e->base = event_base_new();
	e->a = channel_new(e->base, fds[0], &ops, e);
	e->b = channel_new(e->base, fds[1], &ops, e);
	e->check = (struct dice){5};
	return e;
}

static void ends_free(struct ends *e)
{
	channel_free(e->a);
	channel_free(e->b);
	event_base_free(e->base);
	group_reset(&e->in);
	free(e);
}

static void turn(struct ends *e)
{
	for (int i = 0; i < 200; i++)
		event_base_loop(e->base, EVLOOP_NONBLOCK);
}

static bool send_group(struct ends *e, struct dice *d, int rows)
{
	struct group_writer g;

	group_begin(&g, e->a, GROUP_SYNC);
	for (int i = 0; i < rows; i++) {
		struct row *r = dice_row(d, &tables[TABLE_real_server]);

		group_row(&g, r, ROW_SET, all_columns(r->table));
		row_free(r);
	}
	return group_end(&g, true);
}

START_TEST(test_group)
{
	static const int sizes[] = {1, 2, 100, 2000};
	struct ends *e = ends_new();
	struct dice d = {5};

	channel_set_limit(e->a, 64 * 1024 * 1024);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert(send_group(e, &d, sizes[i]));
		turn(e);
		ck_assert_uint_eq(e->groups, i + 1);
		ck_assert_uint_eq(e->rows, sizes[i]);
		ck_assert_uint_eq(e->errors, 0);
	}
	ends_free(e);
}
END_TEST

START_TEST(test_group_empty)
{
	struct ends *e = ends_new();
	struct group_writer g;

	group_begin(&g, e->a, GROUP_CHANGE);
	ck_assert(group_end(&g, false));
	turn(e);
	ck_assert_uint_eq(e->groups, 0);
	group_begin(&g, e->a, GROUP_SYNC);
	ck_assert(group_end(&g, true));
	turn(e);
	ck_assert_uint_eq(e->groups, 1);
	ck_assert_uint_eq(e->rows, 0);
	ends_free(e);
}
END_TEST

/* A group that did not fit the queue is not applied in part, and the next one is well again. */
START_TEST(test_group_overflow)
{
	struct ends *e = ends_new();
	struct dice d = {99}, again = {5};
	unsigned sent = 0;

	for (size_t limit = 0; limit < 120 * 1024; limit += 3001) {
		channel_set_limit(e->a, limit);
		while (send_group(e, &d, 200))
			ck_assert_uint_lt(++sent, 10000);
		e->check = (struct dice){99};
		turn(e);
		ck_assert_msg(
		    e->groups == sent, "limit %zu: %u sent, %u came", limit, sent, e->groups);
		channel_set_limit(e->a, 64 * 1024 * 1024);
		again = e->check = (struct dice){5};
		ck_assert(send_group(e, &again, 20));
		turn(e);
		ck_assert_uint_eq(e->errors, 0);
		ck_assert_uint_eq(e->groups, sent + 1);
		ck_assert_uint_eq(e->rows, 20);
		e->groups = sent = 0;
		d = (struct dice){99};
	}
	ends_free(e);
}
END_TEST

START_TEST(test_group_protocol)
{
	struct group_reader g = {.open = false};
	struct wire w = wire_reader("\x09", 1);

	ck_assert(!group_read_begin(&g, &w)); /* no such group */
	w = wire_reader("\x01\x01", 2);
	ck_assert(!group_read_begin(&g, &w)); /* too long */
	w = wire_reader("", 0);
	ck_assert(!group_read_begin(&g, &w));
	w = wire_reader("", 0);
	ck_assert(!group_read_rows(&g, &w)); /* rows without a group */
	w = wire_reader("\x01", 1);
	ck_assert(group_read_begin(&g, &w));
	ck_assert(g.open && g.group == GROUP_CHANGE);
	w = wire_reader("\x02", 1);
	ck_assert(!group_read_begin(&g, &w)); /* something was lost, and nobody makes up for it */
	w = wire_reader("\x00", 1);
	ck_assert(group_read_begin(&g, &w)); /* a sync does */
	ck_assert(g.open && g.group == GROUP_SYNC);
	group_reset(&g);
	ck_assert(!g.open && !g.n);
}
END_TEST

static void add(Suite *s, const char *name, const TTest *const *tests, int times)
{
	TCase *tc = tcase_create(name);

	for (; *tests; tests++)
		tcase_add_loop_test(tc, *tests, 0, times);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("message");

	add(s, "row",
	    (const TTest *const[]){test_longest, test_cut, test_does_not_fit, test_malformed,
		test_too_long, test_refusal, NULL},
	    1);
	add(s, "random",
	    (const TTest *const[]){test_rows, test_keys, test_truncated, test_mutated, NULL}, 5);
	add(s, "group",
	    (const TTest *const[]){
		test_group, test_group_empty, test_group_overflow, test_group_protocol, NULL},
	    1);
	return unit_run(s);
}
