/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtual_server and server_pool blocks as they were read, until everything is known that their rows
 * depend on: keywords may stand in any order, and groups and global defaults behind their use.
 */
#ifndef CONFIG_READ_LVS_H
#define CONFIG_READ_LVS_H

#include "core/config/reader.h"

/* A line of a virtual_server_group. */
struct group_item {
	struct place at;
	bool is_mark;
	bool family_given;   /* of a mark; in address */
	struct addr address; /* the first */
	uint32_t count;	     /* of addresses */
	uint32_t port;	     /* or the mark */
};

struct address_group {
	struct address_group *next;
	const char *name; /* shared string */
	struct place at;
	struct group_item *items;
	size_t n;
	bool used;
};

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
	struct word sorry; /* place of sorry_server; text is NULL */
};

/* The columns of checks that a pool or a real server can give a default for. */
#define CHECK_DEFAULTS                                                                             \
	(COLUMN(check, interval) | COLUMN(check, timeout) | COLUMN(check, retries) |               \
	    COLUMN(check, retry_delay) | COLUMN(check, warmup))
/* The columns of a real server that `lvs_method TUN` gives. */
#define TUNNEL_COLUMNS                                                                             \
	(COLUMN(real_server, tunnel_type) | COLUMN(real_server, tunnel_port) |                     \
	    COLUMN(real_server, tunnel_checksum))

/* Makes the rows; in read_pool.c. */
void finish_pool(struct reader *r, struct pool_block *p);
/* Is the word of `virtual_server WORD` an address rather than a name? */
bool looks_like_address(const char *word);

#endif
