/* SPDX-License-Identifier: BSD-2-Clause */
/* The process vrrp; everything is in vrrp.c. */
#include "core/vrrp/vrrp.h"

int main(int argc, char **argv)
{
	return engine_main(argc, argv, &vrrp_program);
}
