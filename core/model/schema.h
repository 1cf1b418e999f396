/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema in C: the structs of the rows, and tables that describe them.
 * Everything here is made from schema.def and enums.def; read those first.
 */
#ifndef MODEL_SCHEMA_H
#define MODEL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <bsd/sys/tree.h>
#include "core/base/addr.h"
#include "core/base/clock.h"

/* The processes, as a set of bits. */
enum process_bit {
	P_HUB = 1,
	P_VRRP = 2,
	P_LVS = 4,
	P_CHECK = 8,
	P_AGENT = 16,
	P_CTL = 32,
	P_SCRIPT = 64,
	P_EVERY = P_HUB | P_VRRP | P_LVS | P_CHECK | P_AGENT | P_SCRIPT,
};

enum mib_module { MODULE_SYSTEM = 1, MODULE_LVS = 2, MODULE_VRRP = 3 };

enum column_type {
	TYPE_NAME,
	TYPE_TEXT,
	TYPE_BOOL,
	TYPE_INT,
	TYPE_UINT,
	TYPE_GAUGE,
	TYPE_COUNT,
	TYPE_COUNT32,
	TYPE_ADDR,
	TYPE_USEC,
	TYPE_WHEN,
	TYPE_WALL,
	TYPE_ENUM,
	TYPE_VIEW, /* shows another column; has no storage */
};

enum column_class { CLASS_KEY, CLASS_CONFIG, CLASS_STATE, CLASS_VIEW };

/* Enumerations: C constants, and the words for them.  As small as their numbers allow: rows have many of them. */
#define ENUM_BEGIN(name) enum name {
#define ENUM_VALUE(name, constant, number, word) constant = number,
#define ENUM_END(name)                                                                             \
	}                                                                                          \
	__attribute__((packed));
#include "core/model/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END

struct enum_word {
	int32_t number;
	const char *word;
};

struct enumeration {
	const char *name;
	const struct enum_word *words; /* ends with word == NULL */
};

/* The word for a number, or "?" */
const char *enum_word(const struct enumeration *e, int32_t number);
/* False if there is no such word; case matters. */
bool enum_number(const struct enumeration *e, const char *word, int32_t *number);
bool enum_has(const struct enumeration *e, int32_t number);
#define ENUM_BEGIN(name) extern const struct enumeration enumeration_##name;
#define ENUM_VALUE(name, constant, number, word)
#define ENUM_END(name)
#include "core/model/enums.def"
#undef ENUM_BEGIN
#undef ENUM_VALUE
#undef ENUM_END

/* Who asked for a change, in a sentence: "changed by ...". */
const char *change_origin_words(enum change_origin o);

struct table;

/* A set of columns of one table, by their place in table->columns: a table has no more than it has bits. */
__extension__ typedef unsigned __int128 column_mask;
#define COLUMNS_MAX 128

/*
 * What every row begins with.  A row is owned by the store that it is in, or by who made it.
 */
struct row {
	RB_ENTRY(row) node; /* of the store */
	const struct table *table;
	void *user;	 /* for the process that holds the store; copies begin with NULL */
	uint32_t marked; /* place of its mark (marks.h), from 1; 0: it has none */
	uint8_t origin;	 /* enum storage; 0 where nobody cares */
	uint8_t mark;	 /* for sweeps over the store */
};

struct column {
	const char *name; /* as in schema.def; the MIB's name is made from it */
	enum column_type type;
	enum column_class class;
	uint16_t offset; /* in the row's struct; VIEW: of the column that it shows */
	uint8_t size;	 /* there; VIEW: 0 */
	uint8_t arc;	 /* ADDR has this one (type) and the next (address) */
	bool set;	 /* STATE: a SET of it asks the hub for something */
	bool file_only;	 /* CONFIG: not to be SET */
	const char *tc;	 /* the MIB's textual convention, where the type does not say it */
	bool required;	 /* CONFIG: must not be empty or unset */
	bool optional;	 /* KEY of type NAME: may be empty */
	bool inverted;	 /* BOOL: the keyword in the file means false */
	bool secret;	 /* never shown */
	bool kept; /* STATE: is there again after a restart of everything, but not of the machine */
	bool
	    shared; /* told to all readers and watchers of the table, not only to a STATE's owner and the agent */
	uint8_t owner;	/* enum process_bit: who reports a STATE */
	uint64_t scale; /* USEC: microseconds in a unit of the MIB */
	/* INT, UINT, GAUGE: values; TEXT, NAME: lengths; USEC: microseconds. max 0: the type's. */
	int64_t min, max;
	const char *def; /* default as text; NULL: zero or empty */
	const char *units;
	const char *keyword;
	const char *ref; /* the table that has the row which this names; "" is no reference */
	const char *of;	 /* VIEW: the column that it shows */
	const struct enumeration *words;
	const char *help;
};

