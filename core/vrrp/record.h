/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What survives the process: for each instance, when it last said that it is
 * the master.  A process that was killed, or that another one follows, thereby
 * comes back as what it was while its peers still wait.
 *
 * And the last changes of state, of all instances: the hub is told some
 * milliseconds after them, and a process that is killed before that leaves them
 * to the next one, so that no event is missing.
 *
 * And the interfaces whose setting promote_secondaries was switched on.
 *
 * It is a file, in memory where that is possible (base/rundir.h), that is mapped and locked,
 * and updated by plain stores of 64 bits, so that nothing in the path of an
 * advertisement can wait for a disk.  Instants are of CLOCK_BOOTTIME; a record
 * of another boot of the machine is void.
 */
#ifndef VRRP_RECORD_H
#define VRRP_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/clock.h"

struct record;

/* What an instance is across restarts. */
struct record_key {
	char interface[16]; /* padded with zeros */
	uint8_t family;
	uint8_t vrid;
	uint8_t pad[6];
};

/*
 * Opens or makes the record in the folder.  owner, group: who is to have the file; one that is neither
 * theirs nor the caller's is not touched.  NULL, after logging, if there is no place for it; then
 * nothing survives.
 */
struct record *record_open(const char *dir, uid_t owner, gid_t group);
void record_close(struct record *r); /* the file stays */
/* After a clean stop there is nothing to come back to. */
void record_remove(struct record *r);

/*
 * The place of an instance, made when there is none.  NULL if the record is full (1,024 instances)
 * or r is NULL.  *spoke: when it last spoke as master; 0: it was not master.
 */
struct record_slot *record_find(struct record *r, const struct record_key *key, usec_t *spoke);
/* spoke: now, as master; 0: it is not master.  slot may be NULL. */
void record_set(struct record_slot *slot, usec_t spoke);

/* A change of state; the numbers are the caller's. */
struct record_transition {
	usec_t at;
	uint8_t old_state, new_state, master_reason, priority;
	char reason[200];
};

/* Neither allocates nor waits.  slot may be NULL. */
void record_transition(
    struct record *r, const struct record_slot *slot, const struct record_transition *t);
/* The instance's last changes after that time that are there still, max at most, in order; how many. */
unsigned record_transitions(const struct record *r, const struct record_slot *slot, usec_t after,
    struct record_transition *list, unsigned max);
/* Interfaces whose setting is to be put back: their indices, RECORD_PROMOTED of them; 0: free.  NULL without r. */
#define RECORD_PROMOTED 256
int *record_promoted(struct record *r);
/* The instance is no more. */
void record_forget(struct record_slot *slot);

#endif
