/*
 * iam_reply: see iam_reply.h. Each reply is a table of paths and the places
 * their texts go to; then the texts are checked.
 */
#include "rotator/iam_reply.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/xml.h"

#define SECRET_KEY_LEN 40 /* of an IAM secret access key */
#define UPPER          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS         "0123456789"
#define ALNUM          UPPER "abcdefghijklmnopqrstuvwxyz" DIGITS
#define WORD           40 /* times, statuses, booleans, service names */

/* Every text that some reply may bring. "" means: was not there. */
struct texts {
	char user[65], user_id[USER_ID_MAX], arn[ARN_MAX];
	char account[ACCOUNT_MAX], id[KEY_ID_MAX], status[WORD], created[WORD];
	char used[WORD], service[32], region[REGION_MAX];
	char truncated[WORD], marker[IAM_MARKER_MAX];
	struct secret *secret;
};

struct field {
	const char *path;
	size_t offset, size;
};

#define FIELD(path, member)                                                    \
	{                                                                      \
		path, offsetof(struct texts, member),                          \
		    sizeof(((struct texts *)NULL)->member)                     \
	}
#define END                                                                    \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

struct reply {
	const struct field *fields;
	const char *secret; /* path of the secret, or NULL */
	const char *each;   /* path at whose end each() is called, or NULL */
	enum ec (*each_fn)(struct reply *r, struct err *e);
	struct texts t;
	struct iam_keys *keys;
	const char *user;
};

static void
auto_reply(struct reply *r)
{
	secret_free(r->t.secret);
}

static enum ec
put(const struct field *f, struct texts *t, const char *text, size_t len,
    struct err *e)
{
	char *to = (char *)t + f->offset;

	if (*to != '\0')
		return fail(e, EC_PROTO, "%s comes twice", f->path);
	if (len >= f->size || strlen(text) != len)
		return fail(e, EC_PROTO, "%s is too long", f->path);
	memcpy(to, text, len + 1);
	return EC_OK;
}

static enum ec
put_secret(struct texts *t, const char *text, size_t len, struct err *e)
{
	if (t->secret != NULL)
		return fail(e, EC_PROTO, "SecretAccessKey comes twice");
	if (len != SECRET_KEY_LEN || strspn(text, ALNUM "+/") != len)
		return fail(e, EC_PROTO,
		    "SecretAccessKey is not %d "
		    "characters of base64",
		    SECRET_KEY_LEN);
	return secret_new(text, len, &t->secret, e);
}

static enum ec
on_text(
    void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	struct reply *r = ctx;

	if (r->secret != NULL && strcmp(path, r->secret) == 0)
		return put_secret(&r->t, text, len, e);
	if (r->each != NULL && strcmp(path, r->each) == 0)
		return r->each_fn(r, e);
	for (const struct field *f = r->fields; f->path != NULL; f++)
		if (strcmp(path, f->path) == 0)
			return put(f, &r->t, text, len, e);
	return EC_OK;
}

/* The user in the reply is the one asked for. */
static enum ec
check_user(const struct texts *t, const char *user, struct err *e)
{
	if (strcasecmp(t->user, user) == 0)
		return EC_OK;
	return fail(e, EC_PROTO, "it is not about user %s", user);
}

static const struct {
	const char *text;
	enum key_status status;
} statuses[] = {
	{ "Active", KEY_ACTIVE },
	{ "Inactive", KEY_INACTIVE },
};

static enum ec
to_key(const struct texts *t, struct iam_key *ret, struct err *e)
{
	struct iam_key k = { .status = KEY_OTHER };

	if (!key_id_valid(t->id))
		return fail(e, EC_PROTO, "AccessKeyId is none");
	if (t->status[0] == '\0')
		return fail(e, EC_PROTO, "Status is missing");
	(void)snprintf(k.id, sizeof(k.id), "%s", t->id);
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (strcmp(t->status, statuses[i].text) == 0)
			k.status = statuses[i].status;
	k.created = clock_parse_iso(t->created);
	if (k.created < 0)
		return fail(e, EC_PROTO, "CreateDate is no time");
	*ret = k;
	return EC_OK;
}

