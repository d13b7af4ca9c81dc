/*
 * store: a driver of a network store, one of whose actions meets the input as
 * the replies of its service. The first byte says which row of options, the
 * second which action; see fake_http.h for the rest.
 *
 * - Every request goes to the configured place and holds no secret but in a
 *   header or a body; plan and read change nothing.
 * - Failures are of the classes that client.h allows, and no text for people
 *   shows a password, a token, or what was asked to be hidden.
 * - A write whose last change was lost is EC_UNKNOWN; one that is said to be
 *   done had its last change answered with yes, or met the pair there.
 * - A pair that is read stands in the replies, and not when they are cut off.
 */
#ifndef TESTS_FUZZ_STORE_H
#define TESTS_FUZZ_STORE_H

#include <openssl/pem.h>
#include <sys/stat.h>

#include "clients/client.h"
#include "clients/json.h"
#include "fake_http.h"
#include "fake_session.h"

#define STORE_USER  "AKIAIOSFODNN7EXAMPLE"
#define STORE_PASS  "BK/+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
#define STORE_B64   "QksvK2FiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6QUJDREVGR0hJSktMTU4="
#define STORE_TOKEN "hvs.CAESIJtokenthatnobodymaysee0123456789"
#define STORE_MAX   32768
#define STORE_OPTS  16

struct store_row {
	const char *driver;
	/* Where all requests go; a second place, or NULL. */
	const char *base, *login;
	/* Name, value, ..., NULL; a value with '@' is a file of this name. */
	const char *options[2 * STORE_OPTS + 1];
	bool coded; /* values travel in base64 */
};

static const struct store_row *store_now;
static char store_dir[64];
static struct aws *store_aws;

/* --- files, which drivers read anew each time ----------------------------- */

static inline void
store_path(const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s/%s", store_dir, name);
}

static inline void
store_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	store_path(name, path, sizeof(path));
	f = fopen(path, "w");
	demand(f != NULL && fchmod(fileno(f), 0600) == 0);
	demand(fputs(text, f) >= 0 && fclose(f) == 0);
}

/* A private key in PEM as a file; and escaped for JSON in ret. */
static inline void
store_key(char *ret, size_t size)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *b = BIO_new(BIO_s_mem());
	char *pem;
	long n;
	size_t at = 0;
	char path[4096];

	demand(key != NULL && b != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) ==
		1);
	n = BIO_get_mem_data(b, &pem);
	demand(n > 0 && (size_t)n < sizeof(path));
	(void)snprintf(path, sizeof(path), "%.*s", (int)n, pem);
	store_file("key.pem", path);
	for (long i = 0; i < n; i++) {
		demand(at + 3 < size);
		if (pem[i] == '\n')
			ret[at++] = '\\';
		ret[at++] = pem[i] == '\n' ? 'n' : pem[i];
	}
	ret[at] = '\0';
	BIO_free(b);
	EVP_PKEY_free(key);
}

static inline void
store_remove(void)
{
	static const char *const names[] = { "token", "key.pem", "key.json",
		"namespace", "ca.crt" };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		store_path(names[i], path, sizeof(path));
		(void)unlink(path);
	}
	(void)rmdir(store_dir);
}

static inline void
store_begin(void)
{
	static char key[4096], json[8192];
	struct err e;

	demand(secret_init(&e) == EC_OK);
	(void)snprintf(store_dir, sizeof(store_dir), "/tmp/fuzz-store-XXXXXX");
	demand(mkdtemp(store_dir) != NULL);
	demand(atexit(store_remove) == 0);
	store_file("token", STORE_TOKEN);
	store_file("namespace", "prod");
	store_file("ca.crt", "-----BEGIN CERTIFICATE-----\n");
	store_key(key, sizeof(key));
	(void)snprintf(json, sizeof(json),
	    "{\"type\":\"service_account\",\"private_key_id\":\"k1\","
	    "\"private_key\":\"%s\",\"client_email\":"
	    "\"rot@proj.iam.gserviceaccount.com\",\"client_id\":\"1\","
	    "\"token_uri\":\"https://oauth2.googleapis.com/token\"}",
	    key);
	store_file("key.json", json);
}

/* --- the client ----------------------------------------------------------- */

static inline enum ec
store_lend_net(void *ctx, struct net **ret, struct err *e)
{
	(void)ctx;
	(void)e;
	*ret = NULL; /* fake_http.h needs none */
	return EC_OK;
}

static inline enum ec
store_lend_aws(void *ctx, const struct sts_role *as, const char *region,
    struct aws **ret, struct err *e)
{
	(void)ctx;
	(void)as;
	(void)e;
	if (store_aws == NULL)
		fake_session(region, &store_aws);
	*ret = store_aws;
	return EC_OK;
}

