/* SPDX-License-Identifier: BSD-2-Clause */
/* See sinks.h. */
#include "agent/netsnmp.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "agent/sinks.h"
#include "core/base/log.h"

struct sink {
	STAILQ_ENTRY(sink) entry;
	struct sinks *sinks;
	netsnmp_session *session; /* the library's */
	int command;		  /* of its PDUs */
	bool engine_given;	  /* the file names a version 3 target's engine */
	bool outstanding;	  /* an inform, or the question for its engine, has no answer yet */
	bool awaited;		  /* and done() waits for it */
	bool silent;		  /* it gave no answer to the last one */
	uint64_t given_up;	  /* since then */
	bool again;	   /* this one was given up for the engine that the target was before */
	netsnmp_pdu *held; /* until the target's engine is known */
	struct event *ask, *known; /* for the engine; it is */
};

struct sinks {
	STAILQ_HEAD(, sink) list;
	struct event_base *base;
	const struct sinks_ops *ops;
	void *arg;
	struct event *done;
	unsigned awaited;
	bool ok;
};

static bool is_inform(const struct sink *k)
{
	return k->command == SNMP_MSG_INFORM;
}

static bool engine_unknown(const struct sink *k)
{
	return k->session->version == SNMP_VERSION_3 && k->session->securityEngineIDLen == 0;
}

/* ---- Answers */

static void log_peer(const struct sink *k, const char *what)
{
	netsnmp_transport *t = snmp_sess_transport(snmp_sess_pointer(k->session));
	char *peer = t && t->f_fmtaddr ? t->f_fmtaddr(t, NULL, 0) : NULL;

	log_warning("notifications to %s: %s", peer ? peer : "a target", what);
	free(peer);
}

/* It may have been set up anew meanwhile, and be another engine. */
static void forget_engine(struct sink *k)
{
	netsnmp_session *s = k->session;

	if (s->version != SNMP_VERSION_3 || k->engine_given)
		return;
	SNMP_FREE(s->securityEngineID);
	s->securityEngineIDLen = 0;
	SNMP_FREE(s->contextEngineID);
	s->contextEngineIDLen = 0;
	s->flags &= ~(u_long)SNMP_FLAGS_USER_CREATED;
}

static void give_up(struct sink *k)
{
	if (!k->silent)
		log_peer(k, "no acknowledgement; they are not waited for until there is one");
	k->silent = true;
	k->given_up++;
	k->sinks->ops->lost(k->sinks->arg);
}

static void acknowledged(struct sink *k)
{
	char text[100];

	if (k->silent) {
		snprintf(text, sizeof(text),
		    "acknowledged again; %" PRIu64 " were given up meanwhile", k->given_up);
		log_peer(k, text);
	}
	k->silent = false;
	k->given_up = 0;
}

static void answered(struct sink *k, bool ok)
{
	if (!k->outstanding)
		return;
	k->outstanding = k->again = false;
	if (ok) {
		acknowledged(k);
	} else {
		give_up(k);
		forget_engine(k);
	}
	if (!k->awaited)
		return;
	k->awaited = false;
	k->sinks->ok &= ok;
	if (--k->sinks->awaited == 0)
		event_active(k->sinks->done, EV_TIMEOUT, 0);
}

/*
 * A target that was set up anew is another engine, and cannot read what is for the one before.  So one that
 * does not answer is asked who it is.
 */
static bool try_again(struct sink *k, netsnmp_pdu *pdu)
{
	if (k->again || k->engine_given || k->session->version != SNMP_VERSION_3)
		return false;
	k->held = snmp_clone_pdu(pdu);
	if (!k->held)
		return false;
	SNMP_FREE(k->held->securityEngineID);
	k->held->securityEngineIDLen = 0;
	SNMP_FREE(k->held->contextEngineID);
	k->held->contextEngineIDLen = 0;
	k->again = true;
	forget_engine(k);
	event_active(k->ask, EV_TIMEOUT, 0);
	return true;
}

