/*
 * From a place in a file back to its key, for every syntax that there is: the
 * guess must be confirmed by the syntax itself, and one key must be found for
 * it. AKIA... stands for the value that is looked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit_search.h"

/* Behind ours: its macro fail() takes no arguments. */
#include <cmocka.h>

#define ID   "AKIAIOSFODNN7EXAMPLE"
#define PASS "BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"

static const struct row {
	const char *syntax, *text, *key;
} rows[] = {
	{ "dotenv", "A=1\nSMTP_USER=" ID "\nB=2\n", "SMTP_USER" },
	{ "dotenv",
	    "\xef\xbb\xbf"
	    "export  SMTP_USER = '" ID "' # x\r\n",
	    "SMTP_USER" },
	{ "dotenv", "MAILER_DSN=smtp://" ID ":x@h:587", "MAILER_DSN" },
	{ "environment-file", "; x\nSMTP_USER=\"" ID "\"\n", "SMTP_USER" },
	{ "ini", "[other]\nuser = x\n[smtp]\nhost = h\nuser = " ID "\n",
	    "smtp.user" },
	{ "ini", "[smtp.relay]\nuser=" ID "\n", "smtp\\.relay.user" },
	{ "ini", "user=" ID "\n[a]\n", "user" },
	{ "gitea", "[mailer]\nUSER = `" ID "`\n", "mailer.USER" },
	{ "grafana", "[smtp]\nuser = " ID "\n", "smtp.user" },
	{ "properties", "# x\nmail.smtp.user: " ID "\n", "mail.smtp.user" },
	{ "properties", "mail.smtp.user " ID "\n", "mail.smtp.user" },
	{ "toml", "[mail.smtp]\nuser = \"" ID "\"\n", "mail.smtp.user" },
	{ "toml", "[mail]\n\"smtp.user\" = '" ID "'\n", "mail.smtp\\.user" },
	{ "msmtprc",
	    "defaults\ntls on\naccount a\nuser x\naccount ses : a\n"
	    "host h\nuser " ID "\n",
	    "ses.user" },
	{ "sasl_passwd",
	    "# c\n[email-smtp.eu-west-1.amazonaws.com]:587 " ID ":" PASS "\n",
	    "[email-smtp.eu-west-1.amazonaws.com]:587" },
	{ "exim-passwd", "*.amazonaws.com:" ID ":" PASS "\n",
	    "*.amazonaws.com" },
	{ "opensmtpd-secrets", "ses " ID ":" PASS "\n", "ses" },
	{ "plain", ID "\n", "value" },
	{ "json",
	    "{ \"a\": [1, {\"x\": 2}],\n \"smtp\": {\"host\": \"h\","
	    " \"user\": \"" ID "\"}}",
	    "smtp.user" },
	{ "json", "{\"mail.smtp\":{\"u\":\"" ID "\"}}", "mail\\.smtp.u" },
	{ "json", "{\"list\":[{\"u\":\"x\"},{\"u\":\"" ID "\"}]}", "list.1.u" },
	{ "json",
	    "{\"env\":[{\"name\":\"A\",\"value\":\"x\"},{\"name\":"
	    "\"SMTP_USER\",\"value\":\"" ID "\"}]}",
	    "env.SMTP_USER" },
	{ "yaml",
	    "services:\n  web:\n    environment:\n      A: b\n"
	    "      SMTP_USER: " ID "\n",
	    "services.web.environment.SMTP_USER" },
	{ "yaml",
	    "services:\n  web:\n    environment:\n      - A=b\n"
	    "      - SMTP_USER=" ID "\n      - C=d\n",
	    "services.web.environment.SMTP_USER" },
	{ "yaml",
	    "services:\n  web:\n    environment:\n    - A=b\n"
	    "    - \"SMTP_USER=" ID "\"\n",
	    "services.web.environment.SMTP_USER" },
	{ "yaml",
	    "spec:\n  containers:\n    - name: app\n      env:\n"
	    "        - name: SMTP_HOST\n          value: h\n"
	    "        - name: SMTP_USER\n          value: \"" ID "\"\n",
	    "spec.containers.app.env.SMTP_USER" },
	{ "yaml", "smtp: { host: h, user: \"" ID "\" }\n", "smtp.user" },
	{ "php",
	    "<?php\n# a 'comment\ndefine( 'WPMS_ON', true );\n"
	    "define( 'WPMS_SMTP_USER', '" ID "' );\n",
	    "WPMS_SMTP_USER" },
	{ "php",
	    "<?php\nreturn [\n 'host' => 'h',\n 'mail' => [\n"
	    "  'user' => '" ID "',\n ],\n];\n",
	    "mail.user" },
	{ "php",
	    "<?php\n$config = array('mail' => array('user' => '" ID "'));\n",
	    "$config.mail.user" },
	{ "xml",
	    "<?xml version=\"1.0\"?>\n<c><!-- <x> --><smtp><user>" ID
	    "</user></smtp></c>\n",
	    "c.smtp.user" },
	{ "xml",
	    "<c><s><add key=\"Host\" value=\"h\"/>\n<add key=\"SmtpUser\""
	    " value=\"" ID "\"/></s></c>\n",
	    "c.s.add[key=SmtpUser].@value" },
	{ "xml", "<mail><network userName='" ID "' /></mail>",
	    "mail.network.@userName" },
};

