/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the types of probes (tcp.c, http.c) share: the common part of a probe,
 * its end, its time-out, its socket, and the words for errors.  Included by
 * the types and by probe.c only.
 */
#ifndef CHECK_PROBE_TYPE_H
#define CHECK_PROBE_TYPE_H

#include <bsd/sys/queue.h>
#include "core/check/probe.h"

struct http_multi;

struct probe_ops {
	/* Begins, or defers a result with probe_defer(). */
	void (*start)(struct probe *p);
	/* The time is over: looks at the server a last time, then calls probe_finish(). */
	void (*timeout)(struct probe *p);
	/* Gives back what the type holds, but not the probe itself. */
	void (*release)(struct probe *p);
};

/* The first member of each type's own struct, which is allocated with malloc. */
struct probe {
	LIST_ENTRY(probe) link;
	struct probe_loop *loop;
	const struct probe_ops *ops;
	struct probe_spec spec;
	probe_done done;
	void *arg;
	usec_t started;
	struct event *timer;
	bool deferred; /* a result waits in `result` for the timer */
	struct probe_result result;
};

LIST_HEAD(probe_list, probe);

struct probe_loop {
	struct event_base *base;
	struct probe_list probes;
	unsigned running;
	struct http_multi *http; /* made when the first HTTP probe is */
};

/* Allocates (zeroed, without memory NULL) a type's struct. */
struct probe *tcp_probe_new(void);
struct probe *http_probe_new(struct probe_loop *loop);
/* NULL is fine. */
void http_multi_free(struct http_multi *m);

/* Ends a probe: releases and frees it, then calls done. */
void probe_finish(struct probe *p, enum probe_outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same from inside start(): the end comes from the event loop. */
void probe_defer(struct probe *p, enum probe_outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * A non-blocking TCP socket, bound and marked as the target says.  Returns -1
 * and errno if it could not be made; *what then names the step, else NULL.
 */
int probe_socket(const struct probe_target *t, const char **what);
/* Whether an errno of connect() blames this host (PROBE_ERROR) or the server. */
enum probe_outcome probe_blame(int err);
/* An errno in words, such as "connection refused". */
const char *probe_words(int err);

#define PROBE_SPAN_MAX 24
/* A duration for people: "5 s", "2.5 s", "300 ms".  Writes and returns buf. */
const char *probe_span(usec_t t, char buf[PROBE_SPAN_MAX]);

#endif
