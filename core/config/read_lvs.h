/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtual_server and server_pool blocks as they were read, until everything is known that their rows
 * depend on: keywords may stand in any order, and groups and global defaults behind their use.
 */
#ifndef CONFIG_READ_LVS_H
#define CONFIG_READ_LVS_H

#include <stdlib.h>
#include "core/config/reader.h"

/* An `alpha` below the pool. */
struct alpha {
	bool given, on;
	struct place at;
};

struct pool_server {
	struct real_server *row;
	struct check *check_defaults; /* only columns that were given */
	struct check **checks;	      /* rows without a pool and a name */
	size_t nchecks;
	struct notify_script *notify[NOTIFY_PAIR];
	struct alpha alpha;
};

/* A keyword that sets a flag of certain schedulers. */
struct scheduler_flag {
	struct place at; /* line 0: not given */
	const char *keyword;
	bool sh, mh; /* of which */
};

enum pool_form {
	POOL_FORM_ADDRESS, /* virtual_server ADDRESS [PORT] */
	POOL_FORM_MARK,	   /* virtual_server fwmark N */
	POOL_FORM_GROUP,   /* virtual_server group NAME */
	POOL_FORM_NAME,	   /* virtual_server NAME, our own */
	POOL_FORM_POOL,	   /* server_pool NAME: no virtual server */
};

struct pool_block {
	struct pool_block *next;
	struct place at;
	enum pool_form form;
	struct addr address;
	bool port_given;
	uint32_t port;	   /* or the mark */
	const char *group; /* shared string */
	const char *name;  /* shared string; NULL: to be made */
	struct place name_at;
	enum service_protocol protocol;
	struct place protocol_at;     /* line 0: not given */
	enum addr_family mark_family; /* ADDR_NONE: not given */
	/* Rows that are given to the store, or freed. */
	struct pool *pool;
	struct virtual_server *vs; /* NULL: server_pool */
	struct real_server *server_defaults;
	struct check *check_defaults;
	struct pool_server *servers;
	size_t nservers, servers_room;
	struct check **named; /* check NAME { } */
	size_t nnamed;
	struct virtual_service **services; /* virtual_service ... */
	size_t nservices, services_room;
	struct scheduler_flag port_flag, fallback_flag;
	struct notify_script *quorum[NOTIFY_PAIR];
	struct word sorry; /* place of sorry_server; text is NULL */
};

/*
 * What is said here are the columns that stand in one place only, so that a column that is added to the
 * schema may stand in all others.
 */
/* The columns of a check that say which request is sent and what is a right answer. */
#define CHECK_REQUEST                                                                              \
	(COLUMN(check, path) | COLUMN(check, status_codes) | COLUMN(check, digest) |               \
	    COLUMN(check, pattern) | COLUMN(check, pattern_absent) | COLUMN(check, virtual_host) | \
	    COLUMN(check, http_version) | COLUMN(check, sni))
/* ... and those that say what is checked. */
#define CHECK_TARGET                                                                               \
	(COLUMN(check, type) | COLUMN(check, server_address) | COLUMN(check, server_port))
/* ... and how it is reached. */
#define CHECK_CONNECTION                                                                           \
	(COLUMN(check, connect_address) | COLUMN(check, connect_port) | COLUMN(check, bind_address))
/* The columns for which a pool or a real server can give a default. */
#define CHECK_DEFAULTS                                                                             \
	(table_mask(&tables[TABLE_check], CLASS_CONFIG) &                                          \
	    ~(CHECK_REQUEST | CHECK_TARGET | CHECK_CONNECTION))

/* Keywords of a real server and of a pool; in read_check.c. */
void read_tcp_check(struct reader *r, struct block *b, const struct statement *st);
void read_http_get(struct reader *r, struct block *b, const struct statement *st);
void read_ssl_get(struct reader *r, struct block *b, const struct statement *st);
void read_check(struct reader *r, struct block *b, const struct statement *st);
void read_alpha(struct reader *r, struct alpha *a, const struct statement *st);

/* virtual_server_group; in read_group.c. */
void read_address_group(struct reader *r, struct block *b, const struct statement *st);
/* The services that a group gives a virtual server. */
void add_group_services(struct reader *r, struct pool_block *p);
/* Are there addresses in it, not only marks? False if there is no such group. */
bool group_has_addresses(const struct reader *r, const char *name);
/* Warns of groups that nobody uses. */
void finish_groups(struct reader *r);
void free_groups(struct reader *r);

/* What an allocation returned; without memory there is no configuration. */
static inline void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

/* In read_lvs.c: the pool block takes s. */
void add_service(struct pool_block *p, struct virtual_service *s);
bool read_port(struct reader *r, const struct word *w, uint32_t *port);

/* Makes the rows; in read_pool.c. */
void finish_pool(struct reader *r, struct pool_block *p);
/* Is the word of `virtual_server WORD` an address rather than a name? */
bool looks_like_address(const char *word);

#endif
