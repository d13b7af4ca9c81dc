/*
 * What goes to AWS and what comes from there, at the edges: texts that fit or
 * do not by one byte, odd escapes, addresses of services, settings of the
 * shared files, replies that are almost right, words of a mail server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pwd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/clock.h"
#include "base/net.h"
#include "fake_env.h"
#include "rotator/iam.h"
#include "rotator/iam_reply.h"
#include "rotator/probe_p.h"
#include "sigv4/aws_error.h"
#include "sigv4/aws_p.h"
#include "sigv4/canonical.h"
#include "sigv4/endpoint.h"
#include "sigv4/ini.h"
#include "sigv4/profile.h"
#include "sigv4/sign.h"

/* ---- room ---- */

static enum ec
write_query(struct buf *b, struct buf *other, struct err *e)
{
	(void)other;
	return canonical_query(b, "b=2&a=1&&c&a=%20x%41", e);
}

static enum ec
write_path(struct buf *b, struct buf *other, struct err *e)
{
	(void)other;
	return canonical_path(b, "/a//b/../c/./d e/", false, e);
}

static const struct sig_header some_headers[] = {
	{ "Host", "a.example" },
	{ "X-Two", " a  b " },
	{ "x-two", "c" },
	{ "User-Agent", "unsigned" },
};

static enum ec
write_headers(struct buf *b, struct buf *other, struct err *e)
{
	return canonical_headers(b, other, some_headers, 4, e);
}

static enum ec
write_names(struct buf *b, struct buf *other, struct err *e)
{
	return canonical_headers(other, b, some_headers, 4, e);
}

/* With room for all of it but the last byte it fails, and with less. */
static void
test_no_room(void **state)
{
	static const struct {
		enum ec (*write)(struct buf *, struct buf *, struct err *);
		const char *want;
	} rows[] = {
		{ write_query, "a=%20xA&a=1&b=2&c=" },
		{ write_path, "/a/c/d%20e/" },
		{ write_headers, "host:a.example\nx-two:a b,c\n" },
		{ write_names, "host;x-two" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const size_t all = strlen(rows[i].want);

		for (size_t room = 1; room <= all; room++) {
			AUTO(buf) struct buf b = BUF(room);
			AUTO(buf) struct buf other = BUF(1000);
			struct err e;
			enum ec ec = rows[i].write(&b, &other, &e);

			assert_int_equal(ec == EC_OK, room == all);
			if (ec == EC_OK)
				assert_string_equal(buf_str(&b), rows[i].want);
		}
	}
}

static void
test_too_many_headers(void **state)
{
	struct sig_header many[CANONICAL_HEADERS_MAX + 1];
	AUTO(buf) struct buf b = BUF(100000);
	AUTO(buf) struct buf names = BUF(100000);
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct sig_header){ "a", "b" };
	assert_int_equal(
	    canonical_headers(&b, &names, many, CANONICAL_HEADERS_MAX, &e),
	    EC_OK);
	assert_int_equal(
	    canonical_headers(&b, &names, many, COUNT(many), &e), EC_PROTO);
}

/* Only two hexadecimal digits make an escape. */
static void
test_escapes(void **state)
{
	static const struct {
		const char *query, *want;
	} rows[] = {
		{ "%41", "A=" },
		{ "%4a%4A%7e", "JJ~=" },
		{ "%af", "%AF=" },
		{ "%g1", "%25g1=" },
		{ "%1g", "%251g=" },
		{ "%:1", "%25%3A1=" },
		{ "%1@", "%251%40=" },
		{ "%`a", "%25%60a=" },
		{ "%/a", "%25%2Fa=" },
		{ "%G1", "%25G1=" },
		{ "%4", "%254=" },
		{ "%", "%25=" },
	};
	AUTO(buf) struct buf nul = BUF(10);
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(100);

		assert_int_equal(canonical_query(&b, rows[i].query, &e), EC_OK);
		assert_string_equal(buf_str(&b), rows[i].want);
	}
	assert_int_equal(canonical_escape(&nul, "\0", 1, false, &e), EC_OK);
	assert_string_equal(buf_str(&nul), "%00");
}

