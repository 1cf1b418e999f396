/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sockets on which the agent takes requests when it is the SNMP engine itself (snmp_mode standalone).
 *
 * Port 161 needs a right that the agent, which parses what strangers send, must not have.  So the hub
 * binds, never reads, and passes the sockets on (core/base/listen.h).  It keeps them while the
 * configuration names them: requests that come while the agent is started again wait for it, and nobody
 * else gets the port meanwhile.  What cannot be bound is tried again every second.
 */
#include "core/director/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/base/listen.h"

struct listening {
	struct listen_address where;
	int fd;	   /* -1: not bound */
	int error; /* why not, as far as it was told */
};

struct listener {
	struct listening list[LISTEN_MAX];
	int n;
	int channel; /* to the agent; -1: there is none */
};

static struct listener *listener_of(struct hub *h)
{
	if (h->listening)
		return h->listening;
	h->listening = calloc(1, sizeof(*h->listening));
	if (!h->listening)
		abort();
	h->listening->channel = -1;
	return h->listening;
}

/* An agent that does not read is not waited for: it is killed before long, and the next one is told all. */
static void send_to_agent(const struct listener *l, const struct listen_message *m)
{
	if (l->channel >= 0 && !listen_send(l->channel, m))
		log_debug("the agent was not told '%s': %s", m->text, strerror(errno));
}

static void tell(const struct listener *l, const struct listening *s)
{
	struct listen_message m = {.fd = s->fd};

	if (s->fd >= 0) {
		m.kind = LISTEN_SOCKET;
		snprintf(m.text, sizeof(m.text), "%s", s->where.text);
	} else if (s->error && s->error != EAFNOSUPPORT) {
		m.kind = LISTEN_FAILED;
		snprintf(m.text, sizeof(m.text), "%s (%s)", s->where.text, strerror(s->error));
	} else {
		return;
	}
	send_to_agent(l, &m);
}

/* A kernel without IPv6 is no fault of anybody's. */
static void bind_one(const struct listener *l, struct listening *s)
{
	int before = s->error;

	s->fd = listen_open(&s->where);
	s->error = s->fd < 0 ? errno : 0;
	if (s->error == before && s->error)
		return;
	if (s->error == EAFNOSUPPORT)
		log_info("SNMP: no %s on this host", s->where.text);
	else if (s->error)
		log_error("SNMP: cannot listen on %s: %s; trying again until it works",
		    s->where.text, strerror(s->error));
	else
		log_info("SNMP: listening on %s", s->where.text);
	tell(l, s);
}

static bool same(const struct listener *l, const struct listen_address *list, int n)
{
	for (int i = 0; i < n && n == l->n; i++)
		if (strcmp(list[i].text, l->list[i].where.text) != 0)
			return false;
	return n == l->n;
}

static void close_all(struct listener *l)
{
	for (int i = 0; i < l->n; i++)
		if (l->list[i].fd >= 0)
			close(l->list[i].fd);
	l->n = 0;
}

/*
 * The agent of the old configuration sees the change, too, and ends; its successor gets the new sockets
 * when it starts.  Until then its channel is not used, so that it cannot take them.
 */
void listen_configure(struct hub *h)
{
	struct listener *l = listener_of(h);
	struct listen_address list[LISTEN_MAX];
	char why[LISTEN_WHY_SIZE];
	int n = 0;

	if (h->system->snmp_mode == SNMP_MODE_STANDALONE)
		n = listen_parse(h->system->snmp_listen, list, why);
	if (n < 0) /* the validation has refused it before */
		n = 0;
	if (same(l, list, n))
		return;
	close_all(l);
	listen_detach(h);
	for (int i = 0; i < n; i++)
		l->list[i] = (struct listening){.where = list[i], .fd = -1};
	l->n = n;
	listen_tick(h);
}

void listen_tick(struct hub *h)
{
	struct listener *l = listener_of(h);

	for (int i = 0; i < l->n; i++)
		if (l->list[i].fd < 0 && l->list[i].error != EAFNOSUPPORT)
			bind_one(l, &l->list[i]);
}

int listen_attach(struct hub *h)
{
	struct listener *l = listener_of(h);
	int fds[2];

	listen_detach(h);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		log_error("SNMP: no sockets for the agent: %s", strerror(errno));
		return -1;
	}
	l->channel = fds[0];
	for (int i = 0; i < l->n; i++)
		tell(l, &l->list[i]);
	return fds[1];
}

void listen_detach(struct hub *h)
{
	struct listener *l = listener_of(h);

	if (l->channel >= 0)
		close(l->channel);
	l->channel = -1;
}

void listen_reload(struct hub *h)
{
	if (h->system->snmp_mode != SNMP_MODE_STANDALONE)
		return; /* nobody reads it */
	send_to_agent(listener_of(h), &(struct listen_message){.kind = LISTEN_RELOAD, .fd = -1});
}

void listen_close(struct hub *h)
{
	if (!h->listening)
		return;
	listen_detach(h);
	close_all(h->listening);
	free(h->listening);
	h->listening = NULL;
}
