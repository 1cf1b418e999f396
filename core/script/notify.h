/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripts and FIFOs are told what happened: the rows of the table `notice`, which the hub makes
 * (core/director/notice.c), worked off.
 *
 * A line for the FIFOs is written when its notice comes, whatever the scripts do.  The scripts of one
 * instance or server run one after the other.  Every notice is reported as done, and then goes; one that
 * was not when this process died is there again with the next one, so a script that ran then is run once
 * more.
 */
#ifndef SCRIPT_NOTIFY_H
#define SCRIPT_NOTIFY_H

#include "core/model/engine.h"
#include "core/script/run.h"

struct teller;

/*
 * The words of a notice's script: the command's, and for a script of any change INSTANCE or GROUP, the name,
 * the state and the priority.  One block for free(); NULL: the command has no words, or an open quote.
 */
char **notify_words(const struct notice *n);

struct teller *teller_new(struct engine *e, struct run_loop *l);
/* clean: FIFOs that were made here are removed.  What runs is not waited for. */
void teller_free(struct teller *t, bool clean);
void teller_changed(struct teller *t, const struct change *c, size_t n);
/* Tells all that waits, and ends the process then, or when that takes too long. */
void teller_stop(struct teller *t);

#endif
