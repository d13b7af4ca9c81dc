/*
 * The engine and the clients: what is written, what is believed, what happens
 * when some fail, lie, lag or are people.
 */
#include "scenario.h"

#include "base/auto.h"
#include "rotator/push.h"

/* Clients whose bit is set fail for ever; returns with both keys alive. */
static void
some_fail(size_t n, unsigned mask)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3" };

	WORLD(w, n);
	for (size_t i = 0; i < n; i++)
		if (mask >> i & 1) {
			sim_fault(&w, CALL_WRITE, 0, 0, FAULT_FAIL, EC_IO);
			w.faults[w.n_faults - 1].client = names[i];
		}
	for (int i = 0; i < 30; i++) {
		(void)sim_run(&w);
		sim_advance(&w, SIM_DAY);
	}
	fine(&w);
	assert_int_equal(w.last, EC_CLIENT);
	assert_int_equal(w.disk.state, ROT_PUSHING);
	assert_true(alive(&w, w.disk.old.id) && alive(&w, w.disk.new.id));
	assert_int_equal(w.count[CALL_CREATE], 1); /* no new key each time */
	for (size_t i = 0; i < n; i++) {
		const bool failed = mask >> i & 1;

		assert_string_equal(
		    w.clients[i].user, failed ? w.disk.old.id : w.disk.new.id);
		assert_int_equal(w.disk.clients[i].error[0] != '\0', failed);
	}
	w.n_faults = 0; /* mended: it goes on where it stood */
	rotates(&w);
}

static void
any_subset_of_clients_fails(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 4; n++)
		for (unsigned mask = 1; mask < 1U << n; mask++)
			some_fail(n, mask);
}

static void
failing_reads_and_reloads(void **state)
{
	static const enum sim_call calls[] = { CALL_READ, CALL_WRITE,
		CALL_ACTIVATE };
	static const enum ec classes[] = { EC_TEMP, EC_DENIED, EC_CLIENT, EC_IO,
		EC_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++)
		for (size_t j = 0; j < COUNT(classes); j++) {
			/* Both were read before a key was made. */
			const unsigned nth = calls[i] == CALL_READ ? 3 : 1;
			WORLD(w, 2);

			sim_fault(&w, calls[i], nth, 3, FAULT_FAIL, classes[j]);
			rotates(&w);
			assert_int_equal(w.count[CALL_CREATE], 1);
			assert_int_equal(w.alarms, 0);
		}
}

static void
a_write_of_unknown_outcome(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_WRITE, 1, 3, FAULT_AFTER, 0);
	rotates(&w);
	/* What is there already may be lost in a power cut as long as no write
	 * of it has succeeded. */
	assert_int_equal(w.count[CALL_WRITE], 5);
}

static void
names_it_once(const struct sim *w, const char *begin)
{
	const char *what = w->err.what;

	if (strncmp(what, begin, strlen(begin)) != 0)
		assert_string_equal(what, begin); /* shows both */
	assert_null(strstr(what + strlen(begin), "client"));
}

static void
a_lying_client_is_found_out_at_once(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_fault(&w, CALL_WRITE, 1, 4, FAULT_LIE, 0);
	assert_int_equal(sim_run(&w), EC_CLIENT);
	names_it_once(&w, "client c0: holds ");
	assert_int_equal(w.disk.state, ROT_PUSHING);
	assert_memory_equal(w.disk.clients[0].error, "holds ", 6);
	reaches(&w, ROT_GRACE);
	assert_string_equal(w.disk.clients[0].error, "");
	rotates(&w);
}

static void
an_unreadable_liar_is_found_out_by_its_use(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.clients[0].drv.read = NULL;
	sim_fault(&w, CALL_WRITE, 1, 1, FAULT_LIE, 0);
	blocks(&w, "is still used");
	assert_true(alive(&w, w.keys[0].id));
	sim_release(&w); /* and now it does as it says */
	rotates(&w);
}

static void
a_reload_that_does_nothing_is_found_out_by_its_use(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_ACTIVATE, 1, 1, FAULT_LIE, 0);
	blocks(&w, "us-east-1");
	sim_release(&w);
	rotates(&w);
}

