/* Values in XML files: read, replaced, refused. */
#include "edit_rows.h"

#define BOM "\xef\xbb\xbf"
#define NET "configuration.appSettings.add[key=Smtp.User].@value"

static const struct row_good goods[] = {
	{ "<a><p>x</p></a>", "a.p", "x", "<a><p>N/+</p></a>" },
	{ "<a><p></p></a>", "a.p", "", "<a><p>N/+</p></a>" },
	{ "<p>x</p>", "p", "x", "<p>N/+</p>" },
	{ "<a><p>x</p></a>", "/a/p", "x", "<a><p>N/+</p></a>" },
	{ "<p>&lt;&gt;&amp;&quot;&apos;&#65;&#x20ac;</p>", "p",
	    "<>&\"'A\xe2\x82\xac", "<p>N/+</p>" },
	{ "<p\t>x y</p\n>", "p", "x y", "<p\t>N/+</p\n>" },
	{ "<p a = '1'\n b=\"x'&#9;\" />", "p.@b", "x'\t",
	    "<p a = '1'\n b=\"N/+\" />" },
	{ "<p a=' x '/>", "p.@a", " x ", "<p a='N/+'/>" },
	{ "<p a=''>t</p>", "p.@a", "", "<p a='N/+'>t</p>" },
	{ "<p><![CDATA[a<&b]]></p>", "p", "a<&b", "<p><![CDATA[N/+]]></p>" },
	{ "<p><![CDATA[]]></p>", "p", "", "<p><![CDATA[N/+]]></p>" },
	{ BOM "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
	      "<!-- <p>x</p> -->\r\n<a>\r\n  <!-- \xc3\xa9 -->\r\n"
	      "  <?pi <p>?>\r\n  <\xc3\xbc/>\r\n  <p q='z>'>\xc3\xa9</p>\r\n"
	      "</a>\r\n",
	    "a.p", "\xc3\xa9",
	    BOM "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
		"<!-- <p>x</p> -->\r\n<a>\r\n  <!-- \xc3\xa9 -->\r\n"
		"  <?pi <p>?>\r\n  <\xc3\xbc/>\r\n  <p q='z>'>N/+</p>\r\n"
		"</a>\r\n" },
	{ "<configuration><appSettings><add key=\"x\" value=\"y\"/>"
	  "<add value=\"a\" key=\"Smtp.User\"/></appSettings>"
	  "</configuration>",
	    NET, "a",
	    "<configuration><appSettings><add key=\"x\" value=\"y\"/>"
	    "<add value=\"N/+\" key=\"Smtp.User\"/></appSettings>"
	    "</configuration>" },
	{ "<b><bean id='m'><q/><q name='u'><value>a</value></q></bean>"
	  "<bean id='n'><q name='u'><value>b</value></q></bean></b>",
	    "b.bean[id=m].q[name=u].value", "a",
	    "<b><bean id='m'><q/><q name='u'><value>N/+</value></q></bean>"
	    "<bean id='n'><q name='u'><value>b</value></q></bean></b>" },
	{ "<s><server><id>x</id><p>1</p></server><server><p>a</p><id>m&amp;"
	  "</id></server></s>",
	    "s.server[id=m&].p", "a",
	    "<s><server><id>x</id><p>1</p></server><server><p>N/+</p><id>m&amp;"
	    "</id></server></s>" },
	{ "<a><i k='1' l='1'>x</i><i k='1' l='2'>a</i></a>", "/a/i[k=1][l=2]",
	    "a", "<a><i k='1' l='1'>x</i><i k='1' l='2'>N/+</i></a>" },
	{ "<a><i k='x/y'>a</i></a>", "/a/i[k=x/y]", "a",
	    "<a><i k='x/y'>N/+</i></a>" },
	{ "<a><i/><i><p>a</p></i><i><q/></i></a>", "a.i.p", "a",
	    "<a><i/><i><p>N/+</p></i><i><q/></i></a>" },
	{ "<!DOCTYPE properties SYSTEM \"http://x/p.dtd\">\n<properties>"
	  "<entry key=\"smtp.user\">a</entry></properties>",
	    "properties.entry[key=smtp.user]", "a",
	    "<!DOCTYPE properties SYSTEM \"http://x/p.dtd\">\n<properties>"
	    "<entry key=\"smtp.user\">N/+</entry></properties>" },
	{ "<x:a xmlns:x='u'><x:p>a</x:p><p>b</p></x:a>", "x:a.x:p", "a",
	    "<x:a xmlns:x='u'><x:p>N/+</x:p><p>b</p></x:a>" },
	{ "<a mail.smtp.user='x'/>", "a.@mail\\.smtp\\.user", "x",
	    "<a mail.smtp.user='N/+'/>" },
	{ "<?xml version='1.0' encoding='ISO-8859-1'?><p>x</p>", "p", "x",
	    "<?xml version='1.0' encoding='ISO-8859-1'?><p>N/+</p>" },
};

