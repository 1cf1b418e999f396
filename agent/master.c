/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entity (entity.h) that is snmpd's: the connection to the AgentX master agent (RFC 2741), found,
 * opened, registered, kept, found again.
 *
 * The library opens a session with a call that waits.  A master that hangs would hold this process up, and
 * connections that it does not accept would fill its backlog until even connecting waits.  So each
 * attempt begins with a connection of our own that sends an Open (RFC 2741 section 6.2.1) and then only
 * waits in the event loop, for hours if need be: when the master answers it, it is alive, and the
 * library's session is opened in a moment.
 *
 * Everything behind that, registration, pings and notifications, is sent asynchronously over the
 * library's session and has its answer checked: the library's own functions would not tell whether the
 * master registered the subtree or took a notification.  There is no time-out while the connection lives:
 * what was written to a master that hangs is processed by it when it goes on, and sent again over a new
 * connection it would arrive twice.  When the master dies, the connection breaks.
 */
#include "agent/netsnmp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "agent/entity.h"
#include "agent/requests.h"
#include "agent/snmp.h"
#include "core/base/log.h"
#include "core/base/wire.h"

/* Of the library's agent, but in none of its installed headers. */
int subagent_open_master_session(void);

/* PDU types of RFC 2741 section 6.1, and errors of section 6.2.16. */
enum { AGENTX_OPEN = 1, AGENTX_REGISTER = 3, AGENTX_NOTIFY = 12, AGENTX_PING = 13 };
enum { AGENTX_NOT_OPEN = 257, AGENTX_DUPLICATE = 263 };

#define DEFAULT_WHERE "/var/agentx/master"
#define RETRY_MIN (USEC_PER_SEC / 4)
#define RETRY_MAX (2 * USEC_PER_SEC)
#define PING_INTERVAL 10      /* seconds */
#define PATIENCE 86400	      /* seconds that an answer may take while the connection lives */
#define REGISTER_PRIORITY 127 /* RFC 2741's default */
#define REGISTER_TIMEOUT 5    /* seconds that the master waits for our answers */

enum master_state { MASTER_IDLE, MASTER_PROBING, MASTER_REGISTERING, MASTER_UP };

struct entity {
	struct event_base *base;
	const struct entity_ops *ops;
	void *arg;
	enum master_state state;
	char where[108]; /* as sun_path */
	struct sockaddr_storage address;
	socklen_t address_len; /* 0: where is nonsense */
	struct event *retry;
	struct event *ping;
	struct event *probe; /* on probe_fd */
	int probe_fd;
	usec_t pause;		  /* before the next attempt */
	bool told;		  /* the failure to connect was logged */
	netsnmp_session *session; /* the library's; NULL while there is none */
	usec_t uptime_zero;
	size_t unregistered; /* subtrees whose registration was not answered yet */
	bool notifying, pinging;
};

/* The library tells of its session by callbacks that have no argument of ours in all cases. */
static struct entity *the_master;

/* ---- Attempts */

static void retry_later(struct entity *m)
{
	struct timeval tv = usec_to_timeval(m->pause);

	m->state = MASTER_IDLE;
	event_add(m->retry, &tv);
	m->pause = m->pause * 2 > RETRY_MAX ? RETRY_MAX : m->pause * 2;
}

static void tell_failure(struct entity *m, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "no master agent at %.100s: %.80s", m->where, why);
	m->ops->state(text, m->arg);
	if (!m->told)
		log_warning("no AgentX master agent at %s: %s; trying again until there is one",
		    m->where, why);
	m->told = true;
}

static void end_probe(struct entity *m)
{
	if (m->probe)
		event_free(m->probe);
	m->probe = NULL;
	if (m->probe_fd >= 0)
		close(m->probe_fd);
	m->probe_fd = -1;
}

static void probe_failed(struct entity *m, const char *why)
{
	end_probe(m);
	tell_failure(m, why);
	retry_later(m);
}

