/* pair: texts that hold a credential. */
#include "client_fixture.h"

#include "clients/pair.h"

extern const struct client_driver drv_file;

#define PASS1_URL "BK%2F%2BabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"

/* What stands there, and what it becomes; NULL: refused. */
static const struct {
	enum pair_part part;
	const char *former, *want;
} puts_[] = {
	{ PAIR_USERNAME, "x", USER1 },
	{ PAIR_PASSWORD, NULL, PASS1 },
	{ PAIR_JSON, NULL,
	    "{\"username\":\"" USER1 "\",\"password\":\"" PASS1 "\"}" },
	{ PAIR_JSON,
	    "{\"password\":\"\",\"a\":[1000000000000000001, 1e400],"
	    "\"username\":null}",
	    "{\"password\":\"" PASS1
	    "\",\"a\":[1000000000000000001, 1e400],\"username\":\"" USER1
	    "\"}" },
	{ PAIR_JSON, "{\"password\":1}", NULL },
	{ PAIR_JSON, "[1]", NULL },
	{ PAIR_JSON, "changeme", NULL },
	{ PAIR_JSON, "{} x", NULL },
	{ PAIR_DSN, "", "smtp://" USER1 ":" PASS1_URL "@mail.example.com:587" },
	{ PAIR_DSN, "smtp://u:p@h:25/?a=b@c",
	    "smtp://" USER1 ":" PASS1_URL "@h:25/?a=b@c" },
	{ PAIR_DSN, "ses+smtp://h?x#y",
	    "ses+smtp://" USER1 ":" PASS1_URL "@h?x#y" },
	{ PAIR_DSN, "smtp://u@h", "smtp://" USER1 ":" PASS1_URL "@h" },
	{ PAIR_DSN, "smtp://u:a@b@h", "smtp://" USER1 ":" PASS1_URL "@h" },
	/* A slash as it stands ends the server for one, not for another. */
	{ PAIR_DSN, "smtp://u:a/b@h", NULL },
	{ PAIR_DSN, "smtp://", NULL },
	{ PAIR_DSN, "smtp://u:p@", NULL },
	{ PAIR_DSN, "://h", NULL },
	{ PAIR_DSN, "h:25", NULL },
};

static void
put(void **state)
{
	struct fixture fx;

	(void)state;
	fixture_open(&fx, &drv_file);
	for (size_t i = 0; i < COUNT(puts_); i++) {
		AUTO(smtp_cred)
		struct smtp_cred cred = fixture_cred(USER1, PASS1);
		AUTO(buf) struct buf b = BUF(PAIR_MAX);
		const enum ec ec = pair_put(
		    puts_[i].part, &fx.c, puts_[i].former, &cred, &b, &fx.e);

		if (ec != (puts_[i].want != NULL ? EC_OK : EC_CONFLICT))
			fail_msg("row %zu: %s", i, fx.e.what);
		if (ec == EC_OK)
			assert_string_equal(buf_str(&b), puts_[i].want);
		else /* the engine names it */
			assert_null(strstr(fx.e.what, "client web"));
	}
	fixture_close(&fx);
}

static const struct {
	enum pair_part part;
	const char *text, *user, *pass; /* user NULL: refused */
} gets[] = {
	{ PAIR_USERNAME, "a", "a", "" },
	{ PAIR_PASSWORD, "b", "", "b" },
	{ PAIR_PASSWORD, "", "", "" },
	{ PAIR_JSON, "", "", "" },
	{ PAIR_JSON, "{}", "", "" },
	{ PAIR_JSON, "{\"username\":\"a\",\"password\":\"b\"}", "a", "b" },
	{ PAIR_JSON, "{\"username\":1}", NULL, NULL },
	{ PAIR_JSON, "\"a\"", NULL, NULL },
	{ PAIR_DSN, "", "", "" },
	{ PAIR_DSN, "smtp://h", "", "" },
	{ PAIR_DSN, "smtp://a:b@h", "a", "b" },
	{ PAIR_DSN, "smtp://a@h/?x:y", "a", "" },
	{ PAIR_DSN, "smtp://a%2fb:%2F%2b%3D@h", "a/b", "/+=" },
	{ PAIR_DSN, "smtp://a:b%@h", NULL, NULL },
	{ PAIR_DSN, "smtp://a:b%2@h", NULL, NULL },
	{ PAIR_DSN, "smtp://a:b%zz@h", NULL, NULL },
	{ PAIR_DSN, "smtp://a:b%00c@h", NULL, NULL },
	{ PAIR_DSN, "nonsense", NULL, NULL },
};

static void
get(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(gets); i++) {
		AUTO(smtp_cred) struct smtp_cred got = { .user = "" };
		const enum ec ec =
		    pair_get(gets[i].part, gets[i].text, "PLACE", &got, &e);

		if (ec != (gets[i].user != NULL ? EC_OK : EC_CONFLICT))
			fail_msg("row %zu: %s", i, e.what);
		if (ec != EC_OK) {
			assert_non_null(strstr(e.what, "PLACE: "));
			continue;
		}
		assert_string_equal(got.user, gets[i].user);
		assert_string_equal(
		    got.pass != NULL ? secret_reveal(got.pass) : "",
		    gets[i].pass);
	}
}

static void
too_long(void **state)
{
	AUTO(smtp_cred) struct smtp_cred got = { .user = "" };
	static char text[SECRET_MAX + 2];
	struct err e;

	(void)state;
	memset(text, 'A', SECRET_MAX + 1);
	assert_int_equal(
	    pair_get(PAIR_PASSWORD, text, "P", &got, &e), EC_CONFLICT);
	text[KEY_ID_MAX] = '\0';
	assert_int_equal(
	    pair_get(PAIR_USERNAME, text, "P", &got, &e), EC_CONFLICT);
	text[KEY_ID_MAX - 1] = '\0';
	assert_int_equal(pair_get(PAIR_USERNAME, text, "P", &got, &e), EC_OK);
}

/* A place's own part replaces what an earlier place said. */
static void
order(void **state)
{
	const struct pair_names two = { .username = "U", .password = "P" };
	const struct pair_names one = { .pair = "X", .format = 1 };
	struct pair_place at[2];

	(void)state;
	assert_int_equal(pair_places(&two, at), 2);
	assert_string_equal(at[0].name, "P");
	assert_int_equal(at[0].part, PAIR_PASSWORD);
	assert_string_equal(at[1].name, "U");
	assert_int_equal(at[1].part, PAIR_USERNAME);
	assert_int_equal(pair_places(&one, at), 1);
	assert_int_equal(at[0].part, PAIR_DSN);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(put),
		cmocka_unit_test(get),
		cmocka_unit_test(too_long),
		cmocka_unit_test(order),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
