/*
 * rotate: does what is due for every identity and leaves. Meant to be run
 * often: when nothing is due it costs a look into the state and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/fleet.h"
#include "rotator/out.h"
#include "rotator/plan.h"
#include "rotator/quiet.h"
#include "rotator/roster.h"

static enum ec
as_json(const struct fleet *f, enum ec worst, struct err *e)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "identities");

	(void)cJSON_AddStringToObject(o, "result", ec_name(worst));
	for (size_t i = 0; i < f->n; i++) {
		const struct fleet_result *r = &f->results[i];
		cJSON *row = cJSON_CreateObject();

		(void)cJSON_AddStringToObject(row, "identity", r->identity);
		(void)cJSON_AddStringToObject(
		    row, "state", rot_state_name(r->state));
		(void)cJSON_AddStringToObject(row, "result", ec_name(r->ec));
		if (r->ec != EC_OK) {
			(void)cJSON_AddStringToObject(row, "cause", r->e.what);
			(void)cJSON_AddStringToObject(row, "fix", r->e.fix);
		}
		out_json_time(row, "next", r->next_at);
		(void)cJSON_AddItemToArray(list, row);
	}
	return out_json(o, e);
}

static void
not_kept(const struct app *a, const char *what, const struct err *e)
{
	log_err(&a->log, LOG_DEBUG_, what, e, NULL);
}

/* For the next ones. A run that cannot keep what it found is as good as any;
 * they have more to do. */
static void
keep(struct app *a, const struct quiet *q, bool nothing, enum ec ended)
{
	struct err e;

	if (roster_keep(a, &q->seen, &e) != EC_OK)
		not_kept(a, "the next status must read the configuration", &e);
	if (nothing && quiet_keep(a, q, ended, &e) != EC_OK)
		not_kept(a, "the next run must look at everything again", &e);
}

/* All there is to do, which mostly is nothing. */
static enum ec
run(struct app *a, struct fleet *f, struct err *e)
{
	struct quiet q;
	enum ec ec = EC_OK;

	if (quiet_look(a, clock_wall(), &q, &ec))
		return ec;
	ec = fleet_run(a, f, e);
	if ((ec == EC_OK || e->what[0] == '\0') && !app_stopped())
		keep(a, &q, f->n == 0, ec);
	return ec;
}

static enum ec
exec_run(struct app *a, struct err *e)
{
	AUTO(fleet) struct fleet f = { .results = NULL };
	enum ec ec;

	if (a->args->dry_run)
		return plan_run(a, e);
	ec = run(a, &f, e);
	if (a->args->json)
		TRY(as_json(&f, ec, e));
	return ec;
}

const struct command cmd_run = {
	.name = "",
	.operands = "",
	.summary = "do everything that is due",
	.help =
	    "Creates, proves, pushes, verifies and retires access keys, as far\n"
	    "as it is time, and exits. Run it from a timer; a run that dies is\n"
	    "continued by the next one.\n"
	    "\n"
	    "  rotate --dry-run                 what would happen, nothing else\n"
	    "  rotate                           what a timer does\n"
	    "  rotate --identity mail --force   rotate mail although not due\n"
	    "  rotate --identity mail --force --wait=15m\n"
	    "                                   in a pipeline: return when every\n"
	    "                                   client holds the new pair\n",
	.min_words = 0,
	.max_words = 0,
	.options =
	    O_COMMON | O_IDENTITY | O_DRY_RUN | O_FORCE | O_WAIT | O_JOBS,
	.run = exec_run,
};
