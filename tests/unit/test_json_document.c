/* json_document: two texts in a JSON value change, and nothing else. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "base/auto.h"
#include "base/wiping.h"
#include "clients/json.h"
#include "clients/json_document.h"

#define USER "AKIAI44QH8DHBEXAMPLE"
#define PASS "BH0123456789/+/+/+zyxwvutsrqponmlkjihgfedcba"

static struct smtp_cred
pair(void)
{
	struct smtp_cred c = { .user = USER };
	struct err e;

	assert_int_equal(secret_new(PASS, strlen(PASS), &c.pass, &e), EC_OK);
	return c;
}

static void
fill(struct buf *b, const char *text)
{
	struct err e;

	assert_int_equal(buf_adds(b, text, &e), EC_OK);
}

static const struct {
	const char *user, *pass;
	bool create;
	const char *text, *want; /* want NULL: refused */
	enum ec ec;
	bool flat;
} puts_rows[] = {
	{ "u", "p", false, "{\"u\":\"a\",\"p\":\"b\"}",
	    "{\"u\":\"" USER "\",\"p\":\"" PASS "\"}", EC_OK, false },
	/* Layout, order, numbers, escapes, a key that looks like ours. */
	{ "u", "p", false,
	    " { \"p\" : \"\\\"},\", \"n\":12345678901234567890.10 ,\n"
	    "\t\"x\":{\"u\":\"no\",\"l\":[\"u\",{\"u\":1}]},\"u\":\"\\u00fc\""
	    ",\"z\":\"\\/\" } \n",
	    " { \"p\" : \"" PASS "\", \"n\":12345678901234567890.10 ,\n"
	    "\t\"x\":{\"u\":\"no\",\"l\":[\"u\",{\"u\":1}]},\"u\":\"" USER
	    "\",\"z\":\"\\/\" } \n",
	    EC_OK, false },
	{ "smtp.user", "/smtp/pa~1ss", false,
	    "{\"smtp\":{\"user\":null,\"pa/ss\":\"\"}}",
	    "{\"smtp\":{\"user\":\"" USER "\",\"pa/ss\":\"" PASS "\"}}", EC_OK,
	    false },
	/* The name of a key may be written with escapes. */
	{ "u", "p", false, "{\"\\u0075\":\"\",\"p\":\"\"}",
	    "{\"\\u0075\":\"" USER "\",\"p\":\"" PASS "\"}", EC_OK, false },
	{ "u", "p", true, "{}", "{\"u\":\"" USER "\",\"p\":\"" PASS "\"}",
	    EC_OK, false },
	{ "a.u", "p\"", true, "{\"a\":{ \"k\":[] }, \"q\":{}}",
	    "{\"a\":{ \"k\":[],\"u\":\"" USER "\" }, \"q\":{},\"p\\\"\":\"" PASS
	    "\"}",
	    EC_OK, false },
	{ "u", "p", false, "{\"u\":\"\"}", NULL, EC_GONE, false },
	{ "u", "p", false, "{\"p\":\"\"}", NULL, EC_GONE, false },
	{ "a.u", "p", true, "{\"p\":\"\"}", NULL, EC_GONE, false },
	{ "u", "p", false, "{\"u\":\"\",\"u\":\"\",\"p\":\"\"}", NULL,
	    EC_CONFLICT, false },
	{ "u", "p", false, "{\"u\":\"\",\"p\":\"\",\"\\u0070\":\"\"}", NULL,
	    EC_CONFLICT, false },
	{ "u.a", "p", false, "{\"u\":\"\",\"p\":\"\"}", NULL, EC_CONFLICT,
	    false },
	{ "u.0", "p", false, "{\"u\":[\"\"],\"p\":\"\"}", NULL, EC_CONFLICT,
	    false },
	{ "u", "p", false, "smtp://a:b@c", NULL, EC_CONFLICT, false },
	{ "u", "p", false, "[\"u\"]", NULL, EC_CONFLICT, false },
	{ "u", "p", false, "{\"u\":\"\",\"p\":\"\"} x", NULL, EC_CONFLICT,
	    false },
	{ "u", "p", false, "{\"u\":\"\",\"p\":\"\"", NULL, EC_CONFLICT, false },
	{ "u", "p", false, "", NULL, EC_CONFLICT, false },
	/* Names with dots and slashes are names when they are flat. */
	{ "a.u", "/p", true, "{\"a\":{\"u\":\"x\"}}",
	    "{\"a\":{\"u\":\"x\"},\"a.u\":\"" USER "\",\"/p\":\"" PASS "\"}",
	    EC_OK, true },
	{ "a.u", "p", false, "{\"a.u\":\"\",\"p\":\"\"}",
	    "{\"a.u\":\"" USER "\",\"p\":\"" PASS "\"}", EC_OK, true },
	/* Somebody's, not ours: what is no text, what is no credential. */
	{ "u", "p", true, "{\"u\":{\"x\":1},\"p\":\"\"}", NULL, EC_CONFLICT,
	    false },
	{ "u", "p", true, "{\"u\":\"\",\"p\":7}", NULL, EC_CONFLICT, false },
	{ "u", "p", true, "{\"u\":\"\",\"p\":[]}", NULL, EC_CONFLICT, false },
	{ "u", "p", true, "{\"u\":true}", NULL, EC_CONFLICT, false },
	{ "u", "p", true, "{\"u\":\"\\u0000\"}", NULL, EC_CONFLICT, false },
	{ "u", "p", true, "{\"u\":\"\\ud800\"}", NULL, EC_CONFLICT, false },
	/* A key that only begins as ours does. */
	{ "u", "p", true, "{\"u\\u0000x\":\"no\"}",
	    "{\"u\\u0000x\":\"no\",\"u\":\"" USER "\",\"p\":\"" PASS "\"}",
	    EC_OK, false },
	/* The syntax of files beside JSON is none here. */
	{ "u", "p", true, "{\"u\":\"\",}", NULL, EC_CONFLICT, false },
	{ "u", "p", true, "{/**/}", NULL, EC_CONFLICT, false },
};

