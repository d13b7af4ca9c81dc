/* config_account: whose account an identity is in, by which role. */
#include "tests/unit/config_bad.h"

#include "sigv4/sts.h"

#define A     "123456789012"
#define B     "210987654321"
#define ROLE  "arn:aws:iam::" B ":role/rotate"
#define IDS   "identities:\n"
#define OWN   "- name: own\n  regions: [us-east-1]\n"
#define THERE "- name: there\n  regions: [us-east-1]\n  role_arn: " ROLE "\n"

static void
is(const struct config *c, const char *name, const char *account,
    const char *role, const char *id)
{
	const struct identity_conf *i = config_identity(c, name);

	assert_non_null(i);
	assert_string_equal(i->account, account);
	if (role == NULL)
		assert_null(i->role_arn);
	else
		assert_string_equal(i->role_arn, role);
	if (id == NULL)
		assert_null(i->external_id);
	else
		assert_string_equal(i->external_id, id);
}

static void
accounts(void **state)
{
	AUTO(config)
	struct config *c = good(ACCOUNT IDS OWN THERE
	    "- { name: same, regions: [us-east-1], role_arn: '" ROLE "',\n"
	    "    account: '" B "', external_id: 'org:x/1' }\n"
	    "- { name: plain, regions: [us-east-1], account: '" B "' }\n");

	(void)state;
	is(c, "own", A, NULL, NULL);
	is(c, "there", B, ROLE, NULL);
	is(c, "same", B, ROLE, "org:x/1");
	is(c, "plain", B, NULL, NULL);
	assert_string_equal(c->account, A);
}

/* What an identity says of its account is not mixed with the defaults. */
static void
from_defaults(void **state)
{
	AUTO(config)
	struct config *c = good(ACCOUNT
	    "defaults: { role_arn: '" ROLE "', external_id: dd }\n" IDS OWN
	    "- { name: id, regions: [us-east-1], external_id: ii }\n"
	    "- { name: role, regions: [us-east-1],\n"
	    "    role_arn: 'arn:aws:iam::333333333333:role/x' }\n");
	AUTO(config)
	struct config *d = good(ACCOUNT
	    "defaults: { account: '" B "', external_id: dd }\n" IDS OWN
	    "- { name: role, regions: [us-east-1],\n"
	    "    role_arn: 'arn:aws:iam::333333333333:role/x' }\n"
	    "- { name: mine, regions: [us-east-1], account: '" A "' }\n");

	(void)state;
	is(c, "own", B, ROLE, "dd");
	is(c, "id", B, ROLE, "ii");
	is(c, "role", "333333333333", "arn:aws:iam::333333333333:role/x", "dd");
	is(d, "own", B, NULL, NULL);
	is(d, "role", "333333333333", "arn:aws:iam::333333333333:role/x", "dd");
	is(d, "mine", A, NULL, NULL);
}

/* The same name in two accounts is two users. */
static void
users_of_two_accounts(void **state)
{
	static const struct bad same = { ACCOUNT IDS
		"- { name: a, regions: [us-east-1], iam_user: U,\n"
		"    role_arn: '" ROLE "' }\n"
		"- { name: b, regions: [us-east-1], iam_user: u,\n"
		"    account: '" B "' }\n",
		"5:3: identity 'b' has the IAM user of 'a', U", "its own" };
	AUTO(config)
	struct config *c = good(
	    ACCOUNT IDS "- { name: a, regions: [us-east-1], iam_user: u }\n"
			"- { name: b, regions: [us-east-1], iam_user: u,\n"
			"    role_arn: '" ROLE "' }\n");

	(void)state;
	assert_int_equal(c->n_identities, 2);
	expect_bad(&same);
}

static const struct bad bads[] = {
	{ BASE "  account: 12345678901\n",
	    "5:12: 'account' cannot be '12345678901'", "twelve digits" },
	{ BASE "  account: ''\n",
	    "5:12: 'account' must be one line of text, and not empty", NULL },
	{ BASE "  role_arn: rotate\n", "5:13: 'role_arn' cannot be 'rotate'",
	    "arn:aws:iam::123456789012:role/NAME" },
	{ BASE "  role_arn:\n", "5:12: 'role_arn' has no value", NULL },
	{ BASE "  role_arn: [a]\n", "5:13: 'role_arn' takes one value", NULL },
	{ BASE "  role_arn: " ROLE "\n  external_id: x\n",
	    "6:16: 'external_id' cannot be 'x'", "2 to 1224" },
	{ BASE "  role_arn: " ROLE "\n  external_id: a b\n",
	    "6:16: 'external_id' cannot be 'a b'", "2 to 1224" },
	{ BASE "  external_id: abc\n", "5:16: external_id without role_arn",
	    "role_arn: arn:aws:iam::123456789012:role/" },
	{ BASE "  account: \"" A "\"\n  role_arn: " ROLE "\n",
	    "5:12: account " A " is not that of role_arn in line 6, " B,
	    "take account out" },
	{ ACCOUNT "defaults: { role_arn: '" ROLE "' }\n" IDS
		  "- { name: a, regions: [us-east-1], account: '" A "' }\n",
	    "4:45: account " A " is not that of role_arn in line 2, " B,
	    "identity a" },
	{ ACCOUNT "defaults:\n  role_arn: nobody\n" IDS OWN,
	    "3:13: 'role_arn' cannot be 'nobody'", NULL },
	{ BASE "  role_arn: arn:aws-cn:iam::" B ":role/x\n",
	    "5:13: the role is in partition aws-cn, region us-east-1 in aws",
	    "arn:aws:" },
	{ ACCOUNT IDS "- name: a\n  regions: [us-gov-west-1, eu-west-1]\n"
		      "  role_arn: arn:aws-us-gov:iam::" B ":role/x\n",
	    "5:13: the role is in partition aws-us-gov, region eu-west-1 in "
	    "aws",
	    NULL },
};

