/* SPDX-License-Identifier: BSD-2-Clause */
/* See verdict.h. */
#include "core/check/verdict.h"

#include <stdio.h>
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
	usec_t interval = v->rules.interval;
	usec_t offset = part(interval, v->place);
	usec_t into = (t % interval + interval - offset) % interval;

	return into ? t + interval - into : t;
}

/* After a late or a long try, a slot may be near; half an interval is the least distance. */
static usec_t next_round(const struct verdict *v, usec_t now)
{
	usec_t least = v->started + v->rules.interval / 2;

	return slot(v, least > now ? least : now);
}

/* The server */

void verdict_server_init(struct verdict_server *s, const struct verdict_ops *ops, void *user)
{
	memset(s, 0, sizeof(*s));
	s->ops = ops;
	s->user = user;
	s->state = SERVER_UNKNOWN;
	s->reason = str_get("");
	s->stability = STABILITY_STEADY;
	LIST_INIT(&s->checks);
}

void verdict_server_fini(struct verdict_server *s)
{
	str_free(s->reason);
	s->reason = NULL;
}

void verdict_server_restore(struct verdict_server *s, enum server_state state, usec_t last_change,
    uint32_t transitions, const char *reason)
{
	s->state = state;
	s->last_change = last_change;
	s->transitions = transitions;
	s->settled = state != SERVER_UNKNOWN || last_change != 0;
	row_set_text(&s->reason, reason);
}

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
		switch (v->state) {
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
	if (t->unknown && s->state == SERVER_DOWN)
		return SERVER_DOWN;
	return t->waiting ? SERVER_UNKNOWN : SERVER_UP;
}

