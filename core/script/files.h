/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * track_file: files whose value is tracked are read when they change.
 *
 * What is watched with inotify is the folder, so that a file may come, go, and be replaced by renaming
 * another one.  inotify says nothing of folders above that are replaced, nor of what other hosts do to a
 * network file system: so everything is looked at again from time to time, too.
 */
#ifndef SCRIPT_FILES_H
#define SCRIPT_FILES_H

#include "core/model/engine.h"

struct files;
struct files *files_new(struct engine *e);
void files_free(struct files *f);
/* Rows have changed: takes over those of track_file that are tracked, and reads the new ones at once. */
void files_changed(struct files *f, const struct change *c, size_t n);

enum files_read {
	FILES_READ_VALUE,   /* a number; text that begins with none is 0 */
	FILES_READ_EMPTY,   /* 0; or somebody is about to write it */
	FILES_READ_NOTHING, /* there is no such file: 0; or it cannot be read */
	FILES_READ_INVALID, /* no number of 32 bits: the last value stays, as with keepalived */
};
/* Reads the value of a regular file; why: what is wrong, or "". */
enum files_read files_read(const char *path, int32_t *value, char why[100]);

/* Writes a value to a regular file; one that is there only if `overwrite`.  False with a reason. */
bool files_init(const char *path, int32_t value, bool overwrite, char why[100]);

#endif
