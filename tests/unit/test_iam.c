/* iam: what is asked, and how strictly the answers are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "iam_session.h"
#include "sigv4/account.h"

static void
test_caller(void **state)
{
	static const struct fake_step script[] = { R("GetCallerIdentity",
	    "<Arn>arn:aws:iam::" ACCOUNT ":user/rotator</Arn>"
	    "<UserId>AIDAX</UserId><Account>" ACCOUNT "</Account>") };
	struct iam_caller c;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, script, 1);
	assert_int_equal(s.iam.caller(s.iam.ctx, &c, &e), EC_OK);
	assert_string_equal(c.account, ACCOUNT);
	assert_string_equal(c.arn, "arn:aws:iam::" ACCOUNT ":user/rotator");
	assert_string_equal(
	    body_of(&s, 0), "Action=GetCallerIdentity&Version=2011-06-15");
	assert_non_null(strstr(s.server.seen->text[0], "/sts/aws4_request"));
	end(&s);
}

#define USER_REPLY(name, id, arn)                                              \
	R("GetUser",                                                           \
	    "<User><Path>/</Path><UserName>" name "</UserName><UserId>" id     \
	    "</UserId><Arn>" arn "</Arn></User>")
#define ARN "arn:aws:iam::" ACCOUNT ":user/mail/" USER

static void
test_user(void **state)
{
	static const struct fake_step good[] = { USER_REPLY(
	    USER, "AIDACKCEVSQ6C2EXAMPLE", ARN) };
	static const struct fake_step bad[] = {
		USER_REPLY("somebody", "AIDACKCEVSQ6C2EXAMPLE", ARN),
		USER_REPLY(USER, "", ARN),
		USER_REPLY(USER, "aidackcevsq6c2example", ARN),
		USER_REPLY(USER, "AIDACKCEVSQ6C2EXAMPLE", ""),
		USER_REPLY(USER, "AIDACKCEVSQ6C2EXAMPLE", ARN "x"),
		USER_REPLY(USER, "AIDACKCEVSQ6C2EXAMPLE",
		    "arn:aws:iam::12345:user/" USER),
		USER_REPLY(USER, "AIDACKCEVSQ6C2EXAMPLE",
		    "arn:aws:iam::" ACCOUNT ":role/" USER),
		{ FAKE_REPLY_CLOSE, HEAD "<html/>" },
	};
	struct iam_user u;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, good, 1);
	assert_int_equal(s.iam.user(s.iam.ctx, USER, &u, &e), EC_OK);
	assert_string_equal(u.name, USER);
	assert_string_equal(u.user_id, "AIDACKCEVSQ6C2EXAMPLE");
	assert_string_equal(u.account, ACCOUNT);
	end(&s);
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(&s, &bad[i], 1);
		assert_int_equal(s.iam.user(s.iam.ctx, USER, &u, &e), EC_PROTO);
		assert_non_null(strstr(e.what, "GetUser"));
		end(&s);
	}
}

static void
test_create(void **state)
{
	static const struct fake_step script[] = { NEW(
	    USER, ID, "Active", SECRET, TIME) };
	AUTO(iam_new_key) struct iam_new_key k = { .secret = NULL };
	struct session s;
	struct err e;

	(void)state;
	begin(&s, script, 1);
	assert_int_equal(s.iam.create(s.iam.ctx, USER, 0, &k, &e), EC_OK);
	assert_string_equal(k.key.id, ID);
	assert_string_equal(secret_reveal(k.secret), SECRET);
	assert_int_equal(k.key.created, clock_parse_iso(TIME));
	assert_string_equal(body_of(&s, 0),
	    "Action=CreateAccessKey&Version=2010-05-08&UserName=" USER);
	end(&s);
}

/* AWS said yes; whatever we cannot use is a lost reply, asked for once. */
static void
test_create_lost(void **state)
{
	static const struct fake_step bad[] = {
		NEW("somebody", ID, "Active", SECRET, TIME),
		NEW(USER, "short", "Active", SECRET, TIME),
		NEW(USER, ID, "Active", "tooshort", TIME),
		NEW(USER, ID, "Active", SECRET "x", TIME),
		NEW(USER, ID, "Active",
		    "****************************************", TIME),
		NEW(USER, ID, "Active", "", TIME),
		NEW(USER, ID, "Active", SECRET, "now"),
		R("CreateAccessKey", ""),
		{ FAKE_REPLY_CLOSE, HEAD },
		{ FAKE_REPLY_CLOSE, HEAD "<CreateAccessKeyResponse><Create" },
		{ FAKE_DROP, NULL },
		{ FAKE_RESET, NULL },
	};
	struct iam_new_key k = { .secret = NULL };
	struct session s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(&s, &bad[i], 1);
		if (s.iam.create(s.iam.ctx, USER, 0, &k, &e) != EC_UNKNOWN) {
			print_error("row %zu: %s\n", i, e.what);
			_fail(__FILE__, __LINE__);
		}
		assert_int_equal(e.ec, EC_UNKNOWN);
		assert_int_equal(s.server.seen->requests, 1);
		assert_null(k.secret);
		assert_null(strstr(e.what, SECRET));
		end(&s);
	}
}

