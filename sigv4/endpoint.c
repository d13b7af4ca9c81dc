/*
 * endpoint: see endpoint.h. A service, a partition and a setting are one row
 * each.
 */
#include "sigv4/endpoint.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/auto.h"
#include "sigv4/providers.h"

enum variant { PLAIN, FIPS, DUAL, FIPS_DUAL, VARIANTS };

/* The first row whose prefix fits; the last one fits all, so that a new
 * region of the public partition needs no release. */
static const struct partition {
	const char *prefix, *name;
	const char *suffix, *dual_suffix; /* NULL: none */
	const char *iam_region;
	const char *iam[VARIANTS]; /* NULL: none */
} partitions[] = {
	{ "cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn",
	    "cn-north-1",
	    { "iam.cn-north-1.amazonaws.com.cn", NULL,
		"iam.global.api.amazonwebservices.com.cn", NULL } },
	{ "us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1",
	    { "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com",
		"iam.us-gov.api.aws", "iam.us-gov.api.aws" } },
	{ "us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1",
	    { "iam.us-iso-east-1.c2s.ic.gov",
		"iam-fips.us-iso-east-1.c2s.ic.gov", NULL, NULL } },
	{ "us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud",
	    "us-isob-east-1",
	    { "iam.us-isob-east-1.sc2s.sgov.gov",
		"iam-fips.us-isob-east-1.sc2s.sgov.gov", NULL, NULL } },
	{ "eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
	    "eu-isoe-west-1",
	    { "iam.eu-isoe-west-1.cloud.adc-e.uk", NULL, NULL, NULL } },
	{ "us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
	    "us-isof-south-1",
	    { "iam.us-isof-south-1.csp.hci.ic.gov", NULL, NULL, NULL } },
	{ "eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu",
	    "eusc-de-east-1",
	    { "iam.eusc-de-east-1.amazonaws.eu", NULL, NULL, NULL } },
	{ "", "aws", "amazonaws.com", "api.aws", "us-east-1",
	    { "iam.amazonaws.com", "iam-fips.amazonaws.com",
		"iam.global.api.aws", "iam-fips.global.api.aws" } },
};

static const struct service {
	const char *name;  /* ours, and of the services block of a profile */
	const char *env;   /* behind AWS_ENDPOINT_URL_ */
	const char *label; /* first part of the host */
	const char *scope; /* signing name */
	bool global;       /* one host a partition: only IAM's column */
	bool gov_fips;     /* the plain hosts of us-gov are its FIPS hosts */
	bool always_dual;  /* its plain hosts are its dual-stack hosts */
} services[] = {
	{ "iam", "IAM", "iam", "iam", .global = true },
	{ "sts", "STS", "sts", "sts", .gov_fips = true },
	/* Its calls are not signed. */
	{ "sso", "SSO", "portal.sso", "awsssoportal", .global = false },
	{ "secrets_manager", "SECRETS_MANAGER", "secretsmanager",
	    "secretsmanager", .always_dual = true },
	{ "ssm", "SSM", "ssm", "ssm", .gov_fips = true },
	{ "dynamodb", "DYNAMODB", "dynamodb", "dynamodb", .global = false },
	{ "lambda", "LAMBDA", "lambda", "lambda", .global = false },
	{ "kms", "KMS", "kms", "kms", .global = false },
	{ "sesv2", "SESV2", "email", "ses", .global = false },
	{ "cloudwatch", "CLOUDWATCH", "monitoring", "monitoring",
	    .global = false },
};

static const struct service *
find_service(const char *name)
{
	for (size_t i = 0; i < COUNT(services); i++)
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	return NULL;
}

static const struct partition *
find_partition(const char *region)
{
	size_t i = 0;

	while (strncmp(region, partitions[i].prefix,
		   strlen(partitions[i].prefix)) != 0)
		i++;
	return &partitions[i];
}

const char *
endpoint_partition(const char *region)
{
	return find_partition(region)->name;
}

/* A switch set in the environment, else in the profile. */
static bool
is_on(const struct aws_env *env, const struct profile *p, const char *variable,
    const char *key)
{
	const char *v = provider_getenv(env, variable);

	if (v == NULL && p != NULL)
		v = profile_get(p, key);
	return v != NULL && strcasecmp(v, "true") == 0;
}

struct override {
	const char *url; /* NULL: none */
	char from[64];   /* for messages */
};

static void
from_env(
    const struct aws_env *env, const struct service *s, struct override *ret)
{
	(void)snprintf(
	    ret->from, sizeof(ret->from), "AWS_ENDPOINT_URL_%s", s->env);
	ret->url = provider_getenv(env, ret->from);
	if (ret->url != NULL)
		return;
	(void)snprintf(ret->from, sizeof(ret->from), "AWS_ENDPOINT_URL");
	ret->url = provider_getenv(env, ret->from);
}

static void
from_profile(
    const struct profile *p, const struct service *s, struct override *ret)
{
	(void)snprintf(ret->from, sizeof(ret->from), "endpoint_url");
	ret->url = profile_service_get(p, s->name, "endpoint_url");
	if (ret->url == NULL)
		ret->url = profile_get(p, "endpoint_url");
}

static struct override
find_override(
    const struct aws_env *env, const struct profile *p, const struct service *s)
{
	struct override o = { .url = NULL };

	if (is_on(env, p, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"ignore_configured_endpoint_urls"))
		return o;
	from_env(env, s, &o);
	if (o.url == NULL && p != NULL)
		from_profile(p, s, &o);
	return o;
}

static void
auto_url(CURLU **u)
{
	curl_url_cleanup(*u);
}

