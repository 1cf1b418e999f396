/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states of virtual servers: follows the quorum (quorum.h), keeps the
 * row's state columns, and tells events.
 *
 * A change from unknown is no event: after a restart nothing has happened.
 * Except this one: when a fresh start ends with checks done and no quorum, a
 * manager has never heard of it, and is told.
 */
#ifndef LVS_STATES_H
#define LVS_STATES_H

#include "core/lvs/quorum.h"
#include "core/model/engine.h"

/* Evaluates a pool, by the count of its servers. */
void states_evaluate_pool(struct engine *e, struct pool *p, const struct quorum *q);
/*
 * Evaluates a virtual server, by the count of its pool.  Call it when anything of it or its pool has changed, before
 * wanted_build().
 */
void states_evaluate(struct engine *e, struct virtual_server *vs, const struct quorum *q);
/* The kernel had services of vs when this process started: its state is not news. */
void states_adopted(struct virtual_server *vs);
/* A clean stop: virtual servers with stop_down are told to go down. */
void states_stop(struct engine *e);

#endif
