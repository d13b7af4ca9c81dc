/*
 * What `rotate agent` makes of requests, right, wrong and hostile, and which
 * clients it serves when a configuration of its own is in force.
 */
#include "client_fixture.h"

#include "clients/exec_serve.h"
#include "rotator/agent_serve.h"
#include "rotator/config_p.h"

#define PLACE                                                                  \
	"\"client\":\"web\",\"identity\":\"news\",\"region\":\"eu-west-1\","   \
	"\"smtp\":{\"host\":\"h\",\"port\":587,\"tls\":\"starttls\"}"
#define HEAD(action) "{\"protocol\":1,\"action\":\"" action "\"," PLACE
#define CRED                                                                   \
	",\"credential\":{\"username\":\"" USER2 "\",\"password\":\"" PASS2    \
	"\"}}"

static void
put(struct buf *b, const char *text)
{
	struct err e;

	buf_free(b);
	assert_int_equal(buf_adds(b, text, &e), EC_OK);
}

static void
understood(void **state)
{
	AUTO(buf) struct buf in = BUF(65536);
	AUTO(exec_ask) struct exec_ask a = { .json = NULL };
	struct err e;

	(void)state;
	put(&in,
	    HEAD("write") ",\"more\":1,\"driver\":{\"type\":\"file\","
			  "\"options\":{\"path\":\"/a\",\"format\":\"dotenv\","
			  "\"username\":\"U\",\"password\":\"P\","
			  "\"activate\":[\"x\",\"y\"]}}" CRED "\n");
	assert_int_equal(exec_ask_parse(&in, &a, &e), EC_OK);
	assert_int_equal(a.action, EXEC_WRITE);
	assert_string_equal(a.client.name, "web");
	assert_string_equal(a.client.identity, "news");
	assert_string_equal(a.client.region, "eu-west-1");
	assert_string_equal(a.client.smtp.host, "h");
	assert_int_equal(a.client.smtp.port, 587);
	assert_string_equal(a.cred.user, USER2);
	assert_string_equal(secret_reveal(a.cred.pass), PASS2);
	assert_int_equal(exec_ask_driver(&a, &e), EC_OK);
	assert_string_equal(a.client.drv->name, "file");
}

static void
refused(void **state)
{
	static const struct {
		const char *text;
		enum ec ec;
		const char *told;
	} rows[] = {
		{ "", EC_PROTO, "JSON" },
		{ "x", EC_PROTO, "JSON" },
		{ "[]", EC_PROTO, "JSON" },
		{ "null", EC_PROTO, "JSON" },
		{ HEAD("plan"), EC_PROTO, "JSON" },
		{ HEAD("plan") "} {}", EC_PROTO, "JSON" },
		{ "{\"protocol\":2,\"action\":\"plan\"," PLACE "}", EC_CONFIG,
		    "protocol 2" },
		{ "{\"protocol\":\"1\",\"action\":\"plan\"," PLACE "}",
		    EC_PROTO, "protocol" },
		{ HEAD("erase") "}", EC_PROTO, "action" },
		{ HEAD("plan") ",\"action\":\"read\"}", EC_PROTO, "JSON" },
		{ HEAD("plan") CRED, EC_PROTO, "credential" },
		{ HEAD("write") "}", EC_PROTO, "credential" },
		{ HEAD("write") ",\"credential\":{}}", EC_PROTO, "credential" },
		{ HEAD("write") ",\"credential\":{\"username\":\"A\","
				"\"password\":\"x\",\"password\":\"y\"}}",
		    EC_PROTO, "credential" },
		{ HEAD("write") ",\"credential\":{\"username\":\"A\","
				"\"password\":\"" PASS1 "\\u0000x\"}}",
		    EC_PROTO, "JSON" },
		{ HEAD("write") ",\"credential\":[\"" PASS1 "\"]}", EC_PROTO,
		    "credential" },
		{ "{\"protocol\":1,\"action\":\"plan\",\"client\":\"../x\","
		  "\"identity\":\"n\",\"region\":\"eu-west-1\"}",
		    EC_PROTO, "client" },
		{ "{\"protocol\":1,\"action\":\"plan\",\"client\":\"x\","
		  "\"identity\":\"n\\n\",\"region\":\"eu-west-1\"}",
		    EC_PROTO, "identity" },
		{ "{\"protocol\":1,\"action\":\"plan\",\"client\":\"x\","
		  "\"identity\":\"n\",\"region\":\"moon\"}",
		    EC_PROTO, "region" },
		{ "{\"protocol\":1,\"action\":\"plan\",\"client\":\"x\","
		  "\"identity\":\"n\",\"region\":\"eu-west-1\","
		  "\"smtp\":{\"host\":\"a b\",\"port\":1,\"tls\":\"no\"}}",
		    EC_PROTO, "smtp" },
		{ "{\"protocol\":1,\"action\":\"plan\",\"client\":\"x\","
		  "\"identity\":\"n\",\"region\":\"eu-west-1\","
		  "\"smtp\":{\"host\":\"a\",\"port\":1e9,\"tls\":\"no\"}}",
		    EC_PROTO, "port" },
		{ "{\"protocol\":1,\"action\":\"plan\",\"client\":\"x\","
		  "\"identity\":\"n\",\"region\":\"eu-west-1\","
		  "\"smtp\":{\"host\":\"a\",\"port\":25,\"tls\":\"no\"}}",
		    EC_PROTO, "tls" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf) struct buf in = BUF(65536);
		AUTO(exec_ask) struct exec_ask a = { .json = NULL };
		struct err e;

		put(&in, rows[i].text);
		if (exec_ask_parse(&in, &a, &e) != rows[i].ec ||
		    strstr(e.what, rows[i].told) == NULL)
			fail_msg("%s: %s", rows[i].text, e.what);
		assert_null(strstr(e.what, PASS1));
		assert_null(a.json);
	}
}

