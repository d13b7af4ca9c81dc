/* aws: what is sent, what is sent again, and what a failure is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/clock.h"
#include "base/net.h"
#include "fake_env.h"
#include "fake_http.h"
#include "sigv4/aws.h"
#include "sigv4/aws_p.h"

#define HEAD(status) "HTTP/1.1 " status "\r\nConnection: close\r\n"
#define XML(code)                                                              \
	"\r\n<ErrorResponse><Error><Code>" code "</Code><Message>why\n"        \
	"SESSIONTOKEN</Message></Error><RequestId>rid-1</RequestId>"           \
	"</ErrorResponse>"
#define REFUSE(status, code)                                                   \
	{                                                                      \
		FAKE_REPLY_CLOSE, HEAD(status) XML(code)                       \
	}
#define JSON(status, head, body)                                               \
	{                                                                      \
		FAKE_REPLY_CLOSE,                                              \
		    HEAD(status) "x-amzn-RequestId: rid-2\r\n" head            \
				 "\r\n" body                                   \
	}
#define FINE                                                                   \
	{                                                                      \
		FAKE_REPLY_CLOSE, HEAD("200 OK") "\r\n<ok/>"                   \
	}

static struct net *net;

struct session {
	struct fake_env f;
	struct fake server;
	struct aws *aws;
	char url[64];
	int sleeps;
	int64_t slept, longest;
};

static void
count_sleep(void *ctx, int64_t ms)
{
	struct session *s = ctx;

	s->sleeps++;
	s->slept += ms;
	if (ms > s->longest)
		s->longest = ms;
}

static void
begin(struct session *s, const struct fake_step *script, size_t count)
{
	const struct aws_options o = {
		.sleep = count_sleep, .sleep_ctx = s, .timeout_ms = 1000
	};
	struct err e;

	memset(s, 0, sizeof(*s));
	fake_start(&s->server, script, count);
	fake_env_init(&s->f);
	(void)snprintf(
	    s->url, sizeof(s->url), "http://127.0.0.1:%d", s->server.port);
	fake_env_set(&s->f, "AWS_ENDPOINT_URL", s->url);
	fake_env_set(&s->f, "AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
	fake_env_set(&s->f, "AWS_SECRET_ACCESS_KEY", "SECRETSECRET");
	fake_env_set(&s->f, "AWS_SESSION_TOKEN", "SESSIONTOKEN");
	assert_int_equal(aws_open(net, &s->f.env, &o, &s->aws, &e), EC_OK);
}

static void
end(struct session *s)
{
	aws_close(s->aws);
	fake_stop(&s->server);
	fake_env_end(&s->f);
}

static enum ec
call(struct session *s, enum aws_resend resend, struct aws_error *why,
    struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	AUTO(buf) struct buf body = BUF(100);
	const struct aws_call c = {
		.service = "iam",
		.action = "TestAction",
		.content_type = "text/plain",
		.body = &body,
		.resend = resend,
	};

	assert_int_equal(buf_adds(&body, "Action=x", e), EC_OK);
	return aws_do(s->aws, &c, &r, why, e);
}

static void
test_request(void **state)
{
	static const struct fake_step script[] = { FINE };
	struct session s;
	struct aws_error why;
	char url[256];
	const char *t;
	struct err e;

	(void)state;
	begin(&s, script, COUNT(script));
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_OK);
	t = s.server.seen->text[0];
	assert_non_null(strstr(t, "POST / HTTP/1.1\r\nHost: 127.0.0.1:"));
	assert_non_null(strstr(t, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(t, "\r\nX-Amz-Date: 2"));
	assert_non_null(strstr(t, "\r\nX-Amz-Security-Token: SESSIONTOKEN\r"));
	assert_non_null(strstr(t,
	    "/us-east-1/iam/aws4_request, SignedHeaders="
	    "content-type;host;x-amz-date;"
	    "x-amz-security-token, Signature="));
	assert_null(strstr(t, "SECRETSECRET"));
	assert_int_equal(aws_calls(s.aws), 1);
	assert_string_equal(aws_identity(s.aws), "environment");
	assert_string_equal(aws_region(s.aws), "us-east-1");
	assert_int_equal(aws_endpoint(s.aws, "iam", url, &e), EC_OK);
	assert_string_equal(url, s.url);
	end(&s);
}

/* One reply for ever: class and number of requests by resend rule. */
static const struct {
	struct fake_step step;
	enum ec again, unsent;
	unsigned n_again, n_unsent;
} rows[] = {
	{ REFUSE("404 x", "NoSuchEntity"), EC_GONE, EC_GONE, 1, 1 },
	{ REFUSE("409 x", "LimitExceeded"), EC_LIMIT, EC_LIMIT, 1, 1 },
	{ REFUSE("400 x", "LimitExceededException"), EC_TEMP, EC_TEMP, 3, 3 },
	{ REFUSE("400 x", "Throttling"), EC_TEMP, EC_TEMP, 3, 3 },
	{ REFUSE("503 x", "SlowDown"), EC_TEMP, EC_TEMP, 3, 3 },
	{ REFUSE("429 x", "Whatever"), EC_TEMP, EC_TEMP, 3, 3 },
	{ REFUSE("403 x", "AccessDenied"), EC_DENIED, EC_DENIED, 1, 1 },
	{ REFUSE("403 x", "NewKindOfDenial"), EC_DENIED, EC_DENIED, 1, 1 },
	{ REFUSE("403 x", "InvalidClientTokenId"), EC_AUTH, EC_AUTH, 1, 1 },
	{ REFUSE("403 x", "ExpiredToken"), EC_AUTH, EC_AUTH, 1, 1 },
	{ REFUSE("403 x", "SignatureDoesNotMatch"), EC_AUTH, EC_AUTH, 1, 1 },
	{ REFUSE("409 x", "EntityTemporarilyUnmodifiable"), EC_TEMP, EC_TEMP, 1,
	    1 },
	{ REFUSE("400 x", "ValidationError"), EC_CONFIG, EC_CONFIG, 1, 1 },
	{ JSON("400 x", "", "{\"__type\":\"com.x#ResourceNotFoundException\"}"),
	    EC_GONE, EC_GONE, 1, 1 },
	{ JSON("404 x",
	      "X-Amzn-ErrorType: ResourceNotFoundException:http://i/\r\n",
	      "{\"Type\":\"User\",\"Message\":\"SESSION\"}"),
	    EC_GONE, EC_GONE, 1, 1 },
	{ JSON("412 x", "x-amzn-ErrorType: PreconditionFailedException\r\n",
	      "{}"),
	    EC_CONFLICT, EC_CONFLICT, 1, 1 },
	{ JSON("400 x", "", "{\"__type\":\"InternalServiceError\"}"), EC_TEMP,
	    EC_UNKNOWN, 3, 1 },
	/* Cut off in the middle, or no object: the header proves nothing. */
	{ JSON("404 x", "x-amzn-ErrorType: ResourceNotFoundException\r\n",
	      "{\"Type\":"),
	    EC_PROTO, EC_UNKNOWN, 1, 1 },
	{ JSON(
	      "404 x", "x-amzn-ErrorType: ResourceNotFoundException\r\n", "[]"),
	    EC_PROTO, EC_UNKNOWN, 1, 1 },
	{ REFUSE("418 x", "Teapot"), EC_PROTO, EC_PROTO, 1, 1 },
	{ REFUSE("500 x", "ServiceFailure"), EC_TEMP, EC_UNKNOWN, 3, 1 },
	{ REFUSE("503 x", "ServiceUnavailable"), EC_TEMP, EC_UNKNOWN, 3, 1 },
	{ { FAKE_REPLY_CLOSE, HEAD("502 x") "\r\n<html>proxy</html>" }, EC_TEMP,
	    EC_UNKNOWN, 3, 1 },
	{ { FAKE_REPLY_CLOSE, HEAD("403 x") "\r\n<html>proxy" }, EC_PROTO,
	    EC_UNKNOWN, 1, 1 },
	{ { FAKE_REPLY_CLOSE, HEAD("302 x") "Location: /\r\n\r\n" }, EC_PROTO,
	    EC_UNKNOWN, 1, 1 },
	{ { FAKE_DROP, NULL }, EC_TEMP, EC_UNKNOWN, 3, 1 },
	{ { FAKE_RESET, NULL }, EC_TEMP, EC_UNKNOWN, 3, 1 },
	{ { FAKE_HANG, NULL }, EC_TEMP, EC_UNKNOWN, 3, 1 },
};

