/*
 * INI dialects. What each row says was tried with the real readers:
 * parse_ini_string() of PHP 8.2 in both modes, gopkg.in/ini.v1 v1.67 as Gitea
 * and Grafana call it, configparser of Python 3.11 and git config 2.39.
 */
#include "edit_text.h"

#define INI "ini"
#define PHP "php-ini"
#define TEA "gitea"
#define FAN "grafana"
#define N   TEXT_NEW

static const struct text_good goods[] = {
	{ INI, "s.p", "[s]\np=a", "a", "[s]\np=" N },
	{ INI, "s.p", "[s]\np =\n", "", "[s]\np =" N "\n" },
	{ INI, "s.p", "[s]\np = \n", "", "[s]\np = " N "\n" },
	{ INI, "s.p", "[s]\np : a b \n", "a b", "[s]\np : " N " \n" },
	{ INI, "s.p", "\xef\xbb\xbf; c\r\n[s]\r\n\tp\t=\ta\t\r\n", "a",
	    "\xef\xbb\xbf; c\r\n[s]\r\n\tp\t=\t" N "\t\r\n" },
	{ INI, "p", "p=a\n[s]\np=b\n", "a", "p=" N "\n[s]\np=b\n" },
	{ INI, "s.p", "p=a\n[t]\np=c\n[s]\np=b\n[u]\np=d\n", "b",
	    "p=a\n[t]\np=c\n[s]\np=" N "\n[u]\np=d\n" },
	{ INI, "s.p", "[s]\nq=1\n[t]\nx=1\n[s]\np=b\n", "b",
	    "[s]\nq=1\n[t]\nx=1\n[s]\np=" N "\n" },
	{ INI, "a\\.b.p", "[a]\np=1\n[a.b]\np=2\n", "2",
	    "[a]\np=1\n[a.b]\np=" N "\n" },
	{ INI, "s.a\\.b", "[s]\na.b=2\n", "2", "[s]\na.b=" N "\n" },
	{ INI, "s.p", "[s] ; c\np=\"a b\" \n", "a b",
	    "[s] ; c\np=\"" N "\" \n" },
	{ INI, "s.p", "[s]\np=''\n", "", "[s]\np='" N "'\n" },
	{ INI, "s.p", "[s]\n;p=1\n#p=2\n  # p=3\np=4\n", "4",
	    "[s]\n;p=1\n#p=2\n  # p=3\np=" N "\n" },
	{ INI, "s.p", "[s]\nflag\np=1\n", "1", "[s]\nflag\np=" N "\n" },
	{ INI, "s.p", "[s]\nq=1\n  more\n\n  and more\np=1\n", "1",
	    "[s]\nq=1\n  more\n\n  and more\np=" N "\n" },
	{ INI, "s.p", "[s]\nq=C:\\\np2=1\np=1\n", "1",
	    "[s]\nq=C:\\\np2=1\np=" N "\n" },
	{ INI, "s.p", "[s]\n\tq=1\n\tp=a\n[t]\n", "a",
	    "[s]\n\tq=1\n\tp=" N "\n[t]\n" },
	{ INI, "s.p", "[s]\nq=it's 100% \"so\" # x\np=a\n", "a",
	    "[s]\nq=it's 100% \"so\" # x\np=" N "\n" },
	{ INI, "s.p", "[s]\nq=1\\\n# c\np=a\n", "a",
	    "[s]\nq=1\\\n# c\np=" N "\n" },
	{ INI, "s.p", "[s]\n# c\\\np=a\n", "a", "[s]\n# c\\\np=" N "\n" },
	{ INI, "sec \"x\".p", "[sec \"x\"]\np=a\n", "a",
	    "[sec \"x\"]\np=" N "\n" },
	{ PHP, "mail function.p", "[mail function]\np = a ; c\n", "a",
	    "[mail function]\np = " N " ; c\n" },
	{ PHP, "s.p", "[s]\np = \"a b;c#d'e\" ; c\n", "a b;c#d'e",
	    "[s]\np = \"" N "\" ; c\n" },
	{ PHP, "s.p", "[s]\np='a\"b'\n", "a\"b", "[s]\np='" N "'\n" },
	{ PHP, "s.p", "[s]\nq=\"two\nx=x\n\"\np=a\n", "a",
	    "[s]\nq=\"two\nx=x\n\"\np=" N "\n" },
	{ PHP, "s.p", "[s]\nq=\"a\\\"b\"\nr='\\'\np=a\n", "a",
	    "[s]\nq=\"a\\\"b\"\nr='\\'\np=" N "\n" },
	{ PHP, "s.p", "[s]\nq='two\npx=x\n' ; c\np=a\n", "a",
	    "[s]\nq='two\npx=x\n' ; c\np=" N "\n" },
	{ PHP, "s.p", "[s]\n; it's \"so\np=a\n", "a",
	    "[s]\n; it's \"so\np=" N "\n" },
	{ PHP, "s.p", "[s]\nq=E_ALL & ~E_NOTICE ; it's\na[]=1\np=a\n", "a",
	    "[s]\nq=E_ALL & ~E_NOTICE ; it's\na[]=1\np=" N "\n" },
	{ PHP, "s.p", "[s]\na;b=\"c\np=a\n", "a", "[s]\na;b=\"c\np=" N "\n" },
	{ PHP, "s.P", "[s]\np=1\nP=2\n", "2", "[s]\np=1\nP=" N "\n" },
	{ PHP, "s.p", "[s]\np =  ; set\n", "", "[s]\np = " N " ; set\n" },
	{ PHP, "s.p", "[s]\np = ; set\n", "", "[s]\np =" N " ; set\n" },
	{ TEA, "mailer.P", "[mailer]\nP = `a;b#c\"d'e` ; c\n", "a;b#c\"d'e",
	    "[mailer]\nP = `" N "` ; c\n" },
	{ TEA, "mailer.P", "[mailer]\nP = a;b\n", "a",
	    "[mailer]\nP = " N ";b\n" },
	{ TEA, "mailer.P", "[mailer]\nP = \"a b\" # c\n", "a b",
	    "[mailer]\nP = \"" N "\" # c\n" },
	{ TEA, "mailer.P", "[mailer]\nP = it's \"so\"\n", "it's \"so\"",
	    "[mailer]\nP = " N "\n" },
	{ TEA, "mailer.P", "[mailer]\nP : a=b\n", "a=b",
	    "[mailer]\nP : " N "\n" },
	{ TEA, "mailer.P", "[mailer]\nQ=`two\nP=x\n` ; c\nP=a\n", "a",
	    "[mailer]\nQ=`two\nP=x\n` ; c\nP=" N "\n" },
	{ TEA, "mailer.P", "[mailer]\nQ=\"one\nP=a\n", "a",
	    "[mailer]\nQ=\"one\nP=" N "\n" },
	{ TEA, "mailer.P", "[mailer]\nQ=C:\\\nP=a\n", "a",
	    "[mailer]\nQ=C:\\\nP=" N "\n" },
	{ TEA, "mailer.P", "[mailer]\n  Q=1\n      P=a\\\n", "a\\",
	    "[mailer]\n  Q=1\n      P=" N "\n" },
	{ TEA, "P", "[s]\nP=1\n[DEFAULT]\nP=2\n", "2",
	    "[s]\nP=1\n[DEFAULT]\nP=" N "\n" },
	{ TEA, "DEFAULT.P", "P=2\n[s]\nP=1\n", "2", "P=" N "\n[s]\nP=1\n" },
	{ TEA, "mailer.P", "[mailer]\np=1\nP=100%\n", "100%",
	    "[mailer]\np=1\nP=" N "\n" },
	{ FAN, "smtp.password",
	    "[smtp]\n;password = x\npassword = \"\"\"a#b;c\"\"\"\n", "a#b;c",
	    "[smtp]\n;password = x\npassword = \"\"\"" N "\"\"\"\n" },
	{ FAN, "smtp.user",
	    "[smtp]\nx=\"\"\"two\nuser=1\n\"\"\"\nuser = a ; c\n", "a",
	    "[smtp]\nx=\"\"\"two\nuser=1\n\"\"\"\nuser = " N " ; c\n" },
	{ FAN, "s.p", "[s]\nq=a\\\np=x\np=b\n", "b",
	    "[s]\nq=a\\\np=x\np=" N "\n" },
	{ FAN, "s.p", "[s]\nq=a ; c \\\np=x\\\n\np=b\n", "b",
	    "[s]\nq=a ; c \\\np=x\\\n\np=" N "\n" },
	{ FAN, "s.p", "[s]\nq=`a\\\n` \\\np=b\n", "b",
	    "[s]\nq=`a\\\n` \\\np=" N "\n" },
};

