/* SPDX-License-Identifier: BSD-2-Clause */
/* See agent.h. */
#include "config.h"
#include "agent/agent.h"

#include <stdlib.h>
#include <string.h>
#include "agent/entity.h"
#include "agent/requests.h"
#include "agent/standard_trap.h"
#include "agent/throttle.h"

struct agent {
	struct agent_settings settings;
	struct view view;
	struct standard *standard;
	enum snmp_mode mode; /* that the entity was made for */
	const struct entity_type *type;
	struct entity *entity; /* NULL before there is a configuration */
	struct outbox *outbox;
	struct throttle throttle;
	char master_name[OUTBOX_MASTER_SIZE]; /* of the one that is connected */
	bool begun;			      /* the rows are here */
	bool unconfigured;   /* the entity does not know yet what changed during a SET */
	struct event *pump;  /* sends the next notification, outside of the library's callbacks */
	struct row *sending; /* a copy of the event: the log may drop it meanwhile */
	bool own;	     /* what is sent is our own notification, not a standard one */
	struct event *patience;	    /* while draining: when to give up */
	bool again;		    /* another process is wanted; said once */
	void (*drained)(void *arg); /* NULL: not draining */
	void *drained_arg;
	bool ended; /* drained: what were sent now, nobody would remember */
};

static void end_drain(struct agent *a)
{
	void (*drained)(void *arg) = a->drained;

	a->drained = NULL;
	evtimer_del(a->patience);
	if (!drained)
		return;
	a->ended = true;
	drained(a->drained_arg);
}

/* Does a standard module have a notification for the event? */
static bool is_standard(const struct agent *a, const struct event_log *e)
{
	struct trap t;
	bool is = standard_trap_build(&t, a->standard, e);

	if (is)
		trap_clear(&t);
	return is;
}

static void taken(struct agent *a, const struct event_log *e)
{
	if (a->own && is_standard(a, e))
		outbox_taken_own(a->outbox, e);
	else
		outbox_taken(a->outbox, e);
}

static bool is_up(const struct agent *a)
{
	return a->entity && !a->ended && a->type->is_up(a->entity);
}

static void tell(struct agent *a, struct row *r, column_mask mask)
{
	a->settings.report(r, mask, a->settings.arg);
}

/* The hub keeps the log until then. */
static void tell_last(struct agent *a)
{
	struct system *sys = store_system(a->view.store);
	uint32_t last = outbox_last(a->outbox);

	if (sys->event_notified == last)
		return;
	sys->event_notified = last;
	tell(a, &sys->row, COLUMN(system, event_notified));
}

/* The hub has the counts: an agent that is started again gets them back with the rows. */
static void count(struct agent *a, const struct event_log *e, bool sent)
{
	struct notification *n = store_notification(a->view.store, e->kind);

	if (!n)
		return;
	n->sent += sent;
	n->suppressed += !sent;
	tell(a, &n->row, sent ? COLUMN(notification, sent) : COLUMN(notification, suppressed));
}

static void send_one(struct agent *a, const struct event_log *e, const struct trap *t)
{
	if (!a->type->notify(a->entity, t))
		return;
	a->sending = row_copy(&e->row);
	outbox_handed(a->outbox, e, a->own && is_standard(a, e), a->master_name);
}

/*
 * An event is told in our own notification first, unless its kind is switched off or beyond its limit, and then in
 * that of a standard module, if one has it.  What is not to be sent counts as taken.
 */
static const struct event_log *next_to_send(struct agent *a, struct trap *t)
{
	const struct event_log *e;

	while ((e = outbox_next(a->outbox, a->view.store))) {
		a->own = !outbox_is_own_taken(a->outbox, e);
		if (a->own && !throttle_passes(&a->throttle, a->view.store, e)) {
			count(a, e, false);
			a->own = false;
		}
		if (a->own && trap_build(t, &a->view, e))
			return e;
		a->own = false;
		if (standard_trap_build(t, a->standard, e)) {
			outbox_taken_own(a->outbox, e);
			return e;
		}
		outbox_taken(a->outbox, e);
	}
	return NULL;
}

static void send_next(struct agent *a)
{
	const struct event_log *e;
	struct trap t;

	if (is_up(a) && !a->sending && (e = next_to_send(a, &t))) {
		send_one(a, e, &t);
		trap_clear(&t);
	}
	outbox_save(a->outbox);
	tell_last(a);
	if (!a->sending && !(is_up(a) && outbox_next(a->outbox, a->view.store)))
		end_drain(a);
}