static void
unreadable_and_slow_clients(void **state)
{
	WORLD(w, 3);
	(void)state;

	w.clients[0].drv.read = NULL;
	w.clients[1].drv.activate = NULL;
	w.clients[1].delay = 20 * SIM_HOUR;
	w.confs[1].pickup = 20 * SIM_HOUR; /* longer than the grace */
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

static void
a_foreign_edit_is_not_overwritten(void **state)
{
	struct sim_client *c;

	WORLD(w, 2);
	(void)state;
	c = sim_client(&w, "c1");
	sim_fault(&w, CALL_WRITE, 2, 1, FAULT_FAIL, EC_IO);
	assert_int_equal(sim_run(&w), EC_CLIENT);
	sim_client_hold(c, "AKIAFOREIGNFOREIGNXX", "theirs");
	c->exempt = true;
	blocks(&w, "changed by someone else");
	names_it_once(&w, "client c1: was changed by someone else");
	assert_string_equal(c->user, "AKIAFOREIGNFOREIGNXX");
	/* A person lets us overwrite it. */
	sim_release(&w);
	rotates(&w);
	assert_false(c->exempt);
}

/* What a person must see is not hidden behind a client that fails. */
static void
a_foreign_edit_beside_a_failing_client(void **state)
{
	struct sim_client *c;

	WORLD(w, 2);
	(void)state;
	sim_fault(&w, CALL_WRITE, 1, 0, FAULT_FAIL, EC_IO);
	assert_int_equal(sim_run(&w), EC_CLIENT);
	c = sim_client(&w, "c1");
	sim_client_hold(c, "AKIAFOREIGNFOREIGNXX", "theirs");
	c->exempt = true;
	blocks(&w, "changed by someone else");
}

static void
a_failed_commit_ends_the_pushing(void **state)
{
	WORLD(w, 2);
	(void)state;

	/* Key seen, INTENT, CREATED, PROVED, PUSHING, c0 verified. */
	sim_fault(&w, CALL_COMMIT, 6, 1, FAULT_FAIL, EC_IO);
	assert_int_equal(sim_run(&w), EC_IO);
	assert_int_equal(w.count[CALL_WRITE], 1);
	rotates(&w);
}

static void
take_the_lease(struct sim *w)
{
	w->proc.lease_lost = true;
}

static void
a_lost_lease_ends_the_pushing(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.watch = ROT_PUSHING;
	w.watch_call = CALL_READ;
	w.event = take_the_lease;
	assert_int_equal(sim_run(&w), EC_BUSY);
	/* Both before a key, both before the announcement, and the first one's
	 * turn. */
	assert_int_equal(w.count[CALL_READ], 5);
	assert_int_equal(w.count[CALL_WRITE], 0);
	w.watch = ROT__MAX;
	rotates(&w);
}

/* The proof is asked of the client's own way to SES, and of each client. */
static void
an_unreadable_client_that_goes_elsewhere(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.clients[0].drv.read = NULL;
	config_peer(&w.identity, "eu-west-1", &sim_conf(&w, "c0")->client.smtp);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(sim_run(&w), EC_CLIENT);
		sim_advance(&w, SIM_DAY);
	}
	fine(&w);
	assert_int_equal(w.disk.state, ROT_PUSHING);
	assert_true(alive(&w, w.keys[0].id));
}

/* `adopt --retire` asks this: is every client on that key? */
static void
clients_on_another_key_are_not_verified(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	const struct sim_key *other;
	char pass[64];

	WORLD(w, 1);
	(void)state;
	other = sim_key_make(&w, true);
	sim_password(other, w.regions[0], pass);
	sim_client_hold(&w.clients[0], other->id, pass);
	sim_advance(&w, SIM_HOUR);
	assert_int_equal(
	    rotation_open(&r, &w.world, &w.identity, &w.err), EC_OK);
	memcpy(r.rec.new.id, w.keys[0].id, sizeof(r.rec.new.id));
	r.rec.clients[0].state = CL_VERIFIED;
	assert_int_equal(push_verify_all(&r, &w.err), EC_CONFLICT);
	names_it_once(&w, "client c0: holds ");
	memcpy(r.rec.new.id, other->id, sizeof(r.rec.new.id));
	assert_int_equal(push_verify_all(&r, &w.err), EC_OK);
}

/* Only an SES password is ever kept: anything else is not to be restored. */
static void
what_is_no_password_is_not_kept(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_client_hold(&w.clients[0], w.keys[0].id, "see the vault");
	w.clients[0].exempt = true;
	reaches(&w, ROT_GRACE);
	assert_string_equal(w.disk.clients[0].pre_sealed, "");
	assert_string_not_equal(w.disk.clients[1].pre_sealed, "");
	rotates(&w);
}

