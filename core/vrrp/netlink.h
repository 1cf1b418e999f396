/* SPDX-License-Identifier: BSD-2-Clause */
/* Netlink sockets as this process uses them: notifications and answers in the order in which they come. */
#ifndef VRRP_NETLINK_H
#define VRRP_NETLINK_H

#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>

/*
 * A connected socket without acknowledgements; got() is told each message that nl_recvmsgs_default() reads.
 * protocol: NETLINK_ROUTE...  NULL and errno if there is none.  To be freed with nl_socket_free().
 */
struct nl_sock *netlink_open(int protocol, nl_recvmsg_msg_cb_t got, void *arg);
/* Reads all that is there, of a socket that does not block; false if the kernel had more and lost it. */
bool netlink_drain(struct nl_sock *s);

#endif
