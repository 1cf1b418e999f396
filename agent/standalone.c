/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entity (entity.h) that is the agent itself: net-snmp's library as an SNMP engine (RFC 3411) with
 * communities, USM and VACM, and of its MIB modules only those about the engine.
 *
 * One file, in the syntax of snmpd.conf, says who may do what and who is notified.  It is read at the start
 * only: the library cannot forget all that it has read.  When the file has changed, and the
 * administrator says so (a reload), this process ends and another one begins.  Bad lines are named in the log
 * and in the state; the others count.  Without the file, or with nothing in it, nobody has access.
 *
 * The library's persistent file, in the folder that this process may write, has snmpEngineBoots, and what was
 * SET of the system group.  The users are the file's alone and are not kept.
 *
 * The engine's sockets are bound by the hub (core/base/listen.h).
 */
#include "agent/netsnmp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent/entity.h"
#include "agent/sinks.h"
#include "agent/snmp.h"
#include "core/base/listen.h"
#include "core/base/log.h"

#include <net-snmp/agent/mib_modules.h>
#include <net-snmp/agent/agent_sysORTable.h>

#define FAULT_SIZE 400
#define FAULTS 8	/* whose repetition is noticed: the library reads a file twice */
#define LOOK_INTERVAL 2 /* seconds, for a file that is not there yet */

/* Whether a file is the same as it was. */
struct file_stamp {
	uint64_t inode, size, sec, nsec; /* all 0: it cannot be read */
};

struct entity {
	const struct entity_ops *ops;
	void *arg;
	char dir[PATH_MAX];
	char file[256];
	char listen[256]; /* as it is configured */
	bool configured;
	struct file_stamp stamp; /* of the file that was read */
	bool reading;
	char fault[FAULTS][FAULT_SIZE]; /* the file's first */
	unsigned faults;
	struct { /* addresses that could not be bound */
		char text[LISTEN_TEXT_SIZE + LISTEN_WHY_SIZE];
	} unbound[LISTEN_MAX];
	size_t nunbound;
	usec_t director_started;
	struct sinks *sinks;
	struct event *passing, *look;
	bool up, sending, announcing; /* announcing: coldStart or warmStart */
};

/* The library's callbacks while it reads have no argument. */
static struct entity *the_entity;

static struct file_stamp stamp_of(const char *path)
{
	struct stat st;

	if (access(path, R_OK) != 0 || stat(path, &st) != 0)
		return (struct file_stamp){0};
	return (struct file_stamp){(uint64_t)st.st_ino, (uint64_t)st.st_size,
	    (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool is_readable(const struct file_stamp *s)
{
	return s->inode != 0;
}

/* ---- The state, for people */

static void tell_state(const struct entity *e)
{
	char text[2 * FAULT_SIZE];

	if (e->faults > 1)
		snprintf(
		    text, sizeof(text), "%s (and %u more, in the log)", e->fault[0], e->faults - 1);
	else if (e->faults)
		snprintf(text, sizeof(text), "%s", e->fault[0]);
	else if (e->nunbound)
		snprintf(text, sizeof(text), "cannot listen on %s", e->unbound[0].text);
	else
		snprintf(text, sizeof(text), "ok");
	e->ops->state(text, e->arg);
}

static void add_fault(struct entity *e, const char *text, int len)
{
	for (unsigned i = 0; i < e->faults && i < FAULTS; i++)
		if (strncmp(e->fault[i], text, (size_t)len) == 0 && !e->fault[i][len])
			return;
	log_error("SNMP: %.*s", len, text);
	if (e->faults < FAULTS)
		snprintf(e->fault[e->faults], FAULT_SIZE, "%.*s", len, text);
	e->faults++;
}

/* What the library says while it reads is about the file: "FILE: line 3: Warning: Unknown token: foo." */
static bool take_log(int priority, const char *text, int len)
{
	static const char no_access[] = "Warning: no access control information configured";
	struct entity *e = the_entity;
	char line[FAULT_SIZE];

	if (!e || !e->reading || priority > LOG_WARNING)
		return false;
	if (memmem(text, (size_t)len, ": line ", strlen(": line "))) {
		len = snprintf(
		    line, sizeof(line), "%.*s", len < FAULT_SIZE ? len : FAULT_SIZE - 1, text);
		add_fault(e, line, len);
	} else if (strncmp(text, no_access, strlen(no_access)) != 0) {
		log_warning("SNMP: %.*s", len, text); /* more about the line that comes next */
	} else if (is_readable(&e->stamp)) {
		len = snprintf(line, sizeof(line), "%s gives nobody access", e->file);
		add_fault(e, line, len);
	}
	return true;
}

/* ---- The library as an engine */

/* Lines of an snmpd.conf that have their meaning in snmpd only. */
static const struct {
	const char *token, *why;
} not_here[] = {
    {"agentaddress", "snmp_listen in directord's configuration says where to listen"},
    {"agentuser", "the agent has its own user"},
    {"agentgroup", "the agent has its own user"},
    {"master", "there are no subagents"},
    {"agentxsocket", "there are no subagents"},
    {"agentxperms", "there are no subagents"},
    {"agentxtimeout", "there are no subagents"},
    {"agentxretries", "there are no subagents"},
    {"perl", "no programs are run"},
};

static void refuse_token(const char *token, char *rest)
{
	(void)rest;
	for (size_t i = 0; i < sizeof(not_here) / sizeof(not_here[0]); i++)
		if (strcasecmp(token, not_here[i].token) == 0)
			netsnmp_config_error("%s has no effect here: %s", token, not_here[i].why);
}

static void set_up_library(void)
{
	const struct entity *e = the_entity;

	/* A file that is not there would be an error of the library's, in its words. */
	if (is_readable(&e->stamp))
		netsnmp_ds_set_string(
		    NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_OPTIONALCONFIG, e->file);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_DISABLE_PERL, 1);
	/* One line a request. */
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_DONT_LOG_TCPWRAPPERS_CONNECTS, 1);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 0 /* MASTER_AGENT */);
}

