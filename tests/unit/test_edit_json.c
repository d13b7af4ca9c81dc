/* Values in JSON files: read, replaced, refused. */
#include "edit_rows.h"

#define BOM "\xef\xbb\xbf"

static const struct row_good goods[] = {
	{ "{\"p\":\"a\"}", "p", "a", "{\"p\":\"N/+\"}" },
	{ "{\"p\":\"\"}", "p", "", "{\"p\":\"N/+\"}" },
	{ "\n{ \"x\" : 1 , \"p\"\t:\r\n\"a\" }\n", "p", "a",
	    "\n{ \"x\" : 1 , \"p\"\t:\r\n\"N/+\" }\n" },
	{ BOM "{\"m\":{\"p\":\"a\",\"q\":[1,{}]}}", "m.p", "a",
	    BOM "{\"m\":{\"p\":\"N/+\",\"q\":[1,{}]}}" },
	{ "{\"m\":{\"p\":\"a\"}}", "/m/p", "a", "{\"m\":{\"p\":\"N/+\"}}" },
	{ "{\"a.b\":{\"c/d\":\"x\"}}", "a\\.b.c/d", "x",
	    "{\"a.b\":{\"c/d\":\"N/+\"}}" },
	{ "[\"x\",[],{\"p\":\"a\"}]", "2.p", "a",
	    "[\"x\",[],{\"p\":\"N/+\"}]" },
	{ "[[\"x\",\"y\"]]", "/0/1", "y", "[[\"x\",\"N/+\"]]" },
	{ "// \"p\":\"x\"\n{/* \"p\":\"x\" */\"p\"/**/:/***/\"a\"//\n,}//", "p",
	    "a",
	    "// \"p\":\"x\"\n{/* \"p\":\"x\" */\"p\"/**/:/***/\"N/+\"//\n,}//" },
	{ "{\"l\":[1,2,],\"p\":\"a\",}", "p", "a",
	    "{\"l\":[1,2,],\"p\":\"N/+\",}" },
	{ "{\"p\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "p", "\"\\/\b\f\n\r\t",
	    "{\"p\":\"N/+\"}" },
	{ "{\"p\":\"\\u00e9\\uD83D\\uDE00\\u20ac\"}", "p",
	    "\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac", "{\"p\":\"N/+\"}" },
	{ "{\"\\u0070\":\"a\"}", "p", "a", "{\"\\u0070\":\"N/+\"}" },
	{ "{\"\\ud800\":\"\\udc00\",\"p\":\"a\"}", "p", "a",
	    "{\"\\ud800\":\"\\udc00\",\"p\":\"N/+\"}" },
	{ "{\"x\":{\"p\":\"1\",\"p\":2},\"p\":\"a\"}", "p", "a",
	    "{\"x\":{\"p\":\"1\",\"p\":2},\"p\":\"N/+\"}" },
	{ "{\"x\":[true,false,null,-1.5e+3],\"p\":\"a\"}", "p", "a",
	    "{\"x\":[true,false,null,-1.5e+3],\"p\":\"N/+\"}" },
	{ "{\"e\":[{\"name\":\"x\",\"value\":\"y\"},{\"value\":\"a\",\"name\":"
	  "\"P\"}]}",
	    "e.P", "a",
	    "{\"e\":[{\"name\":\"x\",\"value\":\"y\"},{\"value\":\"N/+\","
	    "\"name\":\"P\"}]}" },
	{ "[{\"name\":\"web\",\"p\":\"a\"},{\"name\":1}]", "web.p", "a",
	    "[{\"name\":\"web\",\"p\":\"N/+\"},{\"name\":1}]" },
};

