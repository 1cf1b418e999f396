/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of processes that for a moment need much more than they keep: at the start, when all rows come at once. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/* To be called first of all: large arrays are given back to the system whenever they are freed. */
void memory_init(void);
/* After much was freed: gives back what is still held of it. */
void memory_trim(void);

#endif
