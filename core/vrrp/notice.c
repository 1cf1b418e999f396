/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hub is told of the neighbours: a second master, and packets that are not as they should be;
 * see router.h.
 *
 * Whoever can send packets to the interface decides how many of them come.  So a packet only leaves a note
 * in memory that is there already, and what is told of is limited here: a second master once until it is
 * gone, an error once a minute for each instance and reason, and both for the process as a whole.
 */
#include "core/vrrp/router.h"

#include <stdio.h>

#define MINUTE (60 * USEC_PER_SEC)
#define CONFLICTS 5 /* a minute, for each instance */
#define ERRORS 60   /* a minute, for all instances */

/* --------------------------------------------------------------- the second master */

void notice_second_master(struct virtual *v, const struct vrrp_packet *p, bool yields, usec_t now)
{
	struct second_master_note *n = &v->second;
	enum second_master is = yields ? SECOND_MASTER_YIELDED : SECOND_MASTER_CONFLICT;

	n->heard = now;
	n->interval = p->interval;
	n->address = p->source;
	n->priority = p->priority;
	if (is == SECOND_MASTER_CONFLICT && n->is == is)
		return; /* the same conflict, whoever it is now */
	n->is = is;
	n->due = v->report_due = true;
	router_wake(v->router);
}

static void set_second(struct virtual *v, enum second_master is)
{
	struct vrrp_instance *row = v->row;

	row->second_master = is;
	row->second_address = v->second.address;
	row->second_priority = v->second.priority;
	engine_report(v->router->engine, &row->row,
	    COLUMN(vrrp_instance, second_master) | COLUMN(vrrp_instance, second_address) |
		COLUMN(vrrp_instance, second_priority));
}

static void tell_second(
    struct virtual *v, enum second_master old, enum second_master is, const char *reason)
{
	const struct enumeration *words = &enumeration_second_master;

	engine_event(v->router->engine, EVENT_SECOND_MASTER, &v->row->row,
	    enum_word(words, (int32_t)old), enum_word(words, (int32_t)is), reason);
	/* that another one takes over by its right, and that a conflict is over, is as it should be */
	log_write(is == SECOND_MASTER_CONFLICT ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, "%s: %s",
	    v->row->name, reason);
}

static void explain_second(const struct virtual *v, char *buf, size_t size)
{
	const struct second_master_note *n = &v->second;
	uint8_t ours = v->fsm.config.priority;
	const char *wins = n->is == SECOND_MASTER_YIELDED ? "it wins" : "this router wins";
	char who[ADDR_STRLEN];

	addr_format(&n->address, who);
	if (n->priority == ours)
		snprintf(buf, size,
		    "%s is master, too, with the same priority %u; %s: the higher address counts",
		    who, n->priority, wins);
	else
		snprintf(buf, size, "%s is master, too, with priority %u, ours is %u; %s", who,
		    n->priority, ours, wins);
}

/* There was a second master: a new conflict, or the end of one. */
static void report_second(struct virtual *v)
{
	struct second_master_note *n = &v->second;
	enum second_master old = v->row->second_master;
	char reason[VRRP_REASON_SIZE];
	unsigned swallowed;

	n->due = false;
	set_second(v, n->is);
	if (old == n->is && old == SECOND_MASTER_CONFLICT)
		return; /* it was told before this process was started again */
	n->told = log_limit_ok(&n->limit, CONFLICTS, MINUTE, &swallowed);
	if (!n->told)
		return;
	explain_second(v, reason, sizeof(reason));
	tell_second(v, old, n->is, reason);
}

static void end_conflict(struct virtual *v, const char *reason)
{
	v->second.is = SECOND_MASTER_NONE;
	set_second(v, SECOND_MASTER_NONE);
	if (v->second.told)
		tell_second(v, SECOND_MASTER_CONFLICT, SECOND_MASTER_NONE, reason);
}

/* As long as it takes a backup to give up a master. */
static usec_t patience(const struct virtual *v)
{
	const struct vrrp_config *c = &v->fsm.config;
	usec_t interval = v->second.interval > c->interval ? v->second.interval : c->interval;

	return 3 * interval + vrrp_fsm_skew(c, interval);
}

static void check_conflict(struct virtual *v, usec_t now)
{
	const struct second_master_note *n = &v->second;
	char reason[VRRP_REASON_SIZE], who[ADDR_STRLEN];

	if (v->row->second_master != SECOND_MASTER_CONFLICT || v->second.due)
		return;
	if (v->fsm.state != VRRP_MASTER) {
		end_conflict(v, "this router is not master any more");
	} else if (now - n->heard > patience(v)) {
		snprintf(reason, sizeof(reason), "%s is not heard as master any more",
		    addr_format(&n->address, who));
		end_conflict(v, reason);
	} else if (n->priority != v->row->second_priority ||
		   !addr_equal(&n->address, &v->row->second_address)) {
		set_second(v, SECOND_MASTER_CONFLICT);
	}
}

/* ------------------------------------------------------------------ protocol errors */

