/* out: escaped text is the same whichever way it is made, and a table stands
 * in columns whatever is in its cells. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "rotator/out_p.h"

static void
test_escape(void **state)
{
	uint64_t s = 0x9e3779b97f4a7c15;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		AUTO(buf) struct buf b = BUF(4096);
		char in[40] = "";
		char *want;
		struct err e;

		for (size_t k = 0; k + 1 < sizeof(in) && s % 39 != 0; k++) {
			s ^= s << 13;
			s ^= s >> 7;
			s ^= s << 17;
			in[k] = (char)(i % 2 == 0 ? s : s % 96 + 32);
		}
		want = out_text_escape(in);
		assert_int_equal(out_text_add(&b, in, &e), EC_OK);
		assert_string_equal(buf_str(&b), want);
		free(want);
	}
}

static void
test_no_room(void **state)
{
	AUTO(buf) struct buf b = BUF(3);
	struct err e;
	(void)state;

	assert_int_equal(out_text_add(&b, "abc", &e), EC_OK);
	assert_int_equal(out_text_add(&b, "", &e), EC_OK);
	assert_int_equal(out_text_add(&b, "\x1b", &e), EC_PROTO);
	assert_int_equal(out_text_add(&b, "d", &e), EC_PROTO);
}

/* What it prints, into a file. */
static void
printed(struct out_table *t, struct buf *ret)
{
	char path[] = "/tmp/out.XXXXXX";
	const int fd = mkostemp(path, O_CLOEXEC);
	const int kept = dup(STDOUT_FILENO);
	struct err e;

	assert_true(fd >= 0 && kept >= 0);
	(void)unlink(path);
	(void)fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	out_table_end(t);
	(void)fflush(stdout);
	assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(kept);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(buf_read(ret, fd, &e), EC_OK);
	(void)close(fd);
}

#define WIDE "0123456789012345678901234567890123456789"

static void
test_table(void **state)
{
	static const char *const heads[] = { "A", "LONGER", "LAST", NULL };
	AUTO(buf) struct buf b = BUF(65536);
	struct out_table *t = out_table_new(heads);
	char want[400];
	(void)state;

	out_table_text(t, RED, WIDE WIDE);
	out_table_cell(t, PLAIN, "%d%s", 7, "x");
	out_table_text(t, GREEN, "end");
	out_table_text(t, CYAN, "h\xc3\xbc\x1b[0m");
	out_table_text(t, PLAIN, "");
	out_table_cell(t, BOLD, "%s", "a\tb");
	out_table_text(NULL, PLAIN, "no table");
	printed(t, &b);
	(void)snprintf(want, sizeof(want),
	    "A%81sLONGER  LAST\n" WIDE WIDE "  7x      end\n"
	    "h\xc3\xbc\\x1b[0m%81sa\\tb\n",
	    "", "");
	assert_string_equal(buf_str(&b), want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
