/*
 * iam: the actions of IAM and STS on the sandbox state. Shapes follow the
 * service models iam 2010-05-08 and sts 2011-06-15 as published in botocore.
 */
#ifndef SANDBOX_IAM_H
#define SANDBOX_IAM_H

#include <stdbool.h>

#include "sandbox.h"
#include "url.h"
#include "xml.h"

struct iam_call;

struct iam_action {
	const char *service, *name;
	bool resendable; /* sending it twice does no harm */
	bool open;       /* allowed to everybody, not only the operator */
	void (*run)(struct sandbox *s, struct iam_call *c);
};

struct iam_call {
	const struct iam_action *action;
	const struct form *form;
	char caller[NAME_SIZE]; /* user name */
	char id[37];            /* request id */

	/* Wishes of faults. */
	bool shuffle, short_page, short_secret;
	const char *wrong_user, *wrong_account, *wrong_id;

	/* Made by run: result is a child of the reply, or a refusal. */
	struct xml *result;
	bool effect;
	int status;
	const char *code;
	char *message;
};

/* NULL when there is no such action. */
const struct iam_action *iam_action(const char *name);

/* All counters of actions at zero, so that a reader always finds them. */
void iam_zero_locked(struct sandbox *s);

/* Namespace of "iam" or "sts". */
const char *iam_namespace(const char *service);

/* Permission check, then the action; a new XML text, and the HTTP status in
 * c->status. Counts effects. Takes the lock. */
char *iam_perform(struct sandbox *s, struct iam_call *c);

/* A new XML text of an error. */
char *iam_error(const char *service, int status, const char *code,
    const char *message, const char *id);

/* The user the call is about: UserName, or by default the caller. NULL with
 * a refusal in c. */
struct user *iam_subject(struct sandbox *s, struct iam_call *c);

void iam_list_access_keys(struct sandbox *s, struct iam_call *c);

/* Random UUID. */
void iam_request_id(struct sandbox *s, char out[37]);

#endif
