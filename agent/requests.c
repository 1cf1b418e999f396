/* SPDX-License-Identifier: BSD-2-Clause */
/* See requests.h. */
#include "agent/netsnmp.h"

#include <stdlib.h>
#include "agent/requests.h"
#include "core/base/log.h"

_Static_assert(sizeof(arc) == sizeof(oid), "arcs are net-snmp's");

static struct {
	const struct view *view;
	const struct set_hub *hub;
	arc root[OID_MAX];
	size_t root_len;
	/* The master does one SET at a time; each of its phases comes as a call of its own. */
	struct set *set;
	long set_transaction;
} the;

/* The name below the root; false if it is not below it. */
static bool relative(const netsnmp_variable_list *vb, const arc **name, size_t *len)
{
	if (!oid_starts_with(vb->name, vb->name_length, the.root, the.root_len))
		return false;
	*name = vb->name + the.root_len;
	*len = vb->name_length - the.root_len;
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
		snmp_set_var_typed_value(vb, ASN_OCTET_STR, v->bytes, v->len);
		break;
	case SMI_COUNTER64:
		c.high = (u_long)(v->counter >> 32);
		c.low = (u_long)(v->counter & 0xffffffff);
		snmp_set_var_typed_value(vb, ASN_COUNTER64, &c, sizeof(c));
		break;
	}
}

static void get(netsnmp_agent_request_info *info, netsnmp_request_info *request)
{
	const arc *name;
	size_t len;
	struct value v;
	enum get_result result = GET_NO_OBJECT;

	if (relative(request->requestvb, &name, &len))
		result = get_exact(the.view, name, len, &v);
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

/* What is left unset is looked for behind our subtree by the library. */
static void getnext(netsnmp_request_info *request)
{
	netsnmp_variable_list *vb = request->requestvb;
	arc found[OID_MAX + OBJECT_ARCS];
	const arc *name = NULL;
	size_t len = 0;
	struct value v;

	if (!relative(vb, &name, &len) &&
	    oid_cmp(vb->name, vb->name_length, the.root, the.root_len) > 0)
		return;
	if (!get_next(the.view, name, len, request->inclusive, found + the.root_len, &len, &v))
		return;
	memcpy(found, the.root, the.root_len * sizeof(*found));
	snmp_set_var_objid(vb, found, the.root_len + len);
	put_value(vb, &v);
}

/* The variable as set.h has it. */
static bool set_var_of(const netsnmp_variable_list *vb, struct set_var *v)
{
	*v = (struct set_var){.type = vb->type};
	if (!relative(vb, &v->name, &v->len))
		return false;
	switch (vb->type) {
	case ASN_INTEGER:
		v->number = *vb->val.integer;
		break;
	case ASN_GAUGE: /* and Unsigned32 */
		v->number = (int64_t)((u_long)*vb->val.integer & 0xffffffff);
		break;
	case ASN_OCTET_STR:
		v->bytes = vb->val.string;
		v->size = vb->val_len;
		break;
	default:
		break; /* a type that no object of ours has */
	}
	return true;
}

static void reserve(netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	set_free(the.set);
	the.set = set_new(the.view, the.hub);
	the.set_transaction = info->asp->pdu->transid;
	for (netsnmp_request_info *r = requests; r; r = r->next) {
		struct set_var v;
		enum set_error e = SET_NOT_WRITABLE;

		if (set_var_of(r->requestvb, &v))
			e = set_add(the.set, &v);
		if (e != SET_OK)
			netsnmp_set_request_error(info, r, (int)e);
	}
}

static void set_failed(
    netsnmp_agent_request_info *info, netsnmp_request_info *requests, size_t var, enum set_error e)
{
	if (e == SET_OK)
		return;
	while (var-- && requests->next)
		requests = requests->next;
	netsnmp_set_request_error(info, requests, (int)e);
}

static void end_set(void)
{
	set_free(the.set);
	the.set = NULL;
}

static void later_phase(netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	size_t var = 0;
	enum set_error e;

	if (!the.set || the.set_transaction != info->asp->pdu->transid) {
		if (info->mode == MODE_SET_RESERVE2 || info->mode == MODE_SET_ACTION)
			set_failed(info, requests, 0, SET_GEN_ERR);
		return;
	}
	switch (info->mode) {
	case MODE_SET_RESERVE2:
		e = set_prepare(the.set, &var);
		set_failed(info, requests, var, e);
		break;
	case MODE_SET_ACTION:
		e = set_commit(the.set, &var);
		set_failed(info, requests, var, e);
		break;
	case MODE_SET_UNDO:
		set_failed(info, requests, 0, set_undo(the.set));
		end_set();
		break;
	default: /* MODE_SET_COMMIT, MODE_SET_FREE */
		end_set();
		break;
	}
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	(void)handler;
	(void)registration;
	switch (info->mode) {
	case MODE_GET:
		for (netsnmp_request_info *r = requests; r; r = r->next)
			get(info, r);
		break;
	case MODE_GETNEXT:
		for (netsnmp_request_info *r = requests; r; r = r->next)
			getnext(r);
		break;
	case MODE_SET_RESERVE1:
		reserve(info, requests);
		break;
	default: /* the library's numbers, not ours: the later phases of SET */
		later_phase(info, requests);
		break;
	}
	return SNMP_ERR_NOERROR;
}

void requests_register(const struct view *view, const struct set_hub *hub)
{
	netsnmp_handler_registration *r;

	the.view = view;
	the.hub = hub;
	the.root_len = object_root(the.root);
	r = netsnmp_create_handler_registration(
	    "directord", handle, the.root, the.root_len, HANDLER_CAN_RWRITE);
	if (!r || netsnmp_register_handler(r) != MIB_REGISTERED_OK)
		abort();
}
