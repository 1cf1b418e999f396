/* SPDX-License-Identifier: BSD-2-Clause */
/* vrrp_instance and vrrp_sync_group (see reader.h). */
#include <stdlib.h>
#include <string.h>
#include "core/config/inherit.h"
#include "core/config/reader.h"

#define PRIORITY_OWNER 255
#define AUTHENTICATION (COLUMN(vrrp_instance, auth_type) | COLUMN(vrrp_instance, auth_password))

struct membership {
	struct membership *next;
	const char *group, *instance; /* shared strings */
	struct place at;
};

/* ---- Virtual addresses: ADDRESS[/LENGTH] [KEYWORD VALUE]... */

struct address_list {
	const char *instance;
	bool excluded;
	uint32_t n; /* places in the advertisement taken by now */
};

static bool read_prefix(struct reader *r, struct vrrp_address *a, const struct word *w)
{
	char text[ADDR_STRLEN + 8];
	struct word address = {text, w->at}, length = {NULL, w->at};
	char *slash;
	int64_t n;

	if (strlen(w->text) >= sizeof(text)) {
		diagnosis_error(r->d, w->at, "'%s' is not an address", w->text);
		return false;
	}
	strcpy(text, w->text);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	if (!read_address(r, &address, &a->address))
		return false;
	if (!slash)
		return true;
	length.text = slash;
	length.at.column = (uint16_t)(w->at.column + (slash - text));
	if (!read_number(r, &length, 1, a->address.family == ADDR_IPV4 ? 32 : 128, &n))
		return false;
	a->prefix_length = (uint32_t)n;
	marks_column(&a->row, COL_vrrp_address_prefix_length, w->at);
	return true;
}

static bool read_scope(struct reader *r, struct vrrp_address *a, const struct word *w)
{
	static const struct {
		const char *name;
		uint32_t number;
	} names[] = {{"global", 0}, {"site", 200}, {"link", 253}, {"host", 254}, {"nowhere", 255}};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i].name, w->text) == 0) {
			a->scope = names[i].number;
			return true;
		}
	}
	return read_value(r, &a->row, COL_vrrp_address_scope, w);
}

static const char *const unsupported_options[] = {"peer", "home", "-nodad", "mngtmpaddr",
    "noprefixroute", "autojoin", "no_track", "track_group", "preferred_lft", "use_vmac"};

static bool refuse_option(struct reader *r, const struct word *w)
{
	for (size_t i = 0; i < sizeof(unsupported_options) / sizeof(*unsupported_options); i++) {
		if (strcmp(unsupported_options[i], w->text) == 0) {
			diagnosis_error(r->d, w->at, "'%s' is not supported", w->text);
			return false;
		}
	}
	diagnosis_error(r->d, w->at, "unknown keyword '%s' for an address", w->text);
	return false;
}

/* The option at words[0]; its value is words[1] if it has one. */
static bool read_option(
    struct reader *r, struct vrrp_address *a, const struct word *words, size_t n)
{
	const char *name = strcmp(words[0].text, "brd") == 0 ? "broadcast" : words[0].text;
	int column = strcmp(name, "position") == 0 ? COL_vrrp_address_position
						   : keyword_column(a->row.table, name);

	if (column < 0)
		return refuse_option(r, &words[0]);
	if (n < 2) {
		diagnosis_error(r->d, words[0].at, "'%s' needs a value", words[0].text);
		return false;
	}
	marks_column(&a->row, column, words[0].at);
	if (column == COL_vrrp_address_scope)
		return read_scope(r, a, &words[1]);
	return read_value(r, &a->row, column, &words[1]);
}

static void read_vip(struct reader *r, struct block *b, const struct statement *st)
{
	struct address_list *list = b->data;
	struct vrrp_address *a = ROW_NEW(vrrp_address);
	bool ok;

	marks_row(&a->row, st->at);
	row_set_text(&a->instance, list->instance);
	a->excluded = list->excluded;
	a->position = list->excluded ? 0 : list->n++;
	ok = read_prefix(r, a, &st->words[0]);
	for (size_t i = 1; ok && i < st->n; i += 2)
		ok = read_option(r, a, st->words + i, st->n - i);
	if (ok)
		read_insert(r, &a->row);
	else
		marks_free_row(&a->row);
}

static void read_vips(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type types[] = {
	    {"virtual_ipaddress", NULL, read_vip}, {"virtual_ipaddress_excluded", NULL, read_vip}};
	struct address_list *list = b->data;
	struct block vips = {.at = st->at, .data = list};

	list->excluded = strcmp(st->words[0].text, "virtual_ipaddress") != 0;
	vips.type = &types[list->excluded];
	if (read_words(r, st, 1, 1))
		read_block(r, &vips);
	else
		lexer_skip_block(r->lexer);
}

