/* SPDX-License-Identifier: BSD-2-Clause */
/* See linkbeat.h. */
#include "core/vrrp/linkbeat.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"

#define STACK_SIZE (64 * 1024) /* it may be locked in memory */

/* ---------------------------------------------------------------------- asking */

static struct ifreq request_for(const char *interface)
{
	struct ifreq ifr = {0};

	memcpy(ifr.ifr_name, interface, sizeof(ifr.ifr_name));
	return ifr;
}

/* 1: a link; 0: none; -1: the driver does not know this way */
static int ask_mii(linkbeat_ioctl call, int fd, const char *interface)
{
	struct ifreq ifr = request_for(interface);
	struct mii_ioctl_data data;

	if (call(fd, SIOCGMIIPHY, &ifr) < 0)
		return -1;
	/* The bit keeps what was lost until it is read: the second time it is as it is. */
	for (int k = 0; k < 2; k++) {
		memcpy(&data, &ifr.ifr_ifru, sizeof(data));
		data.reg_num = MII_BMSR;
		memcpy(&ifr.ifr_ifru, &data, sizeof(data));
		if (call(fd, SIOCGMIIREG, &ifr) < 0)
			return -1;
		memcpy(&data, &ifr.ifr_ifru, sizeof(data));
	}
	/* no transceiver there */
	if (data.val_out == 0 || data.val_out == 0xffff)
		return -1;
	return data.val_out & BMSR_LSTATUS ? 1 : 0;
}

static int ask_ethtool(linkbeat_ioctl call, int fd, const char *interface)
{
	struct ifreq ifr = request_for(interface);
	struct ethtool_value value = {.cmd = ETHTOOL_GLINK};

	ifr.ifr_data = (char *)&value;
	return call(fd, SIOCETHTOOL, &ifr) < 0 ? -1 : value.data != 0;
}

static int ask_by(linkbeat_ioctl call, int fd, const char *interface, enum linkbeat_way method)
{
	switch (method) {
	case LINKBEAT_MII:
		return ask_mii(call, fd, interface);
	case LINKBEAT_ETHTOOL:
		return ask_ethtool(call, fd, interface);
	case LINKBEAT_IOCTL: /* the flags, which are looked at in any case */
	case LINKBEAT_OFF:
		return 1;
	}
	return 1;
}

struct linkbeat_news linkbeat_ask(linkbeat_ioctl call, int fd, const struct linkbeat_wish *wish)
{
	const enum linkbeat_way order[] = {
	    wish->method, LINKBEAT_MII, LINKBEAT_ETHTOOL, LINKBEAT_IOCTL};
	struct linkbeat_news n = {.method = LINKBEAT_IOCTL};
	struct ifreq ifr = request_for(wish->interface);
	int link = -1;

	memcpy(n.interface, wish->interface, sizeof(n.interface));
	if (call(fd, SIOCGIFINDEX, &ifr) < 0)
		return n;
	n.index = ifr.ifr_ifindex;
	for (size_t k = 0; link < 0; k++) {
		n.method = order[k];
		link = ask_by(call, fd, wish->interface, order[k]);
	}
	ifr = request_for(wish->interface);
	if (call(fd, SIOCGIFFLAGS, &ifr) < 0)
		return n;
	n.flags = (unsigned)ifr.ifr_flags & (IFF_UP | (link ? IFF_RUNNING : 0));
	return n;
}

/* ---------------------------------------------------------------------- thread */

/* The thread's own; it frees this at its end. */
struct thread {
	int fd;	 /* to the process */
	int ask; /* for ioctl() */
	linkbeat_ioctl call;
	int period; /* ms */
	size_t n;
	struct linkbeat_wish list[LINKBEAT_MAX], next[LINKBEAT_MAX + 1];
	struct linkbeat_news told[LINKBEAT_MAX];
	bool is_told[LINKBEAT_MAX];
};

static int real_ioctl(int fd, unsigned long request, struct ifreq *ifr)
{
	return ioctl(fd, request, ifr);
}

