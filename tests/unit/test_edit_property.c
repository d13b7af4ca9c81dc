/* Generated files of every line syntax. See edit_property.h. */
#include "edit_property.h"

#define ROUNDS 1500
#define BASE64                                                                 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

static const char *const ini_head[] = { "; c\n", "# P = 1\n", "\n", "x=1\n",
	"[other]\nU = not this\nP = nor this\n", "[s.t]\nP=1\n", " \t\n",
	NULL };
static const char *const ini_noise[] = { "; P = 1\n", "#U=1\n", "\n",
	"x = a b \n", "PP = 1\n", "P.U = 1\n", "u1=caf\xc3\xa9\n", "Uu:1\n",
	"q = \"a b\" \n", "q='it'\n", "flag\n", "  ; indented\n", NULL };
static const char *const ini_tail[] = { "[t]\nP = 1\n", "[u]\nU=\n", "\n",
	"; end\n", "[v] ; P\n\tP=2\n", NULL };
static const char *const ini_entries[] = { "%s=%s\n", "%s = %s\n",
	"%s\t=\t%s \n", "%s: %s\n", "%s = \"%s\"\n", "%s='%s' \n", NULL };

static const char *const php_noise[] = { "; P = 1\n", "\n", "x = a \n",
	"q = \"P=1;\" ; it's\n", "q = 'a\"b' ; c\n", "flag\n", "a[] = P\n",
	"q = \"two\nlines\" ; c\n", "e = E_ALL & ~E_NOTICE\n",
	"q = \"a\\\"b\"\n", "r = '\\'\n", "p=1\n", NULL };
static const char *const php_entries[] = { "%s=%s\n", "%s = %s ; c\n",
	"%s = \"%s\"\n", "%s\t='%s'\t; c\n", "  %s = %s;c\n", NULL };

static const char *const go_noise[] = { "; P = 1\n", "# U=1\n", "\n",
	"x = a;P=1\n", "q = `P;#\"`\n", "q = `two\nP=1\n` ; c\n", "u=1\n",
	"q = \"\"\"x\n[y]\nU=1\n\"\"\"\n", "q = \"open\n", "  q : 100% \n",
	"q = '#'\n", NULL };
static const char *const go_entries[] = { "%s=%s\n", "%s = %s ; c\n",
	"%s = `%s`\n", "%s : \"%s\" # c\n", "\t%s='%s'\n",
	"%s = \"\"\"%s\"\"\"\n", NULL };
static const char *const grafana_noise[] = { "; P = 1\n", "\n",
	"x = a\\\nP=1\n", "x = a ; \\\n  P=2\\\n\n", "q = `P\\\n`\\\n",
	";password = x\n", "q = $__file{/x}\n", "q = \"\"\"a\\\nP=1\"\"\"\n",
	NULL };

static const char *const java_noise[] = { "# P=1\n", " ! U=1\n", "\n",
	"x = a\\\nP=1\n", "x=\\u00e9\\:\\\n  \\\nU=2\n", "PP=1\n", "P.U 1\n",
	"x=a\\\\\n", "\\P\\ x=1\n", "flag\n", "q:gr\xfc\xdf\n", "# c\\\n",
	"=novalue\n", NULL };
static const char *const java_entries[] = { "%s=%s\n", "%s = %s\n", "%s %s\n",
	"  %s\t:\t%s\n", "\\%s:%s\n", NULL };

static const char *const toml_head[] = { "# c\n", "U = 'x'\n", "\n",
	"[a]\nU = 1\nP = 2\n", "[[l]]\nU='1'\n",
	"[s1]\nP = '''\n[s]\nP='x'\n'''\n", "['s.t'] # c\nP=1\n", NULL };
static const char *const toml_noise[] = { "# P = 1\n", "\n", "n = 1.5 # c\n",
	"a = [ 1, 2, # c\n 'P', [\"]\"] ]\n", "m = \"\"\"\nP = 'x'\n\"\"\"\n",
	"m = '''U'''\n", "d = 1979-05-27 07:32:00Z\n", "i = { P = 1, U=[2] }\n",
	"x.P = '1'\n", "\"P U\" = true\n", "PP='x' # c\n", "q=\"\\\"\\\\\"\n",
	NULL };
static const char *const toml_tail[] = { "[t]\nP = '1'\n", "[s.t]\nU='1'\n",
	"\n", "[[s.l]]\nP='1'\n[[s.l]]\nU='2'\n", NULL };
static const char *const toml_entries[] = { "%s='%s'\n", "%s = \"%s\" # c\n",
	"\t\"%s\" = '%s'\n", "'%s'\t=\"%s\"\n", NULL };

static const char *const msmtp_head[] = { "# c\n", "defaults\nU x\nP y\n", "\n",
	"account a\nU x\npasswordeval \"y\"\n", "tls on\n", NULL };
static const char *const msmtp_noise[] = { "# P 1\n", "\n", "host h\n",
	" tls_starttls on \n", "PU 1\n", "p 1\n", "from \"a b\"\n", NULL };
static const char *const msmtp_tail[] = { "account b : s\nU x\n",
	"account default : s\n", "defaults\nP x\n", "\n", NULL };
