/* What no other test of accounts and roles comes by. */
#include <pwd.h>

#include "calls.h"
#include "provider_world.h"

#include "rotator/iam.h"
#include "sigv4/account.h"
#include "sigv4/account_p.h"
#include "sigv4/sts.h"

STAND_IN(int, getpwuid_r,
    (uid_t who, struct passwd *line, char *room, size_t n, struct passwd **ret),
    (who, line, room, n, ret), armed.sys)

#define ROLE "arn:aws:iam::123456789012:role/r"

static const struct sts_role role = { .arn = ROLE, .where = "identity a" };

static int64_t shown_now;

static int64_t
show_now(void *ctx)
{
	(void)ctx;
	return shown_now;
}

static void
test_arns(void **state)
{
	static const struct {
		const char *arn;
		bool good;
	} rows[] = {
		{ ROLE, true },
		{ "arn:aws-cn:iam::123456789012:role/a/b", true },
		{ "arn:aws_cn:iam::123456789012:role/a", false },
		{ "arn:xyz:iam::123456789012:role/a", false },
		{ "arn:aws:iam::12345678901:role/a", false },
		{ "arn:aws:iam::1234567890123:role/a", false },
	};
	struct sts_arn a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(sts_arn_read(rows[i].arn, &a), rows[i].good);
}

/* STS knows no such role, or our settings are wrong: that is remembered for a
 * minute, and asked again after it. */
static void
test_remembered(void **state)
{
	static const struct fake_step script[] = { ANSWER("404 Gone",
	    "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error>"
	    "</ErrorResponse>") };
	struct aws_account *own = NULL, *as = NULL;
	char source[256];
	struct world w;

	(void)state;
	world_begin(&w, script, COUNT(script));
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", SECRET);
	fake_env_set(&w.f, "AWS_REGION", "eu-west-1");
	w.f.env.now = show_now;
	shown_now = 1000000;
	assert_int_equal(aws_account_open(&w.f.env, &own, &w.e), EC_OK);
	account_source(own, source);
	assert_string_equal(source, ""); /* not known yet */
	/* no region of its own: the settings' */
	assert_int_equal(
	    aws_account_open_role(own, NULL, &role, &as, &w.e), EC_OK);
	account_source(as, source);
	assert_string_equal(source, "role " ROLE);
	assert_int_equal(aws_account_ready(as, world_net, &w.e), EC_GONE);
	shown_now += 59 * 1000;
	assert_int_equal(aws_account_ready(as, world_net, &w.e), EC_GONE);
	assert_int_equal(w.server.seen->requests, 1);
	shown_now += 2 * 1000;
	assert_int_equal(aws_account_ready(as, world_net, &w.e), EC_GONE);
	assert_int_equal(w.server.seen->requests, 2);
	aws_account_close(as);
	aws_account_close(own);
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", "");
	fake_env_set(&w.f, "AWS_PROFILE", "nowhere");
	assert_int_equal(aws_account_open(&w.f.env, &own, &w.e), EC_OK);
	assert_int_equal(aws_account_ready(own, world_net, &w.e), EC_CONFIG);
	assert_int_equal(aws_account_ready(own, world_net, &w.e), EC_CONFIG);
	aws_account_close(own);
	world_end(&w);
}

/* Two services that throttle: the slower one is told of. */
static void
test_slower(void **state)
{
	struct aws_account *own = NULL;
	struct aws_account_stats stats;
	struct account_line *slow = NULL, *fast = NULL;
	struct aws_env env = { .now = show_now };
	struct err e;

	(void)state;
	shown_now = 1000000;
	assert_int_equal(aws_account_open(&env, &own, &e), EC_OK);
	assert_int_equal(account_line(own, "iam", "r", &slow, &e), EC_OK);
	assert_int_equal(account_line(own, "sts", "r", &fast, &e), EC_OK);
	for (int i = 0; i < 100; i++) {
		shown_now += 10;
		account_answer(own, fast, shown_now, false);
		if (i % 20 == 0)
			account_answer(own, slow, shown_now, false);
	}
	account_answer(own, fast, shown_now, true);
	aws_account_stats(own, &stats);
	assert_true(stats.rate > 20);
	account_answer(own, slow, shown_now, true);
	aws_account_stats(own, &stats);
	assert_true(stats.rate > 0 && stats.rate < 20);
	aws_account_close(own);
}