/* An Open with the project's root as id; network byte order. */
static size_t build_open(uint8_t *packet, size_t size)
{
	static const char text[8] = "probe"; /* padded to a multiple of 4 */
	struct wire w = wire_writer(packet, size);
	arc root[OID_MAX];
	size_t n = object_root(root);

	wire_put_u8(&w, 1); /* version */
	wire_put_u8(&w, AGENTX_OPEN);
	wire_put_u8(&w, 0x10); /* NETWORK_BYTE_ORDER */
	wire_put_u8(&w, 0);
	for (int i = 0; i < 3; i++)
		wire_put_be32(&w, 0); /* session, transaction, packet */
	wire_put_be32(&w, (uint32_t)(4 + 4 + 4 * n + 4 + sizeof(text))); /* payload */
	wire_put_be32(&w, 0);						 /* timeout: the default */
	wire_put_u8(&w, (uint8_t)n);
	wire_put_u8(&w, 0); /* no prefix */
	wire_put_u8(&w, 0);
	wire_put_u8(&w, 0);
	for (size_t i = 0; i < n; i++)
		wire_put_be32(&w, (uint32_t)root[i]);
	wire_put_be32(&w, (uint32_t)strlen(text));
	wire_put_bytes(&w, text, sizeof(text));
	return w.error ? 0 : wire_used(&w);
}

static void open_session(struct entity *m);

static void on_probe(evutil_socket_t fd, short what, void *arg)
{
	struct entity *m = arg;
	uint8_t packet[1024];
	ssize_t n;

	if (what & EV_WRITE) { /* connected, or not */
		int error = 0;
		socklen_t len = sizeof(error);
		size_t size = build_open(packet, sizeof(packet));

		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error || send(fd, packet, size, MSG_NOSIGNAL) != (ssize_t)size) {
			probe_failed(m, strerror(error ? error : errno));
			return;
		}
		event_free(m->probe);
		m->probe = event_new(m->base, fd, EV_READ, on_probe, m);
		event_add(m->probe, NULL);
		return;
	}
	n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
	if (n <= 0) {
		probe_failed(m, n ? strerror(errno) : "it closes the connection");
		return;
	}
	end_probe(m);
	open_session(m);
}

static void attempt(struct entity *m)
{
	if (!m->address_len)
		return;
	m->state = MASTER_PROBING;
	m->probe_fd = socket(m->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (m->probe_fd < 0 ||
	    (connect(m->probe_fd, (struct sockaddr *)&m->address, m->address_len) != 0 &&
		errno != EINPROGRESS)) {
		/* EAGAIN is a full backlog: it hangs. */
		probe_failed(m, errno == EAGAIN ? "it does not answer" : strerror(errno));
		return;
	}
	m->probe = event_new(m->base, m->probe_fd, EV_WRITE, on_probe, m);
	event_add(m->probe, NULL);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	attempt(arg);
}

/* ---- The session */

static int session_socket(const struct entity *m)
{
	netsnmp_transport *t = snmp_sess_transport(snmp_sess_pointer(m->session));

	return t ? t->sock : -1;
}

/* The library sees the end of the connection and tells on_closed(). */
static void drop_session(struct entity *m)
{
	if (m->session)
		shutdown(session_socket(m), SHUT_RDWR);
}

/* A request to the master over the session; answered() gets the answer. */
static bool ask(struct entity *m, netsnmp_pdu *pdu, netsnmp_callback answered)
{
	pdu->version = m->session->version;
	pdu->sessid = m->session->sessid;
	if (snmp_async_send(m->session, pdu, answered, m))
		return true;
	snmp_free_pdu(pdu);
	drop_session(m);
	return false;
}

static netsnmp_pdu *new_pdu(int type)
{
	netsnmp_pdu *pdu = snmp_pdu_create(type);

	if (!pdu)
		abort();
	return pdu;
}

static void be_patient(netsnmp_pdu *pdu)
{
	pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT;
	pdu->time = PATIENCE;
}

static usec_t uptime_zero_of(u_long uptime)
{
	usec_t now = clock_now(), up = (usec_t)uptime * USEC_PER_CSEC;

	return up < now ? now - up : 0;
}

static void be_up(struct entity *m)
{
	struct timeval interval = {.tv_sec = PING_INTERVAL};

	m->state = MASTER_UP;
	m->told = false;
	m->pause = RETRY_MIN;
	log_info("connected to the AgentX master agent at %s", m->where);
	event_add(m->ping, &interval);
	m->ops->state("ok", m->arg);
	m->ops->up(m->uptime_zero, m->arg);
}

static const char *failure(int op, const netsnmp_pdu *pdu)
{
	if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
		return "no answer";
	return pdu->errstat == AGENTX_DUPLICATE ? "somebody else has them" : "it refused";
}

/* The answers come in the order of the requests: that of our own subtree first. */
static int on_registered(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	struct entity *m = arg;
	size_t i = REQUESTS_SUBTREES - m->unregistered, len;
	arc root[OID_MAX];

	(void)id;
	if (session != m->session || m->state != MASTER_REGISTERING)
		return 1;
	if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat) {
		log_error("the AgentX master agent at %s did not register %s: %s", m->where,
		    i ? requests_subtree(i, root, &len) : "the MIBs", failure(op, pdu));
		/* Without a standard module, which keepalived or FRR may have, there is still ours. */
		if (i == 0 || op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) {
			m->ops->state("the master agent did not register the MIBs", m->arg);
			drop_session(m);
			return 1;
		}
	}
	if (--m->unregistered == 0)
		be_up(m);
	return 1;
}

