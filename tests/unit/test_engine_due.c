/*
 * When a timer's run finds something to do: the very millisecond, and the
 * times that only a clock which was wrong can have written.
 */
#include "scenario.h"

#define HOUR ((int64_t)3600 * 1000)
/* The longest wait of a step, and what is taken for a wrong clock beyond. */
#define RETRY (6 * HOUR)
#define SLACK (24 * HOUR)

static const int64_t now = INT64_C(1790000000000);

static bool
due(const struct identity_conf *c, enum rot_state s, int64_t in)
{
	return rotation_is_due(c, s, now + in, now);
}

static void
at_its_time(void **state)
{
	const struct identity_conf c = { .max_age = 0 };

	(void)state;
	assert_true(due(&c, ROT_IDLE, -1));
	assert_true(due(&c, ROT_IDLE, 0));
	assert_false(due(&c, ROT_IDLE, 1));
	assert_true(due(&c, ROT_GRACE, 0));
	assert_false(due(&c, ROT_GRACE, 1));
}

/* Whatever is longest bounds it: a retry, max_age, the window of IAM. */
static void
not_by_a_clock_that_was_wrong(void **state)
{
	static const struct {
		int64_t max_age, late;
		enum rot_state s;
		int64_t longest;
	} rows[] = {
		{ 0, 0, ROT_IDLE, RETRY },
		{ RETRY - 1, RETRY - 1, ROT_IDLE, RETRY },
		{ RETRY + 1, 0, ROT_IDLE, RETRY + 1 },
		{ RETRY + 1, 0, ROT_GRACE, RETRY },
		{ 90 * SLACK, 0, ROT_IDLE, 90 * SLACK },
		{ 0, RETRY + 1, ROT_INTENT, RETRY + 1 },
		{ RETRY + 2, RETRY + 1, ROT_IDLE, RETRY + 2 },
		{ RETRY + 2, RETRY + 1, ROT_INTENT, RETRY + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct identity_conf c = { .max_age = rows[i].max_age,
			.late_window = rows[i].late };
		const int64_t last = rows[i].longest + SLACK;

		assert_false(due(&c, rows[i].s, last));
		assert_true(due(&c, rows[i].s, last + 1));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_its_time),
		cmocka_unit_test(not_by_a_clock_that_was_wrong),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
