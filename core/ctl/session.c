/* SPDX-License-Identifier: BSD-2-Clause */
/* See session.h. */
#include "core/ctl/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "core/base/log.h"

/* The hub sends at once what it has; this is for one that stands still. */
#define PATIENCE 10 /* seconds */

static const char *hint(int error)
{
	switch (error) {
	case ENOENT:
		return " (is directord running, and with this state directory?)";
	case ECONNREFUSED:
		return " (directord is not running)";
	case EACCES:
	case EPERM:
		return " (only root may talk to directord)";
	}
	return "";
}

int session_connect(const char *state_dir, FILE *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/run/control.sock", state_dir);
	int fd, error;

	if (n >= (int)sizeof(sun.sun_path)) {
		fprintf(err, "directorctl: the name of the state directory is too long: %s\n",
		    state_dir);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	fprintf(err, "directorctl: cannot connect to %s: %s%s\n", sun.sun_path, strerror(error),
	    hint(error));
	return -1;
}

struct style session_style(void)
{
	struct style s = {.colour = false};
	const char *columns = getenv("COLUMNS"), *no_color = getenv("NO_COLOR");
	struct winsize w;

	if (!isatty(STDOUT_FILENO))
		return s;
	s.colour = !no_color || !*no_color;
	if (columns && atoi(columns) > 0)
		s.width = (unsigned)atoi(columns);
	else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
		s.width = w.ws_col;
	return s;
}

void session_end(struct session *s, int status)
{
	s->status = status;
	engine_exit(s->engine, status);
}

static void changed(struct engine *e, const struct change *c, size_t n, bool sync, void *arg)
{
	struct session *s = arg;

	(void)e;
	s->style.now = clock_now();
	s->style.wall = clock_wall();
	if (s->synced) {
		if (s->ops->changed)
			s->ops->changed(s, c, n);
	} else if (sync) {
		s->synced = true;
		s->ops->ready(s);
	}
}

static void stop(struct engine *e, bool clean, void *arg)
{
	(void)e;
	(void)clean;
	session_end(arg, CTL_OK);
}

static void orphaned(struct engine *e, void *arg)
{
	struct session *s = arg;

	(void)e;
	s->lost = true;
	if (!s->synced && !s->again)
		fprintf(
		    s->err, "directorctl: directord closed the connection (its log says why)\n");
	session_end(s, s->synced ? s->status : CTL_NO_CONNECTION);
}

static void late(int fd, short what, void *arg)
{
	struct session *s = arg;

	(void)fd;
	(void)what;
	if (s->synced)
		return;
	fprintf(s->err, "directorctl: directord does not answer\n");
	session_end(s, CTL_NO_CONNECTION);
}

static bool say(enum log_level level, const char *process, const char *line, void *arg)
{
	struct session *s = arg;

	(void)level;
	fprintf(s->err, "%s: %s\n", process, line);
	return true;
}

int session_run(struct session *s, int fd)
{
	static const struct engine_program program = {
	    .name = "directorctl", .process = P_CTL, .ops = {changed, stop, orphaned}};
	struct timeval patience = {.tv_sec = PATIENCE};

	log_init("directorctl", LOG_LEVEL_WARNING);
	log_set_sink(say, s);
	s->synced = s->lost = false;
	s->status = CTL_OK;
	s->engine = engine_open(&program, fd);
	s->store = engine_store(s->engine);
	event_base_once(engine_base(s->engine), -1, EV_TIMEOUT, late, s, &patience);
	engine_run(s->engine, s);
	engine_close(s->engine);
	s->engine = NULL;
	return s->status;
}