/* The library would write users that were made by createUser to its file, and read them before ours. */
static void keep_no_users(void)
{
	for (struct usmUser *u = usm_get_userList(); u; u = u->next)
		u->userStorageType = SNMP_STORAGE_VOLATILE;
}

static void to_disk(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		log_warning("%s: %s; a power failure may undo what was set", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* The library makes its file anew each time, but does not see to it that it reaches the disk. */
static void stored_to_disk(void)
{
	char file[PATH_MAX + 16];

	snprintf(file, sizeof(file), "%s/snmpd.conf", get_persistent_directory());
	to_disk(file);
	to_disk(get_persistent_directory());
}

/* Stores what was SET before the answer says so: the library's own loop would do it after that. */
static int stored_first(netsnmp_mib_handler *handler, netsnmp_handler_registration *reg,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	int rc = netsnmp_call_next_handler(handler, reg, info, requests);

	if (info->mode == MODE_SET_COMMIT) {
		snmp_store_if_needed();
		stored_to_disk();
	}
	return rc;
}

/* The library's objects that a SET changes for good: sysContact, sysName, sysLocation, snmpEnableAuthenTraps. */
static void keep_what_is_set(void)
{
	static const oid kept[][9] = {{1, 3, 6, 1, 2, 1, 1, 4, 0}, {1, 3, 6, 1, 2, 1, 1, 5, 0},
	    {1, 3, 6, 1, 2, 1, 1, 6, 0}, {1, 3, 6, 1, 2, 1, 11, 30, 0}};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		netsnmp_subtree *tree =
		    netsnmp_subtree_find(kept[i], OID_LENGTH(kept[i]), NULL, "");

		if (!tree || !tree->reginfo ||
		    netsnmp_inject_handler(tree->reginfo,
			netsnmp_create_handler("stored_first", stored_first)) != SNMPERR_SUCCESS)
			log_error(
			    "SNMP: what is SET of the system group is stored after the answer");
	}
}

static void start_library(void)
{
	/* The engine and the system that it is in; nothing about the host, and nothing that runs programs. */
	char modules[] =
	    "system_mib,sysORTable,snmp_mib,setSerialNo,snmpEngine,snmpMPDStats,usmStats";
	struct entity *e = the_entity;

	init_agent("snmpd");
	add_to_init_list(modules);
	init_mib_modules();
	for (size_t i = 0; i < sizeof(not_here) / sizeof(not_here[0]); i++)
		snmpd_register_config_handler(not_here[i].token, refuse_token, NULL, NULL);
	e->reading = true;
	init_snmp("snmpd");
	e->reading = false;
	sinks_begin(e->sinks);
	keep_no_users();
	snmp_store("snmpd"); /* snmpEngineBoots, before anybody sees it */
	stored_to_disk();
	keep_what_is_set();
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS, "none");
	init_master_agent();
}

