/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The services that we have made (or adopted), remembered across our own death.
 *
 * The kernel does not say who made a service.  After a kill and a change of
 * the configuration before the next start, one that we made and that is no
 * longer wanted has to go, while one of somebody else has to stay; so each is
 * noted in a file before the kernel hears of it.
 *
 * The file is a journal: one line a change, each written with one call.  What
 * a killed process has written stays written; against a crash of the machine
 * nothing has to be done, since the kernel's table is gone then too.  The
 * first line names the boot and the network namespace: with another one the
 * rest is not about the table that is there now.
 */
#ifndef LVS_MADE_H
#define LVS_MADE_H

#include <stdbool.h>
#include "core/lvs/table.h"

struct made;

#define MADE_HEAD_SIZE 160
/* "boot ID net INODE": what such a file is about. */
void made_head(char head[MADE_HEAD_SIZE]);

/*
 * Reads the journal `dir`/services, if there is one, and starts a new one.  Never fails: trouble with the
 * file is logged once, and the list is then kept in memory only.  Freed with made_close().
 */
struct made *made_open(const char *dir);
void made_close(struct made *m); /* NULL is allowed; the file stays */
bool made_has(const struct made *m, const struct ipvs_key *key);
/* Both do nothing if it is so already. */
void made_add(struct made *m, const struct ipvs_key *key);
void made_remove(struct made *m, const struct ipvs_key *key);
size_t made_count(const struct made *m);

#endif
