/*
 * The limits of the engine at the very millisecond, with a clock that stands
 * still unless somebody sleeps: how a pair is tried, how far clocks may be
 * apart, when a use of the old key speaks against its end, and when each
 * waiting time is over.
 */
#include "scenario.h"

#include <stdio.h>

#include "base/auto.h"
#include "rotator/guard.h"
#include "rotator/settle.h"
#include "rotator/steps.h"

static int64_t frozen, skew;
static char slept[256]; /* "1000 2000 " */
static bool told_to_stop;
static struct iam_use use;
static unsigned uses_asked;

static int64_t
wall(void *ctx)
{
	(void)ctx;
	return frozen;
}

static void
nap(void *ctx, int64_t ms)
{
	const size_t n = strlen(slept);

	(void)ctx;
	(void)snprintf(slept + n, sizeof(slept) - n, "%d ", (int)ms);
	frozen += ms;
}

static bool
stopped(void *ctx)
{
	(void)ctx;
	return told_to_stop;
}

static int64_t
skewed(void *ctx)
{
	(void)ctx;
	return skew;
}

static enum ec
last_used(void *ctx, const char *id, struct iam_use *ret, struct err *e)
{
	(void)ctx;
	(void)id;
	(void)e;
	uses_asked++;
	*ret = use;
	return EC_OK;
}

/* The rotation of a world that has come to that state, in our hands. */
static void
open_at(struct sim *w, struct rotation *r, enum rot_state s)
{
	struct err e;

	reaches(w, s);
	frozen = w->now - w->skew;
	skew = 0;
	slept[0] = '\0';
	told_to_stop = false;
	uses_asked = 0;
	use = (struct iam_use){ .never = true, .service = "N/A" };
	w->world.time.wall = wall;
	w->world.time.sleep = nap;
	w->world.time.stopped = stopped;
	w->world.iam.skew = skewed;
	w->world.iam.last_used = last_used;
	assert_int_equal(rotation_open(r, &w->world, &w->identity, &e), EC_OK);
	assert_int_equal(r->rec.state, s);
}

/* --- settle -------------------------------------------------------------- */

static const char *script; /* + accepted, - refused, n network; last stays */
static size_t asked;
static char sent[64];

static enum ec
probe(void *ctx, const struct smtp_peer *peer, const struct smtp_cred *cred,
    const struct prove_send *send, struct probe_result *ret, struct err *e)
{
	const size_t last = strlen(script) - 1;
	const char c = script[asked < last ? asked : last];

	(void)ctx;
	(void)peer;
	(void)cred;
	(void)e;
	sent[asked] = send->to != NULL ? 'S' : '.';
	sent[++asked] = '\0';
	memset(ret, 0, sizeof(*ret));
	ret->verdict = c == '+' ? PROBE_ACCEPTED
	    : c == '-'          ? PROBE_REFUSED
				: PROBE_TIMEOUT;
	return EC_OK;
}

static const struct {
	const char *script;
	int successes;
	int64_t interval, timeout;
	bool send;
	enum ec ec;
	const char *slept, *sent;
} settlings[] = {
	{ "+", 3, 7, 100000, false, EC_OK, "7 7 ", "..." },
	{ "+", 3, 7, 100000, true, EC_OK, "7 7 ", "..S" },
	{ "+", 3, 0, 100000, true, EC_OK, "", "..S" },
	{ "+", 1, 7, 100000, true, EC_OK, "", "S" },
	{ "-+", 2, 7, 100000, true, EC_OK, "1000 7 ", "..S" },
	{ "+-+", 2, 7, 100000, false, EC_OK, "7 1000 7 ", "...." },
	{ "-", 2, 7, 100000, false, EC_AUTH, "1000 2000 4000 8000 16000 32000 ",
	    "......." },
	{ "-", 2, 7, 200000, false, EC_AUTH,
	    "1000 2000 4000 8000 16000 32000 60000 60000 ", "........." },
	/* A short time-out has short delays. */
	{ "-+", 1, 7, 8000, false, EC_OK, "1001 ", ".." },
	{ "-+", 1, 7, 8008, false, EC_OK, "1000 ", ".." },
	/* Two refusals are no verdict, three are. */
	{ "-", 2, 7, 2, false, EC_TEMP, "1 ", ".." },
	{ "-", 2, 7, 3, false, EC_AUTH, "1 2 ", "..." },
	{ "-", 2, 7, 40, false, EC_AUTH, "6 12 ", "..." },
	/* One success: it is no wrong pair. */
	{ "+-", 2, 7, 40, false, EC_TEMP, "7 6 12 ", "...." },
	/* A network that failed three times is left. */
	{ "n", 2, 7, 100000, false, EC_TEMP, "1000 2000 ", "..." },
	{ "nn-nn+", 1, 7, 100000, false, EC_OK, "1000 2000 4000 8000 16000 ",
	    "......" },
};

