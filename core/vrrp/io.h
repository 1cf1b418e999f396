/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket through which the instances of one interface and address family
 * speak and listen: IP protocol 112, 224.0.0.18, TTL 255 (RFC 9568 section
 * 5.1).  One for all of them: a packet is received once, and whose it is its
 * VRID says.
 */
#ifndef VRRP_IO_H
#define VRRP_IO_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/addr.h"

struct vrrp_io;

/* Each packet, with its IPv4 header.  It must not close the socket. */
typedef void (*vrrp_io_receive)(const void *packet, size_t len, void *arg);

/* NULL and errno if a socket cannot be had on the interface (needs CAP_NET_RAW). */
struct vrrp_io *vrrp_io_open(
    struct event_base *base, const char *interface, int index, vrrp_io_receive receive, void *arg);
void vrrp_io_close(struct vrrp_io *io); /* NULL is allowed */
/* Sends a VRRP message to the multicast group.  Never blocks; false and errno if it was not sent. */
bool vrrp_io_send(struct vrrp_io *io, const struct addr *source, const void *message, size_t len);

#endif
