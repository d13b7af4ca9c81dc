/*
 * store_open: which store is gone by when there are two, and the one key that
 * all hosts of a table must have. The table is a script (dynamo_says.h), or a
 * database that stands for it.
 */
#include <sys/utsname.h>

#include <openssl/rand.h>

#include "calls.h"
#include "dynamo_says.h"

#include "rotator/store_move.h"
#include "rotator/store_open.h"
#include "store_faulty.h"

STAND_IN(int, uname, (struct utsname * u), (u), -1)
STAND_IN(int, RAND_bytes, (unsigned char *b, int n), (b, n), armed.rc)
STAND_IN(void *, CRYPTO_secure_zalloc, (size_t n, const char *file, int line),
    (n, file, line), NULL)

struct scene {
	struct says *says;
	char config[PATH_MAX], key[PATH_MAX];
	struct args args;
	struct app app;
	struct store real;
	struct faulty faulty;
	struct faulty_plan plan;
	struct err e;
};

static void
put_config(struct scene *w, const char *store)
{
	FILE *f = fopen(w->config, "we");

	assert_non_null(f);
	(void)fprintf(f,
	    "account: \"123456789012\"\nstate: %s\nseal: { path: %s }\n"
	    "%sidentities:\n- name: shop\n  regions: [us-east-1]\n",
	    w->says->home.place, w->key, store);
	assert_int_equal(fclose(f), 0);
}

#define TABLE_LINE                                                             \
	"store: { kind: dynamodb, table: rotate, region: us-east-1 }\n"

/* The app of another run, or of another host when its key goes, too. */
static void
again(struct scene *w)
{
	const struct app none = { .args = &w->args };

	app_close(&w->app);
	w->app = none;
	w->plan = (struct faulty_plan){ .turn = -1 };
	assert_int_equal(app_config(&w->app, &w->e), EC_OK);
}

static int
make(void **state)
{
	struct scene *w = calloc(1, sizeof(*w));
	void *says = NULL;

	assert_non_null(w);
	assert_int_equal(says_make(&says), 0);
	(void)umask(077);
	w->says = says;
	(void)snprintf(
	    w->config, sizeof(w->config), "%.3900s.yaml", w->says->home.place);
	(void)snprintf(
	    w->key, sizeof(w->key), "%.3900s.key", w->says->home.place);
	w->args.config = w->config;
	w->app.args = &w->args;
	put_config(w, TABLE_LINE);
	assert_int_equal(
	    store_sqlite_open(w->says->home.place, STORE_RW, &w->real, &w->e),
	    EC_OK);
	w->faulty = (struct faulty){ .s = &w->real, .plan = &w->plan };
	again(w);
	*state = w;
	return 0;
}

static int
end(void **state)
{
	struct scene *w = *state;
	void *says = w->says;

	app_close(&w->app);
	auto_store(&w->real);
	free(w);
	return says_free(&says);
}

static void
set(struct scene *w, const char *key, const char *value)
{
	assert_int_equal(
	    w->real.meta_set(w->real.ctx, key, value, &w->e), EC_OK);
}

/* ---- is it in use? ----------------------------------------------------- */

static void
test_in_use(void **state)
{
	struct scene *w = *state;
	struct store s = faulty_store(&w->faulty);

	assert_int_equal(store_in_use(&s, &w->e), EC_OK);
	set(w, STORE_MOVED, "");
	assert_int_equal(store_in_use(&s, &w->e), EC_OK);
	set(w, STORE_MOVED, "from sqlite x:/y");
	assert_int_equal(store_in_use(&s, &w->e), EC_CONFIG);
	assert_told(&w->e, "not brought here whole", "rotate store move");
	set(w, STORE_MOVED, "to dynamodb us-east-1/t");
	assert_int_equal(store_in_use(&s, &w->e), EC_CONFIG);
	assert_told(&w->e, "was moved to dynamodb us-east-1/t", "store:");
	w->plan = (struct faulty_plan){ .ec = EC_IO };
	assert_int_equal(store_in_use(&s, &w->e), EC_IO);
	again(w);
	put_config(w, "");
	again(w);
	assert_int_equal(store_open(&w->app, STORE_RO, &s, &w->e), EC_CONFIG);
}

/* ---- two stores -------------------------------------------------------- */

/* In answer to the question whether the table was moved. */
static void
say_table(struct says *s)
{
	static const struct root r = { .rev = 1, .write = "w" };

	say_root(s, &r);
	say_ok(s, "{}");
}

static void
both(struct scene *w, enum ec want, const char *what)
{
	struct store s = { .ctx = NULL };

	say_table(w->says);
	(void)says_begin(w->says);
	assert_int_equal(setenv("AWS_ENDPOINT_URL", w->says->url, 1), 0);
	again(w);
	assert_int_equal(store_open(&w->app, STORE_RO, &s, &w->e), want);
	if (want == EC_OK)
		auto_store(&s);
	else
		assert_told(&w->e, what, "");
	says_end(w->says);
}

static void
test_left_behind(void **state)
{
	struct scene *w = *state;
	char elsewhere[PATH_MAX];

	both(w, EC_CONFIG, "the state is still in the database");
	set(w, STORE_MOVED, "");
	both(w, EC_CONFIG, "the state is still in the database");
	set(w, STORE_MOVED, "to dynamodb us-east-1/rotate");
	both(w, EC_OK, "");
	auto_store(&w->real);
	w->real.ctx = NULL;
	meddle(&w->says->home, "UPDATE meta SET value='to x'");
	both(w, EC_DAMAGED, "altered");
	(void)snprintf(
	    elsewhere, sizeof(elsewhere), "%.3900s.away", w->says->home.place);
	assert_int_equal(rename(w->says->home.place, elsewhere), 0);
	both(w, EC_OK, ""); /* nothing was ever here */
	assert_int_equal(symlink("/dev/null", w->says->home.place), 0);
	both(w, EC_CONFIG, "state"); /* it is no directory */
}

