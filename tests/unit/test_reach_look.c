/*
 * look: what the reading commands share, over a store that is not there, that
 * holds what it should, and that fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "rotator/look.h"

/* ---- a world: an app with a configuration, and a store of ours ---- */

#define CONFIG                                                                 \
	"account: \"123456789012\"\nstate: %s/state\n"                         \
	"identities:\n- name: mail\n  regions: [us-east-1]\n"

struct looker {
	char dir[64], config[128];
	struct args args;
	struct app a;
	struct err e;
	/* What the store says. */
	enum ec load, hold, confirm;
	bool confirmed;
};

static enum ec
fake_load(void *ctx, const char *identity, struct rec *ret, struct err *e)
{
	const struct looker *w = ctx;

	if (w->load != EC_OK)
		return fail(e, w->load, "load");
	rec_init(ret, identity);
	ret->state = ROT_GRACE;
	return EC_OK;
}

static enum ec
fake_hold(void *ctx, const char *identity, struct hold *ret, struct err *e)
{
	const struct looker *w = ctx;

	(void)identity;
	if (w->hold != EC_OK)
		return fail(e, w->hold, "hold");
	ret->held = true;
	return EC_OK;
}

static enum ec
fake_confirm(void *ctx, const char *client, const char *key,
    struct confirmation *ret, struct err *e)
{
	const struct looker *w = ctx;

	(void)client;
	(void)key;
	if (w->confirm != EC_OK)
		return fail(e, w->confirm, "confirm");
	ret->confirmed = w->confirmed;
	return EC_OK;
}

static void
fake_close(void *ctx)
{
	(void)ctx;
}

static void
lend_store(struct looker *w)
{
	w->a.store = (struct store){ .ctx = w,
		.load = fake_load,
		.hold_get = fake_hold,
		.confirm_get = fake_confirm,
		.close = fake_close };
}

static int
setup(void **state)
{
	struct looker *w = calloc(1, sizeof(*w));
	FILE *f;

	assert_non_null(w);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/test_look.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->config, sizeof(w->config), "%s/c.yaml", w->dir);
	f = fopen(w->config, "w");
	assert_non_null(f);
	(void)fprintf(f, CONFIG, w->dir);
	assert_int_equal(fclose(f), 0);
	w->args.config = w->config;
	w->a.args = &w->args;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct looker *w = *state;
	char path[160];

	app_close(&w->a);
	(void)snprintf(path, sizeof(path), "%s/state", w->dir);
	(void)unlink(path);
	(void)unlink(w->config);
	assert_int_equal(rmdir(w->dir), 0);
	free(w);
	return 0;
}

static const struct identity_conf mail = { .name = "mail" };

/* ---- opening ---- */

static void
test_nothing_yet(void **state)
{
	struct looker *w = *state;
	AUTO(look) struct look l = { .known = true };
	struct confirmation yes;

	assert_int_equal(look_open(&w->a, &w->e), EC_OK);
	assert_null(w->a.store.ctx);
	assert_int_equal(look_at(&w->a, &mail, &l, &w->e), EC_OK);
	assert_false(l.known);
	assert_false(l.hold.held);
	assert_string_equal(look_current(&l.rec)->id, "");
	(void)stpcpy(l.rec.new.id, "AKIANEW");
	assert_false(look_confirmed(&w->a, &l.rec, "web", &yes));
	assert_int_equal(look_seal(&w->a, &w->e), EC_OK);
}

static void
test_not_opened(void **state)
{
	struct looker *w = *state;
	char path[160];

	/* A state that is none is told, not taken for an empty one. */
	(void)snprintf(path, sizeof(path), "%s/state", w->dir);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_not_equal(look_open(&w->a, &w->e), EC_OK);
	w->args.config = "/nonexistent.yaml";
	app_close(&w->a);
	memset(&w->a, 0, sizeof(w->a));
	w->a.args = &w->args;
	assert_int_not_equal(look_open(&w->a, &w->e), EC_OK);
}

/* ---- reading ---- */

static void
test_readings(void **state)
{
	static const struct {
		enum ec load, hold, want;
		bool known, held;
	} rows[] = {
		{ EC_OK, EC_OK, EC_OK, true, true },
		{ EC_OK, EC_GONE, EC_OK, true, false },
		{ EC_GONE, EC_OK, EC_OK, false, true },
		{ EC_IO, EC_OK, EC_IO, false, false },
		{ EC_OK, EC_IO, EC_IO, false, false },
	};
	struct looker *w = *state;

	lend_store(w);
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(look) struct look l = { .known = false };

		w->load = rows[i].load;
		w->hold = rows[i].hold;
		assert_int_equal(
		    look_at(&w->a, &mail, &l, &w->e), rows[i].want);
		assert_int_equal(l.known, rows[i].known);
		assert_int_equal(l.hold.held, rows[i].held);
	}
}

