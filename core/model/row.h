/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows: making, copying and comparing them, their columns as text, and the store that keeps them
 * in the order of their SNMP index.
 *
 * Text columns hold shared strings (str.h), never NULL.  Code that changes one in a row's struct
 * uses row_set_text(); other columns may be assigned directly.
 */
#ifndef MODEL_ROW_H
#define MODEL_ROW_H

#include "core/model/schema.h"
#include "core/model/str.h"

/* A row with the schema's defaults and an empty key; owned by the caller. */
struct row *row_new(const struct table *t);
/* Like row_new(), with the type of the row's struct: struct pool *p = ROW_NEW(pool). */
#define ROW_NEW(t) ((struct t *)row_new(&tables[TABLE_##t]))
struct row *row_copy(const struct row *r); /* user, marked and mark are not copied */
void row_free(struct row *r);		   /* NULL is allowed; not while it is in a store */
/* Copies columns between rows of one table. */
void row_copy_columns(struct row *to, const struct row *from, column_mask columns);
/* Columns whose values differ (VIEWs never do). */
column_mask row_diff(const struct row *a, const struct row *b);
/* Order of the SNMP index: numbers by value, names by length and then bytes, addresses by type. */
int row_key_cmp(const struct row *a, const struct row *b);

/* Sets a text column of a row's struct: row_set_text(&rs->reason, "refused"). */
void row_set_text(const char **column, const char *text);
void row_set_textf(const char **column, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Where a column's value is. */
#define COLUMN_PTR(r, c) ((void *)((char *)(uintptr_t)(r) + (c)->offset))
/* Any integer column (BOOL 0/1, ENUM, INT, UINT, GAUGE, COUNT, USEC...) as a number. */
int64_t column_number(const struct row *r, const struct column *c);
uint64_t column_unsigned(const struct row *r, const struct column *c);
/* Stores a number in any integer column; the caller has checked the range. */
void column_set_number(struct row *r, const struct column *c, int64_t v);
/* NAME and TEXT. */
const char *column_text(const struct row *r, const struct column *c);
/* The effective range: values, lengths or microseconds. */
int64_t column_min(const struct column *c);
int64_t column_max(const struct column *c);
/* The column that a VIEW shows, or the column itself. */
const struct column *column_shown(const struct table *t, const struct column *c);

/*
 * Text to value, as the file and directorctl have it (see schema.def).  False with a reason in words in
 * why[] if it does not parse or is out of range; the row is then untouched.
 */
#define WHY_SIZE 256
bool column_parse(struct row *r, const struct column *c, const char *text, char why[WHY_SIZE]);
/* Checks a value already in the row against range, length, enumeration and .required. */
bool column_check(const struct row *r, const struct column *c, char why[WHY_SIZE]);
/* Value to text, so that column_parse() reads it again (TYPE_WHEN: seconds since boot). Returns buf. */
#define COLUMN_TEXT_SIZE 320
char *column_format(const struct row *r, const struct column *c, char buf[COLUMN_TEXT_SIZE]);
/* Is it the schema's default? */
bool column_is_default(const struct row *r, const struct column *c);

/* The key in words, "web 10.0.0.1 80"; names with spaces are quoted.  Returns buf. */
#define KEY_TEXT_SIZE 256
char *row_key_format(const struct row *r, char buf[KEY_TEXT_SIZE]);
/* Reads row_key_format()'s text into the row's key.  False with a reason. */
bool row_key_parse(struct row *r, const char *text, char why[WHY_SIZE]);
/* "realServer web 10.0.0.1 80", for messages.  Returns buf. */
#define ROW_TEXT_SIZE 300
char *row_format(const struct row *r, char buf[ROW_TEXT_SIZE]);

/* All tables of one process. */
struct store;
struct store *store_new(void);
void store_free(struct store *s); /* with the rows */
/* The row with the key of `key`, or NULL. */
struct row *store_find(const struct store *s, const struct row *key);
/* Takes the row; there must be none with its key (else it is returned and not taken). */
struct row *store_insert(struct store *s, struct row *r);
/* Out of the store; the caller owns it. */
void store_remove(struct store *s, struct row *r);
size_t store_count(const struct store *s, enum table_id t);
/* In order of the key; NULL at the end.  The row given to store_next() may be removed after the call. */
struct row *store_first(const struct store *s, enum table_id t);
struct row *store_next(const struct row *r);
/* The first row whose key is not less than that of `key`. */
struct row *store_at_or_after(const struct store *s, const struct row *key);
/*
 * The first row for which before(row, arg) is not true; before() must be true for all rows up to some
 * place and false behind it.  O(log n): this is how GETNEXT finds its place with a partial index.
 */
struct row *store_search(const struct store *s, enum table_id t,
    bool (*before)(const struct row *r, const void *arg), const void *arg);

/* for (struct pool *p; ...): STORE_FOREACH(pool, p, store) { } ; the body must not remove p */
#define STORE_FOREACH(t, var, s)                                                                   \
	for (struct t *var = (struct t *)store_first((s), TABLE_##t); var;                         \
	     var = (struct t *)store_next(&var->row))
/* The body may remove and free var. */
#define STORE_FOREACH_SAFE(t, var, next, s)                                                        \
	for (struct t *var = (struct t *)store_first((s), TABLE_##t), *next;                       \
	     var && ((next = (struct t *)store_next(&var->row)), true); var = next)

/* Lookups that everybody needs; text is any string. */
/* The row of a table whose whole key is one name; NULL if there is none. */
struct row *store_named(const struct store *s, enum table_id t, const char *name);
struct pool *store_pool(const struct store *s, const char *name);
struct virtual_server *store_virtual_server(const struct store *s, const char *name);
struct vrrp_instance *store_vrrp_instance(const struct store *s, const char *name);
struct sync_group *store_sync_group(const struct store *s, const char *name);
struct script *store_script(const struct store *s, const char *name);
struct vrrp_interface *store_vrrp_interface(const struct store *s, const char *name);
struct track_file *store_track_file(const struct store *s, const char *name);
/* What a kind of vrrp_track.kind names is a row of this table; -1: is not in a table. */
int track_table(enum track_kind kind);
/* Has what is tracked a weight of its own, for what tracks it without one? */
bool track_has_weight(enum track_kind kind);
/* "track_interface": in the file, and in the words of a fault. */
const char *track_keyword(enum track_kind kind);
/* Does a row of vrrp_track or sync_group_track of that kind have the name?  The first one, or NULL. */
struct row *store_tracker(const struct store *s, enum track_kind kind, const char *name);
/* The one row of a table of scalars; made when it is not there. */
struct row *store_scalar(struct store *s, enum table_id t);
struct system *store_system(struct store *s);
/* The rows of the table `notification`, one for each kind of event; those that are not there are made. */
void store_notifications(struct store *s);
/* NULL if it is not there. */
struct notification *store_notification(const struct store *s, enum event_kind kind);
/* A script that is told of an event; address: of a real server, else NULL.  NULL if there is none. */
struct notify_script *store_notify_script(const struct store *s, enum notify_owner kind,
    const char *owner, const struct addr *address, uint32_t port, enum notify_event event);
/* The name in the index of the director's own scripts. */
#define NOTIFY_DIRECTOR_NAME "directord"
/* The address in the index of scripts that are no real server's: 0.0.0.0. */
extern const struct addr notify_no_address;
/* The first row of a table whose first key column has this text; NULL if there is none. */
struct row *store_first_of(const struct store *s, enum table_id t, const char *name);
/* The next row with the same text there, or NULL. */
struct row *store_next_of(const struct row *r);
#define STORE_FOREACH_OF(t, var, s, name)                                                          \
	for (struct t *var = (struct t *)store_first_of((s), TABLE_##t, (name)); var;              \
	     var = (struct t *)store_next_of(&var->row))
/* First real server of a pool; go on with store_next() while ->pool is the same shared string. */
struct real_server *store_first_server(const struct store *s, const char *pool);
struct virtual_service *store_first_service(const struct store *s, const char *virtual_server);

#endif
