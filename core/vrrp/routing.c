/* SPDX-License-Identifier: BSD-2-Clause */
/* See routing.h. */
#include "core/vrrp/routing.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/vrrp/netlink.h"
#include "core/vrrp/rtmessage.h"

#define BATCH_MAX 32768			  /* bytes of one send */
#define BATCH_ENTRIES 256		  /* messages of one send */
#define ANSWER_ROOM 16384		  /* bytes of one receive */
#define AGAIN_AFTER (100 * USEC_PER_MSEC) /* between two times that everything is added again */
#define RETRY_AFTER USEC_PER_SEC
#define WHY_ROOM 200

/* A row and what became of it. */
struct item {
	TAILQ_ENTRY(item) entry;
	struct row *row; /* the store's, whose user this is; NULL while rows are compared */
	const struct vrrp_instance *instance; /* NULL: it is static */
	struct row *copy;		      /* as it was set: its columns as they were then */
	struct rtidentity id;
	bool wanted;
	bool set;     /* as far as is known */
	bool replace; /* there is one of its identity that is ours, and perhaps another */
	bool lost;    /* somebody removed it */
	bool found;   /* while it is looked for */
	bool report;
	char why[WHY_ROOM]; /* it is wanted and not set */
};

/* Of an earlier process. */
struct leftover {
	TAILQ_ENTRY(leftover) entry;
	struct rtidentity id;
	uint16_t type;
	size_t len;
	uint8_t message[]; /* as the kernel told it */
};

struct routing {
	struct event_base *base;
	const struct routing_ops *ops;
	void *arg;
	struct rtlookup lookup;
	struct nl_sock *watch, *ask, *change;
	struct event *readable, *again, *retry;
	usec_t last_again;
	bool watching;
	bool overrun; /* notifications were lost: what is not tracked is to be looked for */
	bool looking;
	TAILQ_HEAD(, item) items;
	TAILQ_HEAD(, leftover) leftovers;
	/* The batch: messages, and whose they are. */
	_Alignas(struct nlmsghdr) uint8_t batch[BATCH_MAX];
	size_t batch_len;
	struct {
		struct item *item; /* NULL: a leftover */
		bool add;
		int error;
	} entries[BATCH_ENTRIES];
	char *said[BATCH_ENTRIES]; /* the kernel's words about an error, in answer[] */
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_ROOM];
	unsigned nentries;
	uint32_t first_sequence;
};

/* -------------------------------------------------------------------------- words */

static const char *kind_of(const struct row *r)
{
	switch (r->table->id) {
	case TABLE_vrrp_route:
		return "route";
	case TABLE_vrrp_rule:
		return "rule";
	}
	return "address";
}

/* Columns that all three tables have, by their names. */
static column_mask column_bit(const struct row *r, const char *name)
{
	return (column_mask)1 << (table_column(r->table, name) - r->table->columns);
}

static void report_item(struct routing *g, struct item *i)
{
	static const char *const names[] = {"present", "reason"};
	column_mask columns = 0;

	i->report = false;
	if (!i->row)
		return;
	column_set_number(i->row, table_column(i->row->table, names[0]), i->set);
	row_set_text(COLUMN_PTR(i->row, table_column(i->row->table, names[1])), i->why);
	for (size_t k = 0; k < 2; k++)
		columns |= column_bit(i->row, names[k]);
	g->ops->report(i->row, columns, g->arg);
}

/* ------------------------------------------------------------------------- results */

static void set_why(struct item *i, const char *why)
{
	char text[ROW_TEXT_SIZE];

	if (strcmp(i->why, why) == 0)
		return;
	if (*why)
		log_error("%s: cannot be set: %s", row_format(i->copy, text), why);
	else
		log_notice("%s: can be set again", row_format(i->copy, text));
	snprintf(i->why, sizeof(i->why), "%s", why);
	i->report = true;
}

static void set_present(struct item *i, bool set)
{
	if (i->set == set)
		return;
	i->set = set;
	i->report = true;
}

static void was_added(struct item *i, int error, const char *said)
{
	char why[WHY_ROOM], text[ROW_TEXT_SIZE];

	if (error && error != EEXIST) {
		snprintf(why, sizeof(why), "%s%s%s", strerror(error), said ? ": " : "",
		    said ? said : "");
		set_present(i, false);
		set_why(i, why);
		return;
	}
	if (!error && i->set && !i->replace)
		log_notice("%s: was gone; it is set again", row_format(i->copy, text));
	i->replace = i->lost = false;
	set_present(i, true);
	set_why(i, "");
}

