/*
 * account: see account.h. How one begins and ends; what it holds is in
 * account_cred.c and account_line.c.
 */
#include "sigv4/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "sigv4/account_p.h"

void
aws_account_close(struct aws_account *a)
{
	if (a == NULL)
		return;
	held_free(a->now);
	account_lines_free(a);
	free((void *)(uintptr_t)a->role.arn);
	free((void *)(uintptr_t)a->role.session);
	free((void *)(uintptr_t)a->role.external_id);
	free((void *)(uintptr_t)a->role.where);
	(void)pthread_cond_destroy(&a->loaded);
	(void)pthread_mutex_destroy(&a->mutex);
	free(a);
}

void
auto_aws_account(struct aws_account **a)
{
	aws_account_close(*a);
}

enum ec
aws_account_open(
    const struct aws_env *env, struct aws_account **ret, struct err *e)
{
	struct aws_account *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return fail(e, EC_NOMEM, "no memory for an account");
	/* Neither can fail with default attributes on Linux. */
	(void)pthread_mutex_init(&a->mutex, NULL);
	(void)pthread_cond_init(&a->loaded, NULL);
	a->env = env;
	a->paced = true;
	*ret = a;
	return EC_OK;
}

enum ec
aws_account_open_as(const struct aws_env *env, const struct aws_cred *as,
    struct aws_account **ret, struct err *e)
{
	AUTO(aws_account) struct aws_account *a = NULL;
	AUTO(held) struct held *h = NULL;

	TRY(aws_account_open(env, &a, e));
	TRY(held_new(&h, e));
	TRY(aws_cred_dup(as, &h->cred, e));
	a->now = TAKE(h);
	a->fixed = true;
	*ret = TAKE(a);
	return EC_OK;
}

static enum ec
copy(const char *from, const char **ret, struct err *e)
{
	if (from == NULL)
		return EC_OK;
	*ret = strdup(from);
	return *ret != NULL ? EC_OK : fail(e, EC_NOMEM, "no memory for a role");
}

static enum ec
copy_role(const struct sts_role *r, struct sts_role *ret, struct err *e)
{
	TRY(copy(r->arn, &ret->arn, e));
	TRY(copy(r->session, &ret->session, e));
	TRY(copy(r->external_id, &ret->external_id, e));
	TRY(copy(r->where, &ret->where, e));
	ret->duration_s = r->duration_s;
	return EC_OK;
}

enum ec
aws_account_open_role(struct aws_account *base, const char *region,
    const struct sts_role *r, struct aws_account **ret, struct err *e)
{
	AUTO(aws_account) struct aws_account *a = NULL;

	TRY(sts_role_check(r, e));
	TRY(aws_account_open(base->env, &a, e));
	TRY(copy_role(r, &a->role, e));
	a->base = base;
	if (region != NULL)
		(void)snprintf(a->region, sizeof(a->region), "%s", region);
	*ret = TAKE(a);
	return EC_OK;
}
