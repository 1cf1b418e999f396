/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket through which the instances of one interface and address family
 * speak and listen: IP protocol 112, 224.0.0.18 or ff02::12, TTL or hop limit
 * 255 (RFC 9568 sections 5.1 and 5.2).  One for all of them: a packet is
 * received once, and whose it is its VRID says.
 */
#ifndef VRRP_IO_H
#define VRRP_IO_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/addr.h"

struct vrrp_io;

/* A packet as the kernel gives it: IPv4 with its header, IPv6 without. */
struct vrrp_datagram {
	const void *data;
	size_t len;
	/* IPv6; of IPv4, the header has them. */
	struct addr source, destination;
	uint8_t ttl;
};

/* It must not close the socket. */
typedef void (*vrrp_io_receive)(const struct vrrp_datagram *d, void *arg);

/*
 * protocol: VRRP_IP_PROTOCOL; with VRRP_AH_PROTOCOL it is the socket of IPv4 packets with an authentication
 * header: each is sent with its IP header, by vrrp_io_send_packet().
 * only_from: a source MAC address, packets of others are not received; NULL: all are.
 * NULL and errno if a socket cannot be had on the interface (needs CAP_NET_RAW).
 */
struct vrrp_io *vrrp_io_open(struct event_base *base, enum addr_family family, int protocol,
    const char *interface, int index, const uint8_t *only_from, vrrp_io_receive receive, void *arg);
/* A member of one more multicast group, or not any more; it may be one already.  False and errno: it cannot be. */
bool vrrp_io_join(struct vrrp_io *io, const struct addr *group);
void vrrp_io_leave(struct vrrp_io *io, const struct addr *group);
void vrrp_io_close(struct vrrp_io *io); /* NULL is allowed */
/*
 * Sends a VRRP message to a multicast group or a peer.  Never blocks; false and errno if it was not
 * sent.
 */
bool vrrp_io_send(struct vrrp_io *io, const struct addr *source, const struct addr *destination,
    uint8_t ttl, const void *message, size_t len);
/* The same for a whole IPv4 packet. */
bool vrrp_io_send_packet(
    struct vrrp_io *io, const struct addr *destination, const void *packet, size_t len);

#endif
