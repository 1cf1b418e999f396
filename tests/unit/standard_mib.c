/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * standard-mib DIR: what the agent serves of VRRPV3-MIB and VRRP-MIB, held against the IETF's texts in DIR as
 * a manager's MIB compiler (net-snmp's) reads them: every object is served, and nothing else; names, types,
 * access, and the variables of the notifications.  For standard_mibs.test.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
/* The one name of its parser that the schema has too. */
#undef TYPE_GAUGE

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "agent/standard_object.h"

static unsigned complaints, checked;

__attribute__((format(printf, 1, 2))) static void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("FAILED: ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	complaints++;
}

static struct tree *child(struct tree *t, arc number)
{
	for (struct tree *c = t ? t->child_list : NULL; c; c = c->next_peer)
		if (c->subid == number)
			return c;
	return NULL;
}

static struct tree *node(struct tree *from, const arc *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		from = child(from, name[i]);
	return from;
}

static struct tree *root_of(enum standard_mib m)
{
	arc root[OID_MAX];
	size_t n = standard_root(m, root);
	struct tree *t = get_tree_head();

	while (t && t->subid != root[0])
		t = t->next_peer;
	return node(t, root + 1, n - 1);
}

static enum smi_type type_of(const struct tree *t)
{
	switch (t->type) {
	case TYPE_INTEGER:
	case TYPE_INTEGER32:
		return SMI_INTEGER;
	case TYPE_UNSIGNED32:
		return SMI_GAUGE32;
	case TYPE_COUNTER:
		return SMI_COUNTER32;
	case TYPE_COUNTER64:
		return SMI_COUNTER64;
	case TYPE_TIMETICKS:
		return SMI_TIMETICKS;
	case TYPE_IPADDR:
		return SMI_IPADDRESS;
	default: /* the library's numbers */
		return SMI_OCTETS;
	}
}

static bool writable(const struct tree *t)
{
	return t->access == MIB_ACCESS_CREATE || t->access == MIB_ACCESS_READWRITE;
}

/* Is the object below an entry, and has that so many indexes as our rows? */
static size_t indexes(const struct tree *t)
{
	size_t n = 0;
	const struct index_list *l = t->parent->indexes;

	if (!l && t->parent->augments)
		return 1; /* as the table that it augments, which is looked at itself */
	for (; l; l = l->next)
		n++;
	return n;
}

static void check_object(const struct standard_object *o, struct tree *root)
{
	struct tree *t = node(root, o->name, o->len);

	checked++;
	if (!t) {
		complain("%s is not in the text", o->label);
		return;
	}
	if (strcmp(t->label, o->label) != 0)
		complain("%s is %s in the text", o->label, t->label);
	if (type_of(t) != o->type)
		complain("%s: type %d, in the text %d", o->label, o->type, t->type);
	if (writable(t) != (o->write != WRITE_NEVER))
		complain("%s: access %d in the text", o->label, t->access);
	if ((indexes(t) > 0) != (o->kind != STANDARD_SCALAR))
		complain("%s: %zu indexes in the text", o->label, indexes(t));
}

/* Everything that can be read according to the text. */
static void check_served(enum standard_mib m, struct tree *t)
{
	if (!t->child_list && t->access != MIB_ACCESS_NOACCESS && t->access != MIB_ACCESS_NOTIFY &&
	    t->type > TYPE_OTHER && t->type <= TYPE_SIMPLE_LAST) {
		const struct standard_object *o = standard_object_named(t->label);

		if (!o || o->mib != m)
			complain("%s is not served", t->label);
	}
	for (struct tree *c = t->child_list; c; c = c->next_peer)
		check_served(m, c);
}

/* labels: of the variables, in order, up to NULL. */
static void check_notification(enum standard_mib m, arc number, const char *const *labels)
{
	struct tree *t = node(root_of(m), (arc[]){0, number}, 2);
	const struct varbind_list *l = t ? t->varbinds : NULL;

	checked++;
	for (; l && *labels && strcmp(l->vblabel, *labels) == 0; l = l->next)
		labels++;
	if (!t || l || *labels)
		complain("notification %lu of %s: other variables", number, t ? t->label : "?");
}

int main(int argc, char **argv)
{
	static const char *const modules[] = {"VRRP-MIB", "VRRPV3-MIB"};

	if (argc != 2) {
		fprintf(stderr, "usage: standard-mib DIR\n");
		return 2;
	}
	setenv("MIBDIRS", argv[1], 1);
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIB_ERRORS, 1);
	netsnmp_init_mib();
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		if (netsnmp_read_module(modules[i]))
			continue;
		printf("%s is not in %s\n", modules[i], argv[1]);
		return 77;
	}
	for (int m = 0; m < STANDARD_MIBS; m++) {
		struct tree *root = root_of((enum standard_mib)m);
		size_t n;
		const struct standard_object *o = standard_objects((enum standard_mib)m, &n);

		for (size_t i = 0; i < n; i++)
			check_object(&o[i], root);
		check_served((enum standard_mib)m, root);
	}
	check_notification(STANDARD_VRRPV3, 1,
	    (const char *const[]){
		"vrrpv3OperationsMasterIpAddr", "vrrpv3StatisticsNewMasterReason", NULL});
	check_notification(
	    STANDARD_VRRPV3, 2, (const char *const[]){"vrrpv3StatisticsProtoErrReason", NULL});
	check_notification(STANDARD_VRRP, 1, (const char *const[]){"vrrpOperMasterIpAddr", NULL});
	check_notification(STANDARD_VRRP, 2,
	    (const char *const[]){"vrrpTrapPacketSrc", "vrrpTrapAuthErrorType", NULL});
	printf("%u objects and notifications, %u complaints\n", checked, complaints);
	return complaints ? 1 : 0;
}
