/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes against servers on loopback.  A server is a thread of the test that
 * accepts and lets a handler answer; libcheck runs each test in a process of
 * its own, which ends the threads.
 */
#include "core/check/probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/check/http_spec.h"
#include "tests/unit/unit.h"

#define MSEC USEC_PER_MSEC

/* ---- the side of the test */

static struct event_base *base;
static struct probe_loop *loop;
static struct probe_result last;
static unsigned ended;

static void setup(void)
{
	struct event_config *config = event_config_new();
	struct rlimit files;

	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	event_base_priority_init(base, PROBE_PRIORITIES);
	loop = probe_loop_new(base);
	ck_assert_ptr_nonnull(loop);
}

static void teardown(void)
{
	ck_assert_uint_eq(probe_loop_running(loop), 0);
	probe_loop_free(loop);
	event_base_free(base);
}

static void on_done(const struct probe_result *r, void *arg)
{
	(void)arg;
	last = *r;
	ended++;
}

static struct probe_spec tcp_spec(const char *address, uint16_t port, usec_t timeout)
{
	struct probe_spec s = {.type = PROBE_TCP};

	ck_assert(addr_parse(&s.target.addr, address));
	s.target.port = port;
	s.target.timeout = timeout;
	return s;
}

/* Runs one probe to its end.  Its result is in `last`. */
static enum probe_outcome ask(const struct probe_spec *spec)
{
	unsigned before = ended;

	ck_assert_ptr_nonnull(probe_start(loop, spec, on_done, NULL));
	ck_assert_uint_eq(ended, before);
	event_base_dispatch(base);
	ck_assert_uint_eq(ended, before + 1);
	return last.outcome;
}

static enum probe_outcome ask_http(const struct probe_spec *spec, const struct http_config *c)
{
	struct probe_spec s = *spec;
	char error[HTTP_ERROR_MAX] = "";
	struct http_spec *http = http_spec_new(c, error);
	enum probe_outcome o;

	ck_assert_msg(http != NULL, "%s", error);
	s.type = PROBE_HTTP;
	s.http = http;
	o = ask(&s);
	http_spec_free(http);
	return o;
}

static unsigned open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* ---- servers */

struct server {
	int fd;
	uint16_t port;
	void (*handler)(struct server *s, int fd);
	const char *answer;
	size_t answer_len;
	atomic_uint accepted, asked;
	char request[4096];
	SSL_CTX *tls;
	char sni[256];
};

static int listen_on(const char *address, int backlog, uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t len;
	struct addr a;
	int fd;

	ck_assert(addr_parse(&a, address));
	len = addr_to_sockaddr(&a, 0, &ss);
	fd = socket(addr_af(&a), SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, len), 0);
	ck_assert_int_eq(listen(fd, backlog), 0);
	len = sizeof(ss);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	ck_assert(addr_from_sockaddr(&a, port, (struct sockaddr *)&ss));
	return fd;
}

static void *server_run(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		s->accepted++;
		s->handler(s, fd);
		close(fd);
	}
	return NULL;
}

static void server_start(
    struct server *s, const char *address, void (*handler)(struct server *s, int fd))
{
	pthread_t thread;

	s->handler = handler;
	s->fd = listen_on(address, 1024, &s->port);
	ck_assert_int_eq(pthread_create(&thread, NULL, server_run, s), 0);
	pthread_detach(thread);
}

static void read_request(struct server *s, int fd)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < sizeof(s->request) - 1 && !strstr(s->request, "\r\n\r\n")) {
		n = read(fd, s->request + len, sizeof(s->request) - 1 - len);
		if (n > 0)
			len += (size_t)n;
		s->request[len] = '\0';
	}
	s->asked++;
}

static void write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void answer(struct server *s, int fd)
{
	s->request[0] = '\0';
	read_request(s, fd);
	write_all(fd, s->answer, s->answer_len ? s->answer_len : strlen(s->answer));
}

