/*
 * properties, msmtprc, plain, and tables of Exim and OpenSMTPD. Tried with
 * java.util.Properties of Java 17 and msmtp 1.8.23 --pretend; for the tables,
 * see the sources named in clients/edit/.
 */
#include "edit_text.h"

#define JAVA  "properties"
#define MSMTP "msmtprc"
#define EXIM  "exim-passwd"
#define BSD   "opensmtpd-secrets"
#define PLAIN "plain"
#define N     TEXT_NEW

static const struct text_good goods[] = {
	{ JAVA, "p", "p=a", "a", "p=" N },
	{ JAVA, "mail.p", "mail.p = a b \r\nq=1", "a b ",
	    "mail.p = " N "\r\nq=1" },
	{ JAVA, "p", "p:a=b\n", "a=b", "p:" N "\n" },
	{ JAVA, "p", "\t p\ta\n", "a", "\t p\t" N "\n" },
	{ JAVA, "p", "p \t: :a\n", ":a", "p \t: " N "\n" },
	{ JAVA, "p", "p=\n", "", "p=" N "\n" },
	{ JAVA, "p", "p \n", "", "p " N "\n" },
	{ JAVA, "p", "#p=1\n ! p=2\np=\\ a\\:\\n\\u00e9\\u0041\\z\\\\\n",
	    " a:\n\xc3\xa9"
	    "Az\\",
	    "#p=1\n ! p=2\np=" N "\n" },
	{ JAVA, "p", "p=\\uD83D\\ude00\n", "\xf0\x9f\x98\x80", "p=" N "\n" },
	{ JAVA, "p", "p=gr\xfc\xdf\n", "gr\xfc\xdf", "p=" N "\n" },
	{ JAVA, "p", "q=a\\\np=1\np=2\n", "2", "q=a\\\np=1\np=" N "\n" },
	{ JAVA, "p", "q=a\\\\\np=2\n", "2", "q=a\\\\\np=" N "\n" },
	{ JAVA, "p", "q=\\\n\\\n#\np=2\n", "2", "q=\\\n\\\n#\np=" N "\n" },
	{ JAVA, "p", "#c\\\np=2\n", "2", "#c\\\np=" N "\n" },
	{ JAVA, "a b:c", "a\\ b\\:c=2\n", "2", "a\\ b\\:c=" N "\n" },
	{ JAVA, "pq", "\\u0070\\q=2\n", "2", "\\u0070\\q=" N "\n" },
	{ JAVA, "p", "p=\"a\" # c\n", "\"a\" # c", "p=" N "\n" },
	{ MSMTP, "a.password", "account a\npassword x", "x",
	    "account a\npassword " N },
	{ MSMTP, "a.user",
	    "# c\r\ndefaults\r\nuser d\r\naccount a\r\n\tuser\tx y \r\n", "x y",
	    "# c\r\ndefaults\r\nuser d\r\naccount a\r\n\tuser\t" N " \r\n" },
	{ MSMTP, "defaults.user", "defaults\nuser d\naccount a\nuser x\n", "d",
	    "defaults\nuser " N "\naccount a\nuser x\n" },
	{ MSMTP, "b.user", "account a\nuser x\naccount \" b : a\"\nuser y\n",
	    "y", "account a\nuser x\naccount \" b : a\"\nuser " N "\n" },
	{ MSMTP, "b.user", "account a\nuser x\naccount \"b\" : a\nuser y\n",
	    "y", "account a\nuser x\naccount \"b\" : a\nuser " N "\n" },
	{ MSMTP, "a.password", "account a\npassword \"a\"b # c\"\n", "a\"b # c",
	    "account a\npassword \"" N "\"\n" },
	{ MSMTP, "a.password", "account a\npassword x # c\n", "x # c",
	    "account a\npassword " N "\n" },
	{ MSMTP, "a.password", "account a\npassword \"\n", "\"",
	    "account a\npassword " N "\n" },
	{ MSMTP, "a.password", "account a\npassword\n", "",
	    "account a\npassword " N "\n" },
	{ MSMTP, "a.password", "account a\npassword \t \n", "",
	    "account a\npassword " N "\t \n" },
	{ MSMTP, "default.user", "user x\naccount a\nuser y\n", "x",
	    "user " N "\naccount a\nuser y\n" },
	{ MSMTP, "a\\.b.user", "account a.b\nuser x\n", "x",
	    "account a.b\nuser " N "\n" },
	{ MSMTP, "a.user",
	    "account b\npasswordeval \"x\"\nuser y\naccount a\nuser z\n", "z",
	    "account b\npasswordeval \"x\"\nuser y\naccount a\nuser " N "\n" },
	{ EXIM, "*.amazonaws.com", "# c\r\n*.amazonaws.com:u:p\r\n*:x:y", "u:p",
	    "# c\r\n*.amazonaws.com:" N "\r\n*:x:y" },
	{ EXIM, "h", "h : u:p \t\nh.x:1\n", "u:p", "h : " N " \t\nh.x:1\n" },
	{ EXIM, "H", "h:\n", "", "h:" N "\n" },
	{ EXIM, "h", "g:1\n h:2\nh:u:p\n\n# c\n\n", "u:p",
	    "g:1\n h:2\nh:" N "\n\n# c\n\n" },
	{ EXIM, "::1", "\"::1\":u:p\n", "u:p", "\"::1\":" N "\n" },
	{ BSD, "ses", "# c\n\n  ses\tu:p \nx:u:p\n", "u:p",
	    "# c\n\n  ses\t" N " \nx:u:p\n" },
	{ BSD, "ses", "ses: u:p\r\n", "u:p", "ses: " N "\r\n" },
	{ BSD, "ses", "ses:u:p", "u:p", "ses:" N },
	{ BSD, "SES", "Ses u:p\n", "u:p", "Ses " N "\n" },
	{ BSD, "ses", "ses \"u:p\"\n", "\"u:p\"", "ses " N "\n" },
	{ BSD, "ses", "x y\nses\n", "", "x y\nses " N "\n" },
	{ BSD, "ses", "x y\nses \n", "", "x y\nses " N "\n" },
	{ PLAIN, "any", "", "", N },
	{ PLAIN, "any", "\n", "", N "\n" },
	{ PLAIN, "any", "a", "a", N },
	{ PLAIN, "any", "a b\r\n", "a b", N "\r\n" },
	{ PLAIN, "any", "\n\na\n\n", "a", "\n\n" N "\n\n" },
	{ PLAIN, "any",
	    "\xef\xbb\xbf"
	    "a\n",
	    "a", "\xef\xbb\xbf" N "\n" },
};

