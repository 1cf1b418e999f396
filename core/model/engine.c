/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See engine.h.
 *
 * Reports are kept as marks on the rows (marks.h), so that their number is bounded by the rows whatever the
 * hub does; they are sent when the event loop is idle and the
 * channel has room.  Removed rows of own tables and events are queued in order with a flush of the
 * marks before them, so that the hub sees things in the order in which they happened.
 */
#include "core/model/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/base/channel.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/privilege.h"
#include "core/base/rundir.h"
#include "core/model/marks.h"
#include "core/model/message.h"

/* What may wait for the hub: reports are bounded by the rows, this bounds events and removals. */
#define QUEUE_LIMIT (16 * 1024 * 1024)
/* Log lines give way long before. */
#define LOG_LIMIT (256 * 1024)
/* Reports stop being turned into messages here; they wait as marks. */
#define REPORT_LIMIT (512 * 1024)

struct engine {
	const struct engine_program *program;
	struct event_base *base;
	struct event *flush;
	struct channel *hub;
	struct store *store;
	void *arg;
	char state_dir[256], run_dir[256];
	int passing;
	struct marks marks;
	struct group_reader in;
	uint64_t events_lost;
	uint32_t request;
	bool synced;	   /* once */
	column_mask early; /* of the table system: reported before that */
	bool replied;
	struct refusal reply;
	bool sending; /* a group is being written: the log must not put a message into its middle */
	int status;
};

struct event_base *engine_base(struct engine *e)
{
	return e->base;
}

struct store *engine_store(struct engine *e)
{
	return e->store;
}

const char *engine_state_dir(struct engine *e)
{
	return e->state_dir;
}

const char *engine_run_dir(struct engine *e)
{
	return e->run_dir;
}

int engine_passing(struct engine *e)
{
	return e->passing;
}

/* ------------------------------------------------------------------ to the hub */

static void send_reports(struct engine *e, size_t limit)
{
	struct group_writer g;
	struct row *r;

	if (!e->hub || marks_are_empty(&e->marks))
		return;
	e->sending = true;
	group_begin(&g, e->hub, GROUP_STATE);
	while ((r = marks_first(&e->marks)) && channel_queued(e->hub) < limit)
		group_row(&g, r, ROW_SET, marks_take(&e->marks, r));
	if (!group_end(&g, false))
		log_error(
		    "the hub's queue overflowed"); /* not before QUEUE_LIMIT, far above limit */
	e->sending = false;
}

static void flush(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_reports(arg, REPORT_LIMIT);
}

void engine_report(struct engine *e, struct row *r, column_mask columns)
{
	columns &= table_owned(r->table, e->program->process);
	if (!columns)
		return;
	if (r->table->scalar && !e->synced)
		e->early |= columns;
	if (marks_are_empty(&e->marks))
		event_active(e->flush, EV_TIMEOUT, 0);
	marks_add(&e->marks, r, columns);
}

column_mask engine_reported(const struct engine *e, const struct row *r)
{
	return marks_of(&e->marks, r);
}

void engine_add(struct engine *e, struct row *r)
{
	if (store_insert(e->store, r))
		abort();
	engine_report(e, r, table_owned(r->table, e->program->process));
}

/* Everything reported so far goes out before what comes next. */
static void order(struct engine *e)
{
	send_reports(e, QUEUE_LIMIT / 2);
}

void engine_remove(struct engine *e, struct row *r)
{
	struct group_writer g;

	marks_take(&e->marks, r);
	order(e);
	store_remove(e->store, r);
	if (e->hub) {
		e->sending = true;
		group_begin(&g, e->hub, GROUP_STATE);
		group_row(&g, r, ROW_DELETE, 0);
		group_end(&g, false);
		e->sending = false;
	}
	row_free(r);
}

void engine_event(struct engine *e, enum event_kind kind, const struct row *subject,
    const char *old_state, const char *new_state, const char *reason)
{
	struct wire *w;

	if (!e->hub)
		return;
	order(e);
	w = channel_begin(e->hub, MSG_EVENT);
	wire_put_h32(w, kind);
	message_put_key(w, subject);
	wire_put_str(w, old_state);
	wire_put_str(w, new_state);
	wire_put_str(w, reason);
	if (!channel_send(e->hub))
		e->events_lost++;
}

void engine_ready(struct engine *e)
{
	if (!e->hub)
		return;
	order(e);
	channel_begin(e->hub, MSG_READY);
	channel_send(e->hub);
}

void engine_exit(struct engine *e, int status)
{
	e->status = status;
	event_base_loopexit(e->base, NULL);
}

