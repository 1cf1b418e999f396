/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process lvs: from rows to the kernel's IPVS table, and from its counters to rows.
 *
 * Rows that change are collected until the event loop has read all that there
 * is; then, of the pools that they concern, the states of the virtual servers
 * are evaluated, the wanted services are built (wanted.h), and the difference
 * goes to the kernel.  A timer reads the kernel's
 * table: for the counters, and, each system.lvs_interval, to put right what
 * somebody else has changed.
 *
 * Beside the table there are the kernel's synchronization daemons (sync.h),
 * which follow VRRP instances.
 *
 * A restart of the process is not seen by clients: it finds its table in the
 * kernel and changes only what differs.  A clean stop of the director removes
 * what is ours, as keepalived does.
 */
#ifndef LVS_LVS_H
#define LVS_LVS_H

#include "core/model/engine.h"

extern const struct engine_program lvs_program;

#endif
