/* TOML. The documents of `goods` were read by tomllib of Python 3.11 before
 * and after, with the same outcome. */
#include "edit_text.h"

#define T "toml"
#define N TEXT_NEW

static const struct text_good goods[] = {
	{ T, "p", "p=\"a\"", "a", "p=\"" N "\"" },
	{ T, "p", "p = ''\n", "", "p = '" N "'\n" },
	{ T, "s.p", "p='x'\n[s] # c\r\n\tp = 'a\\b' # c\r\n", "a\\b",
	    "p='x'\n[s] # c\r\n\tp = '" N "' # c\r\n" },
	{ T, "s.p", "s.p = \"a\"\ns.q=1\n", "a", "s.p = \"" N "\"\ns.q=1\n" },
	{ T, "s.p", "s . \"p\" = \"a\"\n", "a", "s . \"p\" = \"" N "\"\n" },
	{ T, "s.t.p", "[ s . 't' ]\np = \"a\"\n", "a",
	    "[ s . 't' ]\np = \"" N "\"\n" },
	{ T, "s.t.p", "[s]\nt.p = \"a\"\n", "a", "[s]\nt.p = \"" N "\"\n" },
	{ T, "a\\.b.p", "[a]\nb.p='1'\n[\"a.b\"]\np='2'\n", "2",
	    "[a]\nb.p='1'\n[\"a.b\"]\np='" N "'\n" },
	{ T, "s.p", "s = { q = 1, p = 'a' } # c\n", "a",
	    "s = { q = 1, p = '" N "' } # c\n" },
	{ T, "s.t.p", "s = {t={p='a'},u={p='b'}}\n", "a",
	    "s = {t={p='" N "'},u={p='b'}}\n" },
	{ T, "l.1", "l = [ 'a', # c\n  'b',\n]\n", "b",
	    "l = [ 'a', # c\n  '" N "',\n]\n" },
	{ T, "l.1.p", "l = [{p='a'},{p='b'}]\n", "b",
	    "l = [{p='a'},{p='" N "'}]\n" },
	{ T, "s.1.p", "[[s]]\np='a'\n[[s]]\np='b'\n[[s]]\np='c'\n", "b",
	    "[[s]]\np='a'\n[[s]]\np='" N "'\n[[s]]\np='c'\n" },
	{ T, "s.1.t.p", "[[s]]\n[s.t]\np='a'\n[[s]]\n[s.t]\np='b'\n", "b",
	    "[[s]]\n[s.t]\np='a'\n[[s]]\n[s.t]\np='" N "'\n" },
	{ T, "s.1.t.0.p",
	    "[[s]]\n[[s.t]]\np='a'\n[[s]]\n[[s.t]]\np='b'\n[[s.t]]\np='c'\n",
	    "b",
	    "[[s]]\n[[s.t]]\np='a'\n[[s]]\n[[s.t]]\np='" N
	    "'\n[[s.t]]\np='c'\n" },
	{ T, "s.p", "x='''\n[s]\np='a'\n'''\n[s]\np='b'\n", "b",
	    "x='''\n[s]\np='a'\n'''\n[s]\np='" N "'\n" },
	{ T, "p", "x=\"\"\"\\\"\"\"\np='a'\n\"\"\"\"\"\np='b'\n", "b",
	    "x=\"\"\"\\\"\"\"\np='a'\n\"\"\"\"\"\np='" N "'\n" },
	{ T, "p", "x=[\n'p=1', [ \"]\" ],\n#]\n]\np='b'\n", "b",
	    "x=[\n'p=1', [ \"]\" ],\n#]\n]\np='" N "'\n" },
	{ T, "p", "d=1979-05-27 07:32:00Z # c\nt=true\nn=-1.5e3\np='b'\n", "b",
	    "d=1979-05-27 07:32:00Z # c\nt=true\nn=-1.5e3\np='" N "'\n" },
	{ T, "p", "p=\"a\\\"\\\\\\t\\u00e9\\U0001F600\"\n",
	    "a\"\\\t\xc3\xa9\xf0\x9f\x98\x80", "p=\"" N "\"\n" },
	{ T, "p\xc3\xa9", "\"p\\u00e9\"='a'\n", "a", "\"p\\u00e9\"='" N "'\n" },
	{ T, "p", "p=\"\\u00ff\\u00FF\\u0fAa\"\n",
	    "\xc3\xbf\xc3\xbf\xe0\xbe\xaa", "p=\"" N "\"\n" },
	{ T, "/s/p", "[s]\np='a'\n", "a", "[s]\np='" N "'\n" },
	{ T, "p", "\xef\xbb\xbfp='a'\n", "a", "\xef\xbb\xbfp='" N "'\n" },
};

static void
read_and_replace(void **state)
{
	(void)state;
	text_check_good(goods, COUNT(goods));
}

