/* SPDX-License-Identifier: BSD-2-Clause */
/* `directorctl history`: what each transaction changed, when and for whom; and what one just changed. */
#ifndef CTL_HISTORY_H
#define CTL_HISTORY_H

#include "core/ctl/value.h"

/* Which transactions: one, or the last ones. */
struct history_choice {
	uint32_t generation; /* 0: all */
	size_t last;	     /* ~0: all */
};

/* False if there is no such generation. */
bool history_text(FILE *out, const struct style *s, const struct store *store,
    const struct history_choice *choice);
bool history_json(FILE *out, const struct style *s, const struct store *store,
    const struct history_choice *choice);

/* The changes of one generation, a line each: "real_server web 10.0.0.1 80: weight: 1 -> 3". */
void history_changes(FILE *out, const struct store *store, uint32_t generation);
/* The newest generation above `after` that directorctl made; 0: none. */
uint32_t history_newest(const struct store *store, uint32_t after);

#endif