static void
drift_in_grace_and_in_quiet(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		struct sim_client *c;
		char pass[64];

		WORLD(w, 2);
		reaches(&w, states[i]);
		c = sim_client(&w, "c0");
		c->exempt = true;
		sim_password(&w.keys[0], w.regions[0], pass);
		sim_client_hold(c, w.keys[0].id, pass);
		blocks(&w, "c0 was moved to");
		assert_true(alive(&w, w.keys[0].id));
		assert_true(alive(&w, w.disk.new.id));
		sim_release(&w);
		rotates(&w);
	}
}

static void
a_client_that_is_emptied_is_drift(void **state)
{
	WORLD(w, 1);
	(void)state;

	reaches(&w, ROT_GRACE);
	sim_client_hold(sim_client(&w, "c0"), "", "");
	blocks(&w, "holds no credential");
	sim_release(&w);
	rotates(&w);
}

static void
an_optional_client_holds_nothing_up(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_conf(&w, "c1")->required = false;
	sim_client(&w, "c1")->silent = true;
	sim_client(&w, "c1")->exempt = true;
	sim_fault(&w, CALL_WRITE, 0, 0, FAULT_FAIL, EC_IO);
	w.faults[0].client = "c1";
	rotates(&w);
	assert_int_equal(w.alarms, 0);
}

/* ---- people ---- */

static void
a_person_confirms(void **state)
{
	WORLD(w, 2);
	(void)state;

	sim_client_human(&w.clients[1]);
	w.clients[1].answers = true;
	w.clients[1].answer_after = 30 * SIM_HOUR;
	assert_int_equal(sim_run(&w), EC_HUMAN);
	assert_string_equal(w.clients[0].user, w.disk.new.id);
	assert_int_equal(w.disk.clients[1].state, CL_ASKED);
	assert_true(w.disk.clients[1].asked > 0);
	rotates(&w);
	assert_int_equal(w.count[CALL_STEPS], 1);
	assert_true(w.alarms > 0); /* the deadline of a day had passed */
}

static void
a_person_who_says_nothing(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_human(&w.clients[0]);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(sim_run(&w), EC_HUMAN);
		if (i < 20)
			assert_int_equal(w.alarms, 0);
		sim_advance(&w, SIM_HOUR);
	}
	fine(&w);
	assert_true(w.alarms > 0);
	assert_true(alive(&w, w.keys[0].id));
	assert_non_null(strstr(w.err.fix, "rotate confirm c0"));
}

/* A person says so, and goes on with the old pair: within the slack that a
 * program would have, yet a use after the word. Once that is settled, the
 * word is asked for again. */
static void
a_use_after_the_word(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_human(&w.clients[0]);
	w.clients[0].answers = w.clients[0].silent = true;
	w.clients[0].answer_after = SIM_HOUR;
	reaches(&w, ROT_GRACE);
	sim_advance(&w, 10 * SIM_MINUTE);
	sim_key_use(&w, &w.keys[0], true);
	blocks(&w, "still used");
	assert_true(alive(&w, w.keys[0].id));
	assert_int_equal(w.count[CALL_STEPS], 1);
	sim_release(&w);
	assert_int_equal(sim_run(&w), EC_HUMAN);
	assert_int_equal(w.count[CALL_STEPS], 2);
	rotates(&w);
}

/* The difference of clocks gives nobody more time than programs have. */
static void
a_use_right_after_the_word(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_human(&w.clients[0]);
	w.clients[0].answers = w.clients[0].silent = true;
	w.identity.slack = 0;
	reaches(&w, ROT_GRACE);
	sim_advance(&w, SIM_MINUTE / 2);
	sim_key_use(&w, &w.keys[0], true);
	blocks(&w, "still used");
}

/* The run that hears the word comes long after it; a use in between counts. */
static void
a_use_before_the_word_was_heard(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_client_human(&w.clients[0]);
	w.clients[0].answers = w.clients[0].silent = true;
	w.clients[0].answer_after = SIM_MINUTE;
	assert_int_equal(sim_run(&w), EC_HUMAN);
	sim_advance(&w, 2 * SIM_MINUTE); /* the word */
	sim_advance(&w, 20 * SIM_MINUTE);
	sim_key_use(&w, &w.keys[0], true);
	sim_advance(&w, SIM_HOUR);
	blocks(&w, "still used");
	assert_true(alive(&w, w.keys[0].id));
}