static const struct row_bad bads[] = {
	{ "{\"q\":\"a\"}", "p", EC_GONE, "f: no p in it", NULL },
	{ "{\"p\":\"a\"}", "p.q", EC_GONE, "f: no p.q", NULL },
	{ "{\"p\":[\"a\"]}", "p.1", EC_GONE, "f: no p.1", NULL },
	{ "{\"p\":[\"a\"]}", "p.00", EC_GONE, "f: no p.00", NULL },
	{ "{\"e\":[{\"name\":\"P\"}]}", "e.P", EC_GONE, "f: no e.P", NULL },
	{ "\"a\"", "p", EC_GONE, "f: no p", NULL },
	{ "{\"p\":\"a\"}", "p..q", EC_CONFIG, "an empty step", NULL },
	{ "{\"p\":null}", "p", EC_CONFLICT, "f:1:6: p: is null",
	    "put a text there" },
	{ "{\"p\":12}", "p", EC_CONFLICT, "f:1:6: p: is a number", NULL },
	{ "{\"p\":true}", "p", EC_CONFLICT, "is true or false", NULL },
	{ "{\n \"p\": {}}", "p", EC_CONFLICT, "f:2:7: p: holds further", NULL },
	{ "{\"p\":[\"a\"]}", "p", EC_CONFLICT, "holds further", NULL },
	{ "{\"p\":\"a\",\n\"p\":\"b\"}", "p", EC_CONFLICT,
	    "f:2:5: p: stands there more than once", NULL },
	{ "{\"p\":\"a\",\"\\u0070\":1}", "p", EC_CONFLICT, "more than", NULL },
	{ "{\"m\":{\"p\":\"a\"},\"m\":{}}", "m.p", EC_CONFLICT, "more than",
	    NULL },
	{ "[{\"name\":\"w\",\"p\":\"a\"},{\"name\":\"w\"}]", "w.p", EC_CONFLICT,
	    "more than", NULL },
	{ "{\"p\":\"${P}\"}", "p", EC_CONFLICT, "f:1:6: p: refers", NULL },
	{ "{\"p\":\"{{ p }}\"}", "p", EC_CONFLICT, "refers", NULL },
	{ "{\"p\":\"\\ud800\"}", "p", EC_CONFLICT, "f:1:6: p: an escape",
	    NULL },
	{ "{\"p\":\"\\udc00\\ud800\"}", "p", EC_CONFLICT, "an escape", NULL },
	{ "{\"p\":\"\\ud83d\\ue000\"}", "p", EC_CONFLICT, "an escape", NULL },
	{ "{\"p\":\"\\ud800\\u0041\"}", "p", EC_CONFLICT, "an escape", NULL },
	{ "{\"p\":\"\\u00g0\"}", "p", EC_CONFLICT, "an escape", NULL },
	{ "", "p", EC_CONFLICT, "f:1:1: a value is missing", NULL },
	{ "{", "p", EC_CONFLICT, "f:1:2: a name", NULL },
	{ "{\"p\":\"a\"", "p", EC_CONFLICT, "f:1:9: a comma", NULL },
	{ "{\"p\":\"a\"]", "p", EC_CONFLICT, "f:1:9: a comma", NULL },
	{ "{\"p\":\"a\"}}", "p", EC_CONFLICT, "f:1:10: something", NULL },
	{ "{\"p\":\"a\"}{}", "p", EC_CONFLICT, "something behind", NULL },
	{ "{\"p\"\"a\"}", "p", EC_CONFLICT, "f:1:5: a colon", NULL },
	{ "{\"p\":}", "p", EC_CONFLICT, "f:1:6: a value", NULL },
	{ "{,\"p\":\"a\"}", "p", EC_CONFLICT, "a name", NULL },
	{ "{p:\"a\"}", "p", EC_CONFLICT, "a name", NULL },
	{ "{'p':\"a\"}", "p", EC_CONFLICT, "a name", NULL },
	{ "{\"p\":'a'}", "p", EC_CONFLICT, "a value", NULL },
	{ "{\"p\":maybe}", "p", EC_CONFLICT, "a value", NULL },
	{ "[1 2]", "p", EC_CONFLICT, "f:1:4: a comma", NULL },
	{ "{\"p\":\"a\n\"}", "p", EC_CONFLICT, "f:1:8: a string", NULL },
	{ "{\"p\":\"a", "p", EC_CONFLICT, "does not end", NULL },
	{ "{\"p\":\"a\\", "p", EC_CONFLICT, "no escape", NULL },
	{ "{\"p\":\"\\x\"}", "p", EC_CONFLICT, "f:1:8: no escape", NULL },
	{ "{\"p\":\"a\"/*", "p", EC_CONFLICT, "f:1:9: a comment", NULL },
	{ "{\"p\":\"a\"}/", "p", EC_CONFLICT, "something", NULL },
	{ "{\"p\":\"a\xff\"}", "p", EC_CONFLICT, "f:1:8: a byte", NULL },
	{ "{\"p\":\"\xc0\xaf\"}", "p", EC_CONFLICT, "a byte", NULL },
	{ "{\"p\":\"\xed\xa0\x80\"}", "p", EC_CONFLICT, "a byte", NULL },
};

static const struct row_value values[] = {
	{ "{\"p\":\"\"}", "p", "a\"b\\c/d", "{\"p\":\"a\\\"b\\\\c/d\"}" },
	{ "{\"p\":\"\"}", "p", "\n\x01\x7f", "{\"p\":\"\\u000a\\u0001\x7f\"}" },
	{ "{\"p\":\"\"}", "p", "\xc3\xa9", "{\"p\":\"\xc3\xa9\"}" },
	{ "{\"p\":\"x\"}", "p", "", "{\"p\":\"\"}" },
	{ "{\"p\":\"\"}", "p", "\xff", NULL },
	{ "{\"p\":\"\"}", "p", "${x}", NULL },
};

static void
rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++)
		row_good("json", &goods[i], "N/+");
	for (size_t i = 0; i < COUNT(bads); i++)
		row_bad("json", &bads[i]);
	for (size_t i = 0; i < COUNT(values); i++)
		row_value("json", &values[i]);
}

static void
depth_and_nul(void **state)
{
	const struct edit_syntax *s = edit_syntax_find("json");
	AUTO(buf) struct buf text = BUF(ROW_MAX);
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e;

	(void)state;
	for (int i = 0; i < 64; i++)
		row_text(&text, "[");
	row_text(&text, "\"a\"");
	assert_int_equal(edit_get(s, &text, "f", "0", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:68: a comma"));
	row_text(&text, "]");
	buf_cut(&text, 0);
	for (int i = 0; i < 65; i++)
		row_text(&text, "[");
	assert_int_equal(edit_get(s, &text, "f", "0", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:65: more than 64 levels"));
	buf_cut(&text, 0);
	assert_int_equal(buf_add(&text, "{\"p\":\"a\0\"}", 10, &e), EC_OK);
	assert_int_equal(edit_get(s, &text, "f", "p", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:8: a NUL"));
}

static void
two_at_once(void **state)
{
	const struct edit_pair pairs[] = { { "m.p", "pp" }, { "u", "uu" } };
	AUTO(buf) struct buf text = BUF(ROW_MAX);
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e;

	(void)state;
	row_text(&text, "{\"u\":\"1\",\"m\":{\"p\":\"2\"}}");
	assert_int_equal(
	    edit_set(edit_syntax_find("json"), &text, "f", pairs, 2, &out, &e),
	    EC_OK);
	assert_string_equal(
	    buf_str(&out), "{\"u\":\"uu\",\"m\":{\"p\":\"pp\"}}");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(depth_and_nul),
		cmocka_unit_test(two_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
