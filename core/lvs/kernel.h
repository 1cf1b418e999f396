/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's IPVS table as this process knows it, and bringing it to what is wanted.
 *
 * The view is a dump, kept true by what we do ourselves; kernel_refresh() takes
 * a new one.  What the kernel does not expect (somebody else has just added or
 * removed an entry) leads to a fresh dump and another try.  What it refuses for
 * good is logged once, and tried again with each later kernel_bring_to().
 *
 * Owns the connection, the view and the journal of the services that are ours.
 */
#ifndef LVS_KERNEL_H
#define LVS_KERNEL_H

#include <stdbool.h>
#include "core/lvs/table.h"

struct ipvs;
struct kernel;

/* dir: where the journal is (made.h). Does not connect. */
struct kernel *kernel_new(const char *dir);
void kernel_free(struct kernel *k);

/*
 * A new dump, after connecting if that has to be done.  The users of destinations (table.h) are carried over
 * from the old view.  False: the kernel cannot be reached, kernel_state() says why; the view is then empty.
 */
bool kernel_refresh(struct kernel *k);
bool kernel_is_reached(const struct kernel *k);
/* The connection, for what is no part of the table; NULL while the kernel is not reached. */
struct ipvs *kernel_connection(struct kernel *k);
/* The view; its destinations' users are the caller's.  Services of others are in it too. */
struct ipvs_table *kernel_view(struct kernel *k);

/*
 * Makes the kernel's table what `want` (sorted, unique) says.  drift: want is what it was the last time, so
 * all that has to be done is somebody else's change; it is logged.  Returns the number of such changes.
 */
size_t kernel_bring_to(struct kernel *k, const struct ipvs_table *want, bool drift);
/*
 * The same for a part of what is wanted.  The rest of the kernel's table is not looked at.  False: this is not enough,
 * because something was refused or is not what it was, or the kernel is not reached any more; kernel_bring_to() is to
 * follow.
 */
bool kernel_bring_part(struct kernel *k, const struct ipvs_part *part);
/* Removes all services that are ours. */
void kernel_withdraw(struct kernel *k);

/* "ok", or what is wrong, for people; valid until the next call of anything here. */
const char *kernel_state(const struct kernel *k);

#endif
