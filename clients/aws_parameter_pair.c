/* aws_parameter_pair: see aws_parameter_pair.h. */
#include "clients/aws_parameter_pair.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/aws_parameter.h"

/* In the order of writing. A document is alone. */
enum { PASSWORD, USERNAME, BOTH };

/* Everything that is known before a write, and the values to come. */
struct work {
	struct aws_object o;
	struct aws_parameter now[BOTH];
	cJSON *described[BOTH];
	struct buf next[BOTH];
	int n;
};

static void
auto_work(struct work *w)
{
	for (int i = 0; i < BOTH; i++) {
		auto_aws_parameter(&w->now[i]);
		cJSON_Delete(w->described[i]);
		buf_free(&w->next[i]);
	}
}

static enum ec
look(const struct aws_parameter_pair *p, const struct client *c, struct work *w,
    struct err *e)
{
	const bool one = p->parameter != NULL;
	const char *const names[BOTH] = { one ? p->parameter : p->password,
		one ? NULL : p->username };

	w->n = one ? 1 : BOTH;
	aws_role_at(c, &aws_ssm, &p->aws, names[0], &w->o);
	return aws_parameter_get(&w->o, names, w->now, e);
}

/* A name with ':' selects an old version or a label. */
static enum ec
check_name(const struct aws_parameter_pair *p, const struct client *c,
    const char *key, const char *name, struct err *e)
{
	TRY(aws_role_check(c, &aws_ssm, &p->aws, key, name, e));
	if (strncmp(name, "arn:", 4) != 0 && strchr(name, ':') != NULL)
		return fail(e, EC_CONFIG,
		    "%s: leave the version or label behind ':' out", key);
	return EC_OK;
}

enum ec
aws_parameter_pair_check(
    const struct aws_parameter_pair *p, const struct client *c, struct err *e)
{
	const bool two = p->username != NULL && p->password != NULL;
	const bool any = p->username != NULL || p->password != NULL;

	if (p->parameter != NULL ? any : !two) {
		(void)fail(e, EC_CONFIG,
		    "either parameter, or username_parameter and "
		    "password_parameter are needed");
		return fix(e, "with parameter, its value is JSON with both");
	}
	if (p->parameter != NULL) {
		TRY(check_name(p, c, "parameter", p->parameter, e));
		return json_document_check(&p->document, e);
	}
	if (strcmp(p->username, p->password) == 0)
		return fail(e, EC_CONFIG,
		    "username_parameter and password_parameter are the same");
	TRY(check_name(p, c, "username_parameter", p->username, e));
	return check_name(p, c, "password_parameter", p->password, e);
}

enum ec
aws_parameter_pair_place(const struct aws_parameter_pair *p,
    const struct client *c, struct buf *ret, struct err *e)
{
	struct aws_object o;

	aws_role_at(c, &aws_ssm, &p->aws,
	    p->parameter != NULL ? p->parameter : p->password, &o);
	return aws_role_place(&o, ret, e);
}

/* Only the user name may be readable without a key. Parameter Store does not
 * let String become SecureString. */
static enum ec
check_types(const struct work *w, struct err *e)
{
	for (int i = 0; i < w->n; i++) {
		const struct aws_parameter *p = &w->now[i];

		if (strcmp(p->type, "SecureString") == 0 ||
		    (i == USERNAME && strcmp(p->type, "String") == 0))
			continue;
		(void)fail(e, EC_CONFIG,
		    "%s is a %s, and a password belongs in a SecureString",
		    p->name, p->type);
		(void)fix(e,
		    "make a SecureString of another name, let the program "
		    "read it, and delete %s",
		    p->name);
		return aws_object_prefix(&w->o, e);
	}
	return EC_OK;
}

static enum ec
compose(const struct aws_parameter_pair *p, const struct smtp_cred *cred,
    struct work *w, struct err *e)
{
	w->next[0] = BUF(AWS_PARAMETER_MAX);
	w->next[1] = BUF(AWS_PARAMETER_MAX);
	if (p->parameter == NULL) {
		TRY(buf_adds(&w->next[USERNAME], cred->user, e));
		return buf_adds(
		    &w->next[PASSWORD], secret_reveal(cred->pass), e);
	}
	if (json_document_put(
		&p->document, &w->now[0].value, cred, &w->next[0], e) != EC_OK)
		return aws_object_prefix(&w->o, e);
	return EC_OK;
}

static enum ec
prepare(const struct aws_parameter_pair *p, const struct client *c,
    const struct smtp_cred *cred, struct work *w, struct err *e)
{
	TRY(look(p, c, w, e));
	TRY(check_types(w, e));
	TRY(compose(p, cred, w, e));
	for (int i = 0; i < w->n; i++)
		TRY(aws_parameter_describe(
		    &w->o, &w->now[i], w->next[i].len, &w->described[i], e));
	return EC_OK;
}

