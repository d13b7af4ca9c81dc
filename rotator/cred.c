#include "rotator/cred.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

#define AAD_MAX 320

/* Binds a sealed value to its place: "identity|key id|region". */
static void
aad_of(
    char ret[AAD_MAX], const char *identity, const char *key, const char *where)
{
	(void)snprintf(ret, AAD_MAX, "%s|%s|%s", identity, key, where);
}

enum ec
cred_seal_all(const struct rotation *r, const struct secret *iam_secret,
    struct rec_key *k, struct err *e)
{
	const char *const *region = r->conf->regions;

	k->n = 0;
	for (; *region != NULL; region++) {
		AUTO(secret) struct secret *pass = NULL;
		struct rec_password *pw = &k->pw[k->n];
		char aad[AAD_MAX];

		if (k->n == REC_REGIONS_MAX)
			return fail(e, EC_CONFIG, "%s: more than %d regions",
			    r->conf->name, REC_REGIONS_MAX);
		TRY(smtp_password_derive(iam_secret, *region, &pass, e));
		aad_of(aad, r->conf->name, k->id, *region);
		(void)snprintf(pw->region, sizeof(pw->region), "%s", *region);
		TRY(seal_wrap(r->w->seal, aad, pass, pw->sealed, e));
		k->n++;
	}
	return EC_OK;
}

enum ec
cred_learn(const struct rotation *r, struct rec_key *k, const char *region,
    const struct smtp_cred *held, struct err *e)
{
	struct rec_password *pw = &k->pw[k->n];
	char aad[AAD_MAX];

	if (rec_key_sealed(k, region) != NULL || k->n == REC_REGIONS_MAX ||
	    held->pass == NULL ||
	    smtp_password_form(secret_reveal(held->pass),
		secret_len(held->pass)) == SMTP_PASSWORD_NONE)
		return EC_OK;
	aad_of(aad, r->conf->name, k->id, region);
	(void)snprintf(pw->region, sizeof(pw->region), "%s", region);
	TRY(seal_wrap(r->w->seal, aad, held->pass, pw->sealed, e));
	k->n++;
	return EC_OK;
}

enum ec
cred_of_key(const struct rotation *r, const struct rec_key *k,
    const char *region, struct smtp_cred *ret, struct err *e)
{
	const char *sealed = rec_key_sealed(k, region);
	char aad[AAD_MAX];

	if (sealed == NULL)
		return fail(e, EC_GONE, "no password of %s is known for %s",
		    k->id, region);
	aad_of(aad, r->conf->name, k->id, region);
	TRY(seal_unwrap(r->w->seal, aad, sealed, &ret->pass, e));
	(void)snprintf(ret->user, sizeof(ret->user), "%s", k->id);
	return EC_OK;
}

enum ec
cred_keep_former(const struct rotation *r, const struct smtp_cred *held,
    struct rec_client *rc, struct err *e)
{
	char aad[AAD_MAX];

	rc->pre_user[0] = rc->pre_sealed[0] = '\0';
	if (held->pass == NULL || !key_id_valid(held->user) ||
	    smtp_password_form(secret_reveal(held->pass),
		secret_len(held->pass)) == SMTP_PASSWORD_NONE)
		return EC_OK;
	(void)snprintf(rc->pre_user, sizeof(rc->pre_user), "%s", held->user);
	aad_of(aad, r->conf->name, rc->pre_user, rc->name);
	return seal_wrap(r->w->seal, aad, held->pass, rc->pre_sealed, e);
}

enum ec
cred_former(const struct rotation *r, const struct rec_client *rc,
    struct smtp_cred *ret, struct err *e)
{
	char aad[AAD_MAX];

	if (rc->pre_sealed[0] == '\0')
		return fail(e, EC_GONE, "%s: its former pair was never known",
		    rc->name);
	aad_of(aad, r->conf->name, rc->pre_user, rc->name);
	TRY(seal_unwrap(r->w->seal, aad, rc->pre_sealed, &ret->pass, e));
	(void)snprintf(ret->user, sizeof(ret->user), "%s", rc->pre_user);
	return EC_OK;
}
