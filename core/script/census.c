/* SPDX-License-Identifier: BSD-2-Clause */
/* See census.h. */
#include "core/script/census.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <bsd/sys/tree.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/script/connector.h"

/* Without events, and more rarely where it would take more than one part in COST of a CPU. */
#define POLL USEC_PER_SEC
#define COST 50
#define ANYWAY (60 * USEC_PER_SEC)
/* After a loss of events: what made so many of them goes on for a while. */
#define SETTLE (USEC_PER_SEC / 10)
/* Events that are read before others have their turn. */
#define BATCH 256

struct member {
	RB_ENTRY(member) entry;
	pid_t pid;
	uint32_t seen; /* the last time that all were counted */
};
RB_HEAD(members, member);

struct census_item {
	LIST_ENTRY(census_item) link;
	struct process_spec spec;
	struct members members;
	uint32_t count, before;
	bool fresh; /* was never counted */
	void *user;
};

struct census {
	struct event_base *base;
	void (*counted)(void *user, uint32_t count, enum process_cause cause);
	LIST_HEAD(, census_item) items;
	int fd; /* -1: there are no events */
	struct event *events, *timer;
	bool answered; /* events come */
	bool never;
	uint32_t times;
	char why[150];
};

static int member_cmp(const struct member *a, const struct member *b)
{
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

/* Not RB_GENERATE_STATIC(): see core/model/store.c. */
RB_GENERATE_INTERNAL(members, member, entry, member_cmp, static __attribute__((unused)))

static struct member *member_of(struct census_item *i, pid_t pid)
{
	struct member key = {.pid = pid};

	return RB_FIND(members, &i->members, &key);
}

static void put(struct census_item *i, pid_t pid, uint32_t seen)
{
	struct member *m = member_of(i, pid);

	if (!m) {
		m = calloc(1, sizeof(*m));
		if (!m)
			abort();
		m->pid = pid;
		RB_INSERT(members, &i->members, m);
		i->count++;
	}
	m->seen = seen;
}

static void drop(struct census_item *i, struct member *m)
{
	RB_REMOVE(members, &i->members, m);
	free(m);
	i->count--;
}

static void drop_all_but(struct census_item *i, uint32_t seen)
{
	for (struct member *m = RB_MIN(members, &i->members), *next; m; m = next) {
		next = RB_NEXT(members, &i->members, m);
		if (m->seen != seen)
			drop(i, m);
	}
}

/* -------------------------------------------------------------------------- /proc */

struct found {
	char comm[64], cmdline[PROCESS_CMDLINE_SIZE + 1];
	size_t len;
};

/* How many bytes of /proc/PID/FILE, with a NUL behind them; -1: there is no such process. */
static ssize_t read_of(pid_t pid, const char *file, char *buf, size_t size)
{
	char path[40];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* "PID (NAME) STATE ...", where the name may have anything in it. */
static bool read_comm(pid_t pid, struct found *f)
{
	char text[256], *name, *end;

	if (read_of(pid, "stat", text, sizeof(text)) <= 0)
		return false;
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end || end < name || strchr("ZX", end[1] ? end[2] : 'X'))
		return false;
	*end = '\0';
	snprintf(f->comm, sizeof(f->comm), "%s", name + 1);
	return true;
}

/* A command line is in the process' own memory, which may have to be read from the disk: only if it counts. */
static bool look_at(const struct census *c, pid_t pid, struct found *f)
{
	const struct census_item *i;
	ssize_t n = 0;

	f->len = 0;
	f->cmdline[0] = '\0';
	if (!read_comm(pid, f))
		return false;
	LIST_FOREACH (i, &c->items, link)
		if (i->spec.full)
			break;
	if (i)
		n = read_of(pid, "cmdline", f->cmdline, sizeof(f->cmdline));
	f->len = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

static void count_one(struct census *c, pid_t pid)
{
	struct census_item *i;
	struct found f;

	if (!look_at(c, pid, &f))
		return;
	LIST_FOREACH (i, &c->items, link)
		if (process_matches(&i->spec, f.comm, f.cmdline, f.len))
			put(i, pid, c->times);
}

static void tell(struct census *c, struct census_item *i, uint32_t before)
{
	enum process_cause cause = i->count > before ? PROCESS_FORKED : PROCESS_ENDED;

	if (i->count == before && !i->fresh)
		return;
	if (i->fresh)
		cause = PROCESS_CHANGED;
	i->fresh = false;
	c->counted(i->user, i->count, cause);
}

static void count_all(struct census *c)
{
	DIR *proc = opendir("/proc");
	const struct dirent *d;
	struct census_item *i;

	if (!proc) {
		log_error("/proc: %s", strerror(errno));
		return;
	}
	c->times++;
	LIST_FOREACH (i, &c->items, link)
		i->before = i->count;
	while ((d = readdir(proc)))
		if (isdigit((unsigned char)d->d_name[0]))
			count_one(c, (pid_t)strtol(d->d_name, NULL, 10));
	closedir(proc);
	LIST_FOREACH (i, &c->items, link) {
		drop_all_but(i, c->times);
		tell(c, i, i->before);
	}
}

static void set_timer(struct census *c, usec_t in)
{
	struct timeval tv = usec_to_timeval(in);

	event_add(c->timer, &tv);
}

/* Counts all, and says when to do it again. */
static void count_and_wait(struct census *c)
{
	usec_t began = clock_now(), cost;

	count_all(c);
	cost = (clock_now() - began) * COST;
	set_timer(c, c->answered ? ANYWAY : cost > POLL ? cost : POLL);
}

static void on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	count_and_wait(arg);
}

/* ------------------------------------------------------------------------- events */

static void close_events(struct census *c)
{
	c->answered = false;
	if (c->fd < 0)
		return;
	event_free(c->events);
	close(c->fd);
	c->fd = -1;
}

static void answer(struct census *c, int error)
{
	c->answered = error == 0;
	if (c->answered) {
		c->why[0] = '\0';
		set_timer(c, ANYWAY);
		return;
	}
	snprintf(c->why, sizeof(c->why), "the kernel does not tell of processes: %s",
	    strerror(error < 0 ? -error : error));
}

/* Is the process one of them, or is it no longer? */
static void is_one(struct census *c, struct census_item *i, pid_t pid, bool one)
{
	struct member *m = member_of(i, pid);

	if (one == (m != NULL))
		return;
	if (one)
		put(i, pid, c->times);
	else
		drop(i, m);
	c->counted(i->user, i->count, PROCESS_CHANGED);
}

/* One that is gone already has an end, which is told next. */
static void take_exec(struct census *c, pid_t pid)
{
	struct census_item *i;
	struct found f;

	if (!look_at(c, pid, &f))
		return;
	LIST_FOREACH (i, &c->items, link)
		is_one(c, i, pid, process_matches(&i->spec, f.comm, f.cmdline, f.len));
}

static void take_name(struct census *c, const struct connector_event *e)
{
	struct census_item *i;

	LIST_FOREACH (i, &c->items, link)
		if (!i->spec.full)
			is_one(c, i, e->pid, process_matches(&i->spec, e->name, "", 0));
}

/* A child is what its parent is. */
static void take_fork(struct census *c, const struct connector_event *e)
{
	struct census_item *i;

	LIST_FOREACH (i, &c->items, link) {
		if (!member_of(i, e->parent) || member_of(i, e->pid))
			continue;
		put(i, e->pid, c->times);
		c->counted(i->user, i->count, PROCESS_FORKED);
	}
}

static void take_exit(struct census *c, pid_t pid)
{
	struct census_item *i;

	LIST_FOREACH (i, &c->items, link) {
		struct member *m = member_of(i, pid);

		if (!m)
			continue;
		drop(i, m);
		c->counted(i->user, i->count, PROCESS_ENDED);
	}
}

static void take(const struct connector_event *e, void *arg)
{
	struct census *c = arg;

	switch (e->kind) {
	case CONNECTOR_ANSWER:
		answer(c, e->error);
		return;
	case CONNECTOR_FORK:
		take_fork(c, e);
		return;
	case CONNECTOR_EXEC:
		take_exec(c, e->pid);
		return;
	case CONNECTOR_NAME:
		take_name(c, e);
		return;
	case CONNECTOR_EXIT:
		take_exit(c, e->pid);
		return;
	}
}

static void on_events(int fd, short what, void *arg)
{
	struct census *c = arg;
	char buf[4096];

	(void)what;
	for (int k = 0; k < BATCH; k++) {
		struct sockaddr_nl from = {.nl_pid = 1};
		socklen_t size = sizeof(from);
		ssize_t n =
		    recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)(void *)&from, &size);

		if (n < 0 && errno == ENOBUFS) {
			log_info("events of processes were lost: all are counted anew");
			set_timer(c, SETTLE);
		}
		if (n <= 0)
			return;
		if (from.nl_pid == 0) /* the kernel */
			connector_parse(buf, (size_t)n, take, c);
	}
}

