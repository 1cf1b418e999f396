/* SPDX-License-Identifier: BSD-2-Clause */
/* See lock.h. */
#include "core/vrrp/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "core/base/log.h"

static pid_t read_holder(int fd)
{
	char buf[16] = "";
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	return n > 0 ? (pid_t)atol(buf) : 0;
}

static void write_holder(int fd)
{
	char buf[16];
	int n = snprintf(buf, sizeof(buf), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, buf, (size_t)n, 0) != n)
		log_warning("cannot write the lock file: %s", strerror(errno));
}

/* True if the lock was had before `patience` was over. */
static bool wait_for(int fd, usec_t patience)
{
	usec_t end = clock_now() + patience;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || clock_now() >= end)
			return false;
		usleep(500);
	}
	return true;
}

static bool take_from(int fd, usec_t patience)
{
	pid_t holder = read_holder(fd);

	if (holder <= 1)
		return wait_for(fd, patience);
	log_info("takes over from process %ld", (long)holder);
	if (kill(holder, LOCK_SIGNAL_LEAVE) == 0 && wait_for(fd, patience))
		return true;
	log_warning("process %ld does not leave; it is killed", (long)holder);
	return kill(holder, SIGKILL) == 0 && wait_for(fd, patience);
}

int lock_take(const char *dir, usec_t patience)
{
	char path[320];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_error("cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	if (!wait_for(fd, 0) && !take_from(fd, patience)) {
		log_error("%s is held by another process", path);
		close(fd);
		return -1;
	}
	write_holder(fd);
	return fd;
}