static void configure(struct agent *a);

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
	struct agent *a = arg;

	(void)fd;
	(void)what;
	if (a->unconfigured)
		configure(a);
	send_next(a);
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
	a->type->identity(a->entity, a->master_name, sizeof(a->master_name));
	outbox_connected(a->outbox, a->master_name);
	pump(a);
}

static void on_down(void *arg)
{
	struct agent *a = arg;

	stop_sending(a);
	outbox_returned(a->outbox);
	pump(a);
}

static void on_impatient(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end_drain(arg);
}

/* One that is refused would be refused again, one that was given up likewise: it counts as sent. */
static void on_notified(bool ok, void *arg)
{
	struct agent *a = arg;
	const struct event_log *e = (struct event_log *)a->sending;

	if (e) {
		taken(a, e);
		if (a->own) {
			throttle_count(&a->throttle, e);
			if (ok)
				count(a, e, true);
		}
	}
	stop_sending(a);
	pump(a);
}

static void on_state(const char *text, void *arg)
{
	struct agent *a = arg;
	struct system *sys = store_system(a->view.store);

	if (strcmp(sys->snmp_state, text) == 0)
		return;
	row_set_textf(&sys->snmp_state, "%.250s", text);
	tell(a, &sys->row, COLUMN(system, snmp_state));
}

static void on_lost(void *arg)
{
	struct agent *a = arg;
	struct system *sys = store_system(a->view.store);

	sys->informs_lost++;
	tell(a, &sys->row, COLUMN(system, informs_lost));
}

static void want_another(struct agent *a)
{
	if (a->again)
		return;
	a->again = true;
	a->settings.again(a->settings.arg);
}

static void on_again(void *arg)
{
	want_another(arg);
}

struct agent *agent_new(const struct agent_settings *settings)
{
	struct agent *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->settings = *settings;
	a->view.store = settings->store;
	a->outbox = outbox_new(settings->run_dir);
	a->pump = event_new(settings->base, -1, 0, on_pump, a);
	a->patience = evtimer_new(settings->base, on_impatient, a);
	if (!a->pump || !a->patience)
		abort();
	a->standard = standard_new(&a->view, NULL);
	return a;
}

void agent_free(struct agent *a)
{
	if (!a)
		return;
	if (a->entity)
		a->type->close(a->entity);
	stop_sending(a);
	event_free(a->pump);
	event_free(a->patience);
	outbox_free(a->outbox);
	standard_free(a->standard);
	free(a);
}

const char *entity_config_file(const struct system *sys)
{
	return *sys->snmp_config_file ? sys->snmp_config_file : SYSCONFDIR "/directord/snmpd.conf";
}

/* A SET is over. */
static void on_idle(void *arg)
{
	struct agent *a = arg;

	if (a->unconfigured)
		pump(a);
}

static void open_entity(struct agent *a, const struct system *sys)
{
	static const struct entity_ops ops = {
	    on_up, on_down, on_notified, on_state, on_lost, on_again};
	const struct requests_idle idle = {on_idle, a};
	struct entity_settings settings = {
	    a->settings.base, a->settings.dir, a->settings.passing, &ops, a};

	a->mode = sys->snmp_mode;
	a->type = a->mode == SNMP_MODE_STANDALONE ? &entity_standalone : &entity_agentx;
	a->entity = a->type->open(&settings, sys);
	requests_register(&a->view, a->settings.hub, a->standard, &idle);
}

/*
 * What is told to the entity may end the conversation with the manager who asks for it: he gets his answer first,
 * unless nobody is there any more to get one.
 */
static void configure(struct agent *a)
{
	const struct system *sys = store_system(a->view.store);

	a->unconfigured = requests_in_set() && a->type->is_up(a->entity);
	if (a->unconfigured)
		return;
	/* net-snmp's library can be only one of the two in the life of a process. */
	if (sys->snmp_mode == a->mode)
		a->type->configure(a->entity, sys);
	else
		want_another(a);
}

/* The rows are here for the first time. */
static void begin(struct agent *a)
{
	outbox_begin(a->outbox, a->view.store);
	throttle_replay(&a->throttle, a->view.store, outbox_last(a->outbox));
	STORE_FOREACH (notification, n, a->view.store) {
		if (n->discontinuity)
			continue;
		n->discontinuity = clock_now();
		tell(a, &n->row, COLUMN(notification, discontinuity));
	}
	tell_last(a);
	a->begun = true;
}

void agent_changed(struct agent *a)
{
	const struct system *sys = store_system(a->view.store);

	if (!a->begun)
		begin(a);
	standard_changed(a->standard);
	if (!a->entity)
		open_entity(a, sys);
	configure(a);
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
