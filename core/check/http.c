/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HTTP and HTTPS probe: one request over libcurl's multi interface, whose
 * sockets and timer live on our event base.
 *
 * Each probe opens a connection of its own and closes it, because a check
 * must find out whether the server still takes new ones.  The server is
 * addressed by number: no resolver is asked.  Certificates are not verified
 * (the server is known by its address; keepalived does the same), and old
 * ciphers are accepted, because the question is whether it serves, not how
 * well.  The environment's proxies, .netrc, cookies and redirects have no
 * part in it.
 *
 * The time-out is our own timer and not libcurl's: it is served after all
 * answers that have come (see probe.h).
 *
 * Ownership: the multi keeps the idle easy handles; a probe has one from its
 * start to its end.  A probe must not end inside a callback of libcurl, so
 * ends are collected with curl_multi_info_read() after each call.
 */
#include "core/check/probe_type.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/check/http_spec.h"

#define IDLE_MAX 256

struct http_multi {
	struct event_base *base;
	CURLM *curl;
	struct event *timer;
	CURL *idle[IDLE_MAX];
	unsigned n_idle;
};

struct http_probe {
	struct probe common;
	CURL *easy;
	bool added;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	struct http_answer *answer;
	int fd;			/* libcurl's, open until the transfer ends; -1 before */
	const char *local_step; /* what we could not do, with local_errno */
	int local_errno;
	char error[CURL_ERROR_SIZE];
};

static struct http_probe *http_of(struct probe *p)
{
	return (struct http_probe *)p;
}

/* How a transfer ended */

static const char *tls_detail(const char *error)
{
	const char *colon = strrchr(error, ':');

	return colon ? colon + 1 + strspn(colon + 1, " ") : error;
}

static bool is_connected(const struct http_probe *h)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return getpeername(h->fd, (struct sockaddr *)&ss, &len) == 0;
}

