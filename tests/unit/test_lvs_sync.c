/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The synchronization daemons, with a kernel of our own in the place of core/lvs/ipvs.c and a hub that
 * only listens: who should run, what is done for that, what is told, and what is left alone.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/lvs/sync.h"
#include "core/model/message.h"
#include "tests/unit/unit.h"

/* ------------------------------------------------------------- a kernel of our own */

static struct {
	struct ipvs_daemons daemons;
	int start_error; /* negative errno */
	bool unreached;
	char calls[200];
} fake;

static struct ipvs_daemon *fake_daemon(enum ipvs_sync_role role)
{
	return role == IPVS_SYNC_MASTER ? &fake.daemons.master : &fake.daemons.backup;
}

static void note_call(char what, enum ipvs_sync_role role)
{
	size_t n = strlen(fake.calls);

	snprintf(fake.calls + n, sizeof(fake.calls) - n, "%c%s ", what,
	    role == IPVS_SYNC_MASTER ? "master" : "backup");
}

int ipvs_get_daemons(struct ipvs *c, struct ipvs_daemons *d)
{
	(void)c;
	*d = fake.daemons;
	return fake.unreached ? -EIO : 0;
}

/* As the kernel: it chooses a length, and cuts one that is too short for the backup. */
int ipvs_start_daemon(struct ipvs *c, enum ipvs_sync_role role, const struct ipvs_daemon *d)
{
	struct ipvs_daemon *to = fake_daemon(role);

	(void)c;
	note_call('+', role);
	if (fake.start_error)
		return fake.start_error;
	if (to->running)
		return -EEXIST;
	*to = *d;
	to->running = true;
	if (!to->max_length)
		to->max_length = role == IPVS_SYNC_MASTER ? 1472 : 8972;
	else if (role == IPVS_SYNC_BACKUP && to->max_length < 1024)
		to->max_length = 1024;
	return 0;
}

int ipvs_stop_daemon(struct ipvs *c, enum ipvs_sync_role role)
{
	(void)c;
	note_call('-', role);
	if (!fake_daemon(role)->running)
		return -ESRCH;
	memset(fake_daemon(role), 0, sizeof(struct ipvs_daemon));
	return 0;
}

static const char *calls(void)
{
	static char text[200];

	strcpy(text, fake.calls);
	fake.calls[0] = '\0';
	return text;
}

/* ------------------------------------------------------------------------ the rows */

static struct ipvs *const connection = (struct ipvs *)&fake;
static struct engine *e;
static struct store *s;
static struct sync *sync_;
static struct vrrp_instance *instance;
static int hub;
static char dir[80];

static void ignore(struct engine *en, const struct change *c, size_t n, bool sync, void *arg)
{
	(void)en, (void)c, (void)n, (void)sync, (void)arg;
}

static const struct engine_program program = {
    .name = "lvs", .process = P_LVS, .ops = {.changed = ignore}};

static struct sync_daemon *row(enum sync_role role)
{
	struct sync_daemon *d = ROW_NEW(sync_daemon);
	struct row *there;

	d->role = role;
	there = store_insert(s, &d->row);
	if (there) {
		row_free(&d->row);
		return (struct sync_daemon *)there;
	}
	row_set_text(&d->interface, "lo"); /* one that is everywhere */
	row_set_text(&d->vrrp_instance, "V");
	return d;
}

static void remove_row(enum sync_role role)
{
	struct sync_daemon *d = row(role);

	store_remove(s, &d->row);
	row_free(&d->row);
}

static bool quiet(enum log_level level, const char *process, const char *line, void *arg)
{
	(void)level, (void)process, (void)line, (void)arg;
	return true;
}

static void setup(void)
{
	int fds[2];

	memset(&fake, 0, sizeof(fake));
	log_set_sink(quiet, NULL);
	unit_folder(dir);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	hub = fds[1];
	e = engine_open(&program, fds[0]);
	s = engine_store(e);
	instance = ROW_NEW(vrrp_instance);
	row_set_text(&instance->name, "V");
	instance->vrid = 51;
	store_insert(s, &instance->row);
	row(SYNC_MASTER);
	row(SYNC_BACKUP);
	sync_ = sync_new(e, dir);
}

