/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The child processes: started, watched, started again, stopped.
 *
 * One that dies is started again at once if it had lived for a while, else after a pause that doubles up
 * to five seconds.  One that does not answer pings for too long is killed, which comes to the same.
 * What it left in the kernel stays; it finds it again.
 *
 * The startup script, if there is one, comes before all processes but the one that runs it.
 * Then vrrp has the machine to itself until it does its job: after a kill of everything it must speak
 * before its peers have waited for three advertisements, and all others can wait.
 */
#include "core/director/hub.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/base/log.h"

#define LIVED_WELL (10 * USEC_PER_SEC)
#define FIRST_PAUSE (USEC_PER_SEC / 10)
#define LAST_PAUSE (5 * USEC_PER_SEC)
#define CHANNEL_FD 3 /* in the new process */
#define PASSING_FD 4
#define HEAD_START USEC_PER_SEC /* that vrrp has at most */
#define LOST_PATIENCE USEC_PER_SEC
#define MEMORY_EVERY 10 /* ticks */

#define LAST_STEP 2 /* of the stop */
/* Behind the end of the time of the director's own scripts: for the process script to kill it, or to be started again. */
#define SCRIPT_GRACE (10 * USEC_PER_SEC)

extern char **environ;

/* vrrp is the first to start.  The order of the stop: addresses first, then the services behind them, then who reports it. */
static const struct spec {
	const char *name;
	usec_t patience; /* without an answer to a ping */
	int stop_step;
	bool sockets; /* is passed sockets (listen.c) */
} specs[] = {
    {"vrrp", 15 * USEC_PER_SEC, 0, false},
    {"lvs", 30 * USEC_PER_SEC, 1, false},
    {"check", 30 * USEC_PER_SEC, 1, false},
    {"script", 30 * USEC_PER_SEC, 2, false}, /* it tells of the ends of those before it */
    /* A hanging snmpd may hold it for that long, and all that waits then is the manager. */
    {"agent", 120 * USEC_PER_SEC, 2, true},
};

struct child {
	TAILQ_ENTRY(child) entry;
	struct hub *hub;
	const struct spec *spec;
	struct process *row; /* in the table `process` */
	struct peer *peer;   /* NULL: not connected */
	pid_t pid;	     /* 0: not running */
	usec_t answered;
	unsigned quick_deaths;
	struct event *again;
	bool stop_sent;
	bool asked; /* to be started anew: nothing to tell anybody about */
};

/* One setter of the state: the row first, then who is told. */
static void set_state(struct child *c, enum process_state state, const char *reason)
{
	enum process_state old = c->row->state;

	c->row->state = state;
	hub_changed(c->hub, &c->row->row, ~(column_mask)0);
	if (!reason || c->hub->stopping)
		return;
	event_add_log(c->hub, EVENT_PROCESS_STATE, &c->row->row,
	    enum_word(&enumeration_process_state, old),
	    enum_word(&enumeration_process_state, state), reason);
}

/* passing: the process' end of its second channel, or -1. */
static bool spawn(struct child *c, int fd, int passing)
{
	char path[512], level[8], name[64];
	char *argv[] = {name, "-c", "3", "-s", (char *)(uintptr_t)c->hub->options.state_dir, "-l",
	    level, passing >= 0 ? "-p" : NULL, "4", NULL};
	posix_spawn_file_actions_t actions;
	int rc;

	snprintf(name, sizeof(name), "directord-%s", c->spec->name);
	snprintf(path, sizeof(path), "%s/%s", c->hub->options.program_dir, name);
	snprintf(level, sizeof(level), "%d", c->hub->options.level);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, CHANNEL_FD);
	if (passing >= 0)
		posix_spawn_file_actions_adddup2(&actions, passing, PASSING_FD);
	rc = posix_spawn(&c->pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc) {
		c->pid = 0;
		log_error("cannot start %s: %s", path, strerror(rc));
	}
	return rc == 0;
}

static void start_later(struct child *c)
{
	usec_t pause = 0;
	struct timeval tv;

	if (c->quick_deaths) {
		pause = FIRST_PAUSE << (c->quick_deaths < 8 ? c->quick_deaths - 1 : 7);
		pause = pause > LAST_PAUSE ? LAST_PAUSE : pause;
	}
	tv = usec_to_timeval(pause);
	event_add(c->again, &tv);
}

