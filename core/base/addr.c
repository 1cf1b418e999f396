/* SPDX-License-Identifier: BSD-2-Clause */
/* See addr.h. */
#include "core/base/addr.h"

#include <arpa/inet.h>
#include <string.h>

size_t addr_len(const struct addr *a)
{
	return a->family == ADDR_IPV4 ? 4 : a->family == ADDR_IPV6 ? 16 : 0;
}

int addr_af(const struct addr *a)
{
	return a->family == ADDR_IPV4 ? AF_INET : a->family == ADDR_IPV6 ? AF_INET6 : AF_UNSPEC;
}

struct addr addr_from_bytes(const void *bytes, size_t len)
{
	struct addr a = {ADDR_NONE, {0}};

	if (len != 4 && len != 16)
		return a;
	a.family = len == 4 ? ADDR_IPV4 : ADDR_IPV6;
	memcpy(a.bytes, bytes, len);
	return a;
}

struct addr addr_from_ipv4(struct in_addr in)
{
	return addr_from_bytes(&in, sizeof(in));
}

struct addr addr_from_ipv6(const struct in6_addr *in6)
{
	return addr_from_bytes(in6, sizeof(*in6));
}

struct addr addr_any(enum addr_family family)
{
	return (struct addr){(uint8_t)family, {0}};
}

bool addr_parse(struct addr *a, const char *text)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		*a = addr_from_bytes(bytes, 4);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*a = addr_from_bytes(bytes, 16);
	else
		return false;
	return true;
}

char *addr_format(const struct addr *a, char buf[ADDR_STRLEN])
{
	buf[0] = '\0';
	if (addr_is_set(a))
		inet_ntop(addr_af(a), a->bytes, buf, ADDR_STRLEN);
	return buf;
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, addr_len(a));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_cmp(a, b) == 0;
}

bool addr_is_set(const struct addr *a)
{
	return a->family == ADDR_IPV4 || a->family == ADDR_IPV6;
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return addr_is_set(a) && memcmp(a->bytes, zero, addr_len(a)) == 0;
}

bool addr_is_multicast(const struct addr *a)
{
	return a->family == ADDR_IPV4	? (a->bytes[0] & 0xf0) == 0xe0
	       : a->family == ADDR_IPV6 ? a->bytes[0] == 0xff
					: false;
}

bool addr_is_link_local(const struct addr *a)
{
	return a->family == ADDR_IPV6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

socklen_t addr_to_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (a->family == ADDR_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->bytes, 4);
		return sizeof(*in);
	}
	if (a->family == ADDR_IPV6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, a->bytes, 16);
		return sizeof(*in6);
	}
	return 0;
}

bool addr_from_sockaddr(struct addr *a, uint16_t *port, const struct sockaddr *sa)
{
	uint16_t p;

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		*a = addr_from_ipv4(in->sin_addr);
		p = ntohs(in->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

		*a = addr_from_ipv6(&in6->sin6_addr);
		p = ntohs(in6->sin6_port);
	} else {
		return false;
	}
	if (port)
		*port = p;
	return true;
}
