#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define EPOCH    INT64_C(1790000000000)
#define CALL_MS  40
#define PASS_MAX 64
/* Clients send so often. */
#define TRAFFIC_MS (7 * SIM_MINUTE)

static const char *const names[CALL__MAX] = {
	[CALL_CALLER] = "caller",
	[CALL_USER] = "user",
	[CALL_LIST] = "list",
	[CALL_CREATE] = "CREATE",
	[CALL_ON] = "ACTIVATE",
	[CALL_OFF] = "DEACTIVATE",
	[CALL_REMOVE] = "DELETE",
	[CALL_USED] = "last-used",
	[CALL_PROBE] = "probe",
	[CALL_FENCE] = "fence",
	[CALL_LOAD] = "load",
	[CALL_COMMIT] = "commit",
	[CALL_HOLD] = "hold?",
	[CALL_CONFIRM] = "confirmed?",
	[CALL_PLAN] = "plan",
	[CALL_READ] = "read",
	[CALL_WRITE] = "WRITE",
	[CALL_ACTIVATE] = "activate",
	[CALL_STEPS] = "steps",
	[CALL_NOTIFY] = "notify",
	[CALL_SLEEP] = "sleep",
};

void
sim_say(struct sim *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->trace)
		return;
	(void)fprintf(stderr, "# %5lu %9.3fh %-8s ", w->calls,
	    (double)(w->now - EPOCH) / (double)SIM_HOUR,
	    rot_state_name(w->disk.state));
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