static bool
is_account(const char *s)
{
	return strlen(s) == ACCOUNT_MAX - 1 &&
	    strspn(s, DIGITS) == ACCOUNT_MAX - 1;
}

#define CALLER "GetCallerIdentityResponse/GetCallerIdentityResult/"

static const struct field caller_fields[] = {
	FIELD(CALLER "Account", account),
	FIELD(CALLER "Arn", arn),
	END,
};

enum ec
iam_read_caller(const struct buf *xml, struct iam_caller *ret, struct err *e)
{
	struct reply r = { .fields = caller_fields };

	TRY(xml_walk(xml, on_text, &r, e));
	if (!is_account(r.t.account) || strncmp(r.t.arn, "arn:", 4) != 0)
		return fail(e, EC_PROTO, "Account or Arn is none");
	(void)snprintf(ret->account, sizeof(ret->account), "%s", r.t.account);
	(void)snprintf(ret->arn, sizeof(ret->arn), "%s", r.t.arn);
	return EC_OK;
}

#define GET_USER "GetUserResponse/GetUserResult/User/"

static const struct field user_fields[] = {
	FIELD(GET_USER "UserName", user),
	FIELD(GET_USER "UserId", user_id),
	FIELD(GET_USER "Arn", arn),
	END,
};

/* "arn:aws:iam::123456789012:user/path/name" ends with the name and holds
 * the account in its fifth part. */
static enum ec
account_of(
    const char *arn, const char *user, char ret[ACCOUNT_MAX], struct err *e)
{
	const char *s = strstr(arn, ":iam::");
	const char *last = strrchr(arn, '/');
	char account[ACCOUNT_MAX];

	if (strncmp(arn, "arn:", 4) != 0 || s == NULL || last == NULL ||
	    strcmp(last + 1, user) != 0)
		return fail(e, EC_PROTO, "Arn is not of this user");
	(void)snprintf(account, sizeof(account), "%s", s + 6);
	if (!is_account(account) ||
	    strncmp(s + 6 + ACCOUNT_MAX - 1, ":user/", 6) != 0)
		return fail(e, EC_PROTO, "Arn is not of a user");
	memcpy(ret, account, sizeof(account));
	return EC_OK;
}

enum ec
iam_read_user(const struct buf *xml, const char *user, struct iam_user *ret,
    struct err *e)
{
	struct reply r = { .fields = user_fields };
	struct iam_user u = { .name = "" };
	const char *id = r.t.user_id;

	TRY(xml_walk(xml, on_text, &r, e));
	TRY(check_user(&r.t, user, e));
	if (strlen(id) < 16 || strspn(id, UPPER DIGITS) != strlen(id))
		return fail(e, EC_PROTO, "UserId is none");
	TRY(account_of(r.t.arn, r.t.user, u.account, e));
	(void)snprintf(u.name, sizeof(u.name), "%s", r.t.user);
	(void)snprintf(u.user_id, sizeof(u.user_id), "%s", id);
	*ret = u;
	return EC_OK;
}

#define LIST   "ListAccessKeysResponse/ListAccessKeysResult/"
#define MEMBER LIST "AccessKeyMetadata/member"

static const struct field list_fields[] = {
	FIELD(LIST "IsTruncated", truncated),
	FIELD(LIST "Marker", marker),
	FIELD(MEMBER "/UserName", user),
	FIELD(MEMBER "/AccessKeyId", id),
	FIELD(MEMBER "/Status", status),
	FIELD(MEMBER "/CreateDate", created),
	END,
};

static enum ec
on_member(struct reply *r, struct err *e)
{
	struct iam_key k;

	TRY(check_user(&r->t, r->user, e));
	TRY(to_key(&r->t, &k, e));
	if (iam_keys_find(r->keys, k.id) != NULL)
		return fail(e, EC_PROTO, "key %s comes twice", k.id);
	if (r->keys->n == IAM_KEYS_MAX)
		return fail(e, EC_PROTO, "more than %d keys", IAM_KEYS_MAX);
	r->keys->key[r->keys->n++] = k;
	r->t.user[0] = r->t.id[0] = '\0';
	r->t.status[0] = r->t.created[0] = '\0';
	return EC_OK;
}