static void
puts_pair(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(puts_rows); i++) {
		AUTO(smtp_cred) struct smtp_cred c = pair();
		AUTO(buf) struct buf text = BUF(4096);
		AUTO(buf) struct buf out = BUF(4096);
		const struct json_document d = { .username = puts_rows[i].user,
			.password = puts_rows[i].pass,
			.create = puts_rows[i].create,
			.flat = puts_rows[i].flat };
		struct err e = { .ec = EC_OK };

		fill(&text, puts_rows[i].text);
		if (json_document_put(&d, &text, &c, &out, &e) !=
		    puts_rows[i].ec) {
			print_error("row %zu: %s\n", i, e.what);
			_fail(__FILE__, __LINE__);
		}
		assert_string_equal(buf_str(&out),
		    puts_rows[i].want != NULL ? puts_rows[i].want : "");
	}
}

static const struct {
	const char *text, *user, *pass; /* user NULL: EC_CONFLICT */
} gets_rows[] = {
	{ "{\"u\":\"a\\u0062\",\"p\":\"\\\"\"}", "ab", "\"" },
	{ "{\"u\":null}", "", NULL },
	{ "{\"p\":\"\"}", "", NULL },
	{ "{\"u\":1,\"p\":\"\"}", NULL, NULL },
	{ "{\"u\":\"\",\"p\":{}}", NULL, NULL },
	{ "{\"u\":\"\",\"p\":\"a\",\"p\":\"b\"}", NULL, NULL },
	{ "word", NULL, NULL },
};

