/* pair_dsn: see pair_dsn.h. */
#include "clients/pair_dsn.h"

#include <string.h>

bool
pair_dsn_split(const char *s, struct pair_dsn *ret)
{
	const char *user = strstr(s, "://"), *at, *colon;
	size_t authority;

	if (user == NULL || user == s)
		return false;
	user += strlen("://");
	authority = strcspn(user, "/?#");
	at = memrchr(user, '@', authority);
	*ret = (struct pair_dsn){ .user = user, .pass = user, .rest = user };
	if (at == NULL)
		return authority > 0 && strchr(user + authority, '@') == NULL;
	ret->rest = at + 1;
	colon = memchr(user, ':', (size_t)(at - user));
	ret->user_len = (size_t)((colon != NULL ? colon : at) - user);
	if (colon != NULL) {
		ret->pass = colon + 1;
		ret->pass_len = (size_t)(at - ret->pass);
	}
	return ret->rest < user + authority;
}
