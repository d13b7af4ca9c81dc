/*
 * plan_aws: what AWS says of us, of each user and of its keys; and whether
 * that is what the configuration and the record say.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/plan_p.h"
#include "sigv4/aws.h"

/* The account that we should be in ourselves; NULL: every identity has a role
 * elsewhere. With several any that is ours will do: see caller_fits(). */
static const char *
own_account(const struct config *c, const char *ours)
{
	const char *other = NULL;

	for (size_t i = 0; i < c->n_identities; i++) {
		const struct identity_conf *id = &c->identities[i];

		if (id->role_arn != NULL)
			continue;
		if (strcmp(id->account, ours) == 0)
			return ours;
		other = other != NULL ? other : id->account;
	}
	return other;
}

static enum ec
fail_account(const struct app *a, const struct plan *p, const char *wanted,
    struct err *e)
{
	(void)fail(e, EC_CONFIG,
	    "these AWS credentials belong to account %s, the configuration "
	    "says %s",
	    p->caller.account, wanted);
	return fix(e, "choose the right profile, or correct account: in %s",
	    a->config->path);
}

static enum ec
account_is_ours(struct app *a, struct plan *p, struct err *e)
{
	const char *wanted;

	TRY(app_iam(a, NULL, e));
	(void)snprintf(p->who, sizeof(p->who), "%s", aws_identity(a->aws));
	TRY(a->world.iam.caller(a->world.iam.ctx, &p->caller, e));
	wanted = own_account(a->config, p->caller.account);
	if (wanted == NULL || strcmp(p->caller.account, wanted) == 0)
		return EC_OK;
	return fail_account(a, p, wanted, e);
}

static enum ec
caller_fits(const struct app *a, const struct plan *p,
    const struct identity_conf *id, struct err *e)
{
	if (id->role_arn != NULL || strcmp(p->caller.account, id->account) == 0)
		return EC_OK;
	return fail_account(a, p, id->account, e);
}

void
plan_aws_open(struct app *a, struct plan *p)
{
	p->aws.ec = account_is_ours(a, p, &p->aws.e);
}

static enum ec
pins_match(struct app *a, const struct plan_identity *id, struct err *e)
{
	const struct rec *r = &id->look.rec;
	const char *pin =
	    r->user_id[0] != '\0' ? r->user_id : id->conf->user_id;

	if (r->endpoint[0] != '\0' && strcmp(r->endpoint, a->endpoint) != 0) {
		(void)fail(e, EC_CONFIG,
		    "%s belongs to %s, but this run talks to %s",
		    id->conf->name, r->endpoint, a->endpoint);
		return fix(e,
		    "unset AWS_ENDPOINT_URL*, or use another state "
		    "directory for that endpoint");
	}
	if (strcmp(id->user.account, id->conf->account) != 0)
		return fail(e, EC_CONFIG,
		    "IAM user %s is in account %s, not %s", id->conf->iam_user,
		    id->user.account, id->conf->account);
	if (pin == NULL || strcmp(pin, id->user.user_id) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFLICT,
	    "IAM user %s is %s now, was %s: it was deleted and made again",
	    id->conf->iam_user, id->user.user_id, pin);
	return fix(e, "if that is right: rotate adopt %s", id->conf->name);
}

static enum ec
read_identity(struct app *a, struct plan_identity *id, struct err *e)
{
	const struct iam *iam = &a->world.iam;
	struct iam_keys keys;
	struct err unknown;

	TRY(app_iam(a, id->conf, e));
	TRY(iam->user(iam->ctx, id->conf->iam_user, &id->user, e));
	TRY(iam->list(iam->ctx, id->conf->iam_user, &keys, e));
	id->keys_known = true;
	id->n_keys = keys.n;
	for (size_t i = 0; i < keys.n; i++) {
		struct plan_key *k = &id->keys[i];

		k->key = keys.key[i];
		k->use_known = iam->last_used(iam->ctx, k->key.id, &k->use,
				   &unknown) == EC_OK;
	}
	return pins_match(a, id, e);
}

/* When our own credential is no good, asking with it for each user would only
 * repeat that. */
void
plan_aws_identity(struct app *a, const struct plan *p, struct plan_identity *id)
{
	struct err *e = &id->problem.e;

	if (p->aws.ec == EC_OK) {
		id->problem.ec = caller_fits(a, p, id->conf, e);
		if (id->problem.ec == EC_OK)
			id->problem.ec = read_identity(a, id, e);
		return;
	}
	id->problem.ec = p->aws.ec;
	(void)fail(e, p->aws.ec, "its keys are not known, see AWS above");
}
