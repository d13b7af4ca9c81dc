/* provider_json: every answer that is cut off or damaged is refused whole, and
 * nothing of it is told. */
#include "provider_world.h"

static const char whole[] =
    "{\"Version\":1,\"Code\":\"Success\",\"AccessKeyId\":\"ASIAKEY\","
    "\"SecretAccessKey\":\"CANARYsecret\",\"Token\":\"CANARYtoken\","
    "\"Expiration\":\"" LATER "\"}";

static enum ec
take(const char *text, size_t n, struct aws_cred *c, struct err *e)
{
	AUTO(buf) struct buf b = BUF(4096);

	*e = (struct err){ .ec = EC_OK };
	assert_int_equal(buf_add(&b, text, n, e), EC_OK);
	return provider_json(
	    &b, &provider_form_endpoint, "here", "there", c, e);
}

static void
refused(const char *text, size_t n)
{
	struct aws_cred c = { .key_id = "" };
	struct err e;

	assert_int_equal(take(text, n, &c, &e), EC_PROTO);
	assert_null(c.secret);
	assert_null(strstr(e.what, "CANARY"));
	assert_null(strstr(e.fix, "CANARY"));
	assert_memory_equal(e.what, "here: ", 6);
}

static void
test_whole(void **state)
{
	AUTO(aws_cred) struct aws_cred c = { .key_id = "" };
	struct err e;

	(void)state;
	assert_int_equal(take(whole, strlen(whole), &c, &e), EC_OK);
	assert_string_equal(c.key_id, "ASIAKEY");
	assert_string_equal(secret_reveal(c.token), "CANARYtoken");
	assert_string_equal(c.source, "there");
	assert_int_equal(c.expires, clock_parse_iso(LATER));
}

static void
test_cut(void **state)
{
	(void)state;
	for (size_t n = 0; n < strlen(whole); n++)
		refused(whole, n);
}

/* A byte of it is another: refused, or a whole credential all the same. */
static void
test_damage(void **state)
{
	static const char bytes[] = { '\0', '"', '\\', '}', '{', '\n', '\x80' };
	char text[sizeof(whole)];
	struct err e;

	(void)state;
	for (size_t i = 0; i < strlen(whole); i++)
		for (size_t j = 0; j < COUNT(bytes); j++) {
			struct aws_cred c = { .key_id = "" };

			memcpy(text, whole, sizeof(whole));
			text[i] = bytes[j];
			if (take(text, strlen(whole), &c, &e) != EC_OK)
				refused(text, strlen(whole));
			else
				assert_true(c.secret != NULL &&
				    c.token != NULL && c.expires > 0);
			aws_cred_free(&c);
		}
}

static void
test_shapes(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"null",
		"1",
		"\"CANARY\"",
		"[]",
		"{}",
		"{\"AccessKeyId\":1,\"SecretAccessKey\":2}",
		"{\"AccessKeyId\":[],\"SecretAccessKey\":{}}",
		"{\"accesskeyid\":\"CANARY\",\"secretaccesskey\":\"CANARY\"}",
		"{\"AccessKeyId\":\"\",\"SecretAccessKey\":\"CANARY\","
		"\"Token\":\"CANARY\",\"Expiration\":\"" LATER "\"}",
		"{\"AccessKeyId\":\"A/B\",\"SecretAccessKey\":\"CANARY\","
		"\"Token\":\"CANARY\",\"Expiration\":\"" LATER "\"}",
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"CANARY\","
		"\"Token\":\"CANARY\",\"Expiration\":-1}",
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"CANARY\","
		"\"Token\":\"CANARY\",\"Expiration\":1e300}",
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"CANARY\","
		"\"Token\":\"CANARY\",\"Expiration\":true}",
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"CANARY\","
		"\"Token\":\"CANARY\",\"Expiration\":null}",
	};
	char deep[3000];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		refused(bad[i], strlen(bad[i]));
	memset(deep, '[', sizeof(deep));
	refused(deep, sizeof(deep));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_shapes),
	};

	return world_main("provider_json", tests, COUNT(tests));
}
