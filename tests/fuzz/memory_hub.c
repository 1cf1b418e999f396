/* SPDX-License-Identifier: BSD-2-Clause */
/* See memory_hub.h. */
#include "tests/fuzz/memory_hub.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------------------- the disk */

struct step {
	STAILQ_ENTRY(step) entry;
	void (*run)(struct memory_disk *d, const struct step *s);
	const char *text[4]; /* shared strings, or NULL */
	uint32_t number;
	struct changeset *changes;
};

struct job {
	STAILQ_ENTRY(job) entry;
	STAILQ_HEAD(, step) steps;
	void (*done)(const char *error, void *arg);
	void *arg;
};

struct datastore {
	struct memory_disk *disk;
	STAILQ_HEAD(, job) jobs;
	struct event *work;
	bool hangs;
	void (*tell_hangs)(void *arg);
	void *tell_arg;
};

void disk_init(struct memory_disk *d)
{
	*d = (struct memory_disk){.values = overrides_new()};
	history_init(&d->history);
}

void disk_clear(struct memory_disk *d)
{
	overrides_delete(d->values);
	history_clear(&d->history);
}

struct job *job_new(void (*done)(const char *error, void *arg), void *arg)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	j->done = done;
	j->arg = arg;
	STAILQ_INIT(&j->steps);
	return j;
}

static struct step *step_new(
    struct job *j, void (*run)(struct memory_disk *d, const struct step *s))
{
	struct step *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->run = run;
	STAILQ_INSERT_TAIL(&j->steps, s, entry);
	return s;
}

static void job_free(struct job *j)
{
	struct step *s;

	while ((s = STAILQ_FIRST(&j->steps))) {
		STAILQ_REMOVE_HEAD(&j->steps, entry);
		for (int i = 0; i < 4; i++)
			if (s->text[i])
				str_free(s->text[i]);
		changeset_free(s->changes);
		free(s);
	}
	free(j);
}

static void put_value(struct memory_disk *d, const struct step *s)
{
	overrides_put(d->values, s->text[0], s->text[1], s->text[2], s->text[3]);
}

void job_override(
    struct job *j, const char *table, const char *key, const char *column, const char *value)
{
	struct step *s = step_new(j, put_value);

	s->text[0] = str_get(table);
	s->text[1] = str_get(key);
	s->text[2] = str_get(column);
	s->text[3] = value ? str_get(value) : NULL;
}

static void forget_row(struct memory_disk *d, const struct step *s)
{
	const struct table *t = table_find(s->text[0]);

	for (size_t i = 0; i < t->ncolumns; i++)
		overrides_put(d->values, s->text[0], s->text[1], t->columns[i].name, NULL);
}

void job_forget_row(struct job *j, const char *table, const char *key)
{
	struct step *s = step_new(j, forget_row);

	s->text[0] = str_get(table);
	s->text[1] = str_get(key);
}

static struct changeset *changes_copy(const struct changeset *c)
{
	struct changeset *to = changeset_new(c->origin);

	to->generation = c->generation;
	to->time = c->time;
	for (size_t i = 0; i < c->n; i++)
		changeset_add(to, &c->list[i]);
	return to;
}

static void put_changes(struct memory_disk *d, const struct step *s)
{
	history_add(&d->history, changes_copy(s->changes), NULL, NULL);
}

void job_history(struct job *j, const struct changeset *c)
{
	step_new(j, put_changes)->changes = changes_copy(c);
}

static void prune(struct memory_disk *d, const struct step *s)
{
	struct changeset *c;

	while ((c = STAILQ_FIRST(&d->history.sets)) && c->generation < s->number) {
		STAILQ_REMOVE_HEAD(&d->history.sets, entry);
		d->history.lines -= c->n;
		changeset_free(c);
	}
}

void job_prune_history(struct job *j, uint32_t before)
{
	step_new(j, prune)->number = before;
}

static void forget_changes(struct memory_disk *d, const struct step *s)
{
	struct changeset *c = STAILQ_FIRST(&d->history.sets);

	while (c && c->generation != s->number)
		c = STAILQ_NEXT(c, entry);
	if (!c)
		return;
	STAILQ_REMOVE(&d->history.sets, c, changeset, entry);
	d->history.lines -= c->n;
	changeset_free(c);
}

