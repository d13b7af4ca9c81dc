/* sts_arn: the ARN of a role, taken apart. See sts.h. */
#include <stdio.h>
#include <string.h>

#include "sigv4/sts.h"

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define NAME   LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "_+=,.@-"

#define ROLE_MAX       512 /* path with its first slash and name */
#define NAME_MAX_BYTES 64

/* Up to the next colon, which is skipped. */
static bool
part(const char **p, const char *of, size_t min, size_t max, char *ret)
{
	const size_t n = strspn(*p, of);

	if (n < min || n > max || (*p)[n] != ':')
		return false;
	memcpy(ret, *p, n);
	ret[n] = '\0';
	*p += n + 1;
	return true;
}

static bool
skip(const char **p, const char *text)
{
	const size_t n = strlen(text);

	if (strncmp(*p, text, n) != 0)
		return false;
	*p += n;
	return true;
}

/* "a/b/name": no part is empty. */
static bool
is_role(const char *s)
{
	const char *name = strrchr(s, '/');

	name = name != NULL ? name + 1 : s;
	return strlen(s) <= ROLE_MAX && strlen(name) <= NAME_MAX_BYTES &&
	    *s != '/' && *name != '\0' && strstr(s, "//") == NULL &&
	    strspn(s, NAME "/") == strlen(s);
}

bool
sts_arn_read(const char *arn, struct sts_arn *ret)
{
	struct sts_arn a;
	const char *p = arn;

	if (!skip(&p, "arn:") ||
	    !part(&p, LOWER DIGITS "-", 3, sizeof(a.partition) - 1,
		a.partition) ||
	    strncmp(a.partition, "aws", 3) != 0 || !skip(&p, "iam::") ||
	    !part(&p, DIGITS, 12, 12, a.account) || !skip(&p, "role/") ||
	    !is_role(p))
		return false;
	a.role = p;
	*ret = a;
	return true;
}
