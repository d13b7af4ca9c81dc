/* vault_pair: see vault_pair.h. */
#include "clients/vault_pair.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"

static enum ec
text_of(const struct vault_pair *p, const cJSON *data, const char *key,
    size_t max, const char **ret, struct err *e)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(data, key);

	*ret = v == NULL || cJSON_IsNull(v) ? "" : cJSON_GetStringValue(v);
	if (*ret != NULL && strlen(*ret) <= max)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "Vault: %s: the value of %s is no SMTP credential: %s", p->where,
	    key, *ret == NULL ? "not a text" : "too long");
	return fix(e, "name the right key, or remove what is there");
}

enum ec
vault_pair_get(const struct vault_pair *p, const cJSON *data,
    struct smtp_cred *ret, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred got = { .pass = NULL };
	const char *user = "", *pass = "";

	TRY(text_of(p, data, p->user, KEY_ID_MAX - 1, &user, e));
	TRY(text_of(p, data, p->pass, SECRET_MAX, &pass, e));
	(void)snprintf(got.user, sizeof(got.user), "%s", user);
	if (*pass != '\0')
		TRY(secret_new(pass, strlen(pass), &got.pass, e));
	*ret = got;
	got.pass = NULL;
	return EC_OK;
}

enum ec
vault_pair_set(const struct vault_pair *p, cJSON *data,
    const struct smtp_cred *cred, struct err *e)
{
	cJSON_DeleteItemFromObjectCaseSensitive(data, p->user);
	cJSON_DeleteItemFromObjectCaseSensitive(data, p->pass);
	if (cJSON_AddStringToObject(data, p->user, cred->user) != NULL &&
	    json_add_secret(data, p->pass, cred->pass))
		return EC_OK;
	return fail(e, EC_NOMEM, "no memory for a secret");
}
