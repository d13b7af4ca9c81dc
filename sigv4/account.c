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
	if (a->root != NULL)
		account_room_leave(a);
	held_free(a->now);
	account_lines_free(a);
	free(a->arn);
	free(a->session);
	free(a->external_id);
	free(a->where);
	(void)pthread_cond_destroy(&a->loaded);
	(void)pthread_mutex_destroy(&a->mutex);
	free(a);
}

void
auto_aws_account(struct aws_account **a)
{
	aws_account_close(*a);
}

/* NULL: no memory. */
static struct aws_account *
account_new(const struct aws_env *env)
{
	struct aws_account *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	/* Neither can fail with default attributes on Linux. */
	(void)pthread_mutex_init(&a->mutex, NULL);
	(void)pthread_cond_init(&a->loaded, NULL);
	a->env = env;
	a->paced = true;
	return a;
}

static enum ec
no_memory(struct err *e)
{
	return fail(e, EC_NOMEM, "no memory for an account");
}

enum ec
aws_account_open(
    const struct aws_env *env, struct aws_account **ret, struct err *e)
{
	struct aws_account *a = account_new(env);

	if (a == NULL)
		return no_memory(e);
	*ret = a;
	return EC_OK;
}

enum ec
aws_account_open_as(const struct aws_env *env, const struct aws_cred *as,
    struct aws_account **ret, struct err *e)
{
	AUTO(aws_account) struct aws_account *a = account_new(env);

	if (a == NULL)
		return no_memory(e);
	TRY(held_new(&a->now, e));
	TRY(aws_cred_dup(as, &a->now->cred, e));
	*ret = TAKE(a);
	return EC_OK;
}

/* False: no memory. */
static bool
copy(const char *from, char **ret)
{
	*ret = from != NULL ? strdup(from) : NULL;
	return from == NULL || *ret != NULL;
}

enum ec
aws_account_open_role(struct aws_account *base, const char *region,
    const struct sts_role *r, struct aws_account **ret, struct err *e)
{
	AUTO(aws_account) struct aws_account *a = NULL;

	TRY(sts_role_check(r, e));
	a = account_new(base->env);
	if (a == NULL || !copy(r->arn, &a->arn) ||
	    !copy(r->session, &a->session) ||
	    !copy(r->external_id, &a->external_id) ||
	    !copy(r->where, &a->where))
		return no_memory(e);
	a->duration_s = r->duration_s;
	a->base = base;
	a->root = base->root != NULL ? base->root : base;
	account_room_join(a);
	if (region != NULL)
		(void)snprintf(a->region, sizeof(a->region), "%s", region);
	*ret = TAKE(a);
	return EC_OK;
}
