/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs schedules; see sim.h.
 *
 *   SEED=n   the first seed, and the only one if COUNT is not set
 *   COUNT=n  how many (default 10,000)
 */
#include <stdio.h>
#include <stdlib.h>
#include "tests/sim/sim.h"

#define COUNT 10000
#define FAILURES 3 /* are printed; then it gives up */

struct totals {
	uint64_t steps, packets, transitions;
	unsigned grouped, version3, ipv6;
};

static void explain(struct sim_schedule *s, const char *failure)
{
	unsigned runs;

	printf("# SEED=%lu: %s\n", (unsigned long)s->seed, failure);
	runs = sim_shrink(s, failure, sim_run);
	failure = sim_run(s);
	printf("# the shortest schedule found in %u runs:\n", runs);
	sim_print(s);
	printf("# its last steps, and then: %s\n", failure ? failure : "nothing; it does not fail");
	sim_print_trace();
	printf("# to replay it: SEED=%lu vrrp_sim\n", (unsigned long)s->seed);
	fflush(stdout);
}

/* True if all holds. */
static bool run(uint64_t seed, struct totals *t)
{
	static struct sim_schedule s;
	const char *failure;

	sim_make(&s, seed);
	failure = sim_run(&s);
	t->steps += sim.steps;
	t->packets += sim.packets;
	t->transitions += sim.transitions;
	t->grouped += s.grouped;
	t->version3 += s.version == 3;
	t->ipv6 += s.ipv6;
	if (failure)
		explain(&s, failure);
	return !failure;
}

int main(void)
{
	const char *seed = getenv("SEED"), *count = getenv("COUNT");
	uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
	uint64_t n = count ? strtoull(count, NULL, 10) : seed ? 1 : COUNT, done;
	struct totals t = {0};
	unsigned failures = 0;

	for (done = 0; done < n && failures < FAILURES; done++)
		failures += !run(first + done, &t);
	printf("# %lu schedules: %lu steps, %lu packets, %lu changes of state; %u of groups, %u of "
	       "version 3, %u of these over IPv6\n",
	    (unsigned long)done, (unsigned long)t.steps, (unsigned long)t.packets,
	    (unsigned long)t.transitions, t.grouped, t.version3, t.ipv6);
	printf("%sok 1 - networks of routers keep what the protocol promises\n",
	    failures ? "not " : "");
	/* a simulation in which nothing happens proves nothing */
	printf("%sok 2 - and something happened in them\n1..2\n",
	    t.transitions < done || t.packets < 10 * done || (done > 100 && !t.ipv6) ? "not " : "");
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