static void
test_confirmed(void **state)
{
	struct looker *w = *state;
	struct rec r = { .state = ROT_PUSHING };
	struct confirmation yes;

	lend_store(w);
	w->confirmed = true;
	assert_false(look_confirmed(&w->a, &r, "web", &yes)); /* no key */
	(void)stpcpy(r.new.id, "AKIANEW");
	assert_true(look_confirmed(&w->a, &r, "web", &yes));
	w->confirmed = false;
	assert_false(look_confirmed(&w->a, &r, "web", &yes));
	w->confirm = EC_IO;
	assert_false(look_confirmed(&w->a, &r, "web", &yes));
}

/* Beside a state that is used, a key that is missing is no first run. */
static void
test_seal(void **state)
{
	struct looker *w = *state;

	assert_int_equal(app_config(&w->a, &w->e), EC_OK);
	lend_store(w);
	assert_int_equal(look_seal(&w->a, &w->e), EC_GONE);
	w->a.seal = (struct seal *)w; /* only ever asked whether it is there */
	assert_int_equal(look_seal(&w->a, &w->e), EC_OK);
	w->a.seal = NULL;
	w->a.store.ctx = NULL;
	w->a.config->seal_kind = SEAL_CREDENTIAL;
	assert_int_not_equal(look_seal(&w->a, &w->e), EC_OK);
}

static void
test_names(void **state)
{
	struct looker *w = *state;

	assert_int_equal(look_names(&w->a, &w->e), EC_OK);
	assert_true(look_wanted(&w->args, "mail"));
	w->args.identities[0] = "mail";
	assert_int_equal(look_names(&w->a, &w->e), EC_OK);
	assert_true(look_wanted(&w->args, "mail"));
	assert_false(look_wanted(&w->args, "other"));
	w->args.identities[1] = "other";
	assert_int_equal(look_names(&w->a, &w->e), EC_USAGE);
	assert_true(look_wanted(&w->args, "other"));
}

/* ---- words ---- */

/* The new key is the current one from its creation to the end of the old. */
static void
test_which_key(void **state)
{
	struct rec r = { .old.id = "AKIAOLD", .new.id = "AKIANEW" };

	(void)state;
	for (int s = 0; s < ROT__MAX; s++) {
		const enum rot_state at = (enum rot_state)s;
		const bool want =
		    (at >= ROT_CREATED && at <= ROT_DEL) || at == ROT_RB;
		const bool leaving = at >= ROT_GRACE && at <= ROT_DEL;

		if (at == ROT_BLOCKED)
			continue;
		for (int blocked = 0; blocked < 2; blocked++) {
			r.state = blocked ? ROT_BLOCKED : at;
			r.resume = at;
			assert_int_equal(look_state(&r), at);
			assert_int_equal(look_has_new(&r), want);
			assert_string_equal(
			    look_current(&r)->id, want ? "AKIANEW" : "AKIAOLD");
			assert_int_equal(look_old_is_leaving(&r), leaving);
		}
	}
	r.state = ROT_GRACE;
	r.new.id[0] = r.old.id[0] = '\0';
	assert_false(look_has_new(&r));
	assert_false(look_old_is_leaving(&r));
}

static void
test_words(void **state)
{
	char age[CLOCK_TEXT_MAX], none[CLOCK_TEXT_MAX];

	(void)state;
	assert_string_equal(look_tls(SMTP_STARTTLS), "STARTTLS");
	assert_string_equal(look_tls(SMTP_IMPLICIT), "TLS");
	assert_string_equal(look_client_state(CL_VERIFIED), "verified");
	assert_string_equal(look_client_state(CL__MAX), "?");
	look_age(5000, 1000, none);
	look_age(1000, 1000, age);
	assert_string_equal(age, none); /* a clock that was set back */
	look_age(1000, 3999, age);
	clock_span_text(2000, none);
	assert_string_equal(age, none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_nothing_yet, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_not_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(test_readings, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_confirmed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test(test_which_key),
		cmocka_unit_test(test_words),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