/* One member of an object, `n` times over, with other names. */
static void
too_many(void **state)
{
	AUTO(buf) struct buf in = BUF(65536);
	AUTO(exec_ask) struct exec_ask a = { .json = NULL };
	struct err e;

	(void)state;
	put(&in, HEAD("plan"));
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_addf(&in, &e, ",\"x%d\":1", i), EC_OK);
	assert_int_equal(buf_adds(&in, "}", &e), EC_OK);
	assert_int_equal(exec_ask_parse(&in, &a, &e), EC_PROTO);
	buf_free(&in);
	for (int i = 0; i < 60000; i++)
		assert_int_equal(buf_adds(&in, "[", &e), EC_OK);
	assert_int_equal(exec_ask_parse(&in, &a, &e), EC_PROTO);
}

/* ---- served ------------------------------------------------------------ */

static void
ask(const struct agent_rule *rule, const char *text, struct buf *out)
{
	AUTO(buf) struct buf in = BUF(65536);
	struct err e;

	put(&in, text);
	buf_free(out);
	assert_int_equal(agent_serve(rule, &in, out, &e), EC_OK);
	assert_int_equal(out->p[out->len - 1], '\n');
	assert_null(memchr(out->p, '\n', out->len - 1));
}

static void
served(void **state)
{
	const struct agent_rule any = { .config = NULL };
	AUTO(buf) struct buf out = BUF(65536);
	struct fixture fx;
	char text[1024], driver[512];

	(void)state;
	fixture_open(&fx, client_driver_find("file"));
	fixture_put(&fx, "env", "U=" USER1 "\nP=" PASS1 "\n");
	(void)snprintf(driver, sizeof(driver),
	    ",\"driver\":{\"type\":\"file\",\"options\":{\"path\":\"%s\","
	    "\"format\":\"dotenv\",\"username\":\"U\",\"password\":\"P\"}}",
	    fixture_path(&fx, "env"));
	(void)snprintf(text, sizeof(text), HEAD("read") "%s}\n", driver);
	ask(&any, text, &out);
	assert_string_equal(buf_str(&out),
	    "{\"ok\":true,\"username\":\"" USER1 "\",\"password\":\"" PASS1
	    "\"}\n");
	(void)snprintf(text, sizeof(text), HEAD("write") "%s" CRED, driver);
	ask(&any, text, &out);
	assert_string_equal(buf_str(&out), "{\"ok\":true}\n");
	fixture_expect(&fx, "env", "U=" USER2 "\nP=" PASS2 "\n");
	(void)snprintf(text, sizeof(text), HEAD("plan") "%s}", driver);
	ask(&any, text, &out);
	assert_non_null(strstr(buf_str(&out), "\"change\":\"set U and P in "));
	(void)snprintf(text, sizeof(text), HEAD("activate") "%s}", driver);
	ask(&any, text, &out);
	assert_string_equal(buf_str(&out), "{\"ok\":true}\n");
	assert_int_equal(unlink(fixture_path(&fx, "env")), 0);
	(void)snprintf(text, sizeof(text), HEAD("read") "%s}", driver);
	ask(&any, text, &out);
	assert_non_null(
	    strstr(buf_str(&out), "{\"ok\":false,\"class\":\"gone\""));
	fixture_close(&fx);
}

static void
driver_refused(void **state)
{
	static const struct {
		const char *driver, *told;
	} rows[] = {
		{ "", "is expected" },
		{ ",\"driver\":{\"type\":\"manual\",\"options\":{\"what\":"
		  "\"x\"}}",
		    "another host" },
		{ ",\"driver\":{\"type\":\"remote\",\"options\":{}}",
		    "another host" },
		{ ",\"driver\":{\"type\":\"file\",\"options\":{\"path\":"
		  "\"/a\",\"path\":\"/b\"}}",
		    "is expected" },
		{ ",\"driver\":{\"type\":\"file\",\"options\":{\"path\":7}}",
		    "one text" },
		{ ",\"driver\":{\"type\":\"file\",\"options\":{\"path\":"
		  "\"/a/../b\"}}",
		    "absolute path" },
		{ ",\"driver\":{\"type\":\"file\",\"options\":{\"activate\":"
		  "\"x\"}}",
		    "list of texts" },
		{ ",\"driver\":{\"type\":\"file\",\"options\":[]}",
		    "is expected" },
	};
	const struct agent_rule any = { .config = NULL };
	AUTO(buf) struct buf out = BUF(65536);
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(
		    text, sizeof(text), HEAD("plan") "%s}", rows[i].driver);
		ask(&any, text, &out);
		if (strstr(buf_str(&out),
			"{\"ok\":false,\"class\":\"config\"") == NULL ||
		    strstr(buf_str(&out), rows[i].told) == NULL)
			fail_msg("%s: %s", text, buf_str(&out));
	}
}

