/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * track_process: which processes are meant, and what their number says, as keepalived has it.  Functions
 * without I/O and clock.
 *
 * A process is known by the name that the kernel has (15 characters, which a process may change), or by the
 * command that it was started with: then its first word is the name, and the others its parameters.
 */
#ifndef SCRIPT_PROCESS_H
#define SCRIPT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/model/schema.h"

struct process_spec {
	char name[256];
	char params[256]; /* each with its NUL, as in /proc/PID/cmdline */
	size_t nparams;	  /* bytes */
	bool full;	  /* the command counts, not the kernel's name */
	enum param_match match;
};

/* Of the row's columns; what has no words matches nothing. */
void process_spec_set(struct process_spec *s, const struct track_process *row);

/* comm: the kernel's name; cmdline: what is in /proc/PID/cmdline, cut or whole, and NUL behind it. */
bool process_matches(
    const struct process_spec *s, const char *comm, const char *cmdline, size_t len);
/* As much of cmdline tells all of it. */
#define PROCESS_CMDLINE_SIZE 1024

/* What made the number another one. */
enum process_cause {
	PROCESS_FORKED, /* or it was only seen later that there are more */
	PROCESS_ENDED,	/* or that there are less */
	PROCESS_CHANGED /* one is another program now, or has another name; or all were counted anew */
};

/* From the number to a state; all zero at first. */
struct process_verdict {
	enum track_state state;
	uint32_t count;
	enum process_cause pending; /* a change that must last until due */
	usec_t due;		    /* 0: none is pending */
};

/*
 * The number is another one.  When it passes a limit because of a fork or an end, the state follows after
 * the delay for that; one that is awaited is given up when the number passes a limit the other way.  The
 * first number decides at once.  True: the state is another one.
 */
bool process_verdict_take(struct process_verdict *v, const struct track_process *limits,
    uint32_t count, enum process_cause cause, usec_t now);
/* It is v->due. */
bool process_verdict_due(struct process_verdict *v, const struct track_process *limits);

#endif