/* ---- vrrp_instance */

static struct vrrp_instance *instance_of(const struct block *b)
{
	return (struct vrrp_instance *)b->scopes[0].row;
}

static void read_password(struct reader *r, struct block *b, const struct statement *st)
{
	struct vrrp_instance *i = instance_of(b);
	char first[9];

	if (!read_words(r, st, 2, 2))
		return;
	if (strlen(st->words[1].text) >= sizeof(first))
		diagnosis_warn(
		    r->d, st->words[1].at, "only the first 8 characters of the password count");
	snprintf(first, sizeof(first), "%s", st->words[1].text);
	if (read_value(r, &i->row, COL_vrrp_instance_auth_password,
		&(struct word){first, st->words[1].at}))
		marks_column(&i->row, COL_vrrp_instance_auth_password, st->at);
}

static void read_auth_type(struct reader *r, struct block *b, const struct statement *st)
{
	if (st->n == 2 && strcmp(st->words[1].text, "AH") == 0)
		diagnosis_error(r->d, st->words[1].at, "the authentication AH is not supported");
	else
		read_column(r, b->scopes[0].row, COL_vrrp_instance_auth_type, st);
}

static void read_authentication(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct keyword keywords[] = {
	    {"auth_type", KEYWORD_LINE, read_auth_type, NULL},
	    {"auth_pass", KEYWORD_LINE, read_password, NULL},
	    {NULL, KEYWORD_IDLE, NULL, NULL},
	};
	static const struct block_type type = {"authentication", keywords, NULL};
	struct block auth = {
	    .type = &type, .at = st->at, .scopes = {{b->scopes[0].row, AUTHENTICATION}}};

	if (read_words(r, st, 1, 1))
		read_block(r, &auth);
	else
		lexer_skip_block(r->lexer);
}

/* The keywords that say the opposite of a column's own. */
static void read_preempt(struct reader *r, struct block *b, const struct statement *st)
{
	if (!read_words(r, st, 1, 1))
		return;
	instance_of(b)->preempt = true;
	marks_column(b->scopes[0].row, COL_vrrp_instance_preempt, st->at);
}

static void read_no_accept(struct reader *r, struct block *b, const struct statement *st)
{
	if (!read_words(r, st, 1, 1))
		return;
	instance_of(b)->accept = false;
	marks_column(b->scopes[0].row, COL_vrrp_instance_accept, st->at);
}

static void read_mcast_dst(struct reader *r, struct block *b, const struct statement *st)
{
	(void)b;
	if (read_words(r, st, 2, 2) && strcmp(st->words[1].text, "224.0.0.18") != 0)
		diagnosis_error(r->d, st->words[1].at,
		    "another multicast group than 224.0.0.18 is not supported");
}

#define UNICAST "there is no unicast VRRP yet"
#define NOVMAC "there are no VMACs yet"
#define NOTRACK "only the instance's own interface is watched yet"

