/*
 * The engine in random weather (tests/sim/weather.c), seed after seed.
 * Whatever happens, no invariant breaks and in the end the world is tidy; and
 * of all that the simulator is able to meet, a long run meets everything. A
 * failure prints its seed and the whole story.
 *
 *   SIM_SEED     the first seed (1)
 *   SIM_ROUNDS   how many (20000)
 *   SIM_SECONDS  leave after so long, whatever is left of them
 *   SIM_JOBS     side by side (1)
 *   SIM_REACH    1: everything must be reached; so it must from 200000 on
 */
#include "scenario.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "people.h"
#include "weather.h"

#define ROUNDS_DEFAULT 20000
#define ROUNDS_REACH   200000
#define JOBS_MAX       64
#define PROGRESS_MS    10000

/* One process's share; in memory that all of them see. */
struct job {
	uint64_t seed, rounds;
	_Atomic uint64_t done;
	_Atomic bool failed;
	struct reach reach;
};

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s == NULL || *s == '\0' ? otherwise : strtoull(s, NULL, 10);
}

/* An assertion of the engine ends the process: the seed, at least. */
static volatile uint64_t current;

static void
tell_seed(int sig)
{
	char text[64];
	const int n = snprintf(text, sizeof(text), "# died: SIM_SEED=%llu\n",
	    (unsigned long long)current);

	(void)!write(STDERR_FILENO, text, (size_t)n);
	(void)signal(sig, SIG_DFL);
}

static void
work(struct job *j, int64_t until)
{
	(void)signal(SIGABRT, tell_seed);
	for (uint64_t i = 0; i < j->rounds; i++) {
		if (i % 64 == 0 && clock_mono() > until)
			return;
		current = j->seed + i;
		if (!weather_life(j->seed + i, false, &j->reach)) {
			/* Told again, in full. */
			(void)weather_life(j->seed + i, true, NULL);
			j->failed = true;
			return;
		}
		j->done++;
	}
}

static uint64_t
total(const struct job *jobs, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += jobs[i].done;
	return sum;
}

static void
progress(const struct job *jobs, size_t n, int64_t began)
{
	const uint64_t done = total(jobs, n);
	const int64_t ms = clock_mono() - began + 1;

	printf("# %llu lives in %lld s, %lld a second\n",
	    (unsigned long long)done, (long long)(ms / 1000),
	    (long long)(done * 1000 / (uint64_t)ms));
	(void)fflush(stdout);
}

/* A child that dies has failed, whatever it said. */
static bool
wait_for_all(struct job *jobs, size_t n, int64_t began)
{
	bool good = true;
	size_t left = n;
	int64_t next = began + PROGRESS_MS;

	while (left > 0) {
		int status;
		const pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid > 0) {
			left--;
			good = good && status == 0;
			continue;
		}
		if (clock_mono() > next) {
			progress(jobs, n, began);
			next += PROGRESS_MS;
		}
		clock_sleep(20);
	}
	return good;
}

static bool
run_jobs(struct job *jobs, size_t n, int64_t began, int64_t until)
{
	(void)fflush(NULL);
	if (n == 1) {
		work(&jobs[0], until);
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		const pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			work(&jobs[i], until);
			_exit(0);
		}
	}
	return wait_for_all(jobs, n, began);
}

static void
share(struct job *jobs, size_t n)
{
	const uint64_t rounds = number("SIM_ROUNDS", ROUNDS_DEFAULT);
	uint64_t seed = number("SIM_SEED", 1);

	for (size_t i = 0; i < n; i++) {
		jobs[i].seed = seed;
		jobs[i].rounds = rounds / n + (i < rounds % n);
		seed += jobs[i].rounds;
	}
}

static void
random_rotations(void **state)
{
	const uint64_t wanted = number("SIM_JOBS", 1);
	const size_t n = wanted > JOBS_MAX ? JOBS_MAX : (size_t)wanted;
	const int64_t began = clock_mono();
	const uint64_t seconds = number("SIM_SECONDS", 10000000);
	struct job *jobs = mmap(NULL, JOBS_MAX * sizeof(*jobs),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct reach *all = calloc(1, sizeof(*all));
	unsigned missing;
	bool failed = false;

	(void)state;
	assert_true(jobs != MAP_FAILED && all != NULL);
	share(jobs, n);
	failed = !run_jobs(jobs, n, began, began + (int64_t)seconds * 1000);
	for (size_t i = 0; i < n; i++) {
		reach_add(all, &jobs[i].reach);
		failed = failed || jobs[i].failed;
	}
	assert_false(failed);
	missing = reach_print(all, weather_names, people_names);
	reach_print_elsewhere();
	progress(jobs, n, began);
	printf("# from seed %llu; %u of all that can be met was never met\n",
	    (unsigned long long)jobs[0].seed, missing);
	if (number("SIM_REACH", total(jobs, n) >= ROUNDS_REACH))
		assert_int_equal(missing, 0);
	free(all);
	(void)munmap(jobs, JOBS_MAX * sizeof(*jobs));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rotations),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
