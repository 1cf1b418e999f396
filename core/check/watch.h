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

/* What all watches have in common. */
struct watch_desk {
	struct engine *engine;
	struct probe_loop *probes;
	struct agenda *agenda;
	unsigned max_probes;	    /* that may run at a time */
	uint32_t places;	    /* given out so far */
	unsigned starting;	    /* watches that wait for watch_start() */
	struct watch_queue reports; /* rows to be reported in their turn */
	struct event *reporter;
};

struct watch {
	struct verdict verdict; /* first: a verdict is a watch's; its row is in the store */
	LIST_ENTRY(watch) of_plan;
	TAILQ_ENTRY(watch) report_entry;
	struct watch_desk *desk;
	const struct plan *plan;
	struct probe *probe;	 /* that runs, or NULL */
	struct agenda_item next; /* look at it */
	bool starting, reporting;
};

LIST_HEAD(watch_list, watch);

/* False without memory. */
bool watch_desk_init(struct watch_desk *d, struct engine *e);
void watch_desk_fini(struct watch_desk *d);

struct watch *watch_of(struct verdict *v);
/*
 * Makes a watch, not started; its verdict is linked to vs.  If the store has its row of check_result,
 * it goes on from there, else it makes one.  plan is borrowed.
 */
struct watch *watch_new(struct watch_desk *d, const struct plan *plan, struct verdict_server *vs);
/* remove: its row of check_result, too, here and in the hub. */
void watch_free(struct watch *w, bool remove);
/* Its next try is to be made soon: when watch_start() is called.  The state is kept.  A running probe is dropped. */
void watch_soon(struct watch *w);
/*
 * Schedules the first try of one that waits for it, spread over a time that fits `together`: how many did before the
 * first of them was started (desk->starting).
 */
void watch_start(struct watch *w, unsigned together);
void watch_pause(struct watch *w);
/* The plan's rules changed. */
void watch_new_rules(struct watch *w, const struct verdict_rules *old);
/* To be called by verdict_ops.result: brings the row up to date. */
void watch_result(struct watch *w, bool changed);

#endif
