/* SPDX-License-Identifier: BSD-2-Clause */
/* See arp.h. */
#include "core/vrrp/arp.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"

#define BATCH 64 /* packets of one system call */

struct frame {
	struct ether_header ether;
	struct ether_arp arp;
} __attribute__((packed));

struct announcement {
	TAILQ_ENTRY(announcement) entry;
	struct frame frame;
	int index;
	usec_t at; /* when it is due */
	struct vrrp_arp_count count;
};

struct pace { /* of an interface */
	TAILQ_ENTRY(pace) entry;
	int index;
	usec_t next;
};

struct vrrp_arp {
	int fd;
	struct event *timer;
	TAILQ_HEAD(, announcement) queue; /* of each interface in the order of their times */
	TAILQ_HEAD(, pace) paces;
};

static void fill(struct frame *f, const struct kernel_interface *i, const struct addr *address)
{
	memset(f->ether.ether_dhost, 0xff, ETH_ALEN);
	memcpy(f->ether.ether_shost, i->mac, ETH_ALEN);
	f->ether.ether_type = htons(ETHERTYPE_ARP);
	f->arp.arp_hrd = htons(ARPHRD_ETHER);
	f->arp.arp_pro = htons(ETHERTYPE_IP);
	f->arp.arp_hln = ETH_ALEN;
	f->arp.arp_pln = 4;
	f->arp.arp_op = htons(ARPOP_REQUEST);
	memcpy(f->arp.arp_sha, i->mac, ETH_ALEN);
	memcpy(f->arp.arp_spa, address->bytes, 4);
	memset(f->arp.arp_tha, 0xff, ETH_ALEN);
	memcpy(f->arp.arp_tpa, address->bytes, 4);
}

/* When the interface may send again, and `interval` later the next time. */
static usec_t place(struct vrrp_arp *a, int index, usec_t interval, usec_t now)
{
	struct pace *p;
	usec_t at;

	if (interval == 0)
		return now;
	TAILQ_FOREACH (p, &a->paces, entry)
		if (p->index == index)
			break;
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			abort();
		p->index = index;
		TAILQ_INSERT_TAIL(&a->paces, p, entry);
	}
	at = p->next > now ? p->next : now;
	p->next = at + interval;
	return at;
}

void vrrp_arp_queue(struct vrrp_arp *a, const struct kernel_interface *i,
    const struct addr *address, usec_t interval, struct vrrp_arp_count count)
{
	struct announcement *n;

	if (!i->has_mac || address->family != ADDR_IPV4)
		return;
	n = calloc(1, sizeof(*n));
	if (!n)
		abort();
	fill(&n->frame, i, address);
	n->index = i->index;
	n->at = place(a, i->index, interval, clock_now());
	n->count = count;
	TAILQ_INSERT_TAIL(&a->queue, n, entry);
}

void vrrp_arp_cancel(struct vrrp_arp *a, const uint64_t *sent)
{
	struct announcement *n, *next;

	for (n = TAILQ_FIRST(&a->queue); n; n = next) {
		next = TAILQ_NEXT(n, entry);
		if (n->count.sent != sent)
			continue;
		TAILQ_REMOVE(&a->queue, n, entry);
		free(n);
	}
}

/* Sends up to BATCH; what the kernel does not take is an error of its counter, and not sent again. */
static void send_batch(struct vrrp_arp *a, struct announcement **list, unsigned n)
{
	static const uint8_t broadcast[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct sockaddr_ll to[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	unsigned done = 0;

	memset(m, 0, sizeof(m));
	memset(to, 0, sizeof(to));
	for (unsigned k = 0; k < n; k++) {
		to[k].sll_family = AF_PACKET;
		to[k].sll_protocol = htons(ETHERTYPE_ARP);
		to[k].sll_ifindex = list[k]->index;
		to[k].sll_halen = ETH_ALEN;
		memcpy(to[k].sll_addr, broadcast, sizeof(to[k].sll_addr));
		v[k] = (struct iovec){&list[k]->frame, sizeof(list[k]->frame)};
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

static void arm(struct vrrp_arp *a, usec_t now)
{
	usec_t first = USEC_NEVER;
	struct announcement *n;
	struct timeval tv;

	TAILQ_FOREACH (n, &a->queue, entry)
		if (n->at < first)
			first = n->at;
	if (first == USEC_NEVER)
		return;
	tv = usec_to_timeval(first > now ? first - now : 0);
	event_add(a->timer, &tv);
}

static unsigned take_due(struct vrrp_arp *a, usec_t now, struct announcement **list)
{
	struct announcement *n, *next;
	unsigned count = 0;

	for (n = TAILQ_FIRST(&a->queue); n && count < BATCH; n = next) {
		next = TAILQ_NEXT(n, entry);
		if (n->at > now)
			continue;
		TAILQ_REMOVE(&a->queue, n, entry);
		list[count++] = n;
	}
	return count;
}

void vrrp_arp_flush(struct vrrp_arp *a)
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
			free(list[--n]);
	}
	arm(a, now);
}

static void on_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	vrrp_arp_flush(arg);
}

struct vrrp_arp *vrrp_arp_new(struct event_base *base)
{
	struct vrrp_arp *a;
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
	return a;
}

void vrrp_arp_free(struct vrrp_arp *a)
{
	struct announcement *n;
	struct pace *p;

	if (!a)
		return;
	while ((n = TAILQ_FIRST(&a->queue))) {
		TAILQ_REMOVE(&a->queue, n, entry);
		free(n);
	}
	while ((p = TAILQ_FIRST(&a->paces))) {
		TAILQ_REMOVE(&a->paces, p, entry);
		free(p);
	}
	event_free(a->timer);
	close(a->fd);
	free(a);
}
