/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `failover`: hands mastership over for a time, and waits until it is known what became of it.
 */
#include <inttypes.h>
#include <string.h>
#include "core/ctl/command.h"

/* More than the two tries that a master has, each of two intervals. */
#define PATIENCE(interval) (5 * (interval) + 2 * USEC_PER_SEC)

static struct {
	struct event *late; /* while it waits */
} the;

/* An instance of the group, or the instance itself: what happens to it happens to all. */
static const struct vrrp_instance *one_of(const struct session *s)
{
	const struct options *o = s->options;

	STORE_FOREACH (vrrp_instance, i, s->store)
		if (strcmp(i->name, o->failover) == 0 || strcmp(i->sync_group, o->failover) == 0)
			return i;
	return NULL;
}

/* The edit that asks for it, of the instance or group; NULL: there is none. */
static struct edit *ask(struct session *s, struct edits *e)
{
	const struct options *o = s->options;
	struct row *r = store_named(s->store, TABLE_vrrp_instance, o->failover);
	struct edit *edit;

	if (!r)
		r = store_named(s->store, TABLE_sync_group, o->failover);
	if (!r)
		return NULL;
	edit = edits_put(e, 0, row_copy(r));
	if (r->table->id == TABLE_vrrp_instance) {
		((struct vrrp_instance *)edit->row)->failover = o->failover_time;
		edit->mask = COLUMN(vrrp_instance, failover);
	} else {
		((struct sync_group *)edit->row)->failover = o->failover_time;
		edit->mask = COLUMN(sync_group, failover);
	}
	return edit;
}

static void end(struct session *s, int status)
{
	if (the.late)
		event_free(the.late);
	the.late = NULL;
	session_end(s, status);
}

/* Says what became of it, once that is known. */
static void judge(struct session *s)
{
	const struct options *o = s->options;
	const struct vrrp_instance *i = one_of(s);
	char master[ADDR_STRLEN];

	if (!i || !the.late)
		return;
	if (i->failover_state == FAILOVER_ASIDE && addr_is_set(&i->master_address)) {
		fprintf(s->out, "%s: %s is master, for %" PRIu64 " s or until it is gone\n",
		    o->failover, addr_format(&i->master_address, master),
		    (uint64_t)(o->failover_time / USEC_PER_SEC));
		end(s, CTL_OK);
	} else if (i->failover_state == FAILOVER_ENDED) {
		fprintf(s->err, "%s: nobody took over: %s\n", o->failover, i->reason);
		end(s, CTL_REFUSED);
	}
}

static void late(int fd, short what, void *arg)
{
	struct session *s = arg;
	const struct vrrp_instance *i = one_of(s);

	(void)fd;
	(void)what;
	fprintf(s->err, "%s: it is not known yet who is master: %s\n",
	    ((const struct options *)s->options)->failover, i ? i->reason : "it has no instances");
	end(s, CTL_REFUSED);
}

static void wait_for_it(struct session *s)
{
	const struct vrrp_instance *i = one_of(s);
	struct timeval tv = usec_to_timeval(PATIENCE(i ? i->advert_interval : 0));

	the.late = evtimer_new(engine_base(s->engine), late, s);
	if (!the.late || event_add(the.late, &tv) < 0)
		session_end(s, CTL_REFUSED);
	else if (i && i->failover_state == FAILOVER_ASIDE)
		judge(s); /* it is known already */
}

static void failover(struct session *s)
{
	const struct options *o = s->options;
	struct edits e = {.file = NULL};
	struct refusal r;

	if (!ask(s, &e)) {
		fprintf(s->err,
		    "directorctl: there is no VRRP instance or synchronization group %s\n",
		    o->failover);
		session_end(s, CTL_REFUSED);
	} else if (!command_transact(s, &e, &r)) {
		session_end(s, command_refused(s, &e, &r));
	} else if (!o->failover_time) {
		fprintf(s->out, "%s: takes its place again\n", o->failover);
		session_end(s, CTL_OK);
	} else {
		wait_for_it(s);
	}
	edits_clear(&e);
}

static void changed(struct session *s, const struct change *c, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (c[k].row->table->id == TABLE_vrrp_instance && c[k].kind == CHANGE_MODIFIED &&
		    c[k].mask & (COLUMN(vrrp_instance, failover_state) |
				    COLUMN(vrrp_instance, master_address)))
			judge(s);
}

const struct session_ops command_failover = {failover, changed};
