/*
 * aws_parameter_pair: the pair in the Parameter Store, as one JSON document or
 * as two parameters.
 *
 * Two parameters cannot change in one step. The password goes first; when the
 * user name cannot follow, the old password is put back, so that a failure
 * leaves a pair that belongs together.
 */
#ifndef CLIENTS_AWS_PARAMETER_PAIR_H
#define CLIENTS_AWS_PARAMETER_PAIR_H

#include "clients/aws_role.h"
#include "clients/json_document.h"

struct aws_parameter_pair {
	const char *parameter; /* of the document; or NULL */
	struct json_document document;
	const char *username, *password; /* parameters; NULL with a document */
	struct aws_role aws;
};

/* Do these settings go together? EC_CONFIG. Pure. */
MUST enum ec aws_parameter_pair_check(
    const struct aws_parameter_pair *p, const struct client *c, struct err *e);

/* As place_more() of a driver. */
MUST enum ec aws_parameter_pair_place(const struct aws_parameter_pair *p,
    const struct client *c, struct buf *ret, struct err *e);

/* Fills ret->change and ret->warning, and fails as writing would. */
MUST enum ec aws_parameter_pair_plan(const struct aws_parameter_pair *p,
    const struct client *c, struct client_plan *ret, struct err *e);

MUST enum ec aws_parameter_pair_read(const struct aws_parameter_pair *p,
    const struct client *c, struct smtp_cred *ret, struct err *e);

/* May be repeated. EC_CONFLICT: somebody wrote meanwhile; the pair is in place
 * all the same. EC_UNKNOWN also when only its password is. */
MUST enum ec aws_parameter_pair_write(const struct aws_parameter_pair *p,
    const struct client *c, const struct smtp_cred *cred, struct err *e);

#endif
