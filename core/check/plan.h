/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan: a row of the table `check`, made ready for use.  It says how a
 * server is asked (probe_spec) and how results are judged (verdict_rules).
 *
 * A row that can't be used, for instance for its regular expression, gives a
 * plan with a fault: its servers are not asked and the reason is shown.
 */
#ifndef CHECK_PLAN_H
#define CHECK_PLAN_H

#include "core/check/http_spec.h"
#include "core/check/verdict.h"

struct plan {
	const struct check *row; /* borrowed */
	struct http_spec *http;	 /* NULL for TCP, or with a fault */
	struct verdict_rules rules;
	char fault[HTTP_ERROR_MAX]; /* "" if there is none */
};

/* Columns of `check` that change what is asked, those that change how it is judged, and whose servers. */
#define PLAN_PROBE_COLUMNS                                                                         \
	(COLUMN(check, type) | COLUMN(check, timeout) | COLUMN(check, connect_address) |           \
	    COLUMN(check, connect_port) | COLUMN(check, bind_address) | COLUMN(check, path) |      \
	    COLUMN(check, status_codes) | COLUMN(check, digest) | COLUMN(check, pattern) |         \
	    COLUMN(check, pattern_absent) | COLUMN(check, virtual_host) |                          \
	    COLUMN(check, http_version) | COLUMN(check, sni))
#define PLAN_RULE_COLUMNS                                                                          \
	(COLUMN(check, interval) | COLUMN(check, retries) | COLUMN(check, retry_delay) |           \
	    COLUMN(check, rise) | COLUMN(check, fall))
#define PLAN_SCOPE_COLUMNS (COLUMN(check, server_address) | COLUMN(check, server_port))

void plan_init(struct plan *p, const struct check *row);
void plan_fini(struct plan *p);
/* The row's probe columns changed.  No probe that was made from the plan may be running. */
void plan_update(struct plan *p);
/* The row's rule columns changed.  Returns the rules before. */
struct verdict_rules plan_update_rules(struct plan *p);
/* Is the plan for all servers of its pool, or for this one? */
bool plan_is_wide(const struct plan *p);
bool plan_is_for(const struct plan *p, const struct real_server *rs);
/*
 * How to ask a server.  Pointers in *spec are borrowed from the plan and the rows.  Returns NULL, or
 * why the server can't be asked, which is borrowed too.
 */
const char *plan_spec(const struct plan *p, const struct real_server *rs, struct probe_spec *spec);

#endif