/* With no room for secrets the credential of a role that nobody uses goes;
 * not one that is in use, or whose mutex is held, or which is being made. */
static void
test_room(void **state)
{
	struct aws_env env = { .now = show_now };
	struct aws_account *own = NULL, *as[2] = { NULL, NULL };
	struct secret *fill[4096];
	size_t n = 0;
	struct err e;

	(void)state;
	assert_int_equal(aws_account_open(&env, &own, &e), EC_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    aws_account_open_role(own, "r", &role, &as[i], &e), EC_OK);
		assert_int_equal(held_new(&as[i]->now, &e), EC_OK);
	}
	while (n < COUNT(fill) && secret_room() >= (size_t)64 * 1024 &&
	    secret_blank(4000, &fill[n], &e) == EC_OK)
		n++;
	as[0]->busy = true;
	(void)pthread_mutex_lock(&as[1]->mutex);
	account_room_make(own);
	assert_non_null(as[0]->now);
	assert_non_null(as[1]->now);
	(void)pthread_mutex_unlock(&as[1]->mutex);
	account_room_make(own);
	assert_non_null(as[0]->now);
	assert_null(as[1]->now);
	as[0]->busy = false;
	account_room_make(own);
	assert_null(as[0]->now);
	while (n > 0)
		secret_free(fill[--n]);
	aws_account_close(as[0]);
	aws_account_close(as[1]);
	aws_account_close(own);
}

/* A permission that is missing is not a credential that is refused. */
static void
test_denied(void **state)
{
	static const struct fake_step script[] = { ANSWER("403 No",
	    "<ErrorResponse><Error><Code>AccessDenied</Code></Error>"
	    "</ErrorResponse>") };
	const struct aws_options o = { .attempts = 1, .timeout_ms = 5000 };
	struct aws *a = NULL;
	struct iam_user u;
	struct iam iam;
	struct world w;

	(void)state;
	world_begin(&w, script, COUNT(script));
	fake_env_set(&w.f, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	fake_env_set(&w.f, "AWS_SECRET_ACCESS_KEY", SECRET);
	fake_env_set(&w.f, "AWS_REGION", "eu-west-1");
	assert_int_equal(aws_open(world_net, &w.f.env, &o, &a, &w.e), EC_OK);
	iam_aws(a, &iam);
	assert_int_equal(iam.user(iam.ctx, "ses-smtp-a", &u, &w.e), EC_DENIED);
	assert_int_equal(w.e.ec, EC_DENIED);
	aws_close(a);
	world_end(&w);
}

/* Static ones are good for ever. */
static void
test_good(void **state)
{
	struct aws_cred c = { .expires = 0 };

	(void)state;
	assert_true(identity_good(&c, INT64_MAX));
	c.expires = 1000000;
	assert_true(identity_good(&c, 0));
	assert_false(identity_good(&c, 999999));
}

/* No HOME, and no password file to look into: then it is no home. */
static void
test_home(void **state)
{
	const struct aws_env env = { .env = fake_env_get,
		.ctx = &(struct fake_env){ .n = 0 } };
	char path[PROFILE_PATH_MAX];
	struct err e;

	(void)state;
	call_arm("getpwuid_r", 0, EIO, 0);
	assert_int_equal(
	    profile_expand(&env, "x", "~/.aws/config", path, &e), EC_OK);
	assert_true(call_disarm());
	assert_string_equal(path, "/.aws/config");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arns),
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_slower),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_home),
	};

	return world_main("accounts at their edges", tests, COUNT(tests));
}
