/*
 * The loop that drives a rotation, and the few ways in which a record may
 * change. What the steps do is in steps.c; READ rotation.h FIRST.
 *
 * Rules that hold everywhere below:
 *  1. An effect begins only after the commit that announces it (I7).
 *  2. Every step begins by looking, so that no effect is repeated before its
 *     real outcome was read back (I8).
 *  3. A failed commit ends the run; memory is not the truth any more (B2).
 *  4. BLOCKED makes no mutating call at all (L2).
 */
#include "rotator/rotation.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"

/* Retries of a step: 5 min, 10, 20, ... up to 6 h. A certificate authority's
 * clients use the same shape; a broken client must not be hammered. */
#define RETRY_FIRST_MS ((int64_t)5 * 60 * 1000)
#define RETRY_MAX_MS   ((int64_t)6 * 3600 * 1000)
/* No step waits for longer than this and a retry, or a window of IAM. */
#define WAIT_SLACK_MS ((int64_t)24 * 3600 * 1000)
/* A person is asked again this often. */
#define HUMAN_MS ((int64_t)3600 * 1000)

/* Never compiled out: an invariant that fails must stop a key rotator. */
static void
rotation_check(const struct rec *r)
{
	assert(rotation_broken_fact(r) == NULL);
}

int64_t
rotation_now(const struct rotation *r)
{
	const struct world *w = r->w;

	return w->time.wall(w->time.ctx) + w->iam.skew(w->iam.ctx);
}

static enum ec
commit(struct rotation *r, const char *what, const char *text, struct err *e)
{
	struct event ev = {
		.at = rotation_now(r),
		.identity = r->rec.identity,
		.what = what,
		.text = text,
	};

	rotation_check(&r->rec);
	/* Until the store says otherwise, nobody knows what it holds. */
	r->torn = true;
	TRY(r->w->store->commit(r->w->store->ctx,
	    r->w->time.wall(r->w->time.ctx), &r->rec, what == NULL ? NULL : &ev,
	    e));
	r->torn = false;
	memcpy(r->noted, r->rec.waiting, sizeof(r->noted));
	return EC_OK;
}

/* A person looked and let it go on. What clients hold now is read anew and
 * then counts as seen, even when somebody else put it there; and calls that
 * never had an answer count as one, so that a late key is still ours. */
static void
released(struct rec *rec)
{
	rec->alarm[0] = rec->alarm_fix[0] = '\0';
	rec->alarm_at = 0;
	if (rec->sent > rec->answered && rec->orphan[0] == '\0')
		rec->answered = rec->sent - 1;
	for (size_t i = 0; i < rec->n_clients; i++)
		if (rec->clients[i].state == CL_WRITING)
			rec->clients[i].state = CL_PENDING;
}

enum ec
rotation_advance(
    struct rotation *r, enum rot_state to, struct err *e, const char *fmt, ...)
{
	const enum rot_state from = r->rec.state;
	const struct notify *n = &r->w->notify;
	char why[REC_TEXT_MAX], text[REC_TEXT_MAX + 32];
	va_list ap;

	assert(rotation_leads(from, to));
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)snprintf(text, sizeof(text), "%s -> %s: %s", rot_state_name(from),
	    rot_state_name(to), why);
	if (from == ROT_BLOCKED)
		released(&r->rec);
	r->rec.state = to;
	r->rec.tries = 0;
	if (to != ROT_IDLE) /* whoever leads there knows when it is due */
		r->rec.next_at = rotation_now(r);
	r->rec.waiting[0] = '\0';
	r->moved = true;
	r->pinned = false;
	TRY(commit(r, "state", text, e));
	n->event(n->ctx, LOG_NOTICE_, r->rec.identity, text);
	return EC_OK;
}