static void
read_and_replace(void **state)
{
	(void)state;
	text_check_good(goods, COUNT(goods));
}

static const struct text_bad bads[] = {
	{ INI, "s.p", "", EC_GONE, "f: no section [s]" },
	{ INI, "smtp.p", "[s]\n[smtpd]\np=hidden\n", EC_GONE,
	    "f: no section [smtp] in it; line 2 has smtpd" },
	{ INI, "s.password", "x\n[s]\npasswd=hidden\n", EC_GONE,
	    "f:2: no password in section [s]" },
	{ INI, "s.username", "[s]\nuser=hidden\nuser_name=hidden\n", EC_GONE,
	    "f:1: no username in section [s]" },
	{ INI, "s.username", "[s]\nusernam=hidden\n", EC_GONE,
	    "line 2 has usernam" },
	{ INI, "p", "[s]\np=1\n", EC_GONE, "f: no p before the first section" },
	{ INI, "s.p", "[s]\np\n", EC_CONFLICT,
	    "f:2:1: s.p: stands here without a value" },
	{ INI, "s.p", "[s]\np=hidden\nP\n", EC_CONFLICT, "f:3:1: s.p: stands" },
	{ INI, "s.p", "[s]\np=hidden\nq=2\n p=hidden\n", EC_CONFLICT,
	    "f:4:4: s.p: is indented deeper" },
	{ INI, "s.p", "[s]\np=hidden\n[t]\n[s]\np=2\n", EC_CONFLICT,
	    "f:5:3: s.p: is set more than once, first in line 2" },
	{ INI, "s.p", "[s]\np=hidden\n  more\n", EC_CONFLICT,
	    "f:3:1: s.p: the value goes on" },
	{ INI, "s.p", "[s]\np=hidden\n\n; c\n\tmore\n", EC_CONFLICT,
	    "f:5:1: s.p: the value goes on" },
	{ INI, "s.p", "[s]\nq=1\\\np=hidden\n", EC_CONFLICT,
	    "f:3:3: s.p: the line before it ends with a backslash" },
	{ INI, "s.p", "[s]\nq=1\\\n# c\\\np=hidden\n", EC_CONFLICT,
	    "f:4:3: s.p: the line before it" },
	{ INI, "s.p", "[t]\nq=1\\\n[s]\np=hidden\n", EC_CONFLICT,
	    "f:3:1: this heading" },
	{ INI, "s.p", "[t]\nq=1\n [s]\np=hidden\n", EC_CONFLICT,
	    "f:3:1: this heading" },
	{ INI, "s.p", "[s]\np=hidden\\\n", EC_CONFLICT,
	    "f:2:3: s.p: the value" },
	{ INI, "s.p", "[s]\np=hidden ; c\n", EC_CONFLICT,
	    "f:2:3: s.p: the value needs quotes" },
	{ INI, "s.p", "[s]\np=hidden#c\n", EC_CONFLICT, "needs quotes" },
	{ INI, "s.p", "[s]\np=%hidden\n", EC_CONFLICT, "needs quotes" },
	{ INI, "s.p", "[s]\np=${hidden}\n", EC_CONFLICT, "needs quotes" },
	{ INI, "s.p", "[s]\np=\"a%hidden\"\n", EC_CONFLICT, "in quotes mean" },
	{ INI, "s.p", "[s]\np=\"a\" hidden\n", EC_CONFLICT,
	    "behind the closing" },
	{ INI, "s.p", "[s]\np=\"a\"hidden\"\n", EC_CONFLICT,
	    "behind the closing" },
	{ INI, "s.p", "[s]\np=\"hidden\n", EC_CONFLICT, "f:2:1: a quote is" },
	{ INI, "s.p", "[s]\nq='hidden\np=1\n", EC_CONFLICT,
	    "f:2:1: a quote is" },
	{ INI, "s.p", "[s]\nP=hidden\n", EC_CONFLICT,
	    "f:2:3: s.p: has this name for some programs only" },
	{ INI, "s.p", "[s]\np=1\n[S]\np=hidden\n", EC_CONFLICT, "f:4:3: s.p" },
	{ INI, "s.p", "[ s ]\np=hidden\n", EC_CONFLICT, "f:2:3: s.p" },
	{ INI, "s.p", "[s]\n\"p\"=hidden\n", EC_CONFLICT, "f:2:5: s.p" },
	{ INI, "s.p", "[s]\np:a=hidden\n", EC_CONFLICT, "which of : and =" },
	{ INI, "s.p", "[s\np=hidden\n", EC_CONFLICT, "f:1:1: a section" },
	{ INI, "s.p", "[t] x\n[s]\np=hidden\n", EC_CONFLICT, "f:1:1: text" },
	{ INI, "s.p", "[t] ; ]\n[s]\np=hidden\n", EC_CONFLICT, "f:1:1: text" },
	{ INI, "s.p", "[s]\np=hidden\fq=1\n", EC_CONFLICT,
	    "f:2:9: holds a con" },
	{ INI, "s.p", "[s]\np=hidden\rq=1\n", EC_CONFLICT,
	    "f:2:9: holds a car" },
	{ INI, "s.p", "[s]\np=hidden\r", EC_CONFLICT, "f:2:9: holds a car" },
	{ INI, "s.p", "[s]\np=hid\tden\n", EC_CONFLICT, "a tab" },
	{ INI, "a.b.c", "[a]\n", EC_CONFIG, "more than two steps" },
	{ INI, "s.a=b", "[s]\na=b\n", EC_CONFIG, "cannot be a name" },
	{ INI, "s.;a", "[s]\n;a=b\n", EC_CONFIG, "cannot be a name" },
	{ INI, "s.[a", "[s]\n", EC_CONFIG, "cannot be a name" },
	{ INI, "s]x.a", "[s]\n", EC_CONFIG, "cannot be a name" },
	{ INI, "s. a", "[s]\n a=1\n", EC_CONFIG, "cannot be a name" },
	{ INI, "", "[s]\n", EC_CONFIG, "empty step" },
	{ PHP, "s.p", "[s]\np=yes\n", EC_CONFLICT, "a word with a meaning" },
	{ PHP, "s.p", "[s]\np=None\n", EC_CONFLICT, "a word with a meaning" },
	{ PHP, "s.p", "[s]\np=hid den\n", EC_CONFLICT, "needs quotes" },
	{ PHP, "s.p", "[s]\np=hidden&1\n", EC_CONFLICT, "needs quotes" },
	{ PHP, "s.p", "[s]\np=${hidden}\n", EC_CONFLICT, "needs quotes" },
	{ PHP, "s.p", "[s]\np=\"${hidden}\"\n", EC_CONFLICT, "in quotes mean" },
	{ PHP, "s.p", "[s]\np=\"hid\\\\den\"\n", EC_CONFLICT,
	    "in quotes mean" },
	{ PHP, "s.p", "[s]\np=\"hidden\nmore\"\n", EC_CONFLICT,
	    "f:2:3: s.p: the quoted value does not end on its line" },
	{ PHP, "s.p", "[s]\np=\"hidden\n", EC_CONFLICT, "does not end" },
	{ PHP, "s.p", "[s]\nq='hidden\nx=1\n", EC_CONFLICT,
	    "f:2: the quoted value that begins here" },
	{ PHP, "s.p", "[s]\nq=it's\np=hidden\n", EC_CONFLICT,
	    "f:2:1: a quote in the middle" },
	{ PHP, "s.p", "[s]\nq=\"a\nb\"\"c\np=hidden\n\"\n", EC_CONFLICT,
	    "f:3:1: a quote behind the end" },
	{ PHP, "s.p", "[s]\np=\"hidden\" ; \"\n", EC_CONFLICT,
	    "behind the clos" },
	{ PHP, "s.p", "[s]\nq='\np = hidden\n'\np=1\n", EC_CONFLICT,
	    "f:3:1: s.p: stands" },
	{ PHP, "s.p", "[s]\nq='\n[t]\n'\np=hidden\n", EC_CONFLICT,
	    "f:3:1: s.p: stands" },
	{ PHP, "s.p", "[s]\np=hidden ", EC_CONFLICT, "f:2:3: s.p: blanks" },
	{ PHP, "s.p", "[s]\np=hidden\n[t]\n[s]\n", EC_CONFLICT,
	    "f:4:1: the section of s.p comes a second time" },
	{ PHP, "s.p", "[s]\np='hid;den'\n", EC_CONFLICT, "in quotes mean" },
	{ PHP, "s.p", "[s]\np;c=hidden\n", EC_CONFLICT, "without a value" },
	{ PHP, "s.p", "[s]\n#p=hidden\n", EC_GONE, "no p in" },
	{ PHP, "s.p", "[s]\np:hidden\n", EC_GONE, "no p in" },
	{ FAN, "s.p", "[s]\np=hidden ; c\\\nx\n", EC_CONFLICT, "goes on" },
	{ TEA, "s.P", "[s]\nP=`hidden\n`\n", EC_CONFLICT, "does not end" },
	{ TEA, "s.P", "[s]\nP=`hidden` ; `\n", EC_CONFLICT, "behind the clos" },
	{ TEA, "s.P", "[s]\nP=\"hid;den\"\n", EC_CONFLICT, "in quotes mean" },
	{ TEA, "s.P", "[s]\nP=\"hidden\n", EC_CONFLICT, "does not end" },
	{ TEA, "s.P", "[s]\nP='hidden' x\n", EC_CONFLICT, "behind the clos" },
	{ TEA, "s.P", "[s]\nP=%(hidden)s\n", EC_CONFLICT, "refers to" },
	{ TEA, "s.P", "[s]\nP=`%(hidden)s`\n", EC_CONFLICT, "refers to" },
	{ TEA, "s.P", "[s]\n`P`=hidden\n", EC_CONFLICT, "f:2:5: s.P" },
	{ TEA, "s.P", "[s]\n\"\"\" P \"\"\"=hidden\n", EC_CONFLICT,
	    "f:2:11: s.P" },
	{ TEA, "s.P", "[s]\n\"P\"x:hidden\n", EC_CONFLICT, "f:2:6: s.P" },
	{ TEA, "s.P", "[s]\n`a=P` = `hidden\nP=1\n`\n", EC_CONFLICT,
	    "f:2:1: a quoted name" },
	{ TEA, "P", "P=hidden\n[DEFAULT]\nP=2\n", EC_CONFLICT,
	    "more than once" },
	{ TEA, "s.P", "[s]\nP=1\n[s]\nP=hidden\n", EC_CONFLICT, "f:4:3: s.P" },
	{ FAN, "s.p", "[s]\np=$__file{hidden}\n", EC_CONFLICT, "refers to" },
	{ FAN, "s.p", "[s]\np=${hidden}\n", EC_CONFLICT, "refers to" },
	{ FAN, "s.p", "[s]\np=hidden\\\nx\n", EC_CONFLICT, "goes on" },
	{ FAN, "s.p", "[s]\np=\"\"\"hidden\n\"\"\"\n", EC_CONFLICT,
	    "does not end" },
	{ FAN, "s.p", "[s]\nq=`hidden\np=1\n", EC_CONFLICT, "f:2: the quoted" },
};