static bool register_subtree(struct entity *m, size_t i)
{
	netsnmp_pdu *pdu = new_pdu(AGENTX_REGISTER);
	arc root[OID_MAX];
	size_t n;

	requests_subtree(i, root, &n);
	pdu->time = REGISTER_TIMEOUT;
	pdu->priority = REGISTER_PRIORITY;
	snmp_add_null_var(pdu, root, n);
	return ask(m, pdu, on_registered);
}

static void register_subtrees(struct entity *m)
{
	m->state = MASTER_REGISTERING;
	m->unregistered = REQUESTS_SUBTREES;
	for (size_t i = 0; i < REQUESTS_SUBTREES; i++)
		if (!register_subtree(m, i))
			return;
}

static void open_session(struct entity *m)
{
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, m->where);
	if (subagent_open_master_session() != 0 || !m->session) {
		tell_failure(m, "it opens no session");
		retry_later(m);
		return;
	}
	m->uptime_zero = uptime_zero_of(netsnmp_get_agent_uptime());
	if (m->address.ss_family != AF_UNIX) {
		/* A master on another host that vanishes: the kernel finds out. */
		setsockopt(session_socket(m), SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
		setsockopt(
		    session_socket(m), IPPROTO_TCP, TCP_USER_TIMEOUT, &(int){60000}, sizeof(int));
	}
	register_subtrees(m);
	snmplib_watch();
}

static int on_opened(int major, int minor, void *session, void *arg)
{
	(void)major;
	(void)minor;
	(void)arg;
	the_master->session = session;
	return 0;
}

static int on_closed(int major, int minor, void *session, void *arg)
{
	struct entity *m = the_master;
	bool was_up = m->state == MASTER_UP;

	(void)major;
	(void)minor;
	(void)arg;
	if (session != m->session)
		return 0;
	m->session = NULL;
	m->notifying = m->pinging = false;
	event_del(m->ping);
	if (was_up) {
		log_warning("lost the AgentX master agent at %s", m->where);
		m->ops->state("the connection was lost", m->arg);
		m->pause = RETRY_MIN;
	}
	retry_later(m);
	if (was_up)
		m->ops->down(m->arg);
	return 0;
}

/* ---- Requests to the master */

/* A master that has forgotten the session (it does after requests that it thinks are lost) says so. */
static int on_pinged(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	struct entity *m = arg;

	(void)id;
	if (session != m->session)
		return 1;
	m->pinging = false;
	if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat)
		drop_session(m);
	return 1;
}

static void on_ping(evutil_socket_t fd, short what, void *arg)
{
	struct entity *m = arg;
	netsnmp_pdu *pdu;

	(void)fd;
	(void)what;
	if (m->state != MASTER_UP || m->pinging || m->notifying)
		return;
	pdu = new_pdu(AGENTX_PING);
	be_patient(pdu);
	m->pinging = ask(m, pdu, on_pinged);
}

static int on_notified(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	struct entity *m = arg;

	(void)id;
	if (session != m->session || !m->notifying)
		return 1;
	m->notifying = false;
	if (op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat == AGENTX_NOT_OPEN) {
		drop_session(m);
		return 1;
	}
	if (pdu->errstat)
		log_error(
		    "the AgentX master agent refused a notification: error %ld", pdu->errstat);
	m->ops->notified(pdu->errstat == 0, m->arg);
	return 1;
}

static bool master_notify(struct entity *m, const struct trap *t)
{
	netsnmp_pdu *pdu;

	if (m->state != MASTER_UP || m->notifying)
		return false;
	pdu = new_pdu(AGENTX_NOTIFY);
	be_patient(pdu);
	snmplib_add_trap(pdu, t);
	m->notifying = true;
	if (!ask(m, pdu, on_notified))
		m->notifying = false;
	return m->notifying;
}

/* When the process was started, in ticks since boot (proc(5)); 0 if that cannot be read. */
static unsigned long long start_of(pid_t pid)
{
	unsigned long long start = 0;
	char path[64], line[1024], *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	end = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (!end || sscanf(end,
			") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			"%*d %*d %llu",
			&start) != 1)
		start = 0;
	fclose(f);
	return start;
}

