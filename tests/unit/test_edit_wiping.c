/*
 * After a value was read and replaced in a nested format, no copy of it is
 * left in the memory of the process: not by us, not by libyaml or expat. The
 * test looks through all of its own memory. ASan keeps what was freed, so
 * nothing hides there.
 */
#include "edit_rows.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/secret.h"

#define LEN 40 /* of the value */
#define PART                                                                   \
	12 /* its beginning is looked for: a buffer that grew leaves it        \
	    */
#define HUGE ((size_t)256 << 20)
#define STEP ((size_t)1 << 20)

/* The value is made when it is needed and is in no other place. */
static char
letter(size_t i)
{
	return (char)('A' + (i * i * 7 + i * 3 + i / 5) % 26);
}

static void
make(char *ret)
{
	for (size_t i = 0; i < LEN; i++)
		ret[i] = letter(i);
	ret[LEN] = '\0';
}

static bool
is(const char *p)
{
	for (size_t i = 0; i < PART; i++)
		if (p[i] != letter(i))
			return false;
	return true;
}

/* How often it stands in these bytes. */
static unsigned
count(const char *p, size_t n)
{
	unsigned hits = 0;

	for (size_t i = 0; i + PART <= n; i++)
		if (p[i] == letter(0) && is(p + i))
			hits++;
	return hits;
}

static unsigned
search(void)
{
	static char chunk[STEP + LEN];
	const int mem = open("/proc/self/mem", O_RDONLY);
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned hits = 0;
	char line[512];

	assert_true(mem >= 0 && maps != NULL);
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to;
		char mode[8];

		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 ||
		    strncmp(mode, "rw", 2) != 0 || to - from > HUGE)
			continue;
		for (size_t at = from; at < to; at += STEP) {
			const size_t n =
			    to - at < sizeof(chunk) ? to - at : sizeof(chunk);
			const ssize_t got = pread(mem, chunk, n, (off_t)at);

			/* The chunk itself is one of the places. */
			if (got > 0 &&
			    !(at < (size_t)chunk + sizeof(chunk) &&
				at + n > (size_t)chunk))
				hits += count(chunk, (size_t)got);
			memset(chunk, 0, sizeof(chunk));
		}
	}
	(void)fclose(maps);
	(void)close(mem);
	return hits;
}

static const struct {
	const char *syntax, *before, *behind, *key;
} rows[] = {
	{ "json", "{\"m\":{\"name\":\"", "\",\"p\":\"x\"}}", "m.name" },
	{ "yaml", "m:\n  p: ", "\n  q: x\n", "m.p" },
	{ "yaml", "m:\n  p: \"\\x41", "\"\n", "m.p" },
	{ "yaml", "m:\n  - p=", "\n", "m.p" },
	{ "xml", "<m><p>&lt;", "</p></m>", "m.p" },
	{ "xml", "<m p='", "'/>", "m.@p" },
	{ "php", "<?php return ['m' => ['p' => '", "']];", "m.p" },
};

/* Reads it, replaces it, and puts it back. */
static void
work(size_t i)
{
	const struct edit_syntax *s = edit_syntax_find(rows[i].syntax);
	char value[LEN + 1];
	struct edit_pair pair = { rows[i].key, "new" };
	AUTO(buf) struct buf text = BUF(ROW_MAX);
	AUTO(buf) struct buf back = BUF(ROW_MAX);
	AUTO(buf) struct buf out = BUF(ROW_MAX);
	struct err e = { .what = "" };

	make(value);
	row_text(&text, rows[i].before);
	row_text(&text, value);
	row_text(&text, rows[i].behind);
	if (edit_get(s, &text, "f", pair.key, &back, &e) != EC_OK ||
	    edit_set(s, &text, "f", &pair, 1, &out, &e) != EC_OK)
		fail_msg("row %zu: %s", i, e.what);
	pair.value = value;
	if (edit_set(s, &out, "f", &pair, 1, &text, &e) != EC_OK)
		fail_msg("row %zu: %s", i, e.what);
	wipe(value, sizeof(value));
}

static void
nothing_is_left(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		work(i);
		if (search() != 0)
			fail_msg(
			    "row %zu, %s: a copy is left", i, rows[i].syntax);
	}
}

/* The search finds what a careless free() leaves. */
static void
search_works(void **state)
{
	char *volatile p = malloc(4096);

	(void)state;
	assert_non_null(p);
	make(p + 1000);
	assert_int_equal(search(), 1);
	memset(p, 0, 4096);
	assert_int_equal(search(), 0);
	free(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_works),
		cmocka_unit_test(nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
