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
struct address_group;

struct reader {
	struct lexer *lexer;
	struct diagnosis *d;
	struct store *store;
	/* global_defs: columns of all instances that don't have their own. */
	struct vrrp_instance *instance_defaults;
	bool min_garp;
	struct membership *members; /* of synchronization groups, until all instances are known */
	struct pool_block *pools,
	    **last_pool; /* virtual_server and server_pool, in the file's order */
	struct address_group *groups;
};

struct block;

enum keyword_kind {
	KEYWORD_LINE,	     /* read() a line of words */
	KEYWORD_BLOCK,	     /* read() a block: it must end with read_block() */
	KEYWORD_EITHER,	     /* read() a line or a block: look at st->kind */
	KEYWORD_IDLE,	     /* no effect here, `why` may say more: a warning */
	KEYWORD_UNSUPPORTED, /* an error, `why` may say more */
	KEYWORD_ONLY_OFF,    /* a switch that is not supported: an error unless it is off */
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
bool read_number(struct reader *r, const struct word *w, int64_t min, int64_t max, int64_t *v);
bool read_address(struct reader *r, const struct word *w, struct addr *a);
/* The keyword for the number of advertisements that a backup misses, globally and in an instance. */
void read_down_timer(struct reader *r, struct block *b, const struct statement *st);
#define NOSCRIPT "directord runs no scripts yet"
/* Puts the row into the store.  If it is there already: an error, the row is freed, and false. */
bool read_insert(struct reader *r, struct row *row);

/* The types of blocks of each file. */
extern const struct keyword vrrp_root_keywords[], lvs_root_keywords[], global_root_keywords[];
/* What can be done only when everything was read. */
void read_vrrp_finish(struct reader *r);
void read_lvs_finish(struct reader *r);
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
