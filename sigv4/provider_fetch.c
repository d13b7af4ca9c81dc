/*
 * provider_fetch: one question to whoever hands out credentials. All of them
 * only read, so each may be asked again.
 */
#include "base/auto.h"
#include "sigv4/providers.h"

#define REPLY_MAX ((size_t)64 * 1024)

/* Would another try help? */
static bool
may_pass(enum ec ec, int status)
{
	if (ec != EC_OK)
		return ec == EC_TEMP || ec == EC_UNKNOWN;
	return status >= 500 || status == 429;
}

enum ec
provider_fetch(const struct aws_env *env, const struct provider_ask *q,
    struct http_reply *ret, struct err *e)
{
	const struct http_request r = {
		.method = q->method != NULL ? q->method : "GET",
		.url = q->url,
		.headers = q->headers,
		.ca_file = provider_getenv(env, "AWS_CA_BUNDLE"),
		.body_max = REPLY_MAX,
		.timeout_ms = q->timeout_ms,
	};
	struct http_reply reply = { .status = 0 };
	enum ec ec;

	if (env->net == NULL)
		return fail(e, EC_BUG, "no network was lent");
	for (int n = 1;; n++) {
		ec = http_do(env->net, &r, &reply, e);
		if (n >= q->attempts || !may_pass(ec, reply.status))
			break;
		http_reply_free(&reply);
		reply = (struct http_reply){ .status = 0 };
		provider_sleep(env, q->pause_ms);
	}
	if (ec == EC_OK)
		*ret = reply;
	else if (ec == EC_UNKNOWN)
		e->ec = ec = EC_TEMP; /* nothing was changed by it */
	return ec;
}

static void
env_sleep(void *ctx, int64_t ms)
{
	provider_sleep(*(const struct aws_env **)ctx, ms);
}

enum ec
provider_call(const struct aws_env *env, const char *region,
    const struct aws_cred *as, const struct aws_call *c, struct http_reply *ret,
    struct aws_error *why, struct err *e)
{
	AUTO(aws) struct aws *a = NULL;
	const struct aws_options o = { .region = region,
		.as = as,
		.sleep = env_sleep,
		.sleep_ctx = &env };

	if (env->net == NULL)
		return fail(e, EC_BUG, "no network was lent");
	TRY(aws_open(env->net, env, &o, &a, e));
	return aws_do(a, c, ret, why, e);
}
