/*
 * aws_function: the environment of a Lambda function.
 *
 * An update replaces the whole map of variables, so it is read first, changed
 * in two places and sent back with the RevisionId that was read; Lambda
 * refuses it when anything changed meanwhile. A new environment is in use
 * when LastUpdateStatus says Successful ("UpdateFunctionConfiguration",
 * https://docs.aws.amazon.com/lambda/latest/api/; "Lambda function states",
 * developer guide).
 */
#ifndef CLIENTS_AWS_FUNCTION_H
#define CLIENTS_AWS_FUNCTION_H

#include "clients/aws_json.h"

struct aws_function {
	struct aws_object o;
	const char *username, *password; /* names of variables */
	bool create;  /* a variable that is missing may be added */
	int64_t wait; /* ms, for an update that is going on */
};

/* EC_CONFIG: no function, a version or alias of one, or names that cannot be
 * variables. region as configured, or NULL. Pure. */
MUST enum ec aws_function_check(const struct aws_function *f, const char *name,
    const char *region, struct err *e);

/*
 * The configuration once no update is going on; owned by the caller. EC_TEMP:
 * one still is, after `wait`. EC_DENIED: its variables are hidden, because
 * their key is not ours to use. EC_GONE: no such function.
 */
MUST enum ec aws_function_get(
    const struct aws_function *f, cJSON **ret, struct err *e);

/* Is what it holds in use? EC_CLIENT with the reason when the last update
 * failed. */
MUST enum ec aws_function_usable(
    const struct aws_function *f, const cJSON *conf, struct err *e);

/* The pair in it: user "" or pass NULL for what is absent or empty.
 * EC_CONFLICT as of smtp_cred_from(). */
MUST enum ec aws_function_pair(const struct aws_function *f, const cJSON *conf,
    struct smtp_cred *ret, struct err *e);

/* Puts the pair into conf, in memory only; cred must outlive conf. EC_GONE: no
 * such variable; EC_CONFIG: more than Lambda takes. */
MUST enum ec aws_function_set(const struct aws_function *f, cJSON *conf,
    const struct smtp_cred *cred, struct err *e);

/* Sends the environment of conf and waits until it is in use. EC_CONFLICT:
 * somebody changed the function since conf was read. EC_UNKNOWN: accepted, but
 * not in use after `wait`, or never. */
MUST enum ec aws_function_put(
    const struct aws_function *f, const cJSON *conf, struct err *e);

#endif
