/* quiet: a run rests only while the files and the store are what they were
 * when nothing was due, and while the clock allows it. Each test is one way in
 * which that ends. */
#include "unread_scene.h"

extern const struct command cmd_run;

/* As a run that looked at everything at that moment and found nothing. */
static void
full_look(struct scene *w, int64_t now, enum ec ended)
{
	struct quiet q;
	enum ec ec = EC_BUG;
	struct err e;

	(void)quiet_look(&w->app, now, &q, &ec);
	assert_int_equal(app_store(&w->app, STORE_RW, &e), EC_OK);
	assert_int_equal(quiet_keep(&w->app, &q, ended, &e), EC_OK);
	close_app(w);
}

static bool
rests(struct scene *w, int64_t now, enum ec *ret)
{
	struct quiet q;
	bool yes = quiet_look(&w->app, now, &q, ret);

	assert_null(w->app.config);
	assert_null(w->app.store.ctx);
	assert_null(w->app.net);
	return yes;
}

static bool
rests_now(struct scene *w)
{
	enum ec ec = EC_BUG;

	return rests(w, w->now, &ec);
}

/* It rests now; the test goes on to end that. */
static void
settle(struct scene *w)
{
	full_look(w, w->now, EC_OK);
	assert_true(rests_now(w));
}

static void
test_rests(void **state)
{
	struct scene *w = *state;
	enum ec ec = EC_BUG;

	assert_false(rests_now(w)); /* nobody has looked yet */
	full_look(w, w->now, EC_OK);
	assert_true(rests(w, w->now, &ec));
	assert_int_equal(ec, EC_OK);
	full_look(w, w->now, EC_LATER);
	assert_true(rests(w, w->now, &ec));
	assert_int_equal(ec, EC_LATER);
}

static void
test_failures_are_not_kept(void **state)
{
	struct scene *w = *state;
	AUTO(buf) struct buf value = BUF(256);
	AUTO(store) struct store s = { 0 };
	struct err e;

	full_look(w, w->now, EC_HUMAN);
	assert_false(rests_now(w));
	full_look(w, w->now, EC_CONFIG);
	assert_false(rests_now(w));
	open_store(w, &s);
	assert_int_equal(s.meta_get(s.ctx, "quiet", &value, &e), EC_GONE);
}

static void
test_clock(void **state)
{
	struct scene *w = *state;
	enum ec ec;

	settle(w);
	assert_false(rests(w, w->now - 1, &ec)); /* set back */
	assert_true(rests(w, w->now + DAY - 1, &ec));
	assert_false(rests(w, w->now + DAY, &ec));
	rows(w, ROT_GRACE, w->now + 30 * DAY, w->now + HOUR);
	full_look(w, w->now, EC_LATER);
	assert_true(rests(w, w->now + HOUR - 1, &ec));
	assert_false(rests(w, w->now + HOUR, &ec));
	assert_false(rests(w, w->now + 2 * HOUR, &ec));
}

static void
test_due_is_not_kept(void **state)
{
	struct scene *w = *state;

	rows(w, ROT_IDLE, w->now + DAY, w->now);
	full_look(w, w->now, EC_OK);
	assert_false(rests_now(w));
	/* written while the clock was wrong: not believed */
	rows(w, ROT_GRACE, w->now + DAY, w->now + 40 * DAY);
	full_look(w, w->now, EC_LATER);
	assert_false(rests_now(w));
	rows(w, ROT_IDLE, w->now + DAY, w->now + 1000 * DAY);
	full_look(w, w->now, EC_OK);
	assert_false(rests_now(w));
}

static void
test_without_a_row(void **state)
{
	struct scene *w = *state;

	put(w, "clients.d/new.yaml",
	    "identities:\n- name: third\n  regions: [us-east-1]\n");
	full_look(w, w->now, EC_OK);
	assert_false(rests_now(w));
}

/* Somebody who left the configuration is due for ever, and nobody cares. */
static void
test_row_of_a_stranger(void **state)
{
	struct scene *w = *state;
	char path[256];

	rows(w, ROT_IDLE, w->now + DAY, w->now - DAY);
	assert_int_equal(unlink(at(w, "clients.d/more.yaml", path)), 0);
	settle(w);
}

static void
test_other_questions(void **state)
{
	struct scene *w = *state;

	settle(w);
	w->args.force = true;
	assert_false(rests_now(w));
	w->args.force = false;
	w->args.wait = true;
	assert_false(rests_now(w));
	w->args.wait = false;
	w->args.dry_run = true;
	assert_false(rests_now(w));
	w->args.dry_run = false;
	w->args.identities[0] = "first";
	assert_false(rests_now(w));
	full_look(w, w->now, EC_OK); /* nor is it kept then */
	w->args.identities[0] = NULL;
	assert_true(rests_now(w));
}

