/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of the writer: lines that have a form of their own (see writer.c). */
#ifndef CONFIG_WRITE_H
#define CONFIG_WRITE_H

#include <stdio.h>
#include "core/model/row.h"

/* The words of a line, as core/config/read_route.c reads them; need: the columns that are not defaults. */
void write_route(FILE *out, const struct vrrp_route *t, column_mask need);
void write_rule(FILE *out, const struct vrrp_rule *u, column_mask need);
void write_static_address(FILE *out, const struct static_address *a, column_mask need);

/* The keyword of a script that is told of something, by whose it is and of what; ends with keyword == NULL. */
struct notify_keyword {
	enum notify_owner kind;
	enum notify_event event;
	const char *keyword;
};
extern const struct notify_keyword notify_keywords[];

#endif
