/* The vault driver against the stand-in tests/standin/vault.py. */
#include "standin_client.h"

extern const struct client_driver drv_vault;

#define OLD                                                                    \
	"{\"username\":\"" USER1 "\",\"password\":\"" PASS1                    \
	"\",\"host\":\"mx\",\"n\":7,\"deep\":{\"a\":[1,null,true]}}"
#define AT_NEWS "\"secret/mail/news\":"

static void
seed(const char *data)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "{\"put\":[\"\",\"secret\",\"mail/news\",%s]}", data);
	standin_post(&standin, "/set", text);
}

static void
open_bare(struct fixture *fx)
{
	char url[64];

	standin_post(&standin, "/reset", "{}");
	fixture_open(fx, &drv_vault);
	fx->c.reach = &standin_reach;
	standin_ca(fx);
	(void)snprintf(url, sizeof(url), "https://localhost:%u/", standin.port);
	assert_int_equal(fixture_set(fx, "address", url, NULL), EC_OK);
	assert_int_equal(
	    fixture_set(fx, "ca_file", fixture_path(fx, "ca.pem"), NULL),
	    EC_OK);
	assert_int_equal(fixture_set(fx, "path", "mail/news", NULL), EC_OK);
}

static void
use_token(struct fixture *fx, const char *token)
{
	fixture_put(fx, "token", token);
	assert_int_equal(
	    fixture_set(fx, "token_file", fixture_path(fx, "token"), NULL),
	    EC_OK);
}

static void
open_it(struct fixture *fx)
{
	open_bare(fx);
	use_token(fx, "good\n");
	seed(OLD);
	assert_int_equal(drv_vault.check(&fx->c, &fx->e), EC_OK);
}

static enum ec
plan(struct fixture *fx, struct client_plan *p)
{
	*p = (struct client_plan){ .change = "" };
	return drv_vault.plan(&fx->c, p, &fx->e);
}

static enum ec
reads(struct fixture *fx)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };

	return drv_vault.read(&fx->c, &cred, &fx->e);
}

/* Every action ends in this class and says that; nothing is written. */
static void
refuses(struct fixture *fx, enum ec ec, const char *what, const char *fix)
{
	struct client_plan p;
	enum ec got[3];

	for (size_t i = 0; i < 3; i++) {
		got[i] = i == 0 ? plan(fx, &p)
		    : i == 1    ? reads(fx)
				: fixture_write(fx, USER2, PASS2);
		if (got[i] != ec || strstr(fx->e.what, what) == NULL ||
		    strstr(fx->e.fix, fix) == NULL)
			die("%zu: %s: %s (%s)", i, ec_name(got[i]), fx->e.what,
			    fx->e.fix);
		fixture_told(fx, what);
	}
	assert_false(standin_state_has(USER2));
}

