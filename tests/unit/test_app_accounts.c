/* app_accounts: who shares a session. That one session serves all threads is
 * shown in test_account.c; here, that identities and clients which name the
 * same role get the same, and nobody else does. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "rotator/app_accounts.h"

#define ROLE  "arn:aws:iam::210987654321:role/rotate"
#define OTHER "arn:aws:iam::333333333333:role/rotate"

static const char *const regions[] = { "eu-west-1", NULL };

static struct aws_account *
of_client(struct accounts *a, const char *arn, const char *external_id)
{
	/* Not the same texts: equal ones. */
	static char arns[8][64], ids[8][16];
	static unsigned n;
	struct sts_role as = { .arn = arns[n % 8], .where = "a test" };
	struct aws_account *got = NULL;
	struct err e;

	(void)snprintf(arns[n % 8], sizeof(arns[0]), "%s", arn);
	if (external_id != NULL) {
		(void)snprintf(ids[n % 8], sizeof(ids[0]), "%s", external_id);
		as.external_id = ids[n % 8];
	}
	n++;
	assert_int_equal(accounts_get(a, &as, "us-east-1", &got, &e), EC_OK);
	return got;
}

static struct aws_account *
of_identity(struct accounts *a, const char *arn, const char *external_id)
{
	const struct identity_conf id = { .name = "news",
		.file = "t.yaml",
		.role_arn = arn,
		.external_id = external_id,
		.regions = regions };
	struct aws_account *got = NULL;
	struct err e;

	assert_int_equal(accounts_of(a, &id, &got, &e), EC_OK);
	return got;
}

static void
shared(void **state)
{
	struct accounts *a = NULL;
	struct aws_account *own = NULL, *role, *with_id, *other;
	struct err e;

	(void)state;
	assert_int_equal(accounts_open(NULL, &a, &e), EC_OK);
	assert_int_equal(accounts_get(a, NULL, NULL, &own, &e), EC_OK);
	assert_ptr_equal(of_identity(a, NULL, NULL), own);
	role = of_identity(a, ROLE, NULL);
	with_id = of_client(a, ROLE, "ext");
	other = of_client(a, OTHER, NULL);
	assert_ptr_not_equal(role, own);
	assert_ptr_not_equal(with_id, role);
	assert_ptr_not_equal(other, role);
	assert_ptr_equal(of_client(a, ROLE, NULL), role);
	assert_ptr_equal(of_identity(a, ROLE, "ext"), with_id);
	assert_ptr_equal(of_client(a, OTHER, NULL), other);
	assert_ptr_not_equal(of_client(a, ROLE, "ext2"), with_id);
	accounts_close(a);
}

/* In whatever order they are asked for, each is the one it was. */
static void
many(void **state)
{
	static char arns[200][64];
	struct aws_account *got[200] = { NULL };
	struct accounts *a = NULL;
	struct err e;

	(void)state;
	assert_int_equal(accounts_open(NULL, &a, &e), EC_OK);
	for (size_t n = 0; n < 20 * COUNT(arns); n++) {
		const size_t i = (n * 7 + n / 9) % COUNT(arns);
		const struct sts_role as = { .arn = arns[i],
			.where = "a test" };
		struct aws_account *account = NULL;

		(void)snprintf(
		    arns[i], sizeof(arns[i]), "arn:aws:iam::%012zu:role/x", i);
		assert_int_equal(
		    accounts_get(a, &as, NULL, &account, &e), EC_OK);
		if (got[i] == NULL)
			got[i] = account;
		assert_ptr_equal(got[i], account);
	}
	for (size_t i = 0; i < COUNT(got); i++)
		for (size_t j = 0; j < i; j++)
			assert_true(got[i] != got[j]);
	accounts_close(a);
}

struct lane {
	struct accounts *a;
	struct aws_account *got;
};

static void *
ask(void *arg)
{
	struct lane *l = arg;
	const struct sts_role as = { .arn = ROLE, .where = "a lane" };
	struct err e;

	return accounts_get(l->a, &as, NULL, &l->got, &e) == EC_OK ? l : NULL;
}

static void
by_threads(void **state)
{
	struct lane lanes[8] = { { .a = NULL } };
	pthread_t t[COUNT(lanes)];
	struct accounts *a = NULL;
	struct err e;
	void *ok;

	(void)state;
	assert_int_equal(accounts_open(NULL, &a, &e), EC_OK);
	for (size_t i = 0; i < COUNT(lanes); i++) {
		lanes[i].a = a;
		assert_int_equal(
		    pthread_create(&t[i], NULL, ask, &lanes[i]), 0);
	}
	for (size_t i = 0; i < COUNT(lanes); i++) {
		assert_int_equal(pthread_join(t[i], &ok), 0);
		assert_non_null(ok);
		assert_ptr_equal(lanes[i].got, lanes[0].got);
	}
	accounts_close(a);
}

static void
no_role(void **state)
{
	const struct sts_role as = { .arn = "rotate", .where = "a test" };
	struct aws_account *got = NULL;
	struct accounts *a = NULL;
	struct err e;

	(void)state;
	assert_int_equal(accounts_open(NULL, &a, &e), EC_OK);
	assert_int_equal(accounts_get(a, &as, NULL, &got, &e), EC_CONFIG);
	assert_non_null(strstr(e.what, "not the ARN of a role"));
	accounts_close(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared),
		cmocka_unit_test(many),
		cmocka_unit_test(by_threads),
		cmocka_unit_test(no_role),
	};

	return cmocka_run_group_tests_name("app_accounts", tests, NULL, NULL);
}
