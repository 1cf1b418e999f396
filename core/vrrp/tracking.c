/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an instance tracks, by itself and with its group: from rows and the kernel's picture to its
 * priority and its faults; see router.h.
 *
 * The list of items is made when rows change; from then on nothing is allocated.
 */
#include "core/vrrp/router.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/model/vmac.h"
#include "core/vrrp/track.h"

/* An item of the list: a row of vrrp_track or of sync_group_track, which have the same columns. */
struct tracked {
	struct row *row;
	bool of_group;
	struct row
	    *source; /* the row with this name, of a script, a file...; NULL of an interface */
};

#define SAME_PLACE(c) _Static_assert((int)COL_vrrp_track_##c == (int)COL_sync_group_track_##c, #c)
SAME_PLACE(kind);
SAME_PLACE(tracked);
SAME_PLACE(weight);
SAME_PLACE(reverse);
SAME_PLACE(own_weight);
SAME_PLACE(state);
SAME_PLACE(contribution);
SAME_PLACE(faulty);
SAME_PLACE(last_change);

static int64_t number(const struct tracked *t, int column)
{
	return column_number(t->row, &t->row->table->columns[column]);
}

static const char *name_of(const struct tracked *t)
{
	return column_text(t->row, &t->row->table->columns[COL_vrrp_track_tracked]);
}

static enum track_kind kind_of(const struct tracked *t)
{
	return (enum track_kind)number(t, COL_vrrp_track_kind);
}

struct weight {
	int32_t weight;
	bool reverse;
};

/* What the script or the file has for those without a weight of their own. */
static struct weight source_weight(const struct row *source)
{
	const struct script *s = (const struct script *)source;
	const struct track_file *f = (const struct track_file *)source;
	const struct track_process *p = (const struct track_process *)source;

	switch (source->table->id) {
	case TABLE_script:
		return (struct weight){s->weight, s->reverse};
	case TABLE_track_file:
		return (struct weight){f->weight, f->reverse};
	case TABLE_track_process:
		return (struct weight){p->weight, p->reverse};
	}
	return (struct weight){0, false};
}

static struct weight weight_of(const struct tracked *t)
{
	if (t->source && !number(t, COL_vrrp_track_own_weight))
		return source_weight(t->source);
	return (struct weight){
	    (int32_t)number(t, COL_vrrp_track_weight), number(t, COL_vrrp_track_reverse)};
}

/* ------------------------------------------------------------------------ list */

static struct row *first_track(const struct store *s, enum table_id table, const char *owner)
{
	return *owner ? store_first_of(s, table, owner) : NULL;
}

static struct tracked *same_item(struct virtual *v, const struct row *r)
{
	const struct tracked t = {(struct row *)(uintptr_t)r, false, NULL};

	for (size_t k = 0; k < v->ntracks; k++)
		if (kind_of(&v->tracks[k]) == kind_of(&t) && name_of(&v->tracks[k]) == name_of(&t))
			return &v->tracks[k];
	return NULL;
}

static struct tracked item(const struct virtual *v, struct row *r, bool of_group)
{
	struct tracked t = {r, of_group, NULL};
	int table = track_table(kind_of(&t));

	if (table >= 0)
		t.source =
		    store_named(engine_store(v->router->engine), (enum table_id)table, name_of(&t));
	if (t.source)
		t.source->user = v->router; /* somebody tracks it: see tracking_is_news() */
	return t;
}

static void add(struct virtual *v, struct row *r, bool of_group)
{
	v->tracks = reallocarray(v->tracks, v->ntracks + 1, sizeof(*v->tracks));
	if (!v->tracks)
		abort();
	v->tracks[v->ntracks++] = item(v, r, of_group);
}

/* Of an item that both have, the group's row counts, unless the instance's means fault. */
static void add_of_group(struct virtual *v, struct row *r)
{
	struct tracked *own = same_item(v, r);

	if (!own)
		add(v, r, true);
	else if (weight_of(own).weight != 0)
		*own = item(v, r, true);
}

void tracking_collect(struct virtual *v)
{
	const struct store *s = engine_store(v->router->engine);

	v->ntracks = 0;
	for (struct row *r = first_track(s, TABLE_vrrp_track, v->row->name); r;
	     r = store_next_of(r))
		add(v, r, false);
	for (struct row *r = first_track(s, TABLE_sync_group_track, v->row->sync_group); r;
	     r = store_next_of(r))
		add_of_group(v, r);
}

