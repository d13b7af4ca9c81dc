/* joint: see joint.h. */
#include "clients/joint.h"

#include <string.h>

enum ec
joint_split(const struct buf *value, const char *where, const char *key,
    struct smtp_cred *ret, struct err *e)
{
	const char *user = buf_str(value), *end = user + value->len;
	const char *colon = memchr(user, ':', value->len);
	const char *pass = colon != NULL ? colon + 1 : end;

	if (smtp_cred_from(user, (size_t)((colon ? colon : end) - user), pass,
		(size_t)(end - pass), ret, e) != EC_OK)
		return err_prefix(e, "%s: the value of %s", where, key);
	return EC_OK;
}

enum ec
joint_pair(const struct buf *user, const struct buf *pass, const char *where,
    struct smtp_cred *ret, struct err *e)
{
	if (smtp_cred_from(buf_str(user), user->len, buf_str(pass), pass->len,
		ret, e) != EC_OK)
		return err_prefix(e, "%s", where);
	return EC_OK;
}

enum ec
joint_join(const struct smtp_cred *cred, struct buf *ret, struct err *e)
{
	TRY(buf_adds(ret, cred->user, e));
	TRY(buf_adds(ret, ":", e));
	return buf_adds(ret, secret_reveal(cred->pass), e);
}
