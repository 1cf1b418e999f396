/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process vrrp: who is master.
 *
 * It gets the active rows of vrrp_instance, vrrp_address and sync_group from
 * the hub, runs a state machine for each instance, and keeps the interfaces'
 * addresses as the states say.  A change of the rows touches only the
 * instances whose rows changed.
 *
 * It outlives the hub: without one it goes on as it is for 30 s, so that a
 * new hub can start a new process that takes over from it; then it resigns.
 * A process that was killed comes back as what it was, if its peers cannot
 * have noticed (record.h).
 */
#ifndef VRRP_VRRP_H
#define VRRP_VRRP_H

#include "core/model/engine.h"

extern const struct engine_program vrrp_program;

#endif
