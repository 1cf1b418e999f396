/* SPDX-License-Identifier: BSD-2-Clause */
/* See verdict.h. */
#include "core/check/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/model/row.h"

#define WINDOW_PER_CHECK USEC_PER_MSEC
#define LATE (100 * USEC_PER_MSEC) /* what is later, and half an interval late, is put off */
#define GOLDEN_RATIO 2654435769u   /* 2^32 / 1.618...: Knuth's multiplicative spread */

uint32_t verdict_place(uint32_t n)
{
	return n * GOLDEN_RATIO;
}

usec_t verdict_window(unsigned n, usec_t interval)
{
	usec_t window = n * WINDOW_PER_CHECK;

	return window < interval ? window : interval;
}

/* The place-th part of t, in two steps: the product of more than an hour would not fit. */
static usec_t part(usec_t t, uint32_t place)
{
	return (t >> 32) * place + (((t & UINT32_MAX) * place) >> 32);
}

/* The first instant, t or later, that is the check's place in an interval. */
static usec_t slot(const struct verdict *v, usec_t t)
{
	usec_t interval = v->rules->interval;
	usec_t offset = part(interval, v->place);
	usec_t into = (t % interval + interval - offset) % interval;

	return into ? t + interval - into : t;
}

/* After a late or a long try, a slot may be near; half an interval is the least distance. */
static usec_t next_round(const struct verdict *v, usec_t now)
{
	usec_t least = v->started + v->rules->interval / 2;

	return slot(v, least > now ? least : now);
}

/* The server */

/* What the checks of a server say together. */
struct tally {
	unsigned all, down, unknown;
	const struct verdict *first_down, *first_unknown;
	bool waiting; /* an unknown one must not be taken for success */
};

static struct tally count(const struct verdict_server *s)
{
	struct tally t = {0};
	const struct verdict *v;

	LIST_FOREACH (v, &s->checks, link) {
		t.all++;
		switch (v->row->state) {
		case CHECK_STATE_DOWN:
			if (!t.down++)
				t.first_down = v;
			break;
		case CHECK_STATE_UNKNOWN:
			if (!t.unknown++ || (!v->assume_up && !t.waiting))
				t.first_unknown = v;
			t.waiting |= !v->assume_up;
			break;
		case CHECK_STATE_UP:
			break;
		}
	}
	return t;
}

static enum server_state derive(const struct verdict_server *s, const struct tally *t)
{
	if (s->disabled)
		return SERVER_UNKNOWN;
	if (t->down)
		return SERVER_DOWN;
	if (t->unknown && s->row->state == SERVER_DOWN)
		return SERVER_DOWN;
	return t->waiting ? SERVER_UNKNOWN : SERVER_UP;
}

static void explain_down(const struct tally *t, char *buf, size_t size)
{
	const struct verdict *v = t->first_down;

	if (t->down > 1)
		snprintf(buf, size, "%s: %s (and %u more)", v->row->check, v->failure, t->down - 1);
	else
		snprintf(buf, size, "%s: %s", v->row->check, v->failure);
}

static void explain(const struct verdict_server *s, enum server_state state, const struct tally *t,
    char *buf, size_t size)
{
	if (s->disabled)
		snprintf(buf, size, "disabled by the administrator: not checked");
	else if (t->down)
		explain_down(t, buf, size);
	else if (!t->all)
		snprintf(buf, size, "no checks");
	else if (t->unknown && state != SERVER_UP)
		snprintf(
		    buf, size, "waiting for the first result of %s", t->first_unknown->row->check);
	else if (t->unknown)
		snprintf(buf, size, "%u of %u checks not made yet", t->unknown, t->all);
	else
		snprintf(buf, size,
		    t->all == 1 ? "its check succeeds" : "all its %u checks succeed", t->all);
}

static bool is_known(enum server_state state)
{
	return state != SERVER_UNKNOWN;
}

#define TICK (100 * USEC_PER_MSEC) /* 32 bits of them last for years */