/* ---------------------------------------------------------------------- effect */

static enum track_state interface_state(const struct virtual *v, const char *name)
{
	const struct kernel_interface *i = kernel_interface(v->router->kernel, name);
	const unsigned up = IFF_UP | IFF_RUNNING;

	return i && (watch_flags(v->router, i) & up) == up ? TRACK_STATE_UP : TRACK_STATE_DOWN;
}

static enum track_state state_of(const struct virtual *v, const struct tracked *t)
{
	switch (kind_of(t)) {
	case TRACK_INTERFACE:
		return interface_state(v, name_of(t));
	case TRACK_SCRIPT:
		return t->source ? ((const struct script *)t->source)->status : TRACK_STATE_UNKNOWN;
	case TRACK_FILE:
		return t->source ? ((const struct track_file *)t->source)->status
				 : TRACK_STATE_UNKNOWN;
	case TRACK_VIRTUAL_SERVER:
		return t->source ? track_virtual_server_state(
				       ((const struct virtual_server *)t->source)->state)
				 : TRACK_STATE_UNKNOWN;
	case TRACK_POOL:
		return t->source ? track_pool_state(((const struct pool *)t->source)->state)
				 : TRACK_STATE_UNKNOWN;
	case TRACK_PROCESS:
		return t->source ? ((const struct track_process *)t->source)->status
				 : TRACK_STATE_UNKNOWN;
	}
	return TRACK_STATE_UNKNOWN;
}

bool tracking_is_news(const struct change *c)
{
	if (c->kind != CHANGE_MODIFIED || !c->row->user)
		return false;
	switch (c->row->table->id) {
	case TABLE_script:
	case TABLE_track_file:
	case TABLE_track_process:
	case TABLE_virtual_server:
	case TABLE_pool:
		return true;
	}
	return false;
}

/*
 * Scripts, files and processes are looked at by a process that does nothing else, and soon.  The state of a service
 * may need checks that take their time, or lvs, whose kernel may be without IPVS: nobody waits for that.
 */
static bool is_soon_known(enum track_kind kind)
{
	return kind == TRACK_SCRIPT || kind == TRACK_FILE || kind == TRACK_PROCESS;
}

static bool group_has_owner(const struct store *s, const char *group)
{
	STORE_FOREACH (vrrp_instance, i, s)
		if (i->sync_group == group && i->priority == VRRP_PRIORITY_OWNER)
			return true;
	return false;
}

/*
 * The weight that counts; false: the item has no effect.  As with keepalived, an address owner's own weights
 * have none, and those of a group with an address owner mean fault; any other weight than an interface's has
 * none in a group whose instances are not to have weights of their own.
 */
static bool counts(const struct virtual *v, const struct tracked *t, struct weight *w)
{
	const struct store *s = engine_store(v->router->engine);
	const struct sync_group *g =
	    *v->row->sync_group ? store_sync_group(s, v->row->sync_group) : NULL;

	*w = weight_of(t);
	if (w->weight == 0)
		return true;
	if (t->of_group) {
		if (group_has_owner(s, v->row->sync_group))
			w->weight = 0;
		return true;
	}
	return v->row->priority != VRRP_PRIORITY_OWNER && !(t->source && g && !g->tracking_weight);
}

static struct track_effect effect_of(
    const struct virtual *v, const struct tracked *t, enum track_state state)
{
	struct weight w;

	if (!counts(v, t, &w))
		return (struct track_effect){0, false};
	if (kind_of(t) == TRACK_FILE && state != TRACK_STATE_UNKNOWN)
		return track_file_effect(
		    ((const struct track_file *)t->source)->value, w.weight, w.reverse);
	return track_effect(state, w.weight, w.reverse);
}

bool tracking_waits(const struct virtual *v)
{
	struct weight w;

	for (size_t k = 0; k < v->ntracks; k++)
		if (is_soon_known(kind_of(&v->tracks[k])) &&
		    state_of(v, &v->tracks[k]) == TRACK_STATE_UNKNOWN &&
		    counts(v, &v->tracks[k], &w) && w.weight == 0)
			return true;
	return false;
}

uint8_t tracking_priority(const struct virtual *v)
{
	int64_t sum = 0;

	for (size_t k = 0; k < v->ntracks; k++)
		sum += effect_of(v, &v->tracks[k], state_of(v, &v->tracks[k])).contribution;
	return track_priority(v->row->priority, sum);
}