static void
round_trip(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_it(&fx);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_string_equal(p.change,
	    "set username and password in Vault secret secret/mail/news, as "
	    "version 2");
	assert_string_equal(p.warning, "");
	assert_true(standin_state_has(AT_NEWS "[" OLD "]"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	/* All else is carried along, and the old version is still there. */
	assert_true(standin_state_has(
	    AT_NEWS "[" OLD ",{\"username\":\"" USER2 "\",\"password\":\"" PASS2
		    "\",\"host\":\"mx\",\"n\":7,\"deep\":{"
		    "\"a\":[1,null,true]}}]"));
	fixture_close(&fx);
}

static void
same_pair_makes_no_version(void **state)
{
	struct fixture fx;

	(void)state;
	open_it(&fx);
	assert_int_equal(fixture_write(&fx, USER1, PASS1), EC_OK);
	assert_true(standin_state_has(AT_NEWS "[" OLD "]"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_false(standin_state_has("\"POST /v1/secret/data/mail/news\","
				       "\"GET /v1/secret/data/mail/news\","
				       "\"POST /v1/secret/data/mail/news\""));
	fixture_close(&fx);
}

/* Another's version came between our look and our write. */
static void
check_and_set(void **state)
{
	struct fixture fx;

	(void)state;
	open_it(&fx);
	standin_post(&standin, "/fault",
	    "{\"match\":\"POST .*mail/news\",\"do\":\"set\",\"set\":{\"put\":["
	    "\"\",\"secret\",\"mail/news\",{\"theirs\":1}]}}");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_TEMP);
	fixture_told(&fx, "check-and-set");
	assert_non_null(strstr(fx.e.fix, "it is tried again"));
	assert_true(standin_state_has(AT_NEWS "[" OLD ",{\"theirs\":1}]"));
	standin_post(&standin, "/set",
	    "{\"cas_required\":[\"\",\"secret\",\"mail/news\"]}");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_close(&fx);
}

static void
lost_reply(void **state)
{
	static const char *const how[] = { "lose", "drop" };
	struct fixture fx;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(how); i++) {
		open_it(&fx);
		(void)snprintf(text, sizeof(text),
		    "{\"match\":\"POST .*/data/\",\"do\":\"%s\"}", how[i]);
		standin_post(&standin, "/fault", text);
		assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_UNKNOWN);
		fixture_told(&fx, "Vault: secret/data/mail/news: ");
		assert_int_equal(standin_state_has(USER2), i == 0);
		assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
		fixture_reads(&fx, USER2, PASS2);
		assert_int_equal(
		    drv_vault.plan(
			&fx.c, &(struct client_plan){ .change = "" }, &fx.e),
		    EC_OK);
		/* One version more, whichever way it was. */
		assert_true(standin_state_has(AT_NEWS "[" OLD ",{"));
		assert_false(standin_state_has(
		    "\"" USER2 "\",\"password\":\"" PASS2
		    "\",\"host\":\"mx\",\"n\":7,\"deep\":{\"a\":[1,"
		    "null,true]}},{"));
		fixture_close(&fx);
	}
	open_it(&fx);
	standin_post(&standin, "/fault",
	    "{\"match\":\"GET .*/data/\",\"do\":\"lose\",\"times\":9}");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_TEMP);
	fixture_close(&fx);
}

static void
missing(void **state)
{
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	use_token(&fx, "good");
	refuses(&fx, EC_GONE, "secret/mail/news: no such secret", "create");
	assert_int_equal(fixture_set(&fx, "mount", "nowhere", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "create", "true", NULL), EC_OK);
	refuses(&fx, EC_CONFIG, "nowhere: no engine is mounted there",
	    "vault secrets list");
	fixture_close(&fx);
}

static void
makes_it(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_bare(&fx);
	use_token(&fx, "good");
	assert_int_equal(fixture_set(&fx, "create", "true", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.change, "as version 1"));
	assert_int_equal(reads(&fx), EC_GONE);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_true(standin_state_has(AT_NEWS "[{\"username\":\"" USER2 "\","));
	fixture_close(&fx);
}

static void
deleted(void **state)
{
	static const char *const how[] = { "delete", "destroy" };
	struct client_plan p;
	struct fixture fx;
	char text[96];

	(void)state;
	for (size_t i = 0; i < COUNT(how); i++) {
		open_it(&fx);
		(void)snprintf(text, sizeof(text),
		    "{\"%s\":[\"\",\"secret\",\"mail/news\"]}", how[i]);
		standin_post(&standin, "/set", text);
		refuses(&fx, EC_GONE, "version 1, the newest, is deleted",
		    "vault kv undelete -mount=secret -versions=1 mail/news");
		assert_int_equal(
		    fixture_set(&fx, "create", "true", NULL), EC_OK);
		assert_int_equal(plan(&fx, &p), EC_OK);
		assert_non_null(strstr(p.change, "as version 2"));
		assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
		fixture_reads(&fx, USER2, PASS2);
		fixture_close(&fx);
	}
}

