/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real server for tests: it names itself, and does as it is told.
 *
 *	httpd -n NAME [-b ADDR] [-c DIR] [-h PORT] [-s PORT -k PEM] [-e PORT] [-u PORT]
 *
 *	-n NAME  what it answers                 -h PORT  HTTP/1.1
 *	-b ADDR  local address (default: all)    -s PORT  HTTPS, certificate and key in PEM
 *	-c DIR   control files                   -e PORT  TCP: "NAME line" for each line
 *	-v       log requests (log_request())    -u PORT  UDP: "NAME data" for each datagram
 *
 * HTTP paths:
 *	/count     requests so far, by kind (itself not counted)
 *	/host      the request's Host header
 *	/bytes/N   N bytes
 *	/delay/MS  the name, after a while
 *	/stream/MS "NAME number" each MS milliseconds for as long as the client stays
 *	others     the name; but if DIR has a file of that path ("/" in it as "_"), that
 *	           file's first word is the status and the rest the body. It is read at
 *	           each request. Status 0: no answer at all, the connection stays open.
 *
 * One thread a connection: simple, and enough for a laboratory.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static const char *name;
static const char *control_dir;
static const char *bind_address;
static bool verbose;
static SSL_CTX *tls;
static atomic_ulong http_count, tcp_count, udp_count;

/* A connection, with or without TLS. */
struct peer {
	int fd;
	SSL *ssl;
};

struct request {
	char head[8192];
	char method[8], path[1024], host[256];
	int minor; /* HTTP/1.minor */
	bool close;
};

