/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that one process binds and another reads: where to listen, in snmpd.conf's agentAddress syntax,
 * and how the sockets get from the one to the other.
 *
 * The hub may bind port 161; the agent, which parses what strangers send, may not and need not.  The
 * sockets go over a pair of Unix sockets (SOCK_SEQPACKET), one message each, the descriptor beside
 * the text of the address (SCM_RIGHTS).  What could not be bound goes as a text with the reason.
 */
#ifndef BASE_LISTEN_H
#define BASE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define LISTEN_MAX 16	    /* addresses */
#define LISTEN_TEXT_SIZE 64 /* of one of them */
#define LISTEN_WHY_SIZE 200

struct listen_address {
	char text[LISTEN_TEXT_SIZE]; /* as it was written */
	struct sockaddr_storage address;
	socklen_t len;
};

/*
 * Parses "udp:161,udp6:[::1]:161": [udp:|udp6:][ADDRESS][:PORT], or PORT alone; without a transport it is
 * udp, without a port 161.  "none" is no address.  Returns how many there are; -1 with why[] if something
 * is wrong.
 */
int listen_parse(
    const char *spec, struct listen_address list[LISTEN_MAX], char why[LISTEN_WHY_SIZE]);
/* A bound UDP socket, close-on-exec and non-blocking; -1 with errno. */
int listen_open(const struct listen_address *a);

enum listen_message_kind {
	LISTEN_SOCKET = 's', /* text: the address; fd */
	LISTEN_FAILED = 'f', /* text: the address, a blank, and why it could not be bound */
	LISTEN_RELOAD = 'r', /* the administrator wants files to be read again */
};

struct listen_message {
	enum listen_message_kind kind;
	char text[LISTEN_TEXT_SIZE + LISTEN_WHY_SIZE];
	int fd; /* of LISTEN_SOCKET: the receiver's to close; else -1 */
};

/* False with errno; nothing here waits. */
bool listen_send(int channel, const struct listen_message *m);
/* False with errno; 0: the other end is gone. */
bool listen_receive(int channel, struct listen_message *m);

#endif
