/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking drivers for their links (core/vrrp/linkbeat.h), with a driver that is made up. */
#include "core/vrrp/linkbeat.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/unit.h"

/* The driver: what it knows, and how its link is.  The thread reads what the test writes. */
static atomic_bool has_mii, has_ethtool, is_there, stuck, link_up;
static atomic_int flags, lost, calls;
static int asked[4]; /* how often in which way */

static int mii_register(struct ifreq *ifr)
{
	struct mii_ioctl_data data;

	memcpy(&data, &ifr->ifr_ifru, sizeof(data));
	if (data.phy_id != 7 || data.reg_num != MII_BMSR)
		return -1;
	data.val_out = BMSR_ANEGCAPABLE | (link_up && !lost ? BMSR_LSTATUS : 0);
	lost = 0;
	memcpy(&ifr->ifr_ifru, &data, sizeof(data));
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, struct ifreq *ifr)
{
	struct mii_ioctl_data data = {.phy_id = 7};

	(void)fd;
	calls++;
	while (stuck)
		usleep(1000);
	if (!is_there || strcmp(ifr->ifr_name, "lan") != 0)
		return -1;
	switch (request) {
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = 3;
		return 0;
	case SIOCGIFFLAGS:
		asked[LINKBEAT_IOCTL - 1]++;
		ifr->ifr_flags = (short)flags;
		return 0;
	case SIOCGMIIPHY:
		asked[LINKBEAT_MII - 1]++;
		memcpy(&ifr->ifr_ifru, &data, sizeof(data));
		return has_mii ? 0 : -1;
	case SIOCGMIIREG:
		return mii_register(ifr);
	case SIOCETHTOOL:
		asked[LINKBEAT_ETHTOOL - 1]++;
		if (has_ethtool)
			((struct ethtool_value *)(void *)ifr->ifr_data)->data = link_up;
		return has_ethtool ? 0 : -1;
	}
	ck_abort_msg("ioctl 0x%lx", request);
}

static void driver(bool mii, bool ethtool)
{
	is_there = true;
	has_mii = mii;
	has_ethtool = ethtool;
	flags = IFF_UP | IFF_RUNNING | IFF_BROADCAST;
	link_up = true;
	memset(asked, 0, sizeof(asked));
}

static struct linkbeat_news ask(enum linkbeat_way method)
{
	return linkbeat_ask(fake_ioctl, -1, &(struct linkbeat_wish){"lan", method});
}

static void is(enum linkbeat_way wish, enum linkbeat_way method, unsigned wanted)
{
	struct linkbeat_news n = ask(wish);

	ck_assert_str_eq(n.interface, "lan");
	ck_assert_int_eq(n.index, 3);
	ck_assert_int_eq(n.method, method);
	ck_assert_uint_eq(n.flags, wanted);
}

START_TEST(test_ways)
{
	driver(true, true);
	is(LINKBEAT_MII, LINKBEAT_MII, IFF_UP | IFF_RUNNING);
	ck_assert_int_eq(asked[LINKBEAT_ETHTOOL - 1], 0);
	is(LINKBEAT_ETHTOOL, LINKBEAT_ETHTOOL, IFF_UP | IFF_RUNNING);
	is(LINKBEAT_IOCTL, LINKBEAT_IOCTL, IFF_UP | IFF_RUNNING);
	ck_assert_int_eq(asked[LINKBEAT_MII - 1], 1);
	ck_assert_int_eq(asked[LINKBEAT_ETHTOOL - 1], 1);
}
END_TEST

/* Another way than the one that the driver does not know. */
START_TEST(test_other_way)
{
	driver(false, true);
	is(LINKBEAT_MII, LINKBEAT_ETHTOOL, IFF_UP | IFF_RUNNING);
	driver(true, false);
	is(LINKBEAT_ETHTOOL, LINKBEAT_MII, IFF_UP | IFF_RUNNING);
	driver(false, false);
	is(LINKBEAT_MII, LINKBEAT_IOCTL, IFF_UP | IFF_RUNNING);
	is(LINKBEAT_ETHTOOL, LINKBEAT_IOCTL, IFF_UP | IFF_RUNNING);
}
END_TEST

