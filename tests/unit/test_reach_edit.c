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
#include "clients/edit/utf8.h"
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

/* ---- odd texts ---- */

static const struct {
	const char *syntax, *key, *text;
} odd[] = {
	{ "exim-passwd", "h", "h\t:\ta\n" },
	{ "exim-passwd", "h", "\vh: a\n" },
	{ "exim-passwd", "h", "h\x0e: a\n" },
	{ "ini", "P", "a = \"x\nP = 1\n" },
	{ "php-ini", "P", "a = \"x\nP = 1\n" },
	{ "gitea", "P", "a = \"x\nP = 1\n" },
	{ "grafana", "P", "a = \"x\nP = 1\n" },
	{ "ini", "P", "a = x\"y\nP = 1\n" },
	{ "php-ini", "P", "a = x\"y\nP = 1\n" },
	{ "gitea", "P", "a = x`y\nP = 1\n" },
	{ "grafana", "P", "a = x\"y\nP = 1\n" },
	{ "ini", "P", "P = \"x\" \\\ny\n" },
	{ "gitea", "P", "P = \"x\" \\\ny\n" },
	{ "gitea", "P", "P = `x` \\\ny\n" },
	{ "grafana", "P", "P = \"x\" \\\ny\n" },
	{ "php-ini", "P", "P = \"x\" \\\ny\n" },
	{ "dotenv", "P", "# a\\\n\nP=x\n" },
	{ "environment-file", "P", "# a\\\n\nP=x\n" },
	{ "environment-file", "P", "# a\\\nP=x\n" },
	{ "dotenv", "P", "P=a\x01\n" },
	{ "php", "m.P",
	    "<?php return ['' => ['P' => 'a'], 'm' => ['P' => 'b']];" },
	{ "php", "m.P", "<?php $c[''] = ['m' => ['P' => 'a']];" },
	{ "php", "m.P", "<?php $c[\"$x\"] = ['m' => ['P' => 'a']];" },
	{ "php", "m.P", "<?php $c[\"$x\"]['m']['P'] = 'a';" },
	{ "php", "0", "<?php return [ => 'a'];" },
	{ "php", "0", "<?php return [ ) ];" },
	{ "php", "P", "<?php $P 'x" },
	{ "php", "P", "<?php $P['x" },
	{ "php", "P", "<?php $P = 'x" },
	{ "properties", "P", "P = a\\" },
	{ "properties", "P", "P = a\\\n" },
	{ "toml", "P", "P = \"a\\" },
	{ "yaml", "m.1234567890", "m: [a]\n" },
	{ "yaml", "m.-", "m: [a]\n" },
	{ "yaml", "m.1-", "m: [a, b]\n" },
	{ "yaml", "m.01", "m: [a, b]\n" },
	{ "yaml", "m.1", "m: [a, b]\n" },
	{ "yaml", "m.a", "m:\n- name: a\n  name: b\n  value: c\n" },
	{ "yaml", "m.P", "m: [P=a, P=b]\n" },
	{ "yaml", "m.P", "m: [\"\\x50=a\"]\n" },
	{ "yaml", "m.P", "m: [P=a]\n" },
	{ "yaml", "m.P", "m: [P]\n" },
	{ "yaml", "m.P", "- &x P=a\n- *x\n" },
	{ "yaml", "m.P", "m: *x\n" },
	{ "yaml", "m.P", "m: 1\n" },
	{ "yaml", "m.P", "m: |\n  P\n" },
	{ "json", "m.P", "{\"m\": 1}" },
	{ "json", "m.P", "{\"m\": null}" },
	{ "json", "m.P", "]" },
	{ "json", "m.P", "[1}" },
	{ "xml", "m.i[k=1].@P", "<m><i k='1' P='a'/><i k='1' P='b'/></m>" },
	{ "xml", "m.i[k=1].P", "<m><i><k>1</k><P>a</P></i></m>" },
	{ "xml", "m.i[k=1].P", "<m><i><k>1<x/></k><P>a</P></i></m>" },
	{ "xml", "m\\", "<m>a</m>" },
	{ "xml", "m", "<!DOCTYPE m SYSTEM 'x'><m>a</m>" },
	{ "xml", "m", "<!DOCTYPE m [<!ENTITY a 'b'>]><m>&a;</m>" },
	{ "xml", "m", "<m >a</m >" },
	{ "xml", "m", "<m>a\rb</m>" },
	{ "xml", "m", "<m>a\nb</m>" },
	{ "xml", "m", "<m>a\tb</m>" },
	{ "xml", "m", "<m/>" },
	{ "xml", "m", "<m><!--x--></m>" },
	{ "xml", "m", "<m a = 'b' >a</m>" },
};