/* What is gone already, perhaps with its interface, is what was asked for. */
static bool is_gone(int error)
{
	return !error || error == ESRCH || error == ENOENT || error == ENODEV ||
	       error == EADDRNOTAVAIL || error == ENETDOWN || error == ENETUNREACH;
}

static void was_removed(struct item *i, int error, const char *said)
{
	char text[ROW_TEXT_SIZE];

	if (!is_gone(error))
		log_error("%s: cannot be removed: %s%s%s", row_format(i->copy, text),
		    strerror(error), said ? ": " : "", said ? said : "");
	i->lost = false;
	set_present(i, false);
	*i->why = '\0';
}

/* --------------------------------------------------------------------------- batch */

/* The kernel's words (NLMSGERR_ATTR_MSG), which stay in the answer's buffer until the next batch. */
static char *words_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = nlmsg_data(h);
	size_t skip = sizeof(*e);
	struct nlattr *a;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	if (skip >= (size_t)nlmsg_datalen(h))
		return NULL;
	a = nla_find((struct nlattr *)((uintptr_t)e + skip), nlmsg_datalen(h) - (int)skip,
	    NLMSGERR_ATTR_MSG);
	return a ? nla_data(a) : NULL;
}

static void got_answer(struct routing *g, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = nlmsg_data(h);
	uint32_t n = h->nlmsg_seq - g->first_sequence;

	if (h->nlmsg_type != NLMSG_ERROR || n >= g->nentries)
		return;
	g->entries[n].error = -e->error;
	g->said[n] = words_of(h);
}

static void settle(struct routing *g)
{
	for (unsigned n = 0; n < g->nentries; n++) {
		struct item *i = g->entries[n].item;

		if (!i)
			continue;
		if (g->entries[n].add)
			was_added(i, g->entries[n].error, g->said[n]);
		else
			was_removed(i, g->entries[n].error, g->said[n]);
	}
}

/* The kernel has answered when send() returns; only failures are answered. */
static void read_answers(struct routing *g)
{
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(g->answer) && (n = recv(nl_socket_get_fd(g->change), g->answer + used,
						sizeof(g->answer) - used, MSG_DONTWAIT)) > 0) {
		struct nlmsghdr *h = (struct nlmsghdr *)(void *)(g->answer + used);
		int left = (int)n;

		for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left))
			got_answer(g, h);
		used += NLMSG_ALIGN((size_t)n);
	}
}

static void flush(struct routing *g)
{
	if (!g->nentries)
		return;
	if (nl_sendto(g->change, g->batch, g->batch_len) < 0) {
		log_error("cannot change routes: %s", strerror(errno));
		for (unsigned n = 0; n < g->nentries; n++)
			g->entries[n].error = errno;
	}
	read_answers(g);
	settle(g);
	g->first_sequence += g->nentries;
	g->batch_len = g->nentries = 0;
}

static void queue(
    struct routing *g, struct item *i, bool add, const void *message, size_t len, int flags)
{
	struct nlmsghdr *h;

	if (g->nentries == BATCH_ENTRIES || g->batch_len + NLMSG_ALIGN(len) > BATCH_MAX)
		flush(g);
	h = (struct nlmsghdr *)(void *)(g->batch + g->batch_len);
	memcpy(h, message, len);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = g->first_sequence + g->nentries;
	h->nlmsg_pid = nl_socket_get_local_port(g->change);
	g->said[g->nentries] = NULL;
	g->entries[g->nentries].item = i;
	g->entries[g->nentries].add = add;
	g->entries[g->nentries++].error = 0;
	g->batch_len += NLMSG_ALIGN(len);
}

/* Another route of the same destination may be somebody else's: ours comes before it, or behind. */
static int add_flags(const struct item *i)
{
	if (i->copy->table->id != TABLE_vrrp_route)
		return NLM_F_CREATE | NLM_F_EXCL;
	if (i->replace)
		return NLM_F_CREATE | NLM_F_REPLACE;
	return NLM_F_CREATE | (((const struct vrrp_route *)i->copy)->append ? NLM_F_APPEND : 0);
}

