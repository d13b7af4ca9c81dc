/* Values in YAML files: read, replaced, refused. */
#include "edit_rows.h"

#define BOM "\xef\xbb\xbf"
#define E   "services.web.environment.P"

static const struct row_good goods[] = {
	{ "p: a\n", "p", "a", "p: N/+\n" },
	{ "p: a", "p", "a", "p: N/+" },
	{ "p:   'it''s'  # c\nq: 1\n", "p", "it's", "p:   'N/+'  # c\nq: 1\n" },
	{ "p: \"a\\tb\\\"\\x41\\u00e9\\U0001F600\\_\\/\"\n", "p",
	    "a\tb\"A\xc3\xa9\xf0\x9f\x98\x80\xc2\xa0/", "p: \"N/+\"\n" },
	{ "p: ''", "p", "", "p: 'N/+'" },
	{ "p: !!str 12\n", "p", "12", "p: !!str N/+\n" },
	{ "p: !!str &x \"12\"\n", "p", "12", "p: !!str &x \"N/+\"\n" },
	{ "p: &x ! a\n", "p", "a", "p: &x ! N/+\n" },
	{ "p: 9hello\n", "p", "9hello", "p: N/+\n" },
	{ BOM "# \xc3\xa9\xe2\x82\xac\r\nm:\r\n  \xc3\xbc: \xf0\x9f\x98\x80\r\n"
	      "  p: \"\xc3\xa9\"  # \xc3\xa9\r\n  q: z\r\n",
	    "m.p", "\xc3\xa9",
	    BOM
	    "# \xc3\xa9\xe2\x82\xac\r\nm:\r\n  \xc3\xbc: \xf0\x9f\x98\x80\r\n"
	    "  p: \"N/+\"  # \xc3\xa9\r\n  q: z\r\n" },
	{ "# x\xe2\x80\xa8# y\xc2\x85p: a\n", "p", "a",
	    "# x\xe2\x80\xa8# y\xc2\x85p: N/+\n" },
	{ "{m: {p: a,q: b}}", "m.p", "a", "{m: {p: N/+,q: b}}" },
	{ "{\"m\":[{\"p\":\"a\"}]}", "m.0.p", "a",
	    "{\"m\":[{\"p\":\"N/+\"}]}" },
	{ "- x\n- - y\n  - a\n", "1.1", "a", "- x\n- - y\n  - N/+\n" },
	{ "services:\n  web:\n    environment:\n      P: a\n      Q: 1\n", E,
	    "a",
	    "services:\n  web:\n    environment:\n      P: N/+\n      Q: 1\n" },
	{ "services:\n  web:\n    environment:\n    - PP=1\n    - P=a=b # c\n"
	  "    - Q\n",
	    E, "a=b",
	    "services:\n  web:\n    environment:\n    - PP=1\n    - P=N/+ # c\n"
	    "    - Q\n" },
	{ "e: [ 'P=a''b', \"Q=1\" ]", "e.P", "a'b", "e: [ 'P=N/+', \"Q=1\" ]" },
	{ "e: [ X=, \"P=\\\"\" ]", "e.P", "\"", "e: [ X=, \"P=N/+\" ]" },
	{ "e:\n- P=\n", "e.P", "", "e:\n- P=N/+\n" },
	{ "e:\n- P=a\n", "e.0", "P=a", "e:\n- N/+\n" },
	{ "spec:\n  containers:\n  - name: web\n    env:\n    - name: Q\n"
	  "      value: x\n    - name: P\n      value: \"a\"\n",
	    "spec.containers.web.env.P", "a",
	    "spec:\n  containers:\n  - name: web\n    env:\n    - name: Q\n"
	    "      value: x\n    - name: P\n      value: \"N/+\"\n" },
	{ "env: [{name: P, value: a}, {name: Q, valueFrom: {}}]", "env.P", "a",
	    "env: [{name: P, value: N/+}, {name: Q, valueFrom: {}}]" },
	{ "%YAML 1.1\n---\nq: 1\n---\nm: {p: x}\n...\n---\np: a\n", "p", "a",
	    "%YAML 1.1\n---\nq: 1\n---\nm: {p: x}\n...\n---\np: N/+\n" },
	{ "x: &e\n  p: a\ny:\n  <<: *e\n", "x.p", "a",
	    "x: &e\n  p: N/+\ny:\n  <<: *e\n" },
	{ "x: &e {p: b}\ny:\n  <<: *e\n  p: a\n", "y.p", "a",
	    "x: &e {p: b}\ny:\n  <<: *e\n  p: N/+\n" },
	{ "b: |\n  p: x\n  q\nl: a\n  b\np: a\n", "p", "a",
	    "b: |\n  p: x\n  q\nl: a\n  b\np: N/+\n" },
	{ "? p\n: a\n", "p", "a", "? p\n: N/+\n" },
	{ "\"p\" : a\n", "p", "a", "\"p\" : N/+\n" },
	{ "p:\n  a\n", "p", "a", "p:\n  N/+\n" },
	{ "- a\n--- p\n--- {p: a}\n", "p", "a", "- a\n--- p\n--- {p: N/+}\n" },
};