/* A Report comes before what the library makes of it: another try, or SEC_ERROR. */
static int on_answer(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	(void)session;
	(void)id;
	if (op == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu->command != SNMP_MSG_REPORT)
		answered(arg, true);
	else if (op == NETSNMP_CALLBACK_OP_TIMED_OUT && try_again(arg, pdu))
		return 1;
	else if (op == NETSNMP_CALLBACK_OP_TIMED_OUT || op == NETSNMP_CALLBACK_OP_SEC_ERROR)
		answered(arg, false);
	return 1;
}

static int on_nothing(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	(void)op;
	(void)session;
	(void)id;
	(void)pdu;
	(void)arg;
	return 1;
}

/* ---- Sending */

static bool transmit(
    const struct sink *k, netsnmp_pdu *pdu, netsnmp_callback callback, struct sink *arg)
{
	if (snmp_async_send(k->session, pdu, callback, arg)) {
		snmp_increment_statistic(STAT_SNMPOUTTRAPS);
		snmp_increment_statistic(STAT_SNMPOUTPKTS);
		return true;
	}
	snmp_free_pdu(pdu);
	return false;
}

static void send_inform(struct sink *k, netsnmp_pdu *pdu)
{
	if (!transmit(k, pdu, on_answer, k))
		answered(k, false);
}

/* The engine answers the question for nobody's data with a Report that has its ID (RFC 3414 section 4). */
static int on_engine(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	struct sink *k = arg;

	(void)session;
	(void)id;
	if (op == NETSNMP_CALLBACK_OP_RESEND)
		return 1;
	if (op == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu->command == SNMP_MSG_REPORT)
		return 1;
	event_active(k->known, EV_TIMEOUT, 0); /* the library sets the ID after this call */
	return 1;
}

static void on_known(evutil_socket_t fd, short what, void *arg)
{
	struct sink *k = arg;
	netsnmp_pdu *pdu = k->held;

	(void)fd;
	(void)what;
	k->held = NULL;
	if (!pdu)
		return;
	if (engine_unknown(k) || usm_create_user_from_session(k->session) != SNMPERR_SUCCESS) {
		snmp_free_pdu(pdu);
		answered(k, false);
		return;
	}
	send_inform(k, pdu);
}

static void on_ask(evutil_socket_t fd, short what, void *arg)
{
	struct sink *k = arg;
	netsnmp_pdu *question = snmp_pdu_create(SNMP_MSG_GET);

	if (!question)
		abort();
	(void)fd;
	(void)what;
	question->version = SNMP_VERSION_3;
	question->securityName = strdup("");
	question->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	question->securityModel = SNMP_SEC_MODEL_USM;
	if (!snmp_async_send(k->session, question, on_engine, k)) {
		snmp_free_pdu(question);
		event_active(k->known, EV_TIMEOUT, 0);
	}
}

static netsnmp_pdu *pdu_for(const struct sink *k, netsnmp_pdu *v2)
{
	netsnmp_pdu *pdu =
	    k->command == SNMP_MSG_TRAP ? convert_v2pdu_to_v1(v2) : snmp_clone_pdu(v2);
	in_addr_t self = get_myaddr();

	if (!pdu)
		return NULL;
	if (k->command == SNMP_MSG_TRAP)
		memcpy(pdu->agent_addr, &self, sizeof(pdu->agent_addr));
	pdu->command = k->command;
	pdu->version = k->session->version;
	pdu->reqid = snmp_get_next_reqid();
	pdu->msgid = snmp_get_next_msgid();
	return pdu;
}

static void send_one(struct sink *k, netsnmp_pdu *v2)
{
	netsnmp_pdu *pdu;

	if (is_inform(k) && k->outstanding) {
		give_up(k);
		return;
	}
	pdu = pdu_for(k, v2);
	if (!pdu)
		return;
	if (!is_inform(k)) {
		if (!transmit(k, pdu, on_nothing, NULL))
			log_debug("a trap was not sent: %s",
			    snmp_api_errstring(k->session->s_snmp_errno));
		return;
	}
	k->outstanding = true;
	k->awaited = !k->silent;
	k->sinks->awaited += k->awaited;
	if (!engine_unknown(k)) {
		send_inform(k, pdu);
		return;
	}
	k->held = pdu;
	event_active(k->ask, EV_TIMEOUT, 0);
}