/* They come before all are counted, so that nothing is between. */
static void open_events(struct census *c)
{
	char why[100];

	if (c->fd >= 0 || c->never)
		return;
	snprintf(c->why, sizeof(c->why), "the kernel does not tell of processes");
	c->fd = connector_open(why);
	if (c->fd < 0) {
		snprintf(c->why, sizeof(c->why), "the kernel does not tell of processes: %s", why);
		return;
	}
	c->events = event_new(c->base, c->fd, EV_READ | EV_PERSIST, on_events, c);
	event_add(c->events, NULL);
	on_events(c->fd, EV_READ, c);
}

/* -------------------------------------------------------------------------- items */

struct census_item *census_add(struct census *c, const struct process_spec *s, void *user)
{
	struct census_item *i = calloc(1, sizeof(*i));

	if (!i)
		abort();
	i->spec = *s;
	i->user = user;
	i->fresh = true;
	RB_INIT(&i->members);
	LIST_INSERT_HEAD(&c->items, i, link);
	return i;
}

void census_remove(struct census_item *i)
{
	while (!RB_EMPTY(&i->members))
		drop(i, RB_ROOT(&i->members));
	LIST_REMOVE(i, link);
	free(i);
}

void census_take(struct census *c)
{
	if (LIST_EMPTY(&c->items)) {
		close_events(c);
		event_del(c->timer);
		return;
	}
	open_events(c);
	count_and_wait(c);
}

const char *census_why(const struct census *c)
{
	return c->why;
}

void census_without_events(struct census *c)
{
	c->never = true;
	snprintf(c->why, sizeof(c->why), "switched off");
}

struct census *census_new(
    struct event_base *base, void (*counted)(void *user, uint32_t count, enum process_cause cause))
{
	struct census *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->base = base;
	c->counted = counted;
	c->fd = -1;
	c->timer = evtimer_new(base, on_timer, c);
	LIST_INIT(&c->items);
	return c;
}

void census_free(struct census *c)
{
	while (!LIST_EMPTY(&c->items))
		census_remove(LIST_FIRST(&c->items));
	close_events(c);
	event_free(c->timer);
	free(c);
}
