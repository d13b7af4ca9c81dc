/*
 * What no other test of the editors comes by: escapes that end with the text,
 * keys that cannot be, values that cannot stand there; and the last line of
 * defence, shown what no editor writes: a change of something else.
 */
#include <stdio.h>

#include "edit_text.h"

#include "clients/edit/json_scan.h"
#include "clients/edit/php_tree.h"
#include "clients/edit/toml.h"
#include "clients/edit/xml_scan.h"
#include "clients/edit/yaml_scalar.h"

/* ---- escapes ---- */

static enum ec
unquote(const char *syntax, char quote, const char *p, size_t n,
    struct buf *ret, struct err *e)
{
	if (strcmp(syntax, "json") == 0)
		return json_unescape(p, n, ret, e);
	if (strcmp(syntax, "toml") == 0)
		return toml_unescape(p, p + n, quote, ret, e);
	if (strcmp(syntax, "yaml") == 0)
		return yaml_unquote(quote, p, n, ret, e);
	if (strcmp(syntax, "xml") == 0)
		return xml_unescape(p, n, ret, e);
	return php_unquote(quote, p, n, ret, e);
}

#define TEXT(s) s, sizeof(s) - 1

/* want NULL: refused. */
static const struct {
	const char *syntax;
	char quote;
	const char *text;
	size_t len;
	const char *want;
} inside[] = {
	{ "json", '"', TEXT("\\u12"), NULL },
	{ "json", '"', TEXT("\\u1\0zz"), NULL },
	{ "json", '"', TEXT("\\\0"), NULL },
	{ "json", '"', TEXT("\\ud83d"), NULL },
	{ "json", '"', TEXT("\\ud83dxxxxxx"), NULL },
	{ "json", '"', TEXT("\\ud83d\\nxxxx"), NULL },
	{ "json", '"', TEXT("\\ud83d\\u00zz"), NULL },
	{ "json", '"', TEXT("\\ud83d\\ue000"), NULL },
	{ "json", '"', TEXT("\\ud83d\\ude00"), "\xf0\x9f\x98\x80" },
	{ "json", '"', TEXT("\\u00e9\\/"), "\xc3\xa9/" },
	{ "toml", '"', TEXT("a\\\0"), NULL },
	{ "toml", '"', TEXT("\\ud800"), NULL },
	{ "toml", '"', TEXT("\\U00110000"), NULL },
	{ "toml", '"', TEXT("\\u0000"), NULL },
	{ "toml", '"', TEXT("\\u12"), NULL },
	{ "toml", '"', TEXT("\\x41"), NULL },
	{ "toml", '"', TEXT("\\U0001f600\\u00e9"), "\xf0\x9f\x98\x80\xc3\xa9" },
	{ "toml", '"', TEXT("a\\"), "a\\" },
	{ "toml", '\'', TEXT("a\\n"), "a\\n" },
	{ "yaml", '"', TEXT("a\\"), NULL },
	{ "yaml", '"', TEXT("\\\0"), NULL },
	{ "yaml", '"', TEXT("\\q"), NULL },
	{ "yaml", '"', TEXT("\\x4"), NULL },
	{ "yaml", '"', TEXT("\\u00"), NULL },
	{ "yaml", '"', TEXT("\\x4g"), NULL },
	{ "yaml", '"', TEXT("\\u00\0z"), NULL },
	{ "yaml", '"', TEXT("\\x41\\u00e9\\U0001f600"),
	    "A\xc3\xa9\xf0\x9f\x98\x80" },
	{ "yaml", '\'', TEXT("a''b"), "a'b" },
	{ "yaml", '\'', TEXT("a'b"), "a'b" },
	{ "yaml", '\'', TEXT("a'"), "a'" },
	{ "yaml", '\0', TEXT("a'b"), "a'b" },
	{ "php", '"', TEXT("a\\"), "a\\" },
	{ "php", '"', TEXT("\\\0"), "\\" },
	{ "php", '"', TEXT("\\x"), "\\x" },
	{ "php", '"', TEXT("\\xg"), "\\xg" },
	{ "php", '"', TEXT("\\x4g"), "\004g" },
	{ "php", '"', TEXT("\\1018"), "A8" },
	{ "php", '"', TEXT("\\u"), "\\u" },
	{ "php", '"', TEXT("\\ux"), "\\ux" },
	{ "php", '"', TEXT("\\u{}"), NULL },
	{ "php", '"', TEXT("\\u{41"), NULL },
	{ "php", '"', TEXT("\\u{41 }"), NULL },
	{ "php", '"', TEXT("\\u{41}"), "A" },
	{ "php", '"', TEXT("a$"), "a$" },
	{ "php", '"', TEXT("a$["), "a$[" },
	{ "php", '"', TEXT("$~"), "$~" },
	{ "php", '"', TEXT("$1"), "$1" },
	{ "php", '"', TEXT("$a"), NULL },
	{ "php", '"', TEXT("$Z"), NULL },
	{ "php", '"', TEXT("$_"), NULL },
	{ "php", '"', TEXT("$\x80"), NULL },
	{ "php", '"', TEXT("${a}"), NULL },
	{ "php", '"', TEXT("{$a}"), NULL },
	{ "php", '"', TEXT("{a}"), "{a}" },
	{ "php", '\'', TEXT("a\\"), "a\\" },
	{ "php", '\'', TEXT("\\'\\\\\\n"), "'\\\\n" },
	{ "xml", '"', TEXT("&#65;&#x42;&#x62;&amp;"), "ABb&" },
	{ "xml", '"', TEXT("&"), NULL },
	{ "xml", '"', TEXT("&#"), NULL },
	{ "xml", '"', TEXT("&#x"), NULL },
	{ "xml", '"', TEXT("&#65"), NULL },
	{ "xml", '"', TEXT("&#6g;"), NULL },
	{ "xml", '"', TEXT("&#x1;"), NULL },
	{ "xml", '"', TEXT("&#xfffe;"), NULL },
	{ "xml", '"', TEXT("&#xffff;"), NULL },
	{ "xml", '"', TEXT("&#xd800;"), NULL },
	{ "xml", '"', TEXT("&#x110000;"), NULL },
	{ "xml", '"', TEXT("&#99999999999;"), NULL },
	{ "xml", '"', TEXT("&none;"), NULL },
	{ "xml", '"', TEXT("&#9;&#10;&#13;"), "\t\n\r" },
};

