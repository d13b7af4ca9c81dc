/* Values in dotenv and EnvironmentFile files: read, replaced, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/edit.h"

/* Behind ours: its macro fail() takes no arguments. */
#include <cmocka.h>

#define MAX 65536
#define ENV "environment-file"

/* What edit_get() says of key P in text. */
static enum ec
get(const char *syntax, const char *text, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf b = BUF(MAX);

	assert_int_equal(buf_adds(&b, text, e), EC_OK);
	return edit_get(edit_syntax_find(syntax), &b, "f", "P", ret, e);
}

static enum ec
set(const char *syntax, const char *text, const char *value, struct buf *ret,
    struct err *e)
{
	const struct edit_pair pair = { "P", value };
	AUTO(buf) struct buf b = BUF(MAX);

	assert_int_equal(buf_adds(&b, text, e), EC_OK);
	return edit_set(edit_syntax_find(syntax), &b, "f", &pair, 1, ret, e);
}

/* before, value before; after writing N/+ */
static const struct good {
	const char *syntax, *text, *value, *after;
} goods[] = {
	{ "dotenv", "P=a", "a", "P=N/+" },
	{ "dotenv", "P=", "", "P=N/+" },
	{ "dotenv", "P=\n", "", "P=N/+\n" },
	{ "dotenv", "P=  \nQ=1\n", "", "P=N/+  \nQ=1\n" },
	{ "dotenv", "P= # set me\n", "", "P=N/+ # set me\n" },
	{ "dotenv", "P=a # c\n", "a", "P=N/+ # c\n" },
	{ "dotenv", "P='a b' # c\n", "a b", "P='N/+' # c\n" },
	{ "dotenv", "P=\"a#b\"\n", "a#b", "P=\"N/+\"\n" },
	{ "dotenv", "P=\"it's\"\n", "it's", "P=\"N/+\"\n" },
	{ "dotenv", " export\tP = a\t\n", "a", " export\tP = N/+\t\n" },
	{ "dotenv", "\xef\xbb\xbfP=a\r\nQ=b\r\n", "a",
	    "\xef\xbb\xbfP=N/+\r\nQ=b\r\n" },
	{ "dotenv", "#P=x\nexport P=a\nexportP=c\nPP=d\nP.P=e\n", "a",
	    "#P=x\nexport P=N/+\nexportP=c\nPP=d\nP.P=e\n" },
	{ "dotenv", "P=gr\xc3\xbc\xc3\x9f\n", "gr\xc3\xbc\xc3\x9f", "P=N/+\n" },
	{ "dotenv", "Q=\"one\ntwo\"\nP=a\n", "a", "Q=\"one\ntwo\"\nP=N/+\n" },
	{ "dotenv", "Q=it's\nP=a\n", "a", "Q=it's\nP=N/+\n" },
	{ "dotenv", "# it's \\\nP=a\n", "a", "# it's \\\nP=N/+\n" },
	{ "dotenv", "no assignment\nP=a\n", "a", "no assignment\nP=N/+\n" },
	{ ENV, "P=a", "a", "P=N/+" },
	{ ENV, "P=\r\n", "", "P=N/+\r\n" },
	{ ENV, "; P=x\n  # P=y\nP=a b  # c \n", "a b  # c",
	    "; P=x\n  # P=y\nP=N/+ \n" },
	{ ENV, "P='a\\b' \n", "a\\b", "P='N/+' \n" },
	{ ENV, "P=\"a\\\"b\\\\c\\$d\\xe\"\n", "a\"b\\c$d\\xe", "P=\"N/+\"\n" },
	{ ENV, "P=\"a$b`c`\"\n", "a$b`c`", "P=\"N/+\"\n" },
	{ ENV, "P=a\\\\ \n", "a\\", "P=N/+ \n" },
	{ ENV, "P=a\\ \n", "a ", "P=N/+\n" },
	{ ENV, "P=\\\"a\n", "\"a", "P=N/+\n" },
	{ ENV, "P=it's\n", "it's", "P=N/+\n" },
	{ ENV, "Q=\\x'y\nP=a\n", "a", "Q=\\x'y\nP=N/+\n" },
	{ ENV, "P=\"a\\`b\"\n", "a`b", "P=\"N/+\"\n" },
	{ ENV, "P = a\n", "a", "P = N/+\n" },
	{ ENV, "Q='x\ny' 'z\n'\nP=a\n", "a", "Q='x\ny' 'z\n'\nP=N/+\n" },
	{ ENV, "Q=x\\\ny\nP=a\n", "a", "Q=x\\\ny\nP=N/+\n" },
	{ ENV, "Q='x\\'\nP=a\n", "a", "Q='x\\'\nP=N/+\n" },
	{ ENV, "Q=\"x\\\"\ny\" \nP=a\n", "a", "Q=\"x\\\"\ny\" \nP=N/+\n" },
};

