/* SPDX-License-Identifier: BSD-2-Clause */
/* See requests.h. */
#include "agent/netsnmp.h"

#include <stdlib.h>
#include "agent/requests.h"
#include "agent/standard_set.h"
#include "core/base/log.h"

_Static_assert(sizeof(arc) == sizeof(oid), "arcs are net-snmp's");

/* A subtree is registered as one, and its handler knows it by its argument. */
struct subtree {
	const char *name;
	bool standard;
	enum standard_mib mib; /* if it is */
	arc root[OID_MAX];
	size_t root_len;
};

static struct {
	const struct view *view;
	const struct set_hub *hub;
	struct standard *standard;
	struct requests_idle idle;
	struct subtree subtrees[REQUESTS_SUBTREES];
	/*
	 * The master does one SET at a time; each of its phases comes as a call of its own for each subtree
	 * that the request is about.  What is done for all of them is done at the first.
	 */
	struct set *set;
	struct standard_set *standard_set;
	long set_transaction;
	int done; /* the mode in which it was done */
	enum set_status error;
	size_t error_var; /* in the request, counted from 0 */
} the;

/* The name below the root; false if it is not below it. */
static bool relative(
    const struct subtree *t, const netsnmp_variable_list *vb, const arc **name, size_t *len)
{
	if (!oid_starts_with(vb->name, vb->name_length, t->root, t->root_len))
		return false;
	*name = vb->name + t->root_len;
	*len = vb->name_length - t->root_len;
	return true;
}

static void put_value(netsnmp_variable_list *vb, const struct value *v)
{
	struct counter64 c;

	switch (v->type) {
	case SMI_INTEGER:
	case SMI_COUNTER32:
	case SMI_GAUGE32:
	case SMI_TIMETICKS:
		snmp_set_var_typed_integer(vb, (u_char)v->type, (long)v->number);
		break;
	case SMI_OCTETS:
	case SMI_IPADDRESS:
		snmp_set_var_typed_value(vb, (u_char)v->type, v->bytes, v->len);
		break;
	case SMI_COUNTER64:
		c.high = (u_long)(v->counter >> 32);
		c.low = (u_long)(v->counter & 0xffffffff);
		snmp_set_var_typed_value(vb, ASN_COUNTER64, &c, sizeof(c));
		break;
	}
}

static void get(
    const struct subtree *t, netsnmp_agent_request_info *info, netsnmp_request_info *request)
{
	const arc *name;
	size_t len;
	struct value v;
	enum get_result result = GET_NO_OBJECT;

	if (relative(t, request->requestvb, &name, &len))
		result = t->standard ? standard_get(the.standard, t->mib, name, len, &v)
				     : get_exact(the.view, name, len, &v);
	switch (result) {
	case GET_OK:
		put_value(request->requestvb, &v);
		break;
	case GET_NO_OBJECT:
		netsnmp_set_request_error(info, request, SNMP_NOSUCHOBJECT);
		break;
	case GET_NO_INSTANCE:
		netsnmp_set_request_error(info, request, SNMP_NOSUCHINSTANCE);
		break;
	}
}

static bool next(const struct subtree *t, const arc *name, size_t len, bool inclusive,
    arc found[OID_MAX], size_t *found_len, struct value *v)
{
	if (t->standard)
		return standard_next(
		    the.standard, t->mib, name, len, inclusive, found, found_len, v);
	return get_next(the.view, name, len, inclusive, found, found_len, v);
}

/* What is left unset is looked for behind our subtree by the library. */
static void getnext(const struct subtree *t, netsnmp_request_info *request)
{
	netsnmp_variable_list *vb = request->requestvb;
	arc found[2 * OID_MAX];
	const arc *name = NULL;
	size_t len = 0;
	struct value v;

	if (!relative(t, vb, &name, &len) &&
	    oid_cmp(vb->name, vb->name_length, t->root, t->root_len) > 0)
		return;
	if (!next(t, name, len, request->inclusive, found + t->root_len, &len, &v))
		return;
	memcpy(found, t->root, t->root_len * sizeof(*found));
	snmp_set_var_objid(vb, found, t->root_len + len);
	put_value(vb, &v);
}

/* The variable as set.h has it. */
static bool set_var_of(const struct subtree *t, const netsnmp_variable_list *vb, struct set_var *v)
{
	*v = (struct set_var){.type = vb->type};
	if (!relative(t, vb, &v->name, &v->len))
		return false;
	switch (vb->type) {
	case ASN_INTEGER:
		v->number = *vb->val.integer;
		break;
	case ASN_GAUGE: /* and Unsigned32 */
		v->number = (int64_t)((u_long)*vb->val.integer & 0xffffffff);
		break;
	case ASN_OCTET_STR:
	case ASN_IPADDRESS:
		v->bytes = vb->val.string;
		v->size = vb->val_len;
		break;
	default:
		break; /* a type that no object of ours has */
	}
	return true;
}

bool requests_in_set(void)
{
	return the.set != NULL;
}

static void end_set(void)
{
	bool was = requests_in_set();

	standard_set_free(the.standard_set);
	set_free(the.set);
	the.standard_set = NULL;
	the.set = NULL;
	if (was)
		the.idle.idle(the.idle.arg);
}