static void add(struct routing *g, struct item *i)
{
	_Alignas(struct nlmsghdr) uint8_t message[RTMESSAGE_MAX];
	char why[WHY_ROOM];
	size_t len = rtmessage_build(i->copy, true, &g->lookup, message, why, sizeof(why));

	i->id = rtmessage_identify(i->copy, &g->lookup); /* interfaces come and go */
	if (len) {
		queue(g, i, true, message, len, add_flags(i));
	} else {
		set_present(i, false);
		set_why(i, why);
	}
}

/* Another wanted item that is the same to the kernel, of another instance. */
static bool has_twin(const struct routing *g, const struct item *i)
{
	const struct item *o;

	TAILQ_FOREACH (o, &g->items, entry)
		if (o != i && o->wanted && rtmessage_same(&o->id, &i->id))
			return true;
	return false;
}

static void take_away(struct routing *g, struct item *i)
{
	_Alignas(struct nlmsghdr) uint8_t message[RTMESSAGE_MAX];
	char why[WHY_ROOM];
	size_t len = rtmessage_build(i->copy, false, &g->lookup, message, why, sizeof(why));

	if (len && !has_twin(g, i))
		queue(g, i, false, message, len, 0);
	else
		was_removed(i, 0, NULL); /* without its interface it is gone */
}

/* ------------------------------------------------------------------------ watching */

/*
 * Of the notifications about routes only those count that may be about ours: a route was removed that has
 * our protocol number, or one was replaced.  All others (a routing daemon's, by the million) stay in the
 * kernel.  Halfwords are loaded in network order, and the kernel writes them in the host's.
 */
static void set_filter(struct routing *g, bool any_protocol)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 0, 5),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_flags)),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_REPLACE), 3, 2),
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTMESSAGE_PROTOCOL, 1, any_protocol),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};

	if (setsockopt(nl_socket_get_fd(g->watch), SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof(program)) < 0)
		log_warning("notifications about routes are not filtered: %s", strerror(errno));
}

static bool has_other_protocol(const struct routing *g)
{
	const struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		if (i->id.protocol != RTMESSAGE_PROTOCOL)
			return true;
	return false;
}

static void watch(struct routing *g)
{
	if (TAILQ_EMPTY(&g->items))
		return;
	set_filter(g, has_other_protocol(g));
	if (g->watching)
		return;
	g->watching = nl_socket_add_memberships(g->watch, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
			  RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, 0) >= 0;
	if (!g->watching)
		log_warning(
		    "the kernel's routes cannot be watched; they are looked after only when "
		    "interfaces change");
}

static void again_soon(struct routing *g)
{
	usec_t now = clock_now(), due = g->last_again + AGAIN_AFTER;
	struct timeval tv = usec_to_timeval(due > now ? due - now : 0);

	if (!event_pending(g->again, EV_TIMEOUT, NULL))
		event_add(g->again, &tv);
}

static bool is_tracked(const struct item *i)
{
	const struct column *track = table_column(i->copy->table, "track");

	return !track || column_number(i->copy, track);
}

static void lost(struct routing *g, struct item *i, bool removed)
{
	char text[ROW_TEXT_SIZE];

	if (!i->wanted || !i->set || i->lost)
		return;
	log_warning("%s: somebody %s it%s", row_format(i->copy, text),
	    removed ? "removed" : "replaced", is_tracked(i) ? "; it is set again" : "");
	set_present(i, false);
	i->lost = true;
	again_soon(g);
}

static int got_notification(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	bool replaced = h->nlmsg_type == RTM_NEWROUTE && h->nlmsg_flags & NLM_F_REPLACE;
	bool removed = h->nlmsg_type == RTM_DELROUTE || h->nlmsg_type == RTM_DELRULE;
	struct routing *g = arg;
	struct rtidentity id;
	struct item *i;

	if ((!replaced && !removed) || h->nlmsg_pid == nl_socket_get_local_port(g->change) ||
	    !rtmessage_parse(h, &id))
		return NL_OK;
	TAILQ_FOREACH (i, &g->items, entry) {
		struct rtidentity like = id;

		if (replaced)
			like.protocol = i->id.protocol;
		if (rtmessage_same(&like, &i->id))
			lost(g, i, removed);
	}
	return NL_OK;
}

