/* SPDX-License-Identifier: BSD-2-Clause */
/* vrrp_instance and vrrp_sync_group (see reader.h). */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/base/words.h"
#include "core/config/inherit.h"
#include "core/config/reader.h"
#include "core/model/vmac.h"

#define PRIORITY_OWNER 255
#define AUTHENTICATION (COLUMN(vrrp_instance, auth_type) | COLUMN(vrrp_instance, auth_password))

struct membership {
	struct membership *next;
	const char *group, *instance; /* shared strings */
	struct place at;
	bool bare; /* in the group's block itself, where it may have been meant as a keyword */
};

/* ---- Virtual addresses: ADDRESS[/LENGTH] [KEYWORD VALUE]... */

struct address_list {
	const char *instance;
	bool excluded;
	uint32_t n;	 /* places in the advertisement taken by now */
	struct word vrf; /* its text is shared; or NULL */
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

static const char *const unsupported_options[] = {
    "peer", "home", "-nodad", "mngtmpaddr", "autojoin", "track_group"};

static size_t refuse_option(struct reader *r, const struct word *w)
{
	for (size_t i = 0; i < sizeof(unsupported_options) / sizeof(*unsupported_options); i++) {
		if (strcmp(unsupported_options[i], w->text) == 0) {
			diagnosis_error(r->d, w->at, "'%s' is not supported", w->text);
			return 0;
		}
	}
	diagnosis_error(r->d, w->at, "unknown keyword '%s' for an address", w->text);
	return 0;
}

/* The broadcast address "+" has all bits behind the prefix, and "-" none. */
static bool read_host_bits(struct vrrp_address *a, const char *text)
{
	uint32_t length = a->prefix_length ? a->prefix_length : 32;

	if (a->address.family != ADDR_IPV4 || (strcmp(text, "+") != 0 && strcmp(text, "-") != 0))
		return false;
	a->broadcast = a->address;
	for (uint32_t i = length; i < 32; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8), *byte = &a->broadcast.bytes[i / 8];

		*byte = *text == '+' ? *byte | bit : *byte & (uint8_t)~bit;
	}
	return true;
}

/* The option at words[0], and its value if it has one; how many words these are, or 0 if they are wrong. */
static size_t read_option(
    struct reader *r, struct vrrp_address *a, const struct word *words, size_t n)
{
	const char *name = strcmp(words[0].text, "brd") == 0 ? "broadcast" : words[0].text;
	int column = strcmp(name, "position") == 0 ? COL_vrrp_address_position
						   : keyword_column(a->row.table, name);

	if (column < 0)
		return refuse_option(r, &words[0]);
	if (a->row.table->columns[column].type == TYPE_BOOL) {
		marks_column(&a->row, column, words[0].at);
		column_set_number(&a->row, &a->row.table->columns[column],
		    !a->row.table->columns[column].inverted);
		return 1;
	}
	if (n < 2) {
		diagnosis_error(r->d, words[0].at, "'%s' needs a value", words[0].text);
		return 0;
	}
	marks_column(&a->row, column, words[0].at);
	if (column == COL_vrrp_address_scope)
		return read_scope(r, a, &words[1]) ? 2 : 0;
	if (column == COL_vrrp_address_preferred_lifetime &&
	    strcmp(words[1].text, "forever") == 0) {
		a->preferred_lifetime = INT32_MAX;
		return 2;
	}
	if (column == COL_vrrp_address_broadcast && read_host_bits(a, words[1].text))
		return 2;
	return read_value(r, &a->row, column, &words[1]) ? 2 : 0;
}

/* What contradicts the rest of the row and has no effect with keepalived has none here. */
static void drop_column(struct reader *r, struct row *row, int column, const char *why)
{
	struct row *fresh = row_new(row->table);

	diagnosis_warn(r->d, marks_place(row, column), "'%s' has no effect here: %s",
	    row->table->columns[column].keyword, why);
	row_copy_columns(row, fresh, (column_mask)1 << column);
	row_free(fresh);
}

static void adjust_address(struct reader *r, struct vrrp_address *a)
{
	if (a->address.family != ADDR_IPV6)
		return;
	if (a->scope)
		drop_column(r, &a->row, COL_vrrp_address_scope,
		    "the scope of an IPv6 address follows from the address");
	if (*a->label_text)
		drop_column(
		    r, &a->row, COL_vrrp_address_label_text, "an IPv6 address has no label");
}