static void
test_inside(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(inside); i++) {
		AUTO(buf) struct buf b = BUF(1024);
		const enum ec ec = unquote(inside[i].syntax, inside[i].quote,
		    inside[i].text, inside[i].len, &b, &e);

		if ((ec == EC_OK) != (inside[i].want != NULL))
			die("row %zu, %s %s: %s: %s", i, inside[i].syntax,
			    inside[i].text, ec_name(ec), buf_str(&b));
		if (ec == EC_OK && strcmp(buf_str(&b), inside[i].want) != 0)
			die("row %zu, %s %s: %s", i, inside[i].syntax,
			    inside[i].text, buf_str(&b));
	}
}

/* ---- keys ---- */

static const struct {
	const char *syntax, *key;
} keys[] = {
	{ "exim-passwd", "" },
	{ "exim-passwd", "#a" },
	{ "exim-passwd", "a\"b" },
	{ "opensmtpd-secrets", "" },
	{ "opensmtpd-secrets", "#a" },
	{ "opensmtpd-secrets", "[a]" },
	{ "opensmtpd-secrets", "a b" },
	{ "msmtprc", "a..b" },
	{ "msmtprc", "a" },
	{ "yaml", "a..b" },
	{ "ini", "a..b" },
	{ "ini", "s.a\\.b.c" },
	{ "ini", "s. a" },
	{ "ini", "s.a " },
	{ "ini", "s.a\x01" },
	{ "ini", "s.a=b" },
	{ "ini", "s.;a" },
	{ "ini", "s.[a" },
	{ "ini", "s].a" },
	{ "ini", " s.a" },
};

static void
test_keys(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct edit_syntax *s = edit_syntax_find(keys[i].syntax);
		AUTO(buf) struct buf ret = BUF(TEXT_MAX);
		AUTO(buf) struct buf text;
		enum ec ec;

		assert_non_null(s);
		text_of("a\n", &text);
		ec = edit_get(s, &text, "f", keys[i].key, &ret, &e);
		if (ec != EC_CONFIG)
			die("row %zu, %s %s: %s", i, keys[i].syntax,
			    keys[i].key, ec_name(ec));
		if (strcmp(keys[i].syntax, "ini") == 0)
			assert_int_equal(
			    s->append(&text, keys[i].key, &ret, &e), EC_CONFIG);
	}
}

