/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces with a row of vrrp_interface: what counts of their links' state; see router.h and debounce.h.
 *
 * Everybody who asks whether an interface is up asks here.  One without a row is as the kernel says; of one whose
 * driver has to be asked (linkbeat.h), a thread tells.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/vrrp/debounce.h"
#include "core/vrrp/linkbeat.h"
#include "core/vrrp/router.h"

#define FLAGS_UP ((unsigned)(IFF_UP | IFF_RUNNING))

struct watch {
	struct router *router;
	struct vrrp_interface *row;
	int index;	/* 0: there is no such interface */
	unsigned flags; /* that count */
	struct debounce debounce;
	struct linkbeat_news polled; /* method LINKBEAT_OFF: none yet, or not asked */
	struct event *timer;
};

static void ask_drivers(struct router *r);

static bool flags_up(unsigned flags)
{
	return (flags & FLAGS_UP) == FLAGS_UP;
}

unsigned watch_flags(const struct router *r, const struct kernel_interface *i)
{
	const struct vrrp_interface *row = store_vrrp_interface(engine_store(r->engine), i->name);
	const struct watch *w = row ? row->row.user : NULL;

	return w && w->index == i->index ? w->flags : i->flags;
}

/* ---------------------------------------------------------------------- delays */

/* The shortest interval at which anybody advertises on the interface; USEC_NEVER: nobody does. */
static usec_t shortest_interval(const struct watch *w)
{
	const struct virtual *v;
	usec_t shortest = USEC_NEVER;

	TAILQ_FOREACH (v, &w->router->virtuals, entry) {
		usec_t mine = v->fsm.config.interval, learned = v->fsm.learned;

		if (strcmp(v->port->link->name, w->row->interface) != 0)
			continue;
		if (learned && learned < mine)
			mine = learned;
		if (mine < shortest)
			shortest = mine;
	}
	return shortest;
}

static struct debounce_delays delays_of(const struct watch *w)
{
	struct debounce_delays d = {w->row->down_delay, w->row->up_delay};
	usec_t shortest = d.down ? shortest_interval(w) : USEC_NEVER;

	if (shortest != USEC_NEVER && d.down > debounce_longest_down(shortest))
		d.down = debounce_longest_down(shortest);
	return d;
}

/* --------------------------------------------------------------------- reports */

static enum track_state state_word(const struct watch *w, bool up)
{
	if (!w->debounce.known)
		return TRACK_STATE_UNKNOWN;
	return up ? TRACK_STATE_UP : TRACK_STATE_DOWN;
}

static void report(struct watch *w)
{
	struct vrrp_interface *row = w->row;
	enum track_state status = state_word(w, w->debounce.up);
	enum track_state seen = state_word(w, w->debounce.seen);
	usec_t down = delays_of(w).down;
	column_mask mask = 0;

	if (row->status != status) {
		row->status = status;
		row->last_change = clock_now();
		row->changes++;
		mask |= COLUMN(vrrp_interface, status) | COLUMN(vrrp_interface, last_change) |
			COLUMN(vrrp_interface, changes);
	}
	if (row->link_state != seen) {
		row->link_state = seen;
		mask |= COLUMN(vrrp_interface, link_state);
	}
	if (row->down_in_effect != down) {
		row->down_in_effect = down;
		mask |= COLUMN(vrrp_interface, down_in_effect);
	}
	if (row->linkbeat_method != w->polled.method) {
		row->linkbeat_method = w->polled.method;
		mask |= COLUMN(vrrp_interface, linkbeat_method);
	}
	if (mask)
		engine_report(w->router->engine, &row->row, mask);
}

static void report_ignored(struct watch *w)
{
	w->row->ignored++;
	log_info("%s: its link was %s for less than the delay, which does not count",
	    w->row->interface, w->debounce.up ? "down" : "up");
	engine_report(w->router->engine, &w->row->row, COLUMN(vrrp_interface, ignored));
}

/* ----------------------------------------------------------------------- links */

/*
 * The kernel's notification that a link is down counts at once, also where the driver is asked, which is some time
 * ago; that it is up counts when both say so.
 */
static unsigned flags_seen(const struct watch *w, const struct kernel_interface *i)
{
	bool asked = w->polled.method != LINKBEAT_OFF && w->polled.index == i->index;

	return asked ? i->flags & (w->polled.flags | ~FLAGS_UP) : i->flags;
}

static void wait_until(struct watch *w, usec_t due, usec_t now)
{
	struct timeval tv = usec_to_timeval(due > now ? due - now : 0);

	if (due == USEC_NEVER)
		event_del(w->timer);
	else
		event_add(w->timer, &tv);
}