/* The answer comes in a while. */
static void answer_late(struct server *s, int fd)
{
	read_request(s, fd);
	usleep(150000);
	write_all(fd, s->answer, strlen(s->answer));
}

static void hold(struct server *s, int fd)
{
	(void)s;
	(void)fd;
	pause();
}

static void hang_up(struct server *s, int fd)
{
	(void)s;
	(void)fd;
}

/* Speaks first. */
static void blurt(struct server *s, int fd)
{
	write_all(fd, s->answer, strlen(s->answer));
	shutdown(fd, SHUT_WR);
	ck_assert_int_gt(read(fd, s->request, sizeof(s->request)), 0);
}

/* The head at once, then a byte each 50 ms. */
static void drip(struct server *s, int fd)
{
	read_request(s, fd);
	write_all(fd, s->answer, strlen(s->answer));
	for (unsigned i = 0; i < 100; i++) {
		usleep(50000);
		write_all(fd, "x", 1);
	}
}

static void flood(struct server *s, int fd)
{
	static char block[65536];

	read_request(s, fd);
	write_all(fd, s->answer, strlen(s->answer));
	memset(block, 'x', sizeof(block));
	for (unsigned i = 0; i < 1000; i++)
		write_all(fd, block, sizeof(block));
}

static int on_server_name(SSL *ssl, int *alert, void *arg)
{
	struct server *s = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	snprintf(s->sni, sizeof(s->sni), "%s", name ? name : "(none)");
	return SSL_TLSEXT_ERR_OK;
}

/* A TLS server with a certificate that it signed itself, for another name and long expired. */
static void tls_init(struct server *s)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
	X509_gmtime_adj(X509_getm_notAfter(cert), -3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"other.example", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
	s->tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(s->tls, cert);
	SSL_CTX_use_PrivateKey(s->tls, key);
	SSL_CTX_set_tlsext_servername_callback(s->tls, on_server_name);
	SSL_CTX_set_tlsext_servername_arg(s->tls, s);
}

static void answer_tls(struct server *s, int fd)
{
	SSL *ssl = SSL_new(s->tls);
	int n;

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		n = SSL_read(ssl, s->request, sizeof(s->request) - 1);
		s->request[n > 0 ? n : 0] = '\0';
		SSL_write(ssl, s->answer, (int)strlen(s->answer));
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
}

/* A port that drops every SYN, because its queue is full. */
static uint16_t silent_port(void)
{
	uint16_t port;
	struct sockaddr_storage ss;
	struct addr a;
	socklen_t len;

	listen_on("127.0.0.1", 0, &port);
	addr_parse(&a, "127.0.0.1");
	len = addr_to_sockaddr(&a, port, &ss);
	for (unsigned i = 0; i < 4; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		connect(fd, (struct sockaddr *)&ss, len);
	}
	usleep(50000);
	return port;
}

static uint16_t closed_port(const char *address)
{
	uint16_t port;

	close(listen_on(address, 1, &port));
	return port;
}

#define OK_ANSWER "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* ---- TCP */

START_TEST(test_tcp_connects)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	unsigned files = open_files();

	for (size_t i = 0; i < 2; i++) {
		struct probe_spec s;
		uint16_t port;
		int fd = listen_on(addresses[i], 5, &port);

		s = tcp_spec(addresses[i], port, 1000 * MSEC);
		ck_assert_int_eq(ask(&s), PROBE_SUCCESS);
		ck_assert_str_eq(last.reason, "connected");
		ck_assert_uint_lt(last.latency, 500 * MSEC);
		close(fd);
	}
	ck_assert_uint_eq(open_files(), files);
}
END_TEST

START_TEST(test_tcp_refused)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};

	for (size_t i = 0; i < 2; i++) {
		struct probe_spec s =
		    tcp_spec(addresses[i], closed_port(addresses[i]), 1000 * MSEC);

		ck_assert_int_eq(ask(&s), PROBE_FAILURE);
		ck_assert_str_eq(last.reason, "connection refused");
	}
}
END_TEST

