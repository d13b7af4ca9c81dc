/* creds: see creds.h. */
#include "clients/creds.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/run.h"

#define MODE_NEW   0600
#define ERRORS_MAX 4096
#define RUN_MS     60000 /* a TPM takes seconds */
#define NAME_LIMIT 100

const char *const creds_keys[] = { "auto", "host", "tpm2", "host+tpm2", NULL };

/* systemd allows more (any file name); the rest is not worth its quoting. */
bool
creds_name_valid(const char *name)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const size_t n = strlen(name);

	return n > 0 && n <= NAME_LIMIT && strspn(name, ok) == n &&
	    *name != '.' && *name != '-';
}

static const char *
program(const struct creds *c)
{
	return c->program != NULL ? c->program : "systemd-creds";
}

static enum ec
decrypt(const struct creds *c, const char *name, const struct buf *in,
    struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf errout = BUF(ERRORS_MAX);
	char embedded[NAME_LIMIT + 16];
	const char *const argv[] = { program(c), "decrypt", embedded, "-", "-",
		NULL };
	struct run r = { .argv = argv,
		.in = in,
		.out = ret,
		.errout = &errout,
		.timeout_ms = RUN_MS };
	enum ec ec;

	(void)snprintf(embedded, sizeof(embedded), "--name=%s", name);
	ec = run(&r, e);
	r.argv = NULL;
	if (ec != EC_CLIENT)
		return ec;
	errno = 0;
	if (strstr(buf_str(&errout), "Permission denied") == NULL)
		return fix(e, "see why: systemd-creds decrypt %s/%s -",
		    c->store, name);
	(void)fail(e, EC_DENIED,
	    "%s/%s: systemd-creds may not read the key of this host", c->store,
	    name);
	return fix(e, "run as root");
}

enum ec
creds_open(const struct creds *c, const char *name, struct file **ret_file,
    struct buf *ret, struct err *e)
{
	AUTO(pinned) struct file *f = NULL;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", c->store, name) >=
	    (int)sizeof(path))
		return fail(e, EC_CONFIG, "store: the path is too long");
	TRY(file_open(path, c->create ? FILE_MAY_BE_ABSENT : 0, &f, e));
	if (file_exists(f) && decrypt(c, name, file_content(f), ret, e))
		return err_prefix(e, "%s", path);
	*ret_file = TAKE(f);
	return EC_OK;
}

static enum ec
encrypt(const struct creds *c, const char *name, const struct buf *text,
    struct buf *ret, struct err *e)
{
	char embedded[NAME_LIMIT + 16], key[32];
	const char *const argv[] = { program(c), "encrypt", embedded, key, "-",
		"-", NULL };
	struct run r = {
		.argv = argv, .in = text, .out = ret, .timeout_ms = RUN_MS
	};
	enum ec ec;

	(void)snprintf(embedded, sizeof(embedded), "--name=%s", name);
	(void)snprintf(key, sizeof(key), "--with-key=%s", creds_keys[c->key]);
	ec = run(&r, e);
	r.argv = NULL;
	if (ec == EC_CLIENT)
		return fix(e,
		    "nothing was changed; see why: systemd-creds encrypt %s "
		    "--name=%s /dev/null -",
		    key, name);
	return ec;
}

static bool
equal(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

enum ec
creds_make(const struct creds *c, const char *name, const struct buf *old,
    const struct buf *text, struct buf *ret, struct err *e)
{
	AUTO(buf) struct buf made = BUF(FILE_MAX_BYTES);
	AUTO(buf) struct buf again = BUF(FILE_MAX_BYTES);

	if (equal(old, text))
		return EC_OK;
	TRY(encrypt(c, name, text, &made, e));
	TRY(decrypt(c, name, &made, &again, e));
	if (!equal(&again, text))
		return fail(e, EC_CLIENT,
		    "%s/%s: what systemd-creds made does not decrypt to what "
		    "it was given; nothing was changed",
		    c->store, name);
	return buf_add(ret, buf_str(&made), made.len, e);
}

enum ec
creds_store(struct file *f, const struct buf *bytes, struct err *e)
{
	return bytes->len > 0 ? file_replace(f, bytes, MODE_NEW, e) : EC_OK;
}
