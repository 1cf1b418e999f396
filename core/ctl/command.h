/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of directorctl, each as what a session does. */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "core/ctl/edit.h"
#include "core/ctl/session.h"
#include "core/ctl/show.h"

struct options {
	const char *state_dir;
	bool json, all, follow;
	size_t last; /* events, generations; ~0: all */
	/* show */
	void (*text)(
	    FILE *out, const struct style *s, const struct store *store); /* status and its like */
	void (*json_text)(FILE *out, const struct style *s, const struct store *store);
	struct selection selection;
	bool secrets;	     /* export */
	uint32_t generation; /* history; 0: all */
	/* what is to be changed, and whether that is to be confirmed */
	struct edits edits;
	bool confirm;
	uint32_t confirm_seconds;
	const char *failover; /* an instance or a group */
	usec_t failover_time; /* 0: ends it */
};

/* A reload reads files and names; a commit waits for the disk. */
#define COMMAND_TIMEOUT (60 * USEC_PER_SEC)

extern const struct session_ops command_report; /* options.text or .json_text */
extern const struct session_ops command_show;
extern const struct session_ops command_events;
extern const struct session_ops command_history;
extern const struct session_ops command_diff;
extern const struct session_ops command_export;
extern const struct session_ops command_reload;
extern const struct session_ops command_change;	 /* options.edits, as one transaction */
extern const struct session_ops command_confirm; /* the same, if something is to be confirmed */

extern const struct session_ops command_failover; /* options.failover, for failover_time */

/* Add to options.edits what is asked of the configuration as a whole (table `control`). */
void command_ask_confirm(struct options *o, uint32_t seconds); /* 0: confirms */
void command_ask_rollback(struct options *o, uint32_t generation);
/* "all" or "TABLE KEY..."; false after telling why. */
bool command_ask_revert(struct options *o, char **argv, int argc, FILE *err);

/* Prepares, commits and waits for the rows that it changed; false with *r. */
bool command_transact(struct session *s, const struct edits *e, struct refusal *r);

/* Tells why, with the line of the edit that it is about.  The exit status. */
int command_refused(struct session *s, const struct edits *e, const struct refusal *r);

/* Follows the events over restarts of directord until the output is closed. */
int command_follow(struct session *s, const struct options *o);

#endif
