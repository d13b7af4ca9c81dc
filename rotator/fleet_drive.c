/* fleet_drive: see fleet_drive.h. */
#include "rotator/fleet_drive.h"

#include <stdio.h>

#include "base/auto.h"
#include "base/clock.h"

static enum ec
drive_once(struct rotation *r, struct err *e)
{
	r->listed = r->pinned = false;
	return rotation_drive(r, e);
}

/* Everything but a person, a conflict or a fault of ours may pass by itself
 * while somebody waits. */
static bool
worth_waiting(enum ec ec)
{
	return ec == EC_LATER || ec == EC_TEMP || ec == EC_CLIENT ||
	    ec == EC_PROTO || ec == EC_UNKNOWN;
}

/* Renewed while asleep: a lease that ran out would be taken over. */
#define NAP_MS ((int64_t)60 * 1000)

/* Sleeps until the record has something to do; false when that is after the
 * deadline, a signal came or the lease is lost. */
static bool
sleep_until_next(struct app *a, const struct rotation *r, int64_t deadline)
{
	const struct store *s = &a->store;
	const int64_t soon = clock_wall() + 1000;
	const int64_t at = r->rec.next_at > soon ? r->rec.next_at : soon;
	int64_t left;
	struct err e;

	if (at > deadline)
		return false;
	while ((left = at - clock_wall()) > 0 && !app_stopped()) {
		app_sleep(left < NAP_MS ? left : NAP_MS);
		if (s->fence(s->ctx, clock_wall(), &e) != EC_OK)
			return false;
	}
	return !app_stopped();
}

/* It is in order again, but not what was asked for: no client has got a new
 * pair. */
static enum ec
given_up(const struct rotation *r, struct err *e)
{
	char at[CLOCK_TEXT_MAX];

	clock_text(r->rec.next_at, at);
	(void)fail(e, EC_AUTH,
	    "%s: SES refused the new key all the time; it is taken back, the "
	    "former one stays in use",
	    r->rec.identity);
	return fix(e, "rotate history %s tells more; %s at %s", r->rec.identity,
	    r->rec.state == ROT_IDLE ? "tried again" : "goes on", at);
}

static enum ec
drive(struct app *a, struct rotation *r, struct err *e)
{
	const int64_t deadline = clock_wall() + a->args->wait_ms;
	const int64_t failures = r->rec.failures;
	/* Then going back was decided before, and often by a person. */
	const bool turning = r->rec.state == ROT_RB;
	enum ec ec = drive_once(r, e);

	while (a->args->wait && ec != EC_OK && !rotation_pushed(&r->rec) &&
	    worth_waiting(ec) && sleep_until_next(a, r, deadline))
		ec = drive_once(r, e);
	if ((ec == EC_OK || ec == EC_LATER) && !turning &&
	    r->rec.failures > failures)
		return given_up(r, e);
	/* What --wait was asked for has come true; the rest is for later. */
	if (a->args->wait && ec == EC_LATER && rotation_pushed(&r->rec))
		return EC_OK;
	return ec;
}

static void
say_failure(const struct app *a, const struct fleet_result *res)
{
	const struct log_field f[] = {
		LOG_S("identity", res->identity),
		{ .key = NULL },
	};
	enum log_level level = res->ec == EC_LATER ? LOG_INFO_
	    : res->ec == EC_HUMAN                  ? LOG_NOTICE_
						   : LOG_ERR_;

	if (res->ec != EC_OK && res->ec != EC_CONFLICT)
		log_err(&a->log, level, rot_state_name(res->state), &res->e, f);
}

bool
fleet_troubled(const struct rec *r)
{
	if (r->state == ROT_IDLE) /* what a client said then is over */
		return false;
	if (r->state == ROT_BLOCKED || r->state == ROT_RB)
		return true;
	for (size_t i = 0; i < r->n_clients; i++)
		if (r->clients[i].error[0] != '\0')
			return true;
	return false;
}

/* Who fails before there is a new key, by his credential or a client that is
 * not ready, is no sign for the others: one account out of order must not keep
 * the rest from beginning. A key that SES refused is one. */
static bool
left_in_trouble(const struct rotation *r, enum ec ec, int64_t failures)
{
	return fleet_troubled(&r->rec) || r->rec.failures > failures ||
	    (fleet_failed(ec) && r->rec.state != ROT_IDLE);
}

void
fleet_drive(struct app *a, struct fleet_item *it)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	struct fleet_result *res = &it->res;
	struct err *e = &res->e;

	res->identity = it->conf->name;
	res->ec = app_world(a, it->conf, e);
	if (res->ec == EC_OK)
		app_lend(a, it->conf);
	if (res->ec == EC_OK) {
		e->what[0] = '\0'; /* credentials looked for on the way */
		res->ec = rotation_open(&r, &a->world, it->conf, e);
	}
	if (res->ec == EC_OK) {
		const int64_t failures = r.rec.failures;

		r.force = a->args->force && r.rec.state == ROT_IDLE;
		res->ec = drive(a, &r, e);
		it->state = r.rec.state;
		it->trouble = left_in_trouble(&r, res->ec, failures);
	}
	res->state = it->state;
	res->next_at = r.rec.next_at;
	say_failure(a, res);
}
