/*
 * What the simulator has found: each of these broke an invariant, or had no
 * way out, in some random life (tests/sim/weather.c), and is told here as the
 * shortest story that shows it.
 */
#include "scenario.h"

#include "base/auto.h"
#include "rotator/adopt.h"

static void
drop(struct sim *w, const char *id)
{
	struct sim_key *k = sim_key(w, id);

	assert_non_null(k);
	k->others = true;
	sim_key_drop(w, k);
}

static void
turn(struct sim *w, const char *id, bool on)
{
	struct sim_key *k = sim_key(w, id);

	assert_non_null(k);
	k->others = true;
	sim_key_status(w, k, on);
}

/* The new key is deleted or switched off while clients wait for it: a person
 * is told, where it was pushed again and again for ever. */
static void
no_client_is_given_a_dead_key(void **state)
{
	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		unsigned writes;
		WORLD(w, 2);

		sim_fault(&w, CALL_WRITE, 1, 2, FAULT_FAIL, EC_IO);
		reaches(&w, ROT_PUSHING);
		writes = w.count[CALL_WRITE];
		if (gone)
			drop(&w, w.disk.new.id);
		else
			turn(&w, w.disk.new.id, false);
		sim_advance(&w, 2 * SIM_HOUR);
		assert_int_equal(sim_run(&w), EC_CONFLICT);
		blocks(&w, gone ? "is missing in IAM" : "is not Active in IAM");
		assert_int_equal(w.count[CALL_WRITE], writes);
		assert_string_equal(w.clients[0].user, w.keys[0].id);
	}
}

/* Both keys of a rotation are deleted: that is no end of it. */
static void
with_both_keys_gone_nothing_is_finished(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_advance(&w, 2 * SIM_HOUR);
	drop(&w, w.disk.old.id);
	drop(&w, w.disk.new.id);
	blocks(&w, "is missing in IAM");
}

/* ... and a key that is made by hand can be adopted, which was refused. */
static void
a_rotation_that_lost_its_key_can_be_left(void **state)
{
	struct sim_key *k;
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_advance(&w, 2 * SIM_HOUR);
	drop(&w, w.disk.old.id);
	drop(&w, w.disk.new.id);
	blocks(&w, "is missing in IAM");
	k = sim_key_make(&w, true);
	sim_advance(&w, SIM_MINUTE);
	sim_client_give(&w.clients[0], k);
	sim_adopt(&w, k->id, NULL);
	assert_string_equal(rot_state_name(w.disk.state), "IDLE");
	assert_string_equal(w.disk.old.id, k->id);
	assert_int_equal(w.disk.sent, 0);
	w.force = true;
	ends_on(&w, NULL);
	assert_string_not_equal(w.disk.old.id, k->id);
}

/* A rotation that can go on is not forgotten by adopt, nor one that waits for
 * a key that may still land. */
static void
adopt_forgets_no_rotation(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_LATE, 10 * SIM_MINUTE);
	reaches(&w, ROT_INTENT);
	sim_adopt(&w, w.keys[0].id, NULL);
	assert_string_equal(rot_state_name(w.disk.state), "INTENT");
	assert_int_equal(w.disk.sent, 1);
	reaches(&w, ROT_GRACE);
	sim_adopt(&w, w.disk.new.id, w.disk.old.id);
	assert_string_equal(rot_state_name(w.disk.state), "GRACE");
	rotates(&w);
}

/* A leftover that somebody uses: `adopt` is the remedy that the alarm names,
 * and it was refused. */
static void
a_used_leftover_can_be_adopted(void **state)
{
	struct sim_key *k;
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	sim_fault(&w, CALL_OFF, 1, 1, FAULT_BEFORE, 0);
	reaches(&w, ROT_ORPH);
	k = sim_key(&w, w.disk.orphan);
	sim_key_use(&w, k, true);
	sim_advance(&w, SIM_HOUR);
	blocks(&w, "looked like a leftover");
	assert_non_null(strstr(w.disk.alarm_fix, "rotate adopt"));
	sim_client_give(&w.clients[0], k);
	k->foreign = true;
	sim_adopt(&w, k->id, w.keys[0].id);
	assert_string_equal(rot_state_name(w.disk.state), "GRACE");
	ends_on(&w, k->id);
	assert_int_equal(sim_keys_count(&w), 1);
}

/* With adopt --retire a client that only a person can change counted as moved
 * without anybody's word. */
