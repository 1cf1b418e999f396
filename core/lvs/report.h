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

#include "core/lvs/wanted.h"

/*
 * want: as wanted_build() made it from the rows that are in the store now.  have: the view of the kernel; its
 * destinations' users are, or become, their rows.  adopting: entries that have no row yet were there before this
 * process was.
 */
void report_tables(
    struct engine *e, const struct ipvs_table *want, struct ipvs_table *have, bool adopting);
/*
 * The same for a part of the wanted table, once the kernel has it: the services of the part, and the sums at the real
 * servers of its pools.  report_before(), called before the kernel is told, remembers which destinations there were.
 */
struct report_part {
	struct row **rows;
	size_t n;
};
void report_before(
    struct report_part *r, const struct wanted_part *part, const struct ipvs_table *have);
/* Frees what r has; so does report_forget(), which reports nothing. */
void report_part(struct engine *e, struct report_part *r, const struct wanted_part *part,
    struct ipvs_table *have);
void report_forget(struct report_part *r);
/* The scalars: the state of IPVS in words, and entries repaired since the last call. */
void report_kernel(struct engine *e, const char *state, size_t drift);

#endif
