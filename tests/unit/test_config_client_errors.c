/* test_config_client_errors: what may be wrong with hosts, ports and clients.
 */
#include "tests/unit/config_bad.h"

#define SMTP(text) BASE "  smtp: { " text " }\n"

static const struct bad smtp_errors_bad[] = {
	{ SMTP("port: 2525"), "5:17: SES has no port 2525", "2587" },
	{ SMTP("port: 465"),
	    "5:17: port 465 of SES does not speak TLS that way",
	    "tls: implicit, or take port 587" },
	{ SMTP("port: 587, tls: implicit"),
	    "5:17: port 587 of SES does not speak TLS that way",
	    "tls: starttls, or take port 465" },
	{ SMTP("port: 25, tls: implicit"),
	    "5:17: port 25 of SES does not speak TLS that way", NULL },
	{ SMTP("port: 65536"),
	    "5:17: 'port' must be a number from 1 to 65535, not '65536'",
	    NULL },
	{ SMTP("tls: none"),
	    "5:16: 'tls' must be starttls or implicit, not 'none'", NULL },
	{ SMTP("host: 'smtp://x'"), "5:17: 'host' must be a host name",
	    "the port has its own key" },
	{ SMTP("host: 'x:587'"), "5:17: 'host' must be a host name", NULL },
	{ SMTP("host: 'x..y'"), "5:17: 'host' must be a host name", NULL },
	{ SMTP("host: abc.Mail-Manager-SMTP.amazonaws.com"),
	    "5:17: this is a Mail Manager ingress endpoint, whose "
	    "passwords are no SES SMTP credentials",
	    "email-smtp" },
	{ SMTP("host: email-smtp.eu-west-1.amazonaws.com"),
	    "5:17: the host is in eu-west-1, where SES refuses the "
	    "password for us-east-1",
	    "{region} instead of eu-west-1" },
	{ SMTP("host: vpce-1-2.email-smtp.us-west-2.vpce.amazonaws.com"),
	    "5:17: the host is in us-west-2, where SES refuses the "
	    "password for us-east-1",
	    NULL },
	{ ACCOUNT "identities:\n- name: a\n"
		  "  regions: [us-east-1, eu-west-1]\n"
		  "  smtp: { host: mail.example.com }\n",
	    "5:17: one host cannot serve several regions", "{region}" },
	{ SMTP("ca_file: ca.pem"),
	    "5:20: 'ca_file' must be an absolute path without '..'", NULL },
};

static void
smtp_errors(void **state)
{
	(void)state;
	expect_all(smtp_errors_bad, COUNT(smtp_errors_bad));
}

