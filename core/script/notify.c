/* SPDX-License-Identifier: BSD-2-Clause */
/* See notify.h. */
#include "core/script/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/base/words.h"
#include "core/script/fifo.h"
#include "core/script/queue.h"
#include "core/script/who.h"

#define RUNNING_MAX 64
/* How long the end waits for scripts; the hub's patience is a little longer. */
#define STOP_TIME (4 * USEC_PER_SEC)

struct teller {
	struct engine *engine;
	struct run_loop *loop;
	struct fifos *fifos;
	struct queue *queue;
	struct event *next; /* begins what may begin */
	struct event *deadline;
	struct log_limit failures;
	bool stopping;
};

/* A script that is to be run; row.user of its row. */
struct telling {
	struct queue_item item;
	struct teller *teller;
	struct notice *row; /* a copy once the hub's row is gone */
	bool own;	    /* it is the copy */
	struct run *run;
};

/* ------------------------------------------------------------------------------ words */

char **notify_words(const struct notice *n)
{
	char priority[12], **words = words_split(n->command), **all;
	const char *more[] = {n->owner_kind == NOTIFY_GROUP ? "GROUP" : "INSTANCE", n->owner,
	    n->word, priority, NULL};

	if (!words || n->event != NOTIFY_ANY)
		return words;
	snprintf(priority, sizeof(priority), "%u", n->priority);
	all = words_more(words, more);
	free(words);
	return all;
}

/* "group VG_1", "realServer web 10.0.0.1 80" */
static const char *owner_words(const struct notice *n, char *buf, size_t size)
{
	char address[ADDR_STRLEN] = "", port[12] = "";

	if (n->owner_kind == NOTIFY_REAL_SERVER) {
		addr_format(&n->address, address);
		snprintf(port, sizeof(port), " %u", n->port);
	}
	snprintf(buf, size, "%s %s%s%s%s", enum_word(&enumeration_notify_owner, n->owner_kind),
	    n->owner, *address ? " " : "", address, port);
	return buf;
}

/* ---------------------------------------------------------------------------- results */

static void set_notice_state(const struct telling *t, enum notice_state state)
{
	if (t->own)
		return;
	t->row->state = state;
	engine_report(t->teller->engine, &t->row->row, COLUMN(notice, state));
}

static struct notify_script *script_of(const struct telling *t)
{
	const struct notice *n = t->row;

	return store_notify_script(engine_store(t->teller->engine), n->owner_kind, n->owner,
	    n->owner_kind == NOTIFY_REAL_SERVER ? &n->address : NULL, n->port, n->event);
}

static void count(const struct telling *t, const struct run_result *r)
{
	struct notify_script *s = script_of(t);

	if (!s)
		return; /* the file does not have it any more */
	s->runs++;
	s->failures += !r->ok;
	s->timeouts += r->timed_out;
	s->last_run = clock_now();
	s->last_duration = r->duration;
	row_set_text(&s->last_result, r->text);
	engine_report(t->teller->engine, &s->row, table_owned(s->row.table, P_SCRIPT));
}

static void complain(const struct telling *t, const struct run_result *r)
{
	char owner[200];
	unsigned more;

	owner_words(t->row, owner, sizeof(owner));
	if (r->ok)
		log_info("%s: the script for %s was told %s", owner,
		    enum_word(&enumeration_notify_event, t->row->event), t->row->word);
	else if (log_limit_ok(&t->teller->failures, 10, 60 * USEC_PER_SEC, &more))
		log_warning("%s: the script for %s (%s) failed: %s", owner,
		    enum_word(&enumeration_notify_event, t->row->event), t->row->word, r->text);
}

static void telling_free(struct telling *t)
{
	if (t->run)
		run_cancel(t->run);
	queue_remove(t->teller->queue, &t->item);
	if (t->own)
		row_free(&t->row->row);
	else
		t->row->row.user = NULL;
	free(t);
}

static void look_for_next(struct teller *t)
{
	event_active(t->next, EV_TIMEOUT, 0);
}

static void take(struct telling *t, const struct run_result *r)
{
	struct teller *all = t->teller;

	count(t, r);
	complain(t, r);
	set_notice_state(t, NOTICE_DONE);
	telling_free(t);
	look_for_next(all);
}

static void on_done(const struct run_result *r, void *arg)
{
	struct telling *t = arg;

	t->run = NULL;
	take(t, r);
}

/* ------------------------------------------------------------------------------- runs */