static bool is_set_of(const netsnmp_agent_request_info *info)
{
	return the.set && the.set_transaction == info->asp->pdu->transid;
}

static void begin_set(const netsnmp_agent_request_info *info)
{
	end_set();
	the.set = set_new(the.view, the.hub);
	the.standard_set = standard_set_new(the.standard, the.set);
	the.set_transaction = info->asp->pdu->transid;
	the.done = info->mode;
}

static enum set_status reserve_one(const struct subtree *t, const netsnmp_request_info *r)
{
	size_t at = (size_t)r->index - 1;
	struct set_var v;

	if (!set_var_of(t, r->requestvb, &v))
		return SET_NOT_WRITABLE;
	if (t->standard)
		return standard_set_add(the.standard_set, t->mib, at, &v);
	set_at(the.set, at);
	return set_add(the.set, &v);
}

/* A request that is sent again has the number of the one before, which has come to its end or was forgotten. */
static void reserve(
    const struct subtree *t, netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	if (!is_set_of(info) || the.done != MODE_SET_RESERVE1)
		begin_set(info);
	for (netsnmp_request_info *r = requests; r; r = r->next) {
		enum set_status e = reserve_one(t, r);

		if (e != SET_OK)
			netsnmp_set_request_error(info, r, (int)e);
	}
}

/* The error of the phase, if the variable to blame is among these. */
static void tell_error(netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	if (the.error == SET_OK)
		return;
	for (netsnmp_request_info *r = requests; r; r = r->next)
		if ((size_t)r->index - 1 == the.error_var)
			netsnmp_set_request_error(info, r, (int)the.error);
}

static void fail(
    netsnmp_agent_request_info *info, netsnmp_request_info *requests, enum set_status e)
{
	if (e != SET_OK)
		netsnmp_set_request_error(info, requests, (int)e);
}

static enum set_status prepare(size_t *var)
{
	enum set_status e = standard_set_finish(the.standard_set, var);

	return e == SET_OK ? set_prepare(the.set, var) : e;
}

static void do_phase(int mode)
{
	if (the.done == mode)
		return;
	the.done = mode;
	the.error_var = 0;
	if (mode == MODE_SET_RESERVE2) {
		the.error = prepare(&the.error_var);
		return;
	}
	the.error = set_commit(the.set, &the.error_var);
	standard_changed(the.standard);
}

static void later_phase(netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	switch (info->mode) {
	case MODE_SET_RESERVE2:
	case MODE_SET_ACTION:
		if (!is_set_of(info)) {
			fail(info, requests, SET_GEN_ERR);
			return;
		}
		do_phase(info->mode);
		tell_error(info, requests);
		break;
	case MODE_SET_UNDO:
		if (!is_set_of(info))
			return;
		fail(info, requests, set_undo(the.set));
		standard_changed(the.standard);
		end_set();
		break;
	default: /* MODE_SET_COMMIT, MODE_SET_FREE */
		if (is_set_of(info))
			end_set();
		break;
	}
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	const struct subtree *t = registration->my_reg_void;

	(void)handler;
	switch (info->mode) {
	case MODE_GET:
		for (netsnmp_request_info *r = requests; r; r = r->next)
			get(t, info, r);
		break;
	case MODE_GETNEXT:
		for (netsnmp_request_info *r = requests; r; r = r->next)
			getnext(t, r);
		break;
	case MODE_SET_RESERVE1:
		reserve(t, info, requests);
		break;
	default: /* the library's numbers, not ours: the later phases of SET */
		later_phase(info, requests);
		break;
	}
	return SNMP_ERR_NOERROR;
}

const char *requests_subtree(size_t i, arc root[OID_MAX], size_t *len)
{
	static const char *const names[STANDARD_MIBS] = {
	    [STANDARD_VRRP] = "VRRP-MIB", [STANDARD_VRRPV3] = "VRRPV3-MIB"};

	if (i == 0) {
		*len = object_root(root);
		return "directord";
	}
	*len = standard_root((enum standard_mib)(i - 1), root);
	return names[i - 1];
}

static void register_subtree(struct subtree *t)
{
	netsnmp_handler_registration *r = netsnmp_create_handler_registration(
	    t->name, handle, t->root, t->root_len, HANDLER_CAN_RWRITE);

	if (!r)
		abort();
	r->my_reg_void = t;
	if (netsnmp_register_handler(r) != MIB_REGISTERED_OK)
		abort();
}

void requests_register(const struct view *view, const struct set_hub *hub,
    struct standard *standard, const struct requests_idle *idle)
{
	the.idle = *idle;
	the.view = view;
	the.hub = hub;
	the.standard = standard;
	for (size_t i = 0; i < REQUESTS_SUBTREES; i++) {
		struct subtree *t = &the.subtrees[i];

		t->name = requests_subtree(i, t->root, &t->root_len);
		t->standard = i > 0;
		t->mib = i > 0 ? (enum standard_mib)(i - 1) : STANDARD_VRRP;
		register_subtree(t);
	}
}
