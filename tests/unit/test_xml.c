/* xml: paths and texts, and every way of being refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/secret.h"
#include "base/xml.h"

/* "path=text;" of every element, in order. */
static enum ec
note(void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	assert_int_equal(strlen(text), len);
	return buf_addf(ctx, e, "%s=%s;", path, text);
}

static enum ec
walk(const char *text, size_t len, struct buf *seen, struct err *e)
{
	AUTO(buf) struct buf doc = BUF(1024 * 1024);

	assert_int_equal(buf_add(&doc, text, len, e), EC_OK);
	return xml_walk(&doc, note, seen, e);
}

static void
expect(const char *text, const char *want)
{
	AUTO(buf) struct buf seen = BUF(65536);
	struct err e;

	assert_int_equal(walk(text, strlen(text), &seen, &e), EC_OK);
	assert_string_equal(buf_str(&seen), want);
}

static void
expect_refused(const char *text)
{
	AUTO(buf) struct buf seen = BUF(1024 * 1024);
	struct err e;

	assert_int_equal(walk(text, strlen(text), &seen, &e), EC_PROTO);
	assert_true(e.what[0] != '\0');
}

static void
test_paths(void **state)
{
	(void)state;
	expect("<a/>", "a=;");
	expect("<a> x </a>", "a=x;");
	expect("<?xml version=\"1.0\"?>\n<a xmlns=\"u\">\n <b>1</b>\n"
	       " <c><b q='z'>2</b></c>tail\n</a>\n",
	    "a/b=1;a/c/b=2;a/c=;a=;");
	expect("<a><b>x&amp;&lt;&#65;y</b></a>", "a/b=x&<Ay;a=;");
	expect("<a><![CDATA[<b>]]></a>", "a=<b>;");
	expect("<a>be<!-- c -->fore</a>", "a=before;");
}

static void
test_refused(void **state)
{
	(void)state;
	expect_refused("");
	expect_refused("hello");
	expect_refused("<a>");
	expect_refused("<a><b></a>");
	expect_refused("<a/><a/>");
	expect_refused("<a>&unknown;</a>");
	expect_refused("<!DOCTYPE a><a/>");
	expect_refused("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>");
	expect_refused("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>");
	expect_refused("\x80\x81<a/>");
}

static void
test_caps(void **state)
{
	static char text[200 * 1024];
	size_t n;

	(void)state;
	text[0] = '\0';
	for (int i = 0; i < XML_DEPTH_MAX + 1; i++)
		(void)strncat(text, "<a>", 4);
	for (int i = 0; i < XML_DEPTH_MAX + 1; i++)
		(void)strncat(text, "</a>", 5);
	expect_refused(text);
	/* one level less is fine */
	n = (XML_DEPTH_MAX + 1) * 3;
	text[strlen(text) - 4] = '\0';
	expect(text + 3,
	    "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a=;a/a/a/a/a/a/a/a/a/a/a/a/a/a/a=;"
	    "a/a/a/a/a/a/a/a/a/a/a/a/a/a=;a/a/a/a/a/a/a/a/a/a/a/a/a=;"
	    "a/a/a/a/a/a/a/a/a/a/a/a=;a/a/a/a/a/a/a/a/a/a/a=;"
	    "a/a/a/a/a/a/a/a/a/a=;a/a/a/a/a/a/a/a/a=;a/a/a/a/a/a/a/a=;"
	    "a/a/a/a/a/a/a=;a/a/a/a/a/a=;a/a/a/a/a=;a/a/a/a=;a/a/a=;a/a=;a=;");
	(void)n;
	memset(text, 'x', sizeof(text));
	memcpy(text, "<a>", 3);
	memcpy(text + XML_TEXT_MAX + 4, "</a>", 5);
	expect_refused(text);
	memset(text, 'n', sizeof(text));
	text[0] = '<';
	memcpy(text + XML_PATH_MAX + 2, "/>", 3);
	expect_refused(text);
	memset(text, ' ', sizeof(text));
	memcpy(text, "<a/>", 4);
	text[XML_SIZE_MAX + 1] = '\0';
	expect_refused(text);
}

static enum ec
refuse(void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	int *calls = ctx;

	(void)text;
	(void)len;
	(*calls)++;
	return fail(e, EC_LIMIT, "%s", path);
}

static void
test_stop(void **state)
{
	AUTO(buf) struct buf doc = BUF(100);
	struct err e;
	int calls = 0;

	(void)state;
	assert_int_equal(buf_adds(&doc, "<a><b/><c/><d/></a>", &e), EC_OK);
	assert_int_equal(xml_walk(&doc, refuse, &calls, &e), EC_LIMIT);
	assert_int_equal(calls, 1);
	assert_string_equal(e.what, "a/b");
}

/* Every prefix of a document is refused, and none crashes. */
static void
test_cut(void **state)
{
	static const char text[] = "<?xml version='1.0'?><a><b c='d'>&amp;x"
				   "</b><e/></a>";
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		AUTO(buf) struct buf seen = BUF(1024);

		assert_int_equal(walk(text, n, &seen, &e), EC_PROTO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_cut),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
