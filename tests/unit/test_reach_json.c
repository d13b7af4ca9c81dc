/* What no other test comes by of documents, replies and URLs in JSON's and
 * other people's hands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/secret.h"
#include "base/xml.h"
#include "clients/aws_json.h"
#include "clients/exec_protocol.h"
#include "clients/json_document.h"
#include "clients/template.h"
#include "sigv4/smtp_password.h"

/* Members that are there and no texts. */
static void
test_replies(void **state)
{
	static const struct {
		enum exec_action action;
		const char *text;
	} rows[] = {
		{ EXEC_PLAN, "{\"protocol\":1,\"ok\":false,\"class\":1}" },
		{ EXEC_PLAN,
		    "{\"protocol\":1,\"ok\":false,\"class\":\"temp\","
		    "\"error\":1}" },
		{ EXEC_PLAN,
		    "{\"protocol\":1,\"ok\":false,\"class\":\"temp\","
		    "\"error\":\"e\",\"fix\":1}" },
		{ EXEC_PLAN, "{\"protocol\":1,\"ok\":true,\"change\":1}" },
		{ EXEC_PLAN,
		    "{\"protocol\":1,\"ok\":true,\"change\":\"c\","
		    "\"after\":1}" },
		{ EXEC_PLAN,
		    "{\"protocol\":1,\"ok\":true,\"change\":\"c\","
		    "\"warning\":1}" },
		{ EXEC_READ,
		    "{\"protocol\":1,\"ok\":true,\"username\":1,"
		    "\"password\":\"p\"}" },
		{ EXEC_READ,
		    "{\"protocol\":1,\"ok\":true,\"username\":\"u\","
		    "\"password\":1}" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(exec_reply)
		struct exec_reply got = { .cred = { .user = "" } };
		AUTO(buf) struct buf text = BUF(EXEC_REPLY_MAX);
		bool heard = false;

		assert_int_equal(buf_adds(&text, rows[i].text, &e), EC_OK);
		assert_int_equal(exec_reply_parse(&text, "p", rows[i].action,
				     &got, &heard, &e),
		    EC_PROTO);
		assert_false(heard);
	}
	assert_string_equal(exec_class(EC_NOMEM), "");
	assert_string_equal(exec_class(EC_GONE), "gone");
}

static enum ec
put(const char *user, const char *pass, bool flat, const char *text,
    struct err *e)
{
	const struct json_document d = { user, pass, true, flat };
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(buf) struct buf b = BUF(4096);
	AUTO(buf) struct buf ret = BUF(4096);

	assert_int_equal(smtp_cred_any(&cred, e), EC_OK);
	assert_int_equal(buf_adds(&b, text, e), EC_OK);
	return json_document_put(&d, &b, &cred, &ret, e);
}

static void
test_documents(void **state)
{
	struct err e;
	AUTO(buf) struct buf b = BUF(4096);
	AUTO(buf) struct buf part = BUF(4096);

	(void)state;
	assert_int_equal(put("u", "p", false, "{}", &e), EC_OK);
	assert_int_equal(put("a..u", "p", false, "{}", &e), EC_CONFIG);
	assert_int_equal(put("u", "p..", false, "{}", &e), EC_CONFIG);
	assert_int_equal(
	    put("u", "p", false, "{\"u\": \"\\ud800\"}", &e), EC_CONFLICT);
	assert_int_equal(put("u", "p", false, "{\"u\": [1]}", &e), EC_CONFLICT);
	assert_int_not_equal(put("a.u", "p", false, "{\"a\": 1}", &e), EC_OK);
	assert_int_not_equal(
	    put("u", "p", true, "{\"u\": \"a\", \"u\": \"b\"}", &e), EC_OK);
	/* One key is the other: what is read back is not what was put. */
	assert_int_equal(put("u", "u", true, "{}", &e), EC_BUG);
	assert_int_equal(buf_adds(&b, "{\"a\":1}", &e), EC_OK);
	assert_int_equal(json_document_part(&b, "a..b", &part, &e), EC_CONFIG);
	assert_int_equal(json_document_part(&b, "b", &part, &e), EC_GONE);
}

static void
test_arns(void **state)
{
	static const char *const bad[] = { "a b", "a\x7f", "arn:aws:ssm",
		"arn:aws:ssmx:eu-west-1:1:p", "arn:aws:ss:eu-west-1:1:p",
		"arn:aws:xxx:eu-west-1:1:p", "arn:aws:ssm::1:p",
		"arn:aws:ssm:eu-west-1-and-much-more-than-a-region:1:p" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    aws_object_check(&aws_ssm, "name", bad[i], NULL, &e),
		    EC_CONFIG);
	assert_int_equal(aws_object_check(&aws_ssm, "name",
			     "arn:aws:ssm:eu-west-1:1:p", "eu-west-1", &e),
	    EC_OK);
	assert_int_equal(aws_object_check(&aws_ssm, "name",
			     "arn:aws:ssm:eu-west-1:1:p", "eu-west-2", &e),
	    EC_CONFIG);
}

static void
test_long_template(void **state)
{
	static char text[TEMPLATE_BYTES_MAX + 2];
	AUTO(buf) struct buf b = BUF(TEMPLATE_BYTES_MAX + 2);
	struct template t;
	struct err e;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(buf_adds(&b, text, &e), EC_OK);
	assert_int_equal(template_parse(&b, "f", &t, &e), EC_CONFIG);
}

/* ---- XML ---- */

static enum ec
refuse(void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	unsigned *seen = ctx;

	(void)path;
	(void)text;
	(void)len;
	++*seen;
	return fail(e, EC_CONFLICT, "enough");
}

static enum ec
count(void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	unsigned *seen = ctx;

	(void)path;
	(void)text;
	(void)e;
	*seen += 1 + (unsigned)len;
	return EC_OK;
}

/* After the first refusal nothing is visited any more. */
static void
test_xml_stops(void **state)
{
	AUTO(buf) struct buf many = BUF(100);
	AUTO(buf) struct buf blank = BUF(100);
	unsigned seen = 0;
	struct err e;

	(void)state;
	assert_int_equal(
	    buf_adds(&many, "<a><b>x</b>y<c/><d>z</d></a>", &e), EC_OK);
	assert_int_equal(buf_adds(&blank, "<a> \n </a>", &e), EC_OK);
	assert_int_equal(xml_walk(&many, refuse, &seen, &e), EC_CONFLICT);
	assert_int_equal(seen, 1);
	seen = 0;
	assert_int_equal(xml_walk(&blank, count, &seen, &e), EC_OK);
	assert_int_equal(seen, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_arns),
		cmocka_unit_test(test_long_template),
		cmocka_unit_test(test_xml_stops),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "documents, replies, URLs", tests, NULL, NULL);
}