static bool same_news(const struct linkbeat_news *a, const struct linkbeat_news *b)
{
	return a->index == b->index && a->method == b->method && a->flags == b->flags;
}

/* The last list that came.  False: the process does not want any more. */
static bool take_list(struct thread *t)
{
	ssize_t len;

	while ((len = recv(t->fd, t->next, sizeof(t->next), MSG_DONTWAIT)) > 0) {
		t->n =
		    (size_t)len / sizeof(t->next[0]) - 1; /* one more, so that no list is empty */
		memcpy(t->list, t->next + 1, t->n * sizeof(t->list[0]));
		memset(t->is_told, 0, sizeof(t->is_told));
	}
	return len < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool ask_all(struct thread *t)
{
	for (size_t k = 0; k < t->n; k++) {
		struct linkbeat_news n = linkbeat_ask(t->call, t->ask, &t->list[k]);

		if (t->is_told[k] && same_news(&n, &t->told[k]))
			continue;
		t->told[k] = n;
		t->is_told[k] = true;
		if (send(t->fd, &n, sizeof(n), MSG_NOSIGNAL) < 0)
			return false;
	}
	return true;
}

static void *run(void *arg)
{
	struct thread *t = arg;
	struct pollfd p = {.fd = t->fd, .events = POLLIN};

	do {
		if (!ask_all(t))
			break;
		poll(&p, 1, t->period);
	} while (take_list(t));
	close(t->ask);
	close(t->fd);
	free(t);
	return NULL;
}

/* --------------------------------------------------------------------- process */

struct linkbeat {
	int fd;
	struct event *event;
	void (*news)(const struct linkbeat_news *n, void *arg);
	void *arg;
};

static void on_news(int fd, short what, void *arg)
{
	struct linkbeat *l = arg;
	struct linkbeat_news n;

	(void)what;
	while (recv(fd, &n, sizeof(n), MSG_DONTWAIT) == sizeof(n))
		l->news(&n, l->arg);
}

/* It handles no signals, and SCHED_RESET_ON_FORK gives it no real-time priority. */
static int begin(struct thread *t)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	e = pthread_create(&thread, &attr, run, t);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return e;
}

static struct thread *thread_new(linkbeat_ioctl call, usec_t period, int fd)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->fd = fd;
	t->ask = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	t->call = call ? call : real_ioctl;
	t->period = (int)(period / USEC_PER_MSEC);
	return t;
}

struct linkbeat *linkbeat_new(struct event_base *base, linkbeat_ioctl call, usec_t period,
    void (*news)(const struct linkbeat_news *n, void *arg), void *arg)
{
	struct linkbeat *l;
	struct thread *t;
	int pair[2], e;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		log_error("links cannot be polled: %s", strerror(errno));
		return NULL;
	}
	t = thread_new(call, period, pair[1]);
	e = t->ask < 0 ? errno : begin(t);
	if (e) {
		log_error("links cannot be polled: %s", strerror(e));
		if (t->ask >= 0)
			close(t->ask);
		free(t);
		close(pair[0]);
		close(pair[1]);
		return NULL;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	*l = (struct linkbeat){.fd = pair[0], .news = news, .arg = arg};
	l->event = event_new(base, l->fd, EV_READ | EV_PERSIST, on_news, l);
	event_add(l->event, NULL);
	return l;
}

bool linkbeat_set(struct linkbeat *l, const struct linkbeat_wish *list, size_t n)
{
	struct linkbeat_wish head = {{0}, LINKBEAT_OFF};
	struct iovec parts[] = {{&head, sizeof(head)},
	    {(void *)(uintptr_t)list, (n < LINKBEAT_MAX ? n : LINKBEAT_MAX) * sizeof(*list)}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};

	return sendmsg(l->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void linkbeat_free(struct linkbeat *l)
{
	if (!l)
		return;
	event_free(l->event);
	close(l->fd);
	free(l);
}