static void
how_a_pair_is_tried(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	w.world.prober.probe = probe;
	for (size_t i = 0; i < COUNT(settlings); i++) {
		const struct settle_conf conf = { settlings[i].successes,
			settlings[i].interval, settlings[i].timeout };
		const struct smtp_peer peer = { .host = "smtp.example" };
		const struct smtp_cred cred = { .user = "AKIA1" };
		struct rec_key key = { .n = 0 };
		const struct settle_job job = { .peer = &peer,
			.cred = &cred,
			.conf = &conf,
			.send = settlings[i].send,
			.key = &key };
		struct probe_result p;
		struct err e;

		script = settlings[i].script;
		asked = 0;
		slept[0] = sent[0] = '\0';
		print_message("# %zu %s\n", i, script);
		assert_int_equal(settle(&r, &job, &p, &e), settlings[i].ec);
		assert_string_equal(slept, settlings[i].slept);
		assert_string_equal(sent, settlings[i].sent);
		assert_int_equal(key.probed, frozen);
		assert_int_equal(
		    key.proved, settlings[i].ec == EC_OK ? frozen : 0);
	}
}

static void
told_to_leave_it_says_nothing(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	const struct settle_conf conf = { 2, 7, 100000 };
	const struct smtp_peer peer = { .host = "smtp.example" };
	const struct smtp_cred cred = { .user = "AKIA1" };
	struct rec_key key = { .n = 0 };
	const struct settle_job job = {
		.peer = &peer, .cred = &cred, .conf = &conf, .key = &key
	};
	struct probe_result p;
	struct err e;
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	w.world.prober.probe = probe;
	script = "-";
	asked = 0;
	told_to_stop = true;
	assert_int_equal(settle(&r, &job, &p, &e), EC_TEMP);
	assert_string_equal(slept, "");
}

/* --- clocks, uses, names -------------------------------------------------- */

static void
clocks_two_minutes_apart(void **state)
{
	static const struct {
		int64_t skew;
		const char *says;
	} rows[] = { { 0, NULL }, { 120000, NULL }, { -120000, NULL },
		{ 120001, "is 2m behind AWS's" },
		{ -120001, "is 2m ahead of AWS's" } };
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		skew = rows[i].skew;
		assert_int_equal(guard_clock(&r, &e),
		    rows[i].says == NULL ? EC_OK : EC_TEMP);
		if (rows[i].says != NULL) {
			assert_non_null(strstr(e.what, rows[i].says));
		}
	}
}

static void
a_use_at_the_limit(void **state)
{
	static const struct {
		int64_t after;  /* the end of what is expected */
		int64_t probed; /* our probe, against the use; 0: none */
		enum ec ec;
	} rows[] = {
		{ 0, 0, EC_OK },
		{ 1, 0, EC_CONFLICT },
		{ 500000, 60000, EC_OK },
		{ 500000, 60001, EC_CONFLICT },
		{ 500000, -60000, EC_OK },
		{ 500000, -60001, EC_CONFLICT },
	};
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 2);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	w.confs[1].pickup = 77 * SIM_MINUTE; /* the longest counts */
	assert_int_equal(guard_expected_until(&r),
	    r.rec.verified_at +
		(w.identity.slack > w.confs[1].pickup ? w.identity.slack
						      : w.confs[1].pickup));
	for (size_t i = 0; i < COUNT(rows); i++) {
		use.never = false;
		use.at = guard_expected_until(&r) + rows[i].after;
		r.rec.old.probed =
		    rows[i].probed == 0 ? 0 : use.at + rows[i].probed;
		assert_int_equal(guard_straggler(&r, &e), rows[i].ec);
	}
	/* No probe of ours explains a use, whatever the clock began with. */
	r.rec.verified_at = -INT64_C(10000) * SIM_DAY;
	r.rec.old.probed = 0;
	use.at = 1;
	assert_int_equal(guard_straggler(&r, &e), EC_CONFLICT);
	use.never = true;
	assert_int_equal(guard_straggler(&r, &e), EC_OK);
	uses_asked = 0;
	r.rec.old.id[0] = '\0';
	assert_int_equal(guard_straggler(&r, &e), EC_OK);
	assert_int_equal(uses_asked, 0);
}