START_TEST(test_tcp_silent)
{
	struct probe_spec s = tcp_spec("127.0.0.1", silent_port(), 300 * MSEC);

	ck_assert_int_eq(ask(&s), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "no answer in 300 ms");
	ck_assert_uint_ge(last.latency, 300 * MSEC);
	ck_assert_uint_lt(last.latency, 600 * MSEC);
	s.target.timeout = 1500 * MSEC;
	ck_assert_int_eq(ask(&s), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "no answer in 1.5 s");
}
END_TEST

START_TEST(test_tcp_source_address)
{
	uint16_t port;
	int fd = listen_on("127.0.0.1", 5, &port), client;
	struct probe_spec s = tcp_spec("127.0.0.1", port, 1000 * MSEC);
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);

	ck_assert(addr_parse(&s.target.bind_addr, "127.9.8.7"));
	ck_assert_int_eq(ask(&s), PROBE_SUCCESS);
	client = accept(fd, (struct sockaddr *)&peer, &len);
	ck_assert_int_ge(client, 0);
	ck_assert_uint_eq(ntohl(peer.sin_addr.s_addr), 0x7f090807);
	close(client);
	close(fd);
}
END_TEST

/* What is wrong here must not be held against the server. */
START_TEST(test_tcp_own_errors)
{
	uint16_t port;
	int fd = listen_on("127.0.0.1", 5, &port);
	struct probe_spec s = tcp_spec("127.0.0.1", port, 1000 * MSEC);
	struct rlimit few, files;

	ck_assert(addr_parse(&s.target.bind_addr, "192.0.2.77"));
	ck_assert_int_eq(ask(&s), PROBE_ERROR);
	ck_assert_str_eq(
	    last.reason, "source address: no such local address, or no local port left");
	s = tcp_spec("127.0.0.1", port, 1000 * MSEC);
	snprintf(s.target.interface, sizeof(s.target.interface), "none0");
	ck_assert_int_eq(ask(&s), PROBE_ERROR);
	ck_assert_str_eq(last.reason, "interface: No such device");
	s.target.interface[0] = '\0';
	getrlimit(RLIMIT_NOFILE, &files);
	few = files;
	few.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &few);
	ck_assert_int_eq(ask(&s), PROBE_ERROR);
	ck_assert_str_eq(last.reason, "socket: too many open files");
	setrlimit(RLIMIT_NOFILE, &files);
	ck_assert_int_eq(ask(&s), PROBE_SUCCESS);
	close(fd);
}
END_TEST

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_msg(
	    fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

/* For anybody: without root's rights, as the root of a user namespace. */
static bool own_network(void)
{
	char map[40];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	write_file("/proc/self/uid_map", map);
	return true;
}

/* A network of our own, in which some ways are closed. */
START_TEST(test_tcp_no_route)
{
	struct probe_spec s = tcp_spec("192.0.2.1", 80, 1000 * MSEC);

	if (!own_network()) {
		fprintf(stderr, "# no network namespace to be had here: routes are not tested\n");
		return;
	}
	ck_assert_int_eq(ask(&s), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "network unreachable");
	ck_assert_int_eq(system("ip link set lo up && ip route add unreachable 192.0.2.0/24 && "
				"ip route add prohibit 198.51.100.0/24"),
	    0);
	ck_assert_int_eq(ask(&s), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "no route to host");
	s = tcp_spec("198.51.100.1", 80, 1000 * MSEC);
	ck_assert_int_eq(ask(&s), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "forbidden by a local route");
}
END_TEST

/* An answer that came while this process was stopped is an answer. */
START_TEST(test_tcp_after_a_stop)
{
	uint16_t port;
	int fd = listen_on("127.0.0.1", 5, &port);
	struct probe_spec s = tcp_spec("127.0.0.1", port, 100 * MSEC);

	probe_start(loop, &s, on_done, NULL);
	usleep(300000);
	event_base_dispatch(base);
	ck_assert_uint_eq(ended, 1);
	ck_assert_int_eq(last.outcome, PROBE_SUCCESS);
	close(fd);
}
END_TEST

START_TEST(test_thousands)
{
	enum { N = 3000 };
	struct probe_spec s = tcp_spec("127.0.0.1", silent_port(), 700 * MSEC);
	unsigned files = open_files();
	usec_t began = clock_now();

	for (unsigned i = 0; i < N; i++)
		ck_assert_ptr_nonnull(probe_start(loop, &s, on_done, NULL));
	ck_assert_uint_eq(probe_loop_running(loop), N);
	event_base_dispatch(base);
	ck_assert_uint_eq(ended, N);
	ck_assert_uint_lt(clock_now() - began, 3 * USEC_PER_SEC);
	ck_assert_uint_eq(open_files(), files);
}
END_TEST

/* ---- HTTP */

static struct server web;

static struct probe_spec web_spec(void)
{
	return tcp_spec("127.0.0.1", web.port, 1000 * MSEC);
}

static void web_start(void (*handler)(struct server *s, int fd), const char *text)
{
	web.answer = text;
	server_start(&web, "127.0.0.1", handler);
}

START_TEST(test_http_request)
{
	struct http_config c = {.path = "/health?x=1&y=../%41", .version = HTTP_VERSION_1_0};
	struct probe_spec s;
	char line[100];

	web_start(answer, OK_ANSWER);
	s = web_spec();
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	ck_assert_str_eq(last.reason, "HTTP status 200");
	ck_assert_int_eq(strncmp(web.request, "GET /health?x=1&y=../%41 HTTP/1.0\r\n", 35), 0);
	snprintf(line, sizeof(line), "\r\nHost: 127.0.0.1:%u\r\n", web.port);
	ck_assert_ptr_nonnull(strstr(web.request, line));
	ck_assert_ptr_nonnull(strstr(web.request, "\r\nConnection: close\r\n"));
	s.host = "www.example.com:81";
	c.version = HTTP_VERSION_1_1;
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	ck_assert_ptr_nonnull(strstr(web.request, " HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(web.request, "\r\nHost: www.example.com:81\r\n"));
	ck_assert_ptr_null(strstr(web.request, "127.0.0.1"));
	/* Each probe has a connection of its own. */
	ck_assert_uint_eq(web.accepted, 2);
}
END_TEST

START_TEST(test_http_head)
{
	struct http_config c = {.method = HTTP_METHOD_HEAD};
	struct probe_spec s;

	web_start(answer, "HTTP/1.0 200 OK\r\nContent-Length: 500\r\n\r\n");
	s = web_spec();
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	ck_assert_int_eq(strncmp(web.request, "HEAD / HTTP/1.", 14), 0);
}
END_TEST

START_TEST(test_http_judged)
{
	struct http_config c = {.version = HTTP_VERSION_1_1,
	    .digest = "5d41402abc4b2a76b9719d911017c592",
	    .regex = "^h.*o$"};
	struct probe_spec s;

	web_start(answer, OK_ANSWER);
	s = web_spec();
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	/* The digest is the content's, however it was sent. */
	web.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		     "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	/* Without a length the end of the connection is the end of the body. */
	web.answer = "HTTP/1.0 200 OK\r\n\r\nhello";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	web.answer = "HTTP/1.0 200 OK\r\n\r\nhullo";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	web.answer =
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	web.answer = "HTTP/1.0 503 Busy\r\n\r\nhello";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "HTTP status 503, expected 200-299");
}
END_TEST

START_TEST(test_http_redirect)
{
	struct http_config c = {0};
	struct probe_spec s;
	char text[200];

	web_start(answer, "");
	snprintf(text, sizeof(text), "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:%u/\r\n\r\n",
	    web.port);
	web.answer = text;
	s = web_spec();
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "HTTP status 302, expected 200-299");
	c.status = "302";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	ck_assert_uint_eq(web.accepted, 2);
}
END_TEST

START_TEST(test_http_ipv6)
{
	struct http_config c = {0};
	struct probe_spec s;
	char line[100];

	web.answer = OK_ANSWER;
	server_start(&web, "::1", answer);
	s = tcp_spec("::1", web.port, 1000 * MSEC);
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	snprintf(line, sizeof(line), "\r\nHost: [::1]:%u\r\n", web.port);
	ck_assert_ptr_nonnull(strstr(web.request, line));
}
END_TEST

START_TEST(test_http_environment)
{
	struct http_config c = {0};
	struct probe_spec s;
	char proxy[60];

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", closed_port("127.0.0.1"));
	setenv("http_proxy", proxy, 1);
	setenv("https_proxy", proxy, 1);
	setenv("ALL_PROXY", proxy, 1);
	web_start(answer, OK_ANSWER);
	s = web_spec();
	s.host = "www.example.com";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
}
END_TEST

START_TEST(test_http_not_reached)
{
	struct http_config c = {0};
	struct probe_spec s = tcp_spec("127.0.0.1", closed_port("127.0.0.1"), 1000 * MSEC);

	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "connection refused");
	s = tcp_spec("127.0.0.1", silent_port(), 200 * MSEC);
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "no answer in 200 ms");
	ck_assert(addr_parse(&s.target.bind_addr, "192.0.2.77"));
	ck_assert_int_eq(ask_http(&s, &c), PROBE_ERROR);
	ck_assert_str_eq(
	    last.reason, "source address: no such local address, or no local port left");
	s.host = "not a host";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_ERROR);
}
END_TEST

