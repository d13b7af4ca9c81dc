/*
 * What no other test of sigv4 comes by: settings at their limits, answers that
 * are almost right, a source that is gone when a credential runs out.
 */
#include "provider_world.h"

#include "sigv4/aws.h"
#include "sigv4/aws_error.h"
#include "sigv4/endpoint.h"
#include "sigv4/imds.h"
#include "sigv4/smtp_password.h"
#include "sigv4/sts.h"

/* ---- instance metadata ---- */

static void
expect_base(const char *variable, const char *value, const char *config,
    const char *base, int attempts)
{
	AUTO(imds) struct imds m = { .env = NULL };
	struct world w;

	world_begin(&w, NULL, 0);
	fake_env_file(&w.f, "config", config);
	if (variable != NULL)
		fake_env_set(&w.f, variable, value);
	assert_int_equal(imds_open(&w.f.env, &m, &w.e), EC_OK);
	assert_string_equal(buf_str(&m.base), base);
	assert_int_equal(m.attempts, attempts);
	world_end(&w);
}

static void
test_imds_address(void **state)
{
	static const char mode[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
	static const char tries[] = "AWS_METADATA_SERVICE_NUM_ATTEMPTS";

	(void)state;
	expect_base(NULL, NULL, "", "http://169.254.169.254/", 1);
	expect_base(mode, "IPv4", "", "http://169.254.169.254/", 1);
	expect_base(mode, "IPv6", "", "http://[fd00:ec2::254]/", 1);
	expect_base(tries, "60", "", "http://169.254.169.254/", 60);
	expect_base(tries, "61", "", "http://169.254.169.254/", 1);
	expect_base(tries, "-1", "", "http://169.254.169.254/", 1);
	expect_base(NULL, NULL,
	    "[default]\nec2_metadata_service_endpoint = http://h:1\n",
	    "http://h:1/", 1);
}

static void
test_imds_bad_profile(void **state)
{
	struct imds m;
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	fake_env_file(&w.f, "config", "[default\n");
	assert_int_equal(imds_open(&w.f.env, &m, &w.e), EC_CONFIG);
	auto_imds(&m);
	world_end(&w);
}

static void
begin_imds(struct world *w, const struct fake_step *script, size_t n)
{
	world_begin(w, script, n);
	fake_env_set(&w->f, "AWS_EC2_METADATA_DISABLED", "false");
	fake_env_set(&w->f, "AWS_EC2_METADATA_SERVICE_ENDPOINT", w->url);
}

/* 64 letters are a name, 65 are none; nor is one with a blank. */
static void
test_imds_roles(void **state)
{
#define N8  "abcdefgh"
#define N64 N8 N8 N8 N8 N8 N8 N8 N8
#define LIST(name)                                                             \
	{                                                                      \
		ANSWER("200 OK", "CANARYT"), ANSWER("200 OK", name)            \
	}
	static const struct fake_step bad[][2] = { LIST(N64 "i"),
		LIST(N64 N8 N8), LIST("a b"), LIST("\n"), LIST("a\x01") };
	static const struct fake_step good[] = { ANSWER("200 OK", "CANARYT"),
		ANSWER("200 OK", N64 "\n"), ANSWER("503 Busy", "") };
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin_imds(&w, bad[i], 2);
		world_load(&w, EC_PROTO, "no name of a role", NULL);
		world_end(&w);
	}
	begin_imds(&w, good, 3);
	world_load(&w, EC_TEMP, "HTTP 503", NULL);
	assert_non_null(strstr(world_saw(&w, 2), "/" N64 " HTTP"));
	world_end(&w);
}

static void
test_imds_odd_token(void **state)
{
	static const struct fake_step script[] = { ANSWER("200 OK", "a b") };
	struct world w;

	(void)state;
	begin_imds(&w, script, 1);
	world_load(&w, EC_PROTO, "its token is none", NULL);
	world_end(&w);
}

/* A profile that wants an instance's role, and nothing answers: what to do is
 * what the instance's side says. */
static void
test_source_without_instance(void **state)
{
	static const struct fake_step script[] = { ANSWER("404 No", "") };
	struct world w;

	(void)state;
	begin_imds(&w, script, 1);
	fake_env_file(&w.f, "config",
	    "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
	    "credential_source = Ec2InstanceMetadata\n");
	world_load(&w, EC_CONFIG, "credential_source = Ec2InstanceMetadata",
	    "metadata endpoint on");
	world_end(&w);
}

/* ---- containers ---- */