static usec_t timeout_of(const struct telling *t)
{
	const struct system *sys = store_system(engine_store(t->teller->engine));

	return t->row->event == NOTIFY_STARTUP	  ? sys->startup_timeout
	       : t->row->event == NOTIFY_SHUTDOWN ? sys->shutdown_timeout
						  : sys->notify_timeout;
}

static void tell(struct telling *t)
{
	struct run_result failed = {.ok = false};
	char **argv = notify_words(t->row), why[100] = "the command has no words, or an open quote";
	struct run_user u;

	if (argv &&
	    who_may_run(t->teller->engine, t->row->user, t->row->user_group, argv[0], &u, why)) {
		t->run =
		    run_start(t->teller->loop, argv, &u, timeout_of(t), RUN_LEAVE_REST, on_done, t);
		snprintf(why, sizeof(why), "no process: %.60s", strerror(errno));
	}
	free(argv);
	if (t->run) {
		set_notice_state(t, NOTICE_RUNNING);
		return;
	}
	snprintf(failed.text, sizeof(failed.text), "it cannot be run: %.70s", why);
	take(t, &failed);
}

static void end_if_all_is_told(struct teller *t)
{
	if (!t->stopping || queue_count(t->queue))
		return;
	fifos_stop(t->fifos);
	if (!fifos_busy(t->fifos))
		engine_exit(t->engine, 0);
}

static void on_next(int fd, short what, void *arg)
{
	struct teller *t = arg;
	struct queue_item *i;
	struct timeval again = {.tv_usec = 100000};

	(void)fd;
	(void)what;
	while ((i = queue_next(t->queue)))
		tell(i->arg);
	end_if_all_is_told(t);
	if (t->stopping)
		event_add(t->next, &again); /* the FIFOs' programs may have ended */
}

/* ------------------------------------------------------------------------------- rows */

static void take_notice(struct teller *t, struct notice *n)
{
	struct telling *one;
	char owner[200];

	if (*n->line) {
		fifos_write(t->fifos, n->owner_kind, n->line);
		n->state = NOTICE_DONE;
		engine_report(t->engine, &n->row, COLUMN(notice, state));
		return;
	}
	one = calloc(1, sizeof(*one));
	if (!one)
		abort();
	one->teller = t;
	one->row = n;
	one->item.arg = one;
	n->row.user = one;
	queue_add(t->queue, owner_words(n, owner, sizeof(owner)), &one->item);
}

/* The hub needed its place; one that runs goes on. */
static void lose_notice(struct telling *one)
{
	if (!one->item.running) {
		telling_free(one);
		return;
	}
	one->row->row.user = NULL;
	one->row = (struct notice *)row_copy(&one->row->row);
	one->own = true;
}

void teller_changed(struct teller *t, const struct change *c, size_t n)
{
	fifos_changed(t->fifos, c, n);
	for (size_t k = 0; k < n; k++) {
		if (c[k].row->table->id != TABLE_notice)
			continue;
		if (c[k].kind == CHANGE_ADDED)
			take_notice(t, (struct notice *)c[k].row);
		else if (c[k].kind == CHANGE_REMOVED && c[k].row->user)
			lose_notice(c[k].row->user);
	}
	look_for_next(t);
}

static void on_deadline(int fd, short what, void *arg)
{
	struct teller *t = arg;

	(void)fd;
	(void)what;
	if (queue_count(t->queue))
		log_warning("%u scripts have not ended, or were not run, when directord stopped",
		    queue_count(t->queue));
	engine_exit(t->engine, 0);
}

void teller_stop(struct teller *t)
{
	struct timeval tv = usec_to_timeval(STOP_TIME);

	t->stopping = true;
	event_add(t->deadline, &tv);
	look_for_next(t);
}

struct teller *teller_new(struct engine *e, struct run_loop *l)
{
	struct teller *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->engine = e;
	t->loop = l;
	t->fifos = fifos_new(e, l);
	t->queue = queue_new(RUNNING_MAX);
	t->next = evtimer_new(engine_base(e), on_next, t);
	t->deadline = evtimer_new(engine_base(e), on_deadline, t);
	return t;
}

void teller_free(struct teller *t, bool clean)
{
	struct queue_item *i;

	while ((i = queue_any(t->queue)))
		telling_free(i->arg);
	fifos_free(t->fifos, clean);
	queue_free(t->queue);
	event_free(t->next);
	event_free(t->deadline);
	free(t);
}