/* What is read can be written and read again; what is not read is refused the
 * same way when it is to be written, and nothing is given out. */
static void
test_odd(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		AUTO(buf) struct buf was = BUF(TEXT_MAX);
		AUTO(buf) struct buf out;
		AUTO(buf) struct buf now = BUF(TEXT_MAX);
		const enum ec read =
		    text_get(odd[i].syntax, odd[i].text, odd[i].key, &was, &e);
		enum ec ec;

		text_of("old", &out);
		ec = text_set(
		    odd[i].syntax, odd[i].text, odd[i].key, TEXT_NEW, &out, &e);
		if (read != ec && ec != EC_CONFLICT)
			die("row %zu, %s %s: read %s, write %s", i,
			    odd[i].syntax, odd[i].text, ec_name(read),
			    ec_name(ec));
		if (ec != EC_OK) {
			assert_string_equal(buf_str(&out), "old");
			continue;
		}
		assert_int_equal(text_get(odd[i].syntax, buf_str(&out),
				     odd[i].key, &now, &e),
		    EC_OK);
		assert_string_equal(buf_str(&now), TEXT_NEW);
	}
}

static const struct {
	const char *syntax, *key, *text;
} places[] = {
	{ "yaml", "P", "P: a\n" },
	{ "yaml", "P", "P: 'a'\n" },
	{ "yaml", "P", "P: \"a\"\n" },
	{ "yaml", "m.P", "m: [P=a]\n" },
	{ "yaml", "m.P", "m:\n- P=a\n" },
	{ "json", "P", "{\"P\": \"a\"}" },
	{ "xml", "m", "<m>a</m>" },
	{ "xml", "m.@P", "<m P='a'/>" },
	{ "php", "$P", "<?php $P = 'a';" },
	{ "php", "$P", "<?php $P = \"a\";" },
	{ "toml", "P", "P = 'a'\n" },
	{ "toml", "P", "P = \"a\"\n" },
	{ "ini", "P", "P = a\n" },
	{ "php-ini", "P", "P = a\n" },
	{ "gitea", "P", "P = a\n" },
	{ "grafana", "P", "P = a\n" },
	{ "properties", "P", "P = a\n" },
	{ "msmtprc", "s.password", "account s\npassword a\n" },
	{ "exim-passwd", "P", "P:a\n" },
	{ "opensmtpd-secrets", "P", "P a\n" },
	{ "sasl_passwd", "P", "P a\n" },
	{ "plain", "P", "a\n" },
	{ "dotenv", "P", "P=a\n" },
	{ "environment-file", "P", "P=a\n" },
};
static const char *const odd_values[] = { "", " a", "a ", "a\x01", " \x01",
	"a\tb", "a\nb", "a\rb", "a\x7f", "#", "a #b", "a: b", "a:b",
	"a:", "\xef\xbb\xbf", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xc2\x85",
	"\xef\xbf\xbe", "\xef\xbf\xbf", "\xff", "a\xc3", "]]>", "\"'`", "a\\",
	"1", "null", "<&>", "$a", "%2" };

