/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * agent-rig DIR SOCKET SERVERS: the agent on rows of its own, without a hub, under the AgentX master at SOCKET.
 * agent-rig DIR FILE SERVERS LISTEN: the agent as the SNMP engine, with the configuration FILE.
 *
 * It has a pool with so many real servers and a row or more in each other table.  Transactions are done
 * on these rows; a weight of 666 is refused as inconsistent, 667 when it is committed.  Commands on
 * standard input, one a line; each is answered with a line on standard output:
 *	event KIND SUBJECT|OLD|NEW|REASON	a row of the event log
 *	servers N	so many real servers
 *	calls		how many requests the hub got: prepare commit undo release
 *	set TABLE COLUMN VALUE KEY	a value of a row
 *	socket PATH	the master agent is elsewhere
 *	lost		how many informs were given up
 *	state		what keeps managers away
 *	sleep MS	the event loop stands still
 * It ends at the end of its input, and when the agent wants another process, with exit status 75.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/agent.h"
#include "core/base/listen.h"
#include "core/base/log.h"

struct rig {
	struct event_base *base;
	struct store *store;
	struct agent *agent;
	struct row *prepared[64];
	column_mask masks[64];
	struct row *before[64];
	size_t n;
	unsigned calls[6];
	uint32_t sequence;
	char line[1024];
	size_t used;
	int status;
};

static void forget(struct rig *r)
{
	for (size_t i = 0; i < r->n; i++) {
		row_free(r->prepared[i]);
		row_free(r->before[i]);
	}
	r->n = 0;
}

static bool refuse(
    struct refusal *why, enum refusal_kind kind, const struct row *row, const char *reason)
{
	memset(why, 0, sizeof(*why));
	why->kind = kind;
	why->column = -1;
	if (row) {
		why->table = row->table;
		why->column = COL_real_server_weight;
		row_format(row, why->row);
	}
	snprintf(why->reason, sizeof(why->reason), "%s", reason);
	return false;
}

static bool prepare(struct rig *r, const struct edit *edits, size_t n, struct refusal *why)
{
	forget(r);
	for (size_t i = 0; i < n && i < 64; i++) {
		const struct row *e = edits[i].row;

		if (e->table->id == TABLE_real_server &&
		    ((const struct real_server *)e)->weight == 666)
			return refuse(why, REFUSAL_INCONSISTENT, e, "nobody weighs 666");
		if (!store_find(r->store, e))
			return refuse(why, REFUSAL_NAME, e, "there is no such row");
		r->prepared[i] = row_copy(e);
		r->before[i] = row_copy(store_find(r->store, e));
		r->masks[i] = edits[i].mask;
		r->n = i + 1;
	}
	return true;
}

static bool commit(struct rig *r, struct row **rows, struct refusal *why)
{
	for (size_t i = 0; i < r->n; i++)
		if (rows == r->prepared && rows[i]->table->id == TABLE_real_server &&
		    ((const struct real_server *)rows[i])->weight == 667)
			return refuse(why, REFUSAL_STORE, rows[i], "the disk is full");
	for (size_t i = 0; i < r->n; i++) {
		struct row *there = store_find(r->store, rows[i]);

		if (there)
			row_copy_columns(there, rows[i], r->masks[i]);
	}
	return true;
}

static bool call(
    void *arg, enum request_kind kind, const struct edit *edits, size_t n, struct refusal *why)
{
	struct rig *r = arg;

	r->calls[kind]++;
	switch (kind) {
	case REQUEST_PREPARE:
		return prepare(r, edits, n, why);
	case REQUEST_COMMIT:
		return commit(r, r->prepared, why);
	case REQUEST_UNDO:
		return commit(r, r->before, why);
	case REQUEST_RELEASE:
		forget(r);
		return true;
	case REQUEST_RELOAD:
		break;
	}
	return refuse(why, REFUSAL_BUSY, NULL, "not here");
}

static void put(struct rig *r, struct row *row)
{
	row->origin = STORAGE_PERMANENT;
	if (store_insert(r->store, row))
		row_free(row);
}

/* A row with this key, in words. */
static void add(struct rig *r, enum table_id t, const char *key)
{
	struct row *row = row_new(&tables[t]);
	char why[WHY_SIZE];

	if (!row_key_parse(row, key, why)) {
		fprintf(stderr, "agent-rig: %s: %s\n", key, why);
		exit(2);
	}
	put(r, row);
}

