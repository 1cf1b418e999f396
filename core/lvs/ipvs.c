/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See ipvs.h.  The format is that of linux/ip_vs.h, which is silent about byte
 * order: ports (but those of the sync daemon) and the IPv4 netmask are in
 * network order, all other numbers, the IPv6 netmask (a prefix length) among
 * them, in the host's.
 */
#include "core/lvs/ipvs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel fills packets of at most 32 KiB in a dump, and only if the reader has room for them. */
#define RECEIVE_SIZE 65536
/*
 * Operations in one packet.  If all of them fail, their errors have to fit into the socket's
 * receive buffer, which by default holds some 200 of them.
 */
#define BATCH_OPS 128
#define BATCH_SIZE (BATCH_OPS * 256)
#define RECEIVE_BUFFER (1 << 20)
/* The kernel answers at once; without an answer after this long there will be none. */
#define ANSWER_SECONDS 10

struct ipvs {
	struct nl_sock *sock;
	int family;
	uint32_t seq;
	char in[RECEIVE_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	char out[BATCH_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* ------------------------------------------------------------------ connection */

static int resolve(struct ipvs *c)
{
	int err = genl_connect(c->sock);

	if (err < 0)
		return -EPROTONOSUPPORT;
	/* The kernel loads the module net-pf-16-proto-16-family-IPVS when it does not know the name. */
	c->family = genl_ctrl_resolve(c->sock, IPVS_GENL_NAME);
	if (c->family == -NLE_PERM)
		return -EPERM;
	return c->family < 0 ? -EPROTONOSUPPORT : 0;
}

static int socket_options(int fd)
{
	struct timeval patience = {ANSWER_SECONDS, 0};
	int on = 1, size = RECEIVE_BUFFER;

	/* Errors without a copy of the request; kernels before 4.3 do not know it and need no more room. */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* The default is enough for BATCH_OPS; more is welcome. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ? -errno
											: 0;
}

int ipvs_open(struct ipvs **out)
{
	struct ipvs *c = calloc(1, sizeof(*c));
	struct ipvs_info info;
	int err;

	if (!c)
		return -ENOMEM;
	c->sock = nl_socket_alloc();
	err = c->sock ? resolve(c) : -ENOMEM;
	if (err == 0)
		err = socket_options(nl_socket_get_fd(c->sock));
	if (err == 0) /* anybody may resolve the family, but not ask it */
		err = ipvs_get_info(c, &info);
	if (err < 0) {
		ipvs_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void ipvs_close(struct ipvs *c)
{
	if (!c)
		return;
	nl_socket_free(c->sock);
	free(c);
}

/* --------------------------------------------------------------------- sending */

static struct nl_msg *message(struct ipvs *c, uint8_t command, int flags)
{
	struct nl_msg *m = nlmsg_alloc_size(512);

	if (!m)
		return NULL;
	if (!genlmsg_put(m, 0, ++c->seq, c->family, 0, flags, command, IPVS_GENL_VERSION)) {
		nlmsg_free(m);
		return NULL;
	}
	return m;
}

static int send_bytes(struct ipvs *c, void *bytes, size_t len)
{
	ssize_t n;

	do {
		n = nl_sendto(c->sock, bytes, len);
	} while (n == -NLE_INTR);
	return n >= 0 ? 0 : n == -NLE_PERM ? -EPERM : n == -NLE_NOMEM ? -ENOMEM : -EIO;
}

/* Takes the message over. */
static int send_message(struct ipvs *c, struct nl_msg *m)
{
	struct nlmsghdr *h = nlmsg_hdr(m);
	int err = send_bytes(c, h, h->nlmsg_len);

	nlmsg_free(m);
	return err;
}

/* The kernel wants 16 bytes of address whatever the family. */
static int put_addr(struct nl_msg *m, int attr, const struct addr *a)
{
	return nla_put(m, attr, sizeof(a->bytes), a->bytes);
}

/* nla_put_*() return 0 or less: one error makes the sum less than 0. */
static int put_key(struct nl_msg *m, const struct ipvs_key *key)
{
	int err = nla_put_u16(m, IPVS_SVC_ATTR_AF, (uint16_t)addr_af(&key->addr));

	if (key->fwmark)
		return err + nla_put_u32(m, IPVS_SVC_ATTR_FWMARK, key->fwmark);
	err += nla_put_u16(m, IPVS_SVC_ATTR_PROTOCOL, key->protocol);
	err += put_addr(m, IPVS_SVC_ATTR_ADDR, &key->addr);
	return err + nla_put_u16(m, IPVS_SVC_ATTR_PORT, htons(key->port));
}

static int put_service_values(struct nl_msg *m, const struct ipvs_service *s)
{
	struct ip_vs_flags flags = {s->flags & IPVS_SERVICE_FLAGS, IPVS_SERVICE_FLAGS};
	uint32_t netmask = s->key.addr.family == ADDR_IPV4 ? htonl(s->netmask) : s->netmask;
	int err = nla_put_string(m, IPVS_SVC_ATTR_SCHED_NAME, s->scheduler);

	/* Without the attribute SET removes the engine. */
	if (s->engine[0])
		err += nla_put_string(m, IPVS_SVC_ATTR_PE_NAME, s->engine);
	err += nla_put(m, IPVS_SVC_ATTR_FLAGS, sizeof(flags), &flags);
	err += nla_put_u32(m, IPVS_SVC_ATTR_TIMEOUT, s->timeout);
	return err + nla_put_u32(m, IPVS_SVC_ATTR_NETMASK, netmask);
}

/* Older kernels do not know ADDR_FAMILY: it is only sent when the family is not the service's. */
static int put_dest_key(struct nl_msg *m, const struct ipvs_service *s, const struct ipvs_dest *d)
{
	int err = put_addr(m, IPVS_DEST_ATTR_ADDR, &d->addr);

	if (d->addr.family != s->key.addr.family)
		err += nla_put_u16(m, IPVS_DEST_ATTR_ADDR_FAMILY, (uint16_t)addr_af(&d->addr));
	return err + nla_put_u16(m, IPVS_DEST_ATTR_PORT, htons(d->port));
}

static int put_dest_values(struct nl_msg *m, const struct ipvs_dest *d)
{
	int err = nla_put_u32(m, IPVS_DEST_ATTR_FWD_METHOD, d->forward);

	err += nla_put_u32(m, IPVS_DEST_ATTR_WEIGHT, (uint32_t)d->weight);
	err += nla_put_u32(m, IPVS_DEST_ATTR_U_THRESH, d->upper);
	err += nla_put_u32(m, IPVS_DEST_ATTR_L_THRESH, d->lower);
	err += nla_put_u8(m, IPVS_DEST_ATTR_TUN_TYPE, d->tunnel_type);
	err += nla_put_u16(m, IPVS_DEST_ATTR_TUN_PORT, htons(d->tunnel_port));
	return err + nla_put_u16(m, IPVS_DEST_ATTR_TUN_FLAGS, d->tunnel_flags);
}

static int put_service(struct nl_msg *m, const struct ipvs_service *s, bool values)
{
	struct nlattr *nest = nla_nest_start(m, IPVS_CMD_ATTR_SERVICE);
	int err = nest ? put_key(m, &s->key) : -NLE_NOMEM;

	if (err == 0 && values)
		err = put_service_values(m, s);
	return err ? err : nla_nest_end(m, nest);
}

static int put_dest(
    struct nl_msg *m, const struct ipvs_service *s, const struct ipvs_dest *d, bool values)
{
	struct nlattr *nest = nla_nest_start(m, IPVS_CMD_ATTR_DEST);
	int err = nest ? put_dest_key(m, s, d) : -NLE_NOMEM;

	if (err == 0 && values)
		err = put_dest_values(m, d);
	return err ? err : nla_nest_end(m, nest);
}

/* ------------------------------------------------------------------- receiving */

typedef void (*on_reply)(const struct nlmsghdr *h, void *arg);

static ssize_t receive(struct ipvs *c)
{
	ssize_t n;

	do {
		n = recv(nl_socket_get_fd(c->sock), c->in, sizeof(c->in), MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return n == 0 ? -EIO : n > (ssize_t)sizeof(c->in) ? -EMSGSIZE : n;
}

/* The errno of an acknowledgement, error or end of dump: 0 or negative. */
static int reply_status(struct nlmsghdr *h)
{
	int status;

	if (nlmsg_datalen(h) < (int)sizeof(status))
		return h->nlmsg_type == NLMSG_DONE ? 0 : -EPROTO;
	memcpy(&status, nlmsg_data(h), sizeof(status));
	return status;
}

/* Hands the replies to the last request to row, until acknowledgement, error or end of dump. */
static int receive_replies(struct ipvs *c, on_reply row, void *arg)
{
	for (;;) {
		ssize_t n = receive(c);
		int left = (int)n;

		if (n < 0)
			return (int)n;
		for (struct nlmsghdr *h = (struct nlmsghdr *)c->in; nlmsg_ok(h, left);
		     h = nlmsg_next(h, &left)) {
			if (h->nlmsg_seq != c->seq)
				continue; /* left over from a request that was given up */
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
				return reply_status(h);
			if (h->nlmsg_type == c->family)
				row(h, arg);
		}
	}
}

/* Sends a request and reads its replies to the end. */
static int query(struct ipvs *c, struct nl_msg *m, on_reply row, void *arg)
{
	int err = m ? send_message(c, m) : -ENOMEM;

	return err < 0 ? err : receive_replies(c, row, arg);
}

static uint64_t number(struct nlattr *const *attrs, int which)
{
	const struct nlattr *a = attrs[which];

	if (!a)
		return 0;
	return nla_len(a) == 8	 ? nla_get_u64(a)
	       : nla_len(a) == 4 ? nla_get_u32(a)
	       : nla_len(a) == 2 ? nla_get_u16(a)
	       : nla_len(a) == 1 ? nla_get_u8(a)
				 : 0;
}

static uint16_t port_number(struct nlattr *const *attrs, int which)
{
	return ntohs((uint16_t)number(attrs, which));
}

static void read_text(char *buf, size_t size, const struct nlattr *a)
{
	if (a)
		nla_strlcpy(buf, a, size);
}

/* The attributes inside of one, by number; false if it is malformed or missing. */
static bool open_nest(struct nlattr **attrs, int max, struct nlattr *nest)
{
	return nest && nla_parse_nested(attrs, max, nest, NULL) >= 0;
}

static void read_stats(struct ipvs_stats *s, struct nlattr *wide, struct nlattr *narrow)
{
	struct nlattr *a[IPVS_STATS_ATTR_MAX + 1];

	/* The older one has 32 bits where it counts. */
	if (!open_nest(a, IPVS_STATS_ATTR_MAX, wide ? wide : narrow))
		return;
	s->connections = number(a, IPVS_STATS_ATTR_CONNS);
	s->packets_in = number(a, IPVS_STATS_ATTR_INPKTS);
	s->packets_out = number(a, IPVS_STATS_ATTR_OUTPKTS);
	s->bytes_in = number(a, IPVS_STATS_ATTR_INBYTES);
	s->bytes_out = number(a, IPVS_STATS_ATTR_OUTBYTES);
	s->connection_rate = number(a, IPVS_STATS_ATTR_CPS);
	s->packet_rate_in = number(a, IPVS_STATS_ATTR_INPPS);
	s->packet_rate_out = number(a, IPVS_STATS_ATTR_OUTPPS);
	s->byte_rate_in = number(a, IPVS_STATS_ATTR_INBPS);
	s->byte_rate_out = number(a, IPVS_STATS_ATTR_OUTBPS);
}

static struct addr read_addr(uint64_t af, const struct nlattr *a)
{
	size_t len = af == AF_INET ? 4 : 16;

	if (!a || (size_t)nla_len(a) < len)
		return addr_any(af == AF_INET ? ADDR_IPV4 : ADDR_IPV6);
	return addr_from_bytes(nla_data(a), len);
}

static void read_key(struct ipvs_key *key, struct nlattr *const *a)
{
	key->addr = read_addr(number(a, IPVS_SVC_ATTR_AF), a[IPVS_SVC_ATTR_ADDR]);
	key->fwmark = (uint32_t)number(a, IPVS_SVC_ATTR_FWMARK);
	if (key->fwmark)
		return;
	key->protocol = (uint8_t)number(a, IPVS_SVC_ATTR_PROTOCOL);
	key->port = port_number(a, IPVS_SVC_ATTR_PORT);
}

static void read_service(struct ipvs_service *s, struct nlattr *const *a)
{
	struct ip_vs_flags flags = {0, 0};

	read_key(&s->key, a);
	read_text(s->scheduler, sizeof(s->scheduler), a[IPVS_SVC_ATTR_SCHED_NAME]);
	read_text(s->engine, sizeof(s->engine), a[IPVS_SVC_ATTR_PE_NAME]);
	if (a[IPVS_SVC_ATTR_FLAGS])
		nla_memcpy(&flags, a[IPVS_SVC_ATTR_FLAGS], sizeof(flags));
	s->flags = flags.flags & IPVS_SERVICE_FLAGS;
	s->timeout = (uint32_t)number(a, IPVS_SVC_ATTR_TIMEOUT);
	s->netmask = (uint32_t)number(a, IPVS_SVC_ATTR_NETMASK);
	if (s->key.addr.family == ADDR_IPV4)
		s->netmask = ntohl(s->netmask);
	read_stats(&s->stats, a[IPVS_SVC_ATTR_STATS64], a[IPVS_SVC_ATTR_STATS]);
}

static void on_service(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *top[IPVS_CMD_ATTR_MAX + 1], *a[IPVS_SVC_ATTR_MAX + 1];
	struct ipvs_service s = {.count = 0};

	if (genlmsg_parse((struct nlmsghdr *)h, 0, top, IPVS_CMD_ATTR_MAX, NULL) < 0 ||
	    !open_nest(a, IPVS_SVC_ATTR_MAX, top[IPVS_CMD_ATTR_SERVICE]))
		return;
	read_service(&s, a);
	ipvs_table_add_service(arg, &s);
}

static void read_dest(struct ipvs_dest *d, struct nlattr *const *a, int service_af)
{
	/* Kernels before 3.18 do not name the family: it is the service's. */
	uint64_t af = a[IPVS_DEST_ATTR_ADDR_FAMILY] ? number(a, IPVS_DEST_ATTR_ADDR_FAMILY)
						    : (uint64_t)service_af;

	d->addr = read_addr(af, a[IPVS_DEST_ATTR_ADDR]);
	d->port = port_number(a, IPVS_DEST_ATTR_PORT);
	d->forward = number(a, IPVS_DEST_ATTR_FWD_METHOD) & IP_VS_CONN_F_FWD_MASK;
	d->weight = (int32_t)number(a, IPVS_DEST_ATTR_WEIGHT);
	d->upper = (uint32_t)number(a, IPVS_DEST_ATTR_U_THRESH);
	d->lower = (uint32_t)number(a, IPVS_DEST_ATTR_L_THRESH);
	d->tunnel_type = (uint8_t)number(a, IPVS_DEST_ATTR_TUN_TYPE);
	d->tunnel_port = port_number(a, IPVS_DEST_ATTR_TUN_PORT);
	d->tunnel_flags = (uint16_t)number(a, IPVS_DEST_ATTR_TUN_FLAGS);
	d->active = (uint32_t)number(a, IPVS_DEST_ATTR_ACTIVE_CONNS);
	d->inactive = (uint32_t)number(a, IPVS_DEST_ATTR_INACT_CONNS);
	d->persistent = (uint32_t)number(a, IPVS_DEST_ATTR_PERSIST_CONNS);
	read_stats(&d->stats, a[IPVS_DEST_ATTR_STATS64], a[IPVS_DEST_ATTR_STATS]);
}

struct dest_dump {
	struct ipvs_table *table;
	int service_af;
};

static void on_dest(const struct nlmsghdr *h, void *arg)
{
	struct dest_dump *dump = arg;
	struct nlattr *top[IPVS_CMD_ATTR_MAX + 1], *a[IPVS_DEST_ATTR_MAX + 1];
	struct ipvs_dest d = {.port = 0};

	if (genlmsg_parse((struct nlmsghdr *)h, 0, top, IPVS_CMD_ATTR_MAX, NULL) < 0 ||
	    !open_nest(a, IPVS_DEST_ATTR_MAX, top[IPVS_CMD_ATTR_DEST]))
		return;
	read_dest(&d, a, dump->service_af);
	ipvs_table_add_dest(dump->table, &d);
}

/* Adds the service without counters' loss to the table, then its destinations. */
static int dump_dests(struct ipvs *c, struct ipvs_table *t, const struct ipvs_service *s)
{
	struct nl_msg *m = message(c, IPVS_CMD_GET_DEST, NLM_F_REQUEST | NLM_F_DUMP);
	struct dest_dump dump = {t, addr_af(&s->key.addr)};

	ipvs_table_add_service(t, s);
	if (m && put_service(m, s, false) < 0) {
		nlmsg_free(m);
		return -ENOMEM;
	}
	return query(c, m, on_dest, &dump);
}

/* The kernel can't dump all destinations at once, nor two services' at a time on one socket. */
int ipvs_dump(struct ipvs *c, struct ipvs_table *t)
{
	struct ipvs_table services = {.n_services = 0};
	int err;

	t->n_services = t->n_dests = 0;
	err = query(
	    c, message(c, IPVS_CMD_GET_SERVICE, NLM_F_REQUEST | NLM_F_DUMP), on_service, &services);
	for (size_t i = 0; i < services.n_services && err == 0; i++)
		err = dump_dests(c, t, &services.services[i]);
	ipvs_table_clear(&services);
	ipvs_table_sort(t);
	return err;
}

static void on_info(const struct nlmsghdr *h, void *arg)
{
	struct ipvs_info *info = arg;
	struct nlattr *a[IPVS_INFO_ATTR_MAX + 1];

	if (genlmsg_parse((struct nlmsghdr *)h, 0, a, IPVS_INFO_ATTR_MAX, NULL) < 0)
		return;
	info->version = (uint32_t)number(a, IPVS_INFO_ATTR_VERSION);
	info->connection_buckets = (uint32_t)number(a, IPVS_INFO_ATTR_CONN_TAB_SIZE);
}

/* With an acknowledgement behind the reply, there is one way to see the end. */
int ipvs_get_info(struct ipvs *c, struct ipvs_info *info)
{
	memset(info, 0, sizeof(*info));
	return query(c, message(c, IPVS_CMD_GET_INFO, NLM_F_REQUEST | NLM_F_ACK), on_info, info);
}

static void on_timeouts(const struct nlmsghdr *h, void *arg)
{
	struct ipvs_timeouts *t = arg;
	struct nlattr *a[IPVS_CMD_ATTR_MAX + 1];

	if (genlmsg_parse((struct nlmsghdr *)h, 0, a, IPVS_CMD_ATTR_MAX, NULL) < 0)
		return;
	t->tcp = (uint32_t)number(a, IPVS_CMD_ATTR_TIMEOUT_TCP);
	t->tcp_fin = (uint32_t)number(a, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN);
	t->udp = (uint32_t)number(a, IPVS_CMD_ATTR_TIMEOUT_UDP);
}

int ipvs_get_timeouts(struct ipvs *c, struct ipvs_timeouts *t)
{
	memset(t, 0, sizeof(*t));
	return query(c, message(c, IPVS_CMD_GET_CONFIG, NLM_F_REQUEST | NLM_F_ACK), on_timeouts, t);
}

int ipvs_set_timeouts(struct ipvs *c, const struct ipvs_timeouts *t)
{
	struct nl_msg *m = message(c, IPVS_CMD_SET_CONFIG, NLM_F_REQUEST | NLM_F_ACK);

	if (m && (nla_put_u32(m, IPVS_CMD_ATTR_TIMEOUT_TCP, t->tcp) < 0 ||
		     nla_put_u32(m, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, t->tcp_fin) < 0 ||
		     nla_put_u32(m, IPVS_CMD_ATTR_TIMEOUT_UDP, t->udp) < 0)) {
		nlmsg_free(m);
		return -ENOMEM;
	}
	return query(c, m, on_timeouts, NULL);
}

/* ---------------------------------------------------------- synchronization daemons */

static void read_daemon(struct ipvs_daemon *d, struct nlattr *const *a)
{
	bool six = a[IPVS_DAEMON_ATTR_MCAST_GROUP6] != NULL;
	const struct nlattr *group =
	    a[six ? IPVS_DAEMON_ATTR_MCAST_GROUP6 : IPVS_DAEMON_ATTR_MCAST_GROUP];

	d->running = true;
	read_text(d->interface, sizeof(d->interface), a[IPVS_DAEMON_ATTR_MCAST_IFN]);
	d->sync_id = (uint8_t)number(a, IPVS_DAEMON_ATTR_SYNC_ID);
	d->max_length = (uint16_t)number(a, IPVS_DAEMON_ATTR_SYNC_MAXLEN);
	d->group = read_addr(six ? AF_INET6 : AF_INET, group);
	d->port = (uint16_t)number(a, IPVS_DAEMON_ATTR_MCAST_PORT);
	d->ttl = (uint8_t)number(a, IPVS_DAEMON_ATTR_MCAST_TTL);
}

static void on_daemon(const struct nlmsghdr *h, void *arg)
{
	struct ipvs_daemons *d = arg;
	struct nlattr *top[IPVS_CMD_ATTR_MAX + 1], *a[IPVS_DAEMON_ATTR_MAX + 1];

	if (genlmsg_parse((struct nlmsghdr *)h, 0, top, IPVS_CMD_ATTR_MAX, NULL) < 0 ||
	    !open_nest(a, IPVS_DAEMON_ATTR_MAX, top[IPVS_CMD_ATTR_DAEMON]))
		return;
	read_daemon(
	    number(a, IPVS_DAEMON_ATTR_STATE) == IP_VS_STATE_MASTER ? &d->master : &d->backup, a);
}

int ipvs_get_daemons(struct ipvs *c, struct ipvs_daemons *d)
{
	memset(d, 0, sizeof(*d));
	return query(c, message(c, IPVS_CMD_GET_DAEMON, NLM_F_REQUEST | NLM_F_DUMP), on_daemon, d);
}

static int put_daemon_values(struct nl_msg *m, const struct ipvs_daemon *d)
{
	bool six = d->group.family == ADDR_IPV6;
	int err = nla_put_string(m, IPVS_DAEMON_ATTR_MCAST_IFN, d->interface);

	err += nla_put_u32(m, IPVS_DAEMON_ATTR_SYNC_ID, d->sync_id);
	if (d->max_length)
		err += nla_put_u16(m, IPVS_DAEMON_ATTR_SYNC_MAXLEN, d->max_length);
	err += nla_put(m, six ? IPVS_DAEMON_ATTR_MCAST_GROUP6 : IPVS_DAEMON_ATTR_MCAST_GROUP,
	    (int)addr_len(&d->group), d->group.bytes);
	err += nla_put_u16(m, IPVS_DAEMON_ATTR_MCAST_PORT, d->port);
	return err + nla_put_u8(m, IPVS_DAEMON_ATTR_MCAST_TTL, d->ttl);
}

static void on_nothing(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	(void)arg;
}

/* d: NULL for the command that needs no more than the role. */
static int daemon_command(
    struct ipvs *c, uint8_t command, enum ipvs_sync_role role, const struct ipvs_daemon *d)
{
	struct nl_msg *m = message(c, command, NLM_F_REQUEST | NLM_F_ACK);
	struct nlattr *nest = m ? nla_nest_start(m, IPVS_CMD_ATTR_DAEMON) : NULL;

	if (!nest || nla_put_u32(m, IPVS_DAEMON_ATTR_STATE, role) < 0 ||
	    (d && put_daemon_values(m, d) < 0)) {
		nlmsg_free(m);
		return -ENOMEM;
	}
	nla_nest_end(m, nest);
	return query(c, m, on_nothing, NULL);
}

int ipvs_start_daemon(struct ipvs *c, enum ipvs_sync_role role, const struct ipvs_daemon *d)
{
	return daemon_command(c, IPVS_CMD_NEW_DAEMON, role, d);
}

int ipvs_stop_daemon(struct ipvs *c, enum ipvs_sync_role role)
{
	return daemon_command(c, IPVS_CMD_DEL_DAEMON, role, NULL);
}

/* ------------------------------------------------------------------ operations */

static const struct {
	uint8_t command;
	bool values;
	const char *word;
} op_facts[] = {
    [IPVS_ADD_SERVICE] = {IPVS_CMD_NEW_SERVICE, true, "add"},
    [IPVS_SET_SERVICE] = {IPVS_CMD_SET_SERVICE, true, "change"},
    [IPVS_DEL_SERVICE] = {IPVS_CMD_DEL_SERVICE, false, "remove"},
    [IPVS_ADD_DEST] = {IPVS_CMD_NEW_DEST, true, "add"},
    [IPVS_SET_DEST] = {IPVS_CMD_SET_DEST, true, "change"},
    [IPVS_DEL_DEST] = {IPVS_CMD_DEL_DEST, false, "remove"},
};

const char *ipvs_op_word(enum ipvs_op_kind kind)
{
	return op_facts[kind].word;
}

static struct nl_msg *op_message(struct ipvs *c, const struct ipvs_op *op, int flags)
{
	struct nl_msg *m = message(c, op_facts[op->kind].command, NLM_F_REQUEST | flags);
	bool values = op_facts[op->kind].values;

	if (m && (put_service(m, op->service, values && !op->dest) < 0 ||
		     (op->dest && put_dest(m, op->service, op->dest, values) < 0))) {
		nlmsg_free(m);
		m = NULL;
	}
	return m;
}

/* Appends one operation to the packet; its new length, or -ENOMEM. */
static int batch_append(struct ipvs *c, size_t used, const struct ipvs_op *op, bool last)
{
	struct nl_msg *m = op_message(c, op, last ? NLM_F_ACK : 0);
	size_t len = m ? NLMSG_ALIGN(nlmsg_hdr(m)->nlmsg_len) : 0;

	if (!m)
		return -ENOMEM;
	if (used + len > sizeof(c->out)) {
		nlmsg_free(m);
		return -ENOMEM;
	}
	memset(c->out + used, 0, len);
	memcpy(c->out + used, nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len);
	nlmsg_free(m);
	return (int)(used + len);
}

static int batch_send(struct ipvs *c, const struct ipvs_op *ops, size_t n)
{
	int used = 0;

	for (size_t i = 0; i < n && used >= 0; i++)
		used = batch_append(c, (size_t)used, &ops[i], i + 1 == n);
	return used < 0 ? used : send_bytes(c, c->out, (size_t)used);
}

/* Reads errors until the last operation's answer; that one always comes. */
static int batch_receive(struct ipvs *c, struct ipvs_op *ops, size_t n, uint32_t first)
{
	for (;;) {
		ssize_t got = receive(c);
		int left = (int)got;

		if (got < 0)
			return (int)got;
		for (struct nlmsghdr *h = (struct nlmsghdr *)c->in; nlmsg_ok(h, left);
		     h = nlmsg_next(h, &left)) {
			uint32_t i = h->nlmsg_seq - first;

			if (h->nlmsg_type != NLMSG_ERROR || i >= n)
				continue;
			ops[i].error = -reply_status(h);
			if (i + 1 == n)
				return 0;
		}
	}
}

static int apply_batch(struct ipvs *c, struct ipvs_op *ops, size_t n)
{
	uint32_t first = c->seq + 1;
	int err = batch_send(c, ops, n);

	for (size_t i = 0; i < n; i++)
		ops[i].error = 0;
	if (err == 0)
		err = batch_receive(c, ops, n, first);
	for (size_t i = 0; i < n && err < 0; i++) {
		if (ops[i].error == 0)
			ops[i].error = -err;
	}
	return err;
}

int ipvs_apply(struct ipvs *c, struct ipvs_op *ops, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n; i += BATCH_OPS) {
		size_t some = n - i < BATCH_OPS ? n - i : BATCH_OPS;

		if (err == 0)
			err = apply_batch(c, ops + i, some);
		else
			for (size_t j = i; j < i + some; j++)
				ops[j].error = -err;
	}
	return err;
}

const char *ipvs_op_reason(const struct ipvs_op *op)
{
	switch (op->error) {
	case ESRCH:
		return "the kernel does not have the virtual service";
	case EEXIST:
		return "the kernel already has it";
	case ENOENT:
		if (op->dest)
			return "the kernel does not have the destination";
		return op->service->engine[0]
			   ? "the kernel does not know the scheduler or the persistence engine"
			   : "the kernel does not know the scheduler";
	case ERANGE:
		return "weight or thresholds are out of the kernel's range";
	case EINVAL:
		return op->dest ? "the kernel refuses the destination: its address, its forwarding "
				  "method for this family, or its tunnel"
				: "the kernel refuses the service: its address or its netmask";
	case EAFNOSUPPORT:
		return "the kernel's IPVS has no IPv6";
	case EPERM:
		return "not permitted: CAP_NET_ADMIN is missing";
	default:
		return strerror(op->error);
	}
}