#define FULL     "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN_IN "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define FINE                                                                   \
	"{\"AccessKeyId\":\"ASIACON\",\"SecretAccessKey\":\"" SECRET           \
	"\",\"Token\":\"" TOKEN "\",\"Expiration\":\"" LATER "\"}"

static void
test_container_hosts(void **state)
{
	static const struct fake_step fine[] = { ANSWER("200 OK", FINE) };
	static const char *const bad[] = { "http://[::1", "localhost/x",
		"http://", "a b" };
	char url[64];
	struct world w;

	(void)state;
	world_begin(&w, fine, 1);
	(void)snprintf(
	    url, sizeof(url), "http://localhost:%d/c", w.server.port);
	fake_env_set(&w.f, FULL, url);
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIACON", SECRET, TOKEN, LATER);
	world_end(&w);
	for (size_t i = 0; i < COUNT(bad); i++) {
		world_begin(&w, NULL, 0);
		fake_env_set(&w.f, FULL, bad[i]);
		world_load(&w, EC_CONFIG, FULL ": not an address", NULL);
		world_end(&w);
	}
}

static void
test_container_tokens(void **state)
{
	static char large[20000];
	char path[128];
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	fake_env_set(&w.f, FULL, "http://127.0.0.1:9/c");
	fake_env_set(&w.f, TOKEN_IN, "CANARY\x7f");
	world_load(&w, EC_CONFIG, TOKEN_IN, NULL);
	memset(large, 'x', sizeof(large) - 1);
	world_file(&w, "large", large, path);
	fake_env_set(&w.f, TOKEN_IN "_FILE", path);
	world_load(&w, EC_CONFIG, "more than", NULL);
	(void)unlink(path);
	world_end(&w);
}

/* What would fail the same way is not asked for again. */
static void
test_fetch_once(void **state)
{
	static const struct fake_step script[] = { { FAKE_DROP, NULL } };
	char url[64];
	struct world w;

	(void)state;
	world_begin(&w, script, 1);
	(void)snprintf(
	    url, sizeof(url), "https://127.0.0.1:%d/c", w.server.port);
	fake_env_set(&w.f, FULL, url);
	fake_env_set(&w.f, "AWS_CA_BUNDLE", "/nonexistent.pem");
	world_load(&w, EC_CONFIG, "container", NULL);
	assert_int_equal(w.sleeps, 0);
	world_end(&w);
}

static void
test_no_network(void **state)
{
	const struct provider_ask ask = { .url = "http://127.0.0.1:9/" };
	const struct aws_call call = { .service = "sts", .action = "X" };
	struct aws_error why = { .status = 0 };
	struct http_reply r = { .status = 0 };
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	w.f.env.net = NULL;
	assert_int_equal(provider_fetch(&w.f.env, &ask, &r, &w.e), EC_BUG);
	assert_int_equal(
	    provider_call(&w.f.env, NULL, NULL, &call, &r, &why, &w.e), EC_BUG);
	world_end(&w);
}

static void
test_own_clock(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	w.f.env.sleep = NULL;
	provider_sleep(&w.f.env, 0);
	assert_int_equal(w.sleeps, 0);
	world_end(&w);
}

/* ---- words of JSON ---- */

static void
test_json_words(void **state)
{
	AUTO(buf) struct buf b = BUF(1024);
	char word[4];
	struct err e;

	(void)state;
	assert_int_equal(
	    buf_adds(
		&b, "{\"a\":\"x\\u00e9 y\\u0001\\u007fzzz\",\"b\":\"\"}", &e),
	    EC_OK);
	assert_int_equal(
	    provider_json_text(&b, "a", word, sizeof(word), &e), EC_OK);
	assert_string_equal(word, "xyz");
	assert_int_equal(
	    provider_json_text(&b, "b", word, sizeof(word), &e), EC_GONE);
	assert_string_equal(word, "");
	assert_int_equal(
	    provider_json_text(&b, "c", word, sizeof(word), &e), EC_GONE);
}

/* ---- programs ---- */