/* sysORTable: what this agent serves beside the library's modules. */
static void register_resources(void)
{
	static const struct {
		arc module;
		const char *text;
	} modules[] = {
	    {MODULE_SYSTEM, "DIRECTOR-MIB: the director, its processes and its events"},
	    {MODULE_LVS, "DIRECTOR-LVS-MIB: server pools, virtual servers and checks"},
	    {MODULE_VRRP, "DIRECTOR-VRRP-MIB: VRRP instances"},
	};
	oid name[OID_MAX];
	size_t n = object_root(name);

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		name[n] = modules[i].module;
		register_sysORTable(name, n + 1, modules[i].text);
	}
}

/* ---- Sockets */

/*
 * The library opens its transports itself.  It opens one here at a port of no importance, and the socket
 * behind it becomes the one that was passed.
 */
static bool adopt(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	netsnmp_transport *t;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return false;
	t = netsnmp_transport_open_server(
	    "snmp", ss.ss_family == AF_INET6 ? "udp6:[::]:0" : "udp:0.0.0.0:0");
	if (!t)
		return false;
	if (dup3(fd, t->sock, O_CLOEXEC) < 0) {
		t->f_close(t);
		netsnmp_transport_free(t);
		return false;
	}
	return netsnmp_register_agent_nsap(t) >= 0;
}

/* What was said of an address before: its text ends with the first blank. */
static void forget_unbound(struct entity *e, const char *text)
{
	size_t kept = 0, len = strcspn(text, " ");

	for (size_t i = 0; i < e->nunbound; i++)
		if (strncmp(e->unbound[i].text, text, len) != 0 || e->unbound[i].text[len] != ' ')
			e->unbound[kept++] = e->unbound[i];
	e->nunbound = kept;
}

static void listen_on(struct entity *e, const struct listen_message *m)
{
	forget_unbound(e, m->text);
	if (adopt(m->fd))
		log_debug("requests are taken at %s", m->text);
	else
		log_error("SNMP: cannot use the socket for %s", m->text);
	snmplib_watch();
}

static void not_bound(struct entity *e, const struct listen_message *m)
{
	forget_unbound(e, m->text);
	if (e->nunbound < LISTEN_MAX)
		memcpy(e->unbound[e->nunbound++].text, m->text, sizeof(m->text));
}

static void look_at_file(struct entity *e)
{
	struct file_stamp now = stamp_of(e->file);

	if (same_stamp(&now, &e->stamp))
		return;
	log_info("SNMP: %s has changed; the agent is started anew", e->file);
	e->ops->again(e->arg);
}

static void on_passed(evutil_socket_t fd, short what, void *arg)
{
	struct entity *e = arg;
	struct listen_message m;

	(void)what;
	while (listen_receive(fd, &m)) {
		switch (m.kind) {
		case LISTEN_SOCKET:
			listen_on(e, &m);
			break;
		case LISTEN_FAILED:
			not_bound(e, &m);
			break;
		case LISTEN_RELOAD:
			look_at_file(e);
			break;
		}
		if (m.fd >= 0)
			close(m.fd);
	}
	if (errno == 0) /* the hub has other sockets for the next agent */
		event_del(e->passing);
	tell_state(e);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct entity *e = arg;

	(void)fd;
	(void)what;
	if (!is_readable(&e->stamp))
		look_at_file(e);
}

/* ---- Notifications */

static netsnmp_pdu *new_notification(void)
{
	static const oid uptime[] = {1, 3, 6, 1, 2, 1, 1, 3, 0}; /* sysUpTime.0 */
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_TRAP2);
	u_long now = netsnmp_get_agent_uptime();

	if (!pdu)
		abort();
	snmp_pdu_add_variable(pdu, uptime, OID_LENGTH(uptime), ASN_TIMETICKS, &now, sizeof(now));
	return pdu;
}

/* A start that is remembered: of which directord, and with which file. */
static void start_text(const struct entity *e, char text[200])
{
	const struct file_stamp *s = &e->stamp;

	snprintf(text, 200, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 ".%09" PRIu64 "\n",
	    e->director_started, s->inode, s->size, s->sec, s->nsec);
}

static void start_path(const struct entity *e, char path[PATH_MAX + 16])
{
	snprintf(path, PATH_MAX + 16, "%s/started", e->dir);
}

/*
 * RFC 3418: warmStart is a start with an unaltered configuration, coldStart is any other.  A process that
 * the hub starts again starts warm.
 */
static bool is_warm(const struct entity *e)
{
	char path[PATH_MAX + 16], text[200], before[200] = "";
	FILE *f;

	start_path(e, path);
	start_text(e, text);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(before, sizeof(before), f))
		before[0] = '\0';
	fclose(f);
	return strcmp(before, text) == 0;
}

