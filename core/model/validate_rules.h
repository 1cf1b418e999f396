/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of validate.h: what the rules of the tables share.
 *
 * A rule is a function that says whether a row agrees with the others; if not, it calls
 * validation_refuse() and returns what that returns.  Rules about a group of rows (a virtual server with its
 * services, an instance with its addresses) belong to the row that stands for the group, and run once
 * however many rows of the group were touched.
 */
#ifndef MODEL_VALIDATE_RULES_H
#define MODEL_VALIDATE_RULES_H

#include "core/model/validate.h"

struct virtual_user; /* of validate_lvs.c: a virtual server as the rules of real servers see it */

struct validation {
	const struct store *store;
	struct refusal *why;
	bool all; /* every row is touched: rules that look from two sides look from one */
	struct virtual_user *users; /* sorted by pool; made when first needed */
	size_t nusers;
};

/* Fills v->why; column is its place in the table, or -1. Returns false. */
bool validation_refuse(struct validation *v, enum refusal_kind kind, const struct row *r,
    int column, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* validation_refuse() for what contradicts other rows or columns: REFUSE(v, r, check, pattern, "..."). */
#define REFUSE(v, r, t, c, ...)                                                                    \
	validation_refuse((v), REFUSAL_INCONSISTENT, &(r)->row, COL_##t##_##c, __VA_ARGS__)
/* ... and for what is wrong by itself. */
#define REFUSE_VALUE(v, r, t, c, ...)                                                              \
	validation_refuse((v), REFUSAL_VALUE, &(r)->row, COL_##t##_##c, __VA_ARGS__)

/* Refuses that `gone` goes, because `orphan` refers to it.  Returns false. */
bool validation_refuse_orphan(
    struct validation *v, const struct row *gone, const struct row *orphan);

/* Can a host have the address? Multicast, broadcast and the unspecified address can't be one. */
bool address_is_host(const struct addr *a);
/* As the kernel's dev_valid_name(). */
bool interface_valid(const char *name);

/* One row by itself and against the rows above it. */
bool validate_real_server(struct validation *v, const struct row *r);
bool validate_check(struct validation *v, const struct row *r);
bool validate_virtual_service(struct validation *v, const struct row *r);
bool validate_vrrp_address(struct validation *v, const struct row *r);
bool validate_vrrp_peer(struct validation *v, const struct row *r);
bool validate_vrrp_route(struct validation *v, const struct row *r);
bool validate_vrrp_rule(struct validation *v, const struct row *r);
bool validate_static_address(struct validation *v, const struct row *r);
bool validate_script(struct validation *v, const struct row *r);
bool validate_vrrp_interface(struct validation *v, const struct row *r);
bool validate_track_file(struct validation *v, const struct row *r);
bool validate_track_process(struct validation *v, const struct row *r);
/* Nothing may track a row that was removed. */
bool validate_tracked_removed(struct validation *v, const struct row *gone);
bool validate_track(struct validation *v, const struct row *r);
bool validate_sync_daemon(struct validation *v, const struct row *r);
/* One row with those below it. */
bool validate_virtual_server(struct validation *v, const struct row *r);
bool validate_vrrp_instance(struct validation *v, const struct row *r);
/* No two rows of the table that exclude each other. */
bool validate_unique_services(struct validation *v);
bool validate_unique_instances(struct validation *v);
bool validate_unique_addresses(struct validation *v);
bool validate_static_addresses(struct validation *v);
void validation_free_users(struct validation *v);

#endif
