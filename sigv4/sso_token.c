/* sso_token: see sso_token.h. */
#include "sigv4/sso_token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "sigv4/profile.h"
#include "sigv4/providers.h"

#define CACHE_MAX ((size_t)64 * 1024)
#define SHA1_LEN  20

static enum ec
cache_file(const struct aws_env *env, const char *key,
    char ret[PROFILE_PATH_MAX], struct err *e)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char name[64] = "~/.aws/sso/cache/";
	char path[80];
	size_t n = strlen(name);

	errno = 0;
	if (EVP_Digest(key, strlen(key), sum, NULL, EVP_sha1(), NULL) != 1)
		return fail_lib(e, EC_BUG, "SHA-1 failed");
	for (size_t i = 0; i < SHA1_LEN && n + 3 < sizeof(name); i++, n += 2)
		(void)snprintf(name + n, sizeof(name) - n, "%02x", sum[i]);
	(void)snprintf(path, sizeof(path), "%s.json", name);
	return profile_expand(env, "HOME", path, ret, e);
}

static void
auto_json(cJSON **j)
{
	cJSON_Delete(*j);
}

/* "2026-11-21T03:40:00Z"; older programs wrote UTC for the Z. */
static int64_t
end_of(const char *text)
{
	char z[CLOCK_TEXT_MAX];
	size_t n = text != NULL ? strlen(text) : 0;

	if (n < 4 || n >= sizeof(z))
		return -1;
	(void)snprintf(z, sizeof(z), "%s", text);
	if (strcmp(z + n - 3, "UTC") == 0)
		(void)snprintf(z + n - 3, 2, "Z");
	return clock_parse_iso(z);
}

static enum ec
take_token(const struct aws_env *env, const struct buf *text, struct buf *ret,
    struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	const char *token;
	int64_t until;

	errno = 0; /* cJSON does not say that it was short of memory */
	j = cJSON_ParseWithOpts(buf_str(text), NULL, true);
	token = cJSON_GetStringValue(
	    cJSON_GetObjectItemCaseSensitive(j, "accessToken"));
	until = end_of(cJSON_GetStringValue(
	    cJSON_GetObjectItemCaseSensitive(j, "expiresAt")));
	if (token == NULL || !provider_clean(token) || until < 0)
		return fail_lib(e, EC_GONE, "the cached token cannot be read");
	if (until <= provider_now(env))
		return fail(e, EC_GONE, "the cached token has expired");
	return buf_adds(ret, token, e);
}

enum ec
sso_token(
    const struct aws_env *env, const char *key, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF(CACHE_MAX);
	char path[PROFILE_PATH_MAX];
	enum ec ec;

	TRY(cache_file(env, key, path, e));
	ec = file_read(path, &text, e);
	if (ec == EC_GONE)
		return fail(e, EC_GONE, "nobody has logged in here");
	if (ec == EC_PROTO)
		return fail(e, EC_GONE, "the cached token cannot be read");
	TRY(ec);
	return take_token(env, &text, ret, e);
}
