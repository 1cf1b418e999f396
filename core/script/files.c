/* SPDX-License-Identifier: BSD-2-Clause */
/* See files.h. */
#include "core/script/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/log.h"

#define EVENTS (IN_CLOSE_WRITE | IN_DELETE | IN_MOVE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF)
#define LOOK_AGAIN (10 * USEC_PER_SEC)
#define LOOK_FOR_FOLDER USEC_PER_SEC

struct files {
	struct engine *engine;
	int fd; /* inotify; -1: there is none */
	struct event *events, *again;
};

/* A file that is tracked; row.user of its row. */
struct watched {
	struct track_file *row;
	int folder; /* watch descriptor, or -1 */
	int target; /* of the folder that a symbolic link leads to, or -1 */
};

/* -------------------------------------------------------------------------- reading */

/* A device or a FIFO does things when it is opened. */
static int open_regular(const char *path, int flags, char why[100])
{
	struct stat st;
	int fd;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		snprintf(why, 100, "is no regular file");
		return -1;
	}
	fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
	if (fd < 0)
		snprintf(why, 100, "%s", strerror(errno));
	return fd;
}

enum files_read files_read(const char *path, int32_t *value, char why[100])
{
	char text[128];
	ssize_t n;
	int fd;
	long number;

	*why = '\0';
	*value = 0;
	fd = open_regular(path, O_RDONLY, why);
	if (fd < 0)
		return FILES_READ_NOTHING;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		snprintf(why, 100, "%s", strerror(errno));
	close(fd);
	if (n <= 0)
		return n < 0 ? FILES_READ_NOTHING : FILES_READ_EMPTY;
	text[n] = '\0';
	errno = 0;
	number = strtol(text, NULL, 0);
	if (errno == ERANGE || number < INT32_MIN || number > INT32_MAX) {
		snprintf(why, 100, "the number in it is too large");
		return FILES_READ_INVALID;
	}
	*value = (int32_t)number;
	return FILES_READ_VALUE;
}

bool files_init(const char *path, int32_t value, bool overwrite, char why[100])
{
	int fd = open_regular(
	    path, O_WRONLY | O_CREAT | O_NOFOLLOW | (overwrite ? O_TRUNC : O_EXCL), why);
	bool ok;

	if (fd < 0)
		return !overwrite && errno == EEXIST;
	ok = dprintf(fd, "%" PRId32 "\n", value) > 0;
	snprintf(why, 100, "%s", ok ? "" : strerror(errno));
	close(fd);
	return ok;
}

/* ------------------------------------------------------------------------- values */

static void set_value(struct files *f, struct track_file *row, int32_t value)
{
	if (row->status != TRACK_STATE_UNKNOWN && row->value == value)
		return;
	if (row->status != TRACK_STATE_UNKNOWN)
		row->changes++;
	row->value = value;
	row->status = value ? TRACK_STATE_DOWN : TRACK_STATE_UP;
	row->last_change = clock_now();
	log_notice("track_file %s is %" PRId32, row->name, value);
	engine_report(f->engine, &row->row, table_owned(row->row.table, P_SCRIPT));
}

static void set_reason(struct files *f, struct track_file *row, const char *why)
{
	if (strcmp(row->reason, why) == 0)
		return;
	row_set_text(&row->reason, why);
	if (*why)
		log_info("track_file %s: %s: %s", row->name, row->path, why);
	engine_report(f->engine, &row->row, COLUMN(track_file, reason));
}

/* told: something happened to it; else it is only looked at, perhaps while somebody is about to write it. */
static void read_file(struct files *f, struct watched *w, bool told)
{
	struct track_file *row = w->row;
	char why[100];
	int32_t value;
	enum files_read got = files_read(row->path, &value, why);

	if (got == FILES_READ_EMPTY && !told && row->status != TRACK_STATE_UNKNOWN)
		return;
	if (!*why && w->folder < 0)
		snprintf(why, sizeof(why), "its folder cannot be watched; it is read every %d s",
		    (int)(LOOK_FOR_FOLDER / USEC_PER_SEC));
	row->last_read = clock_now();
	engine_report(f->engine, &row->row, COLUMN(track_file, last_read));
	if (got != FILES_READ_INVALID || row->status == TRACK_STATE_UNKNOWN)
		set_value(f, row, value);
	set_reason(f, row, why);
}

/* ------------------------------------------------------------------------ watching */

static int watch_folder(const struct files *f, const char *path)
{
	char copy[PATH_MAX];

	if (f->fd < 0)
		return -1;
	snprintf(copy, sizeof(copy), "%s", path);
	return inotify_add_watch(f->fd, dirname(copy), EVENTS | IN_ONLYDIR);
}

