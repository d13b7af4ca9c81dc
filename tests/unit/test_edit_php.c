/* Values in PHP files: read, replaced, refused. */
#include "edit_rows.h"

#define BOM "\xef\xbb\xbf"
#define P   "<?php\n"

static const struct row_good goods[] = {
	{ P "define('P', 'a');", "P", "a", P "define('P', 'N/+');" },
	{ P "define( \"P\" , \"a\" ) ;", "P", "a",
	    P "define( \"P\" , \"N/+\" ) ;" },
	{ P "\\DEFINE('P', '', true);", "P", "",
	    P "\\DEFINE('P', 'N/+', true);" },
	{ P "if (!defined('P')) define('P','a'); ?>\n<p>define('P','x')</p>\n",
	    "P", "a",
	    P "if (!defined('P')) define('P','N/+'); ?>\n"
	      "<p>define('P','x')</p>\n" },
	{ P "const Q = 1; const string P = 'a';", "P", "a",
	    P "const Q = 1; const string P = 'N/+';" },
	{ P "define('P', 'it\\'s \\\\ \\n $x {$y}');", "P",
	    "it's \\ \\n $x {$y}", P "define('P', 'N/+');" },
	{ P "define('P', \"\\n\\t\\\\\\$\\\"\\x41\\101\\u{e9}\\q\\e$ $1\");",
	    "P", "\n\t\\$\"AA\xc3\xa9\\q\x1b$ $1", P "define('P', \"N/+\");" },
	{ P "return ['m' => ['p' => 'a', 'q' => 1,],];", "m.p", "a",
	    P "return ['m' => ['p' => 'N/+', 'q' => 1,],];" },
	{ P "return array('m' => Array ( \"p\" => \"a\" ));", "m.p", "a",
	    P "return array('m' => Array ( \"p\" => \"N/+\" ));" },
	{ P "return ['x', ['y', 'a']];", "1.1", "a",
	    P "return ['x', ['y', 'N/+']];" },
	{ P "return [7 => 'x', '8' => 'a'];", "8", "a",
	    P "return [7 => 'x', '8' => 'N/+'];" },
	{ P "$config = ['m' => ['p' => 'a']];", "m.p", "a",
	    P "$config = ['m' => ['p' => 'N/+']];" },
	{ P "$config = ['m' => ['p' => 'a']];", "$config.m.p", "a",
	    P "$config = ['m' => ['p' => 'N/+']];" },
	{ P "$a = ['p' => 'x']; $b = ['p' => 'a'];", "$b.p", "a",
	    P "$a = ['p' => 'x']; $b = ['p' => 'N/+'];" },
	{ P "$c['m'][\"p\"] = 'a'; $c['m'][0] = 'x';", "m.p", "a",
	    P "$c['m'][\"p\"] = 'N/+'; $c['m'][0] = 'x';" },
	{ P "$CFG->p = 'a';", "$CFG.p", "a", P "$CFG->p = 'N/+';" },
	{ P "$this->c['p'] = 'a';", "c.p", "a", P "$this->c['p'] = 'N/+';" },
	{ P "class J { public $p = 'a'; public $q = 'x'; }", "$p", "a",
	    P "class J { public $p = 'N/+'; public $q = 'x'; }" },
	{ P "if ($p == 'x') { $p = 'a'; } $$p = 'y';", "$p", "a",
	    P "if ($p == 'x') { $p = 'N/+'; } $$p = 'y';" },
	{ BOM "<html><?= 'x' ?>\r\n<?PHP\r\n// define('P','x'); ?> <p>it's</p>"
	      "<?php # define('P','y')\r\n/* define('P','z'); */"
	      "define(/**/'P'//\r\n,'a'/**/);\r\n",
	    "P", "a",
	    BOM "<html><?= 'x' ?>\r\n<?PHP\r\n// define('P','x'); ?> "
		"<p>it's</p><?php # define('P','y')\r\n/* define('P','z'); */"
		"define(/**/'P'//\r\n,'N/+'/**/);\r\n" },
	{ P "// x ?><?php define('P','a');", "P", "a",
	    P "// x ?><?php define('P','N/+');" },
	{ P "$x = <<<EOT\n EOTX; define('P','x');\nEOT;\ndefine('P','a');", "P",
	    "a",
	    P "$x = <<<EOT\n EOTX; define('P','x');\nEOT;\n"
	      "define('P','N/+');" },
	{ P "$x = <<<EOT\n define('P','x');\n EOTX\n EOT . 'y';\n"
	    "$y = <<<'E'\n$z\nE;\ndefine('P','a');",
	    "P", "a",
	    P "$x = <<<EOT\n define('P','x');\n EOTX\n EOT . 'y';\n"
	      "$y = <<<'E'\n$z\nE;\ndefine('P','N/+');" },
	{ P "$x = \"a {$b[\"c}\"]} '\"; $y = \"${z} \\\" '\"; define('P','a');",
	    "P", "a",
	    P "$x = \"a {$b[\"c}\"]} '\"; $y = \"${z} \\\" '\"; "
	      "define('P','N/+');" },
	{ P "`ls '`; define('P','a'); __halt_compiler(); define('P','x');", "P",
	    "a",
	    P
	    "`ls '`; define('P','N/+'); __halt_compiler(); define('P','x');" },
	{ P "$f = function() { define('P','a'); };", "P", "a",
	    P "$f = function() { define('P','N/+'); };" },
	{ P "$a = $b = 'a';", "$b", "a", P "$a = $b = 'N/+';" },
	{ P "return ['f' => fn($x) => ['p' => 'x'], static function() { return "
	    "1; }, Foo::BAR => 'y', 'a' . 'b' => 'z', -1 => 'w', ...$r, "
	    "'m' => foo(['p' => 'v'], match($x) { 1 => 'p' }), 'p' => 'a'];",
	    "p", "a",
	    P
	    "return ['f' => fn($x) => ['p' => 'x'], static function() { return "
	    "1; }, Foo::BAR => 'y', 'a' . 'b' => 'z', -1 => 'w', ...$r, "
	    "'m' => foo(['p' => 'v'], match($x) { 1 => 'p' }), 'p' => 'N/+'];" },
	{ P "$o->define('P','x'); O::define('P','y'); function define($a) {} "
	    "define('P','a');",
	    "P", "a",
	    P "$o->define('P','x'); O::define('P','y'); function define($a) {} "
	      "define('P','N/+');" },
	{ P "#[Attr('x')]\ndefine('P','a');", "P", "a",
	    P "#[Attr('x')]\ndefine('P','N/+');" },
	{ "<?php define('P','a') ?>x", "P", "a",
	    "<?php define('P','N/+') ?>x" },
	{ P "// \xe9\ndefine('P','a');", "P", "a",
	    P "// \xe9\ndefine('P','N/+');" },
};