static void start(int unused_fd, short what, void *arg)
{
	struct child *c = arg;
	int fds[2], passing;
	bool ok;

	(void)unused_fd;
	(void)what;
	if (c->hub->stopping || c->pid)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		log_error("cannot start %s: %s", c->spec->name, strerror(errno));
		c->quick_deaths++;
		start_later(c);
		return;
	}
	passing = c->spec->sockets ? listen_attach(c->hub) : -1;
	ok = spawn(c, fds[1], passing);
	close(fds[1]);
	if (passing >= 0)
		close(passing);
	if (!ok) {
		close(fds[0]);
		c->quick_deaths++;
		start_later(c);
		return;
	}
	c->answered = c->row->started = clock_now();
	c->row->pid = (uint32_t)c->pid;
	c->peer = peer_new(c->hub, fds[0], c);
	c->peer->name = c->spec->name;
	set_state(c, PROCESS_STARTING, NULL);
}

static void describe_exit(const char **text, int status)
{
	if (WIFSIGNALED(status))
		row_set_textf(
		    text, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		row_set_textf(text, "exit status %d", WEXITSTATUS(status));
}

static void died(struct child *c, int status)
{
	bool well = clock_now() - c->row->started >= LIVED_WELL;

	c->pid = 0;
	c->row->pid = 0;
	c->row->memory = 0;
	if (c->peer)
		channel_drain(c->peer->ch); /* its last words; as a rule this ends the peer, too */
	if (c->peer)
		peer_free(c->peer);
	c->peer = NULL;
	if (c->spec->sockets)
		listen_detach(c->hub);
	describe_exit(&c->row->last_exit, status);
	if (c->hub->stopping) {
		set_state(c, PROCESS_STOPPED, NULL);
		return;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == ENGINE_EXIT_AGAIN) {
		log_info("%s is started anew", c->spec->name);
		c->quick_deaths = well ? 0 : c->quick_deaths + 1;
		c->asked = true;
		set_state(c, PROCESS_WAITING, NULL);
		start_later(c);
		return;
	}
	c->quick_deaths = well ? 0 : c->quick_deaths + 1;
	c->row->restarts++;
	log_error("%s ended: %s; it is started again", c->spec->name, c->row->last_exit);
	set_state(c, PROCESS_WAITING, c->row->last_exit);
	start_later(c);
}

void children_reap(struct hub *h)
{
	struct child *c;
	int status;

	TAILQ_FOREACH (c, &h->children, entry)
		if (c->pid && waitpid(c->pid, &status, WNOHANG) == c->pid)
			died(c, status);
	if (h->stopping)
		hub_stop_next(h);
}

static bool is_first(const struct child *c)
{
	return c == TAILQ_FIRST(&c->hub->children);
}

/* ------------------------------------------------- the director's own scripts */

static struct child *find_child(const struct hub *h, const char *name)
{
	struct child *c;

	TAILQ_FOREACH (c, &h->children, entry)
		if (strcmp(c->spec->name, name) == 0)
			break;
	return c;
}

static void wait_for_script(struct hub *h, usec_t timeout)
{
	struct timeval tv = usec_to_timeval(timeout + SCRIPT_GRACE);

	event_add(h->script_late, &tv);
}

/* The process ends it in time; if that fails again and again, nobody waits for ever. */
static void script_is_late(int fd, short what, void *arg)
{
	struct hub *h = arg;

	(void)fd;
	(void)what;
	log_error("the %s script has not ended; directord goes on without it",
	    h->starting_up ? "startup" : "shutdown");
	children_go_on(h);
}

/* vrrp has the machine to itself for a moment. */
static void start_first(struct hub *h)
{
	const struct timeval later = usec_to_timeval(HEAD_START);
	struct child *c;

	TAILQ_FOREACH (c, &h->children, entry)
		if (is_first(c))
			start(-1, 0, c);
		else if (!c->row->started)
			event_add(c->again, &later);
}

void children_go_on(struct hub *h)
{
	event_del(h->script_late);
	if (h->starting_up) {
		h->starting_up = false;
		start_first(h);
	} else if (h->shutting_down) {
		h->shutting_down = false;
		hub_stop_next(h);
	}
}

/* Behind all others; the process script runs it, before it is told to stop itself. */
static bool shutdown_runs(struct hub *h)
{
	const struct child *c = find_child(h, "script");

	if (!h->shutdown_begun) {
		h->shutdown_begun = true;
		h->shutting_down = c->peer && notice_director(h, NOTIFY_SHUTDOWN);
		if (h->shutting_down)
			wait_for_script(h, h->system->shutdown_timeout);
	}
	if (!c->peer)
		h->shutting_down = false; /* it died */
	return h->shutting_down;
}

/* Those that waited for vrrp. */
static void start_others(struct hub *h)
{
	struct child *c;

	TAILQ_FOREACH (c, &h->children, entry)
		if (!c->row->started)
			event_active(c->again, EV_TIMEOUT, 0);
}

void child_ready(struct child *c)
{
	bool again = c->row->restarts > 0 && !c->asked;

	if (c->row->state == PROCESS_RUNNING)
		return;
	c->asked = false;
	child_measure(c->hub, c->row, c->pid);
	set_state(c, PROCESS_RUNNING, again ? "it does its work again" : NULL);
	if (is_first(c))
		start_others(c->hub);
	hub_check_ready(c->hub);
}

void child_pong(struct child *c)
{
	c->answered = clock_now();
}

void child_lost(struct child *c)
{
	c->peer = NULL;
	c->answered = clock_now(); /* it ends, as a rule by itself, and its exit status tells how */
}

bool children_ready(const struct hub *h)
{
	struct child *c;

	TAILQ_FOREACH (c, &h->children, entry)
		if (c->row->state != PROCESS_RUNNING)
			return false;
	return true;
}

/* ------------------------------------------------------------------------- every second */

static void ping(struct child *c)
{
	wire_put_h64(channel_begin(c->peer->ch, MSG_PING), clock_now());
	channel_send(c->peer->ch);
	if (clock_now() - c->answered < c->spec->patience)
		return;
	log_error("%s has not answered for %u s; it is killed", c->spec->name,
	    (unsigned)(c->spec->patience / USEC_PER_SEC));
	kill(c->pid, SIGKILL);
}

/* Resident memory in kilobytes; 0 if it cannot be read. */
static uint32_t memory_of(pid_t pid)
{
	char path[64];
	unsigned long size, resident = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return (uint32_t)(resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
}

void child_measure(struct hub *h, struct process *row, pid_t pid)
{
	uint32_t memory = memory_of(pid);

	if (memory == row->memory)
		return;
	row->memory = memory;
	hub_changed(h, &row->row, COLUMN(process, memory));
}

void children_tick(struct hub *h)
{
	static unsigned ticks;
	struct child *c;

	ticks++;
	TAILQ_FOREACH (c, &h->children, entry) {
		if (!c->pid)
			continue;
		if (c->peer)
			ping(c);
		else if (clock_now() - c->answered >= LOST_PATIENCE)
			kill(c->pid, SIGKILL); /* without its channel it is of no use */
		if (ticks % MEMORY_EVERY == 0)
			child_measure(h, c->row, c->pid);
	}
}

/* ------------------------------------------------------------------------ start and stop */

struct process *process_row(struct hub *h, const char *name)
{
	struct process *r = ROW_NEW(process);

	row_set_text(&r->name, name);
	hub_added(h, &r->row);
	return r;
}

void children_start(struct hub *h)
{
	h->script_late = event_new(h->base, -1, 0, script_is_late, h);
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct child *c = calloc(1, sizeof(*c));

		if (!c)
			abort();
		c->hub = h;
		c->spec = &specs[i];
		c->row = process_row(h, specs[i].name);
		c->again = event_new(h->base, -1, 0, start, c);
		TAILQ_INSERT_TAIL(&h->children, c, entry);
	}
	h->starting_up = notice_director(h, NOTIFY_STARTUP);
	if (!h->starting_up) {
		start_first(h);
		return;
	}
	log_info("the startup script comes first");
	wait_for_script(h, h->system->startup_timeout);
	start(-1, 0, find_child(h, "script"));
}

static void tell_stop(struct child *c, bool clean)
{
	if (!c->pid || c->stop_sent)
		return;
	c->stop_sent = true;
	if (!c->peer) {
		kill(c->pid, SIGKILL);
		return;
	}
	wire_put_u8(channel_begin(c->peer->ch, MSG_STOP), clean);
	channel_send(c->peer->ch);
}

/* Tells the children of the first step that still has some; false when none is left. */
bool children_stop(struct hub *h, bool clean)
{
	struct child *c;
	bool left = false;

	for (int step = 0; step <= LAST_STEP && (!left || !clean); step++) {
		if (step == LAST_STEP && clean && shutdown_runs(h))
			return true;
		TAILQ_FOREACH (c, &h->children, entry) {
			if (c->spec->stop_step != step || !c->pid)
				continue;
			left = true;
			tell_stop(c, clean);
		}
	}
	return left;
}

/* Those that were told to stop and did not. */
void children_kill(struct hub *h)
{
	struct child *c;

	TAILQ_FOREACH (c, &h->children, entry) {
		if (!c->pid || !c->stop_sent)
			continue;
		log_error("%s does not stop; it is killed", c->spec->name);
		kill(c->pid, SIGKILL);
	}
}

void children_free(struct hub *h)
{
	struct child *c;

	if (h->script_late)
		event_free(h->script_late);
	while ((c = TAILQ_FIRST(&h->children))) {
		TAILQ_REMOVE(&h->children, c, entry);
		event_free(c->again);
		free(c);
	}
}