struct verdict_changes {
	uint32_t at[VERDICT_FLAPS_MAX + 1]; /* the last times, in ticks */
	unsigned n;			    /* how many of them are in use */
	unsigned oldest;		    /* where the next one is put */
};

static void remember_change(struct verdict_server *s, usec_t when)
{
	struct verdict_changes *c = s->changes;

	if (!c)
		c = s->changes = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->at[c->oldest] = (uint32_t)(when / TICK);
	c->oldest = (c->oldest + 1) % (VERDICT_FLAPS_MAX + 1);
	if (c->n <= VERDICT_FLAPS_MAX)
		c->n++;
}

static void forget_changes(struct verdict_server *s)
{
	free(s->changes);
	s->changes = NULL;
}

void verdict_server_init(
    struct verdict_server *s, const struct verdict_pool *pool, struct real_server *row)
{
	memset(s, 0, sizeof(*s));
	s->pool = pool;
	s->row = row;
	s->settled = row->state != SERVER_UNKNOWN || row->last_change != 0;
	LIST_INIT(&s->checks);
	for (unsigned i = 0; row->stability == STABILITY_FLAPPING && i <= pool->flaps.changes; i++)
		remember_change(s, row->last_change);
}

void verdict_server_fini(struct verdict_server *s)
{
	forget_changes(s);
}

static unsigned recent_changes(const struct verdict_server *s, usec_t now)
{
	const struct verdict_changes *c = s->changes;
	uint32_t tick = (uint32_t)(now / TICK);
	unsigned n = 0;

	for (unsigned i = 0; c && i < c->n; i++)
		n += tick - c->at[i] < s->pool->flaps.window / TICK;
	return n;
}

static enum stability judge_stability(const struct verdict_server *s, unsigned changes)
{
	if (s->disabled || !s->pool->flaps.changes)
		return STABILITY_STEADY;
	if (changes > s->pool->flaps.changes)
		return STABILITY_FLAPPING;
	return changes > s->pool->flaps.changes / 2 ? s->row->stability : STABILITY_STEADY;
}

static void settle_stability(struct verdict_server *s, usec_t now)
{
	enum stability old = s->row->stability, is;
	unsigned changes;
	char reason[VERDICT_REASON_MAX];

	if (s->disabled)
		forget_changes(s); /* it begins anew when it is enabled */
	changes = recent_changes(s, now);
	is = judge_stability(s, changes);
	if (is == old)
		return;
	s->row->stability = is;
	if (s->disabled)
		snprintf(reason, sizeof(reason), "disabled by the administrator: not checked");
	else
		snprintf(reason, sizeof(reason), "%u changes within %.0f s", changes,
		    (double)s->pool->flaps.window / 1e6);
	s->pool->ops->stability(s, old, reason);
}

/* The one place where a server's state is set. */
static void server_set(struct verdict_server *s, enum server_state state, usec_t now)
{
	if (is_known(s->row->state) && is_known(state)) {
		s->row->transitions++;
		remember_change(s, now);
	}
	s->row->state = state;
	s->row->last_change = now;
}

static void settle_state(struct verdict_server *s, usec_t now)
{
	struct tally t = count(s);
	enum server_state old = s->row->state, state = derive(s, &t);
	bool first = !s->settled;
	char reason[VERDICT_REASON_MAX];

	explain(s, state, &t, reason, sizeof(reason));
	if (!first && state == old && strcmp(reason, s->row->reason) == 0)
		return;
	s->settled = true;
	row_set_text(&s->row->reason, reason);
	if (state != old || first)
		server_set(s, state, now);
	s->pool->ops->server(s, old, first);
}

void verdict_server_settle(struct verdict_server *s, usec_t now)
{
	settle_state(s, now);
	settle_stability(s, now);
}

/* A check */

