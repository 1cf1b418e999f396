/* SPDX-License-Identifier: BSD-2-Clause */
/* The datastore: what it keeps, and what it says when it cannot. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/director/datastore.h"
#include "core/director/history.h"
#include "tests/unit/unit.h"

static char dir[80];
static struct event_base *base;
static struct datastore *d;
static int jobs_done;
static char last_error[256];

static void open_store(void)
{
	base = event_base_new();
	d = datastore_open(base, dir);
}

static void close_store(void)
{
	datastore_close(d);
	event_base_free(base);
}

static void setup(void)
{
	unit_folder(dir);
	open_store();
}

static void teardown(void)
{
	char command[128];

	close_store();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void job_is_done(const char *error, void *arg)
{
	(void)arg;
	jobs_done++;
	snprintf(last_error, sizeof(last_error), "%s", error ? error : "");
}

static void run(struct job *j)
{
	int before = jobs_done;

	datastore_submit(d, j);
	while (jobs_done == before)
		event_base_loop(base, EVLOOP_ONCE);
}

static struct real_server *server(const char *address)
{
	struct real_server *rs = ROW_NEW(real_server);

	row_set_text(&rs->pool, "web farm");
	ck_assert(addr_parse(&rs->address, address));
	rs->port = 80;
	return rs;
}

static void override_weight(struct job *j, const struct real_server *rs, const char *value)
{
	char key[KEY_TEXT_SIZE];

	job_override(j, "real_server", row_key_format(&rs->row, key), "weight", value);
}

static void set_weight(const char *address, const char *value)
{
	struct real_server *rs = server(address);
	struct job *j = job_new(job_is_done, NULL);

	override_weight(j, rs, value);
	run(j);
	row_free(&rs->row);
}

START_TEST(test_keeps)
{
	struct override *list;
	size_t n;

	set_weight("10.0.0.1", "7");
	set_weight("10.0.0.2", "8");
	set_weight("10.0.0.1", "9");
	set_weight("10.0.0.2", NULL);
	ck_assert_str_eq(last_error, "");
	close_store();
	open_store();
	ck_assert(datastore_overrides(d, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].table, "real_server");
	ck_assert_str_eq(list[0].key, "\"web farm\" 10.0.0.1 80");
	ck_assert_str_eq(list[0].column, "weight");
	ck_assert_str_eq(list[0].value, "9");
	overrides_free(list, n);
}
END_TEST

static struct row *event_row(uint32_t sequence)
{
	struct event_log *e = ROW_NEW(event_log);

	e->sequence = sequence;
	e->time = 1234567890123456;
	e->kind = EVENT_REAL_SERVER_STATE;
	row_set_text(&e->subject, "web 10.0.0.1 80");
	row_set_text(&e->old_state, "up");
	row_set_text(&e->new_state, "down");
	row_set_text(&e->reason, "it's \"gone\"");
	return &e->row;
}

static uint32_t seen[8];
static size_t nseen;

static void got(struct row *r, void *arg)
{
	struct row *want = event_row(((struct event_log *)r)->sequence);

	(void)arg;
	ck_assert(!row_diff(r, want));
	seen[nseen++] = ((struct event_log *)r)->sequence;
	row_free(want);
	row_free(r);
}

START_TEST(test_events)
{
	struct job *j = job_new(job_is_done, NULL);

	for (uint32_t i = 1; i <= 6; i++) {
		struct row *r = event_row(i);

		job_event(j, r);
		row_free(r);
	}
	job_prune_events(j, 2);
	run(j);
	close_store();
	open_store();
	ck_assert(datastore_events(d, 3, got, NULL));
	ck_assert_uint_eq(nseen, 3);
	ck_assert_uint_eq(seen[0], 4);
	ck_assert_uint_eq(seen[2], 6);
	nseen = 0;
	ck_assert(datastore_events(d, 100, got, NULL));
	ck_assert_uint_eq(nseen, 5);
	ck_assert_uint_eq(seen[0], 2);
}
END_TEST

START_TEST(test_order)
{
	int before = jobs_done;
	struct override *list;
	size_t n;

	for (int i = 0; i < 50; i++) {
		struct real_server *rs = server("10.0.0.1");
		struct job *j = job_new(job_is_done, NULL);
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		override_weight(j, rs, value);
		datastore_submit(d, j);
		row_free(&rs->row);
	}
	while (jobs_done < before + 50)
		event_base_loop(base, EVLOOP_ONCE);
	close_store();
	open_store();
	ck_assert(datastore_overrides(d, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].value, "49");
	overrides_free(list, n);
}
END_TEST

START_TEST(test_state)
{
	struct real_server *rs = server("10.0.0.1");
	struct job *j = job_new(job_is_done, NULL);
	struct override *list;
	size_t n;

	job_state(j, &rs->row, &rs->row.table->columns[COL_real_server_state], "down");
	run(j);
	close_store();
	open_store();
	ck_assert(datastore_states(d, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].value, "down");
	overrides_free(list, n);
	j = job_new(job_is_done, NULL);
	job_state(j, &rs->row, NULL, NULL);
	run(j);
	ck_assert(datastore_states(d, &list, &n));
	ck_assert_uint_eq(n, 0);
	row_free(&rs->row);
}
END_TEST

static void damage(void)
{
	char path[128], junk[8192];
	int fd;

	memset(junk, 'x', sizeof(junk));
	snprintf(path, sizeof(path), "%s/directord.db", dir);
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, junk, sizeof(junk)), sizeof(junk));
	close(fd);
}

START_TEST(test_damaged)
{
	struct override *list;
	size_t n;

	set_weight("10.0.0.1", "7");
	close_store();
	damage();
	open_store();
	ck_assert_ptr_nonnull(datastore_trouble(d));
	ck_assert(!datastore_overrides(d, &list, &n));
	set_weight("10.0.0.1", "8");
	ck_assert_str_ne(last_error, "");
}
END_TEST

static void fill_disk(const char *path)
{
	char zeros[4096] = "";
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
}

/* A full disk: what was set is in effect all the same; when there is room again, all is well. */
START_TEST(test_full_disk)
{
	struct override *list;
	char path[128];
	size_t n;

	if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return; /* only who may mount can see it */
	close_store();
	ck_assert_int_eq(mount("none", dir, "tmpfs", 0, "size=256k"), 0);
	open_store();
	set_weight("10.0.0.1", "7");
	close_store();
	snprintf(path, sizeof(path), "%s/fill", dir);
	fill_disk(path);
	open_store();
	ck_assert_ptr_nonnull(datastore_trouble(d));
	ck_assert(datastore_overrides(d, &list, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].value, "7");
	overrides_free(list, n);
	set_weight("10.0.0.1", "8");
	ck_assert_str_ne(last_error, "");
	ck_assert_int_eq(unlink(path), 0);
	set_weight("10.0.0.1", "9");
	ck_assert_str_eq(last_error, "");
	ck_assert_ptr_null(datastore_trouble(d));
	close_store();
	ck_assert_int_eq(umount(dir), 0);
	open_store();
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	char buf[4096];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	ck_assert_int_ge(in, 0);
	ck_assert_int_ge(out, 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		ck_assert_int_eq(write(out, buf, (size_t)n), n);
	close(in);
	close(out);
}

/* A disk that cannot be written can be read: after a stop, and after a crash, which leaves a write-ahead log. */
START_TEST(test_read_only)
{
	static const char *const names[] = {"directord.db", "directord.db-wal"};
	struct override *list;
	char path[160], copy[160];
	size_t n;

	if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return; /* only who may mount can see it */
	set_weight("10.0.0.1", "7");
	for (int crash = 0; crash < 2; crash++) {
		for (int i = 0; crash && i < 2; i++) {
			snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
			snprintf(copy, sizeof(copy), "%s/copy%d", dir, i);
			copy_file(path, copy);
		}
		close_store();
		for (int i = 0; crash && i < 2; i++) {
			snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
			snprintf(copy, sizeof(copy), "%s/copy%d", dir, i);
			ck_assert_int_eq(rename(copy, path), 0);
		}
		ck_assert_int_eq(mount(dir, dir, NULL, MS_BIND, NULL), 0);
		ck_assert_int_eq(mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
		open_store();
		ck_assert_ptr_nonnull(datastore_trouble(d));
		ck_assert_msg(
		    datastore_overrides(d, &list, &n), "%d: %s", crash, datastore_trouble(d));
		ck_assert_uint_eq(n, 1);
		ck_assert_str_eq(list[0].value, crash ? "8" : "7");
		overrides_free(list, n);
		set_weight("10.0.0.1", "9");
		ck_assert_str_ne(last_error, "");
		close_store();
		ck_assert_int_eq(umount(dir), 0);
		open_store();
		ck_assert_ptr_null(datastore_trouble(d));
		set_weight("10.0.0.1", "8");
		ck_assert_str_eq(last_error, "");
	}
}
END_TEST

/* A file that nobody finds at the next start takes all that is written: that is no success. */
START_TEST(test_deleted)
{
	static const char *const names[] = {"directord.db", "directord.db-wal"};
	char path[160], aside[160];

	snprintf(aside, sizeof(aside), "%s/aside", dir);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		set_weight("10.0.0.1", "7");
		ck_assert_str_eq(last_error, "");
		ck_assert_int_eq(rename(path, aside), 0);
		set_weight("10.0.0.1", "8");
		ck_assert_msg(strstr(last_error, names[i]), "%s: %s", names[i], last_error);
		ck_assert_ptr_nonnull(datastore_trouble(d));
		ck_assert_int_eq(link(aside, path), 0);
		ck_assert_int_eq(unlink(aside), 0);
		set_weight("10.0.0.1", "9");
		ck_assert_str_eq(last_error, "");
		ck_assert_ptr_null(datastore_trouble(d));
	}
}
END_TEST

START_TEST(test_no_directory)
{
	struct datastore *other = datastore_open(base, "/nonexistent/dir");
	struct job *j = job_new(job_is_done, NULL);
	int before = jobs_done;

	ck_assert_ptr_nonnull(datastore_trouble(other));
	datastore_submit(other, j);
	while (jobs_done == before)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_str_ne(last_error, "");
	datastore_close(other);
}
END_TEST

/* Passwords are in it. */
START_TEST(test_private)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/directord.db", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	close_store();
	ck_assert_int_eq(chmod(path, 0644), 0); /* an earlier version's */
	open_store();
	set_weight("10.0.0.1", "7");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/directord.db-wal", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

static struct changeset *read_sets[4];
static size_t nread;

static void got_set(struct changeset *c, void *arg)
{
	(void)arg;
	ck_assert_uint_lt(nread, 4);
	read_sets[nread++] = c;
}

static void write_set(uint32_t generation, size_t lines, uint32_t prune)
{
	struct changeset *c = changeset_new(ORIGIN_SNMP);
	struct job *j = job_new(job_is_done, NULL);

	c->generation = generation;
	for (size_t i = 0; i < lines; i++)
		changeset_add(c, &(struct delta){.table = "real_server",
				     .key = "web 10.0.0.1 80",
				     .column = i ? "weight" : "forwarding",
				     .old_value = "1",
				     .new_value = "2",
				     .was_set = i > 0,
				     .is_set = true});
	job_history(j, c);
	job_number(j, "generation", generation);
	job_prune_history(j, prune);
	run(j);
	changeset_free(c);
}

/* Transactions come back whole, in order, and as they were. */
START_TEST(test_history)
{
	uint32_t generation = 0;

	ck_assert(!datastore_number(d, "generation", &generation));
	write_set(7, 1, 0);
	write_set(9, 2, 0);
	write_set(4294967295u, 2, 9);
	close_store();
	open_store();
	nread = 0;
	ck_assert(datastore_history(d, got_set, NULL));
	ck_assert_uint_eq(nread, 2);
	ck_assert_uint_eq(read_sets[0]->generation, 9);
	ck_assert_uint_eq(read_sets[1]->generation, 4294967295u);
	ck_assert_uint_eq(read_sets[0]->n, 2);
	ck_assert_str_eq(read_sets[0]->list[0].column, "forwarding");
	ck_assert_str_eq(read_sets[0]->list[1].column, "weight");
	ck_assert(!read_sets[0]->list[0].was_set && read_sets[0]->list[1].was_set);
	ck_assert(read_sets[0]->list[0].is_set);
	ck_assert_int_eq(read_sets[0]->origin, ORIGIN_SNMP);
	ck_assert(datastore_number(d, "generation", &generation) && generation == 4294967295u);
	for (size_t i = 0; i < nread; i++)
		changeset_free(read_sets[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("datastore");
	TCase *tc = tcase_create("datastore");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_keeps);
	tcase_add_test(tc, test_events);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_private);
	tcase_add_test(tc, test_history);
	tcase_add_test(tc, test_state);
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_full_disk);
	tcase_add_test(tc, test_deleted);
	tcase_add_test(tc, test_read_only);
	tcase_add_test(tc, test_no_directory);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
