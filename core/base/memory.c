/* SPDX-License-Identifier: BSD-2-Clause */
/* See memory.h. */
#include "core/base/memory.h"

#include <malloc.h>

#define LARGE (1024 * 1024)

/*
 * glibc has such arrays mapped too, but takes the first one that is freed for a sign that more of its size will
 * follow; from then on they lie in the heap, below others, and stay there.
 */
void memory_init(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
}

void memory_trim(void)
{
	malloc_trim(0);
}
