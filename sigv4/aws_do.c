/*
 * aws_do: the loop around one attempt. READ decide() FIRST: it is where a
 * request may be sent a second time. How often and when is for retry.h and
 * pace.h, which see all sessions of an account.
 */
#include <errno.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/aws_error.h"
#include "sigv4/aws_p.h"

#define PACE_WAIT_MS (INT64_C(60) * 1000)

enum next { STOP, AGAIN, AGAIN_NOW };

/*
 * May it be sent again? Lowers ec to EC_TEMP where it may, raises it to
 * EC_UNKNOWN where the request may have had an effect and must not be sent
 * again.
 */
static enum next
decide(struct aws *a, enum aws_resend rule, const struct aws_verdict *v,
    bool corrected, enum ec *ec)
{
	bool free_to = rule == AWS_RESEND;

	*ec = v->ec;
	switch (v->effect) {
	case AWS_THROTTLED:
		return AGAIN;
	case AWS_SKEWED:
		return !corrected && aws_clock_correct(a) ? AGAIN_NOW : STOP;
	case AWS_BROKEN:
		*ec = free_to ? EC_TEMP : EC_UNKNOWN;
		return free_to ? AGAIN : STOP;
	case AWS_UNREADABLE:
		*ec = free_to ? v->ec : EC_UNKNOWN;
		return STOP;
	case AWS_REFUSED:
		break;
	}
	return STOP;
}

/* No reply: the same question for what http_do() says. */
static struct aws_verdict
judge_silence(enum ec ec)
{
	if (ec == EC_TEMP)
		return (struct aws_verdict){ ec, AWS_THROTTLED, NULL };
	if (ec == EC_UNKNOWN)
		return (struct aws_verdict){ EC_TEMP, AWS_BROKEN, NULL };
	return (struct aws_verdict){ ec, AWS_REFUSED, NULL };
}

static void
describe(struct err *e, enum ec ec, const struct endpoint *to,
    const struct aws_call *c, const struct aws_error *why, const char *remedy)
{
	bool coded = why->code[0] != '\0';

	errno = 0; /* EC_DENIED here is no failed system call */
	(void)fail(e, ec, "%s: %s: %s%s%s (HTTP %d%s%s)", to->host, c->action,
	    coded ? why->code : "not an answer of AWS",
	    why->message[0] != '\0' ? ": " : "", why->message, why->status,
	    why->request_id[0] != '\0' ? ", request " : "", why->request_id);
	if (remedy != NULL)
		(void)fix(e, "%s", remedy);
}

/* Sends once; on failure why and *e tell, and *v says what it means. */
static enum ec
attempt(struct aws *a, const struct aws_call *c, const struct endpoint *to,
    struct http_reply *ret, struct aws_error *why, struct aws_verdict *v,
    struct err *e)
{
	enum ec ec = aws_send(a, c, to, ret, e);

	*why = (struct aws_error){ .status = 0 };
	if (ec != EC_OK) {
		(void)err_prefix(e, "%s", c->action);
		*v = judge_silence(ec);
		return ec;
	}
	aws_clock_see(a, ret);
	if (ret->status / 100 == 2)
		return EC_OK;
	if (aws_error_read(ret, why, e) != EC_OK) {
		*v = (struct aws_verdict){ e->ec, AWS_UNREADABLE, NULL };
		return err_prefix(e, "%s: %s", to->host, c->action);
	}
	*v = aws_error_judge(why);
	aws_error_hush(why, a->cred->token);
	describe(e, v->ec, to, c, why, v->fix);
	return v->ec;
}

/* A call on its way: what is the same in all of its attempts. */
struct course {
	const struct aws_call *c;
	struct endpoint to;
	struct account_line *line;
	int tries;      /* so far */
	int paid;       /* for the last one, of the account's tries */
	bool corrected; /* the clock, once */
	bool late;      /* the last one took all of its time */
};

/* Until a slot is free. Sleeping may end early, so the sum is what counts. */
static enum ec
wait_turn(struct aws *a, const struct course *w, struct err *e)
{
	int64_t waited = 0, ms;
	bool go = false;

	for (;;) {
		ms = account_ask(a->account, w->line, &go);
		if (ms > 0)
			a->sleep(a->sleep_ctx, ms);
		if (go)
			return EC_OK;
		waited += ms;
		if (waited < PACE_WAIT_MS)
			continue;
		(void)fail(e, EC_TEMP,
		    "%s: %s: not sent: the service throttles this account, "
		    "and too many calls wait",
		    w->to.host, w->c->action);
		return fix(e,
		    "nothing: it is tried again; find out who else calls it "
		    "so often");
	}
}

static enum ec
attempt_paced(struct aws *a, struct course *w, struct http_reply *ret,
    struct aws_error *why, struct aws_verdict *v, struct err *e)
{
	const int64_t begun = clock_mono();
	int64_t sent;
	enum ec ec;

	sent = account_time(a->account);
	ec = attempt(a, w->c, &w->to, ret, why, v, e);
	w->late = why->status == 0 && clock_mono() - begun >= a->timeout_ms;
	/* Silence says nothing about how many calls it takes. */
	if (ec == EC_OK || why->status != 0)
		account_answer(a->account, w->line, sent,
		    ec != EC_OK && v->effect == AWS_THROTTLED);
	return ec;
}

/* Is there another try for it? */
static bool
may_try_again(struct aws *a, struct course *w, struct err *e)
{
	if (w->tries >= a->retry.attempts)
		return false;
	w->paid = w->late ? RETRY_COST_TIMEOUT : RETRY_COST;
	if (account_again(a->account, w->line, w->paid))
		return true;
	(void)err_prefix(e, "given up early, as many calls fail");
	return false;
}

static enum ec
pursue(struct aws *a, struct course *w, struct http_reply *ret,
    struct aws_error *why, struct err *e)
{
	struct http_reply r;
	struct aws_verdict v;
	enum next next;
	enum ec ec;

	for (;;) {
		r = (struct http_reply){ .retry_after = -1 };
		TRY(wait_turn(a, w, e));
		w->tries++;
		if (attempt_paced(a, w, &r, why, &v, e) == EC_OK) {
			account_well(a->account, w->line, w->paid);
			*ret = r;
			return EC_OK;
		}
		next = decide(a, w->c->resend, &v, w->corrected, &ec);
		http_reply_free(&r);
		e->ec = ec;
		if (next == STOP || (next == AGAIN && !may_try_again(a, w, e)))
			return ec;
		w->corrected |= next == AGAIN_NOW;
		if (next == AGAIN)
			a->sleep(a->sleep_ctx,
			    retry_delay(w->tries, r.retry_after,
				a->random(a->random_ctx)));
	}
}

enum ec
aws_do(struct aws *a, const struct aws_call *c, struct http_reply *ret,
    struct aws_error *why, struct err *e)
{
	/* A date that is set says what it is to say. */
	struct course w = { .c = c, .corrected = c->at != 0 };
	struct held *h = NULL;
	enum ec ec;

	*why = (struct aws_error){ .status = 0 };
	TRY(account_borrow(a->account, a->net, a->offset, &h, e));
	a->cred = &h->cred;
	ec = endpoint_find(a->env, a->profile, a->region, c->service, &w.to, e);
	if (ec == EC_OK)
		ec = account_line(
		    a->account, c->service, w.to.region, &w.line, e);
	if (ec == EC_OK)
		ec = pursue(a, &w, ret, why, e);
	a->cred = NULL;
	account_return(a->account, h);
	return ec;
}
