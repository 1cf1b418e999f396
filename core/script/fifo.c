/* SPDX-License-Identifier: BSD-2-Clause */
/* See fifo.h. */
#include "core/script/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/base/words.h"
#include "core/script/who.h"

/* A program that ends soon is started again later and later. */
#define LIVED_WELL (10 * USEC_PER_SEC)
#define LAST_PAUSE (60 * USEC_PER_SEC)

/* row.user of its row. */
struct fifo {
	struct fifos *all;
	struct notify_fifo *row;
	int fd;
	struct run *run; /* NULL: the program does not run */
	struct event *again;
	usec_t pause;
	struct log_limit lost;
};

struct fifos {
	struct engine *engine;
	struct run_loop *loop;
	bool stopping;
};

static void report(const struct fifo *f)
{
	engine_report(f->all->engine, &f->row->row, table_owned(f->row->row.table, P_SCRIPT));
}

static void set_state(const struct fifo *f, const char *state)
{
	if (strcmp(f->row->fifo_state, state) == 0)
		return;
	if (strcmp(state, "ok") != 0)
		log_error("FIFO %s: %s", f->row->path, state);
	row_set_text(&f->row->fifo_state, state);
	report(f);
}

/* -------------------------------------------------------------------------- programs */

static void start_later(struct fifo *f, bool well)
{
	struct timeval tv;

	if (well || !f->pause)
		f->pause = USEC_PER_SEC;
	tv = usec_to_timeval(f->pause);
	f->pause = f->pause < LAST_PAUSE / 2 ? 2 * f->pause : LAST_PAUSE;
	event_add(f->again, &tv);
}

static void cannot_start(struct fifo *f, const char *why)
{
	if (strcmp(f->row->last_result, why) != 0)
		log_error("the program of FIFO %s cannot be run: %s", f->row->path, why);
	row_set_text(&f->row->last_result, why);
	report(f);
	start_later(f, false);
}

static void on_done(const struct run_result *r, void *arg)
{
	struct fifo *f = arg;

	f->run = NULL;
	row_set_text(&f->row->last_result, r->text);
	report(f);
	if (f->all->stopping)
		return;
	log_warning(
	    "the program of FIFO %s has ended (%s); it is started again", f->row->path, r->text);
	start_later(f, r->duration >= LIVED_WELL);
}

/* The command's words and one more; NULL, with the reason. */
static char **words_and(const char *command, const char *last, char why[100])
{
	char **words = words_split(command), **all;

	snprintf(why, 100, "the command has no words, or an open quote");
	if (!words)
		return NULL;
	all = words_more(words, (const char *const[]){last, NULL});
	free(words);
	return all;
}

static void start_program(struct fifo *f)
{
	const struct notify_fifo *row = f->row;
	char why[100], **argv = words_and(row->command, row->path, why);
	struct run_user u;

	if (!argv ||
	    !who_may_run(f->all->engine, row->command_user, row->command_group, argv[0], &u, why)) {
		free(argv);
		cannot_start(f, why);
		return;
	}
	f->run = run_start(f->all->loop, argv, &u, 0, RUN_KILL_REST, on_done, f);
	snprintf(why, sizeof(why), "no process: %.60s", strerror(errno));
	free(argv);
	if (!f->run) {
		cannot_start(f, why);
		return;
	}
	f->row->starts++;
	report(f);
}

static void on_again(int fd, short what, void *arg)
{
	struct fifo *f = arg;

	(void)fd;
	(void)what;
	if (!f->run && !f->all->stopping)
		start_program(f);
}

/* -------------------------------------------------------------------------- the file */

static bool make(struct fifo *f, char why[100])
{
	struct run_user u;

	if (mkfifo(f->row->path, 0600) < 0) {
		snprintf(why, 100, "it cannot be made: %.60s", strerror(errno));
		return errno == EEXIST;
	}
	row_set_text(&f->row->made, f->row->path);
	if (!who_find(f->all->engine, f->row->user, f->row->user_group, &u, why))
		return false;
	if (geteuid() != 0 || lchown(f->row->path, u.uid, u.gid) == 0)
		return true;
	snprintf(why, 100, "it cannot be given to user %.40s: %.30s", u.name, strerror(errno));
	return false;
}

