/* Templates: what is accepted, what they make, and that it reads back. */
#include "client_fixture.h"
#include "clients/template.h"

#define MAX 65536

static const char *const values[TEMPLATE__FIELDS] = {
	USER1,
	PASS1,
	"mail.example.com",
	"587",
	"eu-west-1",
	"news",
};

/* Parses source; the result refers to it. */
static enum ec
parse(struct buf *source, const char *text, struct template *t, struct err *e)
{
	buf_free(source);
	assert_int_equal(buf_adds(source, text, e), EC_OK);
	return template_parse(source, "t", t, e);
}

/* Template, and what it makes of the values above. */
static const struct good {
	const char *text, *made;
} goods[] = {
	{ "{{username}} {{password}}", USER1 " " PASS1 },
	{ "u={{ username }}\r\np={{password }}\r\n",
	    "u=" USER1 "\r\np=" PASS1 "\r\n" },
	{ "smtp://{{username}}:{{password|url}}@{{host}}:{{port}}/\n",
	    "smtp://" USER1 ":BK%2F%2BabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN@"
	    "mail.example.com:587/\n" },
	{ "# {{identity}} in {{region}}\n{{password}}\n{{username}}\n"
	  "{{username | url}}:{{password}}\n",
	    "# news in eu-west-1\n" PASS1 "\n" USER1 "\n" USER1 ":" PASS1
	    "\n" },
	{ "{{password|url}}+{{username}}",
	    "BK%2F%2BabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN+" USER1 },
};

static void
make_and_read_back(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++) {
		AUTO(buf) struct buf source = BUF(MAX);
		AUTO(buf) struct buf made = BUF(MAX);
		AUTO(buf) struct buf user = BUF(MAX);
		AUTO(buf) struct buf pass = BUF(MAX);
		struct template t;

		if (parse(&source, goods[i].text, &t, &e) != EC_OK)
			fail_msg("row %zu: %s", i, e.what);
		assert_int_equal(template_render(&t, values, &made, &e), EC_OK);
		assert_string_equal(buf_str(&made), goods[i].made);
		assert_int_equal(
		    template_match(&t, &made, "f", &user, &pass, &e), EC_OK);
		assert_string_equal(buf_str(&user), USER1);
		assert_string_equal(buf_str(&pass), PASS1);
	}
}

static void
refuse_template(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{ "", "t: has no {{username}}" },
		{ "{{username}}", "t: has no {{password}}" },
		{ "{{username}}\n {{passwort}}", "t:2:2: unknown" },
		{ "{{username}} {{password|rot13}}", "t:1:14: unknown" },
		{ "{{username}} {{password|}}", "t:1:14: unknown" },
		{ "{{username}} {{password", "t:1:14: unknown" },
		{ "{{username}}{{password}}", "t:1:13: what stands" },
		{ "{{username}}A{{password}}", "t:1:13: what stands" },
		{ "{{username}}:{{password}}/x", "t:1:26: what stands" },
		{ "{{username}}:{{password|url}}%", "t:1:30: what stands" },
		{ "{{username}}:{{password}} {{port}}0", "t:1:35: what" },
	};
	AUTO(buf) struct buf source = BUF(MAX);
	struct template t;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    parse(&source, rows[i].text, &t, &e), EC_CONFIG);
		if (strstr(e.what, rows[i].told) == NULL)
			fail_msg("row %zu: %s", i, e.what);
	}
	buf_free(&source);
	assert_int_equal(
	    buf_add(&source, "{{username}} {{password}}\0", 26, &e), EC_OK);
	assert_int_equal(template_parse(&source, "t", &t, &e), EC_CONFIG);
}