/* As a mounted ConfigMap does: the name is a link, its target another one. */
static void
change_link(struct scene *w)
{
	char from[256], to[256];

	assert_int_equal(
	    rename(at(w, "rotate.yaml", from), at(w, "a.yaml", to)), 0);
	assert_int_equal(symlink("a.yaml", from), 0);
	full_look(w, w->now, EC_OK);
	assert_true(rests_now(w));
	assert_int_equal(unlink(from), 0);
	put_main(w, at(w, "state", to));
	assert_int_equal(
	    rename(at(w, "rotate.yaml", from), at(w, "b.yaml", to)), 0);
	assert_int_equal(symlink("b.yaml", from), 0);
}

/* ---- the store --------------------------------------------------------- */

static void
change_record(struct scene *w)
{
	AUTO(store) struct store s = { 0 };

	open_store(w, &s);
	put_row(&s, "second", ROT_IDLE, w->now + 20 * DAY);
	s.unlease(s.ctx);
}

static void
change_event(struct scene *w)
{
	AUTO(store) struct store s = { 0 };
	const struct event ev = { .at = 1,
		.identity = "first",
		.what = "confirm",
		.text = "somebody says so" };
	struct err e;

	open_store(w, &s);
	assert_int_equal(s.note(s.ctx, &ev, &e), EC_OK);
}

static void
change_hold(struct scene *w)
{
	AUTO(store) struct store s = { 0 };
	const struct hold h = { .held = true, .by = "me", .reason = "so" };
	struct err e;

	open_store(w, &s);
	assert_int_equal(s.hold_set(s.ctx, "first", &h, &e), EC_OK);
}

static void
keep_value(struct scene *w, const char *value)
{
	AUTO(store) struct store s = { 0 };
	struct err e;

	open_store(w, &s);
	assert_int_equal(s.meta_set(s.ctx, "quiet", value, &e), EC_OK);
}

static void
change_value_short(struct scene *w)
{
	keep_value(w, "ok");
}

static void
change_value_empty(struct scene *w)
{
	keep_value(w, "");
}

/* A longer rest than was found to be safe. */
static void
change_value_until(struct scene *w)
{
	AUTO(buf) struct buf value = BUF(256);
	AUTO(store) struct store s = { 0 };
	struct err e;
	char *end;

	open_store(w, &s);
	assert_int_equal(s.meta_get(s.ctx, "quiet", &value, &e), EC_OK);
	end = strrchr(value.p, ' ') - 1;
	*end = *end == '9' ? '8' : '9';
	assert_int_equal(s.meta_set(s.ctx, "quiet", value.p, &e), EC_OK);
}

static void
change_store_mode(struct scene *w)
{
	char path[256];

	assert_int_equal(chmod(at(w, "state", path), 0755), 0);
}

static void
change_no_store(struct scene *w)
{
	char from[256], to[256];

	assert_int_equal(rename(at(w, "state", from), at(w, "gone", to)), 0);
}

static void
change_damage(struct scene *w)
{
	put(w, "state/rotate.db", "SQLite format 3");
}

static const struct change other_changes[] = {
	{ "link", change_link },
	{ "record", change_record },
	{ "event", change_event },
	{ "hold", change_hold },
	{ "short value", change_value_short },
	{ "empty value", change_value_empty },
	{ "until", change_value_until },
	{ "mode of the store", change_store_mode },
	{ "no store", change_no_store },
	{ "damage", change_damage },
};

static void
ends_rest(const struct change *c)
{
	void *w = NULL;

	assert_int_equal(begin(&w), 0);
	settle(w);
	c->change(w);
	if (rests_now(w)) {
		print_error("rests after: %s\n", c->name);
		assert_true(false);
	}
	assert_int_equal(end(&w), 0);
}

static void
test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(file_changes); i++)
		ends_rest(&file_changes[i]);
	for (size_t i = 0; i < COUNT(other_changes); i++)
		ends_rest(&other_changes[i]);
}

/* Its log lies beside the database: what is in the file is not all. */
static void
test_writer(void **state)
{
	struct scene *w = *state;
	AUTO(store) struct store s = { 0 };

	settle(w);
	open_store(w, &s);
	assert_false(rests_now(w));
	s.unlease(s.ctx);
	auto_store(&s);
	assert_true(rests_now(w));
}

