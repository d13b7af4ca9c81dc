#include "rotator/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/fleet_items.h"
#include "rotator/fleet_lanes.h"

/* The order in which outcomes outweigh each other in one exit code: what a
 * person must look at first comes last. */
static const int gravity[EC__MAX] = {
	[EC_OK] = 0,
	[EC_LATER] = 1,
	[EC_HUMAN] = 2,
	[EC_TEMP] = 3,
	[EC_UNKNOWN] = 3,
	[EC_LIMIT] = 3,
	[EC_PROTO] = 4,
	[EC_CLIENT] = 5,
	[EC_GONE] = 6,
	[EC_AUTH] = 6,
	[EC_DENIED] = 6,
	[EC_CONFIG] = 7,
	[EC_USAGE] = 7,
	[EC_CONFLICT] = 8,
	[EC_BUSY] = 9,
	[EC_IO] = 9,
	[EC_NOMEM] = 9,
	[EC_DAMAGED] = 10,
	[EC_BUG] = 10,
};

enum ec
fleet_graver(enum ec a, enum ec b)
{
	return gravity[b] > gravity[a] ? b : a;
}

/* ---- what came of it -------------------------------------------------- */

static enum ec
collect(const struct fleet_items *f, struct fleet *ret, struct err *e)
{
	enum ec worst = EC_OK;

	ret->results = calloc(f->n, sizeof(*ret->results));
	if (ret->results == NULL)
		return fail(e, EC_NOMEM, "no memory for the results");
	for (size_t i = 0; i < f->n; i++) {
		const struct fleet_item *it = &f->at[i];

		if (it->turn != TURN_OVER && it->turn != TURN_LEFT_OUT)
			continue;
		ret->results[ret->n++] = it->res;
		worst = fleet_graver(worst, it->res.ec);
	}
	return worst;
}

static void
say_left_out(const struct app *a, const struct fleet *f)
{
	const struct fleet_result *first = NULL;
	int64_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->results[i].left_out) {
			first = first != NULL ? first : &f->results[i];
			n++;
		}
	if (n > 0)
		log_err(&a->log, LOG_NOTICE_,
		    "some identities did not begin yet", &first->e,
		    (const struct log_field[]){ LOG_N("identities", n),
			LOG_S("first", first->identity), { .key = NULL } });
}

/* One line that says it all, where there are many. */
static void
say_summary(const struct app *a, const struct fleet *f, int64_t began)
{
	char took[CLOCK_TEXT_MAX];
	int64_t failed = 0, waiting = 0, left_out = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct fleet_result *r = &f->results[i];

		failed += fleet_failed(r->ec);
		left_out += r->left_out;
		waiting +=
		    !r->left_out && !fleet_failed(r->ec) && r->ec != EC_OK;
	}
	clock_span_text(clock_mono() - began, took);
	log_event(&a->log, LOG_NOTICE_, "run over",
	    (const struct log_field[]){ LOG_N("identities", f->n),
		LOG_N("waiting", waiting), LOG_N("failed", failed),
		LOG_N("not_begun", left_out), LOG_S("took", took),
		{ .key = NULL } });
}

static bool
all_seen(const struct fleet_items *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].turn != TURN_OVER)
			return false;
	return true;
}

static size_t
lanes_for(const struct app *a, size_t wanted)
{
	const int jobs = a->args->jobs > 0 ? a->args->jobs : a->config->jobs;

	return jobs > 0 && (size_t)jobs < wanted ? (size_t)jobs : wanted;
}

static enum ec
run_all(struct app *a, struct fleet_items *f, struct fleet *ret, struct err *e)
{
	const struct fleet_rules rules = {
		.free = a->args->identities[0] != NULL,
		.stop_after = a->config->stop_after,
	};
	AUTO(turns) struct turns *turns = NULL;
	const int64_t began = clock_mono();
	enum ec worst;

	TRY(turns_new(f->at, f->n, &rules, &turns, e));
	TRY(fleet_lanes(a, turns, lanes_for(a, f->wanted), e));
	e->what[0] = '\0'; /* each result has its own */
	worst = collect(f, ret, e);
	say_left_out(a, ret);
	if (ret->n > 1)
		say_summary(a, ret, began);
	return worst;
}

enum ec
fleet_run(struct app *a, struct fleet *ret, struct err *e)
{
	struct fleet_items f
	    __attribute__((cleanup(auto_fleet_items))) = { .n = 0 };
	enum ec worst;

	TRY(fleet_items(a, &f, e));
	/* Nothing is to be done now, but a rotation may not be over. */
	if (f.wanted == 0)
		return f.under_way ? EC_LATER : EC_OK;
	worst = run_all(a, &f, ret, e);
	if (f.changed && a->leased && all_seen(&f))
		TRY(fleet_items_seen(a, &f, e));
	return worst;
}

void
fleet_free(struct fleet *f)
{
	free(f->results);
	f->results = NULL;
	f->n = 0;
}

void
auto_fleet(struct fleet *f)
{
	fleet_free(f);
}
