/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's process events connector: forks, new programs, new names and ends of all processes.
 *
 * It speaks only to who is root in the first user, process and network namespaces; elsewhere it refuses, or
 * says nothing at all.  So it is there when it has answered.
 */
#ifndef SCRIPT_CONNECTOR_H
#define SCRIPT_CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum connector_kind {
	CONNECTOR_ANSWER, /* error: 0 if events come */
	CONNECTOR_FORK,	  /* pid is the new one */
	CONNECTOR_EXEC,
	CONNECTOR_NAME,
	CONNECTOR_EXIT,
};

struct connector_event {
	enum connector_kind kind;
	pid_t pid, parent;
	int error;
	char name[16];
};

/* A socket that has asked for events; -1 with a reason. */
int connector_open(char why[100]);
/* Events of processes, not of their threads, in what was received. */
void connector_parse(
    const char *buf, size_t n, void (*take)(const struct connector_event *e, void *arg), void *arg);

#endif