/* It could be written again within the same tick. */
static void
test_young_file(void **state)
{
	struct scene *w = *state;
	struct stat st;
	int64_t changed;
	enum ec ec;

	assert_int_equal(stat(w->config, &st), 0);
	changed =
	    (int64_t)st.st_ctim.tv_sec * 1000 + st.st_ctim.tv_nsec / 1000000;
	full_look(w, changed + UNREAD_GRAIN_MS - 1, EC_OK);
	assert_false(rests(w, w->now, &ec));
	full_look(w, changed + 2 * UNREAD_GRAIN_MS, EC_OK);
	assert_true(rests(w, w->now, &ec));
}

/* ---- where the state is ------------------------------------------------ */

static void
test_state_words(void **state)
{
	static const struct {
		const char *text, *guess;
	} cases[] = {
		{ "state: /a/b\n", "/a/b" },
		{ "account: x\nstate:   /a/b # here\n", "/a/b" },
		{ "x:\nstate: '/a b'\n", "/a b" },
		{ "x:\r\nstate: \"/a\"\r\n", "/a" },
		{ "state: /a", "/a" },
		{ " state: /a\nestate: /b\n", "/var/lib/ses-smtp-rotator" },
		{ "", "/var/lib/ses-smtp-rotator" },
		{ "state:\n", NULL },
		{ "state: '/a\n", NULL },
	};
	struct scene *w = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(buf) struct buf b = BUF(256);
		struct err e;
		enum ec ec;

		put(w, "rotate.yaml", cases[i].text);
		ec = config_state_guess(w->config, &b, &e);
		assert_int_equal(ec == EC_OK, cases[i].guess != NULL);
		if (ec == EC_OK)
			assert_string_equal(buf_str(&b), cases[i].guess);
	}
}

static void
copy(const struct scene *w, const char *from, const char *to)
{
	AUTO(buf) struct buf b = BUF((size_t)1024 * 1024);
	char path[256];
	AUTO(fd) int in = open(at(w, from, path), O_RDONLY | O_CLOEXEC);
	AUTO(fd) int out = -1;
	struct err e;

	assert_int_equal(buf_read(&b, in, &e), EC_OK);
	out = open(at(w, to, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(out, b.p, b.len), (ssize_t)b.len);
}

/* The guess is wrong: what lies there is not believed, be it a copy. */
static void
test_wrong_guess(void **state)
{
	struct scene *w = *state;
	char text[600], path[256];

	settle(w);
	(void)snprintf(text, sizeof(text),
	    "account: \"123456789012\"\nalarm: [ /bin/true, \"\n"
	    "state: %s/other\n\"]\n\"state\": %s/state\nidentities:\n"
	    "- name: first\n  regions: [us-east-1]\n",
	    w->dir, w->dir);
	put(w, "rotate.yaml", text);
	full_look(w, w->now, EC_OK);
	assert_false(rests_now(w));
	assert_int_equal(mkdir(at(w, "other", path), 0700), 0);
	copy(w, "state/rotate.db", "other/rotate.db");
	assert_false(rests_now(w));
}

/* ---- the program ------------------------------------------------------- */

static void
test_command(void **state)
{
	struct scene *w = *state;
	struct quiet q;
	enum ec ec = EC_BUG;
	struct err e = { 0 };

	assert_false(quiet_look(&w->app, clock_wall(), &q, &ec));
	assert_int_equal(app_store(&w->app, STORE_RW, &e), EC_OK);
	q.seen.changed = 0; /* a test cannot wait until its files are old */
	assert_int_equal(quiet_keep(&w->app, &q, EC_LATER, &e), EC_OK);
	close_app(w);
	assert_int_equal(cmd_run.run(&w->app, &e), EC_LATER);
	assert_string_equal(e.what, "");
	assert_null(w->app.config);
	assert_null(w->app.store.ctx);
	assert_null(w->app.net); /* so no process for the network either */
	assert_null(w->app.aws);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rests, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_failures_are_not_kept, begin, end),
		cmocka_unit_test_setup_teardown(test_clock, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_due_is_not_kept, begin, end),
		cmocka_unit_test_setup_teardown(test_without_a_row, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_row_of_a_stranger, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_other_questions, begin, end),
		cmocka_unit_test(test_changes),
		cmocka_unit_test_setup_teardown(test_writer, begin, end),
		cmocka_unit_test_setup_teardown(test_young_file, begin, end),
		cmocka_unit_test_setup_teardown(test_state_words, begin, end),
		cmocka_unit_test_setup_teardown(test_wrong_guess, begin, end),
		cmocka_unit_test_setup_teardown(test_command, begin, end),
	};

	return cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
}