static const struct row_bad bads[] = {
	{ "", "p", EC_GONE, "f: no p", NULL },
	{ "q: p\n", "p", EC_GONE, "f: no p", NULL },
	{ "p: a\n", "p.q", EC_GONE, "f: no p.q", NULL },
	{ "e:\n- PP=1\n", "e.P", EC_GONE, "f: no e.P", NULL },
	{ "e:\n- P=1\n", "e.P.q", EC_GONE, "f: no e.P.q", NULL },
	{ "e: [{name: P, valueFrom: {}}]", "e.P", EC_GONE, "f: no e.P", NULL },
	{ "", "p", EC_GONE, "f: ", NULL },
	{ "p:\n", "p", EC_CONFLICT, "f:1:3: p: is empty", NULL },
	{ "p: ~\n", "p", EC_CONFLICT, "put it in quotes", NULL },
	{ "p: null\n", "p", EC_CONFLICT, "f:1:4: p: is a number", NULL },
	{ "p: No\n", "p", EC_CONFLICT, "is a number", NULL },
	{ "p: 0x1f\n", "p", EC_CONFLICT, "is a number", NULL },
	{ "p: 1e5\n", "p", EC_CONFLICT, "is a number", NULL },
	{ "p: 12:30:45\n", "p", EC_CONFLICT, "is a number", NULL },
	{ "p: 2026-01-02\n", "p", EC_CONFLICT, "is a number", NULL },
	{ "p: .inf\n", "p", EC_CONFLICT, "is a number", NULL },
	{ "p: {q: a}\n", "p", EC_CONFLICT, "holds further", NULL },
	{ "p: [a]\n", "p", EC_CONFLICT, "holds further", NULL },
	{ "p: |\n  a\n", "p", EC_CONFLICT, "f:1:4: p: is a block", NULL },
	{ "p: >-\n  a\n", "p", EC_CONFLICT, "is a block", NULL },
	{ "p: a\n  b\n", "p", EC_CONFLICT, "several lines", NULL },
	{ "p: \"a\n  b\"\n", "p", EC_CONFLICT, "several lines", NULL },
	{ "p: 'a\xe2\x80\xa8  b'\n", "p", EC_CONFLICT, "not known", NULL },
	{ "p: !!binary aGk=\n", "p", EC_CONFLICT, "tag", NULL },
	{ "p: !x a\n", "p", EC_CONFLICT, "tag", NULL },
	{ "p: !!str\n", "p", EC_CONFLICT, "is empty", NULL },
	{ "p: &x a\nq: *x\n", "p", EC_CONFLICT, "f:1:7: p: has an anchor",
	    NULL },
	{ "p: &x a\nq: *x\n", "q", EC_CONFLICT, "f:2:4: q: is an alias", NULL },
	{ "x: &e {p: a}\ny: *e\n", "y.p", EC_CONFLICT, "f:2:4: y.p: is an",
	    NULL },
	{ "x: &e {p: a}\ny:\n  <<: *e\n", "y.p", EC_CONFLICT,
	    "f:3:7: y.p: may come", NULL },
	{ "x: &e {p: a}\ny:\n  <<: [*e]\n  z: {}\n", "y.z.p", EC_CONFLICT,
	    "may come", NULL },
	{ "p: a\nq: 1\np: b\n", "p", EC_CONFLICT, "f:3:4: p: stands", NULL },
	{ "p: a\n\"p\": b\n", "p", EC_CONFLICT, "more than once", NULL },
	{ "m: {p: a}\nm: {}\n", "m.p", EC_CONFLICT, "more than once", NULL },
	{ "p: a\n---\np: b\n", "p", EC_CONFLICT, "f:3:4: p: stands", NULL },
	{ "e:\n- P=1\n- P=2\n", "e.P", EC_CONFLICT, "f:3:3: e.P: stands",
	    NULL },
	{ "e:\n- P=1\n- P\n", "e.P", EC_CONFLICT, "more than once", NULL },
	{ "e: [{name: P, value: a}, {name: P, value: b}]", "e.P", EC_CONFLICT,
	    "more than once", NULL },
	{ "e:\n- P\n", "e.P", EC_CONFLICT, "has no value: write NAME=", NULL },
	{ "e:\n- \"\\x50=a\"\n", "e.P", EC_CONFLICT, "with escapes", NULL },
	{ "p: ${P}\n", "p", EC_CONFLICT, "refers", NULL },
	{ "p: '{{ .Values.p }}'\n", "p", EC_CONFLICT, "refers", NULL },
	{ "p: {{ .Values.p }}\n", "p", EC_CONFLICT, "f:1:5: a key that is no",
	    NULL },
	{ "? [a]\n: b\np: a\n", "p", EC_CONFLICT, "a key that is no", NULL },
	{ "x: &x p\n*x : a\n", "p", EC_CONFLICT, "a key that is no", NULL },
	{ "p: a\n\tq: b\n", "p", EC_CONFLICT, "f:2:1: no YAML: ", NULL },
	{ "p: \"a\n", "p", EC_CONFLICT, "no YAML: ", NULL },
	{ "p: @a\n", "p", EC_CONFLICT, "f:1:4: no YAML: ", NULL },
	{ "p: a\x01\n", "p", EC_CONFLICT, "f:1:5: no YAML: ", NULL },
	{ BOM "p: a\x01\n", "p", EC_CONFLICT, "f:1:8: no YAML: ", NULL },
	{ "p: a\xff\n", "p", EC_CONFLICT, "f:1:5: a byte", NULL },
	{ "\xff\xfep", "p", EC_CONFLICT, "f:1:1: a byte", NULL },
	{ "p: \"\\ud83d\\ude00\"\n", "p", EC_CONFLICT, "no YAML: ", NULL },
};

