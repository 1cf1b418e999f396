/* SPDX-License-Identifier: BSD-2-Clause */
/* See announce.h. */
#include "core/vrrp/announce.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/vrrp/arp.h"
#include "core/vrrp/nd.h"

#define BATCH 64 /* packets of one system call */
#define FRAME_MAX VRRP_ND_LEN
#define TYPE_AT 12 /* of an Ethernet frame, behind its addresses */

struct pace { /* of an interface and family */
	TAILQ_ENTRY(pace) entry;
	int64_t who; /* the interface's index; below 0: a group */
	uint8_t family;
	usec_t next; /* when it may send again */
};

struct announcement {
	TAILQ_ENTRY(announcement) entry;
	uint8_t frame[FRAME_MAX];
	size_t len;
	int index;
	struct pace *pace; /* NULL: it is due */
	usec_t interval;   /* to the next one of the pace */
	struct announce_count count;
};

struct announcer {
	int fd;
	struct event *timer;
	TAILQ_HEAD(announcements, announcement) queue;
	TAILQ_HEAD(paces, pace) paces;
	struct announcements spare;
	struct paces spare_paces;
	size_t nspare, nspare_paces, reserved;
};

/* A new one, or one that was put away: of no contents. */
static struct announcement *take_announcement(struct announcer *a)
{
	struct announcement *n = TAILQ_FIRST(&a->spare);

	if (n) {
		TAILQ_REMOVE(&a->spare, n, entry);
		a->nspare--;
	} else if (!(n = malloc(sizeof(*n)))) {
		abort();
	}
	return n;
}

static void put_away(struct announcer *a, struct announcement *n)
{
	if (a->nspare >= a->reserved) {
		free(n);
		return;
	}
	TAILQ_INSERT_HEAD(&a->spare, n, entry);
	a->nspare++;
}

static struct pace *take_pace(struct announcer *a)
{
	struct pace *p = TAILQ_FIRST(&a->spare_paces);

	if (p) {
		TAILQ_REMOVE(&a->spare_paces, p, entry);
		a->nspare_paces--;
	} else if (!(p = malloc(sizeof(*p)))) {
		abort();
	}
	return p;
}

void announcer_reserve(struct announcer *a, size_t announcements, size_t interfaces)
{
	a->reserved = announcements;
	while (a->nspare < announcements) {
		struct announcement *n = malloc(sizeof(*n));

		if (!n)
			abort();
		put_away(a, n);
	}
	/* each interface has one of each family */
	while (a->nspare_paces < 2 * interfaces) {
		struct pace *p = malloc(sizeof(*p));

		if (!p)
			abort();
		TAILQ_INSERT_HEAD(&a->spare_paces, p, entry);
		a->nspare_paces++;
	}
}

static struct pace *find_pace(
    struct announcer *a, int index, uint8_t family, struct announce_pace pace)
{
	int64_t who = pace.group ? -(int64_t)pace.group : index;
	struct pace *p;

	if (pace.interval == 0)
		return NULL;
	TAILQ_FOREACH (p, &a->paces, entry)
		if (p->who == who && p->family == family)
			return p;
	p = take_pace(a);
	*p = (struct pace){.who = who, .family = family};
	TAILQ_INSERT_TAIL(&a->paces, p, entry);
	return p;
}

void announcer_queue(struct announcer *a, const struct kernel_interface *i,
    const struct addr *address, struct announce_pace pace, struct announce_count count)
{
	struct announcement *n;

	if (!i->has_mac)
		return;
	n = take_announcement(a);
	if (address->family == ADDR_IPV6) {
		vrrp_nd_build(n->frame, i->mac, address);
		n->len = VRRP_ND_LEN;
	} else {
		vrrp_arp_build(n->frame, i->mac, address);
		n->len = VRRP_ARP_LEN;
	}
	n->index = i->index;
	n->pace = find_pace(a, i->index, address->family, pace);
	n->interval = pace.interval;
	n->count = count;
	TAILQ_INSERT_TAIL(&a->queue, n, entry);
}

