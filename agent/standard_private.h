/* SPDX-License-Identifier: BSD-2-Clause */
/* What standard.c, standard_index.c and standard_set.c share; nobody else includes this. */
#ifndef DIRECTOR_AGENT_STANDARD_PRIVATE_H
#define DIRECTOR_AGENT_STANDARD_PRIVATE_H

#include "agent/standard_object.h"

#define STANDARD_KINDS 3

struct standard {
	const struct view *view;
	struct standard_links links;
	struct standard_list lists[STANDARD_MIBS][STANDARD_KINDS];
	struct row *no_statistics; /* of an instance that has none yet: all zero */
	bool stale;
	usec_t made;
};

#endif
