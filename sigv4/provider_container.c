/*
 * provider_container: the role of a task (ECS) or of a pod (EKS Pod Identity),
 * at an address that the platform puts into the environment. The token that
 * goes with it goes to no other host than these.
 *
 * Source: "Container credential provider", AWS SDKs and Tools Reference Guide;
 * botocore credentials.py, ContainerProvider; botocore utils.py,
 * ContainerMetadataFetcher (two seconds, three attempts, a second between).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/auto.h"
#include "base/file.h"
#include "sigv4/providers.h"

#define RELATIVE   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL       "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN      "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define HOST       "http://169.254.170.2"

#define URL_MAX    ((size_t)2048)
#define TOKEN_MAX  ((size_t)16 * 1024)
#define TIMEOUT_MS 2000
#define PAUSE_MS   1000
#define ATTEMPTS   3

static const char *const hosts[] = {
	"localhost",
	"[::1]",
	"169.254.170.2",
	"169.254.170.23",
	"[fd00:ec2::23]",
};

static void
auto_url(CURLU **u)
{
	curl_url_cleanup(*u);
}

static void
auto_text(char **s)
{
	curl_free(*s);
}

static bool
known_host(const char *host)
{
	struct in_addr a;

	if (inet_pton(AF_INET, host, &a) == 1 &&
	    (ntohl(a.s_addr) >> 24) == IN_LOOPBACKNET)
		return true;
	for (size_t i = 0; i < COUNT(hosts); i++)
		if (strcasecmp(host, hosts[i]) == 0)
			return true;
	return false;
}

static enum ec
fail_address(const char *variable, struct err *e)
{
	(void)fail_lib(e, EC_CONFIG, "%s: not an address", variable);
	return fix(e, "it is the platform that sets it");
}

/* Any host that proves who it is; without TLS only those that are near. */
static enum ec
check_url(const char *url, const char *variable, struct err *e)
{
	AUTO(url) CURLU *u = NULL;
	AUTO(text) char *scheme = NULL;
	AUTO(text) char *host = NULL;

	errno = 0; /* libcurl's words for it are the same for all */
	u = curl_url();
	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return fail_address(variable, e);
	if (strcmp(scheme, "https") == 0 || known_host(host))
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%s: %.100s is no host that may give credentials", variable, host);
	return fix(e,
	    "it is the platform that sets it; allowed are https://, loopback, "
	    "169.254.170.2, 169.254.170.23 and [fd00:ec2::23]");
}

/* The file is read anew each time: EKS replaces its token. */
static enum ec
read_token(const struct aws_env *env, struct buf *ret, struct err *e)
{
	const char *path = provider_getenv(env, TOKEN_FILE);
	const char *token = provider_getenv(env, TOKEN);
	enum ec ec;

	if (path == NULL)
		return token != NULL ? buf_adds(ret, token, e) : EC_OK;
	ec = file_read(path, ret, e);
	if (ec == EC_OK && ret->len == 0)
		ec = fail(e, EC_CONFIG, "%s: is empty", path);
	if (ec == EC_OK)
		return ec;
	if (ec == EC_GONE || ec == EC_PROTO)
		e->ec = EC_CONFIG;
	(void)err_prefix(e, TOKEN_FILE);
	return fix(e, "it is the platform that writes it; let us read it");
}

static enum ec
check_token(const struct buf *token, const char *variable, struct err *e)
{
	for (size_t i = 0; i < token->len; i++)
		if ((unsigned char)token->p[i] < ' ' || token->p[i] == 0x7f) {
			(void)fail(e, EC_CONFIG,
			    "%s: the token holds a line break or another "
			    "control character",
			    variable);
			return fix(e, "one line, and no end of line behind it");
		}
	return EC_OK;
}

static enum ec
get(const struct aws_env *env, const char *url, const char *header,
    const char *source, struct aws_cred *ret, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const char *const headers[] = { "Accept: application/json",
		*header != '\0' ? header : NULL, NULL };
	const struct provider_ask q = { .url = url,
		.headers = headers,
		.timeout_ms = TIMEOUT_MS,
		.attempts = ATTEMPTS,
		.pause_ms = PAUSE_MS };

	TRY(provider_fetch(env, &q, &r, e));
	errno = 0;
	if (r.status != 200)
		return fail(e,
		    r.status >= 500 || r.status == 429 ? EC_TEMP : EC_DENIED,
		    "HTTP %d", r.status);
	return provider_json(
	    &r.body, &provider_form_endpoint, "its answer", source, ret, e);
}

static enum ec
load(const struct aws_env *env, struct aws_cred *ret, struct err *e)
{
	AUTO(buf) struct buf url = BUF(URL_MAX);
	AUTO(buf) struct buf token = BUF(TOKEN_MAX);
	AUTO(buf) struct buf header = BUF(TOKEN_MAX + 32);
	const char *relative = provider_getenv(env, RELATIVE);
	const char *full = provider_getenv(env, FULL);
	const char *variable = relative != NULL ? RELATIVE : FULL;
	char source[sizeof(ret->source)];

	if (relative == NULL && full == NULL)
		return fail(e, EC_GONE, "no container");
	TRY(buf_adds(&url, relative != NULL ? HOST : full, e));
	if (relative != NULL)
		TRY(buf_adds(&url, relative, e));
	TRY(check_url(buf_str(&url), variable, e));
	TRY(read_token(env, &token, e));
	TRY(check_token(&token,
	    provider_getenv(env, TOKEN_FILE) != NULL ? TOKEN_FILE : TOKEN, e));
	if (token.len > 0) {
		TRY(buf_adds(&header, "Authorization: ", e));
		TRY(buf_adds(&header, buf_str(&token), e));
	}
	(void)snprintf(source, sizeof(source), "container (%s)", variable);
	if (get(env, buf_str(&url), buf_str(&header), source, ret, e) == EC_OK)
		return EC_OK;
	(void)err_prefix(e, "container credentials (%s)", variable);
	return fix(e,
	    "see that the task has a role, or the pod's service account an "
	    "association");
}

const struct provider provider_container = { .name = "container",
	.load = load };
