/* SPDX-License-Identifier: BSD-2-Clause */
/* See probe.h and probe_type.h. */
#include "core/check/probe_type.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct probe_loop *probe_loop_new(struct event_base *base)
{
	struct probe_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->base = base;
	LIST_INIT(&loop->probes);
	return loop;
}

void probe_loop_free(struct probe_loop *loop)
{
	while (!LIST_EMPTY(&loop->probes))
		probe_cancel(LIST_FIRST(&loop->probes));
	http_multi_free(loop->http);
	free(loop);
}

unsigned probe_loop_running(const struct probe_loop *loop)
{
	return loop->running;
}

static void probe_free(struct probe *p)
{
	p->ops->release(p);
	LIST_REMOVE(p, link);
	p->loop->running--;
	event_free(p->timer);
	free(p);
}

static void probe_end(struct probe *p)
{
	struct probe_result result = p->result;
	probe_done done = p->done;
	void *arg = p->arg;

	result.latency = clock_now() - p->started;
	probe_free(p);
	done(&result, arg);
}

static void __attribute__((format(printf, 3, 0)))
result_set(struct probe_result *r, enum probe_outcome outcome, const char *fmt, va_list ap)
{
	r->outcome = outcome;
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
}

void probe_finish(struct probe *p, enum probe_outcome outcome, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result_set(&p->result, outcome, fmt, ap);
	va_end(ap);
	probe_end(p);
}

void probe_defer(struct probe *p, enum probe_outcome outcome, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result_set(&p->result, outcome, fmt, ap);
	va_end(ap);
	p->deferred = true;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;

	(void)fd;
	(void)what;
	if (p->deferred)
		probe_end(p);
	else
		p->ops->timeout(p);
}

void probe_priority(struct event_base *base, struct event *ev, enum probe_priority prio)
{
	int last = event_base_get_npriorities(base) - 1;

	event_priority_set(ev, (int)prio < last ? (int)prio : last);
}

static struct probe *type_new(struct probe_loop *loop, enum probe_type type)
{
	switch (type) {
	case PROBE_TCP:
		return tcp_probe_new();
	case PROBE_HTTP:
		return http_probe_new(loop);
	}
	return NULL;
}

struct probe *probe_start(
    struct probe_loop *loop, const struct probe_spec *spec, probe_done done, void *arg)
{
	struct probe *p = type_new(loop, spec->type);
	struct timeval tv;

	if (!p)
		return NULL;
	p->timer = evtimer_new(loop->base, on_timer, p);
	if (!p->timer) {
		free(p);
		return NULL;
	}
	probe_priority(loop->base, p->timer, PROBE_PRIO_TIMEOUT);
	p->loop = loop;
	p->spec = *spec;
	p->done = done;
	p->arg = arg;
	p->started = clock_now();
	LIST_INSERT_HEAD(&loop->probes, p, link);
	loop->running++;
	p->ops->start(p);
	tv = usec_to_timeval(p->deferred ? 0 : spec->target.timeout);
	evtimer_add(p->timer, &tv);
	return p;
}

void probe_cancel(struct probe *p)
{
	probe_free(p);
}

static int bind_source(int fd, const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, 0, &ss);
	int on = 1;

	/* The port is chosen at connect(), where ports of other destinations can be used again. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&ss, len);
}

static bool socket_prepare(int fd, const struct probe_target *t, const char **what)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*what = "socket mark";
	if (t->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &t->mark, sizeof(t->mark)) < 0)
		return false;
	*what = "interface";
	if (t->interface[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->interface,
				   (socklen_t)strlen(t->interface)) < 0)
		return false;
	*what = "source address";
	if (addr_is_set(&t->bind_addr) && bind_source(fd, &t->bind_addr) < 0)
		return false;
	*what = NULL;
	return true;
}

int probe_socket(const struct probe_target *t, const char **what)
{
	int fd = socket(addr_af(&t->addr), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int saved;

	*what = "socket";
	if (fd < 0)
		return -1;
	if (socket_prepare(fd, t, what))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

enum probe_outcome probe_blame(int err)
{
	switch (err) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EADDRNOTAVAIL: /* no port left, or no source address */
	case EAGAIN:	    /* the same, from an older kernel */
	case EINVAL:
	case EAFNOSUPPORT:
		return PROBE_ERROR;
	}
	return PROBE_FAILURE;
}

const char *probe_words(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return "connection refused";
	case ETIMEDOUT:
		return "no answer";
	case EHOSTUNREACH:
		return "no route to host";
	case ENETUNREACH:
		return "network unreachable";
	case ECONNRESET:
		return "connection reset";
	case EPERM:
		return "forbidden by a local firewall rule";
	case EACCES:
		return "forbidden by a local route";
	case EADDRNOTAVAIL:
		return "no such local address, or no local port left";
	case EMFILE:
	case ENFILE:
		return "too many open files";
	}
	return strerror(err);
}

const char *probe_span(usec_t t, char buf[PROBE_SPAN_MAX])
{
	if (t < USEC_PER_SEC)
		snprintf(buf, PROBE_SPAN_MAX, "%u ms", (unsigned)(t / USEC_PER_MSEC));
	else
		snprintf(buf, PROBE_SPAN_MAX, "%.6g s", (double)t / (double)USEC_PER_SEC);
	return buf;
}
