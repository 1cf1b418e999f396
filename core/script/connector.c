/* SPDX-License-Identifier: BSD-2-Clause */
/* See connector.h. */
#include "core/script/connector.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Some ten thousand events. */
#define RECEIVE_BUFFER (1024 * 1024)

/* The kernel has fewer levels of alignment here than C: everything is put at its place by copying. */
static bool ask(int fd)
{
	char buf[NLMSG_SPACE(sizeof(struct cn_msg) + sizeof(uint32_t))] = {0};
	struct nlmsghdr h = {.nlmsg_len = sizeof(buf), .nlmsg_type = NLMSG_DONE};
	struct cn_msg m = {
	    .id = {CN_IDX_PROC, CN_VAL_PROC}, .ack = (uint32_t)getpid(), .len = sizeof(uint32_t)};
	uint32_t op = PROC_CN_MCAST_LISTEN;

	memcpy(buf, &h, sizeof(h));
	memcpy(buf + NLMSG_HDRLEN, &m, sizeof(m));
	memcpy(buf + NLMSG_HDRLEN + sizeof(m), &op, sizeof(op));
	return send(fd, buf, sizeof(buf), 0) == (ssize_t)sizeof(buf);
}

int connector_open(char why[100])
{
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	int size = RECEIVE_BUFFER;

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		if (bind(fd, (struct sockaddr *)(void *)&a, sizeof(a)) == 0 && ask(fd))
			return fd;
	}
	snprintf(why, 100, "%s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* False: it is of no interest. */
static bool read_event(const struct proc_event *p, struct connector_event *e)
{
	pid_t thread;

	switch ((unsigned)p->what) {
	case PROC_EVENT_NONE:
		e->kind = CONNECTOR_ANSWER;
		e->error = (int)p->event_data.ack.err;
		return true;
	case PROC_EVENT_FORK:
		e->kind = CONNECTOR_FORK;
		e->pid = p->event_data.fork.child_tgid;
		e->parent = p->event_data.fork.parent_tgid;
		thread = p->event_data.fork.child_pid;
		break;
	case PROC_EVENT_EXEC:
		e->kind = CONNECTOR_EXEC;
		e->pid = p->event_data.exec.process_tgid;
		thread = p->event_data.exec.process_pid;
		break;
	case PROC_EVENT_COMM:
		e->kind = CONNECTOR_NAME;
		e->pid = p->event_data.comm.process_tgid;
		thread = p->event_data.comm.process_pid;
		memcpy(e->name, p->event_data.comm.comm, sizeof(e->name) - 1);
		break;
	case PROC_EVENT_EXIT:
		e->kind = CONNECTOR_EXIT;
		e->pid = p->event_data.exit.process_tgid;
		thread = p->event_data.exit.process_pid;
		break;
	default: /* the kernel's enumeration, which grows */
		return false;
	}
	return thread == e->pid;
}

static void parse_one(
    const char *data, size_t n, void (*take)(const struct connector_event *e, void *arg), void *arg)
{
	struct connector_event e = {.pid = 0};
	struct proc_event p = {.what = PROC_EVENT_NONE};
	struct cn_msg m;

	if (n < sizeof(m))
		return;
	memcpy(&m, data, sizeof(m));
	n -= sizeof(m);
	if (m.id.idx != CN_IDX_PROC || m.id.val != CN_VAL_PROC || m.len > n)
		return;
	memcpy(&p, data + sizeof(m), m.len < sizeof(p) ? m.len : sizeof(p));
	/* all who listen hear the answers to all, which have what was asked with, and one more */
	if (read_event(&p, &e) && (e.kind != CONNECTOR_ANSWER || m.ack == (uint32_t)getpid() + 1))
		take(&e, arg);
}

void connector_parse(
    const char *buf, size_t n, void (*take)(const struct connector_event *e, void *arg), void *arg)
{
	while (n >= NLMSG_HDRLEN) {
		struct nlmsghdr h;
		size_t step;

		memcpy(&h, buf, sizeof(h));
		if (h.nlmsg_len < NLMSG_HDRLEN || h.nlmsg_len > n)
			return;
		if (h.nlmsg_type == NLMSG_DONE)
			parse_one(buf + NLMSG_HDRLEN, h.nlmsg_len - NLMSG_HDRLEN, take, arg);
		step = NLMSG_ALIGN(h.nlmsg_len);
		if (step >= n)
			return;
		buf += step;
		n -= step;
	}
}
