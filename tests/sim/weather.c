#include "weather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "people.h"

#define RUNS_MAX   600
#define BLOCKS_MAX 16

/* call, kind, argument (ms or class), is it the limit of a random one? */
#define WEATHERS(X)                                                            \
	X(CALL_CALLER, FAULT_FAIL, EC_TEMP, 0, "GetCallerIdentity: 503")       \
	X(CALL_CALLER, FAULT_FAIL, EC_AUTH, 0, "our credentials are refused")  \
	X(CALL_CALLER, FAULT_DATE, 400000, 0, "one answer with a wrong Date")  \
	X(CALL_USER, FAULT_FAIL, EC_TEMP, 0, "GetUser: 503")                   \
	X(CALL_USER, FAULT_FAIL, EC_GONE, 0, "GetUser: no such user")          \
	X(CALL_USER, FAULT_FAIL, EC_DENIED, 0, "GetUser: denied")              \
	X(CALL_LIST, FAULT_FAIL, EC_TEMP, 0, "ListAccessKeys: 503")            \
	X(CALL_LIST, FAULT_FAIL, EC_DENIED, 0, "ListAccessKeys: denied")       \
	X(CALL_LIST, FAULT_FAIL, EC_PROTO, 0, "ListAccessKeys: nonsense")      \
	X(CALL_LIST, FAULT_STALE, 60000, 1, "ListAccessKeys: stale")           \
	X(CALL_CREATE, FAULT_BEFORE, 0, 0, "CreateAccessKey: lost before")     \
	X(CALL_CREATE, FAULT_AFTER, 0, 0, "CreateAccessKey: lost after")       \
	X(CALL_CREATE, FAULT_LATE, 1100000, 1, "CreateAccessKey: late")        \
	X(CALL_CREATE, FAULT_FAIL, EC_LIMIT, 0, "CreateAccessKey: limit")      \
	X(CALL_CREATE, FAULT_FAIL, EC_DENIED, 0, "CreateAccessKey: denied")    \
	X(CALL_CREATE, FAULT_FAIL, EC_TEMP, 0, "CreateAccessKey: 503")         \
	X(CALL_OFF, FAULT_BEFORE, 0, 0, "Inactive: lost before")               \
	X(CALL_OFF, FAULT_AFTER, 0, 0, "Inactive: lost after")                 \
	X(CALL_OFF, FAULT_LATE, 1100000, 1, "Inactive: late")                  \
	X(CALL_OFF, FAULT_FAIL, EC_DENIED, 0, "Inactive: denied")              \
	X(CALL_ON, FAULT_BEFORE, 0, 0, "Active: lost before")                  \
	X(CALL_ON, FAULT_AFTER, 0, 0, "Active: lost after")                    \
	X(CALL_ON, FAULT_LATE, 1100000, 1, "Active: late")                     \
	X(CALL_ON, FAULT_FAIL, EC_DENIED, 0, "Active: denied")                 \
	X(CALL_REMOVE, FAULT_BEFORE, 0, 0, "DeleteAccessKey: lost before")     \
	X(CALL_REMOVE, FAULT_AFTER, 0, 0, "DeleteAccessKey: lost after")       \
	X(CALL_REMOVE, FAULT_LATE, 1100000, 1, "DeleteAccessKey: late")        \
	X(CALL_REMOVE, FAULT_FAIL, EC_DENIED, 0, "DeleteAccessKey: denied")    \
	X(CALL_USED, FAULT_FAIL, EC_TEMP, 0, "last use: 503")                  \
	X(CALL_USED, FAULT_FAIL, EC_DENIED, 0, "last use: denied")             \
	X(CALL_PROBE, FAULT_ODD, PROBE_TIMEOUT, 0, "SES: time-out")            \
	X(CALL_PROBE, FAULT_ODD, PROBE_BUSY, 0, "SES: busy")                   \
	X(CALL_PROBE, FAULT_ODD, PROBE_REFUSED, 0, "SES: refused")             \
	X(CALL_PROBE, FAULT_ODD, PROBE_TLS, 0, "SES: no TLS")                  \
	X(CALL_PROBE, FAULT_ODD, PROBE_UNSENDABLE, 0, "SES: may not send")     \
	X(CALL_FENCE, FAULT_FAIL, EC_BUSY, 0, "the lease is lost")             \
	X(CALL_LOAD, FAULT_FAIL, EC_IO, 0, "the record cannot be read")        \
	X(CALL_LOAD, FAULT_FAIL, EC_DAMAGED, 0, "the record is damaged")       \
	X(CALL_LOAD, FAULT_FAIL, EC_NOMEM, 0, "no memory")                     \
	X(CALL_COMMIT, FAULT_FAIL, EC_IO, 0, "commit: the disk fails")         \
	X(CALL_COMMIT, FAULT_FAIL, EC_TEMP, 0, "commit: not now")              \
	X(CALL_COMMIT, FAULT_AFTER, 0, 0, "commit: fsync fails, durable")      \
	X(CALL_COMMIT, FAULT_FULL, 0, 0, "commit: no space")                   \
	X(CALL_PLAN, FAULT_FAIL, EC_DENIED, 0, "client: not writable")         \
	X(CALL_READ, FAULT_FAIL, EC_TEMP, 0, "client: cannot be read")         \
	X(CALL_WRITE, FAULT_FAIL, EC_IO, 0, "client: disk fails")              \
	X(CALL_WRITE, FAULT_FAIL, EC_DENIED, 0, "client: denied")              \
	X(CALL_WRITE, FAULT_AFTER, 0, 0, "client: outcome unknown")            \
	X(CALL_WRITE, FAULT_LIE, 0, 0, "client: says ok, does nothing")        \
	X(CALL_ACTIVATE, FAULT_FAIL, EC_CLIENT, 0, "reload fails")             \
	X(CALL_ACTIVATE, FAULT_LIE, 0, 0, "reload says ok, does nothing")      \
	X(CALL_STEPS, FAULT_FAIL, EC_TEMP, 0, "steps cannot be shown")

