/* aws_role: see aws_role.h. */
#include "clients/aws_role.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "sigv4/endpoint.h"
#include "sigv4/sts.h"

#define DIGITS "0123456789"

static bool
of_identity(const struct aws_role *r)
{
	return r->arn != NULL && strcmp(r->arn, "identity") == 0;
}

static const char *
role_arn(const struct client *c, const struct aws_role *r)
{
	return of_identity(r) ? c->role_arn : r->arn;
}

static const char *
external_id(const struct client *c, const struct aws_role *r)
{
	return of_identity(r) ? c->external_id : r->external_id;
}

/* What is longer than any account is not cut down to one. */
static void
set_account(char to[AWS_ACCOUNT_MAX], const char *s, size_t n)
{
	if (n < AWS_ACCOUNT_MAX)
		(void)snprintf(to, AWS_ACCOUNT_MAX, "%.*s", (int)n, s);
	else
		(void)snprintf(to, AWS_ACCOUNT_MAX, "?");
}

/* That in an ARN; "" when there is none in it. */
static void
account_in(const char *arn, char ret[AWS_ACCOUNT_MAX])
{
	size_t n = 0;
	const char *field = aws_arn_field(arn, 4, &n);

	set_account(ret, field != NULL ? field : "", n);
}

/* That the object must be in. "": the service is asked, and any will do. */
static void
account_of(
    const struct client *c, const struct aws_role *r, char ret[AWS_ACCOUNT_MAX])
{
	const char *role = role_arn(c, r);

	*ret = '\0';
	if (r->account != NULL)
		set_account(ret, r->account, strlen(r->account));
	else if (role != NULL)
		account_in(role, ret);
}

void
aws_role_at(const struct client *c, const struct aws_service *service,
    const struct aws_role *r, const char *name, struct aws_object *ret)
{
	aws_object_at(c, service, name, r->region, ret);
	ret->role_arn = role_arn(c, r);
	ret->external_id = external_id(c, r);
	account_of(c, r, ret->account);
}

/* ---- do they go together? ------------------------------------------------ */

static enum ec
check_none(const struct aws_role *r, struct err *e)
{
	if (r->external_id == NULL)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "external_id without role_arn");
	return fix(e,
	    "add  role_arn: arn:aws:iam::123456789012:role/NAME, or take it "
	    "out");
}

static enum ec
check_identity(const struct client *c, const struct aws_role *r, struct err *e)
{
	if (c->role_arn == NULL) {
		(void)fail(e, EC_CONFIG,
		    "role_arn: identity, but identity '%s' has no role_arn",
		    c->identity);
		return fix(e,
		    "give that identity one, or take this out: our own AWS "
		    "identity is used then");
	}
	if (r->external_id == NULL)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "external_id beside role_arn: identity");
	return fix(e,
	    "take it out, that of the identity is sent; or write the ARN of "
	    "the role");
}

static enum ec
check_arn(const struct aws_object *o, const char *text, struct err *e)
{
	const char *partition = endpoint_partition(o->region);
	struct sts_arn arn;

	if (!sts_arn_read(text, &arn)) {
		(void)fail(e, EC_CONFIG,
		    "role_arn: \"%.60s\" is not the ARN of a role", text);
		return fix(e,
		    "write it as arn:aws:iam::123456789012:role/NAME, or "
		    "role_arn: identity  for that of the identity");
	}
	if (strcmp(arn.partition, partition) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "role_arn is in partition %s, region %s in %s",
	    arn.partition, o->region, partition);
	return fix(e, "write arn:%s:..., or another aws_region", partition);
}

static enum ec
check_account(const struct aws_role *r, struct err *e)
{
	if (r->account == NULL ||
	    (strlen(r->account) == AWS_ACCOUNT_MAX - 1 &&
		strspn(r->account, DIGITS) == AWS_ACCOUNT_MAX - 1))
		return EC_OK;
	(void)fail(
	    e, EC_CONFIG, "account: \"%.40s\" is no account", r->account);
	return fix(e, "it has twelve digits; write it in quotes");
}

/* Reaching from the account of a role into a third one is possible, but more
 * likely a slip: it must be said twice. */
