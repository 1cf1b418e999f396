/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients for tests: requests at a steady rate, each in a connection of its own
 * and none waiting for another, so that what a user would notice is counted:
 * failed requests, the longest time without an answer, who answered.
 *
 *	client [-m http|tcp|udp|stream] [-r RATE] [-t SECONDS] [-n COUNT] [-c CONNECTIONS]
 *	       [-w MS] [-s ADDR] [-H HOST] [-v] ADDR PORT [PATH]
 *
 *	-m       http: GET PATH (default "/") must give status 2xx, whole
 *	         tcp, udp: one line there and one back (httpd -e, -u)
 *	         stream: CONNECTIONS long ones to /stream/100 (httpd), all opened at the start;
 *	         each line is a success, each end of a connection a failure
 *	-r RATE  requests per second (default 20)        -w MS    time for one (default 2000)
 *	-t, -n   how long; default: until SIGTERM        -s ADDR  source address
 *	-c       connections of a stream (default 10)    -v       each failure, as it comes
 *
 * At the end, and at SIGUSR1 (which then starts the counts anew):
 *
 *	requests 100         started
 *	ok 98
 *	failed 1             then by reason: failed_timeout, failed_refused, failed_reset,
 *	                     failed_unreachable, failed_short, failed_status, failed_local
 *	pending 1            neither yet
 *	gap_ms 120           longest time between two successes (stream: of one connection)
 *	latency_ms 2.1 34.0  mean and longest
 *	server rs1 49        one line a server, by name
 *	end
 *
 * Exit status 0 if nothing failed, 1 otherwise.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 4096
#define SERVERS 64

enum mode { MODE_HTTP, MODE_TCP, MODE_UDP, MODE_STREAM };
enum reason {
	TIMEOUT,
	REFUSED,
	RESET,
	UNREACHABLE,
	SHORT,
	STATUS,
	LOCAL,
	REASONS,
};
static const char *const reason_names[REASONS] = {
    "timeout", "refused", "reset", "unreachable", "short", "status", "local"};

/* One connection or datagram exchange; fd -1: free. */
struct slot {
	int fd;
	bool sent;
	uint64_t started, last; /* us; last: of a stream, its last line */
	size_t len;
	char buf[2048]; /* what came, cut; the rest is only counted */
	size_t total;
};

static enum mode mode = MODE_HTTP;
static const char *path = "/", *host_header = "director.test";
static uint64_t timeout_us = 2000000;
static bool verbose;
static struct addrinfo *target, *source;
static struct slot slots[SLOTS];
static int poller;

static uint64_t begun; /* of this count */
static uint64_t last_ok, gap, latency_sum, latency_max;
static unsigned long requests, oks, failed[REASONS], all_failed;
static struct {
	char name[64];
	unsigned long count;
} servers[SERVERS];

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void count_server(const char *text)
{
	size_t len = strcspn(text, " \r\n");

	if (len == 0 || len >= sizeof(servers[0].name))
		return;
	for (int i = 0; i < SERVERS; i++) {
		if (!servers[i].name[0])
			memcpy(servers[i].name, text, len);
		if (strlen(servers[i].name) == len && memcmp(servers[i].name, text, len) == 0) {
			servers[i].count++;
			return;
		}
	}
}

static void grow_gap(uint64_t since, uint64_t now)
{
	if (now - since > gap)
		gap = now - since;
}

static void succeed(const char *server, uint64_t latency)
{
	uint64_t now = now_us();

	oks++;
	latency_sum += latency;
	if (latency > latency_max)
		latency_max = latency;
	if (mode != MODE_STREAM)
		grow_gap(last_ok, now);
	last_ok = now;
	count_server(server);
}

static void finish(struct slot *s)
{
	close(s->fd);
	s->fd = -1;
}

static void fail(struct slot *s, enum reason why)
{
	failed[why]++;
	all_failed++;
	if (verbose) {
		printf("%.3f %s after %.1f ms\n", (double)(now_us() - begun) / 1e6,
		    reason_names[why], (double)(now_us() - s->started) / 1e3);
		fflush(stdout);
	}
	if (s->fd >= 0)
		finish(s);
}

static enum reason reason_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return REFUSED;
	case ECONNRESET:
	case EPIPE:
		return RESET;
	case EHOSTUNREACH:
	case ENETUNREACH:
		return UNREACHABLE;
	case ETIMEDOUT:
		return TIMEOUT;
	default:
		return LOCAL;
	}
}

static struct slot *free_slot(void)
{
	for (int i = 0; i < SLOTS; i++)
		if (slots[i].fd < 0)
			return &slots[i];
	return NULL;
}