void verdict_init(struct verdict *v, struct verdict_server *s, struct check_result *row,
    const struct verdict_rules *rules, uint32_t place)
{
	memset(v, 0, sizeof(*v));
	v->server = s;
	v->row = row;
	v->rules = rules;
	v->place = place;
	v->assume_up = !s->pool->start_down || s->row->state == SERVER_UP;
	v->due = USEC_NEVER;
	v->succeeded = row->state == CHECK_STATE_UP;
	v->failure = str_get(row->reason);
	LIST_INSERT_HEAD(&s->checks, v, link);
}

void verdict_fini(struct verdict *v)
{
	LIST_REMOVE(v, link);
	v->server = NULL;
	str_free(v->failure);
	v->failure = NULL;
}

void verdict_soon(struct verdict *v, usec_t now, usec_t window)
{
	v->running = false;
	v->tries = 0;
	v->due = now + part(window, v->place);
}

void verdict_pause(struct verdict *v)
{
	v->running = false;
	v->tries = 0;
	v->due = USEC_NEVER;
}

static usec_t sooner(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

void verdict_rules_changed(struct verdict *v, const struct verdict_rules *old, usec_t now)
{
	if (v->due == USEC_NEVER)
		return;
	if (v->tries)
		v->due = sooner(v->due, now + v->rules->retry_delay);
	else if (v->rules->interval != old->interval)
		v->due = slot(v, now);
}

bool verdict_ready(struct verdict *v, usec_t now)
{
	usec_t late = now > v->due ? now - v->due : 0;

	if (v->tries || late < LATE || late < v->rules->interval / 2)
		return true;
	v->due = slot(v, now);
	return v->due == now;
}

void verdict_started(struct verdict *v, usec_t now)
{
	v->running = true;
	v->started = now;
	v->due = USEC_NEVER;
}

static void note(struct verdict *v, usec_t now, const struct probe_result *r)
{
	row_set_text(&v->row->reason, r->reason);
	v->row->last_time = now;
	v->row->latency = r->latency;
}

static void count_result(struct verdict *v, bool success)
{
	struct check_result *r = v->row;
	bool same = r->consecutive && v->succeeded == success;

	r->consecutive = same ? r->consecutive + 1 : 1;
	v->succeeded = success;
	if (success)
		r->successes++;
	else
		r->failures++;
}

/* A round ended with a success or a failure.  Returns the state that follows. */
static enum check_state round_ended(struct verdict *v, enum check_state found, unsigned needed)
{
	v->tries = 0;
	if (v->row->state == found) {
		v->streak = 0;
		return found;
	}
	v->streak++;
	if (v->row->state != CHECK_STATE_UNKNOWN && v->streak < needed)
		return v->row->state;
	v->streak = 0;
	return found;
}

static enum check_state on_success(struct verdict *v, usec_t now)
{
	count_result(v, true);
	v->due = next_round(v, now);
	return round_ended(v, CHECK_STATE_UP, v->rules->rise);
}

static enum check_state on_failure(struct verdict *v, usec_t now)
{
	count_result(v, false);
	row_set_text(&v->failure, v->row->reason);
	if (v->row->state != CHECK_STATE_DOWN && v->tries < v->rules->retries) {
		v->tries++;
		v->due = now + v->rules->retry_delay;
		return v->row->state;
	}
	v->due = next_round(v, now);
	return round_ended(v, CHECK_STATE_DOWN, v->rules->fall);
}

static enum check_state on_error(struct verdict *v, usec_t now)
{
	v->due = next_round(v, now);
	return v->row->state;
}

void verdict_result(struct verdict *v, usec_t now, const struct probe_result *r)
{
	enum check_state old = v->row->state, state = old;

	v->running = false;
	note(v, now, r);
	switch (r->outcome) {
	case PROBE_SUCCESS:
		state = on_success(v, now);
		break;
	case PROBE_FAILURE:
		state = on_failure(v, now);
		break;
	case PROBE_ERROR:
		state = on_error(v, now);
		break;
	}
	v->row->state = state;
	v->server->pool->ops->result(v, state != old);
	if (r->outcome != PROBE_ERROR)
		verdict_server_settle(v->server, now);
}
