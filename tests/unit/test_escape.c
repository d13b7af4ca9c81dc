/* escape: nothing that steers a terminal, a reader or a parser gets out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/escape.h"

static const struct example {
	const char *in, *bare, *quoted, *json;
} examples[] = {
	{ "plain text~", "plain text~", "plain text~", "plain text~" },
	{ "a\"b\\c", "a\"b\\c", "a\\\"b\\\\c", "a\"b\\c" },
	{ "l\n\r\tx", "l\\n\\r\\tx", "l\\n\\r\\tx", "l\n\r\tx" },
	{ "\033[31m", "\\x1b[31m", "\\x1b[31m", "\033[31m" },
	{ "\001\177", "\\x01\\x7f", "\\x01\\x7f", "\001\xEF\xBF\xBD" },
	/* letters, a sign, an emoji, the last character, private use */
	{ "z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80",
	    "z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80",
	    "z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80",
	    "z\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80" },
	{ "\xF4\x8F\xBF\xBD", "\xF4\x8F\xBF\xBD", "\xF4\x8F\xBF\xBD",
	    "\xF4\x8F\xBF\xBD" },
	/* U+009B is CSI to a terminal; U+202E turns the direction,
	 * closed here so that no compiler warns of this file */
	{ "\xC2\x9B", "\\u009b", "\\u009b", "\xEF\xBF\xBD" },
	{ "\xC2\xA0", "\xC2\xA0", "\xC2\xA0", "\xC2\xA0" },
	{ "\xE2\x80\xAE\xE2\x80\xAC", "\\u202e\\u202c", "\\u202e\\u202c",
	    "\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xE2\x81\xA6\xE2\x81\xA9", "\\u2066\\u2069", "\\u2066\\u2069",
	    "\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xEF\xBB\xBF", "\\ufeff", "\\ufeff", "\xEF\xBF\xBD" },
	{ "\xF3\xA0\x80\x81", "\\ue0001", "\\ue0001", "\xEF\xBF\xBD" },
	/* not UTF-8: lone, cut, overlong, surrogate, too large */
	{ "\x80|", "\\x80|", "\\x80|", "\xEF\xBF\xBD|" },
	{ "\xFF\xFE", "\\xff\\xfe", "\\xff\\xfe", "\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xE2\x82|", "\\xe2\\x82|", "\\xe2\\x82|",
	    "\xEF\xBF\xBD\xEF\xBF\xBD|" },
	{ "\xE2\x82", "\\xe2\\x82", "\\xe2\\x82", "\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xC0\x8A", "\\xc0\\x8a", "\\xc0\\x8a", "\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xE0\x9F\xBF", "\\xe0\\x9f\\xbf", "\\xe0\\x9f\\xbf",
	    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xED\xA0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80",
	    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80",
	    "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
	{ "", "", "", "" },
};

static void
check(const char *in, enum escape how, const char *want)
{
	char got[256] = "";
	char unit[ESCAPE_UNIT];
	size_t len = 0;
	size_t n;

	while ((n = escape_next(&in, how, unit)) > 0) {
		assert_int_equal(strlen(unit), n);
		memcpy(got + len, unit, n + 1);
		len += n;
	}
	assert_string_equal(got, want);
	assert_int_equal(escape_next(&in, how, unit), 0);
}

static void
test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		check(examples[i].in, ESCAPE_BARE, examples[i].bare);
		check(examples[i].in, ESCAPE_QUOTED, examples[i].quoted);
		check(examples[i].in, ESCAPE_JSON, examples[i].json);
	}
}

/* Whatever three bytes come: the result is printable, and quotes hold. */
static void
test_all_starts(void **state)
{
	char unit[ESCAPE_UNIT];

	(void)state;
	for (unsigned int v = 0x010101; v <= 0xFFFFFF; v += 0x0107) {
		const char in[4] = { (char)(v >> 16), (char)(v >> 8), (char)v,
			'\0' };
		const char *s = in;

		while (escape_next(&s, ESCAPE_QUOTED, unit) > 0) {
			for (const char *p = unit; *p != '\0'; p++)
				assert_true(
				    (unsigned char)*p >= 0x20 && *p != 0x7F);
			assert_string_not_equal(unit, "\"");
		}
		assert_true(s <= in + 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_all_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