static void
gets_pair(void **state)
{
	const struct json_document d = { .username = "u", .password = "p" };

	(void)state;
	for (size_t i = 0; i < COUNT(gets_rows); i++) {
		AUTO(smtp_cred) struct smtp_cred c = { .pass = NULL };
		AUTO(buf) struct buf text = BUF(4096);
		struct err e;
		enum ec ec;

		fill(&text, gets_rows[i].text);
		ec = json_document_get(&d, &text, &c, &e);
		if (gets_rows[i].user == NULL) {
			assert_int_equal(ec, EC_CONFLICT);
			continue;
		}
		assert_int_equal(ec, EC_OK);
		assert_string_equal(c.user, gets_rows[i].user);
		assert_true((c.pass != NULL) == (gets_rows[i].pass != NULL));
		if (c.pass != NULL)
			assert_string_equal(
			    secret_reveal(c.pass), gets_rows[i].pass);
	}
}

static void
checks_keys(void **state)
{
	static const struct {
		const char *user, *pass;
		enum ec ec;
		bool flat;
	} rows[] = {
		{ "username", "password", EC_OK, false },
		{ "a.u", "a.p", EC_OK, false },
		{ "a", "a", EC_CONFIG, false },
		{ "a", "a.p", EC_CONFIG, false },
		{ "a.u", "a", EC_CONFIG, false },
		{ "/a/u", "a.u", EC_CONFIG, false },
		{ "", "p", EC_CONFIG, false },
		{ "u", "p..x", EC_CONFIG, false },
		{ "a", "a.p", EC_OK, true },
		{ "a", "a", EC_CONFIG, true },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct json_document d = { .username = rows[i].user,
			.password = rows[i].pass,
			.flat = rows[i].flat };

		assert_int_equal(json_document_check(&d, &e), rows[i].ec);
	}
}

static void
keeps_limit(void **state)
{
	static const char empty[] = "{\"u\":\"\",\"p\":\"\"}";
	const size_t len = strlen(empty) + strlen(USER PASS);
	const struct json_document d = { .username = "u", .password = "p" };
	AUTO(smtp_cred) struct smtp_cred c = pair();
	AUTO(buf) struct buf text = BUF(4096);
	AUTO(buf) struct buf exact = BUF(len);
	AUTO(buf) struct buf less = BUF(len - 1);
	struct err e;

	(void)state;
	fill(&text, empty);
	assert_int_equal(
	    json_document_put(&d, &text, &c, &less, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "79 bytes"));
	assert_null(strstr(e.what, PASS));
	assert_int_equal(json_document_put(&d, &text, &c, &exact, &e), EC_OK);
	assert_int_equal(exact.len, len);
}

static void *
no_memory(size_t n)
{
	(void)n;
	errno = ENOMEM;
	return NULL;
}

/* EC_CONFLICT would ask a person to mend a value that is right. */
static void
starved(void **state)
{
	static cJSON_Hooks none = { no_memory, wiping_free };
	static cJSON_Hooks usual = { malloc, wiping_free };
	const struct json_document d = { .username = "u", .password = "p" };
	AUTO(smtp_cred) struct smtp_cred c = { .pass = NULL };
	AUTO(buf) struct buf text = BUF(64);
	struct err e;
	enum ec ec;

	(void)state;
	fill(&text, "{\"u\":\"\",\"p\":\"\"}");
	cJSON_InitHooks(&none);
	ec = json_document_get(&d, &text, &c, &e);
	cJSON_InitHooks(&usual);
	assert_int_equal(ec, EC_NOMEM);
	assert_int_equal(json_document_get(&d, &text, &c, &e), EC_OK);
}

