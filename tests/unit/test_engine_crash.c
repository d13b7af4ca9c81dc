/*
 * The engine dies: before and after every call to the outside, one by one, in
 * the main scenarios; then at every pair of calls, the second one during the
 * recovery from the first. Each time another process goes on, and at the end
 * the world is as if nothing had happened.
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"

struct scenario {
	const char *name;
	size_t clients;
	void (*arrange)(struct sim *w);
	/* What the operator does half-way, in this state. */
	enum rot_state when;
	void (*act)(struct sim *w);
	bool old_wins;  /* ends on the key of the beginning */
	unsigned pairs; /* every so many-th first crash; 0: no pairs */
};

static void
fresh(struct sim *w)
{
	(void)w;
}

static void
losses(struct sim *w)
{
	sim_fault(w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	sim_fault(w, CALL_CREATE, 2, 1, FAULT_LATE, 7 * SIM_MINUTE);
	sim_fault(w, CALL_OFF, 3, 1, FAULT_LATE, 3 * SIM_MINUTE);
	sim_fault(w, CALL_REMOVE, 3, 1, FAULT_AFTER, 0);
}

static void
late_off(struct sim *w)
{
	sim_fault(w, CALL_OFF, 1, 1, FAULT_LATE, 12 * SIM_MINUTE);
}

static void
refused(struct sim *w)
{
	w->refuse_new = true;
	w->identity.settle.timeout = SIM_MINUTE;
}

static void
accept_again(struct sim *w)
{
	w->refuse_new = false;
	w->force = true;
}

static void
emergency(struct sim *w)
{
	w->force = w->revoke = true;
}

static void
mixed(struct sim *w)
{
	w->clients[1].drv.read = NULL;
	w->clients[2].drv.activate = NULL;
	w->clients[2].delay = SIM_HOUR;
	w->confs[2].pickup = 6 * SIM_HOUR;
	sim_client_human(&w->clients[3]);
	w->clients[3].answers = true;
	w->clients[3].answer_after = 3 * SIM_HOUR;
}

static void
disk(struct sim *w)
{
	sim_fault(w, CALL_COMMIT, 3, 1, FAULT_FULL, 0);
	sim_fault(w, CALL_COMMIT, 9, 1, FAULT_AFTER, 0);
}

static const struct scenario scenarios[] = {
	{ "fresh, one client", 1, fresh, ROT__MAX, NULL, false, 3 },
	{ "fresh, three clients", 3, fresh, ROT__MAX, NULL, false, 12 },
	{ "every kind of client", 4, mixed, ROT__MAX, NULL, false, 24 },
	{ "lost and late answers", 2, losses, ROT__MAX, NULL, false, 24 },
	{ "full disk, failed fsync", 1, disk, ROT__MAX, NULL, false, 12 },
	{ "revoked", 2, emergency, ROT__MAX, NULL, false, 8 },
	{ "new key refused", 2, refused, ROT_IDLE, accept_again, false, 24 },
	{ "rollback in GRACE", 2, fresh, ROT_GRACE, sim_rollback, true, 12 },
	{ "rollback in QUIET", 2, late_off, ROT_QUIET, sim_rollback, true, 12 },
};

static void
arrange(const struct scenario *s, struct sim *w)
{
	sim_init(w, s->clients);
	s->arrange(w);
}

static void
play(const struct scenario *s, struct sim *w)
{
	if (s->act != NULL && sim_until(w, s->when))
		s->act(w);
	(void)sim_finish(w, ROUNDS);
}

static bool
as_it_should(const struct scenario *s, const struct sim *w)
{
	const bool old =
	    w->on_disk && strcmp(w->disk.old.id, w->keys[0].id) == 0;

	return w->bad[0] == '\0' && w->disk.state == ROT_IDLE &&
	    old == s->old_wins && sim_keys_count(w) == 1;
}

/* One life with its deaths; told again in full when it went wrong. */
static bool
survives(const struct scenario *s, unsigned long first, bool after,
    unsigned long second, unsigned long *ret_calls)
{
	for (int again = 0; again < 2; again++) {
		AUTO(sim) struct sim w;

		arrange(s, &w);
		w.crash_at = first;
		w.crash_after = after;
		w.crash_next = second;
		w.trace = again;
		play(s, &w);
		*ret_calls = w.calls;
		if (as_it_should(s, &w))
			return again == 0;
		if (again)
			(void)fprintf(stderr,
			    "# %s: died %s call %lu, then %lu: %s %s\n",
			    s->name, after ? "after" : "before", first, second,
			    rot_state_name(w.disk.state), w.bad);
	}
	return false;
}

static unsigned long
every_single(const struct scenario *s)
{
	unsigned long calls, n, ignored;

	assert_true(survives(s, 0, false, 0, &calls));
	for (n = 1; n <= calls; n++) {
		assert_true(survives(s, n, false, 0, &ignored));
		assert_true(survives(s, n, true, 0, &ignored));
	}
	return calls;
}

/* The recovery from the first death dies as well. */
static unsigned long
every_pair(const struct scenario *s, unsigned long calls, unsigned step)
{
	unsigned long runs = 0, ignored;

	for (unsigned long i = 1; i <= calls; i += step)
		for (unsigned long j = 1; j <= calls; j += 1) {
			const bool after = (i / step + j) % 2 == 0;

			assert_true(survives(s, i, after, j, &ignored));
			runs++;
			/* Nothing is left to die in. */
			if (i + j > 2 * calls)
				break;
		}
	return runs;
}

static void
singles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scenarios); i++) {
		unsigned long n = every_single(&scenarios[i]);

		print_message("# %s: %lu calls, %lu deaths\n",
		    scenarios[i].name, n, 2 * n);
	}
}

static void
pairs(void **state)
{
	const char *how = getenv("SIM_PAIRS"); /* "all": no sampling; "none" */
	const bool all = how != NULL && strcmp(how, "all") == 0;

	(void)state;
	if (how != NULL && strcmp(how, "none") == 0)
		return;
	for (size_t i = 0; i < COUNT(scenarios); i++) {
		const struct scenario *s = &scenarios[i];
		unsigned long calls, runs;

		assert_true(survives(s, 0, false, 0, &calls));
		runs = every_pair(s, calls, all ? 1 : s->pairs);
		print_message("# %s: %lu pairs of deaths\n", s->name, runs);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(singles),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