static void
pins_are_compared_once(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	unsigned before;

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	before = w.count[CALL_CALLER];
	assert_int_equal(guard_mutation(&r, &e), EC_OK);
	assert_int_equal(guard_mutation(&r, &e), EC_OK);
	assert_int_equal(w.count[CALL_CALLER], before + 1);
}

static void
nobody_is_not_people(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	assert_false(guard_only_people(&r));
	w.config.n_clients = 0;
	assert_false(guard_only_people(&r));
}

static void
keys_by_name(void **state)
{
	struct iam_keys k = { .n = 3,
		.key = { { .id = "AKIA1", .status = KEY_ACTIVE },
		    { .id = "AKIA2", .status = KEY_INACTIVE },
		    { .id = "AKIA3", .status = KEY_OTHER } } };
	AUTO(rotation) struct rotation r = { .w = NULL };
	char text[400];
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	for (size_t i = 0; i < k.n; i++)
		k.key[i].created = frozen - 2 * SIM_DAY;
	guard_name_keys(&r, &k, text, sizeof(text));
	assert_string_equal(text,
	    "AKIA1 (Active, 2d old, last used never), "
	    "AKIA2 (Inactive, 2d old, last used never), "
	    "AKIA3 (neither Active nor Inactive, 2d old, last used "
	    "never)");
	k.n = 1;
	use = (struct iam_use){ .at = 0, .service = "ses" };
	guard_name_keys(&r, &k, text, sizeof(text));
	assert_string_equal(text,
	    "AKIA1 (Active, 2d old, last used 1970-01-01T00:00:00Z by "
	    "ses)");
	use.service[0] = '\0';
	guard_name_keys(&r, &k, text, sizeof(text));
	assert_string_equal(
	    text, "AKIA1 (Active, 2d old, last used 1970-01-01T00:00:00Z)");
	k.n = 2;
	guard_name_keys(&r, &k, text, 12); /* cut, and not beyond */
	assert_int_equal(strlen(text), 11);
	k.n = 0;
	guard_name_keys(&r, &k, text, sizeof(text));
	assert_string_equal(text, "");
}

/* --- what retiring needs ------------------------------------------------- */

static enum ec
list_nothing(void *ctx, const char *user, struct iam_keys *ret, struct err *e)
{
	(void)ctx;
	(void)user;
	(void)e;
	ret->n = 0;
	return EC_OK;
}

/* All but the key that is called so. */
static char unlisted[KEY_ID_MAX];
static enum ec (*list_all)(
    void *ctx, const char *user, struct iam_keys *ret, struct err *e);

static enum ec
list_others(void *ctx, const char *user, struct iam_keys *ret, struct err *e)
{
	const enum ec ec = list_all(ctx, user, ret, e);
	size_t n = 0;

	for (size_t i = 0; ec == EC_OK && i < ret->n; i++)
		if (strcmp(ret->key[i].id, unlisted) != 0)
			ret->key[n++] = ret->key[i];
	if (ec == EC_OK)
		ret->n = n;
	return ec;
}

static const char *const two_regions[] = { "us-east-1", "eu-west-1", NULL };