static bool log_to_hub(enum log_level level, const char *process, const char *line, void *arg)
{
	struct engine *e = arg;
	struct wire *w;

	(void)process;
	if (!e->hub || e->sending || channel_queued(e->hub) > LOG_LIMIT)
		return false;
	w = channel_begin(e->hub, MSG_LOG);
	wire_put_u8(w, (uint8_t)level);
	wire_put_str(w, line);
	return channel_send(e->hub);
}

/* ---------------------------------------------------------------- from the hub */

struct changes {
	struct change *list;
	size_t n, size;
};

static struct change *change_new(struct changes *c, enum change_kind kind, struct row *row)
{
	if (c->n == c->size) {
		c->size = c->size ? c->size * 2 : 64;
		c->list = reallocarray(c->list, c->size, sizeof(*c->list));
		if (!c->list)
			abort();
	}
	c->list[c->n] = (struct change){.kind = kind, .row = row};
	return &c->list[c->n++];
}

/* Has the change columns of the configuration? */
static bool is_config(const struct table *t, column_mask mask)
{
	return (mask & table_mask(t, CLASS_CONFIG)) != 0;
}

/*
 * What this process reports itself is newer here than what comes back from the hub.  Not so at first: then a
 * scalar, whose row is there from the start, comes as its predecessor reported it, as other rows do.
 */
static column_mask newer_here(const struct engine *e, const struct row *there)
{
	return there->table->scalar && !e->synced ? e->early
						  : table_owned(there->table, e->program->process);
}

/* mark: 1 in a sync, whose sweep() clears it. */
static void apply_set(struct engine *e, struct group_item *i, struct changes *c, uint8_t mark)
{
	struct row *there = store_find(e->store, i->row);
	struct change *change;
	column_mask differ;

	if (!there) {
		store_insert(e->store, i->row);
		change_new(c, CHANGE_ADDED, i->row);
		i->row->mark = mark;
		i->row = NULL;
		return;
	}
	there->mark = mark;
	there->origin = i->row->origin;
	differ = row_diff(there, i->row) & i->mask & ~newer_here(e, there);
	if (!differ)
		return;
	change = change_new(c, CHANGE_MODIFIED, there);
	change->mask = differ;
	if (is_config(there->table, differ))
		change->before = row_copy(there);
	row_copy_columns(there, i->row, differ);
}

static void apply_delete(struct engine *e, struct row *r, struct changes *c)
{
	marks_take(&e->marks, r);
	store_remove(e->store, r);
	change_new(c, CHANGE_REMOVED, r);
}

/* After a sync: rows that were not in it are gone.  Rows of own tables stay, they are only ours to remove. */
static void sweep(struct engine *e, struct changes *c)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		bool own = !tables[t].config && tables[t].owner == e->program->process;

		for (struct row *r = store_first(e->store, t), *next; r; r = next) {
			next = store_next(r);
			if (!r->mark && !own && !tables[t].scalar)
				apply_delete(e, r, c);
			r->mark = 0;
		}
	}
}

static void finish_changes(struct engine *e, struct changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		row_free((struct row *)(uintptr_t)c->list[i].before);
		if (c->list[i].kind != CHANGE_REMOVED)
			continue;
		marks_take(
		    &e->marks, c->list[i].row); /* the program may have reported it once more */
		row_free(c->list[i].row);
	}
	free(c->list);
}

#define MANY 10000 /* rows: whoever gets so many has time for this; the process vrrp never does */

static void apply_group(struct engine *e)
{
	struct changes c = {NULL, 0, 0};
	bool sync = e->in.group == GROUP_SYNC, many;

	for (size_t i = 0; i < e->in.n; i++) {
		struct group_item *item = &e->in.items[i];
		struct row *there;

		if (item->op == ROW_SET)
			apply_set(e, item, &c, sync);
		else if ((there = store_find(e->store, item->row)))
			apply_delete(e, there, &c);
	}
	if (sync) {
		store_system(e->store);
		sweep(e, &c);
		e->synced = true;
	}
	many = e->in.n > MANY;
	group_reset(&e->in);
	if (c.n || sync)
		e->program->ops.changed(e, c.list, c.n, sync, e->arg);
	finish_changes(e, &c);
	if (many)
		memory_trim(); /* what the messages took is not needed again */
}

static void got_hello(struct wire *w)
{
	if (wire_get_h32(w) != schema_fingerprint()) {
		log_error("this program and directord are of different builds");
		exit(1);
	}
}

