/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A probe asks one server one question, once, and tells the answer.
 *
 * All probes run on one libevent base in one thread; nothing here blocks, so
 * thousands are in flight at a time.  A probe ends in one of three ways: the
 * server answered as it should (success), it did not (failure), or we could
 * not ask (error: no file descriptor, no such source address...).  An error
 * says nothing about the server and must never take one out of service.
 *
 * Ownership: the loop owns its probes.  A probe ends itself, just before its
 * `done` is called, or is ended by probe_cancel().  What a spec points to is
 * borrowed and must outlive the probe.
 *
 * Priorities: answers are read before time-outs are looked at, so that a
 * process that was stopped for a while does not take its own sleep for the
 * servers' silence.  The base should have PROBE_PRIORITIES of them.
 */
#ifndef CHECK_PROBE_H
#define CHECK_PROBE_H

#include <event2/event.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/addr.h"
#include "core/base/clock.h"

struct http_spec;

/* Event priorities of the base (0 is served first). */
enum probe_priority { PROBE_PRIO_IO, PROBE_PRIO_TIMEOUT, PROBE_PRIO_START, PROBE_PRIORITIES };

enum probe_type { PROBE_TCP, PROBE_HTTP };

enum probe_outcome { PROBE_SUCCESS, PROBE_FAILURE, PROBE_ERROR };

#define PROBE_REASON_MAX 160

struct probe_target {
	struct addr addr;
	uint16_t port;
	struct addr bind_addr;	  /* source address, or none */
	char interface[IFNAMSIZ]; /* bound to, or "" */
	uint32_t mark;		  /* SO_MARK (needs a capability), or 0 */
	usec_t timeout;		  /* for the whole probe, from its start; > 0 */
};

struct probe_spec {
	enum probe_type type;
	struct probe_target target;
	const struct http_spec *http; /* PROBE_HTTP: what to ask */
	const char *host;	      /* PROBE_HTTP: the virtual host; NULL or "": the address */
};

struct probe_result {
	enum probe_outcome outcome;
	usec_t latency;		       /* from the start of the probe to its end */
	char reason[PROBE_REASON_MAX]; /* in words; of a success: what was found */
};

struct probe;
struct probe_loop;

/* May start and cancel probes.  The probe that it is called for is gone already. */
typedef void (*probe_done)(const struct probe_result *result, void *arg);

/* Sets an event's priority, or the last one that the base has. */
void probe_priority(struct event_base *base, struct event *ev, enum probe_priority prio);

/* NULL without memory.  The base is borrowed. */
struct probe_loop *probe_loop_new(struct event_base *base);
/* Cancels what is in flight. */
void probe_loop_free(struct probe_loop *loop);
unsigned probe_loop_running(const struct probe_loop *loop);

/*
 * Starts a probe; done is called exactly once, from the event loop and never
 * from inside this call, unless the probe is cancelled.  NULL without memory.
 */
struct probe *probe_start(
    struct probe_loop *loop, const struct probe_spec *spec, probe_done done, void *arg);
/* Ends a probe without a result.  Not for a probe that has ended. */
void probe_cancel(struct probe *p);

#endif