/* What changes something is dated as its caller says; what reads is not. */
static void
test_dated(void **state)
{
	static const struct fake_step any[] = { { FAKE_DROP, NULL } };
	static const char date[] = "X-Amz-Date: 20260921T141320Z\r\n";
	const int64_t at = INT64_C(1790000000000);
	struct iam_new_key k = { .secret = NULL };
	struct iam_caller c;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, any, 1);
	assert_int_equal(s.iam.create(s.iam.ctx, USER, at, &k, &e), EC_UNKNOWN);
	assert_non_null(strstr(s.server.seen->text[0], date));
	end(&s);
	begin(&s, any, 1);
	assert_int_equal(
	    s.iam.set_status(s.iam.ctx, USER, ID, false, at, &e), EC_TEMP);
	assert_non_null(strstr(s.server.seen->text[0], date));
	end(&s);
	begin(&s, any, 1);
	assert_int_equal(s.iam.remove(s.iam.ctx, USER, ID, at, &e), EC_TEMP);
	assert_non_null(strstr(s.server.seen->text[0], date));
	end(&s);
	begin(&s, any, 1);
	assert_int_equal(s.iam.caller(s.iam.ctx, &c, &e), EC_TEMP);
	assert_null(strstr(s.server.seen->text[0], date));
	end(&s);
}

static void
test_change(void **state)
{
	static const struct fake_step update[] = { { FAKE_REPLY_CLOSE,
	    HEAD "<UpdateAccessKeyResponse>" META
		 "</UpdateAccessKeyResponse>" } };
	static const struct fake_step remove[] = { { FAKE_REPLY_CLOSE,
	    HEAD "<DeleteAccessKeyResponse>" META
		 "</DeleteAccessKeyResponse>" } };
	struct session s;
	struct err e;

	(void)state;
	begin(&s, update, 1);
	assert_int_equal(
	    s.iam.set_status(s.iam.ctx, USER, ID, false, 0, &e), EC_OK);
	assert_string_equal(body_of(&s, 0),
	    "Action=UpdateAccessKey&Version=2010-05-08&UserName=" USER
	    "&AccessKeyId=" ID "&Status=Inactive");
	assert_int_equal(
	    s.iam.set_status(s.iam.ctx, USER, ID, true, 0, &e), EC_OK);
	assert_non_null(strstr(body_of(&s, 1), "&Status=Active"));
	assert_int_equal(s.iam.remove(s.iam.ctx, USER, ID, 0, &e), EC_PROTO);
	end(&s);
	begin(&s, remove, 1);
	assert_int_equal(s.iam.remove(s.iam.ctx, USER, ID, 0, &e), EC_OK);
	assert_string_equal(body_of(&s, 0),
	    "Action=DeleteAccessKey&Version=2010-05-08&UserName=" USER
	    "&AccessKeyId=" ID);
	end(&s);
}

