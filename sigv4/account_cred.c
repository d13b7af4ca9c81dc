/*
 * account_cred: the credential that the threads of an account share. READ
 * provide() FIRST: it is the only place where they wait for each other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "sigv4/account_p.h"
#include "sigv4/providers.h"

/* So long a failure is the answer for all who ask. */
#define FAILED_MS (INT64_C(60) * 1000)
#define PASSES_MS (INT64_C(5) * 1000)

void
held_free(struct held *h)
{
	if (h != NULL)
		aws_cred_free(&h->cred);
	free(h);
}

void
auto_held(struct held **h)
{
	held_free(*h);
}

enum ec
held_new(struct held **ret, struct err *e)
{
	struct held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return fail(e, EC_NOMEM, "no memory for a credential");
	h->refs = 1;
	*ret = h;
	return EC_OK;
}

/* NOLINTBEGIN(misc-no-recursion) a role's base may be a role: as deep as the
 * configuration makes it, and without a loop, as a base is there first. */
static enum ec
assume(const struct aws_account *a, const struct aws_env *env, int64_t offset,
    struct aws_cred *ret, struct err *e)
{
	const struct sts_role r = { a->arn, a->session, a->external_id,
		a->duration_s, a->where };
	struct held *base = NULL;
	enum ec ec;

	account_room_make(a->root);
	ec = account_borrow(a->base, env->net, offset, &base, e);
	if (ec != EC_OK)
		return err_prefix(e, "%s: %s", a->where, a->arn);
	ec = sts_assume_role(env, a->region[0] != '\0' ? a->region : NULL,
	    &base->cred, &r, ret, e);
	account_return(a->base, base);
	return identity_ours(ec, e);
}

/* old: the one that runs out, or NULL. */
static enum ec
fetch(const struct aws_account *a, struct net *n, int64_t offset,
    const struct held *old, struct aws_cred *ret, struct err *e)
{
	struct aws_env env = *a->env;

	env.net = n;
	if (a->base != NULL)
		return assume(a, &env, offset, ret, e);
	if (old == NULL)
		return identity_load(&env, ret, e);
	return identity_again(&env, &old->cred, ret, e);
}

static int64_t
time_of_aws(const struct aws_account *a, int64_t offset)
{
	return provider_now(a->env) + offset;
}

/* As fetch(), and what came is good. */
static enum ec
get(const struct aws_account *a, struct net *n, int64_t offset,
    const struct held *old, struct held **ret, struct err *e)
{
	AUTO(held) struct held *h = NULL;
	int64_t now;

	TRY(held_new(&h, e));
	TRY(fetch(a, n, offset, old, &h->cred, e));
	now = time_of_aws(a, offset);
	TRY(identity_valid(&h->cred, now, e));
	if (old != NULL)
		h->cred.again = now + IDENTITY_PAUSE_MS;
	*ret = TAKE(h);
	return EC_OK;
}

static void
drop(struct held *h)
{
	if (--h->refs == 0)
		held_free(h);
}

static int64_t
remembered_ms(enum ec ec)
{
	switch (ec) {
	case EC_DENIED:
	case EC_CONFIG:
	case EC_GONE:
		return FAILED_MS;
	case EC_NOMEM: /* is about us, not about the account */
		return 0;
	default:
		return PASSES_MS;
	}
}

static void
failed(struct aws_account *a, int64_t offset, const struct err *e)
{
	struct aws_cred *old = a->now != NULL ? &a->now->cred : NULL;
	const int64_t now = time_of_aws(a, offset);

	a->why = *e;
	a->again = account_time(a) + remembered_ms(e->ec);
	if (old != NULL && identity_good(old, now))
		old->again = now + IDENTITY_PAUSE_MS;
}

/* Begins and ends with the mutex held; it is free in between. */
static enum ec
renew(struct aws_account *a, struct net *n, int64_t offset, struct err *e)
{
	struct held *old = a->now, *fresh = NULL;
	enum ec ec;

	a->busy = true;
	(void)pthread_mutex_unlock(&a->mutex);
	/* Only whoever is busy replaces a->now: old stays until then. */
	ec = get(a, n, offset, old, &fresh, e);
	(void)pthread_mutex_lock(&a->mutex);
	a->busy = false;
	if (fresh != NULL) {
		a->stats.loads++;
		a->now = fresh;
		if (old != NULL)
			drop(old);
	} else {
		failed(a, offset, e);
	}
	(void)pthread_cond_broadcast(&a->loaded);
	return ec;
}

static bool
failed_lately(const struct aws_account *a)
{
	return account_time(a) < a->again;
}

/* What is there may be used without asking anybody. */
static bool
serves(const struct aws_account *a, int64_t offset)
{
	const struct aws_cred *c = a->now != NULL ? &a->now->cred : NULL;
	const int64_t now = time_of_aws(a, offset);

	if (c == NULL)
		return false;
	if ((a->base == NULL && c->from == NULL) || !identity_due(c, now))
		return true;
	return a->busy && identity_good(c, now);
}

/* Makes it serve; the mutex is held. */
static enum ec
provide(struct aws_account *a, struct net *n, int64_t offset, struct err *e)
{
	enum ec ec;

	while (!serves(a, offset)) {
		if (a->busy) {
			(void)pthread_cond_wait(&a->loaded, &a->mutex);
			continue;
		}
		if (failed_lately(a)) {
			*e = a->why;
			return e->ec;
		}
		ec = renew(a, n, offset, e);
		if (ec == EC_OK || !serves(a, offset))
			return ec;
	}
	return EC_OK;
}

enum ec
account_borrow(struct aws_account *a, struct net *n, int64_t offset,
    struct held **ret, struct err *e)
{
	enum ec ec;

	(void)pthread_mutex_lock(&a->mutex);
	ec = provide(a, n, offset, e);
	if (ec == EC_OK) {
		a->now->refs++;
		a->used = account_time(a);
		*ret = a->now;
	}
	(void)pthread_mutex_unlock(&a->mutex);
	return ec;
}

/* NOLINTEND(misc-no-recursion) */

void
account_return(struct aws_account *a, struct held *h)
{
	(void)pthread_mutex_lock(&a->mutex);
	drop(h);
	(void)pthread_mutex_unlock(&a->mutex);
}

enum ec
aws_account_ready(struct aws_account *a, struct net *n, struct err *e)
{
	struct held *h = NULL;

	TRY(account_borrow(a, n, 0, &h, e));
	account_return(a, h);
	return EC_OK;
}

void
account_source(struct aws_account *a, char ret[256])
{
	(void)pthread_mutex_lock(&a->mutex);
	if (a->now != NULL)
		(void)snprintf(ret, 256, "%s", a->now->cred.source);
	else if (a->base != NULL)
		(void)snprintf(ret, 256, "role %s", a->arn);
	else
		ret[0] = '\0';
	(void)pthread_mutex_unlock(&a->mutex);
}
