/* SPDX-License-Identifier: BSD-2-Clause */
/* See hub.h: start, signals, the control socket, stop. */
#include "core/director/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "config.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/privilege.h"
#include "core/director/overrides.h"

/* What the hub itself and its processes need, before each of them drops to its own. */
static const cap_value_t capabilities[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL,
    CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE,
    CAP_SYS_NICE, CAP_IPC_LOCK, CAP_SYS_RESOURCE};

/* How long the disk may take: less than the agent waits for an answer. */
#define DISK_PATIENCE (2 * USEC_PER_SEC)
/* How long the processes of one step of the stop may take. */
#define STOP_PATIENCE (5 * USEC_PER_SEC)

/* ------------------------------------------------------------------- the state directory */

static bool make_dir(const char *dir, const char *sub)
{
	char path[300];

	snprintf(path, sizeof(path), "%s%s", dir, sub);
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return true;
	log_error("cannot make %s: %s", path, strerror(errno));
	return false;
}

/*
 * A file system that cannot be written, as one is after an error of its disk, must not keep the director from starting.
 * Whoever else may run has the same file, which can be locked without; where there is none, the directory.
 */
static int open_to_lock(const char *path, const char *dir)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0)
		return fd;
	log_warning("cannot write %s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The pid file is the lock that keeps a second directord from the same directory. */
static bool lock_pid_file(struct hub *h)
{
	char path[300], text[32];
	int n;

	snprintf(path, sizeof(path), "%s/directord.pid", h->options.state_dir);
	h->pid_fd = open_to_lock(path, h->options.state_dir);
	if (h->pid_fd < 0) {
		log_error("cannot open %s: %s", h->options.state_dir, strerror(errno));
		return false;
	}
	if (flock(h->pid_fd, LOCK_EX | LOCK_NB) < 0) {
		log_error("a directord is already running with %s", h->options.state_dir);
		return false;
	}
	if ((fcntl(h->pid_fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return true;
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	/* A full disk must not either: the lock is what counts. */
	if (ftruncate(h->pid_fd, 0) < 0 || pwrite(h->pid_fd, text, (size_t)n, 0) != n)
		log_warning("cannot write %s: %s", path, strerror(errno));
	return true;
}

static bool control_address(const struct hub *h, struct sockaddr_un *sun)
{
	int n;

	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(
	    sun->sun_path, sizeof(sun->sun_path), "%s/run/control.sock", h->options.state_dir);
	if (n < (int)sizeof(sun->sun_path))
		return true;
	log_error("the name of the state directory is too long: %s", h->options.state_dir);
	return false;
}

static void control_ready(int fd, short what, void *arg)
{
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)what;
	if (conn >= 0)
		peer_new(arg, conn, NULL);
}

static bool open_control(struct hub *h)
{
	struct sockaddr_un sun;

	if (!control_address(h, &sun))
		return false;
	unlink(sun.sun_path); /* of one that is gone: we have the lock */
	h->control_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->control_fd < 0 || bind(h->control_fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    chmod(sun.sun_path, 0600) < 0 || listen(h->control_fd, 64) < 0) {
		log_error("cannot listen on %s: %s; directorctl cannot reach this director",
		    sun.sun_path, strerror(errno));
		if (h->control_fd >= 0)
			close(h->control_fd);
		h->control_fd = -1;
		return true;
	}
	h->listener = event_new(h->base, h->control_fd, EV_READ | EV_PERSIST, control_ready, h);
	event_add(h->listener, NULL);
	return true;
}

/* --------------------------------------------------------------------------------- state */

void hub_datastore_state(struct hub *h, const char *error)
{
	const char *state = error ? error : "ok";
	const char *old = h->system->datastore_state;
	bool was_ok = strcmp(old, "ok") == 0 || !*old;

	if (strcmp(old, state) == 0)
		return;
	row_set_textf(&h->system->datastore_state, "%s", state);
	hub_changed(h, &h->system->row, COLUMN(system, datastore_state));
	if (was_ok && !error)
		return;
	if (error)
		log_error("datastore: %s", error);
	else
		log_notice("datastore: works again");
	event_add_log(h, EVENT_DATASTORE_TROUBLE, &h->system->row, was_ok ? "ok" : "failed",
	    error ? "failed" : "ok", error ? error : "it works again");
}

static void disk_hangs(void *arg)
{
	struct hub *h = arg;

	events_disk_hangs(h);
	hub_datastore_state(h, DISK_HANGS);
	commit_disk_hangs(h);
}

void hub_check_ready(struct hub *h)
{
	if (h->ready_told || !children_ready(h))
		return;
	h->ready_told = true;
	notify_state("READY=1");
	log_info("ready");
}

/* The rows of a large file were in memory several times for a moment: twice as rows, and as messages. */
static void give_back(struct hub *h)
{
	if (!h->trim || clock_now() < h->trim)
		return;
	h->trim = 0;
	memory_trim();
}

static void tick(int fd, short what, void *arg)
{
	struct hub *h = arg;
	struct timeval tv = {.tv_sec = 1};

	(void)fd;
	(void)what;
	children_tick(h);
	commit_tick(h);
	failover_tick(h);
	give_back(h);
	listen_tick(h);
	child_measure(h, h->self, getpid());
	if (h->system->log_lost != log_lost()) {
		h->system->log_lost = log_lost();
		hub_changed(h, &h->system->row, COLUMN(system, log_lost));
	}
	if (notify_watchdog())
		notify_state("WATCHDOG=1");
	event_add(h->tick, &tv);
}

/* ---------------------------------------------------------------------------------- stop */

static void stop_late(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	children_kill(arg);
}

void hub_stop_next(struct hub *h)
{
	struct timeval tv = usec_to_timeval(STOP_PATIENCE);

	if (!children_stop(h, h->clean)) {
		event_base_loopbreak(h->base);
		return;
	}
	event_add(h->stop_timer, &tv);
}

void hub_stop(struct hub *h, bool clean)
{
	if (h->stopping)
		return;
	h->stopping = true;
	h->clean = clean;
	log_notice(clean ? "stopping" : "stopping; what is in the kernel stays for the next start");
	notify_state("STOPPING=1");
	if (clean)
		notice_stop(h);
	hub_stop_next(h);
}

static void got_signal(int sig, short what, void *arg)
{
	struct hub *h = arg;

	(void)what;
	if (sig == SIGCHLD)
		children_reap(h);
	else if (sig == SIGHUP && !h->stopping)
		commit_reload(h);
	else if (sig == SIGTERM || sig == SIGINT)
		hub_stop(h, true);
	else if (sig == SIGQUIT)
		hub_stop(h, false);
}

/* --------------------------------------------------------------------------------- start */

static void catch_signals(struct hub *h)
{
	static const int list[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGQUIT};

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		h->signals[i] = evsignal_new(h->base, list[i], got_signal, h);
		evsignal_add(h->signals[i], NULL);
	}
}

static void first_rows(struct hub *h)
{
	h->system = store_system(h->store);
	row_set_text(&h->system->version, PACKAGE_VERSION);
	row_set_textf(&h->system->config_file, "%s", h->options.file);
	row_set_textf(&h->system->config_id, "%s", h->options.config_id);
	h->system->started = clock_now();
	h->self = process_row(h, "directord");
	h->self->pid = (uint32_t)getpid();
	h->self->state = PROCESS_RUNNING;
	h->self->started = clock_now();
}

static bool start(struct hub *h)
{
	struct timeval now = {0};

	if (!make_dir(h->options.state_dir, "") || !make_dir(h->options.state_dir, "/run"))
		return false;
	if (!lock_pid_file(h))
		return false;
	first_rows(h);
	h->datastore = datastore_open(h->base, h->options.state_dir);
	events_open(h);
	datastore_watch(h->datastore, DISK_PATIENCE, disk_hangs, h);
	if (!commit_first(h) || !open_control(h))
		return false;
	kept_open(h);
	hub_datastore_state(h, datastore_trouble(h->datastore));
	h->tick = event_new(h->base, -1, 0, tick, h);
	h->stop_timer = event_new(h->base, -1, 0, stop_late, h);
	event_add(h->tick, &now);
	catch_signals(h);
	listen_configure(h);
	children_start(h);
	return true;
}

static void free_event(struct event *e)
{
	if (e)
		event_free(e);
}

static void tear_down(struct hub *h)
{
	struct sockaddr_un sun;
	struct peer *p;

	while ((p = TAILQ_FIRST(&h->peers)))
		peer_free(p);
	children_free(h);
	listen_close(h);
	kept_close(h);
	commit_close(h);
	datastore_close(h->datastore);
	if (h->events)
		events_close(h);
	if (h->listener && control_address(h, &sun))
		unlink(sun.sun_path);
	free_event(h->listener);
	free_event(h->tick);
	free_event(h->stop_timer);
	for (size_t i = 0; i < sizeof(h->signals) / sizeof(h->signals[0]); i++)
		free_event(h->signals[i]);
	store_free(h->store);
	store_free(h->parked);
	event_base_free(h->base);
}

int hub_run(const struct hub_options *o)
{
	struct hub h = {.options = *o, .control_fd = -1, .pid_fd = -1};
	bool ok;

	h.base = event_base_new();
	h.store = store_new();
	h.parked = store_new();
	TAILQ_INIT(&h.peers);
	TAILQ_INIT(&h.children);
	if (!h.base)
		abort();
	log_info("directord %s, %s", PACKAGE_VERSION, o->file);
	privilege_limit(capabilities, sizeof(capabilities) / sizeof(capabilities[0]));
	ok = start(&h);
	if (ok)
		event_base_dispatch(h.base);
	tear_down(&h);
	if (ok)
		log_info("stopped");
	return ok ? 0 : 1;
}