static enum ec
sign_one(const char *method, const char *path, int64_t at)
{
	static const struct sig_header headers[] = { { "Host", "a.example" },
		{ NULL, NULL } };
	AUTO(secret) struct secret *secret = NULL;
	AUTO(sig_result) struct sig_result r = { .signature = "" };
	const struct sig_request q = { .method = method,
		.path = path,
		.query = "",
		.headers = headers,
		.keep_path = true };
	struct sig_context c = { .key_id = "AKID",
		.region = "eu-west-1",
		.service = "iam",
		.at = at };
	struct err e;

	assert_int_equal(secret_new("topsecret", 9, &secret, &e), EC_OK);
	c.secret = secret;
	return sig_sign(&q, &c, &r, &e);
}

/* A stage has 64 KiB; wherever its end comes, nothing is signed that was cut
 * off. */
static void
test_stage_is_full(void **state)
{
	enum { STAGE = 64 * 1024, AROUND = 160 };
	static char text[STAGE + 3];
	bool fitted = true;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[0] = '/';
	for (size_t n = STAGE - AROUND; n < STAGE; n++) {
		enum ec ec;

		text[n] = '\0';
		ec = sign_one("GET", text, 0);
		text[n] = 'x';
		assert_true(fitted || ec != EC_OK);
		fitted = ec == EC_OK;
	}
	assert_false(fitted);
	for (size_t n = STAGE - 1; n < STAGE + 2; n++) {
		text[n] = '\0';
		assert_int_not_equal(sign_one(text, "/", 0), EC_OK);
		text[n] = 'x';
	}
}

/* A date of five digits has no place in a signature. */
static void
test_dates(void **state)
{
	(void)state;
	assert_int_equal(sign_one("GET", "/", INT64_C(253402300799000)), EC_OK);
	assert_int_equal(
	    sign_one("GET", "/", INT64_C(253402300800000)), EC_BUG);
	assert_int_equal(sign_one("GET", "/", INT64_MAX), EC_BUG);
}

/* ---- endpoints ---- */

static void
test_endpoints(void **state)
{
	static char host[300], user[330], path[300], query[330], port[300];
	const struct {
		const char *variable, *value, *fips, *dual, *region, *service;
		const char *want; /* NULL: EC_CONFIG */
	} rows[] = {
		{ NULL, NULL, NULL, NULL, "eu-west-1", "iam",
		    "https://iam.amazonaws.com" },
		{ NULL, NULL, "false", "no", "eu-west-1", "sts",
		    "https://sts.eu-west-1.amazonaws.com" },
		{ NULL, NULL, "true", "TRUE", "us-east-1", "sts",
		    "https://sts-fips.us-east-1.api.aws" },
		{ NULL, NULL, NULL, "true", "us-east-1", "sts",
		    "https://sts.us-east-1.api.aws" },
		{ NULL, NULL, "true", NULL, "us-east-1", "sts",
		    "https://sts-fips.us-east-1.amazonaws.com" },
		{ NULL, NULL, "true", NULL, "us-gov-west-1", "sts",
		    "https://sts.us-gov-west-1.amazonaws.com" },
		{ NULL, NULL, "true", "true", "us-gov-west-1", "sts",
		    "https://sts-fips.us-gov-west-1.api.aws" },
		{ NULL, NULL, NULL, "true", "us-east-1", "secrets_manager",
		    "https://secretsmanager.us-east-1.amazonaws.com" },
		{ NULL, NULL, "true", "true", "us-east-1", "secrets_manager",
		    "https://secretsmanager-fips.us-east-1.amazonaws.com" },
		{ NULL, NULL, "true", NULL, "cn-north-1", "iam", NULL },
		{ "AWS_ENDPOINT_URL", "https://a.example:443/", NULL, NULL,
		    "eu-west-1", "iam", "https://a.example" },
		{ "AWS_ENDPOINT_URL", "http://a.example:80/x/", NULL, NULL,
		    "eu-west-1", "iam", "http://a.example/x" },
		{ "AWS_ENDPOINT_URL", "https://a.example:80", NULL, NULL,
		    "eu-west-1", "iam", "https://a.example:80" },
		{ "AWS_ENDPOINT_URL", "http://a.example:443", NULL, NULL,
		    "eu-west-1", "iam", "http://a.example:443" },
		{ "AWS_ENDPOINT_URL", "http://u@a.example", NULL, NULL,
		    "eu-west-1", "iam", NULL },
		{ "AWS_ENDPOINT_URL", "http://a.example?q", NULL, NULL,
		    "eu-west-1", "iam", NULL },
		{ "AWS_ENDPOINT_URL", "ftp://a.example", NULL, NULL,
		    "eu-west-1", "iam", NULL },
		{ "AWS_ENDPOINT_URL", host, NULL, NULL, "eu-west-1", "iam",
		    NULL },
		{ "AWS_ENDPOINT_URL", port, NULL, NULL, "eu-west-1", "iam",
		    NULL },
		{ "AWS_ENDPOINT_URL", user, NULL, NULL, "eu-west-1", "iam",
		    NULL },
		{ "AWS_ENDPOINT_URL", path, NULL, NULL, "eu-west-1", "iam",
		    NULL },
		{ "AWS_ENDPOINT_URL", query, NULL, NULL, "eu-west-1", "iam",
		    NULL },
	};
	char xs[300];

	(void)state;
	memset(xs, 'x', sizeof(xs));
	xs[sizeof(xs) - 1] = '\0';
	(void)snprintf(host, sizeof(host), "http://%.250s", xs);
	(void)snprintf(port, sizeof(port), "http://%.252s:8080", xs);
	(void)snprintf(user, sizeof(user), "http://%.290s@a.example", xs);
	(void)snprintf(path, sizeof(path), "http://a.example/%.254s", xs);
	(void)snprintf(query, sizeof(query), "http://a.example/?%.290s", xs);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake_env f;
		struct endpoint to = { .url = "" };
		struct err e;
		enum ec ec;

		fake_env_init(&f);
		if (rows[i].variable != NULL)
			fake_env_set(&f, rows[i].variable, rows[i].value);
		if (rows[i].fips != NULL)
			fake_env_set(&f, "AWS_USE_FIPS_ENDPOINT", rows[i].fips);
		if (rows[i].dual != NULL)
			fake_env_set(
			    &f, "AWS_USE_DUALSTACK_ENDPOINT", rows[i].dual);
		ec = endpoint_find(
		    &f.env, NULL, rows[i].region, rows[i].service, &to, &e);
		fake_env_end(&f);
		if (rows[i].want == NULL) {
			assert_int_equal(ec, EC_CONFIG);
			continue;
		}
		assert_int_equal(ec, EC_OK);
		assert_string_equal(to.url, rows[i].want);
	}
}

