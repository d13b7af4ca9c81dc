/* aws: see aws.h. The session; what it does is in aws_do.c. */
#include "sigv4/aws.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/aws_p.h"
#include "sigv4/providers.h"

#define SKEW_SEEN  INT64_C(2000)
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
choose_region(struct aws *a, const struct aws_options *o, struct err *e)
{
	const char *r = o->region;

	/* The partition of a role is not that of this host, of necessity. */
	if (r == NULL && o->account != NULL && o->account->region[0] != '\0')
		r = o->account->region;
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

/* One for this session alone is paced only when it is asked for: there is
 * nobody beside it to be fair to. */
static enum ec
choose_account(
    struct aws *a, const struct aws_options *o, struct net *n, struct err *e)
{
	if (o->account != NULL) {
		a->account = o->account;
		return EC_OK;
	}
	a->own = true;
	TRY(o->as != NULL ? aws_account_open_as(a->env, o->as, &a->account, e)
			  : aws_account_open(a->env, &a->account, e));
	a->account->paced = a->retry.mode == RETRY_ADAPTIVE;
	return aws_account_ready(a->account, n, e);
}

static void
choose_means(struct aws *a, const struct aws_options *o)
{
	a->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_MS;
	a->sleep = o->sleep != NULL ? o->sleep : default_sleep;
	a->sleep_ctx = o->sleep_ctx;
	a->random = o->random != NULL ? o->random : retry_dice;
	a->random_ctx = o->random_ctx;
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
	choose_means(a, o);
	ec = profile_load(env, &a->profile, e);
	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	TRY(choose_region(a, o, e));
	TRY(choose_ca(a, e));
	TRY(retry_settings(env, a->profile, &a->retry, e));
	if (o->attempts > 0)
		a->retry.attempts = o->attempts;
	TRY(choose_account(a, o, n, e));
	*ret = TAKE(a);
	return EC_OK;
}

void
aws_close(struct aws *a)
{
	if (a == NULL)
		return;
	if (a->own)
		aws_account_close(a->account);
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
aws_identity(struct aws *a)
{
	account_source(a->account, a->source);
	return a->source;
}

const char *
aws_note(const struct aws *a)
{
	return a->retry.note;
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