static void
parts(void **state)
{
	static const struct {
		const char *text, *key, *want;
		enum ec ec;
	} rows[] = {
		{ "{\"a\":{\"b\": { \"x\":[1e400,{}] } , \"c\":1}}", "a.b",
		    "{ \"x\":[1e400,{}] }", EC_OK },
		{ "{\"a\": [ {} ,2] }", "a", "[ {} ,2]", EC_OK },
		{ "{\"a\":-1.50}", "a", "-1.50", EC_OK },
		{ "{\"a\":\"\\\"}\"}", "a", "\"\\\"}\"", EC_OK },
		{ "{\"a\":1}", "b", "", EC_GONE },
		{ "{\"a\":1,\"a\":2}", "a", "", EC_CONFLICT },
		{ "{\"a\":1", "a", "", EC_CONFLICT },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf text = BUF(4096);
		AUTO(buf) struct buf out = BUF(4096);

		fill(&text, rows[i].text);
		assert_int_equal(
		    json_document_part(&text, rows[i].key, &out, &e),
		    rows[i].ec);
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

/* Any document: what comes out is what went in, but for the two. */
static void
random_value(struct buf *b, unsigned *seed, int depth)
{
	static const char *const scalars[] = { "1", "-0.10e+5", "true", "null",
		"\"\"", "\"\\\\\"", "\"\\\"u\\\":{[\"", "\"\xc3\xbc,}\"", "[]",
		"{}" };
	static const char *const blanks[] = { "", " ", "\r\n\t" };
	const bool list = rand_r(seed) % 2 == 0;
	const int n = rand_r(seed) % 4;
	char key[16];

	if (depth == 0 || rand_r(seed) % 3 == 0) {
		fill(b, scalars[(size_t)rand_r(seed) % COUNT(scalars)]);
		return;
	}
	fill(b, list ? "[" : "{");
	for (int i = 0; i < n; i++) {
		(void)snprintf(key, sizeof(key), "\"k%d\"", i);
		fill(b, i > 0 ? "," : "");
		fill(b, blanks[(size_t)rand_r(seed) % COUNT(blanks)]);
		fill(b, list ? "" : key);
		fill(b, list ? "" : " :");
		random_value(b, seed, depth - 1);
	}
	fill(b, list ? "]" : "}");
}

static void
any_document(void **state)
{
	static const char *const slots[] = { "\"old\"", "null",
		"\"\\\"\\\\\"" };
	const struct json_document d = { .username = "in.u", .password = "p" };
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		AUTO(smtp_cred) struct smtp_cred c = pair();
		AUTO(buf) struct buf text = BUF(65536);
		AUTO(buf) struct buf want = BUF(65536);
		AUTO(buf) struct buf out = BUF(65536);
		struct buf parts[3] = { BUF(65536), BUF(65536), BUF(65536) };
		const char *slot = slots[(size_t)i % COUNT(slots)];
		struct err e = { .ec = EC_OK };

		for (int k = 0; k < 3; k++)
			random_value(&parts[k], &seed, 4);
		for (int k = 0; k < 2; k++) {
			struct buf *b = k == 0 ? &text : &want;

			fill(b, "{\"a\":");
			fill(b, buf_str(&parts[0]));
			fill(b, ",\"p\":");
			fill(b, k == 0 ? slot : "\"" PASS "\"");
			fill(b, " , \"in\":{\"x\":");
			fill(b, buf_str(&parts[1]));
			fill(b, ",\"u\":");
			fill(b, k == 0 ? slot : "\"" USER "\"");
			fill(b, ",\"y\":");
			fill(b, buf_str(&parts[2]));
			fill(b, "}}");
		}
		if (json_document_put(&d, &text, &c, &out, &e) != EC_OK ||
		    strcmp(buf_str(&out), buf_str(&want)) != 0) {
			print_error("%s\n%s\n%s\n", e.what, buf_str(&text),
			    buf_str(&out));
			_fail(__FILE__, __LINE__);
		}
		for (int k = 0; k < 3; k++)
			buf_free(&parts[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_pair),
		cmocka_unit_test(gets_pair),
		cmocka_unit_test(checks_keys),
		cmocka_unit_test(keeps_limit),
		cmocka_unit_test(starved),
		cmocka_unit_test(parts),
		cmocka_unit_test(any_document),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("json_document", tests, NULL, NULL);
}