static void
test_where(void **state)
{
	struct scene *w = *state;
	char where[STORE_WHERE];

	assert_int_equal(
	    store_where(&w->app, STORE_DYNAMODB, where, &w->e), EC_OK);
	assert_string_equal(where, "dynamodb us-east-1/rotate");
	assert_int_equal(
	    store_where(&w->app, STORE_SQLITE, where, &w->e), EC_OK);
	assert_non_null(strstr(where, w->says->home.place));
	assert_int_not_equal(where[7], ':'); /* a host is named */
	call_arm("uname", 0, EFAULT, -1);
	assert_int_equal(
	    store_where(&w->app, STORE_SQLITE, where, &w->e), EC_OK);
	assert_true(call_disarm());
	assert_int_equal(strncmp(where, "sqlite :/", 9), 0);
	put_config(w, "");
	again(w);
	assert_int_equal(
	    store_where(&w->app, STORE_DYNAMODB, where, &w->e), EC_CONFIG);
	assert_told(&w->e, "names no DynamoDB table", "store: {");
	{
		struct store s;

		assert_int_equal(store_open_kind(&w->app, STORE_DYNAMODB,
				     STORE_RO, &s, &w->e),
		    EC_CONFIG);
	}
}

/* ---- one key ----------------------------------------------------------- */

static enum ec
seal(struct scene *w)
{
	struct store s = faulty_store(&w->faulty);

	return store_seal(&w->app, STORE_DYNAMODB, &s, &w->e);
}

static void
test_one_key(void **state)
{
	struct scene *w = *state;
	char away[PATH_MAX];

	assert_false(store_begun(STORE_DYNAMODB, &w->real));
	assert_true(store_begun(STORE_SQLITE, &w->real));
	assert_int_equal(seal(w), EC_OK); /* who begins it makes the key */
	assert_true(store_begun(STORE_DYNAMODB, &w->real));
	assert_false(store_begun(STORE_SQLITE, &(struct store){ .ctx = NULL }));
	again(w);
	assert_int_equal(seal(w), EC_OK);
	again(w);
	(void)snprintf(away, sizeof(away), "%.3900s.away", w->key);
	assert_int_equal(rename(w->key, away), 0);
	assert_int_equal(seal(w), EC_GONE);
	assert_told(&w->e, "", "copy it from a host that rotates");
	again(w);
	{
		struct store s = faulty_store(&w->faulty);

		assert_int_equal(
		    store_seal(&w->app, STORE_SQLITE, &s, &w->e), EC_OK);
	}
	assert_int_equal(seal(w), EC_CONFIG); /* that was another one */
	assert_told(&w->e, "is not the one of the store", "copy it");
	set(w, STORE_SEAL, "k1.QUJD.AAAA");
	assert_int_equal(seal(w), EC_CONFIG);
	assert_told(&w->e, "sealed with AWS KMS", "");
	again(w);
	assert_int_equal(truncate(w->key, 5), 0);
	assert_int_equal(seal(w), EC_DAMAGED);
}

static void
test_begins(void **state)
{
	static const struct {
		const char *only;
		enum ec ec;
	} rows[] = { { "meta_get", EC_IO }, { "each", EC_IO },
		{ "meta_set", EC_IO } };
	struct scene *w = *state;
	AUTO(rec) struct rec r = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		again(w);
		w->plan = (struct faulty_plan){ .only = rows[i].only,
			.ec = rows[i].ec };
		assert_int_equal(seal(w), rows[i].ec);
		assert_true(w->plan.fired);
	}
	again(w); /* the key is there by now */
	assert_int_equal(app_seal(&w->app, false, &w->e), EC_OK);
	assert_int_equal(seal_ready(w->app.seal, &w->e), EC_OK); /* a file */
	call_arm("RAND_bytes", 0, 0, -1);
	assert_int_not_equal(seal(w), EC_OK);
	assert_true(call_disarm());
	call_arm("CRYPTO_secure_zalloc", 0, ENOMEM, 0);
	assert_int_equal(seal(w), EC_NOMEM);
	assert_true(call_disarm());
	assert_false(store_begun(STORE_DYNAMODB, &w->real));
	/* a new key beside records of another one opens none */
	rec_init(&r, "shop");
	assert_int_equal(w->real.lease(w->real.ctx, T0, TTL, &w->e), EC_OK);
	assert_int_equal(
	    w->real.commit(w->real.ctx, T0, &r, NULL, &w->e), EC_OK);
	again(w);
	assert_int_equal(unlink(w->key), 0);
	assert_int_equal(seal(w), EC_GONE);
	assert_int_equal(access(w->key, F_OK), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, make, end)
		T(test_in_use),
		T(test_left_behind),
		T(test_where),
		T(test_one_key),
		T(test_begins),
	};
	static const char *const vars[][2] = {
		{ "AWS_ACCESS_KEY_ID", "AKIAOURSOURSOURSOURS" },
		{ "AWS_SECRET_ACCESS_KEY", "OURSECRET" },
		{ "AWS_MAX_ATTEMPTS", "1" },
		{ "AWS_CONFIG_FILE", "/proc/none" },
		{ "AWS_SHARED_CREDENTIALS_FILE", "/proc/none" },
		{ "ROTATE_CONFINE", "no" },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(vars); i++)
		(void)setenv(vars[i][0], vars[i][1], 1);
	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("which store", tests, NULL, NULL);
}