static void
check_row(size_t i, enum aws_resend rule, enum ec want, unsigned n)
{
	struct session s;
	struct aws_error why;
	struct err e;

	begin(&s, &rows[i].step, 1);
	if (call(&s, rule, &why, &e) != want || s.server.seen->requests != n) {
		print_error("row %zu rule %d: %s, %u requests: %s\n", i,
		    (int)rule, ec_name(e.ec), s.server.seen->requests, e.what);
		_fail(__FILE__, __LINE__);
	}
	assert_int_equal(e.ec, want);
	assert_int_equal(s.sleeps, n - 1);
	assert_true(s.longest <= 2000);
	assert_non_null(strstr(e.what, "TestAction"));
	assert_null(strstr(e.what, "SESSIONTOKEN"));
	assert_null(strstr(e.fix, "SESSIONTOKEN"));
	end(&s);
}

static void
test_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_row(i, AWS_RESEND, rows[i].again, rows[i].n_again);
		check_row(
		    i, AWS_RESEND_UNSENT, rows[i].unsent, rows[i].n_unsent);
	}
}

static void
test_words(void **state)
{
	static const struct fake_step script[] = { REFUSE(
	    "409 Conflict", "LimitExceeded") };
	struct session s;
	struct aws_error why;
	struct err e;

	(void)state;
	begin(&s, script, 1);
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_LIMIT);
	assert_int_equal(why.status, 409);
	assert_string_equal(why.code, "LimitExceeded");
	assert_string_equal(why.message, "why");
	assert_string_equal(why.request_id, "rid-1");
	assert_non_null(strstr(e.what,
	    "LimitExceeded: why (HTTP 409, request "
	    "rid-1)"));
	end(&s);
}