static bool
found(const struct edit_syntax *s, const struct buf *text, const char *want)
{
	const size_t at = (size_t)(strstr(buf_str(text), ID) - buf_str(text));
	AUTO(buf) struct buf value = BUF(text->max);
	struct edit_keys keys;

	edit_search_keys(text, at, &keys);
	for (size_t i = 0; i < keys.n; i++) {
		assert_null(strstr(keys.key[i], ID));
		assert_null(strstr(keys.key[i], PASS));
		if (!edit_search_holds(
			s, text, keys.key[i], at, strlen(ID), &value))
			continue;
		assert_non_null(strstr(buf_str(&value), ID));
		if (strcmp(keys.key[i], want) == 0)
			return true;
		print_error("%s: found %s\n", s->name, keys.key[i]);
		return false;
	}
	print_error("%s: not found; guesses:", s->name);
	for (size_t i = 0; i < keys.n; i++)
		print_error(" %s", keys.key[i]);
	print_error("\n");
	return false;
}

static void
every_syntax(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct edit_syntax *s = edit_syntax_find(rows[i].syntax);
		AUTO(buf) struct buf text = BUF(65536);
		struct err e;

		if (s == NULL)
			continue; /* not in this build */
		assert_int_equal(buf_adds(&text, rows[i].text, &e), EC_OK);
		if (!found(s, &text, rows[i].key))
			fail_msg("%s:\n%s", rows[i].syntax, rows[i].text);
	}
}

/* A syntax that comes later must not be forgotten here. */
static void
none_is_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; edit_syntaxes[i] != NULL; i++) {
		bool known = strcmp(edit_syntaxes[i]->name, "php-ini") == 0;

		for (size_t j = 0; j < COUNT(rows); j++)
			known = known ||
			    strcmp(rows[j].syntax, edit_syntaxes[i]->name) == 0;
		if (!known)
			fail_msg("no row for %s", edit_syntaxes[i]->name);
	}
}

/* Places that belong to no key, or to another one. */
static void
wrong_places(void **state)
{
	static const char *const texts[] = {
		"# SMTP_USER=" ID "\n",
		"SMTP_USER=x\n" ID "\n",
		"SMTP_USER=" ID "\nSMTP_USER=" ID "\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO(buf) struct buf text = BUF(4096), value = BUF(4096);
		struct edit_keys keys;
		struct err e;
		size_t at;

		assert_int_equal(buf_adds(&text, texts[i], &e), EC_OK);
		at = (size_t)(strstr(texts[i], ID) - texts[i]);
		edit_search_keys(&text, at, &keys);
		for (size_t j = 0; j < keys.n; j++)
			assert_false(
			    edit_search_holds(edit_syntax_find("dotenv"), &text,
				keys.key[j], at, strlen(ID), &value));
	}
}

/* Half a file, garbage, and no end of nesting: nothing to hold on to. */
static void
hostile(void **state)
{
	AUTO(buf) struct buf text = BUF(65536);
	static const char chars[] = "{}[]()<>\"'=:;,#-/\\.!? \n\tAab01$&*";
	uint32_t seed = 7;
	struct edit_keys keys;
	struct err e;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		buf_cut(&text, 0);
		for (int i = 0; i < 300; i++) {
			seed = seed * 1664525U + 1013904223U;
			assert_int_equal(
			    buf_add(&text,
				&chars[(seed >> 16) % (sizeof(chars) - 1)], 1,
				&e),
			    EC_OK);
		}
		for (size_t at = 0; at < text.len; at += 23)
			edit_search_keys(&text, at, &keys);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_syntax),
		cmocka_unit_test(none_is_left_out),
		cmocka_unit_test(wrong_places),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
