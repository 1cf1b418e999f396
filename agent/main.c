/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process directord-agent: what the manager sees.  It has no capability: that it may connect to the
 * AgentX socket is snmpd.conf's to say (agentXPerms), and the sockets of standalone mode are the hub's.
 */
#include <stdlib.h>
#include "agent/agent.h"

/* The hub answers from memory; a datastore on a slow disk may take longer.  Bounded, because it waits. */
#define HUB_TIMEOUT (3 * USEC_PER_SEC)

#define REFUSALS 100 /* kept */

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

	bool ok = engine_call(p->engine, kind, edits, n, HUB_TIMEOUT, why);

	if (ok && (kind == REQUEST_COMMIT || kind == REQUEST_UNDO))
		engine_catch_up(p->engine);
	return ok;
}

static void remove_oldest(struct engine *e)
{
	struct row *oldest = store_first(engine_store(e), TABLE_refused_set);

	if (store_count(engine_store(e), TABLE_refused_set) >= REFUSALS)
		engine_remove(e, oldest);
}

static uint32_t last_refusal(const struct store *s)
{
	uint32_t last = 0;

	STORE_FOREACH (refused_set, r, s)
		last = r->number;
	return last;
}

/* The hub keeps these rows too: they are there again after a restart of this process. */
static void refused(void *arg, const struct set_refusal *why)
{
	struct agent_process *p = arg;
	struct refused_set *r = ROW_NEW(refused_set);

	remove_oldest(p->engine);
	r->number = last_refusal(engine_store(p->engine)) + 1;
	r->time = clock_wall();
	r->status = why->status;
	r->variable = (uint32_t)why->var + 1;
	row_set_textf(&r->subject, "%.255s", why->subject);
	row_set_textf(&r->object, "%.255s", why->object);
	row_set_textf(&r->reason, "%.255s", why->reason);
	engine_add(p->engine, &r->row);
}

static void report(struct row *r, column_mask columns, void *arg)
{
	struct agent_process *p = arg;

	engine_report(p->engine, r, columns);
}

static void drained_again(void *arg)
{
	engine_exit(arg, ENGINE_EXIT_AGAIN);
}

static void again(void *arg)
{
	struct agent_process *p = arg;

	agent_drain(p->agent, drained_again, p->engine);
}

static void *start(struct engine *e)
{
	struct agent_process *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->engine = e;
	p->hub = (struct set_hub){call, p, refused};
	p->agent = agent_new(&(struct agent_settings){
	    .base = engine_base(e),
	    .store = engine_store(e),
	    .hub = &p->hub,
	    .dir = engine_state_dir(e),
	    .run_dir = engine_run_dir(e),
	    .passing = engine_passing(e),
	    .report = report,
	    .again = again,
	    .arg = p,
	});
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