/* ---- the shared files ---- */

static const char *
ini_value(const char *text, const char *section, char ret[64])
{
	AUTO(buf) struct buf b = BUF(100000);
	struct ini_list l = { NULL, 0 };
	const char *v;
	bool found;
	struct err e;

	assert_int_equal(buf_adds(&b, text, &e), EC_OK);
	if (ini_read("f", &b, section, &l, &found, &e) != EC_OK) {
		(void)snprintf(ret, 64, "! %.60s", e.what);
	} else {
		v = ini_get(&l, "", "k");
		(void)snprintf(ret, 64, "%s", v != NULL ? v : "-");
	}
	ini_free(&l);
	return ret;
}

static void
test_ini(void **state)
{
	static const struct {
		const char *text, *section, *want;
	} rows[] = {
		{ "[a]\nk = v # c\n", "a", "v" },
		{ "[a]\nk = v\t;c\n", "a", "v" },
		{ "[a]\nk = v#c;d\n", "a", "v#c;d" },
		{ "[a]\nk = #c\n", "a", "-" },
		{ "[a]\nk = ;c\n", "a", "-" },
		{ "; c\n[a]\n# d\nk = v\n", "a", "v" },
		{ "[\"a\"]\nk = v\n", "a", "v" },
		{ "['a']\nk = v\n", "a", "v" },
		{ "['a\"]\nk = v\n", "a", "-" },
		{ "[\"]\nk = v\n", "\"", "v" },
		{ "[profile\ta]\nk = v\n", "profile a", "v" },
		{ "[profile_a]\nk = v\n", "profile a", "-" },
		{ "[profile]\nk = v\n", "profile a", "-" },
		{ "[profilx a]\nk = v\n", "profile a", "-" },
		{ "[a]\nk = v\n more = of it\n", "a", "v" },
		{ "[a]\nother =\n [x]\n", "a",
		    "! f:3: neither section nor setting" },
		{ "[a]\nk = v\n [x]\n", "a", "v" },
		{ "k = v\n", "a", "! f:1: setting before any section" },
		{ "[a\n", "a", "! f:1: section without ]" },
	};
	AUTO(buf) struct buf many = BUF(100000);
	AUTO(buf) struct buf nul = BUF(100);
	struct ini_list l = { NULL, 0 };
	char got[64];
	bool found;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *v = ini_value(rows[i].text, rows[i].section, got);

		if (strcmp(v, rows[i].want) != 0)
			print_error("row %zu\n", i);
		assert_string_equal(v, rows[i].want);
	}
	assert_int_equal(buf_adds(&many, "[a]\n", &e), EC_OK);
	for (int i = 0; i <= INI_SETTINGS_MAX; i++)
		assert_int_equal(buf_adds(&many, "k = v\n", &e), EC_OK);
	assert_int_equal(ini_read("f", &many, "a", &l, &found, &e), EC_CONFIG);
	assert_int_equal(l.n, INI_SETTINGS_MAX);
	ini_free(&l);
	assert_int_equal(buf_add(&nul, "[a]\0\n", 5, &e), EC_OK);
	assert_int_equal(ini_read("f", &nul, "a", &l, &found, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "f:1"));
	ini_free(&l);
}

