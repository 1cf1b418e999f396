/* SPDX-License-Identifier: BSD-2-Clause */
/* Where to listen: its text, the sockets, and their way from one process to another. */
#include "core/base/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include "core/base/addr.h"
#include "tests/unit/unit.h"

static const struct {
	const char *spec, *address;
	unsigned port;
} good[] = {
    {"161", "0.0.0.0", 161},
    {"udp:161", "0.0.0.0", 161},
    {"UDP:1161", "0.0.0.0", 1161},
    {"udp:", "0.0.0.0", 161},
    {"udp", "0.0.0.0", 161},
    {"udp::1161", "0.0.0.0", 1161},
    {"10.0.0.1", "10.0.0.1", 161},
    {"10.0.0.1:1161", "10.0.0.1", 1161},
    {"udp:10.0.0.1:65535", "10.0.0.1", 65535},
    {"udp6:161", "::", 161},
    {"udp6", "::", 161},
    {"udp6:[::1]", "::1", 161},
    {"udp6:[2001:db8::1]:1161", "2001:db8::1", 1161},
    {"udpv6:::1", "::1", 161},
    {"udpipv6:[::1]:1", "::1", 1},
    {"[::1]:161", "::1", 161},
    {"::1", "::1", 161},
};

START_TEST(test_good)
{
	struct listen_address list[LISTEN_MAX];
	char why[LISTEN_WHY_SIZE], text[ADDR_STRLEN];
	struct addr a;
	uint16_t port;

	ck_assert_int_eq(listen_parse(good[_i].spec, list, why), 1);
	ck_assert_str_eq(list[0].text, good[_i].spec);
	ck_assert(addr_from_sockaddr(&a, &port, (struct sockaddr *)&list[0].address));
	ck_assert_str_eq(addr_format(&a, text), good[_i].address);
	ck_assert_uint_eq(port, good[_i].port);
}
END_TEST

static const char *const bad[] = {"", ",", "udp:161,", ",udp:161", "tcp:161", "udp:0", "udp:65536",
    "udp:161x", "udp:+161", "udp: 161", "localhost", "udp:10.0.0.1:", "10.0.0.256", "udp:[::1]:161",
    "udp6:10.0.0.1:161", "udp6:[::1", "udp6:[::1]161", "udp6:[::1]:", "udp:161,udp:0.0.0.0:161",
    "udp:161,none",
    "udp:00000000000000000000000000000000000000000000000000000000000000000000000000161",
    "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"};

START_TEST(test_bad)
{
	struct listen_address list[LISTEN_MAX];
	char why[LISTEN_WHY_SIZE] = "";

	ck_assert_msg(listen_parse(bad[_i], list, why) == -1, "'%s' was taken", bad[_i]);
	ck_assert_int_gt(strlen(why), 0);
}
END_TEST

START_TEST(test_several)
{
	struct listen_address list[LISTEN_MAX];
	char why[LISTEN_WHY_SIZE];

	ck_assert_int_eq(listen_parse("udp:161,udp6:161", list, why), 2);
	ck_assert_int_eq(list[0].address.ss_family, AF_INET);
	ck_assert_int_eq(list[1].address.ss_family, AF_INET6);
	ck_assert_int_eq(listen_parse("10.0.0.1:161,10.0.0.2:161,10.0.0.1:162", list, why), 3);
	ck_assert_int_eq(listen_parse("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", list, why), 16);
	ck_assert_int_eq(listen_parse("none", list, why), 0);
}
END_TEST

static unsigned port_of(int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	return ntohs(in.sin_port);
}

/* A socket of the system's choice, through the channel; a datagram to it arrives at the other end. */
START_TEST(test_passed)
{
	struct listen_address a = {.text = "udp:127.0.0.1", .len = sizeof(struct sockaddr_in)};
	struct sockaddr_in *in = (struct sockaddr_in *)&a.address;
	struct listen_message m = {.kind = LISTEN_SOCKET, .text = "udp:127.0.0.1"}, got;
	struct sockaddr_in to = {.sin_family = AF_INET};
	int ends[2];
	char byte = 0;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	m.fd = listen_open(&a);
	ck_assert_int_ge(m.fd, 0);
	to.sin_addr = in->sin_addr;
	to.sin_port = htons((uint16_t)port_of(m.fd));
	ck_assert(listen_send(ends[0], &m));
	ck_assert(
	    listen_send(ends[0], &(struct listen_message){LISTEN_FAILED, "udp6:161: no", -1}));
	ck_assert(listen_send(ends[0], &(struct listen_message){LISTEN_RELOAD, "", -1}));

	ck_assert(listen_receive(ends[1], &got));
	ck_assert_int_eq(got.kind, LISTEN_SOCKET);
	ck_assert_str_eq(got.text, "udp:127.0.0.1");
	ck_assert_int_ge(got.fd, 0);
	ck_assert_int_ne(got.fd, m.fd);
	ck_assert_int_eq(sendto(m.fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	close(m.fd);
	ck_assert_int_eq(recv(got.fd, &byte, 1, 0), 1);
	ck_assert_int_eq(byte, 'x');
	close(got.fd);

	ck_assert(listen_receive(ends[1], &got));
	ck_assert_int_eq(got.kind, LISTEN_FAILED);
	ck_assert_str_eq(got.text, "udp6:161: no");
	ck_assert_int_eq(got.fd, -1);
	ck_assert(listen_receive(ends[1], &got));
	ck_assert_int_eq(got.kind, LISTEN_RELOAD);
	ck_assert(!listen_receive(ends[1], &got));
	ck_assert_int_eq(errno, EAGAIN);
	close(ends[0]);
	ck_assert(!listen_receive(ends[1], &got));
	ck_assert_int_eq(errno, 0);
	close(ends[1]);
}
END_TEST

START_TEST(test_taken)
{
	struct listen_address a = {.text = "udp:127.0.0.1", .len = sizeof(struct sockaddr_in)};
	struct sockaddr_in *in = (struct sockaddr_in *)&a.address;
	int first;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	first = listen_open(&a);
	ck_assert_int_ge(first, 0);
	in->sin_port = htons((uint16_t)port_of(first));
	ck_assert_int_eq(listen_open(&a), -1);
	ck_assert_int_eq(errno, EADDRINUSE);
	close(first);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("listen");
	TCase *tc = tcase_create("listen");

	tcase_add_loop_test(tc, test_good, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, test_bad, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, test_several);
	tcase_add_test(tc, test_passed);
	tcase_add_test(tc, test_taken);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