static const struct row_bad bads[] = {
	{ "<a/>", "p", EC_GONE, "f: no p", NULL },
	{ "<a><p>x</p></a>", "p", EC_GONE, "f: no p", NULL },
	{ "<a><p>x</p></a>", "a.@p", EC_GONE, "f: no a.@p", NULL },
	{ "<a p='x'/>", "a.p", EC_GONE, "f: no a.p", NULL },
	{ "<a><p k='1'>x</p></a>", "a.p[k=2]", EC_GONE, "f: no", NULL },
	{ "<a><p k='1'>x</p></a>", "a.p[k=1][l=1]", EC_GONE, "f: no", NULL },
	{ "<a/>", "a[", EC_CONFIG, "a step is NAME", NULL },
	{ "<a/>", "a[b]", EC_CONFIG, "a step is NAME", NULL },
	{ "<a/>", "a[b=c", EC_CONFIG, "a step is NAME", NULL },
	{ "<a/>", "a[=c]", EC_CONFIG, "a step is NAME", NULL },
	{ "<a/>", "a[b=c]d", EC_CONFIG, "a step is NAME", NULL },
	{ "<a/>", "[b=c]", EC_CONFIG, "a step is NAME", NULL },
	{ "<a/>", "a]", EC_CONFIG, "a step is NAME", NULL },
	{ "<a/>", "a..b", EC_CONFIG, "an empty step", NULL },
	{ "<a>\n<p>x</p>\n<p>y</p></a>", "a.p", EC_CONFLICT,
	    "f:3:1: a.p: more than one element fits", NULL },
	{ "<a><i><p>x</p></i><i><p>y</p></i></a>", "a.i.p", EC_CONFLICT,
	    "more than one element", NULL },
	{ "<a><p><q/></p></a>", "a.p", EC_CONFLICT, "f:1:4: a.p: holds further",
	    NULL },
	{ "<p>x<!-- c --></p>", "p", EC_CONFLICT, "more than one piece", NULL },
	{ "<p>x<![CDATA[y]]></p>", "p", EC_CONFLICT, "more than one", NULL },
	{ "<p><!-- c --></p>", "p", EC_CONFLICT, "f:1:4: p: holds a comment",
	    NULL },
	{ "<p><?x y?></p>", "p", EC_CONFLICT, "holds a comment", NULL },
	{ "<a><p/></a>", "a.p", EC_CONFLICT, "f:1:4: a.p: is an empty tag",
	    NULL },
	{ "<p>\n x\n</p>", "p", EC_CONFLICT, "f:1:4: p: goes over", NULL },
	{ "<p> x</p>", "p", EC_CONFLICT, "has blanks around it", NULL },
	{ "<p>x </p>", "p", EC_CONFLICT, "has blanks around it", NULL },
	{ "<p a='x\ny'/>", "p.@a", EC_CONFLICT, "several lines", NULL },
	{ "<p a='x\ty'/>", "p.@a", EC_CONFLICT, "several lines", NULL },
	{ "<!DOCTYPE p SYSTEM 'x'><p>&e;</p>", "p", EC_CONFLICT,
	    "f:1:27: p: an entity", NULL },
	{ "<!DOCTYPE p [<!ENTITY e 'x'>]><p>&e;</p>", "p", EC_CONFLICT,
	    "a DOCTYPE with declarations", NULL },
	{ "<!DOCTYPE p SYSTEM 'x' []><p>a</p>", "p", EC_CONFLICT,
	    "a DOCTYPE with declarations", NULL },
	{ "<p>${x}</p>", "p", EC_CONFLICT, "refers", NULL },
	{ "<p>&#36;{x}</p>", "p", EC_CONFLICT, "refers", NULL },
	{ "", "p", EC_CONFLICT, "f:1:1: no element found", NULL },
	{ "<p>x</q>", "p", EC_CONFLICT, "f:1:7: mismatched tag", NULL },
	{ BOM "<p>\nx</q>", "p", EC_CONFLICT, "f:2:4: mismatched tag", NULL },
	{ "<p a='1' a='2'/>", "p.@a", EC_CONFLICT, "duplicate attribute",
	    NULL },
	{ "<p>a & b</p>", "p", EC_CONFLICT, "not well-formed", NULL },
	{ "<p>&e;</p>", "p", EC_CONFLICT, "undefined entity", NULL },
	{ "<p>&#0;</p>", "p", EC_CONFLICT, "reference to invalid", NULL },
	{ "<p>x</p><p>y</p>", "p", EC_CONFLICT, "junk after", NULL },
	{ "<p>\xff</p>", "p", EC_CONFLICT, "f:1:4: a byte", NULL },
};