/* An address that the instance has already: keepalived's own samples have that. */
static bool is_repeated(struct reader *r, const struct row *row)
{
	const struct row *there = store_find(r->store, row);
	struct place at;

	if (!there)
		return false;
	at = marks_place(there, -1);
	diagnosis_warn(r->d, marks_place(row, -1),
	    "this line has no effect: the instance has the address since line %u", at.line);
	return true;
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
	ok = read_prefix(r, a, &st->words[0]) && !is_repeated(r, &a->row);
	for (size_t i = 1, used; ok && i < st->n; i += used)
		ok = (used = read_option(r, a, st->words + i, st->n - i)) > 0;
	if (!ok) {
		marks_free_row(&a->row);
		return;
	}
	adjust_address(r, a);
	read_insert(r, &a->row);
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

/* ---- track_interface, track_script...: NAME [weight NUMBER [reverse]], of an instance or a group */

struct track_list {
	enum table_id table;
	const char *owner;
	enum track_kind kind;
};

/* The words behind the name. */
static bool read_track_weight(struct reader *r, struct row *t, const struct statement *st)
{
	if (st->n == 1) {
		/* as the script has it */
		column_set_number(t, &t->table->columns[COL_vrrp_track_own_weight],
		    !track_has_weight((enum track_kind)column_number(
			t, &t->table->columns[COL_vrrp_track_kind])));
		return true;
	}
	if (strcmp(st->words[1].text, "weight") != 0) {
		diagnosis_error(r->d, st->words[1].at, "unknown keyword '%s'; is 'weight' meant?",
		    st->words[1].text);
		return false;
	}
	if (!read_words(r, st, 3, 4) || !read_value(r, t, COL_vrrp_track_weight, &st->words[2]))
		return false;
	marks_column(t, COL_vrrp_track_weight, st->words[2].at);
	if (st->n == 3)
		return true;
	if (strcmp(st->words[3].text, "noreverse") == 0 ||
	    strcmp(st->words[3].text, "no_reverse") == 0)
		return true;
	if (strcmp(st->words[3].text, "reverse") != 0) {
		diagnosis_error(r->d, st->words[3].at, "unknown keyword '%s'; is 'reverse' meant?",
		    st->words[3].text);
		return false;
	}
	column_set_number(t, &t->table->columns[COL_vrrp_track_reverse], true);
	marks_column(t, COL_vrrp_track_reverse, st->words[3].at);
	return true;
}

static void read_track(struct reader *r, struct block *b, const struct statement *st)
{
	const struct track_list *list = b->data;
	struct row *t = row_new(&tables[list->table]);
	const struct column *c = t->table->columns;

	marks_row(t, st->at);
	row_set_text(COLUMN_PTR(t, &c[0]), list->owner);
	column_set_number(t, &c[COL_vrrp_track_kind], (int64_t)list->kind);
	if (read_value(r, t, COL_vrrp_track_tracked, &st->words[0]) && read_track_weight(r, t, st))
		read_insert(r, t);
	else
		marks_free_row(t);
}

static void read_tracks(struct reader *r, struct block *b, const struct statement *st)
{
	const struct enum_word *w = enumeration_track_kind.words;
	const struct row *owner = b->scopes[0].row;
	struct track_list list = {
	    .table =
		owner->table->id == TABLE_sync_group ? TABLE_sync_group_track : TABLE_vrrp_track,
	    .owner = column_text(owner, &owner->table->columns[0]),
	};
	struct block_type type = {.item = read_track};
	struct block tracks = {.type = &type, .at = st->at, .data = &list};

	while (strcmp(track_keyword((enum track_kind)w->number), st->words[0].text) != 0)
		w++;
	list.kind = (enum track_kind)w->number;
	type.name = track_keyword(list.kind);
	if (read_words(r, st, 1, 1))
		read_block(r, &tracks);
	else
		lexer_skip_block(r->lexer);
}

/* ---- vrrp_instance */

static struct vrrp_instance *instance_of(const struct block *b)
{
	return (struct vrrp_instance *)b->scopes[0].row;
}

/* Peers: ADDRESS [min_ttl NUMBER] [max_ttl NUMBER] */

static bool read_ttl(struct reader *r, struct vrrp_peer *p, const struct word *words, size_t n)
{
	int column = keyword_column(p->row.table, words[0].text);

	if (column < 0) {
		diagnosis_error(
		    r->d, words[0].at, "unknown keyword '%s' for a peer", words[0].text);
		return false;
	}
	if (n < 2) {
		diagnosis_error(r->d, words[0].at, "'%s' needs a value", words[0].text);
		return false;
	}
	marks_column(&p->row, column, words[0].at);
	return read_value(r, &p->row, column, &words[1]);
}

static void read_peer(struct reader *r, struct block *b, const struct statement *st)
{
	const struct vrrp_instance *i = b->data;
	struct vrrp_peer *p = ROW_NEW(vrrp_peer);
	bool ok;

	marks_row(&p->row, st->at);
	row_set_text(&p->instance, i->name);
	ok = read_address(r, &st->words[0], &p->address);
	for (size_t k = 1; ok && k < st->n; k += 2)
		ok = read_ttl(r, p, st->words + k, st->n - k);
	if (!ok) {
		marks_free_row(&p->row);
		return;
	}
	read_insert(r, &p->row);
}

static void read_peers(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"unicast_peer", NULL, read_peer};
	struct block peers = {.type = &type, .at = st->at, .data = instance_of(b)};

	if (read_words(r, st, 1, 1))
		read_block(r, &peers);
	else
		lexer_skip_block(r->lexer);
}

/* Of multicast and of unicast: one instance is one of them. */
static void read_source(struct reader *r, struct block *b, const struct statement *st)
{
	read_column(r, b->scopes[0].row, COL_vrrp_instance_source_address, st);
}

