/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that must not wait for a disk: a file system in memory (tmpfs), where there is one.  What they say
 * is void after the next boot.
 */
#ifndef BASE_RUNDIR_H
#define BASE_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the folder is in a file system in memory in which we may write. */
bool rundir_fits(const char *folder);

/*
 * The folder in memory of a director, who is known by its state directory, whatever path led to it: made below
 * /run, or below /dev/shm for who may not write to /run.  False: there is none.
 */
bool rundir_find(const char *state_dir, char *path, size_t size);

#endif