/* ------------------------------------------------------------------------- asking */

static void note_found(struct routing *g, const struct rtidentity *id)
{
	struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		if (rtmessage_same(&i->id, id))
			i->found = true;
}

static int got_entry(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct routing *g = arg;
	struct rtidentity id;
	struct leftover *l;

	if (!rtmessage_parse(h, &id))
		return NL_OK;
	if (g->looking)
		note_found(g, &id);
	if (g->looking || id.protocol != RTMESSAGE_PROTOCOL)
		return NL_OK;
	l = malloc(sizeof(*l) + h->nlmsg_len);
	if (!l)
		abort();
	l->id = id;
	l->len = h->nlmsg_len;
	l->type = h->nlmsg_type;
	memcpy(l->message, h, l->len);
	TAILQ_INSERT_TAIL(&g->leftovers, l, entry);
	return NL_OK;
}

/*
 * A kernel that checks requests strictly tells only the routes of the protocol number.  False if it did not tell all, or
 * something changed meanwhile.
 */
static bool ask(struct routing *g, int type, uint8_t protocol)
{
	struct rtmsg route = {.rtm_protocol = protocol};
	struct fib_rule_hdr rule = {.family = AF_UNSPEC};
	struct ifaddrmsg address = {.ifa_family = AF_UNSPEC};
	int err;

	if (type == RTM_GETROUTE)
		err = nl_send_simple(g->ask, type, NLM_F_DUMP, &route, sizeof(route));
	else if (type == RTM_GETRULE)
		err = nl_send_simple(g->ask, type, NLM_F_DUMP, &rule, sizeof(rule));
	else
		err = nl_send_simple(g->ask, type, NLM_F_DUMP, &address, sizeof(address));
	if (err >= 0)
		err = nl_recvmsgs_default(g->ask);
	if (err < 0 && err != -NLE_DUMP_INTR)
		log_warning("cannot read what routes are there: %s", nl_geterror(err));
	return err >= 0;
}

/*
 * What is not tracked is not set again, so it is not known whether it is there.  Reading the kernel's routes may take
 * long where there are many; this is for those alone who have such routes, and only when notifications were lost.
 */
static bool find_untracked(struct routing *g)
{
	bool asked[UINT8_MAX + 1] = {false}, whole = ask(g, RTM_GETRULE, 0);
	struct item *i;

	TAILQ_FOREACH (i, &g->items, entry) {
		if (i->copy->table->id != TABLE_vrrp_route || is_tracked(i) || !i->set ||
		    asked[i->id.protocol])
			continue;
		asked[i->id.protocol] = true;
		whole = ask(g, RTM_GETROUTE, i->id.protocol) && whole;
	}
	return whole;
}

static bool has_untracked(const struct routing *g)
{
	const struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		if (i->set && !is_tracked(i))
			return true;
	return false;
}

static void look_for_untracked(struct routing *g)
{
	bool whole;
	struct item *i;

	g->overrun = false;
	if (!has_untracked(g))
		return;
	TAILQ_FOREACH (i, &g->items, entry)
		i->found = false;
	g->looking = true;
	whole = find_untracked(g);
	g->looking = false;
	TAILQ_FOREACH (i, &g->items, entry)
		if (whole && !i->found && !is_tracked(i))
			lost(g, i, true);
	g->overrun = !whole; /* with the next retry */
}

/* --------------------------------------------------------------------------- again */

static void on_readable(int fd, short what, void *arg)
{
	struct routing *g = arg;

	(void)fd;
	(void)what;
	if (netlink_drain(g->watch))
		return;
	g->overrun = true;
	again_soon(g);
}

static bool is_troubled(const struct routing *g)
{
	const struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		if (i->wanted && *i->why)
			return true;
	return false;
}

static void finish_act(struct routing *g)
{
	struct timeval tv = usec_to_timeval(RETRY_AFTER);

	flush(g);
	if ((g->overrun || is_troubled(g)) && !event_pending(g->retry, EV_TIMEOUT, NULL))
		event_add(g->retry, &tv);
}

/* Adds all that may be missing; one that nobody tracks and somebody removed stays away. */
static void add_again(struct routing *g, bool all)
{
	struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		if (i->wanted && (is_tracked(i) ? all || !i->set : *i->why))
			add(g, i);
	finish_act(g);
	routing_report(g);
}

