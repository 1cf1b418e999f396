/* SPDX-License-Identifier: BSD-2-Clause */
/* See listen.h. */
#include "core/base/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/base/addr.h"

#define DEFAULT_PORT 161

/* net-snmp's names for the two transports. */
static const struct transport {
	const char *name;
	enum addr_family family;
} transports[] = {
    {"udp", ADDR_IPV4},
    {"udp6", ADDR_IPV6},
    {"udpv6", ADDR_IPV6},
    {"udpipv6", ADDR_IPV6},
};

/* Skips "udp6:" and the like. */
static enum addr_family take_transport(const char **at)
{
	size_t len = strcspn(*at, ":");

	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (strlen(transports[i].name) != len ||
		    strncasecmp(*at, transports[i].name, len) != 0)
			continue;
		*at += len;
		*at += **at == ':';
		return transports[i].family;
	}
	return ADDR_NONE;
}

static bool parse_port(const char *text, unsigned *port)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < 1 || n > 65535)
		return false;
	*port = (unsigned)n;
	return true;
}

/* The host part of "10.0.0.1:161", "[::1]:161", "[::1]", ":161"; *at goes behind it. */
static bool take_host(const char **at, char host[ADDR_STRLEN])
{
	const char *begin = *at, *end;

	if (*begin == '[') {
		begin++;
		end = strchr(begin, ']');
		if (!end)
			return false;
		*at = end + 1;
	} else {
		end = begin + strcspn(begin, ":");
		*at = end;
	}
	if (end - begin >= ADDR_STRLEN)
		return false;
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	return true;
}

static bool parse_one(const char *text, struct listen_address *a)
{
	const char *at = text;
	enum addr_family family = take_transport(&at);
	char host[ADDR_STRLEN];
	struct addr addr;
	unsigned port = DEFAULT_PORT;

	if (addr_parse(&addr, at)) { /* also an IPv6 address without brackets, which has no port */
		at += strlen(at);
	} else if (parse_port(at, &port) || !*at) {
		addr = addr_any(family == ADDR_NONE ? ADDR_IPV4 : family);
		at += strlen(at);
	} else {
		if (!take_host(&at, host))
			return false;
		if (!*host)
			addr = addr_any(family == ADDR_NONE ? ADDR_IPV4 : family);
		else if (!addr_parse(&addr, host))
			return false;
		if (*at && (*at != ':' || !parse_port(at + 1, &port)))
			return false;
	}
	if (family != ADDR_NONE && addr.family != family)
		return false;
	snprintf(a->text, sizeof(a->text), "%s", text);
	a->len = addr_to_sockaddr(&addr, (uint16_t)port, &a->address);
	return a->len > 0;
}

static bool among(const struct listen_address *list, int n, const struct listen_address *a)
{
	for (int i = 0; i < n; i++)
		if (list[i].len == a->len && memcmp(&list[i].address, &a->address, a->len) == 0)
			return true;
	return false;
}

int listen_parse(
    const char *spec, struct listen_address list[LISTEN_MAX], char why[LISTEN_WHY_SIZE])
{
	char text[LISTEN_TEXT_SIZE];
	int n = 0;

	if (strcasecmp(spec, "none") == 0)
		return 0;
	for (const char *next = spec; next; n++) {
		size_t len = strcspn(next, ",");

		snprintf(text, sizeof(text), "%.*s", (int)len, next);
		if (n == LISTEN_MAX) {
			snprintf(why, LISTEN_WHY_SIZE, "more than %d addresses", LISTEN_MAX);
			return -1;
		}
		memset(&list[n], 0, sizeof(list[n]));
		if (len == 0 || len >= sizeof(text) || !parse_one(text, &list[n])) {
			snprintf(why, LISTEN_WHY_SIZE,
			    "'%s' is not [udp:|udp6:][ADDRESS][:PORT] with a numeric address",
			    text);
			return -1;
		}
		if (among(list, n, &list[n])) {
			snprintf(why, LISTEN_WHY_SIZE, "'%s' is there twice", text);
			return -1;
		}
		next = next[len] ? next + len + 1 : NULL;
	}
	return n;
}

int listen_open(const struct listen_address *a)
{
	int family = a->address.ss_family, on = 1;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd < 0)
		return -1;
	/* Answers are to leave from the address that was asked: the receiver needs to know it. */
	if ((family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))
				: setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on))) == 0 &&
	    bind(fd, (const struct sockaddr *)&a->address, a->len) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

bool listen_send(int channel, const struct listen_message *m)
{
	char kind = (char)m->kind, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov[2] = {{&kind, 1}, {(char *)(uintptr_t)m->text, strlen(m->text)}};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	struct cmsghdr *c;

	if (m->kind == LISTEN_SOCKET) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &m->fd, sizeof(int));
	}
	return sendmsg(channel, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

bool listen_receive(int channel, struct listen_message *m)
{
	char kind, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov[2] = {{&kind, 1}, {m->text, sizeof(m->text) - 1}};
	struct msghdr msg = {.msg_iov = iov,
	    .msg_iovlen = 2,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(channel, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	m->fd = -1;
	if (n <= 0) {
		errno = n ? errno : 0;
		return false;
	}
	m->text[n - 1] = '\0';
	m->kind = (enum listen_message_kind)kind;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&m->fd, CMSG_DATA(c), sizeof(int));
	return true;
}