/* What the kernel says of such a link is wrong. */
START_TEST(test_no_link)
{
	driver(true, true);
	link_up = false;
	is(LINKBEAT_MII, LINKBEAT_MII, IFF_UP);
	is(LINKBEAT_ETHTOOL, LINKBEAT_ETHTOOL, IFF_UP);
	is(LINKBEAT_IOCTL, LINKBEAT_IOCTL, IFF_UP | IFF_RUNNING);
	link_up = true;
	flags = IFF_UP;
	is(LINKBEAT_MII, LINKBEAT_MII, IFF_UP);
	flags = 0;
	is(LINKBEAT_ETHTOOL, LINKBEAT_ETHTOOL, 0);
}
END_TEST

/* The transceiver remembers that the link was lost until somebody has read it. */
START_TEST(test_latched)
{
	driver(true, true);
	lost = 1;
	is(LINKBEAT_MII, LINKBEAT_MII, IFF_UP | IFF_RUNNING);
}
END_TEST

START_TEST(test_absent)
{
	driver(true, true);
	is_there = false;
	ck_assert_int_eq(ask(LINKBEAT_MII).index, 0);
	ck_assert_uint_eq(ask(LINKBEAT_MII).flags, 0);
}
END_TEST

/* ---- The thread. */

static struct event_base *base;
static struct linkbeat_news heard[16];
static unsigned nheard;

static void on_news(const struct linkbeat_news *n, void *arg)
{
	ck_assert_ptr_eq(arg, &base);
	if (!*n->interface)
		return; /* test_stuck asks for some of these */
	ck_assert_uint_lt(nheard, sizeof(heard) / sizeof(*heard));
	heard[nheard++] = *n;
	event_base_loopbreak(base);
}

static void wait_for_news(unsigned n)
{
	while (nheard < n)
		event_base_dispatch(base);
}

static struct linkbeat *begin(void)
{
	base = event_base_new();
	return linkbeat_new(base, fake_ioctl, 10000, on_news, &base);
}

START_TEST(test_thread)
{
	static const struct linkbeat_wish list[] = {
	    {"lan", LINKBEAT_MII}, {"gone", LINKBEAT_ETHTOOL}};
	struct linkbeat *l;

	driver(true, true);
	l = begin();
	ck_assert(linkbeat_set(l, list, 2));
	wait_for_news(2);
	ck_assert_str_eq(heard[0].interface, "lan");
	ck_assert_uint_eq(heard[0].flags, IFF_UP | IFF_RUNNING);
	ck_assert_str_eq(heard[1].interface, "gone");
	ck_assert_int_eq(heard[1].index, 0);
	link_up = false;
	wait_for_news(3);
	ck_assert_str_eq(heard[2].interface, "lan");
	ck_assert_uint_eq(heard[2].flags, IFF_UP);
	link_up = true;
	wait_for_news(4);
	ck_assert_uint_eq(heard[3].flags, IFF_UP | IFF_RUNNING);
	/* a new list, a new answer */
	ck_assert(linkbeat_set(l, list, 1));
	wait_for_news(5);
	ck_assert_str_eq(heard[4].interface, "lan");
	linkbeat_free(l);
	event_base_free(base);
}
END_TEST

/* A driver that does not answer holds up nobody but the thread, also not the end. */
START_TEST(test_stuck)
{
	static const struct linkbeat_wish list[LINKBEAT_MAX] = {{"lan", LINKBEAT_MII}};
	struct linkbeat *l;

	driver(true, true);
	stuck = true;
	l = begin();
	ck_assert(linkbeat_set(l, list, 1));
	while (calls == 0)
		usleep(1000);
	for (int k = 0; k < 1000 && linkbeat_set(l, list, LINKBEAT_MAX); k++)
		ck_assert_int_lt(k, 999);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(nheard, 0);
	stuck = false;
	while (!linkbeat_set(l, list, 1))
		usleep(1000);
	wait_for_news(1);
	stuck = true;
	linkbeat_free(l);
	event_base_free(base);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {test_ways, test_other_way, test_no_link, test_latched,
	    test_absent, test_thread, test_stuck};
	Suite *s = suite_create("linkbeat");
	TCase *tc = tcase_create("linkbeat");

	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tc, tests[i]);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