static void
test_words_json(void **state)
{
	static const struct {
		struct fake_step step;
		const char *code, *message;
	} cases[] = {
		{ JSON("400 x", "",
		      "{\"__type\":\"ns#One\",\"message\":\"a\\nb\"}"),
		    "One", "a" },
		{ JSON("400 x", "", "{\"code\":\"Two\",\"Message\":\"m\"}"),
		    "Two", "m" },
		{ JSON("400 x", "X-AMZN-ERRORTYPE: Three:https://x\r\n",
		      "{\"__type\":\"no\",\"message\":7}"),
		    "Three", "" },
	};
	struct session s;
	struct aws_error why;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(&s, &cases[i].step, 1);
		assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_PROTO);
		assert_string_equal(why.code, cases[i].code);
		assert_string_equal(why.message, cases[i].message);
		assert_string_equal(why.request_id, "rid-2");
		end(&s);
	}
}

/* Below the path of an endpoint, without body and type, as Lambda wants it.
 * The signature of such a request: tests/vectors/rest-arn-get and -put. */
static void
test_rest(void **state)
{
	static const struct fake_step script[] = { FINE };
	struct aws_call c = {
		.service = "lambda",
		.action = "GetFunctionConfiguration",
		.method = "GET",
		.path = "/2015-03-31/functions/a%3Ab/configuration",
	};
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct session s;
	struct aws_error why;
	const char *t;
	struct err e;

	(void)state;
	begin(&s, script, COUNT(script));
	(void)strcat(s.url, "/base/");
	assert_int_equal(aws_do(s.aws, &c, &r, &why, &e), EC_OK);
	t = s.server.seen->text[0];
	assert_non_null(strstr(t,
	    "GET /base/2015-03-31/functions/a%3Ab/configuration HTTP/1.1\r"));
	assert_null(strstr(t, "Content-"));
	assert_non_null(strstr(t,
	    "/us-east-1/lambda/aws4_request, "
	    "SignedHeaders=host;x-amz-date;x-amz-security-token, "));
	end(&s);
}

static void
test_recovery(void **state)
{
	static const struct fake_step script[] = { REFUSE(
						       "400 x", "Throttling"),
		{ FAKE_REPLY_CLOSE,
		    HEAD("503 x") "Retry-After: 5\r\n" XML(
			"ThrottlingException") },
		FINE };
	struct session s;
	struct aws_error why;
	struct err e;

	(void)state;
	begin(&s, script, COUNT(script));
	assert_int_equal(call(&s, AWS_RESEND_UNSENT, &why, &e), EC_OK);
	assert_int_equal(s.server.seen->requests, 3);
	assert_int_equal(s.sleeps, 2);
	assert_int_equal(s.longest, 5000);
	end(&s);
}

