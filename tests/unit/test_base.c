/* SPDX-License-Identifier: BSD-2-Clause */
/* What every process is made of: the cursor over bytes, channels, the log, the clock, giving up rights. */
#include "core/base/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/privilege.h"
#include "core/base/rundir.h"
#include "core/base/utf8.h"
#include "tests/unit/unit.h"

/* -------------------------------------------------------------------------- wire */

START_TEST(test_wire_numbers)
{
	static const uint8_t net[] = {1, 2, 3, 4, 5, 6, 7};
	uint8_t buf[64];
	struct wire w = wire_writer(buf, sizeof(buf)), r;

	wire_put_u8(&w, 1);
	wire_put_be16(&w, 0x0203);
	wire_put_be32(&w, 0x04050607);
	ck_assert_uint_eq(wire_used(&w), 7);
	ck_assert_mem_eq(buf, net, sizeof(net));
	wire_put_h16(&w, 0xfffe);
	wire_put_h32(&w, 0xfffffffd);
	wire_put_h64(&w, UINT64_MAX - 3);
	r = wire_reader(buf, wire_used(&w));
	ck_assert_uint_eq(wire_get_u8(&r), 1);
	ck_assert_uint_eq(wire_get_be16(&r), 0x0203);
	ck_assert_uint_eq(wire_get_be32(&r), 0x04050607);
	ck_assert_uint_eq(wire_get_h16(&r), 0xfffe);
	ck_assert_uint_eq(wire_get_h32(&r), 0xfffffffd);
	ck_assert(!wire_done(&r));
	ck_assert_uint_eq(wire_get_h64(&r), UINT64_MAX - 3);
	ck_assert(wire_done(&r));
}
END_TEST

START_TEST(test_wire_read_error)
{
	static const uint8_t three[] = {1, 2, 3};
	struct wire r = wire_reader(three, sizeof(three));

	ck_assert_uint_eq(wire_get_be32(&r), 0);
	ck_assert(r.error);
	ck_assert_uint_eq(wire_left(&r), 0);
	ck_assert_uint_eq(wire_get_u8(&r), 0); /* sticky, though there is a byte */
	ck_assert_ptr_null(wire_get_bytes(&r, 1));
	ck_assert(!wire_done(&r));
}
END_TEST

START_TEST(test_wire_write_error)
{
	uint8_t buf[4] = {9, 9, 9, 9};
	struct wire w = wire_writer(buf, 3);

	wire_put_h16(&w, 0);
	wire_put_h16(&w, 0x0101);
	ck_assert(w.error);
	wire_put_u8(&w, 1); /* would fit */
	ck_assert_uint_eq(buf[2], 9);
	ck_assert_uint_eq(buf[3], 9);
	ck_assert_uint_eq(wire_used(&w), 2);
}
END_TEST

START_TEST(test_wire_strings)
{
	uint8_t buf[64];
	char text[6] = "?";
	struct wire w = wire_writer(buf, sizeof(buf)), r;

	wire_put_str(&w, "");
	wire_put_str(&w, "five5");
	wire_put_str(&w, "sixsix");
	r = wire_reader(buf, wire_used(&w));
	wire_get_str(&r, text, sizeof(text));
	ck_assert_str_eq(text, "");
	wire_get_str(&r, text, sizeof(text));
	ck_assert_str_eq(text, "five5");
	wire_get_str(&r, text, sizeof(text));
	ck_assert_str_eq(text, "");
	ck_assert(r.error);
	r = wire_reader("\3\0a\0b", 5);
	wire_get_str(&r, text, sizeof(text));
	ck_assert(r.error && !*text);
	r = wire_reader("\3\0a", 3);
	wire_get_str(&r, text, sizeof(text));
	ck_assert(r.error && !*text);
}
END_TEST

START_TEST(test_wire_long_string)
{
	static char big[70000], buf[80000];
	struct wire w = wire_writer(buf, sizeof(buf));

	memset(big, 'x', sizeof(big) - 1);
	wire_put_str(&w, big);
	ck_assert(w.error);
	big[65535] = '\0';
	w = wire_writer(buf, sizeof(buf));
	wire_put_str(&w, big);
	ck_assert(!w.error && wire_used(&w) == 65537);
}
END_TEST

