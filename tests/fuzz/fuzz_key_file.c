/*
 * Any bytes as a file with which we prove who we are. First byte 0: a private
 * key in PEM, 1: the key file of a Google account, 2: a kubeconfig, 3: a file
 * with one token. Nothing is run.
 *
 * What is taken can be used: a key signs or is refused, a token and an address
 * cannot break out of a header or a request. What is refused is a matter of
 * configuration, and the message shows no key, token or line of the file.
 */
#include <sys/stat.h>

#include "base/run.h"
#include "clients/google.h"
#include "clients/key_file.h"
#include "clients/kube.h"
#include "fuzz.h"

#define MAX    16384
#define CANARY "CANARYCANARY0123"

static char dir[64], path[96];
/* Names of contexts, clusters and users may be shown. */
static bool names_shown;

/* Instead of base/run.o: a plugin of a kubeconfig is any program. */
enum ec
run(struct run *r, struct err *e)
{
	demand(r->argv != NULL && r->argv[0] != NULL);
	return fail(e, EC_CLIENT, "not run");
}

enum ec
run_argv(const char *const *argv, int64_t timeout_ms, struct err *e)
{
	(void)timeout_ms;
	demand(argv != NULL && argv[0] != NULL);
	return fail(e, EC_CLIENT, "not run");
}

static void
refused(const struct err *e)
{
	demand(e->ec == EC_CONFIG || e->ec == EC_DENIED || e->ec == EC_GONE ||
	    e->ec == EC_CLIENT || e->ec == EC_PROTO);
	fuzz_err_fit(e);
	demand(names_shown || !fuzz_err_shows(e, CANARY));
}

static void
one_line(const char *s)
{
	for (; *s != '\0'; s++)
		demand(*s > ' ' && *s <= '~');
}

static void
signs(EVP_PKEY *key)
{
	AUTO(json) cJSON *j = cJSON_CreateObject();
	AUTO(secret) struct secret *t = NULL;
	struct err e;

	demand(key != NULL);
	/* A damaged key is told by its first signature. */
	if (jwt_sign(j, NULL, key, &t, &e) == EC_OK)
		one_line(secret_reveal(t));
	else
		refused(&e);
}

static void
pem(const struct feed *f)
{
	AUTO(secret) struct secret *s = NULL;
	AUTO(jwt_key) EVP_PKEY *key = NULL;
	struct err e;

	if (f->n == 0 || f->n > SECRET_MAX)
		return;
	demand(secret_new(f->p, f->n, &s, &e) == EC_OK);
	if (jwt_key_parse(s, "/k", &key, &e) == EC_OK) {
		signs(key);
		return;
	}
	demand(key == NULL);
	refused(&e);
}

static void
put(const struct feed *f)
{
	FILE *o = fopen(path, "w");

	demand(o != NULL && fchmod(fileno(o), 0600) == 0);
	demand(fwrite(f->p, 1, f->n, o) == f->n && fclose(o) == 0);
}

static void
google(const struct feed *f)
{
	AUTO(google_account) struct google_account a = { .json = NULL };
	struct err e;

	put(f);
	if (google_account_load(path, &a, &e) != EC_OK) {
		refused(&e);
		return;
	}
	demand(a.email != NULL && a.token_uri != NULL);
	signs(a.key);
}

static void
kube(const struct feed *f)
{
	const struct kube_conf conf = { .kubeconfig = path };
	const struct client c = { .name = "web" };
	AUTO(kube) struct kube k = { .c = NULL };
	struct err e;

	put(f);
	names_shown = true;
	if (kube_open(&k, &c, &conf, &e) != EC_OK) {
		refused(&e);
		return;
	}
	demand(k.token != NULL || k.key != NULL);
	demand((k.key != NULL) == (k.cert.len > 0));
	if (k.token != NULL)
		demand(
		    token_valid(secret_reveal(k.token), secret_len(k.token)));
	demand(k.space.len > 0);
}

static void
word(const struct feed *f)
{
	AUTO(secret) struct secret *a = NULL;
	AUTO(secret) struct secret *b = NULL;
	struct err e;

	put(f);
	if (key_file_word(path, KEY_FILE_SHARED, &a, &e) != EC_OK)
		refused(&e);
	else
		one_line(secret_reveal(a));
	if (key_file_word(path, 0, &b, &e) != EC_OK)
		refused(&e);
	else
		one_line(secret_reveal(b));
	/* Two readers of one kind of file agree. */
	if (a != NULL && b != NULL)
		demand(secret_eq(a, b));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(
	    const struct feed *f) = { pem, google, kube, word };
	struct feed f = { (const char *)data, size };

	if (size < 2 || size > MAX)
		return 0;
	names_shown = false;
	kinds[feed_byte(&f) % COUNT(kinds)](&f);
	return 0;
}

static void
end(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	(void)snprintf(dir, sizeof(dir), "/tmp/fuzz-key-XXXXXX");
	demand(secret_init(&e) == EC_OK && mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	demand(atexit(end) == 0);
	return 0;
}
