#include "rotator/settle.h"

#include "base/auto.h"
#include "rotator/cred.h"

#define FIRST_DELAY_MS ((int64_t)1000)
#define MAX_DELAY_MS   ((int64_t)60 * 1000)
/* Fewer refusals than this are no verdict, however long the time-out. */
#define REFUSALS_MIN 3
/* A network that failed so often in a row is left to the next run. */
#define NETWORK_MAX 3

struct tally {
	int accepted; /* in a row */
	int refused;  /* since the start */
	int network;  /* in a row */
	bool ever;    /* accepted once: then it is no wrong pair */
	int64_t delay, deadline;
};

static const struct prove_send none = { .from = NULL, .to = NULL };

static enum ec
ask(const struct rotation *r, const struct settle_job *job, bool send,
    struct probe_result *ret, struct err *e)
{
	const struct prove_send mail = {
		.from = r->conf->prove_from,
		.to = "success@simulator.amazonses.com",
	};
	const struct prober *p = &r->w->prober;

	TRY(p->probe(
	    p->ctx, job->peer, job->cred, send ? &mail : &none, ret, e));
	job->key->probed = rotation_now(r);
	return EC_OK;
}

static void
count(struct tally *t, const struct probe_result *p)
{
	const bool ok = p->verdict == PROBE_ACCEPTED;

	t->accepted = ok ? t->accepted + 1 : 0;
	t->ever = t->ever || ok;
	t->refused += p->verdict == PROBE_REFUSED;
	t->network = probe_is_network(p->verdict) ? t->network + 1 : 0;
}

static bool
out_of_time(const struct rotation *r, const struct tally *t)
{
	return rotation_now(r) + t->delay > t->deadline;
}

/* Is there no point in asking again within this run? */
static bool
over(const struct rotation *r, const struct tally *t,
    const struct probe_result *p)
{
	if (p->verdict != PROBE_REFUSED && !probe_is_network(p->verdict))
		return true; /* not allowed to send */
	return t->network >= NETWORK_MAX ||
	    r->w->time.stopped(r->w->time.ctx) || out_of_time(r, t);
}

/* Too few refusals, leaving before the time is over, or a success in between
 * prove nothing against the pair. */
static enum ec
verdict(const struct rotation *r, const struct settle_job *job,
    const struct tally *t, const struct probe_result *p, struct err *e)
{
	enum ec ec = probe_fail(e, job->peer, job->cred->user, p);

	if (ec == EC_AUTH &&
	    (t->refused < REFUSALS_MIN || t->ever || !out_of_time(r, t)))
		return e->ec = EC_TEMP;
	return ec;
}

static void
pause_before_next(const struct rotation *r, struct tally *t, int64_t interval)
{
	const struct timekeeper *time = &r->w->time;

	if (t->accepted > 0) {
		if (interval > 0)
			time->sleep(time->ctx, interval);
		return;
	}
	time->sleep(time->ctx, t->delay);
	t->delay = t->delay * 2 < MAX_DELAY_MS ? t->delay * 2 : MAX_DELAY_MS;
}

enum ec
settle(const struct rotation *r, const struct settle_job *job,
    struct probe_result *ret, struct err *e)
{
	const int wanted =
	    job->successes > 0 ? job->successes : job->conf->successes;
	struct tally t = {
		.delay = FIRST_DELAY_MS < job->conf->timeout / 8
		    ? FIRST_DELAY_MS
		    : job->conf->timeout / 8 + 1,
		.deadline = rotation_now(r) + job->conf->timeout,
	};

	for (;;) {
		TRY(ask(r, job, job->send && t.accepted + 1 >= wanted, ret, e));
		count(&t, ret);
		if (t.accepted >= wanted) {
			job->key->proved = rotation_now(r);
			return EC_OK;
		}
		if (t.accepted == 0 && over(r, &t, ret))
			return verdict(r, job, &t, ret, e);
		pause_before_next(r, &t, job->conf->interval);
	}
}

static enum ec
region(struct rotation *r, const char *name, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { 0 };
	struct smtp_peer peer;
	struct probe_result p;
	const struct settle_job job = {
		.peer = &peer,
		.cred = &cred,
		.conf = &r->conf->settle,
		.successes = 0,
		.send = r->conf->prove_send,
		.key = &r->rec.new,
	};

	config_peer(r->conf, name, &peer);
	TRY(cred_of_key(r, &r->rec.new, name, &cred, e));
	return settle(r, &job, &p, e);
}

enum ec
settle_regions(struct rotation *r, struct err *e)
{
	const char *const *name = r->conf->regions;

	for (; *name != NULL; name++)
		TRY(region(r, *name, e));
	return EC_OK;
}