static const char *const msmtp_entries[] = { "%s %s\n", "\t%s\t%s \n",
	"%s \"%s\"\n", NULL };

static const char *const exim_noise[] = { "# P:1\n", "\n",
	"*.x:u:p\n  more\n\n# c\n more\n", "PP:1\n", "\"a:b\":u:p\n",
	"x.P : 1\n", NULL };
static const char *const exim_entries[] = { "%s:%s\n", "%s: %s\n",
	"\"%s\" :\t%s \n", NULL };
static const char *const bsd_noise[] = { "# P u:p\n", "\n", "x u:p\n",
	"PP: u:p\n", " #U x\n", "U.P:u:p\n", NULL };
static const char *const bsd_entries[] = { "%s %s\n", " %s\t%s \n", "%s:%s\n",
	"%s: %s\n", NULL };
static const char *const map_noise[] = { "# P u:p\n", "\n", "x u:p\n  more\n",
	"PP u:p\n", "\"P\" u:p\n", NULL };
static const char *const map_entries[] = { "%s %s\n", "%s\t%s \n", "%s\n  %s\n",
	"%s\n# c\n\n\t%s\n", NULL };
static const char *const env_noise[] = { "# P=1\n", "\n", "x=1\n", "PP=1\n",
	"q='two\nlines'\n", "no assignment\n", NULL };
static const char *const env_entries[] = { "%s=%s\n", "%s = '%s'\n",
	" %s=\"%s\"\n", NULL };

static const struct property rows[] = {
	{ "ini", "s.U", "s.P", ini_head, ini_noise, ini_tail, "[s]\n",
	    ini_entries, BASE64 ".-_@&!", true },
	{ "php-ini", "s.U", "s.P", NULL, php_noise, ini_tail, "[s]\n",
	    php_entries, BASE64 "._@-", false },
	{ "gitea", "s.U", "s.P", ini_head, go_noise, ini_tail, "[s]\n",
	    go_entries, BASE64 "=.-_@$&\\!x", true },
	{ "grafana", "s.U", "s.P", ini_head, grafana_noise, ini_tail, "[s]\n",
	    go_entries, BASE64 "=.-_@&!", true },
	{ "gitea", "U", "P", NULL, go_noise, ini_tail, "", go_entries, BASE64,
	    true },
	{ "properties", "U", "P", NULL, java_noise, NULL, "", java_entries,
	    BASE64 "#!\"'%&;", false },
	{ "toml", "s.U", "s.P", toml_head, toml_noise, toml_tail, "[s]\n",
	    toml_entries, BASE64 " #;$%=[]{}", true },
	{ "toml", "s.1.U", "s.1.P", toml_head, toml_noise, toml_tail,
	    "[[s]]\nU='0'\n[[s]]\n", toml_entries, BASE64, true },
	{ "msmtprc", "s.U", "s.P", msmtp_head, msmtp_noise, msmtp_tail,
	    "account s\n", msmtp_entries, BASE64 "#$'\\%", false },
	{ "exim-passwd", "U", "P", NULL, exim_noise, NULL, "#\n", exim_entries,
	    BASE64 ":#\"", false },
	{ "opensmtpd-secrets", "U", "P", NULL, bsd_noise, NULL, "x:y\n",
	    bsd_entries, BASE64 "\"#", false },
	{ "sasl_passwd", "U", "P", NULL, map_noise, NULL, "\n", map_entries,
	    BASE64 ":\"", false },
	{ "dotenv", "U", "P", NULL, env_noise, NULL, "", env_entries,
	    BASE64 "=.-_@", true },
	{ "environment-file", "U", "P", NULL, env_noise, NULL, "", env_entries,
	    BASE64 "=.-_@", false },
};

static void
generated_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		property_check(&rows[i], ROUNDS);
}

/* Where a missing key may be added: the text before is kept in its order, and
 * the new key takes its value. */
static void
added_keys(void **state)
{
	static const struct edit_pair pair = { NULL, "AKIA/+x" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct property *p = &rows[i];
		const struct edit_syntax *s = edit_syntax_find(p->syntax);

		for (unsigned seed = 1; seed <= ROUNDS / 5; seed++) {
			struct property_file f = { .text = BUF(TEXT_MAX) };
			AUTO(buf) struct buf more = BUF(TEXT_MAX);
			AUTO(buf) struct buf now = BUF(TEXT_MAX);
			struct edit_pair new = pair;
			char key[32];

			if (s->append == NULL)
				break;
			(void)snprintf(key, sizeof(key), "%snew", p->user);
			new.key = key;
			property_state = seed;
			property_make(p, false, &f);
			assert_int_equal(
			    s->append(&f.text, key, &more, &e), EC_OK);
			if (edit_set(s, &more, "f", &new, 1, &now, &e) != EC_OK)
				die("%s, seed %u: %s\n%s", p->syntax, seed,
				    e.what, buf_str(&more));
			property_reads(s, &now, key, pair.value, seed);
			property_reads(s, &now, p->user, f.value[0], seed);
			property_reads(s, &now, p->pass, f.value[1], seed);
			buf_free(&f.text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_files),
		cmocka_unit_test(added_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