/* ---- served by the configuration alone --------------------------------- */

#define CONFIG                                                                 \
	"account: \"123456789012\"\n"                                          \
	"identities:\n"                                                        \
	"  - { name: news, iam_user: x, regions: [eu-west-1, us-east-1] }\n"   \
	"clients:\n"                                                           \
	"  - { name: web, region: eu-west-1, type: file, path: %s,\n"          \
	"      format: dotenv, username: U, password: P }\n"                   \
	"  - { name: shop, region: eu-west-1, type: file, path: /srv/s,\n"     \
	"      format: dotenv, username: U, password: P }\n"

static void
only_registered(void **state)
{
	const char *const only[] = { "web", NULL };
	AUTO(buf) struct buf out = BUF(65536);
	AUTO(config) struct config *config = NULL;
	struct agent_rule rule = { .only = only };
	struct fixture fx;
	char text[2048], evil[64];

	(void)state;
	fixture_open(&fx, client_driver_find("file"));
	fixture_put(&fx, "env", "U=" USER1 "\nP=" PASS1 "\n");
	fixture_put(&fx, "evil", "U=" USER1 "\nP=" PASS1 "\n");
	(void)snprintf(evil, sizeof(evil), "%s", fixture_path(&fx, "evil"));
	(void)snprintf(text, sizeof(text), CONFIG, fixture_path(&fx, "env"));
	assert_int_equal(
	    config_load_bytes("f", text, strlen(text), &config, &fx.e), EC_OK);
	rule.config = config;
	/* The request names another file: it is ignored. */
	(void)snprintf(text, sizeof(text),
	    HEAD("write") ",\"driver\":{\"type\":\"file\",\"options\":{"
			  "\"path\":\"%s\",\"format\":\"dotenv\","
			  "\"username\":\"U\",\"password\":\"P\"}}" CRED,
	    evil);
	ask(&rule, text, &out);
	assert_string_equal(buf_str(&out), "{\"ok\":true}\n");
	fixture_expect(&fx, "env", "U=" USER2 "\nP=" PASS2 "\n");
	fixture_expect(&fx, "evil", "U=" USER1 "\nP=" PASS1 "\n");

	ask(&rule,
	    "{\"protocol\":1,\"action\":\"read\",\"client\":\"shop\","
	    "\"identity\":\"news\",\"region\":\"eu-west-1\","
	    "\"smtp\":{\"host\":\"h\",\"port\":25,\"tls\":\"starttls\"}}",
	    &out);
	assert_non_null(strstr(buf_str(&out), "\"class\":\"denied\""));
	rule.only = NULL; /* now any of the configuration */
	ask(&rule,
	    "{\"protocol\":1,\"action\":\"read\",\"client\":\"shop\","
	    "\"identity\":\"news\",\"region\":\"eu-west-1\","
	    "\"smtp\":{\"host\":\"h\",\"port\":25,\"tls\":\"starttls\"}}",
	    &out);
	assert_non_null(strstr(buf_str(&out), "\"class\":\"gone\""));
	ask(&rule,
	    "{\"protocol\":1,\"action\":\"read\",\"client\":\"web\","
	    "\"identity\":\"news\",\"region\":\"us-east-1\","
	    "\"smtp\":{\"host\":\"h\",\"port\":25,\"tls\":\"starttls\"}}",
	    &out);
	assert_non_null(strstr(buf_str(&out), "\"class\":\"config\""));
	ask(&rule,
	    "{\"protocol\":1,\"action\":\"read\",\"client\":\"web\","
	    "\"identity\":\"other\",\"region\":\"eu-west-1\","
	    "\"smtp\":{\"host\":\"h\",\"port\":25,\"tls\":\"starttls\"}}",
	    &out);
	assert_non_null(strstr(buf_str(&out), "\"class\":\"config\""));
	ask(&rule,
	    "{\"protocol\":1,\"action\":\"read\",\"client\":\"none\","
	    "\"identity\":\"news\",\"region\":\"eu-west-1\","
	    "\"smtp\":{\"host\":\"h\",\"port\":25,\"tls\":\"starttls\"}}",
	    &out);
	assert_non_null(strstr(buf_str(&out), "\"class\":\"denied\""));
	fixture_close(&fx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(understood),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_many),
		cmocka_unit_test(served),
		cmocka_unit_test(driver_refused),
		cmocka_unit_test(only_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
