/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links whose drivers have to be asked, because they tell nobody: keepalived's linkbeat.
 *
 * A driver is asked by ioctl(): for the link status of its MII transceiver, or by ethtool's call, and what it says
 * counts only while the interface's flags say "up and running", too.  A way that the driver does not know is
 * replaced by one that it does.
 *
 * These calls take the kernel's lock of all network configuration, and a driver may sleep in them while it talks to
 * its hardware.  So a thread makes them, once a second, without real-time priority: however long one takes,
 * advertisements are sent.  The thread shares no memory with the process; what is to be asked and what came of it
 * are messages on a socket pair, and it allocates nothing.
 */
#ifndef VRRP_LINKBEAT_H
#define VRRP_LINKBEAT_H

#include <event2/event.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/clock.h"
#include "core/model/schema.h"

#define LINKBEAT_PERIOD USEC_PER_SEC
#define LINKBEAT_MAX 256 /* interfaces */

/* What is to be asked: of MII, ETHTOOL and IOCTL the one to begin with. */
struct linkbeat_wish {
	char interface[IFNAMSIZ];
	enum linkbeat_way method;
};

struct linkbeat_news {
	char interface[IFNAMSIZ];
	int index;		  /* 0: there is no such interface */
	enum linkbeat_way method; /* the one that the driver knows */
	unsigned flags;		  /* IFF_UP and IFF_RUNNING: no running without a link */
};

/* ioctl(2), or what a test has instead. */
typedef int (*linkbeat_ioctl)(int fd, unsigned long request, struct ifreq *ifr);

/* Asks once. */
struct linkbeat_news linkbeat_ask(linkbeat_ioctl call, int fd, const struct linkbeat_wish *wish);

struct linkbeat;

/* Begins the thread.  call: NULL: ioctl(2).  NULL, after logging, if there can be none. */
struct linkbeat *linkbeat_new(struct event_base *base, linkbeat_ioctl call, usec_t period,
    void (*news)(const struct linkbeat_news *n, void *arg), void *arg);
/*
 * All that is to be asked from now on; beyond LINKBEAT_MAX nothing is.  There are news of each interface soon, and then
 * whenever something changes.  False if the thread cannot take it now, as it waits for a driver: to be tried again.
 */
bool linkbeat_set(struct linkbeat *l, const struct linkbeat_wish *list, size_t n);
/* Waits for nobody: the thread ends when its driver lets it. */
void linkbeat_free(struct linkbeat *l);

#endif