/* Where the files are, and what cannot be one. */
static void
test_profile_places(void **state)
{
	static char far_away[1200], large[(1 << 20) + 2];
	static const char *const variables[] = { "AWS_CONFIG_FILE",
		"AWS_SHARED_CREDENTIALS_FILE" };
	struct profile *p = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	memset(far_away, 'x', sizeof(far_away) - 1);
	for (size_t i = 0; i < COUNT(variables); i++) {
		fake_env_init(&f);
		fake_env_set(&f, variables[i], far_away);
		assert_int_equal(profile_load(&f.env, &p, &e), EC_CONFIG);
		assert_non_null(strstr(e.what, variables[i]));
		fake_env_end(&f);
	}
	fake_env_init(&f);
	fake_env_set(&f, "AWS_PROFILE", far_away);
	assert_int_equal(profile_load(&f.env, &p, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "name is too long"));
	fake_env_end(&f);
	memset(large, '#', sizeof(large) - 1);
	fake_env_init(&f);
	fake_env_file(&f, "config", large);
	assert_int_equal(profile_load(&f.env, &p, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "larger than"));
	fake_env_end(&f);
	assert_null(p);
}

static struct passwd *entry_of_ours; /* instead of the password file's word */

int
getpwuid_r(uid_t uid, struct passwd *line, char *room, size_t size,
    struct passwd **ret)
{
	(void)uid;
	(void)room;
	(void)size;
	*ret = entry_of_ours != NULL ? line : NULL;
	if (entry_of_ours != NULL)
		*line = *entry_of_ours;
	return 0;
}

/* A system unit has no HOME; and not everybody has an entry, or a home. */
static void
test_home_of_the_password_file(void **state)
{
	struct passwd entry = { .pw_dir = NULL };
	struct profile *p = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_file(&f, "config", "[default]\nk = v\n");
	fake_env_set(&f, "HOME", "");
	assert_int_equal(profile_load(&f.env, &p, &e), EC_GONE);
	entry_of_ours = &entry;
	assert_int_equal(profile_load(&f.env, &p, &e), EC_GONE);
	entry.pw_dir = f.home;
	assert_int_equal(profile_load(&f.env, &p, &e), EC_OK);
	assert_string_equal(profile_get(p, "k"), "v");
	profile_free(p);
	fake_env_end(&f);
	entry_of_ours = NULL;
}

static void
test_ca_bundle_that_is_not_there(void **state)
{
	const struct aws_options o = { .attempts = 1 };
	struct aws *a = NULL;
	struct fake_env f;
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_set(&f, "AWS_ACCESS_KEY_ID", "AKID");
	fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", "secret");
	fake_env_set(&f, "AWS_CA_BUNDLE", "/nowhere/ca.pem");
	assert_int_equal(aws_open(NULL, &f.env, &o, &a, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "/nowhere/ca.pem"));
	fake_env_end(&f);
}

/* ---- who we are ---- */