static void
read_and_replace(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++) {
		const struct good *g = &goods[i];
		AUTO(buf) struct buf was = BUF(MAX);
		AUTO(buf) struct buf now = BUF(MAX);
		AUTO(buf) struct buf again = BUF(MAX);

		if (get(g->syntax, g->text, &was, &e) != EC_OK ||
		    set(g->syntax, g->text, "N/+", &now, &e) != EC_OK)
			fail_msg("row %zu: %s", i, e.what);
		assert_string_equal(buf_str(&was), g->value);
		assert_string_equal(buf_str(&now), g->after);
		assert_int_equal(
		    set(g->syntax, buf_str(&now), "N/+", &again, &e), EC_OK);
		assert_string_equal(buf_str(&again), g->after);
	}
}

static const struct bad {
	const char *syntax, *text;
	enum ec want;
	const char *told;
} bads[] = {
	{ "dotenv", "", EC_GONE, "f: no P" },
	{ "dotenv", "#P=a\nQ=b\n", EC_GONE, "f: no P" },
	{ "dotenv", "P: a\n", EC_GONE, "f: no P" },
	{ "dotenv", "P=a\nQ=b\nexport P=c\n", EC_CONFLICT,
	    "f:3:10: P: is set" },
	{ "dotenv", "Q=1\nP=\"a\nb\"\n", EC_CONFLICT, "f:2:3: P: the quoted" },
	{ "dotenv", "P='a", EC_CONFLICT, "does not end" },
	{ "dotenv", "P=\"a\\n\"\n", EC_CONFLICT, "escapes" },
	{ "dotenv", "P=\"$a\"\n", EC_CONFLICT, "escapes" },
	{ "dotenv", "P='a\\b'\n", EC_CONFLICT, "escapes" },
	{ "dotenv", "P=$a\n", EC_CONFLICT, "needs quotes" },
	{ "dotenv", "P=a b\n", EC_CONFLICT, "needs quotes" },
	{ "dotenv", "P=a#b\n", EC_CONFLICT, "needs quotes" },
	{ "dotenv", "P=#b\n", EC_CONFLICT, "needs quotes" },
	{ "dotenv", "P=`a`\n", EC_CONFLICT, "needs quotes" },
	{ "dotenv", "P=a'b'\n", EC_CONFLICT, "needs quotes" },
	{ "dotenv", "P='a'b\n", EC_CONFLICT, "behind the closing" },
	{ "dotenv", "P='a'#b\n", EC_CONFLICT, "behind the closing" },
	{ "dotenv", "Q=\"one\nP=a\n\"\n", EC_CONFLICT, "stands inside" },
	{ "dotenv", "Q='one\nP=a\n", EC_CONFLICT, "stands inside" },
	{ "dotenv", "Q=a\\\nP=a\n", EC_CONFLICT, "stands inside" },
	{ "dotenv", "Q='a'\\\nP=a\n", EC_CONFLICT, "stands inside" },
	{ "dotenv", "P=a\rQ=b\n", EC_CONFLICT, "carriage" },
	{ "dotenv", "P=a\r", EC_CONFLICT, "carriage" },
	{ ENV, "export P=a\n", EC_GONE, "f: no P" },
	{ ENV, "P\n", EC_GONE, "f: no P" },
	{ ENV, "\xef\xbb\xbfP=a\n", EC_GONE, "f: no P" },
	{ ENV, "P=a\nP=b\n", EC_CONFLICT, "f:2:3: P: is set" },
	{ ENV, "P=a\\\nb\n", EC_CONFLICT, "next line" },
	{ ENV, "P=\"a\nb\"\n", EC_CONFLICT, "does not end" },
	{ ENV, "P=\"a\\\"\n", EC_CONFLICT, "does not end" },
	{ ENV, "P='a' # c\n", EC_CONFLICT, "behind the closing" },
	{ ENV, "P='a''b'\n", EC_CONFLICT, "behind the closing" },
	{ ENV, "Q=x\\\nP=a\n", EC_CONFLICT, "stands inside" },
	{ ENV, "Q='x'\\\nP=a\n", EC_CONFLICT, "stands inside" },
	{ ENV, "# c \\\nP=a\n", EC_CONFLICT, "stands inside" },
	{ ENV, "Q='x\nP=a\n'\n", EC_CONFLICT, "stands inside" },
	{ ENV, "=Q='x\nP=a\n'\n", EC_CONFLICT, "stands inside" },
	{ ENV, "=P='x\nP=a\n", EC_CONFLICT, "stands inside" },
};

