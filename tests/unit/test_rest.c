/* rest: what each status means, what a lost reply means for reads and writes,
 * and what of the service's words a person gets to see. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#undef fail

#include "base/auto.h"
#include "base/net.h"
#include "base/wiping.h"
#include "clients/rest.h"
#include "fake_http.h"

#define TOKEN "hvs.CAESIJtokentokentokentoken"
#define PASS  "BH0123456789/+/+/+zyxwvutsrqponmlkjihgfedcba"

#define die(...)                                                               \
	do {                                                                   \
		print_error(__VA_ARGS__);                                      \
		print_error("\n");                                             \
		_fail(__FILE__, __LINE__);                                     \
	} while (0)

static struct net *net;

static enum ec
lend(void *ctx, struct net **ret, struct err *e)
{
	(void)ctx;
	(void)e;
	*ret = net;
	return EC_OK;
}
static const struct client_reach reach = { .net = lend };
static const struct client client = { .name = "web", .reach = &reach };

struct talk {
	struct fake f;
	char url[96];
	struct rest_call q;
	struct rest_reply r;
	struct err e;
};

static void
talk_open(struct talk *t, const struct fake_step *steps, size_t n)
{
	*t = (struct talk){ .q = { .service = "Store",
				.object = "mail/pair",
				.method = "POST",
				.url = t->url,
				.timeout_ms = 3000 } };
	fake_start(&t->f, steps, n);
	(void)snprintf(t->url, sizeof(t->url),
	    "http://127.0.0.1:%d/v1/mail/pair", t->f.port);
}

static void
talk_close(struct talk *t)
{
	auto_rest_reply(&t->r);
	fake_stop(&t->f);
}

static void
reply(char *ret, size_t n, int status, const char *body)
{
	(void)snprintf(ret, n, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s",
	    status, strlen(body), body);
}

/* One call answered so. */
static enum ec
answered(struct talk *t, int status, const char *body)
{
	char text[2048];
	const struct fake_step step = { FAKE_REPLY_CLOSE, text };
	const struct rest_call q = t->q;

	reply(text, sizeof(text), status, body);
	talk_open(t, &step, 1);
	if (q.service != NULL) {
		t->q = q;
		t->q.url = t->url;
	}
	return rest_do(&client, &t->q, &t->r, &t->e);
}

static void
classes(void **state)
{
	static const struct {
		int status;
		enum ec write, read;
	} rows[] = {
		{ 200, EC_OK, EC_OK },
		{ 201, EC_OK, EC_OK },
		{ 204, EC_OK, EC_OK },
		{ 301, EC_PROTO, EC_PROTO },
		{ 307, EC_PROTO, EC_PROTO },
		{ 400, EC_CONFIG, EC_CONFIG },
		{ 401, EC_DENIED, EC_DENIED },
		{ 403, EC_DENIED, EC_DENIED },
		{ 404, EC_GONE, EC_GONE },
		{ 408, EC_TEMP, EC_TEMP },
		{ 409, EC_CONFLICT, EC_CONFLICT },
		{ 412, EC_CONFLICT, EC_CONFLICT },
		{ 418, EC_PROTO, EC_PROTO },
		{ 422, EC_CONFIG, EC_CONFIG },
		{ 429, EC_TEMP, EC_TEMP },
		{ 500, EC_UNKNOWN, EC_TEMP },
		{ 502, EC_UNKNOWN, EC_TEMP },
		{ 503, EC_TEMP, EC_TEMP },
		{ 504, EC_UNKNOWN, EC_TEMP },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		const enum ec want =
		    i % 2 == 0 ? rows[i / 2].write : rows[i / 2].read;
		struct talk t = { .q = { .service = NULL } };
		enum ec ec;

		t.q = (struct rest_call){ .service = "Store",
			.object = "mail/pair",
			.method = "POST",
			.timeout_ms = 3000,
			.reads = i % 2 == 1 };
		ec = answered(&t, rows[i / 2].status,
		    rows[i / 2].status == 204 ? "" : "{\"a\":1}");
		if (ec != want)
			die("%d: %s, not %s", rows[i / 2].status, ec_name(ec),
			    ec_name(want));
		assert_int_equal(t.r.status, rows[i / 2].status);
		if (ec != EC_OK) {
			assert_null(t.r.json);
			assert_non_null(strstr(t.e.what, "Store: mail/pair: "));
			assert_null(strstr(t.e.what, "Success"));
		} else if (rows[i / 2].status != 204) {
			assert_non_null(t.r.json);
		}
		talk_close(&t);
	}
}

