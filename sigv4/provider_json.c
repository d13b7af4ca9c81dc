/*
 * provider_json: a credential as JSON, as programs and endpoints give it. Two
 * or three names differ, which is a table; what is refused does not.
 */
#include <errno.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "base/clock.h"
#include "sigv4/providers.h"

/* "Process credential provider", AWS SDKs and Tools Reference Guide. */
const struct provider_form provider_form_process = {
	.id = "AccessKeyId",
	.secret = "SecretAccessKey",
	.token = "SessionToken",
	.expires = "Expiration",
};
/* ContainerMetadataFetcher and InstanceMetadataFetcher, botocore utils.py. */
const struct provider_form provider_form_endpoint = {
	.id = "AccessKeyId",
	.secret = "SecretAccessKey",
	.token = "Token",
	.expires = "Expiration",
	.temporary = true,
};
/* GetRoleCredentials, IAM Identity Center Portal API Reference. */
const struct provider_form provider_form_portal = {
	.within = "roleCredentials",
	.id = "accessKeyId",
	.secret = "secretAccessKey",
	.token = "sessionToken",
	.expires = "expiration",
	.temporary = true,
};

static void
auto_json(cJSON **j)
{
	cJSON_Delete(*j);
}

static enum ec
fail_form(const char *where, const char *what, struct err *e)
{
	return fail(e, EC_PROTO, "%s: %s", where, what);
}

/* A time as text, or as milliseconds since 1970. */
static bool
read_time(const cJSON *at, int64_t *ret)
{
	*ret = 0;
	if (at == NULL)
		return true;
	if (cJSON_IsNumber(at) && at->valuedouble > 0 && at->valuedouble < 1e15)
		*ret = (int64_t)at->valuedouble;
	else if (cJSON_IsString(at))
		*ret = clock_parse_iso(at->valuestring);
	return *ret > 0;
}

static const char *
text_of(const cJSON *j, const char *key)
{
	const char *s =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(j, key));

	return s != NULL && *s != '\0' ? s : NULL;
}

static enum ec
take(const cJSON *j, const struct provider_form *f, const char *where,
    const char *source, struct aws_cred *ret, struct err *e)
{
	const char *id = text_of(j, f->id);
	const char *secret = text_of(j, f->secret);
	const char *token = text_of(j, f->token);
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(j, f->expires);
	int64_t until = 0;
	enum ec ec;

	if (cJSON_IsNull(at))
		at = NULL;
	if (id == NULL || secret == NULL)
		return fail_form(
		    where, "no access key id and secret in the answer", e);
	if (f->temporary && (token == NULL || at == NULL))
		return fail_form(
		    where, "no session token and expiration in the answer", e);
	if (!read_time(at, &until))
		return fail_form(where, "its expiration is no time", e);
	ec = provider_static(id, secret, token, source, ret, e);
	if (ec == EC_CONFIG)
		return fail_form(where,
		    "a key or token in it has characters that no "
		    "credential has",
		    e);
	if (ec == EC_OK)
		ret->expires = until;
	return ec;
}

/* NULL: not one JSON value and nothing else, or no memory; fail_lib() tells
 * which. */
static cJSON *
parse(const struct buf *text)
{
	errno = 0; /* cJSON does not say that it was short of memory */
	if (strlen(buf_str(text)) != text->len)
		return NULL;
	return cJSON_ParseWithOpts(buf_str(text), NULL, true);
}

enum ec
provider_json(const struct buf *text, const struct provider_form *f,
    const char *where, const char *source, struct aws_cred *ret, struct err *e)
{
	AUTO(json) cJSON *j = parse(text);
	const cJSON *in;

	if (!cJSON_IsObject(j))
		return fail_lib(
		    e, EC_PROTO, "%s: the answer is no JSON object", where);
	in = f->within == NULL ? j
			       : cJSON_GetObjectItemCaseSensitive(j, f->within);
	return take(in, f, where, source, ret, e);
}

/* An absent one must not be read out of a lack of memory. */
static enum ec
parse_member(const struct buf *text, const char *key, cJSON **ret_all,
    const cJSON **ret, struct err *e)
{
	*ret_all = parse(text);
	if (*ret_all == NULL)
		return fail_lib(e, EC_GONE, "no JSON, so no \"%s\"", key);
	*ret = cJSON_GetObjectItemCaseSensitive(*ret_all, key);
	return *ret != NULL ? EC_OK : fail(e, EC_GONE, "no \"%s\"", key);
}

enum ec
provider_json_text(const struct buf *text, const char *key, char *ret,
    size_t size, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	const cJSON *member = NULL;
	const char *s;
	size_t n = 0;

	*ret = '\0';
	TRY(parse_member(text, key, &j, &member, e));
	s = cJSON_GetStringValue(member);
	for (; s != NULL && *s != '\0' && n + 1 < size; s++)
		if (*s > ' ' && *s <= '~')
			ret[n++] = *s;
	ret[n] = '\0';
	return n > 0 ? EC_OK : fail(e, EC_GONE, "no text in \"%s\"", key);
}

enum ec
provider_json_int(
    const struct buf *text, const char *key, int *ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	const cJSON *member = NULL;

	TRY(parse_member(text, key, &j, &member, e));
	if (member == NULL || !cJSON_IsNumber(member))
		return fail(e, EC_GONE, "no number in \"%s\"", key);
	*ret = member->valueint;
	return EC_OK;
}
