/* SPDX-License-Identifier: BSD-2-Clause */
/* See snmp.h. */
#include "agent/netsnmp.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "agent/snmp.h"
#include "core/base/log.h"

/* The library has a session to the master, and one within itself. */
#define WATCHES 8

static struct {
	struct event_base *base;
	struct event *tick; /* for the library's own timeouts */
	struct {
		int fd;
		struct event *ev;
	} watch[WATCHES];
	size_t n;
} lib;

/* The library's messages; connecting and its failures are told by master.c, in our words. */
static int take_log(int major, int minor, void *server, void *client)
{
	const struct snmp_log_message *m = server;
	int len = (int)strcspn(m->msg, "\n");

	(void)major;
	(void)minor;
	(void)client;
	if (m->priority <= LOG_ERR)
		log_warning("net-snmp: %.*s", len, m->msg);
	else
		log_debug("net-snmp: %.*s", len, m->msg);
	return SNMP_ERR_NOERROR;
}

/*
 * One read of the library's socket leads to another of its internal one, and so on: as long as there is
 * something to do it is done here.  The limit lets the rest of the process live under load.
 */
static void process(void)
{
	for (int i = 0; i < 256 && agent_check_and_process(0) > 0; i++)
		;
	snmplib_watch();
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	process();
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	process();
}

static void unwatch_from(size_t keep)
{
	while (lib.n > keep)
		event_free(lib.watch[--lib.n].ev);
}

static void watch(int fd)
{
	if (lib.n == WATCHES) {
		log_error("net-snmp has too many sockets");
		return;
	}
	lib.watch[lib.n].fd = fd;
	lib.watch[lib.n].ev = event_new(lib.base, fd, EV_READ | EV_PERSIST, on_readable, NULL);
	if (!lib.watch[lib.n].ev || event_add(lib.watch[lib.n].ev, NULL) != 0)
		abort();
	lib.n++;
}

static bool same(const int *fds, size_t n)
{
	if (n != lib.n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lib.watch[i].fd != fds[i])
			return false;
	return true;
}

void snmplib_watch(void)
{
	netsnmp_large_fd_set set;
	struct timeval timeout = {0};
	int limit = 0, block = 0, fds[WATCHES];
	size_t n = 0;

	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	snmp_select_info2(&limit, &set, &timeout, &block);
	for (int fd = 0; fd < limit && n < WATCHES; fd++)
		if (NETSNMP_LARGE_FD_ISSET(fd, &set))
			fds[n++] = fd;
	netsnmp_large_fd_set_cleanup(&set);
	if (same(fds, n))
		return;
	unwatch_from(0);
	for (size_t i = 0; i < n; i++)
		watch(fds[i]);
}

static void set_bool(int which, int value)
{
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, which, value);
}

static void configure(const char *dir)
{
	char *path = realpath(dir, NULL); /* the library takes any path for an absolute one */
	/* Neither files of the administrator's other programs nor MIB modules: nothing here is looked up by name. */
	setenv("MIBS", "", 1);
	setenv("MIBDIRS", path ? path : dir, 1);
	setenv("SNMPCONFPATH", path ? path : dir, 1);
	setenv("SNMP_PERSISTENT_DIR", path ? path : dir, 1);
	free(path);
	set_bool(NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	set_bool(NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	set_bool(NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	set_bool(NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	set_bool(NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	/* Sent again on a stream, a request would be answered twice; see master.c for who waits how long. */
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_RETRIES, 0);
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_TIMEOUT, 2);
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, 0);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	/* init_snmp() tries to connect, and would wait for a master that hangs: master.c connects. */
	netsnmp_ds_set_string(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, "unix:/nonexistent/agentx");
	netsnmp_enable_subagent();
}

void snmplib_start(struct event_base *base, const char *dir)
{
	static const struct timeval second = {.tv_sec = 1};

	lib.base = base;
	signal(SIGPIPE, SIG_IGN);
	snmp_disable_log();
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, take_log, NULL);
	configure(dir);
	init_agent("directord-agent");
	init_snmp("directord-agent");
	lib.tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	if (!lib.tick || event_add(lib.tick, &second) != 0)
		abort();
	snmplib_watch();
}

/* The library's own memory is left to the end of the process: its shutdown would talk to the master. */
void snmplib_stop(void)
{
	unwatch_from(0);
	if (lib.tick)
		event_free(lib.tick);
	lib.tick = NULL;
}
