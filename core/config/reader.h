/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the reader: blocks and keywords.
 *
 * A block has keywords of three kinds.  Most are columns: a word that the schema gives a column of one of
 * the block's rows (its scopes) sets that column, and nothing here knows it.  The others are in a table of
 * the block's type: those with a form of their own, those that have no effect here (a warning), and those
 * that directord does not do (an error).  Anything else is an error with a guess at what was meant.
 */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "core/config/lexer.h"

struct pool_block;
struct garp_group;
struct polled;
struct address_group;

struct reader {
	struct lexer *lexer;
	struct diagnosis *d;
	struct store *store;
	/* global_defs: columns of all instances that don't have their own. */
	struct vrrp_instance *instance_defaults;
	bool min_garp;
	struct membership *members; /* of synchronization groups, until all instances are known */
	struct garp_group *garp_groups;
	struct polled *polled; /* instances whose interfaces' drivers are to be asked */
	bool poll_all;
	struct place poll_at;
	struct addr mcast_groups[2]; /* global_defs: of IPv4 and of IPv6 */
	bool groups_given[2];
	const char *sync_interface, *sync_instance; /* lvs_sync_daemon_interface; shared, or NULL */
	struct place sync_at;
	struct pool_block *pools,
	    **last_pool; /* virtual_server and server_pool, in the file's order */
	struct address_group *groups;
	unsigned rules;	    /* virtual and static ones that had no priority of their own */
	char interface[16]; /* default_interface; empty: not given */
};

struct block;

enum keyword_kind {
	KEYWORD_LINE,	     /* read() a line of words */
	KEYWORD_BLOCK,	     /* read() a block: it must end with read_block() */
	KEYWORD_EITHER,	     /* read() a line or a block: look at st->kind */
	KEYWORD_IDLE,	     /* no effect here, `why` may say more: a warning */
	KEYWORD_NAME,	     /* read() any other word that is alone in its line */
	KEYWORD_UNSUPPORTED, /* an error, `why` may say more */
};

struct keyword {
	const char *word;
	enum keyword_kind kind;
	void (*read)(struct reader *r, struct block *b, const struct statement *st);
	const char *why;
};

struct block_type {
	const char *name;		/* for messages */
	const struct keyword *keywords; /* ends with word == NULL; or NULL */
	/* Lists: every line is an item, there are no keywords. */
	void (*item)(struct reader *r, struct block *b, const struct statement *st);
};

struct scope {
	struct row *row;
	column_mask columns; /* that may be set here */
};

#define BLOCK_SCOPES 4

struct block {
	const struct block_type *type;
	struct place at;
	struct scope scopes[BLOCK_SCOPES]; /* ends with row == NULL, if it is not full */
	void *data;			   /* of the type's keywords */
	bool top;
};

/* Reads statements up to the block's }. */
void read_block(struct reader *r, struct block *b);
/* Sets a column from a statement's words, the first of which is the keyword. */
void read_column(struct reader *r, struct row *row, int column, const struct statement *st);
/* Sets a column from one word. */
bool read_value(struct reader *r, struct row *row, int column, const struct word *w);
/* The column of a table with this keyword, or -1. */
int keyword_column(const struct table *t, const char *keyword);
/* Must the statement have n words (keyword included)?  False after an error. */
bool read_words(struct reader *r, const struct statement *st, size_t min, size_t max);
/* on|off|true|false|yes|no as the second word, or nothing: on.  False after an error. */
bool read_switch(struct reader *r, const struct statement *st, bool *on);
/* Is the word one of these?  Then *on is set. */
bool word_switch(const char *text, bool *on);
bool read_number(struct reader *r, const struct word *w, int64_t min, int64_t max, int64_t *v);
bool read_address(struct reader *r, const struct word *w, struct addr *a);
/* The keyword for the number of advertisements that a backup misses, globally and in an instance. */
void read_down_timer(struct reader *r, struct block *b, const struct statement *st);
/* garp_extra_if [all] SECONDS, in any order; all that was said once stays.  False if there is no time, after saying so. */
bool read_garp_extra(struct reader *r, struct vrrp_instance *i, const struct statement *st);
/* Puts the row into the store.  If it is there already: an error, the row is freed, and false. */
bool read_insert(struct reader *r, struct row *row);
/*
 * The row of a block "KEYWORD NAME {": sets the column to the name and puts the row into the store.  False
 * after an error: the row is freed and the block skipped.
 */
bool read_named(struct reader *r, struct row *row, int column, const struct statement *st);
/* "KEYWORD USER [GROUP]" */
void read_user(struct reader *r, struct row *row, int user, int group, const struct statement *st);

/* Scripts that are told of changes, and FIFOs; in read_notify.c. */
#define NOTIFY_PAIR 2 /* up and down */
/* One script; without its owner if that has no name yet.  NULL after an error. */
struct notify_script *read_notify(
    struct reader *r, enum notify_owner kind, const struct statement *st);
/* The two of a real server or of a virtual server: kept, given to the store, freed. */
void read_notify_pair(struct reader *r, struct notify_script **list, enum notify_owner kind,
    const struct statement *st);
void insert_notify(struct reader *r, struct notify_script **list, const char *owner,
    const struct addr *address, uint32_t port);
void free_notify(struct notify_script **list);
/* Of an instance or a group. */
void read_vrrp_notify(struct reader *r, struct block *b, const struct statement *st);
/* Of the director itself: at the start and at the end. */
void read_director_script(struct reader *r, struct block *b, const struct statement *st);
void read_notify_fifo(struct reader *r, struct block *b, const struct statement *st);

/* virtual_routes and virtual_rules of an instance; their static siblings are in route_root_keywords. */
void read_virtual_routes(struct reader *r, const struct statement *st, const char *instance);
void read_virtual_rules(struct reader *r, const struct statement *st, const char *instance);
/* What the kernel's scopes are called; false without an error message if it is none of them. */
bool read_scope_name(const char *text, int64_t *scope);

/* The types of blocks of each file. */
extern const struct keyword vrrp_root_keywords[], lvs_root_keywords[], global_root_keywords[],
    route_root_keywords[];
/* What can be done only when everything was read. */
void read_vrrp_finish(struct reader *r);
void read_lvs_finish(struct reader *r);
/* What instances and virtual servers together bring up. */
void read_vrrp_check(struct reader *r);
/* Frees what the finish left. */
void read_vrrp_free(struct reader *r);
void read_lvs_free(struct reader *r);

/* One of the values that the file has a flag for: `inhibit_on_failure` for on_failure weight0. */
struct column_flag {
	enum table_id table;
	int column;
	int32_t on;
};
/* NULL if the column is not one. */
const struct column_flag *column_flag_of(const struct table *t, int column);

#endif
