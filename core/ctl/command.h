/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of directorctl, each as what a session does. */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "core/ctl/session.h"
#include "core/ctl/show.h"

struct options {
	const char *state_dir;
	bool json, all, follow;
	size_t last; /* events; ~0: all */
	/* show, set */
	void (*text)(
	    FILE *out, const struct style *s, const struct store *store); /* status and its like */
	void (*json_text)(FILE *out, const struct style *s, const struct store *store);
	struct selection selection;
	/* set: the row with the new values, and which they are */
	struct row *row;
	column_mask mask;
};

extern const struct session_ops command_report; /* options.text or .json_text */
extern const struct session_ops command_show;
extern const struct session_ops command_events;
extern const struct session_ops command_reload;
extern const struct session_ops command_set;

/*
 * Reads "TABLE KEY... COLUMN=VALUE..." into options.row, which is then the caller's.  False after telling why;
 * *status is then the exit status.
 */
bool command_set_parse(struct options *o, char **argv, int argc, FILE *err, int *status);

/* Follows the events over restarts of directord until the output is closed. */
int command_follow(struct session *s, const struct options *o);

#endif