/* ------------------------------------------------------------------------ words */

__attribute__((format(printf, 3, 4))) static void append(
    char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	if (used && used + 2 < size) {
		memcpy(buf + used, ", ", 3);
		used += 2;
	}
	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

/* "track_interface eth1 is down", "track_file load is 7" */
static const char *item_words(
    const struct tracked *t, enum track_state state, char *buf, size_t size)
{
	char value[12];

	if (kind_of(t) == TRACK_FILE && state != TRACK_STATE_UNKNOWN)
		snprintf(value, sizeof(value), "%" PRId32,
		    ((const struct track_file *)t->source)->value);
	else
		snprintf(value, sizeof(value), "%s",
		    enum_word(&enumeration_track_state, (int32_t)state));
	snprintf(buf, size, "%s %s%s is %s", track_keyword(kind_of(t)), name_of(t),
	    t->of_group ? " of the group" : "", value);
	return buf;
}

/* -------------------------------------------------------------------- evaluation */

static void set(const struct tracked *t, int column, int64_t value, column_mask *mask)
{
	if (number(t, column) == value)
		return;
	column_set_number(t->row, &t->row->table->columns[column], value);
	*mask |= (column_mask)1 << column;
}

static void report(const struct virtual *v, const struct tracked *t, enum track_state state,
    const struct track_effect *e, usec_t now)
{
	column_mask mask = 0;

	set(t, COL_vrrp_track_state, (int64_t)state, &mask);
	if (mask)
		set(t, COL_vrrp_track_last_change, (int64_t)now, &mask);
	set(t, COL_vrrp_track_contribution, e->contribution, &mask);
	set(t, COL_vrrp_track_faulty, e->fault, &mask);
	if (mask)
		engine_report(v->router->engine, t->row, mask);
}

static void set_priority(struct virtual *v, int64_t sum, const char *why, usec_t now)
{
	struct vrrp_config c = v->fsm.config;

	c.priority = track_priority(v->row->priority, sum);
	if (strcmp(v->priority_reason, why) != 0) {
		snprintf(v->priority_reason, sizeof(v->priority_reason), "%s", why);
		log_notice("%s: priority %u%s%s", v->row->name, c.priority, *why ? ": " : "", why);
		v->report_due = true;
		router_wake(v->router);
	}
	if (c.priority == v->fsm.config.priority)
		return;
	vrrp_fsm_configure(&v->fsm, &c, now);
	v->report_due = true;
	router_wake(v->router);
}

/*
 * As with keepalived, the interfaces of an instance's addresses are tracked by themselves: a master whose address is
 * on a link that is down serves nobody there.  The instance's own interface has faults of its own.
 */
static void append_addresses(const struct virtual *v, char *fault, size_t size)
{
	char vmac[IFNAMSIZ];
	const char *last = v->row->interface;

	vmac_name(v->row, vmac);
	for (size_t k = 0; k < v->nvips; k++) {
		const char *name = v->vips[k].interface;

		if (strcmp(name, last) == 0 || strcmp(name, v->row->interface) == 0 ||
		    (v->row->use_vmac && strcmp(name, vmac) == 0))
			continue;
		last = name;
		if (interface_state(v, name) != TRACK_STATE_UP)
			append(fault, size, "the interface %s of its addresses is down", name);
	}
}

void tracking_evaluate(struct virtual *v)
{
	char priority[sizeof(v->priority_reason)] = "", fault[VRRP_TRACKED_SIZE] = "", words[120];
	usec_t now = clock_now();
	int64_t sum = 0;

	for (size_t k = 0; k < v->ntracks; k++) {
		const struct tracked *t = &v->tracks[k];
		enum track_state state = state_of(v, t);
		struct track_effect e = effect_of(v, t, state);

		report(v, t, state, &e, now);
		sum += e.contribution;
		item_words(t, state, words, sizeof(words));
		if (e.fault)
			append(fault, sizeof(fault), "%s", words);
		if (e.contribution)
			append(priority, sizeof(priority), "%s (%+d)", words, e.contribution);
	}
	append_addresses(v, fault, sizeof(fault));
	set_priority(v, sum, priority, now);
	vrrp_fsm_tracked(&v->fsm, fault, now);
}