static void
version_one(void **state)
{
	struct fixture fx;

	(void)state;
	open_it(&fx);
	assert_int_equal(fixture_set(&fx, "mount", "old", NULL), EC_OK);
	refuses(&fx, EC_CONFIG, "old is a KV engine of version 1",
	    "vault kv enable-versioning old");
	/* Somebody has a key there that looks like ours. */
	standin_post(&standin, "/set",
	    "{\"put\":[\"\",\"old\",\"data/mail/news\",{\"username\":\"x\"}]}");
	refuses(&fx, EC_CONFIG, "old is a KV engine of version 1",
	    "vault kv enable-versioning old");
	assert_int_equal((int)standin_state_number("v1_writes"), 0);
	fixture_close(&fx);
}

static void
tokens(void **state)
{
	struct fixture fx;
	struct client_plan p;

	(void)state;
	open_it(&fx);
	use_token(&fx, "none");
	refuses(&fx, EC_DENIED, "Vault: secret/data/mail/news: status 403",
	    "a mount or namespace that is not there looks the same");
	use_token(&fx, "wrong");
	refuses(&fx, EC_DENIED, "invalid token", "expired");
	use_token(&fx, "team");
	refuses(&fx, EC_DENIED, "status 403", "secret/data/mail/news");
	use_token(&fx, "ro"); /* sees it, may not write it */
	assert_int_equal(reads(&fx), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_DENIED);
	fixture_told(&fx, "may not update");
	assert_non_null(strstr(fx.e.fix,
	    "path \"secret/data/mail/news\" { capabilities = [\"read\", "
	    "\"update\"] }"));
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_DENIED);
	use_token(&fx, "upd"); /* may change it, may not make it */
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_equal(fixture_set(&fx, "path", "new", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "create", "true", NULL), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_DENIED);
	fixture_told(&fx, "secret/data/new: the token may not create it");
	assert_int_equal(fixture_set(&fx, "path", "mail/news", NULL), EC_OK);
	use_token(&fx, "bare"); /* may write, may not ask */
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_non_null(strstr(p.warning, "nobody knows"));
	use_token(&fx, "blind"); /* could write, but not with check-and-set */
	assert_int_equal(plan(&fx, &p), EC_DENIED);
	fixture_close(&fx);
}

static void
token_files(void **state)
{
	struct fixture fx;
	const char *path;

	(void)state;
	open_it(&fx);
	path = fixture_path(&fx, "token");
	assert_int_equal(chmod(path, 0644), 0);
	refuses(&fx, EC_CONFIG, "others may read", "chmod 600");
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(reads(&fx), EC_OK);
	fixture_put(&fx, "token", " \n");
	refuses(&fx, EC_CONFIG, "is empty", "token");
	fixture_put(&fx, "token", "go\nod");
	refuses(&fx, EC_CONFIG, "not one word", "token");
	assert_int_equal(unlink(fixture_path(&fx, "token")), 0);
	refuses(&fx, EC_CONFIG, "/token", "");
	fixture_put(&fx, "token", "good"); /* it is read anew each time */
	assert_int_equal(reads(&fx), EC_OK);
	fixture_close(&fx);
}

static void
not_serving(void **state)
{
	struct fixture fx;

	(void)state;
	open_it(&fx);
	standin_post(&standin, "/set", "{\"sealed\":true}");
	refuses(&fx, EC_TEMP, "Vault is sealed", "vault operator unseal");
	standin_post(&standin, "/set", "{\"sealed\":false,\"standby\":true}");
	refuses(&fx, EC_CONFIG, "status 307", "Active Node Address");
	fixture_close(&fx);
}

/* The token of a log-in lives as long as the action. */
static void
gives_back(struct fixture *fx, int logins)
{
	assert_int_equal((int)standin_state_number("logins"), logins);
	assert_int_equal((int)standin_state_number("revoked"), logins);
	assert_false(standin_state_has("hvs.login"));
	(void)fx;
}