static void
refuse(void **state)
{
	(void)state;
	text_check_bad(bads, COUNT(bads));
}

static const struct text_refused refused[] = {
	{ INI, "s.p", "[s]\np=a\n", "a;b" },
	{ INI, "s.p", "[s]\np=a\n", "a#b" },
	{ INI, "s.p", "[s]\np=a\n", "a%b" },
	{ INI, "s.p", "[s]\np=a\n", "a\nb" },
	{ INI, "s.p", "[s]\np=a\n", " a" },
	{ INI, "s.p", "[s]\np=a\n", "a " },
	{ INI, "s.p", "[s]\np=a\n", "\"a\"" },
	{ INI, "s.p", "[s]\np='a'\n", "a'b" },
	{ INI, "s.p", "[s]\np='a'\n", "a\\" },
	{ PHP, "s.p", "[s]\np=a\n", "a b" },
	{ PHP, "s.p", "[s]\np=a\n", "a=" },
	{ PHP, "s.p", "[s]\np=a\n", "TRUE" },
	{ PHP, "s.p", "[s]\np=\"a\"\n", "a\"b" },
	{ PHP, "s.p", "[s]\np=\"a\"\n", "a$b" },
	{ PHP, "s.p", "[s]\np='a'\n", "a'b" },
	{ TEA, "s.p", "[s]\np=a\n", "a;b" },
	{ TEA, "s.p", "[s]\np=a\n", "`a`" },
	{ TEA, "s.p", "[s]\np=`a`\n", "a`b" },
	{ TEA, "s.p", "[s]\np=`a`\n", "%(x)s" },
	{ TEA, "s.p", "[s]\np=\"a\"\n", "a#b" },
	{ FAN, "s.p", "[s]\np=a\n", "a\\" },
	{ FAN, "s.p", "[s]\np=a\n", "${a}" },
	{ FAN, "s.p", "[s]\np=\"\"\"a\"\"\"\n", "a\"" },
};

