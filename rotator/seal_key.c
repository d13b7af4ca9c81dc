/*
 * seal_key: the sealing key's file. It is read only when nobody else could
 * have written it or, being a key file, read it. Its bytes go from the file
 * straight into locked memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/auto.h"
#include "base/file.h"
#include "rotator/seal_p.h"

#define HEX_LEN ((size_t)2 * SEAL_KEY_LEN)

/* systemd makes credentials 0400, and 0440 where it gives the service's user
 * access by an ACL, whose mask shows as the group's bits (systemd 252,
 * src/core/execute.c, write_credential). */
static const struct source {
	mode_t never; /* permissions that it must not have */
	const char *widest;
	bool hex; /* 64 hexadecimal digits are a key too */
} sources[] = {
	[SEAL_FILE] = { 0177, "0600", false },
	[SEAL_CREDENTIAL] = { 0137, "0640", true },
};

static enum ec
check(const struct source *src, const char *path, const struct stat *st,
    struct err *e)
{
	if (!S_ISREG(st->st_mode)) {
		(void)fail(e, EC_DAMAGED, "%s: not a regular file", path);
		return fix(e, "name the file that holds the sealing key");
	}
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		errno = 0;
		(void)fail(e, EC_DENIED,
		    "%s: belongs to user %u, neither to "
		    "root nor to user %u",
		    path, st->st_uid, geteuid());
		return fix(e,
		    "find out who put it there; if it is the right "
		    "key: chown %u %s",
		    geteuid(), path);
	}
	if ((st->st_mode & src->never) != 0) {
		errno = 0;
		(void)fail(e, EC_DENIED, "%s: mode %04o, not at most %s", path,
		    st->st_mode & 07777U, src->widest);
		return fix(e, "chmod %s %s", src->widest, path);
	}
	return EC_OK;
}

static enum ec
cannot(const char *path, struct err *e)
{
	(void)fail_sys(e, "%s: cannot read the sealing key", path);
	if (e->ec == EC_GONE)
		return fix(e,
		    "put the sealing key back there: without it no "
		    "stored password opens");
	return fix(e, "see that this user may read %s", path);
}

/* All of fd into s, which has room for cap bytes; more is not a key. */
static enum ec
slurp(int fd, const char *path, struct secret *s, size_t cap, size_t *ret_n,
    struct err *e)
{
	size_t n = 0;

	while (n < cap) {
		ssize_t got = read(fd, secret_bytes(s) + n, cap - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cannot(path, e);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_n = n;
	return EC_OK;
}

static int
nibble(unsigned char c)
{
	const unsigned char small = c | 0x20;

	if (c >= '0' && c <= '9')
		return c - '0';
	return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* "openssl rand -hex 32" ends its line. */
static bool
from_hex(const unsigned char *p, size_t n, unsigned char *key)
{
	if (n != HEX_LEN && !(n == HEX_LEN + 1 && p[HEX_LEN] == '\n'))
		return false;
	for (size_t i = 0; i < SEAL_KEY_LEN; i++, p += 2) {
		const int hi = nibble(p[0]), lo = nibble(p[1]);

		if (hi < 0 || lo < 0)
			return false;
		key[i] = (unsigned char)(hi * 16 + lo);
	}
	return true;
}

static enum ec
decode(const struct source *src, const char *path, struct secret *raw, size_t n,
    struct secret **ret, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;

	TRY(secret_blank(SEAL_KEY_LEN, &key, e));
	if (n == SEAL_KEY_LEN)
		memcpy(secret_bytes(key), secret_bytes(raw), n);
	else if (!src->hex ||
	    !from_hex(secret_bytes(raw), n, secret_bytes(key))) {
		(void)fail(e, EC_DAMAGED, "%s: not %d bytes%s", path,
		    SEAL_KEY_LEN, src->hex ? " or 64 hexadecimal digits" : "");
		return fix(e, "put back the sealing key from its backup");
	}
	*ret = TAKE(key);
	return EC_OK;
}

static enum ec
read_key(const struct source *src, const char *path, struct secret **ret,
    struct err *e)
{
	AUTO(fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	AUTO(secret) struct secret *raw = NULL;
	struct stat st;
	size_t n = 0;

	if (fd < 0 || fstat(fd, &st) != 0)
		return cannot(path, e);
	TRY(check(src, path, &st, e));
	TRY(secret_blank(HEX_LEN + 2, &raw, e));
	TRY(slurp(fd, path, raw, HEX_LEN + 2, &n, e));
	return decode(src, path, raw, n, ret, e);
}

static enum ec
make_key(const char *path, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;
	enum ec ec;

	TRY(secret_blank(SEAL_KEY_LEN, &key, e));
	errno = 0;
	if (RAND_priv_bytes(secret_bytes(key), SEAL_KEY_LEN) != 1)
		return fail_lib(e, EC_BUG, "OpenSSL gives no random bytes");
	ec = file_create(path, secret_reveal(key), SEAL_KEY_LEN, e);
	/* Another process was faster: its key is the key. */
	return ec == EC_CONFLICT ? EC_OK : ec;
}

/* A run that was killed may have made it a moment ago: without this a power
 * cut takes the key away from what is sealed with it. Only the disk may
 * object; where we may not read or a link leads it was not made by us. */
static enum ec
keep_name(const char *path, struct err *e)
{
	struct err why;

	if (file_sync_parent(path, &why) != EC_IO)
		return EC_OK;
	*e = why;
	return EC_IO;
}

static enum ec
credential_path(const char *name, char ret[PATH_MAX], struct err *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	int n;

	if (dir == NULL || dir[0] == '\0') {
		(void)fail(e, EC_GONE,
		    "credential %s: $CREDENTIALS_DIRECTORY is not set", name);
		return fix(e,
		    "start it as a systemd service with "
		    "LoadCredential=%s:PATH",
		    name);
	}
	n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ||
	    (size_t)n >= PATH_MAX) { /* also below 0 */
		(void)fail(e, EC_CONFIG, "\"%s\" cannot be a credential", name);
		return fix(e, "name it as in LoadCredential=, no slashes");
	}
	return EC_OK;
}

enum ec
seal_key_read(enum seal_kind kind, const char *where, bool may_create,
    struct secret **ret, struct err *e)
{
	const struct source *src = &sources[kind];
	char path[PATH_MAX];
	enum ec ec;

	if (kind == SEAL_CREDENTIAL) {
		TRY(credential_path(where, path, e));
		return read_key(src, path, ret, e);
	}
	ec = read_key(src, where, ret, e);
	if (ec == EC_GONE && may_create) {
		TRY(make_key(where, e));
		ec = read_key(src, where, ret, e);
	}
	return ec == EC_OK && may_create ? keep_name(where, e) : ec;
}