static const struct bad client_errors_bad[] = {
	{ BASE "clients:\n- type: manual\n", "6:3: 'name' is missing", NULL },
	{ BASE "clients:\n- name: web\n", "6:3: 'type' is missing",
	    "rotate clients" },
	{ BASE "clients:\n- name: web\n  type: manuel\n",
	    "7:9: no kind of client is called 'manuel' (did you mean "
	    "'manual'?)",
	    "file, " },
	{ CLIENT "  identity: mews\n",
	    "9:13: no identity is called 'mews' (did you mean 'news'?)", NULL },
	{ CLIENT "  region: us-east-2\n",
	    "9:11: identity 'news' has no region us-east-2 (did you "
	    "mean 'us-east-1'?)",
	    "t.yaml:3" },
	{ BASE "- name: b\n  regions: [us-east-1]\nclients:\n"
	       "- name: web\n  type: manual\n  what: x\n",
	    "8:3: 'identity' is missing", "of the 2 identities" },
	{ ACCOUNT "identities:\n- name: a\n"
		  "  regions: [us-east-1, eu-west-1]\n"
		  "clients:\n- name: web\n  type: manual\n  what: x\n",
	    "6:3: 'region' is missing", "of identity 'a'" },
	{ CLIENT "  usernmae: x\n",
	    "9:3: unknown key 'usernmae' in a client of type manual",
	    "`rotate clients manual`" },
	{ BASE "clients:\n- name: web\n  type: file\n  usernmae: x\n",
	    "8:3: unknown key 'usernmae' in a client of type file "
	    "(did you mean 'username'?)",
	    "`rotate clients file`" },
	{ CLIENT "  regoin: us-east-1\n",
	    "9:3: unknown key 'regoin' in a client of type manual "
	    "(did you mean 'region'?)",
	    NULL },
	{ CLIENT "  what: b\n", "9:3: 'what' is given twice, first in line 8",
	    NULL },
	{ CLIENT "  name: b\n", "9:3: 'name' is given twice, first in line 6",
	    NULL },
	{ BASE "clients:\n- name: web\n  type: manual\n",
	    "6:3: 'what' is missing in client 'web' of type manual",
	    "add  what:" },
	{ BASE "clients:\n- name: web\n  type: manual\n  what: [a]\n",
	    "8:9: 'what' must be one text", NULL },
	{ BASE "clients:\n- name: web\n  type: manual\n  what:\n",
	    "8:8: 'what' must be one text", NULL },
	{ BASE "clients:\n- name: web\n  type: exec\n  command: a b\n",
	    "8:12: 'command' must be a list: [program, argument]", NULL },
	{ BASE "clients:\n- name: web\n  type: exec\n"
	       "  command: [a, [b]]\n",
	    "8:16: 'command': a value is missing, or is no text", NULL },
	{ BASE "clients:\n- name: web\n  type: exec\n  command: [a]\n"
	       "  options: [b]\n",
	    "9:12: 'options' must be a map: { name: value }", NULL },
	{ CLIENT "  required: maybe\n",
	    "9:13: 'required' must be false or true or no or yes, not "
	    "'maybe'",
	    NULL },
	{ CLIENT "  smtp: { port: 465 }\n",
	    "9:17: port 465 of SES does not speak TLS that way", NULL },
	{ CLIENT "  smtp: { host: email-smtp.eu-west-1.amazonaws.com }\n",
	    "9:17: the host is in eu-west-1, where SES refuses the "
	    "password for us-east-1",
	    NULL },
	{ CLIENT "- name: web\n  type: manual\n  what: b\n",
	    "9:3: client 'web' is there already, in t.yaml:6", NULL },
};

static void
client_errors(void **state)
{
	(void)state;
	expect_all(client_errors_bad, COUNT(client_errors_bad));
}

/* The words are the drivers' and options.c's; the place is ours. */
static void
option_errors_have_a_place(void **state)
{
	static const char *const heads[][2] = {
		{ BASE "clients:\n- name: web\n  type: exec\n  command: [a]\n"
		       "  timeout: soon\n",
		    "t.yaml:9:12: timeout: " },
		{ BASE "clients:\n- name: web\n  type: file\n  path: x\n",
		    "t.yaml:8:9: path: " },
		{ BASE "clients:\n- name: web\n  type: file\n  path: /x\n"
		       "  format: nonsense\n",
		    "t.yaml:6:3: format: " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct config *c = NULL;
		struct err e;

		assert_int_equal(load(heads[i][0], &c, &e), EC_CONFIG);
		if (strncmp(e.what, heads[i][1], strlen(heads[i][1])) != 0)
			die("wanted: %s\n   got: %s", heads[i][1], e.what);
	}
}

static void
unknown_type_names_all(void **state)
{
	struct config *c = NULL;
	struct err e;

	(void)state;
	assert_int_equal(
	    load(BASE "clients:\n- name: a\n  type: smoke\n", &c, &e),
	    EC_CONFIG);
	for (size_t i = 0; client_drivers[i] != NULL; i++)
		assert_non_null(strstr(e.fix, client_drivers[i]->name));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(smtp_errors),
		cmocka_unit_test(client_errors),
		cmocka_unit_test(option_errors_have_a_place),
		cmocka_unit_test(unknown_type_names_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