/* ----------------------------------------------------------------------- channel */

/* One end of a socket pair is a channel, the other one the test's. */
struct end {
	struct event_base *base;
	struct channel *ch;
	int peer;
	uint32_t types[1000];
	size_t lengths[1000];
	unsigned packets, closed, drained;
	char why[80];
	uint32_t wait_at, wait_for; /* in the callback for one type, wait for the other */
	uint32_t free_at;
	bool waited;
};

static void on_packet(struct channel *ch, uint32_t type, struct wire *body, void *arg)
{
	struct end *e = arg;

	ck_assert_uint_lt(e->packets, 1000);
	e->lengths[e->packets] = wire_left(body);
	e->types[e->packets++] = type;
	if (type == e->wait_at)
		e->waited = channel_wait(ch, e->wait_for, USEC_PER_SEC);
	if (type == e->free_at) {
		channel_free(ch);
		e->ch = NULL;
	}
}

static void on_closed(struct channel *ch, const char *why, void *arg)
{
	struct end *e = arg;

	e->closed++;
	snprintf(e->why, sizeof(e->why), "%s", why);
	channel_free(ch);
	e->ch = NULL;
}

static void on_drained(struct channel *ch, void *arg)
{
	struct end *e = arg;

	ck_assert_uint_eq(channel_queued(ch), 0);
	e->drained++;
}

static struct end *end_new(void)
{
	static const struct channel_ops ops = {on_packet, on_closed, on_drained};
	struct end *e = calloc(1, sizeof(*e));
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	e->base = event_base_new();
	e->ch = channel_new(e->base, fds[0], &ops, e);
	e->peer = fds[1];
	fcntl(e->peer, F_SETFL, O_NONBLOCK);
	ck_assert_int_eq(channel_fd(e->ch), fds[0]);
	e->wait_at = e->free_at = UINT32_MAX;
	return e;
}

static void end_free(struct end *e)
{
	channel_free(e->ch);
	event_base_free(e->base);
	if (e->peer >= 0)
		close(e->peer);
	free(e);
}

static void turn(struct end *e)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(e->base, EVLOOP_NONBLOCK);
}

static void peer_send(struct end *e, uint32_t type, uint32_t claimed, size_t len)
{
	static uint8_t buf[CHANNEL_MAX * 2];

	memcpy(buf, &type, 4);
	memcpy(buf + 4, &claimed, 4);
	ck_assert_int_eq(send(e->peer, buf, len, 0), (ssize_t)len);
}

static void peer_types(struct end *e, const uint32_t *types)
{
	for (; *types; types++)
		peer_send(e, *types, CHANNEL_HEADER, CHANNEL_HEADER);
}

static void got_types(struct end *e, const uint32_t *types)
{
	unsigned n = 0;

	for (; types[n]; n++) {
		ck_assert_uint_lt(n, e->packets);
		ck_assert_msg(
		    e->types[n] == types[n], "packet %u is %u, not %u", n, e->types[n], types[n]);
	}
	ck_assert_uint_eq(e->packets, n);
}

#define TYPES(...) ((const uint32_t[]){__VA_ARGS__, 0})

START_TEST(test_channel_both_ways)
{
	struct end *e = end_new();
	uint32_t got[4];

	wire_put_h32(channel_begin(e->ch, 7), 42);
	ck_assert(channel_send(e->ch));
	ck_assert_int_eq(recv(e->peer, got, sizeof(got), 0), 12);
	ck_assert(got[0] == 7 && got[1] == 12 && got[2] == 42);
	peer_send(e, 5, 20, 20);
	turn(e);
	got_types(e, TYPES(5));
	ck_assert_uint_eq(e->lengths[0], 12);
	ck_assert_uint_eq(e->drained, 0);
	end_free(e);
}
END_TEST

START_TEST(test_channel_many)
{
	struct end *e = end_new();

	fcntl(e->peer, F_SETFL, 0);
	for (uint32_t i = 1; i <= 200; i++)
		peer_send(e, i, CHANNEL_HEADER, CHANNEL_HEADER);
	turn(e);
	ck_assert_uint_eq(e->packets, 200);
	for (uint32_t i = 0; i < 200; i++)
		ck_assert_uint_eq(e->types[i], i + 1);
	end_free(e);
}
END_TEST

