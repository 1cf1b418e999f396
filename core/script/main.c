/* SPDX-License-Identifier: BSD-2-Clause */
/* directord-script: see script.h. */
#include "core/script/script.h"

int main(int argc, char **argv)
{
	return engine_main(argc, argv, &script_program);
}
