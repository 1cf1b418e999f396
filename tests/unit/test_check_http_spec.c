/* SPDX-License-Identifier: BSD-2-Clause */
/* What an HTTP check accepts: configurations, and the judgement of answers, without a network. */
#include "core/check/http_spec.h"

#include <stdio.h>
#include <string.h>
#include "tests/unit/unit.h"

static const char *refusal(const struct http_config *c)
{
	static char error[HTTP_ERROR_MAX];
	struct http_spec *s;

	snprintf(error, sizeof(error), "taken");
	s = http_spec_new(c, error);
	http_spec_free(s);
	return error;
}

static char reason[PROBE_REASON_MAX];

/* The judgement of an answer whose body comes in pieces of `piece` bytes. */
static enum probe_outcome judge(
    const struct http_config *c, unsigned status, const char *body, size_t len, size_t piece)
{
	char error[HTTP_ERROR_MAX] = "";
	struct http_spec *s = http_spec_new(c, error);
	struct http_answer *a;
	enum probe_outcome o;

	ck_assert_msg(s != NULL, "refused: %s", error);
	a = http_answer_new(s);
	ck_assert_ptr_nonnull(a);
	for (size_t at = 0; at < len; at += piece) {
		if (!http_answer_body(a, body + at, piece < len - at ? piece : len - at))
			break;
	}
	o = http_answer_judge(a, status, reason);
	http_answer_free(a);
	http_spec_free(s);
	return o;
}

static enum probe_outcome judge_text(const struct http_config *c, unsigned status, const char *body)
{
	enum probe_outcome whole = judge(c, status, body, strlen(body), 1000000);

	ck_assert_int_eq(judge(c, status, body, strlen(body), 1), whole);
	return whole;
}

START_TEST(test_status)
{
	struct http_config c = {0};

	for (unsigned status = 0; status < 1000; status++)
		ck_assert_int_eq(judge_text(&c, status, "x"),
		    status >= 200 && status <= 299 ? PROBE_SUCCESS : PROBE_FAILURE);
	c.status = "200,204-206 301 ,  599";
	for (unsigned status = 0; status < 1000; status++) {
		bool good = status == 200 || (status >= 204 && status <= 206) || status == 301 ||
			    status == 599;

		ck_assert_int_eq(judge_text(&c, status, "x"), good ? PROBE_SUCCESS : PROBE_FAILURE);
	}
	judge_text(&c, 503, "x");
	ck_assert_str_eq(reason, "HTTP status 503, expected 200,204-206 301 ,  599");
	judge_text(&c, 204, "");
	ck_assert_str_eq(reason, "HTTP status 204");
}
END_TEST

START_TEST(test_status_refused)
{
	static const char *const bad[] = {"0", "99", "600", "20", "2000", "abc", "200-", "-200",
	    "204-200", "200--204", "200;204", "200-204-206", "200x", "200-600"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct http_config c = {.status = bad[i]};

		ck_assert_msg(
		    strstr(refusal(&c), "status codes") != NULL, "%s: %s", bad[i], refusal(&c));
	}
}
END_TEST

START_TEST(test_digest)
{
	/* RFC 1321, A.5 */
	struct http_config c = {.digest = "F96B697D7CB7938D525A2F31AAF161D0"};

	ck_assert_int_eq(judge_text(&c, 200, "message digest"), PROBE_SUCCESS);
	ck_assert_int_eq(judge_text(&c, 200, "message digesT"), PROBE_FAILURE);
	ck_assert_int_eq(judge_text(&c, 404, "message digest"), PROBE_FAILURE);
	ck_assert_str_eq(reason, "HTTP status 404, expected 200-299");
	judge_text(&c, 200, "abc");
	ck_assert_str_eq(reason, "body digest is 900150983cd24fb0d6963f7d28e17f72");
	c.digest = "d41d8cd98f00b204e9800998ecf8427e";
	ck_assert_int_eq(judge_text(&c, 200, ""), PROBE_SUCCESS);
}
END_TEST

START_TEST(test_digest_refused)
{
	static const char *const bad[] = {"1", "f96b697d7cb7938d525a2f31aaf161d",
	    "f96b697d7cb7938d525a2f31aaf161d01", "g96b697d7cb7938d525a2f31aaf161d0"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct http_config c = {.digest = bad[i]};

		ck_assert_str_eq(refusal(&c), "the digest must have 32 hexadecimal digits");
	}
}
END_TEST

START_TEST(test_pattern)
{
	struct http_config c = {.regex = "^status: (ok|fine)$(?m)"};

	c.regex = "(?m)^status: (ok|fine)$";
	ck_assert_int_eq(judge_text(&c, 200, "<pre>\nstatus: fine\n</pre>"), PROBE_SUCCESS);
	ck_assert_int_eq(judge_text(&c, 200, "status: finer"), PROBE_FAILURE);
	ck_assert_str_eq(reason, "pattern not found in the body");
	ck_assert_int_eq(judge_text(&c, 200, ""), PROBE_FAILURE);
	c.regex_negate = true;
	ck_assert_int_eq(judge_text(&c, 200, "status: ok"), PROBE_FAILURE);
	ck_assert_str_eq(reason, "pattern found in the body");
	ck_assert_int_eq(judge_text(&c, 200, "all well"), PROBE_SUCCESS);
	ck_assert_int_eq(judge_text(&c, 500, "all well"), PROBE_FAILURE);
	/* A body may have any byte in it. */
	c = (struct http_config){.regex = "b\\x00c"};
	ck_assert_int_eq(judge(&c, 200, "ab\0cd", 5, 2), PROBE_SUCCESS);
}
END_TEST

