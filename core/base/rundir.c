/* SPDX-License-Identifier: BSD-2-Clause */
/* See rundir.h. */
#include "core/base/rundir.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

bool rundir_fits(const char *folder)
{
	struct statfs fs;

	return statfs(folder, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC) &&
	       access(folder, W_OK) == 0;
}

/* /dev/shm is everybody's: what somebody else made there under our name is not ours. */
static bool make_own(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return false;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

bool rundir_find(const char *state_dir, char *path, size_t size)
{
	static const char *const folders[] = {"/run", "/dev/shm"};
	struct stat st;

	if (stat(state_dir, &st) < 0)
		return false;
	for (size_t k = 0; k < sizeof(folders) / sizeof(folders[0]); k++) {
		snprintf(path, size, "%s/directord-%llx-%llx", folders[k],
		    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
		if (rundir_fits(folders[k]) && make_own(path))
			return true;
	}
	return false;
}
