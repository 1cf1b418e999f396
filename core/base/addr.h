/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An IPv4 or IPv6 address, or none.
 *
 * Values of this type are plain data: they are copied, compared and kept in
 * rows.  Bytes behind the family's length are always zero, so that two equal
 * addresses are equal bytes.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* The numbers are those of InetAddressType (RFC 4001). */
enum addr_family { ADDR_NONE = 0, ADDR_IPV4 = 1, ADDR_IPV6 = 2 };

struct addr {
	uint8_t family;	   /* enum addr_family */
	uint8_t bytes[16]; /* network order */
};

#define ADDR_STRLEN 46 /* INET6_ADDRSTRLEN */

/* Length of the address in bytes: 0, 4 or 16. */
size_t addr_len(const struct addr *a);
/* AF_UNSPEC, AF_INET or AF_INET6. */
int addr_af(const struct addr *a);
struct addr addr_from_ipv4(struct in_addr in);
struct addr addr_from_ipv6(const struct in6_addr *in6);
/* From raw network-order bytes; len must be 0, 4 or 16, else ADDR_NONE is returned. */
struct addr addr_from_bytes(const void *bytes, size_t len);
/* The unspecified address of a family (0.0.0.0 or ::). */
struct addr addr_any(enum addr_family family);
/* Parses exactly one numeric address.  False, and *a untouched, if text is none. */
bool addr_parse(struct addr *a, const char *text);
/* Writes the address ("" for none) into buf of ADDR_STRLEN bytes and returns buf. */
char *addr_format(const struct addr *a, char buf[ADDR_STRLEN]);
/* Order: family, then bytes as unsigned (the order of SNMP indexes). */
int addr_cmp(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_set(const struct addr *a);
bool addr_is_any(const struct addr *a); /* 0.0.0.0 or :: */
bool addr_is_multicast(const struct addr *a);
bool addr_is_link_local(const struct addr *a); /* fe80::/10 */
/* Fills a socket address; port in host order.  Returns its length (0 for none). */
socklen_t addr_to_sockaddr(const struct addr *a, uint16_t port, struct sockaddr_storage *ss);
/* Reads address and (if port != NULL) port in host order.  False for other families. */
bool addr_from_sockaddr(struct addr *a, uint16_t *port, const struct sockaddr *sa);

#endif