static enum ec
check_reach(const struct aws_object *o, const struct aws_role *r,
    const char *key, struct err *e)
{
	char in[AWS_ACCOUNT_MAX], of_role[AWS_ACCOUNT_MAX] = "";

	account_in(o->name, in);
	if (o->role_arn != NULL)
		account_in(o->role_arn, of_role);
	if (o->account[0] == '\0' || strcmp(o->account, in) == 0)
		return EC_OK;
	if (in[0] != '\0' && r->account == NULL) {
		(void)fail(e, EC_CONFIG, "%s is in account %s, role_arn in %s",
		    key, in, of_role);
		return fix(e,
		    "correct one of them; if that is meant, add  account: "
		    "\"%s\"",
		    in);
	}
	if (in[0] != '\0')
		return fail(e, EC_CONFIG, "%s is in account %s, not in %s", key,
		    in, o->account);
	if (of_role[0] == '\0' || strcmp(of_role, o->account) == 0)
		return EC_OK;
	(void)fail(e, EC_CONFIG, "account %s is not that of role_arn, %s",
	    o->account, of_role);
	return fix(e,
	    "a name is looked up in the account of the role: correct one of "
	    "them, or write the ARN of what is in account %s",
	    o->account);
}

enum ec
aws_role_check(const struct client *c, const struct aws_service *service,
    const struct aws_role *r, const char *key, const char *name, struct err *e)
{
	struct aws_object o;

	TRY(aws_object_check(service, key, name, r->region, e));
	TRY(check_account(r, e));
	if (r->arn == NULL)
		TRY(check_none(r, e));
	else if (of_identity(r))
		TRY(check_identity(c, r, e));
	aws_role_at(c, service, r, name, &o);
	if (o.role_arn != NULL) {
		const struct sts_role as = { .arn = o.role_arn,
			.external_id = o.external_id,
			.where = c->name };

		TRY(check_arn(&o, o.role_arn, e));
		TRY(sts_role_check(&as, e));
	}
	return check_reach(&o, r, key, e);
}

/* ---- what the service says ---------------------------------------------- */

enum ec
aws_role_confirm(const struct aws_object *o, const char *arn, struct err *e)
{
	char in[AWS_ACCOUNT_MAX] = "";

	if (o->account[0] == '\0')
		return EC_OK;
	if (arn != NULL)
		account_in(arn, in);
	if (strcmp(in, o->account) == 0)
		return EC_OK;
	errno = 0;
	if (in[0] == '\0') {
		(void)fail(e, EC_PROTO,
		    "nothing written: the reply does not say in which account "
		    "it is");
		(void)fix(e, "check that the endpoint is AWS");
		return aws_object_prefix(o, e);
	}
	(void)fail(e, EC_CONFIG,
	    "nothing written: it is in account %s, and must be in %s", in,
	    o->account);
	(void)fix(e, "%s account %s, or correct account: in the configuration",
	    o->role_arn != NULL ? "name a role of" : "add a role_arn of",
	    o->account);
	return aws_object_prefix(o, e);
}

/* ---- what is said of it ------------------------------------------------- */

enum ec
aws_role_place(const struct aws_object *o, struct buf *ret, struct err *e)
{
	const char *own = o->c->own_account;
	char in[AWS_ACCOUNT_MAX];

	account_in(o->name, in);
	return buf_addf(ret, e, "%s\n%s\n", o->region,
	    o->account[0] != '\0' ? o->account
		: in[0] != '\0'   ? in
		: own != NULL     ? own
				  : "");
}

struct aws_place_text
aws_role_text(const struct aws_object *o)
{
	struct aws_place_text t;

	if (o->role_arn != NULL)
		(void)snprintf(
		    t.s, sizeof(t.s), "%s, as %.160s", o->region, o->role_arn);
	else
		(void)snprintf(t.s, sizeof(t.s), "%s%s%s", o->region,
		    o->account[0] != '\0' ? ", account " : "", o->account);
	return t;
}

const char *
aws_role_of(const struct client *c, char account[AWS_ACCOUNT_MAX])
{
	const struct aws_role r = { .arn = client_text(c, "role_arn"),
		.account = client_text(c, "account") };

	*account = '\0';
	if (!client_has(c, "role_arn"))
		return NULL; /* `account` may mean something else there */
	account_of(c, &r, account);
	return role_arn(c, &r);
}