static void
test_static_credentials(void **state)
{
	static const struct {
		const char *id, *secret, *token, *want; /* NULL: it is good */
	} rows[] = {
		{ "AKID", "secret", NULL, NULL },
		{ "AKID", "secret", "token", NULL },
		{ "AKID", NULL, NULL, "secret access key is missing" },
		{ NULL, "secret", NULL, "access key id is missing" },
		{ "AK,ID", "secret", NULL, "no access key id" },
		{ "AK ID", "secret", NULL, "no access key id" },
		{ "AK\177ID", "secret", NULL, "no access key id" },
		{ "0123456789012345678901234567890123456789012345678901234567"
		  "8901234567890123456789012345678901234567890123456789012345"
		  "67890123456789012345",
		    "secret", NULL, "no access key id" },
		{ "AKID", "sec\nret", NULL, "secret access key holds" },
		{ "AKID", "sec\351ret", NULL, "secret access key holds" },
		{ "AKID", "secret", "to ken", "session token holds" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(aws_cred) struct aws_cred c = { .key_id = "" };
		struct fake_env f;
		struct err e;
		enum ec ec;

		fake_env_init(&f);
		if (rows[i].id != NULL)
			fake_env_set(&f, "AWS_ACCESS_KEY_ID", rows[i].id);
		if (rows[i].secret != NULL)
			fake_env_set(
			    &f, "AWS_SECRET_ACCESS_KEY", rows[i].secret);
		if (rows[i].token != NULL)
			fake_env_set(&f, "AWS_SESSION_TOKEN", rows[i].token);
		ec = identity_load(&f.env, &c, &e);
		fake_env_end(&f);
		assert_int_equal(ec, rows[i].want == NULL ? EC_OK : EC_CONFIG);
		if (rows[i].want != NULL)
			assert_non_null(strstr(e.what, rows[i].want));
	}
}

static void
test_half_a_credential_in_a_profile(void **state)
{
	static const char *const texts[] = {
		"[default]\naws_access_key_id = AKID\n",
		"[default]\naws_secret_access_key = secret\n"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO(aws_cred) struct aws_cred c = { .key_id = "" };
		struct fake_env f;
		struct err e;

		fake_env_init(&f);
		fake_env_file(&f, "credentials", texts[i]);
		assert_int_equal(identity_load(&f.env, &c, &e), EC_CONFIG);
		assert_non_null(strstr(e.what, "half a credential"));
		fake_env_end(&f);
	}
}

/* ---- replies of IAM ---- */

#define REPLY(action, inside)                                                  \
	"<" action "Response><" action "Result>" inside "</" action            \
	"Result></" action "Response>"
#define ARN  "arn:aws:iam::123456789012:user/ses-smtp-a"
#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void
test_almost_a_caller(void **state)
{
	static const struct {
		const char *inside;
		enum ec want;
	} rows[] = {
		{ "<Account>123456789012</Account><Arn>" ARN "</Arn>", EC_OK },
		{ "<Account>12345678901</Account><Arn>" ARN "</Arn>",
		    EC_PROTO },
		{ "<Account>12345678901x</Account><Arn>" ARN "</Arn>",
		    EC_PROTO },
		{ "<Account>123456789012</Account><Arn>nra:x</Arn>", EC_PROTO },
		{ "<Account>123456789012</Account>", EC_PROTO },
		{ "<Account>1234567890123</Account><Arn>" ARN "</Arn>",
		    EC_PROTO },
		{ "<Account>123456789012</Account><Account>123456789012"
		  "</Account><Arn>" ARN "</Arn>",
		    EC_PROTO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(10000);
		struct iam_caller who;
		struct err e;

		assert_int_equal(
		    buf_addf(&b, &e, REPLY("GetCallerIdentity", "%s"),
			rows[i].inside),
		    EC_OK);
		assert_int_equal(iam_read_caller(&b, &who, &e), rows[i].want);
	}
}

static void
test_almost_a_user(void **state)
{
	static const struct {
		const char *arn;
		enum ec want;
	} rows[] = {
		{ ARN, EC_OK },
		{ "arn:aws:iam::123456789012:user/path/ses-smtp-a", EC_OK },
		{ "nra:aws:iam::123456789012:user/ses-smtp-a", EC_PROTO },
		{ "arn:aws:sts::123456789012:user/ses-smtp-a", EC_PROTO },
		{ "arn:aws:iam::123456789012:user", EC_PROTO },
		{ "arn:aws:iam::123456789012:user/another", EC_PROTO },
		{ "arn:aws:iam::12345678901:user/ses-smtp-a", EC_PROTO },
		{ "arn:aws:iam::123456789012:role/ses-smtp-a", EC_PROTO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf b = BUF(10000);
		struct iam_user u;
		struct err e;

		assert_int_equal(
		    buf_addf(&b, &e,
			REPLY("GetUser",
			    "<User><UserName>ses-smtp-a</UserName>"
			    "<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>"
			    "<Arn>%s</Arn></User>"),
			rows[i].arn),
		    EC_OK);
		assert_int_equal(
		    iam_read_user(&b, "ses-smtp-a", &u, &e), rows[i].want);
	}
}

#define SECRET                                                                 \
	"<SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"            \
	"</SecretAccessKey>"

/* Half a secret, two of them, or none: there is no key to keep. */
static void
test_almost_a_key(void **state)
{
	static const struct {
		const char *secret;
		enum ec want;
	} rows[] = {
		{ SECRET, EC_OK },
		{ SECRET SECRET, EC_PROTO },
		{ "", EC_PROTO },
		{ "<SecretAccessKey>short</SecretAccessKey>", EC_PROTO },
		{ SECRET "<Status>" LONG "</Status>", EC_PROTO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(iam_new_key) struct iam_new_key made = { 0 };
		AUTO(buf) struct buf b = BUF(10000);
		struct err e;

		assert_int_equal(
		    buf_addf(&b, &e,
			REPLY("CreateAccessKey",
			    "<AccessKey>%s<UserName>ses-smtp-a</UserName>"
			    "<AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId>"
			    "%s<CreateDate>2026-11-21T03:40:00Z</CreateDate>"
			    "</AccessKey>"),
			rows[i].secret,
			i == 4 ? "" : "<Status>Active</Status>"),
		    EC_OK);
		assert_int_equal(iam_read_new_key(&b, "ses-smtp-a", &made, &e),
		    rows[i].want);
		assert_int_equal(made.secret != NULL, rows[i].want == EC_OK);
	}
}

/* ---- calls ---- */

/* A request that does not fit is not sent at all, wherever it ends. */
static void
test_long_requests(void **state)
{
	static char user[8300];
	const struct aws_options o = { .attempts = 1, .timeout_ms = 2000 };
	AUTO(net) struct net *n = NULL;
	AUTO(aws) struct aws *a = NULL;
	struct fake_env f;
	struct iam iam;
	unsigned sent;
	struct err e;

	(void)state;
	fake_env_init(&f);
	fake_env_set(&f, "AWS_ACCESS_KEY_ID", "AKID");
	fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", "secret");
	fake_env_set(&f, "AWS_ENDPOINT_URL", "http://127.0.0.1:9");
	assert_int_equal(net_new(NULL, &n, &e), EC_OK);
	assert_int_equal(aws_open(n, &f.env, &o, &a, &e), EC_OK);
	iam_aws(a, &iam);
	memset(user, 'x', sizeof(user) - 1);
	for (size_t len = 8080; len < 8200; len++) {
		user[len] = '\0';
		sent = aws_calls(a);
		assert_int_not_equal(iam.set_status(iam.ctx, user,
					 "AKIAIOSFODNN7EXAMPLE", true, 0, &e),
		    EC_OK);
		if (len < 8090)
			assert_int_equal(aws_calls(a), sent + 1);
		if (len > 8100)
			assert_int_equal(aws_calls(a), sent);
		user[len] = 'x';
	}
	/* An address that became none meanwhile. */
	fake_env_set(&f, "AWS_ENDPOINT_URL", "nowhere at all");
	assert_int_equal(aws_endpoint(a, "iam", user, &e), EC_CONFIG);
	fake_env_end(&f);
}

/* The hours of a token: it is got again five minutes before its end. */
static void
test_renewal(void **state)
{
	const struct aws_options o = { .attempts = 1, .timeout_ms = 2000 };
	static const struct {
		int64_t left; /* s */
		bool renewed;
	} rows[] = { { 3600, false }, { 60, true } };
	AUTO(net) struct net *n = NULL;
	struct err e;

	(void)state;
	assert_int_equal(net_new(NULL, &n, &e), EC_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(aws) struct aws *a = NULL;
		char until[CLOCK_TEXT_MAX];
		struct iam_caller who;
		struct fake_env f;
		struct iam iam;

		clock_text(clock_wall() + rows[i].left * 1000, until);
		fake_env_init(&f);
		fake_env_set(&f, "AWS_ACCESS_KEY_ID", "AKID");
		fake_env_set(&f, "AWS_SECRET_ACCESS_KEY", "secret");
		fake_env_set(&f, "AWS_CREDENTIAL_EXPIRATION", until);
		fake_env_set(&f, "AWS_ENDPOINT_URL", "http://127.0.0.1:9");
		assert_int_equal(aws_open(n, &f.env, &o, &a, &e), EC_OK);
		fake_env_set(&f, "AWS_ACCESS_KEY_ID", "FRESH");
		iam_aws(a, &iam);
		assert_int_equal(iam.caller(iam.ctx, &who, &e), EC_TEMP);
		assert_string_equal(a->account->now->cred.key_id,
		    rows[i].renewed ? "FRESH" : "AKID");
		fake_env_end(&f);
	}
}

/* Less than two seconds are no offset: Date has whole seconds. */
static void
test_skew(void **state)
{
	struct aws a = { .skew = 1999 };

	(void)state;
	assert_int_equal(aws_skew(&a), 0);
	a.skew = -1999;
	assert_int_equal(aws_skew(&a), 0);
	a.skew = -2000;
	assert_int_equal(aws_skew(&a), -2000);
}

/* An exchange that ended before it began, by our clock, says nothing. */
static void
test_exchange_backwards(void **state)
{
	struct aws a = { .skew = 7 };
	const struct http_reply r = { .date = 5000000, .sent = 10, .got = 9 };
	const struct http_reply good = {
		.date = 5000000, .sent = 10, .got = 12
	};

	(void)state;
	aws_clock_see(&a, &r);
	assert_int_equal(a.skew, 7);
	aws_clock_see(&a, &good);
	assert_int_equal(a.skew, 5000000 - 11);
}

static void
test_delays_are_bounded(void **state)
{
	(void)state;
	for (int n = 1; n < 12; n++)
		for (int i = 0; i < 50; i++) {
			const int64_t ms = retry_delay(n, -1, retry_dice(NULL));

			assert_true(ms >= 0 && ms <= 20000);
			assert_true(n > 4 || ms <= 1000 << (n - 1));
		}
	assert_int_equal(retry_delay(1, 99999, 0), 20000);
}

/* What a service says goes to people's screens. */
static void
test_words_of_a_service(void **state)
{
	AUTO(http_reply) struct http_reply r = { .status = 400 };
	struct aws_error why;
	char long_text[400];
	struct err e;

	(void)state;
	r.body = BUF(10000);
	memset(long_text, 'm', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(
	    buf_addf(&r.body, &e,
		"{\"__type\":\"x#Code:y\",\"message\":\"a\\u0007b\\u007fc%s"
		"\"}",
		long_text),
	    EC_OK);
	assert_int_equal(aws_error_read(&r, &why, &e), EC_OK);
	assert_string_equal(why.code, "Code");
	assert_int_equal(strlen(why.message), sizeof(why.message) - 1);
	assert_true(strncmp(why.message, "abcmmm", 6) == 0);
}

/* ---- words of a mail server ---- */

static void
test_quotes(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} rows[] = {
		{ "5.7.8 no", 8, "5.7.8 no" },
		{ "a\0b", 3, "a?b" },
		{ "a\033\177\351b", 5, "a???b" },
		{ "x BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA y", 48,
		    "x [...] y" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char got[PROBE_REPLY_MAX] = "";

		dialog_quote(got, rows[i].text, rows[i].len);
		assert_string_equal(got, rows[i].want);
	}
}

/* Nothing that could be more than an address gets into a dialogue. */
static void
test_addresses(void **state)
{
	static char longest[300];
	static const struct {
		const char *from;
		enum ec want;
	} rows[] = {
		{ "a@example.org", EC_OK },
		{ "a.example.org", EC_CONFIG },
		{ "@example.org", EC_CONFIG },
		{ "a@", EC_CONFIG },
		{ "a@b@c", EC_CONFIG },
		{ "a b@c", EC_CONFIG },
		{ "a\r\nRCPT@c", EC_CONFIG },
		{ "a\303\244@c", EC_CONFIG },
		{ "<a@c>", EC_CONFIG },
		{ longest, EC_CONFIG },
	};
	AUTO(net) struct net *n = NULL;
	struct err e;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[1] = '@';
	assert_int_equal(net_new(NULL, &n, &e), EC_OK);
	for (size_t i = 0; i < COUNT(rows) * 2 + 1; i++) {
		const char *odd = i < COUNT(rows) * 2 ? rows[i / 2].from : NULL;
		const struct prove_send send = { i % 2 == 0 ? "a@example.org"
							    : odd,
			i % 2 == 0 ? odd : "a@example.org" };
		struct message m = { .len = 0 };
		CURL *h = net_handle(n, NULL);

		assert_int_equal(message_prepare(&m, h, &send, &e),
		    odd == NULL ? EC_CONFIG : rows[i / 2].want);
		net_done(n, h);
		message_free(&m);
	}
}

static void
test_key_ids(void **state)
{
	char longest[KEY_ID_MAX + 1];

	(void)state;
	memset(longest, 'A', sizeof(longest));
	longest[KEY_ID_MAX] = '\0';
	assert_true(key_id_valid("AKIAIOSFODNN7EXAMPLE"));
	assert_false(key_id_valid(longest));
	longest[KEY_ID_MAX - 1] = '\0';
	assert_true(key_id_valid(longest));
	assert_false(key_id_valid("BKIAIOSFODNN7EXAMPLE"));
	assert_false(key_id_valid("AKIAIOSFODNN7EX"));
	assert_false(key_id_valid("AKIAIOSFODNN7EXAMPLe"));
}

/* libcurl's words, its own table, or ours. */
static void
test_whose_words(void **state)
{
	struct dialog d = { .cause = "" };
	struct probe_result r;

	(void)state;
	verdict_reach(&d, CURLE_COULDNT_CONNECT, 0, &r);
	assert_int_equal(r.verdict, PROBE_CONNECT);
	assert_string_equal(r.reply, curl_easy_strerror(CURLE_COULDNT_CONNECT));
	(void)snprintf(d.cause, sizeof(d.cause), "refused there");
	verdict_reach(&d, CURLE_COULDNT_CONNECT, 0, &r);
	assert_string_equal(r.reply, "refused there");
	d.flooded = true;
	verdict_reach(&d, CURLE_COULDNT_CONNECT, 0, &r);
	assert_string_equal(r.reply, "more text than a mail server sends");
}

static void
test_failures_by_name(void **state)
{
	const struct smtp_peer peer = { .host = "h", .port = 587 };
	struct probe_result r = { .verdict = PROBE__MAX, .code = 220 };
	struct err e;

	(void)state;
	assert_int_equal(probe_fail(&e, &peer, NULL, &r), EC_PROTO);
	assert_string_equal(e.what, "h:587: not the answer of SES: 220 ");
	r.verdict = PROBE_REFUSED;
	assert_int_equal(probe_fail(&e, &peer, "AKIA", &r), EC_AUTH);
	assert_non_null(strstr(e.what, ", user AKIA"));
	assert_string_equal(probe_verdict_name(PROBE__MAX), "?");
}

static int
begin(void **state)
{
	struct err e;

	(void)state;
	return secret_init(&e) == EC_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_too_many_headers),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_stage_is_full),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_ini),
		cmocka_unit_test(test_profile_places),
		cmocka_unit_test(test_static_credentials),
		cmocka_unit_test(test_half_a_credential_in_a_profile),
		cmocka_unit_test(test_almost_a_caller),
		cmocka_unit_test(test_almost_a_user),
		cmocka_unit_test(test_almost_a_key),
		cmocka_unit_test(test_long_requests),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_skew),
		cmocka_unit_test(test_exchange_backwards),
		cmocka_unit_test(test_delays_are_bounded),
		cmocka_unit_test(test_words_of_a_service),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_home_of_the_password_file),
		cmocka_unit_test(test_ca_bundle_that_is_not_there),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_key_ids),
		cmocka_unit_test(test_whose_words),
		cmocka_unit_test(test_failures_by_name),
	};

	return cmocka_run_group_tests_name(
	    "protocol edges", tests, begin, NULL);
}
