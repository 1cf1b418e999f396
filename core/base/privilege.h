/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving up what a process does not need. */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <stdbool.h>
#include <sys/capability.h>
#include <sys/types.h>

/*
 * Finds the user a process is to run as: "directord-NAME"; without such a user "nobody", with a
 * warning.  False if there is none at all.
 */
bool privilege_user(const char *name, uid_t *uid, gid_t *gid);

/*
 * Becomes the user, keeps only the capabilities named (permitted and effective), and forbids gaining
 * any by execve().  Where the process has no right to change its user (not root, or a user namespace
 * without it), it stays who it is, with a warning, and drops the capabilities all the same.
 * False, after logging, if privileges could not be dropped.
 */
bool privilege_drop(uid_t uid, gid_t gid, const cap_value_t *caps, int ncaps);

/*
 * For a process that stays root to start others: from now on neither it nor they can have any other
 * capability than these.  What cannot be dropped (no CAP_SETPCAP) stays, with a debug message.
 */
void privilege_limit(const cap_value_t *caps, int ncaps);

#endif
