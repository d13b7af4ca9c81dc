/*
 * config_account: whose account an identity is in, and as whom we go there.
 * What is nearer wins: an identity that names a role is in the account of
 * that role, whatever account the defaults name.
 */
#include <string.h>

#include "base/auto.h"
#include "rotator/config_p.h"
#include "sigv4/endpoint.h"
#include "sigv4/sts.h"

enum ec
read_role(const struct reading *r, void *to, struct err *e)
{
	struct sts_arn arn;
	const char *s = "";

	TRY(read_text(r, &s, e));
	if (!sts_arn_read(s, &arn)) {
		(void)config_fail(e, r->node, "'%s' cannot be '%s'",
		    r->key->name, config_show(s).s);
		return fix(e,
		    "write it as arn:aws:iam::123456789012:role/NAME (or "
		    "arn:aws-us-gov:, arn:aws-cn:), see  aws iam get-role");
	}
	*(const char **)to = s;
	return EC_OK;
}

void
account_inherit(struct slots *to, const struct slots *from)
{
	const bool role = to->at[SLOT_ROLE_ARN] != NULL;
	const bool account = to->at[SLOT_OWN_ACCOUNT] != NULL;
	const bool id = to->at[SLOT_EXTERNAL_ID] != NULL;

	table_inherit(defaults_keys, to, from);
	if (role && !account)
		to->at[SLOT_OWN_ACCOUNT] = NULL;
	if (to->at[SLOT_ROLE_ARN] == NULL && !id)
		to->at[SLOT_EXTERNAL_ID] = NULL;
}

static enum ec
other_account(const struct slots *s, const struct identity_conf *id,
    const struct sts_arn *arn, struct err *e)
{
	(void)config_fail(e, s->at[SLOT_OWN_ACCOUNT],
	    "account %s is not that of role_arn in line %u, %s", id->account,
	    s->at[SLOT_ROLE_ARN]->line, arn->account);
	return fix(e,
	    "take account out, or name a role of that account for identity %s",
	    id->name);
}

/* A key of one partition is not known in another. */
static enum ec
regions_fit(const struct slots *s, const struct identity_conf *id,
    const struct sts_arn *arn, struct err *e)
{
	for (const char *const *r = id->regions; *r != NULL; r++) {
		const char *partition = endpoint_partition(*r);

		if (strcmp(partition, arn->partition) == 0)
			continue;
		(void)config_fail(e, s->at[SLOT_ROLE_ARN],
		    "the role is in partition %s, region %s in %s",
		    arn->partition, *r, partition);
		return fix(e, "write arn:%s:..., or another region", partition);
	}
	return EC_OK;
}

enum ec
account_complete(struct config_full *c, const struct slots *s,
    struct identity_conf *id, struct err *e)
{
	struct sts_arn arn;

	if (id->role_arn == NULL || !sts_arn_read(id->role_arn, &arn)) {
		if (id->account == NULL)
			id->account = c->pub.account;
		if (id->external_id == NULL)
			return EC_OK;
		(void)config_fail(
		    e, s->at[SLOT_EXTERNAL_ID], "external_id without role_arn");
		return fix(e, "add  role_arn: arn:aws:iam::%s:role/rotate",
		    id->account);
	}
	if (id->account != NULL && strcmp(id->account, arn.account) != 0)
		return other_account(s, id, &arn, e);
	if (id->account == NULL)
		id->account =
		    arena_dup(&c->mem, arn.account, strlen(arn.account));
	if (id->account == NULL)
		return config_nomem(e);
	return regions_fit(s, id, &arn, e);
}
