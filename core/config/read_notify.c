/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts that are told what happened, and FIFOs (see reader.h): KEYWORD COMMAND [USER [GROUP]]. */
#include <string.h>
#include "core/config/reader.h"
#include "core/config/write.h"

const struct notify_keyword notify_keywords[] = {
    {NOTIFY_INSTANCE, NOTIFY_MASTER, "notify_master"},
    {NOTIFY_INSTANCE, NOTIFY_BACKUP, "notify_backup"},
    {NOTIFY_INSTANCE, NOTIFY_FAULT, "notify_fault"},
    {NOTIFY_INSTANCE, NOTIFY_STOP, "notify_stop"},
    {NOTIFY_INSTANCE, NOTIFY_DELETED, "notify_deleted"},
    {NOTIFY_INSTANCE, NOTIFY_LOWER_PRIORITY, "notify_master_rx_lower_pri"},
    {NOTIFY_INSTANCE, NOTIFY_ANY, "notify"},
    {NOTIFY_GROUP, NOTIFY_MASTER, "notify_master"},
    {NOTIFY_GROUP, NOTIFY_BACKUP, "notify_backup"},
    {NOTIFY_GROUP, NOTIFY_FAULT, "notify_fault"},
    {NOTIFY_GROUP, NOTIFY_STOP, "notify_stop"},
    {NOTIFY_GROUP, NOTIFY_ANY, "notify"},
    {NOTIFY_REAL_SERVER, NOTIFY_UP, "notify_up"},
    {NOTIFY_REAL_SERVER, NOTIFY_DOWN, "notify_down"},
    {NOTIFY_VIRTUAL_SERVER, NOTIFY_UP, "quorum_up"},
    {NOTIFY_VIRTUAL_SERVER, NOTIFY_DOWN, "quorum_down"},
    {NOTIFY_DIRECTOR, NOTIFY_STARTUP, "startup_script"},
    {NOTIFY_DIRECTOR, NOTIFY_SHUTDOWN, "shutdown_script"},
    {NOTIFY_VIRTUAL_SERVER, NOTIFY_ANY, NULL},
};

static enum notify_event event_of(enum notify_owner kind, const char *keyword)
{
	const struct notify_keyword *k = notify_keywords;

	while (k->keyword && (k->kind != kind || strcmp(k->keyword, keyword) != 0))
		k++;
	return k->event;
}

/* The words behind the keyword: as many columns from `first` on. */
static bool read_command_words(
    struct reader *r, struct row *row, int first, const struct statement *st)
{
	for (size_t k = 1; k < st->n; k++) {
		int column = first + (int)k - 1;

		if (!read_value(r, row, column, &st->words[k]))
			return false;
		marks_column(row, column, st->words[k].at);
	}
	return true;
}

_Static_assert(COL_notify_script_user == COL_notify_script_command + 1 &&
		   COL_notify_script_user_group == COL_notify_script_command + 2,
    "command, user, group");
_Static_assert(COL_notify_fifo_user == COL_notify_fifo_path + 1 &&
		   COL_notify_fifo_user_group == COL_notify_fifo_path + 2,
    "path, user, group");
_Static_assert(COL_notify_fifo_command_user == COL_notify_fifo_command + 1 &&
		   COL_notify_fifo_command_group == COL_notify_fifo_command + 2,
    "command, user, group");

struct notify_script *read_notify(
    struct reader *r, enum notify_owner kind, const struct statement *st)
{
	struct notify_script *n = ROW_NEW(notify_script);

	marks_row(&n->row, st->at);
	n->owner_kind = kind;
	n->address = notify_no_address;
	n->event = event_of(kind, st->words[0].text);
	if (read_words(r, st, n->event == NOTIFY_DELETED ? 1 : 2, 4) &&
	    read_command_words(r, &n->row, COL_notify_script_command, st))
		return n;
	marks_free_row(&n->row);
	return NULL;
}

void insert_notify(struct reader *r, struct notify_script **list, const char *owner,
    const struct addr *address, uint32_t port)
{
	for (size_t i = 0; i < NOTIFY_PAIR; i++) {
		struct notify_script *n = list[i];

		list[i] = NULL;
		if (!n)
			continue;
		row_set_text(&n->owner, owner);
		if (address)
			n->address = *address;
		n->port = port;
		read_insert(r, &n->row);
	}
}

void read_notify_pair(struct reader *r, struct notify_script **list, enum notify_owner kind,
    const struct statement *st)
{
	struct notify_script *n = read_notify(r, kind, st);

	for (size_t i = 0; n && i < NOTIFY_PAIR; i++) {
		if (list[i] && list[i]->event == n->event)
			break;
		if (list[i])
			continue;
		list[i] = n;
		return;
	}
	if (!n)
		return;
	diagnosis_error(r->d, st->at, "'%s' is given for the second time", st->words[0].text);
	marks_free_row(&n->row);
}

void free_notify(struct notify_script **list)
{
	for (size_t i = 0; i < NOTIFY_PAIR; i++)
		if (list[i])
			marks_free_row(&list[i]->row);
}

void read_vrrp_notify(struct reader *r, struct block *b, const struct statement *st)
{
	const struct row *owner = b->scopes[0].row;
	struct notify_script *n = read_notify(
	    r, owner->table->id == TABLE_sync_group ? NOTIFY_GROUP : NOTIFY_INSTANCE, st);

	if (!n)
		return;
	row_set_text(&n->owner, column_text(owner, &owner->table->columns[0]));
	read_insert(r, &n->row);
}

void read_director_script(struct reader *r, struct block *b, const struct statement *st)
{
	struct notify_script *n = read_notify(r, NOTIFY_DIRECTOR, st);

	(void)b;
	if (!n)
		return;
	row_set_text(&n->owner, NOTIFY_DIRECTOR_NAME);
	read_insert(r, &n->row);
}

/* [vrrp_|lvs_]notify_fifo PATH [USER [GROUP]], [vrrp_|lvs_]notify_fifo_script COMMAND [USER [GROUP]] */
void read_notify_fifo(struct reader *r, struct block *b, const struct statement *st)
{
	const char *word = st->words[0].text;
	bool script = strcmp(word + strlen(word) - strlen("script"), "script") == 0;
	int first = script ? COL_notify_fifo_command : COL_notify_fifo_path;
	struct notify_fifo *f = ROW_NEW(notify_fifo), *there;

	(void)b;
	f->kind = *word == 'v' ? FIFO_VRRP : *word == 'l' ? FIFO_LVS : FIFO_ALL;
	there = (struct notify_fifo *)store_find(r->store, &f->row);
	if (there) {
		row_free(&f->row);
		f = there;
	} else {
		marks_row(&f->row, st->at);
		store_insert(r->store, &f->row);
	}
	if (marks_given(&f->row) >> first & 1)
		diagnosis_warn(
		    r->d, st->at, "'%s' is given for the second time; this one counts", word);
	if (read_words(r, st, 2, 4))
		read_command_words(r, &f->row, first, st);
}