/* The word of an earlier rotation is none about going back to that key. */
static void
an_old_confirmation_does_not_count(void **state)
{
	char first[KEY_ID_MAX];

	WORLD(w, 1);
	(void)state;
	sim_client_human(&w.clients[0]);
	w.clients[0].answers = true;
	rotates(&w);
	memcpy(first, w.disk.old.id, sizeof(first));
	sim_advance(&w, 91 * SIM_DAY);
	reaches(&w, ROT_GRACE);
	w.clients[0].answers = false;
	sim_rollback(&w);
	assert_int_equal(sim_run(&w), EC_HUMAN);
	sim_advance(&w, 40 * SIM_DAY);
	assert_int_equal(sim_run(&w), EC_HUMAN);
	assert_true(alive(&w, w.clients[0].user));
	w.clients[0].answers = true;
	ends_on(&w, first);
}

/* ---- settings change on the way ---- */

static void
a_client_is_registered_meanwhile(void **state)
{
	static const enum rot_state states[] = { ROT_INTENT, ROT_CREATED,
		ROT_PUSHING, ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		WORLD(w, 1);

		if (states[i] == ROT_INTENT)
			sim_fault(&w, CALL_CREATE, 1, 1, FAULT_BEFORE, 0);
		if (states[i] == ROT_CREATED)
			sim_fault(
			    &w, CALL_PROBE, 1, 9, FAULT_ODD, PROBE_TIMEOUT);
		if (states[i] == ROT_PUSHING)
			sim_fault(&w, CALL_WRITE, 1, 2, FAULT_FAIL, EC_IO);
		reaches(&w, states[i]);
		sim_client_hold(sim_client_add(&w, "late"), w.keys[0].id, "x");
		sim_client(&w, "late")->exempt = true;
		rotates(&w);
		assert_int_equal(w.alarms, 0);
		assert_string_equal(
		    sim_client(&w, "late")->user, w.disk.old.id);
	}
}

static void
a_client_is_forgotten_meanwhile(void **state)
{
	WORLD(w, 3);
	(void)state;

	sim_fault(&w, CALL_WRITE, 1, 6, FAULT_FAIL, EC_IO);
	reaches(&w, ROT_PUSHING);
	sim_client_forget(&w, "c1");
	w.clients[1].silent = true;
	rotates(&w);
	assert_string_equal(w.clients[1].user, w.keys[0].id);
	assert_int_equal(w.disk.n_clients, 2);
}

static void
a_region_comes_in_meanwhile(void **state)
{
	struct sim_client *c;

	WORLD(w, 1);
	(void)state;
	sim_fault(&w, CALL_PROBE, 1, 5, FAULT_ODD, PROBE_TIMEOUT);
	reaches(&w, ROT_CREATED);
	w.regions[1] = "eu-west-1";
	assert_int_equal(sim_run(&w), EC_CONFIG);
	assert_non_null(strstr(w.err.what, "eu-west-1"));
	assert_non_null(strstr(w.err.fix, "rotate rollback mail"));
	w.regions[1] = NULL;
	rotates(&w);
	/* The next key has a password for it. */
	w.regions[1] = "eu-west-1";
	c = sim_client(&w, "c0");
	sim_conf(&w, "c0")->client.region = "eu-west-1";
	config_peer(&w.identity, "eu-west-1", &sim_conf(&w, "c0")->client.smtp);
	w.force = true;
	ends_on(&w, NULL);
	assert_int_equal(w.disk.old.n, 2);
	assert_string_equal(c->user, w.disk.old.id);
}

/* ---- SES ---- */

static void
a_new_key_is_refused_at_first(void **state)
{
	WORLD(w, 2);
	(void)state;

	w.propagation = 3 * SIM_MINUTE;
	rotates(&w);
	assert_int_equal(w.alarms + (unsigned)w.disk.failures, 0);
}

static void
twenty_probes(struct sim *w)
{
	if (w->count[CALL_PROBE] < 20)
		sim_bad(w, "proved by %u probes", w->count[CALL_PROBE]);
}

static void
many_successes_are_asked_for(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.identity.settle.successes = 20;
	w.watch = ROT_PROVED;
	w.event = twenty_probes;
	rotates(&w);
}

/* Only successes in a row count: the first two are the last two. */
static void
accepted_here_refused_there(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_PROVED;
	w.event = twenty_probes;
	for (unsigned i = 2; i < 20; i += 2)
		sim_fault(&w, CALL_PROBE, i, 1, FAULT_ODD, PROBE_REFUSED);
	rotates(&w);
	assert_int_equal(w.disk.failures, 0);
}