static bool open_it(struct fifo *f, char why[100])
{
	struct stat st;

	f->fd = open(f->row->path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	snprintf(why, 100, "it cannot be opened: %.60s", strerror(errno));
	if (f->fd < 0)
		return false;
	if (fstat(f->fd, &st) == 0 && S_ISFIFO(st.st_mode))
		return true;
	snprintf(why, 100, "it is no FIFO");
	close(f->fd);
	f->fd = -1;
	return false;
}

static void fifo_remove(struct notify_fifo *row, const char *path)
{
	struct stat st;

	if (strcmp(row->made, path) == 0 && *path && lstat(path, &st) == 0 &&
	    S_ISFIFO(st.st_mode) && unlink(path) < 0)
		log_warning("FIFO %s cannot be removed: %s", path, strerror(errno));
	row_set_text(&row->made, "");
}

static void fifo_open(struct fifos *all, struct notify_fifo *row)
{
	struct fifo *f = calloc(1, sizeof(*f));
	char why[100];

	if (!f)
		abort();
	f->all = all;
	f->row = row;
	f->fd = -1;
	f->again = evtimer_new(engine_base(all->engine), on_again, f);
	row->row.user = f;
	if (*row->made && strcmp(row->made, row->path) != 0)
		fifo_remove(row, row->made); /* the file said another path before a restart */
	set_state(f, make(f, why) && open_it(f, why) ? "ok" : why);
	report(f);
	if (*row->command)
		start_program(f);
}

/* path: where it was. */
static void fifo_close(struct fifo *f, const char *path, bool clean)
{
	if (f->run)
		run_cancel(f->run);
	event_free(f->again);
	if (f->fd >= 0)
		close(f->fd);
	if (clean)
		fifo_remove(f->row, path);
	f->row->row.user = NULL;
	free(f);
}

/* ------------------------------------------------------------------------------ all */

struct fifos *fifos_new(struct engine *e, struct run_loop *l)
{
	struct fifos *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->engine = e;
	f->loop = l;
	return f;
}

void fifos_free(struct fifos *f, bool clean)
{
	STORE_FOREACH (notify_fifo, row, engine_store(f->engine)) {
		if (!row->row.user)
			continue;
		fifo_close(row->row.user, row->path, clean);
		engine_report(f->engine, &row->row, COLUMN(notify_fifo, made));
	}
	free(f);
}

void fifos_changed(struct fifos *f, const struct change *c, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		struct row *r = c[k].row;
		const struct notify_fifo *before = (const struct notify_fifo *)c[k].before;

		if (r->table->id != TABLE_notify_fifo || (c[k].kind == CHANGE_MODIFIED && !before))
			continue;
		if (r->user)
			fifo_close(
			    r->user, before ? before->path : ((struct notify_fifo *)r)->path, true);
	}
	STORE_FOREACH (notify_fifo, row, engine_store(f->engine))
		if (!row->row.user && *row->path && !f->stopping)
			fifo_open(f, row);
}

static void lose(struct fifo *f, const char *why)
{
	unsigned more;

	f->row->lines_lost++;
	if (log_limit_ok(&f->lost, 1, 60 * USEC_PER_SEC, &more))
		log_warning("FIFO %s: a line is dropped: %s", f->row->path, why);
}

/* A line has less than PIPE_BUF bytes: it is written whole, or not at all. */
static void write_line(struct fifo *f, const char *line)
{
	char text[300];
	int n = snprintf(text, sizeof(text), "%s\n", line);

	if (f->fd < 0)
		lose(f, f->row->fifo_state);
	else if (write(f->fd, text, (size_t)n) == n)
		f->row->lines++;
	else
		lose(f, errno == EAGAIN ? "it is full, nobody reads" : strerror(errno));
	report(f);
}

void fifos_write(struct fifos *f, enum notify_owner kind, const char *line)
{
	bool vrrp = kind == NOTIFY_INSTANCE || kind == NOTIFY_GROUP;

	STORE_FOREACH (notify_fifo, row, engine_store(f->engine))
		if (row->row.user && row->kind != (vrrp ? FIFO_LVS : FIFO_VRRP))
			write_line(row->row.user, line);
}

void fifos_stop(struct fifos *f)
{
	f->stopping = true;
	STORE_FOREACH (notify_fifo, row, engine_store(f->engine)) {
		struct fifo *one = row->row.user;

		if (one && one->run)
			run_stop(one->run);
	}
}

bool fifos_busy(const struct fifos *f)
{
	STORE_FOREACH (notify_fifo, row, engine_store(f->engine)) {
		const struct fifo *one = row->row.user;

		if (one && one->run)
			return true;
	}
	return false;
}
