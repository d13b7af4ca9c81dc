/*
 * seal_kms: data keys of AWS KMS. Envelope encryption: KMS makes a key of 256
 * bits and gives it twice, as it is and encrypted under a key that never
 * leaves KMS; we seal with the one and keep the other beside what was sealed.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
 *
 * One data key serves all that is sealed in one run, so the encryption context
 * cannot name an identity; the associated data of AES-GCM bind each value to
 * its identity, key and region (seal.h). The context names this program and
 * the account: it must be equal when the key is opened, it stands in
 * CloudTrail, and a policy may demand it (kms:EncryptionContext:program).
 *
 * Decrypt is not told which KMS key: that stands in the encrypted data key, so
 * that an alias may be pointed to another key, or another be configured, while
 * old values still open. Which keys we may use is for our policy to say.
 *
 * All calls are made under one lock, so no data key is asked for twice, and
 * whoever waits would have to ask the same service. One that is not reachable
 * is not asked again for a while: many identities must not wait for it each.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/clock.h"
#include "clients/aws_json.h"
#include "clients/b64.h"
#include "rotator/seal_p.h"

#define KEYS_MAX  256 /* kept open; each is locked memory */
#define RETRY_MS  ((int64_t)30 * 1000)
#define PROGRAM   "ses-smtp-rotator"
#define REPLY_MAX ((size_t)8192)

#define GENERATE "GenerateDataKey"
#define DECRYPT  "Decrypt"

struct data_key {
	char text[DATA_KEY_TEXT];
	struct secret *key;
};

struct seal_kms {
	pthread_mutex_t lock; /* of all below */
	struct seal_kms_conf conf;
	struct client client; /* to borrow the net through */
	struct aws_object at;
	struct data_key *fresh; /* of this process, in keys; or NULL */
	struct data_key *keys[KEYS_MAX];
	size_t n, next; /* next: whose place is taken when all are */
	struct secret *former;
	int64_t not_before; /* clock_mono(); 0: may be asked */
	struct err why;
};

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

/* ---- one call ---------------------------------------------------------- */

/* What was heard while it was not reachable, for as long as that is news. */
static enum ec
still_away(const struct seal_kms *k, struct err *e)
{
	if (k->not_before <= clock_mono())
		return EC_OK;
	*e = k->why;
	return e->ec;
}

static cJSON *
new_body(const struct seal_kms *k)
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
nonsense(const struct seal_kms *k, const char *action, struct err *e)
{
	errno = 0;
	(void)fail(e, EC_PROTO, "%s: the reply has no such data key", action);
	(void)fix(e, "check that the endpoint is AWS");
	return aws_object_prefix(&k->at, e);
}

/* The classes of a driver's error, for the engine: what a person must switch
 * on again is as good as forbidden until then, and blocks in the same way. */
static enum ec
ask(struct seal_kms *k, const char *action, const cJSON *body, cJSON **ret,
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
plaintext(const struct seal_kms *k, const char *action, const cJSON *reply,
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

/* ---- keys that are open ------------------------------------------------ */

static void
forget(struct data_key *d)
{
	if (d == NULL)
		return;
	secret_free(d->key);
	free(d);
}

/* Into a free place, or that of the oldest one that is not in use. */
static struct data_key **
place(struct seal_kms *k)
{
	struct data_key **at;

	if (k->n < KEYS_MAX)
		return &k->keys[k->n++];
	do {
		at = &k->keys[k->next];
		k->next = (k->next + 1) % KEYS_MAX;
	} while (*at == k->fresh);
	forget(*at);
	return at;
}

/* Takes key over; NULL: *e says why, as for all below that give a data key. */
static struct data_key *
remember(
    struct seal_kms *k, const char *text, struct secret *key, struct err *e)
{
	struct data_key *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		secret_free(key);
		(void)fail(e, EC_NOMEM, "no memory for a data key");
		return NULL;
	}
	(void)snprintf(d->text, sizeof(d->text), "%s", text);
	d->key = key;
	*place(k) = d;
	return d;
}

static const struct data_key *
find(const struct seal_kms *k, const char *text)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->keys[i]->text, text) == 0)
			return k->keys[i];
	return NULL;
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
generate(struct seal_kms *k, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *body = new_body(k);

	TRY(put(body, "KeyId", k->conf.key, e));
	TRY(put(body, "KeySpec", "AES_256", e));
	return ask(k, GENERATE, body, ret, e);
}

