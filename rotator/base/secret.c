#include "base/secret.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/auto.h"
#include "base/wiping.h"

/* OpenSSL keeps its random generators there, one a thread, and the private
 * half of a handshake: 1 KiB for each identity under way (jobs), at most 250 of
 * them; and a power of two. */
#define HEAP_SIZE    ((size_t)512 * 1024)
#define HEAP_MINSIZE 64

struct secret {
	size_t len;
	char b[]; /* len bytes and a NUL */
};

void
wipe(void *p, size_t n)
{
	if (p != NULL)
		OPENSSL_cleanse(p, n);
}

static char *
plain_strdup(const char *s)
{
	return strdup(s);
}

/*
 * OpenSSL leaves a private key that it has decoded in freed heap (found by
 * tests/leak/tokens.t after a request with a client's certificate). What it
 * asks of these three is in CRYPTO_set_mem_functions(3) and crypto/mem.c: of
 * nothing it wants nothing.
 */
static void *
openssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n > 0 ? malloc(n) : NULL;
}

static void
openssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	wiping_free(p);
}

static void *
openssl_realloc(void *p, size_t n, const char *file, int line)
{
	if (n > 0)
		return wiping_realloc(p, n);
	openssl_free(p, file, line);
	return NULL;
}

static enum ec
libraries_init(struct err *e)
{
	cJSON_Hooks hooks = { .malloc_fn = malloc, .free_fn = wiping_free };

	cJSON_InitHooks(&hooks);
	errno = 0;
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free,
		wiping_realloc, plain_strdup, calloc) != CURLE_OK)
		return fail_lib(e, EC_BUG, "libcurl does not start");
	return EC_OK;
}

/*
 * A lock on memory is not inherited (fork(2)), and a child has a copy of ours
 * until it executes its program: it finds zeros. The whole of the heap can be
 * had in one piece only now, which tells where it lies.
 */
static enum ec
hide_from_children(struct err *e)
{
	void *all = OPENSSL_secure_malloc(HEAP_SIZE);
	int rc = all != NULL ? madvise(all, HEAP_SIZE, MADV_WIPEONFORK) : -1;

	if (rc != 0)
		(void)fail_sys(e, "cannot hide secrets from child processes");
	OPENSSL_secure_free(all);
	return rc == 0 ? EC_OK : EC_IO;
}

enum ec
secret_init(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fail_sys(e, "cannot switch core dumps off");
	if (CRYPTO_secure_malloc_initialized())
		return EC_OK;
	/* Only possible before OpenSSL's first allocation. */
	if (CRYPTO_set_mem_functions(
		openssl_malloc, openssl_realloc, openssl_free) != 1)
		return fail(e, EC_BUG, "OpenSSL was used before its time");
	/* 2 means: works, but could not be locked or guarded. */
	if (CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_MINSIZE) != 1) {
		(void)fail(e, EC_NOMEM, "cannot lock memory for secrets");
		return fix(e,
		    "raise the limit on locked memory (ulimit -l, "
		    "LimitMEMLOCK=) to at least 1 MiB");
	}
	TRY(hide_from_children(e));
	return libraries_init(e);
}

bool
secret_any(void)
{
	return CRYPTO_secure_used() > 0;
}

size_t
secret_room(void)
{
	/* Asking a heap that was not made is a crash inside OpenSSL. */
	const size_t used =
	    CRYPTO_secure_malloc_initialized() != 0 ? CRYPTO_secure_used() : 0;

	return used < HEAP_SIZE ? HEAP_SIZE - used : 0;
}

bool
secret_after_fork(void)
{
	return CRYPTO_secure_malloc_done() == 1 &&
	    CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_MINSIZE) != 0;
}

enum ec
secret_blank(size_t len, struct secret **ret, struct err *e)
{
	struct secret *s;

	if (len == 0 || len > SECRET_MAX)
		return fail(e, EC_PROTO, "secret of %zu bytes", len);
	s = OPENSSL_secure_zalloc(sizeof(*s) + len + 1);
	if (s == NULL)
		return fail(e, EC_NOMEM, "secure heap is full");
	s->len = len;
	*ret = s;
	return EC_OK;
}

enum ec
secret_new(const void *p, size_t len, struct secret **ret, struct err *e)
{
	TRY(secret_blank(len, ret, e));
	memcpy((*ret)->b, p, len);
	return EC_OK;
}

enum ec
secret_take(void *p, size_t len, struct secret **ret, struct err *e)
{
	enum ec ec = secret_new(p, len, ret, e);

	OPENSSL_cleanse(p, len);
	return ec;
}

enum ec
secret_dup(const struct secret *s, struct secret **ret, struct err *e)
{
	return secret_new(s->b, s->len, ret, e);
}

void
secret_free(struct secret *s)
{
	if (s != NULL)
		OPENSSL_secure_clear_free(s, sizeof(*s) + s->len + 1);
}

void
auto_secret(struct secret **s)
{
	secret_free(*s);
}

const char *
secret_reveal(const struct secret *s)
{
	return s->b;
}

unsigned char *
secret_bytes(struct secret *s)
{
	return (unsigned char *)s->b;
}

size_t
secret_len(const struct secret *s)
{
	return s->len;
}

bool
secret_eq(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && CRYPTO_memcmp(a->b, b->b, a->len) == 0;
}