static void
read_and_replace(void **state)
{
	(void)state;
	text_check_good(goods, COUNT(goods));
}

static const struct text_bad bads[] = {
	{ JAVA, "p", "", EC_GONE, "f: no p in it" },
	{ JAVA, "mail.password", "#mail.password=hidden\nmail.passwd=hidden\n",
	    EC_GONE, "f: no mail.password in it; line 2 has mail.passwd" },
	{ JAVA, "p", "p=1\n\\u0070=hidden\n", EC_CONFLICT,
	    "f:2:8: p: is set more than once, first in line 1" },
	{ JAVA, "p", "p=hidden\\\n x\n", EC_CONFLICT,
	    "f:1:3: p: the value goes" },
	{ JAVA, "p", "p=hidden\\", EC_CONFLICT, "goes over" },
	{ JAVA, "p", "p\\\nq=hidden\n", EC_CONFLICT, "f:1:1: a key that goes" },
	{ JAVA, "p", "p", EC_CONFLICT, "f:1:2: p: there is no separator" },
	{ JAVA, "p", "p=hidden\\u12g4\n", EC_CONFLICT, "f:1:3: p: a bad \\u" },
	{ JAVA, "p", "p=hidden\\u12", EC_CONFLICT, "a bad \\u" },
	{ JAVA, "p", "p=hidden\\u0000\n", EC_CONFLICT, "a bad \\u" },
	{ JAVA, "p", "p=hidden\\ud800x\n", EC_CONFLICT, "a bad \\u" },
	{ JAVA, "p", "p=hidden\\udc00\\ud800\n", EC_CONFLICT, "a bad \\u" },
	{ JAVA, "p", "q\\uzzzz=1\np=hidden\n", EC_CONFLICT,
	    "f:1:1: a bad \\u" },
	{ JAVA, "p", "p=x$\\{hidden}\n", EC_CONFLICT, "refers to" },
	{ JAVA, "p", "p=hidden\rq=1\n", EC_CONFLICT,
	    "f:1:9: holds a carriage" },
	{ JAVA, "", "=1\n", EC_CONFIG, "empty" },
	{ MSMTP, "a.user", "", EC_GONE, "f: no account a in it" },
	{ MSMTP, "a.user", "account b : a\nuser hidden\n", EC_GONE,
	    "no account a" },
	{ MSMTP, "b.user", "account a\nuser hidden\naccount b : a\nhost x\n",
	    EC_GONE, "f:3: no user in account b" },
	{ MSMTP, "a.user", "defaults\nuser hidden\naccount a\n", EC_GONE,
	    "f:3: no user in account a" },
	{ MSMTP, "a.user", "account a\n#user hidden\nUser hidden\n", EC_GONE,
	    "no user" },
	{ MSMTP, "default.user", "account a\nuser hidden\n", EC_GONE,
	    "no account default" },
	{ MSMTP, "a.user", "account a\nuser x\nuser hidden\n", EC_CONFLICT,
	    "f:3:6: a.user: is set more than once, first in line 2" },
	{ MSMTP, "a.user", "account a\nuser x\naccount a\nuser hidden\n",
	    EC_CONFLICT, "more than once" },
	{ MSMTP, "a.password", "account a\npasswordeval \"hidden\"\n",
	    EC_CONFLICT, "f:2:1: a.password: comes from a program" },
	{ MSMTP, "a.password", "account a\npassword hidden\npasswordeval x\n",
	    EC_CONFLICT, "f:3:1: a.password: comes from a program" },
	{ MSMTP, "user", "user hidden\n", EC_CONFIG, "is not ACCOUNT.COMMAND" },
	{ EXIM, "h", "", EC_GONE, "f: no entry for h" },
	{ EXIM, "h", "g:x\n h:hidden\n#h:hidden\n", EC_GONE, "no entry for h" },
	{ EXIM, "h", "h:1\nH:hidden\n", EC_CONFLICT,
	    "f:2:3: h: is set more than once, first in line 1" },
	{ EXIM, "h", "h:u\n\n#c\n :hidden\n", EC_CONFLICT,
	    "f:4:1: h: the value goes on" },
	{ EXIM, "h", "h hidden\n", EC_CONFLICT, "f:1:3: h: no colon" },
	{ EXIM, "h", "h\n", EC_CONFLICT, "f:1:2: h: no colon" },
	{ EXIM, "h", "\"\\x\":1\nh:hidden\n", EC_CONFLICT, "f:1:1: a quoted" },
	{ EXIM, "h", "\"x:1\nh:hidden\n", EC_CONFLICT, "f:1:1: a quoted" },
	{ EXIM, "#h", "#h:hidden\n", EC_CONFIG, "cannot be a host" },
	{ BSD, "ses", "x y\n", EC_GONE, "f: no label ses in it" },
	{ BSD, "ses", "#ses u:hidden\nsesx u:hidden\n", EC_GONE,
	    "no label ses" },
	{ BSD, "ses", "ses a:b\nSES: hidden:x\n", EC_CONFLICT,
	    "f:2:6: ses: is set more than once, first in line 1" },
	{ BSD, "ses", "ses : u:hidden\n", EC_CONFLICT, "f:1:5: ses: two sep" },
	{ BSD, "ses", "# @list\nses u:hidden\n", EC_CONFLICT,
	    "f:1:1: this line" },
	{ BSD, "ses", "x\nses u:hidden\n", EC_CONFLICT, "f:1:1: this line" },
	{ BSD, "#s", "#s u:hidden\n", EC_CONFIG, "is no label" },
	{ BSD, "s:s", "", EC_CONFIG, "is no label" },
	{ BSD, "[s]", "[s] u:hidden\n", EC_CONFIG, "is no label" },
	{ PLAIN, "any", "a\nhidden\n", EC_CONFLICT, "f:2:1: a second line" },
	{ PLAIN, "any", "a\rhidden\n", EC_CONFLICT, "f:1:2: holds a carriage" },
};

