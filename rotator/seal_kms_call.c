/*
 * seal_kms_call: see seal_kms_call.h.
 *
 * The encryption context names this program and the account. It must be equal
 * when the key is opened, it stands in CloudTrail, and a policy may demand it
 * (kms:EncryptionContext:program).
 *
 * Decrypt is not told which KMS key: that stands in the encrypted data key, so
 * that an alias may be pointed to another key, or another be configured, while
 * old values still open. Which keys we may use is for our policy to say.
 *
 * A service that is not reachable is not asked again for a while: many
 * identities must not wait for it each.
 */
#include "rotator/seal_kms_call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "clients/b64.h"

#define RETRY_MS  ((int64_t)30 * 1000)
#define PROGRAM   "ses-smtp-rotator"
#define REPLY_MAX ((size_t)8192)

#define GENERATE "GenerateDataKey"
#define DECRYPT  "Decrypt"

#define FIX_KEY "check seal: key and region in the configuration"

static const struct aws_json_error errors[] = {
	{ "NotFoundException", EC_CONFIG, FIX_KEY },
	{ "InvalidArnException", EC_CONFIG, FIX_KEY },
	{ "InvalidKeyUsageException", EC_CONFIG,
	    "name a symmetric key for encryption (SYMMETRIC_DEFAULT)" },
	{ "UnsupportedOperationException", EC_CONFIG,
	    "name a symmetric key for encryption (SYMMETRIC_DEFAULT)" },
	/* EC_HUMAN: see ask(). */
	{ "DisabledException", EC_HUMAN,
	    "switch it on again: aws kms enable-key --key-id KEY" },
	{ "KMSInvalidStateException", EC_HUMAN,
	    "if it is to be deleted, stop that: aws kms cancel-key-deletion "
	    "--key-id KEY, then enable-key; without it no password that it "
	    "sealed can ever be opened" },
	{ "KeyUnavailableException", EC_TEMP, NULL },
	{ "DependencyTimeoutException", EC_TEMP, NULL },
	{ "KMSInternalException", EC_TEMP, NULL },
	{ "InvalidCiphertextException", EC_DAMAGED,
	    "it was altered, or sealed for another account; put back the last "
	    "backup of the state" },
	{ "IncorrectKeyException", EC_DAMAGED,
	    "put back the last backup of the state" },
	{ .code = NULL },
};

/* What was heard while it was not reachable, for as long as that is news. */
static enum ec
still_away(const struct kms_call *k, struct err *e)
{
	if (k->not_before <= clock_mono())
		return EC_OK;
	*e = k->why;
	return e->ec;
}

static cJSON *
new_body(const struct kms_call *k)
{
	cJSON *body = cJSON_CreateObject();
	cJSON *context = cJSON_AddObjectToObject(body, "EncryptionContext");

	if (cJSON_AddStringToObject(context, "program", PROGRAM) != NULL &&
	    cJSON_AddStringToObject(context, "account", k->conf.account) !=
		NULL)
		return body;
	cJSON_Delete(body);
	return NULL;
}

/* A reply that is not what was asked for. */
static enum ec
nonsense(const struct kms_call *k, const char *action, struct err *e)
{
	errno = 0;
	(void)fail(e, EC_PROTO, "%s: the reply has no such data key", action);
	(void)fix(e, "check that the endpoint is AWS");
	return aws_object_prefix(&k->at, e);
}

/* It may be, from a key store that is not KMS's own. */
static enum ec
too_large(const struct kms_call *k, const char *text, struct err *e)
{
	(void)fail(e, EC_CONFIG,
	    "its encrypted data key of %zu characters is too long to be kept "
	    "beside a password",
	    strlen(text));
	(void)fix(e,
	    "name a KMS key whose material is in KMS itself, not in an "
	    "external key store");
	return aws_object_prefix(&k->at, e);
}

/* The classes of a driver's error, for the engine: what a person must switch
 * on again is as good as forbidden until then, and blocks in the same way. */
static enum ec
ask(struct kms_call *k, const char *action, const cJSON *body, cJSON **ret,
    struct err *e)
{
	const struct aws_json_call q = { .action = action,
		.body = body,
		.reads = true, /* nothing is kept: may be asked again */
		.errors = errors };

	TRY(still_away(k, e));
	if (aws_json_do(&k->at, &q, ret, e) == EC_OK)
		return EC_OK;
	if (e->ec == EC_HUMAN)
		e->ec = EC_DENIED;
	if (e->ec == EC_TEMP) {
		k->why = *e;
		k->not_before = clock_mono() + RETRY_MS;
	}
	return e->ec;
}

/* The text goes through memory that is wiped: cJSON's and a buf. */
static enum ec
plaintext(const struct kms_call *k, const char *action, const cJSON *reply,
    struct secret **ret, struct err *e)
{
	AUTO(buf) struct buf raw = BUF(REPLY_MAX);
	const char *text = json_text(reply, "Plaintext");
	enum ec ec = EC_PROTO;

	if (text != NULL)
		ec = b64_decode(text, &raw, e);
	if (ec == EC_NOMEM)
		return ec;
	if (ec != EC_OK || raw.len != SEAL_KEY_LEN)
		return nonsense(k, action, e);
	return secret_new(raw.p, raw.len, ret, e);
}

/* Puts what goes into the body of a request, which may be NULL. */
static enum ec
put(cJSON *body, const char *key, const char *value, struct err *e)
{
	return cJSON_AddStringToObject(body, key, value) != NULL
	    ? EC_OK
	    : fail(e, EC_NOMEM, "no memory for a request");
}

static enum ec
generate(struct kms_call *k, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *body = new_body(k);

	TRY(put(body, "KeyId", k->conf.key, e));
	TRY(put(body, "KeySpec", "AES_256", e));
	return ask(k, GENERATE, body, ret, e);
}

/* The encrypted form, which is no secret. */
static enum ec
encrypted(const struct kms_call *k, const cJSON *reply,
    char ret_text[DATA_KEY_TEXT], struct err *e)
{
	const char *text = json_text(reply, "CiphertextBlob");

	if (text == NULL || *text == '\0' || strchr(text, '.') != NULL)
		return nonsense(k, GENERATE, e);
	if (strlen(text) >= DATA_KEY_TEXT)
		return too_large(k, text, e);
	(void)snprintf(ret_text, DATA_KEY_TEXT, "%s", text);
	return EC_OK;
}

enum ec
kms_generate(struct kms_call *k, char ret_text[DATA_KEY_TEXT],
    struct secret **ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;

	TRY(generate(k, &j, e));
	TRY(encrypted(k, j, ret_text, e));
	return plaintext(k, GENERATE, j, ret, e);
}

static enum ec
decrypt(struct kms_call *k, const char *text, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *body = new_body(k);

	TRY(put(body, "CiphertextBlob", text, e));
	return ask(k, DECRYPT, body, ret, e);
}

enum ec
kms_decrypt(
    struct kms_call *k, const char *text, struct secret **ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;

	TRY(decrypt(k, text, &j, e));
	return plaintext(k, DECRYPT, j, ret, e);
}

void
kms_call_init(struct kms_call *k, const struct seal_kms_conf *conf)
{
	memset(k, 0, sizeof(*k));
	k->conf = *conf;
	k->client.name = "seal";
	k->client.region = conf->region;
	k->client.reach = conf->reach;
	aws_object_at(&k->client, &aws_kms, conf->key, conf->region, &k->at);
}
