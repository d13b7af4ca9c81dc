/* No key is made while there is nothing to seal its passwords with: it could
 * not be kept, and would have to go again at once. */
#include "scenario.h"

#include "base/auto.h"
#include "sim_seal.h"

static void
nothing_begins(void **state)
{
	struct seal s = { .away = true };
	WORLD(w, 1);
	(void)state;

	w.world.seal = &s;
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_non_null(strstr(w.err.what, "sealing key"));
	assert_int_equal(w.disk.state, ROT_IDLE);
	assert_int_equal(w.count[CALL_CREATE], 0);
	s.away = false;
	rotates(&w);
}

/* Begun and not sent: what was announced does not stand as a lost request. */
static void
nothing_is_sent(void **state)
{
	struct seal s = { .away = false };
	WORLD(w, 1);
	(void)state;

	w.world.seal = &s;
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
	reaches(&w, ROT_INTENT);
	assert_int_equal(w.count[CALL_CREATE], 1);
	s.away = true;
	for (int i = 0; i < 20; i++) {
		sim_advance(&w, SIM_DAY / 24);
		(void)sim_run(&w);
		fine(&w);
	}
	assert_int_equal(w.disk.state, ROT_INTENT);
	assert_int_equal(w.count[CALL_CREATE], 1);
	assert_int_equal(w.disk.sent, w.disk.answered + 1); /* the lost one */
	s.away = false;
	rotates(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_begins),
		cmocka_unit_test(nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