static void bad_answer(const char *text, const char *expected)
{
	struct http_config c = {0};
	struct probe_spec s = web_spec();

	web.answer = text;
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, expected);
}

START_TEST(test_http_malformed)
{
	web_start(answer, "");
	bad_answer("garbage\r\n\r\n", "the answer is not HTTP");
	bad_answer("SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP");
	bad_answer("HTTP/1.0 2x0 OK\r\n\r\n", "the answer is not HTTP");
	bad_answer("HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nhello",
	    "connection closed inside the body");
	bad_answer("", "connection closed without an answer");
}
END_TEST

START_TEST(test_http_hang_up)
{
	struct http_config c = {0};
	struct probe_spec s;

	web_start(hang_up, "");
	s = web_spec();
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_msg(strstr(last.reason, "connection closed without an answer") ||
			  strstr(last.reason, "connection broke"),
	    "%s", last.reason);
}
END_TEST

START_TEST(test_http_slow)
{
	struct http_config c = {0};
	struct probe_spec s;

	web_start(drip, "HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n");
	s = web_spec();
	s.target.timeout = 300 * MSEC;
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "HTTP answer not complete in 300 ms");
	ck_assert_uint_ge(last.latency, 300 * MSEC);
	ck_assert_uint_lt(last.latency, 600 * MSEC);
}
END_TEST