/* A connection that cannot be made never had an effect. */
static void
test_unreachable(void **state)
{
	static const struct fake_step script[] = { FINE };
	struct session s;
	struct aws_error why;
	struct err e;

	(void)state;
	begin(&s, script, 1);
	(void)kill(s.server.pid, SIGKILL);
	(void)waitpid(s.server.pid, NULL, 0);
	assert_int_equal(call(&s, AWS_RESEND_UNSENT, &why, &e), EC_TEMP);
	assert_int_equal(aws_calls(s.aws), 3);
	assert_int_equal(s.sleeps, 2);
	aws_close(s.aws);
	fake_env_end(&s.f);
}

/* The date of a server whose clock is off ours. */
static void
date_text(int64_t off_ms, char *ret, size_t size)
{
	time_t t = (time_t)((clock_wall() + off_ms) / 1000);
	struct tm tm;

	assert_non_null(gmtime_r(&t, &tm));
	assert_true(strftime(ret, size, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
			&tm) > 0);
}

static int64_t
signed_at(const char *request)
{
	const char *s = strstr(request, "X-Amz-Date: ");
	char iso[32];

	assert_non_null(s);
	s += 12;
	(void)snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s,
	    s + 4, s + 6, s + 9, s + 11, s + 13);
	return clock_parse_iso(iso);
}

static void
test_skew(void **state)
{
	const int64_t off = INT64_C(3600) * 1000;
	char date[64], refusal[512], fine[256];
	struct fake_step script[] = { { FAKE_REPLY_CLOSE, refusal },
		{ FAKE_REPLY_CLOSE, fine } };
	struct session s;
	struct aws_error why;
	struct err e;

	(void)state;
	date_text(off, date, sizeof(date));
	(void)snprintf(refusal, sizeof(refusal), "%s%s%s", HEAD("403 x"), date,
	    XML("SignatureDoesNotMatch"));
	(void)snprintf(
	    fine, sizeof(fine), "%s%s\r\n<ok/>", HEAD("200 OK"), date);
	begin(&s, script, COUNT(script));
	assert_int_equal(call(&s, AWS_RESEND_UNSENT, &why, &e), EC_OK);
	assert_int_equal(s.server.seen->requests, 2);
	assert_int_equal(s.sleeps, 0);
	assert_true(llabs(aws_skew(s.aws) - off) < 5000);
	assert_true(llabs(signed_at(s.server.seen->text[1]) - clock_wall() -
			off) < 5000);
	/* The offset is kept. */
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_OK);
	assert_true(llabs(signed_at(s.server.seen->text[2]) - clock_wall() -
			off) < 5000);
	end(&s);
	/* Only once: a second refusal with the corrected clock is final. */
	begin(&s, script, 1);
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_AUTH);
	assert_int_equal(s.server.seen->requests, 2);
	end(&s);
}

/* A date that says when something was decided is signed as it is, and no
 * other one is tried: what AWS finds too old was to be refused. */
static void
test_dated(void **state)
{
	const int64_t off = INT64_C(3600) * 1000;
	const struct aws_call c = { .service = "iam",
		.action = "TestAction",
		.at = INT64_C(1790000000000) };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	char date[64], refusal[512];
	struct fake_step script[] = { { FAKE_REPLY_CLOSE, refusal } };
	struct session s;
	struct aws_error why;
	struct err e;

	(void)state;
	date_text(off, date, sizeof(date));
	(void)snprintf(refusal, sizeof(refusal), "%s%s%s", HEAD("403 x"), date,
	    XML("SignatureDoesNotMatch"));
	begin(&s, script, COUNT(script));
	assert_int_equal(aws_do(s.aws, &c, &r, &why, &e), EC_AUTH);
	assert_int_equal(s.server.seen->requests, 1);
	assert_int_equal(signed_at(s.server.seen->text[0]), c.at);
	/* Also when the clock has been corrected for others. */
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_AUTH);
	assert_int_equal(s.server.seen->requests, 3);
	assert_int_equal(aws_do(s.aws, &c, &r, &why, &e), EC_AUTH);
	assert_int_equal(s.server.seen->requests, 4);
	assert_int_equal(signed_at(s.server.seen->text[3]), c.at);
	end(&s);
}

