/*
 * The engine and the real store over a disk that loses what was not synced
 * (tests/sim/sim_disk.h): a process dies at each write in turn, and the power
 * with it, in each way; then random lives. The store opens again, is never
 * damaged, loses no commit that returned; no invariant breaks, and the
 * rotation ends.
 *
 *   DISK_STEP     every so many-th write only (7; 1: all)
 *   DISK_ROUNDS   random lives (100)
 *   SIM_SEED      the first of them (1)
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "sim_disk.h"
#include "weather.h"

static unsigned long
number(const char *name, unsigned long otherwise)
{
	const char *s = getenv(name);

	return s == NULL || *s == '\0' ? otherwise : strtoul(s, NULL, 10);
}

/* Returns how many writes there were. */
static uint64_t
one_death(uint64_t at, uint64_t seed)
{
	WORLD(w, 1);

	sim_sql_begin(&w, seed, 0);
	sim_sql_die_at(&w, at);
	rotates(&w);
	if (at != 0)
		assert_int_equal(w.crashes, 1);
	return disk_ops();
}

/* Without a death: the real store does what the virtual one does. */
static void
a_rotation_over_the_real_store(void **state)
{
	(void)state;
	assert_true(one_death(0, 1) > 100);
}

/* The seed chooses how the power fails, if it does: four ways, twice. */
static void
a_death_at_every_write(void **state)
{
	const unsigned long step = number("DISK_STEP", 7);
	const uint64_t n = one_death(0, 1);
	unsigned long deaths = 0;

	(void)state;
	for (uint64_t at = 1; at < n; at += step)
		for (uint64_t how = 0; how < 8; how++, deaths++)
			(void)one_death(at, at * 8 + how);
	print_message("# %lu deaths at %lu writes\n", deaths, (unsigned long)n);
}

static void
random_lives(void **state)
{
	const unsigned long n = number("DISK_ROUNDS", 100);
	const uint64_t seed = number("SIM_SEED", 1);
	struct reach *r = calloc(1, sizeof(*r));

	(void)state;
	for (uint64_t i = 0; i < n; i++) {
		if (weather_disk_life(seed + i, false, r))
			continue;
		(void)weather_disk_life(seed + i, true, NULL);
		assert_true(false);
	}
	print_message("# %lu lives, %llu rotations, %llu deaths, %llu times "
		      "the power failed\n",
	    n, (unsigned long long)r->rotations, (unsigned long long)r->deaths,
	    (unsigned long long)r->mode[MODE_B4]);
	assert_true(n < 100 || r->mode[MODE_B4] > n / 2);
	free(r);
}

static int
begin(void **state)
{
	disk_begin();
	return sim_tests_begin(state);
}

static int
end(void **state)
{
	(void)state;
	disk_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rotation_over_the_real_store),
		cmocka_unit_test(a_death_at_every_write),
		cmocka_unit_test(random_lives),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