static void die(const char *what)
{
	fprintf(stderr, "httpd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static ssize_t peer_read(struct peer *p, void *buf, size_t len)
{
	return p->ssl ? SSL_read(p->ssl, buf, (int)len) : read(p->fd, buf, len);
}

static bool peer_write(struct peer *p, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = p->ssl ? SSL_write(p->ssl, data, (int)len)
				   : send(p->fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool answer(
    struct peer *p, const struct request *r, int status, const char *body, size_t len)
{
	char head[256];
	int n = snprintf(head, sizeof(head),
	    "HTTP/1.1 %d %s\r\nServer: %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
	    "Connection: %s\r\n\r\n",
	    status, status < 400 ? "OK" : "Error", name, len, r->close ? "close" : "keep-alive");

	if (!peer_write(p, head, (size_t)n))
		return false;
	return strcmp(r->method, "HEAD") == 0 || peer_write(p, body, len);
}

static bool answer_text(struct peer *p, const struct request *r, int status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static bool answer_text(struct peer *p, const struct request *r, int status, const char *fmt, ...)
{
	char body[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(body))
		n = sizeof(body) - 1;
	return answer(p, r, status, body, (size_t)n);
}

static bool answer_bytes(struct peer *p, const struct request *r, size_t len)
{
	char *body = malloc(len + 1);
	bool ok;

	if (!body)
		return answer_text(p, r, 500, "too many\n");
	memset(body, 'x', len);
	ok = answer(p, r, 200, body, len);
	free(body);
	return ok;
}

static bool answer_stream(struct peer *p, long ms)
{
	static const char head[] =
	    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n";
	char line[256];

	if (!peer_write(p, head, sizeof(head) - 1))
		return false;
	for (unsigned long i = 0;; i++) {
		int n = snprintf(line, sizeof(line), "%s %lu\n", name, i);

		if (!peer_write(p, line, (size_t)n))
			return false;
		sleep_ms(ms);
	}
}

static void wait_for_close(struct peer *p)
{
	char buf[64];

	while (peer_read(p, buf, sizeof(buf)) > 0)
		;
}

/* The control file of a path.  False if there is none. */
static bool controlled(const char *path, int *status, char *body, size_t size)
{
	char file[2048];
	size_t at, n;
	FILE *f;

	if (!control_dir)
		return false;
	at = (size_t)snprintf(file, sizeof(file), "%s/", control_dir);
	snprintf(file + at, sizeof(file) - at, "%s", path + 1);
	for (char *c = file + at; *c; c++)
		if (*c == '/')
			*c = '_';
	f = at < sizeof(file) && file[at] ? fopen(file, "re") : NULL;
	if (!f)
		return false;
	n = fread(body, 1, size - 1, f);
	fclose(f);
	body[n] = '\0';
	*status = (int)strtol(body, NULL, 10);
	return true;
}

static bool answer_path(struct peer *p, const struct request *r)
{
	char text[4096];
	int status = 200;

	if (controlled(r->path, &status, text, sizeof(text))) {
		char *body = text + strspn(text, "0123456789");

		body += *body == ' ' || *body == '\n';
		if (status == 0) {
			wait_for_close(p);
			return false;
		}
		if (*body)
			return answer(p, r, status, body, strlen(body));
	}
	return answer_text(p, r, status, "%s\n", name);
}

static bool serve(struct peer *p, const struct request *r)
{
	if (strcmp(r->path, "/count") == 0)
		return answer_text(p, r, 200, "http %lu\ntcp %lu\nudp %lu\n",
		    atomic_load(&http_count), atomic_load(&tcp_count), atomic_load(&udp_count));
	atomic_fetch_add(&http_count, 1);
	if (strcmp(r->path, "/host") == 0)
		return answer_text(p, r, 200, "%s\n", r->host);
	if (strncmp(r->path, "/bytes/", 7) == 0)
		return answer_bytes(p, r, strtoul(r->path + 7, NULL, 10));
	if (strncmp(r->path, "/delay/", 7) == 0)
		sleep_ms(strtol(r->path + 7, NULL, 10));
	if (strncmp(r->path, "/stream/", 8) == 0)
		return answer_stream(p, strtol(r->path + 8, NULL, 10));
	return answer_path(p, r);
}

static void parse_header(struct request *r, char *line)
{
	char *value = strchr(line, ':');

	if (!value)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (strcasecmp(line, "host") == 0)
		snprintf(r->host, sizeof(r->host), "%s", value);
	if (strcasecmp(line, "connection") == 0)
		r->close = strcasecmp(value, "close") == 0;
}

/* Splits r->head.  False if it is no request. */
static bool parse_request(struct request *r)
{
	char *save, *line = strtok_r(r->head, "\r\n", &save);

	r->minor = 0;
	r->host[0] = '\0';
	if (!line || sscanf(line, "%7s %1023s HTTP/1.%d", r->method, r->path, &r->minor) < 2)
		return false;
	r->close = r->minor == 0;
	while ((line = strtok_r(NULL, "\r\n", &save)))
		parse_header(r, line);
	return r->path[0] == '/';
}

/* Reads one request's head, which may come in pieces.  False at the end. */
static bool read_request(struct peer *p, struct request *r)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = peer_read(p, r->head + len, sizeof(r->head) - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		r->head[len] = '\0';
		if (strstr(r->head, "\r\n\r\n") || strstr(r->head, "\n\n"))
			return parse_request(r);
		if (len == sizeof(r->head) - 1)
			return false;
	}
}

static void address_text(
    int (*get)(int, struct sockaddr *, socklen_t *), int fd, char *host, char *port)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (get(fd, (struct sockaddr *)&a, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&a, len, host, NI_MAXHOST, port, NI_MAXSERV,
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(host, 2, "?"), snprintf(port, 2, "?");
}

/* An IPv4 address of a socket for both families. */
static const char *plain(const char *host)
{
	return strncmp(host, "::ffff:", 7) == 0 ? host + 7 : host;
}

/* "NAME METHOD PATH MILLISECONDS VERSION HOST LOCAL PORT PEER SNI"; "-" for what is not said. */
static void log_request(const struct peer *p, const struct request *r)
{
	char local[NI_MAXHOST], port[NI_MAXSERV], peer[NI_MAXHOST], peer_port[NI_MAXSERV];
	const char *sni = p->ssl ? SSL_get_servername(p->ssl, TLSEXT_NAMETYPE_host_name) : NULL;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	address_text(getsockname, p->fd, local, port);
	address_text(getpeername, p->fd, peer, peer_port);
	printf("%s %s %s %lld 1.%d %s %s %s %s %s\n", name, r->method, r->path,
	    (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, r->minor,
	    *r->host ? r->host : "-", plain(local), port, plain(peer), sni ? sni : "-");
}

static void serve_http(struct peer *p)
{
	struct request *r = malloc(sizeof(*r));

	while (r && read_request(p, r)) {
		if (verbose)
			log_request(p, r);
		if (!serve(p, r) || r->close)
			break;
	}
	free(r);
}

static void serve_echo(struct peer *p)
{
	char buf[1024];
	FILE *in = fdopen(dup(p->fd), "r");

	atomic_fetch_add(&tcp_count, 1);
	while (in && fgets(buf, sizeof(buf), in))
		if (!peer_write(p, name, strlen(name)) || !peer_write(p, " ", 1) ||
		    !peer_write(p, buf, strlen(buf)))
			break;
	if (in)
		fclose(in);
}

enum kind { KIND_HTTP, KIND_HTTPS, KIND_ECHO, KIND_UDP };

struct job {
	enum kind kind;
	int fd;
};

static void *connection(void *arg)
{
	struct job *j = arg;
	struct peer p = {j->fd, NULL};

	switch (j->kind) {
	case KIND_HTTPS:
		p.ssl = SSL_new(tls);
		SSL_set_fd(p.ssl, p.fd);
		if (SSL_accept(p.ssl) == 1)
			serve_http(&p);
		SSL_shutdown(p.ssl);
		SSL_free(p.ssl);
		break;
	case KIND_HTTP:
		serve_http(&p);
		break;
	case KIND_ECHO:
	case KIND_UDP:
		serve_echo(&p);
		break;
	}
	close(p.fd);
	free(j);
	return NULL;
}

static void start_thread(void *(*run)(void *), enum kind kind, int fd)
{
	struct job *j = malloc(sizeof(*j));
	pthread_attr_t attr;
	pthread_t t;

	if (!j)
		die("memory");
	*j = (struct job){kind, fd};
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	if (pthread_create(&t, &attr, run, j) != 0) {
		close(fd);
		free(j);
	}
	pthread_attr_destroy(&attr);
}

static void *acceptor(void *arg)
{
	struct job *j = arg;

	for (;;) {
		int fd = accept4(j->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			start_thread(connection, j->kind, fd);
		else if (errno == EMFILE || errno == ENFILE)
			sleep_ms(10);
	}
	return NULL;
}

/* The answer must come from the address that was asked: a VIP, perhaps. */
static void udp_reply(int fd)
{
	char buf[2048], ctl[256];
	size_t prefix = (size_t)snprintf(buf, sizeof(buf), "%s ", name);
	struct sockaddr_storage from;
	struct iovec iov = {buf + prefix, sizeof(buf) - prefix};
	struct msghdr m = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = ctl,
	    .msg_controllen = sizeof(ctl)};
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0)
		return;
	atomic_fetch_add(&udp_count, 1);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		/* by source address alone, whatever interface it came in by */
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
	}
	iov = (struct iovec){buf, prefix + (size_t)n};
	sendmsg(fd, &m, 0);
}

static void *udp_server(void *arg)
{
	struct job *j = arg;

	for (;;)
		udp_reply(j->fd);
	return NULL;
}

/* A socket for both families, or for that of the -b address. */
static int bound_socket(int type, uint16_t port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool v4 = bind_address && inet_pton(AF_INET, bind_address, &in.sin_addr) == 1;
	int one = 1, zero = 0, fd;

	if (bind_address && !v4 && inet_pton(AF_INET6, bind_address, &in6.sin6_addr) != 1)
		die(bind_address);
	fd = v4 ? -1 : socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		v4 = true; /* a kernel without IPv6 */
		fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	}
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	if (!v4) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	}
	if (bind(fd, v4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6,
		v4 ? sizeof(in) : sizeof(in6)) < 0)
		die("bind");
	return fd;
}

static void start_service(enum kind kind, const char *port)
{
	int fd = bound_socket(kind == KIND_UDP ? SOCK_DGRAM : SOCK_STREAM, (uint16_t)atoi(port));

	if (kind != KIND_UDP && listen(fd, 1024) < 0)
		die("listen");
	start_thread(kind == KIND_UDP ? udp_server : acceptor, kind, fd);
}

static void load_certificate(const char *pem)
{
	tls = SSL_CTX_new(TLS_server_method());
	if (!tls || SSL_CTX_use_certificate_chain_file(tls, pem) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, pem, SSL_FILETYPE_PEM) != 1) {
		ERR_print_errors_fp(stderr);
		exit(1);
	}
}

static void usage(void)
{
	fprintf(stderr, "usage: httpd -n NAME [-b ADDR] [-c DIR] [-v] "
			"{-h PORT | -s PORT -k PEM | -e PORT | -u PORT}...\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct {
		enum kind kind;
		const char *port;
	} services[32];
	int n = 0, opt, sig;
	sigset_t signals;

	while ((opt = getopt(argc, argv, "n:b:c:vh:s:k:e:u:")) != -1) {
		enum kind kind = opt == 's'   ? KIND_HTTPS
				 : opt == 'e' ? KIND_ECHO
				 : opt == 'u' ? KIND_UDP
					      : KIND_HTTP;

		if (strchr("hseu", opt) && n < 32) {
			services[n].kind = kind;
			services[n++].port = optarg;
		} else if (opt == 'n') {
			name = optarg;
		} else if (opt == 'b') {
			bind_address = optarg;
		} else if (opt == 'c') {
			control_dir = optarg;
		} else if (opt == 'v') {
			verbose = true;
		} else if (opt == 'k') {
			load_certificate(optarg);
		} else {
			usage();
		}
	}
	if (!name || n == 0)
		usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (int i = 0; i < n; i++) {
		if (services[i].kind == KIND_HTTPS && !tls)
			usage();
		start_service(services[i].kind, services[i].port);
	}
	printf("%s ready\n", name);
	sigwait(&signals, &sig);
	return 0;
}
