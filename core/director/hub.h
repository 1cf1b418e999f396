/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hub: the main process of directord.  It owns the configuration, the state that the others report,
 * the datastore and the event log; it starts the other processes and passes rows between them.
 *
 * It is the only one that has all rows, and nothing in it waits: not for a process, the disk, a manager
 * or a reader of the log.  What it decides is only what belongs to nobody else: whether a change of the
 * configuration is valid, and when a process is started again.
 *
 *   hub.c      start and stop
 *   peer.c     the messages of one process or directorctl, and who is told what
 *   child.c    the processes: start, watch, start again, stop
 *   commit.c   transactions: prepare, store, apply; reading the file again
 *   events.c   the event log
 *   kept.c     state that outlives a restart of everything
 *   datastore.c, notify*.c  the disk; systemd
 */
#ifndef DIRECTOR_HUB_H
#define DIRECTOR_HUB_H

#include <event2/event.h>
#include "core/base/channel.h"
#include "core/base/log.h"
#include "core/director/datastore.h"
#include "core/model/engine.h"
#include "core/model/message.h"
#include "core/model/txn.h"

struct hub;
struct child;

struct hub_options {
	const char *file;
	const char *state_dir;
	const char *program_dir; /* where directord-vrrp and the others are */
	enum log_level level;
};

/* One other end of a channel: a process of ours, or a directorctl. */
struct peer {
	TAILQ_ENTRY(peer) entry;
	struct hub *hub;
	struct channel *ch;
	struct child *child;  /* NULL: directorctl */
	enum process_bit bit; /* 0 until its HELLO */
	const char *name;
	bool
	    resync; /* its queue overflowed: it is sent everything anew when it has read the rest */
	struct group_reader in;
	struct txn *prepared, *inverse; /* checked, not applied; what would take it back */
	uint32_t waiting_id;		/* of a request that waits for another's commit */
	enum request_kind waiting;	/* 0: none */
	struct txn *committed;		/* takes the last commit back */
	struct overrides *before;	/* what was set before it, for its columns */
};

struct pending_events;

struct hub {
	struct hub_options options;
	struct event_base *base;
	struct store *store; /* the running configuration and all state */
	struct system *system;
	TAILQ_HEAD(, peer) peers;
	TAILQ_HEAD(, child) children;
	struct process *self; /* our own row of the table `process` */
	struct datastore *datastore;
	struct pending_events *events;
	struct overrides *overrides; /* values that win over the file */
	struct commit *commit;	     /* the one that waits for the disk, or NULL */
	uint64_t syncs;		     /* how often somebody was told everything */
	bool reload_wanted;	     /* once that is done */
	struct event *tick, *listener;
	struct event *signals[5];
	int control_fd, pid_fd;
	TAILQ_HEAD(, row) kept_dirty; /* rows with STATE columns to be kept */
	struct event *keep;
	bool keeping; /* a job is on its way */
	bool stopping, clean;
	struct event *stop_timer;
	bool ready_told;
};

/* hub.c: runs until it is told to stop; the exit status. */
int hub_run(const struct hub_options *o);
/* The hub's own columns of a row in the store changed: everybody concerned is told. */
void hub_changed(struct hub *h, struct row *r, column_mask mask);
/* A row of the hub's own tables: added (told and kept), or removed (told and freed). */
void hub_added(struct hub *h, struct row *r);
void hub_removed(struct hub *h, struct row *r);
void hub_datastore_state(struct hub *h, const char *error);
/* Stops: clean, or leaving the kernel as it is for the next start. */
void hub_stop(struct hub *h, bool clean);
/* The next step of a stop, when a process has ended. */
void hub_stop_next(struct hub *h);
void hub_check_ready(struct hub *h);

/* peer.c */
struct peer *peer_new(struct hub *h, int fd, struct child *c);
void peer_free(struct peer *p);
/* Sends a change of configuration, as one group, to all that read the tables. */
void peers_send_txn(struct hub *h, const struct txn *t);
/* All are sent everything anew. */
void peers_resync(struct hub *h);
void peer_reply(struct peer *p, uint32_t id, const struct refusal *r);
/* The columns of a table that a peer is told; 0: it does not read the table. */
column_mask peer_columns(const struct peer *p, const struct table *t);

/* child.c */
void children_start(struct hub *h);
void children_reap(struct hub *h); /* after SIGCHLD */
void children_tick(struct hub *h); /* every second: pings and memory */
bool children_ready(const struct hub *h);
bool children_stop(struct hub *h, bool clean);
void children_kill(struct hub *h);
void children_free(struct hub *h);
void child_ready(struct child *c);
void child_pong(struct child *c);
void child_lost(struct child *c); /* its channel broke */
/* A new row of the table `process`. */
struct process *process_row(struct hub *h, const char *name);
void child_measure(struct hub *h, struct process *row, pid_t pid);

/* commit.c */
bool commit_first(struct hub *h);  /* reads the file and the datastore at start */
void commit_reload(struct hub *h); /* reads the file again, now or when the disk is done */
/* False: it waits for another commit; the rows in p->in must stay until then. */
bool commit_request(struct peer *p, uint32_t id, enum request_kind kind);
/* What a requester prepared and could take back is forgotten. */
void commit_release(struct peer *p);
void commit_peer_gone(struct hub *h, struct peer *p);

/* events.c */
void events_open(struct hub *h);
void events_close(struct hub *h);
void event_add_log(struct hub *h, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason);

/* kept.c */
void kept_open(struct hub *h); /* puts what was kept into the rows; after commit_first() */
void kept_close(struct hub *h);
void kept_changed(struct hub *h, struct row *r, column_mask mask);
void kept_removed(struct hub *h, const struct txn *t);

/* notify_systemd.c or notify_none.c: what the service manager is told (sd_notify(3)). */
void notify_state(const char *state);
usec_t notify_watchdog(void); /* how often it wants to hear WATCHDOG=1; 0: never */

#endif
