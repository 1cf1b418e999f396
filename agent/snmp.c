/* SPDX-License-Identifier: BSD-2-Clause */
/* See snmp.h. */
#include "agent/netsnmp.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "agent/snmp.h"
#include "core/base/log.h"

/* Sessions to the master, to managers, to itself; select() has no more. */
#define WATCHES FD_SETSIZE

static struct {
	struct event_base *base;
	const struct snmplib_role *role;
	struct event *tick; /* for the library's own timeouts */
	struct {
		int fd;
		struct event *ev;
	} watch[WATCHES];
	size_t n;
} lib;

/* The library's messages; connecting and its failures are told by the entity, in our words. */
static int take_log(int major, int minor, void *server, void *client)
{
	const struct snmp_log_message *m = server;
	int len = (int)strcspn(m->msg, "\n");

	(void)major;
	(void)minor;
	(void)client;
	if (lib.role->take_log && lib.role->take_log(m->priority, m->msg, len))
		return SNMP_ERR_NOERROR;
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

/* Neither files of the administrator's other programs nor MIB modules: nothing here is looked up by name. */
static void set_places(const char *dir)
{
	char *path = realpath(dir, NULL); /* the library takes any path for an absolute one */

	setenv("MIBS", "", 1);
	setenv("MIBDIRS", path ? path : dir, 1);
	setenv("SNMPCONFPATH", path ? path : dir, 1);
	setenv("SNMP_PERSISTENT_DIR", path ? path : dir, 1);
	free(path);
}

void snmplib_start(struct event_base *base, const char *dir, const struct snmplib_role *role)
{
	static const struct timeval second = {.tv_sec = 1};

	lib.base = base;
	lib.role = role;
	signal(SIGPIPE, SIG_IGN);
	snmp_disable_log();
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, take_log, NULL);
	set_places(dir);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	role->set_up();
	role->start();
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

static void add_variable(netsnmp_pdu *pdu, const arc *root, size_t n, const struct trap_var *v)
{
	oid name[OID_MAX + OBJECT_ARCS];
	struct counter64 c;
	const struct value *value = &v->value;

	memcpy(name, root, n * sizeof(*name));
	memcpy(name + n, v->name, v->len * sizeof(*name));
	if (value->type == SMI_OCTETS || value->type == SMI_IPADDRESS) {
		snmp_pdu_add_variable(
		    pdu, name, n + v->len, (u_char)value->type, value->bytes, value->len);
	} else if (value->type == SMI_COUNTER64) {
		c.high = (u_long)(value->counter >> 32);
		c.low = (u_long)(value->counter & 0xffffffff);
		snmp_pdu_add_variable(pdu, name, n + v->len, ASN_COUNTER64, &c, sizeof(c));
	} else {
		long number = (long)value->number;

		snmp_pdu_add_variable(
		    pdu, name, n + v->len, (u_char)value->type, &number, sizeof(number));
	}
}

void snmplib_add_trap(netsnmp_pdu *pdu, const struct trap *t)
{
	static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}; /* snmpTrapOID.0 */
	oid name[OID_MAX];
	size_t n = trap_name(t, name);

	snmp_pdu_add_variable(
	    pdu, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name, n * sizeof(*name));
	n = trap_root(t, name);
	for (size_t i = 0; i < t->nvars; i++)
		add_variable(pdu, name, n, &t->vars[i]);
}