enum ec
iam_read_list(const struct buf *xml, const char *user, struct iam_keys *keys,
    char marker[IAM_MARKER_MAX], struct err *e)
{
	struct iam_keys more = *keys;
	struct reply r = {
		.fields = list_fields,
		.each = MEMBER,
		.each_fn = on_member,
		.keys = &more,
		.user = user,
	};
	bool last;

	TRY(xml_walk(xml, on_text, &r, e));
	last = strcmp(r.t.truncated, "false") == 0;
	if (!last && strcmp(r.t.truncated, "true") != 0)
		return fail(e, EC_PROTO,
		    "IsTruncated is neither true nor "
		    "false");
	if (!last && r.t.marker[0] == '\0')
		return fail(e, EC_PROTO, "Marker is missing");
	memcpy(marker, last ? "" : r.t.marker, last ? 1 : IAM_MARKER_MAX);
	*keys = more;
	return EC_OK;
}

#define NEW_KEY "CreateAccessKeyResponse/CreateAccessKeyResult/AccessKey/"

static const struct field new_key_fields[] = {
	FIELD(NEW_KEY "UserName", user),
	FIELD(NEW_KEY "AccessKeyId", id),
	FIELD(NEW_KEY "Status", status),
	FIELD(NEW_KEY "CreateDate", created),
	END,
};

enum ec
iam_read_new_key(const struct buf *xml, const char *user,
    struct iam_new_key *ret, struct err *e)
{
	AUTO(reply)
	struct reply r = {
		.fields = new_key_fields,
		.secret = NEW_KEY "SecretAccessKey",
	};
	struct iam_key key;

	TRY(xml_walk(xml, on_text, &r, e));
	TRY(check_user(&r.t, user, e));
	TRY(to_key(&r.t, &key, e));
	if (r.t.secret == NULL)
		return fail(e, EC_PROTO, "SecretAccessKey is missing");
	ret->key = key;
	ret->secret = TAKE(r.t.secret);
	return EC_OK;
}

#define USE "GetAccessKeyLastUsedResponse/GetAccessKeyLastUsedResult/"

static const struct field use_fields[] = {
	FIELD(USE "AccessKeyLastUsed/LastUsedDate", used),
	FIELD(USE "AccessKeyLastUsed/ServiceName", service),
	FIELD(USE "AccessKeyLastUsed/Region", region),
	END,
};

enum ec
iam_read_use(const struct buf *xml, struct iam_use *ret, struct err *e)
{
	struct reply r = { .fields = use_fields };
	struct iam_use u = { .at = 0 };

	TRY(xml_walk(xml, on_text, &r, e));
	/* Only the pair of both says "never"; a date that is missing alone
	 * may be an answer cut short, and "never" lets a key be deleted. */
	u.never = r.t.used[0] == '\0' && strcmp(r.t.service, "N/A") == 0;
	if (!u.never)
		u.at = clock_parse_iso(r.t.used);
	if (u.at < 0 || r.t.service[0] == '\0')
		return fail(e, EC_PROTO, "LastUsedDate or ServiceName is none");
	(void)snprintf(u.service, sizeof(u.service), "%s", r.t.service);
	(void)snprintf(u.region, sizeof(u.region), "%s", r.t.region);
	*ret = u;
	return EC_OK;
}

struct done {
	char want[WORD]; /* name of the root element */
	bool seen;
};

static enum ec
on_done(
    void *ctx, const char *path, const char *text, size_t len, struct err *e)
{
	struct done *d = ctx;

	(void)text;
	(void)len;
	(void)e;
	d->seen |= strcmp(path, d->want) == 0;
	return EC_OK;
}

enum ec
iam_read_done(const struct buf *xml, const char *action, struct err *e)
{
	struct done d = { .seen = false };

	(void)snprintf(d.want, sizeof(d.want), "%sResponse", action);
	TRY(xml_walk(xml, on_done, &d, e));
	return d.seen ? EC_OK : fail(e, EC_PROTO, "it is not %s", d.want);
}
