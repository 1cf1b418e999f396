/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to directord's control socket.  The hub sends all tables first and changes from then on; a
 * command works with the store that this makes.
 */
#ifndef CTL_SESSION_H
#define CTL_SESSION_H

#include "core/ctl/value.h"
#include "core/model/engine.h"

enum ctl_exit {
	CTL_OK = 0,
	CTL_REFUSED = 1,
	CTL_USAGE = 2,
	CTL_NO_CONNECTION = 3,
	/* of `diff`, as of diff(1) */
	CTL_DIFFERENT = 1,
	CTL_TROUBLE = 2,
};

struct session;

struct session_ops {
	/* All rows are there.  Ends the session with session_end(), or goes on. */
	void (*ready)(struct session *s);
	/* Rows changed after that; NULL: nobody cares. */
	void (*changed)(struct session *s, const struct change *c, size_t n);
};

struct session {
	const struct session_ops *ops;
	const void *options; /* of the command */
	struct engine *engine;
	const struct store *store;
	FILE *out, *err;
	struct style style; /* the clock's values are those of the moment when the rows came */
	bool synced, lost;
	bool again; /* it is not the first connection: silent while directord starts or stops */
	uint32_t last_event; /* for events --follow */
	int status;
};

/* The socket of a state directory; -1 after telling why not. */
int session_connect(const char *state_dir, FILE *err);
/* Runs a session over a connected socket, which is closed.  The exit status; s->lost: the hub went away. */
int session_run(struct session *s, int fd);
void session_end(struct session *s, int status);
/* Colours and width for standard output. */
struct style session_style(void);

#endif