/* Which part of the exchange did not come in time (libcurl's connect time includes TLS's). */
static const char *phase(const struct http_probe *h)
{
	curl_off_t tls = 0, first = 0;

	curl_easy_getinfo(h->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
	curl_easy_getinfo(h->easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
	if (!is_connected(h))
		return "no answer";
	if (http_spec_tls(h->common.spec.http) && !tls)
		return "connected, but no TLS handshake";
	return first ? "HTTP answer not complete" : "connected, but no HTTP answer";
}

static void http_connect_failed(struct http_probe *h)
{
	long err = 0;

	if (h->local_step) {
		probe_finish(
		    &h->common, PROBE_ERROR, "%s: %s", h->local_step, probe_words(h->local_errno));
		return;
	}
	curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &err);
	if (err)
		probe_finish(&h->common, probe_blame((int)err), "%s", probe_words((int)err));
	else
		probe_finish(&h->common, PROBE_FAILURE, "%s", h->error);
}

static void http_judge(struct http_probe *h)
{
	char reason[PROBE_REASON_MAX];
	enum probe_outcome outcome;
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	outcome = http_answer_judge(h->answer, (unsigned)status, reason);
	probe_finish(&h->common, outcome, "%s", reason);
}

static void http_done(struct http_probe *h, CURLcode code)
{
	struct probe *p = &h->common;

	switch ((int)code) {
	case CURLE_OK:
	case CURLE_WRITE_ERROR: /* we had enough of the body */
		http_judge(h);
		break;
	case CURLE_COULDNT_CONNECT:
		http_connect_failed(h);
		break;
	case CURLE_SSL_CONNECT_ERROR:
		probe_finish(p, PROBE_FAILURE, "TLS: %s", tls_detail(h->error));
		break;
	case CURLE_GOT_NOTHING:
		probe_finish(p, PROBE_FAILURE, "connection closed without an answer");
		break;
	case CURLE_PARTIAL_FILE:
		probe_finish(p, PROBE_FAILURE, "connection closed inside the body");
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		probe_finish(p, PROBE_FAILURE, "the answer is not HTTP");
		break;
	case CURLE_OUT_OF_MEMORY:
		probe_finish(p, PROBE_ERROR, "out of memory");
		break;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		probe_finish(p, PROBE_FAILURE, "connection broke: %s", tls_detail(h->error));
		break;
	default:
		probe_finish(
		    p, PROBE_FAILURE, "%s", h->error[0] ? h->error : curl_easy_strerror(code));
	}
}

static void http_timeout(struct probe *p)
{
	char span[PROBE_SPAN_MAX];

	probe_finish(p, PROBE_FAILURE, "%s in %s", phase(http_of(p)),
	    probe_span(p->spec.target.timeout, span));
}

/* The multi interface on the event base */

static void multi_collect(struct http_multi *m)
{
	CURLMsg *msg;
	char *h;
	int left;

	while ((msg = curl_multi_info_read(m->curl, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &h);
		http_done((struct http_probe *)h, msg->data.result);
	}
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct http_multi *m = arg;
	int running;
	int action =
	    (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(m->curl, fd, action, &running);
	multi_collect(m);
}

static void on_multi_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_multi *m = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	multi_collect(m);
}

static int multi_want_timer(CURLM *curl, long ms, void *arg)
{
	struct http_multi *m = arg;
	struct timeval tv = usec_to_timeval(ms > 0 ? (usec_t)ms * USEC_PER_MSEC : 0);

	(void)curl;
	if (ms < 0)
		evtimer_del(m->timer);
	else
		evtimer_add(m->timer, &tv);
	return 0;
}

static int multi_want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct http_multi *m = arg;
	struct event *ev = socket_arg;
	short events = EV_PERSIST;

	(void)easy;
	if (ev)
		event_free(ev);
	ev = NULL;
	if (what != CURL_POLL_REMOVE) {
		events |= (short)((what & CURL_POLL_IN ? EV_READ : 0) |
				  (what & CURL_POLL_OUT ? EV_WRITE : 0));
		ev = event_new(m->base, fd, events, on_socket, m);
		if (ev) {
			probe_priority(m->base, ev, PROBE_PRIO_IO);
			event_add(ev, NULL);
		}
	}
	curl_multi_assign(m->curl, fd, ev);
	return 0;
}

static struct http_multi *multi_init(struct http_multi *m)
{
	m->curl = curl_multi_init();
	m->timer = evtimer_new(m->base, on_multi_timer, m);
	if (!m->curl || !m->timer) {
		http_multi_free(m);
		return NULL;
	}
	probe_priority(m->base, m->timer, PROBE_PRIO_IO);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, multi_want_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, multi_want_timer);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	return m;
}

static struct http_multi *multi_new(struct event_base *base)
{
	struct http_multi *m;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m) {
		curl_global_cleanup();
		return NULL;
	}
	m->base = base;
	return multi_init(m);
}

void http_multi_free(struct http_multi *m)
{
	if (!m)
		return;
	while (m->n_idle)
		curl_easy_cleanup(m->idle[--m->n_idle]);
	curl_multi_cleanup(m->curl);
	if (m->timer)
		event_free(m->timer);
	free(m);
	curl_global_cleanup();
}

static CURL *multi_take(struct http_multi *m)
{
	return m->n_idle ? m->idle[--m->n_idle] : curl_easy_init();
}

static void multi_give(struct http_multi *m, CURL *easy)
{
	if (m->n_idle == IDLE_MAX) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	m->idle[m->n_idle++] = easy;
}

/* A request */

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct http_probe *h = arg;
	(void)purpose;
	(void)a;
	h->fd = probe_socket(&h->common.spec.target, &h->local_step);
	if (h->fd >= 0)
		return h->fd;
	h->local_errno = errno;
	return CURL_SOCKET_BAD;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct http_probe *h = arg;

	(void)one;
	return http_answer_body(h->answer, bytes, len) ? len : 0;
}

static bool append(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer)
		*list = longer;
	return longer != NULL;
}

/* [address]:port, or address:port */
static void format_place(const struct probe_target *t, char *buf, size_t size)
{
	char text[ADDR_STRLEN];

	snprintf(buf, size, t->addr.family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u",
	    addr_format(&t->addr, text), t->port);
}

static bool set_lists(struct http_probe *h, const char *host)
{
	char place[ADDR_STRLEN + 10], text[400];

	format_place(&h->common.spec.target, place, sizeof(place));
	snprintf(text, sizeof(text), "::%s", place);
	if (!append(&h->connect_to, text) || !append(&h->headers, "Connection: close"))
		return false;
	if (!*host)
		return true;
	snprintf(text, sizeof(text), "Host: %s", host);
	return append(&h->headers, text);
}

