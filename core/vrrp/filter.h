/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accept mode off (RFC 9568 section 6.1): packets to the virtual addresses of an instance that does not own
 * them are dropped, but for IPv6 neighbour solicitations and advertisements.
 *
 * The kernel's nftables do it, in a table of our own.  It has all such addresses, whatever the instances'
 * states are: a backup does not have the addresses anyhow, so that a takeover has nothing to change.  Each
 * change replaces the table as one transaction; there is no moment without it.  It is put back when somebody
 * removes or changes it, stays when this process is killed, and goes when it stops or nothing needs it.
 */
#ifndef VRRP_FILTER_H
#define VRRP_FILTER_H

#include <event2/event.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/addr.h"

#define FILTER_TABLE "directord"

struct filter;

struct filter_address {
	struct addr address;
	char interface[IFNAMSIZ]; /* counts for link-local addresses only */
};

/* Where the mark is kept that there is a table of ours: a directory; it is copied. */
struct filter *filter_new(struct event_base *base, const char *directory);
/* changed() is called when filter_state() is another one. */
void filter_watch(struct filter *f, void (*changed)(void *arg), void *arg);
void filter_free(struct filter *f);

/*
 * Which addresses are refused from now on; none: the table goes.  Does nothing if they are those that are
 * refused already.  The order does not matter; the list is copied.
 */
void filter_set(struct filter *f, const struct filter_address *list, size_t n);
/* The table is in force. */
bool filter_active(const struct filter *f);
/* "ok", or why it is not in force though it should be. */
const char *filter_state(const struct filter *f);

/* The commands for the kernel, as nft(8) reads them; to be freed. */
char *filter_commands(const struct filter_address *list, size_t n);

#endif