static void
refuse(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bads); i++) {
		const struct bad *b = &bads[i];
		AUTO(buf) struct buf out = BUF(MAX);

		assert_int_equal(buf_adds(&out, "old", &e), EC_OK);
		if (get(b->syntax, b->text, &out, &e) != b->want)
			fail_msg("row %zu: %s", i, e.what);
		if (strstr(e.what, b->told) == NULL)
			fail_msg("row %zu: %s", i, e.what);
		assert_int_equal(
		    set(b->syntax, b->text, "N", &out, &e), b->want);
		assert_string_equal(buf_str(&out), "old");
	}
}

static void
bytes_and_names(void **state)
{
	const struct edit_syntax *s = edit_syntax_find("dotenv");
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf out = BUF(MAX);
	struct err e;

	(void)state;
	assert_null(edit_syntax_find("docx"));
	assert_int_equal(buf_add(&text, "A=1\nP=\0x\n", 9, &e), EC_OK);
	assert_int_equal(edit_get(s, &text, "f", "P", &out, &e), EC_CONFLICT);
	assert_int_equal(edit_get(s, &text, "f", "A=", &out, &e), EC_CONFIG);
	assert_int_equal(edit_get(s, &text, "f", "1A", &out, &e), EC_CONFIG);
	assert_int_equal(edit_get(s, &text, "f", "", &out, &e), EC_CONFIG);
}

/* Two keys in either order; the same key twice is no pair. */
static void
two_at_once(void **state)
{
	const struct edit_syntax *s = edit_syntax_find("dotenv");
	const struct edit_pair pairs[] = { { "P", "pp" }, { "U", "uu" } };
	const struct edit_pair same[] = { { "P", "pp" }, { "P", "uu" } };
	AUTO(buf) struct buf text = BUF(MAX);
	AUTO(buf) struct buf out = BUF(MAX);
	struct err e;

	(void)state;
	assert_int_equal(buf_adds(&text, "a\nU='x'\nP=yyyy # z\n", &e), EC_OK);
	assert_int_equal(edit_set(s, &text, "f", pairs, 2, &out, &e), EC_OK);
	assert_string_equal(buf_str(&out), "a\nU='uu'\nP=pp # z\n");
	assert_int_equal(edit_set(s, &text, "f", same, 2, &out, &e), EC_CONFIG);
}

static void
append(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "P=\n" },
		{ "A=1", "A=1\nP=\n" },
		{ "A=1\r\n", "A=1\r\nP=\r\n" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf text = BUF(MAX);
		AUTO(buf) struct buf out = BUF(MAX);

		assert_int_equal(buf_adds(&text, rows[i].text, &e), EC_OK);
		assert_int_equal(
		    edit_syntax_find("dotenv")->append(&text, "P", &out, &e),
		    EC_OK);
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

/* Any value, in any style: either it reads back, or it is refused. The values
 * that SES makes are never refused. */
static void
any_value(void **state)
{
	static const char *const styles[] = { "P=", "P=''", "P=\"\"",
		"P='' \r\nQ=1\r\n" };
	static const char odd[] = " \t\"'#$`\\=;ab+/\xc3\xa9\x01\n\r";
	unsigned taken = 0;
	struct err e;

	(void)state;
	srand(7);
	for (unsigned n = 0; n < 40000; n++) {
		const char *syntax = edit_syntaxes[n % 2]->name;
		const char *style = styles[n / 2 % COUNT(styles)];
		AUTO(buf) struct buf now = BUF(MAX);
		AUTO(buf) struct buf back = BUF(MAX);
		char v[8] = "";

		for (int i = rand() % 7; i > 0; i--)
			v[i - 1] = odd[(unsigned)rand() % (sizeof(odd) - 1)];
		if (set(syntax, style, v, &now, &e) != EC_OK) {
			assert_int_equal(e.ec, EC_CONFLICT);
			assert_int_not_equal(strspn(v, "ab+/"), strlen(v));
			continue;
		}
		taken++;
		assert_int_equal(get(syntax, buf_str(&now), &back, &e), EC_OK);
		assert_string_equal(buf_str(&back), v);
	}
	assert_true(taken > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_and_replace),
		cmocka_unit_test(refuse),
		cmocka_unit_test(bytes_and_names),
		cmocka_unit_test(two_at_once),
		cmocka_unit_test(append),
		cmocka_unit_test(any_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
