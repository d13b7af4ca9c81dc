/*
 * push_person: clients that only a person can change. Asked once, reminded by
 * every run, believed when the word came after the question.
 */
#include <stdio.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/guard.h"
#include "rotator/push_p.h"

static enum ec
show_steps(struct rotation *r, const struct client_conf *c, struct err *e)
{
	AUTO(buf) struct buf text = BUF(16384);
	const struct notify *n = &r->w->notify;

	TRY(c->client.drv->steps(&c->client, r->rec.new.id, &text, e));
	n->steps(n->ctx, c->client.name, buf_str(&text));
	return EC_OK;
}

static enum ec
overdue(struct rotation *r, const struct client_conf *c,
    const struct rec_client *rc, struct err *e)
{
	const struct notify *n = &r->w->notify;
	int64_t due = rc->asked + c->deadline;

	(void)fail(e, EC_HUMAN, "client %s waits for a person%s",
	    c->client.name,
	    rotation_now(r) > due ? ": its deadline has passed" : "");
	(void)fix(e, "do its steps (rotate status %s), then: rotate confirm %s",
	    r->rec.identity, c->client.name);
	if (rotation_now(r) > due)
		n->alarm(n->ctx, r->rec.identity, e->what, e->fix, due);
	return EC_HUMAN;
}

/* The key to go back to may have been off until now, and nobody is asked to
 * type in a pair that SES refuses (I1). */
static enum ec
works_again(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred want = { 0 };

	if (!r->rec.rollback || push_wanted(r, c, rc, &want, e) != EC_OK)
		return EC_OK;
	return push_prove(r, c, rc, &want, c->settle.successes, e);
}

/* Durable first: a person who saw the steps may act on them although we died
 * meanwhile. Whoever missed them finds them in `rotate status`. */
static enum ec
ask(struct rotation *r, const struct client_conf *c, struct rec_client *rc,
    struct err *e)
{
	TRY(works_again(r, c, rc, e));
	rc->state = CL_ASKED;
	rc->since = rc->asked = rotation_now(r);
	rc->touched = true;
	TRY(rotation_note(r, "ask", e, "asked a person to move client %s to %s",
	    rc->name, r->rec.new.id));
	return show_steps(r, c, e);
}

/* Only what was said after we asked counts: the same key may have been
 * confirmed in an earlier rotation. The word is dated by another clock. */
static bool
answers(const struct confirmation *yes, const struct rec_client *rc)
{
	return yes->confirmed && yes->at + CLOCKS_MS >= rc->asked;
}

/* A person's turn: ask once, then look for the confirmation of this key. */
enum ec
push_ask_person(struct rotation *r, const struct client_conf *c,
    struct rec_client *rc, struct err *e)
{
	const struct store *s = r->w->store;
	char at[CLOCK_TEXT_MAX];
	struct confirmation yes;

	if (rc->state != CL_ASKED)
		TRY(ask(r, c, rc, e));
	TRY(s->confirm_get(s->ctx, rc->name, r->rec.new.id, &yes, e));
	if (!answers(&yes, rc))
		return overdue(r, c, rc, e);
	clock_text(yes.at, at);
	(void)snprintf(rc->evidence, sizeof(rc->evidence),
	    "confirmed by %s at %s", yes.by, at);
	return EC_OK;
}