static void teardown(void)
{
	char path[120];

	sync_free(sync_);
	engine_close(e);
	close(hub);
	snprintf(path, sizeof(path), "%s/sync_daemons", dir);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* Another process takes over, with the rows' states that the hub gives back. */
static void restart(void)
{
	sync_free(sync_);
	sync_ = sync_new(e, dir);
}

static size_t run(void)
{
	return sync_run(sync_, connection);
}

static void is(enum sync_role role, enum sync_state state, const char *reason)
{
	struct sync_daemon *d = row(role);

	ck_assert_msg(
	    d->state == state, "%s: %s", enum_word(&enumeration_sync_state, d->state), d->reason);
	ck_assert_str_eq(d->reason, reason);
}

/* The events that the hub got since the last call, as "key old>new ". */
static const char *events(void)
{
	static char text[300];
	char packet[CHANNEL_MAX], old[64], new[64], key[KEY_TEXT_SIZE];
	ssize_t n;

	text[0] = '\0';
	event_base_loop(engine_base(e), EVLOOP_NONBLOCK);
	while ((n = recv(hub, packet, sizeof(packet), 0)) > 0) {
		struct wire w = wire_reader(packet, (size_t)n);
		struct row *subject;
		size_t at = strlen(text);

		if (wire_get_h32(&w) != MSG_EVENT)
			continue;
		wire_get_h32(&w);
		ck_assert_uint_eq(wire_get_h32(&w), EVENT_SYNC_DAEMON_STATE);
		subject = message_get_key(&w);
		ck_assert_ptr_nonnull(subject);
		wire_get_str(&w, old, sizeof(old));
		wire_get_str(&w, new, sizeof(new));
		snprintf(text + at, sizeof(text) - at, "%s %s>%s ", row_key_format(subject, key),
		    old, new);
		row_free(subject);
	}
	return text;
}

/* ----------------------------------------------------------------------- decisions */

START_TEST(test_wanted)
{
	/* state of the instance; what runs (m, b); what is wanted */
	static const struct {
		enum vrrp_state state;
		bool m, b, want_m, want_b;
	} cases[] = {
	    {VRRP_MASTER, false, false, true, false},
	    {VRRP_MASTER, false, true, true, false},
	    {VRRP_BACKUP, true, false, false, true},
	    {VRRP_FAULT, true, false, false, true},
	    {VRRP_INITIALIZE, false, false, false, true},
	    {VRRP_INITIALIZE, true, false, true, false},
	    {VRRP_INITIALIZE, false, true, false, true},
	    {VRRP_INITIALIZE, true, true, true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ipvs_daemons have = {
		    .master.running = cases[i].m, .backup.running = cases[i].b};
		struct sync_want w;

		instance->state = cases[i].state;
		sync_wanted(s, row(SYNC_MASTER), &have, &w);
		ck_assert_msg(w.as.running == cases[i].want_m, "master, case %zu", i);
		sync_wanted(s, row(SYNC_BACKUP), &have, &w);
		ck_assert_msg(w.as.running == cases[i].want_b, "backup, case %zu", i);
	}
}
END_TEST

START_TEST(test_values)
{
	struct sync_daemon *d = row(SYNC_MASTER);
	struct ipvs_daemons have = {.master.running = false};
	struct sync_want w;
	char text[ADDR_STRLEN];

	sync_wanted(s, d, &have, &w);
	ck_assert_str_eq(w.as.interface, "lo");
	ck_assert_uint_eq(w.as.sync_id, 51);
	ck_assert_uint_eq(w.as.max_length, 0);
	ck_assert_str_eq(addr_format(&w.as.group, text), "224.0.0.81");
	ck_assert_uint_eq(w.as.port, 8848);
	ck_assert_uint_eq(w.as.ttl, 1);
	ck_assert_str_eq(w.reason, "VRRP instance V: initialize");
	d->sync_id = 0;
	sync_wanted(s, d, &have, &w);
	ck_assert_uint_eq(w.as.sync_id, 0);
	d->sync_id = -1;
	row_set_text(&d->vrrp_instance, "");
	ck_assert(addr_parse(&d->mcast_group, "ff02::81"));
	sync_wanted(s, d, &have, &w);
	ck_assert_uint_eq(w.as.sync_id, 0);
	ck_assert(w.as.running);
	ck_assert_str_eq(addr_format(&w.as.group, text), "ff02::81");
	ck_assert_str_eq(w.reason, "always runs, by the configuration");
}
END_TEST

START_TEST(test_step)
{
	struct ipvs_daemon want = {true, "lo", 5, 0, {ADDR_IPV4, {224, 0, 0, 81}}, 8848, 1};
	struct ipvs_daemon have = want, none = {.running = false}, asked = want;

	have.max_length = 1472;
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_MASTER, &none, &none, NULL), STEP_NONE);
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_MASTER, &none, &have, NULL), STEP_STOP);
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_MASTER, &want, &none, NULL), STEP_START);
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_MASTER, &want, &have, NULL), STEP_NONE);
	/* the kernel's choice of the backup's length depends on the interface */
	have.max_length = 8972;
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_BACKUP, &want, &have, NULL), STEP_NONE);
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_MASTER, &want, &have, NULL), STEP_RESTART);
	/* but not if another length was asked for before */
	asked.max_length = 8972;
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_BACKUP, &want, &have, &asked), STEP_RESTART);
	/* lengths that the kernel cuts */
	want.max_length = asked.max_length = 100;
	have.max_length = 1024;
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_BACKUP, &want, &have, &asked), STEP_NONE);
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_MASTER, &want, &have, &asked), STEP_RESTART);
	want.max_length = asked.max_length = have.max_length = 65507;
	ck_assert_int_eq(sync_next_step(IPVS_SYNC_MASTER, &want, &have, &asked), STEP_NONE);
	/* each other value counts */
	for (int i = 0; i < 5; i++) {
		struct ipvs_daemon other = have;

		switch (i) {
		case 0:
			strcpy(other.interface, "lan");
			break;
		case 1:
			other.sync_id++;
			break;
		case 2:
			other.group.bytes[3]++;
			break;
		case 3:
			other.port++;
			break;
		default:
			other.ttl++;
		}
		ck_assert_msg(sync_next_step(IPVS_SYNC_MASTER, &want, &other, NULL) == STEP_RESTART,
		    "value %d", i);
	}
}
END_TEST

