/* imds: see imds.h. */
#include "sigv4/imds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"

#define URL_MAX    ((size_t)512)
#define HEADER_MAX ((size_t)4096)
#define TTL        "x-aws-ec2-metadata-token-ttl-seconds: 21600"

#define FIX_HOPS                                                               \
	"in a container on EC2: aws ec2 modify-instance-metadata-options "     \
	"--http-put-response-hop-limit 2 --instance-id ..."

void
auto_imds(struct imds *m)
{
	profile_free(m->profile);
	buf_free(&m->base);
	buf_free(&m->header);
}

static const char *
setting(const struct imds *m, const char *variable, const char *key)
{
	const char *v = provider_getenv(m->env, variable);

	return v == NULL && m->profile != NULL ? profile_get(m->profile, key)
					       : v;
}

/* A small number above 0, or what is taken without it. */
static int
number(
    const struct imds *m, const char *variable, const char *key, int fallback)
{
	const char *v = setting(m, variable, key);
	long n = v != NULL ? strtol(v, NULL, 10) : 0;

	return n > 0 && n <= 60 ? (int)n : fallback;
}

static enum ec
choose_base(struct imds *m, struct err *e)
{
	const char *url = setting(m, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
	    "ec2_metadata_service_endpoint");
	const char *mode = setting(m, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
	    "ec2_metadata_service_endpoint_mode");

	m->base = BUF(URL_MAX);
	if (mode != NULL && strcasecmp(mode, "ipv4") != 0 &&
	    strcasecmp(mode, "ipv6") != 0) {
		(void)fail(e, EC_CONFIG,
		    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: \"%.20s\"", mode);
		return fix(e, "write IPv4 or IPv6");
	}
	if (url == NULL)
		url = mode != NULL && strcasecmp(mode, "ipv6") == 0
		    ? "http://[fd00:ec2::254]/"
		    : "http://169.254.169.254/";
	TRY(buf_adds(&m->base, url, e));
	return m->base.len > 0 && m->base.p[m->base.len - 1] == '/'
	    ? EC_OK
	    : buf_adds(&m->base, "/", e);
}

static enum ec
ask(const struct imds *m, const char *method, const char *path,
    const char *more, const char *header, struct http_reply *ret, struct err *e)
{
	AUTO(buf) struct buf url = BUF(URL_MAX);
	const char *const headers[] = { header, NULL };
	const struct provider_ask q = { .method = method,
		.url = NULL,
		.headers = headers,
		.timeout_ms = m->timeout_ms,
		.attempts = m->attempts,
		.pause_ms = 0 };
	struct provider_ask with = q;

	TRY(buf_adds(&url, buf_str(&m->base), e));
	TRY(buf_adds(&url, path, e));
	TRY(buf_adds(&url, more, e));
	with.url = buf_str(&url);
	return provider_fetch(m->env, &with, ret, e);
}

/* There is none, and here is why: no reason to keep others from being asked,
 * but something to tell when nobody has one. */
enum ec
imds_none(const char *what, int status, const char *how, struct err *e)
{
	(void)fail(e, EC_GONE, "instance metadata: %s (HTTP %d)", what, status);
	return fix(e, "%s", how);
}

static enum ec
judge_token(const struct http_reply *r, struct err *e)
{
	if (r->status == 200)
		return EC_OK;
	if (r->status == 400)
		return fail(
		    e, EC_PROTO, "instance metadata: token refused (HTTP 400)");
	return imds_none("no token of version 2, and version 1 is never used",
	    r->status, "switch the instance's metadata endpoint on, version 2",
	    e);
}

/* No answer at all: this is no EC2, or the hop limit keeps it from us. */
enum ec
imds_token(struct imds *m, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	enum ec ec = ask(m, "PUT", "latest/api/token", "", TTL, &r, e);

	if (ec == EC_TEMP) {
		e->ec = EC_GONE;
		(void)err_prefix(e, "instance metadata");
		return fix(e, FIX_HOPS);
	}
	TRY(ec);
	TRY(judge_token(&r, e));
	m->header = BUF(HEADER_MAX);
	TRY(buf_adds(&m->header, "x-aws-ec2-metadata-token: ", e));
	if (strlen(buf_str(&r.body)) != r.body.len ||
	    !provider_clean(buf_str(&r.body)))
		return fail(
		    e, EC_PROTO, "instance metadata: its token is none");
	return buf_adds(&m->header, buf_str(&r.body), e);
}

enum ec
imds_open(const struct aws_env *env, struct imds *m, struct err *e)
{
	enum ec ec;

	*m = (struct imds){ .env = env };
	ec = profile_load(env, &m->profile, e);

	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	TRY(choose_base(m, e));
	m->timeout_ms = INT64_C(1000) *
	    number(m, "AWS_METADATA_SERVICE_TIMEOUT",
		"metadata_service_timeout", 1);
	m->attempts = number(m, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
	    "metadata_service_num_attempts", 1);
	return EC_OK;
}

enum ec
imds_get(const struct imds *m, const char *path, const char *more,
    struct http_reply *ret, struct err *e)
{
	return ask(m, NULL, path, more, buf_str(&m->header), ret, e);
}
