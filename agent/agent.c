/* SPDX-License-Identifier: BSD-2-Clause */
/* See agent.h. */
#include "agent/agent.h"

#include <stdlib.h>
#include <string.h>
#include "agent/requests.h"
#include "agent/master.h"
#include "agent/snmp.h"
#include "agent/trap.h"

struct agent {
	struct view view;
	struct master *master;
	struct outbox *outbox;
	struct event *pump;  /* sends the next notification, outside of the library's callbacks */
	struct row *sending; /* a copy of the event: the log may drop it meanwhile */
	struct event *patience;	    /* while draining: when to give up */
	void (*watcher)(void *arg); /* of system.agentx_state */
	void *watcher_arg;
	void (*drained)(void *arg); /* NULL: not draining */
	void *drained_arg;
};

static void end_drain(struct agent *a)
{
	void (*drained)(void *arg) = a->drained;

	a->drained = NULL;
	evtimer_del(a->patience);
	if (drained)
		drained(a->drained_arg);
}

static void send_next(struct agent *a)
{
	const struct event_log *e;
	struct trap t;

	while (
	    master_is_up(a->master) && !a->sending && (e = outbox_next(a->outbox, a->view.store))) {
		if (!trap_build(&t, &a->view, e)) {
			outbox_taken(a->outbox, e);
			continue;
		}
		if (master_notify(a->master, &t))
			a->sending = row_copy(&e->row);
		trap_clear(&t);
		return;
	}
	if (!a->sending)
		end_drain(a);
}

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_next(arg);
}

static void pump(struct agent *a)
{
	event_active(a->pump, EV_TIMEOUT, 0);
}

static void stop_sending(struct agent *a)
{
	row_free(a->sending);
	a->sending = NULL;
}

static void on_up(usec_t uptime_zero, void *arg)
{
	struct agent *a = arg;

	a->view.uptime_zero = uptime_zero;
	pump(a);
}

static void on_down(void *arg)
{
	stop_sending(arg);
	pump(arg);
}

static void on_impatient(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end_drain(arg);
}

/* One that the master refuses would be refused again: it counts as sent. */
static void on_notified(bool ok, void *arg)
{
	struct agent *a = arg;

	(void)ok;
	if (a->sending)
		outbox_taken(a->outbox, (struct event_log *)a->sending);
	stop_sending(a);
	pump(a);
}

static void on_state(const char *text, void *arg)
{
	struct agent *a = arg;
	struct system *sys = store_system(a->view.store);

	if (strcmp(sys->agentx_state, text) == 0)
		return;
	row_set_text(&sys->agentx_state, text);
	if (a->watcher)
		a->watcher(a->watcher_arg);
}

void agent_watch(struct agent *a, void (*watcher)(void *arg), void *arg)
{
	a->watcher = watcher;
	a->watcher_arg = arg;
}

static const struct master_ops master_ops = {on_up, on_down, on_notified, on_state};

struct agent *agent_new(
    struct event_base *base, struct store *store, const struct set_hub *hub, const char *dir)
{
	struct agent *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->view.store = store;
	a->outbox = outbox_new(dir);
	a->pump = event_new(base, -1, 0, on_pump, a);
	a->patience = evtimer_new(base, on_impatient, a);
	if (!a->pump || !a->patience)
		abort();
	snmplib_start(base, dir);
	requests_register(&a->view, hub);
	a->master = master_new(base, &master_ops, a);
	return a;
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	master_free(a->master);
	snmplib_stop();
	stop_sending(a);
	event_free(a->pump);
	event_free(a->patience);
	outbox_free(a->outbox);
	free(a);
}

void agent_changed(struct agent *a)
{
	master_connect(a->master, store_system(a->view.store)->agentx_socket);
	pump(a);
}

void agent_drain(struct agent *a, void (*done)(void *arg), void *arg)
{
	static const struct timeval second = {.tv_sec = 1};

	a->drained = done;
	a->drained_arg = arg;
	evtimer_add(a->patience, &second);
	send_next(a);
}
