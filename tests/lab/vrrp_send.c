/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vrrp-send SOURCE VIP VRID PRIORITY COUNT [FAULT]: sends VRRP advertisements of version 2, as fast as it
 * can, from the interface with the address SOURCE.  FAULT: what is wrong with them: checksum, ttl, version
 * or interval.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "core/vrrp/packet.h"

static int die(const char *what)
{
	perror(what);
	return 1;
}

static int open_socket(const struct addr *source, int ttl)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, VRRP_IP_PROTOCOL);
	struct in_addr interface;

	memcpy(&interface, source->bytes, sizeof(interface));
	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof(interface)) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) < 0)
		exit(die("socket"));
	return fd;
}

int main(int argc, char **argv)
{
	const char *fault = argc > 6 ? argv[6] : "";
	struct addr source, vip, group = vrrp_packet_group(ADDR_IPV4);
	struct vrrp_config c = {.family = ADDR_IPV4,
	    .version = strcmp(fault, "version") == 0 ? 3 : 2,
	    .interval = (strcmp(fault, "interval") == 0 ? 9 : 1) * USEC_PER_SEC,
	    .addresses = &vip,
	    .naddresses = 1};
	struct sockaddr_storage to;
	uint8_t message[VRRP_PACKET_MAX];
	socklen_t to_len;
	size_t len;
	int fd;

	if (argc < 6 || !addr_parse(&source, argv[1]) || !addr_parse(&vip, argv[2])) {
		fprintf(stderr, "usage: vrrp-send SOURCE VIP VRID PRIORITY COUNT [FAULT]\n");
		return 2;
	}
	c.vrid = (uint8_t)atoi(argv[3]);
	len = vrrp_packet_build(
	    message, sizeof(message), &c, (uint8_t)atoi(argv[4]), &source, &group);
	if (strcmp(fault, "checksum") == 0)
		message[7] ^= 1;
	fd = open_socket(&source, strcmp(fault, "ttl") == 0 ? 64 : VRRP_TTL);
	to_len = addr_to_sockaddr(&group, 0, &to);
	for (int n = atoi(argv[5]); n > 0; n--)
		if (sendto(fd, message, len, 0, (struct sockaddr *)&to, to_len) != (ssize_t)len)
			return die("sendto");
	return 0;
}
