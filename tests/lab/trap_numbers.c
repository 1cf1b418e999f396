/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap-numbers PORT: takes SNMPv2 traps on a UDP port and writes the event number of each, a line each, to
 * standard output.  snmptrapd decodes them and cannot keep up with a burst; this only looks for the
 * encoded name of drctEventNumber, whose instance is the number, and has a large buffer.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "agent/object.h"

#define BUFFER (128 << 20)

/* BER (X.690 section 8.19): arcs in groups of seven bits. */
static size_t put_arc(uint8_t *to, arc a)
{
	size_t n = 1;

	for (arc rest = a >> 7; rest; rest >>= 7)
		n++;
	for (size_t i = n; i > 0; i--, a >>= 7)
		to[i - 1] = (uint8_t)((a & 127) | (i < n ? 128 : 0));
	return n;
}

/* The name without the instance. */
static size_t encode_name(uint8_t *to)
{
	const struct table *t = &tables[TABLE_event_log];
	const struct object *o = object_of(t, table_column(t, "number"), PART_VALUE);
	arc name[OID_MAX];
	size_t n = object_root(name), len;

	memcpy(name + n, o->name, o->len * sizeof(*name));
	n += o->len;
	len = put_arc(to, name[0] * 40 + name[1]);
	for (size_t i = 2; i < n; i++)
		len += put_arc(to + len, name[i]);
	return len;
}

static unsigned long number_at(const uint8_t *p, const uint8_t *end)
{
	unsigned long n = 0;

	for (; p < end; p++) {
		n = n << 7 | (*p & 127u);
		if (*p < 128)
			break;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	uint8_t name[5 * OID_MAX], trap[65536];
	size_t len = encode_name(name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = BUFFER;
	ssize_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: trap-numbers PORT\n");
		return 2;
	}
	sin.sin_port = htons((uint16_t)atoi(argv[1]));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0) {
		perror("trap-numbers");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((n = recv(fd, trap, sizeof(trap), 0)) >= 0) {
		const uint8_t *at = memmem(trap, (size_t)n, name, len);

		if (at) /* else it is one of snmpd's own */
			printf("%lu\n", number_at(at + len, trap + n));
	}
	return 1;
}
