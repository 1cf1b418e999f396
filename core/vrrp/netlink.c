/* SPDX-License-Identifier: BSD-2-Clause */
/* See netlink.h. */
#include "core/vrrp/netlink.h"

#include <errno.h>
#include <stdlib.h>

struct nl_sock *netlink_open(int protocol, nl_recvmsg_msg_cb_t got, void *arg)
{
	struct nl_sock *s = nl_socket_alloc();
	int saved;

	if (!s)
		abort();
	nl_socket_disable_seq_check(s);
	nl_socket_disable_auto_ack(s);
	nl_socket_modify_cb(s, NL_CB_VALID, NL_CB_CUSTOM, got, arg);
	if (nl_connect(s, protocol) >= 0)
		return s;
	saved = errno;
	nl_socket_free(s);
	errno = saved;
	return NULL;
}

bool netlink_drain(struct nl_sock *s)
{
	int err;

	do {
		err = nl_recvmsgs_default(s);
	} while (err >= 0);
	return err == -NLE_AGAIN;
}