bool announcer_cancel(struct announcer *a, const uint64_t *sent)
{
	struct announcement *n, *next;
	bool any = false;

	for (n = TAILQ_FIRST(&a->queue); n; n = next) {
		next = TAILQ_NEXT(n, entry);
		if (n->count.sent != sent)
			continue;
		TAILQ_REMOVE(&a->queue, n, entry);
		put_away(a, n);
		any = true;
	}
	return any;
}

/* Sends up to BATCH; what the kernel does not take is an error of its counter, and not sent again. */
static void send_batch(struct announcer *a, struct announcement **list, unsigned n)
{
	struct sockaddr_ll to[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	unsigned done = 0;

	memset(m, 0, sizeof(m));
	memset(to, 0, sizeof(to));
	for (unsigned k = 0; k < n; k++) {
		to[k].sll_family = AF_PACKET;
		memcpy(&to[k].sll_protocol, list[k]->frame + TYPE_AT, 2);
		to[k].sll_ifindex = list[k]->index;
		to[k].sll_halen = ETH_ALEN;
		memcpy(to[k].sll_addr, list[k]->frame, ETH_ALEN);
		v[k] = (struct iovec){list[k]->frame, list[k]->len};
		m[k].msg_hdr.msg_name = &to[k];
		m[k].msg_hdr.msg_namelen = sizeof(to[k]);
		m[k].msg_hdr.msg_iov = &v[k];
		m[k].msg_hdr.msg_iovlen = 1;
	}
	while (done < n) {
		int sent = sendmmsg(a->fd, m + done, n - done, MSG_DONTWAIT);

		for (int k = 0; k < sent; k++)
			++*list[done++]->count.sent;
		if (sent <= 0)
			++*list[done++]->count.errors;
	}
}

/* What is left is paced. */
static void arm(struct announcer *a, usec_t now)
{
	usec_t first = USEC_NEVER;
	struct announcement *n;
	struct timeval tv;

	TAILQ_FOREACH (n, &a->queue, entry)
		if (n->pace->next < first)
			first = n->pace->next;
	if (first == USEC_NEVER)
		return;
	tv = usec_to_timeval(first > now ? first - now : 0);
	event_add(a->timer, &tv);
}

/* A pace goes on when one is sent, so that what is cancelled leaves no time in which nobody may speak. */
static unsigned take_due(struct announcer *a, usec_t now, struct announcement **list)
{
	struct announcement *n, *next;
	unsigned count = 0;

	for (n = TAILQ_FIRST(&a->queue); n && count < BATCH; n = next) {
		next = TAILQ_NEXT(n, entry);
		if (n->pace && n->pace->next > now)
			continue;
		if (n->pace)
			n->pace->next = now + n->interval;
		TAILQ_REMOVE(&a->queue, n, entry);
		list[count++] = n;
	}
	return count;
}

void announcer_flush(struct announcer *a)
{
	struct announcement *list[BATCH];
	usec_t now;
	unsigned n;

	if (TAILQ_EMPTY(&a->queue))
		return;
	now = clock_now();
	while ((n = take_due(a, now, list)) > 0) {
		send_batch(a, list, n);
		while (n > 0)
			put_away(a, list[--n]);
	}
	arm(a, now);
}

static void on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	announcer_flush(arg);
}

struct announcer *announcer_new(struct event_base *base)
{
	struct announcer *a;
	/* protocol 0: it receives nothing */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		log_error("cannot open a packet socket: %s", strerror(errno));
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->fd = fd;
	a->timer = evtimer_new(base, on_timer, a);
	TAILQ_INIT(&a->queue);
	TAILQ_INIT(&a->paces);
	TAILQ_INIT(&a->spare);
	TAILQ_INIT(&a->spare_paces);
	return a;
}

void announcer_free(struct announcer *a)
{
	struct announcement *n;
	struct pace *p;

	if (!a)
		return;
	TAILQ_CONCAT(&a->queue, &a->spare, entry);
	while ((n = TAILQ_FIRST(&a->queue))) {
		TAILQ_REMOVE(&a->queue, n, entry);
		free(n);
	}
	TAILQ_CONCAT(&a->paces, &a->spare_paces, entry);
	while ((p = TAILQ_FIRST(&a->paces))) {
		TAILQ_REMOVE(&a->paces, p, entry);
		free(p);
	}
	event_free(a->timer);
	close(a->fd);
	free(a);
}