/* A link with other flags, but neither more nor less up, is what is said of it now. */
static void look_at(struct watch *w, const struct kernel_interface *i)
{
	usec_t now = clock_now();
	struct debounce_delays delays = delays_of(w);
	bool pending = debounce_due(&w->debounce, &delays) != USEC_NEVER;
	unsigned flags = flags_seen(w, i);
	enum debounce_change change = debounce_see(&w->debounce, flags_up(flags), &delays, now);
	usec_t due = debounce_due(&w->debounce, &delays);

	if (flags_up(flags) == w->debounce.up)
		w->flags = flags;
	if (change == DEBOUNCE_IGNORED)
		report_ignored(w);
	if (!pending && due != USEC_NEVER)
		log_info("%s: its link is %s, which counts in %.6g s", w->row->interface,
		    w->debounce.seen ? "up" : "down", (double)(due - now) / 1e6);
	wait_until(w, due, now);
}

/* True if something counts now that did not. */
static bool refresh(struct watch *w)
{
	const struct kernel_interface *i = kernel_interface(w->router->kernel, w->row->interface);
	unsigned old = w->flags;

	if ((i ? i->index : 0) != w->index) {
		/* what was known is of another interface; it does not come back */
		w->debounce = (struct debounce){0};
		w->index = i ? i->index : 0;
		w->flags = 0;
		event_del(w->timer);
	}
	if (i)
		look_at(w, i);
	report(w);
	return w->flags != old;
}

bool watch_refresh(struct router *r)
{
	bool other = false;

	if (r->linkbeat_due)
		ask_drivers(r);
	STORE_FOREACH (vrrp_interface, row, engine_store(r->engine))
		other = (row->row.user && refresh(row->row.user)) || other;
	return other;
}

static void on_due(int fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	if (refresh(w))
		router_links_changed(w->router);
}

/* --------------------------------------------------------------------- drivers */

static void on_news(const struct linkbeat_news *n, void *arg)
{
	struct router *r = arg;
	struct vrrp_interface *row = store_vrrp_interface(engine_store(r->engine), n->interface);
	struct watch *w = row ? row->row.user : NULL;

	if (!w || row->linkbeat == LINKBEAT_OFF)
		return;
	if (n->index && n->method != row->linkbeat && n->method != w->polled.method)
		log_notice("%s: its link is polled by %s, as its driver does not know %s",
		    n->interface, enum_word(&enumeration_linkbeat_way, (int32_t)n->method),
		    enum_word(&enumeration_linkbeat_way, (int32_t)row->linkbeat));
	w->polled = *n;
	if (!n->index)
		w->polled.method = LINKBEAT_OFF;
	if (refresh(w))
		router_links_changed(r);
}

static size_t wishes(const struct router *r, struct linkbeat_wish *list)
{
	size_t n = 0;

	STORE_FOREACH (vrrp_interface, row, engine_store(r->engine)) {
		struct watch *w = row->row.user;

		if (row->linkbeat == LINKBEAT_OFF) {
			w->polled.method = LINKBEAT_OFF;
		} else if (n == LINKBEAT_MAX) {
			log_warning("%s: its link is not polled: only %d are", row->interface,
			    LINKBEAT_MAX);
		} else {
			strncpy(list[n].interface, row->interface, IFNAMSIZ - 1);
			list[n++].method = row->linkbeat;
		}
	}
	return n;
}

static void ask_drivers(struct router *r)
{
	struct linkbeat_wish list[LINKBEAT_MAX] = {0};
	size_t n = wishes(r, list);

	if (!r->linkbeat && n)
		r->linkbeat = linkbeat_new(r->base, NULL, LINKBEAT_PERIOD, on_news, r);
	r->linkbeat_due = r->linkbeat && !linkbeat_set(r->linkbeat, list, n);
}

/* ------------------------------------------------------------------------ rows */

/* What an earlier process knew goes on: a link that went down while there was none has its delay. */
static void adopt(struct watch *w)
{
	const struct kernel_interface *i = kernel_interface(w->router->kernel, w->row->interface);

	if (!i || w->row->status == TRACK_STATE_UNKNOWN)
		return;
	w->index = i->index;
	w->debounce.known = true;
	w->debounce.up = w->debounce.seen = w->row->status == TRACK_STATE_UP;
	w->flags = w->debounce.up ? FLAGS_UP : IFF_UP;
}

static void make(struct router *r, struct vrrp_interface *row)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->router = r;
	w->row = row;
	w->polled.method = LINKBEAT_OFF;
	w->timer = evtimer_new(r->base, on_due, w);
	row->row.user = w;
	adopt(w);
}

void watch_configure(struct router *r)
{
	STORE_FOREACH (vrrp_interface, row, engine_store(r->engine)) {
		if (!row->row.user)
			make(r, row);
	}
	ask_drivers(r);
	watch_refresh(r);
}

void watch_free(struct row *row)
{
	struct watch *w = row->user;

	if (!w)
		return;
	event_free(w->timer);
	free(w);
	row->user = NULL;
}
