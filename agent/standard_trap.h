/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as notifications of the standard modules: vrrpv3NewMaster and vrrpv3ProtoError for instances of
 * version 3, vrrpTrapNewMaster and vrrpTrapAuthFailure for those of version 2.  They come after our own
 * notification of the event, whose log has them all.
 */
#ifndef DIRECTOR_AGENT_STANDARD_TRAP_H
#define DIRECTOR_AGENT_STANDARD_TRAP_H

#include "agent/standard.h"
#include "agent/trap.h"

/* False if the standard modules have nothing to say about the event, or are not to. */
bool standard_trap_build(struct trap *t, struct standard *s, const struct event_log *e);

#endif
