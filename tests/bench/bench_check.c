/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What many checks cost: runs directord-check as the hub would, with one pool
 * of N real servers (addresses of 127.0.0.0/8, all answered by one small
 * server), and measures its processor time, and whether it keeps the pace.
 *
 *	bench_check PROGRAM tcp|http SERVERS INTERVAL_MS SECONDS
 *
 * Run it in a network namespace of its own: unshare -n.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/model/message.h"

#define PORT 8080
#define WARM_SECONDS 3

static struct {
	struct event_base *base;
	struct channel *ch;
	struct store *store;
	struct group_reader in;
	unsigned events;
} hub;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the server */

static int server_listen(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4096) < 0)
		die("listen");
	return fd;
}

static void server_answer(int fd)
{
	static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	char request[2048];

	if (read(fd, request, sizeof(request)) > 0 &&
	    write(fd, answer, sizeof(answer) - 1) != sizeof(answer) - 1)
		fprintf(stderr, "answer cut off\n");
	close(fd);
}

static void server_accept(int ep, int listener)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		ev.data.fd = fd;
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	}
}

static pid_t server_start(void)
{
	int listener = server_listen(), ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, got[256];
	pid_t pid = fork();

	if (pid)
		return pid;
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
	for (;;) {
		int n = epoll_wait(ep, got, 256, -1);

		for (int i = 0; i < n; i++) {
			if (got[i].data.fd == listener)
				server_accept(ep, listener);
			else
				server_answer(got[i].data.fd);
		}
	}
}

/* ---- the hub */

static void take_group(void)
{
	for (size_t i = 0; i < hub.in.n; i++) {
		struct group_item *item = &hub.in.items[i];
		struct row *there = store_find(hub.store, item->row);

		if (there) {
			row_copy_columns(there, item->row, item->mask);
		} else {
			store_insert(hub.store, item->row);
			item->row = NULL;
		}
	}
	group_reset(&hub.in);
}

static void packet(struct channel *ch, uint32_t type, struct wire *w, void *arg)
{
	(void)ch;
	(void)arg;
	if (type == MSG_BEGIN)
		group_read_begin(&hub.in, w);
	else if (type == MSG_ROWS)
		group_read_rows(&hub.in, w);
	else if (type == MSG_END)
		take_group();
	else if (type == MSG_EVENT)
		hub.events++;
}

static void closed(struct channel *ch, const char *why, void *arg)
{
	(void)ch;
	(void)arg;
	fprintf(stderr, "the checker is gone: %s\n", why);
	exit(1);
}

static pid_t checker_start(const char *program)
{
	static const struct channel_ops ops = {packet, closed, NULL};
	char number[12], dir[] = "/tmp/bench_check.XXXXXX", run[40];
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0 || !mkdtemp(dir))
		die("socketpair");
	snprintf(run, sizeof(run), "%s/run", dir);
	if (mkdir(run, 0755) < 0)
		die(run);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		snprintf(number, sizeof(number), "%d", fds[0]);
		execl(program, program, "-c", number, "-s", dir, (char *)NULL);
		die(program);
	}
	close(fds[0]);
	hub.ch = channel_new(hub.base, fds[1], &ops, NULL);
	channel_set_limit(hub.ch, 64 << 20);
	return pid;
}

static void send_rows(const char *type, unsigned servers, unsigned interval_ms)
{
	struct group_writer g;
	struct pool *pool = ROW_NEW(pool);
	struct check *check = ROW_NEW(check);

	group_begin(&g, hub.ch, GROUP_SYNC);
	row_set_text(&pool->name, "bench");
	group_row(&g, &pool->row, ROW_SET, table_mask(pool->row.table, CLASS_CONFIG));
	for (unsigned i = 0; i < servers; i++) {
		struct real_server *rs = ROW_NEW(real_server);
		uint8_t bytes[4] = {127, (uint8_t)(1 + (i >> 16)), (uint8_t)(i >> 8), (uint8_t)i};

		row_set_text(&rs->pool, "bench");
		rs->address = addr_from_bytes(bytes, 4);
		rs->port = PORT;
		group_row(&g, &rs->row, ROW_SET, table_mask(rs->row.table, CLASS_CONFIG));
		row_free(&rs->row);
	}
	row_set_text(&check->pool, "bench");
	row_set_text(&check->name, type);
	check->type = strcmp(type, "http") == 0 ? CHECK_HTTP : CHECK_TCP;
	check->interval = interval_ms * USEC_PER_MSEC;
	group_row(&g, &check->row, ROW_SET, table_mask(check->row.table, CLASS_CONFIG));
	if (!group_end(&g, true))
		die("group_end");
	row_free(&pool->row);
	row_free(&check->row);
}

static void run_for(unsigned seconds)
{
	struct timeval tv = {.tv_sec = seconds};

	event_base_loopexit(hub.base, &tv);
	event_base_dispatch(hub.base);
}

/* User and system time of a process, in seconds, and its resident memory in kilobytes. */
static double cpu(pid_t pid, long *rss)
{
	char path[40], line[1024] = "", *p;
	unsigned long user = 0, system = 0;
	long pages = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f || !fgets(line, sizeof(line), f))
		die(path);
	fclose(f);
	p = strrchr(line, ')');
	sscanf(p + 2,
	    "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u "
	    "%ld",
	    &user, &system, &pages);
	*rss = pages * (sysconf(_SC_PAGESIZE) / 1024);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

struct totals {
	uint64_t successes, failures, latency, worst;
	unsigned rows;
};

static struct totals totals(void)
{
	struct totals t = {0};

	STORE_FOREACH (check_result, r, hub.store) {
		t.successes += r->successes;
		t.failures += r->failures;
		t.latency += r->latency;
		t.worst = r->latency > t.worst ? r->latency : t.worst;
		t.rows++;
	}
	return t;
}

static void measure(pid_t pid, unsigned servers, unsigned interval_ms, unsigned seconds)
{
	struct totals a, b;
	double begin, end;
	long rss;

	run_for(WARM_SECONDS + servers / 1000);
	a = totals();
	begin = cpu(pid, &rss);
	run_for(seconds);
	end = cpu(pid, &rss);
	b = totals();
	printf("%u checks each %u ms: %.1f %% of a processor, %.0f us a check, %ld MB\n", servers,
	    interval_ms, 100 * (end - begin) / seconds,
	    1e6 * (end - begin) / seconds / (1000.0 * servers / interval_ms), rss / 1024);
	printf("  made %.0f a second (wanted %.0f), failed %llu, events %u, latency mean %.0f us, "
	       "worst %llu us\n",
	    (double)(b.successes - a.successes) / seconds, 1000.0 * servers / interval_ms,
	    (unsigned long long)b.failures, hub.events, (double)b.latency / (b.rows ? b.rows : 1),
	    (unsigned long long)b.worst);
}

int main(int argc, char **argv)
{
	pid_t server, checker;

	if (argc != 6) {
		fprintf(
		    stderr, "usage: %s PROGRAM tcp|http SERVERS INTERVAL_MS SECONDS\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (system("ip link set lo up") != 0)
		return 1;
	hub.base = event_base_new();
	hub.store = store_new();
	server = server_start();
	checker = checker_start(argv[1]);
	send_rows(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));
	measure(checker, (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]), (unsigned)atoi(argv[5]));
	kill(checker, SIGKILL);
	kill(server, SIGKILL);
	waitpid(checker, NULL, 0);
	waitpid(server, NULL, 0);
	return 0;
}
