/* SPDX-License-Identifier: BSD-2-Clause */
/* See channel.h. */
#include "core/base/channel.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/clock.h"

/* Packets read in one turn of the event loop, so that a busy peer does not starve the others. */
#define TURN 64

struct packet {
	STAILQ_ENTRY(packet) entry;
	size_t len;
	uint8_t bytes[];
};
STAILQ_HEAD(packets, packet);

struct channel {
	int fd;
	struct event *readable, *writable, *later;
	const struct channel_ops *ops;
	void *arg;
	struct packets queue; /* to be sent */
	struct packets kept;  /* received while waiting for another */
	size_t queued, limit;
	bool *freed; /* set when the channel is freed in a callback */
	struct wire out;
	uint8_t buf[CHANNEL_MAX];
};

static void writable(int fd, short what, void *arg);
static void readable(int fd, short what, void *arg);
static void later(int fd, short what, void *arg);

struct channel *channel_new(
    struct event_base *base, int fd, const struct channel_ops *ops, void *arg)
{
	struct channel *ch = calloc(1, sizeof(*ch));
	int size = 1024 * 1024;

	if (!ch)
		abort();
	*ch = (struct channel){.fd = fd, .ops = ops, .arg = arg, .limit = 1024 * 1024};
	STAILQ_INIT(&ch->queue);
	STAILQ_INIT(&ch->kept);
	evutil_make_socket_nonblocking(fd);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	ch->readable = event_new(base, fd, EV_READ | EV_PERSIST, readable, ch);
	ch->writable = event_new(base, fd, EV_WRITE, writable, ch);
	ch->later = event_new(base, -1, 0, later, ch);
	if (!ch->readable || !ch->writable || !ch->later)
		abort();
	event_add(ch->readable, NULL);
	return ch;
}

static void drop(struct packets *list)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, entry);
		free(p);
	}
}

void channel_free(struct channel *ch)
{
	if (!ch)
		return;
	if (ch->freed)
		*ch->freed = true;
	drop(&ch->queue);
	drop(&ch->kept);
	event_free(ch->readable);
	event_free(ch->writable);
	event_free(ch->later);
	close(ch->fd);
	free(ch);
}

int channel_fd(const struct channel *ch)
{
	return ch->fd;
}

size_t channel_queued(const struct channel *ch)
{
	return ch->queued;
}

void channel_set_limit(struct channel *ch, size_t bytes)
{
	ch->limit = bytes;
}

void channel_drop_queue(struct channel *ch)
{
	drop(&ch->queue);
	ch->queued = 0;
	event_add(ch->writable, NULL);
}

/* The channel is broken: no more events, and the owner is told. */
static void broken(struct channel *ch, const char *why)
{
	event_del(ch->readable);
	event_del(ch->writable);
	event_del(ch->later);
	ch->ops->closed(ch, why, ch->arg);
}

static struct packet *packet_of(const void *bytes, size_t len)
{
	struct packet *p = malloc(sizeof(*p) + len);

	if (!p)
		abort();
	p->len = len;
	memcpy(p->bytes, bytes, len);
	return p;
}

/* 1: taken, 0: not now, -1: broken (seen by the reader as end of file). */
static int put(struct channel *ch, const void *bytes, size_t len)
{
	ssize_t n = send(ch->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n == (ssize_t)len)
		return 1;
	return n < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) ? 0 : -1;
}

struct wire *channel_begin(struct channel *ch, uint32_t type)
{
	ch->out = wire_writer(ch->buf, sizeof(ch->buf));
	wire_put_h32(&ch->out, type);
	wire_put_h32(&ch->out, 0);
	return &ch->out;
}

bool channel_send(struct channel *ch)
{
	uint32_t len = (uint32_t)wire_used(&ch->out);
	struct packet *p;

	if (ch->out.error)
		return false;
	memcpy(ch->buf + 4, &len, sizeof(len));
	if (STAILQ_EMPTY(&ch->queue) && put(ch, ch->buf, len) != 0)
		return true;
	if (ch->queued + len > ch->limit)
		return false;
	p = packet_of(ch->buf, len);
	STAILQ_INSERT_TAIL(&ch->queue, p, entry);
	ch->queued += len;
	event_add(ch->writable, NULL);
	return true;
}

/* Sends what the socket takes; true when the queue is empty. */
static bool send_queue(struct channel *ch)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(&ch->queue))) {
		if (put(ch, p->bytes, p->len) == 0)
			return false;
		STAILQ_REMOVE_HEAD(&ch->queue, entry);
		ch->queued -= p->len;
		free(p);
	}
	return true;
}