START_TEST(test_channel_sizes)
{
	struct end *e = end_new();
	static uint8_t body[CHANNEL_MAX];
	static uint8_t buf[CHANNEL_MAX + 1];

	wire_put_bytes(channel_begin(e->ch, 1), body, CHANNEL_MAX - CHANNEL_HEADER);
	ck_assert(channel_send(e->ch));
	ck_assert_int_eq(recv(e->peer, buf, sizeof(buf), 0), CHANNEL_MAX);
	wire_put_bytes(channel_begin(e->ch, 1), body, CHANNEL_MAX - CHANNEL_HEADER + 1);
	ck_assert(!channel_send(e->ch));
	ck_assert_int_eq(recv(e->peer, buf, sizeof(buf), 0), -1);
	channel_begin(e->ch, 2);
	ck_assert(channel_send(e->ch));
	ck_assert_int_eq(recv(e->peer, buf, sizeof(buf), 0), CHANNEL_HEADER);
	peer_send(e, 9, CHANNEL_MAX, CHANNEL_MAX);
	turn(e);
	got_types(e, TYPES(9));
	ck_assert_uint_eq(e->closed, 0);
	end_free(e);
}
END_TEST

static void breaks(uint32_t claimed, size_t len)
{
	struct end *e = end_new();

	peer_send(e, 1, CHANNEL_HEADER, CHANNEL_HEADER);
	peer_send(e, 2, claimed, len);
	peer_send(e, 3, CHANNEL_HEADER, CHANNEL_HEADER);
	turn(e);
	got_types(e, TYPES(1));
	ck_assert_uint_eq(e->closed, 1);
	ck_assert_str_eq(e->why, "a packet has a wrong length");
	end_free(e);
}

START_TEST(test_channel_wrong_length)
{
	breaks(9, 8);
	breaks(7, 8);
	breaks(0, 8);
	breaks(UINT32_MAX, 8);
	breaks(8, 9);
	breaks(7, 7);
	breaks(1, 1);
	breaks(CHANNEL_MAX + 1, CHANNEL_MAX + 1);
	breaks(CHANNEL_MAX, CHANNEL_MAX + 1);
}
END_TEST

START_TEST(test_channel_closed)
{
	struct end *e = end_new();

	peer_types(e, TYPES(1, 2));
	close(e->peer);
	e->peer = -1;
	channel_begin(e->ch, 1);
	channel_send(e->ch); /* nobody is there: not an error of ours, the reader sees the end */
	turn(e);
	got_types(e, TYPES(1, 2));
	ck_assert_uint_eq(e->closed, 1);
	ck_assert_str_eq(e->why, "closed by the other side");
	end_free(e);
}
END_TEST

/* Sends numbered packets until one is refused; how many were taken. */
static uint32_t fill_queue(struct end *e)
{
	uint32_t n = 0;

	for (;; n++) {
		struct wire *w = channel_begin(e->ch, 1);

		for (int i = 0; i < 250; i++)
			wire_put_h32(w, n);
		if (!channel_send(e->ch))
			return n;
		ck_assert_uint_lt(n, 100000);
	}
}

START_TEST(test_channel_queue)
{
	struct end *e = end_new();
	static uint32_t buf[CHANNEL_MAX / 4];
	uint32_t n, got = 0;

	channel_set_limit(e->ch, 100 * 1024);
	n = fill_queue(e);
	ck_assert_uint_le(channel_queued(e->ch), 100 * 1024);
	ck_assert_uint_gt(channel_queued(e->ch), 98 * 1024);
	turn(e);
	ck_assert_uint_eq(e->drained, 0);
	while (got < n) { /* what was taken arrives, in order, and the queue runs dry once */
		while (recv(e->peer, buf, sizeof(buf), 0) > 0)
			ck_assert_uint_eq(buf[2], got++);
		turn(e);
	}
	ck_assert_uint_eq(got, n);
	ck_assert_uint_eq(e->drained, 1);
	ck_assert_uint_eq(channel_queued(e->ch), 0);
	ck_assert_int_eq(recv(e->peer, buf, sizeof(buf), 0), -1);
	end_free(e);
}
END_TEST