static const struct row_bad bads[] = {
	{ "", "P", EC_GONE, "f: no P", NULL },
	{ "define('P','a');", "P", EC_GONE, "f: no P", NULL },
	{ "<?phpx define('P','a');", "P", EC_GONE, "f: no P", NULL },
	{ P "// define('P','a');", "P", EC_GONE, "f: no P", NULL },
	{ P "/* define('P','a'); */", "P", EC_GONE, "f: no P", NULL },
	{ P "$x = 'define(\\'P\\',\\'a\\')';", "P", EC_GONE, "no P", NULL },
	{ P "define('p','a');", "P", EC_GONE, "f: no P", NULL },
	{ P "define($x,'a');", "P", EC_GONE, "f: no P", NULL },
	{ P "$c[$i]['p'] = 'a';", "p", EC_GONE, "f: no p", NULL },
	{ P "$c[] = 'a';", "$c", EC_GONE, "f: no $c", NULL },
	{ P "return $x['p'];", "p", EC_GONE, "f: no p", NULL },
	{ P "define('P','a');\ndefine('P','b');", "P", EC_CONFLICT,
	    "f:3:12: P: stands there more than once", NULL },
	{ P "if ($x) { define('P','a'); } else { define('P',getenv('P')); }",
	    "P", EC_CONFLICT, "more than once", NULL },
	{ P "return ['p' => 'a', 'p' => 'b'];", "p", EC_CONFLICT, "more than",
	    NULL },
	{ P "$c = ['p' => 'a']; $c['p'] = 'b';", "p", EC_CONFLICT, "more than",
	    NULL },
	{ P "$a = ['p' => 'a']; $b = ['p' => 'b'];", "p", EC_CONFLICT,
	    "more than", NULL },
	{ P "$p = 'a'; $p .= 'b';", "$p", EC_CONFLICT, "more than", NULL },
	{ P "$p .= 'b';", "$p", EC_CONFLICT, "is changed by an", NULL },
	{ P "define('P', env('P', 'a'));", "P", EC_CONFLICT,
	    "f:2:13: P: is computed", NULL },
	{ P "define('P', 'a' . 'b');", "P", EC_CONFLICT, "is computed", NULL },
	{ P "define('P', $x);", "P", EC_CONFLICT, "is computed", NULL },
	{ P "define('P', null);", "P", EC_CONFLICT, "is computed", NULL },
	{ P "define('P', 12);", "P", EC_CONFLICT, "is computed", NULL },
	{ P "define('P', X::Y);", "P", EC_CONFLICT, "is computed", NULL },
	{ P "define('P', <<<X\na\nX);", "P", EC_CONFLICT, "is computed", NULL },
	{ P "$c = ['p' => 'a'] + $d;", "$c.p", EC_CONFLICT, "is computed",
	    NULL },
	{ P "return ['m' => ['p' => 'a'] + X];", "m.p", EC_CONFLICT,
	    "is computed", NULL },
	{ P "return ['m' => env('M')];", "m.p", EC_CONFLICT, "is computed",
	    NULL },
	{ P "return ['m' => ['p' => 'a']];", "m", EC_CONFLICT, "holds further",
	    NULL },
	{ P "define('P', \"a $x\");", "P", EC_CONFLICT, "holds a variable",
	    NULL },
	{ P "define('P', \"a {$x['y']}\");", "P", EC_CONFLICT,
	    "holds a variable", NULL },
	{ P "define('P', \"a ${x}\");", "P", EC_CONFLICT, "holds a variable",
	    NULL },
	{ P "define('P', \"\\u{zz}\");", "P", EC_CONFLICT, "a bad escape",
	    NULL },
	{ P "define('P', 'a\nb');", "P", EC_CONFLICT, "f:2:13: P: goes over",
	    NULL },
	{ P "define('P', 'a", "P", EC_CONFLICT, "f:2:13: a string that", NULL },
	{ P "\"{$x", "P", EC_CONFLICT, "f:2:1: a string that", NULL },
	{ P "/* define('P', 'a');", "P", EC_CONFLICT, "f:2:1: a comment",
	    NULL },
	{ P "<<<X\ndefine('P', 'a');", "P", EC_CONFLICT, "f:2:1: a heredoc",
	    NULL },
	{ P "return ['p' => 'a';", "p", EC_CONFLICT, "f:2:19: an array that",
	    NULL },
	{ P "return ['p' => 'a'", "p", EC_CONFLICT, "an array that", NULL },
	{ P "return [", "p", EC_CONFLICT, "an array that", NULL },
	{ P "return ['p' => 'a');", "p", EC_CONFLICT, "an array that", NULL },
	{ P "$a", "a..b", EC_CONFIG, "an empty step", NULL },
};

