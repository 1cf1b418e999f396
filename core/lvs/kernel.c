/* SPDX-License-Identifier: BSD-2-Clause */
/* See kernel.h. */
#include "core/lvs/kernel.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"
#include "core/lvs/made.h"
#include "core/lvs/reconcile.h"

/* Surprises in a row before it is left for the next comparison. */
#define TRIES 4
/* Lines of one kind in one go; the rest is a number. */
#define MAX_LINES 20
#define OP_STRLEN (2 * IPVS_KEY_STRLEN + 8)

struct kernel {
	struct ipvs *connection; /* NULL: not reached */
	struct ipvs_table have;
	struct made *made;
	void *refused; /* what is refused at present: a tree (tsearch) of lines */
	size_t n_refused;
	size_t foreign;
	char state[200];
	char trouble[200]; /* why it is not reached, logged when it becomes another one */
};

struct kernel *kernel_new(const char *dir)
{
	struct kernel *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->made = made_open(dir);
	return k;
}

void kernel_free(struct kernel *k)
{
	ipvs_close(k->connection);
	ipvs_table_clear(&k->have);
	made_close(k->made);
	tdestroy(k->refused, free);
	free(k);
}

bool kernel_is_reached(const struct kernel *k)
{
	return k->connection != NULL;
}

struct ipvs *kernel_connection(struct kernel *k)
{
	return k->connection;
}

struct ipvs_table *kernel_view(struct kernel *k)
{
	return &k->have;
}

const char *kernel_state(const struct kernel *k)
{
	return k->state;
}

/* ------------------------------------------------------------------- connection */

static void unreached(struct kernel *k, int err)
{
	const char *why = err == -EPROTONOSUPPORT ? "the kernel has no IPVS"
			  : err == -EPERM	  ? "CAP_NET_ADMIN is missing"
						  : strerror(-err);

	ipvs_close(k->connection);
	k->connection = NULL;
	ipvs_table_clear(&k->have);
	snprintf(k->state, sizeof(k->state), "%s", why);
	if (strcmp(k->trouble, why) == 0)
		return;
	log_error("IPVS cannot be used: %s; virtual services do not work until that changes", why);
	snprintf(k->trouble, sizeof(k->trouble), "%s", why);
}

static bool connect_kernel(struct kernel *k)
{
	struct ipvs_info info;
	int err = ipvs_open(&k->connection);

	if (err == 0)
		err = ipvs_get_info(k->connection, &info);
	if (err < 0) {
		unreached(k, err);
		return false;
	}
	log_info("IPVS %u.%u.%u with %u connection buckets", info.version >> 16 & 255,
	    info.version >> 8 & 255, info.version & 255, info.connection_buckets);
	k->trouble[0] = '\0';
	return true;
}

bool kernel_refresh(struct kernel *k)
{
	struct ipvs_table now = {.n_services = 0};
	int err;

	if (!k->connection && !connect_kernel(k))
		return false;
	err = ipvs_dump(k->connection, &now);
	if (err < 0) {
		ipvs_table_clear(&now);
		unreached(k, err);
		return false;
	}
	ipvs_table_unique(&now); /* a dump that overlaps with a change may show an entry twice */
	ipvs_table_carry_users(&now, &k->have);
	ipvs_table_clear(&k->have);
	k->have = now;
	if (!k->n_refused)
		strcpy(k->state, "ok");
	return true;
}

/* --------------------------------------------------------------------- for people */

static char *op_format(const struct ipvs_op *op, char buf[OP_STRLEN])
{
	char key[IPVS_KEY_STRLEN], dest[IPVS_KEY_STRLEN];

	ipvs_key_format(&op->service->key, key);
	if (op->dest)
		snprintf(buf, OP_STRLEN, "%s -> %s", key, ipvs_dest_format(op->dest, dest));
	else
		snprintf(buf, OP_STRLEN, "%s", key);
	return buf;
}

static int line_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool was_refused(const struct kernel *k, const struct ipvs_op *op)
{
	char line[OP_STRLEN];

	return k->n_refused && tfind(op_format(op, line), &k->refused, line_order);
}

static const char *drift_word(enum ipvs_op_kind kind)
{
	switch (kind) {
	case IPVS_ADD_SERVICE:
	case IPVS_ADD_DEST:
		return "removed";
	case IPVS_SET_SERVICE:
	case IPVS_SET_DEST:
		return "changed";
	case IPVS_DEL_SERVICE:
	case IPVS_DEL_DEST:
		return "added";
	}
	abort();
}

