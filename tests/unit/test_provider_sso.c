/* provider_sso: the cached token, the portal, and what to type. */
#include "provider_world.h"

#define URL "https://corp.awsapps.com/start"
/* sha1sum of "corp" and of URL */
#define CACHE_CORP "sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
#define CACHE_URL  "sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json"
#define CACHED(until)                                                          \
	"{\"startUrl\":\"" URL "\",\"region\":\"eu-west-1\","                  \
	"\"accessToken\":\"CANARYbearer\",\"expiresAt\":\"" until "\","        \
	"\"refreshToken\":\"CANARYrefresh\"}"
#define GIVEN                                                                  \
	"{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\","                   \
	"\"secretAccessKey\":\"" SECRET "\",\"sessionToken\":\"" TOKEN "\","   \
	"\"expiration\":1795266000000}}"

static const struct fake_step fine[] = { ANSWER("200 OK", GIVEN) };

static const char config[] =
    "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\n"
    "sso_role_name = Mail & Co\nregion = us-east-2\n"
    "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = " URL "\n"
    "[profile old]\nsso_start_url = " URL "\nsso_region = eu-west-1\n"
    "sso_account_id = 123456789012\nsso_role_name = Mail\n"
    "[profile nosession]\nsso_session = other\nsso_account_id = 1\n"
    "sso_role_name = Mail\n"
    "[profile noaccount]\nsso_session = corp\nsso_role_name = Mail\n"
    "[profile norole]\nsso_session = corp\nsso_account_id = 1\n"
    "[profile nourl]\nsso_region = eu-west-1\nsso_account_id = 1\n"
    "sso_role_name = Mail\n"
    "[profile other]\nsso_session = corp\nsso_account_id = 1\n"
    "sso_role_name = Mail\nsso_region = eu-west-1\n"
    "[profile keys]\nsso_session = corp\nsso_account_id = 1\n"
    "sso_role_name = Mail\n"
    "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\n"
    "source_profile = p\n";

static void
cache(const struct world *w, const char *name, const char *text)
{
	char path[128], file[128];

	fake_env_path(&w->f, "sso", path);
	(void)mkdir(path, 0700);
	fake_env_path(&w->f, "sso/cache", path);
	(void)mkdir(path, 0700);
	world_file(w, name, text, file);
}

static void
begin(struct world *w, const struct fake_step *script, const char *profile)
{
	world_begin(w, script, 1);
	fake_env_file(&w->f, "config", config);
	w->f.env.profile = profile;
}

static void
end(struct world *w)
{
	static const char *const names[] = { CACHE_CORP, CACHE_URL };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		fake_env_path(&w->f, names[i], path);
		(void)unlink(path);
	}
	fake_env_path(&w->f, "sso/cache", path);
	(void)rmdir(path);
	fake_env_path(&w->f, "sso", path);
	(void)rmdir(path);
	world_end(w);
}

static void
test_session(void **state)
{
	struct world w;
	const char *t;

	(void)state;
	begin(&w, fine, "p");
	cache(&w, CACHE_CORP, CACHED("2026-11-21T12:00:01Z"));
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIASSO", SECRET, TOKEN, LATER);
	assert_non_null(strstr(
	    w.c.source, "role Mail & Co in 123456789012 by profile p in "));
	t = world_saw(&w, 0);
	assert_non_null(strstr(t,
	    "GET /federation/credentials?role_name=Mail%20%26%20Co"
	    "&account_id=123456789012 HTTP/1.1\r\n"));
	assert_non_null(
	    strstr(t, "\r\nx-amz-sso_bearer_token: CANARYbearer\r\n"));
	assert_null(strstr(t, "Authorization:"));
	assert_null(strstr(t, "CANARYrefresh"));
	end(&w);
}

/* Before there were sessions; and the time as older programs wrote it. */
static void
test_legacy(void **state)
{
	struct world w;

	(void)state;
	begin(&w, fine, "old");
	cache(&w, CACHE_URL, CACHED("2026-11-21T12:00:01UTC"));
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIASSO", SECRET, TOKEN, LATER);
	end(&w);
}

/* It comes before keys of the same name, as in the SDKs, and may be the base
 * of a role. */
