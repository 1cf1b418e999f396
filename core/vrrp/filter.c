/* SPDX-License-Identifier: BSD-2-Clause */
/* See filter.h. */
#include "core/vrrp/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/vrrp/netlink.h"

#define PRIORITY (-1) /* before the administrator's own filter, as keepalived's */
#define PUT_BACK_AFTER (100 * USEC_PER_MSEC)
#define RETRY_AFTER (5 * USEC_PER_SEC)
#define STATE_SIZE 256

struct filter {
	struct nft_ctx *nft; /* made when it is first needed */
	struct nl_sock *watch;
	struct event *readable, *again;
	struct filter_address *list; /* sorted */
	size_t n;
	bool active;
	bool touched; /* by somebody else */
	bool watching;
	char state[STATE_SIZE];
	char *mark; /* the path of a file that is there while there may be a table */
	void (*changed)(void *arg);
	void *arg;
};

/* ------------------------------------------------------------------------ commands */

static bool is_kind(const struct filter_address *a, uint8_t family, bool link_local)
{
	/* nft(8) cannot quote a quote; the kernel allows it in an interface's name */
	return a->address.family == family && addr_is_link_local(&a->address) == link_local &&
	       (!link_local || !strchr(a->interface, '"'));
}

static void put_set(FILE *out, const char *name, const char *type,
    const struct filter_address *list, size_t n, uint8_t family, bool link_local)
{
	char text[ADDR_STRLEN];
	bool first = true;

	fprintf(out, " set %s {\n  type %s\n", name, type);
	for (size_t i = 0; i < n; i++) {
		if (!is_kind(&list[i], family, link_local))
			continue;
		fputs(first ? "  elements = { " : ", ", out);
		first = false;
		if (link_local)
			fprintf(out, "\"%s\" . ", list[i].interface);
		fputs(addr_format(&list[i].address, text), out);
	}
	fprintf(out, "%s }\n", first ? "" : " }\n");
}

char *filter_commands(const struct filter_address *list, size_t n)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	/* so that there is one to be deleted */
	fprintf(out, "add table inet " FILTER_TABLE "\ndelete table inet " FILTER_TABLE "\n");
	if (n) {
		fprintf(out, "table inet " FILTER_TABLE " {\n");
		put_set(out, "ipv4", "ipv4_addr", list, n, ADDR_IPV4, false);
		put_set(out, "ipv6", "ipv6_addr", list, n, ADDR_IPV6, false);
		put_set(out, "link_local", "ifname . ipv6_addr", list, n, ADDR_IPV6, true);
		fprintf(out,
		    " chain input {\n"
		    "  type filter hook input priority %d; policy accept;\n"
		    "  icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"
		    "  ip daddr @ipv4 counter drop\n"
		    "  ip6 daddr @ipv6 counter drop\n"
		    "  iifname . ip6 daddr @link_local counter drop\n"
		    " }\n}\n",
		    PRIORITY);
	}
	if (fclose(out) != 0)
		abort();
	return text;
}

/* ------------------------------------------------------------------------- the mark */

static void set_mark(const struct filter *f, bool on)
{
	int fd;

	if (!on) {
		unlink(f->mark);
		return;
	}
	fd = open(f->mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		log_warning(
		    "cannot write %s: %s; if directord is killed and then changed to accept "
		    "packets, the table " FILTER_TABLE " stays",
		    f->mark, strerror(errno));
	else
		close(fd);
}

/* -------------------------------------------------------------------------- applying */

static void set_state(struct filter *f, bool active, const char *state)
{
	bool same = f->active == active && strcmp(f->state, state) == 0;

	f->active = active;
	snprintf(f->state, sizeof(f->state), "%s", state);
	if (!same && f->changed)
		f->changed(f->arg);
}

/* The first line of what libnftables says, without its place in our own text. */
static void explain(char *state, const char *said)
{
	const char *text = strstr(said, "Error: ");

	text = text ? text + strlen("Error: ") : said;
	snprintf(state, STATE_SIZE, "%.*s", (int)strcspn(text, "\n"), *text ? text : "it failed");
}

static bool prepare(struct filter *f)
{
	if (f->nft)
		return true;
	f->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!f->nft)
		return false;
	nft_ctx_buffer_error(f->nft);
	nft_ctx_buffer_output(f->nft);
	return true;
}

static bool run(struct filter *f, char why[STATE_SIZE])
{
	char *commands = filter_commands(f->list, f->n);
	bool ok = prepare(f);

	snprintf(why, STATE_SIZE, "libnftables cannot be used");
	if (ok && nft_run_cmd_from_buffer(f->nft, commands) != 0) {
		explain(why, nft_ctx_get_error_buffer(f->nft));
		ok = false;
	} else if (ok) {
		nft_ctx_get_error_buffer(f->nft); /* read is emptied */
	}
	free(commands);
	return ok;
}

/* The kernel has told of our own change before it has answered: what is there now is about that. */
static void drain(struct filter *f)
{
	int err;

	do {
		err = f->watch ? nl_recvmsgs_default(f->watch) : -NLE_AGAIN;
	} while (err >= 0 || err == -NLE_NOMEM);
	f->touched = false;
}

