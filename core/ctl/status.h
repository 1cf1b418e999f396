/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `directorctl status`, `show vrrp`, `show lvs` and events: the system as an engineer would explain it, put
 * together from several tables.
 */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "core/ctl/value.h"

/* One screen: what runs, who is master and why, what is up and what is not, what happened last. */
void status_text(FILE *out, const struct style *s, const struct store *store);
/* Every VRRP instance with its addresses and counters. */
void vrrp_text(FILE *out, const struct style *s, const struct store *store);
/* Every virtual server with its services and what the kernel has in them. */
void lvs_text(FILE *out, const struct style *s, const struct store *store);
/* One object with an array for each table that the text of the same name is about. */
void status_json(FILE *out, const struct style *s, const struct store *store);
void vrrp_json(FILE *out, const struct style *s, const struct store *store);
void lvs_json(FILE *out, const struct style *s, const struct store *store);

/* An event in one line: "2026-11-22 04:05:06  real_server web 10.0.0.1 80: up -> down (refused)". */
void event_text(FILE *out, const struct style *s, const struct event_log *e);
/* The newest `last` events, oldest first; ~0: all. */
void events_text(FILE *out, const struct style *s, const struct store *store, size_t last);
void events_json(FILE *out, const struct style *s, const struct store *store, size_t last);

#endif
