/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs a script, as the file says. */
#ifndef SCRIPT_WHO_H
#define SCRIPT_WHO_H

#include "core/model/engine.h"
#include "core/script/run.h"

/* Its own user and group, or if it has no user those of all scripts.  False, with the reason, if there is none. */
bool who_find(
    struct engine *e, const char *user, const char *group, struct run_user *u, char why[100]);
/* The same; and may the user run the program, where script security is on? */
bool who_may_run(struct engine *e, const char *user, const char *group, const char *program,
    struct run_user *u, char why[100]);

#endif
