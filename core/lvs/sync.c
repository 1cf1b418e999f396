/* SPDX-License-Identifier: BSD-2-Clause */
/* See sync.h. */
#include "core/lvs/sync.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/lvs/made.h"

#define HEADERS_IPV4 28 /* of IP and UDP */
#define HEADERS_IPV6 48
#define LONGEST 65535
#define ETHERNET_MTU 1500
#define BACKUP_LEAST 1024 /* the kernel's backup daemon does not take less */

static const enum ipvs_sync_role roles[] = {IPVS_SYNC_MASTER, IPVS_SYNC_BACKUP};
#define ROLES (sizeof(roles) / sizeof(*roles))

/* What this process knows of the daemon of a role. */
struct sync_role_memory {
	bool ours;		  /* by the note */
	bool foreign;		  /* runs, and is not ours: logged */
	bool seen;		  /* last is what there was after we had a look */
	struct ipvs_daemon last;  /* as the kernel shows it */
	bool has_asked;		  /* asked is what we started it with */
	struct ipvs_daemon asked; /* with zeros where the kernel chooses */
	unsigned ifindex;	  /* of the interface when it was started or adopted */
};

struct sync {
	struct engine *engine;
	char *note; /* the file's name */
	struct sync_role_memory memory[ROLES];
};

static const char *role_word(enum ipvs_sync_role role)
{
	return role == IPVS_SYNC_MASTER ? "master" : "backup";
}

static struct ipvs_daemon *daemon_of(struct ipvs_daemons *d, enum ipvs_sync_role role)
{
	return role == IPVS_SYNC_MASTER ? &d->master : &d->backup;
}

/* ----------------------------------------------------------------------- decisions */

static bool unknown_state(enum ipvs_sync_role role, const struct ipvs_daemons *have)
{
	if (role == IPVS_SYNC_MASTER)
		return have->master.running;
	return have->backup.running || !have->master.running;
}

static bool wants_role(
    enum ipvs_sync_role role, enum vrrp_state state, const struct ipvs_daemons *have)
{
	switch (state) {
	case VRRP_INITIALIZE:
		return unknown_state(role, have);
	case VRRP_MASTER:
		return role == IPVS_SYNC_MASTER;
	case VRRP_BACKUP:
	case VRRP_FAULT:
		return role == IPVS_SYNC_BACKUP;
	}
	abort();
}

static struct addr default_group(void)
{
	static const uint8_t group[] = {224, 0, 0, 81};

	return addr_from_bytes(group, sizeof(group));
}

static void set_values(struct ipvs_daemon *as, const struct sync_daemon *d, uint32_t vrid)
{
	snprintf(as->interface, sizeof(as->interface), "%s", d->interface);
	as->sync_id = (uint8_t)(d->sync_id < 0 ? vrid : (uint32_t)d->sync_id);
	as->max_length = (uint16_t)d->max_length;
	as->group = addr_is_set(&d->mcast_group) ? d->mcast_group : default_group();
	as->port = (uint16_t)d->mcast_port;
	as->ttl = (uint8_t)d->mcast_ttl;
}

void sync_wanted(const struct store *s, const struct sync_daemon *d,
    const struct ipvs_daemons *have, struct sync_want *w)
{
	const struct vrrp_instance *i =
	    *d->vrrp_instance ? store_vrrp_instance(s, d->vrrp_instance) : NULL;

	memset(w, 0, sizeof(*w));
	set_values(&w->as, d, i ? i->vrid : 0);
	if (!*d->vrrp_instance) {
		w->as.running = true;
		snprintf(w->reason, sizeof(w->reason), "always runs, by the configuration");
		return;
	}
	if (!i) { /* no rule lets that be, so it is not worth more than this */
		snprintf(w->reason, sizeof(w->reason), "there is no VRRP instance %.60s",
		    d->vrrp_instance);
		return;
	}
	w->as.running = wants_role((enum ipvs_sync_role)d->role, i->state, have);
	snprintf(w->reason, sizeof(w->reason), "VRRP instance %.60s: %s", i->name,
	    enum_word(&enumeration_vrrp_state, (int32_t)i->state));
}