static void
table_wins(void **state)
{
	static const struct rest_status table[] = {
		{ 404, EC_OK, NULL },
		{ 503, EC_HUMAN, "unseal it" },
		{ 0, EC_OK, NULL },
	};
	struct talk t = { .q = { .service = NULL } };

	(void)state;
	t.q = (struct rest_call){ .service = "Store",
		.object = "mail/pair",
		.method = "GET",
		.statuses = table,
		.reads = true };
	assert_int_equal(answered(&t, 404, "{\"errors\":[]}"), EC_OK);
	assert_int_equal(t.r.status, 404);
	assert_non_null(t.r.json);
	talk_close(&t);
	t.r = (struct rest_reply){ .json = NULL };
	assert_int_equal(answered(&t, 503, "{}"), EC_HUMAN);
	assert_string_equal(t.e.fix, "unseal it");
	talk_close(&t);
	assert_int_equal(answered(&t, 409, "{}"), EC_CONFLICT);
	talk_close(&t);
}

static void
lost_replies(void **state)
{
	static const struct fake_step lost[] = {
		{ FAKE_DROP, NULL },
		{ FAKE_RESET, NULL },
		{ FAKE_HANG, NULL },
		{ FAKE_REPLY_CLOSE,
		    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lost) * 2; i++) {
		struct talk t;

		talk_open(&t, &lost[i / 2], 1);
		t.q.reads = i % 2 == 1;
		t.q.timeout_ms = 300;
		assert_int_equal(rest_do(&client, &t.q, &t.r, &t.e),
		    i % 2 == 1 ? EC_TEMP : EC_UNKNOWN);
		assert_int_equal(t.e.ec, i % 2 == 1 ? EC_TEMP : EC_UNKNOWN);
		assert_non_null(strstr(t.e.what, "Store: mail/pair: 127."));
		assert_int_equal(t.r.status, 0);
		talk_close(&t);
	}
}

