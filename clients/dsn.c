/*
 * dsn: see dsn.h.
 *
 * Where the userinfo ends is what parsers agree on: the authority runs up to
 * the first '/', '?' or '#' (RFC 3986 3.2), and the first ':' in the userinfo
 * ends the user name. Where a person forgot to encode a '/', '@' or '?' of a
 * password they do not agree; such a URL is refused.
 */
#include "clients/dsn.h"

#include <string.h>

#include "base/auto.h"
#include "clients/hand_over.h"
#include "clients/percent.h"
#include "sigv4/canonical.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
/* RFC 3986 3.1 */
#define SCHEME LETTERS "0123456789+-."

/* Offsets into the URL. user == host: there is no userinfo. */
struct parts {
	size_t user; /* behind "://" */
	size_t host; /* behind the '@' */
	size_t end;  /* of host and port */
};

static enum ec
refuse(const char *where, size_t at, const char *why, struct err *e)
{
	return fail(
	    e, EC_CONFLICT, "%s: byte %zu of the URL: %s", where, at + 1, why);
}

static enum ec
check_bytes(const struct buf *url, const char *where, struct err *e)
{
	const char *p = buf_str(url);

	for (size_t i = 0; i < url->len; i++)
		if ((unsigned char)p[i] <= ' ' || p[i] == 0x7f)
			return refuse(
			    where, i, "a blank or control character", e);
	return EC_OK;
}

static enum ec
too_many(const char *where, size_t at, struct err *e)
{
	(void)refuse(where, at, "an @ that may belong to the password", e);
	return fix(e,
	    "write @ as %%40 and / as %%2F where they are part of a user "
	    "name or password");
}

static enum ec
check_ats(const struct buf *url, const struct parts *u, const char *where,
    struct err *e)
{
	const char *p = buf_str(url);
	const size_t path = strcspn(p + u->end, "?#");
	/* Behind these an '@' is nothing special, if the one is there. */
	const size_t n = u->host > u->user ? u->end + path : url->len;
	const char *at = memchr(p + u->host, '@', n - u->host);

	return at != NULL ? too_many(where, (size_t)(at - p), e) : EC_OK;
}

static enum ec
split(
    const struct buf *url, const char *where, struct parts *ret, struct err *e)
{
	const char *p = buf_str(url);
	const size_t scheme = strspn(p, SCHEME);
	struct parts u = { 0 };
	const char *at;

	TRY(check_bytes(url, where, e));
	if (scheme == 0 || strchr(LETTERS, *p) == NULL ||
	    strncmp(p + scheme, "://", 3) != 0) {
		(void)refuse(where, scheme, "no ://", e);
		return fix(e, "write the URL first: smtp://HOST:PORT");
	}
	u.user = scheme + 3;
	u.end = u.user + strcspn(p + u.user, "/?#");
	at = memchr(p + u.user, '@', u.end - u.user);
	u.host = at != NULL ? (size_t)(at - p) + 1 : u.user;
	TRY(check_ats(url, &u, where, e));
	if (u.host == u.end || p[u.host] == ':')
		return refuse(where, u.host, "no host", e);
	*ret = u;
	return EC_OK;
}

static enum ec
decode(const struct buf *url, size_t at, size_t end, const char *where,
    struct buf *ret, struct err *e)
{
	const char *p = buf_str(url);

	if (percent_decode(p + at, end - at, ret, e) == EC_OK)
		return EC_OK;
	if (e->ec != EC_PROTO)
		return e->ec;
	(void)refuse(where, at, "a % without two hexadecimal digits", e);
	return fix(e, "write %% as %%25");
}

enum ec
dsn_get(const struct buf *url, const char *where, struct buf *user,
    struct buf *pass, struct err *e)
{
	AUTO(buf) struct buf u = BUF(user->max);
	AUTO(buf) struct buf v = BUF(pass->max);
	const char *p = buf_str(url);
	struct parts parts = { 0 };
	const char *colon;
	size_t end;

	buf_free(user);
	buf_free(pass);
	TRY(split(url, where, &parts, e));
	if (parts.host == parts.user)
		return EC_OK;
	end = parts.host - 1;
	colon = memchr(p + parts.user, ':', end - parts.user);
	if (colon != NULL) {
		TRY(decode(url, (size_t)(colon - p) + 1, end, where, &v, e));
		end = (size_t)(colon - p);
	}
	TRY(decode(url, parts.user, end, where, &u, e));
	hand_over(&u, user);
	hand_over(&v, pass);
	return EC_OK;
}

static bool
holds(const struct buf *b, const char *s)
{
	return strlen(s) == b->len && memcmp(buf_str(b), s, b->len) == 0;
}

/* As in edit.c: nothing leaves here that says anything else. */
static enum ec
prove(const struct buf *url, const char *where, const char *user,
    const char *pass, struct err *e)
{
	AUTO(buf) struct buf u = BUF(url->max);
	AUTO(buf) struct buf v = BUF(url->max);

	TRY(dsn_get(url, where, &u, &v, e));
	if (holds(&u, user) && holds(&v, pass))
		return EC_OK;
	return fail(
	    e, EC_BUG, "%s: would not read back as it was written", where);
}

enum ec
dsn_set(const struct buf *url, const char *where, const char *user,
    const char *pass, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf out = BUF(ret->max);
	AUTO(buf) struct buf old_user = BUF(url->len + 1);
	AUTO(buf) struct buf old_pass = BUF(url->len + 1);
	const char *p = buf_str(url);
	struct parts u = { 0 };

	/* What cannot be read is not overwritten either. */
	TRY(dsn_get(url, where, &old_user, &old_pass, e));
	TRY(split(url, where, &u, e));
	TRY(buf_add(&out, p, u.user, e));
	TRY(canonical_escape(&out, user, strlen(user), false, e));
	TRY(buf_adds(&out, ":", e));
	TRY(canonical_escape(&out, pass, strlen(pass), false, e));
	TRY(buf_adds(&out, "@", e));
	TRY(buf_add(&out, p + u.host, url->len - u.host, e));
	TRY(prove(&out, where, user, pass, e));
	hand_over(&out, ret);
	return EC_OK;
}