void
sim_bad(struct sim *w, const char *fmt, ...)
{
	va_list ap;

	if (w->bad[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(w->bad, sizeof(w->bad), fmt, ap);
	va_end(ap);
	sim_say(w, "VIOLATION: %s", w->bad);
}

void
sim_fault(struct sim *w, enum sim_call call, unsigned nth, unsigned times,
    enum sim_kind kind, int64_t arg)
{
	struct sim_fault f = { call, nth, times, kind, arg, NULL, 0 };

	if (nth > 0)
		f.nth += w->count[call];
	w->faults[w->n_faults++ % SIM_FAULTS] = f;
}

const struct sim_fault *
sim_fault_now(const struct sim *w, enum sim_call call, const char *client)
{
	static const struct sim_fault none = { .kind = FAULT_NONE };
	const unsigned n = w->count[call];

	for (size_t i = 0; i < w->n_faults && i < SIM_FAULTS; i++) {
		const struct sim_fault *f = &w->faults[i];

		if (f->call == call && n >= f->nth &&
		    (f->times == 0 || n - f->nth < f->times) &&
		    (f->client == NULL ||
			(client != NULL && strcmp(client, f->client) == 0)))
			return f;
	}
	return &none;
}

static void
pass_time(struct sim *w, int64_t ms)
{
	/* Mail is sent all the time, not only when somebody looks; of a long
	 * time the first hour and the last two are told. */
	const int64_t skip = ms > SIM_DAY ? ms - 3 * SIM_HOUR : 0;
	int64_t first = SIM_HOUR;

	for (ms -= skip; ms > TRAFFIC_MS; ms -= TRAFFIC_MS) {
		first -= TRAFFIC_MS;
		if (first <= 0 && first > -TRAFFIC_MS)
			w->now += skip;
		w->now += TRAFFIC_MS;
		sim_late_land(w);
		sim_clients_live(w);
	}
	w->now += ms;
	sim_late_land(w);
	sim_clients_live(w);
}

void
sim_advance(struct sim *w, int64_t ms)
{
	pass_time(w, ms);
	sim_check(w);
}

static enum ec
die(struct sim *w, struct err *e)
{
	if (!w->proc.dead) {
		sim_say(w, "--- the process dies");
		w->crashes++;
		reach_mode(w, MODE_G14);
		if (w->proc.unkept)
			reach_mode(w, MODE_A4);
		else if (w->on_disk && w->disk.state == ROT_INTENT &&
		    w->disk.sent > w->disk.answered &&
		    (w->proc.life.calls & 1U << CALL_CREATE) == 0)
			reach_mode(w, MODE_A1);
	}
	w->proc.dead = true;
	w->unsaid = false; /* the dead say nothing */
	return fail(e, EC_BUG, "dead");
}

/* Faults of the weather that are due now. */
static void
note_weather(struct sim *w, enum sim_call call)
{
	const unsigned n = w->count[call];

	for (size_t i = 0; i < w->n_faults && i < SIM_FAULTS; i++) {
		const struct sim_fault *f = &w->faults[i];

		if (f->row != 0 && f->call == call && n >= f->nth &&
		    (f->times == 0 || n - f->nth < f->times))
			w->reach->weather[f->row - 1]++;
	}
}

bool
sim_enter(struct sim *w, enum sim_call call, const char *what, struct err *e)
{
	if (w->proc.dead) {
		(void)fail(e, EC_BUG, "dead");
		return true;
	}
	w->calls++;
	w->count[call]++;
	w->proc.life.calls |= UINT32_C(1) << call;
	w->last_call = call;
	if (w->reach != NULL)
		note_weather(w, call);
	pass_time(w, CALL_MS);
	sim_say(w, "%s %s", names[call], what);
	if (call == w->watch_call && call != CALL_COMMIT &&
	    w->disk.state == w->watch)
		w->event(w);
	if (w->crash_at != w->calls || w->crash_after)
		return false;
	(void)die(w, e);
	return true;
}

enum ec
sim_leave(struct sim *w, enum ec ec, struct err *e)
{
	const struct err mine = *e;

	sim_freeze(w);
	*e = mine;
	if (ec != EC_OK && !w->proc.dead)
		sim_say(w, "  -> %s: %s", ec_name(ec), e->what);
	sim_check(w);
	if (w->crash_at == w->calls && w->crash_after)
		return die(w, e);
	return w->proc.dead ? fail(e, EC_BUG, "dead") : ec;
}

static int64_t
wall(void *ctx)
{
	const struct sim *w = ctx;

	return w->now - w->skew;
}

static void
nap(void *ctx, int64_t ms)
{
	struct sim *w = ctx;
	struct err e;

	if (sim_enter(w, CALL_SLEEP, "", &e))
		return;
	pass_time(w, ms);
	(void)sim_leave(w, EC_OK, &e);
}

static bool
stopped(void *ctx)
{
	const struct sim *w = ctx;

	return w->stop || w->proc.dead;
}

static void
notify_event(void *ctx, enum log_level level, const char *id, const char *text)
{
	(void)level;
	(void)id;
	sim_say(ctx, "  * %s", text);
	sim_check_text(ctx, text);
}

static void
notify_steps(void *ctx, const char *client, const char *text)
{
	(void)client;
	sim_say(ctx, "  * steps: %s", text);
	sim_check_text(ctx, text);
}

static void
notify_alarm(void *ctx, const char *id, const char *cause, const char *fix_,
    int64_t since)
{
	struct sim *w = ctx;
	struct err e;

	(void)id;
	(void)since;
	if (sim_enter(w, CALL_NOTIFY, cause, &e))
		return;
	w->alarms++;
	w->run_alarms++;
	w->unsaid = false;
	sim_check_text(w, cause);
	sim_check_text(w, fix_);
	(void)snprintf(w->alarm, sizeof(w->alarm), "%.300s", cause);
	sim_say(w, "  * ALARM %s / %s", cause, fix_);
	(void)sim_leave(w, EC_OK, &e);
}

static const struct identity_conf identity_default = {
	.name = "mail",
	.iam_user = "ses-smtp-mail",
	.settle = { .successes = 2,
	    .interval = 1000,
	    .timeout = (int64_t)5 * 60 * 1000 },
	.max_age = (int64_t)90 * 24 * 3600 * 1000,
	.grace = (int64_t)4 * 3600 * 1000,
	.quiet = (int64_t)4 * 3600 * 1000,
	.slack = (int64_t)3600 * 1000,
	.late_window = (int64_t)20 * 60 * 1000,
};

static void
connect_world(struct sim *w)
{
	w->store = sim_store;
	w->store.ctx = w;
	w->world = (struct world){
		.iam = sim_iam,
		.prober = sim_prober,
		.store = &w->store,
		.time = { w, wall, nap, stopped },
		.notify = { w, notify_event, notify_steps, notify_alarm },
		.config = &w->config,
		.endpoint = SIM_URL,
	};
	w->world.iam.ctx = w;
	w->world.prober.ctx = w;
}

void
sim_init(struct sim *w, size_t n_clients)
{
	static const char *const client_names[] = { "c0", "c1", "c2", "c3",
		"c4", "c5" };
	struct sim_key *k;
	char pass[PASS_MAX];

	memset(w, 0, sizeof(*w));
	w->trace = getenv("SIM_TRACE") != NULL;
	w->now = EPOCH;
	w->propagation = 5000;
	w->watch = ROT__MAX;
	w->watch_call = CALL_COMMIT;
	w->reserve = true;
	(void)snprintf(w->user_id, sizeof(w->user_id), "AIDASIM0000000001");
	(void)snprintf(w->account, sizeof(w->account), "%s", SIM_ACCOUNT);
	w->regions[0] = "us-east-1";
	w->identity = identity_default;
	w->identity.regions = w->regions;
	w->identity.account = SIM_ACCOUNT;
	w->config = (struct config){ .path = "rotate.yaml",
		.account = SIM_ACCOUNT,
		.identities = &w->identity,
		.n_identities = 1 };
	connect_world(w);
	k = sim_key_make(w, true);
	k->created = w->now - 91 * SIM_DAY;
	k->since[0] = k->changed = k->created;
	sim_password(k, w->regions[0], pass);
	for (size_t i = 0; i < n_clients; i++)
		sim_client_hold(
		    sim_client_add(w, client_names[i]), k->id, pass);
	w->now += SIM_MINUTE;
}

void
sim_free(struct sim *w)
{
	sim_sql_end(w);
	rec_free(&w->disk);
	rec_free(&w->backup);
}

void
auto_sim(struct sim *w)
{
	sim_free(w);
}