/* A write goes over a fresh connection, so that libcurl cannot resend it. */
static void
writes_are_sent_once(void **state)
{
	static const struct fake_step steps[] = {
		{ FAKE_REPLY,
		    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
		{ FAKE_DROP, NULL },
		{ FAKE_REPLY,
		    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
	};
	struct talk t;

	(void)state;
	talk_open(&t, steps, COUNT(steps));
	assert_int_equal(rest_do(&client, &t.q, &t.r, &t.e), EC_OK);
	auto_rest_reply(&t.r);
	t.r.json = NULL;
	assert_int_equal(rest_do(&client, &t.q, &t.r, &t.e), EC_UNKNOWN);
	assert_int_equal(t.f.seen->requests, 2);
	talk_close(&t);
}

static void
not_json(void **state)
{
	static const struct {
		int status;
		bool reads;
		const char *body;
		enum ec ec;
	} rows[] = {
		{ 200, true, "<html>", EC_PROTO },
		{ 200, false, "<html>", EC_UNKNOWN }, /* a proxy's page? */
		{ 200, true, "{} {}", EC_PROTO },
		{ 200, true, "{\"a\":1", EC_PROTO },
		{ 404, true, "<html>nope</html>", EC_GONE },
		{ 500, false, "oops", EC_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t = { .q = { .service = "Store",
				      .object = "mail/pair",
				      .method = "GET",
				      .reads = rows[i].reads } };

		assert_int_equal(
		    answered(&t, rows[i].status, rows[i].body), rows[i].ec);
		assert_null(strstr(t.e.what, "nope"));
		assert_null(t.r.json);
		talk_close(&t);
	}
}

static void *
no_memory(size_t n)
{
	(void)n;
	errno = ENOMEM;
	return NULL;
}

/* What we could not hold is no fault of the service; but a write was sent. */
static void
starved(void **state)
{
	static cJSON_Hooks none = { no_memory, wiping_free };
	static cJSON_Hooks usual = { malloc, wiping_free };

	(void)state;
	for (unsigned reads = 0; reads < 2; reads++) {
		struct talk t = { .q = { .service = "Store",
				      .object = "mail/pair",
				      .method = "GET",
				      .reads = reads == 1 } };

		cJSON_InitHooks(&none);
		(void)answered(&t, 200, "{\"a\":1}");
		cJSON_InitHooks(&usual);
		assert_int_equal(t.e.ec, reads == 1 ? EC_NOMEM : EC_UNKNOWN);
		talk_close(&t);
	}
}

static void
their_words(void **state)
{
	static const struct {
		const char *body, *shown;
	} rows[] = {
		{ "{\"errors\":[\"no such mount\",\"b\"]}", ": no such mount" },
		{ "{\"message\":\"Bad\\nname\"}", ": Bad\\nname" },
		{ "{\"error\":{\"message\":\"deep\"}}", ": deep" },
		{ "{\"error\":\"plain\",\"error_description\":\"long\"}",
		    ": long" },
		{ "{\"message\":\"\\u001b[31mred\"}", "\\x1b[31mred" },
		{ "{\"other\":\"x\"}", "status 400" },
		{ "[1]", "status 400" },
		{ "{\"errors\":[1],\"message\":\"m\"}", ": m" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t = { .q = { .service = NULL } };

		assert_int_equal(answered(&t, 400, rows[i].body), EC_CONFIG);
		if (strstr(t.e.what, rows[i].shown) == NULL)
			die("no %s in %s", rows[i].shown, t.e.what);
		talk_close(&t);
	}
}

static void
secrets_are_withheld(void **state)
{
	static const struct {
		const char *said;
		bool shown;
	} rows[] = {
		{ "{\"message\":\"bad value " PASS "\"}", false },
		{ "{\"message\":\"bad token " TOKEN "!\"}", false },
		{ "{\"message\":\"no X-Token=" TOKEN "\"}", false },
		{ "{\"message\":\"xIJtokentokentokenx\"}", false },
		/* Of the body, in a form that nobody knows for a password. */
		{ "{\"message\":\"data: \\\"QkgwMTIzNDU2Nzg5\\\"\"}", false },
		{ "{\"message\":\"...U2Nzg5LysvKy8rL3p5eHd2dXRzcnFwb25t\"}",
		    false },
		/* None of these is secret. */
		{ "{\"message\":\"user AKIAI44QH8DHBEXAMPLE\"}", true },
		{ "{\"message\":\"at 127.0.0.1 /v1/mail/pair\"}", true },
		{ "{\"message\":\"id 0b9f9b9e-5d1c-4d9e is gone\"}", true },
		{ "{\"message\":\"value is too long to be shown\"}", true },
	};
	AUTO(buf) struct buf body = BUF(4096);
	AUTO(secret) struct secret *token = NULL;
	struct err e;

	(void)state;
	assert_int_equal(
	    buf_adds(&body,
		"{\"id\":\"0b9f9b9e-5d1c-4d9e\",\"u\":\"AKIAI44QH8DHBEXAMPLE\",\"p\":\"" PASS
		"\",\"b\":\"QkgwMTIzNDU2Nzg5LysvKy8rL3p5eHd2dXRzcn"
		"Fwb25tbGtqaWhnZmVkY2Jh\"}",
		&e),
	    EC_OK);
	assert_int_equal(secret_new(TOKEN, strlen(TOKEN), &token, &e), EC_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t = { .q = { .service = "Store",
				      .object = "mail/pair",
				      .method = "POST",
				      .auth = "X-Token: ",
				      .token = token,
				      .body = &body,
				      .known = "0b9f9b9e-5d1c-4d9e" } };

		assert_int_equal(answered(&t, 422, rows[i].said), EC_CONFIG);
		if ((strstr(t.e.what, "withheld") == NULL) != rows[i].shown)
			die("%s: %s", rows[i].said, t.e.what);
		assert_null(strstr(t.e.what, PASS));
		assert_null(strstr(t.e.what, TOKEN));
		assert_null(strstr(t.e.what, "QkgwMTIz"));
		talk_close(&t);
	}
}

static void
what_is_sent(void **state)
{
	static const char *const headers[] = { "Accept: application/json",
		"X-Two: 2", NULL };
	AUTO(buf) struct buf body = BUF(64);
	AUTO(secret) struct secret *token = NULL;
	struct talk t = { .q = { .service = "Store",
			      .object = "o",
			      .method = "PATCH",
			      .headers = headers,
			      .auth = "Authorization: Bearer ",
			      .content_type = "application/merge-patch+json",
			      .body = &body } };

	(void)state;
	assert_int_equal(buf_adds(&body, "{}", &t.e), EC_OK);
	assert_int_equal(secret_new("tok", 3, &token, &t.e), EC_OK);
	t.q.token = token;
	assert_int_equal(answered(&t, 200, "{}"), EC_OK);
	assert_non_null(
	    strstr(t.f.seen->text[0], "PATCH /v1/mail/pair HTTP/1.1\r\n"));
	assert_non_null(
	    strstr(t.f.seen->text[0], "\r\nAuthorization: Bearer tok\r\n"));
	assert_non_null(strstr(t.f.seen->text[0],
	    "\r\nContent-Type: application/merge-patch+json\r\n"));
	assert_non_null(strstr(t.f.seen->text[0], "\r\nX-Two: 2\r\n"));
	assert_non_null(strstr(t.f.seen->text[0], "\r\n\r\n{}"));
	talk_close(&t);
}

static void
too_many_headers(void **state)
{
	static const char *const headers[] = { "A: 1", "B: 1", "C: 1", "D: 1",
		"E: 1", "F: 1", "G: 1", "H: 1", "I: 1", NULL };
	struct talk t = { .q = { .service = "Store",
			      .object = "o",
			      .method = "GET",
			      .headers = headers } };

	(void)state;
	assert_int_equal(answered(&t, 200, "{}"), EC_BUG);
	talk_close(&t);
}

static void
escapes(void **state)
{
	AUTO(buf) struct buf b = BUF(256);
	struct err e;

	(void)state;
	assert_int_equal(
	    rest_escape("a b/c%\xc3\xbc~-._?#&+", "/", &b, &e), EC_OK);
	assert_string_equal(buf_str(&b), "a%20b/c%25%C3%BC~-._%3F%23%26%2B");
	b.max = b.len;
	assert_int_equal(rest_escape("x", "", &b, &e), EC_PROTO);
}

static void
nobody_lends(void **state)
{
	static const struct client alone = { .name = "web" };
	struct rest_call q = { .service = "Store",
		.object = "o",
		.method = "GET",
		.url = "http://127.0.0.1:1/" };
	struct rest_reply r = { .json = NULL };
	struct err e;

	(void)state;
	assert_int_equal(rest_do(&alone, &q, &r, &e), EC_BUG);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(table_wins),
		cmocka_unit_test(lost_replies),
		cmocka_unit_test(writes_are_sent_once),
		cmocka_unit_test(not_json),
		cmocka_unit_test(starved),
		cmocka_unit_test(their_words),
		cmocka_unit_test(secrets_are_withheld),
		cmocka_unit_test(what_is_sent),
		cmocka_unit_test(too_many_headers),
		cmocka_unit_test(escapes),
		cmocka_unit_test(nobody_lends),
	};
	struct err e;
	int failed;

	if (secret_init(&e) != EC_OK || net_new(NULL, &net, &e) != EC_OK)
		return 1;
	failed = cmocka_run_group_tests_name("rest", tests, NULL, NULL);
	net_free(net);
	return failed;
}
