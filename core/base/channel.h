/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A channel: messages over a SOCK_SEQPACKET socket, one message a packet.
 *
 * A packet is { u32 type, u32 length of the whole packet } and a body; a packet whose length is not
 * what was received is an error, and so is one longer than CHANNEL_MAX.  Sending never blocks: what the
 * socket does not take is queued up to a limit.
 */
#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/wire.h"

#define CHANNEL_MAX 32768 /* bytes of a packet, header included */
#define CHANNEL_HEADER 8

struct channel;

struct channel_ops {
	/* One packet; body is only valid during the call.  The channel may be freed in it. */
	void (*packet)(struct channel *ch, uint32_t type, struct wire *body, void *arg);
	/* The other side is gone, or broke the rules (why in words).  Called once; then free the channel. */
	void (*closed)(struct channel *ch, const char *why, void *arg);
	/* The queue became empty after it was not.  May be NULL. */
	void (*drained)(struct channel *ch, void *arg);
};

/* Takes the socket (it is made non-blocking and closed by channel_free()). */
struct channel *channel_new(
    struct event_base *base, int fd, const struct channel_ops *ops, void *arg);
void channel_free(struct channel *ch);
int channel_fd(const struct channel *ch);

/*
 * Building a message: channel_begin() gives a cursor for the body in a buffer of the channel,
 * channel_send() sends it.  False if the queue's limit is reached or the body did not fit; the
 * message is then not sent.
 */
struct wire *channel_begin(struct channel *ch, uint32_t type);
bool channel_send(struct channel *ch);
/* Bytes queued, and their limit (default 1 MB). */
size_t channel_queued(const struct channel *ch);
void channel_set_limit(struct channel *ch, size_t bytes);
/* What is queued is lost.  ops->drained() is called when the socket takes packets again. */
void channel_drop_queue(struct channel *ch);
/*
 * Blocks until one packet of `type` came (packets before it are kept and delivered later by the event
 * loop), at most timeout.  Calls ops->packet() for it and returns true.
 */
bool channel_wait(struct channel *ch, uint32_t type, uint64_t timeout_usec);
/* Delivers the packets that were kept, now. */
void channel_catch_up(struct channel *ch);
/*
 * Delivers all that the other side has sent: for one that has ended.  closed() is called as always, so the
 * channel may be gone then.
 */
void channel_drain(struct channel *ch);
/* Tries to write the whole queue, blocking at most timeout. */
bool channel_flush(struct channel *ch, uint64_t timeout_usec);

#endif