static void
test_process_words(void **state)
{
	char path[128], config[512];
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	world_file(&w, "a\\b c",
	    "{\"Version\":1,\"AccessKeyId\":\"AKIAPROC\","
	    "\"SecretAccessKey\":\"" SECRET "\"}",
	    path);
	(void)snprintf(config, sizeof(config),
	    "[default]\ncredential_process = /bin/cat \"%s/.aws/a\\\\b c\"\n",
	    w.f.home);
	fake_env_file(&w.f, "config", config);
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "AKIAPROC", SECRET, NULL, NULL);
	/* Before other letters it stays, as a shell has it. */
	(void)snprintf(config, sizeof(config),
	    "[default]\ncredential_process = /bin/cat \"%s/.aws/a\\b c\"\n",
	    w.f.home);
	fake_env_file(&w.f, "config", config);
	world_load(&w, EC_OK, NULL, NULL);
	/* At the very end it stands for itself: that file is not there. */
	(void)snprintf(config, sizeof(config),
	    "[default]\ncredential_process = /bin/cat %s/.aws/a\\\n", w.f.home);
	fake_env_file(&w.f, "config", config);
	world_load(&w, EC_DENIED, "credential_process", NULL);
	(void)unlink(path);
	world_end(&w);
}

/* ---- profiles ---- */

static void
test_half_keys(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	fake_env_file(&w.f, "config",
	    "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
	    "source_profile = default\n"
	    "aws_secret_access_key = " SECRET "\n");
	world_load(&w, EC_CONFIG, "access key id is missing", NULL);
	world_end(&w);
}

static void
test_no_key_id(void **state)
{
	struct aws_cred c = { .key_id = "" };
	struct err e;

	(void)state;
	assert_int_equal(
	    provider_static("", SECRET, NULL, "here", &c, &e), EC_CONFIG);
	assert_int_equal(
	    provider_static("A B", SECRET, NULL, "here", &c, &e), EC_CONFIG);
	assert_null(c.secret);
}

static void
test_web_tokens(void **state)
{
	static char far[9000];
	char path[128];
	struct world w;
	FILE *f;

	(void)state;
	world_begin(&w, NULL, 0);
	world_file(&w, "jwt", "CANARY two", path);
	fake_env_file(&w.f, "config", "[default]\nregion = eu-west-1\n");
	fake_env_set(&w.f, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
	fake_env_set(&w.f, "AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r");
	world_load(&w, EC_CONFIG, "environment: web identity token", NULL);
	assert_int_equal(truncate(path, 0), 0);
	world_load(&w, EC_CONFIG, "not one word", NULL);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite("CANARY\0x", 1, 8, f), 8);
	assert_int_equal(fclose(f), 0);
	world_load(&w, EC_CONFIG, "not one word", NULL);
	memset(far, 'x', sizeof(far) - 1);
	far[0] = '~';
	far[1] = '/';
	fake_env_set(&w.f, "AWS_WEB_IDENTITY_TOKEN_FILE", far);
	assert_int_equal(provider_web.load(&w.f.env, &w.c, &w.e), EC_CONFIG);
	(void)unlink(path);
	world_end(&w);
}

/* ---- IAM Identity Center ---- */

static void
sso_cache(const struct world *w, const char *text)
{
	char dir[192], path[256];
	FILE *f;

	(void)snprintf(dir, sizeof(dir), "%s/.aws/sso", w->f.home);
	(void)mkdir(dir, 0700);
	(void)snprintf(dir, sizeof(dir), "%s/.aws/sso/cache", w->f.home);
	(void)mkdir(dir, 0700);
	(void)snprintf(path, sizeof(path), "%s/%s.json", dir,
	    "a0f1490a20d0211c997b44bc357e1972deab8ae3"); /* SHA-1 of "s" */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
sso_cache_end(const struct world *w)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/.aws/sso/cache/%s.json",
	    w->f.home, "a0f1490a20d0211c997b44bc357e1972deab8ae3");
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/.aws/sso/cache", w->f.home);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/.aws/sso", w->f.home);
	(void)rmdir(path);
}

static void
test_sso_cache(void **state)
{
	static const char *const bad[] = {
		"{\"accessToken\":\"CANARY\",\"expiresAt\":\"abc\"}",
		("{\"accessToken\":\"CANARY\",\"expiresAt\":"
		 "\"2026-11-21T13:00:00.000000000000000000000000000000Z\"}"),
		"{\"accessToken\":\"CANARY\"}",
	};
	static char large[70000];
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	fake_env_file(&w.f, "config",
	    "[default]\nsso_session = s\nsso_account_id = 123456789012\n"
	    "sso_role_name = r\nsso_region = eu-west-1\n[sso-session s]\n"
	    "sso_region = eu-west-1\nsso_start_url = https://d.example/\n");
	for (size_t i = 0; i < COUNT(bad); i++) {
		sso_cache(&w, bad[i]);
		world_load(&w, EC_DENIED, "cannot be read", "aws sso login");
	}
	memset(large, ' ', sizeof(large) - 1);
	sso_cache(&w, large);
	world_load(&w, EC_DENIED, "cannot be read", "aws sso login");
	sso_cache_end(&w);
	world_end(&w);
}