static void
adopt_asks_people_too(void **state)
{
	struct sim_key *k;
	WORLD(w, 2);
	(void)state;

	sim_client_human(&w.clients[1]);
	k = sim_key_make(&w, true);
	sim_advance(&w, SIM_HOUR);
	sim_client_give(&w.clients[0], k);
	sim_adopt(&w, k->id, w.keys[0].id);
	assert_string_equal(rot_state_name(w.disk.state), "GRACE");
	for (int i = 0; i < 30; i++) {
		(void)sim_run(&w);
		sim_advance(&w, SIM_HOUR);
	}
	fine(&w);
	assert_true(alive(&w, w.keys[0].id)); /* the person is still on it */
	assert_int_equal(w.last, EC_HUMAN);
	w.clients[1].answers = true;
	w.clients[1].asked_at = w.now;
	ends_on(&w, k->id);
}

/* With no client that shows the password of the key in use nothing can ever
 * be proved: said at once, not after days of grace, and for ever. */
static void
adopt_retires_nothing_that_cannot_be_proved(void **state)
{
	struct sim_key *k;
	WORLD(w, 0);
	(void)state;

	k = sim_key_make(&w, true);
	sim_advance(&w, SIM_HOUR);
	sim_adopt(&w, k->id, w.keys[0].id);
	assert_int_equal(w.err.ec, EC_USAGE);
	assert_non_null(strstr(w.err.what, "cannot be proved"));
	assert_non_null(strstr(w.err.fix, "delete it in IAM"));
	assert_false(w.on_disk);
}

/* Going back switches a key on that SES may not know at once: nobody is asked
 * to type it in before it works. */
static void
people_are_not_asked_for_a_key_that_does_not_work_yet(void **state)
{
	struct sim_key *k;
	WORLD(w, 1);
	(void)state;

	/* Its second rotation: of the first key nobody knows the password. */
	ends_on(&w, NULL);
	k = sim_key(&w, w.disk.old.id);
	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	w.force = true;
	reaches(&w, ROT_QUIET);
	assert_false(k->active);
	w.propagation = SIM_MINUTE;
	sim_rollback(&w);
	ends_on(&w, k->id); /* I1 at every call */
}

/* A list that is older than the leftover does not show it: so it was taken
 * for Inactive, and deleted later without ever having been so. */
static void
a_leftover_is_off_before_it_is_deleted(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	reaches(&w, ROT_INTENT);
	sim_advance(&w, SIM_HOUR);
	sim_fault(&w, CALL_LIST, 2, 1, FAULT_STALE, 3 * SIM_HOUR);
	reaches(&w, ROT_ORPHQ);
	assert_true(alive(&w, w.disk.orphan));
	rotates(&w);
}

/* The first key of a user is a minute old, and a list is older: it is not
 * gone, and is not forgotten. */
static void
a_young_key_behind_a_stale_list(void **state)
{
	char first[KEY_ID_MAX];
	WORLD(w, 1);
	(void)state;

	drop(&w, w.keys[0].id);
	w.clients[0].exempt = true;
	ends_on(&w, NULL);
	memcpy(first, w.disk.old.id, sizeof(first));
	sim_fault(&w, CALL_LIST, 1, 1, FAULT_STALE, SIM_MINUTE);
	w.force = true;
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_string_equal(w.disk.old.id, first);
	assert_string_equal(rot_state_name(w.disk.state), "IDLE");
	w.force = true;
	ends_on(&w, NULL);
	assert_null(sim_key(&w, first));
}

/* A way back ended by a clock that was a year ahead: it is tried again the
 * next day, not the next year. */
static void
a_pause_that_a_wrong_clock_made(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_rollback(&w);
	ends_on(&w, w.keys[0].id);
	assert_int_equal(w.disk.failures, 1);
	w.disk.next_at = w.now + 365 * SIM_DAY;
	assert_true(sim_due(&w));
	reaches(&w, ROT_GRACE);
	rotates(&w);
}

/* A client that a way back leaves alone was given the key that goes: the alarm
 * says what to do, and that helps. */