/* Names what somebody else did, not what the kernel refuses to do; returns how much it was. */
static size_t report_drift(const struct kernel *k, const struct ipvs_ops *ops)
{
	const struct ipvs_service *refused = NULL;
	char line[OP_STRLEN];
	size_t n = 0;

	for (size_t i = 0; i < ops->n; i++) {
		const struct ipvs_op *op = &ops->ops[i];

		if (op->dest && op->service == refused)
			continue;
		if (was_refused(k, op)) {
			refused = op->kind == IPVS_ADD_SERVICE ? op->service : refused;
			continue;
		}
		if (n++ < MAX_LINES)
			log_warning("IPVS: somebody else has %s %s; it is put right",
			    drift_word(op->kind), op_format(op, line));
	}
	if (n > MAX_LINES)
		log_warning("IPVS: and %zu more such entries", n - MAX_LINES);
	return n;
}

static void append_number(char *text, size_t size, size_t n, const char *one, const char *what)
{
	size_t used = strlen(text);

	if (n)
		snprintf(text + used, size - used, "%s %zu %s%s %s", used ? "," : "", n, one,
		    n == 1 ? "" : "s", what);
}

static void report_done(const struct ipvs_ops *ops)
{
	size_t n[IPVS_DEL_DEST + 1] = {0};
	char text[200] = "";

	for (size_t i = 0; i < ops->n; i++)
		n[ops->ops[i].kind] += ops->ops[i].error == 0;
	append_number(text, sizeof(text), n[IPVS_ADD_SERVICE], "virtual service", "added");
	append_number(text, sizeof(text), n[IPVS_SET_SERVICE], "virtual service", "changed");
	append_number(text, sizeof(text), n[IPVS_DEL_SERVICE], "virtual service", "removed");
	append_number(text, sizeof(text), n[IPVS_ADD_DEST], "destination", "added");
	append_number(text, sizeof(text), n[IPVS_SET_DEST], "destination", "changed");
	append_number(text, sizeof(text), n[IPVS_DEL_DEST], "destination", "removed");
	if (text[0])
		log_info("IPVS:%s", text);
}

static void report_foreign(struct kernel *k, size_t foreign)
{
	if (foreign != k->foreign)
		log_info(
		    "IPVS: virtual services that are not ours and are left alone: %zu", foreign);
	k->foreign = foreign;
}

/* ------------------------------------------------------------------------ results */

/* Not an answer to what we said, but to what the table is by now. */
static bool is_surprise(const struct ipvs_op *op)
{
	return op->error == ESRCH || op->error == EEXIST || (op->error == ENOENT && op->dest);
}

struct outcome {
	size_t failed, surprises;
	void *refused; /* a tree of lines */
	size_t n_refused;
};

static void note_refused(struct kernel *k, struct outcome *o, const struct ipvs_op *op)
{
	char *line = malloc(OP_STRLEN), **node;

	if (!line)
		abort();
	node = tsearch(op_format(op, line), &o->refused, line_order);
	if (!node)
		abort();
	if (*node != line) {
		free(line);
		return;
	}
	if (o->n_refused++ == 0)
		snprintf(k->state, sizeof(k->state), "%s: %s", line, ipvs_op_reason(op));
	if (!was_refused(k, op) && o->n_refused <= MAX_LINES)
		log_error(
		    "IPVS: cannot %s %s: %s", ipvs_op_word(op->kind), line, ipvs_op_reason(op));
}

/* The destinations of a service that is refused fail too; that is not worth another word. */
static struct outcome judge(struct kernel *k, const struct ipvs_ops *ops)
{
	struct outcome o = {.failed = 0};
	const struct ipvs_service *refused = NULL;

	for (size_t i = 0; i < ops->n; i++) {
		const struct ipvs_op *op = &ops->ops[i];

		if (!op->error)
			continue;
		o.failed++;
		if (op->dest && op->service == refused && op->error == ESRCH)
			continue;
		if (is_surprise(op)) {
			o.surprises++;
			continue;
		}
		if (op->kind == IPVS_ADD_SERVICE)
			refused = op->service;
		note_refused(k, &o, op);
	}
	return o;
}

static void keep_refused(struct kernel *k, const struct outcome *o)
{
	if (k->n_refused && !o->n_refused) {
		log_info("IPVS: nothing is refused any more");
		strcpy(k->state, "ok");
	}
	tdestroy(k->refused, free);
	k->refused = o->refused;
	k->n_refused = o->n_refused;
}

static bool is_ours(const struct ipvs_key *key, void *arg)
{
	return made_has(arg, key);
}