enum ec
rotation_note(
    struct rotation *r, const char *what, struct err *e, const char *fmt, ...)
{
	char text[REC_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	TRY(commit(r, what, text, e));
	r->w->notify.event(r->w->notify.ctx, LOG_INFO_, r->rec.identity, text);
	return EC_OK;
}

enum ec
rotation_wait(struct rotation *r, enum ec class, int64_t until, struct err *e,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->rec.waiting, sizeof(r->rec.waiting), fmt, ap);
	va_end(ap);
	r->rec.next_at = until;
	return fail(e, class, "%s", r->rec.waiting);
}

/* Whoever mends the cause must also hear how it goes on. */
static void
name_way_on(struct err *why, const char *identity)
{
	const struct err was = *why;

	if (strstr(was.fix, "rotate ") == NULL)
		(void)fix(why, "%.300s, then: rotate release %s",
		    was.fix[0] != '\0' ? was.fix : "mend that", identity);
}

enum ec
rotation_block(struct rotation *r, enum rot_state resume, struct err *e)
{
	const struct notify *n = &r->w->notify;
	struct rec *rec = &r->rec;
	struct err why = *e;

	assert(rec->state != ROT_BLOCKED);
	rec->resume = resume;
	rec->alarm_at = rotation_now(r);
	(void)snprintf(rec->alarm, sizeof(rec->alarm), "%.*s",
	    (int)sizeof(rec->alarm) - 1, why.what);
	name_way_on(&why, rec->identity);
	(void)snprintf(rec->alarm_fix, sizeof(rec->alarm_fix), "%s", why.fix);
	TRY(rotation_advance(r, ROT_BLOCKED, e, "%s", rec->alarm));
	n->alarm(
	    n->ctx, rec->identity, rec->alarm, rec->alarm_fix, rec->alarm_at);
	*e = why;
	return e->ec = EC_CONFLICT;
}