static void
too_many(void **state)
{
	AUTO(buf) struct buf source = BUF(MAX);
	AUTO(buf) struct buf text = BUF(MAX);
	struct template t;
	struct err e;

	(void)state;
	for (int i = 0; i < TEMPLATE_PLACES_MAX; i++)
		assert_int_equal(
		    buf_adds(&text,
			i % 2 == 0 ? "{{username}} " : "{{password}} ", &e),
		    EC_OK);
	assert_int_equal(parse(&source, buf_str(&text), &t, &e), EC_OK);
	assert_int_equal(buf_adds(&text, "{{host}}", &e), EC_OK);
	assert_int_equal(parse(&source, buf_str(&text), &t, &e), EC_CONFIG);
}

/* A file made from the template below, changed by someone. */
static void
foreign_edits(void **state)
{
	static const struct {
		const char *text;
		enum ec want;
		const char *user, *pass, *told;
	} rows[] = {
		{ "u a%2f%2B\np b\nh x y\nU a/+\n", EC_OK, "a/+", "b", "" },
		{ "u \np \nh \nU \n", EC_OK, "", "", "" },
		{ "", EC_CONFLICT, "", "", "f:1:1: differs" },
		{ "u a\np b\n", EC_CONFLICT, "", "", "f:2:3: differs" },
		{ "u a\nq b\nh x\nU a\n", EC_CONFLICT, "", "",
		    "f:1:3: differ" },
		{ "u a\np b\nh x\nU a\n ", EC_CONFLICT, "", "", "f:5:1: goes" },
		{ "u a\np b\nh x\nU a", EC_CONFLICT, "", "", "f:4:3: differs" },
		{ "u a\np b\nh x\nU c\n", EC_CONFLICT, "", "",
		    "another value" },
		{ "u a%2\np b\nh x\nU a\n", EC_CONFLICT, "", "",
		    "not encoded" },
		{ "u a%zz\np b\nh x\nU a\n", EC_CONFLICT, "", "",
		    "not encoded" },
		{ "u a\np b\nb\nh x\nU a\n", EC_CONFLICT, "", "",
		    "f:2:3: diff" },
	};
	AUTO(buf) struct buf source = BUF(MAX);
	struct template t;
	struct err e;

	(void)state;
	assert_int_equal(parse(&source,
			     "u {{username|url}}\np {{password}}\n"
			     "h {{host}}\nU {{username}}\n",
			     &t, &e),
	    EC_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf text = BUF(MAX);
		AUTO(buf) struct buf user = BUF(MAX);
		AUTO(buf) struct buf pass = BUF(MAX);

		assert_int_equal(buf_adds(&text, rows[i].text, &e), EC_OK);
		e.what[0] = '\0';
		if (template_match(&t, &text, "f", &user, &pass, &e) !=
			rows[i].want ||
		    strstr(e.what, rows[i].told) == NULL)
			fail_msg("row %zu: %s", i, e.what);
		assert_string_equal(buf_str(&user), rows[i].user);
		assert_string_equal(buf_str(&pass), rows[i].pass);
	}
}

/* Every character survives the way through a URL. */
static void
every_byte(void **state)
{
	AUTO(buf) struct buf source = BUF(MAX);
	struct template t;
	struct err e;

	(void)state;
	assert_int_equal(
	    parse(&source, "{{password|url}}@{{username|url}}", &t, &e), EC_OK);
	for (unsigned c = 1; c < 256; c++) {
		const char v[3] = { (char)c, 'x', '\0' };
		const char *const odd[TEMPLATE__FIELDS] = { v, v, "", "", "",
			"" };
		AUTO(buf) struct buf made = BUF(MAX);
		AUTO(buf) struct buf user = BUF(MAX);
		AUTO(buf) struct buf pass = BUF(MAX);

		assert_int_equal(template_render(&t, odd, &made, &e), EC_OK);
		assert_int_equal(
		    template_match(&t, &made, "f", &user, &pass, &e), EC_OK);
		assert_string_equal(buf_str(&user), v);
		assert_string_equal(buf_str(&pass), v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make_and_read_back),
		cmocka_unit_test(refuse_template),
		cmocka_unit_test(too_many),
		cmocka_unit_test(foreign_edits),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
