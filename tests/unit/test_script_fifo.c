/* SPDX-License-Identifier: BSD-2-Clause */
/* FIFOs and the programs that read them (core/script/fifo.c). */
#include "core/script/fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/unit.h"

/* ---- An engine without a hub. */

struct engine {
	struct event_base *base;
	struct store *store;
};

static struct engine engine;
static struct run_loop *loop;
static struct fifos *fifos;
static char folder[80], path[100];

struct event_base *engine_base(struct engine *e)
{
	return e->base;
}

struct store *engine_store(struct engine *e)
{
	return e->store;
}

void engine_report(struct engine *e, struct row *r, column_mask mask)
{
	(void)e;
	(void)r;
	(void)mask;
}

static void set_up(void)
{
	unit_folder(folder);
	snprintf(path, sizeof(path), "%s/fifo", folder);
	engine = (struct engine){event_base_new(), store_new()};
	row_set_text(&store_system(engine.store)->script_user, "root");
	loop = run_loop_new(engine.base);
	fifos = fifos_new(&engine, loop);
}

static void tear_down(void)
{
	if (fifos)
		fifos_free(fifos, true);
	run_loop_free(loop);
	store_free(engine.store);
	event_base_free(engine.base);
	ck_assert_msg(rmdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

static struct notify_fifo *add(enum notify_fifo_kind kind, const char *at)
{
	struct notify_fifo *f = ROW_NEW(notify_fifo);

	f->kind = kind;
	row_set_text(&f->path, at);
	ck_assert_ptr_null(store_insert(engine.store, &f->row));
	return f;
}

static void added(void)
{
	fifos_changed(fifos, NULL, 0);
}

static mode_t mode_of(const char *at)
{
	struct stat st;

	return lstat(at, &st) < 0 ? 0 : st.st_mode;
}

/* What is in the FIFO now. */
static const char *content(const char *at)
{
	static char text[1000];
	int fd = open(at, O_RDONLY | O_NONBLOCK);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

START_TEST(test_made)
{
	struct notify_fifo *f = add(FIFO_ALL, path);

	added();
	ck_assert_str_eq(f->fifo_state, "ok");
	ck_assert_uint_eq(mode_of(path), S_IFIFO | 0600);
	ck_assert_str_eq(f->made, path);
	fifos_write(fifos, NOTIFY_INSTANCE, "INSTANCE \"V\" MASTER 100");
	fifos_write(fifos, NOTIFY_VIRTUAL_SERVER, "VS FWM 1 UP");
	ck_assert_str_eq(content(path), "INSTANCE \"V\" MASTER 100\nVS FWM 1 UP\n");
	ck_assert_uint_eq(f->lines, 2);
	ck_assert_uint_eq(f->lines_lost, 0);
}
END_TEST

/* A restart leaves it; what was there before is nobody's to remove. */
START_TEST(test_left)
{
	struct notify_fifo *f = add(FIFO_ALL, path);

	added();
	fifos_free(fifos, false);
	ck_assert_uint_eq(mode_of(path), S_IFIFO | 0600);
	fifos = fifos_new(&engine, loop);
	added();
	ck_assert_str_eq(f->fifo_state, "ok");
	ck_assert_str_eq(f->made, path); /* still ours */
	row_set_text(&f->made, "");
	fifos_free(fifos, true);
	fifos = NULL;
	ck_assert_uint_eq(mode_of(path), S_IFIFO | 0600);
	unlink(path);
}
END_TEST

START_TEST(test_kinds)
{
	char other[100];
	struct notify_fifo *vrrp = add(FIFO_VRRP, path), *lvs;

	snprintf(other, sizeof(other), "%s/lvs", folder);
	lvs = add(FIFO_LVS, other);
	added();
	fifos_write(fifos, NOTIFY_GROUP, "g");
	fifos_write(fifos, NOTIFY_INSTANCE, "i");
	fifos_write(fifos, NOTIFY_REAL_SERVER, "r");
	fifos_write(fifos, NOTIFY_VIRTUAL_SERVER, "v");
	ck_assert_str_eq(content(path), "g\ni\n");
	ck_assert_str_eq(content(other), "r\nv\n");
	ck_assert_uint_eq(vrrp->lines, 2);
	ck_assert_uint_eq(lvs->lines, 2);
}
END_TEST

/* Nobody reads: it keeps what it can; each line is whole, or is lost and counted. */
START_TEST(test_full)
{
	struct notify_fifo *f = add(FIFO_ALL, path);
	char line[251];
	unsigned n = 0, lines = 2000;
	int fd, c;
	FILE *in;

	memset(line, 'x', 250);
	line[250] = '\0';
	added();
	for (unsigned k = 0; k < lines; k++)
		fifos_write(fifos, NOTIFY_INSTANCE, line);
	ck_assert_uint_ge(f->lines, 100);
	ck_assert_uint_ge(f->lines_lost, 100);
	ck_assert_uint_eq(f->lines + f->lines_lost, lines);
	ck_assert_str_eq(f->fifo_state, "ok");
	fd = open(path, O_RDONLY | O_NONBLOCK);
	in = fdopen(fd, "r");
	ck_assert_ptr_nonnull(in);
	for (unsigned at = 0; (c = getc(in)) != EOF; at = c == '\n' ? 0 : at + 1) {
		ck_assert_int_eq(c, at == 250 ? '\n' : 'x');
		n += c == '\n';
	}
	fclose(in);
	ck_assert_uint_eq(n, f->lines);
	fifos_write(fifos, NOTIFY_INSTANCE, "again");
	ck_assert_str_eq(content(path), "again\n");
}
END_TEST

/* Neither a file nor a link, wherever it leads, is written. */
START_TEST(test_no_fifo)
{
	struct notify_fifo *f = add(FIFO_ALL, path), *link;
	char at[100];
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	close(fd);
	snprintf(at, sizeof(at), "%s/link", folder);
	ck_assert_int_eq(symlink(path, at), 0);
	link = add(FIFO_LVS, at);
	added();
	ck_assert_str_eq(f->fifo_state, "it is no FIFO");
	ck_assert_str_eq(
	    link->fifo_state, "it cannot be opened: Too many levels of symbolic links");
	fifos_write(fifos, NOTIFY_REAL_SERVER, "line");
	ck_assert_uint_eq(f->lines_lost, 1);
	ck_assert_uint_eq(link->lines_lost, 1);
	fifos_free(fifos, true);
	fifos = NULL;
	ck_assert_uint_eq(mode_of(path), S_IFREG | 0600); /* it was there */
	ck_assert_int_eq(unlink(at), 0);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(test_moved)
{
	struct notify_fifo *f = add(FIFO_ALL, path);
	struct row *before;
	char at[100];

	added();
	before = row_copy(&f->row);
	snprintf(at, sizeof(at), "%s/new", folder);
	row_set_text(&f->path, at);
	fifos_changed(
	    fifos, &(struct change){.kind = CHANGE_MODIFIED, .row = &f->row, .before = before}, 1);
	row_free(before);
	ck_assert_uint_eq(mode_of(path), 0);
	ck_assert_uint_eq(mode_of(at), S_IFIFO | 0600);
	fifos_write(fifos, NOTIFY_INSTANCE, "line");
	ck_assert_str_eq(content(at), "line\n");
	/* The same after a restart: what the process before this one made. */
	fifos_free(fifos, false);
	row_set_text(&f->path, path);
	fifos = fifos_new(&engine, loop);
	added();
	ck_assert_uint_eq(mode_of(at), 0);
	ck_assert_uint_eq(mode_of(path), S_IFIFO | 0600);
}
END_TEST

static void stop_when_it_is_there(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (access(arg, F_OK) == 0)
		event_base_loopbreak(engine.base);
}

static void until_there(const char *file)
{
	struct event *e =
	    event_new(engine.base, -1, EV_PERSIST, stop_when_it_is_there, (void *)(uintptr_t)file);
	struct timeval tv = {.tv_usec = 20000};

	event_add(e, &tv);
	event_base_dispatch(engine.base);
	event_free(e);
}

/* The program gets the path, is ended at the end, and is started again when it ends itself. */
START_TEST(test_program)
{
	struct notify_fifo *f = add(FIFO_ALL, path);
	char out[100], command[400];

	if (geteuid() != 0)
		return; /* of another user than root, a program cannot become one */
	snprintf(out, sizeof(out), "%s/out", folder);
	snprintf(command, sizeof(command),
	    "/bin/sh -c 'read line < $0; echo $line > %s.new; mv %s.new %s'", out, out, out);
	row_set_text(&f->command, command);
	added();
	ck_assert(fifos_busy(fifos));
	ck_assert_uint_eq(f->starts, 1);
	fifos_write(fifos, NOTIFY_INSTANCE, "first");
	until_there(out);
	unlink(out);
	fifos_write(fifos, NOTIFY_INSTANCE, "second");
	until_there(out);
	ck_assert_uint_eq(f->starts, 2);
	ck_assert_str_eq(f->last_result, "exit status 0");
	unlink(out);
}
END_TEST

START_TEST(test_bad_program)
{
	struct notify_fifo *f = add(FIFO_ALL, path);

	row_set_text(&f->command, "'/bin/cat");
	added();
	ck_assert_str_eq(f->last_result, "the command has no words, or an open quote");
	ck_assert(!fifos_busy(fifos));
	fifos_write(fifos, NOTIFY_INSTANCE, "line");
	ck_assert_uint_eq(f->lines, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_made, test_left, test_kinds, test_full, test_no_fifo,
	    test_moved, test_program, test_bad_program};
	Suite *s = suite_create("fifo");
	TCase *tc = tcase_create("fifo");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
