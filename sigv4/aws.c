/*
 * aws: see aws.h. The session, and the loop around one attempt. READ decide()
 * FIRST: it is where a request may be sent a second time.
 */
#include "sigv4/aws.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/aws_error.h"
#include "sigv4/aws_p.h"

#include "sigv4/providers.h"

#define SKEW_SEEN  INT64_C(2000)
#define ATTEMPTS   3
#define TIMEOUT_MS 10000

static void
default_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	clock_sleep(ms);
}

/* The first that is set: argument, environment, profile. */
static const char *
setting(const struct aws *a, const char *variable, const char *key)
{
	const char *v = provider_getenv(a->env, variable);

	if (v == NULL && a->profile != NULL)
		v = profile_get(a->profile, key);
	return v;
}

static enum ec
choose_region(struct aws *a, const char *wanted, struct err *e)
{
	const char *r = wanted;

	if (r == NULL)
		r = provider_getenv(a->env, "AWS_REGION");
	if (r == NULL)
		r = setting(a, "AWS_DEFAULT_REGION", "region");
	if (r == NULL)
		r = "us-east-1";
	if (!region_valid(r)) {
		(void)fail(e, EC_CONFIG, "\"%.40s\" is no region", r);
		return fix(e, "set AWS_REGION to one such as eu-west-1");
	}
	(void)snprintf(a->region, sizeof(a->region), "%s", r);
	return EC_OK;
}

static enum ec
choose_ca(struct aws *a, struct err *e)
{
	const char *ca = setting(a, "AWS_CA_BUNDLE", "ca_bundle");

	if (ca == NULL)
		return EC_OK;
	if (access(ca, R_OK) != 0) {
		(void)fail(e, EC_CONFIG, "AWS_CA_BUNDLE %s: %s", ca,
		    strerrordesc_np(errno));
		return fix(e, "name a readable file of PEM certificates");
	}
	a->ca_file = strdup(ca);
	return a->ca_file != NULL
	    ? EC_OK
	    : fail(e, EC_NOMEM, "no memory for a file name");
}

enum ec
aws_open(struct net *n, const struct aws_env *env, const struct aws_options *o,
    struct aws **ret, struct err *e)
{
	AUTO(aws) struct aws *a = calloc(1, sizeof(*a));
	enum ec ec;

	if (a == NULL)
		return fail(e, EC_NOMEM, "no memory for a session");
	a->net = n;
	a->env = env;
	a->attempts = o->attempts > 0 ? o->attempts : ATTEMPTS;
	a->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_MS;
	a->sleep = o->sleep != NULL ? o->sleep : default_sleep;
	a->sleep_ctx = o->sleep_ctx;
	ec = profile_load(env, &a->profile, e);
	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	TRY(choose_region(a, o->region, e));
	TRY(choose_ca(a, e));
	TRY(o->as != NULL ? aws_cred_dup(o->as, &a->cred, e)
			  : identity_load(env, &a->cred, e));
	*ret = TAKE(a);
	return EC_OK;
}

void
aws_close(struct aws *a)
{
	if (a == NULL)
		return;
	aws_cred_free(&a->cred);
	profile_free(a->profile);
	free(a->ca_file);
	free(a);
}

void
auto_aws(struct aws **a)
{
	aws_close(*a);
}

const char *
aws_identity(const struct aws *a)
{
	return a->cred.source;
}

const char *
aws_region(const struct aws *a)
{
	return a->region;
}

int64_t
aws_skew(const struct aws *a)
{
	/* Date has whole seconds and travels a while: less is no offset, and
	 * following it would make our time jump back and forth. */
	return llabs(a->skew) < SKEW_SEEN ? 0 : a->skew;
}

unsigned
aws_calls(const struct aws *a)
{
	return a->calls;
}

enum ec
aws_endpoint(struct aws *a, const char *service, char ret[256], struct err *e)
{
	struct endpoint to;

	TRY(endpoint_find(a->env, a->profile, a->region, service, &to, e));
	(void)snprintf(ret, ENDPOINT_MAX, "%s", to.url);
	return EC_OK;
}

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
	aws_error_read(ret, why);
	*v = aws_error_judge(why);
	aws_error_hush(why, a->cred.token);
	describe(e, v->ec, to, c, why, v->fix);
	return v->ec;
}

enum ec
aws_do(struct aws *a, const struct aws_call *c, struct http_reply *ret,
    struct aws_error *why, struct err *e)
{
	struct endpoint to;
	struct aws_verdict v;
	struct http_reply r;
	bool corrected = false;
	enum next next;
	enum ec ec;

	TRY(identity_refresh(a->env, a->offset, &a->cred, e));
	TRY(endpoint_find(a->env, a->profile, a->region, c->service, &to, e));
	for (int n = 1;; n++) {
		r = (struct http_reply){ .retry_after = -1 };
		if (attempt(a, c, &to, &r, why, &v, e) == EC_OK) {
			*ret = r;
			return EC_OK;
		}
		next = decide(a, c->resend, &v, corrected, &ec);
		http_reply_free(&r);
		e->ec = ec;
		if (next == STOP || (next == AGAIN && n >= a->attempts))
			return ec;
		corrected |= next == AGAIN_NOW;
		if (next == AGAIN)
			a->sleep(
			    a->sleep_ctx, aws_clock_delay(n, r.retry_after));
	}
}
