/* The syntax of Postfix lookup tables: what postmap(1) would read, and that
 * nothing but one value changes. tests/e2e/postfix.t asks postmap itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/secret.h"
#include "clients/edit/edit.h"

#include <cmocka.h>

extern const struct edit_syntax edit_sasl_passwd;

#define KEY "[mail.example]:587"

static struct err e;

static enum ec
get_bytes(const char *text, size_t n, const char *key, struct buf *ret)
{
	AUTO(buf) struct buf b = BUF(65536);

	assert_int_equal(buf_add(&b, text, n, &e), EC_OK);
	return edit_get(&edit_sasl_passwd, &b, "/m", key, ret, &e);
}

static enum ec
get(const char *text, struct buf *ret)
{
	return get_bytes(text, strlen(text), KEY, ret);
}

static void
values(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ KEY " u:p", "u:p" },
		{ KEY "\t \tu:p \r\n", "u:p" },
		{ "# " KEY " no\n" KEY "\vu:p\f\n", "u:p" },
		{ " # " KEY " no\n" KEY " u:p w\n", "u:p w" },
		{ KEY "\n u:p\n", "u:p" },
		{ KEY "\n# x\n\n  \n  # y\n\tu:p\n# z\n", "u:p" },
		{ KEY " u:p\n # comment\n\nother v\n", "u:p" },
		{ " " KEY " no\n" KEY " u:p\n", "u:p" },
		{ "\n \n" KEY " u:p\n", "u:p" },
		{ "a b\n " KEY " no\n" KEY " u:p\n", "u:p" },
		{ KEY " u:p # part of it\n", "u:p # part of it" },
		{ KEY " \"u:p\"\n", "\"u:p\"" },
		{ "[MAIL.example]:587 u:p\n", "u:p" },
		{ "\"a b\" c\n\"a " KEY " no\n" KEY " u:p\n", "u:p" },
		{ "a\\ " KEY " no\n" KEY " u:p\n", "u:p" },
		{ KEY "x no\nx" KEY " no\n" KEY " u:p\n", "u:p" },
		{ KEY " \n", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf v = BUF(256);

		if (get(rows[i].text, &v) != EC_OK)
			print_error("%s\n%s\n", rows[i].text, e.what);
		assert_string_equal(buf_str(&v), rows[i].value);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *text;
		enum ec ec;
		const char *what;
	} rows[] = {
		{ "", EC_GONE, "/m: no entry for " KEY },
		{ "#" KEY " u:p\n", EC_GONE, "no entry" },
		{ "a b\n " KEY " u:p\n", EC_GONE, "no entry" },
		{ "\"" KEY "\" u:p\n", EC_GONE, "no entry" },
		{ "\xef\xbb\xbf" KEY " u:p\n", EC_GONE, "no entry" },
		{ KEY " u:p\n\n" KEY " u:p\n", EC_CONFLICT,
		    "/m:3:1: a second entry for " KEY ", the first is in line "
		    "1" },
		{ KEY " u:p\n[Mail.Example]:587 u:p\n", EC_CONFLICT, "/m:2:1" },
		{ KEY " u:p\n" KEY "\n", EC_CONFLICT, "/m:2:1" },
		{ KEY " u:\n  p\n", EC_CONFLICT, "/m:1:20: " },
		{ "x y\n" KEY "\n#c\n  u:\n p\n", EC_CONFLICT, "/m:4:3: " },
		{ KEY "\n", EC_CONFLICT, "/m:1:19: " },
		{ KEY "\r\n", EC_CONFLICT, "there is no value" },
		{ KEY, EC_CONFLICT, "there is no value" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf v = BUF(256);

		assert_int_equal(get(rows[i].text, &v), rows[i].ec);
		if (strstr(e.what, rows[i].what) == NULL)
			print_error("%s\n", e.what);
		assert_non_null(strstr(e.what, rows[i].what));
	}
}

static void
nul_bytes(void **state)
{
	AUTO(buf) struct buf v = BUF(256);
	static const char text[] = KEY " u:p\n\0x y\n";

	(void)state;
	assert_int_equal(
	    get_bytes(text, sizeof(text) - 1, KEY, &v), EC_CONFLICT);
}

/* Named is what was probably meant, never what may hold a password. */
static void
nearest(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "x y\n[mail.example]:465 u:p\n",
		    "line 2 has an entry for [mail.example]:465" },
		{ "mail.example u:p\n", "entry for mail.example:" },
		{ "[other.org]:25 u:p\n", "add the line: " KEY },
		{ "[mail.example]:587:AKIA:PassWordPassWord z\n", "add the" },
		{ "mail.example:PassWord\n", "add the" },
		{ "", "add the line: " KEY " USER:PASSWORD" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf v = BUF(256);

		assert_int_equal(get(rows[i].text, &v), EC_GONE);
		if (strstr(e.fix, rows[i].part) == NULL)
			print_error("%s\n", e.fix);
		assert_non_null(strstr(e.fix, rows[i].part));
		assert_null(strstr(e.fix, "PassWord"));
	}
}