START_TEST(test_channel_drop_queue)
{
	struct end *e = end_new();
	static uint32_t buf[CHANNEL_MAX / 4];
	uint32_t n, got = 0;

	channel_set_limit(e->ch, 100 * 1024);
	n = fill_queue(e);
	channel_drop_queue(e->ch);
	ck_assert_uint_eq(channel_queued(e->ch), 0);
	for (; recv(e->peer, buf, sizeof(buf), 0) > 0; turn(e))
		got++;
	ck_assert_uint_lt(got, n);
	ck_assert_uint_eq(e->drained, 1); /* and nothing had to be sent for that */
	channel_begin(e->ch, 2);
	ck_assert(channel_send(e->ch));
	ck_assert_int_eq(recv(e->peer, buf, sizeof(buf), 0), CHANNEL_HEADER);
	end_free(e);
}
END_TEST

START_TEST(test_channel_wait)
{
	struct end *e = end_new();

	peer_types(e, TYPES(1, 2, 9, 3));
	ck_assert(channel_wait(e->ch, 9, USEC_PER_SEC));
	got_types(e, TYPES(9));
	peer_types(e, TYPES(4));
	turn(e);
	got_types(e, TYPES(9, 1, 2, 3, 4));
	end_free(e);
}
END_TEST

/* A callback that waits must not let later packets overtake those that it passed by. */
START_TEST(test_channel_wait_in_callback)
{
	struct end *e = end_new();

	e->wait_at = 1;
	e->wait_for = 9;
	peer_types(e, TYPES(1, 2, 3, 9, 4, 5));
	turn(e);
	ck_assert(e->waited);
	got_types(e, TYPES(1, 9, 2, 3, 4, 5));
	end_free(e);
}
END_TEST

START_TEST(test_channel_wait_twice)
{
	struct end *e = end_new();

	peer_types(e, TYPES(1, 9, 2, 9, 3));
	ck_assert(channel_wait(e->ch, 9, USEC_PER_SEC));
	ck_assert(channel_wait(e->ch, 9, USEC_PER_SEC));
	got_types(e, TYPES(9, 9));
	turn(e);
	got_types(e, TYPES(9, 9, 1, 2, 3));
	end_free(e);
}
END_TEST

START_TEST(test_channel_wait_timeout)
{
	struct end *e = end_new();
	usec_t start = clock_now();

	peer_types(e, TYPES(1));
	ck_assert(!channel_wait(e->ch, 9, 100 * USEC_PER_MSEC));
	ck_assert_uint_ge(clock_now() - start, 100 * USEC_PER_MSEC);
	ck_assert_uint_lt(clock_now() - start, 2 * USEC_PER_SEC);
	turn(e);
	got_types(e, TYPES(1));
	ck_assert_uint_eq(e->closed, 0);
	end_free(e);
}
END_TEST

START_TEST(test_channel_wait_closed)
{
	struct end *e = end_new();
	usec_t start = clock_now();

	peer_types(e, TYPES(1));
	close(e->peer);
	e->peer = -1;
	ck_assert(!channel_wait(e->ch, 9, 5 * USEC_PER_SEC));
	ck_assert_uint_lt(clock_now() - start, USEC_PER_SEC);
	ck_assert_uint_eq(e->closed, 0); /* told by the event loop, after what came before */
	turn(e);
	got_types(e, TYPES(1));
	ck_assert_uint_eq(e->closed, 1);
	end_free(e);
}
END_TEST

static void nothing(int sig)
{
	(void)sig;
}