/* What the kernel makes of the length that is asked for; 0: it depends on the interface. */
static unsigned length_in_kernel(enum ipvs_sync_role role, const struct ipvs_daemon *want)
{
	unsigned headers = want->group.family == ADDR_IPV6 ? HEADERS_IPV6 : HEADERS_IPV4;
	unsigned length = want->max_length;

	if (!length)
		return role == IPVS_SYNC_MASTER ? ETHERNET_MTU - headers : 0;
	if (role == IPVS_SYNC_BACKUP && length < BACKUP_LEAST)
		return BACKUP_LEAST;
	return length < LONGEST - headers ? length : LONGEST - headers;
}

static bool same_but_length(const struct ipvs_daemon *a, const struct ipvs_daemon *b)
{
	return strcmp(a->interface, b->interface) == 0 && a->sync_id == b->sync_id &&
	       addr_equal(&a->group, &b->group) && a->port == b->port && a->ttl == b->ttl;
}

static bool fits(enum ipvs_sync_role role, const struct ipvs_daemon *want,
    const struct ipvs_daemon *have, const struct ipvs_daemon *asked)
{
	unsigned length = length_in_kernel(role, want);

	if (asked && asked->max_length != want->max_length)
		return false;
	return same_but_length(want, have) && (!length || length == have->max_length);
}

enum sync_step sync_next_step(enum ipvs_sync_role role, const struct ipvs_daemon *want,
    const struct ipvs_daemon *have, const struct ipvs_daemon *asked)
{
	if (!want->running)
		return have->running ? STEP_STOP : STEP_NONE;
	if (!have->running)
		return STEP_START;
	return fits(role, want, have, asked) ? STEP_NONE : STEP_RESTART;
}

/* ------------------------------------------------------------------ what is ours */

static void read_note(struct sync *s)
{
	char head[MADE_HEAD_SIZE], line[MADE_HEAD_SIZE];
	FILE *f = fopen(s->note, "re");
	bool about_this = false;

	if (!f)
		return;
	made_head(head);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, head) == 0)
			about_this = true;
		for (size_t i = 0; i < ROLES; i++)
			s->memory[i].ours |= about_this && strcmp(line, role_word(roles[i])) == 0;
	}
	fclose(f);
}

/* A new file takes the old one's place when it is complete. */
static bool replace_note(const struct sync *s, const char *new)
{
	char head[MADE_HEAD_SIZE];
	FILE *f = fopen(new, "we");

	if (!f)
		return false;
	made_head(head);
	fprintf(f, "%s\n", head);
	for (size_t i = 0; i < ROLES; i++)
		if (s->memory[i].ours)
			fprintf(f, "%s\n", role_word(roles[i]));
	return fclose(f) == 0 && rename(new, s->note) == 0;
}

static void set_ours(struct sync *s, size_t i, bool ours)
{
	char *new;

	if (s->memory[i].ours == ours)
		return;
	s->memory[i].ours = ours;
	if (asprintf(&new, "%s.new", s->note) < 0)
		abort();
	if (!replace_note(s, new))
		log_warning("%s cannot be written: %s", new, strerror(errno));
	free(new);
}

/* ------------------------------------------------------------------------- states */

static const char *state_word(enum sync_state state)
{
	return enum_word(&enumeration_sync_state, (int32_t)state);
}

static void set_reason(struct engine *e, struct sync_daemon *d, const char *reason)
{
	if (strcmp(d->reason, reason) == 0)
		return;
	row_set_text(&d->reason, reason);
	engine_report(e, &d->row, COLUMN(sync_daemon, reason));
}

/* The one place where a daemon's state is set. */
static void set_state(
    struct engine *e, struct sync_daemon *d, enum sync_state state, const char *reason)
{
	const char *old = state_word(d->state), *new = state_word(state);

	set_reason(e, d, reason);
	if (state == d->state)
		return;
	d->state = state;
	d->last_change = clock_now();
	d->transitions++;
	engine_report(e, &d->row,
	    COLUMN(sync_daemon, state) | COLUMN(sync_daemon, last_change) |
		COLUMN(sync_daemon, transitions));
	if (state == SYNC_FAILED)
		log_error("synchronization daemon %s: %s -> %s: %s",
		    enum_word(&enumeration_sync_role, (int32_t)d->role), old, new, reason);
	else
		log_notice("synchronization daemon %s: %s -> %s: %s",
		    enum_word(&enumeration_sync_role, (int32_t)d->role), old, new, reason);
	engine_event(e, EVENT_SYNC_DAEMON_STATE, &d->row, old, new, reason);
}