static void set_servers(struct rig *r, unsigned long n)
{
	char key[64];

	while (store_count(r->store, TABLE_real_server)) {
		struct row *row = store_first(r->store, TABLE_real_server);

		store_remove(r->store, row);
		row_free(row);
	}
	for (unsigned long i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "web 10.%lu.%lu.%lu 80", i >> 16 & 255, i >> 8 & 255,
		    i & 255);
		add(r, TABLE_real_server, key);
	}
}

static void fill(struct rig *r)
{
	struct system *s = store_system(r->store);

	row_set_text(&s->version, "rig");
	s->started = clock_now();
	add(r, TABLE_process, "agent");
	add(r, TABLE_pool, "web");
	add(r, TABLE_virtual_server, "www");
	add(r, TABLE_virtual_server, "\"two words\"");
	add(r, TABLE_virtual_service, "www tcp 192.0.2.1 80");
	add(r, TABLE_virtual_service, "www udp 2001:db8::1 53");
	add(r, TABLE_destination, "www tcp 192.0.2.1 80 10.0.0.1 80");
	add(r, TABLE_check, "web tcp");
	add(r, TABLE_check_result, "web 10.0.0.1 80 tcp");
	add(r, TABLE_vrrp_instance, "VI_1");
	add(r, TABLE_vrrp_statistics, "VI_1");
	add(r, TABLE_vrrp_address, "VI_1 192.0.2.1");
	add(r, TABLE_vrrp_peer, "VI_1 192.0.2.3");
	add(r, TABLE_vrrp_neighbour, "VI_1 192.0.2.3");
	add(r, TABLE_vrrp_track, "VI_1 interface eth1");
	add(r, TABLE_vrrp_transition, "VI_1 1");
	add(r, TABLE_vrrp_route, "VI_1 198.51.100.0 24 254 0 0");
	add(r, TABLE_vrrp_rule, "VI_1 inet 100 1");
	add(r, TABLE_static_address, "eth0 192.0.2.9");
	add(r, TABLE_vrrp_interface, "eth0");
	add(r, TABLE_sync_group, "VG_1");
	add(r, TABLE_script, "chk");
	add(r, TABLE_track_file, "load");
	add(r, TABLE_track_process, "haproxy");
	add(r, TABLE_sync_group_track, "VG_1 interface eth1");
	add(r, TABLE_sync_daemon, "master");
	add(r, TABLE_notify_script, "instance VI_1 0.0.0.0 0 any");
	add(r, TABLE_notify_fifo, "vrrp");
	add(r, TABLE_notice, "1");
	store_notifications(r->store);
}

/* "3 www|up|down|no server" */
static void add_event(struct rig *r, char *text)
{
	struct event_log *e = ROW_NEW(event_log);
	char *at;

	e->sequence = ++r->sequence;
	e->time = clock_wall();
	e->kind = (enum event_kind)strtol(text, &at, 10);
	at += *at == ' ';
	row_set_text(&e->subject, strsep(&at, "|"));
	row_set_text(&e->old_state, at ? strsep(&at, "|") : "");
	row_set_text(&e->new_state, at ? strsep(&at, "|") : "");
	row_set_text(&e->reason, at ? at : "");
	put(r, &e->row);
	agent_changed(r->agent);
}

/* "real_server weight 7 web 10.0.0.1 80" */
static const char *set_value(struct rig *r, char *text)
{
	const struct table *t = table_find(strsep(&text, " "));
	const struct column *c = t && text ? table_column(t, strsep(&text, " ")) : NULL;
	const char *value = text ? strsep(&text, " ") : NULL;
	static char why[WHY_SIZE];
	struct row *key, *row;

	if (!c || !value)
		return "what?";
	key = row_new(t);
	row = row_key_parse(key, text ? text : "", why) ? store_find(r->store, key) : NULL;
	row_free(key);
	if (!row)
		return "no such row";
	return column_parse(row, c, value, why) ? "set" : why;
}

