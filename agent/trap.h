/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as notifications, and the memory of which were sent.
 *
 * A notification carries the event's own columns, with the event's sequence number as instance, and the
 * state column of its subject, typed, with the subject's full index: a manager needs no second request.
 *
 * The outbox knows the last event that the master agent took.  It is kept in a file, so that neither
 * a restart of the agent nor one of snmpd loses a notification or sends one twice.
 */
#ifndef DIRECTOR_AGENT_TRAP_H
#define DIRECTOR_AGENT_TRAP_H

#include "agent/get.h"

struct trap_var {
	arc name[OID_MAX]; /* below the project's root */
	size_t len;
	struct value value;
};

#define TRAP_VARS 6

struct trap {
	arc kind[3]; /* the notification's name below the root: MODULE.0.KIND */
	struct trap_var vars[TRAP_VARS];
	size_t nvars;
	struct row *subject; /* what the last variable's value points into */
};

/* False if the event is of a kind that this program does not know.  The event must live as long as t. */
bool trap_build(struct trap *t, const struct view *v, const struct event_log *e);
void trap_clear(struct trap *t);

struct outbox;

/* dir holds the file; it must exist.  Never NULL. */
struct outbox *outbox_new(const char *dir);
void outbox_free(struct outbox *o);
/* The oldest event that was not taken yet, or NULL. */
const struct event_log *outbox_next(struct outbox *o, const struct store *s);
/* The master agent took it. */
void outbox_taken(struct outbox *o, const struct event_log *e);

#endif
