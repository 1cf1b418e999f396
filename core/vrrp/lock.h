/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process a director: a lock file, in which its holder's process id stands.
 *
 * When directord dies, its vrrp process goes on and keeps the addresses.  The
 * process that a new directord starts asks it to leave quietly (SIGUSR2), and
 * takes over what it finds.
 */
#ifndef VRRP_LOCK_H
#define VRRP_LOCK_H

#include <stdbool.h>
#include "core/base/clock.h"

/* The signal that asks the holder to leave and to keep everything as it is. */
#define LOCK_SIGNAL_LEAVE SIGUSR2

/*
 * Takes the lock file in a directory, from another process if need be: that one is asked, and after
 * `patience` killed.  Blocks for at most twice that.  Returns a file descriptor that holds the lock;
 * -1, after logging, if it cannot be had.
 */
int lock_take(const char *dir, usec_t patience);

#endif