static void
test_settings(void **state)
{
	const struct aws_options o = { .region = NULL };
	struct fake_env f;
	struct aws *a = NULL;
	struct err e;

	(void)state;
	fake_env_init(&f);
	assert_int_equal(aws_open(net, &f.env, &o, &a, &e), EC_DENIED);
	fake_env_file(&f, "config",
	    "[default]\nregion = eu-north-1\naws_access_key_id = AKIAX\n"
	    "aws_secret_access_key = y\n");
	assert_int_equal(aws_open(net, &f.env, &o, &a, &e), EC_OK);
	assert_string_equal(aws_region(a), "eu-north-1");
	aws_close(a);
	fake_env_set(&f, "AWS_DEFAULT_REGION", "eu-west-2");
	assert_int_equal(aws_open(net, &f.env, &o, &a, &e), EC_OK);
	assert_string_equal(aws_region(a), "eu-west-2");
	aws_close(a);
	fake_env_set(&f, "AWS_REGION", "nowhere");
	assert_int_equal(aws_open(net, &f.env, &o, &a, &e), EC_CONFIG);
	fake_env_end(&f);
}

#define LONG_TOKEN "IQoJb3JpZ2luX2VjEBAaCXVzLWVhc3QtMSJHMEUCIQ"

/* Whoever answers may quote the request, or half of it, on the first line. */
static void
test_quoted_token(void **state)
{
	static const struct fake_step script[] = {
		{ FAKE_REPLY_CLOSE,
		    HEAD("403 x") "\r\n<ErrorResponse><Error><Code>AccessDenied"
				  "</Code><Message>X-Amz-Security-Token="
				  "IQoJb3JpZ2luX2VjEBAa</Message></Error>"
				  "</ErrorResponse>" },
		JSON("400 x", "x-amzn-ErrorType: " LONG_TOKEN "\r\n", "{}"),
		JSON("400 x", "", "{\"__type\":\"X\",\"message\":\"IQoJb3\"}"),
	};
	const struct aws_options o = { .sleep = count_sleep };
	struct aws_error why;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, script, COUNT(script));
	aws_close(s.aws);
	fake_env_set(&s.f, "AWS_SESSION_TOKEN", LONG_TOKEN);
	assert_int_equal(aws_open(net, &s.f.env, &o, &s.aws, &e), EC_OK);
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_DENIED);
	assert_null(strstr(e.what, "IQoJb3JpZ2lu"));
	assert_non_null(strstr(e.what, "text withheld"));
	assert_null(strstr(why.message, "IQoJb3JpZ2lu"));
	assert_int_equal(why.status, 403);
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_PROTO);
	assert_null(strstr(e.what, "IQoJb3JpZ2lu"));
	assert_string_equal(why.code, "");
	/* Less than a word of it is nothing. */
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_PROTO);
	assert_string_equal(why.message, "IQoJb3");
	end(&s);
}

/* ---- how often ---- */

static uint32_t
all_eyes(void *ctx)
{
	++*(int *)ctx;
	return UINT32_MAX;
}

/* Opened anew after these settings; NULL: not set. */
static void
reopen(struct session *s, const char *mode, const char *attempts, int given,
    int *dice)
{
	const struct aws_options o = { .sleep = count_sleep,
		.sleep_ctx = s,
		.timeout_ms = 1000,
		.attempts = given,
		.random = all_eyes,
		.random_ctx = dice };
	struct err e;

	aws_close(s->aws);
	if (mode != NULL)
		fake_env_set(&s->f, "AWS_RETRY_MODE", mode);
	if (attempts != NULL)
		fake_env_set(&s->f, "AWS_MAX_ATTEMPTS", attempts);
	assert_int_equal(aws_open(net, &s->f.env, &o, &s->aws, &e), EC_OK);
}

/* As often as the settings say, after 1, 2, 4, 8, 16, 20, 20 s at the most;
 * and however often that is, what may have had an effect is sent once. */
static void
test_attempts(void **state)
{
	static const struct {
		const char *attempts;
		int given;
		unsigned want;
		int64_t slept;
	} cases[] = {
		{ "1", 0, 1, 0 },
		{ "2", 0, 2, 1000 },
		{ NULL, 0, 3, 3000 },
		{ "8", 0, 8, 71000 },
		{ "8", 2, 2, 1000 },
	};
	static const struct fake_step down[] = { REFUSE(
	    "500 x", "ServiceFailure") };
	struct aws_error why;
	struct session s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int dice = 0;

		begin(&s, down, 1);
		reopen(&s, NULL, cases[i].attempts, cases[i].given, &dice);
		assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_TEMP);
		assert_int_equal(s.server.seen->requests, cases[i].want);
		assert_int_equal(dice, cases[i].want - 1);
		assert_int_equal(s.slept, cases[i].slept);
		assert_int_equal(
		    call(&s, AWS_RESEND_UNSENT, &why, &e), EC_UNKNOWN);
		assert_int_equal(s.server.seen->requests, cases[i].want + 1);
		assert_int_equal(s.slept, cases[i].slept);
		end(&s);
	}
}

