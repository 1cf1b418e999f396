/* SPDX-License-Identifier: BSD-2-Clause */
/* What the formats share: OIDs, names and quotes. See nms.h. */
#include "config.h"
#include "etc/nms/nms.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The root, then these arcs. */
static char *oid_text(const arc *arcs, size_t n, char buf[OID_TEXT_SIZE])
{
	arc root[OID_MAX];
	size_t nroot = object_root(root), at = 0;

	for (size_t i = 0; i < nroot + n && at < OID_TEXT_SIZE; i++)
		at += (size_t)snprintf(buf + at, OID_TEXT_SIZE - at, "%s%lu", i ? "." : "",
		    i < nroot ? root[i] : arcs[i - nroot]);
	return buf;
}

char *oid_of_column(
    const struct table *t, const struct column *c, enum object_part part, char buf[OID_TEXT_SIZE])
{
	const struct object *o = object_of(t, c, part);

	if (!o) {
		fprintf(stderr, "schema-nms: %s.%s cannot be read\n", t->name, c->name);
		exit(1);
	}
	return oid_text(o->name, o->len, buf);
}

char *oid_of_entry(const struct table *t, char buf[OID_TEXT_SIZE])
{
	return oid_text((const arc[]){t->module, 1, t->arc, 1}, t->scalar ? 3 : 4, buf);
}

char *oid_of_notification(const struct event_info *e, char buf[OID_TEXT_SIZE])
{
	return oid_text((const arc[]){tables[e->table].module, 0, e->kind}, 3, buf);
}

const char *key_label(const struct table *t, const struct column *key, char buf[LABEL_SIZE])
{
	const char *name = key->name;

	if (strcmp(name, "name") == 0)
		name = t->name;
	else if (strcmp(name, "instance") == 0) /* taken: it is the scraped host in Prometheus */
		name = tables[TABLE_vrrp_instance].name;
	snprintf(buf, LABEL_SIZE, "%s", name);
	return buf;
}

const char *spaced(const char *name, char buf[LABEL_SIZE])
{
	static const char *const capitals[] = {"vrrp", "lvs", "ttl", "vrid"};

	snprintf(buf, LABEL_SIZE, "%s", name);
	for (char *p = buf; *p; p++)
		*p = *p == '_' ? ' ' : *p;
	buf[0] = (char)toupper((unsigned char)buf[0]);
	for (size_t i = 0; i < sizeof(capitals) / sizeof(*capitals); i++) {
		size_t n = strlen(capitals[i]);

		if (strncasecmp(buf, capitals[i], n) != 0 || isalnum((unsigned char)buf[n]))
			continue;
		for (size_t j = 0; j < n; j++)
			buf[j] = (char)toupper((unsigned char)buf[j]);
	}
	return buf;
}

bool table_is_log(const struct table *t)
{
	return t->keys > 0 && t->columns[0].type == TYPE_UINT;
}

/* The configuration that is wanted beside the state. */
static column_mask wanted_config(const struct table *t)
{
	if (t->id == TABLE_system)
		return COLUMN(system, router_id);
	if (t->id == TABLE_real_server)
		return COLUMN(real_server, weight) | COLUMN(real_server, admin_state) |
		       COLUMN(real_server, forwarding) | COLUMN(real_server, upper_threshold);
	if (t->id == TABLE_virtual_server)
		return COLUMN(virtual_server, scheduler) | COLUMN(virtual_server, quorum) |
		       COLUMN(virtual_server, hysteresis);
	if (t->id == TABLE_vrrp_instance)
		return COLUMN(vrrp_instance, interface) | COLUMN(vrrp_instance, vrid) |
		       COLUMN(vrrp_instance, priority) | COLUMN(vrrp_instance, sync_group);
	return 0;
}

/* RFC 2579's columns say how a row is managed, not how it does. */
static bool is_bookkeeping(const struct column *c)
{
	return strcmp(c->name, "storage") == 0 || strcmp(c->name, "row_status") == 0;
}

bool column_is_polled(const struct table *t, const struct column *c)
{
	if (c->class == CLASS_CONFIG)
		return wanted_config(t) >> (c - t->columns) & 1;
	/* what can be set is for managers that act */
	return c->class == CLASS_STATE && !c->set && c->type != TYPE_ADDR && c->type != TYPE_WALL &&
	       !is_bookkeeping(c);
}

void put_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			putchar('\'');
		putchar(*text);
	}
	putchar('\'');
}
