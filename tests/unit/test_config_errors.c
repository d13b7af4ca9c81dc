/* test_config_errors: every way to be wrong has its exact place and its
 * remedy. This is about YAML, keys and identities. */
#include "tests/unit/config_bad.h"

static const struct bad yaml_errors_bad[] = {
	{ "account: [1\n",
	    "2:1: no YAML: did not find expected ',' or ']' while "
	    "parsing a flow sequence",
	    "spaces, never tabs" },
	{ ACCOUNT "state:\n\t/x\n",
	    "3:1: no YAML: found character that cannot start any token "
	    "while scanning for the next token",
	    "tabs" },
	{ "account: &a 1\n", "1:10: anchors (&name) are not used here",
	    "write the value out" },
	{ BASE "clients: &a [x]\n", "5:10: anchors (&name) are not used here",
	    NULL },
	{ "account: *a\n", "1:10: aliases (*name) are not used here", NULL },
	{ "account: !!str 1\n", "1:10: tags (!name) are not used here", NULL },
	{ "seal: !x {}\n", "1:7: tags (!name) are not used here", NULL },
	{ "account: 1\n---\naccount: 2\n", "2:1: a second document begins",
	    NULL },
	{ "[a]: 1\n", "1:1: a key must be a word", NULL },
	{ "account: \"1\\0\"\n", "1:10: a control character in a value", NULL },
	{ "[[[[[[[[[[[[[1]]]]]]]]]]]]]", "1:13: too many levels in one another",
	    NULL },
	{ "- a\n", "1:1: lines of the form 'key: value' are expected here",
	    NULL },
};

static void
yaml_errors(void **state)
{
	(void)state;
	expect_all(yaml_errors_bad, COUNT(yaml_errors_bad));
}

static const struct bad key_errors_bad[] = {
	{ "", "1:1: 'account' is missing", "account: \"123456789012\"" },
	{ "# nothing\n", "1:1: 'account' is missing", NULL },
	{ "acount: 1\n", "1:1: unknown key 'acount' (did you mean 'account'?)",
	    NULL },
	{ "zzzzzzzz: 1\n", "1:1: unknown key 'zzzzzzzz'", NULL },
	{ ACCOUNT ACCOUNT, "2:1: 'account' is given twice, first in line 1",
	    NULL },
	{ "account:\n", "1:9: 'account' has no value", "take the line" },
	{ "account: 12345678901\n", "1:10: 'account' cannot be '12345678901'",
	    "leading zero" },
	{ "account: [a]\n", "1:10: 'account' takes one value", NULL },
	{ ACCOUNT "state: var\n",
	    "2:8: 'state' must be an absolute path without '..'", NULL },
	{ ACCOUNT "state: /a/../b\n",
	    "2:8: 'state' must be an absolute path without '..'", NULL },
	{ ACCOUNT "profile: \"a\\nb\"\n",
	    "2:10: 'profile' must be one line of text, and not empty", NULL },
	{ ACCOUNT "alarm: mail root\n",
	    "2:8: 'alarm' must be a list, because no shell will split "
	    "it",
	    "[program, argument" },
	{ ACCOUNT "alarm: []\n",
	    "2:8: 'alarm' must be a list of 1 to 64 values: [a, b]", NULL },
	{ ACCOUNT "alarm: [bin/x]\n",
	    "2:9: 'alarm': the program must be an absolute path, or a "
	    "name without '/'",
	    NULL },
	{ ACCOUNT "alarm: [x, ~]\n",
	    "2:12: 'alarm': a value is missing, or is no text", NULL },
	{ BASE "store: { kind: redis }\n",
	    "5:16: 'kind' must be sqlite or dynamodb, not 'redis'", NULL },
	{ BASE "store: { kind: dynamodb }\n", "5:8: 'table' is missing",
	    "ses-smtp-rotator" },
	{ BASE "store: { table: a/b }\n", "5:17: 'table' cannot be 'a/b'",
	    "3 to 255" },
	{ BASE "store: { table: abc, region: mars }\n",
	    "5:30: 'mars' is no AWS region", NULL },
	{ BASE "store: { tabel: abc }\n",
	    "5:10: unknown key 'tabel' (did you mean 'table'?)", NULL },
	{ BASE "seal: { kind: safe }\n",
	    "5:15: 'kind' must be file or credential or kms, not 'safe'",
	    NULL },
	{ BASE "seal: { name: x }\n",
	    "5:15: 'name' does not go with seal kind file", NULL },
	{ BASE "seal: { kind: credential, path: /x }\n",
	    "5:33: 'path' does not go with seal kind credential", NULL },
	{ BASE "seal: { kind: credential }\n", "5:7: 'name' is missing",
	    "LoadCredential" },
	{ BASE "seal: { kind: credential, name: a/b }\n",
	    "5:33: 'name' cannot be 'a/b'", NULL },
	{ BASE "seal: { kind: kms }\n", "5:7: 'key' is missing",
	    "add  key: alias/NAME" },
	{ BASE "seal: { kind: kms, key: alias/a }\n",
	    "5:25: 'region' is missing", "write its ARN" },
	{ BASE "seal: { kind: kms, key: alias/a, region: moon }\n",
	    "5:42: 'moon' is no AWS region", NULL },
	{ BASE "seal: { kind: kms, key: 'a b', region: eu-west-1 }\n",
	    "5:25: 'key' cannot be 'a b'", NULL },
	{ BASE "seal: { kind: kms, key: 'arn:aws:ssm:eu-west-1:1:key/x' }\n",
	    "5:25: key: not an ARN of KMS", NULL },
	{ BASE "seal: { kind: kms, key: 'arn:aws:kms:eu-west-1:1:key/x', "
	       "region: us-east-1 }\n",
	    "5:25: key is in eu-west-1, aws_region says us-east-1", NULL },
	{ BASE "seal: { kind: kms, key: alias/a, name: x }\n",
	    "5:40: 'name' does not go with seal kind kms", NULL },
	{ BASE "seal: { key: alias/a }\n",
	    "5:14: 'key' does not go with seal kind file", NULL },
	{ BASE "seal: { region: eu-west-1 }\n",
	    "5:17: 'region' does not go with seal kind file", NULL },
	{ ACCOUNT "defaults: { grace: 7d, grace: 8d }\n",
	    "2:24: 'grace' is given twice, first in line 2", NULL },
	{ ACCOUNT "defaults: { smtp: { prot: 1 } }\n",
	    "2:21: unknown key 'prot' (did you mean 'port'?)", NULL },
	{ ACCOUNT "defaults: { name: x }\n", "2:13: unknown key 'name'", NULL },
	/* Although each identity says better. */
	{ ACCOUNT "defaults: { grace: x }\nidentities:\n- name: a\n"
		  "  regions: [us-east-1]\n  grace: 1d\n",
	    "2:20: 'grace' cannot be 'x'", "7d" },
};