static void packet(struct channel *ch, uint32_t type, struct wire *w, void *arg)
{
	struct engine *e = arg;
	uint64_t stamp;
	bool ok = false; /* of a type that there is not, too */

	switch ((enum message)type) {
	case MSG_HELLO:
		got_hello(w);
		ok = true;
		break;
	case MSG_BEGIN:
		ok = group_read_begin(&e->in, w);
		break;
	case MSG_ROWS:
		ok = group_read_rows(&e->in, w);
		break;
	case MSG_END:
		ok = e->in.open && wire_done(w);
		if (ok)
			apply_group(e);
		break;
	case MSG_PING:
		stamp = wire_get_h64(w);
		ok = wire_done(w);
		wire_put_h64(channel_begin(ch, MSG_PONG), stamp);
		channel_send(ch);
		break;
	case MSG_STOP: {
		bool clean = wire_get_u8(w) != 0;

		ok = wire_done(w);
		if (ok)
			e->program->ops.stop(e, clean, e->arg);
		break;
	}
	case MSG_REPLY:
		ok = true;
		if (wire_get_h32(w) != e->request)
			break; /* the answer to a call that was given up */
		e->replied = ok = message_get_refusal(w, &e->reply);
		break;
	case MSG_EVENT:
	case MSG_LOG:
	case MSG_READY:
	case MSG_PONG:
	case MSG_REQUEST:
		break;
	}
	if (!ok) {
		/* The hub is our own program: a malformed message is a bug, and a fresh start cures it. */
		log_error("malformed message of type %u from the hub", type);
		exit(1);
	}
}

static void hub_closed(struct channel *ch, const char *why, void *arg)
{
	struct engine *e = arg;

	(void)why;
	e->hub = NULL;
	log_set_sink(NULL, NULL);
	channel_free(ch);
	group_reset(&e->in);
	if (e->program->ops.orphaned)
		e->program->ops.orphaned(e, e->arg);
	else
		engine_exit(e, 0);
}

static void drained(struct channel *ch, void *arg)
{
	struct engine *e = arg;

	channel_set_limit(ch, QUEUE_LIMIT);
	if (e->events_lost)
		log_error("%llu events were lost while directord did not read",
		    (unsigned long long)e->events_lost);
	e->events_lost = 0;
	send_reports(e, REPORT_LIMIT);
}

/* -------------------------------------------------------------------- requests */

static void send_edits(struct engine *e, const struct edit *edits, size_t n)
{
	struct group_writer g;

	e->sending = true;
	group_begin(&g, e->hub, GROUP_EDIT);
	for (size_t i = 0; i < n; i++)
		group_row(&g, edits[i].row, edits[i].destroy ? ROW_DELETE : ROW_SET, edits[i].mask);
	group_end(&g, true);
	e->sending = false;
}

static bool no_answer(struct refusal *r, const char *reason)
{
	*r = (struct refusal){.kind = REFUSAL_BUSY, .column = -1};
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	return false;
}

bool engine_call(struct engine *e, enum request_kind kind, const struct edit *edits, size_t n,
    usec_t timeout, struct refusal *r)
{
	usec_t deadline = clock_now() + timeout;
	struct wire *w;
	bool sent;

	if (!e->hub)
		return no_answer(r, "directord's main process is gone");
	channel_set_limit(e->hub, SIZE_MAX); /* a request is as large as it is */
	if (kind == REQUEST_PREPARE)
		send_edits(e, edits, n);
	w = channel_begin(e->hub, MSG_REQUEST);
	wire_put_h32(w, ++e->request);
	wire_put_u8(w, (uint8_t)kind);
	sent = channel_send(e->hub);
	channel_set_limit(e->hub, channel_queued(e->hub) + QUEUE_LIMIT);
	if (!sent)
		return no_answer(r, "directord's main process does not read");
	e->replied = false;
	while (!e->replied) {
		usec_t now = clock_now();

		if (now >= deadline || !channel_wait(e->hub, MSG_REPLY, deadline - now)) {
			e->request++;
			return no_answer(r, "directord's main process gave no answer in time");
		}
	}
	*r = e->reply;
	return r->kind == REFUSAL_NONE;
}

void engine_catch_up(struct engine *e)
{
	if (e->hub)
		channel_catch_up(e->hub);
}

/* ------------------------------------------------------------------------ main */

struct options {
	int fd;
	int passing;
	const char *state_dir;
	enum log_level level;
};

static bool parse(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){.fd = -1, .passing = -1, .level = LOG_LEVEL_INFO};
	while ((c = getopt(argc, argv, "c:p:s:l:")) != -1) {
		if (c == 'c')
			o->fd = atoi(optarg);
		else if (c == 'p')
			o->passing = atoi(optarg);
		else if (c == 's')
			o->state_dir = optarg;
		else if (c == 'l')
			o->level = (enum log_level)atoi(optarg);
		else
			return false;
	}
	return o->fd >= 0 && o->state_dir && optind == argc;
}