/* Without clients that could be tried, our own passwords have to show it. */
static const struct {
	int64_t age; /* of the proof, more than a day */
	const char *script;
	bool rollback, unknown, regions;
	enum ec ec;
	size_t asked;
} proofs[] = {
	{ 0, "-", false, false, false, EC_OK, 0 },
	{ 1, "+", false, false, false, EC_OK, 2 },
	{ 1, "-", false, false, false, EC_CONFLICT, 0 },
	{ 1, "n", false, false, false, EC_TEMP, 3 },
	{ 1, "+", false, true, false, EC_CONFLICT, 0 },
	{ 1, "+", true, true, false, EC_OK, 0 },
	{ 1, "-", true, false, false, EC_CONFLICT, 0 },
	/* The first region shows it, for the second we have no password. */
	{ 1, "+", false, false, true, EC_OK, 2 },
};

static void
an_old_proof_is_made_anew(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(proofs); i++) {
		AUTO(rotation) struct rotation r = { .w = NULL };
		struct err e;
		WORLD(w, 1);

		open_at(&w, &r, ROT_GRACE);
		w.world.prober.probe = probe;
		w.config.n_clients = 0;
		rotation_close(&r);
		assert_int_equal(
		    rotation_open(&r, &w.world, &w.identity, &e), EC_OK);
		frozen += 30 * SIM_DAY;
		script = proofs[i].script;
		asked = 0;
		r.rec.new.proved = frozen - SIM_DAY - proofs[i].age;
		r.rec.rollback = proofs[i].rollback;
		if (proofs[i].unknown)
			r.rec.new.n = 0;
		if (proofs[i].regions)
			w.identity.regions = two_regions;
		print_message("# %zu\n", i);
		assert_int_equal(guard_retire(&r, &e), proofs[i].ec);
		if (proofs[i].asked != 0 || proofs[i].ec == EC_OK)
			assert_int_equal(asked, proofs[i].asked);
	}
}

static void
the_new_key_is_there_and_on(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	r.rec.new.created = frozen - SIM_HOUR + 1;
	sim_key_status(&w, sim_key(&w, r.rec.new.id), false);
	assert_int_equal(guard_retire(&r, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "is not Active"));
	w.world.iam.list = list_nothing;
	assert_int_equal(guard_retire(&r, &e), EC_TEMP);
	r.rec.new.created = frozen - SIM_HOUR;
	assert_int_equal(guard_retire(&r, &e), EC_CONFLICT);
	assert_non_null(strstr(e.what, "is missing"));
}

/* The brake comes first: nothing is asked of anybody. */
static void
a_hold_comes_first(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	unsigned before;

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	w.hold.held = true;
	before = w.count[CALL_LIST];
	assert_int_equal(guard_retire(&r, &e), EC_HUMAN);
	assert_int_equal(w.count[CALL_LIST], before);
}

static struct confirmation words[2];
static struct store words_store;

static enum ec
confirm_get(void *ctx, const char *client, const char *key_id,
    struct confirmation *ret, struct err *e)
{
	const struct sim *w = ctx;

	(void)key_id;
	(void)e;
	*ret = words[strcmp(client, w->confs[0].client.name) != 0];
	return EC_OK;
}

/* After the last word nobody uses the old key any more. */
static void
the_last_word_counts(void **state)
{
	static const struct {
		struct confirmation a, b;
		bool b_asked; /* has not been believed yet */
		int64_t last;
	} rows[] = {
		{ { true, 1000, "x" }, { true, 2000, "x" }, false, 2000 },
		{ { true, 2000, "x" }, { true, 1000, "x" }, false, 2000 },
		{ { true, 1000, "x" }, { false, 9000, "x" }, false, 1000 },
		{ { true, 1000, "x" }, { true, 9000, "x" }, true, 1000 },
	};
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 2);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	words_store = *w.world.store;
	words_store.confirm_get = confirm_get;
	w.world.store = &words_store;
	w.clients[0].drv.human = true;
	assert_false(guard_only_people(&r));
	w.clients[1].drv.human = true;
	assert_true(guard_only_people(&r));
	use.never = false;
	r.rec.old.probed = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		words[0] = rows[i].a;
		words[1] = rows[i].b;
		r.rec.clients[1].state =
		    rows[i].b_asked ? CL_ASKED : CL_VERIFIED;
		use.at = rows[i].last + CLOCKS_MS;
		assert_int_equal(guard_straggler(&r, &e), EC_OK);
		use.at++;
		assert_int_equal(guard_straggler(&r, &e), EC_CONFLICT);
	}
	/* A word of tomorrow does not make the wait longer. */
	words[0].at = words[1].at = frozen + SIM_DAY;
	use.at = guard_expected_until(&r) + 1;
	assert_int_equal(guard_straggler(&r, &e), EC_CONFLICT);
}

