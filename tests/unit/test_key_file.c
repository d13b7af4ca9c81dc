/* key_file: files that hold a key to something. */
#include "client_fixture.h"

#include "clients/key_file.h"

extern const struct client_driver drv_file;

struct row {
	mode_t mode;
	gid_t group;
	enum ec mine, group_too, shared;
};

/* Nothing at all is asked of a file that everybody may have. */
static const struct row modes[] = {
	{ 0600, 65534, EC_OK, EC_OK, EC_OK },
	{ 0400, 65534, EC_OK, EC_OK, EC_OK },
	{ 0640, 65534, EC_CONFIG, EC_OK, EC_OK },
	{ 0660, 65534, EC_CONFIG, EC_CONFIG, EC_OK },
	{ 0644, 65534, EC_CONFIG, EC_CONFIG, EC_OK },
	{ 0620, 0, EC_CONFIG, EC_CONFIG, EC_OK },
	{ 0604, 0, EC_CONFIG, EC_CONFIG, EC_OK },
	{ 0602, 0, EC_CONFIG, EC_CONFIG, EC_OK },
	{ 0601, 0, EC_CONFIG, EC_CONFIG, EC_OK },
	{ 0640, 0, EC_OK, EC_OK, EC_OK },
};

static void
expect(struct fixture *fx, const char *path, const struct row *r,
    unsigned flags, enum ec want)
{
	AUTO(secret) struct secret *s = NULL;

	if (key_file_word(path, flags, &s, &fx->e) != want)
		fail_msg("mode %o, flags %u: %s", r->mode, flags, fx->e.what);
	if (want == EC_OK) {
		assert_string_equal(secret_reveal(s), "word");
		return;
	}
	assert_null(s);
	assert_non_null(strstr(fx->e.what, path));
	assert_non_null(strstr(fx->e.fix, "chmod 600"));
}

static void
who_may_read(void **state)
{
	struct fixture fx;
	const char *path;

	(void)state;
	fixture_open(&fx, &drv_file);
	fixture_put(&fx, "t", "  word\r\n");
	path = fixture_path(&fx, "t");
	for (size_t i = 0; i < COUNT(modes); i++) {
		const struct row *r = &modes[i];

		if (geteuid() == 0)
			assert_int_equal(chown(path, 0, r->group), 0);
		else if ((r->group == 0) == (r->mine == EC_OK))
			continue;
		assert_int_equal(chmod(path, r->mode), 0);
		expect(&fx, path, r, 0, r->mine);
		expect(&fx, path, r, KEY_FILE_GROUP, r->group_too);
		expect(&fx, path, r, KEY_FILE_SHARED, r->shared);
	}
	fixture_close(&fx);
}

static void
refused(struct fixture *fx, unsigned flags, const char *told)
{
	AUTO(secret) struct secret *s = NULL;
	const char *path = fixture_path(fx, "t");

	assert_int_equal(key_file_word(path, flags, &s, &fx->e), EC_CONFIG);
	assert_null(s);
	assert_non_null(strstr(fx->e.what, path));
	fixture_told(fx, told);
	assert_string_not_equal(fx->e.fix, "");
}

static void
no_files(void **state)
{
	struct fixture fx;
	const char *path;

	(void)state;
	for (unsigned flags = 0; flags <= KEY_FILE_SHARED; flags++) {
		fixture_open(&fx, &drv_file);
		path = fixture_path(&fx, "t");
		refused(&fx, flags, "no such file");
		assert_int_equal(mkfifo(path, 0600), 0); /* must not wait */
		refused(&fx, flags, "not a regular file");
		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink("/dev/null", path), 0);
		refused(&fx, flags, "not a regular file");
		fixture_close(&fx);
	}
}

static void
no_words(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{ "", "is empty" },
		{ " \n\t\r\n", "is empty" },
		{ "two words", "not one word" },
		{ "two\nlines", "not one word" },
		{ "caf\xc3\xa9", "not one word" },
		{ "del\x7f", "not one word" },
	};
	struct fixture fx;

	(void)state;
	fixture_open(&fx, &drv_file);
	for (size_t i = 0; i < COUNT(rows); i++) {
		fixture_put(&fx, "t", rows[i].text);
		assert_int_equal(chmod(fixture_path(&fx, "t"), 0600), 0);
		refused(&fx, 0, rows[i].told);
	}
	fixture_close(&fx);
}

static void
too_long(void **state)
{
	AUTO(buf) struct buf b = BUF(4);
	struct fixture fx;
	const char *path;

	(void)state;
	fixture_open(&fx, &drv_file);
	path = fixture_path(&fx, "t");
	fixture_put(&fx, "t", "12345");
	assert_int_equal(key_file_read(path, 0, &b, &fx.e), EC_PROTO);
	assert_non_null(strstr(fx.e.what, path));
	assert_int_equal(b.len, 0);
	fixture_put(&fx, "t", "1234");
	assert_int_equal(key_file_read(path, 0, &b, &fx.e), EC_OK);
	assert_string_equal(buf_str(&b), "1234");
	fixture_close(&fx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_read),
		cmocka_unit_test(no_files),
		cmocka_unit_test(no_words),
		cmocka_unit_test(too_long),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
