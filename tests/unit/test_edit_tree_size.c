/* Eight times the file takes about eight times as long, whatever is in it:
 * no format reads a text over and over. CPU time, so that a busy machine does
 * not count. */
#include "edit_rows.h"

#include <stdio.h>
#include <time.h>

#define SMALL ((size_t)64 << 10)
#define MORE  8 /* times */

static const struct {
	const char *syntax, *head, *unit, *tail;
} rows[] = {
	{ "json", "{\"m\":{\"p\":\"a\"},", "\"x\":\"y\",", "}" },
	{ "json", "{\"m\":{\"p\":\"a\"},\"x\":[", "\"\\u0041\",", "]}" },
	{ "json", "{\"m\":{\"p\":\"a\"}}", "/**/ //\n", "" },
	{ "json", "{\"m\":[", "{\"name\":\"x\"},",
	    "{\"name\":\"p\",\"value\":\"a\"}]}" },
	{ "yaml", "m:\n  p: a\nx:\n", "- a\n", "" },
	{ "yaml", "m:\n  p: a\nx: [", "\xc3\xa9, ", "]\n" },
	{ "yaml", "m:\n  p: a\n", "---\nx: y\n", "" },
	{ "yaml", "m:\n", "- x=y\n", "- p=a\n" },
	{ "xml", "<m><p>a</p>", "<q k='1'/>", "</m>" },
	{ "xml", "<m><p>a</p><!-- -->", "&amp;", "</m>" },
	{ "xml", "<m><p>a</p>", "<p k='1'><![CDATA[]]></p>", "</m>" },
	{ "php", "<?php $x = ['m' => ['p' => 'a']];", "$a=", "1;" },
	{ "php", "<?php $x = ['m' => ['p' => 'a']]; $y = [", "f(1)=>2,", "];" },
	{ "php", "<?php $x = ['m' => ['p' => 'a']]; $y = ", "['b' => 1] + ",
	    "1;" },
	{ "php", "<?php $x = ['m' => ['p' => 'a']]; $y = [", "f([", "1];" },
	{ "php", "<?php $x = ['m' => ['p' => 'a']];", "\"{$a}\";", "" },
	{ "php", "<?php $x = ['m' => ['p' => 'a']];", "$a['b'][", "" },
};

static double
cpu(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds to read the value; whether that works does not matter here. */
static double
took(size_t row, size_t size)
{
	AUTO(buf) struct buf text = BUF(2 * MORE * SMALL);
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e;
	double began;

	row_text(&text, rows[row].head);
	while (text.len < size)
		row_text(&text, rows[row].unit);
	row_text(&text, rows[row].tail);
	began = cpu();
	(void)!edit_get(
	    edit_syntax_find(rows[row].syntax), &text, "f", "m.p", &out, &e);
	return cpu() - began;
}

static void
linear(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const double one = took(i, SMALL), more = took(i, MORE * SMALL);

		/* Eight times when all is well, 64 when not. */
		if (more > 24 * one + 0.1)
			fail_msg("%s, row %zu: %.3f s, then %.3f s",
			    rows[i].syntax, i, one, more);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