static void
wrong(void **state)
{
	(void)state;
	expect_all(bads, COUNT(bads));
}

static void
partitions(void **state)
{
	AUTO(config)
	struct config *c = good(ACCOUNT IDS
	    "- { name: cn, regions: [cn-north-1, cn-northwest-1],\n"
	    "    role_arn: 'arn:aws-cn:iam::" B ":role/x' }\n"
	    "- { name: gov, regions: [us-gov-west-1],\n"
	    "    role_arn: 'arn:aws-us-gov:iam::333333333333:role/p/q/x' }\n"
	    "- { name: aws, regions: [ap-south-1],\n"
	    "    role_arn: 'arn:aws:iam::444444444444:role/x' }\n");

	(void)state;
	is(c, "cn", B, "arn:aws-cn:iam::" B ":role/x", NULL);
	is(c, "gov", "333333333333",
	    "arn:aws-us-gov:iam::333333333333:role/p/q/x", NULL);
	is(c, "aws", "444444444444", "arn:aws:iam::444444444444:role/x", NULL);
}

/* One slip among ten thousand is found, with its place. */
static void
one_typo_of_many(void **state)
{
	AUTO(buf) struct buf b = BUF(CONFIG_MAX_BYTES);
	const struct bad typo = { NULL,
		"19754:3: unknown key 'role_arm' (did you mean 'role_arn'?)",
		NULL };
	struct bad found = typo;
	struct err e;

	(void)state;
	assert_int_equal(buf_adds(&b, ACCOUNT IDS, &e), EC_OK);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(buf_addf(&b, &e,
				     "- name: i%d\n  regions: [us-east-1]\n"
				     "  %s: arn:aws:iam::%012d:role/rotate\n",
				     i, i == 6583 ? "role_arm" : "role_arn", i),
		    EC_OK);
	found.yaml = buf_str(&b);
	expect_bad(&found);
}

static const struct {
	const char *arn;
	bool good;
} arns[] = {
	{ "arn:aws:iam::123456789012:role/r", true },
	{ "arn:aws:iam::000000000000:role/a/b/c/R_+=,.@-9", true },
	{ "arn:aws-us-gov:iam::123456789012:role/r", true },
	{ "arn:aws-cn:iam::123456789012:role/r", true },
	{ "arn:aws-iso-b:iam::123456789012:role/r", true },
	{ "", false },
	{ "arn:aws:iam::123456789012:role/", false },
	{ "arn:aws:iam::123456789012:role", false },
	{ "arn:aws:iam::123456789012:role/r ", false },
	{ "arn:aws:iam::123456789012:role/r\n", false },
	{ " arn:aws:iam::123456789012:role/r", false },
	{ "arn:aws:iam::12345678901:role/r", false },
	{ "arn:aws:iam::1234567890123:role/r", false },
	{ "arn:aws:iam::12345678901x:role/r", false },
	{ "arn:aws:iam:us-east-1:123456789012:role/r", false },
	{ "arn:aws:sts::123456789012:assumed-role/r/s", false },
	{ "arn:aws:iam::123456789012:user/r", false },
	{ "arn:aws:iam::123456789012:role//r", false },
	{ "arn:aws:iam::123456789012:role/a//r", false },
	{ "arn:aws:iam::123456789012:role/r/", false },
	{ "arn:aws:iam::123456789012:role/r:x", false },
	{ "arn:aw:iam::123456789012:role/r", false },
	{ "arn:awsawsawsawsawsaws:iam::123456789012:role/r", false },
	{ "arn:AWS:iam::123456789012:role/r", false },
	{ "ARN:aws:iam::123456789012:role/r", false },
};

static void
arn_forms(void **state)
{
	static const char head[] = "arn:aws:iam::123456789012:role/";
	struct sts_arn a;
	char text[700];

	(void)state;
	for (size_t i = 0; i < COUNT(arns); i++)
		if (sts_arn_read(arns[i].arn, &a) != arns[i].good)
			die("%s", arns[i].arn);
	assert_true(sts_arn_read(arns[1].arn, &a));
	assert_string_equal(a.partition, "aws");
	assert_string_equal(a.account, "000000000000");
	assert_string_equal(a.role, "a/b/c/R_+=,.@-9");
	/* Names have 64 characters, with their path 512. */
	(void)snprintf(text, sizeof(text), "%s%064d", head, 0);
	assert_true(sts_arn_read(text, &a));
	(void)snprintf(text, sizeof(text), "%s%065d", head, 0);
	assert_false(sts_arn_read(text, &a));
	(void)snprintf(text, sizeof(text), "%s%0510d/r", head, 0);
	assert_true(sts_arn_read(text, &a));
	(void)snprintf(text, sizeof(text), "%s%0511d/r", head, 0);
	assert_false(sts_arn_read(text, &a));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts),
		cmocka_unit_test(from_defaults),
		cmocka_unit_test(users_of_two_accounts),
		cmocka_unit_test(wrong),
		cmocka_unit_test(partitions),
		cmocka_unit_test(one_typo_of_many),
		cmocka_unit_test(arn_forms),
	};

	return cmocka_run_group_tests_name("config_account", tests, NULL, NULL);
}