static void
test_sso_half(void **state)
{
	struct world w;

	(void)state;
	world_begin(&w, NULL, 0);
	fake_env_file(&w.f, "config", "[default]\nsso_role_name = r\n");
	world_load(&w, EC_CONFIG, "sso_region: is missing", NULL);
	world_end(&w);
}

/* ---- roles ---- */

static void
test_role_limits(void **state)
{
#define ARN "arn:aws:iam::123456789012:role/r"
	static char long_name[66], long_id[1226];
	const struct sts_role rows[] = {
		{ "urn:x:role/r", NULL, NULL, 0, "w" },
		{ "arn:aws:iam::123456789012:user/r", NULL, NULL, 0, "w" },
		{ ARN " x", NULL, NULL, 0, "w" },
		{ ARN, "a", NULL, 0, "w" },
		{ ARN, "a b", NULL, 0, "w" },
		{ ARN, long_name, NULL, 0, "w" },
		{ ARN, NULL, "a b", 0, "w" },
		{ ARN, NULL, long_id, 0, "w" },
		{ ARN, NULL, NULL, 899, "w" },
		{ ARN, NULL, NULL, 43201, "w" },
	};
	const struct sts_role good[] = {
		{ ARN, NULL, NULL, 0, "w" },
		{ ARN, long_name + 1, long_id + 1, 900, "w" },
		{ ARN, "ab", "a:/b", 43200, "w" },
	};
	struct err e;

	(void)state;
	memset(long_name, 'a', sizeof(long_name) - 1);
	memset(long_id, 'a', sizeof(long_id) - 1);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(sts_role_check(&rows[i], &e), EC_CONFIG);
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(sts_role_check(&good[i], &e), EC_OK);
}

static void
test_durations(void **state)
{
	static const char *const bad[] = { "", "x", "900x", "899", "43201",
		"99999999999999999999999" };
	struct err e;
	int64_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(sts_duration(bad[i], "w", &n, &e), EC_CONFIG);
	assert_int_equal(sts_duration("43200", "w", &n, &e), EC_OK);
	assert_int_equal(n, 43200);
	assert_int_equal(sts_duration(NULL, "w", &n, &e), EC_OK);
	assert_int_equal(n, 0);
}

#define DENIED                                                                 \
	"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no"           \
	"</Message></Error></ErrorResponse>"
#define ASSUMED                                                                \
	"<AssumeRoleResponse><AssumeRoleResult><Credentials><Other>x</Other>"  \
	"<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>" SECRET          \
	"</SecretAccessKey><SessionToken>" TOKEN                               \
	"</SessionToken><Expiration>" LATER                                    \
	"</Expiration></Credentials></AssumeRoleResult>"                       \
	"</AssumeRoleResponse>"

static void
assume(struct world *w, const char *external_id, enum ec want)
{
	AUTO(aws_cred) struct aws_cred as = { .key_id = "" };
	AUTO(aws_cred) struct aws_cred got = { .key_id = "" };
	const struct sts_role r = { ARN, NULL, external_id, 0, "w" };

	assert_int_equal(
	    provider_static("AKIAME", SECRET, NULL, "me", &as, &w->e), EC_OK);
	assert_int_equal(
	    sts_assume_role(&w->f.env, "eu-west-1", &as, &r, &got, &w->e),
	    want);
	if (want == EC_OK)
		assert_string_equal(got.key_id, "ASIAROLE");
}

static void
test_denied_roles(void **state)
{
	static const struct fake_step script[] = { ANSWER(
						       "403 Forbidden", DENIED),
		ANSWER("403 Forbidden", DENIED), ANSWER("200 OK", ASSUMED) };
	struct world w;

	(void)state;
	world_begin(&w, script, 3);
	assume(&w, NULL, EC_DENIED);
	assert_non_null(strstr(w.e.fix, "no external_id is sent"));
	assume(&w, "ext", EC_DENIED);
	assert_non_null(strstr(w.e.fix, "an external_id is sent"));
	assume(&w, NULL, EC_OK); /* more in it than we know */
	world_end(&w);
}

/* ---- a session ---- */

