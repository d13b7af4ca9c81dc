/* buf: the cap, the NUL, and that nothing changes when an add fails. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/buf.h"

static void
test_empty(void **state)
{
	AUTO(buf) struct buf b = BUF(4);

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_cut(&b, 0);
	buf_free(&b);
	assert_int_equal(b.len, 0);
}

static void
test_add_keeps_nul(void **state)
{
	AUTO(buf) struct buf b = BUF(100000);
	struct err e;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		assert_int_equal(buf_add(&b, "xyz", 3, &e), EC_OK);
		assert_int_equal(b.p[b.len], '\0');
	}
	assert_int_equal(b.len, 30000);
	for (size_t i = 0; i < b.len; i += 3)
		assert_memory_equal(b.p + i, "xyz", 3);
}

static void
test_cap_is_an_error(void **state)
{
	AUTO(buf) struct buf b = BUF(4);
	struct err e;

	(void)state;
	assert_int_equal(buf_adds(&b, "abc", &e), EC_OK);
	assert_int_equal(buf_adds(&b, "de", &e), EC_PROTO);
	assert_string_equal(buf_str(&b), "abc");
	assert_int_equal(buf_add(&b, "d", SIZE_MAX, &e), EC_PROTO);
	assert_int_equal(buf_addf(&b, &e, "%d", 12), EC_PROTO);
	assert_string_equal(buf_str(&b), "abc");
	assert_int_equal(buf_adds(&b, "d", &e), EC_OK);
	assert_string_equal(buf_str(&b), "abcd");
	assert_int_equal(buf_adds(&b, "", &e), EC_OK);
}

static void
test_format(void **state)
{
	AUTO(buf) struct buf b = BUF(1000);
	struct err e;

	(void)state;
	assert_int_equal(buf_addf(&b, &e, "%s=%d", "a", 1), EC_OK);
	assert_int_equal(buf_addf(&b, &e, "%200s", "z"), EC_OK);
	assert_int_equal(b.len, 203);
	assert_memory_equal(b.p, "a=1 ", 4);
	assert_int_equal(b.p[202], 'z');
}

static void
test_cut_wipes(void **state)
{
	AUTO(buf) struct buf b = BUF(100);
	struct err e;

	(void)state;
	assert_int_equal(buf_adds(&b, "user:hunter2", &e), EC_OK);
	buf_cut(&b, 99);
	assert_string_equal(buf_str(&b), "user:hunter2");
	buf_cut(&b, 5);
	assert_string_equal(buf_str(&b), "user:");
	for (size_t i = 5; i < b.cap; i++)
		assert_int_equal(b.p[i], '\0');
}

static int
pipe_with(const char *p, size_t n)
{
	int fd[2];

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fd[1], F_SETPIPE_SZ, 65536), 65536);
	assert_int_equal(write(fd[1], p, n), (ssize_t)n);
	(void)close(fd[1]);
	return fd[0];
}

static void
test_read(void **state)
{
	AUTO(free) char *p = malloc(60000);
	AUTO(fd) int fd = -1;
	AUTO(buf) struct buf b = BUF(60002);
	struct err e;

	(void)state;
	memset(p, 'q', 60000);
	fd = pipe_with(p, 60000);
	assert_int_equal(buf_adds(&b, "<", &e), EC_OK);
	assert_int_equal(buf_read(&b, fd, &e), EC_OK);
	assert_int_equal(b.len, 60001);
	assert_memory_equal(b.p + 1, p, 60000);
	assert_int_equal(b.p[0], '<');
}

static void
test_read_exactly_max(void **state)
{
	AUTO(fd) int fd = pipe_with("12345", 5);
	AUTO(buf) struct buf b = BUF(5);
	struct err e;

	(void)state;
	assert_int_equal(buf_read(&b, fd, &e), EC_OK);
	assert_string_equal(buf_str(&b), "12345");
}

static void
test_read_over_max(void **state)
{
	AUTO(fd) int fd = pipe_with("123456", 6);
	AUTO(buf) struct buf b = BUF(6);
	struct err e;

	(void)state;
	assert_int_equal(buf_adds(&b, "<", &e), EC_OK);
	assert_int_equal(buf_read(&b, fd, &e), EC_PROTO);
	assert_string_equal(buf_str(&b), "<");
	for (size_t i = 1; i < b.cap; i++)
		assert_int_equal(b.p[i], '\0');
	assert_int_equal(buf_read(&b, -1, &e), EC_IO);
	assert_string_equal(buf_str(&b), "<");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_add_keeps_nul),
		cmocka_unit_test(test_cap_is_an_error),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_cut_wipes),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_exactly_max),
		cmocka_unit_test(test_read_over_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