static struct data_key *
make(struct seal_kms *k, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	struct secret *key = NULL;
	const char *text;

	if (generate(k, &j, e) != EC_OK)
		return NULL;
	text = json_text(j, "CiphertextBlob");
	if (text == NULL || *text == '\0' || strchr(text, '.') != NULL ||
	    strlen(text) >= DATA_KEY_TEXT)
		(void)nonsense(k, GENERATE, e);
	else if (plaintext(k, GENERATE, j, &key, e) == EC_OK)
		return k->fresh = remember(k, text, key, e);
	return NULL;
}

static enum ec
decrypt(struct seal_kms *k, const char *text, cJSON **ret, struct err *e)
{
	AUTO(json) cJSON *body = new_body(k);

	TRY(put(body, "CiphertextBlob", text, e));
	return ask(k, DECRYPT, body, ret, e);
}

static struct data_key *
open_key(struct seal_kms *k, const char *text, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	struct secret *key = NULL;

	if (decrypt(k, text, &j, e) != EC_OK ||
	    plaintext(k, DECRYPT, j, &key, e) != EC_OK)
		return NULL;
	return remember(k, text, key, e);
}

/* ---- under the lock ---------------------------------------------------- */

static enum ec
fresh(struct seal_kms *k, char ret_text[DATA_KEY_TEXT], struct secret **ret_key,
    struct err *e)
{
	const struct data_key *d = k->fresh != NULL ? k->fresh : make(k, e);

	if (d == NULL)
		return e->ec;
	memcpy(ret_text, d->text, DATA_KEY_TEXT);
	return secret_dup(d->key, ret_key, e);
}

enum ec
seal_kms_fresh(struct seal_kms *k, char ret_text[DATA_KEY_TEXT],
    struct secret **ret_key, struct err *e)
{
	enum ec ec;

	(void)pthread_mutex_lock(&k->lock);
	ec = fresh(k, ret_text, ret_key, e);
	(void)pthread_mutex_unlock(&k->lock);
	return ec;
}

static enum ec
known(struct seal_kms *k, const char *text, struct secret **ret_key,
    struct err *e)
{
	const struct data_key *d = find(k, text);

	if (d == NULL)
		d = open_key(k, text, e);
	return d != NULL ? secret_dup(d->key, ret_key, e) : e->ec;
}

enum ec
seal_kms_key(struct seal_kms *k, const char *text, size_t n,
    struct secret **ret_key, struct err *e)
{
	char copy[DATA_KEY_TEXT];
	enum ec ec;

	if (n >= sizeof(copy)) {
		(void)fail(e, EC_DAMAGED, "a sealed password was altered");
		return fix(e, "put back the last backup of the state");
	}
	memcpy(copy, text, n);
	copy[n] = '\0';
	(void)pthread_mutex_lock(&k->lock);
	ec = known(k, copy, ret_key, e);
	(void)pthread_mutex_unlock(&k->lock);
	return ec;
}

static enum ec
former(struct seal_kms *k, struct secret **ret_key, struct err *e)
{
	if (k->former == NULL &&
	    seal_key_read(SEAL_FILE, k->conf.former, false, &k->former, e) !=
		EC_OK) {
		if (e->ec != EC_GONE)
			return e->ec;
		(void)fail(e, EC_CONFIG, "sealed with the key file %s: gone",
		    k->conf.former);
		return fix(e,
		    "put it back, or name it as path beside kind: kms, until "
		    "each identity was rotated: rotate --force");
	}
	return secret_dup(k->former, ret_key, e);
}

enum ec
seal_kms_former(struct seal_kms *k, struct secret **ret_key, struct err *e)
{
	enum ec ec;

	(void)pthread_mutex_lock(&k->lock);
	ec = former(k, ret_key, e);
	(void)pthread_mutex_unlock(&k->lock);
	return ec;
}

/* ---- life -------------------------------------------------------------- */

enum ec
seal_kms_open(
    const struct seal_kms_conf *conf, struct seal_kms **ret, struct err *e)
{
	struct seal_kms *k = calloc(1, sizeof(*k));

	if (k == NULL || pthread_mutex_init(&k->lock, NULL) != 0) {
		free(k);
		return fail(e, EC_NOMEM, "no memory for a seal");
	}
	k->conf = *conf;
	k->client.name = "seal";
	k->client.region = conf->region;
	k->client.reach = conf->reach;
	aws_object_at(&k->client, &aws_kms, conf->key, conf->region, &k->at);
	*ret = k;
	return EC_OK;
}

void
seal_kms_close(struct seal_kms *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		forget(k->keys[i]);
	secret_free(k->former);
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}