static void again_after(struct filter *f, usec_t delay)
{
	struct timeval tv = usec_to_timeval(delay);

	event_add(f->again, &tv);
}

static void apply(struct filter *f)
{
	char why[STATE_SIZE];

	if (f->n)
		set_mark(f, true);
	if (run(f, why)) {
		if (!f->n)
			set_mark(f, false);
		drain(f);
		set_state(f, f->n > 0, "ok");
		return;
	}
	if (strcmp(f->state, why) != 0)
		log_error("packets to virtual addresses cannot be %s: %s",
		    f->n ? "refused (no_accept)" : "accepted again", why);
	set_state(f, false, why);
	again_after(f, RETRY_AFTER);
}

static void on_again(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	apply(arg);
}

/* -------------------------------------------------------------------------- watching */

static int got_notification(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct filter *f = arg;
	const struct nlattr *table;

	if (NFNL_SUBSYS_ID(h->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
	    NFNL_MSG_TYPE(h->nlmsg_type) == NFT_MSG_NEWGEN)
		return NL_OK;
	/* Tables, chains, rules, sets and elements all name their table with the attribute 1. */
	table = nlmsg_find_attr(h, sizeof(struct nfgenmsg), NFTA_TABLE_NAME);
	if (table && nla_strcmp(table, FILTER_TABLE) == 0)
		f->touched = true;
	return NL_OK;
}

static void on_readable(int fd, short what, void *arg)
{
	struct filter *f = arg;

	(void)fd;
	(void)what;
	if (!netlink_drain(f->watch))
		f->touched = true;
	if (!f->touched || !f->n)
		return;
	if (!event_pending(f->again, EV_TIMEOUT, NULL))
		log_warning(
		    "somebody changed the nftables table " FILTER_TABLE "; it is set again");
	again_after(f, PUT_BACK_AFTER);
}

static bool open_watch(struct filter *f, struct event_base *base)
{
	f->watch = netlink_open(NETLINK_NETFILTER, got_notification, f);
	if (!f->watch)
		return false;
	nl_socket_set_nonblocking(f->watch);
	f->readable =
	    event_new(base, nl_socket_get_fd(f->watch), EV_READ | EV_PERSIST, on_readable, f);
	event_add(f->readable, NULL);
	return true;
}

/* Only while there is something to be watched: others' changes may be many. */
static void watch(struct filter *f)
{
	bool on = f->n > 0;

	if (on == f->watching || !f->watch)
		return;
	if (on)
		f->watching = nl_socket_add_memberships(f->watch, NFNLGRP_NFTABLES, 0) >= 0;
	else
		f->watching = nl_socket_drop_memberships(f->watch, NFNLGRP_NFTABLES, 0) < 0;
}

/* ---------------------------------------------------------------------------- public */

static int address_cmp(const void *a, const void *b)
{
	const struct filter_address *x = a, *y = b;
	int d = addr_cmp(&x->address, &y->address);

	return d ? d : strcmp(x->interface, y->interface);
}

/* The interface counts for link-local addresses only, and no address twice. */
static size_t normalize(struct filter_address *list, size_t n)
{
	size_t unique = 0;

	for (size_t i = 0; i < n; i++)
		if (!addr_is_link_local(&list[i].address))
			memset(list[i].interface, 0, sizeof(list[i].interface));
	if (n)
		qsort(list, n, sizeof(*list), address_cmp);
	for (size_t i = 0; i < n; i++)
		if (!unique || address_cmp(&list[unique - 1], &list[i]) != 0)
			list[unique++] = list[i];
	return unique;
}

static bool same_list(const struct filter *f, const struct filter_address *list, size_t n)
{
	if (f->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (address_cmp(&f->list[i], &list[i]) != 0)
			return false;
	return true;
}

void filter_set(struct filter *f, const struct filter_address *list, size_t n)
{
	struct filter_address *copy = calloc(n + 1, sizeof(*copy));

	if (!copy)
		abort();
	if (n)
		memcpy(copy, list, n * sizeof(*copy));
	n = normalize(copy, n);
	if (same_list(f, copy, n) && (f->active || !n) && (n || access(f->mark, F_OK) != 0)) {
		free(copy);
		return;
	}
	free(f->list);
	f->list = copy;
	f->n = n;
	watch(f);
	event_del(f->again);
	apply(f);
}

bool filter_active(const struct filter *f)
{
	return f->active;
}

const char *filter_state(const struct filter *f)
{
	return f->state;
}

struct filter *filter_new(struct event_base *base, const char *directory)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f || asprintf(&f->mark, "%s/filter", directory) < 0)
		abort();
	strcpy(f->state, "ok");
	f->again = evtimer_new(base, on_again, f);
	if (!open_watch(f, base))
		log_info("nftables cannot be watched: %s", strerror(errno));
	return f;
}

void filter_watch(struct filter *f, void (*changed)(void *arg), void *arg)
{
	f->changed = changed;
	f->arg = arg;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	if (f->nft)
		nft_ctx_free(f->nft);
	if (f->readable)
		event_free(f->readable);
	event_free(f->again);
	nl_socket_free(f->watch);
	free(f->list);
	free(f->mark);
	free(f);
}