static void
a_network_that_fails_says_nothing_about_the_key(void **state)
{
	static const enum probe_verdict verdicts[] = { PROBE_BUSY, PROBE_DNS,
		PROBE_CONNECT, PROBE_TIMEOUT, PROBE_TLS, PROBE_NO_AUTH,
		PROBE_ODD };

	(void)state;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		WORLD(w, 1);

		sim_fault(&w, CALL_PROBE, 1, 40, FAULT_ODD, verdicts[i]);
		rotates(&w);
		assert_int_equal(w.alarms + (unsigned)w.disk.failures, 0);
		assert_int_equal(w.count[CALL_CREATE], 1);
	}
}

static void
signal_after_a_while(struct sim *w)
{
	w->stop = w->count[CALL_SLEEP] > 4;
}

static void
a_signal_during_propagation_is_no_verdict(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.propagation = 2 * SIM_MINUTE;
	w.watch = ROT_CREATED;
	w.watch_call = CALL_SLEEP;
	w.event = signal_after_a_while;
	assert_int_equal(sim_run(&w), EC_TEMP);
	assert_int_equal(w.disk.state, ROT_CREATED);
	rotates(&w);
	assert_int_equal(w.disk.failures, 0);
}

/* Two days lie between the proof and the first write. */
static void
a_proof_grows_old(void **state)
{
	WORLD(w, 1);
	(void)state;

	w.watch = ROT_PROVED;
	w.event = take_the_lease;
	assert_int_equal(sim_run(&w), EC_BUSY);
	assert_int_equal(w.disk.state, ROT_PROVED);
	sim_key_status(&w, sim_key(&w, w.disk.new.id), false);
	sim_advance(&w, 2 * SIM_DAY);
	ends_on(&w, w.keys[0].id);
	assert_int_equal(w.count[CALL_WRITE], 0);
}

static void
a_user_that_may_not_send(void **state)
{
	WORLD(w, 1);
	(void)state;

	sim_fault(&w, CALL_PROBE, 1, 1, FAULT_ODD, PROBE_UNSENDABLE);
	blocks(&w, "not taken");
	assert_non_null(strstr(w.disk.alarm_fix, "ses:SendRawEmail"));
	sim_release(&w);
	rotates(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_subset_of_clients_fails),
		cmocka_unit_test(failing_reads_and_reloads),
		cmocka_unit_test(a_write_of_unknown_outcome),
		cmocka_unit_test(a_lying_client_is_found_out_at_once),
		cmocka_unit_test(an_unreadable_liar_is_found_out_by_its_use),
		cmocka_unit_test(
		    a_reload_that_does_nothing_is_found_out_by_its_use),
		cmocka_unit_test(unreadable_and_slow_clients),
		cmocka_unit_test(a_foreign_edit_is_not_overwritten),
		cmocka_unit_test(a_foreign_edit_beside_a_failing_client),
		cmocka_unit_test(a_failed_commit_ends_the_pushing),
		cmocka_unit_test(a_lost_lease_ends_the_pushing),
		cmocka_unit_test(an_unreadable_client_that_goes_elsewhere),
		cmocka_unit_test(clients_on_another_key_are_not_verified),
		cmocka_unit_test(what_is_no_password_is_not_kept),
		cmocka_unit_test(drift_in_grace_and_in_quiet),
		cmocka_unit_test(a_client_that_is_emptied_is_drift),
		cmocka_unit_test(an_optional_client_holds_nothing_up),
		cmocka_unit_test(a_person_confirms),
		cmocka_unit_test(a_person_who_says_nothing),
		cmocka_unit_test(a_use_after_the_word),
		cmocka_unit_test(a_use_right_after_the_word),
		cmocka_unit_test(a_use_before_the_word_was_heard),
		cmocka_unit_test(an_old_confirmation_does_not_count),
		cmocka_unit_test(a_client_is_registered_meanwhile),
		cmocka_unit_test(a_client_is_forgotten_meanwhile),
		cmocka_unit_test(a_region_comes_in_meanwhile),
		cmocka_unit_test(a_new_key_is_refused_at_first),
		cmocka_unit_test(many_successes_are_asked_for),
		cmocka_unit_test(accepted_here_refused_there),
		cmocka_unit_test(
		    a_network_that_fails_says_nothing_about_the_key),
		cmocka_unit_test(a_signal_during_propagation_is_no_verdict),
		cmocka_unit_test(a_proof_grows_old),
		cmocka_unit_test(a_user_that_may_not_send),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
