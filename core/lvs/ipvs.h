/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's IPVS, spoken to over generic netlink (family "IPVS", version 1).
 *
 * All calls are synchronous: the kernel does the work inside the send.  Only
 * the process lvs uses this, and it has nothing else to wait for.  Nothing here
 * decides anything: what to do is reconcile.h's business.
 *
 * Many operations go out in one send; only the last one of a packet asks for
 * an acknowledgement, errors come by themselves and carry the sequence number
 * of their operation.
 */
#ifndef LVS_IPVS_H
#define LVS_IPVS_H

#include <stddef.h>
#include <stdint.h>
#include "core/lvs/table.h"

struct ipvs; /* a connection to the kernel */

enum ipvs_op_kind {
	IPVS_ADD_SERVICE,
	IPVS_SET_SERVICE,
	IPVS_DEL_SERVICE, /* with its destinations */
	IPVS_ADD_DEST,
	IPVS_SET_DEST,
	IPVS_DEL_DEST,
};

struct ipvs_op {
	enum ipvs_op_kind kind;
	const struct ipvs_service *service; /* borrowed; for a destination only its key is read */
	const struct ipvs_dest *dest;	    /* borrowed; NULL for a service */
	int error;			    /* set by ipvs_apply(): 0, or a positive errno */
};

struct ipvs_timeouts {
	uint32_t tcp, tcp_fin, udp; /* seconds; 0 in ipvs_set_timeouts(): keep */
};

struct ipvs_info {
	uint32_t version; /* 0x010201 is 1.2.1 */
	uint32_t connection_buckets;
};

/* The kernel has room for one synchronization daemon of each role, and both may run. */
enum ipvs_sync_role { IPVS_SYNC_MASTER = 1, IPVS_SYNC_BACKUP = 2 };

struct ipvs_daemon {
	bool running; /* if not, the rest means nothing */
	char interface[16];
	uint8_t sync_id;
	uint16_t max_length; /* 0 in ipvs_start_daemon(): the kernel's choice */
	struct addr group;
	uint16_t port;
	uint8_t ttl;
};

struct ipvs_daemons {
	struct ipvs_daemon master, backup;
};

/*
 * Connects; the kernel loads its module if it can.  0, or a negative errno: -EPROTONOSUPPORT when the
 * kernel has no IPVS, -EPERM without CAP_NET_ADMIN.  The caller frees *out with ipvs_close().
 */
int ipvs_open(struct ipvs **out);
void ipvs_close(struct ipvs *c); /* NULL is allowed */

/* All of these: 0 or a negative errno; after an error of any but the two for daemons the connection is to be closed. */
int ipvs_get_info(struct ipvs *c, struct ipvs_info *info);
int ipvs_get_timeouts(struct ipvs *c, struct ipvs_timeouts *t);
int ipvs_set_timeouts(struct ipvs *c, const struct ipvs_timeouts *t);
int ipvs_get_daemons(struct ipvs *c, struct ipvs_daemons *d);
/*
 * What the kernel answers is told apart from a broken connection by nobody: after an error ask
 * ipvs_get_daemons().  -EEXIST: it runs; -ESRCH: it does not; -ENODEV: no such interface.
 */
int ipvs_start_daemon(struct ipvs *c, enum ipvs_sync_role role, const struct ipvs_daemon *d);
int ipvs_stop_daemon(struct ipvs *c, enum ipvs_sync_role role);
/* Replaces *t by all services, with their destinations and counters, sorted. */
int ipvs_dump(struct ipvs *c, struct ipvs_table *t);
/*
 * Executes n operations in order, one's failure not stopping the next; each one's result is in its
 * .error.  Returns 0 if the kernel has answered for all of them; else those that it has not answered
 * for have the connection's error.
 */
int ipvs_apply(struct ipvs *c, struct ipvs_op *ops, size_t n);

/* "add", "change" or "remove": what an operation does, for people. */
const char *ipvs_op_word(enum ipvs_op_kind kind);
/* Why an operation failed, for people; static or op's own memory. */
const char *ipvs_op_reason(const struct ipvs_op *op);

#endif
