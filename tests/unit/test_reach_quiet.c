/* What no other test of a quiet run comes by: a store that fails or cannot
 * tell, values that another hand wrote, and a configuration that cannot be
 * looked at from outside. */
#include "store_world.h"

#include "base/secret.h"
#include "rotator/config_p.h"
#include "rotator/quiet.h"
#include "store_faulty.h"

struct scene {
	struct conform home;
	char config[PATH_MAX];
	struct args args;
	struct app app;
	struct store real;
	struct faulty faulty;
	struct faulty_plan plan;
	struct quiet q;
	struct err e;
};

static int
make(void **state)
{
	struct scene *w = calloc(1, sizeof(*w));
	void *c = NULL;
	FILE *f;

	assert_non_null(w);
	assert_int_equal(world_make(&c), 0);
	(void)umask(077);
	w->home = *(struct conform *)c;
	free(c);
	(void)snprintf(
	    w->config, sizeof(w->config), "%.3900s.yaml", w->home.place);
	f = fopen(w->config, "we");
	assert_non_null(f);
	(void)fprintf(f,
	    "account: \"123456789012\"\nstate: %s\nidentities:\n"
	    "- name: shop\n  regions: [us-east-1]\n",
	    w->home.place);
	assert_int_equal(fclose(f), 0);
	w->args.config = w->config;
	w->app.args = &w->args;
	assert_int_equal(
	    store_sqlite_open(w->home.place, STORE_RW, &w->real, &w->e), EC_OK);
	w->faulty = (struct faulty){ .s = &w->real, .plan = &w->plan };
	w->plan.turn = -1;
	assert_int_equal(app_config(&w->app, &w->e), EC_OK);
	w->q = (struct quiet){ .asked = true,
		.seen = { .seen = true, .now = T0 } };
	*state = w;
	return 0;
}

static int
end(void **state)
{
	struct scene *w = *state;
	struct conform *c = calloc(1, sizeof(*c));
	void *home = c;

	assert_non_null(c);
	*c = w->home;
	w->app.store.ctx = NULL;
	app_close(&w->app);
	auto_store(&w->real);
	free(w);
	return world_end(&home);
}

static void
test_keep(void **state)
{
	static const char *const calls[] = { "mark", "each" };
	struct scene *w = *state;
	struct config *config = w->app.config;
	AUTO(buf) struct buf b = BUF(4096);

	/* nothing was opened */
	assert_int_equal(quiet_keep(&w->app, &w->q, EC_OK, &w->e), EC_OK);
	w->app.store = faulty_store(&w->faulty);
	w->app.config = NULL;
	assert_int_equal(quiet_keep(&w->app, &w->q, EC_OK, &w->e), EC_OK);
	w->app.config = config;
	w->app.store.mark = NULL; /* it cannot tell its changes */
	assert_int_equal(quiet_keep(&w->app, &w->q, EC_OK, &w->e), EC_OK);
	for (size_t i = 0; i < COUNT(calls); i++) {
		w->app.store = faulty_store(&w->faulty);
		w->plan = (struct faulty_plan){ .only = calls[i], .ec = EC_IO };
		assert_int_equal(
		    quiet_keep(&w->app, &w->q, EC_OK, &w->e), EC_IO);
	}
	w->plan.turn = -1;
	assert_int_equal(
	    w->real.meta_get(w->real.ctx, "quiet", &b, &w->e), EC_GONE);
}

#define D64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A value that is none is no answer. */
static void
test_values(void **state)
{
	static const char *const none[] = { "", D64, D64 " 1 2", D64 " 1 2 ",
		D64 " 1 2 busy", D64 " 99999999999999999999 2 ok",
		D64 " 1 x ok" };
	struct scene *w = *state;

	auto_store(&w->real);
	for (size_t i = 0; i < COUNT(none); i++) {
		struct quiet q;
		enum ec ec = EC_BUG;

		assert_int_equal(
		    store_sqlite_open(w->home.place, STORE_RW, &w->real, &w->e),
		    EC_OK);
		assert_int_equal(
		    w->real.meta_set(w->real.ctx, "quiet", none[i], &w->e),
		    EC_OK);
		auto_store(&w->real);
		w->real.ctx = NULL;
		assert_false(quiet_look(&w->app, T0, &q, &ec));
		assert_int_equal(ec, EC_BUG);
	}
	assert_int_equal(
	    store_sqlite_open(w->home.place, STORE_RW, &w->real, &w->e), EC_OK);
}

static enum ec
stamp(const char *path, struct err *e)
{
	struct config_stamp s = CONFIG_STAMP_INIT;
	const enum ec ec = config_stamp(path, &s, e);

	buf_free(&s.text);
	return ec;
}

/* What cannot be looked at is read in full instead. */
static void
test_stamps(void **state)
{
	struct scene *w = *state;
	AUTO(buf) struct buf b = BUF(4096);
	char dir[PATH_MAX], path[PATH_MAX + 64];
	char *was = getcwd(NULL, 0);

	assert_non_null(was);
	(void)snprintf(dir, sizeof(dir), "%s", w->config);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(stamp(w->config, &w->e), EC_OK);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(stamp(strrchr(w->config, '/') + 1, &w->e), EC_OK);
	assert_int_equal(chdir(was), 0);
	free(was);
	assert_int_not_equal(stamp("/no such file", &w->e), EC_OK);
	assert_int_not_equal(stamp("/no such place/x.yaml", &w->e), EC_OK);
	assert_int_not_equal(
	    config_state_guess("/no such file", &b, &w->e), EC_OK);
	assert_int_not_equal(config_state_guess("/", &b, &w->e), EC_OK);
	(void)snprintf(path, sizeof(path), "%s/" CONFIG_DROP_INS, dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(
	    path, sizeof(path), "%s/" CONFIG_DROP_INS "/a.yaml", dir);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_not_equal(stamp(w->config, &w->e), EC_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(stamp(w->config, &w->e), EC_OK);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_not_equal(stamp(w->config, &w->e), EC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, make, end)
		T(test_keep),
		T(test_values),
		T(test_stamps),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name(
	    "a quiet run at its edges", tests, NULL, NULL);
}
