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

/* error-status of RFC 3416. */
enum set_error {
	SET_OK = 0,
	SET_GEN_ERR = 5,
	SET_WRONG_TYPE = 7,
	SET_WRONG_LENGTH = 8,
	SET_WRONG_VALUE = 10,
	SET_NO_CREATION = 11,
	SET_INCONSISTENT_VALUE = 12,
	SET_RESOURCE_UNAVAILABLE = 13,
	SET_COMMIT_FAILED = 14,
	SET_UNDO_FAILED = 15,
	SET_NOT_WRITABLE = 17,
	SET_INCONSISTENT_NAME = 18,
};

/* A variable to be set: name relative to the project's root, and value. */
struct set_var {
	const arc *name;
	size_t len;
	int type; /* BER tag; enum smi_type, or another one */
	int64_t number;
	const void *bytes; /* of SMI_OCTETS */
	size_t size;
};

/* How the hub is asked; like engine_call(). */
struct set_hub {
	bool (*call)(void *arg, enum request_kind kind, const struct edit *edits, size_t n,
	    struct refusal *why);
	void *arg;
};

struct set;

/* view and hub must live as long as the set. */
struct set *set_new(const struct view *view, const struct set_hub *hub);
/* NULL is allowed.  Tells the hub to forget what it keeps. */
void set_free(struct set *s);
/* The next variable of the request; they are counted from 0. */
enum set_error set_add(struct set *s, const struct set_var *v);
/* *var is the variable to blame for an error. */
enum set_error set_prepare(struct set *s, size_t *var);
enum set_error set_commit(struct set *s, size_t *var);
enum set_error set_undo(struct set *s);

#endif
