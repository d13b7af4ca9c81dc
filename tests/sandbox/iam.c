/* iam: the actions. Each finds its subject, or refuses as AWS does. */
#include "iam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "util.h"

static void
refuse(struct iam_call *c, int status, const char *code, char *message)
{
	c->status = status;
	c->code = code;
	c->message = message;
}

static struct xml *
result(struct iam_call *c)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%sResult", c->action->name);
	c->result = xml_new(name);
	return c->result;
}

static void
put_date(struct xml *x, const char *name, time_t at)
{
	char text[32];

	date_text(at, DATE_ISO, text, sizeof(text));
	xml_text(x, name, text);
}

static const char *
shown_name(const struct iam_call *c, const struct user *u)
{
	return c->wrong_user != NULL ? c->wrong_user : u->name;
}

static const char *
shown_account(struct sandbox *s, const struct iam_call *c)
{
	const char *wrong = knob_text_locked(s, "wrong_account");

	if (c->wrong_account != NULL)
		return c->wrong_account;
	return wrong[0] != '\0' ? wrong : s->account;
}

static const char *
shown_id(struct sandbox *s, const struct iam_call *c, const struct user *u)
{
	const char *other = knob_text_locked(s, "user_id_override");

	if (c->wrong_id != NULL)
		return c->wrong_id;
	return other[0] != '\0' && strcmp(u->name, OPERATOR) != 0 ? other
								  : u->id;
}

static void
put_arn(struct sandbox *s, const struct iam_call *c, struct xml *x,
    const struct user *u)
{
	AUTO(free)
	char *arn = fmt(
	    "arn:aws:iam::%s:user%s%s", shown_account(s, c), u->path, u->name);

	xml_text(x, "Arn", arn);
}

static const char name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"
				 "rstuvwxyz0123456789_+=,.@-";

static bool
valid_name(const char *name)
{
	size_t n = strspn(name, name_bytes);

	return n > 0 && n < NAME_SIZE && name[n] == '\0';
}

struct user *
iam_subject(struct sandbox *s, struct iam_call *c)
{
	const char *name = form_get(c->form, "UserName");
	struct user *u;

	if (name == NULL)
		name = c->caller;
	if (!valid_name(name)) {
		refuse(c, 400, "ValidationError",
		    fmt("The specified value for userName is invalid. It must "
			"contain only alphanumeric characters and/or the "
			"following: +=,.@_-"));
		return NULL;
	}
	u = user_find_locked(s, name);
	if (u == NULL)
		refuse(c, 404, "NoSuchEntity",
		    fmt("The user with name %s cannot be found.", name));
	return u;
}

static struct key *
subject_key(struct sandbox *s, struct iam_call *c, const struct user *u)
{
	const char *id = form_get(c->form, "AccessKeyId");
	struct key *k = id != NULL ? key_find_locked(s, id) : NULL;

	if (id == NULL) {
		refuse(c, 400, "ValidationError",
		    fmt("1 validation error detected: Value null at "
			"'accessKeyId' failed to satisfy constraint: Member "
			"must not be null"));
		return NULL;
	}
	if (k != NULL && key_status_now(k) != KEY_GONE &&
	    (u == NULL || k->user == u))
		return k;
	refuse(c, 404, "NoSuchEntity",
	    fmt("The Access Key with id %s cannot be found.", id));
	return NULL;
}

static void
get_caller_identity(struct sandbox *s, struct iam_call *c)
{
	const struct user *u = user_find_locked(s, c->caller);
	struct xml *r = result(c);

	if (u == NULL) {
		refuse(c, 403, "InvalidClientTokenId",
		    fmt("The security token included in the request is "
			"invalid."));
		return;
	}
	put_arn(s, c, r, u);
	xml_text(r, "UserId", u->id);
	xml_text(r, "Account", shown_account(s, c));
}

static void
put_user(struct sandbox *s, struct iam_call *c, const struct user *u)
{
	struct xml *x = xml_elem(result(c), "User");

	xml_text(x, "Path", u->path);
	xml_text(x, "UserName", shown_name(c, u));
	xml_text(x, "UserId", shown_id(s, c, u));
	put_arn(s, c, x, u);
	put_date(x, "CreateDate", u->created);
}

static void
get_user(struct sandbox *s, struct iam_call *c)
{
	const struct user *u = iam_subject(s, c);

	if (u != NULL)
		put_user(s, c, u);
}