/* Before the kernel hears of it, so that a kill in between leaves nothing unknown behind. */
static void note_made(struct kernel *k, const struct ipvs_table *want)
{
	for (size_t i = 0; i < want->n_services; i++)
		made_add(k->made, &want->services[i].key);
}

static void note_removed(struct kernel *k, const struct ipvs_ops *ops)
{
	for (size_t i = 0; i < ops->n; i++) {
		const struct ipvs_op *op = &ops->ops[i];

		if (op->kind == IPVS_DEL_SERVICE && (op->error == 0 || op->error == ESRCH))
			made_remove(k->made, &op->service->key);
	}
}

/*
 * All has succeeded: the view is what the kernel has now.  Operations point into the old view, and
 * settling has to know what was ours, so the order matters.
 */
static void settle(struct kernel *k, const struct ipvs_table *want, const struct ipvs_ops *ops)
{
	struct ipvs_table now = {.n_services = 0};

	reconcile_settle(want, &k->have, is_ours, k->made, &now);
	ipvs_table_carry_users(&now, &k->have);
	note_removed(k, ops);
	ipvs_table_clear(&k->have);
	k->have = now;
}

/* One comparison and its operations.  True: there were surprises, the view is new, try again. */
static bool try_once(struct kernel *k, const struct ipvs_table *want, struct ipvs_ops *ops)
{
	struct outcome o;
	int err = ipvs_apply(k->connection, ops->ops, ops->n);

	if (err < 0) {
		unreached(k, err);
		return false;
	}
	o = judge(k, ops);
	keep_refused(k, &o);
	report_done(ops);
	if (o.failed == 0) {
		settle(k, want, ops);
		return false;
	}
	note_removed(k, ops);
	return kernel_refresh(k) && o.surprises;
}

size_t kernel_bring_to(struct kernel *k, const struct ipvs_table *want, bool drift)
{
	struct ipvs_ops ops = {.n = 0};
	struct outcome none = {.failed = 0};
	size_t drifted = 0;
	bool again = true;

	note_made(k, want);
	for (int i = 0; i < TRIES && again && k->connection; i++) {
		reconcile(want, &k->have, is_ours, k->made, &ops);
		report_foreign(k, ops.foreign);
		if (ops.n == 0) {
			keep_refused(k, &none);
			break;
		}
		if (drift && i == 0)
			drifted = report_drift(k, &ops);
		again = try_once(k, want, &ops);
	}
	reconcile_clear(&ops);
	return drifted;
}

static bool any_failed(const struct ipvs_ops *ops)
{
	for (size_t i = 0; i < ops->n; i++)
		if (ops->ops[i].error)
			return true;
	return false;
}

/* The operations of a part.  What fails is for a comparison of the whole to judge, with a fresh view. */
static bool apply_part(struct kernel *k, const struct ipvs_ops *ops)
{
	int err = ipvs_apply(k->connection, ops->ops, ops->n);

	if (err < 0) {
		unreached(k, err);
		return false;
	}
	report_done(ops);
	note_removed(k, ops);
	if (!any_failed(ops))
		return true;
	kernel_refresh(k);
	return false;
}

/* Destinations can be put only where the service is. */
static bool has_services(const struct kernel *k, const struct ipvs_table *part)
{
	for (size_t i = 0; i < part->n_services; i++)
		if (!ipvs_table_find(&k->have, &part->services[i].key))
			return false;
	return true;
}

bool kernel_bring_part(struct kernel *k, const struct ipvs_part *part)
{
	struct ipvs_table have = {.n_services = 0};
	struct ipvs_part now = *part;
	struct ipvs_ops ops = {.n = 0};
	bool done;

	if (!k->connection || k->n_refused || (part->addresses && !has_services(k, &part->table)))
		return false;
	note_made(k, &part->table);
	ipvs_table_pick(&have, &k->have, part);
	reconcile(&part->table, &have, is_ours, k->made, &ops);
	/* what was ours is known until the removals are noted */
	memset(&now.table, 0, sizeof(now.table));
	reconcile_settle(&part->table, &have, is_ours, k->made, &now.table);
	ipvs_table_carry_users(&now.table, &have);
	done = ops.n == 0 || apply_part(k, &ops);
	if (done && ops.n)
		ipvs_table_replace(&k->have, &now);
	reconcile_clear(&ops);
	ipvs_table_clear(&have);
	ipvs_table_clear(&now.table);
	return done;
}

void kernel_withdraw(struct kernel *k)
{
	struct ipvs_table nothing = {.n_services = 0};

	if (kernel_refresh(k))
		kernel_bring_to(k, &nothing, false);
}
