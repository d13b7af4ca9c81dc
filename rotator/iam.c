/*
 * iam: the calls of iam.h over a signed session. A row per action says what
 * is sent and whether it may be sent twice; iam_reply.c reads the answers.
 *
 * Source: IAM API Reference and STS API Reference (query protocol),
 * https://docs.aws.amazon.com/IAM/latest/APIReference/
 */
#include "rotator/iam.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/iam_reply.h"
#include "sigv4/aws.h"
#include "sigv4/canonical.h"
#include "sigv4/endpoint.h"

#define BODY_MAX  ((size_t)8 * 1024)
#define PAGES_MAX 20
#define FORM      "application/x-www-form-urlencoded; charset=utf-8"

#define IAM_VERSION "2010-05-08"
#define STS_VERSION "2011-06-15"

enum param { USER, KEY, STATUS, MARKER, PARAMS };

static const char *const param_names[PARAMS] = {
	[USER] = "UserName",
	[KEY] = "AccessKeyId",
	[STATUS] = "Status",
	[MARKER] = "Marker",
};

struct action {
	const char *name, *service, *version;
	enum aws_resend resend;
	enum param about; /* the one to name in errors; PARAMS: none */
};

/* CreateAccessKey has no idempotency token: a second one is a second key.
 * All others lead to the same end when done twice. */
static const struct action get_caller = { "GetCallerIdentity", "sts",
	STS_VERSION, AWS_RESEND, PARAMS };
static const struct action get_user = { "GetUser", "iam", IAM_VERSION,
	AWS_RESEND, USER };
static const struct action list_keys = { "ListAccessKeys", "iam", IAM_VERSION,
	AWS_RESEND, USER };
static const struct action create_key = { "CreateAccessKey", "iam", IAM_VERSION,
	AWS_RESEND_UNSENT, USER };
static const struct action update_key = { "UpdateAccessKey", "iam", IAM_VERSION,
	AWS_RESEND, KEY };
static const struct action delete_key = { "DeleteAccessKey", "iam", IAM_VERSION,
	AWS_RESEND, KEY };
static const struct action last_used_key = { "GetAccessKeyLastUsed", "iam",
	IAM_VERSION, AWS_RESEND, KEY };

/* Values by enum param; NULL is left out. */
struct params {
	const char *v[PARAMS];
};

static enum ec
form_body(const struct action *a, const struct params *p, struct buf *b,
    struct err *e)
{
	TRY(buf_addf(b, e, "Action=%s&Version=%s", a->name, a->version));
	for (size_t i = 0; i < PARAMS; i++) {
		if (p->v[i] == NULL)
			continue;
		TRY(buf_addf(b, e, "&%s=", param_names[i]));
		TRY(canonical_escape(b, p->v[i], strlen(p->v[i]), false, e));
	}
	return EC_OK;
}

/* EC_OK: *ret holds the reply of the service, still to be read. */
static enum ec
call(struct aws *aws, const struct action *a, const struct params *p,
    int64_t at, struct http_reply *ret, struct err *e)
{
	AUTO(buf) struct buf body = BUF(BODY_MAX);
	struct aws_error why;
	struct aws_call c = {
		.service = a->service,
		.action = a->name,
		.content_type = FORM,
		.body = &body,
		.resend = a->resend,
		.at = at,
	};
	enum ec ec;

	TRY(form_body(a, p, &body, e));
	ec = aws_do(aws, &c, ret, &why, e);
	/* Nobody has answered: it is our own credential that is refused, and no
	 * permission for this action that is missing (A13). */
	if (ec == EC_DENIED && why.status == 0)
		ec = e->ec = EC_AUTH;
	if (ec != EC_OK && a->about != PARAMS)
		(void)err_prefix(
		    e, "%s %s", param_names[a->about], p->v[a->about]);
	return ec;
}

/* A reply that cannot be read is named by its peer and its action. */
static enum ec
named(struct aws *aws, enum ec ec, const struct action *a, struct err *e)
{
	char peer[ENDPOINT_MAX];
	struct err ignored;

	if (ec == EC_OK)
		return ec;
	if (aws_endpoint(aws, a->service, peer, &ignored) != EC_OK)
		peer[0] = '\0';
	(void)err_prefix(e, "%s: reply to %s", peer, a->name);
	return fix(
	    e, "check that the endpoint is AWS, and no proxy answers for it");
}