/* The virtual host's name without its port, if it is one that TLS can carry (RFC 6066: no address). */
static bool server_name(const char *host, char *name, size_t size)
{
	struct addr a;

	snprintf(name, size, "%.*s", (int)strcspn(host, ":"), host);
	return *name && *name != '[' && !addr_parse(&a, name);
}

/*
 * The URL's host is what TLS names and what the Host header says if there is
 * no virtual host; connect_to says where the server really is.
 */
static void set_url(struct http_probe *h, const struct http_spec *s, const char *host)
{
	char place[ADDR_STRLEN + 10], name[256], url[400];
	const struct probe_target *t = &h->common.spec.target;

	format_place(t, place, sizeof(place));
	if (http_spec_sni(s) && server_name(host, name, sizeof(name)))
		snprintf(url, sizeof(url), "https://%s:%u/", name, t->port);
	else
		snprintf(url, sizeof(url), "%s://%s/", http_spec_tls(s) ? "https" : "http", place);
	curl_easy_setopt(h->easy, CURLOPT_URL, url);
}

static void set_request(struct http_probe *h, const struct http_spec *s)
{
	curl_easy_setopt(h->easy, CURLOPT_REQUEST_TARGET, http_spec_path(s));
	curl_easy_setopt(h->easy, CURLOPT_NOBODY, (long)(http_spec_method(s) == HTTP_METHOD_HEAD));
	curl_easy_setopt(h->easy, CURLOPT_HTTP_VERSION,
	    (long)(http_spec_version(s) == HTTP_VERSION_1_0 ? CURL_HTTP_VERSION_1_0
							    : CURL_HTTP_VERSION_1_1));
	curl_easy_setopt(h->easy, CURLOPT_USERAGENT, "directord");
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->easy, CURLOPT_CONNECT_TO, h->connect_to);
}

static void set_tls(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	/* Or each connection would read the system's certificates. */
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_0);
	curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT:@SECLEVEL=0");
	curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static void set_isolation(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	/* Ours is shorter; 0 would mean libcurl's own 300 s. */
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 24L * 3600 * 1000);
}

static void set_callbacks(struct http_probe *h)
{
	curl_easy_setopt(h->easy, CURLOPT_PRIVATE, h);
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(h->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(h->easy, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
}

static void http_start(struct probe *p)
{
	struct http_probe *h = http_of(p);
	const struct http_spec *s = p->spec.http;
	const char *host = p->spec.host ? p->spec.host : "";

	if (!http_host_valid(host)) {
		probe_defer(p, PROBE_ERROR, "the virtual host is not a host name");
		return;
	}
	h->easy = multi_take(p->loop->http);
	h->answer = http_answer_new(s);
	if (!h->easy || !h->answer || !set_lists(h, host)) {
		probe_defer(p, PROBE_ERROR, "out of memory");
		return;
	}
	set_url(h, s, host);
	set_request(h, s);
	set_tls(h->easy);
	set_isolation(h->easy);
	set_callbacks(h);
	h->added = curl_multi_add_handle(p->loop->http->curl, h->easy) == CURLM_OK;
	if (!h->added)
		probe_defer(p, PROBE_ERROR, "libcurl takes no more transfers");
}

static void http_release(struct probe *p)
{
	struct http_probe *h = http_of(p);
	struct http_multi *m = p->loop->http;

	if (h->added)
		curl_multi_remove_handle(m->curl, h->easy);
	if (h->easy)
		multi_give(m, h->easy);
	curl_slist_free_all(h->headers);
	curl_slist_free_all(h->connect_to);
	http_answer_free(h->answer);
}

static const struct probe_ops http_ops = {
    .start = http_start, .timeout = http_timeout, .release = http_release};

struct probe *http_probe_new(struct probe_loop *loop)
{
	struct http_probe *h;

	if (!loop->http)
		loop->http = multi_new(loop->base);
	if (!loop->http)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->fd = -1;
	h->common.ops = &http_ops;
	return &h->common;
}
