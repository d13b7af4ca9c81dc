/*
 * A process stands still behind its last look at the lease and before its
 * effect (sim_freeze.c). Another takes over, people act, and then the effect
 * goes out, late.
 */
#include "scenario.h"

#include <stdio.h>

#include "base/auto.h"

static void
stands_still_at(struct sim *w, unsigned long call, unsigned runs, int64_t ms)
{
	w->freeze_gap = true;
	w->freeze_at = call;
	w->freeze_runs = runs;
	w->freeze_ms = ms;
}

/* Over: on a key that works; or a person was told which client does not hold
 * what it should, and mail flows as far as that is ours to say (I1). */
static void
ends_well(struct sim *w)
{
	(void)sim_finish(w, ROUNDS);
	fine(w);
	if (w->disk.state == ROT_IDLE)
		return;
	assert_int_equal(w->disk.state, ROT_BLOCKED);
	assert_true(strstr(w->disk.alarm, "but holds") != NULL ||
	    strstr(w->disk.alarm, "holds AKIA") != NULL);
}

/*
 * At each call of a rotation in turn, for 6 minutes to 27 days, while another
 * rotator does what is due. The rotation is finished by that one; not even the
 * next one, begun meanwhile, is harmed unseen.
 */
static void
at_every_effect(void **state)
{
	(void)state;
	for (int64_t ms = 6 * SIM_MINUTE; ms < 30 * SIM_DAY; ms *= 3) {
		unsigned long calls = 200;

		for (unsigned long n = 1; n < calls; n++) {
			WORLD(w, 2);

			stands_still_at(&w, n, 4, ms);
			ends_well(&w);
			if (ms < SIM_DAY)
				assert_int_equal(w.disk.state, ROT_IDLE);
			if (n == 1)
				calls = w.calls;
		}
	}
}

static void
go_back(struct sim *w)
{
	const struct rec *r = &w->disk;
	const enum rot_state s = r->state == ROT_BLOCKED ? r->resume : r->state;

	if (s >= ROT_CREATED && s <= ROT_QUIET && !r->rollback)
		sim_rollback(w);
}

/* And somebody goes back as soon as he can: now what was right when it was
 * begun is wrong. */
static void
at_every_effect_and_back(void **state)
{
	unsigned told = 0;

	(void)state;
	for (int64_t ms = 6 * SIM_MINUTE; ms < 30 * SIM_DAY; ms *= 3) {
		unsigned long calls = 200;

		for (unsigned long n = 1; n < calls; n++) {
			WORLD(w, 2);

			stands_still_at(&w, n, 6, ms);
			w.meanwhile = go_back;
			ends_well(&w);
			told += w.alarms > 0;
			if (n == 1)
				calls = w.calls;
		}
	}
	assert_true(told > 100);
}

static void
revert_c0(struct sim *w)
{
	sim_client(w, "c0")->exempt = true;
	sim_client_give(sim_client(w, "c0"), &w->keys[0]);
	w->watch = ROT__MAX;
}

static void
go_back_at_once(struct sim *w)
{
	go_back(w);
	(void)sim_run(w);
}

/*
 * The point of no return: a call to delete is on its way and may still land,
 * and meanwhile the key is needed again. Nobody is given it before that call
 * cannot land any more.
 */
static void
a_deletion_on_its_way(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.watch = ROT_DEL;
	w.watch_call = CALL_REMOVE;
	w.event = revert_c0;
	reaches(&w, ROT_QUIET);
	stands_still_at(&w, w.calls, 1, 6 * SIM_MINUTE);
	w.meanwhile = go_back_at_once;
	(void)sim_finish(&w, ROUNDS);
	fine(&w);
	assert_string_not_equal(sim_client(&w, "c1")->user, w.keys[0].id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_every_effect),
		cmocka_unit_test(at_every_effect_and_back),
		cmocka_unit_test(a_deletion_on_its_way),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
