/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens, from a seed; see sim.h. */
#include <stdio.h>
#include <string.h>
#include "tests/sim/sim.h"

uint64_t sim_draw(uint64_t *state, uint64_t below)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

uint64_t sim_hash(uint64_t seed, uint64_t what)
{
	uint64_t state = seed * 0x2545f4914f6cdd1du + what * 0x9e3779b97f4a7c15u;

	return sim_draw(&state, UINT64_MAX);
}

/* ------------------------------------------------------------------ making it */

static usec_t draw_interval(const struct sim_schedule *s, uint64_t *luck)
{
	static const usec_t v3[] = {10000, 30000, 100000, 500000, 1000000, 3000000};

	return s->version == 2 ? (1 + sim_draw(luck, 3)) * USEC_PER_SEC
			       : v3[sim_draw(luck, sizeof(v3) / sizeof(*v3))];
}

static void add(struct sim_schedule *s, struct sim_action a)
{
	if (s->actions < SIM_ACTIONS)
		s->action[s->actions++] = a;
}

/* An owner only in version 3: two owners of version 2 ignore each other for good. */
static uint64_t draw_priority(const struct sim_schedule *s, uint64_t *luck)
{
	return s->version == 3 && sim_draw(luck, 20) == 0 ? 255 : 1 + sim_draw(luck, 254);
}

static uint64_t draw_value(const struct sim_schedule *s, enum sim_kind kind, uint64_t *luck)
{
	switch (kind) {
	case SIM_PARTITION:
		return sim_draw(luck, 1u << s->routers);
	case SIM_LOSS:
		return sim_draw(luck, 90);
	case SIM_DUPLICATES:
		return sim_draw(luck, 60);
	case SIM_DELAY:
		return 1 + sim_draw(luck, 3 * s->interval);
	case SIM_STALL:
		return 1 + sim_draw(luck, 10 * s->interval);
	case SIM_CLOCK_STEP:
		return sim_draw(luck, 1000000000);
	case SIM_PRIORITY:
		return draw_priority(s, luck);
	case SIM_INTERVAL:
		return draw_interval(s, luck);
	case SIM_PREEMPT:
		return sim_draw(luck, 2) +
		       2 * (sim_draw(luck, 2) ? 0 : sim_draw(luck, 5 * s->interval));
	case SIM_ADDRESSES:
		return 1 + sim_draw(luck, SIM_VIPS);
	case SIM_FAILOVER:
		return sim_draw(luck, 4) ? 1 + sim_draw(luck, 20 * s->interval) : 0;
	case SIM_WAIT:
	case SIM_CRASH:
	case SIM_POWER_OFF:
	case SIM_START:
	case SIM_STOP:
	case SIM_CUT:
	case SIM_UNPLUG:
	case SIM_ADDRESS:
	case SIM_GROUP:
	case SIM_HEAL:
	case SIM_KINDS:
		break;
	}
	return 0;
}

static void add_trouble(struct sim_schedule *s, uint64_t *luck)
{
	struct sim_action a = {.kind = (enum sim_kind)(1 + sim_draw(luck, SIM_HEAL - 1)),
	    .router = (uint8_t)sim_draw(luck, s->routers),
	    .segment = (uint8_t)sim_draw(luck, s->segments),
	    .wait = sim_draw(luck, 5 * s->interval)};
	bool of_router = a.kind != SIM_ADDRESS && a.kind != SIM_ADDRESSES && a.kind != SIM_GROUP &&
			 a.kind != SIM_FAILOVER;

	if (a.kind == SIM_GROUP && !s->grouped)
		return;
	a.other = (uint8_t)sim_draw(luck, of_router ? s->routers : s->vrs);
	a.value = draw_value(s, a.kind, luck);
	add(s, a);
	/* a process is started again soon, and perhaps soon enough to resume */
	if ((a.kind == SIM_CRASH || a.kind == SIM_STOP) && sim_draw(luck, 2)) {
		a.kind = SIM_START;
		add(s, a);
	}
}

/* What oracle_patience() has to know. */
static void measure(struct sim_schedule *s)
{
	s->longest = s->interval;
	s->longest_preempt_delay = s->preempt_delay;
	for (unsigned k = 0; k < s->actions; k++) {
		const struct sim_action *a = &s->action[k];

		if (a->kind == SIM_INTERVAL && a->value > s->longest)
			s->longest = a->value;
		if (a->kind == SIM_PREEMPT && a->value / 2 > s->longest_preempt_delay)
			s->longest_preempt_delay = a->value / 2;
	}
}

static void add_quiet(struct sim_schedule *s)
{
	usec_t wait;

	measure(s);
	wait = oracle_patience(s, true) + 6 * s->interval;
	add(s, (struct sim_action){.kind = SIM_HEAL, .wait = wait});
}

