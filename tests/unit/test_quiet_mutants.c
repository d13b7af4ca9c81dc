/*
 * The small decisions of a run that rests (tests/mutants): what a
 * configuration looks like when a part of it cannot be looked at, and when an
 * answer is kept.
 */
#include "calls.h"

#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "rotator/config_p.h"
#include "rotator/quiet.h"

STAND_IN(int, scandirat,
    (int d, const char *p, struct dirent ***list,
	int (*wanted)(const struct dirent *),
	int (*order)(const struct dirent **, const struct dirent **)),
    (d, p, list, wanted, order), -1)

struct scene {
	char dir[64], config[128];
};

static const char *
at(const struct scene *w, const char *name, char ret[256])
{
	(void)snprintf(ret, 256, "%s/%s", w->dir, name);
	return ret;
}

static void
put(const struct scene *w, const char *name, const char *text)
{
	char path[256];
	FILE *f = fopen(at(w, name, path), "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
begin(void **state)
{
	struct scene *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -1;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/quiet.XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	(void)snprintf(w->config, sizeof(w->config), "%s/rotate.yaml", w->dir);
	put(w, "rotate.yaml", "state: /a\n");
	*state = w;
	return 0;
}

static int
remove_one(const char *p, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(p);
}

static int
end(void **state)
{
	struct scene *w = *state;
	int rc = nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(w);
	return rc;
}

static enum ec
stamp(const char *path, char ret[4096], int64_t *ret_changed)
{
	struct config_stamp s = CONFIG_STAMP_INIT;
	struct err e = { 0 };
	enum ec ec = config_stamp(path, &s, &e);

	(void)snprintf(ret, 4096, "%s", buf_str(&s.text));
	*ret_changed = s.changed;
	buf_free(&s.text);
	return ec;
}

static int64_t
changed(const struct scene *w, const char *name)
{
	char path[256];
	struct stat st;

	assert_int_equal(stat(at(w, name, path), &st), 0);
	return (int64_t)st.st_ctim.tv_sec * 1000 + st.st_ctim.tv_nsec / 1000000;
}

/* No drop-ins are none; ones that cannot be looked at are no none. */
static void
test_drop_ins(void **state)
{
	struct scene *w = *state;
	char text[4096], path[256];
	int64_t when;

	assert_int_equal(stamp(w->config, text, &when), EC_OK);
	assert_non_null(strstr(text, "none\n"));
	put(w, "clients.d", "a file\n");
	assert_int_not_equal(stamp(w->config, text, &when), EC_OK);
	assert_int_equal(unlink(at(w, "clients.d", path)), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(stamp(w->config, text, &when), EC_OK);
	assert_null(strstr(text, "none\n"));
	call_arm("scandirat", 0, ENOMEM, 0);
	assert_int_not_equal(stamp(w->config, text, &when), EC_OK);
	assert_true(call_disarm());
}

/* The latest of all counts, wherever it stands. */
static void
test_latest(void **state)
{
	static const char *const names[] = { "rotate.yaml", "clients.d/a.yaml",
		"clients.d/b.yaml" };
	struct scene *w = *state;
	char text[4096], path[256];
	int64_t when;

	assert_int_equal(mkdir(at(w, "clients.d", path), 0700), 0);
	put(w, names[1], "");
	put(w, names[2], "");
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(stamp(w->config, text, &when), EC_OK);
		while (changed(w, names[i]) <= when) /* the clock goes on */
			assert_int_equal(chmod(at(w, names[i], path), 0600), 0);
		assert_int_equal(stamp(w->config, text, &when), EC_OK);
		assert_true(when == changed(w, names[i]));
	}
}

/* However it is named. */
static void
test_names(void **state)
{
	struct scene *w = *state;
	char text[4096], relative[256], here[PATH_MAX];
	int64_t when;

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir("/tmp"), 0);
	(void)snprintf(relative, sizeof(relative), "%s", w->config + 5);
	assert_int_equal(stamp(relative, text, &when), EC_OK);
	assert_int_equal(chdir(w->dir), 0);
	assert_int_equal(stamp("rotate.yaml", text, &when), EC_OK);
	assert_int_equal(stamp("/etc/passwd", text, &when), EC_OK);
	assert_int_equal(stamp("/no-such-file", text, &when), EC_GONE);
	assert_int_equal(chdir(here), 0);
	assert_int_equal(stamp("/no/such/file", text, &when), EC_GONE);
}

static enum ec
guess(const char *path)
{
	AUTO(buf) struct buf b = BUF(256);
	struct err e = { 0 };

	return config_state_guess(path, &b, &e);
}

static void
test_guess(void **state)
{
	struct scene *w = *state;

	assert_int_equal(guess("/no/such/file"), EC_GONE);
	assert_int_equal(guess(w->config), EC_OK);
	put(w, "rotate.yaml", "state: '/a\n");
	assert_int_equal(guess(w->config), EC_GONE);
}

/* Descriptor 0 is one like the others. */
static void
test_number_zero(void **state)
{
	struct scene *w = *state;
	char text[4096], path[256];
	int64_t when;

	assert_int_equal(mkdir(at(w, "clients.d", path), 0700), 0);
	(void)close(0);
	assert_int_equal(guess(w->config), EC_OK);
	assert_int_equal(stamp(w->config, text, &when), EC_OK);
	assert_int_equal(open("/dev/null", O_RDONLY), 0);
}

/* ---- keeping ----------------------------------------------------------- */

static struct config config; /* without identities: nothing is due */
static char state_dir[] = "/a";
static char kept[256];

static enum ec
kept_mark(void *ctx, struct buf *ret, struct err *e)
{
	(void)ctx;
	return buf_adds(ret, "mark", e);
}

static enum ec
kept_each(void *ctx, int64_t until,
    enum ec (*fn)(void *arg, const struct store_row *, struct err *), void *arg,
    struct err *e)
{
	(void)ctx;
	(void)until;
	(void)fn;
	(void)arg;
	(void)e;
	return EC_OK;
}

static enum ec
kept_set(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	(void)e;
	assert_string_equal(key, "quiet");
	(void)snprintf(kept, sizeof(kept), "%s", value);
	return EC_OK;
}

static bool
keeps(const struct app *a, const struct quiet *q, enum ec ended)
{
	struct app copy = *a;
	struct err e = { 0 };

	kept[0] = '\0';
	assert_int_equal(quiet_keep(&copy, q, ended, &e), EC_OK);
	return kept[0] != '\0';
}

/* Only of a run that has read all there is, files that are old enough, and a
 * store that has a mark. */
static void
test_keep(void **state)
{
	const struct app good = { .config = &config,
		.store = { .ctx = kept,
		    .mark = kept_mark,
		    .each = kept_each,
		    .meta_set = kept_set } };
	struct quiet q = { .asked = true,
		.seen = { .seen = true, .now = 100000000 } };
	struct app a = good;

	(void)state;
	config.state = state_dir;
	q.seen.changed = q.seen.now - UNREAD_GRAIN_MS;
	assert_true(keeps(&good, &q, EC_OK));
	assert_true(keeps(&good, &q, EC_LATER));
	assert_false(keeps(&good, &q, EC_HUMAN));
	q.seen.changed++;
	assert_false(keeps(&good, &q, EC_OK));
	q.seen.changed = 0;
	q.asked = false;
	assert_false(keeps(&good, &q, EC_OK));
	q.asked = true;
	a.config = NULL;
	assert_false(keeps(&a, &q, EC_OK));
	a = good;
	a.store.ctx = NULL;
	assert_false(keeps(&a, &q, EC_OK));
	a = good;
	a.store.mark = NULL;
	assert_false(keeps(&a, &q, EC_OK));
}

/* Files that cannot be looked at are not asked after. */
static void
test_not_asked(void **state)
{
	struct scene *w = *state;
	const struct args args = { .config = w->config };
	const struct app a = { .args = &args };
	struct quiet q;
	enum ec ec = EC_BUG;

	assert_false(quiet_look(&a, 1000, &q, &ec));
	assert_true(q.asked);
	put(w, "clients.d", "a file\n");
	assert_false(quiet_look(&a, 1000, &q, &ec));
	assert_false(q.asked);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, begin, end)
		T(test_drop_ins),
		T(test_latest),
		T(test_names),
		T(test_guess),
		T(test_number_zero),
		T(test_keep),
		T(test_not_asked),
	};

	return cmocka_run_group_tests_name(
	    "quiet, small decisions", tests, NULL, NULL);
}
