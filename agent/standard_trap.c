/* SPDX-License-Identifier: BSD-2-Clause */
/* See standard_trap.h. */
#include "agent/standard_trap.h"

#include <string.h>
#include "agent/standard_private.h"
#include "core/base/log.h"

/* The notification's own name: ROOT.0.NUMBER. */
static void name_trap(struct trap *t, enum standard_mib m, arc number)
{
	t->standard_len = standard_root(m, t->standard);
	t->standard[t->standard_len++] = 0;
	t->standard[t->standard_len++] = number;
}

/* The next variable: an object of a virtual router, with its index and the value that it has now. */
static struct value *add_object(
    struct trap *t, const struct standard *s, const char *label, const struct standard_row *r)
{
	const struct standard_object *o = standard_object_named(label);
	struct trap_var *v = &t->vars[t->nvars++];

	v->len = standard_root(o->mib, v->name);
	memcpy(v->name + v->len, o->name, o->len * sizeof(*v->name));
	v->len += o->len;
	v->len += standard_index(o->mib, o->kind, r, v->name + v->len);
	v->value.type = o->type;
	o->get(&(struct standard_source){s->view, r, o}, &v->value);
	return &v->value;
}

/*
 * The master's address at that time was our own, whatever it is now: the one from which this router sends
 * its advertisements.
 */
static void add_own_address(
    struct trap *t, const struct standard *s, const char *label, const struct standard_row *r)
{
	const struct addr *own = addr_is_set(&r->instance->source_address)
				     ? &r->instance->source_address
				     : &r->instance->primary_address;
	struct value *v = add_object(t, s, label, r);

	if (addr_len(own) == v->len)
		memcpy(v->space, own->bytes, v->len);
}

/* The next variable: a scalar that is there for notifications only (RFC 2787). */
static struct value *add_scalar(struct trap *t, enum standard_mib m, arc number, enum smi_type type)
{
	struct trap_var *v = &t->vars[t->nvars++];

	v->len = standard_root(m, v->name);
	v->name[v->len++] = 1;
	v->name[v->len++] = number;
	v->name[v->len++] = 0;
	v->value.type = type;
	return &v->value;
}

/* vrrpTrapPacketSrc and vrrpTrapAuthErrorType: of the last such packet. */
static bool auth_failure(struct trap *t, const struct standard_row *r)
{
	struct value *source = add_scalar(t, STANDARD_VRRP, 5, SMI_IPADDRESS);
	struct value *type = add_scalar(t, STANDARD_VRRP, 6, SMI_INTEGER);
	const struct addr *from = &r->instance->error_source;

	name_trap(t, STANDARD_VRRP, 2);
	memset(source->space, 0, sizeof(source->space));
	if (from->family == ADDR_IPV4)
		memcpy(source->space, from->bytes, 4);
	source->bytes = source->space;
	source->len = 4;
	type->number = (int64_t)r->statistics->auth_error - AUTH_ERROR_NONE;
	return r->statistics->auth_error != AUTH_ERROR_NONE;
}

static bool protocol_error(struct trap *t, const struct standard *s, const struct standard_row *r,
    enum vrrp_protocol_error reason)
{
	name_trap(t, STANDARD_VRRPV3, 2);
	/* The event's, whatever the last one is by now. */
	add_object(t, s, "vrrpv3StatisticsProtoErrReason", r)->number =
	    (int64_t)reason - PROTOCOL_ERROR_NONE;
	return true;
}

/* The RFCs have notifications for some of our errors, each for its version. */
static bool packet_error(struct trap *t, const struct standard *s, const struct standard_row *r,
    const struct event_log *e)
{
	bool v3 = standard_mib_of(r->instance) == STANDARD_VRRPV3;
	int32_t error;

	if (!enum_number(&enumeration_vrrp_error, e->new_state, &error))
		return false;
	switch ((enum vrrp_error)error) {
	case VRRP_ERROR_TTL:
		return v3 && protocol_error(t, s, r, PROTOCOL_ERROR_TTL);
	case VRRP_ERROR_VERSION:
		return v3 && protocol_error(t, s, r, PROTOCOL_ERROR_VERSION);
	case VRRP_ERROR_CHECKSUM:
		return v3 && protocol_error(t, s, r, PROTOCOL_ERROR_CHECKSUM);
	case VRRP_ERROR_AUTH:
		return !v3 && auth_failure(t, r);
	case VRRP_ERROR_NONE:
	case VRRP_ERROR_LENGTH:
	case VRRP_ERROR_TYPE:
	case VRRP_ERROR_ADDRESS_LIST:
	case VRRP_ERROR_INTERVAL:
	case VRRP_ERROR_DESTINATION:
	case VRRP_ERROR_SOURCE:
		break;
	}
	return false;
}

static bool new_master(struct trap *t, struct standard *s, const struct standard_row *r)
{
	enum standard_mib m = standard_mib_of(r->instance);

	name_trap(t, m, 1);
	if (m == STANDARD_VRRP) {
		add_own_address(t, s, "vrrpOperMasterIpAddr", r);
		return true;
	}
	add_own_address(t, s, "vrrpv3OperationsMasterIpAddr", r);
	add_object(t, s, "vrrpv3StatisticsNewMasterReason", r);
	return true;
}

/* The row of the virtual router that the event is about; NULL if there is none (any more). */
static const struct standard_row *subject_of(struct standard *s, const struct event_log *e)
{
	struct vrrp_instance *key = ROW_NEW(vrrp_instance);
	const struct row *found = NULL;
	char why[WHY_SIZE];

	if (row_key_parse(&key->row, e->subject, why))
		found = store_find(s->view->store, &key->row);
	row_free(&key->row);
	return found ? standard_row_of(s, (const struct vrrp_instance *)found) : NULL;
}

static bool wanted(const struct standard *s, const struct vrrp_instance *i)
{
	const struct system *sys = store_system(s->view->store);

	return standard_mib_of(i) == STANDARD_VRRPV3 ? sys->vrrp_traps_v3 : sys->vrrp_traps_v2;
}

static bool is_new_master(const struct event_log *e)
{
	return e->kind == EVENT_VRRP_STATE &&
	       strcmp(e->new_state, enum_word(&enumeration_vrrp_state, VRRP_MASTER)) == 0;
}

bool standard_trap_build(struct trap *t, struct standard *s, const struct event_log *e)
{
	const struct standard_row *r;

	memset(t, 0, sizeof(*t));
	if (!is_new_master(e) && e->kind != EVENT_PROTOCOL_ERROR)
		return false;
	r = subject_of(s, e);
	if (!r) {
		log_info("event %u: '%s' has no interface now, and so no standard notification",
		    e->sequence, e->subject);
		return false;
	}
	if (!wanted(s, r->instance))
		return false;
	return is_new_master(e) ? new_master(t, s, r) : packet_error(t, s, r, e);
}