/* ---------------------------------------------------------------------------- work */

START_TEST(test_failover)
{
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "+backup ");
	is(SYNC_BACKUP, SYNC_RUNNING, "VRRP instance V: initialize");
	is(SYNC_MASTER, SYNC_STOPPED, "VRRP instance V: initialize");
	ck_assert_int_eq(row(SYNC_BACKUP)->running_id, 51);
	ck_assert_str_eq(events(), "backup stopped>running ");
	instance->state = VRRP_BACKUP;
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "");
	is(SYNC_BACKUP, SYNC_RUNNING, "VRRP instance V: backup");
	ck_assert_str_eq(events(), "");
	/* the new one is started before the old one is stopped */
	instance->state = VRRP_MASTER;
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "+master -backup ");
	ck_assert_str_eq(events(), "master stopped>running backup running>stopped ");
	ck_assert_uint_eq(row(SYNC_BACKUP)->transitions, 2);
	ck_assert_int_eq(row(SYNC_BACKUP)->running_id, -1);
	instance->state = VRRP_FAULT;
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "+backup -master ");
}
END_TEST

START_TEST(test_adoption)
{
	instance->state = VRRP_MASTER;
	run();
	calls();
	events();
	restart();
	instance->state = VRRP_INITIALIZE; /* vrrp is started again too */
	ck_assert_uint_eq(run(), 0);
	instance->state = VRRP_MASTER;
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "");
	ck_assert_str_eq(events(), "");
	is(SYNC_MASTER, SYNC_RUNNING, "VRRP instance V: master");
	/* it was configured away while nobody was here */
	restart();
	remove_row(SYNC_MASTER);
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "-master ");
}
END_TEST

START_TEST(test_drift)
{
	instance->state = VRRP_MASTER;
	run();
	calls();
	events();
	memset(&fake.daemons, 0, sizeof(fake.daemons));
	ck_assert_uint_eq(run(), 1);
	ck_assert_str_eq(calls(), "+master ");
	ck_assert_str_eq(events(), "");
	fake.daemons.backup = fake.daemons.master;
	fake.daemons.master.port = 9;
	ck_assert_uint_eq(run(), 2);
	ck_assert_str_eq(calls(), "-master +master -backup ");
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "");
}
END_TEST

