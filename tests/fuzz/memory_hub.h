/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hub without processes, sockets and disk: the real commit.c, plan.c, peer.c, events.c and what they need, with
 * the places of hub.c, child.c, listen.c and datastore.c taken by what is here.  The disk is memory that outlives
 * the hub, as a disk would; a job is done when the event loop comes to it.
 *
 * An agent that asks it (agent/set.c, core/model/engine.c) waits in poll(2).  A program that links this with
 * -Wl,--wrap=poll has the hub work meanwhile.
 */
#ifndef TESTS_FUZZ_MEMORY_HUB_H
#define TESTS_FUZZ_MEMORY_HUB_H

#include "core/director/hub.h"
#include "core/director/overrides.h"

struct memory_disk {
	struct overrides *values;
	struct history history;
	struct number {
		uint32_t value;
		bool there;
	} generation, unconfirmed, notified;
	bool broken;	/* jobs fail */
	bool hangs;	/* jobs are not done until memory_hub_disk_goes_on() */
	bool read_only; /* jobs are done, and nothing is kept of them */
	unsigned written;
};

void disk_init(struct memory_disk *d);
void disk_clear(struct memory_disk *d);

/* Starts with the configuration file; false if it is refused. */
bool memory_hub_start(struct hub *h, struct memory_disk *d, const char *file);
/* As kill -9 ends it: what the disk has not got yet is lost. */
void memory_hub_kill(struct hub *h);
/* A process that it had started connects over this socket (which it takes). */
void memory_hub_connect(struct hub *h, int fd);
void memory_hub_disk_goes_on(struct hub *h);
/* Works until there is nothing more to do. */
void memory_hub_work(struct hub *h);
/* Who works while somebody waits in poll(2); NULL: nobody. */
void memory_hub_behind_poll(struct hub *h);

#endif