void sinks_send(struct sinks *s, netsnmp_pdu *pdu)
{
	struct sink *k;

	s->ok = true;
	s->awaited = 1; /* not done before all were sent */
	STAILQ_FOREACH (k, &s->list, entry)
		send_one(k, pdu);
	if (--s->awaited == 0)
		event_active(s->done, EV_TIMEOUT, 0);
	snmp_free_pdu(pdu);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	struct sinks *s = arg;

	(void)fd;
	(void)what;
	s->ops->done(s->ok, s->arg);
}

/*
 * A notification of the library's own: authenticationFailure.  Strangers cause it, so it is limited, and
 * nothing waits for it.
 */
static int on_library_trap(int major, int minor, void *pdu, void *arg)
{
	static struct log_limit limit;
	struct sinks *s = arg;
	unsigned suppressed;
	struct sink *k;

	(void)major;
	(void)minor;
	if (!log_limit_ok(&limit, 1, USEC_PER_SEC, &suppressed))
		return SNMP_ERR_NOERROR;
	STAILQ_FOREACH (k, &s->list, entry) {
		netsnmp_pdu *copy;

		if (is_inform(k) && (k->silent || engine_unknown(k)))
			continue;
		copy = pdu_for(k, pdu);
		if (copy)
			transmit(k, copy, on_nothing, NULL);
	}
	return SNMP_ERR_NOERROR;
}

/* ---- Their list */

static int on_registered(int major, int minor, void *serverarg, void *arg)
{
	struct agent_add_trap_args *a = serverarg;
	struct sinks *s = arg;
	struct sink *k = calloc(1, sizeof(*k));

	(void)major;
	(void)minor;
	if (!k)
		abort();
	k->sinks = s;
	k->session = a->ss;
	k->command = a->confirm				? SNMP_MSG_INFORM
		     : a->ss->version == SNMP_VERSION_1 ? SNMP_MSG_TRAP
							: SNMP_MSG_TRAP2;
	k->engine_given = is_inform(k) && a->ss->securityEngineIDLen > 0;
	/* Else a first inform would ask for the engine, and wait for the answer. */
	k->session->flags |= SNMP_FLAGS_DONT_PROBE;
	k->ask = event_new(s->base, -1, 0, on_ask, k);
	k->known = event_new(s->base, -1, 0, on_known, k);
	if (!k->ask || !k->known)
		abort();
	STAILQ_INSERT_TAIL(&s->list, k, entry);
	a->rc = SNMPERR_SUCCESS;
	return SNMP_ERR_NOERROR;
}

struct sinks *sinks_new(struct event_base *base, const struct sinks_ops *ops, void *arg)
{
	struct sinks *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	STAILQ_INIT(&s->list);
	s->base = base;
	s->ops = ops;
	s->arg = arg;
	s->done = event_new(base, -1, 0, on_done, s);
	if (!s->done)
		abort();
	snmp_register_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_NOTIFICATIONS, on_registered, s);
	snmp_register_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_SEND_TRAP2, on_library_trap, s);
	return s;
}

/*
 * The sender of a trap is the engine that decides (RFC 3414): its user is one of ours.  The file may have
 * its keys in the target's line alone; users of createUser are there by now and are left as they are.
 */
void sinks_begin(struct sinks *s)
{
	struct sink *k;

	STAILQ_FOREACH (k, &s->list, entry)
		if (!is_inform(k) && k->session->version == SNMP_VERSION_3)
			usm_create_user_from_session(k->session);
}

void sinks_free(struct sinks *s)
{
	struct sink *k;

	if (!s)
		return;
	snmp_unregister_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_REGISTER_NOTIFICATIONS, on_registered, s, 1);
	snmp_unregister_callback(
	    SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_SEND_TRAP2, on_library_trap, s, 1);
	while ((k = STAILQ_FIRST(&s->list))) {
		STAILQ_REMOVE_HEAD(&s->list, entry);
		if (k->held)
			snmp_free_pdu(k->held);
		event_free(k->ask);
		event_free(k->known);
		free(k);
	}
	event_free(s->done);
	free(s);
}
