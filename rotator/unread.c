/* unread: see unread.h. */
#include "rotator/unread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "rotator/config.h"

#define HEAD_MAX ((size_t)8192)

static enum ec
no_digest(struct err *e)
{
	return fail_lib(e, EC_BUG, "SHA-256 does not work");
}

static void
to_hex(const unsigned char *md, char ret[UNREAD_SUM])
{
	for (size_t i = 0; i < (UNREAD_SUM - 1) / 2; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", md[i]);
}

static enum ec
digest(const char *p, size_t n, char ret[UNREAD_SUM], struct err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];

	errno = 0;
	if (EVP_Digest(p, n, md, NULL, EVP_sha256(), NULL) != 1)
		return no_digest(e);
	to_hex(md, ret);
	return EC_OK;
}

static enum ec
look(const char *path, struct unread *ret, struct err *e)
{
	AUTO(buf) struct buf state = BUF(sizeof(ret->state) - 1);
	struct config_stamp s = CONFIG_STAMP_INIT;
	enum ec ec = config_stamp(path, &s, e);

	if (ec == EC_OK)
		ec = digest(buf_str(&s.text), s.text.len, ret->files, e);
	ret->changed = s.changed;
	buf_free(&s.text);
	TRY(ec);
	TRY(config_state_guess(path, &state, e));
	(void)snprintf(ret->state, sizeof(ret->state), "%s", buf_str(&state));
	return EC_OK;
}

void
unread_look(const char *path, int64_t now, struct unread *ret)
{
	struct err e;

	memset(ret, 0, sizeof(*ret));
	ret->now = now;
	ret->seen = look(path, ret, &e) == EC_OK;
}

bool
unread_lasts(const struct unread *u)
{
	return u->seen && u->changed <= u->now - UNREAD_GRAIN_MS;
}

enum ec
unread_sum(const struct unread *u, const char *state, const char *more,
    char ret[UNREAD_SUM], struct err *e)
{
	AUTO(buf) struct buf b = BUF(HEAD_MAX);
	char rest[UNREAD_SUM];

	TRY(digest(more, strlen(more), rest, e));
	TRY(buf_addf(&b, e, "%s\n%u\n%s\n%s\n%s\n", VERSION,
	    (unsigned)geteuid(), u->files, state, rest));
	return digest(b.p, b.len, ret, e);
}
