/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process directord-agent: what the manager sees.  It has no capability; that it may connect to the
 * AgentX socket is snmpd.conf's to say (agentXPerms).
 */
#include <stdlib.h>
#include "agent/agent.h"

/* The hub answers from memory; a datastore on a slow disk may take longer.  Bounded, because it waits. */
#define HUB_TIMEOUT (3 * USEC_PER_SEC)

struct agent_process {
	struct engine *engine;
	struct agent *agent;
	struct set_hub hub;
	bool ready;
};

static bool call(
    void *arg, enum request_kind kind, const struct edit *edits, size_t n, struct refusal *why)
{
	struct agent_process *p = arg;

	return engine_call(p->engine, kind, edits, n, HUB_TIMEOUT, why);
}

static void report_state(void *arg)
{
	engine_report(arg, &store_system(engine_store(arg))->row, COLUMN(system, agentx_state));
}

static void *start(struct engine *e)
{
	struct agent_process *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->engine = e;
	p->hub = (struct set_hub){call, p};
	p->agent = agent_new(engine_base(e), engine_store(e), &p->hub, engine_run_dir(e));
	agent_watch(p->agent, report_state, e);
	return p;
}

static void finish(void *arg)
{
	struct agent_process *p = arg;

	agent_free(p->agent);
	free(p);
}

static void changed(struct engine *e, const struct change *c, size_t n, bool sync, void *arg)
{
	struct agent_process *p = arg;

	(void)c;
	(void)n;
	if (!sync && !p->ready)
		return; /* nothing is shown before all is there */
	agent_changed(p->agent);
	if (!p->ready)
		engine_ready(e);
	p->ready = true;
}

static void drained(void *arg)
{
	engine_exit(arg, EXIT_SUCCESS);
}

static void stop(struct engine *e, bool clean, void *arg)
{
	struct agent_process *p = arg;

	(void)clean;
	agent_drain(p->agent, drained, e);
}

int main(int argc, char **argv)
{
	static const struct engine_program program = {
	    .name = "agent",
	    .process = P_AGENT,
	    .start = start,
	    .finish = finish,
	    .ops = {.changed = changed, .stop = stop},
	};

	return engine_main(argc, argv, &program);
}
