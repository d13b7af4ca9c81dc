/* init_ask: see init_ask.h. */
#include "rotator/init_ask.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/app_reach.h"
#include "rotator/out.h"
#include "sigv4/aws.h"

#define TRIES 3
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

/* ---- AWS ---------------------------------------------------------------- */

static enum ec
open_aws(struct app *a, struct err *e)
{
	TRY(app_session(a, NULL, NULL, &a->aws, e));
	iam_aws(a->aws, &a->world.iam);
	return EC_OK;
}

void
init_aws_look(struct app *a, struct init_aws *ret)
{
	const struct iam *iam = &a->world.iam;
	struct iam_caller who = { .account = "" };

	*ret = (struct init_aws){ .region = "us-east-1" };
	if (open_aws(a, &ret->why) != EC_OK)
		return;
	(void)snprintf(
	    ret->region, sizeof(ret->region), "%s", aws_region(a->aws));
	if (iam->caller(iam->ctx, &who, &ret->why) != EC_OK)
		return;
	ret->here = true;
	(void)snprintf(ret->account, sizeof(ret->account), "%s", who.account);
}

void
init_aws_user(struct app *a, const char *user, struct init_aws *aws)
{
	const struct iam *iam = &a->world.iam;
	struct err e;
	enum ec ec;

	if (!aws->here)
		return;
	ec = iam->list(iam->ctx, user, &aws->keys, &e);
	aws->user_known = ec == EC_OK || ec == EC_GONE;
	aws->user_there = ec == EC_OK;
}

/* ---- questions ---------------------------------------------------------- */

static bool
made_of(const char *s, const char *first, const char *rest, size_t max)
{
	const size_t n = strlen(s);

	return n > 0 && n <= max && strchr(first, *s) != NULL &&
	    strspn(s, rest) == n;
}

static bool
account_ok(const char *s)
{
	return strlen(s) == ACCOUNT_MAX - 1 && strspn(s, DIGIT) == strlen(s);
}

static bool
identity_ok(const char *s)
{
	return made_of(s, LOWER DIGIT, LOWER DIGIT "._-", NAME_MAX_ - 1);
}

static bool
user_ok(const char *s)
{
	static const char all[] = LOWER UPPER DIGIT "_+=,.@-";

	return made_of(s, all, all, 64);
}

static bool
regions_ok(const char *s)
{
	char copy[INIT_TEXT], *rest = copy, *word;
	size_t n = 0;

	(void)snprintf(copy, sizeof(copy), "%s", s);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		if (!region_valid(word))
			return false;
		n++;
	}
	return n > 0;
}

static bool
paths_ok(const char *s)
{
	(void)s;
	return true;
}

static const struct question {
	size_t offset;
	const char *ask, *what, *option;
	bool (*ok)(const char *s);
	bool empty; /* may stay so */
} questions[] = {
	{ offsetof(struct init_answers, account), "AWS account",
	    "twelve digits", "--account", account_ok, false },
	{ offsetof(struct init_answers, identity),
	    "A short name for the sender",
	    "up to 63 of a-z 0-9 . _ - beginning with a letter or digit",
	    "--identity", identity_ok, false },
	{ offsetof(struct init_answers, user), "IAM user that SES knows it by",
	    "up to 64 of a-z A-Z 0-9 _ + = , . @ -", "--iam-user", user_ok,
	    false },
	{ offsetof(struct init_answers, regions),
	    "SES regions that it sends through",
	    "such as us-east-1, with blanks in between", "--region", regions_ok,
	    false },
	{ offsetof(struct init_answers, paths),
	    "Directories to look for its credential in (none: later)",
	    "paths with blanks in between", "PATH", paths_ok, true },
};

/* A line without its end; false: there is none any more. */
static bool
read_line(char ret[INIT_TEXT])
{
	size_t n;

	if (fgets(ret, INIT_TEXT, stdin) == NULL)
		return false;
	n = strcspn(ret, "\r\n");
	if (ret[n] == '\0') /* longer than any answer: the rest of it */
		for (int c = getchar(); c != '\n' && c != EOF;)
			c = getchar();
	ret[n] = '\0';
	while (n > 0 && ret[n - 1] == ' ')
		ret[--n] = '\0';
	memmove(ret, ret + strspn(ret, " "), n + 1 - strspn(ret, " "));
	return true;
}

static void
prompt(const struct question *q, const char *fallback)
{
	out(BOLD, "%s", q->ask);
	if (*fallback != '\0')
		out(PLAIN, " [%s]", fallback);
	out(PLAIN, ": ");
	(void)fflush(stdout);
}

static enum ec
missing(const struct question *q, struct err *e)
{
	(void)fail(e, EC_USAGE, "%s: no answer", q->ask);
	return fix(e, "%s: %s", q->option, q->what);
}

/* to holds the default. */
static enum ec
ask(const struct question *q, char to[INIT_TEXT], bool yes, struct err *e)
{
	char answer[INIT_TEXT];

	for (int i = 0; i < TRIES; i++) {
		bool got = false;

		if (!yes) {
			prompt(q, to);
			got = read_line(answer);
			out(PLAIN, "%s", got ? "" : "\n");
		}
		if (!got || *answer == '\0')
			(void)snprintf(answer, sizeof(answer), "%s", to);
		if (*answer == '\0' ? q->empty : q->ok(answer)) {
			(void)memcpy(to, answer, INIT_TEXT);
			return EC_OK;
		}
		if (!got)
			break;
		out(YELLOW, "Please write %s.\n", q->what);
	}
	return missing(q, e);
}

static void
join(const char *const *words, char ret[INIT_TEXT])
{
	size_t n = strlen(ret);

	for (; *words != NULL && n < INIT_TEXT; words++)
		n += (size_t)snprintf(
		    ret + n, INIT_TEXT - n, "%s%s", n > 0 ? " " : "", *words);
}

static void
put(char to[INIT_TEXT], const char *option, const char *fallback)
{
	(void)snprintf(to, INIT_TEXT, "%s", option != NULL ? option : fallback);
}

/* The IAM user's default is made from the name: only then it is known. */
static enum ec
answer(struct app *a, size_t i, struct init_answers *ret, struct err *e)
{
	const struct question *q = &questions[i];
	char *to = (char *)ret + q->offset;

	if (to == ret->user && *to == '\0')
		(void)snprintf(ret->user, sizeof(ret->user), "ses-smtp-%.50s",
		    ret->identity);
	return ask(q, to, a->args->yes, e);
}

enum ec
init_ask(struct app *a, const struct init_aws *aws, struct init_answers *ret,
    struct err *e)
{
	const struct args *args = a->args;

	memset(ret, 0, sizeof(*ret));
	put(ret->account, args->account, aws->account);
	put(ret->identity, args->identities[0], "mail");
	put(ret->user, args->iam_user, "");
	join(args->regions, ret->regions);
	if (ret->regions[0] == '\0')
		put(ret->regions, NULL, aws->region);
	join(args->words, ret->paths);
	for (size_t i = 0; i < COUNT(questions); i++)
		TRY(answer(a, i, ret, e));
	return EC_OK;
}

bool
init_ask_yes(struct app *a, const char *question)
{
	char got[INIT_TEXT];

	if (a->args->yes)
		return true;
	out(BOLD, "%s", question);
	out(PLAIN, " [Y/n]: ");
	(void)fflush(stdout);
	if (!read_line(got)) {
		out(PLAIN, "\n");
		return false;
	}
	return got[0] == '\0' || got[0] == 'y' || got[0] == 'Y';
}
