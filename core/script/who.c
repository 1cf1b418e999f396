/* SPDX-License-Identifier: BSD-2-Clause */
/* See who.h. */
#include "core/script/who.h"

bool who_find(
    struct engine *e, const char *user, const char *group, struct run_user *u, char why[100])
{
	const struct system *sys = store_system(engine_store(e));

	return run_user_find(
	    u, *user ? user : sys->script_user, *user ? group : sys->script_group, why);
}

bool who_may_run(struct engine *e, const char *user, const char *group, const char *program,
    struct run_user *u, char why[100])
{
	const struct system *sys = store_system(engine_store(e));

	return who_find(e, user, group, u, why) &&
	       (u->uid != 0 || !sys->script_security || run_is_safe(program, why));
}
