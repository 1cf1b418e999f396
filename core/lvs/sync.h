/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's synchronization daemons: from rows to what should run, and to the kernel.
 *
 * The master daemon sends the connections of this director, the backup daemon takes those of others
 * over, so that they go on after a failover.  Which of them runs, a VRRP instance decides, or the
 * configuration alone.  While it is not known yet what the instance is (VRRP has only just started),
 * what runs goes on, and if nothing does, the backup daemon is started: whoever becomes master later
 * has the connections by then.
 *
 * Whose is a daemon?  The rules are those of the services (reconcile.h).  A role that has a row is
 * ours, whoever started its daemon: that is adopted, and started anew only if it runs with other
 * values.  A role without a row is stopped if we have started or adopted its daemon before (noted in a
 * file, see made.h); else it is somebody else's and left alone.
 *
 * The kernel goes on sending into the void when the interface is removed and made again under its
 * name, so that is looked at too.
 */
#ifndef LVS_SYNC_H
#define LVS_SYNC_H

#include "core/lvs/ipvs.h"
#include "core/model/engine.h"

struct sync;

#define SYNC_REASON_SIZE 160

/* What a row asks for at present. */
struct sync_want {
	struct ipvs_daemon as; /* .running: whether; the rest even if not */
	char reason[SYNC_REASON_SIZE];
};

enum sync_step { STEP_NONE, STEP_START, STEP_RESTART, STEP_STOP };

/* have: what runs now, which stands while the state of the VRRP instance is not known. */
void sync_wanted(const struct store *s, const struct sync_daemon *d,
    const struct ipvs_daemons *have, struct sync_want *w);
/*
 * From what runs to what is wanted.  asked: what it was started with, as far as this process knows;
 * else NULL.  What the kernel makes of a value (it cuts lengths, and chooses one itself) is no
 * difference.
 */
enum sync_step sync_next_step(enum ipvs_sync_role role, const struct ipvs_daemon *want,
    const struct ipvs_daemon *have, const struct ipvs_daemon *asked);

/* dir: where the note of what is ours is. */
struct sync *sync_new(struct engine *e, const char *dir);
void sync_free(struct sync *s);
/*
 * Brings the kernel to what the rows say, and the rows' states to what came of it.  c: NULL while the
 * kernel cannot be reached.  Returns how many daemons somebody else had stopped, started or changed.
 */
size_t sync_run(struct sync *s, struct ipvs *c);
/* Stops what is ours, for good. */
void sync_withdraw(struct sync *s, struct ipvs *c);

#endif