static void on_again(int fd, short what, void *arg)
{
	struct routing *g = arg;

	(void)fd;
	(void)what;
	if (g->overrun)
		look_for_untracked(g);
	g->last_again = clock_now();
	add_again(g, true);
}

static void on_retry(int fd, short what, void *arg)
{
	struct routing *g = arg;

	(void)fd;
	(void)what;
	if (g->overrun)
		look_for_untracked(g);
	add_again(g, false);
}

void routing_interfaces_changed(struct routing *g)
{
	if (!TAILQ_EMPTY(&g->items))
		again_soon(g);
}

/* ----------------------------------------------------------------------- leftovers */

static void find_leftovers(struct routing *g)
{
	struct leftover *l;
	struct item *i;

	ask(g, RTM_GETROUTE, RTMESSAGE_PROTOCOL);
	ask(g, RTM_GETRULE, RTMESSAGE_PROTOCOL);
	ask(g, RTM_GETADDR, RTMESSAGE_PROTOCOL);
	TAILQ_FOREACH (l, &g->leftovers, entry)
		TAILQ_FOREACH (i, &g->items, entry)
			if (rtmessage_same(&l->id, &i->id))
				i->replace = true;
}

static bool is_wanted(const struct routing *g, const struct rtidentity *id)
{
	const struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		if (i->wanted && rtmessage_same(&i->id, id))
			return true;
	return false;
}

/* The number of the message that removes what another is about: each kind has NEW, DEL, GET in a row. */
static void remove_leftover(struct routing *g, struct leftover *l)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)l->message;
	char address[ADDR_STRLEN];

	h->nlmsg_type = (uint16_t)(l->type + 1);
	log_notice("removes a %s that is not wanted any more: %s/%u, table %u, priority %u",
	    kind_of(&(struct row){.table = &tables[l->id.table]}),
	    addr_format(&l->id.destination, address), l->id.length, l->id.table_id, l->id.priority);
	queue(g, NULL, false, h, l->len, 0);
}

static void sweep(struct routing *g)
{
	struct leftover *l;

	while ((l = TAILQ_FIRST(&g->leftovers))) {
		TAILQ_REMOVE(&g->leftovers, l, entry);
		if (!is_wanted(g, &l->id))
			remove_leftover(g, l);
		free(l);
	}
	flush(g);
}

/* --------------------------------------------------------------------------- items */

/* NULL: the row is a static one. */
static const struct vrrp_instance *instance_of(const struct store *s, const struct row *r)
{
	return r->table->id == TABLE_static_address
		   ? NULL
		   : store_vrrp_instance(s, column_text(r, &r->table->columns[0]));
}

static void free_item(struct routing *g, struct item *i)
{
	TAILQ_REMOVE(&g->items, i, entry);
	row_free(i->copy);
	free(i);
}

static void take_copy(struct routing *g, struct item *i)
{
	row_free(i->copy);
	i->copy = row_copy(i->row);
	i->id = rtmessage_identify(i->copy, &g->lookup);
}

/* A route is replaced, so that there is one at any time; anything else is removed and added again. */
static void change_item(struct routing *g, struct item *i)
{
	struct rtidentity id = rtmessage_identify(i->row, &g->lookup);

	if (!(row_diff(i->copy, i->row) & table_mask(i->row->table, CLASS_CONFIG)))
		return;
	if (i->set && i->row->table->id == TABLE_vrrp_route && rtmessage_same(&id, &i->id)) {
		i->replace = true;
	} else if (i->set) {
		take_away(g, i);
		flush(g);
	}
	take_copy(g, i);
	i->wanted = false;
}

static void adopt_row(struct routing *g, struct row *r)
{
	struct item *i = r->user;

	if (i) {
		i->row = r;
		change_item(g, i);
		return;
	}
	i = calloc(1, sizeof(*i));
	if (!i)
		abort();
	i->row = r;
	r->user = i;
	take_copy(g, i);
	i->report = true;
	TAILQ_INSERT_TAIL(&g->items, i, entry);
}

static void forget_rows(struct routing *g)
{
	struct item *i, *next;

	for (i = TAILQ_FIRST(&g->items); i; i = next) {
		next = TAILQ_NEXT(i, entry);
		if (i->row)
			continue;
		i->wanted = false;
		if (i->set)
			take_away(g, i);
		flush(g);
		free_item(g, i);
	}
}

