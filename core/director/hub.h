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
 *   failover.c mastership that was handed over for a time
 *   notice.c   what scripts and FIFOs are told
 *   kept.c     state that outlives a restart of everything
 *   listen.c   the sockets of an agent that is the SNMP engine itself
 *   datastore.c, notify*.c  the disk; systemd
 */
#ifndef DIRECTOR_HUB_H
#define DIRECTOR_HUB_H

#include <event2/event.h>
#include "core/base/channel.h"
#include "core/base/log.h"
#include "core/director/datastore.h"
#include "core/director/history.h"
#include "core/model/engine.h"
#include "core/model/marks.h"
#include "core/model/message.h"
#include "core/model/txn.h"

struct hub;
struct child;
struct listener;

struct hub_options {
	const char *file;
	const char *config_id; /* see config_read_as() */
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
	struct group_reader prepared; /* rows of a request that was checked, not applied */
	bool is_prepared;
	uint32_t waiting_id;	   /* of a request that waits for another's commit */
	enum request_kind waiting; /* 0: none */
	uint32_t committed;	   /* the generation that its last commit made; 0: none */
};

struct pending_events;

#define DISK_HANGS "the disk does not answer"

struct hub {
	struct hub_options options;
	struct event_base *base;
	struct store *store;  /* the running configuration and all state */
	struct store *parked; /* rows of the configuration that are not in effect (plan.h) */
	struct system *system;
	TAILQ_HEAD(, peer) peers;
	TAILQ_HEAD(, child) children;
	struct process *self; /* our own row of the table `process` */
	struct datastore *datastore;
	struct pending_events *events;
	struct overrides *overrides; /* values that win over the file */
	struct history history;
	struct control *control;
	bool unconfirmed;	     /* changes since ... */
	uint32_t confirm_generation; /* ... this generation are undone ... */
	usec_t confirm_deadline;     /* ... at this time */
	struct event *confirm_timer;
	struct commit *commit; /* the one that waits for the disk, or NULL */
	uint64_t syncs;	       /* how often somebody was told everything */
	bool reload_wanted;    /* once that is done */
	struct event *tick, *listener;
	struct listener *listening; /* listen.c */
	struct event *signals[5];
	int control_fd, pid_fd;
	struct marks kept_marks; /* STATE columns to be kept */
	struct event *keep;
	bool keeping; /* a job is on its way */
	usec_t
	    trim; /* when memory that a large change took is given back; 0: nothing to give back */
	uint32_t notices; /* the number of the last one */
	struct log_limit notices_limit;
	bool stopping, clean;
	bool starting_up, shutting_down; /* the director's own script is to end first */
	bool shutdown_begun;
	struct event *script_late;
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
/* The same for many rows of one table, told as one group. */
void hub_added_all(struct hub *h, struct row *const *rows, size_t n);
void hub_removed_all(struct hub *h, struct row *const *rows, size_t n);
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
void peers_send_txn(struct hub *h, const struct txn *running, const struct txn *parked);
/* All are sent everything anew. */
void peers_resync(struct hub *h);
void peer_reply(struct peer *p, uint32_t id, const struct refusal *r);
/* Off: nothing that is sent to it is lost, however much it is. */
void peer_limit(struct peer *p, bool on);
/* The columns of a table that a peer is told; 0: it does not read the table. */
column_mask peer_columns(const struct peer *p, const struct table *t);

/* child.c */
void children_start(struct hub *h);
void children_reap(struct hub *h); /* after SIGCHLD */
void children_tick(struct hub *h); /* every second: pings and memory */
bool children_ready(const struct hub *h);
bool children_stop(struct hub *h, bool clean);
void children_kill(struct hub *h);
/* The startup or the shutdown script has ended, or its time has. */
void children_go_on(struct hub *h);
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
/* Every second: how long a confirmed commit still waits. */
void commit_tick(struct hub *h);
void commit_close(struct hub *h);
void commit_peer_gone(struct hub *h, struct peer *p);
/* What waits for the disk is refused, and undone when the disk is back. */
void commit_disk_hangs(struct hub *h);

/* events.c */
void events_open(struct hub *h);
void events_close(struct hub *h);
/* Those that wait for the disk are told now. */
void events_disk_hangs(struct hub *h);
void event_add_log(struct hub *h, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason);

/* kept.c */
void kept_open(struct hub *h); /* puts what was kept into the rows; after commit_first() */
void kept_close(struct hub *h);
void kept_changed(struct hub *h, struct row *r, column_mask mask);
void kept_removed(struct hub *h, const struct txn *t);

/* notice.c */
/* A process is about to change columns of a row: those in mask to what `new` has. */
void notice_reported(struct hub *h, const struct row *old, const struct row *new, column_mask mask);
/* The process script has reported the state of a notice; takes the row if that is all of it. */
void notice_done(struct hub *h, struct row *r);
/* A transaction was applied: what is told of rows that are gone. */
void notice_removed(struct hub *h, const struct txn *t);
/* The director's own script of that event is to be run; false if there is none. */
bool notice_director(struct hub *h, enum notify_event event);
/* The file was read again. */
void notice_file_read(struct hub *h);
/* directord is about to stop for good: what is told of servers then, in one go; of them nothing comes behind it. */
void notice_stop(struct hub *h);

/* failover.c */
/* Of an instance or a group: until now + time others are to be master.  arg: the hub. */
void failover_set(const struct row *key, usec_t time, void *arg);
void failover_tick(struct hub *h); /* every second: the time that is left */

/* listen.c */
void listen_configure(struct hub *h); /* the configuration may have changed */
void listen_tick(struct hub *h);      /* every second: what could not be bound */
/* An agent starts: its end of the channel, to be closed here when it has it; -1 after logging. */
int listen_attach(struct hub *h);
void listen_detach(struct hub *h); /* it is gone */
void listen_reload(struct hub *h); /* it is to look at its file */
void listen_close(struct hub *h);

/* notify_systemd.c or notify_none.c: what the service manager is told (sd_notify(3)). */
void notify_state(const char *state);
usec_t notify_watchdog(void); /* how often it wants to hear WATCHDOG=1; 0: never */

#endif
