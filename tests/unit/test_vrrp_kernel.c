/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture of the kernel's interfaces and addresses when notifications are lost: the real kernel, in a network
 * namespace of the test's own, and more changes than the socket has room for.  Skipped where namespaces are not to
 * be had.
 */
#include <linux/ip.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/log.h"
#include "core/vrrp/kernel.h"
#include "tests/unit/unit.h"

#define LOOPBACK_INDEX 1
#define MANY 1020  /* addresses: 255 instances with four each */
#define FLOOD 4000 /* notifications: several times what a socket holds */

static struct event_base *base;
static unsigned changes;

static void changed(void *arg)
{
	(void)arg;
	changes++;
}

static struct kernel_vip vip_of(unsigned n)
{
	uint8_t bytes[4] = {10, 9, (uint8_t)(n >> 8), (uint8_t)n};

	return (struct kernel_vip){
	    .index = LOOPBACK_INDEX, .address = addr_from_bytes(bytes, 4), .prefix_length = 32};
}

static bool has(const struct kernel *k, unsigned n)
{
	struct kernel_vip vip = vip_of(n);
	const struct kernel_interface *lo = kernel_interface(k, "lo");

	ck_assert_ptr_nonnull(lo);
	return kernel_address(lo, &vip.address) != NULL;
}

static bool is_up(const struct kernel *k)
{
	return kernel_interface(k, "lo")->flags & IFF_UP;
}

static void set(struct kernel *k, unsigned n, bool there)
{
	struct kernel_vip vip = vip_of(n);

	if (there)
		kernel_add(k, &vip);
	else
		kernel_remove(k, &vip);
	ck_assert(kernel_flush(k));
}

/* Some that stay: others come and go, so that the kernel has not much to keep. */
static void flood(struct kernel *k)
{
	for (unsigned n = 0; n < FLOOD / 2; n++) {
		struct kernel_vip vip = vip_of(10000 + n);

		kernel_add(k, &vip);
		kernel_remove(k, &vip);
	}
	ck_assert(kernel_flush(k));
}

static void set_up(bool up)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = (short)(up ? IFF_UP : 0)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &r), 0);
	close(fd);
}

/* What is there to be told is told. */
static void settle(struct kernel *k)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	kernel_refresh(k);
	event_base_loop(base, EVLOOP_NONBLOCK);
}

/* A router whose picture is watched, and somebody else who changes things. */
static struct kernel *watched, *other;

static void setup(void)
{
	base = event_base_new();
	watched = kernel_new(base, changed, NULL);
	other = kernel_new(base, changed, NULL);
	ck_assert(watched && other);
	set_up(true);
	settle(watched);
	ck_assert(is_up(watched));
}

static void teardown(void)
{
	kernel_free(watched);
	kernel_free(other);
	event_base_free(base);
}

/* The address goes and the interface is down: that is seen. */
static void expect_end(void)
{
	set(other, 1, false);
	set_up(false);
	settle(watched);
	ck_assert(!has(watched, 1));
	ck_assert(!is_up(watched));
}

/* Without a loss: what the other tests' helpers do is seen. */
START_TEST(test_followed)
{
	set(other, 1, true);
	settle(watched);
	ck_assert(has(watched, 1));
	expect_end();
}
END_TEST

/* The first notifications are in the socket and true no more; the last ones are lost. */
START_TEST(test_overrun)
{
	unsigned before;

	set(other, 1, true);
	settle(watched);
	before = changes;
	set(other, 1, false);
	set(other, 2, true);
	flood(other);
	set(other, 1, true);
	set(other, 2, false);
	set(other, 3, true);
	set_up(false);
	kernel_refresh(watched);
	for (int k = 0; k < 3; k++) {
		ck_assert_msg(has(watched, 1), "round %d", k);
		ck_assert_msg(!has(watched, 2), "round %d", k);
		ck_assert_msg(has(watched, 3), "round %d", k);
		ck_assert_msg(!is_up(watched), "round %d", k);
		settle(watched);
	}
	ck_assert_uint_gt(changes, before);
}
END_TEST

/* The kernel says only once that it drops, and goes on dropping until the socket is empty. */
START_TEST(test_after_overrun)
{
	flood(other);
	kernel_refresh(watched);
	set(other, 1, true);
	settle(watched);
	ck_assert(has(watched, 1));
	flood(other);
	kernel_refresh(watched);
	expect_end();
}
END_TEST

/* All addresses of a large director at once: more than one send takes. */
START_TEST(test_batches)
{
	const struct kernel_interface *lo;
	struct kernel_vip vip = {.index = LOOPBACK_INDEX, .prefix_length = 128};
	unsigned n = 0;

	for (unsigned k = 0; k < MANY; k++) {
		uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, [14] = (uint8_t)(k >> 8), (uint8_t)k};

		vip.address = addr_from_bytes(bytes, sizeof(bytes));
		kernel_add(other, &vip);
	}
	ck_assert(kernel_flush(other));
	for (unsigned k = 0; k < MANY; k++) {
		struct kernel_vip ipv4 = vip_of(k);

		strcpy(ipv4.label, "lo:virtual");
		ipv4.broadcast = vip_of(255).address;
		kernel_add(other, &ipv4);
	}
	ck_assert(kernel_flush(other));
	kernel_refresh(watched);
	lo = kernel_interface(watched, "lo");
	for (const struct kernel_address *a = TAILQ_FIRST(&lo->addresses); a;
	     a = TAILQ_NEXT(a, entry))
		n += a->ours;
	ck_assert_uint_eq(n, 2 * MANY);
}
END_TEST

/* What no notification tells: each time it is as it is now, and what the next request says is its own. */
START_TEST(test_reread)
{
	const struct kernel_interface *lo = kernel_interface(watched, "lo");

	for (uint32_t n = 1; n <= 5; n++) {
		bool promotes = n & 1;

		ck_assert_ptr_null(
		    kernel_set_ipv4(other, LOOPBACK_INDEX, IPV4_DEVCONF_ARP_IGNORE, n));
		ck_assert_ptr_null(kernel_set_ipv4(
		    other, LOOPBACK_INDEX, IPV4_DEVCONF_PROMOTE_SECONDARIES, promotes));
		kernel_reread(watched, LOOPBACK_INDEX);
		ck_assert_uint_eq(lo->arp_ignore, n);
		ck_assert(lo->promote_secondaries == promotes);
	}
	kernel_reread(watched, 4711);
	ck_assert_ptr_nonnull(kernel_set_ipv4(watched, 4711, IPV4_DEVCONF_ARP_IGNORE, 1));
	ck_assert_ptr_null(kernel_set_ipv4(watched, LOOPBACK_INDEX, IPV4_DEVCONF_ARP_IGNORE, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vrrp_kernel");
	TCase *tc = tcase_create("overrun");

	if (!unit_network())
		return 0;
	log_init("test", LOG_LEVEL_ERROR);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_batches);
	tcase_add_test(tc, test_followed);
	tcase_add_test(tc, test_overrun);
	tcase_add_test(tc, test_after_overrun);
	tcase_add_test(tc, test_reread);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
