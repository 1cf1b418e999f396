/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wanted table (desired.h), kept true at the cost of what has changed.
 *
 * The unit of a change is a pool with the virtual servers that use it: the states, the services and the sums at
 * the pool's real servers depend on each other, and on nothing else.  Rows that change mark their pool; then the
 * services of the marked pools alone are made anew and put into the table in place of the old ones.  Whatever does
 * not fit that picture (a sync of the rows, two virtual servers with one service) is a table built whole.
 *
 * Where nothing but a few real servers of the marked pools has changed, and no virtual server's state with them, the
 * destinations at their addresses alone are made anew: the size of a pool is no matter then.  The states follow from
 * the count of a pool's servers (quorum.h), which is kept.
 *
 * It looks at rows when it is asked to build, and keeps names only; so rows may come and go.
 */
#ifndef LVS_WANTED_H
#define LVS_WANTED_H

#include "core/lvs/quorum.h"
#include "core/lvs/table.h"
#include "core/model/engine.h"

struct wanted;

struct wanted *wanted_new(void);
void wanted_free(struct wanted *w);

/*
 * A row has changed, as ops->changed() is told; rows of tables that the IPVS table does not depend on are ignored.  A
 * real server has its memory (row.user), also if it goes.
 */
void wanted_note(struct wanted *w, const struct change *c);
/* Everything may be another. */
void wanted_note_all(struct wanted *w);
bool wanted_is_due(const struct wanted *w);
/* Calls these for each pool and virtual server whose state may be another now, with its pool's count. */
struct wanted_states {
	void (*pool)(struct pool *p, const struct quorum *q, void *arg);
	void (*virtual_server)(struct virtual_server *vs, const struct quorum *q, void *arg);
	void *arg;
};
void wanted_each_due(struct wanted *w, const struct store *s, const struct wanted_states *evaluate);

enum wanted_news {
	WANTED_SAME,  /* nothing was due */
	WANTED_PART,  /* wanted_part() tells what is new */
	WANTED_WHOLE, /* all of it */
};

/* What differs from the table before, and the pools that were due. */
struct wanted_part {
	struct ipvs_part ipvs;
	const char *const *pools; /* shared strings */
	size_t n_pools;
};

/* Brings the table to what the rows say; after wanted_each_due(). */
enum wanted_news wanted_build(struct wanted *w, const struct store *s);
const struct ipvs_table *wanted_table(const struct wanted *w);
/* After WANTED_PART, until wanted_part_done() or the next call of wanted_build(). */
const struct wanted_part *wanted_part(const struct wanted *w);
/* It is not needed any more: it may be as large as a pool. */
void wanted_part_done(struct wanted *w);
/* Virtual services that the table lacks because two virtual servers have them. */
size_t wanted_conflicts(const struct wanted *w);

#endif
