/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A watch: one check of one real server.  It starts the probes when its
 * verdict says so, and keeps its row of `check_result`.
 *
 * Reports: a changed state is reported at once.  Counters and times change
 * with each probe; they are reported in turn, a bounded number of rows a
 * second, so that ten thousand checks a second do not drown those who listen.
 */
#ifndef CHECK_WATCH_H
#define CHECK_WATCH_H

#include "core/check/agenda.h"
#include "core/check/plan.h"
#include "core/check/probe.h"
#include "core/check/verdict.h"
#include "core/model/engine.h"

struct watch;

TAILQ_HEAD(watch_queue, watch);

/* What all watches share. */
struct watch_desk {
	struct engine *engine;
	struct probe_loop *probes;
	struct agenda *agenda;
	unsigned max_probes;	     /* that may run at a time */
	uint32_t places;	     /* given out so far */
	struct watch_queue starting; /* waiting for watch_desk_start() */
	unsigned nstarting;
	struct watch_queue reports; /* rows to be reported in their turn */
	struct event *reporter;
};

struct watch {
	LIST_ENTRY(watch) of_server;
	LIST_ENTRY(watch) of_plan;
	TAILQ_ENTRY(watch) start_entry, report_entry;
	struct watch_desk *desk;
	struct verdict verdict;
	const struct plan *plan;
	const struct real_server *server;
	struct check_result *result; /* in the store */
	struct probe *probe;	     /* that runs, or NULL */
	struct agenda_item next;     /* look at it */
	bool starting, reporting;
};

LIST_HEAD(watch_list, watch);

/* False without memory. */
bool watch_desk_init(struct watch_desk *d, struct engine *e);
void watch_desk_fini(struct watch_desk *d);
/* Schedules the first tries of those that wait for it, spread over a time that fits their number. */
void watch_desk_start(struct watch_desk *d);

/*
 * Makes a watch, not started; its verdict is linked to vs.  If the store has its row of check_result,
 * it goes on from there, else it makes one.  plan and server are borrowed.
 */
struct watch *watch_new(struct watch_desk *d, const struct plan *plan,
    const struct real_server *server, struct verdict_server *vs);
/* remove: its row of check_result, too, here and in the hub. */
void watch_free(struct watch *w, bool remove);
/* Has its next try made soon (see watch_desk_start()); the state is kept.  A running probe is dropped. */
void watch_soon(struct watch *w);
void watch_pause(struct watch *w);
/* The plan's rules changed. */
void watch_new_rules(struct watch *w);
/* To be called by verdict_ops.result: brings the row up to date. */
void watch_result(struct watch *w, bool changed);

#endif