/* What cannot be sent twice is, when it was throttled: that had no effect. */
static void
test_attempts_throttled(void **state)
{
	static const struct fake_step busy[] = { REFUSE(
	    "400 x", "Throttling") };
	struct aws_error why;
	struct session s;
	struct err e;
	int dice = 0;

	(void)state;
	begin(&s, busy, 1);
	reopen(&s, NULL, "5", 0, &dice);
	assert_int_equal(call(&s, AWS_RESEND_UNSENT, &why, &e), EC_TEMP);
	assert_int_equal(s.server.seen->requests, 5);
	end(&s);
}

/* A session alone has no pace, unless it is asked for. */
static void
test_mode(void **state)
{
	static const struct fake_step script[] = {
		REFUSE("400 x", "Throttling"), FINE
	};
	struct aws_account_stats st;
	struct aws_error why;
	struct session s;
	struct err e;
	int dice = 0;

	(void)state;
	for (int adaptive = 0; adaptive < 2; adaptive++) {
		begin(&s, script, COUNT(script));
		reopen(&s, adaptive ? "adaptive" : "standard", NULL, 0, &dice);
		assert_null(aws_note(s.aws));
		assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_OK);
		aws_account_stats(s.aws->account, &st);
		assert_int_equal(st.throttled, 1);
		assert_int_equal(st.calls, 2);
		assert_int_equal(s.slept, 1000);
		assert_true(adaptive ? st.rate > 0 : st.rate <= 0);
		/* The next slot is seconds away, and nobody really sleeps. */
		assert_int_equal(
		    call(&s, AWS_RESEND, &why, &e), adaptive ? EC_TEMP : EC_OK);
		assert_int_equal(s.server.seen->requests, adaptive ? 2 : 3);
		if (adaptive)
			assert_non_null(strstr(e.what, "not sent"));
		end(&s);
	}
}

/* A try after a time-out costs twice as much as any other. */
static void
test_cost(void **state)
{
	static const struct fake_step hang[] = { { FAKE_HANG, NULL } };
	static const struct fake_step drop[] = { { FAKE_DROP, NULL } };
	struct aws_account_stats st;
	struct aws_error why;
	struct session s;
	struct err e;
	int dice = 0;

	(void)state;
	begin(&s, hang, 1);
	reopen(&s, NULL, "2", 0, &dice);
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_TEMP);
	aws_account_stats(s.aws->account, &st);
	assert_int_equal(st.quota, RETRY_QUOTA - RETRY_COST_TIMEOUT);
	end(&s);
	begin(&s, drop, 1);
	reopen(&s, NULL, "2", 0, &dice);
	assert_int_equal(call(&s, AWS_RESEND, &why, &e), EC_TEMP);
	aws_account_stats(s.aws->account, &st);
	assert_int_equal(st.quota, RETRY_QUOTA - RETRY_COST);
	end(&s);
}

/* A setting that is none is said at once, before anything is sent. */
static void
test_bad_settings(void **state)
{
	static const struct fake_step script[] = { FINE };
	const struct aws_options o = { .region = NULL };
	struct aws *a = NULL;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, script, 1);
	fake_env_set(&s.f, "AWS_MAX_ATTEMPTS", "0");
	assert_int_equal(aws_open(net, &s.f.env, &o, &a, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "AWS_MAX_ATTEMPTS"));
	fake_env_set(&s.f, "AWS_MAX_ATTEMPTS", "1");
	fake_env_set(&s.f, "AWS_RETRY_MODE", "harder");
	assert_int_equal(aws_open(net, &s.f.env, &o, &a, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "AWS_RETRY_MODE"));
	assert_null(a);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_json),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_quoted_token),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_dated),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_attempts_throttled),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_bad_settings),
	};
	struct err e;
	int failed;

	if (secret_init(&e) != EC_OK || net_new(NULL, &net, &e) != EC_OK)
		return 1;
	failed = cmocka_run_group_tests_name("aws", tests, NULL, NULL);
	net_free(net);
	return failed;
}
