/*
 * plan_next: what the next run would do for one identity, from what was read.
 * Pure. The rules are those of begin.c and guard.c, said instead of done.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/fleet.h"
#include "rotator/out.h"
#include "rotator/plan_p.h"

static void say(struct plan_identity *id, enum plan_kind kind, enum ec ec,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
say(struct plan_identity *id, enum plan_kind kind, enum ec ec, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(id->next, sizeof(id->next), fmt, ap);
	va_end(ap);
	id->kind = kind;
	id->ec = ec;
}

static void
say_fix(struct plan_identity *id, const char *text)
{
	(void)snprintf(id->fix, sizeof(id->fix), "%s", text);
}

/* The next arrow of each state, in words. */
static const char *const arrows[ROT__MAX] = {
	[ROT_IDLE] = "begin",
	[ROT_INTENT] = "find out what became of the new key and go on",
	[ROT_ORPH] = "switch off a new key whose secret was lost",
	[ROT_ORPHQ] = "delete a new key whose secret was lost",
	[ROT_CREATED] = "prove the new key in every region",
	[ROT_PROVED] = "give every client the new pair",
	[ROT_PUSHING] = "give the remaining clients the new pair",
	[ROT_GRACE] = "switch the old key off",
	[ROT_DEACT] = "switch the old key off",
	[ROT_QUIET] = "delete the old key",
	[ROT_DEL] = "delete the old key",
	[ROT_DONE] = "finish",
	[ROT_RB] = "give clients their former pair back",
	[ROT_BLOCKED] = "nothing",
};

static void
under_way(const struct plan *p, struct plan_identity *id)
{
	const struct rec *r = &id->look.rec;
	char when[64];

	out_when(r->next_at, p->now, when, sizeof(when));
	say(id, PLAN_WAIT, EC_OK, "%s, %s%s%s%s", arrows[r->state],
	    r->next_at <= p->now ? "now" : when,
	    r->waiting[0] != '\0' ? " (" : "", r->waiting,
	    r->waiting[0] != '\0' ? ")" : "");
}

static void
unknown_keys(struct plan_identity *id)
{
	char fix_text[REC_TEXT_MAX];

	say(id, PLAN_BLOCKED, EC_CONFLICT, "would block: IAM user %s has %s",
	    id->conf->iam_user,
	    id->n_keys > 1 ? "more keys than are known here"
			   : "another key than the one known here");
	(void)snprintf(fix_text, sizeof(fix_text),
	    "say which key is in use: rotate adopt %s --current KEY "
	    "[--retire OTHER]",
	    id->conf->name);
	say_fix(id, fix_text);
}

static bool
keys_are_ours(const struct plan_identity *id)
{
	const struct rec *r = &id->look.rec;

	if (id->n_keys == 0)
		return true;
	return id->n_keys == 1 &&
	    (r->old.id[0] == '\0' ||
		strcmp(r->old.id, id->keys[0].key.id) == 0);
}

static size_t
not_ready(const struct plan_identity *id)
{
	size_t n = 0;

	for (size_t i = 0; i < id->n_clients; i++)
		n += id->clients[i].conf->required &&
		    id->clients[i].problem.ec != EC_OK;
	return n;
}

static int64_t
due_at(const struct plan_identity *id)
{
	const struct rec *r = &id->look.rec;

	return r->failures > 0
	    ? r->next_at
	    : rotation_due_at(id->conf, id->keys[0].key.created);
}

static void
due(const struct args *args, const struct plan *p, struct plan_identity *id)
{
	const char *key = id->keys[0].key.id;
	const int64_t at = id->n_keys == 0 ? 0 : due_at(id);
	const int64_t opens = windows_next(&id->conf->windows, p->now);
	char age[CLOCK_TEXT_MAX], max[CLOCK_TEXT_MAX], left[CLOCK_TEXT_MAX];
	char window[CLOCK_TEXT_MAX];

	clock_text(opens, window);
	look_age(id->keys[0].key.created, p->now, age);
	clock_span_text(id->conf->max_age, max);
	clock_span_text(at - p->now, left);
	if (id->n_keys == 0)
		say(id, PLAN_ROTATE, EC_OK,
		    "%s has no key: the first one is made", id->conf->iam_user);
	else if (args->force)
		say(id, PLAN_ROTATE, EC_OK,
		    "rotation is forced: key %s is %s old", key, age);
	else if (at <= p->now && opens > p->now)
		say(id, PLAN_WAIT, EC_LATER,
		    "rotation is due: key %s is %s old; its window opens at "
		    "%s",
		    key, age, window);
	else if (at <= p->now)
		say(id, PLAN_ROTATE, EC_OK,
		    "rotation is due: key %s is %s old (max_age %s)", key, age,
		    max);
	else
		say(id, PLAN_WAIT, EC_OK,
		    "not due for %s: key %s is %s old (max_age %s)", left, key,
		    age, max);
}

static void
idle(const struct args *args, const struct plan *p, struct plan_identity *id)
{
	char was[sizeof(id->next)];

	if (!keys_are_ours(id)) {
		unknown_keys(id);
		return;
	}
	due(args, p, id);
	if (id->kind != PLAN_ROTATE || not_ready(id) == 0)
		return;
	memcpy(was, id->next, sizeof(was));
	say(id, PLAN_BLOCKED, EC_CLIENT,
	    "%.300s; but %zu client(s) are not ready, no key would be made",
	    was, not_ready(id));
}

static void
held(struct plan_identity *id)
{
	const struct hold *h = &id->look.hold;
	char text[REC_TEXT_MAX];

	say(id, PLAN_WAIT, EC_OK,
	    "nothing begins and no key is retired: held by %s: %s", h->by,
	    h->reason);
	(void)snprintf(text, sizeof(text), "rotate release %s", id->conf->name);
	say_fix(id, text);
}

void
plan_next(
    const struct args *args, const struct plan *p, struct plan_identity *id)
{
	const struct rec *r = &id->look.rec;

	if (r->state == ROT_BLOCKED) {
		say(id, PLAN_BLOCKED, EC_CONFLICT, "blocked: %s", r->alarm);
		say_fix(id, r->alarm_fix);
	} else if (id->problem.ec != EC_OK) {
		say(id, PLAN_BLOCKED, id->problem.ec, "%s", id->problem.e.what);
		say_fix(id, id->problem.e.fix);
	} else if (id->look.hold.held)
		held(id);
	else if (r->state == ROT_IDLE)
		idle(args, p, id);
	else
		under_way(p, id);
	/* A client that is not ready is told of before it matters. */
	if (not_ready(id) > 0)
		id->ec = fleet_graver(id->ec, EC_CLIENT);
}