static void set_running_id(struct engine *e, struct sync_daemon *d, const struct ipvs_daemon *have)
{
	int32_t id = have->running ? have->sync_id : -1;

	if (d->running_id == id)
		return;
	d->running_id = id;
	engine_report(e, &d->row, COLUMN(sync_daemon, running_id));
}

/* Why it could not be started or stopped, for people. */
static void error_words(char buf[SYNC_REASON_SIZE], const struct ipvs_daemon *as, int error)
{
	if (error == ENODEV)
		snprintf(buf, SYNC_REASON_SIZE, "there is no interface %s", as->interface);
	else if (error == EADDRNOTAVAIL)
		snprintf(buf, SYNC_REASON_SIZE, "the interface %s has no address to send from",
		    as->interface);
	else if (error == EINVAL)
		snprintf(buf, SYNC_REASON_SIZE,
		    "the kernel refuses it: a value, or a real server of another family than its "
		    "virtual service");
	else
		snprintf(buf, SYNC_REASON_SIZE, "%s", strerror(error));
}

/* ---------------------------------------------------------------------------- work */

/* A role in one comparison. */
struct turn {
	enum ipvs_sync_role role;
	struct sync_role_memory *memory;
	struct sync_daemon *row; /* NULL: there is none */
	struct sync_want want;
	const struct ipvs_daemon *have;
	enum sync_step step;
	int error; /* positive errno */
};

static struct sync_daemon *find_row(const struct sync *s, enum ipvs_sync_role role)
{
	STORE_FOREACH (sync_daemon, d, engine_store(s->engine)) {
		if ((enum ipvs_sync_role)d->role == role)
			return d;
	}
	return NULL;
}

/* What it speaks on is not, or no longer, the interface of that name. */
static bool lost_interface(const struct turn *t)
{
	unsigned now;

	if (!t->want.as.running || !t->have->running)
		return false;
	now = if_nametoindex(t->want.as.interface);
	return now == 0 || (t->memory->ifindex && now != t->memory->ifindex);
}

static void look(const struct sync *s, struct turn *t, const struct ipvs_daemons *have)
{
	const struct sync_role_memory *m = t->memory;

	t->row = find_row(s, t->role);
	if (t->row)
		sync_wanted(engine_store(s->engine), t->row, have, &t->want);
	else
		memset(&t->want, 0, sizeof(t->want));
	t->step = sync_next_step(t->role, &t->want.as, t->have, m->has_asked ? &m->asked : NULL);
	if (!t->row && !m->ours)
		t->step = STEP_NONE;
	else if (t->step == STEP_NONE && lost_interface(t))
		t->step = STEP_RESTART;
}

static const char *what_changed(const struct ipvs_daemon *last, const struct ipvs_daemon *have)
{
	if (last->running != have->running)
		return have->running ? "started" : "stopped";
	if (!have->running || (same_but_length(last, have) && last->max_length == have->max_length))
		return NULL;
	return "changed";
}

/* Has somebody else done something to a daemon of ours since the last time? */
static bool has_drifted(const struct turn *t)
{
	const char *what = t->memory->seen ? what_changed(&t->memory->last, t->have) : NULL;

	if (!what || (!t->row && !t->memory->ours))
		return false;
	if (t->step == STEP_NONE)
		return false; /* it is as the configuration, changed at the same time, has it */
	log_warning("IPVS: somebody else has %s the synchronization daemon %s; it is put right",
	    what, role_word(t->role));
	return true;
}

static void note_foreign(struct turn *t)
{
	bool foreign = !t->row && !t->memory->ours && t->have->running;

	if (foreign && !t->memory->foreign)
		log_info("IPVS: a synchronization daemon (%s on %s, id %u) that is not ours is "
			 "left alone",
		    role_word(t->role), t->have->interface, t->have->sync_id);
	t->memory->foreign = foreign;
}

/* It is then what the next look finds, if somebody else was faster. */
static int outcome(int err)
{
	return err == -EEXIST || err == -ESRCH ? 0 : -err;
}

static void start(struct sync *s, struct ipvs *c, struct turn *t)
{
	set_ours(s, (size_t)(t->memory - s->memory), true);
	if (t->step == STEP_RESTART)
		t->error = outcome(ipvs_stop_daemon(c, t->role));
	if (t->error)
		return;
	t->memory->ifindex = if_nametoindex(t->want.as.interface);
	t->memory->asked = t->want.as;
	t->error = outcome(ipvs_start_daemon(c, t->role, &t->want.as));
	t->memory->has_asked = t->error == 0;
	if (t->error)
		set_ours(s, (size_t)(t->memory - s->memory), false);
}

