/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FIFOs that get a line for each change of state, and the programs that read them.
 *
 * A FIFO is open for reading, too, so that it keeps what nobody reads yet, as much as the kernel allows (64
 * KB); what is more is dropped and counted.  One that was made here belongs to the user that the file says,
 * who alone may use it, and is removed at the end.
 */
#ifndef SCRIPT_FIFO_H
#define SCRIPT_FIFO_H

#include "core/model/engine.h"
#include "core/script/run.h"

struct fifos;

struct fifos *fifos_new(struct engine *e, struct run_loop *l);
/* clean: those made here are removed. */
void fifos_free(struct fifos *f, bool clean);
/* Rows of the table notify_fifo, among others. */
void fifos_changed(struct fifos *f, const struct change *c, size_t n);
/* To those that get such lines. */
void fifos_write(struct fifos *f, enum notify_owner kind, const char *line);
/* Asks the programs to end. */
void fifos_stop(struct fifos *f);
/* Does one of them run? */
bool fifos_busy(const struct fifos *f);

#endif