START_TEST(test_http_no_answer)
{
	struct http_config c = {0};
	struct probe_spec s;

	web_start(hold, "");
	s = web_spec();
	s.target.timeout = 200 * MSEC;
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "connected, but no HTTP answer in 200 ms");
	c.tls = true;
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "connected, but no TLS handshake in 200 ms");
}
END_TEST

START_TEST(test_http_huge)
{
	struct http_config c = {0};
	struct probe_spec s;

	web_start(flood, "HTTP/1.0 200 OK\r\n\r\nhello");
	s = web_spec();
	s.target.timeout = 5000 * MSEC;
	/* Enough was read to know the status; the other 60 megabytes are left. */
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	c.digest = "5d41402abc4b2a76b9719d911017c592";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "body longer than 1048576 bytes: no digest");
	c.digest = NULL;
	c.regex = "hello";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
}
END_TEST

START_TEST(test_http_after_a_stop)
{
	struct http_config c = {0};
	struct probe_spec s;
	char error[HTTP_ERROR_MAX];
	struct http_spec *http = http_spec_new(&c, error);

	web_start(answer_late, OK_ANSWER);
	s = web_spec();
	s.type = PROBE_HTTP;
	s.http = http;
	s.target.timeout = 400 * MSEC;
	probe_start(loop, &s, on_done, NULL);
	while (!web.asked)
		event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(ended, 0);
	usleep(600000);
	event_base_dispatch(base);
	ck_assert_uint_eq(ended, 1);
	ck_assert_msg(last.outcome == PROBE_SUCCESS, "%s", last.reason);
	http_spec_free(http);
}
END_TEST

