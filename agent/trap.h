/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as notifications, and the memory of which were sent.
 *
 * A notification carries the event's own columns, with the event's sequence number as instance, and
 * columns of its subject (schema: EVENT), typed, with the subject's full index: a manager needs no second
 * request.
 *
 * The outbox knows the last event that the master agent took.  It is kept in a file, so that neither
 * a restart of the agent nor one of snmpd loses a notification or sends one twice; in memory, where a disk that
 * hangs does not hold up notifications, so that after the next boot of the machine it is what the hub knows
 * (system.event_notified).  Only where a master
 * dies between sending a notification and saying so can nobody know whether it was sent: then it is
 * sent again, to the next master, since a lost one is worse.
 */
#ifndef DIRECTOR_AGENT_TRAP_H
#define DIRECTOR_AGENT_TRAP_H

#include "agent/get.h"

struct trap_var {
	arc name[OID_MAX]; /* below the project's root */
	size_t len;
	struct value value;
};

#define TRAP_VARS 24

struct trap {
	arc kind[3]; /* the notification's name below the root: MODULE.0.KIND */
	struct trap_var vars[TRAP_VARS];
	size_t nvars;
	struct row *subject; /* what the last variables' values point into */
	/* Of another module than ours: its whole name, as are then those of the variables; else empty. */
	arc standard[OID_MAX];
	size_t standard_len;
};

/* False if the event is of a kind that this program does not know.  The event must live as long as t. */
bool trap_build(struct trap *t, const struct view *v, const struct event_log *e);
void trap_clear(struct trap *t);
/* What the names of the variables begin with: the project's root, or nothing. */
size_t trap_root(const struct trap *t, arc to[OID_MAX]);
/* The whole name of the notification. */
size_t trap_name(const struct trap *t, arc to[OID_MAX]);

struct outbox;

#define OUTBOX_MASTER_SIZE 64

/* dir holds the file; it must exist.  Never NULL. */
struct outbox *outbox_new(const char *dir);
void outbox_free(struct outbox *o);
/* Before anything else is done: the rows are there. */
void outbox_begin(struct outbox *o, struct store *s);
/* The oldest event that was not taken yet, or NULL. */
const struct event_log *outbox_next(struct outbox *o, const struct store *s);
/* The master agent took it, or it is not to be sent; to be saved when that is done for all at hand. */
void outbox_taken(struct outbox *o, const struct event_log *e);
/* The master agent took our own notification of it; a standard one follows. */
void outbox_taken_own(struct outbox *o, const struct event_log *e);
bool outbox_is_own_taken(const struct outbox *o, const struct event_log *e);
void outbox_save(struct outbox *o);
/* It was written to this master agent ("": one that cannot be told from the next), which has not answered.
 * half: it is our own notification, and a standard one follows. */
void outbox_handed(struct outbox *o, const struct event_log *e, bool half, const char *master);
/* The master agent that is connected now: it may have got what an earlier process handed over. */
void outbox_connected(struct outbox *o, const char *master);
/* It did not take what was handed over, as far as this process can know. */
void outbox_returned(struct outbox *o);
/* The sequence number of the last event that was taken. */
uint32_t outbox_last(const struct outbox *o);

#endif
