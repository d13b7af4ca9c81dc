/* init_ask: a few questions with defaults, and what they are about. */
#ifndef ROTATOR_INIT_ASK_H
#define ROTATOR_INIT_ASK_H

#include "rotator/app.h"

#define INIT_TEXT 256

/* What AWS says of whoever asks, when it can be asked. */
struct init_aws {
	bool here;      /* there is a credential, and it works */
	struct err why; /* why not */
	char account[ACCOUNT_MAX];
	char region[REGION_MAX];
	bool user_known; /* the IAM user was looked for */
	bool user_there;
	struct iam_keys keys; /* of that user */
};

struct init_answers {
	char account[INIT_TEXT], identity[INIT_TEXT], user[INIT_TEXT];
	char regions[INIT_TEXT]; /* with blanks in between */
	char paths[INIT_TEXT];   /* likewise; or empty */
};

/* Never fails: without AWS there is one default less. */
void init_aws_look(struct app *a, struct init_aws *ret);
void init_aws_user(struct app *a, const char *user, struct init_aws *aws);

/*
 * Answers come from options, from standard input line by line (a prompt for
 * each goes to standard output), or with --yes are the defaults. EC_USAGE: one
 * is missing, or no good after three tries.
 */
MUST enum ec init_ask(struct app *a, const struct init_aws *aws,
    struct init_answers *ret, struct err *e);

/* A question with a yes for an answer unless it is no. --yes: yes. */
bool init_ask_yes(struct app *a, const char *question);

#endif