#define PRINTED                                                                     \
	"{\"Version\":1,\"AccessKeyId\":\"ASIAPROC\",\"SecretAccessKey\":\"" SECRET \
	"\",\"SessionToken\":\"" TOKEN "\",\"Expiration\":\"" LATER "\"}"

static void
get_user(struct aws *a, enum ec want, struct err *e)
{
	const struct aws_call call = { .service = "iam",
		.action = "GetUser",
		.resend = AWS_RESEND_UNSENT };
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	struct aws_error why = { .status = 0 };

	assert_int_equal(aws_do(a, &call, &r, &why, e), want);
}

/* The program is taken out of the profile while a session lives on. */
static void
test_source_gone(void **state)
{
	static const struct fake_step odd[] = { ANSWER("409 Conflict",
	    "<ErrorResponse><Error><Code>NeverSeen</Code></Error>"
	    "</ErrorResponse>") };
	const struct aws_options o = { .attempts = 1, .timeout_ms = 5000 };
	char path[128], config[256];
	struct aws *a = NULL;
	struct world w;

	(void)state;
	world_begin(&w, odd, 1);
	world_file(&w, "printed", PRINTED, path);
	(void)snprintf(config, sizeof(config),
	    "[default]\nregion = eu-west-1\ncredential_process = "
	    "/bin/cat %s\n",
	    path);
	fake_env_file(&w.f, "config", config);
	assert_int_equal(aws_open(world_net, &w.f.env, &o, &a, &w.e), EC_OK);
	get_user(a, EC_PROTO, &w.e);
	assert_non_null(strstr(w.e.what, "NeverSeen"));
	fake_env_file(&w.f, "config", "[default]\nregion = eu-west-1\n");
	w.now = clock_parse_iso("2026-11-21T12:58:00Z");
	get_user(a, EC_TEMP, &w.e);
	assert_non_null(strstr(w.e.what, "there is no new one"));
	assert_non_null(strstr(w.e.fix, "see what became of that source"));
	assert_int_equal(w.server.seen->requests, 1);
	aws_close(a);
	(void)unlink(path);
	world_end(&w);
}

/* ---- texts ---- */

static void
test_hush(void **state)
{
	static const char token[] = "FQoGZXIvYXdzEBYaDKCANARY";
	AUTO(secret) struct secret *s = NULL;
	struct aws_error why = { .status = 403 };
	struct err e;

	(void)state;
	assert_int_equal(secret_new(token, strlen(token), &s, &e), EC_OK);
	(void)snprintf(why.request_id, sizeof(why.request_id), "id");
	aws_error_hush(&why, s);
	assert_string_equal(why.request_id, "id");
	(void)snprintf(
	    why.request_id, sizeof(why.request_id), "x%.20sx", token);
	aws_error_hush(&why, s);
	assert_string_equal(why.request_id, "");
	assert_non_null(strstr(why.message, "withheld"));
	assert_int_equal(why.status, 403);
}

static void
test_odd_addresses(void **state)
{
	static const char *const bad[] = { "http://a\x7f", "http://\xc3\xa9",
		"http://a\tb" };
	struct endpoint to;
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		world_begin(&w, NULL, 0);
		fake_env_set(&w.f, "AWS_ENDPOINT_URL", bad[i]);
		assert_int_equal(endpoint_find(&w.f.env, NULL, "eu-west-1",
				     "iam", &to, &w.e),
		    EC_CONFIG);
		world_end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_imds_address),
		cmocka_unit_test(test_imds_bad_profile),
		cmocka_unit_test(test_imds_roles),
		cmocka_unit_test(test_imds_odd_token),
		cmocka_unit_test(test_source_without_instance),
		cmocka_unit_test(test_container_hosts),
		cmocka_unit_test(test_container_tokens),
		cmocka_unit_test(test_fetch_once),
		cmocka_unit_test(test_no_network),
		cmocka_unit_test(test_own_clock),
		cmocka_unit_test(test_json_words),
		cmocka_unit_test(test_process_words),
		cmocka_unit_test(test_half_keys),
		cmocka_unit_test(test_no_key_id),
		cmocka_unit_test(test_web_tokens),
		cmocka_unit_test(test_sso_cache),
		cmocka_unit_test(test_sso_half),
		cmocka_unit_test(test_role_limits),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_denied_roles),
		cmocka_unit_test(test_source_gone),
		cmocka_unit_test(test_hush),
		cmocka_unit_test(test_odd_addresses),
	};

	return world_main(
	    "what no other test of sigv4 comes by", tests, COUNT(tests));
}