static void remember_start(const struct entity *e)
{
	char path[PATH_MAX + 16], text[200];
	FILE *f;

	start_path(e, path);
	start_text(e, text);
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0)
		log_warning(
		    "%s: %s; the next start will be called a cold one", path, strerror(errno));
	if (f)
		fclose(f);
}

static void announce(struct entity *e)
{
	static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}; /* snmpTrapOID.0 */
	oid start[] = {1, 3, 6, 1, 6, 3, 1, 1, 5, 1};			 /* coldStart */
	netsnmp_pdu *pdu = new_notification();

	start[OID_LENGTH(start) - 1] += is_warm(e); /* warmStart is the next */
	snmp_pdu_add_variable(
	    pdu, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, start, sizeof(start));
	e->sending = e->announcing = true;
	sinks_send(e->sinks, pdu);
	snmplib_watch();
}

static usec_t uptime_zero(void)
{
	usec_t now = clock_now(), up = (usec_t)netsnmp_get_agent_uptime() * USEC_PER_CSEC;

	return up < now ? now - up : 0;
}

static void on_sent(bool ok, void *arg)
{
	struct entity *e = arg;

	if (!e->sending)
		return;
	e->sending = false;
	if (!e->announcing) {
		e->ops->notified(ok, e->arg);
		return;
	}
	e->announcing = false;
	remember_start(e);
	e->up = true;
	e->ops->up(uptime_zero(), e->arg);
}

static void on_lost(void *arg)
{
	struct entity *e = arg;

	e->ops->lost(e->arg);
}

static bool standalone_is_up(const struct entity *e)
{
	return e->up;
}

static bool standalone_notify(struct entity *e, const struct trap *t)
{
	netsnmp_pdu *pdu;

	if (!e->up || e->sending)
		return false;
	pdu = new_notification();
	snmplib_add_trap(pdu, t);
	e->sending = true;
	sinks_send(e->sinks, pdu);
	return true;
}

/* ---- Its life */

static struct entity *standalone_open(
    const struct entity_settings *settings, const struct system *sys)
{
	static const struct snmplib_role role = {set_up_library, start_library, take_log};
	static const struct sinks_ops sinks_ops = {on_sent, on_lost};
	struct entity *e = calloc(1, sizeof(*e));
	char text[FAULT_SIZE];
	int len;

	if (!e)
		abort();
	the_entity = e;
	e->ops = settings->ops;
	e->arg = settings->arg;
	e->director_started = sys->started;
	snprintf(e->dir, sizeof(e->dir), "%s", settings->dir);
	snprintf(e->file, sizeof(e->file), "%s", entity_config_file(sys));
	snprintf(e->listen, sizeof(e->listen), "%s", sys->snmp_listen);
	e->stamp = stamp_of(e->file);
	if (!is_readable(&e->stamp)) {
		len = snprintf(text, sizeof(text), "cannot read %s: %s", e->file, strerror(errno));
		add_fault(e, text, len);
	}
	e->sinks = sinks_new(settings->base, &sinks_ops, e);
	snmplib_start(settings->base, settings->dir, &role);
	register_resources();
	e->look = event_new(settings->base, -1, EV_PERSIST, on_look, e);
	if (!e->look)
		abort();
	if (settings->passing >= 0) {
		e->passing = event_new(
		    settings->base, settings->passing, EV_READ | EV_PERSIST, on_passed, e);
		if (!e->passing)
			abort();
	}
	return e;
}

static void begin(struct entity *e)
{
	static const struct timeval interval = {.tv_sec = LOOK_INTERVAL};

	e->configured = true;
	event_add(e->look, &interval);
	if (e->passing)
		event_add(e->passing, NULL);
	log_info("SNMP: this process is the engine, with %s", e->file);
	tell_state(e);
	announce(e);
}

static void standalone_configure(struct entity *e, const struct system *sys)
{
	if (!e->configured)
		begin(e);
	if (strcmp(e->file, entity_config_file(sys)) != 0 ||
	    strcmp(e->listen, sys->snmp_listen) != 0)
		e->ops->again(e->arg);
}

static void standalone_close(struct entity *e)
{
	if (e->passing)
		event_free(e->passing);
	event_free(e->look);
	sinks_free(e->sinks);
	the_entity = NULL;
	free(e);
	snmplib_stop();
}

/* What it had begun to send when it died is not on its way any more. */
static void standalone_identity(const struct entity *e, char *buf, size_t size)
{
	(void)e;
	(void)size;
	buf[0] = '\0';
}

const struct entity_type entity_standalone = {standalone_open, standalone_configure,
    standalone_close, standalone_is_up, standalone_identity, standalone_notify};
