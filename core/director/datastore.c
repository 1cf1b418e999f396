/* SPDX-License-Identifier: BSD-2-Clause */
/* See datastore.h. */
#include "core/director/datastore.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/director/history.h"

enum statement_kind {
	PUT_OVERRIDE,
	DELETE_OVERRIDE,
	PUT_STATE,
	DELETE_STATE,
	PUT_EVENT,
	PRUNE_EVENTS,
	FORGET_ROW,
	PUT_CHANGE,
	PRUNE_CHANGES,
	FORGET_CHANGES,
	PUT_NUMBER,
	DELETE_NUMBER,
	STATEMENTS
};

static const char *const sql_of[STATEMENTS] = {
    [PUT_OVERRIDE] = "INSERT OR REPLACE INTO override(tbl, key, col, value) VALUES(?, ?, ?, ?)",
    [DELETE_OVERRIDE] = "DELETE FROM override WHERE tbl = ? AND key = ? AND col = ?",
    [PUT_STATE] = "INSERT OR REPLACE INTO state(tbl, key, col, value) VALUES(?, ?, ?, ?)",
    [DELETE_STATE] = "DELETE FROM state WHERE tbl = ? AND key = ?",
    [PUT_EVENT] = ("INSERT OR REPLACE INTO event(sequence, time, kind, subject, old, new, reason) "
		   "VALUES(?, ?, ?, ?, ?, ?, ?)"),
    [PRUNE_EVENTS] = "DELETE FROM event WHERE sequence < ?",
    [FORGET_ROW] = "DELETE FROM override WHERE tbl = ? AND key = ?",
    [PUT_CHANGE] =
	("INSERT OR REPLACE INTO change(generation, number, time, origin, tbl, key, col, old,"
	 " new, was_set, is_set) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    [PRUNE_CHANGES] = "DELETE FROM change WHERE generation < ?",
    [FORGET_CHANGES] = "DELETE FROM change WHERE generation = ?",
    [PUT_NUMBER] = "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)",
    [DELETE_NUMBER] = "DELETE FROM meta WHERE name = ?",
};

#define ARGS 11

/*
 * The steps of a job, one behind the other in blocks: the kind, the number of values, and for each of them a byte that
 * says whether it is the same as in the last step of this kind, or else its text.  A request may have some hundred
 * thousand of them, whose values are mostly those of the step before.
 */
#define FIRST_BLOCK 512
#define MOST_BLOCK 65536
struct block {
	TAILQ_ENTRY(block) entry;
	size_t used, size;
	char bytes[];
};

/* The values of the last step of each kind; SQLite converts to a column's type. */
struct values {
	const char *of[STATEMENTS][ARGS];
};

struct job {
	STAILQ_ENTRY(job) entry;
	TAILQ_HEAD(block_list, block) blocks;
	struct values last; /* while it is written */
	void (*done)(const char *error, void *arg);
	void *arg;
	char error[200];
};
STAILQ_HEAD(jobs, job);

/* A file that is open, and where: at its path there can be another one, or none. */
struct place {
	char path[4096];
	dev_t device;
	ino_t inode; /* 0: not known */
};

struct datastore {
	sqlite3 *db;
	struct place places[2]; /* the database and its write-ahead log */
	sqlite3_stmt *statements[STATEMENTS];
	char trouble[200];
	struct event *finished, *watch;
	int fd;		     /* eventfd: jobs in `done` */
	unsigned unfinished; /* jobs */
	bool hangs;
	struct timeval patience;
	void (*tell_hangs)(void *arg);
	void *tell_arg;
	pthread_t thread;
	bool running;
	bool stale;	      /* the state is of an earlier boot; the thread's, once it runs */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t more;
	struct jobs queue, done;
	bool quit, idle;
};

static const char *const schema_sql =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS override(tbl TEXT NOT NULL, key TEXT NOT NULL, col TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY(tbl, key, col)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS state(tbl TEXT NOT NULL, key TEXT NOT NULL, col TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY(tbl, key, col)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS event(sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, subject TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL,"
    " reason TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS change(generation INTEGER NOT NULL, number INTEGER NOT NULL,"
    " time INTEGER NOT NULL, origin INTEGER NOT NULL, tbl TEXT NOT NULL, key TEXT NOT NULL,"
    " col TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, was_set INTEGER NOT NULL,"
    " is_set INTEGER NOT NULL, PRIMARY KEY(generation, number)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

/* -------------------------------------------------------------------- the thread */

/* Reads a step at *at and goes behind it. */
static enum statement_kind read_step(const char **at, struct values *last)
{
	enum statement_kind kind = (enum statement_kind)(unsigned char)*(*at)++;
	int n = *(*at)++;

	for (int i = 0; i < n; i++) {
		if (*(*at)++)
			continue;
		last->of[kind][i] = *at;
		*at += strlen(*at) + 1;
	}
	return kind;
}

static const char *run_step(
    struct datastore *d, enum statement_kind kind, const struct values *values)
{
	sqlite3_stmt *st = d->statements[kind];
	int rc;

	for (int i = 0; i < ARGS && i < sqlite3_bind_parameter_count(st); i++)
		sqlite3_bind_text(st, i + 1, values->of[kind][i], -1, SQLITE_STATIC);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return rc == SQLITE_DONE ? NULL : sqlite3_errmsg(d->db);
}

static const char *execute(struct datastore *d, const char *sql)
{
	return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK ? NULL
								       : sqlite3_errmsg(d->db);
}

static void read_boot_id(char id[64])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(id, 64, f))
		snprintf(id, 64, "unknown");
	id[strcspn(id, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* State is about a running machine: that of an earlier one is forgotten. */
static const char *forget_old_state(struct datastore *d)
{
	char id[64], sql[300];
	const char *error;

	read_boot_id(id);
	snprintf(sql, sizeof(sql),
	    "BEGIN; DELETE FROM state WHERE NOT EXISTS"
	    " (SELECT 1 FROM meta WHERE name = 'boot' AND value = '%s');"
	    "INSERT OR REPLACE INTO meta VALUES('boot', '%s'); COMMIT",
	    id, id);
	error = execute(d, sql);
	d->stale = error != NULL;
	return error;
}

static const char *run_steps(struct datastore *d, const struct job *j)
{
	struct values values;
	const struct block *b;
	const char *error = NULL;

	TAILQ_FOREACH (b, &j->blocks, entry) {
		for (const char *at = b->bytes; !error && at < b->bytes + b->used;) {
			enum statement_kind kind = read_step(&at, &values);

			error = run_step(d, kind, &values);
		}
	}
	return error;
}

/* SQLite goes on writing to a file that was deleted, or that a mount hides; no start finds it again. */
static bool is_lost(const struct place *p)
{
	struct stat st;

	return p->inode &&
	       (stat(p->path, &st) < 0 || st.st_ino != p->inode || st.st_dev != p->device);
}

static void run_job(struct datastore *d, struct job *j)
{
	const char *error = NULL;

	for (int i = 0; i < 2; i++) {
		if (!is_lost(&d->places[i]))
			continue;
		snprintf(j->error, sizeof(j->error),
		    "%.120s was removed or replaced: directord must be started again",
		    d->places[i].path);
		return;
	}
	if (d->stale)
		error = forget_old_state(d);
	if (!error)
		error = execute(d, "BEGIN IMMEDIATE");
	if (!error)
		error = run_steps(d, j);
	if (!error)
		error = execute(d, "COMMIT");
	if (!error)
		return;
	snprintf(j->error, sizeof(j->error), "%s", error);
	execute(d, "ROLLBACK");
}

static void *worker(void *arg)
{
	struct datastore *d = arg;
	uint64_t one = 1;
	struct job *j;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		d->idle = STAILQ_EMPTY(&d->queue);
		if (d->idle && d->quit)
			break;
		if (d->idle) {
			pthread_cond_wait(&d->more, &d->lock);
			continue;
		}
		j = STAILQ_FIRST(&d->queue);
		STAILQ_REMOVE_HEAD(&d->queue, entry);
		pthread_mutex_unlock(&d->lock);
		run_job(d, j);
		pthread_mutex_lock(&d->lock);
		STAILQ_INSERT_TAIL(&d->done, j, entry);
		if (write(d->fd, &one, sizeof(one)) < 0)
			continue; /* the counter is full: the loop is woken all the same */
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* ---------------------------------------------------------------------- the jobs */

static void job_free(struct job *j)
{
	struct block *b;

	while ((b = TAILQ_FIRST(&j->blocks))) {
		TAILQ_REMOVE(&j->blocks, b, entry);
		free(b);
	}
	free(j);
}

/* Counts anew what the oldest job takes. */
static void watch_jobs(struct datastore *d)
{
	if (d->unfinished && d->tell_hangs)
		evtimer_add(d->watch, &d->patience);
	else
		evtimer_del(d->watch);
}

static void hangs(int fd, short what, void *arg)
{
	struct datastore *d = arg;

	(void)fd;
	(void)what;
	d->hangs = true;
	watch_jobs(d);
	d->tell_hangs(d->tell_arg);
}

void datastore_watch(struct datastore *d, usec_t patience, void (*tell)(void *arg), void *arg)
{
	d->patience = usec_to_timeval(patience);
	d->tell_hangs = tell;
	d->tell_arg = arg;
	watch_jobs(d);
}

bool datastore_hangs(const struct datastore *d)
{
	return d->hangs;
}

static void finished(int fd, short what, void *arg)
{
	struct datastore *d = arg;
	struct jobs done = STAILQ_HEAD_INITIALIZER(done);
	struct job *j;
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		log_debug("datastore: %s", strerror(errno));
	pthread_mutex_lock(&d->lock);
	STAILQ_CONCAT(&done, &d->done);
	pthread_mutex_unlock(&d->lock);
	d->hangs = false;
	STAILQ_FOREACH (j, &done, entry)
		d->unfinished--;
	watch_jobs(d);
	while ((j = STAILQ_FIRST(&done))) {
		STAILQ_REMOVE_HEAD(&done, entry);
		snprintf(d->trouble, sizeof(d->trouble), "%s", j->error);
		if (j->done)
			j->done(*j->error ? j->error : NULL, j->arg);
		job_free(j);
	}
}

struct job *job_new(void (*done)(const char *error, void *arg), void *arg)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	TAILQ_INIT(&j->blocks);
	j->done = done;
	j->arg = arg;
	return j;
}

static char *room(struct job *j, size_t n)
{
	struct block *b = TAILQ_LAST(&j->blocks, block_list);
	size_t size = !b ? FIRST_BLOCK : b->size < MOST_BLOCK ? 2 * b->size : MOST_BLOCK;

	if (!b || b->size - b->used < n) {
		size = size < n ? n : size;
		b = malloc(sizeof(*b) + size);
		if (!b)
			abort();
		b->used = 0;
		b->size = size;
		TAILQ_INSERT_TAIL(&j->blocks, b, entry);
	}
	b->used += n;
	return b->bytes + b->used - n;
}

static void add_step(struct job *j, enum statement_kind kind, const char *const *args, size_t n)
{
	const char **last = j->last.of[kind];
	size_t size = 2 + n, len[ARGS] = {0};
	char *to;

	for (size_t i = 0; i < n; i++) {
		if (!last[i] || strcmp(last[i], args[i]) != 0)
			len[i] = strlen(args[i]) + 1;
		size += len[i];
	}
	to = room(j, size);
	*to++ = (char)kind;
	*to++ = (char)n;
	for (size_t i = 0; i < n; i++) {
		*to++ = len[i] == 0;
		if (!len[i])
			continue;
		last[i] = memcpy(to, args[i], len[i]);
		to += len[i];
	}
}

#define STEP(j, kind, ...)                                                                         \
	add_step(j, kind, (const char *const[]){__VA_ARGS__},                                      \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

struct digits {
	char text[24];
};

static const char *digits(struct digits *d, uint64_t v)
{
	snprintf(d->text, sizeof(d->text), "%llu", (unsigned long long)v);
	return d->text;
}

/* As text, until the end of the block. */
#define NUMBER(v) digits(&(struct digits){""}, v)

void job_override(
    struct job *j, const char *table, const char *key, const char *column, const char *value)
{
	if (value)
		STEP(j, PUT_OVERRIDE, table, key, column, value);
	else
		STEP(j, DELETE_OVERRIDE, table, key, column);
}

void job_forget_row(struct job *j, const char *table, const char *key)
{
	STEP(j, FORGET_ROW, table, key);
}

void job_history(struct job *j, const struct changeset *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct delta *d = &c->list[i];

		STEP(j, PUT_CHANGE, NUMBER(c->generation), NUMBER(i + 1), NUMBER(c->time),
		    NUMBER((uint64_t)c->origin), d->table, d->key, d->column, d->old_value,
		    d->new_value, NUMBER(d->was_set), NUMBER(d->is_set));
	}
}

void job_prune_history(struct job *j, uint32_t before)
{
	STEP(j, PRUNE_CHANGES, NUMBER(before));
}

void job_forget_history(struct job *j, uint32_t generation)
{
	STEP(j, FORGET_CHANGES, NUMBER(generation));
}

void job_number(struct job *j, const char *name, uint32_t value)
{
	STEP(j, PUT_NUMBER, name, NUMBER(value));
}

void job_forget_number(struct job *j, const char *name)
{
	STEP(j, DELETE_NUMBER, name);
}

void job_state(struct job *j, const struct row *r, const struct column *c, const char *value)
{
	char key[KEY_TEXT_SIZE];

	row_key_format(r, key);
	if (value)
		STEP(j, PUT_STATE, r->table->name, key, c->name, value);
	else
		STEP(j, DELETE_STATE, r->table->name, key);
}

void job_event(struct job *j, const struct row *event)
{
	const struct table *t = event->table;

	STEP(j, PUT_EVENT, NUMBER(column_unsigned(event, table_column(t, "sequence"))),
	    NUMBER(column_unsigned(event, table_column(t, "time"))),
	    NUMBER(column_unsigned(event, table_column(t, "kind"))),
	    column_text(event, table_column(t, "subject")),
	    column_text(event, table_column(t, "old_state")),
	    column_text(event, table_column(t, "new_state")),
	    column_text(event, table_column(t, "reason")));
}

void job_prune_events(struct job *j, uint32_t before)
{
	STEP(j, PRUNE_EVENTS, NUMBER(before));
}

void datastore_submit(struct datastore *d, struct job *j)
{
	uint64_t one = 1;

	if (d->unfinished++ == 0)
		watch_jobs(d);
	if (!d->running)
		snprintf(j->error, sizeof(j->error), "%s", d->trouble);
	pthread_mutex_lock(&d->lock);
	if (d->running) {
		STAILQ_INSERT_TAIL(&d->queue, j, entry);
		pthread_cond_signal(&d->more);
	} else {
		STAILQ_INSERT_TAIL(&d->done, j, entry);
		if (write(d->fd, &one, sizeof(one)) < 0)
			log_debug("datastore: %s", strerror(errno));
	}
	pthread_mutex_unlock(&d->lock);
}

/* -------------------------------------------------------------- opening and reading */

static bool fail(struct datastore *d, const char *what)
{
	snprintf(d->trouble, sizeof(d->trouble), "%.60s: %.120s", what,
	    d->db ? sqlite3_errmsg(d->db) : "no memory");
	return false;
}

static int sound(void *arg, int n, char **values, char **names)
{
	char *result = arg;

	(void)names;
	snprintf(result, 200, "%s", n > 0 && values[0] ? values[0] : "?");
	return 0;
}

/* Passwords are in it: it is root's alone, also one that an earlier version made.  SQLite's journal follows. */
static void make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return; /* SQLite says why */
	if (fchmod(fd, 0600) < 0)
		log_warning("%s: %s", path, strerror(errno));
	close(fd);
}

static void note_place(struct datastore *d, struct place *p, const char *suffix)
{
	struct stat st;

	snprintf(p->path, sizeof(p->path), "%s%s", sqlite3_db_filename(d->db, "main"), suffix);
	if (stat(p->path, &st) < 0)
		return; /* what was never made cannot be lost */
	p->device = st.st_dev;
	p->inode = st.st_ino;
}

/*
 * Where nothing can be written, SQLite takes no lock for writing, which it wants for being the file's only user: it
 * goes without, since the hub's own lock says so.  A clean stop has removed the write-ahead log, which could not be
 * made again: SQLite must know that there is none.
 */
static int open_to_read(struct datastore *d, const char *path, bool log)
{
	char uri[3 * 256 + 32], *to = uri + sprintf(uri, "file:");

	for (const char *p = path; *p && to < uri + sizeof(uri) - 32; p++)
		to += sprintf(to, strchr("%?#", *p) ? "%%%02x" : "%c", *p);
	sprintf(to, "?immutable=%d", !log);
	return sqlite3_open_v2(uri, &d->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, "unix-none");
}

static bool open_file(struct datastore *d, const char *path)
{
	char log[300];
	int rc = sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	if (rc == SQLITE_OK && sqlite3_db_readonly(d->db, "main") == 1) {
		sqlite3_close(d->db);
		snprintf(log, sizeof(log), "%s-wal", path);
		rc = open_to_read(d, path, access(log, F_OK) == 0);
	}
	return rc == SQLITE_OK;
}

/*
 * A disk that is full now can have room later, and what is on it can be read now: that nothing can be
 * written is trouble, but no reason not to go on.  There is one user of the file, so it is locked for good:
 * the index of the write-ahead log is then in memory, and reading needs no room either.
 */
static bool open_db(struct datastore *d, const char *path)
{
	char result[200] = "";

	make_private(path);
	if (!open_file(d, path))
		return fail(d, path);
	sqlite3_busy_timeout(d->db, 2000);
	sqlite3_exec(d->db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
	if (sqlite3_exec(d->db, "PRAGMA quick_check(1)", sound, result, NULL) != SQLITE_OK)
		return fail(d, path);
	if (strcmp(result, "ok") != 0) {
		snprintf(d->trouble, sizeof(d->trouble), "%.60s is damaged: %.100s", path, result);
		return false;
	}
	if (execute(d, schema_sql))
		fail(d, path);
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v2(d->db, sql_of[i], -1, &d->statements[i], NULL) != SQLITE_OK)
			return fail(d, path);
	if (forget_old_state(d)) {
		fail(d, path);
		execute(d, "ROLLBACK");
	}
	note_place(d, &d->places[0], "");
	note_place(d, &d->places[1], "-wal");
	return true;
}

struct datastore *datastore_open(struct event_base *base, const char *dir)
{
	struct datastore *d = calloc(1, sizeof(*d));
	char path[256];

	if (!d)
		abort();
	STAILQ_INIT(&d->queue);
	STAILQ_INIT(&d->done);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->more, NULL);
	d->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->finished = event_new(base, d->fd, EV_READ | EV_PERSIST, finished, d);
	d->watch = evtimer_new(base, hangs, d);
	if (d->fd < 0 || !d->finished || !d->watch)
		abort();
	event_add(d->finished, NULL);
	snprintf(path, sizeof(path), "%s/directord.db", dir);
	if (open_db(d, path))
		d->running = pthread_create(&d->thread, NULL, worker, d) == 0;
	return d;
}

const char *datastore_trouble(const struct datastore *d)
{
	return *d->trouble ? d->trouble : NULL;
}

/* Waits for the jobs that are left: a hanging disk must not hold up the end for ever. */
static bool drain(struct datastore *d)
{
	struct timespec pause = {.tv_nsec = 5000000};
	bool idle = false;

	pthread_mutex_lock(&d->lock);
	d->quit = true;
	pthread_cond_signal(&d->more);
	pthread_mutex_unlock(&d->lock);
	for (int i = 0; i < 400 && !idle; i++) {
		pthread_mutex_lock(&d->lock);
		idle = d->idle && STAILQ_EMPTY(&d->queue);
		pthread_mutex_unlock(&d->lock);
		if (!idle)
			nanosleep(&pause, NULL);
	}
	return idle;
}

void datastore_close(struct datastore *d)
{
	struct job *j;

	if (!d)
		return;
	if (d->running && !drain(d))
		return; /* the thread still uses everything; the process ends now */
	if (d->running)
		pthread_join(d->thread, NULL);
	while ((j = STAILQ_FIRST(&d->done))) {
		STAILQ_REMOVE_HEAD(&d->done, entry);
		job_free(j);
	}
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(d->statements[i]);
	sqlite3_close(d->db);
	event_free(d->finished);
	event_free(d->watch);
	close(d->fd);
	pthread_cond_destroy(&d->more);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static char *text_at(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);
	char *copy = strdup(s ? s : "");

	if (!copy)
		abort();
	return copy;
}

static bool read_values(struct datastore *d, const char *sql, struct override **list, size_t *n)
{
	sqlite3_stmt *st;
	size_t size = 0;
	int rc;

	*list = NULL;
	*n = 0;
	if (!d->running || sqlite3_prepare_v2(d->db, sql, -1, &st, NULL) != SQLITE_OK)
		return false;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (*n == size) {
			size = size ? size * 2 : 64;
			*list = reallocarray(*list, size, sizeof(**list));
			if (!*list)
				abort();
		}
		(*list)[(*n)++] = (struct override){
		    text_at(st, 0), text_at(st, 1), text_at(st, 2), text_at(st, 3)};
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE || fail(d, "reading");
}

bool datastore_overrides(struct datastore *d, struct override **list, size_t *n)
{
	return read_values(d, "SELECT tbl, key, col, value FROM override", list, n);
}

bool datastore_states(struct datastore *d, struct override **list, size_t *n)
{
	return read_values(d,
	    d->stale ? "SELECT tbl, key, col, value FROM state WHERE 0"
		     : "SELECT tbl, key, col, value FROM state",
	    list, n);
}

static void set_text(struct row *r, const char *column, sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	row_set_text(COLUMN_PTR(r, table_column(r->table, column)), s ? s : "");
}

static struct row *event_at(sqlite3_stmt *st)
{
	struct row *r = row_new(&tables[TABLE_event_log]);
	static const char *const numbers[] = {"sequence", "time", "kind"};
	static const char *const texts[] = {"subject", "old_state", "new_state", "reason"};

	for (int i = 0; i < 3; i++)
		column_set_number(
		    r, table_column(r->table, numbers[i]), sqlite3_column_int64(st, i));
	for (int i = 0; i < 4; i++)
		set_text(r, texts[i], st, i + 3);
	return r;
}

bool datastore_events(
    struct datastore *d, size_t limit, void (*got)(struct row *event, void *arg), void *arg)
{
	sqlite3_stmt *st;
	int rc;

	if (!d->running ||
	    sqlite3_prepare_v2(d->db,
		"SELECT * FROM (SELECT sequence, time, kind, subject, old, new, reason FROM event"
		" ORDER BY sequence DESC LIMIT ?) ORDER BY sequence",
		-1, &st, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)limit);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		got(event_at(st), arg);
	sqlite3_finalize(st);
	return rc == SQLITE_DONE || fail(d, "reading");
}

static const char *column_at(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s ? s : "";
}

static void add_change(struct changeset *c, sqlite3_stmt *st)
{
	changeset_add(c, &(struct delta){.table = column_at(st, 3),
			     .key = column_at(st, 4),
			     .column = column_at(st, 5),
			     .old_value = column_at(st, 6),
			     .new_value = column_at(st, 7),
			     .was_set = sqlite3_column_int(st, 8) != 0,
			     .is_set = sqlite3_column_int(st, 9) != 0});
}

bool datastore_history(struct datastore *d, void (*got)(struct changeset *c, void *arg), void *arg)
{
	struct changeset *c = NULL;
	sqlite3_stmt *st;
	int rc;

	if (!d->running ||
	    sqlite3_prepare_v2(d->db,
		"SELECT generation, time, origin, tbl, key, col, old, new, was_set, is_set"
		" FROM change ORDER BY generation, number",
		-1, &st, NULL) != SQLITE_OK)
		return false;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		uint32_t generation = (uint32_t)sqlite3_column_int64(st, 0);

		if (c && c->generation != generation) {
			changeset_complete(c);
			got(c, arg);
			c = NULL;
		}
		if (!c) {
			c = changeset_new((enum change_origin)sqlite3_column_int(st, 2));
			c->generation = generation;
			c->time = (usec_t)sqlite3_column_int64(st, 1);
		}
		add_change(c, st);
	}
	if (c) {
		changeset_complete(c);
		got(c, arg);
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE || fail(d, "reading");
}

bool datastore_number(struct datastore *d, const char *name, uint32_t *value)
{
	sqlite3_stmt *st;
	bool found;

	if (!d->running || sqlite3_prepare_v2(d->db, "SELECT value FROM meta WHERE name = ?", -1,
			       &st, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	found = sqlite3_step(st) == SQLITE_ROW;
	if (found)
		*value = (uint32_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return found;
}