struct table {
	const char *name;  /* as in schema.def */
	const char *mib;   /* name in the MIB, without the prefix */
	const char *block; /* keyword of the block in the file */
	const char *help;
	const struct column *columns;
	uint8_t id;	/* enum table_id */
	uint8_t module; /* enum mib_module */
	uint8_t arc;
	uint8_t keys; /* the first `keys` columns are the index */
	uint8_t ncolumns;
	bool scalar;   /* one row, no index */
	bool config;   /* rows are made by the administrator; else by their owner */
	bool fixed;    /* config: all rows are there always, none is made or removed */
	uint8_t owner; /* enum process_bit: who makes the rows of a table that is not config */
	uint8_t
	    readers; /* enum process_bit, a set: who is told the rows (the hub and the agent always) */
	uint8_t watchers; /* enum process_bit, a set: who is told their `shared` columns only */
	uint16_t size;	  /* of the row's struct */
};

/* The structs of the rows: struct pool, struct real_server, ... each begins with `struct row row`. */
#define CTYPE_NAME const char *
#define CTYPE_TEXT const char *
#define CTYPE_BOOL bool
#define CTYPE_INT int32_t
#define CTYPE_UINT uint32_t
#define CTYPE_GAUGE uint32_t
#define CTYPE_COUNT uint64_t
#define CTYPE_COUNT32 uint32_t
#define CTYPE_ADDR struct addr
#define CTYPE_USEC usec_t
#define CTYPE_WHEN usec_t
#define CTYPE_WALL usec_t

#define TABLE(t, ...)                                                                              \
	struct t {                                                                                 \
		struct row row;
#define COL(t, c, type, ...) CTYPE_##type c;
#define COL_ENUM(t, c, e, ...) enum e c;
#define VIEW(...)
#define END(t)                                                                                     \
	}                                                                                          \
	;
#define EVENT(...)
#include "core/model/schema.def"
#undef TABLE
#undef COL
#undef COL_ENUM
#undef VIEW
#undef END
#undef EVENT

/* Tables by number: TABLE_pool, ... and TABLE_COUNT. */
enum table_id {
#define TABLE(t, ...) TABLE_##t,
#define COL(...)
#define COL_ENUM(...)
#define VIEW(...)
#define END(t)
#define EVENT(...)
#include "core/model/schema.def"
#undef TABLE
	TABLE_COUNT
};

/* Columns by their place in the table: COL_pool_name, ... for use in masks with COLUMN(). */
#undef COL
#undef COL_ENUM
#undef VIEW
#undef END
#define TABLE(t, ...) enum {
#define COL(t, c, ...) COL_##t##_##c,
#define COL_ENUM(t, c, ...) COL_##t##_##c,
#define VIEW(t, c, ...) COL_##t##_##c,
#define END(t)                                                                                     \
	COLS_##t                                                                                   \
	}                                                                                          \
	;
#include "core/model/schema.def"
#undef TABLE
#undef COL
#undef COL_ENUM
#undef VIEW
#undef END
#undef EVENT

#define COLUMN(t, c) ((column_mask)1 << COL_##t##_##c)

extern const struct table tables[TABLE_COUNT];

#define EVENT_MORE 5

/* An event kind: which notification it is and what it is about. */
struct event_info {
	enum event_kind kind; /* the notification's arc */
	const char *mib;      /* its name, without the prefix */
	enum table_id table;  /* of the subject */
	const char *column;   /* of the subject: the state that the notification carries */
	const char
	    *more[EVENT_MORE]; /* other columns that it carries; ends with NULL if not full */
	uint32_t limit;	       /* of notifications a minute, by default; 0: none */
	const char *help;
};
extern const struct event_info event_infos[]; /* ends with mib == NULL */
const struct event_info *event_info_find(enum event_kind kind);
/* The columns of event_log that each notification carries, in order; ends with NULL. */
extern const char *const event_columns[];

/* NULL if there is none. */
const struct table *table_find(const char *name);
const struct column *table_column(const struct table *t, const char *name);
/* May a manager set it? */
bool column_writable(const struct column *c);
/* The column `row_status` of a table whose rows can be made and destroyed, or NULL. */
const struct column *table_status(const struct table *t);
/* Can only the file make its rows, because only it can say what they need? */
bool table_is_of_file(const struct table *t);
/* Masks of a table's columns. */
column_mask table_mask(const struct table *t, enum column_class class);
/* STATE columns that the process reports. */
column_mask table_owned(const struct table *t, enum process_bit owner);
column_mask table_kept(const struct table *t);
/* Columns that are told to every reader and watcher. */
column_mask table_shared(const struct table *t);
/* A number that differs when two programs were built from different schemas. */
uint32_t schema_fingerprint(void);

#endif
