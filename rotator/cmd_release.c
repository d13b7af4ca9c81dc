/*
 * release: lifts a hold, and lets a blocked identity go on where it stopped.
 * Every check that blocked it runs again, so a release without a cure blocks
 * again and harms nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/app.h"
#include "rotator/out.h"

static enum ec
lift(struct app *a, const char *name, bool *ret_was, struct err *e)
{
	const struct hold none = { .held = false };
	struct event ev = { .at = clock_wall(),
		.identity = name,
		.what = "release",
		.text = "hold lifted" };
	struct hold h;

	TRY(a->store.hold_get(a->store.ctx, name, &h, e));
	*ret_was = h.held;
	if (!h.held)
		return EC_OK;
	TRY(a->store.hold_set(a->store.ctx, name, &none, e));
	return a->store.note(a->store.ctx, &ev, e);
}

/* The brake of another run can be released too; only a record that has to be
 * changed needs the lease. */
static enum ec
is_blocked(struct app *a, const char *name, bool *ret, struct err *e)
{
	AUTO(rec) struct rec rec = { .n_clients = 0 };
	enum ec ec = a->store.load(a->store.ctx, name, &rec, e);

	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	*ret = ec == EC_OK && rec.state == ROT_BLOCKED;
	return EC_OK;
}

static enum ec
unblock(
    struct app *a, const struct identity_conf *id, bool *ret_was, struct err *e)
{
	AUTO(rotation) struct rotation r = { .w = NULL };
	char who[64];

	TRY(is_blocked(a, id->name, ret_was, e));
	if (!*ret_was)
		return EC_OK;
	TRY(app_engine(a, e));
	TRY(rotation_open(&r, &a->world, id, e));
	*ret_was = r.rec.state == ROT_BLOCKED;
	if (!*ret_was)
		return EC_OK;
	app_who(who, sizeof(who));
	r.rec.alarm[0] = r.rec.alarm_fix[0] = '\0';
	r.rec.alarm_at = 0;
	return rotation_advance(&r, r.rec.resume, e, "released by %s", who);
}

static enum ec
exec_release(struct app *a, struct err *e)
{
	const struct identity_conf *id;
	bool held = false, blocked = false;

	TRY(app_identity(a, a->args->words[0], &id, e));
	TRY(app_store(a, STORE_RW, e));
	TRY(lift(a, id->name, &held, e));
	TRY(unblock(a, id, &blocked, e));
	if (!held && !blocked)
		out(PLAIN, "%s is neither held nor blocked.\n", id->name);
	else
		out(PLAIN,
		    "%s goes on with the next run (rotate --identity "
		    "%s).\n",
		    id->name, id->name);
	return EC_OK;
}

const struct command cmd_release = {
	.name = "release",
	.operands = "NAME",
	.summary = "lift a hold; let a blocked identity go on",
	.help = "Mend what `rotate status NAME` names first: everything is\n"
		"checked again before anything is done.\n"
		"\n"
		"  rotate release mail\n",
	.min_words = 1,
	.max_words = 1,
	.options = O_CONFIG | O_LOG,
	.run = exec_release,
};