/* Signals (a child ended, say) neither shorten the waiting nor break it. */
static void interrupt(void)
{
	struct sigaction sa = {.sa_handler = nothing};
	struct itimerval often = {{0, 5000}, {0, 5000}};

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

START_TEST(test_channel_wait_interrupted)
{
	struct end *e = end_new();
	usec_t start = clock_now();

	interrupt();
	ck_assert(!channel_wait(e->ch, 9, 100 * USEC_PER_MSEC));
	ck_assert_uint_ge(clock_now() - start, 100 * USEC_PER_MSEC);
	end_free(e);
}
END_TEST

START_TEST(test_channel_flush)
{
	struct end *e = end_new();
	uint32_t n = fill_queue(e);
	usec_t start = clock_now();
	pid_t pid;

	ck_assert(!channel_flush(e->ch, 100 * USEC_PER_MSEC)); /* nobody reads */
	ck_assert_uint_ge(clock_now() - start, 100 * USEC_PER_MSEC);
	pid = fork();
	if (pid == 0) {
		static uint8_t buf[CHANNEL_MAX];

		fcntl(e->peer, F_SETFL, 0);
		for (uint32_t i = 0; i < n; i++)
			recv(e->peer, buf, sizeof(buf), 0);
		_exit(0);
	}
	interrupt();
	ck_assert(channel_flush(e->ch, 10 * USEC_PER_SEC));
	ck_assert_uint_eq(channel_queued(e->ch), 0);
	end_free(e);
}
END_TEST

START_TEST(test_channel_free_in_packet)
{
	struct end *e = end_new();

	e->free_at = 2;
	peer_types(e, TYPES(1, 2, 3));
	turn(e);
	got_types(e, TYPES(1, 2));
	ck_assert_uint_eq(e->closed, 0);
	end_free(e);
}
END_TEST

START_TEST(test_channel_free_in_kept)
{
	struct end *e = end_new();

	e->free_at = 2;
	peer_types(e, TYPES(1, 2, 3, 9, 4));
	ck_assert(channel_wait(e->ch, 9, USEC_PER_SEC));
	turn(e);
	got_types(e, TYPES(9, 1, 2));
	end_free(e);
}
END_TEST

START_TEST(test_channel_free_while_waiting)
{
	struct end *e = end_new();

	e->wait_at = 1;
	e->wait_for = 9;
	e->free_at = 9;
	peer_types(e, TYPES(1, 2, 9, 3));
	turn(e);
	got_types(e, TYPES(1, 9));
	ck_assert(e->waited);
	end_free(e);
}
END_TEST

START_TEST(test_channel_free_with_queue)
{
	struct end *e = end_new();

	fill_queue(e);
	end_free(e);
	channel_free(NULL);
}
END_TEST

/* --------------------------------------------------------------------------- log */

static struct {
	unsigned lines;
	bool deaf;
	char last[1100], before[1100];
	enum log_level level;
} logged;

static bool sink(enum log_level level, const char *process, const char *line, void *arg)
{
	ck_assert_ptr_eq(arg, &logged);
	ck_assert_str_eq(process, "tester");
	if (logged.deaf)
		return false;
	logged.lines++;
	logged.level = level;
	strcpy(logged.before, logged.last);
	snprintf(logged.last, sizeof(logged.last), "%s", line);
	return true;
}

START_TEST(test_log_levels)
{
	log_init("tester", LOG_LEVEL_NOTICE);
	log_set_sink(sink, &logged);
	log_error("number %d", 1);
	ck_assert_str_eq(logged.last, "number 1");
	ck_assert_int_eq(logged.level, LOG_LEVEL_ERROR);
	log_notice("two");
	log_info("three");
	log_debug("four");
	ck_assert_uint_eq(logged.lines, 2);
	ck_assert_str_eq(logged.last, "two");
}
END_TEST

START_TEST(test_log_errno)
{
	log_init("tester", LOG_LEVEL_INFO);
	log_set_sink(sink, &logged);
	errno = ENOENT;
	log_info("%s", "x");
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(test_log_long)
{
	char big[3000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_init("tester", LOG_LEVEL_INFO);
	log_set_sink(sink, &logged);
	log_info("%s", big);
	ck_assert_uint_ge(strlen(logged.last), 1000);
}
END_TEST

START_TEST(test_log_lost)
{
	uint64_t before = log_lost();

	log_init("tester", LOG_LEVEL_INFO);
	log_set_sink(sink, &logged);
	logged.deaf = true;
	for (int i = 0; i < 5; i++)
		log_info("x");
	ck_assert_uint_eq(log_lost() - before, 5);
	logged.deaf = false;
	log_info("back");
	ck_assert_uint_eq(logged.lines, 2);
	ck_assert_str_eq(logged.last, "back");
	ck_assert_msg(strstr(logged.before, "5 log lines"), "%s", logged.before);
	log_info("again");
	ck_assert_uint_eq(logged.lines, 3);
}
END_TEST

/* Nobody reads standard error: the log goes on, and says later what was lost. */
START_TEST(test_log_stderr)
{
	int fds[2];
	char buf[65536];
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	log_init("tester", LOG_LEVEL_INFO);
	log_set_sink(NULL, NULL);
	for (int i = 0; i < 5000; i++)
		log_warning("line %d", i);
	ck_assert_uint_gt(log_lost(), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	n = read(fds[0], buf, sizeof(buf) - 1);
	ck_assert_int_gt(n, 0);
	buf[n] = '\0';
	ck_assert_ptr_nonnull(strstr(buf, " tester: warning: line 0\n"));
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	log_warning("last");
	n = read(fds[0], buf, sizeof(buf) - 1);
	buf[n > 0 ? n : 0] = '\0';
	ck_assert_msg(
	    strstr(buf, "log lines were lost") && strstr(buf, "warning: last\n"), "%s", buf);
}
END_TEST

/* A line is one line, whatever a stranger put into it. */
START_TEST(test_log_control_characters)
{
	int fds[2];
	char buf[1000];
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_init("tester", LOG_LEVEL_INFO);
	log_set_sink(NULL, NULL);
	log_warning("said: %s", "hello\n<3>forged\x1b[31m");
	n = read(fds[0], buf, sizeof(buf) - 1);
	ck_assert_int_gt(n, 0);
	buf[n] = '\0';
	ck_assert_msg(strchr(buf, '\n') == buf + n - 1, "%s", buf);
	ck_assert_msg(strncmp(buf, "<4>tester: ", 11) == 0, "%s", buf);
	ck_assert_ptr_null(strchr(buf, 0x1b));
}
END_TEST

START_TEST(test_log_limit)
{
	static struct log_limit l;
	unsigned suppressed = 99, ok = 0;

	for (int i = 0; i < 10; i++)
		ok += log_limit_ok(&l, 3, 50 * USEC_PER_MSEC, &suppressed);
	ck_assert_uint_eq(ok, 3);
	ck_assert_uint_eq(suppressed, 0);
	usleep(60000);
	ck_assert(log_limit_ok(&l, 3, 50 * USEC_PER_MSEC, &suppressed));
	ck_assert_uint_eq(suppressed, 7);
	ck_assert(log_limit_ok(&l, 3, 50 * USEC_PER_MSEC, &suppressed));
	ck_assert_uint_eq(suppressed, 0);
}
END_TEST

/* ------------------------------------------------------------------ clock, privilege */

START_TEST(test_clock)
{
	usec_t a = clock_now(), b;
	struct timeval tv = usec_to_timeval(3 * USEC_PER_SEC + 7);

	usleep(2000);
	b = clock_now();
	ck_assert_uint_ge(b - a, 2000);
	ck_assert(tv.tv_sec == 3 && tv.tv_usec == 7);
	ck_assert_uint_gt(clock_wall(), 1600000000 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_privilege)
{
	const cap_value_t keep = CAP_NET_RAW;
	uid_t uid, me = geteuid();
	gid_t gid;
	cap_t caps = cap_get_proc();
	cap_flag_value_t had, has;

	cap_get_flag(caps, keep, CAP_PERMITTED, &had);
	cap_free(caps);
	log_init("tester", LOG_LEVEL_NOTICE);
	log_set_sink(sink, &logged);
	ck_assert(privilege_user("nobody-has-this-name", &uid, &gid));
	log_set_sink(NULL, NULL);
	ck_assert_int_eq(logged.level, LOG_LEVEL_WARNING);
	ck_assert_ptr_nonnull(strstr(logged.last, "no user directord-nobody-has-this-name"));
	ck_assert_uint_ne(uid, 0);
	ck_assert(privilege_drop(uid, gid, &keep, had == CAP_SET ? 1 : 0));
	if (me == 0) {
		ck_assert_uint_eq(geteuid(), uid);
		ck_assert_uint_eq(getegid(), gid);
		ck_assert_int_eq(setuid(0), -1);
	}
	caps = cap_get_proc();
	for (cap_value_t c = 0; c <= CAP_LAST_CAP; c++) {
		if (cap_get_flag(caps, c, CAP_PERMITTED, &has) == 0)
			ck_assert_msg(has == (c == keep ? had : CAP_CLEAR), "capability %d", c);
	}
	cap_free(caps);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
}
END_TEST

static void add(Suite *s, const char *name, const TTest *const *tests)
{
	TCase *tc = tcase_create(name);

	for (; *tests; tests++)
		tcase_add_test(tc, *tests);
	tcase_set_timeout(tc, 30);
	suite_add_tcase(s, tc);
}

/* RFC 3629 section 3, and table 3-7 of the Unicode standard. */
START_TEST(test_rundir)
{
	char dir[80], path[200] = "", again[200];
	struct stat st;

	unit_folder(dir);
	if (rundir_find(dir, path, sizeof(path))) {
		ck_assert(rundir_fits(path));
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_uint_eq(st.st_mode & 0777, 0755);
		ck_assert(rundir_find(dir, again, sizeof(again)));
		ck_assert_str_eq(again, path);
		/* one that others can write to may be anybody's */
		ck_assert_int_eq(chmod(path, 0777), 0);
		ck_assert(!rundir_find(dir, again, sizeof(again)) || strcmp(again, path) != 0);
		ck_assert(strcmp(again, path) == 0 || rmdir(again) == 0);
		ck_assert_int_eq(rmdir(path), 0);
	}
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert(!rundir_find(dir, again, sizeof(again)));
	ck_assert(!rundir_fits("/proc"));
	ck_assert(!rundir_fits(dir));
}
END_TEST

START_TEST(test_utf8)
{
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {{"a", 1}, {"\xc3\xa4", 2}, {"\xe2\x82\xac", 3}, {"\xf0\x9f\x98\x80", 4},
	    {"\x80", 0}, {"\xc0\x80", 0}, {"\xc1\xbf", 0}, {"\xc2", 0}, {"\xe0\x9f\xbf", 0},
	    {"\xe0\xa0\x80", 3}, {"\xed\x9f\xbf", 3}, {"\xed\xa0\x80", 0}, {"\xef\xbf\xbf", 3},
	    {"\xf0\x8f\xbf\xbf", 0}, {"\xf0\x90\x80\x80", 4}, {"\xf4\x8f\xbf\xbf", 4},
	    {"\xf4\x90\x80\x80", 0}, {"\xf5\x80\x80\x80", 0}, {"\xe2\x82", 0}, {"\xff", 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_msg(utf8_length(cases[i].text) == cases[i].length, "%zu", i);
		ck_assert_int_eq(utf8_valid(cases[i].text), cases[i].length != 0);
	}
	ck_assert(utf8_valid("") && utf8_valid("a\xc3\xa4\xe2\x82\xac"));
	ck_assert(!utf8_valid("a\xc3\xa4\xe4"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");

	signal(SIGPIPE, SIG_IGN);
	add(s, "wire",
	    (const TTest *const[]){test_wire_numbers, test_wire_read_error, test_wire_write_error,
		test_wire_strings, test_wire_long_string, NULL});
	add(s, "channel",
	    (const TTest *const[]){test_channel_both_ways, test_channel_many, test_channel_sizes,
		test_channel_wrong_length, test_channel_closed, test_channel_queue,
		test_channel_drop_queue, test_channel_wait, test_channel_wait_in_callback,
		test_channel_wait_twice, test_channel_wait_timeout, test_channel_wait_closed,
		test_channel_wait_interrupted, test_channel_flush, test_channel_free_in_packet,
		test_channel_free_in_kept, test_channel_free_while_waiting,
		test_channel_free_with_queue, NULL});
	add(s, "log",
	    (const TTest *const[]){test_log_levels, test_log_errno, test_log_long, test_log_lost,
		test_log_stderr, test_log_control_characters, test_log_limit, NULL});
	add(s, "clock", (const TTest *const[]){test_clock, NULL});
	add(s, "rundir", (const TTest *const[]){test_rundir, NULL});
	add(s, "utf8", (const TTest *const[]){test_utf8, NULL});
	add(s, "privilege", (const TTest *const[]){test_privilege, NULL});
	return unit_run(s);
}
