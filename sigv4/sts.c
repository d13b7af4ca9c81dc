/*
 * sts: see sts.h. Retries, clock and endpoint are those of every signed call.
 */
#include "sigv4/sts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/xml.h"
#include "sigv4/aws.h"
#include "sigv4/canonical.h"
#include "sigv4/providers.h"

#define BODY_MAX ((size_t)64 * 1024)
#define FORM     "application/x-www-form-urlencoded; charset=utf-8"

struct call {
	const char *action, *prefix; /* prefix: of the paths in its reply */
};

static const struct call assume_role = { "AssumeRole",
	"AssumeRoleResponse/AssumeRoleResult/Credentials/" };
static const struct call web_identity = { "AssumeRoleWithWebIdentity",
	"AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/"
	"Credentials/" };

/* ---- the request -------------------------------------------------------- */

static enum ec
add(struct buf *b, const char *name, const char *value, struct err *e)
{
	TRY(buf_addf(b, e, "&%s=", name));
	return canonical_escape(b, value, strlen(value), false, e);
}

static enum ec
form_body(const struct call *c, const struct sts_role *r,
    const struct buf *token, struct buf *b, struct err *e)
{
	TRY(buf_addf(b, e, "Action=%s&Version=2011-06-15", c->action));
	TRY(add(b, "RoleArn", r->arn, e));
	TRY(add(b, "RoleSessionName",
	    r->session != NULL ? r->session : STS_SESSION, e));
	if (r->duration_s != 0)
		TRY(buf_addf(
		    b, e, "&DurationSeconds=%lld", (long long)r->duration_s));
	if (r->external_id != NULL)
		TRY(add(b, "ExternalId", r->external_id, e));
	return token != NULL ? add(b, "WebIdentityToken", buf_str(token), e)
			     : EC_OK;
}

#define NAME_CHARS                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"

/* RoleSessionName and ExternalId as their pages in the API Reference say. */
static bool
fits(const char *s, size_t max, const char *more)
{
	size_t n = strlen(s), i = 0;

	while (i < n &&
	    (strchr(NAME_CHARS, s[i]) != NULL || strchr(more, s[i]) != NULL))
		i++;
	return i == n && n >= 2 && n <= max;
}

enum ec
sts_role_check(const struct sts_role *r, struct err *e)
{
	const char *bad = NULL;

	if (strncmp(r->arn, "arn:", 4) != 0 ||
	    strstr(r->arn, ":role/") == NULL || !provider_clean(r->arn))
		bad = "role_arn: not the ARN of a role";
	else if (r->session != NULL && !fits(r->session, 64, ""))
		bad = "role_session_name: 2 to 64 of A-Z a-z 0-9 and _+=,.@-";
	else if (r->external_id != NULL && !fits(r->external_id, 1224, ":/"))
		bad = "external_id: 2 to 1224 of A-Z a-z 0-9 and _+=,.@:/-";
	else if (r->duration_s != 0 &&
	    (r->duration_s < STS_DURATION_MIN ||
		r->duration_s > STS_DURATION_MAX))
		bad = "duration_seconds: 900 to 43200";
	if (bad == NULL)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "%s: %s", r->where, bad);
	return fix(e, "correct it there");
}

enum ec
sts_duration(const char *text, const char *where, int64_t *ret, struct err *e)
{
	char *end;

	*ret = 0;
	if (text == NULL)
		return EC_OK;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' &&
	    *ret >= STS_DURATION_MIN && *ret <= STS_DURATION_MAX)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "%s: duration_seconds: 900 to 43200", where);
	return fix(e, "correct it there");
}

/* ---- the reply ---------------------------------------------------------- */

enum part { ID, SECRET, TOKEN, UNTIL, PARTS };

static const char *const part_names[PARTS] = {
	[ID] = "AccessKeyId",
	[SECRET] = "SecretAccessKey",
	[TOKEN] = "SessionToken",
	[UNTIL] = "Expiration",
};

struct reply {
	const char *prefix;
	struct buf part[PARTS];
};

static void
auto_reply(struct reply *r)
{
	for (size_t i = 0; i < PARTS; i++)
		buf_free(&r->part[i]);
}