static void
test_long_key(void **state)
{
	static char key[2000];
	AUTO(buf) struct buf ret = BUF(TEXT_MAX);
	struct err e;

	(void)state;
	memset(key, 'a', sizeof(key) - 1);
	assert_int_equal(text_get("xml", "<a/>", key, &ret, &e), EC_CONFIG);
	key[0] = '/';
	assert_int_equal(text_get("xml", "<a/>", key, &ret, &e), EC_CONFIG);
	assert_int_equal(text_get("yaml", "a: b\n", key, &ret, &e), EC_CONFIG);
}

/* ---- values ---- */

static void
test_values(void **state)
{
	static const struct text_refused rows[] = {
		{ "dotenv", "P", "P=a\n", "a\x01" },
		{ "environment-file", "P", "P=a\n", "a\nb" },
		{ "exim-passwd", "h", "h:a\n", " a" },
		{ "exim-passwd", "h", "h:a\n", "a " },
		{ "exim-passwd", "h", "h:a\n", "a\x01" },
		{ "opensmtpd-secrets", "l", "l a:b\n", "a\x01" },
		{ "toml", "P", "P = 'a'\n", "a\x01" },
		{ "toml", "P", "P = 'a'\n", "a'b" },
	};

	(void)state;
	text_check_refused(rows, COUNT(rows));
}

static void
test_tab_in_literal(void **state)
{
	static const struct text_good rows[] = {
		{ "toml", "P", "P = 'a\tb'\n", "a\tb", "P = 'AKIA/+x'\n" },
		{ "php", "P", "<?php\nconst int|string P = 'a';\n", "a",
		    "<?php\nconst int|string P = 'AKIA/+x';\n" },
		{ "php", "$P", "<?php $x = <<<\t'T'\n\tT;\n$P = 'a';", "a",
		    "<?php $x = <<<\t'T'\n\tT;\n$P = 'AKIA/+x';" },
		{ "php", "m.P",
		    "<?php return ['f' => [fn($x) => 1, #[A] fn() => 2, "
		    "static fn() => 3, function () { return 4; }], "
		    "'m' => ['P' => 'a']];",
		    "a",
		    "<?php return ['f' => [fn($x) => 1, #[A] fn() => 2, "
		    "static fn() => 3, function () { return 4; }], "
		    "'m' => ['P' => 'AKIA/+x']];" },
		{ "properties", "P", "\f P = a\n", "a", "\f P = AKIA/+x\n" },
		{ "properties", "P", "P = a\\", "a", "P = AKIA/+x" },
		{ "yaml", "a", "a: b", "b", "a: AKIA/+x" },
	};
	AUTO(buf) struct buf b = BUF(TEXT_MAX);
	struct err e;

	(void)state;
	text_check_good(rows, COUNT(rows) - 2);
	assert_int_equal(
	    text_set("toml", "P = 'a'\n", "P", "a\tb", &b, &e), EC_OK);
	assert_string_equal(buf_str(&b), "P = 'a\tb'\n");
	assert_int_equal(text_set("yaml", "a:", "a", "b", &b, &e), EC_CONFLICT);
}

/* ---- the last line of defence ---- */

#define NEW "q"