static void
a_client_left_alone_on_the_key_that_goes(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_WRITE, 2, 1, FAULT_FAIL, EC_IO);
	w.confs[1].required = false;
	reaches(&w, ROT_GRACE);
	w.confs[1].required = true;
	w.disk.clients[1].touched = false;
	sim_client_give(&w.clients[1], sim_key(&w, w.disk.new.id));
	w.clients[1].exempt = true;
	sim_rollback(&w);
	blocks(&w, "which is to be retired");
	assert_non_null(strstr(w.disk.alarm_fix, "give it AKIASIM"));
	sim_client_give(&w.clients[1], sim_key(&w, w.disk.new.id));
	sim_release(&w);
	ends_on(&w, w.keys[0].id);
}

/* A key that was adopted is known in one region only. No way back from it, and
 * then no way forward either: it was to be proved in every region. */
static void
an_adopted_key_needs_no_proof_of_every_region(void **state)
{
	struct sim_key *k;
	WORLD(w, 1);
	(void)state;

	w.regions[1] = "eu-west-1";
	k = sim_key_make(&w, true);
	sim_advance(&w, SIM_HOUR);
	sim_client_give(&w.clients[0], k);
	sim_adopt(&w, k->id, w.keys[0].id);
	assert_string_equal(rot_state_name(w.disk.state), "GRACE");
	sim_rollback(&w);
	blocks(&w, "no way back");
	sim_release(&w);
	ends_on(&w, k->id);
}

/* A client that comes to an adopted key in a region where none was, so that
 * nobody knows a password for it: it was tried without end and without a word
 * to anybody (the simulator, seed 770925695). */
static void
a_newcomer_whose_password_nobody_knows(void **state)
{
	static const struct {
		bool readable;
	} rows[] = { { true }, { false } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_client *c;
		struct sim_key *k;
		WORLD(w, 1);

		w.regions[1] = "eu-west-1";
		k = sim_key_make(&w, true);
		sim_advance(&w, SIM_HOUR);
		sim_client_give(&w.clients[0], k);
		sim_adopt(&w, k->id, w.keys[0].id);
		c = sim_client_add(&w, "late");
		sim_client_region(sim_conf(&w, "late"), "eu-west-1");
		c->exempt = true; /* its mail is not our affair yet */
		if (!rows[i].readable)
			c->drv.read = NULL;
		blocks(&w, "client late: no password of");
		assert_non_null(strstr(w.disk.alarm_fix, "rotate derive"));
		assert_non_null(strstr(w.disk.alarm_fix, k->id));
		assert_true(alive(&w, w.keys[0].id));
		if (rows[i].readable)
			sim_client_give(c, k);
		else
			sim_conf(&w, "late")->required = false;
		sim_release(&w);
		ends_on(&w, k->id);
	}
}

/* Going back after an adoption: the key that clients use since long was taken
 * for one that no client was ever given, and switched off without a grace. */
static void
a_way_back_after_an_adoption(void **state)
{
	struct sim_key *k;
	WORLD(w, 2);
	(void)state;

	k = sim_key_make(&w, true);
	sim_advance(&w, SIM_HOUR);
	w.clients[1].drv.read = NULL;
	sim_client_give(&w.clients[0], k);
	sim_client_give(&w.clients[1], k);
	sim_adopt(&w, k->id, w.keys[0].id);
	assert_string_equal(rot_state_name(w.disk.state), "GRACE");
	sim_rollback(&w);
	blocks(&w, "no way back");
	assert_true(alive(&w, k->id));
	sim_release(&w);
	ends_on(&w, k->id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_client_is_given_a_dead_key),
		cmocka_unit_test(with_both_keys_gone_nothing_is_finished),
		cmocka_unit_test(a_rotation_that_lost_its_key_can_be_left),
		cmocka_unit_test(adopt_forgets_no_rotation),
		cmocka_unit_test(a_used_leftover_can_be_adopted),
		cmocka_unit_test(adopt_asks_people_too),
		cmocka_unit_test(adopt_retires_nothing_that_cannot_be_proved),
		cmocka_unit_test(
		    people_are_not_asked_for_a_key_that_does_not_work_yet),
		cmocka_unit_test(a_leftover_is_off_before_it_is_deleted),
		cmocka_unit_test(a_young_key_behind_a_stale_list),
		cmocka_unit_test(a_pause_that_a_wrong_clock_made),
		cmocka_unit_test(a_client_left_alone_on_the_key_that_goes),
		cmocka_unit_test(an_adopted_key_needs_no_proof_of_every_region),
		cmocka_unit_test(a_newcomer_whose_password_nobody_knows),
		cmocka_unit_test(a_way_back_after_an_adoption),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