static void watch(const struct files *f, struct watched *w)
{
	char target[PATH_MAX];
	struct stat st;

	w->folder = watch_folder(f, w->row->path);
	w->target = -1;
	if (lstat(w->row->path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(w->row->path, target))
		w->target = watch_folder(f, target);
}

static bool concerns(const struct watched *w, const struct inotify_event *e)
{
	const char *name = strrchr(w->row->path, '/') + 1;

	if (e->mask & IN_Q_OVERFLOW)
		return true;
	if (e->wd == w->target)
		return true;
	if (e->wd != w->folder)
		return false;
	/* what a symbolic link leads to may have any name */
	return !e->len || w->target >= 0 || strcmp(e->name, name) == 0;
}

static void take_event(struct files *f, const struct inotify_event *e)
{
	/* A file that was made is empty: what it holds comes when it is closed.  A link is there at once. */
	bool only_made = (e->mask & EVENTS) == IN_CREATE;

	STORE_FOREACH (track_file, row, engine_store(f->engine)) {
		struct watched *w = row->row.user;

		if (!w || !concerns(w, e))
			continue;
		watch(f, w);
		read_file(f, w, !only_made);
	}
}

static void on_events(int fd, short what, void *arg)
{
	_Alignas(struct inotify_event) char buf[4096];
	struct files *f = arg;
	ssize_t n;

	(void)what;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *e = (const struct inotify_event *)(void *)p;

			take_event(f, e);
			p += sizeof(*e) + e->len;
		}
}

static void look_again(struct files *f)
{
	bool any = false, all = true;
	struct timeval tv;

	STORE_FOREACH (track_file, row, engine_store(f->engine)) {
		const struct watched *w = row->row.user;

		any = any || w;
		all = all && (!w || w->folder >= 0);
	}
	tv = usec_to_timeval(all ? LOOK_AGAIN : LOOK_FOR_FOLDER);
	if (any)
		event_add(f->again, &tv);
	else
		event_del(f->again);
}

static void on_again(int fd, short what, void *arg)
{
	struct files *f = arg;

	(void)fd;
	(void)what;
	STORE_FOREACH (track_file, row, engine_store(f->engine)) {
		struct watched *w = row->row.user;

		if (!w)
			continue;
		watch(f, w);
		read_file(f, w, false);
	}
	look_again(f);
}

/* ---------------------------------------------------------------------------- rows */

/* Not when only this process was started again. */
static void initialize(const struct track_file *row)
{
	char why[100];

	if (row->init == TRACK_INIT_NONE || row->last_read)
		return;
	if (!files_init(row->path, row->init_value, row->init == TRACK_INIT_OVERWRITE, why))
		log_error("track_file %s: %s cannot be written: %s", row->name, row->path, why);
}

static void begin(struct files *f, struct track_file *row)
{
	struct watched *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->row = row;
	row->row.user = w;
	initialize(row);
	watch(f, w);
	read_file(f, w, true);
}

static void end(struct track_file *row)
{
	free(row->row.user);
	row->row.user = NULL;
}

/* Watches are not taken back one by one: two files may share a folder. */
static void watch_anew(struct files *f)
{
	if (f->fd >= 0) {
		event_free(f->events);
		close(f->fd);
	}
	f->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->fd < 0) {
		log_error("inotify: %s", strerror(errno));
		return;
	}
	f->events = event_new(engine_base(f->engine), f->fd, EV_READ | EV_PERSIST, on_events, f);
	event_add(f->events, NULL);
}

static bool is_ours(const struct change *c)
{
	switch (c->row->table->id) {
	case TABLE_track_file:
	case TABLE_vrrp_track:
	case TABLE_sync_group_track:
		return c->kind != CHANGE_MODIFIED || c->before;
	}
	return false;
}

void files_changed(struct files *f, const struct change *c, size_t n)
{
	bool any = false;

	for (size_t k = 0; k < n; k++) {
		any = any || is_ours(&c[k]);
		if (c[k].kind == CHANGE_REMOVED && c[k].row->table->id == TABLE_track_file)
			end((struct track_file *)c[k].row);
	}
	if (!any)
		return;
	watch_anew(f);
	STORE_FOREACH (track_file, row, engine_store(f->engine)) {
		bool wanted = store_tracker(engine_store(f->engine), TRACK_FILE, row->name);

		end(row);
		if (wanted)
			begin(f, row);
	}
	look_again(f);
}

struct files *files_new(struct engine *e)
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->engine = e;
	f->fd = -1;
	f->again = evtimer_new(engine_base(e), on_again, f);
	return f;
}

void files_free(struct files *f)
{
	STORE_FOREACH (track_file, row, engine_store(f->engine))
		end(row);
	if (f->fd >= 0) {
		event_free(f->events);
		close(f->fd);
	}
	event_free(f->again);
	free(f);
}
