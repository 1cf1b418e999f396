/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states of virtual servers and pools: follows the quorum (quorum.h), keeps the
 * row's state columns, and tells events.
 *
 * A change from unknown is no event: after a restart nothing has happened.
 * Except this one: when a fresh start ends with checks done and no quorum, a
 * manager has never heard of it, and is told.
 */
#ifndef LVS_STATES_H
#define LVS_STATES_H

#include "core/model/engine.h"

/* Evaluates all pools and virtual servers.  Call it when any row has changed, before desired_build(). */
void states_evaluate(struct engine *e);
/* The kernel had services of vs when this process started: its state is not news. */
void states_adopted(struct virtual_server *vs);
/* A clean stop: virtual servers with stop_down are told to go down. */
void states_stop(struct engine *e);

#endif
