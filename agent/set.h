/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SET (RFC 3416 section 4.2.5): all variables of one request become one transaction of the hub.
 *
 * The phases are AgentX's (RFC 2741 section 7.2.4).  set_add() checks each variable against the schema
 * (RESERVE1), set_prepare() has the hub check all of them together (RESERVE2), set_commit() has them
 * stored and applied, set_undo() taken back.  set_free() ends it, whatever became of it.
 */
#ifndef DIRECTOR_AGENT_SET_H
#define DIRECTOR_AGENT_SET_H

#include "agent/get.h"
#include "core/model/engine.h"

/* error-status of RFC 3416: noError, or enum set_status of enums.def. */
#define SET_OK ((enum set_status)0)

/* A variable to be set: name relative to the project's root, and value. */
struct set_var {
	const arc *name;
	size_t len;
	int type; /* BER tag; enum smi_type, or another one */
	int64_t number;
	const void *bytes; /* of SMI_OCTETS */
	size_t size;
};

/* Why a request was refused, in words. */
struct set_refusal {
	enum set_status status;
	size_t var;	     /* counted from 0 */
	const char *subject; /* the row; "": none */
	const char *object;  /* the column, or an object identifier; "": none */
	const char *reason;
};

/* How the hub is asked; like engine_call(). */
struct set_hub {
	bool (*call)(void *arg, enum request_kind kind, const struct edit *edits, size_t n,
	    struct refusal *why);
	void *arg;
	/* Told of every refusal; may be NULL. */
	void (*refused)(void *arg, const struct set_refusal *r);
};

struct set;

/* view and hub must live as long as the set. */
struct set *set_new(const struct view *view, const struct set_hub *hub);
/* NULL is allowed.  Tells the hub to forget what it keeps. */
void set_free(struct set *s);
/* The next variable of the request; they are counted from 0. */
enum set_status set_add(struct set *s, const struct set_var *v);
/*
 * The same for a variable of another MIB that stands for a column: of the row with this key, in the units and
 * the type of the column's own object.
 */
enum set_status set_column(struct set *s, const struct row *key, const struct column *c,
    enum object_part part, const struct set_var *v);
/* What follows is about the request's variable at this place, counted from 0; else they are counted by themselves. */
void set_at(struct set *s, size_t var);
/*
 * The next variable stands for a column of another form in another MIB: c (NULL: for none) of the row with
 * the key of `wanted` is to have the value that it has there.
 */
enum set_status set_wanted(struct set *s, const struct row *wanted, const struct column *c);
/* What the request means for other columns of a row, without a variable that stands for them. */
void set_implied(struct set *s, const struct row *wanted, column_mask mask);
/* The row as the request has it by now; NULL if it does not name it. */
const struct row *set_edited(const struct set *s, const struct row *key);
/* The variable is refused; row and c may be NULL.  Returns status. */
enum set_status set_refuse(struct set *s, enum set_status status, const struct row *row,
    const struct column *c, const char *reason);
/* *var is the variable to blame for an error. */
enum set_status set_prepare(struct set *s, size_t *var);
enum set_status set_commit(struct set *s, size_t *var);
enum set_status set_undo(struct set *s);

#endif
