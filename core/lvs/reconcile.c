/* SPDX-License-Identifier: BSD-2-Clause */
/* See reconcile.h. */
#include "core/lvs/reconcile.h"

#include <stdlib.h>
#include <string.h>
#include "core/base/log.h"

/* The order in which the kernel is told. */
enum phase { PHASE_GIVE, PHASE_REMOVE_DESTS, PHASE_REMOVE_SERVICES };

struct walk {
	const struct ipvs_table *want, *have;
	reconcile_ours ours;
	void *arg;
	enum phase phase; /* only operations of this phase are kept */
	struct ipvs_ops *out;
};

static enum phase phase_of(enum ipvs_op_kind kind)
{
	switch (kind) {
	case IPVS_ADD_SERVICE:
	case IPVS_SET_SERVICE:
	case IPVS_ADD_DEST:
	case IPVS_SET_DEST:
		return PHASE_GIVE;
	case IPVS_DEL_DEST:
		return PHASE_REMOVE_DESTS;
	case IPVS_DEL_SERVICE:
		return PHASE_REMOVE_SERVICES;
	}
	abort();
}

static void emit(
    struct walk *w, enum ipvs_op_kind kind, const struct ipvs_service *s, const struct ipvs_dest *d)
{
	struct ipvs_ops *out = w->out;

	if (phase_of(kind) != w->phase)
		return;
	if (out->n == out->room) {
		out->room = out->room ? 2 * out->room : 64;
		out->ops = reallocarray(out->ops, out->room, sizeof(*out->ops));
		if (!out->ops) {
			log_error("out of memory");
			abort();
		}
	}
	out->ops[out->n++] = (struct ipvs_op){.kind = kind, .service = s, .dest = d};
}

/* The destinations of one service; have == NULL: the service is new. */
static void walk_dests(
    struct walk *w, const struct ipvs_service *want, const struct ipvs_service *have)
{
	const struct ipvs_dest *a = ipvs_dests(w->want, want),
			       *a_end = ipvs_dests_end(w->want, want);
	const struct ipvs_dest *b = have ? ipvs_dests(w->have, have) : NULL;
	const struct ipvs_dest *b_end = have ? ipvs_dests_end(w->have, have) : NULL;

	while (a < a_end || b < b_end) {
		int c = a == a_end ? 1 : b == b_end ? -1 : ipvs_dest_cmp(a, b);

		if (c < 0)
			emit(w, IPVS_ADD_DEST, want, a);
		else if (c > 0)
			emit(w, IPVS_DEL_DEST, want, b);
		else if (!ipvs_dest_equal(a, b))
			emit(w, IPVS_SET_DEST, want, a);
		if (c <= 0)
			a++;
		if (c >= 0)
			b++;
	}
}

static void walk_unwanted(struct walk *w, const struct ipvs_service *have)
{
	if (!w->ours || w->ours(&have->key, w->arg))
		emit(w, IPVS_DEL_SERVICE, have, NULL);
	else if (w->phase == PHASE_REMOVE_SERVICES)
		w->out->foreign++;
}

static void walk_services(struct walk *w)
{
	const struct ipvs_service *a = w->want->services, *a_end = ipvs_services_end(w->want);
	const struct ipvs_service *b = w->have->services, *b_end = ipvs_services_end(w->have);

	while (a < a_end || b < b_end) {
		int c = a == a_end ? 1 : b == b_end ? -1 : ipvs_key_cmp(&a->key, &b->key);

		if (c < 0)
			emit(w, IPVS_ADD_SERVICE, a, NULL);
		else if (c > 0)
			walk_unwanted(w, b);
		else if (!ipvs_service_equal(a, b))
			emit(w, IPVS_SET_SERVICE, a, NULL);
		if (c <= 0)
			walk_dests(w, a, c == 0 ? b : NULL);
		if (c <= 0)
			a++;
		if (c >= 0)
			b++;
	}
}

void reconcile(const struct ipvs_table *want, const struct ipvs_table *have, reconcile_ours ours,
    void *arg, struct ipvs_ops *out)
{
	static const enum phase phases[] = {PHASE_GIVE, PHASE_REMOVE_DESTS, PHASE_REMOVE_SERVICES};
	struct walk w = {want, have, ours, arg, PHASE_GIVE, out};

	out->n = out->foreign = 0;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		w.phase = phases[i];
		walk_services(&w);
	}
}

static void settle_service(struct ipvs_table *out, const struct ipvs_table *want,
    const struct ipvs_service *s, const struct ipvs_table *have)
{
	const struct ipvs_service *old = ipvs_table_find(have, &s->key);
	struct ipvs_service *new = ipvs_table_add_service(out, s);

	if (old)
		new->stats = old->stats;
	for (const struct ipvs_dest *d = ipvs_dests(want, s), *end = ipvs_dests_end(want, s);
	     d < end; d++) {
		struct ipvs_dest *to = ipvs_table_add_dest(out, d);
		const struct ipvs_dest *from =
		    old ? ipvs_table_find_dest(have, old, &d->addr, d->port) : NULL;

		if (!from)
			continue;
		to->stats = from->stats;
		to->active = from->active;
		to->inactive = from->inactive;
		to->persistent = from->persistent;
	}
}

void reconcile_settle(const struct ipvs_table *want, const struct ipvs_table *have,
    reconcile_ours ours, void *arg, struct ipvs_table *out)
{
	for (size_t i = 0; i < want->n_services; i++)
		settle_service(out, want, &want->services[i], have);
	for (size_t i = 0; i < have->n_services; i++) {
		const struct ipvs_service *s = &have->services[i];

		if (!ipvs_table_find(want, &s->key) && ours && !ours(&s->key, arg))
			ipvs_table_copy_service(out, have, s);
	}
	ipvs_table_sort(out);
}

void reconcile_clear(struct ipvs_ops *ops)
{
	free(ops->ops);
	memset(ops, 0, sizeof(*ops));
}
