/* SPDX-License-Identifier: BSD-2-Clause */
/* See log.h. */
#include "core/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char *process;
	enum log_level max;
	log_sink sink;
	void *arg;
	uint64_t lost;
	uint64_t lost_reported;
	bool journal;
	int syslog; /* socket; -1: none */
} the = {.process = "directord", .max = LOG_LEVEL_INFO, .syslog = -1};

/* Writes one line if standard error takes it at once. */
static bool stderr_write(const char *line, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	return write(STDERR_FILENO, line, len) == (ssize_t)len;
}

static size_t stamp(char *buf, size_t size)
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
	return n + (size_t)snprintf(buf + n, size - n, ".%03ld ", ts.tv_nsec / 1000000);
}

/* A line stays one line, whatever was put into it: the texts of strangers are logged, too. */
static void make_printable(char *p, const char *end)
{
	for (; p < end; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = *p == '\t' ? ' ' : '?';
}

static bool syslog_line(enum log_level level, const char *process, const char *line, void *arg)
{
	static const struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	char buf[2048];
	int n = snprintf(buf, sizeof(buf), "<%d>directord[%d]: %s: %s", LOG_DAEMON | (int)level,
	    (int)getpid(), process, line);
	size_t len = n < (int)sizeof(buf) ? (size_t)n : sizeof(buf) - 1;

	(void)arg;
	make_printable(buf, buf + len);
	if (the.syslog < 0)
		the.syslog = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return sendto(the.syslog, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&to, sizeof(to)) == (ssize_t)len;
}

void log_to_syslog(void)
{
	log_set_sink(syslog_line, NULL);
}

static bool stderr_line(enum log_level level, const char *process, const char *line)
{
	static const char *const word[] = {[LOG_LEVEL_ERROR] = "error: ",
	    [LOG_LEVEL_WARNING] = "warning: ",
	    [LOG_LEVEL_NOTICE] = "",
	    [LOG_LEVEL_INFO] = "",
	    [LOG_LEVEL_DEBUG] = "debug: "};
	char buf[2048];
	size_t n;
	int m;

	n = the.journal ? (size_t)snprintf(buf, sizeof(buf), "<%d>", level)
			: stamp(buf, sizeof(buf));
	m = snprintf(buf + n, sizeof(buf) - n, "%s: %s%s\n", process, word[level], line);
	n = m < 0 ? n : n + (size_t)m;
	if (n >= sizeof(buf))
		n = sizeof(buf) - 1;
	make_printable(buf, buf + n - 1);
	buf[n - 1] = '\n';
	return stderr_write(buf, n);
}

void log_init(const char *process, enum log_level max)
{
	the.process = process;
	the.max = max;
	the.journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_set_sink(log_sink sink, void *arg)
{
	the.sink = sink;
	the.arg = arg;
}

static bool emit(enum log_level level, const char *process, const char *line)
{
	return the.sink ? the.sink(level, process, line, the.arg)
			: stderr_line(level, process, line);
}

void log_line(enum log_level level, const char *process, const char *line)
{
	char note[80];

	if (level > the.max)
		return;
	if (the.lost != the.lost_reported) {
		snprintf(note, sizeof(note), "%llu log lines were lost to a slow reader",
		    (unsigned long long)(the.lost - the.lost_reported));
		if (emit(LOG_LEVEL_WARNING, the.process, note))
			the.lost_reported = the.lost;
	}
	if (!emit(level, process, line))
		the.lost++;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;
	int saved = errno;

	if (level > the.max)
		return;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	log_line(level, the.process, buf);
	errno = saved;
}

uint64_t log_lost(void)
{
	return the.lost;
}

bool log_limit_ok(struct log_limit *l, unsigned burst, usec_t period, unsigned *suppressed)
{
	usec_t now = clock_now();

	if (l->since == 0 || now - l->since >= period) {
		l->since = now;
		l->used = 0;
	}
	if (l->used >= burst) {
		l->suppressed++;
		return false;
	}
	l->used++;
	*suppressed = l->suppressed;
	l->suppressed = 0;
	return true;
}