static void
values_that_cannot_stand(void **state)
{
	(void)state;
	text_check_refused(refused, COUNT(refused));
}

/* What the reader protects, the new value may hold. */
static void
values_that_can(void **state)
{
	static const struct text_refused rows[] = {
		{ TEA, "s.p", "[s]\np=`a`\n", "a;b#c\"'\\$ {x}" },
		{ FAN, "s.p", "[s]\np=\"\"\"a\"\"\"\n", "a;b#c'`\\" },
		{ PHP, "s.p", "[s]\np=\"a\"\n", "a;b#c'`=&|!^~(){} " },
		{ INI, "s.p", "[s]\np='a'\n", " a=b:c " },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf out = BUF(TEXT_MAX);
		AUTO(buf) struct buf back = BUF(TEXT_MAX);

		if (text_set(rows[i].syntax, rows[i].text, rows[i].key,
			rows[i].value, &out, &e) != EC_OK)
			die("row %zu: %s", i, e.what);
		assert_int_equal(text_get(rows[i].syntax, buf_str(&out),
				     rows[i].key, &back, &e),
		    EC_OK);
		assert_string_equal(buf_str(&back), rows[i].value);
	}
}

static const struct text_added added[] = {
	{ INI, "s.p", "", "[s]\np = " N "\n" },
	{ INI, "p", "", "p = " N "\n" },
	{ INI, "p", "\xef\xbb\xbf", "\xef\xbb\xbfp = " N "\n" },
	{ INI, "p", "; c\n[s]\nq=1\n", "p = " N "\n; c\n[s]\nq=1\n" },
	{ INI, "p", "q=1\n\n[s]\nq=1\n", "q=1\np = " N "\n\n[s]\nq=1\n" },
	{ INI, "s.p", "[s]", "[s]\np = " N "\n" },
	{ INI, "s.p", "[s]\r\n\tq=1\r\n\r\n; t\r\n[t]\r\np=1",
	    "[s]\r\n\tq=1\r\n\tp = " N "\r\n\r\n; t\r\n[t]\r\np=1" },
	{ INI, "s.p", "[s]\nq=1\n  more\n[t]\n",
	    "[s]\nq=1\n  more\np = " N "\n[t]\n" },
	{ INI, "s.p", "[t]\np=1", "[t]\np=1\n\n[s]\np = " N "\n" },
	{ INI, "s.p", "[s]\na=1\n[t]\n[s]\nb=1\n",
	    "[s]\na=1\n[t]\n[s]\nb=1\np = " N "\n" },
	{ PHP, "s.p", "[s]\na=\"1\n2\"\n[t]\n",
	    "[s]\na=\"1\n2\"\np = " N "\n[t]\n" },
	{ TEA, "P", "[s]\na=1\n", "P = " N "\n[s]\na=1\n" },
	{ TEA, "s.P", "[s]\na=`1\n2` ; c\n\n",
	    "[s]\na=`1\n2` ; c\nP = " N "\n\n" },
	{ FAN, "s.p", "[s]\na=1\\", "[s]\na=1\\\n\np = " N "\n" },
	{ FAN, "s.p", "[s]\na=1\\\n2\n[t]\n",
	    "[s]\na=1\\\n2\np = " N "\n[t]\n" },
};

static void
append(void **state)
{
	(void)state;
	text_check_added(added, COUNT(added));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_and_replace),
		cmocka_unit_test(refuse),
		cmocka_unit_test(values_that_cannot_stand),
		cmocka_unit_test(values_that_can),
		cmocka_unit_test(append),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