static void
approle(void **state)
{
	struct client_plan p;
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	seed(OLD);
	fixture_put(&fx, "sid", "s1\n");
	assert_int_equal(fixture_set(&fx, "auth", "approle", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "role_id", "r1", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "secret_id_file", fixture_path(&fx, "sid"), NULL),
	    EC_OK);
	assert_int_equal(drv_vault.check(&fx.c, &fx.e), EC_OK);
	assert_int_equal(plan(&fx, &p), EC_OK);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	gives_back(&fx, 3);
	assert_int_equal(
	    fixture_set(&fx, "auth_mount", "teams/approle", NULL), EC_OK);
	fixture_reads(&fx, USER2, PASS2);
	assert_true(standin_state_has("POST /v1/auth/teams/approle/login"));
	fixture_put(&fx, "sid", "s2");
	assert_int_equal(reads(&fx), EC_DENIED);
	fixture_told(&fx, "Vault: auth/teams/approle/login: status 400");
	assert_non_null(strstr(fx.e.fix, "secret id"));
	assert_int_equal(
	    fixture_set(&fx, "auth_mount", "elsewhere", NULL), EC_OK);
	assert_int_equal(reads(&fx), EC_DENIED);
	assert_non_null(strstr(fx.e.fix, "vault auth list"));
	fixture_close(&fx);
}

static void
kubernetes(void **state)
{
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	seed(OLD);
	fixture_put(&fx, "jwt", "jwt1");
	/* As a kubelet leaves it. */
	assert_int_equal(chmod(fixture_path(&fx, "jwt"), 0644), 0);
	assert_int_equal(fixture_set(&fx, "auth", "kubernetes", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "role", "mail", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "jwt_file", fixture_path(&fx, "jwt"), NULL),
	    EC_OK);
	assert_int_equal(drv_vault.check(&fx.c, &fx.e), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	gives_back(&fx, 1);
	fixture_put(&fx, "jwt", "jwt2");
	assert_int_equal(reads(&fx), EC_DENIED);
	assert_int_equal(fixture_set(&fx, "role", "other", NULL), EC_OK);
	assert_int_equal(reads(&fx), EC_DENIED);
	fixture_told(&fx, "invalid role name");
	fixture_close(&fx);
}

/* A log-in whose reply is lost, or a token that cannot be given back. */
static void
odd_logins(void **state)
{
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	seed(OLD);
	fixture_put(&fx, "sid", "s1");
	assert_int_equal(fixture_set(&fx, "auth", "approle", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "role_id", "r1", NULL), EC_OK);
	assert_int_equal(
	    fixture_set(&fx, "secret_id_file", fixture_path(&fx, "sid"), NULL),
	    EC_OK);
	standin_post(&standin, "/set", "{\"batch\":true}");
	fixture_reads(&fx, USER1, PASS1);
	standin_post(&standin, "/fault",
	    "{\"match\":\"POST .*login\",\"do\":\"lose\",\"times\":9}");
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_TEMP);
	standin_post(&standin, "/reset", "{}");
	standin_post(&standin, "/fault",
	    "{\"match\":\"POST .*login\",\"do\":\"reply\",\"status\":200,"
	    "\"body\":\"{\\\"auth\\\":{\\\"client_token\\\":\\\"a b\\\"}}\"}");
	assert_int_equal(reads(&fx), EC_PROTO);
	fixture_close(&fx);
}

static void
namespaces(void **state)
{
	struct fixture fx;

	(void)state;
	open_bare(&fx);
	standin_post(&standin, "/set",
	    "{\"put\":[\"team\",\"teams/kv\",\"mail/news\"," OLD "]}");
	use_token(&fx, "team");
	assert_int_equal(fixture_set(&fx, "namespace", "team", NULL), EC_OK);
	assert_int_equal(fixture_set(&fx, "mount", "teams/kv", NULL), EC_OK);
	fixture_reads(&fx, USER1, PASS1);
	assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
	assert_true(
	    standin_state_has("\"team/teams/kv/mail/news\":[" OLD ",{"));
	assert_int_equal(fixture_set(&fx, "namespace", "none", NULL), EC_OK);
	assert_int_equal(reads(&fx), EC_DENIED);
	fixture_close(&fx);
}