static const struct {
	const char *syntax, *was, *now;
	bool same;
} pairs_of_texts[] = {
	{ "yaml", "a: o", "a: q", true },
	{ "yaml", "a: X=o", "a: X=q", true },
	{ "yaml", "&x a: &y o", "&x a: &y q", true },
	{ "yaml", "a:", "a:", true },
	{ "yaml", "a: o", "a: z", false },
	{ "yaml", "a: X=o", "a: Y=q", false },
	{ "yaml", "a: o", "a: X=q", false },
	{ "yaml", "a: X=o", "a: X-q", false },
	{ "yaml", "a: 'o'", "a: \"o\"", false },
	{ "yaml", "a: o\nb: o", "a: q\nb: q", false },
	{ "yaml", "a: &x o", "a: &y q", false },
	{ "yaml", "a: &x o", "a: q", false },
	{ "yaml", "a: !t o", "a: !u q", false },
	{ "yaml", "a: !t o", "a: !t q", true },
	{ "yaml", "a: o", "a: [q]", false },
	{ "yaml", "a: o", "a: [", false },
	{ "yaml", "a: &x {b: c}", "a: &y {b: c}", false },
	{ "yaml", "a: !x {b: c}", "a: !y {b: c}", false },
	{ "yaml", "a: {b: c}", "a:\n  b: c", false },
	{ "yaml", "a: &x [c]", "a: &y [c]", false },
	{ "yaml", "a: !x [c]", "a: !y [c]", false },
	{ "yaml", "a: [c]", "a:\n  - c", false },
	{ "yaml", "- &a x\n- &b y\n- *a", "- &a x\n- &b y\n- *b", false },
	{ "yaml", "a: o", "---\na: o", false },
	{ "json", "{\"a\": \"o\"}", "{\"a\": \"q\"}", true },
	{ "json", "{\"a\": \"o\"}", "{\"b\": \"o\"}", false },
	{ "json", "{\"a\": \"o\"}", "{\"aa\": \"o\"}", false },
	{ "json", "{\"a\": \"o\"}", "{\"a\": 1}", false },
	{ "json", "{\"a\": 1}", "{\"a\": 2}", false },
	{ "json", "{\"a\": \"o\", \"b\": \"o\"}",
	    "{\"a\": \"q\", \"b\": \"q\"}", false },
	{ "json", "{\"a\": {\"b\": \"o\"}}", "{\"a\": {}, \"b\": \"o\"}",
	    false },
	{ "json", "{\"a\": \"o\"}", "{\"a\": \"o\", \"b\": 1}", false },
	{ "xml", "<a>o</a>", "<a>q</a>", true },
	{ "xml", "<a b='o'/>", "<a b='q'/>", true },
	{ "xml", "<a>o</a>", "<a>z</a>", false },
	{ "xml", "<a>o</a>", "<b>o</b>", false },
	{ "xml", "<a>o</a>", "<q>o</q>", false },
	{ "xml", "<a>o</a>", "<a>o</a><!--x-->", false },
	{ "xml", "<a>o</a><!--x-->", "<a>o</a>", false },
	{ "xml", "<a><b>o</b><c>o</c></a>", "<a><b>q</b><c>q</c></a>", false },
	{ "xml", "<a><?p o?></a>", "<a><?p q?></a>", false },
	{ "php", "<?php $a = 'o';", "<?php $a = 'q';", true },
	{ "php", "<?php $a = 'o';", "<?php $b = 'o';", false },
};

static void
test_same(void **state)
{
	const struct edit_pair pair = { "a", NEW };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(pairs_of_texts); i++) {
		const struct edit_syntax *s =
		    edit_syntax_find(pairs_of_texts[i].syntax);
		AUTO(buf) struct buf was;
		AUTO(buf) struct buf now;
		enum ec ec;

		text_of(pairs_of_texts[i].was, &was);
		text_of(pairs_of_texts[i].now, &now);
		ec = s->same(&was, &now, "f", &pair, 1, &e);
		if (ec != (pairs_of_texts[i].same ? EC_OK : EC_BUG))
			die("row %zu, %s %s, %s: %s", i,
			    pairs_of_texts[i].syntax, pairs_of_texts[i].was,
			    pairs_of_texts[i].now, ec_name(ec));
	}
}

/* An editor that writes something else than it was told. */
static const char *liar_writes;

static enum ec
liar_find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	(void)where;
	(void)key;
	(void)e;
	*ret = (struct edit_span){ .line = 1, .column = 1, .len = text->len };
	return EC_OK;
}

static enum ec
liar_decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	return buf_add(ret, buf_str(text) + s->at, s->len, e);
}

static enum ec
liar_encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	(void)s;
	(void)value;
	return buf_adds(ret, liar_writes, e);
}

static void
test_liar(void **state)
{
	static const char *const lies[] = { "other", "va", "valuX" };
	const struct edit_syntax liar = { .name = "liar",
		.find = liar_find,
		.decode = liar_decode,
		.encode = liar_encode };
	const struct edit_pair pairs[100] = { { "k", "value" } };
	AUTO(buf) struct buf text;
	AUTO(buf) struct buf out;
	struct err e;

	(void)state;
	text_of("old", &text);
	text_of("mine", &out);
	for (size_t i = 0; i < COUNT(lies); i++) {
		liar_writes = lies[i];
		assert_int_equal(
		    edit_set(&liar, &text, "f", pairs, 1, &out, &e), EC_BUG);
		assert_string_equal(buf_str(&out), "mine");
	}
	assert_int_equal(
	    edit_set(&liar, &text, "f", pairs, COUNT(pairs), &out, &e), EC_BUG);
	liar_writes = "value";
	assert_int_equal(
	    edit_set(&liar, &text, "f", pairs, 1, &out, &e), EC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_long_key),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_tab_in_literal),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_liar),
	};

	return cmocka_run_group_tests_name(
	    "what no other test of the editors comes by", tests, NULL, NULL);
}