static void read_unicast_checksum(struct reader *r, struct block *b, const struct statement *st)
{
	struct vrrp_instance *i = instance_of(b);

	if (!read_words(r, st, 1, 2))
		return;
	if (st->n == 2 && strcmp(st->words[1].text, "never") != 0) {
		diagnosis_error(
		    r->d, st->words[1].at, "'%s': only 'never' may follow", st->words[0].text);
		return;
	}
	i->unicast_checksum = st->n == 2 ? UNICAST_CHECKSUM_PEER : UNICAST_CHECKSUM_GROUP;
	marks_column(&i->row, COL_vrrp_instance_unicast_checksum, st->at);
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

static void read_routes(struct reader *r, struct block *b, const struct statement *st)
{
	read_virtual_routes(r, st, instance_of(b)->name);
}

static void read_rules(struct reader *r, struct block *b, const struct statement *st)
{
	read_virtual_rules(r, st, instance_of(b)->name);
}

/* keepalived's older form of lvs_sync_daemon: the first one counts, and that one before it. */
static void read_sync_interface(struct reader *r, struct block *b, const struct statement *st)
{
	if (!read_words(r, st, 2, 2))
		return;
	if (r->sync_interface)
		diagnosis_warn(r->d, st->at, "'%s' has no effect here: '%s' has one already",
		    st->words[0].text, r->sync_instance);
	if (r->sync_interface)
		return;
	r->sync_interface = str_get(st->words[1].text);
	r->sync_instance = str_get(instance_of(b)->name);
	r->sync_at = st->words[1].at;
}

/* Six octets, or five: then the VRID is the sixth, which may be said later. */
static bool is_mac(const char *text)
{
	return strchr(text, ':') && text[strspn(text, "0123456789abcdefABCDEF:")] == '\0';
}

/* A word behind use_vmac, and what belongs to it; how many words these are, or 0 after an error. */
static size_t read_vmac_option(struct reader *r, struct vrrp_instance *i, const struct word *words,
    size_t n, column_mask *seen)
{
	bool named = n > 1 && strcmp(words[0].text, "name") == 0;
	int column = is_mac(words[0].text) ? COL_vrrp_instance_vmac_own_address
					   : COL_vrrp_instance_vmac_name;

	if (strcmp(words[0].text, "netlink_notify_msg") == 0 ||
	    (n > 1 && strcmp(words[0].text, "group") == 0)) {
		diagnosis_warn(r->d, words[0].at, "'%s' has no effect here", words[0].text);
		return *words[0].text == 'g' ? 2 : 1;
	}
	if (*seen >> column & 1) {
		diagnosis_error(r->d, words[0].at, "'%s' is too much", words[0].text);
		return 0;
	}
	*seen |= (column_mask)1 << column;
	marks_column(&i->row, column, words[named].at);
	return read_value(r, &i->row, column, &words[named]) ? 1 + named : 0;
}

/* "use_vmac [on|off] [[name] NAME] [MAC] [netlink_notify_msg] [group GROUP]"; keepalived has no on and off. */
static void read_vmac(struct reader *r, struct block *b, const struct statement *st)
{
	struct vrrp_instance *i = instance_of(b);
	column_mask seen = 0;
	bool on = true;
	size_t k = 1;

	if (st->n > 1 && word_switch(st->words[1].text, &on))
		k = 2;
	marks_column(&i->row, COL_vrrp_instance_use_vmac, st->words[0].at);
	i->use_vmac = on;
	for (size_t used; k < st->n; k += used) {
		used = read_vmac_option(r, i, st->words + k, st->n - k, &seen);
		if (!used)
			return;
	}
}

bool read_garp_extra(struct reader *r, struct vrrp_instance *i, const struct statement *st)
{
	int interval = COL_vrrp_instance_garp_extra_interval;
	bool timed = false;

	for (size_t k = 1; k < st->n; k++) {
		if (strcmp(st->words[k].text, "all") == 0)
			i->garp_extra_all = true;
		else if (read_value(r, &i->row, interval, &st->words[k]))
			timed = true;
		else
			return false;
	}
	if (!timed)
		diagnosis_error(r->d, st->at, "'%s' needs a time", st->words[0].text);
	marks_column(&i->row, interval, st->at);
	marks_column(&i->row, COL_vrrp_instance_garp_extra_all, st->at);
	return timed;
}

static void read_extra(struct reader *r, struct block *b, const struct statement *st)
{
	read_garp_extra(r, instance_of(b), st);
}

#define NOTRACK "interfaces, scripts, files, processes, virtual servers and pools are tracked"
#define IPVLAN "make it with ip(8), and name it as the interface, or with dev"
#define NOHMAC "authentication of version 2 is there: PASS and AH"

/* An instance whose interface's driver is to be asked: which one that is may be said later. */
struct polled {
	struct polled *next;
	const char *instance; /* shared */
	struct place at;
};

static void read_instance_polling(struct reader *r, struct block *b, const struct statement *st)
{
	struct polled *p;

	if (!read_words(r, st, 1, 1))
		return;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->next = r->polled;
	p->instance = str_get(((const struct vrrp_instance *)b->scopes[0].row)->name);
	p->at = st->at;
	r->polled = p;
}

static void read_vrf(struct reader *r, struct block *b, const struct statement *st)
{
	struct address_list *list = b->data;

	if (!read_words(r, st, 2, 2))
		return;
	str_free(list->vrf.text);
	list->vrf = (struct word){str_get(st->words[1].text), st->at};
}

/*
 * vrf INTERFACE, of an instance without an interface: a socket on the VRF's device has the packets of all its
 * interfaces.
 */
static void settle_vrf(struct reader *r, struct vrrp_instance *i, struct address_list *list)
{
	if (marks_given(&i->row) & COLUMN(vrrp_instance, interface)) {
		diagnosis_warn(r->d, list->vrf.at,
		    "'vrf' has no effect here: the instance has the VRF of its interface");
	} else if (!store_first_of(r->store, TABLE_vrrp_peer, i->name)) {
		diagnosis_error(
		    r->d, list->vrf.at, "'vrf' instead of an interface is for unicast peers only");
	} else if (read_value(r, &i->row, COL_vrrp_instance_interface, &list->vrf)) {
		marks_column(&i->row, COL_vrrp_instance_interface, list->vrf.at);
	}
}

static const struct keyword instance_keywords[] = {
    {"virtual_ipaddress", KEYWORD_BLOCK, read_vips, NULL},
    {"virtual_ipaddress_excluded", KEYWORD_BLOCK, read_vips, NULL},
    {"unicast_peer", KEYWORD_BLOCK, read_peers, NULL},
    {"unicast_src_ip", KEYWORD_LINE, read_source, NULL},
    {"old_unicast_checksum", KEYWORD_LINE, read_unicast_checksum, NULL},
    {"virtual_routes", KEYWORD_BLOCK, read_routes, NULL},
    {"virtual_rules", KEYWORD_BLOCK, read_rules, NULL},
    {"authentication", KEYWORD_BLOCK, read_authentication, NULL},
    {"preempt", KEYWORD_LINE, read_preempt, NULL},
    {"no_accept", KEYWORD_LINE, read_no_accept, NULL},
    {"down_timer_adverts", KEYWORD_LINE, read_down_timer, NULL},
    {"use_vmac", KEYWORD_LINE, read_vmac, NULL},
    {"use_ipvlan", KEYWORD_UNSUPPORTED, NULL, IPVLAN},
    {"auth_hmac", KEYWORD_UNSUPPORTED, NULL, NOHMAC},
    {"vrf", KEYWORD_LINE, read_vrf, NULL},
    {"track_interface", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_script", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_file", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_virtual_server", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_pool", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_process", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_bfd", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"garp_extra_if", KEYWORD_LINE, read_extra, NULL},
    {"vmac_garp_intvl", KEYWORD_LINE, read_extra, NULL}, /* the older word */
    {"lvs_sync_daemon_interface", KEYWORD_LINE, read_sync_interface, NULL},
    {"linkbeat_use_polling", KEYWORD_LINE, read_instance_polling, NULL},
    {"notify", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_master", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_backup", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_fault", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_stop", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_deleted", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_master_rx_lower_pri", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"smtp_alert", KEYWORD_IDLE, NULL,
	"directord sends no mail; its events are SNMP notifications"},
    {"skip_check_adv_addr", KEYWORD_IDLE, NULL, NULL},
    {"kernel_rx_buf_size", KEYWORD_IDLE, NULL, NULL},
    {"debug", KEYWORD_IDLE, NULL, NULL},
    {"timer_expired_backup", KEYWORD_IDLE, NULL,
	"after a stall a master always listens before it goes on"},
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
	if (!read_named(r, &i->row, COL_vrrp_instance_name, st))
		return;
	list.instance = i->name;
	read_block(r, &block);
	if (list.vrf.text)
		settle_vrf(r, i, &list);
	str_free(list.vrf.text);
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

/* keepalived's oldest form of it: the members are not in a block of their own. */
static void read_bare_member(struct reader *r, struct block *b, const struct statement *st)
{
	struct block members = {.data = b->scopes[0].row};

	read_members(r, &members, st);
	r->members->bare = true;
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

/* keepalived's older word for it. */
static void read_global_tracking(struct reader *r, struct block *b, const struct statement *st)
{
	read_column(r, b->scopes[0].row, COL_sync_group_tracking_weight, st);
}

static const struct keyword sync_group_keywords[] = {
    {"group", KEYWORD_BLOCK, read_group, NULL},
    {"track_interface", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_script", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_file", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_virtual_server", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_pool", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_process", KEYWORD_BLOCK, read_tracks, NULL},
    {"track_bfd", KEYWORD_UNSUPPORTED, NULL, NOTRACK},
    {"notify", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_master", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_backup", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_fault", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_stop", KEYWORD_LINE, read_vrrp_notify, NULL},
    {"notify_deleted", KEYWORD_IDLE, NULL, "a group that is deleted is not told of"},
    {"global_tracking", KEYWORD_LINE, read_global_tracking, NULL},
    {"name", KEYWORD_NAME, read_bare_member, NULL},
    {"smtp_alert", KEYWORD_IDLE, NULL,
	"directord sends no mail; its events are SNMP notifications"},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

/* A block about one row, which the block's line names; true if the row is there. */
static bool read_named_block(struct reader *r, struct row *row, int name,
    const struct block_type *type, const struct statement *st)
{
	struct block block = {
	    .type = type, .at = st->at, .scopes = {{row, table_mask(row->table, CLASS_CONFIG)}}};

	if (!read_named(r, row, name, st))
		return false;
	read_block(r, &block);
	return true;
}

static void read_sync_group(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"vrrp_sync_group", sync_group_keywords, NULL};

	(void)b;
	read_named_block(r, &ROW_NEW(sync_group)->row, COL_sync_group_name, &type, st);
}

/* ---- vrrp_script */

/* Adds the word to the text as it is.  False: there is no room. */
static bool add_plain(char *text, size_t size, const char *word)
{
	size_t len = strlen(text);

	return (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "", word) < size - len;
}

/* The words behind the keyword as one value: add() puts each behind the others. */
static void read_joined(struct reader *r, struct row *row, int column,
    bool (*add)(char *text, size_t size, const char *word), const struct statement *st)
{
	char text[1024] = "";

	if (!read_words(r, st, 2, SIZE_MAX))
		return;
	for (size_t k = 1; k < st->n; k++) {
		if (add(text, sizeof(text), st->words[k].text))
			continue;
		diagnosis_error(r->d, st->words[k].at, "the command is too long");
		return;
	}
	if (read_value(r, row, column, &(struct word){text, st->words[1].at}))
		marks_column(row, column, st->at);
}

/* The words of a command; one that was quoted in the file is the whole command. */
static void read_command(struct reader *r, struct block *b, const struct statement *st)
{
	read_joined(r, b->scopes[0].row, COL_script_command, add_plain, st);
}

/* weight NUMBER [reverse], of a script or a file */
static void read_source_weight(
    struct reader *r, struct row *row, int weight, int reverse, const struct statement *st)
{
	if (!read_words(r, st, 2, 3) || !read_value(r, row, weight, &st->words[1]))
		return;
	marks_column(row, weight, st->at);
	if (st->n == 2)
		return;
	if (strcmp(st->words[2].text, "reverse") != 0) {
		diagnosis_error(r->d, st->words[2].at, "unknown keyword '%s'; is 'reverse' meant?",
		    st->words[2].text);
		return;
	}
	column_set_number(row, &row->table->columns[reverse], true);
	marks_column(row, reverse, st->words[2].at);
}

static void read_script_weight(struct reader *r, struct block *b, const struct statement *st)
{
	read_source_weight(r, b->scopes[0].row, COL_script_weight, COL_script_reverse, st);
}

/* user NAME [GROUP] */
static void read_script_user(struct reader *r, struct block *b, const struct statement *st)
{
	read_user(r, b->scopes[0].row, COL_script_user, COL_script_user_group, st);
}

static const struct keyword script_keywords[] = {
    {"script", KEYWORD_LINE, read_command, NULL},
    {"weight", KEYWORD_LINE, read_script_weight, NULL},
    {"user", KEYWORD_LINE, read_script_user, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

static void read_script(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"vrrp_script", script_keywords, NULL};

	(void)b;
	read_named_block(r, &ROW_NEW(script)->row, COL_script_name, &type, st);
}

/* ---- track_file */

static void read_file_weight(struct reader *r, struct block *b, const struct statement *st)
{
	read_source_weight(r, b->scopes[0].row, COL_track_file_weight, COL_track_file_reverse, st);
}

/* init_file [VALUE] [overwrite] */
static void read_init_file(struct reader *r, struct block *b, const struct statement *st)
{
	struct track_file *f = (struct track_file *)b->scopes[0].row;
	size_t k = 1;

	if (!read_words(r, st, 1, 3))
		return;
	f->init = TRACK_INIT_CREATE;
	marks_column(&f->row, COL_track_file_init, st->at);
	if (k < st->n && strcmp(st->words[k].text, "overwrite") != 0) {
		if (!read_value(r, &f->row, COL_track_file_init_value, &st->words[k]))
			return;
		marks_column(&f->row, COL_track_file_init_value, st->words[k++].at);
	}
	if (k == st->n)
		return;
	if (k + 1 == st->n && strcmp(st->words[k].text, "overwrite") == 0)
		f->init = TRACK_INIT_OVERWRITE;
	else
		diagnosis_error(r->d, st->words[st->n - 1].at,
		    "unknown keyword '%s'; is 'overwrite' meant?", st->words[st->n - 1].text);
}

static const struct keyword track_file_keywords[] = {
    {"weight", KEYWORD_LINE, read_file_weight, NULL},
    {"init_file", KEYWORD_LINE, read_init_file, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

static void read_track_file(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"track_file", track_file_keywords, NULL};

	(void)b;
	read_named_block(r, &ROW_NEW(track_file)->row, COL_track_file_name, &type, st);
}

/* ---- vrrp_track_process */

/* A name and its parameters; each word as it is, quoted or not. */
static void read_process(struct reader *r, struct block *b, const struct statement *st)
{
	read_joined(r, b->scopes[0].row, COL_track_process_process, words_add, st);
}

/* param_match [initial|partial] */
static void read_param_match(struct reader *r, struct block *b, const struct statement *st)
{
	struct track_process *p = (struct track_process *)b->scopes[0].row;

	if (!read_words(r, st, 1, 2))
		return;
	if (st->n == 1)
		p->param_match = PARAM_MATCH_EXACT;
	else if (strcmp(st->words[1].text, "initial") == 0)
		p->param_match = PARAM_MATCH_INITIAL;
	else if (strcmp(st->words[1].text, "partial") == 0)
		p->param_match = PARAM_MATCH_PARTIAL;
	else
		diagnosis_error(r->d, st->words[1].at,
		    "unknown keyword '%s'; is 'initial' or 'partial' meant?", st->words[1].text);
	marks_column(&p->row, COL_track_process_param_match, st->at);
}

static void read_process_weight(struct reader *r, struct block *b, const struct statement *st)
{
	read_source_weight(
	    r, b->scopes[0].row, COL_track_process_weight, COL_track_process_reverse, st);
}

/* delay SECONDS: both of them */
static void read_process_delay(struct reader *r, struct block *b, const struct statement *st)
{
	read_column(r, b->scopes[0].row, COL_track_process_fork_delay, st);
	read_column(r, b->scopes[0].row, COL_track_process_terminate_delay, st);
}

static const struct keyword track_process_keywords[] = {
    {"process", KEYWORD_LINE, read_process, NULL},
    {"param_match", KEYWORD_LINE, read_param_match, NULL},
    {"weight", KEYWORD_LINE, read_process_weight, NULL},
    {"delay", KEYWORD_LINE, read_process_delay, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

#define KERNEL_NAME_MAX 15

/* What no process can be is not what was meant. */
static void check_process_name(struct reader *r, const struct track_process *p)
{
	char **words = words_split(p->process);

	if (words && !words[1] && !p->full_command && p->param_match == PARAM_MATCH_NONE &&
	    strlen(words[0]) > KERNEL_NAME_MAX)
		diagnosis_warn(r->d, marks_place(&p->row, COL_track_process_process),
		    "no process has this name: the kernel keeps %d characters; is "
		    "'full_command' meant?",
		    KERNEL_NAME_MAX);
	free(words);
}

static void read_track_process(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"vrrp_track_process", track_process_keywords, NULL};
	struct track_process *p = ROW_NEW(track_process);

	(void)b;
	if (read_named_block(r, &p->row, COL_track_process_name, &type, st))
		check_process_name(r, p);
}

/* ---- garp_group: interfaces, and the intervals of instances on them */

struct garp_group {
	struct garp_group *next;
	uint32_t number;
	struct vrrp_instance *values; /* its intervals */
	char (*interfaces)[IFNAMSIZ];
	size_t n;
};

static struct garp_group *garp_group_with(const struct reader *r, const char *interface)
{
	for (struct garp_group *g = r->garp_groups; g; g = g->next)
		for (size_t k = 0; k < g->n; k++)
			if (strcmp(g->interfaces[k], interface) == 0)
				return g;
	return NULL;
}

static void add_garp_interface(struct reader *r, struct garp_group *g, const struct word *w)
{
	if (strlen(w->text) >= IFNAMSIZ) {
		diagnosis_error(r->d, w->at, "'%s' is no name of an interface", w->text);
		return;
	}
	if (garp_group_with(r, w->text)) {
		diagnosis_error(r->d, w->at, "'%s' is in a garp_group already", w->text);
		return;
	}
	g->interfaces = realloc(g->interfaces, (g->n + 1) * sizeof(*g->interfaces));
	if (!g->interfaces)
		abort();
	snprintf(g->interfaces[g->n++], IFNAMSIZ, "%s", w->text);
}

static void read_garp_interface(struct reader *r, struct block *b, const struct statement *st)
{
	if (read_words(r, st, 2, 2))
		add_garp_interface(r, b->data, &st->words[1]);
}

static void read_garp_item(struct reader *r, struct block *b, const struct statement *st)
{
	for (size_t k = 0; k < st->n; k++)
		add_garp_interface(r, b->data, &st->words[k]);
}

static void read_garp_interfaces(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"interfaces", NULL, read_garp_item};
	struct block list = {.type = &type, .at = st->at, .data = b->data};

	if (read_words(r, st, 1, 1))
		read_block(r, &list);
	else
		lexer_skip_block(r->lexer);
}

#define GARP_INTERVALS (COLUMN(vrrp_instance, garp_interval) | COLUMN(vrrp_instance, gna_interval))

static void read_garp_group(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct keyword keywords[] = {
	    {"interface", KEYWORD_LINE, read_garp_interface, NULL},
	    {"interfaces", KEYWORD_BLOCK, read_garp_interfaces, NULL},
	    {NULL, KEYWORD_IDLE, NULL, NULL},
	};
	static const struct block_type type = {"garp_group", keywords, NULL};
	struct garp_group *g;
	struct block block = {.type = &type, .at = st->at};

	(void)b;
	if (!read_words(r, st, 1, 1)) {
		lexer_skip_block(r->lexer);
		return;
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		abort();
	g->values = ROW_NEW(vrrp_instance);
	g->number = r->garp_groups ? r->garp_groups->number + 1 : 1;
	g->next = r->garp_groups;
	r->garp_groups = g;
	block.data = g;
	block.scopes[0] = (struct scope){&g->values->row, GARP_INTERVALS};
	read_block(r, &block);
	if (!g->n)
		diagnosis_error(r->d, st->at, "a garp_group needs an interface");
	else if (!marks_given(&g->values->row))
		diagnosis_error(r->d, st->at, "a garp_group needs an interval");
}

/* Alone on its interface, an instance needs no group. */
static void settle_garp_group(const struct reader *r, struct vrrp_instance *i, column_mask given)
{
	const struct garp_group *g = garp_group_with(r, i->interface);

	if (!g)
		return;
	marks_inherit(&i->row, &g->values->row, GARP_INTERVALS);
	if (!(given & COLUMN(vrrp_instance, garp_group)) && g->n > 1)
		i->garp_group = g->number;
}

static void free_garp_groups(struct reader *r)
{
	for (struct garp_group *g = r->garp_groups, *next; g; g = next) {
		next = g->next;
		marks_free_row(&g->values->row);
		free(g->interfaces);
		free(g);
	}
	r->garp_groups = NULL;
}

/* ---- interface_up_down_delays */

/* An interface's row, whichever block names it first. */
static struct vrrp_interface *interface_row(struct reader *r, const struct word *name)
{
	struct vrrp_interface *i = store_vrrp_interface(r->store, name->text);

	if (i)
		return i;
	i = ROW_NEW(vrrp_interface);
	marks_row(&i->row, name->at);
	if (!read_value(r, &i->row, COL_vrrp_interface_interface, name)) {
		marks_free_row(&i->row);
		return NULL;
	}
	return read_insert(r, &i->row) ? i : NULL;
}

static bool read_delay(struct reader *r, struct vrrp_interface *i, int column, const struct word *w)
{
	if (!read_value(r, &i->row, column, w))
		return false;
	marks_column(&i->row, column, w->at);
	return true;
}

/* INTERFACE DOWN [UP] */
static void read_delays(struct reader *r, struct block *b, const struct statement *st)
{
	struct vrrp_interface *i;

	(void)b;
	if (!read_words(r, st, 2, 3))
		return;
	i = interface_row(r, &st->words[0]);
	if (i && read_delay(r, i, COL_vrrp_interface_down_delay, &st->words[1]))
		read_delay(r, i, COL_vrrp_interface_up_delay, &st->words[st->n - 1]);
}

static void read_interface_list(
    struct reader *r, const struct statement *st, const struct block_type *type)
{
	struct block list = {.type = type, .at = st->at};

	if (read_words(r, st, 1, 1))
		read_block(r, &list);
	else
		lexer_skip_block(r->lexer);
}

static void read_interface_delays(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"interface_up_down_delays", NULL, read_delays};

	(void)b;
	read_interface_list(r, st, &type);
}

/* ---- linkbeat_interfaces, linkbeat_use_polling */

static enum linkbeat_way linkbeat_word(const char *text)
{
	static const enum linkbeat_way list[] = {LINKBEAT_MII, LINKBEAT_ETHTOOL, LINKBEAT_IOCTL};

	for (size_t k = 0; k < sizeof(list) / sizeof(*list); k++)
		if (strcasecmp(text, enum_word(&enumeration_linkbeat_way, (int32_t)list[k])) == 0)
			return list[k];
	return LINKBEAT_OFF;
}

static void poll_interface(struct reader *r, const struct word *name, enum linkbeat_way method)
{
	struct vrrp_interface *i = interface_row(r, name);

	if (!i)
		return;
	i->linkbeat = method;
	marks_column(&i->row, COL_vrrp_interface_linkbeat, name->at);
}

/* INTERFACE [MII | ETHTOOL | IOCTL] */
static void read_linkbeat(struct reader *r, struct block *b, const struct statement *st)
{
	enum linkbeat_way method = LINKBEAT_MII;

	(void)b;
	if (!read_words(r, st, 1, 2))
		return;
	if (st->n == 2)
		method = linkbeat_word(st->words[1].text);
	if (method == LINKBEAT_OFF)
		diagnosis_error(r->d, st->words[1].at, "'%s' is none of MII, ETHTOOL and IOCTL",
		    st->words[1].text);
	else
		poll_interface(r, &st->words[0], method);
}

static void read_linkbeats(struct reader *r, struct block *b, const struct statement *st)
{
	static const struct block_type type = {"linkbeat_interfaces", NULL, read_linkbeat};

	(void)b;
	read_interface_list(r, st, &type);
}

static void read_polling(struct reader *r, struct block *b, const struct statement *st)
{
	(void)b;
	if (!read_words(r, st, 1, 1))
		return;
	r->poll_all = true;
	r->poll_at = st->at;
}

/* An interface that no linkbeat_interfaces block names. */
static void poll_too(struct reader *r, const char *name, struct place at)
{
	char text[IFNAMSIZ] = "";
	const struct vrrp_interface *i = store_vrrp_interface(r->store, name);

	if (!*name || (i && marks_given(&i->row) & COLUMN(vrrp_interface, linkbeat)))
		return;
	strncpy(text, name, sizeof(text) - 1);
	poll_interface(r, &(struct word){text, at}, LINKBEAT_MII);
}

static void poll_tracked(struct reader *r, enum table_id table)
{
	const struct column *c = tables[table].columns;

	for (const struct row *t = store_first(r->store, table); t; t = store_next(t))
		if (column_number(t, &c[COL_vrrp_track_kind]) == TRACK_INTERFACE)
			poll_too(r, column_text(t, &c[COL_vrrp_track_tracked]), r->poll_at);
}

static void finish_polling(struct reader *r)
{
	for (const struct polled *p = r->polled; p; p = p->next) {
		const struct vrrp_instance *i = store_vrrp_instance(r->store, p->instance);

		if (i)
			poll_too(r, i->interface, p->at);
	}
	if (!r->poll_all)
		return;
	STORE_FOREACH (vrrp_instance, i, r->store)
		poll_too(r, i->interface, r->poll_at);
	poll_tracked(r, TABLE_vrrp_track);
	poll_tracked(r, TABLE_sync_group_track);
}

static void free_polled(struct reader *r)
{
	for (struct polled *p = r->polled, *next; p; p = next) {
		next = p->next;
		str_free(p->instance);
		free(p);
	}
	r->polled = NULL;
}

const struct keyword vrrp_root_keywords[] = {
    {"interface_up_down_delays", KEYWORD_BLOCK, read_interface_delays, NULL},
    {"linkbeat_interfaces", KEYWORD_BLOCK, read_linkbeats, NULL},
    {"linkbeat_use_polling", KEYWORD_LINE, read_polling, NULL},
    {"garp_group", KEYWORD_BLOCK, read_garp_group, NULL},
    {"vrrp_script", KEYWORD_BLOCK, read_script, NULL},
    {"track_file", KEYWORD_BLOCK, read_track_file, NULL},
    {"vrrp_track_file", KEYWORD_BLOCK, read_track_file, NULL},
    {"vrrp_track_process", KEYWORD_BLOCK, read_track_process, NULL},
    {"vrrp_instance", KEYWORD_BLOCK, read_instance, NULL},
    {"vrrp_sync_group", KEYWORD_BLOCK, read_sync_group, NULL},
    {NULL, KEYWORD_IDLE, NULL, NULL},
};

/* ---- When all is read. */

static void join_group(struct reader *r, const struct membership *m)
{
	struct vrrp_instance *i = store_vrrp_instance(r->store, m->instance);

	if (!i && m->bare) {
		diagnosis_error(
		    r->d, m->at, "unknown keyword '%s' in vrrp_sync_group", m->instance);
	} else if (!i) {
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

/* What strict mode does not have is reset, as keepalived does; what it cannot do without is an error later. */
static void reset_strict(struct reader *r, struct vrrp_instance *i, int column, int64_t value)
{
	const struct column *c = &i->row.table->columns[column];

	if (column_number(&i->row, c) == value)
		return;
	diagnosis_warn(r->d, marks_place(&i->row, column),
	    "'%s' has no effect here: it is not as strict mode wants it", c->keyword);
	column_set_number(&i->row, c, value);
}

static void adjust_strict(struct reader *r, struct vrrp_instance *i)
{
	bool owner = i->priority == PRIORITY_OWNER;

	if (!i->strict_mode)
		return;
	reset_strict(r, i, COL_vrrp_instance_initial_state,
	    owner ? VRRP_INITIAL_MASTER : VRRP_INITIAL_BACKUP);
	reset_strict(r, i, COL_vrrp_instance_auth_type, VRRP_AUTH_NONE);
	reset_strict(r, i, COL_vrrp_instance_preempt_delay, 0);
	if (i->version == 2 && !owner)
		reset_strict(r, i, COL_vrrp_instance_accept, false);
	reset_strict(r, i, COL_vrrp_instance_garp_lower_repeat, 0);
	reset_strict(r, i, COL_vrrp_instance_lower_prio_no_advert, true);
	reset_strict(r, i, COL_vrrp_instance_higher_prio_send_advert, false);
	if (i->use_vmac)
		reset_strict(r, i, COL_vrrp_instance_vmac_xmit_base, false);
}

static void adjust_preemption(struct reader *r, struct vrrp_instance *i)
{
	bool master = i->initial_state == VRRP_INITIAL_MASTER;

	if (!i->preempt && i->priority == PRIORITY_OWNER)
		drop_column(r, &i->row, COL_vrrp_instance_preempt,
		    "an address owner (priority 255) always preempts");
	else if (!i->preempt && master)
		drop_column(r, &i->row, COL_vrrp_instance_preempt,
		    "the initial state is MASTER; it must be BACKUP");
	if (i->preempt_delay && master)
		drop_column(r, &i->row, COL_vrrp_instance_preempt_delay,
		    "the initial state is MASTER; it must be BACKUP");
}

static void adjust_authentication(struct reader *r, struct vrrp_instance *i)
{
	if (i->auth_type == VRRP_AUTH_NONE)
		return;
	if (i->version == 3)
		drop_column(
		    r, &i->row, COL_vrrp_instance_auth_type, "version 3 has no authentication");
	else if (!*i->auth_password)
		drop_column(r, &i->row, COL_vrrp_instance_auth_type, "there is no auth_pass");
}

/* Of an address of five octets the sixth is the VRID. */
static void complete_mac(struct vrrp_instance *i)
{
	char text[2 * 17];
	size_t colons = 0;

	for (const char *p = i->vmac_own_address; *p; p++)
		colons += *p == ':';
	if (colons != 4)
		return;
	snprintf(text, sizeof(text), "%s:%02x", i->vmac_own_address, (unsigned)(uint8_t)i->vrid);
	row_set_text(&i->vmac_own_address, text);
}

static void check_vmac(struct reader *r, struct vrrp_instance *i)
{
	complete_mac(i);
	if (i->vmac_xmit_base && !i->use_vmac)
		diagnosis_warn(r->d, marks_place(&i->row, COL_vrrp_instance_vmac_xmit_base),
		    "'vmac_xmit_base' has no effect here: there is no use_vmac");
}

/* The first one in the advertisement; NULL if there is none. */
static const struct vrrp_address *first_advertised(
    const struct reader *r, const struct vrrp_instance *i)
{
	const struct vrrp_address *first = NULL;

	STORE_FOREACH_OF(vrrp_address, a, r->store, i->name)
	if (!a->excluded && (!first || a->position < first->position))
		first = a;
	return first;
}

/* The family is that of what is advertised, or else of the source or a peer, unless it is said. */
static void settle_family(struct reader *r, struct vrrp_instance *i, column_mask given)
{
	const struct vrrp_address *first = first_advertised(r, i);
	const struct vrrp_peer *peer =
	    (const struct vrrp_peer *)store_first_of(r->store, TABLE_vrrp_peer, i->name);
	uint8_t family = first ? first->address.family : i->source_address.family;

	if (!first && !addr_is_set(&i->source_address) && peer)
		family = peer->address.family;
	if (!(given & COLUMN(vrrp_instance, family)))
		i->family = family == ADDR_IPV6 ? INET_IPV6 : INET_IPV4;
	if (first && !peer && family == ADDR_IPV6 && !addr_is_link_local(&first->address))
		diagnosis_warn(r->d, marks_place(&first->row, -1),
		    "the first address of an IPv6 instance should be link-local (RFC 9568, "
		    "section 5.2.9)");
}

/* A peer with a range of its own is known by its address. */
static void adjust_source_check(const struct reader *r, struct vrrp_instance *i, column_mask given)
{
	const struct vrrp_peer *p =
	    (const struct vrrp_peer *)store_first_of(r->store, TABLE_vrrp_peer, i->name);

	if (given & COLUMN(vrrp_instance, check_unicast_src))
		return;
	for (; p && p->instance == i->name; p = (const struct vrrp_peer *)store_next(&p->row))
		if (inherit_is_strict(p))
			i->check_unicast_src = true;
}

/* The RFC's group is meant where none is said. */
static void settle_group(const struct reader *r, struct vrrp_instance *i, column_mask given)
{
	bool six = i->family == INET_IPV6;
	struct addr own;

	if (!(given & COLUMN(vrrp_instance, mcast_group)) && r->groups_given[six])
		i->mcast_group = r->mcast_groups[six];
	if (addr_parse(&own, six ? "ff02::12" : "224.0.0.18") && addr_equal(&own, &i->mcast_group))
		i->mcast_group = addr_any(ADDR_NONE);
}

static void finish_instance(struct reader *r, struct vrrp_instance *i)
{
	column_mask given = marks_given(&i->row);

	settle_family(r, i, given);
	settle_group(r, i, given);
	settle_garp_group(r, i, given);
	marks_inherit(&i->row, &r->instance_defaults->row, COLUMN(vrrp_instance, strict_mode));
	inherit(&i->row, given, store_system(r->store)->vrrp_version);
	if (i->priority == PRIORITY_OWNER && !(given & COLUMN(vrrp_instance, priority)))
		diagnosis_warn(r->d, marks_place(&i->row, COL_vrrp_instance_initial_state),
		    "an instance with the state MASTER and without a priority has priority 255: it "
		    "is the "
		    "address owner");
	marks_inherit(&i->row, &r->instance_defaults->row, inherit_global(i));
	adjust_source_check(r, i, given);
	if (i->track_source && !addr_is_set(&i->source_address))
		diagnosis_warn(r->d, marks_place(&i->row, COL_vrrp_instance_track_source),
		    "'track_src_ip' has no effect here: no source is given");
	adjust_strict(r, i);
	adjust_preemption(r, i);
	adjust_authentication(r, i);
	check_vmac(r, i);
	if (!store_first_of(r->store, TABLE_vrrp_peer, i->name) && !i->unicast_fault_no_peer &&
	    given & (COLUMN(vrrp_instance, unicast_ttl) | COLUMN(vrrp_instance, unicast_checksum)))
		diagnosis_warn(r->d, marks_place(&i->row, -1),
		    "the instance '%s' has no unicast peer: it is multicast", i->name);
	if (!store_first_of(r->store, TABLE_vrrp_address, i->name))
		diagnosis_warn(r->d, marks_place(&i->row, -1),
		    "the instance '%s' has no virtual address", i->name);
}

/* The weight of a script or a file that is tracked, or of what tracks it. */
static int32_t tracked_weight(const struct vrrp_track *t, const struct row *source)
{
	if (!source || t->own_weight) /* always, where what is tracked has none */
		return t->weight;
	switch (source->table->id) {
	case TABLE_script:
		return ((const struct script *)source)->weight;
	case TABLE_track_file:
		return ((const struct track_file *)source)->weight;
	case TABLE_track_process:
		return ((const struct track_process *)source)->weight;
	}
	return 0;
}

/* A weight that cannot count (see core/vrrp/tracking.c) is not what was meant. */
static void warn_of_weights(struct reader *r)
{
	STORE_FOREACH (vrrp_track, t, r->store) {
		const struct vrrp_instance *i = store_vrrp_instance(r->store, t->instance);
		int table = track_table(t->kind);
		const struct row *source =
		    table < 0 ? NULL : store_named(r->store, (enum table_id)table, t->tracked);
		const struct sync_group *g = i ? store_sync_group(r->store, i->sync_group) : NULL;

		if (!i || !tracked_weight(t, source))
			continue;
		if (i->priority == PRIORITY_OWNER)
			diagnosis_warn(r->d, marks_place(&t->row, -1),
			    "the weight has no effect: an address owner's priority is always 255");
		else if (table >= 0 && g && !g->tracking_weight)
			diagnosis_warn(r->d, marks_place(&t->row, -1),
			    "a weight in %s has no effect in a group without "
			    "sync_group_tracking_weight",
			    track_keyword(t->kind));
	}
}

static void add_sync_daemon(struct reader *r, enum sync_role role)
{
	struct sync_daemon *d = ROW_NEW(sync_daemon);

	d->role = role;
	marks_row(&d->row, r->sync_at);
	row_set_text(&d->vrrp_instance, r->sync_instance);
	if (read_value(r, &d->row, COL_sync_daemon_interface,
		&(struct word){r->sync_interface, r->sync_at}))
		read_insert(r, &d->row);
	else
		marks_free_row(&d->row);
}

static void add_sync_daemons(struct reader *r)
{
	if (!r->sync_interface)
		return;
	if (store_count(r->store, TABLE_sync_daemon)) {
		diagnosis_warn(r->d, r->sync_at,
		    "'lvs_sync_daemon_interface' has no effect here: there is an lvs_sync_daemon");
		return;
	}
	add_sync_daemon(r, SYNC_MASTER);
	add_sync_daemon(r, SYNC_BACKUP);
}

static void drop_tracks_of(struct reader *r, enum table_id t, const char *script)
{
	for (struct row *row = store_first(r->store, t), *next; row; row = next) {
		const struct column *c = row->table->columns;

		next = store_next(row);
		if (column_number(row, &c[COL_vrrp_track_kind]) != TRACK_SCRIPT ||
		    column_text(row, &c[COL_vrrp_track_tracked]) != script)
			continue;
		diagnosis_warn(r->d, marks_place(row, -1),
		    "the script '%s' is not tracked: it has no command", script);
		store_remove(r->store, row);
		marks_free_row(row);
	}
}

/* A script without a command, as where a line of it is for another configuration (@ID), is none. */
static void drop_empty_scripts(struct reader *r)
{
	for (struct row *row = store_first(r->store, TABLE_script), *next; row; row = next) {
		const struct script *s = (const struct script *)row;

		next = store_next(row);
		if (*s->command)
			continue;
		diagnosis_warn(r->d, marks_place(row, -1),
		    "the vrrp_script '%s' has no effect: it has no command", s->name);
		drop_tracks_of(r, TABLE_vrrp_track, s->name);
		drop_tracks_of(r, TABLE_sync_group_track, s->name);
		store_remove(r->store, row);
		marks_free_row(row);
	}
}

/* ---- names of interfaces with virtual MAC addresses */

static bool is_before(struct place a, struct place b)
{
	if (a.file != b.file)
		return a.file < b.file;
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

static int by_place(const void *a, const void *b)
{
	const struct vrrp_instance *const *x = a, *const *y = b;
	struct place at = marks_place(&(*x)->row, -1);

	return is_before(at, marks_place(&(*y)->row, -1)) ? -1 : 1;
}

/* earlier: instances behind this one in the file do not count, unless they were given their name. */
static bool is_taken(
    const struct reader *r, const struct vrrp_instance *i, const char *name, bool earlier)
{
	char other[IFNAMSIZ];

	STORE_FOREACH (vrrp_instance, o, r->store) {
		if (o == i || !o->use_vmac || strcmp(vmac_name(o, other), name) != 0)
			continue;
		if (!earlier || *o->vmac_name ||
		    is_before(marks_place(&o->row, -1), marks_place(&i->row, -1)))
			return true;
	}
	return false;
}

static void name_vmac(struct reader *r, struct vrrp_instance *i)
{
	char name[IFNAMSIZ];

	vmac_name(i, name);
	if (!is_taken(r, i, name, true))
		return;
	for (unsigned n = 1; is_taken(r, i, name, false); n++)
		snprintf(name, sizeof(name), "vrrp%u.%u", n, (unsigned)(uint8_t)i->vrid);
	row_set_text(&i->vmac_name, name);
	marks_column(
	    &i->row, COL_vrrp_instance_vmac_name, marks_place(&i->row, COL_vrrp_instance_use_vmac));
}

/* One VRID on several interfaces: all but the first in the file get a number, as with keepalived. */
static void name_vmacs(struct reader *r)
{
	struct vrrp_instance **list =
	    calloc(store_count(r->store, TABLE_vrrp_instance) + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		abort();
	STORE_FOREACH (vrrp_instance, i, r->store)
		if (i->use_vmac && !*i->vmac_name)
			list[n++] = i;
	qsort(list, n, sizeof(*list), by_place);
	for (size_t k = 0; k < n; k++)
		name_vmac(r, list[k]);
	free(list);
}

void read_vrrp_finish(struct reader *r)
{
	drop_empty_scripts(r);
	add_sync_daemons(r);
	join_groups(r);
	complete_defaults(r);
	STORE_FOREACH (vrrp_instance, i, r->store)
		finish_instance(r, i);
	name_vmacs(r);
	finish_polling(r);
	warn_of_weights(r);
}

static const struct virtual_service *service_at(const struct reader *r, const struct addr *a)
{
	STORE_FOREACH (virtual_service, s, r->store)
		if (s->protocol != SERVICE_FWMARK && addr_equal(&s->address, a))
			return s;
	return NULL;
}

void read_vrrp_check(struct reader *r)
{
	const struct vrrp_instance *i = NULL;

	STORE_FOREACH (vrrp_address, a, r->store) {
		const struct virtual_service *s;

		if (!i || i->name != a->instance)
			i = store_vrrp_instance(r->store, a->instance);
		if (!i || i->accept || i->priority == PRIORITY_OWNER)
			continue;
		s = service_at(r, &a->address);
		if (s)
			diagnosis_warn(r->d, marks_place(&a->row, -1),
			    "the instance '%s' accepts no packets to this address: neither does "
			    "the virtual server '%s'",
			    i->name, s->virtual_server);
	}
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
	free_polled(r);
	free_garp_groups(r);
	str_free(r->sync_interface);
	str_free(r->sync_instance);
}
