/* A full or failing disk: the record stays as it was, the error says what to
 * do, and the reserve is worth its space. */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "store_world.h"

static void
make_big(struct rec *r)
{
	struct err e;

	for (int i = 0; i < 200; i++) {
		struct rec_client *c;
		char name[32];

		(void)snprintf(name, sizeof(name), "client-%d", i);
		WANT(EC_OK, rec_client_add(r, name, &c, &e));
		memset(c->error, 'x', sizeof(c->error) - 1);
	}
}

/* Mounts of this process are seen by nobody else and end with it. */
static void
small_disk(const struct conform *c)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0)
		skip();
	assert_int_equal(
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mkdir(c->place, 0700), 0);
	assert_int_equal(
	    mount("tmpfs", c->place, "tmpfs", 0, "size=1m,mode=0700"), 0);
}

static void
fill(const struct conform *c)
{
	static const char zeros[4096];
	char path[PATH_MAX];
	AUTO(fd) int fd = -1;

	in_place(c, "filler", path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		continue;
	assert_int_equal(errno, ENOSPC);
}

static void
test_full(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	small_disk(c);
	furnish(c);
	assert_true(has(c, "spare"));
	leased(c, &s);
	WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
	make_big(&r);
	fill(c);
	WANT(EC_IO, s.commit(s.ctx, T0, &r, NULL, &e));
	assert_int_equal(e.sys, ENOSPC);
	assert_non_null(strstr(e.what, c->place));
	assert_non_null(strstr(e.fix, "df -h"));
	assert_int_equal(r.version, 2);
	assert_loads(&s, "shop", 2, "user");
	assert_true(s.relief(s.ctx));
	assert_false(s.relief(s.ctx));
	keep(&s, &r, "three");
	auto_store(&s);
	in_place(c, "filler", path);
	assert_int_equal(unlink(path), 0);
	reopen(c, &s); /* after an owner that did not give its lease back */
	assert_loads(&s, "shop", 3, "user");
	assert_true(has(c, "spare"));
	assert_events(&s, NULL, FURNISHED "5 shop state three\n");
	auto_store(&s);
	assert_int_equal(umount(c->place), 0);
}

/* No room for anything: no half a database stays behind. */
static void
test_full_at_birth(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX];

	small_disk(c);
	fill(c);
	WANT(EC_IO, c->open(c, &s, &e));
	assert_false(has(c, "rotate.db"));
	in_place(c, "filler", path);
	assert_int_equal(unlink(path), 0);
	furnish(c);
	assert_int_equal(umount(c->place), 0);
}

/* A disk that fails in the middle: nothing that this connection says is
 * believed afterwards. A limit on file size makes write() fail. */
static void
test_failing(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	AUTO(rec) struct rec again = { 0 };
	struct rlimit had, none = { 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &s);
	WANT(EC_OK, s.load(s.ctx, "shop", &r, &e));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &had), 0);
	none.rlim_max = had.rlim_max;
	none.rlim_cur = 8192;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	make_big(&r);
	WANT(EC_IO, s.commit(s.ctx, T0, &r, NULL, &e));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &had), 0);
	assert_int_equal(r.version, 2);
	WANT(EC_IO, s.commit(s.ctx, T0, &r, NULL, &e));
	WANT(EC_IO, s.load(s.ctx, "shop", &again, &e));
	WANT(EC_IO, s.fence(s.ctx, T0, &e));
	reopen(c, &s);
	WANT(EC_OK, s.lease(s.ctx, T0 + TTL, TTL, &e));
	assert_loads(&s, "shop", 2, "user");
	keep(&s, &r, "three");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, world_make, world_end)
		T(test_full),
		T(test_full_at_birth),
		T(test_failing),
	};

	(void)signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("store disk", tests, NULL, NULL);
}
