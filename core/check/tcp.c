/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TCP probe: success is a connection that opens; it is closed at once, in
 * the orderly way, so that the server's log shows a visitor and no error.
 */
#include "core/check/probe_type.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct tcp_probe {
	struct probe common;
	struct event *writable;
	int fd;
};

static struct tcp_probe *tcp_of(struct probe *p)
{
	return (struct tcp_probe *)p;
}

/*
 * A connect to a port of this host that nobody listens on can meet itself, if
 * the kernel picks that very port as the source (RFC 9293, simultaneous open).
 */
static bool is_self_connected(const struct tcp_probe *t)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr local;
	uint16_t port;

	if (getsockname(t->fd, (struct sockaddr *)&ss, &len) < 0 ||
	    !addr_from_sockaddr(&local, &port, (struct sockaddr *)&ss))
		return false;
	return port == t->common.spec.target.port &&
	       addr_equal(&local, &t->common.spec.target.addr);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_probe *t = arg;
	int err = 0;
	socklen_t len = sizeof(err);

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	if (!err && is_self_connected(t))
		err = ECONNREFUSED;
	if (err)
		probe_finish(&t->common, probe_blame(err), "%s", probe_words(err));
	else
		probe_finish(&t->common, PROBE_SUCCESS, "connected");
}

static void tcp_connect(struct tcp_probe *t)
{
	const struct probe_target *target = &t->common.spec.target;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&target->addr, target->port, &ss);

	if (connect(t->fd, (struct sockaddr *)&ss, len) < 0 && errno != EINPROGRESS) {
		probe_defer(&t->common, probe_blame(errno), "%s", probe_words(errno));
		return;
	}
	t->writable = event_new(t->common.loop->base, t->fd, EV_WRITE, on_writable, t);
	if (!t->writable) {
		probe_defer(&t->common, PROBE_ERROR, "out of memory");
		return;
	}
	probe_priority(t->common.loop->base, t->writable, PROBE_PRIO_IO);
	event_add(t->writable, NULL);
}

static void tcp_start(struct probe *p)
{
	struct tcp_probe *t = tcp_of(p);
	const char *what;

	t->fd = probe_socket(&p->spec.target, &what);
	if (t->fd < 0)
		probe_defer(p, PROBE_ERROR, "%s: %s", what, probe_words(errno));
	else
		tcp_connect(t);
}

static void tcp_timeout(struct probe *p)
{
	struct tcp_probe *t = tcp_of(p);
	struct pollfd answered = {.fd = t->fd, .events = POLLOUT};
	char span[PROBE_SPAN_MAX];

	/* An answer that came while this process did not run still counts. */
	if (poll(&answered, 1, 0) == 1)
		on_writable(t->fd, EV_WRITE, t);
	else
		probe_finish(
		    p, PROBE_FAILURE, "no answer in %s", probe_span(p->spec.target.timeout, span));
}

static void tcp_release(struct probe *p)
{
	struct tcp_probe *t = tcp_of(p);

	if (t->writable)
		event_free(t->writable);
	if (t->fd >= 0)
		close(t->fd);
}

static const struct probe_ops tcp_ops = {
    .start = tcp_start, .timeout = tcp_timeout, .release = tcp_release};

struct probe *tcp_probe_new(void)
{
	struct tcp_probe *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->fd = -1;
	t->common.ops = &tcp_ops;
	return &t->common;
}