static const struct text_bad bads[] = {
	{ T, "s.p", "", EC_GONE, "f: no s.p in it" },
	{ T, "s.p", "p='hidden'\n[s.t]\np='hidden'\n", EC_GONE, "no s.p" },
	{ T, "smtp.password", "[smtp]\npassword2='hidden'\n", EC_GONE,
	    "line 2 has password2" },
	{ T, "smtp.p", "[smtpd]\np='hidden'\n", EC_GONE, "line 1 has smtpd" },
	{ T, "s.2.p", "[[s]]\np='hidden'\n[[s]]\np='b'\n", EC_GONE,
	    "no s.2.p" },
	{ T, "s.p", "[[s]]\np='hidden'\n", EC_GONE, "no s.p" },
	{ T, "s.p.q", "[s]\np='hidden'\n", EC_GONE, "no s.p.q" },
	{ T, "s.p", "[s]\np='a'\n[s]\np='hidden'\n", EC_CONFLICT,
	    "f:4:3: s.p: is set more than once, first in line 2" },
	{ T, "s.p", "s.p='a'\n[s]\n'p'='hidden'\n", EC_CONFLICT, "f:3:5: s.p" },
	{ T, "p", "p=\"\"\"hidden\"\"\"\n", EC_CONFLICT,
	    "f:1:3: p: a string of several lines" },
	{ T, "p", "p='''hidden\n'''\n", EC_CONFLICT, "several lines" },
	{ T, "p", "p=1\n", EC_CONFLICT, "f:1:3: p: is no string" },
	{ T, "p", "p=['hidden']\n", EC_CONFLICT, "f:1:3: p: is an array" },
	{ T, "s", "s={p='hidden'}\n", EC_CONFLICT, "f:1:3: s: is a table" },
	{ T, "p", "p=\"hidden\\x41\"\n", EC_CONFLICT,
	    "f:1:3: p: an escape that is not supported" },
	{ T, "p", "p=\"hidden\\ud800\"\n", EC_CONFLICT, "an escape" },
	{ T, "p", "p=\"hidden\\u00\"\n", EC_CONFLICT, "an escape" },
	{ T, "p", "p=\"hidden\\u0000\"\n", EC_CONFLICT, "an escape" },
	{ T, "p", "q=1\n\"\\p\"='hidden'\n", EC_CONFLICT, "a key with an esc" },
	{ T, "p", "p='hidden\n", EC_CONFLICT,
	    "f:1:10: a string that does not" },
	{ T, "p", "p=\"hidden\\\"", EC_CONFLICT, "does not end" },
	{ T, "p", "p='a'\nq='''hidden", EC_CONFLICT, "f:2:3: a string" },
	{ T, "p", "p='hidden' x\n", EC_CONFLICT, "f:1:12: text behind" },
	{ T, "p", "p='hidden' [q]\n", EC_CONFLICT, "f:1:12: text behind" },
	{ T, "p", "p='hidden'\nq\n", EC_CONFLICT, "f:2:2: this is no TOML" },
	{ T, "p", "p='hidden'\nq=\n", EC_CONFLICT, "a value was expected" },
	{ T, "p", "p='hidden'\n[q\n", EC_CONFLICT, "] was expected" },
	{ T, "p", "p='hidden'\n[[q]\n", EC_CONFLICT, "] was expected" },
	{ T, "p", "p='hidden'\nq=[1\n", EC_CONFLICT, "a comma was" },
	{ T, "p", "p='hidden'\nq={a=1 b=2}\n", EC_CONFLICT, "a comma was" },
	{ T, "p", "p='hidden'\n=1\n", EC_CONFLICT, "a key was expected" },
	{ T, "p", "p='hidden'\rq=1", EC_CONFLICT, "f:1:11: holds a carriage" },
	{ T, "a..b", "", EC_CONFIG, "an empty step" },
};

static void
refuse(void **state)
{
	(void)state;
	text_check_bad(bads, COUNT(bads));
}

static const struct text_refused refused[] = {
	{ T, "p", "p='a'\n", "a'b" },
	{ T, "p", "p='a'\n", "a\nb" },
	{ T, "p", "p='a'\n", "\xff" },
	{ T, "p", "p=\"a\"\n", "\xed\xa0\x80" },
	{ T, "p", "p=\"a\"\n", "\xc0\x80" },
	{ T, "p", "p=\"a\"\n", "a\xc3" },
	{ T, "p", "p=\"a\"\n", "\xe0\x9f\xbf" },
	{ T, "p", "p=\"a\"\n", "\xf0\x8f\xbf\xbf" },
	{ T, "p", "p=\"a\"\n", "\xf4\x90\x80\x80" },
	{ T, "p", "p=\"a\"\n", "\xf5\x80\x80\x80" },
	{ T, "p", "p=\"a\"\n", "\xbf" },
};

static void
values_that_cannot_stand(void **state)
{
	(void)state;
	text_check_refused(refused, COUNT(refused));
}

static void
escapes_are_written(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "a\"b\\c\n\x01\x7f", "p=\"a\\\"b\\\\c\\n\\u0001\\u007F\"" },
		{ "\b\f\r\t", "p=\"\\b\\f\\r\\t\"" },
		{ "\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
		    "p=\"\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"
		    "\"" },
		{ "\xc3\xa9'#", "p=\"\xc3\xa9'#\"" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf out = BUF(TEXT_MAX);

		if (text_set(T, "p=\"\"", "p", rows[i].value, &out, &e) !=
		    EC_OK)
			die("row %zu: %s", i, e.what);
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

static void
deep(void **state)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);
	AUTO(buf) struct buf out = BUF(TEXT_MAX);
	struct err e;

	(void)state;
	assert_int_equal(buf_adds(&text, "p='a'\nq=", &e), EC_OK);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_adds(&text, "[", &e), EC_OK);
	assert_int_equal(
	    text_get(T, buf_str(&text), "p", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:2:67: nested too deeply"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_and_replace),
		cmocka_unit_test(refuse),
		cmocka_unit_test(values_that_cannot_stand),
		cmocka_unit_test(escapes_are_written),
		cmocka_unit_test(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