static void
create_user(struct sandbox *s, struct iam_call *c)
{
	const char *name = form_get(c->form, "UserName");
	const char *path = form_get(c->form, "Path");

	if (name == NULL || !valid_name(name)) {
		refuse(c, 400, "ValidationError",
		    fmt("The specified value for userName is invalid."));
		return;
	}
	if (user_find_locked(s, name) != NULL) {
		refuse(c, 409, "EntityAlreadyExists",
		    fmt("User with name %s already exists.", name));
		return;
	}
	c->effect = true;
	put_user(s, c, user_add_locked(s, name, path != NULL ? path : "/"));
}

static void
delete_user(struct sandbox *s, struct iam_call *c)
{
	struct user *u = iam_subject(s, c);

	if (u == NULL)
		return;
	if (user_key_count(u) > 0) {
		refuse(c, 409, "DeleteConflict",
		    fmt("Cannot delete entity, must delete access keys "
			"first."));
		return;
	}
	c->effect = true;
	u->gone = true;
}

static void
create_access_key(struct sandbox *s, struct iam_call *c)
{
	struct user *u = iam_subject(s, c);
	const struct key *k;
	char secret[SECRET_SIZE];
	struct xml *x;

	if (u == NULL)
		return;
	if (user_key_count(u) >= KEYS_A_USER) {
		refuse(c, 409, "LimitExceeded",
		    fmt("Cannot exceed quota for AccessKeysPerUser: %d",
			KEYS_A_USER));
		return;
	}
	k = key_add_locked(s, u, NULL, NULL);
	c->effect = true;
	copy_text(secret, c->short_secret ? 11 : sizeof(secret), k->secret);
	x = xml_elem(result(c), "AccessKey");
	xml_text(x, "UserName", shown_name(c, u));
	xml_text(x, "AccessKeyId", k->id);
	xml_text(x, "Status", "Active");
	xml_text(x, "SecretAccessKey", secret);
	put_date(x, "CreateDate", k->created);
}

static void
update_access_key(struct sandbox *s, struct iam_call *c)
{
	const char *status = form_get(c->form, "Status");
	const struct user *u = iam_subject(s, c);
	struct key *k = u != NULL ? subject_key(s, c, u) : NULL;
	bool active = status != NULL && strcmp(status, "Active") == 0;

	if (k == NULL)
		return;
	if (!active && (status == NULL || strcmp(status, "Inactive") != 0)) {
		refuse(c, 400, "ValidationError",
		    fmt("1 validation error detected: Value '%s' at 'status' "
			"failed to satisfy constraint: Member must satisfy "
			"enum value set: [Active, Inactive]",
			status != NULL ? status : ""));
		return;
	}
	c->effect = true;
	key_set(k, active ? KEY_ACTIVE : KEY_INACTIVE);
}

static void
delete_access_key(struct sandbox *s, struct iam_call *c)
{
	const struct user *u = iam_subject(s, c);
	struct key *k = u != NULL ? subject_key(s, c, u) : NULL;

	if (k == NULL)
		return;
	c->effect = true;
	key_set(k, KEY_GONE);
}

static void
get_access_key_last_used(struct sandbox *s, struct iam_call *c)
{
	const struct key *k = subject_key(s, c, NULL);
	const struct key_use *use;
	struct xml *r, *x;

	if (k == NULL)
		return;
	use = key_last_use_locked(s, k);
	r = result(c);
	xml_text(r, "UserName", shown_name(c, k->user));
	x = xml_elem(r, "AccessKeyLastUsed");
	xml_text(x, "Region", use != NULL ? use->region : "N/A");
	xml_text(x, "ServiceName", use != NULL ? use->service : "N/A");
	if (use != NULL)
		put_date(x, "LastUsedDate", use->at);
}

static const struct iam_action actions[] = {
	{ "sts", "GetCallerIdentity", true, true, get_caller_identity },
	{ "iam", "GetUser", true, false, get_user },
	{ "iam", "ListAccessKeys", true, false, iam_list_access_keys },
	{ "iam", "CreateAccessKey", false, false, create_access_key },
	{ "iam", "UpdateAccessKey", true, false, update_access_key },
	{ "iam", "DeleteAccessKey", true, false, delete_access_key },
	{ "iam", "GetAccessKeyLastUsed", true, false,
	    get_access_key_last_used },
	{ "iam", "CreateUser", false, false, create_user },
	{ "iam", "DeleteUser", true, false, delete_user },
};

const struct iam_action *
iam_action(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

void
iam_zero_locked(struct sandbox *s)
{
	size_t i;

	for (i = 0; i < COUNT(actions); i++) {
		count_locked(s, 0, "iam", actions[i].name, "calls");
		count_locked(s, 0, "iam", actions[i].name, "effects");
	}
}
