/*
 * The engine in random weather: clients of every kind, failures of every
 * call, deaths, and people who edit, hold, release, roll back and register
 * clients at the wrong moment. Whatever happens, no invariant breaks and in
 * the end the world is tidy.
 *
 * SIM_ROUNDS says how many rotations, SIM_SEED which is the first. A failure
 * prints its seed and the whole story.
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"

#define ROUNDS_DEFAULT 20000
#define RUNS_MAX       600
#define BLOCKS_MAX     12

/* splitmix64, https://prng.di.unimi.it/splitmix64.c */
struct dice {
	uint64_t s;
};

static uint64_t
roll(struct dice *d)
{
	uint64_t z = (d->s += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static unsigned
upto(struct dice *d, unsigned n)
{
	return (unsigned)(roll(d) % n);
}

static bool
percent(struct dice *d, unsigned p)
{
	return upto(d, 100) < p;
}

/* ---- the weather ---- */

static const struct weather {
	enum sim_call call;
	enum sim_kind kind;
	int64_t arg; /* at most; ms, or a class */
	bool any;    /* arg is the limit of a random one */
} weathers[] = {
	{ CALL_CALLER, FAULT_FAIL, EC_TEMP, false },
	{ CALL_USER, FAULT_FAIL, EC_TEMP, false },
	{ CALL_LIST, FAULT_FAIL, EC_TEMP, false },
	{ CALL_LIST, FAULT_STALE, 60000, true },
	{ CALL_CREATE, FAULT_BEFORE, 0, false },
	{ CALL_CREATE, FAULT_AFTER, 0, false },
	{ CALL_CREATE, FAULT_LATE, 1100000, true },
	{ CALL_CREATE, FAULT_FAIL, EC_LIMIT, false },
	{ CALL_CREATE, FAULT_FAIL, EC_DENIED, false },
	{ CALL_CREATE, FAULT_FAIL, EC_TEMP, false },
	{ CALL_OFF, FAULT_BEFORE, 0, false },
	{ CALL_OFF, FAULT_AFTER, 0, false },
	{ CALL_OFF, FAULT_LATE, 1100000, true },
	{ CALL_OFF, FAULT_FAIL, EC_DENIED, false },
	{ CALL_ON, FAULT_BEFORE, 0, false },
	{ CALL_ON, FAULT_AFTER, 0, false },
	{ CALL_ON, FAULT_LATE, 1100000, true },
	{ CALL_REMOVE, FAULT_BEFORE, 0, false },
	{ CALL_REMOVE, FAULT_AFTER, 0, false },
	{ CALL_REMOVE, FAULT_LATE, 1100000, true },
	{ CALL_REMOVE, FAULT_FAIL, EC_DENIED, false },
	{ CALL_USED, FAULT_FAIL, EC_TEMP, false },
	{ CALL_PROBE, FAULT_ODD, PROBE_TIMEOUT, false },
	{ CALL_PROBE, FAULT_ODD, PROBE_BUSY, false },
	{ CALL_PROBE, FAULT_ODD, PROBE_REFUSED, false },
	{ CALL_FENCE, FAULT_FAIL, EC_BUSY, false },
	{ CALL_COMMIT, FAULT_FAIL, EC_IO, false },
	{ CALL_COMMIT, FAULT_FAIL, EC_TEMP, false },
	{ CALL_COMMIT, FAULT_AFTER, 0, false },
	{ CALL_COMMIT, FAULT_FULL, 0, false },
	{ CALL_PLAN, FAULT_FAIL, EC_DENIED, false },
	{ CALL_READ, FAULT_FAIL, EC_TEMP, false },
	{ CALL_WRITE, FAULT_FAIL, EC_IO, false },
	{ CALL_WRITE, FAULT_FAIL, EC_DENIED, false },
	{ CALL_WRITE, FAULT_AFTER, 0, false },
	{ CALL_WRITE, FAULT_LIE, 0, false },
	{ CALL_ACTIVATE, FAULT_FAIL, EC_CLIENT, false },
	{ CALL_ACTIVATE, FAULT_LIE, 0, false },
	{ CALL_STEPS, FAULT_FAIL, EC_TEMP, false },
};

static void
add_weather(struct sim *w, struct dice *d)
{
	const struct weather *x = &weathers[upto(d, COUNT(weathers))];
	int64_t arg = x->any ? (int64_t)upto(d, (unsigned)x->arg) : x->arg;

	sim_fault(w, x->call, 1 + upto(d, 8), 1 + upto(d, 4), x->kind, arg);
}

/* ---- the clients ---- */

static void
shape_client(struct sim *w, struct dice *d, size_t i)
{
	struct sim_client *c = &w->clients[i];
	struct client_conf *conf = &w->confs[w->config.n_clients - 1];

	switch (upto(d, 6)) {
	case 0:
		sim_client_human(c);
		c->answers = true;
		c->answer_after = upto(d, 10) * SIM_HOUR;
		break;
	case 1:
		c->drv.read = NULL;
		break;
	case 2:
		c->drv.activate = NULL;
		conf->pickup = 1 + upto(d, 3) * SIM_HOUR;
		c->delay = upto(d, (unsigned)conf->pickup);
		break;
	default:
		break;
	}
	conf->required = !percent(d, 10);
}

static void
arrange(struct sim *w, struct dice *d)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3" };
	const struct sim_key *k;
	char pass[64];

	sim_init(w, 0);
	k = &w->keys[0];
	for (size_t i = 0, n = upto(d, 5); i < n && i < COUNT(names); i++) {
		(void)sim_client_add(w, names[i]);
		shape_client(w, d, i);
		sim_password(k, w->regions[0], pass);
		if (percent(d, 90))
			sim_client_hold(&w->clients[i], k->id, pass);
	}
	w->propagation = upto(d, 20000);
	w->use_lag = upto(d, 30) * SIM_MINUTE;
	w->skew = ((int64_t)upto(d, 200) - 100) * 1000;
	w->reserve = percent(d, 50);
	w->refuse_new = percent(d, 3);
	w->revoke = w->force = percent(d, 10);
	w->identity.grace = upto(d, 8) * SIM_HOUR;
	w->identity.quiet = upto(d, 8) * SIM_HOUR;
	for (unsigned i = upto(d, 5); i > 0; i--)
		add_weather(w, d);
	if (percent(d, 50)) {
		w->crash_at = 1 + upto(d, 200);
		w->crash_after = percent(d, 50);
		w->crash_next = upto(d, 100);
	}
}

/* ---- people ---- */

static void
hold_first(struct sim *w, struct sim_client *c)
{
	char pass[64];

	sim_password(&w->keys[0], w->regions[0], pass);
	sim_client_hold(c, w->keys[0].id, pass);
}

static void
edit_a_client(struct sim *w, struct dice *d)
{
	struct sim_client *c;

	if (w->config.n_clients == 0)
		return;
	c = w->confs[upto(d, (unsigned)w->config.n_clients)].client.conf;
	c->exempt = true;
	if (percent(d, 50))
		sim_client_hold(c, "AKIAFOREIGNFOREIGNXX", "nonsense");
	else
		hold_first(w, c);
}

static void
register_a_client(struct sim *w, struct dice *d)
{
	struct sim_client *c;

	if (w->n_clients >= 6 || sim_conf(w, "c4") != NULL)
		return;
	c = sim_client_add(w, "c4");
	shape_client(w, d, w->n_clients - 1);
	c->exempt = true;
	hold_first(w, c);
}

static void
forget_a_client(struct sim *w, struct dice *d)
{
	if (w->config.n_clients > 0)
		sim_client_forget(w,
		    w->confs[upto(d, (unsigned)w->config.n_clients)]
			.client.name);
}

static void
hold(struct sim *w, struct dice *d)
{
	(void)d;
	w->hold.held = !w->hold.held;
}

static void
roll_back(struct sim *w, struct dice *d)
{
	const struct rec *r = &w->disk;

	(void)d;
	if (r->state >= ROT_CREATED && r->state <= ROT_QUIET && !r->rollback &&
	    r->old.id[0] != '\0')
		sim_rollback(w);
}

static void
touch_a_key(struct sim *w, struct dice *d)
{
	struct sim_key *k = sim_key(w, w->disk.old.id);

	(void)d;
	if (k != NULL && !k->active)
		sim_key_status(w, k, true);
}

static void
stray(struct sim *w, struct dice *d)
{
	(void)d;
	memcpy(w->straggler, w->disk.old.id, sizeof(w->straggler));
}

static void
make_a_key(struct sim *w, struct dice *d)
{
	struct sim_key *k;

	(void)d;
	if (sim_keys_count(w) >= 2)
		return;
	k = sim_key_make(w, true);
	sim_key_use(w, k, true);
}

static void (*const people[])(struct sim *w, struct dice *d) = {
	edit_a_client,
	register_a_client,
	forget_a_client,
	hold,
	roll_back,
	touch_a_key,
	stray,
	make_a_key,
};

/* Clients that the engine does not write, or need not, are put right by hand:
 * nobody stays on the old key. */
static void
mend_clients(struct sim *w)
{
	const struct sim_key *k = sim_key(w, w->disk.new.id);
	char pass[64];

	if (k == NULL)
		return;
	sim_password(k, w->regions[0], pass);
	for (size_t i = 0; i < w->config.n_clients; i++) {
		struct sim_client *c = w->confs[i].client.conf;

		if (c->drv.human || !w->confs[i].required)
			sim_client_hold(c, k->id, pass);
	}
}

/* What the alarm asks for is done, and more: the world is put in order. */
static void
mend(struct sim *w)
{
	w->straggler[0] = '\0';
	w->refuse_new = false;
	mend_clients(w);
	for (size_t i = 1; i < w->n_keys; i++)
		if (w->keys[i].exists && w->keys[i].foreign)
			sim_key_drop(w, &w->keys[i]);
	sim_release(w);
}

/* ---- one rotation ---- */

static void
live(struct sim *w, struct dice *d)
{
	unsigned blocks = 0;

	for (int i = 0; i < 30 && w->bad[0] == '\0'; i++) {
		(void)sim_run(w);
		if (percent(d, 8))
			people[upto(d, COUNT(people))](w, d);
		if (w->on_disk && w->disk.state == ROT_IDLE && w->last == EC_OK)
			break;
		sim_advance(w, (int64_t)upto(d, 7200) * 1000);
	}
	/* From here on the sun shines, and people do as they are told. */
	w->hold.held = false;
	while (w->bad[0] == '\0' && sim_finish(w, RUNS_MAX)) {
		if (w->disk.state == ROT_IDLE)
			return;
		if (++blocks > BLOCKS_MAX)
			sim_bad(w, "L1: blocked for ever: %s", w->disk.alarm);
		mend(w);
	}
}

static bool
goes_well(uint64_t seed)
{
	for (int again = 0; again < 2; again++) {
		AUTO(sim) struct sim w;
		struct dice d = { seed };

		arrange(&w, &d);
		w.trace = again;
		live(&w, &d);
		if (w.bad[0] == '\0')
			return again == 0;
		if (again)
			(void)fprintf(stderr, "# SIM_SEED=%llu: %s\n",
			    (unsigned long long)seed, w.bad);
	}
	return false;
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s == NULL ? otherwise : strtoull(s, NULL, 10);
}

static void
random_rotations(void **state)
{
	const uint64_t seed = number("SIM_SEED", 1);
	const uint64_t n = number("SIM_ROUNDS", ROUNDS_DEFAULT);

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		assert_true(goes_well(seed + i));
	print_message("# %llu rotations from seed %llu\n",
	    (unsigned long long)n, (unsigned long long)seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rotations),
	};

	return cmocka_run_group_tests(tests, sim_tests_begin, NULL);
}
