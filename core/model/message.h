/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between the hub and the other processes, and rows in them.
 *
 * Rows travel in groups: BEGIN, any number of ROWS, END.  A group is applied when its END came, or not
 * at all.  All numbers are in host order: both ends are on one machine and from one build, which HELLO
 * verifies by the schema's fingerprint.
 */
#ifndef MODEL_MESSAGE_H
#define MODEL_MESSAGE_H

#include "core/base/channel.h"
#include "core/model/engine.h"

enum message {
	MSG_HELLO = 1, /* first, both ways: u32 fingerprint, u32 process bit, u32 pid, str name */
	MSG_BEGIN,     /* u8 enum group */
	MSG_ROWS,      /* rows */
	MSG_END,       /* empty */
	MSG_EVENT,     /* u32 kind, row key of the subject, str old, str new, str reason */
	MSG_LOG,       /* u8 level, str line */
	MSG_READY,     /* empty */
	MSG_STOP,      /* u8 clean */
	MSG_PING,      /* u64 */
	MSG_PONG,      /* u64 of the ping */
	MSG_REQUEST,   /* u32 id, u8 kind; its rows were sent before it as a GROUP_EDIT */
	MSG_REPLY, /* u32 id, u8 refusal kind, u8 table (255: none), u8 column (255: none), str row, str reason */
};

enum group {
	GROUP_SYNC,   /* all rows of the receiver's tables */
	GROUP_CHANGE, /* a transaction of configuration */
	GROUP_STATE,  /* what engines report */
	GROUP_EDIT,   /* the rows of a request */
};

enum row_op { ROW_SET = 1, ROW_DELETE = 2 };

/*
 * Appends a row: table, op, mask, key, and for ROW_SET the columns in mask.  False if it does not fit;
 * the cursor is then where it was.
 */
bool message_put_row(struct wire *w, const struct row *r, enum row_op op, column_mask mask);
/* Only table and key. */
void message_put_key(struct wire *w, const struct row *r);

/*
 * Reads one row; owned by the caller.  NULL at an error (the cursor's error is set).  Columns not in
 * *mask have their defaults.
 */
struct row *message_get_row(struct wire *w, enum row_op *op, column_mask *mask);
struct row *message_get_key(struct wire *w);

/* A group being sent: rows are packed into as few packets as possible. */
struct group_writer {
	struct channel *ch;
	struct wire *w; /* the open MSG_ROWS, or NULL */
	bool begun, failed;
	enum group group;
};
void group_begin(struct group_writer *g, struct channel *ch, enum group group);
void group_row(struct group_writer *g, const struct row *r, enum row_op op, column_mask mask);
/*
 * False if the channel's queue was full at some point.  The group then has no end, so nothing of it is
 * applied, and the next one must be a SYNC.  A group without rows is sent only if `empty`.
 */
bool group_end(struct group_writer *g, bool empty);

/* A group being received: rows collected until END. */
struct group_item {
	struct row *row;
	column_mask mask;
	enum row_op op;
};
struct group_reader {
	bool open;
	enum group group;
	struct group_item *items;
	size_t n, size;
};
/* False: a protocol error.  A SYNC takes the place of a group that never ended. */
bool group_read_begin(struct group_reader *g, struct wire *w);
bool group_read_rows(struct group_reader *g, struct wire *w);
void group_reset(
    struct group_reader *g); /* frees rows that are still there (items[i].row != NULL) */

void message_put_refusal(struct wire *w, const struct refusal *r);
bool message_get_refusal(struct wire *w, struct refusal *r);

#endif
