/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schema-nms: the files that network management systems read, made from the schema, so that their
 * OIDs, types and words are always those that the agent serves.
 */
#ifndef ETC_NMS_NMS_H
#define ETC_NMS_NMS_H

#include "agent/object.h"

#define OID_TEXT_SIZE 600
#define LABEL_SIZE 64

/* A module of Prometheus' snmp_exporter. */
void put_exporter(void);
/* The same for its releases before 0.23, as Debian 12 has it. */
void put_exporter_old(void);
/* Events of snmptt. */
void put_snmptt(void);
/* A template of Zabbix. */
void put_zabbix(void);

/* OIDs in numbers, into buf. */
char *oid_of_column(
    const struct table *t, const struct column *c, enum object_part part, char buf[OID_TEXT_SIZE]);
char *oid_of_entry(const struct table *t, char buf[OID_TEXT_SIZE]);
char *oid_of_notification(const struct event_info *e, char buf[OID_TEXT_SIZE]);

/*
 * What a key is called among the labels of all tables: the same thing has the same name everywhere, so
 * that tables can be joined: a pool's name is "pool", for the pools as for their real servers.
 */
const char *key_label(const struct table *t, const struct column *key, char buf[LABEL_SIZE]);

/* A name of the schema as words: "Real server", "VRRP instance". */
const char *spaced(const char *name, char buf[LABEL_SIZE]);

/* A log is read on from where one was, not polled: its first key is a number that grows. */
bool table_is_log(const struct table *t);

/*
 * Is it worth asking for again and again?  All that processes report is, but addresses (their VIEWs are
 * there for that); of the configuration only what is wanted beside the state.
 */
bool column_is_polled(const struct table *t, const struct column *c);

/* A text as a YAML string in single quotes. */
void put_quoted(const char *text);

#endif