static inline const char *
store_env(void *ctx, const char *name)
{
	(void)ctx;
	if (strcmp(name, "KUBERNETES_SERVICE_HOST") == 0)
		return "10.0.0.1";
	return strcmp(name, "KUBERNETES_SERVICE_PORT") == 0 ? "443" : NULL;
}

static inline int64_t
store_wall(void *ctx)
{
	(void)ctx;
	return INT64_C(1795232400000);
}

static const struct client_reach store_reach = {
	.net = store_lend_net,
	.aws = store_lend_aws,
	.env = store_env,
	.wall = store_wall,
	.sleep = fake_sleep,
};

static inline void
store_set(struct client *c, const char *key, const char *value)
{
	const struct client_opt *o = c->drv->opts;
	char path[128];
	struct err e;

	while (o->key != NULL && strcmp(o->key, key) != 0)
		o++;
	demand(o->key != NULL);
	if (value[0] == '@') {
		store_path(value + 1, path, sizeof(path));
		value = path;
	}
	demand(client_opt_set(c->drv, c->conf, o, &value, 1, &e) == EC_OK);
}

static inline void
store_client(struct client *c)
{
	struct err e;

	*c = (struct client){ .name = "web",
		.identity = "news",
		.region = "eu-west-1",
		.smtp = { .host = "mail.example.com", .port = 587 },
		.drv = client_driver_find(store_now->driver),
		.reach = &store_reach };
	demand(c->drv != NULL);
	c->conf = calloc(1, c->drv->conf_size);
	demand(c->conf != NULL);
	demand(client_conf_defaults(c->drv, c->conf, &e) == EC_OK);
	for (const char *const *o = store_now->options; *o != NULL; o += 2)
		store_set(c, o[0], o[1]);
	if (c->drv->check != NULL && c->drv->check(c, &e) != EC_OK) {
		(void)fprintf(stderr, "%s\n", e.what);
		abort();
	}
}

/* --- what is asked of the service ----------------------------------------- */

static inline bool
store_at(const char *url, const char *base)
{
	return base != NULL && strncmp(url, base, strlen(base)) == 0 &&
	    (url[strlen(base)] == '/' || url[strlen(base)] == '\0');
}

static bool store_said; /* the password occurs in the replies */

static inline void
store_look(const struct http_request *q)
{
	AUTO(json) cJSON *j = NULL;

	demand(store_at(q->url, store_now->base) ||
	    store_at(q->url, store_now->login));
	demand(strstr(q->url, STORE_PASS) == NULL &&
	    strstr(q->url, STORE_B64) == NULL &&
	    strstr(q->url, STORE_TOKEN) == NULL);
	/* Saying goodbye to Vault. */
	fake.aside = strstr(q->url, "/revoke-self") != NULL;
	for (const char *p = q->url; *p != '\0'; p++)
		demand(*p > ' ' && *p <= '~');
	for (const char *const *h = q->headers; h != NULL && *h != NULL; h++) {
		demand(strpbrk(*h, "\r\n") == NULL);
		/* Unless the server itself gave it to us as a token. */
		demand(store_said || strstr(*h, STORE_PASS) == NULL);
		/* A version that nobody uses before it is made current. */
		fake.aside |= strstr(*h, ".PutSecretValue") != NULL;
	}
	if (q->body == NULL || buf_str(q->body)[0] != '{')
		return;
	j = json_parse(q->body);
	demand(j != NULL);
}

/* --- one action ------------------------------------------------------------
 */

enum store_action { STORE_PLAN, STORE_READ, STORE_WRITE, STORE_ACTIVATE };

struct store_end {
	enum ec ec;
	struct err e;
	struct client_plan plan;
	struct smtp_cred cred;
};

static inline void
auto_store_end(struct store_end *s)
{
	smtp_cred_free(&s->cred);
}

static inline enum ec
store_act(const struct client *c, enum store_action a, struct store_end *s)
{
	AUTO(smtp_cred) struct smtp_cred cred = { .user = STORE_USER };

	if (a == STORE_PLAN)
		return c->drv->plan(c, &s->plan, &s->e);
	if (a == STORE_READ && c->drv->read != NULL)
		return c->drv->read(c, &s->cred, &s->e);
	if (a == STORE_ACTIVATE && c->drv->activate != NULL)
		return c->drv->activate(c, &s->e);
	demand(secret_new(STORE_PASS, strlen(STORE_PASS), &cred.pass, &s->e) ==
	    EC_OK);
	return c->drv->write(c, &cred, &s->e);
}

