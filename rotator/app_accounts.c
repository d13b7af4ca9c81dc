/* app_accounts: see app_accounts.h. */
#include "rotator/app_accounts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

struct role {
	struct role *next;
	const char *arn, *external_id; /* the configuration's */
	struct aws_account *account;
};

struct accounts {
	struct aws_env env; /* for all; it has no net */
	struct aws_account *own;
	pthread_mutex_t lock; /* of the list */
	struct role *roles;
};

enum ec
accounts_open(const char *profile, struct accounts **ret, struct err *e)
{
	struct accounts *a = calloc(1, sizeof(*a));
	enum ec ec;

	if (a == NULL)
		return fail(e, EC_NOMEM, "no memory for accounts");
	a->env = aws_env_process;
	a->env.profile = profile;
	(void)pthread_mutex_init(&a->lock, NULL);
	ec = aws_account_open(&a->env, &a->own, e);
	if (ec != EC_OK)
		accounts_close(a);
	else
		*ret = a;
	return ec;
}

void
accounts_close(struct accounts *a)
{
	struct role *r;

	if (a == NULL)
		return;
	while ((r = a->roles) != NULL) {
		a->roles = r->next;
		aws_account_close(r->account);
		free(r);
	}
	aws_account_close(a->own);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

const struct aws_env *
accounts_env(const struct accounts *a)
{
	return &a->env;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static enum ec
add_role(struct accounts *a, const struct sts_role *as, const char *region,
    struct aws_account **ret, struct err *e)
{
	AUTO(free) struct role *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return fail(e, EC_NOMEM, "no memory for a role");
	TRY(aws_account_open_role(a->own, region, as, &r->account, e));
	r->arn = as->arn;
	r->external_id = as->external_id;
	r->next = a->roles;
	*ret = r->account;
	a->roles = TAKE(r);
	return EC_OK;
}

/* Of thousands, those in use now are asked for again with each call: what was
 * found goes to the front. */
static enum ec
find_role(struct accounts *a, const struct sts_role *as, const char *region,
    struct aws_account **ret, struct err *e)
{
	for (struct role **p = &a->roles; *p != NULL; p = &(*p)->next) {
		struct role *r = *p;

		if (strcmp(r->arn, as->arn) != 0 ||
		    !same(r->external_id, as->external_id))
			continue;
		*p = r->next;
		r->next = a->roles;
		a->roles = r;
		*ret = r->account;
		return EC_OK;
	}
	return add_role(a, as, region, ret, e);
}

enum ec
accounts_get(struct accounts *a, const struct sts_role *as, const char *region,
    struct aws_account **ret, struct err *e)
{
	enum ec ec;

	*ret = a->own;
	if (as == NULL)
		return EC_OK;
	(void)pthread_mutex_lock(&a->lock);
	ec = find_role(a, as, region, ret, e);
	(void)pthread_mutex_unlock(&a->lock);
	return ec;
}

enum ec
accounts_of(struct accounts *a, const struct identity_conf *id,
    struct aws_account **ret, struct err *e)
{
	char where[200];
	const struct sts_role as = {
		.arn = id != NULL ? id->role_arn : NULL,
		.external_id = id != NULL ? id->external_id : NULL,
		.where = where,
	};

	if (as.arn == NULL)
		return accounts_get(a, NULL, NULL, ret, e);
	(void)snprintf(where, sizeof(where), "identity %s in %.100s:%u",
	    id->name, id->file, id->line);
	/* Its first region is as near as any: STS is asked there. */
	return accounts_get(a, &as, id->regions[0], ret, e);
}

enum ec
accounts_ready(struct accounts *a, const struct identity_conf *id,
    struct net *n, struct err *e)
{
	struct aws_account *account = NULL;

	TRY(accounts_of(a, id, &account, e));
	return aws_account_ready(account, n, e);
}