static void writable(int fd, short what, void *arg)
{
	struct channel *ch = arg;

	(void)fd;
	(void)what;
	if (!send_queue(ch))
		event_add(ch->writable, NULL);
	else if (ch->ops->drained)
		ch->ops->drained(ch, ch->arg);
}

/* Reads one packet into buf.  Its length; 0: nothing there; -1 and *why: broken. */
static ssize_t take(struct channel *ch, uint8_t *buf, const char **why)
{
	ssize_t n = recv(ch->fd, buf, CHANNEL_MAX, MSG_DONTWAIT | MSG_TRUNC);
	uint32_t len;

	*why = "closed by the other side";
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	*why = "a packet has a wrong length";
	if (n < CHANNEL_HEADER || n > CHANNEL_MAX)
		return -1;
	memcpy(&len, buf + 4, sizeof(len));
	return len == (uint32_t)n ? n : -1;
}

static void deliver(struct channel *ch, const uint8_t *bytes, size_t len)
{
	struct wire body = wire_reader(bytes, len);
	uint32_t type = wire_get_h32(&body);

	wire_get_h32(&body);
	ch->ops->packet(ch, type, &body, ch->arg);
}

/* The next packet, of those kept first, then from the socket; as take(). */
static ssize_t next(struct channel *ch, uint8_t *buf, const char **why)
{
	struct packet *p = STAILQ_FIRST(&ch->kept);
	ssize_t n;

	if (!p)
		return take(ch, buf, why);
	STAILQ_REMOVE_HEAD(&ch->kept, entry);
	n = (ssize_t)p->len;
	memcpy(buf, p->bytes, p->len);
	free(p);
	return n;
}

/*
 * A callback may wait for a packet and so add to those kept: they are asked for anew in each turn, or what
 * came later would overtake them.
 */
static void read_some(struct channel *ch, int most)
{
	bool freed = false, *outer = ch->freed;
	uint8_t buf[CHANNEL_MAX];
	const char *why;
	ssize_t n = 0;

	ch->freed = &freed;
	for (int i = 0; i < most && !freed && (n = next(ch, buf, &why)) > 0; i++)
		deliver(ch, buf, (size_t)n);
	if (freed) {
		if (outer)
			*outer = true;
		return;
	}
	ch->freed = outer;
	if (n < 0)
		broken(ch, why);
	else if (!STAILQ_EMPTY(&ch->kept))
		event_active(ch->later, EV_READ, 0);
}

static void readable(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_some(arg, TURN);
}

void channel_drain(struct channel *ch)
{
	read_some(ch, INT_MAX);
}

static void later(int fd, short what, void *arg)
{
	readable(fd, what, arg);
}

/* False when the deadline is over; a signal does not shorten the wait. */
static bool wait_for(int fd, short events, usec_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	usec_t now;

	while ((now = clock_now()) < deadline) {
		int n = poll(&p, 1, (int)((deadline - now) / 1000) + 1);

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
	return false;
}

bool channel_wait(struct channel *ch, uint32_t type, uint64_t timeout_usec)
{
	usec_t deadline = clock_now() + timeout_usec;
	uint8_t buf[CHANNEL_MAX];
	struct packet *kept;
	uint32_t got;
	const char *why;
	ssize_t n;

	while (!send_queue(ch))
		if (!wait_for(ch->fd, POLLOUT, deadline))
			return false;
	for (;;) {
		n = take(ch, buf, &why);
		if (n < 0 || (n == 0 && !wait_for(ch->fd, POLLIN, deadline)))
			return false;
		if (n == 0)
			continue;
		memcpy(&got, buf, sizeof(got));
		if (got == type) {
			deliver(ch, buf, (size_t)n);
			return true;
		}
		kept = packet_of(buf, (size_t)n); /* the macro would make several */
		STAILQ_INSERT_TAIL(&ch->kept, kept, entry);
		event_active(ch->later, EV_READ, 0);
	}
}

void channel_catch_up(struct channel *ch)
{
	while (!STAILQ_EMPTY(&ch->kept)) {
		struct packet *p = STAILQ_FIRST(&ch->kept);

		STAILQ_REMOVE_HEAD(&ch->kept, entry);
		deliver(ch, p->bytes, p->len);
		free(p);
	}
}

bool channel_flush(struct channel *ch, uint64_t timeout_usec)
{
	usec_t deadline = clock_now() + timeout_usec;

	while (!send_queue(ch))
		if (!wait_for(ch->fd, POLLOUT, deadline))
			return false;
	return true;
}