static void
key_errors(void **state)
{
	(void)state;
	expect_all(key_errors_bad, COUNT(key_errors_bad));
}

static const struct bad identity_errors_bad[] = {
	{ ACCOUNT, "1:1: no identity: there is nothing to rotate",
	    "identities:" },
	{ ACCOUNT "identities: a\n",
	    "2:13: 'identities' must be a list: lines that begin with "
	    "'- '",
	    NULL },
	{ ACCOUNT "identities: [a]\n",
	    "2:14: lines of the form 'key: value' are expected here", NULL },
	{ ACCOUNT "identities:\n- regions: [us-east-1]\n",
	    "3:3: 'name' is missing", "name: newsletter" },
	{ ACCOUNT "identities:\n- name: a\n", "3:3: 'regions' is missing",
	    "us-east-1" },
	{ ACCOUNT "identities:\n- name: A\n  regions: [us-east-1]\n",
	    "3:9: 'name' cannot be 'A'", "63 of a-z" },
	{ BASE "  iam_user: a b\n", "5:13: 'iam_user' cannot be 'a b'", NULL },
	{ BASE "  user_id: AKIAIOSFODNN7EXAMPLE\n",
	    "5:12: 'user_id' cannot be 'AKIAIOSFODNN7EXAMPLE'", "get-user" },
	{ BASE "  regoins: [a]\n",
	    "5:3: unknown key 'regoins' (did you mean 'regions'?)", NULL },
	{ ACCOUNT "identities:\n- name: a\n  regions: [us-east-1, x]\n",
	    "4:24: 'x' is no AWS region", NULL },
	{ ACCOUNT "identities:\n- name: a\n"
		  "  regions: [us-east-1, us-east-1]\n",
	    "4:24: region us-east-1 is given twice", NULL },
	{ BASE "  max_age: -5m\n", "5:12: 'max_age' cannot be '-5m'", NULL },
	{ BASE "  max_age: 90\n", "5:12: 'max_age' cannot be '90'", "unit" },
	{ BASE "  max_age: 0\n", "5:12: 'max_age' must be from 1ms to 3650d",
	    NULL },
	{ BASE "  grace: 99999d\n", "5:10: 'grace' cannot be '99999d'", NULL },
	{ BASE "  late_window: 2d\n",
	    "5:16: 'late_window' must be from 0s to 1d", NULL },
	{ BASE "  settle: { successes: 0 }\n",
	    "5:24: 'successes' must be a number from 1 to 100, not '0'", NULL },
	{ BASE "  settle: { successes: 9999999999 }\n",
	    "5:24: 'successes' must be a number from 1 to 100, not "
	    "'9999999999'",
	    NULL },
	{ BASE "  settle: { interval: 3m }\n",
	    "3:3: settle: 3 successes do not fit into the timeout", NULL },
	{ BASE "  settle: { timeout: 20s }\n",
	    "5:22: settle: 3 successes do not fit into the timeout", NULL },
	{ BASE "  prove: maybe\n",
	    "5:10: 'prove' must be auth or send, not 'maybe'", NULL },
	{ BASE "  prove: send\n", "5:10: 'prove: send' needs a sender",
	    "prove_from" },
	{ BASE "  prove_from: nobody\n",
	    "5:15: 'prove_from' must be one mail address, like "
	    "ops@example.com",
	    NULL },
	{ BASE "- name: news\n  regions: [us-east-1]\n",
	    "5:9: identity 'news' is there already, in t.yaml:3", NULL },
	{ BASE "- name: b\n  iam_user: NEWS\n  regions: [us-east-1]\n",
	    "5:3: identity 'b' has the IAM user of 'news', news",
	    "of its own" },
};

static void
identity_errors(void **state)
{
	(void)state;
	expect_all(identity_errors_bad, COUNT(identity_errors_bad));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_errors),
		cmocka_unit_test(key_errors),
		cmocka_unit_test(identity_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