static const struct row_value values[] = {
	{ "p: a\n", "p", "AKIAIOSFODNN7EXAMPLE", "p: AKIAIOSFODNN7EXAMPLE\n" },
	{ "p: a\n", "p", "BAbc/+/1=", "p: BAbc/+/1=\n" },
	{ "p: a\n", "p", "smtp://AKIA:B%2F@h.x:587",
	    "p: smtp://AKIA:B%2F@h.x:587\n" },
	{ "p: a\n", "p", "1e5", "p: '1e5'\n" },
	{ "p: a\n", "p", "+/a", "p: '+/a'\n" },
	{ "p: a\n", "p", "/a", "p: '/a'\n" },
	{ "p: a\n", "p", "0x1f", "p: '0x1f'\n" },
	{ "p: a\n", "p", "true", "p: 'true'\n" },
	{ "p: a\n", "p", "Null", "p: 'Null'\n" },
	{ "p: a\n", "p", "y", "p: 'y'\n" },
	{ "p: a\n", "p", "", "p: ''\n" },
	{ "p: a\n", "p", "a b", "p: 'a b'\n" },
	{ "p: a\n", "p", "a:", "p: 'a:'\n" },
	{ "p: a\n", "p", "a: b", "p: 'a: b'\n" },
	{ "p: a\n", "p", "a #b", "p: 'a #b'\n" },
	{ "p: a\n", "p", "it's", "p: 'it''s'\n" },
	{ "p: a\n", "p", "a\n\xc2\x85\xe2\x80\xa8\"\\",
	    "p: \"a\\x0a\\x85\\u2028\\\"\\\\\"\n" },
	{ "p: 'a'\n", "p", "a\t", "p: \"a\\x09\"\n" },
	{ "p: \"a\"\n", "p", "it's \"\\", "p: \"it's \\\"\\\\\"\n" },
	{ "p: a\n", "p", "\xff", NULL },
	{ "p: a\n", "p", "${x}", NULL },
	{ "p: a\n", "p", "a}}{{b", NULL },
	{ "{p: a,q: b}", "p", "x,y", "{p: 'x,y',q: b}" },
	{ "e:\n- P=1\n", "e.P", "", "e:\n- P=\n" },
	{ "e:\n- P=1\n", "e.P", "1e5", "e:\n- P=1e5\n" },
	{ "e:\n- P=1\n", "e.P", "a?b&c=d[]{}", "e:\n- P=a?b&c=d[]{}\n" },
	{ "e:\n- P=1\n", "e.P", "a: b", NULL },
	{ "e:\n- P=1\n", "e.P", "a:", NULL },
	{ "e:\n- P=1\n", "e.P", "a #b", NULL },
	{ "e:\n- P=1\n", "e.P", "a ", NULL },
	{ "e:\n- P=1\n", "e.P", "a\tb", NULL },
	{ "e: [P=1]\n", "e.P", "x,y", NULL },
	{ "e: [P=1]\n", "e.P", "BA/+=", "e: [P=BA/+=]\n" },
	{ "e: ['P=1']\n", "e.P", "it's, [x]", "e: ['P=it''s, [x]']\n" },
	{ "e: ['P=1']\n", "e.P", "a\n", NULL },
	{ "e: [\"P=1\"]\n", "e.P", "a\n\"", "e: [\"P=a\\x0a\\\"\"]\n" },
};

static void
rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++)
		row_good("yaml", &goods[i], "N/+");
	for (size_t i = 0; i < COUNT(bads); i++)
		row_bad("yaml", &bads[i]);
	for (size_t i = 0; i < COUNT(values); i++)
		row_value("yaml", &values[i]);
}

static void
deep(void **state)
{
	const struct edit_syntax *s = edit_syntax_find("yaml");
	AUTO(buf) struct buf text = BUF(ROW_MAX);
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e;

	(void)state;
	for (int i = 0; i < 65; i++)
		row_text(&text, "[");
	assert_int_equal(edit_get(s, &text, "f", "p", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:65: more than 64 levels"));
	buf_cut(&text, 0);
	assert_int_equal(buf_add(&text, "p: a\0b\n", 7, &e), EC_OK);
	assert_int_equal(edit_get(s, &text, "f", "p", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:5: a NUL"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
