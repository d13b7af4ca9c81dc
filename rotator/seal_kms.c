/*
 * seal_kms: the data keys that are open. Envelope encryption: we seal with a
 * data key and keep its encrypted form, from seal_kms_call.c, beside what was
 * sealed.
 *
 * One data key serves all that is sealed in one run, so its encryption context
 * cannot name an identity; the associated data of AES-GCM bind each value to
 * its identity, key and region (seal.h).
 *
 * All is done under one lock, the calls too: no data key is asked for twice,
 * and whoever waits would have to ask the same service.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/seal_kms_call.h"

#define KEYS_MAX 256 /* kept open; each is locked memory */

struct data_key {
	char text[DATA_KEY_TEXT];
	struct secret *key;
};

struct seal_kms {
	pthread_mutex_t lock; /* of all below */
	struct kms_call call;
	struct data_key *fresh; /* of this process, in keys; or NULL */
	struct data_key *keys[KEYS_MAX];
	size_t n, next; /* next: whose place is taken when all are */
	struct secret *former;
};

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

static struct data_key *
make(struct seal_kms *k, struct err *e)
{
	char text[DATA_KEY_TEXT];
	struct secret *key = NULL;

	if (kms_generate(&k->call, text, &key, e) != EC_OK)
		return NULL;
	k->fresh = remember(k, text, key, e);
	return k->fresh;
}

static struct data_key *
open_key(struct seal_kms *k, const char *text, struct err *e)
{
	struct secret *key = NULL;

	if (kms_decrypt(&k->call, text, &key, e) != EC_OK)
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
	    seal_key_read(SEAL_FILE, k->call.conf.former, false, &k->former,
		e) != EC_OK) {
		if (e->ec != EC_GONE)
			return e->ec;
		(void)fail(e, EC_CONFIG, "sealed with the key file %s: gone",
		    k->call.conf.former);
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
	kms_call_init(&k->call, conf);
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