/* A policy may let a parameter expire, and a put begins its time anew. */
static bool
has_policy(const struct work *w)
{
	bool has = false;

	for (int i = 0; i < w->n; i++)
		has |= cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(
			   w->described[i], "Policies")) > 0;
	return has;
}

static void
tell(const struct aws_parameter_pair *p, const struct work *w,
    struct client_plan *ret)
{
	const struct aws_place_text where = aws_role_text(&w->o);

	if (p->parameter != NULL)
		(void)snprintf(ret->change, sizeof(ret->change),
		    "set %s and %s in a new version of parameter %s (%s)",
		    p->document.username, p->document.password, p->parameter,
		    where.s);
	else
		(void)snprintf(ret->change, sizeof(ret->change),
		    "set parameter %s, then parameter %s (%s)", p->password,
		    p->username, where.s);
	if (has_policy(w))
		(void)snprintf(ret->warning, sizeof(ret->warning),
		    "there is a parameter policy: check that it lets the new "
		    "version live until the next rotation");
	else if (p->parameter == NULL)
		(void)snprintf(ret->warning, sizeof(ret->warning),
		    "who reads between the two writes gets halves of two "
		    "pairs; one JSON parameter (option parameter) has no "
		    "such moment");
}

/* Tries the change with a pair of the right form, and throws it away. */
enum ec
aws_parameter_pair_plan(const struct aws_parameter_pair *p,
    const struct client *c, struct client_plan *ret, struct err *e)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .pass = NULL };
	AUTO(work) struct work w = { .n = 0 };

	TRY(smtp_cred_any(&cred, e));
	TRY(prepare(p, c, &cred, &w, e));
	tell(p, &w, ret);
	return EC_OK;
}

static enum ec
from_two(const struct work *w, struct smtp_cred *ret, struct err *e)
{
	const struct buf *user = &w->now[USERNAME].value;
	const struct buf *pass = &w->now[PASSWORD].value;

	return smtp_cred_from(
	    buf_str(user), user->len, buf_str(pass), pass->len, ret, e);
}

enum ec
aws_parameter_pair_read(const struct aws_parameter_pair *p,
    const struct client *c, struct smtp_cred *ret, struct err *e)
{
	AUTO(work) struct work w = { .n = 0 };
	enum ec ec;

	TRY(look(p, c, &w, e));
	ec = p->parameter != NULL
	    ? json_document_get(&p->document, &w.now[0].value, ret, e)
	    : from_two(&w, ret, e);
	return ec == EC_OK ? EC_OK : aws_object_prefix(&w.o, e);
}

static enum ec
put(const struct work *w, int i, struct err *e)
{
	return aws_parameter_put(
	    &w->o, &w->now[i], w->described[i], &w->next[i], e);
}

/* What *e says, and that the new password is in place. */
static enum ec
alone(struct err *e)
{
	(void)err_prefix(e, "the new password is without its user name");
	return e->ec = EC_UNKNOWN;
}

/* The user name could not follow. *e keeps its reason, unless the old password
 * cannot be put back: then nobody knows what a consumer reads. */
static enum ec
put_back(struct work *w, struct err *e)
{
	struct aws_parameter *p = &w->now[PASSWORD];
	const struct buf old = p->value;
	struct err why = { .ec = EC_OK };

	if (old.len == w->next[PASSWORD].len &&
	    memcmp(buf_str(&old), buf_str(&w->next[PASSWORD]), old.len) == 0)
		return e->ec; /* it was not touched */
	p->value = w->next[PASSWORD];
	w->next[PASSWORD] = old;
	p->version++;
	return put(w, PASSWORD, &why) == EC_OK ? e->ec : alone(e);
}

enum ec
aws_parameter_pair_write(const struct aws_parameter_pair *p,
    const struct client *c, const struct smtp_cred *cred, struct err *e)
{
	AUTO(work) struct work w = { .n = 0 };
	struct err second = { .ec = EC_OK };
	enum ec ec;

	TRY(prepare(p, c, cred, &w, e));
	ec = put(&w, PASSWORD, e);
	/* Behind a conflict the password is in place: make the pair whole. What
	 * stood before it then is not what was read, so it cannot be put back:
	 * somebody's work would go a second time. */
	if (w.n < BOTH || (ec != EC_OK && ec != EC_CONFLICT))
		return ec;
	if (put(&w, USERNAME, &second) == EC_OK)
		return ec;
	*e = second;
	if (second.ec == EC_UNKNOWN || second.ec == EC_CONFLICT)
		return e->ec;
	return ec == EC_OK ? put_back(&w, e) : alone(e);
}