#define USED(inside)                                                           \
	R("GetAccessKeyLastUsed",                                              \
	    "<UserName>" USER "</UserName>"                                    \
	    "<AccessKeyLastUsed>" inside "</AccessKeyLastUsed>")

static void
test_last_used(void **state)
{
	static const struct fake_step never[] = { USED(
	    "<ServiceName>N/A</ServiceName><Region>N/A</Region>") };
	static const struct fake_step used[] = { USED(
	    "<LastUsedDate>" TIME "</LastUsedDate><ServiceName>ses"
	    "</ServiceName><Region>eu-west-1</Region>") };
	static const struct fake_step bad[] = {
		USED(""),
		USED("<ServiceName>ses</ServiceName>"),
		USED("<LastUsedDate>x</LastUsedDate><ServiceName>N/A"
		     "</ServiceName>"),
		USED("<LastUsedDate>" TIME "</LastUsedDate>"),
	};
	struct iam_use u;
	struct session s;
	struct err e;

	(void)state;
	begin(&s, never, 1);
	assert_int_equal(s.iam.last_used(s.iam.ctx, ID, &u, &e), EC_OK);
	assert_true(u.never);
	end(&s);
	begin(&s, used, 1);
	assert_int_equal(s.iam.last_used(s.iam.ctx, ID, &u, &e), EC_OK);
	assert_false(u.never);
	assert_int_equal(u.at, clock_parse_iso(TIME));
	assert_string_equal(u.service, "ses");
	assert_string_equal(u.region, "eu-west-1");
	end(&s);
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(&s, &bad[i], 1);
		assert_int_equal(
		    s.iam.last_used(s.iam.ctx, ID, &u, &e), EC_PROTO);
		end(&s);
	}
}

static void
test_error_names(void **state)
{
	static const struct fake_step script[] = { { FAKE_REPLY_CLOSE,
	    "HTTP/1.1 404 x\r\nConnection: close\r\n\r\n<ErrorResponse><Error>"
	    "<Code>NoSuchEntity</Code><Message>gone</Message></Error>"
	    "</ErrorResponse>" } };
	struct session s;
	struct err e;

	(void)state;
	begin(&s, script, 1);
	assert_int_equal(s.iam.remove(s.iam.ctx, USER, ID, 0, &e), EC_GONE);
	assert_non_null(strstr(e.what, ID));
	assert_non_null(strstr(e.what, "NoSuchEntity: gone"));
	end(&s);
}

/* Nobody was asked: what is refused is who we are, not what we may do. */
static void
test_nobody(void **state)
{
	struct session s;
	struct iam_keys keys;
	struct aws_account *nobody = NULL;
	struct aws_options with = { .sleep = no_sleep };
	struct fake_env none;
	struct aws *aws = NULL;
	struct iam iam;
	struct err e;

	(void)state;
	begin(&s, NULL, 0);
	fake_env_init(&none);
	fake_env_set(&none, "AWS_EC2_METADATA_DISABLED", "true");
	assert_int_equal(aws_account_open(&none.env, &nobody, &e), EC_OK);
	with.account = nobody;
	assert_int_equal(aws_open(s.net, &none.env, &with, &aws, &e), EC_OK);
	iam_aws(aws, &iam);
	assert_int_equal(iam.list(iam.ctx, USER, &keys, &e), EC_AUTH);
	assert_int_equal(e.ec, EC_AUTH);
	assert_non_null(strstr(e.what, USER));
	aws_close(aws);
	aws_account_close(nobody);
	fake_env_end(&none);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caller),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_lost),
		cmocka_unit_test(test_dated),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_last_used),
		cmocka_unit_test(test_error_names),
		cmocka_unit_test(test_nobody),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("iam", tests, NULL, NULL);
}
