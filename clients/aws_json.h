/*
 * aws_json: one call of an AWS service that speaks JSON, on one object, for
 * the drivers of AWS stores: who is asked, where, and what a refusal means
 * for the operator. Nothing is retried here but by sigv4/aws.h.
 */
#ifndef CLIENTS_AWS_JSON_H
#define CLIENTS_AWS_JSON_H

#include <stdbool.h>

#include "clients/client.h"
#include "clients/json.h"

struct aws_service {
	const char *name;   /* of sigv4/endpoint.h: "secrets_manager" */
	const char *title;  /* for people: "Secrets Manager" */
	const char *prefix; /* of IAM actions and ARNs: "ssm" */
	const char *target; /* before the action, "AmazonSSM."; NULL: REST */
	const char *content_type; /* of a body */
	const char *manual;       /* where the policy for it stands */
};
extern const struct aws_service aws_secrets_manager, aws_ssm, aws_lambda,
    aws_kms;

#define AWS_ACCOUNT_MAX 13 /* twelve digits */

/* What a driver works on. Everything is borrowed. */
struct aws_object {
	const struct client *c;
	const struct aws_service *service;
	const char *name;        /* or ARN, as configured */
	char region[REGION_MAX]; /* of the service, not of the SMTP endpoint */
	/* The rest is zero but by aws_role.h. */
	const char *role_arn, *external_id; /* who asks; NULL: ourselves */
	char account[AWS_ACCOUNT_MAX];      /* that it must be in; "": any */
};

/* Field n of an ARN, "arn:PARTITION:SERVICE:REGION:ACCOUNT:REST"; NULL when
 * it is none. */
const char *aws_arn_field(const char *name, unsigned n, size_t *len);

/*
 * Is this a name or an ARN of the service, and does the region fit? region is
 * the option aws_region, NULL when not given; key names the option. EC_CONFIG.
 * Pure.
 */
MUST enum ec aws_object_check(const struct aws_service *service,
    const char *key, const char *name, const char *region, struct err *e);

/* In region; NULL: that of the ARN, else that of the client. Of settings that
 * passed the check. */
void aws_object_at(const struct client *c, const struct aws_service *service,
    const char *name, const char *region, struct aws_object *ret);

/* Puts "Secrets Manager: prod/smtp (eu-west-1): " in front of an error, or
 * "(eu-west-1, account 123456789012): ". */
enum ec aws_object_prefix(const struct aws_object *o, struct err *e);

/* What an error code means for this call, before the common meaning. */
struct aws_json_error {
	const char *code; /* NULL ends the table */
	enum ec ec;
	const char *fix; /* or NULL */
};

struct aws_json_call {
	const char *action; /* "GetSecretValue": also the IAM action */
	const char *method; /* REST only, as in sigv4/aws.h */
	const char *path;
	const cJSON *body; /* or NULL, for REST only */
	bool reads;        /* changes nothing, so a lost reply is EC_TEMP */
	const struct aws_json_error *errors; /* or NULL */
};

/*
 * EC_OK: a reply of JSON; *ret owned by the caller. By the common meaning: bad
 * or expired credential EC_DENIED, and the remedy names our identity; access
 * denied EC_DENIED, and the remedy names the missing action; no such object
 * EC_GONE; throttled or out of order EC_TEMP; a used-up quota EC_CLIENT. A
 * call that may have had an effect is EC_UNKNOWN, whatever the table says. The
 * service's own words are shown as far as heard_show() lets them; of a write
 * that was found invalid, or whose refusal has no code, not at all, because
 * they may quote the value.
 */
MUST enum ec aws_json_do(const struct aws_object *o,
    const struct aws_json_call *q, cJSON **ret, struct err *e);

/* Adds item, which is to's afterwards. False: no memory, and item is freed. */
bool aws_json_add(cJSON *to, const char *key, cJSON *item);

#endif
