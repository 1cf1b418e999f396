/* SPDX-License-Identifier: BSD-2-Clause */
/* directord-script: runs the administrator's programs, so that no other process has to. */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "core/model/engine.h"

extern const struct engine_program script_program;

#endif