START_TEST(test_pattern_and_digest)
{
	struct http_config c = {.regex = "digest", .digest = "f96b697d7cb7938d525a2f31aaf161d0"};

	ck_assert_int_eq(judge_text(&c, 200, "message digest"), PROBE_SUCCESS);
	c.regex = "digests";
	ck_assert_int_eq(judge_text(&c, 200, "message digest"), PROBE_FAILURE);
}
END_TEST

START_TEST(test_pattern_refused)
{
	struct http_config c = {.regex = "a(b"};

	ck_assert_str_eq(refusal(&c), "pattern, character 4: missing closing parenthesis");
}
END_TEST

/* A pattern that would take for ever costs a bounded time, and is a failure that says why. */
START_TEST(test_runaway_pattern)
{
	struct http_config c = {.regex = "(a+)+$"};
	static char body[40];
	usec_t began = clock_now();

	memset(body, 'a', sizeof(body) - 2);
	body[sizeof(body) - 2] = 'b';
	ck_assert_int_eq(judge(&c, 200, body, sizeof(body) - 1, 100), PROBE_FAILURE);
	ck_assert_str_eq(reason, "pattern not decided: match limit exceeded");
	ck_assert_uint_lt(clock_now() - began, USEC_PER_SEC);
	/* Not found is not what was found out, so negation does not make it a success. */
	c.regex_negate = true;
	ck_assert_int_eq(judge(&c, 200, body, sizeof(body) - 1, 100), PROBE_FAILURE);
}
END_TEST

START_TEST(test_body_limit)
{
	struct http_config c = {.body_limit = 10};
	static const char body[] = "0123456789abc";

	ck_assert_int_eq(judge_text(&c, 200, body), PROBE_SUCCESS);
	c.digest = "d41d8cd98f00b204e9800998ecf8427e";
	ck_assert_int_eq(judge_text(&c, 200, body), PROBE_FAILURE);
	ck_assert_str_eq(reason, "body longer than 10 bytes: no digest");
	c.digest = NULL;
	/* What is in the part that was read is in the body... */
	c.regex = "89";
	ck_assert_int_eq(judge_text(&c, 200, body), PROBE_SUCCESS);
	/* ...but what is not there may be in the rest. */
	c.regex = "bc";
	ck_assert_int_eq(judge_text(&c, 200, body), PROBE_FAILURE);
	ck_assert_str_eq(reason, "pattern not in the first 10 bytes of the body");
	c.regex_negate = true;
	ck_assert_int_eq(judge_text(&c, 200, body), PROBE_FAILURE);
	/* Exactly the limit is not too long. */
	ck_assert_int_eq(judge_text(&c, 200, "0123456789"), PROBE_SUCCESS);
}
END_TEST

START_TEST(test_request_refused)
{
	struct http_config c = {.path = "/a b"};

	ck_assert_ptr_nonnull(strstr(refusal(&c), "path"));
	c.path = "/a\r\nHost: evil";
	ck_assert_ptr_nonnull(strstr(refusal(&c), "path"));
	c.path = "index.html";
	ck_assert_ptr_nonnull(strstr(refusal(&c), "path"));
	c.path = "/index.html?a=b&c=%20#x";
	ck_assert_str_eq(refusal(&c), "taken");
	c.method = HTTP_METHOD_HEAD;
	ck_assert_str_eq(refusal(&c), "taken");
	c.regex = "x";
	ck_assert_ptr_nonnull(strstr(refusal(&c), "HEAD"));
}
END_TEST

START_TEST(test_hosts)
{
	ck_assert(http_host_valid("www.example.com:8080"));
	ck_assert(http_host_valid("[2001:db8::1]:80"));
	ck_assert(http_host_valid(""));
	ck_assert(!http_host_valid("a b"));
	ck_assert(!http_host_valid("a\r\nX: y"));
	ck_assert(!http_host_valid("user@example.com"));
	ck_assert(!http_host_valid("example.com/path"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_spec");
	TCase *tc = tcase_create("http_spec");

	tcase_add_test(tc, test_status);
	tcase_add_test(tc, test_status_refused);
	tcase_add_test(tc, test_digest);
	tcase_add_test(tc, test_digest_refused);
	tcase_add_test(tc, test_pattern);
	tcase_add_test(tc, test_pattern_and_digest);
	tcase_add_test(tc, test_pattern_refused);
	tcase_add_test(tc, test_runaway_pattern);
	tcase_add_test(tc, test_body_limit);
	tcase_add_test(tc, test_request_refused);
	tcase_add_test(tc, test_hosts);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
