/*
 * provider_imds: the role of an EC2 instance.
 *
 * Source: "IMDS credential provider", AWS SDKs and Tools Reference Guide;
 * "Retrieve security credentials from instance metadata", EC2 User Guide;
 * botocore utils.py, InstanceMetadataFetcher.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "sigv4/imds.h"
#include "sigv4/providers.h"

#define PATH      "latest/meta-data/iam/security-credentials/"
#define EXTEND_MS (INT64_C(20) * 60 * 1000)
#define NEARLY_MS (INT64_C(10) * 60 * 1000)

/* The only line of the list. Names of roles are [\w+=,.@-]{1,64}. */
static enum ec
take_role(const struct buf *body, char ret[80], struct err *e)
{
	const char *s = buf_str(body);
	size_t n = strcspn(s, "\r\n");

	(void)snprintf(ret, 80, "%.*s", (int)(n < 80 ? n : 79), s);
	if (n > 0 && n <= 64 && provider_clean(ret) &&
	    strpbrk(ret, "/?#%&<>\"'{}[]\\:;") == NULL)
		return EC_OK;
	return fail(e, EC_PROTO, "instance metadata: no name of a role");
}

static enum ec
get_role(const struct imds *m, char ret[80], struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };

	TRY(imds_get(m, PATH, "", &r, e));
	if (r.status == 404)
		return imds_none("no role is attached to this instance", 404,
		    "attach an instance profile to it", e);
	if (r.status != 200)
		return fail(e, r.status >= 500 ? EC_TEMP : EC_PROTO,
		    "instance metadata: HTTP %d to the list of roles",
		    r.status);
	return take_role(&r.body, ret, e);
}

/* "Static stability": when the service that renews them is down, AWS goes on
 * taking them; their end is put off instead of stopping. */
static void
extend(const struct imds *m, struct aws_cred *c)
{
	int64_t now = provider_now(m->env);

	if (c->expires < now + NEARLY_MS)
		c->expires = now + EXTEND_MS;
}

static enum ec
get_keys(
    const struct imds *m, const char *role, struct aws_cred *ret, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	char source[200], code[48];
	enum ec ec;

	TRY(imds_get(m, PATH, role, &r, e));
	if (r.status != 200)
		return fail(e, r.status >= 500 ? EC_TEMP : EC_PROTO,
		    "instance metadata: role %s: HTTP %d", role, r.status);
	ec = provider_json_text(&r.body, "Code", code, sizeof(code), e);
	TRY_MEMORY(ec);
	if (ec == EC_OK && strcmp(code, "Success") != 0) {
		errno = 0;
		(void)fail(
		    e, EC_DENIED, "instance metadata: role %s: %s", role, code);
		return fix(e,
		    "let the role's trust policy name "
		    "ec2.amazonaws.com");
	}
	(void)snprintf(
	    source, sizeof(source), "role %s of this instance", role);
	TRY(provider_json(&r.body, &provider_form_endpoint, "instance metadata",
	    source, ret, e));
	extend(m, ret);
	return EC_OK;
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(imds) struct imds m = { .env = env };
	const char *off = provider_getenv(env, "AWS_EC2_METADATA_DISABLED");
	char role[80];
	enum ec ec;

	if (env->net == NULL || (off != NULL && strcasecmp(off, "true") == 0))
		return fail(e, EC_GONE, "instance metadata: switched off");
	TRY(imds_open(env, &m, e));
	ec = imds_token(&m, e);
	if (ec == EC_OK)
		ec = get_role(&m, role, e);
	if (ec == EC_OK)
		ec = get_keys(&m, role, ret, e);
	if (ec != EC_OK && e->fix[0] == '\0')
		(void)fix(e,
		    "see what answers at the address of the metadata service "
		    "(AWS_EC2_METADATA_SERVICE_ENDPOINT), or switch it off: "
		    "AWS_EC2_METADATA_DISABLED=true");
	return ec;
}

const struct provider provider_imds = { .name = "instance metadata",
	.load = load };
