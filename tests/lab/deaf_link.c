/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver whose link is gone without the kernel knowing: while the file $DEAF_LINK exists, ethtool's call for the
 * link status says so of each interface.
 *
 * And a kernel that takes its time to bind a socket to an interface: half a second, while $SLOW_BIND exists.
 *
 * Build: cc -shared -fPIC -O2 -o deaf_link.so deaf_link.c ; use with LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...)
{
	const char *file = getenv("DEAF_LINK");
	struct ethtool_value *value;
	va_list ap;
	void *arg;
	int result;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	result = (int)syscall(SYS_ioctl, fd, request, arg);
	if (request != SIOCETHTOOL || result < 0 || !file || access(file, F_OK) < 0)
		return result;
	value = (struct ethtool_value *)(void *)((struct ifreq *)arg)->ifr_data;
	if (value->cmd == ETHTOOL_GLINK)
		value->data = 0;
	return result;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	const char *file = getenv("SLOW_BIND");
	struct timespec half = {.tv_nsec = 500000000};

	if (level == SOL_SOCKET && option == SO_BINDTODEVICE && file && access(file, F_OK) == 0)
		nanosleep(&half, NULL);
	return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
}
