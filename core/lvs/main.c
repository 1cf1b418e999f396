/* SPDX-License-Identifier: BSD-2-Clause */
/* The process lvs; everything is in lvs.c. */
#include "core/lvs/lvs.h"

int main(int argc, char **argv)
{
	return engine_main(argc, argv, &lvs_program);
}