static void
set(const char *from, const char *value, const char *to)
{
	const struct edit_pair pair = { KEY, value };
	AUTO(buf) struct buf b = BUF(65536);
	AUTO(buf) struct buf now = BUF(65536);
	enum ec ec;

	assert_int_equal(buf_adds(&b, from, &e), EC_OK);
	ec = edit_set(&edit_sasl_passwd, &b, "/m", &pair, 1, &now, &e);
	if (to == NULL) {
		assert_int_equal(ec, EC_CONFLICT);
		assert_non_null(strstr(e.what, "/m:1:20: "));
		return;
	}
	assert_int_equal(ec, EC_OK);
	assert_string_equal(buf_str(&now), to);
}

#define HEAD "# old u:p\r\n\n[a]:587\tu:p \n  # c\n\n"
#define TAIL "\n #[x]:1\n[b]:587\n# c\n  u:p\t\r\n \n[c] u:p"

static void
the_rest_stays(void **state)
{
	(void)state;
	set(HEAD KEY "\t u:p  " TAIL, "new:+/=", HEAD KEY "\t new:+/=  " TAIL);
	set(KEY "\n#c\n\n\tu:p \r\n" TAIL, "n:q",
	    KEY "\n#c\n\n\tn:q \r\n" TAIL);
	set(KEY " u", "n:q", KEY " n:q");
	set(KEY " \t\r\n[b] u", "n:q", KEY " n:q\t\r\n[b] u");
	set(KEY " \n", "n:q:r", KEY " n:q:r\n");
}

static void
values_that_cannot_stand(void **state)
{
	static const char *const bad[] = { "", "#u:p", " u:p", "u:p ", "u\n:p",
		"u\r:p", "u\tp", "u\x7f" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		set(KEY " u:p\n", bad[i], NULL);
}

static void
append(void **state)
{
	static const struct {
		const char *text, *then;
	} rows[] = {
		{ "", KEY " \n" },
		{ "a b\n", "a b\n" KEY " \n" },
		{ "a b", "a b\n" KEY " \n" },
		{ "a b\r\nc d", "a b\r\nc d\r\n" KEY " \r\n" },
		{ "\na b\r\n", "\na b\r\n" KEY " \n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(256);
		AUTO(buf) struct buf now = BUF(256);
		AUTO(buf) struct buf v = BUF(256);

		assert_int_equal(buf_adds(&b, rows[i].text, &e), EC_OK);
		assert_int_equal(
		    edit_sasl_passwd.append(&b, KEY, &now, &e), EC_OK);
		assert_string_equal(buf_str(&now), rows[i].then);
		assert_int_equal(get(buf_str(&now), &v), EC_OK);
		assert_int_equal(v.len, 0);
	}
}

/* Whatever stands around it, a value set is read back and only it changed;
 * anything else is refused. edit_set() proves the first, this the second. */
static void
any_text(void **state)
{
	static const char bits[][10] = { "K", "k", "\n", " ", "\t", "#", "\r",
		"\"", "\\", "u:p", "x", "\n ", "\nK ", "\v", "K\n" };
	const struct edit_pair pair = { "K", "N:W" };
	unsigned taken = 0, seed = 1;

	(void)state;
	for (int round = 0; round < 50000; round++) {
		AUTO(buf) struct buf b = BUF(256);
		AUTO(buf) struct buf now = BUF(256);
		struct edit_span s;
		size_t tail;

		for (int i = 0; i < 8; i++) {
			seed = seed * 1103515245U + 12345U;
			assert_int_equal(
			    buf_adds(&b, bits[(seed >> 16) % COUNT(bits)], &e),
			    EC_OK);
		}
		if (edit_set(&edit_sasl_passwd, &b, "/m", &pair, 1, &now, &e) !=
		    EC_OK) {
			assert_in_set(e.ec,
			    ((const uintmax_t[]){ EC_GONE, EC_CONFLICT }), 2);
			continue;
		}
		taken++;
		assert_int_equal(
		    edit_sasl_passwd.find(&b, "/m", "K", &s, &e), EC_OK);
		tail = s.at + s.len;
		assert_int_equal(now.len, b.len - s.len + 3);
		assert_memory_equal(now.p, b.p, s.at);
		assert_memory_equal(now.p + s.at + 3, b.p + tail, b.len - tail);
	}
	assert_true(taken > 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(refused),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(nearest),
		cmocka_unit_test(the_rest_stays),
		cmocka_unit_test(values_that_cannot_stand),
		cmocka_unit_test(append),
		cmocka_unit_test(any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
