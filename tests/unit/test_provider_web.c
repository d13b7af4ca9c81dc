/* provider_web: a role for the token in a file. */
#include "provider_world.h"

#define ARN "arn:aws:iam::123456789012:role/job"
#define RESULT                                                                 \
	"<AssumeRoleWithWebIdentityResponse>"                                  \
	"<AssumeRoleWithWebIdentityResult><Credentials>"                       \
	"<AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>" SECRET           \
	"</SecretAccessKey><SessionToken>" TOKEN "</SessionToken>"             \
	"<Expiration>" LATER "</Expiration></Credentials>"                     \
	"</AssumeRoleWithWebIdentityResult>"                                   \
	"</AssumeRoleWithWebIdentityResponse>"
#define REFUSAL(code)                                                          \
	"<ErrorResponse><Error><Code>" code "</Code><Message>no\n" TOKEN       \
	"</Message></Error><RequestId>r</RequestId></ErrorResponse>"

static const struct fake_step fine[] = { ANSWER("200 OK", RESULT) };

static const char config[] =
    "[profile job]\nrole_arn = " ARN "\nrole_session_name = night\n"
    "web_identity_token_file = ~/.aws/jwt\n"
    "[profile keys]\naws_access_key_id = AKIAKEYS\n"
    "aws_secret_access_key = CANARYkeys\n"
    "[profile roleless]\nweb_identity_token_file = /etc/hostname\n"
    "[profile base]\nrole_arn = arn:aws:iam::123456789012:role/next\n"
    "source_profile = job\n";

static void
begin(struct world *w, const struct fake_step *script, char path[128])
{
	world_begin(w, script, 1);
	fake_env_file(&w->f, "config", config);
	world_file(w, "jwt", "CANARYjwt.eyJ.x_-1\n", path);
}

static void
end(struct world *w, const char *path)
{
	(void)unlink(path);
	world_end(w);
}

static void
from_environment(struct world *w, const char *path)
{
	fake_env_set(&w->f, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
	fake_env_set(&w->f, "AWS_ROLE_ARN", ARN);
}

static void
test_environment(void **state)
{
	char path[128];
	struct world w;
	const char *t;

	(void)state;
	begin(&w, fine, path);
	from_environment(&w, path);
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIAWEB", SECRET, TOKEN, LATER);
	assert_string_equal(w.c.source, "role " ARN " by environment");
	t = world_saw(&w, 0);
	assert_null(strstr(t, "Authorization:"));
	assert_null(strstr(t, "X-Amz-"));
	assert_non_null(strstr(t,
	    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fjob"
	    "&RoleSessionName=ses-smtp-rotator"
	    "&WebIdentityToken=CANARYjwt.eyJ.x_-1"));
	assert_null(strstr(t, "x_-1%0A"));
	/* The platform has written a new token since. */
	world_file(&w, "jwt", "CANARYsecond", path);
	fake_env_set(&w.f, "AWS_ROLE_SESSION_NAME", "pod");
	world_load(&w, EC_OK, NULL, NULL);
	t = world_saw(&w, 1);
	assert_non_null(strstr(t, "RoleSessionName=pod"));
	assert_non_null(strstr(t, "WebIdentityToken=CANARYsecond"));
	end(&w, path);
}

static void
test_profile(void **state)
{
	char path[128];
	struct world w;

	(void)state;
	begin(&w, fine, path);
	w.f.env.profile = "job";
	world_load(&w, EC_OK, NULL, NULL);
	assert_non_null(strstr(w.c.source, "by profile job in "));
	assert_non_null(strstr(world_saw(&w, 0), "RoleSessionName=night"));
	/* A profile of our choice is not overruled by the environment. */
	from_environment(&w, path);
	w.f.env.profile = "keys";
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "AKIAKEYS", "CANARYkeys", NULL, NULL);
	w.f.env.profile = NULL;
	world_load(&w, EC_OK, NULL, NULL);
	world_is(&w, "ASIAWEB", SECRET, TOKEN, LATER);
	end(&w, path);
}

/* As the base of another role, which here is refused by a wrong answer. */
static void
test_base(void **state)
{
	char path[128];
	struct world w;

	(void)state;
	begin(&w, fine, path);
	w.f.env.profile = "base";
	world_load(&w, EC_PROTO, "AssumeRole: the answer lacks", NULL);
	assert_non_null(
	    strstr(world_saw(&w, 0), "Action=AssumeRoleWithWebIdentity&"));
	assert_non_null(strstr(world_saw(&w, 1), "Credential=ASIAWEB/"));
	end(&w, path);
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *text, *what; /* of the token file; NULL: none */
	} rows[] = {
		{ NULL, "jwt" },
		{ "", "is not one word" },
		{ "CANARYa CANARYb\n", "is not one word" },
		{ "CANARYa\r\nX-Evil: 1\r\n", "is not one word" },
	};
	char path[128];
	struct world w;

	(void)state;
	begin(&w, fine, path);
	w.f.env.profile = "roleless";
	world_load(&w, EC_CONFIG, "no role for it", "role_arn");
	w.f.env.profile = NULL;
	from_environment(&w, path);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].text != NULL)
			world_file(&w, "jwt", rows[i].text, path);
		else
			(void)unlink(path);
		world_load(
		    &w, EC_CONFIG, rows[i].what, "AWS_WEB_IDENTITY_TOKEN_FILE");
		assert_non_null(strstr(w.e.what, path));
	}
	fake_env_set(&w.f, "AWS_ROLE_ARN", "job");
	world_load(&w, EC_CONFIG, "role_arn", NULL);
	assert_int_equal(w.server.seen->requests, 0);
	end(&w, path);
}

/* More than any token is. */
static void
test_large(void **state)
{
	char path[128], *text = malloc(20002);
	struct world w;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 20001);
	text[20001] = '\0';
	begin(&w, fine, path);
	from_environment(&w, path);
	world_file(&w, "jwt", text, path);
	world_load(&w, EC_CONFIG, path, "AWS_WEB_IDENTITY_TOKEN_FILE");
	end(&w, path);
	free(text);
}

static void
test_answers(void **state)
{
	static const struct {
		struct fake_step step;
		enum ec want;
		const char *what, *fix;
		unsigned requests;
	} rows[] = {
		{ ANSWER("403 x", REFUSAL("AccessDenied")), EC_DENIED,
		    "AccessDenied", "trust policy", 1 },
		{ ANSWER("400 x", REFUSAL("ExpiredTokenException")), EC_DENIED,
		    "ExpiredTokenException", "token", 1 },
		{ ANSWER("400 x", REFUSAL("InvalidIdentityToken")), EC_DENIED,
		    "InvalidIdentityToken", "token", 1 },
		{ ANSWER("400 x", REFUSAL("IDPCommunicationError")), EC_TEMP,
		    "IDPCommunicationError", NULL, 3 },
		{ ANSWER("200 OK", "{}"), EC_PROTO, "not XML", "proxy", 1 },
	};
	char path[128];
	struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(&w, &rows[i].step, path);
		from_environment(&w, path);
		world_load(&w, rows[i].want, rows[i].what, rows[i].fix);
		assert_int_equal(w.server.seen->requests, rows[i].requests);
		end(&w, path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_answers),
	};

	return world_main("provider_web", tests, COUNT(tests));
}