static enum ec
on_text(
    void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	struct reply *r = ctx;
	size_t n = strlen(r->prefix);

	if (strncmp(path, r->prefix, n) != 0)
		return EC_OK;
	for (size_t i = 0; i < PARTS; i++)
		if (strcmp(path + n, part_names[i]) == 0) {
			buf_cut(&r->part[i], 0);
			return buf_add(&r->part[i], text, len, e);
		}
	return EC_OK;
}

static enum ec
fail_reply(const struct call *c, const char *what, struct err *e)
{
	(void)fail(e, EC_PROTO, "%s: %s", c->action, what);
	return fix(
	    e, "check that the endpoint is STS, and no proxy answers for it");
}

static enum ec
read_reply(const struct call *c, const struct buf *body, const char *source,
    struct aws_cred *ret, struct err *e)
{
	AUTO(reply) struct reply r = { .prefix = c->prefix };
	int64_t until;
	enum ec ec;

	for (size_t i = 0; i < PARTS; i++)
		r.part[i] = BUF(XML_TEXT_MAX);
	ec = xml_walk(body, on_text, &r, e);
	if (ec == EC_NOMEM)
		return ec;
	if (ec != EC_OK)
		return fail_reply(c, "the answer is not XML, or cut off", e);
	until = clock_parse_iso(buf_str(&r.part[UNTIL]));
	for (size_t i = 0; i < PARTS; i++)
		if (r.part[i].len == 0)
			return fail_reply(c, "the answer lacks a part", e);
	if (until < 0)
		return fail_reply(c, "Expiration is no time", e);
	ec = provider_static(buf_str(&r.part[ID]), buf_str(&r.part[SECRET]),
	    buf_str(&r.part[TOKEN]), source, ret, e);
	if (ec == EC_CONFIG)
		return fail_reply(c, "what it gave is no credential", e);
	if (ec == EC_OK)
		ret->expires = until;
	return ec;
}

/* ---- the call ----------------------------------------------------------- */

static enum ec
exchange(const struct aws_env *env, const char *region,
    const struct aws_cred *as, const struct call *c, const struct buf *body,
    struct http_reply *ret, struct err *e)
{
	struct aws_error why;
	const struct aws_call q = {
		.service = "sts",
		.action = c->action,
		.content_type = FORM,
		.body = body,
		.resend = AWS_RESEND,
	};

	return provider_call(env, region, as, &q, ret, &why, e);
}

static enum ec
get(const struct aws_env *env, const char *region, const struct aws_cred *as,
    const struct call *c, const struct buf *token, const struct sts_role *r,
    struct aws_cred *ret, struct err *e)
{
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	AUTO(http_reply) struct http_reply reply = { .status = 0 };
	char source[sizeof(ret->source)];
	enum ec ec;

	TRY(sts_role_check(r, e));
	(void)snprintf(
	    source, sizeof(source), "role %s by %s", r->arn, r->where);
	TRY(form_body(c, r, token, &body, e));
	ec = exchange(env, region, as, c, &body, &reply, e);
	if (ec == EC_OK)
		ec = read_reply(c, &reply.body, source, ret, e);
	if (ec != EC_OK)
		(void)err_prefix(e, "%s: %s", r->where, r->arn);
	return ec;
}

enum ec
sts_assume_role(const struct aws_env *env, const char *region,
    const struct aws_cred *as, const struct sts_role *r, struct aws_cred *ret,
    struct err *e)
{
	enum ec ec = get(env, region, as, &assume_role, NULL, r, ret, e);

	if (ec == EC_DENIED)
		(void)fix(e,
		    "allow sts:AssumeRole on it for our identity (%.90s), and "
		    "let the role's trust policy name that identity; %s",
		    as->source,
		    r->external_id != NULL
			? "an external_id is sent: sts:ExternalId there must "
			  "be the same"
			: "no external_id is sent: if the policy wants one, "
			  "write it beside role_arn");
	return ec;
}

enum ec
sts_web_identity(const struct aws_env *env, const char *region,
    const struct buf *token, const struct sts_role *r, struct aws_cred *ret,
    struct err *e)
{
	const struct aws_cred nobody = { .key_id = "" };
	enum ec ec = get(env, region, &nobody, &web_identity, token, r, ret, e);

	if (ec == EC_DENIED)
		(void)fix(e,
		    "let the role's trust policy name the issuer, audience "
		    "and subject of that token");
	return ec;
}