/* This process' own folder, for the user that we become.  One that is there is only looked at: its disk may hang. */
static bool make_own_dir(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid)
		return true;
	if (mkdir(path, 0750) < 0 && errno != EEXIST) {
		log_error("cannot make %s: %s", path, strerror(errno));
		return false;
	}
	if (geteuid() == 0 && chown(path, uid, gid) < 0)
		log_warning("cannot give %s to user %u: %s", path, (unsigned)uid, strerror(errno));
	return true;
}

/* The hub made STATE_DIR/run.  A disk that cannot be written is no reason not to start, if there is a place in memory. */
static bool make_dirs(struct engine *e, const char *hub_state_dir, uid_t uid, gid_t gid)
{
	char memory[200];
	bool made;

	snprintf(e->state_dir, sizeof(e->state_dir), "%s/run/%s", hub_state_dir, e->program->name);
	made = make_own_dir(e->state_dir, uid, gid);
	if (rundir_fits(e->state_dir) || !rundir_find(hub_state_dir, memory, sizeof(memory))) {
		memcpy(e->run_dir, e->state_dir, sizeof(e->run_dir));
		return made;
	}
	snprintf(e->run_dir, sizeof(e->run_dir), "%s/%s", memory, e->program->name);
	return make_own_dir(e->run_dir, uid, gid);
}

struct engine *engine_open(const struct engine_program *p, int fd)
{
	static const struct channel_ops ops = {packet, hub_closed, drained};
	struct engine *e = calloc(1, sizeof(*e));
	struct event_config *c = event_config_new();
	struct wire *w;

	if (!c || !e)
		abort();
	e->program = p;
	e->passing = -1;
	event_config_set_flag(c, EVENT_BASE_FLAG_PRECISE_TIMER);
	e->base = event_base_new_with_config(c);
	event_config_free(c);
	e->flush = e->base ? event_new(e->base, -1, 0, flush, e) : NULL;
	if (!e->flush)
		abort();
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	e->hub = channel_new(e->base, fd, &ops, e);
	channel_set_limit(e->hub, QUEUE_LIMIT);
	e->store = store_new();
	store_system(e->store);
	w = channel_begin(e->hub, MSG_HELLO);
	wire_put_h32(w, schema_fingerprint());
	wire_put_h32(w, e->program->process);
	wire_put_h32(w, (uint32_t)getpid());
	wire_put_str(w, e->program->name);
	channel_send(e->hub);
	return e;
}

int engine_run(struct engine *e, void *arg)
{
	e->arg = arg;
	event_base_dispatch(e->base);
	return e->status;
}

static bool become(struct engine *e, const char *hub_state_dir)
{
	const struct engine_program *p = e->program;
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (geteuid() == 0 && !p->root && !privilege_user(p->name, &uid, &gid)) {
		log_error("there is neither a user directord-%s nor nobody", p->name);
		return false;
	}
	if (!make_dirs(e, hub_state_dir, uid, gid))
		return false;
	if (p->prepare && p->prepare(e->run_dir, uid, gid) != 0)
		return false;
	return p->root || privilege_drop(uid, gid, p->caps, p->ncaps);
}

void engine_close(struct engine *e)
{
	if (e->hub) {
		send_reports(e, QUEUE_LIMIT);
		channel_flush(e->hub, USEC_PER_SEC);
	}
	log_set_sink(NULL, NULL);
	channel_free(e->hub);
	group_reset(&e->in);
	store_free(e->store);
	marks_clear(&e->marks);
	event_free(e->flush);
	event_base_free(e->base);
	free(e);
}

int engine_main(int argc, char **argv, const struct engine_program *p)
{
	struct engine *e;
	struct options o;
	void *arg = NULL;
	int status = 1;

	if (!parse(argc, argv, &o)) {
		fprintf(stderr, "%s is started by directord\n", argv[0]);
		return 2;
	}
	memory_init();
	log_init(p->name, o.level);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* the terminal's signals are the hub's business */
	signal(SIGINT, SIG_IGN);
	e = engine_open(p, o.fd);
	log_set_sink(log_to_hub, e);
	e->passing = o.passing;
	if (o.passing >= 0)
		fcntl(o.passing, F_SETFD, FD_CLOEXEC);
	if (become(e, o.state_dir) && (arg = p->start(e)))
		status = engine_run(e, arg);
	if (p->finish && arg)
		p->finish(arg);
	engine_close(e);
	return status;
}