static const struct row_value values[] = {
	{ P "define('P', 'x');", "P", "it's \\ \"$y",
	    P "define('P', 'it\\'s \\\\ \"$y');" },
	{ P "define('P', 'x');", "P", "a\\", P "define('P', 'a\\\\');" },
	{ P "define('P', 'x');", "P", "\xc3\xa9",
	    P "define('P', '\xc3\xa9');" },
	{ P "define('P', 'x');", "P", "", P "define('P', '');" },
	{ P "define('P', 'x');", "P", "a\nb", NULL },
	{ P "define('P', 'x');", "P", "\xff", NULL },
	{ P "define('P', \"x\");", "P", "it's \\n \"$y{$",
	    P "define('P', \"it's \\\\n \\\"\\$y{\\$\");" },
	{ P "define('P', \"x\");", "P", "a\nb\x7f",
	    P "define('P', \"a\\x0ab\\x7f\");" },
};

static void
rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++)
		row_good("php", &goods[i], "N/+");
	for (size_t i = 0; i < COUNT(bads); i++)
		row_bad("php", &bads[i]);
	for (size_t i = 0; i < COUNT(values); i++)
		row_value("php", &values[i]);
}

static void
deep_and_nul(void **state)
{
	const struct edit_syntax *s = edit_syntax_find("php");
	AUTO(buf) struct buf text = BUF(ROW_MAX);
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e;

	(void)state;
	row_text(&text, "<?php return ");
	for (int i = 0; i < 65; i++)
		row_text(&text, "[");
	assert_int_equal(edit_get(s, &text, "f", "p", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:78: more than 64 levels"));
	buf_cut(&text, 0);
	row_text(&text, "<?php $a");
	for (int i = 0; i < 65; i++)
		row_text(&text, "->a");
	row_text(&text, "='x';");
	assert_int_equal(edit_get(s, &text, "f", "p", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "more than 64 levels"));
	buf_cut(&text, 0);
	assert_int_equal(buf_add(&text, "<?php \0", 7, &e), EC_OK);
	assert_int_equal(edit_get(s, &text, "f", "p", &out, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "f:1:7: a NUL"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(deep_and_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