static void start_request(void)
{
	static struct slot none = {.fd = -1};
	struct slot *s = free_slot();
	struct epoll_event ev = {.events = EPOLLOUT, .data.ptr = s};

	requests++;
	none.started = now_us();
	if (!s) {
		fail(&none, LOCAL);
		return;
	}
	*s = (struct slot){.fd = -1, .started = none.started, .last = none.started};
	s->fd = socket(target->ai_family,
	    (mode == MODE_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || (source && bind(s->fd, source->ai_addr, source->ai_addrlen) < 0))
		fail(s, LOCAL);
	else if (connect(s->fd, target->ai_addr, target->ai_addrlen) < 0 && errno != EINPROGRESS)
		fail(s, reason_of(errno));
	else if (epoll_ctl(poller, EPOLL_CTL_ADD, s->fd, &ev) < 0)
		fail(s, LOCAL);
}

static void send_request(struct slot *s)
{
	char text[1024];
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = s};
	int n, error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error) {
		fail(s, reason_of(error));
		return;
	}
	if (mode == MODE_TCP || mode == MODE_UDP)
		n = snprintf(text, sizeof(text), "request %lu\n", requests);
	else
		n = snprintf(text, sizeof(text),
		    "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host_header);
	if (send(s->fd, text, (size_t)n, MSG_NOSIGNAL) != n) {
		fail(s, reason_of(errno));
		return;
	}
	s->sent = true;
	epoll_ctl(poller, EPOLL_CTL_MOD, s->fd, &ev);
}

static const char *body_of(const struct slot *s)
{
	const char *body = strstr(s->buf, "\r\n\r\n");

	return body ? body + 4 : NULL;
}

/* A whole answer with a good status? */
static void judge_http(struct slot *s)
{
	const char *body = body_of(s), *length = strcasestr(s->buf, "\r\nContent-Length:");
	size_t want = length ? strtoul(length + 17, NULL, 10) : 0;

	if (!body || s->total < (size_t)(body - s->buf) + want)
		fail(s, SHORT);
	else if (strncmp(s->buf, "HTTP/1.1 2", 10) != 0)
		fail(s, STATUS);
	else {
		succeed(body, now_us() - s->started);
		finish(s);
	}
}

static void stream_lines(struct slot *s)
{
	char *body = strncmp(s->buf, "HTTP/", 5) == 0 ? (char *)(uintptr_t)body_of(s) : s->buf;
	uint64_t now = now_us();
	char *end;

	if (!body)
		return;
	while ((end = strchr(body, '\n'))) {
		succeed(body, 0);
		grow_gap(s->last, now);
		s->last = now;
		body = end + 1;
	}
	s->len = strlen(body);
	memmove(s->buf, body, s->len + 1);
}

static void got_data(struct slot *s)
{
	s->buf[s->len] = '\0';
	if (mode == MODE_STREAM)
		stream_lines(s);
	if ((mode == MODE_TCP || mode == MODE_UDP) && strchr(s->buf, '\n')) {
		succeed(s->buf, now_us() - s->started);
		finish(s);
	}
}

static void receive(struct slot *s)
{
	char rest[16384];
	size_t room = sizeof(s->buf) - 1 - s->len;
	ssize_t n = room ? read(s->fd, s->buf + s->len, room) : read(s->fd, rest, sizeof(rest));

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		fail(s, reason_of(errno));
	} else if (n == 0 && mode == MODE_HTTP) {
		s->buf[s->len] = '\0';
		judge_http(s);
	} else if (n == 0) {
		fail(s, SHORT);
	} else if (n > 0) {
		s->total += (size_t)n;
		if (room) {
			s->len += (size_t)n;
			got_data(s);
		}
	}
}

static void expire(void)
{
	uint64_t now = now_us();

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &slots[i];

		if (s->fd >= 0 && now - s->last > timeout_us)
			fail(s, TIMEOUT);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void report(void)
{
	unsigned long failures = 0, pending = 0;
	int n = 0;

	for (int i = 0; i < SLOTS; i++)
		pending += slots[i].fd >= 0;
	for (int i = 0; i < REASONS; i++)
		failures += failed[i];
	if (mode != MODE_STREAM)
		grow_gap(last_ok, now_us());
	printf("requests %lu\nok %lu\nfailed %lu\n", requests, oks, failures);
	for (int i = 0; i < REASONS; i++)
		if (failed[i])
			printf("failed_%s %lu\n", reason_names[i], failed[i]);
	printf("pending %lu\ngap_ms %lu\nlatency_ms %.1f %.1f\n", pending,
	    (unsigned long)(gap / 1000), oks ? (double)latency_sum / (double)oks / 1e3 : 0.0,
	    (double)latency_max / 1e3);
	while (n < SERVERS && servers[n].name[0])
		n++;
	qsort(servers, (size_t)n, sizeof(servers[0]), by_name);
	for (int i = 0; i < n; i++)
		printf("server %s %lu\n", servers[i].name, servers[i].count);
	printf("end\n");
	fflush(stdout);
}

static void count_anew(void)
{
	requests = oks = 0;
	gap = latency_sum = latency_max = 0;
	memset(failed, 0, sizeof(failed));
	memset(servers, 0, sizeof(servers));
	begun = last_ok = now_us();
}

static int signal_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* False: it is time to end. */
static bool handle_signals(int fd)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo != SIGUSR1)
			return false;
		report();
		count_anew();
	}
	return true;
}

