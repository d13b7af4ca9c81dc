/*
 * aws_role: as whom a client of an AWS store goes there, and into whose
 * account. A team's secrets may be in an account of that team.
 *
 * The fear is a password in somebody else's account. So whoever names a role
 * names an account with it, and what the service itself says of the object it
 * was asked for (its ARN) must say the same, before anything is written.
 */
#ifndef CLIENTS_AWS_ROLE_H
#define CLIENTS_AWS_ROLE_H

#include "base/buf.h"
#include "clients/aws_json.h"

/* As configured; NULL where nothing is. */
struct aws_role {
	const char *region;
	const char *arn; /* or "identity": that of the client's identity */
	const char *external_id;
	const char *account; /* that the object must be in */
};

/* Four rows of a table of options. at: offset of the struct aws_role that they
 * fill; what: the object, for people. */
#define AWS_ROLE_OPTS(at, what)                                                \
	{ "aws_region", OPT_STR, (at) + offsetof(struct aws_role, region),     \
		false, NULL, NULL,                                             \
		"region of the " what ", when it is not that of the client" }, \
	    { "role_arn", OPT_STR, (at) + offsetof(struct aws_role, arn),      \
		    false, NULL, NULL,                                         \
		    "role to be assumed for the " what                         \
		    "; identity: the one of the identity" },                   \
	    { "external_id", OPT_STR,                                          \
		    (at) + offsetof(struct aws_role, external_id), false,      \
		    NULL, NULL, "what the trust policy of that role wants" },  \
	{                                                                      \
		"account", OPT_STR, (at) + offsetof(struct aws_role, account), \
		    false, NULL, NULL,                                         \
		    "account that the " what " must be in, twelve digits"      \
	}

/*
 * aws_object_check(), and: do role, external id, account and object go
 * together? Also with the identity, which c tells. EC_CONFIG. Pure.
 */
MUST enum ec aws_role_check(const struct client *c,
    const struct aws_service *service, const struct aws_role *r,
    const char *key, const char *name, struct err *e);

/* aws_object_at(), with role and account. Of settings that passed the check;
 * the texts are borrowed. */
void aws_role_at(const struct client *c, const struct aws_service *service,
    const struct aws_role *r, const char *name, struct aws_object *ret);

/*
 * Is the object that the service calls arn (NULL: it did not say) in the
 * account that it must be in? To be asked of each reply before a write.
 * EC_CONFIG: no; EC_PROTO: it is not said. EC_OK when any account will do.
 */
MUST enum ec aws_role_confirm(
    const struct aws_object *o, const char *arn, struct err *e);

/* As place_more() of a driver: region and account, as far as they are known
 * before the service is asked. */
MUST enum ec aws_role_place(
    const struct aws_object *o, struct buf *ret, struct err *e);

/* "us-east-1, as arn:aws:iam::123456789012:role/x": where a plan would write.
 */
struct aws_place_text {
	char s[200];
};
struct aws_place_text aws_role_text(const struct aws_object *o);

/* What check says of a client of any kind: the role that is assumed for it
 * (NULL: none), and the account it must be in; "": not known. */
const char *aws_role_of(const struct client *c, char account[AWS_ACCOUNT_MAX]);

#endif