/* ---- TLS */

START_TEST(test_https)
{
	struct http_config c = {.tls = true, .digest = "5d41402abc4b2a76b9719d911017c592"};
	struct probe_spec s;

	tls_init(&web);
	web_start(answer_tls, OK_ANSWER);
	s = web_spec();
	ck_assert_msg(ask_http(&s, &c) == PROBE_SUCCESS, "%s", last.reason);
	ck_assert_str_eq(web.sni, "(none)");
	s.host = "www.example.com:8443";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	ck_assert_str_eq(web.sni, "(none)");
	ck_assert_ptr_nonnull(strstr(web.request, "\r\nHost: www.example.com:8443\r\n"));
	c.sni = true;
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	ck_assert_str_eq(web.sni, "www.example.com");
	ck_assert_ptr_nonnull(strstr(web.request, "\r\nHost: www.example.com:8443\r\n"));
	/* An address is no server name (RFC 6066). */
	s.host = "192.0.2.1";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	ck_assert_str_eq(web.sni, "(none)");
	s.host = "";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_SUCCESS);
	web.answer = "HTTP/1.0 500 Oh\r\n\r\n";
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_uint_eq(web.accepted, 6);
}
END_TEST

START_TEST(test_https_not_tls)
{
	struct http_config c = {.tls = true};
	struct probe_spec s;

	web_start(blurt, "HTTP/1.0 400 Bad request\r\n\r\n");
	s = web_spec();
	ck_assert_int_eq(ask_http(&s, &c), PROBE_FAILURE);
	ck_assert_str_eq(last.reason, "TLS: wrong version number");
}
END_TEST