/* One part of the address into ret; absent parts are "". What could not be
 * looked up is not absent: without its port an address is another one. */
static bool
get_part(CURLU *u, CURLUPart part, char ret[ENDPOINT_MAX])
{
	char *s = NULL;
	const CURLUcode rc = curl_url_get(u, part, &s, 0);
	bool fits = rc >= CURLUE_NO_SCHEME && rc <= CURLUE_NO_FRAGMENT;

	ret[0] = '\0';
	if (rc == CURLUE_OK)
		fits = snprintf(ret, ENDPOINT_MAX, "%s", s) < ENDPOINT_MAX;
	curl_free(s);
	return fits;
}

struct parts {
	char scheme[ENDPOINT_MAX], host[ENDPOINT_MAX], port[ENDPOINT_MAX];
	char path[ENDPOINT_MAX], user[ENDPOINT_MAX], query[ENDPOINT_MAX];
};

static bool
split(const char *url, struct parts *p)
{
	AUTO(url) CURLU *u;

	errno = 0;
	u = curl_url();
	return u != NULL &&
	    curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    get_part(u, CURLUPART_SCHEME, p->scheme) &&
	    get_part(u, CURLUPART_HOST, p->host) &&
	    get_part(u, CURLUPART_PORT, p->port) &&
	    get_part(u, CURLUPART_PATH, p->path) &&
	    get_part(u, CURLUPART_USER, p->user) &&
	    get_part(u, CURLUPART_QUERY, p->query);
}

static void
cut_slashes(char *s)
{
	for (size_t n = strlen(s); n > 0 && s[n - 1] == '/';)
		s[--n] = '\0';
}

static bool
default_port(const struct parts *p)
{
	return p->port[0] == '\0' ||
	    strcmp(p->port, strcmp(p->scheme, "https") == 0 ? "443" : "80") ==
	    0;
}

/* libcurl would turn anything else into another name than the signed one; it
 * decodes %XX in a host. */
static bool
printing(const char *s)
{
	while (*s > ' ' && *s <= '~')
		s++;
	return *s == '\0';
}

static enum ec
use_url(const char *url, const char *from, struct endpoint *ret, struct err *e)
{
	struct parts p;
	bool fits;

	if (!printing(url) || !split(url, &p) || !printing(p.host) ||
	    p.user[0] != '\0' || p.query[0] != '\0' ||
	    strncmp(p.scheme, "http", 4) != 0) {
		(void)fail_lib(
		    e, EC_CONFIG, "%s: not the address of a service", from);
		return fix(e, "write it like https://iam.amazonaws.com");
	}
	cut_slashes(p.path);
	fits = snprintf(ret->host, sizeof(ret->host), "%s%s%s", p.host,
		   default_port(&p) ? "" : ":",
		   default_port(&p) ? "" : p.port) < ENDPOINT_MAX &&
	    snprintf(ret->url, sizeof(ret->url), "%s://%s%s", p.scheme,
		ret->host, p.path) < ENDPOINT_MAX;
	/* Fits when the whole address did. */
	(void)snprintf(ret->path, sizeof(ret->path), "%.254s/", p.path);
	return fits ? EC_OK : fail(e, EC_CONFIG, "%s: too long", from);
}

/* NULL in the table or without dual-stack suffix: there is no such host. */
static bool
own_host(const struct partition *pt, const struct service *s,
    const char *region, enum variant v, char ret[ENDPOINT_MAX])
{
	const bool fips = v == FIPS_DUAL ||
	    (v == FIPS && !(s->gov_fips && strcmp(pt->prefix, "us-gov-") == 0));
	const bool dual = (v == DUAL || v == FIPS_DUAL) && !s->always_dual;
	const char *suffix = dual ? pt->dual_suffix : pt->suffix;

	if (s->global ? pt->iam[v] == NULL : suffix == NULL)
		return false;
	if (s->global)
		(void)snprintf(ret, ENDPOINT_MAX, "https://%s", pt->iam[v]);
	else
		(void)snprintf(ret, ENDPOINT_MAX, "https://%s%s.%s.%s",
		    s->label, fips ? "-fips" : "", region, suffix);
	return true;
}

static enum variant
find_variant(const struct aws_env *env, const struct profile *p)
{
	bool fips = is_on(env, p, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
	bool dual = is_on(
	    env, p, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");

	if (dual)
		return fips ? FIPS_DUAL : DUAL;
	return fips ? FIPS : PLAIN;
}

enum ec
endpoint_find(const struct aws_env *env, const struct profile *p,
    const char *region, const char *service, struct endpoint *ret,
    struct err *e)
{
	const struct service *s = find_service(service);
	const struct partition *pt = find_partition(region);
	struct endpoint out = { .url = "" };
	struct override o;
	char own[ENDPOINT_MAX];

	if (s == NULL)
		return fail(e, EC_BUG, "unknown service %s", service);
	if (!region_valid(region)) {
		(void)fail(e, EC_CONFIG, "\"%.40s\" is no region", region);
		return fix(e, "set AWS_REGION to one such as eu-west-1");
	}
	(void)snprintf(out.region, sizeof(out.region), "%s",
	    s->global ? pt->iam_region : region);
	out.scope = s->scope;
	o = find_override(env, p, s);
	if (o.url == NULL &&
	    !own_host(pt, s, region, find_variant(env, p), own))
		return fail(e, EC_CONFIG,
		    "%s has no FIPS or dual-stack "
		    "endpoint for region %s",
		    service, region);
	TRY(use_url(o.url != NULL ? o.url : own,
	    o.url != NULL ? o.from : service, &out, e));
	*ret = out;
	return EC_OK;
}