void job_forget_history(struct job *j, uint32_t generation)
{
	step_new(j, forget_changes)->number = generation;
}

static struct number *number_at(struct memory_disk *d, const char *name)
{
	if (strcmp(name, "generation") == 0)
		return &d->generation;
	if (strcmp(name, "notified") == 0)
		return &d->notified;
	if (strcmp(name, "unconfirmed") != 0)
		abort();
	return &d->unconfirmed;
}

static void put_number(struct memory_disk *d, const struct step *s)
{
	*number_at(d, s->text[0]) = (struct number){s->number, true};
}

void job_number(struct job *j, const char *name, uint32_t value)
{
	struct step *s = step_new(j, put_number);

	s->text[0] = str_get(name);
	s->number = value;
}

static void forget_number(struct memory_disk *d, const struct step *s)
{
	number_at(d, s->text[0])->there = false;
}

void job_forget_number(struct job *j, const char *name)
{
	step_new(j, forget_number)->text[0] = str_get(name);
}

/* State and events are not what this is about. */
void job_state(struct job *j, const struct row *r, const struct column *c, const char *value)
{
	(void)j;
	(void)r;
	(void)c;
	(void)value;
}

void job_event(struct job *j, const struct row *event)
{
	(void)j;
	(void)event;
}

void job_prune_events(struct job *j, uint32_t before)
{
	(void)j;
	(void)before;
}

static void work(int fd, short what, void *arg)
{
	struct datastore *d = arg;
	struct job *j = STAILQ_FIRST(&d->jobs);
	struct step *s;
	void (*done)(const char *error, void *arg) = j->done;
	void *done_arg = j->arg;

	(void)fd;
	(void)what;
	if (d->disk->hangs) {
		d->hangs = true;
		d->tell_hangs(d->tell_arg);
		return;
	}
	d->hangs = false;
	STAILQ_REMOVE_HEAD(&d->jobs, entry);
	if (!STAILQ_EMPTY(&d->jobs))
		event_active(d->work, EV_TIMEOUT, 0);
	if (!d->disk->broken && !d->disk->read_only) {
		STAILQ_FOREACH (s, &j->steps, entry) {
			s->run(d->disk, s);
			d->disk->written++;
		}
	}
	job_free(j);
	if (done)
		done(d->disk->broken ? "the disk is full" : NULL, done_arg);
}

void datastore_submit(struct datastore *d, struct job *j)
{
	if (STAILQ_EMPTY(&d->jobs))
		event_active(d->work, EV_TIMEOUT, 0);
	STAILQ_INSERT_TAIL(&d->jobs, j, entry);
}

void datastore_watch(struct datastore *d, usec_t patience, void (*tell)(void *arg), void *arg)
{
	(void)patience;
	d->tell_hangs = tell;
	d->tell_arg = arg;
}

bool datastore_hangs(const struct datastore *d)
{
	return d->hangs;
}

static struct datastore *datastore_new(struct event_base *base, struct memory_disk *disk)
{
	struct datastore *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->disk = disk;
	STAILQ_INIT(&d->jobs);
	d->work = event_new(base, -1, 0, work, d);
	return d;
}

static void datastore_kill(struct datastore *d)
{
	struct job *j;

	while ((j = STAILQ_FIRST(&d->jobs))) {
		STAILQ_REMOVE_HEAD(&d->jobs, entry);
		job_free(j);
	}
	event_free(d->work);
	free(d);
}

const char *datastore_trouble(const struct datastore *d)
{
	(void)d;
	return NULL;
}

struct listing {
	struct override *list;
	size_t n;
};

static void list_value(
    const char *table, const char *key, const char *column, const char *value, void *arg)
{
	struct listing *l = arg;

	l->list = reallocarray(l->list, l->n + 1, sizeof(*l->list));
	if (!l->list)
		abort();
	l->list[l->n++] =
	    (struct override){strdup(table), strdup(key), strdup(column), strdup(value)};
}

