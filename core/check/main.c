/* SPDX-License-Identifier: BSD-2-Clause */
/* directord-check: who is healthy (monitor.h). */
#include <stdio.h>
#include <sys/resource.h>
#include "core/base/log.h"
#include "core/check/monitor.h"

/* Each probe that runs has a descriptor.  The kernel's own limit (fs.nr_open) is a million. */
static int prepare(const char *state_dir, uid_t uid, gid_t gid)
{
	struct rlimit files = {.rlim_cur = 1000000, .rlim_max = 1000000};

	(void)state_dir, (void)uid, (void)gid;
	if (setrlimit(RLIMIT_NOFILE, &files) == 0)
		return 0;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < 4096)
		log_warning("only %lu checks can run at a time: the limit of open files is low",
		    (unsigned long)files.rlim_cur);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct engine_program program = {
	    .name = "check",
	    .process = P_CHECK,
	    .prepare = prepare,
	    .start = monitor_start,
	    .finish = monitor_finish,
	    .ops = {.changed = monitor_changed, .stop = monitor_stop},
	};

	return engine_main(argc, argv, &program);
}
