/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the kernel's table to rows: virtual services' and destinations' counters,
 * and what is summed up at the real servers.  Only columns that have changed
 * are reported.
 *
 * Counters are the kernel's own, not added up here: whoever reads them after a
 * restart of this process sees them go on.  When the kernel's entry is new, or
 * was zeroed, the row's discontinuity says when.
 */
#ifndef LVS_REPORT_H
#define LVS_REPORT_H

#include "core/lvs/table.h"
#include "core/model/engine.h"

/*
 * want: as desired_build() made it from the rows that are in the store now.  have: the view of the kernel; its
 * destinations' users are, or become, their rows.  adopting: entries that have no row yet were there before this
 * process was.
 */
void report_tables(
    struct engine *e, const struct ipvs_table *want, struct ipvs_table *have, bool adopting);
/* The scalars: the state of IPVS in words, and entries repaired since the last call. */
void report_kernel(struct engine *e, const char *state, size_t drift);

#endif
