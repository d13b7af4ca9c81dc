/* joint: see joint.h. */
#include "clients/joint.h"

#include <string.h>

enum ec
joint_split(const struct buf *value, const char *where, const char *key,
    struct smtp_cred *ret, struct err *e)
{
	const size_t user = strcspn(buf_str(value), ":");
	struct smtp_cred got = { .pass = NULL };

	if (user >= sizeof(got.user) || value->len > SECRET_MAX)
		return fail(e, EC_CONFLICT,
		    "%s: the value of %s is no SMTP credential: %zu bytes",
		    where, key, value->len);
	memcpy(got.user, buf_str(value), user);
	if (user + 1 < value->len)
		TRY(secret_new(
		    value->p + user + 1, value->len - user - 1, &got.pass, e));
	*ret = got;
	return EC_OK;
}

enum ec
joint_pair(const struct buf *user, const struct buf *pass, const char *where,
    struct smtp_cred *ret, struct err *e)
{
	struct smtp_cred got = { .pass = NULL };

	if (user->len >= sizeof(got.user) || pass->len > SECRET_MAX ||
	    strlen(buf_str(user)) != user->len)
		return fail(e, EC_CONFLICT,
		    "%s: holds no SMTP credential: %zu and %zu bytes", where,
		    user->len, pass->len);
	memcpy(got.user, buf_str(user), user->len);
	if (pass->len > 0)
		TRY(secret_new(pass->p, pass->len, &got.pass, e));
	*ret = got;
	return EC_OK;
}

enum ec
joint_join(const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	TRY(buf_adds(ret, cred->user, e));
	TRY(buf_adds(ret, ":", e));
	return buf_adds(ret, secret_reveal(cred->pass), e);
}