static unsigned active(void)
{
	unsigned n = 0;

	for (int i = 0; i < SLOTS; i++)
		n += slots[i].fd >= 0;
	return n;
}

/* One turn: what is ready within wait_us.  False: it is time to end. */
static bool turn(int sfd, uint64_t wait_us)
{
	struct epoll_event ev[64];
	struct timespec wait = {(time_t)(wait_us / 1000000), (long)(wait_us % 1000000 * 1000)};
	int n = epoll_pwait2(poller, ev, 64, &wait, NULL);

	for (int i = 0; i < n; i++) {
		struct slot *s = ev[i].data.ptr;

		if (!s) {
			if (!handle_signals(sfd))
				return false;
		} else if (s->fd >= 0 && !s->sent) {
			send_request(s);
		} else if (s->fd >= 0) {
			receive(s);
		}
	}
	expire();
	return true;
}

static void run(int sfd, double rate, uint64_t duration, unsigned long count)
{
	uint64_t start = now_us(), next = start, period = (uint64_t)(1e6 / rate);
	unsigned long started = 0;

	for (;;) {
		uint64_t now = now_us();
		bool more = started < count && now - start < duration;

		if (more && now >= next && mode != MODE_STREAM) {
			start_request();
			started++;
			next += period;
			if (now > next + 1000000) /* we were stopped: do not burst */
				next = now;
			continue;
		}
		if (mode == MODE_STREAM)
			more = now - start < duration && active() > 0;
		if (!more && (mode == MODE_STREAM || active() == 0))
			return;
		now = now_us();
		if (!turn(sfd, !more || next <= now || next - now > 20000 ? 20000 : next - now))
			return;
	}
}

static struct addrinfo *numeric(const char *address, const char *port)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	int e = getaddrinfo(address, port, &hints, &ai);

	if (e) {
		fprintf(stderr, "client: %s: %s\n", address, gai_strerror(e));
		exit(2);
	}
	return ai;
}

static void usage(void)
{
	fprintf(stderr, "usage: client [-m http|tcp|udp|stream] [-r RATE] [-t SECONDS] [-n COUNT] "
			"[-c CONNECTIONS] [-w MS] [-s ADDR] [-H HOST] [-v] ADDR PORT [PATH]\n");
	exit(2);
}

static enum mode mode_of(const char *text)
{
	static const char *const names[] = {"http", "tcp", "udp", "stream"};

	for (int i = 0; i < 4; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum mode)i;
	usage();
	return MODE_HTTP;
}

int main(int argc, char **argv)
{
	double rate = 20, seconds = 0;
	unsigned long count = 0, connections = 10;
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
	int opt, sfd;

	while ((opt = getopt(argc, argv, "m:r:t:n:c:w:s:H:v")) != -1) {
		if (opt == 'm')
			mode = mode_of(optarg);
		else if (opt == 'r')
			rate = atof(optarg);
		else if (opt == 't')
			seconds = atof(optarg);
		else if (opt == 'n')
			count = strtoul(optarg, NULL, 10);
		else if (opt == 'c')
			connections = strtoul(optarg, NULL, 10);
		else if (opt == 'w')
			timeout_us = strtoul(optarg, NULL, 10) * 1000;
		else if (opt == 's')
			source = numeric(optarg, "0");
		else if (opt == 'H')
			host_header = optarg;
		else if (opt == 'v')
			verbose = true;
		else
			usage();
	}
	if (argc - optind < 2 || argc - optind > 3 || rate <= 0)
		usage();
	target = numeric(argv[optind], argv[optind + 1]);
	if (mode == MODE_STREAM)
		path = "/stream/100";
	if (argc - optind == 3)
		path = argv[optind + 2];
	for (int i = 0; i < SLOTS; i++)
		slots[i].fd = -1;
	poller = epoll_create1(EPOLL_CLOEXEC);
	sfd = signal_fd();
	epoll_ctl(poller, EPOLL_CTL_ADD, sfd, &ev);
	count_anew();
	for (unsigned long i = 0; mode == MODE_STREAM && i < connections; i++)
		start_request();
	run(sfd, rate, seconds > 0 ? (uint64_t)(seconds * 1e6) : UINT64_MAX,
	    count ? count : (unsigned long)-1);
	report();
	return all_failed ? 1 : 0;
}
