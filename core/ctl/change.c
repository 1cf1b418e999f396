/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that change the configuration: each is one transaction, after which its changes are printed
 * as the history has them.
 */
#include <inttypes.h>
#include <string.h>
#include "core/ctl/command.h"
#include "core/ctl/history.h"

static const struct control *control_of(const struct session *s)
{
	return (const struct control *)store_first(s->store, TABLE_control);
}

static uint32_t generation_of(const struct session *s)
{
	return ((const struct system *)store_first(s->store, TABLE_system))->generation;
}

int command_refused(struct session *s, const struct edits *e, const struct refusal *r)
{
	edit_place(e, edits_blamed(e, r), s->err);
	fputs("refused: ", s->err);
	if (*r->row)
		fprintf(s->err, "%s: ", r->row);
	if (r->table && r->column >= 0)
		fprintf(s->err, "%s: ", r->table->columns[r->column].name);
	fprintf(s->err, "%s\n", r->reason);
	return CTL_REFUSED;
}

/* SNMP's rules are content with the destruction of what is not there; people mistype. */
static bool all_there(const struct session *s, const struct edits *e)
{
	char text[ROW_TEXT_SIZE];

	for (size_t i = 0; i < e->n; i++) {
		if (!e->list[i].destroy || store_find(s->store, e->list[i].row))
			continue;
		edit_place(e, e->lines[i], s->err);
		fprintf(s->err, "refused: %s: there is no such row\n",
		    row_format(e->list[i].row, text));
		return false;
	}
	return true;
}

bool command_transact(struct session *s, const struct edits *e, struct refusal *r)
{
	struct refusal ignored;
	bool ok = engine_call(s->engine, REQUEST_PREPARE, e->list, e->n, COMMAND_TIMEOUT, r) &&
		  engine_call(s->engine, REQUEST_COMMIT, NULL, 0, COMMAND_TIMEOUT, r);

	engine_call(s->engine, REQUEST_RELEASE, NULL, 0, COMMAND_TIMEOUT, &ignored);
	engine_catch_up(s->engine);
	return ok;
}

static void say_changes(struct session *s, uint32_t before)
{
	const struct options *o = s->options;
	uint32_t generation = history_newest(s->store, before);

	if (generation)
		history_changes(s->out, s->store, generation);
	else
		fprintf(s->out, "nothing has changed\n");
	if (o->confirm)
		fprintf(s->out,
		    "it is undone in %" PRIu32 " s, unless 'directorctl confirm' confirms it\n",
		    o->confirm_seconds);
}

static void change(struct session *s)
{
	const struct options *o = s->options;
	uint32_t before = generation_of(s);
	struct refusal r;

	if (!all_there(s, &o->edits)) {
		session_end(s, CTL_REFUSED);
		return;
	}
	if (!command_transact(s, &o->edits, &r)) {
		session_end(s, command_refused(s, &o->edits, &r));
		return;
	}
	say_changes(s, before);
	session_end(s, CTL_OK);
}

const struct session_ops command_change = {change, NULL};

static void confirm(struct session *s)
{
	const struct options *o = s->options;
	struct refusal r;

	if (!control_of(s) || !control_of(s)->confirm_timeout) {
		fputs("directorctl: nothing is to be confirmed\n", s->err);
		session_end(s, CTL_REFUSED);
	} else if (!command_transact(s, &o->edits, &r)) {
		session_end(s, command_refused(s, &o->edits, &r));
	} else {
		fprintf(s->out, "confirmed: generation %" PRIu32 "\n", generation_of(s));
		session_end(s, CTL_OK);
	}
}

const struct session_ops command_confirm = {confirm, NULL};

/* -------------------------------------------------------- what is asked of the whole */

/* All that is asked of the table `control` is one row. */
static struct edit *control_edit(struct edits *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->list[i].row->table->id == TABLE_control)
			return &e->list[i];
	return edits_put(e, 0, &ROW_NEW(control)->row);
}

void command_ask_confirm(struct options *o, uint32_t seconds)
{
	struct edit *e = control_edit(&o->edits);

	((struct control *)e->row)->confirm_timeout = seconds;
	e->mask |= COLUMN(control, confirm_timeout);
}

void command_ask_rollback(struct options *o, uint32_t generation)
{
	struct edit *e = control_edit(&o->edits);

	((struct control *)e->row)->rollback = generation;
	e->mask |= COLUMN(control, rollback);
}

bool command_ask_revert(struct options *o, char **argv, int argc, FILE *err)
{
	bool all = argc == 1 && strcmp(argv[0], "all") == 0;
	struct row *row = all ? NULL : edit_row(argv, argc, err);
	char text[ROW_TEXT_SIZE] = "all";
	struct edit *e;

	if (!all && !row)
		return false;
	if (row)
		row_format(row, text);
	row_free(row);
	e = control_edit(&o->edits);
	row_set_text(&((struct control *)e->row)->revert, text);
	e->mask |= COLUMN(control, revert);
	return true;
}