/* One trouble in a network that has settled: where a takeover has its exact time. */
static void add_single(struct sim_schedule *s, uint64_t *luck)
{
	static const enum sim_kind kinds[] = {SIM_CRASH, SIM_POWER_OFF, SIM_STOP, SIM_UNPLUG,
	    SIM_ADDRESS, SIM_PARTITION, SIM_FAILOVER, SIM_GROUP};
	struct sim_action a = {.kind = kinds[sim_draw(luck, s->grouped ? 8 : 7)],
	    .router = (uint8_t)sim_draw(luck, s->routers),
	    .other = (uint8_t)sim_draw(luck, s->vrs),
	    .segment = (uint8_t)sim_draw(luck, s->segments)};

	/* a failover is over in time for everything to settle once more */
	a.value = a.kind == SIM_FAILOVER ? 1 + sim_draw(luck, 5 * s->interval)
					 : draw_value(s, a.kind, luck);
	a.wait = oracle_patience(s, true) + 6 * s->interval;
	add(s, a);
}

void sim_make(struct sim_schedule *s, uint64_t seed)
{
	uint64_t luck = sim_hash(seed, 0);
	unsigned troubles = 4 + (unsigned)sim_draw(&luck, 30);

	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->routers = 2 + (uint8_t)sim_draw(&luck, sim_draw(&luck, 12) ? 3 : SIM_ROUTERS - 1);
	s->vrs = 1 + (uint8_t)sim_draw(&luck, s->routers > 5 ? 2 : SIM_VRS);
	s->segments = 1 + (uint8_t)sim_draw(&luck, SIM_SEGMENTS);
	s->version = 2 + (uint8_t)sim_draw(&luck, 2);
	s->ipv6 = s->version == 3 && sim_hash(seed, 4) % 2;
	s->grouped = s->vrs > 1 && sim_draw(&luck, 2);
	s->preempt = sim_draw(&luck, 3) > 0;
	s->interval = draw_interval(s, &luck);
	/* less than the least difference of two skews, so that the better one is the first */
	s->delay = 1 + sim_draw(&luck, s->interval / 512);
	s->preempt_delay = sim_draw(&luck, 4) ? 0 : sim_draw(&luck, 8 * s->interval);
	for (unsigned k = 0; k < troubles; k++)
		add_trouble(s, &luck);
	add_quiet(s);
	add_single(s, &luck);
	add_quiet(s);
	measure(s);
}

/* -------------------------------------------------------------------- printing */

static const char *const names[SIM_KINDS] = {
    [SIM_WAIT] = "wait",
    [SIM_CRASH] = "process killed",
    [SIM_POWER_OFF] = "power lost",
    [SIM_START] = "started",
    [SIM_STOP] = "stopped",
    [SIM_CUT] = "cannot reach other",
    [SIM_PARTITION] = "segment parted (mask)",
    [SIM_UNPLUG] = "cable pulled or back",
    [SIM_ADDRESS] = "address lost or back",
    [SIM_LOSS] = "loss (percent)",
    [SIM_DUPLICATES] = "doubled (percent)",
    [SIM_DELAY] = "delay up to (us)",
    [SIM_STALL] = "held up (us)",
    [SIM_CLOCK_STEP] = "wall clock steps (s)",
    [SIM_PRIORITY] = "priority",
    [SIM_INTERVAL] = "interval (us)",
    [SIM_PREEMPT] = "preempts + 2 * delay",
    [SIM_ADDRESSES] = "number of addresses",
    [SIM_GROUP] = "leaves or joins group",
    [SIM_FAILOVER] = "hands over for (us)",
    [SIM_HEAL] = "everything healed",
};

void sim_print(const struct sim_schedule *s)
{
	usec_t at = 0;

	printf("# %u routers, %u virtual routers%s, %u segments, version %u%s, interval %lu us, "
	       "delay up "
	       "to %lu us, preemption delay %lu us\n",
	    s->routers, s->vrs, s->grouped ? " in a group" : "", s->segments, s->version,
	    s->ipv6 ? " over IPv6" : "", (unsigned long)s->interval, (unsigned long)s->delay,
	    (unsigned long)s->preempt_delay);
	for (unsigned k = 0; k < s->actions; k++) {
		const struct sim_action *a = &s->action[k];

		if (a->kind != SIM_WAIT) {
			printf("# %10.6f %-22s router %u, other %u, segment %u, value %lu\n",
			    (double)at / 1e6, names[a->kind], a->router, a->other, a->segment,
			    (unsigned long)a->value);
		}
		at += a->wait;
	}
	printf("# %10.6f end\n", (double)at / 1e6);
}

/* ------------------------------------------------------------------- shrinking */

static bool fails_like(const struct sim_schedule *s, const char *failure,
    const char *(*run)(const struct sim_schedule *s))
{
	const char *now = run(s);

	/* the same words; the numbers may be others */
	return now && strncmp(now, failure, strcspn(failure, "0123456789")) == 0;
}

/* First large pieces, then small ones: what is left out becomes a wait of the same time. */
unsigned sim_shrink(
    struct sim_schedule *s, const char *failure, const char *(*run)(const struct sim_schedule *s))
{
	struct sim_schedule less;
	char words[200];
	unsigned runs = 0;

	snprintf(words, sizeof(words), "%s", failure);
	for (unsigned size = s->actions; size > 0; size /= 2)
		for (unsigned first = 0; first < s->actions; first += size) {
			less = *s;
			for (unsigned k = first; k < first + size && k < s->actions; k++)
				less.action[k].kind = SIM_WAIT;
			runs++;
			if (fails_like(&less, words, run))
				*s = less;
		}
	return runs;
}
