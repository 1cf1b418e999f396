/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process vrrp, watched: directord-vrrp's own objects, and around the functions in the path of an advertisement
 * a count of what must not happen there: memory that is allocated, a file that is opened, a process that is started,
 * a name that is looked up, a call that waits.
 *
 * The linker leads the calls of these functions here (--wrap), and those of libc's functions come here because this
 * program defines them.  VRRP_PATH_REPORT names the file that is written at the end: a line of counts, and one for
 * each place where something was wrong, with addresses for addr2line.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "core/vrrp/router.h"
#include "core/vrrp/vrrp.h"

#define WRONG_MAX 64
#define DEPTH 12

static unsigned depth; /* of the path's functions */
static unsigned long timers, packets, acts, sent, announced;
static struct wrong {
	const char *what;
	void *from[DEPTH];
	int n;
} wrong[WRONG_MAX];
static unsigned nwrong;
static int report = -1;

/* ------------------------------------------------------------- what must not happen */

static void is_wrong(const char *what)
{
	unsigned here = depth;
	struct wrong *w;

	if (!depth)
		return;
	depth = 0; /* not what is done about it */
	w = &wrong[nwrong < WRONG_MAX ? nwrong : WRONG_MAX - 1];
	nwrong++;
	w->what = what;
	w->n = backtrace(w->from, DEPTH);
	depth = here;
}

/* glibc's own, under the names that it has for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size)
{
	is_wrong("malloc");
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	is_wrong("calloc");
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	is_wrong("realloc");
	return __libc_realloc(p, size);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	is_wrong("open");
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

pid_t fork(void)
{
	is_wrong("fork");
	return (pid_t)syscall(SYS_fork);
}

int fsync(int fd)
{
	is_wrong("fsync");
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	is_wrong("fdatasync");
	return (int)syscall(SYS_fdatasync, fd);
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
	is_wrong("nanosleep");
	return (int)syscall(SYS_nanosleep, t, left);
}

int usleep(useconds_t t)
{
	struct timespec ts = {t / 1000000, t % 1000000 * 1000};

	return nanosleep(&ts, NULL);
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (timeout)
		is_wrong("poll");
	return (int)syscall(SYS_poll, fds, n, timeout);
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	is_wrong("connect");
	return (int)syscall(SYS_connect, fd, to, len);
}

int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;

	is_wrong("getaddrinfo");
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, result);
}

/* May this call wait? */
static void waits(int fd, int flags, const char *what)
{
	if (depth && !(flags & MSG_DONTWAIT) && !(syscall(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK))
		is_wrong(what);
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	waits(fd, flags, "recv that waits");
	return syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	waits(fd, flags, "recvmsg that waits");
	return syscall(SYS_recvmsg, fd, m, flags);
}

int recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t)
{
	waits(fd, flags, "recvmmsg that waits");
	return (int)syscall(SYS_recvmmsg, fd, m, n, flags, t);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	waits(fd, flags, "sendmsg that waits");
	return syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t size)
{
	waits(fd, flags, "sendto that waits");
	return syscall(SYS_sendto, fd, buf, len, flags, to, size);
}

int sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	waits(fd, flags, "sendmmsg that waits");
	announced += depth ? n : 0;
	return (int)syscall(SYS_sendmmsg, fd, m, n, flags);
}

/* ---------------------------------------------------------------------- the path */

#define IN_PATH(count, call)                                                                       \
	do {                                                                                       \
		depth++;                                                                           \
		(count)++;                                                                         \
		call;                                                                              \
		depth--;                                                                           \
	} while (0)

static unsigned long others;

#define WRAP(count, name, parameters, arguments)                                                   \
	void __real_##name parameters;                                                             \
	void __wrap_##name parameters;                                                             \
	void __wrap_##name parameters                                                              \
	{                                                                                          \
		IN_PATH(count, __real_##name arguments);                                           \
	}

#define WRAP_VALUE(type, count, name, parameters, arguments)                                       \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		type value;                                                                        \
                                                                                                   \
		IN_PATH(count, value = __real_##name arguments);                                   \
		return value;                                                                      \
	}

/* A timer is due: the state machine runs, and sends. */
WRAP(timers, vrrp_fsm_timer, (struct vrrp_fsm * i, usec_t now), (i, now))
/* A packet has come. */
WRAP_VALUE(enum vrrp_drop, packets, vrrp_packet_parse_ipv4,
    (struct vrrp_packet * p, const void *datagram, size_t len), (p, datagram, len))
WRAP_VALUE(enum vrrp_drop, others, vrrp_packet_check,
    (const struct vrrp_packet *p, const struct vrrp_config *c, const struct addr *own,
	unsigned *notes),
    (p, c, own, notes))
WRAP(others, neighbour_heard,
    (struct virtual * v, const struct vrrp_packet *p, enum vrrp_drop drop), (v, p, drop))
WRAP(others, notice_error, (struct virtual * v, const struct vrrp_packet *p, enum vrrp_drop drop),
    (v, p, drop))
WRAP(others, virtual_receive, (struct virtual * v, const struct vrrp_packet *p), (v, p))
/* All of these have been handled: addresses, then announcements. */
WRAP(others, kernel_refresh, (struct kernel * k), (k))
WRAP(acts, virtual_act_addresses, (struct virtual * v), (v))
WRAP_VALUE(bool, others, kernel_flush, (struct kernel * k), (k))
WRAP(others, routing_act, (struct routing * g), (g))
WRAP(others, virtual_act_announce, (struct virtual * v), (v))
WRAP(others, announcer_flush, (struct announcer * a), (a))

bool __real_vrrp_io_send(struct vrrp_io *io, const struct addr *source,
    const struct addr *destination, uint8_t ttl, const void *message, size_t len);
bool __wrap_vrrp_io_send(struct vrrp_io *io, const struct addr *source,
    const struct addr *destination, uint8_t ttl, const void *message, size_t len);
bool __wrap_vrrp_io_send(struct vrrp_io *io, const struct addr *source,
    const struct addr *destination, uint8_t ttl, const void *message, size_t len)
{
	sent += depth > 0;
	return __real_vrrp_io_send(io, source, destination, ttl, message, len);
}

/* ------------------------------------------------------------------------------ */

/* As root yet; and what backtrace() needs is there before it is needed. */
static void begin(void)
{
	const char *path = getenv("VRRP_PATH_REPORT");
	void *here[1];

	backtrace(here, 1);
	if (path)
		report = (int)syscall(
		    SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void end(void)
{
	extern const char __executable_start;

	if (report < 0)
		return;
	dprintf(report,
	    "timers %lu packets %lu acts %lu others %lu sent %lu announced %lu wrong %u\n", timers,
	    packets, acts, others, sent, announced, nwrong);
	for (unsigned k = 0; k < nwrong && k < WRONG_MAX; k++) {
		dprintf(report, "%s", wrong[k].what);
		for (int n = 0; n < wrong[k].n; n++)
			dprintf(report, " %#tx", (char *)wrong[k].from[n] - &__executable_start);
		dprintf(report, "\n");
	}
}

int main(int argc, char **argv)
{
	int status;

	begin();
	status = engine_main(argc, argv, &vrrp_program);
	end();
	return status;
}