static const struct weather {
	enum sim_call call;
	enum sim_kind kind;
	int64_t arg; /* at most; ms, or a class */
	bool any;    /* arg is the limit of a random one */
} weathers[] = {
#define X(call, kind, arg, any, name) { call, kind, arg, any },
	WEATHERS(X)
#undef X
};

const char *const weather_names[COUNT(weathers) + 1] = {
#define X(call, kind, arg, any, name) name,
	WEATHERS(X)
#undef X
};
_Static_assert(COUNT(weathers) <= REACH_ROWS, "room for every row");

static void
add_weather(struct sim *w, struct dice *d)
{
	const unsigned row = upto(d, COUNT(weathers));
	const struct weather *x = &weathers[row];
	int64_t arg = x->any ? (int64_t)upto(d, (unsigned)x->arg) : x->arg;

	sim_fault(w, x->call, 1 + upto(d, 8), 1 + upto(d, 4), x->kind, arg);
	w->faults[w->n_faults - 1].row = row + 1;
}

static void
arrange_clients(struct sim *w, struct dice *d)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3" };
	const unsigned n = upto(d, 5);

	for (size_t i = 0; i < n && i < COUNT(names); i++) {
		(void)sim_client_add(w, names[i]);
		people_shape(w, d, i);
		if (percent(d, 90))
			sim_client_give(&w->clients[i], &w->keys[0]);
	}
}

static void
arrange_deaths(struct sim *w, struct dice *d)
{
	if (percent(d, 50)) {
		w->crash_at = 1 + upto(d, 200);
		w->crash_after = percent(d, 50);
		w->crash_next = upto(d, 100);
	}
	if (percent(d, 10)) {
		w->freeze_at = 1 + upto(d, 150);
		w->freeze_runs = 1 + upto(d, 3);
		w->freeze_ms = (1 + upto(d, 30)) * SIM_MINUTE;
		w->freeze_gap = percent(d, 50);
	}
}