static void stop(struct sync *s, struct ipvs *c, struct turn *t)
{
	t->error = outcome(ipvs_stop_daemon(c, t->role));
	if (t->error)
		return;
	t->memory->has_asked = false;
	set_ours(s, (size_t)(t->memory - s->memory), false);
}

/* One that runs as it should, but was not started by this process. */
static void adopt(struct sync *s, struct turn *t)
{
	if (!t->want.as.running || t->memory->has_asked)
		return;
	set_ours(s, (size_t)(t->memory - s->memory), true);
	t->memory->asked = t->want.as;
	t->memory->has_asked = true;
	t->memory->ifindex = if_nametoindex(t->want.as.interface);
}

/* Starts come first, so that at a change of roles connections are missed by neither. */
static bool act(struct sync *s, struct ipvs *c, struct turn turns[ROLES])
{
	bool acted = false;

	for (size_t i = 0; i < ROLES; i++) {
		if (turns[i].step == STEP_START || turns[i].step == STEP_RESTART)
			start(s, c, &turns[i]);
		else if (turns[i].step == STEP_NONE)
			adopt(s, &turns[i]);
		acted |= turns[i].step != STEP_NONE;
	}
	for (size_t i = 0; i < ROLES; i++)
		if (turns[i].step == STEP_STOP)
			stop(s, c, &turns[i]);
	return acted;
}

static void tell(struct sync *s, struct turn *t)
{
	char words[SYNC_REASON_SIZE];

	if (!t->row)
		return;
	set_running_id(s->engine, t->row, t->have);
	if (t->error) {
		error_words(words, &t->want.as, t->error);
		set_state(s->engine, t->row, SYNC_FAILED, words);
	} else if (t->have->running != t->want.as.running) {
		set_state(s->engine, t->row, SYNC_FAILED,
		    t->have->running ? "somebody else starts it" : "somebody else stops it");
	} else {
		set_state(s->engine, t->row, t->have->running ? SYNC_RUNNING : SYNC_STOPPED,
		    t->want.reason);
	}
}

static void tell_unreached(struct sync *s)
{
	STORE_FOREACH (sync_daemon, d, engine_store(s->engine))
		set_state(s->engine, d, SYNC_FAILED, "the kernel's IPVS cannot be reached");
	for (size_t i = 0; i < ROLES; i++)
		s->memory[i].seen = false;
}

static void remember(struct sync *s, struct ipvs_daemons *have)
{
	for (size_t i = 0; i < ROLES; i++) {
		s->memory[i].seen = true;
		s->memory[i].last = *daemon_of(have, roles[i]);
	}
}

size_t sync_run(struct sync *s, struct ipvs *c)
{
	struct ipvs_daemons have;
	struct turn turns[ROLES];
	size_t drift = 0;

	if (!c || ipvs_get_daemons(c, &have) < 0) {
		tell_unreached(s);
		return 0;
	}
	for (size_t i = 0; i < ROLES; i++) {
		turns[i] = (struct turn){.role = roles[i], .memory = &s->memory[i]};
		turns[i].have = daemon_of(&have, roles[i]);
		look(s, &turns[i], &have);
		note_foreign(&turns[i]);
		drift += has_drifted(&turns[i]);
	}
	if (act(s, c, turns) && ipvs_get_daemons(c, &have) < 0) {
		tell_unreached(s);
		return drift;
	}
	remember(s, &have);
	for (size_t i = 0; i < ROLES; i++)
		tell(s, &turns[i]);
	return drift;
}

void sync_withdraw(struct sync *s, struct ipvs *c)
{
	for (size_t i = 0; i < ROLES; i++) {
		struct turn t = {.role = roles[i], .memory = &s->memory[i]};
		struct sync_daemon *d = find_row(s, roles[i]);

		if (!c || !t.memory->ours)
			continue;
		stop(s, c, &t);
		if (d && !t.error)
			set_state(s->engine, d, SYNC_STOPPED, "directord stops");
	}
}

struct sync *sync_new(struct engine *e, const char *dir)
{
	struct sync *s = calloc(1, sizeof(*s));

	if (!s || asprintf(&s->note, "%s/sync_daemons", dir) < 0)
		abort();
	s->engine = e;
	read_note(s);
	return s;
}

void sync_free(struct sync *s)
{
	free(s->note);
	free(s);
}