static const struct row_value values[] = {
	{ "<p>x</p>", "p", "a<b>&\"'c", "<p>a&lt;b&gt;&amp;\"'c</p>" },
	{ "<p>x</p>", "p", "]]>", "<p>]]&gt;</p>" },
	{ "<p>x</p>", "p", " a b ", "<p>&#32;a b&#32;</p>" },
	{ "<p>x</p>", "p", " ", "<p>&#32;</p>" },
	{ "<p>x</p>", "p", "a\n\r\tb", "<p>a&#10;&#13;&#9;b</p>" },
	{ "<p>x</p>", "p", "\xc3\xa9\x7f", "<p>&#233;&#127;</p>" },
	{ "<p>x</p>", "p", "\xf0\x9f\x98\x80", "<p>&#128512;</p>" },
	{ "<p>x</p>", "p", "", "<p></p>" },
	{ "<p>x</p>", "p", "\x01", NULL },
	{ "<p>x</p>", "p", "\xef\xbf\xbf", NULL },
	{ "<p>x</p>", "p", "\xff", NULL },
	{ "<p>x</p>", "p", "${x}", NULL },
	{ "<p a='x'/>", "p.@a", "it's \"<>&",
	    "<p a='it&apos;s \"&lt;&gt;&amp;'/>" },
	{ "<p a=\"x\"/>", "p.@a", "it's \"\n", "<p a=\"it's &quot;&#10;\"/>" },
	{ "<p><![CDATA[x]]></p>", "p", "a<&>]]", "<p><![CDATA[a<&>]]]]></p>" },
	{ "<p><![CDATA[x]]></p>", "p", "a]]>", NULL },
	{ "<p><![CDATA[x]]></p>", "p", "a\n", NULL },
	{ "<p><![CDATA[x]]></p>", "p", "\xc3\xa9", NULL },
};

static void
rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++)
		row_good("xml", &goods[i], "N/+");
	for (size_t i = 0; i < COUNT(bads); i++)
		row_bad("xml", &bads[i]);
	for (size_t i = 0; i < COUNT(values); i++)
		row_value("xml", &values[i]);
}

static void
deep(void **state)
{
	AUTO(buf) struct buf text = BUF(ROW_MAX);
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e;

	(void)state;
	for (int i = 0; i < 65; i++)
		row_text(&text, "<a>");
	for (int i = 0; i < 65; i++)
		row_text(&text, "</a>");
	assert_int_equal(
	    edit_get(edit_syntax_find("xml"), &text, "f", "a", &out, &e),
	    EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:193: more than 64 levels"));
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