static enum ec
do_caller(void *ctx, struct iam_caller *ret, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct params none = { { NULL } };

	TRY(call(ctx, &get_caller, &none, 0, &r, e));
	return named(ctx, iam_read_caller(&r.body, ret, e), &get_caller, e);
}

static enum ec
do_user(void *ctx, const char *user, struct iam_user *ret, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct params p = { { [USER] = user } };

	TRY(call(ctx, &get_user, &p, 0, &r, e));
	return named(ctx, iam_read_user(&r.body, user, ret, e), &get_user, e);
}

/* The next page into *keys; marker is in and out, "" when it was the last. */
static enum ec
next_page(struct aws *aws, const char *user, struct iam_keys *keys,
    char marker[IAM_MARKER_MAX], struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct params p = {
		{ [USER] = user, [MARKER] = marker[0] != '\0' ? marker : NULL }
	};
	char next[IAM_MARKER_MAX];

	TRY(call(aws, &list_keys, &p, 0, &r, e));
	TRY(named(
	    aws, iam_read_list(&r.body, user, keys, next, e), &list_keys, e));
	if (next[0] != '\0' && strcmp(next, marker) == 0)
		return fail(e, EC_PROTO,
		    "ListAccessKeys: the same page is announced again");
	(void)snprintf(marker, IAM_MARKER_MAX, "%s", next);
	return EC_OK;
}

static enum ec
do_list(void *ctx, const char *user, struct iam_keys *ret, struct err *e)
{
	struct iam_keys keys = { .n = 0 };
	char marker[IAM_MARKER_MAX] = "";

	for (int page = 0; page < PAGES_MAX; page++) {
		TRY(next_page(ctx, user, &keys, marker, e));
		if (marker[0] == '\0') {
			*ret = keys;
			return EC_OK;
		}
	}
	return fail(
	    e, EC_PROTO, "ListAccessKeys: more than %d pages", PAGES_MAX);
}

static enum ec
do_create(void *ctx, const char *user, int64_t at, struct iam_new_key *ret,
    struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct params p = { { [USER] = user } };

	TRY(call(ctx, &create_key, &p, at, &r, e));
	if (iam_read_new_key(&r.body, user, ret, e) == EC_OK)
		return EC_OK;
	/* AWS said yes, so there is a key; half a secret is none. */
	e->ec = EC_UNKNOWN;
	(void)named(ctx, EC_UNKNOWN, &create_key, e);
	return fix(e,
	    "treat as a lost reply: a key that is new in the list "
	    "of keys and that nobody knows is to be deleted");
}

static enum ec
do_set_status(void *ctx, const char *user, const char *id, bool active,
    int64_t at, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct params p = { { [USER] = user,
	    [KEY] = id,
	    [STATUS] = active ? "Active" : "Inactive" } };

	TRY(call(ctx, &update_key, &p, at, &r, e));
	return named(
	    ctx, iam_read_done(&r.body, update_key.name, e), &update_key, e);
}

static enum ec
do_remove(
    void *ctx, const char *user, const char *id, int64_t at, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct params p = { { [USER] = user, [KEY] = id } };

	TRY(call(ctx, &delete_key, &p, at, &r, e));
	return named(
	    ctx, iam_read_done(&r.body, delete_key.name, e), &delete_key, e);
}

static enum ec
do_last_used(void *ctx, const char *id, struct iam_use *ret, struct err *e)
{
	AUTO(http_reply) struct http_reply r = { .status = 0 };
	const struct params p = { { [KEY] = id } };

	TRY(call(ctx, &last_used_key, &p, 0, &r, e));
	return named(ctx, iam_read_use(&r.body, ret, e), &last_used_key, e);
}

static int64_t
do_skew(void *ctx)
{
	return aws_skew(ctx);
}

void
iam_aws(struct aws *a, struct iam *ret)
{
	*ret = (struct iam){
		.ctx = a,
		.caller = do_caller,
		.user = do_user,
		.list = do_list,
		.create = do_create,
		.set_status = do_set_status,
		.remove = do_remove,
		.last_used = do_last_used,
		.skew = do_skew,
	};
}

const struct iam_key *
iam_keys_find(const struct iam_keys *k, const char *id)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->key[i].id, id) == 0)
			return &k->key[i];
	return NULL;
}

void
auto_iam_new_key(struct iam_new_key *k)
{
	secret_free(k->secret);
	k->secret = NULL;
}