static void
arrange(struct sim *w, struct dice *d)
{
	sim_init(w, 0);
	if (percent(d, 10))
		w->regions[1] = "eu-west-1";
	arrange_clients(w, d);
	w->propagation = upto(d, percent(d, 5) ? 900000 : 20000);
	w->use_lag = upto(d, 30) * SIM_MINUTE;
	w->skew = ((int64_t)upto(d, 200) - 100) * 1000;
	w->reserve = percent(d, 50);
	w->refuse_new = percent(d, 3);
	w->revoke = w->force = percent(d, 10);
	w->identity.grace = upto(d, 8) * SIM_HOUR;
	w->identity.quiet = upto(d, 8) * SIM_HOUR;
	if (percent(d, 3)) { /* a user whose first key it is */
		w->keys[0].others = true;
		sim_key_drop(w, &w->keys[0]);
	} else if (percent(d, 3)) { /* or one with two */
		(void)sim_key_make(w, true);
	}
	for (unsigned i = upto(d, 5); i > 0; i--)
		add_weather(w, d);
	arrange_deaths(w, d);
}

/* Where nobody comes by often, what is rare is helped along: a death, a use of
 * what nobody should use, a long sleep. */
static void
help_chance(struct sim *w, struct dice *d)
{
	const enum rot_state s = w->disk.state;

	if ((s == ROT_ORPH || s == ROT_ORPHQ) && percent(d, 20)) {
		w->crash_at = w->calls + 1 + upto(d, 8);
		(void)people_use_orphan(w, d);
	}
	if (s == ROT_PROVED && percent(d, 30))
		w->sleepless = 2 * SIM_DAY;
	if (s == ROT_IDLE && w->rounds <= 1 && sim_keys_count(w) == 2)
		(void)people_adopt(w, d);
}

/* One rotation among people who meddle; then the sun shines, and people do as
 * they are told. */
static void
rotate_once(struct sim *w, struct dice *d)
{
	unsigned blocks = 0;

	for (int i = 0; i < 30 && w->bad[0] == '\0'; i++) {
		(void)sim_run(w);
		if (percent(d, 8))
			people_meddle(w, d);
		people_control(w, d);
		help_chance(w, d);
		if (w->on_disk && w->disk.state == ROT_IDLE && w->last == EC_OK)
			break;
		sim_advance(w, (int64_t)upto(d, 7200) * 1000 + w->sleepless);
		w->sleepless = 0;
	}
	people_calm(w);
	while (w->bad[0] == '\0' && sim_finish(w, RUNS_MAX)) {
		if (w->disk.state == ROT_IDLE)
			return;
		if (++blocks > BLOCKS_MAX)
			sim_bad(w, "L1: blocked for ever: %s", w->disk.alarm);
		people_mend(w, d);
	}
}

static bool
life(uint64_t seed, bool trace, struct reach *reach, bool on_disk)
{
	AUTO(sim) struct sim w;
	struct dice d = { seed };

	arrange(&w, &d);
	w.meanwhile = people_meanwhile;
	w.meanwhile_ctx = &d;
	if (on_disk) {
		w.crash_at = 0; /* it dies in its writes */
		sim_sql_begin(&w, seed, upto(&d, 6));
	}
	w.trace = trace;
	w.reach = reach;
	rotate_once(&w, &d);
	for (int more = 0; more < 2 && w.bad[0] == '\0' && percent(&d, 10);
	     more++) {
		w.force = true;
		rotate_once(&w, &d);
	}
	if (reach != NULL) {
		reach->calls += w.calls;
		reach->deaths += w.crashes;
	}
	if (trace && w.bad[0] != '\0')
		(void)fprintf(stderr, "# SIM_SEED=%llu: %s\n",
		    (unsigned long long)seed, w.bad);
	return w.bad[0] == '\0';
}

bool
weather_life(uint64_t seed, bool trace, struct reach *reach)
{
	return life(seed, trace, reach, false);
}

bool
weather_disk_life(uint64_t seed, bool trace, struct reach *reach)
{
	if (reach != NULL)
		reach->disk++;
	return life(seed, trace, reach, true);
}