void routing_configure(struct routing *g, const struct store *s, bool first)
{
	static const enum table_id list[] = {
	    TABLE_static_address, TABLE_vrrp_route, TABLE_vrrp_rule};
	struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		i->row = NULL;
	for (size_t t = 0; t < sizeof(list) / sizeof(*list); t++)
		for (struct row *r = store_first(s, list[t]); r; r = store_next(r))
			adopt_row(g, r);
	TAILQ_FOREACH (i, &g->items, entry)
		i->instance = i->row ? instance_of(s, i->row) : NULL;
	forget_rows(g);
	if (first)
		find_leftovers(g);
	watch(g);
}

void routing_act(struct routing *g)
{
	struct item *i;

	TAILQ_FOREACH (i, &g->items, entry) {
		bool wanted = !i->instance || g->ops->is_master(i->instance, g->arg);

		if (wanted == i->wanted)
			continue;
		i->wanted = wanted;
		if (wanted)
			add(g, i);
		else if (i->set)
			take_away(g, i);
		else
			was_removed(i, 0, NULL);
	}
	finish_act(g);
	if (!TAILQ_EMPTY(&g->leftovers))
		sweep(g);
}

void routing_report(struct routing *g)
{
	struct item *i;

	TAILQ_FOREACH (i, &g->items, entry)
		if (i->report)
			report_item(g, i);
}

void routing_stop(struct routing *g)
{
	struct item *i;

	event_del(g->again);
	event_del(g->retry);
	TAILQ_FOREACH (i, &g->items, entry)
		i->wanted = false;
	TAILQ_FOREACH (i, &g->items, entry)
		if (i->set)
			take_away(g, i);
	flush(g);
}

/* -------------------------------------------------------------------------- set up */

static void set_option(const struct nl_sock *s, int option)
{
	int on = 1;

	if (setsockopt(nl_socket_get_fd(s), SOL_NETLINK, option, &on, sizeof(on)) < 0)
		log_debug("netlink option %d: %s", option, strerror(errno));
}

static bool open_all(struct routing *g)
{
	g->watch = netlink_open(NETLINK_ROUTE, got_notification, g);
	g->ask = netlink_open(NETLINK_ROUTE, got_entry, g);
	g->change = netlink_open(NETLINK_ROUTE, got_entry, g);
	if (!g->watch || !g->ask || !g->change) {
		log_error("cannot open a netlink socket: %s", strerror(errno));
		return false;
	}
	nl_socket_set_nonblocking(g->watch);
	nl_socket_set_nonblocking(g->change);
	set_option(g->ask, NETLINK_GET_STRICT_CHK);
	set_option(g->change, NETLINK_EXT_ACK);
	set_option(g->change, NETLINK_CAP_ACK);
	return true;
}

struct routing *routing_new(struct event_base *base, const struct routing_ops *ops, void *arg)
{
	struct routing *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->base = base;
	g->ops = ops;
	g->arg = arg;
	g->lookup = (struct rtlookup){ops->index, ops->table, arg};
	g->first_sequence = 1;
	TAILQ_INIT(&g->items);
	TAILQ_INIT(&g->leftovers);
	if (!open_all(g)) {
		routing_free(g);
		return NULL;
	}
	g->again = evtimer_new(base, on_again, g);
	g->retry = evtimer_new(base, on_retry, g);
	g->readable =
	    event_new(base, nl_socket_get_fd(g->watch), EV_READ | EV_PERSIST, on_readable, g);
	event_add(g->readable, NULL);
	return g;
}

void routing_free(struct routing *g)
{
	struct leftover *l;
	struct item *i;

	if (!g)
		return;
	while ((i = TAILQ_FIRST(&g->items)))
		free_item(g, i);
	while ((l = TAILQ_FIRST(&g->leftovers))) {
		TAILQ_REMOVE(&g->leftovers, l, entry);
		free(l);
	}
	if (g->readable) {
		event_free(g->readable);
		event_free(g->again);
		event_free(g->retry);
	}
	nl_socket_free(g->watch);
	nl_socket_free(g->ask);
	nl_socket_free(g->change);
	free(g);
}