static const struct keyword instance_keywords[] = {
    {"virtual_ipaddress", KEYWORD_BLOCK, read_vips, NULL},
    {"virtual_ipaddress_excluded", KEYWORD_BLOCK, read_vips, NULL},
    {"authentication", KEYWORD_BLOCK, read_authentication, NULL},
    {"preempt", KEYWORD_LINE, read_preempt, NULL},
    {"no_accept", KEYWORD_LINE, read_no_accept, NULL},
    {"mcast_dst_ip", KEYWORD_LINE, read_mcast_dst, NULL},
    {"down_timer_adverts", KEYWORD_LINE, read_down_timer, NULL},
    {"lower_prio_no_advert", KEYWORD_ONLY_OFF, NULL, NULL},
    {"higher_prio_send_advert", KEYWORD_ONLY_OFF, NULL, NULL},
    {"strict_mode", KEYWORD_ONLY_OFF, NULL, NULL},
    {"unicast_src_ip", KEYWORD_UNSUPPORTED, NULL, UNICAST},
    {"unicast_peer", KEYWORD_UNSUPPORTED, NULL, UNICAST},
    {"unicast_fault_no_peer", KEYWORD_UNSUPPORTED, NULL, UNICAST},
    {"unicast_ttl", KEYWORD_UNSUPPORTED, NULL, UNICAST},
    {"old_unicast_checksum", KEYWORD_UNSUPPORTED, NULL, UNICAST},
    {"use_vmac", KEYWORD_UNSUPPORTED, NULL, NOVMAC},
    {"use_vmac_addr", KEYWORD_UNSUPPORTED, NULL, NOVMAC},
    {"vmac_xmit_base", KEYWORD_UNSUPPORTED, NULL, NOVMAC},
    {"use_ipvlan", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"vrf", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"track_interface", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"track_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"track_file", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"track_process", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"track_bfd", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"track_src_ip", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"dont_track_primary", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"virtual_routes", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"virtual_rules", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"promote_secondaries", KEYWORD_UNSUPPORTED, NULL, "set the sysctl promote_secondaries"},
    {"garp_extra_if", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"lvs_sync_daemon_interface", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"linkbeat_use_polling", KEYWORD_UNSUPPORTED, NULL, NULL},
    {"notify", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_master", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_backup", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_fault", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_stop", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_deleted", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_master_rx_lower_pri", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"smtp_alert", KEYWORD_IDLE, NULL,
	"directord sends no mail; its events are SNMP notifications"},
    {"notify_priority_changes", KEYWORD_IDLE, NULL, NULL},
    {"check_unicast_src", KEYWORD_IDLE, NULL, UNICAST},
    {"skip_check_adv_addr", KEYWORD_IDLE, NULL, NULL},
    {"kernel_rx_buf_size", KEYWORD_IDLE, NULL, NULL},
    {"debug", KEYWORD_IDLE, NULL, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

static void read_instance(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"vrrp_instance", instance_keywords, NULL};
	struct vrrp_instance *i = ROW_NEW(vrrp_instance);
	struct address_list list = {0};
	struct block block = {.type = &type,
	    .at = st->at,
	    .scopes = {{&i->row, table_mask(i->row.table, CLASS_CONFIG) & ~AUTHENTICATION}},
	    .data = &list};

	(void)b;
	marks_row(&i->row, st->at);
	if (!read_words(r, st, 2, 2) ||
	    !read_value(r, &i->row, COL_vrrp_instance_name, &st->words[1])) {
		marks_free_row(&i->row);
		lexer_skip_block(r->lexer);
		return;
	}
	list.instance = i->name;
	if (read_insert(r, &i->row))
		read_block(r, &block);
	else
		lexer_skip_block(r->lexer);
}

/* ---- vrrp_sync_group */

static void read_members(struct reader *r, struct block *b, const struct statement *st)
{
	for (size_t k = 0; k < st->n; k++) {
		struct membership *m = calloc(1, sizeof(*m));

		if (!m)
			abort();
		m->group = str_get(((struct sync_group *)b->data)->name);
		m->instance = str_get(st->words[k].text);
		m->at = st->words[k].at;
		m->next = r->members;
		r->members = m;
	}
}

static void read_group(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"group", NULL, read_members};
	struct block members = {.type = &type, .at = st->at, .data = b->scopes[0].row};

	if (read_words(r, st, 1, 1))
		read_block(r, &members);
	else
		lexer_skip_block(r->lexer);
}

static const struct keyword sync_group_keywords[] = {
    {"group", KEYWORD_BLOCK, read_group, NULL},
    {"track_interface", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"track_script", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"track_file", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"track_process", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"track_bfd", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"notify", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_master", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_backup", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_fault", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_stop", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"notify_deleted", KEYWORD_UNSUPPORTED, NULL, NOSCRIPT},
    {"global_tracking", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"sync_group_tracking_weight", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"smtp_alert", KEYWORD_IDLE, NULL,
	"directord sends no mail; its events are SNMP notifications"},
    {"notify_priority_changes", KEYWORD_IDLE, NULL, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

static void read_sync_group(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"vrrp_sync_group", sync_group_keywords, NULL};
	struct sync_group *g = ROW_NEW(sync_group);
	struct block block = {.type = &type,
	    .at = st->at,
	    .scopes = {{&g->row, table_mask(g->row.table, CLASS_CONFIG)}}};

	(void)b;
	marks_row(&g->row, st->at);
	if (!read_words(r, st, 2, 2) ||
	    !read_value(r, &g->row, COL_sync_group_name, &st->words[1])) {
		marks_free_row(&g->row);
		lexer_skip_block(r->lexer);
		return;
	}
	if (read_insert(r, &g->row))
		read_block(r, &block);
	else
		lexer_skip_block(r->lexer);
}

const struct keyword vrrp_root_keywords[] = {
    {"vrrp_instance", KEYWORD_BLOCK, read_instance, NULL},
    {"vrrp_sync_group", KEYWORD_BLOCK, read_sync_group, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

/* ---- When all is read. */

static void join_group(struct reader *r, const struct membership *m)
{
	struct vrrp_instance *i = store_vrrp_instance(r->store, m->instance);

	if (!i) {
		diagnosis_error(r->d, m->at, "there is no vrrp_instance '%s'", m->instance);
	} else if (*i->sync_group && i->sync_group != m->group) {
		diagnosis_error(r->d, m->at, "the instance '%s' is in the group '%s' already",
		    m->instance, i->sync_group);
	} else {
		row_set_text(&i->sync_group, m->group);
		marks_column(&i->row, COL_vrrp_instance_sync_group, m->at);
	}
}

/* The list is backwards. */
static void join_groups(struct reader *r)
{
	struct membership *forward = NULL, *next;

	for (; r->members; r->members = next) {
		next = r->members->next;
		r->members->next = forward;
		forward = r->members;
	}
	r->members = forward;
	for (const struct membership *m = forward; m; m = m->next)
		join_group(r, m);
}

/* A global keyword that was not given: its value follows from others. */
static void complete_defaults(struct reader *r)
{
	struct vrrp_instance *i = r->instance_defaults;
	column_mask given = marks_given(&i->row);
	struct place at = marks_place(&i->row, -1);
	struct {
		int column, from;
		uint64_t least;
	} list[] = {
	    {COL_vrrp_instance_garp_delay, -1, 0},
	    {COL_vrrp_instance_garp_repeat, -1, 1},
	    {COL_vrrp_instance_garp_lower_delay, COL_vrrp_instance_garp_delay, 0},
	    {COL_vrrp_instance_garp_lower_repeat, COL_vrrp_instance_garp_repeat, 1},
	};

	for (size_t k = 0; k < sizeof(list) / sizeof(*list); k++) {
		const struct column *c = &i->row.table->columns[list[k].column];

		if (given >> list[k].column & 1)
			continue;
		if (r->min_garp)
			column_set_number(&i->row, c, (int64_t)list[k].least);
		else if (list[k].from >= 0 && given >> list[k].from & 1)
			column_set_number(&i->row, c,
			    column_number(&i->row, &i->row.table->columns[list[k].from]));
		else
			continue;
		marks_column(&i->row, list[k].column, at);
	}
}

/* What contradicts the rest of the instance and has no effect with keepalived has none here. */
static void drop_column(struct reader *r, struct vrrp_instance *i, int column, const char *why)
{
	struct row *fresh = row_new(i->row.table);

	diagnosis_warn(r->d, marks_place(&i->row, column), "'%s' has no effect here: %s",
	    i->row.table->columns[column].keyword, why);
	row_copy_columns(&i->row, fresh, (column_mask)1 << column);
	row_free(fresh);
}

static void adjust_preemption(struct reader *r, struct vrrp_instance *i)
{
	bool master = i->initial_state == VRRP_INITIAL_MASTER;

	if (!i->preempt && i->priority == PRIORITY_OWNER)
		drop_column(r, i, COL_vrrp_instance_preempt,
		    "an address owner (priority 255) always preempts");
	else if (!i->preempt && master)
		drop_column(r, i, COL_vrrp_instance_preempt,
		    "the initial state is MASTER; it must be BACKUP");
	if (i->preempt_delay && master)
		drop_column(r, i, COL_vrrp_instance_preempt_delay,
		    "the initial state is MASTER; it must be BACKUP");
}

static void adjust_authentication(struct reader *r, struct vrrp_instance *i)
{
	if (i->auth_type == VRRP_AUTH_NONE)
		return;
	if (i->version == 3)
		drop_column(r, i, COL_vrrp_instance_auth_type, "version 3 has no authentication");
	else if (!*i->auth_password)
		drop_column(r, i, COL_vrrp_instance_auth_type, "there is no auth_pass");
}

static bool has_address(const struct reader *r, const struct vrrp_instance *i)
{
	struct vrrp_address *key = ROW_NEW(vrrp_address);
	const struct vrrp_address *a;

	row_set_text(&key->instance, i->name);
	a = (const struct vrrp_address *)store_at_or_after(r->store, &key->row);
	row_free(&key->row);
	return a && a->instance == i->name;
}

static void finish_instance(struct reader *r, struct vrrp_instance *i)
{
	column_mask given = marks_given(&i->row);

	inherit(&i->row, given, store_system(r->store)->vrrp_version);
	if (i->priority == PRIORITY_OWNER && !(given & COLUMN(vrrp_instance, priority)))
		diagnosis_warn(r->d, marks_place(&i->row, COL_vrrp_instance_initial_state),
		    "an instance with the state MASTER and without a priority has priority 255: it "
		    "is the "
		    "address owner");
	marks_inherit(&i->row, &r->instance_defaults->row, ~(column_mask)0);
	adjust_preemption(r, i);
	adjust_authentication(r, i);
	if (!has_address(r, i))
		diagnosis_warn(r->d, marks_place(&i->row, -1),
		    "the instance '%s' has no virtual address", i->name);
}

void read_vrrp_finish(struct reader *r)
{
	join_groups(r);
	complete_defaults(r);
	STORE_FOREACH (vrrp_instance, i, r->store)
		finish_instance(r, i);
}

void read_vrrp_free(struct reader *r)
{
	for (struct membership *m = r->members, *next; m; m = next) {
		next = m->next;
		str_free(m->group);
		str_free(m->instance);
		free(m);
	}
	r->members = NULL;
}