static void explain_down(const struct tally *t, char *buf, size_t size)
{
	const struct verdict *v = t->first_down;

	if (t->down > 1)
		snprintf(buf, size, "%s: %s (and %u more)", v->name, v->failure, t->down - 1);
	else
		snprintf(buf, size, "%s: %s", v->name, v->failure);
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
		snprintf(buf, size, "waiting for the first result of %s", t->first_unknown->name);
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

static void remember_change(struct verdict_server *s, usec_t now)
{
	s->transitions++;
	s->changed[s->oldest] = (uint32_t)(now / TICK);
	s->oldest = (s->oldest + 1) % (VERDICT_FLAPS_MAX + 1);
	if (s->nchanged <= VERDICT_FLAPS_MAX)
		s->nchanged++;
}

void verdict_server_restore_stability(struct verdict_server *s, enum stability stability)
{
	uint32_t transitions = s->transitions;

	s->stability = stability;
	for (unsigned i = 0; stability == STABILITY_FLAPPING && i <= s->flaps.changes; i++)
		remember_change(s, s->last_change);
	s->transitions = transitions;
}

static unsigned recent_changes(const struct verdict_server *s, usec_t now)
{
	uint32_t tick = (uint32_t)(now / TICK);
	unsigned n = 0;

	for (unsigned i = 0; i < s->nchanged; i++)
		n += tick - s->changed[i] < s->flaps.window / TICK;
	return n;
}

static enum stability judge_stability(const struct verdict_server *s, unsigned changes)
{
	if (s->disabled || !s->flaps.changes)
		return STABILITY_STEADY;
	if (changes > s->flaps.changes)
		return STABILITY_FLAPPING;
	return changes > s->flaps.changes / 2 ? s->stability : STABILITY_STEADY;
}

static void settle_stability(struct verdict_server *s, usec_t now)
{
	unsigned changes;
	enum stability is;
	char reason[VERDICT_REASON_MAX];

	if (s->disabled)
		s->nchanged = 0; /* it begins anew when it is enabled */
	changes = recent_changes(s, now);
	is = judge_stability(s, changes);
	if (is == s->stability)
		return;
	s->stability = is;
	if (s->disabled)
		snprintf(reason, sizeof(reason), "disabled by the administrator: not checked");
	else
		snprintf(reason, sizeof(reason), "%u changes within %.0f s", changes,
		    (double)s->flaps.window / 1e6);
	s->ops->stability(s, reason);
}

/* The one place where a server's state is set. */
static void server_set(struct verdict_server *s, enum server_state state, usec_t now)
{
	if (is_known(s->state) && is_known(state))
		remember_change(s, now);
	s->state = state;
	s->last_change = now;
}

static void settle_state(struct verdict_server *s, usec_t now)
{
	struct tally t = count(s);
	enum server_state old = s->state, state = derive(s, &t);
	bool first = !s->settled;
	char reason[VERDICT_REASON_MAX];

	explain(s, state, &t, reason, sizeof(reason));
	if (!first && state == old && strcmp(reason, s->reason) == 0)
		return;
	s->settled = true;
	row_set_text(&s->reason, reason);
	if (state != old || first)
		server_set(s, state, now);
	s->ops->server(s, old, first);
}

void verdict_server_settle(struct verdict_server *s, usec_t now)
{
	settle_state(s, now);
	settle_stability(s, now);
}

/* A check */

void verdict_init(struct verdict *v, struct verdict_server *s, const char *name,
    const struct verdict_rules *rules, uint32_t place, void *user)
{
	memset(v, 0, sizeof(*v));
	v->server = s;
	v->name = name;
	v->user = user;
	v->rules = *rules;
	v->place = place;
	v->state = CHECK_STATE_UNKNOWN;
	v->assume_up = !s->start_down || s->state == SERVER_UP;
	v->due = USEC_NEVER;
	v->reason = str_get("");
	v->failure = str_get("");
	LIST_INSERT_HEAD(&s->checks, v, link);
}

void verdict_restore(struct verdict *v, const struct check_result *r)
{
	v->state = r->state;
	v->successes = r->successes;
	v->failures = r->failures;
	v->consecutive = r->consecutive;
	v->succeeded = r->state == CHECK_STATE_UP;
	v->last_time = r->last_time;
	v->latency = r->latency;
	row_set_text(&v->reason, r->reason);
	row_set_text(&v->failure, r->reason);
}

void verdict_fini(struct verdict *v)
{
	LIST_REMOVE(v, link);
	v->server = NULL;
	str_free(v->reason);
	str_free(v->failure);
	v->reason = v->failure = NULL;
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

void verdict_set_rules(struct verdict *v, const struct verdict_rules *rules, usec_t now)
{
	usec_t before = v->rules.interval;

	v->rules = *rules;
	if (v->due == USEC_NEVER)
		return;
	if (v->tries)
		v->due = sooner(v->due, now + rules->retry_delay);
	else if (rules->interval != before)
		v->due = slot(v, now);
}

bool verdict_ready(struct verdict *v, usec_t now)
{
	usec_t late = now > v->due ? now - v->due : 0;

	if (v->tries || late < LATE || late < v->rules.interval / 2)
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
	row_set_text(&v->reason, r->reason);
	v->last_time = now;
	v->latency = r->latency;
}

static void count_result(struct verdict *v, bool success)
{
	bool same = v->consecutive && v->succeeded == success;

	v->consecutive = same ? v->consecutive + 1 : 1;
	v->succeeded = success;
	if (success)
		v->successes++;
	else
		v->failures++;
}

/* A round ended with a success or a failure.  Returns the state that follows. */
static enum check_state round_ended(struct verdict *v, enum check_state found, unsigned needed)
{
	v->tries = 0;
	if (v->state == found) {
		v->streak = 0;
		return found;
	}
	v->streak++;
	if (v->state != CHECK_STATE_UNKNOWN && v->streak < needed)
		return v->state;
	v->streak = 0;
	return found;
}

static enum check_state on_success(struct verdict *v, usec_t now)
{
	count_result(v, true);
	v->due = next_round(v, now);
	return round_ended(v, CHECK_STATE_UP, v->rules.rise);
}

static enum check_state on_failure(struct verdict *v, usec_t now)
{
	count_result(v, false);
	row_set_text(&v->failure, v->reason);
	if (v->state != CHECK_STATE_DOWN && v->tries < v->rules.retries) {
		v->tries++;
		v->due = now + v->rules.retry_delay;
		return v->state;
	}
	v->due = next_round(v, now);
	return round_ended(v, CHECK_STATE_DOWN, v->rules.fall);
}

static enum check_state on_error(struct verdict *v, usec_t now)
{
	v->errors++;
	v->due = next_round(v, now);
	return v->state;
}

void verdict_result(struct verdict *v, usec_t now, const struct probe_result *r)
{
	enum check_state old = v->state, state = old;

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
	v->state = state;
	v->server->ops->result(v, state != old);
	if (r->outcome != PROBE_ERROR)
		verdict_server_settle(v->server, now);
}
