/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snmptt's events: what a notification says in one line, and how bad it is.
 *
 * The severity depends on the new state, so a notification of states has an EVENT for each severity,
 * of which a trap fits one (MATCH).  The variables of a notification are those of the MIB: $1 number,
 * $2 time, $3 subject, $4 old state, $5 new state, $6 reason, $7 the subject's state column.
 */
#include "config.h"
#include "etc/nms/nms.h"

#include <stdio.h>
#include <string.h>

enum severity { NORMAL, WARNING, MAJOR, CRITICAL, SEVERITIES };

static const char *const severity_names[SEVERITIES] = {"Normal", "Warning", "Major", "Critical"};

static enum severity of_vrrp(enum vrrp_state s)
{
	switch (s) {
	case VRRP_BACKUP:
		return NORMAL;
	case VRRP_INITIALIZE:
	case VRRP_MASTER: /* the traffic has moved */
		return WARNING;
	case VRRP_FAULT:
		return MAJOR;
	}
	return WARNING;
}

static enum severity of_server(enum server_state s)
{
	switch (s) {
	case SERVER_UP:
		return NORMAL;
	case SERVER_UNKNOWN:
		return WARNING;
	case SERVER_DOWN:
		return MAJOR;
	}
	return WARNING;
}

static enum severity of_virtual(enum virtual_state s)
{
	switch (s) {
	case VIRTUAL_UP:
		return NORMAL;
	case VIRTUAL_UNKNOWN:
		return WARNING;
	case VIRTUAL_SORRY:
		return MAJOR;
	case VIRTUAL_DOWN:
		return CRITICAL;
	}
	return WARNING;
}

static enum severity of_process(enum process_state s)
{
	switch (s) {
	case PROCESS_STARTING:
	case PROCESS_RUNNING:
		return NORMAL;
	case PROCESS_STOPPED:
		return WARNING;
	case PROCESS_WAITING: /* it died, more than once */
		return MAJOR;
	}
	return WARNING;
}

static enum severity of_word(const struct enumeration *e, int32_t number)
{
	if (e == &enumeration_vrrp_state)
		return of_vrrp((enum vrrp_state)number);
	if (e == &enumeration_server_state)
		return of_server((enum server_state)number);
	if (e == &enumeration_virtual_state)
		return of_virtual((enum virtual_state)number);
	if (e == &enumeration_process_state)
		return of_process((enum process_state)number);
	return WARNING;
}

/* "Real server $3: $5, was $4: $6"; what is about the director as a whole has its own words. */
static void put_format(const struct event_info *e)
{
	const struct table *t = &tables[e->table];
	char words[LABEL_SIZE];

	fputs("FORMAT ", stdout);
	if (t->scalar) {
		printf("%.*s ($5): $6\n", (int)strcspn(e->help, "."), e->help);
		return;
	}
	printf("%s $3: $5, was $4: $6\n", spaced(t->name, words));
}

/* words: of the new state, separated by |; NULL: any. */
static void put_event(
    const struct event_info *e, enum severity severity, const char *words, bool others)
{
	char oid[OID_TEXT_SIZE];

	printf("EVENT drct%s .%s \"Status Events\" %s\n", e->mib, oid_of_notification(e, oid),
	    severity_names[severity]);
	put_format(e);
	if (words)
		printf("MATCH $5: %s(^(%s)$)\n", others ? "!" : "", words);
	printf("SDESC\n%s\nEDESC\n\n", e->help);
}

/* The words of this severity, or of all; false if there are none. */
static bool words_of(const struct enumeration *e, int severity, char *text, size_t size)
{
	size_t n = 0;

	for (const struct enum_word *w = e->words; w->word && n < size; w++)
		if (severity < 0 || (int)of_word(e, w->number) == severity)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? "|" : "", w->word);
	return n > 0;
}

static void put_states(const struct event_info *e, const struct enumeration *states)
{
	char words[512];

	for (int s = NORMAL; s < SEVERITIES; s++)
		if (words_of(states, s, words, sizeof(words)))
			put_event(e, (enum severity)s, words, false);
	if (words_of(states, -1, words, sizeof(words)))
		put_event(e, WARNING, words, true);
}

static void put_notification(const struct event_info *e)
{
	const struct table *t = &tables[e->table];
	const struct column *c = table_column(t, e->column);

	if (c->type == TYPE_ENUM) {
		put_states(e, c->words);
	} else if (c->type == TYPE_TEXT) { /* 'ok', or what is wrong */
		put_event(e, NORMAL, "ok", false);
		put_event(e, CRITICAL, "ok", true);
	} else {
		put_event(e, NORMAL, NULL, false);
	}
}

void put_snmptt(void)
{
	puts("# snmptt: directord's notifications. Made from the schema; do not edit.\n"
	     "# Name it in snmptt.ini's snmptt_conf_files.\n");
	for (const struct event_info *e = event_infos; e->mib; e++)
		put_notification(e);
}
