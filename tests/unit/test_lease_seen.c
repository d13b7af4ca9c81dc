/* store_dynamodb_seen: what was seen of another's lease is kept as every file
 * here is kept, and what is wrong with it costs time, never a lease. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/net.h"
#include "base/secret.h"
#include "fake_env.h"
#include "rotator/store_dynamodb_p.h"

#define TTL 60000

struct world {
	char dir[64], path[128];
	struct fake_env f;
	struct net *net;
	struct dyn d;
	int64_t now;
	struct err e;
};

static int64_t
mono(void *ctx)
{
	const struct world *w = ctx;

	return w->now;
}

static int
begin(void **state)
{
	const struct aws_options o = { .region = "us-east-1" };
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/seen.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->path, sizeof(w->path), "%s/state/seen", w->dir);
	fake_env_init(&w->f);
	fake_env_set(&w->f, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	fake_env_set(&w->f, "AWS_SECRET_ACCESS_KEY", "secret");
	assert_int_equal(net_new(NULL, &w->net, &w->e), EC_OK);
	assert_int_equal(
	    aws_open(w->net, &w->f.env, &o, &w->d.aws, &w->e), EC_OK);
	(void)snprintf(w->d.table, sizeof(w->d.table), "table");
	(void)snprintf(w->d.seen, sizeof(w->d.seen), "%s", w->path);
	w->d.mono = mono;
	w->d.ctx = w;
	w->d.root.fence = 7;
	w->now = 1000;
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
	struct world *w = *state;

	aws_close(w->d.aws);
	net_free(w->net);
	fake_env_end(&w->f);
	(void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

/* How long it must still be silent. */
static int64_t
silent(struct world *w)
{
	int64_t left = -1;
	const enum ec ec = seen_silent(&w->d, TTL, &left, &w->e);

	if (ec != EC_OK)
		print_error("%s | %s\n", w->e.what, w->e.fix);
	assert_int_equal(ec, EC_OK);
	return left;
}

static void
text(const struct world *w, char ret[512])
{
	AUTO(buf) struct buf b = BUF(511);
	struct err e;

	assert_int_equal(file_read(w->path, &b, &e), EC_OK);
	(void)snprintf(ret, 512, "%s", buf_str(&b));
}

static void
put(const struct world *w, const char *s)
{
	FILE *f = fopen(w->path, "we");

	assert_non_null(f);
	assert_true(fputs(s, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(w->path, 0600), 0);
}

/* The span goes on from run to run, and anew with each sign of life. */
static void
test_span(void **state)
{
	struct world *w = *state;
	struct stat st;

	assert_int_equal(silent(w), TTL);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	w->now += TTL - 1;
	assert_int_equal(silent(w), 1);
	w->now++;
	assert_int_equal(silent(w), 0);
	w->d.root.beat++;
	assert_int_equal(silent(w), TTL);
	w->now += TTL;
	assert_int_equal(silent(w), 0);
	w->d.root.fence++;
	assert_int_equal(silent(w), TTL);
	w->now = 0; /* the clock of another boot */
	assert_int_equal(silent(w), TTL);
}

/* Half a line, nothing, anything: the span begins anew. */
static void
test_torn(void **state)
{
	struct world *w = *state;
	char whole[512], part[512];

	assert_int_equal(silent(w), TTL);
	text(w, whole);
	w->now += TTL;
	for (size_t n = 0; n < strlen(whole); n++) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, whole);
		put(w, part);
		assert_int_equal(silent(w), TTL);
	}
	put(w, whole);
	assert_int_equal(silent(w), 0);
}

/* A link is not replaced: what it leads to is. */
static void
test_link(void **state)
{
	struct world *w = *state;
	char to[128];
	struct stat st;

	assert_int_equal(silent(w), TTL);
	(void)snprintf(to, sizeof(to), "%s/state/elsewhere", w->dir);
	assert_int_equal(rename(w->path, to), 0);
	assert_int_equal(symlink(to, w->path), 0);
	w->d.root.beat++;
	assert_int_equal(silent(w), TTL);
	assert_int_equal(lstat(w->path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	w->now += TTL;
	assert_int_equal(silent(w), 0);
}

/* A directory into which others may put links and files of theirs. */
static void
test_open_to_others(void **state)
{
	struct world *w = *state;
	char dir[128];
	int64_t left = 0;

	assert_int_equal(silent(w), TTL);
	(void)snprintf(dir, sizeof(dir), "%s/state", w->dir);
	assert_int_equal(chmod(dir, 0777), 0);
	w->d.root.beat++;
	assert_int_equal(seen_silent(&w->d, TTL, &left, &w->e), EC_CONFIG);
	assert_int_equal(left, TTL);
	assert_non_null(strstr(w->e.what, dir));
}

/* A disk that is full: said, what was seen before is still there, and nothing
 * lies beside it. */
static void
test_full(void **state)
{
	const struct rlimit none = { 0, RLIM_INFINITY };
	struct world *w = *state;
	char before[512], after[512], dir[128];
	struct rlimit was;
	int64_t left = 0;
	enum ec ec;

	assert_int_equal(silent(w), TTL);
	text(w, before);
	w->d.root.beat++;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	ec = seen_silent(&w->d, TTL, &left, &w->e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(ec, EC_IO);
	assert_int_equal(left, TTL);
	assert_non_null(strstr(w->e.what, w->path));
	text(w, after);
	assert_string_equal(before, after);
	assert_int_equal(unlink(w->path), 0);
	(void)snprintf(dir, sizeof(dir), "%s/state", w->dir);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_span, begin, end),
		cmocka_unit_test_setup_teardown(test_torn, begin, end),
		cmocka_unit_test_setup_teardown(test_link, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_open_to_others, begin, end),
		cmocka_unit_test_setup_teardown(test_full, begin, end),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	return cmocka_run_group_tests_name("lease seen", tests, NULL, NULL);
}
