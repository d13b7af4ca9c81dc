/* provider_imds: version 2 and nothing else. */
#include "provider_world.h"

#define KEYS(until)                                                            \
	"{\"Code\":\"Success\",\"LastUpdated\":\"x\",\"Type\":\"AWS-HMAC\","   \
	"\"AccessKeyId\":\"ASIAHOST\",\"SecretAccessKey\":\"" SECRET "\","     \
	"\"Token\":\"" TOKEN "\",\"Expiration\":\"" until "\"}"
#define SESSION ANSWER("200 OK", "CANARYsession==")
#define ROLE    ANSWER("200 OK", "mail-rotator")
#define FINE    ANSWER("200 OK", KEYS(LATER))
#define OFF     "AWS_EC2_METADATA_DISABLED"
#define AT      "AWS_EC2_METADATA_SERVICE_ENDPOINT"
#define MODE    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"

static const struct fake_step fine[] = { SESSION, ROLE, FINE };

static void
begin(struct world *w, const struct fake_step *script, size_t n)
{
	world_begin(w, script, n);
	fake_env_set(&w->f, OFF, "false");
	fake_env_set(&w->f, AT, w->url);
}

static void
test_dialogue(void **state)
{
	static const char path[] =
	    "GET /latest/meta-data/iam/security-credentials/";
	struct world w;
	const char *t;

	(void)state;
	begin(&w, fine, COUNT(fine));
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIAHOST", SECRET, TOKEN, LATER);
	assert_string_equal(w.c.source, "role mail-rotator of this instance");
	assert_int_equal(w.server.seen->requests, 3);
	t = world_saw(&w, 0);
	assert_non_null(strstr(t, "PUT /latest/api/token HTTP/1.1\r\n"));
	assert_non_null(
	    strstr(t, "\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
	for (unsigned i = 1; i < 3; i++) {
		t = world_saw(&w, i);
		assert_memory_equal(t, path, sizeof(path) - 1);
		t += sizeof(path) - 1;
		assert_memory_equal(
		    t, i == 1 ? " HTTP" : "mail-rotator HTTP", i == 1 ? 5 : 17);
		assert_non_null(strstr(
		    t, "\r\nx-aws-ec2-metadata-token: CANARYsession==\r\n"));
	}
	world_end(&w);
}

static void
test_settings(void **state)
{
	char config[200], slash[80];
	struct world w;

	(void)state;
	begin(&w, fine, COUNT(fine));
	fake_env_set(&w.f, OFF, "TRUE");
	world_load(&w, EC_DENIED, "instance metadata", "AWS_PROFILE");
	assert_int_equal(w.server.seen->requests, 0);
	fake_env_set(&w.f, OFF, "");
	fake_env_set(&w.f, MODE, "ipv5");
	world_load(&w, EC_CONFIG, MODE, "IPv6");
	/* The address beats the mode, and may end with a slash. */
	fake_env_set(&w.f, MODE, "IPv6");
	(void)snprintf(slash, sizeof(slash), "%s/", w.url);
	fake_env_set(&w.f, AT, slash);
	world_load(&w, EC_OK, NULL, NULL);
	world_end(&w);
	begin(&w, fine, COUNT(fine));
	fake_env_set(&w.f, AT, "");
	(void)snprintf(config, sizeof(config),
	    "[default]\nec2_metadata_service_endpoint = %s\n", w.url);
	fake_env_file(&w.f, "config", config);
	world_load(&w, EC_OK, NULL, NULL);
	world_end(&w);
	/* It speaks no TLS: an address elsewhere is refused before a word. */
	begin(&w, fine, COUNT(fine));
	fake_env_set(&w.f, AT, "http://example.org");
	world_load(&w, EC_CONFIG, "example.org:80", NULL);
	world_end(&w);
}

/* Keys found before it, and a role that starts from it. */
static void
test_order(void **state)
{
	struct world w;

	(void)state;
	begin(&w, fine, COUNT(fine));
	fake_env_file(&w.f, "config",
	    "[profile keys]\naws_access_key_id = AKIAKEYS\n"
	    "aws_secret_access_key = CANARYkeys\n"
	    "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\n"
	    "credential_source = Ec2InstanceMetadata\n");
	fake_env_set(&w.f, "AWS_PROFILE", "keys");
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "AKIAKEYS", "CANARYkeys", NULL, NULL);
	assert_int_equal(w.server.seen->requests, 0);
	fake_env_set(&w.f, "AWS_PROFILE", "role");
	world_load(&w, EC_PROTO, "AssumeRole", NULL);
	assert_non_null(strstr(world_saw(&w, 3), "Credential=ASIAHOST/"));
	world_end(&w);
}

/* No token: nothing is asked without one. */
static void
test_no_token(void **state)
{
	static const struct {
		struct fake_step step;
		enum ec want;
		const char *what, *fix;
	} rows[] = {
		{ ANSWER("404 x", ""), EC_DENIED,
		    "looked at: environment, assumed role, web identity, IAM "
		    "Identity Center, credentials file, console login, "
		    "credential_process, config file, container, instance "
		    "metadata; instance metadata: no token of version 2, and "
		    "version 1 is never used (HTTP 404)",
		    "version 2" },
		{ ANSWER("403 x", ""), EC_DENIED, "HTTP 403", "version 2" },
		{ ANSWER("405 x", ""), EC_DENIED, "HTTP 405", "version 2" },
		{ ANSWER("400 x", ""), EC_PROTO, "HTTP 400", OFF "=true" },
		{ ANSWER("200 OK", ""), EC_PROTO, "its token is none",
		    OFF "=true" },
		{ ANSWER("200 OK", "<html>CANARY</html>\n"), EC_PROTO,
		    "its token is none", OFF "=true" },
		{ { FAKE_DROP, NULL }, EC_DENIED, "instance metadata: 127.",
		    "--http-put-response-hop-limit 2" },
		{ { FAKE_HANG, NULL }, EC_DENIED, "no answer in time",
		    "--http-put-response-hop-limit 2" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&w, &rows[i].step, 1);
		world_load(&w, rows[i].want, rows[i].what, rows[i].fix);
		assert_int_equal(w.server.seen->requests, 1);
		world_end(&w);
	}
}

static void
test_answers(void **state)
{
	static const struct {
		struct fake_step role, keys;
		enum ec want;
		const char *what, *fix;
	} rows[] = {
		{ ANSWER("404 x", ""), FINE, EC_DENIED, "no role is attached",
		    "instance profile" },
		{ ANSWER("401 x", ""), FINE, EC_PROTO, "HTTP 401", OFF },
		{ ANSWER("500 x", ""), FINE, EC_TEMP, "HTTP 500", OFF },
		{ ANSWER("200 OK", ""), FINE, EC_PROTO, "no name", OFF },
		{ ANSWER("200 OK", "\n"), FINE, EC_PROTO, "no name", OFF },
		{ ANSWER("200 OK", "../CANARY"), FINE, EC_PROTO, "no name",
		    OFF },
		{ ANSWER("200 OK", "a b"), FINE, EC_PROTO, "no name", OFF },
		{ ANSWER("200 OK", "<html>"), FINE, EC_PROTO, "no name", OFF },
		{ { FAKE_DROP, NULL }, FINE, EC_TEMP, "127.0.0.1:", NULL },
		{ ROLE, ANSWER("200 OK", "CANARYgarbage"), EC_PROTO, "no JSON",
		    OFF },
		{ ROLE, ANSWER("200 OK", "{\"Code\":\"Success\",\"Acc"),
		    EC_PROTO, "no JSON", OFF },
		{ ROLE,
		    ANSWER("200 OK",
			"{\"Code\":\"AssumeRoleUnauthorizedAccess\","
			"\"Message\":\"CANARY\"}"),
		    EC_DENIED, "AssumeRoleUnauthorizedAccess",
		    "ec2.amazonaws.com" },
		{ ROLE, ANSWER("200 OK", "{\"Code\":\"Success\"}"), EC_PROTO,
		    "no access key", OFF },
		{ ROLE, ANSWER("404 x", ""), EC_PROTO, "HTTP 404", OFF },
		{ ROLE, ANSWER("503 x", ""), EC_TEMP, "HTTP 503", OFF },
		{ ROLE, { FAKE_HANG, NULL }, EC_TEMP, "no answer in time",
		    NULL },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fake_step script[] = { SESSION, rows[i].role,
			rows[i].keys };

		begin(&w, script, COUNT(script));
		world_load(&w, rows[i].want, rows[i].what, rows[i].fix);
		world_end(&w);
	}
}

/* As often as we are told, and no more. */
static void
test_attempts(void **state)
{
	static const struct fake_step drop[] = { { FAKE_DROP, NULL } };
	static const struct fake_step late[] = { { FAKE_DROP, NULL }, SESSION,
		ANSWER("500 x", ""), ROLE, FINE };
	struct world w;

	(void)state;
	begin(&w, drop, 1);
	fake_env_set(&w.f, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3");
	world_load(&w, EC_DENIED, "instance metadata", NULL);
	assert_int_equal(w.server.seen->requests, 3);
	world_end(&w);
	begin(&w, late, COUNT(late));
	fake_env_file(
	    &w.f, "config", "[default]\nmetadata_service_num_attempts = 2\n");
	world_load(&w, EC_OK, NULL, NULL);
	world_end(&w);
}

/* What has nearly run out is taken for some minutes more: AWS does so, too,
 * when the service that renews them is down. */
static void
test_extension(void **state)
{
	static const struct {
		struct fake_step keys;
		const char *until;
	} rows[] = {
		{ ANSWER("200 OK", KEYS("2026-11-21T11:00:00Z")),
		    "2026-11-21T12:20:00Z" },
		{ ANSWER("200 OK", KEYS("2026-11-21T12:09:59Z")),
		    "2026-11-21T12:20:00Z" },
		{ ANSWER("200 OK", KEYS("2026-11-21T12:10:00Z")),
		    "2026-11-21T12:10:00Z" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fake_step script[] = { SESSION, ROLE,
			rows[i].keys };

		begin(&w, script, COUNT(script));
		world_load(&w, EC_OK, NULL, NULL);
		world_is(&w, "ASIAHOST", SECRET, TOKEN, rows[i].until);
		world_end(&w);
	}
}

/* Renewed through a new token; while the service is away, the credential is
 * used as long as it is good. */
static void
test_renewal(void **state)
{
	static const struct fake_step script[] = { SESSION, ROLE, FINE,
		{ FAKE_DROP, NULL }, ANSWER("404 x", ""), SESSION, ROLE,
		ANSWER("200 OK", KEYS("2026-11-21T14:00:00Z")) };
	struct world w;

	(void)state;
	begin(&w, script, COUNT(script));
	world_load(&w, EC_OK, NULL, NULL);
	w.now = clock_parse_iso("2026-11-21T12:46:00Z");
	assert_int_equal(identity_refresh(&w.f.env, 0, &w.c, &w.e), EC_OK);
	world_is(&w, "ASIAHOST", SECRET, TOKEN, LATER);
	w.now = clock_parse_iso("2026-11-21T12:51:00Z");
	assert_int_equal(identity_refresh(&w.f.env, 0, &w.c, &w.e), EC_TEMP);
	assert_non_null(strstr(w.e.what, "there is no new one"));
	assert_null(strstr(w.e.what, "CANARY"));
	assert_int_equal(identity_refresh(&w.f.env, 0, &w.c, &w.e), EC_OK);
	world_is(&w, "ASIAHOST", SECRET, TOKEN, "2026-11-21T14:00:00Z");
	assert_int_equal(w.server.seen->requests, 8);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogue),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_token),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_extension),
		cmocka_unit_test(test_renewal),
	};

	return world_main("provider_imds", tests, COUNT(tests));
}