START_TEST(test_https_old)
{
	struct http_config c = {.tls = true};
	struct probe_spec s;

	tls_init(&web);
	SSL_CTX_set_min_proto_version(web.tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(web.tls, TLS1_VERSION);
	SSL_CTX_set_cipher_list(web.tls, "ALL:@SECLEVEL=0");
	web_start(answer_tls, OK_ANSWER);
	s = web_spec();
	ck_assert_msg(ask_http(&s, &c) == PROBE_SUCCESS, "%s", last.reason);
}
END_TEST

/* ---- cancelling */

static struct probe *flight[600];
static unsigned told[600];

static void on_flight(const struct probe_result *r, void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;

	(void)r;
	ck_assert_ptr_nonnull(flight[i]);
	flight[i] = NULL;
	told[i]++;
	/* Whoever ends takes the next one along. */
	i = (i + 1) % 600;
	if (flight[i]) {
		probe_cancel(flight[i]);
		flight[i] = NULL;
		told[i] += 100;
	}
}

START_TEST(test_cancel)
{
	struct http_config plain = {0}, secure = {.tls = true};
	char error[HTTP_ERROR_MAX];
	struct http_spec *http = http_spec_new(&plain, error),
			 *https = http_spec_new(&secure, error);
	struct probe_spec specs[6];
	unsigned files, ends = 0;
	uint16_t silent = silent_port();

	web_start(answer, OK_ANSWER);
	specs[0] = tcp_spec("127.0.0.1", web.port, 300 * MSEC);
	specs[1] = tcp_spec("127.0.0.1", silent, 300 * MSEC);
	specs[2] = tcp_spec("127.0.0.1", closed_port("127.0.0.1"), 300 * MSEC);
	specs[3] = specs[0];
	specs[4] = specs[1];
	specs[5] = specs[0];
	specs[3].type = specs[4].type = specs[5].type = PROBE_HTTP;
	specs[3].http = specs[4].http = http;
	specs[5].http = https;
	files = open_files();
	for (size_t i = 0; i < 600; i++)
		flight[i] = probe_start(loop, &specs[i % 6], on_flight, (void *)(uintptr_t)i);
	/* Some before the loop runs, some in its midst, some by others, the rest at their end. */
	for (size_t i = 0; i < 600; i += 7) {
		probe_cancel(flight[i]);
		flight[i] = NULL;
		told[i] += 100;
	}
	for (unsigned turn = 0; turn < 30; turn++) {
		size_t i = turn * 17 % 600;

		event_base_loop(base, EVLOOP_NONBLOCK);
		if (flight[i]) {
			probe_cancel(flight[i]);
			flight[i] = NULL;
			told[i] += 100;
		}
	}
	event_base_dispatch(base);
	for (size_t i = 0; i < 600; i++) {
		ck_assert_msg(told[i] == 1 || told[i] == 100, "%zu: %u", i, told[i]);
		ends += told[i] == 1;
	}
	ck_assert_uint_gt(ends, 100);
	ck_assert_uint_eq(probe_loop_running(loop), 0);
	/* libcurl may keep descriptors of its own, but not one per transfer. */
	ck_assert_uint_le(open_files(), files + 8);
	http_spec_free(http);
	http_spec_free(https);
}
END_TEST

START_TEST(test_free_in_flight)
{
	struct http_config c = {0};
	char error[HTTP_ERROR_MAX];
	struct http_spec *http = http_spec_new(&c, error);
	struct probe_spec tcp = tcp_spec("127.0.0.1", silent_port(), 300 * MSEC), web_probe = tcp;

	web_probe.type = PROBE_HTTP;
	web_probe.http = http;
	for (unsigned i = 0; i < 20; i++) {
		probe_start(loop, i % 2 ? &tcp : &web_probe, on_done, NULL);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	probe_loop_free(loop);
	event_base_dispatch(base);
	ck_assert_uint_eq(ended, 0);
	loop = probe_loop_new(base);
	http_spec_free(http);
}
END_TEST

static TCase *group(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	suite_add_tcase(s, tc);
	return tc;
}

static void add_tcp(TCase *tc)
{
	tcase_add_test(tc, test_tcp_connects);
	tcase_add_test(tc, test_tcp_refused);
	tcase_add_test(tc, test_tcp_silent);
	tcase_add_test(tc, test_tcp_source_address);
	tcase_add_test(tc, test_tcp_own_errors);
	tcase_add_test(tc, test_tcp_no_route);
	tcase_add_test(tc, test_tcp_after_a_stop);
	tcase_add_test(tc, test_thousands);
}

static void add_http(TCase *tc)
{
	tcase_add_test(tc, test_http_request);
	tcase_add_test(tc, test_http_head);
	tcase_add_test(tc, test_http_judged);
	tcase_add_test(tc, test_http_redirect);
	tcase_add_test(tc, test_http_ipv6);
	tcase_add_test(tc, test_http_environment);
	tcase_add_test(tc, test_http_not_reached);
	tcase_add_test(tc, test_http_malformed);
	tcase_add_test(tc, test_http_hang_up);
	tcase_add_test(tc, test_http_slow);
	tcase_add_test(tc, test_http_no_answer);
	tcase_add_test(tc, test_http_huge);
	tcase_add_test(tc, test_http_after_a_stop);
}

static void add_tls(TCase *tc)
{
	tcase_add_test(tc, test_https);
	tcase_add_test(tc, test_https_not_tls);
	tcase_add_test(tc, test_https_old);
}

int main(void)
{
	Suite *s = suite_create("probe");
	TCase *tc;

	add_tcp(group(s, "tcp"));
	add_http(group(s, "http"));
	add_tls(group(s, "tls"));
	tc = group(s, "cancel");
	tcase_add_test(tc, test_cancel);
	tcase_add_test(tc, test_free_in_flight);
	return unit_run(s);
}