static void master_identity(const struct entity *m, char *buf, size_t size)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	unsigned long long start;

	buf[0] = '\0';
	if (m->state != MASTER_UP || m->address.ss_family != AF_UNIX ||
	    getsockopt(session_socket(m), SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || who.pid <= 0)
		return;
	start = start_of(who.pid);
	if (start)
		snprintf(buf, size, "%d:%llu", (int)who.pid, start);
}

static bool master_is_up(const struct entity *m)
{
	return m->state == MASTER_UP;
}

/* ---- Its life */

/* False if where is neither a path nor a numeric address with a port. */
static bool parse_where(struct entity *m, const char *where)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&m->address;
	int len = sizeof(m->address);

	memset(&m->address, 0, sizeof(m->address));
	m->address_len = 0;
	if (strncmp(where, "unix:", 5) == 0)
		where += 5;
	if (*where == '/') {
		if (strlen(where) >= sizeof(un->sun_path))
			return false;
		un->sun_family = AF_UNIX;
		memcpy(un->sun_path, where, strlen(where) + 1);
		m->address_len = sizeof(*un);
		return true;
	}
	if (strncmp(where, "tcp:", 4) == 0)
		where += 4;
	else if (strncmp(where, "tcp6:", 5) == 0)
		where += 5;
	if (evutil_parse_sockaddr_port(where, (struct sockaddr *)&m->address, &len) != 0 ||
	    !strrchr(where, ':'))
		return false;
	m->address_len = (socklen_t)len;
	return true;
}

/* Connects, at once if it is another place than before. */
static void master_connect(struct entity *m, const char *where)
{
	if (!*where)
		where = DEFAULT_WHERE;
	if (strcmp(where, m->where) == 0)
		return;
	end_probe(m);
	event_del(m->retry);
	if (strlen(where) >= sizeof(m->where) || !parse_where(m, where))
		log_error("%s is not where an AgentX master agent can be: give a path, unix:PATH "
			  "or tcp:ADDRESS:PORT",
		    where);
	snprintf(m->where, sizeof(m->where), "%s", where);
	m->pause = RETRY_MIN;
	m->told = false;
	if (m->session)
		drop_session(m);
	else
		attempt(m);
}

static void set_bool(int which)
{
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, which, 1);
}

/* Without configuration files and persistent state. */
static void set_up_library(void)
{
	set_bool(NETSNMP_DS_LIB_DONT_READ_CONFIGS);
	set_bool(NETSNMP_DS_LIB_DONT_PERSIST_STATE);
	set_bool(NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD);
	set_bool(NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE);
	/* Sent again on a stream, a request would be answered twice; see above for who waits how long. */
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_RETRIES, 0);
	netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_TIMEOUT, 2);
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, 0);
	netsnmp_ds_set_boolean(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	/* init_snmp() tries to connect, and would wait for a master that hangs: that is done here. */
	netsnmp_ds_set_string(
	    NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, "unix:/nonexistent/agentx");
	netsnmp_enable_subagent();
}

static void start_library(void)
{
	init_agent("directord-agent");
	init_snmp("directord-agent");
}

static struct entity *master_open(const struct entity_settings *settings, const struct system *sys)
{
	static const struct snmplib_role role = {set_up_library, start_library, NULL};
	struct entity *m = calloc(1, sizeof(*m));

	(void)sys;
	if (!m)
		abort();
	snmplib_start(settings->base, settings->dir, &role);
	m->base = settings->base;
	m->ops = settings->ops;
	m->arg = settings->arg;
	m->probe_fd = -1;
	m->pause = RETRY_MIN;
	m->retry = event_new(m->base, -1, 0, on_retry, m);
	m->ping = event_new(m->base, -1, EV_PERSIST, on_ping, m);
	if (!m->retry || !m->ping)
		abort();
	the_master = m;
	snmp_register_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_opened, NULL);
	snmp_register_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_closed, NULL);
	return m;
}

static void master_configure(struct entity *m, const struct system *sys)
{
	master_connect(m, sys->agentx_socket);
}

static void master_close(struct entity *m)
{
	snmp_unregister_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_opened, NULL, 1);
	snmp_unregister_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_closed, NULL, 1);
	end_probe(m);
	event_free(m->retry);
	event_free(m->ping);
	the_master = NULL;
	free(m);
	snmplib_stop();
}

const struct entity_type entity_agentx = {
    master_open, master_configure, master_close, master_is_up, master_identity, master_notify};