static void
odd_values(void **state)
{
	static const struct {
		const char *data;
		enum ec ec;
		const char *what;
	} rows[] = {
		{ "{\"username\":\"a\"}", EC_OK, "" },
		{ "{\"username\":null,\"password\":\"\"}", EC_OK, "" },
		{ "{}", EC_OK, "" },
		{ "{\"username.x\":{},\"username\":\"\"}", EC_OK, "" },
		{ "{\"username\":5,\"password\":\"x\"}", EC_CONFLICT,
		    "secret/mail/news: the value of key username is no text" },
		{ "{\"username\":\"x\",\"password\":{\"a\":\"b\"}}",
		    EC_CONFLICT, "the value of key password is no text" },
		{ "{\"username\":\"a\\u0000b\"}", EC_CONFLICT,
		    "holds no SMTP credential" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client_plan p;
		struct fixture fx;

		open_bare(&fx);
		use_token(&fx, "good");
		seed(rows[i].data);
		if (rows[i].ec != EC_OK) {
			refuses(&fx, rows[i].ec, rows[i].what, "by hand");
		} else {
			assert_int_equal(reads(&fx), EC_OK);
			assert_int_equal(plan(&fx, &p), EC_OK);
			assert_int_equal(
			    fixture_write(&fx, USER2, PASS2), EC_OK);
			fixture_reads(&fx, USER2, PASS2);
		}
		fixture_close(&fx);
	}
}

/* What stands beside our keys, and cJSON would change. */
static void
others_stay(void **state)
{
	static const char *const values[] = { "670714616562623117",
		"1000000000000000001", "123456789012345678", "1e400",
		"-0.10E+5", "[0.30000000000000001,{}]", "\"ab\\u0000cd\"",
		"\"\\u00fc\"" };
	char data[256], want[300];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		AUTO(buf) struct buf quoted = BUF(256);
		struct client_plan p;
		struct fixture fx;

		open_bare(&fx);
		use_token(&fx, "good");
		(void)snprintf(data, sizeof(data),
		    "{\"n\":%s,\"username\":"
		    "\"a\",\"z\":%s}",
		    values[i], values[i]);
		seed(data);
		for (const char *s = values[i]; *s != '\0'; s++) {
			if (*s == '"' || *s == '\\')
				assert_int_equal(
				    buf_adds(&quoted, "\\", &fx.e), EC_OK);
			assert_int_equal(buf_add(&quoted, s, 1, &fx.e), EC_OK);
			if (*s == ',')
				assert_int_equal(
				    buf_adds(&quoted, " ", &fx.e), EC_OK);
		}
		assert_int_equal(plan(&fx, &p), EC_OK);
		assert_int_equal(fixture_write(&fx, USER2, PASS2), EC_OK);
		(void)snprintf(want, sizeof(want),
		    "{\\\"n\\\": %s, \\\"username\\\": \\\"" USER2
		    "\\\", \\\"z\\\": %s, \\\"password\\\": ",
		    buf_str(&quoted), buf_str(&quoted));
		if (!standin_state_has(want))
			die("lost: %s", values[i]);
		fixture_close(&fx);
	}
}

static void
odd_replies(void **state)
{
	static const char *const bodies[] = {
		"{\\\"data\\\":{\\\"data\\\":{},\\\"metadata\\\":{}}}",
		"{\\\"data\\\":{\\\"data\\\":[],\\\"metadata\\\":{"
		"\\\"version\\\":1}}}",
		"{\\\"data\\\":{\\\"data\\\":{},\\\"metadata\\\":{"
		"\\\"version\\\":-1}}}",
		"{\\\"data\\\":{\\\"data\\\":{},\\\"metadata\\\":{"
		"\\\"version\\\":\\\"1\\\"}}}",
		"<html>",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct fixture fx;

		open_it(&fx);
		(void)snprintf(text, sizeof(text),
		    "{\"match\":\"GET .*/data/\",\"do\":\"reply\",\"status\":"
		    "200,\"times\":9,\"body\":\"%s\"}",
		    bodies[i]);
		standin_post(&standin, "/fault", text);
		refuses(&fx, EC_PROTO, "Vault: secret/data/mail/news", "");
		fixture_close(&fx);
	}
}