bool datastore_overrides(struct datastore *d, struct override **list, size_t *n)
{
	struct listing l = {NULL, 0};

	overrides_each(d->disk->values, list_value, &l);
	*list = l.list;
	*n = l.n;
	return true;
}

bool datastore_states(struct datastore *d, struct override **list, size_t *n)
{
	(void)d;
	*list = NULL;
	*n = 0;
	return true;
}

bool datastore_history(struct datastore *d, void (*got)(struct changeset *c, void *arg), void *arg)
{
	struct changeset *c;

	STAILQ_FOREACH (c, &d->disk->history.sets, entry)
		got(changes_copy(c), arg);
	return true;
}

bool datastore_number(struct datastore *d, const char *name, uint32_t *value)
{
	const struct number *n = number_at(d->disk, name);

	*value = n->value;
	return n->there;
}

bool datastore_events(
    struct datastore *d, size_t limit, void (*got)(struct row *event, void *arg), void *arg)
{
	(void)d;
	(void)limit;
	(void)got;
	(void)arg;
	return true;
}

/* --------------------------------------------------- what else the hub has and this one has not */

struct child {
	bool lost;
};

static struct child only_child;

void child_ready(struct child *c)
{
	(void)c;
}

void child_pong(struct child *c)
{
	(void)c;
}

/* Only the hub's own death parts them: else somebody sent what is no message. */
void child_lost(struct child *c)
{
	(void)c;
	abort();
}

void children_go_on(struct hub *h)
{
	(void)h;
}

void listen_configure(struct hub *h)
{
	(void)h;
}

void listen_reload(struct hub *h)
{
	(void)h;
}

void hub_datastore_state(struct hub *h, const char *error)
{
	(void)h;
	(void)error;
}

/* ----------------------------------------------------------------------------- the hub */

static void disk_hangs(void *arg)
{
	events_disk_hangs(arg);
	commit_disk_hangs(arg);
}

bool memory_hub_start(struct hub *h, struct memory_disk *d, const char *file)
{
	*h = (struct hub){
	    .options = {.file = file, .config_id = "host"}, .control_fd = -1, .pid_fd = -1};
	h->base = event_base_new();
	if (!h->base)
		abort();
	h->store = store_new();
	h->parked = store_new();
	h->system = store_system(h->store);
	TAILQ_INIT(&h->peers);
	TAILQ_INIT(&h->children);
	h->datastore = datastore_new(h->base, d);
	events_open(h);
	datastore_watch(h->datastore, 0, disk_hangs, h);
	if (!commit_first(h))
		return false;
	kept_open(h);
	h->ready_told = true;
	memory_hub_work(h);
	return true;
}

void memory_hub_kill(struct hub *h)
{
	struct peer *p;

	while ((p = TAILQ_FIRST(&h->peers)))
		peer_free(p);
	if (h->commit)
		abort(); /* nothing waits for this disk that could be cut off */
	kept_close(h);
	commit_close(h);
	events_close(h);
	datastore_kill(h->datastore);
	store_free(h->store);
	store_free(h->parked);
	event_base_free(h->base);
}

void memory_hub_connect(struct hub *h, int fd)
{
	peer_new(h, fd, &only_child)->name = "agent";
}

void memory_hub_work(struct hub *h)
{
	do
		event_base_loop(h->base, EVLOOP_NONBLOCK);
	while (!STAILQ_EMPTY(&h->datastore->jobs) && !h->datastore->hangs);
	/* time is what the test says it is */
	if (event_pending(h->confirm_timer, EV_TIMEOUT, NULL))
		event_del(h->confirm_timer);
}

void memory_hub_disk_goes_on(struct hub *h)
{
	h->datastore->disk->hangs = false;
	if (!h->datastore->hangs)
		return;
	h->datastore->hangs = false;
	event_active(h->datastore->work, EV_TIMEOUT, 0);
}

static struct hub *behind_poll;

void memory_hub_behind_poll(struct hub *h)
{
	behind_poll = h;
}

int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (behind_poll)
		memory_hub_work(behind_poll);
	return __real_poll(fds, n, timeout);
}