static void
refuse(void **state)
{
	(void)state;
	text_check_bad(bads, COUNT(bads));
}

/* What to do about a key that is not there. */
static void
remedies(void **state)
{
	static const struct {
		const char *syntax, *key, *text, *fix;
	} rows[] = {
		{ EXIM, "*.aws", "", "add the line: *.aws:LOGIN:PASSWORD" },
		{ EXIM, "*.aws.com", "x:1\n*.aws.co:1\n",
		    "line 2 has an entry for *.aws.co: is that" },
		{ BSD, "ses", "", "add the line: ses USER:PASSWORD" },
		{ BSD, "ses", "\nses1 u:p\n", "line 2 has the label ses1" },
		{ MSMTP, "ses.user", "account ses1\n", "line 1 has ses1" },
		{ MSMTP, "ses.user", "account ses\nusers x\n",
		    "line 2 has users" },
		{ MSMTP, "ses.user", "account ses\n", "add a line with user" },
		{ MSMTP, "ses.password", "account ses\npasswordeval x\n",
		    "in place of passwordeval" },
		{ JAVA, "p", "p=1\np=2\n", "remove one of the two" },
		{ PLAIN, "p", "1\n2\n", "another format" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf out = BUF(TEXT_MAX);

		assert_int_not_equal(text_get(rows[i].syntax, rows[i].text,
					 rows[i].key, &out, &e),
		    EC_OK);
		if (strstr(e.fix, rows[i].fix) == NULL)
			die("row %zu: %s (%s)", i, e.what, e.fix);
	}
}

static const struct text_refused refused[] = {
	{ JAVA, "p", "p=a\n", "${x}" },
	{ JAVA, "p", "p=a\n", "\xff" },
	{ MSMTP, "a.user", "account a\nuser x\n", "\"x\"" },
	{ MSMTP, "a.user", "account a\nuser x\n", "x " },
	{ MSMTP, "a.user", "account a\nuser \"x\"\n", "x\n" },
	{ EXIM, "h", "h:u:p\n", " u:p" },
	{ EXIM, "h", "h:u:p\n", "u:p\nx:y" },
	{ BSD, "h", "h u:p\n", ":u:p" },
	{ BSD, "h", "h u:p\n", "u:p\t" },
	{ PLAIN, "h", "x\n", "a\nb" },
	{ PLAIN, "h", "x\n", "a " },
	{ PLAIN, "h", "x\n",
	    "\xef\xbb\xbf"
	    "a" },
};

static void
values_that_cannot_stand(void **state)
{
	(void)state;
	text_check_refused(refused, COUNT(refused));
}

static void
java_escapes_are_written(void **state)
{
	static const char value[] =
	    " a=b:#!\\\t\n\r\f\x01\xc3\xa9\xf0\x9f\x98\x80 ";
	AUTO(buf) struct buf out = BUF(TEXT_MAX);
	struct err e;

	(void)state;
	assert_int_equal(text_set(JAVA, "p=", "p", value, &out, &e), EC_OK);
	assert_string_equal(buf_str(&out),
	    "p=\\ a=b:#!\\\\\\t\\n\\r\\f\\u0001\\u00e9\\ud83d\\ude00 ");
}

static const struct text_added added[] = {
	{ JAVA, "p", "", "p=" N "\n" },
	{ JAVA, "a b=\xc3\xa9", "x=1", "x=1\na\\ b\\=\\u00e9=" N "\n" },
	{ JAVA, "p", "x=1\\", "x=1\\\n\np=" N "\n" },
	{ JAVA, "p", "x=1\\\n y\\\n", "x=1\\\n y\\\n\np=" N "\n" },
	{ JAVA, "p", "x=1\r\n", "x=1\r\np=" N "\r\n" },
	{ EXIM, "*.x", "", "*.x:" N "\n" },
	{ EXIM, "::1", "a:b", "a:b\n\"::1\":" N "\n" },
	{ BSD, "ses", "", "ses " N "\n" },
	{ BSD, "ses", "a b\r\n", "a b\r\nses " N "\r\n" },
	{ PLAIN, "x", "", N },
};

static void
append(void **state)
{
	(void)state;
	text_check_added(added, COUNT(added));
	assert_null(edit_syntax_find(MSMTP)->append);
}

static void
joints(void **state)
{
	static const char *const joint[] = { EXIM, BSD, "sasl_passwd" };

	(void)state;
	for (size_t i = 0; i < COUNT(joint); i++)
		assert_string_equal(edit_syntax_find(joint[i])->joint, ":");
	assert_null(edit_syntax_find(JAVA)->joint);
}

/* A NUL byte, which no C string shows, is refused by all. */
static void
nul_bytes(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; edit_syntaxes[i] != NULL; i++) {
		AUTO(buf) struct buf text = BUF(64);
		AUTO(buf) struct buf out = BUF(64);

		assert_int_equal(buf_add(&text, "a\n\0b", 4, &e), EC_OK);
		if (edit_get(edit_syntaxes[i], &text, "f", "a.b", &out, &e) !=
		    EC_CONFLICT)
			die("%s", edit_syntaxes[i]->name);
		assert_non_null(strstr(e.what, "NUL byte"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_and_replace),
		cmocka_unit_test(refuse),
		cmocka_unit_test(remedies),
		cmocka_unit_test(values_that_cannot_stand),
		cmocka_unit_test(java_escapes_are_written),
		cmocka_unit_test(append),
		cmocka_unit_test(joints),
		cmocka_unit_test(nul_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