static int64_t
retry_delay(int64_t tries)
{
	int64_t ms = RETRY_FIRST_MS;

	while (--tries > 0 && ms < RETRY_MAX_MS)
		ms *= 2;
	return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

/* After these nothing may be written: the lease is gone, the disk failed, or
 * this run was refused as a whole and the next may be right. */
static bool
leaves_no_note(enum ec ec)
{
	static const bool table[EC__MAX] = {
		[EC_BUSY] = true,
		[EC_IO] = true,
		[EC_DAMAGED] = true,
		[EC_NOMEM] = true,
		[EC_BUG] = true,
		[EC_CONFIG] = true,
	};

	return table[ec];
}

/* A step did not advance: keep why and until when, so that status can tell
 * and the next run does not hurry. */
static enum ec
pause_(struct rotation *r, enum ec ec, struct err *e)
{
	struct err why = *e, again;
	int64_t now = rotation_now(r);
	bool same;

	if (r->torn || leaves_no_note(ec))
		return ec;
	if (ec != EC_LATER) {
		r->rec.tries++;
		r->rec.next_at = now +
		    (ec == EC_HUMAN ? HUMAN_MS : retry_delay(r->rec.tries));
		(void)snprintf(r->rec.waiting, sizeof(r->rec.waiting), "%.*s",
		    (int)sizeof(r->rec.waiting) - 1, why.what);
	}
	same = strcmp(r->noted, r->rec.waiting) == 0;
	if (commit(r, same ? NULL : "wait", r->rec.waiting, &again) != EC_OK) {
		*e = again;
		return again.ec;
	}
	*e = why;
	return ec;
}

/* A conflict found in a step stops the rotation until a person decides. A
 * missing permission does too, once a second key exists (A13). */
static bool
must_block(const struct rec *rec, enum ec ec)
{
	return ec == EC_CONFLICT ||
	    (ec == EC_DENIED && rec->state > ROT_INTENT);
}

/* The alarm of a blocked identity repeats with every run (L3). */
static enum ec
still_blocked(struct rotation *r, struct err *e)
{
	const struct rec *rec = &r->rec;
	const struct notify *n = &r->w->notify;

	if (!r->moved)
		n->alarm(n->ctx, rec->identity, rec->alarm, rec->alarm_fix,
		    rec->alarm_at);
	(void)fail(e, EC_CONFLICT, "%s", rec->alarm);
	return fix(e, "%.*s", ERR_FIX_MAX - 1, rec->alarm_fix);
}

enum ec
rotation_drive(struct rotation *r, struct err *e)
{
	for (;;) {
		const enum rot_state at = r->rec.state;
		enum ec ec;

		if (r->torn)
			return fail(e, EC_IO,
			    "%s: what was done last could "
			    "not be kept; the next run looks",
			    r->rec.identity);
		rotation_check(&r->rec);
		if (at == ROT_BLOCKED)
			return still_blocked(r, e);
		ec = rotation_steps[at](r, e);
		if (ec == EC_OK && r->rec.state == at)
			return EC_OK; /* IDLE, nothing due */
		if (ec == EC_OK)
			continue;
		if (r->rec.state == ROT_BLOCKED)
			return ec;
		if (!r->torn && must_block(&r->rec, ec))
			return rotation_block(r, at, e);
		return pause_(r, ec, e);
	}
}

bool
rotation_is_due(const struct identity_conf *conf, enum rot_state s,
    int64_t next_at, int64_t now)
{
	const int64_t idle = s == ROT_IDLE ? conf->max_age : 0;
	int64_t longest = RETRY_MAX_MS;

	longest = idle > longest ? idle : longest;
	longest = conf->late_window > longest ? conf->late_window : longest;
	return next_at <= now || next_at - now > longest + WAIT_SLACK_MS;
}

int64_t
rotation_due_at(const struct identity_conf *conf, int64_t created)
{
	return created + conf->max_age - conf->early;
}

bool
rotation_pushed(const struct rec *r)
{
	return r->state == ROT_IDLE || r->state == ROT_DONE ||
	    (r->state >= ROT_GRACE && r->state <= ROT_DEL);
}

/* Clients that left the configuration leave the record; new ones come in as
 * pending, so that nothing is retired behind their back. */
static enum ec
sync_clients(struct rotation *r, struct err *e)
{
	struct rec *rec = &r->rec;
	size_t kept = 0;

	for (size_t i = 0; i < rec->n_clients; i++) {
		const struct client_conf *c =
		    config_client(r->w->config, rec->clients[i].name);

		if (c != NULL && c->identity == r->conf)
			rec->clients[kept++] = rec->clients[i];
	}
	rec->n_clients = kept;
	for (size_t i = 0;; i++) {
		const struct client_conf *c =
		    config_client_of(r->w->config, r->conf, i);
		struct rec_client *rc;

		if (c == NULL)
			return EC_OK;
		if (rec_client(rec, c->client.name) == NULL)
			TRY(rec_client_add(rec, c->client.name, &rc, e));
	}
}

enum ec
rotation_open(struct rotation *r, const struct world *w,
    const struct identity_conf *conf, struct err *e)
{
	enum ec ec;

	memset(r, 0, sizeof(*r));
	r->w = w;
	r->conf = conf;
	ec = w->store->load(w->store->ctx, conf->name, &r->rec, e);
	if (ec == EC_GONE)
		rec_init(&r->rec, conf->name);
	else if (ec != EC_OK)
		return ec;
	if (rotation_broken_fact(&r->rec) != NULL) {
		(void)fail(e, EC_DAMAGED, "record of %s does not hold: %s",
		    conf->name, rotation_broken_fact(&r->rec));
		return fix(e, "see \"damaged state\" in RUNBOOK.md");
	}
	memcpy(r->noted, r->rec.waiting, sizeof(r->noted));
	return sync_clients(r, e);
}

void
rotation_close(struct rotation *r)
{
	rec_free(&r->rec);
}

void
auto_rotation(struct rotation *r)
{
	rotation_close(r);
}