START_TEST(test_failure)
{
	fake.start_error = -ENODEV;
	run();
	is(SYNC_BACKUP, SYNC_FAILED, "there is no interface lo");
	is(SYNC_MASTER, SYNC_STOPPED, "VRRP instance V: initialize");
	ck_assert_str_eq(events(), "backup stopped>failed ");
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "+backup +backup ");
	ck_assert_str_eq(events(), "");
	fake.start_error = -EINVAL;
	run();
	ck_assert_ptr_nonnull(strstr(row(SYNC_BACKUP)->reason, "another family"));
	fake.start_error = 0;
	ck_assert_uint_eq(run(), 0);
	is(SYNC_BACKUP, SYNC_RUNNING, "VRRP instance V: initialize");
	ck_assert_str_eq(events(), "backup failed>running ");
	fake.unreached = true;
	ck_assert_uint_eq(run(), 0);
	is(SYNC_BACKUP, SYNC_FAILED, "the kernel's IPVS cannot be reached");
	ck_assert_uint_eq(sync_run(sync_, NULL), 0);
	fake.unreached = false;
	calls();
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "");
	is(SYNC_BACKUP, SYNC_RUNNING, "VRRP instance V: initialize");
}
END_TEST

START_TEST(test_interface_gone)
{
	/* the kernel goes on with an interface that is not there any more */
	row_set_text(&row(SYNC_BACKUP)->interface, "nosuch0");
	run();
	calls();
	fake.start_error = -ENODEV;
	run();
	ck_assert_str_eq(calls(), "-backup +backup ");
	is(SYNC_BACKUP, SYNC_FAILED, "there is no interface nosuch0");
}
END_TEST

START_TEST(test_new_values)
{
	row(SYNC_BACKUP)->max_length = 2000;
	run();
	calls();
	row(SYNC_BACKUP)->max_length = 0;
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "-backup +backup ");
	row(SYNC_BACKUP)->sync_id = 9;
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "-backup +backup ");
	ck_assert_int_eq(row(SYNC_BACKUP)->running_id, 9);
	ck_assert_uint_eq(run(), 0);
	ck_assert_str_eq(calls(), "");
}
END_TEST

START_TEST(test_both)
{
	row_set_text(&row(SYNC_MASTER)->vrrp_instance, "");
	row_set_text(&row(SYNC_BACKUP)->vrrp_instance, "");
	run();
	ck_assert_str_eq(calls(), "+master +backup ");
	is(SYNC_MASTER, SYNC_RUNNING, "always runs, by the configuration");
	is(SYNC_BACKUP, SYNC_RUNNING, "always runs, by the configuration");
}
END_TEST

START_TEST(test_foreign)
{
	remove_row(SYNC_MASTER);
	fake.daemons.master = (struct ipvs_daemon){.running = true, .interface = "lan"};
	run();
	ck_assert_str_eq(calls(), ""); /* the backup neither: nobody knows yet what V is */
	instance->state = VRRP_BACKUP;
	run();
	ck_assert_str_eq(calls(), "+backup ");
	remove_row(SYNC_BACKUP);
	run();
	ck_assert_str_eq(calls(), "-backup ");
	sync_withdraw(sync_, connection);
	ck_assert_str_eq(calls(), "");
	ck_assert(fake.daemons.master.running);
}
END_TEST

START_TEST(test_withdraw)
{
	instance->state = VRRP_MASTER;
	run();
	calls();
	events();
	sync_withdraw(sync_, connection);
	ck_assert_str_eq(calls(), "-master ");
	is(SYNC_MASTER, SYNC_STOPPED, "directord stops");
	ck_assert_str_eq(events(), "master running>stopped ");
	/* and what runs later is not ours */
	restart();
	remove_row(SYNC_MASTER);
	fake.daemons.master.running = true;
	instance->state = VRRP_BACKUP;
	run();
	ck_assert_str_eq(calls(), "+backup ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lvs_sync");
	TCase *tc = tcase_create("sync");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_wanted);
	tcase_add_test(tc, test_values);
	tcase_add_test(tc, test_step);
	tcase_add_test(tc, test_failover);
	tcase_add_test(tc, test_adoption);
	tcase_add_test(tc, test_drift);
	tcase_add_test(tc, test_failure);
	tcase_add_test(tc, test_interface_gone);
	tcase_add_test(tc, test_new_values);
	tcase_add_test(tc, test_both);
	tcase_add_test(tc, test_foreign);
	tcase_add_test(tc, test_withdraw);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