static void
test_order(void **state)
{
	struct world w;

	(void)state;
	begin(&w, fine, "keys");
	fake_env_file(&w.f, "credentials",
	    "[keys]\naws_access_key_id = AKIAKEYS\n"
	    "aws_secret_access_key = CANARYkeys\n");
	cache(&w, CACHE_CORP, CACHED("2026-11-21T12:00:01Z"));
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIASSO", SECRET, TOKEN, LATER);
	w.f.env.profile = "role";
	world_load(&w, EC_PROTO, "AssumeRole", NULL);
	assert_non_null(strstr(world_saw(&w, 2), "Credential=ASIASSO/"));
	end(&w);
}

static void
test_token(void **state)
{
	static const struct {
		const char *text, *what;
	} rows[] = {
		{ NULL, "nobody has logged in" },
		{ CACHED("2026-11-21T12:00:00Z"), "has expired" },
		{ CACHED("2025-01-01T00:00:00UTC"), "has expired" },
		{ CACHED("soon"), "cannot be read" },
		{ CACHED(""), "cannot be read" },
		{ "", "cannot be read" },
		{ "CANARYgarbage", "cannot be read" },
		{ "{\"accessToken\":\"CANARY", "cannot be read" },
		{ "{\"accessToken\":\"CANARY\\r\\nX: 1\",\"expiresAt\":"
		  "\"2026-12-21T12:00:00Z\"}",
		    "cannot be read" },
		{ "[]", "cannot be read" },
	};
	struct world w;

	(void)state;
	begin(&w, fine, "p");
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].text != NULL)
			cache(&w, CACHE_CORP, rows[i].text);
		world_load(
		    &w, EC_DENIED, rows[i].what, "aws sso login --profile p");
		assert_non_null(strstr(w.e.what, "profile p in "));
	}
	assert_int_equal(w.server.seen->requests, 0);
	end(&w);
}

static void
test_settings(void **state)
{
	static const struct {
		const char *profile, *what;
	} rows[] = {
		{ "nosession", "sso_session: no such" },
		{ "noaccount", "sso_account_id: is missing" },
		{ "norole", "sso_role_name: is missing" },
		{ "nourl", "sso_start_url: is missing" },
		{ "other", "sso_region: profile and sso-session do not agree" },
	};
	struct world w;

	(void)state;
	begin(&w, fine, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		w.f.env.profile = rows[i].profile;
		world_load(&w, EC_CONFIG, rows[i].what, "aws configure sso");
	}
	end(&w);
}

static void
test_portal(void **state)
{
	static const struct {
		struct fake_step step;
		enum ec want;
		const char *what, *fix;
	} rows[] = {
		{ ANSWER("401 x",
		      "{\"message\":\"CANARY\",\"__type\":"
		      "\"com.amazonaws.switchboard.portal#"
		      "UnauthorizedException\"}"),
		    EC_DENIED, "refuses the token",
		    "aws sso login --profile p" },
		{ ANSWER("401 x", "no json"), EC_DENIED, "refuses the token",
		    "aws sso login --profile p" },
		{ ANSWER("403 x", "{\"__type\":\"ForbiddenException\"}"),
		    EC_DENIED, "ForbiddenException", NULL },
		{ ANSWER("404 x", "{\"__type\":\"ResourceNotFoundException\"}"),
		    EC_CONFIG, "sso_role_name: ResourceNotFoundException",
		    "aws configure sso" },
		{ ANSWER("503 x", "{}"), EC_TEMP, "HTTP 503", NULL },
		{ ANSWER("200 OK", "CANARY"), EC_PROTO, "no JSON object",
		    "portal" },
		{ ANSWER("200 OK", "{\"roleCredentials\":{}}"), EC_PROTO,
		    "no access key id", "portal" },
		{ ANSWER("200 OK",
		      "{\"roleCredentials\":{\"accessKeyId\":\"A\","
		      "\"secretAccessKey\":\"CANARY\"}}"),
		    EC_PROTO, "no session token", "portal" },
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&w, &rows[i].step, "p");
		cache(&w, CACHE_CORP, CACHED("2026-11-21T12:00:01Z"));
		world_load(&w, rows[i].want, rows[i].what, rows[i].fix);
		assert_non_null(strstr(w.e.what, "profile p in "));
		assert_int_equal(
		    w.server.seen->requests, rows[i].want == EC_TEMP ? 3 : 1);
		end(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_portal),
	};

	return world_main("provider_sso", tests, COUNT(tests));
}