/* The very first key: there is none to retire. */
static void
a_first_key_needs_no_grace(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	open_at(&w, &r, ROT_GRACE);
	r.rec.state = ROT_PUSHING;
	r.rec.old.id[0] = '\0';
	assert_int_equal(rotation_steps[ROT_PUSHING](&r, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_DONE);
}

/* --- when waiting is over ---------------------------------------------------
 */

static enum ec
at(struct rotation *r, int64_t t, struct err *e)
{
	frozen = t;
	r->pinned = true;
	return rotation_steps[r->rec.state](r, e);
}

static void
grace_is_over(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t end;

	(void)state;
	w.identity.grace = 10 * SIM_DAY;
	open_at(&w, &r, ROT_GRACE);
	end = r.rec.verified_at + w.identity.grace;
	assert_int_equal(at(&r, end - 1, &e), EC_LATER);
	assert_int_equal(r.rec.next_at, end);
	assert_int_equal(at(&r, end - SIM_HOUR - 1, &e), EC_LATER);
	assert_int_equal(r.rec.next_at, end - 1); /* in an hour */
	assert_int_equal(at(&r, end, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_DEACT);
}

static void
quiet_is_over(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t end;

	(void)state;
	w.identity.quiet = 10 * SIM_DAY;
	open_at(&w, &r, ROT_QUIET);
	end = r.rec.inactive_at + w.identity.quiet;
	assert_int_equal(at(&r, end - 1, &e), EC_LATER);
	assert_int_equal(at(&r, end, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_DEL);
}

/* A list that does not show a young key is not believed. */
static void
gone_or_not_listed_yet(void **state)
{
	static const enum rot_state states[] = { ROT_GRACE, ROT_QUIET };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		AUTO(rotation) struct rotation r = { .w = NULL };
		struct err e;
		WORLD(w, 1);
		int64_t until;

		w.identity.grace = w.identity.quiet = 10 * SIM_DAY;
		open_at(&w, &r, states[i]);
		list_all = w.world.iam.list;
		memcpy(unlisted, r.rec.old.id, sizeof(unlisted));
		w.world.iam.list = list_others;
		r.rec.old.created = frozen;
		until = r.rec.old.created + w.identity.late_window;
		assert_int_equal(at(&r, until - 1, &e), EC_LATER);
		assert_int_equal(r.rec.next_at, until);
		assert_int_equal(at(&r, until, &e), EC_OK);
		assert_int_equal(r.rec.state, ROT_DONE);
	}
}

/* Switched off, and shown as Active: for five minutes that is an old list. */
static void
on_again_or_listed_late(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t until;

	(void)state;
	w.identity.quiet = 10 * SIM_DAY;
	open_at(&w, &r, ROT_QUIET);
	sim_key_status(&w, sim_key(&w, r.rec.old.id), true);
	until = r.rec.inactive_at + 5 * SIM_MINUTE;
	assert_int_equal(at(&r, until - 1, &e), EC_LATER);
	assert_int_equal(r.rec.next_at, until);
	assert_int_equal(at(&r, until, &e), EC_CONFLICT);
	assert_int_equal(r.rec.state, ROT_BLOCKED);
}

/* An unanswered call may land until its window is over. */
static void
a_late_call(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t until;

	(void)state;
	w.identity.quiet = 10 * SIM_DAY;
	open_at(&w, &r, ROT_QUIET);
	r.rec.state = ROT_RB;
	r.rec.off_at = frozen;
	until = frozen + w.identity.late_window;
	assert_int_equal(at(&r, until - 1, &e), EC_LATER);
	assert_int_equal(r.rec.next_at, until);
	assert_false(r.rec.rollback);
	(void)at(&r, until, &e);
	assert_true(r.rec.rollback);
}

static void
due_at_its_age(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t due;

	(void)state;
	rotates(&w);
	open_at(&w, &r, ROT_IDLE);
	due = r.rec.old.created + w.identity.max_age;
	assert_int_equal(step_due_at(&r), due);
	assert_int_equal(at(&r, due - 1, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_IDLE);
	assert_int_equal(at(&r, due, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_INTENT);
}

/* A pause is a day; what is longer was written by a wrong clock. */
static void
no_pause_is_longer(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	rotates(&w);
	open_at(&w, &r, ROT_IDLE);
	r.rec.failures = 1;
	r.rec.next_at = frozen + SIM_DAY;
	assert_int_equal(at(&r, frozen, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_IDLE);
	r.rec.next_at++;
	assert_int_equal(at(&r, frozen, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_INTENT);
}

/* For an hour a key that is not listed may only not be listed yet. */
static void
not_listed_for_an_hour(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);

	(void)state;
	rotates(&w);
	open_at(&w, &r, ROT_IDLE);
	r.force = true;
	sim_key(&w, r.rec.old.id)->others = true;
	sim_key_drop(&w, sim_key(&w, r.rec.old.id));
	r.rec.old.created = frozen - SIM_HOUR + 1;
	assert_int_equal(at(&r, frozen, &e), EC_TEMP);
	assert_int_equal(r.rec.state, ROT_IDLE);
	r.rec.old.created--;
	assert_int_equal(at(&r, frozen, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_INTENT);
}

/* It is on again and stays so: when no call against it can land any more. */
static void
needed_after_a_late_call(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t until;

	(void)state;
	w.identity.quiet = 10 * SIM_DAY;
	open_at(&w, &r, ROT_QUIET);
	sim_client(&w, "c0")->exempt = true;
	sim_client_hold(sim_client(&w, "c0"), "AKIAFOREIGNFOREIGNXX", "x");
	r.rec.off_at = frozen;
	until = frozen + w.identity.late_window;
	assert_int_equal(at(&r, until - 1, &e), EC_LATER);
	assert_int_equal(r.rec.state, ROT_QUIET);
	assert_int_equal(at(&r, until, &e), EC_CONFLICT);
	assert_int_equal(r.rec.state, ROT_BLOCKED);
}

static void
when_nothing_can_land(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t until;

	(void)state;
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	open_at(&w, &r, ROT_INTENT);
	until = r.rec.sent_at + w.identity.late_window;
	assert_int_equal(at(&r, until - 1, &e), EC_LATER);
	assert_int_equal(r.rec.state, ROT_INTENT);
	assert_int_equal(at(&r, until, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_ORPH);
}

static void
when_an_orphan_may_go(void **state)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct err e;
	WORLD(w, 1);
	int64_t until;

	(void)state;
	sim_fault(&w, CALL_CREATE, 1, 1, FAULT_AFTER, 0);
	open_at(&w, &r, ROT_ORPHQ);
	until = r.rec.orphan_at + w.identity.late_window;
	assert_int_equal(at(&r, until - 1, &e), EC_LATER);
	assert_int_equal(r.rec.state, ROT_ORPHQ);
	w.proc.skew_known = true;
	w.now = until; /* the world's own checks */
	assert_int_equal(at(&r, until, &e), EC_OK);
	assert_int_equal(r.rec.state, ROT_INTENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test(t)
		T(how_a_pair_is_tried),
		T(told_to_leave_it_says_nothing),
		T(clocks_two_minutes_apart),
		T(a_use_at_the_limit),
		T(pins_are_compared_once),
		T(nobody_is_not_people),
		T(keys_by_name),
		T(an_old_proof_is_made_anew),
		T(the_new_key_is_there_and_on),
		T(a_hold_comes_first),
		T(the_last_word_counts),
		T(a_first_key_needs_no_grace),
		T(grace_is_over),
		T(quiet_is_over),
		T(gone_or_not_listed_yet),
		T(on_again_or_listed_late),
		T(a_late_call),
		T(no_pause_is_longer),
		T(not_listed_for_an_hour),
		T(needed_after_a_late_call),
		T(when_nothing_can_land),
		T(when_an_orphan_may_go),
		T(due_at_its_age),
	};

	return cmocka_run_group_tests_name(
	    "engine limits", tests, sim_tests_begin, NULL);
}