enum vrrp_error notice_error_of(enum vrrp_drop drop)
{
	switch (drop) {
	case VRRP_DROP_TTL:
		return VRRP_ERROR_TTL;
	case VRRP_DROP_VERSION:
		return VRRP_ERROR_VERSION;
	case VRRP_DROP_TYPE:
		return VRRP_ERROR_TYPE;
	case VRRP_DROP_LENGTH:
	case VRRP_DROP_COUNT:
		return VRRP_ERROR_LENGTH;
	case VRRP_DROP_CHECKSUM:
		return VRRP_ERROR_CHECKSUM;
	case VRRP_DROP_AUTH:
	case VRRP_DROP_AUTH_TYPE:
	case VRRP_DROP_AUTH_MISMATCH:
	case VRRP_DROP_REPLAY:
		return VRRP_ERROR_AUTH;
	case VRRP_DROP_INTERVAL:
		return VRRP_ERROR_INTERVAL;
	case VRRP_DROP_ADDRESSES:
	case VRRP_DROP_LINK_LOCAL:
		return VRRP_ERROR_ADDRESS_LIST;
	case VRRP_DROP_DESTINATION:
		return VRRP_ERROR_DESTINATION;
	case VRRP_DROP_SOURCE:
		return VRRP_ERROR_SOURCE;
	case VRRP_PASS:
	case VRRP_DROP_VRID:
	case VRRP_DROP_OWN:
	case VRRP_DROP_OWNER:
	case VRRP_DROP_FOREIGN:
	case VRRP_DROP_REASONS:
		break;
	}
	return VRRP_ERROR_NONE;
}

void notice_error(struct virtual *v, const struct vrrp_packet *p, enum vrrp_drop drop)
{
	enum vrrp_error error = notice_error_of(drop);
	struct error_note *n = &v->errors[error];
	unsigned more, of_others;

	if (error == VRRP_ERROR_NONE || !log_limit_ok(&n->limit, 1, MINUTE, &more) ||
	    !log_limit_ok(&v->router->errors, ERRORS, MINUTE, &of_others))
		return;
	n->source = p->source;
	n->more = more;
	n->due = v->report_due = true;
	router_wake(v->router);
}

static const char *error_text(enum vrrp_error error)
{
	switch (error) {
	case VRRP_ERROR_TTL:
		return "its TTL or hop limit is not the one expected";
	case VRRP_ERROR_LENGTH:
		return "it is too short or too long";
	case VRRP_ERROR_TYPE:
		return "its type is unknown";
	case VRRP_ERROR_VERSION:
		return "its version is not the one configured here";
	case VRRP_ERROR_CHECKSUM:
		return "its checksum is wrong";
	case VRRP_ERROR_AUTH:
		return "its authentication does not fit";
	case VRRP_ERROR_ADDRESS_LIST:
		return "its addresses are not those configured here";
	case VRRP_ERROR_INTERVAL:
		return "its interval is not the one configured here";
	case VRRP_ERROR_DESTINATION:
		return "it is multicast and the instance is unicast, or the other way round";
	case VRRP_ERROR_SOURCE:
		return "it is no unicast peer";
	case VRRP_ERROR_NONE:
		break;
	}
	return "";
}

static void report_error(struct virtual *v, enum vrrp_error error)
{
	struct error_note *n = &v->errors[error];
	struct vrrp_instance *row = v->row;
	char reason[VRRP_REASON_SIZE], from[ADDR_STRLEN];
	int len;

	n->due = false;
	len = snprintf(reason, sizeof(reason), "a packet from %s: %s",
	    addr_format(&n->source, from), error_text(error));
	if (n->more)
		snprintf(reason + len, sizeof(reason) - (size_t)len,
		    "; %u more such packets since this was told last", n->more);
	row->protocol_error = error;
	row->error_source = n->source;
	engine_report(v->router->engine, &row->row,
	    COLUMN(vrrp_instance, protocol_error) | COLUMN(vrrp_instance, error_source));
	engine_event(v->router->engine, EVENT_PROTOCOL_ERROR, &row->row, "",
	    enum_word(&enumeration_vrrp_error, (int32_t)error), reason);
}

/* ------------------------------------------------------------------------- telling */

void notice_adopt(struct virtual *v)
{
	struct second_master_note *n = &v->second;

	n->is = v->row->second_master ? v->row->second_master : SECOND_MASTER_NONE;
	n->address = v->row->second_address;
	n->priority = (uint8_t)v->row->second_priority;
	n->heard = clock_now();
	n->told = true;
}

void notice_report(struct virtual *v)
{
	if (v->second.due)
		report_second(v);
	else if (v->fsm.state == VRRP_MASTER && v->second.is == SECOND_MASTER_YIELDED) {
		v->second.is = SECOND_MASTER_NONE; /* that was then */
		set_second(v, SECOND_MASTER_NONE);
	}
	for (enum vrrp_error e = VRRP_ERROR_NONE; e < VRRP_ERRORS; e++)
		if (v->errors[e].due)
			report_error(v, e);
}

void notice_check(struct router *r)
{
	usec_t now = clock_now();
	struct virtual *v;

	TAILQ_FOREACH (v, &r->virtuals, entry)
		check_conflict(v, now);
}