static void command(struct rig *r, char *line)
{
	if (strncmp(line, "event ", 6) == 0) {
		add_event(r, line + 6);
		printf("event %u\n", r->sequence);
	} else if (strncmp(line, "servers ", 8) == 0) {
		set_servers(r, strtoul(line + 8, NULL, 10));
		printf("servers %zu\n", store_count(r->store, TABLE_real_server));
	} else if (strcmp(line, "calls") == 0) {
		printf("calls %u %u %u %u\n", r->calls[REQUEST_PREPARE], r->calls[REQUEST_COMMIT],
		    r->calls[REQUEST_UNDO], r->calls[REQUEST_RELEASE]);
	} else if (strncmp(line, "set ", 4) == 0) {
		puts(set_value(r, line + 4));
	} else if (strncmp(line, "socket ", 7) == 0) {
		row_set_text(&store_system(r->store)->agentx_socket, line + 7);
		agent_changed(r->agent);
		puts("socket");
	} else if (strcmp(line, "lost") == 0) {
		printf("lost %" PRIu64 "\n", store_system(r->store)->informs_lost);
	} else if (strcmp(line, "state") == 0) {
		printf("state %s\n", store_system(r->store)->snmp_state);
	} else if (strncmp(line, "sleep ", 6) == 0) {
		usleep((useconds_t)strtoul(line + 6, NULL, 10) * 1000);
		puts("slept");
	} else {
		puts("what?");
	}
	fflush(stdout);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct rig *r = arg;
	ssize_t n = read(fd, r->line + r->used, sizeof(r->line) - 1 - r->used);
	char *end;

	(void)what;
	if (n <= 0) {
		event_base_loopbreak(r->base);
		return;
	}
	r->used += (size_t)n;
	r->line[r->used] = '\0';
	while ((end = strchr(r->line, '\n'))) {
		*end = '\0';
		command(r, r->line);
		r->used -= (size_t)(end + 1 - r->line);
		memmove(r->line, end + 1, r->used + 1);
	}
}

static void report(struct row *row, column_mask columns, void *arg)
{
	(void)row;
	(void)columns;
	(void)arg;
}

static void again(void *arg)
{
	struct rig *r = arg;

	r->status = 75;
	event_base_loopexit(r->base, NULL);
}

/* As the hub does it. */
static int pass_sockets(const char *spec)
{
	struct listen_address list[LISTEN_MAX];
	struct listen_message m = {.kind = LISTEN_SOCKET};
	char why[LISTEN_WHY_SIZE];
	int n = listen_parse(spec, list, why), fds[2];

	if (n < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
		fprintf(stderr, "agent-rig: %s: %s\n", spec, n < 0 ? why : strerror(errno));
		exit(2);
	}
	for (int i = 0; i < n; i++) {
		snprintf(m.text, sizeof(m.text), "%.*s", LISTEN_TEXT_SIZE, list[i].text);
		m.fd = listen_open(&list[i]);
		if (m.fd < 0 || !listen_send(fds[0], &m)) {
			fprintf(stderr, "agent-rig: %s: %s\n", list[i].text, strerror(errno));
			exit(2);
		}
		close(m.fd);
	}
	return fds[1];
}

static void begin(struct rig *r, const struct set_hub *hub, char **argv)
{
	struct system *s = store_system(r->store);
	struct agent_settings settings = {.base = r->base,
	    .store = r->store,
	    .hub = hub,
	    .dir = argv[1],
	    .run_dir = argv[1],
	    .passing = -1,
	    .report = report,
	    .again = again,
	    .arg = r};

	if (argv[4]) {
		s->snmp_mode = SNMP_MODE_STANDALONE;
		row_set_text(&s->snmp_config_file, argv[2]);
		row_set_text(&s->snmp_listen, argv[4]);
		settings.passing = pass_sockets(argv[4]);
	} else {
		row_set_text(&s->agentx_socket, argv[2]);
	}
	r->agent = agent_new(&settings);
	agent_changed(r->agent);
}

int main(int argc, char **argv)
{
	struct rig r = {0};
	struct set_hub hub = {.call = call, .arg = &r};
	struct event *input;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: agent-rig DIR SOCKET SERVERS\n"
				"       agent-rig DIR FILE SERVERS LISTEN\n");
		return 2;
	}
	log_init("agent-rig", getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	r.base = event_base_new();
	r.store = store_new();
	fill(&r);
	set_servers(&r, strtoul(argv[3], NULL, 10));
	begin(&r, &hub, argv);
	input = event_new(r.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &r);
	event_add(input, NULL);
	event_base_dispatch(r.base);
	event_free(input);
	agent_free(r.agent);
	forget(&r);
	store_free(r.store);
	event_base_free(r.base);
	return r.status;
}
