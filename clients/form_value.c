/*
 * form_value: what the value of a key says about a pair: one half of it,
 * user:password in one, or a URL with both in it. A table, so that a further
 * way is a row.
 */
#include <string.h>

#include "base/auto.h"
#include "clients/dsn.h"
#include "clients/form_p.h"
#include "clients/hand_over.h"

struct value {
	const struct form *f;
	const char *where;
};

static enum ec
copy(const struct buf *from, struct buf *to, struct err *e)
{
	buf_free(to);
	return buf_add(to, buf_str(from), from->len, e);
}

static enum ec
get_username(const struct value *v, const struct buf *value, struct buf *user,
    struct buf *pass, struct err *e)
{
	(void)v;
	(void)pass;
	return copy(value, user, e);
}

static enum ec
get_password(const struct value *v, const struct buf *value, struct buf *user,
    struct buf *pass, struct err *e)
{
	(void)v;
	(void)user;
	return copy(value, pass, e);
}

/* The first one ends the user name. A value without one is a user name with
 * an empty password, as smtp(8) of Postfix takes it
 * (smtp/smtp_sasl_glue.c). */
static enum ec
get_joint(const struct value *v, const struct buf *value, struct buf *user,
    struct buf *pass, struct err *e)
{
	const char *joint = form_syntax(v->f)->joint;
	const char *p = buf_str(value);
	const char *at = strstr(p, joint);
	const size_t n = at != NULL ? (size_t)(at - p) : value->len;
	const size_t rest = at != NULL ? n + strlen(joint) : n;

	buf_free(user);
	buf_free(pass);
	TRY(buf_add(user, p, n, e));
	return buf_add(pass, p + rest, value->len - rest, e);
}

static enum ec
get_url(const struct value *v, const struct buf *value, struct buf *user,
    struct buf *pass, struct err *e)
{
	return value->len == 0 ? EC_OK
			       : dsn_get(value, v->where, user, pass, e);
}

static enum ec
put_username(const struct value *v, const struct buf *old,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	(void)v;
	(void)old;
	return buf_adds(ret, cred->user, e);
}

static enum ec
put_password(const struct value *v, const struct buf *old,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	(void)v;
	(void)old;
	return buf_adds(ret, secret_reveal(cred->pass), e);
}

/* It would end the user name too early, or a reader's third field begin. */
static enum ec
put_joint(const struct value *v, const struct buf *old,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	const char *joint = form_syntax(v->f)->joint;

	(void)old;
	if (strstr(cred->user, joint) != NULL ||
	    strstr(secret_reveal(cred->pass), joint) != NULL)
		return fail(e, EC_CONFLICT,
		    "%s: a user name or password with \"%s\" in it cannot "
		    "stand there",
		    v->where, joint);
	TRY(buf_adds(ret, cred->user, e));
	TRY(buf_adds(ret, joint, e));
	return buf_adds(ret, secret_reveal(cred->pass), e);
}

static enum ec
put_url(const struct value *v, const struct buf *old,
    const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	return dsn_set(
	    old, v->where, cred->user, secret_reveal(cred->pass), ret, e);
}

static const struct {
	enum ec (*get)(const struct value *v, const struct buf *value,
	    struct buf *user, struct buf *pass, struct err *e);
	enum ec (*put)(const struct value *v, const struct buf *old,
	    const struct smtp_cred *cred, struct buf *ret, struct err *e);
} parts[] = {
	[PART_USERNAME] = { get_username, put_username },
	[PART_PASSWORD] = { get_password, put_password },
	[PART_JOINT] = { get_joint, put_joint },
	[PART_URL] = { get_url, put_url },
};

enum ec
form_value_get(const struct form *f, const struct slot *slot,
    const struct buf *value, const char *where, struct buf *user,
    struct buf *pass, struct err *e)
{
	const struct value v = { .f = f, .where = where };

	return parts[slot->part].get(&v, value, user, pass, e);
}

enum ec
form_value_put(const struct form *f, const struct slot *slot,
    const struct buf *old, const char *where, const struct smtp_cred *cred,
    struct buf *ret, struct err *e)
{
	const struct value v = { .f = f, .where = where };

	return parts[slot->part].put(&v, old, cred, ret, e);
}