/* Whatever the value is, it can be read back, or it is refused. */
static void
test_odd_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(places); i++)
		for (size_t k = 0; k < COUNT(odd_values); k++) {
			AUTO(buf) struct buf out;
			AUTO(buf) struct buf now = BUF(TEXT_MAX);
			struct err e;
			enum ec ec;

			text_of("old", &out);
			ec = text_set(places[i].syntax, places[i].text,
			    places[i].key, odd_values[k], &out, &e);
			if (ec != EC_OK) {
				assert_string_equal(buf_str(&out), "old");
				if (ec != EC_CONFLICT)
					die("%s, %s, value %zu: %s: %s",
					    places[i].syntax, places[i].text, k,
					    ec_name(ec), e.what);
				continue;
			}
			assert_int_equal(
			    text_get(places[i].syntax, buf_str(&out),
				places[i].key, &now, &e),
			    EC_OK);
			assert_string_equal(buf_str(&now), odd_values[k]);
		}
}

/* What expat refuses before in every use; the scanner does not rely on it. */
static void
test_bad_xml(void **state)
{
	static const char *const bad[] = { "<a><![CDATA[x", "<!--x", "<?x",
		"<!DOCTYPE a 'x", "<!DOCTYPE a", "<a b>", "<a =''>", "<a b=c>",
		"<a b='c", "</a>", "<a></a", "<a>", "<a", "<a b",
		"<a b=", "<a ", "<!DOCTYPE a \"x>" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(buf) struct buf b;
		AUTO(tree) struct tree t = TREE(&b, "f");

		text_of(bad[i], &b);
		if (xml_scan(&t, &e) != EC_CONFLICT)
			die("taken: %s", bad[i]);
	}
}

static void
test_no_utf8(void **state)
{
	static const char *const bad[] = { "\xff", "a\xc3", "\xed\xa0\x80" };
	const char *hex = "12\0";
	uint32_t code = 7;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(buf) struct buf b = BUF(100);

		assert_int_equal(
		    xml_escape('\0', 0, bad[i], &b, &e), EC_CONFLICT);
		assert_int_equal(yaml_whole('\'', bad[i], &b, &e), EC_CONFLICT);
		assert_int_equal(yaml_whole('\0', bad[i], &b, &e), EC_CONFLICT);
	}
	assert_int_equal(utf8_next(hex, hex, &code), 0);
	assert_false(utf8_hex(&hex, hex + 3, 3, &code));
	assert_false(utf8_hex(&hex, hex + 2, 3, &code));
	assert_true(utf8_hex(&hex, hex + 2, 2, &code));
	assert_int_equal(code, 0x12);
}

static void
test_empty_yaml(void **state)
{
	(void)state;
	assert_false(yaml_text("", 0));
	assert_true(yaml_text("abc", 3));
	assert_false(yaml_text("1", 1));
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
	{ "xml", "<a>o<b/></a>", "<a>o<!--b--></a>", false },
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

/* What would be a number to its readers is no text any more. */
static void
test_same_kind(void **state)
{
	const struct edit_syntax *s = edit_syntax_find("yaml");
	const struct edit_pair pair = { "a", "1" };
	AUTO(buf) struct buf was;
	AUTO(buf) struct buf now;
	AUTO(buf) struct buf quoted;
	struct err e;

	(void)state;
	text_of("a: o", &was);
	text_of("a: 1", &now);
	text_of("a: !!str 1", &quoted);
	assert_int_equal(s->same(&was, &now, "f", &pair, 1, &e), EC_BUG);
	assert_int_equal(s->same(&was, &quoted, "f", &pair, 1, &e), EC_BUG);
	buf_cut(&was, 0);
	assert_int_equal(buf_adds(&was, "a: !!str o", &e), EC_OK);
	assert_int_equal(s->same(&was, &quoted, "f", &pair, 1, &e), EC_OK);
	buf_cut(&was, 0);
	buf_cut(&now, 0);
	assert_int_equal(buf_adds(&was, "a: 'o'", &e), EC_OK);
	assert_int_equal(buf_adds(&now, "a: '1'", &e), EC_OK);
	assert_int_equal(s->same(&was, &now, "f", &pair, 1, &e), EC_OK);
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
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_odd_values),
		cmocka_unit_test(test_bad_xml),
		cmocka_unit_test(test_no_utf8),
		cmocka_unit_test(test_empty_yaml),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_same_kind),
		cmocka_unit_test(test_liar),
	};

	return cmocka_run_group_tests_name(
	    "what no other test of the editors comes by", tests, NULL, NULL);
}