static inline void
store_run(enum store_action a, struct feed in, struct store_end *s)
{
	struct client c;

	store_client(&c);
	store_said = fuzz_holds(in.p, in.n, STORE_PASS);
	fake_begin(in, store_look);
	s->ec = store_act(&c, a, s);
	client_conf_free(c.drv, c.conf);
	free(c.conf);
	aws_close(store_aws);
	store_aws = NULL;
}

static inline const struct fake_call *
store_last_change(void)
{
	for (size_t i = fake.calls; i-- > 0;)
		if (fake.call[i].once)
			return &fake.call[i];
	return NULL;
}

#define STORE_BROKEN "\f500 InternalServiceError x\n{}"

/* A server that failed may have done it; one of AWS says what it was. */
static inline bool
store_broke(const struct fake_call *last, const struct feed *in)
{
	if (last->status != 500)
		return false;
	return strstr(store_now->base, ".amazonaws.com") == NULL ||
	    (fuzz_count(in->p, in->n, "\f500") == 1 &&
		fuzz_holds(in->p, in->n, STORE_BROKEN));
}

static inline void
store_failed(
    enum store_action a, const struct feed *in, const struct store_end *s)
{
	static const enum ec fine[] = { EC_GONE, EC_DENIED, EC_CONFLICT,
		EC_CONFIG, EC_TEMP, EC_UNKNOWN, EC_HUMAN, EC_PROTO, EC_CLIENT };
	const struct fake_call *last =
	    fake.calls > 0 ? &fake.call[fake.calls - 1] : NULL;
	bool known = false;

	for (size_t i = 0; i < COUNT(fine); i++)
		known |= s->ec == fine[i];
	demand(known && s->e.ec == s->ec);
	fuzz_err_fit(&s->e);
	fake_session_hidden(&s->e, in);
	demand(!fuzz_err_shows(&s->e, STORE_TOKEN));
	demand(s->cred.pass == NULL);
	if (a == STORE_WRITE && last != NULL && last->once &&
	    (last->ec == EC_UNKNOWN || store_broke(last, in)))
		demand(s->ec == EC_UNKNOWN);
}

static inline void
store_wrote(const struct feed *in)
{
	const struct fake_call *c = store_last_change();

	if (c != NULL)
		demand(c->ec == EC_OK && c->status / 100 == 2);
	else
		demand(fuzz_holds(in->p, in->n, STORE_PASS) ||
		    fuzz_holds(in->p, in->n, STORE_B64) ||
		    fuzz_holds(in->p, in->n, "\\"));
}

/* JSON without its last brace is none. */
static inline void
store_cut_off(enum store_action a, struct feed in)
{
	AUTO(store_end) struct store_end s = { .ec = EC_OK };
	const char *end = memrchr(in.p, '}', in.n);

	if (end == NULL)
		return;
	in.n = (size_t)(end - in.p);
	store_run(a, in, &s);
	demand(s.ec != EC_OK);
}

static inline void
store_done(enum store_action a, const struct feed *in, struct store_end *s)
{
	const bool plain = !fuzz_holds(in->p, in->n, "\\") && !store_now->coded;

	if (a == STORE_WRITE)
		store_wrote(in);
	if (a == STORE_PLAN) {
		demand(s->plan.change[0] != '\0');
		fuzz_text_fit(s->plan.change, sizeof(s->plan.change));
		fuzz_text_fit(s->plan.after, sizeof(s->plan.after));
		fuzz_text_fit(s->plan.warning, sizeof(s->plan.warning));
	}
	if (a == STORE_READ && s->cred.pass != NULL && plain)
		demand(fuzz_holds(in->p, in->n, secret_reveal(s->cred.pass)));
	if (a == STORE_READ && s->cred.pass != NULL &&
	    fuzz_count(in->p, in->n, "\f") + 1 == fake.calls &&
	    !fake.call[fake.calls - 1].aside)
		store_cut_off(a, *in);
}

static inline int
store_one(
    const struct store_row *rows, size_t n, const uint8_t *data, size_t size)
{
	AUTO(store_end) struct store_end s = { .ec = EC_OK };
	struct feed in = { (const char *)data, size };
	enum store_action a;

	if (size < 3 || size > STORE_MAX)
		return 0;
	store_now = &rows[(feed_byte(&in) - 'a') % n];
	a = (enum store_action)((feed_byte(&in) - '0') % 4);
	/* What a driver has not is written instead. */
	if ((a == STORE_READ &&
		client_driver_find(store_now->driver)->read == NULL) ||
	    (a == STORE_ACTIVATE &&
		client_driver_find(store_now->driver)->activate == NULL))
		a = STORE_WRITE;
	store_run(a, in, &s);
	if (a == STORE_PLAN || a == STORE_READ)
		demand(store_last_change() == NULL);
	if (s.ec != EC_OK)
		store_failed(a, &in, &s);
	else
		store_done(a, &in, &s);
	return 0;
}

#endif
