/* SPDX-License-Identifier: BSD-2-Clause */
/* See process.h. */
#include "core/script/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/words.h"

#define ANY_NUMBER 65535

void process_spec_set(struct process_spec *s, const struct track_process *row)
{
	char **words = words_split(row->process);

	memset(s, 0, sizeof(*s));
	s->match = row->param_match;
	if (!words)
		return;
	snprintf(s->name, sizeof(s->name), "%s", words[0]);
	for (char **w = words + 1; *w && s->nparams + strlen(*w) < sizeof(s->params); w++) {
		strcpy(s->params + s->nparams, *w);
		s->nparams += strlen(*w) + 1;
	}
	if (s->nparams && s->match == PARAM_MATCH_NONE)
		s->match = PARAM_MATCH_EXACT;
	s->full = row->full_command || s->match != PARAM_MATCH_NONE;
	free(words);
}

static bool params_match(const struct process_spec *s, const char *params, size_t len)
{
	switch (s->match) {
	case PARAM_MATCH_NONE:
		return true;
	case PARAM_MATCH_EXACT:
		return len == s->nparams && memcmp(params, s->params, len) == 0;
	case PARAM_MATCH_PARTIAL:
		return len >= s->nparams && memcmp(params, s->params, s->nparams) == 0;
	case PARAM_MATCH_INITIAL:
		if (!s->nparams)
			return true;
		return len >= s->nparams && memcmp(params, s->params, s->nparams - 1) == 0;
	}
	return false;
}

bool process_matches(
    const struct process_spec *s, const char *comm, const char *cmdline, size_t len)
{
	size_t n;

	if (!*s->name)
		return false;
	if (!s->full)
		return strcmp(comm, s->name) == 0;
	n = strlen(cmdline) + 1;
	return strcmp(cmdline, s->name) == 0 && params_match(s, cmdline + n, len > n ? len - n : 0);
}

/* ------------------------------------------------------------------------- verdict */

/* -1: too few; 0: up; 1: too many. */
static int place(const struct track_process *limits, uint32_t count)
{
	if (limits->quorum_max < ANY_NUMBER && count > limits->quorum_max)
		return 1;
	return limits->quorum_max > 0 && count < limits->quorum ? -1 : 0;
}

static bool settle(struct process_verdict *v, const struct track_process *limits)
{
	enum track_state old = v->state;

	v->due = 0;
	v->state = place(limits, v->count) == 0 ? TRACK_STATE_UP : TRACK_STATE_DOWN;
	return v->state != old;
}

static usec_t delay_of(const struct track_process *limits, enum process_cause cause)
{
	switch (cause) {
	case PROCESS_FORKED:
		return limits->fork_delay;
	case PROCESS_ENDED:
		return limits->terminate_delay;
	case PROCESS_CHANGED:
		break;
	}
	return 0;
}

bool process_verdict_take(struct process_verdict *v, const struct track_process *limits,
    uint32_t count, enum process_cause cause, usec_t now)
{
	bool passed = place(limits, v->count) != place(limits, count);
	usec_t delay = delay_of(limits, cause);

	v->count = count;
	if (v->state == TRACK_STATE_UNKNOWN)
		return settle(v, limits);
	if (!passed)
		return false;
	if (!delay || (v->due && v->pending != cause))
		return settle(v, limits);
	if (!v->due)
		v->due = now + delay;
	v->pending = cause;
	return false;
}

bool process_verdict_due(struct process_verdict *v, const struct track_process *limits)
{
	return settle(v, limits);
}