static void
wrong_options(void **state)
{
	static const char *const rows[][4] = {
		{ "address", "vault.example.com", "address: must be" },
		{ "address", "https://u:p@vault", "address: must be" },
		{ "address", "https://vault/?x=1", "address: must be" },
		{ "path", "/mail", "path: must be" },
		{ "path", "mail/", "path: must be" },
		{ "path", "mail//x", "path: must be" },
		{ "path", "mail/../x", "path: must be" },
		{ "mount", "./x", "mount: must be" },
		{ "role", "x", "role: is of auth kubernetes" },
		{ "role_id", "x", "role_id: is of auth approle" },
		{ "auth", "approle", "token_file: is of auth token" },
		{ "auth_mount", "x", "auth_mount: auth token has no mount" },
		{ "password_key", "username", "in each other's way" },
		{ "namespace", "a b", "namespace: must be" },
	};
	struct fixture fx;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_it(&fx);
		assert_int_equal(
		    fixture_set(&fx, rows[i][0], rows[i][1], NULL), EC_OK);
		assert_int_equal(drv_vault.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_told(&fx, rows[i][2]);
		fixture_close(&fx);
	}
	open_bare(&fx);
	assert_int_equal(drv_vault.check(&fx.c, &fx.e), EC_CONFIG);
	fixture_told(&fx, "token_file: auth token needs it");
	fixture_close(&fx);
}

/* Cut off, they would be other names. */
static void
long_names(void **state)
{
	static const char *const options[] = { "namespace", "auth_mount" };
	char name[257];
	struct fixture fx;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[256] = '\0';
	for (size_t i = 0; i < COUNT(options); i++) {
		open_bare(&fx);
		assert_int_equal(
		    fixture_set(&fx, "auth", "kubernetes", NULL), EC_OK);
		assert_int_equal(fixture_set(&fx, "role", "mail", NULL), EC_OK);
		assert_int_equal(
		    fixture_set(&fx, options[i], name, NULL), EC_OK);
		assert_int_equal(drv_vault.check(&fx.c, &fx.e), EC_CONFIG);
		fixture_told(&fx, options[i]);
		assert_int_equal(
		    fixture_set(&fx, options[i], name + 1, NULL), EC_OK);
		assert_int_equal(drv_vault.check(&fx.c, &fx.e), EC_OK);
		fixture_close(&fx);
	}
}

/* Names that mean something in a URL are still names. */
static void
odd_names(void **state)
{
	struct fixture fx;

	(void)state;
	open_it(&fx);
	assert_int_equal(fixture_set(&fx, "path", "a b/?#%2e&c", NULL), EC_OK);
	assert_int_equal(reads(&fx), EC_GONE);
	assert_true(
	    standin_state_has("GET /v1/secret/data/a%20b/%3F%23%252e%26c\""));
	fixture_close(&fx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(same_pair_makes_no_version),
		cmocka_unit_test(check_and_set),
		cmocka_unit_test(lost_reply),
		cmocka_unit_test(missing),
		cmocka_unit_test(makes_it),
		cmocka_unit_test(deleted),
		cmocka_unit_test(version_one),
		cmocka_unit_test(tokens),
		cmocka_unit_test(token_files),
		cmocka_unit_test(not_serving),
		cmocka_unit_test(approle),
		cmocka_unit_test(kubernetes),
		cmocka_unit_test(odd_logins),
		cmocka_unit_test(namespaces),
		cmocka_unit_test(odd_values),
		cmocka_unit_test(others_stay),
		cmocka_unit_test(odd_replies),
		cmocka_unit_test(wrong_options),
		cmocka_unit_test(long_names),
		cmocka_unit_test(odd_names),
	};

	return standin_main(
	    "drv_vault", "tests/standin/vault.py", tests, COUNT(tests));
}
